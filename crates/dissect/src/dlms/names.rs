//! APDUs, classes and results (DLMS UA Green Book, edition 10, chapter 9; Blue Book, edition 14).

use cofferdam_terms::OperationClass;

/// An APDU's tag, and beside it the kind of request or response where its service has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) tag: u8,
    pub(super) kind: Option<u8>,
}

impl Function {
    pub(super) const fn code(self) -> u32 {
        match self.kind {
            Some(kind) => (self.tag as u32) << 8 | kind as u32,
            None => self.tag as u32,
        }
    }

    pub(super) const fn known(self) -> Option<&'static str> {
        Some(match (self.tag, self.kind) {
            (0x01, None) => "Initiate Request",
            (0x05, None) => "Read Request",
            (0x06, None) => "Write Request",
            (0x08, None) => "Initiate Response",
            (0x0c, None) => "Read Response",
            (0x0d, None) => "Write Response",
            (0x0e, None) => "Confirmed Service Error",
            (0x0f, None) => "Data Notification",
            (0x16, None) => "Unconfirmed Write",
            (0x18, None) => "Information Report",
            (0x21 | 0x41, None) => "Ciphered Initiate Request",
            (0x25 | 0x45, None) => "Ciphered Read Request",
            (0x26 | 0x46, None) => "Ciphered Write Request",
            (0x28 | 0x48, None) => "Ciphered Initiate Response",
            (0x2c | 0x4c, None) => "Ciphered Read Response",
            (0x2d | 0x4d, None) => "Ciphered Write Response",
            (0x2e | 0x4e, None) => "Ciphered Service Error",
            (0x36 | 0x56, None) => "Ciphered Unconfirmed Write",
            (0x38 | 0x58, None) => "Ciphered Information Report",
            (0x60, None) => "Association Request",
            (0x61, None) => "Association Response",
            (0x62, None) => "Release Request",
            (0x63, None) => "Release Response",
            (0xc0, Some(1)) => "GET Request",
            (0xc0, Some(2)) => "GET Request for Next Block",
            (0xc0, Some(3)) => "GET Request with List",
            (0xc1, Some(1)) => "SET Request",
            (0xc1, Some(2)) => "SET Request with First Block",
            (0xc1, Some(3)) => "SET Request with Block",
            (0xc1, Some(4)) => "SET Request with List",
            (0xc1, Some(5)) => "SET Request with List and First Block",
            (0xc2, None) => "Event Notification",
            (0xc3, Some(1)) => "ACTION Request",
            (0xc3, Some(2)) => "ACTION Request for Next Block",
            (0xc3, Some(3)) => "ACTION Request with List",
            (0xc3, Some(4)) => "ACTION Request with First Block",
            (0xc3, Some(5)) => "ACTION Request with List and First Block",
            (0xc3, Some(6)) => "ACTION Request with Block",
            (0xc4, Some(1)) => "GET Response",
            (0xc4, Some(2)) => "GET Response with Block",
            (0xc4, Some(3)) => "GET Response with List",
            (0xc5, Some(1)) => "SET Response",
            (0xc5, Some(2)) => "SET Response to Block",
            (0xc5, Some(3)) => "SET Response to Last Block",
            (0xc5, Some(4)) => "SET Response to Last Block with List",
            (0xc5, Some(5)) => "SET Response with List",
            (0xc7, Some(1)) => "ACTION Response",
            (0xc7, Some(2)) => "ACTION Response with Block",
            (0xc7, Some(3)) => "ACTION Response with List",
            (0xc7, Some(4)) => "ACTION Response to Block",
            (0xc8 | 0xd0, None) => "Ciphered GET Request",
            (0xc9 | 0xd1, None) => "Ciphered SET Request",
            (0xca | 0xd2, None) => "Ciphered Event Notification",
            (0xcb | 0xd3, None) => "Ciphered ACTION Request",
            (0xcc | 0xd4, None) => "Ciphered GET Response",
            (0xcd | 0xd5, None) => "Ciphered SET Response",
            (0xcf | 0xd7, None) => "Ciphered ACTION Response",
            (0xd8, None) => "Exception",
            (0xd9, None) => "ACCESS Request",
            (0xda, None) => "ACCESS Response",
            (0xdb..=0xdd, None) => "General Ciphering",
            (0xdf, None) => "General Signing",
            (0xe0, None) => "General Block Transfer",
            _ => return None,
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self.known() {
            Some(name) => name,
            None => "unknown",
        }
    }

    /// What the service does by itself, where no object says more. What no table knows counts as the class that a policy
    /// is most careful with.
    pub(super) const fn operation(self) -> OperationClass {
        match self.tag {
            0x01 | 0x08 | 0x21 | 0x28 | 0x41 | 0x48 | 0x60..=0x63 => OperationClass::Session,
            0x05 | 0x0c | 0x25 | 0x2c | 0x45 | 0x4c | 0xc0 | 0xc4 | 0xc8 | 0xcc | 0xd0 | 0xd4 => {
                OperationClass::Read
            }
            0x06 | 0x0d | 0x16 | 0x26 | 0x2d | 0x36 | 0x46 | 0x4d | 0x56 => OperationClass::Write,
            0xc1 | 0xc5 | 0xc9 | 0xcd | 0xd1 | 0xd5 => OperationClass::Write,
            0xc3 | 0xc7 | 0xcb | 0xcf | 0xd3 | 0xd7 => OperationClass::Control,
            0x0f | 0x18 | 0x38 | 0x58 | 0xc2 | 0xca | 0xd2 => OperationClass::Alarm,
            0x0e | 0x2e | 0x4e | 0xd8 | 0xdb | 0xdc | 0xdd | 0xdf | 0xe0 => OperationClass::Session,
            _ => OperationClass::Program,
        }
    }

    /// Whether the tag is one of a service with several kinds.
    pub(super) const fn has_kinds(tag: u8) -> bool {
        matches!(tag, 0xc0 | 0xc1 | 0xc3 | 0xc4 | 0xc5 | 0xc7)
    }
}

/// What is done to an object, by its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Get,
    Set,
    Act,
}

