//! What is usual, and what deviates from it: on records made to order and on a simulated plant.

use super::plant::observe;
use crate::{
    Act, Baseline, BaselineForm, Category, Countdown, DeviationKind, Exchange, FlowRecord, Learning,
    Newcomer, Number, Rhythms, Ruling, Rulings, Spread, Talker, UsedOperation, WrittenRange,
};
use cofferdam_simulate::Settings as Plant;
use cofferdam_terms::{Timestamp, WireText};
use std::time::Duration;

fn text(text: &str) -> WireText {
    WireText::from_wire(text.as_bytes())
}

/// A record of the toy protocol out of real frames, then changed.
fn record(second: i64, change: impl FnOnce(&mut FlowRecord)) -> FlowRecord {
    use super::frames::{Bench, station, udp};
    use super::toy::{self, ask};
    let mut bench = Bench::new();
    bench.take(&udp(
        station(1),
        station(2),
        (40_000, toy::PORT),
        &ask(1, 100, 10),
    ));
    let mut record = bench.finish().0.remove(0);
    record.first = Timestamp::from_secs(second);
    change(&mut record);
    record
}

fn with_exchange(second: i64, median: u64, written: [f64; 2]) -> FlowRecord {
    let length = Duration::from_millis(median);
    record(second, |record| {
        record.operations[0].exchange = Exchange {
            interval: Some(Spread {
                count: 100,
                min: length,
                median: length,
                max: length,
            }),
            written: vec![WrittenRange {
                object: text("register 7"),
                min: Number::new(written[0]),
                max: Number::new(written[1]),
                times: 2,
            }],
            ..Exchange::default()
        };
    })
}

fn learned() -> Baseline {
    let mut baseline = Baseline::new(Timestamp::from_secs(0), Timestamp::from_secs(1000));
    baseline.learn(&with_exchange(10, 1000, [5.0, 9.0]));
    baseline.learn(&with_exchange(20, 1500, [6.0, 12.0]));
    baseline
}

/// The words of each deviation.
fn check(later: &FlowRecord, expected: &[&str]) {
    let found = learned().judge(later);
    let words: Vec<String> = found
        .kept
        .iter()
        .map(|deviation| match &deviation.kind {
            DeviationKind::NewTalker(host) => format!("new talker {host}"),
            DeviationKind::Stopped { silent, .. } => format!("stopped for {silent:?}"),
            DeviationKind::NewPair => "new pair".to_owned(),
            DeviationKind::NewService => "new service".to_owned(),
            DeviationKind::NewOperation(operation) => format!("new operation {}", operation.function),
            DeviationKind::NewObject { object, .. } => format!("new object {object}"),
            DeviationKind::PeriodChanged { learned, seen, .. } => format!("period {learned:?} {seen:?}"),
            DeviationKind::ValueOutOfRange {
                object,
                learned,
                seen,
                ..
            } => {
                format!(
                    "{object}: {}-{} not in {}-{}",
                    seen[0], seen[1], learned[0], learned[1]
                )
            }
        })
        .collect();
    assert_eq!(words, expected);
}

#[test]
fn what_was_learned_does_not_deviate() {
    check(&with_exchange(2000, 1200, [5.0, 12.0]), &[]);
    check(&with_exchange(2000, 2900, [7.0, 7.0]), &[]);
    check(
        &record(2000, |record| {
            record.operations[0].objects = vec![text("register 103-105")]
        }),
        &[],
    );
}

#[test]
fn each_kind_of_deviation_is_told_with_what_was_learned() {
    check(
        &with_exchange(2000, 3100, [5.0, 5.0]),
        &["period [1s, 1.5s] 3.1s"],
    );
    check(
        &with_exchange(2000, 400, [4.0, 13.0]),
        &["period [1s, 1.5s] 400ms", "register 7: 4-13 not in 5-12"],
    );
    check(
        &record(2000, |record| {
            record.operations[0].objects = vec![text("register 105-110")]
        }),
        &["new object register 105-110"],
    );
    check(
        &record(2000, |record| {
            record.operations[0].objects = vec![text("coil 105")]
        }),
        &["new object coil 105"],
    );
    check(
        &record(2000, |record| record.operations[0].function = 4),
        &["new operation 4"],
    );
    check(
        &record(2000, |record| record.responder_port = 7),
        &["new service"],
    );
    check(
        &record(2000, |record| {
            std::mem::swap(&mut record.initiator, &mut record.responder)
        }),
        &["new pair"],
    );
    check(
        &record(2000, |record| record.responder.ip = "10.0.0.9".parse().ok()),
        &["new talker 10.0.0.9"],
    );
}

