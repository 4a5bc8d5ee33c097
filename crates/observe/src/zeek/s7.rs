//! `cotp` and `s7comm`.

use super::columns::ZeekLog;
use super::messages::ZeekMessages;
use crate::tap::MessageContext;
use cofferdam_dissect::{Address, Message, Outcome, Role};

pub(super) fn cotp(zeek: &mut ZeekMessages<'_>, at: &MessageContext, message: &Message<'_>) {
    let code = message.function.code >> 4;
    let name = match code {
        0x1 => "ED Expedited Data",
        0x2 => "EA Expedited Data Acknowledgement",
        0x5 => "RJ Reject",
        0x6 => "AK Data Acknowledgement",
        0x7 => "ER TPDU Error",
        0x8 => "DR Disconnect Request",
        0xc => "DC Disconnect Confirm",
        0xd => "CC Connection Confirm",
        0xe => "CR Connection Request",
        0xf => "DT Data",
        _ => message.function.name,
    };
    zeek.write(ZeekLog::Cotp, at, |row| {
        row.put(format_args!("0x{code:02x}")).put(name);
    });
}

/// In our function codes, userdata has this bit, then its group, then its subfunction.
const USERDATA: u32 = 0x1_0000;
/// An answer that names no function.
const BARE_ACK: &str = "Ack";

pub(super) fn s7comm(zeek: &mut ZeekMessages<'_>, at: &MessageContext, message: &Message<'_>) {
    let code = message.function.code;
    let (rosctr, rosctr_name) = match (code & USERDATA, message.role) {
        (0, Role::Request | Role::Unsolicited) => (1, "Job-Request"),
        (0, Role::Response) if message.function.name == BARE_ACK => (2, "ACK"),
        (0, Role::Response) => (3, "ACK-Data"),
        _ => (7, "User-Data"),
    };
    zeek.write(ZeekLog::S7comm, at, |row| {
        row.put(rosctr).put(rosctr_name).maybe(message.transaction);
        if code & USERDATA != 0 {
            let (kind, word) = match message.role {
                Role::Request => (0x40, "Request"),
                Role::Response => (0x80, "Response"),
                Role::Unsolicited => (0x00, "Push"),
            };
            let group = code >> 8 & 0xff;
            row.put(format_args!("0x{:02x}", kind | group));
            row.put(format_args!("{word}: {}", group_name(group)));
            row.put(format_args!("0x{:02x}", code & 0xff))
                .put(message.function.name);
        } else {
            row.put(format_args!("0x{code:02x}")).put(job_name(message));
            match pi_service(message) {
                Some(service) => row.text(service).text(service),
                None => row.unset_all(2),
            };
        }
        match message.outcome {
            Outcome::None => row.unset_all(2),
            Outcome::Success => row.put("No error").put("0x00"),
            Outcome::Failure { code, .. } => row
                .put(error_class(code >> 8))
                .put(format_args!("0x{:02x}", code & 0xff)),
        };
    });
}

fn pi_service<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    message.objects.iter().find_map(|object| match object.address {
        Address::Name {
            kind: "pi-service",
            name,
        } => Some(name),
        Address::Points { .. }
        | Address::Memory { .. }
        | Address::Block { .. }
        | Address::Path { .. }
        | Address::Name { .. } => None,
    })
}

fn job_name(message: &Message<'_>) -> &'static str {
    match message.function.code {
        0x04 => "Read Variable",
        0x05 => "Write Variable",
        0x28 => "PLC Control",
        _ => message.function.name,
    }
}

const fn group_name(group: u32) -> &'static str {
    match group {
        0x0 => "Mode-Transition",
        0x1 => "Programmer Controls",
        0x2 => "Cyclic Services",
        0x3 => "Block Functions",
        0x4 => "CPU Functions",
        0x5 => "Security",
        0x6 => "PBC BSEND-BRECV",
        0x7 => "Time Functions",
        0xf => "NC Programming",
        _ => "unknown",
    }
}

/// Classes as ICSNPP-S7COMM names them, by the header's error class.
fn error_class(class: u32) -> String {
    match class {
        0x00 => "Parameter Error".to_owned(),
        0x81 => "Application relationship error".to_owned(),
        0x82 => "Object definition error".to_owned(),
        0x83 => "No ressources available error".to_owned(),
        0x84 => "Error on service processing".to_owned(),
        0x85 => "Error on supplies".to_owned(),
        0x87 => "Access error".to_owned(),
        class => format!("Unknown error class-0x{class:02x}"),
    }
}
