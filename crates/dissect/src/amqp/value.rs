//! Values of AMQP 1.0 (part 1, 1.6): a byte says how long each is, so that those of no interest are passed over.

use super::Fault;
use crate::reader::{Reader, Truncated};

/// How deep descriptors stand inside each other.
pub(super) const MAX_DEPTH: u8 = 4;

impl From<Truncated> for Fault {
    fn from(_: Truncated) -> Self {
        Self::CutShort
    }
}

/// A value, as far as anything here asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// A number without sign, or a truth.
    Number(u64),
    /// Text, a symbol or bytes.
    Text(&'a [u8]),
    /// A list's values.
    List(Reader<'a>),
    /// A map's keys and values, one after the other.
    Map(Reader<'a>),
    /// An array's constructor and what follows.
    Array(Reader<'a>),
    /// A descriptor's number, and the list that it describes.
    Described(u64, Reader<'a>),
    /// Nothing, or what nobody asks for.
    Other,
}

impl<'a> Value<'a> {
    pub(super) const fn text(self) -> Option<&'a [u8]> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Array(_)
            | Self::Described(..)
            | Self::Other => None,
        }
    }

    pub(super) const fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Array(_)
            | Self::Described(..)
            | Self::Other => None,
        }
    }
}

/// The next value.
pub(super) fn value<'a>(reader: &mut Reader<'a>) -> Result<Value<'a>, Fault> {
    nested(reader, MAX_DEPTH)
}

fn nested<'a>(reader: &mut Reader<'a>, depth: u8) -> Result<Value<'a>, Fault> {
    let code = reader.u8()?;
    if code == 0 {
        let depth = depth.checked_sub(1).ok_or(Fault::Value)?;
        let descriptor = nested(reader, depth)?;
        return Ok(match (descriptor, nested(reader, depth)?) {
            (Value::Number(number), Value::List(list)) => Value::Described(number, list),
            _ => Value::Other,
        });
    }
    constructed(code, reader)
}

/// The value of a constructor that is no descriptor.
pub(super) fn constructed<'a>(code: u8, reader: &mut Reader<'a>) -> Result<Value<'a>, Fault> {
    Ok(match code {
        0x41 => Value::Number(1),
        0x42..=0x44 => Value::Number(0),
        0x45 => Value::List(reader.sub(0)?),
        0x50 | 0x52 | 0x53 | 0x56 => Value::Number(reader.u8()?.into()),
        0x60 => Value::Number(reader.u16_be()?.into()),
        0x70 => Value::Number(reader.u32_be()?.into()),
        0x80 => Value::Number(reader.u64_be()?),
        0xa0 | 0xa1 | 0xa3 => {
            let length = reader.u8()?;
            Value::Text(reader.take(length.into())?)
        }
        0xb0 | 0xb1 | 0xb3 => Value::Text(sized(reader)?.rest()),
        0xc0 | 0xc1 | 0xe0 => {
            let length = reader.u8()?;
            let mut content = reader.sub(length.into())?;
            content.skip(1)?;
            compound(code, content)
        }
        0xd0 | 0xd1 | 0xf0 => {
            let mut content = sized(reader)?;
            content.skip(4)?;
            compound(code, content)
        }
        _ => {
            let width = match code >> 4 {
                4 => 0,
                5 => 1,
                6 => 2,
                7 => 4,
                8 => 8,
                9 => 16,
                _ => return Err(Fault::Value),
            };
            reader.skip(width)?;
            Value::Other
        }
    })
}

fn sized<'a>(reader: &mut Reader<'a>) -> Result<Reader<'a>, Truncated> {
    let length = reader.u32_be()?;
    reader.sub(usize::try_from(length).unwrap_or(usize::MAX))
}

const fn compound(code: u8, content: Reader<'_>) -> Value<'_> {
    match code & 0x0f {
        0 if code >= 0xe0 => Value::Array(content),
        0 => Value::List(content),
        _ => Value::Map(content),
    }
}
