//! Performatives of AMQP 1.0, and the links that transfers are on.

use super::value::{Value, constructed, value};
use super::{Fault, Said, nine};
use crate::message::{Address, Function, IdentityField, Message, Object, Outcome, Role};
use crate::reader::Reader;
use crate::session::Side;
use crate::tell::{Tell, named, plain};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// The most links of one conversation that are kept; the oldest gives way.
pub(super) const MAX_LINKS: usize = 64;
/// The most bytes of a link's address that are kept.
pub(super) const MAX_ADDRESS: usize = 128;
/// The most mechanisms that are told.
pub(super) const MAX_MECHANISMS: usize = 16;
/// The fields of a performative that are looked at: attach has the most, of which the first seven matter, and open
/// has its properties tenth.
const MAX_FIELDS: usize = 10;

/// Which of the two layers a frame is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Amqp,
    Sasl,
}

const OPEN: u64 = 0x10;
const BEGIN: u64 = 0x11;
const ATTACH: u64 = 0x12;
const TRANSFER: u64 = 0x14;
const DISPOSITION: u64 = 0x15;
const DETACH: u64 = 0x16;
const END: u64 = 0x17;
const CLOSE: u64 = 0x18;
const ERROR: u64 = 0x1d;
const SOURCE: u64 = 0x28;
const TARGET: u64 = 0x29;
const MECHANISMS: u64 = 0x40;
const INIT: u64 = 0x41;
const OUTCOME: u64 = 0x44;

const fn name(layer: Layer, performative: u64) -> Option<&'static str> {
    Some(match (layer, performative) {
        (Layer::Amqp, OPEN) => "open",
        (Layer::Amqp, BEGIN) => "begin",
        (Layer::Amqp, ATTACH) => "attach",
        (Layer::Amqp, 0x13) => "flow",
        (Layer::Amqp, TRANSFER) => "transfer",
        (Layer::Amqp, DISPOSITION) => "disposition",
        (Layer::Amqp, DETACH) => "detach",
        (Layer::Amqp, END) => "end",
        (Layer::Amqp, CLOSE) => "close",
        (Layer::Sasl, MECHANISMS) => "sasl-mechanisms",
        (Layer::Sasl, INIT) => "sasl-init",
        (Layer::Sasl, 0x42) => "sasl-challenge",
        (Layer::Sasl, 0x43) => "sasl-response",
        (Layer::Sasl, OUTCOME) => "sasl-outcome",
        _ => return None,
    })
}

/// A link: who attached it, on which channel, with which handle, and where its messages go.
#[derive(Debug)]
struct Link {
    by: Side,
    channel: u16,
    handle: u64,
    address: Box<[u8]>,
}

#[derive(Debug, Default)]
pub(super) struct Links(VecDeque<Link>);

impl Links {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn detach(&mut self, by: Side, channel: u16, handle: u64) {
        self.0
            .retain(|link| (link.by, link.channel, link.handle) != (by, channel, handle));
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn attach(&mut self, by: Side, channel: u16, handle: u64, address: &[u8]) {
        self.detach(by, channel, handle);
        if self.0.len() == MAX_LINKS {
            self.0.pop_front();
        }
        self.0.push_back(Link {
            by,
            channel,
            handle,
            address: address.get(..MAX_ADDRESS).unwrap_or(address).into(),
        });
    }

    fn address(&self, by: Side, channel: u16, handle: u64) -> Option<&[u8]> {
        let found = |link: &&Link| (link.by, link.channel, link.handle) == (by, channel, handle);
        self.0.iter().find(found).map(|link| &*link.address)
    }
}

/// Tells one frame; an empty one keeps the connection.
pub(super) fn tell(
    layer: Layer,
    channel: u16,
    mut content: Reader<'_>,
    said: &Said,
    links: &mut Links,
    tell: &mut Tell<'_>,
) {
    if content.is_empty() {
        let function = Function {
            code: 0,
            name: "heartbeat",
        };
        let class = OperationClass::Session;
        tell.message(&plain(
            said.protocol,
            Role::Unsolicited,
            function,
            class,
            said.span,
        ));
        return;
    }
    match value(&mut content) {
        Ok(Value::Described(performative, list)) => {
            Performative {
                layer,
                code: performative,
                channel,
                said,
            }
            .tell(list, links, tell);
        }
        Ok(_) => Fault::Value.tell(said, tell),
        Err(fault) => fault.tell(said, tell),
    }
}

struct Performative<'s> {
    layer: Layer,
    code: u64,
    channel: u16,
    said: &'s Said,
}

