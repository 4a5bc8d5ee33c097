//! # What
//! A safety zone that lies in a zone of another kind, or a zone of another kind that lies in a safety zone.
//!
//! # Why it matters
//! Whatever a permit allows for a zone it allows for the zones within it. A permit for `zone:cell-1` written with the
//! controllers in mind opens the safety zone in the cell as well, and nobody sees it in the permit.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.3 wants safety-related assets in zones apart from those without safety function.
//!
//! # Evidence
//! The `parent` of zones and their kinds.
//!
//! # False positives
//! A parent zone that no permit ever names as a party is harmless today; the next permit may name it.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//!
//! [[zone]]
//! id = "cell-1-safety"
//! kind = "safety"
//! parent = "cell-1"
//! ```
//!
//! # Mend
//! Take `parent` out of the safety zone, or let it lie in a zone of kind `safety`.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::ZoneKind;

pub(super) const CHECK: Check = Check {
    code: Code("safety-zone-nested"),
    severity: Severity::Warning,
    clauses: &[Clause::zcr("ZCR 3.3")],
    source: include_str!("safety_zone_nested.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, zone) in survey.zones() {
        let Some((parent_at, parent)) = survey.parent(at) else {
            continue;
        };
        let safety = |kind| kind == ZoneKind::Safety;
        if safety(zone.kind) == safety(parent.kind) {
            continue;
        }
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
                .and(
                    places::zone_key(parent_at, "kind"),
                    "what is permitted for this zone is permitted for those within it",
                )
                .help("take out `parent`, or let safety zones lie in safety zones alone"),
        );
    }
}
