//! `cofferdam shadow`: what an enforced model would have cut of what was recorded, one sentence a finding first.

use crate::Outcome;
use crate::error::CliError;
use crate::times::{TimeArgs, shown};
use crate::ui::{Align, Form, Screen, Table, count, counted, wrapped};
use clap::{Args, ValueEnum};
use cofferdam_policy::{Amount, DutyCoverage, Finding, Group, Likely, ShadowReport};
use cofferdam_site::telemetry::form::Time;
use cofferdam_site::{ShadowTest, Site};
use serde::Serialize;
use std::path::PathBuf;

/// Test the model on recorded traffic: what would have been cut, by whom, when, and what would let it through
#[derive(Debug, Args)]
pub(crate) struct ShadowArgs {
    /// Another model than the site's plant.toml
    #[arg(value_name = "FILE")]
    plant: Option<PathBuf>,
    /// Which cuts make the exit code 1
    #[arg(long, value_name = "CUTS", default_value = "never")]
    fail_on: FailOn,
    /// Show at most so many findings and rows of each table; 0 shows all
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Show the evidence for each finding, and the edits that would let it through
    #[arg(long)]
    why: bool,
    #[command(flatten)]
    times: TimeArgs,
}

/// Which cuts count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Those that are likely needed
    Needed,
    /// Those that are likely needed or unclear
    Unclear,
    /// Any
    Any,
    /// None
    Never,
}

impl FailOn {
    fn counts(self, likely: Likely) -> bool {
        match self {
            Self::Needed => likely == Likely::Needed,
            Self::Unclear => likely <= Likely::Unclear,
            Self::Any => true,
            Self::Never => false,
        }
    }
}

pub(crate) fn run(args: &ShadowArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let test = site.shadow(args.plant.as_deref(), args.times.range(site.span()?))?;
    for aside in &test.set_aside {
        screen.warning(&format!(
            "capture `{}` is left out: {} ({})",
            aside.capture, aside.reason, aside.file
        ))?;
    }
    match screen.form() {
        Form::Json => screen.json(&Report::from(&test))?,
        Form::Text => text(args, &test.report, screen)?,
    }
    let counts = |finding: &Finding| args.fail_on.counts(finding.judgement.likely);
    if test.report.findings.iter().any(counts) {
        Ok(Outcome::Found)
    } else {
        Ok(Outcome::Done)
    }
}

fn text(args: &ShadowArgs, report: &ShadowReport, screen: &mut Screen) -> Result<(), CliError> {
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    screen.result(&report.sentence)?;
    if let Some((first, last)) = report.span {
        screen.line(format!("Recorded from {} to {} UTC.", shown(first), shown(last)))?;
    }
    for finding in report.findings.iter().take(limit) {
        screen.paragraph(&format!(
            "{}: {}",
            finding.judgement.likely.name(),
            finding.sentence
        ))?;
        if args.why {
            why(finding, screen)?;
        }
    }
    more(report.findings.len(), limit, "finding", screen)?;
    totals(report, screen)?;
    for (name, groups) in [
        ("ZONES", &report.breakdown.zones),
        ("SERVICE", &report.breakdown.services),
        ("OPERATION", &report.breakdown.operations),
        ("HOST", &report.breakdown.hosts),
    ] {
        table(name, groups, limit, screen)?;
    }
    coverage(&report.coverage, screen)?;
    if !report.unused.is_empty() {
        let names: Vec<_> = unused(report).into_iter().take(limit).collect();
        screen.paragraph(&format!(
            "{} let nothing through in this recording: {}",
            counted(report.unused.len() as u64, "permit"),
            names.join(", ")
        ))?;
        more(report.unused.len(), limit, "permit", screen)?;
    }
    if report.dropped.records > 0 {
        screen.warning(&format!(
            "{} found no place and were not judged: the limit of conversations is reached",
            counted(report.dropped.records, "flow record")
        ))?;
    }
    Ok(())
}

