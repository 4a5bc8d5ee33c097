//! Zones out of bands: hosts of one kind in one subnet, and the reasons in numbers.

use super::Placement;
use super::assets::Hosts;
use super::band::{Band, Net, bands, net_of, purdue_level};
use super::slug::{address_slug, join};
use crate::conversation::Conversations;
use crate::words;
use cofferdam_plant::{AssetRole, Zone, ZoneId, ZoneKind};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The zones, and who is in which.
pub(super) struct Zoning {
    pub(super) zones: Vec<Zone>,
    pub(super) placements: Vec<Placement>,
    /// By host, the place of its zone.
    of_host: Vec<usize>,
}

impl Zoning {
    /// The zone of a host.
    pub(super) fn zone_of(&self, host: usize) -> Option<ZoneId> {
        let zone = self.zones.get(*self.of_host.get(host)?)?;
        Some(zone.id.clone())
    }
}

/// Draws the zones.
pub(super) fn draw(hosts: &Hosts<'_>, conversations: &Conversations) -> Zoning {
    let bands = bands(hosts, conversations);
    let mut groups: BTreeMap<(ZoneKind, Net), Vec<usize>> = BTreeMap::new();
    for (host, band) in bands.iter().enumerate() {
        groups.entry((band.kind, band.net)).or_default().push(host);
    }
    let selectors = selectors(&groups);
    // The zone for what is not known exists even where nobody was seen in it.
    for group in selectors.keys() {
        groups.entry(*group).or_default();
    }
    let mut of_host = vec![0; hosts.list.len()];
    for (at, members) in groups.values().enumerate() {
        for host in members {
            if let Some(slot) = of_host.get_mut(*host) {
                *slot = at;
            }
        }
    }
    let traffic = Traffic::new(hosts, conversations, &of_host, groups.len());
    let zones: Vec<Zone> = groups
        .iter()
        .enumerate()
        .filter_map(|(at, ((kind, net), members))| {
            Some(Zone {
                id: zone_id(*kind, *net).parse().ok()?,
                name: zone_name(*kind, *net),
                kind: *kind,
                parent: None,
                sl_t: None,
                owner: None,
                subnets: selectors.get(&(*kind, *net)).cloned().unwrap_or_default(),
                reason: zone_reason(hosts, *kind, *net, members, &traffic.of(at)),
            })
        })
        .collect();
    let placements = placements(hosts, &bands, &zones, &of_host);
    Zoning {
        zones,
        placements,
        of_host,
    }
}

fn placements(hosts: &Hosts<'_>, bands: &[Band], zones: &[Zone], of_host: &[usize]) -> Vec<Placement> {
    let mut placements: Vec<Placement> = hosts
        .list
        .iter()
        .zip(bands)
        .zip(of_host)
        .filter_map(|((host, band), zone)| {
            Some(Placement {
                asset: host.id.clone(),
                zone: zones.get(*zone)?.id.clone(),
                reasons: band.reasons.clone(),
            })
        })
        .collect();
    placements.sort();
    placements
}

/// The id that a draft gives the zone of hosts of a kind around an address.
pub(crate) fn zone_id_for(kind: ZoneKind, ip: Option<std::net::IpAddr>) -> String {
    match kind {
        ZoneKind::External | ZoneKind::Temporary => zone_id(kind, Net::Anywhere),
        ZoneKind::Safety
        | ZoneKind::Control
        | ZoneKind::Supervisory
        | ZoneKind::Operations
        | ZoneKind::Dmz
        | ZoneKind::Enterprise
        | ZoneKind::Wireless => zone_id(kind, net_of(ip)),
    }
}

fn zone_id(kind: ZoneKind, net: Net) -> String {
    match net {
        Net::V4([a, b, c]) => join(&[kind.name(), &format!("{a}-{b}-{c}")]),
        Net::V6([a, b, c, d]) => {
            let address = Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0);
            let slug = address_slug(address.into());
            join(&[kind.name(), slug.strip_suffix("-0-0-0-0").unwrap_or(&slug)])
        }
        Net::Link => join(&[kind.name(), "link"]),
        Net::Anywhere => kind.name().to_owned(),
    }
}

fn zone_name(kind: ZoneKind, net: Net) -> String {
    let name = kind.name();
    let title = match (kind, name.split_at_checked(1)) {
        (ZoneKind::Dmz, _) => "DMZ".to_owned(),
        (_, Some((first, rest))) => format!("{}{rest}", first.to_uppercase()),
        (_, None) => String::new(),
    };
    match subnet(net) {
        Some(subnet) => format!("{title} {subnet}"),
        None => title,
    }
}

fn subnet(net: Net) -> Option<IpNet> {
    match net {
        Net::V4([a, b, c]) => Ipv4Net::new(Ipv4Addr::new(a, b, c, 0), 24).ok().map(IpNet::V4),
        Net::V6([a, b, c, d]) => Ipv6Net::new(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), 64)
            .ok()
            .map(IpNet::V6),
        Net::Link | Net::Anywhere => None,
    }
}

