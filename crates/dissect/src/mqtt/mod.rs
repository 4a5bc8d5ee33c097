//! MQTT, with Sparkplug: who publishes and reads which topic, and who sends commands to whose devices.
//!
//! Reads, by MQTT 3.1.1 and 5.0 (OASIS, 2014 and 2019; 3.1 differs in its name alone) over TCP port 1883: every packet
//! by name, client ids, user names, topics with their payload, refusals. The function's code is the packet's type. A
//! topic of Sparkplug B (Eclipse, 3.0) is protocol `sparkplug`, with its message type as the code: data are read,
//! commands control. Another publication is a write by a client and a delivery (read) from the broker.
//!
//! A password is never handed on; a connection with one is anomaly `clear-text-login`.
//!
//! Bounds: [`MAX_HEAD`] bytes of a packet are looked at, the rest passes unread; [`MAX_TOPICS`] topics of one packet.
//! State is the version and what of a packet passes. Skipped: properties of version 5, Sparkplug's payload.

mod samples;
#[cfg(test)]
mod tests;

use crate::message::{Function, IdentityField, Message, Object, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Passing, Tell, done, named, plain};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most bytes of a packet that are waited for and looked at.
pub(crate) const MAX_HEAD: usize = 4096;
/// The most topics of one packet that are kept; more are dropped and said.
pub(crate) const MAX_TOPICS: usize = 32;

const MQTT: Protocol = Protocol("mqtt");
const SPARKPLUG: Protocol = Protocol("sparkplug");

/// MQTT in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: MQTT,
    title: "MQTT, Sparkplug",
    specification: "MQTT 3.1.1 (OASIS, 2014), 5.0 (OASIS, 2019), Sparkplug 3.0 (Eclipse, 2022)",
    tcp_ports: &[1883],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[SPARKPLUG],
    samples: samples::SAMPLES,
};

const CONNECT: u8 = 1;
const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const SUBSCRIBE: u8 = 8;
const SUBACK: u8 = 9;
const UNSUBSCRIBE: u8 = 10;
const DISCONNECT: u8 = 14;

const fn packet(kind: u8) -> Option<(&'static str, Role, OperationClass)> {
    Some(match kind {
        CONNECT => ("CONNECT", Role::Request, OperationClass::Session),
        CONNACK => ("CONNACK", Role::Response, OperationClass::Session),
        PUBLISH => ("PUBLISH", Role::Unsolicited, OperationClass::Write),
        4 => ("PUBACK", Role::Response, OperationClass::Session),
        5 => ("PUBREC", Role::Response, OperationClass::Session),
        6 => ("PUBREL", Role::Request, OperationClass::Session),
        7 => ("PUBCOMP", Role::Response, OperationClass::Session),
        SUBSCRIBE => ("SUBSCRIBE", Role::Request, OperationClass::Read),
        SUBACK => ("SUBACK", Role::Response, OperationClass::Read),
        UNSUBSCRIBE => ("UNSUBSCRIBE", Role::Request, OperationClass::Session),
        11 => ("UNSUBACK", Role::Response, OperationClass::Session),
        12 => ("PINGREQ", Role::Request, OperationClass::Session),
        13 => ("PINGRESP", Role::Response, OperationClass::Session),
        DISCONNECT => ("DISCONNECT", Role::Unsolicited, OperationClass::Session),
        15 => ("AUTH", Role::Request, OperationClass::Session),
        _ => return None,
    })
}

/// Sparkplug's message types, with their number here.
const SPARKPLUG_TYPES: [(&str, OperationClass); 9] = [
    ("NBIRTH", OperationClass::Session),
    ("NDEATH", OperationClass::Session),
    ("DBIRTH", OperationClass::Session),
    ("DDEATH", OperationClass::Session),
    ("NDATA", OperationClass::Read),
    ("DDATA", OperationClass::Read),
    ("NCMD", OperationClass::Control),
    ("DCMD", OperationClass::Control),
    ("STATE", OperationClass::Session),
];

/// What is malformed, or unsafe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A packet isn't as long as what stands in it.
    CutShort,
    /// More topics than are kept.
    TooManyTopics,
    /// A password in clear.
    ClearTextLogin,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "malformed-packet",
            Self::TooManyTopics => "too-many-topics",
            Self::ClearTextLogin => "clear-text-login",
        }
    }
}

