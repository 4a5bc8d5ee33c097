//! Beckhoff ADS: reading, writing and control of TwinCAT controllers, over AMS/TCP port 48898, and the discovery of
//! their routers over UDP port 48899.
//!
//! Reads: the AMS and ADS specification of the Beckhoff Information System: every command with its index group and
//! offset, its values and results; symbols by name, by the handles that names were given, and in lists; notifications by
//! what they were added for; states. Discovery is told as protocol `ads-discovery`: host name, versions of TwinCAT and
//! of the system, routes that are added; never their password.
//!
//! The unit is the AMS Net ID of the device that is asked, its first four bytes as a number. Memory is told by area, with
//! the index group as block; the offset counts bytes, in the groups of single bits bits.
//!
//! Bounds: [`frame::MAX_LENGTH`] bytes that a length may say, of which [`frame::MAX_HELD`] are held,
//! [`MAX_OBJECTS`] objects of one message, [`MAX_OUTSTANDING`] requests that wait, [`places::MAX_HANDLES`] handles and as
//! many notifications with [`places::MAX_NAME`] bytes of a name, [`discovery::MAX_ITEMS`] items of one discovery.
//!
//! Skipped: what files and the registry hold, lists of symbols and their types, the system service's structures, Secure
//! ADS (TLS, TCP port 8016), AMS over UDP.

mod discovery;
mod frame;
mod names;
mod places;
mod samples;
mod session;
#[cfg(test)]
mod tests;

use crate::reader::Reader;
use crate::registry::{Protocol, Registration};
use crate::session::{Carrier, Context, Probe};
use frame::Next;
use names::Command;
use session::Conversation;

/// The most objects that one message tells; further ones are dropped and said.
const MAX_OBJECTS: usize = 128;
/// The most requests of one conversation that wait for their answers; the oldest gives way.
const MAX_OUTSTANDING: usize = 64;

const ADS: Protocol = Protocol("ads");
const DISCOVERY: Protocol = Protocol("ads-discovery");

/// Beckhoff ADS in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: ADS,
    title: "Beckhoff ADS",
    specification: "Beckhoff Information System: AMS/ADS specification; discovery unpublished",
    tcp_ports: &[48898],
    udp_ports: &[48899],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[DISCOVERY],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A field runs over the end of the message.
    CutShort,
    /// Bytes are left after the last field.
    TrailingBytes,
    /// A command that no table knows.
    UnknownCommand,
    /// The message addresses more objects than are told.
    TooManyObjects,
    /// A datagram that doesn't start as a discovery does.
    NoDiscovery,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::TrailingBytes => "trailing-bytes",
            Self::UnknownCommand => "unknown-command",
            Self::TooManyObjects => "too-many-objects",
            Self::NoDiscovery => "no-discovery",
        }
    }
}

/// Certain when both lengths of a message agree and it has a command's mark and a known command. A message to the
/// router itself has too little for that.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    if context.carrier != Carrier::Tcp {
        return if bytes.starts_with(&discovery::MAGIC) {
            Probe::Certain
        } else {
            Probe::No
        };
    }
    match frame::next(&mut Reader::new(bytes)) {
        Err(_) => Probe::No,
        Ok(Next::Frame(frame)) if Command(frame.command).known().is_some() => Probe::Certain,
        Ok(Next::Frame(_) | Next::Router(_) | Next::Partial(_)) => Probe::Unsure,
    }
}
