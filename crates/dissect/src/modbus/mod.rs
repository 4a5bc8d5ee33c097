//! Modbus/TCP, with the engineering protocol UMAS inside it.
//!
//! Reads: the MODBUS Application Protocol Specification V1.1b3 (2012) and the MODBUS Messaging on TCP/IP
//! Implementation Guide V1.0b (2006): every public function with its objects and values, exceptions, device
//! identification and server id as identity facts, diagnostics by sub-function. Function 0x5a is told as protocol
//! `umas`. TCP and UDP port 502.
//!
//! Bounds: [`MAX_LENGTH`] bytes in one message, [`session::MAX_OUTSTANDING`] requests that wait for their responses,
//! [`pdu::MAX_OBJECTS`] objects of one message.
//!
//! Skipped: what CANopen's general reference (MEI 13) carries, and the data of file reads, since the answer doesn't
//! say whose they are; functions of Modicon's older controllers are named, their data isn't read. Modbus RTU and ASCII
//! inside TCP are other protocols.

mod names;
mod pdu;
mod samples;
mod session;
#[cfg(test)]
mod tests;
mod umas;

use crate::message::{About, Anomaly, Identity, IdentityField, Message, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use names::FunctionCode;
use pdu::{Body, Told};
use session::Outstanding;

/// The most that the header's length may say. The specification's limit is 254; UMAS sends up to about 1,030.
const MAX_LENGTH: u16 = 2048;
/// The specification's limit: a unit and a PDU of 253 bytes.
const SPECIFIED_LENGTH: u16 = 254;
/// The bit that marks an exception.
const EXCEPTION: u8 = 0x80;

const MODBUS: Protocol = Protocol("modbus");
const UMAS: Protocol = Protocol("umas");

/// Modbus in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: MODBUS,
    title: "Modbus/TCP",
    specification: "MODBUS Application Protocol Specification V1.1b3 (2012)",
    tcp_ports: &[502],
    udp_ports: &[502],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[UMAS],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A field runs over the end of the message.
    CutShort,
    /// Bytes are left after the last field.
    TrailingBytes,
    /// The message is longer than the specification allows.
    TooLong,
    /// A datagram ends before its message does, or goes on after it.
    DatagramLength,
    /// A quantity is zero, above the function's limit, or runs over the end of the address space.
    QuantityOutOfRange,
    /// A byte count doesn't fit its quantity.
    ByteCountMismatch,
    /// A coil's value is neither on nor off.
    CoilValue,
    /// A file sub-request's reference type is not 6.
    FileReference,
    /// The message addresses more objects than are told.
    TooManyObjects,
    /// A UMAS answer's status is neither success nor failure.
    UmasStatus,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::TrailingBytes => "trailing-bytes",
            Self::TooLong => "too-long",
            Self::DatagramLength => "datagram-length",
            Self::QuantityOutOfRange => "quantity-out-of-range",
            Self::ByteCountMismatch => "byte-count-mismatch",
            Self::CoilValue => "coil-value",
            Self::FileReference => "file-reference",
            Self::TooManyObjects => "too-many-objects",
            Self::UmasStatus => "umas-status",
        }
    }
}

/// One message: the header's fields and what follows the unit.
#[derive(Clone, Copy, Debug)]
struct Adu<'a> {
    transaction: u16,
    length: u16,
    unit: u8,
    pdu: Reader<'a>,
    span: Span,
}

/// What stands next in a stream.
enum Next<'a> {
    Whole(Adu<'a>),
    /// More bytes are needed; none, if the stream is between messages.
    Partial(usize),
}

/// Reads the header (Implementation Guide 3.1.3): transaction, protocol id 0, length, unit.
fn next<'a>(reader: &mut Reader<'a>) -> Result<Next<'a>, Lost> {
    let start = reader.offset();
    if reader.is_empty() {
        return Ok(Next::Partial(0));
    }
    let mut ahead = *reader;
    let header = ahead.array::<6>();
    let [t0, t1, p0, p1, l0, l1] = match header {
        Ok(header) => header,
        Err(Truncated { missing, .. }) => return Ok(Next::Partial(missing)),
    };
    if [p0, p1] != [0, 0] {
        return Err(Lost {
            offset: start + 2,
            reason: "protocol id is not 0",
        });
    }
    let length = u16::from_be_bytes([l0, l1]);
    if !(2..=MAX_LENGTH).contains(&length) {
        return Err(Lost {
            offset: start + 4,
            reason: "length fits no message",
        });
    }
    let mut pdu = match ahead.sub(length.into()) {
        Ok(pdu) => pdu,
        Err(Truncated { missing, .. }) => return Ok(Next::Partial(missing)),
    };
    let unit = pdu.u8().unwrap_or_default();
    *reader = ahead;
    Ok(Next::Whole(Adu {
        transaction: u16::from_be_bytes([t0, t1]),
        length,
        unit,
        pdu,
        span: Span {
            start,
            end: reader.offset(),
        },
    }))
}

/// Certain when the first message is whole, its function one whose fields tell its length, they fill it exactly, and
/// what follows can be a message; in a datagram, nothing follows. Other functions are too easily met by chance: zeros and small numbers.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    let mut reader = Reader::new(bytes);
    let adu = match next(&mut reader) {
        Err(_) => return Probe::No,
        Ok(Next::Partial(_)) => return Probe::Unsure,
        Ok(Next::Whole(adu)) => adu,
    };
    match (context.carrier, next(&mut reader)) {
        (Carrier::Tcp, Ok(_)) if is_filled(context.side, adu) => Probe::Certain,
        (Carrier::Udp | Carrier::Ethernet(_), Ok(Next::Partial(0))) if is_filled(context.side, adu) => {
            Probe::Certain
        }
        (_, Ok(_) | Err(_)) => Probe::Unsure,
    }
}

