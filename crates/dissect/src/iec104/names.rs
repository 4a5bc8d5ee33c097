//! Types of units and causes of transmission. Tables only.

use cofferdam_terms::OperationClass;

/// A type identification (IEC 60870-5-101, 7.2.1; IEC 60870-5-104, 8; IEC 60870-5-7, 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TypeId(pub(super) u8);

/// What a type is for, which decides who sends it and how its objects are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Process information, in monitor direction.
    Monitor,
    /// A command to the process, whose qualifier may select before it executes.
    Command,
    /// System information, in either direction.
    System,
    /// A parameter, in control direction.
    Parameter,
    /// A piece of a file transfer, in either direction.
    File,
    /// Authentication and keys.
    Security,
    /// No table knows it.
    Unknown,
}

/// How many bytes an information object has after its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Bytes(u8),
    /// So many, then as many as a length byte at the end of them says.
    Counted(u8),
    /// All that is left.
    Rest,
}

impl TypeId {
    pub(super) const READ: Self = Self(102);

    pub(super) const fn kind(self) -> Kind {
        match self.0 {
            1..=21 | 30..=41 => Kind::Monitor,
            45..=51 | 58..=64 => Kind::Command,
            70 | 100..=107 => Kind::System,
            81..=87 | 90..=95 => Kind::Security,
            110..=113 => Kind::Parameter,
            120..=127 => Kind::File,
            0
            | 22..=29
            | 42..=44
            | 52..=57
            | 65..=69
            | 71..=80
            | 88..=89
            | 96..=99
            | 108..=109
            | 114..=119
            | 128..=255 => Kind::Unknown,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self.0 {
            1 => "M_SP_NA_1 Single Point",
            2 => "M_SP_TA_1 Single Point with Time",
            3 => "M_DP_NA_1 Double Point",
            4 => "M_DP_TA_1 Double Point with Time",
            5 => "M_ST_NA_1 Step Position",
            6 => "M_ST_TA_1 Step Position with Time",
            7 => "M_BO_NA_1 Bitstring",
            8 => "M_BO_TA_1 Bitstring with Time",
            9 => "M_ME_NA_1 Measured Value, Normalized",
            10 => "M_ME_TA_1 Measured Value, Normalized with Time",
            11 => "M_ME_NB_1 Measured Value, Scaled",
            12 => "M_ME_TB_1 Measured Value, Scaled with Time",
            13 => "M_ME_NC_1 Measured Value, Float",
            14 => "M_ME_TC_1 Measured Value, Float with Time",
            15 => "M_IT_NA_1 Integrated Totals",
            16 => "M_IT_TA_1 Integrated Totals with Time",
            17 => "M_EP_TA_1 Protection Event with Time",
            18 => "M_EP_TB_1 Protection Start Events with Time",
            19 => "M_EP_TC_1 Protection Output Circuit with Time",
            20 => "M_PS_NA_1 Packed Single Points with Change Detection",
            21 => "M_ME_ND_1 Measured Value, Normalized without Quality",
            30 => "M_SP_TB_1 Single Point with Time CP56",
            31 => "M_DP_TB_1 Double Point with Time CP56",
            32 => "M_ST_TB_1 Step Position with Time CP56",
            33 => "M_BO_TB_1 Bitstring with Time CP56",
            34 => "M_ME_TD_1 Measured Value, Normalized with Time CP56",
            35 => "M_ME_TE_1 Measured Value, Scaled with Time CP56",
            36 => "M_ME_TF_1 Measured Value, Float with Time CP56",
            37 => "M_IT_TB_1 Integrated Totals with Time CP56",
            38 => "M_EP_TD_1 Protection Event with Time CP56",
            39 => "M_EP_TE_1 Protection Start Events with Time CP56",
            40 => "M_EP_TF_1 Protection Output Circuit with Time CP56",
            41 => "S_IT_TC_1 Security Statistics with Time CP56",
            45 => "C_SC_NA_1 Single Command",
            46 => "C_DC_NA_1 Double Command",
            47 => "C_RC_NA_1 Regulating Step Command",
            48 => "C_SE_NA_1 Set Point, Normalized",
            49 => "C_SE_NB_1 Set Point, Scaled",
            50 => "C_SE_NC_1 Set Point, Float",
            51 => "C_BO_NA_1 Bitstring Command",
            58 => "C_SC_TA_1 Single Command with Time CP56",
            59 => "C_DC_TA_1 Double Command with Time CP56",
            60 => "C_RC_TA_1 Regulating Step Command with Time CP56",
            61 => "C_SE_TA_1 Set Point, Normalized with Time CP56",
            62 => "C_SE_TB_1 Set Point, Scaled with Time CP56",
            63 => "C_SE_TC_1 Set Point, Float with Time CP56",
            64 => "C_BO_TA_1 Bitstring Command with Time CP56",
            70 => "M_EI_NA_1 End of Initialization",
            81 => "S_CH_NA_1 Authentication Challenge",
            82 => "S_RP_NA_1 Authentication Reply",
            83 => "S_AR_NA_1 Aggressive Mode Authentication Request",
            84 => "S_KR_NA_1 Session Key Status Request",
            85 => "S_KS_NA_1 Session Key Status",
            86 => "S_KC_NA_1 Session Key Change",
            87 => "S_ER_NA_1 Authentication Error",
            90 => "S_US_NA_1 User Status Change",
            91 => "S_UQ_NA_1 Update Key Change Request",
            92 => "S_UR_NA_1 Update Key Change Reply",
            93 => "S_UK_NA_1 Update Key Change, Symmetric",
            94 => "S_UA_NA_1 Update Key Change, Asymmetric",
            95 => "S_UC_NA_1 Update Key Change Confirmation",
            100 => "C_IC_NA_1 Interrogation",
            101 => "C_CI_NA_1 Counter Interrogation",
            102 => "C_RD_NA_1 Read",
            103 => "C_CS_NA_1 Clock Synchronization",
            104 => "C_TS_NA_1 Test",
            105 => "C_RP_NA_1 Reset Process",
            106 => "C_CD_NA_1 Delay Acquisition",
            107 => "C_TS_TA_1 Test with Time CP56",
            110 => "P_ME_NA_1 Parameter of Measured Value, Normalized",
            111 => "P_ME_NB_1 Parameter of Measured Value, Scaled",
            112 => "P_ME_NC_1 Parameter of Measured Value, Float",
            113 => "P_AC_NA_1 Parameter Activation",
            120 => "F_FR_NA_1 File Ready",
            121 => "F_SR_NA_1 Section Ready",
            122 => "F_SC_NA_1 Call Directory, Select File, Call File or Section",
            123 => "F_LS_NA_1 Last Section or Segment",
            124 => "F_AF_NA_1 Acknowledge File or Section",
            125 => "F_SG_NA_1 Segment",
            126 => "F_DR_TA_1 Directory",
            127 => "F_SC_NB_1 Query Log",
            _ => "unknown",
        }
    }

    /// What the addresses of a type's objects number.
    pub(super) const fn space(self) -> &'static str {
        match self.0 {
            1 | 2 | 20 | 30 => "single-point",
            3 | 4 | 31 => "double-point",
            5 | 6 | 32 => "step-position",
            7 | 8 | 33 => "bitstring",
            9..=14 | 21 | 34..=36 => "measured-value",
            15 | 16 | 37 => "integrated-total",
            17..=19 | 38..=40 => "protection-event",
            41 => "security-statistic",
            45 | 58 => "single-command",
            46 | 59 => "double-command",
            47 | 60 => "step-command",
            48..=50 | 61..=63 => "set-point",
            51 | 64 => "bitstring-command",
            70 => "initialization",
            81..=87 | 90..=95 => "security",
            100 | 101 => "interrogation",
            102 => "point",
            103 | 106 => "clock",
            104 | 107 => "test",
            105 => "process",
            110..=113 => "parameter",
            120..=127 => "file",
            _ => "unknown-type",
        }
    }

