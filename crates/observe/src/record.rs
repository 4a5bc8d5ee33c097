//! What observation gives: flow records, assets with their evidence, coverage. Values, owned, in a fixed order.

use crate::events::Event;
use crate::number::Number;
use crate::spread::Spread;
use crate::writes::WriteRecord;
use cofferdam_dissect::frame::TcpFlags;
use cofferdam_dissect::{IdentityField, Protocol};
use cofferdam_terms::{MacAddr, OperationClass, Timestamp, Transport, VlanId, WireText};
use std::borrow::Cow;
use std::net::IpAddr;

/// One end of a flow as it stands on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// Its link-layer address on the captured segment (a router's, when the host is beyond one).
    pub mac: Option<MacAddr>,
    /// Its IP address; `None` for protocols straight on Ethernet.
    pub ip: Option<IpAddr>,
}

/// Packets and bytes one way. Bytes are those on the wire, headers included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// How it is known who opened the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InitiatorBasis {
    /// A SYN (or SYN-ACK) was seen.
    Syn,
    /// Who sends requests was seen.
    Request,
    /// One port is a known service's.
    Port,
    /// Only who spoke first in the capture.
    First,
}

impl InitiatorBasis {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syn => "syn",
            Self::Request => "request",
            Self::Port => "port",
            Self::First => "first",
        }
    }
}

/// How the application protocol is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recognition {
    /// By what the bytes say.
    Content,
    /// By the port alone: a guess, and marked as one.
    Port,
}

impl Recognition {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Port => "port",
        }
    }
}

/// A flow, or the part of a long one that falls into one clock hour (UTC). A connection that outlives the hour goes
/// on in the next record, so that memory stays bounded and "when" can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRecord {
    /// When its first packet was seen.
    pub first: Timestamp,
    /// When its last packet was seen.
    pub last: Timestamp,
    /// Who opened it.
    pub initiator: Endpoint,
    /// Who answered, or was to.
    pub responder: Endpoint,
    /// The initiator's port; 0 where there are none. Records of one service that differ in this alone may be joined
    /// by the reader.
    pub initiator_port: u16,
    /// The responder's port; 0 where there are none.
    pub responder_port: u16,
    /// What carries it.
    pub transport: Transport,
    /// The innermost VLAN.
    pub vlan: Option<VlanId>,
    /// How the initiator is known.
    pub basis: InitiatorBasis,
    /// Whether this record is the flow's first (a connection opened in it).
    pub opened: bool,
    /// The application protocol, if known, and how.
    pub protocol: Option<(Protocol, Recognition)>,
    /// Initiator to responder.
    pub sent: Traffic,
    /// Responder to initiator.
    pub received: Traffic,
    /// Bytes of the stream that the capture missed (gaps, snap length).
    pub missed: u64,
    /// The number, from 1, of the first packet in its capture.
    pub packet: u64,
    /// Which flow it is of, and what its headers said beside addresses.
    pub connection: Connection,
    /// What was asked over it, ordered by protocol, class, function, unit.
    pub operations: Vec<OperationRecord>,
}

/// Which flow a record is of, and what its headers said beside addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Connection {
    /// The number, from 1, of the flow's first packet in its capture: the records of one flow share it, and no other
    /// flow has it. 0 if it is not known.
    pub flow: u64,
    /// Payload bytes that the initiator's packets of this record carried, repeated ones included.
    pub sent_payload: u64,
    /// The responder's.
    pub received_payload: u64,
    /// TCP flags that the initiator has set in the flow so far.
    pub sent_flags: TcpFlags,
    /// The responder's.
    pub received_flags: TcpFlags,
}

/// What was asked over a flow by one function to one unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OperationRecord {
    /// The protocol spoken, which may be one inside the flow's: `cip` inside `enip`.
    pub protocol: Protocol,
    /// The operation class.
    pub operation: OperationClass,
    /// The function's code.
    pub function: u32,
    /// The protocol's name for it.
    pub function_name: Cow<'static, str>,
    /// The unit behind the responder.
    pub unit: Option<u32>,
    /// Requests (unsolicited messages count here too).
    pub requests: u64,
    /// Answers that report success or no status.
    pub responses: u64,
    /// Answers that report failure.
    pub failures: u64,
    /// Objects addressed, joined and ordered, as text in the protocol's own notation; at most
    /// [`MAX_OBJECTS`](Self::MAX_OBJECTS).
    pub objects: Vec<WireText>,
    /// How many further objects were addressed and not kept.
    pub objects_dropped: u64,
    /// The number, from 1, of the first packet that asked.
    pub packet: u64,
    /// How requests and answers went together.
    pub exchange: Exchange,
}

/// How the requests of one operation and their answers went together.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exchange {
    /// Requests for which no answer was seen before the flow ended, before the request came again by the same number,
    /// or before too many others had overtaken it. Where the capture lost bytes in between nothing is counted, nor in
    /// flows to a group of hosts, whose answers come in flows of their own.
    pub unanswered: u64,
    /// Answers whose request was not seen.
    pub unasked: u64,
    /// From request to answer, as the sensor saw them.
    pub latency: Option<Spread>,
    /// From one request to the next of the same operation: the period of a poll.
    pub interval: Option<Spread>,
    /// Failures by their code, ordered; at most [`MAX_FAILURE_CODES`](Self::MAX_FAILURE_CODES).
    pub failures: Vec<FailureCount>,
    /// Failures of further codes.
    pub failures_dropped: u64,
    /// Objects that were written with values that are numbers, ordered; at most
    /// [`MAX_WRITTEN`](Self::MAX_WRITTEN).
    pub written: Vec<WrittenRange>,
    /// Writes of further objects.
    pub written_dropped: u64,
}

