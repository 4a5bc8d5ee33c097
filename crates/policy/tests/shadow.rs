//! The shadow test: what it finds in known stories, and what holds for every model and traffic.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails is the point"
)]
mod common;

use cofferdam_observe::{
    FlowRecord, IdentityFact, IdentityField, ObservedAsset, Protocol, Recognition, Traffic,
};
use cofferdam_plant::{Document, Plant};
use cofferdam_policy::{
    Change, CutBy, DraftSettings, EvidenceKind, Finding, Likely, Policy, Shadow, ShadowReport,
    ShadowSettings, apply, compare, draft, page,
};
use cofferdam_terms::{OperationClass, Timestamp, WireText};
use common::reference::needs_a_person;
use common::seen::{any_record, modbus, observed, opaque, unanswered};
use common::{any_plant, at};
use proptest::prelude::*;

const PLC: &str = "10.20.1.11";
const SPARE: &str = "10.20.1.12";
const HMI: &str = "10.20.1.50";
const LAPTOP: &str = "10.20.1.77";
const OFFICE: &str = "10.30.0.9";

fn hosts() -> Vec<ObservedAsset> {
    let mut hosts = vec![
        observed(PLC, "plc"),
        observed(SPARE, "plc"),
        observed(HMI, "hmi"),
        observed(LAPTOP, "engineering-workstation"),
        observed(OFFICE, "workstation"),
    ];
    // The laptop comes on one day, and says its name.
    let laptop = &mut hosts[3];
    laptop.first = at("2026-03-28T02:00:00Z");
    laptop.last = at("2026-03-28T02:20:00Z");
    laptop.facts.push(IdentityFact {
        field: IdentityField::HostName,
        value: WireText::from_wire(b"CAL-LAPTOP-1"),
        protocol: Protocol("dhcp"),
        unit: None,
        packet: 1,
        at: laptop.first,
        times: 1,
    });
    hosts
}

fn day(n: i64) -> Timestamp {
    // A Monday.
    Timestamp::from_secs(at("2026-03-02T06:00:00Z").secs() + n * 86_400)
}

/// The panel reads the controller on every day of four weeks.
fn month() -> Vec<FlowRecord> {
    (0..28)
        .map(|n| modbus(HMI, PLC, day(n), &[(OperationClass::Read, 50)]))
        .collect()
}

/// A plant drafted out of the first seven days.
fn learned(records: &[FlowRecord]) -> Plant {
    let week = records.iter().filter(|record| record.first < day(7));
    let settings = DraftSettings {
        site: "site".parse().unwrap(),
        site_name: "Site".to_owned(),
        capture: "week.pcap".to_owned(),
    };
    draft(&hosts(), &week.collect(), &settings).unwrap().plant
}

fn shadow(plant: &Plant, records: &[FlowRecord]) -> ShadowReport {
    let policy = Policy::new(plant);
    let settings = ShadowSettings {
        learned: Some((day(0), day(6))),
        ..ShadowSettings::default()
    };
    let mut shadow = Shadow::new(&policy, plant, settings);
    for record in records {
        shadow.record(record);
    }
    shadow.finish(&hosts())
}

fn only(report: &ShadowReport) -> &Finding {
    assert_eq!(report.findings.len(), 1, "{}", report.sentence);
    &report.findings[0]
}

fn has(finding: &Finding, kind: EvidenceKind) -> bool {
    finding.judgement.evidence.iter().any(|piece| piece.kind == kind)
}

