//! What a conversation remembers: requests that wait for their answers, connections that lead to a slot.

use super::cip::{self, Cip, Request, Response, Wrapper};
use super::names::{self, Target, class};
use super::{CIP, Emit, Fault, PCCC, identity, pccc};
use crate::message::{About, Address, Function, IdentityField, Message, Object, Outcome, Role, Span};
use crate::reader::Reader;
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// The most services of one message that are read; further ones are dropped and said.
pub(super) const MAX_SERVICES: usize = 64;
/// The most objects of one service that are told; further ones are dropped and said.
pub(super) const MAX_OBJECTS: usize = 64;
/// The most requests that wait for their answers; the oldest gives way.
pub(super) const MAX_OUTSTANDING: usize = 16;
/// The most connections whose slot is known; the oldest gives way.
pub(super) const MAX_CONNECTIONS: usize = 32;
/// The most bytes of tag names that a waiting request keeps; its answer gives the tags beyond without their names.
pub(super) const MAX_NAMES: usize = 1024;

/// The number by which an answer is found to belong to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The sender context.
    Unconnected(u64),
    /// The connection's sequence count.
    Connected(u16),
}

impl Key {
    /// The low half of the number, as a message gives it.
    fn transaction(self) -> u32 {
        match self {
            Self::Unconnected(context) => u32::try_from(context & 0xffff_ffff).unwrap_or_default(),
            Self::Connected(sequence) => u32::from(sequence),
        }
    }
}

/// What carries a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carriage {
    pub(super) key: Key,
    /// The connection's id.
    pub(super) connection: Option<u32>,
}

/// The state of one conversation.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    outstanding: Outstanding,
    connections: Connections,
}

impl Conversation {
    /// Takes one CIP message.
    pub(super) fn message(&mut self, carriage: Carriage, reader: Reader<'_>, emit: &mut Emit<'_>) {
        let unit = carriage.connection.and_then(|id| self.connections.slot(id));
        let whole = emit.span;
        match cip::cip(reader) {
            Ok(Cip::Request(request)) => {
                let mut asked = self.outstanding.begin(carriage.key, unit);
                ask(&request, &mut asked, Nesting::Outermost, emit);
                self.outstanding.put(asked);
            }
            Ok(Cip::Response(response)) => {
                let Self {
                    outstanding,
                    connections,
                } = self;
                let asked = outstanding.take(carriage.key);
                let unit = asked.and_then(|asked| asked.unit).or(unit);
                if let Some(opened) = answer(&response, asked, unit, carriage.key, emit) {
                    connections.opened(opened, unit);
                }
            }
            Err(fault) => emit.fault(fault),
        }
        emit.span = whole;
    }
}

/// How deep in others a service stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nesting {
    Outermost,
    InSend,
    InPacket,
}

/// Tells a request and those inside it, and keeps what their answers will need. Gives its class.
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

/// Reads each message of a Multiple_Service_Packet.
fn each_inside<'a>(data: Reader<'a>, emit: &mut Emit<'_>, take: &mut dyn FnMut(Cip<'a>, &mut Emit<'_>)) {
    let messages = match cip::packet(data) {
        Ok(messages) => messages,
        Err(fault) => return emit.fault(fault),
    };
    for (index, message) in messages.enumerate() {
        if index == MAX_SERVICES {
            return emit.fault(Fault::TooManyServices);
        }
        match message.and_then(cip::cip) {
            Ok(message) => take(message, emit),
            // Where a message is not what it should be, the offsets are not to be trusted either.
            Err(fault) => return emit.fault(fault),
        }
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
            ..message
        });
    }
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

/// Tells an answer and those inside it. Gives the connection ids, if it opened a connection.
fn answer(
    response: &Response<'_>,
    asked: Option<&Asked>,
    unit: Option<u32>,
    key: Key,
    emit: &mut Emit<'_>,
) -> Option<[u32; 2]> {
    let first = asked.and_then(|asked| asked.services.first());
    let wrapper = asked
        .and_then(|asked| asked.wrapper)
        .filter(|(service, _)| *service == response.service);
    let matches = first.is_some_and(|service| service.service == response.service);
    if response.service == 0x0a {
        packet_answer(
            response,
            asked,
            wrapper.map(|(_, operation)| operation),
            unit,
            key,
            emit,
        );
        return None;
    }
    if let (Some((_, operation)), false) = (wrapper, matches) {
        // The route failed: the service that carries others is answered by itself.
        let (name, _) = names::service(Target::Class(class::CONNECTION_MANAGER), response.service);
        emit.answer(response, name, operation, unit, key, &[]);
        return None;
    }
    one_answer(response, asked, first.filter(|_| matches), unit, key, emit)
}

