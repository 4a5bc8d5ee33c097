//! One conversation: a message in, what it says told, what later ones need kept.

use super::cip::{self, Cip};
use super::state::{Connections, Key, Outstanding};
use super::{Emit, Fault, answer, ask};
use crate::reader::Reader;

/// The most services of one message that are read; further ones are dropped and said.
pub(super) const MAX_SERVICES: usize = 64;

/// What carries a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carriage {
    pub(super) key: Key,
    /// The connection's id.
    pub(super) connection: Option<u32>,
}

/// The state of one conversation.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    outstanding: Outstanding,
    connections: Connections,
}

impl Conversation {
    /// Takes one CIP message.
    pub(super) fn message(&mut self, carriage: Carriage, reader: Reader<'_>, emit: &mut Emit<'_>) {
        let unit = carriage.connection.and_then(|id| self.connections.slot(id));
        let whole = emit.span;
        match cip::cip(reader) {
            Ok(Cip::Request(request)) => {
                let mut asked = self.outstanding.begin(carriage.key, unit);
                ask::outermost(&request, &mut asked, emit);
                self.outstanding.put(asked);
            }
            Ok(Cip::Response(response)) => {
                let Self {
                    outstanding,
                    connections,
                } = self;
                let asked = outstanding.take(carriage.key);
                let unit = asked.and_then(|asked| asked.unit).or(unit);
                if let Some(opened) = answer::outermost(&response, asked, unit, carriage.key, emit) {
                    connections.opened(opened, unit);
                }
            }
            Err(fault) => emit.fault(fault),
        }
        emit.span = whole;
    }
}

/// Reads each message of a Multiple_Service_Packet.
pub(super) fn each_inside<'a>(
    data: Reader<'a>,
    emit: &mut Emit<'_>,
    take: &mut dyn FnMut(Cip<'a>, &mut Emit<'_>),
) {
    let messages = match cip::packet(data) {
        Ok(messages) => messages,
        Err(fault) => return emit.fault(fault),
    };
    for (index, message) in messages.enumerate() {
        if index == MAX_SERVICES {
            return emit.fault(Fault::TooManyServices);
        }
        match message.and_then(cip::cip) {
            Ok(message) => take(message, emit),
            // Where a message is not what it should be, the offsets are not to be trusted either.
            Err(fault) => return emit.fault(fault),
        }
    }
}
