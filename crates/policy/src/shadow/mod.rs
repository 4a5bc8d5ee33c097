//! The shadow test: recorded traffic against a policy, before anything is installed.
//!
//! It answers what an enforced policy would have cut, by whom, how often, when and for what operation; tells by
//! evidence what is rare but needed from what is unwanted; gives the smallest edit that would let each through; keeps
//! apart what a port filter cuts from what only an application gateway would; and says what the recording did not
//! cover. Judging a record is a few look-ups, so a month of records takes seconds.
//!
//! Memory: one entry for each conversation and its cuts, at most [`ShadowSettings::limit`], and a few operations for
//! each; what finds no place is counted.

mod compare;
mod coverage;
mod edit;
mod evidence;
mod groups;
mod report;
mod sentence;
mod who;

pub use compare::{Change, Comparison, compare};
pub use coverage::{AssetDuty, DutyCoverage};
pub use edit::{Edit, EditError, apply};
pub use evidence::{Evidence, EvidenceKind, Judgement, Likely};
pub use report::{Amount, Breakdown, CutBy, Finding, Group, Page, ShadowReport, Totals, Who, page};

use crate::activity::{Activity, Hour};
use crate::conversation::{ConversationKey, Conversations, HostKey, OperationCount, OperationKey};
use crate::explain::because;
use crate::flow::Flow;
use crate::policy::Policy;
use crate::verdict::{DenyReason, Verdict};
use cofferdam_observe::{FlowRecord, ObservedAsset, OperationRecord, Traffic};
use cofferdam_plant::{ConduitId, PermitId, Plant};
use cofferdam_terms::{OperationSet, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What a shadow test is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowSettings {
    /// From when to when the policy was learned, if it was.
    pub learned: Option<(Timestamp, Timestamp)>,
    /// The most conversations held.
    pub limit: usize,
}

impl Default for ShadowSettings {
    fn default() -> Self {
        Self {
            learned: None,
            limit: Conversations::DEFAULT_LIMIT,
        }
    }
}

/// A shadow test under way.
#[derive(Clone, Debug)]
pub struct Shadow<'p> {
    policy: &'p Policy,
    plant: &'p Plant,
    settings: ShadowSettings,
    conversations: Conversations,
    totals: Totals,
    cuts: BTreeMap<(ConversationKey, CutBy), Cut<'p>>,
    /// How many more operations the cuts may hold.
    room: usize,
    permitted: Permitted<'p>,
    used: BTreeSet<(&'p ConduitId, &'p PermitId)>,
}

/// What of one conversation would have been cut in one way.
#[derive(Clone, Debug)]
struct Cut<'p> {
    reason: DenyReason<'p>,
    /// The reason as a phrase, for the first flow that it was given for.
    because: String,
    amount: Amount,
    first: Timestamp,
    last: Timestamp,
    activity: Activity,
    hours: BTreeMap<u8, Amount>,
    operations: BTreeMap<OperationKey, OperationCount>,
    operations_dropped: u64,
}

/// What the policy did let through: the background against which a cut is judged.
#[derive(Clone, Debug, Default)]
struct Permitted<'p> {
    /// Pairs, initiator first, with a permit that let some of their traffic through.
    pairs: BTreeMap<(HostKey, HostKey), (&'p ConduitId, &'p PermitId)>,
    /// Conversations of which something passed.
    conversations: BTreeSet<ConversationKey>,
    /// What each initiator did that passed, within zones too.
    classes: BTreeMap<HostKey, OperationSet>,
    /// Hosts of which some traffic passed, within zones too.
    hosts: BTreeSet<HostKey>,
}

impl<'p> Shadow<'p> {
    /// A test of a policy. `plant` is the one that the policy was made of.
    #[must_use]
    pub fn new(policy: &'p Policy, plant: &'p Plant, settings: ShadowSettings) -> Self {
        Self {
            policy,
            plant,
            conversations: Conversations::with_limit(settings.limit),
            room: Conversations::room_for(settings.limit),
            settings,
            totals: Totals::default(),
            cuts: BTreeMap::new(),
            permitted: Permitted::default(),
            used: BTreeSet::new(),
        }
    }

