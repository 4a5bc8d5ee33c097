//! However many workers there are, the same comes out, in the same order.

use super::captures::all;
use crate::{Captured, Ceilings, Deal, Feed, FlowRecord, Observation, Observer, Settings, observe_with};
use cofferdam_capture::Source;
use cofferdam_simulate::{Settings as Plant, Simulation};
use cofferdam_terms::{LinkType, Timestamp};
use std::num::NonZeroUsize;
use std::time::Duration;

/// Few, so that small captures too are read in several goes.
const PACKETS_AT_ONCE: usize = 37;

/// A packet, kept.
struct Kept {
    time: Timestamp,
    link: LinkType,
    bytes: Vec<u8>,
    original: u32,
}

impl Kept {
    fn captured(&self, number: usize) -> Captured<'_> {
        Captured {
            number: number as u64 + 1,
            time: self.time,
            link: self.link,
            bytes: &self.bytes,
            original: self.original,
        }
    }
}

type Seen = (Vec<FlowRecord>, Observation);

/// By the one that is handed each frame.
fn observed(packets: &[Kept], settings: &Settings) -> Seen {
    let mut flows = Vec::new();
    let mut observer = Observer::new(settings.clone());
    for (number, packet) in packets.iter().enumerate() {
        let Captured {
            number,
            time,
            link,
            bytes,
            original,
        } = packet.captured(number);
        observer.frame(number, time, link, bytes, original, &mut flows);
    }
    let observation = observer.finish(&mut flows);
    (flows, observation)
}

fn with_workers(packets: &[Kept], settings: &Settings, workers: usize) -> Seen {
    let mut flows = Vec::new();
    let mut left = packets.iter().enumerate();
    let mut feed = |buffer: &mut Vec<u8>, deal: &mut Deal<'_>| {
        buffer.clear();
        for (number, packet) in left.by_ref().take(PACKETS_AT_ONCE) {
            deal.packet(&packet.captured(number), buffer.len());
            buffer.extend_from_slice(&packet.bytes);
        }
        if buffer.is_empty() { Feed::End } else { Feed::More }
    };
    let workers = NonZeroUsize::new(workers).unwrap();
    let observation = observe_with(settings.clone(), workers, &mut feed, &mut flows);
    (flows, observation)
}

fn check(packets: &[Kept], settings: &Settings) {
    let name = &settings.capture;
    let (flows, observation) = observed(packets, settings);
    for workers in 1..=3 {
        let seen = with_workers(packets, settings, workers);
        assert!(seen.0 == flows, "{name}: records of {workers} workers");
        assert!(
            seen.1 == observation,
            "{name}: {workers} workers, {:#?} and not {:#?}",
            seen.1.coverage,
            observation.coverage
        );
    }
}

/// Ceilings that every larger capture reaches.
fn tight(name: &str) -> Settings {
    let ceilings = Ceilings {
        flows: 64,
        fragment_bytes: 4096,
        ..Ceilings::for_memory(1 << 20)
    };
    Settings {
        ceilings,
        ..Settings::new(name)
    }
}

#[test]
fn every_capture_gives_the_same_whatever_the_number_of_workers() {
    let mut evicted = 0;
    for path in all() {
        let Ok(mut source) = Source::open(&path) else {
            continue;
        };
        let mut packets = Vec::new();
        while let Some(packet) = source.next_packet() {
            packets.push(Kept {
                time: packet.time,
                link: packet.link,
                bytes: packet.bytes.to_vec(),
                original: packet.original,
            });
        }
        let name = path.display().to_string();
        check(&packets, &Settings::new(&name));
        check(&packets, &tight(&name));
        evicted += observed(&packets, &tight(&name)).1.coverage.evicted.len();
    }
    assert!(evicted > 0 || all().is_empty(), "no ceiling was reached");
}

#[test]
fn a_plant_gives_the_same_whatever_the_number_of_workers() {
    let mut simulation = Simulation::new(Plant {
        duration: Duration::from_hours(8),
        poll_every: Duration::from_secs(5),
        assets: 60,
        ..Plant::default()
    })
    .unwrap();
    let mut packets = Vec::new();
    while let Some(frame) = simulation.next_frame() {
        packets.push(Kept {
            time: frame.time,
            link: LinkType::ETHERNET,
            bytes: frame.bytes.to_vec(),
            original: u32::try_from(frame.bytes.len()).unwrap(),
        });
    }
    assert!(packets.len() > 50_000, "{} packets are few", packets.len());
    check(&packets, &Settings::new("plant"));
    check(&packets, &tight("plant"));
}
