//! What two filters differ in.

use super::TooLarge;
use super::diagram::{Join, Ref};
use super::space::{Space, permits};
use super::walk::pairs;
use crate::filter::{Action, Device, Packet, Reading};

/// Which rule decides, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decision {
    /// The rule list, by its place in the device.
    pub stage: usize,
    /// The rule, by its place in the list; the list's default, if `None`.
    pub rule: Option<usize>,
    /// What happens.
    pub action: Action,
}

/// Packets that two filters treat differently, all decided by the same two rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// One of the packets. Its interfaces are the first device's, where that has them.
    pub packet: Packet,
    /// What decides in the first filter.
    pub first: Decision,
    /// What decides in the second.
    pub second: Decision,
}

/// Everything in which two filters differ, one entry for each pair of rules that decide it, ordered by them.
///
/// # Errors
/// If the rules need more room than a space may take.
pub fn differences(first: &Device, second: &Device, reading: Reading) -> Result<Vec<Difference>, TooLarge> {
    let mut space = Space::of(&[first, second]);
    differences_within(&mut space, first, second, reading, Ref::ALL)
}

/// Whether two filters let the same packets through.
///
/// # Errors
/// If the rules need more room than a space may take.
pub fn equivalent(first: &Device, second: &Device, reading: Reading) -> Result<bool, TooLarge> {
    let mut space = Space::of(&[first, second]);
    let a = space.passed(first, reading);
    let b = space.passed(second, reading);
    space.checked(a == b)
}

/// The same, of the packets of a set alone.
pub(crate) fn differences_within(
    space: &mut Space,
    first: &Device,
    second: &Device,
    reading: Reading,
    set: Ref,
) -> Result<Vec<Difference>, TooLarge> {
    let pass_a = space.passed(first, reading);
    let pass_b = space.passed(second, reading);
    let differ = space.diagrams.join(Join::Differ, pass_a, pass_b);
    let differ = space.diagrams.join(Join::Within, differ, set);
    // Which rule decides is asked only where the answers differ: with a number for each rule, diagrams are large.
    let a = Deciding::of(space, first, reading, differ);
    let b = Deciding::of(space, second, reading, differ);
    let (left, right) = (a.diagram, b.diagram);
    let mut out = Vec::new();
    pairs(space, left, right, &mut |space, x, y, path| {
        if let (Some(x), Some(y)) = (a.decision(x), b.decision(y)) {
            out.push(Difference {
                packet: space.packet_on(path, Some(first)),
                first: x,
                second: y,
            });
        }
    });
    out.sort_by_key(|difference| (difference.first, difference.second));
    space.checked(out)
}

/// A device's rules as one diagram whose ends say which rule decides.
pub(crate) struct Deciding {
    pub(crate) diagram: Ref,
    /// By number from 1.
    decisions: Vec<Decision>,
}

impl Deciding {
    /// Of the packets of a set.
    pub(crate) fn of(space: &mut Space, device: &Device, reading: Reading, set: Ref) -> Self {
        let mut decisions: Vec<Decision> = Vec::new();
        let mut denied = Ref::NOTHING;
        // What every stage so far has passed, ending in the last rule that did.
        let mut passed = set;
        for (at, stage) in device.stages.iter().enumerate() {
            let first = u32::try_from(decisions.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            let permit = permits(stage, reading);
            let list = space.list(device, stage, reading, passed, &|place| {
                first.saturating_add(place)
            });
            let keep = |end: u32, wanted: bool| match end.checked_sub(first) {
                Some(place) if permit(place) == wanted => end,
                Some(_) | None => 0,
            };
            let here = space.diagrams.map(list, &|end| keep(end, false));
            passed = space.diagrams.map(list, &|end| keep(end, true));
            denied = space.diagrams.join(Join::Over, denied, here);
            let places = (0..stage.rules.len()).map(Some).chain([None]);
            decisions.extend((0u32..).zip(places).map(|(place, rule)| Decision {
                stage: at,
                rule,
                action: if permit(place) {
                    Action::Permit
                } else {
                    Action::Deny
                },
            }));
        }
        Self {
            diagram: space.diagrams.join(Join::Over, denied, passed),
            decisions,
        }
    }

    pub(crate) fn decision(&self, end: u32) -> Option<Decision> {
        let at = usize::try_from(end).ok()?.checked_sub(1)?;
        self.decisions.get(at).copied()
    }
}
