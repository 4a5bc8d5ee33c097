//! Application functions, object groups and status codes of DNP3. Tables only.

use cofferdam_terms::OperationClass;

/// An application function code (IEEE 1815-2012, table 4-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FunctionCode(pub(super) u8);

impl FunctionCode {
    pub(super) const UNSOLICITED_RESPONSE: Self = Self(130);
    pub(super) const AUTHENTICATION_RESPONSE: Self = Self(131);

    /// Sent by an outstation.
    pub(super) const fn is_response(self) -> bool {
        self.0 >= 128
    }

    pub(super) const fn name(self) -> &'static str {
        match self.0 {
            0 => "Confirm",
            1 => "Read",
            2 => "Write",
            3 => "Select",
            4 => "Operate",
            5 => "Direct Operate",
            6 => "Direct Operate No Response",
            7 => "Immediate Freeze",
            8 => "Immediate Freeze No Response",
            9 => "Freeze Clear",
            10 => "Freeze Clear No Response",
            11 => "Freeze At Time",
            12 => "Freeze At Time No Response",
            13 => "Cold Restart",
            14 => "Warm Restart",
            15 => "Initialize Data",
            16 => "Initialize Application",
            17 => "Start Application",
            18 => "Stop Application",
            19 => "Save Configuration",
            20 => "Enable Unsolicited",
            21 => "Disable Unsolicited",
            22 => "Assign Class",
            23 => "Delay Measure",
            24 => "Record Current Time",
            25 => "Open File",
            26 => "Close File",
            27 => "Delete File",
            28 => "Get File Information",
            29 => "Authenticate File",
            30 => "Abort File",
            31 => "Activate Configuration",
            32 => "Authentication Request",
            33 => "Authentication Request No Acknowledgement",
            129 => "Response",
            130 => "Unsolicited Response",
            131 => "Authentication Response",
            _ => "unknown",
        }
    }

    /// Whether an outstation answers it with a response of the same sequence number.
    pub(super) const fn is_answered(self) -> bool {
        !self.is_response() && !matches!(self.0, 0 | 6 | 8 | 10 | 12 | 33)
    }

    /// Whether a request names objects without carrying their values. Objects with a size prefix carry them anyway.
    pub(super) const fn names_only(self) -> bool {
        matches!(self.0, 1 | 7..=10 | 20..=22)
    }

    /// What a request does to the outstation, by its function and the first group that it names. A function that the
    /// standard doesn't have counts as the class that a policy is most careful with.
    pub(super) const fn operation(self, first_group: Option<u8>) -> OperationClass {
        match (self.0, first_group) {
            (0, _) => OperationClass::Session,
            (1, Some(0)) => OperationClass::Identify,
            (1 | 2, Some(70)) => OperationClass::File,
            (1, _) => OperationClass::Read,
            (2, Some(50 | 51)) => OperationClass::Time,
            (2, Some(0 | 34)) => OperationClass::Configure,
            // Clearing the restart indication, which every master does after a start.
            (2, Some(80)) => OperationClass::Session,
            (2, _) => OperationClass::Write,
            (3..=14 | 16..=18, _) => OperationClass::Control,
            (15 | 19..=22 | 31, _) => OperationClass::Configure,
            (23 | 24, _) => OperationClass::Time,
            (25..=30, _) => OperationClass::File,
            (32 | 33 | 131, _) => OperationClass::Session,
            (129, _) => OperationClass::Read,
            (130, _) => OperationClass::Alarm,
            _ => OperationClass::Program,
        }
    }
}

