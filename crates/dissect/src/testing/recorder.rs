//! A sink that writes down what it is told.

use crate::message::{About, Address, Anomaly, Identity, Message, Object, Outcome, Role};
use crate::session::Sink;

/// Writes down what a session tells, a line each. Places in the bytes are left out, so that the same messages cut
/// differently give the same lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recorder {
    /// In the order in which they were told.
    pub lines: Vec<String>,
}

impl Sink for Recorder {
    fn message(&mut self, message: &Message<'_>) {
        self.lines.push(message_line(message));
    }

    fn identity(&mut self, identity: &Identity<'_>) {
        self.lines.push(identity_line(identity));
    }

    fn anomaly(&mut self, anomaly: &Anomaly) {
        self.lines
            .push(format!("anomaly {} {}", anomaly.protocol, anomaly.code));
    }
}

fn message_line(message: &Message<'_>) -> String {
    let role = match message.role {
        Role::Request => "request",
        Role::Response => "response",
        Role::Unsolicited => "unsolicited",
    };
    let mut line = format!(
        "{role} {} {:#x} {} [{}]",
        message.protocol, message.function.code, message.function.name, message.operation
    );
    if let Some(unit) = message.unit {
        line += &format!(" unit {unit}");
    }
    match message.outcome {
        Outcome::None => {}
        Outcome::Success => line += " ok",
        Outcome::Failure { code, name } => line += &format!(" failed {code:#x} {name}"),
    }
    for object in message.objects {
        line += "; ";
        line += &object_text(object);
    }
    line
}

fn object_text(object: &Object<'_>) -> String {
    let mut text = match object.address {
        Address::Points { space, first, count } => format!("{space} {first}+{count}"),
        Address::Memory {
            area,
            block,
            bit,
            bits,
        } => format!("{area}{block} bit {bit}+{bits}"),
        Address::Block { kind, number } => format!("{kind} {number}"),
        Address::Path {
            class,
            instance,
            attribute,
        } => {
            let or_dash = |id: Option<u32>| id.map_or_else(|| "-".to_owned(), |id| format!("{id:#x}"));
            format!("{class:#x}/{}/{}", or_dash(instance), or_dash(attribute))
        }
        Address::Name { kind, name } => format!("{kind} {}", name.escape_ascii()),
    };
    if let Some(value) = object.value {
        text += " = ";
        text.extend(value.iter().map(|byte| format!("{byte:02x}")));
    }
    text
}

fn identity_line(identity: &Identity<'_>) -> String {
    let about = match identity.about {
        About::Sender => "sender".to_owned(),
        About::SenderAt(ip) => format!("sender at {ip}"),
        About::Receiver => "receiver".to_owned(),
        About::Host { mac, ip } => [mac.map(|mac| mac.to_string()), ip.map(|ip| ip.to_string())]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
    };
    let unit = identity
        .unit
        .map_or_else(String::new, |unit| format!(" unit {unit}"));
    format!(
        "identity {} {about}{unit} {}={}",
        identity.protocol,
        identity.field.name(),
        identity.value.escape_ascii()
    )
}
