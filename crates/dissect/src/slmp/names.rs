//! Commands, devices and end codes (SH-080956ENG-M, chapters 5 and 6 and appendix).

use cofferdam_terms::OperationClass;

/// A command, as 3E and 4E frames have it; those of 1E frames are below 0x100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Command(pub(crate) u16);

impl Command {
    pub(super) const READ_TYPE_NAME: Self = Self(0x0101);
    pub(super) const READ: Self = Self(0x0401);
    pub(super) const READ_RANDOM: Self = Self(0x0403);
    pub(super) const READ_BLOCK: Self = Self(0x0406);
    pub(super) const ENTRY_MONITOR: Self = Self(0x0801);
    pub(super) const WRITE: Self = Self(0x1401);
    pub(super) const WRITE_RANDOM: Self = Self(0x1402);
    pub(super) const WRITE_BLOCK: Self = Self(0x1406);
    pub(super) const MEMORY_READ: Self = Self(0x0613);
    pub(super) const MEMORY_WRITE: Self = Self(0x1613);
    pub(super) const EXTEND_UNIT_READ: Self = Self(0x0601);
    pub(super) const EXTEND_UNIT_WRITE: Self = Self(0x1601);
    pub(super) const ON_DEMAND: Self = Self(0x2101);

    pub(crate) const fn known(self) -> Option<&'static str> {
        Some(match self.0 {
            0x0000 => "Batch Read Bits",
            0x0001 => "Batch Read Words",
            0x0002 => "Batch Write Bits",
            0x0003 => "Batch Write Words",
            0x0004 => "Test Bits",
            0x0005 => "Test Words",
            0x0006 => "Register Monitored Bits",
            0x0007 => "Register Monitored Words",
            0x0008 => "Monitor Bits",
            0x0009 => "Monitor Words",
            0x0013 => "Remote Run (1E)",
            0x0014 => "Remote Stop (1E)",
            0x0015 => "Read PC Type",
            0x0016 => "Loopback Test",
            0x0101 => "Read Type Name",
            0x0401 => "Read",
            0x0403 => "Read Random",
            0x0406 => "Read Block",
            0x041a => "Array Label Read",
            0x041c => "Label Read Random",
            0x0601 => "Extend Unit Read",
            0x0613 => "Memory Read",
            0x0619 => "Self Test",
            0x0801 => "Entry Monitor Device",
            0x0802 => "Execute Monitor",
            0x1001 => "Remote Run",
            0x1002 => "Remote Stop",
            0x1003 => "Remote Pause",
            0x1005 => "Remote Latch Clear",
            0x1006 => "Remote Reset",
            0x1401 => "Write",
            0x1402 => "Write Random",
            0x1406 => "Write Block",
            0x141a => "Array Label Write",
            0x141b => "Label Write Random",
            0x1601 => "Extend Unit Write",
            0x1613 => "Memory Write",
            0x1617 => "Clear Error",
            0x1630 => "Remote Password Unlock",
            0x1631 => "Remote Password Lock",
            0x1810 => "Read Directory",
            0x1811 => "Search Directory",
            0x1820 => "New File",
            0x1822 => "Delete File",
            0x1824 => "Copy File",
            0x1825 => "Change File State",
            0x1826 => "Change File Date",
            0x1827 => "Open File",
            0x1828 => "Read File",
            0x1829 => "Write File",
            0x182a => "Close File",
            0x2101 => "On-Demand",
            _ => return None,
        })
    }

    pub(crate) const fn name(self) -> &'static str {
        match self.known() {
            Some(name) => name,
            None => "unknown",
        }
    }

    /// What the command does. One that no table knows counts as the class that a policy is most careful with.
    pub(crate) const fn operation(self) -> OperationClass {
        match self.0 {
            0x0015 | 0x0101 => OperationClass::Identify,
            0x0000 | 0x0001 | 0x0006..=0x0009 => OperationClass::Read,
            0x0401 | 0x0403 | 0x0406 | 0x041a | 0x041c | 0x0601 | 0x0613 | 0x0801 | 0x0802 => {
                OperationClass::Read
            }
            0x0002..=0x0005 => OperationClass::Write,
            0x1401 | 0x1402 | 0x1406 | 0x141a | 0x141b | 0x1601 | 0x1613 => OperationClass::Write,
            0x0013 | 0x0014 | 0x1001..=0x1006 | 0x1617 => OperationClass::Control,
            0x0016 | 0x0619 => OperationClass::Diagnose,
            0x1630 | 0x1631 => OperationClass::Session,
            0x1810 | 0x1811 | 0x1820..=0x182a => OperationClass::File,
            0x2101 => OperationClass::Alarm,
            _ => OperationClass::Program,
        }
    }
}

