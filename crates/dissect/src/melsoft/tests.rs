use super::*;
use crate::testing::{lines, outcome, tcp, udp};
use proptest::prelude::*;

const TO: Context = tcp(Side::Initiator, 5007);
const FROM: Context = tcp(Side::Responder, 5007);

/// A message as an encoder writes it: the head, the command's head with its status, the command, its number and data.
fn message(context: Context, status: u16, command: u16, number: u16, data: &[u8]) -> Vec<u8> {
    let mut body = match context.side {
        Side::Initiator => [&[0x1c, 0x0a, 0x16, 0x14][..], &[0; 20]].concat(),
        Side::Responder => [&[0x9c, 0x0a, 0x18, 0x14][..], &status.to_le_bytes(), &[0; 20]].concat(),
    };
    body.extend(command.to_be_bytes());
    body.extend(number.to_le_bytes());
    body.extend([0, 0]);
    body.extend(data);
    let mut all = match context.side {
        Side::Initiator => vec![
            ASK, 1, 0, 0, 0, 0x11, 0x11, 7, 0, 0, 0xff, 0xff, 3, 0, 0, 0xfe, 3, 0, 0,
        ],
        Side::Responder => vec![
            ANSWER, 0, 0, 0, 0, 0x11, 0x11, 0x7f, 0, 0, 0, 0xa8, 3, 0, 0xff, 0xff, 3, 0, 0,
        ],
    };
    all.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
    all.extend(body);
    all
}

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut Conversation, turns), expected);
}

proptest! {
    #[test]
    fn what_an_encoder_writes_is_read_back(
        number in any::<u16>(),
        area in any::<u16>(),
        first in 0u32..0x00ff_ffff,
        values in prop::collection::vec(any::<u8>(), 0..60),
        name in "[A-Z]{1,8}\\.[A-Z]{3}",
    ) {
        let count = u16::try_from(values.len()).unwrap();
        let memory = [
            &[0; 10][..], &[0, 0], &area.to_le_bytes(), &first.to_le_bytes(), &[0, 0], &count.to_le_bytes(), &values,
        ].concat();
        let letters: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        let length = u16::try_from(letters.len()).unwrap().to_le_bytes();
        let file = [&[0; 6][..], &length, &letters].concat();
        let write = message(TO, 0, 0x1410, number, &memory);
        let search = message(TO, 0, 0x185f, number, &file);
        prop_assert_eq!(probe(TO, &write), Probe::Certain);
        let hex: String = values.iter().map(|byte| format!("{byte:02x}")).collect();
        prop_assert_eq!(lines(&mut Conversation, &[(TO, &write), (TO, &search)]), [
            format!("request melsoft 0x1410 Write Memory [write]; area{area} bit {}+{} = {hex}", first * 16, u32::from(count) * 16),
            format!("request melsoft 0x185f Search File [program]; file {name}"),
        ]);
    }
}

#[test]
fn a_q_series_controller_says_its_model() {
    // An older command's head: 12 bytes, of which two are the status.
    let answer = [
        &[
            0xd7, 0x00, 0xc8, 0, 0, 0x11, 0x11, 0x07, 0, 0, 0, 0xe4, 0x03, 0, 0xff, 0xff, 0x03, 0, 0, 0x27, 0,
        ][..],
        &[0x9c, 0x00, 0x0c, 0x08, 0, 0, 0, 0, 0x10, 0x04, 0, 0, 0, 0],
        &[1, 1, 1, 0, 0, 0],
        b"Q03UDECPU       ",
        &[0x68, 2, 0],
    ]
    .concat();
    assert_eq!(probe(FROM, &answer), Probe::Certain);
    check(
        &[(FROM, &answer)],
        &[
            "response melsoft 0x101 Read Type Name [identify] ok",
            "identity melsoft sender vendor=Mitsubishi Electric",
            "identity melsoft sender product=Q03UDECPU",
        ],
    );
}

#[test]
fn users_are_told_and_wrong_passwords_are_refused_without_one() {
    let user: Vec<u8> = "eng"
        .encode_utf16()
        .chain([0; 17])
        .flat_map(u16::to_le_bytes)
        .collect();
    check(
        &[
            (TO, &message(TO, 0, 0x0131, 1, &user)),
            (TO, &message(TO, 0, 0x0132, 2, &[7; 48])),
            (FROM, &message(FROM, 0x4408, 0x0132, 2, &[])),
        ],
        &[
            "request melsoft 0x131 Username Login [session]",
            "identity melsoft sender user=eng",
            "request melsoft 0x132 Password Login [session]",
            "response melsoft 0x132 Password Login [session] failed 0x4408 wrong password",
        ],
    );
}

#[test]
fn what_is_wrong_is_said_with_what_was_read() {
    check(
        &[
            (TO, &message(TO, 0, 0x9999, 1, &[])),
            (TO, &message(TO, 0, 0x185f, 1, &[0, 0, 0, 0, 4, 0, 9, 0, 1])),
        ],
        &[
            "request melsoft 0x9999 unknown [program]",
            "anomaly melsoft unknown-command",
            "request melsoft 0x185f Search File [program]",
            "anomaly melsoft cut-short",
        ],
    );
    let (progress, _) = outcome(&mut Conversation, TO, &[ASK, 0, 0, 0, 0, 0x22]);
    assert!(progress.is_err());
    let on = udp(Side::Initiator, 5560);
    let long = [message(on, 0, 0x0701, 1, &[]), vec![1]].concat();
    let (_, told) = outcome(&mut Conversation, on, &long);
    assert_eq!(
        told,
        [
            "request melsoft 0x701 unknown [program]",
            "anomaly melsoft unknown-command",
            "anomaly melsoft trailing-bytes"
        ]
    );
    let (_, told) = outcome(&mut Conversation, on, &[0x5a, 0]);
    assert_eq!(told, ["anomaly melsoft cut-short"]);
}
