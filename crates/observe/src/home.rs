//! Which part of the observer a frame belongs to.
//!
//! State is dealt into parts by the device: all that one device is asked and tells goes to one part, so that a part
//! knows by itself what a value was before somebody wrote it, whoever read it last. A flow's device is the end at which a
//! known service has its port; if both or neither has one, the end that is no group, then the one with the lower port,
//! then the one with the lower address. Both ways of a flow give the same answer, and no key is in it: what comes out
//! where a ceiling is reached depends on who shares a part.

use crate::recognise::Protocols;
use cofferdam_dissect::frame::{Frame, Network, Packet, Plain, Transport};
use cofferdam_terms::{IpProtocol, MacAddr};
use std::net::IpAddr;

/// Ports of known services, a bit each.
struct Ports(Box<[u64]>);

impl Ports {
    fn new(known: impl Iterator<Item = u16>) -> Self {
        let mut bits = vec![0_u64; 1 << 10].into_boxed_slice();
        for port in known {
            if let Some(word) = bits.get_mut(usize::from(port >> 6)) {
                *word |= 1 << (port & 63);
            }
        }
        Self(bits)
    }

    #[inline]
    fn has(&self, port: u16) -> bool {
        let word = self.0.get(usize::from(port >> 6));
        word.is_some_and(|word| word >> (port & 63) & 1 == 1)
    }
}

/// Deals frames to parts.
pub(crate) struct Homes {
    tcp: Ports,
    udp: Ports,
    parts: usize,
}

/// One end of a packet.
#[derive(Clone, Copy)]
struct Side {
    address: [u64; 2],
    port: u16,
    known: bool,
    group: bool,
}

impl Homes {
    pub(crate) fn new(protocols: &Protocols, parts: usize) -> Self {
        let (tcp, udp) = protocols.ports();
        Self {
            tcp: Ports::new(tcp),
            udp: Ports::new(udp),
            parts,
        }
    }

    /// The part of a plain frame.
    #[inline]
    pub(crate) fn of_plain(&self, plain: &Plain<'_>) -> usize {
        let (source, destination) = (IpAddr::V4(plain.source), IpAddr::V4(plain.destination));
        self.of_ends(
            (source, plain.ports.0),
            (destination, plain.ports.1),
            plain.protocol,
        )
    }

    /// The part of a decoded frame. What could not be read belongs to the first.
    pub(crate) fn of_frame(&self, frame: &Frame<'_>) -> usize {
        match &frame.network {
            Network::Ip(packet) => self.of_packet(packet, &packet.transport),
            Network::Ethernet { .. } => {
                let Some(link) = frame.link else { return 0 };
                let destination = link.destination.unwrap_or_default();
                self.number(device(mac_side(link.source), mac_side(destination)))
            }
            Network::Unread => 0,
        }
    }

    /// The part of an IP packet that carries this.
    pub(crate) fn of_packet(&self, packet: &Packet<'_>, transport: &Transport<'_>) -> usize {
        let ports = match transport {
            Transport::Tcp(segment) => (segment.source, segment.destination),
            Transport::Udp {
                source, destination, ..
            } => (*source, *destination),
            Transport::Fragment(_) | Transport::Other(_) => (0, 0),
        };
        self.of_ends(
            (packet.source, ports.0),
            (packet.destination, ports.1),
            packet.protocol,
        )
    }

    #[inline]
    fn of_ends(&self, source: (IpAddr, u16), destination: (IpAddr, u16), protocol: IpProtocol) -> usize {
        let known = match protocol {
            IpProtocol::TCP => Some(&self.tcp),
            IpProtocol::UDP => Some(&self.udp),
            IpProtocol(_) => None,
        };
        let side = |(ip, port): (IpAddr, u16)| ip_side(ip, port, known.is_some_and(|known| known.has(port)));
        self.number(device(side(source), side(destination)))
    }

    #[inline]
    fn number(&self, [top, bottom]: [u64; 2]) -> usize {
        // Fibonacci hashing, twice, and the top of the product as a fraction of the number of parts.
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (bottom ^ top.rotate_left(29)).wrapping_mul(GOLDEN);
        let mixed = (mixed ^ mixed >> 32).wrapping_mul(GOLDEN) >> 32;
        usize::try_from((mixed * self.parts as u64) >> 32).unwrap_or(0)
    }
}

