//! # What
//! Observed traffic from one zone to another that no permit covers.
//!
//! # Why it matters
//! Either the model lacks a conduit that production needs, and enforcing it would stop something; or something talks that
//! should not. Both want to be known before a firewall decides.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.1 wants zones and conduits to cover the system. IEC 62443-3-3 SR 5.2 wants only what is needed to
//! pass, and SR 6.2 wants breaches noticed.
//!
//! # Evidence
//! The observed uses of services, their addresses placed in zones. Uses between one pair of zones are reported together,
//! with the most frequent first.
//!
//! # False positives
//! Traffic outside its permit's times isn't told apart here: the shadow test does that. Group and link-local addresses are
//! left out, since they don't leave their segment.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "office"
//! kind = "enterprise"
//! subnets = ["10.50.0.0/16"]
//!
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//! subnets = ["10.20.1.0/24"]
//! ```
//! ```observed
//! 10.50.3.4 -> 10.20.1.11 tcp/502 modbus: read, write; 12
//! ```
//!
//! # Mend
//! If it is needed, permit it; if not, find out who started it.

use super::addresses::Located;
use super::usage::{Uncovered, Usage};
use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::observed::{End, ObservedUse};
use cofferdam_terms::OperationSet;
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    code: Code("flow-without-conduit"),
    severity: Severity::Warning,
    clauses: &[Clause::zcr("ZCR 3.1"), Clause::sr("SR 5.2"), Clause::sr("SR 6.2")],
    source: include_str!("flow_without_conduit.rs"),
    run: Run::Usage(run),
};

fn run(survey: &Survey<'_>, usage: &Usage<'_>, findings: &mut Findings<'_>) {
    let mut pairs: BTreeMap<(usize, usize), Vec<&Uncovered<'_>>> = BTreeMap::new();
    for uncovered in &usage.uncovered {
        if let (Some(from), Some(to)) = (uncovered.from.zone, uncovered.to.zone) {
            pairs.entry((from, to)).or_default().push(uncovered);
        }
    }
    for ((from_at, to_at), uses) in &mut pairs {
        // Stable: the first seen of the most frequent.
        uses.sort_by_key(|uncovered| std::cmp::Reverse(uncovered.what.count));
        let (Some((_, from)), Some((_, to)), Some(most)) =
            (survey.zone(*from_at), survey.zone(*to_at), uses.first())
        else {
            continue;
        };
        let total: u64 = uses.iter().map(|uncovered| uncovered.what.count).sum();
        let example = described(survey, most);
        findings.push(
            findings
                .found(format!(
                    "no permit covers what `{}` asks of `{}`: {total} times, most often {example}",
                    from.id, to.id
                ))
                .at(places::zone(*from_at))
                .saying("asked from here")
                .and(places::zone(*to_at), "answered here")
                .help("if it is needed, permit it in a conduit; if not, find out who started it"),
        );
    }
}

fn described(survey: &Survey<'_>, uncovered: &Uncovered<'_>) -> String {
    let what = uncovered.what;
    let operations = if uncovered.operations.is_empty() {
        what.operations
    } else {
        uncovered.operations
    };
    let operations = match operations {
        OperationSet::EMPTY => String::new(),
        some => format!(" ({some})"),
    };
    format!(
        "{} to {} by {}{operations}",
        end(survey, uncovered.from, &what.initiator),
        end(survey, uncovered.to, &what.responder),
        service(what)
    )
}

fn end(survey: &Survey<'_>, located: Located, end: &End) -> String {
    let asset = located.asset.and_then(|at| survey.plant.assets().get(at));
    match (asset, end.ip, end.mac) {
        (Some(asset), _, _) => format!("`{}`", asset.id),
        (None, Some(ip), _) => ip.to_string(),
        (None, None, Some(mac)) => mac.to_string(),
        (None, None, None) => "an unknown address".to_owned(),
    }
}

fn service(what: &ObservedUse) -> String {
    let port = what.port.map(|port| format!("/{port}")).unwrap_or_default();
    let protocol = match &what.protocol {
        Some(protocol) => format!(" {protocol}"),
        None => String::new(),
    };
    format!("`{}{port}{protocol}`", what.transport)
}
