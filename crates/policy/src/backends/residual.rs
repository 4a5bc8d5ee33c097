//! What a firewall can't enforce of a policy. It is listed for monitoring to watch, never dropped in silence.

use cofferdam_plant::{AssetId, ConduitId, PermitId, ProtocolName};
use cofferdam_terms::{OperationSet, Transport};
use std::fmt;

/// One thing that a permit says and a device can't hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Residual {
    /// The conduit.
    pub conduit: ConduitId,
    /// The permit.
    pub permit: PermitId,
    /// What is left over.
    pub kind: ResidualKind,
}

/// What is left over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResidualKind {
    /// Operations are limited; the filter lets every operation through on the permitted ports.
    Operations {
        /// What the permit allows.
        permitted: OperationSet,
    },
    /// The application protocol is limited; the filter lets any protocol through on the permitted ports.
    Protocol {
        /// The protocols that the permit names.
        permitted: Vec<ProtocolName>,
    },
    /// The service is no IP service; a router does not forward it and this filter does not see it.
    NotRouted {
        /// What carries it.
        transport: Transport,
    },
    /// A party has no IP address by which this filter could know it, so the filter denies it.
    NoAddress {
        /// The asset.
        asset: AssetId,
    },
    /// No party at one end has an IP address, so no rule was made.
    NoRule,
    /// The permit allows no operation at all, so no rule was made.
    NoOperation,
    /// The device's rules have no time windows that mean the same: no rule was made, so it stays closed.
    WindowNotHeld,
    /// The device's rules hold no IPv6: no rule was made for it.
    NoIpv6,
    /// The device's rules don't know the IP protocol: no rule was made for it.
    ProtocolNotHeld,
    /// The device tracks no connections: answers other than TCP's are let back by their ports alone.
    AnswersByPort,
    /// The permit has open times: the filter asks for them when a connection opens, not while it lasts.
    OutlivesWindow,
}

impl fmt::Display for Residual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: ", self.conduit, self.permit)?;
        match &self.kind {
            ResidualKind::Operations { permitted } => {
                let others = OperationSet::ALL.minus(*permitted);
                write!(
                    f,
                    "the filter can't tell operations apart: watch for {others} (permitted: {permitted})"
                )
            }
            ResidualKind::Protocol { permitted } => {
                let names: Vec<_> = permitted.iter().map(ProtocolName::as_str).collect();
                write!(
                    f,
                    "the filter sees ports only: watch for anything but {}",
                    names.join(", ")
                )
            }
            ResidualKind::NotRouted { transport } => {
                write!(
                    f,
                    "{transport} is not routed: this filter never sees it; enforce it on the switches"
                )
            }
            ResidualKind::NoAddress { asset } => {
                write!(
                    f,
                    "asset `{asset}` has no IP address: the filter denies what it opens and what it is asked"
                )
            }
            ResidualKind::NoRule => f.write_str("one end has no IP address at all: no rule was made"),
            ResidualKind::WindowNotHeld => f.write_str(
                "this device's rules hold no time window: no rule was made; open and close it by a change",
            ),
            ResidualKind::NoIpv6 => f.write_str("this device's rules hold no IPv6: no rule was made for it"),
            ResidualKind::ProtocolNotHeld => {
                f.write_str("this device's rules don't know the IP protocol: no rule was made for it")
            }
            ResidualKind::AnswersByPort => f.write_str(
                "the device tracks no connections: watch for what the responder opens from the permitted ports",
            ),
            ResidualKind::OutlivesWindow => f.write_str(
                "a connection that is open when a window closes goes on: watch for those that outlive it",
            ),
            ResidualKind::NoOperation => f.write_str("it permits no operation: no rule was made"),
        }
    }
}
