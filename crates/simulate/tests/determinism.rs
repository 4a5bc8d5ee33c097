//! The same settings give the same bytes, other seeds give others, and memory doesn't grow with the capture.
#![expect(clippy::unwrap_used, reason = "a test's helper may fail the test")]

mod common;

use cofferdam_simulate::{Settings, Simulation};
use common::{hours, march};
use sha2::{Digest, Sha256};

fn digest(settings: Settings) -> (u64, Vec<u8>) {
    let mut simulation = Simulation::new(settings).unwrap();
    let mut hash = Sha256::new();
    let mut frames = 0;
    let mut before = None;
    while let Some(frame) = simulation.next_frame() {
        assert!(
            before <= Some(frame.time),
            "frame {frames} is earlier than the one before"
        );
        before = Some(frame.time);
        hash.update(frame.time.nanos().to_le_bytes());
        hash.update(frame.bytes);
        frames += 1;
    }
    (frames, hash.finalize().to_vec())
}

#[test]
fn the_same_seed_gives_the_same_frames_and_another_seed_others() {
    let day = |seed| Settings {
        seed,
        ..hours(march(2, 0, 0), 24)
    };
    let first = digest(day(7));
    assert!(first.0 > 50_000);
    assert_eq!(first, digest(day(7)));
    assert_ne!(first.1, digest(day(8)).1);
}

#[test]
fn no_more_is_held_in_memory_in_the_third_week_than_in_the_first_two() {
    let mut simulation = Simulation::new(hours(march(2, 0, 0), 28 * 24)).unwrap();
    let (mut early, mut late) = ((0, 0), (0, 0));
    while let Some(frame) = simulation.next_frame() {
        let time = frame.time;
        let held = simulation.held();
        let peak = if time < march(16, 0, 0) {
            &mut early
        } else {
            &mut late
        };
        peak.0 = held.conversations.max(peak.0);
        peak.1 = held.wakes.max(peak.1);
    }
    assert!(late.0 <= early.0 && late.1 <= early.1, "{early:?} then {late:?}");
    assert!(early.0 > 50);
}
