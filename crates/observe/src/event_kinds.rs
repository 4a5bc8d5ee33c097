//! Which messages are events, and which techniques of MITRE ATT&CK for ICS they are the traces of. Tables only.
//!
//! A technique is what an adversary would use such a message for. Engineers use the same ones: an event is a fact, not
//! a verdict. Protocols of offices are left out, but for refusals.

use cofferdam_dissect::{Outcome, Protocol};
use cofferdam_terms::OperationClass;
use std::ops::RangeInclusive;

/// A technique of MITRE ATT&CK for ICS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Technique {
    /// Its id: `T0843`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
}

const fn technique(id: &'static str, name: &'static str) -> Technique {
    Technique { id, name }
}

const BLOCK_REPORTING: Technique = technique("T0804", "Block Reporting Message");
const DENIAL_OF_SERVICE: Technique = technique("T0814", "Denial of Service");
const DEVICE_RESTART: Technique = technique("T0816", "Device Restart/Shutdown");
const MODIFY_PARAMETER: Technique = technique("T0836", "Modify Parameter");
const PROGRAM_DOWNLOAD: Technique = technique("T0843", "Program Download");
const PROGRAM_UPLOAD: Technique = technique("T0845", "Program Upload");
const REMOTE_SYSTEM_DISCOVERY: Technique = technique("T0846", "Remote System Discovery");
const COMMAND: Technique = technique("T0855", "Unauthorized Command Message");
const SYSTEM_FIRMWARE: Technique = technique("T0857", "System Firmware");
const CHANGE_OPERATING_MODE: Technique = technique("T0858", "Change Operating Mode");
const VALID_ACCOUNTS: Technique = technique("T0859", "Valid Accounts");
const LATERAL_TOOL_TRANSFER: Technique = technique("T0867", "Lateral Tool Transfer");
const ALARM_SUPPRESSION: Technique = technique("T0878", "Alarm Suppression");
const REMOTE_SYSTEM_INFORMATION: Technique = technique("T0888", "Remote System Information Discovery");
const MODIFY_PROGRAM: Technique = technique("T0889", "Modify Program");

/// What was done to a device, or tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A program or block was sent to the device.
    ProgramDownload,
    /// A program or block was fetched from it.
    ProgramUpload,
    /// Its program was worked on, and the protocol doesn't say in which direction.
    ProgramTransfer,
    /// Firmware was transferred or replaced.
    FirmwareUpdate,
    /// Its program was started.
    ModeStart,
    /// Its program was stopped.
    ModeStop,
    /// Its mode was changed, and the message doesn't show to which.
    ModeChange,
    /// It was restarted or reset.
    Restart,
    /// It was made to listen only, or to restart its communication.
    ListenOnly,
    /// Its alarms were locked or suppressed.
    AlarmSuppression,
    /// Its unasked reports were switched off.
    ReportingOff,
    /// Its clock was set.
    TimeSet,
    /// Its settings were changed.
    ConfigurationChange,
    /// A set point, coil or tag was written.
    ParameterWrite,
    /// It was commanded: an output operated, a method called.
    Command,
    /// A file was transferred.
    FileTransfer,
    /// It was asked how it is.
    Diagnosis,
    /// It was asked who it is.
    Identification,
    /// Everybody was asked who they are.
    Discovery,
    /// It refused what the asker had no right to.
    FailedAccess,
}

