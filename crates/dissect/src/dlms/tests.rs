use super::*;
use crate::session::Side;
use crate::testing::{lines, outcome, tcp, udp};
use proptest::prelude::*;

const ASK: Context = tcp(Side::Initiator, 4059);
const ANSWER: Context = tcp(Side::Responder, 4059);

/// An APDU in the wrapper, between client 16 and logical device 1, as an encoder writes it.
fn message(context: Context, apdu: &[u8]) -> Vec<u8> {
    let [l0, l1] = u16::try_from(apdu.len()).unwrap().to_be_bytes();
    let ports = match context.side {
        Side::Initiator => [0, 16, 0, 1],
        Side::Responder => [0, 1, 0, 16],
    };
    [&[0, 1], &ports[..], &[l0, l1], apdu].concat()
}

/// An APDU in an HDLC frame.
fn framed(context: Context, apdu: &[u8]) -> Vec<u8> {
    let (head, link): (&[u8], _) = match context.side {
        Side::Initiator => (&[0x02, 0x23, 0x21, 0x10], [0xe6, 0xe6, 0]),
        Side::Responder => (&[0x21, 0x02, 0x23, 0x30], [0xe6, 0xe7, 0]),
    };
    let length = u16::try_from(2 + head.len() + 2 + 3 + apdu.len() + 2).unwrap();
    let format = 0xa000 | length;
    let body = [head, &hdlc::check(format, head), &link, apdu].concat();
    [
        &[0x7e][..],
        &format.to_be_bytes(),
        &body,
        &hdlc::check(format, &body),
        &[0x7e],
    ]
    .concat()
}

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    let turns: Vec<_> = turns
        .iter()
        .map(|(context, apdu)| (*context, message(*context, apdu)))
        .collect();
    let borrowed: Vec<_> = turns
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    assert_eq!(lines(&mut Conversation::default(), &borrowed), expected);
}

/// A value and its bytes.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(vec![0]),
        any::<u8>().prop_map(|number| vec![17, number]),
        any::<u32>().prop_map(|number| [&[6][..], &number.to_be_bytes()].concat()),
        any::<[u8; 12]>().prop_map(|time| [&[25][..], &time].concat()),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|octets| {
            let length = u8::try_from(octets.len()).unwrap();
            let long = (length > 127).then_some(0x81);
            [9].into_iter()
                .chain(long)
                .chain([length])
                .chain(octets)
                .collect()
        }),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        (1u8..3, prop::collection::vec(inner, 0..6)).prop_map(|(kind, parts)| {
            let count = u8::try_from(parts.len()).unwrap();
            [vec![kind, count], parts.concat()].concat()
        })
    })
}

proptest! {
    #[test]
    fn what_an_encoder_writes_is_read_back(
        class in prop::sample::select(vec![1u16, 3, 4]),
        obis in any::<[u8; 6]>(),
        attribute in any::<u8>(),
        invoke in 0u8..16,
        value in value(),
        in_frames in any::<bool>(),
    ) {
        let carry = if in_frames { framed } else { message };
        let unit = "unit 1";
        let reference = [&class.to_be_bytes()[..], &obis, &[attribute, 0]].concat();
        let get = carry(ASK, &[&[0xc0, 1, invoke][..], &reference].concat());
        let got = carry(ANSWER, &[&[0xc4, 1, invoke, 0][..], &value].concat());
        let set = carry(ASK, &[&[0xc1, 1, invoke][..], &reference, &value].concat());
        let done = carry(ANSWER, &[0xc5, 1, invoke, 0]);
        prop_assert_eq!(probe(ASK, &get), Probe::Certain);
        prop_assert_eq!(probe(ANSWER, &got), Probe::Certain);
        let told = lines(&mut Conversation::default(), &[(ASK, &get), (ANSWER, &got), (ASK, &set), (ANSWER, &done)]);
        let told: Vec<_> = told.into_iter().filter(|line| !line.starts_with("identity")).collect();
        let [a, b, c, d, e, f] = obis;
        let name = format!("attribute {class}/{a}-{b}:{c}.{d}.{e}*{f}/{attribute}");
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        prop_assert_eq!(&told[0], &format!("request dlms 0xc001 GET Request [read] {unit}; {name}"));
        prop_assert_eq!(&told[1], &format!("response dlms 0xc401 GET Response [read] {unit} ok; {name} = {hex}"));
        prop_assert_eq!(&told[2], &format!("request dlms 0xc101 SET Request [write] {unit}; {name} = {hex}"));
        prop_assert_eq!(&told[3], &format!("response dlms 0xc501 SET Response [write] {unit} ok; {name}"));
    }
}

#[test]
fn an_association_names_context_mechanism_and_result_and_no_password() {
    let ask = [
        &[0x60, 0x20, 0xa1, 9, 6, 7, 0x60, 0x85, 0x74, 5, 8, 1, 3][..],
        &[0x8b, 7, 0x60, 0x85, 0x74, 5, 8, 2, 5, 0xac, 10, 0x80, 8],
        b"geheim12",
    ]
    .concat();
    let refuse = [0x61, 12, 0xa2, 3, 2, 1, 1, 0xa3, 5, 0xa1, 3, 2, 1, 13];
    check(
        &[(ASK, &ask), (ANSWER, &refuse)],
        &[
            "request dlms 0x60 Association Request [session] unit 1; context logical names, ciphered; mechanism high with GMAC",
            "response dlms 0x61 Association Response [session] unit 1 failed 0xd authentication failed",
        ],
    );
}

