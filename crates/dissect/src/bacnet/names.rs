//! Services, object types, properties, errors and makers of BACnet. Tables only.

use super::apdu::Service;
use super::services::{Item, What};
use crate::message::IdentityField;
use cofferdam_terms::OperationClass;

/// The type of device objects.
pub(super) const DEVICE: u16 = 8;
pub(super) const OBJECT_IDENTIFIER: u32 = 75;
pub(super) const PRESENT_VALUE: u32 = 85;
const OUT_OF_SERVICE: u32 = 81;
const PROGRAM_CHANGE: u32 = 90;

impl Service {
    /// Its code in messages: unconfirmed services have 0x100 added.
    pub(super) const fn code(self) -> u32 {
        match self {
            Self::Confirmed(choice) => choice as u32,
            Self::Unconfirmed(choice) => 0x100 | choice as u32,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Confirmed(choice) => confirmed(choice),
            Self::Unconfirmed(choice) => unconfirmed(choice),
        }
    }

    /// What the service does to the device. A service that no table knows, and those that a maker defines, count as the
    /// class that a policy is most careful with.
    pub(super) fn operation(self, items: &[Item<'_>]) -> OperationClass {
        match self {
            Self::Confirmed(choice) => match choice {
                0..=4 | 19 | 29 | 31 | 32 => OperationClass::Alarm,
                5 | 13 | 26 | 28 | 30 | 33 => OperationClass::Read,
                6 | 7 => OperationClass::File,
                8..=11 => OperationClass::Configure,
                12 | 14 => read(items),
                15 | 16 => write(items),
                17 | 23 | 27 => OperationClass::Control,
                20 => reinitialize(items),
                21 | 22 | 24 | 25 => OperationClass::Session,
                _ => OperationClass::Program,
            },
            Self::Unconfirmed(choice) => match choice {
                0 | 1 | 7 | 8 | 13 | 14 => OperationClass::Identify,
                2 | 3 | 5 | 11 | 12 => OperationClass::Alarm,
                6 | 9 => OperationClass::Time,
                10 => OperationClass::Write,
                _ => OperationClass::Program,
            },
        }
    }
}

/// Asking a device for what it is identifies it.
fn read(items: &[Item<'_>]) -> OperationClass {
    let identifies = |item: &Item<'_>| match item.what {
        What::Property(object, property) => {
            object.kind == DEVICE && (identity(property).is_some() || matches!(property, 75 | 120))
        }
        What::Object(_) | What::Numbers { .. } | What::Word { .. } | What::Text { .. } => false,
    };
    if !items.is_empty() && items.iter().all(identifies) {
        OperationClass::Identify
    } else {
        OperationClass::Read
    }
}

/// Present values are the process's; taking a point out of service or driving a program commands the device; all other
/// properties are settings. Of several the gravest counts.
fn write(items: &[Item<'_>]) -> OperationClass {
    let mut gravest = OperationClass::Write;
    for item in items {
        match item.what {
            What::Property(_, PRESENT_VALUE) => {}
            What::Property(_, OUT_OF_SERVICE | PROGRAM_CHANGE) if gravest == OperationClass::Write => {
                gravest = OperationClass::Control;
            }
            What::Property(_, OUT_OF_SERVICE | PROGRAM_CHANGE) => {}
            What::Property(..)
            | What::Object(_)
            | What::Numbers { .. }
            | What::Word { .. }
            | What::Text { .. } => gravest = OperationClass::Configure,
        }
    }
    gravest
}

/// Backup and restore carry a device's whole configuration and logic out and in.
fn reinitialize(items: &[Item<'_>]) -> OperationClass {
    let word = items.iter().find_map(|item| match item.what {
        What::Word { word, .. } => Some(word),
        What::Property(..) | What::Object(_) | What::Numbers { .. } | What::Text { .. } => None,
    });
    match word {
        Some("coldstart" | "warmstart") => OperationClass::Control,
        Some("activate-changes") => OperationClass::Configure,
        Some(_) | None => OperationClass::Program,
    }
}

const fn confirmed(choice: u8) -> &'static str {
    match choice {
        0 => "AcknowledgeAlarm",
        1 => "ConfirmedCOVNotification",
        2 => "ConfirmedEventNotification",
        3 => "GetAlarmSummary",
        4 => "GetEnrollmentSummary",
        5 => "SubscribeCOV",
        6 => "AtomicReadFile",
        7 => "AtomicWriteFile",
        8 => "AddListElement",
        9 => "RemoveListElement",
        10 => "CreateObject",
        11 => "DeleteObject",
        12 => "ReadProperty",
        13 => "ReadPropertyConditional",
        14 => "ReadPropertyMultiple",
        15 => "WriteProperty",
        16 => "WritePropertyMultiple",
        17 => "DeviceCommunicationControl",
        18 => "ConfirmedPrivateTransfer",
        19 => "ConfirmedTextMessage",
        20 => "ReinitializeDevice",
        21 => "VT-Open",
        22 => "VT-Close",
        23 => "VT-Data",
        24 => "Authenticate",
        25 => "RequestKey",
        26 => "ReadRange",
        27 => "LifeSafetyOperation",
        28 => "SubscribeCOVProperty",
        29 => "GetEventInformation",
        30 => "SubscribeCOVPropertyMultiple",
        31 => "ConfirmedCOVNotificationMultiple",
        32 => "ConfirmedAuditNotification",
        33 => "AuditLogQuery",
        _ => "unknown",
    }
}

const fn unconfirmed(choice: u8) -> &'static str {
    match choice {
        0 => "I-Am",
        1 => "I-Have",
        2 => "UnconfirmedCOVNotification",
        3 => "UnconfirmedEventNotification",
        4 => "UnconfirmedPrivateTransfer",
        5 => "UnconfirmedTextMessage",
        6 => "TimeSynchronization",
        7 => "Who-Has",
        8 => "Who-Is",
        9 => "UTCTimeSynchronization",
        10 => "WriteGroup",
        11 => "UnconfirmedCOVNotificationMultiple",
        12 => "UnconfirmedAuditNotification",
        13 => "Who-Am-I",
        14 => "You-Are",
        _ => "unknown",
    }
}

/// Messages of the network layer (clause 6.2.4). Their code has 0x200 added.
pub(super) const fn network(kind: u8) -> (&'static str, OperationClass) {
    match kind {
        0x00 => ("Who-Is-Router-To-Network", OperationClass::Identify),
        0x01 => ("I-Am-Router-To-Network", OperationClass::Identify),
        0x02 => ("I-Could-Be-Router-To-Network", OperationClass::Identify),
        0x03 => ("Reject-Message-To-Network", OperationClass::Session),
        0x04 => ("Router-Busy-To-Network", OperationClass::Session),
        0x05 => ("Router-Available-To-Network", OperationClass::Session),
        0x06 => ("Initialize-Routing-Table", OperationClass::Configure),
        0x07 => ("Initialize-Routing-Table-Ack", OperationClass::Configure),
        0x08 => ("Establish-Connection-To-Network", OperationClass::Session),
        0x09 => ("Disconnect-Connection-To-Network", OperationClass::Session),
        0x0a => ("Challenge-Request", OperationClass::Session),
        0x0b => ("Security-Payload", OperationClass::Session),
        0x0c => ("Security-Response", OperationClass::Session),
        0x0d => ("Request-Key-Update", OperationClass::Session),
        0x0e => ("Update-Key-Set", OperationClass::Configure),
        0x0f => ("Update-Distribution-Key", OperationClass::Configure),
        0x10 => ("Request-Master-Key", OperationClass::Session),
        0x11 => ("Set-Master-Key", OperationClass::Configure),
        0x12 => ("What-Is-Network-Number", OperationClass::Identify),
        0x13 => ("Network-Number-Is", OperationClass::Identify),
        _ => ("unknown", OperationClass::Program),
    }
}

/// Functions of the virtual link that carry nothing (Annex J).
pub(super) const fn link(function: u8) -> (&'static str, OperationClass) {
    match function {
        0x00 => ("BVLC-Result", OperationClass::Session),
        0x01 => ("Write-Broadcast-Distribution-Table", OperationClass::Configure),
        0x02 => ("Read-Broadcast-Distribution-Table", OperationClass::Diagnose),
        0x03 => ("Read-Broadcast-Distribution-Table-Ack", OperationClass::Diagnose),
        0x05 => ("Register-Foreign-Device", OperationClass::Session),
        0x06 => ("Read-Foreign-Device-Table", OperationClass::Diagnose),
        0x07 => ("Read-Foreign-Device-Table-Ack", OperationClass::Diagnose),
        0x08 => ("Delete-Foreign-Device-Table-Entry", OperationClass::Configure),
        0x0c => ("Secure-BVLL", OperationClass::Session),
        _ => ("unknown", OperationClass::Program),
    }
}

/// What a BVLC-Result says (J.2.1).
pub(super) const fn link_result(code: u16) -> &'static str {
    match code {
        0x0000 => "successful completion",
        0x0010 => "write of broadcast distribution table refused",
        0x0020 => "read of broadcast distribution table refused",
        0x0030 => "registration of foreign device refused",
        0x0040 => "read of foreign device table refused",
        0x0050 => "deletion of foreign device refused",
        0x0060 => "distribution of broadcast refused",
        _ => "unknown",
    }
}