impl EventKind {
    /// Every kind, in printing order.
    pub const ALL: [Self; 20] = [
        Self::ProgramDownload,
        Self::ProgramUpload,
        Self::ProgramTransfer,
        Self::FirmwareUpdate,
        Self::ModeStart,
        Self::ModeStop,
        Self::ModeChange,
        Self::Restart,
        Self::ListenOnly,
        Self::AlarmSuppression,
        Self::ReportingOff,
        Self::TimeSet,
        Self::ConfigurationChange,
        Self::ParameterWrite,
        Self::Command,
        Self::FileTransfer,
        Self::Diagnosis,
        Self::Identification,
        Self::Discovery,
        Self::FailedAccess,
    ];

    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProgramDownload => "program-download",
            Self::ProgramUpload => "program-upload",
            Self::ProgramTransfer => "program-transfer",
            Self::FirmwareUpdate => "firmware-update",
            Self::ModeStart => "mode-start",
            Self::ModeStop => "mode-stop",
            Self::ModeChange => "mode-change",
            Self::Restart => "restart",
            Self::ListenOnly => "listen-only",
            Self::AlarmSuppression => "alarm-suppression",
            Self::ReportingOff => "reporting-off",
            Self::TimeSet => "time-set",
            Self::ConfigurationChange => "configuration-change",
            Self::ParameterWrite => "parameter-write",
            Self::Command => "command",
            Self::FileTransfer => "file-transfer",
            Self::Diagnosis => "diagnosis",
            Self::Identification => "identification",
            Self::Discovery => "discovery",
            Self::FailedAccess => "failed-access",
        }
    }

    /// The techniques of ATT&CK for ICS that such a message is the trace of.
    #[must_use]
    pub const fn techniques(self) -> &'static [Technique] {
        match self {
            Self::ProgramDownload => &[PROGRAM_DOWNLOAD, MODIFY_PROGRAM],
            Self::ProgramUpload => &[PROGRAM_UPLOAD],
            Self::ProgramTransfer => &[PROGRAM_DOWNLOAD, PROGRAM_UPLOAD],
            Self::FirmwareUpdate => &[SYSTEM_FIRMWARE],
            Self::ModeStart | Self::ModeStop | Self::ModeChange => &[CHANGE_OPERATING_MODE],
            Self::Restart => &[DEVICE_RESTART],
            Self::ListenOnly => &[DENIAL_OF_SERVICE],
            Self::AlarmSuppression => &[ALARM_SUPPRESSION],
            Self::ReportingOff => &[BLOCK_REPORTING],
            Self::TimeSet | Self::ConfigurationChange | Self::ParameterWrite => &[MODIFY_PARAMETER],
            Self::Command => &[COMMAND],
            Self::FileTransfer => &[LATERAL_TOOL_TRANSFER],
            Self::Diagnosis | Self::Identification => &[REMOTE_SYSTEM_INFORMATION],
            Self::Discovery => &[REMOTE_SYSTEM_DISCOVERY],
            Self::FailedAccess => &[VALID_ACCOUNTS],
        }
    }
}

/// Protocols of offices and of the network itself: what they read, write and control is no equipment.
const OFFICE: &[&str] = &[
    "arp", "cotp", "dhcp", "dns", "ftp", "http", "kerberos", "ldap", "lldp", "llmnr", "mdns", "nbdgm",
    "nbns", "nbss", "ntp", "rdp", "smb", "ssh", "syslog", "telnet", "tftp", "tls", "vnc",
];

/// Messages that carry others, which are told by themselves.
const WRAPPERS: &[(&str, &str)] = &[("cip", "Multiple_Service_Packet"), ("cip", "Unconnected_Send")];

/// A row: functions of a protocol, of one operation class or of any, are events of a kind, or none.
struct Row {
    protocol: &'static str,
    codes: RangeInclusive<u32>,
    operation: Option<OperationClass>,
    kind: Option<EventKind>,
}

const fn row(protocol: &'static str, codes: RangeInclusive<u32>, kind: EventKind) -> Row {
    Row {
        protocol,
        codes,
        operation: None,
        kind: Some(kind),
    }
}

const fn of_class(
    protocol: &'static str,
    codes: RangeInclusive<u32>,
    operation: OperationClass,
    kind: Option<EventKind>,
) -> Row {
    Row {
        protocol,
        codes,
        operation: Some(operation),
        kind,
    }
}

