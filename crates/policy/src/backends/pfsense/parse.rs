//! `config.xml` to neutral rules.

use crate::backends::objects::{Book, Member};
use crate::backends::text;
use crate::backends::xml::{self, Element};
use crate::filter::{
    Action, AddressSet, Carrier, Certainty, Device, Effect, Family, IcmpType, Interfaces, Nat, NatKind,
    Ports, Protocols, Route, Rule, RuleList, Span,
};
use cofferdam_terms::IpProtocol;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Settings of a rule that change nothing about which packets it matches, or are read elsewhere.
const KNOWN: [&str; 27] = [
    "id",
    "type",
    "interface",
    "ipprotocol",
    "protocol",
    "source",
    "destination",
    "descr",
    "log",
    "tracker",
    "created",
    "updated",
    "floating",
    "quick",
    "direction",
    "disabled",
    "statetype",
    "icmptype",
    "icmp6-type",
    "associated-rule-id",
    "category",
    "enabled",
    "state-policy",
    "sequence",
    "categories",
    "statepolicy",
    "separator",
];

struct Reader {
    device: Device,
    book: Book,
    ports: BTreeMap<String, Option<Ports>>,
    /// Networks of interfaces by the name that rules use.
    nets: BTreeMap<String, AddressSet>,
}

pub(super) fn parse(text: &str) -> Device {
    let (tree, damage) = xml::parse(text);
    let root = tree.child("pfsense").or_else(|| tree.child("opnsense"));
    let mut reader = Reader {
        device: Device::new("pfsense"),
        book: Book::new(),
        ports: BTreeMap::new(),
        nets: BTreeMap::new(),
    };
    if let Some(span) = damage {
        reader
            .device
            .unread(span, "the file is damaged or ends here", Effect::Unknown);
    }
    match root {
        Some(root) => reader.root(root),
        None if damage.is_none() => {
            reader.device.unread(
                Span::line(1),
                "no element `pfsense` or `opnsense`",
                Effect::Unknown,
            );
        }
        None => {}
    }
    reader.device.unread.sort_by_key(|unread| unread.span);
    reader.book.list(&mut reader.device);
    reader.device
}

impl Reader {
    fn root(&mut self, root: &Element) {
        if let Some(name) = root.at(&["system"]).and_then(|system| system.word("hostname")) {
            name.clone_into(&mut self.device.name);
        }
        for interface in root.child("interfaces").iter().flat_map(|all| &all.children) {
            self.interface(interface);
        }
        self.routes(root);
        let ours = root.at(&["OPNsense", "Firewall", "Alias", "aliases"]);
        for alias in root
            .child("aliases")
            .into_iter()
            .chain(ours)
            .flat_map(|all| all.all("alias"))
        {
            self.alias(alias);
        }
        self.nat(root);
        let mut floating = Vec::new();
        let mut own = Vec::new();
        for rule in root.child("filter").iter().flat_map(|all| all.all("rule")) {
            let first = rule.child("floating").is_some();
            let Some(read) = self.rule(rule) else {
                continue;
            };
            if first {
                floating.push(read)
            } else {
                own.push(read)
            }
        }
        let mut rules = vec![Rule::answers()];
        rules.extend(floating);
        rules.extend(own);
        self.device.stages.push(RuleList::denying("filter", rules));
    }

    fn interface(&mut self, element: &Element) {
        let at = self.device.interface(&element.name);
        for (address, length) in [("ipaddr", "subnet"), ("ipaddrv6", "subnetv6")] {
            let Some(ip) = element.word(address) else {
                continue;
            };
            let net = ip
                .parse()
                .ok()
                .zip(element.word(length).and_then(|length| length.parse().ok()))
                .and_then(|(ip, length)| ipnet::IpNet::new(ip, length).ok());
            let known = usize::try_from(at.0)
                .ok()
                .and_then(|at| self.device.interfaces.get_mut(at));
            match (net, known) {
                (Some(net), Some(known)) => {
                    known.addresses.push(net);
                    self.nets
                        .entry(element.name.clone())
                        .or_default()
                        .add(&AddressSet::net(net));
                }
                // Given by DHCP or the like.
                _ => self
                    .device
                    .unread(element.span, &format!("{} of {}", ip, element.name), Effect::Path),
            }
        }
    }

