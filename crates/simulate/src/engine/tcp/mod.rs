//! TCP as two well-behaved stacks speak it (RFC 9293): handshake with options, acknowledgements delayed or riding on the
//! answer, keep-alives on long rests, FIN from either side; and, when asked for, loss, overtaking and resets.
//!
//! The capture stands beside one end, so frames are given in the order in which they pass there.

mod burst;
mod header;

use self::burst::Burst;
use super::path::Side;
use super::talk::{Env, Step, Talk, take_port};
use crate::dialogue::{Dialogue, Turn};
use crate::encode;
use cofferdam_terms::Timestamp;
use std::time::Duration;

/// The most payload of a segment.
const MSS: usize = 1460;
/// An acknowledgement that finds nothing to ride on goes alone after this.
const DELAYED_ACK: Duration = Duration::from_millis(40);
/// A rest longer than this is broken by keep-alives.
const KEEP_ALIVE: Duration = Duration::from_mins(5);
/// One way over the wire and back.
const ROUND_TRIP: Duration = Duration::from_micros(300);
/// How long a lost segment is waited for.
const RETRANSMISSION: Duration = Duration::from_millis(250);

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Closed,
    ArpReply,
    Syn,
    SynAck,
    Established,
    /// Nothing is in flight: the dialogue is asked.
    Ready,
    /// The receiver acknowledges by itself; the next turn comes at the time.
    AckDue {
        by: Side,
        then: Timestamp,
    },
    /// Both rest until the time.
    Idle {
        until: Timestamp,
    },
    ProbeAnswer {
        until: Timestamp,
    },
    /// A message that needs several segments is under way.
    Sending,
    /// The receiver acknowledges in the middle of it.
    BurstAck,
    /// A segment is sent once more.
    Again {
        from: Side,
        pause: Duration,
    },
    FinAnswer {
        by: Side,
    },
    LastAck {
        by: Side,
    },
    Refused,
}

/// A connection's state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tcp {
    phase: Phase,
    /// Next sequence number of the client and of the server.
    client: u32,
    server: u32,
    burst: Option<Box<Burst>>,
    port: Port,
    opened: Timestamp,
}

/// Whether something listens at the server's port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Port {
    #[default]
    Open,
    /// The server answers with a reset.
    Closed,
}

impl Tcp {
    /// A connection that will be refused.
    pub(crate) fn refused() -> Self {
        Self {
            port: Port::Closed,
            ..Self::default()
        }
    }

    pub(crate) fn advance(&mut self, talk: &mut Talk, env: &mut Env<'_>, now: Timestamp) -> Step {
        match self.phase {
            Phase::Closed => self.open(talk, env, now),
            Phase::ArpReply => {
                let seen = arp(talk, env, Side::Server);
                self.go(Phase::Syn, now.plus(ROUND_TRIP / 4), seen.then_some(Side::Server))
            }
            Phase::Syn => {
                let phase = match self.port {
                    Port::Open => Phase::SynAck,
                    Port::Closed => Phase::Refused,
                };
                self.say(talk, env, Side::Client, SYN, &[], phase, now.plus(ROUND_TRIP))
            }
            Phase::SynAck => self.say(
                talk,
                env,
                Side::Server,
                SYN | ACK,
                &[],
                Phase::Established,
                now.plus(ROUND_TRIP / 4),
            ),
            Phase::Established => self.say(
                talk,
                env,
                Side::Client,
                ACK,
                &[],
                Phase::Ready,
                now.plus(ROUND_TRIP / 2),
            ),
            Phase::Ready => self.turn(talk, env, now),
            Phase::AckDue { by, then } => self.say(
                talk,
                env,
                by,
                ACK,
                &[],
                Phase::Idle { until: then },
                rest(now, then),
            ),
            Phase::Idle { until } if now < until => {
                self.probe(talk, env, Side::Client);
                let seen = self.built(talk, Side::Client);
                self.go(Phase::ProbeAnswer { until }, now.plus(ROUND_TRIP), seen)
            }
            Phase::Idle { .. } => self.rested(talk, env, now),
            Phase::ProbeAnswer { until } => self.say(
                talk,
                env,
                Side::Server,
                ACK,
                &[],
                Phase::Idle { until },
                rest(now, until),
            ),
            Phase::Sending => self.send_on(talk, env, now),
            Phase::BurstAck => self.burst_ack(talk, env, now),
            Phase::Again { from, pause } => self.send_again(talk, env, now, from, pause),
            Phase::FinAnswer { by } => self.say(
                talk,
                env,
                by,
                FIN | ACK,
                &[],
                Phase::LastAck { by: by.other() },
                now.plus(ROUND_TRIP / 2),
            ),
            Phase::LastAck { by } => {
                let step = self.say(talk, env, by, ACK, &[], Phase::Closed, now);
                self.end(talk, now, step.seen)
            }
            Phase::Refused => {
                self.build(talk, env, Side::Server, RST | ACK, 0, &[]);
                let seen = self.built(talk, Side::Server);
                self.end(talk, now, seen)
            }
        }
    }

