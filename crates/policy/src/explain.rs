//! A verdict opened to the facts and definitions behind it, as sentences.

use crate::flow::{Flow, Host};
use crate::policy::Policy;
use crate::verdict::{Claim, DenyReason, End, SegmentReason, Verdict};
use crate::words;
use cofferdam_plant::{AssetId, ConduitId, PermitId, Plant, ZoneId};

/// Why a flow got its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The verdict in one sentence.
    pub sentence: String,
    /// What the model says of the flow's ends and of the conduits between them.
    pub facts: Vec<Fact>,
    /// The definitions of `docs/semantics.md` that decided, in the order in which they were applied.
    pub definitions: Vec<&'static str>,
    /// What would have to change for the flow to pass; `None` if it passes.
    pub mend: Option<String>,
}

/// One thing that the model says, and what it says it of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Of what.
    pub subject: Subject,
    /// What, as a sentence.
    pub sentence: String,
}

/// What a fact is about, so that it can be opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An address.
    Host(Host),
    /// An asset.
    Asset(AssetId),
    /// A zone.
    Zone(ZoneId),
    /// A conduit.
    Conduit(ConduitId),
    /// A permit of a conduit.
    Permit(ConduitId, PermitId),
}

/// Explains the verdict that a policy gives a flow. `plant` is the one that the policy was made of.
#[must_use]
pub fn explain(policy: &Policy, plant: &Plant, flow: &Flow<'_>) -> Explanation {
    let verdict = policy.verdict(flow);
    let mut facts = Vec::new();
    for end in [End::Initiator, End::Responder] {
        facts.push(end_fact(policy, plant, flow, end));
    }
    facts.extend(conduit_facts(plant, &verdict));
    Explanation {
        sentence: sentence(policy, plant, flow, &verdict),
        facts,
        definitions: definitions(&verdict),
        mend: mend(&verdict),
    }
}

fn host_of(flow: &Flow<'_>, end: End) -> Host {
    match end {
        End::Initiator => flow.initiator,
        End::Responder => flow.responder,
    }
}

/// A host by the name that the model has for it: `historian-1 (historian)`, else its address.
pub(crate) fn name(policy: &Policy, plant: &Plant, host: &Host) -> String {
    match policy.assets_at(host).next().and_then(|asset| plant.asset(asset)) {
        Some(asset) => words::asset(asset),
        None => words::host(host),
    }
}

fn end_fact(policy: &Policy, plant: &Plant, flow: &Flow<'_>, end: End) -> Fact {
    let host = host_of(flow, end);
    let address = words::host(&host);
    let who = end.name();
    let assets: Vec<_> = policy.assets_at(&host).collect();
    match (assets.as_slice(), policy.zone_at(&host)) {
        ([], None) => Fact {
            subject: Subject::Host(host),
            sentence: format!("The {who} {address} is claimed by no asset and selected by no zone alone."),
        },
        ([], Some(zone)) => Fact {
            subject: Subject::Zone(zone.clone()),
            sentence: format!(
                "The {who} {address} is claimed by no asset; a subnet of zone `{zone}` selects it."
            ),
        },
        ([asset, others @ ..], zone) => {
            let named = plant.asset(asset).map_or_else(|| asset.to_string(), words::asset);
            let shared = match others.len() {
                0 => String::new(),
                more => format!(", which {more} more assets of the zone share"),
            };
            let zone = zone.map_or_else(|| "in no zone".to_owned(), |zone| format!("in zone `{zone}`"));
            Fact {
                subject: Subject::Asset((*asset).clone()),
                sentence: format!("The {who} {address}{shared} is {named}, {zone}."),
            }
        }
    }
}

