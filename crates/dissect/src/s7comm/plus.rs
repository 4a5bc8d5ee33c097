//! S7comm-plus: the header, opcode and function of each message, and who the two sides are out of the opening of a
//! session. There is no public specification; this follows what the devices in captures send. The attributes beyond
//! the session's are not read, nor are parts of version 3 that the integrity digest covers, nor anything inside TLS.

use super::{Emit, Fault};
use crate::message::{About, Function, IdentityField, Message, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::registry::Protocol;
use crate::session::Side;
use cofferdam_terms::OperationClass;

/// The protocol of the newer messages.
pub(super) const S7COMM_PLUS: Protocol = Protocol("s7comm-plus");

/// Whether the next unit of a side goes on with the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Message,
    Continuation,
}

/// The state of S7comm-plus in one conversation.
#[derive(Debug, Default)]
pub(super) struct Plus {
    initiator: Next,
    responder: Next,
}

impl Plus {
    /// Bytes of one side are missing.
    pub(super) fn gap(&mut self, side: Side) {
        *self.next(side) = Next::Message;
    }

    fn next(&mut self, side: Side) -> &mut Next {
        match side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        }
    }

    /// Takes one unit that starts with 0x72.
    pub(super) fn unit(&mut self, side: Side, bytes: &[u8], emit: &mut Emit<'_>) {
        if self.read(side, bytes, emit).is_err() {
            emit.plus_fault(Fault::HeaderCutShort);
        }
    }

    fn read(&mut self, side: Side, bytes: &[u8], emit: &mut Emit<'_>) -> Result<(), Truncated> {
        let mut reader = Reader::new(bytes);
        reader.skip(1)?;
        let version = reader.u8()?;
        let length = usize::from(reader.u16_be()?);
        // Sent to keep the connection, or of a system event: no opcode follows.
        if matches!(version, 0xfe | 0xff) {
            return Ok(());
        }
        let Ok(mut body) = reader.sub(length) else {
            emit.plus_fault(Fault::LengthMismatch);
            return Ok(());
        };
        let next = self.next(side);
        let before = *next;
        // A trailer of four bytes ends a message; a unit without one goes on in the next.
        *next = if reader.is_empty() {
            Next::Continuation
        } else {
            Next::Message
        };
        if before == Next::Continuation {
            return Ok(());
        }
        if version == 3 {
            let digest = body.u8()?;
            body.skip(usize::from(digest))?;
        }
        message(body, emit)
    }
}

fn message(mut body: Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let role = match body.u8()? {
        0x31 => Role::Request,
        // 0x02 answers a write that asked for no more than a receipt.
        0x32 | 0x02 => Role::Response,
        0x33 => Role::Unsolicited,
        _ => {
            emit.plus_fault(Fault::UnknownOpcode);
            return Ok(());
        }
    };
    let (code, transaction) = if role == Role::Unsolicited {
        // A subscription's object id stands where others have the function.
        (0, None)
    } else {
        body.skip(2)?;
        let code = body.u16_be()?;
        body.skip(2)?;
        (code, Some(u32::from(body.u16_be()?)))
    };
    let (name, operation) = function(code);
    if code == CREATE_OBJECT {
        session_identity(role, body.peek(), emit);
    }
    emit.message(&Message {
        protocol: S7COMM_PLUS,
        role,
        function: Function {
            code: u32::from(code),
            name,
        },
        operation,
        unit: None,
        objects: &[],
        // The return value is of variable length and stands at no fixed place.
        outcome: Outcome::None,
        transaction,
        span: emit.span,
    });
    Ok(())
}

const CREATE_OBJECT: u16 = 0x04ca;

const fn function(code: u16) -> (&'static str, OperationClass) {
    match code {
        0x0000 => ("Notification", OperationClass::Read),
        0x04bb => ("Explore", OperationClass::Read),
        0x04ca => ("CreateObject", OperationClass::Session),
        0x04d4 => ("DeleteObject", OperationClass::Session),
        0x04f2 => ("SetVariable", OperationClass::Write),
        0x04fc => ("GetVariable", OperationClass::Read),
        0x0506 => ("AddLink", OperationClass::Configure),
        0x051a => ("RemoveLink", OperationClass::Configure),
        0x0524 => ("GetLink", OperationClass::Read),
        0x0542 => ("SetMultiVariables", OperationClass::Write),
        0x054c => ("GetMultiVariables", OperationClass::Read),
        0x0556 => ("BeginSequence", OperationClass::Session),
        0x0560 => ("EndSequence", OperationClass::Session),
        0x056b => ("Invoke", OperationClass::Control),
        0x057c => ("SetVarSubStreamed", OperationClass::Write),
        0x0586 => ("GetVarSubStreamed", OperationClass::Read),
        _ => ("unknown", OperationClass::Control),
    }
}

/// Attributes of the session object whose values are texts, by their id as it is written (two bytes of seven bits):
/// the client's application and computer, and the server's version as `1;order number;firmware`.
const APPLICATION: [u8; 2] = [0x82, 0x29];
const WORKSTATION: [u8; 2] = [0x82, 0x2a];
const SERVER_VERSION: [u8; 2] = [0x82, 0x3f];

/// Says who opens a session, or who answers it.
fn session_identity(role: Role, body: &[u8], emit: &mut Emit<'_>) {
    if role == Role::Request {
        for (attribute, field) in [
            (APPLICATION, IdentityField::System),
            (WORKSTATION, IdentityField::HostName),
        ] {
            if let Some(text) = text_attribute(body, attribute).filter(|text| !text.is_empty()) {
                emit.identity(S7COMM_PLUS, About::Sender, field, text);
            }
        }
        return;
    }
    let Some(version) = text_attribute(body, SERVER_VERSION) else {
        return;
    };
    let mut parts = version.split(|byte| *byte == b';').skip(1);
    for field in [IdentityField::ProductCode, IdentityField::Firmware] {
        if let Some(part) = parts
            .next()
            .map(<[u8]>::trim_ascii)
            .filter(|part| !part.is_empty())
        {
            emit.identity(S7COMM_PLUS, About::Sender, field, part);
        }
    }
}

/// The value of a text attribute: its id, no flags, the type 0x15, a length below 128, the text.
fn text_attribute(body: &[u8], [high, low]: [u8; 2]) -> Option<&[u8]> {
    let head = [high, low, 0x00, 0x15];
    let place = body.windows(head.len()).position(|window| *window == head)?;
    let (length, text) = body.get(place + head.len()..)?.split_first()?;
    (*length < 0x80)
        .then(|| text.get(..usize::from(*length)))
        .flatten()
}
