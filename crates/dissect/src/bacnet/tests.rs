use super::*;
use crate::testing::{lines, outcome, udp};
use proptest::prelude::*;

const ASK: Context = udp(Side::Initiator, 47808);
const ANSWER: Context = udp(Side::Responder, 47808);

/// A unicast message around what follows the network header's version.
fn datagram(npdu: &[u8]) -> Vec<u8> {
    let [l0, l1] = u16::try_from(5 + npdu.len()).unwrap().to_be_bytes();
    [&[0x81, 0x0a, l0, l1, 0x01], npdu].concat()
}

/// An application message in the sender's own network.
fn local(apdu: &[u8]) -> Vec<u8> {
    datagram(&[&[0x00], apdu].concat())
}

/// Feeds application messages and compares what is told.
fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    let turns: Vec<_> = turns
        .iter()
        .map(|(context, apdu)| (*context, local(apdu)))
        .collect();
    let borrowed: Vec<_> = turns
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    assert_eq!(lines(&mut Conversation::default(), &borrowed), expected);
}

#[test]
fn present_values_are_points_and_writing_them_is_a_write() {
    check(
        &[
            (
                ASK,
                &[
                    0, 5, 1, 15, 0x0c, 0, 0x40, 0, 3, 0x19, 85, 0x3e, 0x44, 1, 2, 3, 4, 0x3f,
                ],
            ),
            (ANSWER, &[0x20, 1, 15]),
            (
                ASK,
                &[0, 5, 2, 15, 0x0c, 0, 0x40, 0, 3, 0x19, 81, 0x3e, 0x11, 0x3f],
            ),
            (
                ASK,
                &[
                    0, 5, 3, 15, 0x0c, 0, 0x40, 0, 3, 0x19, 45, 0x3e, 0x44, 1, 2, 3, 4, 0x3f,
                ],
            ),
        ],
        &[
            "request bacnet 0xf WriteProperty [write]; analog-output 3+1 = 4401020304",
            "response bacnet 0xf WriteProperty [write] ok; analog-output 3+1",
            "request bacnet 0xf WriteProperty [control]; property analog-output 3 out-of-service = 11",
            "request bacnet 0xf WriteProperty [configure]; property analog-output 3 high-limit = 4401020304",
        ],
    );
}

#[test]
fn a_device_object_says_what_the_device_is() {
    // vendor-name as UTF-8, model-name as UCS-2, serial-number as ISO 8859-1, and an error for the last.
    check(
        &[(
            ANSWER,
            &[
                0x30, 1, 14, 0x0c, 0x02, 0, 1, 0xf4, 0x1e, //
                0x29, 121, 0x4e, 0x74, 0, b'A', b'b', b'c', 0x4f, //
                0x29, 70, 0x4e, 0x75, 5, 4, 0, b'X', 0, b'1', 0x4f, //
                0x2a, 1, 0x74, 0x4e, 0x72, 5, 0xe9, 0x4f, //
                0x29, 44, 0x5e, 0x91, 2, 0x91, 32, 0x5f, 0x1f,
            ],
        )],
        &[
            "response bacnet 0xe ReadPropertyMultiple [identify] failed 0x20020 unknown-property; \
             property device 500 vendor-name = 7400416263; property device 500 model-name = 75050400580031; \
             property device 500 serial-number = 7205e9; property device 500 firmware-revision",
            "identity bacnet sender vendor=Abc",
            "identity bacnet sender product=X1",
            "identity bacnet sender serial=\\xc3\\xa9",
        ],
    );
}

#[test]
fn a_station_behind_a_router_is_the_unit_of_what_it_asks_and_is_asked() {
    let turns = [
        // To network 7, station 0x15, and its answer.
        (
            ASK,
            datagram(&[0x24, 0, 7, 1, 0x15, 0xff, 0, 5, 9, 12, 0x0c, 0, 0, 0, 1, 0x19, 85]),
        ),
        (ANSWER, datagram(&[0x08, 0, 7, 1, 0x15, 0x60, 9, 9])),
        // A B/IP address of six bytes, and an Ethernet one.
        (
            ANSWER,
            datagram(&[0x08, 0, 8, 6, 10, 0, 1, 2, 0xba, 0xc0, 0x10, 0, 0xc4, 2, 0, 0, 1]),
        ),
        (ANSWER, datagram(&[0x08, 0, 8, 6, 2, 0, 0, 0, 3, 4, 0x10, 8])),
    ];
    let borrowed: Vec<_> = turns
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    assert_eq!(
        lines(&mut Conversation::default(), &borrowed),
        [
            "request bacnet 0xc ReadProperty [read] unit 458773; analog-input 1+1",
            "response bacnet 0xc ReadProperty [read] unit 458773 failed 0x9 unrecognized-service; analog-input 1+1",
            "unsolicited bacnet 0x100 I-Am [identify] unit 524546; device 1+1",
            "identity bacnet sender unit 524546 host-name=device 1",
            "request bacnet 0x108 Who-Is [identify] unit 525060",
        ]
    );
}

