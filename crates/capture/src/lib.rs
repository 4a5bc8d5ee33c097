//! Packet sources: capture files, standard input and live interfaces, each a thin shell over a pure reader core.
//!
//! It turns bytes into packets with a time, a link type and the offset of their record, and says what was damaged on
//! the way. It must not know what is inside a packet, nor of flows, assets, plants or policy.
//!
//! Every packet of a readable file comes out; a record that makes no sense is reported with its offset, and reading
//! goes on at the next one that does. Memory is one buffer of [`BUFFER_BYTES`] and the lists bounded by [`MAX_LISTED`]
//! and [`MAX_INTERFACES`]; a compressed file adds its window ([`MAX_ZSTD_WINDOW`]). No length that a file claims is
//! allocated.
//!
//! Read first: [`Source`], [`Packet`], [`Damage`].

mod bytes;
mod damage;
mod error;
mod folder;
mod format;
mod input;
pub mod live;
mod packet;
mod pcap;
mod pcapng;
mod records;
mod source;
mod step;
mod window;
mod write;

pub use damage::{Damage, DamageKind, MAX_LISTED};
pub use error::{OpenError, SourceName};
pub use folder::{MAX_FILES, MAX_FOLDER_DEPTH, Sources, sources};
pub use format::{Compression, Format, OtherFormat, RecordForm};
pub use input::{MAX_ZSTD_WINDOW, Watcher};
pub use packet::{Interface, Packet, Progress, Summary};
pub use pcapng::{MAX_BLOCK, MAX_INTERFACES};
pub use records::Records;
pub use source::Source;
pub use step::MAX_PACKET;
pub use window::BUFFER_BYTES;
pub use write::{PcapWriter, Resolution, WriteError};
