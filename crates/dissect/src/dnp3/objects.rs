//! Object headers and the objects behind them (IEEE 1815-2012, clause 4.2.2.7 and Annex A).

use super::names::{self, FunctionCode};
use super::{Fault, files};
use crate::message::{Address, IdentityField, Object};
use crate::reader::{Reader, Truncated};
use smallvec::SmallVec;

/// The most objects that one message tells; further ones are dropped and said.
pub(super) const MAX_OBJECTS: usize = 512;

const DEVICE_ATTRIBUTE: u8 = 0;
const BINARY_COMMAND: u8 = 12;
const ANALOG_COMMAND: u8 = 41;
const CLASS: u8 = 60;
const FILE: u8 = 70;
const AUTHENTICATION: u8 = 120;

/// A device attribute that is text.
const VISIBLE_STRING: u8 = 1;

/// What a fragment's objects say.
#[derive(Debug, Default)]
pub(super) struct Told<'a> {
    pub(super) objects: SmallVec<[Object<'a>; 8]>,
    pub(super) facts: SmallVec<[(IdentityField, &'a [u8]); 2]>,
    pub(super) first_group: Option<u8>,
    /// The first status in a response that is no success.
    pub(super) failure: Option<(u8, &'static str)>,
    /// The first thing that is wrong.
    pub(super) fault: Option<Fault>,
}

impl<'a> Told<'a> {
    pub(super) fn fault(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    pub(super) fn object(&mut self, address: Address<'a>, value: Option<&'a [u8]>) {
        if self.objects.len() < MAX_OBJECTS {
            self.objects.push(Object { address, value });
        } else {
            self.fault(Fault::TooManyObjects);
        }
    }

    pub(super) fn status(&mut self, status: u8, name: &'static str) {
        if status != 0 {
            self.failure.get_or_insert((status, name));
        }
    }
}

/// Group and variation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    group: u8,
    variation: u8,
}

/// Which objects a header names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    /// From an index, so many.
    Span { first: u32, count: u32 },
    /// All there are.
    All,
    /// So many, each with a prefix, or without indexes.
    Count(u32),
}

/// What stands before each object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefix {
    None,
    Index(Width),
    Size(Width),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    One,
    Two,
    Four,
}

impl Width {
    fn read(self, reader: &mut Reader<'_>) -> Result<u32, Truncated> {
        match self {
            Self::One => reader.u8().map(u32::from),
            Self::Two => reader.u16_le().map(u32::from),
            Self::Four => reader.u32_le(),
        }
    }
}

/// How many bytes an object takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Bits(u8),
    Bytes(u8),
    /// Type, length and value.
    Attribute,
    /// No size of its own: it comes with a size prefix, or is unknown.
    Unknown,
}

/// Why no more objects can be read.
enum Stop {
    Cut,
    Fault(Fault),
}

impl From<Truncated> for Stop {
    fn from(_: Truncated) -> Self {
        Self::Cut
    }
}

/// Reads all object headers of a fragment, with their objects.
pub(super) fn walk<'a>(function: FunctionCode, reader: &mut Reader<'a>, told: &mut Told<'a>) {
    while !reader.is_empty() {
        match header(function, reader, told) {
            Ok(()) => {}
            Err(Stop::Cut) => return told.fault(Fault::ObjectCutShort),
            Err(Stop::Fault(fault)) => return told.fault(fault),
        }
    }
}

