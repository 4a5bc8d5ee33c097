//! Writes a simulation to standard output as a pcap file with nanoseconds, for looking at it with other tools:
//! `frames seed=1 assets=40 hours=1 poll=1000 capture=core intrusions=smb-sweep,rogue-master | tshark -r -`.
//! `start=` takes seconds since 1970, `out=none` counts frames and bytes only; `truth=yes` prints the truth as JSON instead.

use cofferdam_simulate::{Settings, Simulation, Trouble};
use cofferdam_terms::Timestamp;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write, stdout};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: BTreeMap<String, String> = std::env::args()
        .skip(1)
        .filter_map(|word| {
            word.split_once('=')
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        })
        .collect();
    let number = |key: &str, default: u64| words.get(key).map_or(Ok(default), |word| word.parse());
    let trouble = u32::try_from(number("trouble", 0)?)?;
    let mut simulation = Simulation::new(Settings {
        seed: number("seed", 1)?,
        start: Timestamp::from_secs(i64::try_from(number("start", 1_772_409_600)?)?),
        assets: u32::try_from(number("assets", 40)?)?,
        duration: Duration::from_hours(number("hours", 1)?),
        poll_every: Duration::from_millis(number("poll", 1000)?),
        size: words.get("size").map(|word| word.parse()).transpose()?,
        capture: words.get("capture").map_or("core", String::as_str).parse()?,
        intrusions: words
            .get("intrusions")
            .map_or(Ok(Vec::new()), |word| word.split(',').map(str::parse).collect())?,
        trouble: Trouble {
            retransmitted: trouble,
            missed: trouble,
            reordered: trouble,
            reset: trouble / 10,
        },
    })?;
    let mut out = BufWriter::new(stdout().lock());
    let writes = !words.contains_key("truth") && words.get("out").is_none_or(|word| word != "none");
    if writes {
        // Magic for nanoseconds, version 2.4, no zone, snap length 262144, Ethernet.
        for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1] {
            out.write_all(&word.to_le_bytes())?;
        }
    }
    let (mut frames, mut bytes) = (0_u64, 0_u64);
    while let Some(frame) = simulation.next_frame() {
        frames += 1;
        bytes += frame.bytes.len() as u64;
        if writes {
            let nanos = frame.time.nanos();
            let length = u32::try_from(frame.bytes.len())?;
            let (seconds, rest) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
            for word in [u32::try_from(seconds)?, u32::try_from(rest)?, length, length] {
                out.write_all(&word.to_le_bytes())?;
            }
            out.write_all(frame.bytes)?;
        }
    }
    if words.contains_key("truth") {
        writeln!(out, "{:#}", simulation.truth().to_json())?;
    } else if !writes {
        writeln!(out, "{frames} frames, {bytes} bytes")?;
    }
    out.flush()?;
    Ok(())
}
