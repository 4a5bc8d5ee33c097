//! CODESYS V2 frames (TCP ports 1200 and 2455): two bytes of magic, a length in the controller's byte order, a service.
//! Only what Digital Bond's Redpoint project found of them is known.

use super::{CODESYS_V2, Fault};
use crate::message::{About, Anomaly, Function, Identity, IdentityField, Message, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::session::{Lost, Side, Sink};
use crate::tell::trimmed;
use cofferdam_terms::OperationClass;

/// What starts every frame.
pub(super) const MAGIC: u8 = 0xbb;
/// The most that a length may say.
pub(super) const MAX_LENGTH: u32 = 0x1_0000;
/// The bytes of a frame before its content, and of a name in an answer to an identification.
const HEAD: usize = 6;
const NAME: usize = 32;
/// Where in the answer's frame names start: of the system, its version, the product.
const NAMES: usize = 64;

/// The services that are known.
const IDENTIFY: u8 = 0x01;
const BROWSER: u8 = 0x92;

/// Reads a frame's content, or says how many bytes are missing.
pub(super) fn next<'a>(reader: &mut Reader<'a>) -> Result<Result<&'a [u8], usize>, Lost> {
    let offset = reader.offset();
    let lost = |reason| Lost { offset, reason };
    let mut ahead = *reader;
    match ahead.peek() {
        [MAGIC] | [MAGIC, MAGIC, ..] => {}
        _ => return Err(lost("no frame starts so")),
    }
    let length = match ahead.skip(2).and_then(|()| ahead.u32_le()) {
        Ok(length) => length,
        Err(Truncated { missing, .. }) => return Ok(Err(missing)),
    };
    // Of the two byte orders the one in which the length can be.
    let length = if length <= MAX_LENGTH {
        length
    } else {
        length.swap_bytes()
    };
    if !(1..=MAX_LENGTH).contains(&length) {
        return Err(lost("length fits no frame"));
    }
    Ok(match ahead.take(usize::try_from(length).unwrap_or(usize::MAX)) {
        Ok(content) => {
            *reader = ahead;
            Ok(content)
        }
        Err(Truncated { missing, .. }) => Err(missing),
    })
}

/// Tells a frame; `asked` is the last service that was asked for, which an answer doesn't repeat.
pub(super) fn tell(side: Side, content: &[u8], asked: &mut Option<u8>, span: Span, sink: &mut dyn Sink) {
    let (role, service) = match side {
        Side::Initiator => {
            *asked = content.first().copied();
            (Role::Request, *asked)
        }
        Side::Responder => (Role::Response, *asked),
    };
    let (name, operation) = match service {
        Some(IDENTIFY) => ("Identify", OperationClass::Identify),
        Some(BROWSER) => ("PLC Browser Command", OperationClass::Program),
        Some(_) => ("unknown", OperationClass::Program),
        None => ("Answer to a Request Not Seen", OperationClass::Session),
    };
    sink.message(&Message {
        protocol: CODESYS_V2,
        role,
        function: Function {
            code: service.map_or(0x100, u32::from),
            name,
        },
        operation,
        unit: None,
        objects: &[],
        outcome: match role {
            Role::Response => Outcome::Success,
            Role::Request | Role::Unsolicited => Outcome::None,
        },
        transaction: None,
        span,
    });
    if (role, service) == (Role::Response, Some(IDENTIFY)) {
        facts(content, sink);
    }
    if !matches!(service, None | Some(IDENTIFY | BROWSER)) {
        sink.anomaly(&Anomaly {
            protocol: CODESYS_V2,
            code: Fault::UnknownService.code(),
            span,
        });
    }
}

/// What an answer says of the controller.
fn facts(content: &[u8], sink: &mut dyn Sink) {
    let name = |number: usize| {
        let start = NAMES - HEAD + number * NAME;
        trimmed(content.get(start..start + NAME).unwrap_or_default())
    };
    let system = [name(0), name(1)].join(&b' ');
    for (field, value) in [
        (IdentityField::System, system.trim_ascii()),
        (IdentityField::Product, name(2)),
    ] {
        if !value.is_empty() {
            sink.identity(&Identity {
                protocol: CODESYS_V2,
                about: About::Sender,
                unit: None,
                field,
                value,
            });
        }
    }
}
