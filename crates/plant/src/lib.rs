//! The plant model: zones, conduits, assets and what may flow, with its TOML text form and its checks.
//!
//! It knows the field's terms and nothing of packets, flows, firewalls, files or clocks. Text and times come in as
//! values; diagnostics go out as values and are rendered elsewhere.
//!
//! Read first: [`Plant`], [`Document`], [`Diagnostic`].
#![forbid(unsafe_code)]

pub mod checks;
mod diagnostic;
mod id;
mod level;
mod model;
mod observed;
mod plant;
pub mod render;
mod source;
#[cfg(any(test, feature = "strategies"))]
pub mod strategies;
pub mod text;
mod window;

pub use checks::{Checked, Discrepancy, Facts, check, discrepancies, explain};
pub use diagnostic::{Clause, Code, Diagnostic, Fix, Label, Severity, Standard, TextEdit};
pub use id::{AssetId, ConduitId, EnforcementPointId, InvalidId, PermitId, ProtocolName, SiteId, ZoneId};
pub use level::{FoundationalRequirement, SecurityLevel, SecurityLevelTarget, SecurityLevelVector};
pub use model::{
    Asset, AssetRole, Attribute, Conduit, EnforcementPoint, Interface, Module, Party, Permit, PortRange,
    Protection, Provenance, Service, Site, Stage, Zone, ZoneKind,
};
pub use observed::{End, Observed, ObservedIdentity, ObservedUse};
pub use plant::{Fault, Parts, Place, Plant, Step, Table, nearest};
pub use source::{LineColumn, Source, Span};
pub use text::{Document, Edit, EditFault, Rejection, parse, parse_bytes};
pub use window::{OpenTimes, Window};
