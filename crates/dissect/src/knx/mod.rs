//! KNXnet/IP: building automation of KNX over IP, port 3671 of UDP and TCP.
//!
//! Reads, by the KNX Standard 3.0 (03/08/01 to 03/08/05, EN ISO 22510), version 1.0 of the header: every service by
//! name; search and description answers with the device's name, serial number, addresses and families of services;
//! connections with their kind and status; sequence numbers as transactions. The frames inside tunnels, routing and
//! device configuration are told as protocol `cemi`: group addresses with their values, memory, properties and what
//! else a device on the bus is asked (03/03/07), with its individual address as unit. A function's code of `cemi` is
//! the application service; `0x10000 |` the message code for frames without one, `0x20000 |` the control field of the
//! bus's transport.
//!
//! Secure wrappers and data security are told as such: they count as `program`, since nobody sees what they do.
//!
//! It has no state. Bounds: [`MAX_LENGTH`] bytes of one message on TCP, [`MAX_BLOCKS`] description blocks of one.
//! Skipped: object servers, tunnelling features' values, group addresses by another structure than three levels.

mod cemi;
mod names;
mod samples;
#[cfg(test)]
mod tests;

use crate::message::{About, Function, IdentityField, Message, Object, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Sink};
use crate::tell::{Tell, named, plain, trimmed};
use cofferdam_terms::{MacAddr, OperationClass};
use std::net::{IpAddr, Ipv4Addr};

/// The longest message on TCP. The specification's own limit for a cEMI frame is well below.
pub(crate) const MAX_LENGTH: usize = 2048;
/// The most description blocks of a message that are read; more are dropped and said.
pub(crate) const MAX_BLOCKS: usize = 32;
/// The header's own length, and version 1.0.
const HEAD: [u8; 2] = [0x06, 0x10];
/// The bytes of the header.
const HEAD_LENGTH: usize = 6;

const KNX: Protocol = Protocol("knxnet-ip");
const CEMI: Protocol = Protocol("cemi");

/// KNXnet/IP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: KNX,
    title: "KNXnet/IP",
    specification: "KNX Standard 3.0 (2020), 03/08/01 to 03/08/05 and AN159; 03/06/03; 03/03/07",
    tcp_ports: &[3671],
    udp_ports: &[3671],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation),
    inner: &[CEMI],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A field runs over the end of the message.
    CutShort,
    /// Bytes are left after the last field.
    TrailingBytes,
    /// The length in the header isn't the datagram's.
    LengthMismatch,
    /// A service of KNXnet/IP, or of the bus, that no table knows.
    UnknownService,
    /// A message code that no table knows.
    UnknownFrame,
    /// More description blocks than are read.
    TooManyBlocks,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::TrailingBytes => "trailing-bytes",
            Self::LengthMismatch => "length-mismatch",
            Self::UnknownService => "unknown-service",
            Self::UnknownFrame => "unknown-frame",
            Self::TooManyBlocks => "too-many-blocks",
        }
    }
}

impl From<Truncated> for Fault {
    fn from(_: Truncated) -> Self {
        Self::CutShort
    }
}

/// Certain by the header, a known service and, of a datagram, the right length.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    let [0x06, 0x10, s0, s1, l0, l1, ..] = *bytes else {
        let begun = bytes.iter().zip(HEAD).all(|(byte, head)| *byte == head);
        return if context.carrier == Carrier::Tcp && begun && bytes.len() < HEAD_LENGTH {
            Probe::Unsure
        } else {
            Probe::No
        };
    };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let known = names::service(u16::from_be_bytes([s0, s1])).is_some();
    match context.carrier {
        Carrier::Tcp if known && (HEAD_LENGTH..=MAX_LENGTH).contains(&length) => Probe::Certain,
        Carrier::Tcp => Probe::No,
        Carrier::Udp | Carrier::Ethernet(_) if known && length == bytes.len() => Probe::Certain,
        Carrier::Udp | Carrier::Ethernet(_) => Probe::Unsure,
    }
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(KNX, sink);
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let start = reader.offset();
            let mut ahead = reader;
            let lost = |reason| Lost {
                offset: start,
                reason,
            };
            let (service, length) = match head(&mut ahead) {
                Ok(Some(head)) => head,
                Ok(None) => return Err(lost("no header of KNXnet/IP 1.0")),
                Err(cut) => return Ok(partial(context, bytes, start, cut.missing, &mut tell)),
            };
            if context.carrier == Carrier::Tcp && length > MAX_LENGTH - HEAD_LENGTH {
                return Err(lost("longer than any message"));
            }
            let body = match ahead.sub(length) {
                Ok(body) => body,
                Err(cut) => return Ok(partial(context, bytes, start, cut.missing, &mut tell)),
            };
            let end = ahead.offset();
            message(service, body, Span { start, end }, &mut tell);
            if context.carrier != Carrier::Tcp && !ahead.is_empty() {
                let left = Span {
                    start: end,
                    end: bytes.len(),
                };
                tell.anomaly(Fault::LengthMismatch.code(), left);
                ahead.rest();
            }
            reader = ahead;
        }
        Ok(crate::tell::done(bytes))
    }
}