#[test]
fn what_lies_outside_the_stated_time_is_not_learned() {
    let mut baseline = learned();
    baseline.learn(&record(1000, |record| record.responder_port = 7));
    baseline.learn(&record(-1, |record| record.responder_port = 8));
    assert_eq!(
        (baseline.outside(), baseline.uses(), baseline.not_learned()),
        (2, 1, 0)
    );
}

#[test]
fn where_not_all_objects_were_learned_none_is_called_new() {
    let mut baseline = learned();
    baseline.learn(&record(30, |record| record.operations[0].objects_dropped = 3));
    let later = record(2000, |record| {
        record.operations[0].objects = vec![text("coil 105")]
    });
    assert_eq!(baseline.judge(&later).kept, []);
    assert_eq!(baseline.not_learned(), 3);
}

#[test]
fn a_plant_s_second_hour_is_as_its_first_for_most_flows_and_the_order_of_learning_does_not_matter() {
    let plant = Plant {
        start: Timestamp::from_secs(Plant::DEFAULT_START.secs() + 29 * 3600),
        duration: Duration::from_hours(3),
        poll_every: Duration::from_secs(5),
        assets: 60,
        ..Plant::default()
    };
    let (flows, ..) = observe(plant);
    let first = flows.iter().map(|flow| flow.first).min().unwrap();
    let noon = first.plus(Duration::from_hours(2));
    let mut baseline = Baseline::new(first, noon);
    let mut turned = baseline.clone();
    flows.iter().for_each(|flow| baseline.learn(flow));
    flows.iter().rev().for_each(|flow| turned.learn(flow));
    assert_eq!(baseline, turned);
    let early = flows.iter().filter(|flow| flow.first < noon);
    for flow in early {
        assert_eq!(baseline.judge(flow).kept, [], "{flow:?}");
    }
    let polls: Vec<_> = flows
        .iter()
        .filter(|flow| flow.first >= noon && flow.operations.iter().any(|row| row.requests > 100))
        .collect();
    for flow in &polls {
        let found = baseline.judge(flow).kept;
        let strange = |kind: &DeviationKind| {
            matches!(
                kind,
                DeviationKind::NewTalker(_) | DeviationKind::NewPair | DeviationKind::NewService
            )
        };
        assert!(
            !found.iter().any(|deviation| strange(&deviation.kind)),
            "{found:?}"
        );
    }
    // Shifts begin and end: some polls ask for more than before.
    let quiet = polls
        .iter()
        .filter(|flow| baseline.judge(flow).kept.is_empty())
        .count();
    assert!(
        quiet * 3 >= polls.len() * 2 && quiet > 0,
        "{quiet} of {}",
        polls.len()
    );
}

#[test]
fn a_baseline_is_read_back_from_its_file_as_it_was() {
    let baseline = learned();
    let text = serde_json::to_string(&BaselineForm::from(&baseline)).unwrap();
    let form: BaselineForm = serde_json::from_str(&text).unwrap();
    assert_eq!(Baseline::try_from(form).unwrap(), baseline);
    for (change, to, expected) in [
        ("\"format\":1", "\"format\":9", "format 9"),
        (
            "\"10.0.0.1\"",
            "\"10.0.0.300\"",
            "`10.0.0.300` is no IP or MAC address",
        ),
        ("\"class\":\"", "\"class\":\"un", "is no operation class"),
    ] {
        let form: BaselineForm = serde_json::from_str(&text.replacen(change, to, 1)).unwrap();
        let fault = Baseline::try_from(form).unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault}");
    }
}

