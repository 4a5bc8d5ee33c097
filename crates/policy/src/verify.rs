//! A device as it runs against the plant model: what it lets through that no conduit permits, and what a permit needs
//! and it stops. Decided over every packet, not by samples.
//!
//! New connections are compared, as a port filter sees them (docs/semantics.md). Packets that no router forwards (S1)
//! are left out. Where the configuration says which networks lie behind which interface, only packets that come in and
//! leave by different ones count, and a rule is asked with the interfaces that a packet really has.

use crate::backends::{Scope, permits};
use crate::filter::{
    Action, AddressSet, Device, Family, Packet, Reading, Rule, RuleList, State, States, Topology,
};
use crate::place::Place;
use crate::policy::Policy;
use crate::symbolic::{Deciding, Decision, Field, Join, Ref, Space, TooLarge, pairs};
use cofferdam_plant::Plant;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether an answer stands whatever the unread lines mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sureness {
    /// It does.
    Sure,
    /// It hangs on lines that were not understood.
    Possible,
}

/// A rule of the device lets through what no conduit permits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// The rule that lets it through.
    pub decision: Decision,
    /// A packet that shows it.
    pub packet: Packet,
    /// Whether that is sure.
    pub sureness: Sureness,
}

/// The device stops what a permit needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The permit, `conduit/permit`, or `within zone`.
    pub permit: String,
    /// A packet that shows it, with the interfaces that it would have, if they are known.
    pub packet: Packet,
    /// The rule that stops it.
    pub decision: Decision,
    /// Whether that is sure.
    pub sureness: Sureness,
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// What passes and should not: one entry for each rule of the device, ordered by them.
    pub excess: Vec<Excess>,
    /// What should pass and does not: one entry for each permit, ordered by them.
    pub blocked: Vec<Blocked>,
    /// Permits of the scope that pass whole, ordered.
    pub passing: Vec<String>,
}

/// Compares a device with the model. `scope` says which conduits it has to let through; what any conduit of the site
/// permits is no excess.
///
/// # Errors
/// If the rules need more room than a space may take.
pub fn verify(
    plant: &Plant,
    policy: &Policy,
    device: &Device,
    scope: &Scope,
) -> Result<Verification, TooLarge> {
    let (everything, _) = permits(plant, policy, &Scope::Site);
    let mut model = everything;
    model.extend(alone(policy));
    let model = Device::filtering("model", RuleList::denying("model", model));
    let (needed, _) = permits(plant, policy, scope);
    let mut space = Space::of(&[device, &model]);
    let mut verifying = Verifying::new(&mut space, device);
    let permitted = verifying.space.passed(&model, Reading::Widest);
    let excess = verifying.excess(permitted);
    let (blocked, passing) = verifying.blocked(&needed);
    space.checked(Verification {
        excess,
        blocked,
        passing,
    })
}

/// A host that is alone in its zone may talk to itself.
fn alone(policy: &Policy) -> Vec<Rule> {
    let mut zones: BTreeMap<_, Vec<(Family, u128, u128)>> = BTreeMap::new();
    let (v4, v6) = policy.places.claimed();
    for (family, ranges) in [(Family::V4, v4), (Family::V6, v6)] {
        for range in ranges {
            if let Place::In(host) = range.place {
                zones
                    .entry(host.zone)
                    .or_default()
                    .push((family, range.first, range.last));
            }
        }
    }
    let single = zones
        .into_values()
        .flatten()
        .filter(|(_, first, last)| first == last);
    single
        .map(|(family, address, _)| {
            let host = Arc::new(AddressSet::host(family.address(address)));
            Rule {
                source: Arc::clone(&host),
                destination: host,
                ..Rule::all(Action::Permit)
            }
        })
        .collect()
}

struct Verifying<'s> {
    space: &'s mut Space,
    device: &'s Device,
    behind: Vec<(crate::filter::InterfaceIx, AddressSet)>,
    /// New connections that a router forwards, by the interfaces that they have.
    asked: Ref,
    /// The same, whatever the interfaces.
    passing_by: Ref,
}

impl<'s> Verifying<'s> {
    fn new(space: &'s mut Space, device: &'s Device) -> Self {
        let mut new = Self {
            space,
            device,
            behind: match device.topology() {
                Topology::Known => device.behind(),
                Topology::RulesOnly => Vec::new(),
            },
            asked: Ref::ALL,
            passing_by: Ref::ALL,
        };
        let opening = new.space.states(States::one(State::New), Ref::ALL);
        let routed = new.routed();
        let on_paths = new.on_paths();
        let asked = new.space.diagrams.join(Join::Within, opening, routed);
        new.asked = new.space.diagrams.join(Join::Within, asked, on_paths);
        new.passing_by = new.anywhere(new.asked);
        new
    }

    /// Packets that a router forwards at all.
    fn routed(&mut self) -> Ref {
        let set = |nets: &[&str]| {
            let mut all = AddressSet::default();
            for net in nets.iter().filter_map(|net| net.parse().ok()) {
                all.add(&AddressSet::net(net));
            }
            all
        };
        const LOCAL: [&str; 6] = [
            "0.0.0.0/32",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "::/128",
            "::1/128",
            "fe80::/10",
        ];
        const GROUPS: [&str; 3] = ["224.0.0.0/4", "255.255.255.255/32", "ff00::/8"];
        let local = set(&LOCAL);
        let mut never = local.clone();
        never.add(&set(&GROUPS));
        let source = self.space.addresses(Field::Source, &never.complement());
        let destination = self.space.addresses(Field::Destination, &never.complement());
        self.space.diagrams.join(Join::Within, source, destination)
    }

