//! Building a [`Policy`]: ids become places in lists, and each permit is filed where a verdict will look for it.

use crate::place::{AssetIx, Place, Places, ZoneIx, index, usize_of};
use crate::policy::{ConduitIx, ConduitNode, ExactKey, Joined, Parties, Policy, Rule, RuleIx, ZoneNode};
use cofferdam_plant::{AssetId, Conduit, Party, Permit, Plant, Service, ZoneId};
use cofferdam_terms::Transport;
use hashbrown::HashMap;
use std::collections::BTreeMap;

impl Policy {
    /// Indexes what a plant permits.
    #[must_use]
    pub fn new(plant: &Plant) -> Self {
        let zone_index: BTreeMap<&ZoneId, ZoneIx> = (0..)
            .zip(plant.zones())
            .map(|(at, zone)| (&zone.id, ZoneIx(at)))
            .collect();
        let mut policy = Self {
            zones: zone_nodes(plant, &zone_index),
            assets: plant.assets().iter().map(|asset| asset.id.clone()).collect(),
            conduits: Vec::new(),
            rules: Vec::new(),
            places: Places::new(plant, &zone_index),
            exact: HashMap::default(),
            wide: HashMap::default(),
        };
        policy.take_conduits(plant, &zone_index);
        policy.file_rules(plant, &zone_index);
        policy.link_places();
        policy
    }

    fn take_conduits(&mut self, plant: &Plant, zone_index: &BTreeMap<&ZoneId, ZoneIx>) {
        let mut conduits: Vec<&Conduit> = plant.conduits().iter().collect();
        conduits.sort_by(|a, b| a.id.cmp(&b.id));
        let asset_index: BTreeMap<&AssetId, AssetIx> = (0..)
            .zip(plant.assets())
            .map(|(at, asset)| (&asset.id, AssetIx(at)))
            .collect();
        for conduit in conduits {
            let at = ConduitIx(index(self.conduits.len()));
            let mut zones: Vec<ZoneIx> = conduit
                .zones
                .iter()
                .filter_map(|zone| zone_index.get(zone).copied())
                .collect();
            zones.sort_unstable();
            zones.dedup();
            for zone in &zones {
                if let Some(zone) = self.zones.get_mut(usize_of(zone.0)) {
                    zone.conduits.push(at);
                }
            }
            let first = index(self.rules.len());
            let mut permits: Vec<&Permit> = conduit.permits.iter().collect();
            permits.sort_by(|a, b| a.id.cmp(&b.id));
            for permit in permits {
                self.rules.push(Rule {
                    conduit: at,
                    permit: permit.id.clone(),
                    from: parties(&permit.from, zone_index, &asset_index),
                    to: parties(&permit.to, zone_index, &asset_index),
                    services: permit.services.clone(),
                    operations: permit.operations,
                    open: permit.open.clone(),
                    joined: Joined::Ask,
                });
            }
            self.conduits.push(ConduitNode {
                id: conduit.id.clone(),
                zones,
                rules: (first, index(self.rules.len())),
            });
        }
    }

