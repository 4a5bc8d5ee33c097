//! DCP: who is there, under which name and address, and commands that change these (IEC 61158-6-10:2019, 4.3).

use super::names::{self, GET, HELLO, IDENTIFY, SET, option};
use super::{Fault, PROFINET, code, name_vendor};
use crate::message::{About, Address, Function, IdentityField, Message, Object, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::session::Side;
use crate::tell::{Tell, all, plain, trimmed};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;
use std::net::{IpAddr, Ipv4Addr};

/// The most blocks of a frame that are kept; more are dropped and said.
pub(super) const MAX_BLOCKS: usize = 32;

const REQUEST: u8 = 0;
const SUCCESS: u8 = 1;
const UNSUPPORTED: u8 = 5;

/// One option with what it says, without the block's info or qualifier.
#[derive(Clone, Copy, Debug)]
struct Block<'a> {
    kind: (u8, u8),
    value: &'a [u8],
}

/// A frame of DCP.
#[derive(Debug)]
struct Pdu<'a> {
    service: u8,
    service_type: u8,
    transaction: u32,
    blocks: SmallVec<[Block<'a>; 8]>,
    fault: Option<Fault>,
}

/// What blocks have before their value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Option and suboption alone.
    Kinds,
    /// A length and the value.
    Plain,
    /// A length, the info or qualifier (16 bits), the value.
    Qualified,
}

impl<'a> Pdu<'a> {
    fn read(mut reader: Reader<'a>) -> Result<Self, Truncated> {
        let (service, service_type) = (reader.u8()?, reader.u8()?);
        let transaction = reader.u32_be()?;
        let _delay = reader.u16_be()?;
        let length = usize::from(reader.u16_be()?);
        let mut this = Self {
            service,
            service_type,
            transaction,
            blocks: SmallVec::new(),
            fault: None,
        };
        // What follows the length is padding; what is missing was cut off.
        let content = if let Ok(content) = reader.sub(length) {
            content
        } else {
            this.note(Fault::CutShort);
            reader
        };
        let layout = match (service, service_type) {
            (GET, REQUEST) => Layout::Kinds,
            (IDENTIFY, REQUEST) | (SET, SUCCESS | UNSUPPORTED) => Layout::Plain,
            _ => Layout::Qualified,
        };
        if this.read_blocks(content, layout).is_err() {
            this.note(Fault::Block);
        }
        Ok(this)
    }

