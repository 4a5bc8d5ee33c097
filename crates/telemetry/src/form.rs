//! Observations as JSON: the file in the telemetry folder, and what `--json` and the API show. Lossless both ways,
//! confidences to 15 digits.
//!
//! Core types stay plain; these mirror them, with times as RFC 3339 in nanoseconds and addresses as text.

use crate::intern::intern;
use cofferdam_observe::{
    Coverage, Endpoint, FlowRecord, IdentityFact, IdentityField, Observation, ObservedAsset, OperationRecord,
    Protocol, RoleGuess, Traffic,
};
use cofferdam_terms::{MacAddr, Timestamp, Transport, VlanId, WireText};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// What in a stored observation is no value of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no {kind}")]
pub struct BadForm {
    /// What it should be.
    pub kind: &'static str,
    /// What is there.
    pub value: String,
}

fn bad(kind: &'static str, value: impl fmt::Display) -> BadForm {
    BadForm {
        kind,
        value: value.to_string().chars().take(80).collect(),
    }
}

/// A time as RFC 3339 text, to the nanosecond: `2026-11-24T21:42:00.5Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Time(pub jiff::Timestamp);

impl TryFrom<String> for Time {
    type Error = BadForm;

    fn try_from(text: String) -> Result<Self, BadForm> {
        text.parse().map(Self).map_err(|_| bad("time", text))
    }
}

impl From<Time> for String {
    fn from(time: Time) -> Self {
        time.to_string()
    }
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        // Every 64-bit count of nanoseconds lies within the calendar's range.
        Self(jiff::Timestamp::from_nanosecond(i128::from(time.nanos())).unwrap_or_default())
    }
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        let nanos = time.0.as_nanosecond();
        let end = if nanos < 0 { i64::MIN } else { i64::MAX };
        Self::from_nanos(i64::try_from(nanos).unwrap_or(end))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One end of a flow or asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointForm {
    /// MAC address.
    pub mac: Option<String>,
    /// IP address.
    pub ip: Option<IpAddr>,
    /// VLAN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan: Option<u16>,
}

impl From<Endpoint> for EndpointForm {
    fn from(end: Endpoint) -> Self {
        Self {
            mac: end.mac.map(|mac| mac.to_string()),
            ip: end.ip,
            vlan: None,
        }
    }
}

/// Packets and bytes one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficForm {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire, headers included.
    pub bytes: u64,
}

impl From<Traffic> for TrafficForm {
    fn from(traffic: Traffic) -> Self {
        Self {
            packets: traffic.packets,
            bytes: traffic.bytes,
        }
    }
}

impl From<TrafficForm> for Traffic {
    fn from(form: TrafficForm) -> Self {
        Self {
            packets: form.packets,
            bytes: form.bytes,
        }
    }
}

/// A service that is answered or used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceForm {
    /// The application protocol, if known.
    pub protocol: Option<String>,
    /// What carries it.
    pub transport: String,
    /// The responder's port; 0 where there are none.
    pub port: u16,
}

impl From<&(Option<Protocol>, Transport, u16)> for ServiceForm {
    fn from((protocol, transport, port): &(Option<Protocol>, Transport, u16)) -> Self {
        Self {
            protocol: protocol.map(|protocol| protocol.to_string()),
            transport: transport.to_string(),
            port: *port,
        }
    }
}

/// A device behind an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitForm {
    /// The protocol that addresses it.
    pub protocol: String,
    /// Its number.
    pub unit: u32,
}

/// A claim about a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactForm {
    /// What kind of fact.
    pub field: String,
    /// The value.
    pub value: String,
    /// The protocol that says it.
    pub protocol: String,
    /// The unit that it is about.
    pub unit: Option<u32>,
    /// The first packet that says it.
    pub packet: u64,
    /// When.
    pub at: Time,
    /// How often.
    pub times: u64,
}

/// A role with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleForm {
    /// The role's word.
    pub role: String,
    /// 0 to 1.
    pub confidence: f64,
    /// Why.
    pub reasons: Vec<String>,
}

