//! What is asked of a policy: a flow, as far as the asker knows it.

use cofferdam_observe::{Endpoint, FlowRecord, Recognition};
use cofferdam_terms::{MacAddr, OperationClass, Timestamp, Transport, VlanId};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// One end of a flow, by the addresses that its packets carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host {
    /// Link-layer address. It names the host only where there is no IP address: beyond a router it is the router's.
    pub mac: Option<MacAddr>,
    /// IP address.
    pub ip: Option<IpAddr>,
    /// The VLAN on which it was seen. It tells apart assets that claim one address, and nothing else.
    pub vlan: Option<VlanId>,
}

impl Host {
    /// A host by its IP address.
    #[must_use]
    pub const fn at(ip: IpAddr) -> Self {
        Self {
            mac: None,
            ip: Some(ip),
            vlan: None,
        }
    }

    /// An end of an observed flow.
    #[must_use]
    pub const fn seen(endpoint: Endpoint, vlan: Option<VlanId>) -> Self {
        Self {
            mac: endpoint.mac,
            ip: endpoint.ip,
            vlan,
        }
    }

    /// The IP address by which the host is known: an IPv4 address written as IPv6 is IPv4, and 0.0.0.0 and :: (a host
    /// that has no address yet) are none.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        let ip = match self.ip? {
            IpAddr::V6(v6) => unmapped(v6),
            v4 @ IpAddr::V4(_) => v4,
        };
        (!ip.is_unspecified()).then_some(ip)
    }
}

fn unmapped(v6: Ipv6Addr) -> IpAddr {
    v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4)
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ip, self.mac) {
            (Some(ip), _) => ip.fmt(f),
            (None, Some(mac)) => mac.fmt(f),
            (None, None) => f.write_str("a host without address"),
        }
    }
}

/// A flow to be judged. `None` for the protocol or the operation means "not asked": the answer is then that of a
/// filter that looks no deeper than ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow<'a> {
    /// Who opens it.
    pub initiator: Host,
    /// Who is to answer.
    pub responder: Host,
    /// What carries it.
    pub transport: Transport,
    /// The responder's port; 0 where there are none.
    pub responder_port: u16,
    /// The application protocol's short name.
    pub protocol: Option<&'a str>,
    /// What is asked of the responder.
    pub operation: Option<OperationClass>,
    /// When.
    pub time: Timestamp,
}

impl Flow<'static> {
    /// An observed flow as a port filter sees it.
    #[must_use]
    pub fn of_record(record: &FlowRecord) -> Self {
        Self {
            initiator: Host::seen(record.initiator, record.vlan),
            responder: Host::seen(record.responder, record.vlan),
            transport: record.transport,
            responder_port: record.responder_port,
            protocol: None,
            operation: None,
            time: record.first,
        }
    }

    /// The same flow as an application gateway sees it: with the protocol that its content shows, and one operation.
    #[must_use]
    pub fn within(self, record: &FlowRecord, operation: Option<OperationClass>) -> Self {
        Self {
            protocol: content_protocol(record),
            operation,
            ..self
        }
    }
}

/// The protocol that a record's bytes show. A guess by the port is none: a gateway would not go by it either.
pub(crate) fn content_protocol(record: &FlowRecord) -> Option<&'static str> {
    match record.protocol {
        Some((protocol, Recognition::Content)) => Some(protocol.0),
        Some((_, Recognition::Port)) | None => None,
    }
}
