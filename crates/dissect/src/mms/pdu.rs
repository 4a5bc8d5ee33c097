//! Parameters of MMS services (ISO 9506-2): which objects by name, with which values. No state.

use super::Fault;
use super::names::{self, Service};
use crate::ber::{Class, Element};
use crate::message::IdentityField;
use smallvec::SmallVec;

/// The most objects that one message tells; further ones are dropped and said.
pub(super) const MAX_ITEMS: usize = 64;
/// The most bytes of one name: a domain's and an item's of 64 characters each would be 129.
pub(super) const MAX_NAME: usize = 129;

/// A name as text.
pub(super) type Name = SmallVec<[u8; 36]>;

/// One thing that is named, with its value where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) kind: &'static str,
    pub(super) name: Name,
    pub(super) value: Option<&'a [u8]>,
}

/// What a message's parameters say.
#[derive(Debug, Default)]
pub(super) struct Body<'a> {
    pub(super) items: SmallVec<[Item<'a>; 2]>,
    pub(super) facts: SmallVec<[(IdentityField, &'a [u8]); 3]>,
    /// The first variable that could not be had, and why.
    pub(super) failure: Option<u32>,
    /// The first thing that is wrong.
    pub(super) fault: Option<Fault>,
}

impl<'a> Body<'a> {
    pub(super) fn fault(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    pub(super) fn item(&mut self, kind: &'static str, mut name: Name, value: Option<&'a [u8]>) {
        name.truncate(MAX_NAME);
        if self.items.len() < MAX_ITEMS {
            self.items.push(Item { kind, name, value });
        } else {
            self.fault(Fault::TooManyItems);
        }
    }

    fn text(&mut self, kind: &'static str, text: &[u8]) {
        self.item(kind, Name::from_slice(text), None);
    }

    /// Each child of an element; ends with a fault at one that is malformed.
    fn each(&mut self, element: &Element<'a>, mut tell: impl FnMut(&mut Self, &Element<'a>)) {
        for child in element.children() {
            match child {
                Ok(child) => tell(self, &child),
                Err(_) => return self.fault(Fault::MalformedElement),
            }
        }
    }
}

/// An object's name (clause 7.5.1): of the device, of a domain in it, of this association.
fn object_name(element: &Element<'_>) -> Option<Name> {
    match (element.class, element.number) {
        (Class::Context, 0) => Some(Name::from_slice(element.content)),
        (Class::Context, 1) => {
            let mut parts = element.children().map_while(Result::ok);
            let (domain, item) = (parts.next()?, parts.next()?);
            let mut name = Name::from_slice(domain.content.get(..MAX_NAME).unwrap_or(domain.content));
            name.push(b'/');
            name.extend_from_slice(item.content);
            Some(name)
        }
        (Class::Context, 2) => {
            let mut name = Name::from_slice(b"@/");
            name.extend_from_slice(element.content);
            Some(name)
        }
        _ => None,
    }
}

fn variable<'a>(element: &Element<'a>, kind: &'static str, body: &mut Body<'a>) {
    match object_name(element) {
        Some(name) => body.item(kind, name, None),
        None => body.fault(Fault::MalformedElement),
    }
}

/// Variables by list (`[0]`) or by the name of a list (`[1]`).
fn access<'a>(element: &Element<'a>, body: &mut Body<'a>) {
    match element.number {
        0 => body.each(element, |body, listed| {
            // A variable's specification: its name is [0], its address [1].
            match listed.first().filter(|specification| specification.is_context(0)) {
                Some(specification) => match specification.first() {
                    Some(name) => variable(&name, "variable", body),
                    None => body.fault(Fault::MalformedElement),
                },
                None => body.text("variable", b"by address"),
            }
        }),
        1 => match element.first() {
            Some(name) => variable(&name, "variable-list", body),
            None => body.fault(Fault::MalformedElement),
        },
        _ => body.fault(Fault::MalformedElement),
    }
}

/// Reads the parameters of a confirmed request.
pub(super) fn request<'a>(service: Service, element: &Element<'a>, body: &mut Body<'a>) {
    match service.0 {
        1 => name_list_request(element, body),
        4 => match element.context(1).and_then(|access| access.first()) {
            Some(specification) => access(&specification, body),
            None => body.fault(Fault::MalformedElement),
        },
        5 => write_request(element, body),
        6 => match element.first().filter(|name| name.is_context(0)) {
            Some(name) => inside(&name, "variable", body),
            None => body.text("variable", b"by address"),
        },
        11 | 12 => inside(element, "variable-list", body),
        7 | 8 | 9 | 21 => inside(element, "variable", body),
        10 | 13 => deleted(element, body),
        14 | 15 => inside(element, "type", body),
        19 | 20 => inside(element, "semaphore", body),
        46 => {
            for number in [1, 2] {
                if let Some(file) = element.context(number) {
                    file_name(&file, body);
                }
            }
        }
        72 => {
            if let Some(file) = element.context(0) {
                file_name(&file, body);
            }
        }
        75 | 77 => body.each(element, |body, file| file_name(file, body)),
        76 => file_name(element, body),
        // An identifier by itself, or the first of several parameters.
        26..=29 | 32..=45 => identifier(service, element, body),
        47..=49 | 51..=62 => inside(element, "event", body),
        65..=70 => inside(element, "journal", body),
        _ => {}
    }
}

fn inside<'a>(element: &Element<'a>, kind: &'static str, body: &mut Body<'a>) {
    match element.first().as_ref().and_then(object_name) {
        Some(name) => body.item(kind, name, None),
        None => body.fault(Fault::MalformedElement),
    }
}

