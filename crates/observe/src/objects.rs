//! The objects that one operation addresses, joined into ranges as they come.
//!
//! A poll asks for the same few ranges for ever, so the one that was hit last is tried first and nothing is allocated.
//! Neighbouring and overlapping points and bits grow together. Bounds: [`MAX_RANGES`] ranges are held, so that ranges
//! may still meet, of which a record shows [`OperationRecord::MAX_OBJECTS`]; [`MAX_TOLD_APART`] further ones are told
//! apart to count each once.

use crate::record::OperationRecord;
use cofferdam_dissect::{Address, Object};
use cofferdam_terms::WireText;
use foldhash::fast::FixedState;
use smallvec::SmallVec;
use std::collections::HashSet;
use std::hash::BuildHasher;

/// The most ranges that are held for one operation.
pub(crate) const MAX_RANGES: usize = 64;
/// The most objects beyond the held ranges that are told apart.
pub(crate) const MAX_TOLD_APART: usize = 1024;
/// The most bytes of a name that count.
const MAX_NAME: usize = WireText::MAX_CHARS;

/// A range of objects, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Range {
    /// Numbered points of a space, first to last.
    Points(&'static str, u32, u32),
    /// Bits of an area and block, first to one past the last.
    Bits(&'static str, u32, u64, u64),
    /// Blocks of a kind.
    Block(&'static str, u32),
    /// Class, instance, attribute.
    Path(u32, Option<u32>, Option<u32>),
    /// Kind and name.
    Name(&'static str, Box<[u8]>),
}

/// What adding an object did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It was there.
    Nothing,
    /// A range grew over it.
    Grown,
    /// Something had to be kept for it.
    Kept,
}

/// What a range is to an object.
enum Fit {
    /// It has all of it.
    Covers,
    /// They touch: together they are this range.
    Joins(u64, u64),
    /// Neither.
    Apart,
}

/// The objects of one operation.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    ranges: Vec<Range>,
    last_hit: usize,
    /// Boxed, since few operations address so many.
    #[expect(clippy::box_collection, reason = "a set takes six words where there is none")]
    more: Option<Box<HashSet<u64, FixedState>>>,
}

impl Objects {
    /// Heap bytes held, about.
    pub(crate) fn held(&self) -> usize {
        let more = self.more.as_ref().map_or(0, |more| 64 + more.capacity() * 9);
        self.ranges.capacity() * size_of::<Range>() + more
    }

    /// Adds an object.
    #[inline]
    pub(crate) fn add(&mut self, object: &Object<'_>) -> Added {
        let covers = |at: usize| {
            let range = self.ranges.get(at);
            range.is_some_and(|range| matches!(range.fit(&object.address), Fit::Covers))
        };
        if covers(self.last_hit) {
            return Added::Nothing;
        }
        // Objects are addressed in the same order each time.
        let next = if self.last_hit + 1 < self.ranges.len() {
            self.last_hit + 1
        } else {
            0
        };
        if covers(next) {
            self.last_hit = next;
            return Added::Nothing;
        }
        self.find_or_keep(&object.address, next)
    }

    #[cold]
    fn find_or_keep(&mut self, address: &Address<'_>, next: usize) -> Added {
        for (index, range) in self.ranges.iter_mut().enumerate() {
            match range.fit(address) {
                Fit::Covers => {
                    // So that it is the next one when it comes again after the same one.
                    self.ranges.swap(index, next);
                    self.last_hit = next;
                    return Added::Nothing;
                }
                Fit::Joins(first, end) => {
                    range.set(first, end);
                    self.last_hit = self.settle(index);
                    return Added::Grown;
                }
                Fit::Apart => {}
            }
        }
        if self.ranges.len() < MAX_RANGES {
            self.last_hit = self.ranges.len();
            if self.ranges.is_empty() {
                self.ranges.reserve_exact(1);
            }
            self.ranges.push(Range::of(address));
        } else {
            let more = self.more.get_or_insert_default();
            if more.len() < MAX_TOLD_APART {
                more.insert(more.hasher().hash_one(address));
            }
        }
        Added::Kept
    }

    /// A range grew: joins it with others that it now touches. Gives its place.
    fn settle(&mut self, mut grown: usize) -> usize {
        let mut other = 0;
        while let (Some(range), Some(with)) = (self.ranges.get(grown), self.ranges.get(other)) {
            let joined = if grown == other { None } else { range.joined(with) };
            match joined {
                Some((first, end)) => {
                    if let Some(range) = self.ranges.get_mut(grown) {
                        range.set(first, end);
                    }
                    self.ranges.remove(other);
                    grown -= usize::from(other < grown);
                    other = 0;
                }
                None => other += 1,
            }
        }
        grown
    }

    /// The ranges as text, ordered, and how many more there were.
    pub(crate) fn take(&mut self) -> (Vec<WireText>, u64) {
        let mut ranges = std::mem::take(&mut self.ranges);
        ranges.sort_unstable();
        let shown = ranges.len().min(OperationRecord::MAX_OBJECTS);
        let dropped = ranges.len() - shown + self.more.take().map_or(0, |more| more.len());
        let texts = ranges.iter().take(shown).map(Range::text).collect();
        (texts, dropped as u64)
    }
}

impl Range {
    pub(crate) fn of(address: &Address<'_>) -> Self {
        match *address {
            Address::Points { space, first, count } => Self::Points(space, first, last_point(first, count)),
            Address::Memory {
                area,
                block,
                bit,
                bits,
            } => Self::Bits(area, block, bit.into(), u64::from(bit) + u64::from(bits.max(1))),
            Address::Block { kind, number } => Self::Block(kind, number),
            Address::Path {
                class,
                instance,
                attribute,
            } => Self::Path(class, instance, attribute),
            Address::Name { kind, name } => Self::Name(kind, kept(name).into()),
        }
    }

    #[inline(always)]
    fn fit(&self, address: &Address<'_>) -> Fit {
        match (self, address) {
            (
                Self::Points(space, low, high),
                Address::Points {
                    space: theirs,
                    first,
                    count,
                },
            ) => {
                if !same(space, theirs) {
                    return Fit::Apart;
                }
                let end = u64::from(last_point(*first, *count)) + 1;
                span_fit((u64::from(*low), u64::from(*high) + 1), (u64::from(*first), end))
            }
            (
                Self::Bits(area, block, low, high),
                Address::Memory {
                    area: theirs,
                    block: number,
                    bit,
                    bits,
                },
            ) => {
                if block != number || !same(area, theirs) {
                    return Fit::Apart;
                }
                let end = u64::from(*bit) + u64::from((*bits).max(1));
                span_fit((*low, *high), (u64::from(*bit), end))
            }
            (
                Self::Block(kind, number),
                Address::Block {
                    kind: theirs,
                    number: other,
                },
            ) => covers_if(number == other && same(kind, theirs)),
            (
                Self::Path(class, instance, attribute),
                Address::Path {
                    class: c,
                    instance: i,
                    attribute: a,
                },
            ) => covers_if(class == c && instance == i && attribute == a),
            (
                Self::Name(kind, name),
                Address::Name {
                    kind: theirs,
                    name: other,
                },
            ) => covers_if(**name == *kept(other) && same(kind, theirs)),
            (
                Self::Points(..) | Self::Bits(..) | Self::Block(..) | Self::Path(..) | Self::Name(..),
                Address::Points { .. }
                | Address::Memory { .. }
                | Address::Block { .. }
                | Address::Path { .. }
                | Address::Name { .. },
            ) => Fit::Apart,
        }
    }

    /// First and end of the range that two make together, if they touch.
    fn joined(&self, other: &Self) -> Option<(u64, u64)> {
        let (ours, theirs) = match (self, other) {
            (Self::Points(space, a, b), Self::Points(with, c, d)) if same(space, with) => (
                (u64::from(*a), u64::from(*b) + 1),
                (u64::from(*c), u64::from(*d) + 1),
            ),
            (Self::Bits(area, block, a, b), Self::Bits(with, number, c, d))
                if block == number && same(area, with) =>
            {
                ((*a, *b), (*c, *d))
            }
            _ => return None,
        };
        match span_fit(ours, theirs) {
            Fit::Covers => Some(ours),
            Fit::Joins(first, end) => Some((first, end)),
            Fit::Apart => None,
        }
    }

    fn set(&mut self, from: u64, end: u64) {
        match self {
            Self::Points(_, first, last) => {
                // Both came out of 32-bit numbers.
                *first = u32::try_from(from).unwrap_or(u32::MAX);
                *last = u32::try_from(end.saturating_sub(1)).unwrap_or(u32::MAX);
            }
            Self::Bits(_, _, first, last) => (*first, *last) = (from, end),
            Self::Block(..) | Self::Path(..) | Self::Name(..) => {}
        }
    }

    /// Whether it is just what an address names.
    #[inline]
    pub(crate) fn is(&self, address: &Address<'_>) -> bool {
        match (self, address) {
            (
                Self::Points(space, low, high),
                Address::Points {
                    space: theirs,
                    first,
                    count,
                },
            ) => low == first && *high == last_point(*first, *count) && same(space, theirs),
            (
                Self::Bits(area, block, low, high),
                Address::Memory {
                    area: theirs,
                    block: number,
                    bit,
                    bits,
                },
            ) => {
                let first = u64::from(*bit);
                (*low, *high) == (first, first + u64::from((*bits).max(1)))
                    && block == number
                    && same(area, theirs)
            }
            (
                Self::Path(class, instance, attribute),
                Address::Path {
                    class: c,
                    instance: i,
                    attribute: a,
                },
            ) => (class, instance, attribute) == (c, i, a),
            _ => self.covers(address),
        }
    }

    /// Whether a point or bit of it is one of an address's.
    pub(crate) fn overlaps(&self, address: &Address<'_>) -> bool {
        match (self, address) {
            (
                Self::Points(space, low, high),
                Address::Points {
                    space: theirs,
                    first,
                    count,
                },
            ) => same(space, theirs) && *low <= last_point(*first, *count) && first <= high,
            (
                Self::Bits(area, block, low, end),
                Address::Memory {
                    area: theirs,
                    block: number,
                    bit,
                    bits,
                },
            ) => {
                let first = u64::from(*bit);
                block == number
                    && same(area, theirs)
                    && *low < first + u64::from((*bits).max(1))
                    && first < *end
            }
            _ => self.is(address),
        }
    }

    /// Whether it has all of an address.
    #[inline(never)]
    pub(crate) fn covers(&self, address: &Address<'_>) -> bool {
        matches!(self.fit(address), Fit::Covers)
    }

    /// What a value of the whole range says of an address within it: its registers, bits or bytes.
    pub(crate) fn part(&self, value: &[u8], address: &Address<'_>) -> Option<SmallVec<[u8; 16]>> {
        if !self.covers(address) {
            return None;
        }
        match (self, address) {
            (Self::Points(_, low, high), Address::Points { first, count, .. }) => {
                let all = usize::try_from(high - low).ok()?.checked_add(1)?;
                let skip = usize::try_from(first - low).ok()?;
                let count = usize::try_from(*count).ok()?.max(1);
                if value.len() == all * 2 {
                    return value.get(skip * 2..(skip + count) * 2).map(SmallVec::from_slice);
                }
                (value.len() == all.div_ceil(8)).then(|| bits_of(value, skip, count))
            }
            (Self::Bits(_, _, low, high), Address::Memory { bit, bits, .. }) => {
                if value.len() as u64 * 8 != high - low {
                    return None;
                }
                let skip = usize::try_from(u64::from(*bit) - low).ok()?;
                let count = usize::try_from(*bits).ok()?;
                if count == 1 {
                    return Some(bits_of(value, skip, 1));
                }
                let aligned = skip % 8 == 0 && count % 8 == 0;
                let bytes = value.get(skip / 8..(skip + count) / 8).filter(|_| aligned);
                bytes.map(SmallVec::from_slice)
            }
            _ => None,
        }
    }

    /// Heap bytes held.
    pub(crate) fn held(&self) -> usize {
        match self {
            Self::Name(_, name) => name.len(),
            Self::Points(..) | Self::Bits(..) | Self::Block(..) | Self::Path(..) => 0,
        }
    }

    /// The protocol's own notation.
    pub(crate) fn text(&self) -> WireText {
        let text = match self {
            Self::Points(space, first, last) if first == last => format!("{space} {first}"),
            Self::Points(space, first, last) => format!("{space} {first}-{last}"),
            Self::Bits(area, block, first, end) => {
                let block = match (*area, *block) {
                    ("DB", number) => format!("DB{number}.DBX"),
                    (area, 0) => area.to_owned(),
                    (area, number) => format!("{area}{number}"),
                };
                format!("{block} {}.{} +{}", first / 8, first % 8, end - first)
            }
            Self::Block(kind, number) => format!("{kind}{number}"),
            Self::Path(class, instance, attribute) => {
                let mut text = format!("class 0x{class:02x}");
                if let Some(instance) = instance {
                    text += &format!(" instance {instance}");
                }
                if let Some(attribute) = attribute {
                    text += &format!(" attribute {attribute}");
                }
                text
            }
            Self::Name(kind, name) => {
                return WireText::from_wire(&[kind.as_bytes(), b" ", name].concat());
            }
        };
        WireText::from_wire(text.as_bytes())
    }
}

/// Some bits of a row of them, lowest first, from bit 0 on.
fn bits_of(value: &[u8], skip: usize, count: usize) -> SmallVec<[u8; 16]> {
    let mut bits = SmallVec::from_elem(0, count.div_ceil(8));
    for at in 0..count {
        let from = skip + at;
        let set = value
            .get(from / 8)
            .is_some_and(|byte| byte >> (from % 8) & 1 == 1);
        if let Some(byte) = bits.get_mut(at / 8).filter(|_| set) {
            *byte |= 1 << (at % 8);
        }
    }
    bits
}

fn covers_if(equal: bool) -> Fit {
    if equal { Fit::Covers } else { Fit::Apart }
}

/// Half-open spans: does the first cover the second, or do they touch?
#[inline]
fn span_fit((low, high): (u64, u64), (first, end): (u64, u64)) -> Fit {
    if low <= first && end <= high {
        Fit::Covers
    } else if first <= high && low <= end {
        Fit::Joins(low.min(first), high.max(end))
    } else {
        Fit::Apart
    }
}

fn last_point(first: u32, count: u32) -> u32 {
    first.saturating_add(count.max(1) - 1)
}

fn kept(name: &[u8]) -> &[u8] {
    name.get(..MAX_NAME).unwrap_or(name)
}

/// Names of spaces and areas are constants: mostly the very same one.
#[inline]
fn same(a: &'static str, b: &'static str) -> bool {
    std::ptr::eq(a, b) || a == b
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn points(first: u32, count: u32) -> Address<'static> {
        Address::Points {
            space: "holding-register",
            first,
            count,
        }
    }

    const fn bits(area: &'static str, block: u32, bit: u32, bits: u32) -> Address<'static> {
        Address::Memory {
            area,
            block,
            bit,
            bits,
        }
    }

    fn check(addresses: &[Address<'_>], texts: &[&str], dropped: u64) {
        let mut objects = Objects::default();
        for address in addresses {
            objects.add(&Object::at(*address));
        }
        let (found, more) = objects.take();
        let found: Vec<&str> = found.iter().map(WireText::as_str).collect();
        assert_eq!((found.as_slice(), more), (texts, dropped), "{addresses:?}");
    }

    #[test]
    fn neighbours_grow_together_in_whatever_order_they_come() {
        check(
            &[points(100, 10), points(110, 10)],
            &["holding-register 100-119"],
            0,
        );
        check(
            &[points(110, 10), points(100, 5), points(105, 5)],
            &["holding-register 100-119"],
            0,
        );
        check(
            &[points(0, 1), points(2, 1), points(4, 1), points(1, 3)],
            &["holding-register 0-4"],
            0,
        );
        check(&[points(7, 0)], &["holding-register 7"], 0);
        check(
            &[points(u32::MAX, u32::MAX), points(1, 1)],
            &["holding-register 1", "holding-register 4294967295"],
            0,
        );
    }

    #[test]
    fn each_kind_is_written_as_its_protocol_writes_it() {
        check(
            &[
                bits("DB", 1, 0, 8),
                bits("DB", 1, 8, 8),
                bits("DB", 2, 16, 1),
                bits("M", 0, 36, 1),
                Address::Block {
                    kind: "OB",
                    number: 1,
                },
                Address::Path {
                    class: 0x6b,
                    instance: Some(1),
                    attribute: None,
                },
                Address::Path {
                    class: 1,
                    instance: Some(1),
                    attribute: Some(7),
                },
                Address::Name {
                    kind: "tag",
                    name: b"Motor\x1b[2J",
                },
            ],
            &[
                "DB1.DBX 0.0 +16",
                "DB2.DBX 2.0 +1",
                "M 4.4 +1",
                "OB1",
                "class 0x01 instance 1 attribute 7",
                "class 0x6b instance 1",
                "tag Motor\\u{1b}[2J",
            ],
            0,
        );
    }

    #[test]
    fn what_is_beyond_the_bound_is_counted_once_each() {
        let scattered: Vec<Address<'_>> = (0..100).chain(50..100).map(|n| points(n * 10, 1)).collect();
        let mut objects = Objects::default();
        for address in &scattered {
            objects.add(&Object::at(*address));
        }
        let (texts, dropped) = objects.take();
        assert_eq!(
            (texts.len(), dropped),
            (
                OperationRecord::MAX_OBJECTS,
                100 - OperationRecord::MAX_OBJECTS as u64
            )
        );
    }
}
