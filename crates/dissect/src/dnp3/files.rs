//! File objects, group 70 (IEEE 1815-2012, A.21): names, statuses, and the user that authenticates. Contents are left.

use super::names;
use super::objects::Told;
use crate::message::{Address, IdentityField};
use crate::reader::{Reader, Truncated};

/// Reads one object, by its variation. `object` covers the object and nothing else.
pub(super) fn read<'a>(variation: u8, mut object: Reader<'a>, told: &mut Told<'a>) -> Result<(), Truncated> {
    let whole = object;
    match variation {
        // Authentication: where the user's name and the password stand and how long they are, key, both texts.
        2 => {
            let user = text(whole, &mut object)?;
            if !user.is_empty() {
                told.facts.push((IdentityField::User, user));
            }
        }
        // Command and descriptor: where the file's name stands and how long it is, and what is wanted of the file.
        3 | 7 => {
            let name = text(whole, &mut object)?;
            told.object(Address::Name { kind: "file", name }, None);
        }
        // Command status: handle, size, block size, request, status.
        4 => {
            object.skip(12)?;
            status(&mut object, told)?;
        }
        // Transport status: handle, block, status.
        6 => {
            object.skip(8)?;
            status(&mut object, told)?;
        }
        8 => {
            let name = object.rest();
            told.object(Address::Name { kind: "file", name }, None);
        }
        // Transport: handle, block and the data itself.
        _ => {}
    }
    Ok(())
}

/// A text by its offset, from the object's start, and its size.
fn text<'a>(mut whole: Reader<'a>, object: &mut Reader<'a>) -> Result<&'a [u8], Truncated> {
    let (offset, size) = (object.u16_le()?, object.u16_le()?);
    whole.skip(offset.into())?;
    whole.take(size.into())
}

fn status(object: &mut Reader<'_>, told: &mut Told<'_>) -> Result<(), Truncated> {
    let status = object.u8()?;
    told.status(status, names::file_status(status));
    Ok(())
}
