//! Palo Alto PAN-OS: security rules as `set` commands.
//!
//! Rules are compiled for any zone. Services hold ports of TCP and UDP alone: other protocols are App-IDs there, which a
//! port filter does not have, so no rule is made for them. Schedules go by the device's own clock.
//!
//! Read: interfaces, zones, static routes, address and service objects and groups, security rules (`vsys`, `shared` and
//! device-group forms), NAT rules. Applications, users, categories and schedules may match less: their rule is unsure.
//! Rules see the receiver before translation and the zone after it. Without a rule, traffic within a zone passes.

mod parse;

use super::objects::Printed;
use super::text::{Item, name, prefixes, printable};
use super::{Backend, Compiled, Plan, ResidualKind, Scope, plan};
use crate::filter::{Carrier, range_text};
use crate::policy::Policy;
use cofferdam_plant::Plant;
use cofferdam_terms::IpProtocol;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The registration.
pub(super) const BACKEND: Backend = Backend {
    name: "panos",
    title: "Palo Alto PAN-OS (set commands)",
    extension: "panos.set",
    compile,
    parse: |text| vec![parse::parse(text)],
};

fn compile(plant: &Plant, policy: &Policy, scope: &Scope) -> Compiled {
    let held = [IpProtocol::TCP, IpProtocol::UDP];
    let mut plan = plan(plant, policy, scope)
        .without_times()
        .with_port_protocols(&held);
    let fits = move |carrier: &Carrier| {
        carrier.is_any() || carrier.protocols.iter().all(|protocol| held.contains(&protocol))
    };
    plan.split_carriers(fits);
    plan.keep(
        |rule| rule.carriers.iter().all(fits),
        &ResidualKind::ProtocolNotHeld,
    );
    let (text, roll_back) = print(&plan);
    let rules = plan.rules.len();
    plan.compiled(text, roll_back, rules)
}

fn print(plan: &Plan) -> (String, String) {
    let mut printed = Printed::new();
    let mut rules = String::new();
    let mut back = String::from("# Cofferdam: takes the rules away, then what only they name.\n");
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in &plan.rules {
        let count = used.entry(&rule.label).or_default();
        *count += 1;
        let rule_name = name(&rule.label, &count.to_string());
        let path = format!("rulebase security rules {rule_name}");
        let services: Vec<_> = printed.services(rule).iter().map(service).collect();
        let mut end = |set, suffix| {
            if crate::filter::AddressSet::is_any(set) {
                "any".to_owned()
            } else {
                printed.addresses.of(set, &rule.label, suffix)
            }
        };
        let (source, destination) = (end(&rule.source, "from"), end(&rule.destination, "to"));
        _ = writeln!(
            rules,
            "set {path} from any to any source {source} destination {destination} source-user any category any application any service [ {} ] action allow description \"{}\"",
            services.join(" "),
            printable(&rule.label)
        );
        _ = writeln!(back, "delete {path}");
    }
    let mut out: String = plan
        .head()
        .iter()
        .map(|line| format!("# {}\n", printable(line)))
        .collect();
    for (name, set) in &printed.addresses.lists {
        let mut members = Vec::new();
        for net in prefixes(set) {
            let member = format!("cf_{}", net.to_string().replace(['/', ':'], "_"));
            _ = writeln!(out, "set address {member} ip-netmask {net}");
            members.push(member);
        }
        _ = writeln!(out, "set address-group {name} static [ {} ]", members.join(" "));
        _ = writeln!(back, "delete address-group {name}");
    }
    for item in &printed.services {
        if let (Some(protocol), range) = item {
            let word = if *protocol == IpProtocol::TCP {
                "tcp"
            } else {
                "udp"
            };
            let range = range.map_or_else(|| "0-65535".to_owned(), |range| range_text(range, "-"));
            _ = writeln!(out, "set service {} protocol {word} port {range}", service(item));
            _ = writeln!(back, "delete service {}", service(item));
        }
    }
    out.push_str(&rules);
    // Without it, traffic within a zone would pass.
    _ = writeln!(
        out,
        "set rulebase security rules cf_deny_the_rest from any to any source any destination any application any service any action deny"
    );
    _ = writeln!(back, "delete rulebase security rules cf_deny_the_rest");
    (out, back)
}

fn service(item: &Item) -> String {
    match item {
        (None, _) => "any".to_owned(),
        (Some(protocol), None) => format!("cf_{}", protocol.0),
        (Some(protocol), Some(range)) => format!("cf_{}_{}", protocol.0, range_text(*range, "-")),
    }
}
