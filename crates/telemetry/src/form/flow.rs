//! Flow records as JSON.

use super::{EndpointForm, Time, TrafficForm};
use cofferdam_observe::{FlowRecord, OperationRecord};
use cofferdam_terms::{VlanId, WireText};
use serde::{Deserialize, Serialize};

/// A flow record, for `--json` and the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowForm {
    /// The capture's name.
    pub capture: String,
    /// When its first packet was seen.
    pub first_seen: Time,
    /// When its last packet was seen.
    pub last_seen: Time,
    /// Who opened it.
    pub initiator: EndpointForm,
    /// The initiator's port.
    pub initiator_port: u16,
    /// Who answers.
    pub responder: EndpointForm,
    /// The responder's port.
    pub responder_port: u16,
    /// What carries it.
    pub transport: String,
    /// The innermost VLAN.
    pub vlan: Option<u16>,
    /// How the initiator is known.
    pub initiator_basis: String,
    /// Whether the flow began in this record.
    pub opened: bool,
    /// The application protocol.
    pub protocol: Option<String>,
    /// How it is known.
    pub recognition: Option<String>,
    /// What the initiator sent.
    pub sent: TrafficForm,
    /// What the responder sent.
    pub received: TrafficForm,
    /// Bytes that the capture missed.
    pub missed_bytes: u64,
    /// The first packet's number in the capture.
    pub packet: u64,
    /// What was asked.
    pub operations: Vec<OperationForm>,
}

/// What was asked by one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationForm {
    /// The protocol spoken.
    pub protocol: String,
    /// The operation class.
    pub operation: String,
    /// The function's code.
    pub function_code: u32,
    /// Its name.
    pub function: String,
    /// The unit behind the responder.
    pub unit: Option<u32>,
    /// Requests.
    pub requests: u64,
    /// Answers that do not report failure.
    pub responses: u64,
    /// Answers that do.
    pub failures: u64,
    /// Objects addressed.
    pub objects: Vec<String>,
    /// Further objects, not kept.
    pub objects_dropped: u64,
    /// The first packet that asked.
    pub packet: u64,
}

impl FlowForm {
    /// A record and the capture that it is from.
    #[must_use]
    pub fn new(capture: &str, record: &FlowRecord) -> Self {
        Self {
            capture: capture.to_owned(),
            first_seen: record.first.into(),
            last_seen: record.last.into(),
            initiator: record.initiator.into(),
            initiator_port: record.initiator_port,
            responder: record.responder.into(),
            responder_port: record.responder_port,
            transport: record.transport.to_string(),
            vlan: record.vlan.map(VlanId::get),
            initiator_basis: record.basis.name().to_owned(),
            opened: record.opened,
            protocol: record.protocol.map(|(protocol, _)| protocol.to_string()),
            recognition: record.protocol.map(|(_, how)| how.name().to_owned()),
            sent: record.sent.into(),
            received: record.received.into(),
            missed_bytes: record.missed,
            packet: record.packet,
            operations: record.operations.iter().map(OperationForm::from).collect(),
        }
    }
}

impl From<&OperationRecord> for OperationForm {
    fn from(asked: &OperationRecord) -> Self {
        Self {
            protocol: asked.protocol.to_string(),
            operation: asked.operation.to_string(),
            function_code: asked.function,
            function: asked.function_name.to_string(),
            unit: asked.unit,
            requests: asked.requests,
            responses: asked.responses,
            failures: asked.failures,
            objects: asked.objects.iter().map(WireText::to_string).collect(),
            objects_dropped: asked.objects_dropped,
            packet: asked.packet,
        }
    }
}
