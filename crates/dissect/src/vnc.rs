//! VNC: who takes over whose screen, with which protection, and that it is operated by keys and pointer.
//!
//! Reads, by RFC 6143 (RFB 3.3, 3.7 and 3.8) over TCP ports 5900 to 5903: versions, security types offered and chosen,
//! the result, the desktop's name, and of the client's messages their kind. The function's code is the message's type
//! for the client's, 0x100 and up for the handshake. Keys and pointer are control; which keys, and what is shown or
//! pasted, isn't handed on. A connection without any password is anomaly `no-authentication`.
//!
//! Bounds: [`MAX_TEXT`] bytes of a name or reason, [`MAX_ENCODINGS`] of a list. Skipped: what the server shows;
//! everything after a security type that encrypts or is a maker's own.

use crate::message::{Function, IdentityField, Message, Object, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, done, named, plain};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most bytes of a desktop's name, a reason, or pasted text; a longer one ends the reading.
pub(crate) const MAX_TEXT: usize = 16 * 1024;
/// The most encodings that a client lists; there are some hundred of them in all.
pub(crate) const MAX_ENCODINGS: usize = 4096;

const VNC: Protocol = Protocol("vnc");

/// VNC in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: VNC,
    title: "VNC",
    specification: "RFC 6143 (2011)",
    tcp_ports: &[5900, 5901, 5902, 5903],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: SAMPLES,
};

const VERSION: usize = 12;
const NONE: u8 = 1;
const PASSWORD: u8 = 2;

const fn security(kind: u8) -> &'static str {
    match kind {
        NONE => "none",
        PASSWORD => "vnc",
        5 | 6 | 13 | 129 | 130 | 133 => "realvnc",
        16 => "tight",
        17 => "ultra",
        18 => "tls",
        19 => "vencrypt",
        20 => "sasl",
        30 | 33 | 35 | 36 => "apple",
        _ => "other",
    }
}

/// `RFB 003.008` and a line's end.
fn version(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [
            b'R',
            b'F',
            b'B',
            b' ',
            b'0',
            b'0',
            b'3' | b'4' | b'5',
            b'.',
            a,
            b,
            c,
            b'\n',
        ] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()) => Some(c - b'0'),
        _ => None,
    }
}

fn probe(_: Context, bytes: &[u8]) -> Probe {
    match bytes.get(..VERSION) {
        Some(head) if version(head).is_some() => Probe::Certain,
        None if b"RFB 00".starts_with(bytes.get(..6).unwrap_or(bytes)) => Probe::Unsure,
        Some(_) | None => Probe::No,
    }
}

/// What a side sends next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Version,
    /// The server's list of security types, or the client's choice.
    Security,
    /// The password's challenge and its answer.
    Challenge,
    /// The server's verdict; version 3.3 and 3.7 give none where there is no password.
    Verdict,
    /// The client's wish to share, the server's screen.
    Start,
    /// Messages of the client; the server's aren't read.
    Messages,
    Passing,
}

#[derive(Debug)]
struct Conversation {
    initiator: Next,
    responder: Next,
    /// The version's last digit that the client agreed to.
    minor: u8,
    chosen: u8,
}

impl Default for Conversation {
    fn default() -> Self {
        Self {
            initiator: Next::Version,
            responder: Next::Version,
            minor: 8,
            chosen: 0,
        }
    }
}

/// What stops the reading of a side.
enum Stop {
    Missing(usize),
    /// Nothing that can be followed.
    Foreign,
}

impl From<Truncated> for Stop {
    fn from(cut: Truncated) -> Self {
        Self::Missing(cut.missing)
    }
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(VNC, sink);
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let start = reader.offset();
            if *self.next(context.side) == Next::Passing {
                break;
            }
            match self.step(context.side, &mut reader, &mut tell) {
                Ok(()) => {}
                Err(Stop::Missing(missing)) => {
                    return Ok(Progress {
                        consumed: start,
                        missing,
                    });
                }
                Err(Stop::Foreign) => {
                    *self.next(context.side) = Next::Passing;
                    return Err(Lost {
                        offset: start,
                        reason: "no message that is known",
                    });
                }
            }
        }
        Ok(done(bytes))
    }

    fn gap(&mut self, side: Side) {
        *self.next(side) = Next::Passing;
    }
}

