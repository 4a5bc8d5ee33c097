//! `set` commands to neutral rules.

use crate::backends::objects::{Book, Member, Written};
use crate::backends::text::{self, Line};
use crate::filter::{
    Action, AddressSet, Carrier, Certainty, Device, Effect, Family, Nat, NatEnd, NatKind, Ports, Protocols,
    Route, RuleList, Span,
};
use cofferdam_terms::IpProtocol;
use std::collections::BTreeMap;

/// Parts of a configuration that filter, translate and route nothing.
const HARMLESS: [&str; 12] = [
    "version",
    "system",
    "snmp",
    "chassis",
    "event-options",
    "access",
    "groups",
    "apply-groups",
    "vlans",
    "protocols",
    "services",
    "forwarding-options",
];

/// Which translation a rule set makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum NatSet {
    Static,
    Destination,
    Source,
}

#[derive(Clone, Debug)]
struct NatRule {
    set: NatSet,
    group: String,
    source: Vec<String>,
    destination: Vec<String>,
    ports: Option<Ports>,
    protocol: Option<IpProtocol>,
    then: Vec<String>,
    span: Span,
    read: bool,
}

struct Reader {
    device: Device,
    book: Book,
    /// By `from to name`, with its place in the order of naming.
    policies: Vec<(String, Written, bool)>,
    default: Action,
    pools: BTreeMap<(NatSet, String), (AddressSet, Option<u16>)>,
    groups: BTreeMap<String, (Vec<String>, Vec<String>)>,
    nats: Vec<(String, NatRule)>,
    gone: Vec<Vec<String>>,
    applications: BTreeMap<(String, String), (Carrier, Span)>,
}

pub(super) fn parse(text: &str) -> Device {
    let mut reader = Reader {
        device: Device::new("srx"),
        book: Book::new(),
        policies: Vec::new(),
        default: Action::Deny,
        pools: BTreeMap::new(),
        groups: BTreeMap::new(),
        nats: Vec::new(),
        gone: Vec::new(),
        applications: BTreeMap::new(),
    };
    let none = Span::default();
    for (name, set) in [
        ("any", AddressSet::any()),
        ("any-ipv4", AddressSet::all_of(Family::V4)),
        ("any-ipv6", AddressSet::all_of(Family::V6)),
    ] {
        reader.book.addresses.add(name, none, Member::Own(set));
    }
    for (name, carrier) in predefined() {
        reader.book.services.add(name, none, Member::Own(carrier));
    }
    for line in text::lines(text).filter(|line| line.word(0) == "deactivate") {
        reader
            .gone
            .push(line.from(1).iter().map(|word| (*word).to_owned()).collect());
    }
    for line in text::lines(text) {
        reader.line(&line);
    }
    reader.finish()
}

impl Reader {
    fn line(&mut self, line: &Line<'_>) {
        let first = line.word(0);
        if first.starts_with('#') || first.starts_with("/*") || first == "deactivate" {
            return;
        }
        if first != "set" {
            return self.device.unread(line.span(), line.text, Effect::Unknown);
        }
        let path = line.from(1);
        let off = self
            .gone
            .iter()
            .any(|gone| path.len() >= gone.len() && gone.iter().zip(path).all(|(a, b)| a == b));
        if off {
            return;
        }
        match path {
            ["system", "host-name", name, ..] => (*name).clone_into(&mut self.device.name),
            [
                "interfaces",
                physical,
                "unit",
                unit,
                "family",
                "inet" | "inet6",
                "address",
                net,
                ..,
            ] => {
                let at = self.device.interface(&format!("{physical}.{unit}")).0;
                let own = usize::try_from(at)
                    .ok()
                    .and_then(|at| self.device.interfaces.get_mut(at));
                match (own, net.parse()) {
                    (Some(own), Ok(net)) => own.addresses.push(net),
                    _ => self.device.unread(line.span(), line.text, Effect::Path),
                }
            }
            ["interfaces", ..] => {}
            [
                "security",
                "zones",
                "security-zone",
                zone,
                "interfaces",
                interface,
                ..,
            ] => {
                let members = self.book.zones.entry((*zone).to_owned()).or_default();
                if !members.iter().any(|known| known == interface) {
                    members.push((*interface).to_owned());
                }
            }
            [
                "security",
                "zones",
                "security-zone",
                zone,
                "address-book",
                rest @ ..,
            ] => {
                self.book.zones.entry((*zone).to_owned()).or_default();
                self.address(line, rest);
            }
            ["security", "zones", "security-zone", zone, ..] => {
                self.book.zones.entry((*zone).to_owned()).or_default();
            }
            ["security", "address-book", _, "attach", ..]
            | ["security", "address-book", _, "description", ..] => {}
            ["security", "address-book", _, rest @ ..] => self.address(line, rest),
            ["security", "policies", rest @ ..] => self.policy(line, rest),
            ["security", "nat", "proxy-arp" | "proxy-ndp", ..] => {}
            ["security", "nat", rest @ ..] => {
                if self.nat(line, rest).is_none() {
                    self.device.unread(line.span(), line.text, Effect::Path);
                }
            }
            ["security", "log" | "screen" | "alg" | "utm" | "idp" | "flow", ..] => {}
            ["security", "ike" | "ipsec", ..] => self.device.unread(line.span(), line.text, Effect::Path),
            ["applications", "application", name, rest @ ..] => self.application(line, name, rest),
            [
                "applications",
                "application-set",
                name,
                "application" | "application-set",
                member,
            ] => {
                let member = Member::Named((*member).to_owned());
                self.book.services.add(name, line.span(), member);
            }
            ["routing-options", "static", "route", net, "next-hop", via, ..] => {
                let Ok(to) = net.parse() else {
                    return self.device.unread(line.span(), line.text, Effect::Path);
                };
                let hop = via.parse().ok();
                let interface = hop.is_none().then(|| self.device.interface(via));
                self.device.routes.push(Route {
                    to,
                    via: hop,
                    interface,
                    span: line.span(),
                });
            }
            ["routing-options" | "routing-instances" | "policy-options", ..] => {
                self.device.unread(line.span(), line.text, Effect::Path);
            }
            [first, ..] if HARMLESS.contains(first) => {}
            _ => self.device.unread(line.span(), line.text, Effect::Unknown),
        }
    }

