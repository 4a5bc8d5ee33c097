//! Text to neutral rules.

use super::tree::{Entry, Setting, entries};
use crate::backends::objects::{Book, Member, Sense, Written};
use crate::backends::text::{self, network, tcp_udp};
use crate::filter::{
    Action, AddressSet, Carrier, Certainty, Device, Effect, Family, IcmpType, Nat, NatKind, Ports, Protocols,
    Route, Rule, RuleList, Span, TimeWindow, Times,
};
use cofferdam_terms::IpProtocol;
use std::collections::BTreeMap;

/// Sections of a configuration that filter, translate and route nothing.
const HARMLESS: [&str; 24] = [
    "alertemail",
    "antivirus",
    "application",
    "authentication",
    "certificate",
    "dlp",
    "dnsfilter",
    "emailfilter",
    "endpoint-control",
    "file-filter",
    "ftp-proxy",
    "icap",
    "ips",
    "log",
    "report",
    "ssh-filter",
    "switch-controller",
    "system",
    "user",
    "videofilter",
    "voip",
    "waf",
    "webfilter",
    "wireless-controller",
];
/// Settings of a policy that change nothing about which packets pass.
const HARMLESS_KEYS: [&str; 34] = [
    "uuid",
    "name",
    "comments",
    "logtraffic",
    "logtraffic-start",
    "status",
    "srcintf",
    "dstintf",
    "srcaddr",
    "dstaddr",
    "srcaddr6",
    "dstaddr6",
    "service",
    "schedule",
    "action",
    "nat",
    "ippool",
    "poolname",
    "srcaddr-negate",
    "dstaddr-negate",
    "service-negate",
    "utm-status",
    "inspection-mode",
    "ssl-ssh-profile",
    "av-profile",
    "ips-sensor",
    "profile-protocol-options",
    "capture-packet",
    "auto-asic-offload",
    "np-acceleration",
    "tcp-mss-sender",
    "tcp-mss-receiver",
    "fixedport",
    "label",
];

/// A device for each virtual domain.
pub(super) fn parse(text: &str) -> Vec<Device> {
    let (entries, strays) = entries(text);
    let mut domains: BTreeMap<&str, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in &entries {
        domains.entry(entry.domain).or_default().push(entry);
    }
    if domains.is_empty() {
        domains.insert("root", Vec::new());
    }
    let host = entries
        .iter()
        .find(|entry| entry.section == "system global")
        .and_then(|entry| entry.word("hostname"))
        .unwrap_or("fortios");
    // With several domains, the first holds what is common to all.
    let shared: Vec<&Entry<'_>> = entries
        .iter()
        .filter(|entry| entry.section == "system interface")
        .collect();
    let several = domains.len() > 1;
    let mut out = Vec::new();
    for (domain, own) in domains {
        let name = if several {
            format!("{host}/{domain}")
        } else {
            host.to_owned()
        };
        let mut reader = Reader::new(&name);
        if several
            && own
                .iter()
                .all(|entry| !entry.section.starts_with("firewall") && entry.section != "router static")
        {
            continue;
        }
        for entry in own.iter().filter(|entry| entry.section != "system interface") {
            reader.take(entry);
        }
        for entry in &shared {
            if !several || entry.word("vdom") == Some(domain) {
                reader.interface(entry);
            }
        }
        if out.is_empty() {
            for stray in &strays {
                reader.device.unread(stray.span, stray.text, Effect::Unknown);
            }
        }
        out.push(reader.finish());
    }
    out
}

struct Reader<'t> {
    device: Device,
    book: Book,
    schedules: BTreeMap<&'t str, Option<Times>>,
    pools: BTreeMap<&'t str, AddressSet>,
    /// Virtual IPs: translations by name.
    virtual_ips: Vec<Nat>,
    policies: Vec<&'t Entry<'t>>,
}

impl<'t> Reader<'t> {
    fn new(name: &str) -> Self {
        let mut book = Book::new();
        let none = Span::default();
        book.addresses.add("all", none, Member::Own(AddressSet::any()));
        book.addresses
            .add("none", none, Member::Own(AddressSet::default()));
        for (name, carrier) in predefined() {
            book.services.add(name, none, Member::Own(carrier));
        }
        Self {
            device: Device::new(name),
            book,
            schedules: BTreeMap::from([
                (
                    "always",
                    Some(Times {
                        windows: vec![TimeWindow::default()],
                    }),
                ),
                ("none", Some(Times::default())),
            ]),
            pools: BTreeMap::new(),
            virtual_ips: Vec::new(),
            policies: Vec::new(),
        }
    }

