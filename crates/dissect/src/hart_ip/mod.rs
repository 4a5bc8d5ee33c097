//! HART-IP: field devices behind gateways and multiplexers, and HART devices of their own, over TCP and UDP port 5094.
//!
//! Reads: HCF_SPEC-085 revision 2 (HART-IP): sessions, keep-alives, token-passing and direct PDUs, audit logs; in them
//! the frames of HCF_SPEC-081, told as protocol `hart`, with the universal and common-practice commands by name
//! (HCF_SPEC-127 and -151), what they read and write field by field, response codes, the identity that commands 0, 11
//! and 21 give, tags. Commands to a sub-device are told a second time as what the sub-device gets.
//!
//! The unit is the device that is addressed: of a unique address the device type's lower byte and the device id, else
//! the polling address.
//!
//! Bounds: [`MAX_LENGTH`] bytes that a length may say, [`MAX_OBJECTS`] objects and [`MAX_COMMANDS`] commands of one
//! message.
//!
//! Skipped: the makers' own commands, what an audit log holds, aggregated commands, HART-IP inside TLS.

mod names;
mod pdu;
mod samples;
#[cfg(test)]
mod tests;

use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Sink};
use cofferdam_terms::OperationClass;
use names::Command;
use pdu::{Check, Kind, Pdu, Unread};
use smallvec::SmallVec;

/// The most that a length may say: a head, and PDUs of 255 bytes.
const MAX_LENGTH: u16 = 4096;
/// The most objects that one message tells; further ones are dropped and said.
const MAX_OBJECTS: usize = 32;
/// The most commands of one direct PDU that are told; further ones are dropped and said.
const MAX_COMMANDS: usize = 32;
/// The bytes of a head, which the length counts.
const HEAD: u16 = 8;

/// Message ids.
mod id {
    pub(super) const SESSION_INITIATE: u8 = 0;
    pub(super) const TOKEN_PASSING: u8 = 3;
    pub(super) const DIRECT: u8 = 4;
    pub(super) const AUDIT_LOG: u8 = 5;
}

const HART_IP: Protocol = Protocol("hart-ip");
const HART: Protocol = Protocol("hart");

/// HART-IP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: HART_IP,
    title: "HART-IP",
    specification: "HCF_SPEC-085 (HART-IP), -081, -127, -151",
    tcp_ports: &[5094],
    udp_ports: &[5094],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation),
    inner: &[HART],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A field runs over the end of the message.
    CutShort,
    /// Bytes are left after the last field.
    TrailingBytes,
    /// A message id that no table knows.
    UnknownMessage,
    /// A command that no table knows.
    UnknownCommand,
    /// A delimiter that no frame has.
    Delimiter,
    /// A frame's check byte is not that of its bytes.
    CheckByte,
    /// The message has more objects or commands than are told.
    TooManyObjects,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::TrailingBytes => "trailing-bytes",
            Self::UnknownMessage => "unknown-message",
            Self::UnknownCommand => "unknown-command",
            Self::Delimiter => "delimiter",
            Self::CheckByte => "check-byte",
            Self::TooManyObjects => "too-many-objects",
        }
    }
}

/// What HART-IP's head says, and what its length counts after it.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    role: Role,
    id: u8,
    status: u8,
    transaction: u16,
    body: Reader<'a>,
}

enum Next<'a> {
    Frame(Frame<'a>),
    /// So many bytes more are needed; none between messages.
    Partial(usize),
}

fn next<'a>(reader: &mut Reader<'a>) -> Result<Next<'a>, Lost> {
    let lost = |reason| Lost {
        offset: reader.offset(),
        reason,
    };
    match reader.peek() {
        [] => return Ok(Next::Partial(0)),
        [1 | 2] | [1 | 2, 0..=3 | 15, ..] => {}
        [1 | 2, ..] => return Err(lost("no message has this type")),
        _ => return Err(lost("no message has this version")),
    }
    let mut ahead = *reader;
    let [_, kind, id, status, t0, t1, l0, l1] = match ahead.array() {
        Ok(head) => head,
        Err(Truncated { missing, .. }) => return Ok(Next::Partial(missing)),
    };
    let length = u16::from_be_bytes([l0, l1]);
    if !(HEAD..=MAX_LENGTH).contains(&length) {
        return Err(lost("length fits no message"));
    }
    match ahead.sub(usize::from(length - HEAD)) {
        Ok(body) => {
            *reader = ahead;
            Ok(Next::Frame(Frame {
                role: match kind {
                    0 => Role::Request,
                    2 => Role::Unsolicited,
                    _ => Role::Response,
                },
                id,
                status,
                transaction: u16::from_be_bytes([t0, t1]),
                body,
            }))
        }
        Err(Truncated { missing, .. }) => Ok(Next::Partial(missing)),
    }
}

