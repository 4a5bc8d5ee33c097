//! Both directions of a connection as one exporter tells them.

use super::values::{Began, Direction, Values, Way};
use crate::record::{Connection, Endpoint, FlowRecord, InitiatorBasis, Recognition, Traffic};
use cofferdam_dissect::Protocol;
use cofferdam_dissect::frame::TcpFlags;
use cofferdam_terms::{IpProtocol, MacAddr, Timestamp, Transport, VlanId};
use std::net::IpAddr;

/// One end: address and port.
pub(super) type End = (IpAddr, u16);

/// A connection of one exporter: its number, the ends in order, and the IP protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    exporter: usize,
    low: End,
    high: End,
    protocol: u8,
}

/// Which end sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Low,
    High,
}

impl Key {
    /// The connection that a record tells of, and which end its source is.
    pub(super) fn of(exporter: usize, values: &Values) -> Option<(Self, From)> {
        let source = (values.source?, values.source_port);
        let destination = (values.destination?, values.destination_port);
        let (low, high, from) = if source <= destination {
            (source, destination, From::Low)
        } else {
            (destination, source, From::High)
        };
        let key = Self {
            exporter,
            low,
            high,
            protocol: values.protocol,
        };
        Some((key, from))
    }

    pub(super) const fn transport(&self) -> Transport {
        match self.protocol {
            6 => Transport::TCP,
            17 => Transport::UDP,
            other => Transport::Ip(IpProtocol(other)),
        }
    }
}

/// What one end sent, counted where it came into the exporter and where it left.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    came: Traffic,
    left: Traffic,
    flags: u8,
    first: Option<Timestamp>,
    mac: Option<MacAddr>,
}

impl Sent {
    /// Counted on both sides it is the same traffic.
    fn traffic(&self) -> Traffic {
        if self.came.packets > 0 {
            self.came
        } else {
            self.left
        }
    }
}

/// A connection.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) number: u64,
    datagram: u64,
    first: Timestamp,
    pub(super) last: Timestamp,
    low: Sent,
    high: Sent,
    vlan: Option<VlanId>,
    began: Option<From>,
}

impl Pair {
    pub(super) const fn new(number: u64, datagram: u64, (first, last): (Timestamp, Timestamp)) -> Self {
        const NOTHING: Sent = Sent {
            came: Traffic { packets: 0, bytes: 0 },
            left: Traffic { packets: 0, bytes: 0 },
            flags: 0,
            first: None,
            mac: None,
        };
        Self {
            number,
            datagram,
            first,
            last,
            low: NOTHING,
            high: NOTHING,
            vlan: None,
            began: None,
        }
    }

    /// Adds a record. `scale` is the sampling rate.
    pub(super) fn add(
        &mut self,
        values: &Values,
        from: From,
        (first, last): (Timestamp, Timestamp),
        scale: u32,
    ) {
        self.first = self.first.min(first);
        self.last = self.last.max(last);
        self.vlan = self.vlan.or(values.vlan);
        let (source, other) = match from {
            From::Low => (&mut self.low, &mut self.high),
            From::High => (&mut self.high, &mut self.low),
        };
        source.count(values.sent, values.direction, scale);
        source.first = source.first.map_or(Some(first), |known| Some(known.min(first)));
        source.mac = source.mac.or(values.source_mac);
        other.mac = other.mac.or(values.destination_mac);
        if let Some(back) = values.back {
            other.count(back, values.direction, scale);
        }
        let began = match (values.began, values.back) {
            (Began::Destination, _) => Some(from.other()),
            (Began::Source, _) | (Began::Unsaid, Some(_)) => Some(from),
            (Began::Unsaid, None) => None,
        };
        self.began = self.began.or(began);
    }

    /// The flow record. `names` says what a port is.
    pub(super) fn record(&self, key: &Key, names: impl Fn(Transport, u16) -> Option<Protocol>) -> FlowRecord {
        let transport = key.transport();
        let named = [names(transport, key.low.1), names(transport, key.high.1)];
        let (initiator, basis) = self.initiator(key, named);
        let ((ours, sent), (theirs, received), protocol) = match initiator {
            From::Low => ((key.low, self.low), (key.high, self.high), named[1]),
            From::High => ((key.high, self.high), (key.low, self.low), named[0]),
        };
        let end = |(ip, _): End, sent: Sent| Endpoint {
            mac: sent.mac,
            ip: Some(ip),
        };
        FlowRecord {
            first: self.first,
            last: self.last,
            initiator: end(ours, sent),
            responder: end(theirs, received),
            initiator_port: ours.1,
            responder_port: theirs.1,
            transport,
            vlan: self.vlan,
            basis,
            opened: true,
            protocol: protocol.map(|protocol| (protocol, Recognition::Port)),
            sent: sent.traffic(),
            received: received.traffic(),
            missed: 0,
            packet: self.datagram,
            connection: Connection {
                flow: self.number,
                sent_payload: payload(sent.traffic(), transport, ours.0),
                received_payload: payload(received.traffic(), transport, theirs.0),
                sent_flags: TcpFlags(sent.flags),
                received_flags: TcpFlags(received.flags),
            },
            operations: Vec::new(),
        }
    }

    fn initiator(&self, key: &Key, [low, high]: [Option<Protocol>; 2]) -> (From, InitiatorBasis) {
        if let Some(began) = self.began {
            return (began, InitiatorBasis::Request);
        }
        match (low, high) {
            (None, Some(_)) => return (From::Low, InitiatorBasis::Port),
            (Some(_), None) => return (From::High, InitiatorBasis::Port),
            (None, None) | (Some(_), Some(_)) => {}
        }
        const SYN: u8 = 0x02;
        let opened = self.low.flags & self.high.flags & SYN != 0;
        let basis = if opened {
            InitiatorBasis::Syn
        } else {
            InitiatorBasis::First
        };
        match (self.low.first, self.high.first) {
            (Some(low), Some(high)) if low < high => (From::Low, basis),
            (Some(low), Some(high)) if high < low => (From::High, basis),
            (Some(_), None) => (From::Low, InitiatorBasis::First),
            (None, Some(_)) => (From::High, InitiatorBasis::First),
            // At once: services mostly have the lower port.
            (Some(_) | None, _) if key.low.1 < key.high.1 => (From::High, InitiatorBasis::First),
            (Some(_) | None, _) => (From::Low, InitiatorBasis::First),
        }
    }
}

impl From {
    const fn other(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::High => Self::Low,
        }
    }
}

impl Sent {
    const fn count(&mut self, way: Way, direction: Direction, scale: u32) {
        let traffic = match direction {
            Direction::In => &mut self.came,
            Direction::Out => &mut self.left,
        };
        let scale = scale as u64;
        traffic.packets = traffic
            .packets
            .saturating_add(way.traffic.packets.saturating_mul(scale));
        traffic.bytes = traffic
            .bytes
            .saturating_add(way.traffic.bytes.saturating_mul(scale));
        self.flags |= way.flags;
    }
}

/// Payload at least, since headers are counted in: of TCP with all usual options. What only refused has none.
fn payload(traffic: Traffic, transport: Transport, ip: IpAddr) -> u64 {
    let header = match (transport, ip) {
        (Transport::TCP, IpAddr::V4(_)) => 60,
        (Transport::TCP, IpAddr::V6(_)) => 80,
        (_, IpAddr::V4(_)) => 28,
        (_, IpAddr::V6(_)) => 48,
    };
    traffic
        .bytes
        .saturating_sub(traffic.packets.saturating_mul(header))
}
