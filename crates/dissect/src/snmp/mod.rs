//! SNMP: switches, gateways and controllers are asked who and how they are, and set.
//!
//! Reads, by RFC 1157 (version 1), RFC 1901 and 3416 (version 2c), RFC 3412 and 3414 (version 3 with its user model),
//! over UDP ports 161 and 162 and TCP 161: every PDU with the objects it names and their values, errors, and for
//! identity sysDescr, sysObjectID and sysName (RFC 3418) and the entity table's first row (RFC 6933); a version 3
//! user's name. The function's code is the PDU's number (0 GetRequest to 8 Report); an answer has that of its request
//! as long as it is remembered. What version 3 encrypts is told as code 0x100.
//!
//! A community is a password: it is compared with the ones that makers ship, and never handed on. Values of the tables
//! that hold communities and keys (1.3.6.1.6.3.15 and .18) aren't either.
//!
//! Bounds: the datagram, [`MAX_MESSAGE`] bytes of a stream's message, [`pdu::MAX_BINDINGS`] objects of a PDU,
//! [`MAX_OUTSTANDING`] requests that wait for answers. Skipped: version 2u and 2*, meaning of other objects.

mod names;
mod pdu;
mod samples;
#[cfg(test)]
mod tests;

use crate::asn1::{self, Malformed};
use crate::message::{About, Function, IdentityField, Outcome, Role, Span};
use crate::reader::Reader;
use crate::registry::{Protocol, Registration};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, plain, trimmed};
use cofferdam_terms::OperationClass;
use std::collections::VecDeque;

const SNMP: Protocol = Protocol("snmp");

/// The most bytes of a message in a stream (RFC 3430 asks for 8192 at least, others fit a datagram).
pub(crate) const MAX_MESSAGE: usize = 65_535;
/// The most requests that wait for their answers; the oldest is dropped.
pub(crate) const MAX_OUTSTANDING: usize = 32;

/// SNMP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: SNMP,
    title: "SNMP",
    specification: "RFC 1157 (1990), RFC 1901 (1996), RFC 3411 to 3418 (2002)",
    tcp_ports: &[161],
    udp_ports: &[161, 162],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: samples::SAMPLES,
};

/// What is malformed, or unsafe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The message isn't what its version asks for.
    Malformed,
    /// A version or PDU that no RFC has.
    Unknown,
    /// More objects than are kept.
    TooManyBindings,
    /// The community is one that makers ship.
    DefaultCommunity,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed-message",
            Self::Unknown => "unknown-pdu",
            Self::TooManyBindings => "too-many-bindings",
            Self::DefaultCommunity => "default-community",
        }
    }
}

/// Communities that makers ship.
const DEFAULTS: [&[u8]; 2] = [b"public", b"private"];

/// A sequence that starts with a version of 0, 1 or 3, then what comes next in it.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    let mut reader = Reader::new(bytes);
    let head = || -> Result<(usize, i64, u8), Malformed> {
        if reader.u8()? != asn1::SEQUENCE {
            return Err(Malformed::Form);
        }
        let length = asn1::length(&mut reader)?;
        Ok((length, asn1::integer(&mut reader)?, reader.u8()?))
    };
    let mut head = head;
    match head() {
        Ok((_, 0 | 1, asn1::OCTETS) | (_, 3, asn1::SEQUENCE)) => {}
        Ok(_) | Err(Malformed::Form) => return Probe::No,
        Err(Malformed::Cut(_)) if context.carrier == Carrier::Tcp => return Probe::Unsure,
        Err(Malformed::Cut(_)) => return Probe::No,
    }
    match Content::read(Reader::new(bytes)) {
        Ok(content) if content.pdu.as_ref().is_none_or(pdu::Pdu::is_known) => Probe::Certain,
        Ok(_) | Err(_) => Probe::Unsure,
    }
}

/// A message without its wrapping.
struct Content<'a> {
    community: Option<&'a [u8]>,
    user: &'a [u8],
    /// `None` when it is encrypted.
    pdu: Option<pdu::Pdu<'a>>,
}

impl<'a> Content<'a> {
    fn read(mut reader: Reader<'a>) -> Result<Self, Malformed> {
        let mut message = asn1::expect(&mut reader, asn1::SEQUENCE)?;
        match asn1::integer(&mut message)? {
            0 | 1 => {
                let community = asn1::expect(&mut message, asn1::OCTETS)?.rest();
                Ok(Self {
                    community: Some(community),
                    user: &[],
                    pdu: Some(pdu::Pdu::read(&mut message)?),
                })
            }
            3 => Self::version_3(message),
            _ => Err(Malformed::Form),
        }
    }

    fn version_3(mut message: Reader<'a>) -> Result<Self, Malformed> {
        let _global = asn1::expect(&mut message, asn1::SEQUENCE)?;
        let mut security = asn1::expect(&mut message, asn1::OCTETS)?;
        let user = user(&mut security).unwrap_or_default();
        let pdu = match asn1::element(&mut message)? {
            (asn1::OCTETS, _) => None,
            (asn1::SEQUENCE, mut scoped) => {
                let _engine = asn1::expect(&mut scoped, asn1::OCTETS)?;
                let _context = asn1::expect(&mut scoped, asn1::OCTETS)?;
                Some(pdu::Pdu::read(&mut scoped)?)
            }
            _ => return Err(Malformed::Form),
        };
        Ok(Self {
            community: None,
            user,
            pdu,
        })
    }
}

