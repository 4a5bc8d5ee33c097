//! Packed files (ZIP): parts by name, with a budget for what comes out, so that a bomb can't go off.

use crate::bounds::{MAX_PARTS, MAX_UNPACKED_BYTES};
use crate::fault::ReadError;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// What every ZIP file starts with.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";

/// A packed file that is being read.
pub(crate) struct Pack<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    format: &'static str,
    budget: u64,
}

impl<'b> Pack<'b> {
    pub(crate) fn open(format: &'static str, bytes: &'b [u8]) -> Result<Self, ReadError> {
        // Each part has a header in the directory; counted before the library makes a table of them.
        let headers = bytes.windows(4).filter(|window| *window == b"PK\x01\x02");
        if headers.take(MAX_PARTS + 1).count() > MAX_PARTS {
            return Err(ReadError::UnpacksTooLarge);
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|fault| ReadError::NotThis {
            format,
            reason: fault.to_string(),
        })?;
        if archive.len() > MAX_PARTS {
            return Err(ReadError::UnpacksTooLarge);
        }
        Ok(Self {
            archive,
            format,
            budget: MAX_UNPACKED_BYTES,
        })
    }

    /// The names of the parts, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.archive.file_names().flatten();
        let mut names: Vec<String> = names.map(std::borrow::Cow::into_owned).collect();
        names.sort();
        names
    }

    /// A part's bytes, if it is there. What its header claims its length to be is not believed.
    pub(crate) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(index) = self.archive.index_for_name(name) else {
            return Ok(None);
        };
        let format = self.format;
        let broken = |reason: String| ReadError::NotThis { format, reason };
        let part = self
            .archive
            .by_index(index)
            .map_err(|fault| broken(fault.to_string()))?;
        let mut bytes = Vec::new();
        let read = part.take(self.budget.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|fault| broken(fault.to_string()))?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.budget = self
            .budget
            .checked_sub(length)
            .ok_or(ReadError::UnpacksTooLarge)?;
        Ok(Some(bytes))
    }

    /// A part that must be there.
    pub(crate) fn wanted(&mut self, name: &str) -> Result<Vec<u8>, ReadError> {
        self.part(name)?.ok_or_else(|| ReadError::NotThis {
            format: self.format,
            reason: format!("it has no part `{name}`"),
        })
    }
}
