//! What every backend but nftables starts from: a policy as neutral rules, as few as say the same.
//!
//! INVARIANT: the rules let through what the nftables rules of the same scope do, which tests hold against the policy
//! and the kernel; `tests/backends.rs` proves it again of every backend's own text.

use super::nftables;
use super::{Compiled, Residual, ResidualKind, Scope};
use crate::filter::{AddressSet, Carrier, Family, Rule, RuleList, States};
use crate::policy::Policy;
use crate::symbolic::redundant_permits;
use cofferdam_plant::Plant;
use cofferdam_terms::IpProtocol;
use std::sync::Arc;

/// A policy's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What the rules are for.
    pub scope: String,
    /// Permits of new connections; their order does not matter. Everything else is denied.
    pub rules: Vec<Rule>,
    /// Labels of rules that were left out because others let the same through, ordered.
    pub covered: Vec<String>,
    /// Labels of rules that the device can't hold, ordered.
    pub left_out: Vec<String>,
    /// What a port filter can't hold.
    pub residuals: Vec<Residual>,
}

/// The most rules among which those are sought that others cover: the search grows faster than the list.
pub const MAX_REDUCED: usize = 20_000;

/// Makes the plan of a scope.
#[must_use]
pub fn plan(plant: &Plant, policy: &Policy, scope: &Scope) -> Plan {
    let (rules, residuals) = permits(plant, policy, scope);
    let (rules, covered) = reduced(rules);
    Plan {
        scope: scope.name().to_owned(),
        rules,
        covered,
        left_out: Vec::new(),
        residuals,
    }
}

/// Every permit of a scope as rules, none left out, and what a port filter can't hold.
pub(crate) fn permits(plant: &Plant, policy: &Policy, scope: &Scope) -> (Vec<Rule>, Vec<Residual>) {
    let lowered = nftables::lower(plant, policy, scope);
    let device = nftables::neutral(&lowered.ruleset, &[]);
    let rules = device.stages.into_iter().flat_map(|stage| stage.rules);
    let permits = rules.filter(|rule| rule.states == States::ANY);
    (folded(permits), lowered.residuals)
}

impl Plan {
    /// What a backend gives that printed the whole plan, in so many rules.
    pub(crate) fn compiled(self, text: String, roll_back: String, rules: usize) -> Compiled {
        Compiled {
            text,
            roll_back,
            rules,
            enforced: self.list(),
            residuals: self.residuals,
        }
    }

    /// Leaves out rules that the device can't hold, each with its residual, and the words for the file's head.
    pub(crate) fn keep(&mut self, fits: impl Fn(&Rule) -> bool, kind: &ResidualKind) {
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.rules)
            .into_iter()
            .partition(|rule| fits(rule));
        self.rules = kept;
        for rule in gone {
            self.residuals.extend(residual(&rule.label, kind));
            self.left_out.push(rule.label);
        }
        self.residuals.sort();
        self.residuals.dedup();
        self.left_out.sort();
        self.left_out.dedup();
    }

    /// Leaves out rules with time windows.
    pub(crate) fn without_times(mut self) -> Self {
        self.keep(|rule| rule.times.is_none(), &ResidualKind::WindowNotHeld);
        self
    }

    /// Leaves out IPv6.
    pub(crate) fn v4_only(mut self) -> Self {
        let mut rules = Vec::new();
        for rule in &self.rules {
            let both = |set: &AddressSet| !set.of(Family::V4).is_empty() && !set.of(Family::V6).is_empty();
            if both(&rule.source) || both(&rule.destination) {
                for family in Family::ALL {
                    rules.push(Rule {
                        source: Arc::new(rule.source.only(family)),
                        destination: Arc::new(rule.destination.only(family)),
                        ..rule.clone()
                    });
                }
            } else {
                rules.push(rule.clone());
            }
        }
        rules.retain(|rule| !rule.source.is_empty() && !rule.destination.is_empty());
        self.rules = rules;
        self.keep(
            |rule| !rule.source.of(Family::V4).is_empty(),
            &ResidualKind::NoIpv6,
        );
        self
    }

    /// Leaves out ports of protocols other than these: most devices know ports of TCP and UDP alone.
    pub(crate) fn with_port_protocols(mut self, held: &[IpProtocol]) -> Self {
        let fits = |carrier: &Carrier| {
            carrier.destination_ports.is_any()
                || carrier.protocols.iter().all(|protocol| held.contains(&protocol))
        };
        self.split_carriers(fits);
        self.keep(
            |rule| rule.carriers.iter().all(&fits),
            &ResidualKind::ProtocolNotHeld,
        );
        self
    }

    /// Parts each rule into one with the carriers that fit and one with the others.
    pub(crate) fn split_carriers(&mut self, fits: impl Fn(&Carrier) -> bool) {
        let mut rules = Vec::new();
        for rule in std::mem::take(&mut self.rules) {
            let (kept, gone): (Vec<_>, Vec<_>) = rule.carriers.iter().cloned().partition(&fits);
            for carriers in [kept, gone].into_iter().filter(|carriers| !carriers.is_empty()) {
                rules.push(Rule {
                    carriers,
                    ..rule.clone()
                });
            }
        }
        self.rules = rules;
    }

    /// Notes a residual of the rules' permits.
    pub(crate) fn note(&mut self, rules: &[Rule], kind: &ResidualKind) {
        for rule in rules {
            self.residuals.extend(residual(&rule.label, kind));
        }
        self.residuals.sort();
        self.residuals.dedup();
    }

    /// What stands at the head of a file, line by line.
    pub(crate) fn head(&self) -> Vec<String> {
        let mut head = vec![
            format!(
                "Cofferdam: rules of {}, compiled from the plant model. Edit the model, not this file.",
                self.scope
            ),
            "Comments name conduit/permit.".to_owned(),
        ];
        head.extend(
            self.covered
                .iter()
                .map(|label| format!("{label}: other rules let the same through")),
        );
        head.extend(
            self.left_out
                .iter()
                .map(|label| format!("{label}: this device can't hold it, see the residuals")),
        );
        head
    }

    /// The rules as a list.
    #[must_use]
    pub fn list(&self) -> RuleList {
        RuleList::denying(&self.scope, self.rules.clone())
    }
}

