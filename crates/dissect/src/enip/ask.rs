//! Requests: told with their objects, and kept for their answers.

use super::cip::{self, Cip, Request, Wrapper};
use super::names::{self, Target, class};
use super::session::{MAX_SERVICES, each_inside};
use super::state::Asked;
use super::{CIP, Emit, Fault, PCCC, identity, pccc};
use crate::message::{About, Address, Function, IdentityField, Message, Object, Outcome, Role, Span};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most objects of one service that are told; further ones are dropped and said.
pub(super) const MAX_OBJECTS: usize = 64;

/// Tells a request that stands in no other.
pub(super) fn outermost(request: &Request<'_>, asked: &mut Asked, emit: &mut Emit<'_>) {
    ask(request, asked, Nesting::Outermost, emit);
}

/// How deep in others a service stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nesting {
    Outermost,
    InSend,
    InPacket,
}

/// Tells a request and those inside it, and keeps what their answers will need.
fn ask(request: &Request<'_>, asked: &mut Asked, nesting: Nesting, emit: &mut Emit<'_>) {
    match (request.wrapper(), nesting) {
        (None, _) => {
            plain(request, asked, emit);
        }
        (Some(Wrapper::Send), Nesting::Outermost) => {
            let (inner, unit) = match cip::unconnected_send(request.data) {
                Ok(carried) => carried,
                Err(fault) => return emit.fault(fault),
            };
            asked.unit = unit.or(asked.unit);
            match cip::cip(inner) {
                Ok(Cip::Request(inner)) => {
                    wrapper(request, gravest(&inner), asked, emit);
                    ask(&inner, asked, Nesting::InSend, emit);
                }
                Ok(Cip::Response(_)) => emit.fault(Fault::MalformedService),
                Err(fault) => emit.fault(fault),
            }
        }
        (Some(Wrapper::Packet), Nesting::Outermost | Nesting::InSend) => {
            wrapper(request, gravest(request), asked, emit);
            each_inside(request.data, emit, &mut |inner, emit| match inner {
                Cip::Request(inner) => ask(&inner, asked, Nesting::InPacket, emit),
                Cip::Response(_) => emit.fault(Fault::MalformedService),
            });
        }
        (Some(_), Nesting::InSend | Nesting::InPacket) => emit.fault(Fault::NestedTooDeep),
    }
}

/// The gravest class that a request carries: its own, or the gravest inside a Multiple_Service_Packet.
fn gravest(request: &Request<'_>) -> OperationClass {
    let own = |request: &Request<'_>| names::service(request.target(), request.service).1;
    if request.wrapper() != Some(Wrapper::Packet) {
        return match pccc_inside(request) {
            Some(pccc::Pccc::Request(command)) => pccc::function(command.code).1,
            Some(pccc::Pccc::Response(_)) | None => own(request),
        };
    }
    let Ok(messages) = cip::packet(request.data) else {
        return own(request);
    };
    messages
        .take(MAX_SERVICES)
        .map_while(Result::ok)
        .filter_map(|message| match cip::cip(message) {
            Ok(Cip::Request(inner)) => Some(own(&inner)),
            Ok(Cip::Response(_)) | Err(_) => None,
        })
        .reduce(graver)
        .unwrap_or_else(|| own(request))
}

/// The graver of two classes: one that can change the equipment before one that can't, else the later in the list.
fn graver(one: OperationClass, other: OperationClass) -> OperationClass {
    if (other.changes_equipment(), other) > (one.changes_equipment(), one) {
        other
    } else {
        one
    }
}

fn pccc_inside<'a>(request: &Request<'a>) -> Option<pccc::Pccc<'a>> {
    let carries = request.service == 0x4b && request.path.class == Some(class::PCCC);
    carries.then(|| pccc::pccc(request.data).ok()).flatten()
}