/// The name of a group's points (IEEE 1815-2012, Annex A).
pub(super) const fn space(group: u8) -> &'static str {
    match group {
        0 => "device-attribute",
        1 => "binary-input",
        2 => "binary-input-event",
        3 => "double-bit-input",
        4 => "double-bit-input-event",
        10 => "binary-output",
        11 => "binary-output-event",
        12 => "binary-command",
        13 => "binary-command-event",
        20 => "counter",
        21 => "frozen-counter",
        22 => "counter-event",
        23 => "frozen-counter-event",
        30 => "analog-input",
        31 => "frozen-analog-input",
        32 => "analog-input-event",
        33 => "frozen-analog-input-event",
        34 => "analog-input-deadband",
        40 => "analog-output",
        41 => "analog-command",
        42 => "analog-output-event",
        43 => "analog-command-event",
        50 => "time",
        51 => "common-time",
        52 => "time-delay",
        60 => "class",
        70 => "file",
        80 => "internal-indication",
        81 => "storage",
        82 => "device-profile",
        83 => "private-registration",
        85 => "data-set-prototype",
        86 => "data-set-descriptor",
        87 => "data-set",
        88 => "data-set-event",
        90 => "application",
        91 => "operation-status",
        100 => "floating-point",
        101 => "binary-coded-decimal",
        102 => "unsigned-integer",
        110 => "octet-string",
        111 => "octet-string-event",
        112 => "virtual-terminal-output",
        113 => "virtual-terminal-event",
        120 => "authentication",
        121 => "security-statistic",
        122 => "security-statistic-event",
        _ => "unknown-group",
    }
}

/// What a variation of group 120, secure authentication, is.
pub(super) const fn authentication(variation: u8) -> &'static str {
    match variation {
        1 => "challenge",
        2 => "reply",
        3 => "aggressive-mode-request",
        4 => "session-key-status-request",
        5 => "session-key-status",
        6 => "session-key-change",
        7 => "error",
        8 => "user-certificate",
        9 => "message-authentication-code",
        10 => "user-status-change",
        11 => "update-key-change-request",
        12 => "update-key-change-reply",
        13 => "update-key-change",
        14 => "update-key-change-signature",
        15 => "update-key-change-confirmation",
        _ => "unknown",
    }
}

/// The status of a control (IEEE 1815-2012, table A-11).
pub(super) const fn control_status(status: u8) -> &'static str {
    match status {
        0 => "Success",
        1 => "Timeout",
        2 => "No Select",
        3 => "Format Error",
        4 => "Not Supported",
        5 => "Already Active",
        6 => "Hardware Error",
        7 => "Local",
        8 => "Too Many Operations",
        9 => "Not Authorized",
        10 => "Automation Inhibit",
        11 => "Processing Limited",
        12 => "Out of Range",
        13 => "Downstream Local",
        14 => "Already Complete",
        15 => "Blocked",
        16 => "Cancelled",
        17 => "Blocked by Other Master",
        18 => "Downstream Failure",
        126 => "Non-participating",
        127 => "Undefined",
        _ => "unknown",
    }
}

/// The status of a file command or transport (IEEE 1815-2012, A.21).
pub(super) const fn file_status(status: u8) -> &'static str {
    match status {
        0 => "Success",
        1 => "Permission Denied",
        2 => "Invalid Mode",
        3 => "File Not Found",
        4 => "File Locked",
        5 => "Too Many Open Files",
        6 => "Invalid Handle",
        7 => "Write Block Size",
        8 => "Communication Lost",
        9 => "Cannot Abort",
        16 => "Not Opened",
        17 => "Handle Expired",
        18 => "Buffer Overrun",
        19 => "Fatal",
        20 => "Out of Sequence",
        255 => "Undefined",
        _ => "unknown",
    }
}

/// The internal indications that say that a request failed, from the second byte, the gravest first.
pub(super) const REFUSALS: [(u16, &str); 4] = [
    (0x0001, "Function Not Supported"),
    (0x0002, "Object Unknown"),
    (0x0004, "Parameter Error"),
    (0x0010, "Already Executing"),
];

/// The internal indications that tell of the device's condition, as first byte in the high half and second in the low.
/// Those that only say that events wait, or that a broadcast came, are left out.
pub(super) const CONDITIONS: [(u16, &[u8]); 6] = [
    (0x8000, b"Device Restart"),
    (0x4000, b"Device Trouble"),
    (0x2000, b"Local Control"),
    (0x1000, b"Need Time"),
    (0x0008, b"Event Buffer Overflow"),
    (0x0020, b"Configuration Corrupt"),
];