    fn routes(&mut self, root: &Element) {
        let mut gateways: BTreeMap<&str, (Option<std::net::IpAddr>, Option<&str>)> = BTreeMap::new();
        for gateway in root
            .child("gateways")
            .iter()
            .flat_map(|all| all.all("gateway_item"))
        {
            let via = gateway.word("gateway").and_then(|via| via.parse().ok());
            let name = gateway.word("name").unwrap_or_default();
            gateways.insert(name, (via, gateway.word("interface")));
            if gateway.child("defaultgw").is_some() {
                let interface = gateway.word("interface").map(|name| self.device.interface(name));
                self.device.routes.push(Route {
                    to: ipnet::Ipv4Net::default().into(),
                    via,
                    interface,
                    span: gateway.span,
                });
            }
        }
        let default = root.child("gateways").and_then(|all| all.word("defaultgw4"));
        let default = default.and_then(|name| gateways.get(name));
        if let Some((via, interface)) = default {
            let interface = interface.map(|name| self.device.interface(name));
            self.device.routes.push(Route {
                to: ipnet::Ipv4Net::default().into(),
                via: *via,
                interface,
                span: root.span,
            });
        }
        for route in root.child("staticroutes").iter().flat_map(|all| all.all("route")) {
            if route
                .child("disabled")
                .is_some_and(|disabled| disabled.text.trim() != "0")
            {
                continue;
            }
            let to = route.word("network").and_then(|net| net.parse().ok());
            let gateway = route.word("gateway").and_then(|name| gateways.get(name));
            match (to, gateway) {
                (Some(to), Some((via, interface))) => {
                    let interface = interface.map(|name| self.device.interface(name));
                    self.device.routes.push(Route {
                        to,
                        via: *via,
                        interface,
                        span: route.span,
                    });
                }
                _ => self.device.unread(route.span, "a static route", Effect::Path),
            }
        }
    }

    fn alias(&mut self, alias: &Element) {
        let Some(name) = alias.word("name") else {
            return;
        };
        if alias.word("enabled") == Some("0") {
            return;
        }
        let content = alias
            .word("address")
            .or_else(|| alias.word("content"))
            .unwrap_or_default();
        let items: Vec<&str> = content.split_whitespace().collect();
        match alias.word("type") {
            Some("host" | "network" | "networkgroup") => {
                for item in items {
                    let member = match text::addresses(item) {
                        Some(set) => Member::Own(set),
                        None => Member::Named(item.to_owned()),
                    };
                    self.book.addresses.add(name, alias.span, member);
                }
            }
            Some("port") => {
                let ports = items
                    .iter()
                    .map(|item| self.port(item))
                    .collect::<Option<Vec<_>>>();
                let ports = ports
                    .map(|all| Ports::of(all.iter().flat_map(|ports| ports.ranges().to_vec()).collect()));
                if ports.is_none() {
                    self.device
                        .unread(alias.span, &format!("alias {name}"), Effect::Reference);
                }
                self.ports.insert(name.to_owned(), ports);
            }
            Some(_) | None => {
                self.book.addresses.add(name, alias.span, Member::Unread);
                self.device
                    .unread(alias.span, &format!("alias {name}"), Effect::Reference);
            }
        }
    }

    fn port(&self, word: &str) -> Option<Ports> {
        match self.ports.get(word) {
            Some(known) => known.clone(),
            None => text::port_range(word).map(|range| Ports::of(vec![range])),
        }
    }

