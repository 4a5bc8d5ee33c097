//! Commands, their fields, response codes and makers (FieldComm Group: HCF_SPEC-127, -151, -183 and -307).

use cofferdam_terms::OperationClass;

/// A HART command's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Command(pub(super) u16);

impl Command {
    pub(super) const READ_IDENTIFIER: Self = Self(0);
    pub(super) const READ_VARIABLES: Self = Self(9);
    pub(super) const READ_IDENTIFIER_BY_TAG: Self = Self(11);
    pub(super) const READ_TAG: Self = Self(13);
    pub(super) const READ_LONG_TAG: Self = Self(20);
    pub(super) const READ_IDENTIFIER_BY_LONG_TAG: Self = Self(21);
    pub(super) const EXTENDED: Self = Self(31);
    pub(super) const READ_DEVICE_VARIABLES: Self = Self(33);
    pub(super) const SEND_TO_SUB_DEVICE: Self = Self(77);

    pub(super) const fn known(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "Read Unique Identifier",
            1 => "Read Primary Variable",
            2 => "Read Loop Current and Percent of Range",
            3 => "Read Dynamic Variables and Loop Current",
            6 => "Write Polling Address",
            7 => "Read Loop Configuration",
            8 => "Read Dynamic Variable Classifications",
            9 => "Read Device Variables with Status",
            11 => "Read Unique Identifier by Tag",
            12 => "Read Message",
            13 => "Read Tag, Descriptor, Date",
            14 => "Read Transducer Information",
            15 => "Read Device Information",
            16 => "Read Final Assembly Number",
            17 => "Write Message",
            18 => "Write Tag, Descriptor, Date",
            19 => "Write Final Assembly Number",
            20 => "Read Long Tag",
            21 => "Read Unique Identifier by Long Tag",
            22 => "Write Long Tag",
            33 => "Read Device Variables",
            34 => "Write Damping",
            35 => "Write Range Values",
            36 => "Set Upper Range Value",
            37 => "Set Lower Range Value",
            38 => "Reset Configuration Changed Flag",
            39 => "EEPROM Control",
            40 => "Fixed Current Mode",
            41 => "Perform Self Test",
            42 => "Perform Device Reset",
            43 => "Set Zero",
            44 => "Write Units",
            45 => "Trim Loop Current Zero",
            46 => "Trim Loop Current Gain",
            47 => "Write Transfer Function",
            48 => "Read Additional Device Status",
            49 => "Write Transducer Serial Number",
            50 => "Read Dynamic Variable Assignments",
            51 => "Write Dynamic Variable Assignments",
            52 => "Set Device Variable Zero",
            53 => "Write Device Variable Units",
            54 => "Read Device Variable Information",
            55 => "Write Device Variable Damping",
            56 => "Write Device Variable Serial Number",
            57 => "Read Unit Tag, Descriptor, Date",
            58 => "Write Unit Tag, Descriptor, Date",
            59 => "Write Number of Preambles",
            60 => "Read Analog Channel and Percent of Range",
            61 => "Read Dynamic Variables and Analog Channel",
            62 => "Read Analog Channels",
            63 => "Read Analog Channel Information",
            64 => "Write Analog Channel Damping",
            65 => "Write Analog Channel Range Values",
            66 => "Fixed Analog Channel Mode",
            67 => "Trim Analog Channel Zero",
            68 => "Trim Analog Channel Gain",
            69 => "Write Analog Channel Transfer Function",
            70 => "Read Analog Channel Endpoints",
            71 => "Lock Device",
            72 => "Squawk",
            73 => "Find Device",
            74 => "Read I/O System Capabilities",
            75 => "Poll Sub-Device",
            76 => "Read Lock State",
            77 => "Send Command to Sub-Device",
            78 => "Read Aggregated Commands",
            79 => "Write Device Variable",
            80 => "Read Device Variable Trim Points",
            81 => "Read Device Variable Trim Guidelines",
            82 => "Write Device Variable Trim Point",
            83 => "Reset Device Variable Trim",
            84 => "Read Sub-Device Identity Summary",
            85 => "Read I/O Channel Statistics",
            86 => "Read Sub-Device Statistics",
            87 => "Write I/O System Master Mode",
            88 => "Write I/O System Retry Count",
            89 => "Set Real-Time Clock",
            90 => "Read Real-Time Clock",
            103 => "Write Burst Period",
            104 => "Write Burst Trigger",
            105 => "Read Burst Mode Configuration",
            106 => "Flush Delayed Responses",
            107 => "Write Burst Device Variables",
            108 => "Write Burst Mode Command Number",
            109 => "Burst Mode Control",
            110 => "Read All Dynamic Variables",
            111 => "Transfer Service Control",
            112 => "Transfer Service",
            128..=253 => "Device-Specific Command",
            512 => "Read Country Code",
            513 => "Write Country Code",
            _ => return None,
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self.known() {
            Some(name) => name,
            None => "unknown",
        }
    }