impl Performative<'_> {
    fn tell(&self, mut list: Reader<'_>, links: &mut Links, tell: &mut Tell<'_>) {
        let mut fields: SmallVec<[Value<'_>; MAX_FIELDS]> = SmallVec::new();
        let mut fault = None;
        while !list.is_empty() && fields.len() < MAX_FIELDS {
            match value(&mut list) {
                Ok(field) => fields.push(field),
                Err(found) => {
                    fault = Some(found);
                    break;
                }
            }
        }
        let field = |index: usize| fields.get(index).copied().unwrap_or(Value::Other);
        let handle = field(match self.code {
            ATTACH => 1,
            _ => 0,
        })
        .number();
        if let (Layer::Amqp, Some(handle)) = (self.layer, handle) {
            self.link(field, handle, links);
        }
        let mut objects = SmallVec::<[Object<'_>; 4]>::new();
        if let Err(found) = self.objects(field, &mut objects) {
            fault.get_or_insert(found);
        }
        if let (Layer::Amqp, TRANSFER, Some(handle)) = (self.layer, self.code, handle) {
            match links.address(self.said.side, self.channel, handle) {
                Some(address) => objects.push(named("address", address)),
                // It was attached before the capture began, or too long ago.
                None => objects.extend(u32::try_from(handle).map(|first| {
                    Object::at(Address::Points {
                        space: "handle",
                        first,
                        count: 1,
                    })
                })),
            }
        }
        self.message(field, &objects, tell);
        if let Err(found) = self.facts(field, tell) {
            fault.get_or_insert(found);
        }
        if name(self.layer, self.code).is_none() {
            fault.get_or_insert(Fault::UnknownMethod);
        }
        if let Some(fault) = fault {
            fault.tell(self.said, tell);
        }
    }

    /// What the fields name.
    fn objects<'a>(
        &self,
        field: impl Fn(usize) -> Value<'a>,
        objects: &mut SmallVec<[Object<'a>; 4]>,
    ) -> Result<(), Fault> {
        let mut tell = |kind, text: Option<&'a [u8]>| {
            objects.extend(text.filter(|text| !text.is_empty()).map(|text| named(kind, text)));
        };
        match (self.layer, self.code) {
            (Layer::Amqp, OPEN) => {
                tell("container", field(0).text());
                tell("host", field(1).text());
            }
            (Layer::Amqp, ATTACH) => {
                tell("link", field(0).text());
                tell("source", address(field(5), SOURCE)?);
                tell("target", address(field(6), TARGET)?);
            }
            (Layer::Sasl, MECHANISMS) => {
                for mechanism in symbols(field(0))? {
                    tell("mechanism", Some(mechanism));
                }
            }
            (Layer::Sasl, INIT) => {
                tell("mechanism", field(0).text());
                tell("host", field(2).text());
            }
            _ => {}
        }
        Ok(())
    }

    fn message<'a>(&self, field: impl Fn(usize) -> Value<'a>, objects: &[Object<'_>], tell: &mut Tell<'_>) {
        let operation = match (self.layer, self.code) {
            (Layer::Amqp, TRANSFER) => self.said.moves(),
            _ if name(self.layer, self.code).is_none() => OperationClass::Program,
            _ => OperationClass::Session,
        };
        let role = match (self.layer, self.code, self.said.side) {
            (Layer::Amqp, 0x13..=DISPOSITION, _) => Role::Unsolicited,
            (Layer::Sasl, MECHANISMS, _) => Role::Unsolicited,
            (_, _, Side::Initiator) => Role::Request,
            (_, _, Side::Responder) => Role::Response,
        };
        let transaction = match (self.layer, self.code) {
            (Layer::Amqp, TRANSFER | DISPOSITION) => field(1).number(),
            _ => None,
        };
        tell.message(&Message {
            objects,
            outcome: self.outcome(field, role),
            transaction: transaction.and_then(|number| u32::try_from(number).ok()),
            ..plain(
                self.said.protocol,
                role,
                Function {
                    code: u32::try_from(self.code).unwrap_or(u32::MAX),
                    name: name(self.layer, self.code).unwrap_or("unknown"),
                },
                operation,
                self.said.span,
            )
        });
    }

    fn outcome<'a>(&self, field: impl Fn(usize) -> Value<'a>, role: Role) -> Outcome {
        let error = match (self.layer, self.code) {
            (Layer::Sasl, OUTCOME) => {
                return match field(0).number() {
                    Some(0) | None => Outcome::Success,
                    Some(code) => Outcome::Failure {
                        code: u32::try_from(code).unwrap_or(u32::MAX),
                        name: match code {
                            1 => "authentication failed",
                            2 => "system error",
                            3 => "permanent system error",
                            4 => "transient system error",
                            _ => "unknown",
                        },
                    },
                };
            }
            (Layer::Amqp, DETACH) => field(2),
            (Layer::Amqp, END | CLOSE) => field(0),
            _ => Value::Other,
        };
        match (error, role) {
            // Errors have names alone.
            (Value::Described(ERROR, mut list), _) => Outcome::Failure {
                code: u32::try_from(ERROR).unwrap_or(u32::MAX),
                name: condition(value(&mut list).ok().and_then(Value::text).unwrap_or_default()),
            },
            (_, Role::Response) => Outcome::Success,
            (_, Role::Request | Role::Unsolicited) => Outcome::None,
        }
    }

    /// What the sender says of itself: a peer's properties, a user.
    fn facts<'a>(&self, field: impl Fn(usize) -> Value<'a>, tell: &mut Tell<'_>) -> Result<(), Fault> {
        match (self.layer, self.code) {
            (Layer::Amqp, OPEN) => {
                let Value::Map(mut properties) = field(9) else {
                    return Ok(());
                };
                while !properties.is_empty() {
                    let (key, content) = (value(&mut properties)?, value(&mut properties)?);
                    let known = key.text().and_then(nine::property);
                    if let (Some(known), Some(text)) = (known, content.text()) {
                        tell.fact(known, text);
                    }
                }
            }
            (Layer::Sasl, INIT) if field(0).text() == Some(b"PLAIN") => {
                let user = field(1).text().and_then(nine::plain_user);
                tell.fact(IdentityField::User, user.unwrap_or_default());
                Fault::ClearTextLogin.tell(self.said, tell);
            }
            _ => {}
        }
        Ok(())
    }

    /// What becomes of the link: messages of a client go to its target, those of a broker come from its source.
    fn link<'a>(&self, field: impl Fn(usize) -> Value<'a>, handle: u64, links: &mut Links) {
        match self.code {
            ATTACH => {
                let there = match self.said.side {
                    Side::Initiator => address(field(6), TARGET),
                    Side::Responder => address(field(5), SOURCE),
                };
                let there = there.ok().flatten().unwrap_or_default();
                links.attach(self.said.side, self.channel, handle, there);
            }
            DETACH => links.detach(self.said.side, self.channel, handle),
            _ => {}
        }
    }
}

