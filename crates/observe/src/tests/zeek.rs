//! Logs in Zeek's form, out of real captures and out of bytes that nobody would send.

use super::captures::{all, captures};
use crate::{Captured, FlowRecord, Observer, Settings, ZeekFlows, ZeekLog, ZeekMessages};
use cofferdam_capture::Source;
use std::collections::BTreeMap;
use std::path::Path;

/// The lines of each log.
pub(crate) type Written = BTreeMap<ZeekLog, Vec<String>>;

/// Every log of a capture, the records, and how many messages have no place in them.
pub(crate) fn logs(path: &Path) -> (Written, Vec<FlowRecord>, u64) {
    let mut source = Source::open(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy();
    let mut observer = Observer::new(Settings::new(name.clone()));
    let mut flows: Vec<FlowRecord> = Vec::new();
    let mut written = Written::new();
    let mut keep = |log, line: &str| written.entry(log).or_default().push(line.to_owned());
    let mut messages = ZeekMessages::new(&name, &mut keep);
    while let Some(packet) = source.next_packet() {
        let frame = Captured {
            number: packet.number,
            time: packet.time,
            link: packet.link,
            bytes: packet.bytes,
            original: packet.original,
        };
        observer.frame_with_messages(&frame, &mut flows, &mut messages);
    }
    let _observation = observer.finish_with_messages(&mut flows, &mut messages);
    let without_address = messages.finish();
    let mut connections = ZeekFlows::new(&name, &mut keep);
    for flow in &flows {
        connections.flow(flow);
    }
    connections.finish();
    (written, flows, without_address)
}

fn check(name: &str) {
    let path = captures().join(name);
    if !path.exists() {
        println!("not run: {name} is not there");
        return;
    }
    let (written, ..) = logs(&path);
    let mut text = String::new();
    for (log, lines) in &written {
        text += &format!("{}.log, {} lines\n", log.path(), lines.len());
        for line in lines.iter().take(6).chain(lines.iter().skip(6).take(8)) {
            text += line;
            text += "\n";
        }
    }
    insta::assert_snapshot!(format!("logs_of_{}", name.replace(['/', '.'], "_")), text);
}

#[test]
fn logs_are_written_as_reviewed() {
    check("modbustcp/modbus_test_data_part1.pcap");
    check("dnp3/dnp3_test_data_part1.pcap");
    check("quickdraw/eip-changetimeattempt.pcap");
    check("s7/s7comm_downloading_block_db1.pcap");
}

#[test]
fn every_line_of_every_capture_has_its_fields_and_every_message_its_line() {
    let all = all();
    if all.is_empty() {
        println!("not run: there are no captures");
    }
    for path in all {
        let (written, flows, _) = logs(&path);
        let name = path.display();
        for (log, lines) in &written {
            let wanted = log.columns().count();
            assert!(lines[0].starts_with("#separator") && lines[lines.len() - 1].starts_with("#close"));
            for line in lines.iter().filter(|line| !line.starts_with('#')) {
                assert_eq!(line.split('\t').count(), wanted, "{name} {}: {line}", log.path());
                assert!(!line.contains('\n'), "{name} {}: {line}", log.path());
            }
        }
        let data = |log| {
            let lines = written.get(&log);
            lines.map_or(0, |lines| {
                lines.iter().filter(|line| !line.starts_with('#')).count() as u64
            })
        };
        let with_ip = flows.iter().filter(|flow| flow.initiator.ip.is_some());
        assert_eq!(data(ZeekLog::Conn), with_ip.clone().count() as u64, "{name}");
        for (log, protocol) in [
            (ZeekLog::Enip, "enip"),
            (ZeekLog::Cip, "cip"),
            (ZeekLog::Cotp, "cotp"),
            (ZeekLog::S7comm, "s7comm"),
        ] {
            let rows = with_ip.clone().flat_map(|flow| &flow.operations);
            let counted: u64 = rows
                .filter(|row| row.protocol.0 == protocol)
                .map(|row| row.requests + row.responses + row.failures)
                .sum();
            assert_eq!(data(log), counted, "{name} {protocol}");
        }
    }
}
