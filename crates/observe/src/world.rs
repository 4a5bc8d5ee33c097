//! What all parts of an observation share: hosts, and what becomes of the parts' counts in the end.

use crate::desk::Desk;
use crate::events::Event;
use crate::hosts::{Hosts, Party};
use crate::ledger::Ledger;
use crate::notes::{Ended, Note, Told};
use crate::record::FlowSink;
use crate::settings::Settings;
use crate::writes::WriteRecord;

/// What all parts of an observation share.
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) ledger: Ledger,
    pub(crate) hosts: Hosts,
    pub(crate) writes: Vec<WriteRecord>,
    pub(crate) events: Vec<Event>,
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            ledger: Ledger::default(),
            hosts: Hosts::new(&settings),
            writes: Vec::new(),
            events: Vec::new(),
            settings,
        }
    }

    /// Takes what several parts told up to the same packet, in the order of stamps.
    pub(crate) fn take_all(&mut self, told: impl IntoIterator<Item = Told>, flows: &mut dyn FlowSink) {
        let told = told.into_iter().filter(|told| !told.notes.is_empty());
        let mut lists: Vec<_> = told
            .map(|told| (told.notes.into_iter().peekable(), told.ended.into_iter()))
            .collect();
        // Parts are few: each note is moved once, from the list whose next one is the earliest.
        while let Some((notes, ended)) = lists
            .iter_mut()
            .filter_map(|list| Some((list.0.peek()?.0, list)))
            .min_by_key(|(stamp, _)| *stamp)
            .map(|(_, list)| list)
        {
            if let Some((_, note)) = notes.next() {
                self.take(note, ended, flows);
            }
        }
    }

    /// Takes what one part told, and leaves nothing of it.
    pub(crate) fn take_one(&mut self, told: &mut Told, flows: &mut dyn FlowSink) {
        let mut ended = told.ended.drain(..);
        for (_, note) in told.notes.drain(..) {
            self.take(note, &mut ended, flows);
        }
    }

    fn take(&mut self, note: Note, ended: &mut impl Iterator<Item = Ended>, flows: &mut dyn FlowSink) {
        match note {
            Note::Sighted(sighted) => self.hosts.take_sight(&sighted),
            Note::Claimed(claim) => self.hosts.learn(&claim),
            Note::Ended => {
                if let Some(ended) = ended.next() {
                    self.end(ended, flows);
                }
            }
        }
    }

    fn end(&mut self, ended: Ended, flows: &mut dyn FlowSink) {
        let parties = [ended.initiator, ended.responder].map(|(spot, voice)| Party {
            spot,
            id: self.hosts.find(spot, voice),
            voice,
        });
        self.hosts
            .account_parties(parties, ended.served, &ended.record, &ended.units);
        flows.flow(ended.record);
    }

    /// Takes what a part gathered by itself.
    pub(crate) fn take_in(&mut self, desk: Desk) {
        self.ledger.join(desk.ledger);
        let (writes, events, evicted) = desk.acts.finish();
        self.writes.extend(writes);
        self.events.extend(events);
        for (ceiling, count, packet) in evicted.into_ordered() {
            self.ledger.evicted.add(ceiling, count, packet);
        }
    }
}
