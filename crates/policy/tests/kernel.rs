//! The Linux kernel against the semantics: compiled rules are loaded in a router between two network namespaces, real
//! packets are sent, and what comes out on the far side is compared with the policy's verdict.
//!
//! `COFFERDAM_KERNEL_MODELS` sets how many random models are tried, 40 flows each (default 12; the long run is 60).
//! All traffic stays within namespaces that the test makes and removes. No host has an address: frames are put on one
//! link of the router by tcpreplay and read off the other by dumpcap, so that any random address can be used.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::zombie_processes,
    reason = "a test may fail, and this one drives real tools; finish() waits for the capture"
)]
mod common;

use cofferdam_plant::{Plant, ZoneKind};
use cofferdam_policy::backends::Scope;
use cofferdam_policy::backends::nftables::{lower, print};
use cofferdam_policy::{Flow, Host, Policy, Verdict};
use cofferdam_terms::{IpProtocol, OperationClass, Timestamp, Transport};
use common::*;
use proptest::strategy::{Strategy as _, ValueTree as _};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

const FLOWS_A_MODEL: usize = 40;
/// The first trial's source port (or ICMP identifier); each trial has its own, so that connections never meet.
const FIRST_PORT: u16 = 20_000;

#[test]
fn the_kernel_does_what_the_policy_says() {
    if let Some(missing) = missing_tool() {
        println!("not run: {missing}");
        return;
    }
    let models: usize = std::env::var("COFFERDAM_KERNEL_MODELS").map_or(12, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let net = Net::new();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let seen_file = folder.path().join("seen.pcap");
    let capture = net.capture(&net.right, "host-r", &seen_file);
    let mut trials = Vec::new();
    for _ in 0..models {
        let plant = any_plant().new_tree(&mut runner).unwrap().current();
        let policy = Policy::new(&plant);
        let batch = batch(&policy, &mut runner, trials.len());
        net.load(&plant, &policy, folder.path());
        net.send(&batch, folder.path());
        // A window may open or close while packets are on their way: judge again, leave out what changed.
        trials.extend(
            batch
                .into_iter()
                .filter(|trial| judge(&policy, &trial.flow_now()) == Some(trial.passes)),
        );
    }
    let passed: BTreeSet<u16> = finish(capture, &seen_file)
        .iter()
        .filter_map(|frame| number_of(frame))
        .collect();
    let wrong: Vec<_> = trials
        .iter()
        .filter(|trial| passed.contains(&trial.port) != trial.passes)
        .collect();
    let expected = trials.iter().filter(|trial| trial.passes).count();
    println!(
        "{} trials, {expected} to pass, {} wrong",
        trials.len(),
        wrong.len()
    );
    assert!(
        wrong.is_empty(),
        "{} of {}, the first: {:?}",
        wrong.len(),
        trials.len(),
        wrong[0]
    );
    assert!(
        trials.len() >= models * FLOWS_A_MODEL * 9 / 10,
        "too few trials could be judged: {}",
        trials.len()
    );
    assert!(
        expected > trials.len() / 20 && expected < trials.len() * 19 / 20,
        "the trials are one-sided: {expected}"
    );
}

/// A connection is opened one way; its answers come back, and nothing else does.
#[test]
fn answers_come_back_and_nothing_else_does() {
    if let Some(missing) = missing_tool() {
        println!("not run: {missing}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let net = Net::new();
    net.route_back();
    let (inside, outside) = ("198.18.0.1", "10.0.0.1");
    let read = permit(
        "read",
        &["asset:panel"],
        &["asset:plc"],
        vec![service(Transport::TCP, 502, None)],
        &OperationClass::ALL,
    );
    let plant = Plant::new(parts(
        vec![
            zone("hall", ZoneKind::Supervisory),
            zone("cell", ZoneKind::Control),
        ],
        vec![
            asset("panel", Some("hall"), vec![interface(inside)]),
            asset("plc", Some("cell"), vec![interface(outside)]),
        ],
        vec![conduit("reads", &["hall", "cell"], vec![read])],
    ))
    .unwrap();
    net.load(&plant, &Policy::new(&plant), folder.path());
    let seen_file = folder.path().join("back.pcap");
    let capture = net.capture(&net.left, "host-l", &seen_file);
    let syn = |number, flags| Trial {
        source: ip(inside),
        destination: ip(outside),
        protocol: IpProtocol::TCP,
        destination_port: 502,
        port: number,
        flags,
        passes: true,
    };
    let answer = |number| Trial {
        source: ip(outside),
        destination: ip(inside),
        protocol: IpProtocol::TCP,
        destination_port: number,
        port: 502,
        flags: SYN_ACK,
        passes: true,
    };
    // Of three answers one belongs to a connection that was opened.
    let (opened, never_opened, opened_from_outside) = (20_001, 20_002, 20_003);
    net.send(&[syn(opened, SYN)], folder.path());
    let from_outside = Trial {
        flags: SYN,
        ..answer(opened_from_outside)
    };
    net.send_back(
        &[answer(opened), answer(never_opened), from_outside],
        folder.path(),
    );
    let back: BTreeSet<u16> = finish(capture, &seen_file)
        .iter()
        .filter(|frame| frame[0..6] == LEFT_MAC)
        .filter_map(|frame| Some(u16::from_be_bytes(frame.get(36..38)?.try_into().ok()?)))
        .collect();
    assert_eq!(back, BTreeSet::from([opened]));
}

const SYN: u8 = 0x02;
const SYN_ACK: u8 = 0x12;

#[derive(Debug)]
struct Trial {
    source: IpAddr,
    destination: IpAddr,
    protocol: IpProtocol,
    destination_port: u16,
    /// Its own number, by which it is known on the far side.
    port: u16,
    /// TCP's.
    flags: u8,
    passes: bool,
}

impl Trial {
    fn flow_now(&self) -> Flow<'static> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Flow {
            initiator: Host::at(self.source),
            responder: Host::at(self.destination),
            transport: Transport::Ip(self.protocol),
            responder_port: self.destination_port,
            protocol: None,
            operation: None,
            time: Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap()),
        }
    }
}

