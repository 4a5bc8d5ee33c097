//! Which part of the plant a host belongs to, by role, protocols, partners, address and presence.

use super::assets::{Host, Hosts};
use super::process::Process;
use crate::conversation::Conversations;
use crate::words;
use cofferdam_plant::{AssetRole, ZoneKind};
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
    /// Wherever: outsiders, and hosts that are carried about.
    Anywhere,
}

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
    let process = Process::new(hosts, conversations);
    let mut decided: Vec<Option<Band>> = hosts
        .list
        .iter()
        .enumerate()
        .map(|(at, host)| certain(at, host, &process, conversations))
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

/// What role, address or presence decides alone.
fn certain(at: usize, host: &Host<'_>, process: &Process, conversations: &Conversations) -> Option<Band> {
    let net = net_of(host.ip);
    let role = host.role;
    let band = |kind, reasons| Some(Band { kind, net, reasons });
    if let Some(ip) = host
        .ip
        .filter(|ip| is_public(*ip) && !process.nets.contains(&net))
    {
        return Some(Band {
            kind: ZoneKind::External,
            net: Net::Anywhere,
            reasons: vec![format!(
                "{ip} is a public address, and no host beside it answers a process protocol."
            )],
        });
    }
    if let Some(reason) = temporary(host, conversations) {
        return Some(Band {
            kind: ZoneKind::Temporary,
            net: Net::Anywhere,
            reasons: vec![reason],
        });
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
        // A business system may look like one of these; those of the plant speak with it.
        AssetRole::Historian | AssetRole::Mes if process.partners.contains(&at) => {
            by_role(ZoneKind::Operations)
        }
        AssetRole::JumpHost => by_role(ZoneKind::Dmz),
        AssetRole::External => Some(Band {
            net: Net::Anywhere,
            ..by_role(ZoneKind::External)?
        }),
        AssetRole::Historian
        | AssetRole::Mes
        | AssetRole::Server
        | AssetRole::Workstation
        | AssetRole::Unknown => {
            if let Some(protocol) = process.serves.get(&at) {
                band(
                    ZoneKind::Control,
                    vec![format!("It answers {protocol}, a process protocol.")],
                )
            } else {
                let protocol = process.uses.get(&at)?;
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
    let by_name = words::says(host.id.as_str(), &words::PORTABLE);
    let by_role = match host.role {
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
    ((by_name || by_role) && seldom).then(|| {
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
    let infrastructure = matches!(host.role, AssetRole::Switch | AssetRole::Router);
    let Some((kind, count)) = most else {
        if net == Net::Link && !infrastructure {
            return Band {
                kind: ZoneKind::Temporary,
                net: Net::Anywhere,
                reasons: vec![
                    "It has no IP address and no known role: it stands apart until it is placed.".to_owned(),
                ],
            };
        }
        let (kind, reason) = if infrastructure {
            (
                ZoneKind::Operations,
                "It is network equipment, and no host beside it is placed: whoever runs the plant's network has it.",
            )
        } else {
            (
                ZoneKind::Enterprise,
                "Nothing in its subnet takes part in process traffic or has a plant role.",
            )
        };
        return Band {
            kind,
            net,
            reasons: vec![reason.to_owned()],
        };
    };
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
