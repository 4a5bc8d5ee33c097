//! Link layers: Ethernet, Linux cooked, BSD loopback, and the tags and trailers between them and the network layer.

use super::{Frame, Layer, Limit, LinkAddresses, Network, Next};
use cofferdam_terms::{EtherType, LinkType, MacAddr, VlanId};

/// HSR tag (IEC 62439-3:2021, 5.7).
const HSR: u16 = 0x892f;
/// Suffix of a PRP redundancy control trailer (IEC 62439-3:2021, 4.1.11).
const PRP_SUFFIX: u16 = 0x88fb;
/// Sequence number, LAN and size, suffix.
const PRP_TRAILER: usize = 6;
/// The longest payload that an 802.3 length may say.
const MAX_802_3_LENGTH: u16 = 1500;
/// The first value that is a type and no length.
const MIN_ETHER_TYPE: u16 = 0x0600;
/// ARPHRD_NETLINK: a Linux cooked capture of kernel messages, no network.
const ARPHRD_NETLINK: u16 = 824;
/// Linux cooked protocol numbers for frames without an Ethernet type: Novell's raw 802.3, and 802.2 LLC.
const COOKED_802_3: u16 = 0x0001;
const COOKED_802_2: u16 = 0x0004;
/// The OpenBSD number of raw IP.
const RAW_OPENBSD: u16 = 14;

/// Starts on a frame of a capture's link type.
pub(super) fn first<'a>(link: LinkType, layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    match link {
        LinkType::ETHERNET => ethernet(layer, frame),
        LinkType::LINUX_SLL => cooked(layer, frame),
        LinkType::LINUX_SLL2 => cooked_v2(layer, frame),
        LinkType::RAW | LinkType::RAW_OLD | LinkType(RAW_OPENBSD) => raw(layer, frame),
        LinkType::IPV4 => Next::Ipv4(layer),
        LinkType::IPV6 => Next::Ipv6(layer),
        LinkType::NULL => loopback(layer, frame, u32::from_le_bytes),
        LinkType::LOOP => loopback(layer, frame, u32::from_be_bytes),
        // 802.11 plain, with Prism, radiotap, AVS and PPI headers.
        LinkType::IEEE802_11 | LinkType::IEEE802_11_RADIOTAP | LinkType(119 | 163 | 192) => {
            frame.give_up("ieee802-11-unsupported", 0)
        }
        LinkType(_) => frame.give_up("link-type-unsupported", 0),
    }
}

/// Destination, source, type or length.
pub(super) fn ethernet<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    let start = layer.reader.offset();
    let Ok([d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1]) = layer.reader.array() else {
        return frame.give_up("ethernet-cut-short", start);
    };
    frame.link = Some(LinkAddresses {
        source: MacAddr([s0, s1, s2, s3, s4, s5]),
        destination: Some(MacAddr([d0, d1, d2, d3, d4, d5])),
    });
    typed(u16::from_be_bytes([t0, t1]), layer, frame)
}

/// What follows an Ethernet type, tags included.
#[inline(always)]
pub(super) fn typed<'a>(mut ether_type: u16, mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    loop {
        let start = layer.reader.offset();
        match EtherType(ether_type) {
            EtherType::IPV4 => return Next::Ipv4(layer),
            EtherType::IPV6 => return Next::Ipv6(layer),
            // 802.1Q, 802.1ad, and the numbers that were in use before it.
            EtherType(0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300) => {
                let (Ok(control), Ok(inner)) = (layer.reader.u16_be(), layer.reader.u16_be()) else {
                    return frame.give_up("vlan-tag-cut-short", start);
                };
                tag(VlanId::from_tag_control(control), start, frame);
                ether_type = inner;
            }
            EtherType(HSR) => {
                // Path and size, sequence number.
                let (Ok(()), Ok(inner)) = (layer.reader.skip(4), layer.reader.u16_be()) else {
                    return frame.give_up("hsr-tag-cut-short", start);
                };
                ether_type = inner;
            }
            EtherType(0..=MAX_802_3_LENGTH) => return length(ether_type, layer, frame),
            EtherType(number) => {
                if number < MIN_ETHER_TYPE {
                    frame.damaged("ethernet-type-invalid", start.saturating_sub(2));
                }
                strip_prp(&mut layer);
                frame.network = Network::Ethernet {
                    ether_type: EtherType(number),
                    payload: layer.rest(),
                };
                return Next::End;
            }
        }
    }
}

/// Keeps a tag. Identifier 0 says that the frame has a priority but belongs to no VLAN (802.1Q, 9.6), so it is none.
fn tag(vlan: VlanId, offset: usize, frame: &mut Frame<'_>) {
    if vlan.get() != 0 && !frame.vlans.push(vlan) {
        frame.damaged("too-many-vlan-tags", offset);
    }
}

/// An 802.3 frame: its length, then LLC, perhaps with SNAP, which has an Ethernet type again.
fn length<'a>(length: u16, mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    if layer.limit(length.into()) == Limit::BeyondCarrier {
        frame.damaged("ethernet-length-beyond-frame", layer.reader.offset());
    }
    llc(length, layer, frame)
}