fn conduit_facts(plant: &Plant, verdict: &Verdict<'_>) -> Vec<Fact> {
    let (conduit, permit) = match verdict {
        Verdict::Permit { conduit, permit }
        | Verdict::Deny(
            DenyReason::ServiceNotPermitted { conduit, permit }
            | DenyReason::ProtocolNotPermitted { conduit, permit }
            | DenyReason::OperationNotPermitted { conduit, permit, .. }
            | DenyReason::Closed { conduit, permit },
        ) => (*conduit, Some(*permit)),
        Verdict::Deny(DenyReason::PartiesNotPermitted { conduit, .. }) => (*conduit, None),
        Verdict::IntraZone { .. }
        | Verdict::Segment(_)
        | Verdict::Deny(
            DenyReason::UnknownHost { .. }
            | DenyReason::Unzoned { .. }
            | DenyReason::Ambiguous { .. }
            | DenyReason::NoConduit { .. },
        ) => return Vec::new(),
    };
    let Some(found) = plant.conduit(conduit) else {
        return Vec::new();
    };
    let zones: Vec<_> = found.zones.iter().map(|zone| format!("`{zone}`")).collect();
    let joins = Fact {
        subject: Subject::Conduit(conduit.clone()),
        sentence: format!("Conduit `{conduit}` joins zones {}.", zones.join(" and ")),
    };
    let permit = permit.and_then(|id| found.permits.iter().find(|permit| permit.id == *id));
    let lets = permit.map(|permit| Fact {
        subject: Subject::Permit(conduit.clone(), permit.id.clone()),
        sentence: format!("Its permit `{}` is for {}.", permit.id, words::permit(permit)),
    });
    std::iter::once(joins).chain(lets).collect()
}

/// The verdict as a sentence that stands alone.
fn sentence(policy: &Policy, plant: &Plant, flow: &Flow<'_>, verdict: &Verdict<'_>) -> String {
    let from = name(policy, plant, &flow.initiator);
    let to = name(policy, plant, &flow.responder);
    let asked = words::asked(flow);
    match verdict {
        Verdict::Permit { conduit, permit } => {
            format!("Permitted: {from} → {to} ({asked}) passes by permit `{permit}` of conduit `{conduit}`.")
        }
        Verdict::IntraZone { zone } => {
            format!("Not restricted: {from} and {to} are both in zone `{zone}`, so no conduit is crossed.")
        }
        Verdict::Segment(reason) => {
            let why = match reason {
                SegmentReason::Broadcast => "it is a broadcast",
                SegmentReason::Multicast => "it is for a multicast group that no zone selects",
                SegmentReason::LinkLocal => "its addresses mean something on their own link only",
                SegmentReason::AddressResolution => "it resolves addresses of its own link",
            };
            format!("Not restricted: {from} → {to} ({asked}) stays in its segment, since {why}.")
        }
        Verdict::Deny(reason) => {
            let why = because(plant, reason, flow);
            format!("Denied: {from} → {to} ({asked}), because {why}.")
        }
    }
}

/// A reason as a phrase that goes on from "because".
pub(crate) fn because(plant: &Plant, reason: &DenyReason<'_>, flow: &Flow<'_>) -> String {
    match reason {
        DenyReason::UnknownHost { end, host } => format!(
            "no asset claims the {}'s address {} and no zone selects it",
            end.name(),
            words::host(host)
        ),
        DenyReason::Unzoned { end, asset } => {
            format!("the {}, asset `{asset}`, is in no zone", end.name())
        }
        DenyReason::Ambiguous { end, claims } => format!(
            "the {}'s address {} is claimed by {} and by {}",
            end.name(),
            words::host(&host_of(flow, *end)),
            claim(claims.0),
            claim(claims.1)
        ),
        DenyReason::NoConduit { from, to } => {
            format!("no conduit joins zone `{from}` and zone `{to}`")
        }
        DenyReason::PartiesNotPermitted { from, to, conduit } => format!(
            "conduit `{conduit}` joins the zones but has no permit for these two in the direction `{from}` → `{to}`"
        ),
        DenyReason::ServiceNotPermitted { conduit, permit } => format!(
            "permit `{permit}` of conduit `{conduit}` is for {}, not for {}",
            services(plant, conduit, permit),
            words::service(None, flow.transport, flow.responder_port)
        ),
        DenyReason::ProtocolNotPermitted { conduit, permit } => format!(
            "permit `{permit}` of conduit `{conduit}` is for {}, and the flow speaks {}",
            services(plant, conduit, permit),
            flow.protocol.unwrap_or("an unknown protocol")
        ),
        DenyReason::OperationNotPermitted {
            conduit,
            permit,
            permitted,
        } => format!(
            "conduit `{conduit}` permits {} for this service (permit `{permit}`), not {}",
            words::operations(*permitted),
            flow.operation.map_or("any use", |operation| operation.name())
        ),
        DenyReason::Closed { conduit, permit } => format!(
            "permit `{permit}` of conduit `{conduit}` is not open at {} UTC",
            words::minute(flow.time)
        ),
    }
}