/// Certain when a session is opened, and of a frame whose check byte is right; nothing may follow but another message.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    let mut reader = Reader::new(bytes);
    let frame = match next(&mut reader) {
        Err(_) => return Probe::No,
        Ok(Next::Partial(_)) => return Probe::Unsure,
        Ok(Next::Frame(frame)) => frame,
    };
    let mut body = frame.body;
    let own = match frame.id {
        id::SESSION_INITIATE => matches!(body.peek(), [0 | 1, _, _, _, _]) && frame.status == 0,
        id::TOKEN_PASSING => {
            pdu::pdu(&mut body).is_ok_and(|pdu| pdu.check == Check::Right) && body.is_empty()
        }
        1 | 2 | id::DIRECT | id::AUDIT_LOG => return Probe::Unsure,
        _ => return Probe::No,
    };
    if own && next(&mut reader).is_ok() {
        Probe::Certain
    } else {
        Probe::Unsure
    }
}

/// It keeps nothing: answers repeat the command and the address.
#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
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
                        emit.fault(HART_IP, Fault::TrailingBytes);
                        reader.rest();
                    }
                }
                Next::Partial(missing) => {
                    let (progress, cut) = context.partial(bytes, start, missing);
                    if let Some(span) = cut {
                        Emit { sink, span }.fault(HART_IP, Fault::CutShort);
                    }
                    return Ok(progress);
                }
            }
        }
    }
}

fn tell(frame: &Frame<'_>, emit: &mut Emit<'_>) {
    let mut body = frame.body;
    match frame.id {
        id::TOKEN_PASSING if !body.is_empty() => match pdu::pdu(&mut body) {
            Ok(pdu) => {
                command(frame, &pdu, emit);
                if pdu.check == Check::Wrong {
                    emit.fault(HART, Fault::CheckByte);
                } else if !body.is_empty() {
                    emit.fault(HART, Fault::TrailingBytes);
                }
            }
            Err(unread) => {
                emit.session(frame);
                emit.fault(
                    HART,
                    match unread {
                        Unread::Cut => Fault::CutShort,
                        Unread::Delimiter => Fault::Delimiter,
                    },
                );
            }
        },
        id::DIRECT if !body.is_empty() => match direct(frame, &mut body, emit) {
            Ok(None) => {}
            Ok(Some(fault)) => emit.fault(HART, fault),
            Err(_) => emit.fault(HART, Fault::CutShort),
        },
        _ => {
            emit.session(frame);
            if names::message(frame.id).is_none() {
                emit.fault(HART_IP, Fault::UnknownMessage);
            }
        }
    }
}

/// The commands of a direct PDU: they are for the device that is spoken to.
fn direct(frame: &Frame<'_>, body: &mut Reader<'_>, emit: &mut Emit<'_>) -> Result<Option<Fault>, Truncated> {
    let [device_status, _extended] = body.array()?;
    for number in 0.. {
        if body.is_empty() {
            break;
        }
        if number == MAX_COMMANDS {
            return Ok(Some(Fault::TooManyObjects));
        }
        let code = Command(body.u16_be()?);
        let length = body.u8()?;
        let mut data = body.sub(length.into())?;
        let (kind, status) = match frame.role {
            Role::Request => (Kind::Ask, None),
            Role::Response => (Kind::Answer, Some([data.u8()?, device_status])),
            Role::Unsolicited => (Kind::Burst, Some([data.u8()?, device_status])),
        };
        let told = Told {
            kind,
            unit: None,
            command: code,
            status,
            data: data.rest(),
        };
        tell_command(frame, &told, emit);
    }
    Ok(None)
}

