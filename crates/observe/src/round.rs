//! A stretch of a capture on its way to the parts: packets' bytes, and for each part the list of those that are its own.

use crate::clock::Moment;
use crate::desk::Out;
use crate::front::{Front, Place, Tick, Together};
use crate::observer::Captured;
use crate::part::Part;
use cofferdam_dissect::frame;
use cofferdam_terms::{LinkType, Timestamp};

/// A packet of a part's, or something rarer, by its place in [`Round::others`].
#[derive(Clone, Copy)]
enum What {
    Frame {
        start: u32,
        length: u32,
        original: u32,
        link: LinkType,
    },
    Other(u32),
}

/// What happens to a part beside plain packets.
enum Other {
    /// Another clock hour or tick has begun.
    Time(Moment),
    /// A packet that came in pieces is whole.
    Together(Box<Together>),
    /// The capture is over: flows end whose records began before this packet.
    End(u64),
}

/// Kept small, as there is one for each packet.
struct Item {
    /// The packet's number, counted from the round's first.
    packet: u32,
    /// The next item of the same part.
    next: u32,
    time: Timestamp,
    what: What,
}

/// No further item.
const NONE: u32 = u32::MAX;

/// A part's own items: the first and last one.
#[derive(Clone, Copy)]
struct Chain {
    first: u32,
    last: u32,
}

const EMPTY: Chain = Chain {
    first: NONE,
    last: NONE,
};

/// A stretch of a capture. Its memory is used again for the next one.
pub(crate) struct Round {
    /// Where packets' bytes lie.
    pub(crate) bytes: Vec<u8>,
    base: u64,
    items: Vec<Item>,
    others: Vec<Other>,
    chains: Vec<Chain>,
}

impl Round {
    pub(crate) fn new(parts: usize) -> Self {
        Self {
            bytes: Vec::new(),
            base: 0,
            items: Vec::new(),
            others: Vec::new(),
            chains: vec![EMPTY; parts],
        }
    }

    /// Forgets all but the buffer of bytes, which is for the reader to fill anew.
    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.others.clear();
        self.chains.fill(EMPTY);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether there is anything for a part.
    pub(crate) fn concerns(&self, part: usize) -> bool {
        self.chains.get(part).is_some_and(|chain| chain.first != NONE)
    }

    /// Adds a packet, whose bytes start at a place in the buffer.
    #[inline]
    pub(crate) fn add(&mut self, captured: &Captured<'_>, start: usize, front: &mut Front) {
        let hour = front.hour();
        let (moment, tick) = front.moment(captured);
        if self.items.is_empty() {
            self.base = moment.packet;
        }
        if tick == Tick::Next || hour != moment.hour {
            self.tell_all(moment, || Other::Time(moment));
        }
        let place = match frame::plain(captured.link, captured.bytes) {
            Some(plain) => Place::Part(front.place_of_plain(&plain)),
            None => front.place(captured, moment),
        };
        match place {
            Place::Part(part) => {
                let what = What::Frame {
                    start: number(start),
                    length: number(captured.bytes.len()),
                    original: captured.original,
                    link: captured.link,
                };
                self.push(part, moment, what);
            }
            Place::Together(part, together) => self.push_other(part, moment, Other::Together(together)),
            Place::Nowhere => {}
        }
    }

    /// The capture is over: flows end whose records began before a packet.
    pub(crate) fn end_before(&mut self, packet: u64) {
        self.tell_all(Moment::END, || Other::End(packet));
    }

    fn tell_all(&mut self, moment: Moment, other: impl Fn() -> Other) {
        for part in 0..self.chains.len() {
            self.push_other(part, moment, other());
        }
    }

    fn push_other(&mut self, part: usize, moment: Moment, other: Other) {
        let at = number(self.others.len());
        self.others.push(other);
        self.push(part, moment, What::Other(at));
    }

    #[inline]
    fn push(&mut self, part: usize, moment: Moment, what: What) {
        let at = number(self.items.len());
        self.items.push(Item {
            packet: u32::try_from(moment.packet.wrapping_sub(self.base)).unwrap_or(NONE),
            next: NONE,
            time: moment.time,
            what,
        });
        let Some(chain) = self.chains.get_mut(part) else {
            return;
        };
        match self.items.get_mut(chain.last as usize) {
            Some(last) => last.next = at,
            None => chain.first = at,
        }
        chain.last = at;
    }

    /// Does a part's work.
    pub(crate) fn work(&self, number: usize, part: &mut Part) {
        let mut out = Out { messages: None };
        let mut next = self.chains.get(number).map_or(NONE, |chain| chain.first);
        while let Some(item) = self.items.get(next as usize) {
            next = item.next;
            self.look_ahead(next);
            let moment = Moment {
                packet: self.base + u64::from(item.packet),
                time: item.time,
                ..part.now()
            };
            match item.what {
                What::Frame {
                    start,
                    length,
                    original,
                    link,
                } => {
                    let start = start as usize;
                    let captured = Captured {
                        number: moment.packet,
                        time: moment.time,
                        link,
                        bytes: self.bytes.get(start..start + length as usize).unwrap_or_default(),
                        original,
                    };
                    match frame::plain(link, captured.bytes) {
                        Some(plain) => part.plain(&plain, original, moment, &mut out),
                        None => part.frame(&captured, moment, &mut out),
                    }
                }
                What::Other(at) => match self.others.get(at as usize) {
                    Some(Other::Time(moment)) => part.go_on(*moment, &mut out),
                    Some(Other::Together(together)) => part.together(together, moment, &mut out),
                    Some(Other::End(packet)) => part.end_before(*packet, &mut out),
                    None => {}
                },
            }
        }
    }
}

impl Round {
    /// Touches the next packet while there is other work: it was read by another worker, and is slow in coming.
    #[inline]
    fn look_ahead(&self, next: u32) {
        if let Some(item) = self.items.get(next as usize)
            && let What::Frame { start, .. } = item.what
        {
            std::hint::black_box(self.bytes.get(start as usize).copied());
        }
    }
}

/// Numbers within a round are far below 2^32.
fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(NONE)
}
