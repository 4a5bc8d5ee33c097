//! What APDUs say. It must not know what carries them.

use super::Fault;
use super::data::{self, Malformed, Reference, Text};
use super::names::{self, Deed, Function};
use crate::ber::Element;
use crate::message::Outcome;
use crate::reader::Reader;
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most objects that one message tells; further ones are dropped and said.
pub(super) const MAX_OBJECTS: usize = 64;

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Attribute,
    Method,
    Mechanism,
    Context,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Attribute => "attribute",
            Self::Method => "method",
            Self::Mechanism => "mechanism",
            Self::Context => "context",
        }
    }
}

/// One object of a message.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) kind: Kind,
    pub(super) reference: Option<Reference>,
    pub(super) text: Text,
    pub(super) value: Option<&'a [u8]>,
}

/// What an APDU says.
#[derive(Debug)]
pub(super) struct Apdu<'a> {
    pub(super) function: Function,
    pub(super) operation: OperationClass,
    /// The number by which a response finds its request: the lower half of the invoke id and priority.
    pub(super) invoke: Option<u32>,
    pub(super) items: SmallVec<[Item<'a>; 2]>,
    /// Values or results in the order of the request's objects.
    pub(super) answers: SmallVec<[Answer<'a>; 2]>,
    pub(super) outcome: Outcome,
    /// A system title: three letters of the maker, then five bytes of the meter's own.
    pub(super) title: Option<[u8; 8]>,
    /// A block of an answer.
    pub(super) block: Option<&'a [u8]>,
    /// Whether more blocks of the same answer follow.
    pub(super) continues: Continues,
    pub(super) fault: Option<Fault>,
}

/// Whether an answer ends with this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Continues {
    No,
    Yes,
}

/// What an answer says of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer<'a> {
    Value(&'a [u8]),
    Result(u8),
}

impl<'a> Apdu<'a> {
    fn item(&mut self, kind: Kind, reference: Reference, value: Option<&'a [u8]>) {
        self.push(Item {
            kind,
            reference: Some(reference),
            text: reference.text(),
            value,
        });
    }

    fn push(&mut self, item: Item<'a>) {
        if self.items.len() == MAX_OBJECTS {
            self.fault.get_or_insert(Fault::TooManyObjects);
        } else {
            self.items.push(item);
        }
    }

    fn answer(&mut self, answer: Answer<'a>) {
        if let Answer::Result(code @ 1..) = answer
            && !matches!(self.outcome, Outcome::Failure { .. })
        {
            self.outcome = Outcome::Failure {
                code: code.into(),
                name: names::result(code),
            };
        }
        if self.answers.len() < MAX_OBJECTS {
            self.answers.push(answer);
        }
    }
}

/// Reads an APDU. What was read of one that is malformed stands.
pub(super) fn read<'a>(mut reader: Reader<'a>) -> Option<Apdu<'a>> {
    let tag = reader.u8().ok()?;
    let kind = if Function::has_kinds(tag) {
        Some(reader.u8().ok()?)
    } else {
        None
    };
    let function = Function { tag, kind };
    let mut apdu = Apdu {
        function,
        operation: function.operation(),
        invoke: None,
        items: SmallVec::new(),
        answers: SmallVec::new(),
        outcome: Outcome::None,
        title: None,
        block: None,
        continues: Continues::No,
        fault: None,
    };
    let read = body(function, tag, &mut reader, &mut apdu);
    match read {
        Err(Malformed::Cut(_)) => {
            apdu.fault.get_or_insert(Fault::CutShort);
        }
        Err(Malformed::Form) => {
            apdu.fault.get_or_insert(Fault::Value);
        }
        Ok(()) if function.known().is_none() => {
            apdu.fault.get_or_insert(Fault::UnknownApdu);
        }
        Ok(()) if !reader.is_empty() => {
            apdu.fault.get_or_insert(Fault::TrailingBytes);
        }
        Ok(()) => {}
    }
    Some(apdu)
}