/// Rules of one permit that differ in one respect become one.
fn folded(rules: impl Iterator<Item = Rule>) -> Vec<Rule> {
    let mut out: Vec<Rule> = Vec::new();
    for rule in rules {
        let near = out
            .iter_mut()
            .rev()
            .take_while(|before| before.label == rule.label);
        let mut folded = false;
        for before in near {
            if fold(before, &rule) {
                folded = true;
                break;
            }
        }
        if !folded {
            out.push(rule);
        }
    }
    // What became alike by folding is folded again: the families of a permit with several services.
    let mut again: Vec<Rule> = Vec::new();
    for rule in out {
        let same = again.last_mut().filter(|before| before.label == rule.label);
        if !same.is_some_and(|before| fold(before, &rule)) {
            again.push(rule);
        }
    }
    again
}

fn fold(before: &mut Rule, rule: &Rule) -> bool {
    let parties = before.source == rule.source && before.destination == rule.destination;
    if parties && before.times == rule.times {
        before.carriers.extend(rule.carriers.iter().cloned());
        before.carriers.sort();
        before.carriers.dedup();
        return true;
    }
    if before.carriers != rule.carriers {
        return false;
    }
    if before.times == rule.times {
        let foldable = apart(before, rule);
        if foldable {
            Arc::make_mut(&mut before.source).add(&rule.source);
            Arc::make_mut(&mut before.destination).add(&rule.destination);
        }
        return foldable;
    }
    let (true, Some(times), Some(more)) = (parties, &mut before.times, &rule.times) else {
        return false;
    };
    times.windows.extend(more.windows.iter().cloned());
    times.windows.sort();
    times.windows.dedup();
    true
}

/// Whether one rule is of IPv4 alone and the other of IPv6 alone: joined, they let nothing more through.
fn apart(a: &Rule, b: &Rule) -> bool {
    let only =
        |rule: &Rule, family| rule.source.of(family).is_empty() && rule.destination.of(family).is_empty();
    (only(a, Family::V6) && only(b, Family::V4)) || (only(a, Family::V4) && only(b, Family::V6))
}

fn reduced(rules: Vec<Rule>) -> (Vec<Rule>, Vec<String>) {
    if rules.len() > MAX_REDUCED {
        return (rules, Vec::new());
    }
    // A plan that is too large to be reduced is right all the same.
    let gone = redundant_permits(&rules).unwrap_or_default();
    let mut kept = Vec::with_capacity(rules.len());
    let mut covered = Vec::new();
    for (at, rule) in rules.into_iter().enumerate() {
        if gone.binary_search(&at).is_ok() {
            covered.push(rule.label);
        } else {
            kept.push(rule);
        }
    }
    covered.sort();
    covered.dedup();
    (kept, covered)
}

/// A residual of the permit that a rule's label names; traffic within a zone has none.
fn residual(label: &str, kind: &ResidualKind) -> Option<Residual> {
    let (conduit, permit) = label.split_once('/')?;
    Some(Residual {
        conduit: conduit.parse().ok()?,
        permit: permit.parse().ok()?,
        kind: kind.clone(),
    })
}
