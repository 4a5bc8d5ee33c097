//! Logs as Zeek and the ICSNPP parsers write them, so that pipelines built on those go on working.
//!
//! Lines come out in the order of the messages; nothing is held but the line under way and, for `dnp3`, a bounded list
//! of requests that wait for their replies. Field names and types are those of Zeek 7 and the ICSNPP packages (their
//! `main.zeek`). What a message here does not carry is unset (`-`): `enip`'s session handle, context, options and length,
//! `s7comm`'s difference between an ack with and without data where the answer has none, `cip`'s sequence count and
//! class names, OPC UA's header fields but type, service and request id. `opcua_binary_read_nodes_to_read` and
//! `opcua_binary_write` have one line a node. Messages straight on
//! Ethernet have no place in these logs, since a `conn_id` is of IP addresses; they are counted.
//!
//! The edge gives a function that takes each line with its log, and writes it to a file. It must not know of files,
//! folders or compression.

mod columns;
mod conn;
mod dnp3;
mod messages;
mod opcua;
mod row;
mod s7;

pub use columns::ZeekLog;
pub use conn::ZeekFlows;
pub use messages::ZeekMessages;

use cofferdam_terms::Timestamp;
use std::collections::BTreeSet;

/// Takes each line of each log, without its line end.
pub type Lines<'a> = &'a mut dyn FnMut(ZeekLog, &str);

/// The logs that were begun, and where their lines go.
struct Logs<'a> {
    lines: Lines<'a>,
    begun: BTreeSet<ZeekLog>,
    last: Timestamp,
}

impl<'a> Logs<'a> {
    fn new(lines: Lines<'a>) -> Self {
        Self {
            lines,
            begun: BTreeSet::new(),
            last: Timestamp::default(),
        }
    }

    /// Writes a line, after the head of its log if it is the first.
    fn line(&mut self, log: ZeekLog, at: Timestamp, line: &str) {
        self.last = self.last.max(at);
        if self.begun.insert(log) {
            for head in log.head(at) {
                (self.lines)(log, &head);
            }
        }
        (self.lines)(log, line);
    }

    /// Ends every log that was begun, as Zeek does.
    fn close(self) {
        let close = format!("#close\t{}", row::calendar(self.last));
        for log in &self.begun {
            (self.lines)(*log, &close);
        }
    }
}
