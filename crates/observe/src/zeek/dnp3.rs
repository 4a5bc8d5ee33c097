//! `dnp3`, `dnp3_control` and `dnp3_objects`.
//!
//! Zeek's `dnp3` has a request and its reply in one line. Bound: [`MAX_WAITING`] requests wait for their replies; the
//! oldest is then written without one.

use super::columns::ZeekLog;
use super::messages::{ZeekMessages, capitals};
use crate::tap::MessageContext;
use cofferdam_dissect::{Address, Message, Role};
use cofferdam_terms::Timestamp;
use std::collections::VecDeque;

/// The most requests that wait for their replies.
const MAX_WAITING: usize = 256;

const RESPONSE: u32 = 129;
const CONFIRM: u32 = 0;

/// A request whose reply has not come.
pub(super) struct Request {
    flow: u64,
    sequence: Option<u32>,
    unit: Option<u32>,
    function: String,
    /// The line's fields before those of the protocol.
    begun: String,
    pub(super) at: Timestamp,
}

impl Request {
    /// The whole line.
    pub(super) fn line(&self, reply: Option<&str>) -> String {
        format!("{}\t{}\t{}\t-", self.begun, self.function, reply.unwrap_or("-"))
    }
}

/// Requests that wait.
#[derive(Default)]
pub(super) struct Requests(VecDeque<Request>);

impl Requests {
    pub(super) fn oldest(&mut self) -> Option<Request> {
        self.0.pop_front()
    }

    /// Takes a message; gives the lines that it completes, with their times.
    pub(super) fn take(
        &mut self,
        at: &MessageContext,
        message: &Message<'_>,
        begin: impl FnOnce() -> String,
    ) -> Vec<(Timestamp, String)> {
        let function = capitals(message.function.name);
        match message.role {
            Role::Request if message.function.code == CONFIRM => Vec::new(),
            Role::Request => {
                let overtaken = (self.0.len() == MAX_WAITING)
                    .then(|| self.0.pop_front())
                    .flatten();
                self.0.push_back(Request {
                    flow: at.flow,
                    sequence: message.transaction,
                    unit: message.unit,
                    function,
                    begun: begin(),
                    at: at.time,
                });
                overtaken
                    .map(|request| (request.at, request.line(None)))
                    .into_iter()
                    .collect()
            }
            Role::Response => {
                let key = (at.flow, message.transaction);
                let found = self.0.iter().rposition(|held| {
                    (held.flow, held.sequence) == key
                        && (held.unit == message.unit || held.unit.is_none() || message.unit.is_none())
                });
                match found.and_then(|place| self.0.remove(place)) {
                    Some(request) => vec![(at.time, request.line(Some(&function)))],
                    None => vec![(at.time, format!("{}\t-\t{function}\t-", begin()))],
                }
            }
            Role::Unsolicited => vec![(at.time, format!("{}\t-\t{function}\t-", begin()))],
        }
    }
}

pub(super) fn write(zeek: &mut ZeekMessages<'_>, at: &MessageContext, message: &Message<'_>) {
    zeek.dnp3_pair(at, message);
    let function = capitals(message.function.name);
    let reads = function == "READ" || message.function.code == RESPONSE;
    for object in message.objects {
        match (object.address, object.value) {
            (
                Address::Points {
                    space: "binary-command",
                    first,
                    ..
                },
                Some(&[code, count, ref times @ .., status]),
            ) if times.len() == 8 => control(zeek, at, &function, first, [code, count, status], times),
            (Address::Points { space, first, count }, _) if reads => {
                zeek.write(ZeekLog::Dnp3Objects, at, |row| {
                    row.put(&function).put(space);
                    match message.role {
                        Role::Response => row
                            .put(count)
                            .put(first)
                            .put(first.saturating_add(count.max(1) - 1)),
                        Role::Request | Role::Unsolicited => row.unset_all(3),
                    };
                });
            }
            (Address::Name { kind, name: b"all" }, _) if reads => {
                zeek.write(ZeekLog::Dnp3Objects, at, |row| {
                    row.put(&function).put(kind).unset_all(3);
                });
            }
            (
                Address::Points { .. }
                | Address::Memory { .. }
                | Address::Block { .. }
                | Address::Path { .. }
                | Address::Name { .. },
                _,
            ) => {}
        }
    }
}

/// A control relay output block (IEEE 1815-2012, A.8.1): code, count, time on, time off, status. A pattern control
/// block looks the same.
fn control(
    zeek: &mut ZeekMessages<'_>,
    at: &MessageContext,
    function: &str,
    index: u32,
    [code, count, status]: [u8; 3],
    times: &[u8],
) {
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte))
    };
    let (on, off) = times.split_at(times.len() / 2);
    zeek.write(ZeekLog::Dnp3Control, at, |row| {
        row.put("Control Relay Output Block").put(function).put(index);
        row.put(trip_code(code)).put(operation_type(code)).put(count);
        row.put(number(on)).put(number(off)).put(status_name(status));
    });
}

const fn trip_code(code: u8) -> &'static str {
    match code >> 6 {
        0 => "Nul",
        1 => "Close",
        2 => "Trip",
        _ => "Reserved",
    }
}

const fn operation_type(code: u8) -> &'static str {
    match code & 0x0f {
        0 => "Nul",
        1 => "Pulse_On",
        2 => "Pulse_Off",
        3 => "Latch_On",
        4 => "Latch_Off",
        _ => "Undefined",
    }
}

/// The status of a control (IEEE 1815-2012, table A-11).
const fn status_name(status: u8) -> &'static str {
    match status & 0x7f {
        0 => "Success",
        1 => "Timeout",
        2 => "No Select",
        3 => "Format Error",
        4 => "Not Supported",
        5 => "Already Active",
        6 => "Hardware Error",
        7 => "Local",
        8 => "Too Many Operations",
        9 => "Not Authorized",
        10 => "Automation Inhibit",
        11 => "Processing Limited",
        12 => "Out of Range",
        _ => "Undefined",
    }
}
