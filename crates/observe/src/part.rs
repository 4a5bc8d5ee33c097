//! One part of the observer: its flows, from frames to the records that end.
//!
//! It keeps to its share of the ceilings and knows of no other part. What concerns hosts, which every part may speak of,
//! it notes down.

use crate::clock::{Moment, ticks};
use crate::desk::{Desk, Out};
use crate::flow::{Flow, Stage};
use crate::front::Together;
use crate::hosts::{Served, Voice, spot_of};
use crate::key::{End, FlowKey};
use crate::notes::{Ended, Note, Sighted, Stamp};
use crate::observer::Captured;
use crate::record::{InitiatorBasis, Traffic};
use crate::settings::Settings;
use crate::table::{FlowId, FlowTable, Lane};
use crate::{follow, tcp};
use cofferdam_dissect::Registration;
use cofferdam_dissect::frame::{
    self, Frame, LinkAddresses, Network, Packet, Plain, Segment, Transport as Decoded,
};
use cofferdam_terms::{EtherType, IpProtocol, MacAddr, Transport, VlanId};
use std::net::IpAddr;

/// Conversations that are too large are made room for by ending so many flows at most, a packet.
const MAX_EVICTED_AT_ONCE: usize = 64;

/// One part of the observer.
pub(crate) struct Part {
    table: FlowTable,
    pub(crate) desk: Desk,
    /// The last that it was told of the time.
    now: Moment,
    /// Flows whose time is up, while they are put in order.
    due: Vec<(u64, FlowId)>,
}

/// A packet on its way to its flow.
struct Arrival<'a> {
    key: FlowKey,
    from: End,
    source: Option<MacAddr>,
    destination: Option<MacAddr>,
    ttl: u8,
    wire: Traffic,
    load: Load<'a>,
}

/// What a packet brings to its flow.
enum Load<'a> {
    Segment(Segment<'a>),
    /// A payload by itself, and how much of it the capture cut off.
    Payload(&'a [u8], u32),
}

impl Load<'_> {
    /// Its length on the wire.
    fn bytes(&self) -> u64 {
        let (bytes, cut) = match self {
            Self::Segment(segment) => (segment.payload, segment.cut),
            Self::Payload(bytes, cut) => (*bytes, *cut),
        };
        bytes.len() as u64 + u64::from(cut)
    }
}

impl Part {
    /// A part with nothing seen yet, to which these settings' ceilings belong alone.
    pub(crate) fn new(settings: Settings, registry: &'static [Registration]) -> Self {
        Self {
            table: FlowTable::new(settings.hash_seed),
            desk: Desk::new(settings, registry),
            now: Moment::START,
            due: Vec::new(),
        }
    }

    /// Takes a plain frame of the part's.
    #[inline]
    pub(crate) fn plain(&mut self, plain: &Plain<'_>, original: u32, moment: Moment, out: &mut Out<'_>) {
        self.desk.notes.stamp(Stamp::of_packet(moment.packet));
        self.desk.ledger.decoded += 1;
        let carrier = Carrying {
            link: Some(plain.link),
            vlan: None,
            source: IpAddr::V4(plain.source),
            destination: IpAddr::V4(plain.destination),
            protocol: plain.protocol,
            ttl: plain.ttl,
        };
        let wire = Traffic {
            packets: 1,
            bytes: original.into(),
        };
        self.arrive(&ip(&carrier, plain.transport, wire), moment, out);
    }

    /// Takes any other frame of the part's.
    pub(crate) fn frame(&mut self, captured: &Captured<'_>, moment: Moment, out: &mut Out<'_>) {
        self.desk.notes.stamp(Stamp::of_packet(moment.packet));
        let frame = frame::decode(captured.link, captured.bytes, captured.original);
        let wire = Traffic {
            packets: 1,
            bytes: captured.original.into(),
        };
        let damage = frame.damage.map(|damage| damage.code);
        match &frame.network {
            Network::Unread => self.not_understood(damage.unwrap_or("unread"), 1, moment),
            Network::Ethernet { ether_type, payload } => {
                self.desk.ledger.decoded += 1;
                if let Some(arrival) = ethernet(&frame, *ether_type, payload, captured) {
                    self.arrive(&arrival, moment, out);
                }
            }
            Network::Ip(packet) => match packet.transport {
                Decoded::Other(_) if has_ports(packet.protocol) => {
                    self.not_understood(damage.unwrap_or("transport-unread"), 1, moment);
                }
                // Pieces are put together before they are dealt to a part.
                Decoded::Fragment(_) => {}
                Decoded::Tcp(_) | Decoded::Udp { .. } | Decoded::Other(_) => {
                    self.desk.ledger.decoded += 1;
                    let carrier = Carrying::of(&frame, packet);
                    self.arrive(&ip(&carrier, packet.transport, wire), moment, out);
                }
            },
        }
    }

