//! The binary encoding's built-in types (IEC 62541-6, 5.2): what is needed to read over them, and node ids as text.
//! Stateless. Lengths that the wire claims are only ever used to move on in what is there.

use crate::reader::{Reader, Truncated};
use std::fmt::Write;

/// How deep a variant in a variant, or a diagnostic in a diagnostic, may stand.
const MAX_DEPTH: usize = 8;
/// The most bytes of a node id's text; the rest is dropped.
pub(super) const MAX_NODE: usize = 160;

/// A string or byte string; the null one is empty.
pub(super) fn string<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Truncated> {
    match reader.u32_le()? {
        u32::MAX => Ok(&[]),
        length => reader.take(usize::try_from(length).unwrap_or(usize::MAX)),
    }
}

/// The length of an array; the null one has none. Each element is read until the bytes end, so the claim is harmless.
pub(super) fn length(reader: &mut Reader<'_>) -> Result<u32, Truncated> {
    match reader.u32_le()? {
        u32::MAX => Ok(0),
        length => Ok(length),
    }
}

/// Reads each element of an array.
pub(super) fn array<'a>(
    reader: &mut Reader<'a>,
    mut element: impl FnMut(&mut Reader<'a>) -> Result<(), Truncated>,
) -> Result<(), Truncated> {
    let length = length(reader)?;
    (0..length).try_for_each(|_| {
        let left = reader.left();
        element(reader)?;
        // An element that has no bytes could be repeated for ever.
        if reader.left() == left {
            Err(end(reader))
        } else {
            Ok(())
        }
    })
}

/// The error of bytes that can't be what they should.
pub(super) fn end(reader: &Reader<'_>) -> Truncated {
    Truncated {
        offset: reader.offset(),
        missing: 1,
    }
}

/// A node id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId<'a> {
    pub(super) namespace: u16,
    pub(super) identifier: Identifier<'a>,
}

/// The identifier of a node id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identifier<'a> {
    Number(u32),
    Text(&'a [u8]),
    Guid([u8; 16]),
    Opaque(&'a [u8]),
}

/// Reads a node id, or an expanded one, whose namespace URI and server index are read over.
pub(super) fn node<'a>(reader: &mut Reader<'a>) -> Result<NodeId<'a>, Truncated> {
    let encoding = reader.u8()?;
    let node = match encoding & 0x3f {
        0 => NodeId {
            namespace: 0,
            identifier: Identifier::Number(u32::from(reader.u8()?)),
        },
        1 => NodeId {
            namespace: u16::from(reader.u8()?),
            identifier: Identifier::Number(u32::from(reader.u16_le()?)),
        },
        2 => NodeId {
            namespace: reader.u16_le()?,
            identifier: Identifier::Number(reader.u32_le()?),
        },
        3 => NodeId {
            namespace: reader.u16_le()?,
            identifier: Identifier::Text(string(reader)?),
        },
        4 => NodeId {
            namespace: reader.u16_le()?,
            identifier: Identifier::Guid(reader.array()?),
        },
        5 => NodeId {
            namespace: reader.u16_le()?,
            identifier: Identifier::Opaque(string(reader)?),
        },
        _ => return Err(end(reader)),
    };
    if encoding & 0x80 != 0 {
        string(reader)?;
    }
    if encoding & 0x40 != 0 {
        reader.skip(4)?;
    }
    Ok(node)
}

