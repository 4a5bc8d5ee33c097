//! From a captured frame to addresses, ports and payload: link, network and transport headers.
//!
//! Reads Ethernet II and IEEE 802.3 with LLC and SNAP, Linux cooked (v1, v2), BSD loopback and raw IP; 802.1Q, 802.1ad
//! and older stacked VLAN tags; HSR tags and PRP trailers (IEC 62439-3:2021); IPv4 (RFC 791) with options, IPv6
//! (RFC 8200) with extension headers and authentication header; TCP and UDP. GRE (RFC 2784, 2890), ERSPAN I to III,
//! VXLAN (RFC 7348) and IP in IP (RFC 2003, 4213) are unwrapped to what is inside.
//!
//! It is asked for every packet, so it allocates nothing, copies no payload and reads each header once. It trusts no
//! length: what a header claims is cut to what its carrier has, and the first contradiction is the frame's [`Damage`].
//! Checksums aren't verified, since offloading network cards leave them unset in most captures. It keeps no state:
//! fragments are handed on, and a tunnel inside a fragmented packet stays closed.
//!
//! Bounds: [`MAX_VLANS`], [`MAX_TUNNELS`], [`MAX_EXTENSIONS`].

mod ip;
mod link;
mod plain;
mod transport;
mod tunnel;

use crate::reader::Reader;
use cofferdam_terms::{EtherType, IpProtocol, LinkType, MacAddr, VlanId};
use std::net::IpAddr;

pub use plain::{Plain, plain};

/// The most VLAN tags that are kept; more are passed over and counted as damage.
pub const MAX_VLANS: usize = 4;
/// The most encapsulations (GRE, VXLAN, ERSPAN, IP in IP) that are unwrapped.
pub const MAX_TUNNELS: usize = 4;
/// The most extension headers of one IP packet that are passed over.
pub const MAX_EXTENSIONS: usize = 8;

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
        /// The type. An 802.3 length with LLC is reported as the length's value, below 0x0600,
        /// but for CDP.
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
    let mut frame = Frame::unread();
    let layer = Layer {
        reader: Reader::new(bytes),
        end: usize::try_from(original).map_or(bytes.len(), |original| original.max(bytes.len())),
    };
    frame.fill(link, layer);
    frame
}

/// Reads the transport header of a packet that was put together from fragments.
#[must_use]
pub fn decode_transport(protocol: IpProtocol, bytes: &[u8]) -> Transport<'_> {
    let layer = Layer {
        reader: Reader::new(bytes),
        end: bytes.len(),
    };
    transport::read(protocol, layer, &mut Frame::unread())
}

/// The captured bytes of one layer, and where the layer ends on the wire (as an offset in the frame).
#[derive(Clone, Copy)]
struct Layer<'a> {
    reader: Reader<'a>,
    end: usize,
}

impl<'a> Layer<'a> {
    /// Ends the layer `length` bytes from here. False when its carrier is shorter than that: the layer is as it was.
    fn limit(&mut self, length: usize) -> Limit {
        let end = self.reader.offset().saturating_add(length);
        if end > self.end {
            return Limit::BeyondCarrier;
        }
        self.end = end;
        if let Ok(within) = { self.reader }.sub(length) {
            self.reader = within;
        }
        Limit::Within
    }

    /// How many bytes of the layer were on the wire but not captured.
    fn cut(&self) -> u32 {
        let captured = self.reader.offset() + self.reader.left();
        u32::try_from(self.end.saturating_sub(captured)).unwrap_or(u32::MAX)
    }

    /// The captured bytes that are left.
    fn rest(self) -> &'a [u8] {
        self.reader.peek()
    }
}

/// Whether a length that a header claims fits into what carries it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limit {
    Within,
    BeyondCarrier,
}

/// What follows a header that was read.
enum Next<'a> {
    Ethernet(Layer<'a>),
    Ipv4(Layer<'a>),
    Ipv6(Layer<'a>),
    /// Nothing that is read here: the frame's `network` is set.
    End,
}

/// A frame is filled in place as headers are read, since it is too large to be handed from function to function for
/// each packet. The functions that most packets pass through are always inlined, so that the layer they work on stays
/// in registers: that takes a third off the time.
impl<'a> Frame<'a> {
    fn fill(&mut self, link: LinkType, layer: Layer<'a>) {
        let mut next = link::first(link, layer, self);
        // Each turn either ends or enters a tunnel, of which there are at most MAX_TUNNELS.
        loop {
            next = match next {
                Next::Ethernet(layer) => link::ethernet(layer, self),
                Next::Ipv4(layer) => ip::v4(layer, self),
                Next::Ipv6(layer) => ip::v6(layer, self),
                Next::End => break,
            };
        }
    }

    fn unread() -> Self {
        Self {
            link: None,
            vlans: Vlans::default(),
            network: Network::Unread,
            tunnels: 0,
            damage: None,
        }
    }

    /// Notes what is wrong at an offset; the first one stays.
    #[cold]
    fn damaged(&mut self, code: &'static str, offset: usize) {
        self.damage.get_or_insert(Damage { code, offset });
    }

    /// Notes it and gives up on the frame.
    #[cold]
    fn give_up(&mut self, code: &'static str, offset: usize) -> Next<'a> {
        self.damaged(code, offset);
        Next::End
    }

    /// Goes into a tunnel: what is inside has link addresses and VLANs of its own, or none.
    fn enter(&mut self, offset: usize) -> Enter {
        if usize::from(self.tunnels) == MAX_TUNNELS {
            self.damaged("too-many-tunnels", offset);
            return Enter::TooDeep;
        }
        self.tunnels += 1;
        self.link = None;
        self.vlans = Vlans::default();
        Enter::Entered
    }
}

/// Whether a tunnel may be unwrapped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Enter {
    Entered,
    TooDeep,
}

#[cfg(test)]
mod tests;
