//! From a plant's conduits to verdicts: what may flow, what an enforced policy would have cut, rules for a firewall.
//!
//! [`Policy`] answers for one flow and [`explain`] says why. Nothing here reads files, clocks or packets, or knows how a report is shown.
//!
//! Read first: [`Policy`], [`Flow`], [`Verdict`]. The definitions are in `docs/semantics.md`.
#![forbid(unsafe_code)]

mod activity;
pub mod backends;
mod conversation;
mod diff;
mod draft;
mod ends;
mod explain;
mod filing;
pub mod filter;
mod flow;
mod open;
mod place;
mod policy;
pub mod reach;
mod seen;
mod segment;
mod shadow;
pub mod symbolic;
mod verdict;
mod verify;
mod words;

pub use activity::{Activity, Hour, Rhythm};
pub use conversation::{
    Conversation, ConversationKey, Conversations, Dropped, HostKey, OperationCount, OperationKey, Requests,
};
pub use diff::{Diff, diff, model_device};
pub use draft::{Draft, DraftError, DraftSettings, LeftOut, LeftOutReason, Placement, draft};
pub use ends::{EndError, EndSet};
pub use explain::{Explanation, Fact, Subject, explain};
pub use flow::{Flow, Host};
pub use open::is_open;
pub use place::{Claimed, PolicyFault};
pub use policy::Policy;
pub use reach::reach;
pub use seen::observed;
pub use shadow::{
    Amount, AssetDuty, Breakdown, Change, Comparison, CutBy, DutyCoverage, Edit, EditError, Evidence,
    EvidenceKind, Finding, Group, Judgement, Likely, Page, Shadow, ShadowReport, ShadowSettings, Totals, Who,
    apply, compare, page,
};
pub use verdict::{Claim, DenyReason, End, SegmentReason, Verdict};
pub use verify::{Blocked, Excess, Sureness, Verification, verify};
