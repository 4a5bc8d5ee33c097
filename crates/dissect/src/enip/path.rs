//! Paths of CIP: port, logical, network, symbolic and data segments (CIP volume 1, appendix C-1.4, padded form).

use crate::message::Address;
use crate::reader::{Reader, Truncated};
use std::borrow::Cow;

/// The most bytes of a tag's name, put together from its parts; the rest is dropped.
pub(super) const MAX_TAG: usize = 160;

/// What a path names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path<'a> {
    /// The last class, with the instance and attribute after it.
    pub(super) class: Option<u32>,
    pub(super) instance: Option<u32>,
    pub(super) attribute: Option<u32>,
    /// The tag, parts joined with a dot, elements in brackets.
    pub(super) tag: Option<Cow<'a, [u8]>>,
    /// The last hop's address where it is a number: the slot in a rack.
    pub(super) slot: Option<u32>,
}

/// Reads a path to its end.
///
/// # Errors
/// When a segment is cut short or of no known type.
pub(super) fn path<'a>(mut reader: Reader<'a>) -> Result<Path<'a>, Truncated> {
    let mut path = Path::default();
    while !reader.is_empty() {
        let segment = reader.u8()?;
        match segment >> 5 {
            0 => path.slot = port(segment, &mut reader)?.or(path.slot),
            1 => logical(segment, &mut reader, &mut path)?,
            2 => network(segment, &mut reader)?,
            3 => {
                let name = reader.take(usize::from(segment & 0x1f))?;
                pad(name.len() + 1, &mut reader)?;
                append(&mut path.tag, name);
            }
            4 => data(segment, &mut reader, &mut path)?,
            // Data types stand in no path that is sent.
            _ => {
                return Err(Truncated {
                    offset: reader.offset(),
                    missing: 1,
                });
            }
        }
    }
    Ok(path)
}

/// Passes over the byte that makes a segment even, if its length so far is odd.
fn pad(length: usize, reader: &mut Reader<'_>) -> Result<(), Truncated> {
    if length % 2 == 1 && !reader.is_empty() {
        reader.skip(1)
    } else {
        Ok(())
    }
}

/// A port segment; gives the link address where it is one byte.
fn port(segment: u8, reader: &mut Reader<'_>) -> Result<Option<u32>, Truncated> {
    let size = if segment & 0x10 == 0 {
        None
    } else {
        Some(usize::from(reader.u8()?))
    };
    if segment & 0x0f == 0x0f {
        reader.skip(2)?;
    }
    match size {
        None => reader.u8().map(|address| Some(u32::from(address))),
        Some(size) => {
            reader.skip(size)?;
            // Its type, its size and perhaps a port of two bytes stand before it: an even number.
            pad(size, reader)?;
            Ok(None)
        }
    }
}

fn logical(segment: u8, reader: &mut Reader<'_>, path: &mut Path<'_>) -> Result<(), Truncated> {
    // An electronic key: format, then as many bytes as the format has.
    if segment == 0x34 {
        return match reader.u8()? {
            4 => reader.skip(8),
            5 => reader.skip(10),
            _ => Err(Truncated {
                offset: reader.offset(),
                missing: 8,
            }),
        };
    }
    let value = match segment & 0x03 {
        0 => u32::from(reader.u8()?),
        1 => {
            reader.skip(1)?;
            u32::from(reader.u16_le()?)
        }
        2 => {
            reader.skip(1)?;
            reader.u32_le()?
        }
        _ => {
            return Err(Truncated {
                offset: reader.offset(),
                missing: 1,
            });
        }
    };
    match segment >> 2 & 0x07 {
        0 => {
            path.class = Some(value);
            path.instance = None;
            path.attribute = None;
        }
        1 => path.instance = Some(value),
        // A member of a tag is an array's element.
        2 => {
            if let Some(tag) = &mut path.tag {
                extend(tag.to_mut(), format!("[{value}]").as_bytes());
            }
        }
        // A connection point is an instance of the assembly object.
        3 => path.instance = Some(value),
        4 => path.attribute = Some(value),
        _ => {}
    }
    Ok(())
}

/// A network segment: production inhibit time, schedule, safety and so on. Nothing in it is an address.
fn network(segment: u8, reader: &mut Reader<'_>) -> Result<(), Truncated> {
    if segment & 0x10 == 0 {
        return reader.skip(1);
    }
    let words = reader.u8()?;
    reader.skip(2 * usize::from(words))
}

