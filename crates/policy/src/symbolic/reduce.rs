//! Which permits can be left out because the others say the same.

use super::TooLarge;
use super::diagram::{Join, Ref};
use super::space::Space;
use crate::filter::{Device, Rule};

/// The places of rules that can go, ordered, out of a list of permits alone: what they let through, the ones that stay
/// let through too. Of two that say the same, the first stays.
///
/// # Errors
/// If the rules need more room than a space may take.
pub fn redundant_permits(rules: &[Rule]) -> Result<Vec<usize>, TooLarge> {
    let device = Device::new("");
    let mut space = Space::of_rules(rules);
    let sets: Vec<Ref> = rules
        .iter()
        .map(|rule| space.rule(&device, rule, Ref::ALL))
        .collect();
    let mut before = Vec::with_capacity(sets.len());
    let mut union = Ref::NOTHING;
    for set in &sets {
        before.push(union);
        union = space.diagrams.join(Join::Over, union, *set);
    }
    let mut after = Ref::NOTHING;
    let mut out = Vec::new();
    for (at, (set, before)) in sets.iter().zip(&before).enumerate().rev() {
        let left = space.diagrams.join(Join::Without, *set, *before);
        let left = space.diagrams.join(Join::Without, left, after);
        if left == Ref::NOTHING {
            out.push(at);
        } else {
            after = space.diagrams.join(Join::Over, after, *set);
        }
    }
    out.reverse();
    space.checked(out)
}
