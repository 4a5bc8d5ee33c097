//! Why a source could not be opened, in one sentence for the person who gave it.

use crate::format::{Compression, OtherFormat, RecordForm};
use cofferdam_terms::WireText;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::Path;

/// The name by which a source was given, harmless to print: file names can be hostile too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceName(WireText);

impl SourceName {
    /// Of a path.
    pub(crate) fn of_path(path: &Path) -> Self {
        Self(WireText::from_wire(OsStr::as_encoded_bytes(path.as_os_str())))
    }

    /// Of anything else: `standard input`.
    pub(crate) fn of(name: &str) -> Self {
        Self(WireText::from_wire(name.as_bytes()))
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a source could not be opened. The text form is one sentence; [`OpenError::mend`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing is there.
    #[error("`{name}` does not exist")]
    Missing {
        /// The source.
        name: SourceName,
    },
    /// It can't be opened or read.
    #[error("`{name}` can't be read: {source}")]
    Unreadable {
        /// The source.
        name: SourceName,
        /// What the system said.
        source: io::Error,
    },
    /// It is a folder where one capture is wanted.
    #[error("`{name}` is a folder, not a capture")]
    Folder {
        /// The source.
        name: SourceName,
    },
    /// It has no bytes.
    #[error("`{name}` is empty")]
    Empty {
        /// The source.
        name: SourceName,
    },
    /// Its first bytes are those of no capture.
    #[error(
        "`{name}` is no capture: it starts neither as pcap nor as pcapng, plain or packed with gzip or zstd"
    )]
    NotACapture {
        /// The source.
        name: SourceName,
    },
    /// It starts like a capture and ends before the first record could.
    #[error("`{name}` is cut short: it ends inside the capture's own header, after {length} bytes")]
    HeaderCutShort {
        /// The source.
        name: SourceName,
        /// How long it is.
        length: u64,
    },
    /// It holds records that another sensor made of packets.
    #[error("`{name}` is a {form}, which holds records and no packets")]
    Records {
        /// The source.
        name: SourceName,
        /// Their form.
        form: RecordForm,
    },
    /// It holds no records where records are wanted.
    #[error("`{name}` holds no records of a known form")]
    NoRecords {
        /// The source.
        name: SourceName,
    },
    /// It is something else that is known.
    #[error("`{name}` is {what}")]
    NotPackets {
        /// The source.
        name: SourceName,
        /// What it is.
        what: OtherFormat,
    },
    /// It is compressed and its first bytes can't be unpacked.
    #[error("`{name}` looks like {compression} but can't be unpacked")]
    Packed {
        /// The source.
        name: SourceName,
        /// How it is compressed.
        compression: Compression,
    },
    /// What is compressed is itself compressed.
    #[error("`{name}` is compressed twice")]
    PackedTwice {
        /// The source.
        name: SourceName,
    },
    /// A folder holds no capture.
    #[error("`{name}` holds no capture and no log, among {files} files")]
    NoCaptures {
        /// The folder.
        name: SourceName,
        /// How many files were looked at.
        files: usize,
    },
    /// A folder holds more than can be listed.
    #[error("`{name}` holds more than {max} files, or folders more than {depth} deep")]
    FolderTooLarge {
        /// The folder.
        name: SourceName,
        /// The most files.
        max: usize,
        /// The deepest folder.
        depth: usize,
    },
}

impl OpenError {
    /// What a person can do about it.
    #[must_use]
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "check the path",
            Self::Unreadable { .. } => "check who may read it, and that its disk is there",
            Self::Folder { .. } => "give one of its files, or let the folder be read as a whole",
            Self::Empty { .. } => {
                "check that the capture ran, and that the disk it was written to was not full"
            }
            Self::NotACapture { .. } => {
                "give a file that tcpdump, Wireshark or a network tap wrote; `file` may say what this one is"
            }
            Self::HeaderCutShort { .. } => "copy it again from where it was captured",
            Self::Records { .. } => "give the file by its name, not by standard input",
            Self::NoRecords { .. } => "give a log of Zeek, with its head, or an EVE log of Suricata",
            Self::NotPackets { what, .. } => what.mend(),
            Self::Packed {
                compression: Compression::Gzip,
                ..
            } => "test it with `gzip -t`, and copy it again from where it was made",
            Self::Packed {
                compression: Compression::Zstd,
                ..
            } => {
                "test it with `zstd -t`; if it is good, it needs a larger window than is allowed: unpack it first"
            }
            Self::PackedTwice { .. } => "unpack it once",
            Self::NoCaptures { .. } => {
                "give a folder with pcap or pcapng files in it, or logs of Zeek or Suricata"
            }
            Self::FolderTooLarge { .. } => "give its sub-folders one by one",
        }
    }
}
