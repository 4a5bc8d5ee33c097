//! 3E and 4E frames (SH-080956ENG-M, chapter 4), in binary or ASCII. It must not know any command.

use super::fields::{Bad, Coding, Fields};
use crate::reader::{Reader, Truncated};
use crate::session::Lost;

/// The most that a frame's length may say: 960 words in ASCII, or a block of a file, and what goes with it.
pub(super) const MAX_LENGTH: u16 = 0x2000;

/// Whether a frame asks or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ask,
    Answer,
}

/// A frame's head, and what its length counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) direction: Direction,
    /// The number that 4E frames have.
    pub(super) serial: Option<u16>,
    pub(super) route: Route,
    pub(super) body: Fields<'a>,
}

/// Where a frame goes from the station that takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    network: u8,
    station: u8,
    module: u16,
    multidrop: u8,
}

impl Route {
    /// The station itself.
    const OWN: Self = Self {
        network: 0,
        station: 0xff,
        module: 0x03ff,
        multidrop: 0,
    };

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Bad> {
        Ok(Self {
            network: fields.byte()?,
            station: fields.byte()?,
            module: fields.word()?,
            multidrop: fields.byte()?,
        })
    }

    /// Network, station and module of another station; none for the one that is spoken to.
    pub(super) fn unit(self) -> Option<u32> {
        let [m0, m1] = self.module.to_be_bytes();
        (self != Self::OWN).then(|| u32::from_be_bytes([self.network, self.station, m0, m1]))
    }

    /// Whether it is one that the manual knows: a CPU (0x03FF, 0x03D0 to 0x03D3, 0x03E0 to 0x03E3), or a module's
    /// place.
    pub(super) const fn is_known(self) -> bool {
        self.module <= 0x03ff && self.network <= 239 && self.multidrop <= 31
    }

    pub(super) fn is_own(self) -> bool {
        self == Self::OWN
    }
}

pub(super) enum Next<'a> {
    Frame(Frame<'a>),
    /// So many bytes more are needed; none between frames.
    Partial(usize),
}

/// Whether the next frame is a 3E or 4E one, as far as its first byte tells.
pub(super) const fn begins(first: u8) -> bool {
    matches!(first, 0x50 | 0x54 | 0xd0 | 0xd4 | b'5' | b'D')
}

pub(super) fn next<'a>(reader: &mut Reader<'a>) -> Result<Next<'a>, Lost> {
    let offset = reader.offset();
    let coding = match reader.peek().first() {
        None => return Ok(Next::Partial(0)),
        Some(b'5' | b'D') => Coding::Ascii,
        Some(_) => Coding::Binary,
    };
    let mut fields = Fields {
        coding,
        reader: *reader,
    };
    match frame(&mut fields) {
        Ok(frame) => {
            *reader = fields.reader;
            Ok(Next::Frame(frame))
        }
        Err(Wrong::Bad(Bad::Cut(Truncated { missing, .. }))) => Ok(Next::Partial(missing)),
        Err(Wrong::Bad(Bad::NoDigit)) => Err(Lost {
            offset,
            reason: "head has other letters than digits",
        }),
        Err(Wrong::Head(reason)) => Err(Lost { offset, reason }),
    }
}

enum Wrong {
    Bad(Bad),
    Head(&'static str),
}

impl From<Bad> for Wrong {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}

fn frame<'a>(fields: &mut Fields<'a>) -> Result<Frame<'a>, Wrong> {
    // The one field that is written with its high byte first.
    let subheader = fields.word()?;
    let subheader = match fields.coding {
        Coding::Binary => subheader.swap_bytes(),
        Coding::Ascii => subheader,
    };
    let (direction, numbered) = match subheader {
        0x5000 => (Direction::Ask, false),
        0x5400 => (Direction::Ask, true),
        0xd000 => (Direction::Answer, false),
        0xd400 => (Direction::Answer, true),
        _ => return Err(Wrong::Head("no frame starts so")),
    };
    let serial = if numbered {
        let serial = fields.word()?;
        if fields.word()? != 0 {
            return Err(Wrong::Head("reserved field is not 0"));
        }
        Some(serial)
    } else {
        None
    };
    let route = Route::read(fields)?;
    let length = fields.word()?;
    let least = match (fields.coding, direction) {
        (Coding::Binary, Direction::Ask) => 6,
        (Coding::Binary, Direction::Answer) => 2,
        (Coding::Ascii, Direction::Ask) => 12,
        (Coding::Ascii, Direction::Answer) => 4,
    };
    if !(least..=MAX_LENGTH).contains(&length) {
        return Err(Wrong::Head("length fits no frame"));
    }
    let body = Fields {
        coding: fields.coding,
        reader: fields.reader.sub(length.into()).map_err(Bad::Cut)?,
    };
    Ok(Frame {
        direction,
        serial,
        route,
        body,
    })
}
