//! Chains of rules that jump into other chains (iptables, nftables, RouterOS), laid out as one list.

use crate::filter::{Action, AddressSet, Carrier, Certainty, Device, Effect, Interfaces, Ports, Rule};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The deepest chain of jumps that is followed.
const MAX_JUMPS: usize = 16;
/// The most rules that jumps may unfold to; jumps beyond are kept as rules with an unknown action.
const MAX_UNFOLDED: usize = 200_000;

/// A rule of a chain.
#[derive(Clone, Debug)]
pub(super) struct Chained {
    pub(super) rule: Rule,
    /// The chain that it goes to.
    pub(super) jump: Option<String>,
    pub(super) text: String,
}

/// Chains by name.
#[derive(Default)]
pub(super) struct Chains {
    by_name: BTreeMap<String, Vec<Chained>>,
}

impl Chains {
    pub(super) fn add(&mut self, chain: &str, rule: Chained) {
        self.by_name.entry(chain.to_owned()).or_default().push(rule);
    }

    /// A chain's rules with those that it jumps to in their places.
    pub(super) fn unfold(&self, device: &mut Device, chain: &str, out: &mut Vec<Rule>) {
        unfold(device, &self.by_name, chain, None, out, 0);
    }
}

/// A chain's rules, each with what the jump to it asks for too. `RETURN` and a jump that comes back need no rule of
/// their own as long as the conditions are the jump's; a `RETURN` with conditions is kept as unknown.
fn unfold(
    device: &mut Device,
    chains: &BTreeMap<String, Vec<Chained>>,
    chain: &str,
    outer: Option<&Rule>,
    out: &mut Vec<Rule>,
    depth: usize,
) {
    for parsed in chains.get(chain).into_iter().flatten() {
        let joined = outer.map_or_else(|| Some(parsed.rule.clone()), |outer| both(outer, &parsed.rule));
        let Some(rule) = joined else {
            continue;
        };
        match &parsed.jump {
            Some(target) if chains.contains_key(target) && depth < MAX_JUMPS && out.len() < MAX_UNFOLDED => {
                unfold(device, chains, target, Some(&rule), out, depth + 1);
            }
            Some(_) => {
                device.unread(rule.span, &parsed.text, Effect::Action);
                out.push(Rule {
                    action: Action::Unknown,
                    ..rule
                });
            }
            None => out.push(rule),
        }
    }
}

/// A rule that asks for what both ask for; `None` if nothing can fit both.
fn both(outer: &Rule, inner: &Rule) -> Option<Rule> {
    let addresses = |a: &Arc<AddressSet>, b: &Arc<AddressSet>| match (a.is_any(), b.is_any()) {
        (true, _) => Arc::clone(b),
        (_, true) => Arc::clone(a),
        _ => Arc::new(a.intersection(b)),
    };
    let interfaces = |a: &Interfaces, b: &Interfaces| match (a, b) {
        (Interfaces::Any, other) | (other, Interfaces::Any) => other.clone(),
        (Interfaces::Of(a), Interfaces::Of(b)) => {
            Interfaces::Of(a.iter().filter(|at| b.contains(at)).copied().collect())
        }
    };
    let mut carriers = Vec::new();
    for a in &outer.carriers {
        for b in &inner.carriers {
            carriers.push(if a.is_any() {
                b.clone()
            } else if b.is_any() {
                a.clone()
            } else {
                Carrier {
                    protocols: a.protocols.and(b.protocols),
                    source_ports: narrower(&a.source_ports, &b.source_ports),
                    destination_ports: narrower(&a.destination_ports, &b.destination_ports),
                    icmp: if a.icmp.is_empty() {
                        b.icmp.clone()
                    } else {
                        a.icmp.clone()
                    },
                }
            });
        }
    }
    let mut rule = Rule {
        source: addresses(&outer.source, &inner.source),
        destination: addresses(&outer.destination, &inner.destination),
        carriers,
        states: outer
            .states
            .complement()
            .or(inner.states.complement())
            .complement(),
        arrives: interfaces(&outer.arrives, &inner.arrives),
        leaves: interfaces(&outer.leaves, &inner.leaves),
        times: outer.times.clone().or_else(|| inner.times.clone()),
        certainty: outer.certainty.max(inner.certainty),
        ..inner.clone()
    };
    if outer.times.is_some() && inner.times.is_some() {
        rule.certainty = Certainty::Unsure;
    }
    (!rule.source.is_empty() && !rule.destination.is_empty()).then_some(rule)
}

pub(super) fn narrower(a: &Ports, b: &Ports) -> Ports {
    let mut outside = a.complement().ranges().to_vec();
    outside.extend_from_slice(b.complement().ranges());
    Ports::of(outside).complement()
}
