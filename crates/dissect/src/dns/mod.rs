//! DNS and what shares its wire format: multicast DNS, LLMNR, NetBIOS name service.
//!
//! Read, by RFC 1035 (DNS, names and messages, UDP and TCP), RFC 6762 (multicast DNS), RFC 4795 (LLMNR) and RFC 1002,
//! 4.2 (NetBIOS names), on ports 53, 5353, 5355 and 137: operation, questions, and in answers which host has which
//! name: address records, reverse pointers, NetBIOS addresses and node status. The function code is the operation
//! code. That a server answers on port 53 is told once a conversation.
//!
//! A name is told of the address that the record gives, which is a claim of whoever answers.
//!
//! Bounds: [`wire::MAX_NAME`] bytes of a name, [`wire::MAX_POINTERS`] pointers in one, [`MAX_NAMES`] names told of one
//! message, [`MAX_RECORDS`] records of one looked at.
//!
//! Skipped: records that tell of no host (service, text and mail records, signatures), zone contents, EDNS options,
//! NetBIOS datagrams and sessions.

mod hosts;
mod names;
pub(crate) mod netbios;
mod samples;
#[cfg(test)]
mod tests;
mod wire;

use crate::message::{About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome};
use crate::message::{Role, Span};
use crate::reader::Reader;
use crate::registry::{Protocol, Registration};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Sink};
use netbios::NetBiosName;
use smallvec::SmallVec;
use std::net::IpAddr;
use wire::{HEADER, Header, Name};

/// The most names that one message tells; further ones are dropped and said.
pub(crate) const MAX_NAMES: usize = 32;
/// The most records of one message that are looked at; further ones are dropped and said.
pub(crate) const MAX_RECORDS: usize = 128;

const DNS: Protocol = Protocol("dns");
const MDNS: Protocol = Protocol("mdns");
const LLMNR: Protocol = Protocol("llmnr");
const NBNS: Protocol = Protocol("nbns");

/// DNS in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: DNS,
    title: "DNS, mDNS, LLMNR and NetBIOS names",
    specification: "RFC 1035 (1987), RFC 6762 (2013), RFC 4795 (2007), RFC 1002 (1987)",
    tcp_ports: &[53],
    udp_ports: &[53, 137, 5353, 5355],
    ether_types: &[],
    probe,
    open,
    inner: &[MDNS, LLMNR, NBNS],
    samples: samples::SAMPLES,
};

/// Which of the protocols that share the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavour {
    Dns,
    Multicast,
    LinkLocal,
    NetBios,
}

impl Flavour {
    /// The port tells: the formats do not differ.
    const fn of(port: u16) -> Self {
        match port {
            5353 => Self::Multicast,
            5355 => Self::LinkLocal,
            137 => Self::NetBios,
            _ => Self::Dns,
        }
    }

    const fn protocol(self) -> Protocol {
        match self {
            Self::Dns => DNS,
            Self::Multicast => MDNS,
            Self::LinkLocal => LLMNR,
            Self::NetBios => NBNS,
        }
    }
}

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    HeaderCutShort,
    MalformedQuestion,
    MalformedRecord,
    MalformedData,
    TooManyNames,
    TooManyRecords,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::HeaderCutShort => "header-cut-short",
            Self::MalformedQuestion => "malformed-question",
            Self::MalformedRecord => "malformed-record",
            Self::MalformedData => "malformed-record-data",
            Self::TooManyNames => "too-many-names",
            Self::TooManyRecords => "too-many-records",
        }
    }
}

/// A message that reads to its last byte, with a question or a record of the Internet class. Over TCP the same after
/// its length.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    match context.carrier {
        Carrier::Tcp => match bytes.split_first_chunk::<2>() {
            None => Probe::Unsure,
            Some((length, rest)) => {
                let length = usize::from(u16::from_be_bytes(*length));
                match rest.get(..length) {
                    Some(message) if reads_whole(message) => Probe::Certain,
                    Some(_) => Probe::No,
                    None if length < HEADER => Probe::No,
                    None => Probe::Unsure,
                }
            }
        },
        Carrier::Udp | Carrier::Ethernet(_) if reads_whole(bytes) => Probe::Certain,
        Carrier::Udp | Carrier::Ethernet(_) => Probe::No,
    }
}

fn reads_whole(message: &[u8]) -> bool {
    let mut reader = Reader::new(message);
    let Ok(header) = wire::header(&mut reader) else {
        return false;
    };
    // Bit 6 of the flags is reserved; operation codes above 6 are NetBIOS's.
    if header.flags & 0x0040 != 0 || usize::from(header.questions) + header.records() == 0 {
        return false;
    }
    let questions = (0..header.questions).all(|_| {
        wire::question(&mut reader, message)
            .is_ok_and(|question| matches!(question.class, 1 | 255) && question.kind != 0)
    });
    questions
        && (0..header.records()).all(|_| wire::record(&mut reader, message).is_ok())
        && reader.is_empty()
}

fn open() -> Box<dyn Session> {
    Box::new(Conversation::default())
}

/// Whether it was told that a server answers here; once is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Offers {
    #[default]
    NotTold,
    Told,
}

#[derive(Debug, Default)]
struct Conversation {
    offers: Offers,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        match context.carrier {
            Carrier::Tcp => self.stream(context, bytes, sink),
            Carrier::Udp | Carrier::Ethernet(_) => {
                let span = Span {
                    start: 0,
                    end: bytes.len(),
                };
                self.message(
                    context,
                    bytes,
                    &mut Emit {
                        sink,
                        span,
                        flavour: Flavour::of(context.port),
                    },
                );
                Ok(Progress {
                    consumed: bytes.len(),
                    missing: 0,
                })
            }
        }
    }
}

