//! RDP: who takes over whose screen, and how the connection is protected.
//!
//! Reads, by MS-RDPBCGR 2.2.1.1 and 2.2.1.2 over TPKT and X.224 (RFC 1006) on TCP port 3389: the connection request with
//! the user's cookie and the protections asked for, the answer with the one chosen or the refusal. TLS that follows is
//! read as protocol `tls`: certificate and computer's name stand there. The function's code is X.224's. A connection
//! that goes on with RDP's own, broken encryption is anomaly `standard-security`.
//!
//! Bounds: [`MAX_REQUEST`] bytes of a request or answer. Skipped: everything behind RDP's own encryption, CredSSP
//! inside TLS, RDP over UDP.

use crate::message::{Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, done, named, plain};
use crate::tls;
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most bytes of a connection request or its answer.
pub(crate) const MAX_REQUEST: usize = 512;

const RDP: Protocol = Protocol("rdp");

/// RDP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: RDP,
    title: "RDP",
    specification: "MS-RDPBCGR (2024)",
    tcp_ports: &[3389],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[tls::REGISTRATION.protocol],
    samples: SAMPLES,
};

const CONNECTION_REQUEST: u8 = 0xe0;
const CONNECTION_CONFIRM: u8 = 0xd0;
const COOKIE: &[u8] = b"Cookie: mstshash=";

/// Kinds of negotiation.
const NEGOTIATION: u8 = 1;
const CHOSEN: u8 = 2;
const REFUSED: u8 = 3;

/// Protections: the bit that asks for one, which is the number that grants it.
const PROTECTIONS: [(u32, &str); 5] = [
    (0x01, "tls"),
    (0x02, "credssp"),
    (0x04, "rdstls"),
    (0x08, "credssp-early-user"),
    (0x10, "aad"),
];

const fn refusal(code: u32) -> &'static str {
    match code {
        1 => "TLS required",
        2 => "TLS not allowed",
        3 => "no certificate",
        4 => "flags inconsistent",
        5 => "CredSSP required",
        6 => "TLS with user authentication required",
        _ => "refused",
    }
}

/// A request or an answer: TPKT, then X.224.
#[derive(Debug)]
struct Unit<'a> {
    length: usize,
    kind: u8,
    user: &'a [u8],
    /// Kind and value of the negotiation.
    negotiation: Option<(u8, u32)>,
}

impl<'a> Unit<'a> {
    /// The whole unit's length by its first four bytes, `None` when it is none of RDP's.
    fn length(reader: &mut Reader<'_>) -> Result<Option<usize>, Truncated> {
        let [version, reserved] = reader.array()?;
        let length = usize::from(reader.u16_be()?);
        Ok((version == 3 && reserved == 0 && (11..=MAX_REQUEST).contains(&length)).then_some(length))
    }

    fn read(mut reader: Reader<'a>) -> Result<Option<Self>, Truncated> {
        let mut head = reader;
        let Some(length) = Self::length(&mut head)? else {
            return Ok(None);
        };
        let mut unit = reader.sub(length)?;
        unit.skip(4)?;
        let [indicator, kind] = unit.array()?;
        let class = unit.array::<5>()?;
        let expected = usize::from(indicator) + 5 == length && class[4] == 0;
        if !expected || !matches!(kind, CONNECTION_REQUEST | CONNECTION_CONFIRM) {
            return Ok(None);
        }
        let mut user: &[u8] = &[];
        if unit.peek().starts_with(b"Cookie:") || unit.peek().starts_with(b"tsv:") {
            let text = unit.peek();
            let end = text.windows(2).position(|pair| pair == b"\r\n");
            let line = unit.take(end.unwrap_or(text.len()))?;
            user = line.strip_prefix(COOKIE).unwrap_or_default();
            unit.skip(2.min(unit.left()))?;
        }
        let negotiation = if unit.left() >= 8 {
            let [kind, _flags, _, _] = unit.array()?;
            Some((kind, unit.u32_le()?))
        } else {
            None
        };
        Ok(Some(Self {
            length,
            kind,
            user,
            negotiation,
        }))
    }
}

