//! # What
//! An external zone that lies in a zone of another kind, or an outsider's host in a zone that is not external.
//!
//! # Why it matters
//! Nobody in the plant patches, watches or can switch off a vendor's host. It has to meet an enforcement point before it
//! meets anything of the plant.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.6 wants devices that come in over networks outside the system in zones of their own.
//! IEC 62443-3-3 SR 1.13 wants access over untrusted networks watched and controlled.
//!
//! # Evidence
//! The roles of assets, the kinds of zones and their `parent`.
//!
//! # False positives
//! A vendor's appliance that stands in the plant and is run by the plant. Give it the role that it has here.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//!
//! [[asset]]
//! id = "vendor-support"
//! zone = "cell-1"
//! role = "external"
//! ```
//!
//! # Mend
//! Put outsiders in a zone of kind `external`, and let them in through a jump host or gateway.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::{AssetRole, ZoneKind};

pub(super) const CHECK: Check = Check {
    code: Code("external-not-separated"),
    severity: Severity::Warning,
    clauses: &[Clause::zcr("ZCR 3.6"), Clause::sr("SR 1.13")],
    source: include_str!("external_not_separated.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    super::separation::nested(survey, findings, ZoneKind::External);
    for (at, asset, zone) in survey.assets() {
        let Some((zone_at, zone)) = zone.filter(|(_, zone)| zone.kind != ZoneKind::External) else {
            continue;
        };
        if asset.role.value == AssetRole::External {
            findings.push(
                findings
                    .found(format!(
                        "outsider `{}` is in `{}`, a zone of kind {}",
                        asset.id,
                        zone.id,
                        zone.kind.name()
                    ))
                    .at(places::asset_key(at, "zone"))
                    .and(places::zone_key(zone_at, "kind"), "the zone's kind")
                    .help("put it in a zone of kind external, and let it in through a jump host or gateway"),
            );
        }
    }
}
