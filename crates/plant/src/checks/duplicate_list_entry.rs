//! # What
//! A list that names the same thing twice.
//!
//! # Why it matters
//! It has no effect, which is the trouble: a second, different entry was most likely meant.
//!
//! # Clause
//! None. It keeps the text readable.
//!
//! # Evidence
//! The lists of zones, assets, conduits and permits.
//!
//! # False positives
//! None known.
//!
//! # Example
//! ```toml
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
//! zones = ["scada", "cell-1", "scada"]
//! ```
//!
//! # Mend
//! Take the second one out; `cofferdam check --fix` does.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Code, Fix, Severity};
use crate::plant::Place;
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    code: Code("duplicate-list-entry"),
    severity: Severity::Warning,
    clauses: &[],
    source: include_str!("duplicate_list_entry.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, zone) in survey.zones() {
        report(findings, "subnets", &zone.subnets, |n| {
            places::zone_item(at, "subnets", n)
        });
    }
    for (at, asset, _) in survey.assets() {
        report(findings, "interfaces", &asset.interfaces, |n| {
            places::asset_item(at, "interfaces", n)
        });
    }
    for (at, conduit) in survey.conduits() {
        let item = |key| move |n| places::conduit_item(at, key, n);
        report(findings, "zones", &conduit.zones, item("zones"));
        report(findings, "protection", &conduit.protection, item("protection"));
        report(
            findings,
            "enforcement-points",
            &conduit.enforcement_points,
            item("enforcement-points"),
        );
    }
    for at in survey.permits() {
        let item = |key| move |n| places::permit_item(at.conduit_at, at.permit_at, key, n);
        report(findings, "from", &at.permit.from, item("from"));
        report(findings, "to", &at.permit.to, item("to"));
        report(findings, "services", &at.permit.services, item("services"));
    }
}

fn report<T: Ord>(findings: &mut Findings<'_>, key: &str, list: &[T], place: impl Fn(usize) -> Place) {
    let mut seen = BTreeMap::new();
    for (n, entry) in list.iter().enumerate() {
        let first: usize = *seen.entry(entry).or_insert(n);
        if first == n {
            continue;
        }
        findings.push(
            findings
                .found(format!("`{key}` names the same thing twice"))
                .at(place(n))
                .and(place(first), "first here")
                .help("take the second one out")
                .fix(Fix::RemoveItem(place(n))),
        );
    }
}
