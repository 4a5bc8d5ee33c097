//! # What
//! A conduit with no enforcement point.
//!
//! # Why it matters
//! Its permits are wishes: no device lets them through and, what matters more, no device keeps the rest out.
//!
//! # Clause
//! IEC 62443-3-3 SR 5.2 wants traffic at zone boundaries controlled.
//!
//! # Evidence
//! `enforcement-points` of the conduit is missing or empty.
//!
//! # False positives
//! Early drafts. A diode or a gap in the cable is an enforcement point too: add it, with the backend it has.
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
//! [[conduit]]
//! id = "scada-to-cell-1"
//! zones = ["scada", "cell-1"]
//! ```
//!
//! # Mend
//! Name the device that enforces it: `enforcement-points = ["fw-1"]`.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};

pub(super) const CHECK: Check = Check {
    code: Code("conduit-without-enforcement-point"),
    severity: Severity::Warning,
    clauses: &[Clause::sr("SR 5.2")],
    source: include_str!("conduit_without_enforcement_point.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, conduit) in survey.conduits() {
        if conduit.enforcement_points.is_empty() {
            findings.push(
                findings
                    .found(format!("no device enforces conduit `{}`", conduit.id))
                    .at(places::conduit(at))
                    .help("name the one that does: `enforcement-points = [\"…\"]`"),
            );
        }
    }
}
