//! The lists as text. Nothing is decided here but how an answer's rule is written.

use super::{Dialect, LIST};
use crate::backends::Plan;
use crate::backends::text::{Names, items, mask_of, prefixes, printable};
use crate::filter::{
    AddressSet, Carrier, Family, Ports, Protocols, Rule, RuleList, State, States, range_text,
};
use cofferdam_plant::PortRange;
use cofferdam_terms::IpProtocol;
use std::fmt::Write as _;

/// The most rules of one Hirschmann list (reference manual, IP ACL commands).
const HIRSCHMANN_RULES: usize = 10;
/// Hirschmann's extended lists have the numbers 100 to 199.
const HIRSCHMANN_FIRST: usize = 100;

/// On IOS, answers to a permit of every protocol are let back for ICMP, UDP, GRE, ESP and AH, and TCP by `established`.
const ANSWERED: [IpProtocol; 5] = [
    IpProtocol::ICMP,
    IpProtocol::UDP,
    IpProtocol::GRE,
    IpProtocol(50),
    IpProtocol(51),
];

/// Rules that let answers back on a device that judges each packet alone: the permits turned round.
pub(super) fn replies(rules: &[Rule], dialect: Dialect) -> Vec<Rule> {
    let mut out = Vec::new();
    if dialect == Dialect::Ios {
        out.push(Rule {
            carriers: vec![Carrier::protocol(IpProtocol::TCP)],
            states: States::one(State::Established),
            source: AddressSet::all_of(Family::V4).into(),
            destination: AddressSet::all_of(Family::V4).into(),
            label: "answers of TCP connections".to_owned(),
            ..Rule::all(crate::filter::Action::Permit)
        });
    }
    for rule in rules {
        let turned = |carrier: &Carrier| Carrier {
            source_ports: carrier.destination_ports.clone(),
            destination_ports: Ports::any(),
            protocols: match dialect {
                // A list can't say "all but TCP"; these are the protocols whose answers plants know.
                Dialect::Ios if carrier.is_any() => ANSWERED.into_iter().collect(),
                Dialect::Ios => carrier
                    .protocols
                    .and(Protocols::one(IpProtocol::TCP).complement()),
                Dialect::Asa | Dialect::Hirschmann => carrier.protocols,
            },
            ..carrier.clone()
        };
        let carriers: Vec<_> = rule.carriers.iter().map(turned).collect();
        let carriers: Vec<_> = carriers
            .into_iter()
            .filter(|carrier| carrier.protocols != Protocols::NONE)
            .collect();
        if !carriers.is_empty() {
            out.push(Rule {
                source: rule.destination.clone(),
                destination: rule.source.clone(),
                carriers,
                ..rule.clone()
            });
        }
    }
    out
}

/// The text, what takes it away, and how many rules it has.
pub(super) fn print(dialect: Dialect, plan: &Plan, enforced: &RuleList) -> (String, String, usize) {
    let mut out: String = plan
        .head()
        .iter()
        .map(|line| format!("! {}\n", printable(line)))
        .collect();
    let mut lines = Vec::new();
    let mut names = Names::default();
    for rule in &enforced.rules {
        let first = lines.len();
        for (protocol, port) in carriers(rule, dialect) {
            match dialect {
                Dialect::Asa => {
                    let source = asa_end(&mut names, &rule.source, &rule.label, "from");
                    let destination = asa_end(&mut names, &rule.destination, &rule.label, "to");
                    lines.push(format!("{protocol} {source} {destination}{}", port.1));
                }
                Dialect::Ios | Dialect::Hirschmann => {
                    for source in prefixes(&rule.source) {
                        for destination in prefixes(&rule.destination) {
                            let established = if rule.states == States::ANY {
                                ""
                            } else {
                                " established"
                            };
                            lines.push(format!(
                                "{protocol} {}{} {}{}{established}",
                                end(dialect, &source),
                                port.0,
                                end(dialect, &destination),
                                port.1
                            ));
                        }
                    }
                }
            }
        }
        if dialect != Dialect::Hirschmann && lines.len() > first {
            lines.insert(first, format!("remark {}", printable(&rule.label)));
        }
    }
    for (name, set) in &names.lists {
        asa_group(&mut out, name, set);
    }
    let count = lines.iter().filter(|line| !line.starts_with("remark ")).count();
    let roll_back = wrap(&mut out, dialect, &lines, &names);
    (out, roll_back, count)
}

