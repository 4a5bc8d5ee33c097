//! NTP: who sets its clock by whom.
//!
//! Reads, by RFC 5905 (version 4, and its forerunners from version 1) and RFC 9327 (control messages): the mode, the
//! server's stratum and reference, refusals. UDP port 123; a packet has too little that is its own to be known on other
//! ports. The function code is the mode. That a server answers is told once a conversation.
//!
//! It has no bound but the header's fixed 48 bytes. Skipped: the times themselves, extension fields, authenticators,
//! the contents of control messages.

use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;

const NTP: Protocol = Protocol("ntp");
/// A header is this long.
const HEADER: usize = 48;

/// NTP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: NTP,
    title: "NTP",
    specification: "RFC 5905 (2010), RFC 9327 (2022)",
    tcp_ports: &[],
    udp_ports: &[123],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: SAMPLES,
};

const CLIENT: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Udp,
    port: 123,
};
const SERVER: Context = Context {
    side: Side::Responder,
    carrier: Carrier::Udp,
    port: 123,
};

const SAMPLES: &[Sample] = &[Sample {
    name: "the time asked for and given",
    turns: &[(CLIENT, ASKED), (SERVER, GIVEN)],
}];

#[rustfmt::skip]
const ASKED: &[u8] = &[
    0x23, 0x00, 0x06, 0xec,                         // version 4, client; stratum, poll, precision
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // root delay, dispersion
    0x00, 0x00, 0x00, 0x00,                         // reference id
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // reference time
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // origin time
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // receive time
    0xe9, 0x6a, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, // transmit time
];

#[rustfmt::skip]
const GIVEN: &[u8] = &[
    0x24, 0x01, 0x06, 0xec,                         // version 4, server; stratum 1
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
    b'G', b'P', b'S', 0x00,                         // its reference
    0xe9, 0x6a, 0x11, 0x20, 0x00, 0x00, 0x00, 0x00,
    0xe9, 0x6a, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
    0xe9, 0x6a, 0x11, 0x22, 0x40, 0x00, 0x00, 0x00,
    0xe9, 0x6a, 0x11, 0x22, 0x40, 0x10, 0x00, 0x00,
];

/// What a packet is for (RFC 5905, figure 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    SymmetricActive,
    SymmetricPassive,
    Client,
    Server,
    Broadcast,
    Control,
    Private,
}

impl Mode {
    const fn of(first: u8) -> Option<Self> {
        Some(match first & 0x07 {
            1 => Self::SymmetricActive,
            2 => Self::SymmetricPassive,
            3 => Self::Client,
            4 => Self::Server,
            5 => Self::Broadcast,
            6 => Self::Control,
            7 => Self::Private,
            _ => return None,
        })
    }

    const fn function(self) -> Function {
        match self {
            Self::SymmetricActive => Function {
                code: 1,
                name: "Symmetric Active",
            },
            Self::SymmetricPassive => Function {
                code: 2,
                name: "Symmetric Passive",
            },
            // A server's answer counts as its client's function.
            Self::Client | Self::Server => Function {
                code: 3,
                name: "Client",
            },
            Self::Broadcast => Function {
                code: 5,
                name: "Broadcast",
            },
            Self::Control => Function {
                code: 6,
                name: "Control",
            },
            Self::Private => Function {
                code: 7,
                name: "Private",
            },
        }
    }
}

fn probe(_: Context, bytes: &[u8]) -> Probe {
    let [first, ..] = *bytes else { return Probe::No };
    match (Mode::of(first), first >> 3 & 0x07) {
        (Some(Mode::Control | Mode::Private), 1..=4) => Probe::Unsure,
        (Some(_), 1..=4) if bytes.len() >= HEADER => Probe::Unsure,
        _ => Probe::No,
    }
}

/// Whether it was told that a server answers here; once is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Offers {
    #[default]
    NotTold,
    Told,
}

#[derive(Debug, Default)]
struct Conversation {
    offers: Offers,
}

impl Session for Conversation {
    fn parse(&mut self, _: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let span = Span {
            start: 0,
            end: bytes.len(),
        };
        let fault = |code| Anomaly {
            protocol: NTP,
            code,
            span,
        };
        match bytes.first().copied().map(Mode::of) {
            Some(Some(Mode::Control | Mode::Private)) => control(bytes, span, sink),
            Some(Some(mode)) => {
                if self.time(mode, Reader::new(bytes), span, sink).is_err() {
                    sink.anomaly(&fault("cut-short"));
                }
            }
            Some(None) => sink.anomaly(&fault("mode")),
            None => sink.anomaly(&fault("cut-short")),
        }
        Ok(Progress {
            consumed: bytes.len(),
            missing: 0,
        })
    }
}

