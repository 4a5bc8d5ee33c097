//! DNP3 over TCP and UDP: link frames, transport segments, application fragments.
//!
//! Reads: IEEE Std 1815-2012: the link layer with every CRC checked, transport reassembly by pair of stations, every
//! application function, internal indications, object headers with their points and values by Annex A; device
//! attributes as identity, file names, statuses of controls and files; secure authentication (clause 7) by name. Ports
//! 20000 of TCP and UDP.
//!
//! Link exchanges that carry no user data are told as protocol `dnp3-link`; the code is the control byte's function with
//! bit 0x40 set in frames from the primary station. The unit is the outstation's address, and none when a master speaks
//! to all.
//!
//! Bounds: [`transport::MAX_FRAGMENT`] bytes in one application fragment, [`transport::MAX_ASSEMBLIES`] fragments in
//! the making, [`session::MAX_OUTSTANDING`] requests that wait, [`objects::MAX_OBJECTS`] objects of one message.
//!
//! Skipped: contents of files and data sets, the inside of authentication objects, DNP3 over TLS (encrypted) and on
//! serial lines. A file user's password is never handed on.

mod files;
mod link;
mod names;
mod objects;
mod samples;
mod session;
#[cfg(test)]
mod tests;
mod transport;

use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Outcome, Role, Span,
};
use crate::reader::Reader;
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;
use names::FunctionCode;
use objects::Told;
use session::{Exchange, Outstanding};
use transport::{Assemblies, Joined, Path};

const DNP3: Protocol = Protocol("dnp3");
const LINK: Protocol = Protocol("dnp3-link");

/// DNP3 in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: DNP3,
    title: "DNP3",
    specification: "IEEE Std 1815-2012",
    tcp_ports: &[20000],
    udp_ports: &[20000],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[LINK],
    samples: samples::SAMPLES,
};

/// The first of the three addresses that mean every outstation (IEEE 1815-2012, 9.2.5.2).
const FIRST_BROADCAST: u16 = 0xfffd;

/// The outstation as the unit of a message.
fn unit(outstation: u16) -> Option<u32> {
    (outstation < FIRST_BROADCAST).then_some(outstation.into())
}

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A data block's CRC is wrong; the frame is passed over.
    BadCrc,
    /// User data in a frame whose link function carries none: it is passed over.
    UnexpectedData,
    /// Bytes between frames that belong to none.
    StrayBytes,
    /// A datagram ends inside a frame.
    DatagramCutShort,
    /// A data frame without transport header.
    NoTransportHeader,
    /// A transport segment continues nothing that was begun.
    SegmentOutOfOrder,
    /// A fragment is longer than is put together.
    FragmentTooLong,
    /// A fragment without function code or internal indications.
    FragmentCutShort,
    /// A qualifier that the standard doesn't have.
    Qualifier,
    /// A range that ends before it starts.
    RangeReversed,
    /// An object whose size is not known: what follows can't be read.
    UnknownObject,
    /// An object runs over the end of its fragment.
    ObjectCutShort,
    /// The message names more objects than are told.
    TooManyObjects,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::BadCrc => "bad-crc",
            Self::UnexpectedData => "unexpected-data",
            Self::StrayBytes => "stray-bytes",
            Self::DatagramCutShort => "datagram-cut-short",
            Self::NoTransportHeader => "no-transport-header",
            Self::SegmentOutOfOrder => "segment-out-of-order",
            Self::FragmentTooLong => "fragment-too-long",
            Self::FragmentCutShort => "fragment-cut-short",
            Self::Qualifier => "qualifier",
            Self::RangeReversed => "range-reversed",
            Self::UnknownObject => "unknown-object",
            Self::ObjectCutShort => "object-cut-short",
            Self::TooManyObjects => "too-many-objects",
        }
    }
}

/// A sound frame header is ten bytes with a CRC of sixteen bits: enough on any port.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match link::next(&mut Reader::new(bytes)) {
        link::Next::Frame(_) => Probe::Certain,
        link::Next::Partial(_) if link::is_header(bytes) => Probe::Certain,
        link::Next::Partial(_) => Probe::Unsure,
        link::Next::Astray(_) => Probe::No,
    }
}

#[derive(Debug, Default)]
struct Conversation {
    assemblies: Assemblies,
    outstanding: Outstanding,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.offset();
            match link::next(&mut reader) {
                link::Next::Frame(frame) => {
                    let end = reader.offset();
                    let emit = &mut Emit {
                        sink,
                        span: Span { start, end },
                    };
                    self.frame(context.side, &frame, emit);
                }
                link::Next::Partial(missing) => {
                    let (progress, cut) = context.partial(bytes, start, missing);
                    if let Some(span) = cut {
                        Emit { sink, span }.fault(Fault::DatagramCutShort);
                    }
                    return Ok(progress);
                }
                link::Next::Astray(reason) => {
                    let Some(skipped) = link::find_header(reader.peek()) else {
                        return Err(Lost {
                            offset: start,
                            reason,
                        });
                    };
                    let end = start + skipped;
                    let span = Span { start, end };
                    Emit { sink, span }.fault(Fault::StrayBytes);
                    // The header was found in what is left, so there are so many bytes.
                    let _found = reader.skip(skipped);
                }
            }
        }
    }

    fn gap(&mut self, side: Side) {
        self.assemblies.drop_begun(side);
        self.outstanding.clear();
    }
}

