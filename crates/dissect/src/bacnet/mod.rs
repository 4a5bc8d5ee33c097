//! BACnet/IP: building automation, ventilation, cold and energy, over UDP port 47808.
//!
//! Reads: ANSI/ASHRAE 135-2020: the virtual link of Annex J with its broadcast distribution and foreign devices, the
//! network layer with routing (clause 6), every kind of application message (clause 20.1), segments put together,
//! confirmed and unconfirmed services with the objects, properties and values that they name (clauses 13 to 17).
//!
//! A confirmed service's code is its choice, an unconfirmed one's has 0x100 added, a network message's 0x200, an
//! application message's that no request of can be seen 0x300 and its type. Functions of the virtual link that carry no
//! message are told as protocol `bvlc`. The unit is the station behind a router: its network in the upper 16 bits, its
//! address in the lower ones (see [`npdu`]). Present values are points of their object's type; other properties are
//! told by name. A device's own object says what it is: its name, maker, model, versions, serial number.
//!
//! Bounds: [`session::MAX_OUTSTANDING`] requests that wait, [`session::MAX_KEPT`] objects of each,
//! [`session::MAX_ASSEMBLIES`] segmented services of [`session::MAX_SERVICE`] bytes in the making,
//! [`services::MAX_ITEMS`] objects and [`services::MAX_FACTS`] facts of one message.
//!
//! Skipped: contents of files and of maker-defined services, the insides of event notifications, secured messages
//! (encrypted), BACnet over Ethernet, MS/TP, IPv6 and Secure Connect, which are framed otherwise. Passwords are never
//! handed on.

mod apdu;
mod emit;
mod names;
mod npdu;
mod samples;
mod services;
mod session;
mod tags;
#[cfg(test)]
mod tests;

use crate::message::{About, Outcome, Role};
use crate::reader::Reader;
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use apdu::{Apdu, Segmented, Service};
use emit::Emit;
use npdu::{Bvlc, BvlcFunction, Npdu, Unreadable};
use services::{Body, Voice};
use session::{Assemblies, Exchange, Half, Joined, Outstanding, Segment};

const BACNET: Protocol = Protocol("bacnet");
const BVLC: Protocol = Protocol("bvlc");

/// BACnet/IP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: BACNET,
    title: "BACnet/IP",
    specification: "ANSI/ASHRAE 135-2020",
    tcp_ports: &[],
    udp_ports: &[47808],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[BVLC],
    samples: samples::SAMPLES,
};

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The datagram doesn't start as BACnet/IP.
    NotBacnet,
    /// The length in the header isn't the datagram's.
    LengthMismatch,
    /// A function of the virtual link that the standard doesn't have.
    LinkFunction,
    /// A version of the network layer that isn't 1.
    Version,
    /// A field runs over the end of the message.
    CutShort,
    /// A tag that can't stand where it does, or whose content isn't of its type.
    MalformedTag,
    /// A type of application message that the standard doesn't have.
    MessageType,
    /// The message names more objects than are told.
    TooManyItems,
    /// A segment continues nothing that was begun.
    SegmentOutOfOrder,
    /// A segmented service is longer than is put together.
    ServiceTooLong,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::NotBacnet => "not-bacnet",
            Self::LengthMismatch => "length-mismatch",
            Self::LinkFunction => "link-function",
            Self::Version => "version",
            Self::CutShort => "cut-short",
            Self::MalformedTag => "malformed-tag",
            Self::MessageType => "message-type",
            Self::TooManyItems => "too-many-items",
            Self::SegmentOutOfOrder => "segment-out-of-order",
            Self::ServiceTooLong => "service-too-long",
        }
    }
}

/// Certain when the link's header gives the datagram's length and what it carries starts as it has to.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    let Some(Bvlc {
        function,
        mut body,
        length,
    }) = npdu::bvlc(bytes)
    else {
        return if bytes.is_empty() || [npdu::BVLC_TYPE] == *bytes {
            Probe::Unsure
        } else {
            Probe::No
        };
    };
    if length != bytes.len() || !function.fits(body.left()) {
        return Probe::No;
    }
    if !function.carries() {
        // Only four to ten bytes are looked at, one of which could be any.
        return Probe::Unsure;
    }
    if function == BvlcFunction::FORWARDED && npdu::address(&mut body).is_err() {
        return Probe::No;
    }
    match npdu::npdu(body) {
        Ok(_) => Probe::Certain,
        Err(Unreadable::Cut | Unreadable::Version) => Probe::No,
    }
}

