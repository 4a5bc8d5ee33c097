//! The index of `Policy` against the definitions of `docs/semantics.md`.

#![expect(clippy::unwrap_used, reason = "a test that fails is the point")]
mod common;

use cofferdam_plant::{Interface, Plant, ZoneKind};
use cofferdam_policy::{Flow, Host, Policy, explain};
use cofferdam_terms::{EtherType, OperationClass, Transport};
use common::reference::{Answer, answer, reference};
use common::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_answers_as_the_definitions_do(
        plant in any_plant(),
        flows in proptest::collection::vec(any_flow(), 60),
    ) {
        let policy = Policy::new(&plant);
        for flow in flows {
            prop_assert_eq!(answer(policy.verdict(&flow)), reference(&plant, &flow), "{:?}", flow);
        }
    }

    #[test]
    fn the_order_of_the_model_changes_no_verdict(
        parts in any_parts(),
        flows in proptest::collection::vec(any_flow(), 30),
        seed in any::<u64>(),
    ) {
        let policy = Policy::new(&Plant::new(parts.clone()).unwrap());
        let mut turned = parts;
        let mut random = seed;
        shuffle(&mut turned.zones, &mut random);
        shuffle(&mut turned.assets, &mut random);
        shuffle(&mut turned.conduits, &mut random);
        for conduit in &mut turned.conduits {
            shuffle(&mut conduit.zones, &mut random);
            shuffle(&mut conduit.permits, &mut random);
            for permit in &mut conduit.permits {
                shuffle(&mut permit.from, &mut random);
                shuffle(&mut permit.to, &mut random);
                shuffle(&mut permit.services, &mut random);
            }
        }
        let other = Policy::new(&Plant::new(turned).unwrap());
        for flow in flows {
            prop_assert_eq!(answer(policy.verdict(&flow)), answer(other.verdict(&flow)));
        }
        prop_assert_eq!(policy.faults(), other.faults());
    }

    #[test]
    fn every_verdict_can_be_explained(plant in any_plant(), flow in any_flow()) {
        let policy = Policy::new(&plant);
        let explanation = explain(&policy, &plant, &flow);
        let verdict = policy.verdict(&flow);
        prop_assert_eq!(explanation.mend.is_some(), !verdict.passes());
        prop_assert!(explanation.sentence.ends_with('.'));
        prop_assert!(!explanation.definitions.is_empty());
        prop_assert!(explanation.facts.len() >= 2);
    }
}

fn shuffle<T>(list: &mut [T], random: &mut u64) {
    for at in (1..list.len()).rev() {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let other = usize::try_from(*random >> 33).unwrap() % (at + 1);
        list.swap(at, other);
    }
}

#[test]
fn random_models_and_flows_meet_every_kind_of_answer() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut met = std::collections::BTreeMap::new();
    for _ in 0..400 {
        let plant = any_plant().new_tree(&mut runner).unwrap().current();
        for _ in 0..60 {
            let flow = any_flow().new_tree(&mut runner).unwrap().current();
            *met.entry(reference(&plant, &flow).kind()).or_insert(0) += 1;
        }
    }
    assert_eq!(met.len(), 12, "{met:?}");
    assert!(met.values().all(|times| *times >= 10), "{met:?}");
}

/// A small plant of named parts, in which each definition can be seen alone.
fn cell() -> cofferdam_plant::Parts {
    let in_zone = |id: &str, parent: Option<&str>, subnets: &[&str]| cofferdam_plant::Zone {
        parent: parent.map(|parent| parent.parse().unwrap()),
        subnets: subnets.iter().map(|net| net.parse().unwrap()).collect(),
        ..zone(id, ZoneKind::Control)
    };
    let modbus = || vec![service(Transport::TCP, 502, Some("modbus"))];
    parts(
        vec![
            in_zone("operations", None, &["10.0.0.0/8"]),
            in_zone("cells", None, &["10.0.1.0/24"]),
            in_zone("cell-1", Some("cells"), &["10.0.1.0/29"]),
            in_zone("cell-2", Some("cells"), &[]),
        ],
        vec![
            asset("historian", Some("operations"), vec![interface("10.0.1.3")]),
            asset(
                "plc",
                Some("cell-1"),
                vec![Interface {
                    mac: Some(mac(1)),
                    ip: Some(ip("10.0.9.9")),
                    vlan: None,
                }],
            ),
            asset("panel", Some("cell-2"), vec![interface("10.0.1.100")]),
        ],
        vec![
            conduit(
                "reads",
                &["operations", "cells"],
                vec![permit(
                    "history",
                    &["asset:historian"],
                    &["zone:cells"],
                    modbus(),
                    &[OperationClass::Read],
                )],
            ),
            conduit(
                "stray",
                &["operations", "cells"],
                vec![permit(
                    "panel",
                    &["zone:cell-2"],
                    &["zone:cell-1"],
                    modbus(),
                    &[OperationClass::Read],
                )],
            ),
        ],
    )
}

fn check(parts: &cofferdam_plant::Parts, flow: Flow<'_>, expected: &str) {
    let plant = Plant::new(parts.clone()).unwrap();
    let policy = Policy::new(&plant);
    let got = match answer(policy.verdict(&flow)) {
        Answer::Permit(conduit, permit) => format!("permit {conduit}/{permit}"),
        Answer::Intra(zone) => format!("intra {zone}"),
        Answer::Segment(reason) => format!("segment {}", reason.name()),
        other => other.kind().to_owned(),
    };
    assert_eq!(got, expected, "{}", explain(&policy, &plant, &flow).sentence);
}

