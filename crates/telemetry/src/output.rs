//! The answer to a question, and its forms: rows of text for a table, JSON lines, CSV.

use crate::error::TelemetryError;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::arrow::json::WriterBuilder;
use datafusion::arrow::json::writer::LineDelimited;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::DataFusionError;

/// The rows that answer a question.
#[derive(Clone, Debug)]
pub struct Answer {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    cut: bool,
}

impl Answer {
    pub(crate) fn new(schema: SchemaRef, batches: Vec<RecordBatch>, cut: bool) -> Self {
        Self { schema, batches, cut }
    }

    /// The columns' names.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        self.schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect()
    }

    /// Whether each column holds numbers, which tables set flush right.
    #[must_use]
    pub fn numeric(&self) -> Vec<bool> {
        self.schema
            .fields()
            .iter()
            .map(|field| field.data_type().is_numeric())
            .collect()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether rows beyond the limit were cut off.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The rows, each cell as text; an empty text for null.
    ///
    /// # Errors
    /// When a column is of a kind that has no text form.
    pub fn rows(&self) -> Result<Vec<Vec<String>>, TelemetryError> {
        let mut rows = Vec::with_capacity(self.len());
        let options = FormatOptions::default().with_display_error(false);
        for batch in &self.batches {
            let columns = batch
                .columns()
                .iter()
                .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
                .collect::<Result<Vec<_>, _>>()
                .map_err(engine)?;
            for at in 0..batch.num_rows() {
                rows.push(
                    columns
                        .iter()
                        .map(|column| column.value(at).to_string())
                        .collect(),
                );
            }
        }
        Ok(rows)
    }

    /// One JSON object a line, nulls written out.
    ///
    /// # Errors
    /// When a column is of a kind that has no JSON form.
    pub fn json_lines(&self) -> Result<Vec<u8>, TelemetryError> {
        let mut writer: LineDelimitedWriter<Vec<u8>> = WriterBuilder::new()
            .with_explicit_nulls(true)
            .build::<_, LineDelimited>(Vec::new());
        for batch in &self.batches {
            writer.write(batch).map_err(engine)?;
        }
        writer.finish().map_err(engine)?;
        Ok(writer.into_inner())
    }

    /// CSV with a heading row. Text that a spreadsheet would take for a formula is led by an apostrophe: names come off
    /// the wire.
    ///
    /// # Errors
    /// When a column is of a kind that has no text form.
    pub fn csv(&self) -> Result<String, TelemetryError> {
        let texts: Vec<bool> = self
            .schema
            .fields()
            .iter()
            .map(|field| !field.data_type().is_numeric() && !matches!(field.data_type(), DataType::Boolean))
            .collect();
        let mut csv = String::new();
        push_line(&mut csv, self.columns().into_iter().map(|name| (name, true)));
        for row in self.rows()? {
            let cells = row.iter().map(String::as_str).zip(texts.iter().copied());
            push_line(&mut csv, cells);
        }
        Ok(csv)
    }
}

fn push_line<'a>(csv: &mut String, cells: impl Iterator<Item = (&'a str, bool)>) {
    for (at, (cell, is_text)) in cells.enumerate() {
        if at > 0 {
            csv.push(',');
        }
        let formula = is_text && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if formula || cell.contains([',', '"', '\n', '\r']) {
            csv.push('"');
            if formula {
                csv.push('\'');
            }
            csv.push_str(&cell.replace('"', "\"\""));
            csv.push('"');
        } else {
            csv.push_str(cell);
        }
    }
    csv.push_str("\r\n");
}

fn engine(error: ArrowError) -> TelemetryError {
    TelemetryError::Engine(DataFusionError::from(error))
}
