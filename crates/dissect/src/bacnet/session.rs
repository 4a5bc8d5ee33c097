//! What a conversation remembers: requests that wait for their answers, and segments that wait for the rest.

use super::apdu::Service;
use super::services::Item;
use crate::session::Side;
use smallvec::SmallVec;

/// The most confirmed requests of one conversation that wait for their answers; the oldest gives way.
pub(super) const MAX_OUTSTANDING: usize = 32;
/// The most objects that a waiting request keeps for answers that don't repeat them.
pub(super) const MAX_KEPT: usize = 8;
/// The most segmented services in the making; the oldest gives way.
pub(super) const MAX_ASSEMBLIES: usize = 4;
/// The most bytes of one service put together from segments.
pub(super) const MAX_SERVICE: usize = 32 * 1024;

/// Which exchange it is: who asked, of which station behind a router, by which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) asker: Side,
    pub(super) unit: Option<u32>,
    pub(super) invoke: u8,
}

/// What was asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) service: Service,
    /// Without values.
    pub(super) items: SmallVec<[Item<'static>; 1]>,
}

/// The last requests.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    requests: Vec<(Exchange, Asked)>,
}

impl Outstanding {
    pub(super) fn push(&mut self, exchange: Exchange, service: Service, items: &[Item<'_>]) {
        // A repeated request takes the place of the first.
        self.requests.retain(|(held, _)| *held != exchange);
        if self.requests.len() == MAX_OUTSTANDING {
            self.requests.remove(0);
        }
        let items = items
            .iter()
            .take(MAX_KEPT)
            .filter_map(Item::without_value)
            .collect();
        self.requests.push((exchange, Asked { service, items }));
    }

    pub(super) fn take(&mut self, exchange: Exchange) -> Option<Asked> {
        let at = self.requests.iter().position(|(held, _)| *held == exchange)?;
        Some(self.requests.remove(at).1)
    }

    pub(super) fn clear(&mut self) {
        self.requests.clear();
    }
}

/// Which half of an exchange is sent in segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Request,
    Answer,
}

/// One segment's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) exchange: Exchange,
    pub(super) half: Half,
    pub(super) number: u8,
    pub(super) more: More,
}

/// Whether segments follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    Follows,
    Last,
}

#[derive(Debug)]
struct Assembly {
    exchange: Exchange,
    half: Half,
    next: u8,
    bytes: Vec<u8>,
}

/// What became of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Joined {
    Whole(Vec<u8>),
    Wait,
    /// It was sent again.
    Repeated,
    /// It continues nothing that was begun.
    OutOfOrder,
    TooLong,
}

/// Segmented services in the making.
#[derive(Debug, Default)]
pub(super) struct Assemblies {
    begun: Vec<Assembly>,
}

impl Assemblies {
    pub(super) fn join(&mut self, segment: Segment, bytes: &[u8]) -> Joined {
        let Segment { exchange, half, .. } = segment;
        let found = self
            .begun
            .iter()
            .position(|held| held.exchange == exchange && held.half == half);
        let mut assembly = match found {
            _ if segment.number == 0 => {
                self.begun
                    .retain(|held| held.exchange != exchange || held.half != half);
                Assembly {
                    exchange,
                    half,
                    next: 0,
                    bytes: Vec::new(),
                }
            }
            Some(at) => self.begun.remove(at),
            None => return Joined::OutOfOrder,
        };
        if segment.number != assembly.next {
            // Windows are sent again from the segment that wasn't acknowledged: what is behind was had already.
            let behind = assembly.next.wrapping_sub(segment.number) < 128;
            if behind {
                self.begun.push(assembly);
                return Joined::Repeated;
            }
            return Joined::OutOfOrder;
        }
        if assembly.bytes.len() + bytes.len() > MAX_SERVICE {
            return Joined::TooLong;
        }
        assembly.bytes.extend_from_slice(bytes);
        assembly.next = assembly.next.wrapping_add(1);
        match segment.more {
            More::Last => Joined::Whole(assembly.bytes),
            More::Follows => {
                if self.begun.len() == MAX_ASSEMBLIES {
                    self.begun.remove(0);
                }
                self.begun.push(assembly);
                Joined::Wait
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.begun.clear();
    }
}