    /// What the command does. One of the maker's own and one that no table knows count as the class that a policy is most
    /// careful with.
    pub(super) const fn operation(self) -> OperationClass {
        match self.0 {
            0 | 11 | 13 | 16 | 20 | 21 | 57 | 74 | 75 | 84 => OperationClass::Identify,
            1..=3 | 7..=9 | 12 | 14 | 15 | 33 | 50 | 54 | 60..=63 | 70 | 76 | 78 | 80 | 81 => {
                OperationClass::Read
            }
            105 | 110 | 512 => OperationClass::Read,
            41 | 48 | 72 | 73 | 85 | 86 => OperationClass::Diagnose,
            40 | 42 | 66 => OperationClass::Control,
            79 => OperationClass::Write,
            89 | 90 => OperationClass::Time,
            111 | 112 => OperationClass::File,
            6 | 17..=19 | 22 | 34..=39 | 43..=47 | 49 | 51..=53 | 55 | 56 | 58 | 59 | 64 | 65 => {
                OperationClass::Configure
            }
            67..=69 | 71 | 82 | 83 | 87 | 88 | 103 | 104 | 106..=109 | 513 => OperationClass::Configure,
            _ => OperationClass::Program,
        }
    }

    /// The fields of its data, with their lengths, as far as they have a fixed place: of an answer, and of what is
    /// written, which the answer repeats. A field without a name is passed over.
    pub(super) const fn fields(self) -> &'static [(&'static str, usize)] {
        match self.0 {
            1 => &[("primary variable", 5)],
            2 => &[("loop current", 4), ("percent of range", 4)],
            3 => &[
                ("loop current", 4),
                ("primary variable", 5),
                ("secondary variable", 5),
                ("tertiary variable", 5),
                ("quaternary variable", 5),
            ],
            6 | 7 => &[("polling address", 1), ("loop current mode", 1)],
            12 | 17 => &[("message", 24)],
            13 | 18 => &[("tag", 6), ("descriptor", 12), ("date", 3)],
            15 => &[
                ("alarm selection", 1),
                ("transfer function", 1),
                ("range units", 1),
                ("upper range value", 4),
                ("lower range value", 4),
                ("damping", 4),
                ("write protection", 1),
            ],
            16 | 19 => &[("final assembly number", 3)],
            20 | 22 => &[("long tag", 32)],
            34 => &[("damping", 4)],
            35 => &[
                ("range units", 1),
                ("upper range value", 4),
                ("lower range value", 4),
            ],
            40 | 45 | 46 => &[("loop current", 4)],
            44 => &[("units", 1)],
            47 => &[("transfer function", 1)],
            49 => &[("transducer serial number", 3)],
            71 | 76 => &[("lock", 1)],
            _ => &[],
        }
    }

    /// What a field's first byte is the number of, for commands that address one device variable.
    pub(super) const fn addresses_variable(self) -> bool {
        matches!(self.0, 52..=56 | 79..=83)
    }
}

/// The name of what HART-IP itself says, by message id.
pub(super) const fn message(id: u8) -> Option<&'static str> {
    Some(match id {
        0 => "Session Initiate",
        1 => "Session Close",
        2 => "Keep Alive",
        3 => "Token-Passing PDU",
        4 => "Direct PDU",
        5 => "Read Audit Log",
        _ => return None,
    })
}

/// The name of a status in HART-IP's head.
pub(super) const fn status(code: u8) -> &'static str {
    match code {
        2 => "wrong selection",
        3 => "value too large",
        4 => "value too small",
        5 => "too few bytes",
        6 => "error of the device",
        7 => "write protected",
        14 => "version not supported",
        15 => "all sessions are in use",
        16 => "access restricted",
        32 => "busy",
        64 => "not implemented",
        _ => "unknown",
    }
}

/// Whether a response code only warns: what was asked was done.
pub(super) const fn warns(code: u8) -> bool {
    matches!(code, 0 | 8 | 14 | 30 | 31 | 112..=127)
}

/// The name of a response code that is an error. Codes of several meanings have their common one.
pub(super) const fn response(code: u8) -> &'static str {
    match code {
        2 => "wrong selection",
        3 => "value too large",
        4 => "value too small",
        5 => "too few bytes",
        6 => "error of the device",
        7 => "write protected",
        9..=13 | 15 | 17..=23 | 28 | 29 => "refused for the command's own reason",
        16 => "access restricted",
        32 => "busy",
        33 => "answer is delayed",
        34 => "answer is being made",
        35 => "delayed answer is lost",
        36 => "delayed answers conflict",
        64 => "not implemented",
        0x80..=0xff => "communication error",
        _ => "unknown",
    }
}

/// The maker of a manufacturer id.
pub(super) const fn vendor(id: u16) -> Option<&'static str> {
    Some(match id {
        0x11 => "Endress+Hauser",
        0x13 => "Fisher Controls",
        0x17 => "Honeywell",
        0x1a => "ABB",
        0x1f => "Micro Motion",
        0x26 => "Rosemount",
        0x2a => "Siemens",
        0x37 => "Yokogawa",
        0x3e => "VEGA",
        0x45 => "KROHNE",
        _ => return None,
    })
}
