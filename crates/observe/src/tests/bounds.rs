//! Ceilings: whatever a capture brings, what is held stays under them, and what gave way is counted.

use super::frames::{ACK, Bench, Connection, SYN, Station, ipv4, station, tcp, udp, udp_bytes};
use super::toy::{self, ask};
use crate::record::Coverage;
use crate::settings::{Ceilings, Settings};
use cofferdam_terms::MacAddr;
use std::net::Ipv4Addr;

const PORTS: (u16, u16) = (40_000, toy::PORT);

fn evicted(coverage: &Coverage, ceiling: &str) -> u64 {
    let found = coverage.evicted.iter().find(|(name, _)| *name == ceiling);
    found.map_or(0, |(_, count)| *count)
}

fn small(memory: usize) -> Settings {
    Settings {
        ceilings: Ceilings::for_memory(memory),
        parts: 1,
        ..Settings::new("small")
    }
}

/// A station of its own for each number.
fn stranger(n: u32) -> Station {
    let [a, b, c, d] = n.to_be_bytes();
    Station {
        mac: MacAddr([2, 0, a, b, c, d]),
        ip: Ipv4Addr::from(0x0b00_0000 + n),
        vlan: None,
        ttl: 64,
    }
}

#[test]
fn hundreds_of_thousands_of_flows_stay_under_a_small_ceiling_and_none_is_lost() {
    let settings = small(8 << 20);
    let ceiling = settings.ceilings.flows;
    let mut bench = Bench::with(settings);
    for n in 0..300_000 {
        bench.time -= 900_000;
        bench.take(&tcp(stranger(n), station(2), (40_000, 80), (1, 0), SYN, b""));
    }
    let packets = bench.number;
    let (flows, observation) = bench.finish();
    assert_eq!(flows.len(), 300_000);
    let counted: u64 = flows.iter().map(|flow| flow.sent.packets).sum();
    assert_eq!(counted, packets);
    let coverage = &observation.coverage;
    let by_time = 300_000 - ceiling as u64 - evicted(coverage, "flows");
    assert!(
        evicted(coverage, "flows") > 0 && by_time < 300_000,
        "{:?}",
        coverage.evicted
    );
    assert!(observation.assets.len() <= small(8 << 20).ceilings.hosts);
    assert!(evicted(coverage, "hosts") > 0);
    assert!(
        coverage
            .advice
            .iter()
            .any(|line| line.starts_with("Ceilings were reached"))
    );
}

#[test]
fn a_connection_in_use_outlives_a_flood_of_openings() {
    let mut bench = Bench::with(small(1 << 20));
    let mut c = Connection::new(station(1), station(2), PORTS);
    bench.take_all(c.handshake());
    for n in 0..20_000 {
        bench.take(&tcp(stranger(n), station(2), (40_000, 80), (1, 0), SYN, b""));
    }
    bench.take(&c.client_sends(ACK, &ask(1, 0, 1)));
    let (flows, _) = bench.finish();
    let own: Vec<u64> = flows
        .iter()
        .filter(|flow| flow.responder_port == toy::PORT)
        .map(|flow| flow.sent.packets)
        .collect();
    assert_eq!(own, [3]);
}