fn judge(policy: &Policy, flow: &Flow<'_>) -> Option<bool> {
    match policy.verdict(flow) {
        Verdict::Permit { .. } | Verdict::IntraZone { .. } => Some(true),
        Verdict::Deny(_) => Some(false),
        Verdict::Segment(_) => None,
    }
}

/// Random flows that a router can be handed, with the policy's verdict of now.
fn batch(policy: &Policy, runner: &mut proptest::test_runner::TestRunner, before: usize) -> Vec<Trial> {
    let unicast: Vec<IpAddr> = ADDRESSES
        .iter()
        .map(|text| ip(text))
        .filter(can_be_sent)
        .collect();
    let pick = proptest::sample::select(unicast);
    let protocols = proptest::sample::select(
        &[
            IpProtocol::TCP,
            IpProtocol::TCP,
            IpProtocol::UDP,
            IpProtocol::ICMP,
        ][..],
    );
    let any = (pick.clone(), pick, protocols, 1u16..4);
    let mut trials = Vec::new();
    while trials.len() < FLOWS_A_MODEL {
        let (source, destination, protocol, port) = any.new_tree(runner).unwrap().current();
        let protocol = if protocol == IpProtocol::ICMP && source.is_ipv6() {
            IpProtocol::ICMPV6
        } else {
            protocol
        };
        let has_ports = matches!(protocol, IpProtocol::TCP | IpProtocol::UDP);
        let mut trial = Trial {
            source,
            destination,
            protocol,
            destination_port: if has_ports { port } else { 0 },
            port: FIRST_PORT + u16::try_from(before + trials.len()).unwrap(),
            flags: SYN,
            passes: false,
        };
        if source == destination || source.is_ipv4() != destination.is_ipv4() {
            continue;
        }
        if let Some(passes) = judge(policy, &trial.flow_now()) {
            trial.passes = passes;
            trials.push(trial);
        }
    }
    trials
}

fn can_be_sent(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_multicast() && !v4.is_broadcast() && !v4.is_unspecified(),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().is_none(),
    }
}

fn missing_tool() -> Option<String> {
    let tools = [
        "nft --version",
        "ip -V",
        "tcpreplay --version",
        "dumpcap --version",
    ];
    let missing = tools.into_iter().find(|tool| !quiet(tool));
    if let Some(tool) = missing {
        let name = tool.split(' ').next().unwrap_or(tool);
        return Some(format!(
            "{name} is missing (apt-get install nftables iproute2 tcpreplay wireshark-common)"
        ));
    }
    if !quiet("unshare --net true") {
        return Some("network namespaces need root".into());
    }
    None
}

fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    command.args(words).env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin");
    command
}

fn quiet(line: &str) -> bool {
    let run = command(line)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    run.is_ok_and(|status| status.success())
}

