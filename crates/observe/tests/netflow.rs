//! Exports that softflowd makes of real captures, read by us: the same conversations and counts as its packets give.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that meets what it did not expect has failed"
)]

use cofferdam_capture::Source;
use cofferdam_observe::{FlowRecord, NetflowImport, Observer, Settings};
use cofferdam_terms::Transport;
use std::collections::BTreeMap;
use std::net::{IpAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/captures")
}

/// Packets and bytes between two ends, whoever sent them: of the network layer, as exporters count.
type Counts = BTreeMap<([(IpAddr, u16); 2], Transport), u64>;

fn counts(flows: &[FlowRecord]) -> Counts {
    let mut counts = Counts::new();
    for flow in flows {
        let (Some(a), Some(b)) = (flow.initiator.ip, flow.responder.ip) else {
            continue;
        };
        if !matches!(flow.transport, Transport::TCP | Transport::UDP) || !a.is_ipv4() {
            continue;
        }
        let mut ends = [(a, flow.initiator_port), (b, flow.responder_port)];
        ends.sort_unstable();
        *counts.entry((ends, flow.transport)).or_default() += flow.sent.packets + flow.received.packets;
    }
    counts
}

/// So many silent half seconds, and softflowd is taken to hang.
const PATIENCE: u32 = 20;

/// What softflowd exports of a capture; `None` if it isn't here or hangs.
fn exported(path: &Path, version: &str) -> Option<Vec<Vec<u8>>> {
    let socket = UdpSocket::bind("127.0.0.1:0").ok()?;
    socket.set_read_timeout(Some(Duration::from_millis(500))).ok()?;
    let to = socket.local_addr().ok()?.to_string();
    let pid = std::env::temp_dir().join(format!("sf-{}.pid", std::process::id()));
    let mut child = Command::new("softflowd")
        .args(["-d", "-v", version, "-n", &to, "-r"])
        // It hangs on long names.
        .arg(path.canonicalize().ok()?)
        .args(["-c", "none", "-p"])
        .arg(pid)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut datagrams = Vec::new();
    let mut buffer = [0; 65_536];
    for _ in 0..PATIENCE {
        while let Ok(length) = socket.recv(&mut buffer) {
            datagrams.extend(buffer.get(..length).map(<[u8]>::to_vec));
        }
        if child.try_wait().ok()?.is_some() {
            return Some(datagrams);
        }
    }
    child.kill().ok()?;
    child.wait().ok()?;
    None
}

#[test]
fn exports_of_a_capture_give_the_conversations_and_packets_that_it_has() {
    for name in [
        "s7/s7comm_downloading_block_db1.pcap",
        "modicon/modicon_test.pcap",
        "modbustcp/modbus_test_data_part1.pcap",
    ] {
        let path = captures().join(name);
        let Ok(mut source) = Source::open(&path) else {
            println!("not run: {name} is not there");
            continue;
        };
        let mut observer = Observer::new(Settings::new(name));
        let mut seen: Vec<FlowRecord> = Vec::new();
        while let Some(packet) = source.next_packet() {
            observer.frame(
                packet.number,
                packet.time,
                packet.link,
                packet.bytes,
                packet.original,
                &mut seen,
            );
        }
        let observation = observer.finish(&mut seen);
        assert!(!observation.assets.is_empty(), "{name}");
        for version in ["5", "9", "10"] {
            let Some(datagrams) = exported(&path, version) else {
                println!("not run: softflowd is not there, or did not end with {name}");
                continue;
            };
            let mut import = NetflowImport::new(Settings::new(name));
            let mut flows: Vec<FlowRecord> = Vec::new();
            for datagram in &datagrams {
                import.datagram(Some(IpAddr::from([127, 0, 0, 1])), datagram, &mut flows);
            }
            let imported = import.finish(&mut flows);
            assert!(imported.records > 0, "{name}, version {version}");
            let faults = (imported.set_aside_count, imported.without_template);
            assert_eq!(
                faults,
                (0, 0),
                "{name}, version {version}: {:?}",
                imported.set_aside
            );
            assert_eq!(counts(&flows), counts(&seen), "{name}, version {version}");
        }
    }
}
