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
    /// After how long a silent flow ends.
    pub idle: IdleTimes,
}

impl Settings {
    /// The memory that the default ceilings keep to, in bytes: 512 MiB.
    pub const MEMORY: usize = 512 << 20;

    /// Default settings for a capture.
    #[must_use]
    pub fn new(capture: impl Into<String>) -> Self {
        Self {
            capture: capture.into(),
            hash_seed: 0,
            ceilings: Ceilings::for_memory(Self::MEMORY),
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
    /// `facts`: identity facts in all.
    pub facts: usize,
    /// `facts-per-host`: identity facts about one address.
    pub facts_per_host: usize,
    /// `operations`: different operations in one flow record.
    pub operations_per_record: usize,
    /// `silent-addresses`: addresses that were spoken to and did not speak, kept to count each once.
    pub silent_addresses: usize,
}

/// What one entry costs at most or on average, in bytes, with its place in the hash table; the ceilings test measures
/// that it holds.
mod cost {
    pub(super) const FLOW: usize = 320;
    pub(super) const HOST: usize = 1024;
    pub(super) const FACT: usize = 512;
    pub(super) const SILENT_ADDRESS: usize = 32;
}

impl Ceilings {
    /// Ceilings that together keep to so many bytes.
    #[must_use]
    pub const fn for_memory(bytes: usize) -> Self {
        Self {
            flows: at_least_one(bytes / 4 / cost::FLOW),
            conversation_bytes: bytes / 4,
            reassembly_bytes: bytes / 8,
            fragment_bytes: bytes / 32,
            hosts: at_least_one(bytes / 8 / cost::HOST),
            facts: at_least_one(bytes / 8 / cost::FACT),
            facts_per_host: 64,
            operations_per_record: 128,
            silent_addresses: at_least_one(bytes / 32 / cost::SILENT_ADDRESS),
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