#[derive(Debug, Default)]
struct Conversation {
    outstanding: Outstanding,
    assemblies: Assemblies,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut emit = Emit::new(sink, bytes.len());
        match npdu::bvlc(bytes) {
            Some(bvlc) => self.datagram(context.side, &bvlc, bytes.len(), &mut emit),
            None => emit.fault(Fault::NotBacnet),
        }
        Ok(Progress {
            consumed: bytes.len(),
            missing: 0,
        })
    }

    fn gap(&mut self, _: Side) {
        self.outstanding.clear();
        self.assemblies.clear();
    }
}

impl Conversation {
    fn datagram(&mut self, side: Side, bvlc: &Bvlc<'_>, handed: usize, emit: &mut Emit<'_>) {
        if bvlc.length != handed {
            emit.fault(Fault::LengthMismatch);
        }
        let mut body = bvlc.body;
        if !bvlc.function.carries() {
            return emit.link(bvlc);
        }
        if bvlc.function == BvlcFunction::FORWARDED {
            match npdu::address(&mut body) {
                Ok(address) => emit.about = forwarded(address),
                Err(_) => return emit.fault(Fault::CutShort),
            }
        }
        match npdu::npdu(body) {
            Ok(npdu) => self.network(side, &npdu, emit),
            Err(Unreadable::Cut) => emit.fault(Fault::CutShort),
            Err(Unreadable::Version) => emit.fault(Fault::Version),
        }
    }

    fn network(&mut self, side: Side, npdu: &Npdu<'_>, emit: &mut Emit<'_>) {
        if let Some(kind) = npdu.message {
            return emit.network(kind, npdu);
        }
        match apdu::apdu(npdu.body) {
            Ok(apdu) => self.application(side, npdu, apdu, emit),
            Err(_) => emit.fault(Fault::CutShort),
        }
    }

    fn application(&mut self, side: Side, npdu: &Npdu<'_>, apdu: Apdu<'_>, emit: &mut Emit<'_>) {
        let source = npdu.source.and_then(|station| station.unit());
        let destination = npdu.destination.and_then(|station| station.unit());
        let asking = |invoke| Exchange {
            asker: side,
            unit: destination,
            invoke,
        };
        let answering = |invoke| Exchange {
            asker: side.other(),
            unit: source,
            invoke,
        };
        match apdu {
            Apdu::Request {
                invoke,
                segmented,
                service,
                body,
            } => {
                let exchange = asking(invoke);
                self.whole(
                    exchange,
                    Half::Request,
                    segmented,
                    body,
                    emit,
                    |this, body, emit| {
                        this.request(exchange, service, body, emit);
                    },
                );
            }
            Apdu::Unconfirmed { service, body } => unconfirmed(service, source.or(destination), body, emit),
            Apdu::ComplexAck {
                invoke,
                segmented,
                service,
                body,
            } => {
                let exchange = answering(invoke);
                self.whole(
                    exchange,
                    Half::Answer,
                    segmented,
                    body,
                    emit,
                    |this, body, emit| {
                        this.answer(exchange, service, body, emit);
                    },
                );
            }
            Apdu::SimpleAck { invoke, service } => {
                self.done(answering(invoke), Some(service), Outcome::Success, 2, emit);
            }
            Apdu::SegmentAck { invoke } => emit.segment_ack(source.or(destination), invoke),
            Apdu::Error {
                invoke,
                service,
                body,
            } => {
                let outcome = match services::error(body) {
                    Some((class, code)) => emit::failure(class, code),
                    None => {
                        emit.fault(Fault::CutShort);
                        emit::failure(0, 0)
                    }
                };
                self.done(answering(invoke), Some(service), outcome, 5, emit);
            }
            Apdu::Reject { invoke, reason } => {
                let outcome = Outcome::Failure {
                    code: reason.into(),
                    name: names::reject(reason),
                };
                self.done(answering(invoke), None, outcome, 6, emit);
            }
            Apdu::Abort {
                invoke,
                reason,
                by_server,
            } => {
                let exchange = if by_server {
                    answering(invoke)
                } else {
                    asking(invoke)
                };
                let outcome = Outcome::Failure {
                    code: reason.into(),
                    name: names::abort(reason),
                };
                self.done(exchange, None, outcome, 7, emit);
            }
            Apdu::Unknown => emit.fault(Fault::MessageType),
        }
    }

