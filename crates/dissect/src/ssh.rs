//! SSH: what software each side says it is. Everything after the identification lines passes unread: the key exchange
//! tells no host or user, and what follows is encrypted.
//!
//! Reads, by RFC 4253, 4.2: the identification line of each side, and the lines that a server may send before it. TCP
//! port 22; known on any port by its first line. The line is the one message, code 1.
//!
//! Bounds: [`MAX_LINE`] bytes of a line, [`MAX_LINES`] lines before the identification.

use crate::message::{About, Anomaly, Function, Identity, IdentityField, Message, Outcome, Role, Span};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;

/// The most bytes of an identification line, its end included (RFC 4253, 4.2).
pub(crate) const MAX_LINE: usize = 255;
/// The most lines that may stand before it.
pub(crate) const MAX_LINES: usize = 64;

const SSH: Protocol = Protocol("ssh");
const PREFIX: &[u8] = b"SSH-";

/// SSH in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: SSH,
    title: "SSH",
    specification: "RFC 4253 (2006)",
    tcp_ports: &[22],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: SAMPLES,
};

const CLIENT: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Tcp,
    port: 22,
};
const SERVER: Context = Context {
    side: Side::Responder,
    carrier: Carrier::Tcp,
    port: 22,
};

const SAMPLES: &[Sample] = &[Sample {
    name: "two identifications and a key exchange",
    turns: &[
        (SERVER, b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"),
        (CLIENT, b"SSH-2.0-PuTTY_Release_0.80\r\n"),
        (SERVER, &[0x00, 0x00, 0x00, 0x0c, 0x0a, 0x14, 0x01, 0x02]),
    ],
}];

fn probe(_: Context, bytes: &[u8]) -> Probe {
    if bytes.starts_with(PREFIX) {
        Probe::Certain
    } else if PREFIX.starts_with(bytes) {
        Probe::Unsure
    } else {
        Probe::No
    }
}

/// How far a side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// So many lines were passed before the identification.
    Identifying(usize),
    /// What follows is not read.
    Passing,
}

#[derive(Debug)]
struct Conversation {
    initiator: Stage,
    responder: Stage,
}

impl Default for Conversation {
    fn default() -> Self {
        Self {
            initiator: Stage::Identifying(0),
            responder: Stage::Identifying(0),
        }
    }
}

impl Conversation {
    fn stage(&mut self, side: Side) -> &mut Stage {
        match side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        }
    }
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let stage = self.stage(context.side);
        let mut start = 0;
        while let (Stage::Identifying(passed), Some(rest)) = (*stage, bytes.get(start..)) {
            let Some(end) = rest.iter().take(MAX_LINE).position(|byte| *byte == b'\n') else {
                // A line may go on as long as it is text; a conversation met in its middle is not.
                let goes_on = rest.len() < MAX_LINE
                    && rest
                        .iter()
                        .all(|byte| byte.is_ascii_graphic() || b" \r\t".contains(byte));
                if goes_on {
                    return Ok(Progress {
                        consumed: start,
                        missing: usize::from(!rest.is_empty()),
                    });
                }
                *stage = Stage::Passing;
                break;
            };
            let line = rest.get(..end).unwrap_or_default();
            let span = Span {
                start,
                end: start + end + 1,
            };
            start = span.end;
            if line.starts_with(PREFIX) {
                *stage = Stage::Passing;
                identification(context.side, line.trim_ascii_end(), span, sink);
            } else if passed == MAX_LINES {
                *stage = Stage::Passing;
                sink.anomaly(&Anomaly {
                    protocol: SSH,
                    code: "no-identification",
                    span,
                });
            } else {
                *stage = Stage::Identifying(passed + 1);
            }
        }
        Ok(Progress {
            consumed: bytes.len(),
            missing: 0,
        })
    }

    fn gap(&mut self, side: Side) {
        *self.stage(side) = Stage::Passing;
    }
}

/// `SSH-2.0-software comments`.
fn identification(side: Side, line: &[u8], span: Span, sink: &mut dyn Sink) {
    let software = line.splitn(3, |byte| *byte == b'-').nth(2).unwrap_or_default();
    if software.is_empty() {
        sink.anomaly(&Anomaly {
            protocol: SSH,
            code: "malformed-identification",
            span,
        });
    } else {
        sink.identity(&Identity {
            protocol: SSH,
            about: About::Sender,
            unit: None,
            field: IdentityField::System,
            value: software,
        });
    }
    sink.message(&Message {
        protocol: SSH,
        role: match side {
            Side::Initiator => Role::Request,
            Side::Responder => Role::Response,
        },
        function: Function {
            code: 1,
            name: "Identification",
        },
        operation: OperationClass::Session,
        unit: None,
        objects: &[],
        outcome: Outcome::None,
        transaction: None,
        span,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lines, outcome};

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation::default(), turns), expected);
    }

    #[test]
    fn both_sides_say_their_software() {
        check(
            SAMPLES[0].turns,
            &[
                "identity ssh sender system=OpenSSH_9.2p1 Debian-2+deb12u3",
                "response ssh 0x1 Identification [session]",
                "identity ssh sender system=PuTTY_Release_0.80",
                "request ssh 0x1 Identification [session]",
            ],
        );
    }

    #[test]
    fn lines_before_the_identification_are_passed_up_to_the_bound() {
        check(
            &[(SERVER, b"Authorised use only\r\nSSH-1.99-Cisco-1.25\nrest")],
            &[
                "identity ssh sender system=Cisco-1.25",
                "response ssh 0x1 Identification [session]",
            ],
        );
        check(
            &[(SERVER, &b"x\n".repeat(MAX_LINES + 2))],
            &["anomaly ssh no-identification"],
        );
    }

    #[test]
    fn an_identification_without_software_is_named() {
        check(
            &[(SERVER, b"SSH-2.0\r\n")],
            &[
                "anomaly ssh malformed-identification",
                "response ssh 0x1 Identification [session]",
            ],
        );
    }

    #[test]
    fn a_line_in_pieces_is_waited_for_and_what_is_no_line_passes() {
        let (progress, told) = outcome(&mut Conversation::default(), SERVER, b"SSH-2.0-Open");
        assert_eq!(
            (progress, told.len()),
            (
                Ok(Progress {
                    consumed: 0,
                    missing: 1
                }),
                0
            )
        );
        check(&[(SERVER, &[0x00, 0x9f, 0x10]), (SERVER, b"SSH-2.0-x\r\n")], &[]);
        check(&[(SERVER, &[b'a'; 4000])], &[]);
    }

    #[test]
    fn the_first_line_is_certain_on_any_port() {
        for (bytes, expected) in [
            (&b"SSH-2.0-x\r\n"[..], Probe::Certain),
            (b"SS", Probe::Unsure),
            (b"220 mail", Probe::No),
            (&[0x00, 0x9f], Probe::No),
        ] {
            assert_eq!(probe(CLIENT, bytes), expected);
        }
    }
}
