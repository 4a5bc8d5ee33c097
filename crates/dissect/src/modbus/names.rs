//! Function, diagnostic and exception codes of Modbus with their names and classes. Tables only.

use cofferdam_terms::OperationClass;

/// A function code, without the exception bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FunctionCode(pub(super) u8);

impl FunctionCode {
    pub(super) const READ_COILS: Self = Self(0x01);
    pub(super) const READ_DISCRETE_INPUTS: Self = Self(0x02);
    pub(super) const READ_HOLDING_REGISTERS: Self = Self(0x03);
    pub(super) const READ_INPUT_REGISTERS: Self = Self(0x04);
    pub(super) const WRITE_SINGLE_COIL: Self = Self(0x05);
    pub(super) const WRITE_SINGLE_REGISTER: Self = Self(0x06);
    pub(super) const READ_EXCEPTION_STATUS: Self = Self(0x07);
    pub(super) const DIAGNOSTICS: Self = Self(0x08);
    pub(super) const GET_COMM_EVENT_COUNTER: Self = Self(0x0b);
    pub(super) const GET_COMM_EVENT_LOG: Self = Self(0x0c);
    pub(super) const WRITE_MULTIPLE_COILS: Self = Self(0x0f);
    pub(super) const WRITE_MULTIPLE_REGISTERS: Self = Self(0x10);
    pub(super) const REPORT_SERVER_ID: Self = Self(0x11);
    pub(super) const READ_FILE_RECORD: Self = Self(0x14);
    pub(super) const WRITE_FILE_RECORD: Self = Self(0x15);
    pub(super) const MASK_WRITE_REGISTER: Self = Self(0x16);
    pub(super) const READ_WRITE_MULTIPLE_REGISTERS: Self = Self(0x17);
    pub(super) const READ_FIFO_QUEUE: Self = Self(0x18);
    pub(super) const ENCAPSULATED_INTERFACE: Self = Self(0x2b);
    pub(super) const UMAS: Self = Self(0x5a);

    /// Whether its requests and responses have fields that say how long they are.
    pub(super) const fn has_fields(self) -> bool {
        matches!(
            self,
            Self::READ_COILS
                | Self::READ_DISCRETE_INPUTS
                | Self::READ_HOLDING_REGISTERS
                | Self::READ_INPUT_REGISTERS
                | Self::WRITE_SINGLE_COIL
                | Self::WRITE_SINGLE_REGISTER
                | Self::WRITE_MULTIPLE_COILS
                | Self::WRITE_MULTIPLE_REGISTERS
                | Self::MASK_WRITE_REGISTER
                | Self::READ_WRITE_MULTIPLE_REGISTERS
                | Self::READ_FILE_RECORD
                | Self::WRITE_FILE_RECORD
        )
    }