impl Conversation {
    fn frame(&mut self, side: Side, frame: &link::Frame<'_>, emit: &mut Emit<'_>) {
        if !frame.control.carries_data() {
            emit.link(frame);
            if frame.has_data() {
                emit.fault(Fault::UnexpectedData);
            }
            return;
        }
        let Ok(user_data) = frame.user_data() else {
            return emit.fault(Fault::BadCrc);
        };
        let path = Path {
            side,
            source: frame.source,
            destination: frame.destination,
        };
        match self.assemblies.join(path, user_data.bytes()) {
            Joined::Single(fragment) => self.fragment(path, fragment, emit),
            Joined::Whole(fragment) => self.fragment(path, &fragment, emit),
            Joined::More => {}
            Joined::Dropped(fault) => emit.fault(fault),
        }
    }

    /// An application fragment (IEEE 1815-2012, 4.2.2): control, function, indications in responses, objects.
    fn fragment(&mut self, path: Path, fragment: &[u8], emit: &mut Emit<'_>) {
        let mut reader = Reader::new(fragment);
        let Ok([control, function]) = reader.array() else {
            return emit.fault(Fault::FragmentCutShort);
        };
        let function = FunctionCode(function);
        let sequence = control & 0x0f;
        if function.is_response() {
            self.response(path, function, sequence, reader, emit);
        } else {
            self.request(path, function, sequence, reader, emit);
        }
    }

    fn request(
        &mut self,
        path: Path,
        function: FunctionCode,
        sequence: u8,
        mut reader: Reader<'_>,
        emit: &mut Emit<'_>,
    ) {
        let mut told = Told::default();
        objects::walk(function, &mut reader, &mut told);
        let operation = function.operation(told.first_group);
        let exchange = Exchange {
            outstation: path.destination,
            master: path.source,
            sequence,
        };
        self.outstanding.push(exchange, function, operation);
        let head = Head {
            role: Role::Request,
            function,
            operation,
            outcome: Outcome::None,
            exchange,
        };
        emit.application(&head, &told);
    }

    fn response(
        &mut self,
        path: Path,
        function: FunctionCode,
        sequence: u8,
        mut reader: Reader<'_>,
        emit: &mut Emit<'_>,
    ) {
        let mut told = Told::default();
        let indications = reader.u16_be();
        match indications {
            Ok(indications) => conditions(indications, &mut told),
            Err(_) => told.fault(Fault::FragmentCutShort),
        }
        objects::walk(function, &mut reader, &mut told);
        let exchange = Exchange {
            outstation: path.source,
            master: path.destination,
            sequence,
        };
        let (role, operation) = match function {
            FunctionCode::UNSOLICITED_RESPONSE => (Role::Unsolicited, function.operation(told.first_group)),
            FunctionCode::AUTHENTICATION_RESPONSE => (Role::Response, OperationClass::Session),
            FunctionCode(_) => {
                let asked = self.outstanding.answered(exchange);
                (Role::Response, asked.unwrap_or(function.operation(None)))
            }
        };
        let head = Head {
            role,
            function,
            operation,
            outcome: outcome(indications.unwrap_or_default(), &told),
            exchange,
        };
        emit.application(&head, &told);
    }
}

/// The device's condition, as objects of the response.
fn conditions(indications: u16, told: &mut Told<'_>) {
    for (bit, name) in names::CONDITIONS {
        if indications & bit != 0 {
            told.object(
                Address::Name {
                    kind: "indication",
                    name,
                },
                None,
            );
        }
    }
}

/// A control's or file's status says more than the indications; those say the rest.
fn outcome(indications: u16, told: &Told<'_>) -> Outcome {
    if let Some((status, name)) = told.failure {
        return Outcome::Failure {
            code: status.into(),
            name,
        };
    }
    names::REFUSALS
        .into_iter()
        .find(|(bit, _)| indications & bit != 0)
        .map_or(Outcome::Success, |(bit, name)| Outcome::Failure {
            code: bit.into(),
            name,
        })
}

/// What an application message is, beside its objects.
struct Head {
    role: Role,
    function: FunctionCode,
    operation: OperationClass,
    outcome: Outcome,
    exchange: Exchange,
}

/// The sink, and where the frame at hand stands. A fragment of several frames stands where its last one does.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: DNP3,
            code: fault.code(),
            span: self.span,
        });
    }

    fn application(&mut self, head: &Head, told: &Told<'_>) {
        let outstation = unit(head.exchange.outstation);
        self.sink.message(&Message {
            protocol: DNP3,
            role: head.role,
            function: Function {
                code: head.function.0.into(),
                name: head.function.name(),
            },
            operation: head.operation,
            unit: outstation,
            objects: &told.objects,
            outcome: head.outcome,
            transaction: Some(head.exchange.sequence.into()),
            span: self.span,
        });
        for (field, value) in &told.facts {
            // A file's user is one of the master, not of the outstation.
            let unit = outstation.filter(|_| *field != IdentityField::User);
            self.sink.identity(&Identity {
                protocol: DNP3,
                about: About::Sender,
                unit,
                field: *field,
                value,
            });
        }
        if let Some(fault) = told.fault {
            self.fault(fault);
        }
    }

    fn link(&mut self, frame: &link::Frame<'_>) {
        let outstation = if frame.control.by_master() {
            frame.destination
        } else {
            frame.source
        };
        self.sink.message(&Message {
            protocol: LINK,
            role: if frame.control.primary() {
                Role::Request
            } else {
                Role::Response
            },
            function: Function {
                code: frame.control.code().into(),
                name: frame.control.name(),
            },
            operation: OperationClass::Session,
            unit: unit(outstation),
            objects: &[],
            outcome: Outcome::None,
            transaction: None,
            span: self.span,
        });
    }
}
