//! CODESYS V3: programming and reading of controllers of several hundred makers, over TCP ports 11740 to 11743 and UDP
//! ports 1740 to 1743; and of V2, over TCP ports 1200 and 2455, what is known of it.
//!
//! Reads: the makers publish no specification; the layers are those that CODESYS describes in its runtime manual, their
//! fields those that Microsoft's ICS forensic tools (2023) and Tenable (TRA-2020-04) found: the block driver's head on
//! TCP, datagrams, told as protocol `codesys-ns` where they ask for names and devices, channels, told as
//! `codesys-channel`, services by group and command with their users, files and shell commands. A service's code is
//! `group << 16 | command`. V2 is told as `codesys-v2`.
//!
//! Bounds: [`MAX_LENGTH`] bytes of one datagram on TCP, [`tags::MAX_TAGS`] tags and [`MAX_OBJECTS`] objects of one
//! service, [`v2::MAX_LENGTH`] bytes that a length of V2 may say.
//!
//! Skipped: further blocks of a service (the first names it), acknowledgements, what is encrypted, addresses of nodes
//! behind a router, the contents of files and applications, passwords and their hashes.

mod names;
mod samples;
mod tags;
#[cfg(test)]
mod tests;
mod v2;

use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::trimmed;
use crate::utf16;
use cofferdam_terms::OperationClass;
use names::{Service, datagram};
use smallvec::SmallVec;
use tags::Tag;

/// The most bytes of one datagram on TCP. The block driver sends 512.
const MAX_LENGTH: u32 = 0x2000;
/// The most objects that one message tells; further ones are dropped and said.
const MAX_OBJECTS: usize = 16;
/// What starts a datagram on TCP, and a datagram.
const BLOCK: [u8; 4] = [0x00, 0x01, 0x17, 0xe8];
const DATAGRAM: u8 = 0xc5;
/// The bytes before a datagram on TCP, which its length counts.
const BLOCK_HEAD: u32 = 8;
/// What starts a service, in clear and encrypted.
const PLAIN: u16 = 0xcd55;
const SECURE: u16 = 0x7557;
/// The bit of a group that marks a response.
const RESPONSE: u16 = 0x80;

const CODESYS: Protocol = Protocol("codesys");
const CODESYS_CHANNEL: Protocol = Protocol("codesys-channel");
const CODESYS_NS: Protocol = Protocol("codesys-ns");
const CODESYS_V2: Protocol = Protocol("codesys-v2");

/// CODESYS in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: CODESYS,
    title: "CODESYS V3 and V2",
    specification: "unpublished; Microsoft ICS forensic tools (2023), Tenable TRA-2020-04, Redpoint",
    tcp_ports: &[1200, 2455, 11740, 11741, 11742, 11743],
    udp_ports: &[1740, 1741, 1742, 1743],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[CODESYS_CHANNEL, CODESYS_NS, CODESYS_V2],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A field runs over the end of the message.
    CutShort,
    /// A datagram that doesn't start as one does.
    NoDatagram,
    /// A datagram for a purpose that no table knows, or a channel's message of a kind that none does.
    UnknownKind,
    /// A service that no table knows.
    UnknownService,
    /// The message addresses more objects than are told.
    TooManyObjects,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::NoDatagram => "no-datagram",
            Self::UnknownKind => "unknown-kind",
            Self::UnknownService => "unknown-service",
            Self::TooManyObjects => "too-many-objects",
        }
    }
}