impl Conversation {
    fn next(&mut self, side: Side) -> &mut Next {
        match side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        }
    }

    fn step(&mut self, side: Side, reader: &mut Reader<'_>, tell: &mut Tell<'_>) -> Result<(), Stop> {
        let mut ahead = *reader;
        let start = ahead.offset();
        let next = *self.next(side);
        match (next, side) {
            (Next::Version, _) => {
                let minor = version(ahead.take(VERSION)?).ok_or(Stop::Foreign)?;
                say(
                    tell,
                    side,
                    0x100,
                    "Protocol Version",
                    span(start, &ahead),
                    Outcome::None,
                    &[],
                );
                if side == Side::Initiator {
                    self.minor = minor;
                    // The oldest version leaves the choice to the server.
                    self.initiator = if minor < 7 {
                        Next::Challenge
                    } else {
                        Next::Security
                    };
                } else {
                    self.responder = Next::Security;
                }
            }
            (Next::Security, Side::Responder) => self.offered(&mut ahead, tell)?,
            (Next::Security, Side::Initiator) => {
                self.chosen = ahead.u8()?;
                self.choose(side, span(start, &ahead), tell);
            }
            (Next::Challenge, _) => self.challenge(side, &mut ahead, tell)?,
            (Next::Verdict, _) => self.verdict(&mut ahead, tell)?,
            (Next::Start, Side::Initiator) => {
                let _share = ahead.u8()?;
                say(
                    tell,
                    side,
                    0x104,
                    "ClientInit",
                    span(start, &ahead),
                    Outcome::None,
                    &[],
                );
                self.initiator = Next::Messages;
            }
            (Next::Start, Side::Responder) => {
                ahead.skip(2 + 2 + 16)?;
                let name = text(&mut ahead)?;
                say(
                    tell,
                    side,
                    0x105,
                    "ServerInit",
                    span(start, &ahead),
                    Outcome::Success,
                    &[],
                );
                tell.fact(IdentityField::HostName, name);
                self.responder = Next::Passing;
            }
            (Next::Messages, _) => message(side, &mut ahead, tell)?,
            (Next::Passing, _) => {}
        }
        *reader = ahead;
        Ok(())
    }

    /// The server's list, or in the oldest version its choice. None is a refusal with a reason.
    fn offered(&mut self, reader: &mut Reader<'_>, tell: &mut Tell<'_>) -> Result<(), Stop> {
        let start = reader.offset();
        if self.minor < 7 {
            let chosen = reader.u32_be()?;
            self.chosen = u8::try_from(chosen).map_err(|_| Stop::Foreign)?;
            if self.chosen == 0 {
                return self.refused(start, reader, tell);
            }
            self.choose(Side::Responder, span(start, reader), tell);
            return Ok(());
        }
        let count = reader.u8()?;
        if count == 0 {
            return self.refused(start, reader, tell);
        }
        let kinds = reader.take(count.into())?;
        let objects: SmallVec<[Object<'_>; 8]> = kinds
            .iter()
            .map(|kind| named("protection", security(*kind).as_bytes()))
            .collect();
        say(
            tell,
            Side::Responder,
            0x101,
            "Security Types",
            span(start, reader),
            Outcome::None,
            &objects,
        );
        // What comes next, the client's choice decides; it is made before the server goes on.
        self.responder = Next::Challenge;
        Ok(())
    }

    fn refused(&mut self, start: usize, reader: &mut Reader<'_>, tell: &mut Tell<'_>) -> Result<(), Stop> {
        let _reason = text(reader)?;
        let outcome = Outcome::Failure {
            code: 0,
            name: "connection refused",
        };
        say(
            tell,
            Side::Responder,
            0x101,
            "Security Types",
            span(start, reader),
            outcome,
            &[],
        );
        self.responder = Next::Passing;
        Ok(())
    }

    /// The security type is chosen: both sides go on accordingly.
    fn choose(&mut self, side: Side, span: Span, tell: &mut Tell<'_>) {
        let object = named("protection", security(self.chosen).as_bytes());
        say(tell, side, 0x102, "Security Type", span, Outcome::None, &[object]);
        (self.initiator, self.responder) = match (self.chosen, self.minor) {
            (NONE, 8..) => (Next::Start, Next::Verdict),
            (NONE, _) => (Next::Start, Next::Start),
            (PASSWORD, _) => (Next::Challenge, Next::Challenge),
            _ => (Next::Passing, Next::Passing),
        };
        if self.chosen == NONE {
            tell.anomaly("no-authentication", span);
        }
    }

    /// Sixteen bytes each way, which aren't looked at.
    fn challenge(&mut self, side: Side, reader: &mut Reader<'_>, tell: &mut Tell<'_>) -> Result<(), Stop> {
        // Nothing can be told apart before the choice was seen.
        if self.chosen != PASSWORD {
            return Err(Stop::Foreign);
        }
        let start = reader.offset();
        reader.skip(16)?;
        say(
            tell,
            side,
            0x103,
            "Authentication",
            span(start, reader),
            Outcome::None,
            &[],
        );
        *self.next(side) = match side {
            Side::Initiator => Next::Start,
            Side::Responder => Next::Verdict,
        };
        Ok(())
    }

    fn verdict(&mut self, reader: &mut Reader<'_>, tell: &mut Tell<'_>) -> Result<(), Stop> {
        let start = reader.offset();
        let code = reader.u32_be()?;
        let outcome = match code {
            0 => Outcome::Success,
            _ => Outcome::Failure {
                code,
                name: "authentication failed",
            },
        };
        say(
            tell,
            Side::Responder,
            0x106,
            "Security Result",
            span(start, reader),
            outcome,
            &[],
        );
        self.responder = if code == 0 { Next::Start } else { Next::Passing };
        Ok(())
    }
}

