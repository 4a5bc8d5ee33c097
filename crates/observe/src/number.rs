//! What the bytes of a value say as numbers, as far as the protocol tells how to read them.
//!
//! Modbus registers are unsigned and of 16 bits, high byte first; coils and inputs are bits, lowest first. S7 values are
//! read as unsigned, high byte first; CIP's and PCCC's as unsigned, low byte first, since the messages that carry them
//! don't say their type; OPC UA's by the type that stands before them. DNP3's commands give their control code or, where
//! the length leaves one reading, their set point. What can't be read so has no numbers, and is shown in hexadecimal.
//! Bounds: [`MAX_ELEMENTS`] numbers of one value, [`MAX_SHOWN`] numbers or bytes in its text.

use cofferdam_dissect::{Address, Protocol};
use cofferdam_terms::WireText;
use smallvec::SmallVec;
use std::cmp::Ordering;
use std::fmt;

/// The most numbers that are read of one value: as many registers as one Modbus write holds.
const MAX_ELEMENTS: usize = 128;
/// The most numbers or bytes that a value's text shows.
const MAX_SHOWN: usize = 16;

/// A number off the wire, ordered: whole, or a fraction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Number(f64);

impl Number {
    /// A number.
    #[must_use]
    pub const fn new(value: f64) -> Self {
        Self(value)
    }

    /// Its value; whole numbers beyond 2^53 are rounded.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The numbers of a value.
pub(crate) type Elements = SmallVec<[Number; 4]>;

/// The bytes of a value in the one form that its reads and writes share: a coil that is written alone is `ff00` or
/// `0000` on the wire and a bit in every other message.
pub(crate) fn canonical<'a>(address: &Address<'_>, value: &'a [u8]) -> &'a [u8] {
    let one_coil = matches!(
        address,
        Address::Points {
            space: "coil",
            count: 1,
            ..
        }
    );
    match value {
        [0xff, 0x00] if one_coil => &[1],
        [0x00, 0x00] if one_coil => &[0],
        _ => value,
    }
}

/// The numbers of a value in its canonical form.
pub(crate) fn elements(protocol: Protocol, address: &Address<'_>, value: &[u8]) -> Elements {
    match (protocol.0, address) {
        (
            "modbus",
            Address::Points {
                space: "coil" | "discrete-input",
                count,
                ..
            },
        ) => bits(value, *count),
        ("modbus", Address::Points { .. } | Address::Memory { .. }) | ("s7comm", Address::Points { .. }) => {
            value
                .chunks_exact(2)
                .take(MAX_ELEMENTS)
                .map(|pair| whole(pair.iter()))
                .collect()
        }
        ("s7comm", Address::Memory { bits: 1, .. }) => bits(value, 1),
        ("s7comm", Address::Memory { .. }) if value.len() <= 8 => one(value, whole(value.iter())),
        ("cip" | "pccc" | "enip", _) if value.len() <= 8 => one(value, whole(value.iter().rev())),
        ("opcua", Address::Name { kind: "node", .. }) => variant(value).into_iter().collect(),
        ("dnp3", Address::Points { space, .. }) => command(space, value).into_iter().collect(),
        _ => Elements::new(),
    }
}

/// A value as people read it.
pub(crate) fn text(protocol: Protocol, address: &Address<'_>, value: &[u8]) -> WireText {
    let numbers = match protocol.0 {
        "modbus" | "opcua" => elements(protocol, address, value),
        _ => Elements::new(),
    };
    let mut text = String::new();
    if numbers.is_empty() {
        text += "0x";
        for byte in value.iter().take(MAX_SHOWN) {
            text += &format!("{byte:02x}");
        }
    } else {
        let shown: Vec<String> = numbers.iter().take(MAX_SHOWN).map(Number::to_string).collect();
        text += &shown.join(", ");
    }
    let (all, what) = if numbers.is_empty() {
        (value.len(), "bytes")
    } else {
        (numbers.len(), "numbers")
    };
    if all > MAX_SHOWN {
        text += &format!("… ({all} {what})");
    }
    WireText::from_stored(&text)
}

fn one(value: &[u8], number: Number) -> Elements {
    (!value.is_empty()).then_some(number).into_iter().collect()
}

/// An unsigned number, highest byte first.
fn whole<'a>(bytes: impl Iterator<Item = &'a u8>) -> Number {
    Number(bytes.fold(0.0, |sum, byte| sum * 256.0 + f64::from(*byte)))
}

