//! Text to neutral rules.

use super::Dialect;
use crate::backends::text::{self, Line, masked, network, port, tcp_udp, wildcard};
use crate::filter::{
    Action, AddressSet, Carrier, Certainty, Device, Effect, Family, IcmpType, InterfaceIx, Interfaces, Nat,
    NatKind, Ports, Protocols, Route, Rule, RuleList, State, Statefulness, States,
};
use cofferdam_plant::PortRange;
use cofferdam_terms::IpProtocol;
use std::collections::BTreeMap;
use std::sync::Arc;

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
            None => {
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

    /// Lists become two stages, one for each direction.
    fn finish(mut self) -> Device {
        for name in self
            .bound
            .iter()
            .filter(|bound| !self.lists.contains_key(bound.0))
            .map(|bound| bound.0.to_owned())
            .collect::<Vec<_>>()
        {
            self.device.unread(
                crate::filter::Span::default(),
                &format!("access list {name} is bound and not there"),
                Effect::Reference,
            );
        }
        if self.bound.is_empty() {
            self.bound = self
                .order
                .iter()
                .map(|list| (*list, Direction::In, None))
                .collect();
        }
        for direction in [Direction::In, Direction::Out] {
            let stage = self.stage(direction);
            self.device.stages.extend(stage);
        }
        if self.device.stages.is_empty() {
            self.device.stages.push(RuleList::open("no access list"));
        }
        self.device.unread.sort_by_key(|unread| unread.span);
        self.device
    }

    fn stage(&mut self, direction: Direction) -> Option<RuleList> {
        let bound: Vec<_> = self
            .bound
            .iter()
            .filter(|bound| bound.1 == direction)
            .copied()
            .collect();
        if bound.is_empty() && (direction == Direction::Out || self.dialect != Dialect::Asa) {
            return None;
        }
        let mut rules = Vec::new();
        if self.dialect == Dialect::Asa {
            rules.push(Rule::answers());
        }
        let global = bound.iter().any(|bound| bound.2.is_none());
        for (list, _, interface) in &bound {
            let at = interface.map(|name| Interfaces::Of(vec![self.device.interface(name)]));
            for rule in self.lists.get(list).into_iter().flatten() {
                rules.push(with_interface(rule, direction, at.as_ref()));
            }
            // An interface's own list ends in a deny, unless a global one follows.
            if let Some(at) = &at
                && !global
            {
                rules.push(with_interface(&Rule::all(Action::Deny), direction, Some(at)));
            }
        }
        if self.dialect == Dialect::Asa && direction == Direction::In && !global {
            rules.extend(self.by_level());
        }
        Some(RuleList {
            name: if direction == Direction::In { "in" } else { "out" }.to_owned(),
            rules,
            default: if global { Action::Deny } else { Action::Permit },
        })
    }

    /// Without a list, what comes from a lower security level, or the same, does not reach a higher one.
    fn by_level(&mut self) -> Vec<Rule> {
        let levels: Vec<(InterfaceIx, u8)> = self
            .interfaces
            .iter()
            .filter_map(|facing| Some((facing.name, facing.level?)))
            .map(|(name, level)| (self.device.interface(name), level))
            .collect();
        let mut rules = Vec::new();
        for (at, level) in &levels {
            let higher: Vec<_> = levels
                .iter()
                .filter(|(other, theirs)| other != at && theirs >= level)
                .map(|(other, _)| *other)
                .collect();
            if !higher.is_empty() {
                rules.push(Rule {
                    arrives: Interfaces::Of(vec![*at]),
                    leaves: Interfaces::Of(higher),
                    label: format!("security level {level}"),
                    ..Rule::all(Action::Deny)
                });
            }
        }
        rules
    }
}

fn with_interface(rule: &Rule, direction: Direction, at: Option<&Interfaces>) -> Rule {
    let at = at.cloned().unwrap_or_default();
    match direction {
        Direction::In => Rule {
            arrives: at,
            ..rule.clone()
        },
        Direction::Out => Rule {
            leaves: at,
            ..rule.clone()
        },
    }
}

/// An interface's own address keeps its host part.
fn interface_address(ip: &str, mask: &str) -> Option<ipnet::IpNet> {
    let length = network("0.0.0.0", mask).map(|net| net.prefix_len());
    let mask: std::net::Ipv4Addr = mask.parse().ok()?;
    let length = length.or_else(|| u8::try_from(u32::from(mask).leading_ones()).ok())?;
    ipnet::IpNet::new(ip.parse().ok()?, length).ok()
}

/// `eq 502`, `range 1 2`, `gt 5`, `lt 5`, `neq 5`, and what follows.
fn ports<'w, 't>(words: &'w [&'t str]) -> Option<(Ports, &'w [&'t str])> {
    let number = |at: usize| words.get(at).and_then(|word| port(word));
    let (ports, used) = match *words.first()? {
        "eq" => {
            let count = words
                .iter()
                .skip(1)
                .take_while(|word| port(word).is_some())
                .count();
            let all: Vec<_> = words
                .iter()
                .skip(1)
                .take(count)
                .filter_map(|word| port(word))
                .map(PortRange::one)
                .collect();
            (Ports::of(all), count.max(1) + 1)
        }
        "range" => (Ports::of(vec![PortRange::new(number(1)?, number(2)?)?]), 3),
        "gt" => (
            Ports::of(vec![PortRange::new(number(1)?.checked_add(1)?, u16::MAX)?]),
            2,
        ),
        "lt" => (Ports::of(vec![PortRange::new(0, number(1)?.checked_sub(1)?)?]), 2),
        "neq" => (Ports::one(number(1)?).complement(), 2),
        _ => return None,
    };
    (!ports.ranges().is_empty()).then_some((ports, words.get(used..)?))
}

