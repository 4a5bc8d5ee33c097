//! The tables as DataFusion sees them: just the Parquet files that a capture's record names, and nothing else on disk.

use crate::schema::{CAPTURE_COLUMNS, Table, fields};
use crate::store::Telemetry;
use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::common::project_schema;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use std::sync::Arc;

/// One table over its recorded files.
#[derive(Debug)]
pub(crate) struct Recorded {
    schema: TableSchema,
    files: Vec<PartitionedFile>,
}

impl Recorded {
    pub(crate) fn new(telemetry: &Telemetry, table: Table) -> Result<Self> {
        let files = telemetry.table_files(table).map(|(captured, path, entry)| {
            // What a query reads must not hang on where it was started from.
            let path = std::path::absolute(path)?;
            let file = PartitionedFile::new_from_meta(ObjectMeta {
                location: Path::from_absolute_path(path)?,
                last_modified: Default::default(),
                size: entry.bytes,
                e_tag: None,
                version: None,
            });
            Ok(file.with_partition_values(vec![
                ScalarValue::Utf8(Some(captured.name.clone())),
                ScalarValue::Utf8(Some(captured.id.to_string())),
            ]))
        });
        Ok(Self {
            files: files.collect::<Result<_>>()?,
            schema: TableSchema::builder(table.schema())
                .with_table_partition_cols(fields(CAPTURE_COLUMNS))
                .build(),
        })
    }
}

#[async_trait]
impl TableProvider for Recorded {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Row groups are skipped by their statistics; what is left is filtered again above.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            let schema = project_schema(&self.schema(), projection)?;
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let source = ParquetSource::new(self.schema.clone());
        let limit = if filters.is_empty() { limit } else { None };
        // The optimiser hands the filters to the source by itself; file by file in order, so that rows come in a fixed
        // order.
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_group(FileGroup::new(self.files.clone()))
            .with_preserve_order(true)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        // `state` is asked for nothing: batch size and memory come with the task.
        let _ = state;
        Ok(DataSourceExec::from_data_source(config))
    }
}