impl Conversation {
    fn stream(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.offset();
            let mut ahead = reader;
            let Ok(length) = ahead.u16_be().map(usize::from) else {
                let missing = if reader.is_empty() { 0 } else { 1 };
                return Ok(Progress {
                    consumed: start,
                    missing,
                });
            };
            if length < HEADER {
                return Err(Lost {
                    offset: start,
                    reason: "a length too short for a message",
                });
            }
            let Ok(message) = ahead.take(length) else {
                return Ok(Progress {
                    consumed: start,
                    missing: length - ahead.left(),
                });
            };
            reader = ahead;
            let span = Span {
                start,
                end: reader.offset(),
            };
            self.message(
                context,
                message,
                &mut Emit {
                    sink,
                    span,
                    flavour: Flavour::of(context.port),
                },
            );
        }
    }

    fn message(&mut self, context: Context, message: &[u8], emit: &mut Emit<'_>) {
        let mut reader = Reader::new(message);
        let Ok(header) = wire::header(&mut reader) else {
            return emit.fault(Fault::HeaderCutShort);
        };
        let mut told = Told::default();
        let read = questions(&header, &mut reader, message, &mut told)
            .and_then(|()| records(&header, &mut reader, message, &mut told, emit));
        if let Err(fault) = read {
            emit.fault(fault);
        }
        if told.dropped > 0 {
            emit.fault(Fault::TooManyNames);
        }
        if self.offers == Offers::NotTold && header.is_response() && header.is_server() && context.port == 53
        {
            self.offers = Offers::Told;
            emit.identity(About::Sender, IdentityField::Offers, b"dns-server");
        }
        emit.told(&header, &told.names);
    }
}

/// The names that a message tells.
#[derive(Default)]
struct Told {
    names: SmallVec<[Name; 2]>,
    dropped: usize,
}

impl Told {
    fn keep(&mut self, name: Name) {
        if self.names.len() < MAX_NAMES {
            self.names.push(name);
        } else {
            self.dropped += 1;
        }
    }
}

fn questions<'a>(
    header: &Header,
    reader: &mut Reader<'a>,
    message: &'a [u8],
    told: &mut Told,
) -> Result<(), Fault> {
    for _ in 0..header.questions {
        let question = wire::question(reader, message).map_err(|_| Fault::MalformedQuestion)?;
        told.keep(question.name);
    }
    Ok(())
}

fn records<'a>(
    header: &Header,
    reader: &mut Reader<'a>,
    message: &'a [u8],
    told: &mut Told,
    emit: &mut Emit<'_>,
) -> Result<(), Fault> {
    for index in 0..header.records() {
        if index == MAX_RECORDS {
            return Err(Fault::TooManyRecords);
        }
        let record = wire::record(reader, message).map_err(|_| Fault::MalformedRecord)?;
        hosts::host(&record, message, emit)?;
        // An announcement has no question: the names are those of its records, each once.
        if header.questions == 0 && !record.name.is_empty() && !told.names.contains(&record.name) {
            told.keep(record.name);
        }
    }
    Ok(())
}

/// The sink, where the bytes at hand stand, and which protocol they are.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
    flavour: Flavour,
}

impl Emit<'_> {
    fn told(&mut self, header: &Header, names: &[Name]) {
        let (name, operation) = names::operation(self.flavour, header.operation());
        let role = match (header.is_response(), header.questions, self.flavour) {
            (false, ..) => Role::Request,
            // What answers no question on multicast announces.
            (true, 0, Flavour::Multicast) => Role::Unsolicited,
            (true, ..) => Role::Response,
        };
        let decoded: SmallVec<[Option<NetBiosName>; 2]> = match self.flavour {
            Flavour::NetBios => names.iter().map(|name| NetBiosName::decode(name)).collect(),
            Flavour::Dns | Flavour::Multicast | Flavour::LinkLocal => names.iter().map(|_| None).collect(),
        };
        let objects: SmallVec<[Object<'_>; 2]> = names
            .iter()
            .zip(&decoded)
            .map(|(name, decoded)| {
                let name = decoded.as_ref().map_or(name.as_slice(), NetBiosName::text);
                Object::at(Address::Name { kind: "host", name })
            })
            .collect();
        self.sink.message(&Message {
            protocol: self.flavour.protocol(),
            role,
            function: Function {
                code: u32::from(header.operation()),
                name,
            },
            operation,
            unit: None,
            objects: &objects,
            outcome: if header.is_response() {
                names::response_code(header.response_code())
            } else {
                Outcome::None
            },
            transaction: Some(u32::from(header.id)),
            span: self.span,
        });
    }

    fn host(&mut self, address: IpAddr, field: IdentityField, name: &[u8]) {
        // A registration is refused, or a name is nobody's, with the address 0.
        if !name.is_empty() && !address.is_unspecified() {
            self.identity(
                About::Host {
                    mac: None,
                    ip: Some(address),
                },
                field,
                name,
            );
        }
    }

    fn identity(&mut self, about: About, field: IdentityField, value: &[u8]) {
        let protocol = self.flavour.protocol();
        self.sink.identity(&Identity {
            protocol,
            about,
            unit: None,
            field,
            value,
        });
    }

    fn fault(&mut self, fault: Fault) {
        let protocol = self.flavour.protocol();
        self.sink.anomaly(&Anomaly {
            protocol,
            code: fault.code(),
            span: self.span,
        });
    }
}
