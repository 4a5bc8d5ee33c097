//! Several workers on one capture, with the same output as one.
//!
//! The idea: a part does not know who works for it, only what comes in which order. The calling thread reads the capture
//! in rounds and deals each round's packets to the parts; whoever is free takes the part that is furthest behind and
//! does its oldest round; what the parts tell of a round is put in the order of packets once all of them are done with
//! it. So no worker waits for another but at the end, and which worker did what leaves no trace. Bound: [`MAX_ROUNDS`]
//! rounds are on their way at once. That many are needed because captures have stretches in which one device speaks
//! alone: while one worker follows it, the others go on with what comes after.
//!
//! Threads are no I/O: what is read, and when, is the caller's affair.

use crate::front::Front;
use crate::notes::Told;
use crate::observer::{Captured, Observer, parts, sum_up};
use crate::part::Part;
use crate::record::{FlowSink, Observation};
use crate::round::Round;
use crate::settings::Settings;
use crate::world::World;
use cofferdam_dissect::REGISTRY;
use std::collections::VecDeque;
use std::hint;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The most rounds on their way at once.
const MAX_ROUNDS: usize = 40;
/// So many rounds are read ahead in any case; what was just read is still near the processor.
const MIN_ROUNDS: usize = 4;
/// More are read until so many parts for each worker have something to do.
const READY_PER_WORKER: usize = 2;

/// So often a worker looks for something to do before it goes to sleep: for some tens of microseconds.
const LOOKS: u32 = 2000;

/// The calling thread's number among the workers.
const LEADER: usize = 0;

/// Whether there may be more packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// There may.
    More,
    /// That was all, or enough.
    End,
}

/// Takes packets for the workers.
pub struct Deal<'a>(To<'a>);

enum To<'a> {
    /// The only worker does at once what there is to do.
    Observer(&'a mut Observer, &'a mut dyn FlowSink),
    Round(&'a mut Round, &'a mut Front),
}

impl Deal<'_> {
    /// Takes the next packet. Its bytes will start at `start` in the buffer once the call that deals it has returned.
    #[inline]
    pub fn packet(&mut self, captured: &Captured<'_>, start: usize) {
        match &mut self.0 {
            To::Observer(observer, sink) => observer.take_frame(captured, *sink),
            To::Round(round, front) => round.add(captured, start, front),
        }
    }
}

/// Deals the next packets, a few hundred kilobytes of them, and leaves the buffer with their bytes in it. The buffer that
/// it is handed is empty or one that it has filled before.
pub type Feeding<'a> = dyn FnMut(&mut Vec<u8>, &mut Deal<'_>) -> Feed + 'a;

/// Observes a capture with so many workers, the calling thread being one of them. `feed` is called again and again for
/// packets. Records come in the same order, and everything is the same, for any number of workers.
#[must_use]
pub fn observe_with(
    settings: Settings,
    workers: NonZeroUsize,
    feed: &mut Feeding<'_>,
    sink: &mut dyn FlowSink,
) -> Observation {
    if workers.get() == 1 {
        return alone(Observer::new(settings), feed, sink);
    }
    let mut front = Front::new(&settings, REGISTRY);
    let crew = Crew::new(parts(&settings, REGISTRY), workers);
    let mut world = World::new(settings);
    thread::scope(|scope| {
        for worker in 1..workers.get() {
            let crew = &crew;
            scope.spawn(move || crew.help(worker));
        }
        crew.lead(&mut front, feed, &mut world, sink);
    });
    sum_up(front, crew.into_parts(), world, workers)
}

fn alone(mut observer: Observer, feed: &mut Feeding<'_>, sink: &mut dyn FlowSink) -> Observation {
    let mut buffer = Vec::new();
    while feed(&mut buffer, &mut Deal(To::Observer(&mut observer, sink))) == Feed::More {}
    observer.finish(sink)
}

/// What rounds are filled with.
enum Supply<'a> {
    /// Packets.
    Feed(&'a mut Feeding<'a>),
    /// The ends of what was open when there were no more.
    Ends(Vec<u64>),
}

