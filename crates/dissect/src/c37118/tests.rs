use super::*;
use crate::testing::{lines, outcome, tcp, udp};
use proptest::prelude::*;

const ASK: Context = tcp(Side::Initiator, 4712);
const ANSWER: Context = tcp(Side::Responder, 4712);

/// A frame of stream 6.
fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(body.len() + 16).unwrap().to_be_bytes();
    let mut bytes = [&[0xaa, kind, high, low, 0, 6, 1, 2, 3, 4, 0, 0, 0, 0][..], body].concat();
    bytes.extend(crc(&bytes).to_be_bytes());
    bytes
}

fn short_block(name: &str, id: u16, counts: [u16; 3]) -> Vec<u8> {
    let mut block = format!("{name:16}").into_bytes();
    block.extend(id.to_be_bytes());
    block.extend([0, 6]);
    block.extend(counts.iter().flat_map(|count| count.to_be_bytes()));
    let [phasors, analogs, digitals] = counts.map(usize::from);
    block.extend(vec![b'x'; 16 * (phasors + analogs + 16 * digitals)]);
    block.extend(vec![0; 4 * (phasors + analogs + digitals) + 4]);
    block
}

fn configuration(blocks: &[Vec<u8>]) -> Vec<u8> {
    let count = u16::try_from(blocks.len()).unwrap().to_be_bytes();
    [&[0, 0xff, 0xff, 0xff], &count[..], &blocks.concat(), &[0, 50]].concat()
}

fn check(frames: &[(Context, Vec<u8>)], expected: &[&str]) {
    let turns: Vec<_> = frames
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    assert_eq!(lines(&mut Conversation::default(), &turns), expected);
}

#[test]
fn the_check_is_the_standards() {
    // The check value of this CRC over the digits 1 to 9.
    assert_eq!(crc(b"123456789"), 0x29b1);
}

#[test]
fn commands_and_data_are_told_by_name() {
    check(
        &[
            (ASK, frame(0x41, &[0, 1])),
            (ANSWER, frame(0x01, &[9, 8])),
            (ASK, frame(0x41, &[0, 8])),
            (ASK, frame(0x41, &[0, 9])),
        ],
        &[
            "request c37118 0x401 Turn Off Transmission [session] unit 6",
            "unsolicited c37118 0x0 Data [read] unit 6; stream 6+1 = 0908",
            "request c37118 0x408 Extended Frame [configure] unit 6",
            "request c37118 0x409 unknown [program] unit 6",
            "anomaly c37118 unknown-command",
        ],
    );
}

#[test]
fn a_configuration_names_its_stations_and_answers_only_once() {
    let blocks = [
        short_block("North", 7, [1, 2, 1]),
        short_block("South", 8, [0, 0, 0]),
    ];
    let told = "c37118 0x3 Configuration 2 [identify] unit 6";
    check(
        &[
            (ASK, frame(0x41, &[0, 5])),
            (ANSWER, frame(0x31, &configuration(&blocks))),
            (ANSWER, frame(0x31, &configuration(&blocks[..1]))),
        ],
        &[
            "request c37118 0x405 Send Configuration 2 [identify] unit 6",
            &format!("response {told} ok; station North; station South"),
            "identity c37118 sender unit 7 host-name=North",
            "identity c37118 sender unit 8 host-name=South",
            &format!("unsolicited {told}; station North"),
            "identity c37118 sender unit 7 host-name=North",
        ],
    );
}

#[test]
fn what_is_malformed_is_told_with_what_is_wrong() {
    let mut wrong = frame(0x01, &[1, 2]);
    wrong[15] ^= 1;
    let block = short_block("North", 7, [0, 0, 0]);
    let cut = configuration(&[block[..20].to_vec()]);
    let good = frame(0x01, &[1, 2]);
    for (bytes, expected) in [
        (wrong, "bad-check"),
        (frame(0x41, &[]), "cut-short"),
        (frame(0x31, &cut), "cut-short"),
        (frame(0x31, &configuration(&vec![block; 65])), "too-many-stations"),
        ([&[0, 0xaa], &good[..]].concat(), "stray-bytes"),
    ] {
        let (progress, told) = outcome(&mut Conversation::default(), ANSWER, &bytes);
        assert_eq!(progress.unwrap().consumed, bytes.len());
        assert!(told.contains(&format!("anomaly c37118 {expected}")), "{told:?}");
    }
    let context = udp(Side::Initiator, 4713);
    let (_, told) = outcome(&mut Conversation::default(), context, &good[..10]);
    assert_eq!(told, ["anomaly c37118 datagram-cut-short"]);
    let (progress, _) = outcome(&mut Conversation::default(), ANSWER, b"GET / HTTP/1.1");
    assert_eq!(progress.unwrap_err().offset, 0);
}

#[test]
fn is_known_on_any_port_by_its_check() {
    let mut bytes = frame(0x01, &[1, 2]);
    assert_eq!(probe(ASK, &bytes), Probe::Certain);
    assert_eq!(probe(ASK, &bytes[..17]), Probe::Unsure);
    bytes[17] ^= 1;
    assert_eq!(probe(ASK, &bytes), Probe::No);
    assert_eq!(probe(ASK, &[0xaa, 0x61, 0, 20]), Probe::No);
    assert_eq!(probe(ASK, &[0xaa, 0x01, 0, 15]), Probe::No);
}

proptest! {
    #[test]
    fn stations_that_are_encoded_are_read(
        given in prop::collection::vec(("[a-zA-Z]{1,16}", any::<u16>(), [0u16..4, 0u16..4, 0u16..3]), 0..10),
    ) {
        let blocks: Vec<_> = given.iter().map(|(name, id, counts)| short_block(name, *id, *counts)).collect();
        let bytes = frame(0x21, &configuration(&blocks));
        let (_, told) = outcome(&mut Conversation::default(), ANSWER, &bytes);
        prop_assert_eq!(told.len(), 1 + given.len());
        for ((name, id, _), line) in given.iter().zip(&told[1..]) {
            prop_assert_eq!(line, &format!("identity c37118 sender unit {id} host-name={name}"));
        }
    }
}
