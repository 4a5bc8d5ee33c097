//! NTLMSSP's three messages ([MS-NLMP] 2.2.1), which carry host, domain and user names in the clear.

use super::{le16, le32, le64, len16, len32, patch};

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// Unicode, NTLM, always sign, extended security, target info, version, 128 bits.
const FLAGS: u32 = 0xa288_8205;
/// Windows 10, build 17763, NTLM revision 15.
const VERSION: [u8; 8] = [10, 0, 0x63, 0x45, 0, 0, 0, 15];

/// The first: what the client can do.
#[must_use]
pub fn negotiate() -> Vec<u8> {
    let mut out = SIGNATURE.to_vec();
    le32(&mut out, 1);
    le32(&mut out, FLAGS);
    out.extend_from_slice(&[0; 16]); // no domain, no workstation
    out.extend_from_slice(&VERSION);
    out
}

/// The second: the server's names and its challenge.
#[must_use]
pub fn challenge(challenge: u64, domain: &str, computer: &str) -> Vec<u8> {
    let target = utf16(domain);
    let mut info = Vec::new();
    for (kind, name) in [(2, domain), (1, computer)] {
        let name = utf16(name);
        le16(&mut info, kind);
        le16(&mut info, len16(name.len()));
        info.extend_from_slice(&name);
    }
    le32(&mut info, 0); // end of list
    let mut out = SIGNATURE.to_vec();
    le32(&mut out, 2);
    let first = field(&mut out, target.len());
    le32(&mut out, FLAGS);
    le64(&mut out, challenge);
    le64(&mut out, 0);
    let second = field(&mut out, info.len());
    out.extend_from_slice(&VERSION);
    append(&mut out, first, &target);
    append(&mut out, second, &info);
    out
}

/// The third: who wants in. The responses are noise: no secret is in them.
#[must_use]
pub fn authenticate(domain: &str, user: &str, workstation: &str, noise: &[u8]) -> Vec<u8> {
    let parts = [
        vec![0; 24],
        ntlm_v2(noise),
        utf16(domain),
        utf16(user),
        utf16(workstation),
        Vec::new(),
    ];
    let mut out = SIGNATURE.to_vec();
    le32(&mut out, 3);
    let places = parts.each_ref().map(|part| field(&mut out, part.len()));
    le32(&mut out, FLAGS);
    out.extend_from_slice(&VERSION);
    out.extend_from_slice(&[0; 16]); // no integrity code
    for (place, part) in places.into_iter().zip(&parts) {
        append(&mut out, place, part);
    }
    out
}

/// An NTLMv2 response: proof, version, time and client's challenge, an empty list of names.
fn ntlm_v2(noise: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = noise.iter().copied().cycle().take(16).collect();
    out.resize(16, 0);
    out.extend_from_slice(&[1, 1, 0, 0, 0, 0, 0, 0]);
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&[0x5a; 8]);
    out.extend_from_slice(&[0; 8]);
    out
}

/// Length, room and a place for the offset, which is given.
fn field(out: &mut Vec<u8>, length: usize) -> usize {
    le16(out, len16(length));
    le16(out, len16(length));
    le32(out, 0);
    out.len() - 4
}

fn append(out: &mut Vec<u8>, place: usize, part: &[u8]) {
    let offset = len32(out.len());
    patch(out, place, &offset.to_le_bytes());
    out.extend_from_slice(part);
}

/// Text in UTF-16, least significant byte first.
#[must_use]
pub fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
