//! Requests matched to their answers: by the protocol's own number where it has one, else in order.
//!
//! An answer goes to the request of the other end that has its number, function and unit; failing that, to the one that
//! has its number (some protocols answer every function by one of their own); in a protocol without numbers, to the one
//! with its function and unit that waits longest, else to the one that waits longest at all. A request that comes again
//! by the same number, function and unit in a later packet was given up by its sender: the earlier one counts as
//! unanswered. Bounds: [`MAX_WAITING`] requests of a flow wait at once, and one that is overtaken by so many counts as
//! unanswered; [`MAX_FAILURE_CODES`] codes and
//! [`MAX_WRITTEN`] written objects of one operation are counted apart, the others together.

use crate::acts::carries_values;
use crate::clock::Moment;
use crate::key::End;
use crate::number::{self, Number};
use crate::objects::Range;
use crate::record::{Exchange, WrittenRange};
use crate::spread::Sketch;
use cofferdam_dissect::{Message, Protocol};
use cofferdam_terms::Timestamp;
use std::borrow::Cow;

/// The most requests of one flow that wait for their answers.
pub(crate) const MAX_WAITING: usize = 64;
/// The most failure codes of one operation that are counted apart.
const MAX_FAILURE_CODES: usize = Exchange::MAX_FAILURE_CODES;
/// The most written objects of one operation whose values are kept.
const MAX_WRITTEN: usize = Exchange::MAX_WRITTEN;

/// Functions that are never answered by a message of their protocol, by protocol and code.
const NOT_ANSWERED: &[(&str, &[u32])] = &[
    // Confirm, and the functions that say so in their name (IEEE 1815-2012, 4.2.2.5).
    ("dnp3", &[0, 6, 8, 10, 12, 33]),
    // Unconfirmed user data (IEEE 1815-2012, 9.2.4.1.3).
    ("dnp3-link", &[4]),
    // Decline and Release (RFC 2131, 4.4).
    ("dhcp", &[4, 7]),
    // NOP, UnRegisterSession, IndicateStatus, Cancel (CIP volume 2, 2-4).
    ("enip", &[0x00, 0x66, 0x72, 0x73]),
    // CloseSecureChannel (IEC 62541-6, 7.1.4).
    ("opcua", &[452]),
];

/// Whether a function's requests wait for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaits {
    Answer,
    Nothing,
}

impl Awaits {
    pub(crate) fn of(protocol: Protocol, code: u32) -> Self {
        let listed = |(name, codes): &(&str, &[u32])| *name == protocol.0 && codes.contains(&code);
        if NOT_ANSWERED.iter().any(listed) {
            Self::Nothing
        } else {
            Self::Answer
        }
    }
}

/// A request that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    /// The entry of its operation, which has its protocol, function and unit.
    pub(crate) entry: u32,
    pub(crate) transaction: Option<u32>,
    pub(crate) from: End,
    pub(crate) packet: u64,
    pub(crate) time: Timestamp,
}

/// How well a waiting request fits an answer, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// The same protocol, and no number says otherwise.
    Protocol,
    /// The same function and unit.
    Function,
}

/// What one operation's exchanges came to so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracked {
    pub(crate) unanswered: u64,
    pub(crate) unasked: u64,
    latency: Sketch,
    interval: Sketch,
    /// Packet and time of the last request.
    last: Option<(u64, Timestamp)>,
    /// Boxed, since most operations neither fail nor write.
    rare: Option<Box<Rare>>,
}

/// What few operations have.
#[derive(Clone, Debug, Default)]
struct Rare {
    failures: Vec<(u32, &'static str, u64)>,
    failures_dropped: u64,
    written: Vec<(Range, [Number; 2], u64)>,
    written_dropped: u64,
}

impl Tracked {
    /// Notes a request. True when more memory is held.
    #[inline]
    pub(crate) fn asked(&mut self, moment: Moment) -> bool {
        match self.last.replace((moment.packet, moment.time)) {
            // Several in one packet are one occasion.
            Some((packet, time)) if packet != moment.packet => self.interval.add(nanos(time, moment.time)),
            Some(_) | None => false,
        }
    }

    /// Notes an answer to a request of a time. True when more memory is held.
    #[inline]
    pub(crate) fn answered(&mut self, asked: Timestamp, moment: Moment) -> bool {
        self.latency.add(nanos(asked, moment.time))
    }

