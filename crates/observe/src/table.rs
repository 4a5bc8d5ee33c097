//! The flow table: one hash lookup a packet, and lanes in which flows stand by how long they are idle.
//!
//! Flows lie in one slab; the hash table holds their numbers alone. A lane is a list through the slab, idle longest
//! first. A flow moves to its end at most once a tick, so that a busy flow costs nothing there. Nothing that comes out
//! depends on the hash: lanes and slab are filled in packet order.

use crate::flow::Flow;
use crate::key::FlowKey;
use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};

/// A flow's number in the slab.
pub(crate) type FlowId = u32;

/// No flow: the end of a lane.
const NONE: FlowId = FlowId::MAX;

/// Which list of idle flows a flow stands in; each has an idle time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Connections that are over.
    Ended,
    /// Connections of which one end alone was heard.
    Unanswered,
    /// Everything without a connection.
    Datagrams,
    /// Connections.
    Connection,
}

impl Lane {
    /// In the order in which they give way when the table is full.
    pub(crate) const ALL: [Self; 4] = [Self::Ended, Self::Unanswered, Self::Datagrams, Self::Connection];
}

#[derive(Clone, Copy)]
struct List {
    oldest: FlowId,
    newest: FlowId,
}

const EMPTY: List = List {
    oldest: NONE,
    newest: NONE,
};

/// All live flows.
pub(crate) struct FlowTable {
    index: HashTable<FlowId>,
    slab: Vec<Option<Flow>>,
    free: Vec<FlowId>,
    ended: List,
    unanswered: List,
    datagrams: List,
    connection: List,
    hasher: SeedableRandomState,
}

impl FlowTable {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            index: HashTable::new(),
            slab: Vec::new(),
            free: Vec::new(),
            ended: EMPTY,
            unanswered: EMPTY,
            datagrams: EMPTY,
            connection: EMPTY,
            hasher: SeedableRandomState::with_seed(seed, SharedSeed::global_fixed()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len() - self.free.len()
    }

    #[inline]
    pub(crate) fn find(&self, key: &FlowKey) -> Option<FlowId> {
        let is = |id: &FlowId| self.get(*id).is_some_and(|flow| flow.key == *key);
        self.index.find(hash(&self.hasher, key), is).copied()
    }

    #[inline]
    fn get(&self, id: FlowId) -> Option<&Flow> {
        self.slab.get(id as usize)?.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: FlowId) -> Option<&mut Flow> {
        self.slab.get_mut(id as usize)?.as_mut()
    }

    /// Adds a flow that is not there yet, at the end of its lane.
    pub(crate) fn insert(&mut self, flow: Flow) -> FlowId {
        let (key, lane) = (flow.key, flow.lane);
        let id = match self.free.pop() {
            Some(id) => {
                if let Some(slot) = self.slab.get_mut(id as usize) {
                    *slot = Some(flow);
                }
                id
            }
            None => {
                self.slab.push(Some(flow));
                // The ceiling of flows is far below 2^32.
                FlowId::try_from(self.slab.len() - 1).unwrap_or(NONE)
            }
        };
        let Self {
            index, slab, hasher, ..
        } = self;
        index.insert_unique(hash(hasher, &key), id, |id| match slab.get(*id as usize) {
            Some(Some(flow)) => hash(hasher, &flow.key),
            _ => 0,
        });
        self.append(id, lane);
        id
    }

    pub(crate) fn remove(&mut self, id: FlowId) -> Option<Flow> {
        self.detach(id);
        let flow = self.slab.get_mut(id as usize)?.take()?;
        if let Ok(entry) = self
            .index
            .find_entry(hash(&self.hasher, &flow.key), |other| *other == id)
        {
            entry.remove();
        }
        self.free.push(id);
        Some(flow)
    }

    /// Notes that a flow had a packet, and in which lane it now belongs.
    #[inline]
    pub(crate) fn touch(&mut self, id: FlowId, lane: Lane, tick: u32) {
        let Some(flow) = self.get_mut(id) else { return };
        if flow.lane == lane && flow.tick == tick {
            return;
        }
        self.detach(id);
        if let Some(flow) = self.get_mut(id) {
            flow.tick = tick;
            flow.lane = lane;
        }
        self.append(id, lane);
    }

    /// The flow of a lane that is idle longest, and since when.
    pub(crate) fn oldest(&self, lane: Lane) -> Option<(FlowId, u32)> {
        let id = self.list(lane).oldest;
        Some((id, self.get(id)?.tick))
    }

    /// The flow that gives way when there is no room.
    pub(crate) fn to_evict(&self) -> Option<FlowId> {
        Lane::ALL
            .into_iter()
            .find_map(|lane| self.oldest(lane).map(|(id, _)| id))
    }

    /// Every flow, by and ordered by the first packet of its record.
    pub(crate) fn ids_in_order(&self) -> Vec<(u64, FlowId)> {
        let mut ids: Vec<(u64, FlowId)> = Vec::with_capacity(self.len());
        for (id, slot) in (0..).zip(&self.slab) {
            if let Some(flow) = slot {
                ids.push((flow.packet, id));
            }
        }
        ids.sort_unstable();
        ids
    }

    /// Adds to a list the flows of a lane that have stood there for too long, by the first packet of their records.
    pub(crate) fn idle(&self, lane: Lane, too_long: impl Fn(u32) -> bool, list: &mut Vec<(u64, FlowId)>) {
        let mut next = self.list(lane).oldest;
        while let Some(flow) = self.get(next) {
            if !too_long(flow.tick) {
                break;
            }
            list.push((flow.packet, next));
            next = flow.newer;
        }
    }

    const fn list(&self, lane: Lane) -> &List {
        match lane {
            Lane::Ended => &self.ended,
            Lane::Unanswered => &self.unanswered,
            Lane::Datagrams => &self.datagrams,
            Lane::Connection => &self.connection,
        }
    }

    const fn list_mut(&mut self, lane: Lane) -> &mut List {
        match lane {
            Lane::Ended => &mut self.ended,
            Lane::Unanswered => &mut self.unanswered,
            Lane::Datagrams => &mut self.datagrams,
            Lane::Connection => &mut self.connection,
        }
    }

    fn detach(&mut self, id: FlowId) {
        let Some(flow) = self.get(id) else { return };
        let (older, newer, lane) = (flow.older, flow.newer, flow.lane);
        match self.get_mut(older) {
            Some(flow) => flow.newer = newer,
            None => self.list_mut(lane).oldest = newer,
        }
        match self.get_mut(newer) {
            Some(flow) => flow.older = older,
            None => self.list_mut(lane).newest = older,
        }
    }

    fn append(&mut self, id: FlowId, lane: Lane) {
        let newest = self.list(lane).newest;
        if let Some(flow) = self.get_mut(id) {
            flow.older = newest;
            flow.newer = NONE;
        }
        match self.get_mut(newest) {
            Some(flow) => flow.newer = id,
            None => self.list_mut(lane).oldest = id,
        }
        self.list_mut(lane).newest = id;
    }
}

#[inline]
fn hash(hasher: &SeedableRandomState, key: &FlowKey) -> u64 {
    let mut state = hasher.build_hasher();
    for word in key.words() {
        state.write_u64(word);
    }
    state.finish()
}
