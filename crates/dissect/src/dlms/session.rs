//! Messages of one conversation, and the requests that wait.

use super::apdu::{self, Answer, Apdu, Continues, Item, Kind};
use super::data::{self, Reference, text};
use super::hdlc;
use super::{DLMS, DLMS_HDLC, Fault, MAX_BLOCKS, MAX_OUTSTANDING, Next, next};
use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::Reader;
use crate::registry::Protocol;
use crate::session::{Carrier, Context, Lost, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// What a link says before an APDU in an HDLC frame: a request, a response.
const LINK: [[u8; 3]; 2] = [[0xe6, 0xe6, 0x00], [0xe6, 0xe7, 0x00]];

/// A request that waits.
#[derive(Debug)]
struct Asked {
    by: Side,
    invoke: u32,
    /// Client and server.
    pair: [u32; 2],
    operation: OperationClass,
    objects: SmallVec<[(Kind, Reference); 1]>,
    /// What came of an answer in blocks, up to [`MAX_BLOCKS`] bytes.
    blocks: Vec<u8>,
}

#[derive(Debug, Default)]
pub(super) struct Conversation {
    outstanding: VecDeque<Asked>,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.offset();
            let next = next(&mut reader)?;
            let span = Span {
                start,
                end: reader.offset(),
            };
            let emit = &mut Emit { sink, span };
            match next {
                Next::Wrapped(wrapped) => {
                    let ports = [wrapped.source.into(), wrapped.destination.into()];
                    self.apdu(context.side, ports, wrapped.apdu, emit);
                }
                Next::Framed(frame) => self.frame(context.side, &frame, emit),
                Next::Partial(missing) => {
                    let (progress, cut) = context.partial(bytes, start, missing);
                    if let Some(span) = cut {
                        Emit { sink, span }.fault(DLMS, Fault::CutShort);
                    }
                    return Ok(progress);
                }
            }
            if context.carrier != Carrier::Tcp && !reader.is_empty() {
                let span = Span {
                    start: reader.offset(),
                    end: bytes.len(),
                };
                Emit { sink, span }.fault(DLMS, Fault::TrailingBytes);
                reader.rest();
            }
        }
    }

    /// A request or answer that was missed would let later ones pair wrongly.
    fn gap(&mut self, _: Side) {
        self.outstanding.clear();
    }
}

impl Conversation {
    /// An HDLC frame: what is whole in it is an APDU.
    fn frame(&mut self, side: Side, frame: &hdlc::Frame<'_>, emit: &mut Emit<'_>) {
        let mut information = frame.information;
        let carries = matches!(frame.kind, Some(hdlc::Kind::Information | hdlc::Kind::Unnumbered))
            && frame.right
            && !frame.segmented;
        if carries && !information.is_empty() {
            let linked = information.array().is_ok_and(|link| LINK.contains(&link));
            if linked {
                self.apdu(side, [frame.source, frame.destination], information, emit);
            } else {
                link(side, frame, emit);
                emit.fault(DLMS_HDLC, Fault::Link);
            }
            return;
        }
        link(side, frame, emit);
        if !frame.right {
            emit.fault(DLMS_HDLC, Fault::Check);
        } else if frame.kind.is_none() {
            emit.fault(DLMS_HDLC, Fault::Control);
        }
    }

