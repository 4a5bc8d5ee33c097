//! What was observed, laid over the model: which permits were used, which uses no permit covers, which addresses
//! belong to no zone.
//!
//! When permits are open is left to the shadow test, which has the times of single flows. A use whose application
//! protocol was not recognised counts for a permit of any protocol on its port, so that an encrypted or empty
//! connection is not called a breach.

use super::addresses::{Addresses, Located};
use super::survey::{PermitAt, Survey};
use crate::model::{Party, Permit, Service};
use crate::observed::{End, Observed, ObservedUse};
use cofferdam_terms::{EtherType, MacAddr, OperationSet, Transport};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Observation laid over a model.
pub(super) struct Usage<'o> {
    pub(super) observed: &'o Observed,
    /// Uses between different zones that no permit covers in full, in the order of the observation.
    pub(super) uncovered: Vec<Uncovered<'o>>,
    /// Addresses that were seen and belong to no zone, with how often.
    pub(super) homeless: BTreeMap<Address, u64>,
    used: BTreeSet<(usize, usize)>,
}

/// A use that no permit covers in full.
pub(super) struct Uncovered<'o> {
    pub(super) what: &'o ObservedUse,
    pub(super) from: Located,
    pub(super) to: Located,
    /// The operations that no permit covers; empty when no permit fits at all or none was understood.
    pub(super) operations: OperationSet,
}

/// An address as it is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Address {
    Ip(IpAddr),
    Mac(MacAddr),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Mac(mac) => mac.fmt(f),
        }
    }
}

impl<'o> Usage<'o> {
    pub(super) fn new(survey: &Survey<'_>, observed: &'o Observed) -> Self {
        let addresses = Addresses::new(survey);
        let permits = Permits::new(survey);
        let mut usage = Self {
            observed,
            uncovered: Vec::new(),
            homeless: BTreeMap::new(),
            used: BTreeSet::new(),
        };
        for what in &observed.uses {
            if stays_on_segment(what) || addresses.is_broadcast(&what.responder) {
                continue;
            }
            let from = usage.place(survey, &addresses, &what.initiator, what.count);
            let to = usage.place(survey, &addresses, &what.responder, what.count);
            if from.zone.is_none() || to.zone.is_none() || from.zone == to.zone {
                continue;
            }
            usage.match_permits(survey, &permits, what, from, to);
        }
        usage
    }

    /// Whether a permit was used.
    pub(super) fn is_used(&self, permit: PermitAt<'_>) -> bool {
        self.used.contains(&(permit.conduit_at, permit.permit_at))
    }

    fn place(&mut self, survey: &Survey<'_>, addresses: &Addresses, end: &End, count: u64) -> Located {
        let located = addresses.locate(survey, end);
        if located.zone.is_none() {
            let address = match (end.ip, end.mac) {
                (Some(ip), _) => Some(Address::Ip(ip)),
                (None, Some(mac)) => Some(Address::Mac(mac)),
                (None, None) => None,
            };
            if let Some(address) = address {
                *self.homeless.entry(address).or_default() += count;
            }
        }
        located
    }

    fn match_permits(
        &mut self,
        survey: &Survey<'_>,
        permits: &Permits<'_>,
        what: &'o ObservedUse,
        from: Located,
        to: Located,
    ) {
        let mut covered = OperationSet::EMPTY;
        let mut fits = false;
        for (position, permit) in permits.between(survey, from, to) {
            if !permit.services.iter().any(|service| carries(service, what)) {
                continue;
            }
            let none_understood = what.operations.is_empty();
            let overlap = what.operations.minus(what.operations.minus(permit.operations));
            if none_understood || !overlap.is_empty() {
                self.used.insert(position);
                fits = true;
            }
            covered = covered.union(permit.operations);
        }
        let left = what.operations.minus(covered);
        if !fits || !left.is_empty() {
            self.uncovered.push(Uncovered {
                what,
                from,
                to,
                operations: if fits { left } else { OperationSet::EMPTY },
            });
        }
    }
}

