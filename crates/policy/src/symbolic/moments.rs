//! Time as numbers: spans within which every rule of a space stays as it is, each with a second that stands for it.

use super::space::{MAX_MOMENTS, joined};
use crate::filter::week_second;
use crate::filter::{Times, WEEK_SECONDS};
use cofferdam_terms::Timestamp;
use std::collections::BTreeMap;

/// A Monday, 2026-11-30 00:00 UTC: what stands for a time that no dated window asks for.
const PLAIN_WEEK: i64 = 1_795_996_800;

/// Why the answers of a space don't count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MomentFault {
    TooMany,
}

/// The moments of a space.
pub(super) struct Moments {
    /// Every times list, ordered.
    times: Vec<Times>,
    /// By number: the second that stands for it, and which of the times hold it.
    moments: Vec<(i64, Vec<bool>)>,
}

impl Moments {
    pub(super) fn of(all: &[&Times]) -> Self {
        let mut times: Vec<Times> = all.iter().map(|times| (*times).clone()).collect();
        times.sort();
        times.dedup();
        let mut found: BTreeMap<Vec<bool>, i64> = BTreeMap::new();
        for second in seconds(&times) {
            let holding = times.iter().map(|times| times.contain_second(second)).collect();
            found.entry(holding).or_insert(second);
        }
        let mut moments: Vec<_> = found
            .into_iter()
            .map(|(holding, second)| (second, holding))
            .collect();
        moments.sort();
        Self { times, moments }
    }

    /// Whether there are too many to be numbered.
    pub(super) fn fault(&self) -> Option<MomentFault> {
        (self.moments.len() > MAX_MOMENTS).then_some(MomentFault::TooMany)
    }

    /// The numbers of the moments that some times hold. Numbers beyond the last moment stand for the first.
    pub(super) fn spans(&self, times: &Times) -> Vec<(u128, u128)> {
        let Ok(column) = self.times.binary_search(times) else {
            return Vec::new();
        };
        let held = |moment: &(i64, Vec<bool>)| moment.1.get(column).copied().unwrap_or(false);
        let codes = (0u128..).zip(&self.moments).filter(|(_, moment)| held(moment));
        let mut spans: Vec<_> = codes.map(|(code, _)| (code, code)).collect();
        let count = u128::try_from(self.moments.len()).unwrap_or(0);
        let last = u128::try_from(MAX_MOMENTS).unwrap_or(0) - 1;
        if count <= last && self.moments.first().is_some_and(held) {
            spans.push((count, last));
        }
        joined(spans)
    }

    /// The second that stands for a number.
    pub(super) fn moment(&self, code: u128) -> Timestamp {
        let at = usize::try_from(code).unwrap_or(usize::MAX);
        let moment = self.moments.get(at).or_else(|| self.moments.first());
        Timestamp::from_secs(moment.map_or(PLAIN_WEEK, |moment| moment.0))
    }
}

/// Seconds of which each possible combination of windows holds one: at every edge of a dated window, and after each of
/// them (and before the first) at every edge of a weekly one.
fn seconds(times: &[Times]) -> Vec<i64> {
    let windows = || times.iter().flat_map(|times| &times.windows);
    let mut dated: Vec<i64> = windows()
        .filter_map(|window| window.dated)
        .flat_map(|(from, to)| [from, to])
        .collect();
    dated.sort_unstable();
    dated.dedup();
    let mut weekly: Vec<i64> = windows()
        .filter_map(|window| window.weekly.as_ref())
        .flatten()
        .flat_map(|(from, to)| [*from, to.rem_euclid(WEEK_SECONDS)])
        .collect();
    weekly.push(0);
    weekly.sort_unstable();
    weekly.dedup();
    let before = dated.first().map_or(PLAIN_WEEK, |first| first - WEEK_SECONDS);
    let starts: Vec<i64> = std::iter::once(before).chain(dated.iter().copied()).collect();
    let ends = dated.iter().copied().map(Some).chain([None]);
    let mut out = Vec::new();
    for (start, end) in starts.iter().zip(ends) {
        out.push(*start);
        for edge in &weekly {
            let second = start + (edge - week_second(*start)).rem_euclid(WEEK_SECONDS);
            if end.is_none_or(|end| second < end) {
                out.push(second);
            }
        }
    }
    out
}
