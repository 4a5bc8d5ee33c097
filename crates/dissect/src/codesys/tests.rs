use super::*;
use crate::testing::{lines, outcome, tcp, udp};
use proptest::prelude::*;

const ASK: Context = tcp(Side::Initiator, 11740);
const ANSWER: Context = tcp(Side::Responder, 11740);

/// A datagram on TCP, with addresses of three words, as an encoder writes it.
fn message(purpose: u8, body: &[u8]) -> Vec<u8> {
    let datagram = [
        &[DATAGRAM, 0x6b, 0x40, purpose, 0, 0x33][..],
        &[0; 12],
        &[0, 0],
        body,
    ]
    .concat();
    let length = u32::try_from(datagram.len()).unwrap() + BLOCK_HEAD;
    [&BLOCK[..], &length.to_le_bytes(), &datagram].concat()
}

/// The first block of a service on channel 7.
fn block(group: u16, command: u16, number: u32, content: &[u8]) -> Vec<u8> {
    let service = [
        &PLAIN.to_le_bytes()[..],
        &12u16.to_le_bytes(),
        &group.to_le_bytes(),
        &command.to_le_bytes(),
        &[0; 4],
        &u32::try_from(content.len()).unwrap().to_le_bytes(),
        content,
    ]
    .concat();
    let head = [
        &[1, 0x81, 7, 0][..],
        &number.to_le_bytes(),
        &number.to_le_bytes(),
        &u32::try_from(service.len()).unwrap().to_le_bytes(),
        &[0; 4],
    ]
    .concat();
    message(datagram::CHANNEL, &[head, service].concat())
}

/// A tag; numbers above 0x7f take two bytes.
fn tag(id: u8, value: &[u8]) -> Vec<u8> {
    let number = |number: usize| match u8::try_from(number).unwrap() {
        short @ 0..0x80 => vec![short],
        long => vec![long, 1],
    };
    [number(id.into()), number(value.len()), value.to_vec()].concat()
}

fn check(turns: &[(Context, Vec<u8>)], expected: &[&str]) {
    let borrowed: Vec<_> = turns
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    assert_eq!(lines(&mut Conversation::default(), &borrowed), expected);
}

proptest! {
    #[test]
    fn what_an_encoder_writes_is_read_back(
        number in any::<u32>(),
        name in "[A-Za-z0-9_]{1,100}\\.app",
        user in "[a-z]{1,12}",
        error in any::<u16>(),
    ) {
        let file = block(8, 5, number, &tag(1, &[name.as_bytes(), &[0]].concat()));
        let answer = block(0x88, 5, number, &tag(0x84, &tag(8, &error.to_le_bytes())));
        let login = block(1, 2, number, &tag(0x81, &tag(0x10, user.as_bytes())));
        prop_assert_eq!(probe(ASK, &file), Probe::Certain);
        let told = lines(&mut Conversation::default(), &[(ASK, &file), (ANSWER, &answer), (ASK, &login)]);
        let result = if error == 0 { "ok".to_owned() } else { format!("failed {error:#x} refused") };
        prop_assert_eq!(told, [
            format!("request codesys 0x80005 CmpFileTransfer StartUpload [file]; file {name}"),
            format!("response codesys 0x80005 CmpFileTransfer StartUpload [file] {result}"),
            "request codesys 0x10002 CmpDevice Login [session]".to_owned(),
            format!("identity codesys sender user={user}"),
        ]);
    }
}

#[test]
fn services_are_classed_by_what_they_do() {
    for (group, command, expected) in [
        (2, 0x05, "0x20005 CmpApp Download [program]"),
        (2, 0x10, "0x20010 CmpApp Start [control]"),
        (2, 0x14, "0x20014 CmpApp ReadStatus [read]"),
        (1, 0x04, "0x10004 CmpDevice ResetOrigin [program]"),
        (9, 0x06, "0x90006 CmpIecVarAccess WriteVars [write]"),
        (0x0c, 0x33, "0xc0033 CmpUserMgr [configure]"),
        (5, 0x01, "0x50001 CmpLog GetEntries [diagnose]"),
    ] {
        check(
            &[(ASK, block(group, command, 1, &[]))],
            &[&format!("request codesys {expected}")],
        );
    }
}

