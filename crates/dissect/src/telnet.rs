//! Telnet: who signs in to a device's command line, in clear, and that it is worked with.
//!
//! Reads, by RFC 854 and 855, over TCP port 23: the negotiation of options by name; prompts for a user's name and
//! password, the name that is typed, and lines that are typed after. The function's code is the command byte with the
//! option (`command << 8 | option`) for a negotiation, 1 for a line that is typed, 2 for a name, 3 for a password.
//!
//! What is typed is never handed on but for the name at a prompt for it: a line may hold anything, and what follows a
//! prompt for a password isn't looked at. Such a sign-in is anomaly `clear-text-login`.
//!
//! Bounds: [`MAX_NAME`] bytes of a name, [`PROMPT`] bytes of what the server said last, [`MAX_SUBOPTION`] bytes of a
//! suboption. Skipped: contents of suboptions, screens.

use crate::message::{Function, IdentityField, Message, Role, Span};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, done, named, plain};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most bytes of a user's name that are kept.
pub(crate) const MAX_NAME: usize = 64;
/// So many bytes of what the server said last are compared with prompts.
pub(crate) const PROMPT: usize = 16;
/// The most bytes of a suboption; a longer one loses the stream.
pub(crate) const MAX_SUBOPTION: usize = 1024;

const TELNET: Protocol = Protocol("telnet");

/// Telnet in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: TELNET,
    title: "Telnet",
    specification: "RFC 854 and 855 (1983)",
    tcp_ports: &[23],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: SAMPLES,
};

const IAC: u8 = 0xff;
const SE: u8 = 0xf0;
const SB: u8 = 0xfa;

/// Ends of prompts for a name, and for a password.
const NAME_PROMPTS: [&[u8]; 4] = [b"login:", b"username:", b"user name:", b"user:"];
const PASSWORD_PROMPTS: [&[u8]; 3] = [b"password:", b"passwd:", b"passcode:"];

const fn negotiation(command: u8) -> Option<&'static str> {
    Some(match command {
        0xfb => "WILL",
        0xfc => "WONT",
        0xfd => "DO",
        0xfe => "DONT",
        SB => "SB",
        _ => return None,
    })
}

/// Options are negotiated first, in three bytes.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match bytes {
        [IAC, 0xfb..=0xfe, option, IAC, 0xfa..=0xfe, ..] if is_option(*option) => Probe::Certain,
        [IAC, 0xfa..=0xfe, ..] | [IAC] => Probe::Unsure,
        // A server may greet, and a client type, without having negotiated.
        [first, ..] if first.is_ascii_graphic() || first.is_ascii_whitespace() => Probe::Unsure,
        _ => Probe::No,
    }
}

/// Options are numbered to 49, and then a few high ones.
const fn is_option(option: u8) -> bool {
    option <= 49 || option >= 138
}

/// What the client is asked to type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    Nothing,
    Name,
    Password,
}

#[derive(Debug, Default)]
struct Conversation {
    asked: Asked,
    /// What the server said last, in lower case.
    said: SmallVec<[u8; PROMPT]>,
    /// The name as far as it is typed.
    name: SmallVec<[u8; MAX_NAME]>,
    /// Something was typed in this line.
    typed: bool,
}

/// The next thing in a stream.
enum Item {
    Byte(u8),
    /// A command of one byte, which says nothing here.
    Command,
    Negotiation(u8, u8),
    Missing,
}

/// Gives it with its length.
fn next(rest: &[u8], start: usize) -> Result<(Item, usize), Lost> {
    Ok(match rest {
        [IAC, IAC, ..] => (Item::Byte(IAC), 2),
        [IAC, SB, option, more @ ..] => {
            let end = more
                .windows(2)
                .take(MAX_SUBOPTION)
                .position(|pair| pair == [IAC, SE]);
            match end {
                Some(end) => (Item::Negotiation(SB, *option), 3 + end + 2),
                None if more.len() <= MAX_SUBOPTION => (Item::Missing, 0),
                None => {
                    return Err(Lost {
                        offset: start,
                        reason: "a suboption without end",
                    });
                }
            }
        }
        [IAC, SB] | [IAC] => (Item::Missing, 0),
        [IAC, command @ 0xfb..=0xfe, option, ..] => (Item::Negotiation(*command, *option), 3),
        [IAC, 0xfb..=0xfe] => (Item::Missing, 0),
        [IAC, _, ..] => (Item::Command, 2),
        [byte, ..] => (Item::Byte(*byte), 1),
        [] => (Item::Missing, 0),
    })
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(TELNET, sink);
        let mut start = 0;
        while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
            let (item, length) = next(rest, start)?;
            let span = Span {
                start,
                end: start + length,
            };
            match item {
                Item::Missing => {
                    return Ok(Progress {
                        consumed: start,
                        missing: 1,
                    });
                }
                Item::Command => {}
                Item::Negotiation(command, option) => {
                    negotiated(context.side, command, option, span, &mut tell)
                }
                Item::Byte(byte) => match context.side {
                    Side::Initiator => self.typed(byte, span, &mut tell),
                    Side::Responder => self.shown(byte),
                },
            }
            start = span.end;
        }
        Ok(done(bytes))
    }

    fn gap(&mut self, _: Side) {
        *self = Self::default();
    }
}

fn negotiated(side: Side, command: u8, option: u8, span: Span, tell: &mut Tell<'_>) {
    let Some(name) = negotiation(command) else {
        return;
    };
    let function = Function {
        code: u32::from(command) << 8 | u32::from(option),
        name,
    };
    let role = match side {
        Side::Initiator => Role::Request,
        Side::Responder => Role::Response,
    };
    tell.message(&plain(TELNET, role, function, OperationClass::Session, span));
}