/// X.224 alone opens S7 and MMS as well; a cookie or a negotiation is RDP's own.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    let wanted = match context.side {
        Side::Initiator => CONNECTION_REQUEST,
        Side::Responder => CONNECTION_CONFIRM,
    };
    match Unit::read(Reader::new(bytes)) {
        Ok(Some(unit)) if unit.kind == wanted => {
            let negotiates = matches!(unit.negotiation, Some((NEGOTIATION | CHOSEN | REFUSED, _)));
            let ends = unit.length == bytes.len();
            if ends && (negotiates || !unit.user.is_empty()) && carries(&unit) {
                Probe::Certain
            } else {
                Probe::Unsure
            }
        }
        Ok(_) => Probe::No,
        Err(_) if bytes.len() >= 6 && bytes.get(5) != Some(&wanted) => Probe::No,
        Err(_) => Probe::Unsure,
    }
}

/// Whether the negotiation is of the kind that the unit may have.
const fn carries(unit: &Unit<'_>) -> bool {
    match (unit.kind, unit.negotiation) {
        (CONNECTION_REQUEST, Some((kind, protections))) => kind == NEGOTIATION && protections < 0x20,
        (CONNECTION_CONFIRM, Some((kind, value))) => kind != NEGOTIATION && value < 0x20,
        _ => true,
    }
}

/// What follows.
#[derive(Default)]
enum Stage {
    #[default]
    Negotiating,
    /// TLS with its own session.
    Tls(Box<dyn Session>),
    /// Not read.
    Passing,
}

#[derive(Default)]
struct Conversation {
    stage: Stage,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        if let Stage::Tls(session) = &mut self.stage {
            return session.parse(context, bytes, sink);
        }
        if matches!(self.stage, Stage::Passing) || bytes.is_empty() {
            return Ok(done(bytes));
        }
        let mut reader = Reader::new(bytes);
        let unit = match Unit::read(reader) {
            Ok(Some(unit)) => unit,
            Ok(None) => {
                self.stage = Stage::Passing;
                return Err(Lost {
                    offset: 0,
                    reason: "no connection request or answer",
                });
            }
            // The head says how long it is, unless it is itself cut.
            Err(_) => {
                let length = Unit::length(&mut reader).ok().flatten().unwrap_or(4);
                let missing = length.saturating_sub(bytes.len());
                if missing == 0 {
                    self.stage = Stage::Passing;
                    return Err(Lost {
                        offset: 0,
                        reason: "a request shorter than its head",
                    });
                }
                return Ok(Progress { consumed: 0, missing });
            }
        };
        let (length, kind) = (unit.length, unit.kind);
        self.unit(&unit, &mut Tell::new(RDP, sink));
        let rest = bytes.get(length..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(done(bytes));
        }
        // A client has to wait for the answer, and a server for the client's hello.
        match (&mut self.stage, kind) {
            (Stage::Tls(session), _) => {
                let mut shifted = Shifted { sink, by: length };
                let progress = session.parse(context, rest, &mut shifted).map_err(|lost| Lost {
                    offset: lost.offset + length,
                    ..lost
                })?;
                Ok(Progress {
                    consumed: progress.consumed + length,
                    missing: progress.missing,
                })
            }
            (Stage::Negotiating | Stage::Passing, _) => Ok(done(bytes)),
        }
    }

    fn gap(&mut self, side: Side) {
        match &mut self.stage {
            Stage::Tls(session) => session.gap(side),
            stage @ (Stage::Negotiating | Stage::Passing) => *stage = Stage::Passing,
        }
    }
}

