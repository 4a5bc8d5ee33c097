//! An export to neutral rules.

use crate::backends::chains::{Chained, Chains};
use crate::backends::objects::{Book, Member};
use crate::backends::text;
use crate::filter::{
    Action, AddressSet, Carrier, Certainty, Device, Effect, Family, IcmpType, Interfaces, Nat, NatEnd,
    NatKind, Protocols, Route, Rule, RuleList, Span, State, States,
};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Settings of a rule that change nothing about which packets it matches.
const HARMLESS_KEYS: [&str; 8] = [
    "comment",
    "disabled",
    "log",
    "log-prefix",
    "chain",
    "action",
    "jump-target",
    "reject-with",
];

struct Statement {
    path: String,
    options: BTreeMap<String, String>,
    text: String,
    span: Span,
}

struct Reader {
    device: Device,
    book: Book,
    chains: [Chains; 2],
}

pub(super) fn parse(text: &str) -> Device {
    let statements = statements(text);
    let mut reader = Reader {
        device: Device::new("routeros"),
        book: Book::new(),
        chains: [Chains::default(), Chains::default()],
    };
    // Lists may be filled after the rules that name them.
    let (first, then): (Vec<_>, Vec<_>) = statements
        .iter()
        .partition(|statement| !statement.path.ends_with("filter") && !statement.path.ends_with("nat"));
    for statement in first.into_iter().chain(then) {
        if statement.options.get("disabled").map(String::as_str) != Some("yes") {
            reader.take(statement);
        }
    }
    reader.finish()
}

/// Statements of an export: a menu's path, then `add` or `set` lines in it, or both in one line.
fn statements(text: &str) -> Vec<Statement> {
    let mut out = Vec::new();
    let mut path = String::new();
    let mut whole = String::new();
    let mut first = 0;
    for (number, line) in (1u32..).zip(text.lines()) {
        if whole.is_empty() {
            first = number;
        }
        if let Some(body) = line.strip_suffix('\\') {
            whole.push_str(if whole.is_empty() { body } else { body.trim_start() });
            continue;
        }
        whole.push_str(if whole.is_empty() { line } else { line.trim_start() });
        let statement = std::mem::take(&mut whole);
        let trimmed = statement.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let words = words(trimmed);
        let verb = words
            .iter()
            .position(|word| matches!(word.as_str(), "add" | "set" | "remove"));
        if trimmed.starts_with('/') {
            let menu = words.get(..verb.unwrap_or(words.len())).unwrap_or_default();
            path = menu.join(" ").trim_start_matches('/').replace('/', " ");
        }
        let Some(verb) = verb else {
            if !trimmed.starts_with('/') {
                out.push(unknown(&path, trimmed, first, number));
            }
            continue;
        };
        if words.get(verb).is_some_and(|word| word == "remove") {
            continue;
        }
        let mut options = BTreeMap::new();
        for word in words.get(verb + 1..).unwrap_or_default() {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            options.insert(key.to_owned(), value.to_owned());
        }
        out.push(Statement {
            options,
            ..unknown(&path, trimmed, first, number)
        });
    }
    out
}

fn unknown(path: &str, text: &str, first: u32, last: u32) -> Statement {
    Statement {
        path: path.to_owned(),
        options: BTreeMap::new(),
        text: text.to_owned(),
        span: Span { first, last },
    }
}

/// Words; blanks between quotation marks part none, and the marks are left out.
fn words(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        let blank = c.is_whitespace() && !quoted;
        match out.last_mut() {
            Some(word) if !blank => {
                if c == '"' && !escaped {
                    quoted = !quoted;
                } else if c != '\\' || escaped {
                    word.push(c);
                }
            }
            Some(_) | None => out.push(String::new()),
        }
        escaped = c == '\\' && !escaped;
    }
    out.retain(|word| !word.is_empty());
    out
}

impl Reader {
    fn take(&mut self, statement: &Statement) {
        let option = |key: &str| statement.options.get(key).map(String::as_str);
        let fine = match statement.path.as_str() {
            "system identity" => option("name").map(|name| name.clone_into(&mut self.device.name)),
            "ip address" | "ipv6 address" => self.address(option("address"), option("interface")),
            "ip route" | "ipv6 route" => self.route(statement),
            "ip firewall address-list" | "ipv6 firewall address-list" => self.list_entry(statement),
            "interface list" => option("name").map(|name| {
                self.book.zones.entry(name.to_owned()).or_default();
            }),
            "interface list member" => option("list").zip(option("interface")).map(|(list, interface)| {
                self.book
                    .zones
                    .entry(list.to_owned())
                    .or_default()
                    .push(interface.to_owned());
            }),
            "ip firewall filter" => {
                self.filter(statement, Family::V4);
                return;
            }
            "ipv6 firewall filter" => {
                self.filter(statement, Family::V6);
                return;
            }
            "ip firewall nat" => self.nat(statement),
            "ip firewall mangle" | "ip firewall raw" | "ipv6 firewall raw" | "ipv6 firewall nat" => None,
            _ => {
                self.device.unread(statement.span, &statement.text, Effect::None);
                return;
            }
        };
        if fine.is_none() {
            let effect = match statement.path.as_str() {
                path if path.ends_with("address-list") => Effect::Reference,
                path if path.ends_with("raw") || path.ends_with("mangle") => Effect::Unknown,
                _ => Effect::Path,
            };
            self.device.unread(statement.span, &statement.text, effect);
        }
    }

