//! Streams in pieces: however a stream is cut, reordered and repeated, its messages are those of the plain one.

use super::frames::{ACK, Bench, Connection, FIN, RST, station, tcp};
use super::toy::{self, answer, ask};
use cofferdam_dissect::Protocol;
use proptest::prelude::*;

const PORTS: (u16, u16) = (40_000, toy::PORT);

fn connection() -> Connection {
    Connection::new(station(1), station(2), PORTS)
}

/// Messages without their packets' numbers, one way.
fn messages(bench: &Bench, side: &str) -> Vec<String> {
    let lines = bench.heard.0.iter();
    let lines = lines.map(|line| line.split_once(' ').unwrap().1.to_owned());
    lines.filter(|line| line.starts_with(side)).collect()
}

fn anomalies(bench: Bench) -> Vec<(Protocol, &'static str, u64)> {
    let coverage = bench.finish().1.coverage;
    let rows = coverage.anomalies.iter();
    rows.map(|(protocol, code, count, _)| (*protocol, *code, *count))
        .collect()
}

/// Requests with bodies of different lengths, so that messages and segments never line up.
fn stream(count: usize) -> Vec<u8> {
    let message = |n: usize| {
        let body = vec![u8::try_from(n % 251).unwrap(); n * 7 % 200];
        toy::message(1, 3, u8::try_from(n % 256).unwrap(), &body)
    };
    (0..count).flat_map(message).collect()
}

/// The segments of a stream that is cut at the given lengths, as frames.
fn segments(bytes: &[u8], start: u32, lengths: &[usize]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let (mut at, mut lengths) = (0, lengths.iter().cycle());
    while at < bytes.len() {
        let end = bytes.len().min(at + lengths.next().unwrap());
        let sequence = start.wrapping_add(u32::try_from(at).unwrap());
        frames.push(tcp(
            station(1),
            station(2),
            PORTS,
            (sequence, 1),
            ACK,
            &bytes[at..end],
        ));
        at = end;
    }
    frames
}

fn plain(bytes: &[u8]) -> Vec<String> {
    let mut bench = Bench::new();
    let mut c = connection();
    bench.take_all(c.handshake());
    for piece in bytes.chunks(1000) {
        bench.take(&c.client_sends(ACK, piece));
    }
    messages(&bench, "")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_cutting_reordering_and_repeating_gives_the_messages_of_the_plain_stream(
        count in 1usize..60,
        start: u32,
        lengths in proptest::collection::vec(1usize..400, 1..20),
        moves in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..12), 0..40),
        repeats in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..12), 0..20),
    ) {
        let bytes = stream(count);
        let mut frames = segments(&bytes, start, &lengths);
        for (from, by) in &moves {
            let from = from.index(frames.len());
            let frame = frames.remove(from);
            frames.insert((from + by).min(frames.len()), frame);
        }
        for (which, by) in &repeats {
            let which = which.index(frames.len());
            let frame = frames[which].clone();
            frames.insert((which + by).min(frames.len()), frame);
        }
        let mut bench = Bench::new();
        let mut c = connection();
        c.client_next = start.wrapping_sub(1);
        bench.take_all(c.handshake());
        bench.take_all(frames);
        prop_assert_eq!(messages(&bench, ""), plain(&bytes));
        let (flows, observation) = bench.finish();
        prop_assert_eq!(flows.len(), 1);
        prop_assert_eq!(observation.coverage.missed_bytes, 0);
        prop_assert_eq!(observation.coverage.anomalies, vec![]);
    }

    #[test]
    fn overlapping_segments_of_another_cut_change_nothing(
        count in 1usize..40,
        one in proptest::collection::vec(1usize..300, 1..10),
        two in proptest::collection::vec(1usize..300, 1..10),
        order in any::<u64>(),
    ) {
        let bytes = stream(count);
        let mut frames = Vec::new();
        let (first, second) = (segments(&bytes, 7, &one), segments(&bytes, 7, &two));
        let (mut a, mut b) = (first.into_iter().peekable(), second.into_iter().peekable());
        let mut bits = order;
        while a.peek().is_some() || b.peek().is_some() {
            bits = bits.rotate_left(1);
            let next = if bits & 1 == 0 { a.next().or_else(|| b.next()) } else { b.next().or_else(|| a.next()) };
            frames.extend(next);
        }
        let mut bench = Bench::new();
        let mut c = connection();
        c.client_next = 6;
        bench.take_all(c.handshake());
        bench.take_all(frames);
        prop_assert_eq!(messages(&bench, ""), plain(&bytes));
        prop_assert_eq!(anomalies(bench), vec![]);
    }

    #[test]
    fn no_order_of_any_segments_breaks_the_count_of_packets(
        frames in proptest::collection::vec(
            (any::<bool>(), 0u32..3000, any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40), 0usize..90), 0..200)
    ) {
        let mut bench = Bench::new();
        for (client, sequence, flags, payload, kept) in frames {
            let (from, to, ports) = if client {
                (station(1), station(2), PORTS)
            } else {
                (station(2), station(1), (PORTS.1, PORTS.0))
            };
            let frame = tcp(from, to, ports, (sequence, sequence), flags, &payload);
            bench.take_cut(&frame, kept + 14);
        }
        let packets = bench.number;
        let (flows, observation) = bench.finish();
        let coverage = observation.coverage;
        let not_understood: u64 = coverage.not_understood.iter().map(|(_, count, _)| count).sum();
        prop_assert_eq!(coverage.packets, packets);
        prop_assert_eq!(coverage.decoded + not_understood, packets);
        let counted: u64 = flows.iter().map(|flow| flow.sent.packets + flow.received.packets).sum();
        prop_assert_eq!(counted, coverage.decoded);
    }
}

