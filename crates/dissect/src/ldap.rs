//! LDAP: who signs in at the directory by which name, and what is looked up and changed there.
//!
//! Reads, by RFC 4511 over TCP port 389 and, for the search of a domain controller (MS-ADTS, 6.3.3), UDP port 389:
//! every operation, with the name it is for and its result; the user of a sign-in. The function's code is the
//! operation's number. After a sign-in with SASL or TLS what is no message is taken as encrypted and passes.
//!
//! A password is never handed on; a sign-in with one is anomaly `clear-text-login`.
//!
//! Bounds: [`MAX_HEAD`] bytes of a message are looked at, the rest passes unread. State is what of a message passes,
//! and whether the rest is encrypted. Skipped: filters, attributes and their values, controls.

use crate::asn1::{self, Malformed};
use crate::message::{Function, IdentityField, Message, Outcome, Role, Span};
use crate::reader::Reader;
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Passing, Tell, all, done, named, plain};
use cofferdam_terms::OperationClass;

/// The most bytes of a message that are waited for and looked at.
pub(crate) const MAX_HEAD: usize = 4096;

/// No head is longer: tag and length twice, and the number of the message.
const HEAD: usize = 32;

const LDAP: Protocol = Protocol("ldap");

/// LDAP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: LDAP,
    title: "LDAP",
    specification: "RFC 4511 (2006)",
    tcp_ports: &[389, 3268],
    udp_ports: &[389],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: SAMPLES,
};

const BIND: u8 = 0;
const BIND_RESPONSE: u8 = 1;
const DELETE: u8 = 10;
const EXTENDED: u8 = 23;
const EXTENDED_RESPONSE: u8 = 24;

const fn operation(number: u8) -> Option<(&'static str, Role, OperationClass)> {
    Some(match number {
        BIND => ("bindRequest", Role::Request, OperationClass::Session),
        BIND_RESPONSE => ("bindResponse", Role::Response, OperationClass::Session),
        2 => ("unbindRequest", Role::Request, OperationClass::Session),
        3 => ("searchRequest", Role::Request, OperationClass::Read),
        4 => ("searchResultEntry", Role::Response, OperationClass::Read),
        5 => ("searchResultDone", Role::Response, OperationClass::Read),
        6 => ("modifyRequest", Role::Request, OperationClass::Configure),
        7 => ("modifyResponse", Role::Response, OperationClass::Configure),
        8 => ("addRequest", Role::Request, OperationClass::Configure),
        9 => ("addResponse", Role::Response, OperationClass::Configure),
        DELETE => ("delRequest", Role::Request, OperationClass::Configure),
        11 => ("delResponse", Role::Response, OperationClass::Configure),
        12 => ("modDNRequest", Role::Request, OperationClass::Configure),
        13 => ("modDNResponse", Role::Response, OperationClass::Configure),
        14 => ("compareRequest", Role::Request, OperationClass::Read),
        15 => ("compareResponse", Role::Response, OperationClass::Read),
        16 => ("abandonRequest", Role::Request, OperationClass::Session),
        19 => ("searchResultReference", Role::Response, OperationClass::Read),
        EXTENDED => ("extendedReq", Role::Request, OperationClass::Session),
        EXTENDED_RESPONSE => ("extendedResp", Role::Response, OperationClass::Session),
        25 => ("intermediateResponse", Role::Response, OperationClass::Session),
        _ => return None,
    })
}

const fn result(code: i64) -> &'static str {
    match code {
        1 => "operations error",
        2 => "protocol error",
        3 => "time limit exceeded",
        4 => "size limit exceeded",
        7 => "method not supported",
        8 => "stronger authentication required",
        32 => "no such object",
        48 => "inappropriate authentication",
        49 => "invalid credentials",
        50 => "insufficient access rights",
        53 => "unwilling to perform",
        68 => "entry already exists",
        _ => "refused",
    }
}

/// Results that are none of failure: success, both answers of a comparison, a referral, SASL going on.
const NO_FAILURE: [i64; 5] = [0, 5, 6, 10, 14];

/// StartTLS (RFC 4511, 4.14).
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// A message's head: how long it is in all, its number, its operation with what of that is there.
struct Head<'a> {
    length: usize,
    id: i64,
    number: u8,
    content: Reader<'a>,
}

