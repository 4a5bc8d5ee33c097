//! CIP's wire types: requests, answers, and the services that carry others or open connections. Stateless.

use super::Fault;
use super::names::{Target, class};
use super::path::{self, Path};
use crate::reader::{Reader, Truncated};

/// The answer's bit in a service code.
const ANSWER: u8 = 0x80;
/// The data type of a structure; a handle follows it.
const STRUCTURE: u16 = 0x02a0;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub(super) service: u8,
    pub(super) path: Path<'a>,
    pub(super) data: Reader<'a>,
    pub(super) start: usize,
}

/// An answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Response<'a> {
    /// Without the answer's bit.
    pub(super) service: u8,
    pub(super) status: u8,
    /// The first word of the additional status.
    pub(super) additional: Option<u16>,
    pub(super) data: Reader<'a>,
    pub(super) start: usize,
}

/// A message of the message router.
#[derive(Clone, Debug)]
pub(super) enum Cip<'a> {
    Request(Request<'a>),
    Response(Response<'a>),
}

/// Reads a message to its data.
pub(super) fn cip<'a>(mut reader: Reader<'a>) -> Result<Cip<'a>, Fault> {
    let start = reader.offset();
    let cut = |_: Truncated| Fault::MalformedService;
    let service = reader.u8().map_err(cut)?;
    if service & ANSWER == 0 {
        let words = reader.u8().map_err(cut)?;
        let path = reader.sub(2 * usize::from(words)).map_err(cut)?;
        let path = path::path(path).map_err(|_| Fault::MalformedPath)?;
        return Ok(Cip::Request(Request {
            service,
            path,
            data: reader,
            start,
        }));
    }
    reader.skip(1).map_err(cut)?;
    let status = reader.u8().map_err(cut)?;
    let words = reader.u8().map_err(cut)?;
    let mut additional = reader.sub(2 * usize::from(words)).map_err(cut)?;
    Ok(Cip::Response(Response {
        service: service & !ANSWER,
        status,
        additional: additional.u16_le().ok(),
        data: reader,
        start,
    }))
}

impl Request<'_> {
    /// What it is sent to.
    pub(super) fn target(&self) -> Target {
        match (&self.path.tag, self.path.class) {
            (Some(_), _) => Target::Tag,
            (None, Some(class)) => Target::Class(class),
            (None, None) => Target::Unseen,
        }
    }

    /// Whether it is one of the two services that carry others.
    pub(super) fn wrapper(&self) -> Option<Wrapper> {
        match (self.service, self.path.class) {
            (0x0a, _) => Some(Wrapper::Packet),
            (0x52, Some(class::CONNECTION_MANAGER)) => Some(Wrapper::Send),
            _ => None,
        }
    }
}

/// A service that carries others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// Multiple_Service_Packet.
    Packet,
    /// Unconnected_Send.
    Send,
}

/// The messages inside a Multiple_Service_Packet, in order: a count, an offset for each from the start of the count,
/// the messages. Offsets have to rise, so that no byte is read twice.
pub(super) fn packet<'a>(data: Reader<'a>) -> Result<impl Iterator<Item = Result<Reader<'a>, Fault>>, Fault> {
    let mut offsets = data;
    let count = offsets.u16_le().map_err(|_| Fault::MalformedService)?;
    let first = 2 + 2 * usize::from(count);
    if offsets.left() < 2 * usize::from(count) {
        return Err(Fault::MalformedService);
    }
    let mut from = first;
    let mut next = offsets.u16_le().map_or(first, usize::from);
    Ok((0..count).map(move |index| {
        let start = next;
        let end = if index + 1 < count {
            offsets.u16_le().map_or(start, usize::from)
        } else {
            data.left()
        };
        next = end;
        let mut message = data;
        if start < from || end <= start {
            return Err(Fault::MalformedService);
        }
        from = end;
        message
            .skip(start)
            .and_then(|()| message.sub(end - start))
            .map_err(|_| Fault::MalformedService)
    }))
}

