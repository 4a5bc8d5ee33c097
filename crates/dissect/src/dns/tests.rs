use super::open;
use super::samples::{ANNOUNCEMENT, ANSWER, QUERY, REGISTRATION};
use crate::session::{Context, Lost, Probe, Progress, Side};
use crate::testing::{lines, outcome, tcp, udp};

const CLIENT: Context = udp(Side::Initiator, 53);
const SERVER: Context = udp(Side::Responder, 53);

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut *open(), turns), expected);
}

/// A message with one question as in [`QUERY`] and the given counts and bytes after it.
fn message(flags: u16, counts: [u16; 3], rest: &[u8]) -> Vec<u8> {
    let mut bytes = QUERY.to_vec();
    bytes[2..4].copy_from_slice(&flags.to_be_bytes());
    for (index, count) in counts.iter().enumerate() {
        bytes[6 + 2 * index..8 + 2 * index].copy_from_slice(&count.to_be_bytes());
    }
    bytes.extend(rest);
    bytes
}

#[test]
fn an_answer_binds_a_name_to_an_address_and_shows_a_server_once() {
    check(
        &[(CLIENT, QUERY), (SERVER, ANSWER), (SERVER, ANSWER)],
        &[
            "request dns 0x0 Query [identify]; host hist.plant",
            "identity dns 10.20.5.17 host-name=hist.plant",
            "identity dns sender offers=dns-server",
            "response dns 0x0 Query [identify] ok; host hist.plant",
            "identity dns 10.20.5.17 host-name=hist.plant",
            "response dns 0x0 Query [identify] ok; host hist.plant",
        ],
    );
}

#[test]
fn a_host_that_announces_itself_is_named() {
    check(
        &[(udp(Side::Initiator, 5353), ANNOUNCEMENT)],
        &[
            "identity mdns 10.20.5.18 host-name=hmi.local",
            "identity mdns fe80::12 host-name=hmi.local",
            "unsolicited mdns 0x0 Query [identify] ok; host hmi.local",
        ],
    );
}

#[test]
fn a_reverse_pointer_names_the_address_in_its_own_name() {
    #[rustfmt::skip]
    let rest = [
        1, b'9', 1, b'5', 2, b'2', b'0', 2, b'1', b'0', 7, b'i', b'n', b'-', b'a', b'd', b'd', b'r', 4, b'a', b'r', b'p', b'a', 0,
        0x00, 0x0c, 0x00, 0x01, 0x00, 0x00, 0x00, 0x3c,
        0x00, 0x02, 0xc0, 0x0c, // the name asked for
    ];
    check(
        &[(SERVER, &message(0x8100, [1, 0, 0], &rest))],
        &[
            "identity dns 10.20.5.9 host-name=hist.plant",
            "response dns 0x0 Query [identify] ok; host hist.plant",
        ],
    );
}

#[test]
fn netbios_names_are_decoded_and_a_group_s_name_is_a_domain() {
    let mut group = REGISTRATION.to_vec();
    // The suffix is 0x00 in letters; the flags say group.
    group[43..45].copy_from_slice(b"AA");
    let flags = group.len() - 6;
    group[flags] = 0x80;
    check(
        &[
            (udp(Side::Initiator, 137), REGISTRATION),
            (udp(Side::Initiator, 137), &group),
        ],
        &[
            "identity nbns 10.20.5.19 host-name=LINE3",
            "request nbns 0x5 Registration [identify]; host LINE3",
            "identity nbns 10.20.5.19 domain=LINE3",
            "request nbns 0x5 Registration [identify]; host LINE3",
        ],
    );
}