fn wrap(out: &mut String, dialect: Dialect, lines: &[String], names: &Names) -> String {
    let mut back = String::from("! Cofferdam: takes the rules away; check what is bound before.\n");
    let permit = |line: &String| {
        if line.starts_with("remark ") {
            line.clone()
        } else {
            format!("permit {line}")
        }
    };
    match dialect {
        Dialect::Asa => {
            for line in lines {
                let kind = if line.starts_with("remark ") {
                    ""
                } else {
                    "extended "
                };
                _ = writeln!(out, "access-list {LIST} {kind}{}", permit(line));
            }
            _ = writeln!(
                out,
                "access-list {LIST} extended deny ip any any\naccess-group {LIST} global"
            );
            _ = writeln!(
                back,
                "no access-group {LIST} global\nclear configure access-list {LIST}"
            );
            for (name, _) in &names.lists {
                _ = writeln!(back, "no object-group network {name}");
            }
        }
        Dialect::Ios => {
            _ = writeln!(out, "ip access-list extended {LIST}");
            for line in lines {
                _ = writeln!(out, " {}", permit(line));
            }
            _ = writeln!(out, " deny ip any any");
            _ = writeln!(
                out,
                "! Bind it to each interface that a conduit crosses: ip access-group {LIST} in"
            );
            _ = writeln!(
                back,
                "! First, on each interface: no ip access-group {LIST} in\nno ip access-list extended {LIST}"
            );
        }
        Dialect::Hirschmann => {
            for (at, line) in lines.iter().enumerate() {
                let list = HIRSCHMANN_FIRST + at / HIRSCHMANN_RULES;
                _ = writeln!(out, "access-list {list} {}", permit(line));
            }
            // Without any list the switch would let everything through.
            let last = HIRSCHMANN_FIRST + lines.len() / HIRSCHMANN_RULES;
            _ = writeln!(out, "access-list {last} deny every");
            _ = writeln!(
                out,
                "! Bind every list to the port, in order: ip access-group NUMBER in SEQUENCE. What none permits is denied."
            );
            for list in 0..=lines.len() / HIRSCHMANN_RULES {
                _ = writeln!(back, "no access-list {}", HIRSCHMANN_FIRST + list);
            }
        }
    }
    back
}

/// A rule's protocols, each with what is written behind its source and its destination.
fn carriers(rule: &Rule, dialect: Dialect) -> Vec<(String, (String, String))> {
    let mut out = Vec::new();
    for carrier in &rule.carriers {
        let answers = !carrier.source_ports.is_any();
        let ports = if answers {
            &carrier.source_ports
        } else {
            &carrier.destination_ports
        };
        let one = Carrier {
            source_ports: Ports::any(),
            destination_ports: ports.clone(),
            ..carrier.clone()
        };
        for (protocol, port) in items(&[one]) {
            let protocol = protocol.map_or_else(|| "ip".to_owned(), protocol_word);
            for text in port.map_or_else(|| vec![String::new()], |port| port_texts(dialect, port)) {
                let both = if answers {
                    (text, String::new())
                } else {
                    (String::new(), text)
                };
                out.push((protocol.clone(), both));
            }
        }
    }
    out
}

fn protocol_word(protocol: IpProtocol) -> String {
    match protocol {
        IpProtocol::TCP => "tcp".to_owned(),
        IpProtocol::UDP => "udp".to_owned(),
        IpProtocol::ICMP => "icmp".to_owned(),
        IpProtocol(number) => number.to_string(),
    }
}

/// Hirschmann's lists know `eq` alone, so that a range is many rules.
fn port_texts(dialect: Dialect, range: PortRange) -> Vec<String> {
    match dialect {
        Dialect::Hirschmann => (range.first()..=range.last())
            .map(|port| format!(" eq {port}"))
            .collect(),
        Dialect::Asa | Dialect::Ios if range.first() == range.last() => {
            vec![format!(" eq {}", range.first())]
        }
        Dialect::Asa | Dialect::Ios => vec![format!(" range {}", range_text(range, " "))],
    }
}

fn end(dialect: Dialect, net: &ipnet::IpNet) -> String {
    let (address, _, wildcard) = mask_of(net);
    match (net.prefix_len(), dialect) {
        (0, _) => "any".to_owned(),
        (32, Dialect::Ios) => format!("host {address}"),
        _ => format!("{address} {wildcard}"),
    }
}

fn asa_end(names: &mut Names, set: &AddressSet, label: &str, suffix: &str) -> String {
    if set.is_any() {
        return "any".to_owned();
    }
    match prefixes(set).as_slice() {
        [_] if set.is_all_of(Family::V4) => "any4".to_owned(),
        [_] if set.is_all_of(Family::V6) => "any6".to_owned(),
        [ipnet::IpNet::V4(net)] if net.prefix_len() == 32 => format!("host {}", net.addr()),
        [ipnet::IpNet::V4(net)] => format!("{} {}", net.network(), net.netmask()),
        [ipnet::IpNet::V6(net)] if net.prefix_len() == 128 => format!("host {}", net.addr()),
        [net] => net.to_string(),
        _ => format!("object-group {}", names.of(set, label, suffix)),
    }
}

fn asa_group(out: &mut String, name: &str, set: &AddressSet) {
    _ = writeln!(out, "object-group network {name}");
    for net in prefixes(set) {
        _ = match net {
            ipnet::IpNet::V4(net) if net.prefix_len() == 32 => {
                writeln!(out, " network-object host {}", net.addr())
            }
            ipnet::IpNet::V4(net) => writeln!(out, " network-object {} {}", net.network(), net.netmask()),
            ipnet::IpNet::V6(net) => writeln!(out, " network-object {net}"),
        };
    }
}
