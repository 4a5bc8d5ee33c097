//! EtherNet/IP encapsulation (The CIP Networks Library, volume 2, chapter 2) and common packet format.

use super::{be16, be32, le16, le32, len16, patch, sized_le16, sized8};
use std::net::Ipv4Addr;

/// The port of explicit messages.
pub const PORT: u16 = 44_818;
/// The port of cyclic data.
pub const IO_PORT: u16 = 2222;

/// Commands.
pub mod command {
    /// Lists the device's identity.
    pub const LIST_IDENTITY: u16 = 0x0063;
    /// Opens a session.
    pub const REGISTER_SESSION: u16 = 0x0065;
    /// Closes a session.
    pub const UNREGISTER_SESSION: u16 = 0x0066;
    /// Carries an unconnected message.
    pub const SEND_RR_DATA: u16 = 0x006f;
    /// Carries a connected message.
    pub const SEND_UNIT_DATA: u16 = 0x0070;
}

/// Appends an encapsulated message. The context comes back in the answer.
pub fn message(out: &mut Vec<u8>, command: u16, session: u32, context: u64, data: &[u8]) {
    le16(out, command);
    le16(out, len16(data.len()));
    le32(out, session);
    le32(out, 0); // status
    out.extend_from_slice(&context.to_le_bytes());
    le32(out, 0); // options
    out.extend_from_slice(data);
}

/// Data that opens a session, and of the answer.
pub const REGISTER: [u8; 4] = [1, 0, 0, 0];

/// Data of an unconnected message (SendRRData).
#[must_use]
pub fn unconnected(cip: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0]; // interface CIP, timeout, two items, null address
    le16(&mut out, 0x00b2);
    sized_le16(&mut out, |out| out.extend_from_slice(cip));
    out
}

/// Data of a connected message (SendUnitData).
#[must_use]
pub fn connected(connection: u32, sequence: u16, cip: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0, 0, 0, 0, 0, 2, 0];
    le16(&mut out, 0x00a1);
    sized_le16(&mut out, |out| le32(out, connection));
    le16(&mut out, 0x00b1);
    sized_le16(&mut out, |out| {
        le16(out, sequence);
        out.extend_from_slice(cip);
    });
    out
}

/// Appends a datagram of cyclic data (class 1): run/idle header as originators send it, or none.
pub fn cyclic(out: &mut Vec<u8>, connection: u32, packet: u32, sequence: u16, header: RunIdle, data: &[u8]) {
    le16(out, 2);
    le16(out, 0x8002); // sequenced address
    le16(out, 8);
    le32(out, connection);
    le32(out, packet);
    le16(out, 0x00b1);
    sized_le16(out, |out| {
        le16(out, sequence);
        match header {
            RunIdle::Run => le32(out, 1),
            RunIdle::Absent => {}
        }
        out.extend_from_slice(data);
    });
}

/// The 32-bit header before an originator's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunIdle {
    /// There is one and it says run.
    Run,
    /// There is none.
    Absent,
}

/// What a device says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Vendor number.
    pub vendor: u16,
    /// Device type number.
    pub device_type: u16,
    /// Product code.
    pub product_code: u16,
    /// Major and minor revision.
    pub revision: (u8, u8),
    /// Serial number.
    pub serial: u32,
    /// Product name, at most 32 characters.
    pub name: &'a str,
}

/// Data of an answer to ListIdentity.
#[must_use]
pub fn list_identity(ip: Ipv4Addr, identity: &Identity<'_>) -> Vec<u8> {
    let mut out = vec![1, 0];
    le16(&mut out, 0x000c);
    let at = out.len();
    le16(&mut out, 0);
    le16(&mut out, 1); // encapsulation version
    be16(&mut out, 2); // a socket address, most significant byte first: AF_INET
    be16(&mut out, PORT);
    be32(&mut out, ip.to_bits());
    out.extend_from_slice(&[0; 8]);
    identity_object(&mut out, identity);
    out.push(3); // state: operational
    let length = len16(out.len() - at - 2);
    patch(&mut out, at, &length.to_le_bytes());
    out
}

/// Appends the attributes 1 to 7 of the Identity object.
pub fn identity_object(out: &mut Vec<u8>, identity: &Identity<'_>) {
    le16(out, identity.vendor);
    le16(out, identity.device_type);
    le16(out, identity.product_code);
    out.extend_from_slice(&[identity.revision.0, identity.revision.1]);
    le16(out, 0x0060); // status: configured, running
    le32(out, identity.serial);
    sized8(out, |out| out.extend_from_slice(identity.name.as_bytes()));
}