enum Next<'a> {
    Datagram(Reader<'a>),
    /// A frame of V2.
    Old(&'a [u8]),
    /// So many bytes more are needed; none between messages.
    Partial(usize),
}

/// The next message of a stream.
fn next<'a>(reader: &mut Reader<'a>) -> Result<Next<'a>, Lost> {
    let lost = |reason| Lost {
        offset: reader.offset(),
        reason,
    };
    match reader.peek().first() {
        None => return Ok(Next::Partial(0)),
        Some(&v2::MAGIC) => {
            return Ok(match v2::next(reader)? {
                Ok(content) => Next::Old(content),
                Err(missing) => Next::Partial(missing),
            });
        }
        Some(_) => {}
    }
    if reader
        .peek()
        .iter()
        .zip(BLOCK)
        .any(|(byte, magic)| *byte != magic)
    {
        return Err(lost("no message starts so"));
    }
    let mut ahead = *reader;
    let length = match ahead.skip(BLOCK.len()).and_then(|()| ahead.u32_le()) {
        Ok(length) => length,
        Err(Truncated { missing, .. }) => return Ok(Next::Partial(missing)),
    };
    if !(BLOCK_HEAD + 6..=MAX_LENGTH).contains(&length) {
        return Err(lost("length fits no datagram"));
    }
    if ahead.peek().first().is_some_and(|magic| *magic != DATAGRAM) {
        return Err(lost("no datagram starts so"));
    }
    match ahead.sub(usize::try_from(length - BLOCK_HEAD).unwrap_or_default()) {
        Ok(datagram) => {
            *reader = ahead;
            Ok(Next::Datagram(datagram))
        }
        Err(Truncated { missing, .. }) => Ok(Next::Partial(missing)),
    }
}

/// A datagram's purpose, and what it carries behind addresses and padding.
fn datagram(mut reader: Reader<'_>) -> Result<(u8, Reader<'_>), Truncated> {
    let [_, hops, _, service, _, lengths] = reader.array()?;
    let head = usize::from(hops & 0x07) * 2;
    let addresses = usize::from(lengths & 0x0f) * 2 + usize::from(lengths >> 4) * 2;
    reader.skip(head.saturating_sub(6) + addresses + (head + addresses) % 4)?;
    Ok((service, reader))
}

/// Certain of the block driver's magic with a datagram's behind it, of a datagram that asks for a device or opens a
/// channel, and of the one question that every V2 controller answers.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    if context.carrier != Carrier::Tcp {
        return probe_datagram(bytes);
    }
    let mut reader = Reader::new(bytes);
    match next(&mut reader) {
        Err(_) => Probe::No,
        Ok(Next::Datagram(_)) => Probe::Certain,
        Ok(Next::Partial(_)) => Probe::Unsure,
        Ok(Next::Old([1])) if reader.is_empty() && context.side == Side::Initiator => Probe::Certain,
        Ok(Next::Old(_)) => Probe::Unsure,
    }
}

fn probe_datagram(bytes: &[u8]) -> Probe {
    // The head has three words in every version.
    let [DATAGRAM, hops, _, _, _, _, ..] = bytes else {
        return Probe::No;
    };
    if hops & 0x07 != 3 {
        return Probe::No;
    }
    let Ok((service, mut body)) = datagram(Reader::new(bytes)) else {
        return Probe::No;
    };
    match service {
        datagram::NAME_SERVER | datagram::NAME_CLIENT => match body.u16_le().map(names::name_service) {
            Ok(Some(_)) => Probe::Certain,
            Ok(None) | Err(_) => Probe::No,
        },
        datagram::CHANNEL => match body.peek() {
            [0xc3 | 0x83 | 0xc4, _, 1, 1, ..] => Probe::Certain,
            [kind, ..] if names::channel(*kind).is_some() => Probe::Unsure,
            _ => Probe::No,
        },
        datagram::ADDRESS_REQUEST | datagram::ADDRESS_RESPONSE => Probe::Unsure,
        _ => Probe::No,
    }
}

/// Answers of V3 repeat their service; those of V2 don't.
#[derive(Debug, Default)]
struct Conversation {
    asked: Option<u8>,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        if context.carrier != Carrier::Tcp {
            let span = crate::tell::all(bytes);
            let emit = &mut Emit { sink, span };
            if bytes.first() == Some(&DATAGRAM) {
                tell(reader, emit);
            } else {
                emit.fault(CODESYS, Fault::NoDatagram);
            }
            return Ok(crate::tell::done(bytes));
        }
        loop {
            let start = reader.offset();
            let next = next(&mut reader)?;
            let span = Span {
                start,
                end: reader.offset(),
            };
            match next {
                Next::Datagram(datagram) => tell(datagram, &mut Emit { sink, span }),
                Next::Old(content) => v2::tell(context.side, content, &mut self.asked, span, sink),
                Next::Partial(missing) => {
                    return Ok(Progress {
                        consumed: start,
                        missing,
                    });
                }
            }
        }
    }

    fn gap(&mut self, _: Side) {
        self.asked = None;
    }
}