fn must(line: &str) {
    let out = command(line).output().unwrap();
    assert!(
        out.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
}

/// Three namespaces in a row: left, router, right. They go away with the value.
struct Net {
    left: String,
    router: String,
    right: String,
}

const ROUTER_MAC: [u8; 6] = [0x02, 0, 0, 0, 0xaa, 0x01];
const LEFT_MAC: [u8; 6] = [0x02, 0, 0, 0, 0xaa, 0x02];

impl Net {
    fn new() -> Self {
        let name = |part: &str| format!("cofferdam-{}-{part}", std::process::id());
        let net = Self {
            left: name("l"),
            router: name("m"),
            right: name("r"),
        };
        for namespace in [&net.left, &net.router, &net.right] {
            must(&format!("ip netns add {namespace}"));
        }
        let (left, router, right) = (&net.left, &net.router, &net.right);
        must(&format!(
            "ip -n {router} link add rl type veth peer name host-l netns {left}"
        ));
        must(&format!(
            "ip -n {router} link add rr type veth peer name host-r netns {right}"
        ));
        must(&format!(
            "ip -n {router} link set dev rl address 02:00:00:00:aa:01"
        ));
        for (namespace, link) in [
            (router, "rl"),
            (router, "rr"),
            (left, "host-l"),
            (right, "host-r"),
        ] {
            must(&format!("ip -n {namespace} link set dev {link} up"));
        }
        for setting in [
            "net.ipv4.ip_forward=1",
            "net.ipv6.conf.all.forwarding=1",
            "net.ipv4.conf.all.rp_filter=0",
            "net.ipv4.conf.rl.rp_filter=0",
            "net.ipv4.conf.default.rp_filter=0",
        ] {
            must(&format!("ip netns exec {router} sysctl -qw {setting}"));
        }
        // Everything that comes from the left goes to the right, whatever its addresses.
        must(&format!("ip -n {router} address add 169.254.1.1/30 dev rr"));
        must(&format!(
            "ip -n {router} neigh add 169.254.1.2 lladdr 02:00:00:00:aa:03 dev rr"
        ));
        must(&format!(
            "ip -n {router} route add default via 169.254.1.2 dev rr"
        ));
        must(&format!(
            "ip -n {router} -6 neigh add fe80::2 lladdr 02:00:00:00:aa:03 dev rr"
        ));
        must(&format!("ip -n {router} -6 route add default via fe80::2 dev rr"));
        net
    }

    /// Sends 198.18.0.0/24 (RFC 2544) back to the left.
    fn route_back(&self) {
        let router = &self.router;
        must(&format!("ip -n {router} address add 169.254.2.1/30 dev rl"));
        must(&format!(
            "ip -n {router} neigh add 169.254.2.2 lladdr 02:00:00:00:aa:02 dev rl"
        ));
        must(&format!(
            "ip -n {router} route add 198.18.0.0/24 via 169.254.2.2 dev rl"
        ));
        must(&format!(
            "ip netns exec {router} sysctl -qw net.ipv4.conf.rr.rp_filter=0"
        ));
        must(&format!(
            "ip -n {router} link set dev rr address 02:00:00:00:aa:01"
        ));
    }

    fn load(&self, plant: &Plant, policy: &Policy, folder: &Path) {
        let file = folder.join("rules.nft");
        std::fs::write(&file, print(&lower(plant, policy, &Scope::Site).ruleset)).unwrap();
        must(&format!(
            "ip netns exec {} nft -f {}",
            self.router,
            file.display()
        ));
    }

    fn send(&self, trials: &[Trial], folder: &Path) {
        replay(&self.left, "host-l", trials, folder);
    }

    fn send_back(&self, trials: &[Trial], folder: &Path) {
        replay(&self.right, "host-r", trials, folder);
    }

    fn capture(&self, namespace: &str, link: &str, file: &Path) -> Child {
        let line = format!(
            "ip netns exec {namespace} dumpcap -q -P -i {link} -w {}",
            file.display()
        );
        let child = command(&line)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It is ready once its file has a header.
        for _ in 0..100 {
            std::thread::sleep(Duration::from_millis(50));
            if std::fs::metadata(file).is_ok_and(|meta| meta.len() >= 24) {
                return child;
            }
        }
        panic!("dumpcap did not start");
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for namespace in [&self.left, &self.router, &self.right] {
            quiet(&format!("ip netns delete {namespace}"));
        }
    }
}

/// Puts the first packets of trials on a link.
fn replay(namespace: &str, link: &str, trials: &[Trial], folder: &Path) {
    let file = folder.join("sent.pcap");
    std::fs::write(&file, pcap(trials)).unwrap();
    must(&format!(
        "ip netns exec {namespace} tcpreplay --quiet --pps 20000 -i {link} {}",
        file.display()
    ));
    std::thread::sleep(Duration::from_millis(40));
}

/// Ends the capture and gives its frames.
fn finish(mut capture: Child, file: &Path) -> Vec<Vec<u8>> {
    std::thread::sleep(Duration::from_millis(500));
    quiet(&format!("kill -INT {}", capture.id()));
    capture.wait().unwrap();
    let bytes = std::fs::read(file).unwrap();
    let mut frames = Vec::new();
    let mut at = 24;
    while let Some(header) = bytes.get(at..at + 16) {
        let length = usize::try_from(u32::from_le_bytes(header[8..12].try_into().unwrap())).unwrap();
        frames.push(bytes[at + 16..at + 16 + length].to_vec());
        at += 16 + length;
    }
    frames
}

/// The source port or ICMP identifier of a frame.
fn number_of(frame: &[u8]) -> Option<u16> {
    let (protocol, transport) = match frame.get(12..14)? {
        [0x08, 0x00] => (frame.get(23)?, frame.get(34..)?),
        [0x86, 0xdd] => (frame.get(20)?, frame.get(54..)?),
        _ => return None,
    };
    let field = match IpProtocol(*protocol) {
        IpProtocol::TCP | IpProtocol::UDP => transport.get(0..2)?,
        IpProtocol::ICMP | IpProtocol::ICMPV6 => transport.get(4..6)?,
        _ => return None,
    };
    Some(u16::from_be_bytes(field.try_into().ok()?)).filter(|number| *number >= FIRST_PORT)
}

fn pcap(trials: &[Trial]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(0xa1b2_c3d4_u32.to_le_bytes());
    out.extend([2, 0, 4, 0]);
    out.extend([0; 8]);
    out.extend(65_535_u32.to_le_bytes());
    out.extend(1_u32.to_le_bytes());
    for (at, trial) in (0u32..).zip(trials) {
        let frame = frame(trial);
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        out.extend(0_u32.to_le_bytes());
        out.extend(at.to_le_bytes());
        out.extend(length);
        out.extend(length);
        out.extend(frame);
    }
    out
}

fn frame(trial: &Trial) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(ROUTER_MAC);
    out.extend(LEFT_MAC);
    let transport = transport(trial);
    let length = u16::try_from(transport.len()).unwrap();
    match (trial.source, trial.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            out.extend([0x08, 0x00]);
            let mut header = vec![0x45, 0];
            header.extend((length + 20).to_be_bytes());
            header.extend([0, 1, 0, 0, 64, trial.protocol.0, 0, 0]);
            header.extend(source.octets());
            header.extend(destination.octets());
            let sum = checksum(&header).to_be_bytes();
            header[10..12].copy_from_slice(&sum);
            out.extend(header);
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            out.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
            out.extend(length.to_be_bytes());
            out.extend([trial.protocol.0, 64]);
            out.extend(source.octets());
            out.extend(destination.octets());
        }
        _ => panic!("the two ends are of one family"),
    }
    out.extend(transport);
    out
}

