//! One Parquet file while it is written: under another name, within a bound of memory, its digest taken on the way.

use crate::capture::hex;
use crate::durable::{PART_SUFFIX, StorageError, at};
use crate::error::TelemetryError;
use crate::schema::{ColumnKind, Table};
use datafusion::arrow::array::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, Encoding};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The most rows of a row group. Readers skip whole groups by their times.
const ROW_GROUP_ROWS: usize = 128 * 1024;
/// The most encoded bytes of a row group, which the writer holds in memory until the group is full.
const ROW_GROUP_BYTES: usize = 2 << 20;

/// Hashes and counts what passes through.
struct Hashing<W> {
    inner: W,
    sha256: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        let taken = buffer.get(..written).unwrap_or(buffer);
        self.sha256.update(taken);
        self.bytes += taken.len() as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A file that is being written. Dropped before it is settled, it leaves nothing behind.
pub(crate) struct TableFile {
    part: Part,
    writer: ArrowWriter<Hashing<BufWriter<File>>>,
}

/// The path of a part, removed unless it was settled.
pub(crate) struct Part {
    path: PathBuf,
}

impl Part {
    pub(crate) fn new(folder: &Path) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!(".{}-{number}{PART_SUFFIX}", std::process::id());
        Self {
            path: folder.join(name),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Gone already when it was settled.
        drop(fs::remove_file(&self.path));
    }
}

/// A file that is whole on the disk and waits to be renamed into its place.
pub(crate) struct Finished {
    pub(crate) part: Part,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl TableFile {
    pub(crate) fn create(folder: &Path, table: Table) -> Result<Self, TelemetryError> {
        let part = Part::new(folder);
        let file = File::create(part.path()).map_err(at("create", part.path()))?;
        let sink = Hashing {
            inner: BufWriter::new(file),
            sha256: Sha256::new(),
            bytes: 0,
        };
        let writer = ArrowWriter::try_new(sink, table.schema(), Some(properties(table)))
            .map_err(|source| refused(&part, source))?;
        Ok(Self { part, writer })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), TelemetryError> {
        self.writer
            .write(batch)
            .map_err(|source| refused(&self.part, source))
    }

    /// Writes what is left and flushes it to the disk.
    pub(crate) fn finish(mut self) -> Result<Finished, TelemetryError> {
        let metadata = self
            .writer
            .finish()
            .map_err(|source| refused(&self.part, source))?;
        let sink = self.writer.inner_mut();
        let path = self.part.path();
        sink.flush().map_err(at("write", path))?;
        sink.inner.get_ref().sync_all().map_err(at("flush", path))?;
        let rows = metadata.file_metadata().num_rows();
        Ok(Finished {
            rows: u64::try_from(rows).unwrap_or(0),
            bytes: sink.bytes,
            sha256: hex(&sink.sha256.clone().finalize()),
            part: self.part,
        })
    }
}

fn properties(table: Table) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("cofferdam ", env!("CARGO_PKG_VERSION")).to_owned());
    // Counts and times seldom repeat: a dictionary of them would be made in vain.
    for column in table.columns() {
        if matches!(column.kind, ColumnKind::Number64 | ColumnKind::Time) {
            let path = ColumnPath::from(column.name);
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
    }
    properties.build()
}

/// Writes JSON as a file that waits to be renamed. It goes out as it is made: an observation's can be large.
pub(crate) fn finish_json(folder: &Path, value: &impl Serialize) -> Result<Finished, StorageError> {
    let part = Part::new(folder);
    let path = part.path();
    let file = File::create(path).map_err(at("create", path))?;
    let mut sink = BufWriter::new(Hashing {
        inner: file,
        sha256: Sha256::new(),
        bytes: 0,
    });
    serde_json::to_writer(&mut sink, value).map_err(|error| at("write", path)(error.into()))?;
    sink.flush().map_err(at("write", path))?;
    let sink = sink.into_parts().0;
    sink.inner.sync_all().map_err(at("flush", path))?;
    Ok(Finished {
        rows: 0,
        bytes: sink.bytes,
        sha256: hex(&sink.sha256.finalize()),
        part,
    })
}

fn refused(part: &Part, source: ParquetError) -> TelemetryError {
    TelemetryError::Write {
        path: part.path().to_owned(),
        source,
    }
}
