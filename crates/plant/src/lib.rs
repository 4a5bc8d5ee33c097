//! The plant model: zones, conduits, assets and what may flow, with its TOML text form and its checks.
//!
//! It knows the field's terms and nothing of packets, flows, firewalls, files or clocks. Text and times come in as
//! values; diagnostics go out as values and are rendered elsewhere.
//!
//! Read first: [`Plant`], [`Zone`], [`Conduit`].
#![forbid(unsafe_code)]

mod id;
mod level;
mod model;
mod plant;
mod window;

pub use id::{AssetId, ConduitId, EnforcementPointId, InvalidId, PermitId, ProtocolName, SiteId, ZoneId};
pub use level::{FoundationalRequirement, SecurityLevel, SecurityLevelTarget, SecurityLevelVector};
pub use model::{
    Asset, AssetRole, Attribute, Conduit, EnforcementPoint, Interface, Party, Permit, PortRange, Protection,
    Provenance, Service, Site, Stage, Zone, ZoneKind,
};
pub use plant::{Fault, Parts, Place, Plant, Step, Table, nearest};
pub use window::{OpenTimes, Window};
