//! Tags, of which a service's content is made: an id, a length, and content, which is tags again when the id has the bit
//! 0x80. It must not know services.

use crate::reader::{Reader, Truncated};

/// The most tags of one message that are read; further ones are passed over.
pub(super) const MAX_TAGS: usize = 256;
/// How deep tags stand in each other at most.
const MAX_DEPTH: usize = 3;

/// One tag that holds a value: the tag that it stands in, 0 at the top, and its own id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) parent: u32,
    pub(super) id: u32,
    pub(super) value: &'a [u8],
}

/// Tells the tags with values, in order. What is cut short ends them.
pub(super) fn walk<'a>(content: &'a [u8], tell: &mut dyn FnMut(Tag<'a>)) -> Result<(), Truncated> {
    let mut left = MAX_TAGS;
    inside(0, content, 0, &mut left, tell)
}

fn inside<'a>(
    parent: u32,
    content: &'a [u8],
    depth: usize,
    left: &mut usize,
    tell: &mut dyn FnMut(Tag<'a>),
) -> Result<(), Truncated> {
    let mut reader = Reader::new(content);
    while !reader.is_empty() && *left > 0 {
        *left -= 1;
        let id = number(&mut reader)?;
        let length = number(&mut reader)?;
        let value = reader.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        if id & 0x80 != 0 && depth < MAX_DEPTH {
            inside(id, value, depth + 1, left, tell)?;
        } else {
            tell(Tag { parent, id, value });
        }
    }
    Ok(())
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn number(reader: &mut Reader<'_>) -> Result<u32, Truncated> {
    let mut number = 0u32;
    let mut shift = 0;
    loop {
        let byte = reader.u8()?;
        number |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
        if byte & 0x80 == 0 {
            return Ok(number);
        }
        shift += 7;
    }
}
