//! MELSOFT: the protocol of Mitsubishi Electric's engineering tools (GX Works), over TCP port 5007 and UDP port 5006 of
//! Ethernet modules, 5008 and 5009 of redundant ones, and UDP port 5560 and TCP port 5562 of iQ-F controllers.
//!
//! Reads: the maker publishes no specification; this follows what Nozomi Networks published for Black Hat MEA 2023 and
//! what the captures of an FX5U hold. A message has a head of 21 bytes that says a length, a command head with a status,
//! then the command, the number that an answer repeats, and its data. Told are commands by name, user names, memory and
//! files addressed, the controller's model, status. The handshake of four bytes that begins with 0x5A is told as
//! protocol `melsoft-connect`.
//!
//! The unit is a station behind the one that is spoken to: network, station and two bytes of module. Memory is told by
//! the code of its area as block, since the codes' names aren't published.
//!
//! Bounds: [`MAX_LENGTH`] bytes that a message's length may say, [`MAX_OBJECTS`] files of one message.
//!
//! Skipped: what is in files and in memory that is read, tokens and passwords, commands that nobody described: those
//! have no name.

mod names;
mod samples;
#[cfg(test)]
mod tests;

use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::slmp::end_code;
use crate::tell::trimmed;
use crate::utf16;
use cofferdam_terms::OperationClass;
use names::Command;
use smallvec::SmallVec;

/// The most that a message's length may say. Captures have up to 2,000 bytes.
const MAX_LENGTH: usize = 0x4000;
/// The most files of one message that are told; further ones are dropped and said.
const MAX_OBJECTS: usize = 32;
/// The bytes of a message before those that its length counts.
const HEAD: usize = 21;
/// What starts a request, and an answer.
const ASK: u8 = 0x57;
const ANSWER: u8 = 0xd7;
/// What starts a message of the handshake.
const CONNECT: u8 = 0x5a;
const CONNECTED: u8 = 0xda;
/// The most bytes of an answer of the handshake; one has 28.
const MAX_CONNECT: usize = 64;
/// The letters of a model's name.
const MODEL: usize = 16;

const MELSOFT: Protocol = Protocol("melsoft");
const MELSOFT_CONNECT: Protocol = Protocol("melsoft-connect");

/// MELSOFT in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: MELSOFT,
    title: "MELSOFT",
    specification: "unpublished; Nozomi Networks, Black Hat MEA 2023",
    tcp_ports: &[5006, 5007, 5008, 5009, 5562],
    udp_ports: &[5006, 5007, 5008, 5009, 5560],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation),
    inner: &[MELSOFT_CONNECT],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A field runs over the end of the message.
    CutShort,
    /// A datagram goes on after its message.
    TrailingBytes,
    /// A command that no table knows.
    UnknownCommand,
    /// The message names more files than are told.
    TooManyObjects,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::TrailingBytes => "trailing-bytes",
            Self::UnknownCommand => "unknown-command",
            Self::TooManyObjects => "too-many-objects",
        }
    }
}

/// A message.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    role: Role,
    unit: Option<u32>,
    status: u16,
    command: Command,
    number: u16,
    data: Reader<'a>,
}

enum Next<'a> {
    Frame(Frame<'a>),
    /// So many bytes more are needed; none between messages.
    Partial(usize),
}

fn next<'a>(reader: &mut Reader<'a>) -> Result<Next<'a>, Lost> {
    if reader.is_empty() {
        return Ok(Next::Partial(0));
    }
    let lost = |reason| Lost {
        offset: reader.offset(),
        reason,
    };
    let role = match reader.peek().first() {
        Some(&ASK) => Role::Request,
        Some(&ANSWER) => Role::Response,
        Some(_) | None => return Err(lost("no message starts so")),
    };
    // What every head has in the middle, as far as it is there.
    let fixed = reader.peek().iter().skip(5).zip([0x11, 0x11]);
    if fixed.clone().any(|(byte, known)| *byte != known) {
        return Err(lost("head is not MELSOFT's"));
    }
    let mut ahead = *reader;
    let (head, length) = match head(&mut ahead) {
        Ok(read) => read,
        Err(Truncated { missing, .. }) => return Ok(Next::Partial(missing)),
    };
    if !(12..=MAX_LENGTH).contains(&length) {
        return Err(lost("length fits no message"));
    }
    let body = match ahead.sub(length) {
        Ok(body) => body,
        Err(Truncated { missing, .. }) => return Ok(Next::Partial(missing)),
    };
    let Ok(frame) = frame(role, head, body) else {
        return Err(lost("command's head fits no message"));
    };
    *reader = ahead;
    Ok(Next::Frame(frame))
}