#[test]
fn a_lost_segment_is_a_gap_once_the_receiver_has_acknowledged_what_followed() {
    let mut bench = Bench::new();
    let mut c = connection();
    bench.take_all(c.handshake());
    bench.take(&c.client_sends(ACK, &ask(1, 0, 1)));
    let _lost = c.client_sends(ACK, &ask(2, 0, 1));
    bench.take(&c.client_sends(ACK, &ask(3, 0, 1)));
    assert_eq!(messages(&bench, "").len(), 1, "the third waits");
    for unit in 0..20 {
        bench.take(&c.server_sends(ACK, &answer(unit)));
    }
    assert_eq!(messages(&bench, "Initiator").len(), 2);
    // It is reported where it stood, not where it was let go.
    assert!(
        bench
            .heard
            .0
            .iter()
            .any(|line| line.starts_with("5 ") && line.contains("u3"))
    );
    let coverage = bench.finish().1.coverage;
    assert_eq!(coverage.missed_bytes, 8);
}

#[test]
fn a_hole_that_nobody_acknowledges_is_passed_over_when_too_much_waits_or_the_flow_ends() {
    let mut bench = Bench::new();
    let mut c = connection();
    bench.take_all(c.handshake());
    bench.take(&c.client_sends(ACK, &ask(0, 0, 1)));
    let _lost = c.client_sends(ACK, &ask(1, 0, 1));
    for _ in 0..crate::stream::MAX_QUEUED {
        bench.take(&c.client_sends(ACK, &ask(2, 0, 1)));
    }
    assert_eq!(messages(&bench, "").len(), 1 + crate::stream::MAX_QUEUED);
    let _lost = c.client_sends(ACK, &ask(3, 0, 1));
    bench.take(&c.client_sends(ACK, &ask(4, 0, 1)));
    bench.take(&c.client_sends(ACK | FIN, b""));
    let (flows, observation) = bench.finish();
    let operations: Vec<(Option<u32>, u64)> = flows[0]
        .operations
        .iter()
        .map(|row| (row.unit, row.requests))
        .collect();
    assert_eq!(operations, [(Some(0), 1), (Some(2), 128), (Some(4), 1)]);
    assert_eq!(observation.coverage.missed_bytes, 16);
}

