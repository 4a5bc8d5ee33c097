//! Where the bytes come from, unpacked on the way if need be.

use crate::damage::DamageKind;
use crate::format::Compression;
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::fmt;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The largest window of a zstd frame (128 MiB, the most that the zstd program itself unpacks unasked). It is the most
/// that reading a compressed capture can add to memory.
pub const MAX_ZSTD_WINDOW: u64 = 128 << 20;
/// How many packed bytes are read at once.
const PACKED_BUFFER: usize = 128 << 10;

/// A stream of a capture's bytes.
pub(crate) struct Input {
    meter: Arc<Meter>,
    stream: Stream,
}

enum Stream {
    Plain(Tap),
    Gzip(Box<MultiGzDecoder<Packed>>),
    Zstd(Box<Zstd>),
}

/// The packed bytes: those that were read to see what they are, then the rest.
type Packed = BufReader<Chain<Cursor<Vec<u8>>, Tap>>;

/// What passed through the tap.
#[derive(Debug, Default)]
struct Meter {
    read: AtomicU64,
    ended: AtomicBool,
}

/// Is shown every byte of a capture's file or stream as it stands there, packed if it is, in order.
pub type Watcher = Box<dyn FnMut(&[u8]) + Send>;

/// Counts what is read from the file itself, and shows it to who watches.
pub(crate) struct Tap {
    meter: Arc<Meter>,
    raw: Box<dyn Read + Send>,
    watcher: Option<Watcher>,
}

impl Tap {
    pub(crate) fn new(raw: Box<dyn Read + Send>, watcher: Option<Watcher>) -> Self {
        Self {
            meter: Arc::default(),
            raw,
            watcher,
        }
    }
}

impl Read for Tap {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.raw.read(into)?;
        self.meter.read.fetch_add(length as u64, Ordering::Relaxed);
        if let Some(watcher) = &mut self.watcher {
            watcher(into.get(..length).unwrap_or_default());
        }
        if length == 0 {
            self.meter.ended.store(true, Ordering::Relaxed);
        }
        Ok(length)
    }
}

impl Input {
    /// Bytes as they are.
    pub(crate) fn plain(tap: Tap) -> Self {
        Self {
            meter: Arc::clone(&tap.meter),
            stream: Stream::Plain(tap),
        }
    }

    /// Unpacks what this gives, after some first bytes that were read already. An input is unpacked once at most.
    pub(crate) fn unpack(self, how: Compression, first: Vec<u8>) -> Self {
        let Stream::Plain(tap) = self.stream else {
            return self;
        };
        let packed = BufReader::with_capacity(PACKED_BUFFER, Cursor::new(first).chain(tap));
        let stream = match how {
            Compression::Gzip => Stream::Gzip(Box::new(MultiGzDecoder::new(packed))),
            Compression::Zstd => Stream::Zstd(Box::new(Zstd::new(packed))),
        };
        Self {
            meter: self.meter,
            stream,
        }
    }

    /// The next bytes; 0 at the end.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Plain(tap) => tap.read(into),
            Stream::Gzip(gzip) => gzip.read(into),
            Stream::Zstd(zstd) => zstd.read(into),
        }
    }

    /// Reads what is left of the file itself, for who watches.
    pub(crate) fn read_out(&mut self) -> io::Result<()> {
        let tap = match &mut self.stream {
            Stream::Plain(tap) => tap,
            Stream::Gzip(gzip) => gzip.get_mut().get_mut().get_mut().1,
            Stream::Zstd(zstd) => zstd.packed.get_mut().get_mut().1,
        };
        io::copy(tap, &mut io::sink()).map(|_| ())
    }

    /// How many bytes were read from the file itself.
    pub(crate) fn read_so_far(&self) -> u64 {
        self.meter.read.load(Ordering::Relaxed)
    }

    /// What an error means. An unpacker fails for one of three reasons: the file ended under it, the file can't be
    /// read, or its bytes are wrong.
    pub(crate) fn damage(&self, error: &io::Error, compression: Option<Compression>) -> DamageKind {
        match (compression, error.kind()) {
            (Some(_), _) if self.meter.ended.load(Ordering::Relaxed) => DamageKind::CompressedCutShort,
            (
                Some(_),
                io::ErrorKind::InvalidData
                | io::ErrorKind::InvalidInput
                | io::ErrorKind::UnexpectedEof
                | io::ErrorKind::Other,
            ) => DamageKind::CompressedCorrupt,
            (_, reason) => DamageKind::ReadFailed { reason },
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("meter", &self.meter)
            .finish_non_exhaustive()
    }
}

/// Unpacks zstd frames one after the other, passing over skippable ones.
struct Zstd {
    decoder: FrameDecoder,
    packed: Packed,
}

impl Zstd {
    fn new(packed: Packed) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_ZSTD_WINDOW);
        Self { decoder, packed }
    }

    /// Starts the next frame; false at the end of the file.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.packed.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.packed) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut self.packed.by_ref().take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}

impl Read for Zstd {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.decoder.can_collect() == 0 {
            if !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.packed, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(io::Error::other)?;
            } else if !self.next_frame()? {
                return Ok(0);
            }
        }
        self.decoder.read(into)
    }
}
