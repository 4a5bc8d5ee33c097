//! # What
//! A conduit with a diode whose permits lead both ways between two of its zones.
//!
//! # Why it matters
//! A unidirectional gateway passes data one way. Either one of the permits can't work, or what is called a diode isn't one;
//! whoever relies on it for a high target level should know.
//!
//! # Clause
//! IEC 62443-3-3 SR 5.2 wants the boundary of a zone to control what passes.
//!
//! # Evidence
//! `protection` of the conduit, and the zones of the parties of its permits.
//!
//! # False positives
//! Conduits with a diode beside another path. Write two conduits, one with the diode.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//!
//! [[zone]]
//! id = "dmz"
//! kind = "dmz"
//!
//! [[conduit]]
//! id = "cell-1-to-dmz"
//! zones = ["cell-1", "dmz"]
//! protection = ["diode"]
//!
//! [[conduit.permit]]
//! id = "out"
//! from = ["zone:cell-1"]
//! to = ["zone:dmz"]
//! services = ["udp/514"]
//! operations = ["alarm"]
//!
//! [[conduit.permit]]
//! id = "in"
//! from = ["zone:dmz"]
//! to = ["zone:cell-1"]
//! services = ["tcp/102 s7comm"]
//! operations = ["read"]
//! ```
//!
//! # Mend
//! Take out the permit against the diode's direction, or move it to a conduit with the protection that it really has.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::{Conduit, Protection};
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    code: Code("diode-two-way"),
    severity: Severity::Error,
    clauses: &[Clause::sr("SR 5.2")],
    source: include_str!("diode_two_way.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, conduit) in survey.conduits() {
        if conduit.protection.contains(&Protection::Diode) {
            both_ways(survey, findings, at, conduit);
        }
    }
}

fn both_ways(survey: &Survey<'_>, findings: &mut Findings<'_>, at: usize, conduit: &Conduit) {
    // The first permit for each direction between two zones.
    let mut directions: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (n, permit) in conduit.permits.iter().enumerate() {
        let to = survey.party_zones(&permit.to);
        let mut against = None;
        for from in survey.party_zones(&permit.from) {
            for to in to.iter().filter(|to| **to != from) {
                against = against.or_else(|| directions.get(&(*to, from)).copied());
                directions.entry((from, *to)).or_insert(n);
            }
        }
        if let Some(first) = against {
            findings.push(
                findings
                    .found(format!(
                        "permit `{}` runs against the diode of conduit `{}`",
                        permit.id, conduit.id
                    ))
                    .at(places::permit(at, n))
                    .and(places::permit(at, first), "this one runs the other way")
                    .help("take one out, or move it to a conduit with the protection that it really has"),
            );
        }
    }
}
