//! What a flow has beside its counters once somebody looks at its payload: the session of its protocol, bytes that wait,
//! the operations gathered.
//!
//! In-order payload goes to the session without being copied. Only what a session leaves over, because its message goes
//! on in the next segment, and what came before its turn is kept. Bounds: [`MAX_MESSAGE`] bytes of one message are
//! joined, a longer one is passed over by its length so that the stream stays in step; [`MAX_LOST`] failures in a row
//! with nothing understood and the protocol is given up.

use crate::key::{End, Pair};
use crate::operations::Operations;
use crate::record::Recognition;
use crate::stream::{Ahead, distance, length_of};
use cofferdam_dissect::{Carrier, Context, Protocol, Registration, Session, Side, Sink};

/// The most bytes of one message that are joined.
pub(crate) const MAX_MESSAGE: usize = 256 << 10;
/// An empty buffer larger than this is given back.
const KEPT_CAPACITY: usize = 4 << 10;
/// What a session may hold beside its own size, about; each protocol's module names its bounds.
const SESSION_HEAP: usize = 512;
/// After so many payloads in a row that the session could not follow, without a single message, it is given up.
const MAX_LOST: u32 = 8;
/// The same for a session that did find messages, on a port's word alone.
const MAX_LOST_ON_PORT: u32 = 64;
/// The same where the port is another's, if it could follow fewer payloads than it could not.
const MAX_LOST_ELSEWHERE: u64 = 4;
/// So many messages without a failure confirm a guess by the port.
const CONFIRMING_MESSAGES: u64 = 8;

/// The session that follows a flow.
pub(crate) struct Following {
    pub(crate) registration: &'static Registration,
    /// None once the connection is over.
    session: Option<Box<dyn Session>>,
    recognition: Recognition,
    spoke: Pair<bool>,
    messages: u64,
    lost_in_row: u32,
    lost: u64,
}

/// Bytes of one end that wait.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// The beginning of a message whose end has not come, or what could not be recognised yet.
    pub(crate) pending: Vec<u8>,
    /// How long `pending` has to be before the session is asked again.
    need: usize,
    /// Bytes of a message longer than is joined, still to be passed over.
    skip: usize,
    /// Segments behind a hole.
    pub(crate) ahead: Ahead,
}

/// What a flow has once somebody looks at its payload.
#[derive(Default)]
pub(crate) struct Conversation {
    following: Option<Following>,
    pub(crate) inboxes: Pair<Inbox>,
    pub(crate) operations: Operations,
    /// What the world counts for it.
    pub(crate) held: Held,
}

/// Bytes that a conversation holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Session and operations.
    pub(crate) conversation: usize,
    /// Bytes that wait.
    pub(crate) reassembly: usize,
}

/// How handing bytes to a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// In step.
    Followed,
    /// Not in step; the next payload may be.
    Lost,
    /// A message is too long to be joined and is passed over.
    TooLong,
}

impl Conversation {
    /// Starts following a protocol.
    pub(crate) fn follow(&mut self, registration: &'static Registration, recognition: Recognition) {
        self.following = Some(Following {
            registration,
            session: Some((registration.open)()),
            recognition,
            spoke: Pair::default(),
            messages: 0,
            lost_in_row: 0,
            lost: 0,
        });
    }

