//! TLS 1.2 (RFC 5246) and 1.3 (RFC 8446) as they look from outside: what is encrypted is filled with noise.

use super::{be16, be32, len8, sized_be16, sized8};

/// Random bytes for one side's first message.
pub type Random = [u8; 32];

/// The newest version that a side speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

const HANDSHAKE: u8 = 22;
const LEGACY: u16 = 0x0303;
/// ECDHE with X25519, as a key of 32 bytes.
const X25519: u16 = 0x001d;

/// Appends a record.
pub fn record(out: &mut Vec<u8>, kind: u8, content: impl FnOnce(&mut Vec<u8>)) {
    out.push(kind);
    be16(out, LEGACY);
    sized_be16(out, content);
}

/// Appends a record of application data, 23, or of an encrypted handshake message, 22, with bytes that look random.
pub fn encrypted(out: &mut Vec<u8>, kind: u8, noise: &[u8]) {
    record(out, kind, |out| out.extend_from_slice(noise));
}

/// Appends ChangeCipherSpec.
pub fn change_cipher_spec(out: &mut Vec<u8>) {
    record(out, 20, |out| out.push(1));
}

fn handshake(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    record(out, HANDSHAKE, |out| handshake_message(out, kind, body));
}

fn handshake_message(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    be32(out, u32::from(kind) << 24);
    body(out);
    let length = super::len32(out.len() - at - 4) & 0x00ff_ffff;
    super::patch(out, at, &(u32::from(kind) << 24 | length).to_be_bytes());
}

/// Appends ClientHello with the server's name.
pub fn client_hello(out: &mut Vec<u8>, version: Version, random: &Random, key: &Random, server: &str) {
    handshake(out, 1, |out| {
        be16(out, LEGACY);
        out.extend_from_slice(random);
        match version {
            Version::Tls12 => out.push(0),
            Version::Tls13 => sized8(out, |out| out.extend_from_slice(key)),
        }
        sized_be16(out, |out| {
            if version == Version::Tls13 {
                [0x1301, 0x1302, 0x1303]
                    .into_iter()
                    .for_each(|suite| be16(out, suite));
            }
            for suite in [0xc02f, 0xc030, 0xc02b, 0xc02c, 0x009c, 0x009d] {
                be16(out, suite);
            }
        });
        out.extend_from_slice(&[1, 0]); // no compression
        sized_be16(out, |out| client_extensions(out, version, key, server));
    });
}

fn client_extensions(out: &mut Vec<u8>, version: Version, key: &Random, server: &str) {
    extension(out, 0, |out| {
        sized_be16(out, |out| {
            out.push(0); // a host name
            sized_be16(out, |out| out.extend_from_slice(server.as_bytes()));
        });
    });
    extension(out, 10, |out| {
        sized_be16(out, |out| {
            [X25519, 0x0017, 0x0018]
                .into_iter()
                .for_each(|group| be16(out, group))
        });
    });
    extension(out, 11, |out| out.extend_from_slice(&[1, 0])); // uncompressed points
    extension(out, 13, |out| {
        sized_be16(out, |out| {
            [0x0403, 0x0804, 0x0401, 0x0503, 0x0501]
                .into_iter()
                .for_each(|scheme| be16(out, scheme));
        });
    });
    match version {
        Version::Tls12 => extension(out, 23, |_| {}), // extended master secret
        Version::Tls13 => {
            extension(out, 43, |out| {
                sized8(out, |out| [0x0304, LEGACY].into_iter().for_each(|v| be16(out, v)))
            });
            extension(out, 51, |out| sized_be16(out, |out| key_share(out, key)));
        }
    }
}

fn key_share(out: &mut Vec<u8>, key: &Random) {
    be16(out, X25519);
    sized_be16(out, |out| out.extend_from_slice(key));
}

fn extension(out: &mut Vec<u8>, kind: u16, body: impl FnOnce(&mut Vec<u8>)) {
    be16(out, kind);
    sized_be16(out, body);
}

/// Appends the server's first flight of TLS 1.2: ServerHello, Certificate, ServerKeyExchange, ServerHelloDone.
pub fn server_flight(
    out: &mut Vec<u8>,
    random: &Random,
    session: &Random,
    key: &Random,
    certificate: &[u8],
    signature: &[u8; 256],
) {
    handshake(out, 2, |out| {
        be16(out, LEGACY);
        out.extend_from_slice(random);
        sized8(out, |out| out.extend_from_slice(session));
        be16(out, 0xc02f); // ECDHE-RSA with AES-128-GCM
        out.push(0);
        sized_be16(out, |out| extension(out, 23, |_| {}));
    });
    handshake(out, 11, |out| {
        sized_be24(out, |out| {
            sized_be24(out, |out| out.extend_from_slice(certificate))
        });
    });
    handshake(out, 12, |out| {
        out.push(3); // a named curve
        be16(out, X25519);
        sized8(out, |out| out.extend_from_slice(key));
        be16(out, 0x0401);
        sized_be16(out, |out| out.extend_from_slice(signature));
    });
    handshake(out, 14, |_| {});
}

/// Appends ServerHello of TLS 1.3, after which all is encrypted.
pub fn server_hello_13(out: &mut Vec<u8>, random: &Random, session: &Random, key: &Random) {
    handshake(out, 2, |out| {
        be16(out, LEGACY);
        out.extend_from_slice(random);
        sized8(out, |out| out.extend_from_slice(session));
        be16(out, 0x1301);
        out.push(0);
        sized_be16(out, |out| {
            extension(out, 43, |out| be16(out, 0x0304));
            extension(out, 51, |out| key_share(out, key));
        });
    });
}

/// Appends ClientKeyExchange of TLS 1.2.
pub fn client_key_exchange(out: &mut Vec<u8>, key: &Random) {
    handshake(out, 16, |out| sized8(out, |out| out.extend_from_slice(key)));
}

fn sized_be24(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 3]);
    write(out);
    let [_, a, b, c] = super::len32(out.len() - at - 3).to_be_bytes();
    super::patch(out, at, &[a, b, c]);
}

/// An alert of level warning: close_notify, in the clear before encryption begins.
pub fn close_notify(out: &mut Vec<u8>) {
    record(out, 21, |out| out.extend_from_slice(&[1, len8(0)]));
}
