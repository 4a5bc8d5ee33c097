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
use crate::notes::{Note, Stamp};
use crate::observer::{Captured, Observer, parts, sum_up};
use crate::part::Part;
use crate::record::{FlowSink, Observation};
use crate::round::Round;
use crate::settings::Settings;
use crate::world::World;
use cofferdam_dissect::{REGISTRY, Registration};
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The most rounds on their way at once.
const MAX_ROUNDS: usize = 32;
/// So many parts for each worker should have something to do.
const READY_PER_WORKER: usize = 2;
/// One worker deals in so many packets, to be asked for more as often as several.
const TURN_PACKETS: usize = 1024;

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
    Observer {
        observer: &'a mut Observer,
        sink: &'a mut dyn FlowSink,
        packets: usize,
    },
    Round {
        round: &'a mut Round,
        front: &'a mut Front,
    },
}

impl Deal<'_> {
    /// Whether it has had enough for this time.
    #[must_use]
    #[inline]
    pub fn is_full(&self) -> bool {
        match &self.0 {
            To::Observer { packets, .. } => *packets >= TURN_PACKETS,
            To::Round { round, .. } => round.is_full(),
        }
    }

    /// Takes the next packet.
    #[inline]
    pub fn packet(&mut self, captured: &Captured<'_>) {
        match &mut self.0 {
            To::Observer {
                observer,
                sink,
                packets,
            } => {
                *packets += 1;
                observer.take_frame(captured, *sink);
            }
            To::Round { round, front } => round.add(captured, front),
        }
    }
}

/// Observes a capture with so many workers, the calling thread being one of them. `feed` is asked again and again to deal
/// packets until [`Deal::is_full`]. Records come in the same order, and everything is the same, for any number of
/// workers.
#[must_use]
pub fn observe_with(
    settings: Settings,
    workers: NonZeroUsize,
    feed: &mut dyn FnMut(&mut Deal<'_>) -> Feed,
    sink: &mut dyn FlowSink,
) -> Observation {
    observe_registered(settings, REGISTRY, workers, feed, sink)
}

/// The same with other protocols, for tests.
pub(crate) fn observe_registered(
    settings: Settings,
    registry: &'static [Registration],
    workers: NonZeroUsize,
    feed: &mut dyn FnMut(&mut Deal<'_>) -> Feed,
    sink: &mut dyn FlowSink,
) -> Observation {
    if workers.get() == 1 {
        return alone(Observer::with_registry(settings, registry), feed, sink);
    }
    let mut front = Front::new(&settings, registry);
    let crew = Crew::new(parts(&settings, registry));
    let mut world = World::new(settings);
    thread::scope(|scope| {
        for _ in 1..workers.get() {
            scope.spawn(|| crew.help());
        }
        crew.lead(workers, &mut front, feed, &mut world, sink);
    });
    sum_up(front, crew.into_parts(), world)
}

fn alone(
    mut observer: Observer,
    feed: &mut dyn FnMut(&mut Deal<'_>) -> Feed,
    sink: &mut dyn FlowSink,
) -> Observation {
    loop {
        let mut deal = Deal(To::Observer {
            observer: &mut observer,
            sink,
            packets: 0,
        });
        if feed(&mut deal) == Feed::End {
            return observer.finish(sink);
        }
    }
}

/// What rounds are filled with.
enum Supply<'a> {
    /// Packets.
    Feed(&'a mut dyn FnMut(&mut Deal<'_>) -> Feed),
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
                if feed(&mut Deal(To::Round { round, front })) == Feed::End {
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
    closed: bool,
}

/// A round on its way.
struct UnderWay {
    round: Arc<Round>,
    /// So many parts are not done with it.
    left: usize,
    notes: Vec<(Stamp, Note)>,
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

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
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
        self.lock().put_back(job);
        self.changed.notify_all();
    }

    /// Reads, deals, takes what the parts tell, and works like the others in between.
    fn lead(
        &self,
        workers: NonZeroUsize,
        front: &mut Front,
        feed: &mut dyn FnMut(&mut Deal<'_>) -> Feed,
        world: &mut World,
        sink: &mut dyn FlowSink,
    ) {
        let _closing = Closing(self);
        let count = self.lock().parts.len();
        // What was just read is still near the processor: no more is read than keeps everybody busy.
        let enough = READY_PER_WORKER * workers.get();
        let mut spare: Vec<Round> = Vec::new();
        let mut supply = Supply::Feed(feed);
        let mut state = self.lock();
        // A helper that failed has closed the crew; its panic goes on when the threads are joined.
        while !state.closed {
            if let Some(mut done) = state.take_done() {
                drop(state);
                world.take_all(&mut done.notes, sink);
                // Whoever worked on it has let go of it.
                spare.extend(Arc::into_inner(done.round));
            } else if supply.has_more() && state.rounds.len() < MAX_ROUNDS && state.ready() < enough {
                drop(state);
                let mut round = spare.pop().unwrap_or_else(|| Round::new(count));
                round.clear();
                supply.fill(&mut round, front);
                self.lock().post(round);
                self.changed.notify_all();
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
            notes: Vec::new(),
        });
    }

    /// How many parts have something to do that nobody does.
    fn ready(&self) -> usize {
        let free = self.parts.iter().zip(&self.queues);
        free.filter(|(part, queue)| part.is_some() && !queue.is_empty())
            .count()
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
            part.desk.notes.move_to(&mut under_way.notes);
            under_way.left -= 1;
        }
        if let Some(place) = self.parts.get_mut(number) {
            *place = Some(part);
        }
    }

    /// The oldest round, if all parts are done with it.
    fn take_done(&mut self) -> Option<UnderWay> {
        let done = self.rounds.front().is_some_and(|oldest| oldest.left == 0);
        let oldest = if done { self.rounds.pop_front() } else { None };
        self.oldest += u64::from(done);
        oldest
    }
}