    fn apdu(&mut self, side: Side, [source, destination]: [u32; 2], bytes: Reader<'_>, emit: &mut Emit<'_>) {
        let joined: Vec<u8>;
        let Some(mut apdu) = apdu::read(bytes) else {
            return emit.fault(DLMS, Fault::CutShort);
        };
        let role = role(apdu.function.tag, side);
        let (pair, unit) = match role {
            Role::Request => ([source, destination], destination),
            Role::Response => ([destination, source], source),
            Role::Unsolicited => ([destination, source], source),
        };
        let asked = match (role, apdu.invoke) {
            (Role::Request, Some(invoke)) => {
                self.ask(side, invoke, pair, &apdu);
                None
            }
            (Role::Response, Some(invoke)) => self.asked(side, invoke, pair, &apdu),
            (Role::Request | Role::Response, None) | (Role::Unsolicited, _) => None,
        };
        if let Some(asked) = asked {
            apdu.operation = asked.operation;
            joined = asked.blocks;
            // Blocks of a list are results one after the other, which aren't taken apart.
            let mut reader = Reader::new(&joined);
            if let (Ok(value), true, 1) = (data::value(&mut reader), reader.is_empty(), asked.objects.len()) {
                apdu.answers.push(Answer::Value(value));
            }
            let mut answers = apdu.answers.iter();
            for (kind, reference) in &asked.objects {
                let value = match answers.next() {
                    Some(Answer::Value(value)) => Some(*value),
                    Some(Answer::Result(_)) | None => None,
                };
                apdu.items.push(Item {
                    kind: *kind,
                    reference: Some(*reference),
                    text: reference.text(),
                    value: value.filter(|_| !matches!(reference.class, 12 | 15 | 64)),
                });
            }
        }
        emit.message(role, unit, &apdu);
        emit.facts(role, unit, &apdu);
        if let Some(fault) = apdu.fault {
            emit.fault(DLMS, fault);
        }
    }

    fn ask(&mut self, by: Side, invoke: u32, pair: [u32; 2], apdu: &Apdu<'_>) {
        let objects: SmallVec<[(Kind, Reference); 1]> = apdu
            .items
            .iter()
            .filter_map(|item| item.reference.map(|reference| (item.kind, reference)))
            .collect();
        // A request for a further block, or with one, names no object: the first request's stand.
        if objects.is_empty() {
            return;
        }
        self.outstanding
            .retain(|held| (held.by, held.invoke, held.pair) != (by, invoke, pair));
        if self.outstanding.len() == MAX_OUTSTANDING {
            self.outstanding.pop_front();
        }
        self.outstanding.push_back(Asked {
            by,
            invoke,
            pair,
            operation: apdu.operation,
            objects,
            blocks: Vec::new(),
        });
    }

    /// The request of an answer. While blocks follow it goes on waiting with what has come; with the last block all of
    /// them are given.
    fn asked(&mut self, side: Side, invoke: u32, pair: [u32; 2], apdu: &Apdu<'_>) -> Option<Asked> {
        let at = self
            .outstanding
            .iter()
            .position(|held| (held.by, held.invoke, held.pair) == (side.other(), invoke, pair))?;
        let mut asked = self.outstanding.remove(at)?;
        let block = apdu.block.unwrap_or_default();
        let room = MAX_BLOCKS.saturating_sub(asked.blocks.len());
        asked.blocks.extend_from_slice(block.get(..room).unwrap_or(block));
        if apdu.continues == Continues::Yes {
            self.outstanding.push_back(Asked {
                objects: asked.objects.clone(),
                blocks: std::mem::take(&mut asked.blocks),
                ..asked
            });
        }
        Some(asked)
    }
}

/// Who asks and who answers, by the APDU where it says so.
const fn role(tag: u8, side: Side) -> Role {
    match tag {
        0x0f | 0x18 | 0x38 | 0x58 | 0xc2 | 0xca | 0xd2 => Role::Unsolicited,
        0x01 | 0x05 | 0x06 | 0x16 | 0x21 | 0x25 | 0x26 | 0x36 | 0x41 | 0x45 | 0x46 | 0x56 => Role::Request,
        0x60 | 0x62 | 0xc0 | 0xc1 | 0xc3 | 0xc8 | 0xc9 | 0xcb | 0xd0 | 0xd1 | 0xd3 | 0xd9 => Role::Request,
        0x08 | 0x0c | 0x0d | 0x0e | 0x28 | 0x2c | 0x2d | 0x2e | 0x48 | 0x4c | 0x4d | 0x4e => Role::Response,
        0x61 | 0x63 | 0xc4 | 0xc5 | 0xc7 | 0xcc | 0xcd | 0xcf | 0xd4 | 0xd5 | 0xd7 | 0xd8 | 0xda => {
            Role::Response
        }
        _ => match side {
            Side::Initiator => Role::Request,
            Side::Responder => Role::Response,
        },
    }
}

