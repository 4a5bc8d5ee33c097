//! Services, errors and well-known names of MMS and what is built on it. Tables only.

use crate::message::IdentityField;
use cofferdam_terms::OperationClass;

/// A confirmed service, by the tag of its request (ISO 9506-2, clause 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Service(pub(super) u16);

impl Service {
    pub(super) const STATUS: Self = Self(0);
    pub(super) const NAME_LIST: Self = Self(1);
    pub(super) const IDENTIFY: Self = Self(2);
    pub(super) const READ: Self = Self(4);
    pub(super) const WRITE: Self = Self(5);

    pub(super) const fn name(self) -> &'static str {
        match self.0 {
            0 => "Status",
            1 => "GetNameList",
            2 => "Identify",
            3 => "Rename",
            4 => "Read",
            5 => "Write",
            6 => "GetVariableAccessAttributes",
            7 => "DefineNamedVariable",
            8 => "DefineScatteredAccess",
            9 => "GetScatteredAccessAttributes",
            10 => "DeleteVariableAccess",
            11 => "DefineNamedVariableList",
            12 => "GetNamedVariableListAttributes",
            13 => "DeleteNamedVariableList",
            14 => "DefineNamedType",
            15 => "GetNamedTypeAttributes",
            16 => "DeleteNamedType",
            17 => "Input",
            18 => "Output",
            19 => "TakeControl",
            20 => "RelinquishControl",
            21 => "DefineSemaphore",
            22 => "DeleteSemaphore",
            23 => "ReportSemaphoreStatus",
            24 => "ReportPoolSemaphoreStatus",
            25 => "ReportSemaphoreEntryStatus",
            26 => "InitiateDownloadSequence",
            27 => "DownloadSegment",
            28 => "TerminateDownloadSequence",
            29 => "InitiateUploadSequence",
            30 => "UploadSegment",
            31 => "TerminateUploadSequence",
            32 => "RequestDomainDownload",
            33 => "RequestDomainUpload",
            34 => "LoadDomainContent",
            35 => "StoreDomainContent",
            36 => "DeleteDomain",
            37 => "GetDomainAttributes",
            38 => "CreateProgramInvocation",
            39 => "DeleteProgramInvocation",
            40 => "Start",
            41 => "Stop",
            42 => "Resume",
            43 => "Reset",
            44 => "Kill",
            45 => "GetProgramInvocationAttributes",
            46 => "ObtainFile",
            47 => "DefineEventCondition",
            48 => "DeleteEventCondition",
            49 => "GetEventConditionAttributes",
            50 => "ReportEventConditionStatus",
            51 => "AlterEventConditionMonitoring",
            52 => "TriggerEvent",
            53 => "DefineEventAction",
            54 => "DeleteEventAction",
            55 => "GetEventActionAttributes",
            56 => "ReportEventActionStatus",
            57 => "DefineEventEnrollment",
            58 => "DeleteEventEnrollment",
            59 => "AlterEventEnrollment",
            60 => "ReportEventEnrollmentStatus",
            61 => "GetEventEnrollmentAttributes",
            62 => "AcknowledgeEventNotification",
            63 => "GetAlarmSummary",
            64 => "GetAlarmEnrollmentSummary",
            65 => "ReadJournal",
            66 => "WriteJournal",
            67 => "InitializeJournal",
            68 => "ReportJournalStatus",
            69 => "CreateJournal",
            70 => "DeleteJournal",
            71 => "GetCapabilityList",
            72 => "FileOpen",
            73 => "FileRead",
            74 => "FileClose",
            75 => "FileRename",
            76 => "FileDelete",
            77 => "FileDirectory",
            78 => "AdditionalService",
            80 => "GetDataExchangeAttributes",
            81 => "ExchangeData",
            82 => "DefineAccessControlList",
            83 => "GetAccessControlListAttributes",
            84 => "ReportAccessControlledObjects",
            85 => "DeleteAccessControlList",
            86 => "ChangeAccessControl",
            _ => "unknown",
        }
    }

    /// What the service does by itself; reads and writes are looked at by name as well, see [`read`] and [`write`]. A
    /// service that no table knows counts as the class that a policy is most careful with.
    pub(super) const fn operation(self) -> OperationClass {
        match self.0 {
            2 => OperationClass::Identify,
            0 | 71 => OperationClass::Diagnose,
            1 | 4 | 6 | 9 | 12 | 15 | 17 | 23..=25 | 37 | 45 | 80 => OperationClass::Read,
            5 | 18 | 81 => OperationClass::Write,
            19 | 20 | 40..=44 | 52 => OperationClass::Control,
            3
            | 7
            | 8
            | 10
            | 11
            | 13
            | 14
            | 16
            | 21
            | 22
            | 47
            | 48
            | 51
            | 53
            | 54
            | 57..=59
            | 67
            | 69
            | 70
            | 82..=86 => OperationClass::Configure,
            49 | 50 | 55 | 56 | 60..=66 | 68 => OperationClass::Alarm,
            46 | 72..=77 => OperationClass::File,
            _ => OperationClass::Program,
        }
    }

    /// What kind of thing a service names where it names one by a plain identifier.
    pub(super) const fn named(self) -> &'static str {
        match self.0 {
            26..=37 => "domain",
            38..=45 => "program-invocation",
            _ => "name",
        }
    }
}

