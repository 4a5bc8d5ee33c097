//! The contract between a protocol and whoever feeds it bytes.

use crate::message::{Anomaly, Identity, Message, Span};
use cofferdam_terms::EtherType;

/// Who sent the bytes: the side that opened the conversation or the one that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Opened the conversation (sent the SYN, or the first request).
    Initiator,
    /// Answers it.
    Responder,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Initiator => Self::Responder,
            Self::Responder => Self::Initiator,
        }
    }
}

/// What a protocol is carried on, as a probe or session is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// A TCP byte stream.
    Tcp,
    /// UDP datagrams.
    Udp,
    /// Ethernet payloads of one type.
    Ethernet(EtherType),
}

/// What a session is told of the bytes that it is handed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Who sent them.
    pub side: Side,
    /// What carries them.
    pub carrier: Carrier,
    /// The responder's port; 0 where there are none.
    pub port: u16,
}

impl Context {
    /// What to do about a message that ends beyond the bytes handed in: a stream waits for more; of a datagram there is
    /// no more, and what is left of it is to be told as cut short.
    pub(crate) fn partial(self, bytes: &[u8], start: usize, missing: usize) -> (Progress, Option<Span>) {
        let end = bytes.len();
        match self.carrier {
            Carrier::Tcp => {
                let consumed = start;
                (Progress { consumed, missing }, None)
            }
            Carrier::Udp | Carrier::Ethernet(_) => {
                let all = Progress {
                    consumed: end,
                    missing: 0,
                };
                (all, (start < end).then_some(Span { start, end }))
            }
        }
    }
}

/// How sure a protocol is, from the first bytes of one side, that they are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// They are not.
    No,
    /// Too few or too common bytes: take it on a port of the protocol, ask again with more otherwise.
    Unsure,
    /// They are, on whatever port.
    Certain,
}

/// How far a session got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many of the bytes are done with, from the start. A datagram is always wholly consumed.
    pub consumed: usize,
    /// How many bytes beyond those handed in are needed before the session can go on; 0 if it is between messages.
    /// The caller keeps what was not consumed and hands it in again, joined with what follows.
    pub missing: usize,
}

/// The byte stream can't be followed any more: where and why.
///
/// The caller drops what it holds for that side. [`Session::parse`] is then called with later bytes, from the start of
/// a segment, and the session finds its way in again or says so again; a session never has to be thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Where, in the bytes handed in.
    pub offset: usize,
    /// Why, as a lower-case phrase: `protocol id is not 0`.
    pub reason: &'static str,
}

/// Receives what a session finds, in order.
pub trait Sink {
    /// One message of the protocol.
    fn message(&mut self, message: &Message<'_>);
    /// One fact about a device.
    fn identity(&mut self, identity: &Identity<'_>);
    /// Something malformed or out of order that did not stop the session.
    fn anomaly(&mut self, anomaly: &Anomaly);
}

/// The state of one conversation in one protocol. State is bounded by constants that the protocol's module names.
pub trait Session: Send {
    /// Takes bytes of one side: for TCP a stream from the first byte not yet consumed, else one whole payload.
    ///
    /// # Errors
    /// [`Lost`] when the stream can't be followed from here.
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost>;

    /// Bytes of one side are missing (a gap in the capture). State that depended on them is dropped.
    fn gap(&mut self, side: Side) {
        let _ = side;
    }
}
