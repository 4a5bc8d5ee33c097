//! What all parts of an observation share: hosts, and what becomes of the parts' counts in the end.

use crate::clock::Moment;
use crate::desk::Desk;
use crate::events::Event;
use crate::hosts::{Hosts, Party, Spot, Voice};
use crate::ledger::Ledger;
use crate::notes::{Ended, Note, Told};
use crate::record::{Endpoint, FlowRecord, FlowSink, Traffic};
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
        let record = &ended.record;
        let initiator = self.party(ended.initiator, record.initiator, record.received, record);
        let responder = self.party(ended.responder, record.responder, record.sent, record);
        self.hosts
            .account_parties([initiator, responder], ended.served, record, &ended.units);
        flows.flow(ended.record);
    }

    /// One end of a record. A host whose flow went on for long may have given way meanwhile, as nothing showed that it was
    /// answered; now something does, so that it stays.
    fn party(
        &mut self,
        (spot, voice): (Spot, Voice),
        endpoint: Endpoint,
        answered: Traffic,
        record: &FlowRecord,
    ) -> Party {
        let mut id = self.hosts.find(spot, voice);
        if id.is_none() && voice == Voice::Heard && answered.packets > 0 {
            let moment = Moment {
                packet: record.packet,
                time: record.first,
                ..Moment::START
            };
            id = self.hosts.sight(spot, endpoint.mac, 0, moment);
        }
        Party { spot, id, voice }
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
