//! Which addresses become one asset, which do not, and what each is taken for.

use super::frames::{ACK, Bench, Connection, SYN, Station, ipv4, raw, station, tcp, udp};
use super::toy::{self, answer, ask};
use crate::record::{Observation, ObservedAsset};
use cofferdam_terms::MacAddr;
use std::net::Ipv4Addr;

const PORTS: (u16, u16) = (40_000, toy::PORT);

fn observe(frames: impl IntoIterator<Item = Vec<u8>>) -> Observation {
    let mut bench = Bench::new();
    bench.take_all(frames);
    bench.finish().1
}

/// Each asset as its key and endpoints.
fn told(observation: &Observation) -> Vec<String> {
    let tell = |asset: &ObservedAsset| {
        let ends = asset.endpoints.iter().map(|(end, vlan)| {
            let mac = end.mac.map_or("-".to_owned(), |mac| mac.to_string());
            let ip = end.ip.map_or("-".to_owned(), |ip| ip.to_string());
            let vlan = vlan.map_or(String::new(), |vlan| format!("@{vlan}"));
            format!("{mac}={ip}{vlan}")
        });
        format!("{}: {}", asset.key, ends.collect::<Vec<_>>().join(" "))
    };
    observation.assets.iter().map(tell).collect()
}

fn check(frames: Vec<Vec<u8>>, assets: &[&str]) -> Observation {
    let observation = observe(frames);
    assert_eq!(told(&observation), assets);
    for asset in &observation.assets {
        assert!(!asset.role.reasons.is_empty(), "{}", asset.key);
        let many = asset.endpoints.len() > 1 || asset.endpoints.iter().any(|(end, _)| end.ip.is_some());
        assert!(!many || !asset.joins.is_empty(), "{} has no reason", asset.key);
    }
    observation
}

fn at(ip: [u8; 4], mac: u8) -> Station {
    Station {
        mac: MacAddr([0, 0, 0, 0, 0, mac]),
        ip: Ipv4Addr::from(ip),
        vlan: None,
        ttl: 64,
    }
}

fn with_ttl(ttl: u8, station: Station) -> Station {
    Station { ttl, ..station }
}

fn on(vlan: u16, station: Station) -> Station {
    Station {
        vlan: Some(vlan),
        ..station
    }
}

/// What ARP would say: this MAC has this address.
fn binds(station: Station) -> Vec<u8> {
    let body = [station.mac.0.as_slice(), &station.ip.octets()].concat();
    let everybody = Station {
        mac: MacAddr([0xff; 6]),
        ..station
    };
    raw(
        station,
        everybody,
        toy::ETHER_TYPE.0,
        &toy::message(3, 14, 0, &body),
    )
}

fn talk(a: Station, b: Station) -> Vec<Vec<u8>> {
    vec![
        udp(a, b, PORTS, &ask(1, 0, 1)),
        udp(b, a, (PORTS.1, PORTS.0), &answer(1)),
    ]
}

#[test]
fn a_mac_with_one_address_is_one_asset() {
    check(
        talk(station(1), station(2)),
        &[
            "10.0.0.1: 00:00:00:00:00:01=10.0.0.1",
            "10.0.0.2: 00:00:00:00:00:02=10.0.0.2",
        ],
    );
}

#[test]
fn a_scanned_address_that_never_answers_is_none_and_is_counted_once() {
    let mut frames = talk(station(1), station(2));
    for host in 100..150 {
        for port in [22, 80] {
            frames.push(tcp(station(1), station(host), (5000, port), (1, 0), SYN, b""));
        }
    }
    let observation = check(
        frames,
        &[
            "10.0.0.1: 00:00:00:00:00:01=10.0.0.1",
            "10.0.0.2: 00:00:00:00:00:02=10.0.0.2",
        ],
    );
    assert_eq!(observation.coverage.silent_addresses, 50);
    assert_eq!(observation.coverage.one_way_flows, 100);
}

#[test]
fn broadcast_multicast_and_unspecified_addresses_are_none() {
    let group = |ip, mac: [u8; 6]| Station {
        mac: MacAddr(mac),
        ..at(ip, 0)
    };
    let frames = vec![
        udp(
            station(1),
            group([255, 255, 255, 255], [0xff; 6]),
            (68, 67),
            b"discover",
        ),
        udp(
            station(1),
            group([239, 1, 1, 1], [1, 0, 0x5e, 1, 1, 1]),
            PORTS,
            &ask(1, 0, 1),
        ),
        udp(
            at([0, 0, 0, 0], 7),
            group([255, 255, 255, 255], [0xff; 6]),
            (68, 67),
            b"discover",
        ),
    ];
    let observation = check(frames, &["10.0.0.1: 00:00:00:00:00:01=10.0.0.1"]);
    assert_eq!(observation.coverage.silent_addresses, 0);
}

