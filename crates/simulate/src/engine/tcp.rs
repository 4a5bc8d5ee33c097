//! TCP as two well-behaved stacks speak it (RFC 9293): handshake with options, acknowledgements delayed or riding on the
//! answer, keep-alives on long rests, FIN from either side; and, when asked for, loss, overtaking and resets.
//!
//! The capture stands beside one end, so frames are given in the order in which they pass there.

use super::path::Side;
use super::talk::{Env, Step, Talk, take_port};
use crate::dialogue::{Dialogue, Turn};
use crate::encode;
use crate::encode::frame::{self, Segment};
use crate::plant::Stack;
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
/// Between two full segments of one burst, at one gigabit a second.
const BURST_GAP: Duration = Duration::from_micros(12);
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

/// A message on its way.
#[derive(Clone, Debug)]
struct Burst {
    bytes: Vec<u8>,
    sent: usize,
    /// A segment that was overtaken and comes next, by its place.
    held: Option<usize>,
    since_ack: u8,
    from: Side,
    pause: Duration,
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

    fn send_again(
        &mut self,
        talk: &mut Talk,
        env: &mut Env<'_>,
        now: Timestamp,
        from: Side,
        pause: Duration,
    ) -> Step {
        let bytes = self.burst.take().map_or_else(Vec::new, |burst| burst.bytes);
        let sequence = self.next(from).wrapping_sub(encode::len32(bytes.len()));
        self.build(talk, env, from, PSH | ACK, sequence, &bytes);
        let seen = self.built(talk, from);
        self.after_turn(now, from, pause, seen)
    }

    /// One segment more of a long message.
    fn send_on(&mut self, talk: &mut Talk, env: &mut Env<'_>, now: Timestamp) -> Step {
        let Some(mut burst) = self.burst.take() else {
            return self.go(Phase::Ready, now, None);
        };
        // A segment may overtake the one before it, which then comes next.
        let overtakes = burst.held.is_none()
            && burst.sent + MSS < burst.bytes.len()
            && talk.dice.happens(env.trouble.reordered);
        let at = match burst.held.take() {
            Some(held) => held,
            None if overtakes => {
                burst.held = Some(burst.sent);
                burst.sent + MSS
            }
            None => burst.sent,
        };
        let end = burst.bytes.len().min(at + MSS);
        burst.sent = burst.sent.max(end);
        burst.since_ack += 1;
        let last = burst.held.is_none() && burst.sent == burst.bytes.len();
        let flags = if end == burst.bytes.len() { PSH | ACK } else { ACK };
        let sequence = self.next(burst.from).wrapping_add(encode::len32(at));
        let part = burst.bytes.get(at..end).unwrap_or_default();
        self.build(talk, env, burst.from, flags, sequence, part);
        let from = burst.from;
        let seen = self.built(talk, from);
        if last {
            self.count(from, burst.bytes.len());
            return self.after_turn(now, from, burst.pause, seen);
        }
        let phase = if burst.since_ack >= 2 && burst.held.is_none() {
            Phase::BurstAck
        } else {
            Phase::Sending
        };
        self.burst = Some(burst);
        self.go(phase, now.plus(BURST_GAP), seen)
    }

    fn burst_ack(&mut self, talk: &mut Talk, env: &mut Env<'_>, now: Timestamp) -> Step {
        let Some(burst) = self.burst.as_mut() else {
            return self.go(Phase::Ready, now, None);
        };
        burst.since_ack = 0;
        let (from, sent) = (burst.from, burst.sent);
        // The sender's counter moves when the whole message is out: count what has arrived for this one header.
        self.count(from, sent);
        self.build(talk, env, from.other(), ACK, self.next(from.other()), &[]);
        self.uncount(from, sent);
        let seen = self.built(talk, from.other());
        self.go(Phase::Sending, now.plus(BURST_GAP), seen)
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

    fn build(
        &self,
        talk: &mut Talk,
        env: &mut Env<'_>,
        from: Side,
        flags: u8,
        sequence: u32,
        payload: &[u8],
    ) {
        let sender = match from {
            Side::Client => talk.client,
            Side::Server => talk.server,
        };
        let stack = |id| {
            env.plant
                .host(id)
                .map_or(Stack::Embedded, |host| host.product.stack)
        };
        let both = stack(talk.client) != Stack::Embedded && stack(talk.server) != Stack::Embedded;
        let scaling = if both { Scaling::Agreed } else { Scaling::None };
        let stack = stack(sender);
        let Some(ip) = talk.begin_frame(env, from) else {
            return;
        };
        let (source_port, destination_port) = talk.ports(from);
        let acknowledgement = if flags & ACK == 0 {
            0
        } else {
            self.next(from.other())
        };
        let segment = Segment {
            source_port,
            destination_port,
            sequence,
            acknowledgement,
            flags,
            window: window(stack, if flags & SYN == 0 { scaling } else { Scaling::None }),
            options: if flags & SYN == 0 {
                &[]
            } else {
                syn_options(stack, scaling)
            },
        };
        frame::tcp(env.frame, &ip, &segment, payload);
        frame::pad(env.frame, 0);
    }
}

/// The next keep-alive, or the end of the rest if that is sooner.
fn rest(now: Timestamp, until: Timestamp) -> Timestamp {
    until.min(now.plus(KEEP_ALIVE))
}

/// Whether both ends offered window scaling (RFC 7323), which a header's window then counts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scaling {
    None,
    Agreed,
}

const fn window(stack: Stack, scaling: Scaling) -> u16 {
    match (stack, scaling) {
        (Stack::Embedded, _) => 8192,
        (Stack::Windows, Scaling::None) => 64_240,
        (Stack::Windows, Scaling::Agreed) => 8212,
        (Stack::Linux, Scaling::None) => 29_200,
        (Stack::Linux, Scaling::Agreed) => 502,
    }
}

/// Segment size 1460; window scale and selective acknowledgement where both stacks have them.
const fn syn_options(stack: Stack, scaling: Scaling) -> &'static [u8] {
    match (stack, scaling) {
        (Stack::Embedded, _) | (_, Scaling::None) => &[2, 4, 0x05, 0xb4],
        (Stack::Windows, Scaling::Agreed) => &[2, 4, 0x05, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2],
        (Stack::Linux, Scaling::Agreed) => &[2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7],
    }
}

/// The client's question for the MAC of its next hop, or the answer, in the client's segment.
fn arp(talk: &Talk, env: &mut Env<'_>, from: Side) -> bool {
    crate::dialogue::arp::next_hop(env.plant, (talk.client, talk.server), from, env.frame)
}