impl Supply<'_> {
    const fn has_more(&self) -> bool {
        match self {
            Self::Feed(_) => true,
            Self::Ends(left) => !left.is_empty(),
        }
    }

    fn fill(&mut self, round: &mut Round, front: &mut Front) {
        match self {
            Self::Feed(feed) => {
                let mut bytes = std::mem::take(&mut round.bytes);
                let more = feed(&mut bytes, &mut Deal(To::Round(round, front)));
                round.bytes = bytes;
                if more == Feed::End {
                    let mut ends: Vec<u64> = front.ends().collect();
                    ends.reverse();
                    *self = Self::Ends(ends);
                }
            }
            Self::Ends(left) => {
                if let Some(packet) = left.pop() {
                    round.end_before(packet);
                }
            }
        }
    }
}

/// What workers share.
struct Crew {
    state: Mutex<State>,
    changed: Condvar,
    /// How often something has changed.
    changes: AtomicU64,
}

struct State {
    workers: usize,
    /// None while somebody works on it.
    parts: Vec<Option<Box<Part>>>,
    /// What each part still has to do, oldest first.
    queues: Vec<VecDeque<(u64, Arc<Round>)>>,
    /// Rounds on their way, oldest first.
    rounds: VecDeque<UnderWay>,
    /// The number of the oldest one.
    oldest: u64,
    /// So many workers have nothing to do.
    waiting: usize,
    closed: bool,
}

/// A round on its way.
struct UnderWay {
    round: Arc<Round>,
    /// So many parts are not done with it.
    left: usize,
    /// What each part has told that is done.
    told: Vec<Told>,
}

/// A part's work of one round.
struct Job {
    number: usize,
    part: Box<Part>,
    round: Arc<Round>,
    round_number: u64,
}

/// Ends the crew's work when it goes: a worker that fails must not leave the others waiting.
struct Closing<'a>(&'a Crew);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.closed = true);
    }
}

impl Crew {
    fn new(parts: Vec<Part>, workers: NonZeroUsize) -> Self {
        let state = State {
            workers: workers.get(),
            queues: parts.iter().map(|_| VecDeque::new()).collect(),
            parts: parts.into_iter().map(|part| Some(Box::new(part))).collect(),
            rounds: VecDeque::new(),
            oldest: 0,
            waiting: 0,
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            changes: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something has changed. Mostly that is the case in a moment, and to go to sleep and be woken takes
    /// longer: so at first the worker only looks again and again.
    fn wait<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let before = self.changes.load(Ordering::Acquire);
        drop(state);
        for _ in 0..LOOKS {
            if self.changes.load(Ordering::Acquire) != before {
                return self.lock();
            }
            hint::spin_loop();
        }
        let mut state = self.lock();
        // Whoever changes something does so with the lock held.
        if self.changes.load(Ordering::Acquire) == before {
            state.waiting += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state
    }

    /// Does something with the state, and lets those know who wait.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        self.changes.fetch_add(1, Ordering::Release);
        if state.waiting > 0 {
            drop(state);
            self.changed.notify_all();
        }
    }

    /// Works until there is nothing more to come.
    fn help(&self, worker: usize) {
        let _closing = Closing(self);
        let mut state = self.lock();
        while !state.closed {
            match state.take_job(worker) {
                Some(job) => {
                    drop(state);
                    self.work(job);
                    state = self.lock();
                }
                None => state = self.wait(state),
            }
        }
    }

    fn work(&self, mut job: Job) {
        job.round.work(job.number, &mut job.part);
        self.change(|state| state.put_back(job));
    }

    /// Reads, deals, takes what the parts tell, and works like the others in between.
    fn lead(&self, front: &mut Front, feed: &mut Feeding<'_>, world: &mut World, sink: &mut dyn FlowSink) {
        let _closing = Closing(self);
        let (count, workers) = {
            let state = self.lock();
            (state.parts.len(), state.workers)
        };
        let enough = READY_PER_WORKER * workers;
        let mut spare: Vec<Round> = Vec::new();
        let mut supply = Supply::Feed(feed);
        let mut state = self.lock();
        // A helper that failed has closed the crew; its panic goes on when the threads are joined.
        while !state.closed {
            if supply.has_more() && state.wants_more(enough) {
                drop(state);
                let mut round = spare.pop().unwrap_or_else(|| Round::new(count));
                round.clear();
                supply.fill(&mut round, front);
                self.change(|state| state.post(round));
            } else if let Some(done) = state.take_done() {
                drop(state);
                world.take_all(done.told, sink);
                // Whoever worked on it has let go of it.
                spare.extend(Arc::into_inner(done.round));
            } else if let Some(job) = state.take_job(LEADER) {
                drop(state);
                self.work(job);
            } else if state.rounds.is_empty() {
                return;
            } else {
                state = self.wait(state);
                continue;
            }
            state = self.lock();
        }
    }

    fn into_parts(self) -> Vec<Part> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.parts.into_iter().flatten().map(|part| *part).collect()
    }
}

