//! MMS, which IEC 61850 and TASE.2 (ICCP) speak: stations, relays, control centres, over TPKT and COTP on TCP port 102.
//!
//! Reads: TPKT (RFC 1006) and COTP class 0 (X.224), session (X.225), presentation (X.226) and association control
//! (X.227) as far as they carry; ISO 9506-2:2003: every confirmed and unconfirmed service by name, the variables of
//! reads, writes and reports with their values, domains, program invocations, files, errors. Without session and
//! presentation as well, where a connection goes without them. Writes are classed by the functional constraint in the
//! name as IEC 61850-8-1 forms it, so that operating a breaker is not the same as setting a value. Variables that TASE.2
//! (IEC 60870-6-503) gives their names are told as objects of ICCP.
//!
//! A confirmed service's code is its tag; an unconfirmed one's has 0x100 added, other messages' 0x200. Association
//! control is told as protocol `acse` with its tags as codes, connection set-up as `cotp`.
//!
//! Bounds: `cotp::MAX_TSDU` bytes of one unit, [`pdu::MAX_ITEMS`] objects of one message, names of [`pdu::MAX_NAME`]
//! bytes, [`MAX_OUTSTANDING`] requests that wait with [`MAX_KEPT`] names each.
//!
//! Skipped: the insides of values, types and event notifications, contents of files and domains, further units of a
//! presentation list after its first, MMS over TLS (encrypted). Passwords of associations are never handed on.

mod iccp;
mod names;
mod pdu;
mod samples;
#[cfg(test)]
mod tests;
mod upper;

use crate::ber::Element;
use crate::cotp::{self, Assemblies, COTP, Joined, Mark, Opening, Packet, Tpdu};
use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::Reader;
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;
use iccp::Iccp;
use names::Service;
use pdu::{Body, Name};
use smallvec::SmallVec;
use upper::{Association, Unit};

/// The most requests of one conversation that wait for their answers; the oldest gives way.
pub(crate) const MAX_OUTSTANDING: usize = 16;
/// The most names that a waiting request keeps.
pub(crate) const MAX_KEPT: usize = 16;

const MMS: Protocol = Protocol("mms");
const ACSE: Protocol = Protocol("acse");

/// Added to an unconfirmed service's tag.
const UNCONFIRMED: u32 = 0x100;
/// Added to the tag of a message that is no service.
const MESSAGE: u32 = 0x200;

/// MMS in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: MMS,
    title: "MMS (IEC 61850, ICCP)",
    specification: "ISO 9506-2:2003, IEC 61850-8-1:2011, RFC 1006 (1987)",
    tcp_ports: &[102],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[ACSE, COTP],
    samples: samples::SAMPLES,
};

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A transport header that can't be read, or a type that class 0 doesn't use.
    MalformedTpdu,
    /// A unit is longer than is put together.
    UnitTooLong,
    /// A session header runs over the end.
    MalformedSession,
    /// A session unit that MMS doesn't use.
    UnknownSession,
    /// A unit that should carry data and doesn't.
    NoPresentationData,
    /// An element runs over the end, or isn't what has to stand there.
    MalformedElement,
    /// A message that no table knows.
    UnknownMessage,
    /// The message names more objects than are told.
    TooManyItems,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::MalformedTpdu => "malformed-tpdu",
            Self::UnitTooLong => "unit-too-long",
            Self::MalformedSession => "malformed-session",
            Self::UnknownSession => "unknown-session",
            Self::NoPresentationData => "no-presentation-data",
            Self::MalformedElement => "malformed-element",
            Self::UnknownMessage => "unknown-message",
            Self::TooManyItems => "too-many-items",
        }
    }
}

/// Certain by what a first unit carries: a session's opening with MMS's object identifier in it, data in a presentation
/// list, or an MMS message by itself. Connection set-up before it might open any ISO protocol but S7comm, whose selectors
/// are its own.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    let unit = match cotp::opening(bytes) {
        Opening::Data(unit) => unit,
        Opening::Nothing => return Probe::Unsure,
        Opening::S7 | Opening::Other => return Probe::No,
    };
    match unit.first() {
        None => Probe::Unsure,
        Some(0xa0..=0xae) if is_bare(unit) => Probe::Certain,
        Some(0x01) if upper::is_session(unit) => match upper::unit(unit) {
            Ok(_) => Probe::Certain,
            Err(_) => Probe::Unsure,
        },
        Some(0x0d | 0x0e) if upper::is_session(unit) => {
            // The object identifier 1.0.9506, of which every MMS context's starts.
            if unit.windows(3).any(|window| window == [0x28, 0xca, 0x22]) {
                Probe::Certain
            } else {
                Probe::Unsure
            }
        }
        Some(_) => Probe::No,
    }
}

