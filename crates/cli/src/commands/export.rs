//! `cofferdam export`: the plant model in a format of other tools.

use crate::Outcome;
use crate::commands::check::now;
use crate::error::CliError;
use crate::ui::{Form, Screen};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cofferdam_import::{EXPORTS, Export, ExportContext};
use cofferdam_site::telemetry::durable;
use cofferdam_site::{Site, SiteError};
use std::path::PathBuf;

/// Write the plant model in a format of other tools: inventories, bills of materials, drawings
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct ExportArgs {
    /// The format
    #[arg(value_name = "FORMAT", value_parser = formats())]
    format: &'static Export,
    /// Another file than the site's plant.toml
    #[arg(long, value_name = "FILE")]
    plant: Option<PathBuf>,
    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Let the file say when it was written; without it the same model gives the same bytes
    #[arg(long)]
    dated: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("there is no such format")]
struct NoSuchFormat;

fn formats() -> impl TypedValueParser<Value = &'static Export> {
    PossibleValuesParser::new(EXPORTS.iter().map(|export| export.name))
        .try_map(|name| Export::named(&name).ok_or(NoSuchFormat))
}

fn after_help() -> String {
    let lines = EXPORTS.iter().map(|export| {
        let Export { name, title, .. } = export;
        format!("  {name:<13}{title}\n")
    });
    format!("Formats:\n{}", lines.collect::<String>())
}

pub(crate) fn run(args: &ExportArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let format = args.format;
    let context = ExportContext {
        now: args.dated.then(now),
    };
    let text = site.export(format, args.plant.as_deref(), &context)?;
    match (&args.output, screen.form()) {
        (Some(path), form) => {
            durable::write_file(path, text.as_bytes()).map_err(SiteError::from)?;
            match form {
                Form::Json => screen.json(&serde_json::json!({
                    "format": format.name,
                    "file": path,
                    "bytes": text.len(),
                }))?,
                Form::Text => screen.line(format!("Wrote {}: {}", path.display(), format.title))?,
            }
        }
        (None, Form::Json) => {
            screen.json(&serde_json::json!({ "format": format.name, "text": text }))?;
        }
        (None, Form::Text) => screen.bytes(text.as_bytes())?,
    }
    Ok(Outcome::Done)
}