#[test]
fn what_a_distributor_forwards_is_about_the_host_that_sent_it() {
    let bytes = [
        0x81, 0x04, 0x00, 0x19, 10, 0, 0, 9, 0xba, 0xc0, 1, 0, 0x10, 0, 0xc4, 2, 0, 0, 5, 0x22, 5, 0xc4,
        0x91, 0, 0x91,
    ];
    let (_, told) = outcome(&mut Conversation::default(), ANSWER, &bytes);
    assert_eq!(told[1], "identity bacnet 10.0.0.9 host-name=device 5");
}

#[test]
fn orders_to_the_device_say_what_they_order_and_no_password() {
    check(
        &[
            (ASK, &[0, 5, 1, 20, 0x09, 0, 0x1d, 5, 0, b'p', b'a', b's', b's']),
            (ASK, &[0, 5, 2, 20, 0x09, 4]),
            (ASK, &[0, 5, 3, 17, 0x19, 2, 0x2d, 5, 0, b'p', b'a', b's', b's']),
            (
                ASK,
                &[0, 5, 4, 7, 0xc4, 2, 0x80, 0, 1, 0x0e, 0x31, 0, 0x61, 9, 0x0f],
            ),
            (ANSWER, &[0x71, 4, 0]),
        ],
        &[
            "request bacnet 0x14 ReinitializeDevice [control]; state coldstart",
            "request bacnet 0x14 ReinitializeDevice [program]; state start-restore",
            "request bacnet 0x11 DeviceCommunicationControl [control]; communication disable-initiation",
            "request bacnet 0x7 AtomicWriteFile [file]; file 1+1",
            "response bacnet 0x7 AtomicWriteFile [file] failed 0x0 other; file 1+1",
        ],
    );
}

#[test]
fn segments_are_put_together_and_those_out_of_order_are_said() {
    let head = |flags: u8, number: u8| [0x30 | flags, 7, number, 1, 14];
    let first = [&head(0x0c, 0)[..], &[0x0c, 0, 0x80, 0, 1, 0x1e, 0x29]].concat();
    let last = [&head(0x08, 1)[..], &[85, 0x4e, 0x21, 9, 0x4f, 0x1f]].concat();
    let whole = "response bacnet 0xe ReadPropertyMultiple [read] ok; analog-value 1+1 = 2109";
    check(&[(ANSWER, &first), (ANSWER, &last)], &[whole]);
    check(&[(ANSWER, &first), (ANSWER, &first), (ANSWER, &last)], &[whole]);
    let out_of_order = "anomaly bacnet segment-out-of-order";
    check(&[(ANSWER, &last)], &[out_of_order]);
    let third = [&head(0x08, 2)[..], &[0]].concat();
    check(
        &[(ANSWER, &first), (ANSWER, &third), (ANSWER, &last)],
        &[out_of_order; 2],
    );
}

#[test]
fn a_service_longer_than_is_put_together_is_said_once_and_dropped() {
    let mut session = Conversation::default();
    let mut told = Vec::new();
    for number in 0..40_u8 {
        let segment = [&[0x3c, 7, number, 1, 14][..], &[0; 1400]].concat();
        told.extend(outcome(&mut session, ANSWER, &local(&segment)).1);
    }
    assert_eq!(told[0], "anomaly bacnet service-too-long");
    assert!(
        told[1..]
            .iter()
            .all(|line| line == "anomaly bacnet segment-out-of-order")
    );
}

