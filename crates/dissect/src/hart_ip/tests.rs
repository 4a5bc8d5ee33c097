use super::*;
use crate::session::Side;
use crate::testing::{lines, outcome, tcp, udp};
use proptest::prelude::*;

const ASK: Context = tcp(Side::Initiator, 5094);
const ANSWER: Context = tcp(Side::Responder, 5094);

/// HART-IP's head before a body, as an encoder writes it.
fn message(kind: u8, id: u8, transaction: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap() + HEAD;
    let [t0, t1] = transaction.to_be_bytes();
    let [l0, l1] = length.to_be_bytes();
    [&[1, kind, id, 0, t0, t1, l0, l1], body].concat()
}

/// A frame to or from the device 0x0a0b0c of type 0x4c, with its check byte.
fn frame(delimiter: u8, command: u8, data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).unwrap();
    let mut frame = [&[delimiter, 0xa6, 0x4c, 0x0a, 0x0b, 0x0c, command, length], data].concat();
    frame.push(frame.iter().fold(0, |sum, byte| sum ^ byte));
    frame
}

const UNIT: &str = "unit 1275726604";

fn check(turns: &[(Context, Vec<u8>)], expected: &[&str]) {
    let borrowed: Vec<_> = turns
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    let told: Vec<_> = lines(&mut Conversation, &borrowed)
        .iter()
        .map(|line| line.replace(UNIT, "unit T"))
        .collect();
    assert_eq!(told, expected);
}

proptest! {
    #[test]
    fn what_an_encoder_writes_is_read_back(
        transaction in any::<u16>(),
        units in any::<u8>(),
        upper in any::<f32>(),
        lower in any::<f32>(),
        code in 9u8..0x80,
    ) {
        let data = [&[units][..], &upper.to_be_bytes(), &lower.to_be_bytes()].concat();
        let ask = message(0, 3, transaction, &frame(0x82, 35, &data));
        let answer = message(1, 3, transaction, &frame(0x86, 35, &[&[0, 0][..], &data].concat()));
        let refusal = message(1, 3, transaction, &frame(0x86, 35, &[code, 0]));
        prop_assert_eq!(probe(ASK, &ask), Probe::Certain);
        prop_assert_eq!(probe(ANSWER, &answer), Probe::Certain);
        let told = lines(&mut Conversation, &[(ASK, &ask), (ANSWER, &answer), (ANSWER, &refusal)]);
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
        let fields = format!(
            "parameter range units = {}; parameter upper range value = {}; parameter lower range value = {}",
            hex(&[units]), hex(&upper.to_be_bytes()), hex(&lower.to_be_bytes()),
        );
        prop_assert_eq!(&told[0], &format!("request hart 0x23 Write Range Values [configure] {UNIT}; {fields}"));
        prop_assert_eq!(&told[1], &format!("response hart 0x23 Write Range Values [configure] {UNIT} ok; {fields}"));
        let refused = told[2].contains(&format!("failed {code:#x} {}", names::response(code)));
        prop_assert!(refused || names::warns(code), "{}", told[2]);
    }
}

#[test]
fn an_identity_has_the_makers_two_bytes_since_hart_7() {
    let mut data = [
        0, 0, 254, 0x26, 0x4c, 5, 7, 3, 5, 8, 0, 10, 11, 12, 5, 4, 0, 1, 0, 0x61, 0x23, 0, 0, 1,
    ];
    let new = message(1, 3, 1, &frame(0x86, 0, &data));
    data[6] = 5;
    let old = message(1, 3, 2, &frame(0x86, 0, &data[..14]));
    check(
        &[(ANSWER, new), (ANSWER, old)],
        &[
            "response hart 0x0 Read Unique Identifier [identify] unit T ok",
            "identity hart sender unit T vendor=HART manufacturer 24867",
            "identity hart sender unit T product-code=0x264c",
            "identity hart sender unit T device-type=HART 7",
            "identity hart sender unit T firmware=3.5",
            "identity hart sender unit T serial=0a0b0c",
            "response hart 0x0 Read Unique Identifier [identify] unit T ok",
            "identity hart sender unit T vendor=Rosemount",
            "identity hart sender unit T product-code=0x264c",
            "identity hart sender unit T device-type=HART 5",
            "identity hart sender unit T firmware=3.5",
            "identity hart sender unit T serial=0a0b0c",
        ],
    );
}

