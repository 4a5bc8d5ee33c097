//! Messages to lines of their protocol's logs.

use super::columns::ZeekLog;
use super::row::{Flag, Row};
use super::{Lines, Logs, dnp3, opcua, s7};
use crate::tap::{MessageContext, MessageSink};
use cofferdam_dissect::{Address, Message, Outcome, Role, Side};
use foldhash::fast::FixedState;
use std::hash::BuildHasher;
use std::net::IpAddr;

/// Digits of Zeek's unique ids.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Writes the logs of protocols. Give it to
/// [`Observer::frame_with_messages`](crate::Observer::frame_with_messages), and [`finish`](Self::finish) it at the end.
pub struct ZeekMessages<'a> {
    logs: Logs<'a>,
    capture: String,
    line: String,
    requests: dnp3::Requests,
    without_address: u64,
}

impl<'a> ZeekMessages<'a> {
    /// A writer for one capture, by the name that its unique ids are made of. `lines` takes each line with its log.
    #[must_use]
    pub fn new(capture: &str, lines: Lines<'a>) -> Self {
        Self {
            logs: Logs::new(lines),
            capture: capture.to_owned(),
            line: String::new(),
            requests: dnp3::Requests::default(),
            without_address: 0,
        }
    }

    /// Ends the logs. Gives how many messages have no place in them, since they are straight on Ethernet.
    pub fn finish(mut self) -> u64 {
        while let Some(request) = self.requests.oldest() {
            self.logs.line(ZeekLog::Dnp3, request.at, &request.line(None));
        }
        self.logs.close();
        self.without_address
    }

    /// Writes one line: the fields that all logs share, then those that `fill` puts.
    pub(super) fn write(&mut self, log: ZeekLog, at: &MessageContext, fill: impl FnOnce(&mut Row<'_>)) {
        let mut line = std::mem::take(&mut self.line);
        let mut row = Row::begin(&mut line, at.time);
        common(&mut row, &self.capture, at);
        direction(&mut row, at);
        fill(&mut row);
        self.logs.line(log, at.time, &line);
        self.line = line;
    }

    /// Notes a DNP3 request until its reply comes; gives a line when one is complete.
    pub(super) fn dnp3_pair(&mut self, at: &MessageContext, message: &Message<'_>) {
        let (capture, requests) = (&self.capture, &mut self.requests);
        let begin = || {
            let mut line = String::new();
            common(&mut Row::begin(&mut line, at.time), capture, at);
            line
        };
        for (time, line) in requests.take(at, message, begin) {
            self.logs.line(ZeekLog::Dnp3, time, &line);
        }
    }

    /// An id of a message that other logs point to.
    pub(super) fn link(&self, at: &MessageContext, message: &Message<'_>) -> String {
        unique('O', (&self.capture, at.flow, at.packet, message.span.start))
    }
}

impl MessageSink for ZeekMessages<'_> {
    fn message(&mut self, at: &MessageContext, message: &Message<'_>) {
        if at.initiator.ip.is_none() || at.responder.ip.is_none() {
            self.without_address += 1;
            return;
        }
        match message.protocol.0 {
            "modbus" => modbus(self, at, message),
            "enip" => enip(self, at, message),
            "cip" => cip(self, at, message),
            "cotp" => s7::cotp(self, at, message),
            "s7comm" => s7::s7comm(self, at, message),
            "dnp3" => dnp3::write(self, at, message),
            "opcua" => opcua::write(self, at, message),
            _ => {}
        }
    }
}

/// Zeek's form of a unique id.
pub(super) fn unique(letter: char, of: impl std::hash::Hash) -> String {
    let (high, low) = (
        FixedState::with_seed(1).hash_one(&of),
        FixedState::with_seed(2).hash_one(&of),
    );
    let mut rest = u128::from(high) << 64 | u128::from(low);
    let mut text = String::from(letter);
    for _ in 0..17 {
        let digit = usize::try_from(rest % 62).unwrap_or_default();
        text.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
        rest /= 62;
    }
    text
}

/// The unique id of a flow of a capture.
pub(super) fn uid(capture: &str, flow: u64) -> String {
    unique('C', (capture, flow))
}

fn common(row: &mut Row<'_>, capture: &str, at: &MessageContext) {
    row.put(uid(capture, at.flow));
    endpoint(row, at.initiator.ip, at.initiator_port);
    endpoint(row, at.responder.ip, at.responder_port);
}

pub(super) fn endpoint(row: &mut Row<'_>, ip: Option<IpAddr>, port: u16) {
    row.maybe(ip).put(port);
}

fn direction(row: &mut Row<'_>, at: &MessageContext) {
    let initiator = (at.initiator.ip, at.initiator_port);
    let responder = (at.responder.ip, at.responder_port);
    let (flag, source, destination) = match at.side {
        Side::Initiator => (Flag::True, initiator, responder),
        Side::Responder => (Flag::False, responder, initiator),
    };
    row.flag(flag);
    endpoint(row, source.0, source.1);
    endpoint(row, destination.0, destination.1);
}