/// Whether a device's points are bits or words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bit,
    Word,
    /// A point of two words.
    Double,
}

/// How a device is numbered in ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Radix {
    Decimal,
    Hexadecimal,
}

impl Radix {
    pub(super) const fn base(self) -> u32 {
        match self {
            Self::Decimal => 10,
            Self::Hexadecimal => 16,
        }
    }
}

/// A kind of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Device {
    pub(super) name: &'static str,
    /// Its two letters in ASCII frames, where they aren't its name's.
    letters: &'static [u8],
    code: u16,
    pub(super) kind: Kind,
    pub(super) radix: Radix,
}

const fn device(name: &'static str, letters: &'static [u8], code: u16, kind: Kind, radix: Radix) -> Device {
    Device {
        name,
        letters,
        code,
        kind,
        radix,
    }
}

use Kind::{Bit, Double, Word};
use Radix::{Decimal, Hexadecimal};

/// Section 5.2.
const DEVICES: &[Device] = &[
    device("SM", b"SM", 0x91, Bit, Decimal),
    device("SD", b"SD", 0xa9, Word, Decimal),
    device("X", b"X", 0x9c, Bit, Hexadecimal),
    device("Y", b"Y", 0x9d, Bit, Hexadecimal),
    device("M", b"M", 0x90, Bit, Decimal),
    device("L", b"L", 0x92, Bit, Decimal),
    device("F", b"F", 0x93, Bit, Decimal),
    device("V", b"V", 0x94, Bit, Decimal),
    device("B", b"B", 0xa0, Bit, Hexadecimal),
    device("D", b"D", 0xa8, Word, Decimal),
    device("W", b"W", 0xb4, Word, Hexadecimal),
    device("TS", b"TS", 0xc1, Bit, Decimal),
    device("TC", b"TC", 0xc0, Bit, Decimal),
    device("TN", b"TN", 0xc2, Word, Decimal),
    device("STS", b"SS", 0xc7, Bit, Decimal),
    device("STC", b"SC", 0xc6, Bit, Decimal),
    device("STN", b"SN", 0xc8, Word, Decimal),
    device("CS", b"CS", 0xc4, Bit, Decimal),
    device("CC", b"CC", 0xc3, Bit, Decimal),
    device("CN", b"CN", 0xc5, Word, Decimal),
    device("LTS", b"LTS", 0x51, Bit, Decimal),
    device("LTC", b"LTC", 0x50, Bit, Decimal),
    device("LTN", b"LTN", 0x52, Double, Decimal),
    device("LSTS", b"LSTS", 0x59, Bit, Decimal),
    device("LSTC", b"LSTC", 0x58, Bit, Decimal),
    device("LSTN", b"LSTN", 0x5a, Double, Decimal),
    device("LCS", b"LCS", 0x55, Bit, Decimal),
    device("LCC", b"LCC", 0x54, Bit, Decimal),
    device("LCN", b"LCN", 0x56, Double, Decimal),
    device("SB", b"SB", 0xa1, Bit, Hexadecimal),
    device("SW", b"SW", 0xb5, Word, Hexadecimal),
    device("S", b"S", 0x98, Bit, Decimal),
    device("DX", b"DX", 0xa2, Bit, Hexadecimal),
    device("DY", b"DY", 0xa3, Bit, Hexadecimal),
    device("Z", b"Z", 0xcc, Word, Decimal),
    device("LZ", b"LZ", 0x62, Double, Decimal),
    device("R", b"R", 0xaf, Word, Decimal),
    device("ZR", b"ZR", 0xb0, Word, Hexadecimal),
    device("RD", b"RD", 0x2c, Word, Decimal),
    device("G", b"G", 0xab, Word, Decimal),
    device("HG", b"HG", 0x2e, Word, Decimal),
];

