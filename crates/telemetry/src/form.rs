//! Observations as JSON: the file in the telemetry folder, and what `--json` and the API show. Lossless both ways,
//! confidences to 15 digits.
//!
//! Core types stay plain; these mirror them, with times as RFC 3339 in nanoseconds and addresses as text.

mod coverage;
mod flow;

pub use coverage::{
    AnomalyForm, CountForm, CoverageForm, EvictedForm, MessagesForm, OddPortForm, RouterForm,
};
pub use flow::{FlowForm, OperationForm};

use crate::intern::intern;
use cofferdam_observe::{
    Coverage, Endpoint, IdentityFact, IdentityField, Observation, ObservedAsset, Protocol, RoleGuess, Traffic,
};
use cofferdam_terms::{MacAddr, Timestamp, Transport, VlanId, WireText};
use serde::{Deserialize, Serialize, Serializer};
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
    /// The asset that it is behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
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
            parent: asset.parent.clone(),
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

/// An observation as it is read back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ObservationForm {
    /// The capture's name.
    pub capture: String,
    /// Assets.
    pub assets: Vec<AssetForm>,
    /// Coverage.
    pub coverage: CoverageForm,
}

/// An observation as it is written: an [`ObservationForm`] of which one asset at a time is held.
#[derive(Serialize)]
pub(crate) struct ObservationView<'a> {
    capture: &'a str,
    #[serde(serialize_with = "one_by_one")]
    assets: &'a [ObservedAsset],
    coverage: CoverageForm,
}

fn one_by_one<S: Serializer>(assets: &&[ObservedAsset], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(assets.iter().map(AssetForm::from))
}

impl<'a> From<&'a Observation> for ObservationView<'a> {
    fn from(observation: &'a Observation) -> Self {
        Self {
            capture: &observation.capture,
            assets: &observation.assets,
            coverage: CoverageForm::from(&observation.coverage),
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
            parent: form.parent,
            joins: form.joins,
            first: form.first_seen.into(),
            last: form.last_seen.into(),
            sent: form.sent.into(),
            received: form.received.into(),
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
