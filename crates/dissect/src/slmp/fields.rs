//! The fields of a frame, in binary (low byte first) or in hexadecimal digits. It must not know any command.

use super::names::{self, Device, Kind};
use crate::message::Address;
use crate::reader::{Reader, Truncated};

/// How a frame is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Binary,
    Ascii,
}

/// Why there is no field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Cut(Truncated),
    /// A byte is no digit.
    NoDigit,
}

impl From<Truncated> for Bad {
    fn from(cut: Truncated) -> Self {
        Self::Cut(cut)
    }
}

/// How much a value takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Words(u32),
    /// A half byte or a digit each.
    Bits(u32),
    /// A byte or two digits each.
    Bytes(u32),
}

impl Size {
    pub(super) fn length(self, coding: Coding) -> usize {
        let length = match (self, coding) {
            (Self::Words(count), Coding::Binary) => count * 2,
            (Self::Words(count), Coding::Ascii) => count * 4,
            (Self::Bits(count), Coding::Binary) => count.div_ceil(2),
            (Self::Bits(count), Coding::Ascii) | (Self::Bytes(count), Coding::Binary) => count,
            (Self::Bytes(count), Coding::Ascii) => count * 2,
        };
        usize::try_from(length).unwrap_or(usize::MAX)
    }
}

/// How long a device's number and code are: iQ-R's subcommands have more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Narrow,
    Wide,
}

/// In which units points are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Bit,
    Word,
    Double,
}

/// A device and the number of its first point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) device: Option<Device>,
    pub(super) first: u32,
}

impl Place {
    /// So many units from here: the points, and how much their value takes. A unit of words has 16 of a bit device's
    /// points.
    pub(super) fn units(self, unit: Unit, count: u16) -> Option<(Address<'static>, Size)> {
        let device = self.device?;
        let count = u32::from(count);
        let (points, size) = match (unit, device.kind) {
            (Unit::Bit, _) => (count, Size::Bits(count)),
            (Unit::Word, Kind::Bit) => (count * 16, Size::Words(count)),
            (Unit::Word, Kind::Word | Kind::Double) => (count, Size::Words(count)),
            (Unit::Double, Kind::Bit) => (count * 32, Size::Words(count * 2)),
            (Unit::Double, Kind::Word) => (count * 2, Size::Words(count * 2)),
            (Unit::Double, Kind::Double) => (count, Size::Words(count * 2)),
        };
        Some((
            Address::Points {
                space: device.name,
                first: self.first,
                count: points,
            },
            size,
        ))
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    pub(super) coding: Coding,
    pub(super) reader: Reader<'a>,
}

impl<'a> Fields<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, Bad> {
        match self.coding {
            Coding::Binary => Ok(self.reader.u8()?),
            Coding::Ascii => self
                .digits(2, 16)
                .map(|number| u8::try_from(number).unwrap_or_default()),
        }
    }

    pub(super) fn word(&mut self) -> Result<u16, Bad> {
        match self.coding {
            Coding::Binary => Ok(self.reader.u16_le()?),
            Coding::Ascii => self
                .digits(4, 16)
                .map(|number| u16::try_from(number).unwrap_or_default()),
        }
    }

    pub(super) fn double(&mut self) -> Result<u32, Bad> {
        match self.coding {
            Coding::Binary => Ok(self.reader.u32_le()?),
            Coding::Ascii => self.digits(8, 16),
        }
    }

    fn digits(&mut self, count: usize, radix: u32) -> Result<u32, Bad> {
        let digits = self.reader.take(count)?;
        digits.iter().try_fold(0u32, |number, byte| {
            let digit = char::from(*byte).to_digit(radix).ok_or(Bad::NoDigit)?;
            Ok(number.wrapping_mul(radix).wrapping_add(digit))
        })
    }

    pub(super) fn place(&mut self, width: Width) -> Result<Place, Bad> {
        match (self.coding, width) {
            (Coding::Binary, Width::Narrow) => {
                let [n0, n1, n2, code] = self.reader.array()?;
                Ok(Place {
                    device: names::coded(code.into()),
                    first: u32::from_le_bytes([n0, n1, n2, 0]),
                })
            }
            (Coding::Binary, Width::Wide) => {
                let first = self.reader.u32_le()?;
                let device = names::coded(self.reader.u16_le()?);
                Ok(Place { device, first })
            }
            (Coding::Ascii, Width::Narrow) => self.lettered(2, 6),
            (Coding::Ascii, Width::Wide) => self.lettered(4, 8),
        }
    }

    fn lettered(&mut self, letters: usize, digits: usize) -> Result<Place, Bad> {
        let device = names::lettered(self.reader.take(letters)?);
        let radix = device.map_or(16, |device| device.radix.base());
        let first = self.digits(digits, radix)?;
        Ok(Place { device, first })
    }

    pub(super) fn value(&mut self, size: Size) -> Result<&'a [u8], Bad> {
        Ok(self.reader.take(size.length(self.coding))?)
    }
}