fn bits(value: &[u8], count: u32) -> Elements {
    let count = usize::try_from(count).unwrap_or(MAX_ELEMENTS).min(MAX_ELEMENTS);
    let bits = value
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
    bits.take(count).map(|bit| Number(bit.into())).collect()
}

/// A scalar variant of OPC UA (IEC 62541-6, 5.2.2.16): its type, then its bytes, lowest first.
fn variant(value: &[u8]) -> Option<Number> {
    let (kind, bytes) = value.split_first()?;
    Some(Number(match (kind, bytes) {
        (1 | 3, [byte]) => f64::from(*byte),
        (2, [byte]) => f64::from(byte.cast_signed()),
        (4, bytes) => f64::from(i16::from_le_bytes(bytes.try_into().ok()?)),
        (5, bytes) => f64::from(u16::from_le_bytes(bytes.try_into().ok()?)),
        (6, bytes) => f64::from(i32::from_le_bytes(bytes.try_into().ok()?)),
        (7, bytes) => f64::from(u32::from_le_bytes(bytes.try_into().ok()?)),
        (9, [_, _, _, _, _, _, _, _]) => whole(bytes.iter().rev()).0,
        (10, bytes) => f64::from(f32::from_le_bytes(bytes.try_into().ok()?)),
        (11, bytes) => f64::from_le_bytes(bytes.try_into().ok()?),
        _ => return None,
    }))
}

/// A control block's code (IEEE 1815-2012, A.8.1), or an analog set point of 16 bits (A.19.2). Four bytes may be a whole
/// number or a fraction.
fn command(space: &str, value: &[u8]) -> Option<Number> {
    match (space, value) {
        ("binary-command", [code, ..]) => Some(Number(f64::from(*code))),
        ("analog-command", [low, high, _status]) => Some(Number(i16::from_le_bytes([*low, *high]).into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn points(space: &'static str, count: u32) -> Address<'static> {
        Address::Points {
            space,
            first: 7,
            count,
        }
    }

    const NODE: Address<'static> = Address::Name {
        kind: "node",
        name: b"ns=2;s=Speed",
    };

    fn check(protocol: &'static str, address: Address<'_>, value: &[u8], numbers: &[f64], shown: &str) {
        let value = canonical(&address, value);
        let found: Vec<f64> = elements(Protocol(protocol), &address, value)
            .iter()
            .map(|number| number.value())
            .collect();
        let text = text(Protocol(protocol), &address, value);
        assert_eq!(
            (&*found, text.as_str()),
            (numbers, shown),
            "{protocol} {address:?}"
        );
    }

    #[test]
    fn a_value_is_read_as_its_protocol_says_or_not_at_all() {
        let memory = |bits| Address::Memory {
            area: "DB",
            block: 1,
            bit: 0,
            bits,
        };
        check(
            "modbus",
            points("holding-register", 2),
            &[0, 1, 1, 0],
            &[1.0, 256.0],
            "1, 256",
        );
        check("modbus", points("coil", 1), &[0xff, 0], &[1.0], "1");
        check("modbus", points("coil", 3), &[0b101], &[1.0, 0.0, 1.0], "1, 0, 1");
        check("s7comm", memory(16), &[1, 2], &[258.0], "0x0102");
        check("s7comm", memory(1), &[1], &[1.0], "0x01");
        check("s7comm", memory(72), &[0; 9], &[], "0x000000000000000000");
        check(
            "cip",
            Address::Name {
                kind: "tag",
                name: b"Speed",
            },
            &[2, 1, 0, 0],
            &[258.0],
            "0x02010000",
        );
        check("opcua", NODE, &[11, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f], &[1.5], "1.5");
        check("opcua", NODE, &[12, 1, 0, 0, 0, b'x'], &[], "0x0c0100000078");
        check(
            "dnp3",
            points("analog-command", 1),
            &[0xff, 0xff, 0],
            &[-1.0],
            "0xffff00",
        );
        check("mms", NODE, &[1], &[], "0x01");
        check("cip", NODE, &[], &[], "0x");
    }

    #[test]
    fn a_long_value_is_cut_and_says_so() {
        let many: Vec<u8> = vec![0; 246];
        let shown = text(Protocol("modbus"), &points("holding-register", 123), &many);
        assert!(shown.as_str().ends_with("0… (123 numbers)"), "{shown}");
        let shown = text(Protocol("cip"), &NODE, &many);
        assert!(shown.as_str().ends_with("00… (246 bytes)"), "{shown}");
    }
}
