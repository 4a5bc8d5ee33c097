//! Points in time as captures give them.

use std::ops::Sub;
use std::time::Duration;

/// A point in time: nanoseconds since 1970-01-01 00:00 UTC, leap seconds not counted (as POSIX and pcap do).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From nanoseconds since the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From whole seconds since the epoch; saturates at the ends of the range (years 1677 and 2262).
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// Later by a duration; saturates.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub for Timestamp {
    type Output = Duration;

    /// How long after the other; zero if before it.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_saturate_and_never_wrap() {
        assert_eq!(Timestamp::from_secs(i64::MAX).nanos(), i64::MAX);
        assert_eq!(Timestamp::from_nanos(-1).secs(), -1);
        assert_eq!(Timestamp::from_secs(5) - Timestamp::from_secs(7), Duration::ZERO);
        assert_eq!(
            Timestamp::from_secs(7) - Timestamp::from_secs(5),
            Duration::from_secs(2)
        );
        assert_eq!(
            Timestamp::from_nanos(i64::MAX)
                .plus(Duration::from_secs(1))
                .nanos(),
            i64::MAX
        );
    }
}
