//! Which part of the plant a host belongs to, by role, protocols, partners, address and presence.

use super::assets::{Host, Hosts};
use crate::conversation::Conversations;
use crate::words;
use cofferdam_observe::Protocol;
use cofferdam_plant::{AssetRole, ZoneKind};
use cofferdam_terms::Transport;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The subnet that a host is grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Net {
    /// An IPv4 /24.
    V4([u8; 3]),
    /// An IPv6 /64.
    V6([u16; 4]),
    /// No IP address: the link alone.
    Link,
    /// Anywhere outside.
    Outside,
}

/// Protocols by which controllers, field devices and those that operate them are known.
pub(super) const PROCESS_PROTOCOLS: [&str; 16] = [
    "bacnet",
    "c37118",
    "cip",
    "dnp3",
    "enip",
    "ethercat",
    "fins",
    "goose",
    "iec104",
    "mms",
    "modbus",
    "opcua",
    "profinet",
    "s7comm",
    "s7comm-plus",
    "sv",
];

/// A host's part of the plant, and why.
pub(super) struct Band {
    pub(super) kind: ZoneKind,
    pub(super) net: Net,
    pub(super) reasons: Vec<String>,
}

/// The net of an address.
pub(super) fn net_of(ip: Option<IpAddr>) -> Net {
    match ip {
        Some(IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            Net::V4([a, b, c])
        }
        Some(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            Net::V6([a, b, c, d])
        }
        None => Net::Link,
    }
}

/// The part of the plant that each host belongs to, in the order of the hosts.
pub(super) fn bands(hosts: &Hosts<'_>, conversations: &Conversations) -> Vec<Band> {
    let process_nets = nets_of_process_servers(hosts);
    let mut decided: Vec<Option<Band>> = hosts
        .list
        .iter()
        .map(|host| certain(host, &process_nets, conversations))
        .collect();
    let mut kinds: BTreeMap<Net, BTreeMap<ZoneKind, usize>> = BTreeMap::new();
    for band in decided.iter().flatten() {
        if band.kind != ZoneKind::Temporary {
            *kinds.entry(band.net).or_default().entry(band.kind).or_default() += 1;
        }
    }
    for (host, slot) in hosts.list.iter().zip(&mut decided) {
        if slot.is_none() {
            *slot = Some(by_neighbours(host, &kinds));
        }
    }
    let nets = partner_nets(hosts, conversations);
    decided
        .into_iter()
        .flatten()
        .zip(nets)
        .map(|(mut band, partner)| {
            if band.net == Net::Link
                && let Some(net) = partner
            {
                band.reasons.push(
                    "It has no IP address and is grouped with the host that it speaks to most.".to_owned(),
                );
                band.net = net;
            }
            band
        })
        .collect()
}

fn speaks_process(list: &[(Option<Protocol>, Transport, u16)]) -> Option<Protocol> {
    list.iter()
        .filter_map(|(protocol, ..)| *protocol)
        .find(|protocol| PROCESS_PROTOCOLS.contains(&protocol.0))
}

/// Nets in which a host answers a process protocol: they are the plant's, whatever their addresses.
fn nets_of_process_servers(hosts: &Hosts<'_>) -> Vec<Net> {
    let mut nets: Vec<Net> = hosts
        .list
        .iter()
        .filter(|host| speaks_process(&host.observed.serves).is_some())
        .map(|host| net_of(host.ip))
        .collect();
    nets.sort_unstable();
    nets.dedup();
    nets
}

/// What role, address or presence decides alone.
fn certain(host: &Host<'_>, process_nets: &[Net], conversations: &Conversations) -> Option<Band> {
    let net = net_of(host.ip);
    let role = host.role;
    let band = |kind, reasons| Some(Band { kind, net, reasons });
    if let Some(ip) = host
        .ip
        .filter(|ip| is_public(*ip) && !process_nets.contains(&net))
    {
        return Some(Band {
            kind: ZoneKind::External,
            net: Net::Outside,
            reasons: vec![format!(
                "{ip} is a public address, and no host beside it answers a process protocol."
            )],
        });
    }
    if let Some(reason) = temporary(host, conversations) {
        return band(ZoneKind::Temporary, vec![reason]);
    }
    let by_role = |kind: ZoneKind| {
        let mut reasons = vec![format!(
            "Its role is {} (confidence {:.0} %), which belongs to {} at Purdue level {}.",
            role.name(),
            host.observed.role.confidence * 100.0,
            kind.name(),
            purdue_level(kind)
        )];
        reasons.extend(host.observed.role.reasons.iter().cloned());
        band(kind, reasons)
    };
    match role {
        AssetRole::SafetyController => by_role(ZoneKind::Safety),
        AssetRole::Plc | AssetRole::Rtu | AssetRole::FieldDevice | AssetRole::Drive | AssetRole::Gateway => {
            by_role(ZoneKind::Control)
        }
        AssetRole::Hmi | AssetRole::ScadaServer | AssetRole::EngineeringWorkstation => {
            by_role(ZoneKind::Supervisory)
        }
        AssetRole::Historian | AssetRole::Mes => by_role(ZoneKind::Operations),
        AssetRole::JumpHost => by_role(ZoneKind::Dmz),
        AssetRole::External => Some(Band {
            net: Net::Outside,
            ..by_role(ZoneKind::External)?
        }),
        AssetRole::Server | AssetRole::Workstation | AssetRole::Unknown => {
            if let Some(protocol) = speaks_process(&host.observed.serves) {
                band(
                    ZoneKind::Control,
                    vec![format!("It answers {protocol}, a process protocol.")],
                )
            } else {
                let protocol = speaks_process(&host.observed.uses)?;
                band(
                    ZoneKind::Supervisory,
                    vec![format!("It asks others by {protocol}, a process protocol.")],
                )
            }
        }
        AssetRole::Switch | AssetRole::Router => None,
    }
}

