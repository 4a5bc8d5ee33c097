//! Writes pcap files.

use cofferdam_terms::{LinkType, Timestamp};
use std::io::{self, Write};

use crate::step::MAX_PACKET;

/// How finely times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Microseconds, which every tool reads.
    Micros,
    /// Nanoseconds.
    Nanos,
}

/// Why a packet was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The writer failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The packet is longer than a capture may hold.
    #[error("a packet of {length} bytes is longer than the {MAX_PACKET} that a capture may hold")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// The time is before 1970 or after 2106, which a pcap record can't say.
    #[error("a pcap record can't hold the time {seconds} s from 1970")]
    TimeOutOfRange {
        /// Seconds since 1970.
        seconds: i64,
    },
}

/// Writes a pcap file, little-endian, version 2.4. It writes each record by itself: give it a buffered writer, and
/// flush that in the end.
#[derive(Debug)]
pub struct PcapWriter<W: Write> {
    out: W,
    resolution: Resolution,
}

impl<W: Write> PcapWriter<W> {
    /// Writes the file header.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn new(mut out: W, link: LinkType, resolution: Resolution) -> io::Result<Self> {
        let magic: u32 = match resolution {
            Resolution::Micros => 0xa1b2_c3d4,
            Resolution::Nanos => 0xa1b2_3c4d,
        };
        let mut header = [0; 24];
        let fields = magic
            .to_le_bytes()
            .into_iter()
            .chain([2, 0, 4, 0])
            .chain([0; 8])
            .chain(MAX_PACKET.to_le_bytes())
            .chain(u32::from(link.0).to_le_bytes());
        for (to, from) in header.iter_mut().zip(fields) {
            *to = from;
        }
        out.write_all(&header)?;
        Ok(Self { out, resolution })
    }

    /// Writes one packet: when, what was captured of it, and its length on the wire.
    ///
    /// # Errors
    /// When the writer fails, or the packet has a length or time that a pcap file can't hold; nothing is written then.
    pub fn write(&mut self, time: Timestamp, bytes: &[u8], original: u32) -> Result<(), WriteError> {
        let captured = u32::try_from(bytes.len())
            .ok()
            .filter(|captured| *captured <= MAX_PACKET)
            .ok_or(WriteError::TooLong { length: bytes.len() })?;
        let seconds =
            u32::try_from(time.secs()).map_err(|_| WriteError::TimeOutOfRange { seconds: time.secs() })?;
        let nanos = time.nanos().rem_euclid(1_000_000_000);
        let fraction = match self.resolution {
            Resolution::Micros => nanos / 1_000,
            Resolution::Nanos => nanos,
        };
        // Below a thousand million by the remainder above.
        let fraction = u32::try_from(fraction).unwrap_or(0);
        let mut header = [0; 16];
        for (to, field) in header
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .zip([seconds, fraction, captured, original])
        {
            *to = field.to_le_bytes();
        }
        self.out.write_all(&header)?;
        self.out.write_all(bytes)?;
        Ok(())
    }

    /// Flushes the writer and gives it back.
    ///
    /// # Errors
    /// When flushing fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}