    /// Takes a packet that came in pieces.
    #[cold]
    pub(crate) fn together(&mut self, together: &Together, moment: Moment, out: &mut Out<'_>) {
        self.desk.notes.stamp(Stamp::of_packet(moment.packet));
        let Together {
            carrier,
            payload,
            wire,
        } = together;
        let transport = frame::decode_transport(carrier.protocol, payload);
        if matches!(transport, Decoded::Other(_)) && has_ports(carrier.protocol) {
            self.not_understood("transport-unread", wire.packets, moment);
        } else {
            self.desk.ledger.decoded += wire.packets;
            self.arrive(&ip(carrier, transport, *wire), moment, out);
        }
    }

    #[cold]
    fn not_understood(&mut self, reason: &'static str, packets: u64, moment: Moment) {
        self.desk
            .ledger
            .not_understood
            .add(reason, packets, moment.packet);
    }

    fn arrive(&mut self, arrival: &Arrival<'_>, moment: Moment, out: &mut Out<'_>) {
        let mut id = match self.table.find(&arrival.key) {
            Some(id) => id,
            None => self.open(arrival, moment, out),
        };
        let Some(mut flow) = self.table.get_mut(id) else {
            return;
        };
        if let Load::Segment(segment) = &arrival.load
            && tcp::opens_another(flow, arrival.from, segment)
        {
            self.end(id, out);
            id = self.open(arrival, moment, out);
            let Some(fresh) = self.table.get_mut(id) else {
                return;
            };
            flow = fresh;
        }
        let desk = &mut self.desk;
        if flow.hour != moment.hour && flow.has_record() {
            give_record(flow, desk);
        }
        if !flow.has_record() {
            flow.begin_record(moment);
        }
        flow.count(arrival.from, arrival.wire, moment);
        note_sender(flow, arrival, moment, desk);
        *flow.payload.at_mut(arrival.from) += arrival.load.bytes();
        match &arrival.load {
            Load::Segment(segment) => {
                flow.flags.at_mut(arrival.from).0 |= segment.flags.0;
                tcp::segment(flow, arrival.from, segment, moment, desk, out);
            }
            Load::Payload(bytes, 0) => {
                flow.seen.at_mut(arrival.from).served = true;
                follow::payload(flow, arrival.from, bytes, moment, desk, out);
            }
            Load::Payload(_, cut) => flow.missed += u64::from(*cut),
        }
        let lane = lane_of(flow);
        self.table.touch(id, lane, moment.tick);
        for _ in 0..MAX_EVICTED_AT_ONCE {
            if !self.desk.conversations_are_full() {
                break;
            }
            self.evict("conversations", moment, out);
        }
    }

    /// A new flow for a packet whose key is not in the table.
    fn open(&mut self, arrival: &Arrival<'_>, moment: Moment, out: &mut Out<'_>) -> FlowId {
        if self.table.len() >= self.desk.settings.ceilings.flows {
            self.evict("flows", moment, out);
        }
        let (initiator, basis) = self.orient(arrival);
        let mut flow = Flow::new(arrival.key, initiator, basis, moment);
        *flow.macs.at_mut(arrival.from) = arrival.source;
        *flow.macs.at_mut(arrival.from.other()) = arrival.destination.filter(|mac| !mac.is_group());
        flow.lane = lane_of(&flow);
        if let Load::Segment(segment) = &arrival.load {
            flow.opened = segment.flags.syn();
            if segment.flags.syn() {
                let _first = tcp::opens_another(&mut flow, arrival.from, segment);
            }
        }
        self.table.insert(flow)
    }