fn header<'a>(function: FunctionCode, reader: &mut Reader<'a>, told: &mut Told<'a>) -> Result<(), Stop> {
    let [group, variation, qualifier] = reader.array()?;
    let kind = Kind { group, variation };
    told.first_group.get_or_insert(group);
    let prefix = prefix(qualifier >> 4)?;
    let range = range(qualifier & 0x0f, reader)?;
    // Group 120 always carries its data: an aggressive mode request goes before a read's object headers.
    let carries = !function.names_only() || group == AUTHENTICATION;
    match (prefix, range) {
        (Prefix::None, Range::All) => {
            told.object(all(kind), None);
            Ok(())
        }
        (Prefix::None, Range::Span { first, count }) => {
            let value = if carries {
                values(kind, count, reader, told)?
            } else {
                None
            };
            told.object(points(kind, first, count), value);
            Ok(())
        }
        (Prefix::None, Range::Count(count)) => {
            let value = if carries {
                values(kind, count, reader, told)?
            } else {
                None
            };
            // What authenticates is nobody's value.
            told.object(counted(kind, count), value.filter(|_| group != AUTHENTICATION));
            Ok(())
        }
        (Prefix::Index(width), Range::Count(count)) => {
            for _ in 0..count {
                indexed(function, kind, width, carries, reader, told)?;
            }
            Ok(())
        }
        (Prefix::Size(width), Range::Count(count)) => {
            for _ in 0..count {
                let size = width.read(reader)?;
                let object = reader.sub(usize::try_from(size).unwrap_or(usize::MAX))?;
                sized(kind, object, told);
            }
            Ok(())
        }
        (Prefix::Index(_) | Prefix::Size(_), Range::All | Range::Span { .. }) => {
            Err(Stop::Fault(Fault::Qualifier))
        }
    }
}

fn prefix(code: u8) -> Result<Prefix, Stop> {
    Ok(match code {
        0 => Prefix::None,
        1 => Prefix::Index(Width::One),
        2 => Prefix::Index(Width::Two),
        3 => Prefix::Index(Width::Four),
        4 => Prefix::Size(Width::One),
        5 => Prefix::Size(Width::Two),
        6 => Prefix::Size(Width::Four),
        _ => return Err(Stop::Fault(Fault::Qualifier)),
    })
}

fn range(code: u8, reader: &mut Reader<'_>) -> Result<Range, Stop> {
    let span = |width: Width, reader: &mut Reader<'_>| {
        let (first, last) = (width.read(reader)?, width.read(reader)?);
        match last.checked_sub(first) {
            // All of 32 bits would be one too many for the count.
            Some(more) => Ok(Range::Span {
                first,
                count: more.saturating_add(1),
            }),
            None => Err(Stop::Fault(Fault::RangeReversed)),
        }
    };
    Ok(match code {
        // Indexes, and addresses in memory.
        0 | 3 => span(Width::One, reader)?,
        1 | 4 => span(Width::Two, reader)?,
        2 | 5 => span(Width::Four, reader)?,
        6 => Range::All,
        7 | 11 => Range::Count(Width::One.read(reader)?),
        8 => Range::Count(Width::Two.read(reader)?),
        9 => Range::Count(Width::Four.read(reader)?),
        _ => return Err(Stop::Fault(Fault::Qualifier)),
    })
}

const fn points<'a>(kind: Kind, first: u32, count: u32) -> Address<'a> {
    Address::Points {
        space: names::space(kind.group),
        first,
        count,
    }
}

/// All objects of a group, or a class of events.
const fn all<'a>(kind: Kind) -> Address<'a> {
    match kind {
        Kind {
            group: CLASS,
            variation: 1..=4,
        } => points(kind, kind.variation as u32 - 1, 1),
        Kind { group, .. } => Address::Name {
            kind: names::space(group),
            name: b"all",
        },
    }
}

/// Objects that have no index: a time, so many events of a class.
const fn counted<'a>(kind: Kind, count: u32) -> Address<'a> {
    match kind.group {
        CLASS => all(kind),
        AUTHENTICATION => authentication(kind),
        _ => points(kind, 0, count),
    }
}

const fn authentication<'a>(kind: Kind) -> Address<'a> {
    Address::Name {
        kind: names::space(AUTHENTICATION),
        name: names::authentication(kind.variation).as_bytes(),
    }
}

/// Takes the values of so many objects in a row.
fn values<'a>(
    kind: Kind,
    count: u32,
    reader: &mut Reader<'a>,
    told: &mut Told<'a>,
) -> Result<Option<&'a [u8]>, Stop> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let length = match size(kind) {
        Size::Bits(bits) => count.saturating_mul(bits.into()).div_ceil(8),
        Size::Bytes(bytes) => count.saturating_mul(bytes.into()),
        Size::Attribute => {
            // Of a set of attributes, each is an object by itself: there is one.
            return attribute(kind, reader, told).map(Some);
        }
        Size::Unknown => return Err(Stop::Fault(Fault::UnknownObject)),
    };
    Ok(Some(reader.take(length)?))
}

