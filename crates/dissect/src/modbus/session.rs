//! Requests that wait for their responses.

use super::names::FunctionCode;
use super::pdu::Asked;

/// The most requests of one conversation that wait for their responses. The Messaging Implementation Guide (4.4.1.2)
/// gives clients 1 to 16; the oldest gives way.
pub(super) const MAX_OUTSTANDING: usize = 16;

#[derive(Clone, Copy, Debug)]
struct Request {
    transaction: u16,
    unit: u8,
    asked: Asked,
}

/// The last requests, in a ring.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    requests: [Option<Request>; MAX_OUTSTANDING],
    next: usize,
}

impl Outstanding {
    /// Keeps a request. It takes the place of one with the same transaction and unit: that one's answer won't come any
    /// more, since clients that number every request alike send the next one when the last has timed out.
    pub(super) fn push(&mut self, transaction: u16, unit: u8, asked: Asked) {
        let request = Request {
            transaction,
            unit,
            asked,
        };
        let same = self
            .requests
            .iter_mut()
            .flatten()
            .find(|held| held.transaction == transaction && held.unit == unit);
        if let Some(held) = same {
            *held = request;
            return;
        }
        if let Some(slot) = self.requests.get_mut(self.next) {
            *slot = Some(request);
        }
        self.next = (self.next + 1) % MAX_OUTSTANDING;
    }

    /// Takes the request that a response or exception answers.
    pub(super) fn take(&mut self, transaction: u16, unit: u8, function: FunctionCode) -> Option<Asked> {
        self.requests
            .iter_mut()
            .find(|slot| {
                slot.is_some_and(|held| {
                    held.transaction == transaction && held.unit == unit && held.asked.function == function
                })
            })?
            .take()
            .map(|held| held.asked)
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