impl NodeId<'_> {
    /// The number of a node of the standard's own namespace.
    pub(super) const fn standard(&self) -> Option<u32> {
        match (self.namespace, self.identifier) {
            (0, Identifier::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// Appends the text form (IEC 62541-6, 5.3.1.10): `ns=2;s=Line3.Speed`, at most [`MAX_NODE`] bytes.
    pub(super) fn write(&self, text: &mut Vec<u8>) {
        let limit = text.len() + MAX_NODE;
        let mut head = String::new();
        if self.namespace != 0 {
            head = format!("ns={};", self.namespace);
        }
        // INVARIANT: writing to a String cannot fail.
        let _written: std::fmt::Result = match self.identifier {
            Identifier::Number(number) => write!(head, "i={number}"),
            Identifier::Text(_) => write!(head, "s="),
            Identifier::Guid(guid) => write!(head, "g={:032x}", u128::from_be_bytes(guid)),
            Identifier::Opaque(_) => write!(head, "b="),
        };
        text.extend_from_slice(head.as_bytes());
        match self.identifier {
            Identifier::Text(name) => text.extend_from_slice(name),
            Identifier::Opaque(bytes) => {
                text.extend(
                    bytes
                        .iter()
                        .take(MAX_NODE / 2)
                        .flat_map(|byte| format!("{byte:02x}").into_bytes()),
                );
            }
            Identifier::Number(_) | Identifier::Guid(_) => {}
        }
        text.truncate(limit);
    }
}

/// The text of a variant that is one string.
pub(super) fn text(variant: &[u8]) -> Option<&[u8]> {
    let (12, bytes) = variant.split_first().map(|(kind, bytes)| (*kind, bytes))? else {
        return None;
    };
    string(&mut Reader::new(bytes)).ok()
}

/// Reads over a qualified name.
pub(super) fn skip_qualified_name(reader: &mut Reader<'_>) -> Result<(), Truncated> {
    reader.skip(2)?;
    string(reader).map(drop)
}

/// A localised text's text.
pub(super) fn localized_text<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Truncated> {
    let mask = reader.u8()?;
    if mask & 0x01 != 0 {
        string(reader)?;
    }
    if mask & 0x02 != 0 { string(reader) } else { Ok(&[]) }
}

/// An extension object: the node id of its encoding, and its body.
pub(super) fn extension<'a>(reader: &mut Reader<'a>) -> Result<(NodeId<'a>, &'a [u8]), Truncated> {
    let kind = node(reader)?;
    match reader.u8()? {
        0 => Ok((kind, &[])),
        _ => Ok((kind, string(reader)?)),
    }
}

/// Reads over diagnostic information.
pub(super) fn skip_diagnostic(reader: &mut Reader<'_>) -> Result<(), Truncated> {
    for _ in 0..MAX_DEPTH {
        let mask = reader.u8()?;
        for bit in [0x01, 0x02, 0x04, 0x08] {
            if mask & bit != 0 {
                reader.skip(4)?;
            }
        }
        if mask & 0x10 != 0 {
            string(reader)?;
        }
        if mask & 0x20 != 0 {
            reader.skip(4)?;
        }
        if mask & 0x40 == 0 {
            return Ok(());
        }
    }
    Err(end(reader))
}

/// A data value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DataValue<'a> {
    /// The variant's bytes: its type, then the value.
    pub(super) value: Option<&'a [u8]>,
    /// Its status, good when it carries none.
    pub(super) status: u32,
}

/// Reads a data value.
pub(super) fn data_value<'a>(reader: &mut Reader<'a>) -> Result<DataValue<'a>, Truncated> {
    data_value_at(reader, 0)
}

fn data_value_at<'a>(reader: &mut Reader<'a>, depth: usize) -> Result<DataValue<'a>, Truncated> {
    let mask = reader.u8()?;
    let value = if mask & 0x01 != 0 {
        Some(variant_at(reader, depth)?)
    } else {
        None
    };
    let status = if mask & 0x02 != 0 { reader.u32_le()? } else { 0 };
    // Source time and its picoseconds, server time and its picoseconds.
    for (bit, bytes) in [(0x04, 8), (0x10, 2), (0x08, 8), (0x20, 2)] {
        if mask & bit != 0 {
            reader.skip(bytes)?;
        }
    }
    Ok(DataValue { value, status })
}

/// Reads a variant; gives its bytes.
pub(super) fn variant<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Truncated> {
    variant_at(reader, 0)
}

fn variant_at<'a>(reader: &mut Reader<'a>, depth: usize) -> Result<&'a [u8], Truncated> {
    let mut ahead = *reader;
    let mask = ahead.u8()?;
    let kind = mask & 0x3f;
    if depth == MAX_DEPTH {
        return Err(end(reader));
    }
    if mask & 0x80 == 0 {
        element(&mut ahead, kind, depth)?;
    } else if let Some(bytes) = fixed(kind) {
        let length = usize::try_from(length(&mut ahead)?).unwrap_or(usize::MAX);
        ahead.skip(length.saturating_mul(bytes))?;
    } else {
        array(&mut ahead, |reader| element(reader, kind, depth))?;
    }
    if mask & 0x40 != 0 {
        array(&mut ahead, |reader| reader.skip(4))?;
    }
    let length = ahead.offset() - reader.offset();
    reader.take(length)
}

