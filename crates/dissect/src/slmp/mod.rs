//! SLMP and the MC protocol: reading, writing and operating of Mitsubishi Electric's controllers and of others that
//! speak it, over TCP and UDP. The ports are the owner's choice; 5000 to 5005, 5010 and 1025 are common.
//!
//! Reads: the SLMP Reference Manual SH-080956ENG-M and the MELSEC Communication Protocol Reference Manual SH-080008:
//! 3E and 4E frames in binary and ASCII, 1E frames in binary; every command by name; devices read, written, monitored
//! and tested with their values; buffers of memory and of modules; the type's name; end codes. A remote password is
//! never told.
//!
//! The unit is a station behind the one that is spoken to: network, station and two bytes of module, a byte each; in
//! 1E frames the PC number. Points are told as numbered on the wire, by device: `D` 100. An answer whose request was not
//! seen has the code [`UNASKED`].
//!
//! Bounds: [`frame::MAX_LENGTH`] bytes that a frame's length may say, [`body::MAX_OBJECTS`] objects of one message,
//! [`MAX_OUTSTANDING`] requests that wait, as many points that are monitored as one message has objects.
//!
//! Skipped: 1E frames in ASCII, extended device specifications, labels, the files that file commands name, what a
//! monitor of 3E and 4E frames brings.

mod body;
mod fields;
mod frame;
mod names;
mod old;
mod samples;
#[cfg(test)]
mod tests;

use crate::message::{About, Anomaly, Function, Identity, Message, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use body::{Body, Targets};
use cofferdam_terms::OperationClass;
use fields::{Bad, Fields};
use frame::{Direction, Frame, Next, Route};
pub(crate) use names::{Command, end_code};
use std::collections::VecDeque;

/// The most requests of one conversation that wait for their answers; the oldest gives way.
const MAX_OUTSTANDING: usize = 16;
/// The code of an answer whose request was not seen: no command has one beyond two bytes.
const UNASKED: u32 = 0x1_0000;

const SLMP: Protocol = Protocol("slmp");

/// SLMP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: SLMP,
    title: "SLMP, MELSEC MC protocol",
    specification: "SH-080956ENG-M (SLMP), SH-080008 (MELSEC Communication Protocol)",
    tcp_ports: &[1025, 5000, 5001, 5002, 5003, 5004, 5005, 5010],
    udp_ports: &[1025, 5000, 5001, 5002, 5003, 5004, 5005, 5010],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A field runs over the end of the message.
    CutShort,
    /// Bytes are left after the last field.
    TrailingBytes,
    /// A byte of an ASCII frame is no digit.
    NotHexadecimal,
    /// A command that no table knows.
    UnknownCommand,
    /// A device that no table knows.
    UnknownDevice,
    /// The message addresses more objects than are told.
    TooManyObjects,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::TrailingBytes => "trailing-bytes",
            Self::NotHexadecimal => "not-hexadecimal",
            Self::UnknownCommand => "unknown-command",
            Self::UnknownDevice => "unknown-device",
            Self::TooManyObjects => "too-many-objects",
        }
    }
}

/// Certain when a request's fields fill it, its command and devices are known and its route is one that the manual
/// has; and for an answer of the station itself that is as long as it says.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    let mut reader = Reader::new(bytes);
    match (bytes.first(), context.side) {
        (Some(first), _) if frame::begins(*first) => match frame::next(&mut reader) {
            Err(_) => Probe::No,
            Ok(Next::Partial(_)) => Probe::Unsure,
            Ok(Next::Frame(frame)) => {
                let followed = reader.peek().first().is_none_or(|next| frame::begins(*next));
                match (frame.direction, context.side) {
                    (Direction::Ask, Side::Responder) | (Direction::Answer, Side::Initiator) => Probe::Unsure,
                    (Direction::Ask, Side::Initiator) if followed && asks(frame) => Probe::Certain,
                    (Direction::Answer, Side::Responder) if followed && frame.route.is_own() => {
                        Probe::Certain
                    }
                    (Direction::Ask, Side::Initiator) | (Direction::Answer, Side::Responder) => Probe::Unsure,
                }
            }
        },
        (Some(first), Side::Initiator) if old::asks(*first) => match old::ask(&mut reader) {
            Err(_) => Probe::Unsure,
            Ok(ask) if reader.is_empty() && ask.station == 0xff && is_told(&ask.body) => Probe::Certain,
            Ok(ask) if reader.is_empty() && ask.station == 0xff => Probe::Unsure,
            Ok(_) => Probe::No,
        },
        (Some(first), Side::Responder) if old::answers(*first) => Probe::Unsure,
        (Some(_), Side::Initiator | Side::Responder) => Probe::No,
        (None, _) => Probe::Unsure,
    }
}

