//! AMS/TCP and the AMS head. It must not know ADS commands.

use crate::reader::{Reader, Truncated};
use crate::session::Lost;

/// The bytes of the AMS head.
pub(super) const HEAD: usize = 32;
/// The most bytes of a message that are held; of a longer one so many are read, and the rest passes.
pub(super) const MAX_HELD: usize = 0x1_0000;
/// The most that a length may say: a router's memory.
pub(super) const MAX_LENGTH: usize = 64 << 20;

/// Bits of the state flags.
mod flag {
    pub(super) const RESPONSE: u16 = 0x0001;
    pub(super) const ADS_COMMAND: u16 = 0x0004;
}

/// An AMS Net ID and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NetAddress {
    pub(super) id: [u8; 6],
    pub(super) port: u16,
}

impl NetAddress {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            id: reader.array()?,
            port: reader.u16_le()?,
        })
    }

    /// The first four bytes of the Net ID: the last two tell a device's own parts apart.
    pub(super) const fn unit(self) -> u32 {
        let [a, b, c, d, _, _] = self.id;
        u32::from_be_bytes([a, b, c, d])
    }
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) target: NetAddress,
    pub(super) source: NetAddress,
    pub(super) command: u16,
    pub(super) answers: bool,
    pub(super) error: u32,
    pub(super) invoke: u32,
    pub(super) data: Reader<'a>,
    /// How many of its bytes follow that are not held.
    pub(super) passing: usize,
}

pub(super) enum Next<'a> {
    Frame(Frame<'a>),
    /// A message to the router itself, by its code.
    Router(u16),
    /// So many bytes more are needed; none between messages.
    Partial(usize),
}

pub(super) fn next<'a>(reader: &mut Reader<'a>) -> Result<Next<'a>, Lost> {
    if reader.is_empty() {
        return Ok(Next::Partial(0));
    }
    let offset = reader.offset();
    let lost = |reason| Lost { offset, reason };
    let mut ahead = *reader;
    let (code, length) = match tcp_head(&mut ahead) {
        Ok(read) => read,
        Err(Truncated { missing, .. }) => return Ok(Next::Partial(missing)),
    };
    if code != 0 {
        if super::names::router(code).is_none() || length > HEAD {
            return Err(lost("no message to a router starts so"));
        }
        return Ok(match ahead.skip(length) {
            Ok(()) => {
                *reader = ahead;
                Next::Router(code)
            }
            Err(Truncated { missing, .. }) => Next::Partial(missing),
        });
    }
    if !(HEAD..=MAX_LENGTH).contains(&length) {
        return Err(lost("length fits no message"));
    }
    let held = length.min(MAX_HELD);
    let mut body = match ahead.sub(held) {
        Ok(body) => body,
        Err(Truncated { missing, .. }) => {
            // A head that is there must fit before the rest is waited for.
            let fits = frame(&mut ahead, length).is_none_or(|fits| fits.is_some());
            return if fits {
                Ok(Next::Partial(missing))
            } else {
                Err(lost("AMS head fits no message"))
            };
        }
    };
    match frame(&mut body, length) {
        Some(Some(frame)) => {
            *reader = ahead;
            Ok(Next::Frame(frame))
        }
        Some(None) | None => Err(lost("AMS head fits no message")),
    }
}

fn tcp_head(reader: &mut Reader<'_>) -> Result<(u16, usize), Truncated> {
    let code = reader.u16_le()?;
    let length = usize::try_from(reader.u32_le()?).unwrap_or(usize::MAX);
    Ok((code, length))
}

/// The AMS head, `None` while it is not there; inside, `None` when it fits no message of this length.
fn frame<'a>(reader: &mut Reader<'a>, length: usize) -> Option<Option<Frame<'a>>> {
    let target = NetAddress::read(reader).ok()?;
    let source = NetAddress::read(reader).ok()?;
    let command = reader.u16_le().ok()?;
    let flags = reader.u16_le().ok()?;
    let data = usize::try_from(reader.u32_le().ok()?).unwrap_or(usize::MAX);
    let error = reader.u32_le().ok()?;
    let invoke = reader.u32_le().ok()?;
    if Some(data) != length.checked_sub(HEAD) || flags & flag::ADS_COMMAND == 0 {
        return Some(None);
    }
    Some(Some(Frame {
        target,
        source,
        command,
        answers: flags & flag::RESPONSE != 0,
        error,
        invoke,
        data: *reader,
        passing: data.saturating_sub(reader.left()),
    }))
}