/// The functional constraint of a data attribute's name in IEC 61850-8-1: `XCBR1$CO$Pos$Oper` has `CO`.
fn constraint(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == b'$').nth(1).unwrap_or_default()
}

/// A read of a control object's select attribute selects it for operation (IEC 61850-8-1, clause 20).
pub(super) fn read(name: &[u8]) -> OperationClass {
    if constraint(name) == b"CO" && name.ends_with(b"$SBO") {
        OperationClass::Control
    } else {
        OperationClass::Read
    }
}

/// What writing a variable does, by its functional constraint: control objects operate; settings, configuration,
/// report, log and GOOSE control blocks are settings; the rest are values.
pub(super) fn write(name: &[u8]) -> OperationClass {
    match constraint(name) {
        b"CO" => OperationClass::Control,
        b"SP" | b"SG" | b"SE" | b"CF" | b"DC" | b"EX" | b"BR" | b"RP" | b"LG" | b"GO" | b"MS" | b"US" => {
            OperationClass::Configure
        }
        _ => OperationClass::Write,
    }
}

/// Name plate attributes of IEC 61850-7-3 that say what a device is.
pub(super) fn plate(name: &[u8]) -> Option<IdentityField> {
    let mut parts = name.rsplit(|byte| *byte == b'$');
    let (attribute, object) = (parts.next()?, parts.next()?);
    if !matches!(object, b"PhyNam" | b"NamPlt") {
        return None;
    }
    Some(match attribute {
        b"vendor" => IdentityField::Vendor,
        b"model" => IdentityField::Product,
        b"swRev" => IdentityField::Firmware,
        b"serNum" => IdentityField::Serial,
        b"name" => IdentityField::HostName,
        _ => return None,
    })
}

/// An unconfirmed service, by its tag. Its code has 0x100 added.
pub(super) const fn unconfirmed(tag: u16) -> &'static str {
    match tag {
        0 => "InformationReport",
        1 => "UnsolicitedStatus",
        2 => "EventNotification",
        _ => "unknown",
    }
}

/// Messages that are no service, by their tag. Their code has 0x200 added.
pub(super) const fn message(tag: u16) -> &'static str {
    match tag {
        4 => "Reject",
        5 => "Cancel Request",
        6 => "Cancel Response",
        7 => "Cancel Error",
        8 => "Initiate Request",
        9 => "Initiate Response",
        10 => "Initiate Error",
        11 => "Conclude Request",
        12 => "Conclude Response",
        13 => "Conclude Error",
        _ => "unknown",
    }
}

/// What a service's error says (ISO 9506-2, 7.4.2): the most met codes by name, others by their class.
pub(super) const fn error(class: u16, code: u32) -> &'static str {
    match (class, code) {
        (0, _) => "vmd-state",
        (1, _) => "application-reference",
        (2, 1) => "object-undefined",
        (2, 2) => "invalid-address",
        (2, 3) => "type-unsupported",
        (2, 4) => "type-inconsistent",
        (2, 5) => "object-exists",
        (2, 6) => "object-attribute-inconsistent",
        (2, _) => "definition",
        (3, 1) => "memory-unavailable",
        (3, 2) => "processor-resource-unavailable",
        (3, 3) => "mass-storage-unavailable",
        (3, 4) => "capability-unavailable",
        (3, _) => "resource",
        (4, 1) => "primitives-out-of-sequence",
        (4, 2) => "object-state-conflict",
        (4, 5) => "object-constraint-conflict",
        (4, _) => "service",
        (5, _) => "service-preempted",
        (6, _) => "time-resolution",
        (7, 1) => "object-access-unsupported",
        (7, 2) => "object-non-existent",
        (7, 3) => "object-access-denied",
        (7, 4) => "object-invalidated",
        (7, _) => "access",
        (8, _) => "initiate",
        (9, _) => "conclude",
        (10, _) => "cancel",
        (11, 1) => "filename-ambiguous",
        (11, 2) => "file-busy",
        (11, 3) => "filename-syntax-error",
        (11, 6) => "file-access-denied",
        (11, 7) => "file-non-existent",
        (11, 8) => "duplicate-filename",
        (11, 9) => "insufficient-space-in-filestore",
        (11, _) => "file",
        _ => "other",
    }
}

/// Why a variable could not be read or written (7.5.2).
pub(super) const fn access_error(code: u32) -> &'static str {
    match code {
        0 => "object-invalidated",
        1 => "hardware-fault",
        2 => "temporarily-unavailable",
        3 => "object-access-denied",
        4 => "object-undefined",
        5 => "invalid-address",
        6 => "type-unsupported",
        7 => "type-inconsistent",
        8 => "object-attribute-inconsistent",
        9 => "object-access-unsupported",
        10 => "object-non-existent",
        11 => "object-value-invalid",
        _ => "unknown",
    }
}
