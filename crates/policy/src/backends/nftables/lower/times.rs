//! From open times to conditions on day, hour and time. nft's own day and hour, given as numbers, are UTC.

use super::super::tree::{Day, Match, Seconds};
use crate::open::{MINUTES_A_DAY, weekly_spans};
use cofferdam_plant::{OpenTimes, Window};

/// One list of conditions for each span of time in which a permit is open.
pub(super) fn matches(open: &OpenTimes) -> Vec<Vec<Match>> {
    open.windows.iter().flat_map(window).collect()
}

fn window(window: &Window) -> Vec<Vec<Match>> {
    match window {
        Window::Once { from, to } => {
            // The end is outside. A part of a second at either end is left out: the rule may only be tighter.
            let first = from.nanos().div_euclid(1_000_000_000)
                + i64::from(from.nanos().rem_euclid(1_000_000_000) != 0);
            let last = to.secs() - 1;
            if first <= last {
                vec![vec![Match::Time(first, last)]]
            } else {
                Vec::new()
            }
        }
        Window::Weekly { .. } => weekly_spans(window)
            .flat_map(|(from, to)| days(from, to))
            .collect(),
    }
}

/// A span of minutes of the week, cut at midnights.
fn days(from: i64, to: i64) -> Vec<Vec<Match>> {
    let mut out = Vec::new();
    let mut at = from;
    while at < to {
        let day = at.div_euclid(MINUTES_A_DAY);
        let end = to.min((day + 1) * MINUTES_A_DAY);
        let second = |minute: i64| Seconds(u32::try_from((minute - day * MINUTES_A_DAY) * 60).unwrap_or(0));
        // Ours counts from Monday, nft from Sunday.
        let weekday = Day(u8::try_from((day + 1).rem_euclid(7)).unwrap_or(0));
        out.push(vec![
            Match::Day(weekday),
            Match::Hour(second(at), Seconds(second(end).0.saturating_sub(1))),
        ]);
        at = end;
    }
    out
}
