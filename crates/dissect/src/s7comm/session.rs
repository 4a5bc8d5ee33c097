//! What a conversation remembers: requests that wait for their answers, a status list in the making.

use super::names::{self, FunctionCode, JobFunction, UserdataKind};
use super::outstanding::Outstanding;
use super::pdu::{self, Objects, Pdu, Rosctr, Userdata};
use super::{Emit, Fault, szl};
use crate::message::{About, Address, Function, IdentityField, Message, Object, Outcome, Role};
use crate::registry::Protocol;
use crate::session::Side;
use cofferdam_terms::OperationClass;

/// The protocol of classic S7 messages.
pub(super) const S7COMM: Protocol = Protocol("s7comm");
/// The code of an answer that names no function and answers no request that was seen.
const BARE_ACK: u32 = 0x2_0000;

/// The state of classic S7comm in one conversation.
#[derive(Debug, Default)]
pub(super) struct Classic {
    outstanding: Outstanding,
    szl: szl::Transfer,
    /// Rack and slot that the connection was opened to, until they are told.
    place: Option<[u8; 2]>,
}

impl Classic {
    /// Keeps where the connection goes to: the called selector's second byte is rack and slot, when the first is the
    /// kind of an S7 connection (programmer, operator panel, basic).
    pub(super) fn called(&mut self, selector: &[u8]) {
        if let [1..=3, place] = *selector {
            self.place = Some([place >> 5, place & 0x1f]);
        }
    }

    /// Bytes are missing.
    pub(super) fn gap(&mut self) {
        self.szl = szl::Transfer::default();
    }

    /// Takes one unit that starts with 0x32.
    pub(super) fn unit(&mut self, side: Side, bytes: &[u8], emit: &mut Emit<'_>) {
        let pdu = match pdu::pdu(bytes) {
            Ok(pdu) => pdu,
            Err(fault) => return emit.fault(fault),
        };
        if pdu.trailing > 0 {
            emit.fault(Fault::TrailingBytes);
        }
        match pdu.rosctr {
            Rosctr::Job => self.job(side, &pdu, emit),
            Rosctr::Ack | Rosctr::AckData => self.answer(side, &pdu, emit),
            Rosctr::Userdata => match pdu::userdata(pdu.parameter, pdu.data) {
                Ok(userdata) => self.userdata(pdu.reference, &userdata, emit),
                Err(fault) => emit.fault(fault),
            },
        }
    }

    fn job(&mut self, side: Side, pdu: &Pdu<'_>, emit: &mut Emit<'_>) {
        let mut parameter = pdu.parameter;
        let Ok(code) = parameter.u8().map(FunctionCode) else {
            return emit.fault(Fault::MalformedParameter);
        };
        let known = code.known();
        let mut operation = known.map_or(OperationClass::Control, JobFunction::operation);
        let mut objects = Objects::new();
        let mut count = 0;
        let read = match known {
            Some(JobFunction::ReadVar) => pdu::items(&mut parameter, &mut objects).map(|items| count = items),
            Some(JobFunction::WriteVar) => pdu::items(&mut parameter, &mut objects).and_then(|items| {
                count = items;
                values(pdu.data, items, &mut objects).map(drop)
            }),
            Some(JobFunction::PlcStop) => invoked(parameter, code, &mut objects).map(drop),
            Some(JobFunction::PiService) => {
                invoked(parameter, code, &mut objects).map(|name| operation = names::pi_service(name))
            }
            Some(
                JobFunction::RequestDownload
                | JobFunction::DownloadBlock
                | JobFunction::DownloadEnded
                | JobFunction::StartUpload
                | JobFunction::Upload
                | JobFunction::EndUpload,
            ) => match pdu::transfer_file(&mut parameter, code) {
                Ok(name) => {
                    objects.extend(name.map(|name| Object::at(pdu::file(name))));
                    Ok(())
                }
                Err(_) => Err(Fault::MalformedParameter),
            },
            Some(JobFunction::SetupCommunication) => {
                self.tell_place(side, emit);
                Ok(())
            }
            Some(JobFunction::CpuServices) | None => Ok(()),
        };
        if let Err(fault) = read {
            emit.fault(fault);
        }
        self.outstanding
            .put(side, pdu.reference, code, operation, count, &objects);
        emit.message(&Message {
            protocol: S7COMM,
            role: Role::Request,
            function: job_function(code),
            operation,
            unit: None,
            objects: &objects,
            outcome: Outcome::None,
            transaction: Some(u32::from(pdu.reference)),
            span: emit.span,
        });
    }

