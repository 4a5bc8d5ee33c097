//! The declared inventory: files of other systems in, declared assets out; merged into the plant model as edits of its
//! text; and the model written in the formats that other tools read.
//!
//! Bytes and values come in, values and text go out. It knows no file system, clock, capture or policy, and every input
//! is an attacker's until shown otherwise: the bounds are in [`bounds`], what is bad is set aside with its place,
//! reason and mend, and the rest is read.
//!
//! Read first: [`Import`], [`readers::READERS`], [`merge::Plan`].
#![forbid(unsafe_code)]

mod asset;
pub mod bounds;
mod decode;
pub mod exports;
mod fault;
mod field;
mod guess;
mod intake;
mod json;
mod layout;
mod lines;
pub mod merge;
mod pack;
pub mod readers;
pub mod table;
mod xml;

pub use asset::{At, CatalogueEntry, DeclaredAsset, DeclaredService, DeviceCode, Fact, SourceKey};
pub use exports::{EXPORTS, Export, ExportContext};
pub use fault::{Fault, ReadError, Scope, SetAside};
pub use intake::Import;
pub use readers::{Options, READERS, Reader, read};
