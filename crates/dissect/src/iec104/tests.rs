use super::*;
use crate::testing::{lines, outcome, tcp};
use proptest::prelude::*;

const ASK: Context = tcp(Side::Initiator, 2404);
const ANSWER: Context = tcp(Side::Responder, 2404);

/// An information frame around a unit.
fn frame(send: u16, unit: &[u8]) -> Vec<u8> {
    let [s0, s1] = (send << 1).to_le_bytes();
    let length = u8::try_from(4 + unit.len()).unwrap();
    [&[0x68, length, s0, s1, 0, 0][..], unit].concat()
}

/// Feeds units, numbered by side, and compares what is told.
fn check(units: &[(Context, &[u8])], expected: &[&str]) {
    let mut sent = [0, 0];
    let frames: Vec<_> = units
        .iter()
        .map(|(context, unit)| {
            let count = &mut sent[usize::from(context.side == Side::Responder)];
            *count += 1;
            (*context, frame(*count, unit))
        })
        .collect();
    let turns: Vec<_> = frames
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    assert_eq!(lines(&mut Conversation::default(), &turns), expected);
}

#[test]
fn a_command_says_whether_it_selects_and_its_answer_whether_it_was_taken() {
    check(
        &[
            (ASK, &[45, 1, 6, 0, 7, 0, 0x88, 0x13, 0, 0x81]),
            (ANSWER, &[45, 1, 7, 0, 7, 0, 0x88, 0x13, 0, 0x81]),
            (ASK, &[45, 1, 6, 0, 7, 0, 0x88, 0x13, 0, 0x01]),
            (ANSWER, &[45, 1, 0x47, 0, 7, 0, 0x88, 0x13, 0, 0x01]),
            (ASK, &[45, 1, 8, 0, 7, 0, 0x88, 0x13, 0, 0x01]),
            (ANSWER, &[45, 1, 0x6e, 0, 7, 0, 0x88, 0x13, 0, 0x01]),
        ],
        &[
            "request iec104 0x2d C_SC_NA_1 Single Command [control] unit 7; cause activation; phase select; \
             single-command 5000+1 = 81",
            "response iec104 0x2d C_SC_NA_1 Single Command [control] unit 7 ok; cause activation confirmation; \
             phase select; single-command 5000+1 = 81",
            "request iec104 0x2d C_SC_NA_1 Single Command [control] unit 7; cause activation; phase execute; \
             single-command 5000+1 = 01",
            "response iec104 0x2d C_SC_NA_1 Single Command [control] unit 7 failed 0x47 negative confirmation; \
             cause activation confirmation; phase execute; single-command 5000+1 = 01",
            "request iec104 0x2d C_SC_NA_1 Single Command [control] unit 7; cause deactivation; phase execute; \
             single-command 5000+1 = 01",
            "response iec104 0x2d C_SC_NA_1 Single Command [control] unit 7 failed 0x2e common address not known; \
             cause common address not known; phase execute; single-command 5000+1 = 01",
        ],
    );
}

#[test]
fn values_are_reports_unless_they_were_asked_for() {
    let value = |cause| [11, 1, cause, 0, 7, 0, 1, 0, 0, 0x34, 0x12, 0];
    for (cause, expected) in [
        (
            1,
            "unsolicited iec104 0xb M_ME_NB_1 Measured Value, Scaled [read] unit 7; cause periodic",
        ),
        (
            3,
            "unsolicited iec104 0xb M_ME_NB_1 Measured Value, Scaled [alarm] unit 7; cause spontaneous",
        ),
        (
            5,
            "response iec104 0xb M_ME_NB_1 Measured Value, Scaled [read] unit 7 ok; cause requested",
        ),
        (
            20,
            "response iec104 0xb M_ME_NB_1 Measured Value, Scaled [read] unit 7 ok; cause station interrogation",
        ),
    ] {
        let expected = format!("{expected}; measured-value 1+1 = 341200");
        check(&[(ANSWER, &value(cause))], &[&expected]);
    }
}

