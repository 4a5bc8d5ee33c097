//! Methods of AMQP 0-9-1.

use super::table::{self, Argument, Method};
use super::{Fault, Said};
use crate::message::{Function, IdentityField, Message, Object, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::tell::{Tell, named, plain};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

pub(super) fn heartbeat(said: &Said, tell: &mut Tell<'_>) {
    let function = Function {
        code: 8,
        name: "Heartbeat",
    };
    let class = OperationClass::Session;
    tell.message(&plain(
        said.protocol,
        Role::Unsolicited,
        function,
        class,
        said.span,
    ));
}

/// What a method says.
#[derive(Debug, Default)]
struct Read<'a> {
    objects: SmallVec<[Object<'a>; 4]>,
    facts: SmallVec<[(IdentityField, &'a [u8]); 4]>,
    delivery: Option<u32>,
    reply: Option<u16>,
    password: Option<Fault>,
}

pub(super) fn tell(mut content: Reader<'_>, said: &Said, tell: &mut Tell<'_>) {
    let (Ok(class), Ok(number)) = (content.u16_be(), content.u16_be()) else {
        Fault::CutShort.tell(said, tell);
        return;
    };
    let code = u32::from(class) << 16 | u32::from(number);
    let Some(method) = table::method(class, number) else {
        let function = Function {
            code,
            name: "unknown",
        };
        let class = OperationClass::Program;
        tell.message(&plain(
            said.protocol,
            Role::Unsolicited,
            function,
            class,
            said.span,
        ));
        Fault::UnknownMethod.tell(said, tell);
        return;
    };
    let mut read = Read::default();
    let whole = arguments(&method, &mut content, &mut read);
    let function = Function {
        code,
        name: method.name,
    };
    tell.message(&Message {
        objects: &read.objects,
        outcome: match (read.reply, method.role) {
            // A close gives its reason; 200 and 0 are a good end.
            (Some(0 | 200), _) => Outcome::None,
            (Some(code), _) => Outcome::Failure {
                code: code.into(),
                name: table::reply(code),
            },
            (None, Role::Response) => Outcome::Success,
            (None, Role::Request | Role::Unsolicited) => Outcome::None,
        },
        transaction: read.delivery,
        ..plain(said.protocol, method.role, function, method.operation, said.span)
    });
    for (field, value) in read.facts {
        tell.fact(field, value);
    }
    if let Some(fault) = read.password {
        fault.tell(said, tell);
    }
    if whole.is_err() {
        Fault::CutShort.tell(said, tell);
    }
}

fn arguments<'a>(method: &Method, content: &mut Reader<'a>, read: &mut Read<'a>) -> Result<(), Truncated> {
    for argument in method.arguments {
        match argument {
            Argument::Skip(bytes) => content.skip(*bytes)?,
            Argument::Text => drop(short(content)?),
            Argument::Name(kind) => {
                let name = short(content)?;
                // The default exchange and a queue that the broker is to name have no name.
                if !name.is_empty() {
                    read.objects.push(named(kind, name));
                }
            }
            Argument::Delivery => read.delivery = u32::try_from(content.u64_be()?).ok(),
            Argument::Properties => {
                let mut table = long(content)?;
                while !table.is_empty() {
                    let (name, value) = entry(&mut table)?;
                    if let (Some(field), Some(value)) = (property(name), value) {
                        read.facts.push((field, value));
                    }
                }
            }
            Argument::Mechanisms => {
                let mechanisms = long(content)?.rest();
                read.objects.push(named("mechanisms", mechanisms));
            }
            Argument::SignIn => {
                let mechanism = short(content)?;
                read.objects.push(named("mechanism", mechanism));
                let response = long(content)?;
                sign_in(mechanism, response, read)?;
            }
            Argument::Reply => {
                read.reply = Some(content.u16_be()?);
                short(content)?;
            }
        }
    }
    Ok(())
}

/// The user of what a mechanism sends, and whether there is a password beside.
fn sign_in<'a>(mechanism: &[u8], mut response: Reader<'a>, read: &mut Read<'a>) -> Result<(), Truncated> {
    match mechanism {
        b"PLAIN" => {
            read.password = Some(Fault::ClearTextLogin);
            read.facts
                .extend(plain_user(response.rest()).map(|user| (IdentityField::User, user)));
        }
        b"AMQPLAIN" => {
            read.password = Some(Fault::ClearTextLogin);
            while !response.is_empty() {
                if let (b"LOGIN", Some(user)) = entry(&mut response)? {
                    read.facts.push((IdentityField::User, user));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// SASL PLAIN (RFC 4616): whom to act as, the user and the password, between zeros.
pub(super) fn plain_user(response: &[u8]) -> Option<&[u8]> {
    response.split(|byte| *byte == 0).nth(1)
}

/// The facts in a peer's properties.
pub(super) const fn property(name: &[u8]) -> Option<IdentityField> {
    match name {
        b"product" => Some(IdentityField::Product),
        b"version" => Some(IdentityField::Firmware),
        b"platform" => Some(IdentityField::System),
        _ => None,
    }
}

fn short<'a>(content: &mut Reader<'a>) -> Result<&'a [u8], Truncated> {
    let length = content.u8()?;
    content.take(length.into())
}

fn long<'a>(content: &mut Reader<'a>) -> Result<Reader<'a>, Truncated> {
    let length = content.u32_be()?;
    content.sub(usize::try_from(length).unwrap_or(usize::MAX))
}

/// A name in a table, and its value when that is text.
fn entry<'a>(table: &mut Reader<'a>) -> Result<(&'a [u8], Option<&'a [u8]>), Truncated> {
    let name = short(table)?;
    let mut text = None;
    match table.u8()? {
        b'S' => text = Some(long(table)?.rest()),
        b'F' | b'A' | b'x' => drop(long(table)?.rest()),
        b't' | b'b' | b'B' => table.skip(1)?,
        b's' | b'U' | b'u' => table.skip(2)?,
        b'I' | b'i' | b'f' => table.skip(4)?,
        b'D' => table.skip(5)?,
        b'L' | b'l' | b'd' | b'T' => table.skip(8)?,
        b'V' => {}
        // Nobody knows how long another value is: nothing after it can be read.
        _ => drop(table.rest()),
    }
    Ok((name, text))
}
