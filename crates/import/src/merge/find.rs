//! Which asset of the model a record means.

use crate::asset::DeclaredAsset;
use crate::guess::letters;
use cofferdam_plant::{Asset, AssetId, Interface};
use cofferdam_terms::MacAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Assets by all that they can be found by.
#[derive(Default)]
pub(super) struct Finder {
    sources: BTreeMap<String, usize>,
    ids: BTreeMap<AssetId, usize>,
    macs: BTreeMap<MacAddr, BTreeSet<usize>>,
    serials: BTreeMap<String, BTreeSet<usize>>,
    ips: BTreeMap<IpAddr, BTreeSet<usize>>,
}

/// Whom a record means.
pub(super) enum Found {
    /// An asset that the model does not have.
    Nobody,
    /// This one.
    Asset(usize),
    /// One of these.
    Several(Vec<usize>),
}

impl Finder {
    /// Adds all by which an asset is found; what was added before stays.
    pub(super) fn add(&mut self, at: usize, asset: &Asset) {
        for source in &asset.sources {
            self.sources.entry(source.clone()).or_insert(at);
        }
        self.ids.entry(asset.id.clone()).or_insert(at);
        for interface in &asset.interfaces {
            if let Some(mac) = interface.mac {
                self.macs.entry(mac).or_default().insert(at);
            }
            if let Some(ip) = interface.ip {
                self.ips.entry(ip).or_default().insert(at);
            }
        }
        if let Some(serial) = &asset.serial {
            self.serials.entry(letters(&serial.value)).or_default().insert(at);
        }
    }

    pub(super) fn has_id(&self, id: &AssetId) -> bool {
        self.ids.contains_key(id)
    }

    /// Looks by the surest mark first; a weaker one counts only where no stronger one speaks against it.
    pub(super) fn find(&self, record: &DeclaredAsset, assets: &[Asset]) -> Found {
        if let Some(at) = self.sources.get(record.key.as_str()) {
            return Found::Asset(*at);
        }
        if let Some(at) = record.id.as_ref().and_then(|id| self.ids.get(&id.value)) {
            return Found::Asset(*at);
        }
        let macs = record.interfaces.iter().filter_map(|fact| fact.value.mac);
        let by_mac: BTreeSet<usize> = macs
            .filter(|mac| !mac.is_group())
            .filter_map(|mac| self.macs.get(&mac))
            .flatten()
            .copied()
            .collect();
        if !by_mac.is_empty() {
            return found(by_mac);
        }
        let fits = |at: &usize| assets.get(*at).is_some_and(|asset| !contradicts(record, asset));
        let serial = record.serial.as_ref().map(|serial| letters(&serial.value));
        let by_serial = serial.filter(|serial| !serial.is_empty());
        let by_serial = by_serial.and_then(|serial| self.serials.get(&serial));
        let by_serial: BTreeSet<usize> = by_serial.into_iter().flatten().copied().filter(fits).collect();
        if !by_serial.is_empty() {
            return found(by_serial);
        }
        let ips = record.interfaces.iter().filter_map(|fact| fact.value.ip);
        let by_ip = ips.filter_map(|ip| self.ips.get(&ip)).flatten().copied();
        found(by_ip.filter(fits).collect())
    }

    /// Who else claims an interface's IP address in its VLAN, or its MAC address.
    pub(super) fn claimed(&self, interface: &Interface, by_not: usize, assets: &[Asset]) -> Option<usize> {
        let of_mac = interface.mac.and_then(|mac| self.macs.get(&mac));
        let of_ip = interface.ip.and_then(|ip| self.ips.get(&ip));
        let mut others = of_mac.into_iter().chain(of_ip).flatten().copied();
        others.find(|at| {
            let theirs = assets.get(*at).map(|asset| asset.interfaces.as_slice());
            let mut theirs = theirs.unwrap_or_default().iter();
            *at != by_not && theirs.any(|their| clash(interface, their))
        })
    }
}

fn found(candidates: BTreeSet<usize>) -> Found {
    let mut all = candidates.iter();
    match (all.next(), all.next()) {
        (None, _) => Found::Nobody,
        (Some(at), None) => Found::Asset(*at),
        (Some(_), Some(_)) => Found::Several(candidates.into_iter().collect()),
    }
}

/// Whether two interfaces can't both be: one address in one VLAN, or where it is not known in which.
fn clash(a: &Interface, b: &Interface) -> bool {
    let vlans = a.vlan.is_none() || b.vlan.is_none() || a.vlan == b.vlan;
    let ip = a.ip.is_some() && a.ip == b.ip && vlans;
    let mac = a.mac.is_some() && a.mac == b.mac;
    ip || mac
}

/// Whether a record can't mean an asset: both say MAC addresses and share none, or serial numbers or makers differ.
fn contradicts(record: &DeclaredAsset, asset: &Asset) -> bool {
    let here: BTreeSet<MacAddr> = record
        .interfaces
        .iter()
        .filter_map(|fact| fact.value.mac)
        .collect();
    let there: BTreeSet<MacAddr> = asset
        .interfaces
        .iter()
        .filter_map(|interface| interface.mac)
        .collect();
    let macs = !here.is_empty() && !there.is_empty() && here.is_disjoint(&there);
    let serials = match (&record.serial, &asset.serial) {
        (Some(here), Some(there)) => letters(&here.value) != letters(&there.value),
        (None, _) | (_, None) => false,
    };
    macs || serials
}
