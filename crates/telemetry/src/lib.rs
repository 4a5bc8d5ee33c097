//! The telemetry plane: what was observed, in Parquet in the site folder, and asked for in SQL.
//!
//! One capture is recorded whole or not at all, and the same capture never twice. It must not know of zones, policy,
//! commands, HTTP or where a site keeps its other files. All calls block: an asynchronous shell calls them from a
//! thread that may.
//!
//! Read first: [`Telemetry`], [`Recorder`], [`Replay`].
#![forbid(unsafe_code)]

mod assets;
mod capture;
mod columns;
pub mod durable;
mod error;
mod events;
mod flows;
pub mod form;
mod intern;
mod operations;
mod output;
mod recorder;
mod replay;
mod scan;
mod schema;
mod sql;
mod store;
mod table_file;

pub use capture::{CaptureId, Captured, Damage, FileEntry, Source};
pub use error::{SetAside, TelemetryError};
pub use output::Answer;
pub use recorder::Recorder;
pub use replay::{Replay, Replayed, TimeRange};
pub use schema::{Column, ColumnKind, Table};
pub use sql::QueryLimits;
pub use store::Telemetry;
