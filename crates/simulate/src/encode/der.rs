//! DER (ITU-T X.690), and with it the two structures needed here: X.509 certificates and SPNEGO tokens.

use super::{len8, len16};

/// Appends an element with a tag and a content.
pub fn element(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    match content.len() {
        length @ 0..=0x7f => out.push(len8(length)),
        length @ 0x80..=0xff => out.extend_from_slice(&[0x81, len8(length)]),
        length => {
            out.push(0x82);
            out.extend_from_slice(&len16(length).to_be_bytes());
        }
    }
    out.extend_from_slice(content);
}

/// An element of elements.
#[must_use]
pub fn constructed(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    element(&mut out, tag, &parts.concat());
    out
}

/// An element with bytes.
#[must_use]
pub fn primitive(tag: u8, content: &[u8]) -> Vec<u8> {
    constructed(tag, &[content])
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const NULL: &[u8] = &[0x05, 0x00];
const OID: u8 = 0x06;
const UTF8: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;

/// What a certificate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate<'a> {
    /// Subject and issuer: the certificate is self-signed.
    pub common_name: &'a str,
    /// The organisation of both.
    pub organisation: &'a str,
    /// Serial number.
    pub serial: u32,
    /// Validity as `YYMMDDHHMMSSZ`.
    pub not_before: &'a str,
    /// Likewise.
    pub not_after: &'a str,
    /// The modulus of an RSA key of 2048 bits, most significant byte first.
    pub modulus: &'a [u8; 256],
    /// The signature's bytes. Nothing here can sign: it has the right form and verifies with no key.
    pub signature: &'a [u8; 256],
}

/// An X.509 version 3 certificate (RFC 5280) with an RSA key and sha256WithRSAEncryption.
#[must_use]
pub fn certificate(certificate: &Certificate<'_>) -> Vec<u8> {
    let algorithm = constructed(
        SEQUENCE,
        &[
            &primitive(OID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]),
            NULL,
        ],
    );
    let name = constructed(
        SEQUENCE,
        &[
            &attribute(&[0x55, 0x04, 0x0a], certificate.organisation),
            &attribute(&[0x55, 0x04, 0x03], certificate.common_name),
        ],
    );
    let validity = constructed(
        SEQUENCE,
        &[
            &primitive(UTC_TIME, certificate.not_before.as_bytes()),
            &primitive(UTC_TIME, certificate.not_after.as_bytes()),
        ],
    );
    let serial = certificate.serial & 0x7fff_ffff;
    let to_be_signed = constructed(
        SEQUENCE,
        &[
            &constructed(0xa0, &[&primitive(INTEGER, &[2])]),
            &primitive(INTEGER, &[&[1][..], &serial.to_be_bytes()].concat()),
            &algorithm,
            &name,
            &validity,
            &name,
            &rsa_key(certificate.modulus),
            &alternative_name(certificate.common_name),
        ],
    );
    let signature = primitive(BIT_STRING, &[&[0][..], certificate.signature].concat());
    constructed(SEQUENCE, &[&to_be_signed, &algorithm, &signature])
}

fn attribute(oid: &[u8], text: &str) -> Vec<u8> {
    let pair = constructed(
        SEQUENCE,
        &[&primitive(OID, oid), &primitive(UTF8, text.as_bytes())],
    );
    constructed(SET, &[&pair])
}

fn rsa_key(modulus: &[u8; 256]) -> Vec<u8> {
    // A leading zero keeps the number positive.
    let modulus = primitive(INTEGER, &[&[0][..], modulus].concat());
    let key = constructed(SEQUENCE, &[&modulus, &primitive(INTEGER, &[1, 0, 1])]);
    let algorithm = constructed(
        SEQUENCE,
        &[
            &primitive(OID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]),
            NULL,
        ],
    );
    let bits = primitive(BIT_STRING, &[&[0][..], &key].concat());
    constructed(SEQUENCE, &[&algorithm, &bits])
}

/// The extension subjectAltName with one DNS name.
fn alternative_name(name: &str) -> Vec<u8> {
    let names = constructed(SEQUENCE, &[&primitive(0x82, name.as_bytes())]);
    let extension = constructed(
        SEQUENCE,
        &[&primitive(OID, &[0x55, 0x1d, 0x11]), &primitive(0x04, &names)],
    );
    constructed(0xa3, &[&constructed(SEQUENCE, &[&extension])])
}

const SPNEGO: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];
const NTLMSSP: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a];

/// SPNEGO's first token (RFC 4178): NTLMSSP is offered, with its message if there is one.
#[must_use]
pub fn spnego_init(message: Option<&[u8]>) -> Vec<u8> {
    let mechanisms = constructed(0xa0, &[&constructed(SEQUENCE, &[&primitive(OID, NTLMSSP)])]);
    let token = message.map_or_else(Vec::new, |message| {
        constructed(0xa2, &[&primitive(0x04, message)])
    });
    let init = constructed(0xa0, &[&constructed(SEQUENCE, &[&mechanisms, &token])]);
    constructed(0x60, &[&primitive(OID, SPNEGO), &init])
}

/// SPNEGO's further tokens: state (0 completed, 1 incomplete), and NTLMSSP's message if there is one.
#[must_use]
pub fn spnego_answer(state: u8, message: Option<&[u8]>) -> Vec<u8> {
    let state = constructed(0xa0, &[&primitive(0x0a, &[state])]);
    let token = message.map_or_else(Vec::new, |message| {
        constructed(0xa2, &[&primitive(0x04, message)])
    });
    constructed(0xa1, &[&constructed(SEQUENCE, &[&state, &token])])
}
