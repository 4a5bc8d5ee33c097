//! Tables of S7comm: functions, areas, block types, services by name, status codes. Tables only.

use crate::message::Outcome;
use cofferdam_terms::OperationClass;

/// The function byte of a job, as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FunctionCode(pub(super) u8);

/// The known functions of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobFunction {
    CpuServices,
    ReadVar,
    WriteVar,
    RequestDownload,
    DownloadBlock,
    DownloadEnded,
    StartUpload,
    Upload,
    EndUpload,
    PiService,
    PlcStop,
    SetupCommunication,
}

impl FunctionCode {
    pub(super) const fn known(self) -> Option<JobFunction> {
        Some(match self.0 {
            0x00 => JobFunction::CpuServices,
            0x04 => JobFunction::ReadVar,
            0x05 => JobFunction::WriteVar,
            0x1a => JobFunction::RequestDownload,
            0x1b => JobFunction::DownloadBlock,
            0x1c => JobFunction::DownloadEnded,
            0x1d => JobFunction::StartUpload,
            0x1e => JobFunction::Upload,
            0x1f => JobFunction::EndUpload,
            0x28 => JobFunction::PiService,
            0x29 => JobFunction::PlcStop,
            0xf0 => JobFunction::SetupCommunication,
            _ => return None,
        })
    }
}

impl JobFunction {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::CpuServices => "CPU Services",
            Self::ReadVar => "Read Var",
            Self::WriteVar => "Write Var",
            Self::RequestDownload => "Request Download",
            Self::DownloadBlock => "Download Block",
            Self::DownloadEnded => "Download Ended",
            Self::StartUpload => "Start Upload",
            Self::Upload => "Upload",
            Self::EndUpload => "End Upload",
            Self::PiService => "PI Service",
            Self::PlcStop => "PLC Stop",
            Self::SetupCommunication => "Setup Communication",
        }
    }

    /// The class of the function. A PI service's is told by its name: see [`pi_service`].
    pub(super) const fn operation(self) -> OperationClass {
        match self {
            Self::CpuServices => OperationClass::Diagnose,
            Self::ReadVar => OperationClass::Read,
            Self::WriteVar => OperationClass::Write,
            Self::RequestDownload
            | Self::DownloadBlock
            | Self::DownloadEnded
            | Self::StartUpload
            | Self::Upload
            | Self::EndUpload => OperationClass::Program,
            Self::PiService | Self::PlcStop => OperationClass::Control,
            Self::SetupCommunication => OperationClass::Session,
        }
    }
}

/// The class of a program invocation service, by the name that it carries. One that is in no table commands the
/// equipment, as far as anyone can tell.
pub(super) fn pi_service(name: &[u8]) -> OperationClass {
    match name {
        // Insert, delete or chain blocks; copy work memory to load memory; compress.
        b"_INSE" | b"_INS2" | b"_DELE" | b"_MODU" | b"_GARB" => OperationClass::Program,
        b"_N_F_OPEN" | b"_N_F_OPER" | b"_N_F_CLOS" | b"_N_F_SEEK" | b"_N_F_COPY" | b"_N_F_RENA"
        | b"_N_F_DELE" | b"_N_F_DMDA" | b"_N_F_PROT" | b"_N_F_MODE" => OperationClass::File,
        b"_N_LOGIN_" | b"_N_LOGOUT" => OperationClass::Session,
        b"_N_CANCEL" => OperationClass::Alarm,
        b"_N_CONFIG" | b"_N_SETTDT" | b"_N_SETUDT" | b"_N_SETUFR" => OperationClass::Configure,
        // P_PROGRAM (start, restart) and everything else.
        _ => OperationClass::Control,
    }
}

/// What a userdata message is, by the high half of its type byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserdataKind {
    Push,
    Request,
    Response,
}

/// The kind in a type byte; the half bytes 3, 7 and 11 are those of a numerical control.
pub(super) const fn userdata_kind(half: u8) -> Option<UserdataKind> {
    match half {
        0 | 3 => Some(UserdataKind::Push),
        4 | 7 => Some(UserdataKind::Request),
        8 | 11 => Some(UserdataKind::Response),
        _ => None,
    }
}