/// A SYN, a datagram or an echo request, with a good checksum.
fn transport(trial: &Trial) -> Vec<u8> {
    let (number, to) = (trial.port.to_be_bytes(), trial.destination_port.to_be_bytes());
    let (mut bytes, sum_at) = match trial.protocol {
        IpProtocol::TCP => {
            let mut syn = [number, to].concat();
            let acknowledged = u8::from(trial.flags == SYN_ACK) * 2;
            syn.extend([0, 0, 0, 1, 0, 0, 0, acknowledged]);
            syn.extend([0x50, trial.flags, 0x20, 0, 0, 0, 0, 0]);
            (syn, 16)
        }
        IpProtocol::UDP => ([number, to, [0, 12], [0, 0], [1, 2], [3, 4]].concat(), 6),
        IpProtocol::ICMP => ([[8, 0], [0, 0], number, [0, 1]].concat(), 2),
        _ => ([[128, 0], [0, 0], number, [0, 1]].concat(), 2),
    };
    let mut summed = Vec::new();
    if trial.protocol != IpProtocol::ICMP {
        match (trial.source, trial.destination) {
            (IpAddr::V4(a), IpAddr::V4(b)) => summed.extend([a.octets(), b.octets()].concat()),
            (IpAddr::V6(a), IpAddr::V6(b)) => summed.extend([a.octets(), b.octets()].concat()),
            _ => panic!("the two ends are of one family"),
        }
        summed.extend([0, trial.protocol.0]);
        summed.extend(u16::try_from(bytes.len()).unwrap().to_be_bytes());
    }
    summed.extend(&bytes);
    let sum = checksum(&summed).to_be_bytes();
    bytes[sum_at..sum_at + 2].copy_from_slice(&sum);
    bytes
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}
