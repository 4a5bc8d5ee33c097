//! What backends share about text: lines and words with their places, names, addresses and ports as devices write them.

use crate::filter::{AddressSet, Carrier, Family, Ports, Protocols, Span};
use cofferdam_plant::PortRange;
use cofferdam_terms::IpProtocol;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _};
use std::net::{IpAddr, Ipv4Addr};

/// A line with its words; text between quotation marks is one word, without them.
#[derive(Clone, Debug)]
pub(crate) struct Line<'t> {
    pub(crate) number: u32,
    pub(crate) indented: bool,
    pub(crate) text: &'t str,
    pub(crate) words: Vec<&'t str>,
}

impl<'t> Line<'t> {
    pub(crate) const fn span(&self) -> Span {
        Span::line(self.number)
    }

    pub(crate) fn word(&self, at: usize) -> &'t str {
        self.words.get(at).copied().unwrap_or_default()
    }

    pub(crate) fn from(&self, at: usize) -> &[&'t str] {
        self.words.get(at..).unwrap_or_default()
    }
}

/// The lines of a text that have words.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    (1u32..).zip(text.lines()).filter_map(|(number, text)| {
        let words = words(text);
        (!words.is_empty()).then_some(Line {
            number,
            indented: text.starts_with(char::is_whitespace),
            text,
            words,
        })
    })
}

pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let (word, after) = if first == '"' {
            let body = rest.get(1..).unwrap_or_default();
            body.split_once('"').unwrap_or((body, ""))
        } else {
            rest.split_once(char::is_whitespace).unwrap_or((rest, ""))
        };
        out.push(word);
        rest = after.trim_start();
    }
    out
}

/// A name out of a label: letters, digits, `-` and `_`; long ones are cut and told apart by a checksum.
pub(crate) fn name(label: &str, suffix: &str) -> String {
    const LONGEST: usize = 44;
    let fits = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let plain: String = label.chars().map(fits).collect();
    if plain.len() <= LONGEST {
        return format!("cf_{plain}_{suffix}");
    }
    let mut hasher = foldhash::fast::FixedState::with_seed(0).build_hasher();
    hasher.write(plain.as_bytes());
    let cut: String = plain.chars().take(LONGEST - 9).collect();
    format!("cf_{cut}_{:08x}_{suffix}", hasher.finish() & 0xffff_ffff)
}

/// Names of address lists: lists that are equal share the first one's.
#[derive(Default)]
pub(crate) struct Names {
    names: BTreeMap<AddressSet, String>,
    /// In the order in which they were met.
    pub(crate) lists: Vec<(String, AddressSet)>,
}

impl Names {
    pub(crate) fn of(&mut self, set: &AddressSet, label: &str, suffix: &str) -> String {
        if let Some(known) = self.names.get(set) {
            return known.clone();
        }
        let mut name = name(label, suffix);
        let taken = |name: &String| self.lists.iter().any(|(known, _)| known == name);
        let mut n = 1u32;
        while taken(&name) {
            n += 1;
            name = super::text::name(label, &format!("{n}{suffix}"));
        }
        self.names.insert(set.clone(), name.clone());
        self.lists.push((name.clone(), set.clone()));
        name
    }
}

/// The prefixes of a set, IPv4 first.
pub(crate) fn prefixes(set: &AddressSet) -> Vec<IpNet> {
    Family::ALL
        .into_iter()
        .flat_map(|family| {
            set.of(family)
                .iter()
                .flat_map(move |range| range.prefixes(family))
        })
        .collect()
}

/// A protocol and a range of its responder's ports; all protocols or ports, if `None`.
pub(crate) type Item = (Option<IpProtocol>, Option<PortRange>);

