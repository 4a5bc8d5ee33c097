//! DLMS/COSEM: meters for electricity, gas, water and heat, over TCP and UDP port 4059.
//!
//! Reads: the DLMS UA Green Book, edition 10: the wrapper (7.3), HDLC frames inside TCP (8.4), told as protocol
//! `dlms-hdlc` where they carry no APDU, associations (9.4.2), GET, SET, ACTION, events and notifications with logical
//! names (9.3), with attributes, methods, values and results; ciphered APDUs by name; exceptions. A function's code is
//! the APDU's tag, for services with several kinds `tag << 8 | kind`.
//!
//! Attributes are told as class, OBIS code and number: `3/1-0:1.8.0*255/2`. The unit is the server's logical device. Its
//! logical device name, number and firmware's version are identity facts, and a system title's maker and number.
//! Passwords, and what is written to associations and to the security setup, are never told.
//!
//! Bounds: the wrapper's length of 16 bits, HDLC's of 11, [`data::MAX_ELEMENTS`] elements of one value,
//! [`apdu::MAX_OBJECTS`] objects of one message, [`MAX_OUTSTANDING`] requests that wait with [`MAX_BLOCKS`] bytes each of
//! an answer in blocks.
//!
//! Skipped: values that are written or listed in blocks, HDLC segments, references by short names, general block
//! transfer, what is ciphered or signed.

mod apdu;
mod data;
mod hdlc;
mod names;
mod samples;
mod session;
#[cfg(test)]
mod tests;

use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe};
use session::Conversation;

/// The most requests of one conversation that wait for their answers; the oldest gives way.
const MAX_OUTSTANDING: usize = 16;

/// The most bytes of an answer in blocks that are kept; of a longer one no value is told.
const MAX_BLOCKS: usize = 0x4000;

const DLMS: Protocol = Protocol("dlms");
const DLMS_HDLC: Protocol = Protocol("dlms-hdlc");

/// DLMS/COSEM in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: DLMS,
    title: "DLMS/COSEM",
    specification: "DLMS UA Green Book edition 10, Blue Book edition 14 (IEC 62056-5-3, -6-1, -6-2)",
    tcp_ports: &[4059],
    udp_ports: &[4059],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[DLMS_HDLC],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A field runs over the end of the message.
    CutShort,
    /// Bytes are left after the last field.
    TrailingBytes,
    /// An APDU that no table knows.
    UnknownApdu,
    /// A value of a type that no table knows.
    Value,
    /// A frame's check is not that of its bytes.
    Check,
    /// A control field that no table knows.
    Control,
    /// A frame's information starts with other bytes than the link's.
    Link,
    /// The message has more objects than are told.
    TooManyObjects,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::TrailingBytes => "trailing-bytes",
            Self::UnknownApdu => "unknown-apdu",
            Self::Value => "value",
            Self::Check => "check",
            Self::Control => "control",
            Self::Link => "link",
            Self::TooManyObjects => "too-many-objects",
        }
    }
}

/// What the wrapper carries.
#[derive(Clone, Copy, Debug)]
struct Wrapped<'a> {
    source: u16,
    destination: u16,
    apdu: Reader<'a>,
}

enum Next<'a> {
    Wrapped(Wrapped<'a>),
    Framed(hdlc::Frame<'a>),
    /// So many bytes more are needed; none between messages.
    Partial(usize),
}

fn next<'a>(reader: &mut Reader<'a>) -> Result<Next<'a>, Lost> {
    let lost = |reason| Lost {
        offset: reader.offset(),
        reason,
    };
    match reader.peek() {
        [] => return Ok(Next::Partial(0)),
        [hdlc::FLAG, ..] => {
            return Ok(match hdlc::next(reader)? {
                hdlc::Next::Frame(frame) => Next::Framed(frame),
                hdlc::Next::Partial(missing) => Next::Partial(missing),
            });
        }
        [0] | [0, 1, ..] => {}
        _ => return Err(lost("no message has this version")),
    }
    let mut ahead = *reader;
    match wrapped(&mut ahead) {
        Ok(wrapped) if wrapped.apdu.is_empty() => Err(lost("length fits no message")),
        Ok(wrapped) => {
            *reader = ahead;
            Ok(Next::Wrapped(wrapped))
        }
        Err(Truncated { missing, .. }) => Ok(Next::Partial(missing)),
    }
}

fn wrapped<'a>(reader: &mut Reader<'a>) -> Result<Wrapped<'a>, Truncated> {
    reader.skip(2)?;
    Ok(Wrapped {
        source: reader.u16_be()?,
        destination: reader.u16_be()?,
        apdu: {
            let length = reader.u16_be()?;
            reader.sub(length.into())?
        },
    })
}

/// Certain of an APDU that is known, is filled by its fields and is followed by nothing but another message, and of a
/// frame whose checks are right.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    let mut reader = Reader::new(bytes);
    let own = match next(&mut reader) {
        Err(_) => return Probe::No,
        Ok(Next::Partial(_)) => return Probe::Unsure,
        Ok(Next::Framed(frame)) => frame.right && frame.kind.is_some(),
        // Client and server are both numbered, and the tag has to be one whose fields are read to the end.
        Ok(Next::Wrapped(wrapped)) => {
            let tag = wrapped.apdu.peek().first().copied().unwrap_or_default();
            let read = matches!(tag, 0x0f | 0x60 | 0x61 | 0xc0..=0xc7);
            let apdu = apdu::read(wrapped.apdu).filter(|apdu| apdu.fault.is_none());
            read && wrapped.source != 0 && wrapped.destination != 0 && apdu.is_some()
        }
    };
    if own && next(&mut reader).is_ok() {
        Probe::Certain
    } else {
        Probe::Unsure
    }
}
