//! UMAS, the engineering protocol of Schneider Electric's Modicon controllers, which travels in function 0x5a.
//!
//! Its maker publishes no specification. Layouts and names follow what researchers published and captures show. A
//! request is a session key, a function and its data; an answer a session key, a status and data, and names no function.

use super::names::FunctionCode;
use super::pdu::{Asked, Body, Told};
use super::{Fault, UMAS};
use crate::message::{Address, Function, IdentityField, Outcome};
use crate::reader::{Reader, Truncated};
use cofferdam_terms::OperationClass;

const SUCCESS: u8 = 0xfe;
const FAILURE: u8 = 0xfd;

const READ_ID: u8 = 0x02;
const TAKE_RESERVATION: u8 = 0x10;
const READ_MEMORY_BLOCK: u8 = 0x20;
const WRITE_MEMORY_BLOCK: u8 = 0x21;
const UPLOAD_BLOCK: u8 = 0x31;
const DOWNLOAD_BLOCK: u8 = 0x34;
/// Wraps another function with a signature.
const SIGNED: u8 = 0x38;

/// An answer whose request was not seen.
const NOT_SEEN: Told = Told {
    protocol: UMAS,
    function: Function {
        code: FunctionCode::UMAS.0 as u32,
        name: "Answer to a Request Not Seen",
    },
    operation: OperationClass::Session,
};

/// Reads a request, from after function code 0x5a.
pub(super) fn request<'a>(reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    let _session_key = reader.u8()?;
    let outer = reader.u8()?;
    body.asked.signed = outer == SIGNED;
    let function = if outer == SIGNED { unwrap(reader)? } else { outer };
    body.kind(function);
    match function {
        TAKE_RESERVATION => {
            // A number, then the name of the engineering station.
            reader.skip(4)?;
            let length = reader.u8()?;
            let station = reader.take(length.into())?;
            body.facts.push((IdentityField::HostName, station));
        }
        READ_MEMORY_BLOCK => memory(reader, body)?,
        WRITE_MEMORY_BLOCK => {
            memory(reader, body)?;
            let value = Some(reader.rest());
            body.objects.iter_mut().for_each(|object| object.value = value);
        }
        UPLOAD_BLOCK | DOWNLOAD_BLOCK => {
            reader.skip(2)?;
            let number = reader.u16_le()?.into();
            body.object(
                Address::Block {
                    kind: "block",
                    number,
                },
                None,
            );
            reader.rest();
        }
        _ => {
            reader.rest();
        }
    }
    Ok(())
}

/// Reads an answer, from after function code 0x5a. An answer by itself does nothing to the device, and says nothing of
/// what was asked.
pub(super) fn response<'a>(
    asked: Option<Asked>,
    reader: &mut Reader<'a>,
    body: &mut Body<'a>,
) -> Result<Outcome, Truncated> {
    body.told = asked.map_or(NOT_SEEN, Asked::told);
    let _session_key = reader.u8()?;
    let mut status = reader.u8()?;
    if status == SUCCESS && asked.is_some_and(|asked| asked.signed) {
        status = unwrap(reader)?;
    }
    Ok(match status {
        SUCCESS => {
            if body.told.function.code == READ_ID.into() {
                read_id(reader, body)?;
            }
            reader.rest();
            Outcome::Success
        }
        FAILURE => {
            let code = reader.rest().first().copied().unwrap_or_default();
            Outcome::Failure {
                code: code.into(),
                name: "UMAS Error",
            }
        }
        _ => {
            body.fault(Fault::UmasStatus);
            reader.rest();
            Outcome::None
        }
    })
}

/// What a signature wraps: a mark, 32 bytes of signature, function code 0x5a and a session key; then the function or
/// status, which is returned.
fn unwrap(reader: &mut Reader<'_>) -> Result<u8, Truncated> {
    reader.skip(1 + 32 + 1 + 1)?;
    reader.u8()
}

/// Range, block, offset and length.
fn memory<'a>(reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    reader.skip(1)?;
    let (block, offset, length) = (reader.u16_le()?, reader.u32_le()?, reader.u16_le()?);
    let address = Address::Memory {
        area: "block",
        block: block.into(),
        bit: offset.saturating_mul(8),
        bits: u32::from(length) * 8,
    };
    body.object(address, None);
    Ok(())
}

