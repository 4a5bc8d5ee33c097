//! # What
//! A zone that nobody answers for, nor for a zone that it lies in. External zones are left out.
//!
//! # Why it matters
//! Targets, risks and changes of a zone are decided by its owner. Without one they wait, or are decided by whoever is near.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 6.4 wants the accountable organisation written down for each zone and conduit.
//!
//! # Evidence
//! `owner` of the zone and of those that it lies in.
//!
//! # False positives
//! None known.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//! ```
//!
//! # Mend
//! Name the team or person: `owner = "Test cell maintenance"`.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::{Zone, ZoneKind};

pub(super) const CHECK: Check = Check {
    code: Code("zone-without-owner"),
    severity: Severity::Note,
    clauses: &[Clause::zcr("ZCR 6.4")],
    source: include_str!("zone_without_owner.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    let owned = |zone: &Zone| zone.owner.as_ref().is_some_and(|owner| !owner.trim().is_empty());
    for (at, zone) in survey.zones().filter(|(_, zone)| zone.kind != ZoneKind::External) {
        let mut lineage = survey.lineage(at).filter_map(|at| survey.zone(at));
        if !lineage.any(|(_, zone)| owned(zone)) {
            findings.push(
                findings
                    .found(format!("nobody answers for zone `{}`", zone.id))
                    .at(places::zone(at))
                    .help("name the team or person: `owner = \"…\"`"),
            );
        }
    }
}