#[test]
fn in_a_flood_the_busiest_devices_are_counted_right() {
    // As many parts as there are by default: they share the ceilings.
    let mut bench = Bench::with(Settings {
        parts: Settings::PARTS,
        ..small(4 << 20)
    });
    let polled: Vec<Station> = (20..24).map(station).collect();
    for n in 0..100_000 {
        bench.time -= 900_000;
        bench.take(&tcp(stranger(n), station(2), (40_000, 80), (1, 0), SYN, b""));
        let device = polled[n as usize % polled.len()];
        let asking = n / 4 % 2 == 0;
        let poll = if asking {
            udp(station(1), device, PORTS, &ask(1, 0, 1))
        } else {
            udp(device, station(1), (PORTS.1, PORTS.0), &toy::answer(1))
        };
        bench.take(&poll);
    }
    let (flows, observation) = bench.finish();
    assert!(evicted(&observation.coverage, "flows") > 10_000);
    let of = |ip: Ipv4Addr| {
        observation
            .assets
            .iter()
            .find(|asset| asset.key == ip.to_string())
    };
    let asker = of(station(1).ip).unwrap();
    assert_eq!((asker.sent.packets, asker.received.packets), (50_000, 50_000));
    for device in polled {
        let asset = of(device.ip).unwrap();
        assert_eq!((asset.sent.packets, asset.received.packets), (12_500, 12_500));
        assert_eq!(asset.serves.len(), 1, "{:?}", asset.serves);
        let own = flows
            .iter()
            .filter(|flow| flow.responder.ip == Some(device.ip.into()));
        let requests: u64 = own
            .flat_map(|flow| &flow.operations)
            .map(|row| row.requests)
            .sum();
        assert_eq!(requests, 12_500);
    }
}

#[test]
fn streams_that_wait_give_way_when_too_much_waits() {
    let mut settings = small(64 << 20);
    settings.ceilings.reassembly_bytes = 100_000;
    let mut bench = Bench::with(settings);
    for n in 0..200 {
        let mut c = Connection::new(stranger(n), station(2), PORTS);
        bench.take_all(c.handshake());
        bench.take(&c.client_sends(ACK, &ask(1, 0, 1)));
        // The first half of a message, of which the other half never comes.
        bench.take(&c.client_sends(ACK, &toy::message(1, 3, 1, &[0; 255])[..200]));
        let _lost = c.client_sends(ACK, &[0; 1000]);
        bench.take(&c.client_sends(ACK, &[0; 1000]));
    }
    let coverage = bench.finish().1.coverage;
    assert!(evicted(&coverage, "reassembly") > 50, "{:?}", coverage.evicted);
}

#[test]
fn conversations_give_way_when_they_hold_too_much() {
    let mut settings = small(64 << 20);
    settings.ceilings.conversation_bytes = 200_000;
    let mut bench = Bench::with(settings);
    for n in 0..500 {
        bench.take(&udp(stranger(n), station(2), PORTS, &ask(1, 0, 1)));
    }
    assert!(bench.flows.len() > 200, "{} were ended early", bench.flows.len());
    let (flows, observation) = bench.finish();
    assert_eq!(flows.len(), 500);
    assert!(flows.iter().all(|flow| flow.operations.len() == 1));
    assert!(evicted(&observation.coverage, "conversations") > 200);
}

#[test]
fn different_operations_beyond_the_ceiling_are_counted_as_messages_all_the_same() {
    let mut settings = small(64 << 20);
    settings.ceilings.operations_per_record = 10;
    let mut bench = Bench::with(settings);
    for unit in 0..50 {
        bench.take(&udp(station(1), station(2), PORTS, &ask(unit, 0, 1)));
    }
    let (flows, observation) = bench.finish();
    assert_eq!(flows[0].operations.len(), 10);
    assert_eq!(evicted(&observation.coverage, "operations"), 40);
    assert_eq!(observation.coverage.messages, [(toy::TOY, 50)]);
}

#[test]
fn facts_and_services_beyond_their_ceilings_are_counted() {
    let mut settings = small(64 << 20);
    settings.ceilings.facts_per_host = 5;
    let mut bench = Bench::with(settings);
    for n in 0..100u16 {
        let name = toy::message(3, 15, 1, &n.to_be_bytes());
        bench.take(&udp(station(1), station(2), (40_000, toy::PORT), &name));
        bench.take(&udp(station(2), station(1), (2000 + n, 100 + n), &ask(1, 0, 1)));
    }
    let (_, observation) = bench.finish();
    assert_eq!(observation.assets[0].facts.len(), 5);
    let coverage = &observation.coverage;
    assert_eq!(evicted(coverage, "facts-per-host"), 95);
    assert_eq!(evicted(coverage, "services-per-host"), 100 - 64);
}

