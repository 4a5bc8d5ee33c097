//! Small random plants and flows for the property tests. The address space is tiny, so that claims meet.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails is the point"
)]
#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub(crate) mod reference;
pub(crate) mod seen;

use cofferdam_plant::{
    Asset, Conduit, Interface, OpenTimes, Parts, Party, Permit, Plant, PortRange, Service, Site, Stage,
    Window, Zone, ZoneKind,
};
use cofferdam_policy::{Flow, Host};
use cofferdam_terms::{MacAddr, OperationClass, OperationSet, Timestamp, Transport, VlanId};
use ipnet::IpNet;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::net::IpAddr;

pub(crate) const ZONES: usize = 6;
pub(crate) const ASSETS: usize = 8;

/// Addresses that random hosts have.
pub(crate) const ADDRESSES: [&str; 18] = [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.7",
    "10.0.0.200",
    "10.0.0.255",
    "10.0.1.1",
    "10.0.1.2",
    "10.0.1.255",
    "10.0.2.9",
    "192.0.2.5",
    "fd00::1",
    "fd00::2",
    "fd00:0:0:1::1",
    "::ffff:10.0.0.1",
    "0.0.0.0",
    "239.1.1.1",
    "224.0.0.5",
    "255.255.255.255",
];

/// Subnets that random zones select by.
pub(crate) const SUBNETS: [&str; 10] = [
    "10.0.0.0/8",
    "10.0.0.0/16",
    "10.0.0.0/24",
    "10.0.0.0/29",
    "10.0.0.192/26",
    "10.0.1.0/24",
    "0.0.0.0/0",
    "fd00::/48",
    "fd00::/64",
    "239.0.0.0/8",
];

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::from_secs(text.parse::<jiff::Timestamp>().unwrap().as_second())
}

pub(crate) fn zone(id: &str, kind: ZoneKind) -> Zone {
    Zone {
        id: id.parse().unwrap(),
        name: String::new(),
        kind,
        parent: None,
        sl_t: None,
        owner: None,
        subnets: Vec::new(),
        reason: String::new(),
    }
}

pub(crate) fn asset(id: &str, zone: Option<&str>, interfaces: Vec<Interface>) -> Asset {
    Asset {
        zone: zone.map(|zone| zone.parse().unwrap()),
        interfaces,
        ..Asset::new(id.parse().unwrap())
    }
}

pub(crate) fn interface(ip: &str) -> Interface {
    Interface {
        mac: None,
        ip: Some(ip.parse().unwrap()),
        vlan: None,
    }
}

pub(crate) fn conduit(id: &str, zones: &[&str], permits: Vec<Permit>) -> Conduit {
    Conduit {
        id: id.parse().unwrap(),
        name: String::new(),
        zones: zones.iter().map(|zone| zone.parse().unwrap()).collect(),
        permits,
        protection: Vec::new(),
        enforcement_points: Vec::new(),
        sl_t: None,
        owner: None,
        reason: String::new(),
    }
}

/// A party as the text form writes it: `zone:a`, `asset:b`.
pub(crate) fn party(text: &str) -> Party {
    match text.split_once(':') {
        Some(("zone", id)) => Party::Zone(id.parse().unwrap()),
        Some(("asset", id)) => Party::Asset(id.parse().unwrap()),
        _ => panic!("{text}"),
    }
}

pub(crate) fn service(transport: Transport, port: u16, protocol: Option<&str>) -> Service {
    Service {
        transport: Some(transport),
        ports: Some(PortRange::one(port)),
        protocol: protocol.map(|name| name.parse().unwrap()),
    }
}

pub(crate) fn permit(
    id: &str,
    from: &[&str],
    to: &[&str],
    services: Vec<Service>,
    operations: &[OperationClass],
) -> Permit {
    Permit {
        id: id.parse().unwrap(),
        from: from.iter().map(|text| party(text)).collect(),
        to: to.iter().map(|text| party(text)).collect(),
        services,
        operations: operations.iter().copied().collect(),
        open: None,
        reason: String::new(),
    }
}

pub(crate) fn parts(zones: Vec<Zone>, assets: Vec<Asset>, conduits: Vec<Conduit>) -> Parts {
    Parts {
        site: Site {
            id: "site".parse().unwrap(),
            name: String::new(),
            stage: Stage::Draft,
        },
        zones,
        assets,
        conduits,
        enforcement_points: Vec::new(),
    }
}

pub(crate) fn mac(last: u8) -> MacAddr {
    MacAddr([0x02, 0, 0, 0, 0, last])
}

fn any_vlan() -> impl Strategy<Value = Option<VlanId>> {
    option::of((1u16..3).prop_map(|id| VlanId::new(id).unwrap()))
}

fn any_interface() -> impl Strategy<Value = Interface> {
    let address = option::weighted(0.8, select(&ADDRESSES[..16]).prop_map(ip));
    (address, option::of((0u8..4).prop_map(mac)), any_vlan()).prop_map(|(ip, mac_addr, vlan)| Interface {
        mac: if ip.is_none() {
            Some(mac_addr.unwrap_or(mac(0)))
        } else {
            mac_addr
        },
        ip,
        vlan,
    })
}

fn any_zone(at: usize) -> impl Strategy<Value = Zone> {
    let parent = option::weighted(0.4, 0..at.max(1));
    let subnets = subsequence(SUBNETS.to_vec(), 0..2);
    (parent, subnets).prop_map(move |(parent, subnets)| Zone {
        // A parent comes before its children, so that there is no cycle.
        parent: parent
            .filter(|_| at > 0)
            .map(|parent| format!("z{parent}").parse().unwrap()),
        subnets: subnets.iter().map(|net| net.parse::<IpNet>().unwrap()).collect(),
        ..zone(&format!("z{at}"), ZoneKind::Control)
    })
}

