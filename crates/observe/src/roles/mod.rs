//! What an asset does, guessed from what it was seen to do. All rules are in one table ([`rules`]), and each that fires
//! gives its sentence with the numbers behind it.
//!
//! A rule's weight is how far it alone would convince. Rules for one role add up as independent hints do: what they
//! leave open multiplies. The strongest role is the guess; a strong second one halves the confidence at most.

mod questions;
mod rules;
mod words;

use crate::evidence::Evidence;
use crate::record::{IdentityFact, RoleGuess};
use cofferdam_terms::MacAddr;
use std::net::IpAddr;

/// What is known of an asset when its role is guessed.
pub(crate) struct Subject<'a> {
    pub(crate) evidence: &'a Evidence,
    pub(crate) facts: &'a [IdentityFact],
    pub(crate) vendor: Option<&'static str>,
    /// How many addresses it carries for others.
    pub(crate) fronts: usize,
    /// The router that it is behind.
    pub(crate) behind: Option<MacAddr>,
    pub(crate) ips: &'a [IpAddr],
    pub(crate) packets: u64,
}

/// One rule.
struct Rule {
    role: &'static str,
    /// How far it alone would convince, 0 to 1.
    weight: f64,
    /// The sentence, if it fires.
    fires: fn(&Subject<'_>) -> Option<String>,
}

const fn rule(role: &'static str, weight: f64, fires: fn(&Subject<'_>) -> Option<String>) -> Rule {
    Rule { role, weight, fires }
}

/// Guesses the role.
pub(crate) fn guess(subject: &Subject<'_>) -> RoleGuess {
    let mut scores: Vec<(&'static str, f64, Vec<String>)> = Vec::new();
    for rule in rules::RULES {
        let Some(reason) = (rule.fires)(subject) else {
            continue;
        };
        match scores.iter_mut().find(|(role, ..)| *role == rule.role) {
            Some((_, open, reasons)) => {
                *open *= 1.0 - rule.weight;
                reasons.push(reason);
            }
            None => scores.push((rule.role, 1.0 - rule.weight, vec![reason])),
        }
    }
    // Stable: of two equal ones the first in the table stays first.
    scores.sort_by(|(_, a, _), (_, b, _)| a.total_cmp(b));
    let mut scores = scores.into_iter();
    let Some((role, open, mut reasons)) = scores.next() else {
        return RoleGuess {
            role: "unknown",
            confidence: 0.0,
            reasons: vec![format!(
                "nothing in {} packets tells what it does",
                subject.packets
            )],
        };
    };
    let mut confidence = 1.0 - open;
    if let Some((second, open, why)) = scores.next() {
        confidence *= 1.0 - 0.5 * (1.0 - open);
        reasons.push(format!("could also be {second}: {}", why.join("; ")));
    }
    RoleGuess {
        role,
        confidence: (confidence * 100.0).round() / 100.0,
        reasons,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cofferdam_plant::AssetRole;

    #[test]
    fn every_role_is_a_word_of_the_plant_model_and_no_rule_is_certain() {
        for rule in rules::RULES {
            assert!(
                AssetRole::ALL.iter().any(|role| role.name() == rule.role),
                "{}",
                rule.role
            );
            assert!(rule.weight > 0.0 && rule.weight < 1.0, "{}", rule.role);
        }
    }
}
