//! IEC 60870-5-104: telecontrol of substations, pipelines and waterworks over TCP port 2404.
//!
//! Reads: IEC 60870-5-104:2006 (frames, clause 5) with the units of IEC 60870-5-101:2003 (clause 7): every type, the
//! cause of transmission, the common address as unit, information objects as points with their values, single or in
//! sequence; commands with selection, interrogation, clock, parameters, file transfer; security extensions of
//! IEC 60870-5-7:2013 by name.
//!
//! Frames that carry no unit (start, stop, test, acknowledgements) are told as protocol `iec104-apci`; their code is the
//! first control byte. Of a unit the code is its type; its first object is the cause of transmission, and a command's
//! second one its phase: select or execute. A cause says by itself who answers whom, so nothing has to be remembered for
//! it: activations are requests, confirmations and terminations answer them by type and address.
//!
//! Bounds: [`MAX_LENGTH`] bytes after a frame's length; a unit of so many numbers no more than 127 objects, so each is
//! told. A send number of each side is all that a conversation keeps.
//!
//! Skipped: contents of file segments, the inside of security units, links that were set up with addresses or causes of
//! other sizes than clause 7 of the companion standard has, TLS (encrypted; port 19998).

mod asdu;
mod names;
mod samples;
#[cfg(test)]
mod tests;

use crate::message::{Anomaly, Function, Message, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use asdu::Unit;
use cofferdam_terms::OperationClass;

/// The byte that starts a frame.
const START: u8 = 0x68;
/// The least that a frame's length may say: the control field.
const MIN_LENGTH: u8 = 4;
/// The most (IEC 60870-5-104, 5.1).
const MAX_LENGTH: u8 = 253;
/// Send sequence numbers have 15 bits.
const SEQUENCE_MASK: u16 = 0x7fff;

const IEC104: Protocol = Protocol("iec104");
const APCI: Protocol = Protocol("iec104-apci");

/// IEC 60870-5-104 in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: IEC104,
    title: "IEC 60870-5-104",
    specification: "IEC 60870-5-104:2006, IEC 60870-5-101:2003",
    tcp_ports: &[2404],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[APCI],
    samples: samples::SAMPLES,
};

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Bytes between frames that belong to none.
    StrayBytes,
    /// A control field that the standard doesn't have.
    ControlField,
    /// A frame with number where none may be, or bytes after a control field that ends the frame.
    TrailingBytes,
    /// A field runs over the end of the unit.
    CutShort,
    /// A type that no table knows.
    UnknownType,
    /// A cause of transmission that no table knows.
    UnknownCause,
    /// The unit says that it has no objects.
    NoObjects,
    /// The common address is 0, which no station has.
    CommonAddress,
    /// A frame's send number doesn't follow on the last one's.
    SendSequence,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::StrayBytes => "stray-bytes",
            Self::ControlField => "control-field",
            Self::TrailingBytes => "trailing-bytes",
            Self::CutShort => "cut-short",
            Self::UnknownType => "unknown-type",
            Self::UnknownCause => "unknown-cause",
            Self::NoObjects => "no-objects",
            Self::CommonAddress => "common-address",
            Self::SendSequence => "send-sequence",
        }
    }
}

/// What a control field says (5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    /// Carries a unit, with its send number.
    Information { send: u16 },
    /// Acknowledges.
    Supervisory,
    /// Starts, stops or tests.
    Unnumbered { role: Role, name: &'static str },
}

fn control([c1, c2, c3, c4]: [u8; 4]) -> Option<Control> {
    let receive_is_even = c3 & 1 == 0;
    match (c1 & 0b11, c1) {
        (0b00 | 0b10, _) if receive_is_even => Some(Control::Information {
            send: u16::from_le_bytes([c1, c2]) >> 1,
        }),
        (0b01, 0x01) if c2 == 0 && receive_is_even => Some(Control::Supervisory),
        (0b11, _) if [c2, c3, c4] == [0; 3] => {
            let (role, name) = match c1 {
                0x07 => (Role::Request, "STARTDT act"),
                0x0b => (Role::Response, "STARTDT con"),
                0x13 => (Role::Request, "STOPDT act"),
                0x23 => (Role::Response, "STOPDT con"),
                0x43 => (Role::Request, "TESTFR act"),
                0x83 => (Role::Response, "TESTFR con"),
                _ => return None,
            };
            Some(Control::Unnumbered { role, name })
        }
        _ => None,
    }
}

/// One frame: its control field and what follows it.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    control: [u8; 4],
    unit: Reader<'a>,
}

enum Next<'a> {
    Frame(Frame<'a>),
    /// So many bytes more are needed; none between frames.
    Partial(usize),
    /// No frame starts here, and why.
    Astray(&'static str),
}

fn next<'a>(reader: &mut Reader<'a>) -> Next<'a> {
    let mut ahead = *reader;
    match frame(&mut ahead) {
        _ if reader.is_empty() => Next::Partial(0),
        Ok(Ok(frame)) => {
            *reader = ahead;
            Next::Frame(frame)
        }
        Ok(Err(reason)) => Next::Astray(reason),
        Err(Truncated { missing, .. }) => Next::Partial(missing),
    }
}