fn partial(context: Context, bytes: &[u8], start: usize, missing: usize, tell: &mut Tell<'_>) -> Progress {
    let (progress, cut) = context.partial(bytes, start, missing);
    if let Some(span) = cut {
        tell.anomaly(Fault::CutShort.code(), span);
    }
    progress
}

/// The service and the bytes that follow the header; `None` when it is no header.
fn head(reader: &mut Reader<'_>) -> Result<Option<(u16, usize)>, Truncated> {
    let wrong = reader.peek().iter().zip(HEAD).any(|(byte, head)| *byte != head);
    if wrong {
        return Ok(None);
    }
    let short = Truncated {
        offset: reader.offset(),
        missing: HEAD_LENGTH.saturating_sub(reader.left()),
    };
    let [_, _, s0, s1, l0, l1] = reader.array::<HEAD_LENGTH>().map_err(|_| short)?;
    let length = usize::from(u16::from_be_bytes([l0, l1])).checked_sub(HEAD_LENGTH);
    Ok(length.map(|length| (u16::from_be_bytes([s0, s1]), length)))
}

/// What a message's body says, beside description blocks and frames.
#[derive(Clone, Copy, Debug)]
struct Body<'a> {
    object: Option<Object<'a>>,
    outcome: Outcome,
    transaction: Option<u32>,
}

const NOTHING: Body<'static> = Body {
    object: None,
    outcome: Outcome::None,
    transaction: None,
};

fn message(service: u16, body: Reader<'_>, span: Span, tell: &mut Tell<'_>) {
    let known = names::service(service);
    let (name, role, class) = known.unwrap_or(("unknown", Role::Unsolicited, OperationClass::Program));
    let function = Function {
        code: service.into(),
        name,
    };
    let mut rest = body;
    let read = if known.is_some() {
        fields(service, &mut rest)
    } else {
        Ok(NOTHING)
    };
    let said = read.unwrap_or(NOTHING);
    tell.message(&Message {
        objects: said.object.as_slice(),
        outcome: match (role, said.outcome) {
            (Role::Response, Outcome::None) => Outcome::Success,
            (_, outcome) => outcome,
        },
        transaction: said.transaction,
        ..plain(KNX, role, function, class, span)
    });
    let inside = match (read, service) {
        (Err(cut), _) => Err(cut.into()),
        _ if known.is_none() => Err(Fault::UnknownService),
        (Ok(_), names::SEARCH_RESPONSE | names::SEARCH_RESPONSE_EXTENDED | names::DESCRIPTION_RESPONSE) => {
            description(service, body, tell)
        }
        (Ok(_), 0x0310 | 0x0420 | names::ROUTING_INDICATION | names::ROUTING_SYSTEM_BROADCAST) => {
            cemi::tell(rest, span, tell)
        }
        (Ok(_), _) => Ok(()),
    };
    if let Err(fault) = inside {
        tell.anomaly(fault.code(), span);
    }
}

/// An endpoint: its address, if it is one of IPv4.
fn endpoint(reader: &mut Reader<'_>) -> Result<Option<Ipv4Addr>, Truncated> {
    let length = usize::from(reader.u8()?);
    let mut inside = reader.sub(length.saturating_sub(1))?;
    if length != 8 {
        return Ok(None);
    }
    let _protocol = inside.u8()?;
    let address = Ipv4Addr::from(inside.u32_be()?);
    // An address of zeros asks for an answer to the sender's own.
    Ok((!address.is_unspecified()).then_some(address))
}

