use super::*;
use crate::testing::{lines, outcome, tcp, udp};

const ASK: Context = tcp(Side::Initiator, 502);
const ANSWER: Context = tcp(Side::Responder, 502);

/// A message with its header: transaction 1, unit 1.
fn adu(pdu: &[u8]) -> Vec<u8> {
    let [l0, l1] = u16::try_from(pdu.len() + 1).unwrap().to_be_bytes();
    [&[0, 1, 0, 0, l0, l1, 1], pdu].concat()
}

/// Feeds messages, all of transaction 1 and unit 1, and compares what is told.
fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    let turns: Vec<_> = turns.iter().map(|(context, pdu)| (*context, adu(pdu))).collect();
    let borrowed: Vec<_> = turns
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    assert_eq!(lines(&mut Conversation::default(), &borrowed), expected);
}

#[test]
fn a_response_says_which_points_have_which_values() {
    check(
        &[
            (ASK, &[0x03, 0x00, 0x6b, 0x00, 0x02]),
            (ANSWER, &[0x03, 0x04, 0x02, 0x2b, 0x00, 0x64]),
        ],
        &[
            "request modbus 0x3 Read Holding Registers [read] unit 1; holding-register 107+2",
            "response modbus 0x3 Read Holding Registers [read] unit 1 ok; holding-register 107+2 = 022b0064",
        ],
    );
    check(
        &[
            (
                ASK,
                &[
                    0x17, 0x00, 0x03, 0x00, 0x01, 0x00, 0x0e, 0x00, 0x01, 0x02, 0x00, 0xff,
                ],
            ),
            (ANSWER, &[0x17, 0x02, 0x00, 0xfe]),
        ],
        &[
            "request modbus 0x17 Read/Write Multiple Registers [write] unit 1; holding-register 3+1; \
             holding-register 14+1 = 00ff",
            "response modbus 0x17 Read/Write Multiple Registers [write] unit 1 ok; holding-register 3+1 = 00fe",
        ],
    );
}

#[test]
fn an_exception_names_its_reason_and_the_points_that_were_asked_for() {
    check(
        &[
            (ASK, &[0x01, 0x00, 0x13, 0x00, 0x25]),
            (ANSWER, &[0x81, 0x02]),
            (ASK, &[0x08, 0x00, 0x01, 0x00, 0x00]),
            (ANSWER, &[0x88, 0x01]),
            (ANSWER, &[0xe3, 0x01]),
        ],
        &[
            "request modbus 0x1 Read Coils [read] unit 1; coil 19+37",
            "response modbus 0x1 Read Coils [read] unit 1 failed 0x2 Illegal Data Address; coil 19+37",
            "request modbus 0x8 Diagnostics [control] unit 1; diagnostic Restart Communications Option",
            "response modbus 0x8 Diagnostics [control] unit 1 failed 0x1 Illegal Function",
            "response modbus 0x63 unknown [program] unit 1 failed 0x1 Illegal Function",
        ],
    );
}

#[test]
fn a_response_whose_request_was_not_seen_names_no_points() {
    check(
        &[(ANSWER, &[0x04, 0x02, 0x00, 0x0a])],
        &["response modbus 0x4 Read Input Registers [read] unit 1 ok"],
    );
    // Nor does one after a gap, which may have hidden the request that it answers.
    let mut session = Conversation::default();
    let request = adu(&[0x04, 0x00, 0x00, 0x00, 0x01]);
    let response = adu(&[0x04, 0x02, 0x00, 0x0a]);
    drop(lines(&mut session, &[(ASK, &request)]));
    session.gap(Side::Responder);
    assert_eq!(
        lines(&mut session, &[(ANSWER, &response)]),
        ["response modbus 0x4 Read Input Registers [read] unit 1 ok"]
    );
}

#[test]
fn a_client_that_numbers_all_requests_alike_is_paired_after_a_time_out() {
    check(
        &[
            (ASK, &[0x03, 0x00, 0x01, 0x00, 0x01]),
            (ASK, &[0x03, 0x00, 0x09, 0x00, 0x01]),
            (ANSWER, &[0x03, 0x02, 0x00, 0x0a]),
        ],
        &[
            "request modbus 0x3 Read Holding Registers [read] unit 1; holding-register 1+1",
            "request modbus 0x3 Read Holding Registers [read] unit 1; holding-register 9+1",
            "response modbus 0x3 Read Holding Registers [read] unit 1 ok; holding-register 9+1 = 000a",
        ],
    );
}

#[test]
fn the_oldest_request_gives_way_when_too_many_wait() {
    let mut session = Conversation::default();
    let request = |transaction: u8| [0, transaction, 0, 0, 0, 6, 1, 0x03, 0x00, transaction, 0x00, 0x01];
    let response = |transaction: u8| [0, transaction, 0, 0, 0, 5, 1, 0x03, 0x02, 0x00, 0x00];
    for transaction in 0..=u8::try_from(session::MAX_OUTSTANDING).unwrap() {
        drop(lines(&mut session, &[(ASK, &request(transaction))]));
    }
    let told = |session: &mut Conversation, transaction| lines(session, &[(ANSWER, &response(transaction))]);
    assert!(!told(&mut session, 0)[0].contains("holding-register"));
    assert!(told(&mut session, 1)[0].contains("holding-register 1+1"));
}

