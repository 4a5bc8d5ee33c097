//! Tables of EtherNet/IP and CIP: commands, services with their operation class, status. Tables only.

use crate::message::Outcome;
use cofferdam_terms::OperationClass;

/// The encapsulation command, as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CommandCode(pub(super) u16);

/// The known commands (CIP volume 2, table 2-3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Nop,
    ListTargets,
    ListServices,
    ListIdentity,
    ListInterfaces,
    RegisterSession,
    UnregisterSession,
    SendRrData,
    SendUnitData,
    IndicateStatus,
    Cancel,
    StartDtls,
}

impl CommandCode {
    pub(super) const fn known(self) -> Option<Command> {
        Some(match self.0 {
            0x0000 => Command::Nop,
            0x0001 => Command::ListTargets,
            0x0004 => Command::ListServices,
            0x0063 => Command::ListIdentity,
            0x0064 => Command::ListInterfaces,
            0x0065 => Command::RegisterSession,
            0x0066 => Command::UnregisterSession,
            0x006f => Command::SendRrData,
            0x0070 => Command::SendUnitData,
            0x0072 => Command::IndicateStatus,
            0x0073 => Command::Cancel,
            0x00c8 => Command::StartDtls,
            _ => return None,
        })
    }
}

impl Command {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nop => "NOP",
            Self::ListTargets => "ListTargets",
            Self::ListServices => "ListServices",
            Self::ListIdentity => "ListIdentity",
            Self::ListInterfaces => "ListInterfaces",
            Self::RegisterSession => "RegisterSession",
            Self::UnregisterSession => "UnRegisterSession",
            Self::SendRrData => "SendRRData",
            Self::SendUnitData => "SendUnitData",
            Self::IndicateStatus => "IndicateStatus",
            Self::Cancel => "Cancel",
            Self::StartDtls => "StartDTLS",
        }
    }

    pub(super) const fn operation(self) -> OperationClass {
        match self {
            Self::ListTargets | Self::ListServices | Self::ListIdentity | Self::ListInterfaces => {
                OperationClass::Identify
            }
            Self::Nop
            | Self::RegisterSession
            | Self::UnregisterSession
            | Self::SendRrData
            | Self::SendUnitData
            | Self::IndicateStatus
            | Self::Cancel
            | Self::StartDtls => OperationClass::Session,
        }
    }
}

/// What an encapsulation status says.
pub(super) const fn encapsulation_status(code: u32) -> Outcome {
    let name = match code {
        0x0000 => return Outcome::Success,
        0x0001 => "command not supported",
        0x0002 => "memory insufficient",
        0x0003 => "data malformed",
        0x0064 => "session handle not valid",
        0x0065 => "length not valid",
        0x0069 => "protocol revision not supported",
        0x006a => "encapsulated service not allowed",
        _ => "unknown",
    };
    Outcome::Failure { code, name }
}

/// Object classes whose services mean something of their own.
pub(super) mod class {
    pub(in super::super) const IDENTITY: u32 = 0x01;
    pub(in super::super) const CONNECTION_MANAGER: u32 = 0x06;
    pub(in super::super) const FILE: u32 = 0x37;
    pub(in super::super) const TIME_SYNC: u32 = 0x43;
    pub(in super::super) const PCCC: u32 = 0x67;
    pub(in super::super) const SYMBOL: u32 = 0x6b;
    pub(in super::super) const TEMPLATE: u32 = 0x6c;
    pub(in super::super) const DATA_TABLE: u32 = 0x72;
    pub(in super::super) const WALL_CLOCK: u32 = 0x8b;
    pub(in super::super) const NON_VOLATILE_STORAGE: u32 = 0xa1;
}

/// What a request is sent to, as far as its services' meaning goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// An object of a class.
    Class(u32),
    /// A tag by its name.
    Tag,
    /// Not known: an answer whose request was not seen.
    Unseen,
}

/// The name and operation class of a service. Common services are those of CIP volume 1, table; tags' are those
/// of the Logix 5000 data access manual (1756-PM020); services of a class that is in no table command the equipment,
/// as far as anyone can tell.
pub(super) const fn service(target: Target, code: u8) -> (&'static str, OperationClass) {
    match code {
        0x01..=0x1c => common(target, code),
        _ => match target {
            Target::Class(class::CONNECTION_MANAGER) => connection_manager(code),
            Target::Class(class::PCCC) => match code {
                0x4b => ("Execute_PCCC", OperationClass::Write),
                0x4c => ("Execute_DHP", OperationClass::Write),
                0x4d => ("Execute_Local_PCCC", OperationClass::Write),
                _ => other(OperationClass::Control),
            },
            Target::Class(class::FILE) => file(code),
            Target::Class(class::NON_VOLATILE_STORAGE) => storage(code),
            Target::Tag | Target::Class(class::SYMBOL | class::TEMPLATE) => tag(code),
            Target::Class(class::DATA_TABLE) => match code {
                0x4c => ("Read_Data", OperationClass::Read),
                0x4d => ("Write_Data", OperationClass::Write),
                _ => other(OperationClass::Program),
            },
            Target::Unseen => match connection_manager(code) {
                (_, OperationClass::Control) => tag(code),
                known if code != 0x4e && code != 0x52 => known,
                _ => tag(code),
            },
            Target::Class(class::WALL_CLOCK | class::TIME_SYNC) => other(OperationClass::Time),
            Target::Class(class) if is_program(class) => other(OperationClass::Program),
            Target::Class(_) => other(OperationClass::Control),
        },
    }
}

