//! A device as it runs against the plant model: planted faults are found with their lines, and nothing else is.

#![expect(clippy::unwrap_used, reason = "a test that fails is the point")]
mod common;

use cofferdam_plant::{Plant, ZoneKind};
use cofferdam_policy::backends::{Scope, backend};
use cofferdam_policy::filter::{Device, Reading};
use cofferdam_policy::{Policy, Sureness, Verification, diff, verify};
use cofferdam_terms::{OperationClass, Transport};
use common::*;

/// A historian that may read a cell over Modbus, and a cell that may send syslog to it.
fn plant() -> Plant {
    let read = permit(
        "read",
        &["asset:historian"],
        &["zone:cell"],
        vec![service(Transport::TCP, 502, None)],
        &OperationClass::ALL,
    );
    let log = permit(
        "log",
        &["zone:cell"],
        &["asset:historian"],
        vec![service(Transport::UDP, 514, None)],
        &OperationClass::ALL,
    );
    let mut cell = zone("cell", ZoneKind::Control);
    cell.subnets = vec!["10.20.1.0/24".parse().unwrap()];
    let assets = vec![asset(
        "historian",
        Some("operations"),
        vec![interface("10.10.0.5")],
    )];
    let conduits = vec![conduit(
        "cell-operations",
        &["cell", "operations"],
        vec![log, read],
    )];
    let zones = vec![cell, zone("operations", ZoneKind::Operations)];
    Plant::new(parts(zones, assets, conduits)).unwrap()
}

const HEAD: &str = "hostname fw-cell
interface GigabitEthernet0/0
 nameif operations
 security-level 50
 ip address 10.10.0.1 255.255.255.0
interface GigabitEthernet0/1
 nameif cell
 security-level 90
 ip address 10.20.1.1 255.255.255.0
route operations 0.0.0.0 0.0.0.0 10.10.0.254
";

fn asa(rules: &str) -> Device {
    let text = format!(
        "{HEAD}{rules}\naccess-group from-operations in interface operations\naccess-group from-cell in interface cell\n"
    );
    (backend("asa").unwrap().parse)(&text).pop().unwrap()
}

fn checked(device: &Device) -> Verification {
    let plant = plant();
    verify(&plant, &Policy::new(&plant), device, &Scope::Site).unwrap()
}

const RIGHT: &str =
    "access-list from-operations extended permit tcp host 10.10.0.5 10.20.1.0 255.255.255.0 eq 502
access-list from-cell extended permit udp 10.20.1.0 255.255.255.0 host 10.10.0.5 eq syslog";

#[test]
fn a_device_that_does_what_the_model_says_has_no_finding() {
    let device = asa(RIGHT);
    assert_eq!(device.unread, vec![]);
    let found = checked(&device);
    assert_eq!((&found.excess, &found.blocked), (&vec![], &vec![]));
    assert_eq!(
        found.passing,
        ["cell-operations/log", "cell-operations/read", "within cell"]
    );
}

#[test]
fn what_no_conduit_permits_is_found_with_its_line_and_a_packet() {
    let check = |rules: &str, lines: &[u32], sureness: Sureness| {
        let device = asa(rules);
        let found = checked(&device);
        let line = |stage: usize, rule: Option<usize>| device.stages[stage].rules[rule.unwrap()].span.first;
        let at: Vec<_> = found
            .excess
            .iter()
            .map(|excess| line(excess.decision.stage, excess.decision.rule))
            .collect();
        assert_eq!(at, lines, "{rules}: {:?}", found.excess);
        assert!(
            found.excess.iter().all(|excess| excess.sureness == sureness),
            "{:?}",
            found.excess
        );
        for excess in &found.excess {
            assert!(
                device.rules().any(|rule| rule.matches(&excess.packet)),
                "{}",
                excess.packet
            );
        }
    };
    let with = |more: &str| format!("{RIGHT}\n{more}");
    check(
        &with("access-list from-operations extended permit ip any any"),
        &[13],
        Sureness::Sure,
    );
    check(
        &with("access-list from-operations extended permit tcp host 10.10.0.9 host 10.20.1.7 eq ssh"),
        &[13],
        Sureness::Sure,
    );
    check(
        &with("access-list from-cell extended permit tcp host 10.20.1.7 any range 80 443"),
        &[13],
        Sureness::Sure,
    );
    // A condition that is not understood may make it harmless.
    check(
        &with("access-list from-operations extended permit tcp any any eq ssh time-range visits"),
        &[13],
        Sureness::Possible,
    );
}

#[test]
fn what_a_conduit_needs_and_the_device_stops_is_found_with_the_rule_that_stops_it() {
    let check = |rules: &str, permit: &str, line: Option<u32>| {
        let device = asa(rules);
        let found = checked(&device);
        assert_eq!(found.excess, vec![]);
        let [blocked] = &found.blocked[..] else {
            panic!("{:?}", found.blocked)
        };
        assert_eq!(blocked.permit, permit);
        let rules = &device.stages[blocked.decision.stage].rules;
        let at = blocked
            .decision
            .rule
            .map(|rule| rules[rule].span.first)
            .filter(|line| *line > 0);
        assert_eq!(at, line);
    };
    let deny = "access-list from-operations extended deny tcp any host 10.20.1.77";
    check(&format!("{deny}\n{RIGHT}"), "cell-operations/read", Some(11));
    let without = RIGHT.lines().next().unwrap();
    check(
        &format!("{without}\naccess-list from-cell extended deny ip any any"),
        "cell-operations/log",
        Some(12),
    );
}

#[test]
fn a_running_configuration_has_drifted_only_if_a_packet_is_treated_otherwise() {
    let mut turned: Vec<_> = RIGHT.lines().collect();
    turned.reverse();
    let approved = asa(RIGHT);
    let drifted = |running: &str| diff(&approved, &asa(running), Reading::Widest).unwrap();
    assert!(drifted(&turned.join("\n")).is_empty());
    let found = drifted(&RIGHT.replace("eq 502", "range 502 503"));
    assert_eq!(found.only_first, vec![]);
    assert!(
        matches!(&found.only_second[..], [one] if one.packet.destination_port == 503 && one.second.rule.is_some()),
        "{found:?}"
    );
}
