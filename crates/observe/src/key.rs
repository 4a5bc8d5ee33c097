//! What makes packets one flow.
//!
//! Over IP: both addresses, both ports (0 where the transport has none), the transport and the innermost VLAN.
//! Straight on Ethernet: both MACs, the Ethernet type and the VLAN; all 802.3 frames with LLC count as type 0.
//! The VLAN is part of it because plants repeat the same private addresses in cell after cell, and because a mirror of
//! a routed port shows each packet on both VLANs, which would look like everything being sent twice.

use cofferdam_terms::{EtherType, IpProtocol, MacAddr, Transport, VlanId};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One of a flow's two ends: the lower in the order of address and port, or the higher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    #[default]
    Low,
    High,
}

impl End {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::High => Self::Low,
        }
    }
}

/// One thing for each end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pair<T> {
    pub(crate) low: T,
    pub(crate) high: T,
}

impl<T> Pair<T> {
    pub(crate) const fn at(&self, end: End) -> &T {
        match end {
            End::Low => &self.low,
            End::High => &self.high,
        }
    }

    pub(crate) const fn at_mut(&mut self, end: End) -> &mut T {
        match end {
            End::Low => &mut self.low,
            End::High => &mut self.high,
        }
    }
}

/// Both ends in a fixed order, packed so that it hashes and compares in a few instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlowKey {
    low: [u64; 2],
    high: [u64; 2],
    /// Low port, high port, VLAN plus one, kind, IP protocol: 16, 16, 16, 8 and 8 bits from the top.
    rest: u64,
}

const KIND_V4: u64 = 0;
const KIND_V6: u64 = 1;
const KIND_ETHERNET: u64 = 2;

impl FlowKey {
    /// The key of an IP packet, and which end sent it.
    #[inline]
    pub(crate) fn ip(
        (source, source_port): (IpAddr, u16),
        (destination, destination_port): (IpAddr, u16),
        protocol: IpProtocol,
        vlan: Option<VlanId>,
    ) -> (Self, End) {
        let kind = if source.is_ipv4() { KIND_V4 } else { KIND_V6 };
        let rest = vlan_bits(vlan) | kind << 8 | u64::from(protocol.0);
        Self::ordered(
            (ip_words(source), source_port),
            (ip_words(destination), destination_port),
            rest,
        )
    }

    /// The key of a frame straight on Ethernet, and which end sent it.
    pub(crate) fn ethernet(
        source: MacAddr,
        destination: MacAddr,
        ether_type: EtherType,
        vlan: Option<VlanId>,
    ) -> (Self, End) {
        // Below 0x0600 the type is an 802.3 frame's length.
        let number = if ether_type.0 < 0x0600 { 0 } else { ether_type.0 };
        let rest = vlan_bits(vlan) | KIND_ETHERNET << 8;
        Self::ordered(
            (mac_words(source), number),
            (mac_words(destination), number),
            rest,
        )
    }

    #[inline]
    fn ordered(source: ([u64; 2], u16), destination: ([u64; 2], u16), rest: u64) -> (Self, End) {
        let (low, high, end) = if source <= destination {
            (source, destination, End::Low)
        } else {
            (destination, source, End::High)
        };
        let rest = rest | u64::from(low.1) << 48 | u64::from(high.1) << 32;
        let key = Self {
            low: low.0,
            high: high.0,
            rest,
        };
        (key, end)
    }

    /// All that tells flows apart.
    #[inline]
    pub(crate) const fn words(&self) -> [u64; 5] {
        let ([a, b], [c, d]) = (self.low, self.high);
        [a, b, c, d, self.rest]
    }

    const fn kind(&self) -> u64 {
        self.rest >> 8 & 0xff
    }

    const fn address(&self, end: End) -> [u64; 2] {
        match end {
            End::Low => self.low,
            End::High => self.high,
        }
    }

    /// The IP address of an end.
    pub(crate) fn ip_at(&self, end: End) -> Option<IpAddr> {
        let [top, bottom] = self.address(end);
        match self.kind() {
            KIND_V4 => Some(IpAddr::V4(Ipv4Addr::from_bits(low_32(bottom)))),
            KIND_V6 => Some(IpAddr::V6(Ipv6Addr::from_bits(
                u128::from(top) << 64 | u128::from(bottom),
            ))),
            _ => None,
        }
    }

