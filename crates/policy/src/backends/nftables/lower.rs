//! From a policy to rules. Every decision is made here: what becomes a rule, in which order, what is left over.
//!
//! INVARIANT: for every flow that a router forwards, the rules answer as [`Policy::verdict`] does with protocol and
//! operation not asked. Where the device can't say what the policy says, the rule that is made is the port filter's
//! reading of it (docs/semantics.md) and a [`Residual`] is listed.

use super::tree::{Comment, ConnectionState, Family, Interval, Match, Rule, Ruleset, SetName, Verdict};
use crate::backends::{Residual, ResidualKind, Scope};
use crate::place::{AssetIx, Place, ZoneIx, index, usize_of};
use crate::policy::{ConduitNode, Joined, Parties, Policy};
use cofferdam_plant::{OpenTimes, Plant};
use std::collections::{BTreeMap, BTreeSet};

mod services;
mod sets;
mod times;

use services::{carriers, service_residuals};
use sets::Sets;

/// A ruleset and what it can't hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lowered {
    /// The rules.
    pub ruleset: Ruleset,
    /// What is left over, ordered by conduit and permit.
    pub residuals: Vec<Residual>,
}

/// Makes the rules of a scope. The plant is the one that the policy was made from.
#[must_use]
pub fn lower(plant: &Plant, policy: &Policy, scope: &Scope) -> Lowered {
    let addresses = Addresses::of(policy);
    let mut lowering = Lowering {
        policy,
        addresses,
        sets: Sets::default(),
        rules: Vec::new(),
        known: BTreeSet::new(),
        residuals: Vec::new(),
    };
    lowering.state_rules();
    lowering.intra_zone();
    for conduit in policy
        .conduits
        .iter()
        .filter(|conduit| scope.holds(plant, &conduit.id))
    {
        lowering.conduit(conduit);
    }
    lowering.residuals.sort();
    lowering.residuals.dedup();
    Lowered {
        ruleset: Ruleset {
            scope: Comment::new(scope.name()),
            sets: lowering.sets.finish(),
            rules: lowering.rules,
        },
        residuals: lowering.residuals,
    }
}

/// Addresses of both families.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Both {
    v4: Vec<Interval>,
    v6: Vec<Interval>,
}

impl Both {
    fn of(&self, family: Family) -> &[Interval] {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    fn of_mut(&mut self, family: Family) -> &mut Vec<Interval> {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    fn add(&mut self, other: &Self) {
        self.v4.extend_from_slice(&other.v4);
        self.v6.extend_from_slice(&other.v6);
    }

    /// Ordered, disjoint, neighbours joined.
    fn merged(mut self) -> Self {
        self.v4 = merge(self.v4);
        self.v6 = merge(self.v6);
        self
    }
}

fn merge(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort_unstable();
    let mut out: Vec<Interval> = Vec::new();
    for next in intervals {
        match out.last_mut() {
            Some(last) if next.first <= last.last.saturating_add(1) => last.last = last.last.max(next.last),
            Some(_) | None => out.push(next),
        }
    }
    out
}

/// Which addresses are in which zone and are which asset's: those that the policy knows for certain.
struct Addresses {
    /// By zone: its own, without those of the zones that lie in it.
    zones: Vec<Both>,
    /// By asset: its addresses, and the zone that they are in.
    assets: BTreeMap<AssetIx, (ZoneIx, Both)>,
}

impl Addresses {
    fn of(policy: &Policy) -> Self {
        let mut zones = vec![Both::default(); policy.zones.len()];
        let mut assets: BTreeMap<AssetIx, (ZoneIx, Both)> = BTreeMap::new();
        let (v4, v6) = policy.places.claimed();
        for (family, ranges) in [(Family::V4, v4), (Family::V6, v6)] {
            for range in ranges {
                let host = match range.place {
                    Place::In(host) => host,
                    Place::Unzoned(_) | Place::Ambiguous(_) => continue,
                };
                let interval = Interval {
                    first: range.first,
                    last: range.last,
                };
                if let Some(zone) = zones.get_mut(usize_of(host.zone.0)) {
                    zone.of_mut(family).push(interval);
                }
                for asset in &host.assets {
                    let entry = assets.entry(*asset).or_insert((host.zone, Both::default()));
                    entry.1.of_mut(family).push(interval);
                }
            }
        }
        Self {
            zones: zones.into_iter().map(Both::merged).collect(),
            assets,
        }
    }
}

struct Lowering<'p> {
    policy: &'p Policy,
    addresses: Addresses,
    sets: Sets,
    rules: Vec<Rule>,
    known: BTreeSet<Vec<Match>>,
    residuals: Vec<Residual>,
}

/// Addresses of one party that are in one zone.
struct Part {
    zone: ZoneIx,
    addresses: Both,
}

impl Lowering<'_> {
    fn state_rules(&mut self) {
        let rule = |states: &[ConnectionState], verdict| Rule {
            matches: vec![Match::State(states.to_vec())],
            verdict,
            comment: None,
        };
        self.rules.push(rule(
            &[ConnectionState::Established, ConnectionState::Related],
            Verdict::Accept,
        ));
        self.rules.push(rule(&[ConnectionState::Invalid], Verdict::Drop));
    }

