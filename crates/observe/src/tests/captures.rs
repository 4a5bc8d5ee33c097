//! Real captures, observed: what came of each, as text that people review.

use crate::{
    Endpoint, Event, Exchange, FlowRecord, Observation, ObservedAsset, Observer, OperationRecord, Settings,
    Spread, WriteRecord,
};
use cofferdam_capture::Source;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

pub(crate) fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/captures")
}

fn observe(path: &Path, seed: u64) -> (Vec<FlowRecord>, Observation) {
    let mut source = Source::open(path).unwrap();
    let mut settings = Settings::new(path.file_name().unwrap().to_string_lossy());
    settings.hash_seed = seed;
    let mut observer = Observer::new(settings);
    let mut flows: Vec<FlowRecord> = Vec::new();
    while let Some(packet) = source.next_packet() {
        observer.frame(
            packet.number,
            packet.time,
            packet.link,
            packet.bytes,
            packet.original,
            &mut flows,
        );
    }
    let observation = observer.finish(&mut flows);
    (flows, observation)
}

fn summary(flows: &[FlowRecord], observation: &Observation) -> String {
    let mut text = String::new();
    let coverage = &observation.coverage;
    writeln!(
        text,
        "{} packets, {} decoded, not understood {:?}, missed {} bytes, one way {}, silent {}, behind routers {}",
        coverage.packets,
        coverage.decoded,
        coverage.not_understood,
        coverage.missed_bytes,
        coverage.one_way_flows,
        coverage.silent_addresses,
        coverage.behind_routers.len(),
    )
    .unwrap();
    for (protocol, count) in &coverage.messages {
        writeln!(text, "messages {protocol} {count}").unwrap();
    }
    for (protocol, code, count, packet) in &coverage.anomalies {
        writeln!(text, "anomaly {protocol} {code} {count} (packet {packet})").unwrap();
    }
    for (protocol, transport, port, count) in &coverage.odd_ports {
        writeln!(text, "odd port {protocol} {transport} {port} {count}").unwrap();
    }
    for line in &coverage.advice {
        writeln!(text, "advice: {line}").unwrap();
    }
    for asset in &observation.assets {
        tell_asset(&mut text, asset);
    }
    for event in observation.events.iter().take(30) {
        tell_event(&mut text, event);
    }
    for write in observation.writes.iter().take(20) {
        tell_write(&mut text, write);
    }
    // All flows of a large capture are no reading.
    for flow in flows.iter().take(20) {
        tell_flow(&mut text, flow);
    }
    text
}

fn tell_asset(text: &mut String, asset: &ObservedAsset) {
    let vendor = asset.oui_vendor.unwrap_or("-");
    let role = &asset.role;
    writeln!(
        text,
        "asset {} [{vendor}] {} {:.2}",
        asset.key, role.role, role.confidence
    )
    .unwrap();
    for reason in role.reasons.iter().chain(&asset.joins) {
        writeln!(text, "  {reason}").unwrap();
    }
    for fact in asset.facts.iter().take(12) {
        let unit = fact.unit.map(|unit| format!(" unit {unit}")).unwrap_or_default();
        writeln!(
            text,
            "  {} {}{unit}: `{}` x{} (packet {})",
            fact.protocol,
            fact.field.name(),
            fact.value,
            fact.times,
            fact.packet,
        )
        .unwrap();
    }
    for (what, services) in [("serves", &asset.serves), ("uses", &asset.uses)] {
        for (protocol, transport, port) in services.iter().take(12) {
            let protocol = protocol.map_or("?", |protocol| protocol.0);
            writeln!(text, "  {what} {protocol} {transport} {port}").unwrap();
        }
    }
    if !asset.units.is_empty() {
        let units: Vec<String> = asset
            .units
            .iter()
            .map(|(p, unit)| format!("{p} {unit}"))
            .collect();
        writeln!(text, "  units {}", units.join(", ")).unwrap();
    }
}

