use super::open;
use super::samples::{CONNECT, PLUS_OPENED, READ, READ_ANSWER, SETUP, STOP, SZL, WRITE};
use crate::cotp::MAX_TSDU;
use crate::session::{Lost, Probe, Progress, Side};
use crate::testing::{lines, outcome, tcp};

/// One TPKT with a DT that holds `unit`, or a piece of one.
fn data(unit: &[u8], mark: u8) -> Vec<u8> {
    let mut bytes = vec![0x03, 0x00];
    bytes.extend(u16::try_from(unit.len() + 7).unwrap().to_be_bytes());
    bytes.extend([0x02, 0xf0, mark]);
    bytes.extend(unit);
    bytes
}

/// A job with the given parameter and no data.
fn job(parameter: &[u8]) -> Vec<u8> {
    let mut unit = vec![0x32, 0x01, 0x00, 0x00, 0x00, 0x09];
    unit.extend(u16::try_from(parameter.len()).unwrap().to_be_bytes());
    unit.extend([0x00, 0x00]);
    unit.extend(parameter);
    data(&unit, 0x80)
}

/// An answer of a status list with sequence number 3.
fn szl_answer(more: u8, payload: &[u8]) -> Vec<u8> {
    let mut unit = vec![0x32, 0x07, 0x00, 0x00, 0x00, 0x05, 0x00, 0x0c];
    unit.extend(u16::try_from(payload.len() + 4).unwrap().to_be_bytes());
    unit.extend([
        0x00, 0x01, 0x12, 0x08, 0x12, 0x84, 0x01, 0x03, 0xd7, more, 0x00, 0x00,
    ]);
    unit.extend([0xff, 0x09]);
    unit.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    unit.extend(payload);
    data(&unit, 0x80)
}

fn check(turns: &[(Side, &[u8])], expected: &[&str]) {
    let turns: Vec<_> = turns
        .iter()
        .map(|(side, bytes)| (tcp(*side, 102), *bytes))
        .collect();
    assert_eq!(lines(&mut *open(), &turns), expected);
}

#[test]
fn a_connection_tells_its_selectors_and_once_it_speaks_s7_the_place_in_the_rack() {
    check(
        &[(Side::Initiator, CONNECT), (Side::Initiator, SETUP)],
        &[
            "request cotp 0xe0 Connect Request [session]; calling-tsap \\x01\\x00; called-tsap \\x01\\x02",
            "identity s7comm receiver module=rack 0 slot 2",
            "request s7comm 0xf0 Setup Communication [session]",
        ],
    );
}

#[test]
fn an_answer_gives_the_values_of_what_its_request_named() {
    check(
        &[(Side::Initiator, READ), (Side::Responder, READ_ANSWER)],
        &[
            "request s7comm 0x4 Read Var [read]; DB5 bit 16+24; T 7+1",
            "response s7comm 0x4 Read Var [read] ok; DB5 bit 16+24 = aabbcc; T 7+1 = 1234",
        ],
    );
    // Without its request an answer still counts, with no objects made up.
    check(
        &[(Side::Responder, READ_ANSWER)],
        &["response s7comm 0x4 Read Var [read] ok"],
    );
}

#[test]
fn a_write_carries_its_value_and_a_refused_item_is_a_failure() {
    #[rustfmt::skip]
    let refused = data(&[
        0x32, 0x03, 0x00, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x01, 0x00, 0x00,
        0x05, 0x01,
        0x0a, // object does not exist
    ], 0x80);
    check(
        &[(Side::Initiator, WRITE), (Side::Responder, &refused)],
        &[
            "request s7comm 0x5 Write Var [write]; DB9 bit 80+16 = 01f4",
            "response s7comm 0x5 Write Var [write] failed 0xa object does not exist; DB9 bit 80+16",
        ],
    );
}

#[test]
fn an_answer_that_names_no_function_is_given_its_request_s() {
    #[rustfmt::skip]
    let refused = data(&[
        0x32, 0x02, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00,
        0x84, 0x02, // error class and code
    ], 0x80);
    check(
        &[
            (Side::Initiator, STOP),
            (Side::Responder, &refused),
            (Side::Responder, &refused),
        ],
        &[
            "request s7comm 0x29 PLC Stop [control]; pi-service P_PROGRAM",
            "response s7comm 0x29 PLC Stop [control] failed 0x8402 not possible in the object's state",
            "response s7comm 0x20000 Ack [session] failed 0x8402 not possible in the object's state",
        ],
    );
}

#[test]
fn program_invocations_are_classed_by_their_name() {
    #[rustfmt::skip]
    let insert = job(&[
        0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xfd,
        0x00, 0x0a, 0x01, 0x00, b'0', b'A', b'0', b'0', b'0', b'0', b'1', b'P',
        0x05, b'_', b'I', b'N', b'S', b'E',
    ]);
    #[rustfmt::skip]
    let start = job(&[
        0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xfd, 0x00, 0x00,
        0x09, b'P', b'_', b'P', b'R', b'O', b'G', b'R', b'A', b'M',
    ]);
    check(
        &[(Side::Initiator, &insert), (Side::Initiator, &start)],
        &[
            "request s7comm 0x28 PI Service [program]; pi-service _INSE; DB 1",
            "request s7comm 0x28 PI Service [control]; pi-service P_PROGRAM",
        ],
    );
}

