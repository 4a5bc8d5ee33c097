//! What a policy answers. Verdicts borrow the ids from the policy, so that judging allocates nothing.

use crate::flow::Host;
use cofferdam_plant::{AssetId, ConduitId, PermitId, ZoneId};
use cofferdam_terms::OperationSet;
use ipnet::IpNet;

/// The answer for one flow. For one policy and one flow there is exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict<'p> {
    /// A permit lets it through. If several do, this is the one with the lowest conduit id, then permit id.
    Permit {
        /// The conduit.
        conduit: &'p ConduitId,
        /// Its permit.
        permit: &'p PermitId,
    },
    /// Both ends are in one zone: no conduit is crossed.
    IntraZone {
        /// The zone.
        zone: &'p ZoneId,
    },
    /// No router forwards it, so no conduit can be crossed.
    Segment(SegmentReason),
    /// Nothing permits it.
    Deny(DenyReason<'p>),
}

impl Verdict<'_> {
    /// Whether the flow goes on.
    #[must_use]
    pub const fn passes(&self) -> bool {
        match self {
            Self::Permit { .. } | Self::IntraZone { .. } | Self::Segment(_) => true,
            Self::Deny(_) => false,
        }
    }
}

/// Why a flow stays in its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SegmentReason {
    /// It is for a broadcast address: of all, or of the subnet that both ends are in.
    Broadcast,
    /// It is for a multicast group that never leaves a link, or that no zone selects.
    Multicast,
    /// An address of it means something on its own link only (fe80::/10, 169.254.0.0/16) or its own host (127.0.0.0/8).
    LinkLocal,
    /// It resolves addresses of its own link (ARP).
    AddressResolution,
}

impl SegmentReason {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broadcast => "broadcast",
            Self::Multicast => "multicast",
            Self::LinkLocal => "link-local",
            Self::AddressResolution => "address-resolution",
        }
    }
}

/// One end of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Who opens it.
    Initiator,
    /// Who is to answer.
    Responder,
}

impl End {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Responder => "responder",
        }
    }
}

/// Who says that an address is theirs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// An asset by one of its interfaces.
    Asset {
        /// The asset.
        asset: AssetId,
        /// The zone that it is in, if any.
        zone: Option<ZoneId>,
    },
    /// A zone by one of its subnets.
    Subnet {
        /// The zone.
        zone: ZoneId,
        /// The subnet.
        subnet: IpNet,
    },
}

/// Why nothing permits a flow. The order is that in which the questions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DenyReason<'p> {
    /// No asset claims the address and no zone selects it.
    UnknownHost {
        /// Which end.
        end: End,
        /// Its addresses.
        host: Host,
    },
    /// An asset claims the address, and is in no zone.
    Unzoned {
        /// Which end.
        end: End,
        /// The asset.
        asset: &'p AssetId,
    },
    /// Two zones claim the address the same way.
    Ambiguous {
        /// Which end.
        end: End,
        /// The first two claims.
        claims: (&'p Claim, &'p Claim),
    },
    /// No conduit joins the two zones.
    NoConduit {
        /// The initiator's zone.
        from: &'p ZoneId,
        /// The responder's zone.
        to: &'p ZoneId,
    },
    /// Conduits join the zones, but no permit is for these two parties in this direction.
    PartiesNotPermitted {
        /// The initiator's zone.
        from: &'p ZoneId,
        /// The responder's zone.
        to: &'p ZoneId,
        /// The first conduit that joins them.
        conduit: &'p ConduitId,
    },
    /// The parties have a permit, but for other transports or ports.
    ServiceNotPermitted {
        /// The conduit of the first such permit.
        conduit: &'p ConduitId,
        /// That permit.
        permit: &'p PermitId,
    },
    /// Transport and port are permitted, for another application protocol.
    ProtocolNotPermitted {
        /// The conduit of the first such permit.
        conduit: &'p ConduitId,
        /// That permit.
        permit: &'p PermitId,
    },
    /// The service is permitted, for other operations.
    OperationNotPermitted {
        /// The conduit of the first such permit.
        conduit: &'p ConduitId,
        /// That permit.
        permit: &'p PermitId,
        /// The operations that the permits for this service allow together.
        permitted: OperationSet,
    },
    /// All is permitted, at other times.
    Closed {
        /// The conduit of the first such permit.
        conduit: &'p ConduitId,
        /// That permit.
        permit: &'p PermitId,
    },
}

impl DenyReason<'_> {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnknownHost {
                end: End::Initiator, ..
            } => "unknown-initiator",
            Self::UnknownHost {
                end: End::Responder, ..
            } => "unknown-responder",
            Self::Unzoned { .. } => "asset-in-no-zone",
            Self::Ambiguous { .. } => "address-claimed-twice",
            Self::NoConduit { .. } => "no-conduit",
            Self::PartiesNotPermitted { .. } => "parties-not-permitted",
            Self::ServiceNotPermitted { .. } => "service-not-permitted",
            Self::ProtocolNotPermitted { .. } => "protocol-not-permitted",
            Self::OperationNotPermitted { .. } => "operation-not-permitted",
            Self::Closed { .. } => "outside-open-times",
        }
    }
}
