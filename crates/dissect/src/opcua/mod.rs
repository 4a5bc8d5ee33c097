//! OPC UA, binary, over TCP.
//!
//! Read, by IEC 62541-6 (mappings, edition 3: OPC UA TCP, UA-SC chunks, binary encoding) and IEC 62541-4 (services):
//! Hello, Acknowledge, Error, ReverseHello with their endpoints; the opening of a secure channel with its policy,
//! mode and certificate; every service's request and response by name, with nodes and values of Read, Write and Call,
//! nodes of Browse and monitored items, who asks (application, session, user name) and who answers (application,
//! endpoints with mode and policy). Messages are joined from chunks.
//!
//! The function code is the node id of the request's encoding, for the response too; of messages without a service it
//! is the three letters of their kind (`HEL` is 0x48454c). What a channel encrypts is told as `Encrypted Message`,
//! code `MSG`, by direction and size alone: whatever it asks for is not known. Signed messages are read. Port 4840 is
//! the usual one; content is known on any.
//!
//! Bounds: [`MAX_CHUNK`] bytes of a chunk, [`state::MAX_MESSAGE`] of a message, [`state::MAX_NODES`] nodes and
//! [`MAX_TOLD`] other names of one message, [`state::MAX_OUTSTANDING`] requests that wait, [`binary::MAX_NODE`] bytes
//! of a node's text.
//!
//! Skipped: contents of subscriptions' notifications, of history and of node management; HTTPS and JSON; UDP PubSub.
//! Passwords and nonces are never handed on.

mod binary;
mod names;
mod requests;
mod responses;
mod samples;
mod session;
mod state;
#[cfg(test)]
mod tests;

use crate::message::{About, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome};
use crate::message::{Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;
use names::Service;
use session::Extent;
use state::{Assembly, Nodes, Outstanding};

/// The most bytes of a chunk that are waited for; a longer one is passed over and said.
pub(crate) const MAX_CHUNK: usize = 64 * 1024;
/// The most endpoints and other names that one message tells; further ones are dropped.
pub(crate) const MAX_TOLD: usize = 16;
/// A chunk's header: three letters, whether it is the last, its length.
const HEADER: usize = 8;

const OPCUA: Protocol = Protocol("opcua");

/// OPC UA in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: OPCUA,
    title: "OPC UA (binary)",
    specification: "IEC 62541-4:2020, IEC 62541-6:2020",
    tcp_ports: &[4840],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open,
    inner: &[],
    samples: samples::SAMPLES,
};

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    ChunkTooLong,
    MessageTooLong,
    MalformedHeader,
    MalformedMessage,
    TooManyNodes,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::ChunkTooLong => "chunk-too-long",
            Self::MessageTooLong => "message-too-long",
            Self::MalformedHeader => "malformed-header",
            Self::MalformedMessage => "malformed-message",
            Self::TooManyNodes => "too-many-nodes",
        }
    }
}

/// The kinds of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Hello,
    Acknowledge,
    Error,
    ReverseHello,
    Open,
    Close,
    Message,
}

impl Kind {
    fn of(letters: [u8; 3]) -> Option<Self> {
        Some(match &letters {
            b"HEL" => Self::Hello,
            b"ACK" => Self::Acknowledge,
            b"ERR" => Self::Error,
            b"RHE" => Self::ReverseHello,
            b"OPN" => Self::Open,
            b"CLO" => Self::Close,
            b"MSG" => Self::Message,
            _ => return None,
        })
    }
}

/// What a chunk is in its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Last,
    Intermediate,
    Abort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    kind: Kind,
    letters: [u8; 3],
    part: Part,
    length: usize,
}

fn header(bytes: [u8; HEADER]) -> Option<Header> {
    let [a, b, c, part, l0, l1, l2, l3] = bytes;
    let kind = Kind::of([a, b, c])?;
    let part = match part {
        b'F' => Part::Last,
        b'C' => Part::Intermediate,
        b'A' => Part::Abort,
        _ => return None,
    };
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3]))
        .ok()?
        .checked_sub(HEADER)?;
    Some(Header {
        kind,
        letters: [a, b, c],
        part,
        length,
    })
}

fn probe(_: Context, bytes: &[u8]) -> Probe {
    match bytes.first_chunk::<HEADER>() {
        Some(head) if header(*head).is_some() => Probe::Certain,
        Some(_) => Probe::No,
        None => {
            let begins = |letters: &[u8; 3]| letters.iter().zip(bytes).all(|(letter, byte)| letter == byte);
            if [b"HEL", b"ACK", b"ERR", b"RHE", b"OPN", b"CLO", b"MSG"]
                .into_iter()
                .any(begins)
            {
                Probe::Unsure
            } else {
                Probe::No
            }
        }
    }
}

