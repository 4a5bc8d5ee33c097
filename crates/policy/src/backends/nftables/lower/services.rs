//! From a permit's services to conditions on protocol and port.

use super::super::tree::{Match, Ports};
use crate::backends::ResidualKind;
use crate::policy::Rule as Permit;
use cofferdam_plant::{PortRange, ProtocolName, Service};
use cofferdam_terms::{OperationSet, Transport};
use std::collections::{BTreeMap, BTreeSet};

/// The conditions, one rule each; `None` is no condition. Ports of one transport stand in one condition.
pub(super) fn carriers(permit: &Permit) -> Vec<Option<Match>> {
    let mut ported: BTreeMap<Ports, Vec<PortRange>> = BTreeMap::new();
    let mut protocols = BTreeSet::new();
    for service in permit.services.iter().filter(|service| is_routed(service)) {
        match (service.transport, service.ports) {
            (None, None) => return vec![None],
            (None, Some(ports)) => {
                for transport in Ports::ALL {
                    ported.entry(transport).or_default().push(ports);
                }
            }
            (Some(Transport::Ip(protocol)), Some(ports)) => {
                // A service with ports on a transport that has none carries nothing (S6).
                let transport = Ports::ALL.into_iter().find(|has| has.protocol() == protocol);
                if let Some(transport) = transport {
                    ported.entry(transport).or_default().push(ports);
                }
            }
            (Some(Transport::Ip(protocol)), None) => {
                protocols.insert(protocol);
            }
            (Some(Transport::Ethernet(_)), _) => {}
        }
    }
    let mut out = Vec::new();
    if !protocols.is_empty() {
        out.push(Some(Match::Protocol(protocols.iter().copied().collect())));
    }
    for (transport, ranges) in ported {
        // A protocol that is permitted on every port needs no list of ports.
        if !protocols.contains(&transport.protocol()) {
            out.push(Some(Match::Port(transport, merge(ranges))));
        }
    }
    out
}

/// Whether a router could forward it.
pub(super) const fn is_routed(service: &Service) -> bool {
    !matches!(service.transport, Some(Transport::Ethernet(_)))
}

/// What of a permit a port filter can't hold.
pub(super) fn service_residuals(permit: &Permit) -> impl Iterator<Item = ResidualKind> {
    let operations = (permit.operations != OperationSet::ALL).then_some(ResidualKind::Operations {
        permitted: permit.operations,
    });
    let mut protocols: Vec<ProtocolName> = permit
        .services
        .iter()
        .filter_map(|service| service.protocol.clone())
        .collect();
    protocols.sort();
    protocols.dedup();
    let protocols = (!protocols.is_empty()).then_some(ResidualKind::Protocol { permitted: protocols });
    let not_routed = permit
        .services
        .iter()
        .filter(|service| !is_routed(service))
        .filter_map(|service| service.transport)
        .map(|transport| ResidualKind::NotRouted { transport });
    operations.into_iter().chain(protocols).chain(not_routed)
}

fn merge(mut ranges: Vec<PortRange>) -> Vec<(u16, u16)> {
    ranges.sort_unstable();
    let mut out: Vec<(u16, u16)> = Vec::new();
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.first() <= last.1.saturating_add(1) => last.1 = last.1.max(range.last()),
            Some(_) | None => out.push((range.first(), range.last())),
        }
    }
    out
}
