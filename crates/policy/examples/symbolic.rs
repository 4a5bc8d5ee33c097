//! How fast two rulesets of 10,000 rules are compared and searched for odd rules:
//! `cargo run --release -p cofferdam-policy --example symbolic`.
//!
//! The rules are as a plant's firewall has them after some years: hosts and subnets of 10.0.0.0/8 on both sides, many
//! single ports, some ranges, one in ten with `any` at one end, one in ten a deny. The second ruleset is the first with
//! one rule in a hundred changed, moved or gone.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a measurement reads the clock and prints"
)]

use cofferdam_plant::PortRange;
use cofferdam_policy::filter::{Action, AddressSet, Carrier, Device, Ports, Reading, Rule, RuleList, Span};
use cofferdam_policy::symbolic::{anomalies, differences, equivalent};
use cofferdam_terms::IpProtocol;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

const RULES: usize = 10_000;
/// The search for odd rules keeps a diagram for the rest of the list behind every rule: it takes fewer.
const ODD_RULES: usize = 3_000;

fn main() {
    let first = ruleset(RULES);
    let second = changed(&first);
    let third = first.clone();

    let started = worked();
    let same = equivalent(&device(first.clone()), &device(third), Reading::Widest).unwrap();
    println!(
        "{:<44}{:>8.2} s",
        format!("{RULES} rules against themselves (equal: {same})"),
        seconds(started)
    );

    let started = worked();
    let found = differences(&device(first.clone()), &device(second), Reading::Widest).unwrap();
    println!(
        "{:<44}{:>8.2} s",
        format!("two rulesets, {} differences", found.len()),
        seconds(started)
    );
    for difference in found.iter().take(3) {
        println!(
            "    {}: first {} by rule {:?}, second {} by rule {:?}",
            difference.packet,
            difference.first.action.name(),
            difference.first.rule,
            difference.second.action.name(),
            difference.second.rule
        );
    }

    let started = worked();
    let some = first.into_iter().take(ODD_RULES).collect();
    let odd = anomalies(&device(some)).unwrap();
    println!(
        "{:<44}{:>8.2} s",
        format!("odd rules among {ODD_RULES}, {} found", odd.len()),
        seconds(started)
    );
}

/// Seconds of this process's own work, so that a busy machine does not count; of the clock where that is not told.
fn seconds(since: f64) -> f64 {
    worked() - since
}

fn worked() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let spent: f64 = stat
        .split(' ')
        .next()
        .and_then(|nanos| nanos.parse().ok())
        .unwrap_or(0.0);
    spent / 1e9
}

fn device(rules: Vec<Rule>) -> Device {
    Device::filtering("device", RuleList::denying("rules", rules))
}

/// The same numbers on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn address(&mut self) -> AddressSet {
        let ip = Ipv4Addr::new(
            10,
            self.below(16) as u8,
            self.below(64) as u8,
            self.below(256) as u8,
        );
        match self.below(20) {
            0..2 => AddressSet::any(),
            2..4 => AddressSet::net(format!("{ip}/16").parse().unwrap()),
            4..9 => AddressSet::net(format!("{ip}/24").parse().unwrap()),
            9 => AddressSet::range(IpAddr::V4(ip), IpAddr::V4(Ipv4Addr::from(u32::from(ip) + 20))).unwrap(),
            _ => AddressSet::host(IpAddr::V4(ip)),
        }
    }

    fn carrier(&mut self) -> Carrier {
        let protocol = [IpProtocol::TCP, IpProtocol::UDP][usize::from(self.below(4) == 0)];
        const PORTS: [u16; 12] = [22, 80, 102, 443, 502, 1433, 3389, 4840, 20_000, 44_818, 123, 161];
        match self.below(12) {
            0 => Carrier::protocol(protocol),
            1 => Carrier::any(),
            2 => {
                let first = u16::try_from(1024 + self.below(40_000)).unwrap();
                let ports = PortRange::new(first, first + 100).unwrap();
                Carrier::to_ports(protocol, Ports::of(vec![ports]))
            }
            _ => Carrier::to_ports(protocol, Ports::one(PORTS[self.below(PORTS.len())])),
        }
    }

    fn rule(&mut self, line: u32) -> Rule {
        let action = if self.below(10) == 0 {
            Action::Deny
        } else {
            Action::Permit
        };
        let (source, mut destination) = (self.address(), self.address());
        if source.is_any() && destination.is_any() {
            destination = AddressSet::host(IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3)));
        }
        Rule {
            source: Arc::new(source),
            destination: Arc::new(destination),
            carriers: vec![self.carrier()],
            span: Span::line(line),
            ..Rule::all(action)
        }
    }
}

fn ruleset(count: usize) -> Vec<Rule> {
    let mut random = Random(1);
    (1..=u32::try_from(count).unwrap())
        .map(|line| random.rule(line))
        .collect()
}

fn changed(rules: &[Rule]) -> Vec<Rule> {
    let mut random = Random(2);
    let mut out = rules.to_vec();
    for _ in 0..rules.len() / 100 {
        let at = random.below(out.len());
        match random.below(3) {
            0 => out[at] = random.rule(0),
            1 => {
                out.remove(at);
            }
            _ => {
                let rule = out.remove(at);
                let to = random.below(out.len());
                out.insert(to, rule);
            }
        }
    }
    out
}