/// Variables or lists of them that are deleted, behind the scope.
fn deleted<'a>(element: &Element<'a>, body: &mut Body<'a>) {
    if let Some(list) = element.context(1) {
        body.each(&list, |body, name| variable(name, "variable", body));
    }
    if let Some(domain) = element.context(2) {
        body.text("domain", domain.content);
    }
}

fn identifier<'a>(service: Service, element: &Element<'a>, body: &mut Body<'a>) {
    let parameter = match element.first() {
        // Its content is text, not elements: the identifier stands by itself.
        Some(first) if first.class == Class::Context && element.content.starts_with(&[0x80]) => first.content,
        Some(_) | None => element.content,
    };
    body.text(service.named(), parameter);
}

/// A file's name: parts of a path.
fn file_name<'a>(element: &Element<'a>, body: &mut Body<'a>) {
    let mut name = Name::new();
    for part in element.children() {
        let Ok(part) = part else {
            return body.fault(Fault::MalformedElement);
        };
        if !name.is_empty() {
            name.push(b'/');
        }
        name.extend_from_slice(part.content);
        if name.len() > MAX_NAME {
            break;
        }
    }
    body.item("file", name, None);
}

/// Whose names are asked for (`[1]`), and after which to go on (`[2]`).
fn name_list_request<'a>(element: &Element<'a>, body: &mut Body<'a>) {
    let scope = element.context(1).and_then(|scope| scope.first());
    match scope {
        Some(domain) if domain.is_context(1) => body.text("domain", domain.content),
        Some(_) => {}
        None => body.fault(Fault::MalformedElement),
    }
}

/// Variables, then as many values.
fn write_request<'a>(element: &Element<'a>, body: &mut Body<'a>) {
    let mut parameters = element.children();
    let (Some(Ok(specification)), Some(Ok(data))) = (parameters.next(), parameters.next()) else {
        return body.fault(Fault::MalformedElement);
    };
    access(&specification, body);
    values(&data, Failures::No, body);
}

/// Whether a value with tag `[0]` is an error instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failures {
    Yes,
    No,
}

/// Gives the variables their values, one each; those of a list are not told apart.
fn values<'a>(data: &Element<'a>, failures: Failures, body: &mut Body<'a>) {
    let mut count = 0;
    body.each(data, |body, value| {
        match (failures, value.number) {
            (Failures::Yes, 0) => body.failure = body.failure.or(Some(value.unsigned().unwrap_or_default())),
            (Failures::Yes | Failures::No, _) => {
                let item = body.items.get_mut(count).filter(|item| item.kind == "variable");
                if let Some(item) = item {
                    item.value = Some(value.content);
                }
            }
        }
        count += 1;
    });
    // Values of another number of variables belong to none of them.
    if count != body.items.len() {
        for item in &mut body.items {
            item.value = None;
        }
    }
}

/// Reads the parameters of a confirmed response; the body has the items of its request.
pub(super) fn response<'a>(service: Service, element: &Element<'a>, body: &mut Body<'a>) {
    match service {
        Service::IDENTIFY => {
            for (number, field) in [
                (0, IdentityField::Vendor),
                (1, IdentityField::Product),
                (2, IdentityField::Firmware),
            ] {
                match element.context(number) {
                    Some(text) if !text.content.is_empty() => body.facts.push((field, text.content)),
                    Some(_) => {}
                    None => body.fault(Fault::MalformedElement),
                }
            }
        }
        Service::NAME_LIST => {
            if let Some(list) = element.context(0) {
                body.each(&list, |body, name| body.text("name", name.content));
            }
        }
        Service::READ => {
            // The specification is repeated when the request asked for it.
            let specification = element.context(0).filter(|_| body.items.is_empty());
            if let Some(specification) = specification.and_then(|repeated| repeated.first()) {
                access(&specification, body);
            }
            match element.context(1) {
                Some(list) => {
                    values(&list, Failures::Yes, body);
                    plates(body);
                }
                None => body.fault(Fault::MalformedElement),
            }
        }
        Service::WRITE => {
            let failed = element
                .children()
                .map_while(Result::ok)
                .find(|result| result.is_context(0));
            body.failure = failed.map(|failed| failed.unsigned().unwrap_or_default());
        }
        Service::STATUS | Service(_) => {}
    }
}

/// Name plates among the variables that were read.
fn plates(body: &mut Body<'_>) {
    for item in &body.items {
        let fact = names::plate(&item.name).zip(item.value.filter(|value| !value.is_empty()));
        body.facts.extend(fact);
    }
}

/// Reads an information report: variables and their values. The first text of a report by list is its id (IEC
/// 61850-8-1, 17.2).
pub(super) fn report<'a>(element: &Element<'a>, body: &mut Body<'a>) {
    let mut parameters = element.children();
    let (Some(Ok(specification)), Some(Ok(data))) = (parameters.next(), parameters.next()) else {
        return body.fault(Fault::MalformedElement);
    };
    access(&specification, body);
    let id = data.first().filter(|first| first.is_context(10));
    values(&data, Failures::Yes, body);
    if let (Some(id), true) = (id, specification.number == 1) {
        body.text("report", id.content);
    }
}

/// Class and code of an error that answers a service.
pub(super) fn error(element: &Element<'_>) -> Option<(u16, u32)> {
    // Under its tag, the class under [0], and in it the code under the tag of the class.
    let class = element.context(0)?.first()?;
    Some((class.number, class.unsigned()?))
}