    fn open(&mut self, talk: &mut Talk, env: &mut Env<'_>, now: Timestamp) -> Step {
        if let Some(later) = env.rests_until(talk.duty, now) {
            return Step {
                seen: None,
                next: Some(later),
            };
        }
        talk.client_port = take_port(env.plant, talk.client);
        self.client = talk.dice.long();
        self.server = talk.dice.long();
        self.opened = now;
        if matches!(talk.dialogue, Dialogue::Silence) {
            // Who knocks at port after port has looked up the next hop before.
            return self.go(Phase::Syn, now, None);
        }
        let seen = arp(talk, env, Side::Client);
        self.go(
            Phase::ArpReply,
            now.plus(ROUND_TRIP),
            seen.then_some(Side::Client),
        )
    }

    /// The dialogue's next turn, at a time at which nothing is in flight.
    fn turn(&mut self, talk: &mut Talk, env: &mut Env<'_>, now: Timestamp) -> Step {
        if talk.dice.happens(env.trouble.reset) {
            return self.reset(talk, env, now);
        }
        match talk.ask(env, now) {
            Turn::Say { from, pause } if env.payload.len() > MSS => {
                self.burst = Some(Box::new(Burst {
                    bytes: std::mem::take(env.payload),
                    sent: 0,
                    held: None,
                    since_ack: 0,
                    from,
                    pause,
                }));
                self.send_on(talk, env, now)
            }
            Turn::Say { from, pause } => self.send_one(talk, env, now, from, pause),
            Turn::Wait { pause } => {
                let until = now.plus(pause);
                self.go(Phase::Idle { until }, rest(now, until), None)
            }
            Turn::Close => self.close(talk, env, now, Side::Client),
        }
    }

    /// After a rest: the conversation may be off duty by now, or old enough to be opened anew.
    fn rested(&mut self, talk: &mut Talk, env: &mut Env<'_>, now: Timestamp) -> Step {
        let is_old = now - self.opened > talk.kept;
        if is_old || env.rests_until(talk.duty, now).is_some() {
            talk.dialogue.restart();
            return self.close(talk, env, now, Side::Client);
        }
        self.turn(talk, env, now)
    }

    fn send_one(
        &mut self,
        talk: &mut Talk,
        env: &mut Env<'_>,
        now: Timestamp,
        from: Side,
        pause: Duration,
    ) -> Step {
        let payload = std::mem::take(env.payload);
        let sequence = self.next(from);
        self.build(talk, env, from, PSH | ACK, sequence, &payload);
        self.count(from, payload.len());
        let missed = talk.dice.happens(env.trouble.missed);
        let seen = if missed { None } else { self.built(talk, from) };
        let step = if talk.dice.happens(env.trouble.retransmitted) {
            self.burst = Some(Box::new(Burst {
                bytes: payload.clone(),
                sent: 0,
                held: None,
                since_ack: 0,
                from,
                pause,
            }));
            self.go(Phase::Again { from, pause }, now.plus(RETRANSMISSION), seen)
        } else {
            self.after_turn(now, from, pause, seen)
        };
        *env.payload = payload;
        step
    }