fn tell_event(text: &mut String, event: &Event) {
    let techniques: Vec<&str> = event.kind.techniques().iter().map(|one| one.id).collect();
    let objects: Vec<&str> = event.objects.iter().map(|object| object.as_str()).collect();
    writeln!(
        text,
        "event {} {} {} {} unit {:?} x{} done {} refused {} {:?} [{}] packets {}-{}",
        event.kind.name(),
        techniques.join(" "),
        event.protocol,
        event.function_name,
        event.unit,
        event.times,
        event.done,
        event.refused,
        event.reason,
        objects.join(", "),
        event.first.packet,
        event.last.packet,
    )
    .unwrap();
}

fn tell_write(text: &mut String, write: &WriteRecord) {
    writeln!(
        text,
        "write {} unit {:?} {} x{} refused {} packets {}-{}",
        write.protocol,
        write.unit,
        write.object,
        write.times,
        write.refused,
        write.first.packet,
        write.last.packet,
    )
    .unwrap();
    for change in &write.changes {
        let before = change.before.as_ref().map_or("?".to_owned(), |before| {
            format!("{} ({} in {})", before.value, before.basis.name(), before.packet)
        });
        let refused = change.refused.unwrap_or("-");
        let packet = change.evidence.packet;
        writeln!(text, "  {packet}: {before} > {} refused {refused}", change.after).unwrap();
    }
}

fn tell_flow(text: &mut String, flow: &FlowRecord) {
    let name = |end: Endpoint| match (end.ip, end.mac) {
        (Some(ip), _) => ip.to_string(),
        (None, mac) => mac.map(|mac| mac.to_string()).unwrap_or_default(),
    };
    let protocol = flow.protocol.map_or("?".to_owned(), |(protocol, how)| {
        format!("{protocol} ({})", how.name())
    });
    writeln!(
        text,
        "flow {}:{} > {}:{} {} {protocol} by {} packets {}/{} missed {}",
        name(flow.initiator),
        flow.initiator_port,
        name(flow.responder),
        flow.responder_port,
        flow.transport,
        flow.basis.name(),
        flow.sent.packets,
        flow.received.packets,
        flow.missed,
    )
    .unwrap();
    for row in &flow.operations {
        let objects: Vec<&str> = row.objects.iter().map(|object| object.as_str()).collect();
        writeln!(
            text,
            "  {} {} {:#x} {} unit {:?}: {}+{}-{} [{}] +{}",
            row.protocol,
            row.operation,
            row.function,
            row.function_name,
            row.unit,
            row.requests,
            row.responses,
            row.failures,
            objects.join(", "),
            row.objects_dropped,
        )
        .unwrap();
        tell_exchange(text, &row.exchange);
    }
}

fn tell_exchange(text: &mut String, exchange: &Exchange) {
    let spread = |spread: Option<Spread>| {
        spread.map_or("-".to_owned(), |spread| {
            let [min, median, max] = [spread.min, spread.median, spread.max].map(|time| time.as_micros());
            format!("{} x {min}/{median}/{max} us", spread.count)
        })
    };
    let failures: Vec<String> = exchange
        .failures
        .iter()
        .map(|failure| format!("{:#x} {} x {}", failure.code, failure.name, failure.count))
        .collect();
    writeln!(
        text,
        "    latency {}, interval {}, unanswered {}, unasked {}, failures [{}]",
        spread(exchange.latency),
        spread(exchange.interval),
        exchange.unanswered,
        exchange.unasked,
        failures.join(", "),
    )
    .unwrap();
}

fn check(name: &str) {
    let path = captures().join(name);
    if !path.exists() {
        println!("not run: {name} is not there");
        return;
    }
    let (flows, observation) = observe(&path, 0);
    insta::assert_snapshot!(name.replace(['/', '.'], "_"), summary(&flows, &observation));
}

