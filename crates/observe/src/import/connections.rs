//! Connections that lines speak of, gathered until they are given as flow records, and what that makes of hosts.

use super::eve;
use super::fields::Fields;
use super::giving::give;
use super::zeek::{self, Head};
use super::{BadLine, Imported, MAX_CONNECTIONS, MAX_LINE, MAX_OPERATIONS, SetAside};
use crate::clock::Clock;
use crate::record::{
    Connection, Endpoint, Exchange, FlowRecord, FlowSink, InitiatorBasis, OperationRecord, Recognition,
    Traffic,
};
use crate::settings::Settings;
use crate::world::World;
use cofferdam_dissect::Protocol;
use cofferdam_terms::{IpProtocol, OperationClass, Timestamp, Transport, VlanId};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// Takes the lines of logs; give it each file's lines in order, then [`finish`](Self::finish).
pub struct LogImport {
    world: World,
    clock: Clock,
    file: String,
    head: Head,
    line: u64,
    lines: u64,
    unused: u64,
    set_aside: Vec<SetAside>,
    set_aside_count: u64,
    index: BTreeMap<String, u64>,
    connections: BTreeMap<u64, Gathered>,
    next: u64,
}

/// A connection, as far as lines told of it.
pub(super) struct Gathered {
    id: String,
    record: FlowRecord,
}

/// What a line says of one connection.
pub(super) struct Told {
    /// Zeek's unique id, or Suricata's flow id.
    pub(super) id: String,
    pub(super) at: Timestamp,
    pub(super) initiator: (Endpoint, u16),
    pub(super) responder: (Endpoint, u16),
    pub(super) transport: Transport,
    pub(super) vlan: Option<VlanId>,
    pub(super) what: What,
}

/// Which side of a connection a line speaks of.
pub(super) enum What {
    /// The connection as a whole.
    Whole {
        last: Timestamp,
        protocol: Option<Protocol>,
        sent: Traffic,
        received: Traffic,
        payload: [u64; 2],
        missed: u64,
        basis: InitiatorBasis,
    },
    /// A message.
    Message {
        protocol: Protocol,
        operation: OperationClass,
        function: u32,
        name: String,
        unit: Option<u32>,
        part: Part,
    },
}

/// A message's part in an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Request,
    Answer,
    Failure,
}

/// What came of a line.
pub(super) enum Line {
    /// It belongs to the form of the file.
    Head,
    /// It says nothing of flows, assets or operations.
    Unused,
    Told(Box<Told>),
}

impl LogImport {
    /// An import with nothing read yet, by the name that the observation is to have.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            world: World::new(settings),
            clock: Clock::default(),
            file: String::new(),
            head: Head::default(),
            line: 0,
            lines: 0,
            unused: 0,
            set_aside: Vec::new(),
            set_aside_count: 0,
            index: BTreeMap::new(),
            connections: BTreeMap::new(),
            next: 1,
        }
    }

    /// Begins a file. Zeek's JSON lines don't name their log: the part of the name before the first dot does.
    pub fn begin(&mut self, file: &str) {
        file.clone_into(&mut self.file);
        self.head = Head::of_file(file);
        self.line = 0;
    }

    /// Takes the next line of the file, without its line end. Records that make room are given at once.
    pub fn line(&mut self, line: &str, sink: &mut dyn FlowSink) {
        self.line += 1;
        self.lines += 1;
        match self.read(line) {
            Ok(Line::Head) => {}
            Ok(Line::Unused) => self.unused += 1,
            Ok(Line::Told(told)) => self.take(*told, sink),
            Err(reason) => {
                self.set_aside_count += 1;
                self.world.ledger.not_understood.add("log-line", 1, self.line);
                if self.set_aside.len() < Imported::MAX_SET_ASIDE {
                    self.set_aside.push(SetAside {
                        file: self.file.clone(),
                        line: self.line,
                        reason,
                    });
                }
            }
        }
    }

    fn read(&mut self, line: &str) -> Result<Line, BadLine> {
        if line.len() > MAX_LINE {
            return Err(BadLine::TooLong);
        }
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            return Ok(Line::Head);
        }
        if line.starts_with('{') {
            let Ok(Value::Object(map)) = serde_json::from_str(line) else {
                return Err(BadLine::NotJson);
            };
            let fields = Fields::Object(&map);
            return if map.contains_key("event_type") {
                eve::read(&fields)
            } else {
                zeek::read(self.head.log(), &fields)
            };
        }
        if let Some(head) = line.strip_prefix('#') {
            self.head.take(head);
            return Ok(Line::Head);
        }
        let fields = self.head.split(line)?;
        zeek::read(self.head.log(), &fields)
    }

    /// Adds what a line says to its connection.
    fn take(&mut self, told: Told, sink: &mut dyn FlowSink) {
        let known = self.index.get(&told.id).copied();
        let number = match known {
            Some(number) => number,
            None => {
                if self.connections.len() >= MAX_CONNECTIONS {
                    self.give_oldest(sink);
                    self.world.ledger.evicted.add("connections", 1, self.line);
                }
                let number = self.next;
                self.next += 1;
                self.index.insert(told.id.clone(), number);
                self.connections
                    .insert(number, Gathered::new(&told, number, self.line));
                number
            }
        };
        let line = self.line;
        if let Some(gathered) = self.connections.get_mut(&number)
            && gathered.add(told, line) == Room::None
        {
            self.world.ledger.evicted.add("operations", 1, line);
        }
    }

    fn give_oldest(&mut self, sink: &mut dyn FlowSink) {
        if let Some((_, gathered)) = self.connections.pop_first() {
            self.index.remove(&gathered.id);
            let moment = self.clock.at(gathered.record.packet, gathered.record.first);
            give(&mut self.world, gathered.record, moment, sink);
        }
    }

    /// Gives the records that are left, and what was learned of assets and coverage.
    #[must_use]
    pub fn finish(mut self, sink: &mut dyn FlowSink) -> Imported {
        while !self.connections.is_empty() {
            self.give_oldest(sink);
        }
        Imported {
            observation: crate::finish::observation(self.world, NonZeroUsize::MIN),
            lines: self.lines,
            unused: self.unused,
            set_aside: self.set_aside,
            set_aside_count: self.set_aside_count,
        }
    }
}

