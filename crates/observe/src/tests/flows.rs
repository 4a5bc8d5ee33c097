//! Which packets make a flow, who opened it, when its record ends, and what was asked over it.

use super::frames::{ACK, Bench, Connection, FIN, NOON, RST, SECOND, SYN, Station, raw, station, tcp, udp};
use super::toy::{self, answer, ask};
use crate::record::FlowRecord;

/// A record in one line.
fn told(record: &FlowRecord) -> String {
    let ends = [record.initiator, record.responder].map(|end| {
        let name = end.ip.map(|ip| ip.to_string());
        name.or(end.mac.map(|mac| mac.to_string())).unwrap_or_default()
    });
    let protocol = match record.protocol {
        Some((protocol, recognition)) => format!("{protocol} by {}", recognition.name()),
        None => "unknown".to_owned(),
    };
    let mut line = format!(
        "{}:{} > {}:{} {} {} {protocol} {}/{}",
        ends[0],
        record.initiator_port,
        ends[1],
        record.responder_port,
        record.transport,
        record.basis.name(),
        record.sent.packets,
        record.received.packets,
    );
    if let Some(vlan) = record.vlan {
        line += &format!(" vlan {vlan}");
    }
    if record.missed > 0 {
        line += &format!(" missed {}", record.missed);
    }
    if record.opened {
        line += " opened";
    }
    for operation in &record.operations {
        line += &format!(
            "; {} f{} u{:?} {}+{}-{} [",
            operation.operation,
            operation.function,
            operation.unit.unwrap_or_default(),
            operation.requests,
            operation.responses,
            operation.failures,
        );
        let objects: Vec<&str> = operation.objects.iter().map(|object| object.as_str()).collect();
        line += &objects.join(", ");
        line += "]";
    }
    line
}

fn check(frames: Vec<Vec<u8>>, expected: &[&str]) {
    let mut bench = Bench::new();
    bench.take_all(frames);
    let (flows, observation) = bench.finish();
    let lines: Vec<String> = flows.iter().map(told).collect();
    assert_eq!(lines, expected);
    let coverage = observation.coverage;
    let not_understood: u64 = coverage.not_understood.iter().map(|(_, count, _)| count).sum();
    assert_eq!(coverage.packets, coverage.decoded + not_understood);
}

const A: Station = station(1);
const B: Station = station(2);
const PORTS: (u16, u16) = (40_000, toy::PORT);

#[test]
fn both_ways_of_a_connection_are_one_flow_opened_by_the_syn() {
    let mut c = Connection::new(A, B, PORTS);
    let mut frames = c.handshake();
    frames.push(c.client_sends(ACK, &ask(1, 100, 10)));
    frames.push(c.server_sends(ACK, &answer(1)));
    frames.push(c.client_sends(ACK, &ask(1, 110, 10)));
    frames.push(c.server_sends(ACK, &toy::message(2, 3, 1, b"no")));
    frames.push(c.client_sends(ACK, &toy::message(1, 4, 2, &[0, 7, 0, 1])));
    frames.push(c.client_sends(FIN | ACK, b""));
    frames.push(c.server_sends(FIN | ACK, b""));
    check(
        frames,
        &[
            "10.0.0.1:40000 > 10.0.0.2:9999 tcp syn toy by content 6/4 opened; \
           read f3 u1 2+1-1 [register 100-119]; write f4 u2 1+0-0 [register 7]",
        ],
    );
}

#[test]
fn the_server_of_a_syn_ack_is_the_responder_though_it_was_heard_first() {
    let mut c = Connection::new(A, B, (40_000, 41_000));
    let frames = c.handshake().split_off(1);
    check(
        frames,
        &["10.0.0.1:40000 > 10.0.0.2:41000 tcp syn unknown 1/1 opened"],
    );
}

