//! Under the application: the virtual link of BACnet/IP (ASHRAE 135-2020, Annex J) and the network layer (clause 6).
//! It must not know what the application carries.

use crate::reader::{Reader, Truncated};
use std::net::Ipv4Addr;

/// The byte that starts every message of BACnet/IP.
pub(super) const BVLC_TYPE: u8 = 0x81;
/// Type, function, length.
const BVLC_HEADER: usize = 4;
/// The only version of the network layer.
const VERSION: u8 = 1;

/// A function of the virtual link (J.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BvlcFunction(pub(super) u8);

impl BvlcFunction {
    pub(super) const RESULT: Self = Self(0x00);
    pub(super) const FORWARDED: Self = Self(0x04);

    /// Whether a network message follows, behind the sender's address in a forwarded one.
    pub(super) const fn carries(self) -> bool {
        matches!(self.0, 0x04 | 0x09 | 0x0a | 0x0b)
    }

    /// Whether so many bytes can follow the header.
    pub(super) const fn fits(self, length: usize) -> bool {
        match self.0 {
            0x00 | 0x05 => length == 2,
            0x01 | 0x03 | 0x07 => length.is_multiple_of(10),
            0x02 | 0x06 => length == 0,
            0x08 => length == 6,
            0x04 => length > 8,
            0x09..=0x0b => length > 2,
            0x0c => length > 0,
            _ => false,
        }
    }
}

/// One message of the virtual link.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bvlc<'a> {
    pub(super) function: BvlcFunction,
    pub(super) body: Reader<'a>,
    /// What the header says the length is.
    pub(super) length: usize,
}

/// Reads a datagram. `None` when it doesn't start as one.
pub(super) fn bvlc(bytes: &[u8]) -> Option<Bvlc<'_>> {
    let mut reader = Reader::new(bytes);
    let [kind, function] = reader.array().ok()?;
    let length = usize::from(reader.u16_be().ok()?);
    if kind != BVLC_TYPE || length < BVLC_HEADER {
        return None;
    }
    let body = reader.sub((length - BVLC_HEADER).min(reader.left())).ok()?;
    Some(Bvlc {
        function: BvlcFunction(function),
        body,
        length,
    })
}

/// A B/IP address: four bytes of IPv4, two of port.
pub(super) fn address(reader: &mut Reader<'_>) -> Result<Ipv4Addr, Truncated> {
    let address = reader.array::<4>()?;
    reader.skip(2).map(|()| address.into())
}

/// A station in a network behind a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Station<'a> {
    network: u16,
    address: &'a [u8],
}

/// The network number that means all.
const ALL_NETWORKS: u16 = 0xffff;

impl Station<'_> {
    /// The station as a number: the network in the upper half; in the lower one an address of one or two bytes as it is,
    /// of a B/IP address the last two of its IP, of other longer ones the last two bytes. `None` when many are meant.
    pub(super) fn unit(&self) -> Option<u32> {
        let low = match *self.address {
            [] => return None,
            [one] => u16::from(one),
            [_, _, high, low, 0xba, 0xc0..=0xcf] | [.., high, low] => u16::from_be_bytes([high, low]),
        };
        (self.network != ALL_NETWORKS).then_some(u32::from(self.network) << 16 | u32::from(low))
    }
}

/// What a network header says, and what follows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Npdu<'a> {
    pub(super) destination: Option<Station<'a>>,
    pub(super) source: Option<Station<'a>>,
    /// A message of the network layer itself, by type, else the application's.
    pub(super) message: Option<u8>,
    pub(super) body: Reader<'a>,
}

/// Why a network header can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    Cut,
    Version,
}

impl From<Truncated> for Unreadable {
    fn from(_: Truncated) -> Self {
        Self::Cut
    }
}

/// Reads the network header (6.2.2).
pub(super) fn npdu(mut reader: Reader<'_>) -> Result<Npdu<'_>, Unreadable> {
    let [version, control] = reader.array()?;
    if version != VERSION {
        return Err(Unreadable::Version);
    }
    let destination = if control & 0x20 != 0 {
        Some(station(&mut reader)?)
    } else {
        None
    };
    let source = if control & 0x08 != 0 {
        Some(station(&mut reader)?)
    } else {
        None
    };
    if destination.is_some() {
        // The hop count.
        reader.skip(1)?;
    }
    let message = if control & 0x80 != 0 {
        Some(reader.u8()?)
    } else {
        None
    };
    Ok(Npdu {
        destination,
        source,
        message,
        body: reader,
    })
}

fn station<'a>(reader: &mut Reader<'a>) -> Result<Station<'a>, Truncated> {
    let network = reader.u16_be()?;
    let length = reader.u8()?;
    Ok(Station {
        network,
        address: reader.take(length.into())?,
    })
}