#[test]
fn a_download_names_its_block_and_an_unknown_name_stays_a_file() {
    let request = |name: &[u8]| {
        let mut parameter = vec![
            0x1a,
            0x00,
            0x01,
            0x00,
            0x00,
            0x00,
            0x00,
            0x00,
            u8::try_from(name.len()).unwrap(),
        ];
        parameter.extend(name);
        job(&parameter)
    };
    check(
        &[
            (Side::Initiator, &request(b"_0800001P")),
            (Side::Initiator, &request(b"_XY")),
        ],
        &[
            "request s7comm 0x1a Request Download [program]; OB 1",
            "request s7comm 0x1a Request Download [program]; file _XY",
        ],
    );
}

#[test]
fn a_status_list_in_pieces_says_who_the_device_is() {
    #[rustfmt::skip]
    let list = [
        0x00, 0x1c, 0x00, 0x00, // list, index
        0x00, 0x0a, 0x00, 0x02, // records of 10 bytes, two
        0x00, 0x01, b'L', b'i', b'n', b'e', b' ', b'3', 0x00, 0x00,
        0x00, 0x05, b'S', b' ', b'C', b'-', b'1', b'2', 0x00, 0x00,
    ];
    let (first, second) = list.split_at(15);
    check(
        &[
            (Side::Initiator, SZL),
            (Side::Responder, &szl_answer(1, first)),
            (Side::Responder, &szl_answer(0, second)),
        ],
        &[
            "request s7comm 0x10401 Read SZL [identify]; szl 28+1",
            "response s7comm 0x10401 Read SZL [identify] ok; szl 28+1",
            "identity s7comm sender host-name=Line 3",
            "identity s7comm sender serial=S C-12",
            "response s7comm 0x10401 Read SZL [identify] ok; szl 28+1",
        ],
    );
}

#[test]
fn a_status_list_without_end_is_dropped_and_said_once() {
    let piece = szl_answer(1, &[0x00; 900]);
    let mut session = open();
    let mut turns = vec![(tcp(Side::Responder, 102), piece.as_slice()); 12];
    turns.push((tcp(Side::Initiator, 102), SZL));
    let told = lines(&mut *session, &turns);
    assert_eq!(
        told.iter()
            .filter(|line| *line == "anomaly s7comm status-list-too-long")
            .count(),
        1,
        "{told:#?}"
    );
}

#[test]
fn order_number_and_firmware_come_out_of_the_opening_of_a_newer_session() {
    check(
        &[(Side::Responder, PLUS_OPENED)],
        &[
            "identity s7comm-plus sender product-code=6ES7 214-1HG40",
            "identity s7comm-plus sender firmware=V4.4",
            "response s7comm-plus 0x4ca CreateObject [session]",
        ],
    );
}

#[test]
fn pieces_of_a_unit_are_joined_and_one_that_never_ends_is_dropped() {
    let unit = &READ[7..];
    let (first, second) = unit.split_at(11);
    check(
        &[
            (Side::Initiator, &data(first, 0x00)),
            (Side::Initiator, &data(second, 0x80)),
        ],
        &["request s7comm 0x4 Read Var [read]; DB5 bit 16+24; T 7+1"],
    );
    let piece = data(&[0x32; 1000], 0x00);
    let mut turns = vec![(Side::Initiator, piece.as_slice()); MAX_TSDU / 1000 + 5];
    let end = data(&[], 0x80);
    turns.extend([(Side::Initiator, end.as_slice()), (Side::Initiator, READ)]);
    check(
        &turns,
        &[
            "anomaly s7comm unit-too-long",
            "request s7comm 0x4 Read Var [read]; DB5 bit 16+24; T 7+1",
        ],
    );
}

#[test]
fn several_packets_in_one_segment_are_all_told_and_a_half_one_is_asked_for() {
    let mut bytes = [SETUP, READ].concat();
    bytes.extend(&WRITE[..10]);
    let (progress, told) = outcome(&mut *open(), tcp(Side::Initiator, 102), &bytes);
    let consumed = SETUP.len() + READ.len();
    assert_eq!(
        progress,
        Ok(Progress {
            consumed,
            missing: WRITE.len() - 10
        })
    );
    assert_eq!(told.len(), 2);
}

#[test]
fn content_is_known_on_any_port_also_behind_a_connection_request() {
    let context = tcp(Side::Initiator, 4102);
    let foreign = data(&[0x01, 0x00, 0x01], 0x80);
    for (bytes, expected) in [
        (SETUP.to_vec(), Probe::Certain),
        (CONNECT.to_vec(), Probe::Unsure),
        ([CONNECT, SETUP].concat(), Probe::Certain),
        ([CONNECT, &foreign].concat(), Probe::No),
        (CONNECT[..9].to_vec(), Probe::Unsure),
        (vec![0x03, 0x00, 0x00, 0x05, 0x11, 0xe0], Probe::No),
        (b"GET /".to_vec(), Probe::No),
    ] {
        assert_eq!((super::probe)(context, &bytes), expected, "{bytes:02x?}");
    }
}