/// Tells one datagram.
fn tell(bytes: Reader<'_>, emit: &mut Emit<'_>) {
    let Ok((service, body)) = datagram(bytes) else {
        return emit.fault(CODESYS, Fault::CutShort);
    };
    let read = match service {
        datagram::NAME_SERVER => name_service(Role::Request, body, emit),
        datagram::NAME_CLIENT => name_service(Role::Response, body, emit),
        datagram::CHANNEL => channel(body, emit),
        datagram::ADDRESS_REQUEST | datagram::ADDRESS_RESPONSE => {
            let role = if service == datagram::ADDRESS_REQUEST {
                Role::Request
            } else {
                Role::Response
            };
            let function = Function {
                code: service.into(),
                name: "Address Notification",
            };
            emit.simple(CODESYS_NS, role, function, OperationClass::Session);
            Ok(())
        }
        _ => {
            emit.fault(CODESYS, Fault::UnknownKind);
            Ok(())
        }
    };
    if read.is_err() {
        emit.fault(CODESYS, Fault::CutShort);
    }
}

/// Who has a name or an address, and what kind of device it is.
fn name_service(role: Role, mut body: Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let command = body.u16_le()?;
    let version = body.u16_le()?;
    let _number = body.u32_le()?;
    let name = names::name_service(command);
    let function = Function {
        code: command.into(),
        name: name.unwrap_or("unknown"),
    };
    let operation = if name.is_some() {
        OperationClass::Identify
    } else {
        OperationClass::Program
    };
    emit.simple(CODESYS_NS, role, function, operation);
    if name.is_none() {
        emit.fault(CODESYS_NS, Fault::UnknownKind);
    }
    if role == Role::Response && command == 0xc280 && matches!(version, 0x0103 | 0x0400) {
        device(&mut body, emit)?;
    }
    Ok(())
}

/// A device's description: lengths, target, firmware, then its names in UTF-16 and its serial number.
fn device(body: &mut Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    // The most channels, the byte order and a reserved byte.
    body.skip(4)?;
    let further = body.u16_le()?;
    let lengths = [body.u16_le()?, body.u16_le()?, body.u16_le()?];
    // The target's type and id.
    body.skip(8)?;
    let [v0, v1, v2, v3] = body.array()?;
    body.skip(4)?;
    let serial = body.u8()?;
    // Names stand 48 bytes and what is said behind the start of the description, of which 37 have been read.
    body.skip(usize::from(further) + 48 - 37)?;
    let mut texts = SmallVec::<[utf16::Text; 3]>::new();
    for length in lengths {
        let name = body.take(usize::from(length) * 2)?;
        body.skip(2)?;
        texts.push(utf16::text(name));
    }
    let fields = [
        IdentityField::HostName,
        IdentityField::Product,
        IdentityField::Vendor,
    ];
    for (field, text) in fields.into_iter().zip(&texts) {
        emit.fact(CODESYS_NS, field, text);
    }
    emit.fact(
        CODESYS_NS,
        IdentityField::Firmware,
        format!("{v3}.{v2}.{v1}.{v0}").as_bytes(),
    );
    emit.fact(
        CODESYS_NS,
        IdentityField::Serial,
        trimmed(body.take(serial.into())?),
    );
    Ok(())
}

/// A channel's message.
fn channel(mut body: Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let [kind, flags] = body.array()?;
    match kind {
        0x01 => {
            let _channel = body.u16_le()?;
            let (block, acknowledged) = (body.u32_le()?, body.u32_le()?);
            // Only the first block of a service says which it is; a length and a sum stand before.
            if flags & 0x01 != 0 {
                body.skip(8)?;
                return service(block, acknowledged, body, emit);
            }
        }
        0x02 => {}
        kind => {
            let name = names::channel(kind);
            let role = match kind {
                0x83 => Role::Response,
                0x03 => Role::Unsolicited,
                _ => Role::Request,
            };
            let function = Function {
                code: kind.into(),
                name: name.unwrap_or("unknown"),
            };
            match name {
                Some(_) => emit.simple(CODESYS_CHANNEL, role, function, OperationClass::Session),
                None => {
                    emit.simple(CODESYS_CHANNEL, role, function, OperationClass::Program);
                    emit.fault(CODESYS_CHANNEL, Fault::UnknownKind);
                }
            }
        }
    }
    Ok(())
}