#[test]
fn a_mac_that_carries_for_many_is_a_router_and_they_are_assets_behind_it() {
    let router = 9;
    let mut frames = vec![binds(at([10, 0, 0, 254], router))];
    for host in 1..=4 {
        frames.extend(talk(with_ttl(127, at([10, 9, 0, host], router)), station(2)));
    }
    let observation = check(
        frames,
        &[
            "10.0.0.2: 00:00:00:00:00:02=10.0.0.2",
            "10.0.0.254: 00:00:00:00:00:09=10.0.0.254",
            "10.9.0.1: -=10.9.0.1",
            "10.9.0.2: -=10.9.0.2",
            "10.9.0.3: -=10.9.0.3",
            "10.9.0.4: -=10.9.0.4",
        ],
    );
    let router = &observation.assets[1];
    assert_eq!((router.role.role, router.role.confidence), ("router", 0.84));
    assert_eq!(
        observation.coverage.behind_routers,
        [(MacAddr([0, 0, 0, 0, 0, 9]), 4)]
    );
    let advice = observation.coverage.advice.join("\n");
    assert!(
        advice.contains("4 hosts were seen only through the router 10.0.0.254"),
        "{advice}"
    );
}

#[test]
fn a_time_to_live_that_counts_down_shows_a_router_even_for_one_address() {
    check(
        talk(with_ttl(63, at([10, 9, 0, 1], 9)), station(2)),
        &[
            "00:00:00:00:00:09: 00:00:00:00:00:09=-",
            "10.0.0.2: 00:00:00:00:00:02=10.0.0.2",
            "10.9.0.1: -=10.9.0.1",
        ],
    );
    // Controllers that start at 30 or 60 are no routed ones.
    for ttl in [30, 60, 100] {
        check(
            talk(with_ttl(ttl, station(1)), station(2)),
            &[
                "10.0.0.1: 00:00:00:00:00:01=10.0.0.1",
                "10.0.0.2: 00:00:00:00:00:02=10.0.0.2",
            ],
        );
    }
}

#[test]
fn a_controller_with_addresses_in_two_networks_is_one_asset() {
    let mut frames = talk(at([10, 0, 0, 1], 1), station(2));
    frames.extend(talk(at([192, 168, 3, 9], 1), station(2)));
    check(
        frames,
        &[
            "10.0.0.1: 00:00:00:00:00:01=10.0.0.1 00:00:00:00:00:01=192.168.3.9",
            "10.0.0.2: 00:00:00:00:00:02=10.0.0.2",
        ],
    );
}

/// Hosts on VLANs 10 and 20 talk through a router that has a MAC on each; `far` more routers stand between.
fn through_routers(macs: [u8; 2], far: u8) -> Vec<Vec<u8>> {
    let left = [at([10, 0, 10, 1], 1), at([10, 0, 10, 2], 2)].map(|host| on(10, host));
    let right = [at([10, 0, 20, 1], 3), at([10, 0, 20, 2], 4)].map(|host| on(20, host));
    let mut frames = talk(left[0], left[1]);
    frames.extend(talk(right[0], right[1]));
    for (host, vlan, mac) in [(left[0], 20, macs[1]), (right[0], 10, macs[0])] {
        let carried = on(
            vlan,
            with_ttl(
                63 - far,
                Station {
                    mac: MacAddr([0, 0, 0, 0, 0, mac]),
                    ..host
                },
            ),
        );
        let peer = if vlan == 20 { right[1] } else { left[1] };
        frames.extend(talk(carried, peer));
    }
    frames
}

#[test]
fn interfaces_between_which_packets_cross_one_router_are_one_router_s() {
    let routers = |frames| {
        let told = told(&observe(frames));
        told.into_iter()
            .filter(|asset| asset.contains(":08") || asset.contains(":f9"))
            .collect::<Vec<_>>()
    };
    // However far apart their numbers are.
    assert_eq!(
        routers(through_routers([8, 0xf9], 0)),
        ["00:00:00:00:00:08: 00:00:00:00:00:08=- 00:00:00:00:00:f9=-"]
    );
    // Two routers that their maker numbered next to each other are two, if packets cross both.
    assert_eq!(
        routers(through_routers([8, 0xf9], 1)),
        [
            "00:00:00:00:00:08: 00:00:00:00:00:08=-",
            "00:00:00:00:00:f9: 00:00:00:00:00:f9=-"
        ]
    );
}