impl Conversation {
    /// A byte that the server shows.
    fn shown(&mut self, byte: u8) {
        // Blanks, and the echo of what is typed, don't end a prompt.
        if byte == b' ' || byte == 0 {
            return;
        }
        if byte == b'\n' || byte == b'\r' {
            self.said.clear();
            return;
        }
        if self.said.len() == PROMPT {
            self.said.remove(0);
        }
        self.said.push(byte.to_ascii_lowercase());
        let ends = |prompts: &[&[u8]]| {
            prompts.iter().any(|prompt| {
                // Blanks were left out above.
                let letters: SmallVec<[u8; PROMPT]> =
                    prompt.iter().copied().filter(|byte| *byte != b' ').collect();
                self.said.ends_with(&letters)
            })
        };
        if ends(&PASSWORD_PROMPTS) {
            self.asked = Asked::Password;
        } else if ends(&NAME_PROMPTS) {
            self.asked = Asked::Name;
            self.name.clear();
        }
    }

    /// A byte that the client sends.
    fn typed(&mut self, byte: u8, span: Span, tell: &mut Tell<'_>) {
        match byte {
            b'\r' | b'\n' => self.entered(span, tell),
            0 => {}
            // Backspace and delete.
            0x08 | 0x7f => {
                self.name.pop();
            }
            _ => {
                self.typed = true;
                if self.asked == Asked::Name && self.name.len() < MAX_NAME {
                    self.name.push(byte);
                }
            }
        }
    }

    /// The end of a line. An empty one is the second half of an end, or says nothing.
    fn entered(&mut self, span: Span, tell: &mut Tell<'_>) {
        if !std::mem::take(&mut self.typed) {
            return;
        }
        let (code, name, class) = match self.asked {
            Asked::Nothing => (1, "Line", OperationClass::Configure),
            Asked::Name => (2, "Login", OperationClass::Session),
            Asked::Password => (3, "Password", OperationClass::Session),
        };
        let said = plain(TELNET, Role::Request, Function { code, name }, class, span);
        let user = named("user", &self.name);
        tell.message(&Message {
            objects: if self.asked == Asked::Name {
                std::slice::from_ref(&user)
            } else {
                &[]
            },
            ..said
        });
        match std::mem::take(&mut self.asked) {
            Asked::Nothing => {}
            Asked::Name => tell.fact(IdentityField::User, &self.name),
            Asked::Password => tell.anomaly("clear-text-login", span),
        }
        self.name.clear();
    }
}

const CLIENT: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Tcp,
    port: 23,
};
const SERVER: Context = Context {
    side: Side::Responder,
    ..CLIENT
};

const SAMPLES: &[Sample] = &[Sample {
    name: "options, a name, a line",
    turns: &[
        (SERVER, &[IAC, 0xfd, 0x18, IAC, 0xfb, 0x01]),
        (
            CLIENT,
            &[IAC, 0xfb, 0x18, IAC, SB, 0x18, 0x00, b'v', b't', IAC, SE],
        ),
        (SERVER, b"\r\nplc-7 login: "),
        (CLIENT, b"engi\x08ineer\r\n"),
        (SERVER, b"engineer\r\n-> "),
        (CLIENT, b"reboot\r\0"),
    ],
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lines, outcome};
    use proptest::prelude::*;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation::default(), turns), expected);
    }

    #[test]
    fn options_a_name_and_lines_are_told_and_no_line_by_its_text() {
        check(
            SAMPLES[0].turns,
            &[
                "response telnet 0xfd18 DO [session]",
                "response telnet 0xfb01 WILL [session]",
                "request telnet 0xfb18 WILL [session]",
                "request telnet 0xfa18 SB [session]",
                "request telnet 0x2 Login [session]; user engineer",
                "identity telnet sender user=engineer",
                "request telnet 0x1 Line [configure]",
            ],
        );
    }

    #[test]
    fn a_password_is_said_and_never_told() {
        check(
            &[
                (SERVER, b"User Name : "),
                (CLIENT, b"admin\r\n"),
                (SERVER, b"\r\nPassword: "),
                (CLIENT, b"geheim\r\n"),
            ],
            &[
                "request telnet 0x2 Login [session]; user admin",
                "identity telnet sender user=admin",
                "request telnet 0x3 Password [session]",
                "anomaly telnet clear-text-login",
            ],
        );
    }

    #[test]
    fn an_endless_suboption_loses_the_stream() {
        let bytes = [&[IAC, SB, 1][..], &[0; MAX_SUBOPTION + 2]].concat();
        assert!(outcome(&mut Conversation::default(), CLIENT, &bytes).0.is_err());
    }

    #[test]
    fn two_negotiations_are_certain() {
        for (bytes, expected) in [
            (&[IAC, 0xfd, 0x18, IAC, 0xfb, 0x01][..], Probe::Certain),
            (&[IAC, 0xfd, 0x18], Probe::Unsure),
            (&[IAC, 0xd8, 0xff, 0xe0], Probe::No),
            (b"login:", Probe::Unsure),
            (&[0x16, 0x03, 0x01], Probe::No),
        ] {
            assert_eq!(probe(SERVER, bytes), expected, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn names_that_are_typed_are_read_back(name in "[a-z][a-z0-9_]{0,60}") {
            let typed = format!("{name}\r\n");
            check(
                &[(SERVER, b"Login: "), (CLIENT, typed.as_bytes())],
                &[
                    &format!("request telnet 0x2 Login [session]; user {name}"),
                    &format!("identity telnet sender user={name}"),
                ],
            );
        }
    }
}