/// Whose a part is. What a worker has set up is near its processor, and its memory in its own store, so that parts
/// change hands only when somebody has nothing else to do. The leader, who reads too, has half of a share.
const fn owner(part: usize, workers: usize) -> usize {
    if workers < 2 || part.is_multiple_of(2 * workers) {
        LEADER
    } else {
        1 + part % (workers - 1)
    }
}

impl State {
    fn post(&mut self, round: Round) {
        if round.is_empty() {
            return;
        }
        let round = Arc::new(round);
        let number = self.oldest + self.rounds.len() as u64;
        let mut left = 0;
        for (part, queue) in self.queues.iter_mut().enumerate() {
            if round.concerns(part) {
                queue.push_back((number, Arc::clone(&round)));
                left += 1;
            }
        }
        self.rounds.push_back(UnderWay {
            round,
            left,
            told: Vec::new(),
        });
    }

    /// Whether another round is to be read: few are on their way, or fewer than `enough` parts have something to do that
    /// nobody does.
    fn wants_more(&self, enough: usize) -> bool {
        let rounds = self.rounds.len();
        rounds < MIN_ROUNDS || (rounds < MAX_ROUNDS && self.free().count() < enough)
    }

    /// The work of the part that is furthest behind, of those that nobody works on; of the worker's own, if it can be.
    fn take_job(&mut self, worker: usize) -> Option<Job> {
        let of_another = |number: usize| owner(number, self.workers) != worker;
        let next = self
            .free()
            .min_by_key(|(round, number)| (of_another(*number), *round));
        self.take_of(next?.1)
    }

    /// The parts that have something to do that nobody does, each with the oldest round that it has to do.
    fn free(&self) -> impl Iterator<Item = (u64, usize)> {
        let parts = self.parts.iter().zip(&self.queues).enumerate();
        parts.filter_map(|(number, (part, queue))| {
            let (round, _) = part.as_ref().and(queue.front())?;
            Some((*round, number))
        })
    }

    fn take_of(&mut self, number: usize) -> Option<Job> {
        let part = self.parts.get_mut(number)?.take()?;
        let (round_number, round) = self.queues.get_mut(number)?.pop_front()?;
        Some(Job {
            number,
            part,
            round,
            round_number,
        })
    }

    fn put_back(&mut self, job: Job) {
        let Job {
            number,
            mut part,
            round,
            round_number,
        } = job;
        drop(round);
        let at = usize::try_from(round_number - self.oldest).unwrap_or(usize::MAX);
        if let Some(under_way) = self.rounds.get_mut(at) {
            under_way.told.push(part.desk.notes.take());
            under_way.left -= 1;
        }
        if let Some(place) = self.parts.get_mut(number) {
            *place = Some(part);
        }
    }

    /// Whether all parts are done with the oldest round.
    fn is_done(&self) -> bool {
        self.rounds.front().is_some_and(|oldest| oldest.left == 0)
    }

    /// The oldest round, if all parts are done with it.
    fn take_done(&mut self) -> Option<UnderWay> {
        if !self.is_done() {
            return None;
        }
        self.oldest += 1;
        self.rounds.pop_front()
    }
}