    fn rule(&mut self, element: &Element) -> Option<Rule> {
        let off = |name: &str| {
            element
                .child(name)
                .is_some_and(|child| !matches!(child.text.trim(), "0" | "no"))
        };
        if off("disabled") || element.word("enabled") == Some("0") {
            return None;
        }
        let action = match element.word("type") {
            Some("pass") | None => Action::Permit,
            Some("block" | "reject") => Action::Deny,
            Some(_) => Action::Unknown,
        };
        let mut rule = Rule {
            span: element.span,
            label: element.word("descr").unwrap_or_default().to_owned(),
            ..Rule::all(action)
        };
        let mut unread: Vec<String> = element
            .children
            .iter()
            .filter(|child| !KNOWN.contains(&child.name.as_str()) && !child.text.trim().is_empty())
            .map(|child| child.name.clone())
            .collect();
        if element.child("floating").is_some()
            && element.word("quick") != Some("yes")
            && element.word("quick") != Some("1")
        {
            unread.push("not quick".to_owned());
        }
        self.ends(element, &mut rule, &mut unread);
        if let Some(names) = element.word("interface") {
            let at = names.split(',').map(|name| self.device.interface(name)).collect();
            match element.word("direction") {
                Some("out") => rule.leaves = Interfaces::Of(at),
                // Either way: what comes in there is decided; what only leaves there may be, too.
                Some("any") => unread.push("direction any of some interfaces".to_owned()),
                Some(_) | None => rule.arrives = Interfaces::Of(at),
            }
        }
        if !unread.is_empty() {
            rule.certainty = Certainty::Unsure;
            let text = format!("rule {}: {}", rule.label, unread.join(", "));
            self.device.unread(element.span, &text, Effect::Condition);
        }
        if action == Action::Unknown {
            self.device.unread(
                element.span,
                &format!("rule {}: its type", rule.label),
                Effect::Action,
            );
        }
        Some(rule)
    }

    /// Family, protocol, addresses and ports.
    fn ends(&mut self, element: &Element, rule: &mut Rule, unread: &mut Vec<String>) {
        let families = match element.word("ipprotocol") {
            Some("inet6") => AddressSet::all_of(Family::V6),
            Some("inet46") => AddressSet::any(),
            Some(_) | None => AddressSet::all_of(Family::V4),
        };
        let mut carrier = Carrier::any();
        match element.word("protocol").map(str::to_ascii_lowercase).as_deref() {
            None | Some("any") => {}
            Some("tcp/udp") => carrier.protocols = text::tcp_udp(),
            // pf's icmp is that of the rule's family.
            Some("icmp") if element.word("ipprotocol") == Some("inet6") => {
                carrier.protocols = Protocols::one(IpProtocol::ICMPV6);
            }
            Some(word) => match text::protocol(word) {
                Some(protocol) => carrier.protocols = Protocols::one(protocol),
                None => unread.push(format!("protocol {word}")),
            },
        }
        if let Some(kinds) = element
            .word("icmptype")
            .or_else(|| element.word("icmp6-type"))
            .filter(|kinds| *kinds != "any")
        {
            for kind in kinds.split(',') {
                match kind {
                    "echoreq" => carrier.icmp.push(IcmpType { kind: 8, code: None }),
                    "echorep" => carrier.icmp.push(IcmpType { kind: 0, code: None }),
                    _ => unread.push(format!("icmp type {kind}")),
                }
            }
            if unread.iter().any(|word| word.starts_with("icmp type")) {
                carrier.icmp.clear();
            }
        }
        for (name, port) in [
            ("source", &mut carrier.source_ports),
            ("destination", &mut carrier.destination_ports),
        ] {
            let Some(end) = element.child(name) else {
                continue;
            };
            match self.end(end) {
                Some(set) if name == "source" => rule.source = Arc::new(set.intersection(&families)),
                Some(set) => rule.destination = Arc::new(set.intersection(&families)),
                None => {
                    unread.push(name.to_owned());
                    let any = Arc::new(families.clone());
                    if name == "source" {
                        rule.source = any
                    } else {
                        rule.destination = any
                    }
                }
            }
            if let Some(word) = end.word("port") {
                match self.port(word) {
                    Some(ports) => *port = ports,
                    None => unread.push(format!("port {word}")),
                }
            }
        }
        rule.carriers = vec![carrier];
    }

