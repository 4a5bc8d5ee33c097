//! From an address to the asset that claims it and the zone that it is in.
//!
//! Asset claims stand in hash maps, subnet selectors in a sorted list of disjoint ranges, so that finding a host takes
//! the same time in a plant of ten assets or ten thousand.

use crate::flow::Host;
use crate::verdict::Claim;
use cofferdam_plant::{Plant, ZoneId};
use cofferdam_terms::{MacAddr, VlanId};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use ipnet::IpNet;
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A zone by its place in the plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ZoneIx(pub(crate) u32);

/// An asset by its place in the plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AssetIx(pub(crate) u32);

/// A place in the list of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PlaceIx(u32);

pub(crate) fn index(at: usize) -> u32 {
    // A plant of four thousand million entries does not fit in memory.
    u32::try_from(at).unwrap_or(u32::MAX)
}

pub(crate) fn usize_of(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// What is known of an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// It is in a zone.
    In(InZone),
    /// Assets that are in no zone claim it, ordered by id.
    Unzoned(SmallVec<[AssetIx; 1]>),
    /// It is claimed twice; the first two claims.
    Ambiguous(Box<(Claim, Claim)>),
}

/// A host that is in a zone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct InZone {
    pub(crate) zone: ZoneIx,
    /// The assets that claim it: one, several that share it (a cluster's address), or none.
    pub(crate) assets: SmallVec<[AssetIx; 1]>,
    /// The subnet that selects it, if no asset claims it.
    pub(crate) subnet: Option<IpNet>,
    /// Keys under which permits for it as an initiator are filed; set when the policy is built.
    pub(crate) initiates: SmallVec<[u32; 4]>,
    /// Zones under which permits for it as a responder are filed.
    pub(crate) responds: SmallVec<[ZoneIx; 2]>,
}

/// Addresses that two zones claim the same way. Flows of theirs are denied until the claims are told apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyFault {
    /// What is claimed.
    pub claimed: Claimed,
    /// All claims, ordered.
    pub claims: Vec<Claim>,
}

/// What is claimed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claimed {
    /// An IP address.
    Ip(IpAddr),
    /// A link-layer address.
    Mac(MacAddr),
    /// A subnet.
    Subnet(IpNet),
}

/// Every claim of a plant, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    places: Vec<Place>,
    /// By the address as a number: the two families apart, so that a look-up hashes one integer.
    ips_v4: HashMap<u32, PlaceIx, FixedState>,
    ips_v6: HashMap<u128, PlaceIx, FixedState>,
    macs: HashMap<MacAddr, PlaceIx>,
    /// Addresses that several assets claim, on one VLAN.
    on_vlan: HashMap<(Key, VlanId), PlaceIx>,
    v4: Ranges,
    v6: Ranges,
    faults: Vec<PolicyFault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Ip(IpAddr),
    Mac(MacAddr),
}

/// Starts of disjoint ranges that cover the address space, each with the place that holds from there on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranges {
    starts: Vec<(u128, Option<PlaceIx>)>,
}

impl Ranges {
    fn find(&self, address: u128) -> Option<PlaceIx> {
        let after = self.starts.partition_point(|(start, _)| *start <= address);
        self.starts.get(after.checked_sub(1)?)?.1
    }

    fn begin(&mut self, start: u128, place: Option<PlaceIx>) {
        // What begins at the same address later is more specific.
        if self.starts.last().is_some_and(|(last, _)| *last == start) {
            self.starts.pop();
        }
        self.starts.push((start, place));
    }
}

/// An address as a number, so that ranges of both families are handled by one code.
pub(crate) fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

impl Places {
    pub(crate) fn new(plant: &Plant, zone_index: &BTreeMap<&ZoneId, ZoneIx>) -> Self {
        let mut built = Self {
            places: Vec::new(),
            ips_v4: HashMap::default(),
            ips_v6: HashMap::default(),
            macs: HashMap::new(),
            on_vlan: HashMap::new(),
            v4: Ranges::default(),
            v6: Ranges::default(),
            faults: Vec::new(),
        };
        built.take_assets(plant, zone_index);
        built.take_subnets(plant, zone_index);
        built.faults.sort();
        built
    }

    /// Where a host is, as far as any claim says.
    pub(crate) fn find(&self, host: &Host) -> Option<&Place> {
        let place = match host.address() {
            Some(ip) => self.find_ip(ip, host.vlan),
            None => {
                let mac = host.mac?;
                self.vlan_first(Key::Mac(mac), host.vlan)
                    .or_else(|| self.macs.get(&mac).copied())
            }
        };
        self.get(place?)
    }

    fn find_ip(&self, ip: IpAddr, vlan: Option<VlanId>) -> Option<PlaceIx> {
        self.vlan_first(Key::Ip(ip), vlan)
            .or_else(|| match ip {
                IpAddr::V4(v4) => self.ips_v4.get(&u32::from(v4)).copied(),
                IpAddr::V6(v6) => self.ips_v6.get(&u128::from(v6)).copied(),
            })
            .or_else(|| match ip {
                IpAddr::V4(_) => self.v4.find(number(ip)),
                IpAddr::V6(_) => self.v6.find(number(ip)),
            })
    }