/// A whole MMS message without the layers between: an opening, or a service with its number.
fn is_bare(unit: &[u8]) -> bool {
    let mut reader = Reader::new(unit);
    match Element::read(&mut reader) {
        Ok(pdu) if reader.is_empty() => match (pdu.number, pdu.first()) {
            (8 | 9, first) => first.is_some_and(|first| first.number <= 4),
            (0..=2, Some(number)) => number.content.len() <= 4 && !number.content.is_empty(),
            _ => false,
        },
        Ok(_) | Err(_) => false,
    }
}

/// A request that waits for its answer.
#[derive(Debug)]
struct Asked {
    by: Side,
    invoke: u32,
    service: Service,
    operation: OperationClass,
    names: SmallVec<[(&'static str, Name); 1]>,
}

#[derive(Debug, Default)]
struct Conversation {
    assemblies: Assemblies,
    outstanding: Vec<Asked>,
    iccp: Iccp,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.offset();
            match cotp::next_packet(&mut reader)? {
                Packet::Partial(missing) => {
                    return Ok(Progress {
                        consumed: start,
                        missing,
                    });
                }
                Packet::Whole(body) => {
                    let span = Span {
                        start,
                        end: reader.offset(),
                    };
                    self.packet(context.side, body, &mut Emit { sink, span });
                }
            }
        }
    }

    fn gap(&mut self, side: Side) {
        self.assemblies.of(side).drop_begun();
        self.outstanding.clear();
    }
}

impl Conversation {
    fn packet(&mut self, side: Side, body: Reader<'_>, emit: &mut Emit<'_>) {
        match cotp::tpdu(body) {
            Ok(Tpdu::Data { mark, payload }) => self.data(side, payload, mark, emit),
            Ok(tpdu) => {
                if !tpdu.tell(emit.span, emit.sink) {
                    emit.fault(Fault::MalformedTpdu);
                }
            }
            Err(_) => emit.fault(Fault::MalformedTpdu),
        }
    }

    fn data(&mut self, side: Side, piece: &[u8], mark: Mark, emit: &mut Emit<'_>) {
        let mut assembly = std::mem::take(self.assemblies.of(side));
        match assembly.join(piece, mark) {
            Joined::More => {}
            Joined::TooLong => emit.fault(Fault::UnitTooLong),
            Joined::Whole(unit) => {
                match upper::unit(unit) {
                    Ok(Unit::Mms(pdu)) => self.pdu(side, &pdu, emit),
                    Ok(Unit::Association { what, mms }) => {
                        emit.association(what);
                        if let Some(pdu) = mms {
                            self.pdu(side, &pdu, emit);
                        }
                    }
                    Ok(Unit::Empty) => {}
                    Err(fault) => emit.fault(fault),
                }
                assembly.done();
            }
        }
        *self.assemblies.of(side) = assembly;
    }

    /// One MMS message (ISO 9506-2, 7.1), by its tag.
    fn pdu(&mut self, side: Side, pdu: &Element<'_>, emit: &mut Emit<'_>) {
        match pdu.number {
            0 => self.request(side, pdu, emit),
            1 => self.response(side, pdu, emit),
            2 => self.error(side, pdu, emit),
            3 => self.unconfirmed(pdu, emit),
            4..=13 => emit.message(pdu),
            _ => emit.fault(Fault::UnknownMessage),
        }
    }

    fn request(&mut self, side: Side, pdu: &Element<'_>, emit: &mut Emit<'_>) {
        let Some((invoke, parameters)) = numbered(pdu) else {
            return emit.fault(Fault::MalformedElement);
        };
        let service = Service(parameters.number);
        let mut body = Body::default();
        pdu::request(service, &parameters, &mut body);
        self.iccp(About::Receiver, &body, emit);
        let operation = self.operation(service, &body);
        let names = body.items.iter().take(MAX_KEPT);
        let asked = Asked {
            by: side,
            invoke,
            service,
            operation,
            names: names.map(|item| (item.kind, item.name.clone())).collect(),
        };
        self.outstanding
            .retain(|held| held.by != side || held.invoke != invoke);
        if self.outstanding.len() == MAX_OUTSTANDING {
            self.outstanding.remove(0);
        }
        self.outstanding.push(asked);
        self.mark(&mut body);
        let head = Head {
            role: Role::Request,
            function: confirmed(service),
            operation,
            outcome: Outcome::None,
            invoke: Some(invoke),
        };
        emit.tell(&head, &body);
    }

