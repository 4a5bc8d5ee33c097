//! What a capture's devices are taken for, with every reason: `cargo run --example assets -- FILE.pcap …`. For looking
//! at by eye when rules change.

#![expect(clippy::print_stdout, reason = "a command to look with, not the library")]

use cofferdam_capture::Source;
use cofferdam_observe::{FlowRecord, Observer, Settings};
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        let mut source = Source::open(&path)?;
        let mut observer = Observer::new(Settings::new(path.display().to_string()));
        let mut flows: Vec<FlowRecord> = Vec::new();
        while let Some(packet) = source.next_packet() {
            observer.frame(
                packet.number,
                packet.time,
                packet.link,
                packet.bytes,
                packet.original,
                &mut flows,
            );
        }
        let observation = observer.finish(&mut flows);
        println!("\n== {}", path.display());
        println!("messages {:?}", observation.coverage.messages);
        for advice in &observation.coverage.advice {
            println!("advice: {advice}");
        }
        for asset in &observation.assets {
            let role = &asset.role;
            let vendor = asset.oui_vendor.unwrap_or("?");
            println!("{} [{vendor}] {} {:.2}", asset.key, role.role, role.confidence);
            for line in role.reasons.iter().chain(&asset.joins) {
                println!("    {line}");
            }
            for fact in &asset.facts {
                let (protocol, field, value, unit) =
                    (fact.protocol, fact.field.name(), &fact.value, fact.unit);
                println!("    fact {protocol} {field} `{value}` unit {unit:?}");
            }
            println!(
                "    serves {:?} uses {:?} units {:?}",
                asset.serves, asset.uses, asset.units
            );
        }
    }
    Ok(())
}