/// `tcp source eq 5 destination eq 502`, `udp`, `icmp`.
fn service(words: &[&str]) -> Option<Carrier> {
    let (first, mut rest) = words.split_first()?;
    let mut carrier = match *first {
        "ip" => Carrier::any(),
        "tcp-udp" => Carrier::protocols(tcp_udp()),
        word => Carrier::protocol(text::protocol(word)?),
    };
    while let Some((word, after)) = rest.split_first() {
        let (found, left) = ports(after)?;
        match *word {
            "source" => carrier.source_ports = found,
            "destination" => carrier.destination_ports = found,
            _ => return None,
        }
        rest = left;
    }
    Some(carrier)
}

struct Entry<'w, 't> {
    named: &'w Named<'t>,
    dialect: Dialect,
    words: &'w [&'t str],
    certainty: Certainty,
}

impl<'t> Entry<'_, 't> {
    fn next(&mut self) -> Option<&'t str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    /// `None` if a word is not understood; what was read before it stays.
    fn read(&mut self, rule: &mut Rule) -> Option<()> {
        let mut carriers = self.protocol()?;
        if self.dialect == Dialect::Hirschmann && self.words.is_empty() {
            rule.carriers = carriers;
            return Some(());
        }
        rule.carriers.clone_from(&carriers);
        let source = self.addresses()?;
        if let Some((found, rest)) = ports(self.words) {
            carriers
                .iter_mut()
                .for_each(|carrier| carrier.source_ports = found.clone());
            self.words = rest;
        }
        let destination = self.addresses()?;
        (rule.source, rule.destination) = (Arc::new(source), Arc::new(destination));
        if let Some((found, rest)) = ports(self.words) {
            carriers
                .iter_mut()
                .for_each(|carrier| carrier.destination_ports = found.clone());
            self.words = rest;
        } else if let ["object-group", name, rest @ ..] = self.words
            && let Some(services) = self.named.services.get(name)
        {
            let wanted = carriers
                .first()
                .map_or(Protocols::ANY, |carrier| carrier.protocols);
            let narrowed = services.iter().map(|service| Carrier {
                protocols: service.protocols.and(wanted),
                ..service.clone()
            });
            carriers = narrowed.collect();
            self.doubt(name);
            self.words = rest;
        }
        rule.carriers = carriers;
        self.options(rule)
    }

    fn doubt(&mut self, name: &str) {
        if self.named.unsure.contains(name) {
            self.certainty = Certainty::Unsure;
        }
    }

    fn protocol(&mut self) -> Option<Vec<Carrier>> {
        match self.next()? {
            "ip" => Some(vec![Carrier::any()]),
            "every" if self.dialect == Dialect::Hirschmann => Some(vec![Carrier::any()]),
            "object-group" | "object" => {
                let name = self.next()?;
                self.doubt(name);
                self.named.services.get(name).cloned()
            }
            word => Some(vec![Carrier::protocol(text::protocol(word)?)]),
        }
    }

    fn addresses(&mut self) -> Option<AddressSet> {
        let v4 = || AddressSet::all_of(Family::V4);
        match self.next()? {
            "any" if self.dialect == Dialect::Asa => Some(AddressSet::any()),
            "any" | "any4" => Some(v4()),
            "any6" => Some(AddressSet::all_of(Family::V6)),
            "host" => self.next()?.parse().ok().map(AddressSet::host),
            "object-group" | "object" => {
                let name = self.next()?;
                self.doubt(name);
                self.named.networks.get(name).cloned()
            }
            ip if ip.contains('/') => text::addresses(ip),
            ip => {
                let mask = self.next()?;
                match self.dialect {
                    Dialect::Asa => masked(ip, mask),
                    Dialect::Ios | Dialect::Hirschmann => wildcard(ip, mask),
                }
            }
        }
    }

    fn options(&mut self, rule: &mut Rule) -> Option<()> {
        while let Some(word) = self.next() {
            match word {
                "established" => rule.states = States::one(State::Established),
                "log" | "log-input" => {
                    while self.words.first().is_some_and(|next| {
                        matches!(
                            *next,
                            "disable"
                                | "default"
                                | "informational"
                                | "warnings"
                                | "notifications"
                                | "interval"
                                | "debugging"
                        ) || next.parse::<u32>().is_ok()
                    }) {
                        self.next();
                    }
                }
                "echo" => icmp(rule, 8, None)?,
                "echo-reply" => icmp(rule, 0, None)?,
                "unreachable" => icmp(rule, 3, None)?,
                "time-exceeded" => icmp(rule, 11, None)?,
                kind if rule
                    .carriers
                    .iter()
                    .all(|carrier| carrier.protocols == Protocols::one(IpProtocol::ICMP)) =>
                {
                    let kind = kind.parse().ok()?;
                    let code = self.words.first().and_then(|code| code.parse().ok());
                    self.words = self.words.get(usize::from(code.is_some())..)?;
                    icmp(rule, kind, code)?;
                }
                _ => return None,
            }
        }
        Some(())
    }
}

fn icmp(rule: &mut Rule, kind: u8, code: Option<u8>) -> Option<()> {
    let carrier = rule.carriers.first_mut()?;
    carrier.icmp.push(IcmpType { kind, code });
    Some(())
}