impl<'a> Head<'a> {
    fn read(mut reader: Reader<'a>) -> Result<Self, Malformed> {
        let start = reader.offset();
        if reader.u8()? != asn1::SEQUENCE {
            return Err(Malformed::Form);
        }
        let length = asn1::length(&mut reader)?;
        let length = reader.offset() - start + length;
        let id = asn1::integer(&mut reader)?;
        let tag = reader.u8()?;
        if tag & 0xc0 != 0x40 || operation(tag & 0x1f).is_none() || id < 0 {
            return Err(Malformed::Form);
        }
        let content = asn1::length(&mut reader)?;
        let content = match { reader }.sub(content) {
            Ok(content) => content,
            Err(_) => reader,
        };
        Ok(Self {
            length,
            id,
            number: tag & 0x1f,
            content,
        })
    }
}

fn probe(context: Context, bytes: &[u8]) -> Probe {
    match Head::read(Reader::new(bytes)) {
        Ok(head) if context.carrier == Carrier::Tcp || head.length <= bytes.len() => Probe::Certain,
        Ok(_) | Err(Malformed::Form) => Probe::No,
        Err(Malformed::Cut(_)) if context.carrier == Carrier::Tcp => Probe::Unsure,
        Err(Malformed::Cut(_)) => Probe::No,
    }
}

/// What may follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Clear,
    /// A way to encrypt was asked for: when it is granted, what is no message is encrypted.
    Asked,
    /// From here nothing is read.
    Encrypted,
}

#[derive(Debug, Default)]
struct Conversation {
    stage: Stage,
    passing: Passing,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(LDAP, sink);
        if context.carrier != Carrier::Tcp {
            match Head::read(Reader::new(bytes)) {
                Ok(head) => self.message(&head, all(bytes), &mut tell),
                Err(_) => tell.anomaly("malformed-message", all(bytes)),
            }
            return Ok(done(bytes));
        }
        let mut start = self.passing.pass(context.side, bytes.len());
        while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
            if self.stage == Stage::Encrypted {
                break;
            }
            let missing = |missing| {
                Ok(Progress {
                    consumed: start,
                    missing,
                })
            };
            let head = match Head::read(Reader::new(rest)) {
                Ok(head) => head,
                // One byte more at a time: what is missing is a claim of the bytes.
                Err(Malformed::Cut(_)) if rest.len() < HEAD => return missing(1),
                Err(_) if self.stage == Stage::Asked => {
                    self.stage = Stage::Encrypted;
                    break;
                }
                Err(_) => {
                    return Err(Lost {
                        offset: start,
                        reason: "no message of the directory",
                    });
                }
            };
            let looked_at = head.length.min(MAX_HEAD);
            if rest.len() < looked_at {
                return missing(looked_at - rest.len());
            }
            let span = Span {
                start,
                end: start + looked_at,
            };
            // INVARIANT: the head was read, so the message is as long as its head at least; a length that claims less
            // would make no progress.
            if looked_at < 5 {
                return Err(Lost {
                    offset: start,
                    reason: "a message shorter than its head",
                });
            }
            let within = rest.get(..looked_at).unwrap_or_default();
            if let Ok(head) = Head::read(Reader::new(within)) {
                self.message(&head, span, &mut tell);
            } else {
                tell.anomaly("malformed-message", span);
            }
            self.passing.set(context.side, head.length - looked_at);
            start += looked_at;
            start += self.passing.pass(context.side, bytes.len() - start);
        }
        Ok(done(bytes))
    }

    fn gap(&mut self, side: Side) {
        self.passing.set(side, 0);
    }
}

impl Conversation {
    fn message(&mut self, head: &Head<'_>, span: Span, tell: &mut Tell<'_>) {
        let Some((label, role, class)) = operation(head.number) else {
            return;
        };
        let said = Message {
            transaction: u32::try_from(head.id).ok(),
            ..plain(
                LDAP,
                role,
                Function {
                    code: head.number.into(),
                    name: label,
                },
                class,
                span,
            )
        };
        let read = match head.number {
            BIND => self.bind(head.content, said, tell),
            BIND_RESPONSE | 5 | 7 | 9 | 11 | 13 | 15 | EXTENDED_RESPONSE => answer(head.content, said, tell),
            EXTENDED => self.extended(head.content, said, tell),
            3 | 4 | 6 | 8 | 12 | 14 => entry(head.content, said, tell),
            DELETE => {
                tell.message(&Message {
                    objects: &[named("entry", { head.content }.rest())],
                    ..said
                });
                Ok(())
            }
            _ => {
                tell.message(&said);
                Ok(())
            }
        };
        if read.is_err() {
            tell.message(&said);
            tell.anomaly("malformed-message", span);
        }
    }

