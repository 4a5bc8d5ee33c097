//! EtherNet/IP: the encapsulation on TCP and UDP port 44818, CIP inside it, PCCC inside CIP, and cyclic data on UDP
//! port 2222.
//!
//! Read, by the CIP Networks Library, volume 1 (common industrial protocol, edition 3.22) and volume 2 (EtherNet/IP
//! adaptation, edition 1.23): every encapsulation command; identity items; CIP requests and answers, connected and
//! not, with their paths; Multiple_Service_Packet and Unconnected_Send, each message inside them; connections by
//! Forward_Open; tags by Rockwell's "Logix 5000 Controllers Data Access" (1756-PM020); PCCC by 1770-6.5.16.
//!
//! A message that only the encapsulation has is `enip`, with the command as its code. CIP's are `cip`, with the
//! service without the answer's bit; `unit` is the slot that the route or connection leads to. The two services that
//! wrap others are told before those, with the gravest class among them. PCCC's are `pccc`: see [`pccc`]. Cyclic data
//! are `enip-io`, code 0x00b1: from the side that opened the conversation they are outputs (write), to it inputs
//! (read); a datagram with a sequence count and nothing else keeps the connection (session).
//!
//! Bounds: [`encap::MAX_ITEMS`] items of a packet, [`session::MAX_SERVICES`] services of one message,
//! [`ask::MAX_OBJECTS`] objects of one, [`state::MAX_OUTSTANDING`] requests that wait,
//! [`state::MAX_CONNECTIONS`] connections, [`state::MAX_NAMES`] bytes of tag names for each request that waits,
//! [`path::MAX_TAG`] bytes of a tag's name.
//!
//! Skipped: a Multiple_Service_Packet inside another (none is sent), attribute values beyond the identity object,
//! contents of files and programs, DTLS.

mod answer;
mod ask;
mod cip;
mod encap;
mod identity;
mod names;
mod path;
mod pccc;
mod samples;
mod session;
mod state;
#[cfg(test)]
mod tests;
mod vendors;

use crate::message::{About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome};
use crate::message::{Role, Span};
use crate::reader::Reader;
use crate::registry::{Protocol, Registration};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;
use encap::{HEADER, Header};
use names::{Command, CommandCode};
use session::{Carriage, Conversation};
use state::Key;

const ENIP: Protocol = Protocol("enip");
const CIP: Protocol = Protocol("cip");
const PCCC: Protocol = Protocol("pccc");
const ENIP_IO: Protocol = Protocol("enip-io");

/// EtherNet/IP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: ENIP,
    title: "EtherNet/IP and CIP",
    specification: "CIP Networks Library, volumes 1 (3.22) and 2 (1.23)",
    tcp_ports: &[44818],
    udp_ports: &[44818, 2222],
    ether_types: &[],
    probe,
    open,
    inner: &[CIP, PCCC, ENIP_IO],
    samples: samples::SAMPLES,
};

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    LengthMismatch,
    UnknownCommand,
    MalformedItems,
    MalformedIdentity,
    MalformedService,
    MalformedPath,
    TooManyServices,
    TooManyObjects,
    NestedTooDeep,
    MalformedConnection,
    MalformedPccc,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::LengthMismatch => "length-mismatch",
            Self::UnknownCommand => "unknown-command",
            Self::MalformedItems => "malformed-items",
            Self::MalformedIdentity => "malformed-identity",
            Self::MalformedService => "malformed-service",
            Self::MalformedPath => "malformed-path",
            Self::TooManyServices => "too-many-services",
            Self::TooManyObjects => "too-many-objects",
            Self::NestedTooDeep => "nested-too-deep",
            Self::MalformedConnection => "malformed-connection",
            Self::MalformedPccc => "malformed-pccc",
        }
    }

    const fn protocol(self) -> Protocol {
        match self {
            Self::LengthMismatch | Self::UnknownCommand | Self::MalformedItems | Self::MalformedIdentity => {
                ENIP
            }
            Self::MalformedService
            | Self::MalformedPath
            | Self::TooManyServices
            | Self::TooManyObjects
            | Self::NestedTooDeep
            | Self::MalformedConnection => CIP,
            Self::MalformedPccc => PCCC,
        }
    }
}