#[test]
fn set_points_keep_their_qualifier_behind_the_value() {
    for (unit, phase) in [
        (&[48, 1, 6, 0, 7, 0, 1, 0, 0, 0x00, 0x40, 0x80][..], "select"),
        (&[50, 1, 6, 0, 7, 0, 1, 0, 0, 0, 0, 0x20, 0x41, 0x00], "execute"),
        (
            &[
                63, 1, 6, 0, 7, 0, 1, 0, 0, 0, 0, 0x20, 0x41, 0x80, 0, 0, 0, 0, 0, 0, 0,
            ],
            "select",
        ),
    ] {
        let (_, told) = outcome(&mut Conversation::default(), ASK, &frame(0, unit));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains(&format!("; phase {phase}; set-point 1+1")),
            "{told:?}"
        );
    }
}

#[test]
fn every_station_is_no_unit_and_a_test_is_said() {
    check(
        &[(ASK, &[103, 1, 0x86, 0, 0xff, 0xff, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7])],
        &[
            "request iec104 0x67 C_CS_NA_1 Clock Synchronization [time]; cause activation; flag test; \
             clock 0+1 = 01020304050607",
        ],
    );
}

#[test]
fn what_is_malformed_is_told_with_what_is_wrong() {
    for (context, unit, expected) in [
        (ASK, &[100, 1, 6, 0, 1][..], "cut-short"),
        (ASK, &[100, 1, 6, 0, 1, 0, 0, 0, 0], "cut-short"),
        (ASK, &[100, 1, 6, 0, 1, 0, 0, 0, 0, 20, 0], "trailing-bytes"),
        (ANSWER, &[1, 0x84, 3, 0, 1, 0, 1, 0, 0, 1, 1, 1], "cut-short"),
        (ANSWER, &[1, 2, 3, 0, 1, 0, 1, 0, 0, 1], "cut-short"),
        (ASK, &[200, 1, 6, 0, 1, 0, 0, 0, 0, 20], "unknown-type"),
        (ASK, &[100, 1, 0x3f, 0, 1, 0, 0, 0, 0, 20], "unknown-cause"),
        (ASK, &[100, 0, 6, 0, 1, 0], "no-objects"),
        (ASK, &[100, 1, 6, 0, 0, 0, 0, 0, 0, 20], "common-address"),
        (
            ANSWER,
            &[125, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 9, 1],
            "cut-short",
        ),
    ] {
        let (progress, told) = outcome(&mut Conversation::default(), context, &frame(0, unit));
        assert_eq!(progress.unwrap().missing, 0);
        assert_eq!(
            told.last().unwrap(),
            &format!("anomaly iec104 {expected}"),
            "{unit:02x?}: {told:?}"
        );
    }
    for (bytes, expected) in [
        (&[0x68, 4, 0x03, 0, 0, 0][..], "control-field"),
        (&[0x68, 4, 0x0f, 0, 0, 0], "control-field"),
        (&[0x68, 4, 0x00, 0, 1, 0], "control-field"),
        (&[0x68, 5, 0x07, 0, 0, 0, 0], "trailing-bytes"),
    ] {
        let (_, told) = outcome(&mut Conversation::default(), ASK, bytes);
        assert_eq!(told.last().unwrap(), &format!("anomaly iec104 {expected}"));
    }
}

#[test]
fn an_unknown_type_counts_as_a_change_of_program() {
    check(
        &[(ASK, &[0xc8, 1, 6, 0, 1, 0, 5, 0, 0, 20])],
        &[
            "request iec104 0xc8 unknown [program] unit 1; cause activation; unknown-type 5+1",
            "anomaly iec104 unknown-type",
        ],
    );
}

#[test]
fn a_send_number_that_does_not_follow_is_said_unless_bytes_are_missing() {
    let unit = [100, 1, 6, 0, 1, 0, 0, 0, 0, 20];
    let told = |session: &mut Conversation, send| outcome(session, ASK, &frame(send, &unit)).1[1..].to_vec();
    let mut session = Conversation::default();
    let none: [&str; 0] = [];
    assert_eq!(told(&mut session, 0x7ffe), none);
    assert_eq!(told(&mut session, 0x7fff), none);
    // The numbers begin anew after 32767.
    assert_eq!(told(&mut session, 0), none);
    assert_eq!(told(&mut session, 0), ["anomaly iec104 send-sequence"]);
    assert_eq!(told(&mut session, 1), none);
    session.gap(Side::Initiator);
    assert_eq!(told(&mut session, 9), none);
}

