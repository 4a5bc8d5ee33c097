//! Ethernet II with an 802.1Q tag, IPv4 (RFC 791), TCP (RFC 9293) and UDP (RFC 768), with right lengths and checksums.

use super::{be16, be32, len16, patch};
use cofferdam_terms::{EtherType, MacAddr, VlanId};
use std::net::Ipv4Addr;

/// The shortest frame without its check sequence; shorter ones are padded with zeros (IEEE 802.3, 4.2.3.3).
pub const MIN_FRAME: usize = 60;

/// Who hands a frame to whom on one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Sender.
    pub source: MacAddr,
    /// Receiver.
    pub destination: MacAddr,
    /// The tag's VLAN; untagged, if `None`.
    pub vlan: Option<VlanId>,
}

/// Appends the Ethernet header.
pub fn ethernet(out: &mut Vec<u8>, hop: Hop, ether_type: EtherType) {
    out.extend_from_slice(&hop.destination.0);
    out.extend_from_slice(&hop.source.0);
    if let Some(vlan) = hop.vlan {
        be16(out, 0x8100);
        be16(out, vlan.get());
    }
    be16(out, ether_type.0);
}

/// Pads a frame that began at `start` up to the shortest length.
pub fn pad(out: &mut Vec<u8>, start: usize) {
    let least = start.saturating_add(MIN_FRAME);
    if out.len() < least {
        out.resize(least, 0);
    }
}

/// The fields of an IPv4 header that vary here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4 {
    /// Sender.
    pub source: Ipv4Addr,
    /// Receiver.
    pub destination: Ipv4Addr,
    /// Time to live as seen at the capture point.
    pub ttl: u8,
    /// Identification.
    pub identification: u16,
}

/// Appends a TCP segment in its IPv4 header.
pub fn tcp(out: &mut Vec<u8>, ip: &Ipv4, segment: &Segment<'_>, payload: &[u8]) {
    let header = 20 + segment.options.len();
    ipv4_header(out, ip, 6, header + payload.len());
    let start = out.len();
    be16(out, segment.source_port);
    be16(out, segment.destination_port);
    be32(out, segment.sequence);
    be32(out, segment.acknowledgement);
    out.push(super::len8((header / 4) << 4));
    out.push(segment.flags);
    be16(out, segment.window);
    be32(out, 0); // checksum, urgent pointer
    out.extend_from_slice(segment.options);
    out.extend_from_slice(payload);
    let sum = transport_checksum(ip, 6, out.get(start..).unwrap_or_default());
    patch(out, start + 16, &sum.to_be_bytes());
}

/// The fields of a TCP header. Options come ready, padded to a multiple of four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Sender's port.
    pub source_port: u16,
    /// Receiver's port.
    pub destination_port: u16,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number; 0 without the ACK flag.
    pub acknowledgement: u32,
    /// Flag bits: FIN 0x01, SYN 0x02, RST 0x04, PSH 0x08, ACK 0x10.
    pub flags: u8,
    /// Window as it stands in the header (unscaled).
    pub window: u16,
    /// Options.
    pub options: &'a [u8],
}

/// Appends a UDP datagram in its IPv4 header.
pub fn udp(out: &mut Vec<u8>, ip: &Ipv4, source_port: u16, destination_port: u16, payload: &[u8]) {
    let length = 8 + payload.len();
    ipv4_header(out, ip, 17, length);
    let start = out.len();
    be16(out, source_port);
    be16(out, destination_port);
    be16(out, len16(length));
    be16(out, 0);
    out.extend_from_slice(payload);
    // A sum of zero is sent as all ones, since zero means "no checksum".
    let sum = match transport_checksum(ip, 17, out.get(start..).unwrap_or_default()) {
        0 => 0xffff,
        sum => sum,
    };
    patch(out, start + 6, &sum.to_be_bytes());
}

fn ipv4_header(out: &mut Vec<u8>, ip: &Ipv4, protocol: u8, length: usize) {
    let start = out.len();
    out.extend_from_slice(&[0x45, 0]);
    be16(out, len16(20 + length));
    be16(out, ip.identification);
    be16(out, 0x4000); // don't fragment
    out.extend_from_slice(&[ip.ttl, protocol, 0, 0]);
    out.extend_from_slice(&ip.source.octets());
    out.extend_from_slice(&ip.destination.octets());
    let sum = internet_checksum(0, out.get(start..).unwrap_or_default());
    patch(out, start + 10, &sum.to_be_bytes());
}

