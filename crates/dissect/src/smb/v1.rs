//! SMB 1 (MS-CIFS, 2.2; MS-SMB, 2.2): commands, dialects, shares, files, sign-in; host announcements in mailslots
//! (MS-BRWS, 2.2). Stateless.

use super::{Emit, Fault, MAX_COMPOUND, SMB, names, ntlm};
use crate::message::{About, Address, Function, IdentityField, Message, Object, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::utf16::{Text, text};
use smallvec::SmallVec;

/// The mark of an answer in the flags; that of two bytes a character, and that of NT status, in the second flags.
const ANSWER: u8 = 0x80;
const UNICODE: u16 = 0x8000;
const NT_STATUS: u16 = 0x4000;
/// The most dialects of a negotiation that are told.
const MAX_DIALECTS: usize = 16;

/// What the header says of every command in its message.
#[derive(Clone, Copy, Debug)]
struct Header {
    role: Role,
    unicode: bool,
    outcome: Outcome,
    id: u16,
}

/// Reads a message: one command, or several that follow from one another.
pub(super) fn message(bytes: &[u8], emit: &mut Emit<'_>) {
    if read(bytes, emit).is_err() {
        emit.fault(SMB, Fault::MalformedCommand);
    }
}

fn read(bytes: &[u8], emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let mut reader = Reader::new(bytes);
    reader.skip(4)?;
    let mut code = reader.u8()?;
    let status = reader.u32_le()?;
    let flags = reader.u8()?;
    let flags_2 = reader.u16_le()?;
    // Process, signature, reserve, tree, process, user.
    reader.skip(2 + 8 + 2 + 2 + 2 + 2)?;
    let role = if flags & ANSWER != 0 {
        Role::Response
    } else {
        Role::Request
    };
    let outcome = match (role, flags_2 & NT_STATUS != 0, status) {
        (Role::Request | Role::Unsolicited, ..) => Outcome::None,
        (Role::Response, true, status) => names::status(status),
        (Role::Response, false, 0) => Outcome::Success,
        // Class and code of the older errors.
        (Role::Response, false, code) => Outcome::Failure {
            code,
            name: "DOS error",
        },
    };
    let header = Header {
        role,
        unicode: flags_2 & UNICODE != 0,
        outcome,
        id: reader.u16_le()?,
    };
    for _ in 0..MAX_COMPOUND {
        let start = reader.offset();
        let words = reader.u8()?;
        let words = reader.sub(2 * usize::from(words))?;
        let length = usize::from(reader.u16_le()?);
        // What is beyond the captured start of a long message does not count as missing.
        let data = reader.sub(length.min(reader.left()))?;
        command(header, code, words, data, emit);
        let mut and_x = words;
        let (Ok(next), Ok(_), Ok(offset)) = (and_x.u8(), and_x.u8(), and_x.u16_le()) else {
            return Ok(());
        };
        // The next one has to stand behind this one, so that none is read twice.
        if !names::is_and_x(code) || next == 0xff || usize::from(offset) <= start {
            return Ok(());
        }
        code = next;
        reader = Reader::new(bytes);
        reader.skip(usize::from(offset))?;
    }
    emit.fault(SMB, Fault::TooManyCommands);
    Ok(())
}

type Names = SmallVec<[(&'static str, Text); 2]>;

fn command(header: Header, code: u8, words: Reader<'_>, data: Reader<'_>, emit: &mut Emit<'_>) {
    let (name, mut operation) = names::command_1(code);
    let mut told = Names::new();
    let failed = matches!(header.outcome, Outcome::Failure { .. });
    if !failed && contents(header, code, words, data, &mut told, emit).is_err() {
        emit.fault(SMB, Fault::MalformedCommand);
    }
    if let (0xa2, Role::Request, Some((_, name))) = (code, header.role, told.first()) {
        operation = names::opened(name);
    }
    let objects: SmallVec<[Object<'_>; 2]> = told
        .iter()
        .map(|(kind, name)| Object::at(Address::Name { kind, name }))
        .collect();
    emit.message(&Message {
        protocol: SMB,
        role: header.role,
        function: Function {
            code: u32::from(code),
            name,
        },
        operation,
        unit: None,
        objects: &objects,
        outcome: header.outcome,
        transaction: Some(u32::from(header.id)),
        span: emit.span,
    });
}

/// What a command names.
fn contents(
    header: Header,
    code: u8,
    mut words: Reader<'_>,
    mut data: Reader<'_>,
    told: &mut Names,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    match (code, header.role) {
        (0x72, Role::Request) => {
            while !data.is_empty() && told.len() < MAX_DIALECTS {
                data.skip(1)?;
                told.push(("dialect", narrow(&mut data)));
            }
        }
        (0x73, Role::Request) => session_setup(header, words, data, emit)?,
        (0x73, Role::Response) => {
            // The next command, the action; with extended security the length of the token.
            let mut token = 0;
            if words.left() >= 8 {
                words.skip(4 + 2)?;
                token = usize::from(words.u16_le()?);
            }
            ntlm::tell(data.take(token.min(data.left()))?, emit)?;
            systems(header, &mut data, emit);
        }
        (0x75, Role::Request) if words.left() >= 8 => {
            words.skip(4 + 2)?;
            let password = usize::from(words.u16_le()?);
            data.skip(password.min(data.left()))?;
            told.push(("share", string(header, &mut data)));
        }
        (0xa2, Role::Request) => {
            let name = string(header, &mut data);
            if !name.is_empty() {
                told.push(("file", name));
            }
        }
        (0x25, Role::Request) => transaction(header, words, data, told, emit)?,
        _ => {}
    }
    Ok(())
}

/// Sign-in: with extended security (12 words) a token, before that (13 words) two passwords, user and domain. Then the
/// system and its network software.
fn session_setup(
    header: Header,
    mut words: Reader<'_>,
    mut data: Reader<'_>,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    let extended = words.left() == 24;
    if !extended && words.left() != 26 {
        return Ok(());
    }
    // The next command, buffer, requests at once, number, session key.
    words.skip(4 + 2 + 2 + 2 + 4)?;
    let first = usize::from(words.u16_le()?);
    if extended {
        ntlm::tell(data.take(first.min(data.left()))?, emit)?;
    } else {
        let second = usize::from(words.u16_le()?);
        data.skip((first + second).min(data.left()))?;
        emit.identity(About::Sender, IdentityField::User, &string(header, &mut data));
        emit.identity(About::Sender, IdentityField::Domain, &string(header, &mut data));
    }
    systems(header, &mut data, emit);
    Ok(())
}

/// The system's name. The network software's after it says no more.
fn systems(header: Header, data: &mut Reader<'_>, emit: &mut Emit<'_>) {
    emit.identity(About::Sender, IdentityField::System, &string(header, data));
}

/// A text that ends with a zero: of two bytes a character from an even place on, or of one.
fn string(header: Header, data: &mut Reader<'_>) -> Text {
    if !header.unicode {
        return narrow(data);
    }
    if data.offset() % 2 == 1 {
        // INVARIANT: skipping fails only at the end, where the text is empty anyway.
        let _pad = data.skip(1);
    }
    let units = data.peek().chunks_exact(2).position(|pair| pair == [0, 0]);
    let length = units.map_or(data.left(), |units| 2 * units + 2);
    data.take(length).map(text).unwrap_or_default()
}

fn narrow(data: &mut Reader<'_>) -> Text {
    let end = data.peek().iter().position(|byte| *byte == 0);
    let bytes = data
        .take(end.map_or(data.left(), |end| end + 1))
        .unwrap_or_default();
    let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    Text::from_slice(text.get(..crate::utf16::MAX_CHARACTERS).unwrap_or(text))
}

/// A transaction with a name: a pipe or a mailslot. What stands in the browser's mailslot is read.
fn transaction(
    header: Header,
    mut words: Reader<'_>,
    mut data: Reader<'_>,
    told: &mut Names,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    let name = string(header, &mut data);
    let is_browser = name.eq_ignore_ascii_case(b"\\MAILSLOT\\BROWSE");
    if !name.is_empty() {
        told.push(("pipe", name));
    }
    if is_browser && words.left() >= 26 {
        // To the length of the data, which stands at the end of the message.
        words.skip(22)?;
        let length = usize::from(words.u16_le()?);
        let all = data.rest();
        let announcement = all.len().checked_sub(length).and_then(|start| all.get(start..));
        if let Some(announcement) = announcement {
            announced(Reader::new(announcement), emit)?;
        }
    }
    Ok(())
}

/// A host or master that announces itself: kind, count, period, name of 16 bytes, version of the system.
fn announced(mut reader: Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    if !matches!(reader.u8()?, 0x01 | 0x0f) {
        return Ok(());
    }
    reader.skip(1 + 4)?;
    let name = reader.take(16)?;
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    emit.identity(About::Sender, IdentityField::HostName, name);
    let (major, minor) = (reader.u8()?, reader.u8()?);
    let system = format!("Windows NT {major}.{minor}");
    emit.identity(About::Sender, IdentityField::System, system.as_bytes());
    Ok(())
}