fn open() -> Box<dyn Session> {
    Box::new(Conversation::default())
}

/// One side's stream.
#[derive(Debug, Default)]
struct Stream {
    assembly: Assembly,
    /// Bytes of a chunk that is too long, still to pass.
    passing: usize,
}

#[derive(Debug, Default)]
struct Conversation {
    initiator: Stream,
    responder: Stream,
    outstanding: Outstanding,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let Self {
            initiator,
            responder,
            outstanding,
        } = self;
        let stream = match context.side {
            Side::Initiator => initiator,
            Side::Responder => responder,
        };
        let mut reader = Reader::new(bytes);
        loop {
            let passed = stream.passing.min(reader.left());
            stream.passing -= passed;
            // INVARIANT: so many bytes are left.
            let _passed = reader.take(passed);
            let start = reader.offset();
            let more = |missing| {
                Ok(Progress {
                    consumed: start,
                    missing,
                })
            };
            let mut ahead = reader;
            let Ok(head) = ahead.array::<HEADER>() else {
                return more(if reader.is_empty() {
                    0
                } else {
                    HEADER - reader.left()
                });
            };
            let Some(header) = header(head) else {
                return Err(Lost {
                    offset: start,
                    reason: "no chunk of a message",
                });
            };
            let emit = &mut Emit {
                sink,
                side: context.side,
                span: Span {
                    start,
                    end: ahead.offset(),
                },
            };
            if header.length > MAX_CHUNK {
                emit.fault(Fault::ChunkTooLong);
                stream.passing = header.length;
                reader = ahead;
                continue;
            }
            let Ok(body) = ahead.sub(header.length) else {
                return more(header.length - ahead.left());
            };
            reader = ahead;
            emit.span.end = reader.offset();
            if session::chunk(header, body, &mut stream.assembly, outstanding, emit).is_err() {
                emit.fault(Fault::MalformedHeader);
            }
        }
    }

    fn gap(&mut self, side: Side) {
        match side {
            Side::Initiator => self.initiator = Stream::default(),
            Side::Responder => self.responder = Stream::default(),
        }
    }
}

/// The sink, who speaks, and where the bytes at hand stand.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    side: Side,
    span: Span,
}

impl Emit<'_> {
    /// The part that a message plays which does not tell itself.
    const fn role(&self) -> Role {
        match self.side {
            Side::Initiator => Role::Request,
            Side::Responder => Role::Response,
        }
    }

    fn plain<'m>(&self, header: Header, name: &'static str, role: Role) -> Message<'m> {
        let [a, b, c] = header.letters;
        Message {
            protocol: OPCUA,
            role,
            function: Function {
                code: u32::from_be_bytes([0, a, b, c]),
                name,
            },
            operation: OperationClass::Session,
            unit: None,
            objects: &[],
            outcome: Outcome::None,
            transaction: None,
            span: self.span,
        }
    }

    fn transport(&mut self, header: Header, name: &'static str, role: Role, objects: &[Object<'_>]) {
        let message = Message {
            objects,
            ..self.plain(header, name, role)
        };
        self.sink.message(&message);
    }

    fn service(&mut self, service: &Service, role: Role, outcome: Outcome, id: u32, objects: &[Object<'_>]) {
        self.sink.message(&Message {
            protocol: OPCUA,
            role,
            function: Function {
                code: service.request,
                name: service.name,
            },
            operation: service.operation,
            unit: None,
            objects,
            outcome,
            transaction: Some(id),
            span: self.span,
        });
    }

    /// Says what went wrong in reading a message.
    fn check(&mut self, read: Result<(), Truncated>, nodes: &Nodes, extent: Extent) {
        match (read, extent) {
            (Err(_), Extent::Whole) => self.fault(Fault::MalformedMessage),
            (_, Extent::Start) => self.fault(Fault::MessageTooLong),
            (Ok(()), Extent::Whole) => {}
        }
        if nodes.dropped > 0 {
            self.fault(Fault::TooManyNodes);
        }
    }

    fn identity(&mut self, about: About, field: IdentityField, value: &[u8]) {
        if !value.is_empty() {
            self.sink.identity(&Identity {
                protocol: OPCUA,
                about,
                unit: None,
                field,
                value,
            });
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: OPCUA,
            code: fault.code(),
            span: self.span,
        });
    }
}
