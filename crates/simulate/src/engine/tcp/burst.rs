//! Messages of more than one segment, and segments that are sent twice.

use super::super::path::Side;
use super::super::talk::{Env, Step, Talk};
use super::{ACK, MSS, PSH, Phase, Tcp};
use crate::encode;
use cofferdam_terms::Timestamp;
use std::time::Duration;

/// Between two full segments of one burst, at one gigabit a second.
const BURST_GAP: Duration = Duration::from_micros(12);

/// A message on its way.
#[derive(Clone, Debug)]
pub(super) struct Burst {
    pub(super) bytes: Vec<u8>,
    pub(super) sent: usize,
    /// A segment that was overtaken and comes next, by its place.
    pub(super) held: Option<usize>,
    pub(super) since_ack: u8,
    pub(super) from: Side,
    pub(super) pause: Duration,
}

impl Tcp {
    pub(super) fn send_again(
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
    pub(super) fn send_on(&mut self, talk: &mut Talk, env: &mut Env<'_>, now: Timestamp) -> Step {
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

    pub(super) fn burst_ack(&mut self, talk: &mut Talk, env: &mut Env<'_>, now: Timestamp) -> Step {
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
}
