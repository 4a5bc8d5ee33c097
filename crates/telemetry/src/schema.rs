//! The tables and their columns: the one list from which schemas, the reference and `SHOW COLUMNS` come.

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::{Arc, LazyLock};

/// A table that is kept in Parquet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One row for each flow record: a flow, or the part of it in one clock hour.
    Flows,
    /// One row for each function that was asked over a flow record.
    Operations,
    /// One row for each asset seen in a capture.
    Assets,
    /// One row for each fact that a device claimed about itself or another.
    IdentityFacts,
    /// One row for each kind of thing that was done to a device by another, or refused.
    Events,
    /// One row for each write that changed a value, or of which the value before is not known.
    Writes,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of whole numbers below 65,536.
    Numbers16,
    /// A whole number below 65,536.
    Number16,
    /// A whole number below 2³².
    Number32,
    /// A whole number below 2⁶⁴.
    Number64,
    /// A fraction.
    Real,
    /// True or false.
    Flag,
    /// A time, in nanoseconds UTC.
    Time,
}

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it means.
    pub meaning: &'static str,
}

const fn column(name: &'static str, kind: ColumnKind, meaning: &'static str) -> Column {
    Column {
        name,
        kind,
        nullable: false,
        meaning,
    }
}

const fn maybe(name: &'static str, kind: ColumnKind, meaning: &'static str) -> Column {
    Column {
        name,
        kind,
        nullable: true,
        meaning,
    }
}

/// Columns that every table has, filled from the record of the capture rather than from the Parquet file.
pub(crate) const CAPTURE_COLUMNS: &[Column] = &[
    column("capture", ColumnKind::Text, "the capture's file name"),
    column(
        "capture_id",
        ColumnKind::Text,
        "the capture, by its content: two files of one content are one",
    ),
];

impl Table {
    /// Every table.
    pub const ALL: [Self; 6] = [
        Self::Flows,
        Self::Operations,
        Self::Assets,
        Self::IdentityFacts,
        Self::Events,
        Self::Writes,
    ];

    /// Its name in SQL, and its folder's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flows => "flows",
            Self::Operations => "operations",
            Self::Assets => "assets",
            Self::IdentityFacts => "identity_facts",
            Self::Events => "events",
            Self::Writes => "writes",
        }
    }

    /// Its columns as they stand in the Parquet file. In SQL, `capture` and `capture_id` come after them.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Flows => FLOWS,
            Self::Operations => OPERATIONS,
            Self::Assets => ASSETS,
            Self::IdentityFacts => IDENTITY_FACTS,
            Self::Events => EVENTS,
            Self::Writes => WRITES,
        }
    }

    /// The schema of its Parquet files.
    pub(crate) fn schema(self) -> SchemaRef {
        static SCHEMAS: LazyLock<[SchemaRef; 6]> =
            LazyLock::new(|| Table::ALL.map(|table| Arc::new(Schema::new(fields(table.columns())))));
        let [flows, operations, assets, identity_facts, events, writes] = &*SCHEMAS;
        Arc::clone(match self {
            Self::Flows => flows,
            Self::Operations => operations,
            Self::Assets => assets,
            Self::IdentityFacts => identity_facts,
            Self::Events => events,
            Self::Writes => writes,
        })
    }
}

pub(crate) fn fields(columns: &[Column]) -> Vec<Field> {
    columns
        .iter()
        .map(|column| Field::new(column.name, column.kind.data_type(), column.nullable))
        .collect()
}

impl ColumnKind {
    fn data_type(self) -> DataType {
        let list = |item| DataType::List(Arc::new(Field::new_list_field(item, true)));
        match self {
            Self::Text => DataType::Utf8,
            Self::Texts => list(DataType::Utf8),
            Self::Numbers16 => list(DataType::UInt16),
            Self::Number16 => DataType::UInt16,
            Self::Number32 => DataType::UInt32,
            Self::Number64 => DataType::UInt64,
            Self::Real => DataType::Float64,
            Self::Flag => DataType::Boolean,
            Self::Time => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        }
    }
}

use ColumnKind::{Flag, Number16, Number32, Number64, Numbers16, Real, Text, Texts, Time};

