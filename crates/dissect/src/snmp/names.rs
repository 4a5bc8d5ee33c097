//! SNMP's tables: PDUs, errors, objects that identify, makers by enterprise number.

use crate::message::{IdentityField, Role};
use cofferdam_terms::OperationClass;

/// PDUs by their number (RFC 3416, 3; RFC 1157 for the first trap).
pub(super) const fn pdu(number: u8) -> (&'static str, Role, OperationClass) {
    match number {
        0 => ("GetRequest", Role::Request, OperationClass::Read),
        1 => ("GetNextRequest", Role::Request, OperationClass::Read),
        RESPONSE => ("Response", Role::Response, OperationClass::Read),
        3 => ("SetRequest", Role::Request, OperationClass::Configure),
        TRAP => ("Trap", Role::Unsolicited, OperationClass::Alarm),
        GET_BULK => ("GetBulkRequest", Role::Request, OperationClass::Read),
        6 => ("InformRequest", Role::Request, OperationClass::Alarm),
        7 => ("SNMPv2-Trap", Role::Unsolicited, OperationClass::Alarm),
        8 => ("Report", Role::Response, OperationClass::Session),
        _ => ("unknown", Role::Unsolicited, OperationClass::Program),
    }
}

pub(super) const RESPONSE: u8 = 2;
pub(super) const TRAP: u8 = 4;
pub(super) const GET_BULK: u8 = 5;
pub(super) const LAST: u8 = 8;

/// Error states (RFC 3416, 3).
pub(super) const fn error(code: i64) -> &'static str {
    match code {
        1 => "tooBig",
        2 => "noSuchName",
        3 => "badValue",
        4 => "readOnly",
        5 => "genErr",
        6 => "noAccess",
        7 => "wrongType",
        8 => "wrongLength",
        9 => "wrongEncoding",
        10 => "wrongValue",
        11 => "noCreation",
        12 => "inconsistentValue",
        13 => "resourceUnavailable",
        14 => "commitFailed",
        15 => "undoFailed",
        16 => "authorizationError",
        17 => "notWritable",
        18 => "inconsistentName",
        _ => "unknown",
    }
}

/// The system group, the entity table: who a device is.
pub(super) const IDENTIFYING: [&[u8]; 2] = [b"1.3.6.1.2.1.1", b"1.3.6.1.2.1.47"];
/// The tables of users with their keys, and of communities.
pub(super) const SECRET: [&[u8]; 2] = [b"1.3.6.1.6.3.15", b"1.3.6.1.6.3.18"];

pub(super) const SYSTEM_DESCRIPTION: &[u8] = b"1.3.6.1.2.1.1.1.0";
pub(super) const SYSTEM_OBJECT_ID: &[u8] = b"1.3.6.1.2.1.1.2.0";

/// Texts that are facts by themselves.
pub(super) fn fact(object: &[u8]) -> Option<IdentityField> {
    Some(match object {
        b"1.3.6.1.2.1.1.5.0" => IdentityField::HostName,
        b"1.3.6.1.2.1.47.1.1.1.1.9.1" | b"1.3.6.1.2.1.47.1.1.1.1.10.1" => IdentityField::Firmware,
        b"1.3.6.1.2.1.47.1.1.1.1.11.1" => IdentityField::Serial,
        b"1.3.6.1.2.1.47.1.1.1.1.12.1" => IdentityField::Vendor,
        b"1.3.6.1.2.1.47.1.1.1.1.13.1" => IdentityField::Product,
        _ => return None,
    })
}

/// Makers by their enterprise number (IANA), those whose devices stand in plants.
pub(super) fn maker(object: &[u8]) -> Option<&'static str> {
    let number = object.strip_prefix(b"1.3.6.1.4.1.")?;
    let number = number.split(|byte| *byte == b'.').next()?;
    Some(match number {
        b"9" => "Cisco",
        b"11" => "Hewlett-Packard",
        b"95" => "Allen-Bradley",
        b"248" => "Hirschmann",
        b"311" => "Microsoft",
        b"318" => "APC",
        b"534" => "Eaton",
        b"3833" => "Schneider Electric",
        b"4196" | b"4329" => "Siemens",
        b"4346" => "Phoenix Contact",
        b"8691" => "Moxa",
        b"15004" => "RuggedCom",
        _ => return None,
    })
}

/// Whether an object lies in a tree.
pub(super) fn lies_in(object: &[u8], trees: &[&[u8]]) -> bool {
    trees.iter().any(|tree| {
        object
            .strip_prefix(*tree)
            .is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_not_one_whose_number_starts_alike() {
        for (object, expected) in [
            (&b"1.3.6.1.2.1.1.5.0"[..], true),
            (b"1.3.6.1.2.1.1", true),
            (b"1.3.6.1.2.1.10.1", false),
        ] {
            assert_eq!(lies_in(object, &IDENTIFYING), expected);
        }
        assert_eq!(maker(b"1.3.6.1.4.1.4329.6.1"), Some("Siemens"));
        assert_eq!(maker(b"1.3.6.1.4.1.43299"), None);
    }
}
