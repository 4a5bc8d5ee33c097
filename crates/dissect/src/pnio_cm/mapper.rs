//! The endpoint mapper on PROFINET's port: what a device says of itself in its annotation.

use super::{Header, PNIO_CM};
use crate::message::{Function, IdentityField, Message, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::tell::{Tell, all, plain, trimmed};
use cofferdam_terms::OperationClass;

/// The most entries of an answer that are read; a device has two or three.
pub(super) const MAX_ENTRIES: u32 = 8;

/// Lookup, Free Handle; the others aren't sent to devices.
const LOOKUP: u16 = 2;
const FREE: u16 = 4;

pub(super) fn tell(header: &Header, role: Role, content: Reader<'_>, bytes: &[u8], tell: &mut Tell<'_>) {
    let name = match header.operation {
        LOOKUP => "Endpoint Lookup",
        FREE => "Endpoint Lookup Free",
        _ => "Endpoint Mapper",
    };
    let function = Function {
        code: 0x100 | u32::from(header.operation),
        name,
    };
    tell.message(&Message {
        transaction: Some(header.sequence),
        outcome: match role {
            Role::Response => Outcome::Success,
            Role::Request | Role::Unsolicited => Outcome::None,
        },
        ..plain(PNIO_CM, role, function, OperationClass::Identify, all(bytes))
    });
    if role == Role::Response && header.operation == LOOKUP {
        // Entries without any, the last answer of a lookup, are the rule; what is cut short says less.
        let _said = entries(header, content, tell);
    }
}

/// Handle, count, array bounds, then entries of object, pointer and annotation.
fn entries(header: &Header, mut reader: Reader<'_>, tell: &mut Tell<'_>) -> Result<(), Truncated> {
    let order = header.order;
    reader.skip(20)?;
    let count = order.u32(&mut reader)?;
    reader.skip(12)?;
    for _ in 0..count.min(MAX_ENTRIES) {
        reader.skip(16 + 4)?;
        let _offset = order.u32(&mut reader)?;
        let length = order.u32(&mut reader)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let annotation = reader.take(length)?;
        reader.skip((4 - length % 4) % 4)?;
        annotated(annotation, tell);
    }
    Ok(())
}

/// IEC 61158-6-10: type (25 characters), blank, order number (20), blank, hardware (5), blank, prefix, revision (9).
fn annotated(annotation: &[u8], tell: &mut Tell<'_>) {
    let piece = |from: usize, to: usize| {
        let end = to.min(annotation.len());
        trimmed(annotation.get(from..end).unwrap_or_default())
    };
    if annotation.len() < 47 {
        return;
    }
    tell.fact(IdentityField::Product, piece(0, 25));
    tell.fact(IdentityField::ProductCode, piece(26, 46));
    // `V  1  0  3`: prefix, then numbers of three places.
    let firmware = piece(53, 63);
    if let [prefix, numbers @ ..] = firmware {
        let numbers: Vec<&str> = std::str::from_utf8(numbers)
            .unwrap_or_default()
            .split_ascii_whitespace()
            .collect();
        let text = format!("{}{}", char::from(*prefix), numbers.join("."));
        tell.fact(IdentityField::Firmware, text.as_bytes());
    }
}
