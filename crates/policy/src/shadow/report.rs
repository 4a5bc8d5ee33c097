//! What a shadow test answers: values, ordered, nothing left out without being counted.

use super::coverage::DutyCoverage;
use super::edit::Edit;
use super::evidence::Judgement;
use crate::activity::{Activity, Rhythm};
use crate::conversation::{ConversationKey, Dropped, HostKey, OperationCount, OperationKey};
use cofferdam_observe::Traffic;
use cofferdam_plant::{AssetId, AssetRole, ConduitId, PermitId, ZoneId, ZoneKind};
use cofferdam_terms::{OperationSet, Timestamp};
use std::collections::BTreeMap;

/// What an enforced policy would have done to recorded traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct ShadowReport {
    /// In one sentence: how much would have been cut, and how much of it is likely needed.
    pub sentence: String,
    /// Time of the first and last packet.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Everything that was judged, by what became of it.
    pub totals: Totals,
    /// What would have been cut: likely needed first, then what can't be told, then unwanted; in each, most requests
    /// and packets first.
    pub findings: Vec<Finding>,
    /// The same cuts summed by zone pair, asset, service, operation and hour.
    pub breakdown: Breakdown,
    /// Permits that let nothing through in this recording, ordered.
    pub unused: Vec<(ConduitId, PermitId)>,
    /// What the recording has and has not covered.
    pub coverage: DutyCoverage,
    /// What found no place, because a limit was reached.
    pub dropped: Dropped,
}

/// Amounts by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Let through by a permit.
    pub permitted: Amount,
    /// Within a zone.
    pub intra_zone: Amount,
    /// Within a segment.
    pub segment: Amount,
    /// Cut by a filter that sees addresses and ports.
    pub cut_by_port_filter: Amount,
    /// Let through by such a filter and cut by a gateway that sees protocol and operations. Packets and connections
    /// are those in which at least one operation was cut; requests are those cut.
    pub cut_by_gateway: Amount,
    /// Traffic without IP addresses that crosses zones: only the switches could cut it.
    pub cut_on_link: Amount,
}

/// How much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Flow records.
    pub records: u64,
    /// Connections or exchanges that opened.
    pub connections: u64,
    /// Requests.
    pub requests: u64,
    /// Packets and bytes, both ways.
    pub traffic: Traffic,
}

impl Amount {
    pub(super) fn add(&mut self, more: &Self) {
        self.records += more.records;
        self.connections += more.connections;
        self.requests += more.requests;
        crate::conversation::add(&mut self.traffic, more.traffic);
    }
}

/// What it takes to cut a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CutBy {
    /// A filter that sees addresses, transport, port and time.
    PortFilter,
    /// A gateway that also sees protocol and operation; a port filter would let the flow pass.
    ApplicationGateway,
    /// The switches: the flow has no IP addresses, so no router's filter sees it.
    LinkFilter,
}

impl CutBy {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PortFilter => "port-filter",
            Self::ApplicationGateway => "application-gateway",
            Self::LinkFilter => "link-filter",
        }
    }
}

/// One end of a cut, by what the model and the observation say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Its address.
    pub key: HostKey,
    /// What it is called in sentences.
    pub name: String,
    /// The name that it gives itself on the wire, if it does.
    pub host_name: Option<String>,
    /// Its asset in the model, if it has one.
    pub asset: Option<AssetId>,
    /// Its role, by the model or else by observation.
    pub role: AssetRole,
    /// Its zone in the model, if it has one.
    pub zone: Option<(ZoneId, ZoneKind)>,
}

impl Who {
    /// The name by which people call it: its own, else its id in the model.
    pub(super) fn own_name(&self) -> Option<&str> {
        let id = self.asset.as_ref().map(AssetId::as_str);
        self.host_name.as_deref().or(id)
    }

    /// Whether its name, or its id in the model, has one of the words in it.
    pub(super) fn says(&self, words: &[&str]) -> bool {
        let id = self.asset.as_ref().map(AssetId::as_str);
        [self.host_name.as_deref(), id]
            .into_iter()
            .flatten()
            .any(|name| crate::words::says(name, words))
    }
}

/// One thing that would have been cut: one host's use of one other's service.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Between whom and by what. With `cut_by` it names the finding: no other has the same.
    pub key: ConversationKey,
    /// Who asks.
    pub initiator: Who,
    /// Who answers.
    pub responder: Who,
    /// The application protocols that the content shows, ordered.
    pub protocols: Vec<&'static str>,
    /// What it takes to cut it.
    pub cut_by: CutBy,
    /// Why, as the word of [`DenyReason::name`](crate::DenyReason::name).
    pub reason: &'static str,
    /// Why, as a phrase that goes on from "because".
    pub because: String,
    /// The conduit and permit that come nearest to letting it through.
    pub nearest: (Option<ConduitId>, Option<PermitId>),
    /// How much.
    pub amount: Amount,
    /// Requests answered with success, and with failure.
    pub answered: (u64, u64),
    /// First packet's time.
    pub first: Timestamp,
    /// Last packet's time.
    pub last: Timestamp,
    /// In which clock hours.
    pub activity: Activity,
    /// The rhythm in that.
    pub rhythm: Rhythm,
    /// How much by hour of the day, UTC, 0 to 23. A record counts in the hour in which it began.
    pub hours: BTreeMap<u8, Amount>,
    /// The operations that would have been cut, by function and unit.
    pub operations: BTreeMap<OperationKey, OperationCount>,
    /// Operation records that found no place.
    pub operations_dropped: u64,
    /// Whether it is likely needed, and the evidence.
    pub judgement: Judgement,
    /// The finding in one sentence.
    pub sentence: String,
    /// The smallest edits that would let it through, and nothing else that was not seen; empty if the model must first
    /// be put right in a way that no edit can guess.
    pub edits: Vec<Edit>,
}

impl Finding {
    /// The operation classes cut.
    #[must_use]
    pub fn classes(&self) -> OperationSet {
        self.operations.keys().map(|key| key.operation).collect()
    }
}

/// Cuts summed in several ways. Each list is ordered by requests and packets, most first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Breakdown {
    /// By the initiator's and the responder's zone.
    pub zones: Vec<Group>,
    /// By host; a cut counts for both its ends.
    pub hosts: Vec<Group>,
    /// By service.
    pub services: Vec<Group>,
    /// By operation class and function.
    pub operations: Vec<Group>,
    /// By hour of the day, UTC, in its order.
    pub hours: Vec<Group>,
}

/// One line of a sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What is summed.
    pub label: String,
    /// In how many findings.
    pub findings: u64,
    /// How much.
    pub amount: Amount,
    /// First packet's time.
    pub first: Timestamp,
    /// Last packet's time.
    pub last: Timestamp,
}

/// A part of a list, with the length of the whole, so that nothing is cut off unseen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page<'a, T> {
    /// The entries.
    pub items: &'a [T],
    /// The place of the first of them, from 0.
    pub offset: usize,
    /// How many there are in all.
    pub total: usize,
}

/// A page of a list. A page beyond the end is empty.
#[must_use]
pub fn page<T>(list: &[T], offset: usize, most: usize) -> Page<'_, T> {
    let start = offset.min(list.len());
    let end = start.saturating_add(most).min(list.len());
    Page {
        items: list.get(start..end).unwrap_or_default(),
        offset: start,
        total: list.len(),
    }
}