fn why(finding: &Finding, screen: &mut Screen) -> Result<(), CliError> {
    for evidence in &finding.judgement.evidence {
        screen.line(wrapped(&format!("    {:+} ", evidence.points), &evidence.text))?;
    }
    // An edit is one line of the model, to be copied: it is not wrapped.
    for edit in &finding.edits {
        screen.line(format!("    to let it through: {edit}"))?;
    }
    Ok(())
}

fn more(all: usize, limit: usize, what: &str, screen: &mut Screen) -> Result<(), CliError> {
    match all.checked_sub(limit) {
        None | Some(0) => Ok(()),
        Some(more) => screen.line(format!("and {}; --limit 0 shows all", counted(more as u64, what))),
    }
}

fn totals(report: &ShadowReport, screen: &mut Screen) -> Result<(), CliError> {
    let totals = &report.totals;
    let mut table = Table::new([
        ("WHAT BECAME OF IT", Align::Left),
        ("RECORDS", Align::Right),
        ("CONNECTIONS", Align::Right),
        ("REQUESTS", Align::Right),
        ("PACKETS", Align::Right),
    ]);
    for (name, amount) in [
        ("permitted by a conduit", &totals.permitted),
        ("within a zone", &totals.intra_zone),
        ("within a segment", &totals.segment),
        ("cut by a port filter", &totals.cut_by_port_filter),
        ("cut by an application gateway alone", &totals.cut_by_gateway),
        ("cut on the link alone", &totals.cut_on_link),
    ] {
        table.row([
            name.to_owned(),
            count(amount.records),
            count(amount.connections),
            count(amount.requests),
            count(amount.traffic.packets),
        ]);
    }
    screen.line(format!("\n{table}").trim_end())
}

fn table(name: &str, groups: &[Group], limit: usize, screen: &mut Screen) -> Result<(), CliError> {
    if groups.is_empty() {
        return Ok(());
    }
    let mut table = Table::new([
        (name, Align::Left),
        ("FINDINGS", Align::Right),
        ("REQUESTS", Align::Right),
        ("PACKETS", Align::Right),
        ("FIRST CUT (UTC)", Align::Whole),
        ("LAST CUT (UTC)", Align::Whole),
    ]);
    for group in groups.iter().take(limit) {
        table.row([
            group.label.clone(),
            count(group.findings),
            count(group.amount.requests),
            count(group.amount.traffic.packets),
            shown(group.first),
            shown(group.last),
        ]);
    }
    screen.line(format!("\n{table}").trim_end())?;
    more(groups.len(), limit, "row", screen)
}

fn coverage(coverage: &DutyCoverage, screen: &mut Screen) -> Result<(), CliError> {
    screen.heading("\nWhat the recording covers")?;
    coverage
        .sentences
        .iter()
        .try_for_each(|sentence| screen.paragraph(sentence))
}

fn unused(report: &ShadowReport) -> Vec<String> {
    let unused = report.unused.iter();
    unused
        .map(|(conduit, permit)| format!("{conduit}/{permit}"))
        .collect()
}

#[derive(Serialize)]
struct Report {
    model: String,
    sentence: String,
    learned: Option<(Time, Time)>,
    recorded: Option<(Time, Time)>,
    totals: TotalsReport,
    findings: Vec<FindingReport>,
    unused_permits: Vec<String>,
    coverage: CoverageReport,
    records_not_judged: u64,
}

#[derive(Serialize)]
struct TotalsReport {
    permitted: AmountReport,
    intra_zone: AmountReport,
    segment: AmountReport,
    cut_by_port_filter: AmountReport,
    cut_by_gateway: AmountReport,
    cut_on_link: AmountReport,
}