/// How long a built-in type is, where that is always the same.
const fn fixed(kind: u8) -> Option<usize> {
    match kind {
        1..=3 => Some(1),
        4 | 5 => Some(2),
        6 | 7 | 10 | 19 => Some(4),
        8 | 9 | 11 | 13 => Some(8),
        14 => Some(16),
        _ => None,
    }
}

/// Reads over one value of a built-in type.
fn element(reader: &mut Reader<'_>, kind: u8, depth: usize) -> Result<(), Truncated> {
    if let Some(bytes) = fixed(kind) {
        return reader.skip(bytes);
    }
    match kind {
        0 => Ok(()),
        12 | 15 | 16 => string(reader).map(drop),
        17 | 18 => node(reader).map(drop),
        20 => skip_qualified_name(reader),
        21 => localized_text(reader).map(drop),
        22 => extension(reader).map(drop),
        23 => data_value_at(reader, depth + 1).map(drop),
        24 => variant_at(reader, depth + 1).map(drop),
        25 => skip_diagnostic(reader),
        _ => Err(end(reader)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Option<String> {
        let node = node(&mut Reader::new(bytes)).ok()?;
        let mut text = Vec::new();
        node.write(&mut text);
        String::from_utf8(text).ok()
    }

    #[test]
    fn node_ids_are_written_in_the_standard_s_text_form() {
        for (bytes, expected) in [
            (&[0x00, 0x55][..], "i=85"),
            (&[0x01, 0x03, 0xe8, 0x03], "ns=3;i=1000"),
            (&[0x02, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00], "ns=1;i=65537"),
            (
                &[0x03, 0x02, 0x00, 0x02, 0x00, 0x00, 0x00, b'S', b'P'],
                "ns=2;s=SP",
            ),
            (
                &[0x05, 0x02, 0x00, 0x02, 0x00, 0x00, 0x00, 0xab, 0x01],
                "ns=2;b=ab01",
            ),
            (&[0x40, 0x55, 0x01, 0x00, 0x00, 0x00], "i=85"),
        ] {
            assert_eq!(text(bytes).as_deref(), Some(expected));
        }
        assert_eq!(text(&[0x06, 0x00]), None);
        assert_eq!(text(&[0x03, 0x02, 0x00, 0xfe, 0xff, 0xff, 0x7f, b'S']), None);
        let long = [[0x03, 0, 0, 0, 2, 0, 0].as_slice(), &[b'x'; 512]].concat();
        assert_eq!(text(&long).unwrap().len(), MAX_NODE);
    }

    #[test]
    fn a_variant_ends_where_its_type_says() {
        for (bytes, length) in [
            (&[0x0b, 0, 0, 0, 0, 0, 0, 0x45, 0x40, 0xff][..], 9), // double
            (&[0x0c, 2, 0, 0, 0, b'o', b'k', 0xff], 7),           // string
            (&[0x84, 2, 0, 0, 0, 1, 0, 2, 0, 0xff], 9),           // integers
            (&[0x98, 1, 0, 0, 0, 0x01, 1, 0xff], 7),              // a variant in an array of them
            (&[0x15, 0x03, 1, 0, 0, 0, b'e', 1, 0, 0, 0, b'T', 0xff], 12), // localised text
            (&[0xc4, 2, 0, 0, 0, 1, 0, 2, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0xff], 17), // with dimensions
        ] {
            let mut reader = Reader::new(bytes);
            assert_eq!(variant(&mut reader).map(<[u8]>::len), Ok(length), "{bytes:02x?}");
        }
    }

    #[test]
    fn nesting_and_lengths_that_are_claims_end_in_an_error() {
        for bytes in [
            &[0x18; 40][..],                       // a variant in a variant in a …
            &[0x17, 0x01].repeat(20),              // the same by way of data values
            &[0x80, 0xfe, 0xff, 0xff, 0xff, 0x00], // nulls without end
            &[0x84, 0xfe, 0xff, 0xff, 0xff, 1, 0],
            &[0x99, 0xff, 0xff, 0xff, 0x7f, 0x40, 0x40],
            &[0x1a],
        ] {
            assert!(variant(&mut Reader::new(bytes)).is_err(), "{bytes:02x?}");
        }
    }
}
