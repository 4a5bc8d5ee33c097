//! tshark reads everything that is simulated, finds nothing wrong with it, and says what the bytes and the truth say.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test's helper may fail the test"
)]

mod common;

use cofferdam_simulate::{CapturePoint, Intrusion, Settings, Simulation, Trouble};
use common::{CaptureFile, Pcap, capture_for_tshark, hours, march, seen};
use std::collections::BTreeMap;

/// What is wrong with a frame.
const WRONG: &str = "_ws.malformed || tcp.checksum.status==bad || ip.checksum.status==bad || \
                     udp.checksum.status==bad || _ws.expert.severity==error";

/// Nothing is malformed, no checksum is wrong, and no expert finds an error.
fn check_sound(capture: &CaptureFile) {
    let wrong = capture.tshark(&["-Y", WRONG]);
    assert!(
        wrong.is_empty(),
        "{} bad frames, first: {:?}",
        wrong.len(),
        wrong.first()
    );
}

#[test]
fn the_filter_for_what_is_wrong_finds_each_kind_of_it() {
    let Some(good) = capture_for_tshark("good", hours(march(2, 0, 0), 1), |_| {}) else {
        return;
    };
    check_sound(&good);
    // Counted from the frame's first byte: the IP header's TTL, a TCP or UDP checksum, Modbus's length field.
    for (name, port, place) in [
        ("ttl", 102, 26),
        ("tcp", 102, 54),
        ("udp", 53, 45),
        ("length", 502, 63),
    ] {
        let mut simulation = Simulation::new(hours(march(2, 0, 0), 1)).unwrap();
        let mut pcap = Pcap::new();
        while let Some(frame) = simulation.next_frame() {
            let ip = seen(frame.bytes).ip;
            if ip.is_some_and(|ip| ip.ports.1 == port && !ip.payload.is_empty()) {
                let mut bytes = frame.bytes.to_vec();
                bytes[place] ^= 0x40;
                pcap.push(frame.time, &bytes);
            }
        }
        let bad = CaptureFile::write(name, &pcap, good.truth.clone());
        assert!(!bad.tshark(&["-Y", WRONG]).is_empty(), "{name}");
    }
}

#[test]
fn tshark_finds_nothing_wrong_whatever_the_mirror_and_the_network_do() {
    let trouble = Trouble {
        retransmitted: 20_000,
        missed: 5_000,
        reordered: 20_000,
        reset: 500,
    };
    for (name, capture, trouble) in [
        ("every-hop", CapturePoint::EveryHop, Trouble::NONE),
        ("routed", CapturePoint::Routed, Trouble::NONE),
        ("trouble", CapturePoint::Core, trouble),
    ] {
        let settings = Settings {
            capture,
            trouble,
            ..hours(march(26, 8, 50), 1)
        };
        let Some(capture) = capture_for_tshark(name, settings, |_| {}) else {
            return;
        };
        // Two mirrors' copies of one segment overlap, and tshark says so of the second.
        let wrong = capture.tshark(&["-Y", WRONG, "-T", "fields", "-e", "_ws.expert.message"]);
        let explained = |line: &&String| name == "every-hop" && line.contains("overlap");
        let unexplained: Vec<&String> = wrong.iter().filter(|line| !explained(line)).collect();
        assert!(unexplained.is_empty(), "{name}: {unexplained:?}");
        let lost = capture
            .tshark(&["-Y", "tcp.analysis.ack_lost_segment && tcp.completeness & 1"])
            .len();
        let again = capture
            .tshark(&["-Y", "tcp.analysis.retransmission || tcp.analysis.out_of_order"])
            .len();
        match name {
            "trouble" => assert!(lost > 0 && again > 0, "{lost} lost, {again} again"),
            "routed" => assert!(lost == 0 && again == 0, "{lost} lost, {again} again"),
            _ => assert_eq!(lost, 0, "{name}"),
        }
    }
}

#[test]
fn tshark_finds_nothing_wrong_in_the_calibration_night() {
    let night = hours(march(28, 21, 50), 3);
    let Some(capture) = capture_for_tshark("calibration", night, |_| {}) else {
        return;
    };
    check_sound(&capture);
    let laptop = capture
        .truth
        .assets
        .iter()
        .find(|asset| asset.id == "cal-laptop-1")
        .unwrap();
    let filter = format!("ip.src=={} && modbus.func_code==16", laptop.interfaces[0].ip);
    assert_eq!(
        capture.tshark(&["-Y", &filter]).len(),
        32,
        "sixteen channels of two units"
    );
}

/// One protocol's codes: where tshark has them, and where they stand in the bytes by the specification.
struct Codes {
    field: &'static str,
    port: u16,
    code: fn(&[u8]) -> Option<u32>,
}

