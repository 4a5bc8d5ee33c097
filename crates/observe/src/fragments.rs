//! IP packets that come in pieces, put together again (RFC 791, RFC 8200 4.5).
//!
//! The first copy of a byte wins; pieces that say different things of one byte are an anomaly and the packet is given
//! up, as RFC 5722 wants it. Bounds: the ceiling `fragments` in bytes, [`MAX_PIECES`] of one packet, [`MAX_BYTES`] of
//! one packet, [`MAX_TICKS`] of waiting. Each piece that comes to nothing is counted as a packet not understood.

use crate::clock::Moment;
use crate::record::Traffic;
use cofferdam_dissect::frame::Fragment;
use cofferdam_terms::{IpProtocol, VlanId};
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// The most pieces of one packet.
const MAX_PIECES: usize = 256;
/// The most bytes of one packet.
const MAX_BYTES: u32 = 0xffff;
/// How long a piece waits for the others: about 32 s.
const MAX_TICKS: u32 = 30;
/// What a packet under way costs beside its bytes, about.
const OVERHEAD: usize = 256;
/// What a piece costs beside its bytes, about.
const PIECE_OVERHEAD: usize = 64;

/// What the pieces of one packet have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whole {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) protocol: IpProtocol,
    pub(crate) vlan: Option<VlanId>,
    pub(crate) id: u32,
}

/// A packet that is being put together.
struct Parts {
    /// By offset, without overlap.
    pieces: BTreeMap<u32, Box<[u8]>>,
    /// Where the packet ends, once the last piece is there.
    end: Option<u32>,
    wire: Traffic,
    held: usize,
    since: Moment,
}

/// What a piece led to.
pub(crate) enum Joined {
    /// Others are missing.
    Waits,
    /// All are there: the packet's payload, and what its pieces were on the wire.
    Whole(Vec<u8>, Traffic),
    /// The packet is given up.
    GivenUp(Lost),
}

/// Pieces that came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Why, as a reason code.
    pub(crate) reason: &'static str,
    /// How many pieces.
    pub(crate) packets: u64,
    /// The number of the first one.
    pub(crate) packet: u64,
}

/// All packets that are being put together.
pub(crate) struct Fragments {
    wholes: BTreeMap<Whole, Parts>,
    /// In the order in which their first pieces came; some are done by now.
    order: VecDeque<(Whole, u64)>,
    held: usize,
    ceiling: usize,
}

impl Fragments {
    pub(crate) const fn new(ceiling: usize) -> Self {
        Self {
            wholes: BTreeMap::new(),
            order: VecDeque::new(),
            held: 0,
            ceiling,
        }
    }

    /// Takes a piece.
    pub(crate) fn add(
        &mut self,
        whole: Whole,
        fragment: Fragment,
        bytes: &[u8],
        wire: Traffic,
        moment: Moment,
    ) -> Joined {
        if !self.wholes.contains_key(&whole) {
            self.order.push_back((whole, moment.packet));
            self.held += OVERHEAD;
        }
        let parts = self.wholes.entry(whole).or_insert_with(|| Parts {
            pieces: BTreeMap::new(),
            end: None,
            wire: Traffic::default(),
            held: OVERHEAD,
            since: moment,
        });
        parts.wire.packets += wire.packets;
        parts.wire.bytes += wire.bytes;
        let before = parts.held;
        let outcome = parts.add(fragment, bytes);
        self.held += parts.held - before;
        match outcome {
            Ok(None) => Joined::Waits,
            Ok(Some(payload)) => match self.remove(&whole) {
                Some(parts) => Joined::Whole(payload, parts.wire),
                None => Joined::Waits,
            },
            Err(reason) => match self.remove(&whole) {
                Some(parts) => Joined::GivenUp(parts.lost(reason)),
                None => Joined::Waits,
            },
        }
    }

    fn remove(&mut self, whole: &Whole) -> Option<Parts> {
        let parts = self.wholes.remove(whole)?;
        self.held -= parts.held;
        Some(parts)
    }

    /// Takes out what has waited for too long.
    pub(crate) fn expired(&mut self, tick: u32) -> Option<Lost> {
        self.take_oldest("fragment-incomplete", |parts| tick - parts.since.tick > MAX_TICKS)
    }

    /// Takes out the oldest packet if the ceiling is passed.
    pub(crate) fn beyond_ceiling(&mut self) -> Option<Lost> {
        if self.held <= self.ceiling {
            return None;
        }
        self.take_oldest("fragment-evicted", |_| true)
    }

    /// Takes out the oldest packet: the capture is over.
    pub(crate) fn left(&mut self) -> Option<Lost> {
        self.take_oldest("fragment-incomplete", |_| true)
    }

    fn take_oldest(&mut self, reason: &'static str, if_so: impl Fn(&Parts) -> bool) -> Option<Lost> {
        loop {
            let (whole, packet) = *self.order.front()?;
            match self.wholes.get(&whole) {
                Some(parts) if parts.since.packet == packet => {
                    if !if_so(parts) {
                        return None;
                    }
                    self.order.pop_front();
                    return self.remove(&whole).map(|parts| parts.lost(reason));
                }
                // It was put together long ago.
                _ => {
                    self.order.pop_front();
                }
            }
        }
    }
}

impl Parts {
    const fn lost(&self, reason: &'static str) -> Lost {
        Lost {
            reason,
            packets: self.wire.packets,
            packet: self.since.packet,
        }
    }

    /// Adds a piece. Gives the whole payload once all are there.
    fn add(&mut self, fragment: Fragment, bytes: &[u8]) -> Result<Option<Vec<u8>>, &'static str> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let end = fragment.offset.saturating_add(length);
        if end > MAX_BYTES || self.pieces.len() >= MAX_PIECES {
            return Err("fragment-too-long");
        }
        if !fragment.more {
            if self.end.is_some_and(|known| known != end) {
                return Err("fragment-overlap");
            }
            self.end = Some(end);
        }
        self.keep(fragment.offset, bytes)?;
        Ok(self.whole())
    }

    fn keep(&mut self, offset: u32, bytes: &[u8]) -> Result<(), &'static str> {
        let end = offset + u32::try_from(bytes.len()).unwrap_or(0);
        let before = self.pieces.range(..=offset).next_back();
        let after = self.pieces.range(offset..).next();
        if let Some((start, held)) = before
            && start + length(held) > offset
        {
            // The same piece twice is a duplicated packet.
            return if *start == offset && **held == *bytes {
                Ok(())
            } else {
                Err("fragment-overlap")
            };
        }
        if after.is_some_and(|(start, _)| *start < end) {
            return Err("fragment-overlap");
        }
        self.held += bytes.len() + PIECE_OVERHEAD;
        self.pieces.insert(offset, bytes.into());
        Ok(())
    }

    fn whole(&self) -> Option<Vec<u8>> {
        let end = self.end?;
        let mut payload = Vec::new();
        for (offset, piece) in &self.pieces {
            if *offset as usize != payload.len() {
                return None;
            }
            payload.extend_from_slice(piece);
        }
        (payload.len() == end as usize).then_some(payload)
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