fn services(plant: &Plant, conduit: &ConduitId, permit: &PermitId) -> String {
    plant
        .conduit(conduit)
        .into_iter()
        .flat_map(|conduit| &conduit.permits)
        .filter(|found| found.id == *permit)
        .flat_map(|found| &found.services)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn claim(claim: &Claim) -> String {
    match claim {
        Claim::Asset {
            asset,
            zone: Some(zone),
        } => format!("asset `{asset}` of zone `{zone}`"),
        Claim::Asset { asset, zone: None } => format!("asset `{asset}`, which is in no zone,"),
        Claim::Subnet { zone, subnet } => format!("subnet {subnet} of zone `{zone}`"),
    }
}

/// The definitions of `docs/semantics.md` by which the verdict was reached.
fn definitions(verdict: &Verdict<'_>) -> Vec<&'static str> {
    match verdict {
        Verdict::Segment(_) => vec!["S1 segment"],
        Verdict::IntraZone { .. } => vec!["S2 address", "S3 claim", "S4 zone"],
        Verdict::Permit { .. } => vec![
            "S2 address",
            "S3 claim",
            "S4 zone",
            "S5 conduit",
            "S6 permit",
            "S7 verdict",
        ],
        Verdict::Deny(
            DenyReason::UnknownHost { .. } | DenyReason::Unzoned { .. } | DenyReason::Ambiguous { .. },
        ) => vec!["S2 address", "S3 claim", "S8 refusal"],
        Verdict::Deny(DenyReason::NoConduit { .. }) => {
            vec!["S2 address", "S3 claim", "S4 zone", "S5 conduit", "S8 refusal"]
        }
        Verdict::Deny(
            DenyReason::PartiesNotPermitted { .. }
            | DenyReason::ServiceNotPermitted { .. }
            | DenyReason::ProtocolNotPermitted { .. }
            | DenyReason::OperationNotPermitted { .. }
            | DenyReason::Closed { .. },
        ) => vec![
            "S2 address",
            "S3 claim",
            "S4 zone",
            "S5 conduit",
            "S6 permit",
            "S8 refusal",
        ],
    }
}

fn mend(verdict: &Verdict<'_>) -> Option<String> {
    let Verdict::Deny(reason) = verdict else {
        return None;
    };
    Some(match reason {
        DenyReason::UnknownHost { host, .. } => format!(
            "Declare the asset that has {}, in the zone where it belongs.",
            words::host(host)
        ),
        DenyReason::Unzoned { asset, .. } => format!("Put asset `{asset}` in a zone."),
        DenyReason::Ambiguous { .. } => {
            "Take one of the two claims away, or tell the interfaces apart by VLAN.".to_owned()
        }
        DenyReason::NoConduit { from, to } => {
            format!("If it is needed, draw a conduit between `{from}` and `{to}` with a permit for it.")
        }
        DenyReason::PartiesNotPermitted { conduit, .. } => {
            format!("If it is needed, add a permit for it to conduit `{conduit}`.")
        }
        DenyReason::ServiceNotPermitted { conduit, permit }
        | DenyReason::ProtocolNotPermitted { conduit, permit } => {
            format!("If it is needed, add the service to permit `{permit}` of conduit `{conduit}`.")
        }
        DenyReason::OperationNotPermitted { conduit, permit, .. } => {
            format!("If it is needed, add the operation to permit `{permit}` of conduit `{conduit}`.")
        }
        DenyReason::Closed { conduit, permit } => {
            format!("If it is needed then, add a window to permit `{permit}` of conduit `{conduit}`.")
        }
    })
}