    fn address(&mut self, address: Option<&str>, interface: Option<&str>) -> Option<()> {
        let net = address?.parse::<IpNet>().ok()?;
        let at = usize::try_from(self.device.interface(interface?).0).ok()?;
        self.device.interfaces.get_mut(at)?.addresses.push(net);
        Some(())
    }

    fn route(&mut self, statement: &Statement) -> Option<()> {
        let option = |key: &str| statement.options.get(key).map(String::as_str);
        let to = option("dst-address").unwrap_or("0.0.0.0/0").parse().ok()?;
        let gateway = option("gateway")?;
        let (ip, interface) = gateway.split_once('%').unwrap_or((gateway, ""));
        let via = ip.parse().ok();
        let named = if via.is_none() { gateway } else { interface };
        let interface = (!named.is_empty()).then(|| self.device.interface(named));
        self.device.routes.push(Route {
            to,
            via,
            interface,
            span: statement.span,
        });
        Some(())
    }

    fn list_entry(&mut self, statement: &Statement) -> Option<()> {
        let list = statement.options.get("list")?;
        let set = text::addresses(statement.options.get("address")?);
        let read = set.as_ref().map(|_| ());
        let member = set.map_or(Member::Unread, Member::Own);
        self.book.addresses.add(list, statement.span, member);
        read
    }

    fn filter(&mut self, statement: &Statement, family: Family) {
        let (mut rule, unread) = self.matchers(statement, family);
        let option = |key: &str| statement.options.get(key).map(String::as_str);
        let mut jump = None;
        match option("action").unwrap_or("accept") {
            "accept" | "fasttrack-connection" => rule.action = Action::Permit,
            "drop" | "reject" | "tarpit" => rule.action = Action::Deny,
            "jump" => jump = option("jump-target").map(str::to_owned),
            "return" => jump = Some("RETURN".to_owned()),
            // They go on to the next rule.
            "passthrough" | "log" | "add-src-to-address-list" | "add-dst-to-address-list" => {
                rule.carriers = Vec::new()
            }
            _ => {
                rule.action = Action::Unknown;
                self.device
                    .unread(statement.span, &statement.text, Effect::Action);
            }
        }
        if unread && !rule.carriers.is_empty() {
            self.device
                .unread(statement.span, &statement.text, Effect::Condition);
        }
        let [v4, v6] = &mut self.chains;
        let chains = if family == Family::V4 { v4 } else { v6 };
        chains.add(
            option("chain").unwrap_or_default(),
            Chained {
                rule,
                jump,
                text: statement.text.clone(),
            },
        );
    }

    /// A rule with what its matchers ask for, and whether one was not understood.
    fn matchers(&mut self, statement: &Statement, family: Family) -> (Rule, bool) {
        let mut rule = Rule {
            source: Arc::new(AddressSet::all_of(family)),
            destination: Arc::new(AddressSet::all_of(family)),
            span: statement.span,
            label: statement.options.get("comment").cloned().unwrap_or_default(),
            ..Rule::all(Action::Unknown)
        };
        let mut carrier = Carrier::any();
        let mut unread = false;
        for (key, value) in &statement.options {
            let (not, value) = value
                .strip_prefix('!')
                .map_or((false, value.as_str()), |value| (true, value));
            let turn = |set: AddressSet| {
                if not {
                    set.complement().only(family)
                } else {
                    set.only(family)
                }
            };
            let fine = match key.as_str() {
                key if HARMLESS_KEYS.contains(&key) => true,
                "to-addresses" | "to-ports" => true,
                "src-address" => text::addresses(value)
                    .map(|set| rule.source = Arc::new(turn(set)))
                    .is_some(),
                "dst-address" => text::addresses(value)
                    .map(|set| rule.destination = Arc::new(turn(set)))
                    .is_some(),
                "src-address-list" => self
                    .listed(statement, value)
                    .map(|set| rule.source = Arc::new(turn(set)))
                    .is_some(),
                "dst-address-list" => self
                    .listed(statement, value)
                    .map(|set| rule.destination = Arc::new(turn(set)))
                    .is_some(),
                "protocol" => text::protocol(value)
                    .map(Protocols::one)
                    .map(|set| carrier.protocols = if not { set.complement() } else { set })
                    .is_some(),
                "dst-port" => text::ports(value)
                    .map(|ports| carrier.destination_ports = if not { ports.complement() } else { ports })
                    .is_some(),
                "src-port" => text::ports(value)
                    .map(|ports| carrier.source_ports = if not { ports.complement() } else { ports })
                    .is_some(),
                "icmp-options" if !not => icmp(value).map(|icmp| carrier.icmp.push(icmp)).is_some(),
                "connection-state" => states(value)
                    .map(|all| rule.states = if not { all.complement() } else { all })
                    .is_some(),
                "in-interface" | "in-interface-list" if !not => {
                    rule.arrives = self.ways(value);
                    true
                }
                "out-interface" | "out-interface-list" if !not => {
                    rule.leaves = self.ways(value);
                    true
                }
                _ => false,
            };
            unread |= !fine;
        }
        if unread {
            rule.certainty = Certainty::Unsure;
        }
        rule.carriers = vec![carrier];
        (rule, unread)
    }