    fn vlan_first(&self, key: Key, vlan: Option<VlanId>) -> Option<PlaceIx> {
        if self.on_vlan.is_empty() {
            return None;
        }
        self.on_vlan.get(&(key, vlan?)).copied()
    }

    pub(crate) fn get(&self, place: PlaceIx) -> Option<&Place> {
        self.places.get(usize_of(place.0))
    }

    /// Every claimed IP address, as disjoint ranges (first and last address) in order, IPv4 before IPv6, each with its
    /// place. VLANs are not asked: an address that is told apart only by them is ambiguous here.
    pub(crate) fn claimed(&self) -> (Vec<ClaimedRange<'_>>, Vec<ClaimedRange<'_>>) {
        let v4 = self.ips_v4.iter().map(|(ip, place)| (u128::from(*ip), *place));
        let mut v4: Vec<(u128, PlaceIx)> = v4.collect();
        let mut v6: Vec<(u128, PlaceIx)> = self.ips_v6.iter().map(|(ip, place)| (*ip, *place)).collect();
        v4.sort_unstable();
        v6.sort_unstable();
        (
            self.split(&self.v4, &v4, u128::from(u32::MAX)),
            self.split(&self.v6, &v6, u128::MAX),
        )
    }

    /// Ranges, with single addresses cut out of them.
    fn split(&self, ranges: &Ranges, exact: &[(u128, PlaceIx)], last_address: u128) -> Vec<ClaimedRange<'_>> {
        let mut out = Vec::new();
        let mut push = |first: u128, last: u128, place: Option<PlaceIx>| {
            if let Some(place) = place.and_then(|place| self.get(place)) {
                out.push(ClaimedRange { first, last, place });
            }
        };
        // The space below the first start is nobody's.
        let bounds = std::iter::once((0, None)).chain(ranges.starts.iter().copied());
        let ends = ranges.starts.iter().map(|(start, _)| Some(*start)).chain([None]);
        let mut exact = exact.iter().copied().peekable();
        for ((mut from, place), end) in bounds.zip(ends) {
            while let Some((address, own)) =
                exact.next_if(|(address, _)| end.is_none_or(|end| *address < end))
            {
                if from < address {
                    push(from, address - 1, place);
                }
                push(address, address, Some(own));
                from = address.saturating_add(1);
            }
            let last = end.map_or(last_address, |end| end.saturating_sub(1));
            if from <= last && end != Some(0) {
                push(from, last, place);
            }
        }
        out
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        self.places.iter_mut()
    }

    pub(crate) fn faults(&self) -> &[PolicyFault] {
        &self.faults
    }

    fn take_assets(&mut self, plant: &Plant, zone_index: &BTreeMap<&ZoneId, ZoneIx>) {
        let mut claims: BTreeMap<Key, Vec<(AssetIx, Option<VlanId>)>> = BTreeMap::new();
        for (at, asset) in plant.assets().iter().enumerate() {
            for interface in &asset.interfaces {
                let host = Host {
                    mac: interface.mac,
                    ip: interface.ip,
                    vlan: None,
                };
                let ip = host.address().map(Key::Ip);
                for key in [ip, interface.mac.map(Key::Mac)].into_iter().flatten() {
                    let claim = (AssetIx(index(at)), interface.vlan);
                    claims.entry(key).or_default().push(claim);
                }
            }
        }
        for (key, claimants) in claims {
            let everyone = claimants.iter().map(|(asset, _)| *asset).collect();
            let place = self.resolve(plant, zone_index, key, everyone);
            match key {
                Key::Ip(IpAddr::V4(v4)) => self.ips_v4.insert(u32::from(v4), place),
                Key::Ip(IpAddr::V6(v6)) => self.ips_v6.insert(u128::from(v6), place),
                Key::Mac(mac) => self.macs.insert(mac, place),
            };
            let mut vlans: BTreeMap<VlanId, Vec<AssetIx>> = BTreeMap::new();
            for (asset, vlan) in &claimants {
                if let Some(vlan) = vlan {
                    vlans.entry(*vlan).or_default().push(*asset);
                }
            }
            let first = claimants.first().map(|(asset, _)| *asset);
            if claimants.iter().any(|(asset, _)| Some(*asset) != first) {
                for (vlan, assets) in vlans {
                    let place = self.resolve(plant, zone_index, key, assets);
                    self.on_vlan.insert((key, vlan), place);
                }
            }
        }
    }

    /// The place of an address that these assets claim.
    fn resolve(
        &mut self,
        plant: &Plant,
        zone_index: &BTreeMap<&ZoneId, ZoneIx>,
        key: Key,
        mut assets: Vec<AssetIx>,
    ) -> PlaceIx {
        let node = |asset: &AssetIx| plant.assets().get(usize_of(asset.0));
        // By id, so that the order of the model changes nothing.
        assets.sort_unstable_by_key(|asset| node(asset).map(|node| &node.id));
        assets.dedup();
        let zone_of = |asset: &AssetIx| node(asset)?.zone.as_ref();
        let first_zone = assets.first().and_then(zone_of);
        if assets.iter().all(|asset| zone_of(asset) == first_zone) {
            let zone = first_zone.and_then(|zone| zone_index.get(zone));
            return match zone {
                Some(zone) => self.push(Place::In(InZone {
                    zone: *zone,
                    assets: assets.into(),
                    subnet: None,
                    initiates: smallvec![],
                    responds: smallvec![],
                })),
                None => self.push(Place::Unzoned(assets.into())),
            };
        }
        let claims = assets
            .iter()
            .filter_map(|asset| plant.assets().get(usize_of(asset.0)))
            .map(|asset| Claim::Asset {
                asset: asset.id.clone(),
                zone: asset.zone.clone(),
            })
            .collect();
        let claimed = match key {
            Key::Ip(ip) => Claimed::Ip(ip),
            Key::Mac(mac) => Claimed::Mac(mac),
        };
        self.ambiguous(claimed, claims)
    }

    fn take_subnets(&mut self, plant: &Plant, zone_index: &BTreeMap<&ZoneId, ZoneIx>) {
        let mut selectors: BTreeMap<(u128, u8, IpNet), Vec<&ZoneId>> = BTreeMap::new();
        for zone in plant.zones() {
            for subnet in &zone.subnets {
                let subnet = subnet.trunc();
                selectors
                    .entry((number(subnet.network()), subnet.prefix_len(), subnet))
                    .or_default()
                    .push(&zone.id);
            }
        }
        let mut v4 = Sweep::default();
        let mut v6 = Sweep::default();
        for ((_, _, subnet), mut zones) in selectors {
            zones.sort_unstable();
            zones.dedup();
            let place = match zones.as_slice() {
                [zone] => {
                    let zone = zone_index.get(*zone).copied().unwrap_or(ZoneIx(u32::MAX));
                    self.push(Place::In(InZone {
                        zone,
                        assets: smallvec![],
                        subnet: Some(subnet),
                        initiates: smallvec![],
                        responds: smallvec![],
                    }))
                }
                _ => {
                    let claims = zones
                        .iter()
                        .map(|zone| Claim::Subnet {
                            zone: (*zone).clone(),
                            subnet,
                        })
                        .collect();
                    self.ambiguous(Claimed::Subnet(subnet), claims)
                }
            };
            match subnet {
                IpNet::V4(_) => v4.enter(subnet, place),
                IpNet::V6(_) => v6.enter(subnet, place),
            }
        }
        self.v4 = v4.finish(u128::from(u32::MAX));
        self.v6 = v6.finish(u128::MAX);
    }

    fn ambiguous(&mut self, claimed: Claimed, mut claims: Vec<Claim>) -> PlaceIx {
        claims.sort();
        let pair = match claims.as_slice() {
            [first, second, ..] => (first.clone(), second.clone()),
            [only] => (only.clone(), only.clone()),
            [] => return PlaceIx(u32::MAX),
        };
        self.faults.push(PolicyFault { claimed, claims });
        self.push(Place::Ambiguous(Box::new(pair)))
    }

    fn push(&mut self, place: Place) -> PlaceIx {
        self.places.push(place);
        PlaceIx(index(self.places.len() - 1))
    }
}

