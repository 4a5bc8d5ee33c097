//! Omron FINS: reading and programming of Omron controllers, over UDP and TCP port 9600.
//!
//! Reads: Omron's Communications Commands Reference Manual W342 and the Ethernet Units' manual W421: the head of
//! FINS/TCP, the FINS head with its route, every command by name, the memory that is read, written, filled and
//! transferred with its content, the controller's model and version, end codes. What FINS/TCP says for itself is told
//! as protocol `fins-tcp`.
//!
//! The unit is the addressed node: network, node and unit number, a byte each. Memory is told in bits: `D100` is the
//! area D from bit 1600.
//!
//! Bounds: [`MAX_LENGTH`] bytes of one FINS/TCP message, [`MAX_OBJECTS`] objects of one message, [`MAX_OUTSTANDING`]
//! requests that wait.
//!
//! Skipped: contents of programs, parameters and files, the areas of the CV series where they differ from the CS
//! series.

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
use cofferdam_terms::OperationClass;
use names::Command;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// The most that FINS/TCP's length may say: a frame has at most 2,012 bytes, and its head.
const MAX_LENGTH: usize = 4096;
/// The most objects that one message tells; further ones are dropped and said.
const MAX_OBJECTS: usize = 128;
/// The most requests of one conversation that wait for their answers; the oldest gives way.
const MAX_OUTSTANDING: usize = 16;
/// What starts every message of FINS/TCP.
const MAGIC: &[u8; 4] = b"FINS";
/// The command of FINS/TCP that carries a frame.
const FRAME: u32 = 2;
/// The bytes of a controller's model, and of its version.
const MODEL: usize = 20;

const FINS: Protocol = Protocol("fins");
const FINS_TCP: Protocol = Protocol("fins-tcp");

/// Omron FINS in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: FINS,
    title: "Omron FINS",
    specification: "Omron W342-E1 (Communications Commands), W421-E1 (Ethernet Units)",
    tcp_ports: &[9600],
    udp_ports: &[9600],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[FINS_TCP],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A field runs over the end of the message.
    CutShort,
    /// Bytes are left after the last field.
    TrailingBytes,
    /// A command that no table knows.
    UnknownCommand,
    /// An area of memory that no table knows.
    UnknownArea,
    /// The message addresses more objects than are told.
    TooManyObjects,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::TrailingBytes => "trailing-bytes",
            Self::UnknownCommand => "unknown-command",
            Self::UnknownArea => "unknown-area",
            Self::TooManyObjects => "too-many-objects",
        }
    }
}

/// A message of FINS/TCP.
struct Packet<'a> {
    command: u32,
    error: u32,
    body: Reader<'a>,
}

enum Next<'a> {
    Packet(Packet<'a>),
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
    let mut ahead = *reader;
    let begun = ahead.peek().iter().zip(MAGIC);
    if begun.clone().any(|(byte, magic)| byte != magic) {
        return Err(lost("no message starts with other letters than FINS"));
    }
    let (length, mut body) = match sized(&mut ahead) {
        Ok((length, _)) if !(8..=MAX_LENGTH).contains(&length) => {
            return Err(lost("length fits no message"));
        }
        Ok((length, Some(body))) => (length, body),
        Ok((length, None)) => return Ok(Next::Partial(length - ahead.left())),
        Err(Truncated { missing, .. }) => return Ok(Next::Partial(missing)),
    };
    let (Ok(command), Ok(error)) = (body.u32_be(), body.u32_be()) else {
        return Ok(Next::Partial(length));
    };
    *reader = ahead;
    Ok(Next::Packet(Packet { command, error, body }))
}

/// The length, and what it counts, when all of that is there.
fn sized<'a>(reader: &mut Reader<'a>) -> Result<(usize, Option<Reader<'a>>), Truncated> {
    reader.skip(MAGIC.len())?;
    let length = usize::try_from(reader.u32_be()?).unwrap_or(usize::MAX);
    Ok((length, reader.sub(length).ok()))
}

/// A FINS head (W342, section 5-1): who asks whom.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    answers: bool,
    /// The node that is asked, and that answers.
    unit: u32,
    service: u8,
    command: Command,
    body: Reader<'a>,
}

fn frame(mut reader: Reader<'_>) -> Result<Frame<'_>, Truncated> {
    let [information, _, _, dna, da1, da2, sna, sa1, sa2, service] = reader.array()?;
    let command = Command(reader.u16_be()?);
    let answers = information & 0x40 != 0;
    let [network, node, unit] = if answers { [sna, sa1, sa2] } else { [dna, da1, da2] };
    Ok(Frame {
        answers,
        unit: u32::from_be_bytes([0, network, node, unit]),
        service,
        command,
        body: reader,
    })
}

/// On TCP its letters are enough. In a datagram, certain when the head is one that clients send and a known command's
/// fields fill it.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    match context.carrier {
        Carrier::Tcp => match next(&mut Reader::new(bytes)) {
            Err(_) => Probe::No,
            Ok(Next::Partial(_)) => Probe::Unsure,
            Ok(Next::Packet(_)) => Probe::Certain,
        },
        Carrier::Udp | Carrier::Ethernet(_) => {
            let [0x80 | 0x81 | 0xc0 | 0xc1, 0, 0..=7, 0..=127, _, _, 0..=127, ..] = *bytes else {
                return Probe::No;
            };
            match frame(Reader::new(bytes)) {
                Ok(frame) if frame.command.is_known() && is_filled(&frame) => Probe::Certain,
                Ok(_) => Probe::Unsure,
                Err(_) => Probe::No,
            }
        }
    }
}

