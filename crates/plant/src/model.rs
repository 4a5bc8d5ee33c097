//! The plant model's types: site, zones, assets, interfaces, conduits and what they permit (IEC 62443-1-1, 62443-3-2).
//!
//! These are values with nothing of the text form in them. [`Plant::new`] is the only way to a [`Plant`]: one that
//! exists has unique ids, references that resolve, and a zone tree without a cycle.

use crate::id::{AssetId, ConduitId, EnforcementPointId, PermitId, ProtocolName, SiteId, ZoneId};
use crate::level::SecurityLevelTarget;
use crate::window::OpenTimes;
use cofferdam_terms::{MacAddr, OperationSet, Timestamp, Transport, VlanId};
use ipnet::IpNet;
use std::net::IpAddr;

/// What a zone is for. ZCR 3.2 to 3.6 of IEC 62443-3-2 need these told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ZoneKind {
    /// Safety instrumented systems and safety-related controls.
    Safety,
    /// Controllers and field devices of the basic control system.
    Control,
    /// HMI, SCADA, engineering of an area.
    Supervisory,
    /// Site operations: historian, MES, maintenance systems.
    Operations,
    /// Demilitarised zone between operations and enterprise or external networks.
    Dmz,
    /// Business systems.
    Enterprise,
    /// Networks of others: vendors, the internet.
    External,
    /// Assets that are reached by radio.
    Wireless,
    /// Assets that are connected now and then: laptops, portable test gear.
    Temporary,
}

impl ZoneKind {
    /// Every kind, in the order of the Purdue levels.
    pub const ALL: [Self; 9] = [
        Self::Safety,
        Self::Control,
        Self::Supervisory,
        Self::Operations,
        Self::Dmz,
        Self::Enterprise,
        Self::External,
        Self::Wireless,
        Self::Temporary,
    ];

    /// The word in the text form, columns and API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Control => "control",
            Self::Supervisory => "supervisory",
            Self::Operations => "operations",
            Self::Dmz => "dmz",
            Self::Enterprise => "enterprise",
            Self::External => "external",
            Self::Wireless => "wireless",
            Self::Temporary => "temporary",
        }
    }
}

/// What an asset does in the plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssetRole {
    /// Programmable logic controller.
    Plc,
    /// Safety controller (SIS logic solver, safety PLC).
    SafetyController,
    /// Remote terminal unit or intelligent electronic device.
    Rtu,
    /// Remote input/output or field device.
    FieldDevice,
    /// Drive or motion controller.
    Drive,
    /// Operator panel.
    Hmi,
    /// SCADA or DCS server.
    ScadaServer,
    /// Process historian.
    Historian,
    /// Engineering workstation.
    EngineeringWorkstation,
    /// Manufacturing execution or maintenance management system.
    Mes,
    /// Jump host or remote access gateway.
    JumpHost,
    /// Protocol gateway.
    Gateway,
    /// Switch.
    Switch,
    /// Router or firewall.
    Router,
    /// Any other server.
    Server,
    /// Any other workstation.
    Workstation,
    /// A vendor's or other outsider's host.
    External,
    /// Not known.
    Unknown,
}

impl AssetRole {
    /// Every role.
    pub const ALL: [Self; 18] = [
        Self::Plc,
        Self::SafetyController,
        Self::Rtu,
        Self::FieldDevice,
        Self::Drive,
        Self::Hmi,
        Self::ScadaServer,
        Self::Historian,
        Self::EngineeringWorkstation,
        Self::Mes,
        Self::JumpHost,
        Self::Gateway,
        Self::Switch,
        Self::Router,
        Self::Server,
        Self::Workstation,
        Self::External,
        Self::Unknown,
    ];

    /// The word in the text form, columns and API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plc => "plc",
            Self::SafetyController => "safety-controller",
            Self::Rtu => "rtu",
            Self::FieldDevice => "field-device",
            Self::Drive => "drive",
            Self::Hmi => "hmi",
            Self::ScadaServer => "scada-server",
            Self::Historian => "historian",
            Self::EngineeringWorkstation => "engineering-workstation",
            Self::Mes => "mes",
            Self::JumpHost => "jump-host",
            Self::Gateway => "gateway",
            Self::Switch => "switch",
            Self::Router => "router",
            Self::Server => "server",
            Self::Workstation => "workstation",
            Self::External => "external",
            Self::Unknown => "unknown",
        }
    }
}

