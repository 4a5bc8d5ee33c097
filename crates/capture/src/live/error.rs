//! Why an interface can't be captured from.

use std::fmt;
use std::io;

/// Why an interface can't be captured from. The text form is one sentence; [`LiveError::mend`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// There is none of that name.
    #[error("there is no interface `{interface}`")]
    Missing {
        /// The name.
        interface: String,
    },
    /// It is not up, or went down.
    #[error("interface `{interface}` is down")]
    Down {
        /// The name.
        interface: String,
    },
    /// Its packets are of a kind that is not read.
    #[error("interface `{interface}` is of hardware type {hardware}, which is not read")]
    Unsupported {
        /// The name.
        interface: String,
        /// The type, as ARPHRD_* numbers it.
        hardware: u16,
    },
    /// The process may not open it.
    #[error("capturing from `{interface}` is not permitted")]
    NotPermitted {
        /// The name.
        interface: String,
    },
    /// The system refused a step.
    #[error("{step} failed: {source}")]
    System {
        /// What was being done.
        step: Step,
        /// What the system said.
        source: io::Error,
    },
    /// The filter that rules out sending could not be made or installed.
    #[error("sending could not be ruled out, so nothing is captured: {source}")]
    Filter {
        /// What was said.
        source: Box<seccompiler::Error>,
    },
}

/// What was being done when the system refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Opening the socket.
    Open,
    /// Making the ring.
    Ring,
    /// Binding to the interface.
    Bind,
    /// Seeing all frames rather than those for this host.
    Promiscuous,
    /// Giving up capabilities.
    Capabilities,
    /// Waiting for packets.
    Wait,
    /// Reading the counters.
    Counters,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "opening a packet socket",
            Self::Ring => "making the capture ring",
            Self::Bind => "binding to the interface",
            Self::Promiscuous => "making the interface promiscuous",
            Self::Capabilities => "giving up capabilities",
            Self::Wait => "waiting for packets",
            Self::Counters => "reading the capture's counters",
        })
    }
}

impl LiveError {
    /// What a person can do about it.
    #[must_use]
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "`ip link` lists the interfaces",
            Self::Down { .. } => "bring it up without an address: ip link set INTERFACE up",
            Self::Unsupported { .. } => "capture from an Ethernet interface, such as a mirror port's",
            Self::NotPermitted { .. } => {
                "run it as root, or let the program open packet sockets: setcap cap_net_raw+ep PROGRAM"
            }
            Self::System { step: Step::Ring, .. } => "ask for a smaller ring",
            Self::System { .. } => "check that the kernel has packet sockets (CONFIG_PACKET)",
            Self::Filter { .. } => {
                "use a kernel with seccomp filters (CONFIG_SECCOMP_FILTER) and no container rule against them"
            }
        }
    }
}