fn body<'a>(
    function: Function,
    tag: u8,
    reader: &mut Reader<'a>,
    apdu: &mut Apdu<'a>,
) -> Result<(), Malformed> {
    if function.kind.is_some() {
        let invoke = reader.u8()?;
        apdu.invoke = Some((invoke & 0x0f).into());
    }
    match (tag, function.kind) {
        (0x60 | 0x61, None) => association(tag, reader, apdu),
        (0xc0, Some(1)) => {
            let reference = Reference::read(reader)?;
            selection(reader)?;
            about(Deed::Get, reference, None, apdu);
            Ok(())
        }
        (0xc0, Some(2)) => Ok(reader.skip(4)?),
        (0xc0, Some(3)) => {
            for _ in 0..data::length(reader)? {
                let reference = Reference::read(reader)?;
                selection(reader)?;
                about(Deed::Get, reference, None, apdu);
            }
            Ok(())
        }
        (0xc1, Some(1)) => {
            let reference = Reference::read(reader)?;
            selection(reader)?;
            let value = data::value(reader)?;
            about(Deed::Set, reference, Some(value), apdu);
            Ok(())
        }
        (0xc1, Some(2)) => {
            let reference = Reference::read(reader)?;
            about(Deed::Set, reference, None, apdu);
            reader.rest();
            Ok(())
        }
        (0xc1, Some(4)) => set_list(reader, apdu),
        (0xc2, None) => event(reader, apdu),
        (0xc3, Some(1)) => {
            let reference = Reference::read(reader)?;
            let value = optional(reader)?;
            about(Deed::Act, reference, value, apdu);
            Ok(())
        }
        (0xc4 | 0xc5 | 0xc7, Some(kind)) => {
            apdu.outcome = Outcome::Success;
            response(tag, kind, reader, apdu)
        }
        (0x0f, None) => notification(reader, apdu),
        (0x0e | 0xd8, None) => {
            let code = reader
                .rest()
                .iter()
                .fold(0, |code, byte| code << 8 | u32::from(*byte));
            let name = if tag == 0xd8 { "exception" } else { "service error" };
            apdu.outcome = Outcome::Failure { code, name };
            Ok(())
        }
        _ => {
            reader.rest();
            Ok(())
        }
    }
}

/// An object that is read, set or called.
fn about<'a>(deed: Deed, reference: Reference, value: Option<&'a [u8]>, apdu: &mut Apdu<'a>) {
    let operation = match (deed, reference) {
        (Deed::Get, reference) if reference == LOGICAL_DEVICE_NAME => OperationClass::Identify,
        (deed, reference) => names::operation(deed, reference.class),
    };
    if apdu.items.is_empty() {
        apdu.operation = operation;
    }
    let kind = match deed {
        Deed::Get | Deed::Set => Kind::Attribute,
        Deed::Act => Kind::Method,
    };
    // What proves or changes a password is never told.
    let value = value.filter(|_| !matches!(reference.class, 12 | 15 | 64));
    apdu.item(kind, reference, value);
}

/// The name that every logical device has (Blue Book 4.1.8.2).
pub(super) const LOGICAL_DEVICE_NAME: Reference = Reference {
    class: 1,
    instance: [0, 0, 42, 0, 0, 255],
    item: 2,
};
/// The meter's own number.
pub(super) const DEVICE_ID: Reference = Reference {
    class: 1,
    instance: [0, 0, 96, 1, 0, 255],
    item: 2,
};
/// The version of the firmware.
pub(super) const FIRMWARE: Reference = Reference {
    class: 1,
    instance: [1, 0, 0, 2, 0, 255],
    item: 2,
};

/// A selection of rows: a byte that says whether there is one, its kind and its parameters.
fn selection(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    if reader.u8()? != 0 {
        reader.skip(1)?;
        data::value(reader)?;
    }
    Ok(())
}

/// A byte that says whether there is a value, and the value.
fn optional<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Malformed> {
    if reader.u8()? == 0 {
        return Ok(None);
    }
    Ok(Some(data::value(reader)?))
}

fn set_list<'a>(reader: &mut Reader<'a>, apdu: &mut Apdu<'a>) -> Result<(), Malformed> {
    for _ in 0..data::length(reader)? {
        let reference = Reference::read(reader)?;
        selection(reader)?;
        about(Deed::Set, reference, None, apdu);
    }
    for number in 0..data::length(reader)? {
        let value = data::value(reader)?;
        if let Some(item) = apdu.items.get_mut(number) {
            item.value = Some(value);
        }
    }
    Ok(())
}

fn event<'a>(reader: &mut Reader<'a>, apdu: &mut Apdu<'a>) -> Result<(), Malformed> {
    if reader.u8()? != 0 {
        let length = data::length(reader)?;
        reader.skip(length)?;
    }
    let reference = Reference::read(reader)?;
    let value = data::value(reader)?;
    apdu.item(Kind::Attribute, reference, Some(value));
    Ok(())
}