/// A frame that carries no APDU, or none that is told.
fn link(side: Side, frame: &hdlc::Frame<'_>, emit: &mut Emit<'_>) {
    use hdlc::Kind;
    let (name, operation) = match frame.kind {
        Some(Kind::Information) if frame.segmented => ("Information Segment", OperationClass::Read),
        Some(Kind::Information) => ("Information", OperationClass::Read),
        Some(Kind::Ready) => ("Receive Ready", OperationClass::Session),
        Some(Kind::NotReady) => ("Receive Not Ready", OperationClass::Session),
        Some(Kind::Rejected) => ("Frame Reject", OperationClass::Session),
        Some(Kind::Connect) => ("Set Normal Response Mode", OperationClass::Session),
        Some(Kind::Acknowledge) => ("Unnumbered Acknowledge", OperationClass::Session),
        Some(Kind::Disconnect) => ("Disconnect", OperationClass::Session),
        Some(Kind::Disconnected) => ("Disconnected Mode", OperationClass::Session),
        Some(Kind::Unnumbered) => ("Unnumbered Information", OperationClass::Read),
        None => ("unknown", OperationClass::Program),
    };
    let (role, unit) = match side {
        Side::Initiator => (Role::Request, frame.destination),
        Side::Responder => (Role::Response, frame.source),
    };
    emit.sink.message(&Message {
        protocol: DLMS_HDLC,
        role,
        function: Function {
            code: frame.control.into(),
            name,
        },
        operation,
        unit: Some(unit),
        objects: &[],
        outcome: match side {
            Side::Initiator => Outcome::None,
            Side::Responder => Outcome::Success,
        },
        transaction: None,
        span: emit.span,
    });
}

/// The sink, and where the message at hand stands.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, protocol: Protocol, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol,
            code: fault.code(),
            span: self.span,
        });
    }

    fn message(&mut self, role: Role, unit: u32, apdu: &Apdu<'_>) {
        let objects: SmallVec<[Object<'_>; 2]> = apdu
            .items
            .iter()
            .map(|item| Object {
                address: Address::Name {
                    kind: item.kind.name(),
                    name: &item.text,
                },
                value: item.value,
            })
            .collect();
        self.sink.message(&Message {
            protocol: DLMS,
            role,
            function: Function {
                code: apdu.function.code(),
                name: apdu.function.name(),
            },
            operation: apdu.operation,
            unit: Some(unit),
            objects: &objects,
            outcome: apdu.outcome,
            transaction: apdu.invoke,
            span: self.span,
        });
    }

    fn fact(&mut self, unit: Option<u32>, field: IdentityField, value: &[u8]) {
        self.sink.identity(&Identity {
            protocol: DLMS,
            about: About::Sender,
            unit,
            field,
            value,
        });
    }

    /// What a meter says of itself.
    fn facts(&mut self, role: Role, unit: u32, apdu: &Apdu<'_>) {
        if let Some([a, b, c, number @ ..]) = apdu.title.filter(|_| role == Role::Response)
            && [a, b, c].iter().all(u8::is_ascii_uppercase)
        {
            self.fact(None, IdentityField::Vendor, &[a, b, c]);
            let number: String = number.iter().map(|byte| format!("{byte:02x}")).collect();
            self.fact(None, IdentityField::Serial, number.as_bytes());
        }
        if role != Role::Response {
            return;
        }
        for item in &apdu.items {
            let Some(said) = item.value.and_then(text) else {
                continue;
            };
            match item.reference {
                Some(apdu::LOGICAL_DEVICE_NAME) => {
                    self.fact(Some(unit), IdentityField::HostName, said);
                    match said {
                        [a, b, c, ..] if [a, b, c].into_iter().all(u8::is_ascii_uppercase) => {
                            self.fact(Some(unit), IdentityField::Vendor, &[*a, *b, *c]);
                        }
                        _ => {}
                    }
                }
                Some(apdu::DEVICE_ID) => self.fact(Some(unit), IdentityField::Serial, said),
                Some(apdu::FIRMWARE) => self.fact(Some(unit), IdentityField::Firmware, said),
                Some(_) | None => {}
            }
        }
    }
}
