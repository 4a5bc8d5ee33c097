//! Named sets: equal address lists share one, short ones stay in the rule.

use super::super::tree::{Family, Interval, Set, SetName, Source};
use super::family_set_name;
use std::collections::BTreeMap;

/// Lists of up to this many intervals are written in the rule itself.
const MAX_INLINE: usize = 1;

/// The sets of a ruleset under construction.
#[derive(Default)]
pub(super) struct Sets {
    by_elements: BTreeMap<Set, SetName>,
}

impl Sets {
    /// Where a rule finds these addresses. The first user of a list gives the set its name.
    pub(super) fn source(&mut self, name: &str, family: Family, elements: &[Interval]) -> Source {
        if elements.len() <= MAX_INLINE {
            return Source::Inline(elements.to_vec());
        }
        let set = Set {
            family,
            elements: elements.to_vec(),
        };
        let name = self
            .by_elements
            .entry(set)
            .or_insert_with(|| family_set_name(name, family));
        Source::Named(name.clone())
    }

    /// The sets by name. Names differ, since each is made of ids that differ.
    pub(super) fn finish(self) -> BTreeMap<SetName, Set> {
        self.by_elements
            .into_iter()
            .map(|(set, name)| (name, set))
            .collect()
    }
}
