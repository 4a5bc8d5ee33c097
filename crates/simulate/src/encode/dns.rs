//! DNS (RFC 1035): questions and answers for addresses.

use super::{be16, be32, sized_be16, sized8};
use std::net::Ipv4Addr;

/// The port.
pub const PORT: u16 = 53;

/// Appends a question for a name's IPv4 address.
pub fn question(out: &mut Vec<u8>, id: u16, name: &str) {
    header(out, id, 0x0100, 0);
    asked(out, name);
}

/// Appends the answer: the address, or that there is no such name.
pub fn answer(out: &mut Vec<u8>, id: u16, name: &str, address: Option<Ipv4Addr>) {
    header(
        out,
        id,
        if address.is_some() { 0x8580 } else { 0x8583 },
        u16::from(address.is_some()),
    );
    asked(out, name);
    if let Some(address) = address {
        be16(out, 0xc00c); // the name asked for
        be16(out, 1);
        be16(out, 1);
        be32(out, 3600);
        sized_be16(out, |out| out.extend_from_slice(&address.octets()));
    }
}

fn header(out: &mut Vec<u8>, id: u16, flags: u16, answers: u16) {
    for word in [id, flags, 1, answers, 0, 0] {
        be16(out, word);
    }
}

fn asked(out: &mut Vec<u8>, name: &str) {
    for label in name.split('.') {
        sized8(out, |out| out.extend_from_slice(label.as_bytes()));
    }
    out.push(0);
    be16(out, 1); // A
    be16(out, 1); // IN
}