#[test]
fn two_addresses_of_one_network_on_one_mac_are_one_host() {
    let mut frames = talk(at([10, 0, 0, 1], 1), station(2));
    frames.extend(talk(at([10, 0, 0, 5], 1), station(2)));
    check(
        frames,
        &[
            "10.0.0.1: 00:00:00:00:00:01=10.0.0.1 00:00:00:00:00:01=10.0.0.5",
            "10.0.0.2: 00:00:00:00:00:02=10.0.0.2",
        ],
    );
}

#[test]
fn one_mac_on_two_vlans_is_one_asset_and_repeated_addresses_are_two() {
    let mut frames = talk(on(10, at([10, 0, 10, 1], 1)), on(10, at([10, 0, 10, 2], 2)));
    frames.extend(talk(on(20, at([10, 0, 20, 1], 1)), on(20, at([10, 0, 20, 2], 3))));
    frames.push(binds(on(10, at([10, 0, 10, 1], 1))));
    frames.push(binds(on(20, at([10, 0, 20, 1], 1))));
    let observation = check(
        frames,
        &[
            "10.0.10.1: 00:00:00:00:00:01=10.0.10.1@10 00:00:00:00:00:01=10.0.20.1@20",
            "10.0.10.2: 00:00:00:00:00:02=10.0.10.2@10",
            "10.0.20.2: 00:00:00:00:00:03=10.0.20.2@20",
        ],
    );
    assert!(
        observation.assets[0]
            .joins
            .iter()
            .any(|join| join.contains("2 VLANs: 10, 20"))
    );

    let mut frames = talk(on(10, at([10, 0, 0, 1], 1)), on(10, at([10, 0, 0, 2], 2)));
    frames.extend(talk(on(20, at([10, 0, 0, 1], 3)), on(20, at([10, 0, 0, 2], 4))));
    check(
        frames,
        &[
            "10.0.0.1@10: 00:00:00:00:00:01=10.0.0.1@10",
            "10.0.0.1@20: 00:00:00:00:00:03=10.0.0.1@20",
            "10.0.0.2@10: 00:00:00:00:00:02=10.0.0.2@10",
            "10.0.0.2@20: 00:00:00:00:00:04=10.0.0.2@20",
        ],
    );
}

#[test]
fn a_host_that_is_routed_to_another_vlan_stays_one_asset() {
    let mut frames = talk(
        on(10, at([10, 0, 10, 1], 1)),
        on(10, with_ttl(63, at([10, 0, 20, 2], 9))),
    );
    frames.extend(talk(
        on(20, with_ttl(63, at([10, 0, 10, 1], 9))),
        on(20, at([10, 0, 20, 2], 2)),
    ));
    check(
        frames,
        &[
            "00:00:00:00:00:09: 00:00:00:00:00:09=-",
            "10.0.10.1: 00:00:00:00:00:01=10.0.10.1@10",
            "10.0.20.2: 00:00:00:00:00:02=10.0.20.2@20",
        ],
    );
}

#[test]
fn an_address_that_moves_to_another_mac_is_told_and_not_joined() {
    let mut frames = talk(at([10, 0, 0, 1], 1), station(2));
    frames.extend(talk(at([10, 0, 0, 1], 7), station(2)));
    let observation = check(
        frames,
        &[
            "00:00:00:00:00:07: 00:00:00:00:00:07=-",
            "10.0.0.1: 00:00:00:00:00:01=10.0.0.1",
            "10.0.0.2: 00:00:00:00:00:02=10.0.0.2",
        ],
    );
    assert!(observation.assets[1].joins[1].contains("stand-by took over"));
}

#[test]
fn devices_without_ip_are_assets_too() {
    let hello = toy::message(15, 15, 1, b"turbine\x07");
    let mut frames = vec![raw(
        station(1),
        station(2),
        toy::ETHER_TYPE.0,
        &toy::message(3, 15, 1, b"turbine\x07"),
    )];
    frames.push(raw(station(2), station(1), 0x88b7, &hello));
    let observation = check(
        frames,
        &[
            "00:00:00:00:00:01: 00:00:00:00:00:01=-",
            "00:00:00:00:00:02: 00:00:00:00:00:02=-",
        ],
    );
    let facts: Vec<&str> = observation.assets[0]
        .facts
        .iter()
        .map(|fact| fact.value.as_str())
        .collect();
    assert_eq!(facts, ["turbine\\u{7}"]);
}

