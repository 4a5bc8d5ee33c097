//! What observation tells the checks: which services were used between which addresses, and what devices say of
//! themselves. Plain values, so that this crate knows nothing of captures and flows.

use crate::id::ProtocolName;
use crate::model::{AssetRole, Attribute};
use cofferdam_terms::{MacAddr, OperationSet, Timestamp, Transport, VlanId};
use std::net::IpAddr;

/// What was seen in a stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The first and the last moment that was looked at.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Uses of services; the same use may stand in several entries.
    pub uses: Vec<ObservedUse>,
    /// What devices were seen to be.
    pub identities: Vec<ObservedIdentity>,
}

/// What a device was seen to be, with where each value was seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObservedIdentity {
    /// Where it was reached; an asset that claims one of the addresses is the device.
    pub ends: Vec<End>,
    /// What it does.
    pub role: Option<Attribute<AssetRole>>,
    /// Maker.
    pub vendor: Option<Attribute<String>>,
    /// Product.
    pub product: Option<Attribute<String>>,
    /// Firmware or software version.
    pub firmware: Option<Attribute<String>>,
    /// Serial number.
    pub serial: Option<Attribute<String>>,
}

/// A service that one end asked of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedUse {
    /// Who asked.
    pub initiator: End,
    /// Who answered, or was to.
    pub responder: End,
    /// What carried it.
    pub transport: Transport,
    /// The responder's port; `None` where the transport has none.
    pub port: Option<u16>,
    /// The application protocol, where it was recognised by content.
    pub protocol: Option<ProtocolName>,
    /// Operation classes that were asked; empty where none was understood.
    pub operations: OperationSet,
    /// How often: requests, or flows where no requests are counted.
    pub count: u64,
}

/// One end as it stood on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// Its IP address.
    pub ip: Option<IpAddr>,
    /// Its link-layer address. It counts only where there is no IP address, since a router's may stand there.
    pub mac: Option<MacAddr>,
    /// The VLAN.
    pub vlan: Option<VlanId>,
}
