//! Values, writes and events, on Modbus frames made to order.

use super::frames::{NOON, SECOND, Station, station, udp};
use crate::{EventKind, Observation, Observer, Settings};
use cofferdam_terms::{LinkType, Timestamp};
use proptest::prelude::*;

const A: Station = station(1);
const B: Station = station(2);
const C: Station = station(3);

/// One Modbus message, and who sends it.
struct Said {
    from: Station,
    to: Station,
    ports: (u16, u16),
    bytes: Vec<u8>,
}

fn adu(transaction: u8, pdu: &[u8]) -> Vec<u8> {
    let length = u8::try_from(pdu.len() + 1).unwrap();
    [&[0, transaction, 0, 0, 0, length, 1], pdu].concat()
}

fn asks(client: Station, transaction: u8, pdu: &[u8]) -> Said {
    Said {
        from: client,
        to: B,
        ports: (40_000, 502),
        bytes: adu(transaction, pdu),
    }
}

fn answers(client: Station, transaction: u8, pdu: &[u8]) -> Said {
    Said {
        from: B,
        to: client,
        ports: (502, 40_000),
        bytes: adu(transaction, pdu),
    }
}

/// A read of registers that is answered with values.
fn read(client: Station, transaction: u8, first: u8, values: &[u8]) -> [Said; 2] {
    let count = u8::try_from(values.len()).unwrap();
    let mut answer = vec![3, count * 2];
    answer.extend(values.iter().flat_map(|value| [0, *value]));
    [
        asks(client, transaction, &[3, 0, first, 0, count]),
        answers(client, transaction, &answer),
    ]
}

/// A write of one register that is done.
fn write(client: Station, transaction: u8, register: u8, value: u8) -> [Said; 2] {
    let pdu = [6, 0, register, 0, value];
    [
        asks(client, transaction, &pdu),
        answers(client, transaction, &pdu),
    ]
}

/// The same, refused.
fn write_refused(client: Station, transaction: u8, register: u8, value: u8) -> [Said; 2] {
    [
        asks(client, transaction, &[6, 0, register, 0, value]),
        answers(client, transaction, &[0x86, 4]),
    ]
}

fn observe(settings: Settings, said: impl IntoIterator<Item = Said>) -> Observation {
    let mut observer = Observer::new(settings);
    let mut flows = Vec::new();
    let mut number = 0_u64;
    for said in said {
        number += 1;
        let frame = udp(said.from, said.to, said.ports, &said.bytes);
        let time = Timestamp::from_nanos(NOON + number.cast_signed() * SECOND / 100);
        let original = u32::try_from(frame.len()).unwrap();
        observer.frame(number, time, LinkType::ETHERNET, &frame, original, &mut flows);
    }
    observer.finish(&mut flows)
}

/// Each change: packet, who wrote, object, before with how it is known, after, refusal.
fn told(observation: &Observation) -> Vec<String> {
    let writes = observation.writes.iter();
    writes
        .flat_map(|write| {
            write.changes.iter().map(move |change| {
                let before = change.before.as_ref().map_or("?".to_owned(), |before| {
                    format!("{} by {} {}", before.value, before.basis.name(), before.packet)
                });
                let refused = change
                    .refused
                    .map(|why| format!(" refused {why}"))
                    .unwrap_or_default();
                format!(
                    "{} {} {}: {before} > {}{refused}",
                    change.evidence.packet,
                    write.parties.initiator.ip.unwrap(),
                    write.object,
                    change.after,
                )
            })
        })
        .collect()
}

fn check(said: Vec<Said>, expected: &[&str]) -> Observation {
    let observation = observe(Settings::new("acts"), said);
    assert_eq!(told(&observation), expected);
    observation
}

#[test]
fn a_write_is_kept_with_what_the_last_read_or_write_of_anybody_showed() {
    let mut said = Vec::new();
    said.extend(read(A, 1, 100, &[1, 2, 3, 4]));
    said.extend(write(C, 2, 102, 30));
    said.extend(write(C, 3, 102, 30));
    said.extend(write(C, 4, 102, 31));
    said.extend(read(A, 5, 100, &[1, 2, 99, 4]));
    said.extend(write(C, 6, 102, 32));
    said.extend(write(C, 7, 7, 1));
    let observation = check(
        said,
        &[
            "3 10.0.0.3 holding-register 102: 3 by read 2 > 30",
            "7 10.0.0.3 holding-register 102: 30 by write 5 > 31",
            "11 10.0.0.3 holding-register 102: 99 by read 10 > 32",
            "13 10.0.0.3 holding-register 7: ? > 1",
        ],
    );
    assert_eq!(observation.writes[0].times, 4);
}