    /// Flows within a zone cross no conduit, even where a router lies between its subnets.
    fn intra_zone(&mut self) {
        for (zone, own) in self.policy.zones.iter().zip(&self.addresses.zones) {
            for family in Family::ALL {
                let addresses = own.of(family);
                // One address alone has nobody to talk to.
                if addresses.is_empty() || matches!(addresses, [Interval { first, last }] if first == last) {
                    continue;
                }
                let name = format!("zone_{}", zone.id);
                let source = self.sets.source(&name, family, addresses);
                self.rules.push(Rule {
                    matches: vec![
                        Match::Source(family, source.clone()),
                        Match::Destination(family, source),
                    ],
                    verdict: Verdict::Accept,
                    comment: Some(Comment::new(&format!("within {}", zone.id))),
                });
            }
        }
    }

    fn conduit(&mut self, conduit: &ConduitNode) {
        let (first, last) = conduit.rules;
        for at in first..last {
            self.permit(conduit, usize_of(at));
        }
    }

    fn permit(&mut self, conduit: &ConduitNode, at: usize) {
        let policy = self.policy;
        let Some(permit) = policy.rules.get(at) else {
            return;
        };
        let residual = |kind| Residual {
            conduit: conduit.id.clone(),
            permit: permit.permit.clone(),
            kind,
        };
        if permit.operations.is_empty() {
            self.residuals.push(residual(ResidualKind::NoOperation));
            return;
        }
        for party in [&permit.from, &permit.to] {
            for asset in self.without_address(party) {
                if let Some(asset) = policy.assets.get(usize_of(asset.0)) {
                    self.residuals
                        .push(residual(ResidualKind::NoAddress { asset: asset.clone() }));
                }
            }
        }
        self.residuals.extend(service_residuals(permit).map(residual));
        if permit.open.is_some() {
            self.residuals.push(residual(ResidualKind::OutlivesWindow));
        }
        let from = self.parts(&permit.from);
        let to = self.parts(&permit.to);
        let groups = match permit.joined {
            Joined::Always => vec![(union(&from, |_| true), union(&to, |_| true))],
            Joined::Ask => self.groups(permit.conduit, &from, &to),
        };
        let before = self.rules.len();
        let comment = format!("{}/{}", conduit.id, permit.permit);
        for (n, (from, to)) in groups.iter().enumerate() {
            let name = if n == 0 {
                format!("{}_{}", conduit.id, permit.permit)
            } else {
                format!("{}_{}_{n}", conduit.id, permit.permit)
            };
            self.rules_for(&name, &comment, from, to, &carriers(permit), permit.open.as_ref());
        }
        if self.rules.len() == before && permit.services.iter().any(services::is_routed) {
            self.residuals.push(residual(ResidualKind::NoRule));
        }
    }

