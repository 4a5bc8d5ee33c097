//! # What
//! A conduit that joins fewer than two zones.
//!
//! # Why it matters
//! A conduit is the path between zones. One with a single zone permits nothing that isn't permitted within the zone
//! already, and most often a zone was forgotten.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.1 wants zones and conduits established; a conduit joins zones.
//!
//! # Evidence
//! `zones` of the conduit, equal ones counted once.
//!
//! # False positives
//! None known.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//!
//! [[conduit]]
//! id = "within-cell-1"
//! zones = ["cell-1"]
//! ```
//!
//! # Mend
//! Name the zones at both ends, or take the conduit out.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use std::collections::BTreeSet;

pub(super) const CHECK: Check = Check {
    code: Code("conduit-joins-too-few"),
    severity: Severity::Error,
    clauses: &[Clause::zcr("ZCR 3.1")],
    source: include_str!("conduit_joins_too_few.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, conduit) in survey.conduits() {
        let distinct: BTreeSet<_> = conduit.zones.iter().collect();
        let message = match distinct.len() {
            0 => format!("conduit `{}` joins no zone", conduit.id),
            1 => format!("conduit `{}` joins one zone alone", conduit.id),
            _ => continue,
        };
        findings.push(
            findings
                .found(message)
                .at(places::conduit_key(at, "zones"))
                .help("name the zones at both ends, or take the conduit out"),
        );
    }
}
