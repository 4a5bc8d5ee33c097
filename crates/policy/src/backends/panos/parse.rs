//! `set` commands to neutral rules.

use crate::backends::objects::{Book, Member, Sense, Written};
use crate::backends::text::{self, Line};
use crate::filter::{
    Action, AddressSet, Carrier, Certainty, Device, Effect, InterfaceIx, Interfaces, Nat, NatEnd, NatKind,
    NatOrder, Ports, Route, Rule, RuleList, Span,
};
use cofferdam_terms::IpProtocol;
use std::collections::BTreeMap;

/// Parts of a configuration that filter, translate and route nothing.
const HARMLESS: [&str; 10] = [
    "mgt-config",
    "deviceconfig",
    "profiles",
    "profile-group",
    "log-settings",
    "tag",
    "region",
    "application",
    "application-group",
    "external-list",
];
/// Settings of a rule that change nothing about which packets pass.
const HARMLESS_KEYS: [&str; 9] = [
    "profile-setting",
    "log-start",
    "log-end",
    "log-setting",
    "description",
    "tag",
    "uuid",
    "group-tag",
    "option",
];

#[derive(Clone, Default)]
struct Translation {
    from: Vec<String>,
    to: Vec<String>,
    source: Vec<String>,
    destination: Vec<String>,
    service: Vec<String>,
    sender: Vec<String>,
    receiver: Option<String>,
    port: Option<u16>,
    off: bool,
    span: Span,
}

struct Reader {
    device: Device,
    book: Book,
    rules: Vec<(String, Place, Written, bool)>,
    nats: Vec<(String, Translation)>,
    services: BTreeMap<String, (Carrier, Span)>,
    routes: BTreeMap<String, Route>,
}

/// Where a rule stands among those of a device group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Before,
    Own,
    After,
}

pub(super) fn parse(text: &str) -> Device {
    let mut device = Device::new("panos");
    device.nat_order = NatOrder::AfterRules;
    let mut reader = Reader {
        device,
        book: Book::new(),
        rules: Vec::new(),
        nats: Vec::new(),
        services: BTreeMap::new(),
        routes: BTreeMap::new(),
    };
    let none = Span::default();
    let ports = |list: &[u16]| {
        Ports::of(
            list.iter()
                .map(|port| cofferdam_plant::PortRange::one(*port))
                .collect(),
        )
    };
    reader.book.services.add("any", none, Member::Own(Carrier::any()));
    let http = Carrier::to_ports(IpProtocol::TCP, ports(&[80, 8080]));
    reader.book.services.add("service-http", none, Member::Own(http));
    let https = Carrier::to_ports(IpProtocol::TCP, ports(&[443]));
    reader
        .book
        .services
        .add("service-https", none, Member::Own(https));
    for line in text::lines(text) {
        reader.line(&line);
    }
    reader.finish()
}