#[test]
fn facts_that_contradict_each_other_are_kept_with_their_first_packets() {
    let say = |name: &[u8]| udp(station(1), station(2), PORTS, &toy::message(3, 15, 1, name));
    let observation = observe([say(b"alpha"), say(b"beta"), say(b"alpha")]);
    let facts: Vec<(&str, u64, u64)> = observation.assets[0]
        .facts
        .iter()
        .map(|fact| (fact.value.as_str(), fact.packet, fact.times))
        .collect();
    assert_eq!(facts, [("alpha", 1, 2), ("beta", 2, 1)]);
}

#[test]
fn units_that_answer_side_by_side_are_assets_of_their_own_and_a_lone_one_is_the_device() {
    let asked = |units: &[u8]| {
        let mut c = Connection::new(station(1), station(2), (40_000, 502));
        let mut frames = c.handshake();
        for (number, unit) in (1_u8..).zip(units) {
            let head = [0, number, 0, 0, 0, 6, *unit, 3];
            frames.push(c.client_sends(ACK, &[head.as_slice(), &[0, 0, 0, 1]].concat()));
            let head = [0, number, 0, 0, 0, 5, *unit, 3];
            frames.push(c.server_sends(ACK, &[head.as_slice(), &[2, 0, 7]].concat()));
        }
        let mut bench = Bench::of_everything();
        bench.take_all(frames);
        let (_, observation) = bench.finish();
        let assets = observation.assets.into_iter();
        assets
            .map(|asset| (asset.key, asset.parent, asset.role.role))
            .collect::<Vec<_>>()
    };
    let host = |key: &str, role| (key.to_owned(), None, role);
    assert_eq!(
        asked(&[1, 1, 255]),
        [host("10.0.0.1", "hmi"), host("10.0.0.2", "plc")]
    );
    let child = |unit: u8| {
        (
            format!("10.0.0.2/modbus:{unit}"),
            Some("10.0.0.2".to_owned()),
            "field-device",
        )
    };
    assert_eq!(
        asked(&[3, 7, 3]),
        [
            host("10.0.0.1", "hmi"),
            host("10.0.0.2", "gateway"),
            child(3),
            child(7)
        ]
    );
}

#[test]
fn only_units_that_answered_are_behind_a_gateway() {
    let mut c = Connection::new(station(1), station(2), PORTS);
    let mut frames = c.handshake();
    for unit in [7, 8, 9] {
        frames.push(c.client_sends(ACK, &ask(unit, 0, 1)));
    }
    frames.push(c.server_sends(ACK, &answer(7)));
    frames.push(c.server_sends(ACK, &toy::message(2, 3, 9, b"no")));
    let observation = observe(frames);
    assert_eq!(observation.assets[1].units, [(toy::TOY, 7), (toy::TOY, 9)]);
    assert_eq!(observation.assets[0].units, []);
    let toy_service = (Some(toy::TOY), cofferdam_terms::Transport::TCP, toy::PORT);
    assert_eq!(observation.assets[1].serves, [toy_service]);
    assert_eq!(observation.assets[0].uses, [toy_service]);
}

#[test]
fn a_peer_that_answers_out_of_sight_makes_the_mirror_one_sided() {
    let mut c = Connection::new(station(1), station(2), PORTS);
    c.handshake();
    let frames: Vec<Vec<u8>> = (0..5).map(|unit| c.client_sends(ACK, &ask(unit, 0, 1))).collect();
    let observation = observe(frames);
    let advice = observation.coverage.advice.join("\n");
    assert!(
        advice.contains("Of 1 connection one way alone was seen"),
        "{advice}"
    );
}

#[test]
fn every_other_transport_makes_flows_and_assets_as_well() {
    let mut bench = Bench::new();
    bench.take(&ipv4(station(1), station(2), 1, 0, 0, &[8, 0, 0, 0, 0, 1, 0, 1]));
    bench.take(&ipv4(station(2), station(1), 1, 0, 0, &[0, 0, 0, 0, 0, 1, 0, 1]));
    bench.take(&ipv4(station(1), station(2), 132, 0, 0, b"sctp"));
    let (flows, observation) = bench.finish();
    let told: Vec<String> = flows
        .iter()
        .map(|flow| {
            format!(
                "{} {}/{}",
                flow.transport, flow.sent.packets, flow.received.packets
            )
        })
        .collect();
    assert_eq!(told, ["icmp 1/1", "ip-132 1/0"]);
    assert_eq!(observation.assets.len(), 2);
}
