//! PROFINET IO context management: a controller opens relations with its devices, sets their parameters and reads
//! records, by remote calls.
//!
//! Reads, by IEC 61158-6-10:2019, 4.10 and 5.2, over connectionless DCE/RPC (C706, 1997, chapter 12) on UDP port 34964
//! and the ports agreed there: Connect with the initiator's name, relations' frame ids and expected modules; Release,
//! Control; Read and Write with slot, subslot and index; identification records (I&M0, IEC 61158-6-10 annex U); the
//! endpoint mapper's annotation, in which devices say their type, order number and revisions. The function's code is
//! the operation number; the endpoint mapper's is 0x100 with its own, other packets' 0x200 with their type.
//!
//! It has no state: answers repeat the operation. Bounds: the datagram, [`blocks::MAX_OBJECTS`] objects of one call,
//! [`mapper::MAX_ENTRIES`] of the mapper. Skipped: second and further fragments of a call (records are read as far as
//! the first one has them), contents of other records.

mod blocks;
mod mapper;
mod samples;
#[cfg(test)]
mod tests;

use crate::message::{Function, Message, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Sink};
use crate::tell::{Tell, all, done, plain};
use cofferdam_terms::OperationClass;

const PNIO_CM: Protocol = Protocol("pnio-cm");

/// PROFINET IO-CM in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: PNIO_CM,
    title: "PROFINET IO-CM",
    specification: "IEC 61158-6-10:2019, DCE 1.1 Remote Procedure Call (C706, 1997)",
    tcp_ports: &[],
    udp_ports: &[34964],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation),
    inner: &[],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The call's header is cut short.
    Header,
    /// A block runs over the end.
    Block,
    /// An operation that no edition has.
    Operation,
    /// More objects than are kept.
    TooManyObjects,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::Header => "cut-short",
            Self::Block => "malformed-block",
            Self::Operation => "unknown-operation",
            Self::TooManyObjects => "too-many-objects",
        }
    }
}

/// Packet types of connectionless calls (C706, 12.5).
mod packet {
    pub(super) const REQUEST: u8 = 0;
    pub(super) const RESPONSE: u8 = 2;
    pub(super) const FAULT: u8 = 3;
    pub(super) const REJECT: u8 = 6;
}

const fn packet_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "Ping",
        packet::FAULT => "Fault",
        4 => "Working",
        5 => "No Call",
        packet::REJECT => "Reject",
        7 => "Acknowledge",
        8 => "Cancel",
        9 => "Fragment Acknowledge",
        10 => "Cancel Acknowledge",
        _ => return None,
    })
}

/// The last 14 bytes of PROFINET IO's interfaces (device, controller, supervisor, parameter server): the first two
/// differ and the next four change with the byte order.
const INTERFACE_NODE: [u8; 8] = [0x82, 0x71, 0x00, 0xa0, 0x24, 0x42, 0xdf, 0x7d];
const MAPPER_NODE: [u8; 8] = [0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa];
const INTERFACES: core::ops::RangeInclusive<u32> = 0xdea0_0001..=0xdea0_0004;
const MAPPER: u32 = 0xe1af_8308;

/// Byte order of a call's own fields and of its arguments' lengths; PROFINET's blocks are big endian always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Big,
    Little,
}

impl Order {
    fn u16(self, reader: &mut Reader<'_>) -> Result<u16, Truncated> {
        match self {
            Self::Big => reader.u16_be(),
            Self::Little => reader.u16_le(),
        }
    }

    fn u32(self, reader: &mut Reader<'_>) -> Result<u32, Truncated> {
        match self {
            Self::Big => reader.u32_be(),
            Self::Little => reader.u32_le(),
        }
    }
}

/// Whose operations are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interface {
    Profinet,
    Mapper,
}

/// A call's header.
#[derive(Clone, Copy, Debug)]
struct Header {
    kind: u8,
    order: Order,
    interface: Option<Interface>,
    sequence: u32,
    operation: u16,
    /// The length of what follows.
    length: u16,
    fragment: u16,
    /// Whether further fragments follow.
    more: bool,
}