    /// Files each rule under every party that may initiate and every zone that may respond.
    fn file_rules(&mut self, plant: &Plant, zone_index: &BTreeMap<&ZoneId, ZoneIx>) {
        let zone_of = |asset: &AssetIx| {
            let zone = plant.assets().get(usize_of(asset.0))?.zone.as_ref()?;
            zone_index.get(zone).copied()
        };
        let after_zones = index(self.zones.len());
        let mut rules = std::mem::take(&mut self.rules);
        for (at, rule) in (0..).zip(&mut rules) {
            let initiators: Vec<(u32, ZoneIx)> = rule
                .from
                .zones
                .iter()
                .map(|zone| (zone.0, *zone))
                .chain(
                    rule.from
                        .assets
                        .iter()
                        .filter_map(|asset| Some((after_zones.saturating_add(asset.0), zone_of(asset)?))),
                )
                .collect();
            let mut responders: Vec<ZoneIx> = rule
                .to
                .zones
                .iter()
                .copied()
                .chain(rule.to.assets.iter().filter_map(zone_of))
                .collect();
            responders.sort_unstable();
            responders.dedup();
            let always = initiators
                .iter()
                .all(|(_, from)| responders.iter().all(|to| self.joins(rule.conduit, *from, *to)));
            rule.joined = if always { Joined::Always } else { Joined::Ask };
            for (initiator, _) in initiators {
                for responder in &responders {
                    for (n, service) in (0..).zip(&rule.services) {
                        let entries = match one_port(service) {
                            Some((transport, port)) => self
                                .exact
                                .entry(ExactKey::new(initiator, *responder, transport, port))
                                .or_default(),
                            None => self.wide.entry((initiator, *responder)).or_default(),
                        };
                        // Ascending by rank, since rules are walked in that order.
                        entries.push((RuleIx(at), n));
                    }
                }
            }
        }
        self.rules = rules;
    }

    /// Tells each place under which keys its permits are filed, so that a verdict tries no others.
    fn link_places(&mut self) {
        let mut initiators: Vec<u32> = Vec::new();
        let mut responders: Vec<ZoneIx> = Vec::new();
        for rule in &self.rules {
            initiators.extend(rule.from.zones.iter().map(|zone| zone.0));
            let after_zones = index(self.zones.len());
            initiators.extend(
                rule.from
                    .assets
                    .iter()
                    .map(|asset| after_zones.saturating_add(asset.0)),
            );
        }
        let filed = self.exact.keys().map(|key| key.responder());
        responders.extend(filed.chain(self.wide.keys().map(|(_, zone)| *zone)));
        initiators.sort_unstable();
        initiators.dedup();
        responders.sort_unstable();
        responders.dedup();
        let after_zones = index(self.zones.len());
        for place in self.places.all_mut() {
            let Place::In(host) = place else { continue };
            let Some(zone) = self.zones.get(usize_of(host.zone.0)) else {
                continue;
            };
            let own = host
                .assets
                .iter()
                .map(|asset| after_zones.saturating_add(asset.0));
            host.initiates = own
                .chain(zone.lineage.iter().map(|zone| zone.0))
                .filter(|key| initiators.binary_search(key).is_ok())
                .collect();
            host.responds = zone
                .lineage
                .iter()
                .copied()
                .filter(|zone| responders.binary_search(zone).is_ok())
                .collect();
        }
    }
}

fn zone_nodes(plant: &Plant, zone_index: &BTreeMap<&ZoneId, ZoneIx>) -> Vec<ZoneNode> {
    plant
        .zones()
        .iter()
        .map(|zone| ZoneNode {
            id: zone.id.clone(),
            lineage: plant
                .lineage(&zone.id)
                .filter_map(|zone| zone_index.get(&zone.id).copied())
                .collect(),
            conduits: Vec::new(),
        })
        .collect()
}

fn parties(
    parties: &[Party],
    zones: &BTreeMap<&ZoneId, ZoneIx>,
    assets: &BTreeMap<&AssetId, AssetIx>,
) -> Parties {
    let mut resolved = Parties::default();
    for party in parties {
        match party {
            Party::Zone(zone) => resolved.zones.extend(zones.get(zone)),
            Party::Asset(asset) => resolved.assets.extend(assets.get(asset)),
        }
    }
    resolved.zones.sort_unstable();
    resolved.zones.dedup();
    resolved.assets.sort_unstable();
    resolved.assets.dedup();
    resolved
}

/// A service's transport and port, if it is for one of each.
fn one_port(service: &Service) -> Option<(Transport, u16)> {
    let transport = service.transport?;
    let ports = service.ports?;
    (ports.first() == ports.last()).then_some((transport, ports.first()))
}
