//! TFTP: which files are read and written without any sign-in; firmware and start files of switches, drives and
//! controllers go this way.
//!
//! Reads, by RFC 1350 with the options of RFC 2347 to 2349: read and write requests with file and mode, blocks and
//! their acknowledgements by number, errors. The function's code is the opcode. UDP port 69 for the request; what
//! follows goes on between ports that nobody has registered, and is told when it is seen in this conversation.
//!
//! It has no state. Bounds: the datagram. Skipped: contents of files, values of options.

use crate::message::{Address, Function, Message, Object, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, all, done, named, plain};
use cofferdam_terms::OperationClass;

const TFTP: Protocol = Protocol("tftp");

/// TFTP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: TFTP,
    title: "TFTP",
    specification: "RFC 1350 (1992), RFC 2347 to 2349 (1998)",
    tcp_ports: &[],
    udp_ports: &[69],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation),
    inner: &[],
    samples: SAMPLES,
};

const CLIENT: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Udp,
    port: 69,
};
const SERVER: Context = Context {
    side: Side::Responder,
    ..CLIENT
};

const SAMPLES: &[Sample] = &[Sample {
    name: "a file is written",
    turns: &[
        (CLIENT, b"\x00\x02boot.bin\0octet\0blksize\x001024\0"),
        (SERVER, b"\x00\x06blksize\x001024\0"),
        (CLIENT, b"\x00\x03\x00\x01\x7fELF"),
        (SERVER, &[0x00, 0x04, 0x00, 0x01]),
        (SERVER, b"\x00\x05\x00\x03Disk full\0"),
    ],
}];

const READ: u16 = 1;
const WRITE: u16 = 2;
const DATA: u16 = 3;
const ACKNOWLEDGE: u16 = 4;
const ERROR: u16 = 5;
const OPTIONS: u16 = 6;

/// Modes of transfer.
const MODES: [&[u8]; 3] = [b"octet", b"netascii", b"mail"];

const fn error(code: u16) -> &'static str {
    match code {
        0 => "not defined",
        1 => "file not found",
        2 => "access violation",
        3 => "disk full",
        4 => "illegal operation",
        5 => "unknown transfer",
        6 => "file exists",
        7 => "no such user",
        8 => "options refused",
        _ => "unknown",
    }
}

/// A request with a mode that there is can be nobody else's; all other packets are too short to tell.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    let mut reader = Reader::new(bytes);
    match reader.u16_be() {
        Ok(READ | WRITE) => match (text(&mut reader), text(&mut reader)) {
            (Some(file), Some(mode)) if !file.is_empty() && is_mode(mode) => Probe::Certain,
            _ => Probe::No,
        },
        Ok(DATA | ACKNOWLEDGE | ERROR | OPTIONS) if bytes.len() >= 4 => Probe::Unsure,
        _ => Probe::No,
    }
}

fn is_mode(text: &[u8]) -> bool {
    MODES.iter().any(|mode| mode.eq_ignore_ascii_case(text))
}

/// Text that ends with a zero.
fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let end = reader.peek().iter().position(|byte| *byte == 0)?;
    let text = reader.take(end).ok()?;
    reader.skip(1).ok()?;
    Some(text)
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, _: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(TFTP, sink);
        if packet(bytes, &mut tell).is_err() {
            tell.anomaly("cut-short", all(bytes));
        }
        Ok(done(bytes))
    }
}

fn packet(bytes: &[u8], tell: &mut Tell<'_>) -> Result<(), Truncated> {
    let mut reader = Reader::new(bytes);
    let code = reader.u16_be()?;
    let (role, name) = match code {
        READ => (Role::Request, "Read Request"),
        WRITE => (Role::Request, "Write Request"),
        DATA => (Role::Unsolicited, "Data"),
        ACKNOWLEDGE => (Role::Response, "Acknowledgement"),
        ERROR => (Role::Response, "Error"),
        OPTIONS => (Role::Response, "Option Acknowledgement"),
        _ => (Role::Unsolicited, "unknown"),
    };
    let function = Function {
        code: code.into(),
        name,
    };
    let class = if name == "unknown" {
        OperationClass::Program
    } else {
        OperationClass::File
    };
    let mut object = None;
    let mut outcome = Outcome::None;
    let mut fault = None;
    match code {
        READ | WRITE => match (text(&mut reader), text(&mut reader)) {
            (Some(file), Some(mode)) => {
                object = Some(named("file", file));
                fault = (!is_mode(mode)).then_some("mode");
            }
            _ => fault = Some("cut-short"),
        },
        DATA | ACKNOWLEDGE => {
            object = Some(Object::at(Address::Points {
                space: "block",
                first: reader.u16_be()?.into(),
                count: 1,
            }));
            if code == ACKNOWLEDGE {
                outcome = Outcome::Success;
            }
        }
        ERROR => {
            let code = reader.u16_be()?;
            outcome = Outcome::Failure {
                code: code.into(),
                name: error(code),
            };
        }
        OPTIONS => outcome = Outcome::Success,
        _ => fault = Some("opcode"),
    }
    tell.message(&Message {
        objects: object.as_slice(),
        outcome,
        ..plain(TFTP, role, function, class, all(bytes))
    });
    if let Some(fault) = fault {
        tell.anomaly(fault, all(bytes));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lines;
    use proptest::prelude::*;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation, turns), expected);
    }

    #[test]
    fn a_transfer_is_told_with_its_file_blocks_and_error() {
        check(
            SAMPLES[0].turns,
            &[
                "request tftp 0x2 Write Request [file]; file boot.bin",
                "response tftp 0x6 Option Acknowledgement [file] ok",
                "unsolicited tftp 0x3 Data [file]; block 1+1",
                "response tftp 0x4 Acknowledgement [file] ok; block 1+1",
                "response tftp 0x5 Error [file] failed 0x3 disk full",
            ],
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        check(&[(CLIENT, &[0])], &["anomaly tftp cut-short"]);
        let request = "request tftp 0x1 Read Request [file]";
        check(&[(CLIENT, b"\0\x01a\0")], &[request, "anomaly tftp cut-short"]);
        check(
            &[(CLIENT, b"\0\x01a\0binary\0")],
            &[&format!("{request}; file a"), "anomaly tftp mode"],
        );
        check(
            &[(CLIENT, &[0, 9])],
            &["unsolicited tftp 0x9 unknown [program]", "anomaly tftp opcode"],
        );
    }

    #[test]
    fn only_a_request_with_a_mode_is_certain() {
        for (bytes, expected) in [
            (&b"\0\x01a\0Octet\0"[..], Probe::Certain),
            (b"\0\x01a\0other\0", Probe::No),
            (b"\0\x04\0\x01", Probe::Unsure),
            (b"\0\x09\0\x01", Probe::No),
        ] {
            assert_eq!(probe(CLIENT, bytes), expected);
        }
    }

    proptest! {
        #[test]
        fn requests_that_an_encoder_writes_are_read_back(file in "[a-z0-9/._-]{1,60}", mode in 0usize..3) {
            let bytes = [b"\0\x01", file.as_bytes(), b"\0", MODES[mode], b"\0"].concat();
            check(&[(CLIENT, &bytes)], &[&format!("request tftp 0x1 Read Request [file]; file {file}")]);
        }
    }
}