#[test]
fn finds_its_way_back_over_bytes_that_belong_to_no_frame() {
    let start = [0x68, 4, 0x43, 0, 0, 0];
    let bytes = [&[0x00, 0x68, 0xff][..], &start].concat();
    let (progress, told) = outcome(&mut Conversation::default(), ASK, &bytes);
    assert_eq!(progress.unwrap().consumed, bytes.len());
    assert_eq!(
        told,
        [
            "anomaly iec104 stray-bytes",
            "request iec104-apci 0x43 TESTFR act [session]"
        ]
    );
    let (progress, told) = outcome(&mut Conversation::default(), ASK, b"GET / HTTP/1.1");
    assert_eq!(progress.unwrap_err().offset, 0);
    assert!(told.is_empty());
}

#[test]
fn is_known_on_any_port_by_a_whole_frame_of_the_side_that_sends_such() {
    let interrogation = frame(3, &[100, 1, 6, 0, 1, 0, 0, 0, 0, 20]);
    let report = frame(3, &[1, 1, 3, 0, 1, 0, 0, 0, 0, 1]);
    let odd = frame(3, &[100, 1, 6, 0, 1, 0, 0, 0, 0, 20, 0]);
    for (context, bytes, expected) in [
        (ASK, &[0x68, 4, 0x07, 0, 0, 0][..], Probe::Certain),
        (ASK, &[0x68, 4, 0x01, 0, 4, 0], Probe::Unsure),
        (ASK, &[0x68, 4, 0x07, 0, 0], Probe::Unsure),
        (ASK, &[0x68, 4, 0x07, 0, 0, 1], Probe::No),
        (ASK, &[0x68, 3, 0x07, 0, 0, 0], Probe::No),
        (ASK, &interrogation, Probe::Certain),
        (ANSWER, &interrogation, Probe::Unsure),
        (ANSWER, &report, Probe::Certain),
        (ASK, &report, Probe::Unsure),
        (ASK, &odd, Probe::Unsure),
        (ASK, b"hello, world", Probe::Unsure),
        (ASK, b"GET / HTTP/1.1", Probe::No),
    ] {
        assert_eq!(probe(context, bytes), expected, "{bytes:02x?}");
    }
}

/// Types whose objects have a size, with it.
fn sized() -> Vec<(u8, usize)> {
    (1..=127)
        .filter_map(|kind| match names::TypeId(kind).size() {
            names::Size::Bytes(bytes) => Some((kind, usize::from(bytes))),
            names::Size::Counted(_) | names::Size::Rest => None,
        })
        .collect()
}

proptest! {
    #[test]
    fn what_is_encoded_is_read(
        (kind, size) in prop::sample::select(sized()),
        cause in prop::sample::select(vec![1u8, 3, 5, 6, 7, 10, 13, 20, 36, 44]),
        station in 1u16..0xffff,
        points in prop::collection::vec((0u32..1 << 24, any::<u8>()), 1..12),
    ) {
        let mut unit = vec![kind, u8::try_from(points.len()).unwrap(), cause, 0];
        unit.extend(station.to_le_bytes());
        for (address, fill) in &points {
            unit.extend(&address.to_le_bytes()[..3]);
            unit.extend(vec![*fill; size]);
        }
        prop_assert!(unit.len() <= 249);
        let read = Unit::read(Reader::new(&unit)).unwrap();
        prop_assert_eq!(read.fault, None);
        prop_assert_eq!(read.station(), Some(station.into()));
        let told: Vec<_> = read
            .objects
            .iter()
            .filter_map(|object| match object.address {
                crate::message::Address::Points { first, count: 1, .. } => Some(first),
                _ => None,
            })
            .collect();
        let addresses: Vec<_> = points.iter().map(|(address, _)| *address).collect();
        prop_assert_eq!(told, addresses);
        // The same unit with one byte less is cut short.
        let short = Unit::read(Reader::new(&unit[..unit.len() - 1])).unwrap();
        prop_assert_eq!(short.fault, Some(Fault::CutShort));
    }
}