/// A header with a known command, no options, and a length that fits what follows it; or cyclic data. A NOP alone is
/// too common a row of zeros, and ListTargets, which nobody sends any more, looks like the answer to GE-SRTP's opening.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    if context.carrier == Carrier::Udp && encap::is_cyclic(bytes) {
        return Probe::Certain;
    }
    let mut reader = Reader::new(bytes);
    let Ok(header) = encap::header(&mut reader) else {
        let known = match *bytes {
            [low, high, ..] => CommandCode(u16::from_le_bytes([low, high])).known().is_some(),
            _ => true,
        };
        return if known && context.carrier == Carrier::Tcp {
            Probe::Unsure
        } else {
            Probe::No
        };
    };
    let fits = match context.carrier {
        Carrier::Tcp => header.session != 0 || header.length <= MAX_WITHOUT_SESSION,
        Carrier::Udp | Carrier::Ethernet(_) => usize::from(header.length) == reader.left(),
    };
    match header.command.known() {
        None => Probe::No,
        Some(_) if header.options != 0 || !fits => Probe::No,
        Some(Command::Nop | Command::ListTargets) => Probe::Unsure,
        Some(_) => Probe::Certain,
    }
}

/// No command without a session handle carries more: the longest are answers of identities and services.
const MAX_WITHOUT_SESSION: u16 = 1024;

fn open() -> Box<dyn Session> {
    Box::new(Encapsulation::default())
}

#[derive(Debug, Default)]
struct Encapsulation {
    conversation: Conversation,
}

impl Session for Encapsulation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        match context.carrier {
            Carrier::Tcp => self.stream(context, bytes, sink),
            Carrier::Udp | Carrier::Ethernet(_) => self.datagram(context, bytes, sink),
        }
    }

    fn gap(&mut self, _: Side) {
        // Requests that wait are found by their number, whatever is missing between.
    }
}

impl Encapsulation {
    fn stream(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.offset();
            let more = |missing| {
                Ok(Progress {
                    consumed: start,
                    missing,
                })
            };
            let mut ahead = reader;
            let header = match encap::header(&mut ahead) {
                Ok(header) => header,
                Err(_) if reader.is_empty() => return more(0),
                Err(_) => return more(HEADER - reader.left()),
            };
            if header.command.known().is_none() && header.options != 0 {
                return Err(Lost {
                    offset: start,
                    reason: "no encapsulation command",
                });
            }
            let length = usize::from(header.length);
            let Ok(body) = ahead.sub(length) else {
                return more(length - ahead.left());
            };
            let span = Span {
                start,
                end: ahead.offset(),
            };
            self.packet(context.side, &header, body, &mut Emit { sink, span });
            reader = ahead;
        }
    }

    fn datagram(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let span = Span {
            start: 0,
            end: bytes.len(),
        };
        let emit = &mut Emit { sink, span };
        let mut reader = Reader::new(bytes);
        if encap::is_cyclic(bytes) {
            cyclic(context.side, &mut reader, emit);
        } else {
            let header = encap::header(&mut reader)
                .ok()
                .filter(|header| header.options == 0 && header.command.known().is_some());
            let Some(header) = header else {
                return Err(Lost {
                    offset: 0,
                    reason: "no encapsulation header",
                });
            };
            if usize::from(header.length) != reader.left() {
                emit.fault(Fault::LengthMismatch);
            }
            let length = usize::from(header.length).min(reader.left());
            if let Ok(body) = reader.sub(length) {
                self.packet(context.side, &header, body, emit);
            }
        }
        Ok(Progress {
            consumed: bytes.len(),
            missing: 0,
        })
    }

    fn packet(&mut self, side: Side, header: &Header, body: Reader<'_>, emit: &mut Emit<'_>) {
        let Some(command) = header.command.known() else {
            emit.fault(Fault::UnknownCommand);
            return;
        };
        match command {
            Command::SendRrData | Command::SendUnitData if !body.is_empty() => {
                self.cip_packet(side, command, header, body, emit);
            }
            Command::ListIdentity if !body.is_empty() => list_identity(header, body, emit),
            Command::ListServices if !body.is_empty() => list_services(header, body, emit),
            _ => emit.command(command, role(command, side, header), header, &[]),
        }
    }

    /// SendRRData and SendUnitData: interface, timeout, items.
    fn cip_packet(
        &mut self,
        side: Side,
        command: Command,
        header: &Header,
        mut body: Reader<'_>,
        emit: &mut Emit<'_>,
    ) {
        let items = body.skip(4 + 2).and_then(|()| encap::items(&mut body));
        let Ok(items) = items else {
            emit.fault(Fault::MalformedItems);
            return;
        };
        if let Some(message) = items.unconnected {
            let carriage = Carriage {
                key: Key::Unconnected(header.context),
                connection: None,
            };
            self.conversation.message(carriage, message, emit);
        } else if let Some(mut message) = items.connected {
            let Ok(sequence) = message.u16_le() else {
                emit.fault(Fault::MalformedItems);
                return;
            };
            let carriage = Carriage {
                key: Key::Connected(sequence),
                connection: items.connection,
            };
            self.conversation.message(carriage, message, emit);
        } else {
            emit.command(command, role(command, side, header), header, &[]);
        }
    }
}