const FLOWS: &[Column] = &[
    column("flow", Number64, "the record's number in its capture, from 1"),
    column("first_seen", Time, "when its first packet was seen"),
    column("last_seen", Time, "when its last packet was seen"),
    maybe("initiator_ip", Text, "who opened it: IP address"),
    maybe(
        "initiator_mac",
        Text,
        "who opened it: MAC address on the captured segment",
    ),
    column(
        "initiator_port",
        Number16,
        "the initiator's port, 0 where there are none",
    ),
    maybe("responder_ip", Text, "who answers: IP address"),
    maybe(
        "responder_mac",
        Text,
        "who answers: MAC address on the captured segment",
    ),
    column(
        "responder_port",
        Number16,
        "the responder's port, 0 where there are none",
    ),
    maybe("vlan", Number16, "the innermost VLAN"),
    column("transport", Text, "tcp, udp, icmp, ip-47, ethernet-0x8892"),
    column(
        "initiator_basis",
        Text,
        "how the initiator is known: syn, request, port, first",
    ),
    column("opened", Flag, "whether the flow began in this record"),
    maybe("protocol", Text, "the application protocol"),
    maybe("recognition", Text, "how it is known: content, or port (a guess)"),
    column("initiator_packets", Number64, "packets that the initiator sent"),
    column(
        "initiator_bytes",
        Number64,
        "bytes that the initiator sent, headers included",
    ),
    column("responder_packets", Number64, "packets that the responder sent"),
    column(
        "responder_bytes",
        Number64,
        "bytes that the responder sent, headers included",
    ),
    column(
        "missed_bytes",
        Number64,
        "bytes of the stream that the capture missed",
    ),
    column(
        "packet",
        Number64,
        "the number of its first packet in the capture, from 1",
    ),
];

const OPERATIONS: &[Column] = &[
    column("flow", Number64, "the flow record, by its number in the capture"),
    column("first_seen", Time, "when the flow record's first packet was seen"),
    column("last_seen", Time, "when the flow record's last packet was seen"),
    maybe("initiator_ip", Text, "who opened the flow: IP address"),
    maybe("initiator_mac", Text, "who opened the flow: MAC address"),
    maybe("responder_ip", Text, "who answers: IP address"),
    maybe("responder_mac", Text, "who answers: MAC address"),
    column(
        "responder_port",
        Number16,
        "the responder's port, 0 where there are none",
    ),
    column("transport", Text, "tcp, udp, ethernet-0x8892"),
    column(
        "protocol",
        Text,
        "the protocol spoken; may be one inside the flow's",
    ),
    column(
        "operation",
        Text,
        "the operation class: read, write, control, program",
    ),
    column("function_code", Number32, "the function's code on the wire"),
    column("function", Text, "the protocol's name for the function"),
    maybe("unit", Number32, "the unit behind the responder"),
    column("requests", Number64, "requests and unsolicited messages"),
    column("responses", Number64, "answers that report success or no status"),
    column("failures", Number64, "answers that report failure"),
    column("objects", Texts, "objects addressed, in the protocol's notation"),
    column(
        "objects_dropped",
        Number64,
        "further objects that were addressed and not kept",
    ),
    column(
        "packet",
        Number64,
        "the number of the first packet that asked, from 1",
    ),
];

const ASSETS: &[Column] = &[
    column(
        "asset",
        Text,
        "the asset's key: its lowest IP address, or its MAC",
    ),
    column("role", Text, "the most likely role: plc, historian, unknown"),
    column("role_confidence", Real, "how sure, 0 to 1"),
    column("role_reasons", Texts, "why"),
    maybe("oui_vendor", Text, "the maker by its MAC address"),
    column("ips", Texts, "its IP addresses"),
    column("macs", Texts, "its MAC addresses"),
    column("vlans", Numbers16, "the VLANs that it was seen in"),
    column("joins", Texts, "why these addresses are one asset"),
    column("units", Texts, "units behind it: `modbus 3`"),
    column("serves", Texts, "what it answers: `modbus tcp/502`"),
    column("uses", Texts, "what it asks of others: `opcua tcp/4840`"),
    column("first_seen", Time, "when its first packet was seen"),
    column("last_seen", Time, "when its last packet was seen"),
    column("sent_packets", Number64, "packets that it sent"),
    column("sent_bytes", Number64, "bytes that it sent"),
    column("received_packets", Number64, "packets sent to it"),
    column("received_bytes", Number64, "bytes sent to it"),
];

