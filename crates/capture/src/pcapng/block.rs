//! One pcapng block: its frame, and what the kinds that matter say.

use super::clock::Clock;
use crate::bytes::Order;
use crate::packet::Interface;
use crate::step::MAX_PACKET;
use crate::window::BUFFER_BYTES;
use cofferdam_terms::{LinkType, WireText};
use std::ops::Range;

/// How many bytes say what a block is: its type, its length, and a section header's byte order.
pub(super) const HEADER: usize = 12;
/// The shortest block: its type and its length twice.
pub(super) const SHORTEST: usize = 12;
/// The longest block that is held whole: the next one's first bytes must fit into the buffer behind it.
pub(super) const LONGEST_HELD: usize = BUFFER_BYTES - HEADER;
/// Where the packet's bytes start in a simple packet block.
pub(super) const SIMPLE_DATA: usize = 12;
/// Where the packet's bytes start in an enhanced or obsolete packet block.
const PACKET_DATA: usize = 28;
/// The most options of one block that are looked at.
const MAX_OPTIONS: usize = 256;
/// The most option bytes behind a packet for which its block's length is believed when its end is missing.
const MAX_PACKET_OPTIONS: usize = 4096;

/// A block's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(pub(super) u32);

impl Kind {
    pub(super) const SECTION: Self = Self(0x0a0d_0d0a);
    const INTERFACE: Self = Self(1);
    const OBSOLETE_PACKET: Self = Self(2);
    const SIMPLE_PACKET: Self = Self(3);
    const NAME_RESOLUTION: Self = Self(4);
    const STATISTICS: Self = Self(5);
    const ENHANCED_PACKET: Self = Self(6);
    const SYSTEMD_JOURNAL: Self = Self(9);
    const DECRYPTION_SECRETS: Self = Self(10);
    const CUSTOM: Self = Self(0x0bad);
    const CUSTOM_UNCOPIED: Self = Self(0x4000_0bad);

    /// Whether it is a type that files are known to hold; needed to believe a block after damage.
    pub(super) const fn is_known(self) -> bool {
        matches!(
            self,
            Self::SECTION
                | Self::INTERFACE
                | Self::OBSOLETE_PACKET
                | Self::SIMPLE_PACKET
                | Self::NAME_RESOLUTION
                | Self::STATISTICS
                | Self::ENHANCED_PACKET
                | Self::SYSTEMD_JOURNAL
                | Self::DECRYPTION_SECRETS
                | Self::CUSTOM
                | Self::CUSTOM_UNCOPIED
        )
    }

    /// Whether it is a known type that may be longer than the buffer, and is then passed over.
    pub(super) const fn is_bulky(self) -> bool {
        matches!(
            self,
            Self::NAME_RESOLUTION
                | Self::SYSTEMD_JOURNAL
                | Self::DECRYPTION_SECRETS
                | Self::CUSTOM
                | Self::CUSTOM_UNCOPIED
        )
    }
}

/// A block's frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// Its length as it claims.
    pub(super) claimed: u32,
    /// Its length on disk: to the next multiple of four. Some writers leave the padding out of the claim.
    pub(super) length: usize,
    /// Its byte order: a section header brings its own.
    pub(super) order: Order,
}

/// What a block says.
#[derive(Debug)]
pub(super) enum Body {
    /// A new section starts: its interfaces are counted from 0 again.
    Section,
    /// An interface is described.
    Interface { interface: Interface, clock: Clock },
    /// A packet.
    Packet {
        interface: u32,
        ticks: u64,
        packet: Range<usize>,
        original: u32,
    },
    /// A packet without interface and time; `longest` is all that its block can hold.
    Simple { longest: usize, original: u32 },
    /// How many packets an interface dropped.
    Dropped { interface: u32, count: u64 },
    /// Nothing that is used.
    Other,
}

impl Block {
    /// Reads a block's first bytes. None if they are too few, or those of a section in no known byte order.
    #[inline]
    pub(super) fn read(bytes: &[u8], order: Order) -> Option<Self> {
        let (words, _) = bytes.get(..HEADER)?.as_chunks::<4>();
        let [kind, claimed, mark] = words else {
            return None;
        };
        // The section header's type reads the same in both byte orders.
        let kind = Kind(order.u32(*kind));
        let order = match (kind, mark) {
            (Kind::SECTION, [0x4d, 0x3c, 0x2b, 0x1a]) => Order::Little,
            (Kind::SECTION, [0x1a, 0x2b, 0x3c, 0x4d]) => Order::Big,
            (Kind::SECTION, _) => return None,
            _ => order,
        };
        let claimed = order.u32(*claimed);
        let length = (claimed as usize).next_multiple_of(4);
        Some(Self {
            kind,
            claimed,
            length,
            order,
        })
    }