fn is_filled(side: Side, mut adu: Adu<'_>) -> bool {
    let function = FunctionCode(adu.pdu.u8().unwrap_or_default());
    let mut body = Body::new(function);
    let read = match side {
        Side::Initiator => pdu::request(function, &mut adu.pdu, &mut body),
        Side::Responder => pdu::response(function, None, &mut adu.pdu, &mut body),
    };
    function.has_fields() && read.is_ok() && adu.pdu.is_empty() && body.fault.is_none()
}

#[derive(Debug, Default)]
struct Conversation {
    outstanding: Outstanding,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        match context.carrier {
            Carrier::Tcp => loop {
                match next(&mut reader)? {
                    Next::Whole(adu) => self.adu(context.side, adu, sink),
                    Next::Partial(missing) => {
                        let consumed = reader.offset();
                        return Ok(Progress { consumed, missing });
                    }
                }
            },
            Carrier::Udp | Carrier::Ethernet(_) => {
                match next(&mut reader)? {
                    Next::Whole(adu) => self.adu(context.side, adu, sink),
                    Next::Partial(_) => {}
                }
                if !reader.is_empty() {
                    let span = Span {
                        start: reader.offset(),
                        end: bytes.len(),
                    };
                    fault(sink, MODBUS, Fault::DatagramLength, span);
                }
                Ok(Progress {
                    consumed: bytes.len(),
                    missing: 0,
                })
            }
        }
    }

    /// A request or response that was missed would let later ones pair wrongly.
    fn gap(&mut self, _: Side) {
        self.outstanding.clear();
    }
}

impl Conversation {
    fn adu(&mut self, side: Side, mut adu: Adu<'_>, sink: &mut dyn Sink) {
        let Ok(code) = adu.pdu.u8() else {
            return;
        };
        let function = FunctionCode(code & !EXCEPTION);
        let mut body = Body::new(function);
        let (role, outcome) = match side {
            _ if code & EXCEPTION != 0 => (Role::Response, self.exception(function, &mut adu, &mut body)),
            Side::Initiator => {
                self.request(function, &mut adu, &mut body);
                (Role::Request, Outcome::None)
            }
            Side::Responder => (Role::Response, self.response(function, &mut adu, &mut body)),
        };
        if !adu.pdu.is_empty() {
            body.fault(Fault::TrailingBytes);
        }
        if adu.length > SPECIFIED_LENGTH && function != FunctionCode::UMAS {
            body.fault(Fault::TooLong);
        }
        tell(role, outcome, &adu, &body, sink);
    }

    fn request<'a>(&mut self, function: FunctionCode, adu: &mut Adu<'a>, body: &mut Body<'a>) {
        let read = match function {
            FunctionCode::UMAS => umas::request(&mut adu.pdu, body),
            _ => pdu::request(function, &mut adu.pdu, body),
        };
        note_cut(read, adu, body);
        self.outstanding.push(adu.transaction, adu.unit, body.asked);
    }

    fn response<'a>(&mut self, function: FunctionCode, adu: &mut Adu<'a>, body: &mut Body<'a>) -> Outcome {
        let asked = self.outstanding.take(adu.transaction, adu.unit, function);
        let mut outcome = Outcome::Success;
        let read = match function {
            FunctionCode::UMAS => umas::response(asked, &mut adu.pdu, body).map(|status| outcome = status),
            _ => pdu::response(function, asked, &mut adu.pdu, body),
        };
        note_cut(read, adu, body);
        outcome
    }

    /// An exception (Application Protocol 7), with the points that its request asked for.
    fn exception<'a>(&mut self, function: FunctionCode, adu: &mut Adu<'a>, body: &mut Body<'a>) -> Outcome {
        if let Some(asked) = self.outstanding.take(adu.transaction, adu.unit, function) {
            body.told = asked.told();
            body.asked_points(asked);
        }
        let code = adu.pdu.u8();
        note_cut(code.map(drop), adu, body);
        let code = code.unwrap_or_default();
        Outcome::Failure {
            code: code.into(),
            name: names::exception(code),
        }
    }
}

/// What was read of a message that is cut short stands.
fn note_cut(read: Result<(), Truncated>, adu: &mut Adu<'_>, body: &mut Body<'_>) {
    if read.is_err() {
        body.fault(Fault::CutShort);
        adu.pdu.rest();
    }
}

fn tell(role: Role, outcome: Outcome, adu: &Adu<'_>, body: &Body<'_>, sink: &mut dyn Sink) {
    let Told {
        protocol,
        function,
        operation,
    } = body.told;
    let unit = Some(adu.unit.into());
    sink.message(&Message {
        protocol,
        role,
        function,
        operation,
        unit,
        objects: &body.objects,
        outcome,
        transaction: Some(adu.transaction.into()),
        span: adu.span,
    });
    for (field, value) in &body.facts {
        // An engineering station names itself, not a unit behind it.
        let unit = unit.filter(|_| *field != IdentityField::HostName);
        sink.identity(&Identity {
            protocol,
            about: About::Sender,
            unit,
            field: *field,
            value,
        });
    }
    if let Some(what) = body.fault {
        fault(sink, protocol, what, adu.span);
    }
}

fn fault(sink: &mut dyn Sink, protocol: Protocol, fault: Fault, span: Span) {
    sink.anomaly(&Anomaly {
        protocol,
        code: fault.code(),
        span,
    });
}
