//! Logs as input: what they carry comes out as it does from packets, and what can't be read is counted.

use super::captures::all;
use super::zeek::logs;
use crate::{BadLine, FlowRecord, Imported, LogImport, Settings};
use cofferdam_terms::Transport;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

fn import<'l>(files: impl IntoIterator<Item = (&'l str, Vec<&'l str>)>) -> (Vec<FlowRecord>, Imported) {
    let mut import = LogImport::new(Settings::new("logs"));
    let mut flows: Vec<FlowRecord> = Vec::new();
    for (file, lines) in files {
        import.begin(file);
        for line in lines {
            import.line(line, &mut flows);
        }
    }
    let imported = import.finish(&mut flows);
    (flows, imported)
}

fn is_named(record: &FlowRecord) -> bool {
    matches!(record.transport, Transport::TCP | Transport::UDP)
        || record.transport.to_string().starts_with("icmp")
}

/// Addresses of single hosts that sent something.
fn speakers<'r>(records: impl IntoIterator<Item = &'r FlowRecord>) -> BTreeSet<IpAddr> {
    let mut all = BTreeSet::new();
    for record in records {
        all.extend(record.initiator.ip.filter(|_| record.sent.packets > 0));
        all.extend(record.responder.ip.filter(|_| record.received.packets > 0));
    }
    all.retain(|ip| !ip.is_multicast() && !ip.is_unspecified() && *ip != IpAddr::from([255; 4]));
    all
}

fn requests(records: &[FlowRecord], protocol: &str) -> BTreeMap<(IpAddr, u32), u64> {
    let mut counts = BTreeMap::new();
    for record in records {
        for row in record
            .operations
            .iter()
            .filter(|row| row.protocol.0 == protocol && row.requests > 0)
        {
            *counts
                .entry((record.responder.ip.unwrap(), row.function))
                .or_default() += row.requests;
        }
    }
    counts
}

#[test]
fn logs_written_of_a_capture_give_its_hosts_traffic_and_requests_again() {
    let all = all();
    if all.is_empty() {
        println!("not run: there are no captures");
    }
    for path in all {
        let name = path.display();
        let (written, flows, _) = logs(&path);
        let files: Vec<_> = written
            .iter()
            .map(|(log, lines)| (log.path(), lines.iter().map(String::as_str).collect()))
            .collect();
        let (again, imported) = import(files);
        assert_eq!(imported.set_aside, [], "{name}");
        let named: Vec<FlowRecord> = flows
            .iter()
            .filter(|flow| flow.initiator.ip.is_some() && is_named(flow))
            .cloned()
            .collect();
        let packets = |records: &[FlowRecord]| -> u64 {
            records
                .iter()
                .map(|record| record.sent.packets + record.received.packets)
                .sum()
        };
        assert_eq!(packets(&again), packets(&named), "{name}");
        let assets = imported
            .observation
            .assets
            .iter()
            .flat_map(|asset| &asset.endpoints);
        let ips: BTreeSet<IpAddr> = assets.filter_map(|(end, _)| end.ip).collect();
        assert_eq!(ips, speakers(&named), "{name}");
        for protocol in ["enip", "cip", "s7comm"] {
            assert_eq!(
                requests(&again, protocol),
                requests(&named, protocol),
                "{name} {protocol}"
            );
        }
    }
}

#[test]
fn json_lines_of_zeek_are_read_as_its_columns_are() {
    let conn = r#"{"ts":1700049600.5,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":40000,"id.resp_h":"10.0.0.2","id.resp_p":502,"proto":"tcp","service":"modbus","duration":2.5,"orig_pkts":5,"orig_ip_bytes":400,"resp_pkts":4,"resp_ip_bytes":300,"conn_state":"SF","vlan":20,"orig_l2_addr":"00:00:00:00:00:01"}"#;
    let modbus = r#"{"ts":"2023-11-15T12:00:01.000000Z","uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":40000,"id.resp_h":"10.0.0.2","id.resp_p":502,"unit":3,"func":"WRITE_SINGLE_COIL","request_response":"REQUEST"}"#;
    let refused = modbus
        .replace("WRITE_SINGLE_COIL", "WRITE_SINGLE_COIL_EXCEPTION")
        .replace("REQUEST", "RESPONSE");
    let (flows, imported) = import([
        ("/var/log/modbus_detailed.2023.log", vec![modbus, &refused]),
        ("conn.log", vec![conn]),
    ]);
    assert_eq!((flows.len(), imported.set_aside_count), (1, 0));
    let flow = &flows[0];
    assert_eq!(
        (flow.sent.packets, flow.received.bytes, flow.responder_port),
        (5, 300, 502)
    );
    assert_eq!(flow.first.nanos(), 1_700_049_600_500_000_000);
    assert_eq!((flow.last - flow.first).as_millis(), 2500);
    assert_eq!(flow.vlan.unwrap().get(), 20);
    let row = &flow.operations[0];
    assert_eq!((row.unit, row.requests, row.failures), (Some(3), 1, 1));
    assert_eq!(row.operation.name(), "write");
    assert_eq!(imported.observation.assets.len(), 2);
}