    /// An answer within the delay carries the acknowledgement; else the receiver sends one alone.
    fn after_turn(&mut self, now: Timestamp, from: Side, pause: Duration, seen: Option<Side>) -> Step {
        let then = now.plus(pause);
        if pause > DELAYED_ACK {
            let by = from.other();
            self.go(Phase::AckDue { by, then }, now.plus(DELAYED_ACK / 2), seen)
        } else {
            self.go(Phase::Ready, then, seen)
        }
    }

    fn close(&mut self, talk: &mut Talk, env: &mut Env<'_>, now: Timestamp, by: Side) -> Step {
        self.say(
            talk,
            env,
            by,
            FIN | ACK,
            &[],
            Phase::FinAnswer { by: by.other() },
            now.plus(ROUND_TRIP),
        )
    }

    fn reset(&mut self, talk: &mut Talk, env: &mut Env<'_>, now: Timestamp) -> Step {
        let by = Side::Client;
        talk.dialogue.restart();
        self.build(talk, env, by, RST | ACK, self.next(by), &[]);
        let seen = self.built(talk, by);
        self.end(talk, now, seen)
    }

    fn end(&mut self, talk: &mut Talk, now: Timestamp, seen: Option<Side>) -> Step {
        self.phase = Phase::Closed;
        self.burst = None;
        Step {
            seen,
            next: talk.next_life(now),
        }
    }

    /// A keep-alive: one byte before the next, empty.
    fn probe(&mut self, talk: &mut Talk, env: &mut Env<'_>, by: Side) {
        self.build(talk, env, by, ACK, self.next(by).wrapping_sub(1), &[]);
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one line for each phase reads better than a struct for each"
    )]
    fn say(
        &mut self,
        talk: &mut Talk,
        env: &mut Env<'_>,
        from: Side,
        flags: u8,
        payload: &[u8],
        phase: Phase,
        next: Timestamp,
    ) -> Step {
        self.build(talk, env, from, flags, self.next(from), payload);
        if flags & (SYN | FIN) != 0 {
            self.count(from, 1);
        }
        let seen = self.built(talk, from);
        self.go(phase, next, seen)
    }

    fn go(&mut self, phase: Phase, next: Timestamp, seen: Option<Side>) -> Step {
        self.phase = phase;
        Step {
            seen,
            next: Some(next),
        }
    }

    fn built(&self, talk: &Talk, from: Side) -> Option<Side> {
        talk.path.view(from, 0).map(|_| from)
    }

    const fn next(&self, side: Side) -> u32 {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    fn count(&mut self, side: Side, bytes: usize) {
        let next = self.next(side).wrapping_add(encode::len32(bytes));
        match side {
            Side::Client => self.client = next,
            Side::Server => self.server = next,
        }
    }

    fn uncount(&mut self, side: Side, bytes: usize) {
        let next = self.next(side).wrapping_sub(encode::len32(bytes));
        match side {
            Side::Client => self.client = next,
            Side::Server => self.server = next,
        }
    }
}

/// The next keep-alive, or the end of the rest if that is sooner.
fn rest(now: Timestamp, until: Timestamp) -> Timestamp {
    until.min(now.plus(KEEP_ALIVE))
}

/// The client's question for the MAC of its next hop, or the answer, in the client's segment.
fn arp(talk: &Talk, env: &mut Env<'_>, from: Side) -> bool {
    crate::dialogue::arp::next_hop(env.plant, (talk.client, talk.server), from, env.frame)
}
