//! Decision diagrams over the bits of a packet's header, with a number at each end.
//!
//! A diagram is a function from packets to numbers: 0 is "nothing", and a list of rules becomes the diagram whose ends
//! are the numbers of the rules that decide. Equal functions are one node, so equivalence is one comparison, and parts
//! that two rulesets share are stored and worked on once. Every operation is remembered in a table of fixed size that
//! forgets; nothing is freed before the whole space is.
//!
//! Bound: [`MAX_NODES`]. Beyond it every new node is `NOTHING` and [`Diagrams::is_full`] says that no answer counts.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::hash::BuildHasher as _;

/// The most nodes that one space may hold: 16 bytes each, and 4 for finding them.
pub const MAX_NODES: usize = 48 << 20;

/// A diagram: a node, or an end if the highest bit is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ref(u32);

const END: u32 = 1 << 31;

impl Ref {
    /// No packet; no rule.
    pub(crate) const NOTHING: Self = Self(END);
    /// Every packet, of a set.
    pub(crate) const ALL: Self = Self(END | 1);

    /// An end with a number.
    pub(crate) const fn end(number: u32) -> Self {
        Self(END | number)
    }

    /// The number, if it is an end.
    pub(crate) const fn number(self) -> Option<u32> {
        if self.0 & END == 0 {
            None
        } else {
            Some(self.0 & !END)
        }
    }
}

/// A bit of the header by its place in the order of asking.
pub(crate) type Level = u16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    level: Level,
    low: Ref,
    high: Ref,
}

/// Below every level.
const NO_LEVEL: Level = Level::MAX;

/// What two diagrams are joined by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    /// The first where it says something, else the second. For sets: the union.
    Over,
    /// The first where the second says something. For sets: the intersection.
    Within,
    /// The first where the second says nothing.
    Without,
    /// All where just one of two sets holds the packet.
    Differ,
}

#[derive(Clone, Copy)]
struct Remembered {
    first: u32,
    second: u32,
    join: u32,
    result: Ref,
}

const FORGOTTEN: Remembered = Remembered {
    first: 0,
    second: 0,
    join: u32::MAX,
    result: Ref::NOTHING,
};

/// Every diagram of one space.
pub(crate) struct Diagrams {
    nodes: Vec<Node>,
    /// Places of nodes by what they hold; 0 is empty. A power of two long.
    table: Vec<u32>,
    remembered: Vec<Remembered>,
    hasher: FixedState,
    full: bool,
}

/// The operation memory starts with so many entries and grows with the nodes up to the second number.
const FIRST_MEMORY: usize = 1 << 14;
const MOST_MEMORY: usize = 1 << 22;

impl Diagrams {
    pub(crate) fn new() -> Self {
        Self {
            nodes: Vec::new(),
            table: vec![0; 1 << 12],
            remembered: vec![FORGOTTEN; FIRST_MEMORY],
            hasher: FixedState::with_seed(0),
            full: false,
        }
    }

    /// Whether the bound was reached: no answer counts then.
    pub(crate) const fn is_full(&self) -> bool {
        self.full
    }

    fn node(&self, at: Ref) -> Node {
        let index = usize::try_from(at.0).unwrap_or(usize::MAX);
        self.nodes.get(index).copied().unwrap_or(Node {
            level: NO_LEVEL,
            low: at,
            high: at,
        })
    }

    /// The bit that a diagram asks first, and what follows on 0 and 1; `None` for an end.
    pub(crate) fn ask(&self, at: Ref) -> Option<(Level, Ref, Ref)> {
        let node = self.node(at);
        (node.level != NO_LEVEL).then_some((node.level, node.low, node.high))
    }

