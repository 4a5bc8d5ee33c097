//! Niagara Fox: stations of building automation and the workbenches that engineer them.
//!
//! Reads, as captures and the plugins of the field show it (it has no public standard), over TCP ports 1911 and 4911:
//! messages `fox TYPE ID REPLY CHANNEL COMMAND { … };;` by channel and command, and of the hello the station's, host's
//! and application's names, versions and serial number. The function's code is 1 for a message of the session (channel
//! `fox`), 2 for one of any other channel; its name is the command where it is one of the session's.
//!
//! Bounds: [`MAX_MESSAGE`] bytes of a message. State is whether the conversation became unreadable. Skipped: contents
//! of other channels, credentials; Fox over TLS (port 4911) is protocol `tls` to whoever sees it.

use crate::message::{Function, IdentityField, Message, Outcome, Role, Span};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, done, named, plain};
use cofferdam_terms::OperationClass;

/// The most bytes of a message that are waited for; a longer one loses the stream.
pub(crate) const MAX_MESSAGE: usize = 64 * 1024;

const FOX: Protocol = Protocol("fox");
const START: &[u8] = b"fox ";
const END: &[u8] = b"};;\n";

/// Fox in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: FOX,
    title: "Niagara Fox",
    specification: "Niagara Fox 1.0 (no public standard)",
    tcp_ports: &[1911, 4911],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation),
    inner: &[],
    samples: SAMPLES,
};

fn probe(_: Context, bytes: &[u8]) -> Probe {
    match bytes {
        [b'f', b'o', b'x', b' ', kind, b' ', ..] if kind.is_ascii_lowercase() => Probe::Certain,
        _ if START.starts_with(bytes) => Probe::Unsure,
        _ => Probe::No,
    }
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(FOX, sink);
        let mut start = 0;
        while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
            if !rest.starts_with(START.get(..rest.len().min(START.len())).unwrap_or_default()) {
                return Err(Lost {
                    offset: start,
                    reason: "no message starts here",
                });
            }
            let Some(end) = rest
                .windows(END.len())
                .take(MAX_MESSAGE)
                .position(|four| four == END)
            else {
                if rest.len() < MAX_MESSAGE {
                    return Ok(Progress {
                        consumed: start,
                        missing: 1,
                    });
                }
                return Err(Lost {
                    offset: start,
                    reason: "a message without end",
                });
            };
            let span = Span {
                start,
                end: start + end + END.len(),
            };
            message(context.side, rest.get(..end).unwrap_or_default(), span, &mut tell);
            start = span.end;
        }
        Ok(done(bytes))
    }
}

/// Commands of the session.
const COMMANDS: [(&str, OperationClass); 9] = [
    ("hello", OperationClass::Identify),
    ("challenge", OperationClass::Session),
    ("login", OperationClass::Session),
    ("authenticated", OperationClass::Session),
    ("rejected", OperationClass::Session),
    ("keepAlive", OperationClass::Session),
    ("newSession", OperationClass::Session),
    ("close", OperationClass::Session),
    ("version", OperationClass::Identify),
];

/// Keys of the hello that are facts.
const FACTS: [(&[u8], IdentityField); 7] = [
    (b"hostName", IdentityField::HostName),
    (b"station.name", IdentityField::HostName),
    (b"app.name", IdentityField::DeviceType),
    (b"app.version", IdentityField::Firmware),
    (b"hostId", IdentityField::Serial),
    (b"brandId", IdentityField::Vendor),
    (b"os.name", IdentityField::System),
];

fn message(side: Side, text: &[u8], span: Span, tell: &mut Tell<'_>) {
    let mut lines = text.split(|byte| *byte == b'\n');
    // `fox a 1 -1 fox hello`
    let mut words = lines
        .next()
        .unwrap_or_default()
        .split(|byte| *byte == b' ')
        .skip(1);
    let _kind_and_id = (words.next(), words.next());
    let reply = words.next();
    let (Some(channel), Some(command)) = (words.next(), words.next()) else {
        tell.anomaly("malformed-message", span);
        return;
    };
    // A message says which it replies to, or -1.
    let role = match (side, reply) {
        (_, Some(number)) if number != b"-1" => Role::Response,
        (Side::Initiator, _) => Role::Request,
        (Side::Responder, _) => Role::Unsolicited,
    };
    let session = channel == b"fox";
    let known = COMMANDS
        .iter()
        .find(|(name, _)| session && name.as_bytes() == command);
    let (code, name, class) = match known {
        Some((name, class)) => (1, *name, *class),
        None if session => (1, "other", OperationClass::Session),
        // What a channel does isn't known, and a workbench can do everything.
        None => (2, "Channel", OperationClass::Program),
    };
    let objects = [named("channel", channel), named("command", command)];
    tell.message(&Message {
        objects: &objects,
        outcome: match name {
            "rejected" => Outcome::Failure {
                code: 1,
                name: "login rejected",
            },
            "authenticated" => Outcome::Success,
            _ => Outcome::None,
        },
        ..plain(FOX, role, Function { code, name }, class, span)
    });
    if name == "hello" {
        for line in lines.by_ref() {
            fact(line.trim_ascii_end(), tell);
        }
    }
    // Basic credentials are the name and the password, each in a line; only the name is looked at.
    if name == "login" {
        let user = lines.find_map(|line| line.strip_prefix(b"username=s:"));
        tell.fact(IdentityField::User, user.unwrap_or_default().trim_ascii());
    }
}

