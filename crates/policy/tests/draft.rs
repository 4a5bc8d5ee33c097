//! A draft permits just what was seen to take place, and draws zones as its reasons say.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails is the point"
)]
mod common;

use cofferdam_observe::{FlowRecord, ObservedAsset, Traffic};
use cofferdam_plant::{Document, Plant, Stage, ZoneKind};
use cofferdam_policy::{
    Conversations, Draft, DraftSettings, Flow, Host, LeftOutReason, Policy, Verdict, draft,
};
use cofferdam_terms::{OperationClass, Timestamp, Transport};
use common::seen::{modbus, observed, opaque, unanswered};
use common::{at, ip};
use proptest::prelude::*;

const HOSTS: [(&str, &str); 9] = [
    ("10.20.1.11", "plc"),
    ("10.20.1.12", "plc"),
    ("10.20.1.20", "safety-controller"),
    ("10.20.1.50", "hmi"),
    ("10.20.2.10", "historian"),
    ("10.20.3.5", "jump-host"),
    ("10.30.0.9", "workstation"),
    ("203.0.113.5", "unknown"),
    ("198.51.100.7", "external"),
];

fn settings() -> DraftSettings {
    DraftSettings {
        site: "site".parse().unwrap(),
        site_name: "Site".to_owned(),
        capture: "week.pcap".to_owned(),
    }
}

fn assets() -> Vec<ObservedAsset> {
    HOSTS.iter().map(|(ip, role)| observed(ip, role)).collect()
}

fn drafted(assets: &[ObservedAsset], records: &[FlowRecord]) -> Draft {
    draft(assets, &records.iter().collect(), &settings()).unwrap()
}

fn monday() -> Timestamp {
    at("2026-03-02T06:00:00Z")
}

fn zone_of(plant: &Plant, address: &str) -> (String, ZoneKind) {
    let policy = Policy::new(plant);
    let id = policy.zone_at(&Host::at(ip(address))).unwrap();
    (id.to_string(), plant.zone(id).unwrap().kind)
}

#[test]
fn hosts_are_grouped_by_subnet_and_role() {
    // The historian counts as the plant's because it reads a controller.
    let records = [modbus(
        "10.20.2.10",
        "10.20.1.11",
        monday(),
        &[(OperationClass::Read, 9)],
    )];
    let plant = drafted(&assets(), &records).plant;
    for (address, id, kind) in [
        ("10.20.1.11", "control-10-20-1", ZoneKind::Control),
        ("10.20.1.20", "safety-10-20-1", ZoneKind::Safety),
        ("10.20.1.50", "supervisory-10-20-1", ZoneKind::Supervisory),
        ("10.20.2.10", "operations-10-20-2", ZoneKind::Operations),
        ("10.20.3.5", "dmz-10-20-3", ZoneKind::Dmz),
        ("10.30.0.9", "enterprise-10-30-0", ZoneKind::Enterprise),
        ("203.0.113.5", "external", ZoneKind::External),
        ("198.51.100.7", "external", ZoneKind::External),
        // A stranger beside controllers stands apart; elsewhere it goes to the zone with most hosts of its subnet.
        ("10.20.1.200", "temporary", ZoneKind::Temporary),
        ("10.30.0.200", "enterprise-10-30-0", ZoneKind::Enterprise),
    ] {
        assert_eq!(zone_of(&plant, address), (id.to_owned(), kind), "{address}");
    }
    assert_eq!(plant.site().stage, Stage::Draft);
    for zone in plant.zones() {
        assert!(
            zone.sl_t.is_none() && zone.owner.is_none(),
            "a draft asserts no level or owner"
        );
        assert!(zone.reason.chars().any(|c| c.is_ascii_digit()), "{}", zone.reason);
    }
}

#[test]
fn a_laptop_that_is_there_now_and_then_gets_a_temporary_zone() {
    let mut assets = assets();
    assets.push(observed("10.20.1.77", "engineering-workstation"));
    let day = |n: i64| Timestamp::from_secs(monday().secs() + n * 86_400);
    let mut records: Vec<_> = (0..10)
        .map(|n| modbus("10.20.1.50", "10.20.1.11", day(n), &[(OperationClass::Read, 9)]))
        .collect();
    records.push(modbus(
        "10.20.1.77",
        "10.20.1.11",
        day(4),
        &[(OperationClass::Write, 2)],
    ));
    let draft = drafted(&assets, &records);
    assert_eq!(zone_of(&draft.plant, "10.20.1.77").1, ZoneKind::Temporary);
    let placement = draft
        .placements
        .iter()
        .find(|placement| placement.asset.as_str() == "engineering-workstation-10-20-1-77")
        .unwrap();
    assert_eq!(
        placement.reasons,
        ["It was there on 1 of 10 recorded days, for 1 hour in all: it is connected now and then."]
    );
}

