//! FTP: which files are fetched and left where, by whom, and that a password went over the wire in clear.
//!
//! Reads, by RFC 959 with RFC 2228 (security), 2389, 2428, 3659 and 4217 (TLS), the control connection on TCP port 21:
//! commands with the file or folder they name, replies with their code, the server's software from its greeting, user
//! names. The function's code of a command is its letters as a number (`USER` is 0x55534552); a reply is told with the
//! command that it answers, a greeting with 0. After `AUTH` was accepted the rest is encrypted and passes.
//!
//! A password is never handed on: what follows `PASS` and `ACCT` isn't looked at. Signing in with one is anomaly
//! `clear-text-login`; `anonymous` and `ftp` have none that is worth keeping.
//!
//! Bounds: [`MAX_LINE`] bytes of a line, [`MAX_WAITING`] commands that wait for replies. Skipped: the data connections,
//! whose ports are agreed on the fly.

use crate::message::{Function, IdentityField, Message, Outcome, Role, Span};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, done, named, plain};
use cofferdam_terms::OperationClass;
use std::collections::VecDeque;

/// The most bytes of a line; a longer one is no FTP.
pub(crate) const MAX_LINE: usize = 2048;
/// The most commands that wait for their replies; the oldest is dropped.
pub(crate) const MAX_WAITING: usize = 16;

const FTP: Protocol = Protocol("ftp");

/// FTP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: FTP,
    title: "FTP",
    specification: "RFC 959 (1985), RFC 2228, 2389, 2428, 3659, 4217",
    tcp_ports: &[21],
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
    port: 21,
};
const SERVER: Context = Context {
    side: Side::Responder,
    ..CLIENT
};

const SAMPLES: &[Sample] = &[
    Sample {
        name: "a file is fetched without an account",
        turns: &[
            (SERVER, b"220 CP 343-1 FTP Server ready\r\n"),
            (CLIENT, b"USER anonymous\r\n"),
            (SERVER, b"331 Password please\r\n"),
            (CLIENT, b"PASS guest@\r\n"),
            (SERVER, b"230-Welcome\r\n to the\r\n230 station\r\n"),
            (CLIENT, b"RETR config/plant.xml\r\n"),
            (SERVER, b"150 Opening\r\n226 Done\r\n"),
            (CLIENT, b"QUIT\r\n"),
            (SERVER, b"221 Bye\r\n"),
        ],
    },
    Sample {
        name: "a connection that becomes encrypted",
        turns: &[
            (SERVER, b"220 ready\r\n"),
            (CLIENT, b"AUTH TLS\r\n"),
            (SERVER, b"234 Go on\r\n"),
            (CLIENT, &[0x16, 0x03, 0x01, 0x00, 0x01, 0x01]),
        ],
    },
];

