//! # What
//! A zone with a target level that is lower, in any of the seven elements, than that of a zone that it lies in.
//!
//! # Why it matters
//! A zone inherits what holds for the zone around it and may only tighten it. The lower number has no effect here: the
//! levels are joined. Whoever reads it plans for less than is asked.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 5.6 wants the target level of each zone to follow from its risk.
//!
//! # Evidence
//! `sl-t` of the zone and of the zones that it lies in.
//!
//! # False positives
//! A part with really less risk, say a display. It should not lie in the zone then.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "test-cells"
//! kind = "control"
//! sl-t = 3
//!
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//! parent = "test-cells"
//! sl-t = 2
//! ```
//!
//! # Mend
//! Raise it, take it out so that the outer zone's holds, or take the zone out of the other.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};

pub(super) const CHECK: Check = Check {
    code: Code("child-loosens-sl-t"),
    severity: Severity::Error,
    clauses: &[Clause::zcr("ZCR 5.6")],
    source: include_str!("child_loosens_sl_t.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, zone) in survey.zones() {
        let (Some(own), Some((parent_at, _))) = (zone.sl_t, survey.parent(at)) else {
            continue;
        };
        let Some(outer) = survey.sl_t(parent_at).filter(|outer| !own.0.covers(outer.0)) else {
            continue;
        };
        // The level may come from further out than the parent: show the zone that sets it.
        let setter = survey
            .lineage(parent_at)
            .filter_map(|at| survey.zone(at))
            .find(|(_, zone)| zone.sl_t.is_some_and(|level| !own.0.covers(level.0)));
        let mut finding = findings
            .found(format!(
                "zone `{}` asks for {} inside {}",
                zone.id, own.0, outer.0
            ))
            .at(places::zone_key(at, "sl-t"))
            .help("raise it, or take it out so that the outer zone's holds");
        if let Some((setter_at, setter)) = setter {
            finding = finding.and(
                places::zone_key(setter_at, "sl-t"),
                format!("`{}`, in which it lies, asks for more", setter.id),
            );
        }
        findings.push(finding);
    }
}
