//! The definitions of `docs/semantics.md`, read word by word and looked up by scanning.

use super::ip;
use cofferdam_plant::{
    Asset, Conduit, ConduitId, OpenTimes, Party, Permit, PermitId, Plant, Service, Window, ZoneId,
};
use cofferdam_policy::{Claim, DenyReason, End, Flow, Host, HostKey, SegmentReason, Verdict};
use cofferdam_terms::{EtherType, OperationSet, Timestamp, Transport, VlanId};
use ipnet::IpNet;
use std::net::IpAddr;

/// Where a host is, by definitions S2 to S4.
#[derive(Clone, Debug)]
enum Standing<'p> {
    Unknown,
    /// The first asset, and how many there are.
    Unzoned(&'p Asset, usize),
    Ambiguous(Claim, Claim),
    In(&'p ZoneId, Vec<&'p Asset>, Option<IpNet>),
}

fn address(host: &Host) -> Option<IpAddr> {
    let ip = match host.ip? {
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => IpAddr::V4(v6.to_ipv4_mapped().unwrap()),
        ip => ip,
    };
    (!ip.is_unspecified()).then_some(ip)
}

fn standing<'p>(plant: &'p Plant, host: &Host) -> Standing<'p> {
    let mut claims = Vec::new();
    for asset in plant.assets() {
        for interface in &asset.interfaces {
            let own = Host {
                mac: interface.mac,
                ip: interface.ip,
                vlan: None,
            };
            let same = match address(host) {
                Some(ip) => address(&own) == Some(ip),
                None => host.mac.is_some() && interface.mac == host.mac,
            };
            if same {
                claims.push((asset, interface.vlan));
            }
        }
    }
    let several = claims.iter().any(|(asset, _)| asset.id != claims[0].0.id);
    if several
        && claims
            .iter()
            .any(|(_, vlan)| vlan.is_some() && *vlan == host.vlan)
    {
        claims.retain(|(_, vlan)| *vlan == host.vlan);
    }
    let mut assets: Vec<&Asset> = claims.into_iter().map(|(asset, _)| asset).collect();
    assets.dedup_by_key(|asset| &asset.id);
    if let Some(first) = assets.first() {
        if assets.iter().any(|asset| asset.zone != first.zone) {
            let mut named: Vec<Claim> = assets
                .iter()
                .map(|asset| Claim::Asset {
                    asset: asset.id.clone(),
                    zone: asset.zone.clone(),
                })
                .collect();
            named.sort();
            return Standing::Ambiguous(named[0].clone(), named[1].clone());
        }
        return match &first.zone {
            Some(zone) => Standing::In(zone, assets, None),
            None => Standing::Unzoned(assets.iter().min_by_key(|asset| &asset.id).unwrap(), assets.len()),
        };
    }
    let Some(ip) = address(host) else {
        return Standing::Unknown;
    };
    let mut selectors: Vec<(u8, &ZoneId, IpNet)> = Vec::new();
    for zone in plant.zones() {
        for subnet in zone.subnets.iter().filter(|subnet| subnet.contains(&ip)) {
            selectors.push((subnet.prefix_len(), &zone.id, *subnet));
        }
    }
    let Some(longest) = selectors.iter().map(|(length, ..)| *length).max() else {
        return Standing::Unknown;
    };
    selectors.retain(|(length, ..)| *length == longest);
    selectors.sort();
    selectors.dedup();
    match selectors.as_slice() {
        [(_, zone, subnet)] => Standing::In(zone, Vec::new(), Some(*subnet)),
        [(_, first, subnet), (_, second, _), ..] => Standing::Ambiguous(
            Claim::Subnet {
                zone: (*first).clone(),
                subnet: *subnet,
            },
            Claim::Subnet {
                zone: (*second).clone(),
                subnet: *subnet,
            },
        ),
        [] => Standing::Unknown,
    }
}

/// Whether no edit can guess where a host belongs: two zones claim it, or several assets that are in no zone, or its
/// address is a group's.
pub(crate) fn needs_a_person(plant: &Plant, key: HostKey, vlan: Option<VlanId>) -> bool {
    let host = match key {
        HostKey::Ip(ip) => Host { vlan, ..Host::at(ip) },
        HostKey::Mac(mac) => Host {
            mac: Some(mac),
            ip: None,
            vlan,
        },
        HostKey::Nothing => return true,
    };
    let group = match key {
        HostKey::Ip(address) => address.is_multicast() || address == ip("255.255.255.255"),
        HostKey::Mac(mac) => mac.is_group(),
        HostKey::Nothing => true,
    };
    match standing(plant, &host) {
        Standing::Ambiguous(..) | Standing::Unzoned(_, 2..) => true,
        Standing::In(_, _, Some(subnet @ IpNet::V4(_))) => {
            group || subnet.prefix_len() <= 30 && address(&host) == Some(subnet.broadcast())
        }
        Standing::Unknown | Standing::In(_, _, Some(_)) => group,
        Standing::In(_, _, None) | Standing::Unzoned(..) => false,
    }
}