#[test]
fn a_refused_write_says_so_and_is_not_taken_for_the_value() {
    let mut said = Vec::new();
    said.extend(read(A, 1, 100, &[5]));
    said.extend(write_refused(C, 2, 100, 6));
    said.extend(write(C, 3, 100, 6));
    let observation = check(
        said,
        &[
            "3 10.0.0.3 holding-register 100: 5 by read 2 > 6 refused Server Device Failure",
            "5 10.0.0.3 holding-register 100: ? > 6",
        ],
    );
    let write = &observation.writes[0];
    assert_eq!((write.times, write.refused), (2, 1));
    let event = &observation.events[0];
    assert_eq!(
        (event.kind, event.times, event.done, event.refused),
        (EventKind::ParameterWrite, 2, 1, 1)
    );
}

#[test]
fn a_coil_written_alone_is_the_bit_that_others_read() {
    let coil = |transaction, value| asks(C, transaction, &[5, 0, 9, value, 0]);
    let said = vec![
        asks(A, 1, &[1, 0, 8, 0, 3]),
        answers(A, 1, &[1, 1, 0b010]),
        coil(2, 0xff),
        coil(3, 0),
        asks(C, 4, &[15, 0, 8, 0, 2, 1, 0b11]),
    ];
    check(
        said,
        &[
            "4 10.0.0.3 coil 9: 1 by write 3 > 0",
            // A part of what was read has changed since.
            "5 10.0.0.3 coil 8-9: ? > 1, 1",
        ],
    );
}

#[test]
fn events_are_counted_by_what_was_done_by_whom_with_their_first_and_last_packet() {
    let mut said = Vec::new();
    said.extend(write(A, 1, 1, 1));
    said.extend(write(C, 2, 1, 1));
    said.extend(write(A, 3, 2, 1));
    said.push(asks(A, 4, &[8, 0, 4, 0, 0]));
    said.push(asks(A, 5, &[0x11]));
    let observation = observe(Settings::new("acts"), said);
    let events: Vec<_> = observation
        .events
        .iter()
        .map(|event| (event.kind, event.times, event.first.packet, event.last.packet))
        .collect();
    assert_eq!(
        events,
        [
            (EventKind::ParameterWrite, 2, 1, 5),
            (EventKind::ParameterWrite, 1, 3, 3),
            (EventKind::ListenOnly, 1, 7, 7),
            (EventKind::Identification, 1, 8, 8),
        ]
    );
    assert_eq!(observation.events[0].objects.len(), 1);
}

#[test]
fn what_goes_beyond_a_ceiling_is_counted() {
    let mut settings = Settings::new("acts");
    settings.parts = 1;
    settings.ceilings.writes = 2;
    settings.ceilings.events = 1;
    settings.ceilings.value_bytes = 1000;
    let mut said = Vec::new();
    for register in 0..10 {
        said.extend(read(A, register, register, &[0]));
        said.extend(write(C, register, register, 1));
    }
    said.push(asks(A, 4, &[8, 0, 4, 0, 0]));
    let observation = observe(settings, said);
    let evicted = |ceiling| {
        let found = observation
            .coverage
            .evicted
            .iter()
            .find(|(name, _)| *name == ceiling);
        found.map_or(0, |(_, count)| *count)
    };
    assert_eq!((observation.writes.len(), evicted("writes")), (2, 8));
    assert_eq!((observation.events.len(), evicted("events")), (1, 1));
    assert!(evicted("values") > 0);
}

#[test]
fn a_record_keeps_its_last_changes_and_counts_the_earlier() {
    let said = (0..20).flat_map(|n| write(C, n, 1, n));
    let observation = observe(Settings::new("acts"), said);
    let write = &observation.writes[0];
    assert_eq!((write.changes.len(), write.changes_dropped), (8, 12));
    assert_eq!(write.changes[7].after.as_str(), "19");
}

proptest! {
    /// Against a table of what the registers hold.
    #[test]
    fn before_is_what_the_register_held_if_anything_showed_it(script in proptest::collection::vec((0..2_u8, 0..6_u8, 1..4_u8, 0..4_u8), 0..60)) {
        let mut held = [0_u8; 16];
        let mut shown = [false; 16];
        let mut said = Vec::new();
        let mut expected = Vec::new();
        for (number, (kind, first, count, value)) in script.into_iter().enumerate() {
            let transaction = u8::try_from(number).unwrap();
            let (from, to) = (usize::from(first), usize::from(first + count));
            if kind == 0 {
                said.extend(read(A, transaction, first, &held[from..to]));
                shown[from..to].fill(true);
            } else {
                if !(shown[from] && held[from] == value) {
                    expected.push(shown[from].then(|| held[from].to_string()));
                }
                said.extend(write(C, transaction, first, value));
                held[from] = value;
                shown[from] = true;
            }
        }
        let observation = observe(Settings::new("acts"), said);
        let mut changes: Vec<_> = observation.writes.iter().flat_map(|write| &write.changes).collect();
        let dropped: u64 = observation.writes.iter().map(|write| write.changes_dropped).sum();
        prop_assert_eq!(changes.len() as u64 + dropped, expected.len() as u64);
        if dropped == 0 {
            changes.sort_by_key(|change| change.evidence.packet);
            let before: Vec<_> = changes
                .iter()
                .map(|change| change.before.as_ref().map(|before| before.value.to_string()))
                .collect();
            prop_assert_eq!(before, expected);
        }
    }
}