pub(super) const fn object(kind: u16) -> &'static str {
    match kind {
        0 => "analog-input",
        1 => "analog-output",
        2 => "analog-value",
        3 => "binary-input",
        4 => "binary-output",
        5 => "binary-value",
        6 => "calendar",
        7 => "command",
        8 => "device",
        9 => "event-enrollment",
        10 => "file",
        11 => "group",
        12 => "loop",
        13 => "multi-state-input",
        14 => "multi-state-output",
        15 => "notification-class",
        16 => "program",
        17 => "schedule",
        18 => "averaging",
        19 => "multi-state-value",
        20 => "trend-log",
        21 => "life-safety-point",
        22 => "life-safety-zone",
        23 => "accumulator",
        24 => "pulse-converter",
        25 => "event-log",
        26 => "global-group",
        27 => "trend-log-multiple",
        28 => "load-control",
        29 => "structured-view",
        30 => "access-door",
        31 => "timer",
        32 => "access-credential",
        33 => "access-point",
        34 => "access-rights",
        35 => "access-user",
        36 => "access-zone",
        37 => "credential-data-input",
        38 => "network-security",
        39 => "bitstring-value",
        40 => "characterstring-value",
        41 => "date-pattern-value",
        42 => "date-value",
        43 => "datetime-pattern-value",
        44 => "datetime-value",
        45 => "integer-value",
        46 => "large-analog-value",
        47 => "octetstring-value",
        48 => "positive-integer-value",
        49 => "time-pattern-value",
        50 => "time-value",
        51 => "notification-forwarder",
        52 => "alert-enrollment",
        53 => "channel",
        54 => "lighting-output",
        55 => "binary-lighting-output",
        56 => "network-port",
        57 => "elevator-group",
        58 => "escalator",
        59 => "lift",
        60 => "staging",
        61 => "audit-log",
        62 => "audit-reporter",
        63 => "color",
        64 => "color-temperature",
        65..=127 => "reserved-object",
        _ => "proprietary-object",
    }
}

