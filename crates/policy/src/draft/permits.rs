//! Conduits and permits out of conversations: just the parties, services and operation classes that were seen.

use super::assets::unique;
use super::slug::{bounded, join};
use super::{LeftOut, LeftOutReason, took_place};
use crate::activity::Activity;
use crate::conversation::{Conversation, Conversations, HostKey};
use crate::flow::{Flow, Host};
use crate::policy::Policy;
use crate::verdict::{DenyReason, Verdict};
use crate::words;
use cofferdam_plant::{AssetId, Conduit, Party, Permit, Plant, PortRange, Service, ZoneId};
use cofferdam_terms::{OperationClass, OperationSet, Transport};
use std::collections::{BTreeMap, BTreeSet};

/// What conversations taught.
pub(super) struct Learned {
    pub(super) conduits: Vec<Conduit>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Two zones, the lower id first.
type Pair = (ZoneId, ZoneId);
/// A transport and a port.
type Carried = (Transport, u16);

/// What one host asked of one other in one protocol.
#[derive(Clone, Default)]
struct Use {
    carried: BTreeSet<Carried>,
    evidence: Evidence,
}

/// Numbers behind a permit.
#[derive(Clone, Default)]
struct Evidence {
    conversations: u64,
    opened: u64,
    packets: u64,
    requests: u64,
    answered: u64,
    activity: Activity,
}

impl Evidence {
    fn take(&mut self, conversation: &Conversation) {
        let requests = conversation.requests();
        self.conversations += 1;
        self.opened += conversation.opened;
        self.packets += conversation.sent.packets + conversation.received.packets;
        self.requests += requests.requests;
        self.answered += requests.responses + requests.failures;
        self.activity.join(&conversation.activity);
    }

    fn join(&mut self, other: &Self) {
        self.conversations += other.conversations;
        self.opened += other.opened;
        self.packets += other.packets;
        self.requests += other.requests;
        self.answered += other.answered;
        self.activity.join(&other.activity);
    }
}

/// Who uses what of whom: zones in the direction of asking, initiator, responder, protocol, operations.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct UseKey {
    from_zone: ZoneId,
    to_zone: ZoneId,
    from: AssetId,
    to: AssetId,
    protocol: Option<&'static str>,
    operations: OperationSet,
}

/// Learns permits from the conversations that a policy without conduits refuses.
pub(super) fn learn(bare: &Plant, conversations: &Conversations) -> Learned {
    let policy = Policy::new(bare);
    let mut uses: BTreeMap<UseKey, Use> = BTreeMap::new();
    let mut left_out = Vec::new();
    for conversation in conversations.iter() {
        let flow = flow_of(conversation);
        let crossing = match policy.verdict(&flow) {
            Verdict::Segment(_) | Verdict::IntraZone { .. } | Verdict::Permit { .. } => continue,
            Verdict::Deny(DenyReason::NoConduit { from, to }) => Some((from.clone(), to.clone())),
            Verdict::Deny(_) => None,
        };
        let ends = crossing.and_then(|(from_zone, to_zone)| {
            let from = policy.assets_at(&flow.initiator).next()?.clone();
            let to = policy.assets_at(&flow.responder).next()?.clone();
            Some((from_zone, to_zone, from, to))
        });
        let reason = match (&ends, took_place(conversation)) {
            (None, _) => Some(LeftOutReason::EndUnknown),
            (Some(_), Err(reason)) => Some(reason),
            (Some(_), Ok(())) => None,
        };
        if let Some(reason) = reason {
            left_out.push(LeftOut {
                key: conversation.key,
                packets: conversation.sent.packets + conversation.received.packets,
                reason,
            });
        } else if let Some((from_zone, to_zone, from, to)) = ends {
            for (protocol, operations) in spoken(conversation) {
                let key = UseKey {
                    from_zone: from_zone.clone(),
                    to_zone: to_zone.clone(),
                    from: from.clone(),
                    to: to.clone(),
                    protocol,
                    operations,
                };
                let seen = uses.entry(key).or_default();
                seen.carried
                    .insert((conversation.key.transport, conversation.key.responder_port));
                seen.evidence.take(conversation);
            }
        }
    }
    Learned {
        conduits: conduits(uses, conversations),
        left_out,
    }
}

