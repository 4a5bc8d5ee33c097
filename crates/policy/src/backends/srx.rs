//! Juniper SRX (Junos): security policies as `set` commands, as `show | display set` writes them.
//!
//! Policies are compiled as global ones, which count between any zones. Schedulers go by the device's own clock, so
//! no time window is held. Applications hold ports of TCP and UDP.
//!
//! Read: interfaces, zones, address books, applications, policies between zones and then global ones, static routes,
//! source, destination and static NAT. `deactivate` takes away what it names; a match or action that is not known
//! makes its policy unsure or unknown. Policies are asked in the order in which they are first named.

mod parse;

use super::objects::Printed;
use super::text::{Item, name, prefixes, printable};
use super::{Backend, Compiled, Plan, Scope, plan};
use crate::filter::{AddressSet, Family, range_text};
use crate::policy::Policy;
use cofferdam_plant::Plant;
use cofferdam_terms::IpProtocol;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The registration.
pub(super) const BACKEND: Backend = Backend {
    name: "srx",
    title: "Juniper SRX (Junos)",
    extension: "srx.set",
    compile,
    parse: |text| vec![parse::parse(text)],
};

fn compile(plant: &Plant, policy: &Policy, scope: &Scope) -> Compiled {
    let plan = plan(plant, policy, scope)
        .without_times()
        .with_port_protocols(&[IpProtocol::TCP, IpProtocol::UDP]);
    let (text, roll_back) = print(&plan);
    let rules = plan.rules.len();
    plan.compiled(text, roll_back, rules)
}

fn print(plan: &Plan) -> (String, String) {
    let mut printed = Printed::new();
    let mut policies = String::new();
    let mut back = String::from("# Cofferdam: takes the policies away, then what only they name.\n");
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in &plan.rules {
        let count = used.entry(&rule.label).or_default();
        *count += 1;
        let policy = name(&rule.label, &count.to_string());
        let path = format!("security policies global policy {policy}");
        let source = end(&mut printed, &rule.source, &rule.label, "from");
        let destination = end(&mut printed, &rule.destination, &rule.label, "to");
        _ = write!(
            policies,
            "set {path} description \"{}\"\nset {path} match source-address {source}\nset {path} match destination-address {destination}\n",
            printable(&rule.label)
        );
        for item in printed.services(rule) {
            _ = writeln!(policies, "set {path} match application {}", application(&item));
        }
        _ = writeln!(policies, "set {path} then permit");
        _ = writeln!(back, "delete {path}");
    }
    let mut out: String = plan
        .head()
        .iter()
        .map(|line| format!("# {}\n", printable(line)))
        .collect();
    for (name, set) in &printed.addresses.lists {
        for net in prefixes(set) {
            let member = format!("cf_{}", net.to_string().replace(['/', ':'], "_"));
            _ = write!(
                out,
                "set security address-book global address {member} {net}\nset security address-book global address-set {name} address {member}\n"
            );
        }
        _ = writeln!(back, "delete security address-book global address-set {name}");
    }
    for item in &printed.services {
        if let (Some(protocol), range) = item {
            let path = format!("applications application {}", application(item));
            _ = writeln!(out, "set {path} protocol {}", protocol_word(*protocol));
            if let Some(range) = range {
                _ = writeln!(out, "set {path} destination-port {}", range_text(*range, "-"));
            }
            _ = writeln!(back, "delete {path}");
        }
    }
    out.push_str(&policies);
    out.push_str("set security policies default-policy deny-all\n");
    (out, back)
}

fn end(printed: &mut Printed, set: &AddressSet, label: &str, suffix: &str) -> String {
    if set.is_any() {
        return "any".to_owned();
    }
    for (family, word) in [(Family::V4, "any-ipv4"), (Family::V6, "any-ipv6")] {
        if *set == AddressSet::all_of(family) {
            return word.to_owned();
        }
    }
    printed.addresses.of(set, label, suffix)
}

fn application(item: &Item) -> String {
    match item {
        (None, _) => "any".to_owned(),
        (Some(protocol), None) => format!("cf_{}", protocol.0),
        (Some(protocol), Some(range)) => format!("cf_{}_{}", protocol.0, range_text(*range, "-")),
    }
}

fn protocol_word(protocol: IpProtocol) -> String {
    match protocol {
        IpProtocol::TCP => "tcp".to_owned(),
        IpProtocol::UDP => "udp".to_owned(),
        IpProtocol(number) => number.to_string(),
    }
}