fn llc<'a>(length: u16, layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    let mut inner = layer;
    // DSAP and SSAP 0xaa with control 0x03 is SNAP; of its organisations these two use Ethernet types (RFC 1042, 802.1H).
    if let Ok([0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00 | 0xf8, t0, t1]) = inner.reader.array() {
        let ether_type = u16::from_be_bytes([t0, t1]);
        if ether_type >= MIN_ETHER_TYPE {
            return typed(ether_type, inner, frame);
        }
    }
    let mut inner = layer;
    let handed_on = match inner.reader.array() {
        // Cisco's organisation has numbers of its own; CDP's is read, the others' are not.
        Ok([0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x20, 0x00]) => (EtherType::CDP, inner),
        _ => (EtherType(length), layer),
    };
    let (ether_type, layer) = handed_on;
    frame.network = Network::Ethernet {
        ether_type,
        payload: layer.rest(),
    };
    Next::End
}

/// Takes a PRP trailer off. IP packets say their own length, so it is looked for on other frames only, and only where
/// the whole frame was captured.
fn strip_prp(layer: &mut Layer<'_>) {
    let payload = layer.rest();
    if layer.cut() > 0 {
        return;
    }
    let Some((_, trailer)) = payload.split_last_chunk::<PRP_TRAILER>() else {
        return;
    };
    let &[_, _, l0, l1, x0, x1] = trailer;
    let lan_and_size = u16::from_be_bytes([l0, l1]);
    let ours = u16::from_be_bytes([x0, x1]) == PRP_SUFFIX
        && matches!(lan_and_size >> 12, 0xa | 0xb)
        && usize::from(lan_and_size & 0x0fff) == payload.len();
    if ours {
        // Can't be beyond: it is shorter than what is there.
        let _within = layer.limit(payload.len() - PRP_TRAILER);
    }
}

/// Linux cooked, version 1: packet type, hardware type, address length, address, protocol.
fn cooked<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    let start = layer.reader.offset();
    let Ok([_, _, h0, h1, n0, n1, a0, a1, a2, a3, a4, a5, _, _, p0, p1]) = layer.reader.array() else {
        return frame.give_up("linux-cooked-cut-short", start);
    };
    if [n0, n1] == [0, 6] {
        frame.link = Some(source([a0, a1, a2, a3, a4, a5]));
    }
    cooked_protocol(
        u16::from_be_bytes([p0, p1]),
        u16::from_be_bytes([h0, h1]),
        layer,
        frame,
    )
}

/// Linux cooked, version 2: protocol, reserved, interface, hardware type, packet type, address length, address.
fn cooked_v2<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    let start = layer.reader.offset();
    let Ok(
        [
            p0,
            p1,
            _,
            _,
            _,
            _,
            _,
            _,
            h0,
            h1,
            _,
            n,
            a0,
            a1,
            a2,
            a3,
            a4,
            a5,
            _,
            _,
        ],
    ) = layer.reader.array()
    else {
        return frame.give_up("linux-cooked-cut-short", start);
    };
    if n == 6 {
        frame.link = Some(source([a0, a1, a2, a3, a4, a5]));
    }
    cooked_protocol(
        u16::from_be_bytes([p0, p1]),
        u16::from_be_bytes([h0, h1]),
        layer,
        frame,
    )
}

fn source(address: [u8; 6]) -> LinkAddresses {
    LinkAddresses {
        source: MacAddr(address),
        destination: None,
    }
}

fn cooked_protocol<'a>(protocol: u16, hardware: u16, layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    match protocol {
        _ if hardware == ARPHRD_NETLINK => frame.give_up("linux-cooked-netlink", 0),
        COOKED_802_3 | COOKED_802_2 => llc(protocol, layer, frame),
        0..MIN_ETHER_TYPE => frame.give_up("linux-cooked-protocol-unknown", 0),
        _ => typed(protocol, layer, frame),
    }
}

/// Raw IP, the version told by the first nibble.
pub(super) fn raw<'a>(layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    let start = layer.reader.offset();
    match layer.rest().first().map(|byte| byte >> 4) {
        Some(4) => Next::Ipv4(layer),
        Some(6) => Next::Ipv6(layer),
        Some(_) => frame.give_up("ip-version", start),
        None => frame.give_up("ip-cut-short", start),
    }
}

/// BSD loopback: an address family in the capturing host's byte order (v4 is 2 everywhere; v6 is 10, 24, 28 or 30).
fn loopback<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>, order: fn([u8; 4]) -> u32) -> Next<'a> {
    let Ok(bytes) = layer.reader.array() else {
        return frame.give_up("loopback-cut-short", 0);
    };
    // A file from a host of the other order has the family in the high bytes.
    let family = order(bytes);
    let family = if family > 0xffff {
        family.swap_bytes()
    } else {
        family
    };
    match family {
        2 => Next::Ipv4(layer),
        10 | 24 | 28 | 30 => Next::Ipv6(layer),
        _ => frame.give_up("loopback-family-unknown", 0),
    }
}
