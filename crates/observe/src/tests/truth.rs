//! The inventory of a simulated plant, held against what the plant is.
//!
//! A month holds every rhythm of the plant once. What is asked of it is what the issue asks: recall of assets, of roles,
//! of firmware; nothing invented; no two devices taken for one. The misses are printed as a table.

use super::plant::observe;
use crate::record::{Observation, ObservedAsset};
use cofferdam_simulate::{CapturePoint, Settings as Plant, TrueAsset, Truth};
use cofferdam_terms::MacAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

/// A month, polled slowly: some half a million frames.
fn month(capture: CapturePoint, assets: u32) -> Plant {
    Plant {
        duration: Duration::from_hours(30 * 24),
        poll_every: Duration::from_mins(5),
        assets,
        capture,
        ..Plant::default()
    }
}

/// What came of the comparison.
#[derive(Debug, Default)]
struct Measured {
    assets: usize,
    found: usize,
    roles_right: usize,
    firmware: usize,
    firmware_found: usize,
    claims: usize,
    claims_found: usize,
    /// One observed asset with addresses of several devices.
    merged: Vec<String>,
    /// Several observed assets for one device.
    split: Vec<String>,
    invented: Vec<String>,
    misses: Vec<String>,
}

impl Measured {
    fn told(&self) -> String {
        format!(
            "assets {}/{}, roles {}/{}, firmware {}/{}, claims {}/{}, merged {}, split {}, invented {}",
            self.found,
            self.assets,
            self.roles_right,
            self.found,
            self.firmware_found,
            self.firmware,
            self.claims_found,
            self.claims,
            self.merged.len(),
            self.split.len(),
            self.invented.len(),
        )
    }
}

/// The devices of the truth by their addresses.
struct Addresses<'a> {
    by_ip: BTreeMap<IpAddr, &'a str>,
    by_mac: BTreeMap<MacAddr, &'a str>,
}

impl<'a> Addresses<'a> {
    fn new(truth: &'a Truth) -> Self {
        let (mut by_ip, mut by_mac) = (BTreeMap::new(), BTreeMap::new());
        for asset in &truth.assets {
            for interface in &asset.interfaces {
                by_ip.insert(IpAddr::V4(interface.ip), asset.id.as_str());
                by_mac.extend(interface.mac.map(|mac| (mac, asset.id.as_str())));
            }
        }
        for carrier in &truth.carriers {
            by_mac.insert(carrier.mac, "provider");
        }
        Self { by_ip, by_mac }
    }

    /// The devices of which an observed asset has an address.
    fn of(&self, seen: &ObservedAsset) -> BTreeSet<&'a str> {
        let named = seen.endpoints.iter().flat_map(|(end, _)| {
            let by_ip = end.ip.and_then(|ip| self.by_ip.get(&ip));
            let by_mac = end.mac.and_then(|mac| self.by_mac.get(&mac));
            [by_ip, by_mac]
        });
        named.flatten().copied().collect()
    }
}

fn measure(observation: &Observation, truth: &Truth) -> Measured {
    let addresses = Addresses::new(truth);
    let mut measured = Measured {
        assets: truth.assets.len(),
        ..Measured::default()
    };
    let mut seen_as: BTreeMap<&str, Vec<&ObservedAsset>> = BTreeMap::new();
    for seen in &observation.assets {
        let devices = addresses.of(seen);
        if devices.is_empty() {
            measured.invented.push(format!(
                "{} {}: {}",
                seen.key,
                seen.role.role,
                seen.joins.join("; ")
            ));
        }
        if devices.len() > 1 {
            measured
                .merged
                .push(format!("{} is {devices:?}: {}", seen.key, seen.joins.join("; ")));
        }
        for device in devices {
            seen_as.entry(device).or_default().push(seen);
        }
    }
    for asset in &truth.assets {
        match seen_as.get(asset.id.as_str()) {
            None => measured
                .misses
                .push(format!("{} {}: not found", asset.id, asset.role)),
            Some(seen) => measure_asset(asset, seen, &mut measured),
        }
    }
    measured
}

fn measure_asset(asset: &TrueAsset, seen: &[&ObservedAsset], measured: &mut Measured) {
    measured.found += 1;
    if seen.len() > 1 {
        let keys: Vec<&str> = seen.iter().map(|seen| seen.key.as_str()).collect();
        measured
            .split
            .push(format!("{} is seen as {}", asset.id, keys.join(", ")));
    }
    if seen.iter().all(|seen| seen.role.role == asset.role) {
        measured.roles_right += 1;
    }
    for seen in seen.iter().filter(|seen| seen.role.role != asset.role) {
        let role = &seen.role;
        measured.misses.push(format!(
            "{} {}: {} seen as {} {:.2}: {}",
            asset.id,
            asset.role,
            seen.key,
            role.role,
            role.confidence,
            role.reasons.join("; ")
        ));
    }
    for claim in &asset.claims {
        let said = seen
            .iter()
            .flat_map(|seen| &seen.facts)
            .any(|fact| fact.field.name() == claim.fact && fact.value.as_str() == claim.value);
        let firmware = usize::from(claim.fact == "firmware");
        measured.claims += 1;
        measured.claims_found += usize::from(said);
        measured.firmware += firmware;
        measured.firmware_found += usize::from(said) * firmware;
        if !said {
            measured.misses.push(format!(
                "{}: {} {} `{}` not found",
                asset.id, claim.protocol, claim.fact, claim.value
            ));
        }
    }
}

fn check(plant: Plant) {
    let name = format!("{} assets, {:?}", plant.assets, plant.capture);
    let (_, observation, truth) = observe(plant);
    let measured = measure(&observation, &truth);
    println!("{name}: {}", measured.told());
    for line in [
        &measured.misses,
        &measured.split,
        &measured.merged,
        &measured.invented,
    ]
    .into_iter()
    .flatten()
    {
        println!("    {line}");
    }
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    assert!(
        share(measured.found, measured.assets) >= 0.98,
        "{name}: {measured:#?}"
    );
    assert!(
        share(measured.roles_right, measured.found) >= 0.95,
        "{name}: {measured:#?}"
    );
    assert_eq!(
        measured.firmware_found, measured.firmware,
        "{name}: {measured:#?}"
    );
    assert_eq!(measured.merged, [""; 0], "{name}");
    assert_eq!(measured.invented, [""; 0], "{name}");
}

#[test]
fn the_inventory_of_a_month_is_the_plant() {
    check(month(CapturePoint::Core, 60));
}

#[test]
fn the_inventory_of_a_month_at_every_hop_is_the_plant() {
    check(month(CapturePoint::EveryHop, 40));
}