/// A recording shorter than this many days does not tell who is there now and then.
const DAYS_TO_TELL_TEMPORARY: usize = 5;

/// Why a host is one that is connected now and then, if it is: portable, and there on few of the days.
fn temporary(host: &Host<'_>, conversations: &Conversations) -> Option<String> {
    let portable = match host.role {
        AssetRole::EngineeringWorkstation | AssetRole::Workstation | AssetRole::Unknown => true,
        AssetRole::Plc
        | AssetRole::SafetyController
        | AssetRole::Rtu
        | AssetRole::FieldDevice
        | AssetRole::Drive
        | AssetRole::Hmi
        | AssetRole::ScadaServer
        | AssetRole::Historian
        | AssetRole::Mes
        | AssetRole::JumpHost
        | AssetRole::Gateway
        | AssetRole::Switch
        | AssetRole::Router
        | AssetRole::Server
        | AssetRole::External => false,
    };
    let recorded = conversations.activity().day_count();
    let there = host.activity.day_count();
    let seldom = recorded >= DAYS_TO_TELL_TEMPORARY && there > 0 && there * 5 <= recorded;
    (portable && seldom).then(|| {
        format!(
            "It was there on {there} of {recorded} recorded days, for {} in all: it is connected now and then.",
            words::counted(host.activity.hour_count(), "hour")
        )
    })
}

/// What the hosts beside it make likely for one that nothing else decides.
fn by_neighbours(host: &Host<'_>, kinds: &BTreeMap<Net, BTreeMap<ZoneKind, usize>>) -> Band {
    let net = net_of(host.ip);
    let most = kinds.get(&net).and_then(|kinds| {
        kinds
            .iter()
            .filter(|(kind, _)| **kind != ZoneKind::Safety)
            .max_by_key(|(kind, count)| (**count, std::cmp::Reverse(**kind)))
    });
    let Some((kind, count)) = most else {
        let reason = "Nothing in its subnet speaks a process protocol or has a plant role.".to_owned();
        return Band {
            kind: ZoneKind::Enterprise,
            net,
            reasons: vec![reason],
        };
    };
    let infrastructure = matches!(host.role, AssetRole::Switch | AssetRole::Router);
    let kind = match kind {
        // A computer among controllers is one that operates them, until shown otherwise.
        ZoneKind::Control if !infrastructure => ZoneKind::Supervisory,
        ZoneKind::Safety
        | ZoneKind::Control
        | ZoneKind::Supervisory
        | ZoneKind::Operations
        | ZoneKind::Dmz
        | ZoneKind::Enterprise
        | ZoneKind::External
        | ZoneKind::Wireless
        | ZoneKind::Temporary => *kind,
    };
    Band {
        kind,
        net,
        reasons: vec![format!(
            "Its role ({}) does not place it; most hosts of its subnet that are placed ({count}) made it {}.",
            host.role.name(),
            kind.name()
        )],
    }
}

/// For each host, the net of the partner with which it exchanged most packets.
fn partner_nets(hosts: &Hosts<'_>, conversations: &Conversations) -> Vec<Option<Net>> {
    let mut packets: BTreeMap<(usize, Net), u64> = BTreeMap::new();
    for conversation in conversations.iter() {
        let ends = [conversation.key.initiator, conversation.key.responder].map(|key| hosts.find(&key));
        let [Some(a), Some(b)] = ends else { continue };
        let sum = conversation.sent.packets + conversation.received.packets;
        for (mine, other) in [(a, b), (b, a)] {
            let ip = hosts.list.get(other).and_then(|host| host.ip);
            if ip.is_some() {
                *packets.entry((mine, net_of(ip))).or_default() += sum;
            }
        }
    }
    let mut best: Vec<Option<(u64, Net)>> = vec![None; hosts.list.len()];
    for ((host, net), sum) in packets {
        if let Some(slot) = best.get_mut(host)
            && slot.is_none_or(|(most, _)| sum > most)
        {
            *slot = Some((sum, net));
        }
    }
    best.into_iter().map(|slot| slot.map(|(_, net)| net)).collect()
}

/// The level of the Purdue model that a kind of zone stands at, as people write it.
pub(super) const fn purdue_level(kind: ZoneKind) -> &'static str {
    match kind {
        ZoneKind::Safety | ZoneKind::Control => "1",
        ZoneKind::Supervisory | ZoneKind::Wireless | ZoneKind::Temporary => "2",
        ZoneKind::Operations => "3",
        ZoneKind::Dmz => "3.5",
        ZoneKind::Enterprise => "4",
        ZoneKind::External => "5",
    }
}

/// Whether an address is one that the internet routes. Addresses kept for documentation count: examples use them for
/// outsiders.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private()
                || shared
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_unspecified())
        }
        IpAddr::V6(v6) => {
            !(v6.is_unique_local()
                || v6.is_loopback()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
                || v6.is_unspecified())
        }
    }
}