/// Tells an answer to a Multiple_Service_Packet: itself, then each inside it.
fn packet_answer(
    response: &Response<'_>,
    asked: Option<&Asked>,
    operation: Option<OperationClass>,
    unit: Option<u32>,
    key: Key,
    emit: &mut Emit<'_>,
) {
    let (name, read) = names::service(Target::Unseen, response.service);
    emit.answer(response, name, operation.unwrap_or(read), unit, key, &[]);
    if response.data.is_empty() {
        return;
    }
    let mut index = 0;
    each_inside(response.data, emit, &mut |inner, emit| {
        match inner {
            Cip::Response(inner) if inner.service != 0x0a => {
                let service = asked
                    .and_then(|asked| asked.services.get(index))
                    .filter(|service| service.service == inner.service);
                one_answer(&inner, asked, service, unit, key, emit);
            }
            Cip::Response(_) => emit.fault(Fault::NestedTooDeep),
            Cip::Request(_) => emit.fault(Fault::MalformedService),
        }
        index += 1;
    });
}

/// Tells an answer that carries no other.
fn one_answer(
    response: &Response<'_>,
    asked: Option<&Asked>,
    service: Option<&AskedService>,
    unit: Option<u32>,
    key: Key,
    emit: &mut Emit<'_>,
) -> Option<[u32; 2]> {
    let target = service.map_or(Target::Unseen, |service| service.target);
    let (name, operation) = names::service(target, response.service);
    let operation = service.map_or(operation, |service| service.operation);
    let address = asked
        .zip(service)
        .and_then(|(asked, service)| asked.address(service));
    let worked = names::general_status(response.status) == Outcome::Success;
    let value = if worked {
        cip::value_read(response, target)
    } else {
        None
    };
    let object = address.map(|address| Object { address, value });
    if worked && identify(response, service, unit, emit).is_err() {
        emit.fault(Fault::MalformedIdentity);
    }
    emit.answer(response, name, operation, unit, key, object.as_slice());
    if worked && target == Target::Class(class::PCCC) && response.service == 0x4b {
        pccc_answer(response, service.and_then(|service| service.command), unit, emit);
    }
    let opens = response.status == 0
        && matches!(response.service, 0x54 | 0x5b)
        && matches!(target, Target::Class(class::CONNECTION_MANAGER) | Target::Unseen);
    match opens.then(|| cip::opened(response.data)) {
        Some(Ok(ids)) => Some(ids),
        Some(Err(fault)) => {
            emit.fault(fault);
            None
        }
        None => None,
    }
}

/// Says who the device is, where an answer about its identity object tells.
fn identify(
    response: &Response<'_>,
    service: Option<&AskedService>,
    unit: Option<u32>,
    emit: &mut Emit<'_>,
) -> Result<(), crate::Truncated> {
    let Some(service) = service.filter(|service| service.target == Target::Class(class::IDENTITY)) else {
        return Ok(());
    };
    match (response.service, service.address) {
        (0x01, _) => identity::all(response.data, unit, emit),
        (0x03, _) => identity::listed(response.data, unit, emit),
        (
            0x0e,
            Stored::Path {
                attribute: Some(attribute),
                ..
            },
        ) => identity::single(
            u16::try_from(attribute).unwrap_or_default(),
            response.data,
            unit,
            emit,
        ),
        _ => Ok(()),
    }
}

fn pccc_answer(response: &Response<'_>, asked: Option<Command>, unit: Option<u32>, emit: &mut Emit<'_>) {
    let Ok(pccc::Pccc::Response(told)) = pccc::pccc(response.data) else {
        return emit.fault(Fault::MalformedPccc);
    };
    let asked = asked.filter(|asked| asked.transaction == told.transaction);
    let code = asked.map_or(u16::from(told.command) << 8, |asked| asked.code);
    let (name, operation) = pccc::function(code);
    let object = asked.and_then(|asked| asked.address).map(|address| Object {
        address,
        value: Some(told.value).filter(|value| !value.is_empty()),
    });
    emit.message(&Message {
        protocol: PCCC,
        role: Role::Response,
        function: Function {
            code: u32::from(code),
            name,
        },
        operation,
        unit,
        objects: object.as_slice(),
        outcome: told.outcome,
        transaction: Some(u32::from(told.transaction)),
        span: Span {
            start: response.start,
            ..emit.span
        },
    });
}

impl Emit<'_> {
    /// Tells one CIP answer.
    fn answer(
        &mut self,
        response: &Response<'_>,
        name: &'static str,
        operation: OperationClass,
        unit: Option<u32>,
        key: Key,
        objects: &[Object<'_>],
    ) {
        // The additional status says more, and then stands in the upper half.
        let outcome = match (names::general_status(response.status), response.additional) {
            (Outcome::Failure { code, name }, Some(additional)) => Outcome::Failure {
                code: u32::from(additional) << 16 | code,
                name,
            },
            (outcome, _) => outcome,
        };
        self.message(&Message {
            protocol: CIP,
            role: Role::Response,
            function: Function {
                code: u32::from(response.service),
                name,
            },
            operation,
            unit,
            objects,
            outcome,
            transaction: Some(key.transaction()),
            span: Span {
                start: response.start,
                ..self.span
            },
        });
    }
}

