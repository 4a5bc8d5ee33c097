//! LLDP (IEEE 802.1AB): what a switch announces of itself on a port.

use super::{be16, len16};
use cofferdam_terms::MacAddr;
use std::net::Ipv4Addr;

/// The nearest bridge's group address.
pub const DESTINATION: MacAddr = MacAddr([0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e]);

/// What is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement<'a> {
    /// The chassis.
    pub chassis: MacAddr,
    /// The port's name.
    pub port: &'a str,
    /// The system's name.
    pub name: &'a str,
    /// The system's description, with product and firmware.
    pub description: &'a str,
    /// Its management address.
    pub management: Ipv4Addr,
}

/// Appends the data unit, without Ethernet header.
pub fn announcement(out: &mut Vec<u8>, announcement: &Announcement<'_>) {
    tlv(out, 1, &[&[4][..], &announcement.chassis.0]);
    tlv(out, 2, &[&[5], announcement.port.as_bytes()]);
    tlv(out, 3, &[&120_u16.to_be_bytes()]);
    tlv(out, 5, &[announcement.name.as_bytes()]);
    tlv(out, 6, &[announcement.description.as_bytes()]);
    tlv(out, 7, &[&[0, 4, 0, 4]]); // can bridge, does bridge
    // Address of 5 bytes, IPv4; interface 1 by index; no object id.
    tlv(
        out,
        8,
        &[&[5, 1], &announcement.management.octets(), &[2, 0, 0, 0, 1, 0]],
    );
    tlv(out, 0, &[]);
}

fn tlv(out: &mut Vec<u8>, kind: u16, parts: &[&[u8]]) {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    be16(out, kind << 9 | len16(length) & 0x1ff);
    parts.iter().for_each(|part| out.extend_from_slice(part));
}