/// The fixed fields of a body; the frame inside, if there is one, is left in the reader.
fn fields<'a>(service: u16, reader: &mut Reader<'a>) -> Result<Body<'a>, Truncated> {
    Ok(match service {
        names::CONNECT_REQUEST => {
            endpoint(reader)?;
            endpoint(reader)?;
            let [_length, kind] = reader.array()?;
            Body {
                object: Some(named("connection", names::connection(kind))),
                ..NOTHING
            }
        }
        names::CONNECT_RESPONSE => {
            let [_channel, status] = reader.array()?;
            Body {
                outcome: outcome(status),
                ..NOTHING
            }
        }
        0x0207 | 0x0209 => Body {
            transaction: Some(reader.u8()?.into()),
            ..NOTHING
        },
        0x0208 | 0x020a => {
            let [channel, status] = reader.array()?;
            Body {
                outcome: outcome(status),
                transaction: Some(channel.into()),
                ..NOTHING
            }
        }
        0x0310 | 0x0311 | 0x0420..=0x0425 => {
            let length = usize::from(reader.u8()?);
            let mut connection = reader.sub(length.saturating_sub(1))?;
            let [channel, sequence, status] = connection.array()?;
            let answers = matches!(service, 0x0311 | 0x0421);
            Body {
                outcome: if answers { outcome(status) } else { Outcome::None },
                transaction: Some(u32::from_be_bytes([0, 0, channel, sequence])),
                ..NOTHING
            }
        }
        0x0954 => Body {
            outcome: session_status(reader.u8()?),
            ..NOTHING
        },
        _ => NOTHING,
    })
}

fn outcome(status: u8) -> Outcome {
    match status {
        0 => Outcome::Success,
        _ => Outcome::Failure {
            code: status.into(),
            name: names::status(status),
        },
    }
}

/// AN159, 2.2.3.
fn session_status(status: u8) -> Outcome {
    let name = match status {
        0 | 4 => return Outcome::Success,
        1 => "authentication failed",
        2 => "not authenticated",
        3 => "timeout",
        5 => "closed",
        _ => "refused",
    };
    Outcome::Failure {
        code: status.into(),
        name,
    }
}

/// The blocks of a description (03/08/02, 7.5.4).
fn description(service: u16, mut reader: Reader<'_>, tell: &mut Tell<'_>) -> Result<(), Fault> {
    let address = match service {
        names::DESCRIPTION_RESPONSE => None,
        _ => endpoint(&mut reader)?,
    };
    for _ in 0..MAX_BLOCKS {
        if reader.is_empty() {
            return Ok(());
        }
        let length = usize::from(reader.u8()?);
        let mut block = reader.sub(length.saturating_sub(1))?;
        match block.u8()? {
            0x01 => device(block, address, tell)?,
            0x02 => {
                while let Ok([family, _version]) = block.array() {
                    tell.fact(IdentityField::Offers, names::family(family).unwrap_or_default());
                }
            }
            0x08 => {
                block.skip(4)?;
                let mask = format!("KNX mask 0x{:04x}", block.u16_be()?);
                tell.fact(IdentityField::DeviceType, mask.as_bytes());
            }
            0xfe => tell.fact(IdentityField::Vendor, cemi::maker(block.u16_be()?).as_bytes()),
            _ => {}
        }
    }
    if reader.is_empty() {
        Ok(())
    } else {
        Err(Fault::TooManyBlocks)
    }
}

/// The block of device information: medium, addresses, serial number, name.
fn device(mut block: Reader<'_>, address: Option<Ipv4Addr>, tell: &mut Tell<'_>) -> Result<(), Truncated> {
    let [_medium, _status] = block.array()?;
    let individual = block.u16_be()?;
    let _project = block.u16_be()?;
    let serial: [u8; 6] = block.array()?;
    let _multicast = block.u32_be()?;
    let mac = MacAddr(block.array()?);
    let name = trimmed(block.take(30)?);
    tell.fact(IdentityField::HostName, name);
    let text: String = serial.iter().map(|byte| format!("{byte:02x}")).collect();
    tell.fact(IdentityField::Serial, text.as_bytes());
    let place = format!(
        "KNX {}.{}.{}",
        individual >> 12,
        individual >> 8 & 0x0f,
        individual & 0xff
    );
    tell.fact(IdentityField::Module, place.as_bytes());
    if !mac.is_group() && mac != MacAddr([0; 6]) {
        let about = About::Host {
            mac: Some(mac),
            ip: address.map(IpAddr::V4),
        };
        if address.is_some() {
            tell.fact_about(about, IdentityField::Binding, &[]);
        }
    }
    Ok(())
}