    fn take(&mut self, entry: &'t Entry<'t>) {
        match entry.section.as_str() {
            "system global" => {}
            "system zone" => {
                let members = entry.words("interface").into_iter().map(str::to_owned).collect();
                self.book.zones.insert(entry.name.to_owned(), members);
            }
            "router static" | "router static6" => self.route(entry),
            "firewall address" | "firewall address6" => self.address(entry),
            "firewall addrgrp" | "firewall addrgrp6" | "firewall vipgrp" => self.group(entry),
            "firewall service custom" => self.service(entry),
            "firewall service group" => {
                for member in entry.words("member") {
                    self.book
                        .services
                        .add(entry.name, entry.span, Member::Named(member.to_owned()));
                }
            }
            "firewall vip" => self.virtual_ip(entry),
            "firewall ippool" => {
                let ends = entry.word("startip").zip(entry.word("endip"));
                let range = ends.and_then(|(a, b)| AddressSet::range(a.parse().ok()?, b.parse().ok()?));
                self.pools.extend(range.map(|range| (entry.name, range)));
            }
            "firewall schedule onetime" => {
                self.schedules.insert(entry.name, one_time(entry));
            }
            "firewall schedule recurring" | "firewall schedule group" => {
                self.schedules.entry(entry.name).or_insert(None);
            }
            "firewall policy" | "firewall policy6" | "firewall consolidated policy" => {
                self.policies.push(entry)
            }
            "firewall service category"
            | "firewall ssl-ssh-profile"
            | "firewall profile-protocol-options" => {}
            section if HARMLESS.contains(&section.split(' ').next().unwrap_or_default()) => {}
            section => {
                let effect =
                    if section.starts_with("router") || section.starts_with("vpn") || section.contains("nat")
                    {
                        Effect::Path
                    } else {
                        Effect::Unknown
                    };
                self.device.unread(
                    entry.span,
                    &format!("config {section}: edit {}", entry.name),
                    effect,
                );
            }
        }
    }

    fn interface(&mut self, entry: &Entry<'_>) {
        if entry.word("status") == Some("down") {
            return;
        }
        let words = entry.words("ip");
        let at = self.device.interface(entry.name);
        let own = match words.as_slice() {
            [ip, mask] => {
                network(ip, mask).and_then(|net| ipnet::IpNet::new(ip.parse().ok()?, net.prefix_len()).ok())
            }
            [net] => net.parse().ok(),
            _ => None,
        };
        let at = usize::try_from(at.0).ok();
        if let (Some(net), Some(interface)) = (
            own.filter(|net| !net.addr().is_unspecified()),
            at.and_then(|at| self.device.interfaces.get_mut(at)),
        ) {
            interface.addresses.push(net);
        }
    }

    fn route(&mut self, entry: &Entry<'_>) {
        if entry.word("status") == Some("disable") {
            return;
        }
        let words = entry.words("dst");
        let net = match words.as_slice() {
            [] => "0.0.0.0/0".parse().ok(),
            [ip, mask] => network(ip, mask),
            [net] => net.parse().ok(),
            _ => None,
        };
        let (Some(to), None) = (net, entry.get("dstaddr").or(entry.get("blackhole"))) else {
            return self.device.unread(
                entry.span,
                &format!("config {}: edit {}", entry.section, entry.name),
                Effect::Path,
            );
        };
        let interface = entry.word("device").map(|name| self.device.interface(name));
        self.device.routes.push(Route {
            to,
            via: entry.word("gateway").and_then(|via| via.parse().ok()),
            interface,
            span: entry.span,
        });
    }