/// The name and class of a userdata function. Reading a system status list is [`szl_operation`]'s to class.
pub(super) const fn userdata(group: u8, subfunction: u8) -> (&'static str, OperationClass) {
    use OperationClass::{
        Alarm, Configure, Control, Diagnose, Identify, Program, Read, Session, Time, Write,
    };
    match (group, subfunction) {
        (0x0, 0x00) => ("Mode Transition to STOP", Alarm),
        (0x0, 0x01) => ("Mode Transition to Warm Restart", Alarm),
        (0x0, 0x02) => ("Mode Transition to RUN", Alarm),
        (0x0, 0x03) => ("Mode Transition to Hot Restart", Alarm),
        (0x0, 0x04) => ("Mode Transition to HOLD", Alarm),
        (0x0, 0x06) => ("Mode Transition to Cold Restart", Alarm),
        (0x0, 0x09) => ("Mode Transition to Redundant RUN", Alarm),
        (0x0, 0x0b) => ("Mode Transition to Link-up", Alarm),
        (0x0, 0x0c) => ("Mode Transition to Update", Alarm),
        (0x0, _) => ("Mode Transition", Alarm),
        (0x1, 0x01) => ("Block Status", Diagnose),
        (0x1, 0x02) => ("Variable Status", Read),
        (0x1, 0x03) => ("Output ISTACK", Diagnose),
        (0x1, 0x04) => ("Output BSTACK", Diagnose),
        (0x1, 0x05) => ("Output LSTACK", Diagnose),
        (0x1, 0x06) => ("Time Measurement", Diagnose),
        (0x1, 0x07) => ("Force Selection", Write),
        (0x1, 0x08) => ("Modify Variable", Write),
        (0x1, 0x09) => ("Force", Write),
        (0x1, 0x0a) => ("Breakpoint", Control),
        (0x1, 0x0b) => ("Exit HOLD", Control),
        (0x1, 0x0c) => ("Memory Reset", Control),
        (0x1, 0x0d) => ("Disable Job", Diagnose),
        (0x1, 0x0e) => ("Enable Job", Diagnose),
        (0x1, 0x0f) => ("Delete Job", Diagnose),
        (0x1, 0x10) => ("Read Job List", Diagnose),
        (0x1, 0x11) => ("Read Job", Diagnose),
        (0x1, 0x12) => ("Replace Job", Diagnose),
        (0x1, 0x13) => ("Block Status 2", Diagnose),
        (0x1, 0x16) => ("Flash LED", Identify),
        (0x1, _) => ("Programmer Command", Control),
        (0x2, 0x01) => ("Cyclic Transfer", Read),
        (0x2, 0x04) => ("Cyclic Unsubscribe", Read),
        (0x2, 0x05) => ("Change-driven Transfer", Read),
        (0x2, 0x07) => ("Change-driven Transfer Modify", Read),
        (0x2, 0x08) => ("Read Record", Read),
        (0x2, _) => ("Cyclic Service", Read),
        (0x3, 0x01) => ("List Blocks", Read),
        (0x3, 0x02) => ("List Blocks of Type", Read),
        (0x3, 0x03) => ("Get Block Info", Read),
        (0x3, _) => ("Block Function", Read),
        (0x4, 0x01) => ("Read SZL", Diagnose),
        (0x4, 0x02) => ("Message Service", Alarm),
        (0x4, 0x03) => ("Diagnostic Message", Alarm),
        (0x4, 0x05) => ("ALARM_8 Indication", Alarm),
        (0x4, 0x06) => ("NOTIFY Indication", Alarm),
        (0x4, 0x07) => ("ALARM_8 Lock", Alarm),
        (0x4, 0x08) => ("ALARM_8 Unlock", Alarm),
        (0x4, 0x09) => ("SCAN Indication", Alarm),
        (0x4, 0x0b) => ("Alarm Acknowledge", Alarm),
        (0x4, 0x0c) => ("Alarm Acknowledge Indication", Alarm),
        (0x4, 0x0d) => ("Alarm Lock Indication", Alarm),
        (0x4, 0x0e) => ("Alarm Unlock Indication", Alarm),
        (0x4, 0x11) => ("ALARM_SQ Indication", Alarm),
        (0x4, 0x12) => ("ALARM_S Indication", Alarm),
        (0x4, 0x13) => ("Alarm Query", Alarm),
        (0x4, 0x16) => ("NOTIFY_8 Indication", Alarm),
        (0x4, _) => ("CPU Function", Diagnose),
        (0x5, 0x01) => ("PLC Password", Session),
        (0x5, 0x02) => ("Clear PLC Password", Session),
        (0x5, _) => ("Security Function", Configure),
        (0x6, _) => ("BSEND/BRECV", Write),
        (0x7, 0x01) => ("Read Clock", Time),
        (0x7, 0x02) => ("Set Clock", Time),
        (0x7, 0x03) => ("Read Clock Following", Time),
        (0x7, 0x04) => ("Set Clock Following", Time),
        (0x7, _) => ("Time Function", Time),
        (0xf, 0x01) => ("NC Request Download", Program),
        (0xf, 0x02) => ("NC Download Block", Program),
        (0xf, 0x03) => ("NC Continue Download", Program),
        (0xf, 0x04) => ("NC Download Ended", Program),
        (0xf, 0x06) => ("NC Start Upload", Program),
        (0xf, 0x07) => ("NC Upload", Program),
        (0xf, 0x08) => ("NC Continue Upload", Program),
        (0xf, _) => ("NC Programming", Program),
        // What is in no table commands the equipment, as far as anyone can tell.
        _ => ("unknown", Control),
    }
}