#[test]
fn identity_comes_from_device_identification_and_server_id() {
    check(
        &[(
            ANSWER,
            &[
                0x2b, 0x0e, 0x02, 0x82, 0x00, 0x00, 0x05, // to the number of objects
                0x00, 0x02, b'A', b'B', // vendor
                0x01, 0x01, b'C', // product code
                0x02, 0x02, b'1', b'0', // revision
                0x03, 0x01, b'u', // vendor's address: no fact
                0x05, 0x01, b'M', // model
            ],
        )],
        &[
            "response modbus 0x2b Read Device Identification [identify] unit 1 ok",
            "identity modbus sender unit 1 vendor=AB",
            "identity modbus sender unit 1 product-code=C",
            "identity modbus sender unit 1 firmware=10",
            "identity modbus sender unit 1 product=M",
        ],
    );
    check(
        &[(
            ANSWER,
            &[0x11, 0x08, 0x01, 0xff, b'P', b'u', b'm', b'p', b' ', 0x00],
        )],
        &[
            "response modbus 0x11 Report Server ID [identify] unit 1 ok",
            "identity modbus sender unit 1 product=Pump",
        ],
    );
}

#[test]
fn files_are_named_by_file_and_record() {
    check(
        &[(
            ASK,
            &[
                0x15, 0x0b, 0x06, 0x00, 0x04, 0x00, 0x07, 0x00, 0x02, 0x06, 0xaf, 0x04, 0xbe,
            ],
        )],
        &["request modbus 0x15 Write File Record [file] unit 1; file4 bit 112+32 = 06af04be"],
    );
}

#[test]
fn umas_is_told_as_a_protocol_of_its_own_with_what_its_functions_do() {
    check(
        &[
            (ASK, &[0x5a, 0x01, 0x41, 0xff, 0x00]),
            (ANSWER, &[0x5a, 0x01, 0xfe]),
            (ASK, &[0x5a, 0x01, 0x34, 0x00, 0x01, 0x05, 0x00, 0x00, 0x00]),
            (ANSWER, &[0x5a, 0x01, 0xfd, 0x83]),
            (ASK, &[0x5a, 0x00, 0x77]),
            (ANSWER, &[0xda, 0x01]),
            (ANSWER, &[0x5a, 0x01, 0xfe]),
        ],
        &[
            "request umas 0x41 Stop PLC [control] unit 1",
            "response umas 0x41 Stop PLC [control] unit 1 ok",
            "request umas 0x34 Download Block [program] unit 1; block 5",
            "response umas 0x34 Download Block [program] unit 1 failed 0x83 UMAS Error",
            "request umas 0x77 unknown [program] unit 1",
            "response umas 0x77 unknown [program] unit 1 failed 0x1 Illegal Function",
            "response umas 0x5a Answer to a Request Not Seen [session] unit 1 ok",
        ],
    );
}

#[test]
fn a_signed_umas_request_is_told_as_what_it_wraps() {
    let signed = |inner: &[u8]| [&[0x01][..], &[0xab; 32], &[0x5a, 0x01], inner].concat();
    let request = [&[0x5a, 0x01, 0x38][..], &signed(&[0x40, 0xff, 0x00])].concat();
    let response = [&[0x5a, 0x01, 0xfe][..], &signed(&[0xfd, 0x80])].concat();
    check(
        &[(ASK, &request), (ANSWER, &response)],
        &[
            "request umas 0x40 Start PLC [control] unit 1",
            "response umas 0x40 Start PLC [control] unit 1 failed 0x80 UMAS Error",
        ],
    );
}