/// The head's bytes up to the length, and the length.
fn head(reader: &mut Reader<'_>) -> Result<([u8; HEAD - 2], usize), Truncated> {
    Ok((reader.array()?, reader.u16_le()?.into()))
}

/// A command's head says its own length, and in an answer the status; command, number and data follow.
fn frame(role: Role, head: [u8; HEAD - 2], mut body: Reader<'_>) -> Result<Frame<'_>, Truncated> {
    let [_, _, _, _, _, _, _, _, _, network, station, m0, m1, ..] = head;
    let other = role == Role::Request && [network, station, m0, m1] != [0, 0xff, 0xff, 0x03];
    let _kind = body.u16_be()?;
    let length = usize::from(*body.peek().first().unwrap_or(&0));
    let mut command_head = body.sub(length)?;
    command_head.skip(2)?;
    let status = match role {
        Role::Response => command_head.u16_le()?,
        Role::Request | Role::Unsolicited => 0,
    };
    let command = Command(body.u16_be()?);
    let number = body.u16_le()?;
    // How long the data are, when something follows them; else 0.
    let counted = usize::from(body.u16_le()?);
    let data = match counted {
        0 => body,
        counted => body.sub(counted.min(body.left()))?,
    };
    Ok(Frame {
        role,
        unit: other.then(|| u32::from_be_bytes([network, station, m1, m0])),
        status,
        command,
        number,
        data,
    })
}

/// Certain of a message whose heads fit each other, from the side that sends such. The handshake is too short for that.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    match (bytes.first(), context.side, context.carrier) {
        (Some(&CONNECT), Side::Initiator, Carrier::Udp) if matches!(bytes, [_, 0, 0, _]) => Probe::Unsure,
        (Some(&CONNECTED), Side::Responder, Carrier::Udp)
            if bytes.get(1..3) == Some(&[0, 0]) && bytes.len() <= MAX_CONNECT =>
        {
            Probe::Unsure
        }
        (Some(&ASK), Side::Initiator, _) | (Some(&ANSWER), Side::Responder, _) => {
            match next(&mut Reader::new(bytes)) {
                Err(_) => Probe::No,
                Ok(Next::Partial(_)) => Probe::Unsure,
                Ok(Next::Frame(_)) => Probe::Certain,
            }
        }
        (Some(_), _, _) => Probe::No,
        (None, _, _) => Probe::Unsure,
    }
}

/// It keeps nothing: answers repeat the command.
#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        if context.carrier != Carrier::Tcp && matches!(bytes.first(), Some(&(CONNECT | CONNECTED))) {
            connect(bytes, sink);
            return Ok(Progress {
                consumed: bytes.len(),
                missing: 0,
            });
        }
        loop {
            let start = reader.offset();
            match next(&mut reader)? {
                Next::Frame(frame) => {
                    let end = reader.offset();
                    let emit = &mut Emit {
                        sink,
                        span: Span { start, end },
                    };
                    tell(&frame, emit);
                    if context.carrier != Carrier::Tcp && !reader.is_empty() {
                        emit.fault(Fault::TrailingBytes);
                        reader.rest();
                    }
                }
                Next::Partial(missing) => {
                    let (progress, cut) = context.partial(bytes, start, missing);
                    if let Some(span) = cut {
                        Emit { sink, span }.fault(Fault::CutShort);
                    }
                    return Ok(progress);
                }
            }
        }
    }
}

/// The handshake: what it is about is its last byte.
fn connect(bytes: &[u8], sink: &mut dyn Sink) {
    let span = Span {
        start: 0,
        end: bytes.len(),
    };
    let &[first, _, _, code, ..] = bytes else {
        return Emit { sink, span }.fault(Fault::CutShort);
    };
    sink.message(&Message {
        protocol: MELSOFT_CONNECT,
        role: if first == CONNECT {
            Role::Request
        } else {
            Role::Response
        },
        function: Function {
            code: code.into(),
            name: "Direct Connection",
        },
        operation: OperationClass::Session,
        unit: None,
        objects: &[],
        outcome: if first == CONNECT {
            Outcome::None
        } else {
            Outcome::Success
        },
        transaction: None,
        span,
    });
}

/// The files that a message names, in UTF-8.
type Files = SmallVec<[utf16::Text; 1]>;

/// What a message says.
#[derive(Debug, Default)]
struct Body<'a> {
    memory: Option<Object<'a>>,
    files: Files,
    user: Option<utf16::Text>,
    model: Option<&'a [u8]>,
}

