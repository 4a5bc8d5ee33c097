//! One packet, and what rules do with it: the word-by-word reading that the symbolic answers are held to.

use super::device::{Device, InterfaceIx};
use super::rule::{Action, Reading, Rule, RuleList, State};
use super::services::{Carrier, has_ports, is_icmp, protocol_name};
use cofferdam_terms::{IpProtocol, Timestamp};
use std::fmt;
use std::net::IpAddr;

/// A packet as a filter sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Packet {
    /// Sender.
    pub source: IpAddr,
    /// Receiver; of the sender's family.
    pub destination: IpAddr,
    /// IP protocol.
    pub protocol: IpProtocol,
    /// The sender's port; 0 where there are none.
    pub source_port: u16,
    /// The receiver's port; for ICMP the type times 256, and the code; else 0.
    pub destination_port: u16,
    /// The connection's state.
    pub state: State,
    /// Where it comes in; `None` for an interface that no rule names.
    pub arrives: Option<InterfaceIx>,
    /// Where it goes out.
    pub leaves: Option<InterfaceIx>,
    /// When.
    pub time: Timestamp,
}

/// What rules do with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answer {
    /// What happens.
    pub action: Action,
    /// The rule that says it; the default, if `None`.
    pub rule: Option<usize>,
}

impl RuleList {
    /// What happens to a packet: the first rule that matches in this reading.
    #[must_use]
    pub fn answer(&self, packet: &Packet, reading: Reading) -> Answer {
        let decides = |(at, rule): (usize, &Rule)| {
            let action = reading.action(rule.action, rule.certainty)?;
            rule.matches(packet).then_some(Answer {
                action,
                rule: Some(at),
            })
        };
        let default = Answer {
            action: match (self.default, reading) {
                (Action::Permit, _) | (Action::Unknown, Reading::Widest) => Action::Permit,
                (Action::Deny, _) | (Action::Unknown, Reading::Narrowest) => Action::Deny,
            },
            rule: None,
        };
        self.rules.iter().enumerate().find_map(decides).unwrap_or(default)
    }
}

impl Device {
    /// Whether a packet passes every stage.
    #[must_use]
    pub fn passes(&self, packet: &Packet, reading: Reading) -> bool {
        self.stages
            .iter()
            .all(|stage| stage.answer(packet, reading).action == Action::Permit)
    }
}

impl Rule {
    /// Whether all of its conditions that were read hold.
    #[must_use]
    pub fn matches(&self, packet: &Packet) -> bool {
        self.states.contains(packet.state)
            && self.source.contains(packet.source)
            && self.destination.contains(packet.destination)
            && self.carriers.iter().any(|carrier| carrier.carries(packet))
            && self.arrives.contain(packet.arrives)
            && self.leaves.contain(packet.leaves)
            && self.times.as_ref().is_none_or(|times| times.contain(packet.time))
    }
}

impl Carrier {
    /// Whether it carries a packet.
    #[must_use]
    pub fn carries(&self, packet: &Packet) -> bool {
        if !self.effective_protocols().contains(packet.protocol) {
            return false;
        }
        if has_ports(packet.protocol) {
            return self.source_ports.contains(packet.source_port)
                && self.destination_ports.contains(packet.destination_port);
        }
        let [kind, code] = packet.destination_port.to_be_bytes();
        !is_icmp(packet.protocol)
            || self.icmp.is_empty()
            || self
                .icmp
                .iter()
                .any(|icmp| icmp.kind == kind && icmp.code.is_none_or(|wanted| wanted == code))
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |f: &mut fmt::Formatter<'_>, ip: IpAddr, port: u16| match ip {
            _ if !has_ports(self.protocol) => write!(f, "{ip}"),
            IpAddr::V4(v4) => write!(f, "{v4}:{port}"),
            IpAddr::V6(v6) => write!(f, "[{v6}]:{port}"),
        };
        write!(f, "{} ", protocol_name(self.protocol))?;
        end(f, self.source, self.source_port)?;
        f.write_str(" to ")?;
        end(f, self.destination, self.destination_port)?;
        if is_icmp(self.protocol) {
            let [kind, code] = self.destination_port.to_be_bytes();
            write!(f, " type {kind} code {code}")?;
        }
        match self.state {
            State::New => Ok(()),
            State::Established | State::Related | State::Invalid => write!(f, " ({})", self.state.name()),
        }
    }
}
