//! IPv4 and IPv6, with options, extension headers and fragments.

use super::{
    Fragment, Frame, Layer, Limit, MAX_EXTENSIONS, Network, Next, Packet, Transport, transport, tunnel,
};
use cofferdam_terms::IpProtocol;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const HOP_BY_HOP: u8 = 0;
const IPV4: u8 = 4;
const IPV6: u8 = 41;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const NO_NEXT: u8 = 59;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;
const HOST_IDENTITY: u8 = 139;
const SHIM6: u8 = 140;

/// The fixed part of an IPv4 header; options follow.
const V4_HEADER: usize = 20;

/// An IPv4 packet.
#[inline(always)]
pub(super) fn v4<'a>(layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    let start = layer.reader.offset();
    let mut inside = layer;
    let Ok(fixed) = inside.reader.array::<V4_HEADER>() else {
        return frame.give_up("ipv4-cut-short", start);
    };
    let [
        version_ihl,
        _,
        l0,
        l1,
        i0,
        i1,
        f0,
        f1,
        ttl,
        protocol,
        _,
        _,
        addresses @ ..,
    ] = fixed;
    let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
    if version_ihl >> 4 != 4 {
        return frame.give_up("ipv4-version", start);
    }
    let header = usize::from(version_ihl & 0x0f) * 4;
    if header < V4_HEADER {
        return frame.give_up("ipv4-header-length", start);
    }
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    let mut layer = layer;
    if total >= header {
        if layer.limit(total) == Limit::BeyondCarrier {
            frame.damaged("ipv4-length-beyond-frame", start + 2);
        }
    } else if total != 0 {
        // Zero is what a network card that cuts large segments itself leaves there: the frame's end is then the packet's.
        frame.damaged("ipv4-length-below-header", start + 2);
    }
    if layer.reader.skip(header).is_err() {
        frame.damaged("ipv4-options-cut-short", start + V4_HEADER);
        layer.reader.rest();
    }
    let flags_offset = u16::from_be_bytes([f0, f1]);
    let offset = u32::from(flags_offset & 0x1fff) * 8;
    let more = flags_offset & 0x2000 != 0;
    let fragment = (offset != 0 || more).then(|| Fragment {
        id: u16::from_be_bytes([i0, i1]).into(),
        offset,
        more,
    });
    let packet = Packet {
        source: IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
        destination: IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
        ttl,
        protocol: IpProtocol(protocol),
        fragment,
        transport: Transport::Other(&[]),
    };
    match protocol {
        AUTHENTICATION if fragment.is_none() => extensions(packet, layer, frame),
        _ => upper(&packet, layer, frame),
    }
}

/// An IPv6 packet.
pub(super) fn v6<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    let start = layer.reader.offset();
    let Ok(fixed) = layer.reader.array::<40>() else {
        return frame.give_up("ipv6-cut-short", start);
    };
    let [version, _, _, _, l0, l1, next, hops, addresses @ ..] = fixed;
    if version >> 4 != 6 {
        return frame.give_up("ipv6-version", start);
    }
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    // Zero stands for a jumbogram or a card that cuts large segments itself, unless nothing follows at all.
    let length_is_said = length != 0 || next == NO_NEXT;
    if length_is_said && layer.limit(length) == Limit::BeyondCarrier {
        frame.damaged("ipv6-length-beyond-frame", start + 4);
    }
    let (source, destination) = split(addresses);
    let packet = Packet {
        source: IpAddr::V6(source),
        destination: IpAddr::V6(destination),
        ttl: hops,
        protocol: IpProtocol(next),
        fragment: None,
        transport: Transport::Other(&[]),
    };
    match next {
        6 | 17 => upper(&packet, layer, frame),
        _ => extensions(packet, layer, frame),
    }
}

fn split(addresses: [u8; 32]) -> (Ipv6Addr, Ipv6Addr) {
    let mut source = [0; 16];
    let mut destination = [0; 16];
    for (to, from) in source.iter_mut().chain(&mut destination).zip(addresses) {
        *to = from;
    }
    (Ipv6Addr::from(source), Ipv6Addr::from(destination))
}

/// Passes over extension headers (RFC 8200, 4) up to the upper protocol.
fn extensions<'a>(mut packet: Packet<'a>, mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    for _ in 0..MAX_EXTENSIONS {
        let start = layer.reader.offset();
        let IpProtocol(kind) = packet.protocol;
        match kind {
            HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS | MOBILITY | HOST_IDENTITY | SHIM6
            | AUTHENTICATION => {
                let Ok([next, length]) = layer.reader.array() else {
                    frame.damaged("ip-extension-cut-short", start);
                    return end(&packet, Transport::Other(layer.rest()), frame);
                };
                // Its own length in eight bytes beyond the first eight; authentication in four beyond the first eight.
                let more = match kind {
                    AUTHENTICATION => usize::from(length) * 4 + 6,
                    _ => usize::from(length) * 8 + 6,
                };
                packet.protocol = IpProtocol(next);
                if layer.reader.skip(more).is_err() {
                    frame.damaged("ip-extension-cut-short", start);
                    layer.reader.rest();
                    return end(&packet, Transport::Other(&[]), frame);
                }
            }
            FRAGMENT => {
                let Ok([next, _, o0, o1, i0, i1, i2, i3]) = layer.reader.array() else {
                    frame.damaged("ip-extension-cut-short", start);
                    return end(&packet, Transport::Other(layer.rest()), frame);
                };
                packet.protocol = IpProtocol(next);
                let offset_more = u16::from_be_bytes([o0, o1]);
                let offset = u32::from(offset_more & 0xfff8);
                let more = offset_more & 1 != 0;
                // An atomic fragment (RFC 6946) is a whole packet.
                if offset != 0 || more {
                    packet.fragment = Some(Fragment {
                        id: u32::from_be_bytes([i0, i1, i2, i3]),
                        offset,
                        more,
                    });
                    return upper(&packet, layer, frame);
                }
            }
            _ => return upper(&packet, layer, frame),
        }
    }
    frame.damaged("too-many-ip-extensions", layer.reader.offset());
    end(&packet, Transport::Other(layer.rest()), frame)
}

/// What the packet carries: a piece, a tunnel, or a transport.
#[inline(always)]
fn upper<'a>(packet: &Packet<'a>, layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    if packet.fragment.is_some() {
        if layer.cut() > 0 {
            frame.damaged("fragment-cut-short", layer.reader.offset());
        }
        return end(packet, Transport::Fragment(layer.rest()), frame);
    }
    let inside = match packet.protocol.0 {
        6 => None,
        17 => tunnel::vxlan(layer, frame),
        47 => tunnel::gre(layer, frame),
        IPV4 => tunnel::ip(layer, frame, Next::Ipv4),
        IPV6 => tunnel::ip(layer, frame, Next::Ipv6),
        _ => None,
    };
    match inside {
        Some(next) => next,
        None => {
            let transport = transport::read(packet.protocol, layer, frame);
            end(packet, transport, frame)
        }
    }
}

#[inline(always)]
fn end<'a>(packet: &Packet<'a>, transport: Transport<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    frame.network = Network::Ip(Packet { transport, ..*packet });
    Next::End
}