/// Whether something found a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Found,
    None,
}

impl Gathered {
    fn new(told: &Told, number: u64, line: u64) -> Self {
        let record = FlowRecord {
            first: told.at,
            last: told.at,
            initiator: told.initiator.0,
            responder: told.responder.0,
            initiator_port: told.initiator.1,
            responder_port: told.responder.1,
            transport: told.transport,
            vlan: told.vlan,
            basis: InitiatorBasis::Request,
            opened: true,
            protocol: None,
            sent: Traffic::default(),
            received: Traffic::default(),
            missed: 0,
            packet: line,
            connection: Connection {
                flow: number,
                ..Connection::default()
            },
            operations: Vec::new(),
        };
        Self {
            id: told.id.clone(),
            record,
        }
    }

    fn add(&mut self, told: Told, line: u64) -> Room {
        let record = &mut self.record;
        record.first = record.first.min(told.at);
        record.last = record.last.max(told.at);
        record.vlan = record.vlan.or(told.vlan);
        for (known, more) in [
            (&mut record.initiator, told.initiator.0),
            (&mut record.responder, told.responder.0),
        ] {
            known.mac = known.mac.or(more.mac);
        }
        match told.what {
            What::Whole {
                last,
                protocol,
                sent,
                received,
                payload: [sent_payload, received_payload],
                missed,
                basis,
            } => {
                record.last = record.last.max(last);
                record.protocol = protocol
                    .map(|known| (known, Recognition::Content))
                    .or(record.protocol);
                add(&mut record.sent, sent);
                add(&mut record.received, received);
                let known = &mut record.connection;
                known.sent_payload = known.sent_payload.saturating_add(sent_payload);
                known.received_payload = known.received_payload.saturating_add(received_payload);
                record.missed = record.missed.saturating_add(missed);
                record.basis = basis;
                Room::Found
            }
            What::Message {
                protocol,
                operation,
                function,
                name,
                unit,
                part,
            } => {
                record.protocol = record.protocol.or(Some((protocol, Recognition::Content)));
                let operations = &mut record.operations;
                let is = |row: &&mut OperationRecord| {
                    (row.protocol, row.operation, row.function, row.unit)
                        == (protocol, operation, function, unit)
                        && row.function_name == name
                };
                if let Some(row) = operations.iter_mut().find(is) {
                    count(row, part);
                } else if operations.len() < MAX_OPERATIONS {
                    let mut row = OperationRecord {
                        protocol,
                        operation,
                        function,
                        function_name: Cow::Owned(name),
                        unit,
                        requests: 0,
                        responses: 0,
                        failures: 0,
                        objects: Vec::new(),
                        objects_dropped: 0,
                        packet: line,
                        exchange: Exchange::default(),
                    };
                    count(&mut row, part);
                    operations.push(row);
                } else {
                    return Room::None;
                }
                Room::Found
            }
        }
    }
}

const fn count(row: &mut OperationRecord, part: Part) {
    match part {
        Part::Request => row.requests += 1,
        Part::Answer => row.responses += 1,
        Part::Failure => row.failures += 1,
    }
}

const fn add(sum: &mut Traffic, more: Traffic) {
    sum.packets = sum.packets.saturating_add(more.packets);
    sum.bytes = sum.bytes.saturating_add(more.bytes);
}

/// The transport by its name in either log.
pub(super) fn transport(name: &str) -> Option<Transport> {
    Some(match name.to_ascii_lowercase().as_str() {
        "tcp" => Transport::TCP,
        "udp" => Transport::UDP,
        "icmp" => Transport::Ip(IpProtocol::ICMP),
        "ipv6-icmp" | "icmpv6" => Transport::Ip(IpProtocol::ICMPV6),
        _ => return None,
    })
}
