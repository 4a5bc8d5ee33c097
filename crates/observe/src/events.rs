//! What was done to equipment, and who was refused: events, each with its evidence and its ATT&CK techniques.
//!
//! Events of one kind, between the same two, by one function to one unit are one entry that counts. Bounds: the ceiling
//! `events` of entries, beyond which further ones are counted and not kept.

use crate::acts::Noted;
use crate::clock::Moment;
use crate::event_kinds::EventKind;
use crate::flow::Flow;
use crate::hosts::{Spot, spot_of};
use crate::key::End;
use crate::ledger::Tally;
use crate::objects::{Added, Objects};
use crate::record::Endpoint;
use cofferdam_dissect::{Message, Protocol};
use cofferdam_terms::{OperationClass, Timestamp, Transport, VlanId, WireText};
use foldhash::fast::SeedableRandomState;
use hashbrown::HashMap;

/// Where in the capture something is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// The packet's number, from 1.
    pub packet: u64,
    /// Its time.
    pub at: Timestamp,
    /// Its flow, as in [`Connection::flow`](crate::Connection::flow).
    pub flow: u64,
}

/// Who dealt with whom, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parties {
    /// Who asked.
    pub initiator: Endpoint,
    /// Who was asked.
    pub responder: Endpoint,
    /// The responder's port; 0 where there are none.
    pub port: u16,
    /// What carried it.
    pub transport: Transport,
    /// The innermost VLAN.
    pub vlan: Option<VlanId>,
}

/// Something that was done to a device, or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Who to whom.
    pub parties: Parties,
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The function's code.
    pub function: u32,
    /// The protocol's name for it.
    pub function_name: &'static str,
    /// Its operation class.
    pub operation: OperationClass,
    /// The unit behind the responder.
    pub unit: Option<u32>,
    /// What it was done to, in the protocol's own notation; at most
    /// [`OperationRecord::MAX_OBJECTS`](crate::OperationRecord::MAX_OBJECTS).
    pub objects: Vec<WireText>,
    /// Further objects, not kept.
    pub objects_dropped: u64,
    /// How often it was asked for or, for a refusal, given.
    pub times: u64,
    /// How many answers said that it was done; in protocols that answer by another function none are counted.
    pub done: u64,
    /// How many answers refused it.
    pub refused: u64,
    /// The failure's name, where the event is a refusal.
    pub reason: Option<&'static str>,
    /// The first packet of it.
    pub first: Evidence,
    /// The last.
    pub last: Evidence,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    kind: EventKind,
    initiator: Spot,
    responder: Spot,
    port: u16,
    protocol: Protocol,
    function: u32,
    unit: Option<u32>,
    reason: Option<&'static str>,
}

struct Entry {
    event: Event,
    objects: Objects,
}

/// All events, in the order in which they first happened.
pub(crate) struct Events {
    index: HashMap<Key, u32, SeedableRandomState>,
    entries: Vec<Entry>,
    ceiling: usize,
}

/// An event's place, or that there was none left for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventSlot {
    At(u32),
    NoRoom,
}

/// Where a message stood.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) flow: &'a Flow,
    /// Who asked, of the flow's ends.
    pub(crate) asker: End,
    pub(crate) moment: Moment,
}

impl Scene<'_> {
    pub(crate) fn parties(&self) -> Parties {
        let (flow, asked) = (self.flow, self.asker.other());
        Parties {
            initiator: flow.endpoint(self.asker),
            responder: flow.endpoint(asked),
            port: flow.key.port(asked),
            transport: flow.key.transport(),
            vlan: flow.key.vlan(),
        }
    }

    pub(crate) const fn evidence(&self) -> Evidence {
        Evidence {
            packet: self.moment.packet,
            at: self.moment.time,
            flow: self.flow.number,
        }
    }

    pub(crate) fn asked(&self) -> Spot {
        spot_of(self.flow, self.asker.other())
    }

    pub(crate) fn asking(&self) -> Spot {
        spot_of(self.flow, self.asker)
    }
}

impl Events {
    pub(crate) fn new(ceiling: usize, hasher: SeedableRandomState) -> Self {
        Self {
            index: HashMap::with_hasher(hasher),
            entries: Vec::new(),
            ceiling,
        }
    }

