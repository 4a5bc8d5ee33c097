//! [`Simulation`]: settings in, frames and truth out.

use crate::dice::Dice;
use crate::encode::frame;
use crate::engine::{Carrier, Duty, Env, Life, Path, Queue, Side, Talk, Wake};
use crate::links::Link;
use crate::plant::{self, HostId, Plant};
use crate::rhythm::What;
use crate::schedule::{self, Planned};
use crate::settings::{Settings, SettingsError};
use crate::standing::{self, Chatter};
use crate::truth::{FlowIndex, Truth};
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
        self.copies = step.seen.map(|from| Copies {
            path: talk.path,
            from,
            next: 1,
            tally,
        });
        if step.seen.is_some() {
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
        step.seen.is_some()
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

    /// Notes every planned event and its flows in the truth, and wakes each in its time.
    fn plan_events(&mut self) {
        for (index, planned) in self.planned.iter().enumerate() {
            let mut event = planned.event.clone();
            let mut hosts = Vec::new();
            for session in planned.cause.sessions(&self.plant) {
                match session.what {
                    What::Link(link) => {
                        let flow = self
                            .flows
                            .note(&mut self.truth, &self.plant, &link, planned.cause.name());
                        event
                            .flows
                            .extend(flow.filter(|flow| !event.flows.contains(flow)));
                        hosts.extend([link.client, link.server]);
                    }
                    What::Frames(_, host) => hosts.push(host),
                }
            }
            hosts.sort_unstable();
            hosts.dedup();
            let names = hosts.into_iter().filter_map(|host| self.plant.host(host));
            event.assets = names.map(|host| host.id.clone()).collect();
            if planned.is_takeover() {
                self.takeover = Some((event.from, event.to));
            }
            self.queue.push(event.from, Wake::Event(index));
            self.truth.events.push(event);
        }
    }

    fn begin_event(&mut self, event: usize) {
        let Some(planned) = self.planned.get(event) else {
            return;
        };
        let cause = planned.cause;
        for session in cause.sessions(&self.plant) {
            let talk = match session.what {
                What::Link(link) => {
                    let flow = self.flows.note(&mut self.truth, &self.plant, &link, cause.name());
                    Talk {
                        event: Some(event),
                        ..self.talk(link, flow)
                    }
                }
                What::Frames(dialogue, host) => {
                    let frames = Chatter {
                        dialogue,
                        host,
                        period: Duration::from_secs(1),
                    };
                    Talk {
                        event: Some(event),
                        ..self.frames(frames)
                    }
                }
            };
            self.open(talk, session.after);
        }
    }

    fn open_chatter(&mut self) {
        for chatter in standing::chatter(&self.plant, self.settings.poll_every) {
            let mut talk = self.frames(chatter);
            let after = talk.dice.between(Duration::ZERO, Duration::from_secs(60));
            self.open(talk, after);
        }
    }

    fn open_standing(&mut self) {
        let poll_every = self.settings.poll_every;
        let takeover = self.planned.iter().position(Planned::is_takeover);
        for link in standing::standing(&self.plant, poll_every) {
            let (cause, event) = match link.duty {
                Duty::Standby if takeover.is_none() => continue,
                Duty::Standby => (crate::rhythm::FAILOVER, takeover),
                Duty::Always | Duty::Primary | Duty::DayShift => ("standing", None),
            };
            let flow = self.flows.note(&mut self.truth, &self.plant, &link, cause);
            if let Some(event) = event.and_then(|event| self.truth.events.get_mut(event)) {
                event.flows.extend(flow);
            }
            let mut talk = Talk {
                event,
                ..self.talk(link, flow)
            };
            // Connections are there already or come up one after the other, and data begins to flow after them.
            let within = poll_every.max(Duration::from_secs(10));
            let after = talk.dice.between(Duration::ZERO, within);
            self.open(talk, after);
        }
    }

    fn talk(&mut self, link: Link, flow: Option<usize>) -> Talk {
        let mut dice = Dice::new(self.seeds.next_u64());
        Talk {
            client: link.client,
            server: link.server,
            client_port: link.client_port,
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

    fn frames(&mut self, chatter: Chatter) -> Talk {
        let Chatter {
            dialogue,
            host,
            period,
        } = chatter;
        let nobody: HostId = host;
        Talk {
            client: host,
            server: nobody,
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
        }
    }

    /// Opens a conversation so long from now.
    fn open(&mut self, talk: Talk, after: Duration) {
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
        self.queue.push(self.now.plus(after), Wake::Talk(place));
    }
}
