//! `cofferdam import`: the inventory that another system declares, merged into plant.toml by a plan that is shown.

use crate::Outcome;
use crate::error::CliError;
use crate::ui::{Align, Form, Screen, Table, count, counted};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use cofferdam_import::merge::{Change, ChangeKind, Effect, OnConflict};
use cofferdam_import::table::{Column, Field, Preview, Why};
use cofferdam_import::{Options, READERS};
use cofferdam_site::{Carry, Imported, Site};
use serde::Serialize;
use std::path::PathBuf;

/// Most lines of a list in the text; `--json` has all.
const MOST_LISTED: usize = 40;

/// Merge a declared inventory into plant.toml: spreadsheets, scans, engineering projects, CMDBs
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct ImportArgs {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Its format, if its content does not tell
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    format: Option<String>,
    /// The sheet of a workbook; else the first that has rows
    #[arg(long, value_name = "SHEET")]
    sheet: Option<String>,
    /// A column that its heading does not tell: `firmware=FW Rev`, or by its place `firmware=7`; may be repeated
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = mapping)]
    column: Vec<(Field, Column)>,
    /// Show how the columns of a table would be read, and its first rows
    #[arg(long, conflicts_with_all = ["dry_run", "on_conflict"])]
    preview: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Where the file and the model say different things: change nothing at all, keep the model's, or take the file's
    #[arg(long, value_name = "POLICY", default_value = "stop")]
    on_conflict: Policy,
}

/// What to do about conflicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Policy {
    /// Change nothing while there is one
    Stop,
    /// Keep what the model says
    Skip,
    /// Take what the file says
    Update,
}

impl From<Policy> for OnConflict {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Stop => Self::Stop,
            Policy::Skip => Self::Skip,
            Policy::Update => Self::Update,
        }
    }
}

/// Why a mapping can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum BadMapping {
    #[error("write FIELD=COLUMN, such as firmware=7")]
    NoSign,
    #[error("there is no field `{0}`; the fields are {names}", names = fields())]
    NoField(String),
}

fn mapping(word: &str) -> Result<(Field, Column), BadMapping> {
    let (field, column) = word.split_once('=').ok_or(BadMapping::NoSign)?;
    let known = Field::ALL.into_iter().find(|known| known.name() == field.trim());
    let field = known.ok_or_else(|| BadMapping::NoField(field.to_owned()))?;
    let column = match column.trim().parse() {
        Ok(number) => Column::Number(number),
        Err(_) => Column::Heading(column.trim().to_owned()),
    };
    Ok((field, column))
}

fn fields() -> String {
    Field::ALL.map(Field::name).join(", ")
}

fn formats() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(READERS.iter().map(|reader| reader.name))
}

fn after_help() -> String {
    let lines = READERS
        .iter()
        .map(|reader| format!("  {:<13}{}\n", reader.name, reader.title));
    format!(
        "Formats:\n{}\nFields for --column: {}",
        lines.collect::<String>(),
        fields()
    )
}

pub(crate) fn run(args: &ImportArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let options = Options {
        format: args.format.clone(),
        mapping: args.column.clone(),
        sheet: args.sheet.clone(),
    };
    if args.preview {
        return preview(args, site.import_preview(&args.file, &options)?, screen);
    }
    let carry = if args.dry_run { Carry::DryRun } else { Carry::Out };
    let imported = site.import(&args.file, &options, args.on_conflict.into(), carry)?;
    match screen.form() {
        Form::Json => screen.json(&Report::from(&imported))?,
        Form::Text => text(args, &imported, screen)?,
    }
    Ok(Outcome::Done)
}