    /// The diagram that asks a bit and goes on with one or the other.
    pub(crate) fn branch(&mut self, level: Level, low: Ref, high: Ref) -> Ref {
        if low == high {
            return low;
        }
        let node = Node { level, low, high };
        let mask = self.table.len() - 1;
        let mut slot = self.slot(node) & mask;
        loop {
            match self.table.get(slot).copied() {
                None | Some(0) => break,
                Some(place) => {
                    let at = Ref(place - 1);
                    if self.node(at) == node {
                        return at;
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
        if self.nodes.len() >= MAX_NODES {
            self.full = true;
            return Ref::NOTHING;
        }
        // INVARIANT: MAX_NODES is far below the highest bit.
        let at = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(node);
        if let Some(entry) = self.table.get_mut(slot) {
            *entry = at + 1;
        }
        if self.nodes.len() * 2 > self.table.len() {
            self.grow();
        }
        Ref(at)
    }

    fn slot(&self, node: Node) -> usize {
        let key = u128::from(node.level) << 64 | u128::from(node.low.0) << 32 | u128::from(node.high.0);
        let hash = self.hasher.hash_one(key);
        usize::try_from(hash & 0xffff_ffff).unwrap_or(0)
    }

    fn grow(&mut self) {
        let length = self.table.len() * 2;
        let mask = length - 1;
        let mut table = vec![0u32; length];
        for (at, node) in (1u32..).zip(&self.nodes) {
            let mut slot = self.slot(*node) & mask;
            while table.get(slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & mask;
            }
            if let Some(entry) = table.get_mut(slot) {
                *entry = at;
            }
        }
        self.table = table;
        if self.remembered.len() < MOST_MEMORY && self.nodes.len() > self.remembered.len() {
            self.remembered = vec![FORGOTTEN; (self.remembered.len() * 4).min(MOST_MEMORY)];
        }
    }

    /// Joins two diagrams.
    pub(crate) fn join(&mut self, join: Join, first: Ref, second: Ref) -> Ref {
        if let Some(result) = at_once(join, first, second) {
            return result;
        }
        let key = Remembered {
            first: first.0,
            second: second.0,
            join: join as u32,
            result: Ref::NOTHING,
        };
        let place = self.place(&key);
        if let Some(known) = self.remembered.get(place)
            && known.first == key.first
            && known.second == key.second
            && known.join == key.join
        {
            return known.result;
        }
        let (a, b) = (self.node(first), self.node(second));
        let level = a.level.min(b.level);
        let (a_low, a_high) = if a.level == level {
            (a.low, a.high)
        } else {
            (first, first)
        };
        let (b_low, b_high) = if b.level == level {
            (b.low, b.high)
        } else {
            (second, second)
        };
        let low = self.join(join, a_low, b_low);
        let high = self.join(join, a_high, b_high);
        let result = self.branch(level, low, high);
        // The memory may have grown meanwhile.
        let place = self.place(&key);
        if let Some(entry) = self.remembered.get_mut(place) {
            *entry = Remembered { result, ..key };
        }
        result
    }

    fn place(&self, key: &Remembered) -> usize {
        let key = u128::from(key.join) << 64 | u128::from(key.first) << 32 | u128::from(key.second);
        let hash = usize::try_from(self.hasher.hash_one(key) & 0xffff_ffff).unwrap_or(0);
        hash & (self.remembered.len() - 1)
    }

    /// The diagram with another number at each end; what says nothing goes on saying nothing.
    pub(crate) fn map(&mut self, diagram: Ref, number: &impl Fn(u32) -> u32) -> Ref {
        let mut known = HashMap::default();
        self.map_known(diagram, number, &mut known)
    }

    fn map_known(
        &mut self,
        diagram: Ref,
        number: &impl Fn(u32) -> u32,
        known: &mut HashMap<Ref, Ref, FixedState>,
    ) -> Ref {
        let Some((level, low, high)) = self.ask(diagram) else {
            return match diagram.number() {
                None | Some(0) => diagram,
                Some(end) => Ref::end(number(end)),
            };
        };
        if let Some(result) = known.get(&diagram) {
            return *result;
        }
        let low = self.map_known(low, number, known);
        let high = self.map_known(high, number, known);
        let result = self.branch(level, low, high);
        known.insert(diagram, result);
        result
    }

    /// A set in which the bits of some levels may be anything: whatever is in it with some value of theirs.
    pub(crate) fn forget(&mut self, set: Ref, levels: &std::ops::Range<Level>) -> Ref {
        let mut known = HashMap::default();
        self.forget_known(set, levels, &mut known)
    }

    fn forget_known(
        &mut self,
        set: Ref,
        levels: &std::ops::Range<Level>,
        known: &mut HashMap<Ref, Ref, FixedState>,
    ) -> Ref {
        let Some((level, low, high)) = self.ask(set) else {
            return set;
        };
        if level >= levels.end {
            return set;
        }
        if let Some(result) = known.get(&set) {
            return *result;
        }
        let low = self.forget_known(low, levels, known);
        let high = self.forget_known(high, levels, known);
        let result = if levels.contains(&level) {
            self.join(Join::Over, low, high)
        } else {
            self.branch(level, low, high)
        };
        known.insert(set, result);
        result
    }
}

fn at_once(join: Join, first: Ref, second: Ref) -> Option<Ref> {
    let nothing = Ref::NOTHING;
    match join {
        Join::Over if first == second || second == nothing => Some(first),
        Join::Over if first == nothing => Some(second),
        Join::Over if first.number().is_some() => Some(first),
        Join::Within if first == nothing || second == nothing => Some(nothing),
        Join::Within if second.number().is_some() || first == second => Some(first),
        Join::Without if first == nothing || first == second => Some(nothing),
        Join::Without if second == nothing => Some(first),
        Join::Without if second.number().is_some() => Some(nothing),
        Join::Differ if first == second => Some(nothing),
        Join::Differ if first == nothing => Some(second),
        Join::Differ if second == nothing => Some(first),
        Join::Over | Join::Within | Join::Without | Join::Differ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_functions_are_one_node() {
        let mut all = Diagrams::new();
        let a = all.branch(0, Ref::NOTHING, Ref::ALL);
        let b = all.branch(1, Ref::NOTHING, Ref::ALL);
        let both = all.join(Join::Within, a, b);
        let either = all.join(Join::Over, a, b);
        let one = all.join(Join::Differ, a, b);
        assert_eq!(all.join(Join::Without, either, both), one);
        assert_eq!(all.forget(both, &(1..2)), a);
        // The five, and `b` turned round.
        assert_eq!(all.nodes.len(), 6);
    }
}
