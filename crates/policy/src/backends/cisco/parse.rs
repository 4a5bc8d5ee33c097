//! Text to neutral rules.

mod entry;
mod stages;

use super::Dialect;
use crate::backends::text::{self, Line, masked, network, tcp_udp};
use crate::filter::{
    Action, AddressSet, Carrier, Certainty, Device, Effect, Nat, NatKind, Protocols, Route, Rule,
    Statefulness,
};
use entry::{Entry, ports, service};
use std::collections::BTreeMap;

/// What a configuration names.
#[derive(Default)]
struct Named<'t> {
    networks: BTreeMap<&'t str, AddressSet>,
    services: BTreeMap<&'t str, Vec<Carrier>>,
    /// Objects of which a part was not understood.
    unsure: std::collections::BTreeSet<&'t str>,
}

/// The block that indented lines belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block<'t> {
    None,
    Network(&'t str),
    Service(&'t str, Option<Protocols>),
    List(&'t str),
    Interface(&'t str),
    Passed,
}

struct Reader<'t> {
    dialect: Dialect,
    device: Device,
    named: Named<'t>,
    lists: BTreeMap<&'t str, Vec<Rule>>,
    order: Vec<&'t str>,
    /// Physical interface names with what is said of them, in order.
    interfaces: Vec<Facing<'t>>,
    /// List, direction, interface; no interface is all.
    bound: Vec<(&'t str, Direction, Option<&'t str>)>,
    block: Block<'t>,
    remark: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

struct Facing<'t> {
    physical: &'t str,
    name: &'t str,
    level: Option<u8>,
}

pub(super) fn parse(dialect: Dialect, text: &str) -> Device {
    let mut reader = Reader {
        dialect,
        device: Device::new(match dialect {
            Dialect::Asa => "asa",
            Dialect::Ios => "ios",
            Dialect::Hirschmann => "hirschmann",
        }),
        named: Named::default(),
        lists: BTreeMap::new(),
        order: Vec::new(),
        interfaces: Vec::new(),
        bound: Vec::new(),
        block: Block::None,
        remark: String::new(),
    };
    if dialect != Dialect::Asa {
        reader.device.statefulness = Statefulness::Stateless;
    }
    for line in text::lines(text) {
        reader.line(&line);
    }
    reader.finish()
}

impl<'t> Reader<'t> {
    fn unread(&mut self, line: &Line<'_>, effect: Effect) {
        self.device.unread(line.span(), line.text, effect);
    }

    fn line(&mut self, line: &Line<'t>) {
        if line.word(0).starts_with('!') || line.word(0).starts_with(':') {
            return;
        }
        if line.indented && self.block != Block::None {
            return self.within(line);
        }
        self.block = Block::None;
        match (line.word(0), line.word(1)) {
            ("hostname", name) => name.clone_into(&mut self.device.name),
            ("object", "network") | ("object-group", "network") => self.block = Block::Network(line.word(2)),
            ("object", "service") => self.block = Block::Service(line.word(2), None),
            ("object-group", "service") => {
                let protocols = match line.word(3) {
                    "" => None,
                    "tcp-udp" => Some(tcp_udp()),
                    word => text::protocol(word).map(Protocols::one),
                };
                self.block = Block::Service(line.word(2), protocols);
            }
            ("ip", "access-list") if line.word(2) == "extended" => {
                self.begin(line.word(3));
                self.block = Block::List(line.word(3));
            }
            ("access-list", name) => self.access_list(line, name),
            ("access-group", name) => self.bind(line, name),
            ("interface", name) => {
                self.interfaces.push(Facing {
                    physical: name,
                    name,
                    level: None,
                });
                self.block = Block::Interface(name);
            }
            ("route", _) | ("ip", "route") | ("ip", "routing") | ("ipv6", "route") => self.route(line),
            ("nat" | "static" | "global", _) => self.unread(line, Effect::Path),
            ("ip", "nat") => self.unread(line, Effect::Path),
            ("names" | "version" | "end" | "exit", _) => {}
            ("object-group", _) | ("object", _) | ("time-range", _) | ("ipv6", "access-list") => {
                self.unread(line, Effect::Reference);
                self.block = Block::Passed;
            }
            _ => {
                self.unread(line, Effect::None);
                self.block = Block::Passed;
            }
        }
    }

    fn within(&mut self, line: &Line<'t>) {
        match self.block {
            Block::Network(name) => self.network_line(line, name),
            Block::Service(name, protocols) => self.service_line(line, name, protocols),
            Block::List(list) => {
                let skip = usize::from(line.word(0).parse::<u32>().is_ok());
                self.entry(line, list, skip);
            }
            Block::Interface(name) => self.interface_line(line, name),
            Block::None | Block::Passed => {
                if matches!(line.word(0), "permit" | "deny" | "network-object" | "port-object") {
                    self.unread(line, Effect::Reference);
                }
            }
        }
    }

    fn network_line(&mut self, line: &Line<'t>, name: &'t str) {
        let (a, b) = (line.word(1), line.word(2));
        let set = match line.word(0) {
            "host" => a.parse().ok().map(AddressSet::host),
            "subnet" => masked(a, b).or_else(|| text::addresses(a)),
            "range" => a
                .parse()
                .ok()
                .zip(b.parse().ok())
                .and_then(|(a, b)| AddressSet::range(a, b)),
            "network-object" if a == "host" => b.parse().ok().map(AddressSet::host),
            "network-object" if a == "object" => self.named.networks.get(b).cloned(),
            "network-object" => masked(a, b).or_else(|| text::addresses(a)),
            "group-object" => self.named.networks.get(a).cloned(),
            "description" => return,
            "nat" => return self.object_nat(line, name),
            _ => None,
        };
        // A member that is another object brings that one's doubts with it.
        if self.named.unsure.contains(a) || self.named.unsure.contains(b) {
            self.named.unsure.insert(name);
        }
        match set {
            Some(set) => self.named.networks.entry(name).or_default().add(&set),
            // What is not understood may be any address.
            None => {
                self.named
                    .networks
                    .entry(name)
                    .or_default()
                    .add(&AddressSet::any());
                self.named.unsure.insert(name);
                self.unread(line, Effect::Reference);
            }
        }
    }

    fn object_nat(&mut self, line: &Line<'t>, name: &'t str) {
        let inside = self
            .named
            .networks
            .get(name)
            .map(text::prefixes)
            .unwrap_or_default();
        let outside = text::addresses(line.word(3))
            .map(|set| text::prefixes(&set))
            .unwrap_or_default();
        match (line.word(2), inside.as_slice(), outside.as_slice()) {
            ("static", [inside], [outside])
                if inside.prefix_len() == outside.prefix_len() && line.words.len() == 4 =>
            {
                let mut nat = Nat::all(NatKind::Static {
                    inside: *inside,
                    outside: *outside,
                });
                nat.span = line.span();
                self.device.nat.push(nat);
            }
            ("dynamic", [inside], _) if line.word(3) == "interface" => {
                let mut nat = Nat::all(NatKind::Source { to: None });
                nat.source = AddressSet::net(*inside);
                nat.span = line.span();
                self.device.nat.push(nat);
            }
            _ => self.unread(line, Effect::Path),
        }
    }

    fn service_line(&mut self, line: &Line<'t>, name: &'t str, protocols: Option<Protocols>) {
        let carriers = match line.word(0) {
            "service" | "service-object" if line.word(1) == "object" => {
                self.named.services.get(line.word(2)).cloned()
            }
            "service" | "service-object" => service(line.from(1)).map(|carrier| vec![carrier]),
            "port-object" => ports(line.from(1))
                .filter(|(_, rest)| rest.is_empty())
                .map(|(ports, _)| {
                    vec![Carrier {
                        destination_ports: ports,
                        ..Carrier::protocols(protocols.unwrap_or_else(tcp_udp))
                    }]
                }),
            "group-object" => self.named.services.get(line.word(1)).cloned(),
            "description" => return,
            _ => None,
        };
        match carriers {
            Some(carriers) => self.named.services.entry(name).or_default().extend(carriers),
            None => {
                self.named.services.entry(name).or_default().push(Carrier::any());
                self.named.unsure.insert(name);
                self.unread(line, Effect::Reference);
            }
        }
    }

    fn interface_line(&mut self, line: &Line<'t>, physical: &'t str) {
        let Some(facing) = self
            .interfaces
            .iter_mut()
            .rev()
            .find(|facing| facing.physical == physical)
        else {
            return;
        };
        match (line.word(0), line.word(1)) {
            ("nameif", name) => facing.name = name,
            ("security-level", level) => facing.level = level.parse().ok(),
            ("ip", "address") => {
                let name = facing.name;
                if let Some(net) = interface_address(line.word(2), line.word(3)) {
                    let at = self.device.interface(name);
                    if let Some(interface) = usize::try_from(at.0)
                        .ok()
                        .and_then(|at| self.device.interfaces.get_mut(at))
                    {
                        interface.addresses.push(net);
                    }
                } else {
                    self.unread(line, Effect::Path);
                }
            }
            ("ip", "access-group") => {
                let direction = if line.word(3) == "out" {
                    Direction::Out
                } else {
                    Direction::In
                };
                let name = facing.name;
                self.bound.push((line.word(2), direction, Some(name)));
            }
            ("description" | "no" | "shutdown" | "duplex" | "speed" | "vlan" | "management-only", _) => {}
            ("ip", "nat") => self.unread(line, Effect::Path),
            _ => self.unread(line, Effect::None),
        }
    }

    fn begin(&mut self, list: &'t str) {
        if self.lists.insert(list, Vec::new()).is_none() {
            self.order.push(list);
        }
    }

    fn access_list(&mut self, line: &Line<'t>, name: &'t str) {
        if !self.lists.contains_key(name) {
            self.begin(name);
        }
        let at = if line.word(2) == "extended" { 3 } else { 2 };
        self.entry(line, name, at);
    }

    fn entry(&mut self, line: &Line<'t>, list: &'t str, at: usize) {
        let action = match line.word(at) {
            "remark" => {
                self.remark = line.from(at + 1).join(" ");
                return;
            }
            "permit" => Action::Permit,
            "deny" => Action::Deny,
            _ => Action::Unknown,
        };
        let mut rule = Rule {
            span: line.span(),
            label: self.remark.clone(),
            ..Rule::all(action)
        };
        if line.words.last() == Some(&"inactive") {
            return;
        }
        let mut entry = Entry {
            named: &self.named,
            dialect: self.dialect,
            words: line.from(at + 1),
            certainty: Certainty::Sure,
        };
        if action == Action::Unknown || entry.read(&mut rule).is_none() {
            entry.certainty = Certainty::Unsure;
        }
        rule.certainty = entry.certainty;
        if rule.certainty == Certainty::Unsure {
            let effect = if action == Action::Unknown {
                Effect::Action
            } else {
                Effect::Condition
            };
            self.unread(line, effect);
        }
        self.lists.entry(list).or_default().push(rule);
    }

    fn bind(&mut self, line: &Line<'t>, name: &'t str) {
        match (line.word(2), line.word(3)) {
            ("global", _) => self.bound.push((name, Direction::In, None)),
            ("in", "interface") => self.bound.push((name, Direction::In, Some(line.word(4)))),
            ("out", "interface") => self.bound.push((name, Direction::Out, Some(line.word(4)))),
            _ => self.unread(line, Effect::Path),
        }
    }

    fn route(&mut self, line: &Line<'t>) {
        let asa = line.word(0) == "route";
        let (to, mask, via) = (line.word(2), line.word(3), line.word(4));
        let zero = |word: &'t str| if word == "0" { "0.0.0.0" } else { word };
        let Some(net) = network(zero(to), zero(mask)) else {
            return self.unread(line, Effect::Path);
        };
        let interface = asa.then(|| self.device.interface(line.word(1)));
        let via = via.parse().ok();
        let interface = interface.or_else(|| via.is_none().then(|| self.device.interface(line.word(4))));
        self.device.routes.push(Route {
            to: net,
            via,
            interface,
            span: line.span(),
        });
    }
}

/// An interface's own address keeps its host part.
fn interface_address(ip: &str, mask: &str) -> Option<ipnet::IpNet> {
    let length = network("0.0.0.0", mask).map(|net| net.prefix_len());
    let mask: std::net::Ipv4Addr = mask.parse().ok()?;
    let length = length.or_else(|| u8::try_from(u32::from(mask).leading_ones()).ok())?;
    ipnet::IpNet::new(ip.parse().ok()?, length).ok()
}
