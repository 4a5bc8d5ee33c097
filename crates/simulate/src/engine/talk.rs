//! One conversation: who with whom, over what, seen where, and what it does at its next wake-up.

use super::path::{Path, Side};
use super::tcp::Tcp;
use crate::calendar::{Shift, next_day_shift, shift};
use crate::dialogue::{Cx, Dialogue, Turn};
use crate::dice::Dice;
use crate::encode::frame::{self, Ipv4};
use crate::plant::{Host, HostId, Plant};
use crate::settings::Trouble;
use cofferdam_terms::Timestamp;
use std::time::Duration;

/// What carries a conversation.
#[derive(Clone, Debug)]
pub(crate) enum Carrier {
    Tcp(Tcp),
    Udp,
    /// The dialogue writes whole frames itself.
    Frames,
}

/// What follows when a conversation has closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Nothing.
    Once,
    /// It is opened anew after a while.
    Again(Duration),
}

/// When a conversation is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    Always,
    /// Off while the other server has taken over.
    Primary,
    /// On only while it has taken over.
    Standby,
    /// On in the day shift only.
    DayShift,
}

/// What the conversations share.
pub(crate) struct Env<'a> {
    pub(crate) plant: &'a mut Plant,
    pub(crate) trouble: Trouble,
    /// When the standby server works in the primary's place.
    pub(crate) takeover: Option<(Timestamp, Timestamp)>,
    /// Where dialogues write what is said.
    pub(crate) payload: &'a mut Vec<u8>,
    /// Where the next frame is built.
    pub(crate) frame: &'a mut Vec<u8>,
}

impl Env<'_> {
    /// Until when a duty rests, if it does now.
    pub(crate) fn rests_until(&self, duty: Duty, now: Timestamp) -> Option<Timestamp> {
        match (duty, self.takeover) {
            (Duty::Always, _) | (Duty::Primary, None) => None,
            (Duty::Standby, None) => Some(Timestamp::from_nanos(i64::MAX)),
            (Duty::Primary, Some((from, to))) => (from <= now && now < to).then_some(to),
            (Duty::Standby, Some((from, to))) => {
                if now < from {
                    Some(from)
                } else if now < to {
                    None
                } else {
                    Some(Timestamp::from_nanos(i64::MAX))
                }
            }
            (Duty::DayShift, _) => (shift(now) != Shift::Day).then(|| next_day_shift(now)),
        }
    }
}

/// What a wake-up gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Who sent the frame that was built, if one was and is seen.
    pub(crate) seen: Option<Side>,
    /// When to wake it again; `None` when it has ended.
    pub(crate) next: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub(crate) client: HostId,
    pub(crate) server: HostId,
    pub(crate) client_port: u16,
    pub(crate) server_port: u16,
    pub(crate) path: Path,
    pub(crate) carrier: Carrier,
    pub(crate) dialogue: Dialogue,
    /// How long a poller waits between questions.
    pub(crate) period: Duration,
    pub(crate) life: Life,
    /// How long a connection is kept before it is closed and opened anew.
    pub(crate) kept: Duration,
    pub(crate) duty: Duty,
    /// Its place among the truth's flows, if it is told there.
    pub(crate) flow: Option<usize>,
    /// Its place among the truth's events, if it belongs to one.
    pub(crate) event: Option<usize>,
    pub(crate) dice: Dice,
    /// IP identification of either side's next packet.
    pub(crate) identification: [u16; 2],
}

impl Talk {
    pub(crate) fn wake(&mut self, env: &mut Env<'_>, now: Timestamp) -> Step {
        match &mut self.carrier {
            Carrier::Tcp(tcp) => {
                // Taken out so that the engine may use the rest of the conversation.
                let mut tcp = std::mem::take(tcp);
                let step = tcp.advance(self, env, now);
                self.carrier = Carrier::Tcp(tcp);
                step
            }
            Carrier::Udp => self.datagram(env, now),
            Carrier::Frames => self.whole_frame(env, now),
        }
    }