/// A connection request names its protocol; other packets are too common.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    let mut reader = Reader::new(bytes);
    let Ok(Some(head)) = Head::read(&mut reader) else {
        return if bytes.len() < 5 && bytes.first().is_none_or(|first| *first == CONNECT << 4) {
            Probe::Unsure
        } else {
            Probe::No
        };
    };
    match (head.kind, context.side, text(&mut reader)) {
        (CONNECT, Side::Initiator, Ok(b"MQTT" | b"MQIsdp")) => Probe::Certain,
        (CONNECT, Side::Initiator, Err(_)) if bytes.len() < 10 => Probe::Unsure,
        (CONNECT, ..) => Probe::No,
        _ if head.is_well_formed() => Probe::Unsure,
        _ => Probe::No,
    }
}

/// A packet's fixed header.
#[derive(Clone, Copy, Debug)]
struct Head {
    kind: u8,
    flags: u8,
    /// The bytes of the packet that follow.
    length: usize,
}

impl Head {
    /// `Ok(None)` when the length is none.
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Truncated> {
        let first = reader.u8()?;
        let mut length = 0;
        for place in 0..4 {
            let byte = reader.u8()?;
            length |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(Some(Self {
                    kind: first >> 4,
                    flags: first & 0x0f,
                    length,
                }));
            }
        }
        Ok(None)
    }

    /// Flags as the specification asks for (3.1.1, table 2.2), and a length that the kind can have.
    const fn is_well_formed(&self) -> bool {
        match self.kind {
            PUBLISH => self.flags & 0x06 != 0x06 && self.length >= 2,
            6 | SUBSCRIBE | UNSUBSCRIBE => self.flags == 2 && self.length >= 2,
            12 | 13 => self.flags == 0 && self.length == 0,
            CONNECT => self.flags == 0 && self.length >= 10,
            CONNACK | 4 | 5 | 7 | SUBACK | 11 => self.flags == 0 && self.length >= 2,
            DISCONNECT | 15 => self.flags == 0,
            _ => false,
        }
    }
}

/// Text or bytes with a length of 16 bits.
fn text<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Truncated> {
    let length = reader.u16_be()?;
    reader.take(length.into())
}

#[derive(Debug, Default)]
struct Conversation {
    /// The protocol level that the client asked for: 5 has properties.
    level: u8,
    /// How many bytes of each side's packet still pass.
    passing: Passing,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(MQTT, sink);
        let passed = self.passing.pass(context.side, bytes.len());
        let mut reader = Reader::new(bytes);
        // INVARIANT: no more pass than there are.
        let _passed = reader.skip(passed);
        while !reader.is_empty() {
            let start = reader.offset();
            let mut packet = reader;
            let missing = |missing| {
                Ok(Progress {
                    consumed: start,
                    missing,
                })
            };
            let head = match Head::read(&mut packet) {
                Ok(Some(head)) if head.is_well_formed() => head,
                Ok(_) => {
                    return Err(Lost {
                        offset: start,
                        reason: "no packet's header",
                    });
                }
                Err(cut) => return missing(cut.missing),
            };
            let looked_at = head.length.min(MAX_HEAD);
            let content = match packet.sub(looked_at) {
                Ok(content) => content,
                Err(cut) => return missing(cut.missing),
            };
            let span = Span {
                start,
                end: packet.offset(),
            };
            self.packet(&head, content, context.side, span, &mut tell);
            self.passing.set(context.side, head.length - looked_at);
            let passed = self.passing.pass(context.side, packet.left());
            let _passed = packet.skip(passed);
            reader = packet;
        }
        Ok(done(bytes))
    }

    fn gap(&mut self, side: Side) {
        self.passing.set(side, 0);
    }
}

impl Conversation {
    fn packet(&mut self, head: &Head, content: Reader<'_>, side: Side, span: Span, tell: &mut Tell<'_>) {
        let Some((name, role, class)) = packet(head.kind) else {
            return;
        };
        let function = Function {
            code: head.kind.into(),
            name,
        };
        let said = plain(MQTT, role, function, class, span);
        let read = match head.kind {
            CONNECT => self.connect(content, said, tell),
            CONNACK => connected(content, said, tell),
            PUBLISH => self.publish(head, content, side, said, tell),
            SUBSCRIBE | UNSUBSCRIBE => self.topics(head.kind, content, said, tell),
            _ => {
                tell.message(&said);
                Ok(())
            }
        };
        if read.is_err() {
            tell.message(&said);
            tell.anomaly(Fault::CutShort.code(), span);
        }
    }