    /// Version, name, then a password ([0]) or SASL ([3]) with its mechanism.
    fn bind(
        &mut self,
        mut content: Reader<'_>,
        said: Message<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<(), Malformed> {
        let _version = asn1::integer(&mut content)?;
        let name = asn1::expect(&mut content, asn1::OCTETS)?.rest();
        let (tag, mut credentials) = asn1::element(&mut content)?;
        let mechanism = if tag == 0xa3 {
            self.stage = Stage::Asked;
            asn1::expect(&mut credentials, asn1::OCTETS)?.rest()
        } else {
            &[]
        };
        let object = named("mechanism", mechanism);
        tell.message(&Message {
            objects: if mechanism.is_empty() {
                &[]
            } else {
                std::slice::from_ref(&object)
            },
            ..said
        });
        tell.fact(IdentityField::User, name);
        if tag == 0x80 && !credentials.is_empty() {
            tell.anomaly("clear-text-login", said.span);
        }
        Ok(())
    }

    fn extended(
        &mut self,
        mut content: Reader<'_>,
        said: Message<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<(), Malformed> {
        let name = asn1::element(&mut content)?.1.rest();
        if name == START_TLS {
            self.stage = Stage::Asked;
        }
        tell.message(&Message {
            objects: &[named("extension", name)],
            ..said
        });
        Ok(())
    }
}

/// The entry that an operation is about comes first; the whole directory has an empty name.
fn entry(mut content: Reader<'_>, said: Message<'_>, tell: &mut Tell<'_>) -> Result<(), Malformed> {
    let name = asn1::expect(&mut content, asn1::OCTETS)?.rest();
    let object = named("entry", name);
    tell.message(&Message {
        objects: if name.is_empty() {
            &[]
        } else {
            std::slice::from_ref(&object)
        },
        ..said
    });
    Ok(())
}

fn answer(mut content: Reader<'_>, said: Message<'_>, tell: &mut Tell<'_>) -> Result<(), Malformed> {
    let (_, code) = asn1::element(&mut content)?;
    let code = asn1::number(code)?;
    let outcome = if NO_FAILURE.contains(&code) {
        Outcome::Success
    } else {
        Outcome::Failure {
            code: u32::try_from(code).unwrap_or(u32::MAX),
            name: result(code),
        }
    };
    tell.message(&Message { outcome, ..said });
    Ok(())
}

const CLIENT: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Tcp,
    port: 389,
};
const SERVER: Context = Context {
    side: Side::Responder,
    ..CLIENT
};
const CLIENT_UDP: Context = Context {
    carrier: Carrier::Udp,
    ..CLIENT
};

const SAMPLES: &[Sample] = &[
    Sample {
        name: "a sign-in by SASL, a change, then encrypted bytes",
        turns: &[
            (CLIENT, SASL),
            (SERVER, BOUND),
            (CLIENT, SEARCH),
            (CLIENT, DELETED),
            (CLIENT, &[0x00, 0x00, 0x00, 0x40, 0x05, 0x04]),
        ],
    },
    Sample {
        name: "a domain controller is looked for",
        turns: &[(CLIENT_UDP, SEARCH)],
    },
];

#[rustfmt::skip]
const SASL: &[u8] = &[
    0x30, 0x19, 0x02, 0x01, 0x01,                   // message 1
    0x60, 0x14, 0x02, 0x01, 0x03, 0x04, 0x00,       // bind, version 3, no name
    0xa3, 0x0d, 0x04, 0x06, b'G', b'S', b'S', b'A', b'P', b'I', // SASL
    0x04, 0x03, 0x01, 0x02, 0x03,
];

#[rustfmt::skip]
const BOUND: &[u8] = &[
    0x30, 0x0c, 0x02, 0x01, 0x01,
    0x61, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00, // success
];

#[rustfmt::skip]
const SEARCH: &[u8] = &[
    0x30, 0x26, 0x02, 0x01, 0x02,
    0x63, 0x21, 0x04, 0x05, b'd', b'c', b'=', b'o', b't', // search below dc=ot
    0x0a, 0x01, 0x02, 0x0a, 0x01, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x01, 0x01, 0x00,
    0x87, 0x03, b'u', b'i', b'd', 0x30, 0x04, 0x04, 0x02, b'c', b'n',
];

const DELETED: &[u8] = &[0x30, 0x09, 0x02, 0x01, 0x03, 0x4a, 0x04, b'c', b'n', b'=', b'x'];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lines, outcome};
    use proptest::prelude::*;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation::default(), turns), expected);
    }

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap();
        [&[tag, 0x84][..], &length.to_be_bytes(), content].concat()
    }

    fn bind(name: &str, password: &str) -> Vec<u8> {
        let content = [
            tlv(2, &[3]),
            tlv(4, name.as_bytes()),
            tlv(0x80, password.as_bytes()),
        ]
        .concat();
        tlv(0x30, &[tlv(2, &[7]), tlv(0x60, &content)].concat())
    }

    #[test]
    fn operations_are_told_with_their_entry_and_encrypted_bytes_pass() {
        check(
            SAMPLES[0].turns,
            &[
                "request ldap 0x0 bindRequest [session]; mechanism GSSAPI",
                "response ldap 0x1 bindResponse [session] ok",
                "request ldap 0x3 searchRequest [read]; entry dc=ot",
                "request ldap 0xa delRequest [configure]; entry cn=x",
            ],
        );
    }

    #[test]
    fn a_password_is_said_and_never_told_and_a_refusal_is_a_failure() {
        let mut refused = BOUND.to_vec();
        refused[9] = 49;
        check(
            &[(CLIENT, &bind("cn=eng,dc=ot", "geheim")), (SERVER, &refused)],
            &[
                "request ldap 0x0 bindRequest [session]",
                "identity ldap sender user=cn=eng,dc=ot",
                "anomaly ldap clear-text-login",
                "response ldap 0x1 bindResponse [session] failed 0x31 invalid credentials",
            ],
        );
    }

    #[test]
    fn a_long_entry_is_told_by_its_head_and_the_rest_passes() {
        let entry = [tlv(4, b"cn=big"), tlv(0x30, &[4; 50_000])].concat();
        let long = tlv(0x30, &[tlv(2, &[2]), tlv(0x64, &entry)].concat());
        let bytes = [&long[..], BOUND].concat();
        let mut session = Conversation::default();
        let mut told = Vec::new();
        let mut held: Vec<u8> = Vec::new();
        for piece in bytes.chunks(1000) {
            held.extend(piece);
            let (progress, lines) = outcome(&mut session, SERVER, &held);
            held.drain(..progress.unwrap().consumed);
            told.extend(lines);
        }
        assert_eq!(
            told,
            [
                "response ldap 0x4 searchResultEntry [read]; entry cn=big",
                "response ldap 0x1 bindResponse [session] ok",
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        check(&[(CLIENT_UDP, &SEARCH[..5])], &["anomaly ldap malformed-message"]);
        check(
            &[(CLIENT, &[0x30, 0x05, 2, 1, 1, 0x60, 0])],
            &[
                "request ldap 0x0 bindRequest [session]",
                "anomaly ldap malformed-message",
            ],
        );
        for bytes in [
            &b"GET /"[..],
            &[0x30, 0x05, 2, 1, 1, 0x30, 0],
            &[0x30, 0x00, 2, 1, 1, 0x42, 0],
        ] {
            let (progress, _) = outcome(&mut Conversation::default(), CLIENT, bytes);
            assert!(progress.is_err(), "{bytes:02x?}");
        }
    }

    #[test]
    fn a_message_is_known_on_any_port() {
        for (context, bytes, expected) in [
            (CLIENT, SASL, Probe::Certain),
            (CLIENT_UDP, SEARCH, Probe::Certain),
            (CLIENT_UDP, &SEARCH[..20], Probe::No),
            (CLIENT, &[0x30], Probe::Unsure),
            (CLIENT, &[0x30, 0x0c, 0x02, 0x01, 0x01, 0x04], Probe::No),
        ] {
            assert_eq!(probe(context, bytes), expected, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn names_that_an_encoder_writes_are_read_back(name in "[a-z=,]{1,200}", password in "[ -~]{1,40}") {
            check(
                &[(CLIENT, &bind(&name, &password))],
                &[
                    "request ldap 0x0 bindRequest [session]",
                    &format!("identity ldap sender user={name}"),
                    "anomaly ldap clear-text-login",
                ],
            );
        }
    }
}