/// Where a value comes from. Observation never overwrites a declaration.
#[derive(Clone, Debug, PartialEq)]
pub enum Provenance {
    /// A person wrote it.
    Declared,
    /// Read from a file of another system.
    Imported {
        /// The file's name.
        file: String,
        /// The row, from 1.
        row: u64,
    },
    /// Seen on the wire.
    Observed {
        /// The capture's name.
        capture: String,
        /// The packet's number in it, from 1.
        packet: u64,
        /// The protocol's field that says it: `cip identity revision`.
        field: String,
        /// When it was seen.
        at: Timestamp,
        /// How sure, 0 to 1.
        confidence: f64,
    },
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub provenance: Provenance,
}

impl<T> Attribute<T> {
    /// A value that a person wrote.
    pub const fn declared(value: T) -> Self {
        Self {
            value,
            provenance: Provenance::Declared,
        }
    }
}

/// The plant as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its identifier.
    pub id: SiteId,
    /// Its name.
    pub name: String,
    /// Whether the model may be edited freely.
    pub stage: Stage,
}

/// Whether the model may be edited freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It may.
    Draft,
    /// A revision comes only from an approved change.
    Baselined,
}

impl Stage {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Draft, Self::Baselined];

    /// The word in the text form and API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Baselined => "baselined",
        }
    }
}

/// A set of assets with shared security requirements (IEC 62443-1-1, 5.8). Not a subnet.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Its identifier.
    pub id: ZoneId,
    /// Its name; may be empty.
    pub name: String,
    /// What it is for.
    pub kind: ZoneKind,
    /// The zone that it lies in. A child inherits and may only tighten.
    pub parent: Option<ZoneId>,
    /// Its target level, if one was set; else the parent's holds.
    pub sl_t: Option<SecurityLevelTarget>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Subnets that select addresses which no asset claims; the most specific wins.
    pub subnets: Vec<IpNet>,
    /// Why the zone is drawn so: a person's words, or the draft's reasons.
    pub reason: String,
}

/// A device or host.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    /// Its identifier.
    pub id: AssetId,
    /// Its name; may be empty.
    pub name: String,
    /// The zone that it is in. `None` is a finding, not an error.
    pub zone: Option<ZoneId>,
    /// What it does.
    pub role: Attribute<AssetRole>,
    /// Maker.
    pub vendor: Option<Attribute<String>>,
    /// Product.
    pub product: Option<Attribute<String>>,
    /// The maker's order or catalogue number.
    pub order_number: Option<Attribute<String>>,
    /// Firmware or software version.
    pub firmware: Option<Attribute<String>>,
    /// Serial number.
    pub serial: Option<Attribute<String>>,
    /// Where it is reached.
    pub interfaces: Vec<Interface>,
    /// What is plugged into it, or belongs to its rack.
    pub modules: Vec<Module>,
    /// Keys under which other systems' inventories know it, `netbox:device:17`, so that the next import finds it again
    /// whatever its identifier here became.
    pub sources: Vec<String>,
}

impl Asset {
    /// An asset of which nothing else is known.
    #[must_use]
    pub const fn new(id: AssetId) -> Self {
        Self {
            id,
            name: String::new(),
            zone: None,
            role: Attribute::declared(AssetRole::Unknown),
            vendor: None,
            product: None,
            order_number: None,
            firmware: None,
            serial: None,
            interfaces: Vec::new(),
            modules: Vec::new(),
            sources: Vec::new(),
        }
    }
}

/// A module in a slot of an asset: declared by a project or an inventory. One that is reached by an address of its own
/// is an asset, too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Module {
    /// Its slot, unique within the asset, as the source writes it: `3`, `0/3`.
    pub slot: String,
    /// Product.
    pub product: Option<String>,
    /// The maker's order or catalogue number.
    pub order_number: Option<String>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
}

