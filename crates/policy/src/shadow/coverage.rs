//! What the recording covered of the plant's duty cycle, so that "nothing blocked" in a quiet week is not taken for
//! safe.

use crate::activity::{Activity, Hour, Rhythm};
use crate::conversation::Conversations;
use crate::policy::Policy;
use crate::words;
use cofferdam_plant::{AssetId, Plant};
use cofferdam_terms::Timestamp;
use std::collections::BTreeMap;

/// What a recording covered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyCoverage {
    /// Clock hours in which anything was seen.
    pub hours: u64,
    /// Days on which anything was seen.
    pub days: u64,
    /// How many of the 24 hours of the day.
    pub hours_of_day: u32,
    /// How many of the 7 days of the week.
    pub weekdays: u32,
    /// How many of the 31 days of the month.
    pub month_days: u32,
    /// Clock hours between the first and the last in which nothing was seen.
    pub gaps: u64,
    /// What that means for jobs that run daily, weekly, monthly, in one sentence each.
    pub sentences: Vec<String>,
    /// The duty of each asset of the model, ordered.
    pub assets: Vec<AssetDuty>,
}

/// When one asset was seen at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetDuty {
    /// The asset.
    pub asset: AssetId,
    /// Clock hours in which it spoke or was spoken to.
    pub hours: u64,
    /// Days.
    pub days: u64,
    /// How many of the 24 hours of the day.
    pub hours_of_day: u32,
    /// How many of the 7 days of the week.
    pub weekdays: u32,
    /// How many of the 31 days of the month.
    pub month_days: u32,
    /// The rhythm in it.
    pub rhythm: Rhythm,
    /// The hour in which it was last seen.
    pub last: Option<Timestamp>,
    /// What that means, in one sentence.
    pub sentence: String,
}

#[derive(Clone, Copy, Default)]
struct Slots {
    hours_of_day: u32,
    weekdays: u32,
    month_days: u32,
}

impl Slots {
    fn of(activity: &Activity) -> Self {
        let mut slots = Self::default();
        for hour in activity.hours() {
            slots.hours_of_day |= 1 << hour.0.rem_euclid(24);
        }
        for day in activity.days() {
            // 1970-01-01 was a Thursday.
            slots.weekdays |= 1 << (day + 3).rem_euclid(7);
            if let Ok(at) = jiff::Timestamp::from_second(day.saturating_mul(86_400)) {
                let date = jiff::tz::Offset::UTC.to_datetime(at).date();
                slots.month_days |= 1 << date.day();
            }
        }
        slots
    }
}

/// Measures a recording against the assets of a plant.
pub(super) fn measure(plant: &Plant, policy: &Policy, conversations: &Conversations) -> DutyCoverage {
    let recorded = conversations.activity();
    let slots = Slots::of(recorded);
    let hours = recorded.hour_count();
    let days = u64::try_from(recorded.day_count()).unwrap_or(u64::MAX);
    let span = conversations.span().map_or(0, |(first, last)| {
        let hours = Hour::of(last).0 - Hour::of(first).0 + 1;
        u64::try_from(hours).unwrap_or(0)
    });
    let mut by_asset: BTreeMap<&AssetId, Activity> = BTreeMap::new();
    for conversation in conversations.iter() {
        for key in [conversation.key.initiator, conversation.key.responder] {
            let host = super::who::host(key, conversation.key.vlan);
            for asset in policy.assets_at(&host) {
                by_asset.entry(asset).or_default().join(&conversation.activity);
            }
        }
    }
    let mut assets: Vec<AssetDuty> = plant
        .assets()
        .iter()
        .map(|asset| duty(&asset.id, by_asset.get(&asset.id), days))
        .collect();
    assets.sort_by(|a, b| a.asset.cmp(&b.asset));
    let mut coverage = DutyCoverage {
        hours,
        days,
        hours_of_day: slots.hours_of_day.count_ones(),
        weekdays: slots.weekdays.count_ones(),
        month_days: slots.month_days.count_ones(),
        gaps: span.saturating_sub(hours),
        sentences: Vec::new(),
        assets,
    };
    coverage.sentences = sentences(&coverage, span);
    coverage
}

fn duty(asset: &AssetId, activity: Option<&Activity>, recorded_days: u64) -> AssetDuty {
    let nothing = Activity::EMPTY;
    let activity = activity.unwrap_or(&nothing);
    let slots = Slots::of(activity);
    let days = u64::try_from(activity.day_count()).unwrap_or(u64::MAX);
    let rhythm = activity.rhythm();
    let sentence = if days == 0 {
        format!("{asset} was not seen at all: what it does in its duty is not tested.")
    } else {
        format!(
            "{asset} was seen in {} on {days} of {recorded_days} recorded days ({} of 7 weekdays): {rhythm}.",
            words::counted(activity.hour_count(), "hour"),
            slots.weekdays.count_ones()
        )
    };
    AssetDuty {
        asset: asset.clone(),
        hours: activity.hour_count(),
        days,
        hours_of_day: slots.hours_of_day.count_ones(),
        weekdays: slots.weekdays.count_ones(),
        month_days: slots.month_days.count_ones(),
        rhythm,
        last: activity.hours().last().map(Hour::start),
        sentence,
    }
}

fn sentences(coverage: &DutyCoverage, span: u64) -> Vec<String> {
    let mut out = vec![format!(
        "The recording holds {} on {}: {} of 24 hours of the day, {} of 7 weekdays, {} of 31 days of the month.",
        words::counted(coverage.hours, "clock hour"),
        words::counted(coverage.days, "day"),
        coverage.hours_of_day,
        coverage.weekdays,
        coverage.month_days
    )];
    if coverage.gaps > 0 {
        out.push(format!(
            "In {} between its first and last nothing was seen: what ran then is not tested.",
            words::counted(coverage.gaps, "clock hour")
        ));
    }
    // A job is known to recur when it was seen twice.
    for (name, hours) in [
        ("daily", 24),
        ("weekly", 7 * 24),
        ("monthly", 31 * 24),
        ("yearly", 365 * 24),
    ] {
        let line = if span >= 2 * hours {
            format!("Jobs that run {name} fell into it at least twice.")
        } else if span >= hours {
            format!("Jobs that run {name} fell into it once: a cut of one looks like a single event.")
        } else {
            format!("Jobs that run {name} need not be in it: that none was cut proves nothing for them.")
        };
        out.push(line);
    }
    let silent: Vec<&AssetId> = coverage
        .assets
        .iter()
        .filter(|duty| duty.days == 0)
        .map(|duty| &duty.asset)
        .collect();
    if !silent.is_empty() {
        out.push(format!(
            "{} of the model were not seen at all: {}.",
            words::counted(words::len(&silent), "asset"),
            words::some(&silent, 5)
        ));
    }
    out
}
