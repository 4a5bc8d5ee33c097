//! Which addresses are one asset. The rules are written down in `docs/asset-joining.md`; each join has its sentence.
//!
//! A MAC is a device's; an IP address joins the MAC that it is bound to or plainly belongs to. Where a MAC only carries
//! an address onwards it is a router's, and the address is an asset of its own behind it, of which no MAC is known.

use crate::counted::{counted, counted_here};
use crate::hosts::{Address, Host, Nic, Spot};
use crate::record::Endpoint;
use crate::routers::{Carried, Crossings, join_routers};
use cofferdam_terms::{MacAddr, VlanId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A MAC with more bound addresses than this answers ARP for others.
const MAX_BOUND: usize = 16;
/// So many unbound addresses in one network may be one host's; more are a router's.
const MAX_UNBOUND: usize = 3;
/// Packets cross at most so many routers for their time to live to show it: initial values are far apart.
pub(crate) const MAX_HOPS: u8 = 12;

/// What hosts mostly start a time to live at.
const STARTS: [u8; 3] = [64, 128, 255];

/// Addresses that are one asset.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    /// Its addresses' entries.
    pub(crate) hosts: Vec<usize>,
    pub(crate) endpoints: BTreeSet<(Endpoint, Option<VlanId>)>,
    pub(crate) joins: Vec<String>,
    /// The MAC, unless it is behind a router or on a link without one.
    pub(crate) mac: Option<MacAddr>,
    /// Its interfaces that were seen to carry for others, and on which VLANs.
    pub(crate) carries: BTreeMap<MacAddr, BTreeSet<Option<VlanId>>>,
    /// It sent packets from an address of its own.
    pub(crate) sent_ip: bool,
    /// It sent under an address that belongs to another asset.
    posed: bool,
    /// How many addresses it was seen to carry for others.
    pub(crate) fronts: usize,
    /// The router that carries for it.
    pub(crate) behind: Option<MacAddr>,
}

/// An address that a MAC sent from, or was said to have.
struct Claim<'a> {
    host: usize,
    ip: IpAddr,
    vlan: Option<VlanId>,
    nic: &'a Nic,
}

/// Whose an address is.
enum Verdict {
    /// The MAC's, because …
    Own(String),
    /// Beyond the MAC, because …
    Beyond(String),
}

/// Groups addresses to assets, and counts what each router's MAC carries for. Hosts are ordered by address.
pub(crate) fn join(hosts: &[Host]) -> (Vec<Joined>, Vec<(MacAddr, u64)>) {
    let mut by_mac: BTreeMap<MacAddr, Joined> = BTreeMap::new();
    let mut owners: BTreeMap<usize, Vec<(MacAddr, &Nic, String)>> = BTreeMap::new();
    let mut beyond: BTreeMap<usize, (MacAddr, String)> = BTreeMap::new();
    let mut carried: Vec<Carried<'_>> = Vec::new();
    for (mac, claims) in claims(hosts) {
        let (mut fronted, mut carries_on) = (BTreeSet::new(), BTreeSet::new());
        for (claim, verdict) in claims.iter().zip(judge(mac, &claims)) {
            match verdict {
                Verdict::Own(why) => owners.entry(claim.host).or_default().push((mac, claim.nic, why)),
                Verdict::Beyond(why) => {
                    fronted.insert(claim.ip);
                    carries_on.insert(claim.vlan);
                    carried.extend(hosts.get(claim.host).map(|host| Carried {
                        spot: host.spot,
                        ip: claim.ip,
                        by: mac,
                        nic: claim.nic,
                    }));
                    beyond.entry(claim.host).or_insert((mac, why));
                }
            }
        }
        if !fronted.is_empty() {
            let router = by_mac.entry(mac).or_default();
            router.fronts = fronted.len();
            router.carries.insert(mac, carries_on);
        }
    }
    let homes = owners.iter().flat_map(|(index, owners)| {
        let host = hosts.get(*index);
        owners.iter().filter_map(move |(_, nic, _)| Some((host?, *nic)))
    });
    let crossings = Crossings::new(homes, &carried);
    let mut homeless: BTreeMap<IpAddr, Vec<usize>> = BTreeMap::new();
    for (index, host) in hosts.iter().enumerate() {
        match (host.spot.address, owners.remove(&index)) {
            (Address::Mac(mac), _) => add_mac(&mut by_mac, mac, index, host.spot.vlan),
            (Address::Ip(ip), Some(owners)) => add_owned(&mut by_mac, ip, index, host.spot, owners),
            (Address::Ip(ip), None) => homeless.entry(ip).or_default().push(index),
        }
    }
    let behind_routers = by_mac
        .iter()
        .filter(|(_, asset)| asset.fronts > 0)
        .map(|(mac, asset)| (*mac, asset.fronts as u64))
        .collect();
    let settled = by_mac
        .into_iter()
        .map(|(mac, asset)| settle(mac, asset))
        .collect();
    let mut assets = join_routers(settled, &crossings);
    let mut by_ip: BTreeMap<IpAddr, Vec<usize>> = BTreeMap::new();
    for (index, asset) in assets.iter().enumerate() {
        let ips: BTreeSet<IpAddr> = asset.endpoints.iter().filter_map(|(end, _)| end.ip).collect();
        for ip in ips {
            by_ip.entry(ip).or_default().push(index);
        }
    }
    let mut alone = Vec::new();
    for (ip, indexes) in homeless {
        let owner = match by_ip.get(&ip).map(Vec::as_slice) {
            Some([only]) => assets.get_mut(*only),
            Some(_) | None => None,
        };
        alone.extend(add_homeless(owner, ip, indexes, &beyond));
    }
    assets.append(&mut alone);
    assets.retain(|asset| {
        let heard = |index: &usize| hosts.get(*index).is_some_and(|host| host.heard);
        asset.posed || asset.fronts > 0 || asset.hosts.iter().any(heard)
    });
    (assets, behind_routers)
}

