//! What was asked over one flow: messages joined into operation records as they come.
//!
//! Messages of a flow repeat, so the operation that was met last is tried first, and a message of a known operation
//! allocates nothing. Keys are compared numbers first, names last.

use crate::objects::Objects;
use crate::record::OperationRecord;
use cofferdam_dissect::{Function, Message, Outcome, Protocol, Role};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;
use std::borrow::Cow;

/// The operations that one flow record gathers.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    entries: Vec<Entry>,
    last_hit: usize,
    /// Messages of operations beyond the ceiling, by protocol.
    dropped: Vec<(Protocol, u64)>,
    grown: bool,
}

#[derive(Debug)]
struct Entry {
    protocol: Protocol,
    function: Function,
    operation: OperationClass,
    unit: Option<u32>,
    requests: u64,
    responses: u64,
    failures: u64,
    packet: u64,
    /// The unit itself answered, rather than a gateway in its place.
    unit_answered: bool,
    objects: Objects,
}

/// The operations of a record, ordered, and the units that answered.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) records: Vec<OperationRecord>,
    pub(crate) units: SmallVec<[(Protocol, u32); 4]>,
}

impl Entry {
    #[inline]
    fn is_of(&self, message: &Message<'_>) -> bool {
        self.function.code == message.function.code
            && self.unit == message.unit
            && self.operation == message.operation
            && same_name(self.protocol.0, message.protocol.0)
            // Codes that no table knows, or that mean two things, may carry different names.
            && same_name(self.function.name, message.function.name)
    }
}

#[inline]
fn same_name(a: &'static str, b: &'static str) -> bool {
    std::ptr::eq(a, b) || a == b
}

impl Operations {
    /// Counts a message; at most `ceiling` different operations are kept.
    #[inline]
    pub(crate) fn add(&mut self, message: &Message<'_>, packet: u64, ceiling: usize) {
        let hit = self.entries.get(self.last_hit);
        if !hit.is_some_and(|entry| entry.is_of(message)) && !self.find_or_keep(message, packet, ceiling) {
            return;
        }
        let Some(entry) = self.entries.get_mut(self.last_hit) else {
            return;
        };
        match (message.role, message.outcome) {
            (Role::Request | Role::Unsolicited, _) => entry.requests += 1,
            (Role::Response, Outcome::None | Outcome::Success) => {
                entry.responses += 1;
                entry.unit_answered = true;
            }
            (Role::Response, Outcome::Failure { name, .. }) => {
                entry.failures += 1;
                // `gateway path unavailable`, `gateway target device failed to respond`
                entry.unit_answered |= !name.starts_with("gateway");
            }
        }
        for object in message.objects {
            self.grown |= entry.objects.add(object);
        }
    }

    fn find_or_keep(&mut self, message: &Message<'_>, packet: u64, ceiling: usize) -> bool {
        if let Some(index) = self.entries.iter().position(|entry| entry.is_of(message)) {
            self.last_hit = index;
            return true;
        }
        if self.entries.len() >= ceiling {
            match self
                .dropped
                .iter_mut()
                .find(|(protocol, _)| *protocol == message.protocol)
            {
                Some((_, count)) => *count += 1,
                None => self.dropped.push((message.protocol, 1)),
            }
            return false;
        }
        self.grown = true;
        self.last_hit = self.entries.len();
        if self.entries.is_empty() {
            // Most flows ask one thing: room for one, not for the four that a first push makes.
            self.entries.reserve_exact(1);
        }
        self.entries.push(Entry {
            protocol: message.protocol,
            function: message.function,
            operation: message.operation,
            unit: message.unit,
            requests: 0,
            responses: 0,
            failures: 0,
            packet,
            unit_answered: false,
            objects: Objects::default(),
        });
        true
    }

    /// Whether more memory is held than when this was asked last.
    pub(crate) fn has_grown(&mut self) -> bool {
        std::mem::take(&mut self.grown)
    }

    /// Heap bytes held, about.
    pub(crate) fn held(&self) -> usize {
        let objects: usize = self.entries.iter().map(|entry| entry.objects.held()).sum();
        self.entries.capacity() * size_of::<Entry>() + objects
    }

    /// Messages of operations beyond the ceiling, by protocol, since this was asked last.
    pub(crate) fn take_dropped(&mut self) -> Vec<(Protocol, u64)> {
        std::mem::take(&mut self.dropped)
    }

    /// The records, ordered; the next message starts anew.
    pub(crate) fn take(&mut self) -> Taken {
        self.last_hit = 0;
        let entries = std::mem::take(&mut self.entries);
        let mut taken = Taken::default();
        for entry in &entries {
            let unit = entry.unit.filter(|_| entry.unit_answered);
            let unit = unit.map(|unit| (entry.protocol, unit));
            taken
                .units
                .extend(unit.filter(|unit| !taken.units.contains(unit)));
        }
        taken.records = entries.into_iter().map(Entry::into_record).collect();
        taken.records.sort_unstable();
        taken
    }
}

impl Entry {
    fn into_record(mut self) -> OperationRecord {
        let (objects, objects_dropped) = self.objects.take();
        OperationRecord {
            protocol: self.protocol,
            operation: self.operation,
            function: self.function.code,
            function_name: Cow::Borrowed(self.function.name),
            unit: self.unit,
            requests: self.requests,
            responses: self.responses,
            failures: self.failures,
            objects,
            objects_dropped,
            packet: self.packet,
        }
    }
}