/// A PCCC command that waits for its answer.
#[derive(Clone, Copy, Debug)]
struct Command {
    code: u16,
    transaction: u16,
    address: Option<Address<'static>>,
}

/// One service of a waiting request.
#[derive(Clone, Copy, Debug)]
struct AskedService {
    service: u8,
    target: Target,
    operation: OperationClass,
    address: Stored,
    command: Option<Command>,
}

/// An address that outlives its request's bytes.
#[derive(Clone, Copy, Debug)]
enum Stored {
    None,
    Path {
        class: u32,
        instance: Option<u32>,
        attribute: Option<u32>,
    },
    /// A range of the kept names.
    Tag {
        start: usize,
        end: usize,
    },
}

/// A request that waits for its answer.
#[derive(Debug)]
struct Asked {
    key: Key,
    waiting: bool,
    unit: Option<u32>,
    wrapper: Option<(u8, OperationClass)>,
    services: Vec<AskedService>,
    names: Vec<u8>,
}

impl Asked {
    /// Keeps what the answer to a service will need; false when there are too many.
    fn keep(
        &mut self,
        service: u8,
        target: Target,
        operation: OperationClass,
        address: Option<Address<'_>>,
        command: Option<pccc::Pccc<'_>>,
    ) -> bool {
        if self.services.len() == MAX_SERVICES {
            return false;
        }
        let address = match address {
            Some(Address::Path {
                class,
                instance,
                attribute,
            }) => Stored::Path {
                class,
                instance,
                attribute,
            },
            Some(Address::Name { name, .. }) if self.names.len() + name.len() <= MAX_NAMES => {
                let start = self.names.len();
                self.names.extend_from_slice(name);
                Stored::Tag {
                    start,
                    end: self.names.len(),
                }
            }
            _ => Stored::None,
        };
        let command = match command {
            Some(pccc::Pccc::Request(pccc::Request {
                code,
                transaction,
                address,
                ..
            })) => Some(Command {
                code,
                transaction,
                address,
            }),
            Some(pccc::Pccc::Response(_)) | None => None,
        };
        self.services.push(AskedService {
            service,
            target,
            operation,
            address,
            command,
        });
        true
    }

    fn address(&self, service: &AskedService) -> Option<Address<'_>> {
        match service.address {
            Stored::None => None,
            Stored::Path {
                class,
                instance,
                attribute,
            } => Some(Address::Path {
                class,
                instance,
                attribute,
            }),
            Stored::Tag { start, end } => self
                .names
                .get(start..end)
                .map(|name| Address::Name { kind: "tag", name }),
        }
    }
}

/// Requests that wait, oldest first. One with the number of an earlier one takes its place: that one will not be
/// answered any more.
#[derive(Debug, Default)]
struct Outstanding {
    asked: VecDeque<Asked>,
}

impl Outstanding {
    /// A request to be filled and then [put](Self::put), with the memory of one that is done where there is one.
    fn begin(&mut self, key: Key, unit: Option<u32>) -> Asked {
        let replaced = self
            .asked
            .iter()
            .position(|asked| asked.waiting && asked.key == key)
            .or_else(|| self.asked.iter().position(|asked| !asked.waiting))
            .or((self.asked.len() >= MAX_OUTSTANDING).then_some(0));
        let replaced = replaced.and_then(|place| self.asked.remove(place));
        let (mut services, mut names) =
            replaced.map_or_else(Default::default, |old| (old.services, old.names));
        services.clear();
        names.clear();
        Asked {
            key,
            waiting: true,
            unit,
            wrapper: None,
            services,
            names,
        }
    }

    fn put(&mut self, asked: Asked) {
        self.asked.push_back(asked);
    }

    fn take(&mut self, key: Key) -> Option<&Asked> {
        let asked = self
            .asked
            .iter_mut()
            .find(|asked| asked.waiting && asked.key == key)?;
        asked.waiting = false;
        Some(asked)
    }
}

/// Connections whose slot is known.
#[derive(Debug, Default)]
struct Connections {
    known: Vec<([u32; 2], Option<u32>)>,
    next: usize,
}

impl Connections {
    fn opened(&mut self, ids: [u32; 2], slot: Option<u32>) {
        if self.known.len() < MAX_CONNECTIONS {
            self.known.push((ids, slot));
        } else if let Some(oldest) = self.known.get_mut(self.next) {
            *oldest = (ids, slot);
            self.next = (self.next + 1) % MAX_CONNECTIONS;
        }
    }

    fn slot(&self, id: u32) -> Option<u32> {
        self.known
            .iter()
            .rev()
            .find(|(ids, _)| ids.contains(&id))
            .and_then(|(_, slot)| *slot)
    }
}