/// The properties that are met most; others are told by number.
pub(super) const fn property(id: u32) -> Option<&'static str> {
    Some(match id {
        8 => "all",
        11 => "apdu-timeout",
        12 => "application-software-version",
        19 => "controlled-variable-reference",
        24 => "daylight-savings-status",
        25 => "deadband",
        28 => "description",
        35 => "event-enable",
        36 => "event-state",
        44 => "firmware-revision",
        45 => "high-limit",
        56 => "local-date",
        57 => "local-time",
        58 => "location",
        59 => "low-limit",
        62 => "max-apdu-length-accepted",
        65 => "max-pres-value",
        69 => "min-pres-value",
        70 => "model-name",
        75 => "object-identifier",
        76 => "object-list",
        77 => "object-name",
        79 => "object-type",
        80 => "optional",
        81 => "out-of-service",
        85 => "present-value",
        87 => "priority-array",
        90 => "program-change",
        91 => "program-location",
        92 => "program-state",
        96 => "protocol-object-types-supported",
        97 => "protocol-services-supported",
        98 => "protocol-version",
        102 => "recipient-list",
        103 => "reliability",
        104 => "relinquish-default",
        105 => "required",
        107 => "segmentation-supported",
        108 => "setpoint",
        111 => "status-flags",
        112 => "system-status",
        117 => "units",
        120 => "vendor-identifier",
        121 => "vendor-name",
        123 => "weekly-schedule",
        131 => "log-buffer",
        133 => "log-enable",
        139 => "protocol-revision",
        141 => "record-count",
        152 => "active-cov-subscriptions",
        155 => "database-revision",
        371 => "property-list",
        372 => "serial-number",
        _ => return None,
    })
}

/// Properties of a device object that say what it is.
pub(super) const fn identity(property: u32) -> Option<IdentityField> {
    Some(match property {
        12 => IdentityField::System,
        44 => IdentityField::Firmware,
        70 => IdentityField::Product,
        77 => IdentityField::HostName,
        121 => IdentityField::Vendor,
        372 => IdentityField::Serial,
        _ => return None,
    })
}

/// What DeviceCommunicationControl asks for (16.1).
pub(super) const fn communication(code: u32) -> &'static str {
    match code {
        0 => "enable",
        1 => "disable",
        2 => "disable-initiation",
        _ => "unknown",
    }
}

