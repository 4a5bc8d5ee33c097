use super::*;
use crate::testing::{lines, outcome, tcp, udp};

const ASK: Context = tcp(Side::Initiator, 20000);
const ANSWER: Context = tcp(Side::Responder, 20000);
const MASTER: u16 = 1;
const OUTSTATION: u16 = 10;

/// A link frame around user data: transport header and what follows.
fn frame(control: u8, destination: u16, source: u16, user: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x05, 0x64, u8::try_from(5 + user.len()).unwrap(), control];
    bytes.extend(destination.to_le_bytes());
    bytes.extend(source.to_le_bytes());
    bytes.extend(link::crc(&bytes).to_le_bytes());
    for block in user.chunks(16) {
        bytes.extend(block);
        bytes.extend(link::crc(block).to_le_bytes());
    }
    bytes
}

/// A fragment in one frame, in the direction that the context says.
fn single(context: Context, fragment: &[u8]) -> Vec<u8> {
    segment(context, &[&[0xc0], fragment].concat())
}

fn segment(context: Context, user: &[u8]) -> Vec<u8> {
    match context.side {
        Side::Initiator => frame(0xc4, OUTSTATION, MASTER, user),
        Side::Responder => frame(0x44, MASTER, OUTSTATION, user),
    }
}

/// Feeds fragments and compares what is told.
fn check(fragments: &[(Context, &[u8])], expected: &[&str]) {
    let frames: Vec<_> = fragments
        .iter()
        .map(|(context, fragment)| (*context, single(*context, fragment)))
        .collect();
    let turns: Vec<_> = frames
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    assert_eq!(lines(&mut Conversation::default(), &turns), expected);
}

#[test]
fn the_crc_is_the_standards() {
    // The check value of CRC-16/DNP over the digits 1 to 9.
    assert_eq!(link::crc(b"123456789"), 0xea82);
}

#[test]
fn a_response_names_the_points_that_it_carries_and_does_what_its_request_did() {
    check(
        &[
            (ASK, &[0xc1, 1, 60, 2, 6, 60, 1, 6, 30, 2, 0, 4, 5]),
            (
                ANSWER,
                &[
                    0xc1, 129, 0x00, 0x00, // control, function, indications
                    1, 2, 0, 0, 1, 0x81, 0x01, // binary inputs 0 and 1 with flags
                    10, 1, 1, 8, 0, 17, 0, 0xff, 0x03, // binary outputs 8 to 17, packed
                    20, 6, 0x17, 1, 3, 0x2a, 0x00, // counter 3
                    110, 3, 0x28, 1, 0, 7, 0, b'a', b'b', b'c', // octet string 7
                ],
            ),
        ],
        &[
            "request dnp3 0x1 Read [read] unit 10; class 1+1; class 0+1; analog-input 4+2",
            "response dnp3 0x81 Response [read] unit 10 ok; binary-input 0+2 = 8101; \
             binary-output 8+10 = ff03; counter 3+1 = 2a00; octet-string 7+1 = 616263",
        ],
    );
}

#[test]
fn controls_carry_their_point_their_value_and_their_status() {
    let command = |status: u8| {
        vec![
            12, 1, 0x28, 1, 0, 3, 0, // one command, point 3
            0x41, 1, 100, 0, 0, 0, 100, 0, 0, 0, status,
        ]
    };
    check(
        &[
            (ASK, &[&[0xc2, 4][..], &command(0)].concat()),
            (ANSWER, &[&[0xc2, 129, 0, 0][..], &command(2)].concat()),
            (ASK, &[0xc3, 5, 41, 3, 0x17, 1, 5, 0, 0, 0x48, 0x42, 0]),
        ],
        &[
            "request dnp3 0x4 Operate [control] unit 10; binary-command 3+1 = 4101640000006400000000",
            "response dnp3 0x81 Response [control] unit 10 failed 0x2 No Select; \
             binary-command 3+1 = 4101640000006400000002",
            "request dnp3 0x5 Direct Operate [control] unit 10; analog-command 5+1 = 0000484200",
        ],
    );
}