    /// Says where in the rack the addressed module is, once the connection turns out to speak S7.
    fn tell_place(&mut self, side: Side, emit: &mut Emit<'_>) {
        if let (Side::Initiator, Some([rack, slot])) = (side, self.place.take()) {
            let text = format!("rack {rack} slot {slot}");
            emit.identity(S7COMM, About::Receiver, IdentityField::Module, text.as_bytes());
        }
    }

    fn answer(&mut self, side: Side, pdu: &Pdu<'_>, emit: &mut Emit<'_>) {
        let asked = self.outstanding.take(side.other(), pdu.reference);
        let mut parameter = pdu.parameter;
        let code = parameter
            .u8()
            .ok()
            .map(FunctionCode)
            .or(asked.map(|asked| asked.code));
        let function = code.map_or(
            Function {
                code: BARE_ACK,
                name: "Ack",
            },
            job_function,
        );
        let operation = match (asked, code.and_then(FunctionCode::known)) {
            (Some(asked), _) => asked.operation,
            (None, Some(known)) => known.operation(),
            (None, None) => OperationClass::Session,
        };
        let mut outcome = names::error(pdu.error);
        let mut objects = Objects::new();
        if let Some(asked) = asked.filter(|asked| Some(asked.code) == code) {
            objects.extend(asked.addresses.iter().map(|address| Object::at(*address)));
        }
        let read = match code.and_then(FunctionCode::known) {
            Some(JobFunction::ReadVar) if outcome == Outcome::Success => {
                parameter
                    .u8()
                    .map_err(|_| Fault::MalformedParameter)
                    .and_then(|count| {
                        // Values are told apart only where each item asked for one object.
                        if asked.is_none_or(|asked| asked.addresses.len() != usize::from(count)) {
                            objects.clear();
                        }
                        values(pdu.data, count, &mut objects)
                    })
            }
            Some(JobFunction::WriteVar) if outcome == Outcome::Success => {
                Ok(pdu.data.peek().iter().find(|code| **code != 0xff).copied())
            }
            _ => Ok(None),
        };
        match read {
            Ok(Some(failed)) => outcome = names::return_code(failed),
            Ok(None) => {}
            Err(fault) => emit.fault(fault),
        }
        emit.message(&Message {
            protocol: S7COMM,
            role: Role::Response,
            function,
            operation,
            unit: None,
            objects: &objects,
            outcome,
            transaction: Some(u32::from(pdu.reference)),
            span: emit.span,
        });
    }