    fn address(&mut self, line: &Line<'_>, words: &[&str]) {
        let (name, member) = match words {
            ["address", name, "range-address", from, "to", to] => {
                let range = from.parse().ok().zip(to.parse().ok());
                let set = range.and_then(|(from, to)| AddressSet::range(from, to));
                (*name, set.map_or(Member::Unread, Member::Own))
            }
            ["address", _, "description", ..] | ["address-set", _, "description", ..] => return,
            ["address", name, "ip-prefix", net] | ["address", name, net] => {
                (*name, text::addresses(net).map_or(Member::Unread, Member::Own))
            }
            ["address", name, ..] => (*name, Member::Unread),
            ["address-set", name, "address" | "address-set", member] => {
                (*name, Member::Named((*member).to_owned()))
            }
            _ => return self.device.unread(line.span(), line.text, Effect::Reference),
        };
        if matches!(member, Member::Unread) {
            self.device.unread(line.span(), line.text, Effect::Reference);
        }
        self.book.addresses.add(name, line.span(), member);
    }

    fn application(&mut self, line: &Line<'_>, name: &str, words: &[&str]) {
        let (term, words) = match words {
            ["term", term, rest @ ..] => (*term, rest),
            _ => ("", words),
        };
        let key = (name.to_owned(), term.to_owned());
        let mut words = words;
        let entry = self
            .applications
            .entry(key)
            .or_insert_with(|| (Carrier::any(), line.span()));
        let carrier = &mut entry.0;
        while let [key, value, rest @ ..] = words {
            let fine = match *key {
                "protocol" => protocols(value).map(|set| carrier.protocols = set),
                "destination-port" => text::ports(value).map(|ports| carrier.destination_ports = ports),
                "source-port" => text::ports(value).map(|ports| carrier.source_ports = ports),
                "description" | "inactivity-timeout" | "application-protocol" => Some(()),
                _ => None,
            };
            if fine.is_none() {
                self.book.services.add(name, line.span(), Member::Unread);
                return self.device.unread(line.span(), line.text, Effect::Reference);
            }
            words = rest;
        }
    }

