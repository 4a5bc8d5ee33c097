//! The logs, with their fields and types. Tables only.

use super::row::calendar;
use cofferdam_terms::Timestamp;

/// A log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ZeekLog {
    /// Connections (Zeek's own).
    Conn,
    /// COTP units (ICSNPP-S7COMM).
    Cotp,
    /// S7comm messages (ICSNPP-S7COMM).
    S7comm,
    /// Modbus messages with their values (ICSNPP-Modbus).
    ModbusDetailed,
    /// EtherNet/IP commands (ICSNPP-ENIP).
    Enip,
    /// CIP services (ICSNPP-ENIP).
    Cip,
    /// DNP3 requests with their replies (Zeek's own).
    Dnp3,
    /// DNP3 control blocks (ICSNPP-DNP3).
    Dnp3Control,
    /// DNP3 objects that are read (ICSNPP-DNP3).
    Dnp3Objects,
    /// OPC UA messages (ICSNPP-OPCUA-Binary).
    OpcuaBinary,
    /// Nodes that are read (ICSNPP-OPCUA-Binary).
    OpcuaBinaryReadNodes,
    /// Nodes that are written (ICSNPP-OPCUA-Binary).
    OpcuaBinaryWrite,
}

type Columns = &'static [(&'static str, &'static str)];

const COMMON: Columns = &[
    ("ts", "time"),
    ("uid", "string"),
    ("id.orig_h", "addr"),
    ("id.orig_p", "port"),
    ("id.resp_h", "addr"),
    ("id.resp_p", "port"),
];

const DIRECTION: Columns = &[
    ("is_orig", "bool"),
    ("source_h", "addr"),
    ("source_p", "port"),
    ("destination_h", "addr"),
    ("destination_p", "port"),
];

impl ZeekLog {
    /// Every log.
    pub const ALL: [Self; 12] = [
        Self::Conn,
        Self::Cotp,
        Self::S7comm,
        Self::ModbusDetailed,
        Self::Enip,
        Self::Cip,
        Self::Dnp3,
        Self::Dnp3Control,
        Self::Dnp3Objects,
        Self::OpcuaBinary,
        Self::OpcuaBinaryReadNodes,
        Self::OpcuaBinaryWrite,
    ];