    fn address(&mut self, entry: &Entry<'_>) {
        let range = || {
            let ends = entry.word("start-ip").zip(entry.word("end-ip"));
            ends.and_then(|(a, b)| AddressSet::range(a.parse().ok()?, b.parse().ok()?))
        };
        let subnet = || match entry.words("subnet").as_slice() {
            [ip, mask] => text::masked(ip, mask),
            [net] => text::addresses(net),
            _ => entry.word("ip6").and_then(text::addresses),
        };
        let set = match entry.word("type") {
            None | Some("ipmask" | "ipprefix" | "subnet") => subnet(),
            Some("iprange") => range(),
            Some(_) => None,
        };
        let member = match set {
            Some(set) => Member::Own(set),
            None => {
                let line = format!("edit \"{}\" of {}", entry.name, entry.section);
                self.device.unread(entry.span, &line, Effect::Reference);
                Member::Unread
            }
        };
        self.book.addresses.add(entry.name, entry.span, member);
    }

    fn group(&mut self, entry: &Entry<'_>) {
        for member in entry.words("member") {
            self.book
                .addresses
                .add(entry.name, entry.span, Member::Named(member.to_owned()));
        }
        if entry.word("exclude") == Some("enable") {
            self.book.addresses.add(entry.name, entry.span, Member::Unread);
            self.device.unread(
                entry.span,
                &format!("edit \"{}\": exclude", entry.name),
                Effect::Reference,
            );
        }
    }

    fn service(&mut self, entry: &Entry<'_>) {
        let carriers = service(entry);
        let span = entry.span;
        if carriers.is_none() {
            self.device.unread(
                span,
                &format!("edit \"{}\" of {}", entry.name, entry.section),
                Effect::Reference,
            );
            self.book.services.add(entry.name, span, Member::Unread);
        }
        // What the file says of a service goes before what it is by default.
        if carriers.is_some() && self.book.services.has(entry.name) {
            self.book.services.forget(entry.name);
        }
        for carrier in carriers.unwrap_or_default() {
            self.book.services.add(entry.name, span, Member::Own(carrier));
        }
    }

    fn virtual_ip(&mut self, entry: &Entry<'_>) {
        let outer = entry.word("extip").and_then(text::addresses);
        let inner = entry.words("mappedip");
        let inner = inner.first().and_then(|word| text::addresses(word));
        let (Some(outer), Some(inner)) = (outer, inner) else {
            self.book.addresses.add(entry.name, entry.span, Member::Unread);
            return self.device.unread(
                entry.span,
                &format!("edit \"{}\" of firewall vip", entry.name),
                Effect::Path,
            );
        };
        self.book
            .addresses
            .add(entry.name, entry.span, Member::Own(inner.clone()));
        let forwards = entry.word("portforward") == Some("enable");
        let protocol = match entry.word("protocol") {
            Some("udp") => IpProtocol::UDP,
            Some("sctp") => IpProtocol(132),
            Some(_) | None => IpProtocol::TCP,
        };
        let outer_ports = entry.word("extport").and_then(text::ports);
        let inner_port = entry.word("mappedport").and_then(|port| port.parse().ok());
        let mut nat = Nat::all(NatKind::Destination {
            to: inner,
            port: inner_port.filter(|_| forwards),
        });
        nat.destination = outer;
        nat.span = entry.span;
        if let Some(ports) = outer_ports.filter(|_| forwards) {
            nat.carrier = Carrier::to_ports(protocol, ports);
        }
        if let Some(name) = entry.word("extintf").filter(|name| *name != "any") {
            nat.arrives = self.book.interfaces(&mut self.device, &[name.to_owned()]);
        }
        self.virtual_ips.push(nat);
    }

    fn policy(&mut self, entry: &Entry<'_>) -> Option<Rule> {
        if entry.word("status") == Some("disable") {
            return None;
        }
        let mut written = Written::new(entry.span);
        let list = |key: &str| -> Vec<String> { entry.words(key).into_iter().map(str::to_owned).collect() };
        let ways =
            |key: &str| -> Vec<String> { list(key).into_iter().filter(|name| name != "any").collect() };
        (written.from, written.to) = (ways("srcintf"), ways("dstintf"));
        written.label = entry.word("name").unwrap_or(entry.name).to_owned();
        if let Some(comment) = entry.word("comments") {
            comment.clone_into(&mut written.label);
        }
        let negated = |key: &str| {
            if entry.word(key) == Some("enable") {
                Sense::Others
            } else {
                Sense::These
            }
        };
        (written.source_sense, written.destination_sense) =
            (negated("srcaddr-negate"), negated("dstaddr-negate"));
        written.services = list("service");
        written.action = match entry.word("action") {
            Some("accept") => Action::Permit,
            None | Some("deny") => Action::Deny,
            Some(_) => Action::Unknown,
        };
        if written.action == Action::Unknown {
            self.unread(entry.get("action"), Effect::Action);
        }
        let unknown: Vec<_> = entry
            .settings
            .iter()
            .filter(|setting| {
                !HARMLESS_KEYS.contains(&setting.key)
                    || (setting.key == "service-negate" && setting.values == ["enable"])
            })
            .collect();
        for setting in unknown {
            written.certainty = Certainty::Unsure;
            self.unread(Some(setting), Effect::Condition);
        }
        match entry.word("schedule").map(|name| self.schedules.get(name)) {
            None | Some(Some(Some(_))) if entry.word("schedule").is_none_or(|name| name == "always") => {}
            Some(Some(Some(times))) => written.times = Some(times.clone()),
            None | Some(Some(None) | None) => {
                written.certainty = Certainty::Unsure;
                self.unread(entry.get("schedule"), Effect::Condition);
            }
        }
        let rule = self.both_families(entry, written);
        Some(rule)
    }

