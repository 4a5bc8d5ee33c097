//! Values as A-XDR writes them (IEC 61334-6, Green Book 9.5), and references to attributes and methods. It must not know
//! services.

use crate::ber;
use crate::reader::{Reader, Truncated};
use smallvec::SmallVec;

/// The most elements of one value that are counted; a value with more is taken for malformed.
pub(super) const MAX_ELEMENTS: usize = 0x1_0000;

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    Cut(Truncated),
    /// A type that no table knows, or a length of a form that A-XDR doesn't have.
    Form,
}

impl From<Truncated> for Malformed {
    fn from(cut: Truncated) -> Self {
        Self::Cut(cut)
    }
}

pub(super) fn length(reader: &mut Reader<'_>) -> Result<usize, Malformed> {
    ber::length(reader).map_err(|malformed| match malformed {
        ber::Malformed::Cut(cut) => Malformed::Cut(cut),
        ber::Malformed::Form => Malformed::Form,
    })
}

/// Types of values.
mod kind {
    pub(super) const ARRAY: u8 = 1;
    pub(super) const STRUCTURE: u8 = 2;
    pub(super) const BITS: u8 = 4;
    pub(super) const OCTETS: u8 = 9;
    pub(super) const VISIBLE: u8 = 10;
    pub(super) const UTF8: u8 = 12;
    pub(super) const COMPACT_ARRAY: u8 = 19;
}

/// One value with its type, whatever is in it.
pub(super) fn value<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
    let all = reader.peek();
    let start = reader.offset();
    // How many values are still to come: those of arrays and structures stand one after the other.
    let mut open = 1usize;
    let mut counted = 0usize;
    while open > 0 {
        open -= 1;
        counted += 1;
        if counted > MAX_ELEMENTS {
            return Err(Malformed::Form);
        }
        match reader.u8()? {
            0 | 255 => {}
            kind::ARRAY | kind::STRUCTURE => {
                open = open.saturating_add(length(reader)?);
            }
            3 | 13 | 15 | 17 | 22 => reader.skip(1)?,
            16 | 18 => reader.skip(2)?,
            5 | 6 | 23 | 27 => reader.skip(4)?,
            20 | 21 | 24 => reader.skip(8)?,
            25 => reader.skip(12)?,
            26 => reader.skip(5)?,
            kind::BITS => {
                let bits = length(reader)?;
                reader.skip(bits.div_ceil(8))?;
            }
            kind::OCTETS | kind::VISIBLE | kind::UTF8 => {
                let length = length(reader)?;
                reader.skip(length)?;
            }
            kind::COMPACT_ARRAY => {
                description(reader)?;
                let length = length(reader)?;
                reader.skip(length)?;
            }
            _ => return Err(Malformed::Form),
        }
    }
    Ok(all.get(..reader.offset() - start).unwrap_or_default())
}

/// The types of a compact array's elements.
fn description(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    let mut open = 1usize;
    let mut counted = 0usize;
    while open > 0 {
        open -= 1;
        counted += 1;
        if counted > MAX_ELEMENTS {
            return Err(Malformed::Form);
        }
        match reader.u8()? {
            kind::ARRAY => {
                reader.skip(2)?;
                open += 1;
            }
            kind::STRUCTURE => open = open.saturating_add(length(reader)?),
            _ => {}
        }
    }
    Ok(())
}

/// The text of a value that is a string.
pub(super) fn text(value: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(value);
    match reader.u8().ok()? {
        kind::OCTETS | kind::VISIBLE | kind::UTF8 => {
            let length = length(&mut reader).ok()?;
            let text = reader.take(length).ok()?.trim_ascii();
            let printable = text.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
            (printable && !text.is_empty()).then_some(text)
        }
        _ => None,
    }
}

/// An attribute or a method of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) class: u16,
    pub(super) instance: [u8; 6],
    pub(super) item: u8,
}

/// A reference as text.
pub(super) type Text = SmallVec<[u8; 36]>;

impl Reference {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            class: reader.u16_be()?,
            instance: reader.array()?,
            item: reader.u8()?,
        })
    }

    /// Class, OBIS code and the item's number: `3/1-0:1.8.0*255/2`.
    pub(super) fn text(self) -> Text {
        let Self {
            class,
            instance: [a, b, c, d, e, f],
            item,
        } = self;
        Text::from_slice(format!("{class}/{a}-{b}:{c}.{d}.{e}*{f}/{item}").as_bytes())
    }
}
