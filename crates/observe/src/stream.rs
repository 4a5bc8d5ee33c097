//! One way of a TCP connection: where the stream is, and what came before its turn.
//!
//! Sequence numbers wrap, so that only distances mean anything: a segment is next, old or ahead by how far it lies from
//! the byte that is expected, and astray when that is further than [`WINDOW`]. The first copy of a byte wins, as the
//! receiver has acted on it.

use crate::clock::Moment;

/// The furthest that a segment may lie from what is expected, in bytes. Plants' windows are a hundredth of it.
pub(crate) const WINDOW: i32 = 16 << 20;
/// The most segments of one way that wait behind a hole.
pub(crate) const MAX_QUEUED: usize = 128;
/// After so many packets that show the receiver to have got what is missing here, the capture has lost it.
const PATIENCE: u8 = 16;

/// Where one way of a connection stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Half {
    /// The sequence number of the next byte.
    pub(crate) next: u32,
    /// The sequence number of the first byte, if the SYN was seen.
    anchor: u32,
    /// The last hole that was passed over, for a late segment to be told from a repeated one.
    hole: (u32, u32),
    /// The end of the last segment that was astray.
    stray: u32,
    synced: bool,
    anchored: bool,
    pub(crate) fin: bool,
}

/// Where a segment stands in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the next one, once so many bytes that were there already are cut off its front.
    Next {
        /// Bytes to cut off.
        old: u32,
    },
    /// All of it was there already.
    Old,
    /// So many bytes before it are missing.
    Ahead(u32),
    /// It can't belong here.
    Astray,
}

/// What a SYN means for the way it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// The first one, a repeated one, or one that came late.
    Same,
    /// Another connection begins between the same ports.
    Another,
}

impl Half {
    /// Whether the beginning of the stream was seen.
    pub(crate) const fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// Takes a SYN whose stream starts at `start`.
    pub(crate) fn open(&mut self, start: u32) -> Opening {
        if !self.synced {
            self.next = start;
            self.anchor = start;
            (self.synced, self.anchored) = (true, true);
            return Opening::Same;
        }
        if self.anchored {
            return if self.anchor == start {
                Opening::Same
            } else {
                Opening::Another
            };
        }
        // Data was seen first. A SYN that only came late is shortly before it.
        let before = distance(self.next, start);
        if (0..=0xffff).contains(&before) {
            self.anchor = start;
            self.anchored = true;
            Opening::Same
        } else {
            Opening::Another
        }
    }

    /// Where `length` bytes at `sequence` stand. The first segment of a stream that was joined midway is next.
    #[inline]
    pub(crate) fn place(&mut self, sequence: u32, length: u32) -> Place {
        if !self.synced {
            self.synced = true;
            self.next = sequence;
        }
        let ahead = distance(sequence, self.next);
        if ahead == 0 {
            return Place::Next { old: 0 };
        }
        if !(-WINDOW..=WINDOW).contains(&ahead) {
            return self.astray(sequence, length);
        }
        let apart = ahead.unsigned_abs();
        if ahead > 0 {
            Place::Ahead(apart)
        } else if apart >= length {
            Place::Old
        } else {
            Place::Next { old: apart }
        }
    }

    /// A second segment that follows on a stray one shows that the stream did jump.
    #[cold]
    fn astray(&mut self, sequence: u32, length: u32) -> Place {
        let jumped = self.stray == sequence && self.stray != 0;
        self.stray = sequence.wrapping_add(length);
        if jumped {
            self.next = sequence;
            self.hole = (0, 0);
            Place::Next { old: 0 }
        } else {
            Place::Astray
        }
    }

    /// Whether a reset at this sequence number can be the connection's own.
    pub(crate) fn accepts_reset(&self, sequence: u32) -> bool {
        !self.synced || (-WINDOW..=WINDOW).contains(&distance(sequence, self.next))
    }

    /// Goes on by so many bytes.
    #[inline]
    pub(crate) const fn advance(&mut self, length: u32) {
        self.next = self.next.wrapping_add(length);
    }

    /// Passes over a hole without waiting for it.
    pub(crate) const fn skip_hole(&mut self, length: u32) {
        let start = self.next;
        self.next = start.wrapping_add(length);
        self.hole = (start, self.next);
    }