/// Where an asset is reached. At least one of MAC and IP is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interface {
    /// Link-layer address.
    pub mac: Option<MacAddr>,
    /// IP address.
    pub ip: Option<IpAddr>,
    /// VLAN.
    pub vlan: Option<VlanId>,
}

/// Transport, port and application protocol of a permitted flow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service {
    /// What is carried on: text `tcp`, `udp`, `icmp`, `ethernet-0x8892`; `None` is `any`.
    pub transport: Option<Transport>,
    /// The responder's ports, first and last; `None` where there are none or for all.
    pub ports: Option<PortRange>,
    /// The application protocol, if only that one is meant. Port filters can't enforce it: it is residual there.
    pub protocol: Option<ProtocolName>,
}

/// Ports from first to last, both included; first ≤ last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// Every port.
    pub const ALL: Self = Self {
        first: 0,
        last: u16::MAX,
    };

    /// A range, if first ≤ last.
    #[must_use]
    pub const fn new(first: u16, last: u16) -> Option<Self> {
        if first <= last {
            Some(Self { first, last })
        } else {
            None
        }
    }

    /// One port.
    #[must_use]
    pub const fn one(port: u16) -> Self {
        Self {
            first: port,
            last: port,
        }
    }

    /// The first.
    #[must_use]
    pub const fn first(self) -> u16 {
        self.first
    }

    /// The last.
    #[must_use]
    pub const fn last(self) -> u16 {
        self.last
    }

    /// Whether a port is in it.
    #[must_use]
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}

/// Who may start or answer a permitted flow: text `zone:test-cell-1` or `asset:historian-1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// Every asset and address of a zone, its child zones included.
    Zone(ZoneId),
    /// One asset.
    Asset(AssetId),
}

/// One permitted flow of a conduit.
#[derive(Clone, Debug, PartialEq)]
pub struct Permit {
    /// Its identifier, unique within the conduit.
    pub id: PermitId,
    /// Who may initiate.
    pub from: Vec<Party>,
    /// Who may respond.
    pub to: Vec<Party>,
    /// By what. Empty is not allowed; `any` is written out.
    pub services: Vec<Service>,
    /// Which operation classes; [`OperationSet::ALL`] is written `any`.
    pub operations: OperationSet,
    /// When it is open; always, if `None`.
    pub open: Option<OpenTimes>,
    /// Why it is needed.
    pub reason: String,
}

/// What protects a conduit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protection {
    /// A packet filter.
    Firewall,
    /// An encrypted tunnel.
    Vpn,
    /// A unidirectional gateway.
    Diode,
    /// A jump host with session recording.
    JumpHost,
    /// A gateway that speaks the protocol and checks its operations.
    ApplicationGateway,
}

impl Protection {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Firewall,
        Self::Vpn,
        Self::Diode,
        Self::JumpHost,
        Self::ApplicationGateway,
    ];

    /// The word in the text form, columns and API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Firewall => "firewall",
            Self::Vpn => "vpn",
            Self::Diode => "diode",
            Self::JumpHost => "jump-host",
            Self::ApplicationGateway => "application-gateway",
        }
    }
}

/// A path between zones with its policy (IEC 62443-1-1, 5.9).
#[derive(Clone, Debug, PartialEq)]
pub struct Conduit {
    /// Its identifier.
    pub id: ConduitId,
    /// Its name; may be empty.
    pub name: String,
    /// The zones that it joins, at least two.
    pub zones: Vec<ZoneId>,
    /// What it permits. What no permit of any conduit permits between zones is denied.
    pub permits: Vec<Permit>,
    /// What protects it.
    pub protection: Vec<Protection>,
    /// The devices that enforce it.
    pub enforcement_points: Vec<EnforcementPointId>,
    /// Its target level.
    pub sl_t: Option<SecurityLevelTarget>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it is drawn so.
    pub reason: String,
}

/// A device that enforces policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnforcementPoint {
    /// Its identifier.
    pub id: EnforcementPointId,
    /// Its name; may be empty.
    pub name: String,
    /// The firewall backend that compiles for it: `nftables`.
    pub backend: String,
}
