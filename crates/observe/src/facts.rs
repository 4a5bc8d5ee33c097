//! Identity facts as senders claim them: each kept once, with the first packet that says it and how often it was said.
//! Claims that contradict each other are all kept.

use crate::hosts::Spot;
use crate::ledger::Tally;
use crate::notes::Claim;
use crate::record::IdentityFact;
use crate::settings::Settings;
use cofferdam_dissect::{IdentityField, Protocol};
use cofferdam_terms::{Timestamp, WireText};
use foldhash::fast::SeedableRandomState;
use hashbrown::{HashMap, HashTable};
use std::hash::BuildHasher;

/// The most bytes of a value that count: what [`WireText`] can need.
const MAX_VALUE: usize = 4 * WireText::MAX_CHARS;

/// The bytes of a value that count.
pub(crate) fn kept(value: &[u8]) -> &[u8] {
    value.get(..MAX_VALUE).unwrap_or(value)
}

/// What a fact costs beside its value's bytes, about, with its places in both tables.
const FACT_COST: usize = 320;

#[derive(Debug)]
struct Fact {
    spot: Spot,
    field: IdentityField,
    protocol: Protocol,
    unit: Option<u32>,
    value: Box<[u8]>,
    packet: u64,
    at: Timestamp,
    times: u64,
}

/// All facts, in the order in which they were first said.
pub(crate) struct Facts {
    index: HashTable<u32>,
    facts: Vec<Fact>,
    per_host: HashMap<Spot, u32, SeedableRandomState>,
    held: usize,
    ceiling: usize,
    ceiling_per_host: usize,
    hasher: SeedableRandomState,
}

impl Facts {
    pub(crate) fn new(settings: &Settings, hasher: SeedableRandomState) -> Self {
        Self {
            index: HashTable::new(),
            facts: Vec::new(),
            per_host: HashMap::with_hasher(hasher.clone()),
            held: 0,
            ceiling: settings.ceilings.fact_bytes,
            ceiling_per_host: settings.ceilings.facts_per_host,
            hasher,
        }
    }

    pub(crate) fn add(&mut self, claim: &Claim, evicted: &mut Tally<&'static str>) {
        let spot = claim.spot;
        let hash = self.hash(claim);
        let Self { index, facts, .. } = self;
        let is = |at: &u32| {
            facts.get(*at as usize).is_some_and(|fact| {
                fact.spot == spot
                    && fact.field == claim.field
                    && fact.unit == claim.unit
                    && *fact.value == *claim.value
                    && fact.protocol == claim.protocol
            })
        };
        if let Some(at) = index.find(hash, is) {
            if let Some(fact) = facts.get_mut(*at as usize) {
                fact.times += 1;
            }
            return;
        }
        let cost = FACT_COST + claim.value.len();
        let packet = claim.moment.packet;
        if self.held + cost > self.ceiling {
            evicted.add("facts", 1, packet);
            return;
        }
        let count = self.per_host.entry(spot).or_insert(0);
        if *count as usize >= self.ceiling_per_host {
            evicted.add("facts-per-host", 1, packet);
            return;
        }
        *count += 1;
        self.held += cost;
        self.keep(hash, claim);
    }

    fn keep(&mut self, hash: u64, claim: &Claim) {
        // The ceiling of facts is far below 2^32.
        let Ok(at) = u32::try_from(self.facts.len()) else {
            return;
        };
        self.facts.push(Fact {
            spot: claim.spot,
            field: claim.field,
            protocol: claim.protocol,
            unit: claim.unit,
            value: claim.value.as_slice().into(),
            packet: claim.moment.packet,
            at: claim.moment.time,
            times: 1,
        });
        let Self {
            index, facts, hasher, ..
        } = self;
        index.insert_unique(hash, at, |at| {
            facts.get(*at as usize).map_or(0, |fact| {
                hash_of(
                    hasher,
                    fact.spot,
                    fact.field,
                    fact.protocol,
                    fact.unit,
                    &fact.value,
                )
            })
        });
    }

    fn hash(&self, claim: &Claim) -> u64 {
        hash_of(
            &self.hasher,
            claim.spot,
            claim.field,
            claim.protocol,
            claim.unit,
            &claim.value,
        )
    }

    /// The facts with whom they are about, in the order in which they were first said.
    pub(crate) fn finish(self) -> impl Iterator<Item = (Spot, IdentityFact)> {
        self.facts.into_iter().map(|fact| {
            let shown = IdentityFact {
                field: fact.field,
                value: WireText::from_wire(&fact.value),
                protocol: fact.protocol,
                unit: fact.unit,
                packet: fact.packet,
                at: fact.at,
                times: fact.times,
            };
            (fact.spot, shown)
        })
    }
}

fn hash_of(
    hasher: &SeedableRandomState,
    spot: Spot,
    field: IdentityField,
    protocol: Protocol,
    unit: Option<u32>,
    value: &[u8],
) -> u64 {
    hasher.hash_one((spot, field, protocol, unit, value))
}