const CODES: [Codes; 8] = [
    Codes {
        field: "modbus.func_code",
        port: 502,
        // tshark takes the exception bit off.
        code: |payload| payload.get(7).map(|code| u32::from(code & 0x7f)),
    },
    Codes {
        field: "s7comm.param.func",
        port: 102,
        // Jobs (header of 10) and answers with data (header of 12) have a function, user data has none.
        code: |payload| match payload.get(8)? {
            1 => payload.get(17).copied().map(u32::from),
            3 => payload.get(19).copied().map(u32::from),
            _ => None,
        },
    },
    Codes {
        field: "enip.command",
        port: 44_818,
        code: |payload| {
            Some(u32::from(u16::from_le_bytes([
                *payload.first()?,
                *payload.get(1)?,
            ])))
        },
    },
    Codes {
        field: "dnp3.al.func",
        port: 20_000,
        // Link header of ten bytes, transport header, application control.
        code: |payload| payload.get(12).copied().map(u32::from),
    },
    Codes {
        field: "opcua.servicenodeid.numeric",
        port: 4840,
        // The node's id follows the chunk's numbers; in an opening chunk, the policy and two absent strings too.
        code: |payload| {
            let at = match payload.get(..3)? {
                b"MSG" | b"CLO" => 24,
                b"OPN" => 12 + 4 + 47 + 4 + 4 + 8,
                _ => return None,
            };
            Some(u32::from(u16::from_le_bytes([
                *payload.get(at + 2)?,
                *payload.get(at + 3)?,
            ])))
        },
    },
    Codes {
        field: "dns.flags.response",
        port: 53,
        code: |payload| payload.get(2).map(|flags| u32::from(flags >> 7)),
    },
    Codes {
        field: "ntp.flags.mode",
        port: 123,
        code: |payload| payload.first().map(|flags| u32::from(flags & 7)),
    },
    Codes {
        field: "dhcp.type",
        port: 67,
        code: |payload| payload.first().copied().map(u32::from),
    },
];

/// A protocol of the truth, and a field that tshark fills in it alone.
const MARKS: [(&str, &str); 16] = [
    ("modbus", "modbus.func_code"),
    ("s7comm", "s7comm.param.func"),
    ("enip", "cip.service"),
    ("enip-io", "enip.cpf.sai.seq"),
    ("dnp3", "dnp3.al.func"),
    ("opcua", "opcua.servicenodeid.numeric"),
    ("tls", "tls.handshake.extensions_server_name"),
    ("rdp", "rdp.neg_type"),
    ("ssh", "ssh.protocol"),
    ("smb", "ntlmssp.auth.username"),
    ("http", "http.request.method"),
    ("dns", "dns.flags.response"),
    ("ntp", "ntp.flags.mode"),
    ("syslog", "syslog.facility"),
    ("lldp", "lldp.tlv.system.name"),
    ("dhcp", "dhcp.option.hostname"),
];

/// A claim of the truth, and the field in which tshark shows it.
const CLAIMS: [(&str, &str, &str); 8] = [
    ("cip", "product", "enip.lir.name"),
    ("cip", "serial", "enip.lir.serial"),
    ("modbus", "product-code", "modbus.object_str_value"),
    ("dhcp", "host-name", "dhcp.option.hostname"),
    (
        "smb",
        "host-name",
        "ntlmssp.challenge.target_info.nb_computer_name",
    ),
    ("tls", "server-name", "tls.handshake.extensions_server_name"),
    ("lldp", "host-name", "lldp.tlv.system.name"),
    ("http", "product", "http.server"),
];

/// Wednesday morning's program backup to Thursday's vendor visit, with every intrusion between them.
fn two_days() -> Settings {
    Settings {
        intrusions: Intrusion::ALL.to_vec(),
        poll_every: std::time::Duration::from_mins(2),
        ..hours(march(25, 9, 30), 26)
    }
}

#[test]
fn tshark_says_of_two_days_with_everything_in_them_what_the_bytes_and_the_truth_say() {
    let mut expected: Vec<BTreeMap<u32, u64>> = CODES.iter().map(|_| BTreeMap::new()).collect();
    let captured = capture_for_tshark("two-days", two_days(), |frame| {
        let Some(ip) = seen(frame).ip.filter(|ip| !ip.payload.is_empty()) else {
            return;
        };
        for (codes, counts) in CODES.iter().zip(&mut expected) {
            let is_it = ip.ports.0 == codes.port || ip.ports.1 == codes.port;
            if let Some(code) = is_it.then(|| (codes.code)(ip.payload)).flatten() {
                *counts.entry(code).or_insert(0) += 1;
            }
        }
    });
    let Some(capture) = captured else {
        return;
    };
    let mut fields = vec![
        "_ws.expert.severity",
        "_ws.expert.message",
        "tcp.completeness",
        "tcp.flags.reset",
    ];
    fields.extend(CODES.iter().map(|codes| codes.field));
    fields.extend(MARKS.iter().map(|(_, field)| *field));
    fields.extend(CLAIMS.iter().map(|(_, _, field)| *field));
    fields.sort_unstable();
    fields.dedup();
    let table = capture.table(&fields);
    let column = |field: &str| {
        let at = fields.iter().position(|name| *name == field).unwrap();
        table
            .iter()
            .map(move |row| row.get(at).map_or("", String::as_str))
    };
    check_sound(&capture);
    check_codes(&expected, &column);
    check_marks(&capture, &column);
    check_claims(&capture, &column);
    check_warnings(&table, &fields);
}