    /// Passes over version 5's properties.
    fn properties(&self, reader: &mut Reader<'_>) -> Result<(), Truncated> {
        if self.level < 5 {
            return Ok(());
        }
        let mut length = 0;
        for place in 0..4 {
            let byte = reader.u8()?;
            length |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        reader.skip(length)
    }

    fn connect(
        &mut self,
        mut reader: Reader<'_>,
        said: Message<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<(), Truncated> {
        let _name = text(&mut reader)?;
        let [level, flags, _, _] = reader.array()?;
        self.level = level;
        self.properties(&mut reader)?;
        let client = text(&mut reader)?;
        if flags & 0x04 != 0 {
            self.properties(&mut reader)?;
            let _will = (text(&mut reader)?, text(&mut reader)?);
        }
        let user = if flags & 0x80 == 0 {
            &[]
        } else {
            text(&mut reader)?
        };
        let object = named("client", client);
        tell.message(&Message {
            objects: if client.is_empty() {
                &[]
            } else {
                std::slice::from_ref(&object)
            },
            ..said
        });
        tell.fact(IdentityField::User, user);
        if flags & 0x40 != 0 {
            tell.anomaly(Fault::ClearTextLogin.code(), said.span);
        }
        Ok(())
    }

    fn publish(
        &self,
        head: &Head,
        mut reader: Reader<'_>,
        side: Side,
        said: Message<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<(), Truncated> {
        let topic = text(&mut reader)?;
        let packet = if head.flags & 0x06 == 0 {
            None
        } else {
            Some(reader.u16_be()?.into())
        };
        self.properties(&mut reader)?;
        let payload = reader.rest();
        let object = Object {
            value: (!payload.is_empty()).then_some(payload),
            ..named("topic", topic)
        };
        let delivered = Message {
            objects: &[object],
            transaction: packet,
            ..said
        };
        if let Some((function, class)) = sparkplug(topic) {
            tell.message(&Message {
                protocol: SPARKPLUG,
                function,
                operation: class,
                ..delivered
            });
            return Ok(());
        }
        tell.message(&Message {
            operation: match side {
                Side::Initiator => OperationClass::Write,
                Side::Responder => OperationClass::Read,
            },
            ..delivered
        });
        Ok(())
    }

    fn topics(
        &self,
        kind: u8,
        mut reader: Reader<'_>,
        said: Message<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<(), Truncated> {
        let packet = reader.u16_be()?;
        self.properties(&mut reader)?;
        let mut objects: SmallVec<[Object<'_>; 8]> = SmallVec::new();
        let mut too_many = false;
        while !reader.is_empty() {
            let topic = text(&mut reader)?;
            if kind == SUBSCRIBE {
                let _options = reader.u8()?;
            }
            if objects.len() == MAX_TOPICS {
                too_many = true;
                break;
            }
            objects.push(named("topic", topic));
        }
        tell.message(&Message {
            objects: &objects,
            transaction: Some(packet.into()),
            ..said
        });
        if too_many {
            tell.anomaly(Fault::TooManyTopics.code(), said.span);
        }
        Ok(())
    }
}

/// The broker's answer: flags, then a code.
fn connected(mut reader: Reader<'_>, said: Message<'_>, tell: &mut Tell<'_>) -> Result<(), Truncated> {
    let [_flags, code] = reader.array()?;
    let outcome = match code {
        0 => Outcome::Success,
        _ => Outcome::Failure {
            code: code.into(),
            name: match code {
                1 | 0x84 => "protocol version refused",
                2 | 0x85 => "client id refused",
                3 | 0x88 => "server unavailable",
                4 | 0x86 => "bad user name or password",
                5 | 0x87 => "not authorised",
                _ => "refused",
            },
        },
    };
    tell.message(&Message { outcome, ..said });
    Ok(())
}

/// `spBv1.0/group/NDATA/node/device`, or `spBv1.0/STATE/host`.
fn sparkplug(topic: &[u8]) -> Option<(Function, OperationClass)> {
    let mut levels = topic.strip_prefix(b"spBv1.0/")?.split(|byte| *byte == b'/');
    let (first, second) = (levels.next(), levels.next());
    let kind = if first == Some(b"STATE") { first } else { second }?;
    let place = SPARKPLUG_TYPES
        .iter()
        .position(|(name, _)| name.as_bytes() == kind)?;
    let (name, class) = SPARKPLUG_TYPES.get(place)?;
    let code = u32::try_from(place).ok()? + 1;
    Some((Function { code, name }, *class))
}
