//! # What
//! An IP or MAC address that two assets claim. IP addresses on two different VLANs don't clash. If both assets are in
//! one zone it is a warning, since the zone of the address is then decided.
//!
//! # Why it matters
//! Policy is decided by address. If two assets in two zones claim one address, nobody can say which zone a packet comes
//! from, and a rule for one is a rule for the other. If both are in one zone, the inventory counts one thing twice.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.1 puts each asset in its zone. IEC 62443-3-3 SR 7.8 wants components and their properties known.
//!
//! # Evidence
//! The `mac` and `ip` of interfaces, with their `vlan`.
//!
//! # False positives
//! A virtual address that two routers or servers share for redundancy. Give it to one asset of its own, with the role of
//! the pair. Machines behind address translation that all carry the maker's default address: give their interfaces the
//! VLAN that they stand on.
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
//! interfaces = [{ ip = "10.20.1.11" }]
//!
//! [[asset]]
//! id = "plc-2"
//! zone = "cell-1"
//! interfaces = [{ ip = "10.20.1.11" }]
//! ```
//!
//! # Mend
//! Find out which asset has the address, and take it from the other; if they are one, keep one entry.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use cofferdam_terms::VlanId;
use std::collections::BTreeMap;
use std::fmt::Display;

pub(super) const CHECK: Check = Check {
    code: Code("address-claimed-twice"),
    severity: Severity::Error,
    clauses: &[Clause::zcr("ZCR 3.1"), Clause::sr("SR 7.8")],
    source: include_str!("address_claimed_twice.rs"),
    run: Run::Model(run),
};

/// An interface that claims an address: asset and place in its list.
type Claim = (usize, usize);

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    let mut ips: BTreeMap<_, BTreeMap<Option<VlanId>, Claim>> = BTreeMap::new();
    let mut macs: BTreeMap<_, Claim> = BTreeMap::new();
    for (at, asset, _) in survey.assets() {
        for (n, interface) in asset.interfaces.iter().enumerate() {
            if let Some(ip) = interface.ip {
                let claims = ips.entry(ip).or_default();
                // No VLAN given means any, so it clashes with every other.
                let same = match interface.vlan {
                    Some(_) => claims.get(&interface.vlan).or_else(|| claims.get(&None)),
                    None => claims.values().next(),
                };
                report(survey, findings, "ip", ip, (at, n), same.copied());
                claims.entry(interface.vlan).or_insert((at, n));
            }
            if let Some(mac) = interface.mac {
                report(survey, findings, "mac", mac, (at, n), macs.get(&mac).copied());
                macs.entry(mac).or_insert((at, n));
            }
        }
    }
}

fn report(
    survey: &Survey<'_>,
    findings: &mut Findings<'_>,
    key: &'static str,
    address: impl Display,
    claim: Claim,
    first: Option<Claim>,
) {
    let name = |asset: usize| survey.plant.assets().get(asset).map(|asset| &asset.id);
    let Some(first) = first.filter(|first| first.0 != claim.0) else {
        return;
    };
    let (Some(mine), Some(theirs)) = (name(claim.0), name(first.0)) else {
        return;
    };
    let zones = (survey.asset_zone(claim.0), survey.asset_zone(first.0));
    let in_one_zone = zones.0.is_some() && zones.0 == zones.1;
    let mut finding = findings
        .found(format!(
            "`{mine}` and `{theirs}` both claim {address}, {}",
            if in_one_zone {
                "in one zone"
            } else {
                "so that its zone is undecided"
            }
        ))
        .at(places::interface_key(claim.0, claim.1, key))
        .and(
            places::interface_key(first.0, first.1, key),
            format!("claimed by `{theirs}` here"),
        )
        .help("take it from the one that hasn't got it; if they are one asset, keep one entry");
    if in_one_zone {
        finding.severity = Severity::Warning;
    }
    findings.push(finding);
}
