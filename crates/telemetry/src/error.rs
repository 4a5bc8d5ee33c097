//! What can go wrong between the shells and the stored telemetry, told for the person who has to mend it.

use crate::capture::CaptureId;
use crate::durable::StorageError;
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::parquet::errors::ParquetError;
use std::path::PathBuf;

/// Why telemetry could not be written, read or asked.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The file system refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A Parquet file could not be written.
    #[error("can't write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the writer says.
        source: ParquetError,
    },
    /// Columns and schema don't fit. A fault of this program.
    #[error("columns don't fit the table `{table}`: {source}")]
    Columns {
        /// The table.
        table: &'static str,
        /// What Arrow says.
        source: ArrowError,
    },
    /// A record's JSON could not be written.
    #[error("can't write the record of capture `{capture}`: {source}")]
    Record {
        /// The capture's name.
        capture: String,
        /// What the writer says.
        source: serde_json::Error,
    },
    /// There is no such capture.
    #[error("no capture `{0}` is recorded")]
    UnknownCapture(CaptureId),
    /// A recorded file does not hold what it should.
    #[error("the telemetry of capture `{}` is damaged: {}; observe the capture again", .0.capture, .0.reason)]
    Damaged(SetAside),
    /// The statement is not one that is answered here.
    #[error(
        "{0} statements are not answered: telemetry is only asked, with SELECT, EXPLAIN, SHOW or DESCRIBE"
    )]
    Refused(&'static str),
    /// There is not exactly one statement.
    #[error("write one statement, not {0}")]
    NotOneStatement(usize),
    /// The statement is too long.
    #[error("the statement has {length} {unit}; the most is {most}")]
    TooLong {
        /// Its length.
        length: usize,
        /// The most.
        most: usize,
        /// In what.
        unit: &'static str,
    },
    /// The statement can't be understood or answered as it stands.
    #[error("{0}")]
    Statement(String),
    /// The statement needs more memory than it may have.
    #[error(
        "the query needs more than {} MiB of memory: narrow it by time or columns, or raise `query-memory-mib` in \
         cofferdam.toml", .0 / (1 << 20)
    )]
    OutOfMemory(usize),
    /// The statement takes longer than it may.
    #[error("the query took longer than {0} seconds and was stopped: narrow it by time or columns")]
    OutOfTime(u64),
    /// The engine failed in another way.
    #[error("the query engine failed: {0}")]
    Engine(DataFusionError),
}

/// A recorded capture that is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetAside {
    /// Its name, or its file's where the name can't be read.
    pub capture: String,
    /// The file that is damaged, below the telemetry folder.
    pub file: String,
    /// What is wrong with it.
    pub reason: String,
}
