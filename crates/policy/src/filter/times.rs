//! When a rule holds.

use crate::open::weekly_spans;
use cofferdam_plant::{OpenTimes, Window};
use cofferdam_terms::Timestamp;

/// Seconds in a week.
pub const WEEK_SECONDS: i64 = 7 * 86_400;

/// Times at which a rule holds: in any of the windows.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Times {
    /// The windows. None at all: never.
    pub windows: Vec<TimeWindow>,
}

/// A window: both conditions have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeWindow {
    /// Seconds since the epoch, from and to, the end excluded; always, if `None`.
    pub dated: Option<(i64, i64)>,
    /// Seconds since Monday 00:00 UTC, from and to, the ends excluded, ordered; all week, if `None`.
    pub weekly: Option<Vec<(i64, i64)>>,
}

impl Times {
    /// A permit's open times. A part of a second at either end of a dated window is left out: a filter that counts in
    /// seconds may only be tighter.
    #[must_use]
    pub fn of_open(open: &OpenTimes) -> Self {
        let mut windows: Vec<TimeWindow> = open.windows.iter().filter_map(window).collect();
        windows.sort();
        windows.dedup();
        Self { windows }
    }

    /// Whether they hold a time.
    #[must_use]
    pub fn contain(&self, at: Timestamp) -> bool {
        self.contain_second(at.secs())
    }

    pub(crate) fn contain_second(&self, second: i64) -> bool {
        self.windows.iter().any(|window| window.contains(second))
    }
}

impl TimeWindow {
    fn contains(&self, second: i64) -> bool {
        let in_span = |at: i64, (from, to): (i64, i64)| from <= at && at < to;
        let of_week = week_second(second);
        self.dated.is_none_or(|span| in_span(second, span))
            && self
                .weekly
                .as_ref()
                .is_none_or(|spans| spans.iter().any(|span| in_span(of_week, *span)))
    }
}

/// Seconds since Monday 00:00 UTC. The epoch was a Thursday.
pub(crate) const fn week_second(second: i64) -> i64 {
    (second + 3 * 86_400).rem_euclid(WEEK_SECONDS)
}

fn window(window: &Window) -> Option<TimeWindow> {
    match window {
        Window::Once { from, to } => {
            let first = from.secs() + i64::from(from.nanos().rem_euclid(1_000_000_000) != 0);
            let end = to.secs();
            (first < end).then_some(TimeWindow {
                dated: Some((first, end)),
                weekly: None,
            })
        }
        Window::Weekly { .. } => {
            let mut spans: Vec<_> = weekly_spans(window)
                .map(|(from, to)| (from * 60, to * 60))
                .collect();
            spans.sort_unstable();
            (!spans.is_empty()).then_some(TimeWindow {
                dated: None,
                weekly: Some(spans),
            })
        }
    }
}
