//! TLS: who is asked for, who answers, and what was agreed; what is encrypted stays so.
//!
//! Read, by RFC 8446 (TLS 1.3), RFC 5246 (TLS 1.2) and their forerunners from SSL 3.0: records; ClientHello with
//! server name (RFC 6066), application protocols (RFC 7301), versions and the JA4 fingerprint; ServerHello with the
//! version and cipher suite agreed; the first certificate of a chain, which TLS 1.3 encrypts; alerts.
//!
//! The function code is `record type << 8 | message`: 0x1601 is ClientHello, 0x1401 ChangeCipherSpec, 0x15xx an alert
//! by its description. An encrypted handshake message or alert has 0xff there. Application data, 0x1700, is told once
//! a side; how much there is, flows say. The fingerprint is a fact `system` of the client, `JA4 t13d…`.
//!
//! Bounds: [`MAX_HANDSHAKE`] bytes of one handshake message, [`hello::MAX_LIST`] entries of a hello's lists,
//! [`hello::MAX_PROTOCOLS`] application protocols, [`certificate::MAX_NAMES`] names of a certificate.
//!
//! Skipped: the rest of a chain (its issuers), tickets, key exchange, DTLS, QUIC, the hello of SSL 2.0.

pub(crate) mod certificate;
mod handshake;
mod hello;
mod ja4;
mod names;
mod samples;
#[cfg(test)]
mod tests;

use crate::message::{About, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome};
use crate::message::{Role, Span};
use crate::reader::Reader;
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;

/// The most bytes of one handshake message that are put together; a longer one is dropped and said.
pub(crate) const MAX_HANDSHAKE: usize = 32 * 1024;
/// The most bytes of a record's body: 2^14 and what encryption and compression may add (RFC 5246, 6.2.3).
const MAX_RECORD: usize = (1 << 14) + 2048;
/// A record's header is this long.
const HEADER: usize = 5;

const TLS: Protocol = Protocol("tls");

/// TLS in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: TLS,
    title: "TLS",
    specification: "RFC 8446 (2018), RFC 5246 (2008)",
    tcp_ports: &[
        443, 465, 636, 802, 853, 989, 990, 993, 995, 2221, 4843, 5061, 8443, 8883, 19999,
    ],
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
    MalformedHello,
    MalformedCertificate,
    MalformedAlert,
    HandshakeTooLong,
    HeartbeatOverclaims,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::MalformedHello => "malformed-hello",
            Self::MalformedCertificate => "malformed-certificate",
            Self::MalformedAlert => "malformed-alert",
            Self::HandshakeTooLong => "handshake-too-long",
            Self::HeartbeatOverclaims => "heartbeat-overclaims",
        }
    }
}

/// Types of records.
mod record {
    pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(super) const ALERT: u8 = 21;
    pub(super) const HANDSHAKE: u8 = 22;
    pub(super) const APPLICATION_DATA: u8 = 23;
    pub(super) const HEARTBEAT: u8 = 24;
}

/// The header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    kind: u8,
    length: usize,
}

/// Reads a record's header; the bytes behind it are its body. `None` when it can't be one.
fn header(bytes: [u8; HEADER]) -> Option<Header> {
    let [kind, 3, 0..=4, high, low] = bytes else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let fits = length <= MAX_RECORD && (length > 0 || kind == record::APPLICATION_DATA);
    (matches!(kind, 20..=24) && fits).then_some(Header { kind, length })
}

/// A handshake record that starts with a hello is certain; other records come in the middle of a conversation.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match *bytes {
        [] | [20..=24] | [20..=24, 3] => Probe::Unsure,
        [kind, 3, 0..=4, ref rest @ ..] if matches!(kind, 20..=24) => match *rest {
            [high, low, 1 | 2, 0, message_high, message_low, ..] if kind == record::HANDSHAKE => {
                // The hello is not longer than a record can be, and does not end before the record's first byte.
                let length = u16::from_be_bytes([high, low]);
                let message = u16::from_be_bytes([message_high, message_low]);
                if usize::from(length) <= MAX_RECORD && message >= 34 {
                    Probe::Certain
                } else {
                    Probe::No
                }
            }
            [high, low, ..] if header([kind, 3, 3, high, low]).is_none() => Probe::No,
            _ => Probe::Unsure,
        },
        _ => Probe::No,
    }
}

fn open() -> Box<dyn Session> {
    Box::new(Conversation::default())
}

/// Whether a side's handshake messages can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Plain,
    Encrypted,
}

/// One side's stream.
#[derive(Debug, Default)]
struct Stream {
    phase: Phase,
    /// Bytes of a record that are still to pass, unread.
    passing: usize,
    /// The start of a handshake message that goes on in the next record.
    begun: Vec<u8>,
    /// Bytes of a handshake message that is too long to be kept.
    dropping: usize,
    told: Told,
}

/// Whether application data was told of; once is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    Data,
}

#[derive(Debug, Default)]
struct Conversation {
    initiator: Stream,
    responder: Stream,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let stream = match context.side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        };
        stream.read(context.side, bytes, sink)
    }

    fn gap(&mut self, side: Side) {
        let stream = match side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        };
        *stream = Stream {
            phase: stream.phase,
            told: stream.told,
            ..Stream::default()
        };
    }
}