/// One command, whatever carries it.
#[derive(Clone, Copy, Debug)]
struct Told<'a> {
    kind: Kind,
    unit: Option<u32>,
    command: Command,
    status: Option<[u8; 2]>,
    data: &'a [u8],
}

fn command(frame: &Frame<'_>, pdu: &Pdu<'_>, emit: &mut Emit<'_>) {
    let told = Told {
        kind: pdu.kind,
        unit: Some(pdu.unit),
        command: pdu.command,
        status: pdu.status,
        data: pdu.data,
    };
    tell_command(frame, &told, emit);
    if (pdu.command, pdu.kind) != (Command::SEND_TO_SUB_DEVICE, Kind::Ask) {
        return;
    }
    // Card, channel and preambles, then the frame that the sub-device gets.
    let mut inner = Reader::new(pdu.data);
    let read = inner.skip(3).map_err(Unread::from);
    match read.and_then(|()| pdu::embedded(&mut inner)) {
        Ok(inner) => tell_command(
            frame,
            &Told {
                kind: inner.kind,
                unit: Some(inner.unit),
                command: inner.command,
                status: inner.status,
                data: inner.data,
            },
            emit,
        ),
        Err(_) => emit.fault(HART, Fault::CutShort),
    }
}

fn tell_command(frame: &Frame<'_>, told: &Told<'_>, emit: &mut Emit<'_>) {
    let outcome = match told.status {
        None => Outcome::None,
        Some([code, _]) if names::warns(code) => Outcome::Success,
        Some([code, _]) => Outcome::Failure {
            code: code.into(),
            name: names::response(code),
        },
    };
    let failed = matches!(outcome, Outcome::Failure { .. });
    let mut objects = SmallVec::<[Object<'_>; 5]>::new();
    let read = if failed {
        Ok(None)
    } else {
        fields(told, &mut objects)
    };
    emit.sink.message(&Message {
        protocol: HART,
        role: match told.kind {
            Kind::Ask => Role::Request,
            Kind::Answer => Role::Response,
            Kind::Burst => Role::Unsolicited,
        },
        function: Function {
            code: told.command.0.into(),
            name: told.command.name(),
        },
        operation: told.command.operation(),
        unit: told.unit,
        objects: &objects,
        outcome,
        transaction: Some(frame.transaction.into()),
        span: emit.span,
    });
    if told.kind == Kind::Answer && !failed {
        identity(told, emit);
    }
    match read {
        Err(_) => emit.fault(HART, Fault::CutShort),
        Ok(Some(fault)) => emit.fault(HART, fault),
        Ok(None) if told.command.known().is_none() => emit.fault(HART, Fault::UnknownCommand),
        Ok(None) => {}
    }
}

/// What a command reads or writes, field by field. An answer may end early, after any field.
fn fields<'a>(told: &Told<'a>, objects: &mut SmallVec<[Object<'a>; 5]>) -> Result<Option<Fault>, Truncated> {
    let mut data = Reader::new(told.data);
    let mut fault = None;
    let mut tell = |address, value| {
        if objects.len() == MAX_OBJECTS {
            fault = Some(Fault::TooManyObjects);
        } else {
            objects.push(Object { address, value });
        }
    };
    match (told.command, told.kind) {
        (Command::READ_DEVICE_VARIABLES | Command::READ_VARIABLES, Kind::Ask) => {
            data.peek().iter().for_each(|code| tell(variable(*code), None));
        }
        (Command::READ_DEVICE_VARIABLES, Kind::Answer | Kind::Burst) => {
            while !data.is_empty() {
                let code = data.u8()?;
                tell(variable(code), Some(data.take(5)?));
            }
        }
        (Command::READ_VARIABLES, Kind::Answer | Kind::Burst) => {
            data.skip(1)?;
            // A time of four bytes ends a newer device's answer.
            while data.left() >= 8 {
                let [code, _classification] = data.array()?;
                tell(variable(code), Some(data.take(5)?));
                data.skip(1)?;
            }
        }
        (command, _) if command.addresses_variable() => {
            let code = data.u8()?;
            tell(variable(code), Some(data.rest()));
        }
        (command, _) => {
            for (name, length) in command.fields() {
                if data.is_empty() {
                    break;
                }
                let value = data.take(*length)?;
                let address = Address::Name {
                    kind: "parameter",
                    name: name.as_bytes(),
                };
                tell(address, Some(value));
            }
        }
    }
    Ok(fault)
}

const fn variable(code: u8) -> Address<'static> {
    Address::Points {
        space: "device-variable",
        first: code as u32,
        count: 1,
    }
}

