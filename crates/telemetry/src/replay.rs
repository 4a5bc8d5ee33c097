//! Flow records read back in the order of time, with what was asked over them: what a shadow test and a draft run on.
//!
//! The engine sorts, within its memory and with what does not fit on disk; here the two sorted tables are walked side
//! by side, so that a month of flows needs the memory of a few batches.

use crate::columns::{BadRow, Row};
use crate::error::{SetAside, TelemetryError};
use crate::schema::Table;
use crate::sql::{QueryLimits, runtime, told};
use crate::store::Telemetry;
use crate::{flows, operations};
use cofferdam_observe::FlowRecord;
use cofferdam_terms::Timestamp;
use datafusion::arrow::array::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::{Expr, SessionContext, col, lit};
use futures::StreamExt;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// A span of time: from a point on, until before another; open where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// From, included.
    pub from: Option<Timestamp>,
    /// To, excluded.
    pub to: Option<Timestamp>,
}

impl TimeRange {
    /// Everything.
    pub const ALL: Self = Self { from: None, to: None };

    /// Whether a time lies in it.
    #[must_use]
    pub fn contains(self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }
}

/// A flow record and where it is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// The capture's name.
    pub capture: Arc<str>,
    /// The record.
    pub record: FlowRecord,
}

/// The records of a span of time, ordered by their first packets' times, then by capture and number.
pub struct Replay {
    flows: Walk,
    operations: Walk,
    /// Drives the streams; dropped after them.
    runtime: Runtime,
    limits: QueryLimits,
    failed: bool,
}

impl Telemetry {
    /// Reads back the flow records that began in a span of time. Blocks while it is read.
    ///
    /// # Errors
    /// When the engine can't be set up; errors of reading come out of the iteration, after which it ends.
    pub fn replay(&self, range: TimeRange, limits: QueryLimits) -> Result<Replay, TelemetryError> {
        let runtime = runtime()?;
        let context = self.session(limits)?;
        let walk = |table: Table| {
            let stream = runtime.block_on(sorted(&context, table, range));
            stream
                .map(|stream| Walk::new(table, stream))
                .map_err(|error| told(error, limits))
        };
        Ok(Replay {
            flows: walk(Table::Flows)?,
            operations: walk(Table::Operations)?,
            runtime,
            limits,
            failed: false,
        })
    }
}

async fn sorted(
    context: &SessionContext,
    table: Table,
    range: TimeRange,
) -> Result<SendableRecordBatchStream, DataFusionError> {
    let mut frame = context.table(table.name()).await?;
    if let Some(from) = range.from {
        frame = frame.filter(col("first_seen").gt_eq(time(from)))?;
    }
    if let Some(to) = range.to {
        frame = frame.filter(col("first_seen").lt(time(to)))?;
    }
    let order = ["first_seen", "capture_id", "flow"].map(|column| col(column).sort(true, true));
    frame.sort(order.to_vec())?.execute_stream().await
}

fn time(at: Timestamp) -> Expr {
    lit(ScalarValue::TimestampNanosecond(
        Some(at.nanos()),
        Some("UTC".into()),
    ))
}

impl Replay {
    fn read_next(&mut self) -> Result<Option<Replayed>, TelemetryError> {
        let (runtime, limits) = (&self.runtime, self.limits);
        let Some(row) = self.flows.current(runtime, limits)? else {
            // Every operation belongs to a flow record: one that is left was written by nobody.
            return match self.operations.current(runtime, limits)? {
                None => Ok(None),
                Some(_) => Err(self.operations.damaged(&BadRow::Orphan)),
            };
        };
        let read = Key::of(row).and_then(|key| Ok((key, flows::read(row)?, row.text("capture")?.into())));
        let (key, mut record, capture): (Key, FlowRecord, Arc<str>) =
            read.map_err(|bad| self.flows.damaged(&bad))?;
        while let Some(row) = self.operations.current(runtime, limits)? {
            match Key::of(row) {
                Ok(theirs) if theirs == key => match operations::read(row) {
                    Ok(asked) => record.operations.push(asked),
                    Err(bad) => return Err(self.operations.damaged(&bad)),
                },
                Ok(theirs) if theirs < key => return Err(self.operations.damaged(&BadRow::Orphan)),
                Ok(_) => break,
                Err(bad) => return Err(self.operations.damaged(&bad)),
            }
            self.operations.at += 1;
        }
        self.flows.at += 1;
        // The engine's sort may turn rows of one flow round; their order is that of the record type.
        record.operations.sort_unstable();
        Ok(Some(Replayed { capture, record }))
    }
}

impl Iterator for Replay {
    type Item = Result<Replayed, TelemetryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.read_next();
        self.failed = next.is_err();
        next.transpose()
    }
}

/// What rows of both tables are ordered and joined by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    first_seen: Timestamp,
    capture_id: Box<str>,
    flow: u64,
}

impl Key {
    fn of(row: Row<'_>) -> Result<Self, BadRow> {
        Ok(Self {
            first_seen: row.time("first_seen")?,
            capture_id: row.text("capture_id")?.into(),
            flow: row.number64("flow")?,
        })
    }
}

/// A stream of batches and the place that was reached in it.
struct Walk {
    table: Table,
    stream: SendableRecordBatchStream,
    batch: Option<RecordBatch>,
    at: usize,
}

impl Walk {
    fn new(table: Table, stream: SendableRecordBatchStream) -> Self {
        Self {
            table,
            stream,
            batch: None,
            at: 0,
        }
    }

    /// The row at the place reached, after the next batch was fetched if need be.
    fn current(&mut self, runtime: &Runtime, limits: QueryLimits) -> Result<Option<Row<'_>>, TelemetryError> {
        while self
            .batch
            .as_ref()
            .is_none_or(|batch| self.at >= batch.num_rows())
        {
            match runtime.block_on(self.stream.next()) {
                None => return Ok(None),
                Some(Err(error)) => return Err(told(error, limits)),
                Some(Ok(batch)) => {
                    self.batch = Some(batch);
                    self.at = 0;
                }
            }
        }
        Ok(self.batch.as_ref().map(|batch| Row { batch, at: self.at }))
    }

    fn damaged(&self, bad: &BadRow) -> TelemetryError {
        let capture = self
            .batch
            .as_ref()
            .and_then(|batch| Row { batch, at: self.at }.text("capture").ok().map(str::to_owned));
        TelemetryError::Damaged(SetAside {
            capture: capture.unwrap_or_else(|| "unknown".to_owned()),
            file: self.table.name().to_owned(),
            reason: bad.to_string(),
        })
    }
}
