//! Whether a permit is open at a time. Arithmetic on UTC; a weekly window carries its own offset.

use cofferdam_plant::{OpenTimes, Window};
use cofferdam_terms::Timestamp;

pub(crate) const MINUTES_A_DAY: i64 = 24 * 60;
pub(crate) const MINUTES_A_WEEK: i64 = 7 * MINUTES_A_DAY;

/// Whether any of the windows holds the time.
#[must_use]
pub fn is_open(times: &OpenTimes, at: Timestamp) -> bool {
    times.windows.iter().any(|window| holds(window, at))
}

fn holds(window: &Window, at: Timestamp) -> bool {
    match window {
        Window::Once { from, to } => *from <= at && at < *to,
        Window::Weekly { .. } => {
            let minute = minute_of_week(at);
            weekly_spans(window).any(|(from, to)| from <= minute && minute < to)
        }
    }
}

/// Minutes since Monday 00:00 UTC.
fn minute_of_week(at: Timestamp) -> i64 {
    // The epoch was a Thursday: three days after a Monday.
    (at.secs().div_euclid(60) + 3 * MINUTES_A_DAY).rem_euclid(MINUTES_A_WEEK)
}

/// A weekly window as spans of minutes since Monday 00:00 UTC, ends excluded, each within the week. A window whose end
/// is before its start runs into the next day; one whose end is its start is empty.
pub(crate) fn weekly_spans(window: &Window) -> impl Iterator<Item = (i64, i64)> + use<> {
    let (days, from, to, offset) = match window {
        Window::Weekly {
            days,
            from_minute,
            to_minute,
            utc_offset_minutes,
        } => (
            *days,
            i64::from(*from_minute),
            i64::from(*to_minute),
            i64::from(*utc_offset_minutes),
        ),
        Window::Once { .. } => ([false; 7], 0, 0, 0),
    };
    let length = if to < from {
        to + MINUTES_A_DAY - from
    } else {
        to - from
    };
    (0..7i64)
        .zip(days)
        .filter(move |(_, on)| *on && length > 0)
        .flat_map(move |(day, _)| {
            let start = (day * MINUTES_A_DAY + from - offset).rem_euclid(MINUTES_A_WEEK);
            let end = start + length;
            // A span over the end of the week is two.
            let wrapped = (end > MINUTES_A_WEEK).then(|| (0, end - MINUTES_A_WEEK));
            std::iter::once((start, end.min(MINUTES_A_WEEK))).chain(wrapped)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekly(days: &[usize], from_minute: u16, to_minute: u16, utc_offset_minutes: i16) -> OpenTimes {
        let mut on = [false; 7];
        for day in days {
            on[*day] = true;
        }
        OpenTimes {
            windows: vec![Window::Weekly {
                days: on,
                from_minute,
                to_minute,
                utc_offset_minutes,
            }],
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::from_secs(text.parse::<jiff::Timestamp>().unwrap().as_second())
    }

    #[test]
    fn a_weekly_window_is_open_from_its_start_until_just_before_its_end() {
        const SATURDAY: usize = 5;
        const SUNDAY: usize = 6;
        let check = |times: &OpenTimes, text: &str, open: bool| {
            assert_eq!(is_open(times, at(text)), open, "{times:?} at {text}");
        };
        // 2026-11-28 is a Saturday.
        let morning = weekly(&[SATURDAY], 6 * 60, 10 * 60, 0);
        check(&morning, "2026-11-28T05:59:59Z", false);
        check(&morning, "2026-11-28T06:00:00Z", true);
        check(&morning, "2026-11-28T09:59:59Z", true);
        check(&morning, "2026-11-28T10:00:00Z", false);
        check(&morning, "2026-11-27T07:00:00Z", false);
        let over_midnight = weekly(&[SUNDAY], 22 * 60, 2 * 60, 0);
        check(&over_midnight, "2026-11-29T23:00:00Z", true);
        check(&over_midnight, "2026-11-30T01:59:00Z", true);
        check(&over_midnight, "2026-11-30T02:00:00Z", false);
        check(&over_midnight, "2026-11-29T01:00:00Z", false);
        let east = weekly(&[SATURDAY], 0, 60, 120);
        check(&east, "2026-11-27T22:30:00Z", true);
        check(&east, "2026-11-28T00:30:00Z", false);
        check(&weekly(&[SATURDAY], 60, 60, 0), "2026-11-28T01:00:00Z", false);
        check(&weekly(&[SATURDAY], 0, 1440, 0), "2026-11-28T23:59:59Z", true);
    }

    #[test]
    fn a_dated_window_excludes_its_end() {
        let times = OpenTimes {
            windows: vec![Window::Once {
                from: at("2026-11-28T06:00:00Z"),
                to: at("2026-11-28T10:00:00Z"),
            }],
        };
        assert!(!is_open(&times, at("2026-11-28T05:59:59Z")));
        assert!(is_open(&times, at("2026-11-28T06:00:00Z")));
        assert!(!is_open(&times, at("2026-11-28T10:00:00Z")));
    }
}