/// The device of a code in a binary frame.
pub(super) fn coded(code: u16) -> Option<Device> {
    DEVICES.iter().find(|device| device.code == code).copied()
}

/// The device of the letters of an ASCII frame, filled up with asterisks or blanks.
pub(super) fn lettered(letters: &[u8]) -> Option<Device> {
    let filler = |byte: &u8| *byte == b'*' || *byte == b' ';
    let end = letters.iter().position(filler).unwrap_or(letters.len());
    let letters = letters.get(..end)?;
    DEVICES
        .iter()
        .find(|device| device.letters == letters || device.name.as_bytes() == letters)
        .copied()
}

/// The device of a 1E frame: two letters as a number, `D` and a blank as 0x4420.
pub(super) fn lettered_1e(code: u16) -> Option<Device> {
    lettered(&code.to_be_bytes())
}

/// The name of an end code of 3E and 4E frames.
pub(crate) const fn end_code(code: u16) -> &'static str {
    match code {
        0x4001 | 0x4002 => "request not supported by the CPU",
        0x4005 => "data too large",
        0x4010 => "CPU is running",
        0x4013 => "CPU is not stopped",
        0x4021 => "no such drive",
        0x4022 => "no such file",
        0x4025 => "file in use",
        0x4027 => "range beyond the file",
        0x4030 => "no such device",
        0x4031 => "device number out of range",
        0x4032 => "device can't be addressed so",
        0x4040 => "module can't do that",
        0x4041 => "beyond the module's buffer",
        0x4042 | 0x4043 => "no such module",
        0x4053 => "drive can't be written",
        0x4080 => "wrong request data",
        0x408b => "remote request refused",
        0x4408..=0x440a => "wrong password",
        0xc020 => "message too long",
        0xc022 | 0xc035 | 0xc040 | 0xc05e | 0xc0de => "timeout",
        0xc050 => "not ASCII",
        0xc051..=0xc054 | 0xc071 => "number of points out of range",
        0xc055 => "file size out of range",
        0xc056 => "address out of range",
        0xc057 | 0xc058 | 0xc061 => "wrong length",
        0xc059 => "no such command or subcommand",
        0xc05a | 0xc05b => "device can't be accessed",
        0xc05c | 0xc060 | 0xc072 => "wrong content of request",
        0xc05d => "no monitored devices are registered",
        0xc05f | 0xc073 | 0xc074 => "not executable at this station",
        0xc062 => "writing is prohibited while running",
        0xc0b2 | 0xc0bd | 0xc86c => "too busy",
        0xc0d8 => "number of blocks out of range",
        0xc0d9 => "wrong subcommand",
        0xc1a4 => "wrong command, subcommand or destination",
        0xc200 | 0xc203 | 0xc810 | 0xc815 => "wrong remote password",
        0xc201 => "locked by the remote password",
        0xc202 | 0xc204 | 0xc205 => "remote password can't be unlocked from here",
        0xc816 => "remote password is locked out",
        _ => "unknown",
    }
}

/// The name of an end code of 1E frames (SH-080008, 18.1.2).
pub(super) const fn end_code_1e(code: u8) -> &'static str {
    match code {
        0x50 => "wrong command",
        0x54 => "not ASCII",
        0x56 => "device can't be accessed",
        0x57 => "number of points out of range",
        0x58 => "address out of range",
        0x5b => "CPU can't do that",
        0x60 => "timeout",
        _ => "unknown",
    }
}