/// What no router forwards (docs/semantics.md, S1): ARP; group, link-local and loopback addresses at either end.
fn stays_on_segment(what: &ObservedUse) -> bool {
    if what.transport == Transport::Ethernet(EtherType::ARP) {
        return true;
    }
    [&what.initiator, &what.responder].iter().any(|end| {
        let group = end.mac.is_some_and(MacAddr::is_group);
        match end.ip.map(|ip| ip.to_canonical()) {
            Some(IpAddr::V4(ip)) => {
                ip.is_multicast() || ip.is_broadcast() || ip.is_link_local() || ip.is_loopback()
            }
            Some(IpAddr::V6(ip)) => ip.is_multicast() || ip.is_unicast_link_local() || ip.is_loopback(),
            None => group || end.mac.is_none(),
        }
    })
}

fn carries(service: &Service, what: &ObservedUse) -> bool {
    let transport = service
        .transport
        .is_none_or(|transport| transport == what.transport);
    let port = service
        .ports
        .is_none_or(|ports| what.port.is_some_and(|port| ports.contains(port)));
    let protocol = match (&service.protocol, &what.protocol) {
        (Some(wanted), Some(seen)) => wanted == seen,
        (Some(_), None) | (None, _) => true,
    };
    transport && port && protocol
}

/// A party as positions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Zone(usize),
    Asset(usize),
}

/// Permits by the parties that they name, so that no use is held against all of them.
struct Permits<'p> {
    permits: Vec<PermitAt<'p>>,
    /// The zones that each conduit joins.
    joined: Vec<BTreeSet<usize>>,
    from: BTreeMap<Key, Vec<usize>>,
    to: BTreeMap<Key, Vec<usize>>,
}

impl<'p> Permits<'p> {
    fn new(survey: &Survey<'p>) -> Self {
        let mut out = Self {
            permits: survey.permits().collect(),
            joined: survey
                .conduits()
                .map(|(_, conduit)| survey.joined(conduit))
                .collect(),
            from: BTreeMap::new(),
            to: BTreeMap::new(),
        };
        let key = |party: &Party| match party {
            Party::Zone(id) => survey.plant.zone_position(id).map(Key::Zone),
            Party::Asset(id) => survey.plant.asset_position(id).map(Key::Asset),
        };
        for (n, at) in out.permits.iter().enumerate() {
            for party in at.permit.from.iter().filter_map(key) {
                out.from.entry(party).or_default().push(n);
            }
            for party in at.permit.to.iter().filter_map(key) {
                out.to.entry(party).or_default().push(n);
            }
        }
        out
    }

    /// The permits that name both ends, themselves or by zone, in conduits that join their zones; each once.
    fn between(
        &self,
        survey: &Survey<'_>,
        from: Located,
        to: Located,
    ) -> impl Iterator<Item = ((usize, usize), &'p Permit)> {
        let named = |index: &BTreeMap<Key, Vec<usize>>, located: Located| -> BTreeSet<usize> {
            let zones = located
                .zone
                .into_iter()
                .flat_map(|zone| survey.lineage(zone))
                .map(Key::Zone);
            let keys = located.asset.map(Key::Asset).into_iter().chain(zones);
            keys.filter_map(|key| index.get(&key))
                .flatten()
                .copied()
                .collect()
        };
        // docs/semantics.md, S5 and S6.
        let both = &named(&self.from, from) & &named(&self.to, to);
        let zones = from.zone.zip(to.zone);
        both.into_iter().filter_map(move |n| {
            let at = self.permits.get(n)?;
            let joined = self.joined.get(at.conduit_at)?;
            let (from, to) = zones?;
            survey
                .joins(joined, from, to)
                .then_some(((at.conduit_at, at.permit_at), at.permit))
        })
    }
}