    /// Notes a failure. True when more memory is held.
    pub(crate) fn failed(&mut self, code: u32, name: &'static str) -> bool {
        let rare = self.rare.get_or_insert_default();
        let known = rare.failures.iter_mut().find(|(known, ..)| *known == code);
        if let Some((_, _, count)) = known {
            *count += 1;
            return false;
        }
        if rare.failures.len() == MAX_FAILURE_CODES {
            rare.failures_dropped += 1;
            return false;
        }
        rare.failures.push((code, name, 1));
        true
    }

    /// Notes the numbers that a request writes. True when more memory is held.
    #[inline]
    pub(crate) fn wrote(&mut self, message: &Message<'_>) -> bool {
        if !carries_values(message.operation) {
            return false;
        }
        let mut grown = false;
        for object in message.objects {
            let Some(value) = object.value else { continue };
            let value = number::canonical(&object.address, value);
            let numbers = number::elements(message.protocol, &object.address, value);
            let (Some(low), Some(high)) = (numbers.iter().min(), numbers.iter().max()) else {
                continue;
            };
            let rare = self.rare.get_or_insert_default();
            let known = rare
                .written
                .iter_mut()
                .find(|(place, ..)| place.is(&object.address));
            if let Some((_, [min, max], times)) = known {
                (*min, *max) = ((*min).min(*low), (*max).max(*high));
                *times += 1;
            } else if rare.written.len() == MAX_WRITTEN {
                rare.written_dropped += 1;
            } else {
                rare.written.push((Range::of(&object.address), [*low, *high], 1));
                grown = true;
            }
        }
        grown
    }

    /// Heap bytes held.
    pub(crate) fn held(&self) -> usize {
        let rare = self.rare.as_deref().map_or(0, |rare| {
            let written = rare.written.capacity() * size_of::<(Range, [Number; 2], u64)>();
            let names: usize = rare.written.iter().map(|(place, ..)| place.held()).sum();
            let failures = rare.failures.capacity() * size_of::<(u32, &str, u64)>();
            size_of::<Rare>() + failures + written + names
        });
        self.latency.held() + self.interval.held() + rare
    }

    /// The figures as a record gives them.
    pub(crate) fn into_exchange(self) -> Exchange {
        let mut rare = self.rare.map_or_else(Rare::default, |rare| *rare);
        rare.failures.sort_unstable();
        let failures = rare.failures.into_iter();
        let mut written: Vec<WrittenRange> = rare
            .written
            .iter()
            .map(|(place, [min, max], times)| WrittenRange {
                object: place.text(),
                min: *min,
                max: *max,
                times: *times,
            })
            .collect();
        written.sort_unstable();
        Exchange {
            unanswered: self.unanswered,
            unasked: self.unasked,
            latency: self.latency.spread(),
            interval: self.interval.spread(),
            failures: failures
                .map(|(code, name, count)| crate::FailureCount {
                    code,
                    name: Cow::Borrowed(name),
                    count,
                })
                .collect(),
            failures_dropped: rare.failures_dropped,
            written,
            written_dropped: rare.written_dropped,
        }
    }
}

/// From one time to a later one; a clock that was set back meanwhile gives zero.
fn nanos(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.nanos().saturating_sub(from.nanos())).unwrap_or(0)
}

/// The place of the request that an answer belongs to. `fit` says how well a request's operation fits the answer's,
/// or not at all.
#[inline]
pub(crate) fn find(
    waiting: &[Waiting],
    from: End,
    message: &Message<'_>,
    fit: impl Fn(&Waiting) -> Option<Fit>,
) -> Option<usize> {
    let mut best: Option<(Fit, usize)> = None;
    for (at, request) in waiting.iter().enumerate() {
        if request.from == from || request.transaction != message.transaction {
            continue;
        }
        match fit(request) {
            Some(Fit::Function) => return Some(at),
            // By number alone the latest is meant; in order alone the one that waits longest.
            Some(Fit::Protocol) if best.is_none() || message.transaction.is_some() => {
                best = Some((Fit::Protocol, at));
            }
            Some(Fit::Protocol) | None => {}
        }
    }
    best.map(|(_, at)| at)
}
