//! # What
//! A permit that doesn't say why it is needed.
//!
//! # Why it matters
//! At the next review, or in the night of an incident, someone has to decide whether it may be cut. The reason decides it
//! in a second; without it, it stays.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 6.4 wants what passes through a conduit written down with its assumptions.
//!
//! # Evidence
//! `reason` of the permit is missing or empty.
//!
//! # False positives
//! None known. Drafts write the reason from what they saw.
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
//!
//! [[conduit.permit]]
//! id = "modbus"
//! from = ["zone:scada"]
//! to = ["zone:cell-1"]
//! services = ["tcp/502 modbus"]
//! operations = ["read"]
//! ```
//!
//! # Mend
//! Say it in a sentence: `reason = "Trends of the test cells, every second"`.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};

pub(super) const CHECK: Check = Check {
    code: Code("permit-without-reason"),
    severity: Severity::Note,
    clauses: &[Clause::zcr("ZCR 6.4")],
    source: include_str!("permit_without_reason.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for at in survey.permits().filter(|at| at.permit.reason.trim().is_empty()) {
        findings.push(
            findings
                .found(format!(
                    "permit `{}` of conduit `{}` doesn't say why it is needed",
                    at.permit.id, at.conduit.id
                ))
                .at(places::permit(at.conduit_at, at.permit_at))
                .help("say it in a sentence: `reason = \"…\"`"),
        );
    }
}
