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
#[cfg(test)]
mod tests;

use crate::message::{About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome};
use crate::message::{Role, Span};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;
use head::{Ambiguous, Body, First, Head};
use smallvec::SmallVec;
use std::collections::VecDeque;

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

/// Where a side's stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before a head.
    #[default]
    Head,
    /// So many bytes of a body are still to pass.
    Body(u64),
    /// Before the line of a chunk.
    Chunk,
    /// So many bytes of a chunk and its end are still to pass.
    ChunkData(u64),
    /// In the fields behind the last chunk.
    Trailer,
    /// What follows is another protocol, or a body without end.
    Passing,
}

/// Whether software was told of; once is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    Software,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    place: Place,
    told: Told,
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

/// How far one step of a stream got.
enum Step {
    /// So many bytes are done with.
    Done(usize),
    /// The head or line is not whole.
    More,
    Lost(&'static str),
}

impl Stream {
    fn step(&mut self, bytes: &[u8], asked: &mut VecDeque<u8>, emit: &mut Emit<'_>) -> Step {
        let pass = |left: u64| {
            let passed = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            (passed, left - u64::try_from(passed).unwrap_or(left))
        };
        match self.place {
            Place::Passing => Step::Done(bytes.len()),
            Place::Body(left) => {
                let (passed, left) = pass(left);
                self.place = if left == 0 { Place::Head } else { Place::Body(left) };
                Step::Done(passed)
            }
            Place::ChunkData(left) => {
                let (passed, left) = pass(left);
                self.place = if left == 0 {
                    Place::Chunk
                } else {
                    Place::ChunkData(left)
                };
                Step::Done(passed)
            }
            Place::Chunk => self.chunk(bytes, emit),
            Place::Trailer => match line(bytes) {
                Line::Whole(end) => {
                    let empty = bytes
                        .get(..end)
                        .is_some_and(|line| line.trim_ascii_end().is_empty());
                    if empty {
                        self.place = Place::Head;
                    }
                    Step::Done(end)
                }
                Line::More => Step::More,
                Line::TooLong => Step::Lost("a trailer line that is too long"),
            },
            Place::Head => self.head(bytes, asked, emit),
        }
    }

    /// The line before a chunk: its length in hexadecimal, perhaps extensions.
    fn chunk(&mut self, bytes: &[u8], emit: &mut Emit<'_>) -> Step {
        let end = match line(bytes) {
            Line::Whole(end) => end,
            Line::More => return Step::More,
            Line::TooLong => return Step::Lost("a chunk's line that is too long"),
        };
        let text = bytes.get(..end).unwrap_or_default();
        let digits = text
            .split(|byte| *byte == b';')
            .next()
            .unwrap_or_default()
            .trim_ascii();
        let length = std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| u64::from_str_radix(digits, 16).ok());
        match length {
            Some(0) => self.place = Place::Trailer,
            // The chunk, and the line's end behind it.
            Some(length) => self.place = Place::ChunkData(length.saturating_add(2)),
            None => {
                emit.span.end = emit.span.start + end;
                emit.fault(Fault::MalformedChunk);
                return Step::Lost("a chunk without a length");
            }
        }
        Step::Done(end)
    }

    fn head(&mut self, bytes: &[u8], asked: &mut VecDeque<u8>, emit: &mut Emit<'_>) -> Step {
        // Empty lines before a head are to be passed (RFC 9112, 2.2).
        if let Some(empty) = [&b"\r\n"[..], b"\n"]
            .into_iter()
            .find(|empty| bytes.starts_with(empty))
        {
            return Step::Done(empty.len());
        }
        let Some(end) = head::end(bytes.get(..MAX_HEAD).unwrap_or(bytes)) else {
            if bytes.len() >= MAX_HEAD {
                return Step::Lost("a head that is too long");
            }
            // A first line that is none of HTTP's need not be waited for.
            let whole = bytes.contains(&b'\n') && head::head(bytes).is_none();
            return if whole || !is_text(bytes) {
                Step::Lost("no first line of HTTP")
            } else {
                Step::More
            };
        };
        let Some(head) = bytes.get(..end).and_then(head::head) else {
            return Step::Lost("no first line of HTTP");
        };
        emit.span.end = emit.span.start + end;
        self.place = match head.first {
            First::Request { method, target } => self.request(&head, method, target, asked, emit),
            First::Status(status) => self.status(&head, status, asked, emit),
        };
        if head.ambiguous == Ambiguous::Yes {
            emit.fault(Fault::AmbiguousLength);
        }
        Step::Done(end)
    }

    fn request(
        &mut self,
        head: &Head<'_>,
        method: &[u8],
        target: &[u8],
        asked: &mut VecDeque<u8>,
        emit: &mut Emit<'_>,
    ) -> Place {
        self.software(head, emit);
        if let Some(user) = head.authorization.and_then(head::basic_user) {
            emit.identity(IdentityField::User, &user);
        }
        let code = code(method);
        if asked.len() < MAX_OUTSTANDING {
            asked.push_back(code);
        }
        let named = |kind, name| Object::at(Address::Name { kind, name });
        let host = head
            .host
            .filter(|host| !host.is_empty())
            .map(|host| named("host", host));
        let objects: SmallVec<[Object<'_>; 2]> = host.into_iter().chain([named("url", target)]).collect();
        emit.message(Role::Request, code, Outcome::None, &objects);
        match head.body {
            _ if method == b"CONNECT" => Place::Passing,
            Body::Length(length) => body(length),
            Body::Chunked => Place::Chunk,
            Body::Unsaid => Place::Head,
        }
    }

    fn status(
        &mut self,
        head: &Head<'_>,
        status: u16,
        asked: &mut VecDeque<u8>,
        emit: &mut Emit<'_>,
    ) -> Place {
        self.software(head, emit);
        // A provisional answer leaves its request waiting; 101 changes the protocol.
        let provisional = status < 200 && status != 101;
        let code = if provisional {
            asked.front().copied()
        } else {
            asked.pop_front()
        };
        let code = code.unwrap_or(0);
        emit.message(Role::Response, code, outcome(status), &[]);
        match (status, head.body) {
            (101, _) => Place::Passing,
            (100..=199 | 204 | 304, _) => Place::Head,
            _ if method(code) == Some("HEAD") => Place::Head,
            (200..=299, _) if method(code) == Some("CONNECT") => Place::Passing,
            (_, Body::Length(length)) => body(length),
            (_, Body::Chunked) => Place::Chunk,
            (_, Body::Unsaid) => Place::Passing,
        }
    }

    fn software(&mut self, head: &Head<'_>, emit: &mut Emit<'_>) {
        if let (Told::Nothing, Some(software)) =
            (self.told, head.software.filter(|software| !software.is_empty()))
        {
            self.told = Told::Software;
            emit.identity(IdentityField::System, software);
        }
    }
}

fn body(length: u64) -> Place {
    if length == 0 {
        Place::Head
    } else {
        Place::Body(length)
    }
}

/// Whether the start of a head can still become one.
fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .take(64)
        .all(|byte| byte.is_ascii_graphic() || b" \t\r\n".contains(byte) || *byte >= 0x80)
        && bytes.first().is_some_and(u8::is_ascii_uppercase)
}

enum Line {
    Whole(usize),
    More,
    TooLong,
}

fn line(bytes: &[u8]) -> Line {
    match bytes.iter().take(MAX_CHUNK_LINE).position(|byte| *byte == b'\n') {
        Some(end) => Line::Whole(end + 1),
        None if bytes.len() < MAX_CHUNK_LINE => Line::More,
        None => Line::TooLong,
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
