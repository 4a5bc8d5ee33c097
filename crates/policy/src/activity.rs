//! When something happened, by clock hour, and the rhythm in it.

use cofferdam_terms::Timestamp;
use std::fmt;

/// The clock hours (UTC) in which something was seen. Holds at most [`MAX_DAYS`](Self::MAX_DAYS) days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Day since 1970-01-01 and its hours as bits, ascending.
    days: Vec<(i64, u32)>,
    /// Marks on days that found no place.
    dropped: u64,
}

/// A point in time as whole hours since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(pub i64);

impl Hour {
    /// The hour that a time is in.
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        Self(at.secs().div_euclid(3600))
    }

    /// When it begins.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp::from_secs(self.0.saturating_mul(3600))
    }

    /// The hour of the day, 0 to 23.
    #[must_use]
    pub fn of_day(self) -> u8 {
        u8::try_from(self.0.rem_euclid(24)).unwrap_or(0)
    }

    /// The day since 1970-01-01.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(24)
    }
}

impl Activity {
    /// Nothing seen.
    pub const EMPTY: Self = Self {
        days: Vec::new(),
        dropped: 0,
    };
    /// The most days that are kept: a year and a month.
    pub const MAX_DAYS: usize = 400;

    /// Marks every clock hour from the first time to the last.
    pub fn mark(&mut self, first: Timestamp, last: Timestamp) {
        let from = Hour::of(first).0;
        // A record spans an hour or little more; a longer one is marked to the bound of days.
        let most = 24 * i64::try_from(Self::MAX_DAYS).unwrap_or(i64::MAX);
        let to = Hour::of(last).0.clamp(from, from.saturating_add(most));
        for hour in from..=to {
            self.mark_hour(Hour(hour));
        }
    }

    fn mark_hour(&mut self, hour: Hour) {
        let day = hour.day();
        let bit = 1u32 << hour.0.rem_euclid(24);
        let at = self.days.partition_point(|(marked, _)| *marked < day);
        if let Some((marked, hours)) = self.days.get_mut(at)
            && *marked == day
        {
            *hours |= bit;
        } else if self.days.len() < Self::MAX_DAYS {
            self.days.insert(at, (day, bit));
        } else {
            self.dropped += 1;
        }
    }

    /// Adds all that another one marks.
    pub fn join(&mut self, other: &Self) {
        for hour in other.hours() {
            self.mark_hour(hour);
        }
        self.dropped += other.dropped;
    }

    /// The hours, ascending.
    pub fn hours(&self) -> impl Iterator<Item = Hour> {
        self.days.iter().flat_map(|(day, hours)| {
            (0..24i64)
                .filter(move |hour| hours & (1 << hour) != 0)
                .map(move |hour| Hour(day * 24 + hour))
        })
    }

    /// The days since 1970-01-01, ascending.
    pub fn days(&self) -> impl Iterator<Item = i64> {
        self.days.iter().map(|(day, _)| *day)
    }

    /// How many clock hours.
    #[must_use]
    pub fn hour_count(&self) -> u64 {
        self.days
            .iter()
            .map(|(_, hours)| u64::from(hours.count_ones()))
            .sum()
    }

    /// How many days.
    #[must_use]
    pub fn day_count(&self) -> usize {
        self.days.len()
    }

    /// Marks that found no place, because [`MAX_DAYS`](Self::MAX_DAYS) was reached.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The rhythm in it.
    #[must_use]
    pub fn rhythm(&self) -> Rhythm {
        rhythm(&self.hours().collect::<Vec<_>>())
    }
}

/// How something recurs, as far as its clock hours show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rhythm {
    /// Nothing was seen.
    Never,
    /// In one stretch of time, shorter than a day.
    Once,
    /// In at least four of five hours, over half a day or more.
    Continuous,
    /// In stretches, on at least four of five days, over three days or more.
    Daily {
        /// On how many days.
        days: u32,
    },
    /// In stretches that start seven days apart, give or take a day.
    Weekly {
        /// How many stretches.
        times: u32,
    },
    /// In stretches that start 28 to 31 days apart, give or take a day.
    Monthly {
        /// How many stretches.
        times: u32,
    },
    /// More than once, at no rhythm that the hours show.
    Irregular {
        /// How many stretches.
        times: u32,
    },
}