#[test]
fn what_is_no_tpkt_loses_the_stream_and_the_next_segment_is_read() {
    let mut session = open();
    for (bytes, reason) in [
        (&b"GET / HTTP/1.1"[..], "no TPKT header of version 3"),
        (
            &[0x03, 0x00, 0x00, 0x06, 0x00, 0x00],
            "a TPKT too short for any TPDU",
        ),
    ] {
        let (progress, told) = outcome(&mut *session, tcp(Side::Initiator, 102), bytes);
        assert_eq!((progress, told), (Err(Lost { offset: 0, reason }), vec![]));
    }
    assert_eq!(
        lines(&mut *session, &[(tcp(Side::Initiator, 102), SETUP)]).len(),
        1
    );
}

#[test]
fn malformed_units_are_named_and_do_not_stop_the_stream() {
    let password = [0x00, 0x01, 0x12, 0x04, 0x11, 0x45, 0x01, 0x00];
    let cases: &[(&str, Vec<u8>)] = &[
        ("anomaly s7comm header-cut-short", data(&[0x32, 0x01, 0x00], 0x80)),
        (
            "anomaly s7comm unknown-pdu-type",
            data(&[0x32, 0x09, 0, 0, 0, 0, 0, 0, 0, 0], 0x80),
        ),
        (
            "anomaly s7comm length-mismatch",
            data(&[0x32, 0x01, 0, 0, 0, 0, 0, 9, 0, 0, 0xf0], 0x80),
        ),
        ("anomaly s7comm malformed-parameter", job(&[])),
        ("anomaly s7comm malformed-parameter", job(&[0x28, 0x00])),
        (
            "anomaly s7comm malformed-item",
            job(&[0x04, 0x01, 0x12, 0x0a, 0x10, 0x02]),
        ),
        ("anomaly s7comm malformed-item", job(&[0x04, 0x09])),
        (
            "anomaly s7comm malformed-tpdu",
            vec![0x03, 0x00, 0x00, 0x07, 0x09, 0xf0, 0x80],
        ),
        (
            "anomaly s7comm unexpected-tpdu",
            vec![0x03, 0x00, 0x00, 0x07, 0x02, 0x10, 0x80],
        ),
        ("anomaly s7comm not-s7comm", data(&[0x01, 0x00, 0x01, 0x00], 0x80)),
        ("anomaly s7comm malformed-data", {
            let mut unit = vec![0x32, 0x07, 0, 0, 0, 1, 0, 8, 0, 5];
            unit.extend(password);
            unit.extend([0xff, 0x09, 0x00, 0xff, 0x00]);
            data(&unit, 0x80)
        }),
        ("anomaly s7comm-plus header-cut-short", data(&[0x72, 0x01], 0x80)),
        (
            "anomaly s7comm-plus length-mismatch",
            data(&[0x72, 0x01, 0x00, 0x09, 0x31], 0x80),
        ),
        (
            "anomaly s7comm-plus unknown-opcode",
            data(&[0x72, 0x01, 0x00, 0x01, 0x77], 0x80),
        ),
    ];
    for (expected, bytes) in cases {
        let told = lines(&mut *open(), &[(tcp(Side::Initiator, 102), bytes.as_slice())]);
        assert!(told.iter().any(|line| line == expected), "{expected}: {told:?}");
    }
}

#[test]
fn a_request_for_more_objects_than_are_kept_says_so() {
    let mut parameter = vec![0x04, 200];
    for _ in 0..200 {
        parameter.extend([
            0x12, 0x0a, 0x10, 0x02, 0x00, 0x01, 0x00, 0x01, 0x84, 0x00, 0x00, 0x00,
        ]);
    }
    let told = lines(
        &mut *open(),
        &[(tcp(Side::Initiator, 102), job(&parameter).as_slice())],
    );
    assert_eq!(told[0], "anomaly s7comm too-many-items");
    assert_eq!(told[1].matches("DB1 bit").count(), super::MAX_ITEMS);
}

#[test]
fn a_password_is_never_told() {
    #[rustfmt::skip]
    let unit = data(&[
        0x32, 0x07, 0x00, 0x00, 0x00, 0x01, 0x00, 0x08, 0x00, 0x0c,
        0x00, 0x01, 0x12, 0x04, 0x11, 0x45, 0x01, 0x00,
        0xff, 0x09, 0x00, 0x08, b's', b'e', b'c', b'r', b'e', b't', b'0', b'1',
    ], 0x80);
    check(
        &[(Side::Initiator, &unit)],
        &["request s7comm 0x10501 PLC Password [session]"],
    );
}
