//! `cofferdam query`: a question in SQL over what was observed.

use crate::Outcome;
use crate::error::CliError;
use crate::ui::{Align, Form, Screen, Table, counted};
use clap::{Args, ValueEnum};
use cofferdam_site::Site;
use cofferdam_site::telemetry::{Answer, Table as Recorded};

/// Ask a question in SQL: tables flows, operations, assets, identity_facts, events, writes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cofferdam query \"select responder_ip, count(*) from flows group by 1 order by 2 desc limit 10\"
  cofferdam query \"select * from operations where operation = 'write' order by first_seen\"
  cofferdam query \"describe flows\"
  cofferdam query --columns")]
pub(crate) struct QueryArgs {
    /// One statement: SELECT, EXPLAIN, SHOW or DESCRIBE
    #[arg(value_name = "SQL", required_unless_present = "columns")]
    statement: Option<String>,
    /// List the tables and columns, with what they mean
    #[arg(long, conflicts_with = "statement")]
    columns: bool,
    /// The form of the answer; --json means json
    #[arg(long, default_value = "table")]
    format: Format,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table
    Table,
    /// One JSON object a line
    Json,
    /// Comma-separated values
    Csv,
}

pub(crate) fn run(args: &QueryArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let Some(statement) = &args.statement else {
        return columns(screen);
    };
    let answer = site.query(statement)?;
    let format = match screen.form() {
        Form::Json => Format::Json,
        Form::Text => args.format,
    };
    match format {
        Format::Json => screen.bytes(&answer.json_lines()?)?,
        Format::Csv => screen.bytes(answer.csv()?.as_bytes())?,
        Format::Table => table(&answer, screen)?,
    }
    if answer.is_cut() {
        let rows = counted(answer.len() as u64, "row");
        screen.warning(&format!(
            "the answer is cut after {rows}: narrow the question, or raise `query-rows` in cofferdam.toml"
        ))?;
    }
    Ok(Outcome::Done)
}

fn table(answer: &Answer, screen: &mut Screen) -> Result<(), CliError> {
    let aligns = answer
        .numeric()
        .into_iter()
        .map(|numeric| if numeric { Align::Right } else { Align::Left });
    let mut table = Table::new(answer.columns().into_iter().zip(aligns));
    for row in answer.rows()? {
        table.row(row);
    }
    screen.line(table.to_string().trim_end())?;
    screen.note(&counted(answer.len() as u64, "row"))
}

fn columns(screen: &mut Screen) -> Result<Outcome, CliError> {
    for recorded in Recorded::ALL {
        match screen.form() {
            Form::Json => {
                for column in recorded.columns() {
                    screen.json(&serde_json::json!({
                        "table": recorded.name(),
                        "column": column.name,
                        "nullable": column.nullable,
                        "meaning": column.meaning,
                    }))?;
                }
            }
            Form::Text => {
                screen.heading(recorded.name())?;
                for column in recorded.columns() {
                    screen.line(format!("  {:<18}{}", column.name, column.meaning))?;
                }
            }
        }
    }
    Ok(Outcome::Done)
}
