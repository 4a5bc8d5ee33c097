use super::samples::*;
use super::*;
use crate::testing::lines;
use proptest::prelude::*;

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut Conversation, turns), expected);
}

/// A little-endian call with a body of one argument array.
fn call_of(kind: u8, operation: u16, first: u32, blocks: &[u8]) -> Vec<u8> {
    let mut bytes = PING[..80].to_vec();
    bytes[1] = kind;
    bytes[68..70].copy_from_slice(&operation.to_le_bytes());
    let length = u32::try_from(blocks.len()).unwrap();
    bytes[74..76].copy_from_slice(&u16::try_from(length + 20).unwrap().to_le_bytes());
    for number in [first, length, 4096, 0, length] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(blocks);
    bytes
}

/// A record's header of 64 bytes.
fn record(kind: u16, slot: u16, index: u16, length: u32) -> Vec<u8> {
    let mut block = [&kind.to_be_bytes()[..], &[0, 60, 1, 0], &[0; 2 + 16 + 4]].concat();
    block.extend(slot.to_be_bytes());
    block.extend([0, 1, 0, 0]);
    block.extend(index.to_be_bytes());
    block.extend(length.to_be_bytes());
    block.resize(64, 0);
    block
}

#[test]
fn a_connection_names_the_controller_its_data_and_modules() {
    check(
        &[(CONTROLLER, CONNECT)],
        &[
            "request pnio-cm 0x0 Connect [session]; output-bytes-of-frame 32769+40; 0x1/-/- = 00000020",
            "identity pnio-cm sender host-name=plc-1",
        ],
    );
    check(
        &[(DEVICE, &call_of(2, 0, 0xdb81_0119, &[]))],
        &["response pnio-cm 0x0 Connect [session] failed 0xdb810119 connect refused"],
    );
}

#[test]
fn the_identification_record_says_who_the_device_is() {
    let value: String = IDENTIFICATION[164..]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    check(
        &[(CONTROLLER, READ), (DEVICE, IDENTIFICATION)],
        &[
            "request pnio-cm 0x5 Read Implicit [identify]; 0x0/0x1/0xaff0",
            &format!("response pnio-cm 0x5 Read Implicit [identify] ok; 0x0/0x1/0xaff0 = {value}"),
            "identity pnio-cm sender vendor=Siemens",
            "identity pnio-cm sender product-code=6ES7 155-6AU00-0BN0",
            "identity pnio-cm sender serial=S C-K123",
            "identity pnio-cm sender firmware=V4.1.2",
        ],
    );
}

#[test]
fn writes_carry_their_records_also_those_in_a_list() {
    let list = [
        record(0x0008, 0, 0xe040, 136),
        record(0x0008, 1, 0x0080, 2),
        vec![0xaa, 0xbb, 0, 0],
        record(0x0008, 2, 0x0081, 4),
        vec![1, 2, 3, 4],
    ]
    .concat();
    check(
        &[(CONTROLLER, &call_of(0, 3, 4096, &list))],
        &["request pnio-cm 0x3 Write [configure]; 0x1/0x1/0x80 = aabb; 0x2/0x1/0x81 = 01020304"],
    );
    let diagnosis = record(0x0009, 3, 0x800a, 4096);
    check(
        &[(CONTROLLER, &call_of(0, 2, 4096, &diagnosis))],
        &["request pnio-cm 0x2 Read [diagnose]; 0x3/0x1/0x800a"],
    );
}

#[test]
fn the_endpoint_mapper_tells_type_order_number_and_firmware() {
    let mut bytes = PING[..80].to_vec();
    bytes[1] = 2;
    bytes[24..40].copy_from_slice(&[
        0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa,
    ]);
    bytes[68] = 2;
    let annotation = b"S7-1200                   6ES7 212-1BE40-0XB0      3 V  4  1  3\0";
    let mut body = vec![0; 20];
    for number in [1_u32, 1, 0, 1] {
        body.extend(number.to_le_bytes());
    }
    body.extend([0; 16 + 4 + 4]);
    body.extend(u32::try_from(annotation.len()).unwrap().to_le_bytes());
    body.extend(annotation);
    bytes[74..76].copy_from_slice(&u16::try_from(body.len()).unwrap().to_le_bytes());
    bytes.extend(body);
    assert_eq!(probe(DEVICE, &bytes), Probe::Certain);
    check(
        &[(DEVICE, &bytes)],
        &[
            "response pnio-cm 0x102 Endpoint Lookup [identify] ok",
            "identity pnio-cm sender product=S7-1200",
            "identity pnio-cm sender product-code=6ES7 212-1BE40-0XB0",
            "identity pnio-cm sender firmware=V4.1.3",
        ],
    );
}

#[test]
fn what_is_wrong_is_said_and_fragments_end_where_they_end() {
    check(&[(DEVICE, &PING[..79])], &["anomaly pnio-cm cut-short"]);
    let mut long = record(0x0008, 1, 0x0080, 200);
    check(
        &[(CONTROLLER, &call_of(0, 3, 4096, &long))],
        &[
            "request pnio-cm 0x3 Write [configure]",
            "anomaly pnio-cm malformed-block",
        ],
    );
    let mut fragment = call_of(0, 3, 4096, &long);
    fragment[2] = 0x24;
    check(
        &[(CONTROLLER, &fragment)],
        &["request pnio-cm 0x3 Write [configure]"],
    );
    fragment[76] = 1;
    check(&[(CONTROLLER, &fragment)], &[]);
    check(
        &[(CONTROLLER, &call_of(0, 9, 0, &[]))],
        &[
            "request pnio-cm 0x9 unknown [program]",
            "anomaly pnio-cm unknown-operation",
        ],
    );
    long = record(0x0009, 0, 1, 0).repeat(70);
    let said = lines(&mut Conversation, &[(CONTROLLER, &call_of(0, 2, 0, &long))]);
    assert_eq!(said[1..], ["anomaly pnio-cm too-many-objects"]);
    let mut refused = PING.to_vec();
    refused[1] = 6;
    refused.extend([0x08, 0, 1, 0x1c]);
    check(
        &[(DEVICE, &refused)],
        &["response pnio-cm 0x206 Reject [session] failed 0x1c010008 call refused"],
    );
}

proptest! {
    #[test]
    fn records_that_an_encoder_writes_are_read_back(
        writes in prop::collection::vec((any::<u16>(), 0u16..0xa000, prop::collection::vec(any::<u8>(), 1..20)), 1..6),
    ) {
        let mut blocks = Vec::new();
        let mut expected = "request pnio-cm 0x3 Write [configure]".to_owned();
        for (slot, index, data) in &writes {
            blocks.extend(record(0x0008, *slot, *index, u32::try_from(data.len()).unwrap()));
            blocks.extend(data);
            blocks.resize(blocks.len().next_multiple_of(4), 0);
            let value: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
            expected += &format!("; {slot:#x}/0x1/{index:#x} = {value}");
        }
        check(&[(CONTROLLER, &call_of(0, 3, 4096, &blocks))], &[&expected]);
    }
}
