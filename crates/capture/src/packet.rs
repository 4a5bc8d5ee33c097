//! What a source gives: packets, and what is known of the source as a whole.

use crate::format::{Compression, Format};
use cofferdam_terms::{LinkType, Timestamp, WireText};

/// One packet. It borrows its bytes from the source's buffer, until the next one is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its place in the source, from 1, as packet tools number them.
    pub number: u64,
    /// Where its record starts in the capture: a byte offset, counted after decompression. 0 for a live packet.
    pub offset: u64,
    /// When it was captured. A pcapng simple packet has no time and gets that of the packet before it.
    pub time: Timestamp,
    /// What its first byte is.
    pub link: LinkType,
    /// The interface that it was captured on: an index into [`Summary::interfaces`], counted through all sections.
    pub interface: u32,
    /// What was captured of it.
    pub bytes: &'a [u8],
    /// How many bytes it had on the wire, as the capture claims. Real files also claim fewer than were captured.
    pub original: u32,
}

/// How far reading has come, in bytes of the file as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub read: u64,
    /// The file's length when it was opened; not known for standard input.
    pub total: Option<u64>,
}

/// An interface that packets were captured on. A pcap file has one, unnamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The link type of its packets.
    pub link: LinkType,
    /// Its name on the capturing machine.
    pub name: Option<WireText>,
    /// The most bytes of a packet that were to be captured; 0 where there was no limit.
    pub snap_length: u32,
    /// Packets that the capturing machine dropped, if the file says.
    pub dropped: Option<u64>,
}

/// What was found in a source so far; complete once [`Source::next_packet`](crate::Source::next_packet) gave `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary<'a> {
    /// The file's form.
    pub format: Format,
    /// How it was compressed, if it was.
    pub compression: Option<Compression>,
    /// Packets given.
    pub packets: u64,
    /// Their captured bytes.
    pub bytes: u64,
    /// Packets without a time of their own (pcapng simple packets).
    pub untimed: u64,
    /// Blocks that carry no packet and were passed over: names, secrets, custom blocks.
    pub other_blocks: u64,
    /// The interfaces, through all sections.
    pub interfaces: &'a [Interface],
}
