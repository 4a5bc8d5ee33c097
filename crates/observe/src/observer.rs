//! The observer itself: each frame to its flow, flows to their records, all of it to assets and coverage.

use crate::clock::{Clock, Moment, ticks};
use crate::flow::{Flow, Stage};
use crate::fragments::{Fragments, Joined, Lost, Whole};
use crate::hosts::spot_of;
use crate::key::{End, FlowKey};
use crate::ledger::IP;
use crate::record::{FlowSink, InitiatorBasis, Observation, Traffic};
use crate::settings::Settings;
use crate::table::{FlowId, FlowTable, Lane};
use crate::tap::MessageSink;
use crate::world::{Out, World};
use crate::{follow, tcp};
use cofferdam_dissect::frame::{self, Frame, Network, Packet, Segment, Transport as Decoded};
use cofferdam_dissect::{REGISTRY, Registration};
use cofferdam_terms::{EtherType, IpProtocol, LinkType, MacAddr, Timestamp, Transport};

/// Conversations that are too large are made room for by ending so many flows at most, a packet.
const MAX_EVICTED_AT_ONCE: usize = 64;

/// Follows a capture, frame by frame. What it holds stays under the ceilings of its settings.
pub struct Observer {
    clock: Clock,
    table: FlowTable,
    fragments: Fragments,
    world: World,
    tick: u32,
}

/// A frame as a capture gives it.
#[derive(Clone, Copy, Debug)]
pub struct Captured<'a> {
    /// Its number in the capture, from 1.
    pub number: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// The link type of the interface.
    pub link: LinkType,
    /// The bytes captured.
    pub bytes: &'a [u8],
    /// Its length on the wire.
    pub original: u32,
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