    fn policy(&mut self, line: &Line<'_>, words: &[&str]) {
        let (key, global, rest, ends) = match words {
            ["default-policy", action] => {
                self.default = if *action == "permit-all" {
                    Action::Permit
                } else {
                    Action::Deny
                };
                return;
            }
            ["from-zone", from, "to-zone", to, "policy", name, rest @ ..] => {
                (format!("{from} {to} {name}"), false, rest, Some((*from, *to)))
            }
            ["global", "policy", name, rest @ ..] => (format!("global {name}"), true, rest, None),
            _ => return self.device.unread(line.span(), line.text, Effect::Unknown),
        };
        let at = self
            .policies
            .iter()
            .position(|(known, ..)| *known == key)
            .unwrap_or_else(|| {
                let mut written = Written::new(line.span());
                written.action = Action::Unknown;
                if let Some((from, to)) = ends {
                    let zone = |name: &str| {
                        if name == "any" {
                            Vec::new()
                        } else {
                            vec![name.to_owned()]
                        }
                    };
                    (written.from, written.to) = (zone(from), zone(to));
                }
                written.label = key.split(' ').next_back().unwrap_or_default().to_owned();
                self.policies.push((key, written, global));
                self.policies.len() - 1
            });
        let Some((_, written, _)) = self.policies.get_mut(at) else {
            return;
        };
        written.span.last = line.number;
        let mut add = |words: &[&str], into: fn(&mut Written) -> &mut Vec<String>| {
            let names = words.iter().filter(|word| !matches!(**word, "[" | "]"));
            into(written).extend(names.map(|word| (*word).to_owned()));
        };
        match rest {
            ["match", "source-address", names @ ..] => add(names, |written| &mut written.source),
            ["match", "destination-address", names @ ..] => add(names, |written| &mut written.destination),
            ["match", "application", names @ ..] => add(names, |written| &mut written.services),
            ["match", "from-zone", names @ ..] if *names != ["any"] => {
                add(names, |written| &mut written.from)
            }
            ["match", "to-zone", names @ ..] if *names != ["any"] => add(names, |written| &mut written.to),
            ["match", "from-zone" | "to-zone", "any"] => {}
            ["match", "source-address-excluded"] => {
                written.source_sense = crate::backends::objects::Sense::Others
            }
            ["match", "destination-address-excluded"] => {
                written.destination_sense = crate::backends::objects::Sense::Others;
            }
            ["description", text, ..] => (*text).clone_into(&mut written.label),
            ["then", "permit"] => written.action = Action::Permit,
            ["then", "permit", ..] => {
                // Inspection, tunnels and authentication may still refuse.
                written.action = Action::Permit;
                written.certainty = Certainty::Unsure;
                self.device.unread(line.span(), line.text, Effect::Condition);
            }
            ["then", "deny" | "reject", ..] => written.action = Action::Deny,
            ["then", "log" | "count", ..] => {}
            _ => {
                written.certainty = Certainty::Unsure;
                self.device.unread(line.span(), line.text, Effect::Condition);
            }
        }
    }