#[test]
fn a_permit_says_who_what_and_how_often() {
    let records = [
        modbus(
            "10.20.1.50",
            "10.20.1.11",
            monday(),
            &[(OperationClass::Read, 40)],
        ),
        modbus("10.20.1.50", "10.20.1.12", monday(), &[(OperationClass::Read, 2)]),
        modbus(
            "10.20.2.10",
            "10.20.1.11",
            monday(),
            &[(OperationClass::Read, 7), (OperationClass::Write, 1)],
        ),
    ];
    let plant = drafted(&assets(), &records).plant;
    let ids: Vec<_> = plant
        .conduits()
        .iter()
        .flat_map(|conduit| {
            conduit
                .permits
                .iter()
                .map(|permit| format!("{}/{}", conduit.id, permit.id))
        })
        .collect();
    assert_eq!(
        ids,
        [
            "control-10-20-1--operations-10-20-2/modbus-502-historian-10-20-2-10",
            "control-10-20-1--supervisory-10-20-1/modbus-502-hmi-10-20-1-50",
        ]
    );
    let permit = &plant.conduits()[1].permits[0];
    assert_eq!(permit.to.len(), 2);
    assert_eq!(permit.operations.to_string(), "read");
    assert_eq!(
        permit.reason,
        "Draft: seen between 1 initiator and 2 responders: 2 connections, 42 requests (42 answered), 98 packets, \
         on 1 of 1 recorded days."
    );
}

#[test]
fn a_business_system_that_looks_like_one_of_the_plant_stays_in_the_enterprise() {
    let mut assets = assets();
    assets.push(observed("10.30.0.12", "mes"));
    let records = [opaque("10.20.2.10", "10.30.0.12", 443, monday())];
    let plant = drafted(&assets, &records).plant;
    assert_eq!(zone_of(&plant, "10.30.0.12").1, ZoneKind::Enterprise);
}

#[test]
fn a_host_that_was_not_there_is_not_drafted() {
    let mut assets = assets();
    let mut later = observed("10.20.1.99", "plc");
    later.first = at("2026-05-01T00:00:00Z");
    assets.push(later);
    let records = [modbus(
        "10.20.1.50",
        "10.20.1.11",
        monday(),
        &[(OperationClass::Read, 1)],
    )];
    let plant = drafted(&assets, &records).plant;
    assert_eq!(plant.assets().len(), HOSTS.len());
}

#[test]
fn reports_that_nobody_answers_are_learned() {
    let syslog = |n: i64| FlowRecord {
        transport: Transport::UDP,
        ..unanswered(
            "10.20.1.50",
            "10.20.2.10",
            514,
            Timestamp::from_secs(monday().secs() + n * 3600),
        )
    };
    let plant = drafted(&assets(), &[syslog(0), syslog(5)]).plant;
    assert_eq!(plant.conduits().len(), 1);
}

#[test]
fn what_did_not_take_place_is_not_learned_and_said() {
    let refused = FlowRecord {
        sent: Traffic {
            packets: 1,
            bytes: 74,
        },
        received: Traffic {
            packets: 1,
            bytes: 60,
        },
        ..opaque("10.30.0.9", "10.20.1.12", 23, monday())
    };
    let records = [
        unanswered("10.30.0.9", "10.20.1.11", 22, monday()),
        refused,
        opaque("10.30.0.9", "10.99.9.9", 443, monday()),
    ];
    let draft = drafted(&assets(), &records);
    assert_eq!(draft.plant.conduits().len(), 0);
    let reasons: Vec<_> = draft
        .left_out
        .iter()
        .map(|left| (left.key.responder_port, left.reason))
        .collect();
    assert_eq!(
        reasons,
        [
            (22, LeftOutReason::NeverAnswered),
            (23, LeftOutReason::NothingSaid),
            (443, LeftOutReason::EndUnknown),
        ]
    );
}

