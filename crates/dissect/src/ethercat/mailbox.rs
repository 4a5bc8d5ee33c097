//! What EtherCAT devices are told and asked in their mailboxes (ETG.1000.6, IEC 61158-6-12): dictionary objects and
//! emergencies (CoE), files (FoE); the other protocols, and refusals, by their head. A function's code is the service
//! of CoE `<< 8 |` what is done with an object, or the operation of FoE.
//!
//! A mailbox has no address of its own: it is a write to, or read from, memory above the registers whose content is a
//! mailbox's head that says exactly how long it is. So one that says less than what follows is looked at only when its
//! rest is zeros.

use super::Direction;
use crate::message::{
    About, Address, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::registry::Protocol;
use crate::tell::{Tell, named, plain, trimmed};
use cofferdam_terms::OperationClass;

/// The protocols inside mailboxes, by type.
pub(super) const INNER: &[Protocol] = &[ERROR, AOE, EOE, COE, FOE, SOE, VOE];

const ERROR: Protocol = Protocol("ethercat-mailbox");
const AOE: Protocol = Protocol("aoe");
const EOE: Protocol = Protocol("eoe");
const COE: Protocol = Protocol("coe");
const FOE: Protocol = Protocol("foe");
const SOE: Protocol = Protocol("soe");
const VOE: Protocol = Protocol("voe");

/// The first address that may hold a mailbox: registers end below it.
const FIRST_MEMORY: u16 = 0x1000;

/// Where a mailbox stands: its device, and which way it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) device: u32,
    pub(super) register: u16,
    pub(super) direction: Direction,
    pub(super) counter: u16,
    pub(super) span: Span,
}

impl Place {
    /// A frame passes twice: a write is told on its way out, a read when it comes back with content.
    fn speaks(self) -> Option<Role> {
        match (self.direction, self.counter) {
            _ if self.register < FIRST_MEMORY => None,
            (Direction::Write, 0) => Some(Role::Request),
            (Direction::Read, 1..) => Some(Role::Response),
            (Direction::Write | Direction::Read | Direction::Both | Direction::Nothing, _) => None,
        }
    }
}

/// Tells the mailbox that a datagram's data are, if they are one.
pub(super) fn tell(data: &[u8], place: Place, tell: &mut Tell<'_>) {
    let Some(role) = place.speaks() else { return };
    let mut reader = Reader::new(data);
    let Ok((kind, content)) = head(&mut reader) else {
        return;
    };
    if content.is_empty() || reader.peek().iter().any(|byte| *byte != 0) {
        return;
    }
    let of = |protocol, code, name, class| Message {
        unit: Some(place.device),
        ..plain(protocol, role, Function { code, name }, class, place.span)
    };
    // One that can't be read is no mailbox: nothing but its form says that it is one.
    let _no_mailbox = match kind {
        0 => refusal(
            content,
            of(ERROR, 0, "Mailbox Error", OperationClass::Session),
            tell,
        ),
        1 => said(of(AOE, 1, "AoE", OperationClass::Program), tell),
        2 => said(of(EOE, 2, "EoE", OperationClass::Session), tell),
        3 => dictionary(content, of(COE, 0, "CoE", OperationClass::Program), tell),
        4 => file(content, of(FOE, 0, "FoE", OperationClass::File), tell),
        5 => said(of(SOE, 5, "SoE", OperationClass::Configure), tell),
        15 => said(of(VOE, 15, "VoE", OperationClass::Program), tell),
        _ => Ok(()),
    };
}

fn said(message: Message<'_>, tell: &mut Tell<'_>) -> Result<(), Truncated> {
    tell.message(&message);
    Ok(())
}

/// Length, address, channel, then type and counter. The counter of a mailbox runs from 1 to 7.
fn head<'a>(reader: &mut Reader<'a>) -> Result<(u8, Reader<'a>), Truncated> {
    let none = Truncated {
        offset: 0,
        missing: 0,
    };
    let length = usize::from(reader.u16_le()?);
    let [_, _, channel, kind] = reader.array()?;
    if channel & 0x3f != 0 || kind & 0x80 != 0 || kind & 0x70 == 0 {
        return Err(none);
    }
    Ok((kind & 0x0f, reader.sub(length)?))
}