/// The part that a command plays. Discovery is often broadcast, so that the sides of its answer are no guide: the
/// request is empty, the answer is not.
fn role(command: Command, side: Side, header: &Header) -> Role {
    let by_content = match command {
        Command::ListTargets | Command::ListServices | Command::ListIdentity | Command::ListInterfaces => {
            header.length != 0
        }
        Command::RegisterSession => header.session != 0 || header.status != 0,
        Command::SendRrData | Command::SendUnitData | Command::StartDtls => side == Side::Responder,
        Command::Nop | Command::UnregisterSession | Command::IndicateStatus | Command::Cancel => false,
    };
    if by_content { Role::Response } else { Role::Request }
}

fn list_identity(header: &Header, mut body: Reader<'_>, emit: &mut Emit<'_>) {
    match encap::items(&mut body) {
        Ok(items) => {
            if items
                .identity
                .is_some_and(|item| identity::item(item, emit).is_err())
            {
                emit.fault(Fault::MalformedIdentity);
            }
        }
        Err(_) => emit.fault(Fault::MalformedItems),
    }
    emit.command(Command::ListIdentity, Role::Response, header, &[]);
}

/// The item: version, what it can do, a name of up to 16 bytes that ends with a zero.
fn list_services(header: &Header, mut body: Reader<'_>, emit: &mut Emit<'_>) {
    let name = encap::items(&mut body)
        .ok()
        .and_then(|items| items.service)
        .and_then(|mut item| {
            item.skip(4).ok()?;
            let name = item.rest();
            name.get(..name.iter().position(|byte| *byte == 0).unwrap_or(name.len()))
        });
    match name {
        Some(name) => {
            let object = Object::at(Address::Name {
                kind: "service",
                name,
            });
            emit.command(Command::ListServices, Role::Response, header, &[object]);
        }
        None => {
            emit.fault(Fault::MalformedItems);
            emit.command(Command::ListServices, Role::Response, header, &[]);
        }
    }
}

/// Data of a cyclic connection: the connection's id, the data.
fn cyclic(side: Side, reader: &mut Reader<'_>, emit: &mut Emit<'_>) {
    let Ok(items) = encap::items(reader) else {
        emit.fault(Fault::MalformedItems);
        return;
    };
    let data = items.connected.map(|data| data.peek()).unwrap_or_default();
    let operation = match side {
        _ if data.len() <= 2 => OperationClass::Session,
        Side::Initiator => OperationClass::Write,
        Side::Responder => OperationClass::Read,
    };
    let address = Address::Points {
        space: "connection",
        first: items.connection.unwrap_or_default(),
        count: 1,
    };
    emit.message(&Message {
        protocol: ENIP_IO,
        role: Role::Unsolicited,
        function: Function {
            code: 0x00b1,
            name: "Cyclic Data",
        },
        operation,
        unit: None,
        objects: &[Object {
            address,
            value: Some(data),
        }],
        outcome: Outcome::None,
        transaction: None,
        span: emit.span,
    });
}

/// The sink, and where the bytes at hand stand.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn message(&mut self, message: &Message<'_>) {
        self.sink.message(message);
    }

    fn command(&mut self, command: Command, role: Role, header: &Header, objects: &[Object<'_>]) {
        let outcome = match role {
            Role::Response => names::encapsulation_status(header.status),
            Role::Request | Role::Unsolicited => Outcome::None,
        };
        self.sink.message(&Message {
            protocol: ENIP,
            role,
            function: Function {
                code: u32::from(header.command.0),
                name: command.name(),
            },
            operation: command.operation(),
            unit: None,
            objects,
            outcome,
            transaction: None,
            span: self.span,
        });
    }

    fn identity(
        &mut self,
        protocol: Protocol,
        about: About,
        unit: Option<u32>,
        field: IdentityField,
        value: &[u8],
    ) {
        self.sink.identity(&Identity {
            protocol,
            about,
            unit,
            field,
            value,
        });
    }

    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: fault.protocol(),
            code: fault.code(),
            span: self.span,
        });
    }
}
