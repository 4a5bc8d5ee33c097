//! Rules that never decide, that say what others say, or that contradict others.

use super::TooLarge;
use super::diagram::{Join, Ref};
use super::space::Space;
use super::walk::pairs;
use crate::filter::{Action, Device, Packet, RuleList, State};

/// What is odd about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// The rule list, by its place in the device.
    pub stage: usize,
    /// The rule, by its place in the list.
    pub rule: usize,
    /// What is odd.
    pub kind: AnomalyKind,
}

/// What is odd about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnomalyKind {
    /// No packet can fit its conditions.
    Empty,
    /// Earlier rules take every packet that it matches, and at least one of them does the opposite.
    Shadowed {
        /// The rules that take its packets, in order.
        by: Vec<usize>,
        /// A packet that it would have treated otherwise.
        packet: Packet,
    },
    /// Earlier rules take every packet that it matches and do the same.
    Covered {
        /// Those rules, in order.
        by: Vec<usize>,
    },
    /// Without it, later rules (or the default, if none is named) would do the same.
    Redundant {
        /// Those rules, in order.
        by: Vec<usize>,
    },
    /// An earlier rule takes some of its packets and does the opposite, and is no exception to it: each matches
    /// packets that the other does not.
    Contradicted {
        /// The earlier rule.
        by: usize,
        /// A packet that both match.
        packet: Packet,
    },
}

impl AnomalyKind {
    /// The word for columns and the API.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Shadowed { .. } => "shadowed",
            Self::Covered { .. } => "covered",
            Self::Redundant { .. } => "redundant",
            Self::Contradicted { .. } => "contradicted",
        }
    }
}

/// Every anomaly of a device's rules, ordered by stage and rule. Rules that could not be read whole are left out: they
/// may match less than is known, so nothing can be proved of them.
///
/// # Errors
/// If the rules need more room than a space may take.
pub fn anomalies(device: &Device) -> Result<Vec<Anomaly>, TooLarge> {
    let mut out = Vec::new();
    for (stage, list) in device.stages.iter().enumerate() {
        let mut space = Space::of(&[device]);
        let kinds = list_anomalies(&mut space, device, list);
        out.extend(
            space
                .checked(kinds)?
                .into_iter()
                .map(|(rule, kind)| Anomaly { stage, rule, kind }),
        );
    }
    Ok(out)
}

/// What a rule does if it was read whole.
fn sure(list: &RuleList, at: usize) -> Option<Action> {
    use crate::filter::Certainty;
    let rule = list.rules.get(at)?;
    match (rule.certainty, rule.action) {
        (Certainty::Sure, action @ (Action::Permit | Action::Deny)) => Some(action),
        (Certainty::Sure, Action::Unknown) | (Certainty::Unsure, _) => None,
    }
}

fn list_anomalies(space: &mut Space, device: &Device, list: &RuleList) -> Vec<(usize, AnomalyKind)> {
    let count = list.rules.len();
    let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    // Unsure rules are in no diagram here: they might match nothing.
    let sets: Vec<Ref> = list
        .rules
        .iter()
        .enumerate()
        .map(|(at, rule)| match sure(list, at) {
            Some(_) => space.rule(device, rule, Ref::ALL),
            None => Ref::NOTHING,
        })
        .collect();
    let mut ends = vec![Ref::end(number(count)); count + 1];
    let mut rest = Ref::end(number(count));
    for (at, set) in sets.iter().enumerate().rev() {
        if let Some(place) = ends.get_mut(at + 1) {
            *place = rest;
        }
        let own = space.diagrams.map(*set, &|_| number(at));
        rest = space.diagrams.join(Join::Over, own, rest);
    }
    let first = rest;
    let does = |at: usize| {
        if at < count {
            sure(list, at)
        } else {
            Some(list.default)
        }
    };
    // A rule for packets that open nothing, such as one that drops what no connection expects, contradicts nobody.
    let opens = |at: usize| {
        list.rules
            .get(at)
            .is_none_or(|rule| rule.states.contains(State::New))
    };
    let mut out = Vec::new();
    let mut taken = Ref::NOTHING;
    for (at, set) in sets.iter().enumerate() {
        let Some(action) = sure(list, at) else {
            continue;
        };
        let deciders = deciding(space, device, first, *set);
        let decided = space.diagrams.join(Join::Without, *set, taken);
        taken = space.diagrams.join(Join::Over, taken, *set);
        let opposite = |other: usize| does(other).is_some_and(|other| other != action);
        if *set == Ref::NOTHING {
            out.push((at, AnomalyKind::Empty));
        } else if decided == Ref::NOTHING {
            let by = deciders.iter().map(|(other, _)| *other).collect();
            let kind = match deciders.into_iter().find(|(other, _)| opposite(*other)) {
                Some((_, packet)) => AnomalyKind::Shadowed { by, packet },
                None => AnomalyKind::Covered { by },
            };
            out.push((at, kind));
        } else {
            for (other, packet) in deciders
                .into_iter()
                .filter(|(other, _)| *other != at && opposite(*other) && opens(*other))
            {
                let theirs = sets.get(other).copied().unwrap_or(Ref::NOTHING);
                if space.diagrams.join(Join::Without, theirs, *set) != Ref::NOTHING {
                    out.push((at, AnomalyKind::Contradicted { by: other, packet }));
                }
            }
            let after = ends.get(at + 1).copied().unwrap_or(Ref::NOTHING);
            let next = deciding(space, device, after, decided);
            if next.iter().all(|(other, _)| does(*other) == Some(action)) {
                let by = next
                    .into_iter()
                    .map(|(other, _)| other)
                    .filter(|other| *other < count)
                    .collect();
                out.push((at, AnomalyKind::Redundant { by }));
            }
        }
    }
    out
}

/// The rules that decide the packets of a set, in order, each with one of them.
fn deciding(space: &Space, device: &Device, list: Ref, set: Ref) -> Vec<(usize, Packet)> {
    let mut out = Vec::new();
    pairs(space, list, set, &mut |space, end, _, path| {
        let at = usize::try_from(end).unwrap_or(usize::MAX).saturating_sub(1);
        out.push((at, space.packet_on(path, Some(device))));
    });
    out.sort_by_key(|(at, _)| *at);
    out
}
