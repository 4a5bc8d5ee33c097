//! # What
//! A zone with no target level, and none in the zones that it lies in. External zones are left out.
//!
//! # Why it matters
//! Without a target nobody can say whether the zone is protected well enough, nor what a measure in it is worth.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 5.6 wants a target level set for each zone and conduit.
//!
//! # Evidence
//! `sl-t` of the zone and of those that it lies in.
//!
//! # False positives
//! None known. A plant that starts may set a first target from the kind of zone and refine it by the risk assessment.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//! ```
//!
//! # Mend
//! Set it from the risk assessment: `sl-t = 2`, or seven numbers, one for each foundational requirement.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::ZoneKind;

pub(super) const CHECK: Check = Check {
    code: Code("zone-without-sl-t"),
    severity: Severity::Warning,
    clauses: &[Clause::zcr("ZCR 5.6")],
    source: include_str!("zone_without_sl_t.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, zone) in survey.zones() {
        if zone.kind != ZoneKind::External && survey.sl_t(at).is_none() {
            findings.push(
                findings
                    .found(format!("zone `{}` has no target level", zone.id))
                    .at(places::zone(at))
                    .help("set it from the risk assessment: `sl-t = 2`, or seven numbers, FR 1 to FR 7"),
            );
        }
    }
}
