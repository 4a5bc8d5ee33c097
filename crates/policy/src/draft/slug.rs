//! Identifiers made of names and addresses: the same input gives the same id, so that drafts differ little.

use std::net::IpAddr;

/// The longest identifier that the plant model takes, in bytes.
const MAX: usize = 63;

/// Lower-case letters, digits and single hyphens out of any text; `x` if nothing is left.
pub(crate) fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    while out.ends_with('-') {
        out.pop();
    }
    if out.is_empty() {
        out.push('x');
    }
    bounded(&out)
}

/// An address as a slug: `10-20-1-11`, `fd00-0-0-1-0-0-0-5`.
pub(crate) fn address_slug(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => slug(&v4.to_string()),
        IpAddr::V6(v6) => v6.segments().map(|segment| format!("{segment:x}")).join("-"),
    }
}

/// Parts joined with hyphens.
pub(super) fn join(parts: &[&str]) -> String {
    bounded(&parts.join("-"))
}

/// A text that is too long keeps its start and gets a checksum of the whole at its end, so that two long texts with
/// one start stay two ids.
pub(crate) fn bounded(text: &str) -> String {
    if text.len() <= MAX {
        return text.to_owned();
    }
    let sum = text.bytes().fold(0x811c_9dc5_u32, |sum, byte| {
        (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let start: String = text.chars().take(MAX - 9).collect();
    format!("{start}-{sum:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_an_identifier() {
        let check = |text: &str, expected: &str| assert_eq!(slug(text), expected, "{text}");
        check("PLC-1 Test Cell", "plc-1-test-cell");
        check("__x__", "x");
        check("\\x00\\u{202e}", "x00-u-202e");
        check("ÄÖ", "x");
        check("", "x");
        for text in ["", "ä", &"a".repeat(400), "-a-", "1.2.3.4"] {
            assert!(slug(text).parse::<cofferdam_plant::AssetId>().is_ok(), "{text}");
        }
        let (a, b) = ("a".repeat(70), format!("{}b", "a".repeat(69)));
        assert_ne!(slug(&a), slug(&b));
    }
}