/// The address in a source or target, which is its first field.
fn address<'a>(terminus: Value<'a>, kind: u64) -> Result<Option<&'a [u8]>, Fault> {
    match terminus {
        Value::Described(found, mut list) if found == kind && !list.is_empty() => {
            Ok(value(&mut list)?.text())
        }
        _ => Ok(None),
    }
}

/// The symbols of an array, or a single one.
fn symbols(field: Value<'_>) -> Result<SmallVec<[&[u8]; 4]>, Fault> {
    let mut all = SmallVec::new();
    match field {
        Value::Array(mut content) if !content.is_empty() => {
            let code = content.u8()?;
            while !content.is_empty() && all.len() < MAX_MECHANISMS {
                let left = content.left();
                all.extend(constructed(code, &mut content)?.text());
                if content.left() == left {
                    return Err(Fault::Value);
                }
            }
        }
        _ => all.extend(field.text()),
    }
    Ok(all)
}

/// The conditions that the specification names (part 2, 2.8).
fn condition(symbol: &[u8]) -> &'static str {
    const CONDITIONS: [&str; 20] = [
        "amqp:internal-error",
        "amqp:not-found",
        "amqp:unauthorized-access",
        "amqp:decode-error",
        "amqp:resource-limit-exceeded",
        "amqp:not-allowed",
        "amqp:invalid-field",
        "amqp:not-implemented",
        "amqp:resource-locked",
        "amqp:precondition-failed",
        "amqp:resource-deleted",
        "amqp:illegal-state",
        "amqp:frame-size-too-small",
        "amqp:connection:forced",
        "amqp:connection:framing-error",
        "amqp:connection:redirect",
        "amqp:session:window-violation",
        "amqp:link:detach-forced",
        "amqp:link:transfer-limit-exceeded",
        "amqp:link:redirect",
    ];
    CONDITIONS
        .into_iter()
        .find(|name| name.as_bytes() == symbol)
        .unwrap_or("unknown")
}