/// Whether a request that addresses memory is filled by its fields.
fn is_filled(frame: &Frame<'_>) -> bool {
    let mut body = Body::default();
    let mut reader = frame.body;
    let read = request(frame.command, &mut reader, &mut body);
    !frame.answers && !body.objects.is_empty() && read.is_ok() && reader.is_empty() && body.fault.is_none()
}

/// What a message says.
#[derive(Debug, Default)]
struct Body<'a> {
    objects: SmallVec<[Object<'a>; 2]>,
    facts: SmallVec<[(IdentityField, &'a [u8]); 2]>,
    fault: Option<Fault>,
}

impl<'a> Body<'a> {
    fn fault(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    fn object(&mut self, address: Option<Address<'static>>, value: Option<&'a [u8]>) {
        match address {
            None => self.fault(Fault::UnknownArea),
            Some(_) if self.objects.len() == MAX_OBJECTS => self.fault(Fault::TooManyObjects),
            Some(address) => self.objects.push(Object { address, value }),
        }
    }

    fn fact(&mut self, field: IdentityField, text: &'a [u8]) {
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        let text = text.get(..end).unwrap_or(text).trim_ascii();
        if !text.is_empty() {
            self.facts.push((field, text));
        }
    }
}

/// Where in memory: an area, a word, a bit in it.
#[derive(Clone, Copy, Debug)]
struct Place {
    area: Option<names::Area>,
    word: u16,
    bit: u8,
}

impl Place {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let [code, w0, w1, bit] = reader.array()?;
        Ok(Self {
            area: names::area(code),
            word: u16::from_be_bytes([w0, w1]),
            bit,
        })
    }

    /// So many elements from here.
    fn elements(self, count: u16) -> Option<Address<'static>> {
        let area = self.area?;
        let element = area.bits.max(16);
        Some(Address::Memory {
            area: area.name,
            block: area.bank,
            bit: u32::from(self.word) * element + u32::from(self.bit),
            bits: u32::from(count) * area.bits,
        })
    }
}

/// Reads a request's memory and what is written to it. Other commands' parameters are passed over.
fn request<'a>(command: Command, reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    match command {
        Command::READ => {
            let place = Place::read(reader)?;
            body.object(place.elements(reader.u16_be()?), None);
        }
        Command::WRITE => {
            let place = Place::read(reader)?;
            let count = reader.u16_be()?;
            let value = reader.take(usize::from(count) * place.area.map_or(1, element_bytes))?;
            body.object(place.elements(count), Some(value));
        }
        Command::FILL => {
            let place = Place::read(reader)?;
            let count = reader.u16_be()?;
            body.object(place.elements(count), Some(reader.take(2)?));
        }
        Command::READ_MANY => {
            while !reader.is_empty() {
                let place = Place::read(reader)?;
                body.object(place.elements(1), None);
            }
        }
        Command::TRANSFER => {
            let (from, to) = (Place::read(reader)?, Place::read(reader)?);
            let count = reader.u16_be()?;
            body.object(from.elements(count), None);
            body.object(to.elements(count), None);
        }
        Command(_) => drop(reader.rest()),
    }
    Ok(())
}

/// Bits are sent a byte each.
const fn element_bytes(area: names::Area) -> usize {
    match area.bits {
        1 => 1,
        16 => 2,
        _ => 4,
    }
}

/// A request that waits.
#[derive(Debug)]
struct Asked {
    by: Side,
    unit: u32,
    service: u8,
    command: Command,
    /// Where one place was asked for: it.
    place: Option<Address<'static>>,
}

#[derive(Debug, Default)]
struct Conversation {
    outstanding: VecDeque<Asked>,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        let end = bytes.len();
        if context.carrier != Carrier::Tcp {
            let span = Span { start: 0, end };
            self.frame(context.side, reader, &mut Emit { sink, span });
            return Ok(Progress {
                consumed: end,
                missing: 0,
            });
        }
        loop {
            let start = reader.offset();
            match next(&mut reader)? {
                Next::Packet(packet) => {
                    let end = reader.offset();
                    let emit = &mut Emit {
                        sink,
                        span: Span { start, end },
                    };
                    if packet.command == FRAME && packet.error == 0 {
                        self.frame(context.side, packet.body, emit);
                    } else {
                        emit.transport(context.side, &packet);
                    }
                }
                Next::Partial(missing) => {
                    return Ok(Progress {
                        consumed: start,
                        missing,
                    });
                }
            }
        }
    }

    /// A request or answer that was missed would let later ones pair wrongly.
    fn gap(&mut self, _: Side) {
        self.outstanding.clear();
    }
}