/// Commands: letters, the class, the kind of thing that its argument names.
const COMMANDS: &[(&str, OperationClass, Option<&str>)] = &[
    ("ABOR", OperationClass::File, None),
    ("ACCT", OperationClass::Session, None),
    ("ADAT", OperationClass::Session, None),
    ("ALLO", OperationClass::File, None),
    ("APPE", OperationClass::File, Some("file")),
    ("AUTH", OperationClass::Session, Some("mechanism")),
    ("CCC", OperationClass::Session, None),
    ("CDUP", OperationClass::File, None),
    ("CWD", OperationClass::File, Some("folder")),
    ("DELE", OperationClass::File, Some("file")),
    ("EPRT", OperationClass::Session, None),
    ("EPSV", OperationClass::Session, None),
    ("FEAT", OperationClass::Identify, None),
    ("HELP", OperationClass::Identify, None),
    ("LIST", OperationClass::File, Some("folder")),
    ("MDTM", OperationClass::File, Some("file")),
    ("MKD", OperationClass::File, Some("folder")),
    ("MLSD", OperationClass::File, Some("folder")),
    ("MLST", OperationClass::File, Some("file")),
    ("MODE", OperationClass::Session, None),
    ("NLST", OperationClass::File, Some("folder")),
    ("NOOP", OperationClass::Session, None),
    ("OPTS", OperationClass::Session, None),
    ("PASS", OperationClass::Session, None),
    ("PASV", OperationClass::Session, None),
    ("PBSZ", OperationClass::Session, None),
    ("PORT", OperationClass::Session, None),
    ("PROT", OperationClass::Session, None),
    ("PWD", OperationClass::File, None),
    ("QUIT", OperationClass::Session, None),
    ("REIN", OperationClass::Session, None),
    ("REST", OperationClass::File, None),
    ("RETR", OperationClass::File, Some("file")),
    ("RMD", OperationClass::File, Some("folder")),
    ("RNFR", OperationClass::File, Some("file")),
    ("RNTO", OperationClass::File, Some("file")),
    ("SITE", OperationClass::Configure, Some("command")),
    ("SIZE", OperationClass::File, Some("file")),
    ("SMNT", OperationClass::Configure, Some("folder")),
    ("STAT", OperationClass::File, Some("file")),
    ("STOR", OperationClass::File, Some("file")),
    ("STOU", OperationClass::File, None),
    ("STRU", OperationClass::Session, None),
    ("SYST", OperationClass::Identify, None),
    ("TYPE", OperationClass::Session, None),
    ("USER", OperationClass::Session, Some("user")),
    ("XCWD", OperationClass::File, Some("folder")),
    ("XPWD", OperationClass::File, None),
];

/// Users that have no password of their own.
const ANONYMOUS: [&[u8]; 2] = [b"anonymous", b"ftp"];

/// What a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Command {
    function: Function,
    class: OperationClass,
    names: Option<&'static str>,
}

impl Command {
    /// The letters before the first blank; three or four of them.
    fn of(word: &[u8]) -> Option<Self> {
        if !(3..=4).contains(&word.len()) || !word.iter().all(u8::is_ascii_alphabetic) {
            return None;
        }
        let code = word
            .iter()
            .fold(0, |code, byte| code << 8 | u32::from(byte.to_ascii_uppercase()));
        let known = COMMANDS
            .iter()
            .find(|(letters, ..)| letters.as_bytes().eq_ignore_ascii_case(word));
        Some(match known {
            Some((name, class, names)) => Self {
                function: Function { code, name },
                class: *class,
                names: *names,
            },
            None => Self {
                function: Function {
                    code,
                    name: "unknown",
                },
                class: OperationClass::Program,
                names: None,
            },
        })
    }

    const GREETING: Self = Self {
        function: Function {
            code: 0,
            name: "Greeting",
        },
        class: OperationClass::Session,
        names: None,
    };
}

fn probe(context: Context, bytes: &[u8]) -> Probe {
    match context.side {
        // Mail servers greet in the same way, so a greeting is certain only where it says what it is.
        Side::Responder => match bytes {
            [b'2', b'2', b'0', b' ' | b'-', text @ ..] if says_ftp(text) => Probe::Certain,
            [
                b'1' | b'2' | b'4' | b'5',
                b'0'..=b'9',
                b'0'..=b'9',
                b' ' | b'-',
                ..,
            ] => Probe::Unsure,
            [first, ..] if bytes.len() < 4 && b"1245".contains(first) => Probe::Unsure,
            _ => Probe::No,
        },
        Side::Initiator => {
            let word = bytes
                .split(|byte| b" \r\n".contains(byte))
                .next()
                .unwrap_or_default();
            match Command::of(word) {
                Some(command) if command.function.name != "unknown" => Probe::Unsure,
                _ => Probe::No,
            }
        }
    }
}

fn says_ftp(text: &[u8]) -> bool {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.windows(3).any(|three| three.eq_ignore_ascii_case(b"ftp"))
}

/// How far the conversation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Clear,
    /// What follows is encrypted.
    Encrypted,
}

