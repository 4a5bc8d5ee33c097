//! # What
//! A zone with no asset, no subnet and no zone within it.
//!
//! # Why it matters
//! It protects nothing, and nothing will ever be placed in it by its address. Most often an id was changed, or the assets
//! went to another zone.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 6.4 wants the assets of each zone written down.
//!
//! # Evidence
//! `zone` of assets, `subnets` and `parent` of zones.
//!
//! # False positives
//! Zones that are planned, and external zones that are named without addresses.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-3"
//! kind = "control"
//! ```
//!
//! # Mend
//! Put assets or a subnet in it, or take it out.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};

pub(super) const CHECK: Check = Check {
    code: Code("zone-empty"),
    severity: Severity::Note,
    clauses: &[Clause::zcr("ZCR 6.4")],
    source: include_str!("zone_empty.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, zone) in survey.zones() {
        if zone.subnets.is_empty() && survey.asset_count(at) == 0 && survey.child_count(at) == 0 {
            findings.push(
                findings
                    .found(format!("zone `{}` holds nothing", zone.id))
                    .at(places::zone(at))
                    .help("put assets or a subnet in it, or take it out"),
            );
        }
    }
}