/// One of the client's messages.
fn message(side: Side, reader: &mut Reader<'_>, tell: &mut Tell<'_>) -> Result<(), Stop> {
    let start = reader.offset();
    let kind = reader.u8()?;
    let (name, class) = match kind {
        0 => {
            reader.skip(19)?;
            ("SetPixelFormat", OperationClass::Session)
        }
        2 => {
            reader.skip(1)?;
            let count = usize::from(reader.u16_be()?);
            if count > MAX_ENCODINGS {
                return Err(Stop::Foreign);
            }
            reader.skip(4 * count)?;
            ("SetEncodings", OperationClass::Session)
        }
        3 => {
            reader.skip(9)?;
            ("FramebufferUpdateRequest", OperationClass::Read)
        }
        4 => {
            reader.skip(7)?;
            ("KeyEvent", OperationClass::Control)
        }
        5 => {
            reader.skip(5)?;
            ("PointerEvent", OperationClass::Control)
        }
        6 => {
            reader.skip(3)?;
            let _pasted = text(reader)?;
            ("ClientCutText", OperationClass::Control)
        }
        _ => return Err(Stop::Foreign),
    };
    let function = Function {
        code: kind.into(),
        name,
    };
    debug_assert_eq!(side, Side::Initiator);
    tell.message(&plain(VNC, Role::Request, function, class, span(start, reader)));
    Ok(())
}

/// Text with a length of 32 bits.
fn text<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Stop> {
    let length = usize::try_from(reader.u32_be()?).unwrap_or(usize::MAX);
    if length > MAX_TEXT {
        return Err(Stop::Foreign);
    }
    Ok(reader.take(length)?)
}

const fn span(start: usize, reader: &Reader<'_>) -> Span {
    Span {
        start,
        end: reader.offset(),
    }
}

/// A message of the handshake.
fn say(
    tell: &mut Tell<'_>,
    side: Side,
    code: u32,
    name: &'static str,
    span: Span,
    outcome: Outcome,
    objects: &[Object<'_>],
) {
    let role = match side {
        Side::Initiator => Role::Request,
        Side::Responder => Role::Response,
    };
    tell.message(&Message {
        objects,
        outcome,
        ..plain(VNC, role, Function { code, name }, OperationClass::Session, span)
    });
}

const CLIENT: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Tcp,
    port: 5900,
};
const SERVER: Context = Context {
    side: Side::Responder,
    ..CLIENT
};

const SAMPLES: &[Sample] = &[Sample {
    name: "a panel is taken over with a password",
    turns: &[
        (SERVER, b"RFB 003.008\n"),
        (CLIENT, b"RFB 003.008\n"),
        (SERVER, &[0x01, 0x02]),
        (CLIENT, &[0x02]),
        (SERVER, &[0x11; 16]),
        (CLIENT, &[0x22; 16]),
        (SERVER, &[0x00, 0x00, 0x00, 0x00]),
        (CLIENT, &[0x01]),
        (SERVER, SCREEN),
        (CLIENT, &[0x02, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00]),
        (
            CLIENT,
            &[0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x20, 0x02, 0x58],
        ),
        (SERVER, &[0x00, 0x00, 0x00, 0x01]),
        (CLIENT, &[0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0xff, 0x0d]),
        (CLIENT, &[0x05, 0x01, 0x00, 0x10, 0x00, 0x10]),
    ],
}];

