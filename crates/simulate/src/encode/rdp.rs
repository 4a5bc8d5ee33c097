//! RDP's first two messages ([MS-RDPBCGR] 2.2.1.1 and 2.2.1.2), after which TLS begins.

use super::s7::tpkt;
use super::{be16, le16, le32, len8, patch};

/// Appends the connection request with the user's cookie, asking for TLS or CredSSP.
pub fn connection_request(out: &mut Vec<u8>, user: &str) {
    tpkt(out, |out| {
        let at = out.len();
        out.extend_from_slice(&[0, 0xe0]);
        be16(out, 0);
        be16(out, 0);
        out.push(0);
        out.extend_from_slice(format!("Cookie: mstshash={user}\r\n").as_bytes());
        negotiation(out, 1, 0x0000_0003);
        let length = len8(out.len() - at - 1);
        patch(out, at, &[length]);
    });
}

/// Appends the connection confirm that chooses TLS with CredSSP.
pub fn connection_confirm(out: &mut Vec<u8>) {
    tpkt(out, |out| {
        out.extend_from_slice(&[14, 0xd0]);
        be16(out, 0);
        be16(out, 0x1234);
        out.push(0);
        negotiation(out, 2, 0x0000_0002);
    });
}

fn negotiation(out: &mut Vec<u8>, kind: u8, protocols: u32) {
    out.extend_from_slice(&[kind, 0]);
    le16(out, 8);
    le32(out, protocols);
}