fn preview(args: &ImportArgs, preview: Option<Preview>, screen: &mut Screen) -> Result<Outcome, CliError> {
    let Some(preview) = preview else {
        screen.note("This format has no columns to map; `--dry-run` shows what it would change.")?;
        return Ok(Outcome::Done);
    };
    if screen.is_json() {
        let columns = preview.columns.iter().map(|column| {
            serde_json::json!({
                "heading": column.heading,
                "field": column.field.map(|(field, _)| field.name()),
                "why": column.field.map(|(_, why)| reason(why)),
            })
        });
        screen.json(&serde_json::json!({
            "sheets": preview.sheets,
            "headings_at": preview.headings_at,
            "columns": columns.collect::<Vec<_>>(),
            "rows": preview.rows,
        }))?;
        return Ok(Outcome::Done);
    }
    screen.heading(&args.file.display().to_string())?;
    if !preview.sheets.is_empty() {
        screen.field("sheets", &preview.sheets.join(", "))?;
    }
    screen.field("headings", &format!("row {}", preview.headings_at))?;
    let mut table = Table::new([
        ("COLUMN", Align::Right),
        ("HEADING", Align::Left),
        ("READ AS", Align::Left),
        ("BECAUSE", Align::Left),
        ("FIRST VALUES", Align::Left),
    ]);
    for (at, column) in preview.columns.iter().enumerate() {
        let values = preview.rows.iter().filter_map(|row| row.get(at));
        let values = values
            .filter(|value| !value.is_empty())
            .take(3)
            .map(String::as_str);
        table.row([
            (at + 1).to_string(),
            column.heading.clone(),
            column
                .field
                .map_or("not read", |(field, _)| field.name())
                .to_owned(),
            column.field.map_or("", |(_, why)| reason(why)).to_owned(),
            values.collect::<Vec<_>>().join(", "),
        ]);
    }
    screen.line(table.to_string().trim_end())?;
    screen.note("Map a column with `--column FIELD=HEADING`; `--dry-run` shows what would change.")?;
    Ok(Outcome::Done)
}

const fn reason(why: Why) -> &'static str {
    match why {
        Why::Given => "given",
        Why::Heading => "heading",
    }
}

fn text(args: &ImportArgs, imported: &Imported, screen: &mut Screen) -> Result<(), CliError> {
    let Imported {
        import,
        plan,
        written,
    } = imported;
    screen.heading(&args.file.display().to_string())?;
    screen.field("format", &format!("{}, {}", import.format, import.encoding))?;
    screen.field("records", &count(import.records))?;
    let kinds = ChangeKind::ALL.map(|kind| format!("{} {}", kind.name(), count(plan.count(kind) as u64)));
    screen.field("assets", &kinds.join(", "))?;
    if !import.catalogue.is_empty() {
        catalogue(imported, screen)?;
    }
    let shown = plan
        .changes
        .iter()
        .filter(|change| change.kind != ChangeKind::Same);
    for change in shown.clone().take(MOST_LISTED) {
        one(change, screen)?;
    }
    screen.rest(shown.count() as u64, MOST_LISTED)?;
    set_aside(imported, screen)?;
    let verdict = match (args.dry_run, plan.changes_anything(), written) {
        (true, true, _) => "Nothing was changed: this was a dry run.",
        (true, false, _) => "It would change nothing.",
        (false, _, true) => "plant.toml was changed.",
        (false, _, false) => "plant.toml says all of it already.",
    };
    screen.result(verdict)
}

fn one(change: &Change, screen: &mut Screen) -> Result<(), CliError> {
    let asset = change.asset.as_ref().map_or("?", |asset| asset.as_str());
    screen.line(format!(
        "{} {asset} ({}, {})",
        change.kind.name(),
        change.at,
        change.key
    ))?;
    for field in &change.fields {
        let told = match (&field.from, field.effect) {
            (Some(from), Effect::Kept) => format!("{from}, and not {} ({})", field.to, field.at),
            (Some(from), Effect::Filled | Effect::Replaced) => {
                format!("{from} → {} ({})", field.to, field.at)
            }
            (None, _) => format!("{} ({})", field.to, field.at),
        };
        screen.field(&field.field, &told)?;
    }
    for conflict in &change.conflicts {
        screen.field("conflict", &conflict.to_string())?;
        screen.field("", conflict.help())?;
    }
    Ok(())
}

