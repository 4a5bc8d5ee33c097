//! Headers of exports and of their sets. Stateless.

use super::BadExport;
use cofferdam_dissect::{Reader, Truncated};
use cofferdam_terms::Timestamp;

impl From<Truncated> for BadExport {
    fn from(_: Truncated) -> Self {
        Self::Truncated
    }
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V5,
    V9,
    Ipfix,
}

impl Version {
    pub(super) const fn number(self) -> u16 {
        match self {
            Self::V5 => 5,
            Self::V9 => 9,
            Self::Ipfix => 10,
        }
    }
}

/// What stands before the flows or sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) version: Version,
    /// How many flows (v5) or flows and templates (v9) follow.
    pub(super) count: u16,
    /// When the exporter sent it, by its own clock.
    pub(super) exported: Timestamp,
    /// Milliseconds since the exporter was started; 0 in IPFIX.
    pub(super) uptime: u32,
    pub(super) sequence: u32,
    pub(super) domain: u32,
    /// v5: one packet in so many; 0 if it doesn't say.
    pub(super) sampling: u32,
}

pub(super) const V5_HEADER: usize = 24;
pub(super) const V5_FLOW: usize = 48;
const V9_HEADER: usize = 20;

/// Reads a header; gives it with the reader of what belongs to it.
pub(super) fn header(bytes: &[u8]) -> Result<(Header, Reader<'_>), BadExport> {
    let mut reader = Reader::new(bytes);
    match reader.u16_be()? {
        5 => v5(reader),
        9 => v9(reader),
        10 => ipfix(reader),
        other => Err(BadExport::Version(other)),
    }
}

fn v5(mut reader: Reader<'_>) -> Result<(Header, Reader<'_>), BadExport> {
    let count = reader.u16_be()?;
    let uptime = reader.u32_be()?;
    let seconds = reader.u32_be()?;
    let nanos = reader.u32_be()?;
    let sequence = reader.u32_be()?;
    let domain = reader.u16_be()?;
    // The two highest bits are the mode.
    let sampling = reader.u16_be()? & 0x3fff;
    let header = Header {
        version: Version::V5,
        count,
        exported: Timestamp::from_nanos(i64::from(seconds) * 1_000_000_000 + i64::from(nanos)),
        uptime,
        sequence,
        domain: domain.into(),
        sampling: sampling.into(),
    };
    Ok((header, reader))
}

fn v9(mut reader: Reader<'_>) -> Result<(Header, Reader<'_>), BadExport> {
    let header = Header {
        version: Version::V9,
        count: reader.u16_be()?,
        uptime: reader.u32_be()?,
        exported: Timestamp::from_secs(reader.u32_be()?.into()),
        sequence: reader.u32_be()?,
        domain: reader.u32_be()?,
        sampling: 0,
    };
    Ok((header, reader))
}

fn ipfix(mut reader: Reader<'_>) -> Result<(Header, Reader<'_>), BadExport> {
    let length = usize::from(reader.u16_be()?);
    let header = Header {
        version: Version::Ipfix,
        count: 0,
        exported: Timestamp::from_secs(reader.u32_be()?.into()),
        uptime: 0,
        sequence: reader.u32_be()?,
        domain: reader.u32_be()?,
        sampling: 0,
    };
    let body = length.checked_sub(reader.offset()).ok_or(BadExport::Truncated)?;
    // What is there of a cut one is read; the cut shows in its sets.
    let body = reader.sub(body.min(reader.left()))?;
    Ok((header, body))
}

/// A set's number and contents.
pub(super) fn set<'a>(reader: &mut Reader<'a>) -> Result<(u16, Reader<'a>), BadExport> {
    let id = reader.u16_be()?;
    let length = usize::from(reader.u16_be()?);
    let body = length.checked_sub(4).ok_or(BadExport::SetLength)?;
    let body = reader.sub(body).map_err(|_| BadExport::SetLength)?;
    Ok((id, body))
}

/// Where the first of several datagrams that stand one after the other ends. v9 says no length: its sets are passed over
/// up to a number that is no set's, which only a next header can be.
pub(super) fn end_of_first(bytes: &[u8]) -> Result<usize, BadExport> {
    let mut reader = Reader::new(bytes);
    match reader.u16_be()? {
        5 => {
            let flows = usize::from(reader.u16_be()?);
            Ok((V5_HEADER + V5_FLOW * flows).min(bytes.len()))
        }
        10 => match usize::from(reader.u16_be()?) {
            length if length >= 16 => Ok(length.min(bytes.len())),
            _ => Err(BadExport::Truncated),
        },
        9 => {
            reader.skip(V9_HEADER - 2)?;
            while let [high, low, ..] = reader.peek() {
                if matches!(u16::from_be_bytes([*high, *low]), 2..=255) {
                    break;
                }
                set(&mut reader)?;
            }
            Ok(bytes.len() - reader.left())
        }
        other => Err(BadExport::Version(other)),
    }
}