#[test]
fn a_service_that_goes_on_in_further_blocks_is_told_once() {
    let mut first = block(8, 4, 1, &tag(5, &[7; 100]));
    // The content is longer than what the block holds.
    let at = first.len() - 102 - 4;
    first[at..at + 4].copy_from_slice(&1000u32.to_le_bytes());
    let further = message(
        datagram::CHANNEL,
        &[&[1, 0x80, 7, 0][..], &[2; 8], &[9; 50]].concat(),
    );
    let acknowledge = message(datagram::CHANNEL, &[2, 0x80, 7, 0, 1, 0, 0, 0]);
    check(
        &[(ASK, first), (ASK, further), (ANSWER, acknowledge)],
        &["request codesys 0x80004 CmpFileTransfer Download [file]"],
    );
}

#[test]
fn a_device_says_its_names_and_firmware() {
    let name = |text: &str| -> Vec<u8> {
        text.encode_utf16()
            .chain([0])
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    let body = [
        &[0x80, 0xc2, 0, 4, 1, 0, 0, 0, 4, 0, 1, 0, 2, 0, 3, 0, 2, 0, 4, 0][..],
        &[0; 8],
        &[40, 17, 5, 3, 0, 0, 0, 0, 2],
        &[0; 48 - 37 + 2],
        &name("PLC"),
        &name("X1"),
        &name("ACME"),
        b"77",
    ]
    .concat();
    check(
        &[(ANSWER, message(datagram::NAME_CLIENT, &body))],
        &[
            "response codesys-ns 0xc280 Device Info [identify] ok",
            "identity codesys-ns sender host-name=PLC",
            "identity codesys-ns sender product=X1",
            "identity codesys-ns sender vendor=ACME",
            "identity codesys-ns sender firmware=3.5.17.40",
            "identity codesys-ns sender serial=77",
        ],
    );
}

#[test]
fn what_is_wrong_is_said_with_what_was_read() {
    check(
        &[
            (ASK, block(0x40, 1, 1, &[])),
            (ASK, block(8, 1, 1, &[1, 9, 0])),
            (ASK, message(0x33, &[])),
            (ASK, message(datagram::CHANNEL, &[0x55, 0])),
            (ASK, message(datagram::CHANNEL, &[1])),
            (ASK, message(datagram::NAME_SERVER, &[1, 0, 0, 4, 0, 0, 0, 0])),
        ],
        &[
            "request codesys 0x400001 unknown [program]",
            "anomaly codesys unknown-service",
            "request codesys 0x80001 CmpFileTransfer GetFileInfo [file]",
            "anomaly codesys cut-short",
            "anomaly codesys unknown-kind",
            "request codesys-channel 0x55 unknown [program]",
            "anomaly codesys-channel unknown-kind",
            "anomaly codesys cut-short",
            "request codesys-ns 0x1 unknown [program]",
            "anomaly codesys-ns unknown-kind",
        ],
    );
    for bytes in [
        &[0, 1, 0x18][..],
        &[0, 1, 0x17, 0xe8, 1, 0, 0, 0],
        &[0xbb, 0xcc],
        &[0xbb, 0xbb, 0, 0, 0, 0],
    ] {
        let (lost, _) = outcome(&mut Conversation::default(), ASK, bytes);
        assert!(lost.is_err(), "{bytes:02x?}");
    }
    let (_, told) = outcome(&mut Conversation::default(), udp(Side::Initiator, 1740), &[1, 2]);
    assert_eq!(told, ["anomaly codesys no-datagram"]);
    // A controller of V2 with the other byte order, asked for something that nobody described.
    check(
        &[(ASK, vec![0xbb, 0xbb, 0, 0, 0, 2, 0x77, 0])],
        &[
            "request codesys-v2 0x77 unknown [program]",
            "anomaly codesys-v2 unknown-service",
        ],
    );
}