#[test]
fn modbus_is_observed_as_reviewed() {
    check("modbustcp/modbus_test_data_part1.pcap");
    check("modicon/modicon_test.pcap");
}

#[test]
fn dnp3_is_observed_as_reviewed() {
    check("dnp3/dnp3_test_data_part1.pcap");
}

#[test]
fn ethernet_ip_is_observed_as_reviewed() {
    check("quickdraw/eip-softwareuploadfailure.pcap");
    check("quickdraw/eip-changetimeattempt.pcap");
}

#[test]
fn bacnet_is_observed_as_reviewed() {
    check("bacnet/bacnet_test.pcap");
}

#[test]
fn synchrophasors_are_observed_as_reviewed() {
    check("c37.118/c37.118_1pmu_tcp.pcap");
    check("c37.118/c37.118_1pmu_udp.pcap");
}

#[test]
fn iec_104_is_observed_as_reviewed() {
    check("iec60870-5-104/090813_diverse.pcap");
    check("iec60870-5-104/testdissectiec104.pcap");
}

#[test]
fn layer_two_protocols_are_observed_as_reviewed() {
    check("profinet/profinet_failed.pcap");
    check("iec61850/goose/sample_file_goose.pcap");
}

#[test]
fn mms_is_observed_as_reviewed() {
    check("iec61850/piccolo.pcap");
    check("iec61850/mms---specific-commands/iec61850_write.pcap");
    check("iec61850/mms---specific-commands/mms-stoprequest.pcap");
}

#[test]
fn s7comm_is_observed_as_reviewed() {
    check("s7/s7comm_downloading_block_db1.pcap");
    check("s7/wincc_s300_setup-alarm-read-write.pcapng");
}

/// Every answer belongs to a request or was unasked, and no more requests are settled than were made.
fn check_exchanges(flow: &FlowRecord, name: &str) {
    let sum = |of: fn(&OperationRecord) -> u64| flow.operations.iter().map(of).sum::<u64>();
    let matched = sum(|row| row.exchange.latency.map_or(0, |latency| latency.count));
    let unasked = sum(|row| row.exchange.unasked);
    let answers = sum(|row| row.responses + row.failures);
    let to_group = flow.responder.ip.is_some_and(|ip| ip.is_multicast())
        || flow.responder.mac.is_some_and(|mac| mac.is_group());
    assert!(
        matched + unasked == answers || to_group,
        "{name}: {flow:?}: {matched} + {unasked} != {answers}"
    );
    for row in &flow.operations {
        let counted: u64 = row.exchange.failures.iter().map(|failure| failure.count).sum();
        assert_eq!(counted + row.exchange.failures_dropped, row.failures, "{name}");
    }
}

/// Every capture under the folder, in name order.
pub(crate) fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![captures()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|end| end == "pcap" || end == "pcapng")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_capture_gives_the_same_whatever_keys_the_tables_and_each_packet_is_accounted_for() {
    let all = all();
    if all.is_empty() {
        println!("not run: there are no captures");
    }
    for path in all {
        let (flows, observation) = observe(&path, 0);
        let (again, observed_again) = observe(&path, 0x5eed);
        let name = path.display();
        assert!(flows == again && observation == observed_again, "{name}");
        let coverage = &observation.coverage;
        let not_understood: u64 = coverage.not_understood.iter().map(|(_, count, _)| count).sum();
        assert_eq!(coverage.packets, coverage.decoded + not_understood, "{name}");
        let messages: u64 = coverage.messages.iter().map(|(_, count)| count).sum();
        let counted: u64 = flows
            .iter()
            .flat_map(|flow| &flow.operations)
            .map(|row| row.requests + row.responses + row.failures)
            .sum();
        for flow in &flows {
            check_exchanges(flow, &name.to_string());
        }
        let dropped = coverage.evicted.iter().find(|(name, _)| *name == "operations");
        assert_eq!(
            messages,
            counted + dropped.map_or(0, |(_, count)| *count),
            "{name}"
        );
    }
}
