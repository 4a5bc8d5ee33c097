//! What was seen and what was not, counted as it happens.

use crate::clock::Moment;
use crate::flow::Flow;
use crate::hosts::{spot_of, sum};
use crate::key::End;
use crate::record::{FlowRecord, Recognition, Traffic};
use cofferdam_dissect::Protocol;
use cofferdam_terms::{Timestamp, Transport};
use std::collections::BTreeSet;

/// The most clock hours that are told apart: over eleven years.
const MAX_HOURS: usize = 100_000;

/// Counts by a key of which there are few, since keys are constants of the code.
#[derive(Debug)]
pub(crate) struct Tally<K> {
    counts: Vec<(K, u64, u64)>,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self { counts: Vec::new() }
    }
}

impl<K: Copy + Ord> Tally<K> {
    /// Adds to a key's count; the first packet's number stays.
    pub(crate) fn add(&mut self, key: K, count: u64, packet: u64) {
        if count == 0 {
            return;
        }
        match self.counts.iter_mut().find(|(known, ..)| *known == key) {
            Some((_, total, _)) => *total += count,
            None => self.counts.push((key, count, packet)),
        }
    }

    /// Adds another's counts; of the first packets' numbers the lower one stays.
    fn join(&mut self, other: Self) {
        for (key, count, packet) in other.counts {
            match self.counts.iter_mut().find(|(known, ..)| *known == key) {
                Some((_, total, first)) => (*total, *first) = (*total + count, packet.min(*first)),
                None => self.counts.push((key, count, packet)),
            }
        }
    }

    /// Key, count and first packet, ordered by key.
    pub(crate) fn into_ordered(mut self) -> Vec<(K, u64, u64)> {
        self.counts.sort_unstable_by_key(|(key, ..)| *key);
        self.counts
    }
}

/// The running counts.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) decoded: u64,
    span: Option<(Timestamp, Timestamp)>,
    hours: BTreeSet<i64>,
    hour: Option<i64>,
    pub(crate) not_understood: Tally<&'static str>,
    pub(crate) anomalies: Tally<(Protocol, &'static str)>,
    pub(crate) evicted: Tally<&'static str>,
    pub(crate) messages: Tally<Protocol>,
    pub(crate) odd_ports: Tally<(Protocol, Transport, u16)>,
    pub(crate) missed_bytes: u64,
    /// Flows of which one way alone was seen: nobody answered, or the answers were out of sight.
    pub(crate) one_way: OneWay,
}

/// Flows of which one way alone was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OneWay {
    pub(crate) flows: u64,
    /// Those whose sender acknowledges data that the sensor did not see: the mirror shows one direction only.
    pub(crate) half_mirrored: u64,
}

/// Under these names stand anomalies of the transport, beside those of application protocols.
pub(crate) const TCP: Protocol = Protocol("tcp");
/// Under this name stand anomalies of fragments.
pub(crate) const IP: Protocol = Protocol("ip");

impl Ledger {
    /// A packet was handed in.
    #[inline]
    pub(crate) fn packet(&mut self, original: u32, moment: Moment) {
        self.packets += 1;
        self.bytes += u64::from(original);
        let time = moment.time;
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
        if self.hour != Some(moment.hour) {
            self.enter_hour(moment.hour);
        }
    }

    fn enter_hour(&mut self, hour: i64) {
        self.hour = Some(hour);
        if self.hours.len() < MAX_HOURS {
            self.hours.insert(hour);
        }
    }

    /// Adds what another counted.
    pub(crate) fn join(&mut self, other: Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.decoded += other.decoded;
        self.missed_bytes += other.missed_bytes;
        self.one_way.flows += other.one_way.flows;
        self.one_way.half_mirrored += other.one_way.half_mirrored;
        self.span = match (self.span, other.span) {
            (Some(ours), Some(theirs)) => Some((ours.0.min(theirs.0), ours.1.max(theirs.1))),
            (span, None) | (None, span) => span,
        };
        self.hours.extend(other.hours);
        self.not_understood.join(other.not_understood);
        self.anomalies.join(other.anomalies);
        self.evicted.join(other.evicted);
        self.messages.join(other.messages);
        self.odd_ports.join(other.odd_ports);
    }

    /// A flow's record is given.
    pub(crate) fn record(&mut self, record: &FlowRecord, flow: &Flow) {
        self.missed_bytes += record.missed;
        let Some((protocol, Recognition::Content)) = record.protocol else {
            return;
        };
        let registration = flow.conversation.as_ref().and_then(|talk| talk.registration());
        let own = match (record.transport, registration) {
            (Transport::TCP, Some(registration)) => registration.tcp_ports,
            (Transport::UDP, Some(registration)) => registration.udp_ports,
            (Transport::Ip(_) | Transport::Ethernet(_), _) => return,
        };
        if !own.contains(&record.responder_port) && !own.contains(&record.initiator_port) {
            let key = (protocol, record.transport, record.responder_port);
            self.odd_ports.add(key, 1, record.packet);
        }
    }

    /// A log told of a connection. Its numbers are anybody's, so sums stop at the highest there is.
    pub(crate) fn log_record(&mut self, record: &FlowRecord, moment: Moment) {
        let Traffic { packets, bytes } = sum(record.sent, record.received);
        self.packets = self.packets.saturating_add(packets);
        self.decoded = self.decoded.saturating_add(packets);
        self.bytes = self.bytes.saturating_add(bytes);
        self.missed_bytes = self.missed_bytes.saturating_add(record.missed);
        let (first, last) = self.span.unwrap_or((record.first, record.last));
        self.span = Some((first.min(record.first), last.max(record.last)));
        if self.hour != Some(moment.hour) {
            self.enter_hour(moment.hour);
        }
        for row in &record.operations {
            let count = row.requests + row.responses + row.failures;
            self.messages.add(row.protocol, count, row.packet);
        }
    }

    /// A flow is over.
    pub(crate) fn flow(&mut self, flow: &Flow) {
        let (low, high) = (flow.seen.low, flow.seen.high);
        if low.spoke && high.spoke {
            return;
        }
        let silent = if low.spoke { End::High } else { End::Low };
        if spot_of(flow, silent).address.is_one_host() {
            self.one_way.flows += 1;
            self.one_way.half_mirrored += u64::from(flow.seen.at(silent).acknowledged);
        }
    }

    pub(crate) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span
    }

    pub(crate) fn hours_seen(&self) -> u64 {
        self.hours.len() as u64
    }
}
