//! What the ends of a cut are called, by the model first and by observation where the model does not know them.

use super::report::Who;
use crate::conversation::HostKey;
use crate::flow::Host;
use crate::policy::Policy;
use cofferdam_observe::{IdentityField, ObservedAsset};
use cofferdam_plant::{AssetRole, Plant, ZoneKind};
use cofferdam_terms::VlanId;
use std::collections::BTreeMap;

/// Everyone that the model or the observation knows.
pub(super) struct Hosts<'a> {
    policy: &'a Policy,
    plant: &'a Plant,
    observed: BTreeMap<HostKey, &'a ObservedAsset>,
}

impl<'a> Hosts<'a> {
    pub(super) fn new(policy: &'a Policy, plant: &'a Plant, observed: &'a [ObservedAsset]) -> Self {
        let mut by_key = BTreeMap::new();
        for asset in observed {
            for (endpoint, _) in &asset.endpoints {
                by_key.entry(HostKey::of(*endpoint)).or_insert(asset);
            }
        }
        Self {
            policy,
            plant,
            observed: by_key,
        }
    }

    /// The asset as it was observed.
    pub(super) fn observed(&self, key: HostKey) -> Option<&'a ObservedAsset> {
        self.observed.get(&key).copied()
    }

    pub(super) fn who(&self, key: HostKey, vlan: Option<VlanId>) -> Who {
        let host = host(key, vlan);
        let asset = self.policy.assets_at(&host).next();
        let known = asset.and_then(|asset| self.plant.asset(asset));
        let zone = self
            .policy
            .zone_at(&host)
            .and_then(|zone| self.plant.zone(zone))
            .map(|zone| (zone.id.clone(), zone.kind));
        let observed = self.observed(key);
        let role = match known {
            Some(asset) => asset.role.value,
            None => observed.map_or(AssetRole::Unknown, role_of),
        };
        let name = match known {
            Some(asset) => {
                let kind = zone.as_ref().map(|(_, kind)| *kind);
                named(asset.id.as_str(), role, kind)
            }
            None => unnamed(key, role, observed),
        };
        Who {
            key,
            name,
            host_name: observed.and_then(host_name).map(ToOwned::to_owned),
            asset: asset.cloned(),
            role,
            zone,
        }
    }
}

/// The host that a key names.
pub(super) const fn host(key: HostKey, vlan: Option<VlanId>) -> Host {
    let (mac, ip) = match key {
        HostKey::Ip(ip) => (None, Some(ip)),
        HostKey::Mac(mac) => (Some(mac), None),
        HostKey::Nothing => (None, None),
    };
    Host { mac, ip, vlan }
}

/// `calibration-laptop-1 (temporary)`, `historian-1`, `srv-4 (mes)`.
fn named(id: &str, role: AssetRole, kind: Option<ZoneKind>) -> String {
    let says_role = role == AssetRole::Unknown || id.starts_with(role.name());
    match kind {
        // What passes through is told apart whatever it is.
        Some(ZoneKind::Temporary) => format!("{id} (temporary)"),
        Some(_) | None if says_role => id.to_owned(),
        Some(_) | None => format!("{id} ({})", role.name()),
    }
}

/// `10.20.1.77 (“CAL-LAPTOP”, engineering-workstation, not in the model)`.
fn unnamed(key: HostKey, role: AssetRole, observed: Option<&ObservedAsset>) -> String {
    let mut parts = Vec::new();
    if let Some(name) = observed.and_then(host_name) {
        parts.push(format!("“{name}”"));
    }
    if role != AssetRole::Unknown {
        parts.push(role.name().to_owned());
    }
    parts.push("not in the model".to_owned());
    format!("{key} ({})", parts.join(", "))
}

/// The name that the host gave most often.
pub(super) fn host_name(observed: &ObservedAsset) -> Option<&str> {
    observed
        .facts
        .iter()
        .filter(|fact| fact.field == IdentityField::HostName && !fact.value.is_empty())
        .min_by_key(|fact| (std::cmp::Reverse(fact.times), &fact.value))
        .map(|fact| fact.value.as_str())
}

fn role_of(observed: &ObservedAsset) -> AssetRole {
    AssetRole::ALL
        .into_iter()
        .find(|role| role.name() == observed.role.role)
        .unwrap_or(AssetRole::Unknown)
}
