//! What the tests share: where the real captures are, which tools are there, and packets that own their bytes.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test says what it did not run, may fail, and takes numbers apart"
)]

pub(crate) mod encode;

use cofferdam_capture::{OpenError, Source};
use cofferdam_terms::{LinkType, Timestamp};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A packet that outlives its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) time: Timestamp,
    pub(crate) link: LinkType,
    pub(crate) interface: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) original: u32,
}

/// All packets that are left in a source.
pub(crate) fn drain(source: &mut Source) -> Vec<Owned> {
    let mut packets = Vec::new();
    while let Some(packet) = source.next_packet() {
        assert_eq!(packet.number, packets.len() as u64 + 1);
        packets.push(Owned {
            time: packet.time,
            link: packet.link,
            interface: packet.interface,
            bytes: packet.bytes.to_vec(),
            original: packet.original,
        });
    }
    let damage = source.damage().to_vec();
    assert!(source.next_packet().is_none(), "a packet after the last");
    assert_eq!(source.damage(), damage, "damage is said once");
    packets
}

/// The same, taken out of the buffers in which they are handed on.
pub(crate) fn drain_buffers(source: &mut Source) -> Vec<Owned> {
    let mut packets: Vec<Owned> = Vec::new();
    let mut buffer = Vec::new();
    loop {
        let mut places = Vec::new();
        let count = source.each_at_hand(&mut buffer, |packet, start| {
            places.push((start, packet.bytes.to_vec()));
            packets.push(Owned {
                time: packet.time,
                link: packet.link,
                interface: packet.interface,
                bytes: packet.bytes.to_vec(),
                original: packet.original,
            });
        });
        assert_eq!(places.len() as u64, count);
        if count == 0 {
            return packets;
        }
        for (start, bytes) in places {
            assert_eq!(buffer.get(start..start + bytes.len()), Some(&*bytes));
        }
    }
}

/// Opens bytes as a capture.
pub(crate) fn open(bytes: &[u8]) -> Result<Source, OpenError> {
    Source::from_reader("test", Box::new(Cursor::new(bytes.to_vec())))
}

/// Opens bytes that arrive a few at a time, as they do from a pipe.
pub(crate) fn open_by_pieces(bytes: &[u8], size: usize) -> Result<Source, OpenError> {
    Source::from_reader("test", Box::new(Pieces(Cursor::new(bytes.to_vec()), size)))
}

struct Pieces(Cursor<Vec<u8>>, usize);

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(self.1);
        self.0.read(into.get_mut(..length).unwrap())
    }
}

/// The real captures, in name order; none, with a printed line, where they are not.
pub(crate) fn captures() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/captures");
    if !folder.is_dir() {
        println!("not run: the captures in {} are not there", folder.display());
        return None;
    }
    let found = cofferdam_capture::sources(&folder).unwrap();
    assert!(!found.captures.is_empty());
    Some(found.captures)
}

/// Whether a tool is there; prints a line if not.
pub(crate) fn has_tool(name: &str, argument: &str) -> bool {
    let there = Command::new(name).arg(argument).output().is_ok();
    if !there {
        println!("not run: {name} is not installed");
    }
    there
}