#[test]
fn a_later_draft_keeps_the_ids_of_an_earlier_one() {
    let read = |from, to| modbus(from, to, monday(), &[(OperationClass::Read, 4)]);
    let early = [read("10.20.1.50", "10.20.1.11"), read("10.20.2.10", "10.20.1.11")];
    let mut late = early.to_vec();
    late.push(opaque("10.20.3.5", "10.20.1.50", 3389, monday()));
    let mut more = assets();
    more.push(observed("10.20.1.13", "plc"));
    let before = drafted(&assets(), &early).plant;
    let after = drafted(&more, &late).plant;
    for conduit in before.conduits() {
        assert_eq!(after.conduit(&conduit.id), Some(conduit));
    }
    for asset in before.assets() {
        assert_eq!(after.asset(&asset.id), Some(asset));
    }
    for zone in before.zones() {
        assert!(after.zone(&zone.id).is_some());
    }
}

/// One thing that may be seen: who asks whom, on which port, for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ask {
    from: usize,
    to: usize,
    port: u16,
    operation: OperationClass,
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let ports = proptest::sample::select(&[502u16, 503][..]);
    let operations = proptest::sample::select(&[OperationClass::Read, OperationClass::Write][..]);
    (0..HOSTS.len(), 0..HOSTS.len(), ports, operations).prop_map(|(from, to, port, operation)| Ask {
        from,
        to,
        port,
        operation,
    })
}

fn record(ask: Ask) -> FlowRecord {
    FlowRecord {
        responder_port: ask.port,
        ..modbus(
            HOSTS[ask.from].0,
            HOSTS[ask.to].0,
            monday(),
            &[(ask.operation, 3)],
        )
    }
}

fn flow(ask: Ask) -> Flow<'static> {
    let record = record(ask);
    Flow::of_record(&record).within(&record, Some(ask.operation))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Over every pair of hosts, port and operation: what crosses a zone's border passes if, and only if, it was seen.
    #[test]
    fn a_draft_permits_just_what_was_seen(seen in proptest::collection::btree_set(any_ask(), 0..40)) {
        let records: Vec<_> = seen.iter().map(|ask| record(*ask)).collect();
        let plant = drafted(&assets(), &records).plant;
        let policy = Policy::new(&plant);
        for from in 0..HOSTS.len() {
            for to in 0..HOSTS.len() {
                for port in [502, 503] {
                    for operation in [OperationClass::Read, OperationClass::Write] {
                        let ask = Ask { from, to, port, operation };
                        match policy.verdict(&flow(ask)) {
                            Verdict::IntraZone { .. } => {}
                            Verdict::Permit { .. } => prop_assert!(seen.contains(&ask), "{ask:?}"),
                            Verdict::Deny(reason) => prop_assert!(!seen.contains(&ask), "{ask:?} {reason:?}"),
                            Verdict::Segment(_) => prop_assert!(false, "{ask:?}"),
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_order_of_records_changes_no_draft_and_the_text_form_holds_it(
        asks in proptest::collection::vec(any_ask(), 0..30),
        turn in 0usize..30,
    ) {
        let mut records: Vec<_> = asks.iter().map(|ask| record(*ask)).collect();
        let before = drafted(&assets(), &records);
        let by = turn.min(records.len());
        records.rotate_left(by);
        prop_assert_eq!(&before, &drafted(&assets(), &records));
        // What was drafted is a file that a person can edit.
        let text = Document::from_plant("draft", &before.plant).unwrap();
        prop_assert_eq!(text.plant(), &before.plant);
    }
}

#[test]
fn beyond_its_limit_conversations_count_what_they_drop() {
    let mut conversations = Conversations::with_limit(2);
    for port in 1..=5 {
        conversations.absorb(&opaque("10.0.0.1", "10.0.0.2", port, monday()));
    }
    conversations.absorb(&opaque("10.0.0.1", "10.0.0.2", 1, monday()));
    assert_eq!((conversations.len(), conversations.records()), (2, 6));
    assert_eq!(conversations.dropped().records, 3);
    assert_eq!(conversations.dropped().first.unwrap().responder_port, 3);
    // Two conversations hold eight operations between them, however many are asked.
    let mut record = modbus("10.0.0.1", "10.0.0.2", monday(), &[(OperationClass::Read, 1); 20]);
    record.responder_port = 1;
    for (unit, operation) in (0..).zip(&mut record.operations) {
        operation.unit = Some(unit);
    }
    conversations.absorb(&record);
    let first = conversations.iter().next().unwrap();
    assert_eq!((first.operations.len(), first.operations_dropped), (8, 12));
}