    fn nat(&mut self, line: &Line<'_>, words: &[&str]) -> Option<()> {
        let (set, rest) = match words {
            ["source", rest @ ..] => (NatSet::Source, rest),
            ["destination", rest @ ..] => (NatSet::Destination, rest),
            ["static", rest @ ..] => (NatSet::Static, rest),
            _ => return None,
        };
        match rest {
            ["pool", name, "address", net, rest @ ..] => {
                let own = text::addresses(net)?;
                let pool = self.pools.entry((set, (*name).to_owned())).or_default();
                match rest {
                    [] => pool.0.add(&own),
                    ["to", last] => {
                        let first = net.split('/').next()?.parse().ok()?;
                        let last = last.split('/').next()?.parse().ok()?;
                        pool.0.add(&AddressSet::range(first, last)?);
                    }
                    ["port", port] => {
                        pool.0.add(&own);
                        pool.1 = Some(port.parse().ok()?);
                    }
                    _ => return None,
                }
            }
            ["rule-set", group, end @ ("from" | "to"), "zone", zone] => {
                let ends = self.groups.entry((*group).to_owned()).or_default();
                let list = if *end == "from" { &mut ends.0 } else { &mut ends.1 };
                list.push((*zone).to_owned());
            }
            ["rule-set", group, end @ ("from" | "to"), "interface", interface] => {
                let zone = format!("interface {interface}");
                self.book
                    .zones
                    .insert(zone.clone(), vec![(*interface).to_owned()]);
                let ends = self.groups.entry((*group).to_owned()).or_default();
                let list = if *end == "from" { &mut ends.0 } else { &mut ends.1 };
                list.push(zone);
            }
            ["rule-set", group, "rule", name, rest @ ..] => {
                let key = format!("{group} {name}");
                let at = self
                    .nats
                    .iter()
                    .position(|(known, _)| *known == key)
                    .unwrap_or_else(|| {
                        self.nats.push((
                            key,
                            NatRule {
                                set,
                                group: (*group).to_owned(),
                                source: Vec::new(),
                                destination: Vec::new(),
                                ports: None,
                                protocol: None,
                                then: Vec::new(),
                                span: line.span(),
                                read: true,
                            },
                        ));
                        self.nats.len() - 1
                    });
                let rule = &mut self.nats.get_mut(at)?.1;
                rule.span.last = line.number;
                match rest {
                    ["match", "source-address" | "source-address-name", name] => {
                        rule.source.push((*name).to_owned())
                    }
                    ["match", "destination-address" | "destination-address-name", name] => {
                        rule.destination.push((*name).to_owned());
                    }
                    ["match", "destination-port", port] => rule.ports = Some(text::ports(port)?),
                    ["match", "protocol", protocol] => rule.protocol = Some(text::protocol(protocol)?),
                    ["description", ..] => {}
                    ["then", then @ ..] => rule.then = then.iter().map(|word| (*word).to_owned()).collect(),
                    _ => {
                        rule.read = false;
                        return None;
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn translate(&mut self, rule: &NatRule) -> Option<()> {
        let (from, to) = self.groups.get(&rule.group).cloned().unwrap_or_default();
        let then: Vec<&str> = rule.then.iter().map(String::as_str).collect();
        let end = if rule.set == NatSet::Source {
            NatEnd::Source
        } else {
            NatEnd::Destination
        };
        let kind = match then.as_slice() {
            ["source-nat" | "destination-nat", "off"] => NatKind::Exempt(end),
            ["source-nat", "interface"] => NatKind::Source { to: None },
            ["source-nat", "pool", name] => NatKind::Source {
                to: Some(self.pools.get(&(rule.set, (*name).to_owned()))?.0.clone()),
            },
            ["destination-nat", "pool", name] => {
                let (to, port) = self.pools.get(&(rule.set, (*name).to_owned()))?.clone();
                NatKind::Destination { to, port }
            }
            ["static-nat", "prefix", net, ..] => {
                let outside = rule.destination.first()?.parse().ok()?;
                NatKind::Static {
                    inside: net.parse().ok()?,
                    outside,
                }
            }
            _ => return None,
        };
        let mut nat = Nat::all(kind);
        nat.span = rule.span;
        if rule.set == NatSet::Static {
            nat.leaves = self.book.interfaces(&mut self.device, &from);
        } else {
            nat.arrives = self.book.interfaces(&mut self.device, &from);
            nat.leaves = self.book.interfaces(&mut self.device, &to);
            nat.source = self.book.set(&mut self.device, &rule.source, rule.span).0;
            nat.destination = self.book.set(&mut self.device, &rule.destination, rule.span).0;
            let ports = rule.ports.clone().unwrap_or_else(Ports::any);
            nat.carrier = Carrier {
                protocols: rule.protocol.map_or(Protocols::ANY, Protocols::one),
                destination_ports: ports,
                ..Carrier::any()
            };
        }
        self.device.nat.push(nat);
        Some(())
    }

    fn finish(mut self) -> Device {
        for ((name, _), (carrier, span)) in std::mem::take(&mut self.applications) {
            self.book.services.add(&name, span, Member::Own(carrier));
        }
        let mut nats = std::mem::take(&mut self.nats);
        nats.sort_by_key(|(_, rule)| rule.set);
        for (key, rule) in &nats {
            if !rule.read || self.translate(rule).is_none() {
                self.device
                    .unread(rule.span, &format!("security nat rule {key}"), Effect::Path);
            }
        }
        let mut rules = vec![crate::filter::Rule::answers()];
        let mut policies = std::mem::take(&mut self.policies);
        policies.sort_by_key(|(_, _, global)| *global);
        for (key, written, _) in &policies {
            if written.action == Action::Unknown {
                self.device.unread(
                    written.span,
                    &format!("policy {key} has no action"),
                    Effect::Action,
                );
            }
            let rule = self.book.rule(&mut self.device, written);
            rules.push(rule);
        }
        self.book.list(&mut self.device);
        self.device.stages.push(RuleList {
            name: "security policies".to_owned(),
            rules,
            default: self.default,
        });
        self.device.unread.sort_by_key(|unread| unread.span);
        self.device
    }
}

fn protocols(word: &str) -> Option<Protocols> {
    text::protocol(word).map(Protocols::one)
}

/// The applications that plants use most of those that Junos knows by itself.
fn predefined() -> Vec<(&'static str, Carrier)> {
    let tcp = |port| Carrier::to_ports(IpProtocol::TCP, Ports::one(port));
    let udp = |port| Carrier::to_ports(IpProtocol::UDP, Ports::one(port));
    vec![
        ("any", Carrier::any()),
        ("junos-dns-tcp", tcp(53)),
        ("junos-dns-udp", udp(53)),
        ("junos-ftp", tcp(21)),
        ("junos-http", tcp(80)),
        ("junos-https", tcp(443)),
        ("junos-icmp-all", Carrier::protocol(IpProtocol::ICMP)),
        ("junos-ntp", udp(123)),
        ("junos-smtp", tcp(25)),
        ("junos-ssh", tcp(22)),
        ("junos-syslog", udp(514)),
        ("junos-tcp-any", Carrier::protocol(IpProtocol::TCP)),
        ("junos-telnet", tcp(23)),
        ("junos-tftp", udp(69)),
        ("junos-udp-any", Carrier::protocol(IpProtocol::UDP)),
    ]
}
