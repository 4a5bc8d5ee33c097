//! Operations of PROFINET IO and the blocks in their arguments (IEC 61158-6-10:2019, 5.2).

use super::{Fault, Header, PNIO_CM};
use crate::message::{About, Address, Function, Identity, IdentityField, Message, Object, Outcome, Role};
use crate::profinet;
use crate::reader::{Reader, Truncated};
use crate::tell::{Tell, all, plain, trimmed};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most objects of one call that are kept; more are dropped and said.
pub(super) const MAX_OBJECTS: usize = 64;

/// Operations.
const CONNECT: u16 = 0;
const RELEASE: u16 = 1;
const READ: u16 = 2;
const WRITE: u16 = 3;
const CONTROL: u16 = 4;
const READ_IMPLICIT: u16 = 5;

/// Kinds of blocks that are read; an answer's has the highest bit.
mod block {
    pub(super) const WRITE: u16 = 0x0008;
    pub(super) const READ: u16 = 0x0009;
    pub(super) const IDENTIFICATION: u16 = 0x0020;
    pub(super) const RELATION: u16 = 0x0101;
    pub(super) const COMMUNICATION: u16 = 0x0102;
    pub(super) const EXPECTED_MODULES: u16 = 0x0104;
    pub(super) const ANSWER: u16 = 0x8000;
}

/// An index whose record is a list of writes.
const MULTIPLE_WRITE: u16 = 0xe040;