/// Tells a service that carries others.
fn wrapper(request: &Request<'_>, operation: OperationClass, asked: &mut Asked, emit: &mut Emit<'_>) {
    let (name, _) = names::service(request.target(), request.service);
    asked.wrapper = Some((request.service, operation));
    emit.message(&Message {
        protocol: CIP,
        role: Role::Request,
        function: Function {
            code: u32::from(request.service),
            name,
        },
        operation,
        unit: asked.unit,
        objects: &[],
        outcome: Outcome::None,
        transaction: Some(asked.key.transaction()),
        span: Span {
            start: request.start,
            ..emit.span
        },
    });
}

/// Tells a service that carries no other.
fn plain(request: &Request<'_>, asked: &mut Asked, emit: &mut Emit<'_>) {
    let target = request.target();
    let (name, mut operation) = names::service(target, request.service);
    let opens = matches!(
        (target, request.service),
        (Target::Class(class::CONNECTION_MANAGER), 0x54 | 0x5b)
    );
    let opened = opens.then(|| cip::forward_open(request.data, request.service));
    let mut objects: SmallVec<[Object<'_>; 8]> = SmallVec::new();
    let mut command = None;
    match &opened {
        Some(Ok(open)) => {
            asked.unit = open.path.slot.or(asked.unit);
            originator(open, emit);
            objects.extend(open.path.address().map(Object::at));
        }
        Some(Err(fault)) => emit.fault(*fault),
        None => addresses(request, &mut objects, emit),
    }
    if target == Target::Class(class::PCCC) && request.service == 0x4b {
        command = pccc_inside(request);
        match command {
            Some(pccc::Pccc::Request(command)) => operation = pccc::function(command.code).1,
            Some(pccc::Pccc::Response(_)) | None => emit.fault(Fault::MalformedPccc),
        }
    }
    let address = match &opened {
        Some(Ok(open)) => open.path.address(),
        Some(Err(_)) | None => request.path.address(),
    };
    let kept = asked.keep(request.service, target, operation, address, command);
    if !kept {
        emit.fault(Fault::TooManyServices);
    }
    let message = Message {
        protocol: CIP,
        role: Role::Request,
        function: Function {
            code: u32::from(request.service),
            name,
        },
        operation,
        unit: asked.unit,
        objects: &objects,
        outcome: Outcome::None,
        transaction: Some(asked.key.transaction()),
        span: Span {
            start: request.start,
            ..emit.span
        },
    };
    emit.message(&message);
    if let Some(pccc::Pccc::Request(command)) = command {
        pccc_request(&command, message, emit);
    }
}

/// Tells a PCCC command after the service that carries it.
fn pccc_request(command: &pccc::Request<'_>, carrier: Message<'_>, emit: &mut Emit<'_>) {
    let (name, operation) = pccc::function(command.code);
    let object = command.address.map(|address| Object {
        address,
        value: command.value,
    });
    emit.message(&Message {
        protocol: PCCC,
        function: Function {
            code: u32::from(command.code),
            name,
        },
        operation,
        objects: object.as_slice(),
        transaction: Some(u32::from(command.transaction)),
        ..carrier
    });
}

/// Says who opens a connection.
fn originator(open: &cip::Open<'_>, emit: &mut Emit<'_>) {
    identity::vendor(open.vendor, |name| {
        emit.identity(CIP, About::Sender, None, IdentityField::Vendor, name)
    });
    let serial = format!("{:08x}", open.serial);
    emit.identity(CIP, About::Sender, None, IdentityField::Serial, serial.as_bytes());
}

/// The objects that a request addresses: its path, once for each attribute that it lists.
fn addresses<'r>(request: &'r Request<'_>, objects: &mut SmallVec<[Object<'r>; 8]>, emit: &mut Emit<'_>) {
    let Some(address) = request.path.address() else {
        return;
    };
    if let Address::Path { class, instance, .. } = address {
        for attribute in cip::listed_attributes(request) {
            if objects.len() == MAX_OBJECTS {
                return emit.fault(Fault::TooManyObjects);
            }
            let attribute = Some(u32::from(attribute));
            objects.push(Object::at(Address::Path {
                class,
                instance,
                attribute,
            }));
        }
    }
    if objects.is_empty() {
        objects.push(Object {
            address,
            value: cip::written(request),
        });
    }
}
