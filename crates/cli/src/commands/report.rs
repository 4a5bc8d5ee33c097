//! `cofferdam report`: inventory, zones, conduits, findings, shadow test and rules on one page, to be read or printed.

use crate::Outcome;
use crate::commands::check::now;
use crate::commands::inventory::{fact, product, served};
use crate::error::CliError;
use crate::report::{Report, html, markdown};
use crate::times::{TimeArgs, shown};
use crate::ui::{Screen, count, counted};
use clap::{Args, ValueEnum};
use cofferdam_observe::IdentityField;
use cofferdam_plant::{Conduit, Permit, Plant, Severity};
use cofferdam_policy::Finding;
use cofferdam_site::telemetry::{Table, durable};
use cofferdam_site::{ShadowTest, Site, SiteError, Target};
use std::path::PathBuf;

/// Write a report: inventory, zones, conduits, findings, shadow test and rules
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The file; standard output if none is given
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The form; if none is given, HTML for a file that ends in .html, else Markdown
    #[arg(long)]
    format: Option<Format>,
    #[command(flatten)]
    times: TimeArgs,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Markdown
    Markdown,
    /// One HTML file that loads nothing
    Html,
}

pub(crate) fn run(args: &ReportArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let report = written(args, site)?;
    let by_ending = || {
        let ending = args.output.as_deref().and_then(|path| path.extension());
        match ending.and_then(|ending| ending.to_str()) {
            Some("html" | "htm") => Format::Html,
            _ => Format::Markdown,
        }
    };
    let text = match args.format.unwrap_or_else(by_ending) {
        Format::Html => html(&report),
        Format::Markdown => markdown(&report),
    };
    match &args.output {
        None if screen.is_json() => screen.json(&serde_json::json!({ "report": text }))?,
        None => screen.bytes(text.as_bytes())?,
        Some(path) => {
            durable::write_file(path, text.as_bytes()).map_err(SiteError::from)?;
            let bytes = text.len();
            match screen.is_json() {
                true => screen.json(&serde_json::json!({ "file": path, "bytes": bytes }))?,
                false => screen.line(format!("Wrote {}", path.display()))?,
            }
        }
    }
    Ok(Outcome::Done)
}

fn written(args: &ReportArgs, site: &Site) -> Result<Report, CliError> {
    let mut report = Report::new(format!(
        "{}: zones, conduits and what an enforced policy would cut",
        site.settings().name
    ));
    report.text(format!(
        "Written {} UTC by cofferdam {}.",
        shown(now()),
        env!("CARGO_PKG_VERSION")
    ));
    captures(site, &mut report)?;
    inventory(site, &mut report)?;
    match site.check(None, now()) {
        Err(SiteError::NoPlant) => {
            report.text("There is no plant model yet, so there are no zones, findings or rules.")
        }
        Err(error) => return Err(error.into()),
        Ok(checked) => {
            zones(checked.document.plant(), &mut report);
            conduits(checked.document.plant(), &mut report);
            findings(&checked, &mut report);
            shadow(&site.shadow(None, args.times.range(site.span()?))?, &mut report);
            rules(site, &mut report)?;
        }
    }
    Ok(report)
}

fn captures(site: &Site, report: &mut Report) -> Result<(), CliError> {
    report.section("What was observed");
    let telemetry = site.telemetry()?;
    let rows = telemetry
        .captures()
        .map(|captured| {
            let (first, last) = captured.span.map_or_else(Default::default, |(first, last)| {
                (shown(first.into()), shown(last.into()))
            });
            vec![
                captured.name.clone(),
                first,
                last,
                count(captured.packets),
                count(captured.decoded),
                count(captured.rows(Table::Flows)),
                captured.sha256.clone(),
            ]
        })
        .collect();
    report.table(
        &[
            "Capture",
            "From (UTC)",
            "To (UTC)",
            "Packets",
            "Decoded",
            "Flow records",
            "SHA-256",
        ],
        rows,
    );
    for captured in telemetry.captures() {
        let damaged = captured.damage.iter();
        report.list(
            damaged.map(|damage| format!("{}, byte {}: {}", captured.name, damage.offset, damage.what)),
        );
        let observation = telemetry.observation(&captured.id)?;
        report.list(observation.coverage.advice);
    }
    report.list(
        telemetry
            .set_aside()
            .map(|aside| format!("Left out: {}: {} ({})", aside.capture, aside.reason, aside.file)),
    );
    Ok(())
}

