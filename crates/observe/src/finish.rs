//! The end of an observation: what was gathered becomes assets and coverage.

use crate::advice::advice;
use crate::derived::{Server, derive};
use crate::evidence::{Behind, Evidence};
use crate::hosts::{Address, Host, Spot, sum};
use crate::join::{Joined, join};
use crate::ledger::Ledger;
use crate::record::{Coverage, IdentityFact, Observation, ObservedAsset, Traffic};
use crate::roles::{self, Subject};
use crate::world::World;
use crate::{children, evidence, oui};
use cofferdam_dissect::Protocol;
use cofferdam_terms::{MacAddr, Timestamp, VlanId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::thread;

/// Makes assets and coverage out of what was gathered, with so many workers.
pub(crate) fn observation(world: World, workers: NonZeroUsize) -> Observation {
    let (hosts, silent, facts, more_evicted) = world.hosts.finish();
    let (mut writes, mut events) = (world.writes, world.events);
    writes.sort_by_key(|write| write.first.packet);
    events.sort_by_key(|event| event.first.packet);
    let mut ledger = world.ledger;
    for (ceiling, count, packet) in more_evicted.into_ordered() {
        ledger.evicted.add(ceiling, count, packet);
    }
    let (joined, behind_routers) = join(&hosts);
    let facts = filed(facts.finish(), &hosts, &joined);
    let described = describe_all(joined, facts, &hosts, workers).into_iter();
    let (mut assets, behind): (Vec<ObservedAsset>, Vec<Vec<Behind>>) = described.unzip();
    make_keys_unique(&mut assets);
    let children: Vec<ObservedAsset> = assets
        .iter_mut()
        .zip(&behind)
        .flat_map(|(asset, behind)| children::part(asset, behind))
        .collect();
    assets.extend(children);
    assets.sort_by(|a, b| a.key.cmp(&b.key));
    let coverage = coverage(ledger, silent, behind_routers, &assets);
    Observation {
        capture: world.settings.capture,
        assets,
        writes,
        events,
        coverage,
    }
}

/// Facts, by the asset that they are about.
///
/// A fact goes to the asset that has its address on its VLAN, else to the one that has its address at all, if there is
/// just one. Facts about addresses that never spoke are about no asset.
fn filed(
    facts: impl Iterator<Item = (Spot, IdentityFact)>,
    hosts: &[Host],
    joined: &[Joined],
) -> Vec<Vec<IdentityFact>> {
    let mut by_spot: BTreeMap<Spot, usize> = BTreeMap::new();
    let mut by_address: BTreeMap<Address, BTreeSet<usize>> = BTreeMap::new();
    for (index, asset) in joined.iter().enumerate() {
        let spots = asset.hosts.iter().filter_map(|host| hosts.get(*host));
        for spot in spots.map(|host| host.spot) {
            by_spot.insert(spot, index);
            by_address.entry(spot.address).or_default().insert(index);
        }
        if let Some(mac) = asset.mac {
            by_address.entry(Address::Mac(mac)).or_default().insert(index);
        }
    }
    let mut filed: Vec<Vec<IdentityFact>> = joined.iter().map(|_| Vec::new()).collect();
    for (spot, fact) in facts {
        let only = || {
            let all = by_address.get(&spot.address).filter(|all| all.len() == 1)?;
            all.first()
        };
        if let Some(index) = by_spot.get(&spot).or_else(only)
            && let Some(place) = filed.get_mut(*index)
        {
            place.push(fact);
        }
    }
    filed
}

/// An asset, and the devices behind it.
type Described = (ObservedAsset, Vec<Behind>);

/// Describes each asset, each worker its share of them.
fn describe_all(
    joined: Vec<Joined>,
    facts: Vec<Vec<IdentityFact>>,
    hosts: &[Host],
    workers: NonZeroUsize,
) -> Vec<Described> {
    let share = joined.len().div_ceil(workers.get()).max(1);
    let mut left = joined.into_iter().zip(facts);
    let mut take = || left.by_ref().take(share).collect::<Vec<_>>();
    let describe = |share: Vec<(Joined, Vec<IdentityFact>)>| -> Vec<Described> {
        let assets = share.into_iter();
        assets
            .map(|(asset, facts)| describe(asset, hosts, facts))
            .collect()
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..workers.get())
            .map(|_| {
                let share = take();
                scope.spawn(move || describe(share))
            })
            .collect();
        let mut assets = describe(take());
        for other in others {
            match other.join() {
                Ok(more) => assets.extend(more),
                Err(panic) => resume_unwind(panic),
            }
        }
        assets
    })
}