#[derive(Serialize)]
struct AmountReport {
    records: u64,
    connections: u64,
    requests: u64,
    packets: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct FindingReport {
    sentence: String,
    likely: &'static str,
    points: i32,
    evidence: Vec<EvidenceReport>,
    initiator: WhoReport,
    responder: WhoReport,
    transport: String,
    port: u16,
    protocols: Vec<&'static str>,
    cut_by: &'static str,
    reason: &'static str,
    because: String,
    amount: AmountReport,
    first: Time,
    last: Time,
    rhythm: String,
    operations: Vec<OperationReport>,
    edits: Vec<String>,
}

#[derive(Serialize)]
struct EvidenceReport {
    points: i32,
    text: String,
}

#[derive(Serialize)]
struct WhoReport {
    address: String,
    name: String,
    asset: Option<String>,
    role: &'static str,
    zone: Option<String>,
}

#[derive(Serialize)]
struct OperationReport {
    protocol: &'static str,
    operation: &'static str,
    function_code: u32,
    function: String,
    unit: Option<u32>,
    requests: u64,
}

#[derive(Serialize)]
struct CoverageReport {
    hours: u64,
    days: u64,
    hours_of_day: u32,
    weekdays: u32,
    month_days: u32,
    gaps: u64,
    sentences: Vec<String>,
}

impl From<&ShadowTest> for Report {
    fn from(test: &ShadowTest) -> Self {
        let report = &test.report;
        let coverage = &report.coverage;
        Self {
            model: test.document.source().name().to_owned(),
            sentence: report.sentence.clone(),
            learned: test.learned.map(|learned| (learned.first, learned.last)),
            recorded: report.span.map(|(first, last)| (first.into(), last.into())),
            totals: TotalsReport {
                permitted: AmountReport::from(&report.totals.permitted),
                intra_zone: AmountReport::from(&report.totals.intra_zone),
                segment: AmountReport::from(&report.totals.segment),
                cut_by_port_filter: AmountReport::from(&report.totals.cut_by_port_filter),
                cut_by_gateway: AmountReport::from(&report.totals.cut_by_gateway),
                cut_on_link: AmountReport::from(&report.totals.cut_on_link),
            },
            findings: report.findings.iter().map(FindingReport::from).collect(),
            unused_permits: unused(report),
            coverage: CoverageReport {
                hours: coverage.hours,
                days: coverage.days,
                hours_of_day: coverage.hours_of_day,
                weekdays: coverage.weekdays,
                month_days: coverage.month_days,
                gaps: coverage.gaps,
                sentences: coverage.sentences.clone(),
            },
            records_not_judged: report.dropped.records,
        }
    }
}

impl From<&Amount> for AmountReport {
    fn from(amount: &Amount) -> Self {
        Self {
            records: amount.records,
            connections: amount.connections,
            requests: amount.requests,
            packets: amount.traffic.packets,
            bytes: amount.traffic.bytes,
        }
    }
}

impl From<&Finding> for FindingReport {
    fn from(finding: &Finding) -> Self {
        let evidence = finding.judgement.evidence.iter();
        Self {
            sentence: finding.sentence.clone(),
            likely: finding.judgement.likely.name(),
            points: finding.judgement.points,
            evidence: evidence
                .map(|evidence| EvidenceReport {
                    points: evidence.points,
                    text: evidence.text.clone(),
                })
                .collect(),
            initiator: WhoReport::from(&finding.initiator),
            responder: WhoReport::from(&finding.responder),
            transport: finding.key.transport.to_string(),
            port: finding.key.responder_port,
            protocols: finding.protocols.clone(),
            cut_by: finding.cut_by.name(),
            reason: finding.reason,
            because: finding.because.clone(),
            amount: AmountReport::from(&finding.amount),
            first: finding.first.into(),
            last: finding.last.into(),
            rhythm: finding.rhythm.to_string(),
            operations: finding
                .operations
                .iter()
                .map(|(key, asked)| OperationReport {
                    protocol: key.protocol.0,
                    operation: key.operation.name(),
                    function_code: key.function,
                    function: asked.function_name.to_string(),
                    unit: key.unit,
                    requests: asked.requests,
                })
                .collect(),
            edits: finding.edits.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&cofferdam_policy::Who> for WhoReport {
    fn from(who: &cofferdam_policy::Who) -> Self {
        Self {
            address: who.key.to_string(),
            name: who.name.clone(),
            asset: who.asset.as_ref().map(ToString::to_string),
            role: who.role.name(),
            zone: who.zone.as_ref().map(|(zone, _)| zone.to_string()),
        }
    }
}
