//! Who speaks with whom by what service: flow records joined, in bounded memory.
//!
//! A conversation is everything that one host asked of one other by one service in all the records that were taken.
//! Draft and shadow test are made of these, and so is any list of flows that a person can read.

use crate::activity::Activity;
use crate::flow::Host;
use cofferdam_observe::{
    Endpoint, FlowRecord, InitiatorBasis, OperationRecord, Protocol, Recognition, Traffic,
};
use cofferdam_terms::{MacAddr, OperationClass, OperationSet, Timestamp, Transport, VlanId, WireText};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

/// A host as conversations know it: by IP address, and by MAC only where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostKey {
    /// By IP address.
    Ip(IpAddr),
    /// By link-layer address.
    Mac(MacAddr),
    /// The record had neither.
    Nothing,
}

impl HostKey {
    /// The key of an end of a record.
    #[must_use]
    pub fn of(endpoint: Endpoint) -> Self {
        let host = Host::seen(endpoint, None);
        match (host.address(), host.mac) {
            (Some(ip), _) => Self::Ip(ip),
            (None, Some(mac)) => Self::Mac(mac),
            (None, None) => Self::Nothing,
        }
    }
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Mac(mac) => mac.fmt(f),
            Self::Nothing => f.write_str("a host without address"),
        }
    }
}

/// What makes two records one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationKey {
    /// Who opens.
    pub initiator: HostKey,
    /// Who answers, or was to.
    pub responder: HostKey,
    /// What carries it.
    pub transport: Transport,
    /// The responder's port; 0 where there are none.
    pub responder_port: u16,
    /// The VLAN on which it was seen: copies of a machine may have the same addresses on each their own.
    pub vlan: Option<VlanId>,
}

impl ConversationKey {
    /// The key of a record.
    #[must_use]
    pub fn of(record: &FlowRecord) -> Self {
        Self {
            initiator: HostKey::of(record.initiator),
            responder: HostKey::of(record.responder),
            transport: record.transport,
            responder_port: record.responder_port,
            vlan: record.vlan,
        }
    }
}

/// What makes two operations of a conversation one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationKey {
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The operation class.
    pub operation: OperationClass,
    /// The function's code.
    pub function: u32,
    /// The unit behind the responder.
    pub unit: Option<u32>,
}

/// How often one function was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationCount {
    /// The protocol's name for the function.
    pub function_name: Cow<'static, str>,
    /// Requests (and unsolicited messages).
    pub requests: u64,
    /// Answers of success, or without status.
    pub responses: u64,
    /// Answers of failure.
    pub failures: u64,
    /// When it was first asked, to the record.
    pub first: Timestamp,
    /// When it was last asked, to the record.
    pub last: Timestamp,
    /// In which clock hours.
    pub activity: Activity,
    /// Some of the objects addressed, at most [`OperationRecord::MAX_OBJECTS`].
    pub objects: Vec<WireText>,
    /// The first packet that asked.
    pub packet: u64,
}

impl OperationCount {
    /// Adds an operation of a record to a conversation's map; says whether it found a place. `room` is how many more
    /// operations all conversations together may hold.
    pub(crate) fn absorb_into(
        map: &mut BTreeMap<OperationKey, Self>,
        room: &mut usize,
        record: &FlowRecord,
        operation: &OperationRecord,
    ) -> bool {
        let key = OperationKey {
            protocol: operation.protocol,
            operation: operation.operation,
            function: operation.function,
            unit: operation.unit,
        };
        if !map.contains_key(&key) {
            if *room == 0 || map.len() >= Conversations::MAX_OPERATIONS {
                return false;
            }
            *room -= 1;
        }
        let count = map.entry(key).or_insert_with(|| Self {
            function_name: operation.function_name.clone(),
            requests: 0,
            responses: 0,
            failures: 0,
            first: record.first,
            last: record.last,
            activity: Activity::default(),
            objects: Vec::new(),
            packet: operation.packet,
        });
        count.requests += operation.requests;
        count.responses += operation.responses;
        count.failures += operation.failures;
        count.first = count.first.min(record.first);
        count.last = count.last.max(record.last);
        count.activity.mark(record.first, record.last);
        count.packet = count.packet.min(operation.packet);
        for object in &operation.objects {
            if count.objects.len() >= OperationRecord::MAX_OBJECTS {
                break;
            }
            if let Err(at) = count.objects.binary_search(object) {
                count.objects.insert(at, object.clone());
            }
        }
        true
    }
}

