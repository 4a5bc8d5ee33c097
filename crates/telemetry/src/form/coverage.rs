//! Coverage as JSON, both ways.

use super::{BadForm, ServiceForm, Time, back, bad, mac, name, protocol};
use cofferdam_observe::Coverage;
use serde::{Deserialize, Serialize};

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