    /// How many bytes of the hole that was passed over last an old segment fills.
    pub(crate) fn fills_hole(&mut self, sequence: u32, length: u32) -> u32 {
        let (start, end) = self.hole;
        let from = if distance(sequence, start) > 0 {
            sequence
        } else {
            start
        };
        let segment_end = sequence.wrapping_add(length);
        let to = if distance(segment_end, end) < 0 {
            segment_end
        } else {
            end
        };
        let filled = distance(to, from);
        if filled <= 0 {
            return 0;
        }
        // What is filled from the front can't be filled again; a hole that is filled from behind keeps its front.
        if from == start {
            self.hole.0 = to;
        } else {
            self.hole.1 = from;
        }
        filled.unsigned_abs()
    }
}

/// How far `a` lies behind `b` on the circle of sequence numbers; negative if before.
#[inline]
pub(crate) const fn distance(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b).cast_signed()
}

/// A segment that waits behind a hole.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) sequence: u32,
    pub(crate) bytes: Box<[u8]>,
    /// Bytes after these that the capture cut off.
    pub(crate) cut: u32,
    /// When and in which packet it came.
    pub(crate) moment: Moment,
}

impl Queued {
    fn length(&self) -> u32 {
        length_of(&self.bytes).saturating_add(self.cut)
    }
}

/// The segments of one way that wait behind a hole, in stream order, without overlap.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    segments: Vec<Queued>,
    bytes: usize,
    impatience: u8,
}

/// Whether a segment that overlaps with what was there says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// It does, or does not overlap.
    Agrees,
    /// It does not: either the network is broken or somebody means to deceive.
    Conflicts,
}

impl Ahead {
    pub(crate) const fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Heap bytes held.
    pub(crate) const fn held(&self) -> usize {
        self.bytes + self.segments.capacity() * size_of::<Queued>()
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.segments.len() >= MAX_QUEUED
    }

    /// The sequence number after the hole.
    pub(crate) fn first(&self) -> Option<u32> {
        self.segments.first().map(|segment| segment.sequence)
    }

    /// Keeps those bytes of a segment that are not there yet.
    pub(crate) fn insert(
        &mut self,
        next: u32,
        sequence: u32,
        bytes: &[u8],
        cut: u32,
        moment: Moment,
    ) -> Overlap {
        let mut overlap = Overlap::Agrees;
        let mut pieces: Vec<Queued> = Vec::new();
        let (mut at, mut rest) = (sequence, bytes);
        for held in &self.segments {
            let before = distance(held.sequence, at).max(0).unsigned_abs() as usize;
            let Some((piece, from_held)) = rest.split_at_checked(before) else {
                break;
            };
            if !piece.is_empty() {
                pieces.push(queued(at, piece, 0, moment));
            }
            let into = distance(at, held.sequence).max(0).unsigned_abs();
            let shared = held.length().saturating_sub(into) as usize;
            let theirs = held.bytes.get(into as usize..).unwrap_or_default();
            if theirs
                .iter()
                .zip(from_held.iter().take(shared))
                .any(|(a, b)| a != b)
            {
                overlap = Overlap::Conflicts;
            }
            rest = from_held.get(shared..).unwrap_or_default();
            at = sequence.wrapping_add(length_of(bytes) - length_of(rest));
            if rest.is_empty() {
                break;
            }
        }
        if !rest.is_empty() || (cut > 0 && bytes.is_empty()) {
            pieces.push(queued(at, rest, cut, moment));
        }
        for piece in pieces {
            let offset = distance(piece.sequence, next);
            let place = self
                .segments
                .partition_point(|held| distance(held.sequence, next) < offset);
            self.bytes += piece.bytes.len();
            self.segments.insert(place, piece);
        }
        overlap
    }

    /// The first segment, if the stream has come to it.
    pub(crate) fn take_due(&mut self, next: u32) -> Option<Queued> {
        let due = distance(self.first()?, next) <= 0;
        if !due {
            return None;
        }
        let segment = self.segments.remove(0);
        self.bytes -= segment.bytes.len();
        self.impatience = 0;
        if self.segments.is_empty() {
            self.segments = Vec::new();
        }
        Some(segment)
    }

    /// Notes a packet by which the receiver acknowledges `acknowledged`. True once it is plain that what is missing
    /// was received there and not captured here.
    pub(crate) fn is_lost(&mut self, acknowledged: u32) -> bool {
        let Some(first) = self.first() else { return false };
        if distance(acknowledged, first) < 0 {
            return false;
        }
        self.impatience += 1;
        self.impatience >= PATIENCE
    }
}

fn queued(sequence: u32, bytes: &[u8], cut: u32, moment: Moment) -> Queued {
    Queued {
        sequence,
        bytes: bytes.into(),
        cut,
        moment,
    }
}

/// Lengths of segments fit in 32 bits.
pub(crate) fn length_of(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
