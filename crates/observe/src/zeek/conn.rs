//! `conn`: one line a flow record, so that a connection over several clock hours has several lines of one unique id.
//!
//! Payload counts include what was sent again. The order of flags is not kept, so `history` is unset.

use super::columns::ZeekLog;
use super::messages::{endpoint, uid};
use super::row::Row;
use super::{Lines, Logs};
use crate::record::{FlowRecord, Traffic};
use cofferdam_dissect::frame::TcpFlags;
use cofferdam_terms::{IpProtocol, Transport, VlanId};

/// Writes `conn`. Give it each record, and [`finish`](Self::finish) it at the end.
pub struct ZeekFlows<'a> {
    logs: Logs<'a>,
    capture: String,
    line: String,
    without_address: u64,
}

impl<'a> ZeekFlows<'a> {
    /// A writer for one capture, by the name that its unique ids are made of. `lines` takes each line with its log.
    #[must_use]
    pub fn new(capture: &str, lines: Lines<'a>) -> Self {
        Self {
            logs: Logs::new(lines),
            capture: capture.to_owned(),
            line: String::new(),
            without_address: 0,
        }
    }

    /// Writes the line of a record.
    pub fn flow(&mut self, record: &FlowRecord) {
        if record.initiator.ip.is_none() || record.responder.ip.is_none() {
            self.without_address += 1;
            return;
        }
        let mut line = std::mem::take(&mut self.line);
        fill(&mut line, &self.capture, record);
        self.logs.line(ZeekLog::Conn, record.first, &line);
        self.line = line;
    }

    /// Ends the log. Gives how many records have no place in it, since they are straight on Ethernet.
    pub fn finish(self) -> u64 {
        self.logs.close();
        self.without_address
    }
}

fn fill(line: &mut String, capture: &str, record: &FlowRecord) {
    let mut row = Row::begin(line, record.first);
    row.put(uid(capture, record.connection.flow));
    endpoint(&mut row, record.initiator.ip, record.initiator_port);
    endpoint(&mut row, record.responder.ip, record.responder_port);
    row.put(proto(record.transport)).maybe(service(record));
    let micros = (record.last - record.first).as_micros();
    row.put(format_args!("{}.{:06}", micros / 1_000_000, micros % 1_000_000));
    let connection = record.connection;
    row.put(connection.sent_payload).put(connection.received_payload);
    row.put(state(record)).unset_all(2).put(record.missed).unset();
    for Traffic { packets, .. } in [record.sent, record.received] {
        // What is counted here has link-layer headers too: not the bytes of IP packets.
        row.put(packets).unset();
    }
    row.unset().maybe(record.vlan.map(VlanId::get));
    row.maybe(record.initiator.mac).maybe(record.responder.mac);
}

fn proto(transport: Transport) -> &'static str {
    match transport {
        Transport::TCP => "tcp",
        Transport::UDP => "udp",
        Transport::Ip(IpProtocol::ICMP | IpProtocol::ICMPV6) => "icmp",
        Transport::Ip(_) | Transport::Ethernet(_) => "unknown_transport",
    }
}

/// Zeek's name of the service; a guess by the port is none.
fn service(record: &FlowRecord) -> Option<&'static str> {
    let (protocol, crate::record::Recognition::Content) = record.protocol? else {
        return None;
    };
    Some(match (protocol.0, record.transport) {
        ("dnp3", Transport::UDP) => "dnp3_udp",
        ("dnp3", _) => "dnp3_tcp",
        ("tls", _) => "ssl",
        (name, _) => name,
    })
}

/// Zeek's summary of how a connection went, by the flags of each end.
fn state(record: &FlowRecord) -> &'static str {
    let (sent, received) = (record.sent.packets > 0, record.received.packets > 0);
    if record.transport != Transport::TCP {
        return match (sent, received) {
            (_, true) if sent => "SF",
            (_, true) => "SHR",
            (_, false) => "S0",
        };
    }
    let TcpFlags(from) = record.connection.sent_flags;
    let TcpFlags(back) = record.connection.received_flags;
    let (asked, accepted) = (TcpFlags(from).syn(), TcpFlags(back).syn());
    let (ended, ended_back) = (TcpFlags(from).fin(), TcpFlags(back).fin());
    let (reset, reset_back) = (TcpFlags(from).rst(), TcpFlags(back).rst());
    match (asked, accepted) {
        (true, true) if reset => "RSTO",
        (true, true) if reset_back => "RSTR",
        (true, true) => match (ended, ended_back) {
            (true, true) => "SF",
            (true, false) => "S2",
            (false, true) => "S3",
            (false, false) => "S1",
        },
        (true, false) if reset_back => "REJ",
        (true, false) if reset => "RSTOS0",
        (true, false) if ended => "SH",
        (true, false) => "S0",
        (false, true) if reset_back => "RSTRH",
        (false, true) if ended_back => "SHR",
        (false, true | false) => "OTH",
    }
}