/// What one host asked of one other by one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Between whom and by what.
    pub key: ConversationKey,
    /// The MAC that the initiator's packets bore first.
    pub initiator_mac: Option<MacAddr>,
    /// The MAC that the responder's packets bore first.
    pub responder_mac: Option<MacAddr>,
    /// The best ground on which the initiator is known.
    pub basis: InitiatorBasis,
    /// Application protocols and how they are known; content beats port.
    pub protocols: BTreeMap<Protocol, Recognition>,
    /// Flow records joined.
    pub records: u64,
    /// Records in which both ways were seen.
    pub answered: u64,
    /// Connections or exchanges that opened.
    pub opened: u64,
    /// Initiator to responder.
    pub sent: Traffic,
    /// Responder to initiator.
    pub received: Traffic,
    /// First packet's time.
    pub first: Timestamp,
    /// Last packet's time.
    pub last: Timestamp,
    /// In which clock hours.
    pub activity: Activity,
    /// The first packet's number in its capture.
    pub packet: u64,
    /// What was asked; at most [`Conversations::MAX_OPERATIONS`].
    pub operations: BTreeMap<OperationKey, OperationCount>,
    /// Operation records that found no place.
    pub operations_dropped: u64,
}

impl Conversation {
    fn new(record: &FlowRecord) -> Self {
        Self {
            key: ConversationKey::of(record),
            initiator_mac: None,
            responder_mac: None,
            basis: record.basis,
            protocols: BTreeMap::new(),
            records: 0,
            answered: 0,
            opened: 0,
            sent: Traffic::default(),
            received: Traffic::default(),
            first: record.first,
            last: record.last,
            activity: Activity::default(),
            packet: record.packet,
            operations: BTreeMap::new(),
            operations_dropped: 0,
        }
    }

    /// Adds a record of the same key.
    fn absorb(&mut self, record: &FlowRecord, room: &mut usize) {
        self.initiator_mac = self.initiator_mac.or(record.initiator.mac);
        self.responder_mac = self.responder_mac.or(record.responder.mac);
        self.basis = self.basis.min(record.basis);
        if let Some((protocol, recognition)) = record.protocol {
            let known = self.protocols.entry(protocol).or_insert(recognition);
            *known = (*known).min(recognition);
        }
        self.records += 1;
        self.answered += u64::from(record.sent.packets > 0 && record.received.packets > 0);
        self.opened += u64::from(record.opened);
        add(&mut self.sent, record.sent);
        add(&mut self.received, record.received);
        self.first = self.first.min(record.first);
        self.last = self.last.max(record.last);
        self.activity.mark(record.first, record.last);
        self.packet = self.packet.min(record.packet);
        for operation in &record.operations {
            let kept = OperationCount::absorb_into(&mut self.operations, room, record, operation);
            self.operations_dropped += u64::from(!kept);
        }
    }

    /// The operation classes asked for.
    #[must_use]
    pub fn operation_classes(&self) -> OperationSet {
        self.operations.keys().map(|key| key.operation).collect()
    }

    /// The application protocols that its content shows; a guess by the port is none.
    pub fn content_protocols(&self) -> impl Iterator<Item = Protocol> {
        self.protocols
            .iter()
            .filter(|(_, recognition)| **recognition == Recognition::Content)
            .map(|(protocol, _)| *protocol)
    }

    /// Requests in all, with their answers of success and failure.
    #[must_use]
    pub fn requests(&self) -> Requests {
        self.operations
            .values()
            .fold(Requests::default(), |sum, count| Requests {
                requests: sum.requests + count.requests,
                responses: sum.responses + count.responses,
                failures: sum.failures + count.failures,
            })
    }
}

