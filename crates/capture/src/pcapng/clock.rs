//! How the times of one interface are counted (if_tsresol, if_tsoffset).

use cofferdam_terms::Timestamp;

/// Turns an interface's ticks into time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    scale: Scale,
    /// Nanoseconds that are added.
    offset: i64,
}

/// What one tick is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// So many nanoseconds.
    Nanos(u64),
    /// A nanosecond, divided by so many.
    PartOfNano(u64),
    /// A second, halved so many times.
    HalvedSecond(u8),
}

impl Default for Clock {
    /// Microseconds since the epoch.
    fn default() -> Self {
        Self {
            scale: Scale::Nanos(1_000),
            offset: 0,
        }
    }
}

impl Clock {
    /// With the resolution that an if_tsresol option gives: a power of ten, or of two if the top bit is set.
    pub(crate) const fn with_resolution(self, option: u8) -> Self {
        let exponent = option & 0x7f;
        let scale = match (option & 0x80, exponent) {
            (0, 0..=9) => Scale::Nanos(10_u64.pow(9 - exponent as u32)),
            // Beyond 10^19 no tick adds up to a nanosecond.
            (0, _) => match 10_u64.checked_pow(exponent as u32 - 9) {
                Some(parts) => Scale::PartOfNano(parts),
                None => Scale::PartOfNano(u64::MAX),
            },
            _ => Scale::HalvedSecond(exponent),
        };
        Self { scale, ..self }
    }

    /// With the seconds that an if_tsoffset option gives.
    pub(crate) const fn with_offset(self, seconds: i64) -> Self {
        Self {
            offset: seconds.saturating_mul(1_000_000_000),
            ..self
        }
    }

    /// The time of so many ticks; saturates.
    pub(crate) fn time(self, ticks: u64) -> Timestamp {
        let nanos = match self.scale {
            Scale::Nanos(nanos) => ticks.saturating_mul(nanos),
            Scale::PartOfNano(parts) => ticks / parts,
            Scale::HalvedSecond(halvings) => {
                let nanos = (u128::from(ticks) * 1_000_000_000) >> halvings;
                u64::try_from(nanos).unwrap_or(u64::MAX)
            }
        };
        let nanos = i64::try_from(nanos).unwrap_or(i64::MAX);
        Timestamp::from_nanos(nanos.saturating_add(self.offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resolution_counts_seconds_alike() {
        let check = |option: u8, ticks_per_second: u64| {
            let clock = Clock::default().with_resolution(option);
            assert_eq!(
                clock.time(7 * ticks_per_second),
                Timestamp::from_secs(7),
                "{option:#x}"
            );
        };
        for exponent in 0..=18 {
            check(exponent, 10_u64.pow(u32::from(exponent)));
        }
        for exponent in 0..=60 {
            check(0x80 | exponent, 1 << exponent);
        }
    }

    #[test]
    fn no_resolution_or_offset_overflows() {
        for option in 0..=u8::MAX {
            for seconds in [i64::MIN, -1, 0, 1, i64::MAX] {
                let clock = Clock::default().with_resolution(option).with_offset(seconds);
                assert!(clock.time(0) <= clock.time(u64::MAX), "{option:#x} {seconds}");
            }
        }
        let day_before = Clock::default().with_offset(-86_400);
        assert_eq!(day_before.time(86_400_000_000), Timestamp::default());
    }
}
