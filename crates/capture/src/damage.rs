//! What was wrong with a capture, where, and what can be done about it.

use std::fmt;
use std::io;

/// The most places of damage that are listed for one source; the rest are counted.
pub const MAX_LISTED: usize = 64;

/// One place where a capture could not be read as it stands. Reading went on after it where that was possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where it starts: a byte offset in the capture, counted after decompression.
    pub offset: u64,
    /// How many bytes were passed over.
    pub length: u64,
    /// What is wrong.
    pub kind: DamageKind,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.kind)?;
        match self.length {
            0 => Ok(()),
            1 => f.write_str("; 1 byte was passed over"),
            length => write!(f, "; {length} bytes were passed over"),
        }
    }
}

/// What is wrong at a place. The text form is the reason, without the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DamageKind {
    /// The last record is not complete.
    #[error("the capture ends inside a record, {missing} bytes early")]
    CutShort {
        /// How many bytes more the record claims.
        missing: u64,
    },
    /// A record claims a length that it can't have.
    #[error("a record claims {claimed} bytes, which can't be")]
    ImpossibleLength {
        /// The length claimed.
        claimed: u32,
    },
    /// Zeros where a record should start: space that was allotted and never written.
    #[error("zeros stand where a record should start")]
    ZeroFilled,
    /// A pcapng block's length at its end isn't that at its start.
    #[error("a block claims {start} bytes at its start and {end} at its end")]
    LengthMismatch {
        /// The length at the start.
        start: u32,
        /// What stands at the end.
        end: u32,
    },
    /// A pcapng block is too short for its own fields, or its fields contradict each other.
    #[error("a block of type {kind} is malformed")]
    BadBlock {
        /// The block's type.
        kind: u32,
    },
    /// A pcapng section header whose byte order or version is not known.
    #[error("a section header has a byte order or version that is not known")]
    BadSection,
    /// A pcapng packet names an interface that no block described.
    #[error("a packet names interface {interface}, which was not described")]
    UnknownInterface {
        /// The interface, as numbered in its section.
        interface: u32,
    },
    /// More interfaces than are kept.
    #[error("more interfaces are described than the {max} that are kept")]
    TooManyInterfaces {
        /// The bound.
        max: u32,
    },
    /// The compressed stream ends early.
    #[error("the compressed stream ends early")]
    CompressedCutShort,
    /// The compressed stream is damaged.
    #[error("the compressed stream is damaged and can't be read further")]
    CompressedCorrupt,
    /// The system would not read on.
    #[error("reading failed: {reason}")]
    ReadFailed {
        /// What the system said.
        reason: io::ErrorKind,
    },
}

impl DamageKind {
    /// A stable code, for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CutShort { .. } => "cut-short",
            Self::ImpossibleLength { .. } => "impossible-length",
            Self::ZeroFilled => "zero-filled",
            Self::LengthMismatch { .. } => "length-mismatch",
            Self::BadBlock { .. } => "bad-block",
            Self::BadSection => "bad-section",
            Self::UnknownInterface { .. } => "unknown-interface",
            Self::TooManyInterfaces { .. } => "too-many-interfaces",
            Self::CompressedCutShort => "compressed-cut-short",
            Self::CompressedCorrupt => "compressed-corrupt",
            Self::ReadFailed { .. } => "read-failed",
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::CutShort { .. } => {
                "if the capture is still being written, read it again when it is done; \
                 otherwise its end was lost, by a full disk or an early copy"
            }
            Self::ImpossibleLength { .. }
            | Self::LengthMismatch { .. }
            | Self::BadBlock { .. }
            | Self::BadSection
            | Self::UnknownInterface { .. } => {
                "copy the file again from where it was captured; if it is the same there, the packets in \
                 these bytes are lost"
            }
            Self::ZeroFilled => {
                "the machine that captured probably lost power; if the file is still being written, read it \
                 again when it is done"
            }
            Self::TooManyInterfaces { .. } => "split the capture by interface before reading it",
            Self::CompressedCutShort => "copy the file again, or compress the capture again",
            Self::CompressedCorrupt => {
                "test the file with `gzip -t` or `zstd -t`, and copy it again from where it was made"
            }
            Self::ReadFailed { .. } => "check the disk or the network share that the file is on",
        }
    }
}

/// The places of damage of one source, bounded.
#[derive(Debug, Default)]
pub(crate) struct DamageLog {
    listed: Vec<Damage>,
    unlisted: u64,
}

impl DamageLog {
    /// Adds a place, or counts it when the list is full.
    pub(crate) fn note(&mut self, offset: u64, length: u64, kind: DamageKind) {
        if self.listed.len() < MAX_LISTED {
            self.listed.push(Damage { offset, length, kind });
        } else {
            self.unlisted += 1;
        }
    }

    /// Those that are listed, in the order of their offsets.
    pub(crate) fn listed(&self) -> &[Damage] {
        &self.listed
    }

    /// How many more there were.
    pub(crate) const fn unlisted(&self) -> u64 {
        self.unlisted
    }
}
