//! One statement of a chain to a rule.

use super::super::tree::{
    Comment, ConnectionState, Day, Family, Interval, Match, Ports, Rule, Seconds, SetName, Source, Verdict,
};
use super::token::{Token, TokenKind};
use crate::place::number;
use cofferdam_terms::IpProtocol;
use ipnet::IpNet;
use std::net::IpAddr;

/// Reads a statement. `None` for one that only counts or logs; the token that is not understood, if one is not.
pub(super) fn statement<'t>(line: &[Token<'t>]) -> Result<Option<Rule>, Token<'t>> {
    let mut words = Words { line, at: 0 };
    let mut rule = Rule {
        matches: Vec::new(),
        verdict: Verdict::Drop,
        comment: None,
    };
    let mut verdict = None;
    while let Some(token) = words.next() {
        match token.text {
            "ct" => {
                words.want("state")?;
                rule.matches.push(Match::State(words.items(state)?));
            }
            "ip" | "ip6" => rule.matches.push(address(token, &mut words)?),
            "meta" => rule.matches.push(meta(&mut words)?),
            "counter" => words.counts(),
            // Only a log is limited; a limit before a verdict would change what passes.
            "limit" if verdict.is_none() && line.iter().any(|token| token.text == "log") => {
                words.skip_to("log")
            }
            "log" => words.skip_log(),
            "accept" => verdict = Some(Verdict::Accept),
            "drop" | "reject" => verdict = Some(Verdict::Drop),
            "comment" => rule.comment = words.next().map(|token| Comment::new(token.text)),
            name => {
                let ports = Ports::ALL.into_iter().find(|ports| ports.name() == name);
                let ports = ports.ok_or(token)?;
                words.want("dport")?;
                rule.matches.push(Match::Port(ports, words.items(port_range)?));
            }
        }
    }
    let limited = line.iter().find(|token| token.text == "limit");
    match (verdict, limited) {
        (Some(_), Some(token)) => Err(*token),
        (Some(verdict), None) => Ok(Some(Rule { verdict, ..rule })),
        (None, _) => Ok(None),
    }
}

fn address<'t>(family: Token<'t>, words: &mut Words<'_, 't>) -> Result<Match, Token<'t>> {
    let side = words.next().ok_or(family)?;
    let family = if family.text == "ip" {
        Family::V4
    } else {
        Family::V6
    };
    let source = match words.peek().and_then(|token| token.text.strip_prefix('@')) {
        Some(name) => {
            words.at += 1;
            Source::Named(SetName::new(name))
        }
        None => Source::Inline(
            words.items(|text| interval(text).filter(|(of, _)| *of == family).map(|(_, i)| i))?,
        ),
    };
    match side.text {
        "saddr" => Ok(Match::Source(family, source)),
        "daddr" => Ok(Match::Destination(family, source)),
        _ => Err(side),
    }
}

fn meta<'t>(words: &mut Words<'_, 't>) -> Result<Match, Token<'t>> {
    let key = words.next().ok_or_else(|| words.last())?;
    match key.text {
        "l4proto" => Ok(Match::Protocol(words.items(protocol)?)),
        "day" => words.value(|text| {
            text.parse()
                .ok()
                .filter(|day| *day < 7)
                .map(|day| Match::Day(Day(day)))
        }),
        "hour" => words.value(|text| {
            let (from, to) = text.split_once('-')?;
            Some(Match::Hour(
                Seconds(from.parse().ok()?),
                Seconds(to.parse().ok()?),
            ))
        }),
        "time" => words.value(|text| {
            let (from, to) = text.split_once('-')?;
            Some(Match::Time(from.parse().ok()?, to.parse().ok()?))
        }),
        _ => Err(key),
    }
}

struct Words<'l, 't> {
    line: &'l [Token<'t>],
    at: usize,
}

impl<'t> Words<'_, 't> {
    fn peek(&self) -> Option<Token<'t>> {
        self.line.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// The token that a fault is pinned to when the statement ends too early.
    fn last(&self) -> Token<'t> {
        let end = Token {
            kind: TokenKind::Mark,
            text: "",
            line: 1,
            column: 1,
        };
        self.line.last().copied().unwrap_or(end)
    }

    fn want(&mut self, text: &str) -> Result<(), Token<'t>> {
        match self.next() {
            Some(token) if token.text == text => Ok(()),
            Some(token) => Err(token),
            None => Err(self.last()),
        }
    }

    fn value<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Result<T, Token<'t>> {
        let token = self.next().ok_or_else(|| self.last())?;
        read(token.text).ok_or(token)
    }

    /// One item, items with commas between, or items in braces.
    fn items<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Token<'t>> {
        let mut out = Vec::new();
        let braced = self.peek().is_some_and(|token| token.text == "{");
        self.at += usize::from(braced);
        loop {
            out.push(self.value(&read)?);
            match self.peek().map(|token| token.text) {
                Some(",") => self.at += 1,
                Some("}") if braced => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(_) | None if !braced => return Ok(out),
                Some(_) | None => return Err(self.peek().unwrap_or_else(|| self.last())),
            }
        }
    }

    /// What `nft list` adds behind `counter`: `packets 0 bytes 0`.
    fn counts(&mut self) {
        while self
            .peek()
            .is_some_and(|token| matches!(token.text, "packets" | "bytes"))
        {
            self.at += 2;
        }
    }

    fn skip_to(&mut self, text: &str) {
        while self.peek().is_some_and(|token| token.text != text) {
            self.at += 1;
        }
    }

    fn skip_log(&mut self) {
        while self
            .peek()
            .is_some_and(|token| matches!(token.text, "prefix" | "level" | "group" | "flags"))
        {
            self.at += 2;
        }
    }
}

fn state(text: &str) -> Option<ConnectionState> {
    match text {
        "established" => Some(ConnectionState::Established),
        "related" => Some(ConnectionState::Related),
        "invalid" => Some(ConnectionState::Invalid),
        _ => None,
    }
}

fn protocol(text: &str) -> Option<IpProtocol> {
    Some(match text {
        "tcp" => IpProtocol::TCP,
        "udp" => IpProtocol::UDP,
        "icmp" => IpProtocol::ICMP,
        "ipv6-icmp" | "icmpv6" => IpProtocol::ICMPV6,
        "gre" => IpProtocol::GRE,
        "igmp" => IpProtocol::IGMP,
        _ => IpProtocol(text.parse().ok()?),
    })
}

fn port_range(text: &str) -> Option<(u16, u16)> {
    match text.split_once('-') {
        Some((first, last)) => {
            Some((first.parse().ok()?, last.parse().ok()?)).filter(|(first, last)| first <= last)
        }
        None => text.parse().ok().map(|port| (port, port)),
    }
}

/// `10.0.0.1`, `10.0.0.0/24`, `10.0.0.1-10.0.0.5`, and the same of IPv6.
pub(super) fn interval(text: &str) -> Option<(Family, Interval)> {
    let (first, last) = if let Some((first, last)) = text.split_once('-') {
        (first.parse::<IpAddr>().ok()?, last.parse::<IpAddr>().ok()?)
    } else if text.contains('/') {
        let net = text.parse::<IpNet>().ok()?;
        (net.network(), net.broadcast())
    } else {
        let address = text.parse::<IpAddr>().ok()?;
        (address, address)
    };
    let (family, other) = (Family::of(first), Family::of(last));
    let interval = Interval {
        first: number(first),
        last: number(last),
    };
    (family == other && interval.first <= interval.last).then_some((family, interval))
}
