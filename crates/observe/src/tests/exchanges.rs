//! Requests and their answers: which belong together, how long they took, what stayed open.

use super::frames::{ACK, Bench, Connection, SECOND, Station, station, udp};
use super::toy::{self, answer, ask, message};
use crate::record::FlowRecord;
use proptest::prelude::*;
use std::net::Ipv4Addr;

const A: Station = station(1);
const B: Station = station(2);
const PORTS: (u16, u16) = (40_000, toy::PORT);

fn to_server(bytes: &[u8]) -> Vec<u8> {
    udp(A, B, PORTS, bytes)
}

fn to_client(bytes: &[u8]) -> Vec<u8> {
    udp(B, A, (PORTS.1, PORTS.0), bytes)
}

/// Each operation of the records: function, unit, latencies in milliseconds, interval, unanswered, unasked, failures.
fn told(flows: &[FlowRecord]) -> Vec<String> {
    let rows = flows.iter().flat_map(|flow| &flow.operations);
    rows.map(|row| {
        let exchange = &row.exchange;
        let spread = |spread: Option<crate::Spread>| {
            spread.map_or("-".to_owned(), |spread| {
                let [min, max] = [spread.min, spread.max].map(|time| time.as_millis());
                format!("{}x{min}-{max}", spread.count)
            })
        };
        let failures: Vec<String> = exchange
            .failures
            .iter()
            .map(|failure| format!("{}={}x{}", failure.code, failure.name, failure.count))
            .collect();
        format!(
            "f{} u{} latency {} interval {} unanswered {} unasked {} [{}]",
            row.function,
            row.unit.unwrap(),
            spread(exchange.latency),
            spread(exchange.interval),
            exchange.unanswered,
            exchange.unasked,
            failures.join(" "),
        )
    })
    .collect()
}

fn check(frames: Vec<Vec<u8>>, expected: &[&str]) {
    let mut bench = Bench::new();
    bench.take_all(frames);
    assert_eq!(told(&bench.finish().0), expected);
}

#[test]
fn without_numbers_answers_go_to_the_requests_of_their_function_and_unit_in_order() {
    check(
        vec![
            to_server(&ask(1, 0, 1)),
            to_server(&ask(2, 0, 1)),
            to_server(&ask(1, 1, 1)),
            to_client(&answer(1)),
            to_client(&answer(2)),
            to_client(&message(2, 3, 1, b"no")),
            to_client(&answer(1)),
        ],
        &[
            "f3 u1 latency 2x3-3 interval 1x2-2 unanswered 0 unasked 1 [1=nox1]",
            "f3 u2 latency 1x3-3 interval - unanswered 0 unasked 0 []",
        ],
    );
}

#[test]
fn numbers_pair_answers_that_come_in_another_order_and_under_another_function() {
    check(
        vec![
            to_server(&message(1, 8, 1, &[1])),
            to_server(&message(1, 8, 1, &[2])),
            to_client(&message(2, 8, 1, &[2])),
            to_client(&message(2, 9, 1, &[1])),
            to_client(&message(2, 9, 1, &[7])),
        ],
        &[
            "f8 u1 latency 2x1-3 interval 1x1-1 unanswered 0 unasked 0 []",
            "f9 u1 latency - interval - unanswered 0 unasked 1 []",
        ],
    );
}

#[test]
fn a_request_that_comes_again_by_its_number_was_given_up() {
    check(
        vec![
            to_server(&message(1, 8, 1, &[1])),
            to_server(&message(1, 8, 1, &[1])),
            to_client(&message(2, 8, 1, &[1])),
        ],
        &["f8 u1 latency 1x1-1 interval 1x1-1 unanswered 1 unasked 0 []"],
    );
}

#[test]
fn several_requests_of_one_packet_under_one_number_are_all_answered() {
    let twice = |role| [message(role, 8, 1, &[1]), message(role, 8, 1, &[1])].concat();
    let mut c = Connection::new(A, B, PORTS);
    let mut frames = c.handshake();
    frames.push(c.client_sends(ACK, &twice(1)));
    frames.push(c.server_sends(ACK, &twice(2)));
    check(
        frames,
        &["f8 u1 latency 2x1-1 interval - unanswered 0 unasked 0 []"],
    );
}

