//! Policies and their objects as text. Nothing is decided here.

use crate::backends::Plan;
use crate::backends::objects::Printed;
use crate::backends::text::{Item, prefixes, printable};
use crate::filter::{AddressSet, Family, range_text};
use cofferdam_terms::IpProtocol;
use std::fmt::Write as _;

/// Policies are numbered from here, so that they don't meet those that people make.
const FIRST_POLICY: usize = 10_000;
/// The most characters of a policy's name.
const LONGEST_NAME: usize = 35;

/// The text, what takes it away, and how many policies there are.
pub(super) fn print(plan: &Plan) -> (String, String, usize) {
    let mut printed = Printed::new();
    let mut policies = String::new();
    for (at, rule) in plan.rules.iter().enumerate() {
        let number = FIRST_POLICY + at;
        let services = printed.services(rule);
        _ = write!(
            policies,
            "    edit {number}\n        set name \"{}\"\n        set srcintf \"any\"\n        set dstintf \"any\"\n        set action accept\n",
            policy_name(&rule.label, number)
        );
        let mut end = |side: &str, set: &AddressSet| {
            let suffix = if side == "src" { "from" } else { "to" };
            for (family, key) in [(Family::V4, "addr"), (Family::V6, "addr6")] {
                let own = set.only(family);
                if own.is_all_of(family) {
                    _ = writeln!(policies, "        set {side}{key} \"all\"");
                } else if !own.is_empty() {
                    let suffix = if family == Family::V4 {
                        suffix.to_owned()
                    } else {
                        format!("{suffix}6")
                    };
                    let name = printed.addresses.of(&own, &rule.label, &suffix);
                    _ = writeln!(policies, "        set {side}{key} \"{name}\"");
                }
            }
        };
        end("src", &rule.source);
        end("dst", &rule.destination);
        let names: Vec<_> = services
            .iter()
            .map(|item| format!("\"{}\"", service_name(item)))
            .collect();
        _ = write!(
            policies,
            "        set service {}\n        set schedule \"always\"\n        set comments \"{}\"\n    next\n",
            names.join(" "),
            printable(&rule.label)
        );
    }
    let mut out: String = plan
        .head()
        .iter()
        .map(|line| format!("# {}\n", printable(line)))
        .collect();
    objects(&mut out, &printed);
    if !policies.is_empty() {
        _ = write!(out, "config firewall policy\n{policies}end\n");
    }
    (out, roll_back(plan, &printed), plan.rules.len())
}

fn policy_name(label: &str, number: usize) -> String {
    let tail = format!(" {number}");
    let plain: String = printable(label).chars().take(LONGEST_NAME - tail.len()).collect();
    format!("{plain}{tail}")
}

fn service_name(item: &Item) -> String {
    match item {
        (None, _) => "ALL".to_owned(),
        (Some(protocol), None) => format!("cf_{}", protocol.0),
        (Some(protocol), Some(range)) => format!("cf_{}_{}", protocol.0, range_text(*range, "-")),
    }
}

fn objects(out: &mut String, printed: &Printed) {
    let (mut v4, mut v6) = (String::new(), String::new());
    let (mut groups4, mut groups6) = (String::new(), String::new());
    for (name, set) in &printed.addresses.lists {
        let nets = prefixes(set);
        let single = nets.len() == 1;
        let mut members = Vec::new();
        let of_v4 = !set.of(Family::V4).is_empty();
        for net in &nets {
            let member = if single {
                name.clone()
            } else {
                format!("cf_{}", net.to_string().replace(['/', ':'], "_"))
            };
            members.push(format!("\"{member}\""));
            let (into, line) = match net {
                ipnet::IpNet::V4(net) => (&mut v4, format!("set subnet {} {}", net.network(), net.netmask())),
                ipnet::IpNet::V6(net) => (&mut v6, format!("set ip6 {net}")),
            };
            let block = format!("    edit \"{member}\"\n        {line}\n    next\n");
            if !into.contains(&block) {
                into.push_str(&block);
            }
        }
        if !single {
            let into = if of_v4 { &mut groups4 } else { &mut groups6 };
            _ = writeln!(
                into,
                "    edit \"{name}\"\n        set member {}\n    next",
                members.join(" ")
            );
        }
    }
    for (section, body) in [
        ("firewall address", v4),
        ("firewall address6", v6),
        ("firewall addrgrp", groups4),
        ("firewall addrgrp6", groups6),
        ("firewall service custom", services(printed)),
    ] {
        if !body.is_empty() {
            _ = write!(out, "config {section}\n{body}end\n");
        }
    }
}

fn services(printed: &Printed) -> String {
    let mut out = String::new();
    for item in &printed.services {
        let (Some(protocol), range) = item else {
            continue;
        };
        let body = match (range, *protocol) {
            (Some(range), protocol) => {
                let word = match protocol {
                    IpProtocol::TCP => "tcp",
                    IpProtocol::UDP => "udp",
                    _ => "sctp",
                };
                format!("set {word}-portrange {}", range_text(*range, "-"))
            }
            (None, IpProtocol(number)) => {
                format!("set protocol IP\n        set protocol-number {number}")
            }
        };
        _ = writeln!(
            out,
            "    edit \"{}\"\n        {body}\n    next",
            service_name(item)
        );
    }
    out
}

fn roll_back(plan: &Plan, printed: &Printed) -> String {
    let mut out = String::from(
        "# Cofferdam: takes the policies away, then what only they name.\nconfig firewall policy\n",
    );
    for at in 0..plan.rules.len() {
        _ = writeln!(out, "    delete {}", FIRST_POLICY + at);
    }
    out.push_str("end\n");
    for (section, family) in [("addrgrp", Family::V4), ("addrgrp6", Family::V6)] {
        let groups = printed
            .addresses
            .lists
            .iter()
            .filter(|(_, set)| !set.of(family).is_empty() && prefixes(set).len() > 1);
        let lines: String = groups
            .map(|(name, _)| format!("    delete \"{name}\"\n"))
            .collect();
        if !lines.is_empty() {
            _ = write!(out, "config firewall {section}\n{lines}end\n");
        }
    }
    out
}
