//! From frames to flows, assets and coverage: streaming, in bounded memory, the same output for the same input.
//!
//! It drives the dissectors and remembers. It must not read files, clocks or settings, nor know of zones or policy.
//!
//! Read first: [`FlowRecord`], [`ObservedAsset`], [`Coverage`].
#![forbid(unsafe_code)]

mod record;

pub use record::{
    Coverage, Endpoint, FlowRecord, FlowSink, IdentityFact, InitiatorBasis, Observation, ObservedAsset,
    OperationRecord, Recognition, RoleGuess, Traffic,
};

// Whoever reads records needs the words in them, and need not know the dissectors for that.
pub use cofferdam_dissect::{IdentityField, Protocol};
