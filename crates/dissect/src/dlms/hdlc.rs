//! HDLC frames inside TCP (Green Book 8.4.1, frame format type 3): what many meters speak behind a modem or a converter.
//! It must not know APDUs.

use crate::reader::{Reader, Truncated};
use crate::session::Lost;

/// What starts and ends every frame.
pub(super) const FLAG: u8 = 0x7e;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Information,
    Ready,
    NotReady,
    Rejected,
    /// SNRM.
    Connect,
    /// UA.
    Acknowledge,
    /// DISC.
    Disconnect,
    /// DM.
    Disconnected,
    /// UI.
    Unnumbered,
}

/// One frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// `None` of a control field that no table knows.
    pub(super) kind: Option<Kind>,
    pub(super) control: u8,
    pub(super) destination: u32,
    pub(super) source: u32,
    /// Whether more segments of the same APDU follow.
    pub(super) segmented: bool,
    pub(super) information: Reader<'a>,
    /// Whether both checks are right.
    pub(super) right: bool,
}

pub(super) enum Next<'a> {
    Frame(Frame<'a>),
    /// So many bytes more are needed; none between frames.
    Partial(usize),
}

pub(super) fn next<'a>(reader: &mut Reader<'a>) -> Result<Next<'a>, Lost> {
    let offset = reader.offset();
    let lost = |reason| Lost { offset, reason };
    let mut ahead = *reader;
    // The flag that ends one frame may start the next.
    while let [FLAG, FLAG, ..] = ahead.peek() {
        let _there = ahead.skip(1);
    }
    match ahead.peek() {
        [] => return Ok(Next::Partial(0)),
        // Between frames, or before one: nothing to hold.
        [FLAG] => return Ok(Next::Partial(1)),
        [FLAG, format, ..] if format & 0xf0 == 0xa0 => {}
        _ => return Err(lost("no frame starts so")),
    }
    let head = ahead.skip(1).and_then(|()| ahead.u16_be());
    let format = match head {
        Ok(format) => format,
        Err(Truncated { missing, .. }) => return Ok(Next::Partial(missing)),
    };
    let length = usize::from(format & 0x07ff);
    if length < 7 {
        return Err(lost("length fits no frame"));
    }
    // The length counts the format, which was read, and not the flags.
    let body = match ahead.sub(length - 2) {
        Ok(body) => body,
        Err(Truncated { missing, .. }) => return Ok(Next::Partial(missing + 1)),
    };
    match ahead.u8() {
        Ok(FLAG) => {}
        Ok(_) => return Err(lost("no flag ends the frame")),
        Err(_) => return Ok(Next::Partial(1)),
    }
    let Some(frame) = frame(format, body) else {
        return Err(lost("addresses fit no frame"));
    };
    *reader = ahead;
    Ok(Next::Frame(frame))
}

fn frame(format: u16, body: Reader<'_>) -> Option<Frame<'_>> {
    let bytes = body.peek();
    let mut fields = body;
    let destination = address(&mut fields)?;
    let source = address(&mut fields)?;
    let control = fields.u8().ok()?;
    let header = body.left() - fields.left();
    let frame_check = check(format, bytes.get(..bytes.len().checked_sub(2)?)?);
    let ends = bytes.get(bytes.len() - 2..)? == frame_check;
    let mut information = Reader::new(&[]);
    let mut right = ends;
    if fields.left() > 2 {
        let header_check: [u8; 2] = fields.array().ok()?;
        right = ends && header_check == check(format, bytes.get(..header)?);
        information = fields.sub(fields.left().checked_sub(2)?).ok()?;
    }
    Some(Frame {
        kind: kind(control),
        control,
        destination,
        source,
        segmented: format & 0x0800 != 0,
        information,
        right,
    })
}

/// An address of one, two or four bytes: the lowest bit ends it. A server's upper part is its logical device.
fn address(reader: &mut Reader<'_>) -> Option<u32> {
    let mut parts = [0u32; 4];
    for count in 1..=4 {
        let byte = reader.u8().ok()?;
        *parts.get_mut(count - 1)? = u32::from(byte >> 1);
        if byte & 1 != 0 {
            let [a, b, _, _] = parts;
            return match count {
                1 | 2 => Some(a),
                4 => Some(a << 7 | b),
                _ => None,
            };
        }
    }
    None
}

/// The kind of a control field; the poll bit doesn't matter.
const fn kind(control: u8) -> Option<Kind> {
    Some(match control & !0x10 {
        control if control & 1 == 0 => Kind::Information,
        control if control & 0x0f == 0x01 => Kind::Ready,
        control if control & 0x0f == 0x05 => Kind::NotReady,
        control if control & 0x0f == 0x09 => Kind::Rejected,
        0x83 => Kind::Connect,
        0x63 => Kind::Acknowledge,
        0x43 => Kind::Disconnect,
        0x0f => Kind::Disconnected,
        0x03 => Kind::Unnumbered,
        _ => return None,
    })
}

/// The check over the format and what follows it (ISO/IEC 13239, 4.2.5.2), lower byte first.
pub(super) fn check(format: u16, bytes: &[u8]) -> [u8; 2] {
    let [f0, f1] = format.to_be_bytes();
    let sum = [f0, f1].iter().chain(bytes).fold(0xffff_u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ 0x8408 }
        })
    });
    (!sum).to_le_bytes()
}
