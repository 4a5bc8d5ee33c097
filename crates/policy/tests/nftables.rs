//! The nftables backend against the policy: the rules answer as the definitions do, the text reads back as the tree,
//! and nft itself takes it.

#![expect(clippy::unwrap_used, reason = "a test that fails is the point")]
mod common;

use cofferdam_plant::{EnforcementPoint, OpenTimes, Plant, Window, ZoneKind};
use cofferdam_policy::backends::nftables::{FaultKind, Packet, Ruleset, Verdict, lower, parse, print};
use cofferdam_policy::backends::{BACKENDS, ResidualKind, Scope, backend};
use cofferdam_policy::{Flow, Host, Policy, Verdict as Answer};
use cofferdam_terms::{IpProtocol, OperationClass, Transport};
use common::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_answer_as_the_policy_does(
        plant in any_plant(),
        flows in proptest::collection::vec(any_flow(), 80),
    ) {
        let policy = Policy::new(&plant);
        let lowered = lower(&plant, &policy, &Scope::Site);
        let read = parse(&print(&lowered.ruleset));
        prop_assert_eq!(&read.faults, &vec![]);
        for flow in flows {
            if let Some((flow, packet)) = as_a_router_sees_it(&flow)
                && let Some(expected) = expected(&policy, &flow)
            {
                prop_assert_eq!(lowered.ruleset.answer(&packet), expected, "{:?}", flow);
                prop_assert_eq!(read.ruleset.answer(&packet), expected, "read back: {:?}", flow);
            }
        }
    }

    #[test]
    fn the_text_reads_back_as_the_tree_and_prints_the_same_again(plant in any_plant()) {
        let ruleset = lower(&plant, &Policy::new(&plant), &Scope::Site).ruleset;
        let read = parse(&print(&ruleset));
        prop_assert_eq!(&read.faults, &vec![]);
        prop_assert_eq!(&read.ruleset, &ruleset);
        prop_assert_eq!(print(&read.ruleset), print(&ruleset));
    }

    #[test]
    fn no_text_makes_the_reader_panic_or_hang(text in "[a-z0-9 @{};,=\"#\n./-]{0,400}") {
        prop_assert!(parse(&text).faults.len() <= text.len() + 1);
        let within = format!("table inet cofferdam {{\nchain f {{ type filter hook forward priority 0; policy drop;\n{text}");
        prop_assert!(parse(&within).faults.len() <= within.len());
    }
}

/// The flow without what a router can't see, and its first packet; `None` if no such packet reaches a router.
fn as_a_router_sees_it(flow: &Flow<'static>) -> Option<(Flow<'static>, Packet)> {
    let Transport::Ip(protocol) = flow.transport else {
        return None;
    };
    let (source, destination) = (flow.initiator.address()?, flow.responder.address()?);
    if source.is_ipv4() != destination.is_ipv4() || source == destination {
        return None;
    }
    let seen = Flow {
        initiator: Host::at(source),
        responder: Host::at(destination),
        protocol: None,
        operation: None,
        ..*flow
    };
    let packet = Packet {
        source,
        destination,
        protocol,
        port: flow.responder_port,
        time: flow.time,
    };
    Some((seen, packet))
}

/// What the router is to do; `None` for a packet that never comes to its forwarding path.
fn expected(policy: &Policy, flow: &Flow<'_>) -> Option<Verdict> {
    match policy.verdict(flow) {
        Answer::Permit { .. } | Answer::IntraZone { .. } => Some(Verdict::Accept),
        Answer::Deny(_) => Some(Verdict::Drop),
        Answer::Segment(_) => None,
    }
}

#[test]
fn nft_takes_what_is_printed() {
    if !nft(&["--version"], "") {
        println!("not run: nft is not installed or may not be run (apt-get install nftables, as root)");
        return;
    }
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..60 {
        let plant = any_plant().new_tree(&mut runner).unwrap().current();
        for backend in BACKENDS.iter().filter(|backend| backend.name == "nftables") {
            let compiled = (backend.compile)(&plant, &Policy::new(&plant), &Scope::Site);
            assert!(nft(&["-c", "-f", "-"], &compiled.text), "{}", compiled.text);
            assert!(
                nft(&["-c", "-f", "-"], &compiled.roll_back),
                "{}",
                compiled.roll_back
            );
        }
    }
}