impl Conversation {
    fn unit(&mut self, unit: &Unit<'_>, tell: &mut Tell<'_>) {
        let span = Span {
            start: 0,
            end: unit.length,
        };
        let (role, name) = if unit.kind == CONNECTION_REQUEST {
            (Role::Request, "Connection Request")
        } else {
            (Role::Response, "Connection Confirm")
        };
        let mut objects: SmallVec<[Object<'_>; 4]> = SmallVec::new();
        let mut outcome = match role {
            Role::Response => Outcome::Success,
            Role::Request | Role::Unsolicited => Outcome::None,
        };
        match unit.negotiation {
            Some((REFUSED, code)) => {
                outcome = Outcome::Failure {
                    code,
                    name: refusal(code),
                };
            }
            Some((_, 0)) => objects.push(named("protection", b"rdp")),
            Some((_, protections)) => objects.extend(
                PROTECTIONS
                    .iter()
                    .filter(|(bit, _)| protections & bit != 0)
                    .map(|(_, name)| named("protection", name.as_bytes())),
            ),
            None => objects.push(named("protection", b"rdp")),
        }
        let function = Function {
            code: unit.kind.into(),
            name,
        };
        tell.message(&Message {
            objects: &objects,
            outcome,
            ..plain(RDP, role, function, OperationClass::Session, span)
        });
        tell.fact(IdentityField::User, unit.user);
        if role == Role::Response {
            self.stage = match unit.negotiation {
                Some((CHOSEN, protection)) if protection != 0 => Stage::Tls((tls::REGISTRATION.open)()),
                Some((REFUSED, _)) => Stage::Negotiating,
                Some(_) | None => {
                    tell.anomaly("standard-security", span);
                    Stage::Passing
                }
            };
        }
    }
}

/// Hands on what a session says of bytes that start later.
struct Shifted<'s> {
    sink: &'s mut dyn Sink,
    by: usize,
}

impl Shifted<'_> {
    const fn span(&self, span: Span) -> Span {
        Span {
            start: span.start + self.by,
            end: span.end + self.by,
        }
    }
}

impl Sink for Shifted<'_> {
    fn message(&mut self, message: &Message<'_>) {
        let span = self.span(message.span);
        self.sink.message(&Message { span, ..*message });
    }

    fn identity(&mut self, identity: &Identity<'_>) {
        self.sink.identity(identity);
    }

    fn anomaly(&mut self, anomaly: &Anomaly) {
        let span = self.span(anomaly.span);
        self.sink.anomaly(&Anomaly { span, ..*anomaly });
    }
}

const CLIENT: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Tcp,
    port: 3389,
};
const SERVER: Context = Context {
    side: Side::Responder,
    ..CLIENT
};

const SAMPLES: &[Sample] = &[
    Sample {
        name: "a user asks, and TLS follows",
        turns: &[(CLIENT, ASKED), (SERVER, ANSWERED), (SERVER, ALERT)],
    },
    Sample {
        name: "a refusal",
        turns: &[(CLIENT, ASKED), (SERVER, REFUSAL)],
    },
];

#[rustfmt::skip]
const ASKED: &[u8] = &[
    0x03, 0x00, 0x00, 0x2c,                         // TPKT, length 44
    0x27, 0xe0, 0x00, 0x00, 0x00, 0x00, 0x00,       // connection request
    b'C', b'o', b'o', b'k', b'i', b'e', b':', b' ', b'm', b's', b't', b's', b'h', b'a', b's', b'h', b'=',
    b'e', b'n', b'g', b'1', b'2', b'3', 0x0d, 0x0a, // user
    0x01, 0x00, 0x08, 0x00, 0x03, 0x00, 0x00, 0x00, // TLS or CredSSP
];

#[rustfmt::skip]
const ANSWERED: &[u8] = &[
    0x03, 0x00, 0x00, 0x13, 0x0e, 0xd0, 0x00, 0x00, 0x12, 0x34, 0x00,
    0x02, 0x1f, 0x08, 0x00, 0x02, 0x00, 0x00, 0x00, // CredSSP
];

