//! SMB 2 and 3 (MS-SMB2, 2.2): commands, dialect, shares, files, sign-in. Stateless.

use super::{Emit, Fault, MAX_COMPOUND, SMB2, names, ntlm};
use crate::message::{Address, Function, Message, Object, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::utf16::text;

/// A header is this long.
const HEADER: usize = 64;
/// The mark of an answer in the flags.
const ANSWER: u32 = 0x0000_0001;

/// Reads a message: one command, or several in a row.
pub(super) fn message(bytes: &[u8], emit: &mut Emit<'_>) {
    let mut rest = bytes;
    for index in 0.. {
        if index == MAX_COMPOUND {
            return emit.fault(SMB2, Fault::TooManyCommands);
        }
        let Ok(next) = command(rest, emit) else {
            return emit.fault(SMB2, Fault::MalformedCommand);
        };
        match next
            .filter(|next| *next >= HEADER)
            .and_then(|next| rest.get(next..))
        {
            Some(after) if !after.is_empty() => rest = after,
            Some(_) | None => return,
        }
    }
}

/// Reads one command; gives how far the next one is, if there is one.
fn command(bytes: &[u8], emit: &mut Emit<'_>) -> Result<Option<usize>, Truncated> {
    let mut reader = Reader::new(bytes);
    // Signature, structure size, credit charge.
    reader.skip(4 + 2 + 2)?;
    let status = reader.u32_le()?;
    let code = reader.u16_le()?;
    reader.skip(2)?;
    let flags = reader.u32_le()?;
    let next = usize::try_from(reader.u32_le()?).ok().filter(|next| *next > 0);
    let id = reader.u64_le()?;
    // Process and tree, session, signature.
    reader.skip(8 + 8 + 16)?;
    let (name, mut operation) = names::command_2(code);
    let role = if flags & ANSWER != 0 {
        Role::Response
    } else {
        Role::Request
    };
    let outcome = match role {
        Role::Response => names::status(status),
        Role::Request | Role::Unsolicited => Outcome::None,
    };
    let failed = matches!(outcome, Outcome::Failure { .. });
    let told = if failed {
        Ok(None)
    } else {
        contents(code, role, bytes, reader, emit)
    };
    let told = told.unwrap_or_else(|_| {
        emit.fault(SMB2, Fault::MalformedCommand);
        None
    });
    let object = told
        .as_ref()
        .map(|(kind, name)| Object::at(Address::Name { kind, name }));
    if let (0x05, Role::Request, Some((_, name))) = (code, role, &told) {
        operation = names::opened(name);
    }
    emit.message(&Message {
        protocol: SMB2,
        role,
        function: Function {
            code: u32::from(code),
            name,
        },
        operation,
        unit: None,
        objects: object.as_slice(),
        outcome,
        transaction: u32::try_from(id & 0xffff_ffff).ok(),
        span: emit.span,
    });
    Ok(next)
}

type Told = Option<(&'static str, crate::utf16::Text)>;

/// What a command names.
fn contents(
    code: u16,
    role: Role,
    bytes: &[u8],
    mut body: Reader<'_>,
    emit: &mut Emit<'_>,
) -> Result<Told, Truncated> {
    match (code, role) {
        (0x00, Role::Response) => {
            // Structure size, security mode; then the dialect.
            body.skip(2 + 2)?;
            let dialect = names::dialect(body.u16_le()?);
            // Context count, GUID, capabilities, three sizes, two times; then the token.
            body.skip(2 + 16 + 4 + 12 + 16)?;
            ntlm::tell(buffer(bytes, &mut body)?, emit)?;
            Ok(dialect.map(|dialect| ("dialect", dialect.as_bytes().into())))
        }
        (0x01, Role::Request) => {
            body.skip(2 + 1 + 1 + 4 + 4)?;
            ntlm::tell(buffer(bytes, &mut body)?, emit)?;
            Ok(None)
        }
        (0x01, Role::Response) => {
            body.skip(2 + 2)?;
            ntlm::tell(buffer(bytes, &mut body)?, emit)?;
            Ok(None)
        }
        (0x03, Role::Request) => {
            body.skip(2 + 2)?;
            Ok(Some(("share", text(buffer(bytes, &mut body)?))))
        }
        (0x05, Role::Request) => {
            // Structure size to create options.
            body.skip(44)?;
            let name = text(buffer(bytes, &mut body)?);
            Ok(if name.is_empty() {
                None
            } else {
                Some(("file", name))
            })
        }
        _ => Ok(None),
    }
}

/// A buffer of the message: where it stands from the header's start, and its length.
fn buffer<'a>(bytes: &'a [u8], body: &mut Reader<'_>) -> Result<&'a [u8], Truncated> {
    let start = usize::from(body.u16_le()?);
    let length = usize::from(body.u16_le()?);
    if length == 0 {
        return Ok(&[]);
    }
    let mut place = Reader::new(bytes);
    place.skip(start)?;
    place.take(length)
}
