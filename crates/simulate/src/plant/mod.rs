//! The simulated plant: segments, hosts and who is where. What they do to each other is in `links` and `rhythm`.

mod build;
mod products;

pub(crate) use build::build;
pub(crate) use products::{Kind, Product, Stack};

use cofferdam_terms::{MacAddr, VlanId};
use std::net::Ipv4Addr;

/// A host's place in [`Plant::hosts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HostId(pub(crate) usize);

/// The plant as the engine uses it.
#[derive(Clone, Debug)]
pub(crate) struct Plant {
    pub(crate) zones: Vec<Zone>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) hosts: Vec<Host>,
}

#[derive(Clone, Debug)]
pub(crate) struct Zone {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
}

/// One VLAN with one network of 24 bits, and the firewall that is its gateway at `.1`.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) zone: usize,
    pub(crate) vlan: VlanId,
    pub(crate) network: Ipv4Addr,
    /// The firewall's place among the hosts.
    pub(crate) firewall: HostId,
    /// The firewall's MAC on this segment.
    pub(crate) gateway: MacAddr,
    /// The MAC of the provider's router, if the segment's hosts are beyond it.
    pub(crate) beyond: Option<MacAddr>,
    /// How many addresses are given away.
    pub(crate) used: u8,
}

impl Segment {
    /// The gateway's address.
    pub(crate) fn gateway_ip(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.to_bits() | 1)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) product: &'static Product,
    pub(crate) mac: MacAddr,
    pub(crate) ip: Ipv4Addr,
    pub(crate) segment: usize,
    pub(crate) zone: usize,
    pub(crate) serial: u32,
    /// Its station number where the protocol has one (DNP3).
    pub(crate) station: u16,
    /// The next ephemeral port.
    pub(crate) next_port: u16,
}

/// The first of the ephemeral ports (RFC 6335).
const FIRST_PORT: u16 = 49_152;

impl Host {
    /// A port for a new connection: each host counts up and begins again.
    pub(crate) const fn take_port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = if port == u16::MAX { FIRST_PORT } else { port + 1 };
        port
    }

    /// The TTL with which its packets reach the first wire of the plant.
    pub(crate) const fn ttl(&self, beyond: bool) -> u8 {
        // A host beyond the plant has some routers between it and us.
        const BEFORE_US: u8 = 11;
        let ttl = match self.product.stack {
            Stack::Embedded | Stack::Linux => 64,
            Stack::Windows => 128,
        };
        if beyond { ttl - BEFORE_US } else { ttl }
    }
}

impl Plant {
    /// Hosts of a kind, in order.
    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = HostId> + '_ {
        self.all()
            .filter(move |(_, host)| host.kind == kind)
            .map(|(id, _)| id)
    }

    /// Every host.
    pub(crate) fn all(&self) -> impl Iterator<Item = (HostId, &Host)> {
        self.hosts
            .iter()
            .enumerate()
            .map(|(index, host)| (HostId(index), host))
    }

    /// A host, if there is one.
    pub(crate) fn host(&self, id: HostId) -> Option<&Host> {
        self.hosts.get(id.0)
    }

    /// The segment of a host.
    pub(crate) fn segment_of(&self, host: &Host) -> Option<&Segment> {
        self.segments.get(host.segment)
    }
}