/// Gives a finished frame another hop: MAC addresses, VLAN and TTL are set, the IPv4 checksum is made anew.
/// Frames are those of [`ethernet`] with a tag, so the offsets are fixed.
pub fn rehop(frame: &mut [u8], hop: Hop, ttl: u8) {
    const IP: usize = 18;
    patch(frame, 0, &hop.destination.0);
    patch(frame, 6, &hop.source.0);
    if let Some(vlan) = hop.vlan {
        patch(frame, 14, &vlan.get().to_be_bytes());
    }
    patch(frame, IP + 8, &[ttl]);
    patch(frame, IP + 10, &[0, 0]);
    let sum = internet_checksum(0, frame.get(IP..IP + 20).unwrap_or_default());
    patch(frame, IP + 10, &sum.to_be_bytes());
}

fn transport_checksum(ip: &Ipv4, protocol: u8, bytes: &[u8]) -> u16 {
    let pseudo = u64::from(ip.source.to_bits())
        + u64::from(ip.destination.to_bits())
        + u64::from(protocol)
        + u64::from(len16(bytes.len()));
    internet_checksum(pseudo, bytes)
}

/// The one's complement sum of RFC 1071 over bytes, begun with a sum of 16- or 32-bit words.
///
/// 32-bit words are added into 64 bits and folded at the end: the carries come out the same, in a quarter of the steps.
#[must_use]
pub fn internet_checksum(begun: u64, bytes: &[u8]) -> u16 {
    let mut sum = begun;
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        if let [a, b, c, d] = *word {
            sum += u64::from(u32::from_be_bytes([a, b, c, d]));
        }
    }
    sum += match *words.remainder() {
        [a] => u64::from(u16::from_be_bytes([a, 0])),
        [a, b] => u64::from(u16::from_be_bytes([a, b])),
        [a, b, c] => u64::from(u16::from_be_bytes([a, b])) + u64::from(u16::from_be_bytes([c, 0])),
        _ => 0,
    };
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_packet_s_checksums_hold_before_and_after_a_hop(
            addresses in any::<[u32; 2]>(),
            ttl in 1_u8..,
            transport in any::<bool>(),
            payload in proptest::collection::vec(any::<u8>(), 0..1460),
        ) {
            let hop = Hop {
                source: MacAddr([2; 6]),
                destination: MacAddr([4; 6]),
                vlan: VlanId::new(7),
            };
            let ip = Ipv4 {
                source: Ipv4Addr::from_bits(addresses[0]),
                destination: Ipv4Addr::from_bits(addresses[1]),
                ttl,
                identification: 9,
            };
            let mut out = Vec::new();
            ethernet(&mut out, hop, EtherType::IPV4);
            if transport {
                let segment = Segment {
                    source_port: 502,
                    destination_port: 50_000,
                    sequence: addresses[0],
                    acknowledgement: addresses[1],
                    flags: 0x18,
                    window: 1,
                    options: &[2, 4, 5, 0xb4],
                };
                tcp(&mut out, &ip, &segment, &payload);
            } else {
                udp(&mut out, &ip, 53, 50_000, &payload);
            }
            let protocol = out[27];
            // A sum over bytes that hold their own checksum is zero.
            prop_assert_eq!(transport_checksum(&ip, protocol, &out[38..]), 0);
            prop_assert_eq!(internet_checksum(0, &out[18..38]), 0);
            let before = out.clone();
            rehop(&mut out, hop, ttl - 1);
            prop_assert_eq!(internet_checksum(0, &out[18..38]), 0);
            prop_assert_eq!(&out[38..], &before[38..]);
            prop_assert_eq!(out[26], ttl - 1);
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_rfc_s_example() {
        // RFC 1071, section 3: the sum is ddf2, its complement 220d.
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(internet_checksum(0, &bytes), 0x220d);
        for length in 0..bytes.len() {
            let padded: Vec<u8> = bytes[..length].iter().copied().chain([0; 8]).collect();
            assert_eq!(
                internet_checksum(0, &bytes[..length]),
                internet_checksum(0, &padded),
                "{length} bytes"
            );
        }
    }
}
