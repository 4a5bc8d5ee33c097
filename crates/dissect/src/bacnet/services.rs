//! Parameters of services (ASHRAE 135-2020, clauses 13 to 17): which objects and properties, with which values.

use super::Fault;
use super::apdu::Service;
use super::names;
use super::tags::{self, Class, ObjectId, Tag, data};
use crate::message::IdentityField;
use crate::reader::{Reader, Truncated};
use smallvec::SmallVec;

/// The most objects that one message tells; further ones are dropped and said.
pub(super) const MAX_ITEMS: usize = 64;
/// The most identity facts that one message tells.
pub(super) const MAX_FACTS: usize = 16;

/// The instance that means whatever device is spoken to.
const ANY_INSTANCE: u32 = 0x3f_ffff;

/// What is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What<'a> {
    Object(ObjectId),
    Property(ObjectId, u32),
    /// Numbers that are no objects.
    Numbers {
        space: &'static str,
        first: u32,
        count: u32,
    },
    Word {
        kind: &'static str,
        word: &'static str,
    },
    /// Text off the wire.
    Text {
        kind: &'static str,
        text: &'a [u8],
    },
}

/// One thing that is addressed, with its value where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) what: What<'a>,
    pub(super) value: Option<&'a [u8]>,
}

impl Item<'_> {
    /// What is kept of it for an answer that doesn't repeat it.
    pub(super) fn without_value(&self) -> Option<Item<'static>> {
        let what = match self.what {
            What::Object(object) => What::Object(object),
            What::Property(object, property) => What::Property(object, property),
            What::Numbers { space, first, count } => What::Numbers { space, first, count },
            What::Word { kind, word } => What::Word { kind, word },
            What::Text { .. } => return None,
        };
        Some(Item { what, value: None })
    }
}

/// What a service's parameters say.
#[derive(Debug, Default)]
pub(super) struct Body<'a> {
    pub(super) items: SmallVec<[Item<'a>; 4]>,
    pub(super) facts: SmallVec<[(IdentityField, String); 2]>,
    /// The first property that could not be had: error class and code.
    pub(super) failure: Option<(u32, u32)>,
    /// The first thing that is wrong.
    pub(super) fault: Option<Fault>,
}

impl<'a> Body<'a> {
    pub(super) fn fault(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    fn item(&mut self, what: What<'a>, value: Option<&'a [u8]>) {
        if self.items.len() < MAX_ITEMS {
            self.items.push(Item { what, value });
        } else {
            self.fault(Fault::TooManyItems);
        }
    }

    fn object(&mut self, tag: &Tag<'a>) {
        match tag.object() {
            Some(object) => self.item(What::Object(object), None),
            None => self.fault(Fault::MalformedTag),
        }
    }

    fn fact(&mut self, field: IdentityField, value: String) {
        if !value.is_empty() && self.facts.len() < MAX_FACTS {
            self.facts.push((field, value));
        }
    }

    fn device(&mut self, device: ObjectId) {
        if device.kind == names::DEVICE && device.instance != ANY_INSTANCE {
            self.fact(IdentityField::HostName, format!("device {}", device.instance));
        }
    }
}

/// Who says it: only an answer states facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    Asks,
    Answers,
}

/// Reads a service's parameters.
pub(super) fn read<'a>(service: Service, voice: Voice, mut reader: Reader<'a>, body: &mut Body<'a>) {
    let read = match service {
        Service::Confirmed(choice) => confirmed(choice, voice, &mut reader, body),
        Service::Unconfirmed(choice) => unconfirmed(choice, &mut reader, body),
    };
    if read.is_err() {
        body.fault(Fault::CutShort);
    }
}

