//! Exports of NetFlow v5 and v9 and of IPFIX as input: the same flow records and assets as packets give, as far as
//! routers' and switches' counts carry them.
//!
//! Read: NetFlow version 5 (Cisco, NetFlow Services Solutions Guide, table B-3 and B-4), version 9 (RFC 3954) and IPFIX
//! (RFC 7011) with biflows (RFC 5103) and Cisco's initiator and responder counts; templates and options templates, each
//! exporter's and observation domain's apart; sampling, from v5's header and from options or data (elements 34, 50, 305
//! and 306). Fields that are not known are passed over by their length. Data without a template is held until that
//! comes, and counted if it never does. Sequence numbers tell what was lost: flows (v5), datagrams (v9), data records
//! (IPFIX). Counts of a sampled flow are multiplied by the rate and are estimates.
//!
//! A record tells one direction; both directions of a connection, told by one exporter, make one flow record. It spans
//! the connection, however many clock hours that lasts; when nothing was told for an idle time, what comes later is
//! another one. Who began is told by the exporter (element 239, biflows), else by a port that is a service's alone, else
//! by who was first. Records name no protocol: it is known by the port alone, and marked so. Packet numbers are those of
//! datagrams. A connection that two exporters tell of makes two records, as with two sensors.
//!
//! Bounds: [`MAX_TEMPLATES`] templates of [`MAX_FIELDS`] fields, [`MAX_PENDING`] bytes that wait for a template,
//! [`MAX_CONNECTIONS`] open connections (the oldest is then given), [`MAX_EXPORTERS`] exporters' domains,
//! [`ImportedExports::MAX_SET_ASIDE`] faults told one by one. All beyond is counted.
//!
//! nfcapd's own files are not read: their blocks are packed by libraries, and their layout belongs to one program. Hand
//! over the datagrams, or a capture of them.

mod import;
mod pair;
mod template;
mod values;
mod wire;

pub use import::{Export, NetflowImport};

use crate::record::Observation;
use std::net::IpAddr;

/// The most templates that are known at once, of all exporters.
pub(crate) const MAX_TEMPLATES: usize = 16_384;
/// The most fields of one template.
pub(crate) const MAX_FIELDS: usize = 512;
/// The most bytes of data that wait for their template.
pub(crate) const MAX_PENDING: usize = 1 << 20;
/// The most connections that are open at once.
pub(crate) const MAX_CONNECTIONS: usize = 500_000;
/// The most exporters' observation domains that are told apart.
pub(crate) const MAX_EXPORTERS: usize = 4096;

/// Ports at which exports are mostly collected. An export is known by its content on any port.
pub(crate) const PORTS: &[u16] = &[2055, 4739, 9555, 9995, 9996];

/// Why an export, or part of it, was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum BadExport {
    /// It ends before what its header or a set's header says.
    #[error("it ends before its header says; was the capture's snap length too short?")]
    Truncated,
    /// It is of another version, or no export.
    #[error("version {0} is none of 5, 9 and 10")]
    Version(u16),
    /// A set's length is shorter than its own header, or longer than what is left.
    #[error("the length of a set doesn't fit; what stands after it was not read")]
    SetLength,
    /// A template has more fields than any, or none of any length.
    #[error("a template has no fields, too many, or none of any length; its data can't be read")]
    Template,
    /// There is no room for another template or exporter.
    #[error("there are too many templates or exporters; those that came first stay")]
    Room,
}

impl BadExport {
    /// The code in counts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Truncated => "export-truncated",
            Self::Version(_) => "export-version",
            Self::SetLength => "export-set-length",
            Self::Template => "export-template",
            Self::Room => "export-room",
        }
    }
}

/// A fault, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FaultyExport {
    /// The datagram's number, from 1.
    pub datagram: u64,
    /// Who sent it; `None` in files of datagrams.
    pub exporter: Option<IpAddr>,
    /// What is wrong.
    pub reason: BadExport,
}

/// An exporter's observation domain, and how well it was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exporter {
    /// Who sends; `None` in files of datagrams.
    pub address: Option<IpAddr>,
    /// 5, 9 or 10.
    pub version: u16,
    /// Observation domain, source id, or engine type and number.
    pub domain: u32,
    /// Datagrams that were read.
    pub datagrams: u64,
    /// Flows that they told of.
    pub records: u64,
    /// What the sequence numbers show to be missing: flows of version 5, datagrams of version 9, records of IPFIX.
    pub lost: u64,
    /// How often numbers went back: the exporter was restarted, or datagrams overtook each other.
    pub set_back: u64,
    /// One packet in so many was counted, the most that was said; 1 if all were.
    pub sampling: u32,
}

/// What an import of exports gave beside the flow records.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedExports {
    /// Assets and coverage. Packets are those that the exporters count.
    pub observation: Observation,
    /// Datagrams that were handed in.
    pub datagrams: u64,
    /// Flow records that they told of, one direction each or both.
    pub records: u64,
    /// Records without addresses: of layer 2 alone, counters, options.
    pub unused: u64,
    /// Templates that were read, repeated ones not counted.
    pub templates: u64,
    /// Sets of data of which the template never came, or came after too many others.
    pub without_template: u64,
    /// Their bytes.
    pub without_template_bytes: u64,
    /// Who exported, ordered.
    pub exporters: Vec<Exporter>,
    /// Faults, the first [`MAX_SET_ASIDE`](Self::MAX_SET_ASIDE).
    pub set_aside: Vec<FaultyExport>,
    /// How many there were in all.
    pub set_aside_count: u64,
}

impl ImportedExports {
    /// The most faults that are told one by one.
    pub const MAX_SET_ASIDE: usize = 100;
}