fn tell(frame: &Frame<'_>, emit: &mut Emit<'_>) {
    let mut body = Body::default();
    let mut data = frame.data;
    let read = match frame.role {
        Role::Request => request(frame.command, &mut data, &mut body),
        Role::Response if frame.status == 0 => {
            answer(frame.command, &mut data, &mut body);
            Ok(None)
        }
        Role::Response | Role::Unsolicited => Ok(None),
    };
    let objects: SmallVec<[Object<'_>; 2]> = body
        .memory
        .into_iter()
        .chain(
            body.files
                .iter()
                .map(|name| Object::at(Address::Name { kind: "file", name })),
        )
        .collect();
    emit.message(frame, &objects);
    if let Some(user) = &body.user {
        emit.fact(frame, IdentityField::User, user);
    }
    if let Some(model) = body.model.filter(|model| !model.is_empty()) {
        emit.fact(frame, IdentityField::Vendor, b"Mitsubishi Electric");
        emit.fact(frame, IdentityField::Product, model);
    }
    match read {
        Err(_) => emit.fault(Fault::CutShort),
        Ok(Some(fault)) => emit.fault(fault),
        Ok(None) if frame.command.known().is_none() => emit.fault(Fault::UnknownCommand),
        Ok(None) => {}
    }
}

/// Reads what a request addresses. Other commands' parameters are passed over.
fn request<'a>(
    command: Command,
    data: &mut Reader<'a>,
    body: &mut Body<'a>,
) -> Result<Option<Fault>, Truncated> {
    match command {
        Command::USER_NAME => body.user = Some(utf16::text(data.take(40)?)),
        Command::READ_MEMORY | Command::WRITE_MEMORY => memory(command, data, body)?,
        Command::SEARCH_FILE => return file(6, data, body),
        Command::OPEN_FILE | Command::LIST_FILES => return file(12, data, body),
        Command::READ_FILE | Command::WRITE_FILE | Command::CLOSE_FILE => {
            body.memory = Some(Object::at(Address::Block {
                kind: "file-handle",
                number: data.u16_le()?.into(),
            }));
        }
        Command(_) => {}
    }
    Ok(None)
}

/// An area's code, a place in it and a count, in words or in bits.
fn memory<'a>(command: Command, data: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    data.skip(10)?;
    let bits = data.u16_le()? == 1;
    let area = data.u16_le()?;
    let first = data.u32_le()?;
    data.skip(2)?;
    let count = u32::from(data.u16_le()?);
    let unit: u32 = if bits { 1 } else { 16 };
    body.memory = Some(Object {
        address: Address::Memory {
            area: "area",
            block: area.into(),
            bit: first.saturating_mul(unit),
            bits: count * unit,
        },
        value: (command == Command::WRITE_MEMORY).then(|| data.rest()),
    });
    Ok(())
}

/// A file's name behind so many bytes.
fn file<'a>(skip: usize, data: &mut Reader<'a>, body: &mut Body<'a>) -> Result<Option<Fault>, Truncated> {
    data.skip(skip)?;
    let length = data.u16_le()?;
    let name = utf16::text(data.take(length.into())?);
    if body.files.len() == MAX_OBJECTS {
        return Ok(Some(Fault::TooManyObjects));
    }
    body.files.push(name);
    Ok(None)
}

/// The model's name, where it is asked for.
fn answer<'a>(command: Command, data: &mut Reader<'a>, body: &mut Body<'a>) {
    if matches!(command, Command::OPEN_INITIAL | Command::READ_TYPE_NAME) {
        body.model = data.take(MODEL).ok().map(trimmed);
    }
}

/// The sink, and where the message at hand stands.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: MELSOFT,
            code: fault.code(),
            span: self.span,
        });
    }

    fn fact(&mut self, frame: &Frame<'_>, field: IdentityField, value: &[u8]) {
        self.sink.identity(&Identity {
            protocol: MELSOFT,
            about: About::Sender,
            unit: frame.unit,
            field,
            value,
        });
    }

    fn message(&mut self, frame: &Frame<'_>, objects: &[Object<'_>]) {
        self.sink.message(&Message {
            protocol: MELSOFT,
            role: frame.role,
            function: Function {
                code: frame.command.0.into(),
                name: frame.command.name(),
            },
            operation: frame.command.operation(),
            unit: frame.unit,
            objects,
            outcome: match (frame.role, frame.status) {
                (Role::Request | Role::Unsolicited, _) => Outcome::None,
                (Role::Response, 0) => Outcome::Success,
                (Role::Response, status) => Outcome::Failure {
                    code: status.into(),
                    name: end_code(status),
                },
            },
            transaction: Some(frame.number.into()),
            span: self.span,
        });
    }
}