    fn userdata(&mut self, reference: u16, userdata: &Userdata<'_>, emit: &mut Emit<'_>) {
        let (name, mut operation) = names::userdata(userdata.group, userdata.subfunction);
        let mut objects = Objects::new();
        let payload = userdata.payload;
        let read = match (userdata.group, userdata.subfunction, userdata.kind) {
            (0x1, 0x02 | 0x08 | 0x09, UserdataKind::Request) if !payload.is_empty() => {
                pdu::table_items(payload, &mut objects)
            }
            (0x2, 0x01 | 0x05 | 0x07, UserdataKind::Request) => cyclic_items(payload, &mut objects),
            (0x3, 0x02, UserdataKind::Request) => {
                objects.push(Object::at(Address::Name {
                    kind: "block-type",
                    name: payload,
                }));
                Ok(())
            }
            (0x3, 0x03, UserdataKind::Request) => {
                objects.extend(pdu::block(payload).map(Object::at));
                Ok(())
            }
            (0x4, 0x01, _) => {
                let id = self.szl.take(userdata, emit);
                operation = id.map_or(operation, names::szl_operation);
                objects.extend(id.map(|id| {
                    Object::at(Address::Points {
                        space: "szl",
                        first: u32::from(id),
                        count: 1,
                    })
                }));
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(fault) = read {
            emit.fault(fault);
        }
        let (role, outcome) = match userdata.kind {
            UserdataKind::Push => (Role::Unsolicited, Outcome::None),
            UserdataKind::Request => (Role::Request, Outcome::None),
            UserdataKind::Response => (Role::Response, userdata_outcome(userdata)),
        };
        emit.message(&Message {
            protocol: S7COMM,
            role,
            function: Function {
                code: userdata.code(),
                name,
            },
            operation,
            unit: None,
            objects: &objects,
            outcome,
            transaction: Some(u32::from(reference)),
            span: emit.span,
        });
    }
}

/// An answer's outcome: its error, else the return code of its data. "Object does not exist" over no data at all is
/// how an answer without data looks.
fn userdata_outcome(userdata: &Userdata<'_>) -> Outcome {
    match names::error(userdata.error) {
        Outcome::Success if userdata.return_code == 0x0a && userdata.payload.is_empty() => Outcome::Success,
        Outcome::Success => names::return_code(userdata.return_code),
        failed => failed,
    }
}

fn job_function(code: FunctionCode) -> Function {
    Function {
        code: u32::from(code.0),
        name: code.known().map_or("unknown", JobFunction::name),
    }
}

/// Reads the items of data and gives each object its value. Gives the first return code that says failure; a request's
/// items carry 0, which says nothing.
fn values<'a>(
    mut data: crate::Reader<'a>,
    count: u8,
    objects: &mut Objects<'a>,
) -> Result<Option<u8>, Fault> {
    let mut failed = None;
    for index in 0..usize::from(count) {
        let item = pdu::data_item(&mut data).map_err(|_| Fault::MalformedData)?;
        if item.code == 0xff || item.code == 0x00 {
            if let Some(object) = objects.get_mut(index) {
                object.value = Some(item.value);
            }
        } else {
            failed = failed.or(Some(item.code));
        }
    }
    Ok(failed)
}

/// The service that is invoked, and the blocks that it is for.
fn invoked<'a>(
    mut parameter: crate::Reader<'a>,
    code: FunctionCode,
    objects: &mut Objects<'a>,
) -> Result<&'a [u8], Fault> {
    let (name, arguments) =
        pdu::program_invocation(&mut parameter, code).map_err(|_| Fault::MalformedParameter)?;
    objects.push(Object::at(Address::Name {
        kind: "pi-service",
        name,
    }));
    blocks(arguments, objects).map(|()| name)
}

/// The blocks that `_INSE`, `_DELE` and their kin name: a count, a zero, eight characters each.
fn blocks<'a>(arguments: &'a [u8], objects: &mut Objects<'a>) -> Result<(), Fault> {
    let [count, 0x00, names @ ..] = arguments else {
        return Ok(());
    };
    for name in names.chunks_exact(8).take(usize::from(*count)) {
        if objects.len() == super::MAX_ITEMS {
            return Err(Fault::TooManyItems);
        }
        objects.extend(pdu::block(name).map(Object::at));
    }
    Ok(())
}

/// The items of a cyclic subscription: a count of two bytes, time base and factor, then items as in Read Var.
fn cyclic_items(payload: &[u8], objects: &mut Objects<'_>) -> Result<(), Fault> {
    let mut reader = crate::Reader::new(payload);
    let head = |reader: &mut crate::Reader<'_>| {
        let count = reader.u16_be()?;
        reader.skip(2).map(|()| count)
    };
    let count = head(&mut reader).map_err(|_| Fault::MalformedItem)?;
    (0..count).try_for_each(|_| pdu::item(&mut reader, objects))
}
