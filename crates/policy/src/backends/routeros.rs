//! MikroTik RouterOS (6 and 7): forward rules with address lists, as `/export` writes them.
//!
//! Both families are written; ports are those of TCP and UDP. RouterOS has no default deny: the last rule is one.
//!
//! Read: addresses, routes, interface and address lists, filter rules of the chain `forward` with the chains that it
//! jumps to, NAT. A matcher that is not known makes its rule unsure; an address list by a name service makes those
//! that name it unsure. Times go by the device's own clock: their rules are unsure. Lines go on after a backslash.

mod parse;

use super::text::{Names, prefixes, printable};
use super::{Backend, Compiled, Plan, Scope, plan};
use crate::filter::{Carrier, Family, Rule, range_text};
use crate::policy::Policy;
use cofferdam_plant::Plant;
use cofferdam_terms::IpProtocol;
use std::fmt::Write as _;

/// The registration.
pub(super) const BACKEND: Backend = Backend {
    name: "routeros",
    title: "MikroTik RouterOS",
    extension: "rsc",
    compile,
    parse: |text| vec![parse::parse(text)],
};

/// RouterOS takes 15 ports in one matcher; a range counts as two.
const PORTS: usize = 15;
/// The comment by which the rules are taken away together stands before the permit's name.
const MARK: &str = "cofferdam";

fn compile(plant: &Plant, policy: &Policy, scope: &Scope) -> Compiled {
    let plan = plan(plant, policy, scope)
        .without_times()
        .with_port_protocols(&[IpProtocol::TCP, IpProtocol::UDP]);
    let (text, rules) = print(&plan);
    let mut roll_back = String::from(
        "# Cofferdam: takes the rules away; packets are then forwarded as if they had never been.\n",
    );
    for path in ["ip", "ipv6"] {
        for table in ["filter", "address-list"] {
            _ = writeln!(
                roll_back,
                "/{path} firewall {table} remove [find comment~\"^{MARK}\"]"
            );
        }
    }
    plan.compiled(text, roll_back, rules)
}

fn print(plan: &Plan) -> (String, usize) {
    let mut out: String = plan
        .head()
        .iter()
        .map(|line| format!("# {}\n", printable(line)))
        .collect();
    let mut count = 0;
    for (family, path) in [(Family::V4, "ip"), (Family::V6, "ipv6")] {
        let mut names = Names::default();
        let mut rules = String::new();
        for rule in &plan.rules {
            count += print_rule(&mut rules, &mut names, rule, family);
        }
        if !names.lists.is_empty() {
            _ = writeln!(out, "/{path} firewall address-list");
        }
        for (name, set) in &names.lists {
            for net in prefixes(set) {
                _ = writeln!(out, "add list={name} address={net} comment=\"{MARK}\"");
            }
        }
        _ = write!(
            out,
            "/{path} firewall filter\nadd chain=forward connection-state=established,related action=accept comment=\"{MARK}\"\nadd chain=forward connection-state=invalid action=drop comment=\"{MARK}\"\n{rules}add chain=forward action=drop comment=\"{MARK}: all others\"\n"
        );
    }
    (out, count)
}

fn print_rule(out: &mut String, names: &mut Names, rule: &Rule, family: Family) -> usize {
    let (source, destination) = (rule.source.only(family), rule.destination.only(family));
    if source.is_empty() || destination.is_empty() {
        return 0;
    }
    let mut end = |key: &str, set: &crate::filter::AddressSet, suffix: &str| {
        if set.is_all_of(family) {
            return String::new();
        }
        match prefixes(set).as_slice() {
            [net] => format!(" {key}-address={net}"),
            _ => format!(" {key}-address-list={}", names.of(set, &rule.label, suffix)),
        }
    };
    let ends = format!(
        "{}{}",
        end("src", &source, "from"),
        end("dst", &destination, "to")
    );
    let matchers = carriers(&rule.carriers);
    for carrier in &matchers {
        _ = writeln!(
            out,
            "add chain=forward{ends}{carrier} action=accept comment=\"{MARK} {}\"",
            printable(&rule.label)
        );
    }
    matchers.len()
}

fn carriers(carriers: &[Carrier]) -> Vec<String> {
    let mut out = Vec::new();
    for carrier in carriers {
        if carrier.is_any() {
            return vec![String::new()];
        }
        for protocol in carrier.protocols.iter() {
            let word = match protocol {
                IpProtocol::TCP => "tcp".to_owned(),
                IpProtocol::UDP => "udp".to_owned(),
                IpProtocol(number) => number.to_string(),
            };
            if carrier.destination_ports.is_any() {
                out.push(format!(" protocol={word}"));
                continue;
            }
            for ranges in carrier.destination_ports.ranges().chunks(PORTS / 2) {
                let items: Vec<_> = ranges.iter().map(|range| range_text(*range, "-")).collect();
                out.push(format!(" protocol={word} dst-port={}", items.join(",")));
            }
        }
    }
    out
}
