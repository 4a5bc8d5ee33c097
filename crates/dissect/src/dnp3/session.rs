//! Requests that wait for their responses.

use super::names::FunctionCode;
use cofferdam_terms::OperationClass;

/// The most requests of one conversation that wait for their responses. A master asks an outstation one thing at a
/// time (IEEE 1815-2012, 4.3), so this is the number of outstations that share a connection; the oldest gives way.
pub(super) const MAX_OUTSTANDING: usize = 16;

/// Which exchange: the two stations and the application sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) outstation: u16,
    pub(super) master: u16,
    pub(super) sequence: u8,
}

/// The last requests, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Outstanding(Vec<(Exchange, OperationClass)>);

impl Outstanding {
    /// Keeps a request, if it is one that is answered. A repeated one takes the place of the first.
    pub(super) fn push(&mut self, exchange: Exchange, function: FunctionCode, operation: OperationClass) {
        if !function.is_answered() {
            return;
        }
        self.0.retain(|(held, _)| *held != exchange);
        if self.0.len() >= MAX_OUTSTANDING {
            self.0.remove(0);
        }
        self.0.push((exchange, operation));
    }

    /// What the request did that this answers. It stays, since a response may come in several fragments; those have
    /// later numbers.
    pub(super) fn answered(&mut self, exchange: Exchange) -> Option<OperationClass> {
        let (held, operation) = self.0.iter_mut().rev().find(|(held, _)| *held == exchange)?;
        held.sequence = (held.sequence + 1) & 0x0f;
        Some(*operation)
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
