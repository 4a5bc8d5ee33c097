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
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The most rounds on their way at once.
const MAX_ROUNDS: usize = 64;
/// So many rounds are read ahead in any case; what was just read is still near the processor.
const MIN_ROUNDS: usize = 8;
/// More are read until so many parts for each worker have something to do.
const READY_PER_WORKER: usize = 2;

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
    let crew = Crew::new(parts(&settings, REGISTRY));
    let mut world = World::new(settings);
    thread::scope(|scope| {
        for _ in 1..workers.get() {
            scope.spawn(|| crew.help());
        }
        crew.lead(workers, &mut front, feed, &mut world, sink);
    });
    sum_up(front, crew.into_parts(), world)
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
}

struct State {
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

/// Whether one of those who wait has something to do now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wake {
    Somebody,
    Nobody,
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
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

impl Crew {
    fn new(parts: Vec<Part>) -> Self {
        let state = State {
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
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let mut state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state
    }

    /// Works until there is nothing more to come.
    fn help(&self) {
        let _closing = Closing(self);
        let mut state = self.lock();
        while !state.closed {
            match state.take_job() {
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
        if self.lock().put_back(job) == Wake::Somebody {
            self.changed.notify_all();
        }
    }

    /// Reads, deals, takes what the parts tell, and works like the others in between.
    fn lead(
        &self,
        workers: NonZeroUsize,
        front: &mut Front,
        feed: &mut Feeding<'_>,
        world: &mut World,
        sink: &mut dyn FlowSink,
    ) {
        let _closing = Closing(self);
        let count = self.lock().parts.len();
        let enough = READY_PER_WORKER * workers.get();
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
                if self.lock().post(round) == Wake::Somebody {
                    self.changed.notify_all();
                }
            } else if let Some(done) = state.take_done() {
                drop(state);
                world.take_all(done.told, sink);
                // Whoever worked on it has let go of it.
                spare.extend(Arc::into_inner(done.round));
            } else if let Some(job) = state.take_job() {
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

impl State {
    fn post(&mut self, round: Round) -> Wake {
        if round.is_empty() {
            return Wake::Nobody;
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
        self.wake_if(left > 0)
    }

    const fn wake_if(&self, something_to_do: bool) -> Wake {
        if something_to_do && self.waiting > 0 {
            Wake::Somebody
        } else {
            Wake::Nobody
        }
    }

    /// Whether another round is to be read: few are on their way, or fewer than `enough` parts have something to do that
    /// nobody does.
    fn wants_more(&self, enough: usize) -> bool {
        let free = self.parts.iter().zip(&self.queues);
        let ready = free.filter(|(part, queue)| part.is_some() && !queue.is_empty());
        let rounds = self.rounds.len();
        rounds < MIN_ROUNDS || (rounds < MAX_ROUNDS && ready.count() < enough)
    }

    /// The work of the part that is furthest behind, of those that nobody works on.
    fn take_job(&mut self) -> Option<Job> {
        let free = self.parts.iter().zip(&self.queues).enumerate();
        let behind = free.filter_map(|(number, (part, queue))| {
            let (round, _) = part.as_ref().and(queue.front())?;
            Some((*round, number))
        });
        let (_, number) = behind.min()?;
        let part = self.parts.get_mut(number)?.take()?;
        let (round_number, round) = self.queues.get_mut(number)?.pop_front()?;
        Some(Job {
            number,
            part,
            round,
            round_number,
        })
    }

    fn put_back(&mut self, job: Job) -> Wake {
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
        let more = self.queues.get(number).is_some_and(|queue| !queue.is_empty());
        self.wake_if(more || self.is_done())
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
