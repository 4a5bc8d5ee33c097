//! # What
//! A conduit that nobody answers for.
//!
//! # Why it matters
//! Someone has to say whether a flow is still needed, and be asked before it is cut. A permit whose owner nobody knows is
//! never taken out.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 6.4 wants the accountable organisation written down for each zone and conduit.
//!
//! # Evidence
//! The conduit has no `owner`, or an empty one.
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
//! [[conduit]]
//! id = "scada-to-cell-1"
//! zones = ["scada", "cell-1"]
//! ```
//!
//! # Mend
//! Name the team or person: `owner = "Test cell maintenance"`.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};

pub(super) const CHECK: Check = Check {
    code: Code("conduit-without-owner"),
    severity: Severity::Warning,
    clauses: &[Clause::zcr("ZCR 6.4")],
    source: include_str!("conduit_without_owner.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, conduit) in survey.conduits() {
        if conduit.owner.as_ref().is_none_or(|owner| owner.trim().is_empty()) {
            findings.push(
                findings
                    .found(format!("nobody answers for conduit `{}`", conduit.id))
                    .at(places::conduit(at))
                    .help("name the team or person: `owner = \"…\"`"),
            );
        }
    }
}