/// What a call's blocks say.
#[derive(Debug, Default)]
struct Blocks<'a> {
    objects: SmallVec<[Object<'a>; 8]>,
    /// The class that the index of a read asks for.
    class: Option<OperationClass>,
    /// Who opens a relation.
    initiator: &'a [u8],
    /// The identification record, with the slot that was asked for.
    identification: Option<(u16, Reader<'a>)>,
    too_many: bool,
}

impl<'a> Blocks<'a> {
    fn push(&mut self, object: Object<'a>) {
        if self.objects.len() < MAX_OBJECTS {
            self.objects.push(object);
        } else {
            self.too_many = true;
        }
    }

    fn read(&mut self, reader: &mut Reader<'a>) -> Result<(), Truncated> {
        while reader.left() >= 6 {
            let kind = reader.u16_be()?;
            let length = usize::from(reader.u16_be()?);
            let mut content = reader.sub(length)?;
            let _version = content.u16_be()?;
            match kind {
                block::RELATION => self.relation(content)?,
                block::COMMUNICATION => self.communication(content)?,
                block::EXPECTED_MODULES => self.expected(content)?,
                kind if kind & !block::ANSWER == block::READ || kind & !block::ANSWER == block::WRITE => {
                    self.record(kind, content, reader)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn relation(&mut self, mut content: Reader<'a>) -> Result<(), Truncated> {
        // Type, relation, session, initiator's MAC and object, properties, timeout, port.
        content.skip(2 + 16 + 2 + 6 + 16 + 4 + 2 + 2)?;
        let length = content.u16_be()?;
        self.initiator = trimmed(content.take(length.into())?);
        Ok(())
    }

    /// Cyclic data that the relation will have: their frame id and length.
    fn communication(&mut self, mut content: Reader<'a>) -> Result<(), Truncated> {
        let kind = content.u16_be()?;
        content.skip(2 + 2 + 4)?;
        let (length, frame) = (content.u16_be()?, content.u16_be()?);
        self.push(Object::at(Address::Points {
            space: match kind {
                1 => "input-bytes-of-frame",
                2 => "output-bytes-of-frame",
                _ => "multicast-bytes-of-frame",
            },
            first: frame.into(),
            count: length.into(),
        }));
        Ok(())
    }

    /// The modules that the controller expects in each slot.
    fn expected(&mut self, mut content: Reader<'a>) -> Result<(), Truncated> {
        for _ in 0..content.u16_be()? {
            let _api = content.u32_be()?;
            let slot = content.u16_be()?;
            let module = content.take(4)?;
            self.push(Object {
                address: Address::Path {
                    class: slot.into(),
                    instance: None,
                    attribute: None,
                },
                value: Some(module),
            });
            let _properties = content.u16_be()?;
            for _ in 0..content.u16_be()? {
                let _subslot_and_ident = content.take(6)?;
                // One description of data, or two where data go both ways.
                let both = content.u16_be()? & 0x0003 == 3;
                content.skip(if both { 12 } else { 6 })?;
            }
        }
        Ok(())
    }

    /// A record's header; the record follows the block, padded in a list of writes.
    fn record(
        &mut self,
        kind: u16,
        mut content: Reader<'a>,
        reader: &mut Reader<'a>,
    ) -> Result<(), Truncated> {
        content.skip(2 + 16 + 4)?;
        let (slot, subslot) = (content.u16_be()?, content.u16_be()?);
        content.skip(2)?;
        let index = content.u16_be()?;
        let length = usize::try_from(content.u32_be()?).unwrap_or(usize::MAX);
        if index == MULTIPLE_WRITE {
            return Ok(());
        }
        // A request to read says how much it has room for, an answer to write how much was taken.
        let data = match kind {
            block::WRITE => {
                let data = reader.take(length)?;
                let padding = (4 - length % 4) % 4;
                reader.skip(padding.min(reader.left()))?;
                Some(data)
            }
            kind if kind == block::READ | block::ANSWER => Some(reader.take(length)?),
            _ => None,
        };
        if kind & !block::ANSWER == block::READ {
            self.class = Some(read_class(index));
        }
        if let (Some(data), true) = (data, is_identification(index)) {
            self.identification = Some((slot, Reader::new(data)));
        }
        self.push(Object {
            address: Address::Path {
                class: slot.into(),
                instance: Some(subslot.into()),
                attribute: Some(index.into()),
            },
            value: data.filter(|data| !data.is_empty()),
        });
        Ok(())
    }
}

const fn is_identification(index: u16) -> bool {
    index == 0xaff0
}

/// What reading an index is for: identification and lists of it, diagnosis, or data.
const fn read_class(index: u16) -> OperationClass {
    match index {
        0xaff0..=0xafff | 0xf840..=0xf842 => OperationClass::Identify,
        0x800a..=0x8013 | 0xc00a..=0xc013 | 0xe00a..=0xe013 | 0xf00a..=0xf013 | 0xf80c | 0xf830 => {
            OperationClass::Diagnose
        }
        _ => OperationClass::Read,
    }
}

const fn function(operation: u16) -> (OperationClass, &'static str) {
    match operation {
        CONNECT => (OperationClass::Session, "Connect"),
        RELEASE => (OperationClass::Session, "Release"),
        READ => (OperationClass::Read, "Read"),
        WRITE => (OperationClass::Configure, "Write"),
        CONTROL => (OperationClass::Session, "Control"),
        READ_IMPLICIT => (OperationClass::Read, "Read Implicit"),
        _ => (OperationClass::Program, "unknown"),
    }
}

pub(super) fn tell(header: &Header, role: Role, mut content: Reader<'_>, bytes: &[u8], tell: &mut Tell<'_>) {
    let mut blocks = Blocks::default();
    let mut outcome = Outcome::None;
    let read = arguments(header, role, &mut content, &mut outcome, &mut blocks);
    let (class, name) = function(header.operation);
    let class = blocks
        .class
        .filter(|_| class == OperationClass::Read)
        .unwrap_or(class);
    let said = Function {
        code: header.operation.into(),
        name,
    };
    tell.message(&Message {
        objects: &blocks.objects,
        outcome,
        transaction: Some(header.sequence),
        ..plain(PNIO_CM, role, said, class, all(bytes))
    });
    if name == "unknown" {
        tell.anomaly(Fault::Operation.code(), all(bytes));
    }
    // The first of several fragments ends where it ends.
    if read.is_err() && !header.more {
        tell.anomaly(Fault::Block.code(), all(bytes));
    }
    if blocks.too_many {
        tell.anomaly(Fault::TooManyObjects.code(), all(bytes));
    }
    tell.fact(IdentityField::HostName, blocks.initiator);
    if let Some((slot, record)) = blocks.identification {
        // A record that is shorter than it should be says what it has.
        let _said = identification(slot, record, tell);
    }
}

/// The arguments' lengths, of an answer with its status before them, then the blocks.
fn arguments<'a>(
    header: &Header,
    role: Role,
    reader: &mut Reader<'a>,
    outcome: &mut Outcome,
    blocks: &mut Blocks<'a>,
) -> Result<(), Truncated> {
    let first = header.order.u32(reader)?;
    if role == Role::Response {
        *outcome = status(first);
    }
    let length = header.order.u32(reader)?;
    reader.skip(12)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let mut content = match { *reader }.sub(length) {
        Ok(content) => content,
        Err(_) if header.more => *reader,
        Err(cut) => return Err(cut),
    };
    blocks.read(&mut content)
}

/// A PNIO status; its first byte says which service failed.
fn status(code: u32) -> Outcome {
    let name = match code >> 24 {
        0 if code == 0 => return Outcome::Success,
        0xdb => "connect refused",
        0xdc => "release refused",
        0xdd => "control refused",
        0xde => "read refused",
        0xdf => "write refused",
        _ => "refused",
    };
    Outcome::Failure { code, name }
}

/// I&M0: vendor, order number, serial number, revisions. Slot 0 is the device itself, others its modules.
fn identification(slot: u16, mut record: Reader<'_>, tell: &mut Tell<'_>) -> Result<(), Truncated> {
    if record.u16_be()? != block::IDENTIFICATION {
        return Ok(());
    }
    let length = record.u16_be()?;
    let mut record = record.sub(length.into())?;
    let _version = record.u16_be()?;
    let vendor = record.u16_be()?;
    let (order_number, serial) = (record.take(20)?, record.take(16)?);
    let _hardware = record.u16_be()?;
    let [prefix, major, minor, patch] = record.array()?;
    let firmware = format!("{}{major}.{minor}.{patch}", char::from(prefix));
    let vendor_text = match profinet::names::vendor(vendor) {
        Some(name) => name.to_owned(),
        None => format!("PROFINET vendor 0x{vendor:04x}"),
    };
    for (field, value) in [
        (IdentityField::Vendor, vendor_text.as_bytes()),
        (IdentityField::ProductCode, trimmed(order_number)),
        (IdentityField::Serial, trimmed(serial)),
        (IdentityField::Firmware, firmware.as_bytes()),
    ] {
        if !value.is_empty() {
            tell.identity(&Identity {
                protocol: PNIO_CM,
                about: About::Sender,
                unit: (slot != 0).then_some(slot.into()),
                field,
                value,
            });
        }
    }
    Ok(())
}
