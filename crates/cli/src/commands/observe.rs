//! `cofferdam observe`: captures in, flows, assets and coverage into the site's telemetry, a summary out.

use crate::Outcome;
use crate::error::CliError;
use crate::times::{length, shown};
use crate::ui::{Form, Screen, count, counted};
use clap::Args;
use cofferdam_capture::live::Settings as LiveSettings;
use cofferdam_capture::{Damage, OpenError};
use cofferdam_observe::{Coverage, SetAside};
use cofferdam_site::telemetry::form::CoverageForm;
use cofferdam_site::telemetry::{Captured, Table};
use cofferdam_site::{Input, LogsObserved, More, ObserveOptions, ObserveReport, Observed, Site};
use serde::Serialize;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Most lines of a list in the summary; `--json` has all.
const MOST_LISTED: usize = 8;

/// Observe captures or logs: record flows, operations, assets and coverage, and say what was seen
#[derive(Debug, Args)]
pub(crate) struct ObserveArgs {
    /// Capture files (pcap, pcapng), logs of Zeek with or without the ICSNPP parsers, EVE logs of Suricata, all plain
    /// or packed with gzip or zstd, folders of them, or - for a capture on standard input
    #[arg(
        value_name = "CAPTURE",
        required_unless_present = "interface",
        conflicts_with = "interface"
    )]
    captures: Vec<PathBuf>,
    /// Observe a network interface instead, receive only, until Ctrl-C
    #[arg(long, value_name = "NAME")]
    interface: Option<String>,
    /// Stop observing the interface after so long
    #[arg(long = "for", value_name = "LENGTH", value_parser = length, requires = "interface")]
    length: Option<Duration>,
    /// Record what the interface gives in segments of so long
    #[arg(long, value_name = "LENGTH", value_parser = length, default_value = "1h", requires = "interface")]
    segment: Duration,
    /// Write logs in Zeek's form with the ICSNPP parsers' fields too: into this folder or, of several captures, into a
    /// folder of it for each
    #[arg(long, value_name = "DIR", conflicts_with = "interface")]
    zeek_logs: Option<PathBuf>,
    /// How many threads follow a capture; else as many as there are cores, four at most. The result is the same
    #[arg(long, value_name = "NUMBER", conflicts_with = "interface")]
    workers: Option<NonZeroUsize>,
}

/// More threads than these find nothing to do: most of a plant's traffic is between few devices.
const MOST_WORKERS: usize = 4;

pub(crate) fn run(args: &ObserveArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    if let Some(interface) = &args.interface {
        return live(interface, args, site, screen);
    }
    let inputs: Vec<_> = args
        .captures
        .iter()
        .map(|path| match path.to_str() {
            Some("-") => Input::StandardInput,
            _ => Input::Path(path.clone()),
        })
        .collect();
    let bar = screen.bar();
    let cores = || thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_WORKERS));
    let options = ObserveOptions {
        workers: args
            .workers
            .or_else(|| NonZeroUsize::new(cores()))
            .unwrap_or(NonZeroUsize::MIN),
        zeek_logs: args.zeek_logs.clone(),
    };
    let report = site.observe(&inputs, &options, &mut |progress| bar.observing(progress));
    bar.done();
    let report = report?;
    match screen.form() {
        Form::Json => screen.json(&Report::from(&report))?,
        Form::Text => text(&report, screen)?,
    }
    if report.refused.is_empty() {
        Ok(Outcome::Done)
    } else {
        Err(CliError::Captures(report.refused))
    }
}

/// Observes an interface until it is interrupted or the time is over.
fn live(interface: &str, args: &ObserveArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let interrupted = interrupt()?;
    let began = Instant::now();
    let bar = screen.bar();
    let report = site.observe_live(
        interface,
        &LiveSettings::default(),
        args.segment,
        &mut |progress| {
            bar.live(interface, progress);
            let over = args.length.is_some_and(|length| began.elapsed() >= length);
            if over || interrupted.load(Ordering::Relaxed) {
                More::Enough
            } else {
                More::More
            }
        },
    );
    bar.done();
    let report = report?;
    match screen.form() {
        Form::Json => screen.json(&serde_json::json!({
            "interface": interface,
            "segments": report.segments,
            "received": report.counters.received,
            "dropped": report.counters.dropped,
        }))?,
        Form::Text => {
            for segment in &report.segments {
                screen.line(format!(
                    "{}: {}, {}, {}",
                    segment.name,
                    counted(segment.packets, "packet"),
                    counted(segment.rows(Table::Flows), "flow record"),
                    counted(segment.assets, "asset")
                ))?;
            }
            screen.line(format!(
                "received {}, dropped {}",
                count(report.counters.received),
                count(report.counters.dropped)
            ))?;
        }
    }
    Ok(Outcome::Done)
}

