//! `opcua_binary`, and the nodes that are read and written.

use super::columns::ZeekLog;
use super::messages::ZeekMessages;
use super::row::Row;
use crate::tap::MessageContext;
use cofferdam_dissect::{Address, Message, Outcome, Role};

pub(super) fn write(zeek: &mut ZeekMessages<'_>, at: &MessageContext, message: &Message<'_>) {
    let link = zeek.link(at, message);
    zeek.write(ZeekLog::OpcuaBinary, at, |row| {
        row.put(&link).put(kind(message));
        match message.outcome {
            Outcome::Failure { code, .. } => row.put(code),
            Outcome::None | Outcome::Success => row.unset(),
        };
        for fact in ["reason", "endpoint", "security-policy"] {
            match named(message, fact) {
                Some(text) => row.text(text),
                None => row.unset(),
            };
        }
        row.maybe(message.transaction);
        match (message.transaction, message.role) {
            (None, _) => row.unset_all(2),
            (Some(_), Role::Request | Role::Unsolicited) => row
                .put(message.function.code)
                .put(format_args!("{}Request", message.function.name)),
            // The answer's own number is not carried.
            (Some(_), Role::Response) => row.unset().put(format_args!("{}Response", message.function.name)),
        };
    });
    let log = match (message.role, message.function.name) {
        (Role::Request, "Read") => ZeekLog::OpcuaBinaryReadNodes,
        (Role::Request, "Write") => ZeekLog::OpcuaBinaryWrite,
        _ => return,
    };
    for object in message.objects {
        if let Address::Name { kind: "node", name } = object.address {
            zeek.write(log, at, |row| {
                row.put(&link);
                node(row, name);
            });
        }
    }
}

/// The message's type: of the transport's messages it is their code, in letters.
fn kind(message: &Message<'_>) -> String {
    let [zero, letters @ ..] = message.function.code.to_be_bytes();
    if zero == 0 && letters.iter().all(u8::is_ascii_uppercase) {
        return letters.into_iter().map(char::from).collect();
    }
    match message.function.name {
        "OpenSecureChannel" => "OPN",
        "CloseSecureChannel" => "CLO",
        _ => "MSG",
    }
    .to_owned()
}

fn named<'a>(message: &Message<'a>, wanted: &str) -> Option<&'a [u8]> {
    message.objects.iter().find_map(|object| match object.address {
        Address::Name { kind, name } if kind == wanted => Some(name),
        Address::Points { .. }
        | Address::Memory { .. }
        | Address::Block { .. }
        | Address::Path { .. }
        | Address::Name { .. } => None,
    })
}

/// A node's namespace, and the one of its four kinds of identifier that it has: `ns=2;s=Speed`.
fn node(row: &mut Row<'_>, name: &[u8]) {
    let (namespace, rest) = match name.strip_prefix(b"ns=") {
        Some(rest) => {
            let end = rest.iter().position(|byte| *byte == b';').unwrap_or(rest.len());
            let (number, rest) = rest.split_at(end);
            (number, rest.get(1..).unwrap_or_default())
        }
        None => (b"0".as_slice(), name),
    };
    row.text(namespace);
    for kind in [b"i=", b"s=", b"g=", b"b="] {
        match rest.strip_prefix(kind) {
            Some(identifier) => row.text(identifier),
            None => row.unset(),
        };
    }
}
