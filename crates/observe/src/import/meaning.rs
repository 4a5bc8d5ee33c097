//! What function names and codes in logs mean: the operation class, as the dissectors would give it. Tables only.

use cofferdam_dissect::{Protocol, REGISTRY};
use cofferdam_terms::OperationClass;

/// Our protocol by Zeek's or Suricata's name of a service; of a list the first that is known.
pub(super) fn service(names: &str) -> Option<Protocol> {
    names.split(',').find_map(|name| {
        let name = match name.trim() {
            "ssl" => "tls",
            "dnp3_tcp" | "dnp3_udp" => "dnp3",
            "opcua-binary" | "opcua_binary" => "opcua",
            "krb" | "krb_tcp" | "krb5" => "kerberos",
            name => name,
        };
        protocol(name)
    })
}

/// A protocol that the dissectors know, by its name.
pub(super) fn protocol(name: &str) -> Option<Protocol> {
    let all = REGISTRY
        .iter()
        .flat_map(|entry| std::iter::once(&entry.protocol).chain(entry.inner));
    all.copied().find(|known| known.0 == name)
}

/// Zeek's names of Modbus functions, their codes and classes.
const MODBUS: &[(&str, u32, OperationClass)] = &[
    ("READ_COILS", 0x01, OperationClass::Read),
    ("READ_DISCRETE_INPUTS", 0x02, OperationClass::Read),
    ("READ_HOLDING_REGISTERS", 0x03, OperationClass::Read),
    ("READ_INPUT_REGISTERS", 0x04, OperationClass::Read),
    ("WRITE_SINGLE_COIL", 0x05, OperationClass::Write),
    ("WRITE_SINGLE_REGISTER", 0x06, OperationClass::Write),
    ("READ_EXCEPTION_STATUS", 0x07, OperationClass::Diagnose),
    ("DIAGNOSTICS", 0x08, OperationClass::Diagnose),
    ("GET_COMM_EVENT_COUNTER", 0x0b, OperationClass::Diagnose),
    ("GET_COMM_EVENT_LOG", 0x0c, OperationClass::Diagnose),
    ("WRITE_MULTIPLE_COILS", 0x0f, OperationClass::Write),
    ("WRITE_MULTIPLE_REGISTERS", 0x10, OperationClass::Write),
    ("REPORT_SLAVE_ID", 0x11, OperationClass::Identify),
    ("READ_FILE_RECORD", 0x14, OperationClass::File),
    ("WRITE_FILE_RECORD", 0x15, OperationClass::File),
    ("MASK_WRITE_REGISTER", 0x16, OperationClass::Write),
    ("READ_WRITE_MULTIPLE_REGISTERS", 0x17, OperationClass::Write),
    ("READ_FIFO_QUEUE", 0x18, OperationClass::Read),
    ("ENCAP_INTERFACE_TRANSPORT", 0x2b, OperationClass::Identify),
];

/// A Modbus function by Zeek's name. One that is in no table may do anything.
pub(super) fn modbus(name: &str) -> (u32, OperationClass) {
    let known = MODBUS.iter().find(|(known, ..)| *known == name);
    known.map_or((0, OperationClass::Program), |(_, code, class)| (*code, *class))
}

/// A Modbus function by its code.
pub(super) fn modbus_code(code: u32) -> (String, OperationClass) {
    let known = MODBUS.iter().find(|(_, known, _)| *known == code);
    known.map_or_else(
        || ("unknown".to_owned(), OperationClass::Program),
        |(name, _, class)| ((*name).to_owned(), *class),
    )
}

/// An S7comm function by its code; userdata by its group.
pub(super) const fn s7comm(code: u32, is_userdata: Userdata) -> OperationClass {
    match (is_userdata, code) {
        (Userdata::No, 0x04) => OperationClass::Read,
        (Userdata::No, 0x05) => OperationClass::Write,
        (Userdata::No, 0x1a..=0x1f) => OperationClass::Program,
        (Userdata::No, 0x28 | 0x29) => OperationClass::Control,
        (Userdata::No, 0xf0) => OperationClass::Session,
        (Userdata::No, _) => OperationClass::Diagnose,
        (Userdata::Yes, _) => match code & 0x0f {
            0x0 => OperationClass::Alarm,
            0x1 => OperationClass::Control,
            0x2 | 0x3 => OperationClass::Read,
            0x5 => OperationClass::Session,
            0x6 => OperationClass::Write,
            0x7 => OperationClass::Time,
            0xf => OperationClass::Program,
            _ => OperationClass::Diagnose,
        },
    }
}

