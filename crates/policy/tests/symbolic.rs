//! The symbolic answers against brute force: on a small space every packet is tried, and the pairs of rules that
//! decide differently, the rules that never decide and those that are not needed have to be the same.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails is the point"
)]

use cofferdam_plant::PortRange;
use cofferdam_policy::filter::{
    Action, AddressSet, Carrier, Certainty, Device, IcmpType, InterfaceIx, Interfaces, Packet, Ports,
    Protocols, Reading, Rule, RuleList, State, States, TimeWindow, Times,
};
use cofferdam_policy::symbolic::{AnomalyKind, anomalies, differences, equivalent, redundant_permits};
use cofferdam_terms::{IpProtocol, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeSet;
use std::sync::Arc;

const MONDAY: i64 = 1_795_996_800;
const ADDRESSES: [&str; 8] = [
    "10.0.0.0",
    "10.0.0.1",
    "10.0.0.4",
    "192.0.2.7",
    "fd00::1",
    "fd00:1::",
    "203.0.113.9",
    "2001:db8::1",
];
const SETS: [&str; 8] = [
    "10.0.0.0/30",
    "10.0.0.1/32",
    "10.0.0.0/24",
    "192.0.2.0/24",
    "fd00::/64",
    "fd00::/16",
    "0.0.0.0/0",
    "::/0",
];

fn any_addresses() -> impl Strategy<Value = AddressSet> {
    prop_oneof![
        1 => Just(AddressSet::any()),
        4 => subsequence(SETS.to_vec(), 1..3).prop_map(|nets| {
            let mut all = AddressSet::default();
            for net in nets {
                all.add(&AddressSet::net(net.parse().unwrap()));
            }
            all
        }),
    ]
}

fn any_ports() -> impl Strategy<Value = Ports> {
    prop_oneof![
        3 => Just(Ports::any()),
        3 => (0u16..4).prop_map(Ports::one),
        1 => (0u16..3).prop_map(|first| Ports::of(vec![PortRange::new(first, 2).unwrap()])),
    ]
}

fn any_carrier() -> impl Strategy<Value = Carrier> {
    let protocols = prop_oneof![
        Just(Protocols::ANY),
        subsequence(vec![6u8, 17, 1, 50], 1..3).prop_map(|list| list.into_iter().map(IpProtocol).collect()),
    ];
    let icmp = vec(
        (0u8..2, option::of(0u8..2)).prop_map(|(kind, code)| IcmpType { kind, code }),
        0..2,
    );
    (protocols, any_ports(), any_ports(), option::weighted(0.2, icmp)).prop_map(
        |(protocols, source_ports, destination_ports, icmp)| Carrier {
            protocols,
            source_ports,
            destination_ports,
            icmp: icmp.unwrap_or_default(),
        },
    )
}

fn any_times() -> impl Strategy<Value = Times> {
    let dated = option::of(
        (0i64..4, 1i64..4)
            .prop_map(|(from, length)| (MONDAY + from * 86_400, MONDAY + (from + length) * 86_400)),
    );
    let weekly = option::of(
        (0i64..6, 1i64..3).prop_map(|(day, length)| vec![(day * 86_400, (day + length).min(7) * 86_400)]),
    );
    vec(
        (dated, weekly).prop_map(|(dated, weekly)| TimeWindow { dated, weekly }),
        0..2,
    )
    .prop_map(|windows| Times { windows })
}

fn any_interfaces() -> impl Strategy<Value = Interfaces> {
    prop_oneof![
        3 => Just(Interfaces::Any),
        1 => (0u32..2).prop_map(|at| Interfaces::Of(vec![InterfaceIx(at)])),
    ]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let states = prop_oneof![
        3 => Just(States::ANY),
        1 => Just(States::ANSWERS),
        1 => Just(States::one(State::New)),
    ];
    let action = prop_oneof![4 => Just(Action::Permit), 3 => Just(Action::Deny), 1 => Just(Action::Unknown)];
    let certainty = prop_oneof![8 => Just(Certainty::Sure), 1 => Just(Certainty::Unsure)];
    (
        (any_addresses(), any_addresses(), vec(any_carrier(), 1..3), states),
        (
            any_interfaces(),
            any_interfaces(),
            option::weighted(0.3, any_times()),
            action,
            certainty,
        ),
    )
        .prop_map(
            |((source, destination, carriers, states), (arrives, leaves, times, action, certainty))| Rule {
                source: Arc::new(source),
                destination: Arc::new(destination),
                carriers,
                states,
                arrives,
                leaves,
                times,
                certainty,
                ..Rule::all(action)
            },
        )
}

fn any_device() -> impl Strategy<Value = Device> {
    let default = select(vec![Action::Permit, Action::Deny]);
    vec((vec(any_rule(), 0..6), default), 1..3).prop_map(|stages| {
        let mut device = Device::new("device");
        for (at, (rules, default)) in stages.into_iter().enumerate() {
            device.stages.push(RuleList {
                name: at.to_string(),
                rules,
                default,
            });
        }
        device.interface("inside");
        device.interface("outside");
        device
    })
}

/// One packet of every kind that the rules above can tell apart.
fn every_packet() -> Vec<Packet> {
    let mut out = Vec::new();
    let kinds: Vec<(u8, u16, u16)> = [6u8, 17, 132]
        .into_iter()
        .flat_map(|protocol| (0..5u16).flat_map(move |from| (0..5u16).map(move |to| (protocol, from, to))))
        .chain(
            [1u8, 58]
                .into_iter()
                .flat_map(|icmp| [0, 1, 2, 256, 257, 258, 600].map(|kind| (icmp, 0, kind))),
        )
        .chain([(50, 0, 0), (99, 0, 0)])
        .collect();
    for source in ADDRESSES {
        for destination in ADDRESSES {
            let (source, destination): (std::net::IpAddr, std::net::IpAddr) =
                (source.parse().unwrap(), destination.parse().unwrap());
            if source.is_ipv4() != destination.is_ipv4() {
                continue;
            }
            for (protocol, source_port, destination_port) in &kinds {
                for state in [State::New, State::Established, State::Invalid] {
                    out.push(Packet {
                        source,
                        destination,
                        protocol: IpProtocol(*protocol),
                        source_port: *source_port,
                        destination_port: *destination_port,
                        state,
                        arrives: None,
                        leaves: None,
                        time: Timestamp::from_secs(MONDAY),
                    });
                }
            }
        }
    }
    out
}

/// The same packets at every combination of interfaces and day: too many to keep.
fn everywhere(packet: &Packet) -> impl Iterator<Item = Packet> {
    let interfaces = [None, Some(InterfaceIx(0)), Some(InterfaceIx(1))];
    let packet = packet.clone();
    (-7i64..8).flat_map(move |day| {
        let packet = packet.clone();
        interfaces.into_iter().flat_map(move |arrives| {
            let packet = packet.clone();
            interfaces.into_iter().map(move |leaves| Packet {
                arrives,
                leaves,
                time: Timestamp::from_secs(MONDAY + day * 86_400),
                ..packet.clone()
            })
        })
    })
}

type Decides = (usize, Option<usize>, bool);

fn decides(device: &Device, packet: &Packet, reading: Reading) -> Decides {
    let mut last = (0, None, true);
    for (at, stage) in device.stages.iter().enumerate() {
        let answer = stage.answer(packet, reading);
        last = (at, answer.rule, answer.action == Action::Permit);
        if !last.2 {
            break;
        }
    }
    last
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_filters_differ_just_where_brute_force_finds_it(
        first in any_device(),
        second in any_device(),
        reading in select(Reading::ALL.to_vec()),
    ) {
        let found = differences(&first, &second, reading).unwrap();
        for difference in &found {
            let a = decides(&first, &difference.packet, reading);
            let b = decides(&second, &difference.packet, reading);
            prop_assert_eq!((a.0, a.1, a.2), (difference.first.stage, difference.first.rule, difference.first.action == Action::Permit));
            prop_assert_eq!((b.0, b.1, b.2), (difference.second.stage, difference.second.rule, difference.second.action == Action::Permit));
            prop_assert_ne!(a.2, b.2);
        }
        let symbolic: BTreeSet<_> = found.iter().map(|d| ((d.first.stage, d.first.rule), (d.second.stage, d.second.rule))).collect();
        let mut brute = BTreeSet::new();
        for packet in every_packet().iter().flat_map(everywhere) {
            let (a, b) = (decides(&first, &packet, reading), decides(&second, &packet, reading));
            if a.2 != b.2 {
                brute.insert(((a.0, a.1), (b.0, b.1)));
            }
        }
        prop_assert_eq!(&symbolic, &brute);
        prop_assert_eq!(equivalent(&first, &second, reading).unwrap(), brute.is_empty());
    }

    #[test]
    fn a_rule_is_odd_just_where_brute_force_finds_it(mut device in any_device()) {
        for stage in &mut device.stages {
            stage.rules.retain(|rule| rule.certainty == Certainty::Sure && rule.action != Action::Unknown);
        }
        let found = anomalies(&device).unwrap();
        let packets: Vec<_> = every_packet().iter().flat_map(everywhere).collect();
        for (at, stage) in device.stages.iter().enumerate() {
            for rule in 0..stage.rules.len() {
                let kinds: Vec<_> = found.iter().filter(|odd| odd.stage == at && odd.rule == rule).map(|odd| &odd.kind).collect();
                check_rule(stage, rule, &packets, &kinds)?;
            }
        }
    }

    #[test]
    fn permits_that_are_left_out_change_nothing_and_none_is_left_to_leave_out(rules in vec(any_rule(), 0..8)) {
        let rules: Vec<_> = rules.into_iter().map(|rule| Rule {
            action: Action::Permit,
            certainty: Certainty::Sure,
            arrives: Interfaces::Any,
            leaves: Interfaces::Any,
            ..rule
        }).collect();
        let gone = redundant_permits(&rules).unwrap();
        let kept: Vec<_> = (0..rules.len()).filter(|at| !gone.contains(at)).map(|at| rules[at].clone()).collect();
        let device = |rules: &[Rule]| Device::filtering("", RuleList::denying("", rules.to_vec()));
        prop_assert!(equivalent(&device(&rules), &device(&kept), Reading::Widest).unwrap());
        for at in 0..kept.len() {
            let mut fewer = kept.clone();
            fewer.remove(at);
            prop_assert!(!equivalent(&device(&kept), &device(&fewer), Reading::Widest).unwrap());
        }
    }
}

fn check_rule(
    stage: &RuleList,
    rule: usize,
    packets: &[Packet],
    kinds: &[&AnomalyKind],
) -> Result<(), TestCaseError> {
    let reading = Reading::Narrowest;
    let own = &stage.rules[rule];
    let mut without = stage.clone();
    without.rules.remove(rule);
    let matched: Vec<_> = packets.iter().filter(|packet| own.matches(packet)).collect();
    let taken_by: BTreeSet<usize> = matched
        .iter()
        .filter_map(|packet| stage.answer(packet, reading).rule)
        .collect();
    let dead = !taken_by.contains(&rule);
    let opposed = taken_by.iter().any(|by| stage.rules[*by].action != own.action);
    let needed = matched
        .iter()
        .any(|packet| stage.answer(packet, reading).action != without.answer(packet, reading).action);
    let has = |name: &str| kinds.iter().any(|kind| kind.name() == name);
    prop_assert_eq!(has("empty"), matched.is_empty());
    prop_assert_eq!(has("shadowed"), !matched.is_empty() && dead && opposed);
    prop_assert_eq!(has("covered"), !matched.is_empty() && dead && !opposed);
    prop_assert_eq!(has("redundant"), !dead && !needed);
    for kind in kinds {
        match kind {
            AnomalyKind::Contradicted { packet, .. } | AnomalyKind::Shadowed { packet, .. }
                if own.matches(packet) =>
            {
                prop_assert_ne!(
                    stage.answer(packet, reading).action,
                    own.action,
                    "{:?} {}",
                    kind,
                    packet
                );
            }
            AnomalyKind::Contradicted { .. } | AnomalyKind::Shadowed { .. } => {
                panic!("its packet does not match it")
            }
            AnomalyKind::Empty | AnomalyKind::Covered { .. } | AnomalyKind::Redundant { .. } => {}
        }
    }
    Ok(())
}