/// The class of reading one system status list: the partial lists 0x00 (which lists there are), 0x11 to 0x15 and 0x1c
/// (modules, characteristics, memory, areas, block types, components) and 0x37 (Ethernet interfaces) say who the
/// device is; the others say how it is.
pub(super) const fn szl_operation(id: u16) -> OperationClass {
    match id & 0x00ff {
        0x00 | 0x11..=0x15 | 0x1c | 0x37 => OperationClass::Identify,
        _ => OperationClass::Diagnose,
    }
}

/// A memory area of S7ANY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    /// Bits of memory; the name is the one that programs use.
    Memory(&'static str),
    /// Numbered things of 16 bits.
    Numbered(&'static str),
}

pub(super) const fn area(code: u8) -> Option<Area> {
    Some(match code {
        0x01 => Area::Memory("record"),
        0x03 => Area::Memory("SI"),
        0x05 => Area::Memory("SM"),
        0x06 => Area::Memory("AI"),
        0x07 => Area::Memory("AQ"),
        0x1c => Area::Numbered("C"),
        0x1d => Area::Numbered("T"),
        0x1e => Area::Numbered("IEC-C"),
        0x1f => Area::Numbered("IEC-T"),
        0x80 => Area::Memory("P"),
        0x81 => Area::Memory("I"),
        0x82 => Area::Memory("Q"),
        0x83 => Area::Memory("M"),
        0x84 => Area::Memory("DB"),
        0x85 => Area::Memory("DI"),
        0x86 => Area::Memory("L"),
        0x87 => Area::Memory("V"),
        _ => return None,
    })
}

/// How many bits an element of a transport size in a request takes.
pub(super) const fn element_bits(transport_size: u8) -> Option<u32> {
    Some(match transport_size {
        0x01 => 1,
        0x02 | 0x03 => 8,
        0x04 | 0x05 | 0x09 | 0x0c | 0x1c | 0x1d => 16,
        0x06 | 0x07 | 0x08 | 0x0a | 0x0b | 0x1e | 0x1f | 0x20 => 32,
        0x0f => 64,
        _ => return None,
    })
}

/// The area and element size that a variable table's memory byte stands for: the area by its high half, the size by
/// its low half.
pub(super) const fn table_area(code: u8) -> Option<(Area, u32)> {
    let area = match code >> 4 {
        0x0 => Area::Memory("M"),
        0x1 => Area::Memory("I"),
        0x2 => Area::Memory("Q"),
        0x3 => Area::Memory("P"),
        0x5 => Area::Numbered("T"),
        0x6 => Area::Numbered("C"),
        0x7 => Area::Memory("DB"),
        _ => return None,
    };
    let bits = match code & 0x0f {
        0x0 => 1,
        0x1 => 8,
        0x2 | 0x4 => 16,
        0x3 => 32,
        _ => return None,
    };
    Some((area, bits))
}

/// A block type by the two hexadecimal digits that file names and requests carry.
pub(super) const fn block_type(digits: [u8; 2]) -> Option<&'static str> {
    Some(match &digits {
        b"00" => "any block",
        b"08" => "OB",
        b"09" => "CMOD",
        b"0A" => "DB",
        b"0B" => "SDB",
        b"0C" => "FC",
        b"0D" => "SFC",
        b"0E" => "FB",
        b"0F" => "SFB",
        _ => return None,
    })
}