/// A name in capitals, as Zeek writes names of functions: `READ_COILS`.
pub(super) fn capitals(name: &str) -> String {
    name.chars()
        .map(|letter| match letter {
            ' ' | '/' | '-' => '_',
            letter => letter.to_ascii_uppercase(),
        })
        .collect()
}

/// Zeek's names of Modbus functions that are not ours in capitals.
fn modbus_function(message: &Message<'_>) -> String {
    let name = match message.function.code {
        0x0d => "PROGRAM_584_984".to_owned(),
        0x0e => "POLL_584_984".to_owned(),
        0x11 => "REPORT_SLAVE_ID".to_owned(),
        0x12 => "PROGRAM_884_U84".to_owned(),
        0x13 => "RESET_COMM_LINK_884_U84".to_owned(),
        0x2b => "ENCAP_INTERFACE_TRANSPORT".to_owned(),
        _ => capitals(message.function.name),
    };
    match message.outcome {
        Outcome::Failure { .. } => format!("{name}_EXCEPTION"),
        Outcome::None | Outcome::Success => name,
    }
}

const fn direction_word(role: Role) -> &'static str {
    match role {
        Role::Request | Role::Unsolicited => "REQUEST",
        Role::Response => "RESPONSE",
    }
}

fn modbus(zeek: &mut ZeekMessages<'_>, at: &MessageContext, message: &Message<'_>) {
    let function = modbus_function(message);
    let head = |row: &mut Row<'_>| {
        row.maybe(message.transaction).maybe(message.unit);
        row.put(&function).put(direction_word(message.role));
    };
    if let Outcome::Failure { name, .. } = message.outcome {
        let exception = capitals(name).replace("SERVER_DEVICE", "SLAVE_DEVICE");
        return zeek.write(ZeekLog::ModbusDetailed, at, |row| {
            head(row);
            row.unset_all(2).put(exception);
        });
    }
    if message.objects.is_empty() {
        return zeek.write(ZeekLog::ModbusDetailed, at, |row| {
            head(row);
            row.unset_all(3);
        });
    }
    for object in message.objects {
        zeek.write(ZeekLog::ModbusDetailed, at, |row| {
            head(row);
            match object.address {
                Address::Points { space, first, count } => {
                    row.put(first).put(count);
                    match object.value {
                        Some(value) => row.put(modbus_values(space, count, value)),
                        None => row.unset(),
                    };
                }
                Address::Memory { .. }
                | Address::Block { .. }
                | Address::Path { .. }
                | Address::Name { .. } => {
                    row.unset_all(3);
                }
            }
        });
    }
}

/// Coils as `T,F`, registers as numbers.
fn modbus_values(space: &str, count: u32, value: &[u8]) -> String {
    let count = usize::try_from(count).unwrap_or_default();
    let one_coil = matches!((space, count, value), ("coil", 1, [_, _]));
    let values: Vec<String> = match space {
        "coil" if one_coil => vec![truth(value != [0, 0])],
        "coil" | "discrete-input" => {
            let bits = value
                .iter()
                .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
            bits.take(count).map(truth).collect()
        }
        _ => value
            .chunks_exact(2)
            .map(|pair| {
                pair.iter()
                    .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte))
                    .to_string()
            })
            .collect(),
    };
    values.join(",")
}

fn truth(set: bool) -> String {
    if set { "T" } else { "F" }.to_owned()
}

fn enip(zeek: &mut ZeekMessages<'_>, at: &MessageContext, message: &Message<'_>) {
    zeek.write(ZeekLog::Enip, at, |row| {
        row.put(format_args!("0x{:02x}", message.function.code));
        row.put(message.function.name).unset_all(2);
        row.put(status_name(message.outcome)).unset_all(2);
    });
}

const fn status_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::None => "-",
        Outcome::Success => "Success",
        Outcome::Failure { name, .. } => name,
    }
}

fn cip(zeek: &mut ZeekMessages<'_>, at: &MessageContext, message: &Message<'_>) {
    let path = message.objects.iter().find_map(|object| match object.address {
        Address::Path {
            class,
            instance,
            attribute,
        } => Some((class, instance, attribute)),
        Address::Points { .. } | Address::Memory { .. } | Address::Block { .. } | Address::Name { .. } => {
            None
        }
    });
    zeek.write(ZeekLog::Cip, at, |row| {
        row.unset().put(direction_word(message.role).to_ascii_lowercase());
        row.put(format_args!("0x{:02x}", message.function.code))
            .put(message.function.name);
        match message.outcome {
            Outcome::None => row.unset_all(4),
            Outcome::Success => row.put("0x00").put("Success").unset_all(2),
            Outcome::Failure { code, name } => {
                row.put(format_args!("0x{:02x}", code & 0xff)).put(name);
                match code >> 16 {
                    0 => row.unset(),
                    extended => row.put(format_args!("0x{extended:04x}")),
                };
                row.unset()
            }
        };
        let hex = |number: u32| format!("0x{number:02x}");
        row.maybe(path.map(|(class, ..)| hex(class))).unset();
        row.maybe(path.and_then(|(_, instance, _)| instance).map(hex));
        row.maybe(path.and_then(|(.., attribute)| attribute).map(hex));
    });
}