const fn other(operation: OperationClass) -> (&'static str, OperationClass) {
    ("Class_Specific_Service", operation)
}

/// Logix's objects of programs, routines, data types, modules and the controller itself: what a programming tool
/// works on.
const fn is_program(class: u32) -> bool {
    matches!(class, 0x64 | 0x68..=0x6a | 0x6d..=0x71 | 0x73..=0x7f | 0x8c..=0x8e | 0xac)
}

/// Objects that hold settings: identity, router, connection configuration, port, TCP/IP, Ethernet link, ring, quality
/// of service, base switch, SNMP, security.
const fn is_configuration(class: u32) -> bool {
    matches!(class, 0x01 | 0x02 | 0x0f | 0x43 | 0x47 | 0x48 | 0x51 | 0x52 | 0x5d..=0x5f | 0xf0..=0xf6)
}

/// The class of reading an attribute of an object.
const fn get(target: Target) -> OperationClass {
    match target {
        Target::Class(class::IDENTITY) => OperationClass::Identify,
        Target::Class(class::WALL_CLOCK | class::TIME_SYNC) => OperationClass::Time,
        Target::Class(_) | Target::Tag | Target::Unseen => OperationClass::Read,
    }
}

/// The class of changing an attribute of an object.
const fn set(target: Target) -> OperationClass {
    match target {
        Target::Class(class::WALL_CLOCK | class::TIME_SYNC) => OperationClass::Time,
        Target::Class(class::NON_VOLATILE_STORAGE) => OperationClass::Firmware,
        Target::Class(class) if is_configuration(class) => OperationClass::Configure,
        Target::Class(class) if is_program(class) => OperationClass::Program,
        Target::Class(_) | Target::Tag | Target::Unseen => OperationClass::Write,
    }
}

/// The class of making or removing an object.
const fn make(target: Target) -> OperationClass {
    match target {
        Target::Class(class) if is_program(class) => OperationClass::Program,
        Target::Class(class::SYMBOL | class::TEMPLATE | class::DATA_TABLE) => OperationClass::Program,
        Target::Class(_) | Target::Tag | Target::Unseen => OperationClass::Configure,
    }
}

const fn common(target: Target, code: u8) -> (&'static str, OperationClass) {
    match code {
        0x01 => ("Get_Attributes_All", get(target)),
        0x02 => ("Set_Attributes_All", set(target)),
        0x03 => ("Get_Attribute_List", get(target)),
        0x04 => ("Set_Attribute_List", set(target)),
        0x05 => ("Reset", OperationClass::Control),
        0x06 => ("Start", OperationClass::Control),
        0x07 => ("Stop", OperationClass::Control),
        0x08 => ("Create", make(target)),
        0x09 => ("Delete", make(target)),
        // Takes the class of what it carries.
        0x0a => ("Multiple_Service_Packet", OperationClass::Read),
        0x0d => ("Apply_Attributes", set(target)),
        0x0e => ("Get_Attribute_Single", get(target)),
        0x10 => ("Set_Attribute_Single", set(target)),
        0x11 => ("Find_Next_Object_Instance", get(target)),
        0x15 => ("Restore", OperationClass::Configure),
        0x16 => ("Save", OperationClass::Configure),
        0x17 => ("No_Operation", OperationClass::Session),
        0x18 => ("Get_Member", get(target)),
        0x19 => ("Set_Member", set(target)),
        0x1a => ("Insert_Member", set(target)),
        0x1b => ("Remove_Member", set(target)),
        0x1c => ("Group_Sync", OperationClass::Time),
        _ => ("unknown", OperationClass::Control),
    }
}

const fn connection_manager(code: u8) -> (&'static str, OperationClass) {
    match code {
        0x4e => ("Forward_Close", OperationClass::Session),
        // Takes the class of what it carries.
        0x52 => ("Unconnected_Send", OperationClass::Read),
        0x54 => ("Forward_Open", OperationClass::Session),
        0x56 => ("Get_Connection_Data", OperationClass::Diagnose),
        0x57 => ("Search_Connection_Data", OperationClass::Diagnose),
        0x5a => ("Get_Connection_Owner", OperationClass::Diagnose),
        0x5b => ("Large_Forward_Open", OperationClass::Session),
        _ => other(OperationClass::Control),
    }
}