/// Addresses from a first to a last, as numbers, and whose they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClaimedRange<'p> {
    pub(crate) first: u128,
    pub(crate) last: u128,
    pub(crate) place: &'p Place,
}

/// Turns subnets, which nest or are disjoint, into ranges in which the most specific one holds.
#[derive(Default)]
struct Sweep {
    ranges: Ranges,
    /// The subnets that are open here, outermost first: last address and place.
    open: Vec<(u128, PlaceIx)>,
}

impl Sweep {
    /// Takes a subnet. They come ordered by start, the wider first.
    fn enter(&mut self, subnet: IpNet, place: PlaceIx) {
        let start = number(subnet.network());
        self.leave_before(start);
        self.ranges.begin(start, Some(place));
        self.open.push((number(subnet.broadcast()), place));
    }

    fn leave_before(&mut self, start: u128) {
        while let Some((last, _)) = self.open.last().copied() {
            if last >= start {
                break;
            }
            self.open.pop();
            self.ranges
                .begin(last + 1, self.open.last().map(|(_, place)| *place));
        }
    }

    fn finish(mut self, last_address: u128) -> Ranges {
        while let Some((last, _)) = self.open.pop() {
            if last < last_address {
                self.ranges
                    .begin(last + 1, self.open.last().map(|(_, place)| *place));
            }
        }
        self.ranges
    }
}
