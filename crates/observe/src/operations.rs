//! What was asked over one flow: messages joined into operation records as they come.
//!
//! Messages of a flow repeat, so the operation that was met last is tried first, and a message of a known operation
//! allocates nothing. Keys are compared numbers first, names last.

use crate::acts::Noted;
use crate::clock::Moment;
use crate::event_kinds::{EventKind, kind_of};
use crate::events::EventSlot;
use crate::exchange::{self, Awaits, Fit, MAX_WAITING, Tracked, Waiting};
use crate::key::End;
use crate::known::DeviceId;
use crate::objects::{Added, Objects};
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
    /// Requests that wait for their answers, longest first.
    waiting: Vec<Waiting>,
    grown: bool,
}

/// Where the answers to a flow's requests are to be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// In the flow.
    Here,
    /// In flows of those who answer: the requests went to a group.
    Elsewhere,
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
    awaits: Awaits,
    /// The event that its messages are.
    kind: Option<EventKind>,
    /// The event's place, once it was looked up.
    event: Option<EventSlot>,
    /// The device whose values they carry, once it was looked up.
    device: Option<DeviceId>,
    objects: Objects,
    exchange: Tracked,
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
    /// Counts a message of one end; at most `ceiling` different operations are kept. Says what is known of such
    /// messages.
    #[inline]
    pub(crate) fn add(&mut self, message: &Message<'_>, from: End, moment: Moment, ceiling: usize) -> Noted {
        let hit = self.entries.get(self.last_hit);
        if !hit.is_some_and(|entry| entry.is_of(message))
            && !self.find_or_keep(message, moment.packet, ceiling)
        {
            return Noted::beyond_ceiling(message);
        }
        let request = match message.role {
            Role::Request => {
                self.wait(message, from, moment);
                None
            }
            Role::Response => self.settle(message, from, moment),
            Role::Unsolicited => None,
        };
        let Some(entry) = self.entries.get_mut(self.last_hit) else {
            return Noted::beyond_ceiling(message);
        };
        match (message.role, message.outcome) {
            (Role::Request | Role::Unsolicited, _) => {
                entry.requests += 1;
                self.grown |= entry.exchange.asked(moment);
                self.grown |= entry.exchange.wrote(message);
            }
            (Role::Response, Outcome::None | Outcome::Success) => {
                entry.responses += 1;
                entry.unit_answered = true;
            }
            (Role::Response, Outcome::Failure { code, name }) => {
                entry.failures += 1;
                self.grown |= entry.exchange.failed(code, name);
                // `gateway path unavailable`, `gateway target device failed to respond`
                entry.unit_answered |= !name.starts_with("gateway");
            }
        }
        let mut objects = Added::Nothing;
        for object in message.objects {
            let added = entry.objects.add(object);
            self.grown |= added == Added::Kept;
            if added != Added::Nothing {
                objects = added;
            }
        }
        Noted {
            objects,
            event: entry.event,
            kind: entry.kind,
            device: entry.device,
            request,
            entry: Some(self.last_hit),
        }
    }

    /// Keeps what was looked up for an operation.
    #[inline]
    pub(crate) fn keep(&mut self, noted: Noted) {
        let entry = noted.entry.and_then(|at| self.entries.get_mut(at));
        if let Some(entry) = entry {
            entry.device = noted.device;
            entry.event = noted.event;
        }
    }

    /// Keeps a request of the operation that was hit last until it is answered.
    #[inline]
    fn wait(&mut self, message: &Message<'_>, from: End, moment: Moment) {
        let Some(entry) = self.entries.get_mut(self.last_hit) else {
            return;
        };
        if entry.awaits == Awaits::Nothing {
            return;
        }
        // Entries are few: a ceiling bounds them far below 2^32.
        let request = Waiting {
            entry: u32::try_from(self.last_hit).unwrap_or(u32::MAX),
            transaction: message.transaction,
            from,
            packet: moment.packet,
            time: moment.time,
        };
        let again = |held: &&mut Waiting| {
            held.entry == request.entry && held.transaction == request.transaction && held.from == from
        };
        // Those of the same packet stand last.
        let earlier = self.waiting.iter_mut();
        let mut earlier = earlier.take_while(|held| held.packet != request.packet);
        if message.transaction.is_some()
            && let Some(held) = earlier.find(again)
        {
            entry.exchange.unanswered += 1;
            *held = request;
            return;
        }
        if self.waiting.len() == MAX_WAITING {
            let overtaken = self.waiting.remove(0);
            self.count_unanswered(overtaken);
        }
        self.grown |= self.waiting.len() == self.waiting.capacity();
        match self.waiting.capacity() {
            // Most flows ask one thing after the other.
            0 => self.waiting.reserve_exact(1),
            1 if self.waiting.len() == 1 => self.waiting.reserve_exact(15),
            _ => {}
        }
        self.waiting.push(request);
    }

    /// Finds the request that an answer of the operation that was hit last belongs to, and gives its packet.
    #[inline]
    fn settle(&mut self, message: &Message<'_>, from: End, moment: Moment) -> Option<u64> {
        let answer = self.last_hit;
        let fit = |request: &Waiting| {
            if request.entry as usize == answer {
                return Some(Fit::Function);
            }
            let entry = self.entries.get(request.entry as usize)?;
            entry.fit(message)
        };
        let found = exchange::find(&self.waiting, from, message, fit);
        let request = found.map(|at| self.waiting.remove(at));
        let entry = request.map_or(answer, |request| request.entry as usize);
        if let Some(entry) = self.entries.get_mut(entry) {
            match request {
                Some(request) => self.grown |= entry.exchange.answered(request.time, moment),
                None => entry.exchange.unasked += 1,
            }
        }
        request.map(|request| request.packet)
    }

    fn count_unanswered(&mut self, request: Waiting) {
        if let Some(entry) = self.entries.get_mut(request.entry as usize) {
            entry.exchange.unanswered += 1;
        }
    }

    /// Bytes are missing: whether what waits was answered can't be told any more.
    pub(crate) fn lose_track(&mut self) {
        self.waiting = Vec::new();
    }

    /// The flow is over: what still waits won't be answered.
    pub(crate) fn give_up_waiting(&mut self) {
        for request in std::mem::take(&mut self.waiting) {
            self.count_unanswered(request);
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
        if self.entries.len() == self.entries.capacity() {
            // Most flows ask one thing, and an entry is large: room for one, then for half as many more, not for the
            // four that a first push makes.
            self.entries.reserve_exact((self.entries.len() / 2).max(1));
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
            awaits: Awaits::of(message.protocol, message.function.code),
            kind: kind_of(
                message.protocol,
                message.function.code,
                message.function.name,
                message.operation,
            ),
            event: None,
            device: None,
            objects: Objects::default(),
            exchange: Tracked::default(),
        });
        true
    }

    /// Whether more memory is held than when this was asked last.
    pub(crate) fn has_grown(&mut self) -> bool {
        std::mem::take(&mut self.grown)
    }

    /// Heap bytes held, about.
    pub(crate) fn held(&self) -> usize {
        let within = |entry: &Entry| entry.objects.held() + entry.exchange.held();
        let within: usize = self.entries.iter().map(within).sum();
        let waiting = self.waiting.capacity() * size_of::<Waiting>();
        self.entries.capacity() * size_of::<Entry>() + within + waiting
    }

    /// Messages of operations beyond the ceiling, by protocol, since this was asked last.
    pub(crate) fn take_dropped(&mut self) -> Vec<(Protocol, u64)> {
        std::mem::take(&mut self.dropped)
    }

    /// The records, ordered; the next message starts anew. Requests go on waiting.
    pub(crate) fn take(&mut self, answers: Answers) -> Taken {
        self.last_hit = 0;
        let mut entries = std::mem::take(&mut self.entries);
        self.carry_over(&entries);
        entries.retain(Entry::has_messages);
        if answers == Answers::Elsewhere {
            for entry in &mut entries {
                (entry.exchange.unanswered, entry.exchange.unasked) = (0, 0);
            }
        }
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

impl Operations {
    /// Makes room in the next record for the operations whose requests still wait.
    fn carry_over(&mut self, entries: &[Entry]) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain_mut(|request| {
            let Some(entry) = entries.get(request.entry as usize) else {
                return false;
            };
            let known = self.entries.iter().position(|kept| kept.is_same(entry));
            let at = known.unwrap_or(self.entries.len());
            if known.is_none() {
                self.entries.push(entry.without_counts());
            }
            u32::try_from(at).is_ok_and(|at| {
                request.entry = at;
                true
            })
        });
        self.waiting = waiting;
    }
}

impl Entry {
    /// How well the operation fits an answer.
    fn fit(&self, answer: &Message<'_>) -> Option<Fit> {
        if !same_name(self.protocol.0, answer.protocol.0) {
            return None;
        }
        let same = self.function.code == answer.function.code && self.unit == answer.unit;
        Some(if same { Fit::Function } else { Fit::Protocol })
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.protocol, self.function, self.operation, self.unit)
            == (other.protocol, other.function, other.operation, other.unit)
    }

    /// The same operation with nothing counted yet.
    fn without_counts(&self) -> Self {
        Self {
            requests: 0,
            responses: 0,
            failures: 0,
            unit_answered: false,
            objects: Objects::default(),
            exchange: Tracked::default(),
            ..*self
        }
    }

    /// False for one that only stood by for answers that did not come.
    fn has_messages(&self) -> bool {
        let counted = self.requests + self.responses + self.failures + self.exchange.unanswered;
        counted > 0
    }

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
            exchange: self.exchange.into_exchange(),
        }
    }
}
