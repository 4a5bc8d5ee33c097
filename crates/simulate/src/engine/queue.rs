//! What happens next: a heap of wake-ups, ordered by time and, at one time, by the order in which they were asked for.

use cofferdam_terms::Timestamp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Who is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wake {
    /// A conversation, by its place.
    Talk(usize),
    /// A planned event, by its place in the schedule.
    Event(usize),
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<(Timestamp, u64, Wake)>>,
    asked: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, time: Timestamp, wake: Wake) {
        self.heap.push(Reverse((time, self.asked, wake)));
        self.asked += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<(Timestamp, Wake)> {
        self.heap.pop().map(|Reverse((time, _, wake))| (time, wake))
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}
