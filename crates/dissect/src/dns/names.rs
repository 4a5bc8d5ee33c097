//! Tables of DNS and its relatives: operations, record types, response codes. Tables only.

use super::Flavour;
use crate::message::Outcome;
use cofferdam_terms::OperationClass;

/// The name and class of an operation code (RFC 6895, 2.2; for NetBIOS names RFC 1002, 4.2.1.1).
pub(super) const fn operation(flavour: Flavour, code: u8) -> (&'static str, OperationClass) {
    use OperationClass::{Configure, Identify};
    match (flavour, code) {
        (_, 0) => ("Query", Identify),
        (Flavour::NetBios, 5) => ("Registration", Identify),
        (Flavour::NetBios, 6) => ("Release", Identify),
        (Flavour::NetBios, 7) => ("Wait for Acknowledgement", Identify),
        (Flavour::NetBios, 8 | 9) => ("Refresh", Identify),
        (Flavour::NetBios, 15) => ("Multi-homed Registration", Identify),
        (Flavour::NetBios, _) => ("unknown", Identify),
        (_, 1) => ("Inverse Query", Identify),
        (_, 2) => ("Status", Identify),
        (_, 4) => ("Notify", Identify),
        (_, 5) => ("Update", Configure),
        (_, 6) => ("Stateful Operation", Identify),
        _ => ("unknown", Identify),
    }
}

/// What a response code says (RFC 6895, 2.3).
pub(super) const fn response_code(code: u8) -> Outcome {
    let name = match code {
        0 => return Outcome::Success,
        1 => "format error",
        2 => "server failure",
        3 => "no such name",
        4 => "not implemented",
        5 => "refused",
        6 => "name exists and should not",
        7 => "record set exists and should not",
        8 => "record set does not exist",
        9 => "not authoritative or not authorised",
        10 => "name not in zone",
        _ => "unknown",
    };
    Outcome::Failure {
        code: code as u32,
        name,
    }
}

/// Record types that tell something of a host.
pub(super) mod kind {
    pub(in super::super) const A: u16 = 1;
    pub(in super::super) const PTR: u16 = 12;
    pub(in super::super) const AAAA: u16 = 28;
    /// A NetBIOS name's addresses.
    pub(in super::super) const NB: u16 = 32;
    /// A NetBIOS node's names; in DNS the number is SRV's.
    pub(in super::super) const NBSTAT: u16 = 33;
}