#[test]
fn without_a_syn_the_one_who_asks_opened_it() {
    // The answer comes first, on ports that say nothing.
    let mut c = Connection::new(A, B, (40_000, 41_000));
    let frames = vec![
        c.server_sends(ACK, &answer(1)),
        c.client_sends(ACK, &ask(1, 0, 1)),
        c.server_sends(ACK, &answer(1)),
    ];
    check(
        frames,
        &["10.0.0.1:40000 > 10.0.0.2:41000 tcp request toy by content 1/2; read f3 u1 1+2-0 [register 0]"],
    );
}

#[test]
fn without_payload_the_port_guesses_and_says_so() {
    check(
        vec![
            tcp(B, A, (502, 40_000), (1, 1), ACK, b""),
            tcp(A, B, (40_000, 502), (1, 1), ACK, b""),
        ],
        &["10.0.0.1:40000 > 10.0.0.2:502 tcp port modbus by port 1/1"],
    );
    check(
        vec![tcp(B, A, (41_000, 40_000), (1, 1), ACK, b"")],
        &["10.0.0.2:41000 > 10.0.0.1:40000 tcp first unknown 1/0"],
    );
}

#[test]
fn bytes_that_a_protocol_disowns_are_not_called_its_own_for_the_port() {
    let mut c = Connection::new(A, B, PORTS);
    let mut frames = c.handshake();
    for _ in 0..8 {
        frames.push(c.client_sends(ACK, b"\x00\x00\x00"));
    }
    check(
        frames,
        &["10.0.0.1:40000 > 10.0.0.2:9999 tcp syn unknown 10/1 opened"],
    );
}

#[test]
fn an_unsure_protocol_is_taken_on_its_port_as_a_guess() {
    let mut c = Connection::new(A, B, PORTS);
    let mut frames = c.handshake();
    frames.push(c.client_sends(ACK, b"hello"));
    check(
        frames,
        &["10.0.0.1:40000 > 10.0.0.2:9999 tcp syn toy by port 3/1 opened"],
    );
}

#[test]
fn a_protocol_on_an_odd_port_is_found_though_its_first_byte_comes_alone() {
    let mut c = Connection::new(A, B, (40_000, 1234));
    let mut frames = c.handshake();
    let bytes = ask(9, 5, 2);
    frames.push(c.client_sends(ACK, &bytes[..1]));
    frames.push(c.client_sends(ACK, &bytes[1..]));
    let mut bench = Bench::new();
    bench.take_all(frames.clone());
    let coverage = bench.finish().1.coverage;
    let odd: Vec<String> = coverage
        .odd_ports
        .iter()
        .map(|(protocol, transport, port, count)| format!("{protocol} {transport} {port} {count}"))
        .collect();
    assert_eq!(odd, ["toy tcp 1234 1"]);
    check(
        frames,
        &[
            "10.0.0.1:40000 > 10.0.0.2:1234 tcp syn toy by content 4/1 opened; read f3 u9 1+0-0 [register 5-6]",
        ],
    );
}

#[test]
fn datagrams_and_bare_ethernet_make_flows_too() {
    check(
        vec![
            udp(A, B, PORTS, &ask(1, 0, 1)),
            udp(B, A, (toy::PORT, 40_000), &answer(1)),
            raw(A, B, toy::ETHER_TYPE.0, &toy::message(3, 1, 1, b"")),
            raw(B, A, 0x88b7, b"who knows"),
        ],
        &[
            "10.0.0.1:40000 > 10.0.0.2:9999 udp request toy by content 1/1 opened; read f3 u1 1+1-0 [register 0]",
            "00:00:00:00:00:01:0 > 00:00:00:00:00:02:0 ethernet-0x9abc first toy by content 1/0 opened; \
             read f1 u1 1+0-0 []",
            "00:00:00:00:00:02:0 > 00:00:00:00:00:01:0 ethernet-0x88b7 first unknown 1/0 opened",
        ],
    );
}

