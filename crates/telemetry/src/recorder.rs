//! Takes flow records as they end and writes them out; on commit, all that one capture gave takes its place at once.

use crate::assets::{assets, identity_facts};
use crate::capture::{Captured, FileEntry, Source};
use crate::durable;
use crate::error::TelemetryError;
use crate::events::{events, writes};
use crate::flows::FlowRows;
use crate::form::ObservationView;
use crate::operations::OperationRows;
use crate::schema::Table;
use crate::store::{OBSERVATIONS, Telemetry};
use crate::table_file::{Finished, TableFile, finish_json};
use cofferdam_observe::{FlowRecord, FlowSink, Observation};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use std::path::{Path, PathBuf};

/// Rows that are gathered before they are handed to the Parquet writer.
const BATCH_ROWS: usize = 4096;

/// Records one capture. Dropped without [`commit`](Self::commit), it leaves nothing behind.
pub struct Recorder {
    folder: PathBuf,
    flows: TableFile,
    operations: TableFile,
    flow_rows: FlowRows,
    operation_rows: OperationRows,
    count: u64,
    /// The first error: what comes after it is not written, and commit tells it.
    failed: Option<TelemetryError>,
}

impl Recorder {
    pub(crate) fn create(folder: &Path) -> Result<Self, TelemetryError> {
        let open = |table: Table| {
            let below = folder.join(table.name());
            durable::create_folder(&below)?;
            TableFile::create(&below, table)
        };
        Ok(Self {
            folder: folder.to_owned(),
            flows: open(Table::Flows)?,
            operations: open(Table::Operations)?,
            flow_rows: FlowRows::default(),
            operation_rows: OperationRows::default(),
            count: 0,
            failed: None,
        })
    }

    /// Whether writing has failed, so that reading on is for nothing. [`commit`](Self::commit) tells why.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Writes what is left, puts every file in its place and then the capture's record, which makes it count. A former
    /// recording of the same capture is replaced.
    ///
    /// # Errors
    /// When anything could not be written; what was recorded before then still stands.
    pub fn commit(
        mut self,
        telemetry: &mut Telemetry,
        source: Source,
        observation: &Observation,
    ) -> Result<Captured, TelemetryError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.write_out(0)?;
        let form = ObservationView::from(observation);
        let observations = self.folder.join(OBSERVATIONS);
        durable::create_folder(&observations)?;
        let finished = [
            (Table::Flows.name(), self.flows.finish()?),
            (Table::Operations.name(), self.operations.finish()?),
            (
                Table::Assets.name(),
                one_batch(&self.folder, Table::Assets, assets(&observation.assets))?,
            ),
            (
                Table::IdentityFacts.name(),
                one_batch(
                    &self.folder,
                    Table::IdentityFacts,
                    identity_facts(&observation.assets),
                )?,
            ),
            (
                Table::Events.name(),
                one_batch(&self.folder, Table::Events, events(&observation.events))?,
            ),
            (
                Table::Writes.name(),
                one_batch(&self.folder, Table::Writes, writes(&observation.writes))?,
            ),
            (OBSERVATIONS, finish_json(&observations, &form)?),
        ];
        let mut captured = source.into_captured(0);
        captured.generation = telemetry.next_generation(&captured.id);
        captured.span = observation
            .coverage
            .span
            .map(|(first, last)| (first.into(), last.into()));
        captured.packets = observation.coverage.packets;
        captured.decoded = observation.coverage.decoded;
        captured.assets = observation.assets.len() as u64;
        settle(&self.folder, &mut captured, finished)?;
        telemetry.put(captured.clone())?;
        Ok(captured)
    }

    fn write_out(&mut self, full: usize) -> Result<(), TelemetryError> {
        if self.flow_rows.len() > full {
            self.flows
                .write(&in_table(Table::Flows, self.flow_rows.take())?)?;
        }
        if self.operation_rows.len() > full {
            self.operations
                .write(&in_table(Table::Operations, self.operation_rows.take())?)?;
        }
        Ok(())
    }
}

impl FlowSink for Recorder {
    fn flow(&mut self, record: FlowRecord) {
        if self.failed.is_some() {
            return;
        }
        self.count += 1;
        self.flow_rows.push(self.count, &record);
        self.operation_rows.push(self.count, &record);
        if let Err(error) = self.write_out(BATCH_ROWS) {
            self.failed = Some(error);
        }
    }
}

fn in_table(table: Table, batch: Result<RecordBatch, ArrowError>) -> Result<RecordBatch, TelemetryError> {
    batch.map_err(|source| TelemetryError::Columns {
        table: table.name(),
        source,
    })
}

fn one_batch(
    folder: &Path,
    table: Table,
    batch: Result<RecordBatch, ArrowError>,
) -> Result<Finished, TelemetryError> {
    let below = folder.join(table.name());
    durable::create_folder(&below)?;
    let mut file = TableFile::create(&below, table)?;
    file.write(&in_table(table, batch)?)?;
    file.finish()
}

/// Renames every finished file into its place, under a name that no former generation has.
fn settle(
    folder: &Path,
    captured: &mut Captured,
    finished: [(&'static str, Finished); 7],
) -> Result<(), TelemetryError> {
    for (member, file) in finished {
        let ending = if member == OBSERVATIONS { "json" } else { "parquet" };
        let name = format!("{}-{}.{ending}", captured.id, captured.generation);
        durable::settle(file.part.path(), &folder.join(member).join(&name))?;
        captured.files.insert(
            member.to_owned(),
            FileEntry {
                name,
                rows: file.rows,
                bytes: file.bytes,
                sha256: file.sha256,
            },
        );
    }
    Ok(())
}
