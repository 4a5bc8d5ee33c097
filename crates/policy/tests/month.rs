//! The loop on a simulated month: observe it, draft from its first week, replay all of it, and compare what is found
//! with the simulation's truth about what was work and what was an intrusion.

#![expect(
    clippy::unwrap_used,
    reason = "a test that fails is the point, and this one says what it measured"
)]
mod common;

use cofferdam_observe::{FlowRecord, Observation, Observer, Settings as ObserverSettings};
use cofferdam_policy::{
    Conversations, Draft, DraftSettings, EvidenceKind, Finding, HostKey, Likely, Policy, Shadow,
    ShadowReport, ShadowSettings, draft,
};
use cofferdam_simulate::{EventKind, Intrusion, Settings, Simulation, TrueEvent, Truth};
use cofferdam_terms::{LinkType, Timestamp};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

struct Month {
    truth: Truth,
    records: Vec<FlowRecord>,
    draft: Draft,
    report: ShadowReport,
    learned: (Timestamp, Timestamp),
}

fn month() -> &'static Month {
    static MONTH: OnceLock<Month> = OnceLock::new();
    MONTH.get_or_init(|| {
        let settings = Settings {
            duration: Duration::from_hours(24 * 31),
            // The rhythms are what counts here, not how often a value is polled.
            poll_every: Settings::MAX_POLL,
            intrusions: Intrusion::ALL.to_vec(),
            ..Settings::default()
        };
        let start = settings.start;
        let (truth, records, observation) = observe(settings);
        let learned = (start, start.plus(Duration::from_hours(7 * 24)));
        let week: Conversations = records.iter().filter(|record| record.first < learned.1).collect();
        let settings = DraftSettings {
            site: "mro".parse().unwrap(),
            site_name: "Simulated plant".to_owned(),
            capture: "month.pcap".to_owned(),
        };
        let draft = draft(&observation.assets, &week, &settings).unwrap();
        let policy = Policy::new(&draft.plant);
        let settings = ShadowSettings {
            learned: Some(learned),
            ..ShadowSettings::default()
        };
        let mut shadow = Shadow::new(&policy, &draft.plant, settings);
        for record in &records {
            shadow.record(record);
        }
        let report = shadow.finish(&observation.assets);
        Month {
            truth,
            records,
            draft,
            report,
            learned,
        }
    })
}

fn observe(settings: Settings) -> (Truth, Vec<FlowRecord>, Observation) {
    let mut simulation = Simulation::new(settings).unwrap();
    let mut observer = Observer::new(ObserverSettings::new("month.pcap".to_owned()));
    let mut records = Vec::new();
    let mut number = 0;
    while let Some(frame) = simulation.next_frame() {
        number += 1;
        let length = u32::try_from(frame.bytes.len()).unwrap();
        observer.frame(
            number,
            frame.time,
            LinkType::ETHERNET,
            frame.bytes,
            length,
            &mut records,
        );
    }
    let observation = observer.finish(&mut records);
    (simulation.truth().clone(), records, observation)
}

/// The events that a finding belongs to: same two hosts and service, at the time.
fn events<'t>(truth: &'t Truth, finding: &Finding) -> Vec<&'t TrueEvent> {
    let id = |key: HostKey| {
        let HostKey::Ip(ip) = key else { return None };
        let has = |asset: &&cofferdam_simulate::TrueAsset| {
            asset
                .interfaces
                .iter()
                .any(|interface| std::net::IpAddr::V4(interface.ip) == ip)
        };
        truth.assets.iter().find(has).map(|asset| asset.id.as_str())
    };
    let (initiator, responder) = (id(finding.key.initiator), id(finding.key.responder));
    truth
        .events
        .iter()
        .filter(|event| event.from <= finding.last && finding.first <= event.to)
        .filter(|event| {
            event
                .flows
                .iter()
                .filter_map(|at| truth.flows.get(*at))
                .any(|flow| {
                    Some(flow.initiator.as_str()) == initiator
                        && Some(flow.responder.as_str()) == responder
                        && flow.transport == finding.key.transport
                        && flow.port == finding.key.responder_port
                })
        })
        .collect()
}

#[test]
fn the_monthly_calibration_is_found_and_likely_needed() {
    let month = month();
    let of_calibration = |finding: &&Finding| {
        events(&month.truth, finding)
            .iter()
            .any(|event| event.cause == "calibration")
    };
    let found: Vec<_> = month.report.findings.iter().filter(of_calibration).collect();
    assert!(!found.is_empty(), "{}", month.report.sentence);
    for finding in found {
        println!("{}", finding.sentence);
        assert_eq!(finding.judgement.likely, Likely::Needed, "{}", finding.sentence);
        assert!(
            finding.sentence.contains("never seen in the 7 days"),
            "{}",
            finding.sentence
        );
        assert!(!finding.edits.is_empty());
        assert!(month.learned.1 < finding.first);
    }
}

#[test]
fn no_work_is_called_unwanted_and_no_intrusion_needed() {
    let month = month();
    let mut table: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for finding in &month.report.findings {
        for event in events(&month.truth, finding) {
            *table
                .entry((event.cause, finding.judgement.likely.name()))
                .or_default() += 1;
            let mistaken = match event.kind {
                EventKind::Planned => Likely::Unwanted,
                EventKind::Intrusion => Likely::Needed,
            };
            if finding.judgement.likely == mistaken {
                wrong.push(format!("{}: {}", event.cause, finding.sentence));
            }
        }
    }
    for ((cause, likely), count) in &table {
        println!("{cause}: {count} {likely}");
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_the_policy_was_learned_from_is_not_cut_except_what_was_left_out() {
    let month = month();
    let left_out: Vec<_> = month.draft.left_out.iter().map(|left| left.key).collect();
    for finding in &month.report.findings {
        let in_week = month.records.iter().any(|record| {
            record.first < month.learned.1 && cofferdam_policy::ConversationKey::of(record) == finding.key
        });
        if in_week && finding.first < month.learned.1 {
            assert!(left_out.contains(&finding.key), "{}", finding.sentence);
        }
    }
}

#[test]
fn the_fail_over_is_told_as_one() {
    let month = month();
    let of_failover = |finding: &&Finding| {
        events(&month.truth, finding)
            .iter()
            .any(|event| event.cause == "failover")
    };
    let found: Vec<_> = month.report.findings.iter().filter(of_failover).collect();
    assert!(!found.is_empty(), "{}", month.report.sentence);
    let twins = found.iter().filter(|finding| {
        let kinds = finding.judgement.evidence.iter().map(|piece| piece.kind);
        kinds.into_iter().any(|kind| kind == EvidenceKind::Twin)
    });
    assert_eq!(twins.count(), found.len());
}