#[test]
fn a_node_status_answer_lists_the_sender_s_names() {
    let mut bytes = vec![0x00, 0x07, 0x84, 0x00, 0, 0, 0, 1, 0, 0, 0, 0, 32];
    bytes.extend(b"CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    bytes.extend([0, 0x00, 0x21, 0x00, 0x01, 0, 0, 0, 0, 0x00, 0x25, 0x02]);
    bytes.extend(b"HMI-07         \x00\x04\x00");
    bytes.extend(b"PLANT          \x00\x84\x00");
    check(
        &[(udp(Side::Responder, 137), &bytes)],
        &[
            "identity nbns sender host-name=HMI-07",
            "identity nbns sender domain=PLANT",
            "response nbns 0x0 Query [identify] ok; host *",
        ],
    );
}

#[test]
fn a_refusal_and_an_update_are_told_as_such() {
    check(
        &[
            (SERVER, &message(0x8183, [0, 0, 0], &[])),
            (CLIENT, &message(0x2800, [0, 0, 0], &[])),
        ],
        &[
            "identity dns sender offers=dns-server",
            "response dns 0x0 Query [identify] failed 0x3 no such name; host hist.plant",
            "request dns 0x5 Update [configure]; host hist.plant",
        ],
    );
}

#[test]
fn malformed_messages_are_named() {
    let record = |data: &[u8]| [&[0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0], data].concat();
    let looping = message(0x8100, [1, 0, 0], &[0xc0, 0x1c]);
    for (expected, bytes) in [
        ("anomaly dns header-cut-short", QUERY[..11].to_vec()),
        (
            "anomaly dns malformed-question",
            QUERY[..QUERY.len() - 1].to_vec(),
        ),
        ("anomaly dns malformed-record", looping),
        (
            "anomaly dns malformed-record",
            message(0x8100, [1, 0, 0], &record(&[0, 9, 1])),
        ),
        (
            "anomaly dns malformed-record-data",
            message(0x8100, [1, 0, 0], &record(&[0, 2, 1, 1])),
        ),
        ("anomaly dns malformed-record", message(0x8100, [9, 0, 0], &[])),
    ] {
        assert!(
            lines(&mut *open(), &[(SERVER, &bytes)])
                .iter()
                .any(|line| line == expected),
            "{expected}"
        );
    }
}

#[test]
fn more_names_and_records_than_are_kept_are_dropped_and_said() {
    let mut many = vec![0, 1, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0];
    for index in 0..40 {
        many.extend([1, b'a' + index, 0, 0, 1, 0, 1]);
    }
    let told = lines(&mut *open(), &[(CLIENT, &many)]);
    assert_eq!(told[0], "anomaly dns too-many-names");
    assert_eq!(told[1].matches("; host").count(), super::MAX_NAMES);

    let records = [0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0].repeat(200);
    let told = lines(&mut *open(), &[(SERVER, &message(0x8100, [200, 0, 0], &records))]);
    assert_eq!(told[0], "anomaly dns too-many-records");
}

#[test]
fn only_what_reads_to_its_last_byte_is_claimed() {
    for (bytes, expected) in [
        (QUERY.to_vec(), Probe::Certain),
        (ANSWER.to_vec(), Probe::Certain),
        ([QUERY, &[0]].concat(), Probe::No),
        (QUERY[..20].to_vec(), Probe::No),
        (vec![0; 40], Probe::No),
    ] {
        assert_eq!(
            (super::probe)(udp(Side::Initiator, 9999), &bytes),
            expected,
            "{bytes:02x?}"
        );
    }
}

#[test]
fn over_tcp_a_length_stands_before_each_message() {
    let context = tcp(Side::Initiator, 53);
    let one = [&[0x00, 0x1c], QUERY].concat();
    let (progress, told) = outcome(&mut *open(), context, &[one.as_slice(), &one[..9]].concat());
    assert_eq!(
        progress,
        Ok(Progress {
            consumed: one.len(),
            missing: one.len() - 9
        })
    );
    assert_eq!(told.len(), 1);
    let (progress, _) = outcome(&mut *open(), context, &[0x00, 0x05, 0x01]);
    assert_eq!(
        progress,
        Err(Lost {
            offset: 0,
            reason: "a length too short for a message"
        })
    );
}