fn asks(frame: Frame<'_>) -> bool {
    let mut fields = frame.body;
    let mut body = Body::default();
    let read = request(&mut fields, &mut body);
    let filled = read.is_ok_and(|command| command.known().is_some()) && fields.reader.is_empty();
    filled && body.fault.is_none() && frame.route.is_known()
}

fn is_told(body: &Body<'_>) -> bool {
    !body.objects.is_empty() && body.fault.is_none()
}

/// Reads a request of a 3E or 4E frame: its timer, command and subcommand, and what they ask for.
fn request<'a>(fields: &mut Fields<'a>, body: &mut Body<'a>) -> Result<Command, Bad> {
    let _timer = fields.word()?;
    let command = Command(fields.word()?);
    let sub = fields.word()?;
    body::request(command, sub, fields, body)?;
    Ok(command)
}

/// How an answer finds its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    /// By the number of 4E frames.
    Serial(u16),
    /// 3E frames have none: by route, in order.
    Route(Route),
    /// 1E frames: by command, in order.
    Old(Command),
}

/// A request that waits.
#[derive(Debug)]
struct Asked {
    by: Side,
    key: Key,
    command: Command,
    targets: Targets,
}

#[derive(Debug, Default)]
struct Conversation {
    outstanding: VecDeque<Asked>,
    /// The points that 1E frames registered to be monitored.
    monitored: Targets,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.offset();
            let missing = self.next(context.side, &mut reader, sink)?;
            let Some(missing) = missing else {
                continue;
            };
            let (progress, cut) = context.partial(bytes, start, missing);
            if let Some(span) = cut {
                Emit { sink, span }.fault(Fault::CutShort);
            }
            return Ok(progress);
        }
    }

    /// A request or answer that was missed would let later ones pair wrongly.
    fn gap(&mut self, _: Side) {
        self.outstanding.clear();
    }
}