/// `key=s:value`, where `s` is the kind of value.
fn fact(line: &[u8], tell: &mut Tell<'_>) {
    let Some(equals) = line.iter().position(|byte| *byte == b'=') else {
        return;
    };
    let (key, value) = line.split_at_checked(equals).unwrap_or_default();
    let Some(value) = value.strip_prefix(b"=s:") else {
        return;
    };
    if let Some((_, field)) = FACTS.iter().find(|(known, _)| *known == key) {
        tell.fact(*field, value);
    }
}

const CLIENT: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Tcp,
    port: 1911,
};
const SERVER: Context = Context {
    side: Side::Responder,
    ..CLIENT
};

const SAMPLES: &[Sample] = &[Sample {
    name: "a workbench greets a station",
    turns: &[
        (CLIENT, b"fox a 1 -1 fox hello\n{\nfox.version=s:1.0\nid=i:1\nhostName=s:eng-pc\napp.name=s:Workbench\n};;\n"),
        (
            SERVER,
            b"fox a 0 -1 fox hello\n{\nid=i:2\nhostName=s:10.0.0.15\napp.name=s:Station\napp.version=s:3.8.41\nstation.name=s:HQ\nhostId=s:Qnx-1\n};;\nfox a 1 -1 fox challenge\n{\nmethod=s:digest-md5\n};;\n",
        ),
    ],
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lines, outcome};
    use proptest::prelude::*;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation, turns), expected);
    }

    #[test]
    fn both_sides_say_who_they_are() {
        check(
            SAMPLES[0].turns,
            &[
                "request fox 0x1 hello [identify]; channel fox; command hello",
                "identity fox sender host-name=eng-pc",
                "identity fox sender device-type=Workbench",
                "unsolicited fox 0x1 hello [identify]; channel fox; command hello",
                "identity fox sender host-name=10.0.0.15",
                "identity fox sender device-type=Station",
                "identity fox sender firmware=3.8.41",
                "identity fox sender host-name=HQ",
                "identity fox sender serial=Qnx-1",
                "unsolicited fox 0x1 challenge [session]; channel fox; command challenge",
            ],
        );
    }

    #[test]
    fn a_login_names_the_user_and_no_secret_and_another_channel_may_do_everything() {
        check(
            &[
                (
                    CLIENT,
                    b"fox a 2 -1 fox login\n{\nusername=s:admin\ncredentials=s:geheim\n};;\n",
                ),
                (SERVER, b"fox a 3 2 fox rejected\n{\n};;\n"),
                (CLIENT, b"fox c 9 -1 station save\n{\n};;\n"),
            ],
            &[
                "request fox 0x1 login [session]; channel fox; command login",
                "identity fox sender user=admin",
                "response fox 0x1 rejected [session] failed 0x1 login rejected; channel fox; command rejected",
                "request fox 0x2 Channel [program]; channel station; command save",
            ],
        );
    }

    #[test]
    fn what_is_wrong_is_said_or_loses_the_stream() {
        check(
            &[(CLIENT, b"fox a 1\n{\n};;\n")],
            &["anomaly fox malformed-message"],
        );
        let long = [b"fox a 1 -1 fox x\n".to_vec(), vec![b'a'; MAX_MESSAGE]].concat();
        for bytes in [&b"foxy"[..], &long] {
            assert!(outcome(&mut Conversation, CLIENT, bytes).0.is_err());
        }
    }

    proptest! {
        #[test]
        fn hellos_that_an_encoder_writes_are_read_back(host in "[a-zA-Z0-9.-]{1,40}", version in "[0-9]\\.[0-9.]{1,10}") {
            let text = format!("fox a 1 -1 fox hello\n{{\nhostName=s:{host}\napp.version=s:{version}\n}};;\n");
            check(
                &[(CLIENT, text.as_bytes())],
                &[
                    "request fox 0x1 hello [identify]; channel fox; command hello",
                    &format!("identity fox sender host-name={host}"),
                    &format!("identity fox sender firmware={version}"),
                ],
            );
        }
    }
}
