//! Any bytes as a capture file.

use crate::Target;
use cofferdam_capture::{MAX_PACKET, PcapWriter, Resolution, Source};
use cofferdam_terms::{LinkType, Timestamp};
use std::io::{self, Cursor, Read};

pub(crate) fn target() -> Target {
    Target {
        name: "capture",
        run: Box::new(capture),
        seeds: seeds(),
    }
}

/// Reads bytes as a capture, whole and a few at a time.
///
/// # Panics
/// When a packet is longer than it may be or on an interface that isn't there, or when the way in which the bytes
/// arrive makes a difference. (For packed ones it may: where an unpacker gives up depends on what it was given.)
pub fn capture(bytes: &[u8]) {
    let whole = Source::from_reader("whole", Box::new(Cursor::new(bytes.to_vec())));
    let pieces = Pieces(Cursor::new(bytes.to_vec()), 1 + bytes.len() % 61);
    let by_pieces = Source::from_reader("pieces", Box::new(pieces));
    let (Ok(whole), Ok(by_pieces)) = (whole, by_pieces) else {
        return;
    };
    let packed = whole.summary().compression.is_some();
    let (whole, by_pieces) = (read(whole), read(by_pieces));
    assert!(
        packed || whole == by_pieces,
        "{whole:?} but by pieces {by_pieces:?}"
    );
}

/// Gives at most so many bytes at a time, as pipes do.
struct Pieces(Cursor<Vec<u8>>, usize);

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(self.1);
        self.0.read(into.get_mut(..length).unwrap_or_default())
    }
}

/// All packets, each by what it is and the sum of its bytes, and all that is said of damage.
fn read(mut source: Source) -> (Vec<[u64; 6]>, String) {
    let mut packets = Vec::new();
    while let Some(packet) = source.next_packet() {
        assert!(packet.bytes.len() <= MAX_PACKET as usize);
        packets.push([
            packet.offset,
            packet.time.nanos().cast_unsigned(),
            u64::from(packet.interface),
            packet.bytes.len() as u64,
            u64::from(packet.original),
            packet.bytes.iter().map(|byte| u64::from(*byte)).sum(),
        ]);
        let interface = packet.interface;
        assert!((interface as usize) < source.summary().interfaces.len());
    }
    assert_eq!(source.summary().packets, packets.len() as u64);
    (
        packets,
        format!("{:?} {}", source.damage(), source.damage_unlisted()),
    )
}

/// A capture of each form, to start from.
fn seeds() -> Vec<Vec<u8>> {
    let pcap = |resolution| {
        let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET, resolution).ok()?;
        for number in 0_u8..4 {
            let time = Timestamp::from_nanos(1_700_000_000_123_456_789 + i64::from(number));
            writer.write(time, &[number; 20], 60).ok()?;
        }
        writer.finish().ok()
    };
    let forms = [Resolution::Micros, Resolution::Nanos]
        .into_iter()
        .filter_map(pcap);
    forms
        .chain([PCAPNG.to_vec(), GZIP.to_vec(), ZSTD.to_vec()])
        .collect()
}

/// A section, an interface with its options, a packet of each kind, statistics, and a block that is passed over.
#[rustfmt::skip]
const PCAPNG: &[u8] = &[
    0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0,
    // Interface: link type 1, snap length 64; a name, a resolution, an offset.
    1, 0, 0, 0, 52, 0, 0, 0, 1, 0, 0, 0, 64, 0, 0, 0,
    2, 0, 4, 0, b'e', b't', b'h', b'0', 9, 0, 1, 0, 9, 0, 0, 0,
    14, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 52, 0, 0, 0,
    // Enhanced, obsolete and simple packet.
    6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 60, 0, 0, 0, 7, 7, 7, 0, 36, 0, 0, 0,
    2, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 4, 0, 0, 0, 60, 0, 0, 0, 8, 8, 8, 8, 36, 0, 0, 0,
    3, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 9, 9, 0, 0, 20, 0, 0, 0,
    // Statistics with a drop count, and name resolution.
    5, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0,
    5, 0, 8, 0, 3, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0, 0,
    4, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0,
];

/// Three packets, packed by gzip.
#[rustfmt::skip]
const GZIP: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xbb, 0x72, 0x78, 0xd3, 0x42, 0x26, 0x06, 0x16, 0x06, 0x18,
    0xf8, 0xff, 0x9f, 0x81, 0x81, 0x11, 0xc4, 0xf8, 0x18, 0x9c, 0xca, 0x0e, 0xa4, 0x78, 0x80, 0xd8, 0x86, 0x01, 0x15, 0x30,
    0xa2, 0xc9, 0x31, 0x22, 0x01, 0x26, 0x34, 0x39, 0x26, 0x24, 0x00, 0x00, 0x4a, 0x13, 0x69, 0x56, 0x6c, 0x00, 0x00, 0x00,
];

/// The same, packed by zstd.
#[rustfmt::skip]
const ZSTD: &[u8] = &[
    0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x9d, 0x01, 0x00, 0x24, 0x02, 0xd4, 0xc3, 0xb2, 0xa1, 0x02, 0x00, 0x04, 0x00, 0xff,
    0xff, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0xf1, 0x53, 0x65, 0x07, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x3c,
    0x00, 0x01, 0x01, 0x02, 0x02, 0x06, 0x00, 0xae, 0x21, 0x6e, 0x3f, 0xd7, 0x60, 0x3f, 0x3b, 0x01, 0xc8, 0xf6, 0x02, 0x2e,
    0x21, 0x28, 0x7c, 0x40,
];