    /// Asks the dialogue for its next turn. The payload is in `env.payload`.
    pub(crate) fn ask(&mut self, env: &mut Env<'_>, now: Timestamp) -> Turn {
        env.payload.clear();
        let Some((client, server)) = env.plant.host(self.client).zip(env.plant.host(self.server)) else {
            return Turn::Close;
        };
        self.dialogue.turn(&mut Cx {
            now,
            plant: env.plant,
            dice: &mut self.dice,
            client,
            server,
            period: self.period,
            out: env.payload,
        })
    }

    fn datagram(&mut self, env: &mut Env<'_>, now: Timestamp) -> Step {
        if let Some(later) = env.rests_until(self.duty, now) {
            return Step {
                seen: None,
                next: Some(later),
            };
        }
        if self.client_port == 0 {
            self.client_port = take_port(env.plant, self.client);
        }
        match self.ask(env, now) {
            Turn::Say { from, pause } => {
                let seen = self.build_udp(env, from);
                Step {
                    seen: seen.then_some(from),
                    next: Some(now.plus(pause)),
                }
            }
            Turn::Wait { pause } => Step {
                seen: None,
                next: Some(now.plus(pause)),
            },
            Turn::Close => {
                self.client_port = 0;
                Step {
                    seen: None,
                    next: self.next_life(now),
                }
            }
        }
    }

    fn whole_frame(&mut self, env: &mut Env<'_>, now: Timestamp) -> Step {
        match self.ask(env, now) {
            Turn::Say { from, pause } => {
                env.frame.clear();
                env.frame.extend_from_slice(env.payload);
                frame::pad(env.frame, 0);
                Step {
                    seen: Some(from),
                    next: Some(now.plus(pause)),
                }
            }
            Turn::Wait { pause } => Step {
                seen: None,
                next: Some(now.plus(pause)),
            },
            Turn::Close => Step {
                seen: None,
                next: self.next_life(now),
            },
        }
    }

    pub(crate) fn next_life(&mut self, now: Timestamp) -> Option<Timestamp> {
        match self.life {
            Life::Once => None,
            Life::Again(after) => Some(now.plus(self.dice.about(after))),
        }
    }

    /// Begins a frame and gives the IP header to go on with, or `None` if nobody sees it.
    pub(crate) fn begin_frame(&mut self, env: &mut Env<'_>, from: Side) -> Option<Ipv4> {
        let view = self.path.view(from, 0)?;
        let (source, destination) = self.ends(env.plant, from)?;
        let identification = match from {
            Side::Client => self.identification.first_mut(),
            Side::Server => self.identification.last_mut(),
        };
        let identification = identification.map_or(0, |next| {
            *next = next.wrapping_add(1);
            *next
        });
        let beyond = env
            .plant
            .segment_of(source)
            .is_some_and(|segment| segment.beyond.is_some());
        env.frame.clear();
        frame::ethernet(env.frame, view.hop, cofferdam_terms::EtherType::IPV4);
        Some(Ipv4 {
            source: source.ip,
            destination: destination.ip,
            ttl: source.ttl(beyond).saturating_sub(view.passed),
            identification,
        })
    }

    fn ends<'a>(&self, plant: &'a Plant, from: Side) -> Option<(&'a Host, &'a Host)> {
        let (client, server) = plant.host(self.client).zip(plant.host(self.server))?;
        Some(match from {
            Side::Client => (client, server),
            Side::Server => (server, client),
        })
    }

    pub(crate) const fn ports(&self, from: Side) -> (u16, u16) {
        match from {
            Side::Client => (self.client_port, self.server_port),
            Side::Server => (self.server_port, self.client_port),
        }
    }

    fn build_udp(&mut self, env: &mut Env<'_>, from: Side) -> bool {
        let Some(ip) = self.begin_frame(env, from) else {
            return false;
        };
        let (source_port, destination_port) = self.ports(from);
        frame::udp(env.frame, &ip, source_port, destination_port, env.payload);
        frame::pad(env.frame, 0);
        true
    }
}

pub(crate) fn take_port(plant: &mut Plant, host: HostId) -> u16 {
    plant.hosts.get_mut(host.0).map_or(0, Host::take_port)
}
