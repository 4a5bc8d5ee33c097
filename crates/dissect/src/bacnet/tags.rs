//! The tagged encoding of BACnet (ASHRAE 135-2020, clause 20.2): one element after the other, no recursion.

use crate::reader::{Reader, Truncated};

/// What a tag marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A value whose number is its data type.
    Application,
    /// A value whose number is its place in the production.
    Context,
    /// Elements up to the closing tag of the same number.
    Open,
    Close,
}

/// One tag and its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) class: Class,
    pub(super) number: u8,
    pub(super) content: &'a [u8],
}

/// Application tag numbers (20.2.1.4).
pub(super) mod data {
    pub(in super::super) const UNSIGNED: u8 = 2;
    pub(in super::super) const CHARACTERS: u8 = 7;
    pub(in super::super) const ENUMERATED: u8 = 9;
    pub(in super::super) const OBJECT: u8 = 12;
}

/// A Boolean has its value where others have their length.
const BOOLEAN: u8 = 1;

impl<'a> Tag<'a> {
    /// Reads the next tag.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Truncated> {
        let head = reader.u8()?;
        let number = match head >> 4 {
            15 => reader.u8()?,
            number => number,
        };
        let of_context = head & 0x08 != 0;
        let class = match (of_context, head & 0x07) {
            (true, 6) => Class::Open,
            (true, 7) => Class::Close,
            (true, _) => Class::Context,
            (false, _) => Class::Application,
        };
        let length = match (class, head & 0x07) {
            (Class::Open | Class::Close, _) => 0,
            (Class::Application, _) if number == BOOLEAN => 0,
            (Class::Application | Class::Context, 5) => match reader.u8()? {
                254 => reader.u16_be()?.into(),
                255 => usize::try_from(reader.u32_be()?).unwrap_or(usize::MAX),
                short => short.into(),
            },
            (Class::Application | Class::Context, short) => short.into(),
        };
        let content = reader.take(length)?;
        Ok(Self {
            class,
            number,
            content,
        })
    }

    pub(super) fn is(&self, class: Class, number: u8) -> bool {
        self.class == class && self.number == number
    }

    /// An unsigned number or enumeration of up to four bytes.
    pub(super) fn unsigned(&self) -> Option<u32> {
        match *self.content {
            [] | [_, _, _, _, _, ..] => None,
            ref bytes => Some(bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))),
        }
    }

    /// An object identifier.
    pub(super) fn object(&self) -> Option<ObjectId> {
        match *self.content {
            [b0, b1, b2, b3] => Some(ObjectId::of(u32::from_be_bytes([b0, b1, b2, b3]))),
            _ => None,
        }
    }
}

/// An object: ten bits of type, 22 of instance (20.2.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObjectId {
    pub(super) kind: u16,
    pub(super) instance: u32,
}

impl ObjectId {
    const fn of(bits: u32) -> Self {
        let [high, low, ..] = bits.to_be_bytes();
        Self {
            kind: u16::from_be_bytes([high, low]) >> 6,
            instance: bits & 0x3f_ffff,
        }
    }
}

/// The bytes between an opening tag that was just read and its closing one, which is read too.
pub(super) fn group<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Truncated> {
    let start = *reader;
    let mut depth = 0_u32;
    loop {
        let content = reader.offset() - start.offset();
        match Tag::read(reader)?.class {
            Class::Close if depth == 0 => return Ok(start.peek().get(..content).unwrap_or_default()),
            Class::Close => depth -= 1,
            // INVARIANT: a tag takes a byte, so there are fewer than 2³².
            Class::Open => depth += 1,
            Class::Application | Class::Context => {}
        }
    }
}

/// Text of an application-tagged character string, made UTF-8 where it is in a known other set (20.2.9).
pub(super) fn characters(value: &[u8]) -> Option<String> {
    let tag = Tag::read(&mut Reader::new(value)).ok()?;
    if !tag.is(Class::Application, data::CHARACTERS) {
        return None;
    }
    match *tag.content {
        [0, ref text @ ..] => Some(String::from_utf8_lossy(text).into_owned()),
        [4, ref pairs @ ..] => {
            let units = pairs.chunks_exact(2).map(|pair| match *pair {
                [high, low] => u16::from_be_bytes([high, low]),
                _ => 0,
            });
            let text = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
            Some(text.collect())
        }
        [5, ref text @ ..] => Some(text.iter().map(|byte| char::from(*byte)).collect()),
        // Code pages that no device of this century uses.
        [_, ..] | [] => None,
    }
}