/// What a function is that its class alone doesn't say; the first row that fits counts.
const ROWS: &[Row] = &{
    use EventKind as Kind;
    use OperationClass as Class;
    [
        row("s7comm", 0x1a..=0x1c, Kind::ProgramDownload),
        row("s7comm", 0x1d..=0x1f, Kind::ProgramUpload),
        // A PI service is classed by its name: P_PROGRAM and its kin control, _INSE and its kin are for blocks.
        of_class("s7comm", 0x28..=0x28, Class::Control, Some(Kind::ModeStart)),
        of_class("s7comm", 0x28..=0x28, Class::Program, Some(Kind::ProgramDownload)),
        row("s7comm", 0x29..=0x29, Kind::ModeStop),
        // The device says itself that it went to STOP, or to another mode.
        row("s7comm", 0x1_0000..=0x1_0000, Kind::ModeStop),
        row("s7comm", 0x1_0001..=0x1_00ff, Kind::ModeChange),
        row("s7comm", 0x1_010c..=0x1_010c, Kind::Restart),
        row("s7comm", 0x1_0407..=0x1_0407, Kind::AlarmSuppression),
        row("s7comm", 0x1_0702..=0x1_0702, Kind::TimeSet),
        row("s7comm", 0x1_0704..=0x1_0704, Kind::TimeSet),
        row("s7comm", 0x1_0f01..=0x1_0f04, Kind::ProgramDownload),
        row("s7comm", 0x1_0f06..=0x1_0f08, Kind::ProgramUpload),
        row("umas", 0x30..=0x32, Kind::ProgramUpload),
        row("umas", 0x33..=0x35, Kind::ProgramDownload),
        row("umas", 0x36..=0x36, Kind::ProgramUpload),
        row("umas", 0x40..=0x40, Kind::ModeStart),
        row("umas", 0x41..=0x41, Kind::ModeStop),
        row("umas", 0x42..=0x42, Kind::Restart),
        // Diagnostics of class control are Restart Communications Option and Force Listen Only Mode.
        of_class("modbus", 0x08..=0x08, Class::Control, Some(Kind::ListenOnly)),
        row("modbus", 0x13..=0x13, Kind::Restart),
        of_class("cip", 0x05..=0x05, Class::Control, Some(Kind::Restart)),
        of_class("cip", 0x06..=0x06, Class::Control, Some(Kind::ModeStart)),
        of_class("cip", 0x07..=0x07, Class::Control, Some(Kind::ModeStop)),
        of_class("cip", 0x02..=0x02, Class::Time, Some(Kind::TimeSet)),
        of_class("cip", 0x04..=0x04, Class::Time, Some(Kind::TimeSet)),
        of_class("cip", 0x10..=0x10, Class::Time, Some(Kind::TimeSet)),
        row("pccc", 0x0703..=0x0703, Kind::ModeStart),
        row("pccc", 0x0704..=0x0704, Kind::ProgramDownload),
        row("pccc", 0x0706..=0x0706, Kind::ProgramUpload),
        row("pccc", 0x0f05..=0x0f05, Kind::ProgramDownload),
        row("pccc", 0x0f06..=0x0f06, Kind::ProgramUpload),
        row("pccc", 0x0f07..=0x0f07, Kind::Restart),
        row("pccc", 0x0f0a..=0x0f0a, Kind::Restart),
        row("pccc", 0x0f3a..=0x0f3a, Kind::ModeChange),
        row("pccc", 0x0f50..=0x0f52, Kind::ProgramDownload),
        row("pccc", 0x0f53..=0x0f55, Kind::ProgramUpload),
        row("pccc", 0x0f80..=0x0f80, Kind::ModeChange),
        of_class("dnp3", 2..=2, Class::Time, Some(Kind::TimeSet)),
        // Select asks whether the device would; the operate that follows does it.
        of_class("dnp3", 3..=3, Class::Control, None),
        row("dnp3", 13..=14, Kind::Restart),
        row("dnp3", 17..=17, Kind::ModeStart),
        row("dnp3", 18..=18, Kind::ModeStop),
        // Every master asks for unasked reports after a start.
        of_class("dnp3", 20..=20, Class::Configure, None),
        row("dnp3", 21..=21, Kind::ReportingOff),
        row("dnp3", 24..=24, Kind::TimeSet),
    ]
};

/// The event that messages of a function are, if they are one.
pub(crate) fn kind_of(
    protocol: Protocol,
    code: u32,
    name: &str,
    operation: OperationClass,
) -> Option<EventKind> {
    if OFFICE.contains(&protocol.0) || WRAPPERS.contains(&(protocol.0, name)) {
        return None;
    }
    let fits = |row: &&Row| {
        row.protocol == protocol.0
            && row.codes.contains(&code)
            && row.operation.is_none_or(|class| class == operation)
    };
    match ROWS.iter().find(fits) {
        Some(row) => row.kind,
        None => by_class(operation),
    }
}

const fn by_class(operation: OperationClass) -> Option<EventKind> {
    match operation {
        OperationClass::Identify => Some(EventKind::Identification),
        OperationClass::Write => Some(EventKind::ParameterWrite),
        OperationClass::Control => Some(EventKind::Command),
        OperationClass::Configure => Some(EventKind::ConfigurationChange),
        OperationClass::Program => Some(EventKind::ProgramTransfer),
        OperationClass::Firmware => Some(EventKind::FirmwareUpdate),
        OperationClass::Diagnose => Some(EventKind::Diagnosis),
        OperationClass::File => Some(EventKind::FileTransfer),
        OperationClass::Read | OperationClass::Alarm | OperationClass::Time | OperationClass::Session => None,
    }
}

