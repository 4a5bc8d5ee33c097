//! What requests address, and what is remembered of it until an answer or a notification comes.

use super::names::{area, group};
use crate::message::Address;
use smallvec::SmallVec;

/// The most handles of symbols that are remembered, and the most notifications; the oldest gives way.
pub(super) const MAX_HANDLES: usize = 256;
/// The most bytes of a symbol's name that are remembered.
pub(super) const MAX_NAME: usize = 255;

/// A symbol's name.
pub(super) type Name = SmallVec<[u8; 36]>;

pub(super) fn name(bytes: &[u8]) -> Name {
    Name::from_slice(bytes.get(..MAX_NAME).unwrap_or(bytes))
}

/// A place that is remembered.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Memory(Address<'static>),
    Symbol(Name),
}

impl Place {
    pub(super) fn address(&self) -> Address<'_> {
        match self {
            Self::Memory(address) => *address,
            Self::Symbol(name) => symbol(name),
        }
    }
}

pub(super) const fn symbol(name: &[u8]) -> Address<'_> {
    Address::Name { kind: "symbol", name }
}

/// So many bytes from an offset in an index group.
pub(super) fn memory(group: u32, offset: u32, length: u32) -> Address<'static> {
    let (area, unit) = area(group);
    Address::Memory {
        area,
        block: group,
        bit: offset.saturating_mul(unit),
        bits: if unit == 1 {
            length
        } else {
            length.saturating_mul(8)
        },
    }
}

/// What handles stand for, by the unit that gave them.
#[derive(Debug, Default)]
pub(super) struct Handles(Vec<((u32, u32), Place)>);

impl Handles {
    pub(super) fn keep(&mut self, unit: u32, handle: u32, place: Place) {
        let key = (unit, handle);
        match self.0.iter_mut().find(|(held, _)| *held == key) {
            Some((_, held)) => *held = place,
            None => {
                if self.0.len() == MAX_HANDLES {
                    self.0.remove(0);
                }
                self.0.push((key, place));
            }
        }
    }

    pub(super) fn get(&self, unit: u32, handle: u32) -> Option<&Place> {
        let at = |held: &&((u32, u32), Place)| held.0 == (unit, handle);
        self.0.iter().find(at).map(|(_, place)| place)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The place of a group and an offset: a symbol's where the offset is a handle that is known.
    pub(super) fn place(&self, unit: u32, group: u32, offset: u32, length: u32) -> Place {
        let known = (group == group::VALUE_BY_HANDLE).then(|| self.get(unit, offset));
        match known.flatten() {
            Some(place) => place.clone(),
            None => Place::Memory(memory(group, offset, length)),
        }
    }
}
