//! Reachability through devices against a hand that carries each packet along, one at a time, on a small plant.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails is the point"
)]

use cofferdam_policy::filter::{
    Action, AddressSet, Carrier, Device, InterfaceIx, Interfaces, Nat, NatEnd, NatKind, NatOrder, Packet,
    Ports, Reading, Route, Rule, RuleList, Span, State,
};
use cofferdam_policy::reach::{Arrival, Network, Question, Reach, StopReason, reach};
use cofferdam_policy::symbolic::Headers;
use cofferdam_terms::{IpProtocol, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

const MONDAY: i64 = 1_795_996_800;
/// Outside, between the two firewalls, inside: hosts, and addresses that only translations know.
const OUTSIDE: [&str; 2] = ["10.0.0.2", "10.0.0.3"];
const DIALLED: [&str; 9] = [
    "10.0.0.1", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.1.1", "10.0.1.2", "10.0.1.4", "10.0.2.2",
    "10.0.2.3",
];
const PORTS: [u16; 3] = [0, 1, 9];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn set(text: &str) -> AddressSet {
    AddressSet::net(text.parse().unwrap())
}

fn device(name: &str, interfaces: [(&str, &str); 2], route: (&str, &str)) -> Device {
    let mut device = Device::new(name);
    for (name, address) in interfaces {
        let at = device.interface(name);
        device.interfaces[at.0 as usize].addresses = vec![address.parse().unwrap()];
    }
    device.routes.push(Route {
        to: route.0.parse().unwrap(),
        via: Some(ip(route.1)),
        interface: None,
        span: Span::line(1),
    });
    device
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let addresses = || {
        prop_oneof![
            2 => Just(AddressSet::any()),
            2 => select(vec!["10.0.0.2/31", "10.0.0.3/32", "10.0.1.0/29", "10.0.2.2/32", "10.0.2.0/29", "10.0.0.4/31"]).prop_map(set),
        ]
    };
    let ports = || prop_oneof![2 => Just(Ports::any()), 1 => (0u16..2).prop_map(Ports::one)];
    let interfaces = || prop_oneof![3 => Just(Interfaces::Any), 1 => (0u32..2).prop_map(|at| Interfaces::Of(vec![InterfaceIx(at)]))];
    let action = prop_oneof![2 => Just(Action::Permit), 1 => Just(Action::Deny)];
    (
        addresses(),
        addresses(),
        ports(),
        ports(),
        interfaces(),
        interfaces(),
        action,
    )
        .prop_map(
            |(source, destination, source_ports, destination_ports, arrives, leaves, action)| Rule {
                source: Arc::new(source),
                destination: Arc::new(destination),
                carriers: vec![Carrier {
                    source_ports,
                    destination_ports,
                    ..Carrier::protocol(IpProtocol::TCP)
                }],
                arrives,
                leaves,
                ..Rule::all(action)
            },
        )
}

fn any_nat() -> impl Strategy<Value = Nat> {
    let kind = prop_oneof![
        Just(NatKind::Source { to: None }),
        Just(NatKind::Source {
            to: Some(set("10.0.1.4/31"))
        }),
        (
            select(vec!["10.0.2.2/32", "10.0.2.2/31", "10.0.1.2/32"]),
            option::of(0u16..2)
        )
            .prop_map(|(to, port)| NatKind::Destination { to: set(to), port }),
        Just(NatKind::Static {
            inside: "10.0.2.2/31".parse().unwrap(),
            outside: "10.0.0.4/31".parse().unwrap()
        }),
        Just(NatKind::Static {
            inside: "10.0.2.2/31".parse().unwrap(),
            outside: "10.0.1.4/31".parse().unwrap()
        }),
        select(vec![NatEnd::Source, NatEnd::Destination]).prop_map(NatKind::Exempt),
    ];
    let addresses = |all: &[&'static str]| prop_oneof![1 => Just(AddressSet::any()), 2 => select(all.to_vec()).prop_map(set)];
    let ports = prop_oneof![2 => Just(Ports::any()), 1 => (0u16..2).prop_map(Ports::one)];
    (
        kind,
        addresses(&["10.0.0.2/31", "10.0.2.0/29"]),
        addresses(&["10.0.0.4/31", "10.0.1.4/31", "10.0.2.2/32", "10.0.0.1/32"]),
        ports,
    )
        .prop_map(|(kind, source, destination, ports)| {
            let keep = !matches!(kind, NatKind::Static { .. });
            Nat {
                source: if keep { source } else { AddressSet::any() },
                destination: if keep { destination } else { AddressSet::any() },
                carrier: if keep {
                    Carrier::to_ports(IpProtocol::TCP, ports)
                } else {
                    Carrier::any()
                },
                ..Nat::all(kind)
            }
        })
}

fn any_plant() -> impl Strategy<Value = Vec<Device>> {
    let one = || {
        (
            vec(any_rule(), 0..4),
            vec(any_nat(), 0..3),
            select(vec![NatOrder::BeforeRules, NatOrder::AfterRules]),
            select(vec![Action::Permit, Action::Permit, Action::Deny]),
        )
    };
    (one(), one()).prop_map(|(a, b)| {
        let mut outer = device(
            "outer",
            [("out", "10.0.0.1/29"), ("mid", "10.0.1.1/29")],
            ("10.0.2.0/29", "10.0.1.2"),
        );
        let mut inner = device(
            "inner",
            [("mid", "10.0.1.2/29"), ("in", "10.0.2.1/29")],
            ("0.0.0.0/0", "10.0.1.1"),
        );
        for (device, (rules, nat, order, default)) in [(&mut outer, a), (&mut inner, b)] {
            device.stages = vec![RuleList {
                name: "rules".to_owned(),
                rules,
                default,
            }];
            device.nat = nat;
            device.nat_order = order;
        }
        vec![outer, inner]
    })
}

/// One packet as the hand carries it.
type Carried = (IpAddr, IpAddr, u16, u16);

fn packet(
    (source, destination, source_port, destination_port): Carried,
    ways: (usize, Option<usize>),
) -> Packet {
    let at = |at: usize| Some(InterfaceIx(u32::try_from(at).unwrap()));
    Packet {
        source,
        destination,
        protocol: IpProtocol::TCP,
        source_port,
        destination_port,
        state: State::New,
        arrives: at(ways.0),
        leaves: ways.1.and_then(at),
        time: Timestamp::from_secs(MONDAY),
    }
}

fn members(addresses: &AddressSet) -> Vec<IpAddr> {
    let range = addresses.of(cofferdam_policy::filter::Family::V4);
    assert!(range.iter().all(|range| range.last - range.first < 16));
    range
        .iter()
        .flat_map(|range| {
            (range.first..=range.last).map(|at| cofferdam_policy::filter::Family::V4.address(at))
        })
        .collect()
}

fn moved(address: IpAddr, from: &str, to: &str) -> IpAddr {
    let number = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => u32::from(ip),
        IpAddr::V6(_) => panic!("IPv4 alone"),
    };
    IpAddr::V4((number(ip(to)) + number(address) - number(ip(from))).into())
}

fn fits(nat: &Nat, carried: Carried) -> bool {
    nat.source.contains(carried.0)
        && nat.destination.contains(carried.1)
        && nat.carrier.carries(&packet(carried, (0, None)))
}

fn receivers(device: &Device, carried: Carried) -> Vec<Carried> {
    let (source, destination, from, to) = carried;
    for nat in &device.nat {
        match &nat.kind {
            NatKind::Destination { to: new, port } if fits(nat, carried) => {
                return members(new)
                    .into_iter()
                    .map(|new| (source, new, from, port.unwrap_or(to)))
                    .collect();
            }
            NatKind::Static { inside, outside } if outside.contains(&destination) => {
                let new = moved(
                    destination,
                    &outside.network().to_string(),
                    &inside.network().to_string(),
                );
                return vec![(source, new, from, to)];
            }
            NatKind::Exempt(NatEnd::Destination) if fits(nat, carried) => return vec![carried],
            _ => {}
        }
    }
    vec![carried]
}

fn senders(device: &Device, carried: Carried, leaves: usize) -> Vec<Carried> {
    let (source, destination, from, to) = carried;
    for nat in &device.nat {
        match &nat.kind {
            NatKind::Source { to: new } if fits(nat, carried) => {
                let own = AddressSet::host(device.interfaces[leaves].addresses[0].addr());
                let new = members(&new.clone().unwrap_or(own));
                return new
                    .into_iter()
                    .flat_map(|new| PORTS.map(|port| (new, destination, port, to)))
                    .collect();
            }
            NatKind::Static { inside, outside } if inside.contains(&source) => {
                let new = moved(
                    source,
                    &inside.network().to_string(),
                    &outside.network().to_string(),
                );
                return vec![(new, destination, from, to)];
            }
            NatKind::Exempt(NatEnd::Source) if fits(nat, carried) => return vec![carried],
            _ => {}
        }
    }
    vec![carried]
}

/// The wires 0 to 2 and who is on each: (device, interface).
const WIRES: [&[(usize, usize)]; 3] = [&[(0, 0)], &[(0, 1), (1, 0)], &[(1, 1)]];
const NETS: [&str; 3] = ["10.0.0.0/29", "10.0.1.0/29", "10.0.2.0/29"];

fn claims(device: &Device, interface: usize, address: IpAddr) -> bool {
    device.interfaces[interface].addresses[0].addr() == address
        || device.nat.iter().any(|nat| match &nat.kind {
            NatKind::Destination { .. } => !nat.destination.is_any() && nat.destination.contains(address),
            NatKind::Static { outside, .. } => outside.contains(&address),
            NatKind::Source { .. } | NatKind::Exempt(_) => false,
        })
}

/// Every packet that a host could get in the end.
fn carry(
    devices: &[Device],
    carried: Carried,
    at: (usize, usize),
    been: &[(usize, usize)],
    out: &mut BTreeSet<Carried>,
) {
    if been.contains(&at) {
        return;
    }
    let been: Vec<_> = been.iter().copied().chain([at]).collect();
    let device = &devices[at.0];
    for routed in receivers(device, carried) {
        let connected = device
            .interfaces
            .iter()
            .position(|known| known.addresses[0].contains(&routed.1));
        let by_route = device.routes[0]
            .to
            .contains(&routed.1)
            .then_some(if at.0 == 0 { 1 } else { 0 });
        let Some(leaves) = connected.or(by_route) else {
            continue;
        };
        let judged = match device.nat_order {
            NatOrder::BeforeRules => routed,
            NatOrder::AfterRules => carried,
        };
        if !device.passes(&packet(judged, (at.1, Some(leaves))), Reading::Widest) {
            continue;
        }
        for sent in senders(device, routed, leaves) {
            let translated = routed != carried
                || device.nat.iter().any(|nat| {
                    let sender = matches!(nat.kind, NatKind::Source { .. } | NatKind::Exempt(NatEnd::Source));
                    let receiver = matches!(
                        nat.kind,
                        NatKind::Destination { .. } | NatKind::Exempt(NatEnd::Destination)
                    );
                    (sender && fits(nat, routed))
                        || (receiver && fits(nat, carried))
                        || matches!(&nat.kind, NatKind::Static { inside, .. } if inside.contains(&routed.0))
                });
            if leaves == at.1 && !translated {
                continue;
            }
            let wire = WIRES
                .iter()
                .position(|members| members.contains(&(at.0, leaves)))
                .unwrap();
            let others = WIRES[wire].iter().filter(|member| member.0 != at.0);
            if connected.is_none() {
                for next in others {
                    carry(devices, sent, *next, &been, out);
                }
                continue;
            }
            let mut taken = false;
            for next in others {
                if claims(&devices[next.0], next.1, sent.1) {
                    taken = true;
                    carry(devices, sent, *next, &been, out);
                }
            }
            if !taken {
                out.insert(sent);
            }
        }
    }
}

fn holds(headers: &Headers, carried: Carried) -> bool {
    headers
        .rows
        .iter()
        .any(|row| row.contains(&packet(carried, (0, None))))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_gets_through_is_just_what_a_hand_could_carry(devices in any_plant()) {
        let to = set("10.0.2.0/29");
        let network = Network::new(&devices, &[]);
        let question = Question { from: set("10.0.0.2/31"), to: to.clone(), carriers: Vec::new() };
        let answer = reach(&network, &question).unwrap();
        prop_assert_eq!(answer.passes.more, 0);
        for source in OUTSIDE {
            for destination in DIALLED {
                for from in PORTS {
                    for port in PORTS {
                        let carried = (ip(source), ip(destination), from, port);
                        let outer = &devices[0];
                        let mut ends = BTreeSet::new();
                        let neighbour = set(NETS[0]).contains(carried.1) && !claims(outer, 0, carried.1);
                        if !neighbour {
                            carry(&devices, carried, (0, 0), &[], &mut ends);
                        }
                        let through = ends.iter().any(|end| to.contains(end.1));
                        prop_assert_eq!(holds(&answer.passes, carried), through, "{:?}\n{:#?}", carried, answer.ways);
                        let refused = !through && to.contains(carried.1);
                        prop_assert_eq!(holds(&answer.denied, carried), refused);
                        if refused {
                            prop_assert!(answer.stops.iter().any(|stop| holds(&stop.sent, carried)), "{:?} has no stop", carried);
                        }
                    }
                }
            }
        }
        check_witnesses(&devices, &answer, &to)?;
    }
}

/// Every packet that is shown does what is said of it.
fn check_witnesses(devices: &[Device], answer: &Reach, to: &AddressSet) -> Result<(), TestCaseError> {
    for way in &answer.ways {
        let last = way.hops.last().unwrap();
        prop_assert!(to.contains(last.sent.destination));
        prop_assert!(
            answer
                .passes
                .rows
                .iter()
                .any(|row| row.contains(&way.hops[0].packet))
        );
        prop_assert_eq!(way.arrival, Arrival::Delivered);
        for pair in way.hops.windows(2) {
            let (sent, came) = (&pair[0].sent, &pair[1].packet);
            prop_assert_eq!(
                (
                    sent.source,
                    sent.destination,
                    sent.source_port,
                    sent.destination_port
                ),
                (
                    came.source,
                    came.destination,
                    came.source_port,
                    came.destination_port
                )
            );
        }
        for hop in &way.hops {
            let allowed = hop
                .decisions
                .iter()
                .all(|decision| decision.action == Action::Permit);
            prop_assert!(allowed && !hop.decisions.is_empty());
            for decision in &hop.decisions {
                prop_assert!(hop.rules.contains(decision) || devices[hop.device].stages.len() > 1);
            }
        }
    }
    for stop in &answer.stops {
        let last = stop.hops.last().unwrap();
        match stop.reason {
            StopReason::Rule(decision) => prop_assert_eq!(last.decisions.last(), Some(&decision)),
            StopReason::NoRoute => prop_assert!(last.leaves.is_none()),
            StopReason::Elsewhere => prop_assert!(!to.contains(last.sent.destination)),
            StopReason::Circle => prop_assert!(last.leaves.is_some()),
        }
        prop_assert!(
            stop.sent
                .rows
                .iter()
                .any(|row| row.contains(&stop.hops[0].packet))
        );
    }
    Ok(())
}