/// Failure codes that say that the asker had no right, by protocol; of CIP's the low byte counts, of OPC UA's the high
/// half.
const REFUSALS: &[(&str, u32, &[u32])] = &[
    (
        "s7comm",
        u32::MAX,
        &[
            0x03, 0x0116, 0x0119, 0xd602, 0x8703, 0xd0a1, 0xd217, 0xd240, 0xd241, 0xd242,
        ],
    ),
    ("cip", 0xff, &[0x0f]),
    // Access denied, identity token invalid or rejected, certificates that are not trusted, security checks.
    (
        "opcua",
        0xffff_0000,
        &[
            0x8012_0000,
            0x8013_0000,
            0x801a_0000,
            0x801f_0000,
            0x8020_0000,
            0x8021_0000,
            0x8054_0000,
            0x8055_0000,
        ],
    ),
    // Not authorised (IEEE 1815-2012, table A-11).
    ("dnp3", u32::MAX, &[9]),
    (
        "smb",
        u32::MAX,
        &[
            0xc000_0022,
            0xc000_0061,
            0xc000_0064,
            0xc000_006a,
            0xc000_006d,
            0xc000_006e,
            0xc000_006f,
            0xc000_0070,
            0xc000_0071,
            0xc000_0072,
            0xc000_015b,
            0xc000_0193,
            0xc000_0234,
        ],
    ),
    ("http", u32::MAX, &[401, 403]),
];

/// The failure's name, if it says that the asker had no right.
pub(crate) fn refusal(protocol: Protocol, outcome: Outcome) -> Option<&'static str> {
    let Outcome::Failure { code, name } = outcome else {
        return None;
    };
    let says =
        |(known, mask, codes): &(&str, u32, &[u32])| *known == protocol.0 && codes.contains(&(code & mask));
    REFUSALS.iter().any(says).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn check(
        protocol: &'static str,
        code: u32,
        name: &str,
        operation: OperationClass,
        kind: Option<EventKind>,
    ) {
        assert_eq!(
            kind_of(Protocol(protocol), code, name, operation),
            kind,
            "{protocol} {code:#x} {name}"
        );
    }

    #[test]
    fn a_function_is_the_event_that_its_row_or_else_its_class_says() {
        use OperationClass as Class;
        check(
            "s7comm",
            0x1a,
            "Request Download",
            Class::Program,
            Some(EventKind::ProgramDownload),
        );
        check(
            "s7comm",
            0x28,
            "PI Service",
            Class::Control,
            Some(EventKind::ModeStart),
        );
        check(
            "s7comm",
            0x28,
            "PI Service",
            Class::File,
            Some(EventKind::FileTransfer),
        );
        check("s7comm", 0x04, "Read Var", Class::Read, None);
        check("cip", 0x0a, "Multiple_Service_Packet", Class::Write, None);
        check(
            "cip",
            0x4d,
            "Write_Tag",
            Class::Write,
            Some(EventKind::ParameterWrite),
        );
        check("cip", 0x0e, "Get_Attribute_Single", Class::Time, None);
        check("dnp3", 3, "Select", Class::Control, None);
        check(
            "dnp3",
            5,
            "Direct Operate",
            Class::Control,
            Some(EventKind::Command),
        );
        check("smb", 9, "WRITE", Class::File, None);
        check(
            "a protocol of next year",
            1,
            "Write",
            Class::Write,
            Some(EventKind::ParameterWrite),
        );
    }

    #[test]
    fn refusals_are_told_from_other_failures() {
        for (protocol, code, found) in [
            ("s7comm", 0xd602, true),
            ("s7comm", 0x05, false),
            ("cip", 0x1234_000f, true),
            ("cip", 0x05, false),
            ("opcua", 0x801f_0000, true),
            ("opcua", 0x8034_0000, false),
            ("http", 404, false),
        ] {
            let outcome = Outcome::Failure { code, name: "no" };
            assert_eq!(
                refusal(Protocol(protocol), outcome).is_some(),
                found,
                "{protocol} {code:#x}"
            );
        }
        assert_eq!(refusal(Protocol("http"), Outcome::Success), None);
    }

    #[test]
    fn every_kind_has_a_name_and_a_technique_of_the_right_form() {
        let names: BTreeSet<_> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), EventKind::ALL.len());
        for technique in EventKind::ALL.iter().flat_map(|kind| kind.techniques()) {
            let digits = technique.id.strip_prefix("T0").unwrap();
            assert!(digits.len() == 3 && digits.bytes().all(|digit| digit.is_ascii_digit()));
        }
    }
}