#[test]
fn a_stranger_is_told_as_one_and_a_poll_that_ends_as_stopped() {
    let stranger = record(2000, |record| record.initiator.ip = Some([10, 0, 0, 99].into()));
    let found = learned().judge(&stranger);
    let stranger_is = Talker::Ip([10, 0, 0, 99].into());
    assert_eq!(found.kept[0].kind, DeviationKind::NewTalker(stranger_is));
    assert_eq!(found.kept.len(), 1);

    let baseline = learned();
    let mut rhythms = Rhythms::default();
    let mut last = with_exchange(2000, 1000, [5.0, 9.0]);
    last.last = Timestamp::from_secs(3000);
    rhythms.take(&baseline, &last);
    assert_eq!(rhythms.stopped(&baseline, Timestamp::from_secs(3000 + 3600)), []);
    let stopped = rhythms.stopped(&baseline, Timestamp::from_secs(3000 + 4000));
    let [one] = &stopped[..] else {
        panic!("{stopped:?}");
    };
    assert_eq!(
        (one.at, one.packet),
        (Timestamp::from_secs(3000), last.operations[0].packet)
    );
    assert!(matches!(one.kind, DeviationKind::Stopped { silent, .. } if silent == Duration::from_secs(4000)));
}

#[test]
fn a_rogue_is_never_learned_and_an_accepted_one_is_for_being_there_alone() {
    let stranger = record(2000, |record| record.initiator.ip = Some([10, 0, 0, 99].into()));
    let mut baseline = learned();
    let new = baseline.judge(&stranger).kept.remove(0);
    let countdown = |learn| Countdown {
        begins: 0,
        learn,
        dynamic: 0,
        newcomer: 0,
    };
    let decide = |learn, kind: &DeviationKind| {
        Learning::new(countdown(learn)).decide(None, Category::of(kind), new.at, new.at)
    };
    let host = Newcomer("10.0.0.99".to_owned());
    assert!(Newcomer::of(&new).contains(&host), "{:?}", Newcomer::of(&new));
    let mut rulings = Rulings::default();
    assert_eq!(rulings.act(&new, decide(0, &new.kind)), (Act::Raise, None));
    rulings.rule(host.clone(), Ruling::Rogue, "anna", new.at);
    assert_eq!(rulings.act(&new, decide(9999, &new.kind)).0, Act::Raise);
    let provider = Ruling::Provider {
        name: "Bench & Co".to_owned(),
    };
    rulings.rule(host.clone(), provider.clone(), "anna", new.at);
    let (act, ruled) = rulings.act(&new, decide(0, &new.kind));
    assert_eq!(
        (act, ruled.map(|ruled| &ruled.ruling)),
        (Act::Learn, Some(&provider))
    );
    let text = serde_json::to_string(&rulings).unwrap();
    assert_eq!(serde_json::from_str::<Rulings>(&text).unwrap(), rulings);
    // Accepted, it is usual from then on; what it writes beyond the usual is still told.
    baseline.accept(&stranger);
    assert_eq!(baseline.judge(&stranger).kept, []);
    let mut odd = new.clone();
    odd.kind = DeviationKind::NewOperation(UsedOperation {
        protocol: super::toy::TOY,
        operation: cofferdam_terms::OperationClass::Write,
        function: 9,
        unit: None,
    });
    assert_eq!(rulings.act(&odd, decide(0, &odd.kind)).0, Act::Raise);
}

#[test]
fn where_objects_are_new_nearly_every_time_none_is_called_new() {
    let backup = |night: i64, name: &str| {
        record(night, |record| {
            let row = record.operations.first_mut().unwrap();
            row.objects = vec![text(name)];
        })
    };
    let mut baseline = Baseline::new(Timestamp::from_nanos(0), Timestamp::from_nanos(1 << 60));
    for night in 0..7 {
        baseline.learn(&backup(night, &format!("file backup-{night}.vbk")));
    }
    assert_eq!(baseline.judge(&backup(9, "file backup-9.vbk")).kept, vec![]);
    // The same file every night is usual, and another one is not.
    for night in 0..40 {
        baseline.learn(&backup(night, "file backup-0.vbk"));
    }
    let told = baseline.judge(&backup(9, "file backup-9.vbk")).kept;
    assert!(
        matches!(told.first().unwrap().kind, DeviationKind::NewObject { .. }),
        "{told:?}"
    );
}