/// Takes one object with its index, and its value where there is one.
fn indexed<'a>(
    function: FunctionCode,
    kind: Kind,
    width: Width,
    carries: bool,
    reader: &mut Reader<'a>,
    told: &mut Told<'a>,
) -> Result<(), Stop> {
    let index = width.read(reader)?;
    let value = if carries {
        values(kind, 1, reader, told)?
    } else {
        None
    };
    if function.is_response() && matches!(kind.group, BINARY_COMMAND | ANALOG_COMMAND) {
        let status = value.and_then(|value| value.last()).map(|status| status & 0x7f);
        if let Some(status) = status {
            told.status(status, names::control_status(status));
        }
    }
    told.object(points(kind, index, 1), value);
    Ok(())
}

/// One object of a size that was said.
fn sized<'a>(kind: Kind, mut object: Reader<'a>, told: &mut Told<'a>) {
    match kind.group {
        FILE => {
            if files::read(kind.variation, object, told).is_err() {
                told.fault(Fault::ObjectCutShort);
            }
        }
        AUTHENTICATION => told.object(authentication(kind), None),
        _ => told.object(points(kind, 0, 1), Some(object.rest())),
    }
}

/// A device attribute: type, length, value. Text of the ones that say who the device is are facts.
fn attribute<'a>(kind: Kind, reader: &mut Reader<'a>, told: &mut Told<'a>) -> Result<&'a [u8], Stop> {
    let (data_type, length) = (reader.u8()?, reader.u8()?);
    let value = reader.take(length.into())?;
    let field = match kind.variation {
        242 => Some(IdentityField::Firmware),
        247 => Some(IdentityField::HostName),
        248 => Some(IdentityField::Serial),
        250 => Some(IdentityField::Product),
        252 => Some(IdentityField::Vendor),
        _ => None,
    };
    if data_type == VISIBLE_STRING && !value.is_empty() {
        told.facts.extend(field.map(|field| (field, value)));
    }
    Ok(value)
}

const fn size(kind: Kind) -> Size {
    match (kind.group, kind.variation) {
        (DEVICE_ATTRIBUTE, _) => Size::Attribute,
        (1 | 10 | 80, 1) | (BINARY_COMMAND, 3) => Size::Bits(1),
        (3, 1) => Size::Bits(2),
        // Strings are as long as their variation says.
        (110..=113, length) => Size::Bytes(length),
        (group, variation) => match fixed_sizes(group).split_at_checked(variation as usize) {
            Some(([.., bytes], _)) if *bytes > 0 => Size::Bytes(*bytes),
            Some(_) | None => Size::Unknown,
        },
    }
}

/// Bytes of a group's objects by variation, from 1 (IEEE 1815-2012, Annex A); 0 where there are none of whole bytes.
const fn fixed_sizes(group: u8) -> &'static [u8] {
    match group {
        1 | 3 | 10 => &[0, 1],
        2 | 4 => &[1, 7, 3],
        11 | 13 => &[1, 7],
        BINARY_COMMAND => &[11, 11],
        20 => &[5, 3, 5, 3, 4, 2, 4, 2],
        21 => &[5, 3, 5, 3, 11, 9, 11, 9, 4, 2, 4, 2],
        22 | 23 => &[5, 3, 5, 3, 11, 9, 11, 9],
        30 => &[5, 3, 4, 2, 5, 9],
        31 => &[5, 3, 11, 9, 4, 2, 5, 9],
        32 | 33 | 42 | 43 => &[5, 3, 11, 9, 5, 9, 11, 15],
        34 => &[2, 4, 4],
        40 | ANALOG_COMMAND => &[5, 3, 5, 9],
        50 => &[6, 10, 6, 11],
        51 => &[6, 6],
        52 => &[2, 2],
        81 => &[3],
        101 => &[2, 4, 8],
        102 => &[1],
        AUTHENTICATION => &[0, 0, 6, 2],
        121 => &[7],
        122 => &[7, 13],
        _ => &[],
    }
}