    /// Who opened a flow, as far as its first packet tells.
    fn orient(&self, arrival: &Arrival<'_>) -> (End, InitiatorBasis) {
        let (from, to) = (arrival.from, arrival.from.other());
        if let Load::Segment(segment) = &arrival.load
            && segment.flags.syn()
        {
            let initiator = if segment.flags.ack() { to } else { from };
            return (initiator, InitiatorBasis::Syn);
        }
        let transport = arrival.key.transport();
        let known = |end| {
            let protocols = &self.desk.protocols;
            protocols.by_port(transport, arrival.key.port(end)).is_some()
        };
        match (known(from), known(to)) {
            (false, true) => (from, InitiatorBasis::Port),
            (true, false) => (to, InitiatorBasis::Port),
            (true, true) | (false, false) => (from, InitiatorBasis::First),
        }
    }

    /// The last that the part was told of the time.
    #[inline]
    pub(crate) const fn now(&self) -> Moment {
        self.now
    }

    /// Another hour or tick has begun.
    pub(crate) fn go_on(&mut self, moment: Moment, out: &mut Out<'_>) {
        let before = std::mem::replace(&mut self.now, moment);
        if before.tick != moment.tick {
            self.expire(moment, out);
        }
    }

    /// Ends the flows that are idle for too long, in the order of their records.
    fn expire(&mut self, moment: Moment, out: &mut Out<'_>) {
        let idle = self.desk.settings.idle;
        let mut due = std::mem::take(&mut self.due);
        for lane in Lane::ALL {
            let patience = ticks(match lane {
                Lane::Ended => idle.ended,
                Lane::Unanswered => idle.unanswered,
                Lane::Datagrams => idle.datagrams,
                Lane::Connection => idle.connection,
            });
            self.table
                .idle(lane, |since| moment.tick - since > patience, &mut due);
        }
        due.sort_unstable();
        for (record, id) in due.drain(..) {
            self.desk.notes.stamp(Stamp::of_end(moment.packet, record));
            self.end(id, out);
        }
        self.due = due;
    }

    /// The capture is over: ends the flows whose records began before a packet, in the order of these.
    pub(crate) fn end_before(&mut self, packet: u64, out: &mut Out<'_>) {
        if self.due.is_empty() && self.table.len() > 0 {
            // Latest first, to be taken from behind.
            self.due = self.table.ids_in_order();
            self.due.reverse();
        }
        while let Some((record, id)) = self.due.pop_if(|(record, _)| *record < packet) {
            self.desk.notes.stamp(Stamp::of_end(u64::MAX, record));
            self.end(id, out);
        }
        if packet == u64::MAX {
            // What flows held is free for the assets.
            self.table = FlowTable::new(self.desk.settings.hash_seed);
            self.desk.acts.close();
        }
    }

    /// Ends the flow that can be spared best.
    #[cold]
    fn evict(&mut self, ceiling: &'static str, moment: Moment, out: &mut Out<'_>) {
        if let Some(id) = self.table.to_evict() {
            self.desk.ledger.evicted.add(ceiling, 1, moment.packet);
            self.end(id, out);
        }
    }

    fn end(&mut self, id: FlowId, out: &mut Out<'_>) {
        let Some(mut flow) = self.table.remove(id) else {
            return;
        };
        tcp::flush(&mut flow, &mut self.desk, out);
        if let Some(talk) = &mut flow.conversation {
            talk.operations.give_up_waiting();
        }
        if flow.has_record() {
            give_record(&mut flow, &mut self.desk);
        }
        self.desk.ledger.flow(&flow);
        if let Some(talk) = &flow.conversation {
            self.desk.release(talk);
        }
    }
}

/// Under these protocols a transport header stands that can be read.
fn has_ports(protocol: IpProtocol) -> bool {
    matches!(protocol, IpProtocol::TCP | IpProtocol::UDP)
}

/// What carries an IP packet's transport.
#[derive(Clone, Copy)]
pub(crate) struct Carrying {
    pub(crate) link: Option<LinkAddresses>,
    pub(crate) vlan: Option<VlanId>,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) protocol: IpProtocol,
    pub(crate) ttl: u8,
}

impl Carrying {
    #[inline]
    pub(crate) fn of(frame: &Frame<'_>, packet: &Packet<'_>) -> Self {
        Self {
            link: frame.link,
            vlan: frame.vlans.innermost(),
            source: packet.source,
            destination: packet.destination,
            protocol: packet.protocol,
            ttl: packet.ttl,
        }
    }
}

