//! Messages out of chunks: what a conversation says, and what it remembers of it.

use super::names::{self, Service};
use super::responses::{self, Values};
use super::state::{self, Assembly, Joined, Nodes, Outstanding};
use super::{Emit, Header, Kind, Part, binary, requests};
use crate::message::{About, Address, IdentityField, Object, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::tls::certificate;
use smallvec::SmallVec;

/// Takes one chunk.
pub(super) fn chunk(
    header: Header,
    mut body: Reader<'_>,
    assembly: &mut Assembly,
    outstanding: &mut Outstanding,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    match header.kind {
        Kind::Hello => {
            body.skip(5 * 4)?;
            let endpoint = binary::string(&mut body)?;
            emit.transport(header, "Hello", Role::Request, &[named("endpoint", endpoint)]);
        }
        Kind::Acknowledge => emit.transport(header, "Acknowledge", Role::Response, &[]),
        Kind::Error => {
            let (code, reason) = responses::error(&mut body)?;
            let mut message = emit.plain(header, "Error", Role::Unsolicited);
            message.outcome = names::status(code);
            let objects = [named("reason", reason)];
            message.objects = if reason.is_empty() { &[] } else { &objects };
            emit.sink.message(&message);
        }
        Kind::ReverseHello => {
            let server = binary::string(&mut body)?;
            emit.identity(About::Sender, IdentityField::ServerName, server);
            let endpoint = binary::string(&mut body)?;
            emit.transport(
                header,
                "ReverseHello",
                Role::Unsolicited,
                &[named("endpoint", endpoint)],
            );
        }
        Kind::Open => {
            body.skip(4)?;
            let policy = requests::policy_name(binary::string(&mut body)?);
            sender(binary::string(&mut body)?, emit);
            binary::string(&mut body)?;
            // The body is encrypted under every policy but None.
            if policy == b"None" {
                return sequenced(header, body, assembly, outstanding, emit);
            }
            let role = emit.role();
            emit.transport(
                header,
                "OpenSecureChannel",
                role,
                &[named("security-policy", policy)],
            );
        }
        Kind::Close | Kind::Message => {
            // Channel and token.
            body.skip(4 + 4)?;
            return sequenced(header, body, assembly, outstanding, emit);
        }
    }
    Ok(())
}

/// Says whose certificate opens a channel.
fn sender(der: &[u8], emit: &mut Emit<'_>) {
    if let Some(subject) = (!der.is_empty())
        .then(|| certificate::names(der))
        .flatten()
        .and_then(|names| names.subject)
    {
        emit.identity(About::Sender, IdentityField::ServerName, subject.as_bytes());
    }
}

/// A chunk after its security header: sequence number, request id, body.
fn sequenced(
    header: Header,
    mut body: Reader<'_>,
    assembly: &mut Assembly,
    outstanding: &mut Outstanding,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    body.skip(4)?;
    let id = body.u32_le()?;
    if header.part == Part::Abort {
        assembly.done();
        return Ok(());
    }
    if let Joined::Whole(message) = assembly.join(id, body.rest(), header.part) {
        let mut reader = Reader::new(message);
        let number = binary::node(&mut reader).ok().and_then(|node| node.standard());
        let extent = if message.len() < state::MAX_MESSAGE {
            Extent::Whole
        } else {
            Extent::Start
        };
        match number.and_then(|number| Called::find(number, id, outstanding)) {
            Some(Called::Request(service)) => request(service, id, reader, outstanding, emit, extent),
            Some(Called::Response(service)) => response(service, id, reader, outstanding, emit, extent),
            Some(Called::Fault) => response(&names::SERVICE_FAULT, id, reader, outstanding, emit, extent),
            None => emit.transport(header, "Encrypted Message", emit.role(), &[]),
        }
        assembly.done();
    }
    Ok(())
}

/// How much of a message there is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// As much as is kept of one that is too long.
    Start,
}

/// What a message is, by the node id that it starts with.
enum Called {
    Request(&'static Service),
    Response(&'static Service),
    Fault,
}

impl Called {
    fn find(number: u32, id: u32, outstanding: &Outstanding) -> Option<Self> {
        if number == names::FAULT {
            return Some(outstanding.service(id).map_or(Self::Fault, Self::Response));
        }
        names::by_request(number)
            .map(Self::Request)
            .or_else(|| names::by_response(number).map(Self::Response))
    }
}

/// Something that a message names beside nodes.
pub(super) enum Fact<'a> {
    Borrowed(&'static str, &'a [u8]),
    Composed(&'static str, Vec<u8>),
}

impl Fact<'_> {
    fn object(&self) -> Object<'_> {
        match self {
            Self::Borrowed(kind, name) => named(kind, name),
            Self::Composed(kind, name) => named(kind, name),
        }
    }
}

fn named<'a>(kind: &'static str, name: &'a [u8]) -> Object<'a> {
    Object::at(Address::Name { kind, name })
}

fn request(
    service: &'static Service,
    id: u32,
    mut reader: Reader<'_>,
    outstanding: &mut Outstanding,
    emit: &mut Emit<'_>,
    extent: Extent,
) {
    let mut nodes = outstanding.spare();
    let mut facts = Vec::new();
    let mut body = None;
    let read = requests::skip_header(&mut reader).and_then(|()| {
        body = Some(reader);
        requests::read(service, &mut reader, &mut nodes, &mut facts, emit)
    });
    emit.check(read.map(drop), &nodes, extent);
    let mut objects: SmallVec<[Object<'_>; 8]> = nodes.iter().map(|node| named("node", node)).collect();
    if let (names::id::WRITE, Some(body)) = (service.request, body) {
        for (object, value) in objects.iter_mut().zip(requests::written(body)) {
            object.value = value;
        }
    }
    objects.extend(facts.iter().map(Fact::object));
    emit.service(service, Role::Request, Outcome::None, id, &objects);
    drop(objects);
    outstanding.put(id, service, nodes);
}

fn response(
    service: &'static Service,
    id: u32,
    mut reader: Reader<'_>,
    outstanding: &mut Outstanding,
    emit: &mut Emit<'_>,
    extent: Extent,
) {
    let asked = outstanding.take(id);
    let none = Nodes::default();
    let nodes = asked.map_or(&none, |asked| &asked.nodes);
    let mut facts = Vec::new();
    let mut values = Values::new();
    let mut outcome = Outcome::None;
    let read = responses::header(&mut reader).and_then(|status| {
        outcome = names::status(status);
        if outcome == Outcome::Success && !reader.is_empty() {
            outcome = responses::read(service, &mut reader, &mut values, &mut facts, emit)?;
        }
        Ok(())
    });
    emit.check(read, &none, extent);
    let mut objects: SmallVec<[Object<'_>; 8]> = nodes.iter().map(|node| named("node", node)).collect();
    for (object, value) in objects.iter_mut().zip(&values) {
        object.value = *value;
    }
    for (node, value) in nodes.iter().zip(&values) {
        if let Some((field, text)) = build_info(node).zip(value.and_then(binary::text)) {
            emit.identity(About::Sender, field, text);
        }
    }
    objects.extend(facts.iter().map(Fact::object));
    emit.service(service, Role::Response, outcome, id, &objects);
}

/// What a node of the server's BuildInfo says of it (IEC 62541-5, 8.3.2 and annex A's node ids).
fn build_info(node: &[u8]) -> Option<IdentityField> {
    match node {
        b"i=2261" => Some(IdentityField::Product),
        b"i=2263" => Some(IdentityField::Vendor),
        b"i=2264" => Some(IdentityField::Firmware),
        _ => None,
    }
}
