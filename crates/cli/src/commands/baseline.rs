//! `cofferdam baseline`: what is usual, and what deviates from it.

use crate::Outcome;
use crate::error::CliError;
use crate::times::{TimeArgs, shown};
use crate::ui::{Form, Screen, counted};
use clap::{Args, Subcommand};
use cofferdam_observe::{Baseline, DeviationKind, UsedOperation};
use cofferdam_site::{BASELINE_FILE, Deviating, Site, Told};
use serde::Serialize;

/// Most deviations in the text; `--json` has all.
const MOST_LISTED: usize = 50;

/// Learn what is usual between hosts, and tell what deviates from it later
#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Learn who uses whose services, by which operations and of which objects, and write baseline.json
    Learn(LearnArgs),
    /// Tell what deviates from it: new hosts, pairs, services, operations, objects. The exit code is 1 if anything does
    Check(CheckArgs),
}

#[derive(Debug, Args)]
struct LearnArgs {
    #[command(flatten)]
    times: TimeArgs,
}

#[derive(Debug, Args)]
struct CheckArgs {
    #[command(flatten)]
    times: TimeArgs,
}

pub(crate) fn run(args: &BaselineArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    match &args.step {
        Step::Learn(args) => {
            let baseline = site.learn_baseline(args.times.range(site.span()?))?;
            learned(&baseline, screen)?;
            Ok(Outcome::Done)
        }
        Step::Check(args) => {
            let baseline = site.baseline()?;
            let found = site.deviations(&baseline, args.times.range(site.span()?))?;
            match screen.form() {
                Form::Json => screen.json(&Report::from(&found))?,
                Form::Text => text(&baseline, &found, screen)?,
            }
            Ok(if found.told.is_empty() {
                Outcome::Done
            } else {
                Outcome::Found
            })
        }
    }
}

fn learned(baseline: &Baseline, screen: &mut Screen) -> Result<(), CliError> {
    let (from, until) = baseline.span();
    match screen.form() {
        Form::Json => screen.json(&serde_json::json!({
            "file": BASELINE_FILE,
            "from": shown(from),
            "until": shown(until),
            "uses": baseline.uses(),
            "not_learned": baseline.not_learned(),
        })),
        Form::Text => {
            screen.result(&format!(
                "Wrote {BASELINE_FILE}: {} of services between hosts, from {} until {} UTC.",
                counted(baseline.uses() as u64, "use"),
                shown(from),
                shown(until)
            ))?;
            if baseline.not_learned() > 0 {
                let records = counted(baseline.not_learned(), "record");
                screen.warning(&format!(
                    "{records} found no room: no deviation is told of what they show"
                ))?;
            }
            screen.note("`cofferdam baseline check` tells what deviates from it afterwards.")
        }
    }
}

fn text(baseline: &Baseline, found: &Deviating, screen: &mut Screen) -> Result<(), CliError> {
    let (_, until) = baseline.span();
    screen.result(&format!(
        "{} from what was usual until {} UTC, in {}.",
        counted(found.told.len() as u64 + found.dropped, "deviation"),
        shown(until),
        counted(found.judged, "flow record")
    ))?;
    // What matters most is read first: who is new, then what is.
    let mut order: Vec<&Told> = found.told.iter().collect();
    order.sort_by_key(|told| weight(&told.first.kind));
    for told in order.into_iter().take(MOST_LISTED) {
        let first = &told.first;
        screen.paragraph(&format!(
            "{}: {}; first at {} UTC ({}, packet {}), {}",
            use_of(told),
            sentence(&first.kind),
            shown(first.at),
            told.capture,
            first.packet,
            counted(told.records, "record")
        ))?;
    }
    screen.rest(found.told.len() as u64 + found.dropped, MOST_LISTED)
}

/// `10.20.2.5 to 10.20.1.11, modbus tcp/502`.
fn use_of(told: &Told) -> String {
    let (pair, service) = (&told.first.pair, &told.first.service);
    let protocol = service
        .protocol
        .map(|protocol| format!("{protocol} "))
        .unwrap_or_default();
    let carrier = match service.port {
        0 => service.transport.to_string(),
        port => format!("{}/{port}", service.transport),
    };
    format!("{} to {}, {protocol}{carrier}", pair.initiator, pair.responder)
}

fn sentence(kind: &DeviationKind) -> String {
    let asked = |operation: &UsedOperation| {
        let unit = operation
            .unit
            .map(|unit| format!(" of unit {unit}"))
            .unwrap_or_default();
        let UsedOperation {
            protocol,
            operation,
            function,
            ..
        } = operation;
        format!("{protocol} {} (function {function}){unit}", operation.name())
    };
    match kind {
        DeviationKind::NewTalker(talker) => format!("{talker} was not there before"),
        DeviationKind::NewPair => "the two did not deal with each other before".to_owned(),
        DeviationKind::NewService => "they did not use this service before".to_owned(),
        DeviationKind::NewOperation(operation) => format!("{} was not asked before", asked(operation)),
        DeviationKind::NewObject { operation, object } => {
            format!("{} was not asked of {object} before", asked(operation))
        }
        DeviationKind::PeriodChanged { operation, .. } => {
            format!("{} is asked in another rhythm", asked(operation))
        }
        DeviationKind::Stopped { operation, .. } => format!("{} is not asked any more", asked(operation)),
        DeviationKind::ValueOutOfRange {
            operation, object, ..
        } => format!("{} left the range of values that {object} had", asked(operation)),
    }
}

const fn weight(kind: &DeviationKind) -> u8 {
    match kind {
        DeviationKind::NewTalker(_) => 0,
        DeviationKind::NewPair => 1,
        DeviationKind::NewService => 2,
        DeviationKind::NewOperation(_) => 3,
        DeviationKind::ValueOutOfRange { .. } => 4,
        DeviationKind::Stopped { .. } | DeviationKind::PeriodChanged { .. } => 5,
        DeviationKind::NewObject { .. } => 6,
    }
}

const fn name(kind: &DeviationKind) -> &'static str {
    match kind {
        DeviationKind::NewTalker(_) => "new-host",
        DeviationKind::NewPair => "new-pair",
        DeviationKind::NewService => "new-service",
        DeviationKind::NewOperation(_) => "new-operation",
        DeviationKind::NewObject { .. } => "new-object",
        DeviationKind::PeriodChanged { .. } => "period-changed",
        DeviationKind::Stopped { .. } => "stopped",
        DeviationKind::ValueOutOfRange { .. } => "value-out-of-range",
    }
}

#[derive(Serialize)]
struct Report {
    judged: u64,
    deviations: Vec<Entry>,
    dropped: u64,
}

#[derive(Serialize)]
struct Entry {
    kind: &'static str,
    #[serde(rename = "use")]
    used: String,
    what: String,
    first: String,
    capture: String,
    packet: u64,
    records: u64,
}

impl From<&Deviating> for Report {
    fn from(found: &Deviating) -> Self {
        let entries = found.told.iter().map(|told| Entry {
            kind: name(&told.first.kind),
            used: use_of(told),
            what: sentence(&told.first.kind),
            first: shown(told.first.at),
            capture: told.capture.to_string(),
            packet: told.first.packet,
            records: told.records,
        });
        Self {
            judged: found.judged,
            deviations: entries.collect(),
            dropped: found.dropped,
        }
    }
}
