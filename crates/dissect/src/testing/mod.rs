//! What the tests and the fuzz targets of every protocol share: a sink that writes down what it is told, and a feed
//! that hands bytes to a session as reassembly does and holds the session to its contract.
//!
//! It is compiled for tests, and for others with the feature `testing`.

mod feed;
mod fuzz;
#[cfg(test)]
mod harness;
mod recorder;

pub use feed::{Breach, Feed, MAX_WANTED};
pub use fuzz::{fuzz, seed};
pub use recorder::Recorder;

use crate::session::{Carrier, Context, Lost, Progress, Session, Side};

/// A context of TCP on a port.
#[must_use]
pub const fn tcp(side: Side, port: u16) -> Context {
    Context {
        side,
        carrier: Carrier::Tcp,
        port,
    }
}

/// A context of UDP on a port.
#[must_use]
pub const fn udp(side: Side, port: u16) -> Context {
    Context {
        side,
        carrier: Carrier::Udp,
        port,
    }
}

/// Feeds a session one turn after the other and gives what it says. Each turn has to be consumed whole.
#[must_use]
pub fn lines(session: &mut dyn Session, turns: &[(Context, &[u8])]) -> Vec<String> {
    let mut recorder = Recorder::default();
    for (context, bytes) in turns {
        let progress = session.parse(*context, bytes, &mut recorder);
        let whole = Progress {
            consumed: bytes.len(),
            missing: 0,
        };
        assert_eq!(progress, Ok(whole), "{bytes:02x?}");
    }
    recorder.lines
}

/// Feeds a session one turn and gives what it says of it, whatever that is.
pub fn outcome(
    session: &mut dyn Session,
    context: Context,
    bytes: &[u8],
) -> (Result<Progress, Lost>, Vec<String>) {
    let mut recorder = Recorder::default();
    let progress = session.parse(context, bytes, &mut recorder);
    (progress, recorder.lines)
}