/// What a service's tags say.
#[derive(Debug, Default)]
struct Said<'a> {
    objects: SmallVec<[Object<'a>; 1]>,
    user: Option<&'a [u8]>,
    error: Option<u16>,
    dropped: usize,
}

/// A service: group, command and tags.
fn service(
    block: u32,
    acknowledged: u32,
    mut body: Reader<'_>,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    let kind = body.u16_le()?;
    let head = body.u16_le()?;
    let group = body.u16_le()?;
    let command = body.u16_le()?;
    let _session = body.u32_le()?;
    let length = usize::try_from(body.u32_le()?).unwrap_or(usize::MAX);
    body.skip(usize::from(head).saturating_sub(12))?;
    let answers = group & RESPONSE != 0;
    let service = Service {
        group: u8::try_from(group & 0x7f).unwrap_or_default(),
        command,
    };
    let there = body.left().min(length);
    let whole = there == length;
    let content = body.take(there)?;
    let mut said = Said::default();
    let read = match kind {
        PLAIN => tags::walk(content, &mut |tag| said.tag(service, answers, tag)),
        _ => Ok(()),
    };
    emit.sink.message(&Message {
        protocol: CODESYS,
        role: if answers { Role::Response } else { Role::Request },
        function: Function {
            code: service.code(),
            name: service.known().unwrap_or("unknown"),
        },
        operation: service.operation(),
        unit: None,
        objects: &said.objects,
        outcome: match (answers, said.error) {
            (false, _) => Outcome::None,
            (true, Some(code @ 1..)) => Outcome::Failure {
                code: code.into(),
                name: "refused",
            },
            (true, Some(0) | None) => Outcome::Success,
        },
        transaction: Some(if answers { acknowledged } else { block }),
        span: emit.span,
    });
    emit.fact(CODESYS, IdentityField::User, said.user.unwrap_or_default());
    // Tags of a service that goes on in further blocks end in the midst of one.
    if (read.is_err() && whole) || !matches!(kind, PLAIN | SECURE) {
        emit.fault(CODESYS, Fault::CutShort);
    } else if service.known().is_none() {
        emit.fault(CODESYS, Fault::UnknownService);
    } else if said.dropped > 0 {
        emit.fault(CODESYS, Fault::TooManyObjects);
    }
    Ok(())
}

impl<'a> Said<'a> {
    fn tag(&mut self, service: Service, answers: bool, tag: Tag<'a>) {
        let kind = match (service, answers, tag.parent, tag.id) {
            (Service::LOGIN, false, 0x81, 0x10) => {
                self.user = Some(trimmed(tag.value));
                return;
            }
            (Service::LOGIN, true, 0x82, 0x20) | (Service { group: 8, .. }, true, 0x84, 0x08) => {
                if let [low, high, ..] = *tag.value {
                    self.error = Some(u16::from_le_bytes([low, high]));
                }
                return;
            }
            (Service { group: 8, .. }, false, 0, 0x01) => "file",
            (Service { group: 8, .. }, false, 0, 0x0b) => "folder",
            (Service::SHELL, false, 0, 0x10) => "command",
            _ => return,
        };
        if self.objects.len() == MAX_OBJECTS {
            self.dropped += 1;
            return;
        }
        self.objects.push(Object::at(Address::Name {
            kind,
            name: trimmed(tag.value),
        }));
    }
}

/// The sink, and where the message at hand stands.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, protocol: Protocol, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol,
            code: fault.code(),
            span: self.span,
        });
    }

    fn fact(&mut self, protocol: Protocol, field: IdentityField, value: &[u8]) {
        if !value.is_empty() {
            self.sink.identity(&Identity {
                protocol,
                about: About::Sender,
                unit: None,
                field,
                value,
            });
        }
    }

    /// A message without objects.
    fn simple(&mut self, protocol: Protocol, role: Role, function: Function, operation: OperationClass) {
        let plain = crate::tell::plain(protocol, role, function, operation, self.span);
        self.sink.message(&Message {
            outcome: match role {
                Role::Response => Outcome::Success,
                Role::Request | Role::Unsolicited => Outcome::None,
            },
            ..plain
        });
    }
}
