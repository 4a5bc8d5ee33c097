//! The end of an observation: what was gathered becomes assets and coverage.

use crate::hosts::{Address, Host, Spot};
use crate::ledger::Ledger;
use crate::record::Endpoint;
use crate::record::{Coverage, IdentityFact, Observation, ObservedAsset, RoleGuess};
use crate::world::World;
use std::net::IpAddr;

/// Makes assets and coverage out of what was gathered.
pub(crate) fn observation(world: World) -> Observation {
    let (hosts, silent, facts, more_evicted) = world.hosts.finish();
    let mut ledger = world.ledger;
    for (ceiling, count, packet) in more_evicted.into_ordered() {
        ledger.evicted.add(ceiling, count, packet);
    }
    let facts = facts.finish();
    Observation {
        capture: world.settings.capture,
        assets: hosts
            .into_iter()
            .filter(|host| host.heard)
            .map(|host| asset(host, &facts))
            .collect(),
        coverage: coverage(ledger, silent),
    }
}

fn asset(host: Host, facts: &[(Spot, IdentityFact)]) -> ObservedAsset {
    let ip: Option<IpAddr> = match host.spot.address {
        Address::Ip(ip) => Some(ip),
        Address::Mac(_) => None,
    };
    let macs = host.nics.iter().map(|nic| Some(nic.mac));
    ObservedAsset {
        key: match host.spot.address {
            Address::Ip(ip) => ip.to_string(),
            Address::Mac(mac) => mac.to_string(),
        },
        endpoints: macs.map(|mac| (Endpoint { mac, ip }, host.spot.vlan)).collect(),
        joins: host
            .nics
            .iter()
            .map(|nic| format!("{} sent from this address (packet {})", nic.mac, nic.packet))
            .collect(),
        facts: facts
            .iter()
            .filter(|(spot, _)| *spot == host.spot)
            .map(|(_, fact)| fact.clone())
            .collect(),
        oui_vendor: None,
        role: RoleGuess {
            role: "unknown",
            confidence: 0.0,
            reasons: Vec::new(),
        },
        units: Vec::new(),
        serves: Vec::new(),
        uses: Vec::new(),
        first: host.first,
        last: host.last,
        sent: host.sent,
        received: host.received,
    }
}

fn coverage(ledger: Ledger, silent_addresses: u64) -> Coverage {
    Coverage {
        span: ledger.span(),
        packets: ledger.packets,
        bytes: ledger.bytes,
        decoded: ledger.decoded,
        hours_seen: ledger.hours_seen(),
        not_understood: ledger.not_understood.into_ordered(),
        anomalies: flat(
            ledger.anomalies.into_ordered(),
            |(protocol, code), count, packet| (protocol, code, count, packet),
        ),
        messages: flat(ledger.messages.into_ordered(), |protocol, count, _| {
            (protocol, count)
        }),
        one_way_flows: ledger.one_way.flows,
        missed_bytes: ledger.missed_bytes,
        behind_routers: Vec::new(),
        silent_addresses,
        odd_ports: flat(
            ledger.odd_ports.into_ordered(),
            |(protocol, transport, port), count, _| (protocol, transport, port, count),
        ),
        evicted: flat(ledger.evicted.into_ordered(), |ceiling, count, _| {
            (ceiling, count)
        }),
        advice: Vec::new(),
    }
}

fn flat<K, T>(counts: Vec<(K, u64, u64)>, row: fn(K, u64, u64) -> T) -> Vec<T> {
    counts
        .into_iter()
        .map(|(key, count, packet)| row(key, count, packet))
        .collect()
}
