//! # What
//! A party of a permit that is in none of the zones that the conduit joins, nor in a zone within them.
//!
//! # Why it matters
//! The permit has no effect, or has one that nobody looks for in this conduit: its owner doesn't answer for that zone, and
//! its enforcement points don't stand there.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 6.4 wants each conduit's zones and communications written down.
//!
//! # Evidence
//! `zones` of the conduit, the parties of its permits, and the zones of assets.
//!
//! # False positives
//! None known.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "scada"
//! kind = "supervisory"
//!
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//!
//! [[zone]]
//! id = "cell-2"
//! kind = "control"
//!
//! [[conduit]]
//! id = "scada-to-cell-1"
//! zones = ["scada", "cell-1"]
//!
//! [[conduit.permit]]
//! id = "modbus"
//! from = ["zone:scada"]
//! to = ["zone:cell-2"]
//! services = ["tcp/502 modbus"]
//! operations = ["read"]
//! ```
//!
//! # Mend
//! Move the permit to the conduit that joins its zones, or add the zone to this one.

use super::survey::{PermitAt, Survey};
use super::{Check, Findings, Run, places};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::Party;
use std::collections::BTreeSet;

pub(super) const CHECK: Check = Check {
    code: Code("permit-outside-conduit"),
    severity: Severity::Error,
    clauses: &[Clause::zcr("ZCR 6.4")],
    source: include_str!("permit_outside_conduit.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    let joined: Vec<BTreeSet<usize>> = survey
        .conduits()
        .map(|(_, conduit)| survey.joined(conduit))
        .collect();
    for at in survey.permits() {
        let Some(joined) = joined.get(at.conduit_at) else {
            continue;
        };
        for (key, parties) in [("from", &at.permit.from), ("to", &at.permit.to)] {
            for (n, party) in parties.iter().enumerate() {
                report_outsider(survey, findings, at, (key, n, party), joined);
            }
        }
    }
}

fn report_outsider(
    survey: &Survey<'_>,
    findings: &mut Findings<'_>,
    at: PermitAt<'_>,
    (key, n, party): (&'static str, usize, &Party),
    joined: &BTreeSet<usize>,
) {
    let zone = survey.party_zone(party);
    let inside = zone.is_some_and(|zone| survey.lineage(zone).any(|at| joined.contains(&at)));
    if inside {
        return;
    }
    let whose = match (party, zone.and_then(|at| survey.zone(at))) {
        (Party::Asset(_), Some((_, zone))) => format!("`{party}` is in `{}`, which", zone.id),
        (Party::Asset(_), None) => format!("`{party}` is in no zone, so"),
        (Party::Zone(_), _) => format!("`{party}`"),
    };
    let joins = if zone.is_none() {
        "it is in none that"
    } else {
        "is none of the zones that"
    };
    findings.push(
        findings
            .found(format!("{whose} {joins} conduit `{}` joins", at.conduit.id))
            .at(places::permit_item(at.conduit_at, at.permit_at, key, n))
            .and(
                places::conduit_key(at.conduit_at, "zones"),
                "the zones that it joins",
            )
            .help("move the permit to the conduit that joins its zones, or add the zone to this one"),
    );
}
