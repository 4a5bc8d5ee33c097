//! SSH (RFC 4253): banners, key exchange messages, and packets that look encrypted.

use super::{be32, len8, len32, patch};

/// Appends a banner line.
pub fn banner(out: &mut Vec<u8>, software: &str) {
    out.extend_from_slice(format!("SSH-2.0-{software}\r\n").as_bytes());
}

/// Appends SSH_MSG_KEXINIT.
pub fn key_exchange_init(out: &mut Vec<u8>, cookie: &[u8; 16]) {
    packet(out, |out| {
        out.push(20);
        out.extend_from_slice(cookie);
        for names in [
            "curve25519-sha256",
            "ssh-ed25519",
            "aes128-ctr",
            "aes128-ctr",
            "hmac-sha2-256",
            "hmac-sha2-256",
            "none",
            "none",
            "",
            "",
        ] {
            string(out, names.as_bytes());
        }
        out.push(0); // no guess follows
        be32(out, 0);
    });
}

/// Appends SSH_MSG_KEX_ECDH_INIT.
pub fn ecdh_init(out: &mut Vec<u8>, key: &[u8; 32]) {
    packet(out, |out| {
        out.push(30);
        string(out, key);
    });
}

/// Appends SSH_MSG_KEX_ECDH_REPLY with an Ed25519 host key.
pub fn ecdh_reply(out: &mut Vec<u8>, host_key: &[u8; 32], key: &[u8; 32], signature: &[u8; 64]) {
    packet(out, |out| {
        out.push(31);
        sized(out, |out| {
            string(out, b"ssh-ed25519");
            string(out, host_key);
        });
        string(out, key);
        sized(out, |out| {
            string(out, b"ssh-ed25519");
            string(out, signature);
        });
    });
}

/// Appends SSH_MSG_NEWKEYS.
pub fn new_keys(out: &mut Vec<u8>) {
    packet(out, |out| out.push(21));
}

fn packet(out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    be32(out, 0);
    out.push(0);
    payload(out);
    // At least four bytes of padding, to a multiple of eight.
    let padding = 4 + (8 - (out.len() - at + 4) % 8) % 8;
    out.resize(out.len() + padding, 0);
    let length = len32(out.len() - at - 4);
    patch(out, at, &length.to_be_bytes());
    patch(out, at + 4, &[len8(padding)]);
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    be32(out, len32(bytes.len()));
    out.extend_from_slice(bytes);
}

fn sized(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    be32(out, 0);
    write(out);
    let length = len32(out.len() - at - 4);
    patch(out, at, &length.to_be_bytes());
}
