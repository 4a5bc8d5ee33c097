//! Tables of SMB: commands, dialects, status. Tables only.

use crate::message::Outcome;
use cofferdam_terms::OperationClass;

/// An SMB 1 command's name and class (MS-CIFS, 2.2.2.1).
pub(super) const fn command_1(code: u8) -> (&'static str, OperationClass) {
    use OperationClass::{File, Session};
    match code {
        0x00 => ("Create Directory", File),
        0x01 => ("Delete Directory", File),
        0x02 => ("Open", File),
        0x03 => ("Create", File),
        0x04 => ("Close", File),
        0x05 => ("Flush", File),
        0x06 => ("Delete", File),
        0x07 => ("Rename", File),
        0x08 => ("Query Information", File),
        0x09 => ("Set Information", File),
        0x0a => ("Read", File),
        0x0b => ("Write", File),
        0x0c => ("Lock Byte Range", File),
        0x0d => ("Unlock Byte Range", File),
        0x0e => ("Create Temporary", File),
        0x0f => ("Create New", File),
        0x10 => ("Check Directory", File),
        0x11 => ("Process Exit", Session),
        0x12 => ("Seek", File),
        0x13 => ("Lock and Read", File),
        0x14 => ("Write and Unlock", File),
        0x1a => ("Read Raw", File),
        0x1d => ("Write Raw", File),
        0x22 => ("Set Information 2", File),
        0x23 => ("Query Information 2", File),
        0x24 => ("Locking AndX", File),
        0x25 => ("Transaction", File),
        0x26 => ("Transaction Secondary", File),
        0x27 => ("IOCTL", File),
        0x2b => ("Echo", Session),
        0x2c => ("Write and Close", File),
        0x2d => ("Open AndX", File),
        0x2e => ("Read AndX", File),
        0x2f => ("Write AndX", File),
        0x32 => ("Transaction 2", File),
        0x33 => ("Transaction 2 Secondary", File),
        0x34 => ("Find Close 2", File),
        0x70 => ("Tree Connect", Session),
        0x71 => ("Tree Disconnect", Session),
        0x72 => ("Negotiate", Session),
        0x73 => ("Session Setup AndX", Session),
        0x74 => ("Logoff AndX", Session),
        0x75 => ("Tree Connect AndX", Session),
        0x80 => ("Query Information Disk", File),
        0x81 => ("Search", File),
        0xa0 => ("NT Transaction", File),
        0xa1 => ("NT Transaction Secondary", File),
        0xa2 => ("NT Create AndX", File),
        0xa4 => ("NT Cancel", Session),
        0xa5 => ("NT Rename", File),
        _ => ("unknown", File),
    }
}

/// Whether a command is followed by others in the same message.
pub(super) const fn is_and_x(code: u8) -> bool {
    matches!(code, 0x24 | 0x2d | 0x2e | 0x2f | 0x73 | 0x74 | 0x75 | 0xa2)
}

/// An SMB 2 command's name and class (MS-SMB2, 2.2.1.2).
pub(super) const fn command_2(code: u16) -> (&'static str, OperationClass) {
    use OperationClass::{File, Session};
    match code {
        0x00 => ("NEGOTIATE", Session),
        0x01 => ("SESSION_SETUP", Session),
        0x02 => ("LOGOFF", Session),
        0x03 => ("TREE_CONNECT", Session),
        0x04 => ("TREE_DISCONNECT", Session),
        0x05 => ("CREATE", File),
        0x06 => ("CLOSE", File),
        0x07 => ("FLUSH", File),
        0x08 => ("READ", File),
        0x09 => ("WRITE", File),
        0x0a => ("LOCK", File),
        0x0b => ("IOCTL", File),
        0x0c => ("CANCEL", Session),
        0x0d => ("ECHO", Session),
        0x0e => ("QUERY_DIRECTORY", File),
        0x0f => ("CHANGE_NOTIFY", File),
        0x10 => ("QUERY_INFO", File),
        0x11 => ("SET_INFO", File),
        0x12 => ("OPLOCK_BREAK", File),
        _ => ("unknown", File),
    }
}

/// What opening a name does, where the name is a pipe's through which a computer is run from afar (MS-SCMR, MS-TSCH,
/// MS-RRP) or asked who it is (MS-SRVS, MS-WKST).
pub(super) fn opened(name: &[u8]) -> OperationClass {
    let name = name.strip_prefix(b"\\").unwrap_or(name);
    if name.eq_ignore_ascii_case(b"svcctl") || name.eq_ignore_ascii_case(b"atsvc") {
        OperationClass::Control
    } else if name.eq_ignore_ascii_case(b"winreg") {
        OperationClass::Configure
    } else if name.eq_ignore_ascii_case(b"srvsvc") || name.eq_ignore_ascii_case(b"wkssvc") {
        OperationClass::Identify
    } else {
        OperationClass::File
    }
}

/// A dialect of SMB 2 and 3 by its revision.
pub(super) const fn dialect(revision: u16) -> Option<&'static str> {
    Some(match revision {
        0x0202 => "SMB 2.0.2",
        0x0210 => "SMB 2.1",
        0x02ff => "SMB 2.???",
        0x0300 => "SMB 3.0",
        0x0302 => "SMB 3.0.2",
        0x0311 => "SMB 3.1.1",
        _ => return None,
    })
}

/// What a status says (MS-ERREF, 2.3.1). Only the severity that means error is failure, and of those not the one that
/// asks for the next step of signing in.
pub(super) const fn status(code: u32) -> Outcome {
    if code >> 30 != 3 || code == 0xc000_0016 {
        return Outcome::Success;
    }
    let name = match code {
        0xc000_0001 => "unsuccessful",
        0xc000_0002 => "not implemented",
        0xc000_0008 => "handle invalid",
        0xc000_000d => "parameter invalid",
        0xc000_000f => "no such file",
        0xc000_0010 => "device request invalid",
        0xc000_0011 => "end of file",
        0xc000_0022 => "access denied",
        0xc000_0023 => "buffer too small",
        0xc000_0033 => "object name invalid",
        0xc000_0034 => "object name not found",
        0xc000_0035 => "object name collision",
        0xc000_003a => "object path not found",
        0xc000_0043 => "sharing violation",
        0xc000_0054 => "file lock conflict",
        0xc000_0056 => "delete pending",
        0xc000_0061 => "privilege not held",
        0xc000_0064 => "no such user",
        0xc000_006a => "wrong password",
        0xc000_006d => "logon failure",
        0xc000_006e => "account restriction",
        0xc000_006f => "logon hours",
        0xc000_0070 => "workstation not allowed",
        0xc000_0071 => "password expired",
        0xc000_0072 => "account disabled",
        0xc000_007f => "disk full",
        0xc000_009a => "resources insufficient",
        0xc000_00ba => "file is a directory",
        0xc000_00bb => "not supported",
        0xc000_00c9 => "network name deleted",
        0xc000_00cc => "bad network name",
        0xc000_0101 => "directory not empty",
        0xc000_0120 => "cancelled",
        0xc000_0128 => "file closed",
        0xc000_015b => "logon type not granted",
        0xc000_0192 => "no logon service",
        0xc000_0193 => "account expired",
        0xc000_0203 => "user session deleted",
        0xc000_0225 => "not found",
        0xc000_0234 => "account locked out",
        0xc000_0257 => "path not covered",
        _ => "unknown",
    };
    Outcome::Failure { code, name }
}
