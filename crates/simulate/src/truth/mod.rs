//! What the simulated plant is and does, as known beforehand: the truth that findings are measured against.

mod draw;
mod json;

pub(crate) use draw::FlowIndex;

use cofferdam_terms::{MacAddr, OperationSet, Timestamp, Transport, VlanId};
use std::net::Ipv4Addr;

/// The plant, its traffic and its events.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// The plant's name.
    pub site: String,
    /// The seed.
    pub seed: u64,
    /// When the capture begins.
    pub start: Timestamp,
    /// When it ends; after the last frame was given, when that was.
    pub end: Timestamp,
    /// Zones.
    pub zones: Vec<TrueZone>,
    /// Devices and hosts.
    pub assets: Vec<TrueAsset>,
    /// Devices that are not the plant's and stand on its wires all the same.
    pub carriers: Vec<TrueCarrier>,
    /// Who talks to whom with what.
    pub flows: Vec<TrueFlow>,
    /// What was planned or done at a certain time, in order of time.
    pub events: Vec<TrueEvent>,
}

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueZone {
    /// Its id: `test-cell-1`.
    pub id: String,
    /// A word of the plant model's zone kinds.
    pub kind: &'static str,
    /// Its VLANs and their networks; the prefix has 24 bits.
    pub networks: Vec<(VlanId, Ipv4Addr)>,
}

/// A device or host.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueAsset {
    /// Its id: `tc1-plc`.
    pub id: String,
    /// A word of the plant model's asset roles.
    pub role: &'static str,
    /// The zone that it belongs to.
    pub zone: String,
    /// Maker.
    pub vendor: &'static str,
    /// Product.
    pub product: &'static str,
    /// Firmware or software version as it crosses the wire, if any protocol here carries it.
    pub firmware: Option<&'static str>,
    /// Serial number as it crosses the wire, if it does.
    pub serial: Option<String>,
    /// Where it is reached.
    pub interfaces: Vec<TrueInterface>,
    /// What it says of itself: protocol, fact, value.
    pub claims: Vec<TrueClaim>,
}

/// A provider's router: hosts beyond the plant are seen through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrueCarrier {
    /// Its link-layer address on the plant's side. Its IP address never shows.
    pub mac: MacAddr,
    /// VLAN.
    pub vlan: VlanId,
}

/// Where an asset is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueInterface {
    /// Link-layer address; `None` if no frame here can show it, since the asset is beyond the plant.
    pub mac: Option<MacAddr>,
    /// Internet address.
    pub ip: Ipv4Addr,
    /// VLAN.
    pub vlan: VlanId,
}

/// Something that an asset says of itself on the wire, given the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueClaim {
    /// The protocol's short name: `cip`.
    pub protocol: &'static str,
    /// What it is about: `product`, `firmware`, `serial`, `vendor`, `host-name`.
    pub fact: &'static str,
    /// The value.
    pub value: String,
}

/// Who talks to whom with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueFlow {
    /// The initiator's asset id.
    pub initiator: String,
    /// The responder's asset id.
    pub responder: String,
    /// The protocol's short name: `modbus`.
    pub protocol: &'static str,
    /// TCP or UDP.
    pub transport: Transport,
    /// The responder's port.
    pub port: u16,
    /// What is asked over it.
    pub operations: OperationSet,
    /// Why: `standing` for what goes on all the time, a rhythm's or an intrusion's name.
    pub cause: &'static str,
    /// Packets that were given so far, copies on further hops included.
    pub packets: u64,
}

/// Whether somebody at the plant planned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// Work that was ordered.
    Planned,
    /// An intrusion.
    Intrusion,
}

impl EventKind {
    /// The word in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Intrusion => "intrusion",
        }
    }
}

/// Something that happened at a certain time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueEvent {
    /// The work order's number, `WO-2026-0031`; an intrusion's name for an intrusion.
    pub id: String,
    /// Planned or not.
    pub kind: EventKind,
    /// The rhythm's or intrusion's name.
    pub cause: &'static str,
    /// A sentence for people.
    pub description: String,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends: planned at first, and moved if the traffic took longer.
    pub to: Timestamp,
    /// Ids of the assets that take part.
    pub assets: Vec<String>,
    /// Its flows, as indices into [`Truth::flows`].
    pub flows: Vec<usize>,
    /// Packets given so far.
    pub packets: u64,
    /// Numbers, from 1, of the first and last frame given so far.
    pub frames: Option<(u64, u64)>,
}