/// A frame straight on Ethernet. One without a sender goes nowhere.
fn ethernet<'a>(
    frame: &Frame<'_>,
    ether_type: EtherType,
    payload: &'a [u8],
    captured: &Captured<'_>,
) -> Option<Arrival<'a>> {
    let link = frame.link?;
    let destination = link.destination.unwrap_or_default();
    let (key, from) = FlowKey::ethernet(link.source, destination, ether_type, frame.vlans.innermost());
    let kept = u32::try_from(captured.bytes.len()).unwrap_or(u32::MAX);
    Some(Arrival {
        key,
        from,
        source: Some(link.source),
        destination: link.destination,
        ttl: 0,
        wire: Traffic {
            packets: 1,
            bytes: captured.original.into(),
        },
        load: Load::Payload(payload, captured.original.saturating_sub(kept)),
    })
}

/// An IP packet.
#[inline]
fn ip<'a>(carrier: &Carrying, transport: Decoded<'a>, wire: Traffic) -> Arrival<'a> {
    let (ports, load) = match transport {
        Decoded::Tcp(segment) => ((segment.source, segment.destination), Load::Segment(segment)),
        Decoded::Udp {
            source,
            destination,
            payload,
            cut,
        } => ((source, destination), Load::Payload(payload, cut)),
        Decoded::Other(bytes) | Decoded::Fragment(bytes) => ((0, 0), Load::Payload(bytes, 0)),
    };
    let (key, from) = FlowKey::ip(
        (carrier.source, ports.0),
        (carrier.destination, ports.1),
        carrier.protocol,
        carrier.vlan,
    );
    Arrival {
        key,
        from,
        source: carrier.link.map(|link| link.source),
        destination: carrier.link.and_then(|link| link.destination),
        ttl: carrier.ttl,
        wire,
        load,
    }
}

/// Notes that an end spoke, the first time in a flow, and again when it does so under another MAC.
#[inline]
fn note_sender(flow: &mut Flow, arrival: &Arrival<'_>, moment: Moment, desk: &mut Desk) {
    let from = arrival.from;
    let spoke = flow.seen.at(from).spoke;
    let mac = flow.macs.at_mut(from);
    if spoke && (*mac == arrival.source || arrival.source.is_none()) {
        return;
    }
    if !spoke || mac.is_none() {
        *mac = arrival.source;
    }
    flow.seen.at_mut(from).spoke = true;
    let spot = spot_of(flow, from);
    desk.notes.add(Note::Sighted(Sighted {
        spot,
        mac: arrival.source,
        ttl: arrival.ttl,
        moment,
    }));
}

fn lane_of(flow: &Flow) -> Lane {
    let both = flow.seen.low.spoke && flow.seen.high.spoke;
    match flow.key.transport() {
        Transport::TCP if flow.ended => Lane::Ended,
        Transport::TCP if both => Lane::Connection,
        Transport::TCP if flow.seen.low.served || flow.seen.high.served => Lane::Connection,
        Transport::TCP => Lane::Unanswered,
        Transport::Ip(_) | Transport::Ethernet(_) => Lane::Datagrams,
    }
}

/// Gives the record under way.
fn give_record(flow: &mut Flow, desk: &mut Desk) {
    let guess = desk
        .protocols
        .by_port(flow.key.transport(), flow.service_port())
        .filter(|guess| flow.stage != Stage::Dismissed || !desk.protocols.is_dissected(*guess));
    let (record, units) = flow.take_record(guess);
    if let Some(talk) = &mut flow.conversation {
        for (protocol, count) in talk.operations.take_dropped() {
            desk.ledger.messages.add(protocol, count, record.packet);
            desk.ledger.evicted.add("operations", count, record.packet);
        }
        desk.account(talk);
    }
    for operation in &record.operations {
        let count = operation.requests + operation.responses + operation.failures;
        desk.ledger
            .messages
            .add(operation.protocol, count, operation.packet);
    }
    desk.ledger.record(&record, flow);
    let responder = flow.initiator.other();
    let end = |end: End| {
        let voice = if flow.seen.at(end).spoke {
            Voice::Heard
        } else {
            Voice::Silent
        };
        (spot_of(flow, end), voice)
    };
    desk.notes.end(Ended {
        initiator: end(flow.initiator),
        responder: end(responder),
        served: if flow.seen.at(responder).served {
            Served::Yes
        } else {
            Served::No
        },
        record,
        units,
    });
}
