use super::samples::*;
use super::*;
use crate::testing::{lines, outcome};
use proptest::prelude::*;

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut Conversation::default(), turns), expected);
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    [&[tag, 0x82][..], &length.to_be_bytes(), content].concat()
}

/// A version 2c message with bindings of an object's bytes and a value.
fn message(community: &[u8], pdu: u8, request: u8, error: u8, bindings: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
    let list: Vec<u8> = bindings
        .iter()
        .flat_map(|(object, value)| tlv(0x30, &[tlv(6, object), value.clone()].concat()))
        .collect();
    let numbers = [request, error, 0].map(|number| tlv(2, &[number])).concat();
    let pdu = tlv(0xa0 | pdu, &[numbers, tlv(0x30, &list)].concat());
    tlv(0x30, &[tlv(2, &[1]), tlv(4, community), pdu].concat())
}

const SYSTEM: &[u8] = &[0x2b, 6, 1, 2, 1, 1];

fn system(number: u8) -> Vec<u8> {
    [SYSTEM, &[number, 0]].concat()
}

#[test]
fn a_name_is_asked_for_and_given_and_a_port_switched_off() {
    check(
        &[(MANAGER, GET), (AGENT, GIVEN), (MANAGER, SET)],
        &[
            "request snmp 0x0 GetRequest [identify]; object 1.3.6.1.2.1.1.5.0",
            "response snmp 0x0 GetRequest [identify] ok; object 1.3.6.1.2.1.1.5.0 = 737731",
            "identity snmp sender host-name=sw1",
            "request snmp 0x3 SetRequest [configure]; object 1.3.6.1.2.1.2.2.1.7.3 = 02",
        ],
    );
}

#[test]
fn an_answer_says_who_the_device_is() {
    let description = tlv(
        4,
        b"Siemens, SIMATIC NET, SCALANCE X208, 6GK5 208-0BA10-2AA3, HW: 4, FW: V4.2",
    );
    let id = tlv(6, &[0x2b, 6, 1, 4, 1, 0xa0, 0x64, 1]);
    let bytes = message(b"plnt", 2, 9, 0, &[(&system(1), description), (&system(2), id)]);
    let said = lines(&mut Conversation::default(), &[(AGENT, &bytes)]);
    assert_eq!(
        said[2..],
        [
            "identity snmp sender vendor=Siemens",
            "identity snmp sender product=SCALANCE X208",
            "identity snmp sender product-code=6GK5 208-0BA10-2AA3",
            "identity snmp sender firmware=V4.2",
            "identity snmp sender vendor=Siemens",
            "identity snmp sender product-code=1.3.6.1.4.1.4196.1",
        ]
    );
}

#[test]
fn a_trap_a_user_and_what_is_encrypted_are_told() {
    check(
        &[(AGENT, TRAP), (MANAGER, VERSION_3), (MANAGER, ENCRYPTED)],
        &[
            "unsolicited snmp 0x4 Trap [alarm]; object 1.3.6.1.4.1.248.14",
            "request snmp 0x1 GetNextRequest [read]; object 1.3.6.1.2.1.2",
            "request snmp 0x100 Encrypted [session]",
            "identity snmp sender user=ops1",
        ],
    );
}

#[test]
fn a_community_and_a_key_are_never_told_and_a_makers_is_said_once() {
    let key: &[u8] = &[0x2b, 6, 1, 6, 3, 18, 1];
    let bytes = message(b"private", 3, 1, 0, &[(key, tlv(4, b"geheim"))]);
    check(
        &[(MANAGER, &bytes), (MANAGER, &bytes)],
        &[
            "request snmp 0x3 SetRequest [configure]; object 1.3.6.1.6.3.18.1",
            "anomaly snmp default-community",
            "request snmp 0x3 SetRequest [configure]; object 1.3.6.1.6.3.18.1",
        ],
    );
}

#[test]
fn what_is_refused_or_wrong_is_said() {
    let refused = message(b"plnt", 2, 1, 17, &[]);
    check(
        &[(AGENT, &refused)],
        &["response snmp 0x2 Response [read] failed 0x11 notWritable"],
    );
    check(&[(AGENT, &GET[..20])], &["anomaly snmp malformed-message"]);
    check(
        &[(AGENT, &message(b"plnt", 9, 1, 0, &[]))],
        &[
            "unsolicited snmp 0x9 unknown [program]",
            "anomaly snmp unknown-pdu",
        ],
    );
    let many: Vec<(&[u8], Vec<u8>)> = vec![(SYSTEM, tlv(5, &[])); pdu::MAX_BINDINGS + 1];
    let said = lines(
        &mut Conversation::default(),
        &[(MANAGER, &message(b"plnt", 0, 1, 0, &many))],
    );
    assert_eq!(said[1..], ["anomaly snmp too-many-bindings"]);
    let (lost, _) = outcome(
        &mut Conversation::default(),
        MANAGER_TCP,
        &[0x31, 0x05, 1, 2, 3, 4, 5],
    );
    assert!(lost.is_err());
}

#[test]
fn a_message_is_known_on_any_port_and_a_sequence_alone_is_not() {
    for (bytes, expected) in [
        (GET, Probe::Certain),
        (ENCRYPTED, Probe::Certain),
        (&[0x30, 0x06, 0x02, 0x01, 0x02, 0x04, 0x01, 0x00], Probe::No),
        (
            &[0x30, 0x0c, 0x02, 0x01, 0x01, 0x60, 0x07, 0x02, 0x01, 0x03],
            Probe::No,
        ),
        (b"0", Probe::No),
    ] {
        assert_eq!(probe(MANAGER, bytes), expected, "{bytes:02x?}");
    }
}

proptest! {
    #[test]
    fn what_an_encoder_writes_is_read_back(
        request in 0u8..0x80,
        objects in prop::collection::vec((prop::collection::vec(0u8..0x80, 0..10), prop::collection::vec(any::<u8>(), 1..20)), 1..8),
    ) {
        let encoded: Vec<(Vec<u8>, Vec<u8>)> = objects
            .iter()
            .map(|(rest, value)| ([&[0x2b, 6, 1, 4, 1][..], rest].concat(), tlv(4, value)))
            .collect();
        let bindings: Vec<(&[u8], Vec<u8>)> =
            encoded.iter().map(|(object, value)| (object.as_slice(), value.clone())).collect();
        let mut expected = "request snmp 0x3 SetRequest [configure]".to_owned();
        for (rest, value) in &objects {
            let rest: String = rest.iter().map(|number| format!(".{number}")).collect();
            let value: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
            expected += &format!("; object 1.3.6.1.4.1{rest} = {value}");
        }
        check(&[(MANAGER, &message(b"plnt", 3, request, 0, &bindings))], &[&expected]);
    }
}
