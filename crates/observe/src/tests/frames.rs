//! Frames made to order, and an observer that takes them.

use super::toy;
use crate::record::{FlowRecord, Observation};
use crate::{Captured, MessageContext, MessageSink, Observer, Settings};
use cofferdam_dissect::Message;
use cofferdam_terms::{LinkType, MacAddr, Timestamp};
use std::net::Ipv4Addr;

/// A host with what its frames need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Station {
    pub(crate) mac: MacAddr,
    pub(crate) ip: Ipv4Addr,
    pub(crate) vlan: Option<u16>,
    pub(crate) ttl: u8,
}

/// A station by the last byte of its addresses: 10.0.0.n at 00:00:00:00:00:n.
pub(crate) const fn station(n: u8) -> Station {
    Station {
        mac: MacAddr([0, 0, 0, 0, 0, n]),
        ip: Ipv4Addr::new(10, 0, 0, n),
        vlan: None,
        ttl: 64,
    }
}

pub(crate) const SYN: u8 = 0x02;
pub(crate) const ACK: u8 = 0x10;
pub(crate) const FIN: u8 = 0x01;
pub(crate) const RST: u8 = 0x04;

fn ethernet(from: Station, to: MacAddr, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = [to.0, from.mac.0].concat();
    if let Some(vlan) = from.vlan {
        bytes.extend([0x81, 0x00]);
        bytes.extend(vlan.to_be_bytes());
    }
    bytes.extend(ether_type.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// A frame straight on Ethernet.
pub(crate) fn raw(from: Station, to: Station, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    ethernet(from, to.mac, ether_type, payload)
}

/// An IPv4 packet, or a fragment of one: `flags_offset` as the header has it.
pub(crate) fn ipv4(
    from: Station,
    to: Station,
    protocol: u8,
    id: u16,
    flags_offset: u16,
    payload: &[u8],
) -> Vec<u8> {
    let total = u16::try_from(20 + payload.len()).unwrap();
    let mut packet = vec![0x45, 0];
    packet.extend(total.to_be_bytes());
    packet.extend(id.to_be_bytes());
    packet.extend(flags_offset.to_be_bytes());
    packet.extend([from.ttl, protocol, 0, 0]);
    packet.extend(from.ip.octets());
    packet.extend(to.ip.octets());
    packet.extend_from_slice(payload);
    ethernet(from, to.mac, 0x0800, &packet)
}

/// The bytes of a UDP datagram.
pub(crate) fn udp_bytes(ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(ports.0.to_be_bytes());
    bytes.extend(ports.1.to_be_bytes());
    bytes.extend(u16::try_from(8 + payload.len()).unwrap().to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend_from_slice(payload);
    bytes
}

pub(crate) fn udp(from: Station, to: Station, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    ipv4(from, to, 17, 0, 0, &udp_bytes(ports, payload))
}

/// A TCP segment.
pub(crate) fn tcp(
    from: Station,
    to: Station,
    ports: (u16, u16),
    (sequence, acknowledgement): (u32, u32),
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(ports.0.to_be_bytes());
    bytes.extend(ports.1.to_be_bytes());
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(acknowledgement.to_be_bytes());
    bytes.extend([0x50, flags, 0x10, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(payload);
    ipv4(from, to, 6, 0, 0, &bytes)
}

/// A connection from `client` to `server` whose frames are made one by one, with sequence numbers kept.
pub(crate) struct Connection {
    pub(crate) client: Station,
    pub(crate) server: Station,
    pub(crate) ports: (u16, u16),
    pub(crate) client_next: u32,
    pub(crate) server_next: u32,
}

impl Connection {
    pub(crate) fn new(client: Station, server: Station, ports: (u16, u16)) -> Self {
        Self {
            client,
            server,
            ports,
            client_next: 1000,
            server_next: 5000,
        }
    }

    pub(crate) fn handshake(&mut self) -> Vec<Vec<u8>> {
        let frames = vec![
            self.client_sends(SYN, b""),
            self.server_sends(SYN | ACK, b""),
            self.client_sends(ACK, b""),
        ];
        frames
    }

    pub(crate) fn client_sends(&mut self, flags: u8, payload: &[u8]) -> Vec<u8> {
        let numbers = (self.client_next, self.server_next);
        self.client_next = self.client_next.wrapping_add(moves(flags, payload));
        tcp(self.client, self.server, self.ports, numbers, flags, payload)
    }

    pub(crate) fn server_sends(&mut self, flags: u8, payload: &[u8]) -> Vec<u8> {
        let numbers = (self.server_next, self.client_next);
        self.server_next = self.server_next.wrapping_add(moves(flags, payload));
        let ports = (self.ports.1, self.ports.0);
        tcp(self.server, self.client, ports, numbers, flags, payload)
    }
}

fn moves(flags: u8, payload: &[u8]) -> u32 {
    u32::try_from(payload.len()).unwrap() + u32::from(flags & (SYN | FIN) != 0)
}

/// An observer of the toy protocol under test.
pub(crate) struct Bench {
    observer: Observer,
    pub(crate) flows: Vec<FlowRecord>,
    pub(crate) heard: Heard,
    pub(crate) number: u64,
    /// The next frame's time, in nanoseconds.
    pub(crate) time: i64,
}

/// Messages as lines: packet, side, function, unit, objects.
#[derive(Default)]
pub(crate) struct Heard(pub(crate) Vec<String>);

impl MessageSink for Heard {
    fn message(&mut self, at: &MessageContext, message: &Message<'_>) {
        let objects = message.objects;
        self.0.push(format!(
            "{} {:?} {:?} f{} u{} {objects:?}",
            at.packet,
            at.side,
            message.role,
            message.function.code,
            message.unit.unwrap(),
        ));
    }
}

/// Noon of a day in 2023.
pub(crate) const NOON: i64 = 1_700_049_600_000_000_000;
pub(crate) const SECOND: i64 = 1_000_000_000;

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Settings::new("bench"))
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self {
            observer: Observer::with_registry(settings, toy::REGISTRY),
            flows: Vec::new(),
            heard: Heard::default(),
            number: 0,
            time: NOON,
        }
    }

    /// With every protocol that there is.
    pub(crate) fn of_everything() -> Self {
        Self {
            observer: Observer::new(Settings::new("bench")),
            ..Self::new()
        }
    }

    /// Takes a frame, a millisecond after the one before.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.take_cut(bytes, bytes.len());
    }

    /// Takes a frame of which the capture kept so many bytes.
    pub(crate) fn take_cut(&mut self, bytes: &[u8], kept: usize) {
        self.number += 1;
        self.time += SECOND / 1000;
        let frame = Captured {
            number: self.number,
            time: Timestamp::from_nanos(self.time),
            link: LinkType::ETHERNET,
            bytes: &bytes[..kept.min(bytes.len())],
            original: u32::try_from(bytes.len()).unwrap(),
        };
        self.observer
            .frame_with_messages(&frame, &mut self.flows, &mut self.heard);
    }

    pub(crate) fn take_all(&mut self, frames: impl IntoIterator<Item = Vec<u8>>) {
        for frame in frames {
            self.take(&frame);
        }
    }

    pub(crate) fn finish(mut self) -> (Vec<FlowRecord>, Observation) {
        let observation = self.observer.finish(&mut self.flows);
        (self.flows, observation)
    }
}