/// What Unconnected_Send carries: the message and the slot that its route leads to.
pub(super) fn unconnected_send<'a>(mut data: Reader<'a>) -> Result<(Reader<'a>, Option<u32>), Fault> {
    let cut = |_: Truncated| Fault::MalformedService;
    data.skip(2).map_err(cut)?;
    let length = data.u16_le().map_err(cut)?;
    let message = data.sub(usize::from(length)).map_err(cut)?;
    data.skip(usize::from(length % 2)).map_err(cut)?;
    let words = data.u8().map_err(cut)?;
    data.skip(1).map_err(cut)?;
    let route = data.sub(2 * usize::from(words)).map_err(cut)?;
    let route = path::path(route).map_err(|_| Fault::MalformedPath)?;
    Ok((message, route.slot))
}

/// What Forward_Open asks for.
#[derive(Clone, Debug)]
pub(super) struct Open<'a> {
    pub(super) vendor: u16,
    pub(super) serial: u32,
    pub(super) path: Path<'a>,
}

/// Reads the data of Forward_Open, or of Large_Forward_Open, whose connection parameters are twice as long.
pub(super) fn forward_open<'a>(mut data: Reader<'a>, service: u8) -> Result<Open<'a>, Fault> {
    let cut = |_: Truncated| Fault::MalformedConnection;
    // Time-out, two connection ids, the connection's serial number.
    data.skip(2 + 4 + 4 + 2).map_err(cut)?;
    let vendor = data.u16_le().map_err(cut)?;
    let serial = data.u32_le().map_err(cut)?;
    let parameters = if service == 0x5b { 4 } else { 2 };
    // Multiplier, reserve, interval and parameters each way, transport.
    data.skip(4 + 2 * (4 + parameters) + 1).map_err(cut)?;
    let words = data.u8().map_err(cut)?;
    let path = data.sub(2 * usize::from(words)).map_err(cut)?;
    let path = path::path(path).map_err(|_| Fault::MalformedPath)?;
    Ok(Open { vendor, serial, path })
}

/// The two connection ids of an answer to Forward_Open: towards the target, towards the originator.
pub(super) fn opened(mut data: Reader<'_>) -> Result<[u32; 2], Fault> {
    let read = |data: &mut Reader<'_>| Ok([data.u32_le()?, data.u32_le()?]);
    read(&mut data).map_err(|_: Truncated| Fault::MalformedConnection)
}

/// The value in a request to set an attribute or write a tag.
pub(super) fn written<'a>(request: &Request<'a>) -> Option<&'a [u8]> {
    let mut data = request.data;
    match (request.service, request.target()) {
        (0x10, _) => Some(data.rest()),
        (0x4d | 0x53, Target::Tag | Target::Class(class::SYMBOL)) => {
            skip_type(&mut data)?;
            // How many elements, and for a piece where it goes to.
            data.skip(if request.service == 0x53 { 2 + 4 } else { 2 }).ok()?;
            Some(data.rest())
        }
        _ => None,
    }
}

/// The value in an answer that gives an attribute or a tag.
pub(super) fn value_read<'a>(response: &Response<'a>, target: Target) -> Option<&'a [u8]> {
    let mut data = response.data;
    match (response.service, target) {
        (0x0e, _) | (0x4c, Target::Class(class::DATA_TABLE)) => Some(data.rest()),
        (0x4c | 0x52, Target::Tag | Target::Class(class::SYMBOL)) => {
            skip_type(&mut data)?;
            Some(data.rest())
        }
        _ => None,
    }
}

fn skip_type(data: &mut Reader<'_>) -> Option<()> {
    if data.u16_le().ok()? == STRUCTURE {
        data.skip(2).ok()?;
    }
    Some(())
}

/// The attribute numbers of a Get_Attribute_List or Set_Attribute_List request. For the latter only the first is
/// known: values of unknown length stand between.
pub(super) fn listed_attributes(request: &Request<'_>) -> impl Iterator<Item = u16> {
    let mut data = request.data;
    let count = match request.service {
        0x03 => data.u16_le().unwrap_or(0),
        0x04 => data.u16_le().unwrap_or(0).min(1),
        _ => 0,
    };
    (0..count).map_while(move |_| data.u16_le().ok())
}