fn refusal(mut reader: Reader<'_>, said: Message<'_>, tell: &mut Tell<'_>) -> Result<(), Truncated> {
    let [kind, _] = reader.array()?;
    let code = reader.u16_le()?;
    if kind != 1 {
        return Ok(());
    }
    let name = match code {
        1 => "syntax",
        2 => "protocol not supported",
        3 => "channel",
        4 => "service not supported",
        5 => "invalid header",
        6 => "size too short",
        7 => "no more memory",
        8 => "invalid size",
        _ => "refused",
    };
    let outcome = Outcome::Failure {
        code: code.into(),
        name,
    };
    tell.message(&Message { outcome, ..said });
    Ok(())
}

fn dictionary(mut reader: Reader<'_>, said: Message<'_>, tell: &mut Tell<'_>) -> Result<(), Truncated> {
    let service = reader.u16_le()? >> 12;
    let by_head = |name, role, operation| Message {
        role,
        operation,
        function: Function {
            code: u32::from(service) << 8,
            name,
        },
        ..said
    };
    match service {
        1 => {
            let code = u32::from(reader.u16_le()?);
            let outcome = Outcome::Failure {
                code,
                name: "emergency",
            };
            let emergency = by_head("Emergency", Role::Unsolicited, OperationClass::Alarm);
            tell.message(&Message { outcome, ..emergency });
        }
        2 | 3 => return object(service, reader, said, tell),
        4 => tell.message(&by_head("TxPDO", Role::Unsolicited, OperationClass::Read)),
        5 => tell.message(&by_head("RxPDO", Role::Unsolicited, OperationClass::Write)),
        6 => tell.message(&by_head(
            "TxPDO Remote Request",
            Role::Request,
            OperationClass::Read,
        )),
        7 => tell.message(&by_head(
            "RxPDO Remote Request",
            Role::Request,
            OperationClass::Read,
        )),
        8 => tell.message(&by_head("SDO Information", said.role, OperationClass::Identify)),
        _ => {}
    }
    Ok(())
}

/// What is done with an object, by the upper three bits of the command: in a request, and in an answer.
const fn done_with(service: u16, command: u8) -> Option<(u32, &'static str, Role)> {
    Some(match (service, command >> 5) {
        (2, 1) => (1, "SDO Download", Role::Request),
        (3, 3) => (1, "SDO Download", Role::Response),
        (2, 0) => (2, "SDO Download Segment", Role::Request),
        (3, 1) => (2, "SDO Download Segment", Role::Response),
        (2, 2) => (3, "SDO Upload", Role::Request),
        (3, 2) => (3, "SDO Upload", Role::Response),
        (2, 3) => (4, "SDO Upload Segment", Role::Request),
        (3, 0) => (4, "SDO Upload Segment", Role::Response),
        (2 | 3, 4) => (5, "SDO Abort", Role::Response),
        _ => return None,
    })
}

/// What reading or writing an object does (ETG.1000.6, 5.6.7; CiA 301, 7.5.2): identity, communication and makers'
/// objects are settings, programs are loaded through 0x1f50 and its neighbours, profiles' objects are process values.
const fn class_of(index: u16, kind: u32) -> OperationClass {
    match (kind, index) {
        (3, 0x1000 | 0x1008..=0x100a | 0x1018) => OperationClass::Identify,
        (1, 0x1f50..=0x1f57) => OperationClass::Program,
        (1, 0x0000..=0x5fff) => OperationClass::Configure,
        (1, _) => OperationClass::Write,
        // A segment doesn't say of which object it is.
        (2, _) => OperationClass::Configure,
        _ => OperationClass::Read,
    }
}