    /// The protocol that is followed.
    pub(crate) fn registration(&self) -> Option<&'static Registration> {
        self.following.as_ref().map(|following| following.registration)
    }

    /// The protocol and how it is known.
    pub(crate) fn protocol(&self) -> Option<(Protocol, Recognition)> {
        let following = self.following.as_ref()?;
        Some((following.registration.protocol, following.recognition))
    }

    /// Heap bytes held now.
    pub(crate) fn measure(&self) -> Held {
        let session = self.following.as_ref().and_then(|it| it.session.as_deref());
        let session = session.map_or(0, |session| size_of_val(session) + SESSION_HEAP);
        Held {
            conversation: size_of::<Self>() + session + self.operations.held(),
            reassembly: self.waiting(),
        }
    }

    /// Bytes that wait now.
    pub(crate) fn waiting(&self) -> usize {
        let waiting = |inbox: &Inbox| inbox.pending.capacity() + inbox.ahead.held();
        waiting(&self.inboxes.low) + waiting(&self.inboxes.high)
    }

    /// Whether any bytes wait or did when it was measured last.
    pub(crate) fn may_wait(&self) -> bool {
        let waits = |inbox: &Inbox| inbox.pending.capacity() > 0 || !inbox.ahead.is_empty();
        self.held.reassembly > 0 || waits(&self.inboxes.low) || waits(&self.inboxes.high)
    }

    /// Hands a datagram to the session.
    pub(crate) fn hear_datagram(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Heard {
        let session = self.following.as_mut().and_then(|it| it.session.as_mut());
        let Some(session) = session else {
            return Heard::Followed;
        };
        match session.parse(context, bytes, sink) {
            Ok(_) => Heard::Followed,
            Err(_) => Heard::Lost,
        }
    }

    /// Hands the next bytes of one end's stream to the session.
    pub(crate) fn hear_stream(
        &mut self,
        from: End,
        context: Context,
        mut bytes: &[u8],
        sink: &mut dyn Sink,
    ) -> Heard {
        let Some(following) = &mut self.following else {
            return Heard::Followed;
        };
        let inbox = self.inboxes.at_mut(from);
        if inbox.skip > 0 {
            let passed = inbox.skip.min(bytes.len());
            inbox.skip -= passed;
            bytes = bytes.get(passed..).unwrap_or_default();
        }
        if bytes.is_empty() {
            return Heard::Followed;
        }
        if inbox.pending.is_empty() {
            let outcome = following.run(context, bytes, sink);
            let (heard, left) = inbox.left_over(bytes.len(), outcome, following, context.side);
            inbox
                .pending
                .extend_from_slice(bytes.get(left..).unwrap_or_default());
            return heard;
        }
        inbox.pending.extend_from_slice(bytes);
        if inbox.pending.len() < inbox.need {
            return Heard::Followed;
        }
        let mut joined = std::mem::take(&mut inbox.pending);
        let outcome = following.run(context, &joined, sink);
        let (heard, left) = inbox.left_over(joined.len(), outcome, following, context.side);
        joined.drain(..left);
        if joined.capacity() <= KEPT_CAPACITY || !joined.is_empty() {
            inbox.pending = joined;
        }
        heard
    }

    /// Tells the session that bytes of one end are missing. Bytes that were to be passed over anyway are no loss.
    pub(crate) fn miss(&mut self, from: End, side: Side, length: u32) {
        let inbox = self.inboxes.at_mut(from);
        let length = length as usize;
        if inbox.skip >= length {
            inbox.skip -= length;
            return;
        }
        inbox.skip = 0;
        inbox.pending = Vec::new();
        self.operations.lose_track();
        if let Some(following) = &mut self.following {
            following.gap(side);
        }
    }

    /// Drops all bytes that wait.
    pub(crate) fn drop_waiting(&mut self) {
        for inbox in [&mut self.inboxes.low, &mut self.inboxes.high] {
            *inbox = Inbox::default();
        }
        self.operations.lose_track();
        if let Some(following) = &mut self.following {
            following.gap(Side::Initiator);
            following.gap(Side::Responder);
        }
    }

    /// Takes note of how a payload went: `messages` were found in it. True when the protocol is to be given up.
    pub(crate) fn confirm(&mut self, from: End, context: Context, heard: Heard, messages: u32) -> bool {
        let Some(following) = &mut self.following else {
            return false;
        };
        if messages > 0 {
            following.messages += u64::from(messages);
            following.lost_in_row = 0;
            *following.spoke.at_mut(from) = true;
            let both = following.spoke.low && following.spoke.high;
            if both || following.messages >= CONFIRMING_MESSAGES {
                following.recognition = Recognition::Content;
            }
        }
        if heard != Heard::Lost {
            return false;
        }
        following.lost_in_row += 1;
        following.lost += 1;
        let limit = match (following.messages, following.recognition) {
            (0, _) => MAX_LOST,
            (_, Recognition::Port) => MAX_LOST_ON_PORT,
            (_, Recognition::Content) => u32::MAX,
        };
        let mistaken = !following.is_on_own_port(context)
            && following.lost >= MAX_LOST_ELSEWHERE
            && following.lost > following.messages;
        mistaken || following.lost_in_row >= limit
    }

    /// The connection is over: the session goes, what was learned stays.
    pub(crate) fn close(&mut self) {
        self.inboxes = Pair::default();
        if let Some(following) = &mut self.following {
            following.session = None;
        }
    }

    /// Gives the protocol up.
    pub(crate) fn give_up(&mut self) {
        self.following = None;
        self.inboxes = Pair::default();
    }
}

/// How far a session got with the bytes that it was handed.
enum Outcome {
    Progress { consumed: usize, missing: usize },
    Lost,
}

impl Following {
    fn is_on_own_port(&self, context: Context) -> bool {
        match context.carrier {
            Carrier::Tcp => self.registration.tcp_ports.contains(&context.port),
            Carrier::Udp => self.registration.udp_ports.contains(&context.port),
            Carrier::Ethernet(_) => true,
        }
    }

    fn gap(&mut self, side: Side) {
        if let Some(session) = &mut self.session {
            session.gap(side);
        }
    }

    fn run(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Outcome {
        let all = Outcome::Progress {
            consumed: bytes.len(),
            missing: 0,
        };
        let Some(session) = &mut self.session else {
            return all;
        };
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let Ok(progress) = session.parse(context, rest, sink) else {
                return Outcome::Lost;
            };
            at += progress.consumed.min(rest.len());
            if progress.missing > 0 {
                return Outcome::Progress {
                    consumed: at,
                    missing: progress.missing,
                };
            }
            if progress.consumed == 0 {
                // Neither on nor waiting: a session that does this would be asked for ever.
                return Outcome::Lost;
            }
        }
        all
    }
}

impl Inbox {
    /// Whether a repeated segment says otherwise than the bytes that are still held of its place. `next` is where the
    /// held ones end.
    pub(crate) fn contradicts(&self, next: u32, sequence: u32, bytes: &[u8]) -> bool {
        let start = next.wrapping_sub(length_of(&self.pending));
        let into = distance(sequence, start);
        let (held, theirs) = if into >= 0 {
            (self.pending.get(into.unsigned_abs() as usize..), Some(bytes))
        } else {
            (Some(&*self.pending), bytes.get(into.unsigned_abs() as usize..))
        };
        let mut pairs = held.unwrap_or_default().iter().zip(theirs.unwrap_or_default());
        pairs.any(|(held, theirs)| held != theirs)
    }

    /// Where what the session left over begins.
    fn left_over(
        &mut self,
        length: usize,
        outcome: Outcome,
        following: &mut Following,
        side: Side,
    ) -> (Heard, usize) {
        let Outcome::Progress { consumed, missing } = outcome else {
            return (Heard::Lost, length);
        };
        self.need = (length - consumed).saturating_add(missing);
        if consumed < length && self.need > MAX_MESSAGE {
            self.skip = missing;
            following.gap(side);
            return (Heard::TooLong, length);
        }
        (Heard::Followed, consumed)
    }
}
