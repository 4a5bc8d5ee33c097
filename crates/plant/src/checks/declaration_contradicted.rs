//! # What
//! A value of an asset that a person declared or that was imported, and that observation contradicts.
//!
//! # Why it matters
//! Observation never overwrites what a person wrote: either the device isn't the one that the model means (it was
//! replaced, or its address was taken), or the declaration is out of date. Versions that are wrong make vulnerabilities
//! invisible.
//!
//! # Clause
//! IEC 62443-3-3 SR 7.8 wants the components and their properties known; SR 3.4 wants changes of software noticed.
//!
//! # Evidence
//! What devices say of themselves on the wire, with capture and packet. Upper and lower case and blanks don't count as a
//! difference.
//!
//! # False positives
//! Devices that answer with another name than the one on the label. Where both are right, note the wire's name in the
//! product and the label's in `name`.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//!
//! [[asset]]
//! id = "plc-1"
//! zone = "cell-1"
//! firmware = "V4.2"
//! interfaces = [{ ip = "10.20.1.11" }]
//! ```
//! ```identities
//! 10.20.1.11 firmware = V4.4
//! ```
//!
//! # Mend
//! Look at the device. Correct the model if it is out of date; otherwise find out who changed the device.

use super::addresses::Addresses;
use super::survey::Survey;
use super::usage::Usage;
use super::{Check, Findings, Run, places};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::{Asset, Attribute, Provenance};
use crate::observed::ObservedIdentity;
use crate::plant::{Place, Plant};

pub(super) const CHECK: Check = Check {
    code: Code("declaration-contradicted"),
    severity: Severity::Warning,
    clauses: &[Clause::sr("SR 7.8"), Clause::sr("SR 3.4")],
    source: include_str!("declaration_contradicted.rs"),
    run: Run::Usage(run),
};

/// A value that observation contradicts.
#[derive(Clone, Debug, PartialEq)]
pub struct Discrepancy {
    /// The asset's value in the model.
    pub place: Place,
    /// Which of its values: `firmware`.
    pub key: &'static str,
    /// What the model says.
    pub declared: Attribute<String>,
    /// What was seen.
    pub observed: Attribute<String>,
}

/// The values of assets that a person declared or that were imported, and that observation contradicts. Ordered by
/// asset; several sightings of one asset may contradict one value each in its way.
#[must_use]
pub fn discrepancies(plant: &Plant, identities: &[ObservedIdentity]) -> Vec<Discrepancy> {
    found(&Survey::new(plant), identities)
}

fn run(survey: &Survey<'_>, usage: &Usage<'_>, findings: &mut Findings<'_>) {
    for discrepancy in found(survey, &usage.observed.identities) {
        let Discrepancy {
            place,
            key,
            declared,
            observed,
        } = discrepancy;
        let asset = survey.plant.assets().get(place.index).map(|asset| &asset.id);
        let Some(asset) = asset else { continue };
        let who = match declared.provenance {
            Provenance::Imported { file, row } => format!("imported from {file}, row {row}"),
            Provenance::Declared | Provenance::Observed { .. } => "declared".to_owned(),
        };
        let seen = match observed.provenance {
            Provenance::Observed {
                capture,
                packet,
                field,
                ..
            } => format!(" by {field} in packet {packet} of {capture}"),
            Provenance::Declared | Provenance::Imported { .. } => String::new(),
        };
        findings.push(
            findings
                .found(format!(
                    "{key} of `{asset}` is {who} as `{}` and was observed as `{}`{seen}",
                    declared.value, observed.value
                ))
                .at(place)
                .help("look at the device; correct the model, or find out who changed the device"),
        );
    }
}

fn found(survey: &Survey<'_>, identities: &[ObservedIdentity]) -> Vec<Discrepancy> {
    let addresses = Addresses::new(survey);
    let mut out = Vec::new();
    for identity in identities {
        let located = identity.ends.iter().map(|end| addresses.locate(survey, end));
        let asset = located.filter_map(|located| located.asset).next();
        if let Some((at, asset)) = asset.and_then(|at| Some((at, survey.plant.assets().get(at)?))) {
            out.extend(contradicted(at, asset, identity));
        }
    }
    out.sort_by(|a, b| a.place.cmp(&b.place));
    out.dedup();
    out
}

fn contradicted(at: usize, asset: &Asset, seen: &ObservedIdentity) -> impl Iterator<Item = Discrepancy> {
    let named = |role: &Attribute<crate::model::AssetRole>| Attribute {
        value: role.value.name().to_owned(),
        provenance: role.provenance.clone(),
    };
    let role = (Some(named(&asset.role)), seen.role.as_ref().map(named));
    let pairs = [
        ("role", role.0, role.1),
        ("vendor", asset.vendor.clone(), seen.vendor.clone()),
        ("product", asset.product.clone(), seen.product.clone()),
        ("firmware", asset.firmware.clone(), seen.firmware.clone()),
        ("serial", asset.serial.clone(), seen.serial.clone()),
    ];
    pairs.into_iter().filter_map(move |(key, declared, observed)| {
        let (declared, observed) = (declared?, observed?);
        let firm = match declared.provenance {
            Provenance::Declared | Provenance::Imported { .. } => true,
            Provenance::Observed { .. } => false,
        };
        // A role that nobody gave is no declaration, and one that observation can't tell contradicts nothing.
        let unknown = key == "role" && [&declared, &observed].iter().any(|role| role.value == "unknown");
        (firm && !unknown && !same(&declared.value, &observed.value)).then(|| Discrepancy {
            place: places::asset_key(at, key),
            key,
            declared,
            observed,
        })
    })
}

/// Whether two texts are the same but for case and blanks.
fn same(a: &str, b: &str) -> bool {
    let plain = |text: &str| {
        let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
        words.join(" ")
    };
    plain(a) == plain(b)
}
