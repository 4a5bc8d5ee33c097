//! AMQP: brokers of messages, their exchanges and queues, who publishes to them and reads from them, over TCP port 5672.
//!
//! Reads: AMQP 0-9-1 (AMQP working group, 2008) with the errata and extensions that brokers agree on (exchange to
//! exchange bindings, Nack, Confirm, Blocked), told as protocol `amqp`: protocol headers, every method by name, with
//! exchanges, queues, routing keys, virtual hosts, mechanisms; product, version and platform of both sides; users;
//! refusals. AMQP 1.0 (OASIS, 2012, ISO/IEC 19464), told as protocol `amqp1`: performatives, containers, hosts,
//! addresses of links, SASL's mechanisms and outcome.
//!
//! The function's code is `class << 16 | method` in 0-9-1, for a heartbeat the frame's type, for a protocol header its
//! identifier with bit 31; in 1.0 the performative's descriptor, 0 for a heartbeat. The transaction is the delivery's
//! number. A transfer is told with the address of its link. What a client sends is a write, what it gets a read.
//!
//! A password is never handed on; a sign-in with one is anomaly `clear-text-login`.
//!
//! Bounds: [`MAX_HEAD`] bytes of a frame are looked at, the rest passes unread; [`one::MAX_LINKS`] links, with
//! [`one::MAX_ADDRESS`] bytes of an address; [`value::MAX_DEPTH`] descriptors inside each other, and
//! [`one::MAX_MECHANISMS`] mechanisms. Skipped: headers, properties and bodies of messages, AMQP 0-10, what follows
//! when TLS is agreed.

mod nine;
mod one;
mod samples;
mod table;
#[cfg(test)]
mod tests;
mod value;

use crate::message::{Function, Object, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Passing, Tell, done, named, plain};
use cofferdam_terms::OperationClass;

/// The most bytes of a frame that are waited for and looked at.
const MAX_HEAD: usize = 4096;
/// What ends each frame of 0-9-1.
const FRAME_END: u8 = 0xce;
/// The bit that tells a protocol header's identifier from a frame's type.
const HEADER: u32 = 0x8000_0000;

const AMQP: Protocol = Protocol("amqp");
const AMQP1: Protocol = Protocol("amqp1");

/// AMQP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: AMQP,
    title: "AMQP",
    specification: "AMQP 0-9-1 (2008), AMQP 1.0 (OASIS, 2012)",
    tcp_ports: &[5672],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[AMQP1],
    samples: samples::SAMPLES,
};

/// What is malformed, or unsafe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A field runs over the end of the frame.
    CutShort,
    /// A method or performative that no table knows.
    UnknownMethod,
    /// Values inside each other, or a form of value, that nobody writes.
    Value,
    /// A password in clear.
    ClearTextLogin,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::UnknownMethod => "unknown-method",
            Self::Value => "value",
            Self::ClearTextLogin => "clear-text-login",
        }
    }

    fn tell(self, said: &Said, tell: &mut Tell<'_>) {
        tell.anomaly(self.code(), said.span);
    }
}

/// What stands at the head of a frame. The first byte tells the two versions apart: a frame of 1.0 starts with its
/// length, which no broker lets reach 16 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// Identifier, major, minor and revision.
    Protocol([u8; 4]),
    /// The frame's type, and how many bytes follow, the end among them.
    Nine { kind: u8, length: usize },
    /// Whether SASL's; the channel; how many bytes of extension and how many bytes of body follow.
    One {
        layer: one::Layer,
        channel: u16,
        extension: usize,
        length: usize,
    },
}

/// `Ok(None)` when the bytes are no frame's.
fn head(reader: &mut Reader<'_>) -> Result<Option<Head>, Truncated> {
    match reader.u8()? {
        b'A' => {
            let [m, q, p] = reader.array()?;
            let version = reader.array()?;
            Ok(([m, q, p] == *b"MQP").then_some(Head::Protocol(version)))
        }
        kind @ (1 | 2 | 3 | 8) => {
            let _channel = reader.u16_be()?;
            let length = usize::try_from(reader.u32_be()?).unwrap_or(usize::MAX);
            // A heartbeat has nothing in it, and none is without end.
            let fits = length < 1 << 28 && (kind != 8 || length == 0);
            Ok(fits.then_some(Head::Nine {
                kind,
                length: length.saturating_add(1),
            }))
        }
        0 => {
            let [a, b, c, doff, kind] = reader.array()?;
            let size = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
            let channel = reader.u16_be()?;
            let layer = match kind {
                0 => one::Layer::Amqp,
                1 => one::Layer::Sasl,
                _ => return Ok(None),
            };
            let start = usize::from(doff) * 4;
            Ok((doff >= 2 && start <= size).then(|| Head::One {
                layer,
                channel,
                extension: start.saturating_sub(8),
                length: size.saturating_sub(start),
            }))
        }
        _ => Ok(None),
    }
}

/// Certain of a protocol header that opens a conversation, and of a broker's Start. Other frames are too common.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    let mut reader = Reader::new(bytes);
    match (head(&mut reader), context.side) {
        (Ok(Some(Head::Protocol(version))), _) if version_name(version).is_some() => Probe::Certain,
        (Ok(Some(Head::Nine { kind: 1, .. })), Side::Responder)
            if reader.peek().starts_with(&[0, 10, 0, 10, 0, 9]) =>
        {
            Probe::Certain
        }
        (Ok(Some(Head::Protocol(_)) | None), _) => Probe::No,
        (Ok(Some(Head::Nine { .. } | Head::One { .. })) | Err(_), _) => {
            if bytes.first() == Some(&b'A') && !starts_header(bytes) {
                Probe::No
            } else {
                Probe::Unsure
            }
        }
    }
}