/// What reading, setting or a method of a class does to the meter.
pub(super) const fn operation(deed: Deed, class: u16) -> OperationClass {
    match (deed, class) {
        // The clock.
        (_, 8) => OperationClass::Time,
        (Deed::Get, _) => OperationClass::Read,
        // Image transfer.
        (Deed::Set | Deed::Act, 18) => OperationClass::Firmware,
        // Data and registers.
        (Deed::Set, 1 | 3 | 4 | 5 | 6) => OperationClass::Write,
        // Disconnect control.
        (Deed::Set, 70) => OperationClass::Control,
        (Deed::Set, _) => OperationClass::Configure,
        // The association: a password is proved or changed.
        (Deed::Act, 12 | 15) => OperationClass::Session,
        // Security setup.
        (Deed::Act, 64) => OperationClass::Configure,
        (Deed::Act, _) => OperationClass::Control,
    }
}

/// The name of a data-access or action result other than success.
pub(super) const fn result(code: u8) -> &'static str {
    match code {
        1 => "hardware fault",
        2 => "temporary failure",
        3 => "access denied",
        4 => "object is not defined",
        9 => "class doesn't fit the object",
        11 => "object is not available",
        12 => "type doesn't fit",
        13 => "scope of access violated",
        14 => "block is not available",
        15 => "long transfer was aborted",
        16 => "no long transfer is going on",
        17 | 18 => "long transfer's blocks don't follow",
        19 => "block's number is wrong",
        250 => "other reason",
        _ => "unknown",
    }
}

/// Why an association was refused, by the diagnostic of the user's side.
pub(super) const fn refusal(code: u32) -> &'static str {
    match code {
        1 => "no reason given",
        2 => "application context not supported",
        11 => "authentication mechanism not known",
        12 => "authentication mechanism is required",
        13 => "authentication failed",
        14 => "authentication is required",
        _ => "refused",
    }
}

/// The name of an authentication mechanism, by the last byte of its object identifier.
pub(super) const fn mechanism(code: u8) -> Option<&'static str> {
    Some(match code {
        0 => "lowest",
        1 => "low",
        2 => "high",
        3 => "high with MD5",
        4 => "high with SHA-1",
        5 => "high with GMAC",
        6 => "high with SHA-256",
        7 => "high with ECDSA",
        _ => return None,
    })
}

/// The name of an application context, by the last byte of its object identifier.
pub(super) const fn context(code: u8) -> Option<&'static str> {
    Some(match code {
        1 => "logical names",
        2 => "short names",
        3 => "logical names, ciphered",
        4 => "short names, ciphered",
        _ => return None,
    })
}
