//! One entry of an access list, and what objects say about services.

use super::super::Dialect;
use super::Named;
use crate::backends::text::{self, masked, port, tcp_udp, wildcard};
use crate::filter::{
    AddressSet, Carrier, Certainty, Family, IcmpType, Ports, Protocols, Rule, State, States,
};
use cofferdam_plant::PortRange;
use cofferdam_terms::IpProtocol;
use std::sync::Arc;

/// `eq 502`, `range 1 2`, `gt 5`, `lt 5`, `neq 5`, and what follows.
pub(super) fn ports<'w, 't>(words: &'w [&'t str]) -> Option<(Ports, &'w [&'t str])> {
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
pub(super) fn service(words: &[&str]) -> Option<Carrier> {
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

pub(super) struct Entry<'w, 't> {
    pub(super) named: &'w Named<'t>,
    pub(super) dialect: Dialect,
    pub(super) words: &'w [&'t str],
    pub(super) certainty: Certainty,
}

impl<'t> Entry<'_, 't> {
    fn next(&mut self) -> Option<&'t str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    /// `None` if a word is not understood; what was read before it stays.
    pub(super) fn read(&mut self, rule: &mut Rule) -> Option<()> {
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
