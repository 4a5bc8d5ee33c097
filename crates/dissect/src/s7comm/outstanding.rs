//! Jobs that wait for their answers.

use super::MAX_OUTSTANDING;
use super::names::FunctionCode;
use super::pdu::Objects;
use crate::message::Address;
use crate::session::Side;
use cofferdam_terms::OperationClass;

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Asked {
    side: Side,
    reference: u16,
    waiting: bool,
    pub(super) code: FunctionCode,
    pub(super) operation: OperationClass,
    pub(super) addresses: Vec<Address<'static>>,
}

/// Requests that wait, at most [`MAX_OUTSTANDING`]; the oldest gives way.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    asked: Vec<Asked>,
    next: usize,
}

impl Outstanding {
    pub(super) fn put(
        &mut self,
        side: Side,
        reference: u16,
        code: FunctionCode,
        operation: OperationClass,
        items: u8,
        objects: &Objects<'_>,
    ) {
        if self.asked.len() < MAX_OUTSTANDING && self.asked.iter().all(|asked| asked.waiting) {
            self.next = self.asked.len();
            self.asked.push(Asked {
                side,
                reference,
                waiting: false,
                code,
                operation,
                addresses: Vec::new(),
            });
        } else if let Some(free) = self.asked.iter().position(|asked| !asked.waiting) {
            self.next = free;
        }
        let Some(asked) = self.asked.get_mut(self.next) else {
            return;
        };
        asked.side = side;
        asked.reference = reference;
        asked.waiting = true;
        asked.code = code;
        asked.operation = operation;
        asked.addresses.clear();
        if usize::from(items) == objects.len() {
            asked
                .addresses
                .extend(objects.iter().filter_map(|object| fixed(object.address)));
        }
        self.next = (self.next + 1) % MAX_OUTSTANDING;
    }

    pub(super) fn take(&mut self, side: Side, reference: u16) -> Option<&Asked> {
        let asked = self
            .asked
            .iter_mut()
            .find(|asked| asked.waiting && asked.side == side && asked.reference == reference)?;
        asked.waiting = false;
        Some(asked)
    }
}

/// The address, where it borrows nothing from the request's bytes.
fn fixed(address: Address<'_>) -> Option<Address<'static>> {
    match address {
        Address::Points { space, first, count } => Some(Address::Points { space, first, count }),
        Address::Memory {
            area,
            block,
            bit,
            bits,
        } => Some(Address::Memory {
            area,
            block,
            bit,
            bits,
        }),
        Address::Block { kind, number } => Some(Address::Block { kind, number }),
        Address::Path {
            class,
            instance,
            attribute,
        } => Some(Address::Path {
            class,
            instance,
            attribute,
        }),
        Address::Name { .. } => None,
    }
}
