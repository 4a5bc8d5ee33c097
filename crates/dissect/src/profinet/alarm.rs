//! Acyclic alarms: the RTA PDU, its notification and its acknowledgement (IEC 61158-6-10:2019, 4.7 and 5.2).

use super::{Fault, PROFINET, code, names};
use crate::message::{Address, Function, Message, Object, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::session::Side;
use crate::tell::{Tell, all, plain};
use cofferdam_terms::OperationClass;

/// Kinds of RTA PDUs.
const DATA: u8 = 1;
const NACK: u8 = 2;
const ACK: u8 = 3;
const ERROR: u8 = 4;

/// Blocks of an alarm: the high and the low one, and their acknowledgements.
const NOTIFICATION: [u16; 2] = [0x0001, 0x0002];
const ACKNOWLEDGEMENT: [u16; 2] = [0x8001, 0x8002];

/// Where an alarm comes from.
#[derive(Clone, Copy, Debug)]
struct Alarm {
    kind: u16,
    slot: u16,
    subslot: u16,
    /// A notification's module and submodule.
    idents: Option<[u8; 8]>,
    /// The status of an acknowledgement.
    status: Option<u32>,
}

impl Alarm {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Truncated> {
        let block = reader.u16_be()?;
        let length = reader.u16_be()?;
        let mut block_reader = reader.sub(length.into())?;
        let _version = block_reader.u16_be()?;
        if !NOTIFICATION.contains(&block) && !ACKNOWLEDGEMENT.contains(&block) {
            return Ok(None);
        }
        let kind = block_reader.u16_be()?;
        let _api = block_reader.u32_be()?;
        let (slot, subslot) = (block_reader.u16_be()?, block_reader.u16_be()?);
        let (idents, status) = if NOTIFICATION.contains(&block) {
            (Some(block_reader.array()?), None)
        } else {
            let _specifier = block_reader.u16_be()?;
            (None, Some(block_reader.u32_be()?))
        };
        Ok(Some(Self {
            kind,
            slot,
            subslot,
            idents,
            status,
        }))
    }
}

/// Tells a frame; `reader` stands behind the frame id. Gives the controller's side, when the alarm tells it: devices
/// raise alarms and controllers acknowledge them.
pub(super) fn tell(
    frame_id: u16,
    priority: &'static str,
    mut reader: Reader<'_>,
    bytes: &[u8],
    side: Side,
    tell: &mut Tell<'_>,
) -> Result<Option<Side>, Truncated> {
    let _endpoints = reader.u32_be()?;
    let pdu = reader.u8()? & 0x0f;
    let _flags = reader.u8()?;
    let (sent, _acknowledged) = (reader.u16_be()?, reader.u16_be()?);
    let length = reader.u16_be()?;
    let mut content = reader.sub(length.into())?;
    let say = |tell: &mut Tell<'_>, role, sub: u16, name, outcome, objects: &[Object<'_>]| {
        let function = Function {
            code: code(frame_id, sub),
            name,
        };
        tell.message(&Message {
            objects,
            outcome,
            transaction: Some(sent.into()),
            ..plain(PROFINET, role, function, OperationClass::Alarm, all(bytes))
        });
    };
    let mut controller = None;
    match pdu {
        DATA => match Alarm::read(&mut content)? {
            Some(alarm) => {
                let notifies = alarm.status.is_none();
                controller = Some(if notifies { side.other() } else { side });
                let role = if notifies {
                    Role::Unsolicited
                } else {
                    Role::Response
                };
                let outcome = alarm.status.map_or(Outcome::None, status);
                let object = Object {
                    address: Address::Path {
                        class: alarm.slot.into(),
                        instance: Some(alarm.subslot.into()),
                        attribute: None,
                    },
                    value: alarm.idents.as_ref().map(<[u8; 8]>::as_slice),
                };
                let name = names::alarm(alarm.kind);
                say(tell, role, alarm.kind, name, outcome, &[object]);
            }
            None => {
                say(tell, Role::Unsolicited, 0, priority, Outcome::None, &[]);
                tell.anomaly(Fault::Block.code(), all(bytes));
            }
        },
        ACK => say(tell, Role::Response, 0, "Transport Ack", Outcome::Success, &[]),
        NACK | ERROR => {
            let code = content.u32_be().unwrap_or_default();
            let outcome = Outcome::Failure {
                code,
                name: if pdu == NACK {
                    "not acknowledged"
                } else {
                    "relation aborted"
                },
            };
            let name = if pdu == NACK { "Transport Nack" } else { "Error" };
            say(tell, Role::Response, 0, name, outcome, &[]);
        }
        _ => {
            say(tell, Role::Unsolicited, 0, priority, Outcome::None, &[]);
            tell.anomaly(Fault::Service.code(), all(bytes));
        }
    }
    Ok(controller)
}

/// A PNIO status: error code, decode, code 1, code 2; 0 is good.
fn status(code: u32) -> Outcome {
    match code {
        0 => Outcome::Success,
        _ => Outcome::Failure {
            code,
            name: "alarm not accepted",
        },
    }
}
