//! `cofferdam diff`: two models, two configurations, or one of each, by what they let through.

use crate::Outcome;
use crate::commands::verify::Place;
use crate::error::CliError;
use crate::ui::{Form, Screen, count};
use clap::Args;
use cofferdam_policy::Diff;
use cofferdam_policy::symbolic::{Decision, Difference, Headers};
use cofferdam_site::{Compared, compare_files};
use serde::Serialize;
use std::path::PathBuf;

/// Most entries of a list in the text; `--json` has all.
const MOST_LISTED: usize = 20;

/// Compare two policies by what they let through: plant models (.toml), firewalls' configurations, or one of each
#[derive(Debug, Args)]
#[command(after_help = "\
Every new connection is compared, not a sample. The exit code is 1 if the two differ.
`diff plant.toml site.asa.cfg` compares a model with what a device does;
`diff old.asa.cfg new.nft` says what a migration would change.")]
pub(crate) struct DiffArgs {
    /// The first
    #[arg(value_name = "FILE")]
    first: PathBuf,
    /// The second
    #[arg(value_name = "FILE")]
    second: PathBuf,
    /// What configurations are of, if their endings do not tell
    #[arg(long, value_name = "BACKEND", value_parser = super::backends())]
    backend: Option<String>,
}

pub(crate) fn run(args: &DiffArgs, screen: &mut Screen) -> Result<Outcome, CliError> {
    let (sides, diff) = compare_files([&args.first, &args.second], args.backend.as_deref())?;
    match screen.form() {
        Form::Json => screen.json(&Report::new(&sides, &diff))?,
        Form::Text => text(&sides, &diff, screen)?,
    }
    Ok(if diff.is_empty() {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

fn text(sides: &[Compared; 2], diff: &Diff, screen: &mut Screen) -> Result<(), CliError> {
    let [first, second] = sides;
    let only = [
        (first, &diff.only_first, &diff.only_first_headers),
        (second, &diff.only_second, &diff.only_second_headers),
    ];
    if diff.is_empty() {
        screen.result("Both let the same new connections through.")?;
    }
    for (side, differences, headers) in only {
        if differences.is_empty() {
            continue;
        }
        screen.heading(&format!("Only {} lets through", side.file().display()))?;
        rows(headers, screen)?;
        for difference in differences.iter().take(MOST_LISTED) {
            screen.paragraph(&format!("such as {}", difference.packet))?;
            screen.field("first", &told(first, &difference.first))?;
            screen.field("second", &told(second, &difference.second))?;
        }
        if let Some(more @ 1..) = differences.len().checked_sub(MOST_LISTED) {
            screen.line(format!(
                "  and {} pairs of rules more; --json has all",
                count(more as u64)
            ))?;
        }
    }
    for side in sides {
        if let Compared::Model { file, residuals, .. } = side
            && !residuals.is_empty()
        {
            screen.note(&format!(
                "{}: {} things that no port filter can hold are not compared (operations, times); \
                 `cofferdam compile` lists them.",
                file.display(),
                count(residuals.len() as u64)
            ))?;
        }
    }
    Ok(())
}

/// The headers of a set, as far as they are listed.
pub(crate) fn rows(headers: &Headers, screen: &mut Screen) -> Result<(), CliError> {
    for row in headers.rows.iter().take(MOST_LISTED) {
        screen.line(crate::ui::wrapped("  ", &row.to_string()))?;
    }
    let more = headers.rows.len().saturating_sub(MOST_LISTED) + headers.more;
    if more > 0 {
        screen.line(format!("  and {} kinds of packets more", count(more as u64)))?;
    }
    Ok(())
}

fn told(side: &Compared, decision: &Decision) -> String {
    let place = match side {
        Compared::Configuration(configuration) => Place {
            configuration,
            device: 0,
        }
        .of(decision),
        Compared::Model { device, .. } => {
            let rule = decision
                .rule
                .and_then(|rule| device.stages.get(decision.stage)?.rules.get(rule));
            match rule {
                Some(rule) if rule.label.is_empty() => "what flows within a zone".to_owned(),
                Some(rule) => rule.label.clone(),
                None => "no conduit permits it".to_owned(),
            }
        }
    };
    format!("{} by {place}", decision.action.name())
}

#[derive(Serialize)]
struct Report {
    first: String,
    second: String,
    only_first: Vec<Told>,
    only_first_packets: Vec<String>,
    only_second: Vec<Told>,
    only_second_packets: Vec<String>,
    not_compared: Vec<String>,
}

#[derive(Serialize)]
struct Told {
    packet: String,
    first: String,
    second: String,
}

impl Report {
    fn new(sides: &[Compared; 2], diff: &Diff) -> Self {
        let [first, second] = sides;
        let all = |differences: &[Difference]| -> Vec<Told> {
            let told = |difference: &Difference| Told {
                packet: difference.packet.to_string(),
                first: told(first, &difference.first),
                second: told(second, &difference.second),
            };
            differences.iter().map(told).collect()
        };
        let rows = |headers: &Headers| headers.rows.iter().map(ToString::to_string).collect();
        let residuals = sides.iter().flat_map(|side| match side {
            Compared::Model { residuals, .. } => residuals.as_slice(),
            Compared::Configuration(_) => &[],
        });
        Self {
            first: first.file().display().to_string(),
            second: second.file().display().to_string(),
            only_first: all(&diff.only_first),
            only_first_packets: rows(&diff.only_first_headers),
            only_second: all(&diff.only_second),
            only_second_packets: rows(&diff.only_second_headers),
            not_compared: residuals.map(ToString::to_string).collect(),
        }
    }
}
