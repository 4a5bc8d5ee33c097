use super::open;
use super::samples::{CERTIFICATE, CLIENT_HELLO, REFUSAL, SAMPLES};
use crate::session::{Context, Lost, Probe, Side};
use crate::testing::{lines, outcome, tcp};

const CLIENT: Context = tcp(Side::Initiator, 443);
const SERVER: Context = tcp(Side::Responder, 443);

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut *open(), turns), expected);
}

/// A record of TLS 1.2.
fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 0x03, 0x03];
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

const HELLO: [&str; 3] = [
    "identity tls receiver server-name=hist.plant",
    "identity tls sender system=JA4 t13d0204h2_777cda164f4b_4b7616f1fee2",
    "request tls 0x1601 ClientHello [session]; host hist.plant; version TLS 1.3; application-protocol h2; \
     application-protocol http/1.1",
];

#[test]
fn a_handshake_tells_who_is_asked_for_who_answers_and_what_was_agreed() {
    let mut expected = HELLO.to_vec();
    expected.extend([
        "response tls 0x1602 ServerHello [session] ok; version TLS 1.2; cipher-suite 49195+1",
        "identity tls sender server-name=hist.plant",
        "identity tls sender server-name=hist-2.plant",
        "response tls 0x160b Certificate [session]; subject O=Example Plant, CN=hist.plant; \
         issuer O=Example Plant, CN=hist.plant",
        "unsolicited tls 0x1401 ChangeCipherSpec [session]",
        "unsolicited tls 0x16ff Encrypted Handshake [session]",
        "request tls 0x1700 Application Data [session]",
        "unsolicited tls 0x15ff Encrypted Alert [session]",
    ]);
    check(SAMPLES[0].turns, &expected);
}

#[test]
fn the_version_of_tls_1_3_is_the_one_in_the_extension() {
    let mut expected = HELLO.to_vec();
    expected.extend([
        "response tls 0x1602 ServerHello [session] ok; version TLS 1.3; cipher-suite 4865+1",
        "unsolicited tls 0x1401 ChangeCipherSpec [session]",
        "response tls 0x1700 Application Data [session]",
    ]);
    check(SAMPLES[1].turns, &expected);
}

#[test]
fn a_fatal_alert_is_a_failure() {
    check(
        &[(SERVER, REFUSAL)],
        &["unsolicited tls 0x1546 protocol version [session] failed 0x46 protocol version"],
    );
}

#[test]
fn a_handshake_message_is_read_whatever_records_it_is_cut_into() {
    let body = &CLIENT_HELLO[5..];
    for size in [1, 2, 3, 5, 50] {
        let cut: Vec<u8> = body.chunks(size).flat_map(|piece| record(22, piece)).collect();
        check(&[(CLIENT, &cut)], &HELLO);
    }
    let two = record(22, &[&CERTIFICATE[5..], &[14, 0, 0, 0]].concat());
    assert_eq!(
        lines(&mut *open(), &[(SERVER, &two)]).last().unwrap(),
        "response tls 0x160e ServerHelloDone [session]"
    );
}

#[test]
fn a_second_hello_after_a_change_of_ciphers_is_read() {
    let retry = [record(20, &[1]), CLIENT_HELLO.to_vec()].concat();
    let mut expected = vec!["unsolicited tls 0x1401 ChangeCipherSpec [session]"];
    expected.extend(HELLO);
    check(&[(CLIENT, &retry)], &expected);
}

#[test]
fn a_handshake_message_that_is_too_long_is_dropped_and_what_follows_is_read() {
    let mut session = open();
    let mut bytes = record(22, &[11, 0x01, 0x00, 0x00, 0xaa]);
    for _ in 0..6 {
        bytes.extend(record(22, &[0xbb; 10_000]));
    }
    bytes.extend(record(22, &[0xcc; 65536 - 1 - 60_000]));
    bytes.extend(CLIENT_HELLO);
    let told = lines(&mut *session, &[(CLIENT, &bytes)]);
    assert_eq!(told[0], "anomaly tls handshake-too-long");
    assert_eq!(told[1..], HELLO);
}

#[test]
fn malformed_messages_are_named_and_do_not_stop_the_stream() {
    let empty_list = record(22, &[11, 0, 0, 3, 0, 0, 0]);
    check(
        &[(SERVER, &empty_list)],
        &["response tls 0x160b Certificate [session]"],
    );
    for (expected, bytes) in [
        ("anomaly tls malformed-hello", record(22, &[1, 0, 0, 2, 3, 3])),
        ("anomaly tls malformed-hello", record(22, &[2, 0, 0, 1, 3])),
        (
            "anomaly tls malformed-certificate",
            record(22, &[11, 0, 0, 2, 0, 9]),
        ),
        (
            "anomaly tls malformed-certificate",
            record(22, &[11, 0, 0, 8, 0, 0, 5, 0, 0, 2, 0x30, 0x80]),
        ),
        ("anomaly tls malformed-alert", record(21, &[9, 9])),
        ("anomaly tls heartbeat-overclaims", record(24, &[1, 0x40, 0x00])),
    ] {
        let told = lines(&mut *open(), &[(SERVER, &bytes), (SERVER, REFUSAL)]);
        assert_eq!(told[0], expected);
        assert!(told.last().unwrap().contains("protocol version"));
    }
}

#[test]
fn what_is_no_record_loses_the_stream() {
    for bytes in [
        &b"SSH-2.0-x"[..],
        &[22, 2, 0, 0, 1, 0],
        &[22, 3, 1, 0xff, 0xff],
        &[22, 3, 1, 0, 0, 0],
    ] {
        let (progress, _) = outcome(&mut *open(), CLIENT, bytes);
        assert_eq!(
            progress,
            Err(Lost {
                offset: 0,
                reason: "no TLS record"
            }),
            "{bytes:02x?}"
        );
    }
}

#[test]
fn a_hello_is_certain_on_any_port_and_another_record_is_not() {
    let context = tcp(Side::Initiator, 4444);
    for (bytes, expected) in [
        (CLIENT_HELLO, Probe::Certain),
        (REFUSAL, Probe::Unsure),
        (&CLIENT_HELLO[..4], Probe::Unsure),
        (&[22, 3, 1, 0xff, 0xff, 1], Probe::No),
        (b"GET / HTTP/1.1", Probe::No),
    ] {
        assert_eq!((super::probe)(context, bytes), expected, "{bytes:02x?}");
    }
}
