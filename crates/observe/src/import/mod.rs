//! Logs of Zeek (with the ICSNPP parsers) and of Suricata as input: the same flow records and assets as packets give, as
//! far as the logs carry them.
//!
//! Lines of one connection, by Zeek's unique id or Suricata's flow id, become one flow record: where from, where to and
//! how much out of `conn` or a `flow` event, what was asked out of the protocols' lines. Unlike records of packets, one
//! spans the whole connection, however many clock hours it lasts, and its packet numbers are lines' numbers. Zeek's TSV
//! and JSON forms and EVE are told apart by each line. A line that can't be read is set aside and counted with its file,
//! number and reason; a line of another log is counted as unused. Bounds: [`MAX_CONNECTIONS`] connections are open at
//! once (the oldest is then given, and what is said of it later makes another record), [`MAX_OPERATIONS`] operations of
//! one, [`Imported::MAX_SET_ASIDE`] lines are told, [`MAX_LINE`] bytes of a line.
//!
//! It is fed lines and must not know of files, folders or compression.

mod connections;
mod eve;
mod fields;
mod giving;
mod meaning;
mod zeek;

pub use connections::LogImport;
pub(crate) use giving::give;

/// The most connections that are open at once.
pub(crate) const MAX_CONNECTIONS: usize = 500_000;
/// The most operations of one connection.
pub(crate) const MAX_OPERATIONS: usize = 128;
/// The longest line that is read.
pub const MAX_LINE: usize = 1 << 20;

use crate::record::Observation;

/// Why a line was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum BadLine {
    /// It is longer than any log line.
    #[error("the line is longer than {MAX_LINE} bytes; is this a log?")]
    TooLong,
    /// It has no `#fields` line before it.
    #[error("no `#fields` line stands before it; give the whole file, from its head")]
    NoHeader,
    /// It has another number of fields than its `#fields` line.
    #[error(
        "it has another number of fields than its `#fields` line; the file may be cut or joined from two"
    )]
    FieldCount,
    /// It begins like JSON and is none.
    #[error("it is no JSON object; the line may be cut off")]
    NotJson,
    /// A field that it can't do without is missing.
    #[error("the field `{0}` is missing")]
    Missing(&'static str),
    /// A field's value is none of its kind.
    #[error("the field `{0}` has a value that is none of its kind")]
    Value(&'static str),
}

/// A line that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The file, as it was named when it was begun.
    pub file: String,
    /// The line's number in it, from 1.
    pub line: u64,
    /// Why.
    pub reason: BadLine,
}

/// What an import gave beside the flow records.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Assets and coverage. Packets are those that the logs count.
    pub observation: Observation,
    /// Lines that were read, heads included.
    pub lines: u64,
    /// Lines of logs or events that say nothing of flows, assets or operations.
    pub unused: u64,
    /// Lines that were set aside, the first [`MAX_SET_ASIDE`](Self::MAX_SET_ASIDE).
    pub set_aside: Vec<SetAside>,
    /// How many were set aside in all.
    pub set_aside_count: u64,
}

impl Imported {
    /// The most lines that are told one by one.
    pub const MAX_SET_ASIDE: usize = 100;
}
