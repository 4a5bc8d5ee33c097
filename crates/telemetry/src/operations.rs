//! The `operations` table: what was asked over each flow record, to rows and back.

use crate::columns::{BadRow, Numbers16, Numbers32, Numbers64, Row, TextLists, Texts, Times};
use crate::schema::Table;
use cofferdam_observe::Protocol;
use cofferdam_observe::{Exchange, FlowRecord, OperationRecord};
use cofferdam_terms::WireText;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use std::borrow::Cow;

/// Rows that are not yet written. The flow's times and addresses stand in each row, so that most questions need no
/// join; dictionary encoding makes that nearly free.
#[derive(Default)]
pub(crate) struct OperationRows {
    rows: usize,
    flow: Numbers64,
    first_seen: Times,
    last_seen: Times,
    initiator_ip: Texts,
    initiator_mac: Texts,
    responder_ip: Texts,
    responder_mac: Texts,
    responder_port: Numbers16,
    transport: Texts,
    protocol: Texts,
    operation: Texts,
    function_code: Numbers32,
    function: Texts,
    unit: Numbers32,
    requests: Numbers64,
    responses: Numbers64,
    failures: Numbers64,
    objects: TextLists,
    objects_dropped: Numbers64,
    packet: Numbers64,
}

impl OperationRows {
    pub(crate) const fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn push(&mut self, number: u64, record: &FlowRecord) {
        for asked in &record.operations {
            self.rows += 1;
            self.flow.push(number);
            self.first_seen.push(record.first);
            self.last_seen.push(record.last);
            self.initiator_ip.push_maybe(record.initiator.ip);
            self.initiator_mac.push_maybe(record.initiator.mac);
            self.responder_ip.push_maybe(record.responder.ip);
            self.responder_mac.push_maybe(record.responder.mac);
            self.responder_port.push(record.responder_port);
            self.transport.push(record.transport);
            self.push_asked(asked);
        }
    }

    fn push_asked(&mut self, asked: &OperationRecord) {
        self.protocol.push(asked.protocol);
        self.operation.push(asked.operation);
        self.function_code.push(Some(asked.function));
        self.function.push(&asked.function_name);
        self.unit.push(asked.unit);
        self.requests.push(asked.requests);
        self.responses.push(asked.responses);
        self.failures.push(asked.failures);
        self.objects.push(&asked.objects);
        self.objects_dropped.push(asked.objects_dropped);
        self.packet.push(asked.packet);
    }

    pub(crate) fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        RecordBatch::try_new(
            Table::Operations.schema(),
            vec![
                self.flow.finish(),
                self.first_seen.finish(),
                self.last_seen.finish(),
                self.initiator_ip.finish(),
                self.initiator_mac.finish(),
                self.responder_ip.finish(),
                self.responder_mac.finish(),
                self.responder_port.finish(),
                self.transport.finish(),
                self.protocol.finish(),
                self.operation.finish(),
                self.function_code.finish(),
                self.function.finish(),
                self.unit.finish(),
                self.requests.finish(),
                self.responses.finish(),
                self.failures.finish(),
                self.objects.finish(),
                self.objects_dropped.finish(),
                self.packet.finish(),
            ],
        )
    }
}

/// A row as an operation record.
pub(crate) fn read(row: Row<'_>) -> Result<OperationRecord, BadRow> {
    Ok(OperationRecord {
        protocol: Protocol(row.name("protocol")?),
        operation: row.parsed("operation")?,
        function: row.number32("function_code")?,
        function_name: Cow::Owned(row.text("function")?.to_owned()),
        unit: row.number32_maybe("unit")?,
        requests: row.number64("requests")?,
        responses: row.number64("responses")?,
        failures: row.number64("failures")?,
        objects: row.texts("objects", WireText::from_stored)?,
        objects_dropped: row.number64("objects_dropped")?,
        packet: row.number64("packet")?,
        // Not kept yet: no table has columns for it.
        exchange: Exchange::default(),
    })
}