    /// Judges a record.
    pub fn record(&mut self, record: &FlowRecord) {
        self.conversations.absorb(record);
        let flow = Flow::of_record(record);
        let all = Amount {
            records: 1,
            connections: u64::from(record.opened),
            requests: record.operations.iter().map(|operation| operation.requests).sum(),
            traffic: Traffic {
                packets: record.sent.packets + record.received.packets,
                bytes: record.sent.bytes + record.received.bytes,
            },
        };
        match self.policy.verdict(&flow) {
            Verdict::Segment(_) => self.totals.segment.add(&all),
            Verdict::IntraZone { .. } => {
                self.totals.intra_zone.add(&all);
                self.remember_classes(record, record.operations.iter());
            }
            Verdict::Permit { conduit, permit } => self.look_inside(record, flow, all, conduit, permit),
            Verdict::Deny(reason) => {
                let by = if flow.initiator.address().is_none() || flow.responder.address().is_none() {
                    CutBy::LinkFilter
                } else {
                    CutBy::PortFilter
                };
                match by {
                    CutBy::LinkFilter => self.totals.cut_on_link.add(&all),
                    CutBy::PortFilter | CutBy::ApplicationGateway => self.totals.cut_by_port_filter.add(&all),
                }
                self.cut(record, by, reason, &flow, all, record.operations.iter());
            }
        }
    }

    /// A port filter lets the record pass; what would a gateway that sees the protocol and each operation do?
    fn look_inside(
        &mut self,
        record: &FlowRecord,
        flow: Flow<'static>,
        all: Amount,
        conduit: &'p ConduitId,
        permit: &'p PermitId,
    ) {
        let key = ConversationKey::of(record);
        let inside = flow.within(record, None);
        let refused_whole = match self.policy.verdict(&inside) {
            Verdict::Deny(reason) => Some((reason, inside)),
            Verdict::Permit { .. } | Verdict::IntraZone { .. } | Verdict::Segment(_) => None,
        };
        let mut refused: Option<(DenyReason<'p>, Flow<'_>)> = refused_whole;
        let mut refused_operations: Vec<&OperationRecord> = Vec::new();
        let mut passed: Vec<&OperationRecord> = Vec::new();
        for operation in &record.operations {
            let asked = flow.within(record, Some(operation.operation));
            match self.policy.verdict(&asked) {
                Verdict::Permit { conduit, permit } => {
                    self.used.insert((conduit, permit));
                    passed.push(operation);
                }
                Verdict::IntraZone { .. } | Verdict::Segment(_) => passed.push(operation),
                Verdict::Deny(reason) => {
                    refused_operations.push(operation);
                    refused.get_or_insert((reason, asked));
                }
            }
        }
        if refused_whole.is_none() {
            self.used.insert((conduit, permit));
            self.permitted.conversations.insert(key);
            self.permitted
                .pairs
                .entry((key.initiator, key.responder))
                .or_insert((conduit, permit));
        }
        if refused_whole.is_none() {
            self.remember_classes(record, passed.into_iter());
        }
        match refused {
            None => self.totals.permitted.add(&all),
            Some((reason, asked)) => {
                let cut = Amount {
                    requests: refused_operations
                        .iter()
                        .map(|operation| operation.requests)
                        .sum(),
                    ..all
                };
                self.totals.cut_by_gateway.add(&cut);
                let by = CutBy::ApplicationGateway;
                self.cut(record, by, reason, &asked, cut, refused_operations.into_iter());
            }
        }
    }