    /// The request that an answer of this side is to.
    fn asked(&mut self, side: Side, invoke: u32) -> Option<Asked> {
        let at = self
            .outstanding
            .iter()
            .position(|held| held.by == side.other() && held.invoke == invoke)?;
        Some(self.outstanding.remove(at))
    }

    fn response(&mut self, side: Side, pdu: &Element<'_>, emit: &mut Emit<'_>) {
        let Some((invoke, parameters)) = numbered(pdu) else {
            return emit.fault(Fault::MalformedElement);
        };
        let service = Service(parameters.number);
        let mut body = Body::default();
        let asked = self.asked(side, invoke).filter(|asked| asked.service == service);
        let mut asked_for = None;
        if let Some(asked) = asked {
            asked_for = Some(asked.operation);
            for (kind, name) in asked.names {
                body.item(kind, name, None);
            }
        }
        pdu::response(service, &parameters, &mut body);
        self.iccp(About::Sender, &body, emit);
        self.mark(&mut body);
        let head = Head {
            role: Role::Response,
            function: confirmed(service),
            operation: asked_for.unwrap_or_else(|| self.operation(service, &body)),
            outcome: match body.failure {
                None => Outcome::Success,
                Some(code) => Outcome::Failure {
                    code,
                    name: names::access_error(code),
                },
            },
            invoke: Some(invoke),
        };
        emit.tell(&head, &body);
    }

    /// An error names no service: its request does.
    fn error(&mut self, side: Side, pdu: &Element<'_>, emit: &mut Emit<'_>) {
        let mut parameters = pdu.children().map_while(Result::ok);
        let invoke = parameters.next().and_then(|number| number.unsigned());
        let error = parameters
            .find(|parameter| parameter.is_context(2))
            .and_then(|error| pdu::error(&error));
        let (Some(invoke), Some((class, code))) = (invoke, error) else {
            return emit.fault(Fault::MalformedElement);
        };
        let mut body = Body::default();
        let (function, operation) = match self.asked(side, invoke) {
            Some(asked) => {
                for (kind, name) in asked.names {
                    body.item(kind, name, None);
                }
                (confirmed(asked.service), asked.operation)
            }
            None => {
                let name = "Confirmed Error";
                (
                    Function {
                        code: MESSAGE | 2,
                        name,
                    },
                    OperationClass::Session,
                )
            }
        };
        let head = Head {
            role: Role::Response,
            function,
            operation,
            outcome: Outcome::Failure {
                code: u32::from(class) << 8 | (code & 0xff),
                name: names::error(class, code),
            },
            invoke: Some(invoke),
        };
        self.mark(&mut body);
        emit.tell(&head, &body);
    }

    fn unconfirmed(&mut self, pdu: &Element<'_>, emit: &mut Emit<'_>) {
        let Some(parameters) = pdu.first() else {
            return emit.fault(Fault::MalformedElement);
        };
        let mut body = Body::default();
        if parameters.is_context(0) {
            pdu::report(&parameters, &mut body);
            self.iccp(About::Sender, &body, emit);
            self.mark(&mut body);
        }
        let head = Head {
            role: Role::Unsolicited,
            function: Function {
                code: UNCONFIRMED | u32::from(parameters.number),
                name: names::unconfirmed(parameters.number),
            },
            operation: OperationClass::Alarm,
            outcome: Outcome::None,
            invoke: None,
        };
        emit.tell(&head, &body);
    }

    /// Says once that the side whose variables have ICCP's names serves it.
    fn iccp(&mut self, about: About, body: &Body<'_>, emit: &mut Emit<'_>) {
        if self.iccp == Iccp::NotSeen && body.items.iter().any(|item| iccp::own(&item.name).is_some()) {
            self.iccp = Iccp::Seen;
            emit.identity(about, IdentityField::Offers, b"iccp");
        }
    }

    /// Has variables told as what they are to ICCP. Requests are kept before, with the kinds of MMS.
    fn mark(&self, body: &mut Body<'_>) {
        for item in body.items.iter_mut().filter(|item| item.kind == "variable") {
            if let Some(variable) = iccp::variable(&item.name, self.iccp) {
                item.kind = variable.kind();
            }
        }
    }

    /// What a service does: what ICCP makes of its variables before what their names say by IEC 61850.
    fn operation(&self, service: Service, body: &Body<'_>) -> OperationClass {
        let variables = body
            .items
            .iter()
            .filter_map(|item| iccp::variable(&item.name, self.iccp));
        let classes = variables.filter_map(|variable| iccp::operation(service, variable));
        classes
            .min_by_key(|class| u8::from(*class != OperationClass::Control))
            .unwrap_or_else(|| operation(service, body))
    }
}

