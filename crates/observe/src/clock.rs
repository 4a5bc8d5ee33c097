//! The observer's time, which follows the packets'.

use cofferdam_terms::Timestamp;
use std::time::Duration;

/// Nanoseconds of a clock hour.
const HOUR: i64 = 3_600_000_000_000;
/// A packet this much older than the newest one is not late: the capture's clock was set back, or the next file is of
/// an earlier day.
const SET_BACK: i64 = HOUR;
/// A tick, the unit in which idleness is told, is 2^30 ns: 1.07 s.
const TICK_BITS: u32 = 30;

/// A packet's place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Its number in the capture, from 1.
    pub(crate) packet: u64,
    /// Its time.
    pub(crate) time: Timestamp,
    /// The clock hour (UTC) that it falls into, since the epoch.
    pub(crate) hour: i64,
    /// How many ticks have gone by since the observer began.
    pub(crate) tick: u32,
}

impl Moment {
    /// Before the first packet.
    pub(crate) const START: Self = Self {
        packet: 0,
        time: Timestamp::from_nanos(0),
        hour: 0,
        tick: 0,
    };
    /// After the last packet.
    pub(crate) const END: Self = Self {
        packet: u64::MAX,
        time: Timestamp::from_nanos(i64::MAX),
        hour: i64::MAX,
        tick: u32::MAX,
    };
}

/// Turns packets' times into hours and into ticks that never run backwards: a clock that is set back, or one wild time
/// stamp, neither ends every flow nor stops any from ending.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    started: bool,
    newest: i64,
    elapsed: u64,
    hour: i64,
    hour_starts: i64,
}

impl Clock {
    /// The clock hour that the last packet fell into.
    pub(crate) const fn hour(&self) -> i64 {
        self.hour
    }

    pub(crate) fn at(&mut self, packet: u64, time: Timestamp) -> Moment {
        let nanos = time.nanos();
        if !self.started {
            self.started = true;
            self.newest = nanos;
            self.enter_hour(nanos);
        }
        if nanos > self.newest {
            self.elapsed = self.elapsed.saturating_add(nanos.abs_diff(self.newest));
            self.newest = nanos;
        } else if self.newest.saturating_sub(nanos) > SET_BACK {
            self.newest = nanos;
        }
        if !(0..HOUR).contains(&nanos.saturating_sub(self.hour_starts)) {
            self.enter_hour(nanos);
        }
        Moment {
            packet,
            time,
            hour: self.hour,
            tick: u32::try_from(self.elapsed >> TICK_BITS).unwrap_or(u32::MAX),
        }
    }

    fn enter_hour(&mut self, nanos: i64) {
        self.hour = nanos.div_euclid(HOUR);
        self.hour_starts = self.hour.saturating_mul(HOUR);
    }
}

/// How many whole ticks a duration lasts, at least one.
pub(crate) fn ticks(duration: Duration) -> u32 {
    u32::try_from(duration.as_nanos() >> TICK_BITS)
        .unwrap_or(u32::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(clock: &mut Clock, seconds: i64) -> u32 {
        clock.at(1, Timestamp::from_secs(seconds)).tick
    }

    #[test]
    fn a_clock_that_is_set_back_goes_on_from_there() {
        let mut clock = Clock::default();
        assert_eq!(tick(&mut clock, 1_000_000), 0);
        let late = tick(&mut clock, 1_000_100);
        assert_eq!(late, ticks(Duration::from_secs(100)));
        assert_eq!(
            tick(&mut clock, 1_000_050),
            late,
            "late packets do not count twice"
        );
        assert_eq!(tick(&mut clock, 1_000_100), late);
        assert_eq!(tick(&mut clock, 10_000), late, "an earlier day begins");
        assert_eq!(tick(&mut clock, 10_100), ticks(Duration::from_secs(200)));
    }

    #[test]
    fn hours_are_those_of_the_clock_before_the_epoch_too() {
        let mut clock = Clock::default();
        for (seconds, hour) in [
            (0, 0),
            (3599, 0),
            (3600, 1),
            (-1, -1),
            (7200, 2),
            (i64::MIN, -2_562_048),
        ] {
            assert_eq!(clock.at(1, Timestamp::from_secs(seconds)).hour, hour, "{seconds}");
        }
    }
}
