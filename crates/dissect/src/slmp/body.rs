//! What requests and answers carry. It must not know frames.

use super::Fault;
use super::fields::{Bad, Fields, Place, Size, Unit, Width};
use super::names::Command;
use crate::message::{Address, IdentityField, Object};
use smallvec::SmallVec;

/// The most objects that one message tells; further ones are dropped and said. A count of one byte can't say more.
pub(super) const MAX_OBJECTS: usize = 256;
/// The letters of a type name.
const TYPE_NAME: usize = 16;

/// Points in the bits of a subcommand.
mod subcommand {
    pub(super) const BITS: u16 = 0x0001;
    pub(super) const WIDE: u16 = 0x0002;
    /// Monitor conditions or extended devices: fields that are not read.
    pub(super) const EXTENDED: u16 = !(BITS | WIDE);
}

/// The places of a request, and how much the value of each takes.
pub(super) type Targets = SmallVec<[(Address<'static>, Size); 1]>;

/// What a message says.
#[derive(Debug, Default)]
pub(super) struct Body<'a> {
    pub(super) objects: SmallVec<[Object<'a>; 2]>,
    pub(super) targets: Targets,
    pub(super) facts: SmallVec<[(IdentityField, &'a [u8]); 1]>,
    pub(super) fault: Option<Fault>,
}

impl<'a> Body<'a> {
    pub(super) fn fault(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    pub(super) fn object(&mut self, address: Address<'a>, value: Option<&'a [u8]>) {
        if self.objects.len() == MAX_OBJECTS {
            self.fault(Fault::TooManyObjects);
        } else {
            self.objects.push(Object { address, value });
        }
    }

    /// A place of a request.
    pub(super) fn target(&mut self, place: Place, unit: Unit, count: u16, value: Option<&'a [u8]>) {
        match place.units(unit, count) {
            None => self.fault(Fault::UnknownDevice),
            Some((address, size)) => {
                self.object(address, value);
                if self.targets.len() < MAX_OBJECTS {
                    self.targets.push((address, size));
                }
            }
        }
    }

    /// Values of the places that were asked for, one after the other.
    pub(super) fn answers(&mut self, targets: &Targets, fields: &mut Fields<'a>) -> Result<(), Bad> {
        for (address, size) in targets {
            let value = fields.value(*size)?;
            self.object(*address, Some(value));
        }
        Ok(())
    }

    /// A type name, then the type's number.
    pub(super) fn type_name(&mut self, fields: &mut Fields<'a>) -> Result<(), Bad> {
        let name = fields.reader.take(TYPE_NAME)?.trim_ascii();
        if !name.is_empty() {
            self.facts.push((IdentityField::Product, name));
        }
        fields.word().map(drop)
    }
}

/// Reads a request's places and what is written to them. Other commands' parameters are passed over.
pub(super) fn request<'a>(
    command: Command,
    sub: u16,
    fields: &mut Fields<'a>,
    body: &mut Body<'a>,
) -> Result<(), Bad> {
    if sub & subcommand::EXTENDED != 0 {
        fields.reader.rest();
        return Ok(());
    }
    let width = if sub & subcommand::WIDE == 0 {
        Width::Narrow
    } else {
        Width::Wide
    };
    let unit = if sub & subcommand::BITS == 0 {
        Unit::Word
    } else {
        Unit::Bit
    };
    match command {
        Command::READ => {
            let place = fields.place(width)?;
            let count = fields.word()?;
            body.target(place, unit, count, None);
        }
        Command::WRITE => {
            let place = fields.place(width)?;
            let count = fields.word()?;
            let size = match unit {
                Unit::Bit => Size::Bits(count.into()),
                Unit::Word | Unit::Double => Size::Words(count.into()),
            };
            let value = fields.value(size)?;
            body.target(place, unit, count, Some(value));
        }
        Command::READ_RANDOM | Command::ENTRY_MONITOR => {
            let (words, doubles) = (fields.byte()?, fields.byte()?);
            for _ in 0..words {
                let place = fields.place(width)?;
                body.target(place, Unit::Word, 1, None);
            }
            for _ in 0..doubles {
                let place = fields.place(width)?;
                body.target(place, Unit::Double, 1, None);
            }
        }
        Command::WRITE_RANDOM => write_random(unit, width, fields, body)?,
        Command::READ_BLOCK | Command::WRITE_BLOCK => blocks(command, width, fields, body)?,
        Command::MEMORY_READ | Command::MEMORY_WRITE => {
            let first = fields.double()?;
            let count = fields.word()?;
            let value = match command {
                Command::MEMORY_WRITE => Some(fields.value(Size::Words(count.into()))?),
                _ => None,
            };
            memory("memory", first, Size::Words(count.into()), value, body);
        }
        Command::EXTEND_UNIT_READ | Command::EXTEND_UNIT_WRITE => {
            let first = fields.double()?;
            let count = fields.word()?;
            let _module = fields.word()?;
            let value = match command {
                Command::EXTEND_UNIT_WRITE => Some(fields.value(Size::Bytes(count.into()))?),
                _ => None,
            };
            memory("extend-unit", first, Size::Bytes(count.into()), value, body);
        }
        Command(_) => {
            fields.reader.rest();
        }
    }
    Ok(())
}

fn memory<'a>(space: &'static str, first: u32, size: Size, value: Option<&'a [u8]>, body: &mut Body<'a>) {
    let (Size::Words(count) | Size::Bits(count) | Size::Bytes(count)) = size;
    let address = Address::Points { space, first, count };
    body.object(address, value);
    body.targets.push((address, size));
}

fn write_random<'a>(
    unit: Unit,
    width: Width,
    fields: &mut Fields<'a>,
    body: &mut Body<'a>,
) -> Result<(), Bad> {
    if unit == Unit::Bit {
        for _ in 0..fields.byte()? {
            let place = fields.place(width)?;
            let value = fields.value(match width {
                Width::Narrow => Size::Bytes(1),
                Width::Wide => Size::Bytes(2),
            })?;
            body.target(place, Unit::Bit, 1, Some(value));
        }
        return Ok(());
    }
    let (words, doubles) = (fields.byte()?, fields.byte()?);
    for _ in 0..words {
        let place = fields.place(width)?;
        let value = fields.value(Size::Words(1))?;
        body.target(place, Unit::Word, 1, Some(value));
    }
    for _ in 0..doubles {
        let place = fields.place(width)?;
        let value = fields.value(Size::Words(2))?;
        body.target(place, Unit::Double, 1, Some(value));
    }
    Ok(())
}

/// Blocks of words, and of bits by sixteens: to a bit device both are the same.
fn blocks<'a>(
    command: Command,
    width: Width,
    fields: &mut Fields<'a>,
    body: &mut Body<'a>,
) -> Result<(), Bad> {
    let (words, bits) = (fields.byte()?, fields.byte()?);
    for _ in 0..u16::from(words) + u16::from(bits) {
        let place = fields.place(width)?;
        let count = fields.word()?;
        let value = match command {
            Command::WRITE_BLOCK => Some(fields.value(Size::Words(count.into()))?),
            _ => None,
        };
        body.target(place, Unit::Word, count, value);
    }
    Ok(())
}
