//! # What
//! An enforcement point that alone carries conduits of the control system (safety, control, supervisory, operations).
//!
//! # Why it matters
//! When it fails, is updated or is configured wrongly, every one of those conduits is cut at once, and production with
//! them. Security that can stop the plant has to be as available as the plant.
//!
//! # Clause
//! IEC 62443-3-3 clause 4.2 wants security measures not to take away essential functions; SR 7.1 wants the system to keep
//! running when part of it is overloaded.
//!
//! # Evidence
//! `enforcement-points` of conduits and the kinds of the zones that they join.
//!
//! # False positives
//! A device with a redundant partner that is modelled as one. Model the pair as two enforcement points.
//!
//! # Example
//! ```toml
//! [[enforcement-point]]
//! id = "fw-1"
//! backend = "nftables"
//!
//! [[zone]]
//! id = "scada"
//! kind = "supervisory"
//!
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//!
//! [[conduit]]
//! id = "scada-to-cell-1"
//! zones = ["scada", "cell-1"]
//! enforcement-points = ["fw-1"]
//! ```
//!
//! # Mend
//! Add a second device to the conduits, or a bypass that opens when the device fails, or state in the conduit's `reason`
//! for how long it may be cut.

use super::survey::{Kinds, Survey};
use super::{Check, Findings, Run, places};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::{Conduit, ZoneKind};
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    code: Code("single-enforcement-point"),
    severity: Severity::Note,
    clauses: &[Clause::sr("4.2"), Clause::sr("SR 7.1")],
    source: include_str!("single_enforcement_point.rs"),
    run: Run::Model(run),
};

/// How many of the conduits are shown at their places.
const SHOWN: usize = 3;

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    let mut alone: BTreeMap<_, Vec<(usize, &Conduit)>> = BTreeMap::new();
    for (at, conduit) in survey.conduits() {
        let Some((first, rest)) = conduit.enforcement_points.split_first() else {
            continue;
        };
        if rest.iter().all(|other| other == first) && serves_control(survey, conduit) {
            alone.entry(first).or_default().push((at, conduit));
        }
    }
    for (at, point) in survey.plant.enforcement_points().iter().enumerate() {
        let Some(conduits) = alone.get(&point.id) else {
            continue;
        };
        let count = match conduits.len() {
            1 => "a conduit".to_owned(),
            n => format!("{n} conduits"),
        };
        let mut finding = findings
            .found(format!(
                "`{}` alone carries {count} of the control system",
                point.id
            ))
            .at(places::enforcement_point(at))
            .help("add a second device, or say in the conduit's `reason` for how long it may be cut");
        for (conduit_at, conduit) in conduits.iter().take(SHOWN) {
            let place = places::conduit_key(*conduit_at, "enforcement-points");
            finding = finding.and(place, format!("`{}` has no other", conduit.id));
        }
        findings.push(finding);
    }
}

fn serves_control(survey: &Survey<'_>, conduit: &Conduit) -> bool {
    let control = Kinds::from_iter([
        ZoneKind::Safety,
        ZoneKind::Control,
        ZoneKind::Supervisory,
        ZoneKind::Operations,
    ]);
    let zones = conduit.zones.iter().filter_map(|id| survey.plant.zone(id));
    Kinds::from_iter(zones.map(|zone| zone.kind)).meets(control)
}
