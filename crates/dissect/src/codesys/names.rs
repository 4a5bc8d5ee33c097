//! Services by group and command. CODESYS publishes the groups' names in its interfaces; commands are named after what
//! Microsoft's forensic tools and Tenable's research found.

use cofferdam_terms::OperationClass;

/// A service: its group, without the response's bit, and its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) group: u8,
    pub(super) command: u16,
}

impl Service {
    pub(super) const LOGIN: Self = Self { group: 1, command: 2 };
    pub(super) const SHELL: Self = Self {
        group: 0x11,
        command: 1,
    };

    pub(super) fn code(self) -> u32 {
        u32::from(self.group) << 16 | u32::from(self.command)
    }

    pub(super) const fn known(self) -> Option<&'static str> {
        Some(match (self.group, self.command) {
            (0x01, 0x01) => "CmpDevice GetTargetIdent",
            (0x01, 0x02) => "CmpDevice Login",
            (0x01, 0x03) => "CmpDevice Logout",
            (0x01, 0x04) => "CmpDevice ResetOrigin",
            (0x01, 0x05) => "CmpDevice Echo",
            (0x01, 0x06) => "CmpDevice SetOperatingMode",
            (0x01, 0x07) => "CmpDevice GetOperatingMode",
            (0x01, 0x08) => "CmpDevice InteractiveLogin",
            (0x01, 0x09) => "CmpDevice RenameNode",
            (0x01, 0x0a) => "CmpDevice SessionCreate",
            (0x01, 0x0b) => "CmpDevice ResetOriginGetConfig",
            (0x01, _) => "CmpDevice",
            (0x02, 0x01) => "CmpApp Login",
            (0x02, 0x02) => "CmpApp Logout",
            (0x02, 0x03) => "CmpApp CreateApp",
            (0x02, 0x04) => "CmpApp DeleteApp",
            (0x02, 0x05) => "CmpApp Download",
            (0x02, 0x06) => "CmpApp OnlineChange",
            (0x02, 0x07) => "CmpApp DeviceDownload",
            (0x02, 0x08) => "CmpApp CreateDevApp",
            (0x02, 0x10) => "CmpApp Start",
            (0x02, 0x11) => "CmpApp Stop",
            (0x02, 0x12) => "CmpApp Reset",
            (0x02, 0x13) => "CmpApp SetBreakpoint",
            (0x02, 0x14) => "CmpApp ReadStatus",
            (0x02, 0x15) => "CmpApp DeleteBreakpoint",
            (0x02, 0x16) => "CmpApp ReadCallStack",
            (0x02, 0x17) => "CmpApp GetAreaOffset",
            (0x02, 0x18) => "CmpApp ReadAppList",
            (0x02, 0x19) => "CmpApp SetNextStatement",
            (0x02, 0x20) => "CmpApp ReleaseForceList",
            (0x02, 0x21) => "CmpApp UploadForceList",
            (0x02, 0x22) => "CmpApp SingleCycle",
            (0x02, 0x23) => "CmpApp CreateBootProject",
            (0x02, 0x24) => "CmpApp ReInitApp",
            (0x02, 0x25) => "CmpApp ReadAppStateList",
            (0x02, 0x26) => "CmpApp LoadBootApp",
            (0x02, 0x27) => "CmpApp RegisterBootApp",
            (0x02, 0x28) => "CmpApp CheckFileConsistency",
            (0x02, 0x29) => "CmpApp ReadAppInfo",
            (0x02, 0x30) => "CmpApp DownloadCompact",
            (0x02, 0x31) => "CmpApp ReadProjectInfo",
            (0x02, 0x32) => "CmpApp DefineFlow",
            (0x02, 0x33) => "CmpApp ReadFlowValues",
            (0x02, 0x34) => "CmpApp DownloadEncrypted",
            (0x02, 0x35) => "CmpApp ReadAppContent",
            (0x02, 0x36) => "CmpApp SaveRetains",
            (0x02, 0x37) => "CmpApp RestoreRetains",
            (0x02, 0x38) => "CmpApp GetAreaAddress",
            (0x02, _) => "CmpApp",
            (0x03, _) => "CmpMonitor",
            (0x04, _) => "CmpVisuServer",
            (0x05, 0x01) => "CmpLog GetEntries",
            (0x05, 0x02) => "CmpLog GetComponentNames",
            (0x05, 0x03) => "CmpLog GetLoggerList",
            (0x05, _) => "CmpLog",
            (0x06, _) => "CmpSettings",
            (0x07, _) => "SysEthernet",
            (0x08, 0x01) => "CmpFileTransfer GetFileInfo",
            (0x08, 0x02) => "CmpFileTransfer StartDownload",
            (0x08, 0x03) => "CmpFileTransfer RestartDownload",
            (0x08, 0x04) => "CmpFileTransfer Download",
            (0x08, 0x05) => "CmpFileTransfer StartUpload",
            (0x08, 0x06) => "CmpFileTransfer RestartUpload",
            (0x08, 0x07) => "CmpFileTransfer Upload",
            (0x08, 0x08) => "CmpFileTransfer End",
            (0x08, 0x09) => "CmpFileTransfer Cancel",
            (0x08, 0x0c) => "CmpFileTransfer GetDirInfo",
            (0x08, 0x0e) => "CmpFileTransfer DeleteFile",
            (0x08, 0x0f) => "CmpFileTransfer RenameFile",
            (0x08, 0x10) => "CmpFileTransfer CreateDir",
            (0x08, 0x11) => "CmpFileTransfer DeleteDir",
            (0x08, 0x12) => "CmpFileTransfer RenameDir",
            (0x08, _) => "CmpFileTransfer",
            (0x09, 0x01) => "CmpIecVarAccess RegisterVarList",
            (0x09, 0x02) => "CmpIecVarAccess UnRegisterVarList",
            (0x09, 0x03) => "CmpIecVarAccess ReadVarList",
            (0x09, 0x04) => "CmpIecVarAccess WriteVarList",
            (0x09, 0x05) => "CmpIecVarAccess ReadVars",
            (0x09, 0x06) => "CmpIecVarAccess WriteVars",
            (0x09, _) => "CmpIecVarAccess",
            (0x0b, _) => "CmpIoMgr",
            (0x0c, _) => "CmpUserMgr",
            (0x0f, _) => "CmpTraceMgr",
            (0x11, _) => "CmpPlcShell Execute",
            (0x12, _) => "CmpAppBP",
            (0x13, _) => "CmpAppForce",
            (0x18, _) => "CmpAlarmManager",
            (0x1b, 0x01) => "CmpMonitor2 Read",
            (0x1b, 0x02) => "CmpMonitor2 Write",
            (0x1b, _) => "CmpMonitor2",
            (0x1d, _) => "CmpCodeMeter",
            (0x1f, _) => "CmpCoreDump",
            (0x22, _) => "CmpOpenSSL",
            _ => return None,
        })
    }

    /// What the service does. A command of a known group that no table has counts as the most that its group does, and
    /// what no table knows at all as the class that a policy is most careful with.
    pub(super) const fn operation(self) -> OperationClass {
        match (self.group, self.command) {
            (0x01, 0x01) => OperationClass::Identify,
            (0x01, 0x02 | 0x03 | 0x08 | 0x0a) | (0x02, 0x01 | 0x02) => OperationClass::Session,
            (0x01, 0x05 | 0x07) => OperationClass::Diagnose,
            (0x01, 0x06) => OperationClass::Control,
            (0x01, 0x09) => OperationClass::Configure,
            (0x02, 0x10..=0x13 | 0x15 | 0x19 | 0x20 | 0x22 | 0x32) => OperationClass::Control,
            (0x02, 0x14 | 0x16..=0x18 | 0x21 | 0x25 | 0x28 | 0x29 | 0x31 | 0x33 | 0x35 | 0x38) => {
                OperationClass::Read
            }
            (0x02, 0x36 | 0x37) => OperationClass::Write,
            (0x08, _) => OperationClass::File,
            (0x09, 0x04 | 0x06) | (0x1b, 0x02) => OperationClass::Write,
            (0x09, _) | (0x1b, 0x01) | (0x03, _) => OperationClass::Read,
            (0x04 | 0x1b, _) => OperationClass::Write,
            (0x05 | 0x0f | 0x1f, _) => OperationClass::Diagnose,
            (0x06 | 0x07 | 0x0b | 0x0c | 0x1d | 0x22, _) => OperationClass::Configure,
            (0x12 | 0x13, _) => OperationClass::Control,
            (0x18, _) => OperationClass::Alarm,
            _ => OperationClass::Program,
        }
    }
}

/// What the channel layer says by itself, by its first byte.
pub(super) const fn channel(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0x01 => "Block",
        0x02 => "Acknowledge",
        0x03 => "Keep Alive",
        0x83 => "Open Channel Response",
        0xc2 => "Get Info",
        0xc3 => "Open Channel Request",
        0xc4 => "Close Channel",
        _ => return None,
    })
}

/// What the name service is asked for.
pub(super) const fn name_service(command: u16) -> Option<&'static str> {
    Some(match command {
        0xc201 => "Resolve Address",
        0xc202 => "Resolve Name",
        0xc280 => "Device Info",
        _ => return None,
    })
}

/// What a datagram is for.
pub(super) mod datagram {
    pub(in super::super) const ADDRESS_REQUEST: u8 = 1;
    pub(in super::super) const ADDRESS_RESPONSE: u8 = 2;
    pub(in super::super) const NAME_SERVER: u8 = 3;
    pub(in super::super) const NAME_CLIENT: u8 = 4;
    pub(in super::super) const CHANNEL: u8 = 0x40;
}