#[test]
fn a_monthly_calibration_that_a_week_did_not_show_is_found_and_told_in_one_sentence() {
    let mut records = month();
    let calibration = modbus(
        LAPTOP,
        PLC,
        at("2026-03-28T02:00:00Z"),
        &[(OperationClass::Read, 16), (OperationClass::Write, 8)],
    );
    records.push(FlowRecord {
        last: at("2026-03-28T02:20:00Z"),
        ..calibration
    });
    let plant = learned(&records);
    let report = shadow(&plant, &records);
    let finding = only(&report);
    assert_eq!(
        finding.sentence,
        "Enforced, this policy would have cut 10.20.1.77 (“CAL-LAPTOP-1”, engineering-workstation, not in the model) \
         → plc-10-20-1-11 (tcp/502 modbus, read, write): 1 connection with 24 requests on 2026-03-28 02:00–02:20 UTC, \
         never seen in the 7 days that the policy was learned from; it is likely needed: everything was answered, it \
         is a session of a portable host with a controller, as calibration and maintenance have, the name \
         `CAL-LAPTOP-1` says calibration; against that, nowhere else was it seen to ask for write."
    );
    assert_eq!(finding.cut_by, CutBy::PortFilter);
    assert_eq!(finding.judgement.likely, Likely::Needed);
    let edits: Vec<_> = finding.edits.iter().map(ToString::to_string).collect();
    assert_eq!(
        edits,
        [
            "[[asset]] id = \"cal-laptop-1-10-20-1-77\", zone = \"temporary\", role = \"engineering-workstation\", \
             interfaces = [{ ip = \"10.20.1.77\" }]",
            "[[conduit]] id = \"control-10-20-1--temporary\", zones = [\"control-10-20-1\", \"temporary\"], with \
             [[conduit.permit]] id = \"modbus-502-cal-laptop-1-10-20-1-77\", from = \
             [\"asset:cal-laptop-1-10-20-1-77\"], to = [\"asset:plc-10-20-1-11\"], services = [\"tcp/502 modbus\"], \
             operations = [\"read\", \"write\"]",
        ]
    );
    assert_eq!(
        report.sentence,
        "Enforced, this policy would have cut 1 service use in 29 flow records over 29 recorded hours: 1 likely needed, \
         0 that the traffic alone can't tell, 0 likely unwanted; 0 of them only by an application gateway."
    );
}

#[test]
fn a_stranger_who_stops_and_programs_a_controller_is_not_called_needed_because_it_was_answered() {
    let mut records = month();
    let stop = [(OperationClass::Control, 2), (OperationClass::Program, 4)];
    records.push(modbus("10.20.1.66", PLC, day(9), &stop));
    let report = shadow(&learned(&records), &records);
    let finding = only(&report);
    assert_eq!(finding.judgement.likely, Likely::Unclear, "{}", finding.sentence);
    assert!(has(finding, EvidenceKind::NewWriter) && !has(finding, EvidenceKind::Maintenance));
}

#[test]
fn the_same_done_to_host_after_host_is_told_as_a_sweep() {
    let mut records = month();
    let others: Vec<String> = (0..6).map(|n| format!("10.40.0.{n}")).collect();
    records.extend(others.iter().map(|host| opaque(HMI, host, 445, day(9))));
    let report = shadow(&learned(&records), &records);
    assert_eq!(report.findings.len(), 6);
    for finding in &report.findings {
        assert!(has(finding, EvidenceKind::Sweep), "{}", finding.sentence);
        assert_ne!(finding.judgement.likely, Likely::Needed);
    }
}

#[test]
fn a_write_where_reading_is_permitted_is_cut_only_by_an_application_gateway() {
    let mut records = month();
    records.push(modbus(HMI, PLC, day(20), &[(OperationClass::Write, 3)]));
    let plant = learned(&records);
    let report = shadow(&plant, &records);
    let finding = only(&report);
    assert_eq!(finding.cut_by, CutBy::ApplicationGateway);
    assert_eq!(report.totals.cut_by_port_filter.records, 0);
    assert_eq!(report.totals.cut_by_gateway.requests, 3);
    assert!(has(finding, EvidenceKind::PairPermitted), "{}", finding.sentence);
    assert_eq!(
        finding.edits[0].to_string(),
        "conduit `control-10-20-1--supervisory-10-20-1`, permit `modbus-502-hmi-10-20-1-50`: add write to operations"
    );
}

#[test]
fn another_protocol_on_a_permitted_port_is_cut_only_by_an_application_gateway() {
    let mut records = month();
    records.push(FlowRecord {
        protocol: Some((Protocol("ssh"), Recognition::Content)),
        ..opaque(HMI, PLC, 502, day(20))
    });
    let report = shadow(&learned(&records), &records);
    let finding = only(&report);
    assert_eq!(
        (finding.cut_by, finding.reason),
        (CutBy::ApplicationGateway, "protocol-not-permitted")
    );
}