    fn rules_for(
        &mut self,
        name: &str,
        comment: &str,
        from: &Both,
        to: &Both,
        carriers: &[Option<Match>],
        open: Option<&OpenTimes>,
    ) {
        let windows = open.map_or_else(|| vec![Vec::new()], times::matches);
        for family in Family::ALL {
            let (from, to) = (from.of(family), to.of(family));
            if from.is_empty() || to.is_empty() {
                continue;
            }
            let source = self.sets.source(&format!("{name}_from"), family, from);
            let destination = self.sets.source(&format!("{name}_to"), family, to);
            for carrier in carriers {
                for window in &windows {
                    let mut matches = vec![
                        Match::Source(family, source.clone()),
                        Match::Destination(family, destination.clone()),
                    ];
                    matches.extend(carrier.clone());
                    matches.extend(window.iter().cloned());
                    self.push(Rule {
                        matches,
                        verdict: Verdict::Accept,
                        comment: Some(Comment::new(comment)),
                    });
                }
            }
        }
    }

    /// A rule that matches just what an earlier one does would never be reached.
    fn push(&mut self, rule: Rule) {
        if self.known.insert(rule.matches.clone()) {
            self.rules.push(rule);
        }
    }

    /// The party's addresses, by the zone that they are in.
    fn parts(&self, parties: &Parties) -> Vec<Part> {
        let mut parts: BTreeMap<ZoneIx, Both> = BTreeMap::new();
        for (at, zone) in self.policy.zones.iter().enumerate() {
            if zone.lineage.iter().any(|in_it| parties.zones.contains(in_it))
                && let Some(own) = self.addresses.zones.get(at)
            {
                parts.entry(ZoneIx(index(at))).or_default().add(own);
            }
        }
        for asset in &parties.assets {
            if let Some((zone, addresses)) = self.addresses.assets.get(asset) {
                parts.entry(*zone).or_default().add(addresses);
            }
        }
        parts
            .into_iter()
            .map(|(zone, addresses)| Part {
                zone,
                addresses: addresses.merged(),
            })
            .filter(|part| !part.addresses.is_empty())
            .collect()
    }

    /// Parts of both ends that the conduit joins: initiators that reach the same responders stand together.
    fn groups(&self, conduit: crate::policy::ConduitIx, from: &[Part], to: &[Part]) -> Vec<(Both, Both)> {
        let mut by_reach: BTreeMap<Vec<ZoneIx>, Vec<ZoneIx>> = BTreeMap::new();
        for part in from {
            let reach: Vec<ZoneIx> = to
                .iter()
                .map(|other| other.zone)
                .filter(|other| self.policy.joins(conduit, part.zone, *other))
                .collect();
            if !reach.is_empty() {
                by_reach.entry(reach).or_default().push(part.zone);
            }
        }
        by_reach
            .into_iter()
            .map(|(reach, zones)| {
                (
                    union(from, |zone| zones.contains(&zone)),
                    union(to, |zone| reach.contains(&zone)),
                )
            })
            .collect()
    }

    /// Assets that are named and have no address that the filter could go by.
    fn without_address(&self, parties: &Parties) -> Vec<AssetIx> {
        parties
            .assets
            .iter()
            .copied()
            .filter(|asset| !self.addresses.assets.contains_key(asset))
            .collect()
    }
}

fn union(parts: &[Part], keep: impl Fn(ZoneIx) -> bool) -> Both {
    let mut all = Both::default();
    for part in parts.iter().filter(|part| keep(part.zone)) {
        all.add(&part.addresses);
    }
    all.merged()
}

/// A name for a set, told apart by family. `_` joins, since no id holds one: different ids give different names.
fn family_set_name(name: &str, family: Family) -> SetName {
    SetName::new(&match family {
        Family::V4 => format!("{name}_v4"),
        Family::V6 => format!("{name}_v6"),
    })
}