#[test]
fn an_answer_in_the_next_hour_belongs_to_the_request_of_the_last() {
    let mut bench = Bench::new();
    bench.time += 3600 * SECOND - SECOND / 500;
    bench.take(&to_server(&ask(1, 0, 1)));
    bench.take(&to_client(&answer(1)));
    bench.take(&to_server(&ask(1, 0, 1)));
    let (flows, _) = bench.finish();
    assert_eq!(flows.len(), 2);
    assert_eq!(
        told(&flows),
        [
            "f3 u1 latency - interval - unanswered 0 unasked 0 []",
            "f3 u1 latency 1x1-1 interval - unanswered 1 unasked 0 []",
        ]
    );
}

#[test]
fn what_lost_bytes_may_have_answered_is_not_called_unanswered() {
    let mut c = Connection::new(A, B, PORTS);
    let mut frames = c.handshake();
    frames.push(c.client_sends(ACK, &ask(1, 0, 1)));
    let _lost = c.server_sends(ACK, &answer(1));
    frames.push(c.client_sends(ACK, &ask(1, 1, 1)));
    frames.push(c.server_sends(ACK, &answer(1)));
    let mut bench = Bench::new();
    bench.take_all(frames);
    let (flows, _) = bench.finish();
    assert!(flows[0].missed > 0);
    assert_eq!(flows[0].operations[0].exchange.unanswered, 0);
}

#[test]
fn requests_to_a_group_wait_for_nobody() {
    let everybody = Station {
        ip: Ipv4Addr::new(255, 255, 255, 255),
        mac: cofferdam_terms::MacAddr([0xff; 6]),
        ..B
    };
    check(
        vec![udp(A, everybody, PORTS, &ask(1, 0, 1))],
        &["f3 u1 latency - interval - unanswered 0 unasked 0 []"],
    );
}

#[test]
fn records_of_one_flow_share_its_number() {
    let mut bench = Bench::new();
    bench.time += 3570 * SECOND;
    bench.take(&udp(B, A, (1, 2), b"?"));
    bench.take(&to_server(&ask(1, 0, 1)));
    bench.time += 60 * SECOND;
    bench.take(&to_server(&ask(1, 0, 1)));
    let (flows, _) = bench.finish();
    let mut numbers: Vec<_> = flows
        .iter()
        .map(|flow| (flow.connection.flow, flow.packet, flow.connection.sent_payload))
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [(1, 1, 1), (2, 2, 8), (2, 3, 8)]);
}

proptest! {
    /// Whoever asks and answers whatever: each answer is matched or unasked, each request answered or not.
    #[test]
    fn every_request_and_answer_is_accounted_for(script in proptest::collection::vec((any::<bool>(), 0..3_u8, 0..4_u8), 0..300)) {
        let mut bench = Bench::new();
        for (asks, kind, number) in script {
            let body: &[u8] = if kind == 0 { &[0, 1, 0, 1] } else { &[number] };
            let function = [3, 8, 9][usize::from(kind)];
            let frame = if asks {
                to_server(&message(1, function, number, body))
            } else {
                to_client(&message(2, function, number, body))
            };
            bench.take(&frame);
        }
        let (flows, _) = bench.finish();
        let rows = flows.iter().flat_map(|flow| &flow.operations);
        let (mut asked, mut answered, mut matched, mut unanswered, mut unasked) = (0, 0, 0, 0, 0);
        for row in rows {
            asked += row.requests;
            answered += row.responses + row.failures;
            matched += row.exchange.latency.map_or(0, |latency| latency.count);
            unanswered += row.exchange.unanswered;
            unasked += row.exchange.unasked;
        }
        prop_assert_eq!(answered, matched + unasked);
        prop_assert_eq!(asked, matched + unanswered);
    }
}