    /// Bytes of one information object, without its address (7.3).
    pub(super) const fn size(self) -> Size {
        Size::Bytes(match self.0 {
            102 => 0,
            1 | 3 | 45..=47 | 70 | 100 | 101 | 105 | 113 => 1,
            5 | 21 | 104 | 106 => 2,
            9 | 11 | 48 | 49 | 110 | 111 => 3,
            2 | 4 | 51 | 122 | 124 => 4,
            6 | 7 | 13 | 15 | 20 | 50 | 112 | 123 => 5,
            10 | 12 | 17 | 120 => 6,
            18 | 19 | 103 | 121 => 7,
            8 | 14 | 16 | 30 | 31 | 58..=60 => 8,
            32 | 107 => 9,
            34 | 35 | 38 | 61 | 62 => 10,
            39 | 40 | 64 => 11,
            33 | 36 | 37 | 63 => 12,
            126 => 13,
            41 => 14,
            127 => 16,
            // The number of the file, of the section, the length of the segment.
            125 => return Size::Counted(4),
            _ => return Size::Rest,
        })
    }

    /// What a type does to the station when it is sent in control direction, and what confirmations of it are about.
    pub(super) const fn operation(self) -> OperationClass {
        match self.0 {
            45..=47 | 58..=60 | 105 => OperationClass::Control,
            48..=51 | 61..=64 => OperationClass::Write,
            100..=102 => OperationClass::Read,
            103 | 106 => OperationClass::Time,
            104 | 107 => OperationClass::Diagnose,
            110..=113 => OperationClass::Configure,
            120..=127 => OperationClass::File,
            81..=87 => OperationClass::Session,
            // Users and their keys.
            90..=95 => OperationClass::Configure,
            1..=21 | 30..=41 | 70 => OperationClass::Alarm,
            _ => OperationClass::Program,
        }
    }
}

/// A cause of transmission (IEC 60870-5-101, 7.2.3), without its test and confirmation bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cause(pub(super) u8);

impl Cause {
    /// Activations and deactivations ask.
    pub(super) const fn asks(self) -> bool {
        matches!(self.0, 6 | 8)
    }

    /// Confirmations, terminations, answers to interrogations and "unknown …" answer.
    pub(super) const fn answers(self) -> bool {
        matches!(self.0, 7 | 9 | 10 | 20..=41) || self.is_refusal()
    }

    /// Values that an interrogation asked for.
    pub(super) const fn is_interrogated(self) -> bool {
        matches!(self.0, 20..=41)
    }

    pub(super) const fn is_refusal(self) -> bool {
        matches!(self.0, 44..=47)
    }

    pub(super) const fn name(self) -> &'static str {
        match self.0 {
            1 => "periodic",
            2 => "background",
            3 => "spontaneous",
            4 => "initialized",
            5 => "requested",
            6 => "activation",
            7 => "activation confirmation",
            8 => "deactivation",
            9 => "deactivation confirmation",
            10 => "activation termination",
            11 => "return by remote command",
            12 => "return by local command",
            13 => "file transfer",
            14 => "authentication",
            15 => "session key maintenance",
            16 => "user role and update key maintenance",
            20 => "station interrogation",
            21..=36 => "group interrogation",
            37 => "general counter request",
            38..=41 => "group counter request",
            44 => "type not known",
            45 => "cause not known",
            46 => "common address not known",
            47 => "object address not known",
            _ => "reserved cause",
        }
    }
}