/// Carriers one protocol and one range of ports each.
pub(crate) fn items(carriers: &[Carrier]) -> Vec<Item> {
    let mut out = Vec::new();
    for carrier in carriers {
        if carrier.is_any() {
            return vec![(None, None)];
        }
        for protocol in carrier.protocols.iter() {
            if carrier.destination_ports.is_any() {
                out.push((Some(protocol), None));
            } else {
                let ranges = carrier.destination_ports.ranges().iter();
                out.extend(ranges.map(|range| (Some(protocol), Some(*range))));
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// `10.0.0.1`, `10.0.0.0/24`, `10.0.0.1-10.0.0.9`, and the same of IPv6.
pub(crate) fn addresses(text: &str) -> Option<AddressSet> {
    if let Some((first, last)) = text.split_once('-') {
        return AddressSet::range(first.parse().ok()?, last.parse().ok()?);
    }
    match text.split_once('/') {
        Some((ip, mask)) if mask.contains('.') => masked(ip, mask),
        Some(_) => text.parse().ok().map(AddressSet::net),
        None => text.parse().ok().map(AddressSet::host),
    }
}

/// An IPv4 network by its address and mask.
pub(crate) fn masked(ip: &str, mask: &str) -> Option<AddressSet> {
    network(ip, mask).map(AddressSet::net)
}

/// An IPv4 network by its address and mask.
pub(crate) fn network(ip: &str, mask: &str) -> Option<IpNet> {
    let mask: Ipv4Addr = mask.parse().ok()?;
    let length = u32::from(mask).leading_ones();
    let whole = u32::from(mask).checked_shl(length).unwrap_or(0) == 0;
    let net = IpNet::new(ip.parse::<Ipv4Addr>().ok()?.into(), u8::try_from(length).ok()?).ok()?;
    whole.then_some(net)
}

/// An IPv4 network by its address and wildcard, whose ones are "any".
pub(crate) fn wildcard(ip: &str, wildcard: &str) -> Option<AddressSet> {
    let mask: Ipv4Addr = wildcard.parse().ok()?;
    masked(ip, &Ipv4Addr::from(!u32::from(mask)).to_string())
}

/// A network as address and mask, or wildcard.
pub(crate) fn mask_of(net: &IpNet) -> (IpAddr, IpAddr, IpAddr) {
    (net.network(), net.netmask(), net.hostmask())
}

/// A protocol by the name that most devices have for it, or its number.
pub(crate) fn protocol(text: &str) -> Option<IpProtocol> {
    Some(IpProtocol(match text {
        "icmp" => 1,
        "igmp" => 2,
        "ipip" | "ipinip" => 4,
        "tcp" => 6,
        "egp" => 8,
        "udp" => 17,
        "dccp" => 33,
        "ipv6" => 41,
        "gre" => 47,
        "esp" => 50,
        "ah" | "ahp" => 51,
        "icmp6" | "icmpv6" | "ipv6-icmp" => 58,
        "eigrp" => 88,
        "ospf" => 89,
        "nos" => 94,
        "pim" => 103,
        "vrrp" => 112,
        "sctp" => 132,
        "udplite" => 136,
        _ => text.parse().ok()?,
    }))
}

/// A port by the name that devices have for it, or its number.
pub(crate) fn port(text: &str) -> Option<u16> {
    const NAMES: [(&str, u16); 38] = [
        ("bgp", 179),
        ("bootpc", 68),
        ("bootps", 67),
        ("citrix-ica", 1494),
        ("cmd", 514),
        ("dns", 53),
        ("domain", 53),
        ("echo", 7),
        ("exec", 512),
        ("ftp", 21),
        ("ftp-data", 20),
        ("h323", 1720),
        ("http", 80),
        ("https", 443),
        ("imap4", 143),
        ("isakmp", 500),
        ("kerberos", 88),
        ("ldap", 389),
        ("ldaps", 636),
        ("login", 513),
        ("lpd", 515),
        ("microsoft-ds", 445),
        ("nameserver", 42),
        ("netbios-dgm", 138),
        ("netbios-ns", 137),
        ("netbios-ssn", 139),
        ("nfs", 2049),
        ("ntp", 123),
        ("pop3", 110),
        ("radius", 1645),
        ("sip", 5060),
        ("smtp", 25),
        ("snmp", 161),
        ("snmptrap", 162),
        ("sqlnet", 1521),
        ("ssh", 22),
        ("syslog", 514),
        ("tacacs", 49),
    ];
    const MORE: [(&str, u16); 4] = [("telnet", 23), ("tftp", 69), ("www", 80), ("whois", 43)];
    let named = NAMES
        .iter()
        .chain(&MORE)
        .find(|(name, _)| *name == text)
        .map(|(_, port)| *port);
    named.or_else(|| text.parse().ok())
}

/// `502`, `1000-2000` or `1000:2000`.
pub(crate) fn port_range(text: &str) -> Option<PortRange> {
    match text.split_once(['-', ':']) {
        Some((first, last)) if port(text).is_none() => {
            let first = if first.is_empty() { 0 } else { port(first)? };
            PortRange::new(first, if last.is_empty() { u16::MAX } else { port(last)? })
        }
        Some(_) | None => port(text).map(PortRange::one),
    }
}

/// Ranges with commas between.
pub(crate) fn ports(text: &str) -> Option<Ports> {
    text.split(',')
        .map(|item| port_range(item.trim()))
        .collect::<Option<Vec<_>>>()
        .map(Ports::of)
}

/// TCP and UDP.
pub(crate) fn tcp_udp() -> Protocols {
    [IpProtocol::TCP, IpProtocol::UDP].into_iter().collect()
}

/// Text that can stand in any device's comment: what could end one becomes `?`, what is long is cut.
pub(crate) fn printable(text: &str) -> String {
    let fits = |c: char| (c.is_ascii_graphic() || c == ' ') && !"\"'\\<>&|;$`".contains(c);
    text.chars()
        .map(|c| if fits(c) { c } else { '?' })
        .take(120)
        .collect()
}