#[test]
fn internal_indications_tell_refusals_and_the_devices_condition() {
    check(
        &[
            (ASK, &[0xc4, 22, 60, 2, 6, 1, 0, 0, 0, 9]),
            (ANSWER, &[0xc4, 129, 0x90, 0x01]),
            (ANSWER, &[0xf0, 130, 0x40, 0x08]),
        ],
        &[
            "request dnp3 0x16 Assign Class [configure] unit 10; class 1+1; binary-input 0+10",
            "response dnp3 0x81 Response [configure] unit 10 failed 0x1 Function Not Supported; \
             indication Device Restart; indication Need Time",
            "unsolicited dnp3 0x82 Unsolicited Response [alarm] unit 10 ok; indication Device Trouble; \
             indication Event Buffer Overflow",
        ],
    );
}

#[test]
fn what_a_write_does_depends_on_what_is_written() {
    for (fragment, expected) in [
        (
            &[0xc0, 2, 50, 1, 7, 1, 1, 2, 3, 4, 5, 6][..],
            "[time] unit 10; time 0+1 = 010203040506",
        ),
        (
            &[0xc0, 2, 80, 1, 0, 7, 7, 0],
            "[session] unit 10; internal-indication 7+1 = 00",
        ),
        (
            &[0xc0, 2, 34, 1, 0x17, 1, 4, 10, 0],
            "[configure] unit 10; analog-input-deadband 4+1 = 0a00",
        ),
        (
            &[0xc0, 2, 10, 1, 0, 0, 7, 0x55],
            "[write] unit 10; binary-output 0+8 = 55",
        ),
    ] {
        check(
            &[(ASK, fragment)],
            &[&format!("request dnp3 0x2 Write {expected}")],
        );
    }
}

#[test]
fn a_broadcast_is_for_no_unit() {
    let bytes = frame(0xc4, 0xffff, MASTER, &[0xc0, 0xc0, 13]);
    assert_eq!(
        lines(&mut Conversation::default(), &[(ASK, &bytes)]),
        ["request dnp3 0xd Cold Restart [control]"]
    );
}

#[test]
fn a_string_of_no_length_is_written() {
    check(
        &[(ASK, &[0xc0, 2, 112, 0, 0x17, 1, 4])],
        &["request dnp3 0x2 Write [write] unit 10; virtual-terminal-output 4+1 = "],
    );
}

#[test]
fn device_attributes_are_identity() {
    check(
        &[
            (ASK, &[0xc0, 1, 0, 254, 0, 0, 0]),
            (
                ANSWER,
                &[
                    0xc0, 129, 0, 0, // control, function, indications
                    0, 252, 0, 0, 0, 1, 2, b'A', b'B', // vendor
                    0, 250, 0x17, 1, 0, 1, 1, b'P', // product, by index
                    0, 240, 0, 0, 0, 2, 2, 0x00, 0x08, // largest fragment: a number
                ],
            ),
        ],
        &[
            "request dnp3 0x1 Read [identify] unit 10; device-attribute 0+1",
            "response dnp3 0x81 Response [identify] unit 10 ok; device-attribute 0+1 = 4142; \
             device-attribute 0+1 = 50; device-attribute 0+1 = 0008",
            "identity dnp3 sender unit 10 vendor=AB",
            "identity dnp3 sender unit 10 product=P",
        ],
    );
}

