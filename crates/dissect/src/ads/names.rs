//! Commands, index groups, states and errors (Beckhoff Information System: TwinCAT ADS, AMS and ADS specification).

use crate::message::{Function, Outcome};
use cofferdam_terms::OperationClass;

/// The AMS port of a controller's system service, which files, the registry, routes and processes belong to.
const SYSTEM_SERVICE: u16 = 10_000;

/// An ADS command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Command(pub(super) u16);

impl Command {
    pub(super) const READ_DEVICE_INFO: Self = Self(1);
    pub(super) const READ: Self = Self(2);
    pub(super) const WRITE: Self = Self(3);
    pub(super) const READ_STATE: Self = Self(4);
    pub(super) const WRITE_CONTROL: Self = Self(5);
    pub(super) const ADD_NOTIFICATION: Self = Self(6);
    pub(super) const DELETE_NOTIFICATION: Self = Self(7);
    pub(super) const NOTIFICATION: Self = Self(8);
    pub(super) const READ_WRITE: Self = Self(9);

    pub(super) const fn known(self) -> Option<&'static str> {
        Some(match self {
            Self::READ_DEVICE_INFO => "Read Device Info",
            Self::READ => "Read",
            Self::WRITE => "Write",
            Self::READ_STATE => "Read State",
            Self::WRITE_CONTROL => "Write Control",
            Self::ADD_NOTIFICATION => "Add Device Notification",
            Self::DELETE_NOTIFICATION => "Delete Device Notification",
            Self::NOTIFICATION => "Device Notification",
            Self::READ_WRITE => "Read Write",
            Self(_) => return None,
        })
    }

    pub(super) fn function(self) -> Function {
        Function {
            code: self.0.into(),
            name: self.known().unwrap_or("unknown"),
        }
    }

    /// What the command does at a port, to an index group if it addresses one. What no table knows counts as the class
    /// that a policy is most careful with.
    pub(super) const fn operation(self, port: u16, group: Option<u32>) -> OperationClass {
        match (self, port, group) {
            (Self::READ_DEVICE_INFO, _, _) => OperationClass::Identify,
            (Self::READ_STATE, _, _) => OperationClass::Diagnose,
            (Self::WRITE_CONTROL, _, _) => OperationClass::Control,
            (Self::READ | Self::WRITE | Self::READ_WRITE, SYSTEM_SERVICE, Some(group)) => system(self, group),
            (Self::READ | Self::ADD_NOTIFICATION | Self::DELETE_NOTIFICATION | Self::NOTIFICATION, _, _) => {
                OperationClass::Read
            }
            (Self::READ_WRITE, _, Some(group)) if asks_for_symbol(group) => OperationClass::Read,
            (Self::WRITE, _, Some(group::RELEASE_HANDLE)) => OperationClass::Read,
            (Self::WRITE | Self::READ_WRITE, _, _) => OperationClass::Write,
            (Self(_), _, _) => OperationClass::Program,
        }
    }
}

/// What the system service is asked for.
const fn system(command: Command, group: u32) -> OperationClass {
    match (group, command) {
        (120..=133, _) => OperationClass::File,
        (400, _) => OperationClass::Time,
        (500, _) => OperationClass::Program,
        (701 | 702, _) => OperationClass::Identify,
        // The registry is read with a name that is written.
        (200, Command::READ | Command::READ_WRITE) => OperationClass::Read,
        (_, Command::READ) => OperationClass::Read,
        _ => OperationClass::Configure,
    }
}

/// Index groups that the dissector reads.
pub(super) mod group {
    pub(in super::super) const HANDLE_BY_NAME: u32 = 0xf003;
    pub(in super::super) const VALUE_BY_NAME: u32 = 0xf004;
    pub(in super::super) const VALUE_BY_HANDLE: u32 = 0xf005;
    pub(in super::super) const RELEASE_HANDLE: u32 = 0xf006;
    pub(in super::super) const INFO_BY_NAME: u32 = 0xf007;
    pub(in super::super) const INFO_BY_NAME_EX: u32 = 0xf009;
    pub(in super::super) const SUM_READ: u32 = 0xf080;
    pub(in super::super) const SUM_WRITE: u32 = 0xf081;
}