#[test]
fn a_message_longer_than_is_joined_is_passed_over_in_step() {
    // The toy's messages are too short for it: a session that claims to need more than there can be.
    let mut bench = Bench::new();
    let mut c = Connection::new(station(1), station(2), PORTS);
    bench.take_all(c.handshake());
    bench.take(&c.client_sends(ACK, &toy::huge()));
    let mut left = toy::HUGE;
    while left > 0 {
        let piece = left.min(1400);
        bench.take(&c.client_sends(ACK, &vec![0; piece]));
        left -= piece;
    }
    bench.take(&c.client_sends(ACK, &ask(1, 0, 1)));
    assert_eq!(bench.heard.0.len(), 1);
    let coverage = bench.finish().1.coverage;
    assert_eq!(evicted(&coverage, "message-bytes"), 1);
    assert_eq!(coverage.anomalies, []);
}

/// The pieces of one datagram, cut at multiples of eight.
fn pieces(id: u16, payload: &[u8], cut: usize) -> Vec<Vec<u8>> {
    let bytes = udp_bytes(PORTS, payload);
    let count = bytes.len().div_ceil(cut);
    bytes
        .chunks(cut)
        .enumerate()
        .map(|(index, piece)| {
            let offset = u16::try_from(index * cut / 8).unwrap();
            let more = if index + 1 < count { 0x2000 } else { 0 };
            ipv4(station(1), station(2), 17, id, offset | more, piece)
        })
        .collect()
}

#[test]
fn fragments_are_put_together_in_any_order_and_counted_with_their_flow() {
    let mut bench = Bench::new();
    let mut frames = pieces(1, &[ask(1, 0, 1), ask(1, 1, 1), ask(1, 2, 1)].concat(), 16);
    frames.rotate_left(1);
    let repeated = frames[0].clone();
    frames.insert(1, repeated);
    let packets = frames.len() as u64;
    bench.take_all(frames);
    let (flows, observation) = bench.finish();
    assert_eq!(flows.len(), 1);
    assert_eq!(flows[0].sent.packets, packets);
    assert_eq!(flows[0].operations[0].requests, 3);
    assert_eq!(
        (observation.coverage.decoded, observation.coverage.packets),
        (packets, packets)
    );
}

#[test]
fn fragments_that_contradict_or_never_become_whole_are_packets_not_understood() {
    let mut bench = Bench::new();
    let mut one = pieces(1, &[0; 64], 16);
    one.truncate(3);
    bench.take_all(one);
    let mut two = pieces(2, &[0; 64], 16);
    two.insert(1, ipv4(station(1), station(2), 17, 2, 0x2001, &[9; 16]));
    two.truncate(2);
    bench.take_all(two);
    let coverage = bench.finish().1.coverage;
    assert_eq!(
        coverage.not_understood,
        [("fragment-incomplete", 3, 1), ("fragment-overlap", 2, 4)]
    );
    assert_eq!(coverage.decoded, 0);
    assert_eq!(coverage.anomalies.len(), 1);
}

#[test]
fn fragments_beyond_their_ceiling_give_way() {
    let mut settings = small(64 << 20);
    settings.ceilings.fragment_bytes = 10_000;
    let mut bench = Bench::with(settings);
    for id in 0..200 {
        bench.take(&pieces(id, &[0; 500], 256)[0]);
    }
    let coverage = bench.finish().1.coverage;
    assert!(evicted(&coverage, "fragments") > 150);
    let not_understood: u64 = coverage.not_understood.iter().map(|(_, count, _)| count).sum();
    assert_eq!(
        (coverage.packets, coverage.decoded, not_understood),
        (200, 0, 200)
    );
}
