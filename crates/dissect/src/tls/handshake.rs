//! What plain messages say: hellos, certificates, alerts, heartbeats. Stateless.

use super::{Emit, Fault, Phase, certificate, hello, ja4, names};
use crate::message::{About, Address, IdentityField, Object, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::session::Side;
use smallvec::SmallVec;

/// Tells one handshake message.
pub(super) fn message(kind: u8, name: &'static str, body: Reader<'_>, emit: &mut Emit<'_>) {
    let code = 0x1600 | u32::from(kind);
    match kind {
        1 => match hello::client(body) {
            Ok(hello) => client_hello(&hello, emit),
            Err(Truncated { .. }) => emit.fault(Fault::MalformedHello),
        },
        2 => match hello::server(body) {
            Ok(hello) => server_hello(&hello, emit),
            Err(Truncated { .. }) => emit.fault(Fault::MalformedHello),
        },
        11 => certificate(body, emit),
        _ => {
            let role = match emit.side {
                Side::Initiator => Role::Request,
                Side::Responder => Role::Response,
            };
            emit.message(role, code, name, Outcome::None, &[]);
        }
    }
}

fn named<'a>(kind: &'static str, name: &'a [u8]) -> Object<'a> {
    Object::at(Address::Name { kind, name })
}

fn client_hello(hello: &hello::ClientHello<'_>, emit: &mut Emit<'_>) {
    let mut objects: SmallVec<[Object<'_>; 8]> = SmallVec::new();
    if let Some(server) = hello.server {
        emit.identity(About::Receiver, IdentityField::ServerName, server);
        objects.push(named("host", server));
    }
    objects.extend(names::version(hello.version).map(|version| named("version", version.as_bytes())));
    objects.extend(
        hello
            .protocols
            .iter()
            .map(|protocol| named("application-protocol", protocol)),
    );
    if let Some(fingerprint) = ja4::ja4(hello) {
        emit.identity(
            About::Sender,
            IdentityField::System,
            format!("JA4 {fingerprint}").as_bytes(),
        );
    }
    emit.message(Role::Request, 0x1601, "ClientHello", Outcome::None, &objects);
}

fn server_hello(hello: &hello::ServerHello<'_>, emit: &mut Emit<'_>) {
    let mut objects: SmallVec<[Object<'_>; 8]> = SmallVec::new();
    objects.extend(names::version(hello.version).map(|version| named("version", version.as_bytes())));
    let first = u32::from(hello.suite);
    objects.push(Object::at(Address::Points {
        space: "cipher-suite",
        first,
        count: 1,
    }));
    objects.extend(
        hello
            .protocol
            .map(|protocol| named("application-protocol", protocol)),
    );
    emit.message(Role::Response, 0x1602, "ServerHello", Outcome::Success, &objects);
}

fn certificate(body: Reader<'_>, emit: &mut Emit<'_>) {
    let role = match emit.side {
        Side::Initiator => Role::Request,
        Side::Responder => Role::Response,
    };
    let names = match certificate::first(body) {
        Ok(None) => return emit.message(role, 0x160b, "Certificate", Outcome::None, &[]),
        Ok(Some(der)) => certificate::names(der),
        Err(Truncated { .. }) => None,
    };
    let Some(names) = names else {
        emit.fault(Fault::MalformedCertificate);
        return emit.message(role, 0x160b, "Certificate", Outcome::None, &[]);
    };
    // A server's certificate names the server, a client's the user or device that signs in.
    let field = match emit.side {
        Side::Responder => IdentityField::ServerName,
        Side::Initiator => IdentityField::User,
    };
    let alternatives = names.alternatives.iter().map(Vec::as_slice);
    let subject = names.subject.as_deref().map(str::as_bytes);
    for name in subject
        .into_iter()
        .chain(alternatives.filter(|name| Some(*name) != subject))
    {
        emit.identity(About::Sender, field, name);
    }
    let [subject, issuer] = &names.full;
    let objects = [
        named("subject", subject.as_bytes()),
        named("issuer", issuer.as_bytes()),
    ];
    emit.message(role, 0x160b, "Certificate", Outcome::None, &objects);
}

/// An alert: level and description. One of two bytes can only be plain.
pub(super) fn alert(mut body: Reader<'_>, emit: &mut Emit<'_>) {
    match (body.left(), body.u8(), body.u8()) {
        (2, Ok(level @ 1..=2), Ok(description)) => {
            let (code, name) = (u32::from(description), names::alert(description));
            let outcome = if level == 2 {
                Outcome::Failure { code, name }
            } else {
                Outcome::None
            };
            emit.message(Role::Unsolicited, 0x1500 | code, name, outcome, &[]);
        }
        (0..=2, ..) => emit.fault(Fault::MalformedAlert),
        _ => emit.message(Role::Unsolicited, 0x15ff, "Encrypted Alert", Outcome::None, &[]),
    }
}

/// A heartbeat (RFC 6520): kind, length of its payload, payload. One that claims more than it has asks for the peer's
/// memory.
pub(super) fn heartbeat(mut body: Reader<'_>, phase: Phase, emit: &mut Emit<'_>) {
    let claimed = body.skip(1).and_then(|()| body.u16_be()).map_or(0, usize::from);
    if phase == Phase::Plain && claimed > body.left() {
        emit.fault(Fault::HeartbeatOverclaims);
    }
    emit.message(Role::Unsolicited, 0x1801, "Heartbeat", Outcome::None, &[]);
}