#[test]
fn files_are_named_and_their_users_but_no_password() {
    let user = [
        70, 2, 0x5b, 1, 17, 0, // group, variation, qualifier, count, size
        12, 0, 3, 0, 15, 0, 2, 0, 0, 0, 0, 0, // where user and password stand, key
        b'b', b'o', b'b', b'*', b'*',
    ];
    let open = [
        70, 3, 0x5b, 1, 27, 0, // group, variation, qualifier, count, size
        26, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // name, time, permissions, key
        0, 0, 0, 0, 1, 0, 0, 4, 5, 0, // size, mode, block, request
        b'f',
    ];
    let status = [70, 4, 0x5b, 1, 13, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 3];
    check(
        &[
            (ASK, &[&[0xc0, 29][..], &user].concat()),
            (ASK, &[&[0xc1, 25][..], &open].concat()),
            (ANSWER, &[&[0xc1, 129, 0, 0][..], &status].concat()),
        ],
        &[
            "request dnp3 0x1d Authenticate File [file] unit 10",
            "identity dnp3 sender user=bob",
            "request dnp3 0x19 Open File [file] unit 10; file f",
            "response dnp3 0x81 Response [file] unit 10 failed 0x3 File Not Found",
        ],
    );
}

#[test]
fn secure_authentication_is_named() {
    check(
        &[
            (
                ASK,
                &[
                    0xc0, 1, 120, 3, 7, 1, 2, 0, 0, 0, 3, 0, // aggressive mode, sequence, user
                    60, 2, 6, // class 1
                    120, 9, 0x5b, 1, 4, 0, 1, 2, 3, 4, // code
                ],
            ),
            (ANSWER, &[0xc0, 131, 0, 0, 120, 7, 0x5b, 1, 2, 0, 1, 2]),
        ],
        &[
            "request dnp3 0x1 Read [read] unit 10; authentication aggressive-mode-request; class 1+1; \
             authentication message-authentication-code",
            "response dnp3 0x83 Authentication Response [session] unit 10 ok; authentication error",
        ],
    );
}

#[test]
fn fragments_are_put_together_by_pair_of_stations() {
    let first = segment(ANSWER, &[0x40, 0xc1, 129]);
    let foreign = frame(0x44, MASTER, 11, &[0x40, 0xc7, 129, 0, 0]);
    let last = segment(ANSWER, &[0x81, 0, 0, 20, 6, 0x17, 1]);
    let (told, rest) = (
        [&first[..], &foreign, &last].concat(),
        "dnp3 segment-out-of-order",
    );
    let session = &mut Conversation::default();
    // The third frame continues the first, though the second came between; it ends inside an object.
    assert_eq!(
        lines(session, &[(ANSWER, &told)]),
        [
            "response dnp3 0x81 Response [read] unit 10 ok",
            "anomaly dnp3 object-cut-short"
        ]
    );
    // What station 11 has begun goes on only with the number that follows.
    let wrong = frame(0x44, MASTER, 11, &[0x82, 0]);
    assert_eq!(lines(session, &[(ANSWER, &wrong)]), [format!("anomaly {rest}")]);
    // And nothing goes on after a gap.
    drop(lines(session, &[(ANSWER, &first)]));
    session.gap(Side::Responder);
    assert_eq!(lines(session, &[(ANSWER, &last)]), [format!("anomaly {rest}")]);
}

#[test]
fn a_fragment_may_not_grow_without_end() {
    let session = &mut Conversation::default();
    let mut told = Vec::new();
    for number in 0..40u8 {
        let header = if number == 0 { 0x40 } else { number };
        let bytes = segment(ANSWER, &[&[header][..], &[0; 249]].concat());
        told.extend(lines(session, &[(ANSWER, &bytes)]));
    }
    assert_eq!(told[0], "anomaly dnp3 fragment-too-long");
}

#[test]
fn link_exchanges_are_told_as_a_protocol_of_their_own() {
    let ask = frame(0xc9, OUTSTATION, MASTER, &[]);
    let answer = frame(0x0b, MASTER, OUTSTATION, &[]);
    assert_eq!(
        lines(&mut Conversation::default(), &[(ASK, &ask), (ANSWER, &answer)]),
        [
            "request dnp3-link 0x49 Request Link Status [session] unit 10",
            "response dnp3-link 0xb Link Status [session] unit 10",
        ]
    );
    // An outstation drops data under a function that carries none, and so do we.
    let read = frame(0xc2, OUTSTATION, MASTER, &[0xc0, 0xc0, 1, 60, 2, 6]);
    assert_eq!(
        lines(&mut Conversation::default(), &[(ASK, &read)]),
        [
            "request dnp3-link 0x42 Test Link States [session] unit 10",
            "anomaly dnp3 unexpected-data",
        ]
    );
}