/// An observed asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssetForm {
    /// Its key.
    pub key: String,
    /// Its endpoints.
    pub endpoints: Vec<EndpointForm>,
    /// Why those are one asset.
    pub joins: Vec<String>,
    /// Claims about it.
    pub facts: Vec<FactForm>,
    /// The maker by MAC.
    pub oui_vendor: Option<String>,
    /// The most likely role.
    pub role: RoleForm,
    /// Units behind it.
    pub units: Vec<UnitForm>,
    /// What it answers.
    pub serves: Vec<ServiceForm>,
    /// What it asks of others.
    pub uses: Vec<ServiceForm>,
    /// When its first packet was seen.
    pub first_seen: Time,
    /// When its last packet was seen.
    pub last_seen: Time,
    /// What it sent.
    pub sent: TrafficForm,
    /// What was sent to it.
    pub received: TrafficForm,
}

impl From<&ObservedAsset> for AssetForm {
    fn from(asset: &ObservedAsset) -> Self {
        Self {
            key: asset.key.clone(),
            endpoints: asset
                .endpoints
                .iter()
                .map(|(end, vlan)| EndpointForm {
                    vlan: vlan.map(VlanId::get),
                    ..EndpointForm::from(*end)
                })
                .collect(),
            joins: asset.joins.clone(),
            facts: asset.facts.iter().map(FactForm::from).collect(),
            oui_vendor: asset.oui_vendor.map(str::to_owned),
            role: RoleForm {
                role: asset.role.role.to_owned(),
                confidence: asset.role.confidence,
                reasons: asset.role.reasons.clone(),
            },
            units: asset
                .units
                .iter()
                .map(|(protocol, unit)| UnitForm {
                    protocol: protocol.to_string(),
                    unit: *unit,
                })
                .collect(),
            serves: asset.serves.iter().map(ServiceForm::from).collect(),
            uses: asset.uses.iter().map(ServiceForm::from).collect(),
            first_seen: asset.first.into(),
            last_seen: asset.last.into(),
            sent: asset.sent.into(),
            received: asset.received.into(),
        }
    }
}

impl From<&IdentityFact> for FactForm {
    fn from(fact: &IdentityFact) -> Self {
        Self {
            field: fact.field.name().to_owned(),
            value: fact.value.to_string(),
            protocol: fact.protocol.to_string(),
            unit: fact.unit,
            packet: fact.packet,
            at: fact.at.into(),
            times: fact.times,
        }
    }
}

/// What was and was not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoverageForm {
    /// Time of the first and last packet.
    pub span: Option<(Time, Time)>,
    /// Packets handed in.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Packets read to the transport.
    pub decoded: u64,
    /// Packets not understood.
    pub not_understood: Vec<CountForm>,
    /// Anomalies in protocols.
    pub anomalies: Vec<AnomalyForm>,
    /// Messages by protocol.
    pub messages: Vec<MessagesForm>,
    /// Flows of which one way alone was seen.
    pub one_way_flows: u64,
    /// Stream bytes that were missed.
    pub missed_bytes: u64,
    /// Hosts seen only through a router, by its MAC.
    pub behind_routers: Vec<RouterForm>,
    /// Clock hours with a packet.
    pub hours_seen: u64,
    /// Addresses that were spoken to and never spoke.
    pub silent_addresses: u64,
    /// Protocols on ports that are not theirs.
    pub odd_ports: Vec<OddPortForm>,
    /// What was evicted at a ceiling.
    pub evicted: Vec<EvictedForm>,
    /// Advice.
    pub advice: Vec<String>,
}

/// Packets that were not understood for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountForm {
    /// Why: a stable code.
    pub reason: String,
    /// How many.
    pub packets: u64,
    /// The first of them.
    pub first_packet: u64,
}

/// Anomalies of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnomalyForm {
    /// The protocol.
    pub protocol: String,
    /// What: a stable code.
    pub code: String,
    /// How many.
    pub count: u64,
    /// The first packet with one.
    pub first_packet: u64,
}

/// Messages of one protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagesForm {
    /// The protocol.
    pub protocol: String,
    /// How many.
    pub messages: u64,
}