    /// Notes that something was asked for.
    pub(crate) fn asked(
        &mut self,
        kind: EventKind,
        scene: Scene<'_>,
        message: &Message<'_>,
        noted: &mut Noted,
        evicted: &mut Tally<&'static str>,
    ) {
        let slot = match noted.event {
            Some(slot) => slot,
            None => self.slot(kind, scene, message),
        };
        noted.event = Some(slot);
        match slot {
            EventSlot::NoRoom => evicted.add("events", 1, scene.moment.packet),
            EventSlot::At(at) => {
                if let Some(entry) = self.entries.get_mut(at as usize) {
                    // What the flow's record knows already, its event does too.
                    entry.note(scene, message, noted.objects);
                }
            }
        }
    }

    #[cold]
    fn slot(&mut self, kind: EventKind, scene: Scene<'_>, message: &Message<'_>) -> EventSlot {
        // A question to everybody is a search, whatever it asks.
        let to_all = kind == EventKind::Identification && !scene.asked().address.is_one_host();
        let kind = if to_all { EventKind::Discovery } else { kind };
        self.entry(kind, None, scene, message)
            .map_or(EventSlot::NoRoom, EventSlot::At)
    }

    /// Notes the answer to something that was asked for.
    pub(crate) fn answered(
        &mut self,
        kind: EventKind,
        scene: Scene<'_>,
        message: &Message<'_>,
        slot: Option<EventSlot>,
        answer: Answer,
    ) {
        let at = match slot {
            Some(EventSlot::At(at)) => Some(at),
            Some(EventSlot::NoRoom) => None,
            None => self.index.get(&key(kind, None, scene, message)).copied(),
        };
        if let Some(entry) = at.and_then(|at| self.entries.get_mut(at as usize)) {
            match answer {
                Answer::Done => entry.event.done += 1,
                Answer::Refused => entry.event.refused += 1,
            }
        }
    }

    /// Notes that somebody was not let in.
    pub(crate) fn refused(
        &mut self,
        reason: &'static str,
        scene: Scene<'_>,
        message: &Message<'_>,
        evicted: &mut Tally<&'static str>,
    ) {
        let kind = EventKind::FailedAccess;
        let at = self.entry(kind, Some(reason), scene, message);
        match at.and_then(|at| self.entries.get_mut(at as usize)) {
            Some(entry) => {
                entry.note(scene, message, Added::Kept);
                entry.event.refused += 1;
            }
            None => evicted.add("events", 1, scene.moment.packet),
        }
    }

    fn entry(
        &mut self,
        kind: EventKind,
        reason: Option<&'static str>,
        scene: Scene<'_>,
        message: &Message<'_>,
    ) -> Option<u32> {
        let key = key(kind, reason, scene, message);
        if let Some(at) = self.index.get(&key) {
            return Some(*at);
        }
        if self.entries.len() >= self.ceiling {
            return None;
        }
        // The ceiling is far below 2^32.
        let at = u32::try_from(self.entries.len()).ok()?;
        self.index.insert(key, at);
        self.entries.push(Entry {
            event: event(kind, reason, scene, message),
            objects: Objects::default(),
        });
        Some(at)
    }

    /// The events, in the order in which they were met. None is left.
    pub(crate) fn finish(&mut self) -> Vec<Event> {
        self.index.clear();
        let entries = std::mem::take(&mut self.entries).into_iter();
        entries.map(Entry::finish).collect()
    }
}

/// What an answer says to what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Refused,
}

impl Entry {
    fn note(&mut self, scene: Scene<'_>, message: &Message<'_>, objects: Added) {
        self.event.times += 1;
        self.event.last = scene.evidence();
        if objects == Added::Nothing {
            return;
        }
        for object in message.objects {
            self.objects.add(object);
        }
    }

    fn finish(mut self) -> Event {
        (self.event.objects, self.event.objects_dropped) = self.objects.take();
        self.event
    }
}

fn key(kind: EventKind, reason: Option<&'static str>, scene: Scene<'_>, message: &Message<'_>) -> Key {
    Key {
        kind,
        initiator: scene.asking(),
        responder: scene.asked(),
        port: scene.flow.key.port(scene.asker.other()),
        protocol: message.protocol,
        function: message.function.code,
        unit: message.unit,
        reason,
    }
}

fn event(kind: EventKind, reason: Option<&'static str>, scene: Scene<'_>, message: &Message<'_>) -> Event {
    Event {
        kind,
        parties: scene.parties(),
        protocol: message.protocol,
        function: message.function.code,
        function_name: message.function.name,
        operation: message.operation,
        unit: message.unit,
        objects: Vec::new(),
        objects_dropped: 0,
        times: 0,
        done: 0,
        refused: 0,
        reason,
        first: scene.evidence(),
        last: scene.evidence(),
    }
}