/// The invocation's number and the service's parameters behind it, and behind modifiers if there are any.
fn numbered<'a>(pdu: &Element<'a>) -> Option<(u32, Element<'a>)> {
    let mut parameters = pdu.children().map_while(Result::ok);
    let invoke = parameters.next()?.unsigned()?;
    let service = parameters.find(|parameter| !parameter.is_universal(16))?;
    Some((invoke, service))
}

const fn confirmed(service: Service) -> Function {
    Function {
        code: service.0 as u32,
        name: service.name(),
    }
}

/// What a service does to what it names; of several the gravest counts.
fn operation(service: Service, body: &Body<'_>) -> OperationClass {
    let by_name: fn(&[u8]) -> OperationClass = match service {
        Service::READ => names::read,
        Service::WRITE => names::write,
        Service(_) => return service.operation(),
    };
    let classes = body.items.iter().map(|item| by_name(&item.name));
    classes.fold(service.operation(), |gravest, class| match (gravest, class) {
        (OperationClass::Control, _) | (_, OperationClass::Control) => OperationClass::Control,
        (OperationClass::Configure, _) | (_, OperationClass::Configure) => OperationClass::Configure,
        (gravest, _) => gravest,
    })
}

/// What a message is, beside its objects.
struct Head {
    role: Role,
    function: Function,
    operation: OperationClass,
    outcome: Outcome,
    invoke: Option<u32>,
}

/// The sink, and where the unit at hand stands: at the packet that completes it.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: MMS,
            code: fault.code(),
            span: self.span,
        });
    }

    fn identity(&mut self, about: About, field: IdentityField, value: &[u8]) {
        self.sink.identity(&Identity {
            protocol: MMS,
            about,
            unit: None,
            field,
            value,
        });
    }

    fn tell(&mut self, head: &Head, body: &Body<'_>) {
        let objects: SmallVec<[Object<'_>; 4]> = body
            .items
            .iter()
            .map(|item| Object {
                address: Address::Name {
                    kind: item.kind,
                    name: &item.name,
                },
                value: item.value,
            })
            .collect();
        self.sink.message(&Message {
            protocol: MMS,
            role: head.role,
            function: head.function,
            operation: head.operation,
            unit: None,
            objects: &objects,
            outcome: head.outcome,
            transaction: head.invoke,
            span: self.span,
        });
        for (field, value) in &body.facts {
            self.identity(About::Sender, *field, value);
        }
        if let Some(fault) = body.fault {
            self.fault(fault);
        }
    }

    /// A message that is no service: opening, closing, cancelling, rejecting.
    fn message(&mut self, pdu: &Element<'_>) {
        let (role, outcome) = match pdu.number {
            5 | 8 | 11 => (Role::Request, Outcome::None),
            6 | 9 | 12 => (Role::Response, Outcome::Success),
            4 => (Role::Response, refusal(pdu, "rejected")),
            7 => (Role::Response, refusal(pdu, "not cancelled")),
            10 => (Role::Response, refusal(pdu, "not initiated")),
            _ => (Role::Response, refusal(pdu, "not concluded")),
        };
        let head = Head {
            role,
            function: Function {
                code: MESSAGE | u32::from(pdu.number),
                name: names::message(pdu.number),
            },
            operation: OperationClass::Session,
            outcome,
            invoke: None,
        };
        self.tell(&head, &Body::default());
    }

    fn association(&mut self, what: Association) {
        self.sink.message(&Message {
            protocol: ACSE,
            role: what.role(),
            function: Function {
                code: what.code(),
                name: what.name(),
            },
            operation: OperationClass::Session,
            unit: None,
            objects: &[],
            outcome: match what {
                Association::Response(0) | Association::ReleaseResponse => Outcome::Success,
                Association::Response(code) => Outcome::Failure {
                    code,
                    name: "association rejected",
                },
                Association::Refuse => Outcome::Failure {
                    code: what.code(),
                    name: "session refused",
                },
                Association::Request | Association::ReleaseRequest | Association::Abort => Outcome::None,
            },
            transaction: None,
            span: self.span,
        });
    }
}

/// A refusal's reason: the tag of the last parameter and its number.
fn refusal(pdu: &Element<'_>, name: &'static str) -> Outcome {
    let reason = pdu.children().map_while(Result::ok).last();
    let code = reason.map_or(0, |reason| {
        u32::from(reason.number) << 8 | (reason.unsigned().unwrap_or_default() & 0xff)
    });
    Outcome::Failure { code, name }
}
