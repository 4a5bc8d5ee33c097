//! The `events` and `writes` tables: what was done to equipment, and which values became which. For questions in SQL.

use crate::columns::{Flags, Numbers16, Numbers32, Numbers64, TextLists, Texts, Times};
use crate::schema::Table;
use cofferdam_observe::{Event, Evidence, Parties, ValueChange, WriteRecord};
use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::error::ArrowError;

/// The columns that say who dealt with whom.
#[derive(Default)]
struct PartyRows {
    initiator_ip: Texts,
    initiator_mac: Texts,
    responder_ip: Texts,
    responder_mac: Texts,
    responder_port: Numbers16,
    transport: Texts,
}

impl PartyRows {
    fn push(&mut self, parties: &Parties) {
        self.initiator_ip.push_maybe(parties.initiator.ip);
        self.initiator_mac.push_maybe(parties.initiator.mac);
        self.responder_ip.push_maybe(parties.responder.ip);
        self.responder_mac.push_maybe(parties.responder.mac);
        self.responder_port.push(parties.port);
        self.transport.push(parties.transport);
    }

    fn finish(&mut self) -> [ArrayRef; 6] {
        [
            self.initiator_ip.finish(),
            self.initiator_mac.finish(),
            self.responder_ip.finish(),
            self.responder_mac.finish(),
            self.responder_port.finish(),
            self.transport.finish(),
        ]
    }
}

#[derive(Default)]
struct EventRows {
    first_seen: Times,
    last_seen: Times,
    event: Texts,
    techniques: TextLists,
    parties: PartyRows,
    protocol: Texts,
    operation: Texts,
    function_code: Numbers32,
    function: Texts,
    unit: Numbers32,
    objects: TextLists,
    objects_dropped: Numbers64,
    times: Numbers64,
    done: Numbers64,
    refused: Numbers64,
    reason: Texts,
    packet: Numbers64,
    last_packet: Numbers64,
}

/// The rows of the `events` table.
pub(crate) fn events(events: &[Event]) -> Result<RecordBatch, ArrowError> {
    let mut rows = EventRows::default();
    for event in events {
        rows.push(event);
    }
    rows.take()
}

impl EventRows {
    fn push(&mut self, event: &Event) {
        self.first_seen.push(event.first.at);
        self.last_seen.push(event.last.at);
        self.event.push(event.kind.name());
        self.techniques
            .push(event.kind.techniques().iter().map(|technique| technique.id));
        self.parties.push(&event.parties);
        self.protocol.push(event.protocol);
        self.operation.push(event.operation);
        self.function_code.push(Some(event.function));
        self.function.push(event.function_name);
        self.unit.push(event.unit);
        self.objects.push(&event.objects);
        self.objects_dropped.push(event.objects_dropped);
        self.times.push(event.times);
        self.done.push(event.done);
        self.refused.push(event.refused);
        self.reason.push_maybe(event.reason);
        self.packet.push(event.first.packet);
        self.last_packet.push(event.last.packet);
    }

    fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let mut columns = vec![
            self.first_seen.finish(),
            self.last_seen.finish(),
            self.event.finish(),
            self.techniques.finish(),
        ];
        columns.extend(self.parties.finish());
        columns.extend([
            self.protocol.finish(),
            self.operation.finish(),
            self.function_code.finish(),
            self.function.finish(),
            self.unit.finish(),
            self.objects.finish(),
            self.objects_dropped.finish(),
            self.times.finish(),
            self.done.finish(),
            self.refused.finish(),
            self.reason.finish(),
            self.packet.finish(),
            self.last_packet.finish(),
        ]);
        RecordBatch::try_new(Table::Events.schema(), columns)
    }
}

#[derive(Default)]
struct WriteRows {
    seen: Times,
    parties: PartyRows,
    protocol: Texts,
    operation: Texts,
    function_code: Numbers32,
    function: Texts,
    unit: Numbers32,
    object: Texts,
    before: Texts,
    before_basis: Texts,
    after: Texts,
    done: Flags,
    refusal: Texts,
    writes: Numbers64,
    packet: Numbers64,
}

/// The rows of the `writes` table: one for each kept change.
pub(crate) fn writes(records: &[WriteRecord]) -> Result<RecordBatch, ArrowError> {
    let mut rows = WriteRows::default();
    for (record, change) in records
        .iter()
        .flat_map(|record| record.changes.iter().map(move |change| (record, change)))
    {
        rows.push(record, change);
    }
    rows.take()
}

impl WriteRows {
    fn push(&mut self, record: &WriteRecord, change: &ValueChange) {
        let Evidence { packet, at, .. } = change.evidence;
        self.seen.push(at);
        self.parties.push(&record.parties);
        self.protocol.push(record.protocol);
        self.operation.push(record.operation);
        self.function_code.push(Some(record.function));
        self.function.push(record.function_name);
        self.unit.push(record.unit);
        self.object.push(&record.object);
        let before = change.before.as_ref();
        self.before.push_maybe(before.map(|before| &before.value));
        self.before_basis
            .push_maybe(before.map(|before| before.basis.name()));
        self.after.push(&change.after);
        self.done.push(change.refused.is_none());
        self.refusal.push_maybe(change.refused);
        self.writes.push(record.times);
        self.packet.push(packet);
    }

    fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let mut columns = vec![self.seen.finish()];
        columns.extend(self.parties.finish());
        columns.extend([
            self.protocol.finish(),
            self.operation.finish(),
            self.function_code.finish(),
            self.function.finish(),
            self.unit.finish(),
            self.object.finish(),
            self.before.finish(),
            self.before_basis.finish(),
            self.after.finish(),
            self.done.finish(),
            self.refusal.finish(),
            self.writes.finish(),
            self.packet.finish(),
        ]);
        RecordBatch::try_new(Table::Writes.schema(), columns)
    }
}