#[rustfmt::skip]
const REFUSAL: &[u8] = &[
    0x03, 0x00, 0x00, 0x13, 0x0e, 0xd0, 0x00, 0x00, 0x12, 0x34, 0x00,
    0x03, 0x00, 0x08, 0x00, 0x05, 0x00, 0x00, 0x00, // CredSSP required
];

/// TLS: a fatal alert, the shortest thing that it says.
const ALERT: &[u8] = &[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lines, outcome};
    use proptest::prelude::*;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation::default(), turns), expected);
    }

    const REQUEST: &str = "request rdp 0xe0 Connection Request [session]; protection tls; protection credssp";

    #[test]
    fn the_user_is_told_and_what_tls_says() {
        let said = lines(&mut Conversation::default(), SAMPLES[0].turns);
        assert_eq!(
            said[..3],
            [
                REQUEST,
                "identity rdp sender user=eng123",
                "response rdp 0xd0 Connection Confirm [session] ok; protection credssp",
            ]
        );
        assert!(said[3].contains(" tls "), "{said:?}");
        let joined = [ANSWERED, ALERT].concat();
        assert_eq!(
            lines(
                &mut Conversation::default(),
                &[(CLIENT, ASKED), (SERVER, &joined)]
            ),
            said
        );
    }

    #[test]
    fn a_refusal_is_a_failure_and_the_old_encryption_is_said() {
        check(
            SAMPLES[1].turns,
            &[
                REQUEST,
                "identity rdp sender user=eng123",
                "response rdp 0xd0 Connection Confirm [session] failed 0x5 CredSSP required",
            ],
        );
        let old = [3, 0, 0, 11, 6, 0xd0, 0, 0, 0x12, 0x34, 0];
        check(
            &[(SERVER, &old), (CLIENT, &[3, 0, 1, 0x9c, 2, 0xf0])],
            &[
                "response rdp 0xd0 Connection Confirm [session] ok; protection rdp",
                "anomaly rdp standard-security",
            ],
        );
    }

    #[test]
    fn what_is_no_request_loses_the_stream_and_what_follows_passes() {
        let mut session = Conversation::default();
        assert!(
            outcome(
                &mut session,
                CLIENT,
                &[0x03, 0x00, 0x00, 0x0b, 0x02, 0xf0, 0x80, 1, 2, 3, 4]
            )
            .0
            .is_err()
        );
        assert_eq!(lines(&mut session, &[(CLIENT, ASKED)]), Vec::<String>::new());
    }

    #[test]
    fn a_cookie_or_a_negotiation_is_certain_and_x_224_alone_is_not() {
        for (context, bytes, expected) in [
            (CLIENT, ASKED, Probe::Certain),
            (SERVER, ANSWERED, Probe::Certain),
            (SERVER, ASKED, Probe::No),
            (CLIENT, &ASKED[..20], Probe::Unsure),
            // S7 asks for places in the rack.
            (
                CLIENT,
                &[
                    3, 0, 0, 0x16, 0x11, 0xe0, 0, 0, 0, 1, 0, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2, 0xc0, 1, 10,
                ],
                Probe::Unsure,
            ),
            (CLIENT, b"GET /", Probe::No),
        ] {
            assert_eq!(probe(context, bytes), expected, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn users_that_an_encoder_writes_are_read_back(user in "[a-zA-Z0-9._]{1,9}", protections in 1u8..4) {
            let cookie = format!("Cookie: mstshash={user}\r\n");
            let length = u8::try_from(11 + cookie.len() + 8).unwrap();
            let bytes = [
                &[3, 0, 0, length, length - 5, 0xe0, 0, 0, 0, 0, 0][..],
                cookie.as_bytes(),
                &[1, 0, 8, 0, protections, 0, 0, 0],
            ]
            .concat();
            let said = lines(&mut Conversation::default(), &[(CLIENT, &bytes)]);
            prop_assert_eq!(&said[1], &format!("identity rdp sender user={user}"));
        }
    }
}