impl Header {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let [_version, kind, flags, _flags_2, representation] = reader.array()?;
        let order = if representation & 0x10 == 0 {
            Order::Big
        } else {
            Order::Little
        };
        reader.skip(2 + 1 + 16)?; // the representation's rest, serial, object
        let first = order.u32(reader)?;
        reader.skip(4)?;
        let node = reader.array::<8>()?;
        let interface = match node {
            INTERFACE_NODE if INTERFACES.contains(&first) => Some(Interface::Profinet),
            MAPPER_NODE if first == MAPPER => Some(Interface::Mapper),
            _ => None,
        };
        reader.skip(16 + 4 + 4)?; // activity, boot time, interface version
        let sequence = order.u32(reader)?;
        let operation = order.u16(reader)?;
        reader.skip(4)?; // hints
        let length = order.u16(reader)?;
        let fragment = order.u16(reader)?;
        reader.skip(2)?; // authentication, serial
        Ok(Self {
            kind,
            order,
            interface,
            sequence,
            operation,
            length,
            fragment,
            // A fragment that is not the last.
            more: flags & 0x06 == 0x04,
        })
    }
}

fn probe(context: Context, bytes: &[u8]) -> Probe {
    let [4, 0..=10, _, _, 0x00 | 0x10, ..] = bytes else {
        return Probe::No;
    };
    match Header::read(&mut Reader::new(bytes)) {
        Ok(Header {
            interface: Some(Interface::Profinet),
            ..
        }) => Probe::Certain,
        Ok(Header {
            interface: Some(Interface::Mapper),
            ..
        }) if context.port == 34964 => Probe::Certain,
        Ok(_) => Probe::Unsure,
        Err(_) => Probe::No,
    }
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, _: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(PNIO_CM, sink);
        let mut reader = Reader::new(bytes);
        match Header::read(&mut reader) {
            Ok(header) => call(&header, reader, bytes, &mut tell),
            Err(_) => tell.anomaly(Fault::Header.code(), all(bytes)),
        }
        Ok(done(bytes))
    }
}

fn call(header: &Header, mut reader: Reader<'_>, bytes: &[u8], tell: &mut Tell<'_>) {
    let role = match header.kind {
        packet::REQUEST => Role::Request,
        packet::RESPONSE => Role::Response,
        kind => {
            transport(kind, header, reader, bytes, tell);
            return;
        }
    };
    if header.fragment > 0 {
        return;
    }
    let content = reader.sub(header.length.into());
    let cut = content.is_err();
    let content = content.unwrap_or(reader);
    match header.interface {
        Some(Interface::Profinet) => blocks::tell(header, role, content, bytes, tell),
        Some(Interface::Mapper) => mapper::tell(header, role, content, bytes, tell),
        None => {
            let function = Function {
                code: header.operation.into(),
                name: "unknown",
            };
            tell.message(&plain(
                PNIO_CM,
                role,
                function,
                OperationClass::Program,
                all(bytes),
            ));
            tell.anomaly(Fault::Operation.code(), all(bytes));
        }
    }
    if cut {
        tell.anomaly(Fault::Header.code(), all(bytes));
    }
}

/// What keeps a call going, or ends it.
fn transport(kind: u8, header: &Header, mut reader: Reader<'_>, bytes: &[u8], tell: &mut Tell<'_>) {
    let name = packet_name(kind);
    let role = match kind {
        1 | 8 => Role::Request,
        _ => Role::Response,
    };
    let function = Function {
        code: 0x200 | u32::from(kind),
        name: name.unwrap_or("unknown"),
    };
    let outcome = match kind {
        packet::FAULT | packet::REJECT => Outcome::Failure {
            code: header.order.u32(&mut reader).unwrap_or_default(),
            name: "call refused",
        },
        _ => Outcome::None,
    };
    tell.message(&Message {
        outcome,
        transaction: Some(header.sequence),
        ..plain(PNIO_CM, role, function, OperationClass::Session, all(bytes))
    });
    if name.is_none() {
        tell.anomaly(Fault::Operation.code(), all(bytes));
    }
}
