//! The discovery of routers over UDP port 48899: who is there, and routes that are added. Beckhoff publishes no
//! specification; the captures and open clients agree on the layout.

use super::names;
use super::{DISCOVERY, Fault};
use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::session::Sink;
use crate::tell::trimmed;
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// What starts every message.
pub(super) const MAGIC: [u8; 4] = [0x03, 0x66, 0x14, 0x71];
/// The most items of one message that are told; further ones are dropped and said.
pub(super) const MAX_ITEMS: usize = 32;
/// The bit that marks an answer.
const ANSWER: u32 = 0x8000_0000;

const IDENTIFY: u32 = 1;
const ADD_ROUTE: u32 = 6;

/// Kinds of items.
mod item {
    pub(super) const STATUS: u16 = 1;
    pub(super) const TWINCAT: u16 = 3;
    pub(super) const SYSTEM: u16 = 4;
    pub(super) const HOST: u16 = 5;
    pub(super) const ROUTE: u16 = 12;
    pub(super) const USER: u16 = 13;
}

/// What a message says.
#[derive(Debug, Default)]
struct Items<'a> {
    objects: SmallVec<[Object<'a>; 2]>,
    host: Option<&'a [u8]>,
    user: Option<&'a [u8]>,
    twincat: Option<String>,
    system: Option<String>,
    status: Option<u32>,
}

/// Tells one datagram.
pub(super) fn tell(bytes: &[u8], sink: &mut dyn Sink) {
    let span = Span {
        start: 0,
        end: bytes.len(),
    };
    let mut reader = Reader::new(bytes);
    let mut fault = None;
    match head(&mut reader) {
        Err(_) => fault = Some(Fault::CutShort),
        Ok((invoke, service, unit, count)) => {
            let mut items = Items::default();
            match read(service, count, &mut reader, &mut items) {
                Err(Truncated { .. }) => fault = Some(Fault::CutShort),
                Ok(Some(more)) => fault = Some(more),
                Ok(None) if !reader.is_empty() => fault = Some(Fault::TrailingBytes),
                Ok(None) => {}
            }
            if !matches!(service & !ANSWER, IDENTIFY | ADD_ROUTE) {
                fault.get_or_insert(Fault::UnknownCommand);
            }
            message(invoke, service, unit, &items, span, sink);
            facts(service, &items, sink);
        }
    }
    if let Some(fault) = fault {
        sink.anomaly(&Anomaly {
            protocol: DISCOVERY,
            code: fault.code(),
            span,
        });
    }
}

/// The number of the request, the service, who sends, and how many items follow.
fn head(reader: &mut Reader<'_>) -> Result<(u32, u32, u32, u32), Truncated> {
    reader.skip(MAGIC.len())?;
    let invoke = reader.u32_le()?;
    let service = reader.u32_le()?;
    let [a, b, c, d, _, _] = reader.array()?;
    let _port = reader.u16_le()?;
    let count = reader.u32_le()?;
    Ok((invoke, service, u32::from_be_bytes([a, b, c, d]), count))
}

fn read<'a>(
    service: u32,
    count: u32,
    reader: &mut Reader<'a>,
    items: &mut Items<'a>,
) -> Result<Option<Fault>, Truncated> {
    for number in 0..count {
        if usize::try_from(number).is_ok_and(|number| number == MAX_ITEMS) {
            reader.rest();
            return Ok(Some(Fault::TooManyObjects));
        }
        let kind = reader.u16_le()?;
        let length = reader.u16_le()?;
        let mut content = reader.sub(length.into())?;
        match kind {
            item::STATUS => items.status = Some(content.u32_le()?),
            item::TWINCAT => {
                let [major, minor] = content.array()?;
                let build = content.u16_le()?;
                items.twincat = Some(format!("{major}.{minor}.{build}"));
            }
            item::SYSTEM => items.system = Some(system(&mut content)?),
            // To add a route, a client says where it is to lead.
            item::HOST if service == ADD_ROUTE => {
                items.objects.push(named("host", content.rest()));
            }
            item::HOST => items.host = Some(trimmed(content.rest())),
            item::ROUTE => items.objects.push(named("route", content.rest())),
            item::USER => items.user = Some(trimmed(content.rest())),
            // A password, a fingerprint, the Net ID again, and what nobody described.
            _ => {}
        }
    }
    Ok(None)
}

fn named<'a>(kind: &'static str, text: &'a [u8]) -> Object<'a> {
    Object::at(Address::Name {
        kind,
        name: trimmed(text),
    })
}

/// An operating system as Windows describes itself: size of the structure, version, build and platform.
fn system(content: &mut Reader<'_>) -> Result<String, Truncated> {
    let _size = content.u32_le()?;
    let major = content.u32_le()?;
    let minor = content.u32_le()?;
    let build = content.u32_le()?;
    Ok(match content.u32_le()? {
        2 => format!("Windows NT {major}.{minor} build {build}"),
        3 => format!("Windows CE {major}.{minor}"),
        platform => format!("platform {platform} {major}.{minor} build {build}"),
    })
}

fn message(invoke: u32, service: u32, unit: u32, items: &Items<'_>, span: Span, sink: &mut dyn Sink) {
    let answers = service & ANSWER != 0;
    let (name, operation) = match service & !ANSWER {
        IDENTIFY => ("Identify", OperationClass::Identify),
        ADD_ROUTE => ("Add Route", OperationClass::Configure),
        _ => ("unknown", OperationClass::Program),
    };
    sink.message(&Message {
        protocol: DISCOVERY,
        role: if answers { Role::Response } else { Role::Request },
        function: Function {
            code: service & !ANSWER,
            name,
        },
        operation,
        unit: answers.then_some(unit),
        objects: &items.objects,
        outcome: match (answers, items.status) {
            (false, _) => Outcome::None,
            (true, Some(status)) => names::outcome(status),
            (true, None) => Outcome::Success,
        },
        transaction: Some(invoke),
        span,
    });
}

/// What an answer says of its sender; of who adds a route, the user that it signs in as.
fn facts(service: u32, items: &Items<'_>, sink: &mut dyn Sink) {
    let mut fact = |field, value: &[u8]| {
        if !value.is_empty() {
            sink.identity(&Identity {
                protocol: DISCOVERY,
                about: About::Sender,
                unit: None,
                field,
                value,
            });
        }
    };
    fact(IdentityField::User, items.user.unwrap_or_default());
    if service != IDENTIFY | ANSWER {
        return;
    }
    fact(IdentityField::HostName, items.host.unwrap_or_default());
    if let Some(version) = &items.twincat {
        fact(IdentityField::Product, b"TwinCAT");
        fact(IdentityField::Firmware, version.as_bytes());
    }
    fact(
        IdentityField::System,
        items.system.as_deref().unwrap_or_default().as_bytes(),
    );
}
