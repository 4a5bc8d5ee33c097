//! Windows Defender Firewall: inbound rules of one host, as PowerShell commands; netsh's form is read too.
//!
//! The rules are for the host that a permit lets others reach: they belong on the responders of the scope. A block wins
//! over every allow, whatever the order. Ports are those of TCP and UDP, and there are no time windows.
//!
//! Read: `New-NetFirewallRule`, `netsh advfirewall firewall add rule`, and the inbound default of
//! `Set-NetFirewallProfile` or `netsh advfirewall set … firewallpolicy`; without one, Windows blocks. Outbound rules are
//! listed and asked about nowhere. A condition that is not known (program, service, profile, user) makes its rule unsure.

use super::text::{self, name, prefixes, printable};
use super::{Backend, Compiled, Plan, Scope, plan};
use crate::filter::{
    Action, AddressSet, Carrier, Certainty, Device, Effect, Family, Ports, Protocols, Rule, RuleList, Span,
    range_text,
};
use crate::policy::Policy;
use cofferdam_plant::Plant;
use cofferdam_terms::IpProtocol;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// The registration.
pub(super) const BACKEND: Backend = Backend {
    name: "windows",
    title: "Windows Defender Firewall",
    extension: "ps1",
    compile,
    parse: |text| vec![parse(text)],
};

/// The rules' group, by which they are taken away together.
const GROUP: &str = "Cofferdam";

fn compile(plant: &Plant, policy: &Policy, scope: &Scope) -> Compiled {
    let plan = plan(plant, policy, scope)
        .without_times()
        .with_port_protocols(&[IpProtocol::TCP, IpProtocol::UDP]);
    let (text, rules) = print(&plan);
    let roll_back = format!(
        "# Cofferdam: takes the rules away; what is not allowed by others stays blocked.\nRemove-NetFirewallRule -Group \"{GROUP}\"\n"
    );
    plan.compiled(text, roll_back, rules)
}

fn print(plan: &Plan) -> (String, usize) {
    let mut out: String = plan
        .head()
        .iter()
        .map(|line| format!("# {}\n", printable(line)))
        .collect();
    out.push_str("# For the hosts that the permits let others reach. Answers pass by connection state.\n");
    out.push_str("Set-NetFirewallProfile -All -Enabled True -DefaultInboundAction Block\n");
    let mut count = 0;
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in &plan.rules {
        for family in Family::ALL {
            let (source, destination) = (rule.source.only(family), rule.destination.only(family));
            if source.is_empty() || destination.is_empty() {
                continue;
            }
            // One rule holds both families only if neither end is narrowed.
            if family == Family::V6 && rule.source.is_any() && rule.destination.is_any() {
                continue;
            }
            let both = rule.source.is_any() && rule.destination.is_any();
            for carrier in carriers(&rule.carriers) {
                let number = used.entry(&rule.label).or_default();
                *number += 1;
                let mut line = format!(
                    "New-NetFirewallRule -Name \"{}\" -DisplayName \"{}\" -Group \"{GROUP}\" -Direction Inbound -Action Allow{carrier}",
                    name(&rule.label, &number.to_string()),
                    printable(&rule.label)
                );
                if !both {
                    _ = write!(
                        line,
                        " -RemoteAddress {} -LocalAddress {}",
                        list(&source),
                        list(&destination)
                    );
                }
                _ = writeln!(out, "{line}");
                count += 1;
            }
        }
    }
    (out, count)
}

fn list(set: &AddressSet) -> String {
    let nets: Vec<_> = prefixes(set).iter().map(|net| format!("\"{net}\"")).collect();
    nets.join(",")
}

fn carriers(carriers: &[Carrier]) -> Vec<String> {
    let mut out = Vec::new();
    for carrier in carriers {
        if carrier.is_any() {
            out.push(" -Protocol Any".to_owned());
            continue;
        }
        for protocol in carrier.protocols.iter() {
            let word = match protocol {
                IpProtocol::TCP => "TCP".to_owned(),
                IpProtocol::UDP => "UDP".to_owned(),
                IpProtocol(number) => number.to_string(),
            };
            let ports: Vec<_> = carrier
                .destination_ports
                .ranges()
                .iter()
                .map(|range| format!("\"{}\"", range_text(*range, "-")))
                .collect();
            let ports = if carrier.destination_ports.is_any() {
                String::new()
            } else {
                format!(" -LocalPort {}", ports.join(","))
            };
            out.push(format!(" -Protocol {word}{ports}"));
        }
    }
    out
}

fn parse(text: &str) -> Device {
    let mut device = Device::new("windows");
    let mut default = Action::Deny;
    let mut rules = Vec::new();
    for (span, text) in statements(text) {
        let words = words(&text);
        let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        match lower.as_slice() {
            [] => {}
            [first, ..] if first.starts_with('#') => {}
            ["new-netfirewallrule", ..] => {
                let options = named(words.get(1..).unwrap_or_default());
                rules.extend(rule(&mut device, span, &text, &options));
            }
            ["netsh", "advfirewall", "firewall", "add", "rule", ..] => {
                let options = equal(words.get(5..).unwrap_or_default());
                rules.extend(rule(&mut device, span, &text, &options));
            }
            ["set-netfirewallprofile", ..] => {
                let options = named(words.get(1..).unwrap_or_default());
                let option = |key: &str| options.get(key).map(|value| value.to_ascii_lowercase());
                if option("defaultinboundaction").as_deref() == Some("allow")
                    || option("enabled").as_deref() == Some("false")
                {
                    default = Action::Permit;
                }
            }
            ["netsh", "advfirewall", "set", _, "firewallpolicy", policy, ..] => {
                if policy.starts_with("allowinbound") {
                    default = Action::Permit;
                }
            }
            ["netsh", "advfirewall", "set", _, "state", "off"] => default = Action::Permit,
            ["remove-netfirewallrule" | "import-module", ..] => {}
            _ => device.unread(span, &text, Effect::Unknown),
        }
    }
    // A block wins over every allow. One that was not read whole stays where it was.
    rules.sort_by_key(|rule: &Rule| match rule.action {
        Action::Deny => 0,
        Action::Unknown => 1,
        Action::Permit => 2,
    });
    rules.insert(0, Rule::answers());
    device.stages.push(RuleList {
        name: "inbound".to_owned(),
        rules,
        default,
    });
    device
}