impl Observer {
    /// An observer with nothing seen yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::with_registry(settings, REGISTRY)
    }

    /// The same with other protocols, for tests.
    pub(crate) fn with_registry(settings: Settings, registry: &'static [Registration]) -> Self {
        Self {
            clock: Clock::default(),
            table: FlowTable::new(settings.hash_seed),
            fragments: Fragments::new(settings.ceilings.fragment_bytes),
            world: World::new(settings, registry),
            tick: 0,
        }
    }

    /// Takes the next frame. `number` is its number in the capture, from 1; `original` its length on the wire.
    pub fn frame(
        &mut self,
        number: u64,
        time: Timestamp,
        link: LinkType,
        bytes: &[u8],
        original: u32,
        sink: &mut dyn FlowSink,
    ) {
        let frame = Captured {
            number,
            time,
            link,
            bytes,
            original,
        };
        self.take(
            &frame,
            Out {
                flows: sink,
                messages: None,
            },
        );
    }

    /// Takes the next frame and hands each message on as it is found.
    pub fn frame_with_messages(
        &mut self,
        frame: &Captured<'_>,
        sink: &mut dyn FlowSink,
        messages: &mut dyn MessageSink,
    ) {
        let out = Out {
            flows: sink,
            messages: Some(messages),
        };
        self.take(frame, out);
    }

    /// Ends every flow and gives what was learned of assets and coverage.
    #[must_use]
    pub fn finish(self, sink: &mut dyn FlowSink) -> Observation {
        self.end_all(Out {
            flows: sink,
            messages: None,
        })
    }

    /// The same, and hands on the messages that waited for packets which never came.
    #[must_use]
    pub fn finish_with_messages(
        self,
        sink: &mut dyn FlowSink,
        messages: &mut dyn MessageSink,
    ) -> Observation {
        self.end_all(Out {
            flows: sink,
            messages: Some(messages),
        })
    }

    fn end_all(mut self, mut out: Out<'_>) -> Observation {
        for id in self.table.ids_in_order() {
            self.end(id, &mut out);
        }
        while let Some(lost) = self.fragments.left() {
            self.lost_pieces(lost);
        }
        // What flows held is free for the assets.
        drop(self.table);
        crate::finish::observation(self.world)
    }

    fn take(&mut self, captured: &Captured<'_>, mut out: Out<'_>) {
        let moment = self.clock.at(captured.number, captured.time);
        self.world.ledger.packet(captured.original, moment);
        if moment.tick != self.tick {
            self.tick = moment.tick;
            self.expire(&mut out);
        }
        let frame = frame::decode(captured.link, captured.bytes, captured.original);
        let wire = Traffic {
            packets: 1,
            bytes: captured.original.into(),
        };
        let damage = frame.damage.map(|damage| damage.code);
        match &frame.network {
            Network::Unread => self.not_understood(damage.unwrap_or("unread"), moment),
            Network::Ethernet { ether_type, payload } => {
                self.world.ledger.decoded += 1;
                if let Some(arrival) = ethernet(&frame, *ether_type, payload, captured) {
                    self.arrive(&arrival, moment, &mut out);
                }
            }
            Network::Ip(packet) => match packet.transport {
                Decoded::Fragment(bytes) => self.piece(&frame, packet, bytes, wire, moment, &mut out),
                Decoded::Other(_) if matches!(packet.protocol, IpProtocol::TCP | IpProtocol::UDP) => {
                    self.not_understood(damage.unwrap_or("transport-unread"), moment);
                }
                Decoded::Tcp(_) | Decoded::Udp { .. } | Decoded::Other(_) => {
                    self.world.ledger.decoded += 1;
                    let arrival = ip(&frame, packet, packet.transport, wire);
                    self.arrive(&arrival, moment, &mut out);
                }
            },
        }
    }

    #[cold]
    fn not_understood(&mut self, reason: &'static str, moment: Moment) {
        self.world.ledger.not_understood.add(reason, 1, moment.packet);
    }

    /// Takes a piece of an IP packet, and the packet once it is whole.
    #[cold]
    fn piece(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        bytes: &[u8],
        wire: Traffic,
        moment: Moment,
        out: &mut Out<'_>,
    ) {
        let Some(fragment) = packet.fragment else { return };
        if frame.damage.is_some() {
            // A piece that was cut off can't become whole.
            self.not_understood("fragment-cut-short", moment);
            return;
        }
        let whole = Whole {
            source: packet.source,
            destination: packet.destination,
            protocol: packet.protocol,
            vlan: frame.vlans.innermost(),
            id: fragment.id,
        };
        match self.fragments.add(whole, fragment, bytes, wire, moment) {
            Joined::Waits => {}
            Joined::GivenUp(lost) => self.lost_pieces(lost),
            Joined::Whole(payload, wire) => {
                let transport = frame::decode_transport(packet.protocol, &payload);
                if matches!(transport, Decoded::Other(_))
                    && matches!(packet.protocol, IpProtocol::TCP | IpProtocol::UDP)
                {
                    self.lost_pieces(Lost {
                        reason: "transport-unread",
                        packets: wire.packets,
                        packet: moment.packet,
                    });
                } else {
                    self.world.ledger.decoded += wire.packets;
                    let arrival = ip(frame, packet, transport, wire);
                    self.arrive(&arrival, moment, out);
                }
            }
        }
        while let Some(lost) = self.fragments.beyond_ceiling() {
            self.world
                .ledger
                .evicted
                .add("fragments", lost.packets, lost.packet);
            self.lost_pieces(lost);
        }
    }

    fn lost_pieces(&mut self, lost: Lost) {
        let ledger = &mut self.world.ledger;
        ledger.not_understood.add(lost.reason, lost.packets, lost.packet);
        if lost.reason == "fragment-overlap" {
            ledger.anomalies.add((IP, lost.reason), 1, lost.packet);
        }
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
        let world = &mut self.world;
        if flow.hour != moment.hour && flow.has_record() {
            give_record(flow, world, out);
        }
        if !flow.has_record() {
            flow.begin_record(moment);
        }
        flow.count(arrival.from, arrival.wire, moment);
        note_sender(flow, arrival, moment, world);
        *flow.payload.at_mut(arrival.from) += arrival.load.bytes();
        match &arrival.load {
            Load::Segment(segment) => {
                flow.flags.at_mut(arrival.from).0 |= segment.flags.0;
                tcp::segment(flow, arrival.from, segment, moment, world, out);
            }
            Load::Payload(bytes, 0) => {
                flow.seen.at_mut(arrival.from).served = true;
                follow::payload(flow, arrival.from, bytes, moment, world, out);
            }
            Load::Payload(_, cut) => flow.missed += u64::from(*cut),
        }
        let lane = lane_of(flow);
        self.table.touch(id, lane, moment.tick);
        for _ in 0..MAX_EVICTED_AT_ONCE {
            if !self.world.conversations_are_full() {
                break;
            }
            self.evict("conversations", moment, out);
        }
    }

    /// A new flow for a packet whose key is not in the table.
    fn open(&mut self, arrival: &Arrival<'_>, moment: Moment, out: &mut Out<'_>) -> FlowId {
        if self.table.len() >= self.world.settings.ceilings.flows {
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
            let protocols = &self.world.protocols;
            protocols.by_port(transport, arrival.key.port(end)).is_some()
        };
        match (known(from), known(to)) {
            (false, true) => (from, InitiatorBasis::Port),
            (true, false) => (to, InitiatorBasis::Port),
            (true, true) | (false, false) => (from, InitiatorBasis::First),
        }
    }

    /// Ends the flows that are idle for too long, and gives up pieces that waited for too long.
    fn expire(&mut self, out: &mut Out<'_>) {
        while let Some(lost) = self.fragments.expired(self.tick) {
            self.lost_pieces(lost);
        }
        let idle = self.world.settings.idle;
        for lane in Lane::ALL {
            let patience = ticks(match lane {
                Lane::Ended => idle.ended,
                Lane::Unanswered => idle.unanswered,
                Lane::Datagrams => idle.datagrams,
                Lane::Connection => idle.connection,
            });
            while let Some((id, since)) = self.table.oldest(lane) {
                if self.tick - since <= patience {
                    break;
                }
                self.end(id, out);
            }
        }
    }

    /// Ends the flow that can be spared best.
    #[cold]
    fn evict(&mut self, ceiling: &'static str, moment: Moment, out: &mut Out<'_>) {
        if let Some(id) = self.table.to_evict() {
            self.world.ledger.evicted.add(ceiling, 1, moment.packet);
            self.end(id, out);
        }
    }

    fn end(&mut self, id: FlowId, out: &mut Out<'_>) {
        let Some(mut flow) = self.table.remove(id) else {
            return;
        };
        tcp::flush(&mut flow, &mut self.world, out);
        if let Some(talk) = &mut flow.conversation {
            talk.operations.give_up_waiting();
        }
        if flow.has_record() {
            give_record(&mut flow, &mut self.world, out);
        }
        self.world.ledger.flow(&flow);
        if let Some(talk) = &flow.conversation {
            self.world.release(talk);
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
fn ip<'a>(frame: &Frame<'_>, packet: &Packet<'_>, transport: Decoded<'a>, wire: Traffic) -> Arrival<'a> {
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
        (packet.source, ports.0),
        (packet.destination, ports.1),
        packet.protocol,
        frame.vlans.innermost(),
    );
    Arrival {
        key,
        from,
        source: frame.link.map(|link| link.source),
        destination: frame.link.and_then(|link| link.destination),
        ttl: packet.ttl,
        wire,
        load,
    }
}

/// Notes that an end spoke, the first time in a flow, and again when it does so under another MAC.
#[inline]
fn note_sender(flow: &mut Flow, arrival: &Arrival<'_>, moment: Moment, world: &mut World) {
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
    *flow.hosts.at_mut(from) = world.hosts.sight(spot, arrival.source, arrival.ttl, moment);
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
fn give_record(flow: &mut Flow, world: &mut World, out: &mut Out<'_>) {
    let guess = world
        .protocols
        .by_port(flow.key.transport(), flow.service_port())
        .filter(|guess| flow.stage != Stage::Dismissed || !world.protocols.is_dissected(*guess));
    let (record, units) = flow.take_record(guess);
    if let Some(talk) = &mut flow.conversation {
        for (protocol, count) in talk.operations.take_dropped() {
            world.ledger.messages.add(protocol, count, record.packet);
            world.ledger.evicted.add("operations", count, record.packet);
        }
        world.account(talk);
    }
    for operation in &record.operations {
        let count = operation.requests + operation.responses + operation.failures;
        world
            .ledger
            .messages
            .add(operation.protocol, count, operation.packet);
    }
    world.hosts.account(flow, &record, &units);
    world.ledger.record(&record, flow);
    out.flows.flow(record);
}