fn segment(flow: &Flow<'_>, responder: &Standing<'_>) -> Option<SegmentReason> {
    if flow.transport == Transport::Ethernet(EtherType::ARP) {
        return Some(SegmentReason::AddressResolution);
    }
    let from = address(&flow.initiator);
    let Some(to) = address(&flow.responder) else {
        let mac = flow.responder.mac?;
        return if mac.to_string() == "ff:ff:ff:ff:ff:ff" {
            Some(SegmentReason::Broadcast)
        } else {
            mac.is_group().then_some(SegmentReason::Multicast)
        };
    };
    let local = |ip: IpAddr| {
        ["169.254.0.0/16", "127.0.0.0/8", "fe80::/10", "::1/128"]
            .iter()
            .any(|net| net.parse::<IpNet>().unwrap().contains(&ip))
    };
    if local(to) || from.is_some_and(local) {
        return Some(SegmentReason::LinkLocal);
    }
    if to == ip("255.255.255.255") {
        return Some(SegmentReason::Broadcast);
    }
    if to.is_multicast() {
        let link = match to {
            IpAddr::V4(_) => "224.0.0.0/24".parse::<IpNet>().unwrap().contains(&to),
            IpAddr::V6(v6) => matches!(v6.octets()[1] & 0x0f, 0..=2),
        };
        let unclaimed = matches!(responder, Standing::Unknown);
        return (link || unclaimed).then_some(SegmentReason::Multicast);
    }
    match responder {
        Standing::In(_, _, Some(subnet @ IpNet::V4(_))) => {
            (subnet.prefix_len() <= 30 && subnet.broadcast() == to && subnet.contains(&from?))
                .then_some(SegmentReason::Broadcast)
        }
        _ => None,
    }
}

fn joins(plant: &Plant, conduit: &Conduit, a: &ZoneId, b: &ZoneId) -> bool {
    conduit.zones.iter().any(|x| {
        conduit
            .zones
            .iter()
            .any(|y| x != y && plant.lies_in(a, x) && plant.lies_in(b, y))
    })
}

fn covers(plant: &Plant, parties: &[Party], zone: &ZoneId, assets: &[&Asset]) -> bool {
    parties.iter().any(|party| match party {
        Party::Zone(outer) => plant.lies_in(zone, outer),
        Party::Asset(id) => assets.iter().any(|asset| asset.id == *id),
    })
}

fn carries(service: &Service, flow: &Flow<'_>) -> bool {
    let ported = ["tcp", "udp", "ip-33", "ip-132", "ip-136"].contains(&flow.transport.to_string().as_str());
    (service.transport.is_none() || service.transport == Some(flow.transport))
        && match service.ports {
            None => true,
            Some(ports) => ported && ports.contains(flow.responder_port),
        }
}

fn speaks(service: &Service, flow: &Flow<'_>) -> bool {
    match (&service.protocol, flow.protocol) {
        (Some(wanted), Some(spoken)) => wanted.as_str() == spoken,
        _ => true,
    }
}

/// By the calendar instead of arithmetic: the hour and weekday that a clock on the wall of the site would show.
fn is_open(times: &OpenTimes, at: Timestamp) -> bool {
    times.windows.iter().any(|window| match window {
        Window::Once { from, to } => *from <= at && at < *to,
        Window::Weekly {
            days,
            from_minute,
            to_minute,
            utc_offset_minutes,
        } => {
            let offset = jiff::tz::Offset::from_seconds(i32::from(*utc_offset_minutes) * 60).unwrap();
            let wall = offset.to_datetime(jiff::Timestamp::from_second(at.secs()).unwrap());
            let minute = i32::from(wall.hour()) * 60 + i32::from(wall.minute());
            let today = usize::try_from(wall.weekday().to_monday_zero_offset()).unwrap();
            let yesterday = (today + 6) % 7;
            let (from, to) = (i32::from(*from_minute), i32::from(*to_minute));
            if to >= from {
                days[today] && from <= minute && minute < to
            } else {
                (days[today] && from <= minute) || (days[yesterday] && minute < to)
            }
        }
    })
}

/// A verdict without borrows, so that two policies' can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Permit(ConduitId, PermitId),
    Intra(ZoneId),
    Segment(SegmentReason),
    Unknown(End, Host),
    Unzoned(End, String),
    Ambiguous(End, Claim, Claim),
    NoConduit(ZoneId, ZoneId),
    Parties(ConduitId),
    Service(ConduitId, PermitId),
    Protocol(ConduitId, PermitId),
    Operation(ConduitId, PermitId, OperationSet),
    Closed(ConduitId, PermitId),
}