impl Exchange {
    /// The most codes that one record counts apart.
    pub const MAX_FAILURE_CODES: usize = 8;
    /// The most written objects whose values one record keeps.
    pub const MAX_WRITTEN: usize = 16;
}

/// Between which values an object was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WrittenRange {
    /// The object, in the protocol's own notation. Of a range of points the values count together.
    pub object: WireText,
    /// The least value.
    pub min: Number,
    /// The greatest.
    pub max: Number,
    /// How often.
    pub times: u64,
}

/// How often answers gave one failure code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FailureCount {
    /// The code on the wire.
    pub code: u32,
    /// The protocol's name for it.
    pub name: Cow<'static, str>,
    /// How often.
    pub count: u64,
}

impl OperationRecord {
    /// The most object ranges that one record keeps.
    pub const MAX_OBJECTS: usize = 16;
}

/// What a sender claims about a device, and the first packet that says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdentityFact {
    /// What kind of fact.
    pub field: IdentityField,
    /// The value.
    pub value: WireText,
    /// The protocol that says it.
    pub protocol: Protocol,
    /// The unit behind the endpoint, if it is about that.
    pub unit: Option<u32>,
    /// The packet's number, from 1.
    pub packet: u64,
    /// When.
    pub at: Timestamp,
    /// How often it was said.
    pub times: u64,
}

/// A device or host, joined from what was seen of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedAsset {
    /// A stable key: the lowest IP address, or the MAC where it has none: `10.20.1.11`, `00:1b:1b:aa:bb:cc`. Of a device
    /// behind another, that one's key with the way on: `10.20.1.11/modbus:7`.
    pub key: String,
    /// The key of the asset that it is behind: a gateway, a rack. It has no endpoints of its own then, and its traffic is
    /// counted with that asset's.
    pub parent: Option<String>,
    /// Its endpoints (MAC alone, MAC with IP, or IP alone when only seen through a router), with their VLANs.
    pub endpoints: Vec<(Endpoint, Option<VlanId>)>,
    /// Why those are one asset, a sentence each.
    pub joins: Vec<String>,
    /// Facts that were claimed about it, conflicting ones included.
    pub facts: Vec<IdentityFact>,
    /// The maker by its MAC's OUI.
    pub oui_vendor: Option<&'static str>,
    /// The most likely role.
    pub role: RoleGuess,
    /// Units behind it that answered: (protocol, unit). Those that are devices of their own are assets too, with this one
    /// as their parent.
    pub units: Vec<(Protocol, u32)>,
    /// Protocols that it answers, with ports.
    pub serves: Vec<(Option<Protocol>, Transport, u16)>,
    /// Protocols in which it asks others.
    pub uses: Vec<(Option<Protocol>, Transport, u16)>,
    /// When its first packet was seen.
    pub first: Timestamp,
    /// When its last packet was seen.
    pub last: Timestamp,
    /// Packets sent and received.
    pub sent: Traffic,
    /// Received.
    pub received: Traffic,
}

/// A role with its confidence and reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleGuess {
    /// The role's word, as the plant model writes it: `plc`, `historian`, `unknown`.
    pub role: &'static str,
    /// 0 to 1.
    pub confidence: f64,
    /// Why, a sentence each, with the numbers behind it.
    pub reasons: Vec<String>,
}

/// What was and was not seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// Time of the first and last packet.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Packets handed in.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Packets whose headers were read to the transport.
    pub decoded: u64,
    /// Packets that were not understood, by reason code, with the first packet's number.
    pub not_understood: Vec<(&'static str, u64, u64)>,
    /// Anomalies in application protocols, and under `tcp` and `ip` those of streams and fragments: protocol, code,
    /// count, first packet's number.
    pub anomalies: Vec<(Protocol, &'static str, u64, u64)>,
    /// Messages by protocol.
    pub messages: Vec<(Protocol, u64)>,
    /// Flows of which one way alone was seen.
    pub one_way_flows: u64,
    /// Stream bytes that were missed.
    pub missed_bytes: u64,
    /// Hosts that were seen only through a router, by the router's MAC.
    pub behind_routers: Vec<(MacAddr, u64)>,
    /// Clock hours (UTC) with at least one packet.
    pub hours_seen: u64,
    /// Addresses that were spoken to and never spoke: scanned, switched off, or out of the sensor's sight. They are no
    /// assets.
    pub silent_addresses: u64,
    /// Protocols that were known by content on ports that are not theirs: protocol, transport, port, flow records.
    pub odd_ports: Vec<(Protocol, Transport, u16, u64)>,
    /// What was evicted because a ceiling was reached, by the ceiling's name.
    pub evicted: Vec<(&'static str, u64)>,
    /// Advice, a sentence each.
    pub advice: Vec<String>,
}

/// All that one observation gave beside the flow records, which are streamed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// The capture's name, as the settings gave it.
    pub capture: String,
    /// Assets, ordered by key.
    pub assets: Vec<ObservedAsset>,
    /// Writes with their values, ordered by the first.
    pub writes: Vec<WriteRecord>,
    /// What was done to equipment, and who was refused, ordered by the first packet.
    pub events: Vec<Event>,
    /// What was and was not seen.
    pub coverage: Coverage,
}

/// Takes flow records as they end.
pub trait FlowSink {
    /// One record. Their order is the same for the same capture.
    fn flow(&mut self, record: FlowRecord);
}

impl FlowSink for Vec<FlowRecord> {
    fn flow(&mut self, record: FlowRecord) {
        self.push(record);
    }
}
