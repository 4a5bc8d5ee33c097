//! The shadow test's answer, the findings and the compiled rules, as the API says them.

use crate::views::CountView;
use serde::Serialize;
use utoipa::ToSchema;

/// What an enforced policy would have cut from the recorded traffic.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShadowView {
    /// The result in one sentence.
    pub sentence: String,
    /// From when traffic was replayed, RFC 3339.
    pub from: Option<String>,
    /// Until when.
    pub to: Option<String>,
    /// Flow records judged.
    pub judged: u64,
    /// Of them, let through by a permit.
    pub permitted: u64,
    /// Of them, within one zone.
    pub intra_zone: u64,
    /// Of them, never forwarded (broadcast, link-local and the like).
    pub segment: u64,
    /// Of them, at least partly cut.
    pub cut: u64,
    /// What would have been cut, worst first.
    pub findings: Vec<CutView>,
    /// How much of the plant's duty cycle the recording has seen, a sentence each.
    pub coverage: Vec<String>,
}

/// One thing that would have been cut: an initiator, a responder and a service.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CutView {
    /// Names the finding among its report's.
    pub id: String,
    /// The finding in one sentence.
    pub sentence: String,
    /// Who asked.
    pub initiator: String,
    /// Who would have answered.
    pub responder: String,
    /// The initiator's zone.
    pub from_zone: Option<String>,
    /// The responder's zone.
    pub to_zone: Option<String>,
    /// Transport, port and protocol: `tcp/502 modbus`.
    pub service: String,
    /// Operation classes that would have been cut.
    pub operations: Vec<String>,
    /// What it takes to cut it: `port-filter`, `application-gateway` (which reads protocol and operation) or
    /// `link-filter` (no IP addresses, so only the switches could).
    pub stage: String,
    /// `needed`, `unwanted` or `unclear`, by the evidence.
    pub judgement: String,
    /// The evidence, a sentence each.
    pub evidence: Vec<String>,
    /// How often, as a rhythm: `monthly`, `seen once`.
    pub rhythm: String,
    /// Connections.
    pub connections: u64,
    /// Requests.
    pub requests: u64,
    /// First time, RFC 3339.
    pub first: String,
    /// Last time.
    pub last: String,
    /// Clock hours with such traffic.
    pub hours: Vec<HourView>,
    /// Why the policy denies it, as a phrase that goes on from "because".
    pub reason: String,
    /// The smallest edits of the model that would let it through, as text.
    pub edits: Vec<String>,
}

/// One clock hour.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HourView {
    /// The hour's start, RFC 3339.
    pub start: String,
    /// How many kinds of such traffic there were in it.
    pub count: u64,
}

/// A finding of the checks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// The check's code.
    pub code: String,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// What is wrong.
    pub message: String,
    /// The clause that it comes from.
    pub clause: Option<String>,
    /// The file.
    pub file: String,
    /// Line from 1.
    pub line: usize,
    /// Column from 1.
    pub column: usize,
    /// The finding as a compiler shows it, with the source lines.
    pub rendered: String,
    /// The mend.
    pub help: Vec<String>,
}

/// Findings with their counts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingsView {
    /// The findings, in the order of the file.
    pub findings: Vec<FindingView>,
    /// Counts by severity.
    pub counts: Vec<CountView>,
}

/// Rules compiled for one enforcement point.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RulesView {
    /// The enforcement point.
    pub point: String,
    /// The backend.
    pub backend: String,
    /// The rules' text.
    pub text: String,
    /// What takes the rules back.
    pub roll_back: String,
    /// What the device can't enforce, a sentence each, for monitoring.
    pub residuals: Vec<String>,
}
