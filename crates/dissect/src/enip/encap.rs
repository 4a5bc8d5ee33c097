//! The encapsulation (CIP volume 2, chapter 2): header, items of the common packet format, identity item. Stateless.

use super::names::CommandCode;
use crate::reader::{Reader, Truncated};

/// An encapsulation header is this long.
pub(super) const HEADER: usize = 24;
/// The most items of one packet that are looked at; a request or answer has two to four.
pub(super) const MAX_ITEMS: usize = 8;

/// The encapsulation header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) command: CommandCode,
    pub(super) length: u16,
    pub(super) session: u32,
    pub(super) status: u32,
    pub(super) context: u64,
    pub(super) options: u32,
}

/// Reads the header.
pub(super) fn header(reader: &mut Reader<'_>) -> Result<Header, Truncated> {
    Ok(Header {
        command: CommandCode(reader.u16_le()?),
        length: reader.u16_le()?,
        session: reader.u32_le()?,
        status: reader.u32_le()?,
        context: reader.u64_le()?,
        options: reader.u32_le()?,
    })
}

/// What items of the common packet format say together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Items<'a> {
    /// The connection that a connected message is for.
    pub(super) connection: Option<u32>,
    /// A connected message, its sequence count still before it.
    pub(super) connected: Option<Reader<'a>>,
    /// An unconnected message.
    pub(super) unconnected: Option<Reader<'a>>,
    /// Who the device is.
    pub(super) identity: Option<Reader<'a>>,
    /// A service that the device offers.
    pub(super) service: Option<Reader<'a>>,
}

/// Types of items (CIP volume 2, table 2-6.3).
mod item {
    pub(super) const IDENTITY: u16 = 0x000c;
    pub(super) const CONNECTED_ADDRESS: u16 = 0x00a1;
    pub(super) const CONNECTED_DATA: u16 = 0x00b1;
    pub(super) const UNCONNECTED_DATA: u16 = 0x00b2;
    pub(super) const SERVICE: u16 = 0x0100;
    pub(super) const SEQUENCED_ADDRESS: u16 = 0x8002;
}

/// Reads the items of a packet. Of each kind the first counts.
///
/// # Errors
/// When they are cut short.
pub(super) fn items<'a>(reader: &mut Reader<'a>) -> Result<Items<'a>, Truncated> {
    let mut items = Items::default();
    let count = usize::from(reader.u16_le()?);
    for _ in 0..count.min(MAX_ITEMS) {
        let kind = reader.u16_le()?;
        let length = reader.u16_le()?;
        let mut body = reader.sub(usize::from(length))?;
        match kind {
            item::IDENTITY => items.identity = items.identity.or(Some(body)),
            item::CONNECTED_ADDRESS | item::SEQUENCED_ADDRESS => items.connection = Some(body.u32_le()?),
            item::CONNECTED_DATA => items.connected = items.connected.or(Some(body)),
            item::UNCONNECTED_DATA => items.unconnected = items.unconnected.or(Some(body)),
            item::SERVICE => items.service = items.service.or(Some(body)),
            // Null address, socket addresses, security: nothing that a message needs.
            _ => {}
        }
    }
    Ok(items)
}

/// Whether a datagram is one of cyclic data: two items, a sequenced address and connected data that fills the rest.
pub(super) fn is_cyclic(bytes: &[u8]) -> bool {
    let [2, 0, 0x02, 0x80, 8, 0, rest @ ..] = bytes else {
        return false;
    };
    match rest.split_at_checked(8) {
        Some((_, [0xb1, 0, low, high, data @ ..])) => {
            usize::from(u16::from_le_bytes([*low, *high])) == data.len()
        }
        _ => false,
    }
}