fn check_codes<'a, C: Iterator<Item = &'a str>>(
    expected: &[BTreeMap<u32, u64>],
    column: &impl Fn(&str) -> C,
) {
    for (codes, expected) in CODES.iter().zip(expected) {
        let mut told = BTreeMap::new();
        for value in column(codes.field)
            .flat_map(|value| value.split(','))
            .filter(|value| !value.is_empty())
        {
            *told.entry(number(value)).or_insert(0) += 1;
        }
        assert!(!expected.is_empty(), "{}", codes.field);
        assert_eq!(told, *expected, "{}", codes.field);
    }
}

fn number(text: &str) -> u32 {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

/// tshark sees every protocol that the truth has flows of.
fn check_marks<'a, C: Iterator<Item = &'a str>>(capture: &CaptureFile, column: &impl Fn(&str) -> C) {
    // A knock on a port is no protocol.
    for flow in capture.truth.flows.iter().filter(|flow| flow.protocol != "tcp") {
        assert!(
            MARKS.iter().any(|(protocol, _)| *protocol == flow.protocol),
            "{}",
            flow.protocol
        );
    }
    for (protocol, field) in MARKS {
        assert!(
            column(field).any(|value| !value.is_empty()),
            "{protocol}: {field}"
        );
    }
    let packets = |protocol: &str| -> u64 {
        let flows = capture
            .truth
            .flows
            .iter()
            .filter(|flow| flow.protocol == protocol);
        flows.map(|flow| flow.packets).sum()
    };
    for (protocol, field) in [
        ("enip-io", "enip.cpf.sai.seq"),
        ("dns", "dns.flags.response"),
        ("ntp", "ntp.flags.mode"),
        ("syslog", "syslog.facility"),
    ] {
        let told = column(field).filter(|value| !value.is_empty()).count();
        assert_eq!(
            u64::try_from(told).unwrap(),
            packets(protocol),
            "{protocol}: each datagram"
        );
    }
}

/// tshark shows what the truth claims that assets say of themselves.
fn check_claims<'a, C: Iterator<Item = &'a str>>(capture: &CaptureFile, column: &impl Fn(&str) -> C) {
    for (protocol, fact, field) in CLAIMS {
        let told: Vec<&str> = column(field).filter(|value| !value.is_empty()).collect();
        let mut claimed = 0;
        for asset in &capture.truth.assets {
            // Not every host serves files in these two days, and the laptop sleeps.
            let silent = asset.id == "cal-laptop-1" || protocol == "smb" && !asset.id.starts_with("files");
            for claim in asset
                .claims
                .iter()
                .filter(|claim| !silent && (claim.protocol, claim.fact) == (protocol, fact))
            {
                claimed += 1;
                let is_told = told.iter().any(|value| value.contains(claim.value.as_str()));
                assert!(is_told, "{} {protocol} {fact} `{}`", asset.id, claim.value);
            }
        }
        assert!(claimed > 0, "{protocol} {fact}");
    }
}

/// tshark warns of nothing but what is so: connections that are older than the capture, closed ports, and its own
/// version 4.0's ignorance of Ed25519 signatures.
fn check_warnings(table: &[Vec<String>], fields: &[&str]) {
    const WARNING: &str = "6291456";
    let at = |field: &str| fields.iter().position(|name| *name == field).unwrap();
    let [severity, message] = [at("_ws.expert.severity"), at("_ws.expert.message")];
    let [completeness, reset] = [at("tcp.completeness"), at("tcp.flags.reset")];
    let mut warned = 0;
    for (number, row) in table
        .iter()
        .enumerate()
        .filter(|(_, row)| row[severity].contains(WARNING))
    {
        warned += 1;
        let is_older = row[completeness].parse::<u32>().unwrap_or_default() & 1 == 0;
        let is_closed = matches!(row[reset].as_str(), "1" | "True");
        let is_signature = row[message].contains("Decoded 19 bytes");
        assert!(
            is_older || is_closed || is_signature,
            "frame {}: {}",
            number + 1,
            row[message]
        );
    }
    assert!(warned > 0, "the severity is told as {WARNING}");
}