#[derive(Debug, Default)]
struct Conversation {
    stage: Stage,
    waiting: VecDeque<Command>,
    /// The user without an account was named last: its password is none.
    anonymous: bool,
    /// The code of a reply of several lines that goes on.
    several: Option<[u8; 3]>,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(FTP, sink);
        let mut start = 0;
        while self.stage == Stage::Clear {
            let rest = bytes.get(start..).unwrap_or_default();
            let Some(end) = rest.iter().take(MAX_LINE).position(|byte| *byte == b'\n') else {
                if rest.len() < MAX_LINE {
                    return Ok(Progress {
                        consumed: start,
                        missing: usize::from(!rest.is_empty()),
                    });
                }
                return Err(Lost {
                    offset: start,
                    reason: "a line without end",
                });
            };
            let line = rest.get(..end).unwrap_or_default().trim_ascii_end();
            let span = Span {
                start,
                end: start + end + 1,
            };
            match context.side {
                Side::Initiator => self.command(line, span, &mut tell)?,
                Side::Responder => self.reply(line, span, &mut tell)?,
            }
            start = span.end;
        }
        Ok(done(bytes))
    }

    fn gap(&mut self, _: Side) {
        self.waiting.clear();
        self.several = None;
    }
}

impl Conversation {
    fn command(&mut self, line: &[u8], span: Span, tell: &mut Tell<'_>) -> Result<(), Lost> {
        // An interrupt of Telnet may stand before a command.
        let line = line.trim_ascii_start();
        let line = line.strip_prefix(&[0xff, 0xf4, 0xff, 0xf2]).unwrap_or(line);
        if line.is_empty() {
            return Ok(());
        }
        let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
        let (word, argument) = line.split_at_checked(space).unwrap_or((line, &[]));
        let argument = argument.trim_ascii();
        let command = Command::of(word).ok_or(Lost {
            offset: span.start,
            reason: "a line that starts with no command",
        })?;
        let named = command
            .names
            .filter(|_| !argument.is_empty())
            .map(|kind| named(kind, argument));
        tell.message(&Message {
            objects: named.as_slice(),
            ..plain(FTP, Role::Request, command.function, command.class, span)
        });
        match command.function.name {
            "USER" => {
                self.anonymous = ANONYMOUS.iter().any(|name| argument.eq_ignore_ascii_case(name));
                tell.fact(IdentityField::User, argument);
            }
            "PASS" if !self.anonymous && !argument.is_empty() => tell.anomaly("clear-text-login", span),
            "unknown" => tell.anomaly("unknown-command", span),
            _ => {}
        }
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(command);
        Ok(())
    }

    fn reply(&mut self, line: &[u8], span: Span, tell: &mut Tell<'_>) -> Result<(), Lost> {
        let (code, sign) = match line {
            [
                a @ b'1'..=b'6',
                b @ b'0'..=b'9',
                c @ b'0'..=b'9',
                sign @ (b' ' | b'-'),
                ..,
            ] => ([*a, *b, *c], *sign),
            [a @ b'1'..=b'6', b @ b'0'..=b'9', c @ b'0'..=b'9'] => ([*a, *b, *c], b' '),
            // Lines within a reply of several say what they like.
            _ if self.several.is_some() => return Ok(()),
            _ => {
                return Err(Lost {
                    offset: span.start,
                    reason: "a line that starts with no reply code",
                });
            }
        };
        match self.several {
            Some(open) if open != code || sign == b'-' => return Ok(()),
            Some(_) => self.several = None,
            None if sign == b'-' => {
                self.several = Some(code);
                return Ok(());
            }
            None => {}
        }
        let text = line.get(4..).unwrap_or_default().trim_ascii();
        self.answered(code, text, span, tell);
        Ok(())
    }