#[test]
fn events_of_suricata_make_flows_and_assets() {
    let flow = r#"{"timestamp":"2023-11-15T12:01:00.000000+0000","flow_id":77,"event_type":"flow","src_ip":"10.0.0.1","src_port":40000,"dest_ip":"10.0.0.2","dest_port":502,"proto":"TCP","app_proto":"modbus","vlan":[20],"flow":{"pkts_toserver":5,"pkts_toclient":4,"bytes_toserver":400,"bytes_toclient":300,"start":"2023-11-15T12:00:00.000000+0000","end":"2023-11-15T12:00:02.000000+0000","state":"closed"}}"#;
    let modbus = r#"{"timestamp":"2023-11-15T12:00:01.000000+0000","flow_id":77,"event_type":"modbus","src_ip":"10.0.0.1","src_port":40000,"dest_ip":"10.0.0.2","dest_port":502,"proto":"TCP","modbus":{"id":1,"request":{"transaction_id":1,"unit_id":9,"function_raw":3,"function_code":"RdHoldRegs"}}}"#;
    let alert = r#"{"timestamp":"2023-11-15T12:00:01.000000+0000","event_type":"alert"}"#;
    let (flows, imported) = import([("eve.json", vec![modbus, alert, flow])]);
    assert_eq!(
        (flows.len(), imported.unused, imported.set_aside_count),
        (1, 1, 0)
    );
    let flow = &flows[0];
    assert_eq!(flow.protocol.unwrap().0.0, "modbus");
    assert_eq!(
        (flow.first.secs(), flow.last.secs()),
        (1_700_049_600, 1_700_049_602)
    );
    assert_eq!(
        (flow.operations[0].function, flow.operations[0].unit),
        (3, Some(9))
    );
    let keys: Vec<_> = imported
        .observation
        .assets
        .iter()
        .map(|asset| asset.key.as_str())
        .collect();
    assert_eq!(keys, ["10.0.0.1", "10.0.0.2"]);
}

#[test]
fn a_bad_line_is_set_aside_with_its_place_and_the_rest_goes_on() {
    let head = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto";
    let good = "1.0\tC1\t10.0.0.1\t1\t10.0.0.2\t2\tudp";
    let (flows, imported) = import([
        (
            "conn.log",
            vec![
                good,
                head,
                good,
                "1.0\tC1",
                "1.0\tC2\tnobody\t1\t10.0.0.2\t2\tudp",
                "{\"ts\":",
                "-\tC3\t10.0.0.1\t1\t10.0.0.2\t2\tudp",
            ],
        ),
        ("dns.log", vec![head, good]),
    ]);
    assert_eq!((flows.len(), imported.unused, imported.lines), (1, 1, 9));
    let told: Vec<_> = imported
        .set_aside
        .iter()
        .map(|bad| (bad.file.as_str(), bad.line, bad.reason))
        .collect();
    assert_eq!(
        told,
        [
            ("conn.log", 1, BadLine::NoHeader),
            ("conn.log", 4, BadLine::FieldCount),
            ("conn.log", 5, BadLine::Value("id.orig_h")),
            ("conn.log", 6, BadLine::NotJson),
            ("conn.log", 7, BadLine::Missing("ts")),
        ]
    );
    assert_eq!(imported.observation.coverage.not_understood, [("log-line", 5, 1)]);
}

proptest! {
    #[test]
    fn whatever_stands_in_a_log_every_line_is_accounted_for(lines in proptest::collection::vec("(#fields\tts\tuid\tid.orig_h|[0-9.]{1,8}\tC[0-9]\t10.0.0.[0-9]|\\{\"event_type\":\"(flow|modbus)\"(,\"[a-z_]{1,9}\":[0-9]{1,3}){0,4}\\}|.{0,40})", 0..40)) {
        let all: Vec<&str> = lines.iter().map(String::as_str).collect();
        let count = all.len() as u64;
        let heads = all.iter().filter(|line| line.starts_with('#') || line.trim_end_matches(['\r', '\n']).is_empty()).count() as u64;
        let (_, imported) = import([("conn.log", all)]);
        prop_assert_eq!(imported.lines, count);
        prop_assert!(imported.unused + imported.set_aside_count + heads <= count);
        prop_assert!(imported.set_aside.len() as u64 == imported.set_aside_count.min(100));
    }
}