    fn end(&mut self, element: &Element) -> Option<AddressSet> {
        let not = element.child("not").is_some_and(|not| not.text.trim() != "0");
        if element.child("any").is_some() {
            return (!not).then(AddressSet::any);
        }
        let word = element.word("address").or_else(|| element.word("network"))?;
        let own = word
            .strip_suffix("ip")
            .filter(|name| self.nets.contains_key(*name));
        let set = match (own, self.nets.get(word)) {
            (Some(name), _) => {
                let interface = self.device.interfaces.iter().find(|known| known.name == name)?;
                let mut own = AddressSet::default();
                interface
                    .addresses
                    .iter()
                    .for_each(|net| own.add(&AddressSet::host(net.addr())));
                own
            }
            (None, Some(nets)) => nets.clone(),
            (None, None) => {
                let (set, certainty) = self.book.set(&mut self.device, &[word.to_owned()], element.span);
                if certainty == Certainty::Unsure {
                    return None;
                }
                set
            }
        };
        Some(if not { set.complement() } else { set })
    }

    fn nat(&mut self, root: &Element) {
        let Some(nat) = root.child("nat") else {
            return;
        };
        for element in nat.all("rule") {
            if element.child("disabled").is_none() && self.forward(element).is_none() {
                self.device.unread(element.span, "a port forward", Effect::Path);
            }
        }
        for element in nat.all("onetoone") {
            let read = || {
                let outside: ipnet::IpNet =
                    element.word("external")?.parse::<std::net::IpAddr>().ok()?.into();
                let inside = element
                    .child("source")?
                    .word("address")?
                    .parse::<std::net::IpAddr>()
                    .ok()?
                    .into();
                Some(NatKind::Static { inside, outside })
            };
            match read() {
                Some(kind) => self.device.nat.push(Nat {
                    span: element.span,
                    ..Nat::all(kind)
                }),
                None => self
                    .device
                    .unread(element.span, "a one-to-one translation", Effect::Path),
            }
        }
        let outbound = nat.child("outbound");
        let written = matches!(
            outbound.and_then(|all| all.word("mode")),
            Some("advanced" | "hybrid")
        );
        match outbound {
            Some(all) if written => {
                for element in all.all("rule") {
                    if element.child("disabled").is_none() && self.outbound(element).is_none() {
                        self.device
                            .unread(element.span, "an outbound translation", Effect::Path);
                    }
                }
            }
            Some(all) if all.word("mode") == Some("disabled") => {}
            Some(all) => self.device.unread(
                all.span,
                "outbound translation that the device makes itself",
                Effect::Path,
            ),
            None => {}
        }
    }

    fn forward(&mut self, element: &Element) -> Option<()> {
        let mut rule = Rule::all(Action::Permit);
        let mut unread = Vec::new();
        self.ends(element, &mut rule, &mut unread);
        if !unread.is_empty() {
            return None;
        }
        let (to, certainty) = self.book.set(
            &mut self.device,
            &[element.word("target")?.to_owned()],
            element.span,
        );
        let port = element.word("local-port").and_then(|port| port.parse().ok());
        if certainty == Certainty::Unsure {
            return None;
        }
        let arrives = element.word("interface").map(|name| self.device.interface(name));
        self.device.nat.push(Nat {
            arrives: arrives.map_or(Interfaces::Any, |at| Interfaces::Of(vec![at])),
            leaves: Interfaces::Any,
            source: (*rule.source).clone(),
            destination: (*rule.destination).clone(),
            carrier: rule.carriers.pop()?,
            kind: NatKind::Destination { to, port },
            span: element.span,
        });
        Some(())
    }

    fn outbound(&mut self, element: &Element) -> Option<()> {
        let source = element.child("source")?;
        let source = match source.word("network") {
            Some("any") | None => AddressSet::any(),
            Some(word) => {
                let (set, certainty) = self.book.set(&mut self.device, &[word.to_owned()], element.span);
                (certainty == Certainty::Sure).then_some(set)?
            }
        };
        let to = match element.word("target") {
            None => None,
            Some(target) => Some(text::addresses(target)?),
        };
        let leaves = element.word("interface").map(|name| self.device.interface(name));
        let mut nat = Nat::all(NatKind::Source { to });
        nat.source = source;
        nat.leaves = leaves.map_or(Interfaces::Any, |at| Interfaces::Of(vec![at]));
        nat.span = element.span;
        self.device.nat.push(nat);
        Some(())
    }
}
