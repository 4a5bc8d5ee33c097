//! PCCC, the command set of PLC-5, SLC and MicroLogix controllers, as CIP's Execute_PCCC carries it ("DF1 Protocol and
//! Command Set", 1770-6.5.16, chapter 7).
//!
//! The function code is `command << 8 | function`; commands without a function have 0 there. Addresses are read of
//! the protected typed logical reads and writes; those of the PLC-5 (word range, typed) are symbolic or of a rack's
//! layout and are not.

use crate::message::{Address, Outcome};
use crate::reader::{Reader, Truncated};
use cofferdam_terms::OperationClass;

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request<'a> {
    /// Command and function.
    pub(super) code: u16,
    /// The transaction's number.
    pub(super) transaction: u16,
    /// What it reads or writes.
    pub(super) address: Option<Address<'static>>,
    /// What it writes there.
    pub(super) value: Option<&'a [u8]>,
}

/// An answer. It does not name its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Response<'a> {
    /// The command, without the answer's bit.
    pub(super) command: u8,
    /// The transaction's number.
    pub(super) transaction: u16,
    /// What it says.
    pub(super) outcome: Outcome,
    /// What was read.
    pub(super) value: &'a [u8],
}

/// The answer's bit in a command.
const ANSWER: u8 = 0x40;

/// A PCCC message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pccc<'a> {
    Request(Request<'a>),
    Response(Response<'a>),
}

/// Reads what Execute_PCCC carries: the requester's id, then the command.
pub(super) fn pccc<'a>(mut reader: Reader<'a>) -> Result<Pccc<'a>, Truncated> {
    let id = reader.u8()?;
    // The length counts itself.
    reader.skip(usize::from(id).saturating_sub(1))?;
    let command = reader.u8()?;
    let status = reader.u8()?;
    let transaction = reader.u16_le()?;
    if command & ANSWER != 0 {
        let outcome = if status == 0xf0 {
            extended_status(reader.u8()?)
        } else {
            self::status(status)
        };
        return Ok(Pccc::Response(Response {
            command: command & !ANSWER,
            transaction,
            outcome,
            value: reader.rest(),
        }));
    }
    let function = if matches!(command, 0x06 | 0x07 | 0x0f) {
        reader.u8()?
    } else {
        0
    };
    let code = u16::from(command) << 8 | u16::from(function);
    let (address, value) = match code {
        0x0fa1 | 0x0fa2 => (Some(logical(&mut reader, code)?), None),
        0x0fa9..=0x0fab => (Some(logical(&mut reader, code)?), Some(reader.rest())),
        _ => (None, None),
    };
    Ok(Pccc::Request(Request {
        code,
        transaction,
        address,
        value,
    }))
}

