use super::open;
use super::samples::{
    CYCLIC, LIST_IDENTITY, LIST_IDENTITY_ANSWER, PACKET, PACKET_ANSWER, PCCC_READ, PCCC_READ_ANSWER,
    READ_TAG, READ_TAG_ANSWER, SEND, SEND_ANSWER,
};
use crate::session::{Context, Lost, Probe, Side};
use crate::testing::{lines, outcome, tcp, udp};

const CLIENT: Context = tcp(Side::Initiator, 44818);
const DEVICE: Context = tcp(Side::Responder, 44818);

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut *open(), turns), expected);
}

/// SendRRData with one unconnected message.
fn unconnected(context: u8, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x6f, 0x00];
    bytes.extend(u16::try_from(message.len() + 16).unwrap().to_le_bytes());
    bytes.extend([0x01, 0x00, 0x02, 0x16, 0x00, 0x00, 0x00, 0x00]);
    bytes.extend([context, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([0, 0, 0, 0, 0, 0, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb2, 0x00]);
    bytes.extend(u16::try_from(message.len()).unwrap().to_le_bytes());
    bytes.extend(message);
    bytes
}

#[test]
fn an_identity_item_says_who_the_device_is() {
    check(
        &[
            (udp(Side::Initiator, 44818), LIST_IDENTITY),
            (udp(Side::Initiator, 44818), LIST_IDENTITY_ANSWER),
        ],
        &[
            "request enip 0x63 ListIdentity [identify]",
            "identity enip sender vendor=Rockwell Automation",
            "identity enip sender device-type=communications adapter",
            "identity enip sender product-code=58",
            "identity enip sender firmware=4.003",
            "identity enip sender serial=00524d8e",
            "identity enip sender product=1756-ENBT/A",
            "response enip 0x63 ListIdentity [identify] ok",
        ],
    );
}

#[test]
fn what_a_route_leads_to_is_a_unit_and_its_identity_is_told_of_that_unit() {
    check(
        &[(CLIENT, SEND), (DEVICE, SEND_ANSWER)],
        &[
            "request cip 0x52 Unconnected_Send [identify] unit 0",
            "request cip 0x1 Get_Attributes_All [identify] unit 0; 0x1/0x1/-",
            "identity cip sender unit 0 vendor=Rockwell Automation",
            "identity cip sender unit 0 device-type=programmable logic controller",
            "identity cip sender unit 0 product-code=54",
            "identity cip sender unit 0 firmware=20.011",
            "identity cip sender unit 0 serial=c0012345",
            "identity cip sender unit 0 product=L61",
            "response cip 0x1 Get_Attributes_All [identify] unit 0 ok; 0x1/0x1/-",
        ],
    );
}

#[test]
fn a_route_that_fails_answers_for_itself() {
    let failed = unconnected(7, &[0xd2, 0x00, 0x01, 0x01, 0x04, 0x02, 0x00]);
    let told = lines(&mut *open(), &[(CLIENT, SEND), (DEVICE, &failed)]);
    assert_eq!(
        told.last().unwrap(),
        "response cip 0x52 Unconnected_Send [identify] unit 0 failed 0x2040001 connection failure"
    );
}

#[test]
fn a_tag_s_answer_gives_its_name_and_value() {
    check(
        &[(CLIENT, READ_TAG), (DEVICE, READ_TAG_ANSWER)],
        &[
            "request cip 0x4c Read_Tag [read]; tag Speed",
            "response cip 0x4c Read_Tag [read] ok; tag Speed = dc050000",
        ],
    );
    check(
        &[(DEVICE, READ_TAG_ANSWER)],
        &["response cip 0x4c Read_Tag [read] ok"],
    );
}

#[test]
fn a_packet_of_services_is_told_by_its_gravest_and_each_inside_it() {
    check(
        &[(CLIENT, PACKET), (DEVICE, PACKET_ANSWER)],
        &[
            "request cip 0xa Multiple_Service_Packet [write]",
            "request cip 0xe Get_Attribute_Single [read]; 0xf5/0x1/0x3",
            "request cip 0x4d Write_Tag [write]; tag R = 0500",
            "response cip 0xa Multiple_Service_Packet [write] failed 0x1e embedded service error",
            "response cip 0xe Get_Attribute_Single [read] ok; 0xf5/0x1/0x3 = 0200",
            "response cip 0x4d Write_Tag [write] failed 0xf privilege violation; tag R",
        ],
    );
}

#[test]
fn a_pccc_command_is_told_with_its_file_and_its_answer_with_the_value() {
    check(
        &[(CLIENT, PCCC_READ), (DEVICE, PCCC_READ_ANSWER)],
        &[
            "request cip 0x4b Execute_PCCC [read]; 0x67/0x1/-",
            "request pccc 0xfa2 Protected Typed Logical Read with Three Address Fields [read]; N7 bit 160+32",
            "response cip 0x4b Execute_PCCC [read] ok; 0x67/0x1/-",
            "response pccc 0xfa2 Protected Typed Logical Read with Three Address Fields [read] ok; \
             N7 bit 160+32 = 01000200",
        ],
    );
}

#[test]
fn a_change_of_mode_by_pccc_is_control_also_for_the_service_that_carries_it() {
    #[rustfmt::skip]
    let change = unconnected(1, &[
        0x4b, 0x02, 0x20, 0x67, 0x24, 0x01,
        0x07, 0x4d, 0x00, 0x78, 0x56, 0x34, 0x12,
        0x0f, 0x00, 0x01, 0x00,
        0x80, 0x01, // change mode, program
    ]);
    check(
        &[(CLIENT, &change)],
        &[
            "request cip 0x4b Execute_PCCC [control]; 0x67/0x1/-",
            "request pccc 0xf80 Change Mode [control]",
        ],
    );
}

#[test]
fn a_connection_leads_to_the_slot_of_its_path() {
    #[rustfmt::skip]
    let open_it = unconnected(3, &[
        0x54, 0x02, 0x20, 0x06, 0x24, 0x01, // Forward_Open
        0x0a, 0x0e,                         // tick, ticks
        0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0xfe, 0x80, // ids: towards the target, towards the originator
        0x02, 0x00, 0x4d, 0x00, 0xa3, 0x5e, 0xd5, 0x2f, // connection serial, vendor, originator serial
        0x02, 0x00, 0x00, 0x00,             // multiplier, reserve
        0x80, 0x84, 0x1e, 0x00, 0xf8, 0x43, // interval, parameters
        0x80, 0x84, 0x1e, 0x00, 0xf8, 0x43,
        0xa3,                               // transport class 3
        0x03, 0x01, 0x02, 0x20, 0x02, 0x24, 0x01, // backplane slot 2, message router
    ]);
    #[rustfmt::skip]
    let opened = unconnected(3, &[
        0xd4, 0x00, 0x00, 0x00,
        0x11, 0x22, 0x33, 0x44,             // the id that READ_TAG is sent to
        0x55, 0x66, 0x77, 0x88,             // the id that its answer is sent to
        0x02, 0x00, 0x4d, 0x00, 0xa3, 0x5e, 0xd5, 0x2f,
        0x80, 0x84, 0x1e, 0x00, 0x80, 0x84, 0x1e, 0x00, 0x00, 0x00,
    ]);
    check(
        &[
            (CLIENT, &open_it),
            (DEVICE, &opened),
            (CLIENT, READ_TAG),
            (DEVICE, READ_TAG_ANSWER),
        ],
        &[
            "identity cip sender vendor=Rockwell Software",
            "identity cip sender serial=2fd55ea3",
            "request cip 0x54 Forward_Open [session] unit 2; 0x2/0x1/-",
            "response cip 0x54 Forward_Open [session] unit 2 ok; 0x2/0x1/-",
            "request cip 0x4c Read_Tag [read] unit 2; tag Speed",
            "response cip 0x4c Read_Tag [read] unit 2 ok; tag Speed = dc050000",
        ],
    );
}

#[test]
fn cyclic_data_are_outputs_one_way_and_inputs_the_other() {
    let heartbeat = [&CYCLIC[..16], &[0x02, 0x00, 0x09, 0x00]].concat();
    check(
        &[
            (udp(Side::Initiator, 2222), CYCLIC),
            (udp(Side::Responder, 2222), CYCLIC),
            (udp(Side::Initiator, 2222), &heartbeat),
        ],
        &[
            "unsolicited enip-io 0xb1 Cyclic Data [write]; connection 1144201745+1 = 090001000000",
            "unsolicited enip-io 0xb1 Cyclic Data [read]; connection 1144201745+1 = 090001000000",
            "unsolicited enip-io 0xb1 Cyclic Data [session]; connection 1144201745+1 = 0900",
        ],
    );
}

#[test]
fn content_is_known_on_any_port_and_other_content_is_not_claimed() {
    for (context, bytes, expected) in [
        (tcp(Side::Initiator, 9999), READ_TAG, Probe::Certain),
        (udp(Side::Initiator, 9999), CYCLIC, Probe::Certain),
        (CLIENT, &READ_TAG[..10], Probe::Unsure),
        (CLIENT, &[0x00; 24], Probe::Unsure),
        (CLIENT, &[0x01; 24], Probe::No),
        (udp(Side::Initiator, 44818), &[0x63, 0x00], Probe::No),
    ] {
        assert_eq!((super::probe)(context, bytes), expected, "{bytes:02x?}");
    }
}

#[test]
fn what_is_no_encapsulation_loses_the_stream() {
    let reason = "no encapsulation command";
    let (progress, told) = outcome(&mut *open(), CLIENT, b"GET /index.html HTTP/1.1\r\n\r\n");
    assert_eq!((progress, told), (Err(Lost { offset: 0, reason }), vec![]));
}

#[test]
fn malformed_packets_are_named_and_do_not_stop_the_stream() {
    let mut no_items = unconnected(1, &[]);
    no_items[30] = 0x03;
    let mut command = READ_TAG.to_vec();
    command[0] = 0x69;
    let nested = [
        0x52, 0x02, 0x20, 0x06, 0x24, 0x01, 0x05, 0x99, 0x06, 0x00, // one send in another
        0x52, 0x02, 0x20, 0x06, 0x24, 0x01, 0x01, 0x00, 0x01, 0x00,
    ];
    let cases: &[(&str, Vec<u8>)] = &[
        ("anomaly enip unknown-command", command),
        ("anomaly enip malformed-items", no_items),
        ("anomaly cip malformed-service", unconnected(1, &[])),
        (
            "anomaly cip malformed-service",
            unconnected(1, &[0x01, 0x05, 0x20]),
        ),
        (
            "anomaly cip malformed-service",
            unconnected(1, &[0x0a, 0x02, 0x20, 0x02, 0x24, 0x01, 0x05, 0x00]),
        ),
        // Offsets that do not rise.
        (
            "anomaly cip malformed-service",
            unconnected(
                1,
                &[
                    0x0a, 0x01, 0x20, 0x02, 0x02, 0x00, 0x06, 0x00, 0x06, 0x00, 0x01, 0x00, 0x01, 0x00,
                ],
            ),
        ),
        (
            "anomaly cip malformed-path",
            unconnected(1, &[0x01, 0x01, 0xff, 0xff]),
        ),
        ("anomaly cip nested-too-deep", unconnected(1, &nested)),
        (
            "anomaly cip malformed-connection",
            unconnected(1, &[0x54, 0x02, 0x20, 0x06, 0x24, 0x01, 0x00]),
        ),
        (
            "anomaly pccc malformed-pccc",
            unconnected(1, &[0x4b, 0x02, 0x20, 0x67, 0x24, 0x01, 0x07]),
        ),
    ];
    for (expected, bytes) in cases {
        let told = lines(&mut *open(), &[(CLIENT, bytes.as_slice())]);
        assert!(told.iter().any(|line| line == expected), "{expected}: {told:?}");
    }
    let mut cut = LIST_IDENTITY_ANSWER.to_vec();
    cut.truncate(60);
    let told = lines(&mut *open(), &[(udp(Side::Responder, 44818), &cut)]);
    assert_eq!(
        &told[..2],
        ["anomaly enip length-mismatch", "anomaly enip malformed-items"]
    );
}

#[test]
fn more_services_and_objects_than_are_kept_are_dropped_and_said() {
    let mut packet = vec![0x0a, 0x02, 0x20, 0x02, 0x24, 0x01];
    packet.extend(100u16.to_le_bytes());
    for index in 0..100u16 {
        packet.extend((202 + 6 * index).to_le_bytes());
    }
    for _ in 0..100 {
        packet.extend([0x01, 0x02, 0x20, 0x04, 0x24, 0x01]);
    }
    let told = lines(&mut *open(), &[(CLIENT, unconnected(1, &packet).as_slice())]);
    assert_eq!(told.len(), 1 + super::session::MAX_SERVICES + 1);
    assert_eq!(told.last().unwrap(), "anomaly cip too-many-services");

    let mut list = vec![0x03, 0x02, 0x20, 0x04, 0x24, 0x01];
    list.extend(100u16.to_le_bytes());
    list.extend([0x07, 0x00].repeat(100));
    let told = lines(&mut *open(), &[(CLIENT, unconnected(1, &list).as_slice())]);
    assert_eq!(told[0], "anomaly cip too-many-objects");
    assert_eq!(told[1].matches("0x4/0x1/0x7").count(), super::ask::MAX_OBJECTS);
}

#[test]
fn requests_that_are_never_answered_give_way_to_new_ones() {
    let mut session = open();
    for context in 0..100u8 {
        let request = unconnected(context, &[0x0e, 0x03, 0x20, 0x04, 0x24, context, 0x30, 0x03]);
        assert_eq!(lines(&mut *session, &[(CLIENT, &request)]).len(), 1);
    }
    let answer = |context: u8| unconnected(context, &[0x8e, 0x00, 0x00, 0x00, 0x01]);
    let told = lines(&mut *session, &[(DEVICE, &answer(99)), (DEVICE, &answer(0))]);
    assert_eq!(
        told,
        [
            "response cip 0xe Get_Attribute_Single [read] ok; 0x4/0x63/0x3 = 01",
            "response cip 0xe Get_Attribute_Single [read] ok",
        ]
    );
}