#[test]
fn device_variables_have_their_values_and_commands_above_255_their_number() {
    let values = [0, 0, 1, 7, 1, 2, 3, 4, 9, 32, 5, 6, 7, 8];
    check(
        &[
            (ASK, message(0, 3, 1, &frame(0x82, 33, &[1, 9]))),
            (ANSWER, message(1, 3, 1, &frame(0x86, 33, &values))),
            (ASK, message(0, 3, 2, &frame(0x82, 79, &[0, 1, 7, 1, 2, 3, 4, 0]))),
            (ASK, message(0, 3, 3, &frame(0x82, 31, &[2, 1, 0]))),
        ],
        &[
            "request hart 0x21 Read Device Variables [read] unit T; device-variable 1+1; device-variable 9+1",
            "response hart 0x21 Read Device Variables [read] unit T ok; device-variable 1+1 = 0701020304; device-variable 9+1 = 2005060708",
            "request hart 0x4f Write Device Variable [write] unit T; device-variable 0+1 = 01070102030400",
            "request hart 0x201 Write Country Code [configure] unit T",
        ],
    );
}

#[test]
fn direct_pdus_and_commands_to_sub_devices_are_told_by_command() {
    let direct = [0, 0, 0, 0, 0, 0, 38, 2, 0, 1];
    let answer = [0x40, 0, 0, 48, 3, 0, 1, 2];
    let inner = [1, 2, 5, 0x82, 0xa6, 0x4c, 0x0a, 0x0b, 0x0d, 42, 0];
    check(
        &[
            (ASK, message(0, 4, 1, &direct)),
            (ANSWER, message(1, 4, 1, &answer)),
            (ASK, message(0, 3, 2, &frame(0x82, 77, &inner))),
        ],
        &[
            "request hart 0x0 Read Unique Identifier [identify]",
            "request hart 0x26 Reset Configuration Changed Flag [configure]",
            "response hart 0x30 Read Additional Device Status [diagnose] ok",
            "request hart 0x4d Send Command to Sub-Device [program] unit T",
            "request hart 0x2a Perform Device Reset [control] unit 1275726605",
        ],
    );
}

#[test]
fn what_is_wrong_is_said_with_what_was_read() {
    let mut wrong = frame(0x82, 1, &[]);
    *wrong.last_mut().unwrap() ^= 1;
    check(
        &[
            (ASK, message(0, 3, 1, &wrong)),
            (ASK, message(0, 3, 2, &[0x80, 0])),
            (ASK, message(0, 3, 3, &[0x82, 0])),
            (ASK, message(0, 9, 4, &[])),
            (ASK, message(0, 3, 5, &frame(0x82, 35, &[7, 1]))),
            (ASK, message(0, 3, 6, &frame(0x82, 127, &[]))),
        ],
        &[
            "request hart 0x1 Read Primary Variable [read] unit T",
            "anomaly hart check-byte",
            "request hart-ip 0x3 Token-Passing PDU [session]",
            "anomaly hart delimiter",
            "request hart-ip 0x3 Token-Passing PDU [session]",
            "anomaly hart cut-short",
            "request hart-ip 0x9 unknown [program]",
            "anomaly hart-ip unknown-message",
            "request hart 0x23 Write Range Values [configure] unit T; parameter range units = 07",
            "anomaly hart cut-short",
            "request hart 0x7f unknown [program] unit T",
            "anomaly hart unknown-command",
        ],
    );
    for bytes in [&[3][..], &[1, 9], &[1, 0, 0, 0, 0, 0, 0, 7]] {
        let (lost, _) = outcome(&mut Conversation, ASK, bytes);
        assert!(lost.is_err());
    }
    let (_, told) = outcome(&mut Conversation, udp(Side::Initiator, 5094), &[1, 0, 0]);
    assert_eq!(told, ["anomaly hart-ip cut-short"]);
}