    /// A policy's IPv4 and IPv6 ends are lists of their own; `all` means that family alone.
    fn both_families(&mut self, entry: &Entry<'_>, written: Written) -> Rule {
        let list = |key: &str| -> Vec<String> { entry.words(key).into_iter().map(str::to_owned).collect() };
        let six = entry.section == "firewall policy6";
        let mut parts = Vec::new();
        for (family, source, destination) in [
            (Family::V4, "srcaddr", "dstaddr"),
            (
                Family::V6,
                if six { "srcaddr" } else { "srcaddr6" },
                if six { "dstaddr" } else { "dstaddr6" },
            ),
        ] {
            if (six && family == Family::V4) || (list(source).is_empty() && list(destination).is_empty()) {
                continue;
            }
            let mut own = written.clone();
            (own.source, own.destination) = (list(source), list(destination));
            let mut rule = self.book.rule(&mut self.device, &own);
            rule.source = rule.source.only(family).into();
            rule.destination = rule.destination.only(family).into();
            parts.push(rule);
        }
        let mut parts = parts.into_iter();
        let Some(mut rule) = parts.next() else {
            return self.book.rule(&mut self.device, &written);
        };
        for other in parts {
            std::sync::Arc::make_mut(&mut rule.source).add(&other.source);
            std::sync::Arc::make_mut(&mut rule.destination).add(&other.destination);
            rule.certainty = rule.certainty.max(other.certainty);
        }
        rule
    }

    fn unread(&mut self, setting: Option<&Setting<'_>>, effect: Effect) {
        if let Some(setting) = setting {
            self.device.unread(setting.span, setting.text, effect);
        }
    }

    fn source_nat(&mut self, entry: &Entry<'_>, rule: &Rule) {
        if entry.word("nat") != Some("enable") || rule.action != Action::Permit {
            return;
        }
        let mut pool = AddressSet::default();
        if entry.word("ippool") == Some("enable") {
            for name in entry.words("poolname") {
                match self.pools.get(name) {
                    Some(set) => pool.add(set),
                    None => return self.unread(entry.get("poolname"), Effect::Path),
                }
            }
        }
        for carrier in &rule.carriers {
            let to = (!pool.is_empty()).then(|| pool.clone());
            self.device.nat.push(Nat {
                arrives: rule.arrives.clone(),
                leaves: rule.leaves.clone(),
                source: (*rule.source).clone(),
                destination: (*rule.destination).clone(),
                carrier: carrier.clone(),
                span: rule.span,
                kind: NatKind::Source { to },
            });
        }
    }

    fn finish(mut self) -> Device {
        self.device.nat = std::mem::take(&mut self.virtual_ips);
        let mut rules = vec![Rule::answers()];
        for entry in std::mem::take(&mut self.policies) {
            if let Some(rule) = self.policy(entry) {
                self.source_nat(entry, &rule);
                rules.push(rule);
            }
        }
        self.book.list(&mut self.device);
        self.device
            .stages
            .push(RuleList::denying("firewall policy", rules));
        self.device.unread.sort_by_key(|unread| unread.span);
        self.device
    }
}

