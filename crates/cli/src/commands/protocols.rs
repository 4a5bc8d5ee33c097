//! `cofferdam protocols`: what is understood, how deep, and how it was tried.
//!
//! What is decoded, matched and identified is not claimed but shown: each protocol's own samples are read, here, by its
//! dissector. How long it was fuzzed and against what it was compared stands in a table that a test keeps true.

use crate::Outcome;
use crate::error::CliError;
use crate::ui::{Align, Form, Screen, Table};
use clap::Args;
use cofferdam_dissect::{
    Anomaly, Identity, IdentityField, Message, Progress, REGISTRY, Registration, Role, Side, Sink,
};
use cofferdam_terms::OperationClass;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One line a protocol: its name, seconds of logged fuzzing or `smoke`, and what was compared with tshark.
const EVIDENCE: &str = include_str!("../../../../docs/protocol-evidence.tsv");

/// List the protocols that are understood: decoded, matched, identified, fuzzed, compared with tshark
#[derive(Debug, Args)]
pub(crate) struct ProtocolsArgs {
    /// Show all of one protocol
    #[arg(value_name = "PROTOCOL")]
    protocol: Option<String>,
}

/// How deep a protocol is understood.
#[derive(Serialize)]
struct Depth {
    protocol: &'static str,
    title: &'static str,
    specification: &'static str,
    carriers: Vec<String>,
    inside: Vec<&'static str>,
    /// Operation classes and functions that its samples show.
    operations: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Answers in its samples: they are matched with what they answer.
    matched: bool,
    /// Kinds of identity facts.
    identified: BTreeSet<&'static str>,
    fuzzed: &'static str,
    tshark: &'static str,
}

pub(crate) fn run(args: &ProtocolsArgs, screen: &mut Screen) -> Result<Outcome, CliError> {
    let Some(wanted) = &args.protocol else {
        match screen.form() {
            Form::Json => REGISTRY
                .iter()
                .try_for_each(|entry| screen.json(&Depth::of(entry)))?,
            Form::Text => table(screen)?,
        }
        return Ok(Outcome::Done);
    };
    let is_wanted = |entry: &&Registration| {
        entry.protocol.0 == wanted || entry.inner.iter().any(|inner| inner.0 == wanted)
    };
    let Some(entry) = REGISTRY.iter().find(is_wanted) else {
        let names = REGISTRY.iter().map(|entry| entry.protocol.0);
        return Err(CliError::UnknownProtocol {
            word: wanted.clone(),
            nearest: cofferdam_plant::nearest(wanted, names),
        });
    };
    let depth = Depth::of(entry);
    match screen.form() {
        Form::Json => screen.json(&depth)?,
        Form::Text => one(&depth, screen)?,
    }
    Ok(Outcome::Done)
}

fn table(screen: &mut Screen) -> Result<(), CliError> {
    let mut table = Table::new([
        ("PROTOCOL", Align::Whole),
        ("NAME", Align::Left),
        ("DECODED", Align::Right),
        ("MATCHED", Align::Left),
        ("IDENTIFIED", Align::Left),
        ("FUZZED", Align::Right),
        ("TSHARK", Align::Left),
    ]);
    for entry in REGISTRY {
        let depth = Depth::of(entry);
        let functions: usize = depth.operations.values().map(BTreeSet::len).sum();
        let facts: Vec<_> = depth.identified.iter().copied().collect();
        table.row([
            depth.protocol.to_owned(),
            depth.title.to_owned(),
            functions.to_string(),
            yes(depth.matched).to_owned(),
            facts.join(", "),
            depth.fuzzed.to_owned(),
            depth.tshark.to_owned(),
        ]);
    }
    screen.line(table.to_string().trim_end())?;
    screen.note(
        "DECODED counts the functions in its own samples, FUZZED is logged seconds (smoke: in every test run), TSHARK \
         says what was compared field by field. `cofferdam protocols PROTOCOL` shows all of one.",
    )
}

fn one(depth: &Depth, screen: &mut Screen) -> Result<(), CliError> {
    screen.heading(&format!("{} ({})", depth.title, depth.protocol))?;
    screen.field("specification", depth.specification)?;
    screen.field("hints", &depth.carriers.join(" "))?;
    if !depth.inside.is_empty() {
        screen.field("inside", &depth.inside.join(", "))?;
    }
    screen.field("answers matched", yes(depth.matched))?;
    let facts: Vec<_> = depth.identified.iter().copied().collect();
    screen.field("identity facts", &facts.join(", "))?;
    screen.field("fuzzed", depth.fuzzed)?;
    screen.field("against tshark", depth.tshark)?;
    screen.line("\nFunctions in its samples, by operation class")?;
    for (class, functions) in &depth.operations {
        let functions: Vec<_> = functions.iter().copied().collect();
        screen.field(class, &functions.join(", "))?;
    }
    screen.note("Ports are hints: a protocol is known by its content, on whatever port.")
}

const fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "–" }
}

impl Depth {
    fn of(entry: &Registration) -> Self {
        let mut shown = Shown::default();
        for sample in entry.samples {
            let mut session = (entry.open)();
            let mut held: BTreeMap<Side, Vec<u8>> = BTreeMap::new();
            for (context, bytes) in sample.turns {
                let kept = held.entry(context.side).or_default();
                kept.extend_from_slice(bytes);
                let read = session.parse(*context, kept, &mut shown);
                let consumed = read.map_or(kept.len(), |Progress { consumed, .. }| consumed);
                drop(kept.drain(..consumed.min(kept.len())));
            }
        }
        let name = entry.protocol.0;
        let evidence = EVIDENCE.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let evidence = evidence.into_iter().find_map(|columns| match columns.as_slice() {
            [protocol, fuzzed, tshark] if *protocol == name => Some((*fuzzed, *tshark)),
            _ => None,
        });
        let (fuzzed, tshark) = evidence.unwrap_or(("–", "–"));
        Self {
            protocol: name,
            title: entry.title,
            specification: entry.specification,
            carriers: carriers(entry),
            inside: entry.inner.iter().map(|inner| inner.0).collect(),
            operations: shown.operations,
            matched: shown.answers,
            identified: shown.facts.into_iter().map(IdentityField::name).collect(),
            fuzzed,
            tshark,
        }
    }
}

/// What samples show.
#[derive(Default)]
struct Shown {
    operations: BTreeMap<&'static str, BTreeSet<&'static str>>,
    answers: bool,
    facts: BTreeSet<IdentityField>,
}

impl Sink for Shown {
    fn message(&mut self, message: &Message<'_>) {
        let class = OperationClass::name(message.operation);
        self.operations
            .entry(class)
            .or_default()
            .insert(message.function.name);
        self.answers |= message.role == Role::Response;
    }

    fn identity(&mut self, identity: &Identity<'_>) {
        self.facts.insert(identity.field);
    }

    fn anomaly(&mut self, _: &Anomaly) {}
}

fn carriers(entry: &Registration) -> Vec<String> {
    let tcp = entry.tcp_ports.iter().map(|port| format!("tcp/{port}"));
    let udp = entry.udp_ports.iter().map(|port| format!("udp/{port}"));
    let ethernet = entry
        .ether_types
        .iter()
        .map(|kind| format!("ethernet-0x{:04x}", kind.0));
    tcp.chain(udp).chain(ethernet).collect()
}