    /// A whole reply. A first one (1xx) leaves its command waiting for the second.
    fn answered(&mut self, code: [u8; 3], text: &[u8], span: Span, tell: &mut Tell<'_>) {
        let [hundreds, tens, ones] = code.map(|digit| u32::from(digit - b'0'));
        let number = 100 * hundreds + 10 * tens + ones;
        let waiting = if hundreds == 1 {
            self.waiting.front().copied()
        } else {
            self.waiting.pop_front()
        };
        let greets = waiting.is_none() && number == 220;
        let command = waiting.unwrap_or(Command::GREETING);
        let outcome = if hundreds < 4 {
            Outcome::Success
        } else {
            Outcome::Failure {
                code: number,
                name: if number == 530 { "not logged in" } else { "refused" },
            }
        };
        tell.message(&Message {
            outcome,
            ..plain(FTP, Role::Response, command.function, command.class, span)
        });
        if greets || (command.function.name == "SYST" && number == 215) {
            tell.fact(IdentityField::System, text);
        }
        if command.function.name == "AUTH" && matches!(number, 234 | 334) {
            self.stage = Stage::Encrypted;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lines, outcome};
    use proptest::prelude::*;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation::default(), turns), expected);
    }

    #[test]
    fn a_login_names_the_user_and_says_that_the_password_was_in_clear_without_telling_it() {
        check(
            &[
                (SERVER, b"220 VxWorks (5.4.2) FTP server ready\r\n"),
                (CLIENT, b"user engineer\r\nPASS geheim\r\n"),
                (SERVER, b"331 Password\r\n530 No\r\n"),
            ],
            &[
                "response ftp 0x0 Greeting [session] ok",
                "identity ftp sender system=VxWorks (5.4.2) FTP server ready",
                "request ftp 0x55534552 USER [session]; user engineer",
                "identity ftp sender user=engineer",
                "request ftp 0x50415353 PASS [session]",
                "anomaly ftp clear-text-login",
                "response ftp 0x55534552 USER [session] ok",
                "response ftp 0x50415353 PASS [session] failed 0x212 not logged in",
            ],
        );
    }

    #[test]
    fn a_transfer_has_two_replies_and_several_lines_are_one() {
        let said = lines(&mut Conversation::default(), SAMPLES[0].turns);
        assert_eq!(
            said[5..],
            [
                "request ftp 0x50415353 PASS [session]",
                "response ftp 0x50415353 PASS [session] ok",
                "request ftp 0x52455452 RETR [file]; file config/plant.xml",
                "response ftp 0x52455452 RETR [file] ok",
                "response ftp 0x52455452 RETR [file] ok",
                "request ftp 0x51554954 QUIT [session]",
                "response ftp 0x51554954 QUIT [session] ok",
            ]
        );
    }

    #[test]
    fn what_is_encrypted_passes_and_what_is_no_command_loses_the_stream() {
        let said = lines(&mut Conversation::default(), SAMPLES[1].turns);
        assert_eq!(said.last().unwrap(), "response ftp 0x41555448 AUTH [session] ok");
        check(
            &[(CLIENT, b"XKEY 1\r\n")],
            &[
                "request ftp 0x584b4559 unknown [program]",
                "anomaly ftp unknown-command",
            ],
        );
        let long = [b'a'; MAX_LINE];
        for bytes in [&b"GET / HTTP/1.1\r\n"[..], b"\x16\x03\x01\n", &long] {
            let (progress, _) = outcome(&mut Conversation::default(), SERVER, bytes);
            assert!(progress.is_err());
        }
    }

    #[test]
    fn a_greeting_that_says_ftp_is_certain() {
        for (context, bytes, expected) in [
            (SERVER, &b"220 ProFTPD Server\r\n"[..], Probe::Certain),
            (SERVER, b"220 mail ESMTP\r\n", Probe::Unsure),
            (SERVER, b"SSH-2.0", Probe::No),
            (CLIENT, b"USER x\r\n", Probe::Unsure),
            (CLIENT, b"GET / HTTP/1.1\r\n", Probe::No),
        ] {
            assert_eq!(probe(context, bytes), expected);
        }
    }

    proptest! {
        #[test]
        fn commands_that_an_encoder_writes_are_read_back(
            files in prop::collection::vec("[a-z][a-z0-9/._]{0,30}[a-z]", 1..MAX_WAITING),
        ) {
            let text: String = files.iter().map(|file| format!("STOR {file}\r\n")).collect();
            let expected: Vec<String> = files
                .iter()
                .map(|file| format!("request ftp 0x53544f52 STOR [file]; file {file}"))
                .collect();
            let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
            check(&[(CLIENT, text.as_bytes())], &expected);
        }
    }
}