    /// Hands a service's parameters on once they are whole.
    fn whole(
        &mut self,
        exchange: Exchange,
        half: Half,
        segmented: Option<Segmented>,
        body: Reader<'_>,
        emit: &mut Emit<'_>,
        take: impl FnOnce(&mut Self, Reader<'_>, &mut Emit<'_>),
    ) {
        let Some(Segmented { number, more }) = segmented else {
            return take(self, body, emit);
        };
        let segment = Segment {
            exchange,
            half,
            number,
            more,
        };
        match self.assemblies.join(segment, body.peek()) {
            Joined::Whole(bytes) => take(self, Reader::new(&bytes), emit),
            Joined::Wait | Joined::Repeated => {}
            Joined::OutOfOrder => emit.fault(Fault::SegmentOutOfOrder),
            Joined::TooLong => emit.fault(Fault::ServiceTooLong),
        }
    }

    fn request(&mut self, exchange: Exchange, service: Service, reader: Reader<'_>, emit: &mut Emit<'_>) {
        let mut body = Body::default();
        services::read(service, Voice::Asks, reader, &mut body);
        self.outstanding.push(exchange, service, &body.items);
        emit.service(Role::Request, service, exchange, Outcome::None, &body);
    }

    fn answer(&mut self, exchange: Exchange, service: Service, reader: Reader<'_>, emit: &mut Emit<'_>) {
        let asked = self.outstanding.take(exchange);
        let mut body = Body::default();
        services::read(service, Voice::Answers, reader, &mut body);
        if let Some(asked) = asked.filter(|asked| asked.service == service && body.items.is_empty()) {
            for item in asked.items {
                body.items.push(item);
            }
        }
        let outcome = match body.failure {
            Some((class, code)) => emit::failure(class, code),
            None => Outcome::Success,
        };
        emit.service(Role::Response, service, exchange, outcome, &body);
    }

    /// An answer that says only how it went.
    fn done(
        &mut self,
        exchange: Exchange,
        service: Option<Service>,
        outcome: Outcome,
        kind: u8,
        emit: &mut Emit<'_>,
    ) {
        let asked = self.outstanding.take(exchange);
        let mut body = Body::default();
        let service = match (service, asked) {
            (Some(service), Some(asked)) if asked.service == service => {
                body.items.extend(asked.items);
                Some(service)
            }
            (None, Some(asked)) => {
                body.items.extend(asked.items);
                Some(asked.service)
            }
            (service, _) => service,
        };
        match service {
            Some(service) => emit.service(Role::Response, service, exchange, outcome, &body),
            None => emit.alone(kind, exchange, outcome),
        }
    }
}

/// The sender of a message that a broadcast distributor handed on.
const fn forwarded(address: std::net::Ipv4Addr) -> About {
    About::Host {
        mac: None,
        ip: Some(std::net::IpAddr::V4(address)),
    }
}

fn unconfirmed(service: Service, unit: Option<u32>, reader: Reader<'_>, emit: &mut Emit<'_>) {
    let mut body = Body::default();
    services::read(service, Voice::Asks, reader, &mut body);
    let role = match service {
        // Who-Has, Who-Is, Who-Am-I; and orders that are not confirmed.
        Service::Unconfirmed(6..=10 | 13 | 14) => Role::Request,
        Service::Unconfirmed(_) | Service::Confirmed(_) => Role::Unsolicited,
    };
    emit.unconfirmed(role, service, unit, &body);
}
