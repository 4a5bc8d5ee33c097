use super::*;
use crate::session::Side;
use crate::testing::{lines, outcome, tcp, udp};
use proptest::prelude::*;

const ASK: Context = tcp(Side::Initiator, 48898);
const ANSWER: Context = tcp(Side::Responder, 48898);
const DEVICE: [u8; 8] = [5, 13, 117, 96, 1, 1, 0x53, 0x03];
const CLIENT: [u8; 8] = [10, 0, 0, 1, 1, 1, 0x11, 0x80];
/// The unit of `DEVICE`.
const UNIT: &str = "unit 84768096";

/// A message as an encoder writes it.
fn message(context: Context, command: u16, invoke: u32, error: u32, data: &[u8]) -> Vec<u8> {
    let (to, from, flags) = match context.side {
        Side::Initiator => (DEVICE, CLIENT, [4, 0]),
        Side::Responder => (CLIENT, DEVICE, [5, 0]),
    };
    let length = u32::try_from(data.len()).unwrap();
    [
        &[0, 0][..],
        &(length + 32).to_le_bytes(),
        &to,
        &from,
        &command.to_le_bytes(),
        &flags,
        &length.to_le_bytes(),
        &error.to_le_bytes(),
        &invoke.to_le_bytes(),
        data,
    ]
    .concat()
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn check(turns: &[(Context, Vec<u8>)], expected: &[&str]) {
    let borrowed: Vec<_> = turns
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    let told = lines(&mut Conversation::default(), &borrowed);
    let told: Vec<_> = told.iter().map(|line| line.replace(UNIT, "unit D")).collect();
    assert_eq!(told, expected);
}

proptest! {
    #[test]
    fn what_an_encoder_writes_is_read_back(
        invoke in any::<u32>(),
        group in 0u32..0x4000,
        offset in 0u32..0x1000_0000,
        value in prop::collection::vec(any::<u8>(), 0..80),
        name in "[A-Za-z][A-Za-z0-9_.]{0,30}",
    ) {
        let length = u32::try_from(value.len()).unwrap();
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        let write = message(ASK, 3, invoke, 0, &[words(&[group, offset, length]), value.clone()].concat());
        let read = message(ASK, 2, invoke, 0, &words(&[group, offset, length]));
        let answer = message(ANSWER, 2, invoke, 0, &[words(&[0, length]), value.clone()].concat());
        let by_name = message(ASK, 9, invoke, 0, &[words(&[0xf004, 0, length, u32::try_from(name.len()).unwrap()]), name.clone().into_bytes()].concat());
        let named = message(ANSWER, 9, invoke, 0, &[words(&[0, length]), value].concat());
        prop_assert_eq!(probe(ASK, &write), Probe::Certain);
        prop_assert_eq!(probe(ANSWER, &answer), Probe::Certain);
        let told = lines(&mut Conversation::default(), &[(ASK, &write), (ASK, &read), (ANSWER, &answer), (ASK, &by_name), (ANSWER, &named)]);
        let place = format!("group{group} bit {}+{}", offset * 8, length * 8);
        prop_assert_eq!(told, [
            format!("request ads 0x3 Write [write] {UNIT}; {place} = {hex}"),
            format!("request ads 0x2 Read [read] {UNIT}; {place}"),
            format!("response ads 0x2 Read [read] {UNIT} ok; {place} = {hex}"),
            format!("request ads 0x9 Read Write [read] {UNIT}; symbol {name}"),
            format!("response ads 0x9 Read Write [read] {UNIT} ok; symbol {name} = {hex}"),
        ]);
    }
}

#[test]
fn a_handle_stands_for_its_symbol_and_a_notification_for_what_it_was_added_for() {
    let name = [words(&[0xf003, 0, 4, 5]), b"A.b1\0".to_vec()].concat();
    let add = [words(&[0x4020, 8, 2]), vec![0; 28]].concat();
    let note = [words(&[32, 1, 0, 0, 1, 9, 2]), vec![1, 2]].concat();
    let mut unasked = message(ANSWER, 8, 0, 0, &note);
    unasked[24] = 4;
    check(
        &[
            (ASK, message(ASK, 9, 1, 0, &name)),
            (ANSWER, message(ANSWER, 9, 1, 0, &words(&[0, 4, 77]))),
            (ASK, message(ASK, 2, 2, 0, &words(&[0xf005, 77, 1]))),
            (
                ANSWER,
                message(ANSWER, 2, 2, 0, &[words(&[0, 1]), vec![5]].concat()),
            ),
            (ASK, message(ASK, 6, 3, 0, &add)),
            (ANSWER, message(ANSWER, 6, 3, 0, &words(&[0, 9]))),
            (ANSWER, unasked),
        ],
        &[
            "request ads 0x9 Read Write [read] unit D; symbol A.b1",
            "response ads 0x9 Read Write [read] unit D ok; symbol A.b1",
            "request ads 0x2 Read [read] unit D; symbol A.b1",
            "response ads 0x2 Read [read] unit D ok; symbol A.b1 = 05",
            "request ads 0x6 Add Device Notification [read] unit D; M16416 bit 64+16",
            "response ads 0x6 Add Device Notification [read] unit D ok; M16416 bit 64+16",
            "unsolicited ads 0x8 Device Notification [read] unit D; M16416 bit 64+16 = 0102",
        ],
    );
}

#[test]
fn the_system_service_is_classed_by_what_it_is_asked_for() {
    for (group, expected) in [
        (120, "file"),
        (500, "program"),
        (801, "configure"),
        (200, "configure"),
    ] {
        let mut write = message(ASK, 3, 1, 0, &words(&[group, 0, 0]));
        write[12..14].copy_from_slice(&10_000u16.to_le_bytes());
        check(
            &[(ASK, write)],
            &[&format!(
                "request ads 0x3 Write [{expected}] unit D; group{group} bit 0+0 = "
            )],
        );
    }
}

#[test]
fn errors_are_named_and_what_is_wrong_is_said() {
    check(
        &[
            (ASK, message(ASK, 2, 1, 0, &words(&[1, 2, 3]))),
            (ANSWER, message(ANSWER, 2, 1, 7, &[])),
            (ANSWER, message(ANSWER, 3, 9, 0, &words(&[0x723]))),
            (ASK, message(ASK, 3, 2, 0, &words(&[1, 2, 3]))),
            (ASK, message(ASK, 0x99, 3, 0, &[])),
        ],
        &[
            "request ads 0x2 Read [read] unit D; group1 bit 16+24",
            "response ads 0x2 Read [read] unit D failed 0x7 target machine not found; group1 bit 16+24",
            "response ads 0x3 Write [write] unit D failed 0x723 access denied",
            "request ads 0x3 Write [write] unit D",
            "anomaly ads cut-short",
            "request ads 0x99 unknown [program] unit D",
            "anomaly ads unknown-command",
        ],
    );
    let (lost, _) = outcome(&mut Conversation::default(), ASK, &[0, 0, 1, 0, 0, 0]);
    assert!(lost.is_err());
    let (lost, _) = outcome(&mut Conversation::default(), ASK, &[0x33; 38]);
    assert!(lost.is_err());
    let on = udp(Side::Initiator, 48899);
    let (_, told) = outcome(&mut Conversation::default(), on, &[1, 2, 3]);
    assert_eq!(told, ["anomaly ads no-discovery"]);
    let (_, told) = outcome(&mut Conversation::default(), on, &discovery::MAGIC);
    assert_eq!(told, ["anomaly ads-discovery cut-short"]);
}

#[test]
fn a_message_that_is_too_long_to_hold_is_told_and_passes() {
    let value = vec![7; frame::MAX_HELD];
    let length = u32::try_from(value.len()).unwrap();
    let long = message(ASK, 3, 1, 0, &[words(&[0xf0, 0, length]), value].concat());
    let next = message(ASK, 4, 2, 0, &[]);
    let mut session = Conversation::default();
    let (first, last) = long.split_at(frame::MAX_HELD + 6);
    let (progress, told) = outcome(&mut session, ASK, first);
    assert_eq!(progress.unwrap().consumed, first.len());
    assert_eq!(told, [format!("request ads 0x3 Write [write] {UNIT}")]);
    let (progress, told) = outcome(&mut session, ASK, &[last, &next].concat());
    assert_eq!(progress.unwrap().consumed, last.len() + next.len());
    assert_eq!(told, [format!("request ads 0x4 Read State [diagnose] {UNIT}")]);
}
