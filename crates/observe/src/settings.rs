//! What an observer is told: the capture's name, ceilings of memory, idle times.

use std::time::Duration;

/// What an observer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The capture's name, for provenance.
    pub capture: String,
    /// Keys the hash tables, so that nobody can choose addresses that collide. Results do not depend on it.
    pub hash_seed: u64,
    /// What may be held at once.
    pub ceilings: Ceilings,
    /// Into how many parts devices are dealt, so that several workers can follow them; at least 1. Each part has its
    /// share of the ceilings that a flow counts against, and so results depend on it where one of those is reached; on
    /// the number of workers they never do.
    pub parts: usize,
    /// After how long a silent flow ends.
    pub idle: IdleTimes,
}

impl Settings {
    /// The memory that the default ceilings keep to, in bytes: 512 MiB.
    pub const MEMORY: usize = 512 << 20;

    /// So many parts are enough for the few cores that a sensor has, and few enough that a busy device has room.
    pub const PARTS: usize = 8;

    /// Default settings for a capture.
    #[must_use]
    pub fn new(capture: impl Into<String>) -> Self {
        Self {
            capture: capture.into(),
            hash_seed: 0,
            ceilings: Ceilings::for_memory(Self::MEMORY),
            parts: Self::PARTS,
            idle: IdleTimes::default(),
        }
    }
}

/// What may be held at once. What goes beyond is evicted or dropped, and counted by the ceiling's name in
/// [`Coverage::evicted`](crate::Coverage::evicted).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceilings {
    /// `flows`: live flows. The one that is idle longest goes first.
    pub flows: usize,
    /// `conversations`: bytes of protocol sessions and of the operations that flows are gathering.
    pub conversation_bytes: usize,
    /// `reassembly`: bytes of stream that wait for a hole to be filled or a message to be completed.
    pub reassembly_bytes: usize,
    /// `fragments`: bytes of IP fragments that wait for the rest of their packet.
    pub fragment_bytes: usize,
    /// `hosts`: addresses that spoke, each with what is known of it.
    pub hosts: usize,
    /// `host-details`: bytes of what hosts were seen to do: services, peers, operations, units.
    pub host_detail_bytes: usize,
    /// `values`: bytes of the last values that devices were seen to have.
    pub value_bytes: usize,
    /// `writes`: objects that were written, by whom.
    pub writes: usize,
    /// `events`: things that were done to equipment, by whom.
    pub events: usize,
    /// `facts`: bytes of identity facts in all.
    pub fact_bytes: usize,
    /// `facts-per-host`: identity facts about one address.
    pub facts_per_host: usize,
    /// `operations`: different operations in one flow record.
    pub operations_per_record: usize,
    /// `silent-addresses`: addresses that were spoken to and did not speak, kept to count each once.
    pub silent_addresses: usize,
}

/// What one entry costs, in bytes, with its place in the hash table when that has just grown. A test measures it.
mod cost {
    pub(super) const FLOW: usize = 352;
    pub(super) const HOST: usize = 512;
    pub(super) const SILENT_ADDRESS: usize = 32;
    pub(super) const WRITE: usize = 4096;
    pub(super) const EVENT: usize = 2048;
}

impl Ceilings {
    /// Ceilings that together keep to so many bytes.
    #[must_use]
    pub const fn for_memory(bytes: usize) -> Self {
        // In 32nds: flows 7, conversations 7, reassembly 4, host details 4, facts 3, hosts 2, values, writes with events,
        // fragments and silent addresses 1 each; the last one is for what has no ceiling because it can't grow.
        let part = bytes / 32;
        Self {
            flows: at_least_one(7 * part / cost::FLOW),
            conversation_bytes: 7 * part,
            reassembly_bytes: 4 * part,
            host_detail_bytes: 4 * part,
            value_bytes: part,
            writes: at_least_one(part / 2 / cost::WRITE),
            events: at_least_one(part / 2 / cost::EVENT),
            fact_bytes: 3 * part,
            hosts: at_least_one(2 * part / cost::HOST),
            fragment_bytes: part,
            silent_addresses: at_least_one(part / cost::SILENT_ADDRESS),
            facts_per_host: 64,
            operations_per_record: 128,
        }
    }
}

impl Ceilings {
    /// One part's share. What concerns hosts and pieces of packets is not dealt, nor is what bounds one thing.
    #[must_use]
    pub(crate) const fn share(self, parts: usize) -> Self {
        let parts = at_least_one(parts);
        Self {
            flows: at_least_one(self.flows / parts),
            conversation_bytes: self.conversation_bytes / parts,
            reassembly_bytes: self.reassembly_bytes / parts,
            value_bytes: self.value_bytes / parts,
            writes: at_least_one(self.writes / parts),
            events: at_least_one(self.events / parts),
            ..self
        }
    }
}

const fn at_least_one(count: usize) -> usize {
    if count == 0 { 1 } else { count }
}

/// After how long a silent flow ends and its record is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleTimes {
    /// A TCP connection on which both ends were heard.
    pub connection: Duration,
    /// Datagrams, and everything that has no connection.
    pub datagrams: Duration,
    /// A connection that was not answered yet.
    pub unanswered: Duration,
    /// A connection that ended, for stragglers to be counted with it.
    pub ended: Duration,
}

impl Default for IdleTimes {
    fn default() -> Self {
        Self {
            connection: Duration::from_secs(15 * 60),
            datagrams: Duration::from_secs(2 * 60),
            unanswered: Duration::from_secs(60),
            ended: Duration::from_secs(10),
        }
    }
}
