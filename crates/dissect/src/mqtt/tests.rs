use super::samples::*;
use super::*;
use crate::testing::{lines, outcome};
use proptest::prelude::*;

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut Conversation::default(), turns), expected);
}

fn with_text(parts: &[&[u8]]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|part| [&u16::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat())
        .collect()
}

fn packet_of(first: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut length = content.len();
    loop {
        let byte = u8::try_from(length & 0x7f).unwrap();
        length >>= 7;
        bytes.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            break;
        }
    }
    bytes.extend(content);
    bytes
}

#[test]
fn a_gateway_is_told_with_its_user_topics_and_commands() {
    let said = lines(&mut Conversation::default(), samples::SAMPLES[0].turns);
    assert_eq!(
        said[..8],
        [
            "request mqtt 0x1 CONNECT [session]; client gw-1",
            "identity mqtt sender user=edge",
            "response mqtt 0x2 CONNACK [session] ok",
            "request mqtt 0x8 SUBSCRIBE [read]; topic spBv1.0/A#",
            "response mqtt 0x9 SUBACK [read]",
            "unsolicited sparkplug 0x5 NDATA [read]; topic spBv1.0/A/NDATA/n1 = 0801",
            "unsolicited sparkplug 0x8 DCMD [control]; topic spBv1.0/A/DCMD/n1/d = 01",
            "unsolicited mqtt 0x3 PUBLISH [write]; topic pump1 = 3432",
        ]
    );
    check(
        &[(BROKER, PLAIN)],
        &["unsolicited mqtt 0x3 PUBLISH [read]; topic pump1 = 3432"],
    );
    let said = lines(&mut Conversation::default(), samples::SAMPLES[1].turns);
    assert_eq!(
        said[2],
        "unsolicited mqtt 0x3 PUBLISH [write]; topic pump1 = 3432"
    );
}

#[test]
fn a_password_is_said_and_never_told_and_a_refusal_is_a_failure() {
    let content = [
        &with_text(&[b"MQTT"])[..],
        &[4, 0xc2, 0, 60],
        &with_text(&[b"c", b"u", b"geheim"]),
    ]
    .concat();
    check(
        &[(CLIENT, &packet_of(0x10, &content)), (BROKER, &[0x20, 2, 0, 4])],
        &[
            "request mqtt 0x1 CONNECT [session]; client c",
            "identity mqtt sender user=u",
            "anomaly mqtt clear-text-login",
            "response mqtt 0x2 CONNACK [session] failed 0x4 bad user name or password",
        ],
    );
}

#[test]
fn a_long_publication_is_told_by_its_head_and_the_rest_passes() {
    let content = [&with_text(&[b"t"])[..], &[7; 100_000]].concat();
    let bytes = [packet_of(0x30, &content), vec![0xc0, 0]].concat();
    let mut session = Conversation::default();
    let mut told = Vec::new();
    let mut held: Vec<u8> = Vec::new();
    for piece in bytes.chunks(1000) {
        held.extend(piece);
        let (progress, lines) = outcome(&mut session, CLIENT, &held);
        held.drain(..progress.unwrap().consumed);
        told.extend(lines);
    }
    assert!(held.is_empty());
    assert_eq!(told.len(), 2);
    assert_eq!(told[1], "request mqtt 0xc PINGREQ [session]");
}

#[test]
fn what_is_wrong_is_said() {
    check(
        &[(CLIENT, &[0x30, 3, 0, 9, b'x'])],
        &[
            "unsolicited mqtt 0x3 PUBLISH [write]",
            "anomaly mqtt malformed-packet",
        ],
    );
    let many = [&[0, 1][..], &[0, 0, 0].repeat(MAX_TOPICS + 1)].concat();
    let said = lines(&mut Conversation::default(), &[(CLIENT, &packet_of(0x82, &many))]);
    assert_eq!(said[1..], ["anomaly mqtt too-many-topics"]);
    for bytes in [
        &[0x00, 0x00][..],
        &[0x80, 0x02, 0, 1],
        &[0x30, 0xff, 0xff, 0xff, 0xff, 1],
    ] {
        assert!(outcome(&mut Conversation::default(), CLIENT, bytes).0.is_err());
    }
}

#[test]
fn a_connection_request_is_certain_on_any_port() {
    for (context, bytes, expected) in [
        (CLIENT, CONNECTING, Probe::Certain),
        (BROKER, CONNECTING, Probe::No),
        (CLIENT, &CONNECTING[..4], Probe::Unsure),
        (BROKER, ACCEPTED, Probe::Unsure),
        (CLIENT, b"GET / HTTP/1.1", Probe::No),
    ] {
        assert_eq!(probe(context, bytes), expected, "{bytes:02x?}");
    }
}

proptest! {
    #[test]
    fn publications_that_an_encoder_writes_are_read_back(
        topics in prop::collection::vec(("[a-z][a-z0-9/]{0,40}", prop::collection::vec(any::<u8>(), 1..300)), 1..6),
    ) {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for (topic, payload) in &topics {
            bytes.extend(packet_of(0x30, &[with_text(&[topic.as_bytes()]), payload.clone()].concat()));
            let value: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
            expected.push(format!("unsolicited mqtt 0x3 PUBLISH [write]; topic {topic} = {value}"));
        }
        prop_assert_eq!(lines(&mut Conversation::default(), &[(CLIENT, &bytes)]), expected);
    }
}