/// Set when Ctrl-C is pressed, so that what was seen is recorded before the end.
fn interrupt() -> Result<Arc<AtomicBool>, CliError> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&interrupted);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            set.store(true, Ordering::Relaxed);
        }
    });
    Ok(interrupted)
}

fn text(report: &ObserveReport, screen: &mut Screen) -> Result<(), CliError> {
    for observed in &report.observed {
        summary(&observed.captured, &observed.observation.coverage, screen)?;
        damage(observed, screen)?;
    }
    for logs in &report.logs {
        summary(&logs.captured, &logs.imported.observation.coverage, screen)?;
        lines(logs, screen)?;
    }
    if !report.passed_over.is_empty() {
        screen.line(format!(
            "{} passed over:",
            counted(report.passed_over.len() as u64, "file")
        ))?;
        for reason in report.passed_over.iter().take(MOST_LISTED) {
            screen.line(format!("  {reason}"))?;
        }
        rest(report.passed_over.len(), screen)?;
    }
    Ok(())
}

fn summary(captured: &Captured, coverage: &Coverage, screen: &mut Screen) -> Result<(), CliError> {
    let again = if captured.generation > 1 {
        ", observed before: replaced"
    } else {
        ""
    };
    screen.heading(&format!("{}{again}", captured.name))?;
    if let Some((first, last)) = coverage.span {
        screen.field("time", &format!("{} to {} UTC", shown(first), shown(last)))?;
    }
    let packets = format!("{} ({} bytes)", count(coverage.packets), count(coverage.bytes));
    screen.field("packets", &packets)?;
    screen.field("decoded", &count(coverage.decoded))?;
    let unread = coverage.packets.saturating_sub(coverage.decoded);
    screen.field("not understood", &not_understood(unread, coverage))?;
    screen.field("flow records", &count(captured.rows(Table::Flows)))?;
    screen.field("operations", &count(captured.rows(Table::Operations)))?;
    screen.field("assets", &count(captured.assets))?;
    let messages = coverage.messages.iter();
    let messages = messages.map(|(protocol, messages)| format!("{protocol} {}", count(*messages)));
    screen.field("messages", &messages.collect::<Vec<_>>().join(", "))?;
    evidence(coverage, screen)
}

/// What became of the lines of logs.
fn lines(logs: &LogsObserved, screen: &mut Screen) -> Result<(), CliError> {
    let imported = &logs.imported;
    screen.field("logs", &logs.files.join(", "))?;
    let read = format!(
        "{}, {} of them of no use here, {} set aside",
        count(imported.lines),
        count(imported.unused),
        count(imported.set_aside_count)
    );
    screen.field("lines", &read)?;
    for aside in imported.set_aside.iter().take(MOST_LISTED) {
        let SetAside { file, line, reason } = aside;
        screen.field("set aside", &format!("{file}, line {line}: {reason}"))?;
    }
    rest(
        usize::try_from(imported.set_aside_count).unwrap_or(usize::MAX),
        screen,
    )?;
    logs.captured
        .damage
        .iter()
        .try_for_each(|damage| screen.field("damage", &damage.what))
}

fn not_understood(packets: u64, coverage: &Coverage) -> String {
    if packets == 0 {
        return "0".to_owned();
    }
    let reasons: Vec<_> = coverage
        .not_understood
        .iter()
        .map(|(reason, packets, first)| format!("{reason} {} (first: packet {first})", count(*packets)))
        .collect();
    format!("{}: {}", count(packets), reasons.join(", "))
}