/// Hosts behind one router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterForm {
    /// The router's MAC address.
    pub mac: String,
    /// How many hosts.
    pub hosts: u64,
}

/// A protocol on a port that is not its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OddPortForm {
    /// Which.
    #[serde(flatten)]
    pub service: ServiceForm,
    /// Flow records.
    pub flows: u64,
}

/// What was evicted at a ceiling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvictedForm {
    /// The ceiling's name.
    pub ceiling: String,
    /// How many.
    pub count: u64,
}

impl From<&Coverage> for CoverageForm {
    fn from(coverage: &Coverage) -> Self {
        Self {
            span: coverage.span.map(|(first, last)| (first.into(), last.into())),
            packets: coverage.packets,
            bytes: coverage.bytes,
            decoded: coverage.decoded,
            not_understood: each(&coverage.not_understood, |(reason, packets, first_packet)| {
                CountForm {
                    reason: (*reason).to_owned(),
                    packets: *packets,
                    first_packet: *first_packet,
                }
            }),
            anomalies: each(&coverage.anomalies, |(protocol, code, count, first_packet)| {
                AnomalyForm {
                    protocol: protocol.to_string(),
                    code: (*code).to_owned(),
                    count: *count,
                    first_packet: *first_packet,
                }
            }),
            messages: each(&coverage.messages, |(protocol, messages)| MessagesForm {
                protocol: protocol.to_string(),
                messages: *messages,
            }),
            one_way_flows: coverage.one_way_flows,
            missed_bytes: coverage.missed_bytes,
            behind_routers: each(&coverage.behind_routers, |(mac, hosts)| RouterForm {
                mac: mac.to_string(),
                hosts: *hosts,
            }),
            hours_seen: coverage.hours_seen,
            silent_addresses: coverage.silent_addresses,
            odd_ports: each(&coverage.odd_ports, |(protocol, transport, port, flows)| {
                OddPortForm {
                    service: ServiceForm::from(&(Some(*protocol), *transport, *port)),
                    flows: *flows,
                }
            }),
            evicted: each(&coverage.evicted, |(ceiling, count)| EvictedForm {
                ceiling: (*ceiling).to_owned(),
                count: *count,
            }),
            advice: coverage.advice.clone(),
        }
    }
}

fn each<T, F>(items: &[T], form: impl Fn(&T) -> F) -> Vec<F> {
    items.iter().map(form).collect()
}

/// An observation as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservationForm {
    /// The capture's name.
    pub capture: String,
    /// Assets.
    pub assets: Vec<AssetForm>,
    /// Coverage.
    pub coverage: CoverageForm,
}

impl From<&Observation> for ObservationForm {
    fn from(observation: &Observation) -> Self {
        Self {
            capture: observation.capture.clone(),
            assets: observation.assets.iter().map(AssetForm::from).collect(),
            coverage: CoverageForm::from(&observation.coverage),
        }
    }
}

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

