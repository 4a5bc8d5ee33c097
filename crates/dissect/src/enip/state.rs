//! State of a conversation: requests that wait for their answers, connections that lead to a slot.

use super::names::Target;
use super::pccc;
use super::session::MAX_SERVICES;
use crate::message::Address;
use cofferdam_terms::OperationClass;
use std::collections::VecDeque;

/// The most requests that wait for their answers; the oldest gives way.
pub(super) const MAX_OUTSTANDING: usize = 16;
/// The most connections whose slot is known; the oldest gives way.
pub(super) const MAX_CONNECTIONS: usize = 32;
/// The most bytes of tag names that a waiting request keeps; its answer gives the tags beyond without their names.
pub(super) const MAX_NAMES: usize = 1024;

/// The number by which an answer is found to belong to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The sender context.
    Unconnected(u64),
    /// The connection's sequence count.
    Connected(u16),
}

impl Key {
    /// The low half of the number, as a message gives it.
    pub(super) fn transaction(self) -> u32 {
        match self {
            Self::Unconnected(context) => u32::try_from(context & 0xffff_ffff).unwrap_or_default(),
            Self::Connected(sequence) => u32::from(sequence),
        }
    }
}

/// A PCCC command that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Command {
    pub(super) code: u16,
    pub(super) transaction: u16,
    pub(super) address: Option<Address<'static>>,
}

/// One service of a waiting request.
#[derive(Clone, Copy, Debug)]
pub(super) struct AskedService {
    pub(super) service: u8,
    pub(super) target: Target,
    pub(super) operation: OperationClass,
    pub(super) address: Stored,
    pub(super) command: Option<Command>,
}

/// An address that outlives its request's bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stored {
    None,
    Path {
        class: u32,
        instance: Option<u32>,
        attribute: Option<u32>,
    },
    /// A range of the kept names.
    Tag {
        start: usize,
        end: usize,
    },
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) key: Key,
    waiting: bool,
    pub(super) unit: Option<u32>,
    pub(super) wrapper: Option<(u8, OperationClass)>,
    pub(super) services: Vec<AskedService>,
    names: Vec<u8>,
}

impl Asked {
    /// Keeps what the answer to a service will need; false when there are too many.
    pub(super) fn keep(
        &mut self,
        service: u8,
        target: Target,
        operation: OperationClass,
        address: Option<Address<'_>>,
        command: Option<pccc::Pccc<'_>>,
    ) -> bool {
        if self.services.len() == MAX_SERVICES {
            return false;
        }
        let address = match address {
            Some(Address::Path {
                class,
                instance,
                attribute,
            }) => Stored::Path {
                class,
                instance,
                attribute,
            },
            Some(Address::Name { name, .. }) if self.names.len() + name.len() <= MAX_NAMES => {
                let start = self.names.len();
                self.names.extend_from_slice(name);
                Stored::Tag {
                    start,
                    end: self.names.len(),
                }
            }
            _ => Stored::None,
        };
        let command = match command {
            Some(pccc::Pccc::Request(pccc::Request {
                code,
                transaction,
                address,
                ..
            })) => Some(Command {
                code,
                transaction,
                address,
            }),
            Some(pccc::Pccc::Response(_)) | None => None,
        };
        self.services.push(AskedService {
            service,
            target,
            operation,
            address,
            command,
        });
        true
    }

    pub(super) fn address(&self, service: &AskedService) -> Option<Address<'_>> {
        match service.address {
            Stored::None => None,
            Stored::Path {
                class,
                instance,
                attribute,
            } => Some(Address::Path {
                class,
                instance,
                attribute,
            }),
            Stored::Tag { start, end } => self
                .names
                .get(start..end)
                .map(|name| Address::Name { kind: "tag", name }),
        }
    }
}

/// Requests that wait, oldest first. One with the number of an earlier one takes its place: that one will not be
/// answered any more.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    asked: VecDeque<Asked>,
}

impl Outstanding {
    /// A request to be filled and then [put](Self::put), with the memory of one that is done where there is one.
    pub(super) fn begin(&mut self, key: Key, unit: Option<u32>) -> Asked {
        let replaced = self
            .asked
            .iter()
            .position(|asked| asked.waiting && asked.key == key)
            .or_else(|| self.asked.iter().position(|asked| !asked.waiting))
            .or((self.asked.len() >= MAX_OUTSTANDING).then_some(0));
        let replaced = replaced.and_then(|place| self.asked.remove(place));
        let (mut services, mut names) =
            replaced.map_or_else(Default::default, |old| (old.services, old.names));
        services.clear();
        names.clear();
        Asked {
            key,
            waiting: true,
            unit,
            wrapper: None,
            services,
            names,
        }
    }

    pub(super) fn put(&mut self, asked: Asked) {
        self.asked.push_back(asked);
    }

    pub(super) fn take(&mut self, key: Key) -> Option<&Asked> {
        let asked = self
            .asked
            .iter_mut()
            .find(|asked| asked.waiting && asked.key == key)?;
        asked.waiting = false;
        Some(asked)
    }
}

/// Connections whose slot is known.
#[derive(Debug, Default)]
pub(super) struct Connections {
    known: Vec<([u32; 2], Option<u32>)>,
    next: usize,
}

impl Connections {
    pub(super) fn opened(&mut self, ids: [u32; 2], slot: Option<u32>) {
        if self.known.len() < MAX_CONNECTIONS {
            self.known.push((ids, slot));
        } else if let Some(oldest) = self.known.get_mut(self.next) {
            *oldest = (ids, slot);
            self.next = (self.next + 1) % MAX_CONNECTIONS;
        }
    }

    pub(super) fn slot(&self, id: u32) -> Option<u32> {
        self.known
            .iter()
            .rev()
            .find(|(ids, _)| ids.contains(&id))
            .and_then(|(_, slot)| *slot)
    }
}
