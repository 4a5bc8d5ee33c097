//! The contract between the reader cores, which are pure, and the shell that feeds them.

use crate::damage::{DamageKind, DamageLog};
use cofferdam_terms::{LinkType, Timestamp};
use std::ops::Range;

/// The most captured bytes of one packet (256 KiB, as libpcap and Wireshark hold for network links). A record that
/// claims more is damaged.
pub const MAX_PACKET: u32 = 262_144;

// INVARIANT: lengths in captures have 32 bits; sums of a few of them can't overflow a usize.
const _: () = assert!(usize::BITS >= 64, "captures are read on 64-bit machines only");

/// The bytes at hand: a window onto the capture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    /// The bytes, from the next one that isn't dealt with.
    pub(crate) bytes: &'a [u8],
    /// Where they start in the capture.
    pub(crate) at: u64,
    /// Whether more can follow them.
    pub(crate) rest: Rest,
}

/// Whether more bytes can follow those at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// They can.
    More,
    /// The capture ends here.
    None,
}

/// What a core makes of the bytes at hand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A packet.
    Packet(Record),
    /// So many bytes are dealt with; they held no packet. At least 1, at most all that are at hand.
    Pass(usize),
    /// So many bytes are to be passed over, more than fit in the buffer.
    Skip(u64),
    /// At least so many bytes must be at hand. Never asked for when nothing more can follow.
    Need(usize),
    /// Nothing more can be read.
    End,
}

/// A packet's record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// How many bytes it takes.
    pub(crate) length: usize,
    /// Where in it the packet's bytes are.
    pub(crate) packet: Range<usize>,
    pub(crate) time: Timestamp,
    pub(crate) link: LinkType,
    pub(crate) interface: u32,
    pub(crate) original: u32,
}

/// A place where reading lost its way.
#[derive(Debug)]
pub(crate) struct Lost {
    /// The record that made no sense.
    pub(crate) from: u64,
    /// What was wrong with it.
    pub(crate) kind: DamageKind,
}

impl Lost {
    /// Notes that reading goes on, or ends, at an offset.
    pub(crate) fn until(self, at: u64, log: &mut DamageLog) {
        log.note(self.from, at.saturating_sub(self.from), self.kind);
    }
}

impl View<'_> {
    /// A record needs so many bytes: asks for them, or says that the capture was cut short.
    pub(crate) fn need(&self, length: usize, log: &mut DamageLog) -> Step {
        match self.rest {
            Rest::More => Step::Need(length),
            Rest::None => {
                if !self.bytes.is_empty() {
                    let missing = length.saturating_sub(self.bytes.len()) as u64;
                    log.note(self.at, self.bytes.len() as u64, DamageKind::CutShort { missing });
                }
                Step::End
            }
        }
    }

    /// Where the bytes at hand end in the capture.
    pub(crate) const fn end(&self) -> u64 {
        self.at.saturating_add(self.bytes.len() as u64)
    }
}
