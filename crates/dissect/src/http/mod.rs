//! HTTP/1: what is asked of whom, and which software asks and answers.
//!
//! Read, by RFC 9110 and RFC 9112: request and status lines, `Host`, `Server`, `User-Agent`, the user's name in Basic
//! credentials, and lengths, so that bodies pass unread and the next message is found. TCP ports 80, 8000, 8080 and
//! 5985 hint at it; a first line is known on any. The function code is the method's place in a list, from 1 (`GET`),
//! 0 when it is in none; an answer has its request's. What only asks is reading, what sends or deletes is writing.
//! Software is told once a side.
//!
//! Bounds: [`MAX_HEAD`] bytes of a head, [`head::MAX_FIELDS`] fields of one, [`MAX_OUTSTANDING`] requests that wait.
//!
//! Skipped: bodies, cookies, other credentials, HTTP/2 and HTTP/3, what follows a `CONNECT` or an upgrade. Passwords
//! are never handed on.

mod head;
mod samples;
mod stream;
#[cfg(test)]
mod tests;

use crate::message::{About, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome};
use crate::message::{Role, Span};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;
use std::collections::VecDeque;
use stream::{Place, Step, Stream};

/// The most bytes of a head that are waited for.
pub(crate) const MAX_HEAD: usize = 16 * 1024;
/// The most requests that wait for their answers; of further ones the answers are told without their method.
pub(crate) const MAX_OUTSTANDING: usize = 32;
/// The most bytes of the line before a chunk.
const MAX_CHUNK_LINE: usize = 256;

const HTTP: Protocol = Protocol("http");

/// HTTP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: HTTP,
    title: "HTTP/1",
    specification: "RFC 9110, RFC 9112 (2022)",
    tcp_ports: &[80, 8000, 8080, 5985],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: samples::SAMPLES,
};

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    AmbiguousLength,
    MalformedChunk,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::AmbiguousLength => "ambiguous-length",
            Self::MalformedChunk => "malformed-chunk",
        }
    }
}

/// A first line of HTTP, whole; or the start of one.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(_) if head::head(bytes.get(..bytes.len().min(MAX_HEAD)).unwrap_or(bytes)).is_some() => {
            Probe::Certain
        }
        Some(_) => Probe::No,
        None => {
            let begins = |start: &[u8]| start.starts_with(bytes) || bytes.starts_with(start);
            let known = head::METHODS
                .iter()
                .any(|method| begins(method.as_bytes()) && !bytes.is_empty());
            if known || begins(b"HTTP/1.") {
                Probe::Unsure
            } else {
                Probe::No
            }
        }
    }
}

#[derive(Debug, Default)]
struct Conversation {
    initiator: Stream,
    responder: Stream,
    /// Codes of the methods of requests that wait, oldest first.
    asked: VecDeque<u8>,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let Self {
            initiator,
            responder,
            asked,
        } = self;
        let stream = match context.side {
            Side::Initiator => initiator,
            Side::Responder => responder,
        };
        let mut start = 0;
        while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
            let mut emit = Emit {
                sink,
                span: Span {
                    start,
                    end: bytes.len(),
                },
            };
            match stream.step(rest, asked, &mut emit) {
                Step::Done(length) => start += length,
                Step::More => {
                    return Ok(Progress {
                        consumed: start,
                        missing: 1,
                    });
                }
                Step::Lost(reason) => {
                    stream.place = Place::Head;
                    return Err(Lost {
                        offset: start,
                        reason,
                    });
                }
            }
        }
        Ok(Progress {
            consumed: bytes.len(),
            missing: 0,
        })
    }

    fn gap(&mut self, side: Side) {
        let stream = match side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        };
        stream.place = Place::Head;
        self.asked.clear();
    }
}

/// A method's code: its place in the list from 1, 0 when it is in none.
fn code(method: &[u8]) -> u8 {
    let place = head::METHODS.iter().position(|known| known.as_bytes() == method);
    place.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or(0)
}

fn method(code: u8) -> Option<&'static str> {
    usize::from(code)
        .checked_sub(1)
        .and_then(|place| head::METHODS.get(place))
        .copied()
}

fn operation(code: u8) -> OperationClass {
    match method(code) {
        Some("GET" | "HEAD" | "OPTIONS" | "TRACE" | "PROPFIND" | "REPORT") => OperationClass::Read,
        Some("CONNECT") => OperationClass::Session,
        // A method in no list may change things, as far as anyone can tell.
        Some(_) | None => OperationClass::Write,
    }
}

fn outcome(status: u16) -> Outcome {
    let name = match status {
        100..=399 => return Outcome::Success,
        400 => "bad request",
        401 => "unauthorised",
        403 => "forbidden",
        404 => "not found",
        405 => "method not allowed",
        407 => "proxy authentication required",
        408 => "request timeout",
        409 => "conflict",
        413 => "content too large",
        415 => "unsupported media type",
        429 => "too many requests",
        500 => "internal server error",
        501 => "not implemented",
        502 => "bad gateway",
        503 => "service unavailable",
        504 => "gateway timeout",
        _ => "unknown",
    };
    Outcome::Failure {
        code: u32::from(status),
        name,
    }
}

/// The sink, and where the bytes at hand stand.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn message(&mut self, role: Role, code: u8, outcome: Outcome, objects: &[Object<'_>]) {
        let operation = match role {
            // An answer whose request was not seen says nothing of what was asked.
            Role::Response | Role::Unsolicited if code == 0 => OperationClass::Read,
            Role::Request | Role::Response | Role::Unsolicited => operation(code),
        };
        self.sink.message(&Message {
            protocol: HTTP,
            role,
            function: Function {
                code: u32::from(code),
                name: method(code).unwrap_or("other method"),
            },
            operation,
            unit: None,
            objects,
            outcome,
            transaction: None,
            span: self.span,
        });
    }

    fn identity(&mut self, field: IdentityField, value: &[u8]) {
        if !value.is_empty() {
            self.sink.identity(&Identity {
                protocol: HTTP,
                about: About::Sender,
                unit: None,
                field,
                value,
            });
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: HTTP,
            code: fault.code(),
            span: self.span,
        });
    }
}