#[test]
fn a_meter_names_itself_by_its_logical_device_name_and_system_title() {
    let name = [&[0xc4, 1, 1, 0, 9, 8][..], b"LGZ12345"].concat();
    let accept = [
        &[
            0x61, 24, 0xa2, 3, 2, 1, 0, 0xa3, 5, 0xa1, 3, 2, 1, 0, 0xa4, 10, 4, 8,
        ][..],
        b"LGZ\x01\x02\x03\x04\x05",
    ]
    .concat();
    check(
        &[
            (ASK, &[0xc0, 1, 1, 0, 1, 0, 0, 42, 0, 0, 255, 2, 0]),
            (ANSWER, &name),
            (ANSWER, &accept),
        ],
        &[
            "request dlms 0xc001 GET Request [identify] unit 1; attribute 1/0-0:42.0.0*255/2",
            "response dlms 0xc401 GET Response [identify] unit 1 ok; attribute 1/0-0:42.0.0*255/2 = 09084c475a3132333435",
            "identity dlms sender unit 1 host-name=LGZ12345",
            "identity dlms sender unit 1 vendor=LGZ",
            "response dlms 0x61 Association Response [session] unit 1 ok",
            "identity dlms sender vendor=LGZ",
            "identity dlms sender serial=0102030405",
        ],
    );
}

#[test]
fn an_answer_in_blocks_has_its_value_with_the_last() {
    check(
        &[
            (ASK, &[0xc0, 1, 2, 0, 7, 1, 0, 99, 1, 0, 255, 2, 0]),
            (ANSWER, &[0xc4, 2, 2, 0, 0, 0, 0, 1, 0, 3, 1, 2, 17]),
            (ASK, &[0xc0, 2, 2, 0, 0, 0, 1]),
            (ANSWER, &[0xc4, 2, 2, 1, 0, 0, 0, 2, 0, 3, 5, 17, 6]),
        ],
        &[
            "request dlms 0xc001 GET Request [read] unit 1; attribute 7/1-0:99.1.0*255/2",
            "response dlms 0xc402 GET Response with Block [read] unit 1 ok; attribute 7/1-0:99.1.0*255/2",
            "request dlms 0xc002 GET Request for Next Block [read] unit 1",
            "response dlms 0xc402 GET Response with Block [read] unit 1 ok; attribute 7/1-0:99.1.0*255/2 = 010211051106",
        ],
    );
}

#[test]
fn methods_and_settings_are_classed_by_their_object() {
    for (apdu, expected) in [
        (
            &[0xc3, 1, 1, 0, 70, 0, 0, 96, 3, 10, 255, 1, 0][..],
            "0xc301 ACTION Request [control] unit 1; method 70/0-0:96.3.10*255/1",
        ),
        (
            &[0xc3, 1, 1, 0, 18, 0, 0, 44, 0, 0, 255, 1, 0],
            "0xc301 ACTION Request [firmware] unit 1; method 18/0-0:44.0.0*255/1",
        ),
        (
            &[0xc1, 1, 1, 0, 8, 0, 0, 1, 0, 0, 255, 2, 0, 0],
            "0xc101 SET Request [time] unit 1; attribute 8/0-0:1.0.0*255/2 = 00",
        ),
        (
            // A new password.
            &[0xc1, 1, 1, 0, 15, 0, 0, 40, 0, 0, 255, 7, 0, 9, 1, 0x78],
            "0xc101 SET Request [configure] unit 1; attribute 15/0-0:40.0.0*255/7",
        ),
        (
            &[0xcb, 0x30, 1, 2, 3],
            "0xcb Ciphered ACTION Request [control] unit 1",
        ),
    ] {
        check(&[(ASK, apdu)], &[&format!("request dlms {expected}")]);
    }
}

#[test]
fn what_is_wrong_is_said_with_what_was_read() {
    for (apdu, expected) in [
        (
            &[0xc0, 1, 1, 0, 3, 1, 0][..],
            &[
                "request dlms 0xc001 GET Request [read] unit 1",
                "anomaly dlms cut-short",
            ][..],
        ),
        (
            &[0xc1, 1, 1, 0, 3, 1, 0, 1, 8, 0, 255, 2, 0, 99],
            &[
                "request dlms 0xc101 SET Request [write] unit 1",
                "anomaly dlms value",
            ],
        ),
        (
            &[0xee, 1],
            &[
                "request dlms 0xee unknown [program] unit 1",
                "anomaly dlms unknown-apdu",
            ],
        ),
        (&[0xc0], &["anomaly dlms cut-short"]),
    ] {
        check(&[(ASK, apdu)], expected);
    }
    let mut frame = framed(ASK, &[0xc0, 1, 1, 0, 3, 1, 0, 1, 8, 0, 255, 2, 0]);
    frame[14] ^= 1;
    let (_, told) = outcome(&mut Conversation::default(), ASK, &frame);
    assert_eq!(
        told,
        [
            "request dlms-hdlc 0x10 Information [read] unit 1",
            "anomaly dlms-hdlc check"
        ]
    );
    for bytes in [&[0, 2][..], &[0x7e, 0x20], &[0, 1, 0, 1, 0, 16, 0, 0]] {
        let (lost, _) = outcome(&mut Conversation::default(), ASK, bytes);
        assert!(lost.is_err(), "{bytes:02x?}");
    }
    let on = udp(Side::Initiator, 4059);
    let (_, told) = outcome(&mut Conversation::default(), on, &[0, 1, 0]);
    assert_eq!(told, ["anomaly dlms cut-short"]);
}

#[test]
fn the_check_is_that_of_the_standard() {
    // ISO/IEC 13239's own example: the check over "123456789" is 0x906e; here the first two letters are the format.
    assert_eq!(hdlc::check(0x3132, b"3456789"), [0x6e, 0x90]);
}
