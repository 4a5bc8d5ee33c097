//! ARP for IPv4 on Ethernet (RFC 826).

use super::be16;
use cofferdam_terms::MacAddr;
use std::net::Ipv4Addr;

/// What the sender wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArpOperation {
    /// Who has the target's address?
    Request,
    /// The sender has it.
    Reply,
}

/// A host by both its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArpHost {
    /// Link-layer address; all zero for the target of a request.
    pub mac: MacAddr,
    /// Internet address.
    pub ip: Ipv4Addr,
}

/// An ARP message of 28 bytes, without Ethernet header or padding.
pub fn message(out: &mut Vec<u8>, operation: ArpOperation, sender: ArpHost, target: ArpHost) {
    be16(out, 1); // hardware: Ethernet
    be16(out, 0x0800); // protocol: IPv4
    out.extend_from_slice(&[6, 4]);
    be16(
        out,
        match operation {
            ArpOperation::Request => 1,
            ArpOperation::Reply => 2,
        },
    );
    for host in [sender, target] {
        out.extend_from_slice(&host.mac.0);
        out.extend_from_slice(&host.ip.octets());
    }
}