/// Whether the bytes are a protocol header's first, as far as they go.
fn starts_header(bytes: &[u8]) -> bool {
    b"AMQP".starts_with(bytes.get(..4).unwrap_or(bytes))
}

/// What a protocol header asks for.
const fn version_name(version: [u8; 4]) -> Option<&'static str> {
    Some(match version {
        [0, 0, 9, 1] => "0-9-1",
        [1, 1, 0 | 8 | 9 | 10, _] => "0-8 to 0-10",
        [0, 1, 0, 0] => "1.0",
        [2, 1, 0, 0] => "1.0 in TLS",
        [3, 1, 0, 0] => "1.0 after SASL",
        _ => return None,
    })
}

/// What all messages of one frame have in common.
#[derive(Clone, Copy, Debug)]
struct Said {
    protocol: Protocol,
    side: Side,
    span: Span,
}

impl Said {
    /// What a message that goes from one to the other does: a client writes to the broker, and reads from it.
    const fn moves(&self) -> OperationClass {
        match self.side {
            Side::Initiator => OperationClass::Write,
            Side::Responder => OperationClass::Read,
        }
    }
}

#[derive(Debug, Default)]
struct Conversation {
    passing: Passing,
    links: one::Links,
    inside: Inside,
}

/// Whether frames can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Clear,
    /// TLS was asked for: all but protocol headers passes.
    Tls,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        let passed = self.passing.pass(context.side, bytes.len());
        // INVARIANT: no more pass than there are.
        let _there = reader.skip(passed);
        while !reader.is_empty() {
            if self.inside == Inside::Tls && !starts_header(reader.peek()) {
                return Ok(done(bytes));
            }
            let start = reader.offset();
            let mut frame = reader;
            match self.frame(context.side, &mut frame, sink) {
                Ok(Some(())) => reader = frame,
                Ok(None) => {
                    return Err(Lost {
                        offset: start,
                        reason: "no frame's head or end",
                    });
                }
                Err(cut) => {
                    return Ok(Progress {
                        consumed: start,
                        missing: cut.missing,
                    });
                }
            }
        }
        Ok(done(bytes))
    }

    /// Handles may have been given anew.
    fn gap(&mut self, side: Side) {
        self.passing.set(side, 0);
        self.links.clear();
    }
}

impl Conversation {
    /// Tells one frame; `Ok(None)` when it is none.
    fn frame(
        &mut self,
        side: Side,
        reader: &mut Reader<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Option<()>, Truncated> {
        let start = reader.offset();
        let Some(head) = head(reader)? else {
            return Ok(None);
        };
        let said = |protocol, reader: &Reader<'_>| Said {
            protocol,
            side,
            span: Span {
                start,
                end: reader.offset(),
            },
        };
        match head {
            Head::Protocol(version) => {
                let Some(name) = version_name(version) else {
                    return Ok(None);
                };
                if version == [2, 1, 0, 0] {
                    self.inside = Inside::Tls;
                }
                let [_, major, _, _] = version;
                let protocol = if major == 1 && name != "0-8 to 0-10" {
                    AMQP1
                } else {
                    AMQP
                };
                header(
                    version,
                    name,
                    &said(protocol, reader),
                    &mut Tell::new(protocol, sink),
                );
            }
            // Headers and bodies of messages: they pass unread, whatever their length.
            Head::Nine { kind: 2 | 3, length } => self.pass(side, length, reader),
            Head::Nine { kind, length } => {
                let looked_at = length.min(MAX_HEAD);
                let mut content = reader.sub(looked_at)?;
                if looked_at == length {
                    let body = content.sub(length - 1)?;
                    if content.u8()? != FRAME_END {
                        return Ok(None);
                    }
                    content = body;
                }
                let said = said(AMQP, reader);
                let tell = &mut Tell::new(AMQP, sink);
                match kind {
                    8 => nine::heartbeat(&said, tell),
                    _ => nine::tell(content, &said, tell),
                }
                self.pass(side, length - looked_at, reader);
            }
            Head::One {
                layer,
                channel,
                extension,
                length,
            } => {
                reader.skip(extension)?;
                let looked_at = length.min(MAX_HEAD);
                let content = reader.sub(looked_at)?;
                let said = said(AMQP1, reader);
                let tell = &mut Tell::new(AMQP1, sink);
                one::tell(layer, channel, content, &said, &mut self.links, tell);
                self.pass(side, length - looked_at, reader);
            }
        }
        Ok(Some(()))
    }

    fn pass(&mut self, side: Side, length: usize, reader: &mut Reader<'_>) {
        self.passing.set(side, length);
        let passed = self.passing.pass(side, reader.left());
        // INVARIANT: no more pass than there are.
        let _there = reader.skip(passed);
    }
}

fn header([id, ..]: [u8; 4], name: &'static str, said: &Said, tell: &mut Tell<'_>) {
    let function = Function {
        code: u32::from(id) | HEADER,
        name: "Protocol Header",
    };
    let role = match said.side {
        Side::Initiator => Role::Request,
        Side::Responder => Role::Response,
    };
    let object: Object<'_> = named("version", name.as_bytes());
    tell.message(&crate::message::Message {
        objects: &[object],
        ..plain(said.protocol, role, function, OperationClass::Session, said.span)
    });
}