#[test]
fn a_scan_from_the_office_is_unwanted_and_says_why() {
    let mut records = month();
    records.extend((1..=40).map(|port| unanswered(OFFICE, PLC, port, day(9))));
    let report = shadow(&learned(&records), &records);
    assert_eq!(report.findings.len(), 40);
    for finding in &report.findings {
        assert_eq!(finding.judgement.likely, Likely::Unwanted);
        assert!(has(finding, EvidenceKind::Scan) && has(finding, EvidenceKind::NeverAnswered));
    }
    assert!(
        report.findings[0]
            .sentence
            .contains("the same host tried 40 ports of this one in vain"),
        "{}",
        report.findings[0].sentence
    );
}

#[test]
fn a_write_from_the_office_straight_to_a_controller_is_not_called_needed_because_it_was_answered() {
    let mut records = month();
    records.push(modbus(OFFICE, PLC, day(9), &[(OperationClass::Write, 3)]));
    let report = shadow(&learned(&records), &records);
    let finding = only(&report);
    assert_eq!(finding.judgement.likely, Likely::Unwanted, "{}", finding.sentence);
    assert!(has(finding, EvidenceKind::BypassesDmz) && has(finding, EvidenceKind::NewWriter));
}

#[test]
fn a_second_unit_that_takes_over_is_told_as_a_fail_over() {
    let mut records = month();
    records.push(modbus(HMI, SPARE, day(16), &[(OperationClass::Read, 50)]));
    // The spare runs all the time, and follows its twin within their zone.
    records.extend((0..28).map(|n| modbus(SPARE, PLC, day(n), &[(OperationClass::Read, 5)])));
    let report = shadow(&learned(&records), &records);
    let finding = only(&report);
    assert_eq!(finding.judgement.likely, Likely::Needed);
    assert!(has(finding, EvidenceKind::Twin), "{}", finding.sentence);
}

#[test]
fn what_recurs_weekly_is_told_by_its_rhythm() {
    let mut records = month();
    let weekly = [8, 15, 22].map(|n| FlowRecord {
        received: Traffic {
            packets: 40,
            bytes: 9_000,
        },
        ..opaque(OFFICE, HMI, 445, day(n))
    });
    records.extend(weekly);
    let report = shadow(&learned(&records), &records);
    let finding = only(&report);
    assert!(
        finding
            .sentence
            .contains("from 2026-03-10 06:00 to 2026-03-24 06:01 UTC (weekly, 3 times)"),
        "{}",
        finding.sentence
    );
    assert!(has(finding, EvidenceKind::Rhythm));
}

#[test]
fn the_recording_says_what_it_did_not_cover() {
    let records: Vec<_> = month().into_iter().take(7).collect();
    let report = shadow(&learned(&records), &records);
    assert_eq!(report.findings.len(), 0);
    assert_eq!(
        report.coverage.sentences,
        [
            "The recording holds 7 clock hours on 7 days: 1 of 24 hours of the day, 7 of 7 weekdays, 7 of 31 days of \
             the month.",
            "In 138 clock hours between its first and last nothing was seen: what ran then is not tested.",
            "Jobs that run daily fell into it at least twice.",
            "Jobs that run weekly need not be in it: that none was cut proves nothing for them.",
            "Jobs that run monthly need not be in it: that none was cut proves nothing for them.",
            "Jobs that run yearly need not be in it: that none was cut proves nothing for them.",
            "2 assets of the model were not seen at all: plc-10-20-1-12, workstation-10-30-0-9.",
        ]
    );
    let plc = report
        .coverage
        .assets
        .iter()
        .find(|duty| duty.asset.as_str() == "plc-10-20-1-11");
    assert_eq!(
        plc.unwrap().sentence,
        "plc-10-20-1-11 was seen in 7 hours on 7 of 7 recorded days (7 of 7 weekdays): daily, on 7 days."
    );
}

