//! How much memory hostile traffic takes: `cargo run --example flood -- 10000000`.
//!
//! So many flows, each of another address and port, and each with a question that opens a session, go to one observer
//! with the default ceilings. The peak of this process's memory is then printed beside the ceiling.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring command, not the library"
)]

use cofferdam_observe::{FlowRecord, FlowSink, Observer, Settings};
use cofferdam_terms::{LinkType, Timestamp};
use tikv_jemallocator::Jemalloc;

/// The one that the command runs on.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

struct Nowhere(u64);

impl FlowSink for Nowhere {
    fn flow(&mut self, _record: FlowRecord) {
        self.0 += 1;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u64 = std::env::args()
        .nth(1)
        .ok_or("usage: flood NUMBER_OF_FLOWS")?
        .parse()?;
    let mut observer = Observer::new(Settings::new("flood"));
    let mut sink = Nowhere(0);
    for number in 1..=count {
        let frame = frame(number);
        let time = Timestamp::from_nanos(1_700_000_000_000_000_000 + number.cast_signed() * 1000);
        observer.frame(number, time, LinkType::ETHERNET, &frame, 0, &mut sink);
    }
    let observation = observer.finish(&mut sink);
    println!(
        "{count} packets of {count} flows, {} records, {} assets",
        sink.0,
        observation.assets.len()
    );
    println!("evicted {:?}", observation.coverage.evicted);
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    println!(
        "ceiling {} kB, {}",
        Settings::MEMORY / 1024,
        peak.unwrap_or_default()
    );
    Ok(())
}

/// A Modbus request in a UDP datagram from a host and port that no other has.
fn frame(number: u64) -> Vec<u8> {
    let [.., a, b, c, d] = number.to_be_bytes();
    let mut bytes = vec![2, 0, 0, 0, 0, 2, 2, 0, a, b, c, d, 0x08, 0x00];
    bytes.extend([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0]);
    bytes.extend([11, b, c, d, 10, 0, a, 2]);
    bytes.extend([0x80 | c, d, 0x01, 0xf6, 0, 20, 0, 0]);
    bytes.extend([0, 1, 0, 0, 0, 6, 1, 3, c, d, 0, 1]);
    bytes
}
