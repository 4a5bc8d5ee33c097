//! # What
//! One VLAN with assets of a zone that must stand apart (safety, enterprise, external, wireless, temporary) and assets of
//! another zone.
//!
//! # Why it matters
//! Assets on one VLAN reach each other through the switch, past every router and firewall. Two zones on one VLAN are two
//! zones on paper.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.2 to 3.6 want these zones apart; IEC 62443-3-3 SR 5.1 wants networks segmented, and a VLAN is the
//! least that does it. Cited are ZCR 3.1 and SR 5.1.
//!
//! # Evidence
//! The `vlan` of the interfaces of assets.
//!
//! # False positives
//! VLAN numbers that are used twice, on switches that are not connected; private VLANs or port isolation; transparent
//! firewalls between two halves of a VLAN.
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
//!
//! [[asset]]
//! id = "plc-1"
//! zone = "cell-1"
//! role = "plc"
//! interfaces = [{ ip = "10.20.1.11", vlan = 20 }]
//!
//! [[asset]]
//! id = "sis-1"
//! zone = "cell-1-safety"
//! role = "safety-controller"
//! interfaces = [{ ip = "10.20.1.12", vlan = 20 }]
//! ```
//!
//! # Mend
//! Give the zone that must stand apart a VLAN of its own, behind the enforcement point.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::ZoneKind;
use cofferdam_terms::VlanId;
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    code: Code("vlan-spans-kinds"),
    severity: Severity::Warning,
    clauses: &[Clause::zcr("ZCR 3.1"), Clause::sr("SR 5.1")],
    source: include_str!("vlan_spans_kinds.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    // For each VLAN the first interface of each zone.
    let mut members: BTreeMap<VlanId, BTreeMap<usize, (usize, usize)>> = BTreeMap::new();
    for (at, asset, zone) in survey.assets() {
        let Some((zone_at, _)) = zone else { continue };
        for (n, interface) in asset.interfaces.iter().enumerate() {
            if let Some(vlan) = interface.vlan {
                members.entry(vlan).or_default().entry(zone_at).or_insert((at, n));
            }
        }
    }
    for (vlan, zones) in &members {
        for (apart_at, (asset, interface)) in zones {
            let Some((_, apart)) = survey.zone(*apart_at).filter(|(_, zone)| stands_apart(zone.kind)) else {
                continue;
            };
            // One other zone is enough to say it.
            let other = zones.iter().find_map(|(at, place)| {
                let (_, zone) = survey.zone(*at)?;
                let told = stands_apart(zone.kind) && at < apart_at;
                (zone.kind != apart.kind && !told).then_some((zone, place))
            });
            let Some((other, (other_asset, other_interface))) = other else {
                continue;
            };
            findings.push(
                findings
                    .found(format!(
                        "{} zone `{}` shares VLAN {vlan} with {} zone `{}`",
                        apart.kind.name(),
                        apart.id,
                        other.kind.name(),
                        other.id
                    ))
                    .at(places::interface_key(*asset, *interface, "vlan"))
                    .and(
                        places::interface_key(*other_asset, *other_interface, "vlan"),
                        format!("an asset of `{}` on the same VLAN", other.id),
                    )
                    .help(
                        "give the zone that must stand apart a VLAN of its own, behind the enforcement point",
                    ),
            );
        }
    }
}

const fn stands_apart(kind: ZoneKind) -> bool {
    match kind {
        ZoneKind::Safety
        | ZoneKind::Enterprise
        | ZoneKind::External
        | ZoneKind::Wireless
        | ZoneKind::Temporary => true,
        ZoneKind::Control | ZoneKind::Supervisory | ZoneKind::Operations | ZoneKind::Dmz => false,
    }
}