fn describe(asset: Joined, hosts: &[Host], mut facts: Vec<IdentityFact>) -> Described {
    facts.sort_unstable();
    let hosts: Vec<&Host> = asset.hosts.iter().filter_map(|index| hosts.get(*index)).collect();
    let mut all = Evidence::default();
    for evidence in hosts.iter().filter_map(|host| host.evidence.as_deref()) {
        all.join(evidence);
    }
    let serves_text = |one: &evidence::Offered| {
        let protocol = one.service.0;
        protocol.is_some_and(|protocol| matches!(protocol.0, "http" | "ssdp"))
    };
    let server = if all.serves.iter().any(serves_text) {
        Server::Yes
    } else {
        Server::No
    };
    derive(&mut facts, server);
    let ips: BTreeSet<IpAddr> = asset.endpoints.iter().filter_map(|(end, _)| end.ip).collect();
    let ips: Vec<IpAddr> = ips.into_iter().collect();
    let total = |of: fn(&Host) -> Traffic| hosts.iter().map(|host| of(host)).fold(Traffic::default(), sum);
    let (sent, received) = (total(|host| host.sent), total(|host| host.received));
    let vendor = asset.mac.and_then(oui::vendor);
    let role = roles::guess(&Subject {
        evidence: &all,
        facts: &facts,
        vendor,
        fronts: asset.fronts,
        behind: asset.behind,
        ips: &ips,
        packets: sum(sent, received).packets,
    });
    let asset = ObservedAsset {
        key: match (ips.first(), asset.mac) {
            (Some(ip), _) => ip.to_string(),
            (None, mac) => mac.unwrap_or_default().to_string(),
        },
        parent: None,
        endpoints: asset.endpoints.into_iter().collect(),
        joins: asset.joins,
        facts,
        oui_vendor: vendor,
        role,
        units: all.units.iter().map(|behind| behind.unit).collect(),
        serves: services(&all.serves),
        uses: services(&all.uses),
        first: hosts.iter().map(|host| host.first).min().unwrap_or_default(),
        last: hosts.iter().map(|host| host.last).max().unwrap_or_default(),
        sent,
        received,
    };
    (asset, all.units)
}

fn services(offered: &[evidence::Offered]) -> Vec<evidence::Service> {
    let mut services: Vec<evidence::Service> = offered.iter().map(|one| one.service).collect();
    services.sort_unstable();
    services
}

/// Cells may repeat the same private addresses: the VLAN, then the MAC, tells those assets apart.
fn make_keys_unique(assets: &mut [ObservedAsset]) {
    for suffix in [vlan_suffix as fn(&ObservedAsset) -> String, mac_suffix] {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for asset in &*assets {
            *count.entry(asset.key.clone()).or_default() += 1;
        }
        for asset in &mut *assets {
            if count.get(&asset.key).is_some_and(|count| *count > 1) {
                asset.key += &suffix(asset);
            }
        }
    }
}

fn vlan_suffix(asset: &ObservedAsset) -> String {
    let vlan: Option<VlanId> = asset.endpoints.first().and_then(|(_, vlan)| *vlan);
    vlan.map_or_else(|| "@untagged".to_owned(), |vlan| format!("@{vlan}"))
}

fn mac_suffix(asset: &ObservedAsset) -> String {
    let mac = asset.endpoints.first().and_then(|(end, _)| end.mac);
    mac.map_or_else(String::new, |mac| format!("/{mac}"))
}

fn coverage(
    ledger: Ledger,
    silent_addresses: u64,
    behind_routers: Vec<(MacAddr, u64)>,
    assets: &[ObservedAsset],
) -> Coverage {
    let span: Option<(Timestamp, Timestamp)> = ledger.span();
    let one_way = ledger.one_way;
    let mut coverage = Coverage {
        span,
        packets: ledger.packets,
        bytes: ledger.bytes,
        decoded: ledger.decoded,
        hours_seen: ledger.hours_seen(),
        not_understood: ledger.not_understood.into_ordered(),
        anomalies: rows(
            ledger.anomalies.into_ordered(),
            |(protocol, code), count, packet| (protocol, code, count, packet),
        ),
        messages: rows(ledger.messages.into_ordered(), |protocol: Protocol, count, _| {
            (protocol, count)
        }),
        one_way_flows: one_way.flows,
        missed_bytes: ledger.missed_bytes,
        behind_routers,
        silent_addresses,
        odd_ports: rows(
            ledger.odd_ports.into_ordered(),
            |(protocol, transport, port), count, _| (protocol, transport, port, count),
        ),
        evicted: rows(ledger.evicted.into_ordered(), |ceiling, count, _| {
            (ceiling, count)
        }),
        advice: Vec::new(),
    };
    coverage.advice = advice(&coverage, one_way, assets);
    coverage
}

fn rows<K, T>(counts: Vec<(K, u64, u64)>, row: fn(K, u64, u64) -> T) -> Vec<T> {
    let counts = counts.into_iter();
    counts
        .map(|(key, count, packet)| row(key, count, packet))
        .collect()
}