pub(crate) fn any_transport() -> impl Strategy<Value = Transport> {
    prop_oneof![
        4 => Just(Transport::TCP),
        2 => Just(Transport::UDP),
        1 => Just("icmp".parse().unwrap()),
        1 => Just("ip-132".parse().unwrap()),
        1 => Just("ethernet-0x8892".parse().unwrap()),
    ]
}

fn any_party() -> impl Strategy<Value = Party> {
    prop_oneof![
        (0..ZONES).prop_map(|z| party(&format!("zone:z{z}"))),
        (0..ASSETS).prop_map(|a| party(&format!("asset:a{a}"))),
    ]
}

fn any_service() -> impl Strategy<Value = Service> {
    let ports = prop_oneof![
        Just(None),
        (0u16..4).prop_map(|port| Some(PortRange::one(port))),
        (0u16..3, 0u16..3).prop_map(|(first, more)| PortRange::new(first, first + more)),
    ];
    let protocol = option::weighted(0.3, select(&["modbus", "s7comm"][..]));
    (option::weighted(0.85, any_transport()), ports, protocol).prop_map(|(transport, ports, protocol)| {
        Service {
            transport,
            ports,
            protocol: protocol.map(|name| name.parse().unwrap()),
        }
    })
}

pub(crate) fn any_operations() -> impl Strategy<Value = OperationSet> {
    prop_oneof![
        2 => Just(OperationSet::ALL),
        5 => subsequence(OperationClass::ALL[..4].to_vec(), 0..4)
            .prop_map(|classes| classes.into_iter().collect()),
    ]
}

/// Times that random flows and windows have: a few hours around a week's end.
fn any_time() -> impl Strategy<Value = Timestamp> {
    let start = at("2026-11-29T20:00:00Z").secs();
    (0..8i64).prop_map(move |hours| Timestamp::from_secs(start + hours * 3600))
}

fn any_open() -> impl Strategy<Value = OpenTimes> {
    let once = (any_time(), any_time()).prop_map(|(from, to)| Window::Once { from, to });
    let weekly = (
        proptest::array::uniform7(any::<bool>()),
        select(&[0u16, 60, 21 * 60, 22 * 60, 1440][..]),
        select(&[0u16, 120, 22 * 60, 1440][..]),
        select(&[-60i16, 0, 120, 330][..]),
    )
        .prop_map(
            |(days, from_minute, to_minute, utc_offset_minutes)| Window::Weekly {
                days,
                from_minute,
                to_minute,
                utc_offset_minutes,
            },
        );
    vec(prop_oneof![once, weekly], 1..3).prop_map(|windows| OpenTimes { windows })
}

fn any_permit(at: usize) -> impl Strategy<Value = Permit> {
    (
        vec(any_party(), 1..4),
        vec(any_party(), 1..4),
        vec(any_service(), 1..4),
        any_operations(),
        option::weighted(0.3, any_open()),
    )
        .prop_map(move |(from, to, services, operations, open)| Permit {
            id: format!("p{at}").parse().unwrap(),
            from,
            to,
            services,
            operations,
            open,
            reason: String::new(),
        })
}

fn any_conduit(at: usize) -> impl Strategy<Value = Conduit> {
    let zones = subsequence((0..ZONES).collect::<Vec<_>>(), 2..4);
    let permits = (0..8usize).prop_flat_map(|count| (0..count).map(any_permit).collect::<Vec<_>>());
    (zones, permits).prop_map(move |(zones, permits)| {
        let names: Vec<_> = zones.iter().map(|z| format!("z{z}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        conduit(&format!("c{at}"), &names, permits)
    })
}

pub(crate) fn any_parts() -> impl Strategy<Value = Parts> {
    let zones = (0..ZONES).map(any_zone).collect::<Vec<_>>();
    let assets = vec(
        (option::weighted(0.9, 0..ZONES), vec(any_interface(), 1..2)),
        ASSETS,
    );
    let conduits = (0..5usize).map(any_conduit).collect::<Vec<_>>();
    (zones, assets, conduits).prop_map(|(zones, assets, conduits)| {
        let assets = (0..)
            .zip(assets)
            .map(|(at, (zone, interfaces))| {
                let zone = zone.map(|z| format!("z{z}"));
                asset(&format!("a{at}"), zone.as_deref(), interfaces)
            })
            .collect();
        parts(zones, assets, conduits)
    })
}

pub(crate) fn any_plant() -> impl Strategy<Value = Plant> {
    any_parts().prop_map(|parts| Plant::new(parts).unwrap())
}

fn any_host() -> impl Strategy<Value = Host> {
    let address = option::weighted(0.9, select(&ADDRESSES[..]).prop_map(ip));
    let macs = prop_oneof![
        5 => (0u8..4).prop_map(mac),
        1 => Just(MacAddr([0xff; 6])),
        1 => Just(MacAddr([0x01, 0, 0x5e, 0, 0, 1])),
    ];
    (address, option::of(macs), any_vlan()).prop_map(|(ip, mac, vlan)| Host { mac, ip, vlan })
}

pub(crate) fn any_flow() -> impl Strategy<Value = Flow<'static>> {
    (
        any_host(),
        any_host(),
        any_transport(),
        0u16..4,
        option::of(select(&["modbus", "s7comm"][..])),
        option::of(select(&OperationClass::ALL[..5])),
        any_time(),
    )
        .prop_map(
            |(initiator, responder, transport, responder_port, protocol, operation, time)| Flow {
                initiator,
                responder,
                transport,
                responder_port,
                protocol,
                operation,
                time,
            },
        )
}
