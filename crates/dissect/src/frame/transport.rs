//! TCP (RFC 9293) and UDP (RFC 768) headers.

use super::{Frame, Layer, Segment, TcpFlags, Transport};
use cofferdam_terms::IpProtocol;

const TCP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;

/// Reads the header that the IP protocol number says.
#[inline(always)]
pub(super) fn read<'a>(protocol: IpProtocol, layer: Layer<'a>, frame: &mut Frame<'a>) -> Transport<'a> {
    match protocol {
        IpProtocol::TCP => tcp(layer, frame),
        IpProtocol::UDP => udp(layer, frame),
        IpProtocol(_) => Transport::Other(layer.rest()),
    }
}

#[inline(always)]
fn tcp<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Transport<'a> {
    let start = layer.reader.offset();
    let whole = layer.rest();
    let Ok(fixed) = layer.reader.array::<TCP_HEADER>() else {
        frame.damaged("tcp-cut-short", start);
        return Transport::Other(whole);
    };
    let [
        s0,
        s1,
        d0,
        d1,
        q0,
        q1,
        q2,
        q3,
        a0,
        a1,
        a2,
        a3,
        data_offset,
        flags,
        ..,
    ] = fixed;
    let header = usize::from(data_offset >> 4) * 4;
    if header < TCP_HEADER {
        frame.damaged("tcp-header-length", start + 12);
        return Transport::Other(whole);
    }
    if layer.reader.skip(header - TCP_HEADER).is_err() {
        frame.damaged("tcp-options-cut-short", start + TCP_HEADER);
        layer.reader.rest();
    }
    // Options that were not captured belong to the header: they are no part of what the payload lacks.
    let captured = layer.reader.offset().max(start + header) + layer.reader.left();
    let cut = u32::try_from(layer.end.saturating_sub(captured)).unwrap_or(u32::MAX);
    Transport::Tcp(Segment {
        source: u16::from_be_bytes([s0, s1]),
        destination: u16::from_be_bytes([d0, d1]),
        sequence: u32::from_be_bytes([q0, q1, q2, q3]),
        acknowledgement: u32::from_be_bytes([a0, a1, a2, a3]),
        flags: TcpFlags(flags),
        payload: layer.rest(),
        cut,
    })
}

fn udp<'a>(mut layer: Layer<'a>, frame: &mut Frame<'a>) -> Transport<'a> {
    let start = layer.reader.offset();
    let whole = layer.rest();
    let Ok([s0, s1, d0, d1, l0, l1, _, _]) = layer.reader.array::<UDP_HEADER>() else {
        frame.damaged("udp-cut-short", start);
        return Transport::Other(whole);
    };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let mut beyond = 0;
    match length.checked_sub(UDP_HEADER) {
        Some(claimed) => {
            let on_wire = layer.end.saturating_sub(layer.reader.offset());
            if layer.limit(claimed) == super::Limit::BeyondCarrier {
                frame.damaged("udp-length-beyond-packet", start + 4);
                beyond = u32::try_from(claimed - on_wire).unwrap_or(u32::MAX);
            }
        }
        // Zero is left by a card that cuts large datagrams itself, and stands for a jumbogram (RFC 2675).
        None if length == 0 => {}
        None => frame.damaged("udp-length-below-header", start + 4),
    }
    Transport::Udp {
        source: u16::from_be_bytes([s0, s1]),
        destination: u16::from_be_bytes([d0, d1]),
        payload: layer.rest(),
        cut: layer.cut().saturating_add(beyond),
    }
}