fn modbus_read(from: &str, to: &str) -> Flow<'static> {
    Flow {
        initiator: Host::at(ip(from)),
        responder: Host::at(ip(to)),
        transport: Transport::TCP,
        responder_port: 502,
        protocol: Some("modbus"),
        operation: Some(OperationClass::Read),
        time: at("2026-11-28T06:00:00Z"),
    }
}

#[test]
fn an_asset_beats_a_subnet_and_a_narrow_subnet_a_wide_one() {
    let cell = cell();
    // 10.0.1.3 lies in cell-1's subnet, and is the historian's of operations.
    check(&cell, modbus_read("10.0.1.3", "10.0.1.2"), "permit reads/history");
    check(&cell, modbus_read("10.0.1.2", "10.0.9.9"), "intra cell-1");
    check(&cell, modbus_read("10.0.2.2", "10.0.3.3"), "intra operations");
    check(&cell, modbus_read("10.0.1.200", "10.0.1.201"), "intra cells");
}

#[test]
fn between_parent_child_and_sibling_a_permit_is_needed() {
    let cell = cell();
    check(&cell, modbus_read("10.0.1.200", "10.0.1.2"), "no-conduit");
    check(&cell, modbus_read("10.0.1.2", "10.0.1.200"), "no-conduit");
    check(&cell, modbus_read("10.0.1.2", "10.0.1.100"), "no-conduit");
}

#[test]
fn a_permit_counts_only_between_zones_that_its_conduit_joins() {
    let mut cell = cell();
    // `stray` permits panel → cell-1, but joins operations and cells: both hosts lie in cells alone.
    check(&cell, modbus_read("10.0.1.100", "10.0.1.2"), "no-conduit");
    cell.conduits[1].zones = vec!["cell-1".parse().unwrap(), "cell-2".parse().unwrap()];
    check(&cell, modbus_read("10.0.1.100", "10.0.1.2"), "permit stray/panel");
    check(&cell, modbus_read("10.0.1.2", "10.0.1.100"), "parties");
}

#[test]
fn what_a_permit_does_not_say_is_refused_with_the_reason() {
    let cell = cell();
    let read = modbus_read("10.0.1.3", "10.0.9.9");
    let write = Flow {
        operation: Some(OperationClass::Write),
        ..read
    };
    check(&cell, write, "operation");
    check(
        &cell,
        Flow {
            protocol: Some("s7comm"),
            ..read
        },
        "protocol",
    );
    check(
        &cell,
        Flow {
            responder_port: 102,
            ..read
        },
        "service",
    );
    check(
        &cell,
        Flow {
            transport: Transport::UDP,
            ..read
        },
        "service",
    );
    check(
        &cell,
        Flow {
            operation: None,
            protocol: None,
            ..write
        },
        "permit reads/history",
    );
    check(&cell, modbus_read("10.0.9.9", "10.0.1.3"), "parties");
    check(&cell, modbus_read("192.0.2.1", "10.0.9.9"), "unknown");
    let plant = Plant::new(cell).unwrap();
    let policy = Policy::new(&plant);
    assert_eq!(
        explain(&policy, &plant, &write).sentence,
        "Denied: historian → plc (tcp/502 modbus, write), because conduit `reads` permits read for this service \
         (permit `history`), not write."
    );
}

#[test]
fn a_mac_names_a_host_only_where_there_is_no_ip_address() {
    let cell = cell();
    let by_mac = Host {
        mac: Some(mac(1)),
        ip: None,
        vlan: None,
    };
    let routed = Host {
        mac: Some(mac(1)),
        ..Host::at(ip("10.0.1.3"))
    };
    let unset = Host {
        mac: Some(mac(1)),
        ..Host::at(ip("0.0.0.0"))
    };
    let flow = modbus_read("10.0.1.3", "10.0.9.9");
    check(
        &cell,
        Flow {
            responder: by_mac,
            ..flow
        },
        "permit reads/history",
    );
    check(
        &cell,
        Flow {
            responder: unset,
            ..flow
        },
        "permit reads/history",
    );
    // The plc's MAC on a packet for the historian's address is the historian's packet, forwarded.
    check(
        &cell,
        Flow {
            initiator: routed,
            ..flow
        },
        "permit reads/history",
    );
    check(
        &cell,
        modbus_read("::ffff:10.0.1.3", "::ffff:10.0.9.9"),
        "permit reads/history",
    );
}

#[test]
fn what_no_router_forwards_crosses_no_conduit() {
    let cell = cell();
    check(
        &cell,
        modbus_read("10.0.1.3", "255.255.255.255"),
        "segment broadcast",
    );
    check(&cell, modbus_read("10.0.1.3", "10.0.1.255"), "segment broadcast");
    // From outside the subnet it would have to be forwarded.
    check(&cell, modbus_read("10.0.2.2", "10.0.1.255"), "parties");
    check(&cell, modbus_read("10.0.1.3", "224.0.0.9"), "segment multicast");
    check(&cell, modbus_read("10.0.1.3", "239.9.9.9"), "segment multicast");
    check(&cell, modbus_read("fe80::1", "fd00::1"), "segment link-local");
    check(
        &cell,
        modbus_read("10.0.1.3", "169.254.1.1"),
        "segment link-local",
    );
    let arp = Flow {
        transport: Transport::Ethernet(EtherType::ARP),
        ..modbus_read("10.0.1.3", "10.0.9.9")
    };
    check(&cell, arp, "segment address-resolution");
    let everyone = Host {
        mac: Some(cofferdam_terms::MacAddr([0xff; 6])),
        ip: None,
        vlan: None,
    };
    check(
        &cell,
        Flow {
            responder: everyone,
            ..arp
        },
        "segment address-resolution",
    );
}