fn object(
    service: u16,
    mut reader: Reader<'_>,
    said: Message<'_>,
    tell: &mut Tell<'_>,
) -> Result<(), Truncated> {
    let command = reader.u8()?;
    let Some((kind, name, role)) = done_with(service, command) else {
        return Ok(());
    };
    let function = Function {
        code: u32::from(service & 2) << 8 | kind,
        name,
    };
    if matches!(kind, 2 | 4) {
        let operation = class_of(0, kind);
        let outcome = if role == Role::Response {
            Outcome::Success
        } else {
            Outcome::None
        };
        tell.message(&Message {
            function,
            role,
            operation,
            outcome,
            ..said
        });
        return Ok(());
    }
    let index = reader.u16_le()?;
    let subindex = reader.u8()?;
    let content = match (service, kind) {
        (2, 1) | (3, 3) => value(command, reader)?,
        _ => reader.peek(),
    };
    let carries = matches!((service, kind), (2, 1) | (3, 3)) && !content.is_empty();
    let object = Object {
        address: Address::Path {
            class: index.into(),
            instance: Some(subindex.into()),
            attribute: None,
        },
        value: carries.then_some(content),
    };
    let outcome = match (kind, role) {
        (5, _) => Outcome::Failure {
            code: reader.u32_le()?,
            name: "aborted",
        },
        (_, Role::Response) => Outcome::Success,
        (_, Role::Request | Role::Unsolicited) => Outcome::None,
    };
    let operation = class_of(index, kind);
    tell.message(&Message {
        function,
        role,
        operation,
        outcome,
        objects: &[object],
        ..said
    });
    if (service, kind) == (3, 3) {
        facts(index, subindex, content, said, tell);
    }
    Ok(())
}

/// A short value stands where a long one has its size.
fn value(command: u8, mut reader: Reader<'_>) -> Result<&[u8], Truncated> {
    match command & 0x03 {
        0x03 => reader.take(4 - usize::from(command >> 2 & 0x03)),
        0x02 => reader.take(4),
        _ => {
            reader.skip(4)?;
            Ok(reader.rest())
        }
    }
}

fn facts(index: u16, subindex: u8, content: &[u8], said: Message<'_>, tell: &mut Tell<'_>) {
    let number = || match *content {
        [a, b, c, d] => format!("0x{:08x}", u32::from_le_bytes([a, b, c, d])),
        _ => String::new(),
    };
    let text = || String::from_utf8_lossy(trimmed(content)).into_owned();
    let (field, value) = match (index, subindex) {
        (0x1000, 0) => (IdentityField::DeviceType, number()),
        (0x1008, 0) => (IdentityField::Product, text()),
        (0x100a, 0) => (IdentityField::Firmware, text()),
        (0x1018, 1) => (IdentityField::Vendor, number()),
        (0x1018, 2) => (IdentityField::ProductCode, number()),
        (0x1018, 4) => (IdentityField::Serial, number()),
        _ => return,
    };
    if !value.is_empty() {
        let value = if field == IdentityField::Vendor {
            format!("EtherCAT vendor {value}")
        } else {
            value
        };
        let about = About::Sender;
        tell.identity(&Identity {
            protocol: COE,
            about,
            unit: said.unit,
            field,
            value: value.as_bytes(),
        });
    }
}

/// FoE: firmware goes this way, so a write counts as such.
fn file(mut reader: Reader<'_>, said: Message<'_>, tell: &mut Tell<'_>) -> Result<(), Truncated> {
    let code = reader.u16_le()?;
    let number = reader.u32_le()?;
    let rest = reader.rest();
    let (name, role, operation) = match code {
        1 => ("FoE Read", Role::Request, OperationClass::File),
        2 => ("FoE Write", Role::Request, OperationClass::Firmware),
        3 => ("FoE Data", Role::Unsolicited, OperationClass::File),
        4 => ("FoE Acknowledge", Role::Response, OperationClass::File),
        5 => ("FoE Error", Role::Response, OperationClass::File),
        6 => ("FoE Busy", Role::Response, OperationClass::File),
        _ => return Ok(()),
    };
    let object = named("file", rest);
    let outcome = match code {
        4 => Outcome::Success,
        5 => Outcome::Failure {
            code: number,
            name: "refused",
        },
        _ => Outcome::None,
    };
    let objects = if matches!(code, 1 | 2) {
        std::slice::from_ref(&object)
    } else {
        &[]
    };
    let function = Function {
        code: code.into(),
        name,
    };
    tell.message(&Message {
        function,
        role,
        operation,
        outcome,
        objects,
        ..said
    });
    Ok(())
}