#[inline]
fn ip_side(ip: IpAddr, port: u16, known: bool) -> Side {
    match ip {
        IpAddr::V4(ip) => Side {
            address: [0, ip.to_bits().into()],
            port,
            known,
            group: ip.is_multicast() || ip.is_broadcast(),
        },
        IpAddr::V6(ip) => {
            let [a, b, c, d, e, f, g, h] = ip.segments().map(u64::from);
            Side {
                address: [a << 48 | b << 32 | c << 16 | d, e << 48 | f << 32 | g << 16 | h],
                port,
                known,
                group: ip.is_multicast(),
            }
        }
    }
}

fn mac_side(mac: MacAddr) -> Side {
    let [a, b, c, d, e, f] = mac.0;
    Side {
        address: [0, u64::from_be_bytes([0, 0, a, b, c, d, e, f])],
        port: 0,
        known: false,
        group: mac.is_group(),
    }
}

/// The address of the end that is the device.
#[inline]
fn device(a: Side, b: Side) -> [u64; 2] {
    let rank = |side: Side| (!side.known, side.group, side.port, side.address);
    if rank(a) <= rank(b) { a.address } else { b.address }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cofferdam_dissect::{REGISTRY, frame};
    use cofferdam_terms::LinkType;
    use proptest::prelude::*;

    fn homes() -> Homes {
        Homes::new(&Protocols::new(REGISTRY), 8)
    }

    /// A segment without payload, or a datagram.
    fn packet((source, from): ([u8; 4], u16), (destination, to): ([u8; 4], u16), protocol: u8) -> Vec<u8> {
        let mut bytes = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00];
        bytes.extend([0x45, 0, 0, 60, 0, 0, 0, 0, 64, protocol, 0, 0]);
        bytes.extend(source.iter().chain(&destination));
        bytes.extend(from.to_be_bytes().iter().chain(&to.to_be_bytes()));
        // As a TCP header: data offset 5. As UDP: a length of 40.
        bytes.extend(match protocol {
            6 => [0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10],
            _ => [0, 40, 0, 0, 0, 0, 0, 0, 0, 0],
        });
        bytes.resize(14 + 60, 0);
        bytes
    }

    /// As a glance tells, if it tells anything, and as decoding does.
    fn homes_of(bytes: &[u8]) -> (Option<usize>, usize) {
        let homes = homes();
        let plain = frame::plain(LinkType::ETHERNET, bytes);
        let length = u32::try_from(bytes.len()).unwrap();
        let decoded = frame::decode(LinkType::ETHERNET, bytes, length);
        (
            plain.map(|plain| homes.of_plain(&plain)),
            homes.of_frame(&decoded),
        )
    }

    #[test]
    fn whoever_asks_a_device_goes_where_the_device_is() {
        let plc = ([10, 0, 0, 2], 44_818);
        let (_, home) = homes_of(&packet(([10, 0, 0, 99], 40_000), plc, 6));
        for n in 0..100 {
            let asker = ([10, 0, 7, n], 30_000 + u16::from(n) * 300);
            assert_eq!(homes_of(&packet(asker, plc, 6)), (Some(home), home), "{n}");
            assert_eq!(homes_of(&packet(plc, asker, 6)), (Some(home), home), "{n}");
        }
    }

    #[test]
    fn devices_are_spread_over_the_parts() {
        let mut counts = [0; 8];
        for n in 0..=255 {
            let (_, home) = homes_of(&packet(([10, 1, 1, 1], 40_000), ([192, 168, 3, n], 502), 6));
            counts[home] += 1;
        }
        assert!(counts.iter().all(|count| (16..=64).contains(count)), "{counts:?}");
    }

    proptest! {
        #[test]
        fn both_ways_have_one_home_and_a_glance_says_what_decoding_says(
            a: ([u8; 4], u16), b: ([u8; 4], u16), protocol in prop_oneof![Just(6_u8), Just(17)],
            known in prop_oneof![Just(None), Just(Some(502)), Just(Some(53))]
        ) {
            let a = (a.0, known.unwrap_or(a.1));
            let (there, home) = homes_of(&packet(a, b, protocol));
            let (back, home_of_back) = homes_of(&packet(b, a, protocol));
            prop_assert_eq!(home, home_of_back);
            prop_assert!(there.is_none_or(|there| there == home) && back.is_none_or(|back| back == home));
        }
    }
}
