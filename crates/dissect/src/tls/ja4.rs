//! The JA4 fingerprint of a ClientHello (FoxIO, "JA4: TLS client fingerprinting", under its BSD licence): what client
//! software this is, by what it offers, in whatever order.

use super::hello::{ClientHello, Cut};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The fingerprint over TCP; `None` when the hello was longer than is looked at.
pub(super) fn ja4(hello: &ClientHello<'_>) -> Option<String> {
    if hello.cut == Cut::Yes {
        return None;
    }
    let mut suites = hello.suites.to_vec();
    suites.sort_unstable();
    // The server's name and the application protocols stand in the first part.
    let mut extensions: Vec<u16> = hello
        .extensions
        .iter()
        .copied()
        .filter(|kind| !matches!(kind, 0 | 16))
        .collect();
    extensions.sort_unstable();
    let mut rest = list(&extensions);
    if !hello.signatures.is_empty() {
        rest.push('_');
        rest.push_str(&list(&hello.signatures));
    }
    Some(format!(
        "t{}{}{:02}{:02}{}_{}_{}",
        version(hello.version),
        if hello.extensions.contains(&0) { 'd' } else { 'i' },
        hello.suites.len().min(99),
        hello.extensions.len().min(99),
        protocol(hello.protocols.first().copied().unwrap_or_default()),
        if suites.is_empty() {
            NOTHING.to_owned()
        } else {
            digest(&list(&suites))
        },
        if extensions.is_empty() {
            NOTHING.to_owned()
        } else {
            digest(&rest)
        },
    ))
}

/// Stands for the digest of an empty list.
const NOTHING: &str = "000000000000";

const fn version(version: u16) -> &'static str {
    match version {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0200 => "s2",
        _ => "00",
    }
}

/// The first and last character of the first application protocol; of its hexadecimal form when they are no letters
/// or digits.
fn protocol(protocol: &[u8]) -> String {
    match (protocol.first(), protocol.last()) {
        (Some(first), Some(last)) if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
            [char::from(*first), char::from(*last)].iter().collect()
        }
        (Some(first), Some(last)) => format!("{:x}{:x}", first >> 4, last & 0x0f),
        _ => "00".to_owned(),
    }
}

fn list(codes: &[u16]) -> String {
    let mut text = String::with_capacity(codes.len() * 5);
    for (index, code) in codes.iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        // INVARIANT: writing to a String cannot fail.
        let _written: std::fmt::Result = write!(text, "{separator}{code:04x}");
    }
    text
}

/// The first twelve hexadecimal digits of the SHA-256 digest.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_gives_its_published_fingerprint() {
        let hello = ClientHello {
            version: 0x0304,
            suites: [
                0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                0x009c, 0x009d, 0x002f, 0x0035,
            ]
            .into_iter()
            .collect(),
            extensions: [
                0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
                0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
            ]
            .into_iter()
            .collect(),
            signatures: [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]
                .into_iter()
                .collect(),
            server: None,
            protocols: [b"h2".as_slice(), b"http/1.1"].into_iter().collect(),
            cut: Cut::No,
        };
        assert_eq!(
            ja4(&hello).as_deref(),
            Some("t13d1516h2_8daaf6152771_e5627efa2ab1")
        );
        assert_eq!(
            ja4(&ClientHello {
                cut: Cut::Yes,
                ..hello
            }),
            None
        );
    }

    #[test]
    fn a_hello_that_offers_nothing_has_a_fingerprint_too() {
        let hello = ClientHello {
            version: 0x0301,
            ..ClientHello::default()
        };
        assert_eq!(
            ja4(&hello).as_deref(),
            Some("t10i000000_000000000000_000000000000")
        );
    }
}
