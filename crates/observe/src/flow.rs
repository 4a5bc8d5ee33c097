//! One live flow: what each packet touches, compact, and what only some flows need, boxed.

use crate::clock::Moment;
use crate::conversation::Conversation;
use crate::hosts::spot_of;
use crate::key::{End, FlowKey, Pair};
use crate::operations::{Answers, Taken};
use crate::record::{Connection, Endpoint, FlowRecord, InitiatorBasis, Recognition, Traffic};
use crate::stream::Half;
use crate::table::Lane;
use cofferdam_dissect::frame::TcpFlags;
use cofferdam_dissect::{Protocol, Side};
use cofferdam_terms::{MacAddr, Timestamp};
use smallvec::SmallVec;

/// How far a flow's protocol is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not yet; so many payloads were looked at in vain.
    Fresh(u8),
    /// A session follows it.
    Followed,
    /// No protocol owns it: its payload is not looked at any more.
    Dismissed,
}

/// What was seen of one end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// It sent a packet in this flow, this record or an earlier one.
    pub(crate) spoke: bool,
    /// It sent payload or accepted the connection: more than a refusal.
    pub(crate) served: bool,
    /// The other end acknowledged what it sent, whether or not the sensor saw that.
    pub(crate) acknowledged: bool,
}

/// A live flow.
pub(crate) struct Flow {
    pub(crate) key: FlowKey,
    // The place in its lane, which the table keeps.
    pub(crate) tick: u32,
    pub(crate) older: u32,
    pub(crate) newer: u32,
    pub(crate) lane: Lane,
    pub(crate) initiator: End,
    pub(crate) basis: InitiatorBasis,
    pub(crate) stage: Stage,
    /// A connection that is over: reset, or closed by both ends.
    pub(crate) ended: bool,
    /// Whether the record under way is the one in which the flow opened.
    pub(crate) opened: bool,
    /// Its first packet.
    pub(crate) number: u64,
    /// TCP flags of each end so far.
    pub(crate) flags: Pair<TcpFlags>,
    // The record under way.
    pub(crate) hour: i64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) packet: u64,
    pub(crate) missed: u64,
    pub(crate) traffic: Pair<Traffic>,
    pub(crate) payload: Pair<u64>,
    // The ends.
    pub(crate) seen: Pair<Seen>,
    pub(crate) macs: Pair<Option<MacAddr>>,
    pub(crate) halves: Pair<Half>,
    pub(crate) conversation: Option<Box<Conversation>>,
}

impl Flow {
    pub(crate) fn new(key: FlowKey, initiator: End, basis: InitiatorBasis, moment: Moment) -> Self {
        Self {
            key,
            tick: moment.tick,
            older: 0,
            newer: 0,
            lane: Lane::Unanswered,
            initiator,
            basis,
            stage: Stage::Fresh(0),
            ended: false,
            opened: true,
            number: moment.packet,
            flags: Pair::default(),
            hour: moment.hour,
            first: moment.time,
            last: moment.time,
            packet: moment.packet,
            missed: 0,
            traffic: Pair::default(),
            payload: Pair::default(),
            seen: Pair::default(),
            macs: Pair::default(),
            halves: Pair::default(),
            conversation: None,
        }
    }

    /// The part that an end plays.
    pub(crate) fn side(&self, end: End) -> Side {
        if end == self.initiator {
            Side::Initiator
        } else {
            Side::Responder
        }
    }

    /// The end as it is on the wire.
    pub(crate) fn endpoint(&self, end: End) -> Endpoint {
        Endpoint {
            mac: self.key.mac_at(end).or(*self.macs.at(end)),
            ip: self.key.ip_at(end),
        }
    }

    /// The responder's port.
    pub(crate) fn service_port(&self) -> u16 {
        self.key.port(self.initiator.other())
    }

    /// Counts packets of one end into the record under way.
    #[inline]
    pub(crate) fn count(&mut self, from: End, wire: Traffic, moment: Moment) {
        let traffic = self.traffic.at_mut(from);
        traffic.packets += wire.packets;
        traffic.bytes += wire.bytes;
        self.first = self.first.min(moment.time);
        self.last = self.last.max(moment.time);
    }

    /// Whether the record under way has anything in it.
    pub(crate) const fn has_record(&self) -> bool {
        self.traffic.low.packets > 0 || self.traffic.high.packets > 0
    }

    /// The record under way, which is then empty, and the responder's units that answered.
    pub(crate) fn take_record(
        &mut self,
        guess: Option<Protocol>,
    ) -> (FlowRecord, SmallVec<[(Protocol, u32); 4]>) {
        let (initiator, responder) = (self.initiator, self.initiator.other());
        let answers = if spot_of(self, responder).address.is_one_host() {
            Answers::Here
        } else {
            Answers::Elsewhere
        };
        let taken = match &mut self.conversation {
            Some(conversation) => conversation.operations.take(answers),
            None => Taken::default(),
        };
        let protocol = match &self.conversation {
            Some(conversation) => conversation.protocol(),
            None => None,
        };
        let record = FlowRecord {
            first: self.first,
            last: self.last,
            initiator: self.endpoint(initiator),
            responder: self.endpoint(responder),
            initiator_port: self.key.port(initiator),
            responder_port: self.key.port(responder),
            transport: self.key.transport(),
            vlan: self.key.vlan(),
            basis: self.basis,
            opened: self.opened,
            protocol: protocol.or(guess.map(|guess| (guess, Recognition::Port))),
            sent: *self.traffic.at(initiator),
            received: *self.traffic.at(responder),
            missed: self.missed,
            packet: self.packet,
            connection: Connection {
                flow: self.number,
                sent_payload: *self.payload.at(initiator),
                received_payload: *self.payload.at(responder),
                sent_flags: *self.flags.at(initiator),
                received_flags: *self.flags.at(responder),
            },
            operations: taken.records,
        };
        self.opened = false;
        self.missed = 0;
        self.traffic = Pair::default();
        self.payload = Pair::default();
        (record, taken.units)
    }

    /// Begins the record of the hour that a packet falls into.
    pub(crate) fn begin_record(&mut self, moment: Moment) {
        self.hour = moment.hour;
        self.first = moment.time;
        self.last = moment.time;
        self.packet = moment.packet;
    }
}
