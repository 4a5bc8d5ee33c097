//! Hosts and services as they are compared over time: without ports of initiators, so that connections of one use are
//! one.

use crate::record::{Endpoint, FlowRecord};
use cofferdam_dissect::Protocol;
use cofferdam_terms::{MacAddr, Transport};
use std::fmt;
use std::net::IpAddr;

/// A host, by its IP address, or by its MAC where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Talker {
    /// By IP address.
    Ip(IpAddr),
    /// By MAC.
    Mac(MacAddr),
    /// The record has neither.
    Unknown,
}

impl Talker {
    /// The host of an endpoint.
    #[must_use]
    pub fn of(end: Endpoint) -> Self {
        match (end.ip, end.mac) {
            (Some(ip), _) => Self::Ip(ip),
            (None, Some(mac)) => Self::Mac(mac),
            (None, None) => Self::Unknown,
        }
    }
}

impl fmt::Display for Talker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Mac(mac) => mac.fmt(f),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// Who asks, and who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TalkerPair {
    /// Who asks.
    pub initiator: Talker,
    /// Who answers.
    pub responder: Talker,
}

impl TalkerPair {
    /// The two of a record.
    #[must_use]
    pub fn of(record: &FlowRecord) -> Self {
        Self {
            initiator: Talker::of(record.initiator),
            responder: Talker::of(record.responder),
        }
    }
}

/// A service: what is spoken, over what, on which port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsedService {
    /// The application protocol, if known.
    pub protocol: Option<Protocol>,
    /// What carries it.
    pub transport: Transport,
    /// The responder's port; 0 where there are none.
    pub port: u16,
}

impl UsedService {
    /// The service of a record.
    #[must_use]
    pub fn of(record: &FlowRecord) -> Self {
        Self {
            protocol: record.protocol.map(|(protocol, _)| protocol),
            transport: record.transport,
            port: record.responder_port,
        }
    }
}
