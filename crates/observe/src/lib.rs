//! From frames to flows, assets and coverage: streaming, in bounded memory, the same output for the same input.
//!
//! It drives the dissectors and remembers. It must not read files, clocks or settings, nor know of zones or policy.
//!
//! Read first: [`Observer`], [`FlowRecord`], [`ObservedAsset`], [`Coverage`].
#![forbid(unsafe_code)]

mod acts;
mod admission;
mod advice;
mod baseline;
mod baseline_form;
mod children;
mod clock;
mod compare;
mod conversation;
mod counted;
mod derived;
mod desk;
mod event_kinds;
mod events;
mod evidence;
mod exchange;
mod facts;
mod finish;
mod flow;
mod follow;
mod fragments;
mod front;
mod home;
mod hosts;
mod import;
mod intern;
mod inventory;
mod join;
mod key;
mod known;
mod learning;
mod ledger;
mod netflow;
mod notes;
mod number;
mod objects;
mod observer;
mod operations;
mod oui;
mod part;
mod recognise;
mod record;
mod rhythm;
mod roles;
mod round;
mod routers;
mod services;
mod settings;
mod spread;
mod stream;
mod table;
mod tap;
mod tcp;
#[cfg(test)]
mod tests;
mod uses;
mod workers;
mod world;
mod writes;
mod zeek;

pub use admission::{Newcomer, Ruled, Ruling, Rulings};
pub use baseline::{Baseline, Deviation, DeviationKind, Deviations, UsedOperation};
pub use baseline_form::{BadBaseline, BaselineForm};
pub use compare::{AssetChange, Comparison, Snapshot, Use, compare};
pub use event_kinds::{EventKind, Technique};
pub use events::{Event, Evidence, Parties};
pub use import::{BadLine, Imported, LogImport, MAX_LINE, SetAside};
pub use inventory::inventory;
pub use known::ValueBasis;
pub use learning::{Act, Category, Countdown, Decision, Learning, Mode};
pub use netflow::{BadExport, Export, Exporter, FaultyExport, ImportedExports, NetflowImport};
pub use number::Number;
pub use observer::{Captured, Observer};
pub use rhythm::Rhythms;
pub use uses::{Talker, TalkerPair, UsedService};

pub use oui::vendor;
pub use record::{
    Connection, Coverage, Endpoint, Exchange, FailureCount, FlowRecord, FlowSink, IdentityFact,
    InitiatorBasis, Observation, ObservedAsset, OperationRecord, Recognition, RoleGuess, Traffic,
    WrittenRange,
};
pub use settings::{Ceilings, IdleTimes, Settings};
pub use spread::Spread;
pub use tap::{MessageContext, MessageSink};
pub use workers::{Deal, Feed, Feeding, observe_with};
pub use writes::{ValueBefore, ValueChange, WriteRecord};
pub use zeek::{Lines, ZeekFlows, ZeekLog, ZeekMessages};

// Whoever reads records needs the words in them, and need not know the dissectors for that.
pub use cofferdam_dissect::frame::TcpFlags;
pub use cofferdam_dissect::{IdentityField, Protocol};
