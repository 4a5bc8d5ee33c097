//! # What
//! A safety controller that is in a zone of another kind, or an asset of the basic control system that is in a safety zone.
//!
//! # Why it matters
//! The safety system is what is left when control has failed or been taken. Whoever gets into a zone reaches everything in
//! it without passing an enforcement point, so a zone that holds both lets one break-in take both.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.3 wants safety-related assets in zones of their own, apart from zones without safety function, or
//! the reason why not. IEC 62443-3-3 SR 5.1 wants networks segmented to match.
//!
//! # Evidence
//! The roles of assets and the kinds of their zones, as the model says them.
//!
//! # False positives
//! An integrated safety controller that also runs basic control. Where the assessment accepts it, give it a zone of its own
//! of kind `safety`, so that at least nothing else stands beside it. Engineering stations, panels, gateways and field
//! devices are not reported, since they may belong to the safety system.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//!
//! [[asset]]
//! id = "sis-1"
//! zone = "cell-1"
//! role = "safety-controller"
//! ```
//!
//! # Mend
//! Put the safety controller and what belongs to it in a zone of kind `safety`, and permit what control must read of it
//! in a conduit.

use super::{Check, Findings, Run, places, roles, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::{AssetRole, ZoneKind};

pub(super) const CHECK: Check = Check {
    code: Code("safety-not-separated"),
    severity: Severity::Error,
    clauses: &[Clause::zcr("ZCR 3.3"), Clause::sr("SR 5.1")],
    source: include_str!("safety_not_separated.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, asset, zone) in survey.assets() {
        let Some((zone_at, zone)) = zone else { continue };
        let role = asset.role.value;
        let in_safety = zone.kind == ZoneKind::Safety;
        let (message, help) = if role == AssetRole::SafetyController && !in_safety {
            (
                format!(
                    "safety controller `{}` is in `{}`, a zone of kind {}",
                    asset.id,
                    zone.id,
                    zone.kind.name()
                ),
                "put it in a zone of kind safety, with a conduit for what must pass",
            )
        } else if in_safety && roles::is_basic_control(role) {
            (
                format!(
                    "`{}` is in safety zone `{}` and its role is {}",
                    asset.id,
                    zone.id,
                    role.name()
                ),
                "put it in a zone of another kind, with a conduit for what must pass",
            )
        } else {
            continue;
        };
        findings.push(
            findings
                .found(message)
                .at(places::asset_key(at, "zone"))
                .and(places::zone_key(zone_at, "kind"), "the zone's kind")
                .help(help),
        );
    }
}
