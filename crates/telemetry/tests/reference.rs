//! The page of tables and columns is made from the schema, and a stale one fails here.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it did not expect has failed"
)]

use cofferdam_telemetry::{ColumnKind, Table};
use std::fmt::Write;
use std::path::Path;

fn kind(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Texts => "list of text",
        ColumnKind::Numbers16 => "list of numbers",
        ColumnKind::Number16 | ColumnKind::Number32 | ColumnKind::Number64 => "number",
        ColumnKind::Real => "fraction",
        ColumnKind::Flag => "true or false",
        ColumnKind::Time => "time, UTC, nanoseconds",
    }
}

#[test]
fn the_page_of_tables_is_that_of_the_schema() {
    let mut page = String::from(
        "# Tables\n\nWhat `cofferdam query` can be asked. The files are Parquet, one for each capture and table, in the site's\n\
         `telemetry/` folder; any tool that reads Parquet reads them. In SQL, every table has two columns more: `capture`,\n\
         the capture's file name, and `capture_id`, the capture by its content. A flow record and what was asked over it\n\
         have the same `capture_id` and `flow`.\n",
    );
    for table in Table::ALL {
        write!(
            page,
            "\n## {}\n\n| column | kind | meaning |\n| --- | --- | --- |\n",
            table.name()
        )
        .unwrap();
        for column in table.columns() {
            let null = if column.nullable { ", or null" } else { "" };
            writeln!(
                page,
                "| `{}` | {}{null} | {} |",
                column.name,
                kind(column.kind),
                column.meaning
            )
            .unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tables.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "docs/tables.md is stale: run this test with UPDATE=1 and have the difference reviewed"
    );
}