    fn note(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    fn read_blocks(&mut self, mut reader: Reader<'a>, layout: Layout) -> Result<(), Truncated> {
        while !reader.is_empty() {
            let kind = (reader.u8()?, reader.u8()?);
            let value = match layout {
                Layout::Kinds => &[],
                Layout::Plain | Layout::Qualified => {
                    let length = usize::from(reader.u16_be()?);
                    let mut value = reader.sub(length)?;
                    if length % 2 == 1 && !reader.is_empty() {
                        reader.skip(1)?;
                    }
                    if layout == Layout::Qualified {
                        value.skip(2)?;
                    }
                    value.rest()
                }
            };
            if self.blocks.len() == MAX_BLOCKS {
                self.note(Fault::TooManyBlocks);
                return Ok(());
            }
            self.blocks.push(Block { kind, value });
        }
        Ok(())
    }

    /// A Set request's class and name are those of the gravest block that is no transaction's bracket.
    fn setting(&self) -> (OperationClass, &'static str) {
        let commands = self
            .blocks
            .iter()
            .filter(|block| !option::TRANSACTION.contains(&block.kind))
            .map(|block| names::set_of(block.kind));
        // A lamp among settings is a setting.
        commands
            .max_by_key(|(operation, _)| *operation != OperationClass::Control)
            .unwrap_or((OperationClass::Configure, "Set"))
    }

    fn describe(&self) -> (OperationClass, &'static str) {
        match (self.service, self.service_type) {
            (GET, _) => (OperationClass::Identify, "Get"),
            (SET, REQUEST) => self.setting(),
            (SET, _) => (OperationClass::Configure, "Set"),
            (IDENTIFY, _) => (OperationClass::Identify, "Identify"),
            (HELLO, _) => (OperationClass::Identify, "Hello"),
            _ => (OperationClass::Program, "unknown"),
        }
    }

    fn outcome(&self) -> Outcome {
        match self.service_type {
            SUCCESS => {
                // The answer to Set says for each option whether it took.
                let responses = self.blocks.iter().filter(|block| block.kind == option::RESPONSE);
                let errors = responses.filter_map(|block| match block.value {
                    [_, _, error, ..] if self.service == SET => Some(*error),
                    // In the answer to Get the option stands for one that can't be read.
                    [.., error] if self.service == GET => Some(*error),
                    _ => None,
                });
                match errors.max() {
                    Some(error) if error != 0 => Outcome::Failure {
                        code: error.into(),
                        name: names::block_error(error),
                    },
                    Some(_) | None => Outcome::Success,
                }
            }
            UNSUPPORTED => Outcome::Failure {
                code: 0x100 | u32::from(UNSUPPORTED),
                name: "service not supported",
            },
            _ => Outcome::None,
        }
    }
}

/// Tells a frame; `bytes` are all of it, `reader` stands behind the frame id. Gives who sent a request of a
/// controller's, if it is one.
pub(super) fn tell(
    frame_id: u16,
    reader: Reader<'_>,
    bytes: &[u8],
    side: Side,
    tell: &mut Tell<'_>,
) -> Result<Option<Side>, Truncated> {
    let pdu = Pdu::read(reader)?;
    let role = match (pdu.service, pdu.service_type) {
        (HELLO, _) => Role::Unsolicited,
        (_, REQUEST) => Role::Request,
        _ => Role::Response,
    };
    let (operation, name) = pdu.describe();
    let function = Function {
        code: code(frame_id, pdu.service.into()),
        name,
    };
    let objects: SmallVec<[Object<'_>; 8]> = pdu.blocks.iter().map(object).collect();
    tell.message(&Message {
        objects: &objects,
        outcome: pdu.outcome(),
        transaction: Some(pdu.transaction),
        ..plain(PROFINET, role, function, operation, all(bytes))
    });
    if name == "unknown" {
        tell.anomaly(Fault::Service.code(), all(bytes));
    }
    if let Some(fault) = pdu.fault {
        tell.anomaly(fault.code(), all(bytes));
    }
    if matches!(
        (pdu.service, pdu.service_type),
        (GET | IDENTIFY, SUCCESS) | (HELLO, _)
    ) {
        for block in &pdu.blocks {
            facts(block, tell);
        }
    }
    Ok(match (pdu.service, role) {
        (GET | SET, Role::Request) => Some(side),
        (GET | SET, Role::Response) => Some(side.other()),
        _ => None,
    })
}

/// A name of station by its name, any other option by its numbers.
fn object<'a>(block: &Block<'a>) -> Object<'a> {
    match block.kind {
        option::NAME_OF_STATION if !block.value.is_empty() => Object::at(Address::Name {
            kind: "station",
            name: block.value,
        }),
        (class, instance) => Object {
            address: Address::Path {
                class: class.into(),
                instance: Some(instance.into()),
                attribute: None,
            },
            value: (!block.value.is_empty()).then_some(block.value),
        },
    }
}

/// What an answer or a hello says of its sender.
fn facts(block: &Block<'_>, tell: &mut Tell<'_>) {
    match (block.kind, block.value) {
        (option::NAME_OF_STATION | option::ALIAS, name) => tell.fact(IdentityField::HostName, trimmed(name)),
        (option::TYPE_OF_STATION, name) => tell.fact(IdentityField::Product, trimmed(name)),
        (option::DEVICE_ID, [v0, v1, d0, d1, ..]) => {
            name_vendor(u16::from_be_bytes([*v0, *v1]), tell);
            let device = format!("0x{:04x}", u16::from_be_bytes([*d0, *d1]));
            tell.fact(IdentityField::ProductCode, device.as_bytes());
        }
        (option::DEVICE_ROLE, [roles, ..]) => {
            for (bit, name) in names::ROLES {
                if roles & bit != 0 {
                    tell.fact(IdentityField::DeviceType, name.as_bytes());
                }
            }
        }
        (option::IP_PARAMETER | option::IP_SUITE, [a, b, c, d, ..]) => {
            let ip = Ipv4Addr::from([*a, *b, *c, *d]);
            if !ip.is_unspecified() {
                tell.fact_about(About::SenderAt(IpAddr::V4(ip)), IdentityField::Binding, &[]);
            }
        }
        _ => {}
    }
}
