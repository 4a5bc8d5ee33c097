//! The plan of a capture: each rhythm's and intrusion's occurrences, with the truth about each.

use crate::calendar::Date;
use crate::plant::Plant;
use crate::rhythm::{RHYTHMS, Rhythm, Session, Work, sessions};
use crate::settings::{Intrusion, Settings};
use crate::truth::{EventKind, TrueEvent};
use cofferdam_terms::Timestamp;

/// What an event is an occurrence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Rhythm(&'static Rhythm),
    Intrusion(Intrusion),
}

impl Cause {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rhythm(rhythm) => rhythm.name,
            Self::Intrusion(intrusion) => intrusion.name(),
        }
    }

    pub(crate) fn sessions(self, plant: &Plant) -> Vec<Session> {
        match self {
            Self::Rhythm(rhythm) => sessions(rhythm.work, plant),
            Self::Intrusion(intrusion) => intrusion.sessions(plant),
        }
    }
}

/// An occurrence.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) cause: Cause,
    pub(crate) event: TrueEvent,
}

impl Planned {
    /// Whether in it the standby server works in the primary's place.
    pub(crate) fn is_takeover(&self) -> bool {
        matches!(self.cause, Cause::Rhythm(rhythm) if rhythm.work == Work::Failover)
    }
}

/// All that is planned, in order of time.
pub(crate) fn plan(settings: &Settings) -> Vec<Planned> {
    let end = settings.start.plus(settings.duration);
    let mut planned = rhythms(settings.start, end);
    for intrusion in &settings.intrusions {
        let from = begin(*intrusion, settings);
        planned.push(Planned {
            cause: Cause::Intrusion(*intrusion),
            event: event(
                intrusion.name().to_owned(),
                EventKind::Intrusion,
                (intrusion.name(), intrusion.description()),
                (from, from),
            ),
        });
    }
    planned.sort_by_key(|planned| planned.event.from);
    let mut orders = 0;
    for planned in planned
        .iter_mut()
        .filter(|planned| planned.event.kind == EventKind::Planned)
    {
        orders += 1;
        planned.event.id = format!("WO-{}-{orders:04}", Date::of(planned.event.from).year);
    }
    planned
}

fn rhythms(start: Timestamp, end: Timestamp) -> Vec<Planned> {
    let (first, last) = (Date::of(start), Date::of(end));
    let mut planned = Vec::new();
    for days in first.days..=last.days {
        let date = Date::from_days(days);
        for rhythm in &RHYTHMS {
            let Some(from) = rhythm
                .on(date, first)
                .filter(|from| start <= *from && *from < end)
            else {
                continue;
            };
            planned.push(Planned {
                cause: Cause::Rhythm(rhythm),
                event: event(
                    String::new(),
                    EventKind::Planned,
                    (rhythm.name, rhythm.description),
                    (from, from.plus(rhythm.lasts)),
                ),
            });
        }
    }
    planned
}

/// At the intrusion's hour on the day that it falls on; in a capture too short for that, at the same share of it.
fn begin(intrusion: Intrusion, settings: &Settings) -> Timestamp {
    let (share, (hour, minute)) = intrusion.when();
    let at = settings.start.plus(settings.duration / 100 * share);
    let hoped = Date::of(at).at(hour, minute);
    if settings.start <= hoped && hoped < settings.start.plus(settings.duration / 10 * 9) {
        hoped
    } else {
        at
    }
}

fn event(
    id: String,
    kind: EventKind,
    (cause, description): (&'static str, &'static str),
    (from, to): (Timestamp, Timestamp),
) -> TrueEvent {
    TrueEvent {
        id,
        kind,
        cause,
        description: description.to_owned(),
        from,
        to,
        assets: Vec::new(),
        flows: Vec::new(),
        packets: 0,
        frames: None,
    }
}

/// The zones in which somebody else's hosts stand, for the intrusions that bring one.
pub(crate) fn guests(settings: &Settings) -> Vec<(&'static str, crate::plant::Kind)> {
    let comes = settings
        .intrusions
        .iter()
        .any(|intrusion| intrusion.brings_a_host());
    comes
        .then_some(("supervisory", crate::plant::Kind::Intruder))
        .into_iter()
        .collect()
}