    fn ways(&mut self, name: &str) -> Interfaces {
        if name == "all" {
            return Interfaces::Any;
        }
        self.book.interfaces(&mut self.device, &[name.to_owned()])
    }

    /// A list's addresses, if they are all known.
    fn listed(&mut self, statement: &Statement, name: &str) -> Option<AddressSet> {
        let (set, certainty) = self
            .book
            .set(&mut self.device, &[name.to_owned()], statement.span);
        (certainty == Certainty::Sure).then_some(set)
    }

    fn nat(&mut self, statement: &Statement) -> Option<()> {
        let option = |key: &str| statement.options.get(key).map(String::as_str);
        let (rule, unread) = self.matchers(statement, Family::V4);
        if unread {
            return None;
        }
        let source_end = match option("chain")? {
            "srcnat" => true,
            "dstnat" => false,
            _ => return None,
        };
        let to = option("to-addresses").and_then(text::addresses);
        let port = option("to-ports").and_then(|port| port.parse().ok());
        let kind = match option("action")? {
            "masquerade" => NatKind::Source { to: None },
            "src-nat" => NatKind::Source { to: Some(to?) },
            "dst-nat" => NatKind::Destination {
                to: to.unwrap_or_else(|| (*rule.destination).clone()),
                port,
            },
            "netmap" => {
                let before = if source_end {
                    &rule.source
                } else {
                    &rule.destination
                };
                let (before, after) = (text::prefixes(before), text::prefixes(&to?));
                match (before.as_slice(), after.as_slice(), source_end) {
                    ([before], [after], true) => NatKind::Static {
                        inside: *before,
                        outside: *after,
                    },
                    ([before], [after], false) => NatKind::Static {
                        inside: *after,
                        outside: *before,
                    },
                    _ => return None,
                }
            }
            "accept" | "return" => NatKind::Exempt(if source_end {
                NatEnd::Source
            } else {
                NatEnd::Destination
            }),
            _ => return None,
        };
        let fixed = matches!(kind, NatKind::Static { .. });
        for carrier in rule.carriers {
            self.device.nat.push(Nat {
                arrives: rule.arrives.clone(),
                leaves: rule.leaves.clone(),
                source: if fixed {
                    AddressSet::any()
                } else {
                    (*rule.source).clone()
                },
                destination: if fixed {
                    AddressSet::any()
                } else {
                    (*rule.destination).clone()
                },
                carrier,
                kind: kind.clone(),
                span: statement.span,
            });
        }
        Some(())
    }

    fn finish(mut self) -> Device {
        let mut rules = Vec::new();
        for chains in std::mem::take(&mut self.chains) {
            chains.unfold(&mut self.device, "forward", &mut rules);
        }
        self.book.list(&mut self.device);
        self.device.stages.push(RuleList {
            rules,
            ..RuleList::open("forward")
        });
        self.device.unread.sort_by_key(|unread| unread.span);
        self.device
    }
}

fn states(value: &str) -> Option<States> {
    let mut all = States::NONE;
    for word in value.split(',') {
        all = all.or(States::one(match word {
            "new" => State::New,
            "established" => State::Established,
            "related" => State::Related,
            "invalid" | "untracked" => State::Invalid,
            _ => return None,
        }));
    }
    Some(all)
}

/// `8:0-255`, `3:1`.
fn icmp(value: &str) -> Option<IcmpType> {
    let (kind, code) = value.split_once(':').unwrap_or((value, "0-255"));
    Some(IcmpType {
        kind: kind.parse().ok()?,
        code: if code == "0-255" {
            None
        } else {
            Some(code.parse().ok()?)
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_on_after_a_backslash_and_quotes_hold_blanks() {
        let found = statements("/ip firewall filter\nadd chain=forward \\\n    comment=\"two words\"\n");
        let options = &found.first().unwrap().options;
        assert_eq!(options.get("comment").map(String::as_str), Some("two words"));
        assert_eq!(found.first().unwrap().span, Span { first: 2, last: 3 });
    }
}