/// The words of a list: what stands between brackets, or the one word; and what follows.
fn list<'w, 't>(words: &'w [&'t str]) -> (Vec<&'t str>, &'w [&'t str]) {
    match words {
        ["[", rest @ ..] => {
            let end = rest.iter().position(|word| *word == "]").unwrap_or(rest.len());
            let (inner, after) = rest.split_at(end);
            (inner.to_vec(), after.get(1..).unwrap_or_default())
        }
        [one, rest @ ..] => (vec![one], rest),
        [] => (Vec::new(), words),
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words
        .iter()
        .filter(|word| **word != "any")
        .map(|word| (*word).to_owned())
        .collect()
}

impl Reader {
    fn line(&mut self, line: &Line<'_>) {
        if line.word(0).starts_with('#') {
            return;
        }
        if line.word(0) != "set" {
            return self.device.unread(line.span(), line.text, Effect::Unknown);
        }
        let path = match line.from(1) {
            ["shared", rest @ ..] | ["vsys" | "device-group" | "template", _, rest @ ..] => rest,
            path => path,
        };
        match path {
            ["deviceconfig", "system", "hostname", name] => (*name).clone_into(&mut self.device.name),
            ["config", rest @ ..] if !rest.is_empty() => self.network(line, rest),
            ["address", name, rest @ ..] => self.address(line, name, rest),
            ["address-group", name, "static", rest @ ..] => {
                for member in list(rest).0 {
                    self.book
                        .addresses
                        .add(name, line.span(), Member::Named(member.to_owned()));
                }
            }
            ["address-group", name, "dynamic", ..] => {
                self.book.addresses.add(name, line.span(), Member::Unread);
                self.device.unread(line.span(), line.text, Effect::Reference);
            }
            ["address-group" | "service-group", _, "description" | "tag", ..] => {}
            ["service", name, rest @ ..] => self.service(line, name, rest),
            ["service-group", name, "members", rest @ ..] => {
                for member in list(rest).0 {
                    self.book
                        .services
                        .add(name, line.span(), Member::Named(member.to_owned()));
                }
            }
            [
                "zone",
                name,
                "network",
                "layer3" | "layer2" | "virtual-wire" | "tap",
                rest @ ..,
            ] => {
                let members = self.book.zones.entry((*name).to_owned()).or_default();
                members.extend(list(rest).0.into_iter().map(str::to_owned));
            }
            ["zone", name, ..] => {
                self.book.zones.entry((*name).to_owned()).or_default();
            }
            ["rulebase", "security", "rules", name, rest @ ..] => self.rule(line, Place::Own, name, rest),
            ["pre-rulebase", "security", "rules", name, rest @ ..] => {
                self.rule(line, Place::Before, name, rest)
            }
            ["post-rulebase", "security", "rules", name, rest @ ..] => {
                self.rule(line, Place::After, name, rest)
            }
            [
                "rulebase" | "pre-rulebase" | "post-rulebase",
                "nat",
                "rules",
                name,
                rest @ ..,
            ] => {
                if self.nat(line, name, rest).is_none() {
                    self.device.unread(line.span(), line.text, Effect::Path);
                }
            }
            ["rulebase" | "pre-rulebase" | "post-rulebase", "pbf", ..] => {
                self.device.unread(line.span(), line.text, Effect::Path);
            }
            [
                "rulebase" | "pre-rulebase" | "post-rulebase",
                "default-security-rules",
                ..,
            ] => {
                self.device.unread(line.span(), line.text, Effect::Unknown);
            }
            ["rulebase" | "pre-rulebase" | "post-rulebase", ..] => {}
            ["network", ..] => self.network(line, path),
            [first, ..] if HARMLESS.contains(first) => {}
            _ => self.device.unread(line.span(), line.text, Effect::Unknown),
        }
    }

    fn network(&mut self, line: &Line<'_>, path: &[&str]) {
        match path {
            ["network", "interface", _, _, "layer3", "units", name, "ip", net]
            | ["network", "interface", _, name, "layer3", "ip", net]
            | ["network", "interface", _, "units", name, "ip", net]
            | ["network", "interface", _, name, "ip", net]
                if net.parse::<ipnet::IpNet>().is_ok() =>
            {
                let at = usize::try_from(self.device.interface(name).0).ok();
                if let (Some(own), Ok(net)) =
                    (at.and_then(|at| self.device.interfaces.get_mut(at)), net.parse())
                {
                    own.addresses.push(net);
                }
            }
            [
                "network",
                "virtual-router",
                _,
                "routing-table",
                "ip" | "ipv6",
                "static-route",
                name,
                rest @ ..,
            ] => {
                let route = self.routes.entry((*name).to_owned()).or_insert_with(|| Route {
                    to: ipnet::Ipv4Net::default().into(),
                    via: None,
                    interface: None,
                    span: line.span(),
                });
                let mut rest = rest;
                while let [key, after @ ..] = rest {
                    rest = match (*key, after) {
                        ("destination", [net, after @ ..]) if net.parse::<ipnet::IpNet>().is_ok() => {
                            route.to = net.parse().unwrap_or(route.to);
                            after
                        }
                        ("nexthop", ["ip-address" | "ipv6-address", via, after @ ..]) => {
                            route.via = via.parse().ok();
                            after
                        }
                        ("interface", [name, after @ ..]) => {
                            route.interface = Some(self.device.interface(name));
                            after
                        }
                        ("metric" | "admin-dist", [_, after @ ..]) => after,
                        _ => return self.device.unread(line.span(), line.text, Effect::Path),
                    };
                }
            }
            [
                "network",
                "interface" | "profiles" | "qos" | "dhcp" | "virtual-router",
                ..,
            ] => {}
            ["network", ..] => self.device.unread(line.span(), line.text, Effect::Path),
            _ => self.device.unread(line.span(), line.text, Effect::Unknown),
        }
    }

    fn address(&mut self, line: &Line<'_>, name: &str, words: &[&str]) {
        let member = match words {
            ["ip-netmask" | "ip-range", value] => text::addresses(value).map_or(Member::Unread, Member::Own),
            ["description" | "tag", ..] => return,
            _ => Member::Unread,
        };
        if matches!(member, Member::Unread) {
            self.device.unread(line.span(), line.text, Effect::Reference);
        }
        self.book.addresses.add(name, line.span(), member);
    }

    fn service(&mut self, line: &Line<'_>, name: &str, words: &[&str]) {
        let entry = self
            .services
            .entry(name.to_owned())
            .or_insert_with(|| (Carrier::any(), line.span()));
        let read = match words {
            ["protocol", protocol @ ("tcp" | "udp" | "sctp"), rest @ ..] => {
                let protocol = text::protocol(protocol).map(crate::filter::Protocols::one);
                entry.0.protocols = protocol.unwrap_or(crate::filter::Protocols::ANY);
                match rest {
                    ["port", ports] => text::ports(ports).map(|ports| entry.0.destination_ports = ports),
                    ["source-port", ports] => text::ports(ports).map(|ports| entry.0.source_ports = ports),
                    ["port", ports, "source-port", from] => {
                        text::ports(ports).zip(text::ports(from)).map(|(ports, from)| {
                            entry.0.destination_ports = ports;
                            entry.0.source_ports = from;
                        })
                    }
                    ["override", ..] | [] => Some(()),
                    _ => None,
                }
            }
            ["description" | "tag", ..] => Some(()),
            _ => None,
        };
        if read.is_none() {
            self.book.services.add(name, line.span(), Member::Unread);
            self.device.unread(line.span(), line.text, Effect::Reference);
        }
    }

    fn rule(&mut self, line: &Line<'_>, place: Place, name: &str, words: &[&str]) {
        let found = self
            .rules
            .iter()
            .position(|(known, at, ..)| known == name && *at == place);
        let at = found.unwrap_or_else(|| {
            let mut written = Written::new(line.span());
            written.action = Action::Unknown;
            name.clone_into(&mut written.label);
            self.rules.push((name.to_owned(), place, written, true));
            self.rules.len() - 1
        });
        let Some((_, _, written, on)) = self.rules.get_mut(at) else {
            return;
        };
        written.span.last = line.number;
        let mut rest = words;
        while let [key, after @ ..] = rest {
            let (values, then) = list(after);
            let sense = if values == ["yes"] {
                Sense::Others
            } else {
                Sense::These
            };
            let mut read = true;
            match *key {
                "from" => written.from.extend(owned(&values)),
                "to" => written.to.extend(owned(&values)),
                "source" => written.source.extend(owned(&values)),
                "destination" => written.destination.extend(owned(&values)),
                "negate-source" => written.source_sense = sense,
                "negate-destination" => written.destination_sense = sense,
                // The ports are those of the applications, which are not known here.
                "service" if values == ["application-default"] => read = false,
                "service" => written
                    .services
                    .extend(values.iter().map(|word| (*word).to_owned())),
                "application" | "source-user" | "category" | "source-hip" | "destination-hip"
                | "hip-profiles" => {
                    read = values == ["any"] || values == ["no-hip"];
                }
                "action" => {
                    written.action = match values.as_slice() {
                        ["allow"] => Action::Permit,
                        ["deny" | "drop" | "reset-client" | "reset-server" | "reset-both"] => Action::Deny,
                        _ => Action::Unknown,
                    }
                }
                "disabled" => *on = values != ["yes"],
                "rule-type" => read = values == ["universal"],
                "description" if !values.is_empty() => written.label = values.join(" "),
                key if HARMLESS_KEYS.contains(&key) => {
                    rest = &[];
                    continue;
                }
                _ => read = false,
            }
            if !read {
                written.certainty = Certainty::Unsure;
                self.device.unread(line.span(), line.text, Effect::Condition);
            }
            rest = then;
        }
    }

    fn nat(&mut self, line: &Line<'_>, name: &str, words: &[&str]) -> Option<()> {
        let at = self
            .nats
            .iter()
            .position(|(known, _)| known == name)
            .unwrap_or_else(|| {
                let nat = Translation {
                    span: line.span(),
                    ..Translation::default()
                };
                self.nats.push((name.to_owned(), nat));
                self.nats.len() - 1
            });
        let (_, nat) = self.nats.get_mut(at)?;
        nat.span.last = line.number;
        let mut rest = words;
        while let [key, after @ ..] = rest {
            let (values, then) = list(after);
            rest = then;
            match *key {
                "from" => nat.from.extend(owned(&values)),
                "to" => nat.to.extend(owned(&values)),
                "source" => nat.source.extend(owned(&values)),
                "destination" => nat.destination.extend(owned(&values)),
                "service" => nat.service.extend(owned(&values)),
                "disabled" => nat.off = values == ["yes"],
                "description" | "tag" | "uuid" | "to-interface" | "nat-type" => {}
                "source-translation" => {
                    nat.sender = after.iter().map(|word| (*word).to_owned()).collect();
                    rest = &[];
                }
                "destination-translation" => {
                    let mut words = after;
                    while let [key, value, left @ ..] = words {
                        match *key {
                            "translated-address" => nat.receiver = Some((*value).to_owned()),
                            "translated-port" => nat.port = Some(value.parse().ok()?),
                            _ => return None,
                        }
                        words = left;
                    }
                    rest = &[];
                }
                _ => return None,
            }
        }
        Some(())
    }

    fn translate(&mut self, nat: &Translation) -> Option<()> {
        let from = self.book.interfaces(&mut self.device, &nat.from);
        let to = self.book.interfaces(&mut self.device, &nat.to);
        let source = self.book.set(&mut self.device, &nat.source, nat.span).0;
        let destination = self.book.set(&mut self.device, &nat.destination, nat.span).0;
        let mut carriers = Vec::new();
        for name in &nat.service {
            carriers.extend(self.book.services.meant(name)?.values);
        }
        if carriers.is_empty() {
            carriers.push(Carrier::any());
        }
        let named = |reader: &mut Self, name: &str| {
            reader
                .book
                .set(&mut reader.device, &[name.to_owned()], nat.span)
                .0
        };
        let receiver = nat.receiver.as_ref().map(|name| named(self, name));
        let sender: Vec<&str> = nat.sender.iter().map(String::as_str).collect();
        let sender = match sender.as_slice() {
            [] => None,
            ["dynamic-ip-and-port", "interface-address", ..] => Some(NatKind::Source { to: None }),
            [
                "dynamic-ip-and-port" | "dynamic-ip",
                "translated-address",
                rest @ ..,
            ] => {
                let mut pool = AddressSet::default();
                for name in list(rest).0 {
                    pool.add(&named(self, name));
                }
                Some(NatKind::Source { to: Some(pool) })
            }
            ["static-ip", "translated-address", name, ..] => {
                let outside = text::prefixes(&named(self, name));
                let inside = text::prefixes(&source);
                match (inside.as_slice(), outside.as_slice()) {
                    ([inside], [outside]) if inside.prefix_len() == outside.prefix_len() => {
                        Some(NatKind::Static {
                            inside: *inside,
                            outside: *outside,
                        })
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        for carrier in carriers {
            let mut push = |kind, destination: &AddressSet, leaves: &Interfaces| {
                self.device.nat.push(Nat {
                    arrives: from.clone(),
                    leaves: leaves.clone(),
                    source: source.clone(),
                    destination: destination.clone(),
                    carrier: carrier.clone(),
                    kind,
                    span: nat.span,
                });
            };
            // The sender is translated when the receiver has been.
            let seen = receiver.as_ref().unwrap_or(&destination);
            match (&receiver, &sender) {
                (Some(new), _) => push(
                    NatKind::Destination {
                        to: new.clone(),
                        port: nat.port,
                    },
                    &destination,
                    &Interfaces::Any,
                ),
                (None, None) => {
                    push(
                        NatKind::Exempt(NatEnd::Destination),
                        &destination,
                        &Interfaces::Any,
                    );
                    push(NatKind::Exempt(NatEnd::Source), &destination, &to);
                }
                (None, Some(_)) => {}
            }
            if let Some(kind) = &sender {
                let leaves = if receiver.is_some() {
                    Interfaces::Any
                } else {
                    to.clone()
                };
                push(kind.clone(), seen, &leaves);
            }
        }
        Some(())
    }

    fn finish(mut self) -> Device {
        for (name, (carrier, span)) in std::mem::take(&mut self.services) {
            self.book.services.add(&name, span, Member::Own(carrier));
        }
        self.device.routes = std::mem::take(&mut self.routes).into_values().collect();
        self.device.routes.sort_by_key(|route| route.span);
        for (name, nat) in std::mem::take(&mut self.nats) {
            if !nat.off && self.translate(&nat).is_none() {
                self.device
                    .unread(nat.span, &format!("nat rule {name}"), Effect::Path);
            }
        }
        let mut rules = vec![Rule::answers()];
        let mut written = std::mem::take(&mut self.rules);
        written.sort_by_key(|(_, place, ..)| *place);
        for (name, _, written, on) in written {
            if !on {
                continue;
            }
            if written.action == Action::Unknown {
                self.device.unread(
                    written.span,
                    &format!("rule {name} has no action"),
                    Effect::Action,
                );
            }
            let rule = self.book.rule(&mut self.device, &written);
            rules.push(rule);
        }
        rules.extend(self.within_zones());
        self.book.list(&mut self.device);
        self.device
            .stages
            .push(RuleList::denying("security rules", rules));
        self.device.unread.sort_by_key(|unread| unread.span);
        self.device
    }

    fn within_zones(&mut self) -> Vec<Rule> {
        let zones: Vec<String> = self.book.zones.keys().cloned().collect();
        let mut out = Vec::new();
        for zone in zones {
            let members: Vec<InterfaceIx> = match self
                .book
                .interfaces(&mut self.device, std::slice::from_ref(&zone))
            {
                Interfaces::Of(members) => members,
                Interfaces::Any => continue,
            };
            out.push(Rule {
                arrives: Interfaces::Of(members.clone()),
                leaves: Interfaces::Of(members),
                label: format!("intrazone-default of {zone}"),
                ..Rule::all(Action::Permit)
            });
        }
        out
    }
}
