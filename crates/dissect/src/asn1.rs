//! BER as SNMP, LDAP and Kerberos use it: tags of one byte, the types that they share, and a content that is read on. The
//! encoding itself is [`ber`](crate::ber)'s.

use crate::reader::Reader;
use smallvec::SmallVec;

pub(crate) use crate::ber::{Malformed, length};

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const OBJECT_ID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// The next element: its tag and its content.
pub(crate) fn element<'a>(reader: &mut Reader<'a>) -> Result<(u8, Reader<'a>), Malformed> {
    let tag = reader.u8()?;
    if tag & 0x1f == 0x1f {
        return Err(Malformed::Form);
    }
    let length = length(reader)?;
    Ok((tag, reader.sub(length)?))
}

/// The next element's content, if its tag is this one.
pub(crate) fn expect<'a>(reader: &mut Reader<'a>, tag: u8) -> Result<Reader<'a>, Malformed> {
    match element(reader)? {
        (found, content) if found == tag => Ok(content),
        _ => Err(Malformed::Form),
    }
}

/// A whole number of at most 64 bits.
pub(crate) fn integer(reader: &mut Reader<'_>) -> Result<i64, Malformed> {
    number(expect(reader, INTEGER)?)
}

/// The content of an element that is a whole number.
pub(crate) fn number(mut content: Reader<'_>) -> Result<i64, Malformed> {
    let bytes = content.rest();
    let first = *bytes.first().ok_or(Malformed::Form)?;
    if bytes.len() > 8 {
        return Err(Malformed::Form);
    }
    let start = if first & 0x80 == 0 { 0 } else { -1 };
    Ok(bytes
        .iter()
        .fold(start, |value, byte| value << 8 | i64::from(*byte)))
}

/// The most bytes of an object identifier's text; SNMP's have at most 128 numbers, and few come near it.
pub(crate) const MAX_OBJECT_ID: usize = 255;

/// An object identifier as text: `1.3.6.1`. What is longer than the bound is cut.
pub(crate) fn object_id(bytes: &[u8]) -> SmallVec<[u8; 64]> {
    let mut text: SmallVec<[u8; 64]> = SmallVec::new();
    let mut number = 0_u64;
    for byte in bytes {
        number = number.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if text.is_empty() {
            // The first two numbers share one (X.690, 8.19.4).
            let first = (number / 40).min(2);
            text.extend_from_slice(format!("{first}.{}", number - 40 * first).as_bytes());
        } else {
            text.extend_from_slice(format!(".{number}").as_bytes());
        }
        number = 0;
        if text.len() > MAX_OBJECT_ID {
            text.truncate(MAX_OBJECT_ID);
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::Truncated;

    fn check_integer(bytes: &[u8], expected: Result<i64, Malformed>) {
        assert_eq!(integer(&mut Reader::new(bytes)), expected);
    }

    #[test]
    fn numbers_are_signed_and_not_longer_than_eight_bytes() {
        check_integer(&[2, 1, 5], Ok(5));
        check_integer(&[2, 2, 0xff, 0x7f], Ok(-129));
        check_integer(&[2, 0x81, 1, 0x80], Ok(-128));
        check_integer(&[2, 0], Err(Malformed::Form));
        check_integer(&[2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1], Err(Malformed::Form));
        check_integer(&[4, 1, 5], Err(Malformed::Form));
        let short = Truncated {
            offset: 2,
            missing: 1,
        };
        check_integer(&[2, 2, 1], Err(Malformed::Cut(short)));
    }

    #[test]
    fn indefinite_and_overlong_lengths_and_long_tags_are_refused() {
        for bytes in [
            &[0x30, 0x80, 0, 0][..],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x3f, 0x22, 0],
        ] {
            assert_eq!(element(&mut Reader::new(bytes)).err(), Some(Malformed::Form));
        }
    }

    #[test]
    fn object_ids_are_written_with_dots_and_cut_at_the_bound() {
        for (bytes, expected) in [
            (&[0x2b, 6, 1, 2, 1, 1, 1, 0][..], "1.3.6.1.2.1.1.1.0"),
            (&[0x2b, 6, 1, 4, 1, 0xa1, 0x69], "1.3.6.1.4.1.4329"),
            (&[0x88, 0x37], "2.999"),
            (&[], ""),
        ] {
            assert_eq!(object_id(bytes).as_slice(), expected.as_bytes());
        }
        assert_eq!(object_id(&[1; 4000]).len(), MAX_OBJECT_ID);
    }
}
