//! What the kernel wrote into one block of the ring (TPACKET_V3), in safe code: a wrong offset gives no frame.

use crate::step::MAX_PACKET;
use cofferdam_terms::Timestamp;
use libc::{tpacket_block_desc, tpacket_hdr_v1, tpacket_hdr_variant1, tpacket3_hdr};
use std::mem::offset_of;
use std::ops::Range;

/// The EtherType of an 802.1Q tag, for kernels that don't say which it was.
const TAGGED: u16 = 0x8100;
/// How long the two addresses are that stand before a tag.
const ADDRESSES: usize = 12;

/// One frame of a block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) time: Timestamp,
    /// Where its bytes are in the block.
    pub(super) bytes: Range<usize>,
    /// How many bytes it had.
    pub(super) original: u32,
    /// The VLAN tag that the kernel took out of it.
    pub(super) tag: Option<[u8; 4]>,
    /// Where the next frame's header is in the block.
    pub(super) next: usize,
}

/// How many frames a block holds, and where the first one's header is.
pub(super) fn first(block: &[u8]) -> (u32, usize) {
    let header = offset_of!(tpacket_block_desc, hdr);
    let packets = u32_at(block, header + offset_of!(tpacket_hdr_v1, num_pkts));
    let at = u32_at(block, header + offset_of!(tpacket_hdr_v1, offset_to_first_pkt));
    (packets.unwrap_or(0), at.unwrap_or(0) as usize)
}

/// The frame whose header is at an offset.
pub(super) fn frame(block: &[u8], at: usize) -> Option<Frame> {
    let header = block.get(at..)?;
    let seconds = u32_at(header, offset_of!(tpacket3_hdr, tp_sec))?;
    let nanos = u32_at(header, offset_of!(tpacket3_hdr, tp_nsec))?;
    let captured = u32_at(header, offset_of!(tpacket3_hdr, tp_snaplen))?.min(MAX_PACKET) as usize;
    let start = at + usize::from(u16_at(header, offset_of!(tpacket3_hdr, tp_mac))?);
    let bytes = start..start + captured;
    (bytes.end <= block.len()).then_some(Frame {
        time: Timestamp::from_nanos(i64::from(seconds) * 1_000_000_000 + i64::from(nanos)),
        bytes,
        original: u32_at(header, offset_of!(tpacket3_hdr, tp_len))?,
        tag: tag(header)?,
        next: at + u32_at(header, offset_of!(tpacket3_hdr, tp_next_offset))? as usize,
    })
}

/// The tag that was taken out, if one was.
fn tag(header: &[u8]) -> Option<Option<[u8; 4]>> {
    let status = u32_at(header, offset_of!(tpacket3_hdr, tp_status))?;
    if status & libc::TP_STATUS_VLAN_VALID == 0 {
        return Some(None);
    }
    let at = offset_of!(tpacket3_hdr, hv1);
    let control = u32_at(header, at + offset_of!(tpacket_hdr_variant1, tp_vlan_tci))?;
    let [_, _, control @ ..] = control.to_be_bytes();
    let kind = if status & libc::TP_STATUS_VLAN_TPID_VALID == 0 {
        TAGGED
    } else {
        u16_at(header, at + offset_of!(tpacket_hdr_variant1, tp_vlan_tpid))?
    };
    let [k0, k1] = kind.to_be_bytes();
    let [c0, c1] = control;
    Some(Some([k0, k1, c0, c1]))
}

/// Writes a frame with its tag where it was: behind the two addresses.
pub(super) fn put_back(tag: [u8; 4], frame: &[u8], into: &mut Vec<u8>) {
    let (addresses, rest) = frame.split_at_checked(ADDRESSES).unwrap_or((frame, &[]));
    into.clear();
    into.extend_from_slice(addresses);
    into.extend_from_slice(&tag);
    into.extend_from_slice(rest);
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(fields: [u32; 6], mac: u16, tag: (u32, u16)) -> Vec<u8> {
        let mut bytes: Vec<u8> = fields.into_iter().flat_map(u32::to_ne_bytes).collect();
        bytes.extend(mac.to_ne_bytes());
        bytes.extend([0; 2 + 4]);
        bytes.extend(tag.0.to_ne_bytes());
        bytes.extend(tag.1.to_ne_bytes());
        bytes.resize(48, 0);
        bytes
    }

    #[test]
    fn a_frame_is_found_where_its_header_says_with_the_tag_that_was_taken_out() {
        let status = libc::TP_STATUS_VLAN_VALID | libc::TP_STATUS_VLAN_TPID_VALID;
        let mut block = header([64, 5, 7, 14, 60, status], 48, (0x2005, 0x88a8));
        block.extend([9; 14]);
        let frame = frame(&block, 0).unwrap();
        assert_eq!(frame.bytes, 48..62);
        assert_eq!((frame.original, frame.next), (60, 64));
        assert_eq!(frame.time, Timestamp::from_nanos(5_000_000_007));
        assert_eq!(frame.tag, Some([0x88, 0xa8, 0x20, 0x05]));
        let mut tagged = Vec::new();
        put_back([0x81, 0, 0, 5], &block[frame.bytes], &mut tagged);
        assert_eq!(tagged, [&[9; 12][..], &[0x81, 0, 0, 5], &[9, 9]].concat());
        put_back([0x81, 0, 0, 5], &[1, 2], &mut tagged);
        assert_eq!(tagged, [1, 2, 0x81, 0, 0, 5]);
    }

    #[test]
    fn an_offset_or_length_beyond_the_block_gives_no_frame() {
        let mut block = header([u32::MAX, 5, 7, 14, 60, 0], 48, (0, 0));
        block.extend([9; 14]);
        assert!(frame(&block, 0).is_some());
        for at in 1..80 {
            assert!(
                frame(&block, at).is_none_or(|frame| frame.bytes.end <= block.len()),
                "{at}"
            );
        }
        for (field, value) in [(12, 15_u32), (12, u32::MAX), (24, 49), (24, 0xffff)] {
            let mut block = block.clone();
            block[field..field + 4].copy_from_slice(&value.to_ne_bytes());
            assert_eq!(frame(&block, 0), None, "{field} {value}");
        }
        assert_eq!(first(&[]), (0, 0));
    }
}
