//! S7comm and S7comm-plus, the protocols of Siemens SIMATIC S7 controllers, over TPKT and COTP on TCP port 102.
//!
//! Read: TPKT (RFC 1006) and COTP class 0 (X.224 | ISO/IEC 8073) with their selectors; S7comm jobs, answers and
//! userdata with every known function, the items of Read Var and Write Var (S7ANY, block read, symbols of the
//! S7-1200, variables of a numerical control) with their values, block transfers, program invocations, system status
//! lists; S7comm-plus to the function, with the identity in its session's opening. Siemens publishes no specification:
//! this follows the function manuals for services and status, and captures for layouts.
//!
//! A job's function code is its function byte; userdata's is `0x1_0000 | group << 8 | subfunction`; an answer that
//! names no function and answers no job that was seen has 0x2_0000. COTP's are its TPDU codes.
//!
//! Bounds: `cotp::MAX_TSDU` bytes of one unit, [`MAX_ITEMS`] objects of one message, [`MAX_OUTSTANDING`] jobs
//! that wait, [`szl::MAX_SZL`] bytes of one status list.
//!
//! Skipped: values that cyclic services push (they name their items by subscription), texts of alarms, contents of
//! blocks, the inside of S7comm-plus values (unpublished), everything under S7comm-plus over TLS (encrypted).
//! Passwords are never handed on.

mod names;
mod outstanding;
mod pdu;
mod plus;
mod samples;
mod session;
mod szl;
#[cfg(test)]
mod tests;

use crate::cotp::{self, Assemblies, COTP, Joined, Mark, Opening, Packet, Tpdu};
use crate::message::{About, Anomaly, Identity, IdentityField, Message, Span};
use crate::reader::Reader;
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};

use session::S7COMM;

/// The most objects that one message tells; further ones are dropped and said.
pub(crate) const MAX_ITEMS: usize = 64;
/// The most jobs of one conversation that wait for their answers; the oldest gives way.
pub(crate) const MAX_OUTSTANDING: usize = 16;

/// S7comm in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: S7COMM,
    title: "S7comm and S7comm-plus",
    specification: "RFC 1006 (1987), ITU-T X.224 (11/1995) class 0; Siemens' S7 services, unpublished",
    tcp_ports: &[102],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open,
    inner: &[COTP, plus::S7COMM_PLUS],
    samples: samples::SAMPLES,
};

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    MalformedTpdu,
    UnexpectedTpdu,
    TsduTooLong,
    NotS7,
    HeaderCutShort,
    LengthMismatch,
    TrailingBytes,
    UnknownRosctr,
    UnknownOpcode,
    MalformedParameter,
    MalformedItem,
    TooManyItems,
    MalformedData,
    MalformedSzl,
    SzlTooLong,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::MalformedTpdu => "malformed-tpdu",
            Self::UnexpectedTpdu => "unexpected-tpdu",
            Self::TsduTooLong => "unit-too-long",
            Self::NotS7 => "not-s7comm",
            Self::HeaderCutShort => "header-cut-short",
            Self::LengthMismatch => "length-mismatch",
            Self::TrailingBytes => "trailing-bytes",
            Self::UnknownRosctr => "unknown-pdu-type",
            Self::UnknownOpcode => "unknown-opcode",
            Self::MalformedParameter => "malformed-parameter",
            Self::MalformedItem => "malformed-item",
            Self::TooManyItems => "too-many-items",
            Self::MalformedData => "malformed-data",
            Self::MalformedSzl => "malformed-status-list",
            Self::SzlTooLong => "status-list-too-long",
        }
    }
}

/// Data whose unit starts with an S7 protocol id. A connection request or confirmation before it might open any ISO
/// protocol.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match cotp::opening(bytes) {
        Opening::Data(payload) => match payload.first() {
            Some(0x32 | 0x72) => Probe::Certain,
            Some(_) => Probe::No,
            None => Probe::Unsure,
        },
        Opening::Nothing | Opening::S7 => Probe::Unsure,
        Opening::Other => Probe::No,
    }
}

fn open() -> Box<dyn Session> {
    Box::new(Conversation::default())
}

#[derive(Debug, Default)]
struct Conversation {
    assemblies: Assemblies,
    classic: session::Classic,
    plus: plus::Plus,
    told: Told,
}

/// Whether it was said that another protocol uses this connection; once is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    NotS7,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.offset();
            match cotp::next_packet(&mut reader)? {
                Packet::Partial(missing) => {
                    return Ok(Progress {
                        consumed: start,
                        missing,
                    });
                }
                Packet::Whole(body) => {
                    let span = Span {
                        start,
                        end: reader.offset(),
                    };
                    self.packet(context.side, body, &mut Emit { sink, span });
                }
            }
        }
    }

    fn gap(&mut self, side: Side) {
        self.assemblies.of(side).drop_begun();
        self.classic.gap();
        self.plus.gap(side);
    }
}

impl Conversation {
    fn packet(&mut self, side: Side, body: Reader<'_>, emit: &mut Emit<'_>) {
        match cotp::tpdu(body) {
            Ok(Tpdu::Data { mark, payload }) => self.data(side, payload, mark, emit),
            Ok(tpdu) => {
                if let Tpdu::ConnectRequest(connect) = &tpdu {
                    self.classic.called(connect.called.unwrap_or_default());
                }
                if !tpdu.tell(emit.span, emit.sink) {
                    emit.fault(Fault::UnexpectedTpdu);
                }
            }
            Err(_) => emit.fault(Fault::MalformedTpdu),
        }
    }

    fn data(&mut self, side: Side, piece: &[u8], mark: Mark, emit: &mut Emit<'_>) {
        let Self {
            assemblies,
            classic,
            plus,
            told,
        } = self;
        let assembly = assemblies.of(side);
        match assembly.join(piece, mark) {
            Joined::More => {}
            Joined::TooLong => emit.fault(Fault::TsduTooLong),
            Joined::Whole(unit) => {
                match unit.first() {
                    Some(0x32) => classic.unit(side, unit, emit),
                    Some(0x72) => plus.unit(side, unit, emit),
                    // An empty unit keeps the connection.
                    None => {}
                    Some(_) if *told == Told::Nothing => {
                        *told = Told::NotS7;
                        emit.fault(Fault::NotS7);
                    }
                    Some(_) => {}
                }
                assembly.done();
            }
        }
    }
}

/// The sink, and where the bytes at hand stand.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn message(&mut self, message: &Message<'_>) {
        self.sink.message(message);
    }

    fn identity(&mut self, protocol: Protocol, about: About, field: IdentityField, value: &[u8]) {
        self.sink.identity(&Identity {
            protocol,
            about,
            unit: None,
            field,
            value,
        });
    }

    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: S7COMM,
            code: fault.code(),
            span: self.span,
        });
    }

    fn plus_fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: plus::S7COMM_PLUS,
            code: fault.code(),
            span: self.span,
        });
    }
}
