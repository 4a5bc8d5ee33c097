//! What stands between the transport and MMS: session (ITU-T X.225), presentation (X.226), association control (X.227),
//! as far as a unit has to be opened to get at what it carries. No state.

use super::Fault;
use crate::ber::{Element, Malformed};
use crate::message::Role;
use crate::reader::{Reader, Truncated};

/// What one transport unit carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit<'a> {
    /// One MMS message.
    Mms(Element<'a>),
    /// Association control, with the MMS message inside it where there is one.
    Association {
        what: Association,
        mms: Option<Element<'a>>,
    },
    /// Nothing: tokens, an empty unit.
    Empty,
}

/// What an association-control message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Association {
    Request,
    /// The answer, with its result: 0 is accepted.
    Response(u32),
    ReleaseRequest,
    ReleaseResponse,
    /// By either layer.
    Abort,
    /// The session was refused.
    Refuse,
}

impl Association {
    /// Its tag in association control; the session's refusal has none, so its session code with 0x100 added.
    pub(super) const fn code(self) -> u32 {
        match self {
            Self::Request => 0x60,
            Self::Response(_) => 0x61,
            Self::ReleaseRequest => 0x62,
            Self::ReleaseResponse => 0x63,
            Self::Abort => 0x64,
            Self::Refuse => 0x10c,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Request => "Associate Request",
            Self::Response(_) => "Associate Response",
            Self::ReleaseRequest => "Release Request",
            Self::ReleaseResponse => "Release Response",
            Self::Abort => "Abort",
            Self::Refuse => "Refuse",
        }
    }

    pub(super) const fn role(self) -> Role {
        match self {
            Self::Request | Self::ReleaseRequest => Role::Request,
            Self::Response(_) | Self::ReleaseResponse | Self::Refuse => Role::Response,
            Self::Abort => Role::Unsolicited,
        }
    }
}

/// Session protocol data units, by their identifier (X.225, 8.3).
mod session {
    pub(super) const DATA: u8 = 0x01;
    pub(super) const NOT_FINISHED: u8 = 0x08;
    pub(super) const FINISH: u8 = 0x09;
    pub(super) const DISCONNECT: u8 = 0x0a;
    pub(super) const REFUSE: u8 = 0x0c;
    pub(super) const CONNECT: u8 = 0x0d;
    pub(super) const ACCEPT: u8 = 0x0e;
    pub(super) const ABORT: u8 = 0x19;
    pub(super) const ABORT_ACCEPT: u8 = 0x1a;
}

impl From<Truncated> for Fault {
    fn from(_: Truncated) -> Self {
        Self::MalformedSession
    }
}

impl From<Malformed> for Fault {
    fn from(_: Malformed) -> Self {
        Self::MalformedElement
    }
}

/// Whether a unit starts with a session data unit that MMS uses.
pub(super) fn is_session(unit: &[u8]) -> bool {
    match unit {
        [session::DATA, 0, session::DATA, 0, 0x61, ..] => true,
        [session::CONNECT | session::ACCEPT, length, rest @ ..] => {
            // A short length that the unit has, or the mark of a long one; then a parameter of the connection.
            let fits = usize::from(*length) <= rest.len() || *length == 0xff;
            fits && matches!(rest, [0x01 | 0x05 | 0x14 | 0x33 | 0x34 | 0xc1, ..])
        }
        _ => false,
    }
}

/// Opens a unit.
pub(super) fn unit(bytes: &[u8]) -> Result<Unit<'_>, Fault> {
    let mut reader = Reader::new(bytes);
    match *bytes {
        [] => Ok(Unit::Empty),
        // Tokens and data have no parameters: what follows is the presentation's.
        [session::DATA, 0, session::DATA, 0, ref data @ ..] | [session::DATA, 0, ref data @ ..] => {
            presentation(data)
        }
        // Without session and presentation layer, as some implementations speak it.
        [0x80..=0xbf, ..] => Ok(Unit::Mms(Element::read(&mut reader)?)),
        [identifier, ..] => {
            reader.skip(1)?;
            let length = length(&mut reader)?;
            let user_data = user_data(reader.sub(length)?)?;
            match identifier {
                session::CONNECT | session::ACCEPT | session::FINISH | session::DISCONNECT => {
                    presentation(user_data)
                }
                session::REFUSE => Ok(association(Association::Refuse)),
                session::ABORT => Ok(association(Association::Abort)),
                session::ABORT_ACCEPT | session::NOT_FINISHED => Ok(Unit::Empty),
                _ => Err(Fault::UnknownSession),
            }
        }
    }
}

const fn association<'a>(what: Association) -> Unit<'a> {
    Unit::Association { what, mms: None }
}

/// A session length: one byte, or three when the first is 255.
fn length(reader: &mut Reader<'_>) -> Result<usize, Truncated> {
    match reader.u8()? {
        0xff => reader.u16_be().map(usize::from),
        short => Ok(short.into()),
    }
}

/// The user data among a session unit's parameters (8.3.1); groups hold no other.
fn user_data<'a>(mut parameters: Reader<'a>) -> Result<&'a [u8], Truncated> {
    while !parameters.is_empty() {
        let parameter = parameters.u8()?;
        let length = length(&mut parameters)?;
        let value = parameters.take(length)?;
        if let 0xc1 | 0xc2 = parameter {
            return Ok(value);
        }
    }
    Ok(&[])
}

/// The presentation's user data: in a connection's set-up inside its parameters, else by itself.
fn presentation(bytes: &[u8]) -> Result<Unit<'_>, Fault> {
    if bytes.is_empty() {
        return Ok(Unit::Empty);
    }
    let outer = Element::read(&mut Reader::new(bytes))?;
    let list = if outer.is_application(1) {
        outer
    } else {
        let normal = outer.context(2).ok_or(Fault::NoPresentationData)?;
        let mut inside = normal.children().map_while(Result::ok);
        inside
            .find(|child| child.is_application(1))
            .ok_or(Fault::NoPresentationData)?
    };
    let values = list.first().ok_or(Fault::NoPresentationData)?;
    let value = values.context(0).or(values.context(1));
    let carried = value.and_then(|value| value.first());
    carried.map_or(Err(Fault::NoPresentationData), carried_unit)
}

fn carried_unit(carried: Element<'_>) -> Result<Unit<'_>, Fault> {
    let what = match carried.number {
        _ if carried.class == crate::ber::Class::Context => return Ok(Unit::Mms(carried)),
        _ if carried.class != crate::ber::Class::Application => return Err(Fault::NoPresentationData),
        0 => Association::Request,
        1 => Association::Response(result(&carried)),
        2 => Association::ReleaseRequest,
        3 => Association::ReleaseResponse,
        4 => Association::Abort,
        _ => return Err(Fault::NoPresentationData),
    };
    // User information, an EXTERNAL, in it the message.
    let external = carried.context(30).and_then(|information| information.first());
    let mms = external
        .and_then(|external| external.context(0))
        .and_then(|value| value.first());
    Ok(Unit::Association { what, mms })
}

fn result(response: &Element<'_>) -> u32 {
    let result = response.context(2).and_then(|result| result.first());
    result.and_then(|result| result.unsigned()).unwrap_or_default()
}