    /// Its path, which with `.log` is its file's name.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Conn => "conn",
            Self::Cotp => "cotp",
            Self::S7comm => "s7comm",
            Self::ModbusDetailed => "modbus_detailed",
            Self::Enip => "enip",
            Self::Cip => "cip",
            Self::Dnp3 => "dnp3",
            Self::Dnp3Control => "dnp3_control",
            Self::Dnp3Objects => "dnp3_objects",
            Self::OpcuaBinary => "opcua_binary",
            Self::OpcuaBinaryReadNodes => "opcua_binary_read_nodes_to_read",
            Self::OpcuaBinaryWrite => "opcua_binary_write",
        }
    }

    /// Its fields with their types, in order.
    pub fn columns(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let directed = match self {
            Self::Conn | Self::Dnp3 => &[],
            Self::Cotp
            | Self::S7comm
            | Self::ModbusDetailed
            | Self::Enip
            | Self::Cip
            | Self::Dnp3Control
            | Self::Dnp3Objects
            | Self::OpcuaBinary
            | Self::OpcuaBinaryReadNodes
            | Self::OpcuaBinaryWrite => DIRECTION,
        };
        COMMON.iter().chain(directed).chain(self.own()).copied()
    }

    const fn own(self) -> Columns {
        match self {
            Self::Conn => &[
                ("proto", "enum"),
                ("service", "string"),
                ("duration", "interval"),
                ("orig_bytes", "count"),
                ("resp_bytes", "count"),
                ("conn_state", "string"),
                ("local_orig", "bool"),
                ("local_resp", "bool"),
                ("missed_bytes", "count"),
                ("history", "string"),
                ("orig_pkts", "count"),
                ("orig_ip_bytes", "count"),
                ("resp_pkts", "count"),
                ("resp_ip_bytes", "count"),
                ("tunnel_parents", "set[string]"),
                ("vlan", "int"),
                ("orig_l2_addr", "string"),
                ("resp_l2_addr", "string"),
            ],
            Self::Cotp => &[("pdu_code", "string"), ("pdu_name", "string")],
            Self::S7comm => &[
                ("rosctr_code", "count"),
                ("rosctr_name", "string"),
                ("pdu_reference", "count"),
                ("function_code", "string"),
                ("function_name", "string"),
                ("subfunction_code", "string"),
                ("subfunction_name", "string"),
                ("error_class", "string"),
                ("error_code", "string"),
            ],
            Self::ModbusDetailed => &[
                ("tid", "count"),
                ("unit", "count"),
                ("func", "string"),
                ("request_response", "string"),
                ("address", "count"),
                ("quantity", "count"),
                ("values", "string"),
            ],
            Self::Enip => &[
                ("enip_command_code", "string"),
                ("enip_command", "string"),
                ("length", "count"),
                ("session_handle", "string"),
                ("enip_status", "string"),
                ("sender_context", "string"),
                ("options", "string"),
            ],
            Self::Cip => &[
                ("cip_sequence_count", "count"),
                ("direction", "string"),
                ("cip_service_code", "string"),
                ("cip_service", "string"),
                ("cip_status_code", "string"),
                ("cip_status", "string"),
                ("cip_extended_status_code", "string"),
                ("cip_extended_status", "string"),
                ("class_id", "string"),
                ("class_name", "string"),
                ("instance_id", "string"),
                ("attribute_id", "string"),
            ],
            Self::Dnp3 => &[("fc_request", "string"), ("fc_reply", "string"), ("iin", "count")],
            Self::Dnp3Control => &[
                ("block_type", "string"),
                ("function_code", "string"),
                ("index_number", "count"),
                ("trip_control_code", "string"),
                ("operation_type", "string"),
                ("execute_count", "count"),
                ("on_time", "count"),
                ("off_time", "count"),
                ("status_code", "string"),
            ],
            Self::Dnp3Objects => &[
                ("function_code", "string"),
                ("object_type", "string"),
                ("object_count", "count"),
                ("range_low", "count"),
                ("range_high", "count"),
            ],
            Self::OpcuaBinary => &[
                ("opcua_link_id", "string"),
                ("msg_type", "string"),
                ("error", "count"),
                ("reason", "string"),
                ("endpoint_url", "string"),
                ("sec_policy_uri", "string"),
                ("request_id", "count"),
                ("identifier", "count"),
                ("identifier_str", "string"),
            ],
            Self::OpcuaBinaryReadNodes => &[
                ("nodes_to_read_link_id", "string"),
                ("node_id_namespace_idx", "count"),
                ("node_id_numeric", "count"),
                ("node_id_string", "string"),
                ("node_id_guid", "string"),
                ("node_id_opaque", "string"),
            ],
            Self::OpcuaBinaryWrite => &[
                ("opcua_link_id", "string"),
                ("node_id_namespace_idx", "count"),
                ("node_id_numeric", "count"),
                ("node_id_string", "string"),
                ("node_id_guid", "string"),
                ("node_id_opaque", "string"),
            ],
        }
    }

    /// The lines at its head.
    pub(super) fn head(self, at: Timestamp) -> [String; 8] {
        let row = |head: &str, of: fn((&'static str, &'static str)) -> &'static str| {
            let fields = self.columns().map(of);
            std::iter::once(head).chain(fields).collect::<Vec<_>>().join("\t")
        };
        [
            "#separator \\x09".to_owned(),
            "#set_separator\t,".to_owned(),
            "#empty_field\t(empty)".to_owned(),
            "#unset_field\t-".to_owned(),
            format!("#path\t{}", self.path()),
            format!("#open\t{}", calendar(at)),
            row("#fields", |(name, _)| name),
            row("#types", |(_, kind)| kind),
        ]
    }
}