/// What an item's return code says.
pub(super) const fn return_code(code: u8) -> Outcome {
    let name = match code {
        0xff => return Outcome::Success,
        0x00 => "reserved",
        0x01 => "hardware fault",
        0x03 => "access not allowed",
        0x05 => "address out of range",
        0x06 => "data type not supported",
        0x07 => "data type inconsistent",
        0x0a => "object does not exist",
        _ => "unknown",
    };
    Outcome::Failure {
        code: code as u32,
        name,
    }
}

/// What the error of a header or userdata parameter says: class and code in one number.
pub(super) const fn error(code: u16) -> Outcome {
    let name = match code {
        0x0000 => return Outcome::Success,
        0x0110 | 0x0118 | 0xd210 => "block number not valid",
        0x0111 => "request length not valid",
        0x0112 => "parameter not valid",
        0x0113 => "block type not valid",
        0x0114 | 0xd209 => "block not found",
        0x0115 => "block exists already",
        0x0116 => "block is write-protected",
        0x0117 => "block too large",
        0x0119 | 0xd602 => "wrong password",
        0x011b => "no resources in the PLC",
        0x011c => "protocol error",
        0x0140 => "memory insufficient",
        0x8001 => "not possible in the block's state",
        0x8003 => "block transfer failed",
        0x8100 => "service unknown to the module",
        0x8104 => "service not implemented, or malformed request",
        0x8204 => "object's type is inconsistent",
        0x8205 => "copied block exists and is not linked",
        0x8301 => "memory insufficient or medium not accessible",
        0x8302 => "too few resources",
        0x8304 => "no further parallel upload",
        0x8305 => "function not available",
        0x8306 => "work memory insufficient",
        0x8307 => "retentive work memory insufficient",
        0x8401 => "services in the wrong order",
        0x8402 => "not possible in the object's state",
        0x8404 => "function can't be performed",
        0x8500 => "malformed PDU",
        0x8503 => "service ended early",
        0x8701 => "object can't be addressed",
        0x8702 => "service not supported by the module",
        0x8703 => "access to the object refused",
        0x8704 => "object damaged",
        0xd001 => "job number not allowed",
        0xd041 => "status list id not allowed",
        0xd043 => "job not found",
        0xd2a1 => "another block function is active",
        0xd081 => "not permitted in this mode",
        0xd0c2 => "changed to STOP or HOLD",
        0xd201 => "syntax of the block name",
        0xd202 => "syntax of the parameters",
        0xd212 => "block header not valid",
        0xd216 => "user program not valid",
        0xd217 => "protection level not permitted",
        0xd240 => "coordination rules violated",
        0xd0a2 => "memory is being changed",
        0xd0a1 | 0xd241 => "not permitted at this protection level",
        0xd242 => "protection of fail-safe blocks violated",
        0xd401 | 0xd402 => "information not available",
        0xd403 => "logged on or off already",
        0xd404 => "too many logged on",
        0xd405 => "service not supported",
        0xd406 => "information not available now",
        0xd407 => "diagnostics error",
        0xd601 => "syntax of the parameters",
        0xd603 => "connection has the right already",
        0xd604 => "connection is open already",
        0xd605 => "no password is set",
        0xd801 => "a tag address is not valid",
        0xd802 => "job does not exist",
        0xd803 => "job status not allowed",
        0xd804 => "cycle time not allowed",
        0xd805 => "no further cyclic reads",
        0xd807 => "cyclic reads take too long",
        0xdc01 => "date or time not valid",
        0xef01 => "only 0 allowed at ID2",
        0xef02 => "resources do not exist",
        _ => "unknown",
    };
    Outcome::Failure {
        code: code as u32,
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_in_no_table_counts_as_control() {
        assert_eq!(pi_service(b"_INSE"), OperationClass::Program);
        assert_eq!(pi_service(b"P_PROGRAM"), OperationClass::Control);
        assert_eq!(pi_service(b"_NEVER_SEEN"), OperationClass::Control);
        assert_eq!(userdata(0xe, 1), ("unknown", OperationClass::Control));
    }

    #[test]
    fn a_status_list_that_names_the_device_is_identification_and_the_rest_diagnosis() {
        for id in [0x0011, 0x001c, 0x0111, 0x0000] {
            assert_eq!(szl_operation(id), OperationClass::Identify, "{id:#06x}");
        }
        for id in [0x00a0, 0x0074, 0x0424] {
            assert_eq!(szl_operation(id), OperationClass::Diagnose, "{id:#06x}");
        }
    }
}
