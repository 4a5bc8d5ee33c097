//! One side's stream: heads, bodies that pass, chunks.

use super::head::{self, Ambiguous, Body, First, Head};
use super::{Emit, Fault, MAX_CHUNK_LINE, MAX_HEAD, MAX_OUTSTANDING, code, method, outcome};
use crate::message::{Address, IdentityField, Object, Outcome, Role};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// Where a side's stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
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
pub(super) struct Stream {
    pub(super) place: Place,
    told: Told,
}

/// How far one step of a stream got.
pub(super) enum Step {
    /// So many bytes are done with.
    Done(usize),
    /// The head or line is not whole.
    More,
    Lost(&'static str),
}

impl Stream {
    pub(super) fn step(&mut self, bytes: &[u8], asked: &mut VecDeque<u8>, emit: &mut Emit<'_>) -> Step {
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
