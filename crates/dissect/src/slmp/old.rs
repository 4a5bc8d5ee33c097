//! 1E frames (SH-080008, chapter 18), in binary. They say no length: it follows from the command and, for an answer, from
//! what was asked.

use super::body::{Body, Targets};
use super::fields::{Bad, Coding, Fields, Place, Size, Unit};
use super::names::{self, Command};
use crate::reader::{Reader, Truncated};

/// The bit that marks an answer.
const ANSWER: u8 = 0x80;
/// The end code that another code follows.
const FOLLOWED: u8 = 0x5b;

/// A request.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) command: Command,
    /// The station that is addressed, 255 for the one that is spoken to.
    pub(super) station: u8,
    pub(super) body: Body<'a>,
}

/// An answer's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) command: Command,
    pub(super) end: u8,
    /// The code that says more, where the end code says so.
    pub(super) detail: Option<u8>,
}

/// Whether a request or an answer may start so.
pub(super) const fn asks(first: u8) -> bool {
    matches!(first, 0x00..=0x09 | 0x13..=0x16)
}

pub(super) const fn answers(first: u8) -> bool {
    first & ANSWER != 0 && asks(first & !ANSWER)
}

/// The commands whose answers carry values.
mod command {
    pub(super) const READ_BITS: u8 = 0x00;
    pub(super) const READ_WORDS: u8 = 0x01;
    pub(super) const WRITE_BITS: u8 = 0x02;
    pub(super) const WRITE_WORDS: u8 = 0x03;
    pub(super) const TEST_BITS: u8 = 0x04;
    pub(super) const TEST_WORDS: u8 = 0x05;
    pub(super) const REGISTER_BITS: u8 = 0x06;
    pub(super) const REGISTER_WORDS: u8 = 0x07;
    pub(super) const MONITOR_BITS: u8 = 0x08;
    pub(super) const MONITOR_WORDS: u8 = 0x09;
    pub(super) const READ_TYPE: u8 = 0x15;
    pub(super) const LOOPBACK: u8 = 0x16;
}

/// Whether a request registers points to be monitored, or asks for those that are.
pub(super) const fn registers(command: Command) -> bool {
    matches!(command.0, 0x06 | 0x07)
}

pub(super) const fn monitors(command: Command) -> bool {
    matches!(command.0, 0x08 | 0x09)
}

pub(super) fn ask<'a>(reader: &mut Reader<'a>) -> Result<Ask<'a>, Truncated> {
    let [code, station, _, _] = reader.array()?;
    let mut body = Body::default();
    match code {
        command::READ_BITS | command::READ_WORDS | command::WRITE_BITS | command::WRITE_WORDS => {
            batch(code, reader, &mut body)?;
        }
        command::TEST_BITS | command::TEST_WORDS => {
            let [count, _] = reader.array()?;
            for _ in 0..count {
                let place = place(reader)?;
                let (unit, length) = match code {
                    command::TEST_BITS => (Unit::Bit, 1),
                    _ => (Unit::Word, 2),
                };
                let value = reader.take(length)?;
                body.target(place, unit, 1, Some(value));
            }
        }
        command::REGISTER_BITS | command::REGISTER_WORDS => {
            let [count, _] = reader.array()?;
            let unit = if code == command::REGISTER_BITS {
                Unit::Bit
            } else {
                Unit::Word
            };
            for _ in 0..count {
                let place = place(reader)?;
                body.target(place, unit, 1, None);
            }
        }
        command::LOOPBACK => {
            let length = reader.u8()?;
            reader.skip(length.into())?;
        }
        _ => {}
    }
    Ok(Ask {
        command: Command(code.into()),
        station,
        body,
    })
}

/// A row of points, and what is written to it. A count of 0 is 256.
fn batch<'a>(code: u8, reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    let place = place(reader)?;
    let [count, _] = reader.array()?;
    let count = if count == 0 { 256 } else { u16::from(count) };
    let unit = match code {
        command::READ_BITS | command::WRITE_BITS => Unit::Bit,
        _ => Unit::Word,
    };
    let value = match code {
        command::WRITE_BITS => Some(reader.take(Size::Bits(count.into()).length(Coding::Binary))?),
        command::WRITE_WORDS => Some(reader.take(Size::Words(count.into()).length(Coding::Binary))?),
        _ => None,
    };
    body.target(place, unit, count, value);
    Ok(())
}

fn place(reader: &mut Reader<'_>) -> Result<Place, Truncated> {
    let first = reader.u32_le()?;
    let device = names::lettered_1e(reader.u16_le()?);
    Ok(Place { device, first })
}

pub(super) fn answer(reader: &mut Reader<'_>) -> Result<Answer, Truncated> {
    let [code, end] = reader.array()?;
    let detail = if end == FOLLOWED {
        let [detail, _] = reader.array()?;
        Some(detail)
    } else {
        None
    };
    Ok(Answer {
        command: Command((code & !ANSWER).into()),
        end,
        detail,
    })
}

/// What follows the head of an answer that says success.
pub(super) fn values<'a>(
    command: Command,
    targets: &Targets,
    reader: &mut Reader<'a>,
    body: &mut Body<'a>,
) -> Result<(), Truncated> {
    let code = u8::try_from(command.0).unwrap_or_default();
    match code {
        command::READ_BITS | command::READ_WORDS => {
            for (address, size) in targets {
                body.object(*address, Some(reader.take(size.length(Coding::Binary))?));
            }
        }
        // Bits of several places share bytes, so they have no value of their own.
        command::MONITOR_BITS => {
            let count = u32::try_from(targets.len()).unwrap_or_default();
            reader.skip(Size::Bits(count).length(Coding::Binary))?;
            targets
                .iter()
                .for_each(|(address, _)| body.object(*address, None));
        }
        command::MONITOR_WORDS => {
            let mut fields = Fields {
                coding: Coding::Binary,
                reader: *reader,
            };
            match body.answers(targets, &mut fields) {
                Err(Bad::Cut(cut)) => return Err(cut),
                Ok(()) | Err(Bad::NoDigit) => *reader = fields.reader,
            }
        }
        command::READ_TYPE => reader.skip(2)?,
        command::LOOPBACK => {
            let length = reader.u8()?;
            reader.skip(length.into())?;
        }
        _ => {}
    }
    Ok(())
}

/// Whether the length of an answer that says success depends on what was asked.
pub(super) const fn depends(command: Command) -> bool {
    matches!(command.0, 0x00 | 0x01 | 0x08 | 0x09)
}
