//! A deterministic maintenance, repair and overhaul plant, and its traffic as frames in order of time.
//!
//! [`Simulation`] is given [`Settings`] and gives frames, one after the other, for as long as is asked, in memory that
//! doesn't grow; and the [`Truth`] about the plant, so that whatever looks at the frames can be measured. The same
//! settings give the same bytes. It reads no clock and does no I/O: writing a capture file is somebody else's.
//!
//! It must not know dissectors, observation or the plant model: its [`encode`] functions are their independent judges.
//!
//! The plant, what the mirror sees, rhythms and intrusions are described in `docs/simulation.md`.
//!
//! Read first: [`Settings`], [`Simulation`], [`Truth`].
#![forbid(unsafe_code)]

mod calendar;
mod dialogue;
mod dice;
pub mod encode;
mod engine;
mod intrusion;
mod links;
mod plant;
mod rhythm;
mod schedule;
mod settings;
mod simulation;
mod standing;
mod truth;

pub use calendar::Weekday;
pub use rhythm::{Every, RHYTHMS, Rhythm};
pub use settings::{CapturePoint, Intrusion, Settings, SettingsError, Trouble, UnknownWord};
pub use simulation::{Frame, Held, Simulation};
pub use truth::{
    EventKind, TrueAsset, TrueCarrier, TrueClaim, TrueEvent, TrueFlow, TrueInterface, TrueZone, Truth,
};
