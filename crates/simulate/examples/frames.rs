//! Writes a simulation to standard output as a pcap file with nanoseconds:
//! `frames [seed [assets [hours [poll-milliseconds]]]] | tshark -r -`.

use cofferdam_simulate::{Settings, Simulation};
use std::io::{BufWriter, Write, stdout};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .map(|word| word.parse())
        .collect::<Result<_, _>>()?;
    let number = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
    let mut simulation = Simulation::new(Settings {
        seed: number(0, 1),
        assets: u32::try_from(number(1, 40))?,
        duration: Duration::from_hours(number(2, 1)),
        poll_every: Duration::from_millis(number(3, 1000)),
        ..Settings::default()
    })?;
    let mut out = BufWriter::new(stdout().lock());
    // Magic for nanoseconds, version 2.4, no zone, snap length 262144, Ethernet.
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.write_all(&word.to_le_bytes())?;
    }
    while let Some(frame) = simulation.next_frame() {
        let nanos = frame.time.nanos();
        let length = u32::try_from(frame.bytes.len())?;
        for word in [
            u32::try_from(nanos.div_euclid(1_000_000_000))?,
            u32::try_from(nanos.rem_euclid(1_000_000_000))?,
            length,
            length,
        ] {
            out.write_all(&word.to_le_bytes())?;
        }
        out.write_all(frame.bytes)?;
    }
    out.flush()?;
    Ok(())
}