#[test]
fn the_same_addresses_on_two_vlans_are_two_flows() {
    let on = |vlan, station: Station| Station {
        vlan: Some(vlan),
        ..station
    };
    check(
        vec![
            udp(on(10, A), on(10, B), PORTS, &ask(1, 0, 1)),
            udp(on(20, A), on(20, B), PORTS, &ask(1, 0, 1)),
        ],
        &[
            "10.0.0.1:40000 > 10.0.0.2:9999 udp request toy by content 1/0 vlan 10 opened; \
             read f3 u1 1+0-0 [register 0]",
            "10.0.0.1:40000 > 10.0.0.2:9999 udp request toy by content 1/0 vlan 20 opened; \
             read f3 u1 1+0-0 [register 0]",
        ],
    );
}

#[test]
fn a_new_syn_on_old_ports_begins_another_flow() {
    let mut first = Connection::new(A, B, PORTS);
    let mut frames = first.handshake();
    frames.push(first.client_sends(ACK, &ask(1, 0, 1)));
    let mut second = Connection::new(A, B, PORTS);
    (second.client_next, second.server_next) = (900_000, 800_000);
    frames.extend(second.handshake());
    frames.push(second.client_sends(ACK, &ask(1, 50, 1)));
    check(
        frames,
        &[
            "10.0.0.1:40000 > 10.0.0.2:9999 tcp syn toy by content 3/1 opened; read f3 u1 1+0-0 [register 0]",
            "10.0.0.1:40000 > 10.0.0.2:9999 tcp syn toy by content 3/1 opened; read f3 u1 1+0-0 [register 50]",
        ],
    );
}

#[test]
fn a_repeated_or_late_syn_does_not() {
    let mut c = Connection::new(A, B, PORTS);
    let mut frames = c.handshake();
    frames.push(c.client_sends(ACK, &ask(1, 0, 1)));
    let syn = frames[0].clone();
    frames.push(syn);
    let late = [frames[3].clone(), frames[0].clone()].to_vec();
    check(
        frames,
        &["10.0.0.1:40000 > 10.0.0.2:9999 tcp syn toy by content 4/1 opened; read f3 u1 1+0-0 [register 0]"],
    );
    check(
        late,
        &["10.0.0.1:40000 > 10.0.0.2:9999 tcp request toy by content 2/0; read f3 u1 1+0-0 [register 0]"],
    );
}

#[test]
fn a_record_ends_with_the_clock_hour_and_the_flow_goes_on_in_the_next() {
    let mut bench = Bench::new();
    let mut c = Connection::new(A, B, PORTS);
    bench.take_all(c.handshake());
    for minute in 0..130 {
        bench.time = NOON + minute * 60 * SECOND;
        bench.take(&c.client_sends(ACK, &ask(1, 0, 1)));
    }
    let (flows, observation) = bench.finish();
    let counts: Vec<(u64, bool)> = flows
        .iter()
        .map(|flow| (flow.sent.packets, flow.opened))
        .collect();
    assert_eq!(counts, [(62, true), (60, false), (10, false)]);
    for flow in &flows {
        assert_eq!(flow.first.secs() / 3600, flow.last.secs() / 3600);
        assert_eq!(flow.operations.len(), 1);
    }
    assert_eq!(observation.coverage.hours_seen, 3);
}

#[test]
fn silence_and_a_reset_end_a_flow() {
    let mut bench = Bench::new();
    let mut c = Connection::new(A, B, PORTS);
    bench.take_all(c.handshake());
    bench.time += 1000 * SECOND;
    bench.take(&udp(A, B, PORTS, b"x"));
    assert_eq!(bench.flows.len(), 1, "idle for more than fifteen minutes");
    bench.take(&c.client_sends(ACK, &ask(1, 0, 1)));
    let numbers = (c.server_next, c.client_next);
    bench.take(&tcp(B, A, (PORTS.1, PORTS.0), numbers, RST, b""));
    bench.time += 15 * SECOND;
    bench.take(&udp(A, B, PORTS, b"x"));
    assert_eq!(bench.flows.len(), 2, "reset more than ten seconds ago");
    bench.take(&tcp(A, B, (1, 2), (1, 1), SYN, b""));
    bench.time += 70 * SECOND;
    bench.take(&udp(A, B, PORTS, b"x"));
    assert_eq!(bench.flows.len(), 3, "not answered for more than a minute");
}