const IDENTITY_FACTS: &[Column] = &[
    column("asset", Text, "the asset that it is about, by its key"),
    column("field", Text, "what kind of fact: vendor, firmware, serial"),
    column("value", Text, "the value, as the sender claims it"),
    column("protocol", Text, "the protocol that says it"),
    maybe("unit", Number32, "the unit behind the asset, if it is about that"),
    column("first_seen", Time, "when it was first said"),
    column("times", Number64, "how often it was said"),
    column("packet", Number64, "the first packet that says it, from 1"),
];

const EVENTS: &[Column] = &[
    column("first_seen", Time, "when it was first seen"),
    column("last_seen", Time, "when it was last seen"),
    column("event", Text, "what was done: program-download, mode-stop"),
    column(
        "techniques",
        Texts,
        "what an adversary would use it for: techniques of MITRE ATT&CK for ICS",
    ),
    maybe("initiator_ip", Text, "who asked: IP address"),
    maybe("initiator_mac", Text, "who asked: MAC address"),
    maybe("responder_ip", Text, "who was asked: IP address"),
    maybe("responder_mac", Text, "who was asked: MAC address"),
    column(
        "responder_port",
        Number16,
        "the responder's port, 0 where there are none",
    ),
    column("transport", Text, "tcp, udp, ethernet-0x8892"),
    column("protocol", Text, "the protocol spoken"),
    column("operation", Text, "the operation class"),
    column("function_code", Number32, "the function's code on the wire"),
    column("function", Text, "the protocol's name for the function"),
    maybe("unit", Number32, "the unit behind the responder"),
    column(
        "objects",
        Texts,
        "what it was done to, in the protocol's notation",
    ),
    column("objects_dropped", Number64, "further objects, not kept"),
    column(
        "times",
        Number64,
        "how often it was asked for or, for a refusal, given",
    ),
    column("done", Number64, "how many answers said that it was done"),
    column("refused", Number64, "how many answers refused it"),
    maybe("reason", Text, "the failure's name, where the event is a refusal"),
    column("packet", Number64, "the number of the first packet of it, from 1"),
    column("last_packet", Number64, "the number of the last"),
];

const WRITES: &[Column] = &[
    column("seen", Time, "when it was written"),
    maybe("initiator_ip", Text, "who asked: IP address"),
    maybe("initiator_mac", Text, "who asked: MAC address"),
    maybe("responder_ip", Text, "who was asked: IP address"),
    maybe("responder_mac", Text, "who was asked: MAC address"),
    column(
        "responder_port",
        Number16,
        "the responder's port, 0 where there are none",
    ),
    column("transport", Text, "tcp, udp, ethernet-0x8892"),
    column("protocol", Text, "the protocol spoken"),
    column("operation", Text, "the operation class"),
    column("function_code", Number32, "the function's code on the wire"),
    column("function", Text, "the protocol's name for the function"),
    maybe("unit", Number32, "the unit behind the responder"),
    column("object", Text, "what was written, in the protocol's notation"),
    maybe("before", Text, "the value before, if anything showed it"),
    maybe("before_basis", Text, "what showed it: read, write"),
    column("after", Text, "the value that was written"),
    column("done", Flag, "false if the device refused it"),
    maybe("refusal", Text, "the device's reason, if it refused"),
    column(
        "writes",
        Number64,
        "how often the same host wrote this object, changed or not",
    ),
    column("packet", Number64, "the number of the packet, from 1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_table_has_a_column_twice_and_every_column_says_what_it_means() {
        for table in Table::ALL {
            let mut names: Vec<_> = table
                .columns()
                .iter()
                .chain(CAPTURE_COLUMNS)
                .map(|c| c.name)
                .collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", table.name());
            assert!(table.columns().iter().all(|column| !column.meaning.is_empty()));
        }
    }
}
