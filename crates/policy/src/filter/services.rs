//! What carries a packet: IP protocol, ports, ICMP type.

use cofferdam_plant::PortRange;
use cofferdam_terms::IpProtocol;
use std::fmt;

/// IP protocols that have ports: TCP, UDP, DCCP, SCTP, UDP-Lite (IANA).
pub const PORT_PROTOCOLS: [IpProtocol; 5] = [
    IpProtocol::TCP,
    IpProtocol::UDP,
    IpProtocol(33),
    IpProtocol(132),
    IpProtocol(136),
];

/// Whether a protocol has ports.
#[must_use]
pub const fn has_ports(protocol: IpProtocol) -> bool {
    matches!(protocol.0, 6 | 17 | 33 | 132 | 136)
}

/// Whether a protocol is ICMP or ICMPv6.
#[must_use]
pub const fn is_icmp(protocol: IpProtocol) -> bool {
    matches!(protocol.0, 1 | 58)
}

/// A set of IP protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocols([u64; 4]);

impl Protocols {
    /// Every protocol.
    pub const ANY: Self = Self([u64::MAX; 4]);
    /// None.
    pub const NONE: Self = Self([0; 4]);

    /// One protocol.
    #[must_use]
    pub fn one(protocol: IpProtocol) -> Self {
        [protocol].into_iter().collect()
    }

    /// Whether a protocol is in the set.
    #[must_use]
    pub fn contains(self, protocol: IpProtocol) -> bool {
        let word = self.0.get(usize::from(protocol.0 >> 6)).copied().unwrap_or(0);
        word >> (protocol.0 & 63) & 1 == 1
    }

    /// The protocols that are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a & e, b & f, c & g, d & h])
    }

    /// The protocols that are not in the set.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// The protocols in order.
    pub fn iter(self) -> impl Iterator<Item = IpProtocol> {
        (0..=u8::MAX)
            .map(IpProtocol)
            .filter(move |protocol| self.contains(*protocol))
    }
}

impl FromIterator<IpProtocol> for Protocols {
    fn from_iter<I: IntoIterator<Item = IpProtocol>>(protocols: I) -> Self {
        let mut set = Self::NONE;
        for protocol in protocols {
            if let Some(word) = set.0.get_mut(usize::from(protocol.0 >> 6)) {
                *word |= 1 << (protocol.0 & 63);
            }
        }
        set
    }
}

/// A set of ports: ordered, disjoint ranges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports(Vec<PortRange>);

impl Ports {
    /// Every port.
    #[must_use]
    pub fn any() -> Self {
        Self(vec![PortRange::ALL])
    }

    /// The ports of these ranges, in any order.
    #[must_use]
    pub fn of(mut ranges: Vec<PortRange>) -> Self {
        ranges.sort_unstable();
        let mut out: Vec<PortRange> = Vec::new();
        for range in ranges {
            match out.last_mut() {
                Some(last) if range.first() <= last.last().saturating_add(1) => {
                    let end = last.last().max(range.last());
                    *last = PortRange::new(last.first(), end).unwrap_or(*last);
                }
                Some(_) | None => out.push(range),
            }
        }
        Self(out)
    }

    /// One port.
    #[must_use]
    pub fn one(port: u16) -> Self {
        Self(vec![PortRange::one(port)])
    }

    /// The ports that are not in it.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut out = Vec::new();
        let mut from = Some(0u16);
        for range in &self.0 {
            let before = range.first().checked_sub(1);
            out.extend(
                from.zip(before)
                    .and_then(|(first, last)| PortRange::new(first, last)),
            );
            from = range.last().checked_add(1);
        }
        out.extend(from.and_then(|first| PortRange::new(first, u16::MAX)));
        Self(out)
    }

    /// The ranges.
    #[must_use]
    pub fn ranges(&self) -> &[PortRange] {
        &self.0
    }

    /// Whether it is every port.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0 == [PortRange::ALL]
    }

    /// Whether a port is in it.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.0.iter().any(|range| range.contains(port))
    }
}

/// A type of ICMP or ICMPv6 messages, and its code if only one is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IcmpType {
    /// The type.
    pub kind: u8,
    /// The code; all, if `None`.
    pub code: Option<u8>,
}

/// What carries a packet. Ports count only for protocols that have them, ICMP types only for ICMP and ICMPv6: with
/// either, no other protocol is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Carrier {
    /// The protocols.
    pub protocols: Protocols,
    /// The sender's ports.
    pub source_ports: Ports,
    /// The receiver's ports.
    pub destination_ports: Ports,
    /// ICMP types; all, if empty.
    pub icmp: Vec<IcmpType>,
}

impl Carrier {
    /// Anything.
    #[must_use]
    pub fn any() -> Self {
        Self::protocols(Protocols::ANY)
    }

    /// All of some protocols.
    #[must_use]
    pub fn protocols(protocols: Protocols) -> Self {
        Self {
            protocols,
            source_ports: Ports::any(),
            destination_ports: Ports::any(),
            icmp: Vec::new(),
        }
    }

    /// One protocol.
    #[must_use]
    pub fn protocol(protocol: IpProtocol) -> Self {
        Self::protocols(Protocols::one(protocol))
    }

    /// One protocol towards some ports.
    #[must_use]
    pub fn to_ports(protocol: IpProtocol, ports: Ports) -> Self {
        Self {
            destination_ports: ports,
            ..Self::protocol(protocol)
        }
    }

    /// Whether it carries everything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self == Self::any()
    }

    /// The protocols that it means, those without the ports or types that it asks for left out.
    #[must_use]
    pub fn effective_protocols(&self) -> Protocols {
        let mut protocols = self.protocols;
        if !(self.source_ports.is_any() && self.destination_ports.is_any()) {
            protocols = protocols.and(PORT_PROTOCOLS.into_iter().collect());
        }
        if !self.icmp.is_empty() {
            protocols = protocols.and([IpProtocol::ICMP, IpProtocol::ICMPV6].into_iter().collect());
        }
        protocols
    }
}

/// An IP protocol's name, or `ip-` and its number.
pub(crate) fn protocol_name(protocol: IpProtocol) -> String {
    cofferdam_terms::Transport::Ip(protocol).to_string()
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.protocols == Protocols::ANY {
            f.write_str("any protocol")?;
        } else {
            let names: Vec<_> = self.protocols.iter().take(8).map(protocol_name).collect();
            f.write_str(&names.join(", "))?;
        }
        let ports = |f: &mut fmt::Formatter<'_>, word: &str, ports: &Ports| -> fmt::Result {
            if ports.is_any() {
                return Ok(());
            }
            let texts: Vec<_> = ports
                .ranges()
                .iter()
                .map(|range| range_text(*range, "-"))
                .collect();
            write!(f, " {word} {}", texts.join(", "))
        };
        ports(f, "from", &self.source_ports)?;
        ports(f, "to", &self.destination_ports)?;
        for icmp in &self.icmp {
            write!(f, " type {}", icmp.kind)?;
            if let Some(code) = icmp.code {
                write!(f, " code {code}")?;
            }
        }
        Ok(())
    }
}

/// `502`, or first and last with a mark between.
pub(crate) fn range_text(range: PortRange, between: &str) -> String {
    if range.first() == range.last() {
        range.first().to_string()
    } else {
        format!("{}{between}{}", range.first(), range.last())
    }
}