fn claims(hosts: &[Host]) -> BTreeMap<MacAddr, Vec<Claim<'_>>> {
    let mut claims: BTreeMap<MacAddr, Vec<Claim<'_>>> = BTreeMap::new();
    for (host, entry) in hosts.iter().enumerate() {
        let Address::Ip(ip) = entry.spot.address else {
            continue;
        };
        for nic in &entry.nics {
            claims.entry(nic.mac).or_default().push(Claim {
                host,
                ip,
                vlan: entry.spot.vlan,
                nic,
            });
        }
    }
    claims
}

/// Whose each address is that a MAC was seen with.
fn judge(mac: MacAddr, claims: &[Claim<'_>]) -> Vec<Verdict> {
    let bound: BTreeSet<IpAddr> = claims
        .iter()
        .filter(|claim| claim.nic.bound.is_some())
        .map(|claim| claim.ip)
        .collect();
    let unbound: BTreeSet<IpAddr> = claims
        .iter()
        .map(|claim| claim.ip)
        .filter(|ip| !bound.contains(ip) && !is_link_local(*ip))
        .collect();
    claims
        .iter()
        .map(|claim| judge_one(mac, claim, &bound, &unbound))
        .collect()
}

fn judge_one(
    mac: MacAddr,
    claim: &Claim<'_>,
    bound: &BTreeSet<IpAddr>,
    unbound: &BTreeSet<IpAddr>,
) -> Verdict {
    let (ip, packet) = (claim.ip, claim.nic.packet);
    if is_link_local(ip) && matches!(ip, IpAddr::V6(_)) {
        return Verdict::Own(format!(
            "{ip} is {mac}'s: link-local addresses are not routed (packet {packet})"
        ));
    }
    if let Some((protocol, packet)) = claim.nic.bound {
        return if bound.len() > MAX_BOUND {
            Verdict::Beyond(format!(
                "{mac} answers {protocol} for {} addresses, so it speaks for others (packet {packet})",
                bound.len()
            ))
        } else {
            Verdict::Own(format!("{ip} is {mac}'s: {protocol} says so (packet {packet})"))
        };
    }
    if let Some(hops) = hops(claim.nic.ttl) {
        return Verdict::Beyond(format!(
            "{ip} was sent from behind {mac}: a time to live of {} shows {} between (packet {packet})",
            claim.nic.ttl,
            counted(hops, "router"),
        ));
    }
    let near = |other: &&IpAddr| same_network(ip, **other);
    let family = unbound
        .iter()
        .filter(|other| other.is_ipv4() == ip.is_ipv4())
        .count();
    let neighbours = unbound.iter().filter(near).count();
    let verdict = match bound.iter().find(near) {
        Some(own) if neighbours <= MAX_UNBOUND => Verdict::Own(format!(
            "{ip} is {mac}'s: it is in the network of {own}, which is bound to it, and came undelayed by routers \
             (packet {packet})"
        )),
        Some(_) => Verdict::Beyond(format!(
            "{ip} was sent from behind {mac}, which sent from {neighbours} addresses that are not bound to it \
             (packet {packet})"
        )),
        None if bound.iter().any(|own| own.is_ipv4() == ip.is_ipv4()) => Verdict::Beyond(format!(
            "{ip} was sent from behind {mac}, whose own addresses are in other networks (packet {packet})"
        )),
        None if family == 1 => Verdict::Own(format!(
            "{ip} is {mac}'s: the only address it sent from (packet {packet})"
        )),
        None if family == neighbours && family <= MAX_UNBOUND - usize::from(ip.is_ipv4()) => Verdict::Own(
            format!("{ip} is {mac}'s: it sent from {family} addresses, all of one network (packet {packet})"),
        ),
        None => Verdict::Beyond(format!(
            "{ip} was sent from behind {mac}, which sent from {family} addresses, none of them bound to it \
             (packet {packet})"
        )),
    };
    match verdict {
        Verdict::Beyond(_) if STARTS.contains(&claim.nic.ttl) && family <= MAX_UNBOUND => {
            Verdict::Own(format!(
                "{ip} is {mac}'s: its packets came with a time to live of {}, as they are sent, so no router is between \
                 (packet {packet})",
                claim.nic.ttl
            ))
        }
        verdict => verdict,
    }
}

fn add_mac(by_mac: &mut BTreeMap<MacAddr, Joined>, mac: MacAddr, index: usize, vlan: Option<VlanId>) {
    let asset = by_mac.entry(mac).or_default();
    asset.hosts.push(index);
    asset.endpoints.insert((
        Endpoint {
            mac: Some(mac),
            ip: None,
        },
        vlan,
    ));
}

/// An address goes to the MAC that it is bound to, else to the one that sent from it first; the others are named.
fn add_owned(
    by_mac: &mut BTreeMap<MacAddr, Joined>,
    ip: IpAddr,
    index: usize,
    spot: Spot,
    mut owners: Vec<(MacAddr, &Nic, String)>,
) {
    owners.sort_by_key(|(mac, nic, _)| {
        (
            nic.bound.is_none(),
            nic.bound.map_or(nic.packet, |(_, at)| at),
            *mac,
        )
    });
    let mut owners = owners.into_iter();
    let Some((mac, nic, why)) = owners.next() else {
        return;
    };
    let asset = by_mac.entry(mac).or_default();
    asset.sent_ip |= nic.ttl > 0;
    asset.hosts.push(index);
    asset.joins.push(why);
    let endpoint = Endpoint {
        mac: Some(mac),
        ip: Some(ip),
    };
    asset.endpoints.insert((endpoint, spot.vlan));
    let others: Vec<(MacAddr, u64)> = owners.map(|(other, nic, _)| (other, nic.packet)).collect();
    for (other, packet) in others {
        if let Some(asset) = by_mac.get_mut(&mac) {
            asset.joins.push(format!(
                "{ip} was also {other}'s (packet {packet}): a stand-by took over, or two devices claim one address"
            ));
        }
        let rival = by_mac.entry(other).or_default();
        rival.posed = true;
        rival.endpoints.insert((
            Endpoint {
                mac: Some(other),
                ip: None,
            },
            spot.vlan,
        ));
        rival.joins.push(format!(
            "{other} was also seen as {ip} (packet {packet}), which belongs to {mac}"
        ));
    }
}

/// A MAC's asset once all its addresses are there.
fn settle(mac: MacAddr, mut asset: Joined) -> Joined {
    asset.mac = Some(mac);
    let vlans: BTreeSet<Option<VlanId>> = asset.endpoints.iter().map(|(_, vlan)| *vlan).collect();
    // The MAC alone says nothing on a VLAN where it has an address.
    let with_ip: BTreeSet<Option<VlanId>> = asset
        .endpoints
        .iter()
        .filter(|(endpoint, _)| endpoint.ip.is_some())
        .map(|(_, vlan)| *vlan)
        .collect();
    asset
        .endpoints
        .retain(|(endpoint, vlan)| endpoint.ip.is_some() || !with_ip.contains(vlan));
    if asset.endpoints.is_empty() {
        asset.endpoints.insert((
            Endpoint {
                mac: Some(mac),
                ip: None,
            },
            None,
        ));
    }
    if vlans.len() > 1 {
        let named: Vec<String> = vlans
            .iter()
            .map(|vlan| vlan.map_or("untagged".to_owned(), |vlan| vlan.to_string()))
            .collect();
        asset.joins.push(format!(
            "{mac} is one interface on {} VLANs: {}",
            vlans.len(),
            named.join(", ")
        ));
    }
    if asset.fronts > 0 {
        asset.joins.push(format!(
            "{mac} carries for {} that {} not its own",
            counted_here(asset.fronts, "address"),
            if asset.fronts == 1 { "is" } else { "are" },
        ));
    }
    asset
}

impl Joined {
    /// Its MACs.
    pub(crate) fn macs(&self) -> impl Iterator<Item = MacAddr> {
        let seen = self.endpoints.iter().filter_map(|(end, _)| end.mac);
        seen.chain(self.mac)
    }

    pub(crate) fn all_vlans(&self) -> BTreeSet<Option<VlanId>> {
        let seen = self
            .endpoints
            .iter()
            .filter(|(end, vlan)| end.ip.is_some() || vlan.is_some());
        seen.map(|(_, vlan)| *vlan)
            .chain(self.carries.values().flatten().copied())
            .collect()
    }

    /// Another interface of this router.
    pub(crate) fn take_interface(&mut self, other: Self) {
        self.hosts.extend(other.hosts);
        self.endpoints.extend(other.endpoints);
        self.joins.extend(other.joins);
        self.carries.extend(other.carries);
        self.sent_ip |= other.sent_ip;
        self.fronts += other.fronts;
        self.posed |= other.posed;
    }
}

/// An address that no MAC has on a VLAN: part of the asset that has it on another one, else an asset of its own.
fn add_homeless(
    owner: Option<&mut Joined>,
    ip: IpAddr,
    indexes: Vec<usize>,
    beyond: &BTreeMap<usize, (MacAddr, String)>,
) -> Option<Joined> {
    let mut asset = Joined {
        hosts: indexes,
        ..Joined::default()
    };
    for index in &asset.hosts {
        if let Some((router, why)) = beyond.get(index) {
            asset.joins.push(why.clone());
            asset.behind = asset.behind.or(Some(*router));
        }
    }
    if let Some(owner) = owner {
        owner.hosts.extend(asset.hosts);
        owner.joins.extend(asset.joins);
        return None;
    }
    asset.endpoints.insert((
        Endpoint {
            mac: None,
            ip: Some(ip),
        },
        None,
    ));
    Some(asset)
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

/// Whether two addresses are in one network of the usual size: /24, or /64 of IPv6.
pub(crate) fn same_network(a: IpAddr, b: IpAddr) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.to_bits() >> 8 == b.to_bits() >> 8,
        (IpAddr::V6(a), IpAddr::V6(b)) => a.to_bits() >> 64 == b.to_bits() >> 64,
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// How many routers a packet has crossed, if its time to live shows that. Hosts start at 64, 128 or 255; the values 60,
/// 30, 32 and 100 that some controllers start at are not taken for crossings.
pub(crate) fn hops(ttl: u8) -> Option<u8> {
    let crossed = STARTS
        .into_iter()
        .filter_map(|initial| initial.checked_sub(ttl))
        .find(|crossed| (1..=MAX_HOPS).contains(crossed))?;
    (ttl != 60).then_some(crossed)
}
