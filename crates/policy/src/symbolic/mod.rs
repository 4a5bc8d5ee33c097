//! Answers about all packets at once: what two filters differ in, which rules never decide, what reaches what.
//!
//! Rules become decision diagrams over the bits of a packet's header (`docs/symbolic.md` says why, with the figures).
//! Nothing is sampled: an answer "equal" is a proof, and every other answer has a packet that shows it, with the rules
//! that decide it. It knows [`crate::filter`] and no vendor, plant model or clock.
//!
//! Bounds: [`MAX_NODES`] nodes, [`MAX_NAMES`] interface names, [`MAX_MOMENTS`] spans of time; beyond them the answer is
//! [`TooLarge`], never a guess.

mod anomalies;
mod compare;
mod diagram;
mod moments;
mod reduce;
mod space;
mod walk;

pub use anomalies::{Anomaly, AnomalyKind, anomalies};
pub use compare::{Decision, Difference, differences, equivalent};
pub use diagram::MAX_NODES;
pub use reduce::redundant_permits;
pub use space::{MAX_MOMENTS, MAX_NAMES};

pub(crate) use compare::Deciding;
pub(crate) use diagram::{Join, Ref};
pub(crate) use space::{Field, Space};
pub(crate) use walk::pairs;

/// The rules need more room than one space may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// Too many nodes.
    #[error("the rules need more than {MAX_NODES} nodes: compare the devices one rule list at a time")]
    Nodes,
    /// Too many interface names.
    #[error("the devices name more than {MAX_NAMES} interfaces and zones together")]
    Names,
    /// Too many spans of time.
    #[error("the rules' time windows cut time into more than {MAX_MOMENTS} spans")]
    Moments,
}
