//! System status lists: put together from their pieces, and who the device is read out of them.
//!
//! Lists 0x0011 (modules: order numbers, versions) and 0x001c (components: names, serial numbers) and their extracts
//! are read, by the manual "System Software for S7-300/400, System and Standard Functions", A5E00709327, chapter 33.

use super::names::UserdataKind;
use super::pdu::Userdata;
use super::session::S7COMM;
use super::{Emit, Fault};
use crate::message::{About, IdentityField};
use crate::reader::{Reader, Truncated};

/// The most bytes of one list that are put together; a longer one is dropped and said.
pub(super) const MAX_SZL: usize = 4096;

/// The list that is being read.
#[derive(Debug, Default)]
pub(super) struct Transfer {
    id: Option<u16>,
    /// The sequence number of the transfer that `kept` belongs to.
    sequence: u8,
    kept: Vec<u8>,
    overflowed: bool,
}

impl Transfer {
    /// Takes a request or answer. Gives the id of the list that it is about.
    pub(super) fn take(&mut self, userdata: &Userdata<'_>, emit: &mut Emit<'_>) -> Option<u16> {
        let leading = || {
            userdata
                .payload
                .first_chunk::<2>()
                .map(|id| u16::from_be_bytes(*id))
        };
        match userdata.kind {
            // The request for the next piece carries no id.
            UserdataKind::Request => {
                if let Some(id) = leading() {
                    *self = Self {
                        id: Some(id),
                        ..Self::default()
                    };
                }
            }
            UserdataKind::Response => self.answer(userdata, leading(), emit),
            UserdataKind::Push => return leading(),
        }
        self.id
    }

    fn answer(&mut self, userdata: &Userdata<'_>, leading: Option<u16>, emit: &mut Emit<'_>) {
        if userdata.error != 0 {
            self.kept.clear();
            return;
        }
        let begun = userdata.sequence == self.sequence && (self.overflowed || !self.kept.is_empty());
        if !begun {
            self.id = leading.or(self.id);
            if !userdata.more {
                return list(userdata.payload, emit);
            }
            self.kept.clear();
            self.overflowed = false;
            self.sequence = userdata.sequence;
        }
        if self.overflowed || self.kept.len() + userdata.payload.len() > MAX_SZL {
            if !self.overflowed {
                emit.fault(Fault::SzlTooLong);
            }
            self.overflowed = userdata.more;
            self.kept = Vec::new();
            return;
        }
        self.kept.extend_from_slice(userdata.payload);
        if !userdata.more {
            list(&self.kept, emit);
            self.kept.clear();
        }
    }
}

/// Reads a whole list and says who the device is, if it is one that tells.
fn list(bytes: &[u8], emit: &mut Emit<'_>) {
    if bytes.is_empty() {
        return;
    }
    if records(bytes, emit).is_err() {
        emit.fault(Fault::MalformedSzl);
    }
}

fn records(bytes: &[u8], emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let mut reader = Reader::new(bytes);
    let id = reader.u16_be()?;
    reader.skip(2)?;
    let length = usize::from(reader.u16_be()?);
    let count = reader.u16_be()?;
    // The high half byte tells what kind of module answers, the next one which extract it is.
    let record: fn(Reader<'_>, &mut Emit<'_>) -> Result<(), Truncated> = match id & 0x00ff {
        0x11 => module,
        0x1c => component,
        _ => return Ok(()),
    };
    // An extract 0x0f is the head alone.
    if id & 0x0f00 == 0x0f00 || length == 0 {
        return Ok(());
    }
    for _ in 0..count {
        record(reader.sub(length)?, emit)?;
    }
    Ok(())
}

/// A record of list 0x11: index, order number of 20 characters, module type, two version words.
fn module(mut record: Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let index = record.u16_be()?;
    let order_number = record.take(20)?;
    record.skip(2)?;
    let version: [u8; 4] = record.array()?;
    match index {
        0x0001 => tell(emit, IdentityField::ProductCode, order_number),
        0x0007 => {
            // The letter V, then three numbers.
            if let [b'V', major, minor, patch] = version {
                tell(
                    emit,
                    IdentityField::Firmware,
                    format!("V{major}.{minor}.{patch}").as_bytes(),
                );
            }
        }
        _ => {}
    }
    Ok(())
}

/// A record of list 0x1c: index, then text.
fn component(mut record: Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let field = match record.u16_be()? {
        0x0001 => IdentityField::HostName,
        0x0002 => IdentityField::Module,
        0x0005 => IdentityField::Serial,
        0x0007 => IdentityField::Product,
        0x0003 => IdentityField::Domain,
        _ => return Ok(()),
    };
    // Names are 24 characters long, the type's 32; reserve follows.
    tell(emit, field, record.rest());
    Ok(())
}

/// States a text about the sender, without the padding after it; an empty one says nothing.
fn tell(emit: &mut Emit<'_>, field: IdentityField, text: &[u8]) {
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    let text = text.get(..end).unwrap_or_default().trim_ascii();
    if !text.is_empty() {
        emit.identity(S7COMM, About::Sender, field, text);
    }
}
