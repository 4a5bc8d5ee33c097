//! Learn, then learn of newcomers alone, then enforce: set for each zone and kind of deviation, with a countdown.
//!
//! A pure state machine: settings and times go in, decisions come out, and nothing is remembered, so that the same
//! question has the same answer. The setting for a zone and category goes before that for the zone, that before the one
//! for the category, that before the general one.

use crate::baseline::DeviationKind;
use cofferdam_terms::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is done with what was never seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It becomes usual.
    Learn,
    /// What a host does that is new itself becomes usual; of others it is a finding.
    Dynamic,
    /// It is a finding.
    Enforce,
}

/// The kinds of deviation, as settings tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// New hosts.
    Talkers,
    /// New pairs and services between known hosts.
    Services,
    /// New operations.
    Operations,
    /// New objects.
    Objects,
    /// Values out of range.
    Values,
    /// Periods that changed or stopped.
    Periods,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 6] = [
        Self::Talkers,
        Self::Services,
        Self::Operations,
        Self::Objects,
        Self::Values,
        Self::Periods,
    ];

    /// The category of a deviation.
    #[must_use]
    pub const fn of(kind: &DeviationKind) -> Self {
        match kind {
            DeviationKind::NewTalker(_) => Self::Talkers,
            DeviationKind::NewPair | DeviationKind::NewService => Self::Services,
            DeviationKind::NewOperation(_) => Self::Operations,
            DeviationKind::NewObject { .. } => Self::Objects,
            DeviationKind::ValueOutOfRange { .. } => Self::Values,
            DeviationKind::PeriodChanged { .. } | DeviationKind::Stopped { .. } => Self::Periods,
        }
    }
}

/// How long each mode lasts from a time on. Times are nanoseconds since 1970, lengths seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Countdown {
    /// When learning begins, in nanoseconds since 1970.
    pub begins: i64,
    /// So many seconds all is learned.
    pub learn: u64,
    /// So many seconds after that newcomers alone are learned, each for as long as `newcomer` says.
    pub dynamic: u64,
    /// So many seconds a host is a newcomer after it was first seen.
    pub newcomer: u64,
}

impl Countdown {
    /// The mode at a time, and how long it goes on; `None` for the last one, which stays. Before learning begins it is
    /// learned too.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> (Mode, Option<Duration>) {
        let learned = Timestamp::from_nanos(self.begins).plus(Duration::from_secs(self.learn));
        let settled = learned.plus(Duration::from_secs(self.dynamic));
        if now < learned {
            (Mode::Learn, Some(learned - now))
        } else if now < settled {
            (Mode::Dynamic, Some(settled - now))
        } else {
            (Mode::Enforce, None)
        }
    }
}

/// What is to be done with a deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Take it for usual: hand the record to [`Baseline::accept`](crate::Baseline::accept).
    Learn,
    /// Tell it as a finding.
    Raise,
}

/// An answer, with what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What to do.
    pub act: Act,
    /// The mode that decided.
    pub mode: Mode,
    /// How long that mode goes on; `None` if it stays.
    pub left: Option<Duration>,
}

/// Settings: one for everything, and those that go before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    /// For whatever has none of its own.
    pub general: Countdown,
    /// For kinds of deviation.
    #[serde(default)]
    pub categories: BTreeMap<Category, Countdown>,
    /// For zones, by id.
    #[serde(default)]
    pub zones: BTreeMap<String, Countdown>,
    /// For kinds of deviation in zones, by zone.
    #[serde(default)]
    pub zone_categories: BTreeMap<String, BTreeMap<Category, Countdown>>,
}

impl Learning {
    /// The same countdown for everything.
    #[must_use]
    pub const fn new(general: Countdown) -> Self {
        Self {
            general,
            categories: BTreeMap::new(),
            zones: BTreeMap::new(),
            zone_categories: BTreeMap::new(),
        }
    }

    /// The countdown that holds for a kind of deviation in a zone.
    #[must_use]
    pub fn countdown(&self, zone: Option<&str>, category: Category) -> &Countdown {
        let in_zone = |zone| {
            let here = self
                .zone_categories
                .get(zone)
                .and_then(|here| here.get(&category));
            here.or_else(|| self.zones.get(zone))
        };
        zone.and_then(in_zone)
            .or_else(|| self.categories.get(&category))
            .unwrap_or(&self.general)
    }

    /// What to do with a deviation in a zone. `known_since` is when the newer of the two hosts was seen first.
    #[must_use]
    pub fn decide(
        &self,
        zone: Option<&str>,
        category: Category,
        known_since: Timestamp,
        now: Timestamp,
    ) -> Decision {
        let countdown = self.countdown(zone, category);
        let (mode, left) = countdown.at(now);
        let is_newcomer = now - known_since < Duration::from_secs(countdown.newcomer);
        let act = match mode {
            Mode::Learn => Act::Learn,
            Mode::Dynamic if is_newcomer => Act::Learn,
            Mode::Dynamic | Mode::Enforce => Act::Raise,
        };
        Decision { act, mode, left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    const fn countdown(learn: u64, dynamic: u64) -> Countdown {
        Countdown {
            begins: 0,
            learn: learn * DAY,
            dynamic: dynamic * DAY,
            newcomer: 2 * DAY,
        }
    }

    fn at(days: u64) -> Timestamp {
        Timestamp::from_secs(i64::try_from(days * DAY).unwrap())
    }

    #[test]
    fn each_mode_follows_the_one_before_when_its_time_is_up() {
        let learning = Learning::new(countdown(7, 14));
        for (now, known_since, act, mode, left) in [
            (0, 0, Act::Learn, Mode::Learn, Some(7)),
            (6, 0, Act::Learn, Mode::Learn, Some(1)),
            (7, 0, Act::Raise, Mode::Dynamic, Some(14)),
            (20, 19, Act::Learn, Mode::Dynamic, Some(1)),
            (20, 18, Act::Raise, Mode::Dynamic, Some(1)),
            (21, 21, Act::Raise, Mode::Enforce, None),
        ] {
            let decision = learning.decide(None, Category::Talkers, at(known_since), at(now));
            let left = left.map(|days| Duration::from_secs(days * DAY));
            assert_eq!(decision, Decision { act, mode, left }, "day {now}");
        }
    }

    #[test]
    fn the_nearest_setting_holds_and_all_of_them_are_read_back() {
        let mut learning = Learning::new(countdown(1, 0));
        learning.categories.insert(Category::Values, countdown(2, 0));
        learning.zones.insert("safety".to_owned(), countdown(3, 0));
        let here = BTreeMap::from([(Category::Values, countdown(4, 0))]);
        learning.zone_categories.insert("safety".to_owned(), here);
        for (zone, category, days) in [
            (None, Category::Talkers, 1),
            (Some("office"), Category::Values, 2),
            (Some("safety"), Category::Talkers, 3),
            (Some("safety"), Category::Values, 4),
        ] {
            assert_eq!(learning.countdown(zone, category), &countdown(days, 0));
        }
        let text = serde_json::to_string(&learning).unwrap();
        assert_eq!(serde_json::from_str::<Learning>(&text).unwrap(), learning);
    }
}