/// What ReinitializeDevice asks for (16.4).
pub(super) const fn reinitialized(code: u32) -> &'static str {
    match code {
        0 => "coldstart",
        1 => "warmstart",
        2 => "start-backup",
        3 => "end-backup",
        4 => "start-restore",
        5 => "end-restore",
        6 => "abort-restore",
        7 => "activate-changes",
        _ => "unknown",
    }
}

/// Error codes (clause 18) that answers to the services here carry; the class is kept in the code.
pub(super) const fn error(class: u32, code: u32) -> &'static str {
    match code {
        0 => match class {
            4 => "security error",
            _ => "other",
        },
        2 => "configuration-in-progress",
        3 => "device-busy",
        4 => "dynamic-creation-not-supported",
        5 => "file-access-denied",
        7 => "inconsistent-parameters",
        9 => "invalid-data-type",
        10 => "invalid-file-access-method",
        11 => "invalid-file-start-position",
        13 => "invalid-parameter-data-type",
        14 => "invalid-time-stamp",
        16 => "missing-required-parameter",
        17 => "no-objects-of-specified-type",
        18 => "no-space-for-object",
        19 => "no-space-to-add-list-element",
        20 => "no-space-to-write-property",
        22 => "property-is-not-a-list",
        23 => "object-deletion-not-permitted",
        24 => "object-identifier-already-exists",
        25 => "operational-problem",
        26 => "password-failure",
        27 => "read-access-denied",
        29 => "service-request-denied",
        30 => "timeout",
        31 => "unknown-object",
        32 => "unknown-property",
        36 => "unsupported-object-type",
        37 => "value-out-of-range",
        40 => "write-access-denied",
        41 => "character-set-not-supported",
        42 => "invalid-array-index",
        43 => "cov-subscription-failed",
        44 => "not-cov-property",
        45 => "optional-functionality-not-supported",
        46 => "invalid-configuration-data",
        47 => "datatype-not-supported",
        48 => "duplicate-name",
        49 => "duplicate-object-id",
        50 => "property-is-not-an-array",
        72 => "value-not-initialized",
        73 => "invalid-event-state",
        74 => "no-alarm-configured",
        75 => "log-buffer-full",
        77 => "no-property-specified",
        79 => "unknown-subscription",
        80 => "parameter-out-of-range",
        81 => "list-element-not-found",
        82 => "busy",
        83 => "communication-disabled",
        85 => "access-denied",
        _ => "unknown",
    }
}

/// Why a message was rejected (18.9).
pub(super) const fn reject(reason: u8) -> &'static str {
    match reason {
        0 => "other",
        1 => "buffer-overflow",
        2 => "inconsistent-parameters",
        3 => "invalid-parameter-data-type",
        4 => "invalid-tag",
        5 => "missing-required-parameter",
        6 => "parameter-out-of-range",
        7 => "too-many-arguments",
        8 => "undefined-enumeration",
        9 => "unrecognized-service",
        _ => "unknown",
    }
}

/// Why an exchange was aborted (18.10).
pub(super) const fn abort(reason: u8) -> &'static str {
    match reason {
        0 => "other",
        1 => "buffer-overflow",
        2 => "invalid-apdu-in-this-state",
        3 => "preempted-by-higher-priority-task",
        4 => "segmentation-not-supported",
        5 => "security-error",
        6 => "insufficient-security",
        7 => "window-size-out-of-range",
        8 => "application-exceeded-reply-time",
        9 => "out-of-resources",
        10 => "tsm-timeout",
        11 => "apdu-too-long",
        _ => "unknown",
    }
}

/// Makers by the number that ASHRAE gave them: those whose controllers stand in most buildings and plants.
pub(super) const fn vendor(id: u32) -> Option<&'static str> {
    Some(match id {
        2 => "Trane",
        3 | 53 => "Daikin",
        5 => "Johnson Controls",
        6 => "ABB",
        7 | 9 | 22 => "Siemens",
        8 => "Delta Controls",
        10 => "Schneider Electric",
        11 | 19 => "TAC",
        13 => "Teletrol",
        16 => "Carrier",
        17 => "Honeywell",
        18 => "Alerton",
        24 => "Automated Logic",
        26 => "Phoenix Controls",
        28 => "KMC Controls",
        32 => "Simplex",
        34 => "Notifier",
        35 => "Reliable Controls",
        36 => "Tridium",
        39 => "Kieback & Peter",
        42 => "Acuity Brands",
        50 => "MBS",
        51 => "Samson",
        56 => "Liebert",
        _ => return None,
    })
}
