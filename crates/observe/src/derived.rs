//! Versions and products out of free text: `nginx/1.22.1`, `Cisco IOS Software, …, Version 12.2(25)SEG4, RELEASE`.
//!
//! Announcements and web servers give the software in one line of text. What such a line says of product and version
//! becomes facts of their own, with the protocol, packet and time of the line, which stays as it is. A protocol that
//! gives a version by itself is taken at its word. Of a line without a word like `version` a version is what alone in it
//! has the form of one: three numbers with dots.

use crate::record::IdentityFact;
use cofferdam_dissect::IdentityField;
use cofferdam_terms::WireText;

/// Words before a version, the surest first. A hardware's version is none.
const BEFORE: &[&str] = &["fw:", "firmware:", "firmware", "sw:", "version", "release", "rev"];
/// Protocols whose line is of the form `product/version` (RFC 9110, 10.2.4).
const PRODUCT_TOKENS: &[&str] = &["http", "ssdp"];
/// Protocols whose line is a system's description.
const DESCRIPTIONS: &[&str] = &["cdp", "lldp", "snmp"];
/// The longest version.
const MAX_VERSION: usize = 32;

/// Adds what lines of text say, and keeps the order.
pub(crate) fn derive(facts: &mut Vec<IdentityFact>, server: Server) {
    let mut more = Vec::new();
    for fact in facts.iter().filter(|fact| fact.field == IdentityField::System) {
        let line = fact.value.as_str();
        let said = |field| {
            facts
                .iter()
                .any(|other| other.field == field && other.protocol == fact.protocol)
        };
        let mut add = |field, value: &str| {
            if !said(field) {
                more.push(IdentityFact {
                    field,
                    value: WireText::from_stored(value),
                    ..fact.clone()
                });
            }
        };
        if PRODUCT_TOKENS.contains(&fact.protocol.0) && server == Server::Yes {
            if let Some((product, version)) = product_token(line) {
                add(IdentityField::Product, product);
                add(IdentityField::Firmware, version);
            }
        } else if DESCRIPTIONS.contains(&fact.protocol.0)
            && let Some(version) = version(line)
        {
            add(IdentityField::Firmware, version);
        }
    }
    facts.append(&mut more);
    facts.sort_unstable();
    facts.dedup();
}

/// Whether the asset was seen to answer in the protocol: what a browser calls itself is no device's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Yes,
    No,
}

/// Product and version of the first token. Browsers call themselves Mozilla, and are none.
fn product_token(line: &str) -> Option<(&str, &str)> {
    let token = line.split_whitespace().next()?;
    let (product, version) = token.split_once('/')?;
    (!product.is_empty() && product != "Mozilla" && is_version(version)).then_some((product, version))
}

fn version(line: &str) -> Option<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    for before in BEFORE {
        let places = lower
            .iter()
            .enumerate()
            .filter(|(_, word)| word.trim_end_matches(',') == *before);
        for (at, _) in places {
            let hardware = at
                .checked_sub(1)
                .and_then(|before| lower.get(before))
                .is_some_and(|word| word == "hw:");
            // `FW: Version V4.03`: a word may stand between.
            let next = words.iter().skip(at + 1).take(2).map(|word| trimmed(word));
            if let Some(found) = next
                .into_iter()
                .find(|word| is_version(word))
                .filter(|_| !hardware)
            {
                return Some(found);
            }
        }
    }
    let mut alone = words
        .iter()
        .map(|word| trimmed(word))
        .filter(|word| has_three_numbers(word));
    match (alone.next(), alone.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

fn trimmed(word: &str) -> &str {
    word.trim_matches([',', ';', '"'])
}

/// Digits, perhaps after a `V`, with something between them or after them.
fn is_version(word: &str) -> bool {
    let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_()+".contains(c);
    number.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= MAX_VERSION && word.chars().all(plain)
}

fn has_three_numbers(word: &str) -> bool {
    let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let parts: Vec<&str> = number.split('.').collect();
    let are_numbers = parts
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    // Four numbers are an address.
    parts.len() == 3 && are_numbers && word.len() <= MAX_VERSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_lines_of_text_and_nothing_else_is() {
        for (line, expected) in [
            (
                "Cisco IOS Software, CE500 Software (CE500-LANBASE-M), Version 12.2(25)SEG4, RELEASE SOFTWARE",
                Some("12.2(25)SEG4"),
            ),
            (
                "Siemens, SIMATIC NET, SCALANCE X208, 6GK5 208-0BA10-2AA3, HW: Version 4, FW: Version V4.03, SVPL1",
                Some("V4.03"),
            ),
            ("Hirschmann RSP35 09.1.00", Some("09.1.00")),
            ("EDS-405A at 192.168.127.253", None),
            ("HW: Version 4", None),
            ("Linux 5.10.0 and 5.10.1", None),
            ("version", None),
        ] {
            assert_eq!(version(line), expected, "{line}");
        }
    }

    #[test]
    fn product_tokens_are_read_and_browsers_are_not() {
        for (line, expected) in [
            ("nginx/1.22.1", Some(("nginx", "1.22.1"))),
            ("Apache/2.4.57 (Debian) OpenSSL/3.0", Some(("Apache", "2.4.57"))),
            ("Mozilla/5.0 (Windows NT 10.0)", None),
            ("GoAhead-Webs", None),
            ("", None),
        ] {
            assert_eq!(product_token(line), expected, "{line}");
        }
    }
}
