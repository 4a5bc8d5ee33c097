//! Whatever is recorded is read back, whole and in order, once.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it did not expect has failed"
)]
mod common;

use cofferdam_observe::FlowRecord;
use cofferdam_telemetry::{QueryLimits, Telemetry, TimeRange};
use cofferdam_terms::Timestamp;
use common::{any_flow, any_observation, poll, record, record_all};
use proptest::collection::vec;
use proptest::prelude::*;
use std::path::Path;

fn replay(folder: &Path, range: TimeRange) -> Vec<FlowRecord> {
    let telemetry = Telemetry::open(folder).unwrap();
    assert_eq!(telemetry.set_aside().len(), 0);
    let replay = telemetry.replay(range, QueryLimits::default()).unwrap();
    replay.map(|replayed| replayed.unwrap().record).collect()
}

/// What a replay must give: ordered by time, then by capture and number, which a stable sort keeps.
fn ordered(mut flows: Vec<FlowRecord>) -> Vec<FlowRecord> {
    flows.sort_by_key(|flow| flow.first);
    flows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_records_and_any_observation_are_read_back_equal(
        flows in vec(any_flow(), 0..40),
        observation in any_observation(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut telemetry = Telemetry::open(folder.path()).unwrap();
        let captured = record_all(&mut telemetry, "a.pcap", 1, &flows, &observation);

        let again = Telemetry::open(folder.path()).unwrap();
        prop_assert_eq!(again.captures().collect::<Vec<_>>(), vec![&captured]);
        prop_assert_eq!(again.observation(&captured.id).unwrap(), observation);
        prop_assert_eq!(replay(folder.path(), TimeRange::ALL), ordered(flows));
    }

    #[test]
    fn a_span_of_time_gives_the_records_that_began_in_it(
        flows in vec(any_flow(), 0..40),
        from in 0..100_i64,
        length in 0..100_i64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut telemetry = Telemetry::open(folder.path()).unwrap();
        record(&mut telemetry, "a.pcap", 1, &flows);
        let range = TimeRange {
            from: Some(Timestamp::from_nanos(from)),
            to: Some(Timestamp::from_nanos(from + length)),
        };
        let wanted: Vec<_> = flows.into_iter().filter(|flow| range.contains(flow.first)).collect();
        prop_assert_eq!(replay(folder.path(), range), ordered(wanted));
    }
}

#[test]
fn several_captures_come_back_as_one_stream_in_the_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut telemetry = Telemetry::open(folder.path()).unwrap();
    let odd: Vec<_> = (0..50).map(|n| poll(2 * n + 1)).collect();
    let even: Vec<_> = (0..50).map(|n| poll(2 * n)).collect();
    record(&mut telemetry, "odd.pcap", 1, &odd);
    record(&mut telemetry, "even.pcap", 2, &even);
    let wanted = ordered([odd, even].concat());
    assert_eq!(replay(folder.path(), TimeRange::ALL), wanted);
}

#[test]
fn observing_a_capture_again_replaces_it_whatever_it_is_called_now() {
    let folder = tempfile::tempdir().unwrap();
    let mut telemetry = Telemetry::open(folder.path()).unwrap();
    record(&mut telemetry, "week.pcap", 1, &[poll(0), poll(1)]);
    let again = record(&mut telemetry, "copy of week.pcap", 1, &[poll(5)]);
    assert_eq!(again.generation, 2);
    assert_eq!(replay(folder.path(), TimeRange::ALL), [poll(5)]);
    let left: Vec<_> = std::fs::read_dir(folder.path().join("flows")).unwrap().collect();
    assert_eq!(left.len(), 1, "the former file is gone: {left:?}");
}

#[test]
fn more_rows_than_a_batch_or_a_small_memory_holds_come_back_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut telemetry = Telemetry::open(folder.path()).unwrap();
    // Out of order, as records end: the engine has to sort, and to spill with this little memory.
    let count = 300_000_i64;
    let mut recorder = telemetry.recorder().unwrap();
    for n in 0..count {
        cofferdam_observe::FlowSink::flow(&mut recorder, poll((n * 7919) % count));
    }
    let source = cofferdam_telemetry::Source::content("long.pcap", [1; 32], 1);
    recorder
        .commit(&mut telemetry, source, &Default::default())
        .unwrap();
    let limits = QueryLimits {
        memory: 64 << 20,
        ..QueryLimits::default()
    };
    let mut next = 0;
    for replayed in telemetry.replay(TimeRange::ALL, limits).unwrap() {
        let record = replayed.unwrap().record;
        assert_eq!(record, poll(next));
        next += 1;
    }
    assert_eq!(next, count);
}
