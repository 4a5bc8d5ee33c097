//! What all parts of an observation share: hosts, and what becomes of the parts' counts in the end.

use crate::desk::Desk;
use crate::events::Event;
use crate::hosts::{Hosts, Party};
use crate::ledger::Ledger;
use crate::notes::{Ended, Note, Stamp};
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

    /// Takes notes of several parts up to the same packet, and leaves the list empty.
    pub(crate) fn take_all(&mut self, notes: &mut Vec<(Stamp, Note)>, flows: &mut dyn FlowSink) {
        // Stable: notes of one stamp are one part's, in its order.
        notes.sort_by_key(|(stamp, _)| *stamp);
        self.take_in_order(notes, flows);
    }

    /// Takes notes that stand in order, and leaves the list empty.
    pub(crate) fn take_in_order(&mut self, notes: &mut Vec<(Stamp, Note)>, flows: &mut dyn FlowSink) {
        for (_, note) in notes.drain(..) {
            match note {
                Note::Sighted(sighted) => self.hosts.take_sight(&sighted),
                Note::Claimed(claim) => self.hosts.learn(&claim),
                Note::Ended(ended) => self.end(*ended, flows),
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
