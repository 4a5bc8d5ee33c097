//! Encoders: values in, bytes out, one file for each protocol.
//!
//! They are written from the specifications alone and share nothing with the dissectors, so that each can be the
//! other's judge: what is encoded here must read back the same there. Every function appends to the buffer that it is
//! given and can't fail; a length that doesn't fit its field is cut to the field's width, and the callers' bounds
//! (named in each file) keep that from happening.

pub mod arp;
pub mod cip;
pub mod der;
pub mod dhcp;
pub mod dnp3;
pub mod dns;
pub mod enip;
pub mod frame;
pub mod http;
pub mod lldp;
pub mod modbus;
pub mod ntlm;
pub mod ntp;
pub mod opcua;
pub mod rdp;
pub mod s7;
pub mod smb2;
pub mod ssh;
pub mod tls;

/// Appends a 16-bit number, most significant byte first.
pub fn be16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends a 32-bit number, most significant byte first.
pub fn be32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends a 16-bit number, least significant byte first.
pub fn le16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a 32-bit number, least significant byte first.
pub fn le32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a 64-bit number, least significant byte first.
pub fn le64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// A length as a byte field holds it.
#[must_use]
pub fn len8(length: usize) -> u8 {
    u8::try_from(length & 0xff).unwrap_or_default()
}

/// A length as a 16-bit field holds it.
#[must_use]
pub fn len16(length: usize) -> u16 {
    u16::try_from(length & 0xffff).unwrap_or_default()
}

/// A length as a 32-bit field holds it.
#[must_use]
pub fn len32(length: usize) -> u32 {
    u32::try_from(length & 0xffff_ffff).unwrap_or_default()
}

/// Overwrites bytes that were appended before; does nothing past the end.
pub fn patch(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = at.checked_add(bytes.len()).and_then(|end| out.get_mut(at..end)) {
        place.copy_from_slice(bytes);
    }
}

/// Writes a part and, before it, its length in 16 bits, most significant byte first.
pub fn sized_be16(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    be16(out, 0);
    write(out);
    let length = len16(out.len() - at - 2);
    patch(out, at, &length.to_be_bytes());
}

/// Writes a part and, before it, its length in 16 bits, least significant byte first.
pub fn sized_le16(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    le16(out, 0);
    write(out);
    let length = len16(out.len() - at - 2);
    patch(out, at, &length.to_le_bytes());
}

/// Writes a part and, before it, its length in one byte.
pub fn sized8(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.push(0);
    write(out);
    let length = len8(out.len() - at - 1);
    patch(out, at, &[length]);
}
