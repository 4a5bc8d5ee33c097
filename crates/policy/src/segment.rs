//! Flows that no router forwards, and which therefore cross no conduit.

use crate::flow::Flow;
use crate::place::Place;
use crate::verdict::SegmentReason;
use cofferdam_terms::{EtherType, Transport};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a flow stays in its segment, if it does. `responder` is where the responder is placed.
pub(crate) fn segment_reason(flow: &Flow<'_>, responder: Option<&Place>) -> Option<SegmentReason> {
    if flow.transport == Transport::Ethernet(EtherType::ARP) {
        return Some(SegmentReason::AddressResolution);
    }
    let initiator = flow.initiator.address();
    let Some(to) = flow.responder.address() else {
        return match flow.responder.mac {
            Some(mac) if mac.0 == [0xff; 6] => Some(SegmentReason::Broadcast),
            Some(mac) if mac.is_group() => Some(SegmentReason::Multicast),
            Some(_) | None => None,
        };
    };
    if initiator.is_some_and(is_link_local) || is_link_local(to) {
        return Some(SegmentReason::LinkLocal);
    }
    if to == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return Some(SegmentReason::Broadcast);
    }
    if to.is_multicast() {
        let stays = stays_on_link(to) || responder.is_none();
        return stays.then_some(SegmentReason::Multicast);
    }
    let subnet = broadcast_subnet(to, responder)?;
    subnet.contains(&initiator?).then_some(SegmentReason::Broadcast)
}

const fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.is_loopback(),
    }
}

/// Groups that no router forwards: 224.0.0.0/24 (RFC 5771), and IPv6 groups of interface or link scope (RFC 4291).
fn stays_on_link(group: IpAddr) -> bool {
    match group {
        IpAddr::V4(v4) => matches!(v4.octets(), [224, 0, 0, _]),
        IpAddr::V6(v6) => scope(v6) <= 2,
    }
}

const fn scope(group: Ipv6Addr) -> u16 {
    let [first, ..] = group.segments();
    first & 0x000f
}

/// The subnet that selects an address, if the address is its broadcast address.
pub(crate) fn broadcast_subnet(ip: IpAddr, place: Option<&Place>) -> Option<IpNet> {
    let Some(Place::In(host)) = place else {
        return None;
    };
    match host.subnet? {
        // A subnet of two addresses or one has no broadcast address (RFC 3021).
        IpNet::V4(v4) => (v4.prefix_len() <= 30 && IpAddr::V4(v4.broadcast()) == ip).then_some(IpNet::V4(v4)),
        IpNet::V6(_) => None,
    }
}