fn confirmed<'a>(
    choice: u8,
    voice: Voice,
    reader: &mut Reader<'a>,
    body: &mut Body<'a>,
) -> Result<(), Truncated> {
    match (choice, voice) {
        (0 | 5, Voice::Asks) => contexts(reader, body, |tag, body| {
            if tag.number == 1 {
                body.object(tag);
            }
        }),
        (1, Voice::Asks) => properties(reader, voice, &COV, body),
        (2, Voice::Asks) => event(reader, body),
        (6 | 7 | 11, Voice::Asks) => applications(reader, |_, tag| {
            if tag.number == data::OBJECT {
                body.object(tag);
            }
        }),
        (8 | 9 | 12 | 15, _) => properties(reader, voice, &ONE, body),
        (10, Voice::Answers) => applications(reader, |_, tag| body.object(tag)),
        (10, Voice::Asks) => created(reader, body),
        (14, Voice::Asks) => properties(reader, voice, &ASK_MANY, body),
        (14, Voice::Answers) => properties(reader, voice, &MANY, body),
        (16, Voice::Asks) => properties(reader, voice, &WRITE_MANY, body),
        (17, Voice::Asks) => word(reader, 1, "communication", names::communication, body),
        (18, _) => private(reader, body),
        (20, Voice::Asks) => word(reader, 0, "state", names::reinitialized, body),
        (26, Voice::Asks) => properties(reader, voice, &ASK_RANGE, body),
        (26, Voice::Answers) => properties(reader, voice, &RANGE, body),
        (27, Voice::Asks) => contexts(reader, body, |tag, body| {
            if tag.number == 3 {
                body.object(tag);
            }
        }),
        (28, Voice::Asks) => properties(reader, voice, &SUBSCRIBE, body),
        _ => Ok(()),
    }
}

fn unconfirmed<'a>(choice: u8, reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    match choice {
        0 => i_am(reader, body),
        1 => i_have(reader, body),
        2 => properties(reader, Voice::Asks, &COV, body),
        3 => event(reader, body),
        4 => private(reader, body),
        7 => contexts(reader, body, |tag, body| match (tag.number, tag.content) {
            (2, _) => body.object(tag),
            (3, [_, text @ ..]) => body.item(
                What::Text {
                    kind: "object-name",
                    text,
                },
                None,
            ),
            _ => {}
        }),
        8 => who_is(reader, body),
        10 => contexts(reader, body, |tag, body| {
            if let (0, Some(first)) = (tag.number, tag.unsigned()) {
                let space = "group";
                body.item(
                    What::Numbers {
                        space,
                        first,
                        count: 1,
                    },
                    None,
                );
            }
        }),
        _ => Ok(()),
    }
}

/// Which context tags a service uses for what.
struct Layout {
    object: u8,
    /// The list that has the properties; without one they stand beside the object.
    list: Option<u8>,
    property: u8,
    value: Option<u8>,
    error: Option<u8>,
}

const ONE: Layout = Layout {
    object: 0,
    list: None,
    property: 1,
    value: Some(3),
    error: None,
};
const ASK_MANY: Layout = Layout {
    object: 0,
    list: Some(1),
    property: 0,
    value: None,
    error: None,
};
const MANY: Layout = Layout {
    object: 0,
    list: Some(1),
    property: 2,
    value: Some(4),
    error: Some(5),
};
const WRITE_MANY: Layout = Layout {
    object: 0,
    list: Some(1),
    property: 0,
    value: Some(2),
    error: None,
};
const ASK_RANGE: Layout = Layout {
    object: 0,
    list: None,
    property: 1,
    value: None,
    error: None,
};
const RANGE: Layout = Layout {
    object: 0,
    list: None,
    property: 1,
    value: Some(5),
    error: None,
};
const COV: Layout = Layout {
    object: 2,
    list: Some(4),
    property: 0,
    value: Some(2),
    error: None,
};
const SUBSCRIBE: Layout = Layout {
    object: 1,
    list: Some(4),
    property: 0,
    value: None,
    error: None,
};

/// A property whose value may still come.
#[derive(Clone, Copy, Debug)]
struct Pending<'a> {
    object: ObjectId,
    property: u32,
    value: Option<&'a [u8]>,
}