impl Conversation {
    /// Tells one message, or says how many bytes are missing for it.
    fn next(
        &mut self,
        side: Side,
        reader: &mut Reader<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Option<usize>, Lost> {
        let start = reader.offset();
        let Some(first) = reader.peek().first().copied() else {
            return Ok(Some(0));
        };
        if frame::begins(first) {
            return Ok(match frame::next(reader)? {
                Next::Partial(missing) => Some(missing),
                Next::Frame(frame) => {
                    let end = reader.offset();
                    let span = Span { start, end };
                    self.frame(side, frame, &mut Emit { sink, span });
                    None
                }
            });
        }
        let mut ahead = *reader;
        let read = if old::asks(first) {
            self.old_request(side, &mut ahead, sink)
        } else if old::answers(first) {
            match self.old_answer(side, &mut ahead, sink) {
                Ok(told) => Ok(told),
                Err(Unread::Cut(cut)) => Err(cut),
                Err(Unread::Unasked) => {
                    return Err(Lost {
                        offset: start,
                        reason: "an answer's length depends on a request that was not seen",
                    });
                }
            }
        } else {
            return Err(Lost {
                offset: start,
                reason: "no frame starts so",
            });
        };
        match read {
            Ok(()) => {
                *reader = ahead;
                Ok(None)
            }
            Err(Truncated { missing, .. }) => Ok(Some(missing)),
        }
    }

    fn frame(&mut self, side: Side, frame: Frame<'_>, emit: &mut Emit<'_>) {
        match frame.direction {
            Direction::Ask => self.request(side, frame, emit),
            Direction::Answer => self.answer(side, frame, emit),
        }
    }

    fn request(&mut self, side: Side, frame: Frame<'_>, emit: &mut Emit<'_>) {
        let mut fields = frame.body;
        let mut body = Body::default();
        let read = request(&mut fields, &mut body);
        let command = match read {
            Ok(command) => command,
            Err(bad) => {
                body.fault(fault(bad));
                fields.reader.rest();
                command_of(frame.body)
            }
        };
        note(command, &fields, &mut body);
        let key = frame.key();
        let targets = std::mem::take(&mut body.targets);
        let told = Told {
            role: if command == Command::ON_DEMAND {
                Role::Unsolicited
            } else {
                Role::Request
            },
            command: Some(command),
            unit: frame.route.unit(),
            outcome: Outcome::None,
            transaction: frame.serial.map(u32::from),
        };
        self.ask(side, key, command, targets);
        emit.tell(told, &body);
    }

    fn ask(&mut self, by: Side, key: Key, command: Command, targets: Targets) {
        if let Key::Serial(_) = key {
            self.outstanding.retain(|held| (held.by, held.key) != (by, key));
        }
        if self.outstanding.len() == MAX_OUTSTANDING {
            self.outstanding.pop_front();
        }
        self.outstanding.push_back(Asked {
            by,
            key,
            command,
            targets,
        });
    }

    fn take(&mut self, side: Side, key: Key) -> Option<Asked> {
        let at = self
            .outstanding
            .iter()
            .position(|held| held.by == side.other() && held.key == key)?;
        self.outstanding.remove(at)
    }

    fn answer(&mut self, side: Side, frame: Frame<'_>, emit: &mut Emit<'_>) {
        let asked = self.take(side, frame.key());
        let mut fields = frame.body;
        let mut body = Body::default();
        let end = fields.word().unwrap_or_default();
        let mut command = asked.as_ref().map(|asked| asked.command);
        let outcome = if end == 0 {
            if let Err(bad) = content(asked.as_ref(), &mut fields, &mut body) {
                body.fault(fault(bad));
                fields.reader.rest();
            }
            Outcome::Success
        } else {
            // A refusal repeats where it comes from and what was asked for.
            if let Ok(refused) = refused(&mut fields) {
                command = Some(refused);
            }
            for (address, _) in asked.iter().flat_map(|asked| &asked.targets) {
                body.object(*address, None);
            }
            fields.reader.rest();
            Outcome::Failure {
                code: end.into(),
                name: end_code(end),
            }
        };
        note(command.unwrap_or(Command::READ), &fields, &mut body);
        let told = Told {
            role: Role::Response,
            command,
            unit: frame.route.unit(),
            outcome,
            transaction: frame.serial.map(u32::from),
        };
        emit.tell(told, &body);
    }

    fn old_request(
        &mut self,
        side: Side,
        reader: &mut Reader<'_>,
        sink: &mut dyn Sink,
    ) -> Result<(), Truncated> {
        let start = reader.offset();
        let mut ask = old::ask(reader)?;
        let span = Span {
            start,
            end: reader.offset(),
        };
        let mut targets = std::mem::take(&mut ask.body.targets);
        if old::registers(ask.command) {
            self.monitored.clone_from(&targets);
        } else if old::monitors(ask.command) {
            targets.clone_from(&self.monitored);
        }
        self.ask(side, Key::Old(ask.command), ask.command, targets);
        let told = Told {
            role: Role::Request,
            command: Some(ask.command),
            unit: (ask.station != 0xff).then(|| ask.station.into()),
            outcome: Outcome::None,
            transaction: None,
        };
        Emit { sink, span }.tell(told, &ask.body);
        Ok(())
    }

    fn old_answer(&mut self, side: Side, reader: &mut Reader<'_>, sink: &mut dyn Sink) -> Result<(), Unread> {
        let start = reader.offset();
        let answer = old::answer(reader).map_err(Unread::Cut)?;
        let key = Key::Old(answer.command);
        let at = self
            .outstanding
            .iter()
            .position(|held| held.by == side.other() && held.key == key);
        let asked = at.and_then(|at| self.outstanding.get(at));
        let mut body = Body::default();
        let outcome = match (answer.end, asked) {
            (0, None) if old::depends(answer.command) => return Err(Unread::Unasked),
            (0, asked) => {
                let none = Targets::new();
                let targets = asked.map_or(&none, |asked| &asked.targets);
                old::values(answer.command, targets, reader, &mut body).map_err(Unread::Cut)?;
                Outcome::Success
            }
            (end, _) => Outcome::Failure {
                code: u16::from_be_bytes([end, answer.detail.unwrap_or_default()]).into(),
                name: names::end_code_1e(end),
            },
        };
        let _answered = at.and_then(|at| self.outstanding.remove(at));
        let told = Told {
            role: Role::Response,
            command: Some(answer.command),
            unit: None,
            outcome,
            transaction: None,
        };
        let span = Span {
            start,
            end: reader.offset(),
        };
        Emit { sink, span }.tell(told, &body);
        Ok(())
    }
}

/// Why an answer of a 1E frame can't be read.
enum Unread {
    Cut(Truncated),
    Unasked,
}

impl Frame<'_> {
    fn key(&self) -> Key {
        match self.serial {
            Some(serial) => Key::Serial(serial),
            None => Key::Route(self.route),
        }
    }
}