impl Conversation {
    fn time(
        &mut self,
        mode: Mode,
        mut reader: Reader<'_>,
        span: Span,
        sink: &mut dyn Sink,
    ) -> Result<(), Truncated> {
        let mut whole = reader;
        whole.skip(HEADER)?;
        reader.skip(1)?;
        let stratum = reader.u8()?;
        reader.skip(2 + 8)?;
        let reference: [u8; 4] = reader.array()?;
        let text = reference.split(|byte| *byte == 0).next().unwrap_or_default();
        let serves = matches!(mode, Mode::Server | Mode::Broadcast) && (1..=15).contains(&stratum);
        if serves && self.offers == Offers::NotTold {
            self.offers = Offers::Told;
            sink.identity(&Identity {
                protocol: NTP,
                about: About::Sender,
                unit: None,
                field: IdentityField::Offers,
                value: b"ntp-server",
            });
        }
        // A first server names its clock, a refusal its reason; others have an address there.
        let named = matches!(stratum, 0 | 1) && mode == Mode::Server && !text.is_empty();
        let object = named.then_some(Object::at(Address::Name {
            kind: "reference",
            name: text,
        }));
        let (role, outcome) = match (mode, stratum) {
            (Mode::Server, 0) => (
                Role::Response,
                Outcome::Failure {
                    code: 0,
                    name: "kiss of death",
                },
            ),
            (Mode::Server, _) => (Role::Response, Outcome::Success),
            (Mode::Broadcast | Mode::SymmetricPassive, _) => (Role::Unsolicited, Outcome::None),
            _ => (Role::Request, Outcome::None),
        };
        sink.message(&message(
            mode,
            role,
            OperationClass::Time,
            outcome,
            object.as_slice(),
            span,
        ));
        Ok(())
    }
}

/// A control message (RFC 9327) or one of the private ones that were before it. Writing variables configures.
fn control(bytes: &[u8], span: Span, sink: &mut dyn Sink) {
    let (mode, answer, writes) = match *bytes {
        [first, second, ..] if first & 0x07 == 6 => (Mode::Control, second & 0x80 != 0, second & 0x1f == 3),
        [first, ..] => (Mode::Private, first & 0x80 != 0, false),
        [] => return,
    };
    let operation = if writes {
        OperationClass::Configure
    } else {
        OperationClass::Diagnose
    };
    let role = if answer { Role::Response } else { Role::Request };
    sink.message(&message(mode, role, operation, Outcome::None, &[], span));
}

fn message<'a>(
    mode: Mode,
    role: Role,
    operation: OperationClass,
    outcome: Outcome,
    objects: &'a [Object<'a>],
    span: Span,
) -> Message<'a> {
    Message {
        protocol: NTP,
        role,
        function: mode.function(),
        operation,
        unit: None,
        objects,
        outcome,
        transaction: None,
        span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lines;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation::default(), turns), expected);
    }

    #[test]
    fn a_server_is_told_once_with_its_reference() {
        check(
            &[(CLIENT, ASKED), (SERVER, GIVEN), (SERVER, GIVEN)],
            &[
                "request ntp 0x3 Client [time]",
                "identity ntp sender offers=ntp-server",
                "response ntp 0x3 Client [time] ok; reference GPS",
                "response ntp 0x3 Client [time] ok; reference GPS",
            ],
        );
    }

    #[test]
    fn a_refusal_and_a_change_of_variables_are_told_as_such() {
        let mut refused = GIVEN.to_vec();
        refused[1] = 0;
        refused[12..16].copy_from_slice(b"RATE");
        check(
            &[
                (SERVER, &refused),
                (CLIENT, &[0x16, 0x03, 0, 1]),
                (CLIENT, &[0x17, 0x00, 0x03, 0x2a]),
            ],
            &[
                "response ntp 0x3 Client [time] failed 0x0 kiss of death; reference RATE",
                "request ntp 0x6 Control [configure]",
                "request ntp 0x7 Private [diagnose]",
            ],
        );
    }

    #[test]
    fn what_is_cut_short_or_of_no_mode_is_named() {
        check(&[(CLIENT, &ASKED[..47])], &["anomaly ntp cut-short"]);
        check(&[(CLIENT, &[0x20; 48])], &["anomaly ntp mode"]);
        check(&[(CLIENT, &[])], &["anomaly ntp cut-short"]);
    }

    #[test]
    fn a_packet_is_never_certain() {
        for (bytes, expected) in [
            (ASKED, Probe::Unsure),
            (&ASKED[..40], Probe::No),
            (&[0x00; 48], Probe::No),
        ] {
            assert_eq!(probe(CLIENT, bytes), expected);
        }
    }
}
