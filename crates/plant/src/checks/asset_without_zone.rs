//! # What
//! An asset that is in no zone.
//!
//! # Why it matters
//! An asset in no zone has no target level, no owner and no rules; what it may do is decided by the cable it hangs on.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.1 wants every asset of the system in a zone or conduit. IEC 62443-3-3 SR 7.8 wants the inventory
//! of components complete.
//!
//! # Evidence
//! The asset has no `zone`.
//!
//! # False positives
//! Addresses of others that a capture saw by chance. Take them out of the model, or put them in a zone of kind `external`.
//!
//! # Example
//! ```toml
//! [[asset]]
//! id = "plc-7"
//! role = "plc"
//! ```
//!
//! # Mend
//! Name the zone with whose assets it shares its security requirements: `zone = "…"`.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};

pub(super) const CHECK: Check = Check {
    code: Code("asset-without-zone"),
    severity: Severity::Warning,
    clauses: &[Clause::zcr("ZCR 3.1"), Clause::sr("SR 7.8")],
    source: include_str!("asset_without_zone.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, asset, _) in survey.assets().filter(|(_, asset, _)| asset.zone.is_none()) {
        findings.push(
            findings
                .found(format!("asset `{}` is in no zone", asset.id))
                .at(places::asset(at))
                .help("add `zone = \"…\"`, the zone whose security requirements it shares"),
        );
    }
}