/// A conversation as a port filter sees it, at its first packet.
pub(crate) fn flow_of(conversation: &Conversation) -> Flow<'static> {
    let host = |key: HostKey, mac| Host {
        mac,
        ip: match key {
            HostKey::Ip(ip) => Some(ip),
            HostKey::Mac(_) | HostKey::Nothing => None,
        },
        vlan: conversation.key.vlan,
    };
    Flow {
        initiator: host(conversation.key.initiator, conversation.initiator_mac),
        responder: host(conversation.key.responder, conversation.responder_mac),
        transport: conversation.key.transport,
        responder_port: conversation.key.responder_port,
        protocol: None,
        operation: None,
        time: conversation.first,
    }
}

/// The protocols that a conversation's content shows, each with the operation classes asked in it. Where no operation
/// could be seen, the session itself is all that was.
fn spoken(conversation: &Conversation) -> Vec<(Option<&'static str>, OperationSet)> {
    let outer: Vec<_> = conversation.content_protocols().collect();
    let or_session = |operations: OperationSet| {
        if operations.is_empty() {
            OperationSet::EMPTY.with(OperationClass::Session)
        } else {
            operations
        }
    };
    if outer.is_empty() {
        return vec![(None, or_session(conversation.operation_classes()))];
    }
    outer
        .iter()
        .map(|protocol| {
            // An operation of a protocol inside another is counted to each that may hold it.
            let operations = conversation
                .operations
                .keys()
                .filter(|key| key.protocol == *protocol || !outer.contains(&key.protocol))
                .map(|key| key.operation)
                .collect();
            (Some(protocol.0), or_session(operations))
        })
        .collect()
}

/// A permit before it has a name: whom and what it is for, and the evidence.
struct Proposed {
    from: BTreeSet<AssetId>,
    to: BTreeSet<AssetId>,
    protocol: Option<&'static str>,
    operations: OperationSet,
    carried: BTreeSet<Carried>,
    evidence: Evidence,
}

