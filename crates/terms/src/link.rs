//! Addresses and numbers of the link, network and transport layers.

use std::fmt;
use std::str::FromStr;

/// The link type of a capture, by the number that pcap files carry (LINKTYPE_*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: a four-byte address family in the byte order of the capturing host.
    pub const NULL: Self = Self(0);
    /// Ethernet II and IEEE 802.3.
    pub const ETHERNET: Self = Self(1);
    /// Raw IP, the older number.
    pub const RAW_OLD: Self = Self(12);
    /// Raw IP, version told by the first nibble.
    pub const RAW: Self = Self(101);
    /// IEEE 802.11 frames; known, not supported.
    pub const IEEE802_11: Self = Self(105);
    /// OpenBSD loopback: a four-byte address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// IEEE 802.11 with a radiotap header; known, not supported.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
}

/// A 48-bit link-layer address (IEEE 802 EUI-48).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// Whether the group bit is set: multicast or broadcast.
    #[must_use]
    pub const fn is_group(self) -> bool {
        self.0[0] & 0x01 != 0
    }

    /// Whether the address was set by software rather than by the maker (the U/L bit), so that its first half is no vendor.
    #[must_use]
    pub const fn is_local(self) -> bool {
        self.0[0] & 0x02 != 0
    }

    /// The maker's half, an OUI of 24 bits.
    #[must_use]
    pub const fn oui(self) -> [u8; 3] {
        [self.0[0], self.0[1], self.0[2]]
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: every flow record has two, and six formatted numbers each would take most of its time.
        let digit = |value: u8| char::from_digit(u32::from(value & 0xf), 16).unwrap_or('?') as u8;
        let mut text = [b':'; 17];
        for (place, byte) in text.chunks_mut(3).zip(self.0) {
            if let [high, low, ..] = place {
                (*high, *low) = (digit(byte >> 4), digit(byte));
            }
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

/// A text that is no 48-bit address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAMacAddr(pub String);

impl fmt::Display for NotAMacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a MAC address of the form 00:1b:1b:aa:bb:cc",
            self.0
        )
    }
}

impl std::error::Error for NotAMacAddr {}

impl FromStr for MacAddr {
    type Err = NotAMacAddr;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || NotAMacAddr(text.to_owned());
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2).ok_or_else(fail)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| fail())?;
        }
        if parts.next().is_some() {
            Err(fail())
        } else {
            Ok(Self(bytes))
        }
    }
}

/// An IEEE 802.1Q VLAN identifier, 0–4095.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VlanId(u16);

impl VlanId {
    /// The identifier in the low 12 bits of a tag's control field.
    #[must_use]
    pub const fn from_tag_control(tci: u16) -> Self {
        Self(tci & 0x0fff)
    }

    /// An identifier, if it is one.
    #[must_use]
    pub const fn new(id: u16) -> Option<Self> {
        if id <= 0x0fff { Some(Self(id)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for VlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An Ethernet type (IEEE 802 numbers), 0x0600 and up; below that it is the length of an 802.3 frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EtherType(pub u16);

impl EtherType {
    /// IPv4.
    pub const IPV4: Self = Self(0x0800);
    /// ARP.
    pub const ARP: Self = Self(0x0806);
    /// IPv6.
    pub const IPV6: Self = Self(0x86dd);
    /// PROFINET (RT, DCP, PTCP).
    pub const PROFINET: Self = Self(0x8892);
    /// CDP, by the number that it has in a SNAP header of its maker's: it has no Ethernet type.
    pub const CDP: Self = Self(0x2000);
    /// LLDP.
    pub const LLDP: Self = Self(0x88cc);
    /// GOOSE (IEC 61850-8-1).
    pub const GOOSE: Self = Self(0x88b8);
    /// Sampled Values (IEC 61850-9-2).
    pub const SAMPLED_VALUES: Self = Self(0x88ba);
    /// EtherCAT.
    pub const ETHERCAT: Self = Self(0x88a4);
}

/// An IP protocol number (IANA).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpProtocol(pub u8);

impl IpProtocol {
    /// ICMP.
    pub const ICMP: Self = Self(1);
    /// IGMP.
    pub const IGMP: Self = Self(2);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// GRE.
    pub const GRE: Self = Self(47);
    /// ICMPv6.
    pub const ICMPV6: Self = Self(58);
}

/// What carries a flow: an IP protocol, or an Ethernet type for layer-2-native protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Over IP.
    Ip(IpProtocol),
    /// Straight on Ethernet.
    Ethernet(EtherType),
}

impl Transport {
    /// TCP.
    pub const TCP: Self = Self::Ip(IpProtocol::TCP);
    /// UDP.
    pub const UDP: Self = Self::Ip(IpProtocol::UDP);
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpProtocol::TCP) => f.write_str("tcp"),
            Self::Ip(IpProtocol::UDP) => f.write_str("udp"),
            Self::Ip(IpProtocol::ICMP) => f.write_str("icmp"),
            Self::Ip(IpProtocol::IGMP) => f.write_str("igmp"),
            Self::Ip(IpProtocol::ICMPV6) => f.write_str("icmpv6"),
            Self::Ip(IpProtocol(number)) => write!(f, "ip-{number}"),
            Self::Ethernet(EtherType(number)) => write!(f, "ethernet-0x{number:04x}"),
        }
    }
}

/// A text that names no transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTransport(pub String);

impl fmt::Display for UnknownTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no transport; write tcp, udp, icmp, ip-47 or ethernet-0x8892",
            self.0
        )
    }
}

impl std::error::Error for UnknownTransport {}

impl FromStr for Transport {
    type Err = UnknownTransport;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = match text {
            "tcp" => Some(Self::TCP),
            "udp" => Some(Self::UDP),
            "icmp" => Some(Self::Ip(IpProtocol::ICMP)),
            "igmp" => Some(Self::Ip(IpProtocol::IGMP)),
            "icmpv6" => Some(Self::Ip(IpProtocol::ICMPV6)),
            _ => None,
        };
        let numbered = || {
            text.strip_prefix("ip-")?
                .parse()
                .ok()
                .map(|n| Self::Ip(IpProtocol(n)))
        };
        let ether = || {
            let digits = text.strip_prefix("ethernet-0x")?;
            u16::from_str_radix(digits, 16)
                .ok()
                .map(|n| Self::Ethernet(EtherType(n)))
        };
        known
            .or_else(numbered)
            .or_else(ether)
            .ok_or_else(|| UnknownTransport(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_transports_print_and_read_back() {
        let mac = MacAddr([0x00, 0x1b, 0x1b, 0xaa, 0x0b, 0xcc]);
        assert_eq!(mac.to_string().parse(), Ok(mac));
        for bad in [
            "",
            "00:1b",
            "00:1b:1b:aa:bb:cc:dd",
            "0:1b:1b:aa:bb:ccc",
            "zz:1b:1b:aa:bb:cc",
        ] {
            assert!(bad.parse::<MacAddr>().is_err(), "{bad}");
        }
        for transport in [
            Transport::TCP,
            Transport::UDP,
            Transport::Ip(IpProtocol(47)),
            Transport::Ethernet(EtherType::GOOSE),
        ] {
            assert_eq!(transport.to_string().parse(), Ok(transport));
        }
    }
}
