//! What an asset does, guessed from what it was seen to do. All rules are in one table ([`rules`]), and each that fires
//! gives its sentence with the numbers behind it.
//!
//! A rule's weight is how far it alone would convince. Rules for one role add up as independent hints do: what they
//! leave open multiplies. The strongest role is the guess; a strong second one halves the confidence at most.

mod questions;
mod rules;
mod words;

use crate::counted::counted;
use crate::evidence::Evidence;
use crate::record::{IdentityFact, RoleGuess};
use cofferdam_dissect::Protocol;
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

/// A device behind another, of which no more is known than that it answers, and what it says.
pub(crate) struct Unit<'a> {
    pub(crate) protocol: Protocol,
    /// `Modbus unit 7`
    pub(crate) told: &'a str,
    pub(crate) parent: &'a str,
    pub(crate) facts: &'a [IdentityFact],
}

/// Guesses the role.
pub(crate) fn guess(subject: &Subject<'_>) -> RoleGuess {
    strongest(Scores::of(subject), subject.packets)
}

/// Guesses the role of a device behind another: by what it says, and by what such devices mostly are.
pub(crate) fn guess_unit(unit: &Unit<'_>) -> RoleGuess {
    let evidence = Evidence::default();
    let mut scores = Scores::of(&Subject {
        evidence: &evidence,
        facts: unit.facts,
        vendor: None,
        fronts: 0,
        behind: None,
        ips: &[],
        packets: 0,
    });
    if let Some((role, weight, what)) = rules::of_unit(unit.protocol) {
        let reason = format!("answers as {} behind {}: {what}", unit.told, unit.parent);
        scores.add(role, weight, reason);
    }
    if scores.0.is_empty() {
        return RoleGuess {
            role: "unknown",
            confidence: 0.0,
            reasons: vec![format!(
                "{} behind {} doesn't say what it is",
                unit.told, unit.parent
            )],
        };
    }
    strongest(scores, 0)
}

/// What speaks for each role: how far it leaves the role open, and why.
#[derive(Default)]
struct Scores(Vec<(&'static str, f64, Vec<String>)>);

impl Scores {
    fn of(subject: &Subject<'_>) -> Self {
        let mut scores = Self::default();
        for rule in rules::RULES {
            if let Some(reason) = (rule.fires)(subject) {
                scores.add(rule.role, rule.weight, reason);
            }
        }
        scores
    }

    fn add(&mut self, role: &'static str, weight: f64, reason: String) {
        match self.0.iter_mut().find(|(known, ..)| *known == role) {
            Some((_, open, reasons)) => {
                *open *= 1.0 - weight;
                reasons.push(reason);
            }
            None => self.0.push((role, 1.0 - weight, vec![reason])),
        }
    }
}

fn strongest(Scores(mut scores): Scores, packets: u64) -> RoleGuess {
    // Stable: of two equal ones the first in the table stays first.
    scores.sort_by(|(_, a, _), (_, b, _)| a.total_cmp(b));
    let mut scores = scores.into_iter();
    let Some((role, open, mut reasons)) = scores.next() else {
        return RoleGuess {
            role: "unknown",
            confidence: 0.0,
            reasons: vec![format!(
                "nothing in {} tells what it does",
                counted(packets, "packet")
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
