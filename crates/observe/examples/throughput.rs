//! How fast a capture is observed and how much memory that takes: `cargo run --example throughput -- FILE.pcap [WORKERS]`.
//!
//! Everything is on: flows, protocols, operations, assets, coverage. Reading the file is part of it. One worker is asked
//! for if nothing is said.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring command, not the library"
)]

use cofferdam_capture::Source;
use cofferdam_observe::{Captured, Feed, FlowRecord, FlowSink, Settings, observe_with};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;
use tikv_jemallocator::Jemalloc;

/// The one that the command runs on: with glibc's, two workers wait for each other to free what the other has made.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Counts what a store would take.
#[derive(Default)]
struct Counted {
    records: u64,
    operations: u64,
}

impl FlowSink for Counted {
    fn flow(&mut self, record: FlowRecord) {
        self.records += 1;
        self.operations += record.operations.len() as u64;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: throughput FILE.pcap")?);
    let workers = std::env::args()
        .nth(2)
        .map_or(Ok(NonZeroUsize::MIN), |n| n.parse())?;
    let mut source = Source::open(&path)?;
    let mut counted = Counted::default();
    let mut bytes = 0;
    let start = Instant::now();
    let settings = Settings::new(path.display().to_string());
    let observation = observe_with(
        settings,
        workers,
        &mut |buffer, deal| {
            let count = source.each_at_hand(buffer, |packet, start| {
                bytes += packet.bytes.len();
                let captured = Captured {
                    number: packet.number,
                    time: packet.time,
                    link: packet.link,
                    bytes: packet.bytes,
                    original: packet.original,
                };
                deal.packet(&captured, start);
            });
            if count == 0 { Feed::End } else { Feed::More }
        },
        &mut counted,
    );
    let seconds = start.elapsed().as_secs_f64();
    let coverage = observation.coverage;
    println!(
        "{} packets, {bytes} bytes in {seconds:.3} s: {:.2} million packets/s",
        coverage.packets,
        coverage.packets as f64 / seconds / 1e6,
    );
    println!(
        "{} flow records, {} operations, {} assets; not understood {:?}; evicted {:?}",
        counted.records,
        counted.operations,
        observation.assets.len(),
        coverage.not_understood,
        coverage.evicted,
    );
    println!("messages {:?}", coverage.messages);
    println!("odd ports {:?}", coverage.odd_ports);
    println!("anomalies {:?}", coverage.anomalies);
    println!("{}", peak_memory().unwrap_or_default());
    Ok(())
}

/// The highest resident size of this process, as Linux tells it.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(status.lines().find(|line| line.starts_with("VmHWM"))?.to_owned())
}
