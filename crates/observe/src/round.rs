//! A stretch of a capture on its way to the parts: packets' bytes, and for each part the list of those that are its own.

use crate::clock::Moment;
use crate::desk::Out;
use crate::front::{Front, Place, Tick, Together};
use crate::observer::Captured;
use crate::part::Part;
use cofferdam_dissect::frame;
use cofferdam_terms::LinkType;

/// So many bytes of packets make a round: enough work for each part that handing it over costs nothing beside it.
const ROUND_BYTES: usize = 256 << 10;
/// And at most so many packets, for captures of headers alone.
const ROUND_PACKETS: usize = 4096;

/// What happens, to one part.
enum What {
    /// A frame is captured.
    Frame {
        start: usize,
        length: usize,
        original: u32,
        link: LinkType,
    },
    /// A packet that came in pieces is whole.
    Together(Box<Together>),
    /// Time goes on.
    Tick,
    /// The capture is over: flows end whose records began before this packet.
    End(u64),
}

struct Item {
    moment: Moment,
    what: What,
    /// The next one of the same part.
    next: Option<u32>,
}

/// A part's own items: the first and last one.
#[derive(Clone, Copy, Default)]
struct Chain(Option<(u32, u32)>);

/// A stretch of a capture. Its memory is used again for the next one.
pub(crate) struct Round {
    bytes: Vec<u8>,
    items: Vec<Item>,
    chains: Vec<Chain>,
}

impl Round {
    pub(crate) fn new(parts: usize) -> Self {
        Self {
            bytes: Vec::new(),
            items: Vec::new(),
            chains: vec![Chain::default(); parts],
        }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.items.clear();
        self.chains.fill(Chain::default());
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= ROUND_BYTES || self.items.len() >= ROUND_PACKETS
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether there is anything for a part.
    pub(crate) fn concerns(&self, part: usize) -> bool {
        self.chains.get(part).is_some_and(|chain| chain.0.is_some())
    }

    /// Adds a packet.
    #[inline]
    pub(crate) fn add(&mut self, captured: &Captured<'_>, front: &mut Front) {
        let (moment, tick) = front.moment(captured);
        if tick == Tick::Next {
            self.tell_all(moment, || What::Tick);
        }
        let place = match frame::plain(captured.link, captured.bytes) {
            Some(plain) => Place::Part(front.place_of_plain(&plain)),
            None => front.place(captured, moment),
        };
        match place {
            Place::Part(part) => {
                let what = What::Frame {
                    start: self.bytes.len(),
                    length: captured.bytes.len(),
                    original: captured.original,
                    link: captured.link,
                };
                self.bytes.extend_from_slice(captured.bytes);
                self.push(part, moment, what);
            }
            Place::Together(part, together) => self.push(part, moment, What::Together(together)),
            Place::Nowhere => {}
        }
    }

    /// The capture is over: flows end whose records began before a packet.
    pub(crate) fn end_before(&mut self, packet: u64) {
        self.tell_all(Moment::END, || What::End(packet));
    }

    fn tell_all(&mut self, moment: Moment, what: impl Fn() -> What) {
        for part in 0..self.chains.len() {
            self.push(part, moment, what());
        }
    }

    #[inline]
    fn push(&mut self, part: usize, moment: Moment, what: What) {
        // A round is far below 2^32 items.
        let Ok(number) = u32::try_from(self.items.len()) else {
            return;
        };
        self.items.push(Item {
            moment,
            what,
            next: None,
        });
        let Some(Chain(chain)) = self.chains.get_mut(part) else {
            return;
        };
        let first = match *chain {
            Some((first, last)) => {
                if let Some(last) = self.items.get_mut(last as usize) {
                    last.next = Some(number);
                }
                first
            }
            None => number,
        };
        *chain = Some((first, number));
    }

    /// Does a part's work.
    pub(crate) fn work(&self, number: usize, part: &mut Part) {
        let mut out = Out { messages: None };
        let mut next = self
            .chains
            .get(number)
            .and_then(|chain| chain.0)
            .map(|(first, _)| first);
        while let Some(item) = next.and_then(|at| self.items.get(at as usize)) {
            next = item.next;
            match &item.what {
                What::Frame {
                    start,
                    length,
                    original,
                    link,
                } => {
                    let captured = Captured {
                        number: item.moment.packet,
                        time: item.moment.time,
                        link: *link,
                        bytes: self.bytes.get(*start..start + length).unwrap_or_default(),
                        original: *original,
                    };
                    match frame::plain(captured.link, captured.bytes) {
                        Some(plain) => part.plain(&plain, captured.original, item.moment, &mut out),
                        None => part.frame(&captured, item.moment, &mut out),
                    }
                }
                What::Together(together) => part.together(together, item.moment, &mut out),
                What::Tick => part.expire(item.moment, &mut out),
                What::End(packet) => part.end_before(*packet, &mut out),
            }
        }
    }
}
