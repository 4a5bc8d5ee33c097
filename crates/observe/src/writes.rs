//! Writes with their values: what each object was before, as a read or an earlier write showed it, and what it became.
//!
//! Writes of one object by one host are one record that counts them and keeps the last changes; a value that is written
//! again unchanged is counted and no change. A write that the device refuses is taken out of what is known, and its
//! change says so. Bounds: the ceiling `writes` of records, beyond which further ones are counted and not kept;
//! [`WriteRecord::MAX_CHANGES`] changes of one record, of which the oldest gives way; [`MAX_RECENT`] writes of which a
//! refusal is still understood.

use crate::events::{Evidence, Parties, Scene};
use crate::hosts::Spot;
use crate::known::{DeviceId, Known, Value, ValueBasis};
use crate::ledger::Tally;
use crate::number;
use crate::objects::Range;
use cofferdam_dissect::{Message, Object, Protocol};
use cofferdam_terms::{OperationClass, Timestamp, WireText};
use foldhash::fast::SeedableRandomState;
use hashbrown::HashMap;
use std::collections::VecDeque;

/// The most writes of which a refusal is still understood.
const MAX_RECENT: usize = 64;

/// The writes of one object by one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteRecord {
    /// Who wrote, and to whom.
    pub parties: Parties,
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The operation class.
    pub operation: OperationClass,
    /// The function's code.
    pub function: u32,
    /// The protocol's name for it.
    pub function_name: &'static str,
    /// The unit behind the responder.
    pub unit: Option<u32>,
    /// What was written, in the protocol's own notation.
    pub object: WireText,
    /// How often.
    pub times: u64,
    /// How often it was refused.
    pub refused: u64,
    /// The first write.
    pub first: Evidence,
    /// The last write.
    pub last: Evidence,
    /// The last writes that changed the value, or before which it was not known; oldest first, at most
    /// [`MAX_CHANGES`](Self::MAX_CHANGES).
    pub changes: Vec<ValueChange>,
    /// Earlier changes, not kept.
    pub changes_dropped: u64,
}

impl WriteRecord {
    /// The most changes that one record keeps.
    pub const MAX_CHANGES: usize = 8;
}

/// One write that changed a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueChange {
    /// The packet that wrote.
    pub evidence: Evidence,
    /// The value before, if anything showed it.
    pub before: Option<ValueBefore>,
    /// The value that was written.
    pub after: WireText,
    /// The device's reason, if it refused.
    pub refused: Option<&'static str>,
}

/// A value, and what showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueBefore {
    /// The value.
    pub value: WireText,
    /// How it is known.
    pub basis: ValueBasis,
    /// The packet that last showed it.
    pub packet: u64,
    /// That packet's time.
    pub at: Timestamp,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    initiator: Spot,
    responder: Spot,
    port: u16,
    protocol: Protocol,
    function: u32,
    unit: Option<u32>,
    place: Range,
}

/// A write that may still be refused.
struct Recent {
    flow: u64,
    packet: u64,
    record: u32,
    device: DeviceId,
    place: Range,
    changed: Changed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Changed {
    Yes,
    No,
}

/// All writes, in the order in which objects were first written.
pub(crate) struct Writes {
    index: HashMap<Key, u32, SeedableRandomState>,
    records: Vec<WriteRecord>,
    recent: VecDeque<Recent>,
    ceiling: usize,
}

impl Writes {
    pub(crate) fn new(ceiling: usize, hasher: SeedableRandomState) -> Self {
        Self {
            index: HashMap::with_hasher(hasher),
            records: Vec::new(),
            recent: VecDeque::new(),
            ceiling,
        }
    }

    /// Takes a write of one object, before it is known to hold the new value.
    pub(crate) fn add(
        &mut self,
        scene: Scene<'_>,
        message: &Message<'_>,
        object: &Object<'_>,
        (device, known): (DeviceId, &Known),
        evicted: &mut Tally<&'static str>,
    ) {
        let Some(value) = object.value else { return };
        let value = number::canonical(&object.address, value);
        let place = Range::of(&object.address);
        let Some(at) = self.find_or_keep(scene, message, place.clone(), evicted) else {
            return;
        };
        let before = known.last(device, &object.address);
        let Some(record) = self.records.get_mut(at as usize) else {
            return;
        };
        record.times += 1;
        record.last = scene.evidence();
        let same = before.as_ref().is_some_and(|before| *before.bytes == *value);
        if !same {
            let shown = |bytes: &[u8]| number::text(message.protocol, &object.address, bytes);
            let before = before.map(
                |Value {
                     bytes,
                     packet,
                     time,
                     basis,
                 }| ValueBefore {
                    value: shown(&bytes),
                    basis,
                    packet,
                    at: time,
                },
            );
            if record.changes.len() == WriteRecord::MAX_CHANGES {
                record.changes.remove(0);
                record.changes_dropped += 1;
            }
            record.changes.push(ValueChange {
                evidence: scene.evidence(),
                before,
                after: shown(value),
                refused: None,
            });
        }
        if self.recent.len() == MAX_RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(Recent {
            flow: scene.flow.number,
            packet: scene.moment.packet,
            record: at,
            device,
            place,
            changed: if same { Changed::No } else { Changed::Yes },
        });
    }

    /// The writes that a packet of a flow asked for were refused.
    pub(crate) fn refuse(&mut self, flow: u64, packet: u64, reason: &'static str, known: &mut Known) {
        let records = &mut self.records;
        self.recent.retain(|recent| {
            if (recent.flow, recent.packet) != (flow, packet) {
                return true;
            }
            if let Some(record) = records.get_mut(recent.record as usize) {
                record.refused += 1;
                let change = record
                    .changes
                    .iter_mut()
                    .rev()
                    .find(|change| change.evidence.packet == packet);
                if let (Some(change), Changed::Yes) = (change, recent.changed) {
                    change.refused = Some(reason);
                }
            }
            known.forget_write(recent.device, &recent.place, packet);
            false
        });
    }

    fn find_or_keep(
        &mut self,
        scene: Scene<'_>,
        message: &Message<'_>,
        place: Range,
        evicted: &mut Tally<&'static str>,
    ) -> Option<u32> {
        let key = Key {
            initiator: scene.asking(),
            responder: scene.asked(),
            port: scene.flow.key.port(scene.asker.other()),
            protocol: message.protocol,
            function: message.function.code,
            unit: message.unit,
            place,
        };
        if let Some(at) = self.index.get(&key) {
            return Some(*at);
        }
        if self.records.len() >= self.ceiling {
            evicted.add("writes", 1, scene.moment.packet);
            return None;
        }
        // The ceiling is far below 2^32.
        let at = u32::try_from(self.records.len()).ok()?;
        self.records.push(WriteRecord {
            parties: scene.parties(),
            protocol: message.protocol,
            operation: message.operation,
            function: message.function.code,
            function_name: message.function.name,
            unit: message.unit,
            object: key.place.text(),
            times: 0,
            refused: 0,
            first: scene.evidence(),
            last: scene.evidence(),
            changes: Vec::new(),
            changes_dropped: 0,
        });
        self.index.insert(key, at);
        Some(at)
    }

    /// The records, in the order in which they were met. None is left.
    pub(crate) fn finish(&mut self) -> Vec<WriteRecord> {
        self.index.clear();
        self.recent.clear();
        std::mem::take(&mut self.records)
    }
}
