//! [`Simulation`]: settings in, frames and truth out.

use crate::dice::Dice;
use crate::encode::frame;
use crate::engine::{Carrier, Duty, Env, Life, Path, Queue, Side, Talk, Wake};
use crate::links::{self, Link};
use crate::plant::{self, Plant};
use crate::settings::{Settings, SettingsError};
use crate::truth::Truth;
use cofferdam_terms::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::Duration;

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
    flow: Option<usize>,
    event: Option<usize>,
}

/// What was given so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Given {
    frames: u64,
    bytes: u64,
}

impl Simulation {
    /// Draws the plant and plans its time.
    ///
    /// # Errors
    /// If a setting lies outside its bounds.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let mut seeds = ChaCha8Rng::seed_from_u64(settings.seed);
        let plant = plant::build(settings.assets, &mut Dice::new(seeds.next_u64()));
        let end = settings.start.plus(settings.duration);
        let mut simulation = Self {
            truth: Truth::of(&plant, settings.seed, settings.start, end),
            plant,
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
        simulation.open_standing();
        Ok(simulation)
    }

    /// What the plant is and does. Counts of packets are those of the frames given so far, and after the last frame
    /// the events are those that took place.
    #[must_use]
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// How many conversations are held in memory, and how many wake-ups: bounded by the plant's size.
    #[must_use]
    pub fn held(&self) -> (usize, usize) {
        (self.talks.len() - self.free.len(), self.queue.len())
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
        self.given.frames += 1;
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
        // The TTL in the frame is that of the view before.
        const TTL: usize = 18 + 8;
        let ttl = self.frame.get(TTL).copied().unwrap_or_default();
        frame::rehop(
            &mut self.frame,
            view.hop,
            ttl.saturating_sub(view.passed - before.passed),
        );
        self.count(copies.flow);
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
                Wake::Event(_) => {}
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
        let (flow, event) = (talk.flow, talk.event);
        self.copies = step.seen.map(|from| Copies {
            path: talk.path,
            from,
            next: 1,
            flow,
            event,
        });
        if step.seen.is_some() {
            self.count(flow);
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
        step.seen.is_some()
    }

    fn count(&mut self, flow: Option<usize>) {
        if let Some(flow) = flow.and_then(|flow| self.truth.flows.get_mut(flow)) {
            flow.packets += 1;
        }
    }

    fn finish(&mut self, end: Timestamp) {
        self.truth.end = end;
        self.truth.events.retain(|event| event.from < end);
        self.queue = Queue::default();
    }

    fn open_standing(&mut self) {
        let poll_every = self.settings.poll_every;
        for (dialogue, host, period) in links::arp_rounds(&self.plant, poll_every) {
            let talk = Talk {
                client: host,
                server: host,
                client_port: 0,
                server_port: 0,
                path: Path::default(),
                carrier: Carrier::Frames,
                dialogue,
                period,
                life: Life::Once,
                duty: Duty::Always,
                flow: None,
                event: None,
                dice: Dice::new(self.seeds.next_u64()),
                identification: [0; 2],
            };
            self.open(talk, Duration::from_secs(60));
        }
        for link in links::standing(&self.plant, poll_every) {
            let flow = self.truth.flow_of(&self.plant, &link, "standing");
            let talk = self.talk(link, flow);
            self.open(talk, poll_every.max(Duration::from_secs(10)));
        }
    }

    fn talk(&mut self, link: Link, flow: Option<usize>) -> Talk {
        let mut dice = Dice::new(self.seeds.next_u64());
        Talk {
            client: link.client,
            server: link.server,
            client_port: 0,
            server_port: link.port,
            path: Path::between(&self.plant, self.settings.capture, link.client, link.server),
            carrier: link.carrier,
            dialogue: link.dialogue,
            period: link.period,
            life: link.life,
            duty: link.duty,
            flow,
            event: None,
            identification: [dice.word(), dice.word()],
            dice,
        }
    }

    /// Opens a conversation at some time within a span from now.
    fn open(&mut self, mut talk: Talk, within: Duration) {
        let at = self.now.plus(talk.dice.between(Duration::ZERO, within));
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                self.talks.push(None);
                self.talks.len() - 1
            }
        };
        if let Some(slot) = self.talks.get_mut(place) {
            *slot = Some(talk);
        }
        self.queue.push(at, Wake::Talk(place));
    }
}
