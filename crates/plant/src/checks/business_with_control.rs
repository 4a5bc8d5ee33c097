//! # What
//! An asset that runs or watches the process and is in an enterprise zone, or zones of which one is of kind `enterprise`
//! and the other belongs to the control system, one lying in the other.
//!
//! # Why it matters
//! Business networks carry mail, browsers and thousands of accounts; most intrusions into plants came from there. Business
//! and control systems also live by different rules: the first is patched at night, the second runs until the overhaul.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.2 wants the assets of the control system in zones apart from business systems. IEC 62443-3-3 SR 5.1
//! wants the networks segmented to match.
//!
//! # Evidence
//! The roles of assets, the kinds of zones and their `parent`.
//!
//! # False positives
//! A replica of the historian for the office that nothing in the plant depends on. Give it the role `server`, which is what
//! it is.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "office"
//! kind = "enterprise"
//!
//! [[asset]]
//! id = "scada-1"
//! zone = "office"
//! role = "scada-server"
//! ```
//!
//! # Mend
//! Move the asset to a zone of the control system, and let the office read through the DMZ.

use super::{Check, Findings, Run, places, roles, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::ZoneKind;

pub(super) const CHECK: Check = Check {
    code: Code("business-with-control"),
    severity: Severity::Error,
    clauses: &[Clause::zcr("ZCR 3.2"), Clause::sr("SR 5.1")],
    source: include_str!("business_with_control.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, zone) in survey.zones() {
        let Some((parent_at, parent)) = survey.parent(at) else {
            continue;
        };
        let kinds = [zone.kind, parent.kind];
        if kinds.contains(&ZoneKind::Enterprise) && kinds.into_iter().any(is_control_system) {
            findings.push(
                findings
                    .found(format!(
                        "zone `{}` of kind {} lies in `{}` of kind {}",
                        zone.id,
                        zone.kind.name(),
                        parent.id,
                        parent.kind.name()
                    ))
                    .at(places::zone_key(at, "parent"))
                    .and(places::zone_key(parent_at, "kind"), "the outer zone's kind")
                    .help("take out `parent`: business and control systems share no zone"),
            );
        }
    }
    for (at, asset, zone) in survey.assets() {
        let Some((zone_at, zone)) = zone.filter(|(_, zone)| zone.kind == ZoneKind::Enterprise) else {
            continue;
        };
        if roles::is_control_system(asset.role.value) {
            findings.push(
                findings
                    .found(format!(
                        "`{}` is in enterprise zone `{}` and its role is {}",
                        asset.id,
                        zone.id,
                        asset.role.value.name()
                    ))
                    .at(places::asset_key(at, "zone"))
                    .and(places::zone_key(zone_at, "kind"), "the zone's kind")
                    .help("move it to a zone of the control system, and let business read through the DMZ"),
            );
        }
    }
}

/// Kinds of zone that hold the control system itself.
const fn is_control_system(kind: ZoneKind) -> bool {
    match kind {
        ZoneKind::Safety | ZoneKind::Control | ZoneKind::Supervisory | ZoneKind::Operations => true,
        ZoneKind::Dmz
        | ZoneKind::Enterprise
        | ZoneKind::External
        | ZoneKind::Wireless
        | ZoneKind::Temporary => false,
    }
}