/// Groups whose data in the request is a symbol's name.
pub(super) const fn asks_for_symbol(group: u32) -> bool {
    matches!(
        group,
        group::HANDLE_BY_NAME
            | group::VALUE_BY_NAME
            | group::INFO_BY_NAME
            | 0xf008
            | group::INFO_BY_NAME_EX
            | group::SUM_READ
    )
}

/// A group's area, and how many bits its offset counts by.
pub(super) const fn area(group: u32) -> (&'static str, u32) {
    match group {
        0x4020 => ("M", 8),
        0x4021 => ("MX", 1),
        0x4040 => ("data", 8),
        0xf020 => ("I", 8),
        0xf021 => ("IX", 1),
        0xf030 => ("Q", 8),
        0xf031 => ("QX", 1),
        _ => ("group", 8),
    }
}

/// The name of an ADS state.
pub(super) const fn state(code: u16) -> &'static str {
    match code {
        0 => "INVALID",
        1 => "IDLE",
        2 => "RESET",
        3 => "INIT",
        4 => "START",
        5 => "RUN",
        6 => "STOP",
        7 => "SAVECFG",
        8 => "LOADCFG",
        9 => "POWERFAILURE",
        10 => "POWERGOOD",
        11 => "ERROR",
        12 => "SHUTDOWN",
        13 => "SUSPEND",
        14 => "RESUME",
        15 => "CONFIG",
        16 => "RECONFIG",
        _ => "unknown",
    }
}

/// What an error says.
pub(super) const fn outcome(code: u32) -> Outcome {
    let name = match code {
        0 => return Outcome::Success,
        0x01 => "internal error",
        0x02 => "no real time",
        0x03 => "allocation is locked",
        0x04 => "mailbox is full",
        0x05 => "wrong receive message",
        0x06 => "target port not found",
        0x07 => "target machine not found",
        0x08 => "unknown command",
        0x09 => "wrong task",
        0x0b => "unknown AMS command",
        0x0d => "port not connected",
        0x0e => "wrong AMS length",
        0x0f => "wrong AMS Net ID",
        0x18 => "port is disabled",
        0x19 => "port is in use already",
        0x274d => "connection refused",
        0x700 => "error of the device",
        0x701 => "service not supported",
        0x702 => "wrong index group",
        0x703 => "wrong index offset",
        0x704 => "access not permitted",
        0x705 => "wrong size of parameter",
        0x706 => "wrong data",
        0x707 => "not ready",
        0x708 => "busy",
        0x709 => "wrong context",
        0x70a => "out of memory",
        0x70b => "wrong parameter",
        0x70c => "not found",
        0x70d => "syntax error",
        0x70e => "objects don't match",
        0x70f => "exists already",
        0x710 => "symbol not found",
        0x711 => "symbol version is wrong",
        0x712 => "wrong state",
        0x713 => "transmission mode not supported",
        0x714 => "notification handle is wrong",
        0x715 => "client is unknown",
        0x716 => "no more handles",
        0x717 => "notification is too large",
        0x718 => "not initialised",
        0x719 => "timeout",
        0x723 => "access denied",
        0x745 => "timeout of the client",
        _ => "unknown",
    };
    Outcome::Failure { code, name }
}

/// The name of what is sent to a router itself, by the first field of AMS/TCP.
pub(super) const fn router(code: u16) -> Option<&'static str> {
    Some(match code {
        0x0001 => "Close Port",
        0x1000 => "Open Port",
        0x1001 => "Router Notification",
        0x1002 => "Get Local Net ID",
        _ => return None,
    })
}