impl Stream {
    fn read(&mut self, side: Side, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let passed = self.passing.min(reader.left());
            self.passing -= passed;
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
                self.begun = Vec::new();
                return Err(Lost {
                    offset: start,
                    reason: "no TLS record",
                });
            };
            let span = |end: usize| Span { start, end };
            if header.kind == record::APPLICATION_DATA {
                self.passing = header.length;
                self.application_data(
                    side,
                    &mut Emit {
                        sink,
                        side,
                        span: span(ahead.offset()),
                    },
                );
                reader = ahead;
                continue;
            }
            let Ok(body) = ahead.sub(header.length) else {
                return more(header.length - ahead.left());
            };
            reader = ahead;
            self.record(
                header.kind,
                body,
                &mut Emit {
                    sink,
                    side,
                    span: span(reader.offset()),
                },
            );
        }
    }

    fn application_data(&mut self, side: Side, emit: &mut Emit<'_>) {
        if self.told == Told::Nothing {
            self.told = Told::Data;
            let role = match side {
                Side::Initiator => Role::Request,
                Side::Responder => Role::Response,
            };
            emit.message(role, 0x1700, "Application Data", Outcome::None, &[]);
        }
    }

    fn record(&mut self, kind: u8, body: Reader<'_>, emit: &mut Emit<'_>) {
        match (kind, self.phase) {
            (record::CHANGE_CIPHER_SPEC, _) => {
                self.phase = Phase::Encrypted;
                emit.message(Role::Unsolicited, 0x1401, "ChangeCipherSpec", Outcome::None, &[]);
            }
            (record::ALERT, Phase::Plain) => handshake::alert(body, emit),
            (record::ALERT, Phase::Encrypted) => {
                emit.message(Role::Unsolicited, 0x15ff, "Encrypted Alert", Outcome::None, &[]);
            }
            (record::HANDSHAKE, _) => self.handshake(body, emit),
            (record::HEARTBEAT, _) => handshake::heartbeat(body, self.phase, emit),
            // Application data has passed before it came here.
            _ => {}
        }
    }

    fn handshake(&mut self, body: Reader<'_>, emit: &mut Emit<'_>) {
        // TLS 1.3 sends a ChangeCipherSpec before a second hello that is not encrypted.
        if self.phase == Phase::Encrypted && !is_hello(body) {
            return emit.message(
                Role::Unsolicited,
                0x16ff,
                "Encrypted Handshake",
                Outcome::None,
                &[],
            );
        }
        let mut body = body;
        let dropped = self.dropping.min(body.left());
        self.dropping -= dropped;
        // INVARIANT: so many bytes are left.
        let _dropped = body.take(dropped);
        if self.begun.is_empty() {
            return self.messages(body, emit);
        }
        let mut begun = std::mem::take(&mut self.begun);
        begun.extend_from_slice(body.peek());
        self.messages(Reader::new(&begun), emit);
    }

    /// Reads handshake messages; what is not whole is kept for the next record.
    fn messages(&mut self, mut reader: Reader<'_>, emit: &mut Emit<'_>) {
        while !reader.is_empty() {
            let mut ahead = reader;
            let head = ahead.u8().and_then(|kind| Ok((kind, ahead.array::<3>()?)));
            let Ok((kind, [high, middle, low])) = head else {
                break;
            };
            let length = usize::try_from(u32::from_be_bytes([0, high, middle, low])).unwrap_or(usize::MAX);
            let Some(name) = names::handshake(kind) else {
                // No message of any version: the stream is encrypted, and its ChangeCipherSpec was not seen.
                self.phase = Phase::Encrypted;
                return emit.message(
                    Role::Unsolicited,
                    0x16ff,
                    "Encrypted Handshake",
                    Outcome::None,
                    &[],
                );
            };
            if length > MAX_HANDSHAKE {
                emit.fault(Fault::HandshakeTooLong);
                self.dropping = length.saturating_sub(ahead.left());
                return;
            }
            let Ok(body) = ahead.sub(length) else { break };
            reader = ahead;
            handshake::message(kind, name, body, emit);
        }
        self.begun.extend_from_slice(reader.peek());
    }
}

/// Whether a handshake record holds a ClientHello and nothing else.
fn is_hello(body: Reader<'_>) -> bool {
    match *body.peek() {
        [1, 0, high, low, ref rest @ ..] => usize::from(u16::from_be_bytes([high, low])) == rest.len(),
        _ => false,
    }
}

/// The sink, who speaks, and where the bytes at hand stand.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    side: Side,
    span: Span,
}

impl Emit<'_> {
    fn message(
        &mut self,
        role: Role,
        code: u32,
        name: &'static str,
        outcome: Outcome,
        objects: &[Object<'_>],
    ) {
        self.sink.message(&Message {
            protocol: TLS,
            role,
            function: Function { code, name },
            operation: OperationClass::Session,
            unit: None,
            objects,
            outcome,
            transaction: None,
            span: self.span,
        });
    }

    fn identity(&mut self, about: About, field: IdentityField, value: &[u8]) {
        if !value.is_empty() {
            self.sink.identity(&Identity {
                protocol: TLS,
                about,
                unit: None,
                field,
                value,
            });
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: TLS,
            code: fault.code(),
            span: self.span,
        });
    }
}
