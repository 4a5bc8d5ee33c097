//! Commands, areas of memory and end codes of FINS. Tables only.

use cofferdam_terms::OperationClass;

/// A command code (W342, section 5-1; W421, section 4): main code and subcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Command(pub(super) u16);

impl Command {
    pub(super) const READ: Self = Self(0x0101);
    pub(super) const WRITE: Self = Self(0x0102);
    pub(super) const FILL: Self = Self(0x0103);
    pub(super) const READ_MANY: Self = Self(0x0104);
    pub(super) const TRANSFER: Self = Self(0x0105);
    pub(super) const CONTROLLER_DATA: Self = Self(0x0501);

    pub(super) const fn name(self) -> &'static str {
        self.known().0
    }

    pub(super) const fn operation(self) -> OperationClass {
        self.known().1
    }

    pub(super) const fn is_known(self) -> bool {
        !matches!(self.known().0.as_bytes(), b"unknown")
    }

    /// The name and what the command does. One that no table knows counts as the class that a policy is most careful
    /// with.
    const fn known(self) -> (&'static str, OperationClass) {
        match self.0 {
            0x0101 => ("Memory Area Read", OperationClass::Read),
            0x0102 => ("Memory Area Write", OperationClass::Write),
            0x0103 => ("Memory Area Fill", OperationClass::Write),
            0x0104 => ("Multiple Memory Area Read", OperationClass::Read),
            0x0105 => ("Memory Area Transfer", OperationClass::Write),
            0x0201 => ("Parameter Area Read", OperationClass::Read),
            0x0202 => ("Parameter Area Write", OperationClass::Configure),
            0x0203 => ("Parameter Area Clear", OperationClass::Configure),
            0x0220 => ("Data Link Table Read", OperationClass::Read),
            0x0221 => ("Data Link Table Write", OperationClass::Configure),
            0x0304 => ("Program Area Protect", OperationClass::Configure),
            0x0305 => ("Program Area Protect Clear", OperationClass::Configure),
            0x0306 => ("Program Area Read", OperationClass::Program),
            0x0307 => ("Program Area Write", OperationClass::Program),
            0x0308 => ("Program Area Clear", OperationClass::Program),
            0x0401 => ("Run", OperationClass::Control),
            0x0402 => ("Stop", OperationClass::Control),
            0x0403 => ("Reset", OperationClass::Control),
            0x0501 => ("Controller Data Read", OperationClass::Identify),
            0x0502 => ("Connection Data Read", OperationClass::Identify),
            0x0601 => ("Controller Status Read", OperationClass::Diagnose),
            0x0602 => ("Network Status Read", OperationClass::Diagnose),
            0x0603 => ("Data Link Status Read", OperationClass::Diagnose),
            0x0620 => ("Cycle Time Read", OperationClass::Diagnose),
            0x0701 => ("Clock Read", OperationClass::Time),
            0x0702 => ("Clock Write", OperationClass::Time),
            0x0801 => ("Loop-back Test", OperationClass::Diagnose),
            0x0802 => ("Broadcast Test Results Read", OperationClass::Diagnose),
            0x0803 => ("Broadcast Test Data Send", OperationClass::Diagnose),
            0x0920 => ("Message Read or Clear", OperationClass::Alarm),
            0x0c01 => ("Access Right Acquire", OperationClass::Session),
            0x0c02 => ("Access Right Forced Acquire", OperationClass::Session),
            0x0c03 => ("Access Right Release", OperationClass::Session),
            0x2101 => ("Error Clear", OperationClass::Diagnose),
            0x2102 => ("Error Log Read", OperationClass::Diagnose),
            0x2103 => ("Error Log Clear", OperationClass::Diagnose),
            0x2140 => ("Access Log Read", OperationClass::Diagnose),
            0x2141 => ("Access Log Clear", OperationClass::Diagnose),
            0x2201 => ("File Name Read", OperationClass::File),
            0x2202 => ("Single File Read", OperationClass::File),
            0x2203 => ("Single File Write", OperationClass::File),
            0x2204 => ("File Memory Format", OperationClass::File),
            0x2205 => ("File Delete", OperationClass::File),
            0x2206 => ("Volume Label Create or Delete", OperationClass::File),
            0x2207 => ("File Copy", OperationClass::File),
            0x2208 => ("File Name Change", OperationClass::File),
            0x2209 => ("File Data Check", OperationClass::File),
            0x220a => ("Memory Area File Transfer", OperationClass::File),
            0x220b => ("Parameter Area File Transfer", OperationClass::Program),
            0x220c => ("Program Area File Transfer", OperationClass::Program),
            0x2215 => ("Directory Create or Delete", OperationClass::File),
            0x2301 => ("Forced Set or Reset", OperationClass::Control),
            0x2302 => ("Forced Set or Reset Cancel", OperationClass::Control),
            0x230a => ("Multiple Forced Status Read", OperationClass::Read),
            0x2601 => ("Name Set", OperationClass::Configure),
            0x2602 => ("Name Delete", OperationClass::Configure),
            0x2603 => ("Name Read", OperationClass::Identify),
            _ => ("unknown", OperationClass::Program),
        }
    }
}

/// An area of memory: its name, its bank where it has several, and how many bits one of its elements has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) name: &'static str,
    pub(super) bank: u32,
    pub(super) bits: u32,
}

/// The areas of the CS, CJ and CP series (W342, section 5-2-2).
pub(super) const fn area(code: u8) -> Option<Area> {
    let (name, bank, bits) = match code {
        0x30 => ("CIO", 0, 1),
        0xb0 => ("CIO", 0, 16),
        0x31 => ("W", 0, 1),
        0xb1 => ("W", 0, 16),
        0x32 => ("H", 0, 1),
        0xb2 => ("H", 0, 16),
        0x33 => ("A", 0, 1),
        0xb3 => ("A", 0, 16),
        0x02 => ("D", 0, 1),
        0x82 => ("D", 0, 16),
        0x09 => ("TIM", 0, 1),
        0x89 => ("TIM", 0, 16),
        0x06 => ("TK", 0, 1),
        0x46 => ("TK", 0, 16),
        0x0a => ("EM", 0, 1),
        0x98 => ("EM", 0, 16),
        0x20..=0x2f => ("E", code as u32 - 0x20, 1),
        0xa0..=0xaf => ("E", code as u32 - 0xa0, 16),
        0xdc => ("IR", 0, 32),
        0xbc => ("DR", 0, 16),
        _ => return None,
    };
    Some(Area { name, bank, bits })
}

/// What an end code's main part says (W342, section 5-1-3).
pub(super) const fn end_code(main: u8) -> &'static str {
    match main {
        0x00 => "service interrupted",
        0x01 => "local node error",
        0x02 => "destination node error",
        0x03 => "communications controller error",
        0x04 => "service not supported",
        0x05 => "routing error",
        0x10 => "command format error",
        0x11 => "parameter error",
        0x20 => "read not possible",
        0x21 => "write not possible",
        0x22 => "not executable in this mode",
        0x23 => "no such device",
        0x24 => "start or stop not possible",
        0x25 => "unit error",
        0x26 => "command error",
        0x30 => "no access right",
        0x40 => "aborted",
        _ => "unknown",
    }
}

/// Commands of FINS/TCP's own head (W421, section 7-4).
pub(super) const fn transport(command: u32) -> &'static str {
    match command {
        0 => "Client Node Address",
        1 => "Server Node Address",
        2 => "Frame",
        3 => "Error",
        6 => "Connection Confirmation",
        _ => "unknown",
    }
}