#[test]
fn two_policies_are_compared_on_the_same_traffic() {
    let mut records = month();
    records.push(modbus(LAPTOP, PLC, day(26), &[(OperationClass::Write, 3)]));
    let plant = learned(&records);
    let before = shadow(&plant, &records);
    let mended = apply(&plant, &before.findings[0].edits).unwrap();
    let after = shadow(&mended, &records);
    assert_eq!(after.findings.len(), 0);
    let forth = compare(&before, &after);
    assert!(
        matches!(forth.changes[..], [Change::NoLongerCut(_)]),
        "{}",
        forth.sentence
    );
    let back = compare(&after, &before);
    assert!(
        matches!(back.changes[..], [Change::NewlyCut(_)]),
        "{}",
        back.sentence
    );
    assert_eq!(compare(&before, &before).same, 1);
}

#[test]
fn pages_tell_the_length_of_the_whole() {
    let list = [1, 2, 3, 4, 5];
    let check = |offset, most, items: &[i32]| {
        let got = page(&list, offset, most);
        assert_eq!((got.items, got.total), (items, 5));
    };
    check(0, 2, &[1, 2]);
    check(4, 2, &[5]);
    check(9, 2, &[]);
    check(0, usize::MAX, &list);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every record is counted once, and the findings account for all that was cut.
    #[test]
    fn nothing_is_lost_between_records_and_findings(
        plant in any_plant(),
        records in proptest::collection::vec(any_record(), 0..40),
    ) {
        let report = shadow(&plant, &records);
        let totals = &report.totals;
        let parts = [
            totals.permitted, totals.intra_zone, totals.segment,
            totals.cut_by_port_filter, totals.cut_by_gateway, totals.cut_on_link,
        ];
        let counted: u64 = parts.iter().map(|part| part.records).sum();
        prop_assert_eq!(counted, records.len() as u64);
        for (by, total) in [
            (CutBy::PortFilter, totals.cut_by_port_filter),
            (CutBy::ApplicationGateway, totals.cut_by_gateway),
            (CutBy::LinkFilter, totals.cut_on_link),
        ] {
            let of_kind = report.findings.iter().filter(|finding| finding.cut_by == by);
            let sums = of_kind.fold((0, 0, 0), |sum, finding| {
                let hours: u64 = finding.hours.values().map(|amount| amount.records).sum();
                assert_eq!(hours, finding.amount.records);
                (
                    sum.0 + finding.amount.records,
                    sum.1 + finding.amount.requests,
                    sum.2 + finding.amount.traffic.bytes,
                )
            });
            prop_assert_eq!(sums, (total.records, total.requests, total.traffic.bytes));
        }
    }

    /// The edits of a finding let it through; all edits together let all through; and the text form holds the result.
    #[test]
    fn the_proposed_edits_let_the_cut_traffic_through(
        plant in any_plant(),
        records in proptest::collection::vec(any_record(), 1..25),
    ) {
        let report = shadow(&plant, &records);
        let mut all = Vec::new();
        for finding in &report.findings {
            if finding.edits.is_empty() {
                let beyond = [&finding.initiator, &finding.responder].iter().any(|who| {
                    needs_a_person(&plant, who.key, finding.key.vlan)
                });
                prop_assert!(beyond, "{}", finding.sentence);
                continue;
            }
            let mended = apply(&plant, &finding.edits).unwrap();
            let again = shadow(&mended, &records);
            let still = again.findings.iter().find(|other| other.key == finding.key);
            prop_assert!(still.is_none_or(|still| still.cut_by != finding.cut_by), "{}\n{:?}\n{}", finding.sentence,
                finding.edits.iter().map(ToString::to_string).collect::<Vec<_>>(), still.unwrap().sentence);
            all.extend(finding.edits.iter().cloned());
        }
        let mended = apply(&plant, &all).unwrap();
        let left = shadow(&mended, &records);
        // What stays cut is what no edit was proposed for.
        for finding in &left.findings {
            let before = report.findings.iter().find(|other| other.key == finding.key && other.cut_by == finding.cut_by);
            prop_assert!(before.is_some_and(|before| before.edits.is_empty()), "{}", finding.sentence);
        }
        // A random plant may hold what the text form refuses; the edits must not add to that.
        if Document::from_plant("before", &plant).is_ok() {
            prop_assert!(Document::from_plant("mended", &mended).is_ok());
        }
    }
}