/// Which zone takes the addresses of a subnet that no asset claims. Beside controllers and those who operate them a
/// stranger stands apart, with whatever else is connected now and then; elsewhere it goes to the zone with most hosts.
fn selectors(groups: &BTreeMap<(ZoneKind, Net), Vec<usize>>) -> BTreeMap<(ZoneKind, Net), Vec<IpNet>> {
    let mut best: BTreeMap<Net, (usize, ZoneKind)> = BTreeMap::new();
    let mut guarded: BTreeSet<Net> = BTreeSet::new();
    for ((kind, net), members) in groups {
        if matches!(kind, ZoneKind::Safety | ZoneKind::Control | ZoneKind::Supervisory) {
            guarded.insert(*net);
        }
        if best.get(net).is_none_or(|(most, _)| members.len() > *most) {
            best.insert(*net, (members.len(), *kind));
        }
    }
    let mut selectors: BTreeMap<(ZoneKind, Net), Vec<IpNet>> = BTreeMap::new();
    for (net, (_, kind)) in best {
        let Some(subnet) = subnet(net) else { continue };
        let group = if guarded.contains(&net) {
            (ZoneKind::Temporary, Net::Anywhere)
        } else {
            (kind, net)
        };
        selectors.entry(group).or_default().push(subnet);
    }
    selectors
}

/// Packets within each zone and over its border.
struct Traffic {
    within: Vec<u64>,
    across: Vec<u64>,
}

struct ZoneTraffic {
    within: u64,
    across: u64,
}

impl Traffic {
    fn new(hosts: &Hosts<'_>, conversations: &Conversations, of_host: &[usize], zones: usize) -> Self {
        let mut traffic = Self {
            within: vec![0; zones],
            across: vec![0; zones],
        };
        for conversation in conversations.iter() {
            let zone = |key| Some(*of_host.get(hosts.find(key)?)?);
            let ends = (
                zone(&conversation.key.initiator),
                zone(&conversation.key.responder),
            );
            let packets = conversation.sent.packets + conversation.received.packets;
            let (Some(a), Some(b)) = ends else { continue };
            if a == b {
                bump(&mut traffic.within, a, packets);
            } else {
                bump(&mut traffic.across, a, packets);
                bump(&mut traffic.across, b, packets);
            }
        }
        traffic
    }

    fn of(&self, zone: usize) -> ZoneTraffic {
        ZoneTraffic {
            within: self.within.get(zone).copied().unwrap_or_default(),
            across: self.across.get(zone).copied().unwrap_or_default(),
        }
    }
}

fn bump(sums: &mut [u64], at: usize, packets: u64) {
    if let Some(sum) = sums.get_mut(at) {
        *sum += packets;
    }
}

fn zone_reason(
    hosts: &Hosts<'_>,
    kind: ZoneKind,
    net: Net,
    members: &[usize],
    traffic: &ZoneTraffic,
) -> String {
    let mut roles: BTreeMap<AssetRole, u64> = BTreeMap::new();
    for host in members.iter().filter_map(|at| hosts.list.get(*at)) {
        *roles.entry(host.role).or_default() += 1;
    }
    let roles: Vec<String> = roles
        .iter()
        .map(|(role, count)| format!("{count} {}", role.name()))
        .collect();
    let place = match net {
        Net::V4(_) | Net::V6(_) => subnet(net).map_or_else(String::new, |subnet| format!(" in {subnet}")),
        Net::Link => " without IP address".to_owned(),
        Net::Anywhere if kind == ZoneKind::External => " with addresses outside the plant".to_owned(),
        Net::Anywhere => String::new(),
    };
    if members.is_empty() {
        return "Draft: for what is connected now and then and what is not known, so that a stranger beside controllers \
                stands apart from them (ZCR 3.4). Nobody was seen in it."
            .to_owned();
    }
    let all = traffic.within + traffic.across;
    let stays = match all {
        0 => "They exchanged no packet with another known host.".to_owned(),
        all => format!(
            "{} % of their {} packets with known hosts stay in the zone.",
            traffic.within.saturating_mul(100) / all,
            words::count(all)
        ),
    };
    format!(
        "Draft: {}{place} of Purdue level {}: {}. {stays}{}",
        words::counted(words::len(members), "host"),
        purdue_level(kind),
        words::some(&roles, 6),
        match kind {
            ZoneKind::Safety =>
                " Safety-related controls stand apart from the basic control system (ZCR 3.3).",
            ZoneKind::Temporary => " What is connected now and then stands apart (ZCR 3.4).",
            ZoneKind::External => " Networks of others stand apart (ZCR 3.6).",
            ZoneKind::Enterprise => " Business systems stand apart from the plant (ZCR 3.2).",
            ZoneKind::Control
            | ZoneKind::Supervisory
            | ZoneKind::Operations
            | ZoneKind::Dmz
            | ZoneKind::Wireless => "",
        }
    )
}