#[test]
fn malformed_messages_are_told_with_what_is_wrong() {
    for (context, pdu, expected) in [
        (ASK, &[0x03, 0x00, 0x00, 0x00][..], "cut-short"),
        (ASK, &[0x03, 0x00, 0x00, 0x00, 0x01, 0x00], "trailing-bytes"),
        (ASK, &[0x03, 0x00, 0x00, 0x00, 0x00], "quantity-out-of-range"),
        (ASK, &[0x03, 0x00, 0x00, 0x00, 0x7e], "quantity-out-of-range"),
        (ASK, &[0x01, 0x00, 0x00, 0x07, 0xd1], "quantity-out-of-range"),
        (ASK, &[0x03, 0xff, 0xff, 0x00, 0x02], "quantity-out-of-range"),
        (ASK, &[0x05, 0x00, 0x00, 0x01, 0x00], "coil-value"),
        (
            ASK,
            &[0x10, 0x00, 0x00, 0x00, 0x01, 0x03, 1, 2, 3],
            "byte-count-mismatch",
        ),
        (
            ASK,
            &[0x14, 0x07, 0x05, 0x00, 0x04, 0x00, 0x01, 0x00, 0x02],
            "file-reference",
        ),
        (
            ANSWER,
            &[0x18, 0x00, 0x04, 0x00, 0x02, 0, 1],
            "byte-count-mismatch",
        ),
        (ANSWER, &[0x2b, 0x0e, 1, 1, 0, 0, 2, 0, 1, b'A'], "cut-short"),
        (ANSWER, &[0x5a, 0x00, 0x11], "umas-status"),
        (ANSWER, &[0x83], "cut-short"),
    ] {
        let bytes = adu(pdu);
        let (progress, told) = outcome(&mut Conversation::default(), context, &bytes);
        assert_eq!(progress.unwrap().consumed, bytes.len());
        let last = told.last().unwrap();
        assert!(
            last.starts_with("anomaly") && last.ends_with(expected),
            "{pdu:02x?}: {told:?}"
        );
    }
    let long = adu(&[&[0x10, 0x00, 0x00, 0x00, 0x7d, 0xfa][..], &[0; 250]].concat());
    let (_, told) = outcome(&mut Conversation::default(), ASK, &long);
    assert_eq!(told[1..], ["anomaly modbus quantity-out-of-range"]);
}

#[test]
fn more_objects_than_are_told_are_said() {
    // 36 sub-requests, one more than a message of the specified length can hold.
    let list = [0x06, 0x00, 0x01, 0x00, 0x02, 0x00, 0x01].repeat(36);
    let bytes = adu(&[&[0x14, 252][..], &list].concat());
    let (_, told) = outcome(&mut Conversation::default(), ASK, &bytes);
    assert_eq!(told[0].matches("file1").count(), pdu::MAX_OBJECTS);
    assert_eq!(told[1..], ["anomaly modbus too-many-objects"]);
}

#[test]
fn is_lost_where_no_header_can_be() {
    for (bytes, offset) in [
        (&[0, 1, 0, 1, 0, 6, 1, 3, 0, 0, 0, 1][..], 2),
        (&[0, 1, 0, 0, 0, 1, 1], 4),
        (&[0, 1, 0, 0, 0xff, 0xff, 1], 4),
    ] {
        let (progress, told) = outcome(&mut Conversation::default(), ASK, bytes);
        assert_eq!(progress.unwrap_err().offset, offset, "{bytes:02x?}");
        assert!(told.is_empty());
    }
}

#[test]
fn a_datagram_that_holds_no_whole_message_is_said() {
    let whole = adu(&[0x03, 0x00, 0x00, 0x00, 0x01]);
    let more = [&whole[..], &[0; 3]].concat();
    for (bytes, expected) in [
        (&whole[..11], &["anomaly modbus datagram-length"][..]),
        (
            &more,
            &[
                "request modbus 0x3 Read Holding Registers [read] unit 1; holding-register 0+1",
                "anomaly modbus datagram-length",
            ],
        ),
    ] {
        let (progress, told) = outcome(&mut Conversation::default(), udp(Side::Initiator, 502), bytes);
        assert_eq!(progress.unwrap().consumed, bytes.len());
        assert_eq!(told, expected);
    }
}

#[test]
fn is_known_on_any_port_by_a_message_that_its_fields_fill() {
    for (context, bytes, expected) in [
        (ASK, &adu(&[0x03, 0x00, 0x00, 0x00, 0x01])[..], Probe::Certain),
        (ANSWER, &adu(&[0x03, 0x02, 0x00, 0x01]), Probe::Certain),
        (ASK, &adu(&[0x03, 0x00, 0x00, 0x00, 0x01, 0x00]), Probe::Unsure),
        (ASK, &adu(&[0x63, 0x00]), Probe::Unsure),
        // A function of one byte, and one that takes whatever follows.
        (ASK, &adu(&[0x07]), Probe::Unsure),
        (ASK, &adu(&[0x7f, 0, 0, 0]), Probe::Unsure),
        // Whole, but what follows is no header.
        (
            ASK,
            &[&adu(&[0x03, 0x00, 0x00, 0x00, 0x01])[..], &[0, 1, 0, 9, 0, 6]].concat(),
            Probe::Unsure,
        ),
        (ASK, &adu(&[0x5a, 0x00, 0x02]), Probe::Unsure),
        // A datagram holds one message: other protocols' start may look like one.
        (
            udp(Side::Initiator, 502),
            &adu(&[0x03, 0x00, 0x00, 0x00, 0x01]),
            Probe::Certain,
        ),
        (
            udp(Side::Initiator, 502),
            &[&adu(&[0x03, 0x00, 0x00, 0x00, 0x01])[..], &[0x00, 0x00]].concat(),
            Probe::Unsure,
        ),
        (ASK, &[0, 1, 0, 0, 0], Probe::Unsure),
        (ASK, b"GET / HTTP/1.1\r\n", Probe::No),
        (ASK, &[0, 1, 0, 0, 0, 0, 0, 0], Probe::No),
    ] {
        assert_eq!(probe(context, bytes), expected, "{bytes:02x?}");
    }
}