fn name(kind: &'static str, text: &str) -> Result<&'static str, BadForm> {
    intern(text).ok_or_else(|| bad(kind, text))
}

fn protocol(text: &str) -> Result<Protocol, BadForm> {
    name("protocol", text).map(Protocol)
}

fn mac(text: &str) -> Result<MacAddr, BadForm> {
    text.parse().map_err(|_| bad("MAC address", text))
}

impl EndpointForm {
    fn back(&self) -> Result<(Endpoint, Option<VlanId>), BadForm> {
        let vlan = self
            .vlan
            .map(|id| VlanId::new(id).ok_or_else(|| bad("VLAN", id)))
            .transpose()?;
        let mac = self.mac.as_deref().map(mac).transpose()?;
        Ok((Endpoint { mac, ip: self.ip }, vlan))
    }
}

impl ServiceForm {
    fn back(&self) -> Result<(Option<Protocol>, Transport, u16), BadForm> {
        let transport = self
            .transport
            .parse()
            .map_err(|_| bad("transport", &self.transport))?;
        Ok((
            self.protocol.as_deref().map(protocol).transpose()?,
            transport,
            self.port,
        ))
    }
}

impl FactForm {
    fn back(&self) -> Result<IdentityFact, BadForm> {
        let field = IdentityField::ALL
            .into_iter()
            .find(|field| field.name() == self.field);
        Ok(IdentityFact {
            field: field.ok_or_else(|| bad("kind of identity fact", &self.field))?,
            value: WireText::from_stored(&self.value),
            protocol: protocol(&self.protocol)?,
            unit: self.unit,
            packet: self.packet,
            at: self.at.into(),
            times: self.times,
        })
    }
}

impl TryFrom<AssetForm> for ObservedAsset {
    type Error = BadForm;

    fn try_from(form: AssetForm) -> Result<Self, BadForm> {
        Ok(Self {
            endpoints: form
                .endpoints
                .iter()
                .map(EndpointForm::back)
                .collect::<Result<_, _>>()?,
            facts: form.facts.iter().map(FactForm::back).collect::<Result<_, _>>()?,
            oui_vendor: form
                .oui_vendor
                .as_deref()
                .map(|text| name("maker", text))
                .transpose()?,
            role: RoleGuess {
                role: name("role", &form.role.role)?,
                confidence: form.role.confidence,
                reasons: form.role.reasons,
            },
            units: form
                .units
                .iter()
                .map(|unit| Ok((protocol(&unit.protocol)?, unit.unit)))
                .collect::<Result<_, _>>()?,
            serves: form
                .serves
                .iter()
                .map(ServiceForm::back)
                .collect::<Result<_, _>>()?,
            uses: form
                .uses
                .iter()
                .map(ServiceForm::back)
                .collect::<Result<_, _>>()?,
            key: form.key,
            joins: form.joins,
            first: form.first_seen.into(),
            last: form.last_seen.into(),
            sent: form.sent.into(),
            received: form.received.into(),
        })
    }
}

impl TryFrom<CoverageForm> for Coverage {
    type Error = BadForm;

    fn try_from(form: CoverageForm) -> Result<Self, BadForm> {
        Ok(Self {
            span: form.span.map(|(first, last)| (first.into(), last.into())),
            packets: form.packets,
            bytes: form.bytes,
            decoded: form.decoded,
            not_understood: back(&form.not_understood, |count| {
                Ok((name("reason", &count.reason)?, count.packets, count.first_packet))
            })?,
            anomalies: back(&form.anomalies, |it| {
                let code = name("anomaly", &it.code)?;
                Ok((protocol(&it.protocol)?, code, it.count, it.first_packet))
            })?,
            messages: back(&form.messages, |it| Ok((protocol(&it.protocol)?, it.messages)))?,
            one_way_flows: form.one_way_flows,
            missed_bytes: form.missed_bytes,
            behind_routers: back(&form.behind_routers, |it| Ok((mac(&it.mac)?, it.hosts)))?,
            hours_seen: form.hours_seen,
            silent_addresses: form.silent_addresses,
            odd_ports: back(&form.odd_ports, |odd| {
                let (known, transport, port) = odd.service.back()?;
                let known = known.ok_or_else(|| bad("protocol", "null"))?;
                Ok((known, transport, port, odd.flows))
            })?,
            evicted: back(&form.evicted, |it| Ok((name("ceiling", &it.ceiling)?, it.count)))?,
            advice: form.advice,
        })
    }
}

fn back<F, T>(forms: &[F], value: impl Fn(&F) -> Result<T, BadForm>) -> Result<Vec<T>, BadForm> {
    forms.iter().map(value).collect()
}

impl TryFrom<ObservationForm> for Observation {
    type Error = BadForm;

    fn try_from(form: ObservationForm) -> Result<Self, BadForm> {
        Ok(Self {
            capture: form.capture,
            assets: form
                .assets
                .into_iter()
                .map(ObservedAsset::try_from)
                .collect::<Result<_, _>>()?,
            coverage: Coverage::try_from(form.coverage)?,
            // Not kept yet: writes and events have no form.
            writes: Vec::new(),
            events: Vec::new(),
        })
    }
}