/// What else a person should know of the capture: odd ports, anomalies, losses, advice.
fn evidence(coverage: &Coverage, screen: &mut Screen) -> Result<(), CliError> {
    for (protocol, transport, port, flows) in coverage.odd_ports.iter().take(MOST_LISTED) {
        let flows = counted(*flows, "flow record");
        screen.field("odd port", &format!("{protocol} on {transport}/{port}, {flows}"))?;
    }
    rest(coverage.odd_ports.len(), screen)?;
    for (protocol, code, times, first) in coverage.anomalies.iter().take(MOST_LISTED) {
        let times = counted(*times, "time");
        let told = format!("{protocol}: {code}, {times} (first: packet {first})");
        screen.field("anomaly", &told)?;
    }
    rest(coverage.anomalies.len(), screen)?;
    for (ceiling, times) in &coverage.evicted {
        screen.field("evicted", &format!("{ceiling}: {} at the ceiling", count(*times)))?;
    }
    coverage
        .advice
        .iter()
        .try_for_each(|advice| screen.field("advice", advice))
}

fn damage(observed: &Observed, screen: &mut Screen) -> Result<(), CliError> {
    for damage in observed.damage.iter().take(MOST_LISTED) {
        screen.field("damage", &damage.to_string())?;
        screen.field("", damage.kind.mend())?;
    }
    let all = observed.damage.len() as u64 + observed.damage_unlisted;
    rest(usize::try_from(all).unwrap_or(usize::MAX), screen)
}

fn rest(all: usize, screen: &mut Screen) -> Result<(), CliError> {
    match all.checked_sub(MOST_LISTED) {
        None | Some(0) => Ok(()),
        Some(more) => screen.field("", &format!("and {} more", count(more as u64))),
    }
}

#[derive(Serialize)]
struct Report<'a> {
    captures: Vec<CaptureReport<'a>>,
    logs: Vec<LogsReport<'a>>,
    refused: Vec<Refusal>,
    passed_over: Vec<Refusal>,
}

#[derive(Serialize)]
struct CaptureReport<'a> {
    #[serde(flatten)]
    captured: &'a Captured,
    coverage: CoverageForm,
    damaged: Vec<DamageReport>,
    damaged_unlisted: u64,
}

#[derive(Serialize)]
struct LogsReport<'a> {
    #[serde(flatten)]
    captured: &'a Captured,
    files: &'a [String],
    coverage: CoverageForm,
    lines: u64,
    unused: u64,
    set_aside: Vec<AsideReport<'a>>,
    set_aside_count: u64,
}

#[derive(Serialize)]
struct AsideReport<'a> {
    file: &'a str,
    line: u64,
    reason: String,
}

#[derive(Serialize)]
struct DamageReport {
    offset: u64,
    length: u64,
    code: &'static str,
    what: String,
    help: &'static str,
}

#[derive(Serialize)]
struct Refusal {
    error: String,
    help: &'static str,
}

impl<'a> From<&'a ObserveReport> for Report<'a> {
    fn from(report: &'a ObserveReport) -> Self {
        Self {
            captures: report.observed.iter().map(CaptureReport::from).collect(),
            logs: report.logs.iter().map(LogsReport::from).collect(),
            refused: report.refused.iter().map(Refusal::from).collect(),
            passed_over: report.passed_over.iter().map(Refusal::from).collect(),
        }
    }
}

impl<'a> From<&'a Observed> for CaptureReport<'a> {
    fn from(observed: &'a Observed) -> Self {
        Self {
            captured: &observed.captured,
            coverage: CoverageForm::from(&observed.observation.coverage),
            damaged: observed.damage.iter().map(DamageReport::from).collect(),
            damaged_unlisted: observed.damage_unlisted,
        }
    }
}

impl<'a> From<&'a LogsObserved> for LogsReport<'a> {
    fn from(logs: &'a LogsObserved) -> Self {
        let imported = &logs.imported;
        Self {
            captured: &logs.captured,
            files: &logs.files,
            coverage: CoverageForm::from(&imported.observation.coverage),
            lines: imported.lines,
            unused: imported.unused,
            set_aside: imported
                .set_aside
                .iter()
                .map(|aside| AsideReport {
                    file: &aside.file,
                    line: aside.line,
                    reason: aside.reason.to_string(),
                })
                .collect(),
            set_aside_count: imported.set_aside_count,
        }
    }
}

impl From<&Damage> for DamageReport {
    fn from(damage: &Damage) -> Self {
        Self {
            offset: damage.offset,
            length: damage.length,
            code: damage.kind.code(),
            what: damage.kind.to_string(),
            help: damage.kind.mend(),
        }
    }
}

impl From<&OpenError> for Refusal {
    fn from(error: &OpenError) -> Self {
        Self {
            error: error.to_string(),
            help: error.mend(),
        }
    }
}