fn catalogue(imported: &Imported, screen: &mut Screen) -> Result<(), CliError> {
    let entries = &imported.import.catalogue;
    screen.field("products", &counted(entries.len() as u64, "product"))?;
    for entry in entries.iter().take(MOST_LISTED) {
        let words = [
            &entry.vendor,
            &entry.product,
            &entry.order_number,
            &entry.revision,
        ];
        let words: Vec<_> = words.into_iter().flatten().map(String::as_str).collect();
        screen.line(format!("  {} ({}): {}", entry.code, entry.at, words.join(", ")))?;
    }
    screen.rest(entries.len() as u64, MOST_LISTED)
}

fn set_aside(imported: &Imported, screen: &mut Screen) -> Result<(), CliError> {
    let aside = &imported.import.set_aside;
    let all = aside.len() as u64 + imported.import.set_aside_unlisted;
    if all == 0 {
        return Ok(());
    }
    screen.line(format!("set aside: {}", count(all)))?;
    for aside in aside.iter().take(MOST_LISTED) {
        screen.paragraph(&format!(
            "{} ({}): {}; {}",
            aside.at,
            aside.scope.name(),
            aside.fault,
            aside.fault.help()
        ))?;
    }
    screen.rest(all, MOST_LISTED)
}

#[derive(Serialize)]
struct Report<'a> {
    file: &'a str,
    format: &'static str,
    encoding: &'static str,
    records: u64,
    written: bool,
    changes: Vec<ChangeReport<'a>>,
    products: Vec<ProductReport<'a>>,
    set_aside: Vec<AsideReport>,
    set_aside_unlisted: u64,
}

#[derive(Serialize)]
struct ChangeReport<'a> {
    key: &'a str,
    at: String,
    asset: Option<&'a str>,
    kind: &'static str,
    fields: Vec<FieldReport<'a>>,
    conflicts: Vec<Told>,
}

#[derive(Serialize)]
struct FieldReport<'a> {
    field: &'a str,
    from: Option<&'a str>,
    to: &'a str,
    at: String,
    effect: &'static str,
}

#[derive(Serialize)]
struct Told {
    what: String,
    help: &'static str,
}

#[derive(Serialize)]
struct ProductReport<'a> {
    code: String,
    at: String,
    vendor: Option<&'a str>,
    product: Option<&'a str>,
    order_number: Option<&'a str>,
    revision: Option<&'a str>,
}

#[derive(Serialize)]
struct AsideReport {
    at: String,
    scope: &'static str,
    #[serde(flatten)]
    told: Told,
}

impl<'a> From<&'a Imported> for Report<'a> {
    fn from(imported: &'a Imported) -> Self {
        let import = &imported.import;
        Self {
            file: &import.file,
            format: import.format,
            encoding: import.encoding,
            records: import.records,
            written: imported.written,
            changes: imported.plan.changes.iter().map(ChangeReport::from).collect(),
            products: import
                .catalogue
                .iter()
                .map(|entry| ProductReport {
                    code: entry.code.to_string(),
                    at: entry.at.to_string(),
                    vendor: entry.vendor.as_deref(),
                    product: entry.product.as_deref(),
                    order_number: entry.order_number.as_deref(),
                    revision: entry.revision.as_deref(),
                })
                .collect(),
            set_aside: import
                .set_aside
                .iter()
                .map(|aside| AsideReport {
                    at: aside.at.to_string(),
                    scope: aside.scope.name(),
                    told: Told {
                        what: aside.fault.to_string(),
                        help: aside.fault.help(),
                    },
                })
                .collect(),
            set_aside_unlisted: import.set_aside_unlisted,
        }
    }
}

impl<'a> From<&'a Change> for ChangeReport<'a> {
    fn from(change: &'a Change) -> Self {
        Self {
            key: change.key.as_str(),
            at: change.at.to_string(),
            asset: change.asset.as_ref().map(|asset| asset.as_str()),
            kind: change.kind.name(),
            fields: change
                .fields
                .iter()
                .map(|field| FieldReport {
                    field: &field.field,
                    from: field.from.as_deref(),
                    to: &field.to,
                    at: field.at.to_string(),
                    effect: field.effect.name(),
                })
                .collect(),
            conflicts: change
                .conflicts
                .iter()
                .map(|conflict| Told {
                    what: conflict.to_string(),
                    help: conflict.help(),
                })
                .collect(),
        }
    }
}
