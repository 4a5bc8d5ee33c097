use super::*;
use crate::testing::{lines, outcome, tcp, udp};
use proptest::prelude::*;

const ASK: Context = udp(Side::Initiator, 9600);
const ANSWER: Context = udp(Side::Responder, 9600);

/// A frame between node 20 and node 10 of this network, with service id 1.
fn frame(context: Context, rest: &[u8]) -> Vec<u8> {
    let head = match context.side {
        Side::Initiator => [0x80, 0, 2, 0, 10, 0, 0, 20, 0, 1],
        Side::Responder => [0xc0, 0, 2, 0, 20, 0, 0, 10, 0, 1],
    };
    [&head, rest].concat()
}

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    let turns: Vec<_> = turns
        .iter()
        .map(|(context, rest)| (*context, frame(*context, rest)))
        .collect();
    let borrowed: Vec<_> = turns
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    assert_eq!(lines(&mut Conversation::default(), &borrowed), expected);
}

#[test]
fn an_answer_says_what_the_memory_of_its_request_holds() {
    check(
        &[
            (ASK, &[1, 1, 0x82, 0, 100, 0, 0, 2]),
            (ANSWER, &[1, 1, 0, 0, 0x12, 0x34, 0x56, 0x78]),
            // The same again answers nothing that is known.
            (ANSWER, &[1, 1, 0, 0, 0x12, 0x34, 0x56, 0x78]),
            (ASK, &[1, 4, 0x82, 0, 1, 0, 0x31, 0, 2, 5]),
            (ASK, &[1, 5, 0x82, 0, 1, 0, 0xa1, 0, 2, 0, 0, 3]),
        ],
        &[
            "request fins 0x101 Memory Area Read [read] unit 2560; D0 bit 1600+32",
            "response fins 0x101 Memory Area Read [read] unit 2560 ok; D0 bit 1600+32 = 12345678",
            "response fins 0x101 Memory Area Read [read] unit 2560 ok",
            "request fins 0x104 Multiple Memory Area Read [read] unit 2560; D0 bit 16+16; W0 bit 37+1",
            "request fins 0x105 Memory Area Transfer [write] unit 2560; D0 bit 16+48; E1 bit 32+48",
        ],
    );
}

#[test]
fn commands_are_classed_by_what_they_do_and_end_codes_named() {
    for (code, sub, expected) in [
        (4, 1, "0x401 Run [control]"),
        (3, 7, "0x307 Program Area Write [program]"),
        (2, 2, "0x202 Parameter Area Write [configure]"),
        (0x23, 1, "0x2301 Forced Set or Reset [control]"),
    ] {
        check(
            &[(ANSWER, &[code, sub, 0x22, 0x41])],
            &[&format!(
                "response fins {expected} unit 2560 failed 0x2201 not executable in this mode"
            )],
        );
        // The controller's own errors are no failure of the command.
        check(
            &[(ANSWER, &[code, sub, 0, 0x40])],
            &[&format!("response fins {expected} unit 2560 ok")],
        );
    }
}

#[test]
fn a_controller_says_its_model_and_version() {
    let data = [
        &[5, 1, 0, 0][..],
        &b"CJ2M-CPU31          "[..],
        &b"02.01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"[..],
        b"x",
    ];
    check(
        &[(ANSWER, &data.concat())],
        &[
            "response fins 0x501 Controller Data Read [identify] unit 2560 ok",
            "identity fins sender unit 2560 product=CJ2M-CPU31",
            "identity fins sender unit 2560 firmware=02.01",
        ],
    );
}