    /// The MAC of an end, where the flow is straight on Ethernet.
    pub(crate) fn mac_at(&self, end: End) -> Option<MacAddr> {
        let [_, bottom] = self.address(end);
        let [_, _, mac @ ..] = bottom.to_be_bytes();
        (self.kind() == KIND_ETHERNET).then_some(MacAddr(mac))
    }

    /// The port of an end, 0 where there are none.
    pub(crate) const fn port(&self, end: End) -> u16 {
        if self.kind() == KIND_ETHERNET {
            return 0;
        }
        match end {
            End::Low => low_16(self.rest >> 48),
            End::High => low_16(self.rest >> 32),
        }
    }

    pub(crate) const fn transport(&self) -> Transport {
        if self.kind() == KIND_ETHERNET {
            Transport::Ethernet(EtherType(low_16(self.rest >> 48)))
        } else {
            let [.., protocol] = self.rest.to_be_bytes();
            Transport::Ip(IpProtocol(protocol))
        }
    }

    pub(crate) fn vlan(&self) -> Option<VlanId> {
        low_16(self.rest >> 16).checked_sub(1).and_then(VlanId::new)
    }
}

fn vlan_bits(vlan: Option<VlanId>) -> u64 {
    vlan.map_or(0, |vlan| u64::from(vlan.get()) + 1) << 16
}

#[inline]
fn ip_words(ip: IpAddr) -> [u64; 2] {
    match ip {
        IpAddr::V4(ip) => [0, ip.to_bits().into()],
        IpAddr::V6(ip) => {
            let [a, b, c, d, e, f, g, h] = ip.segments().map(u64::from);
            [a << 48 | b << 32 | c << 16 | d, e << 48 | f << 32 | g << 16 | h]
        }
    }
}

fn mac_words(mac: MacAddr) -> [u64; 2] {
    let [a, b, c, d, e, f] = mac.0;
    [0, u64::from_be_bytes([0, 0, a, b, c, d, e, f])]
}

const fn low_16(word: u64) -> u16 {
    let [.., a, b] = word.to_be_bytes();
    u16::from_be_bytes([a, b])
}

const fn low_32(word: u64) -> u32 {
    let [.., a, b, c, d] = word.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_ip() -> impl Strategy<Value = (IpAddr, IpAddr)> {
        prop_oneof![
            any::<(u32, u32)>().prop_map(|(a, b)| (
                IpAddr::V4(Ipv4Addr::from_bits(a)),
                IpAddr::V4(Ipv4Addr::from_bits(b))
            )),
            any::<(u128, u128)>().prop_map(|(a, b)| (
                IpAddr::V6(Ipv6Addr::from_bits(a)),
                IpAddr::V6(Ipv6Addr::from_bits(b))
            )),
        ]
    }

    proptest! {
        #[test]
        fn both_ways_make_one_key_that_gives_back_what_went_in(
            (a, b) in any_ip(), ports in any::<(u16, u16)>(), protocol: u8, vlan in proptest::option::of(0u16..4096)
        ) {
            let vlan = vlan.and_then(VlanId::new);
            let protocol = IpProtocol(protocol);
            let (key, end) = FlowKey::ip((a, ports.0), (b, ports.1), protocol, vlan);
            let (back, other) = FlowKey::ip((b, ports.1), (a, ports.0), protocol, vlan);
            prop_assert_eq!(key, back);
            prop_assert!(end != other || (a, ports.0) == (b, ports.1));
            prop_assert_eq!((key.ip_at(end), key.port(end)), (Some(a), ports.0));
            prop_assert_eq!((key.ip_at(end.other()), key.port(end.other())), (Some(b), ports.1));
            prop_assert_eq!((key.transport(), key.vlan()), (Transport::Ip(protocol), vlan));
        }

        #[test]
        fn a_pair_of_macs_makes_one_key(a: [u8; 6], b: [u8; 6], number in 0x0600u16..) {
            let (a, b) = (MacAddr(a), MacAddr(b));
            let (key, end) = FlowKey::ethernet(a, b, EtherType(number), None);
            prop_assert_eq!(key, FlowKey::ethernet(b, a, EtherType(number), None).0);
            prop_assert_eq!((key.mac_at(end), key.mac_at(end.other())), (Some(a), Some(b)));
            prop_assert_eq!((key.ip_at(end), key.port(end)), (None, 0));
            prop_assert_eq!(key.transport(), Transport::Ethernet(EtherType(number)));
        }
    }
}