/// `set start 08:00 2026/01/31`, read as UTC.
fn one_time(entry: &Entry<'_>) -> Option<Times> {
    let second = |key: &str| {
        let words = entry.words(key);
        let [clock, date] = words.as_slice() else {
            return None;
        };
        let text = format!("{}T{clock}:00Z", date.replace('/', "-"));
        text.parse::<jiff::Timestamp>()
            .ok()
            .map(jiff::Timestamp::as_second)
    };
    let window = TimeWindow {
        dated: Some((second("start")?, second("end")?)),
        weekly: None,
    };
    Some(Times {
        windows: vec![window],
    })
}

fn service(entry: &Entry<'_>) -> Option<Vec<Carrier>> {
    let number = || {
        entry
            .word("protocol-number")
            .map_or(Some(0), |number| number.parse::<u8>().ok())
    };
    let icmp = |protocol| {
        let kind = entry.word("icmptype").map(str::parse::<u8>);
        let code = entry.word("icmpcode").map(str::parse::<u8>);
        let mut carrier = Carrier::protocol(protocol);
        if let Some(kind) = kind {
            carrier.icmp.push(IcmpType {
                kind: kind.ok()?,
                code: code.transpose().ok()?,
            });
        }
        Some(vec![carrier])
    };
    match entry.word("protocol") {
        Some("IP") => Some(match number()? {
            0 => vec![Carrier::any()],
            number => vec![Carrier::protocol(IpProtocol(number))],
        }),
        Some("ICMP") => icmp(IpProtocol::ICMP),
        Some("ICMP6") => icmp(IpProtocol::ICMPV6),
        None | Some("TCP/UDP/SCTP" | "TCP/UDP/UDP-Lite/SCTP") => {
            if entry.get("iprange").or(entry.get("fqdn")).is_some() {
                return None;
            }
            let mut out = Vec::new();
            for (key, protocol) in [
                ("tcp-portrange", 6),
                ("udp-portrange", 17),
                ("sctp-portrange", 132),
            ] {
                for item in entry.words(key) {
                    let (to, from) = item
                        .split_once(':')
                        .map_or((item, None), |(to, from)| (to, Some(from)));
                    out.push(Carrier {
                        source_ports: from.map_or_else(|| Some(Ports::any()), text::ports)?,
                        ..Carrier::to_ports(IpProtocol(protocol), text::ports(to)?)
                    });
                }
            }
            (!out.is_empty()).then_some(out)
        }
        Some(_) => None,
    }
}

/// Services that every device has, unless its configuration says otherwise.
fn predefined() -> Vec<(&'static str, Carrier)> {
    let tcp = |port| Carrier::to_ports(IpProtocol::TCP, Ports::one(port));
    let udp = |port| Carrier::to_ports(IpProtocol::UDP, Ports::one(port));
    let both = |port| Carrier {
        destination_ports: Ports::one(port),
        ..Carrier::protocols(tcp_udp())
    };
    vec![
        ("ALL", Carrier::any()),
        ("ALL_ICMP", Carrier::protocol(IpProtocol::ICMP)),
        ("ALL_ICMP6", Carrier::protocol(IpProtocol::ICMPV6)),
        ("ALL_TCP", Carrier::protocol(IpProtocol::TCP)),
        ("ALL_UDP", Carrier::protocol(IpProtocol::UDP)),
        (
            "PING",
            Carrier {
                icmp: vec![IcmpType { kind: 8, code: None }],
                ..Carrier::protocol(IpProtocol::ICMP)
            },
        ),
        ("DNS", both(53)),
        ("FTP", tcp(21)),
        ("HTTP", tcp(80)),
        ("HTTPS", tcp(443)),
        ("IMAP", tcp(143)),
        ("LDAP", tcp(389)),
        ("LDAPS", tcp(636)),
        ("NTP", both(123)),
        ("POP3", tcp(110)),
        ("RDP", tcp(3389)),
        ("SMB", tcp(445)),
        ("SMTP", tcp(25)),
        ("SSH", tcp(22)),
        ("SYSLOG", udp(514)),
        ("TELNET", tcp(23)),
        ("TFTP", udp(69)),
        ("GRE", Carrier::protocol(IpProtocol::GRE)),
        (
            "SNMP",
            Carrier {
                destination_ports: Ports::of(cofferdam_plant::PortRange::new(161, 162).into_iter().collect()),
                ..Carrier::protocols(tcp_udp())
            },
        ),
        ("webproxy", Carrier::protocols(Protocols::one(IpProtocol::TCP))),
    ]
}