const fn tag(code: u8) -> (&'static str, OperationClass) {
    match code {
        0x4c => ("Read_Tag", OperationClass::Read),
        0x4d => ("Write_Tag", OperationClass::Write),
        0x4e => ("Read_Modify_Write_Tag", OperationClass::Write),
        0x52 => ("Read_Tag_Fragmented", OperationClass::Read),
        0x53 => ("Write_Tag_Fragmented", OperationClass::Write),
        0x55 => ("Get_Instance_Attribute_List", OperationClass::Read),
        _ => other(OperationClass::Control),
    }
}

const fn file(code: u8) -> (&'static str, OperationClass) {
    match code {
        0x4b => ("Initiate_Upload", OperationClass::File),
        0x4c => ("Initiate_Download", OperationClass::File),
        0x4d => ("Initiate_Partial_Read", OperationClass::File),
        0x4e => ("Initiate_Partial_Write", OperationClass::File),
        0x4f => ("Upload_Transfer", OperationClass::File),
        0x50 => ("Download_Transfer", OperationClass::File),
        0x51 => ("Clear_File", OperationClass::File),
        _ => other(OperationClass::File),
    }
}

/// The object through which Rockwell modules take firmware.
const fn storage(code: u8) -> (&'static str, OperationClass) {
    match code {
        0x4b => ("Update", OperationClass::Firmware),
        0x4c => ("Upload", OperationClass::Firmware),
        0x4d => ("Transfer", OperationClass::Firmware),
        0x51 => ("Check", OperationClass::Firmware),
        _ => other(OperationClass::Firmware),
    }
}

/// What a general status says (CIP volume 1, table B-1.1).
pub(super) const fn general_status(code: u8) -> Outcome {
    let name = match code {
        // A partial transfer has worked so far: the rest is asked for next.
        0x00 | 0x06 => return Outcome::Success,
        0x01 => "connection failure",
        0x02 => "resource unavailable",
        0x03 => "parameter value not valid",
        0x04 => "path segment error",
        0x05 => "path destination unknown",
        0x07 => "connection lost",
        0x08 => "service not supported",
        0x09 => "attribute value not valid",
        0x0a => "attribute list error",
        0x0b => "already in the requested state",
        0x0c => "object state conflict",
        0x0d => "object exists already",
        0x0e => "attribute can't be set",
        0x0f => "privilege violation",
        0x10 => "device state conflict",
        0x11 => "reply too large",
        0x12 => "primitive value would be fragmented",
        0x13 => "not enough data",
        0x14 => "attribute not supported",
        0x15 => "too much data",
        0x16 => "object does not exist",
        0x17 => "no fragmented service in progress",
        0x18 => "no stored attribute data",
        0x19 => "storing failed",
        0x1a => "routing failed, request too large",
        0x1b => "routing failed, reply too large",
        0x1c => "attribute list lacks data",
        0x1d => "attribute value list not valid",
        0x1e => "embedded service error",
        0x1f => "vendor's own error",
        0x20 => "parameter not valid",
        0x21 => "written once already",
        0x22 => "reply not valid",
        0x23 => "buffer overflow",
        0x24 => "message format error",
        0x25 => "electronic key does not fit",
        0x26 => "path size not valid",
        0x27 => "attribute not expected in list",
        0x28 => "member id not valid",
        0x29 => "member can't be set",
        0x2a => "group 2 server failure",
        0x2b => "Modbus error",
        0x2c => "attribute can't be read",
        0x2d => "instance can't be deleted",
        0x2e => "service not supported for this path",
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
    use OperationClass::{Configure, Control, File, Firmware, Identify, Program, Read, Session, Time, Write};

    #[test]
    fn a_service_is_classed_by_the_object_that_it_is_sent_to() {
        for (target, code, expected) in [
            (Target::Class(class::IDENTITY), 0x01, Identify),
            (Target::Class(class::IDENTITY), 0x05, Control),
            (Target::Class(0xf5), 0x10, Configure),
            (Target::Class(0x04), 0x10, Write),
            (Target::Class(0x8e), 0x07, Control),
            (Target::Class(0x8e), 0x4b, Program),
            (Target::Class(class::WALL_CLOCK), 0x04, Time),
            (Target::Class(class::NON_VOLATILE_STORAGE), 0x4d, Firmware),
            (Target::Class(class::FILE), 0x4b, File),
            (Target::Class(class::CONNECTION_MANAGER), 0x52, Read),
            (Target::Class(class::CONNECTION_MANAGER), 0x54, Session),
            (Target::Tag, 0x4d, Write),
            (Target::Tag, 0x52, Read),
            (Target::Unseen, 0x54, Session),
            (Target::Unseen, 0x4d, Write),
            (Target::Class(0x300), 0x60, Control),
        ] {
            assert_eq!(service(target, code).1, expected, "{target:?} {code:#x}");
        }
    }
}