#[test]
fn what_the_snap_length_cut_off_is_missed_and_the_stream_goes_on_behind_it() {
    let mut bench = Bench::new();
    let mut c = connection();
    bench.take_all(c.handshake());
    let long = toy::message(1, 3, 1, &[9; 200]);
    let frame = c.client_sends(ACK, &long);
    bench.take_cut(&frame, frame.len() - 150);
    bench.take(&c.client_sends(ACK, &ask(2, 0, 1)));
    assert_eq!(messages(&bench, "").len(), 1);
    assert_eq!(bench.finish().1.coverage.missed_bytes, 150);
}

#[test]
fn a_copy_that_says_otherwise_is_an_anomaly_and_the_first_one_wins() {
    let mut bench = Bench::new();
    let mut c = connection();
    bench.take_all(c.handshake());
    bench.take(&c.client_sends(ACK, &ask(0, 0, 1)));
    let (sequence, bytes) = (c.client_next + 8, ask(2, 0, 1));
    let at = |sequence, bytes: &[u8]| tcp(station(1), station(2), PORTS, (sequence, 1), ACK, bytes);
    bench.take(&at(sequence, &bytes));
    bench.take(&at(sequence, &ask(3, 0, 1)));
    bench.take(&c.client_sends(ACK, &ask(1, 0, 1)));
    let units: Vec<bool> = ["u0", "u1", "u2"]
        .iter()
        .zip(messages(&bench, ""))
        .map(|(unit, line)| line.contains(unit))
        .collect();
    assert_eq!(units, [true; 3]);
    assert_eq!(anomalies(bench), [(Protocol("tcp"), "conflicting-overlap", 1)]);
}

#[test]
fn a_keep_alive_is_nothing_and_a_wild_segment_or_reset_is_not_believed() {
    let mut bench = Bench::new();
    let mut c = connection();
    bench.take_all(c.handshake());
    bench.take(&c.client_sends(ACK, &ask(1, 0, 1)));
    let at = |sequence, flags, bytes: &[u8]| tcp(station(1), station(2), PORTS, (sequence, 1), flags, bytes);
    bench.take(&at(c.client_next - 1, ACK, b"\0"));
    bench.take(&at(c.client_next.wrapping_add(1 << 30), ACK, &ask(7, 0, 1)));
    bench.take(&at(c.client_next.wrapping_add(1 << 30), RST, b""));
    bench.take(&c.client_sends(ACK, &ask(2, 0, 1)));
    assert_eq!(messages(&bench, "").len(), 2);
    assert_eq!(
        anomalies(bench),
        [
            (Protocol("tcp"), "reset-out-of-window", 1),
            (Protocol("tcp"), "segment-out-of-window", 1)
        ]
    );
}

#[test]
fn a_stream_that_did_jump_is_taken_up_again() {
    let mut bench = Bench::new();
    let mut c = connection();
    bench.take_all(c.handshake());
    bench.take(&c.client_sends(ACK, &ask(1, 0, 1)));
    c.client_next = c.client_next.wrapping_add(1 << 30);
    for unit in 2..5 {
        bench.take(&c.client_sends(ACK, &ask(unit, 0, 1)));
    }
    assert_eq!(
        messages(&bench, "").len(),
        3,
        "all but the one that was not believed"
    );
}

#[test]
fn a_session_that_lost_its_way_starts_again_with_a_later_segment() {
    let mut bench = Bench::new();
    let mut c = connection();
    bench.take_all(c.handshake());
    bench.take(&c.client_sends(ACK, &ask(1, 0, 1)));
    bench.take(&c.client_sends(ACK, b"\x00garbage"));
    bench.take(&c.client_sends(ACK, &ask(2, 0, 1)));
    assert_eq!(messages(&bench, "").len(), 2);
    assert_eq!(anomalies(bench), [(toy::TOY, "lost-sync", 1)]);
}