/// Lines; a backtick at the end joins the next one to it.
fn statements(text: &str) -> Vec<(Span, String)> {
    let mut out: Vec<(Span, String)> = Vec::new();
    let mut joins = false;
    for (number, line) in (1u32..).zip(text.lines()) {
        let trimmed = line.trim();
        let (body, more) = trimmed
            .strip_suffix('`')
            .map_or((trimmed, false), |body| (body, true));
        match out.last_mut() {
            Some((span, statement)) if joins => {
                span.last = number;
                statement.push(' ');
                statement.push_str(body);
            }
            Some(_) | None => out.push((Span::line(number), body.to_owned())),
        }
        joins = more;
    }
    out
}

/// Words; blanks between quotation marks and in `@( )` part none.
fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let (mut quote, mut list) = (None, false);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') if word == "@" => {
                word.clear();
                list = true;
            }
            (None, ')') if list => list = false,
            (None, _) if c.is_whitespace() => {
                if !list && !word.ends_with(',') && !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
            }
            _ => word.push(c),
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// `-Key value`; a key without a value holds nothing.
fn named(words: &[String]) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let Some(key) = word.strip_prefix('-') else {
            out.insert(word.to_ascii_lowercase(), String::new());
            continue;
        };
        let value = words.get(at).filter(|next| !next.starts_with('-'));
        at += usize::from(value.is_some());
        out.insert(key.to_ascii_lowercase(), value.cloned().unwrap_or_default());
    }
    out
}

/// `key=value`, with netsh's names for the same things.
fn equal(words: &[String]) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let key = key.to_ascii_lowercase();
        let key = match key.as_str() {
            "dir" => "direction",
            "remoteip" => "remoteaddress",
            "localip" => "localaddress",
            "enable" => "enabled",
            "name" => "displayname",
            other => other,
        };
        out.insert(key.to_owned(), value.to_owned());
    }
    out
}

fn rule(device: &mut Device, span: Span, text: &str, options: &BTreeMap<String, String>) -> Option<Rule> {
    let option = |key: &str| options.get(key).map(|value| value.to_ascii_lowercase());
    match option("direction").as_deref() {
        None | Some("inbound" | "in") => {}
        Some(_) => {
            device.unread(span, text, Effect::None);
            return None;
        }
    }
    if matches!(option("enabled").as_deref(), Some("false" | "no")) {
        return None;
    }
    let action = match option("action").as_deref() {
        None | Some("allow") => Action::Permit,
        Some("block") => Action::Deny,
        Some(_) => Action::Unknown,
    };
    let mut rule = Rule {
        span,
        label: options.get("displayname").cloned().unwrap_or_default(),
        ..Rule::all(action)
    };
    let mut carrier = Carrier::any();
    let mut unread = action == Action::Unknown;
    for (key, value) in options {
        let fine = match key.as_str() {
            "name" | "displayname" | "group" | "description" | "direction" | "enabled" | "action"
            | "policystore" => true,
            "profile" => matches!(value.to_ascii_lowercase().as_str(), "any" | ""),
            "protocol" => protocol(value).map(|set| carrier.protocols = set).is_some(),
            "localport" => ports(value)
                .map(|ports| carrier.destination_ports = ports)
                .is_some(),
            "remoteport" => ports(value).map(|ports| carrier.source_ports = ports).is_some(),
            "remoteaddress" => addresses(value).map(|set| rule.source = Arc::new(set)).is_some(),
            "localaddress" => addresses(value)
                .map(|set| rule.destination = Arc::new(set))
                .is_some(),
            _ => false,
        };
        unread |= !fine;
    }
    rule.carriers = vec![carrier];
    if unread {
        rule.certainty = Certainty::Unsure;
        let effect = if action == Action::Unknown {
            Effect::Action
        } else {
            Effect::Condition
        };
        device.unread(span, text, effect);
    }
    Some(rule)
}

fn protocol(value: &str) -> Option<Protocols> {
    match value.to_ascii_lowercase().as_str() {
        "any" => Some(Protocols::ANY),
        "icmpv4" => Some(Protocols::one(IpProtocol::ICMP)),
        word => text::protocol(word).map(Protocols::one),
    }
}

fn ports(value: &str) -> Option<Ports> {
    if value.eq_ignore_ascii_case("any") {
        return Some(Ports::any());
    }
    text::ports(value)
}

fn addresses(value: &str) -> Option<AddressSet> {
    let mut out = AddressSet::default();
    for item in value.split(',') {
        match item.trim().to_ascii_lowercase().as_str() {
            "any" => out.add(&AddressSet::any()),
            item => out.add(&text::addresses(item)?),
        }
    }
    Some(out)
}
