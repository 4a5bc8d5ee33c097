//! [`Simulation`]: settings in, frames and truth out.

mod open;

use crate::dice::Dice;
use crate::encode::frame;
use crate::engine::{Env, Path, Queue, Side, Talk, Wake};
use crate::plant::{self, Plant};
use crate::schedule::{self, Planned};
use crate::settings::{Settings, SettingsError};
use crate::truth::{FlowIndex, Truth};
use cofferdam_terms::{EtherType, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A frame as the mirror shows it, without frame check sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// When it was seen; never before the frame before it.
    pub time: Timestamp,
    /// Its bytes, from the destination's MAC on.
    pub bytes: &'a [u8],
}

/// A plant at work.
pub struct Simulation {
    settings: Settings,
    plant: Plant,
    truth: Truth,
    flows: FlowIndex,
    planned: Vec<Planned>,
    queue: Queue,
    talks: Vec<Option<Talk>>,
    free: Vec<usize>,
    seeds: ChaCha8Rng,
    takeover: Option<(Timestamp, Timestamp)>,
    now: Timestamp,
    frame: Vec<u8>,
    payload: Vec<u8>,
    /// The frame's further views.
    copies: Option<Copies>,
    given: Given,
}

/// The views of a frame that are still to be given.
#[derive(Clone, Copy, Debug)]
struct Copies {
    path: Path,
    from: Side,
    next: usize,
    tally: Tally,
}

/// Where a frame is counted.
#[derive(Clone, Copy, Debug)]
struct Tally {
    flow: Option<usize>,
    event: Option<usize>,
}

/// What was given so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Given {
    frames: u64,
    bytes: u64,
}

/// How much a simulation holds in memory at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Conversations that are open or will be opened again.
    pub conversations: usize,
    /// Wake-ups that are waited for.
    pub wakes: usize,
}

impl Simulation {
    /// Draws the plant and plans its time.
    ///
    /// # Errors
    /// If a setting lies outside its bounds.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let mut seeds = ChaCha8Rng::seed_from_u64(settings.seed);
        let mut dice = Dice::new(seeds.next_u64());
        let plant = plant::build(settings.assets, &schedule::guests(&settings), &mut dice);
        let end = settings.start.plus(settings.duration);
        let mut simulation = Self {
            truth: Truth::of(&plant, settings.seed, settings.start, end),
            planned: schedule::plan(&settings),
            plant,
            flows: FlowIndex::default(),
            queue: Queue::default(),
            talks: Vec::new(),
            free: Vec::new(),
            seeds,
            takeover: None,
            now: settings.start,
            frame: Vec::with_capacity(2048),
            payload: Vec::with_capacity(2048),
            copies: None,
            given: Given::default(),
            settings,
        };
        simulation.plan_events();
        simulation.open_chatter();
        simulation.open_standing();
        Ok(simulation)
    }

    /// What the plant is and does. Counts of packets are those of the frames given so far, and after the last frame
    /// the events are those that took place.
    #[must_use]
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// How much is held in memory: bounded by the plant's size and the events that go on at a time.
    #[must_use]
    pub fn held(&self) -> Held {
        Held {
            conversations: self.talks.len() - self.free.len(),
            wakes: self.queue.len(),
        }
    }

    /// The next frame, or `None` when the duration is over or the size is reached.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        if self.settings.size.is_some_and(|size| self.given.bytes >= size) {
            self.finish(self.now);
            return None;
        }
        if !self.next_copy() {
            self.run_to_frame()?;
        }
        self.given.bytes += self.frame.len() as u64;
        Some(Frame {
            time: self.now,
            bytes: &self.frame,
        })
    }

    /// Gives the frame at hand its next view, if it has one.
    fn next_copy(&mut self) -> bool {
        let Some(copies) = self.copies.take() else {
            return false;
        };
        let n = copies.next;
        let views = copies
            .path
            .view(copies.from, n - 1)
            .zip(copies.path.view(copies.from, n));
        let Some((before, view)) = views else {
            return false;
        };
        // What belongs to one segment, as ARP does, crosses no firewall.
        if self.frame.get(16..18) != Some(&EtherType::IPV4.0.to_be_bytes()) {
            return false;
        }
        // The TTL in the frame is that of the view before.
        const TTL: usize = 18 + 8;
        let ttl = self.frame.get(TTL).copied().unwrap_or_default();
        frame::rehop(
            &mut self.frame,
            view.hop,
            ttl.saturating_sub(view.passed - before.passed),
        );
        self.count(copies.tally);
        self.copies = Some(Copies {
            next: n + 1,
            ..copies
        });
        true
    }

    fn run_to_frame(&mut self) -> Option<()> {
        let end = self.settings.start.plus(self.settings.duration);
        loop {
            let Some((time, wake)) = self.queue.pop().filter(|(time, _)| *time < end) else {
                self.finish(end);
                return None;
            };
            self.now = time;
            match wake {
                Wake::Talk(place) => {
                    if self.wake_talk(place, time) {
                        return Some(());
                    }
                }
                Wake::Event(event) => self.begin_event(event),
            }
        }
    }

    fn wake_talk(&mut self, place: usize, time: Timestamp) -> bool {
        let Some(talk) = self.talks.get_mut(place).and_then(Option::as_mut) else {
            return false;
        };
        let step = talk.wake(
            &mut Env {
                plant: &mut self.plant,
                trouble: self.settings.trouble,
                takeover: self.takeover,
                payload: &mut self.payload,
                frame: &mut self.frame,
            },
            time,
        );
        let tally = Tally {
            flow: talk.flow,
            event: talk.event,
        };
        // What passed before the capture began was not seen.
        let seen = step.seen.filter(|_| self.settings.start <= time);
        self.copies = seen.map(|from| Copies {
            path: talk.path,
            from,
            next: 1,
            tally,
        });
        if seen.is_some() {
            self.count(tally);
        }
        match step.next {
            Some(next) => self.queue.push(next, Wake::Talk(place)),
            None => {
                if let Some(slot) = self.talks.get_mut(place) {
                    *slot = None;
                }
                self.free.push(place);
            }
        }
        seen.is_some()
    }

    fn count(&mut self, tally: Tally) {
        self.given.frames += 1;
        if let Some(flow) = tally.flow.and_then(|flow| self.truth.flows.get_mut(flow)) {
            flow.packets += 1;
        }
        if let Some(event) = tally.event.and_then(|event| self.truth.events.get_mut(event)) {
            event.packets += 1;
            event.to = event.to.max(self.now);
            let first = event.frames.map_or(self.given.frames, |(first, _)| first);
            event.frames = Some((first, self.given.frames));
        }
    }

    fn finish(&mut self, end: Timestamp) {
        self.truth.end = end;
        self.truth.events.retain(|event| event.from < end);
        self.queue = Queue::default();
        self.copies = None;
    }
}