#[test]
fn what_is_malformed_is_told_with_what_is_wrong() {
    for (bytes, expected) in [
        (vec![0x82, 0x0a, 0, 6, 1, 0], "not-bacnet"),
        (vec![0x81, 0x0a, 0, 9, 1, 0, 0x10, 8], "length-mismatch"),
        (vec![0x81, 0x0d, 0, 4], "link-function"),
        (vec![0x81, 0x05, 0, 5, 0], "cut-short"),
        (vec![0x81, 0x0a, 0, 8, 2, 0, 0x10, 8], "version"),
        (vec![0x81, 0x0a, 0, 5, 1], "cut-short"),
        (local(&[0x80, 0]), "message-type"),
        (local(&[0, 5, 1, 12, 0x0c, 0, 0, 0]), "cut-short"),
        (local(&[0, 5, 1, 12, 0x09, 0, 0x19, 85]), "malformed-tag"),
        (local(&[0, 5, 1, 12, 0x0f]), "malformed-tag"),
        (
            local(&[0, 5, 1, 14, 0x0c, 0, 0, 0, 1, 0x1e, 0x09, 85]),
            "cut-short",
        ),
    ] {
        let (progress, told) = outcome(&mut Conversation::default(), ASK, &bytes);
        assert_eq!(progress.unwrap().consumed, bytes.len());
        let expected = format!("anomaly bacnet {expected}");
        assert!(told.contains(&expected), "{bytes:02x?}: {told:?}");
    }
    let many = [
        &[0, 5, 1, 14, 0x0c, 0, 0, 0, 1, 0x1e][..],
        &[0x09, 85].repeat(65),
        &[0x1f],
    ]
    .concat();
    let (_, told) = outcome(&mut Conversation::default(), ASK, &local(&many));
    assert_eq!(told[1..], ["anomaly bacnet too-many-items"]);
}

#[test]
fn is_known_on_any_port_by_a_network_message_of_the_length_that_it_says() {
    for (bytes, expected) in [
        (&[0x81, 0x0a, 0, 8, 1, 0, 0x10, 8][..], Probe::Certain),
        (&[0x81, 0x05, 0, 6, 0, 60], Probe::Unsure),
        (&[0x81, 0x0a, 0, 9, 1, 0, 0x10, 8], Probe::No),
        (&[0x81, 0x0a, 0, 8, 2, 0, 0x10, 8], Probe::No),
        (&[0x81, 0x20, 0, 8, 1, 0, 0x10, 8], Probe::No),
        (&[0x82, 0x0a, 0, 8, 1, 0, 0x10, 8], Probe::No),
        (&[0x81], Probe::Unsure),
    ] {
        assert_eq!(probe(ASK, bytes), expected, "{bytes:02x?}");
    }
}

/// A context tag with its content.
fn tagged(number: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    match length {
        0..=4 => [&[number << 4 | 0x08 | length], content].concat(),
        _ => [&[number << 4 | 0x0d, length], content].concat(),
    }
}

proptest! {
    #[test]
    fn properties_that_are_encoded_are_read(
        kind in 0u32..65,
        instance in 0u32..0x3f_ffff,
        properties in prop::collection::vec((0u8..=255, prop::collection::vec(any::<u8>(), 0..40)), 1..20),
        cuts in prop::collection::vec(1usize..30, 0..6),
    ) {
        let mut service = tagged(0, &(kind << 22 | instance).to_be_bytes());
        service.push(0x1e);
        for (property, value) in &properties {
            service.extend(tagged(2, &[*property]));
            service.push(0x4e);
            service.extend(tagged(9, value));
            service.push(0x4f);
        }
        service.push(0x1f);
        let whole = [&[0x30, 1, 14][..], &service].concat();
        let (_, expected) = outcome(&mut Conversation::default(), ANSWER, &local(&whole));
        prop_assert_eq!(expected.len(), 1);
        prop_assert_eq!(expected[0].matches(" = ").count(), properties.len());
        // In segments of any size it says the same.
        let mut session = Conversation::default();
        let mut told = Vec::new();
        let mut left = service.as_slice();
        let mut sizes = cuts.iter();
        let mut number = 0;
        loop {
            let size = sizes.next().map_or(left.len(), |size| (*size).min(left.len()));
            let (segment, rest) = left.split_at(size);
            let flags = if rest.is_empty() { 0x38 } else { 0x3c };
            let apdu = [&[flags, 1, number, 1, 14][..], segment].concat();
            told.extend(outcome(&mut session, ANSWER, &local(&apdu)).1);
            number += 1;
            left = rest;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(told, expected);
    }
}