/// The user's name in the parameters of the user model (RFC 3414, 2.4).
fn user<'a>(security: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
    let mut parameters = asn1::expect(security, asn1::SEQUENCE)?;
    let _engine = asn1::expect(&mut parameters, asn1::OCTETS)?;
    let _boots = asn1::integer(&mut parameters)?;
    let _time = asn1::integer(&mut parameters)?;
    Ok(trimmed(asn1::expect(&mut parameters, asn1::OCTETS)?.rest()))
}

/// A request that waits.
#[derive(Clone, Copy, Debug)]
struct Outstanding {
    request: i64,
    function: Function,
    class: OperationClass,
}

/// Whether a default community was said; once is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Community {
    #[default]
    NotTold,
    Told,
}

#[derive(Debug, Default)]
struct Conversation {
    outstanding: VecDeque<Outstanding>,
    community: Community,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(SNMP, sink);
        if context.carrier != Carrier::Tcp {
            self.message(context.side, Reader::new(bytes), &mut tell);
            return Ok(crate::tell::done(bytes));
        }
        let mut reader = Reader::new(bytes);
        loop {
            let consumed = reader.offset();
            match next(reader) {
                Ok(message) => {
                    let length = message.left();
                    self.message(context.side, message, &mut tell);
                    if reader.skip(length).is_err() || length == 0 {
                        break;
                    }
                }
                Err(Malformed::Cut(cut)) if !reader.is_empty() => {
                    return Ok(Progress {
                        consumed,
                        missing: cut.missing,
                    });
                }
                Err(Malformed::Cut(_)) => break,
                Err(Malformed::Form) => {
                    return Err(Lost {
                        offset: consumed,
                        reason: "no sequence of a message's length",
                    });
                }
            }
        }
        Ok(crate::tell::done(bytes))
    }

    fn gap(&mut self, _: Side) {
        self.outstanding.clear();
    }
}

/// The next message of a stream, with its head.
fn next(mut reader: Reader<'_>) -> Result<Reader<'_>, Malformed> {
    let mut head = reader;
    let start = head.offset();
    if head.u8()? != asn1::SEQUENCE {
        return Err(Malformed::Form);
    }
    let length = asn1::length(&mut head)?;
    if length > MAX_MESSAGE {
        return Err(Malformed::Form);
    }
    Ok(reader.sub(head.offset() - start + length)?)
}

impl Conversation {
    fn message(&mut self, side: Side, reader: Reader<'_>, tell: &mut Tell<'_>) {
        let span = Span {
            start: reader.offset(),
            end: reader.offset() + reader.left(),
        };
        let Ok(content) = Content::read(reader) else {
            tell.anomaly(Fault::Malformed.code(), span);
            return;
        };
        let default = content.community.is_some_and(|name| DEFAULTS.contains(&name));
        match content.pdu {
            Some(pdu) => self.pdu(&pdu, side, content.user, span, tell),
            None => {
                let role = match side {
                    Side::Initiator => Role::Request,
                    Side::Responder => Role::Response,
                };
                let function = Function {
                    code: 0x100,
                    name: "Encrypted",
                };
                tell.message(&plain(SNMP, role, function, OperationClass::Session, span));
                name_user(role, content.user, tell);
            }
        }
        if default && self.community == Community::NotTold {
            self.community = Community::Told;
            tell.anomaly(Fault::DefaultCommunity.code(), span);
        }
    }

    fn pdu(&mut self, pdu: &pdu::Pdu<'_>, side: Side, user: &[u8], span: Span, tell: &mut Tell<'_>) {
        let (mut function, role, mut class) = pdu.describe();
        if role == Role::Response {
            let found = self
                .outstanding
                .iter()
                .position(|waiting| waiting.request == pdu.request);
            if let Some(asked) = found.and_then(|at| self.outstanding.remove(at)) {
                (function, class) = (asked.function, asked.class);
            }
        } else if role == Role::Request {
            if self.outstanding.len() == MAX_OUTSTANDING {
                self.outstanding.pop_front();
            }
            self.outstanding.push_back(Outstanding {
                request: pdu.request,
                function,
                class,
            });
        }
        pdu.tell(function, role, class, span, tell);
        if !pdu.is_known() {
            tell.anomaly(Fault::Unknown.code(), span);
        }
        if pdu.too_many {
            tell.anomaly(Fault::TooManyBindings.code(), span);
        }
        let offers = match (role, side) {
            (Role::Response, _) => pdu.outcome() == Outcome::Success,
            (Role::Request | Role::Unsolicited, _) => false,
        };
        if offers {
            pdu.facts(tell);
        }
        name_user(role, user, tell);
    }
}

/// A version 3 user is who asks, or who is answered.
fn name_user(role: Role, user: &[u8], tell: &mut Tell<'_>) {
    let about = match role {
        Role::Request | Role::Unsolicited => About::Sender,
        Role::Response => About::Receiver,
    };
    tell.fact_about(about, IdentityField::User, user);
}