/// Range and model in eight bytes, version, twelve bytes more, then the name of the controller's type.
fn read_id<'a>(reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    reader.skip(22)?;
    let length = reader.u8()?;
    let name = reader.take(length.into())?;
    body.facts.push((IdentityField::Product, name));
    Ok(())
}

/// A function as it is told.
pub(super) const fn told(function: u8) -> Told {
    let (name, operation) = describe(function);
    Told {
        protocol: UMAS,
        function: Function {
            code: function as u32,
            name,
        },
        operation,
    }
}

/// The name and class of a function. One that nobody has written down counts as the class that a policy is most
/// careful with.
const fn describe(function: u8) -> (&'static str, OperationClass) {
    use OperationClass as Class;
    match function {
        0x01 => ("Init Comm", Class::Session),
        READ_ID => ("Read ID", Class::Identify),
        0x03 => ("Read Project Info", Class::Identify),
        0x04 => ("Read PLC Info", Class::Diagnose),
        0x05 => ("Read Loader Info", Class::Identify),
        0x06 => ("Read Card Info", Class::Identify),
        0x07 => ("Read Block Info", Class::Diagnose),
        0x0a => ("Repeat", Class::Diagnose),
        TAKE_RESERVATION => ("Take PLC Reservation", Class::Session),
        0x11 => ("Release PLC Reservation", Class::Session),
        0x12 => ("Keep Alive", Class::Session),
        READ_MEMORY_BLOCK => ("Read Memory Block", Class::Read),
        WRITE_MEMORY_BLOCK => ("Write Memory Block", Class::Write),
        0x22 => ("Read Variables", Class::Read),
        0x23 => ("Write Variables", Class::Write),
        0x24 => ("Read Coils and Registers", Class::Read),
        0x25 => ("Write Coils and Registers", Class::Write),
        0x26 => ("Data Dictionary", Class::Read),
        0x27 => ("Data Dictionary Preload", Class::Read),
        0x28 => ("Read Physical Address", Class::Read),
        0x29 => ("Write Physical Address", Class::Write),
        0x2a => ("Browse Events", Class::Diagnose),
        0x30 => ("Initialize Upload", Class::Program),
        UPLOAD_BLOCK => ("Upload Block", Class::Program),
        0x32 => ("End Upload", Class::Program),
        0x33 => ("Initialize Download", Class::Program),
        DOWNLOAD_BLOCK => ("Download Block", Class::Program),
        0x35 => ("End Download", Class::Program),
        0x36 => ("Backup", Class::Program),
        0x37 => ("Preload Blocks", Class::Program),
        SIGNED => ("Signed Request", Class::Program),
        0x39 => ("Read Ethernet Master Data", Class::Read),
        0x40 => ("Start PLC", Class::Control),
        0x41 => ("Stop PLC", Class::Control),
        0x42 => ("Initialize PLC", Class::Control),
        0x43 => ("Swap Blocks", Class::Program),
        0x50 => ("Monitor PLC", Class::Read),
        0x51 => ("Get Auto Modifications", Class::Diagnose),
        0x52 => ("Get Forced Bits", Class::Diagnose),
        0x53 => ("Get Selected Blocks", Class::Diagnose),
        0x58 => ("Check PLC", Class::Diagnose),
        0x60 => ("Set Breakpoint", Class::Control),
        0x61 => ("Delete Breakpoint", Class::Control),
        0x62 => ("Step Over", Class::Control),
        0x63 => ("Step In", Class::Control),
        0x64 => ("Step Out", Class::Control),
        0x65 => ("Get Call Stack", Class::Diagnose),
        0x66 => ("Check Debug Allowed", Class::Diagnose),
        0x6c => ("Process Message", Class::Program),
        0x6d => ("Private", Class::Program),
        0x6e => ("Reservation Nonces", Class::Session),
        0x70 => ("Read I/O Object", Class::Read),
        0x71 => ("Write I/O Object", Class::Write),
        0x72 => ("Read Rack", Class::Identify),
        0x73 => ("Get Module Status", Class::Diagnose),
        0x74 => ("Read Device Data", Class::Read),
        _ => ("unknown", Class::Program),
    }
}
