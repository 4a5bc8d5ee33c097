//! Who a device is: the identity item of ListIdentity and the attributes of the identity object (CIP volume 1, 5A-2).

use super::vendors;
use super::{CIP, ENIP, Emit};
use crate::message::{About, IdentityField};
use crate::reader::{Reader, Truncated};
use crate::registry::Protocol;

/// States facts about the sender of the bytes, or the unit behind it.
struct Facts<'e, 's> {
    emit: &'e mut Emit<'s>,
    protocol: Protocol,
    unit: Option<u32>,
}

impl Facts<'_, '_> {
    fn tell(&mut self, field: IdentityField, value: &[u8]) {
        self.emit
            .identity(self.protocol, About::Sender, self.unit, field, value);
    }

    /// Reads one attribute of the identity object and states it.
    fn attribute(&mut self, number: u16, reader: &mut Reader<'_>) -> Result<(), Truncated> {
        match number {
            1 => {
                let id = reader.u16_le()?;
                vendor(id, |value| self.tell(IdentityField::Vendor, value));
            }
            2 => {
                let code = reader.u16_le()?;
                match vendors::device_type(code) {
                    Some(name) => self.tell(IdentityField::DeviceType, name.as_bytes()),
                    None => self.tell(
                        IdentityField::DeviceType,
                        format!("device type {code}").as_bytes(),
                    ),
                }
            }
            3 => {
                let code = reader.u16_le()?;
                self.tell(IdentityField::ProductCode, code.to_string().as_bytes());
            }
            4 => {
                let [major, minor] = reader.array()?;
                self.tell(IdentityField::Firmware, format!("{major}.{minor:03}").as_bytes());
            }
            // Status says how the device is, not who.
            5 => reader.skip(2)?,
            6 => {
                let serial = reader.u32_le()?;
                self.tell(IdentityField::Serial, format!("{serial:08x}").as_bytes());
            }
            7 => {
                let length = reader.u8()?;
                let name = reader.take(usize::from(length))?;
                if !name.is_empty() {
                    self.tell(IdentityField::Product, name);
                }
            }
            // The lengths of the others are not fixed, and no fact is in them.
            _ => {
                return Err(Truncated {
                    offset: reader.offset(),
                    missing: 0,
                });
            }
        }
        Ok(())
    }

    fn attributes(&mut self, reader: &mut Reader<'_>) -> Result<(), Truncated> {
        (1..=7).try_for_each(|number| self.attribute(number, reader))
    }
}

/// Gives the text for a vendor id.
pub(super) fn vendor(id: u16, told: impl FnOnce(&[u8])) {
    match vendors::vendor(id) {
        Some(name) => told(name.as_bytes()),
        None => told(format!("ODVA vendor {id}").as_bytes()),
    }
}

/// The identity item: encapsulation version, socket address, then the attributes.
pub(super) fn item(mut item: Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    item.skip(2 + 16)?;
    Facts {
        emit,
        protocol: ENIP,
        unit: None,
    }
    .attributes(&mut item)
}

/// The answer to Get_Attributes_All.
pub(super) fn all(mut data: Reader<'_>, unit: Option<u32>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    Facts {
        emit,
        protocol: CIP,
        unit,
    }
    .attributes(&mut data)
}

/// The answer to Get_Attribute_Single.
pub(super) fn single(
    attribute: u16,
    mut data: Reader<'_>,
    unit: Option<u32>,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    if (1..=7).contains(&attribute) {
        Facts {
            emit,
            protocol: CIP,
            unit,
        }
        .attribute(attribute, &mut data)?;
    }
    Ok(())
}

/// The answer to Get_Attribute_List: count, then number, status and value of each. Ends at the first attribute whose
/// length is not fixed.
pub(super) fn listed(mut data: Reader<'_>, unit: Option<u32>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let count = data.u16_le()?;
    let mut facts = Facts {
        emit,
        protocol: CIP,
        unit,
    };
    for _ in 0..count {
        let number = data.u16_le()?;
        let status = data.u16_le()?;
        if status != 0 {
            continue;
        }
        if !(1..=7).contains(&number) {
            break;
        }
        facts.attribute(number, &mut data)?;
    }
    Ok(())
}