fn data<'a>(segment: u8, reader: &mut Reader<'a>, path: &mut Path<'a>) -> Result<(), Truncated> {
    match segment {
        0x91 => {
            let length = usize::from(reader.u8()?);
            let name = reader.take(length)?;
            pad(length, reader)?;
            append(&mut path.tag, name);
            Ok(())
        }
        0x80 => {
            let words = reader.u8()?;
            reader.skip(2 * usize::from(words))
        }
        _ => Err(Truncated {
            offset: reader.offset(),
            missing: 1,
        }),
    }
}

/// Adds a part to a tag's name.
fn append<'a>(tag: &mut Option<Cow<'a, [u8]>>, name: &'a [u8]) {
    match tag {
        None => *tag = Some(Cow::Borrowed(name.get(..MAX_TAG).unwrap_or(name))),
        Some(tag) => {
            let tag = tag.to_mut();
            extend(tag, b".");
            extend(tag, name);
        }
    }
}

fn extend(tag: &mut Vec<u8>, part: &[u8]) {
    let room = MAX_TAG.saturating_sub(tag.len());
    tag.extend_from_slice(part.get(..room).unwrap_or(part));
}

impl Path<'_> {
    /// The address that it names: a tag by its name, else class, instance and attribute.
    pub(super) fn address(&self) -> Option<Address<'_>> {
        if let Some(tag) = &self.tag {
            return Some(Address::Name {
                kind: "tag",
                name: tag,
            });
        }
        let class = self.class?;
        Some(Address::Path {
            class,
            instance: self.instance,
            attribute: self.attribute,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, bytes: &[u8], expected: Result<Path<'_>, ()>) {
        assert_eq!(path(Reader::new(bytes)).map_err(drop), expected, "{name}");
    }

    fn object(class: u32, instance: u32, attribute: Option<u32>) -> Result<Path<'static>, ()> {
        Ok(Path {
            class: Some(class),
            instance: Some(instance),
            attribute,
            ..Path::default()
        })
    }

    #[test]
    fn logical_segments_of_every_width_are_read() {
        check(
            "8 bits",
            &[0x20, 0x01, 0x24, 0x01, 0x30, 0x07],
            object(1, 1, Some(7)),
        );
        check(
            "16 bits",
            &[0x21, 0x00, 0x1a, 0x03, 0x25, 0x00, 0x02, 0x01],
            object(0x31a, 0x102, None),
        );
        check(
            "32 bits",
            &[0x20, 0x04, 0x26, 0x00, 0x04, 0x03, 0x02, 0x01],
            object(4, 0x0102_0304, None),
        );
        check(
            "connection point",
            &[0x20, 0x04, 0x2c, 0x64],
            object(4, 100, None),
        );
        let key = [0x34, 0x04, 1, 0, 14, 0, 54, 0, 20, 11, 0x20, 0x02, 0x24, 0x01];
        check("key before", &key, object(2, 1, None));
    }

    #[test]
    fn a_tag_is_joined_from_its_parts_and_elements() {
        #[rustfmt::skip]
        let bytes = [
            0x91, 0x05, b'M', b'o', b't', b'o', b'r', 0x00,
            0x28, 0x02,
            0x91, 0x02, b'S', b'P',
        ];
        let tag: &[u8] = b"Motor[2].SP";
        check(
            "tag",
            &bytes,
            Ok(Path {
                tag: Some(tag.into()),
                ..Path::default()
            }),
        );
        let long: Vec<u8> = [[0x91, 0xff].as_slice(), &[b'x'; 255], &[0]].concat();
        assert_eq!(path(Reader::new(&long)).unwrap().tag.unwrap().len(), MAX_TAG);
    }

    #[test]
    fn a_route_gives_the_slot_of_its_last_hop() {
        let slot = |slot| {
            Ok(Path {
                slot: Some(slot),
                ..Path::default()
            })
        };
        check("backplane, slot 3", &[0x01, 0x03], slot(3));
        check("port of two bytes", &[0x0f, 0x12, 0x00, 0x07], slot(7));
        #[rustfmt::skip]
        let hops = [
            0x01, 0x02,                                                       // slot 2
            0x12, 0x08, b'1', b'0', b'.', b'0', b'.', b'0', b'.', b'9',       // port 2, an IP address
            0x01, 0x00,                                                       // slot 0 there
        ];
        check(
            "over a network",
            &hops,
            Ok(Path {
                slot: Some(0),
                ..Path::default()
            }),
        );
    }

    #[test]
    fn a_segment_cut_short_or_of_no_known_type_is_an_error() {
        for bytes in [
            &[0x20][..],
            &[0x21, 0x00, 0x01],
            &[0x91, 0x05, b'M'],
            &[0x34, 0x09],
            &[0xc7],
            &[0x12, 0x40],
            &[0x81],
        ] {
            check("bad", bytes, Err(()));
        }
    }
}
