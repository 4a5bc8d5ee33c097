//! How fast a policy of a large plant is built, compiled and asked:
//! `cargo run --release -p cofferdam-policy --example speed`.
//!
//! The plant has 10,000 assets in 500 zones, and 2,000 conduits with two permits each. Nine of ten flows are permitted
//! or within a zone, as in a plant at work; the rest is refused, for each reason in turn.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a measurement reads the clock and prints"
)]

use cofferdam_plant::{
    Asset, AssetRole, Attribute, Conduit, Interface, Parts, Party, Permit, Plant, PortRange, Service, Site,
    Stage, Zone, ZoneKind,
};
use cofferdam_policy::backends::{Scope, backend};
use cofferdam_policy::{Flow, Host, Policy};
use cofferdam_terms::{OperationClass, OperationSet, Timestamp, Transport};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

const ZONES: usize = 500;
const ASSETS_A_ZONE: usize = 20;
const CONDUITS: usize = 2_000;
const FLOWS: usize = 1_000_000;
const ROUNDS: usize = 10;

fn main() {
    let plant = plant();
    let started = Instant::now();
    let policy = Policy::new(&plant);
    println!("{:<28}{:>10.0} ms", "policy built in", milliseconds(started));

    let started = Instant::now();
    let compiled = (backend("nftables").unwrap().compile)(&plant, &policy, &Scope::Site);
    println!(
        "{:<28}{:>10.0} ms for {} rules and {} residuals, {} KB",
        "nftables compiled in",
        milliseconds(started),
        compiled.rules,
        compiled.residuals.len(),
        compiled.text.len() / 1024
    );

    let flows = flows();
    let started = Instant::now();
    let mut passed = 0u64;
    for _ in 0..ROUNDS {
        for flow in &flows {
            passed += u64::from(policy.verdict(flow).passes());
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let asked = (FLOWS * ROUNDS) as f64;
    println!(
        "{:<28}{:>10.2} million/s on one core ({:.0} ns each; {:.0} % pass)",
        "verdicts",
        asked / seconds / 1e6,
        seconds / asked * 1e9,
        passed as f64 / asked * 100.0
    );
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn address(zone: usize, host: usize) -> IpAddr {
    let number = u32::from(Ipv4Addr::new(10, 0, 0, 0)) + u32::try_from(zone * 256 + host).unwrap();
    IpAddr::V4(Ipv4Addr::from(number))
}

/// The two zones that a conduit joins: each zone has some eight neighbours.
const fn joined(conduit: usize) -> (usize, usize) {
    let from = conduit % ZONES;
    (from, (from + 1 + 7 * (conduit / ZONES)) % ZONES)
}

fn plant() -> Plant {
    let zones = (0..ZONES)
        .map(|zone| Zone {
            id: format!("zone-{zone}").parse().unwrap(),
            name: String::new(),
            kind: ZoneKind::Control,
            parent: None,
            sl_t: None,
            owner: None,
            subnets: vec![format!("{}/24", address(zone, 0)).parse().unwrap()],
            reason: String::new(),
        })
        .collect();
    let assets = (0..ZONES * ASSETS_A_ZONE)
        .map(|n| Asset {
            zone: Some(format!("zone-{}", n / ASSETS_A_ZONE).parse().unwrap()),
            role: Attribute::declared(AssetRole::Plc),
            interfaces: vec![Interface {
                mac: None,
                ip: Some(address(n / ASSETS_A_ZONE, 10 + n % ASSETS_A_ZONE)),
                vlan: None,
            }],
            ..Asset::new(format!("asset-{n}").parse().unwrap())
        })
        .collect();
    Plant::new(Parts {
        site: Site {
            id: "large".parse().unwrap(),
            name: String::new(),
            stage: Stage::Draft,
        },
        zones,
        assets,
        conduits: (0..CONDUITS).map(conduit).collect(),
        enforcement_points: Vec::new(),
    })
    .unwrap()
}

fn conduit(n: usize) -> Conduit {
    let (from, to) = joined(n);
    let zone = |zone: usize| format!("zone-{zone}").parse().unwrap();
    let asset = |zone: usize, host: usize| {
        Party::Asset(format!("asset-{}", zone * ASSETS_A_ZONE + host).parse().unwrap())
    };
    let permit = |id: &str, from: Vec<Party>, to: Vec<Party>, port, protocol: &str| Permit {
        id: id.parse().unwrap(),
        from,
        to,
        services: vec![Service {
            transport: Some(Transport::TCP),
            ports: Some(PortRange::one(port)),
            protocol: Some(protocol.parse().unwrap()),
        }],
        operations: OperationSet::EMPTY.with(OperationClass::Read),
        open: None,
        reason: String::new(),
    };
    Conduit {
        id: format!("conduit-{n}").parse().unwrap(),
        name: String::new(),
        zones: vec![zone(from), zone(to)],
        permits: vec![
            permit(
                "read",
                vec![Party::Zone(zone(from))],
                vec![Party::Zone(zone(to))],
                502,
                "modbus",
            ),
            permit(
                "program",
                vec![asset(from, 0), asset(from, 1)],
                (0..ASSETS_A_ZONE).map(|host| asset(to, host)).collect(),
                102,
                "s7comm",
            ),
        ],
        protection: Vec::new(),
        enforcement_points: Vec::new(),
        sl_t: None,
        owner: None,
        reason: String::new(),
    }
}

/// Flows of one mix, in an order that no cache can learn.
fn flows() -> Vec<Flow<'static>> {
    let mut state = 1u64;
    let mut next = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % most
    };
    let flow = |from, to, port, protocol, operation| Flow {
        initiator: Host::at(from),
        responder: Host::at(to),
        transport: Transport::TCP,
        responder_port: port,
        protocol: Some(protocol),
        operation: Some(operation),
        time: Timestamp::from_secs(1_800_000_000),
    };
    (0..FLOWS)
        .map(|_| {
            let (from, to) = joined(next(CONDUITS));
            let mut host = |zone| address(zone, 10 + next(ASSETS_A_ZONE));
            let (a, b) = (host(from), host(to));
            let near = host(from);
            match next(20) {
                0..14 => flow(a, b, 502, "modbus", OperationClass::Read),
                14..16 => flow(address(from, 10), b, 102, "s7comm", OperationClass::Read),
                16..18 => flow(a, near, 44_818, "enip", OperationClass::Write),
                18 => flow(a, b, 502, "modbus", OperationClass::Write),
                _ => flow(
                    b,
                    a,
                    [502, 22, 3389, 445][next(4)],
                    "ssh",
                    OperationClass::Session,
                ),
            }
        })
        .collect()
}