    /// The public names are the specification's; the others those that Modicon's manuals gave them.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::READ_COILS => "Read Coils",
            Self::READ_DISCRETE_INPUTS => "Read Discrete Inputs",
            Self::READ_HOLDING_REGISTERS => "Read Holding Registers",
            Self::READ_INPUT_REGISTERS => "Read Input Registers",
            Self::WRITE_SINGLE_COIL => "Write Single Coil",
            Self::WRITE_SINGLE_REGISTER => "Write Single Register",
            Self::READ_EXCEPTION_STATUS => "Read Exception Status",
            Self::DIAGNOSTICS => "Diagnostics",
            Self(0x09) => "Program 484",
            Self(0x0a) => "Poll 484",
            Self::GET_COMM_EVENT_COUNTER => "Get Comm Event Counter",
            Self::GET_COMM_EVENT_LOG => "Get Comm Event Log",
            Self(0x0d) => "Program Controller",
            Self(0x0e) => "Poll Controller",
            Self::WRITE_MULTIPLE_COILS => "Write Multiple Coils",
            Self::WRITE_MULTIPLE_REGISTERS => "Write Multiple Registers",
            Self::REPORT_SERVER_ID => "Report Server ID",
            Self(0x12) => "Program 884",
            Self(0x13) => "Reset Comm Link",
            Self::READ_FILE_RECORD => "Read File Record",
            Self::WRITE_FILE_RECORD => "Write File Record",
            Self::MASK_WRITE_REGISTER => "Mask Write Register",
            Self::READ_WRITE_MULTIPLE_REGISTERS => "Read/Write Multiple Registers",
            Self::READ_FIFO_QUEUE => "Read FIFO Queue",
            Self(0x28) => "Program Concept",
            Self::ENCAPSULATED_INTERFACE => "Encapsulated Interface Transport",
            Self::UMAS => "UMAS",
            Self(0x7d) => "Firmware Replacement",
            Self(0x7e) => "Program 584/984",
            Self(0x7f) => "Report Local Address",
            Self(_) => "unknown",
        }
    }

    /// What the function does to the device. A function that nobody has written down may do anything: it counts as
    /// the class that a policy is most careful with.
    pub(super) const fn operation(self) -> OperationClass {
        match self {
            Self::READ_COILS
            | Self::READ_DISCRETE_INPUTS
            | Self::READ_HOLDING_REGISTERS
            | Self::READ_INPUT_REGISTERS
            | Self::READ_FIFO_QUEUE => OperationClass::Read,
            Self::WRITE_SINGLE_COIL
            | Self::WRITE_SINGLE_REGISTER
            | Self::WRITE_MULTIPLE_COILS
            | Self::WRITE_MULTIPLE_REGISTERS
            | Self::MASK_WRITE_REGISTER
            | Self::READ_WRITE_MULTIPLE_REGISTERS => OperationClass::Write,
            Self::READ_EXCEPTION_STATUS
            | Self::DIAGNOSTICS
            | Self::GET_COMM_EVENT_COUNTER
            | Self::GET_COMM_EVENT_LOG
            | Self(0x0a | 0x0e) => OperationClass::Diagnose,
            Self::REPORT_SERVER_ID | Self(0x7f) => OperationClass::Identify,
            Self::READ_FILE_RECORD | Self::WRITE_FILE_RECORD => OperationClass::File,
            Self(0x13) => OperationClass::Control,
            Self(0x7d) => OperationClass::Firmware,
            Self::ENCAPSULATED_INTERFACE => OperationClass::Configure,
            Self(_) => OperationClass::Program,
        }
    }
}

/// The sub-function of function 8 (Application Protocol 6.8.1).
pub(super) const fn diagnostic(sub_function: u16) -> Option<&'static str> {
    Some(match sub_function {
        0x00 => "Return Query Data",
        0x01 => "Restart Communications Option",
        0x02 => "Return Diagnostic Register",
        0x03 => "Change ASCII Input Delimiter",
        0x04 => "Force Listen Only Mode",
        0x0a => "Clear Counters and Diagnostic Register",
        0x0b => "Return Bus Message Count",
        0x0c => "Return Bus Communication Error Count",
        0x0d => "Return Bus Exception Error Count",
        0x0e => "Return Server Message Count",
        0x0f => "Return Server No Response Count",
        0x10 => "Return Server NAK Count",
        0x11 => "Return Server Busy Count",
        0x12 => "Return Bus Character Overrun Count",
        0x13 => "Return IOP Overrun Count",
        0x14 => "Clear Overrun Counter and Flag",
        0x15 => "Get/Clear Modbus Plus Statistics",
        _ => return None,
    })
}

/// Restart and listen-only take the device off the line; the delimiter is a setting; the rest looks or resets counters.
pub(super) const fn diagnostic_operation(sub_function: u8) -> OperationClass {
    match sub_function {
        0x01 | 0x04 => OperationClass::Control,
        0x03 => OperationClass::Configure,
        _ => OperationClass::Diagnose,
    }
}

/// Exception codes (Application Protocol 7).
pub(super) const fn exception(code: u8) -> &'static str {
    match code {
        0x01 => "Illegal Function",
        0x02 => "Illegal Data Address",
        0x03 => "Illegal Data Value",
        0x04 => "Server Device Failure",
        0x05 => "Acknowledge",
        0x06 => "Server Device Busy",
        0x07 => "Negative Acknowledge",
        0x08 => "Memory Parity Error",
        0x0a => "Gateway Path Unavailable",
        0x0b => "Gateway Target Device Failed to Respond",
        _ => "unknown",
    }
}
