//! Hands bytes to a session as reassembly does, and holds the session to its contract.

use super::Recorder;
use crate::message::{Anomaly, Identity, Message, Span};
use crate::registry::Registration;
use crate::session::{Carrier, Context, Lost, Progress, Session, Side, Sink};

/// The most bytes that a session may want to hold at once: what it has not consumed and what it asks for. Every
/// protocol's largest unit, a length field of 16 bits and its header, lies well below.
pub const MAX_WANTED: usize = 1 << 17;
/// The most messages, facts and anomalies that a session may tell for each byte it is handed, and once over.
const MAX_TOLD_PER_BYTE: usize = 4;

/// How a session broke its contract. All of them are faults of the dissector, whatever the bytes were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// It says that it consumed more than it was handed.
    #[error("consumed {consumed} of {handed} bytes")]
    ConsumedTooMuch {
        /// What it says.
        consumed: usize,
        /// What it was handed.
        handed: usize,
    },
    /// It left bytes and asked for none: the caller would hand them in for ever.
    #[error("left {left} bytes and asked for none")]
    Stuck {
        /// How many were left.
        left: usize,
    },
    /// It did not consume a datagram or frame whole.
    #[error("left {left} bytes of a datagram, or asked for {missing} more")]
    DatagramLeft {
        /// How many were left.
        left: usize,
        /// How many it asked for.
        missing: usize,
    },
    /// It asks to hold more than [`MAX_WANTED`].
    #[error("wants to hold {wanted} bytes")]
    WantsTooMuch {
        /// How many it wants.
        wanted: usize,
    },
    /// A span or a loss lies outside the bytes that were handed in.
    #[error("told of bytes {start} to {end} of {handed}")]
    Outside {
        /// Where the span starts.
        start: usize,
        /// Where it ends.
        end: usize,
        /// How many bytes there were.
        handed: usize,
    },
    /// It named a protocol that its registration does not.
    #[error("told of `{protocol}`, which is neither the registered protocol nor one inside it")]
    ForeignProtocol {
        /// The name.
        protocol: &'static str,
    },
    /// It told more than the bytes can hold.
    #[error("told {told} things of {handed} bytes")]
    Flood {
        /// How many things it told.
        told: usize,
        /// How many bytes it was handed.
        handed: usize,
    },
}

/// A conversation that is being fed to a session.
pub struct Feed {
    registration: &'static Registration,
    session: Box<dyn Session>,
    initiator: Vec<u8>,
    responder: Vec<u8>,
    /// What the session said.
    pub recorder: Recorder,
    /// How often it was lost, and the last time why.
    pub losses: Vec<Lost>,
}

impl Feed {
    /// Opens the protocol's session.
    #[must_use]
    pub fn new(registration: &'static Registration) -> Self {
        Self {
            registration,
            session: (registration.open)(),
            initiator: Vec::new(),
            responder: Vec::new(),
            recorder: Recorder::default(),
            losses: Vec::new(),
        }
    }

    /// How many bytes of a side's stream wait for more.
    #[must_use]
    pub fn waiting(&self, side: Side) -> usize {
        match side {
            Side::Initiator => self.initiator.len(),
            Side::Responder => self.responder.len(),
        }
    }

    /// Hands in the next bytes of a side.
    ///
    /// # Errors
    /// When the session breaks its contract.
    pub fn push(&mut self, context: Context, bytes: &[u8]) -> Result<(), Breach> {
        match context.carrier {
            Carrier::Tcp => self.push_stream(context, bytes),
            Carrier::Udp | Carrier::Ethernet(_) => self.push_datagram(context, bytes),
        }
    }

    /// Tells the session that bytes of a side are missing.
    pub fn gap(&mut self, side: Side) {
        self.kept(side).clear();
        self.session.gap(side);
    }

    fn kept(&mut self, side: Side) -> &mut Vec<u8> {
        match side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        }
    }

    fn push_stream(&mut self, context: Context, bytes: &[u8]) -> Result<(), Breach> {
        let mut held = std::mem::take(self.kept(context.side));
        held.extend_from_slice(bytes);
        let Some(progress) = self.parse(context, &held)? else {
            return Ok(());
        };
        let left = held.split_off(progress.consumed);
        if progress.missing == 0 && !left.is_empty() {
            return Err(Breach::Stuck { left: left.len() });
        }
        let wanted = left.len().saturating_add(progress.missing);
        if wanted > MAX_WANTED {
            return Err(Breach::WantsTooMuch { wanted });
        }
        *self.kept(context.side) = left;
        Ok(())
    }

    fn push_datagram(&mut self, context: Context, bytes: &[u8]) -> Result<(), Breach> {
        match self.parse(context, bytes)? {
            Some(Progress { consumed, missing }) if consumed != bytes.len() || missing != 0 => {
                Err(Breach::DatagramLeft {
                    left: bytes.len() - consumed,
                    missing,
                })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Parses, and looks at all that comes back. `None` when the session was lost.
    fn parse(&mut self, context: Context, bytes: &[u8]) -> Result<Option<Progress>, Breach> {
        let before = self.recorder.lines.len();
        let mut inspector = Inspector {
            registration: self.registration,
            handed: bytes.len(),
            recorder: &mut self.recorder,
            breach: None,
        };
        let result = self.session.parse(context, bytes, &mut inspector);
        if let Some(breach) = inspector.breach {
            return Err(breach);
        }
        let told = self.recorder.lines.len() - before;
        if told > MAX_TOLD_PER_BYTE * (bytes.len() + 1) {
            let handed = bytes.len();
            return Err(Breach::Flood { told, handed });
        }
        match result {
            Ok(Progress { consumed, .. }) if consumed > bytes.len() => Err(Breach::ConsumedTooMuch {
                consumed,
                handed: bytes.len(),
            }),
            Ok(progress) => Ok(Some(progress)),
            Err(lost) if lost.offset > bytes.len() => Err(Breach::Outside {
                start: lost.offset,
                end: lost.offset,
                handed: bytes.len(),
            }),
            Err(lost) => {
                self.losses.push(lost);
                Ok(None)
            }
        }
    }
}

/// Looks at what a session tells before it is written down.
struct Inspector<'a> {
    registration: &'static Registration,
    handed: usize,
    recorder: &'a mut Recorder,
    breach: Option<Breach>,
}

impl Inspector<'_> {
    fn span(&mut self, span: Span) {
        let Span { start, end } = span;
        if start > end || end > self.handed {
            let handed = self.handed;
            self.breach.get_or_insert(Breach::Outside { start, end, handed });
        }
    }

    fn protocol(&mut self, protocol: crate::Protocol) {
        if protocol != self.registration.protocol && !self.registration.inner.contains(&protocol) {
            let protocol = protocol.0;
            self.breach.get_or_insert(Breach::ForeignProtocol { protocol });
        }
    }
}

impl Sink for Inspector<'_> {
    fn message(&mut self, message: &Message<'_>) {
        self.span(message.span);
        self.protocol(message.protocol);
        self.recorder.message(message);
    }

    fn identity(&mut self, identity: &Identity<'_>) {
        self.protocol(identity.protocol);
        self.recorder.identity(identity);
    }

    fn anomaly(&mut self, anomaly: &Anomaly) {
        self.span(anomaly.span);
        self.protocol(anomaly.protocol);
        self.recorder.anomaly(anomaly);
    }
}