fn properties<'a>(
    reader: &mut Reader<'a>,
    voice: Voice,
    layout: &Layout,
    body: &mut Body<'a>,
) -> Result<(), Truncated> {
    let mut object = None;
    while !reader.is_empty() {
        let tag = Tag::read(reader)?;
        match tag.class {
            Class::Context if tag.number == layout.object => match tag.object() {
                Some(found) => object = Some(found),
                None => body.fault(Fault::MalformedTag),
            },
            Class::Context if layout.list.is_none() && tag.number == layout.property => {
                // Beside the object: what is left belongs to this one property.
                if let (Some(object), Some(property)) = (object, tag.unsigned()) {
                    return rest_of_property(
                        reader,
                        voice,
                        layout,
                        Pending {
                            object,
                            property,
                            value: None,
                        },
                        body,
                    );
                }
                body.fault(Fault::MalformedTag);
            }
            Class::Open => {
                let content = tags::group(reader)?;
                if let (Some(object), true) = (object, layout.list == Some(tag.number)) {
                    property_list(Reader::new(content), voice, layout, object, body)?;
                }
            }
            Class::Close => body.fault(Fault::MalformedTag),
            Class::Context | Class::Application => {}
        }
    }
    Ok(())
}

fn rest_of_property<'a>(
    reader: &mut Reader<'a>,
    voice: Voice,
    layout: &Layout,
    mut pending: Pending<'a>,
    body: &mut Body<'a>,
) -> Result<(), Truncated> {
    while !reader.is_empty() {
        let tag = Tag::read(reader)?;
        match tag.class {
            Class::Open => {
                let content = tags::group(reader)?;
                if layout.value == Some(tag.number) {
                    pending.value = Some(content);
                }
            }
            Class::Close => body.fault(Fault::MalformedTag),
            Class::Context | Class::Application => {}
        }
    }
    tell_property(voice, pending, body);
    Ok(())
}

fn property_list<'a>(
    mut reader: Reader<'a>,
    voice: Voice,
    layout: &Layout,
    object: ObjectId,
    body: &mut Body<'a>,
) -> Result<(), Truncated> {
    let mut pending: Option<Pending<'a>> = None;
    while !reader.is_empty() {
        let tag = Tag::read(&mut reader)?;
        match tag.class {
            Class::Context if tag.number == layout.property => {
                let next = tag.unsigned().map(|property| Pending {
                    object,
                    property,
                    value: None,
                });
                if let Some(done) = std::mem::replace(&mut pending, next) {
                    tell_property(voice, done, body);
                }
            }
            Class::Open => {
                let content = tags::group(&mut reader)?;
                if layout.value == Some(tag.number) {
                    if let Some(pending) = &mut pending {
                        pending.value = Some(content);
                    }
                } else if layout.error == Some(tag.number) {
                    body.failure = body.failure.or(error(Reader::new(content)));
                }
            }
            Class::Close => body.fault(Fault::MalformedTag),
            Class::Context | Class::Application => {}
        }
    }
    if let Some(done) = pending {
        tell_property(voice, done, body);
    }
    Ok(())
}

fn tell_property<'a>(voice: Voice, pending: Pending<'a>, body: &mut Body<'a>) {
    let Pending {
        object,
        property,
        value,
    } = pending;
    body.item(What::Property(object, property), value);
    if let (Voice::Answers, names::DEVICE, Some(value)) = (voice, object.kind, value) {
        state_fact(property, value, body);
    }
}

/// A property of a device object that says what the device is.
fn state_fact(property: u32, value: &[u8], body: &mut Body<'_>) {
    match names::identity(property) {
        Some(field) => {
            if let Some(text) = tags::characters(value) {
                body.fact(field, text);
            }
        }
        None if property == names::OBJECT_IDENTIFIER => {
            if let Some(device) = Tag::read(&mut Reader::new(value))
                .ok()
                .and_then(|tag| tag.object())
            {
                body.device(device);
            }
        }
        None => {}
    }
}

/// Each context tag of the outermost level; lists are passed over.
fn contexts<'a>(
    reader: &mut Reader<'a>,
    body: &mut Body<'a>,
    tell: fn(&Tag<'a>, &mut Body<'a>),
) -> Result<(), Truncated> {
    while !reader.is_empty() {
        let tag = Tag::read(reader)?;
        match tag.class {
            Class::Context => tell(&tag, body),
            Class::Open => tags::group(reader).map(drop)?,
            Class::Close => body.fault(Fault::MalformedTag),
            Class::Application => {}
        }
    }
    Ok(())
}