fn frame<'a>(reader: &mut Reader<'a>) -> Result<Result<Frame<'a>, &'static str>, Truncated> {
    if reader.u8()? != START {
        return Ok(Err("no frame starts with another byte than 0x68"));
    }
    let length = reader.u8()?;
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        return Ok(Err("length fits no frame"));
    }
    let mut body = reader.sub(length.into())?;
    let control = body.array()?;
    Ok(Ok(Frame { control, unit: body }))
}

/// How many bytes stand before the next place where a whole frame's head can be read.
fn find_frame(bytes: &[u8]) -> Option<usize> {
    bytes.windows(6).position(|window| match *window {
        [START, MIN_LENGTH..=MAX_LENGTH, c1, c2, c3, c4] => control([c1, c2, c3, c4]).is_some(),
        _ => false,
    })
}

/// Certain when the first frame is whole and says nothing that the standards don't have, and is sent by the side that
/// sends such frames: only controlled stations send monitoring types, and they never open the connection.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    let frame = match next(&mut Reader::new(bytes)) {
        Next::Astray(_) => return Probe::No,
        Next::Partial(_) => return Probe::Unsure,
        Next::Frame(frame) => frame,
    };
    match control(frame.control) {
        None => Probe::No,
        Some(Control::Supervisory | Control::Unnumbered { .. }) if !frame.unit.is_empty() => Probe::No,
        Some(Control::Supervisory) => Probe::Unsure,
        Some(Control::Unnumbered { .. }) => Probe::Certain,
        Some(Control::Information { .. }) => match Unit::read(frame.unit) {
            Some(unit) if unit.fault.is_none() && unit.may_be_sent_by(context.side) => Probe::Certain,
            Some(_) | None => Probe::Unsure,
        },
    }
}

/// The send number that comes next from each side, once one was seen.
#[derive(Debug, Default)]
struct Conversation {
    initiator: Option<u16>,
    responder: Option<u16>,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.offset();
            match next(&mut reader) {
                Next::Frame(frame) => {
                    let end = reader.offset();
                    let span = Span { start, end };
                    self.frame(context.side, &frame, &mut Emit { sink, span });
                }
                // Nothing but a stream carries this protocol, so nothing is cut short.
                Next::Partial(missing) => return Ok(context.partial(bytes, start, missing).0),
                Next::Astray(reason) => {
                    let lost = Lost {
                        offset: start,
                        reason,
                    };
                    let skipped = find_frame(reader.peek()).ok_or(lost)?;
                    let end = start + skipped;
                    let span = Span { start, end };
                    Emit { sink, span }.fault(Fault::StrayBytes);
                    // The frame was found in what is left, so there are so many bytes.
                    let _found = reader.skip(skipped);
                }
            }
        }
    }

    /// Frames are missing, and their numbers with them.
    fn gap(&mut self, side: Side) {
        *self.expected(side) = None;
    }
}

impl Conversation {
    const fn expected(&mut self, side: Side) -> &mut Option<u16> {
        match side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        }
    }

    fn frame(&mut self, side: Side, frame: &Frame<'_>, emit: &mut Emit<'_>) {
        let [code, ..] = frame.control;
        match control(frame.control) {
            None => emit.fault(Fault::ControlField),
            Some(Control::Information { send }) => {
                let next = (send + 1) & SEQUENCE_MASK;
                let expected = self.expected(side).replace(next);
                emit.unit(side, frame.unit);
                if expected.is_some_and(|expected| expected != send) {
                    emit.fault(Fault::SendSequence);
                }
            }
            Some(Control::Supervisory) => emit.apci(code, Role::Response, "Supervisory", frame),
            Some(Control::Unnumbered { role, name }) => emit.apci(code, role, name, frame),
        }
    }
}

/// The sink, and where the frame at hand stands.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: IEC104,
            code: fault.code(),
            span: self.span,
        });
    }

    fn apci(&mut self, code: u8, role: Role, name: &'static str, frame: &Frame<'_>) {
        self.sink.message(&Message {
            protocol: APCI,
            role,
            function: Function {
                code: code.into(),
                name,
            },
            operation: OperationClass::Session,
            unit: None,
            objects: &[],
            outcome: Outcome::None,
            transaction: None,
            span: self.span,
        });
        if !frame.unit.is_empty() {
            self.fault(Fault::TrailingBytes);
        }
    }

    fn unit(&mut self, side: Side, bytes: Reader<'_>) {
        let Some(unit) = Unit::read(bytes) else {
            return self.fault(Fault::CutShort);
        };
        self.sink.message(&Message {
            protocol: IEC104,
            role: unit.role(side),
            function: Function {
                code: unit.kind.0.into(),
                name: unit.kind.name(),
            },
            operation: unit.operation(),
            unit: unit.station(),
            objects: &unit.objects,
            outcome: unit.outcome(side),
            transaction: None,
            span: self.span,
        });
        if let Some(fault) = unit.fault {
            self.fault(fault);
        }
    }
}