#[rustfmt::skip]
const SCREEN: &[u8] = &[
    0x03, 0x20, 0x02, 0x58,                         // 800 × 600
    0x20, 0x18, 0x00, 0x01, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x10, 0x08, 0x00, 0x00, 0x00, 0x00, // pixels
    0x00, 0x00, 0x00, 0x05, b'H', b'M', b'I', b'-', b'4',
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lines, outcome};
    use proptest::prelude::*;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation::default(), turns), expected);
    }

    #[test]
    fn a_panel_taken_over_is_told_to_the_key_but_not_which() {
        let said = lines(&mut Conversation::default(), SAMPLES[0].turns);
        assert_eq!(
            said[2..],
            [
                "response vnc 0x101 Security Types [session]; protection vnc",
                "request vnc 0x102 Security Type [session]; protection vnc",
                "response vnc 0x103 Authentication [session]",
                "request vnc 0x103 Authentication [session]",
                "response vnc 0x106 Security Result [session] ok",
                "request vnc 0x104 ClientInit [session]",
                "response vnc 0x105 ServerInit [session] ok",
                "identity vnc sender host-name=HMI-4",
                "request vnc 0x2 SetEncodings [session]",
                "request vnc 0x3 FramebufferUpdateRequest [read]",
                "request vnc 0x4 KeyEvent [control]",
                "request vnc 0x5 PointerEvent [control]",
            ]
        );
    }

    #[test]
    fn the_oldest_version_leaves_the_choice_to_the_server_and_no_password_is_said() {
        check(
            &[
                (SERVER, b"RFB 003.003\n"),
                (CLIENT, b"RFB 003.003\n"),
                (SERVER, &[0, 0, 0, 1]),
                (CLIENT, &[1]),
                (SERVER, SCREEN),
            ],
            &[
                "response vnc 0x100 Protocol Version [session]",
                "request vnc 0x100 Protocol Version [session]",
                "response vnc 0x102 Security Type [session]; protection none",
                "anomaly vnc no-authentication",
                "request vnc 0x104 ClientInit [session]",
                "response vnc 0x105 ServerInit [session] ok",
                "identity vnc sender host-name=HMI-4",
            ],
        );
    }

    #[test]
    fn refusals_are_failures_and_what_is_encrypted_passes() {
        let opened: [(Context, &[u8]); 2] = [(SERVER, b"RFB 003.008\n"), (CLIENT, b"RFB 003.008\n")];
        let refused = [&opened[..], &[(SERVER, &[0, 0, 0, 0, 2, b'n', b'o'])]].concat();
        let said = lines(&mut Conversation::default(), &refused);
        assert_eq!(
            said[2],
            "response vnc 0x101 Security Types [session] failed 0x0 connection refused"
        );
        let tls = [
            &opened[..],
            &[
                (SERVER, &[1, 19]),
                (CLIENT, &[19]),
                (SERVER, &[0, 2]),
                (CLIENT, &[0x16, 3]),
            ],
        ]
        .concat();
        assert_eq!(lines(&mut Conversation::default(), &tls).len(), 4);
    }

    #[test]
    fn what_is_no_message_loses_the_stream() {
        for bytes in [&b"RFB 003.x08\n"[..], b"HTTP/1.1 200"] {
            assert!(outcome(&mut Conversation::default(), SERVER, bytes).0.is_err());
        }
    }

    #[test]
    fn a_version_is_certain_on_any_port() {
        for (bytes, expected) in [
            (&b"RFB 003.008\n"[..], Probe::Certain),
            (b"RFB", Probe::Unsure),
            (b"RFB 003.0", Probe::Unsure),
            (b"RFC 793 says", Probe::No),
        ] {
            assert_eq!(probe(SERVER, bytes), expected);
        }
    }

    proptest! {
        #[test]
        fn messages_that_an_encoder_writes_are_read_back(kinds in prop::collection::vec(2u8..=6, 1..20)) {
            let mut session = Conversation { initiator: Next::Messages, ..Conversation::default() };
            let mut bytes = Vec::new();
            for kind in &kinds {
                bytes.push(*kind);
                bytes.extend(match kind {
                    2 => vec![0, 0, 1, 9, 9, 9, 9],
                    3 => vec![0; 9],
                    4 => vec![1; 7],
                    5 => vec![1; 5],
                    _ => vec![0, 0, 0, 0, 0, 0, 2, 1, 1],
                });
            }
            let said = lines(&mut session, &[(CLIENT, &bytes)]);
            let codes: Vec<String> = kinds.iter().map(|kind| format!("request vnc {kind:#x} ")).collect();
            prop_assert_eq!(said.len(), codes.len());
            for (line, code) in said.iter().zip(&codes) {
                prop_assert!(line.starts_with(code));
            }
        }
    }
}
