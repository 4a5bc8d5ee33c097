//! NTP version 4 (RFC 5905): client and server packets of 48 bytes.

use super::be32;

/// The port.
pub const PORT: u16 = 123;

/// A moment as NTP writes it: seconds since 1900 in the upper half, a binary fraction in the lower.
#[must_use]
pub fn moment(nanos: i64) -> u64 {
    let seconds =
        u64::try_from(nanos.div_euclid(1_000_000_000) + 2_208_988_800).unwrap_or_default() & 0xffff_ffff;
    let fraction = u64::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or_default();
    (seconds << 32) | ((fraction << 32) / 1_000_000_000)
}

/// Appends a client's question sent at a moment.
pub fn question(out: &mut Vec<u8>, sent: u64) {
    out.extend_from_slice(&[0x23, 0, 10, 0xfa]);
    out.extend_from_slice(&[0; 36]);
    out.extend_from_slice(&sent.to_be_bytes());
}

/// Appends a server's answer of stratum 2.
pub fn answer(out: &mut Vec<u8>, sent: u64, received: u64, answered: u64) {
    out.extend_from_slice(&[0x24, 2, 10, 0xe9]);
    be32(out, 0x0000_0400); // root delay
    be32(out, 0x0000_0a00); // root dispersion
    out.extend_from_slice(&[192, 0, 2, 123]); // its own source
    for moment in [received & !0xff_ffff_ffff, sent, received, answered] {
        out.extend_from_slice(&moment.to_be_bytes());
    }
}