/// A protected typed logical address: size in bytes, file, type, element, and a sub-element where there are three.
fn logical(reader: &mut Reader<'_>, code: u16) -> Result<Address<'static>, Truncated> {
    let size = u32::from(reader.u8()?);
    let file = number(reader)?;
    let kind = reader.u8()?;
    let element = number(reader)?;
    let word = if matches!(code, 0x0fa1 | 0x0fa9) {
        0
    } else {
        number(reader)?
    };
    let (area, bits) = file_type(kind);
    Ok(Address::Memory {
        area,
        block: file,
        bit: element * bits + word * 16,
        bits: size * 8,
    })
}

/// A number of one byte, or of two after 0xff.
fn number(reader: &mut Reader<'_>) -> Result<u32, Truncated> {
    match reader.u8()? {
        0xff => reader.u16_le().map(u32::from),
        short => Ok(u32::from(short)),
    }
}

/// A data file's letter, and the bits of an element.
const fn file_type(code: u8) -> (&'static str, u32) {
    match code {
        0x82 | 0x8b => ("O", 16),
        0x83 | 0x8c => ("I", 16),
        0x84 => ("S", 16),
        0x85 => ("B", 16),
        0x86 => ("T", 48),
        0x87 => ("C", 48),
        0x88 => ("R", 48),
        0x89 => ("N", 16),
        0x8a => ("F", 32),
        0x8d => ("ST", 672),
        0x8e => ("A", 16),
        0x8f => ("D", 16),
        0x91 => ("L", 32),
        0x92 => ("MG", 400),
        0x93 => ("PD", 368),
        _ => ("file", 16),
    }
}

/// A function's name and class.
pub(super) const fn function(code: u16) -> (&'static str, OperationClass) {
    use OperationClass::{Configure, Control, Diagnose, File, Program, Read, Write};
    match code {
        0x0000 => ("Protected Write", Write),
        0x0100 => ("Unprotected Read", Read),
        0x0200 => ("Protected Bit Write", Write),
        0x0500 => ("Unprotected Bit Write", Write),
        0x0800 => ("Unprotected Write", Write),
        0x0600 => ("Echo", Diagnose),
        0x0601 => ("Read Diagnostic Counters", Diagnose),
        0x0602 => ("Set Variables", Configure),
        0x0603 => ("Diagnostic Status", Diagnose),
        0x0604 => ("Set Timeout", Configure),
        0x0605 => ("Set NAKs", Configure),
        0x0606 => ("Set ENQs", Configure),
        0x0607 => ("Reset Diagnostic Counters", Diagnose),
        0x0608 => ("Set Data Table Size", Configure),
        0x0609 => ("Read Link Parameters", Diagnose),
        0x060a => ("Set Link Parameters", Configure),
        0x0700 => ("Disable Outputs", Control),
        0x0701 => ("Enable Outputs", Control),
        0x0703 => ("Enable PLC Scanning", Control),
        0x0704 => ("Enter Download Mode", Program),
        0x0705 => ("Exit Download or Upload Mode", Program),
        0x0706 => ("Enter Upload Mode", Program),
        0x0f00 => ("Word Range Write", Write),
        0x0f01 => ("Word Range Read", Read),
        0x0f02 => ("Bit Write", Write),
        0x0f03 => ("File Write", File),
        0x0f04 => ("File Read", File),
        0x0f05 => ("Download Request", Program),
        0x0f06 => ("Upload", Program),
        0x0f07 => ("Shutdown", Control),
        0x0f08 => ("Physical Write", Program),
        0x0f09 => ("Physical Read", Program),
        0x0f0a => ("Restart Request", Control),
        0x0f11 => ("Get Edit Resource", Program),
        0x0f12 => ("Return Edit Resource", Program),
        0x0f17 => ("Read Bytes Physical", Program),
        0x0f18 => ("Write Bytes Physical", Program),
        0x0f26 => ("Read-Modify-Write", Write),
        0x0f29 => ("Read Section Size", Diagnose),
        0x0f3a => ("Set CPU Mode", Control),
        0x0f41 => ("Disable Forces", Control),
        0x0f50 => ("Download All Request", Program),
        0x0f52 => ("Download Completed", Program),
        0x0f53 => ("Upload All Request", Program),
        0x0f55 => ("Upload Completed", Program),
        0x0f57 => ("Initialize Memory", Program),
        0x0f5e => ("Modify PLC-2 Compatibility File", Configure),
        0x0f67 => ("Typed Write", Write),
        0x0f68 => ("Typed Read", Read),
        0x0f79 => ("Read-Modify-Write N", Write),
        0x0f80 => ("Change Mode", Control),
        0x0f81 => ("Open File", File),
        0x0f82 => ("Close File", File),
        0x0f88 => ("Execute Multiple Commands", Program),
        0x0f8f => ("Apply Port Configuration", Configure),
        0x0fa1 => ("Protected Typed Logical Read with Two Address Fields", Read),
        0x0fa2 => ("Protected Typed Logical Read with Three Address Fields", Read),
        0x0fa7 => ("Protected Typed File Read", File),
        0x0fa9 => ("Protected Typed Logical Write with Two Address Fields", Write),
        0x0faa => ("Protected Typed Logical Write with Three Address Fields", Write),
        0x0fab => (
            "Protected Typed Logical Masked Write with Three Address Fields",
            Write,
        ),
        0x0faf => ("Protected Typed File Write", File),
        _ => ("unknown", Control),
    }
}

/// What a status byte says: the low half is the local node's, the high half the remote one's.
const fn status(code: u8) -> Outcome {
    let name = match code {
        0x00 => return Outcome::Success,
        0x10 => "command or format not allowed",
        0x20 => "host has a problem",
        0x30 => "remote host missing or shut down",
        0x40 => "hardware fault at the host",
        0x50 => "address problem or rungs protected",
        0x60 => "function blocked by protection",
        0x70 => "processor in program mode",
        0x80 => "compatibility file missing",
        0x90 => "remote node can't buffer",
        0xa0 | 0xc0 => "waiting for acknowledgement",
        0xb0 => "remote node busy with a download",
        _ => "unknown",
    };
    Outcome::Failure {
        code: code as u32,
        name,
    }
}

/// What an extended status says; it follows status 0xf0, and its code is `0xf0 << 8 | status`.
const fn extended_status(code: u8) -> Outcome {
    let name = match code {
        0x01 => "field value not allowed",
        0x02 => "too few address levels",
        0x03 => "too many address levels",
        0x04 => "symbol not found",
        0x05 => "symbol malformed",
        0x06 => "address points to nothing usable",
        0x07 => "file of the wrong size",
        0x08 => "situation has changed",
        0x09 => "data or file too large",
        0x0a => "size and address too large",
        0x0b => "access denied",
        0x0c => "resource not available",
        0x0d => "resource already available",
        0x0e => "command can't be executed",
        0x0f => "histogram overflow",
        0x10 => "no access",
        0x11 => "data type not allowed",
        0x12 => "parameter or data not valid",
        0x13 => "address of a deleted area",
        0x14 | 0x24 => "failed for no known reason",
        0x15 => "data conversion error",
        0x16 => "scanner can't reach the rack",
        0x17 => "type mismatch",
        0x18 => "module's answer not valid",
        0x19 => "label used twice",
        0x1a => "file open at another node",
        0x1b => "program owned by another node",
        0x1e => "data table element protected",
        0x1f => "temporary internal problem",
        0x22 => "remote rack fault",
        0x23 => "timeout",
        _ => "unknown",
    };
    Outcome::Failure {
        code: 0xf000 | code as u32,
        name,
    }
}
