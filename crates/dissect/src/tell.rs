//! What short dissectors share: to say messages, facts and anomalies of one protocol in few words.

use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::registry::Protocol;
use crate::session::{Progress, Side, Sink};
use cofferdam_terms::OperationClass;

/// A sink to which one protocol speaks.
pub(crate) struct Tell<'s> {
    protocol: Protocol,
    sink: &'s mut dyn Sink,
}

impl<'s> Tell<'s> {
    pub(crate) fn new(protocol: Protocol, sink: &'s mut dyn Sink) -> Self {
        Self { protocol, sink }
    }

    pub(crate) fn message(&mut self, message: &Message<'_>) {
        self.sink.message(message);
    }

    pub(crate) fn identity(&mut self, identity: &Identity<'_>) {
        self.sink.identity(identity);
    }

    /// A fact about the sender. An empty value says nothing, so it is none.
    pub(crate) fn fact(&mut self, field: IdentityField, value: &[u8]) {
        self.fact_about(About::Sender, field, value);
    }

    /// A fact about anyone; only a binding has an empty value.
    pub(crate) fn fact_about(&mut self, about: About, field: IdentityField, value: &[u8]) {
        if value.is_empty() && field != IdentityField::Binding {
            return;
        }
        self.sink.identity(&Identity {
            protocol: self.protocol,
            about,
            unit: None,
            field,
            value,
        });
    }

    pub(crate) fn anomaly(&mut self, code: &'static str, span: Span) {
        self.sink.anomaly(&Anomaly {
            protocol: self.protocol,
            code,
            span,
        });
    }
}

/// How many bytes of each side still belong to a message that was told by its head.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Passing {
    initiator: usize,
    responder: usize,
}

impl Passing {
    const fn of(&mut self, side: Side) -> &mut usize {
        match side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        }
    }

    pub(crate) const fn set(&mut self, side: Side, bytes: usize) {
        *self.of(side) = bytes;
    }

    /// How many of the bytes that are there pass now.
    pub(crate) fn pass(&mut self, side: Side, there: usize) -> usize {
        let passes = self.of(side);
        let passed = (*passes).min(there);
        *passes -= passed;
        passed
    }
}

/// A message that names no object, unit, outcome or transaction: others say what they have beside it.
pub(crate) const fn plain(
    protocol: Protocol,
    role: Role,
    function: Function,
    operation: OperationClass,
    span: Span,
) -> Message<'static> {
    Message {
        protocol,
        role,
        function,
        operation,
        unit: None,
        objects: &[],
        outcome: Outcome::None,
        transaction: None,
        span,
    }
}

/// Something that has a name.
pub(crate) const fn named<'a>(kind: &'static str, name: &'a [u8]) -> Object<'a> {
    Object::at(Address::Name { kind, name })
}

/// A VLAN that a device names.
pub(crate) fn vlan(number: u16) -> Object<'static> {
    Object::at(Address::Points {
        space: "vlan",
        first: number.into(),
        count: 1,
    })
}

/// What LLDP and CDP send to a neighbour: code 1 while the sender is there, 2 when it takes leave with a time to live of 0.
pub(crate) const fn announcement(name: &'static str, time_to_live: Option<u16>) -> Function {
    match time_to_live {
        Some(0) => Function {
            code: 2,
            name: "Shutdown",
        },
        Some(_) | None => Function { code: 1, name },
    }
}

/// All bytes, as a place.
pub(crate) const fn all(bytes: &[u8]) -> Span {
    Span {
        start: 0,
        end: bytes.len(),
    }
}

/// Everything that was handed in is done with.
pub(crate) const fn done(bytes: &[u8]) -> Progress {
    Progress {
        consumed: bytes.len(),
        missing: 0,
    }
}

/// Text up to its first zero, without blanks around it.
pub(crate) fn trimmed(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim_ascii()
}
