//! What the tests share: frames of a simulation with their addresses, a capture file, and tshark's answers about it.
#![allow(dead_code, reason = "each test program uses its part")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test's helper may fail the test, and says what was not run"
)]

use cofferdam_simulate::{Settings, Simulation, Truth};
use cofferdam_terms::Timestamp;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// A moment of March 2026, which begins on a Sunday.
pub(crate) fn march(day: i64, hour: i64, minute: i64) -> Timestamp {
    Timestamp::from_secs(1_772_323_200 + (day - 1) * 86_400 + hour * 3_600 + minute * 60)
}

/// Settings for so many hours from a moment on, polled every minute.
pub(crate) fn hours(start: Timestamp, hours: u64) -> Settings {
    Settings {
        start,
        duration: Duration::from_hours(hours),
        poll_every: Duration::from_mins(1),
        ..Settings::default()
    }
}

/// A frame that was read by offsets alone: all are tagged, IPv4 headers have no options.
pub(crate) struct Seen<'a> {
    pub(crate) vlan: u16,
    pub(crate) source_mac: [u8; 6],
    pub(crate) destination_mac: [u8; 6],
    pub(crate) ether_type: u16,
    pub(crate) ip: Option<SeenIp<'a>>,
}

pub(crate) struct SeenIp<'a> {
    pub(crate) ttl: u8,
    pub(crate) source: Ipv4Addr,
    pub(crate) destination: Ipv4Addr,
    pub(crate) protocol: u8,
    pub(crate) ports: (u16, u16),
    pub(crate) flags: u8,
    pub(crate) payload: &'a [u8],
}

pub(crate) fn seen(frame: &[u8]) -> Seen<'_> {
    let be16 = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
    let address = |at: usize| Ipv4Addr::new(frame[at], frame[at + 1], frame[at + 2], frame[at + 3]);
    assert_eq!(be16(12), 0x8100, "every frame is tagged");
    let ether_type = be16(16);
    let ip = (ether_type == 0x0800).then(|| {
        let end = 18 + usize::from(be16(20));
        let (flags, payload) = match frame[27] {
            6 => (frame[51], 38 + usize::from(frame[50] >> 4) * 4),
            _ => (0, 46),
        };
        SeenIp {
            ttl: frame[26],
            source: address(30),
            destination: address(34),
            protocol: frame[27],
            ports: (be16(38), be16(40)),
            flags,
            payload: &frame[payload..end],
        }
    });
    Seen {
        vlan: be16(14) & 0x0fff,
        source_mac: frame[6..12].try_into().unwrap(),
        destination_mac: frame[..6].try_into().unwrap(),
        ether_type,
        ip,
    }
}

/// Runs a simulation, shows each frame with its number from 1, and gives the truth.
pub(crate) fn run(settings: Settings, mut look: impl FnMut(u64, &[u8])) -> Truth {
    let mut simulation = Simulation::new(settings).unwrap();
    let mut number = 0;
    while let Some(frame) = simulation.next_frame() {
        number += 1;
        look(number, frame.bytes);
    }
    simulation.truth().clone()
}

/// A capture file of a simulation, made anew for the test.
pub(crate) struct CaptureFile {
    path: PathBuf,
    pub(crate) truth: Truth,
}

/// The bytes of a capture file, frame by frame.
pub(crate) struct Pcap(pub(crate) Vec<u8>);

impl Pcap {
    pub(crate) fn new() -> Self {
        let words = [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1];
        Self(words.iter().flat_map(|word| word.to_le_bytes()).collect())
    }

    pub(crate) fn push(&mut self, time: Timestamp, frame: &[u8]) {
        let nanos = time.nanos();
        let length = frame.len().try_into().unwrap();
        let words = [
            u32::try_from(nanos / 1_000_000_000).unwrap(),
            u32::try_from(nanos % 1_000_000_000).unwrap(),
            length,
            length,
        ];
        self.0.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        self.0.extend_from_slice(frame);
    }
}

/// Writes a capture, if tshark is there to read it, and shows each frame on the way.
pub(crate) fn capture_for_tshark(
    name: &str,
    settings: Settings,
    mut look: impl FnMut(&[u8]),
) -> Option<CaptureFile> {
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("not run: tshark is not installed, so nothing judged the capture `{name}`");
        return None;
    }
    let mut pcap = Pcap::new();
    let mut simulation = Simulation::new(settings).unwrap();
    while let Some(frame) = simulation.next_frame() {
        look(frame.bytes);
        pcap.push(frame.time, frame.bytes);
    }
    Some(CaptureFile::write(name, &pcap, simulation.truth().clone()))
}

impl CaptureFile {
    pub(crate) fn write(name: &str, pcap: &Pcap, truth: Truth) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pcap"));
        let mut file = std::fs::OpenOptions::new();
        let mut file = file.write(true).create(true).truncate(true).open(&path).unwrap();
        file.write_all(&pcap.0).unwrap();
        Self { path, truth }
    }

    /// The lines that tshark prints, with every checksum checked.
    pub(crate) fn tshark(&self, arguments: &[&str]) -> Vec<String> {
        let output = Command::new("tshark")
            .arg("-r")
            .arg(&self.path)
            .args(["-o", "ip.check_checksum:TRUE"])
            .args(["-o", "tcp.check_checksum:TRUE"])
            .args(["-o", "udp.check_checksum:TRUE"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// One row of fields for each frame; a field that comes several times in a frame has its values joined by `,`.
    pub(crate) fn table(&self, fields: &[&str]) -> Vec<Vec<String>> {
        let mut arguments = vec!["-T", "fields", "-E", "separator=/t"];
        fields.iter().for_each(|field| arguments.extend(["-e", field]));
        let split = |line: &String| line.split('\t').map(str::to_owned).collect();
        self.tshark(&arguments).iter().map(split).collect()
    }
}

impl Drop for CaptureFile {
    fn drop(&mut self) {
        // A file that stays behind is a nuisance, not a failure.
        std::fs::remove_file(&self.path).ok();
    }
}
