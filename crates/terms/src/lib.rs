//! Words that every other crate shares: operation classes, link-layer addresses, transports, times, text off the wire.
//!
//! It exists so that `plant` (what is declared) and `dissect` (what is seen) can speak of the same operation class
//! without either depending on the other. It must not know any protocol, file format, plant model or policy.
//!
//! Read first: [`OperationClass`], [`WireText`], [`Timestamp`].
#![forbid(unsafe_code)]

mod link;
mod operation;
mod text;
mod time;

pub use link::{EtherType, IpProtocol, LinkType, MacAddr, NotAMacAddr, Transport, UnknownTransport, VlanId};
pub use operation::{OperationClass, OperationSet, UnknownOperationClass};
pub use text::WireText;
pub use time::Timestamp;