/// Each application tag of the outermost level, with its place.
fn applications<'a>(reader: &mut Reader<'a>, mut tell: impl FnMut(usize, &Tag<'a>)) -> Result<(), Truncated> {
    let mut place = 0;
    while !reader.is_empty() {
        let tag = Tag::read(reader)?;
        match tag.class {
            Class::Application => {
                tell(place, &tag);
                place += 1;
            }
            Class::Open => tags::group(reader).map(drop)?,
            Class::Context | Class::Close => {}
        }
    }
    Ok(())
}

/// What the event is about, and its notification class.
fn event<'a>(reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    contexts(reader, body, |tag, body| {
        if tag.number == 2 {
            body.object(tag);
        }
    })
}

/// An object that is to be created: its identifier, or its type alone.
fn created<'a>(reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    let tag = Tag::read(reader)?;
    if !tag.is(Class::Open, 0) {
        body.fault(Fault::MalformedTag);
        return Ok(());
    }
    let mut specifier = Reader::new(tags::group(reader)?);
    let tag = Tag::read(&mut specifier)?;
    match (tag.number, tag.unsigned()) {
        (1, _) => body.object(&tag),
        (_, Some(kind)) => body.item(
            What::Word {
                kind: "object-type",
                word: names::object(u16::try_from(kind).unwrap_or(u16::MAX)),
            },
            None,
        ),
        (_, None) => body.fault(Fault::MalformedTag),
    }
    Ok(())
}

/// An enumeration that says what is to be done. Passwords that stand beside it are not looked at.
fn word<'a>(
    reader: &mut Reader<'a>,
    number: u8,
    kind: &'static str,
    name: fn(u32) -> &'static str,
    body: &mut Body<'a>,
) -> Result<(), Truncated> {
    while !reader.is_empty() {
        let tag = Tag::read(reader)?;
        if let (true, Some(code)) = (tag.is(Class::Context, number), tag.unsigned()) {
            let word = name(code);
            body.item(What::Word { kind, word }, None);
        }
    }
    Ok(())
}

fn private<'a>(reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    contexts(reader, body, |tag, body| {
        let space = match tag.number {
            0 => "vendor",
            1 => "vendor-service",
            _ => return,
        };
        if let Some(first) = tag.unsigned() {
            body.item(
                What::Numbers {
                    space,
                    first,
                    count: 1,
                },
                None,
            );
        }
    })
}

fn i_am<'a>(reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    applications(reader, |place, tag| match (place, tag.number) {
        (0, data::OBJECT) => {
            body.object(tag);
            if let Some(device) = tag.object() {
                body.device(device);
            }
        }
        (3, data::UNSIGNED) => {
            let vendor = tag.unsigned().and_then(names::vendor);
            if let Some(vendor) = vendor {
                body.fact(IdentityField::Vendor, vendor.to_owned());
            }
        }
        _ => {}
    })
}

fn i_have<'a>(reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    applications(reader, |place, tag| match (place, tag.number, tag.content) {
        (0, data::OBJECT, _) => {
            if let Some(device) = tag.object() {
                body.device(device);
            }
        }
        (1, data::OBJECT, _) => body.object(tag),
        (2, data::CHARACTERS, [_, text @ ..]) => body.item(
            What::Text {
                kind: "object-name",
                text,
            },
            None,
        ),
        _ => {}
    })
}

/// Which devices shall say who they are; without limits, all.
fn who_is<'a>(reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    let mut limits = [None; 2];
    while !reader.is_empty() {
        let tag = Tag::read(reader)?;
        if let (Class::Context, Some(limit)) = (tag.class, limits.get_mut(usize::from(tag.number))) {
            *limit = tag.unsigned();
        }
    }
    if let [Some(first), Some(last)] = limits {
        let space = "device";
        let count = last.saturating_sub(first).saturating_add(1);
        body.item(What::Numbers { space, first, count }, None);
    }
    Ok(())
}

/// Error class and code: two enumerations, for some services inside a list of their own.
pub(super) fn error(mut reader: Reader<'_>) -> Option<(u32, u32)> {
    let mut class = None;
    while let Ok(tag) = Tag::read(&mut reader) {
        if !tag.is(Class::Application, data::ENUMERATED) {
            if tag.class == Class::Open {
                continue;
            }
            return None;
        }
        match class {
            None => class = Some(tag.unsigned()?),
            Some(class) => return Some((class, tag.unsigned()?)),
        }
    }
    None
}