/// Requests and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Requests (and unsolicited messages).
    pub requests: u64,
    /// Answers of success, or without status.
    pub responses: u64,
    /// Answers of failure.
    pub failures: u64,
}

pub(crate) fn add(sum: &mut Traffic, more: Traffic) {
    sum.packets += more.packets;
    sum.bytes += more.bytes;
}

/// Conversations out of flow records, streamed. Holds at most as many as its limit, and at most
/// [`OPERATIONS_A_CONVERSATION`](Self::OPERATIONS_A_CONVERSATION) times as many operations; what finds no place is
/// counted.
#[derive(Clone, Debug)]
pub struct Conversations {
    limit: usize,
    /// How many more operations may be held.
    room: usize,
    map: BTreeMap<ConversationKey, Conversation>,
    records: u64,
    span: Option<(Timestamp, Timestamp)>,
    activity: Activity,
    dropped: Dropped,
}

/// Records whose conversation found no place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// How many.
    pub records: u64,
    /// Their packets, both ways.
    pub packets: u64,
    /// The first one's key.
    pub first: Option<ConversationKey>,
}

impl Default for Conversations {
    fn default() -> Self {
        Self::with_limit(Self::DEFAULT_LIMIT)
    }
}

impl Conversations {
    /// The most conversations held unless another limit is set.
    pub const DEFAULT_LIMIT: usize = 500_000;
    /// The most operations held by all conversations together is this many times their limit.
    pub const OPERATIONS_A_CONVERSATION: usize = 4;
    /// The most functions and units that one conversation keeps.
    pub const MAX_OPERATIONS: usize = 512;

    /// Holds at most this many conversations.
    #[must_use]
    pub const fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            room: Self::room_for(limit),
            map: BTreeMap::new(),
            records: 0,
            span: None,
            activity: Activity::EMPTY,
            dropped: Dropped {
                records: 0,
                packets: 0,
                first: None,
            },
        }
    }

    /// How many operations all conversations together may hold.
    pub(crate) const fn room_for(limit: usize) -> usize {
        limit.saturating_mul(Self::OPERATIONS_A_CONVERSATION)
    }

    /// Takes a record.
    pub fn absorb(&mut self, record: &FlowRecord) {
        self.records += 1;
        self.span = Some(match self.span {
            Some((first, last)) => (first.min(record.first), last.max(record.last)),
            None => (record.first, record.last),
        });
        self.activity.mark(record.first, record.last);
        let key = ConversationKey::of(record);
        if !self.map.contains_key(&key) && self.map.len() >= self.limit {
            self.dropped.records += 1;
            self.dropped.packets += record.sent.packets + record.received.packets;
            self.dropped.first.get_or_insert(key);
            return;
        }
        self.map
            .entry(key)
            .or_insert_with(|| Conversation::new(record))
            .absorb(record, &mut self.room);
    }

    /// The conversations, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = &Conversation> {
        self.map.values()
    }

    /// One conversation.
    #[must_use]
    pub fn get(&self, key: &ConversationKey) -> Option<&Conversation> {
        self.map.get(key)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Records taken.
    #[must_use]
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Time of the first and last packet.
    #[must_use]
    pub const fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span
    }

    /// The clock hours in which anything was seen.
    #[must_use]
    pub const fn activity(&self) -> &Activity {
        &self.activity
    }

    /// What found no place.
    #[must_use]
    pub const fn dropped(&self) -> Dropped {
        self.dropped
    }
}

impl<'a> Extend<&'a FlowRecord> for Conversations {
    fn extend<I: IntoIterator<Item = &'a FlowRecord>>(&mut self, records: I) {
        for record in records {
            self.absorb(record);
        }
    }
}

impl<'a> FromIterator<&'a FlowRecord> for Conversations {
    fn from_iter<I: IntoIterator<Item = &'a FlowRecord>>(records: I) -> Self {
        let mut conversations = Self::default();
        conversations.extend(records);
        conversations
    }
}