impl Rhythm {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Once => "once",
            Self::Continuous => "continuous",
            Self::Daily { .. } => "daily",
            Self::Weekly { .. } => "weekly",
            Self::Monthly { .. } => "monthly",
            Self::Irregular { .. } => "irregular",
        }
    }

    /// Whether it recurs in a way that a person would call regular.
    #[must_use]
    pub const fn is_regular(self) -> bool {
        match self {
            Self::Continuous | Self::Daily { .. } | Self::Weekly { .. } | Self::Monthly { .. } => true,
            Self::Never | Self::Once | Self::Irregular { .. } => false,
        }
    }
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Once => f.write_str("once"),
            Self::Continuous => f.write_str("all the time"),
            Self::Daily { days } => write!(f, "daily, on {days} days"),
            Self::Weekly { times } => write!(f, "weekly, {times} times"),
            Self::Monthly { times } => write!(f, "monthly, {times} times"),
            Self::Irregular { times } => write!(f, "{times} times, at no regular rhythm"),
        }
    }
}

/// A pause of more hours than this parts two stretches.
const STRETCH_PAUSE: i64 = 6;

fn rhythm(hours: &[Hour]) -> Rhythm {
    let (Some(first), Some(last)) = (hours.first(), hours.last()) else {
        return Rhythm::Never;
    };
    let span = last.0 - first.0 + 1;
    let seen = i64::try_from(hours.len()).unwrap_or(i64::MAX);
    if span >= 12 && seen.saturating_mul(5) >= span.saturating_mul(4) {
        return Rhythm::Continuous;
    }
    let starts = stretches(hours);
    let times = u32::try_from(starts.len()).unwrap_or(u32::MAX);
    let mut days: Vec<i64> = hours.iter().map(|hour| hour.day()).collect();
    days.dedup();
    let day_span = last.day() - first.day() + 1;
    let day_count = i64::try_from(days.len()).unwrap_or(i64::MAX);
    if day_span >= 3 && day_count.saturating_mul(5) >= day_span.saturating_mul(4) {
        return Rhythm::Daily {
            days: u32::try_from(days.len()).unwrap_or(u32::MAX),
        };
    }
    let gaps: Vec<i64> = starts
        .iter()
        .zip(starts.iter().skip(1))
        .map(|(a, b)| b.0 - a.0)
        .collect();
    let all = |least: i64, most: i64| !gaps.is_empty() && gaps.iter().all(|gap| (least..=most).contains(gap));
    if all(6 * 24, 8 * 24) {
        Rhythm::Weekly { times }
    } else if all(27 * 24, 32 * 24) {
        Rhythm::Monthly { times }
    } else if times <= 1 {
        Rhythm::Once
    } else {
        Rhythm::Irregular { times }
    }
}

/// The hours at which stretches of activity start.
fn stretches(hours: &[Hour]) -> Vec<Hour> {
    let mut starts = Vec::new();
    let mut before: Option<Hour> = None;
    for hour in hours {
        if before.is_none_or(|before| hour.0 - before.0 > STRETCH_PAUSE) {
            starts.push(*hour);
        }
        before = Some(*hour);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hours: impl IntoIterator<Item = i64>, expected: Rhythm) {
        let mut activity = Activity::default();
        let mut marked: Vec<i64> = hours.into_iter().collect();
        // Records may come late: the order must not matter.
        marked.reverse();
        for hour in marked {
            activity.mark(Hour(hour).start(), Hour(hour).start());
        }
        assert_eq!(activity.rhythm(), expected);
    }

    #[test]
    fn rhythms_are_told_by_when_stretches_start() {
        check([], Rhythm::Never);
        check([5], Rhythm::Once);
        check([5, 6, 7], Rhythm::Once);
        check(0..48, Rhythm::Continuous);
        check((0..7).map(|day| day * 24 + 2), Rhythm::Daily { days: 7 });
        check([0, 1, 7 * 24, 14 * 24 + 1, 21 * 24], Rhythm::Weekly { times: 4 });
        check([0, 28 * 24, 59 * 24], Rhythm::Monthly { times: 3 });
        check([0, 50, 51, 300], Rhythm::Irregular { times: 3 });
    }

    #[test]
    fn days_beyond_the_bound_are_counted_not_kept() {
        let mut activity = Activity::default();
        for day in 0..450 {
            activity.mark(Hour(day * 24).start(), Hour(day * 24).start());
        }
        assert_eq!(activity.day_count(), Activity::MAX_DAYS);
        assert_eq!(activity.dropped(), 50);
    }

    #[test]
    fn a_mark_over_a_full_hour_marks_both() {
        let mut activity = Activity::default();
        activity.mark(Timestamp::from_secs(3599), Timestamp::from_secs(3600));
        assert_eq!(activity.hours().collect::<Vec<_>>(), [Hour(0), Hour(1)]);
    }
}
