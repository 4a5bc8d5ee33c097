//! Tells the sink what was read.

use super::apdu::Service;
use super::npdu::{Bvlc, BvlcFunction, Npdu};
use super::services::{Body, Item, What};
use super::session::Exchange;
use super::{BACNET, BVLC, Fault, names, npdu};
use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::session::Sink;
use crate::text::AddressText;
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// Added to a network message's type.
const NETWORK: u32 = 0x200;
/// Added to the type of an application message that names no service.
const BARE: u32 = 0x300;
/// The network message that says who routes.
const I_AM_ROUTER: u8 = 0x01;
const REJECT: u8 = 0x03;

/// The sink, and where the datagram at hand stands.
pub(super) struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
    /// Whom facts are about.
    pub(super) about: About,
}

/// Error class and code as an outcome.
pub(super) fn failure(class: u32, code: u32) -> Outcome {
    Outcome::Failure {
        code: (class & 0xffff) << 16 | (code & 0xffff),
        name: names::error(class, code),
    }
}

impl<'s> Emit<'s> {
    pub(super) fn new(sink: &'s mut dyn Sink, length: usize) -> Self {
        Self {
            sink,
            span: Span {
                start: 0,
                end: length,
            },
            about: About::Sender,
        }
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: BACNET,
            code: fault.code(),
            span: self.span,
        });
    }

    /// A function of the virtual link by itself.
    pub(super) fn link(&mut self, bvlc: &Bvlc<'_>) {
        let (name, operation) = names::link(bvlc.function.0);
        let mut body = bvlc.body;
        let (role, outcome) = match bvlc.function {
            BvlcFunction::RESULT => (Role::Response, link_outcome(body.u16_be().unwrap_or(u16::MAX))),
            BvlcFunction(0x03 | 0x07) => (Role::Response, Outcome::Success),
            BvlcFunction(_) => (Role::Request, Outcome::None),
        };
        // The tables: each entry an address, and something of four bytes. A deletion names one.
        let mut hosts: SmallVec<[AddressText; 4]> = SmallVec::new();
        if let 0x01 | 0x03 | 0x07 | 0x08 = bvlc.function.0 {
            let mut entries = bvlc.body;
            while let (Ok(address), true) = (
                npdu::address(&mut entries),
                hosts.len() < super::services::MAX_ITEMS,
            ) {
                hosts.push(AddressText::new(address.into()));
                let _entry = entries.skip(4);
            }
        }
        let objects: SmallVec<[Object<'_>; 4]> = hosts
            .iter()
            .map(|host| {
                Object::at(Address::Name {
                    kind: "host",
                    name: host.bytes(),
                })
            })
            .collect();
        self.sink.message(&Message {
            protocol: BVLC,
            role,
            function: Function {
                code: bvlc.function.0.into(),
                name,
            },
            operation,
            unit: None,
            objects: &objects,
            outcome,
            transaction: None,
            span: self.span,
        });
        if !bvlc.function.fits(bvlc.body.left()) {
            let known = matches!(bvlc.function.0, 0x00..=0x0c);
            self.fault(if known {
                Fault::CutShort
            } else {
                Fault::LinkFunction
            });
        }
    }

    /// A message of the network layer, with the networks that it names.
    pub(super) fn network(&mut self, kind: u8, npdu: &Npdu<'_>) {
        let (name, operation) = names::network(kind);
        let mut body = npdu.body;
        let role = match kind {
            0x00 | 0x06 | 0x08 | 0x09 | 0x0a | 0x0d..=0x12 => Role::Request,
            0x07 | 0x03 | 0x0c => Role::Response,
            _ => Role::Unsolicited,
        };
        let outcome = match kind {
            REJECT => Outcome::Failure {
                code: body.u8().unwrap_or_default().into(),
                name: "network message rejected",
            },
            0x07 => Outcome::Success,
            _ => Outcome::None,
        };
        let mut objects: SmallVec<[Object<'_>; 4]> = SmallVec::new();
        if let 0x00..=0x05 | 0x08 | 0x09 | 0x13 = kind {
            while let (Ok(first), true) = (body.u16_be(), objects.len() < super::services::MAX_ITEMS) {
                objects.push(Object::at(Address::Points {
                    space: "network",
                    first: first.into(),
                    count: 1,
                }));
            }
        }
        self.sink.message(&Message {
            protocol: BACNET,
            role,
            function: Function {
                code: NETWORK | u32::from(kind),
                name,
            },
            operation,
            unit: npdu.source.and_then(|station| station.unit()),
            objects: &objects,
            outcome,
            transaction: None,
            span: self.span,
        });
        if kind == I_AM_ROUTER {
            self.sink.identity(&Identity {
                protocol: BACNET,
                about: self.about,
                unit: None,
                field: IdentityField::Offers,
                value: b"bacnet-router",
            });
        }
    }

    pub(super) fn service(
        &mut self,
        role: Role,
        service: Service,
        exchange: Exchange,
        outcome: Outcome,
        body: &Body<'_>,
    ) {
        let Exchange { unit, invoke, .. } = exchange;
        self.tell(role, service, unit, Some(invoke), outcome, body);
    }

    pub(super) fn unconfirmed(&mut self, role: Role, service: Service, unit: Option<u32>, body: &Body<'_>) {
        self.tell(role, service, unit, None, Outcome::None, body);
    }

    fn tell(
        &mut self,
        role: Role,
        service: Service,
        unit: Option<u32>,
        invoke: Option<u8>,
        outcome: Outcome,
        body: &Body<'_>,
    ) {
        let texts: SmallVec<[String; 4]> = body.items.iter().map(property_text).collect();
        let objects: SmallVec<[Object<'_>; 4]> = body
            .items
            .iter()
            .zip(&texts)
            .map(|(item, text)| Object {
                address: address(item, text),
                value: item.value,
            })
            .collect();
        self.sink.message(&Message {
            protocol: BACNET,
            role,
            function: Function {
                code: service.code(),
                name: service.name(),
            },
            operation: service.operation(&body.items),
            unit,
            objects: &objects,
            outcome,
            transaction: invoke.map(u32::from),
            span: self.span,
        });
        for (field, value) in &body.facts {
            self.sink.identity(&Identity {
                protocol: BACNET,
                about: self.about,
                unit,
                field: *field,
                value: value.as_bytes(),
            });
        }
        if let Some(fault) = body.fault {
            self.fault(fault);
        }
    }

    pub(super) fn segment_ack(&mut self, unit: Option<u32>, invoke: u8) {
        self.bare(4, "SegmentACK", Role::Response, unit, invoke, Outcome::None);
    }

    /// An answer to a request that was not seen, and that names no service.
    pub(super) fn alone(&mut self, kind: u8, exchange: Exchange, outcome: Outcome) {
        let name = match kind {
            6 => "Reject",
            _ => "Abort",
        };
        self.bare(
            kind,
            name,
            Role::Response,
            exchange.unit,
            exchange.invoke,
            outcome,
        );
    }

    fn bare(
        &mut self,
        kind: u8,
        name: &'static str,
        role: Role,
        unit: Option<u32>,
        invoke: u8,
        outcome: Outcome,
    ) {
        self.sink.message(&Message {
            protocol: BACNET,
            role,
            function: Function {
                code: BARE | u32::from(kind),
                name,
            },
            operation: OperationClass::Session,
            unit,
            objects: &[],
            outcome,
            transaction: Some(invoke.into()),
            span: self.span,
        });
    }
}

fn link_outcome(code: u16) -> Outcome {
    match code {
        0 => Outcome::Success,
        code => Outcome::Failure {
            code: code.into(),
            name: names::link_result(code),
        },
    }
}

/// A property by name, where it isn't a present value: `device 500 object-name`.
fn property_text(item: &Item<'_>) -> String {
    match item.what {
        What::Property(object, property) if property != names::PRESENT_VALUE => {
            let kind = names::object(object.kind);
            match names::property(property) {
                Some(name) => format!("{kind} {} {name}", object.instance),
                None => format!("{kind} {} property-{property}", object.instance),
            }
        }
        What::Property(..)
        | What::Object(_)
        | What::Numbers { .. }
        | What::Word { .. }
        | What::Text { .. } => String::new(),
    }
}

fn address<'a>(item: &Item<'a>, text: &'a str) -> Address<'a> {
    match item.what {
        What::Property(_, property) if property != names::PRESENT_VALUE => Address::Name {
            kind: "property",
            name: text.as_bytes(),
        },
        What::Property(object, _) | What::Object(object) => Address::Points {
            space: names::object(object.kind),
            first: object.instance,
            count: 1,
        },
        What::Numbers { space, first, count } => Address::Points { space, first, count },
        What::Word { kind, word } => Address::Name {
            kind,
            name: word.as_bytes(),
        },
        What::Text { kind, text } => Address::Name { kind, name: text },
    }
}
