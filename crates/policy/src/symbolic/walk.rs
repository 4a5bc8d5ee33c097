//! Walks over two diagrams side by side, with a packet for each pair of ends that meet.

use super::TooLarge;
use super::diagram::{Level, Ref};
use super::moments::MomentFault;
use super::space::{MAX_NAMES, Space, Wish};
use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};

/// Bits that were chosen on the way to an end.
pub(crate) type Chosen = [(Level, u8)];

/// Calls back once for each pair of ends that meet where both diagrams say something, with the bits of a packet that
/// leads to both.
pub(crate) fn pairs(
    space: &Space,
    first: Ref,
    second: Ref,
    found: &mut impl FnMut(&Space, u32, u32, &Chosen),
) {
    let mut walk = Walk {
        space,
        seen: HashMap::default(),
        known: HashSet::default(),
        path: Vec::new(),
        wish: space.wished_bits(&Wish::default()),
    };
    walk.step(first, second, found);
}

struct Walk<'s> {
    space: &'s Space,
    seen: HashMap<(Ref, Ref), (), FixedState>,
    known: HashSet<(u32, u32), FixedState>,
    path: Vec<(Level, u8)>,
    wish: Vec<u8>,
}

impl Walk<'_> {
    fn step(&mut self, a: Ref, b: Ref, found: &mut impl FnMut(&Space, u32, u32, &Chosen)) {
        if a == Ref::NOTHING || b == Ref::NOTHING {
            return;
        }
        if let (Some(x), Some(y)) = (a.number(), b.number()) {
            if self.known.insert((x, y)) {
                found(self.space, x, y, &self.path);
            }
            return;
        }
        if self.seen.insert((a, b), ()).is_some() {
            return;
        }
        let (x, y) = (self.space.diagrams.ask(a), self.space.diagrams.ask(b));
        let level = |ask: Option<(Level, Ref, Ref)>| ask.map_or(Level::MAX, |(level, ..)| level);
        let here = level(x).min(level(y));
        let split = |ask: Option<(Level, Ref, Ref)>, whole: Ref| match ask {
            Some((level, low, high)) if level == here => (low, high),
            Some(_) | None => (whole, whole),
        };
        let ((a_low, a_high), (b_low, b_high)) = (split(x, a), split(y, b));
        let wished = self.wish.get(usize::from(here)).copied().unwrap_or(0);
        for bit in [wished, 1 - wished] {
            let (a, b) = if bit == 0 {
                (a_low, b_low)
            } else {
                (a_high, b_high)
            };
            self.path.push((here, bit));
            self.step(a, b, found);
            self.path.pop();
        }
    }
}

impl Space {
    /// A result, if the space held all that it is drawn from.
    pub(crate) fn checked<T>(&self, result: T) -> Result<T, TooLarge> {
        if self.diagrams.is_full() {
            Err(TooLarge::Nodes)
        } else if self.name_count() > MAX_NAMES {
            Err(TooLarge::Names)
        } else {
            match self.moment_fault() {
                Some(MomentFault::TooMany) => Err(TooLarge::Moments),
                None => Ok(result),
            }
        }
    }
}
