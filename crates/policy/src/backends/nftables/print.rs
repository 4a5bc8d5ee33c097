//! The tree as text that `nft -f` takes. Nothing is decided here.

use super::tree::{
    Comment, ConnectionState, Family, Interval, Match, Rule, Ruleset, Set, SetName, Source, Verdict,
};
use cofferdam_terms::IpProtocol;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The table that the rules are in, and no other.
pub(super) const TABLE: &str = "inet cofferdam";

/// Prints a ruleset.
#[must_use]
pub fn print(ruleset: &Ruleset) -> String {
    let mut out = String::new();
    header(&mut out, &ruleset.scope);
    _ = writeln!(out, "add table {TABLE}\ndelete table {TABLE}\n\ntable {TABLE} {{");
    for (name, set) in &ruleset.sets {
        print_set(&mut out, name, set);
    }
    out.push_str("\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n");
    for rule in &ruleset.rules {
        print_rule(&mut out, rule);
    }
    out.push_str("\t\tlimit rate 10/second burst 20 packets log prefix \"cofferdam denied: \"\n");
    out.push_str("\t\tcounter drop comment \"default deny\"\n\t}\n}\n");
    out
}

/// Prints what takes the rules away again.
#[must_use]
pub fn roll_back(scope: &str) -> String {
    let scope = Comment::new(scope);
    format!(
        "# Cofferdam: takes the rules of {scope} away; packets are then forwarded as if they had never been.\n\
         # Load it with: nft -f FILE\nadd table {TABLE}\ndelete table {TABLE}\n"
    )
}

fn header(out: &mut String, scope: &Comment) {
    _ = writeln!(out, "#!/usr/sbin/nft -f");
    _ = writeln!(
        out,
        "# Cofferdam: rules of {scope}, compiled from the plant model. Edit the model, not this file."
    );
    _ = writeln!(
        out,
        "# Loading replaces the table {TABLE} as a whole, in one transaction, and touches no other."
    );
    _ = writeln!(
        out,
        "# Connections that are already established go on; to cut them too: conntrack -F"
    );
    _ = writeln!(
        out,
        "# Times are UTC, written as seconds. Comments name conduit/permit."
    );
}

fn print_set(out: &mut String, name: &SetName, set: &Set) {
    let kind = match set.family {
        Family::V4 => "ipv4_addr",
        Family::V6 => "ipv6_addr",
    };
    _ = writeln!(
        out,
        "\tset {name} {{\n\t\ttype {kind}\n\t\tflags interval\n\t\telements = {{"
    );
    for (at, interval) in set.elements.iter().enumerate() {
        let comma = if at + 1 == set.elements.len() { "" } else { "," };
        _ = writeln!(out, "\t\t\t{}{comma}", address_text(set.family, *interval));
    }
    out.push_str("\t\t}\n\t}\n\n");
}

fn print_rule(out: &mut String, rule: &Rule) {
    out.push_str("\t\t");
    for condition in &rule.matches {
        print_match(out, condition);
        out.push(' ');
    }
    out.push_str(match rule.verdict {
        Verdict::Accept => "counter accept",
        Verdict::Drop => "counter drop",
    });
    if let Some(comment) = &rule.comment {
        _ = write!(out, " comment \"{comment}\"");
    }
    out.push('\n');
}

fn print_match(out: &mut String, condition: &Match) {
    _ = match condition {
        Match::State(states) => write!(
            out,
            "ct state {}",
            list(states, |state| state_name(*state).to_owned())
        ),
        Match::Source(family, source) => write!(
            out,
            "{} saddr {}",
            family_name(*family),
            source_text(*family, source)
        ),
        Match::Destination(family, source) => {
            write!(
                out,
                "{} daddr {}",
                family_name(*family),
                source_text(*family, source)
            )
        }
        Match::Protocol(protocols) => {
            write!(
                out,
                "meta l4proto {}",
                braced(protocols, |IpProtocol(number)| number.to_string())
            )
        }
        Match::Port(ports, ranges) => {
            write!(
                out,
                "{} dport {}",
                ports.name(),
                braced(ranges, |range| port_text(*range))
            )
        }
        Match::Day(day) => write!(out, "meta day {}", day.0),
        Match::Hour(from, to) => write!(out, "meta hour {}-{}", from.0, to.0),
        Match::Time(from, to) => write!(out, "meta time {from}-{to}"),
    };
}

pub(super) const fn state_name(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Established => "established",
        ConnectionState::Related => "related",
        ConnectionState::Invalid => "invalid",
    }
}

const fn family_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    }
}

fn source_text(family: Family, source: &Source) -> String {
    match source {
        Source::Named(name) => format!("@{name}"),
        Source::Inline(elements) => braced(elements, |interval| address_text(family, *interval)),
    }
}

fn port_text((first, last): (u16, u16)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

/// One item stands alone, several in braces.
fn braced<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    match items {
        [only] => text(only),
        _ => format!("{{ {} }}", items.iter().map(text).collect::<Vec<_>>().join(", ")),
    }
}

fn list<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(",")
}

/// An interval: one address, a prefix where it is one, else first and last.
fn address_text(family: Family, interval: Interval) -> String {
    let width = match family {
        Family::V4 => 32u32,
        Family::V6 => 128,
    };
    let span = interval.last.wrapping_sub(interval.first).wrapping_add(1);
    let first = address(family, interval.first);
    if span == 1 {
        return first.to_string();
    }
    let aligned = span.is_power_of_two() && interval.first & (span - 1) == 0;
    if aligned {
        return format!("{first}/{}", width - span.trailing_zeros());
    }
    if span == 0 {
        // All of the IPv6 space: the span does not fit in its type.
        return format!("{first}/0");
    }
    format!("{first}-{}", address(family, interval.last))
}

fn address(family: Family, number: u128) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX))),
        Family::V6 => IpAddr::V6(Ipv6Addr::from(number)),
    }
}