/// Who a device is.
fn identity(told: &Told<'_>, emit: &mut Emit<'_>) {
    match told.command {
        Command::READ_IDENTIFIER | Command::READ_IDENTIFIER_BY_TAG | Command::READ_IDENTIFIER_BY_LONG_TAG => {
            if identifier(told, emit).is_err() {
                emit.fault(HART, Fault::CutShort);
            }
        }
        Command::READ_TAG => {
            let tag = packed(told.data.get(..6).unwrap_or_default());
            emit.fact(told, IdentityField::HostName, tag.trim_ascii());
        }
        Command::READ_LONG_TAG => {
            emit.fact(told, IdentityField::HostName, crate::tell::trimmed(told.data));
        }
        Command(_) => {}
    }
}

/// HCF_SPEC-127, command 0: type, revisions, device id; since HART 7 the maker has two bytes of its own.
fn identifier(told: &Told<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let mut data = Reader::new(told.data);
    data.skip(1)?;
    let kind = data.u16_be()?;
    let _preambles = data.u8()?;
    let [universal, device, software, _hardware, _flags] = data.array()?;
    let [i0, i1, i2] = data.array()?;
    let maker = if universal >= 7 {
        data.skip(5)?;
        data.u16_be()?
    } else {
        kind >> 8
    };
    match names::vendor(maker) {
        Some(name) => emit.fact(told, IdentityField::Vendor, name.as_bytes()),
        None => emit.fact(
            told,
            IdentityField::Vendor,
            format!("HART manufacturer {maker}").as_bytes(),
        ),
    }
    emit.fact(
        told,
        IdentityField::ProductCode,
        format!("0x{kind:04x}").as_bytes(),
    );
    emit.fact(
        told,
        IdentityField::DeviceType,
        format!("HART {universal}").as_bytes(),
    );
    emit.fact(
        told,
        IdentityField::Firmware,
        format!("{device}.{software}").as_bytes(),
    );
    emit.fact(
        told,
        IdentityField::Serial,
        format!("{i0:02x}{i1:02x}{i2:02x}").as_bytes(),
    );
    Ok(())
}

/// Letters of six bits, four in three bytes (HCF_SPEC-099, 5.1.1).
fn packed(bytes: &[u8]) -> SmallVec<[u8; 8]> {
    let mut text = SmallVec::new();
    for three in bytes.chunks_exact(3) {
        let three = three.iter().fold(0u32, |all, byte| all << 8 | u32::from(*byte));
        for shift in [18, 12, 6, 0] {
            let letter = u8::try_from(three >> shift & 0x3f).unwrap_or_default();
            // The highest bit of a letter is the opposite of the one below.
            text.push(letter | (!letter & 0x20) << 1);
        }
    }
    text
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

    fn fact(&mut self, told: &Told<'_>, field: IdentityField, value: &[u8]) {
        if !value.is_empty() {
            self.sink.identity(&Identity {
                protocol: HART,
                about: About::Sender,
                unit: told.unit,
                field,
                value,
            });
        }
    }

    /// What HART-IP says for itself.
    fn session(&mut self, frame: &Frame<'_>) {
        self.sink.message(&Message {
            protocol: HART_IP,
            role: frame.role,
            function: Function {
                code: frame.id.into(),
                name: names::message(frame.id).unwrap_or("unknown"),
            },
            operation: match frame.id {
                id::AUDIT_LOG => OperationClass::Diagnose,
                0..=4 => OperationClass::Session,
                _ => OperationClass::Program,
            },
            unit: None,
            objects: &[],
            outcome: match (frame.role, frame.status) {
                (Role::Request | Role::Unsolicited, _) => Outcome::None,
                // 8 warns that another time was taken.
                (Role::Response, 0 | 8) => Outcome::Success,
                (Role::Response, status) => Outcome::Failure {
                    code: status.into(),
                    name: names::status(status),
                },
            },
            transaction: Some(frame.transaction.into()),
            span: self.span,
        });
    }
}
