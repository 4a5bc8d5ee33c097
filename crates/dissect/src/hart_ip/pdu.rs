//! A HART frame as it stands on the wire (HCF_SPEC-081, token-passing data link layer). It must not know HART-IP.

use super::names::Command;
use crate::reader::{Reader, Truncated};

/// What a frame is, by the lowest bits of its delimiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// From a master to a device.
    Ask,
    Answer,
    /// Sent unasked by a device.
    Burst,
}

/// A frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pdu<'a> {
    pub(super) kind: Kind,
    pub(super) unit: u32,
    pub(super) command: Command,
    /// The response code and the device's status, in answers and bursts.
    pub(super) status: Option<[u8; 2]>,
    pub(super) data: &'a [u8],
    /// Whether the check byte is that of the bytes before.
    pub(super) check: Check,
}

/// Whether a check byte fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Right,
    Wrong,
}

/// Why there is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    Cut,
    /// A delimiter that no frame has.
    Delimiter,
}

impl From<Truncated> for Unread {
    fn from(_: Truncated) -> Self {
        Self::Cut
    }
}

/// Reads a frame with its check byte.
pub(super) fn pdu<'a>(reader: &mut Reader<'a>) -> Result<Pdu<'a>, Unread> {
    while reader.peek().first() == Some(&0xff) {
        reader.skip(1)?;
    }
    let bytes = reader.peek();
    let start = reader.offset();
    let mut pdu = embedded(reader)?;
    let length = reader.offset() - start;
    let sum = bytes.iter().take(length).fold(0, |sum, byte| sum ^ byte);
    if reader.u8()? == sum {
        pdu.check = Check::Right;
    }
    Ok(pdu)
}

/// Reads a frame without a check byte, as it stands in a command to a sub-device.
pub(super) fn embedded<'a>(reader: &mut Reader<'a>) -> Result<Pdu<'a>, Unread> {
    let delimiter = reader.u8()?;
    let kind = match delimiter & 0x07 {
        1 => Kind::Burst,
        2 => Kind::Ask,
        6 => Kind::Answer,
        _ => return Err(Unread::Delimiter),
    };
    let unit = if delimiter & 0x80 == 0 {
        u32::from(reader.u8()? & 0x3f)
    } else {
        let [_, device_type, id @ ..] = reader.array::<5>()?;
        let [a, b, c] = id;
        u32::from_be_bytes([device_type, a, b, c])
    };
    let expansion = usize::from((delimiter >> 5) & 0x03);
    reader.skip(expansion)?;
    let command = Command(reader.u8()?.into());
    let length = reader.u8()?;
    let mut data = reader.sub(length.into())?;
    let status = match kind {
        Kind::Ask => None,
        // A device that could not even read a request answers with less.
        Kind::Answer | Kind::Burst => Some(data.array()?),
    };
    let command = match command {
        Command::EXTENDED if data.left() >= 2 => Command(data.u16_be()?),
        command => command,
    };
    Ok(Pdu {
        kind,
        unit,
        command,
        status,
        data: data.rest(),
        check: Check::Wrong,
    })
}
