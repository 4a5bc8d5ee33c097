//! State of a conversation: requests that wait for their answers, a message in the making.

use super::Part;
use super::names::Service;

/// The most requests that wait for their answers; the oldest gives way.
pub(super) const MAX_OUTSTANDING: usize = 32;
/// The most nodes that a waiting request keeps, and a message tells; further ones are dropped and said.
pub(super) const MAX_NODES: usize = 64;
/// The most bytes of a message that are put together from chunks; of a longer one the start is read.
pub(super) const MAX_MESSAGE: usize = 64 * 1024;

/// The nodes that a request names, as text in one buffer.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// How many did not fit.
    pub(super) dropped: usize,
}

impl Nodes {
    /// Adds a node, if there is room.
    pub(super) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.ends.len() == MAX_NODES {
            self.dropped += 1;
        } else {
            write(&mut self.text);
            self.ends.push(self.text.len());
        }
    }

    /// The nodes' texts, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| self.text.get(start..*end).unwrap_or_default())
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.dropped = 0;
    }
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Asked {
    id: u32,
    pub(super) service: &'static Service,
    pub(super) nodes: Nodes,
    waiting: bool,
}

/// Requests that wait.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    asked: Vec<Asked>,
    next: usize,
}

impl Outstanding {
    /// Nodes to be filled, with the memory of a request that is done.
    pub(super) fn spare(&mut self) -> Nodes {
        let done = self.asked.iter_mut().find(|asked| !asked.waiting);
        let mut nodes = done
            .map(|asked| std::mem::take(&mut asked.nodes))
            .unwrap_or_default();
        nodes.clear();
        nodes
    }

    /// Keeps a request.
    pub(super) fn put(&mut self, id: u32, service: &'static Service, nodes: Nodes) {
        let asked = Asked {
            id,
            service,
            nodes,
            waiting: true,
        };
        let place = self.asked.iter().position(|old| !old.waiting || old.id == id);
        match place {
            None if self.asked.len() < MAX_OUTSTANDING => self.asked.push(asked),
            place => {
                let place = place.unwrap_or_else(|| {
                    self.next = (self.next + 1) % MAX_OUTSTANDING;
                    self.next
                });
                if let Some(old) = self.asked.get_mut(place) {
                    *old = asked;
                }
            }
        }
    }

    /// The service of a request that waits.
    pub(super) fn service(&self, id: u32) -> Option<&'static Service> {
        self.asked
            .iter()
            .find(|asked| asked.waiting && asked.id == id)
            .map(|asked| asked.service)
    }

    /// The request that an answer is for.
    pub(super) fn take(&mut self, id: u32) -> Option<&Asked> {
        let asked = self
            .asked
            .iter_mut()
            .find(|asked| asked.waiting && asked.id == id)?;
        asked.waiting = false;
        Some(asked)
    }
}

/// What became of a chunk.
pub(super) enum Joined<'a> {
    /// The message is whole; of one that is too long, its start.
    Whole(&'a [u8]),
    /// More chunks are to come.
    More,
}

/// One side's message in the making.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    kept: Vec<u8>,
    begun: u32,
}

impl Assembly {
    /// Takes a chunk of a request id; a new id drops what an old one began. A message of one chunk is given back
    /// without a copy.
    pub(super) fn join<'a>(&'a mut self, id: u32, body: &'a [u8], part: Part) -> Joined<'a> {
        if self.begun != id {
            self.kept.clear();
            self.begun = id;
        }
        if part == Part::Last && self.kept.is_empty() {
            return Joined::Whole(body);
        }
        let room = MAX_MESSAGE.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(body.get(..room).unwrap_or(body));
        match part {
            Part::Last => Joined::Whole(&self.kept),
            Part::Intermediate | Part::Abort => Joined::More,
        }
    }

    /// Forgets a message: it was given whole, aborted, or bytes are missing.
    pub(super) fn done(&mut self) {
        self.kept.clear();
    }
}