    /// Whether it is neither too short to be one nor too long for the buffer, and ends where blocks do.
    pub(super) const fn can_be_held(&self) -> bool {
        self.claimed.is_multiple_of(4) && self.length >= SHORTEST && self.length <= LONGEST_HELD
    }

    /// The length at the end of the whole block.
    pub(super) fn claimed_at_end(&self, bytes: &[u8]) -> u32 {
        bytes.last_chunk().map_or(0, |word| self.order.u32(*word))
    }

    /// What the whole block says; none if its fields don't fit into it.
    #[inline]
    pub(super) fn body(&self, bytes: &[u8]) -> Option<Body> {
        match self.kind {
            Kind::ENHANCED_PACKET => self.packet(bytes, self.order.u32_at(bytes, 8)?),
            Kind::OBSOLETE_PACKET => self.packet(bytes, u32::from(self.order.u16_at(bytes, 8)?)),
            Kind::SIMPLE_PACKET => Some(Body::Simple {
                longest: self.length.checked_sub(SIMPLE_DATA + 4)?,
                original: self.order.u32_at(bytes, 8)?,
            }),
            Kind::SECTION => {
                // Type, length, byte order, version, section length, length again.
                (self.length >= 28 && self.order.u16_at(bytes, 12) == Some(1)).then_some(Body::Section)
            }
            Kind::INTERFACE => self.interface(bytes),
            Kind::STATISTICS => self.statistics(bytes),
            _ => Some(Body::Other),
        }
    }

    fn packet(&self, bytes: &[u8], interface: u32) -> Option<Body> {
        let (words, _) = bytes.get(..PACKET_DATA)?.as_chunks::<4>();
        let [_, _, _, high, low, captured, original] = words else {
            return None;
        };
        let captured = self.order.u32(*captured) as usize;
        let room = self.length.checked_sub(PACKET_DATA + 4)?;
        (captured <= room.min(MAX_PACKET as usize)).then(|| Body::Packet {
            interface,
            ticks: u64::from(self.order.u32(*high)) << 32 | u64::from(self.order.u32(*low)),
            packet: PACKET_DATA..PACKET_DATA + captured,
            original: self.order.u32(*original),
        })
    }

    fn interface(&self, bytes: &[u8]) -> Option<Body> {
        let mut interface = Interface {
            link: LinkType(self.order.u16_at(bytes, 8)?),
            name: None,
            snap_length: self.order.u32_at(bytes, 12)?,
            dropped: None,
        };
        let mut clock = Clock::default();
        for (code, value) in self.options(bytes, 16) {
            match code {
                2 => interface.name = Some(WireText::from_wire(value)),
                9 => {
                    clock = value
                        .first()
                        .map_or(clock, |resolution| clock.with_resolution(*resolution))
                }
                14 => {
                    let seconds = self.order.u64_at(value, 0).map(u64::cast_signed);
                    clock = seconds.map_or(clock, |seconds| clock.with_offset(seconds));
                }
                _ => {}
            }
        }
        Some(Body::Interface { interface, clock })
    }

    fn statistics(&self, bytes: &[u8]) -> Option<Body> {
        let interface = self.order.u32_at(bytes, 8)?;
        // Interface, time; then options, of which isb_ifdrop is 5 and isb_osdrop is 7.
        let dropped = self
            .options(bytes, 20)
            .filter(|(code, _)| matches!(code, 5 | 7))
            .filter_map(|(_, value)| self.order.u64_at(value, 0))
            .reduce(u64::saturating_add);
        Some(dropped.map_or(Body::Other, |count| Body::Dropped { interface, count }))
    }

    /// The options from an offset to the block's end, the end mark excluded.
    fn options<'a>(&self, bytes: &'a [u8], from: usize) -> impl Iterator<Item = (u16, &'a [u8])> {
        let order = self.order;
        let mut rest = bytes.get(from..self.length.saturating_sub(4)).unwrap_or_default();
        std::iter::from_fn(move || {
            let code = order.u16_at(rest, 0)?;
            let length = usize::from(order.u16_at(rest, 2)?);
            let value = rest.get(4..4 + length)?;
            rest = rest.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
            (code != 0).then_some((code, value))
        })
        .take(MAX_OPTIONS)
    }

    /// Whether the block's length can be believed though its end is missing: the type is known, and the length agrees
    /// with that of the packet in it, if there is one.
    pub(super) fn is_believable(&self, bytes: &[u8]) -> bool {
        let (data, captured) = match self.kind {
            Kind::ENHANCED_PACKET | Kind::OBSOLETE_PACKET => (PACKET_DATA, self.order.u32_at(bytes, 20)),
            kind => return kind.is_known(),
        };
        captured.is_none_or(|captured| {
            let least = (captured as usize).next_multiple_of(4) + data + 4;
            (least..=least + MAX_PACKET_OPTIONS).contains(&self.length)
        })
    }
}
