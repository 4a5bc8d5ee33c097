//! Which interfaces are one router's.
//!
//! A router has a MAC on each network that it joins, and nothing on the wire says that they are one device. Two things
//! show it. A packet of a host whose own network is known has crossed exactly one router when an interface carries it in
//! another network: then that router has an interface in the host's own network as well, and if one device alone carries
//! for others there (or, where none was seen to, one device alone of the same maker answers ARP and sends no packet of
//! its own) it is that one. Or the maker numbered them next to each other, both carry for others, they are never on one
//! VLAN, and no packet crossed more than one router between them.

use crate::hosts::{Host, Nic, Spot};
use crate::join::{Joined, MAX_HOPS, hops};
use cofferdam_terms::{MacAddr, VlanId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A router's interfaces are looked for among so many MACs before its own.
const MAX_ROUTER_NEIGHBOURS: usize = 256;

/// A host's address that a MAC was seen to carry.
pub(crate) struct Carried<'a> {
    pub(crate) spot: Spot,
    pub(crate) ip: IpAddr,
    pub(crate) by: MacAddr,
    pub(crate) nic: &'a Nic,
}

/// The fewest routers that lie between a network and an interface on another, and the host and packet that show it.
#[derive(Clone, Copy)]
struct Crossing {
    hops: u8,
    ip: IpAddr,
    packet: u64,
}

/// What hosts' packets show of the routers between.
pub(crate) struct Crossings {
    /// By the network of the host and the interface that carries for it.
    between: BTreeMap<(Option<VlanId>, MacAddr), Crossing>,
    /// Addresses whose packets were seen beyond a router.
    sent: BTreeSet<IpAddr>,
}

impl Crossings {
    /// `homes` are the entries in which an address was seen with a MAC of its own, with that MAC's entry.
    pub(crate) fn new<'a>(homes: impl Iterator<Item = (&'a Host, &'a Nic)>, carried: &[Carried<'_>]) -> Self {
        let mut at: BTreeMap<Spot, Vec<(Option<VlanId>, u8)>> = BTreeMap::new();
        for (host, nic) in homes {
            let anywhere = Spot {
                vlan: None,
                ..host.spot
            };
            at.entry(anywhere).or_default().push((host.spot.vlan, nic.ttl));
        }
        let mut crossings: BTreeMap<(Option<VlanId>, MacAddr), Crossing> = BTreeMap::new();
        for Carried { spot, ip, by, nic } in carried {
            let anywhere = Spot { vlan: None, ..*spot };
            // An address that has a MAC of its own in two networks may be two devices'.
            let Some([(home, sent)]) = at.get(&anywhere).map(Vec::as_slice) else {
                continue;
            };
            let crossed = match sent.checked_sub(nic.ttl) {
                Some(crossed) if nic.ttl > 0 && (1..=MAX_HOPS).contains(&crossed) => Some(crossed),
                Some(_) | None => hops(nic.ttl).filter(|_| *sent == 0),
            };
            let Some(crossed) = crossed.filter(|_| *home != spot.vlan) else {
                continue;
            };
            let crossing = Crossing {
                hops: crossed,
                ip: *ip,
                packet: nic.packet,
            };
            let fewest = crossings.entry((*home, *by)).or_insert(crossing);
            if crossed < fewest.hops {
                *fewest = crossing;
            }
        }
        Self {
            between: crossings,
            sent: carried.iter().map(|one| one.ip).collect(),
        }
    }

    fn shows_more_than_one(&self, from: &Joined, to: &Joined) -> bool {
        let between = |vlan: Option<VlanId>| {
            let macs = to.macs();
            macs.filter_map(move |mac| self.between.get(&(vlan, mac)))
                .any(|crossing| crossing.hops > 1)
        };
        from.all_vlans().into_iter().any(between)
    }
}

/// Puts interfaces of one router together. Assets are ordered by MAC.
pub(crate) fn join_routers(assets: Vec<Joined>, crossings: &Crossings) -> Vec<Joined> {
    numbered_together(crossed_once(assets, crossings), crossings)
}