#[test]
fn malformed_fragments_are_told_with_what_is_wrong() {
    for (context, fragment, expected) in [
        (ASK, &[0xc0][..], "fragment-cut-short"),
        (ANSWER, &[0xc0, 129, 0], "fragment-cut-short"),
        (ASK, &[0xc0, 1, 60, 2], "object-cut-short"),
        (ASK, &[0xc0, 1, 60, 2, 0x0a], "qualifier"),
        (ASK, &[0xc0, 1, 60, 2, 0x76], "qualifier"),
        (ASK, &[0xc0, 1, 30, 2, 0x10, 0, 1], "qualifier"),
        (ASK, &[0xc0, 1, 30, 2, 0, 5, 4], "range-reversed"),
        (ASK, &[0xc0, 2, 77, 1, 0, 0, 0, 1], "unknown-object"),
        (ASK, &[0xc0, 3, 12, 1, 0x28, 2, 0, 3, 0, 1], "object-cut-short"),
        (
            ANSWER,
            &[0xc0, 129, 0, 0, 30, 1, 2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
            "object-cut-short",
        ),
    ] {
        let (progress, told) = outcome(&mut Conversation::default(), context, &single(context, fragment));
        assert_eq!(progress.unwrap().missing, 0);
        assert_eq!(
            told.last(),
            Some(&format!("anomaly dnp3 {expected}")),
            "{fragment:02x?}"
        );
    }
    let empty = segment(ASK, &[]);
    let (_, told) = outcome(&mut Conversation::default(), ASK, &empty);
    assert_eq!(told, ["anomaly dnp3 no-transport-header"]);
}

#[test]
fn a_bad_crc_costs_its_frame_and_a_bad_header_what_stands_before_the_next() {
    let good = single(ASK, &[0xc0, 13]);
    let restart = "request dnp3 0xd Cold Restart [control] unit 10";
    let mut bad_block = good.clone();
    bad_block[10] ^= 1;
    let mut bad_header = good.clone();
    bad_header[4] ^= 1;
    for (bytes, expected) in [
        (
            [&bad_block[..], &good].concat(),
            ["anomaly dnp3 bad-crc", restart],
        ),
        (
            [&bad_header[..], &good].concat(),
            ["anomaly dnp3 stray-bytes", restart],
        ),
        (
            [&[0x05, 0x05, 0x64, 0x11][..], &good].concat(),
            ["anomaly dnp3 stray-bytes", restart],
        ),
    ] {
        assert_eq!(lines(&mut Conversation::default(), &[(ASK, &bytes)]), expected);
    }
    let (progress, _) = outcome(&mut Conversation::default(), ASK, &bad_header);
    assert_eq!(progress.unwrap_err().offset, 0);
}

#[test]
fn a_datagram_that_ends_inside_a_frame_is_said() {
    let good = single(ASK, &[0xc0, 13]);
    let (progress, told) = outcome(
        &mut Conversation::default(),
        udp(Side::Initiator, 20000),
        &good[..13],
    );
    assert_eq!(progress.unwrap().consumed, 13);
    assert_eq!(told, ["anomaly dnp3 datagram-cut-short"]);
}

#[test]
fn is_known_on_any_port_by_a_sound_header() {
    let good = single(ASK, &[0xc0, 13]);
    for (bytes, expected) in [
        (&good[..], Probe::Certain),
        (&good[..10], Probe::Certain),
        (&good[..9], Probe::Unsure),
        (&[0x05], Probe::Unsure),
        (&[0x05, 0x64, 0x05, 0xc9, 0, 0, 0, 0, 0, 0], Probe::No),
        (b"GET / HTTP/1.1", Probe::No),
    ] {
        assert_eq!(probe(ASK, bytes), expected, "{bytes:02x?}");
    }
}
