//! Where lists are bound, and the stages that a packet passes because of it.

use super::super::Dialect;
use super::{Direction, Reader};
use crate::filter::{Action, Device, Effect, InterfaceIx, Interfaces, Rule, RuleList, Span};

impl Reader<'_> {
    /// Lists become two stages, one for each direction.
    pub(super) fn finish(mut self) -> Device {
        for name in self
            .bound
            .iter()
            .filter(|bound| !self.lists.contains_key(bound.0))
            .map(|bound| bound.0.to_owned())
            .collect::<Vec<_>>()
        {
            self.device.unread(
                Span::default(),
                &format!("access list {name} is bound and not there"),
                Effect::Reference,
            );
        }
        if self.bound.is_empty() {
            self.bound = self
                .order
                .iter()
                .map(|list| (*list, Direction::In, None))
                .collect();
        }
        for direction in [Direction::In, Direction::Out] {
            let stage = self.stage(direction);
            self.device.stages.extend(stage);
        }
        if self.device.stages.is_empty() {
            self.device.stages.push(RuleList::open("no access list"));
        }
        self.device.unread.sort_by_key(|unread| unread.span);
        self.device
    }

    fn stage(&mut self, direction: Direction) -> Option<RuleList> {
        let bound: Vec<_> = self
            .bound
            .iter()
            .filter(|bound| bound.1 == direction)
            .copied()
            .collect();
        if bound.is_empty() && (direction == Direction::Out || self.dialect != Dialect::Asa) {
            return None;
        }
        let mut rules = Vec::new();
        if self.dialect == Dialect::Asa {
            rules.push(Rule::answers());
        }
        let global = bound.iter().any(|bound| bound.2.is_none());
        for (list, _, interface) in &bound {
            let at = interface.map(|name| Interfaces::Of(vec![self.device.interface(name)]));
            for rule in self.lists.get(list).into_iter().flatten() {
                rules.push(with_interface(rule, direction, at.as_ref()));
            }
            // An interface's own list ends in a deny, unless a global one follows.
            if let Some(at) = &at
                && !global
            {
                rules.push(with_interface(&Rule::all(Action::Deny), direction, Some(at)));
            }
        }
        if self.dialect == Dialect::Asa && direction == Direction::In && !global {
            rules.extend(self.by_level());
        }
        Some(RuleList {
            name: if direction == Direction::In { "in" } else { "out" }.to_owned(),
            rules,
            default: if global { Action::Deny } else { Action::Permit },
        })
    }

    /// Without a list, what comes from a lower security level, or the same, does not reach a higher one.
    fn by_level(&mut self) -> Vec<Rule> {
        let levels: Vec<(InterfaceIx, u8)> = self
            .interfaces
            .iter()
            .filter_map(|facing| Some((facing.name, facing.level?)))
            .map(|(name, level)| (self.device.interface(name), level))
            .collect();
        let mut rules = Vec::new();
        for (at, level) in &levels {
            let higher: Vec<_> = levels
                .iter()
                .filter(|(other, theirs)| other != at && theirs >= level)
                .map(|(other, _)| *other)
                .collect();
            if !higher.is_empty() {
                rules.push(Rule {
                    arrives: Interfaces::Of(vec![*at]),
                    leaves: Interfaces::Of(higher),
                    label: format!("security level {level}"),
                    ..Rule::all(Action::Deny)
                });
            }
        }
        rules
    }
}

fn with_interface(rule: &Rule, direction: Direction, at: Option<&Interfaces>) -> Rule {
    let at = at.cloned().unwrap_or_default();
    match direction {
        Direction::In => Rule {
            arrives: at,
            ..rule.clone()
        },
        Direction::Out => Rule {
            leaves: at,
            ..rule.clone()
        },
    }
}
