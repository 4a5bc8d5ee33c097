//! Opening conversations: the standing ones at the beginning, those of an event when it begins.

use super::Simulation;
use crate::dice::Dice;
use crate::engine::{Carrier, Duty, Life, Path, Talk, Wake};
use crate::links::{Begins, Link};
use crate::plant::HostId;
use crate::rhythm::What;
use crate::schedule::Planned;
use crate::standing::{self, Chatter};
use cofferdam_terms::Timestamp;
use rand_chacha::rand_core::Rng;
use std::time::Duration;

impl Simulation {
    /// Notes every planned event and its flows in the truth, and wakes each in its time.
    pub(super) fn plan_events(&mut self) {
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

    pub(super) fn begin_event(&mut self, event: usize) {
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

    pub(super) fn open_chatter(&mut self) {
        for chatter in standing::chatter(&self.plant, self.settings.poll_every) {
            let mut talk = self.frames(chatter);
            let after = talk.dice.between(Duration::ZERO, Duration::from_secs(60));
            self.open(talk, after);
        }
    }

    pub(super) fn open_standing(&mut self) {
        let poll_every = self.settings.poll_every;
        let within = poll_every.max(Duration::from_secs(10));
        let takeover = self.planned.iter().position(Planned::is_takeover);
        for link in standing::standing(&self.plant, poll_every) {
            let (cause, event) = match link.duty {
                Duty::Standby => match takeover.and_then(|event| Some((event, self.planned.get(event)?))) {
                    Some((event, planned)) => (planned.cause.name(), Some(event)),
                    None => continue,
                },
                Duty::Always | Duty::Primary | Duty::DayShift => ("standing", None),
            };
            let flow = self.flows.note(&mut self.truth, &self.plant, &link, cause);
            if let Some(event) = event {
                self.join(event, flow, [link.client, link.server]);
            }
            let early = match link.begins {
                Begins::Seen => Duration::ZERO,
                Begins::Before => within * 3,
            };
            let early = i64::try_from(early.as_nanos()).unwrap_or_default();
            self.now = Timestamp::from_nanos(self.settings.start.nanos() - early);
            let mut talk = Talk {
                event,
                ..self.talk(link, flow)
            };
            let after = talk.dice.between(Duration::ZERO, within);
            self.open(talk, after);
        }
        self.now = self.settings.start;
    }

    /// Notes that a flow and its ends take part in an event.
    fn join(&mut self, event: usize, flow: Option<usize>, ends: [HostId; 2]) {
        let Some(event) = self.truth.events.get_mut(event) else {
            return;
        };
        event.flows.extend(flow);
        for host in ends.into_iter().filter_map(|host| self.plant.host(host)) {
            if !event.assets.contains(&host.id) {
                event.assets.push(host.id.clone());
            }
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
            kept: link.kept,
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
            kept: Duration::MAX,
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