fn inventory(site: &Site, report: &mut Report) -> Result<(), CliError> {
    let assets = site.inventory()?.assets;
    report.section("Inventory");
    report.text(format!(
        "{}, as they were seen; roles are guesses with a confidence.",
        counted(assets.len() as u64, "asset")
    ));
    let rows = assets
        .iter()
        .map(|asset| {
            vec![
                asset.key.clone(),
                fact(asset, IdentityField::HostName).unwrap_or_default(),
                format!("{} ({:.0}%)", asset.role.role, asset.role.confidence * 100.0),
                product(asset),
                served(&asset.serves),
                served(&asset.uses),
            ]
        })
        .collect();
    report.table(
        &["Asset", "Name", "Role", "Maker and product", "Serves", "Uses"],
        rows,
    );
    Ok(())
}

fn zones(plant: &Plant, report: &mut Report) {
    report.section("Zones");
    let rows = plant
        .zones()
        .iter()
        .map(|zone| {
            let inside = plant
                .assets()
                .iter()
                .filter(|asset| asset.zone.as_ref() == Some(&zone.id));
            let assets: Vec<_> = inside.map(|asset| asset.id.to_string()).collect();
            vec![
                zone.id.to_string(),
                zone.kind.name().to_owned(),
                plant
                    .sl_t(&zone.id)
                    .map_or_else(|| "not set".to_owned(), |level| level.0.to_string()),
                zone.owner.clone().unwrap_or_else(|| "none".to_owned()),
                assets.join(", "),
                zone.reason.clone(),
            ]
        })
        .collect();
    report.table(&["Zone", "Kind", "SL-T", "Owner", "Assets", "Why"], rows);
}

fn conduits(plant: &Plant, report: &mut Report) {
    report.section("Conduits");
    for conduit in plant.conduits() {
        conduit_table(conduit, report);
    }
    if plant.conduits().is_empty() {
        report.text("The model has no conduit: nothing may flow between zones.");
    }
}

fn conduit_table(conduit: &Conduit, report: &mut Report) {
    let zones: Vec<_> = conduit.zones.iter().map(ToString::to_string).collect();
    report.heading(format!("{}: {}", conduit.id, zones.join(", ")));
    if !conduit.reason.is_empty() {
        report.text(conduit.reason.clone());
    }
    let rows = conduit.permits.iter().map(permit_row).collect();
    report.table(&["Permit", "From", "To", "Services", "Operations", "Why"], rows);
}

fn permit_row(permit: &Permit) -> Vec<String> {
    let listed = |texts: Vec<String>| texts.join(", ");
    vec![
        permit.id.to_string(),
        listed(permit.from.iter().map(ToString::to_string).collect()),
        listed(permit.to.iter().map(ToString::to_string).collect()),
        listed(permit.services.iter().map(ToString::to_string).collect()),
        permit.operations.to_string(),
        permit.reason.clone(),
    ]
}

fn findings(checked: &cofferdam_site::CheckReport, report: &mut Report) {
    report.section("Findings of the checks");
    let diagnostics = &checked.checked.diagnostics;
    let of = |severity| {
        diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count() as u64
    };
    report.text(format!(
        "{}, {}, {}.",
        counted(of(Severity::Error), "error"),
        counted(of(Severity::Warning), "warning"),
        counted(of(Severity::Note), "note")
    ));
    let rows = diagnostics
        .iter()
        .map(|diagnostic| {
            let clauses: Vec<_> = diagnostic.clauses.iter().map(ToString::to_string).collect();
            let line = diagnostic
                .primary
                .span
                .as_ref()
                .map_or_else(String::new, |span| span.from.line.to_string());
            vec![
                diagnostic.severity.name().to_owned(),
                diagnostic.code.0.to_owned(),
                line,
                diagnostic.message.clone(),
                diagnostic.help.clone().unwrap_or_default(),
                clauses.join(", "),
            ]
        })
        .collect();
    report.table(&["Severity", "Check", "Line", "What", "Mend", "Clauses"], rows);
}

fn shadow(test: &ShadowTest, report: &mut Report) {
    report.section("Shadow test: what an enforced policy would have cut");
    let shadow = &test.report;
    report.text(shadow.sentence.clone());
    report.list(shadow.coverage.sentences.iter().cloned());
    let rows = shadow.findings.iter().map(finding_row).collect();
    report.table(&["Likely", "What", "Would let it through"], rows);
}

fn finding_row(finding: &Finding) -> Vec<String> {
    let edits: Vec<_> = finding.edits.iter().map(ToString::to_string).collect();
    vec![
        finding.judgement.likely.name().to_owned(),
        finding.sentence.clone(),
        edits.join("; "),
    ]
}

fn rules(site: &Site, report: &mut Report) -> Result<(), CliError> {
    report.section("Rules");
    for point in site.rules(None, &Target::Points)? {
        report.heading(format!("{} ({})", point.scope.name(), point.device.title));
        report.code(point.compiled.text);
        report.text("What the device can't hold, to be watched for:");
        report.list(point.compiled.residuals.iter().map(ToString::to_string));
    }
    Ok(())
}