/// The command of a request that can't be read further.
fn command_of(mut fields: Fields<'_>) -> Command {
    let command = fields.word().and_then(|_| fields.word());
    Command(command.unwrap_or_default())
}

/// What an answer that says success brings.
fn content<'a>(asked: Option<&Asked>, fields: &mut Fields<'a>, body: &mut Body<'a>) -> Result<(), Bad> {
    match asked {
        Some(asked) if reads(asked.command) => body.answers(&asked.targets, fields),
        Some(asked) if asked.command == Command::READ_TYPE_NAME => body.type_name(fields),
        Some(asked) => {
            asked
                .targets
                .iter()
                .for_each(|(address, _)| body.object(*address, None));
            fields.reader.rest();
            Ok(())
        }
        None => {
            fields.reader.rest();
            Ok(())
        }
    }
}

/// Whether an answer brings the values of the places that were asked for.
const fn reads(command: Command) -> bool {
    matches!(
        command,
        Command::READ
            | Command::READ_RANDOM
            | Command::READ_BLOCK
            | Command::MEMORY_READ
            | Command::EXTEND_UNIT_READ
    )
}

/// What a refusal repeats: a route, command and subcommand.
fn refused(fields: &mut Fields<'_>) -> Result<Command, Bad> {
    let _route = Route::read(fields)?;
    let command = fields.word()?;
    let _sub = fields.word()?;
    Ok(Command(command))
}

fn note(command: Command, fields: &Fields<'_>, body: &mut Body<'_>) {
    if !fields.reader.is_empty() {
        body.fault(Fault::TrailingBytes);
    }
    if command.known().is_none() {
        body.fault(Fault::UnknownCommand);
    }
}

const fn fault(bad: Bad) -> Fault {
    match bad {
        Bad::Cut(_) => Fault::CutShort,
        Bad::NoDigit => Fault::NotHexadecimal,
    }
}

/// What every message says.
#[derive(Clone, Copy, Debug)]
struct Told {
    role: Role,
    /// None of an answer whose request was not seen.
    command: Option<Command>,
    unit: Option<u32>,
    outcome: Outcome,
    transaction: Option<u32>,
}

/// The sink, and where the message at hand stands.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: SLMP,
            code: fault.code(),
            span: self.span,
        });
    }

    fn tell(&mut self, told: Told, body: &Body<'_>) {
        let (function, operation) = match told.command {
            Some(command) => (
                Function {
                    code: command.0.into(),
                    name: command.name(),
                },
                command.operation(),
            ),
            None => (
                Function {
                    code: UNASKED,
                    name: "Answer to a Request Not Seen",
                },
                OperationClass::Session,
            ),
        };
        self.sink.message(&Message {
            protocol: SLMP,
            role: told.role,
            function,
            operation,
            unit: told.unit,
            objects: &body.objects,
            outcome: told.outcome,
            transaction: told.transaction,
            span: self.span,
        });
        for (field, value) in &body.facts {
            self.sink.identity(&Identity {
                protocol: SLMP,
                about: About::Sender,
                unit: told.unit,
                field: *field,
                value,
            });
        }
        if let Some(fault) = body.fault {
            self.fault(fault);
        }
    }
}