    fn remember_classes<'r>(
        &mut self,
        record: &FlowRecord,
        operations: impl Iterator<Item = &'r OperationRecord>,
    ) {
        let passed: OperationSet = operations.map(|operation| operation.operation).collect();
        let classes = self
            .permitted
            .classes
            .entry(HostKey::of(record.initiator))
            .or_default();
        *classes = classes.union(passed);
        self.permitted
            .hosts
            .extend([HostKey::of(record.initiator), HostKey::of(record.responder)]);
    }

    fn cut<'r>(
        &mut self,
        record: &FlowRecord,
        by: CutBy,
        reason: DenyReason<'p>,
        flow: &Flow<'_>,
        amount: Amount,
        operations: impl Iterator<Item = &'r OperationRecord>,
    ) {
        let key = ConversationKey::of(record);
        if self.conversations.get(&key).is_none() {
            // Its conversation found no place and was counted there.
            return;
        }
        let cut = self.cuts.entry((key, by)).or_insert_with(|| Cut {
            reason,
            because: because(self.plant, &reason, flow),
            amount: Amount::default(),
            first: record.first,
            last: record.last,
            activity: Activity::default(),
            hours: BTreeMap::new(),
            operations: BTreeMap::new(),
            operations_dropped: 0,
        });
        cut.amount.add(&amount);
        cut.first = cut.first.min(record.first);
        cut.last = cut.last.max(record.last);
        cut.activity.mark(record.first, record.last);
        let hour = Hour::of(record.first).of_day();
        cut.hours.entry(hour).or_default().add(&amount);
        for operation in operations {
            let kept = OperationCount::absorb_into(&mut cut.operations, &mut self.room, record, operation);
            cut.operations_dropped += u64::from(!kept);
        }
    }

    /// The answer. `observed` are the assets as they were seen, for what the model does not know of its hosts.
    #[must_use]
    pub fn finish(self, observed: &[ObservedAsset]) -> ShadowReport {
        let hosts = who::Hosts::new(self.policy, self.plant, observed);
        let cuts = self
            .cuts
            .iter()
            .map(|((key, _), cut)| (*key, cut.first, cut.activity.rhythm()));
        let background = evidence::Background::new(&self.conversations, &self.permitted, &hosts, cuts);
        let mut findings: Vec<Finding> = self
            .cuts
            .iter()
            .map(|((key, by), cut)| self.finding(*key, *by, cut, &hosts, &background))
            .collect();
        findings.sort_by(|a, b| {
            let order = |finding: &Finding| {
                let size = (finding.amount.requests, finding.amount.traffic.packets);
                (
                    finding.judgement.likely,
                    std::cmp::Reverse(size),
                    finding.key,
                    finding.cut_by,
                )
            };
            order(a).cmp(&order(b))
        });
        let coverage = coverage::measure(self.plant, self.policy, &self.conversations);
        ShadowReport {
            sentence: sentence::summary(&findings, &self.totals, &coverage),
            span: self.conversations.span(),
            totals: self.totals,
            breakdown: groups::sum(&findings),
            findings,
            unused: self.unused(),
            coverage,
            dropped: self.conversations.dropped(),
        }
    }

    fn unused(&self) -> Vec<(ConduitId, PermitId)> {
        let mut unused: Vec<_> = self
            .plant
            .conduits()
            .iter()
            .flat_map(|conduit| conduit.permits.iter().map(|permit| (&conduit.id, &permit.id)))
            .filter(|permit| !self.used.contains(permit))
            .map(|(conduit, permit)| (conduit.clone(), permit.clone()))
            .collect();
        unused.sort();
        unused
    }

    fn finding(
        &self,
        key: ConversationKey,
        cut_by: CutBy,
        cut: &Cut<'p>,
        hosts: &who::Hosts<'_>,
        background: &evidence::Background<'_>,
    ) -> Finding {
        let conversation = self.conversations.get(&key);
        let mut protocols: Vec<&'static str> = conversation
            .into_iter()
            .flat_map(|conversation| conversation.content_protocols())
            .map(|protocol| protocol.0)
            .collect();
        protocols.sort_unstable();
        let mut finding = Finding {
            key,
            initiator: hosts.who(key.initiator, key.vlan),
            responder: hosts.who(key.responder, key.vlan),
            protocols,
            cut_by,
            reason: cut.reason.name(),
            because: cut.because.clone(),
            nearest: nearest(&cut.reason),
            amount: cut.amount,
            answered: cut.operations.values().fold((0, 0), |(good, bad), count| {
                (good + count.responses, bad + count.failures)
            }),
            first: cut.first,
            last: cut.last,
            activity: cut.activity.clone(),
            rhythm: cut.activity.rhythm(),
            hours: cut.hours.clone(),
            operations: cut.operations.clone(),
            operations_dropped: cut.operations_dropped,
            judgement: Judgement::default(),
            sentence: String::new(),
            edits: Vec::new(),
        };
        finding.judgement = evidence::judge(&finding, conversation, background);
        finding.edits = edit::edits_for(self.policy, self.plant, &finding, hosts);
        finding.sentence = sentence::finding(&finding, self.settings.learned);
        finding
    }
}

/// The conduit and permit that a refusal names.
fn nearest(reason: &DenyReason<'_>) -> (Option<ConduitId>, Option<PermitId>) {
    match reason {
        DenyReason::ServiceNotPermitted { conduit, permit }
        | DenyReason::ProtocolNotPermitted { conduit, permit }
        | DenyReason::OperationNotPermitted { conduit, permit, .. }
        | DenyReason::Closed { conduit, permit } => (Some((*conduit).clone()), Some((*permit).clone())),
        DenyReason::PartiesNotPermitted { conduit, .. } => (Some((*conduit).clone()), None),
        DenyReason::UnknownHost { .. }
        | DenyReason::Unzoned { .. }
        | DenyReason::Ambiguous { .. }
        | DenyReason::NoConduit { .. } => (None, None),
    }
}