    /// Packets that come in where their sender lies and leave where their receiver does, by another interface.
    fn on_paths(&mut self) -> Ref {
        if self.behind.is_empty() {
            return Ref::ALL;
        }
        let behind = self.behind.clone();
        let (mut from, mut to, mut same) = (Ref::NOTHING, Ref::NOTHING, Ref::NOTHING);
        for (at, set) in &behind {
            let code = self
                .device
                .interface_name(*at)
                .map_or(0, |name| self.space.code(name));
            let arrives = self.space.interface_set(Field::Arrives, &[code]);
            let leaves = self.space.interface_set(Field::Leaves, &[code]);
            let source = self.space.addresses(Field::Source, set);
            let destination = self.space.addresses(Field::Destination, set);
            let all = &mut self.space.diagrams;
            let source = all.join(Join::Within, source, arrives);
            let destination = all.join(Join::Within, destination, leaves);
            let both = all.join(Join::Within, arrives, leaves);
            from = all.join(Join::Over, from, source);
            to = all.join(Join::Over, to, destination);
            same = all.join(Join::Over, same, both);
        }
        let paths = self.space.diagrams.join(Join::Within, from, to);
        self.space.diagrams.join(Join::Without, paths, same)
    }

    fn anywhere(&mut self, set: Ref) -> Ref {
        let set = self.space.diagrams.forget(set, &Field::Arrives.levels());
        self.space.diagrams.forget(set, &Field::Leaves.levels())
    }

    fn excess(&mut self, permitted: Ref) -> Vec<Excess> {
        let mut found: BTreeMap<Decision, Excess> = BTreeMap::new();
        for (reading, sureness) in [
            (Reading::Narrowest, Sureness::Sure),
            (Reading::Widest, Sureness::Possible),
        ] {
            let passed = self.space.passed(self.device, reading);
            let passed = self.space.diagrams.join(Join::Within, passed, self.asked);
            let excess = self.space.diagrams.join(Join::Without, passed, permitted);
            let deciding = Deciding::of(self.space, self.device, reading, excess);
            pairs(
                self.space,
                deciding.diagram,
                excess,
                &mut |space, end, _, path| {
                    if let Some(decision) = deciding.decision(end) {
                        found.entry(decision).or_insert_with(|| Excess {
                            decision,
                            packet: space.packet_on(path, Some(self.device)),
                            sureness,
                        });
                    }
                },
            );
        }
        found.into_values().collect()
    }

    fn blocked(&mut self, needed: &[Rule]) -> (Vec<Blocked>, Vec<String>) {
        let widest = self.let_through(Reading::Widest);
        let narrowest = self.let_through(Reading::Narrowest);
        let mut found: BTreeMap<String, Option<Blocked>> = BTreeMap::new();
        let readings = [
            (widest, Reading::Widest, Sureness::Sure),
            (narrowest, Reading::Narrowest, Sureness::Possible),
        ];
        for rule in needed {
            // Without a topology it is not known whether a zone's own traffic comes by.
            if self.behind.is_empty() && rule.label.starts_with("within ") {
                continue;
            }
            let entry = found.entry(rule.label.clone()).or_default();
            let own = self.space.rule(self.device, rule, Ref::ALL);
            let own = self.space.diagrams.join(Join::Within, own, self.passing_by);
            for (passed, reading, sureness) in readings {
                let stopped = self.space.diagrams.join(Join::Without, own, passed);
                if let Some(packet) = self.space.witness(stopped, Some(self.device))
                    && entry.is_none()
                {
                    let packet = self.placed(packet);
                    *entry = Some(Blocked {
                        permit: rule.label.clone(),
                        decision: stopping(self.device, &packet, reading),
                        packet,
                        sureness,
                    });
                }
            }
        }
        let (stopped, passing): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|(_, blocked)| blocked.is_some());
        (
            stopped.into_iter().filter_map(|(_, blocked)| blocked).collect(),
            passing.into_iter().map(|(permit, _)| permit).collect(),
        )
    }

    fn let_through(&mut self, reading: Reading) -> Ref {
        let passed = self.space.passed(self.device, reading);
        let passed = self.space.diagrams.join(Join::Within, passed, self.asked);
        self.anywhere(passed)
    }

    /// The packet with the interfaces that routes give it.
    fn placed(&self, packet: Packet) -> Packet {
        let at = |ip| {
            self.behind
                .iter()
                .find(|(_, set)| set.contains(ip))
                .map(|(at, _)| *at)
        };
        Packet {
            arrives: at(packet.source).or(packet.arrives),
            leaves: at(packet.destination).or(packet.leaves),
            ..packet
        }
    }
}

fn stopping(device: &Device, packet: &Packet, reading: Reading) -> Decision {
    let denies = |(stage, list): (usize, &RuleList)| {
        let answer = list.answer(packet, reading);
        (answer.action != Action::Permit).then_some(Decision {
            stage,
            rule: answer.rule,
            action: answer.action,
        })
    };
    // A packet that some interface lets through is not stopped: one list at least denies it.
    device
        .stages
        .iter()
        .enumerate()
        .find_map(denies)
        .unwrap_or(Decision {
            stage: 0,
            rule: None,
            action: Action::Deny,
        })
}
