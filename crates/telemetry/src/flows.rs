//! The `flows` table: flow records to rows and back.

use crate::columns::{BadRow, Flags, Numbers16, Numbers64, Row, Texts, Times, Vlans, bad};
use crate::schema::Table;
use cofferdam_observe::Protocol;
use cofferdam_observe::{Connection, Endpoint, FlowRecord, InitiatorBasis, Recognition, Traffic};
use cofferdam_terms::VlanId;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;

/// Rows that are not yet written.
#[derive(Default)]
pub(crate) struct FlowRows {
    rows: usize,
    flow: Numbers64,
    first_seen: Times,
    last_seen: Times,
    initiator_ip: Texts,
    initiator_mac: Texts,
    initiator_port: Numbers16,
    responder_ip: Texts,
    responder_mac: Texts,
    responder_port: Numbers16,
    vlan: Vlans,
    transport: Texts,
    initiator_basis: Texts,
    opened: Flags,
    protocol: Texts,
    recognition: Texts,
    initiator_packets: Numbers64,
    initiator_bytes: Numbers64,
    responder_packets: Numbers64,
    responder_bytes: Numbers64,
    missed_bytes: Numbers64,
    packet: Numbers64,
}

impl FlowRows {
    pub(crate) const fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn push(&mut self, number: u64, record: &FlowRecord) {
        self.rows += 1;
        self.flow.push(number);
        self.first_seen.push(record.first);
        self.last_seen.push(record.last);
        self.initiator_ip.push_maybe(record.initiator.ip);
        self.initiator_mac.push_maybe(record.initiator.mac);
        self.initiator_port.push(record.initiator_port);
        self.responder_ip.push_maybe(record.responder.ip);
        self.responder_mac.push_maybe(record.responder.mac);
        self.responder_port.push(record.responder_port);
        self.vlan.push(record.vlan.map(VlanId::get));
        self.transport.push(record.transport);
        self.initiator_basis.push(record.basis.name());
        self.opened.push(record.opened);
        self.protocol
            .push_maybe(record.protocol.map(|(protocol, _)| protocol));
        self.recognition
            .push_maybe(record.protocol.map(|(_, how)| how.name()));
        self.initiator_packets.push(record.sent.packets);
        self.initiator_bytes.push(record.sent.bytes);
        self.responder_packets.push(record.received.packets);
        self.responder_bytes.push(record.received.bytes);
        self.missed_bytes.push(record.missed);
        self.packet.push(record.packet);
    }

    pub(crate) fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        RecordBatch::try_new(
            Table::Flows.schema(),
            vec![
                self.flow.finish(),
                self.first_seen.finish(),
                self.last_seen.finish(),
                self.initiator_ip.finish(),
                self.initiator_mac.finish(),
                self.initiator_port.finish(),
                self.responder_ip.finish(),
                self.responder_mac.finish(),
                self.responder_port.finish(),
                self.vlan.finish(),
                self.transport.finish(),
                self.initiator_basis.finish(),
                self.opened.finish(),
                self.protocol.finish(),
                self.recognition.finish(),
                self.initiator_packets.finish(),
                self.initiator_bytes.finish(),
                self.responder_packets.finish(),
                self.responder_bytes.finish(),
                self.missed_bytes.finish(),
                self.packet.finish(),
            ],
        )
    }
}

/// A row as a flow record, still without its operations.
pub(crate) fn read(row: Row<'_>) -> Result<FlowRecord, BadRow> {
    Ok(FlowRecord {
        first: row.time("first_seen")?,
        last: row.time("last_seen")?,
        initiator: Endpoint {
            mac: row.mac("initiator_mac")?,
            ip: row.ip("initiator_ip")?,
        },
        responder: Endpoint {
            mac: row.mac("responder_mac")?,
            ip: row.ip("responder_ip")?,
        },
        initiator_port: row.number16("initiator_port")?,
        responder_port: row.number16("responder_port")?,
        transport: row.parsed("transport")?,
        vlan: vlan(row)?,
        basis: basis(row)?,
        opened: row.flag("opened")?,
        protocol: protocol(row)?,
        sent: Traffic {
            packets: row.number64("initiator_packets")?,
            bytes: row.number64("initiator_bytes")?,
        },
        received: Traffic {
            packets: row.number64("responder_packets")?,
            bytes: row.number64("responder_bytes")?,
        },
        missed: row.number64("missed_bytes")?,
        packet: row.number64("packet")?,
        // Not kept yet: no table has columns for it.
        connection: Connection::default(),
        operations: Vec::new(),
    })
}

fn vlan(row: Row<'_>) -> Result<Option<VlanId>, BadRow> {
    let number = row.number16_maybe("vlan")?;
    number
        .map(|number| VlanId::new(number).ok_or_else(|| bad("vlan", number)))
        .transpose()
}

fn basis(row: Row<'_>) -> Result<InitiatorBasis, BadRow> {
    use InitiatorBasis::{First, Port, Request, Syn};
    let word = row.text("initiator_basis")?;
    [Syn, Request, Port, First]
        .into_iter()
        .find(|basis| basis.name() == word)
        .ok_or_else(|| bad("initiator_basis", word))
}

fn protocol(row: Row<'_>) -> Result<Option<(Protocol, Recognition)>, BadRow> {
    let Some(word) = row.text_maybe("recognition")? else {
        return Ok(None);
    };
    let how = [Recognition::Content, Recognition::Port]
        .into_iter()
        .find(|how| how.name() == word)
        .ok_or_else(|| bad("recognition", word))?;
    Ok(Some((Protocol(row.name("protocol")?), how)))
}