pub(crate) fn answer(verdict: Verdict<'_>) -> Answer {
    match verdict {
        Verdict::Permit { conduit, permit } => Answer::Permit(conduit.clone(), permit.clone()),
        Verdict::IntraZone { zone } => Answer::Intra(zone.clone()),
        Verdict::Segment(reason) => Answer::Segment(reason),
        Verdict::Deny(reason) => match reason {
            DenyReason::UnknownHost { end, host } => Answer::Unknown(end, host),
            DenyReason::Unzoned { end, asset } => Answer::Unzoned(end, asset.to_string()),
            DenyReason::Ambiguous { end, claims } => {
                Answer::Ambiguous(end, claims.0.clone(), claims.1.clone())
            }
            DenyReason::NoConduit { from, to } => Answer::NoConduit(from.clone(), to.clone()),
            DenyReason::PartiesNotPermitted { conduit, .. } => Answer::Parties(conduit.clone()),
            DenyReason::ServiceNotPermitted { conduit, permit } => {
                Answer::Service(conduit.clone(), permit.clone())
            }
            DenyReason::ProtocolNotPermitted { conduit, permit } => {
                Answer::Protocol(conduit.clone(), permit.clone())
            }
            DenyReason::OperationNotPermitted {
                conduit,
                permit,
                permitted,
            } => Answer::Operation(conduit.clone(), permit.clone(), permitted),
            DenyReason::Closed { conduit, permit } => Answer::Closed(conduit.clone(), permit.clone()),
        },
    }
}

/// Definitions S1 to S8, in their order.
pub(crate) fn reference(plant: &Plant, flow: &Flow<'_>) -> Answer {
    let to = standing(plant, &flow.responder);
    if let Some(reason) = segment(flow, &to) {
        return Answer::Segment(reason);
    }
    let from = standing(plant, &flow.initiator);
    let mut ends = Vec::new();
    for (end, standing, host) in [
        (End::Initiator, &from, flow.initiator),
        (End::Responder, &to, flow.responder),
    ] {
        match standing {
            Standing::Unknown => return Answer::Unknown(end, host),
            Standing::Unzoned(asset, _) => return Answer::Unzoned(end, asset.id.to_string()),
            Standing::Ambiguous(a, b) => return Answer::Ambiguous(end, a.clone(), b.clone()),
            Standing::In(zone, assets, _) => ends.push((*zone, assets.clone())),
        }
    }
    let (a, from_assets) = &ends[0];
    let (b, to_assets) = &ends[1];
    if a == b {
        return Answer::Intra((*a).clone());
    }
    let mut candidates: Vec<(&Conduit, &Permit)> = Vec::new();
    for conduit in plant
        .conduits()
        .iter()
        .filter(|conduit| joins(plant, conduit, a, b))
    {
        candidates.extend(conduit.permits.iter().map(|permit| (conduit, permit)));
    }
    candidates.sort_by_key(|(conduit, permit)| (&conduit.id, &permit.id));
    let joining = plant
        .conduits()
        .iter()
        .filter(|conduit| joins(plant, conduit, a, b))
        .map(|conduit| &conduit.id)
        .min();
    let Some(joining) = joining else {
        return Answer::NoConduit((*a).clone(), (*b).clone());
    };
    let ids = |(conduit, permit): &(&Conduit, &Permit)| (conduit.id.clone(), permit.id.clone());
    let mut left = candidates;
    left.retain(|(_, permit)| {
        covers(plant, &permit.from, a, from_assets) && covers(plant, &permit.to, b, to_assets)
    });
    let Some(first) = left.first().map(ids) else {
        return Answer::Parties(joining.clone());
    };
    left.retain(|(_, permit)| permit.services.iter().any(|service| carries(service, flow)));
    if left.is_empty() {
        return Answer::Service(first.0, first.1);
    }
    let first = ids(&left[0]);
    left.retain(|(_, permit)| {
        permit
            .services
            .iter()
            .any(|service| carries(service, flow) && speaks(service, flow))
    });
    if left.is_empty() {
        return Answer::Protocol(first.0, first.1);
    }
    let first = ids(&left[0]);
    let permitted = left.iter().fold(OperationSet::EMPTY, |set, (_, permit)| {
        set.union(permit.operations)
    });
    left.retain(|(_, permit)| match flow.operation {
        Some(operation) => permit.operations.contains(operation),
        None => !permit.operations.is_empty(),
    });
    if left.is_empty() {
        return Answer::Operation(first.0, first.1, permitted);
    }
    let first = ids(&left[0]);
    left.retain(|(_, permit)| permit.open.as_ref().is_none_or(|open| is_open(open, flow.time)));
    match left.first().map(ids) {
        Some((conduit, permit)) => Answer::Permit(conduit, permit),
        None => Answer::Closed(first.0, first.1),
    }
}

impl Answer {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Permit(..) => "permit",
            Self::Intra(_) => "intra-zone",
            Self::Segment(_) => "segment",
            Self::Unknown(..) => "unknown",
            Self::Unzoned(..) => "unzoned",
            Self::Ambiguous(..) => "ambiguous",
            Self::NoConduit(..) => "no-conduit",
            Self::Parties(_) => "parties",
            Self::Service(..) => "service",
            Self::Protocol(..) => "protocol",
            Self::Operation(..) => "operation",
            Self::Closed(..) => "closed",
        }
    }
}
