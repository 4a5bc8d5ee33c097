//! The bare walk that `make bench` measures everything against: maps a pcap file (Ethernet, little-endian) and touches
//! each record's header and each frame's, with no code of Cofferdam's. It is the least that any reader has to do.
//!
//! Prints packets, captured bytes, and how many of the frames are IPv4 (so that the reads can't be left out).
#![expect(unsafe_code, reason = "a file is mapped, as the fastest readers do")]
#![expect(clippy::print_stdout, reason = "an example says what it did")]

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap};
use std::error::Error;
use std::fs::File;
use std::ptr::null_mut;

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: walk FILE.pcap")?;
    let file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len())?;
    if length < FILE_HEADER {
        return Err("the file is too short for a pcap header".into());
    }
    // SAFETY: a new private mapping of a whole file at an address of the system's choice touches no other memory.
    let start = unsafe { mmap(null_mut(), length, ProtFlags::READ, MapFlags::PRIVATE, &file, 0) }?;
    // SAFETY: the range is the mapping just made; the advice changes no content.
    unsafe { madvise(start, length, Advice::Sequential) }?;
    // SAFETY: the mapping is `length` readable bytes, is never unmapped, and is not written through. Whoever shortens
    // the file meanwhile ends this program, which a measurement can bear.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) };
    if !matches!(
        bytes.first_chunk(),
        Some([0xd4, 0xc3, 0xb2, 0xa1] | [0x4d, 0x3c, 0xb2, 0xa1])
    ) {
        return Err("only little-endian pcap is walked".into());
    }
    let (packets, captured, ipv4) = walk(bytes.get(FILE_HEADER..).unwrap_or_default());
    println!("{packets} packets, {captured} bytes, {ipv4} IPv4");
    Ok(())
}

fn walk(mut rest: &[u8]) -> (u64, u64, u64) {
    let (mut packets, mut captured, mut ipv4) = (0, 0, 0);
    while let Some((header, after)) = rest.split_first_chunk::<RECORD_HEADER>() {
        let [_, _, _, _, _, _, _, _, a, b, c, d, ..] = *header;
        let Some((frame, next)) = after.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize) else {
            break;
        };
        if let Some([.., 0x08, 0x00]) = frame.first_chunk::<14>() {
            ipv4 += 1;
        }
        packets += 1;
        captured += frame.len() as u64;
        rest = next;
    }
    (packets, captured, ipv4)
}