type Direction = (ZoneId, ZoneId);
type What = (Direction, Option<&'static str>, OperationSet, BTreeSet<Carried>);

/// Joins uses without permitting more than was seen: first the responders that one initiator uses alike, then the
/// initiators that use just the same responders alike. Each product of initiators and responders was seen whole.
fn propose(uses: BTreeMap<UseKey, Use>) -> BTreeMap<Pair, Vec<Proposed>> {
    let mut by_initiator: BTreeMap<(What, AssetId), (BTreeSet<AssetId>, Evidence)> = BTreeMap::new();
    for (key, seen) in uses {
        let what = (
            (key.from_zone, key.to_zone),
            key.protocol,
            key.operations,
            seen.carried,
        );
        let (to, evidence) = by_initiator.entry((what, key.from)).or_default();
        to.insert(key.to);
        evidence.join(&seen.evidence);
    }
    let mut by_use: BTreeMap<(What, BTreeSet<AssetId>), (BTreeSet<AssetId>, Evidence)> = BTreeMap::new();
    for ((what, from), (to, evidence)) in by_initiator {
        let (initiators, sum) = by_use.entry((what, to)).or_default();
        initiators.insert(from);
        sum.join(&evidence);
    }
    let mut proposed: BTreeMap<Pair, Vec<Proposed>> = BTreeMap::new();
    for ((((from_zone, to_zone), protocol, operations, carried), to), (from, evidence)) in by_use {
        let pair = if from_zone < to_zone {
            (from_zone, to_zone)
        } else {
            (to_zone, from_zone)
        };
        proposed.entry(pair).or_default().push(Proposed {
            from,
            to,
            protocol,
            operations,
            carried,
            evidence,
        });
    }
    proposed
}

fn conduits(uses: BTreeMap<UseKey, Use>, conversations: &Conversations) -> Vec<Conduit> {
    let mut taken = BTreeSet::new();
    propose(uses)
        .into_iter()
        .filter_map(|((a, b), proposed)| {
            let id = unique(bounded(&format!("{a}--{b}")), &mut taken);
            let reason = conduit_reason(&a, &b, &proposed);
            Some(Conduit {
                id: id.parse().ok()?,
                name: String::new(),
                permits: permits(&proposed, conversations),
                zones: vec![a, b],
                protection: Vec::new(),
                enforcement_points: Vec::new(),
                sl_t: None,
                owner: None,
                reason,
            })
        })
        .collect()
}

fn conduit_reason(a: &ZoneId, b: &ZoneId, proposed: &[Proposed]) -> String {
    let mut all = Evidence::default();
    let mut assets = BTreeSet::new();
    let mut services = BTreeSet::new();
    for one in proposed {
        all.join(&one.evidence);
        assets.extend(one.from.iter().chain(&one.to));
        services.extend(
            one.carried
                .iter()
                .map(|(transport, port)| words::service(one.protocol, *transport, *port)),
        );
    }
    let services: Vec<_> = services.into_iter().collect();
    format!(
        "Draft: {} hosts of `{a}` and `{b}` held {} in {} by {}.",
        assets.len(),
        words::counted(all.conversations, "conversation"),
        words::counted(all.packets, "packet"),
        words::some(&services, 6)
    )
}

fn permits(proposed: &[Proposed], conversations: &Conversations) -> Vec<Permit> {
    let bases: Vec<String> = proposed.iter().map(base_id).collect();
    let mut taken = BTreeSet::new();
    let mut permits: Vec<Permit> = proposed
        .iter()
        .zip(&bases)
        .filter_map(|(one, base)| {
            let alone = bases.iter().filter(|other| *other == base).count() == 1;
            let wanted = match one.to.first() {
                Some(to) if !alone => join(&[base, "to", to.as_str()]),
                Some(_) | None => base.clone(),
            };
            Some(Permit {
                id: unique(wanted, &mut taken).parse().ok()?,
                from: one.from.iter().cloned().map(Party::Asset).collect(),
                to: one.to.iter().cloned().map(Party::Asset).collect(),
                services: services(one),
                operations: one.operations,
                open: None,
                reason: permit_reason(one, conversations),
            })
        })
        .collect();
    permits.sort_by(|a, b| a.id.cmp(&b.id));
    permits
}

/// `modbus-502-hmi-1`: by what and by whom first.
fn base_id(one: &Proposed) -> String {
    let (transport, port) = one.carried.first().copied().unwrap_or((Transport::TCP, 0));
    let first = one.from.first().map_or("nobody", AssetId::as_str);
    let carried = if crate::policy::has_ports(transport) {
        match one.protocol {
            Some(protocol) => format!("{protocol}-{port}"),
            None => format!("{transport}-{port}"),
        }
    } else {
        one.protocol
            .map_or_else(|| transport.to_string(), ToOwned::to_owned)
    };
    join(&[&carried, first])
}

/// The services, runs of ports joined.
fn services(one: &Proposed) -> Vec<Service> {
    let protocol = one.protocol.and_then(|protocol| protocol.parse().ok());
    let mut runs: Vec<(Transport, Option<(u16, u16)>)> = Vec::new();
    for (transport, port) in &one.carried {
        if !crate::policy::has_ports(*transport) {
            runs.push((*transport, None));
            continue;
        }
        match runs.last_mut() {
            Some((last, Some((_, end)))) if last == transport && end.checked_add(1) == Some(*port) => {
                *end = *port;
            }
            Some(_) | None => runs.push((*transport, Some((*port, *port)))),
        }
    }
    runs.dedup();
    runs.into_iter()
        .map(|(transport, ports)| Service {
            transport: Some(transport),
            ports: ports.and_then(|(first, last)| PortRange::new(first, last)),
            protocol: protocol.clone(),
        })
        .collect()
}

fn permit_reason(one: &Proposed, conversations: &Conversations) -> String {
    let evidence = &one.evidence;
    let asked = if evidence.requests > 0 {
        format!(
            "{} ({} answered), ",
            words::counted(evidence.requests, "request"),
            words::count(evidence.answered)
        )
    } else {
        "no operation could be seen in it, ".to_owned()
    };
    format!(
        "Draft: seen between {} and {}: {}, {asked}{}, on {} of {} recorded days.",
        words::counted(u64::try_from(one.from.len()).unwrap_or(u64::MAX), "initiator"),
        words::counted(u64::try_from(one.to.len()).unwrap_or(u64::MAX), "responder"),
        words::counted(evidence.opened, "connection"),
        words::counted(evidence.packets, "packet"),
        evidence.activity.day_count(),
        conversations.activity().day_count()
    )
}
