//! Encapsulations: GRE, ERSPAN, VXLAN, IP in IP. Each gives what is inside, or `None` where it is none that can be
//! unwrapped, and the packet is then reported as it stands.

use super::{Enter, Frame, Layer, Next, link};
use cofferdam_terms::VlanId;

const VXLAN_PORT: u16 = 4789;
/// Flags byte with the VNI bit alone (RFC 7348, 5).
const VXLAN_FLAGS: u8 = 0x08;

const GRE_CHECKSUM: u16 = 0x8000;
const GRE_ROUTING: u16 = 0x4000;
const GRE_KEY: u16 = 0x2000;
const GRE_SEQUENCE: u16 = 0x1000;
const GRE_VERSION: u16 = 0x0007;

/// GRE protocol types. ERSPAN I and II share one: the first has no GRE sequence number and no header of its own.
const TRANSPARENT_ETHERNET: u16 = 0x6558;
const ERSPAN_I_II: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// An Ethernet header; what is shorter is no VXLAN.
const ETHERNET_HEADER: usize = 14;

/// IP in IP.
pub(super) fn ip<'a>(
    layer: Layer<'a>,
    frame: &mut Frame<'a>,
    version: fn(Layer<'a>) -> Next<'a>,
) -> Option<Next<'a>> {
    match frame.enter(layer.reader.offset()) {
        Enter::Entered => Some(version(layer)),
        Enter::TooDeep => None,
    }
}

/// VXLAN, known by its port and by the bits that must be zero.
pub(super) fn vxlan<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Option<Next<'a>> {
    let offset = layer.reader.offset();
    let [_, _, d0, d1, ..] = layer.reader.array::<8>().ok()?;
    if u16::from_be_bytes([d0, d1]) != VXLAN_PORT {
        return None;
    }
    let [VXLAN_FLAGS, 0, 0, 0, _, _, _, 0] = layer.reader.array::<8>().ok()? else {
        return None;
    };
    if layer.reader.left() < ETHERNET_HEADER {
        return None;
    }
    match frame.enter(offset) {
        Enter::Entered => Some(Next::Ethernet(layer)),
        Enter::TooDeep => None,
    }
}

/// GRE, with ERSPAN in it. Source routes (obsolete) and version 1 (PPTP) stay closed.
pub(super) fn gre<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Option<Next<'a>> {
    let offset = layer.reader.offset();
    let Ok([f0, f1, p0, p1]) = layer.reader.array() else {
        frame.damaged("gre-cut-short", offset);
        return None;
    };
    let flags = u16::from_be_bytes([f0, f1]);
    if flags & (GRE_ROUTING | GRE_VERSION) != 0 {
        return None;
    }
    let options = [GRE_CHECKSUM, GRE_KEY, GRE_SEQUENCE]
        .into_iter()
        .filter(|option| flags & option != 0)
        .count()
        * 4;
    if layer.reader.skip(options).is_err() {
        frame.damaged("gre-cut-short", offset);
        return None;
    }
    let protocol = u16::from_be_bytes([p0, p1]);
    let sequenced = flags & GRE_SEQUENCE != 0;
    match protocol {
        TRANSPARENT_ETHERNET | ERSPAN_I_II | ERSPAN_III | IPV4 | IPV6 => {}
        _ => return None,
    }
    if frame.enter(offset) == Enter::TooDeep {
        return None;
    }
    Some(match protocol {
        IPV4 => Next::Ipv4(layer),
        IPV6 => Next::Ipv6(layer),
        ERSPAN_I_II if sequenced => erspan_ii(layer, frame),
        ERSPAN_III => erspan_iii(layer, frame),
        _ => Next::Ethernet(layer),
    })
}

/// ERSPAN type II: version and VLAN, session, index.
fn erspan_ii<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    let offset = layer.reader.offset();
    let Ok([v0, v1, ..]) = layer.reader.array::<8>() else {
        return frame.give_up("erspan-cut-short", offset);
    };
    mirrored(
        VlanId::from_tag_control(u16::from_be_bytes([v0, v1])),
        layer,
        frame,
    )
}

/// ERSPAN type III: version and VLAN, session, time, group tag, frame type and flags, perhaps eight bytes more.
fn erspan_iii<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    let offset = layer.reader.offset();
    let Ok([v0, v1, .., k0, k1]) = layer.reader.array::<12>() else {
        return frame.give_up("erspan-cut-short", offset);
    };
    let kind = u16::from_be_bytes([k0, k1]);
    let has_platform_header = kind & 0x0001 != 0;
    if has_platform_header && layer.reader.skip(8).is_err() {
        return frame.give_up("erspan-cut-short", offset);
    }
    match kind >> 10 & 0x1f {
        0 => mirrored(
            VlanId::from_tag_control(u16::from_be_bytes([v0, v1])),
            layer,
            frame,
        ),
        2 => link::raw(layer, frame),
        _ => frame.give_up("erspan-frame-type-unknown", offset),
    }
}

/// A mirrored frame. Its VLAN stands in the ERSPAN header, and in the frame as well where the tag was left on.
fn mirrored<'a>(vlan: VlanId, layer: Layer<'a>, frame: &mut Frame<'a>) -> Next<'a> {
    let mut inner = layer.reader;
    let tagged = matches!(
        (inner.skip(ETHERNET_HEADER - 2), inner.u16_be()),
        (Ok(()), Ok(0x8100 | 0x88a8))
    );
    if !tagged && vlan.get() != 0 {
        // There is room: entering the tunnel emptied the list.
        frame.vlans.push(vlan);
    }
    Next::Ethernet(layer)
}
