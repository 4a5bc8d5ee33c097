//! NTLM (MS-NLMP, 2.2.1): who signs in, from which computer of which domain, and what the other side is called. It
//! stands somewhere in a SPNEGO token and is found by its signature. Hashes and challenges are not read.

use super::Emit;
use crate::message::{About, IdentityField};
use crate::reader::{Reader, Truncated};
use crate::utf16::{Text, text};

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// The most attributes of a challenge that are looked at.
const MAX_ATTRIBUTES: usize = 16;
/// Flags: texts have two bytes a character; a version is there.
const UNICODE: u32 = 0x0000_0001;
const VERSION: u32 = 0x0200_0000;

/// Tells what a token holds, if it holds NTLM.
pub(super) fn tell(token: &[u8], emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let place = token
        .windows(SIGNATURE.len())
        .position(|window| window == SIGNATURE);
    let Some(message) = place.and_then(|place| token.get(place..)) else {
        return Ok(());
    };
    let mut reader = Reader::new(message);
    reader.skip(SIGNATURE.len())?;
    match reader.u32_le()? {
        2 => challenge(message, reader, emit),
        3 => authenticate(message, reader, emit),
        // A negotiation names the computer only in the oldest clients.
        _ => Ok(()),
    }
}

/// A field of a message: its length, its room, where it stands.
fn field<'a>(message: &'a [u8], reader: &mut Reader<'_>) -> Result<&'a [u8], Truncated> {
    let length = usize::from(reader.u16_le()?);
    reader.skip(2)?;
    let start = usize::try_from(reader.u32_le()?).unwrap_or(usize::MAX);
    let mut place = Reader::new(message);
    place.skip(start.min(message.len()))?;
    place.take(length)
}

/// The server's challenge: its name, flags, challenge, attributes, version.
fn challenge(message: &[u8], mut reader: Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    field(message, &mut reader)?;
    let flags = reader.u32_le()?;
    reader.skip(8 + 8)?;
    let mut attributes = Reader::new(field(message, &mut reader)?);
    for _ in 0..MAX_ATTRIBUTES {
        let kind = attributes.u16_le()?;
        let length = attributes.u16_le()?;
        let value = attributes.take(usize::from(length))?;
        match kind {
            0 => break,
            1 => emit.identity(About::Sender, IdentityField::HostName, &text(value)),
            2 => emit.identity(About::Sender, IdentityField::Domain, &text(value)),
            _ => {}
        }
    }
    version(flags, &mut reader, emit)
}

/// The client's answer: two responses, domain, user, computer, session key, flags, version.
fn authenticate(message: &[u8], mut reader: Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    reader.skip(8 + 8)?;
    let domain = field(message, &mut reader)?;
    let user = field(message, &mut reader)?;
    let computer = field(message, &mut reader)?;
    reader.skip(8)?;
    let flags = reader.u32_le()?;
    let read = |value: &[u8]| {
        if flags & UNICODE != 0 {
            text(value)
        } else {
            Text::from_slice(value)
        }
    };
    emit.identity(About::Sender, IdentityField::HostName, &read(computer));
    emit.identity(About::Sender, IdentityField::Domain, &read(domain));
    emit.identity(About::Sender, IdentityField::User, &read(user));
    version(flags, &mut reader, emit)
}

/// The system's version: major, minor, build.
fn version(flags: u32, reader: &mut Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    if flags & VERSION != 0 {
        let (major, minor, build) = (reader.u8()?, reader.u8()?, reader.u16_le()?);
        if major != 0 {
            let system = format!("Windows NT {major}.{minor} build {build}");
            emit.identity(About::Sender, IdentityField::System, system.as_bytes());
        }
    }
    Ok(())
}