/// Whether an S7comm message is userdata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Userdata {
    Yes,
    No,
}

/// A CIP service by its code and the class that it is sent to.
pub(super) const fn cip(code: u32, class: Option<u32>) -> OperationClass {
    match (code, class) {
        (0x01 | 0x03 | 0x0e, Some(0x01)) => OperationClass::Identify,
        (0x01 | 0x03 | 0x0e | 0x11 | 0x18 | 0x0a, _) => OperationClass::Read,
        (0x54 | 0x4e | 0x5b, Some(0x06)) | (0x17, _) => OperationClass::Session,
        (0x02 | 0x04 | 0x10 | 0x19, Some(0x8b)) => OperationClass::Time,
        (0x4d, Some(0xa1)) | (0x4b, Some(0xa1)) => OperationClass::Firmware,
        (0x4c | 0x52 | 0x55, _) => OperationClass::Read,
        (0x02 | 0x04 | 0x10 | 0x19 | 0x4d | 0x53 | 0x4e, _) => OperationClass::Write,
        (0x08 | 0x09 | 0x15 | 0x16, _) => OperationClass::Configure,
        (0x54 | 0x5b, None) => OperationClass::Session,
        _ => OperationClass::Control,
    }
}

/// A DNP3 function by Zeek's name.
pub(super) fn dnp3(name: &str) -> (u32, OperationClass) {
    const NAMES: &[(&str, u32, OperationClass)] = &[
        ("CONFIRM", 0, OperationClass::Session),
        ("READ", 1, OperationClass::Read),
        ("WRITE", 2, OperationClass::Write),
        ("SELECT", 3, OperationClass::Control),
        ("OPERATE", 4, OperationClass::Control),
        ("DIRECT_OPERATE", 5, OperationClass::Control),
        ("COLD_RESTART", 13, OperationClass::Control),
        ("WARM_RESTART", 14, OperationClass::Control),
        ("START_APPLICATION", 17, OperationClass::Control),
        ("STOP_APPLICATION", 18, OperationClass::Control),
        ("ENABLE_UNSOLICITED", 20, OperationClass::Configure),
        ("DISABLE_UNSOLICITED", 21, OperationClass::Configure),
        ("ASSIGN_CLASS", 22, OperationClass::Configure),
        ("DELAY_MEASURE", 23, OperationClass::Time),
        ("RECORD_CURRENT_TIME", 24, OperationClass::Time),
        ("OPEN_FILE", 25, OperationClass::File),
        ("CLOSE_FILE", 26, OperationClass::File),
        ("DELETE_FILE", 27, OperationClass::File),
        ("RESPONSE", 129, OperationClass::Read),
        ("UNSOLICITED_RESPONSE", 130, OperationClass::Alarm),
    ];
    let known = NAMES.iter().find(|(known, ..)| *known == name);
    known.map_or((u32::MAX, OperationClass::Program), |(_, code, class)| {
        (*code, *class)
    })
}

/// A DNP3 function's Zeek name by its code.
pub(super) fn dnp3_class(code: u32) -> OperationClass {
    match code {
        0 => OperationClass::Session,
        1 | 129 => OperationClass::Read,
        2 => OperationClass::Write,
        3..=14 | 16..=18 => OperationClass::Control,
        15 | 19..=22 | 31 => OperationClass::Configure,
        23 | 24 => OperationClass::Time,
        25..=30 => OperationClass::File,
        130 => OperationClass::Alarm,
        _ => OperationClass::Program,
    }
}

/// An OPC UA service by its name.
pub(super) fn opcua(name: &str) -> OperationClass {
    match name {
        "FindServers" | "GetEndpoints" | "RegisterServer" | "RegisterServer2" | "FindServersOnNetwork" => {
            OperationClass::Identify
        }
        "Write" | "HistoryUpdate" => OperationClass::Write,
        "Call" => OperationClass::Control,
        "AddNodes" | "AddReferences" | "DeleteNodes" | "DeleteReferences" => OperationClass::Configure,
        "OpenSecureChannel" | "CloseSecureChannel" | "CreateSession" | "ActivateSession" | "CloseSession"
        | "Cancel" | "ServiceFault" => OperationClass::Session,
        _ => OperationClass::Read,
    }
}