/// Runs nft with a text on its standard input, in a network namespace of its own, so that no rule here is touched.
fn nft(arguments: &[&str], text: &str) -> bool {
    let started = Command::new("unshare")
        .args(["--net", "nft"])
        .args(arguments)
        .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut child) = started else {
        return false;
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

/// A historian that may read a test cell, a vendor that may program it on Saturday mornings.
fn small_plant() -> Plant {
    let mut read = permit(
        "read",
        &["asset:historian"],
        &["zone:cell"],
        vec![
            service(Transport::TCP, 502, Some("modbus")),
            service(Transport::TCP, 102, None),
        ],
        &[OperationClass::Read],
    );
    read.reason = "trends".into();
    let mut vendor = permit(
        "program",
        &["asset:laptop"],
        &["asset:plc"],
        vec![service(Transport::TCP, 102, None)],
        &OperationClass::ALL,
    );
    vendor.open = Some(OpenTimes {
        windows: vec![Window::Weekly {
            days: [false, false, false, false, false, true, false],
            from_minute: 6 * 60,
            to_minute: 10 * 60,
            utc_offset_minutes: 60,
        }],
    });
    let mut conduit = conduit("cell-operations", &["cell", "operations"], vec![read, vendor]);
    conduit.enforcement_points = vec!["fw-1".parse().unwrap()];
    let mut cell = zone("cell", ZoneKind::Control);
    cell.subnets = vec!["10.20.1.0/24".parse().unwrap()];
    let zones = vec![cell, zone("operations", ZoneKind::Operations)];
    let assets = vec![
        asset("plc", Some("cell"), vec![interface("10.20.1.11")]),
        asset(
            "historian",
            Some("operations"),
            vec![interface("10.10.0.5"), interface("fd00::5")],
        ),
        asset("laptop", Some("operations"), vec![interface("10.10.0.9")]),
    ];
    let mut parts = parts(zones, assets, vec![conduit]);
    parts.enforcement_points = vec![EnforcementPoint {
        id: "fw-1".parse().unwrap(),
        name: String::new(),
        backend: "nftables".into(),
    }];
    Plant::new(parts).unwrap()
}

#[test]
fn a_small_plant_compiles_to_rules_that_a_person_can_read() {
    let plant = small_plant();
    let compiled = (backend("nftables").unwrap().compile)(
        &plant,
        &Policy::new(&plant),
        &Scope::Point("fw-1".parse().unwrap()),
    );
    insta::assert_snapshot!(compiled.text);
    let residuals: Vec<_> = compiled.residuals.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(residuals.join("\n"));
}

#[test]
fn a_point_gets_the_rules_of_its_own_conduits_only() {
    let plant = small_plant();
    let policy = Policy::new(&plant);
    let other = lower(&plant, &policy, &Scope::Point("fw-2".parse().unwrap()));
    assert_eq!(other.residuals, vec![]);
    assert!(!print(&other.ruleset).contains("cell-operations"));
}

#[test]
fn what_a_port_filter_cannot_hold_is_listed() {
    let plant = small_plant();
    let lowered = lower(&plant, &Policy::new(&plant), &Scope::Site);
    let kinds: Vec<_> = lowered.residuals.iter().map(|residual| &residual.kind).collect();
    assert!(
        matches!(
            kinds[..],
            [
                ResidualKind::OutlivesWindow,
                ResidualKind::Operations { .. },
                ResidualKind::Protocol { .. }
            ]
        ),
        "{kinds:?}"
    );
}

#[test]
fn a_compiled_ruleset_changes_only_where_the_model_did() {
    let plant = small_plant();
    let before = print(&lower(&plant, &Policy::new(&plant), &Scope::Site).ruleset);
    let mut parts = plant.into_parts();
    parts.zones.reverse();
    parts.assets.reverse();
    let turned = Plant::new(parts.clone()).unwrap();
    let same = print(&lower(&turned, &Policy::new(&turned), &Scope::Site).ruleset);
    assert_eq!(
        lines(&before),
        lines(&same),
        "the order of the model changes no rule"
    );
    let permit = &mut parts.conduits[0].permits[0];
    permit.services.push(service(Transport::UDP, 161, None));
    let changed = Plant::new(parts).unwrap();
    let after = print(&lower(&changed, &Policy::new(&changed), &Scope::Site).ruleset);
    let new: Vec<_> = after.lines().filter(|line| !before.contains(line)).collect();
    assert!(
        matches!(new[..], [line] if line.contains("udp dport 161")),
        "{new:?}"
    );
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn rules_that_people_wrote_are_read_as_far_as_they_are_understood() {
    let check = |rule: &str, faults: usize, accepts: bool| {
        let text = format!(
            "flush ruleset\ntable inet cofferdam {{\n  chain forward {{\n    type filter hook forward priority 0; policy drop;\n    {rule}\n  }}\n}}\n"
        );
        let read = parse(&text);
        assert_eq!(read.faults.len(), faults, "{rule}: {:?}", read.faults);
        assert_eq!(
            read.ruleset.answer(&packet()) == Verdict::Accept,
            accepts,
            "{rule}"
        );
    };
    check("ip saddr 10.0.0.0/8 tcp dport 502 accept", 0, true);
    check(
        "ip saddr { 10.0.0.1, 10.0.0.2-10.0.0.9 } ip daddr 10.20.1.11 tcp dport { 102, 500-510 } counter packets 5 bytes 300 accept",
        0,
        true,
    );
    check("meta l4proto tcp accept # everything", 0, true);
    check("tcp dport 503 accept", 0, false);
    check("tcp dport 502 limit rate 5/second accept", 1, false);
    check("iifname \"eth0\" accept", 1, false);
    check("ip saddr @nowhere accept", 1, false);
    check("limit rate 5/second log prefix \"x: \"", 0, false);
}

#[test]
fn a_fault_names_its_place() {
    let read = parse(
        "table inet cofferdam {\n\tchain forward {\n\t\ttype filter hook forward priority 0; policy accept;\n\t\ttcp sport 5 accept\n\t}\n}\n",
    );
    let [unknown, default] = &read.faults[..] else {
        panic!("{:?}", read.faults)
    };
    assert_eq!((unknown.line, unknown.column), (4, 7));
    assert_eq!(unknown.kind, FaultKind::Unknown { word: "sport".into() });
    assert_eq!(default.kind, FaultKind::DefaultAccept);
    assert!(matches!(parse("").faults[..], [ref fault] if fault.kind == FaultKind::NoForwardChain));
}

fn packet() -> Packet {
    Packet {
        source: ip("10.0.0.2"),
        destination: ip("10.20.1.11"),
        protocol: IpProtocol::TCP,
        port: 502,
        time: at("2026-11-28T06:00:00Z"),
    }
}

#[test]
fn no_rule_at_all_drops_everything() {
    let nothing = Ruleset {
        scope: cofferdam_policy::backends::nftables::Comment::new(""),
        sets: [].into(),
        rules: vec![],
    };
    assert_eq!(nothing.answer(&packet()), Verdict::Drop);
}
