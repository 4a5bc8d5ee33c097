//! # What
//! A permit that nothing observed made use of.
//!
//! # Why it matters
//! Every permit is a way for whoever gets in. One that nobody uses has only that effect.
//!
//! # Clause
//! IEC 62443-3-3 SR 7.7 wants functions, ports and services that aren't needed ruled out; clause 4.4 wants the least
//! privilege.
//!
//! # Evidence
//! The observed uses of services. The finding says how long was looked: a week without a monthly calibration is no proof.
//!
//! # False positives
//! What is needed rarely: calibration, failover, backup, the yearly audit, restart after an outage. Don't take such a
//! permit out; say in `reason` when it is needed.
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
//! Ask its owner. Take it out, or write down when it is needed.

use super::usage::Usage;
use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use std::time::Duration;

pub(super) const CHECK: Check = Check {
    code: Code("permit-unused"),
    severity: Severity::Note,
    clauses: &[Clause::sr("SR 7.7"), Clause::sr("4.4")],
    source: include_str!("permit_unused.rs"),
    run: Run::Usage(run),
};

fn run(survey: &Survey<'_>, usage: &Usage<'_>, findings: &mut Findings<'_>) {
    let during = match usage.observed.span {
        Some((first, last)) => format!("in {} of observation", length(last - first)),
        None => "in what was observed".to_owned(),
    };
    for at in survey.permits().filter(|at| !usage.is_used(*at)) {
        findings.push(
            findings
                .found(format!(
                    "permit `{}` of conduit `{}` was not used {during}",
                    at.permit.id, at.conduit.id
                ))
                .at(places::permit(at.conduit_at, at.permit_at))
                .help("ask its owner; take it out, or say in `reason` when it is needed"),
        );
    }
}

/// A length of time in the largest unit of which there are two.
fn length(time: Duration) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    let seconds = time.as_secs();
    let unit = UNITS.into_iter().find(|(length, _)| seconds >= 2 * length);
    let (length, name) = unit.unwrap_or((1, "seconds"));
    format!("{} {name}", seconds / length)
}