#[test]
fn what_is_malformed_is_told_with_what_is_wrong() {
    let many = [&[1, 4][..], &[0x82, 0, 1, 0].repeat(129)].concat();
    for (context, rest, expected) in [
        (ASK, &[1][..], "cut-short"),
        (ASK, &[1, 1, 0x82, 0, 100], "cut-short"),
        (ASK, &[1, 2, 0x82, 0, 100, 0, 0, 2, 1, 2, 3], "cut-short"),
        (ASK, &[1, 1, 0x82, 0, 100, 0, 0, 2, 0], "trailing-bytes"),
        (ASK, &[1, 1, 0x7f, 0, 100, 0, 0, 2], "unknown-area"),
        (ASK, &[9, 9], "unknown-command"),
        (ANSWER, &[1, 1, 0], "cut-short"),
        (ANSWER, &[5, 1, 0, 0, 1, 2], "cut-short"),
        (ASK, &many, "too-many-objects"),
    ] {
        let (progress, told) = outcome(&mut Conversation::default(), context, &frame(context, rest));
        assert_eq!(progress.unwrap().missing, 0);
        assert_eq!(
            told.last().unwrap(),
            &format!("anomaly fins {expected}"),
            "{rest:02x?}"
        );
    }
}

#[test]
fn what_its_tcp_refuses_is_said_and_other_bytes_are_lost() {
    let context = tcp(Side::Responder, 9600);
    let refused = [b"FINS", &[0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, 0x20][..]].concat();
    let (_, told) = outcome(&mut Conversation::default(), context, &refused);
    assert_eq!(
        told,
        ["response fins-tcp 0x3 Error [session] failed 0x20 refused"]
    );
    for bytes in [
        &b"FINX"[..],
        &[b"FINS", &[0, 0, 0, 7][..]].concat(),
        &[b"FINS", &[0, 1, 0, 0][..]].concat(),
    ] {
        let (progress, _) = outcome(&mut Conversation::default(), context, bytes);
        assert_eq!(progress.unwrap_err().offset, 0, "{bytes:02x?}");
    }
}

#[test]
fn is_known_on_any_port_by_a_request_that_its_fields_fill() {
    let read = frame(ASK, &[1, 1, 0x82, 0, 100, 0, 0, 2]);
    for (context, bytes, expected) in [
        (ASK, &read[..], Probe::Certain),
        (ASK, &frame(ASK, &[1, 1, 0x82, 0, 100, 0, 0, 2, 0]), Probe::Unsure),
        (ASK, &frame(ASK, &[4, 1]), Probe::Unsure),
        (ANSWER, &frame(ANSWER, &[1, 1, 0, 0]), Probe::Unsure),
        (ASK, &read[..11], Probe::No),
        (ASK, &[0x90, 0, 2, 0, 10, 0, 0, 20, 0, 1, 1, 1], Probe::No),
        (tcp(Side::Initiator, 9600), b"FIN", Probe::Unsure),
        (
            tcp(Side::Initiator, 9600),
            b"FINS\0\0\0\x08\0\0\0\0\0\0\0\0",
            Probe::Certain,
        ),
        (tcp(Side::Initiator, 9600), b"GET /", Probe::No),
    ] {
        assert_eq!(probe(context, bytes), expected, "{bytes:02x?}");
    }
}

proptest! {
    #[test]
    fn memory_that_is_encoded_is_read(word in any::<u16>(), values in prop::collection::vec(any::<u16>(), 1..200)) {
        let count = u16::try_from(values.len()).unwrap();
        let mut rest = vec![1, 2, 0x82];
        rest.extend(word.to_be_bytes());
        rest.push(0);
        rest.extend(count.to_be_bytes());
        rest.extend(values.iter().flat_map(|value| value.to_be_bytes()));
        let (_, told) = outcome(&mut Conversation::default(), ASK, &frame(ASK, &rest));
        let text: String = values.iter().map(|value| format!("{value:04x}")).collect();
        let (bit, bits) = (u32::from(word) * 16, u32::from(count) * 16);
        let expected = format!("request fins 0x102 Memory Area Write [write] unit 2560; D0 bit {bit}+{bits} = {text}");
        prop_assert_eq!(told, [expected]);
    }
}