/// A number, a time, and a value that no object is named for.
fn notification<'a>(reader: &mut Reader<'a>, apdu: &mut Apdu<'a>) -> Result<(), Malformed> {
    apdu.invoke = Some(reader.u32_be()? & 0x00ff_ffff);
    let length = data::length(reader)?;
    reader.skip(length)?;
    let value = data::value(reader)?;
    apdu.push(Item {
        kind: Kind::Attribute,
        reference: None,
        text: Text::from_slice(b"notified"),
        value: Some(value),
    });
    Ok(())
}

fn response<'a>(tag: u8, kind: u8, reader: &mut Reader<'a>, apdu: &mut Apdu<'a>) -> Result<(), Malformed> {
    match (tag, kind) {
        (0xc4, 1) => {
            let answer = answer(reader)?;
            apdu.answer(answer);
        }
        (0xc4, 2) => {
            let last = reader.u8()?;
            reader.skip(4)?;
            if last == 0 {
                apdu.continues = Continues::Yes;
            }
            match reader.u8()? {
                0 => {
                    let length = data::length(reader)?;
                    apdu.block = Some(reader.take(length)?);
                }
                _ => apdu.answer(Answer::Result(reader.u8()?)),
            }
        }
        (0xc4, 3) => {
            for _ in 0..data::length(reader)? {
                let answer = answer(reader)?;
                apdu.answer(answer);
            }
        }
        (0xc5, 1) => apdu.answer(Answer::Result(reader.u8()?)),
        (0xc5, 2) => {
            apdu.continues = Continues::Yes;
            reader.skip(4)?;
        }
        (0xc5, 3) => {
            apdu.answer(Answer::Result(reader.u8()?));
            reader.skip(4)?;
        }
        (0xc5, 4 | 5) => {
            for _ in 0..data::length(reader)? {
                apdu.answer(Answer::Result(reader.u8()?));
            }
            if kind == 4 {
                reader.skip(4)?;
            }
        }
        (0xc7, 1) => {
            let result = reader.u8()?;
            let value = if reader.u8()? == 0 {
                None
            } else {
                Some(answer(reader)?)
            };
            apdu.answer(Answer::Result(result));
            if let (0, Some(value)) = (result, value) {
                apdu.answers.clear();
                apdu.answer(value);
            }
        }
        _ => {
            reader.rest();
        }
    }
    Ok(())
}

/// A value, or why there is none.
fn answer<'a>(reader: &mut Reader<'a>) -> Result<Answer<'a>, Malformed> {
    Ok(match reader.u8()? {
        0 => Answer::Value(data::value(reader)?),
        _ => Answer::Result(reader.u8()?),
    })
}

/// An association (ISO/IEC 8650-1, Green Book 9.4.2): context, mechanism, result. Its password is passed over.
fn association<'a>(tag: u8, reader: &mut Reader<'a>, apdu: &mut Apdu<'a>) -> Result<(), Malformed> {
    let length = data::length(reader)?;
    let body = reader.sub(length)?;
    let whole = Element {
        class: crate::ber::Class::Application,
        number: u16::from(tag & 0x1f),
        content: body.peek(),
    };
    let last = |content: &[u8]| content.last().copied().unwrap_or_default();
    let mut refused = None;
    for element in whole.children() {
        let Ok(element) = element else {
            apdu.fault.get_or_insert(Fault::CutShort);
            break;
        };
        let named = match (tag, element.number) {
            (_, 1) => Some((Kind::Context, names::context(last(element.content)))),
            (0x60, 11) | (0x61, 9) => Some((Kind::Mechanism, names::mechanism(last(element.content)))),
            _ => None,
        };
        if let Some((kind, name)) = named {
            apdu.push(Item {
                kind,
                reference: None,
                text: Text::from_slice(name.unwrap_or("other").as_bytes()),
                value: None,
            });
        }
        match (tag, element.number) {
            (0x61, 2) => refused = element.first().and_then(|result| result.unsigned()),
            (0x61, 3) => {
                let diagnostic = element.first().and_then(|side| side.first());
                let code = diagnostic.and_then(|code| code.unsigned()).unwrap_or_default();
                apdu.outcome = match refused {
                    Some(0) => Outcome::Success,
                    Some(_) | None => Outcome::Failure {
                        code,
                        name: names::refusal(code),
                    },
                };
            }
            (0x60, 6) | (0x61, 4) => {
                let title = element.first().map(|title| title.content);
                apdu.title = title.and_then(|title| title.try_into().ok());
            }
            (_, _) => {}
        }
    }
    Ok(())
}
