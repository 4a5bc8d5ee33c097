//! # What
//! A temporary zone that lies in a zone of another kind, or an asset that is installed for good in a temporary zone.
//!
//! # Why it matters
//! Laptops of service engineers and portable test gear were on other networks yesterday. What they carry must meet an
//! enforcement point before it meets a controller.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.4 wants devices that are connected now and then apart from those that are always connected.
//! IEC 62443-3-3 SR 2.3 wants the use of portable devices controlled.
//!
//! # Evidence
//! The kinds of zones, their `parent`, and the roles of assets.
//!
//! # False positives
//! A test stand that is built up for months. If it stays until the next overhaul, it is no visitor: give it a zone of kind
//! `control`.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//!
//! [[zone]]
//! id = "service-laptops"
//! kind = "temporary"
//! parent = "cell-1"
//! ```
//!
//! # Mend
//! Give temporary devices a zone of their own with a conduit to what they serve.

use super::{Check, Findings, Run, places, roles, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::ZoneKind;

pub(super) const CHECK: Check = Check {
    code: Code("temporary-not-separated"),
    severity: Severity::Warning,
    clauses: &[Clause::zcr("ZCR 3.4"), Clause::sr("SR 2.3")],
    source: include_str!("temporary_not_separated.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    super::separation::nested(survey, findings, ZoneKind::Temporary);
    for (at, asset, zone) in survey.assets() {
        let Some((zone_at, zone)) = zone.filter(|(_, zone)| zone.kind == ZoneKind::Temporary) else {
            continue;
        };
        if roles::is_installed_for_good(asset.role.value) {
            findings.push(
                findings
                    .found(format!(
                        "`{}` is in temporary zone `{}` and its role is {}",
                        asset.id,
                        zone.id,
                        asset.role.value.name()
                    ))
                    .at(places::asset_key(at, "zone"))
                    .and(places::zone_key(zone_at, "kind"), "the zone's kind")
                    .help("move what is installed for good to a zone of another kind"),
            );
        }
    }
}