impl Conversation {
    fn frame(&mut self, side: Side, bytes: Reader<'_>, emit: &mut Emit<'_>) {
        let Ok(frame) = frame(bytes) else {
            return emit.fault(Fault::CutShort);
        };
        let mut body = Body::default();
        let mut reader = frame.body;
        let (read, outcome) = if frame.answers {
            let (read, outcome) = self.answer(side, &frame, &mut reader, &mut body);
            (read, Some(outcome))
        } else {
            let read = request(frame.command, &mut reader, &mut body);
            self.ask(side, &frame, &body);
            (read, None)
        };
        if read.is_err() {
            body.fault(Fault::CutShort);
        } else if !reader.is_empty() {
            body.fault(Fault::TrailingBytes);
        }
        if !frame.command.is_known() {
            body.fault(Fault::UnknownCommand);
        }
        emit.frame(&frame, outcome, &body);
    }

    fn ask(&mut self, side: Side, frame: &Frame<'_>, body: &Body<'_>) {
        let Frame { unit, service, .. } = *frame;
        self.outstanding
            .retain(|held| (held.by, held.unit, held.service) != (side, unit, service));
        if self.outstanding.len() == MAX_OUTSTANDING {
            self.outstanding.pop_front();
        }
        let place = match *body.objects.as_slice() {
            [
                Object {
                    address:
                        Address::Memory {
                            area,
                            block,
                            bit,
                            bits,
                        },
                    ..
                },
            ] => Some(Address::Memory {
                area,
                block,
                bit,
                bits,
            }),
            _ => None,
        };
        self.outstanding.push_back(Asked {
            by: side,
            unit,
            service,
            command: frame.command,
            place,
        });
    }

    /// An answer: its end code, then what was read.
    fn answer<'a>(
        &mut self,
        side: Side,
        frame: &Frame<'a>,
        reader: &mut Reader<'a>,
        body: &mut Body<'a>,
    ) -> (Result<(), Truncated>, Outcome) {
        let at = self.outstanding.iter().position(|held| {
            held.by == side.other() && held.unit == frame.unit && held.service == frame.service
        });
        let asked = at.and_then(|at| self.outstanding.remove(at));
        let place = asked
            .filter(|asked| asked.command == frame.command)
            .and_then(|asked| asked.place);
        let outcome = match reader.array::<2>() {
            Err(cut) => return (Err(cut), Outcome::None),
            Ok(end) => end_code(end),
        };
        let content = reader.rest();
        if let Some(address) = place {
            let reads = frame.command == Command::READ && outcome == Outcome::Success;
            body.object(Some(address), reads.then_some(content));
        }
        if frame.command == Command::CONTROLLER_DATA && outcome == Outcome::Success {
            let mut data = Reader::new(content);
            for field in [IdentityField::Product, IdentityField::Firmware] {
                match data.take(MODEL) {
                    Ok(text) => body.fact(field, text),
                    Err(cut) => return (Err(cut), outcome),
                }
            }
        }
        (Ok(()), outcome)
    }
}

/// An end code: its highest bits say that a relay failed, and that the controller has errors of its own.
fn end_code([main, sub]: [u8; 2]) -> Outcome {
    let (main, sub) = (main & 0x7f, sub & 0x3f);
    if main == 0 && sub == 0 {
        return Outcome::Success;
    }
    Outcome::Failure {
        code: u16::from_be_bytes([main, sub]).into(),
        name: names::end_code(main),
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
            protocol: FINS,
            code: fault.code(),
            span: self.span,
        });
    }

    fn frame(&mut self, frame: &Frame<'_>, outcome: Option<Outcome>, body: &Body<'_>) {
        let unit = Some(frame.unit);
        self.sink.message(&Message {
            protocol: FINS,
            role: match outcome {
                Some(_) => Role::Response,
                None => Role::Request,
            },
            function: Function {
                code: frame.command.0.into(),
                name: frame.command.name(),
            },
            operation: frame.command.operation(),
            unit,
            objects: &body.objects,
            outcome: outcome.unwrap_or(Outcome::None),
            transaction: Some(frame.service.into()),
            span: self.span,
        });
        for (field, value) in &body.facts {
            self.sink.identity(&Identity {
                protocol: FINS,
                about: About::Sender,
                unit,
                field: *field,
                value,
            });
        }
        if let Some(fault) = body.fault {
            self.fault(fault);
        }
    }

    fn transport(&mut self, side: Side, packet: &Packet<'_>) {
        let name = names::transport(packet.command);
        self.sink.message(&Message {
            protocol: FINS_TCP,
            role: match side {
                Side::Initiator => Role::Request,
                Side::Responder => Role::Response,
            },
            function: Function {
                code: packet.command,
                name,
            },
            operation: OperationClass::Session,
            unit: None,
            objects: &[],
            outcome: match (side, packet.error) {
                (_, 1..) => Outcome::Failure {
                    code: packet.error,
                    name: "refused",
                },
                (Side::Initiator, 0) => Outcome::None,
                (Side::Responder, 0) => Outcome::Success,
            },
            transaction: None,
            span: self.span,
        });
    }
}