fn crossed_once(assets: Vec<Joined>, crossings: &Crossings) -> Vec<Joined> {
    let mut by_mac: BTreeMap<MacAddr, usize> = BTreeMap::new();
    for (at, asset) in assets.iter().enumerate() {
        by_mac.extend(asset.mac.map(|mac| (mac, at)));
    }
    let mut assets: Vec<Option<Joined>> = assets.into_iter().map(Some).collect();
    // Where an asset went that became part of another.
    let mut moved: BTreeMap<usize, usize> = BTreeMap::new();
    for ((home, by), crossing) in crossings
        .between
        .iter()
        .filter(|(_, crossing)| crossing.hops == 1)
    {
        let Some((there, why)) = gate(&assets, crossings, *home, *by) else {
            continue;
        };
        let (Some(here), Some(there)) = (by_mac.get(by), by_mac.get(&there)) else {
            continue;
        };
        let (here, there) = (last(&moved, *here), last(&moved, *there));
        if here == there {
            continue;
        }
        let Some(interface) = assets.get_mut(here.max(there)).and_then(Option::take) else {
            continue;
        };
        if let Some(Some(router)) = assets.get_mut(here.min(there)) {
            let Crossing { ip, packet, .. } = *crossing;
            router.joins.push(format!(
                "{by} is an interface of the router of {}: it carries {ip}, whose packets have crossed one router, and {why} \
                 (packet {packet})",
                network(*home)
            ));
            router.take_interface(interface);
            moved.insert(here.max(there), here.min(there));
        }
    }
    assets.into_iter().flatten().collect()
}

fn last(moved: &BTreeMap<usize, usize>, mut at: usize) -> usize {
    // Assets move to lower places alone, so this ends.
    while let Some(to) = moved.get(&at) {
        at = *to;
    }
    at
}

/// The router's interface in a network, if there is just one device that it can be; and why.
fn gate(
    assets: &[Option<Joined>],
    crossings: &Crossings,
    home: Option<VlanId>,
    by: MacAddr,
) -> Option<(MacAddr, String)> {
    let carriers = assets.iter().flatten().flat_map(|asset| {
        let carries = asset.carries.iter().filter(|(_, vlans)| vlans.contains(&home));
        carries.map(|(mac, _)| *mac)
    });
    let carriers: Vec<MacAddr> = carriers.filter(|mac| *mac != by).take(2).collect();
    match carriers.as_slice() {
        [only] => return Some((*only, format!("{only} alone carries for others there"))),
        [_, ..] => return None,
        [] => {}
    }
    let maker = |mac: MacAddr| mac.0.first_chunk::<3>().copied();
    let sent = |asset: &Joined| {
        let mut ips = asset.endpoints.iter().filter_map(|(end, _)| end.ip);
        asset.sent_ip || ips.any(|ip| crossings.sent.contains(&ip))
    };
    let quiet = assets
        .iter()
        .flatten()
        .filter(|asset| asset.fronts == 0 && !sent(asset));
    let mut quiet = quiet.filter_map(|asset| {
        let here =
            |(end, vlan): &(crate::record::Endpoint, Option<VlanId>)| *vlan == home && end.ip.is_some();
        let mac = asset.mac.filter(|mac| maker(*mac) == maker(by))?;
        asset.endpoints.iter().any(here).then_some(mac)
    });
    match (quiet.next(), quiet.next()) {
        (Some(only), None) => Some((
            only,
            format!(
                "{only} alone is of the same maker there, has an address and sends no packets of its own"
            ),
        )),
        _ => None,
    }
}

/// MACs that carry for others, that the maker numbered next to each other (they differ in the last byte alone), and that
/// are never seen on one VLAN.
fn numbered_together(assets: Vec<Joined>, crossings: &Crossings) -> Vec<Joined> {
    let mut joined: Vec<Joined> = Vec::new();
    for asset in assets {
        let near = |(a, b): (MacAddr, MacAddr)| {
            a.0.split_last().map(|(_, start)| start) == b.0.split_last().map(|(_, start)| start)
        };
        let router = joined
            .iter_mut()
            .rev()
            .take(MAX_ROUTER_NEIGHBOURS)
            .filter(|router| router.fronts > 0 && asset.fronts > 0)
            .filter(|router| router.mac.zip(asset.mac).is_some_and(near))
            .filter(|router| router.all_vlans().is_disjoint(&asset.all_vlans()))
            .find(|router| {
                !crossings.shows_more_than_one(router, &asset)
                    && !crossings.shows_more_than_one(&asset, router)
            });
        let Some(router) = router else {
            joined.push(asset);
            continue;
        };
        if let (Some(first), Some(next)) = (router.mac, asset.mac) {
            router.joins.push(format!(
                "{next} and {first} are interfaces of one router: numbered next to each other by their maker, both carry \
                 for others, and never on one VLAN"
            ));
        }
        router.take_interface(asset);
    }
    joined
}

fn network(vlan: Option<VlanId>) -> String {
    vlan.map_or_else(
        || "the untagged network".to_owned(),
        |vlan| format!("VLAN {vlan}"),
    )
}
