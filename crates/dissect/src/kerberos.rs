//! Kerberos: who signs in where, by name. Tickets and everything that is encrypted pass unread.
//!
//! Reads, by RFC 4120 clause 5, over UDP and TCP port 88 (over TCP with a length before each message, 7.2.2): requests
//! for tickets and answers with the client's and the service's name and realm, errors. The function's code is the
//! message type. A name that ends with `$` is a computer's, any other a user's.
//!
//! It has no state. Bounds: the datagram, [`MAX_MESSAGE`] bytes of a message in a stream, [`MAX_PARTS`] parts of a
//! name. Skipped: pre-authentication, tickets, encrypted parts.

use crate::asn1::{self, Malformed};
use crate::message::{About, Function, IdentityField, Message, Object, Outcome, Role, Span};
use crate::reader::Reader;
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, all, done, named, plain};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most bytes of a message in a stream; tickets with many groups have some twenty thousand.
pub(crate) const MAX_MESSAGE: usize = 65_535;
/// The most parts of a name that are kept; names have one or two.
pub(crate) const MAX_PARTS: usize = 4;

const KERBEROS: Protocol = Protocol("kerberos");

/// Kerberos in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: KERBEROS,
    title: "Kerberos",
    specification: "RFC 4120 (2005)",
    tcp_ports: &[88],
    udp_ports: &[88],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation),
    inner: &[],
    samples: SAMPLES,
};

const AS_REQ: u8 = 10;
const AS_REP: u8 = 11;
const TGS_REQ: u8 = 12;
const TGS_REP: u8 = 13;
const ERROR: u8 = 30;

const fn kind(number: u8) -> Option<(&'static str, Role)> {
    Some(match number {
        AS_REQ => ("AS-REQ", Role::Request),
        AS_REP => ("AS-REP", Role::Response),
        TGS_REQ => ("TGS-REQ", Role::Request),
        TGS_REP => ("TGS-REP", Role::Response),
        14 => ("AP-REQ", Role::Request),
        15 => ("AP-REP", Role::Response),
        20 => ("KRB-SAFE", Role::Unsolicited),
        21 => ("KRB-PRIV", Role::Unsolicited),
        22 => ("KRB-CRED", Role::Unsolicited),
        ERROR => ("KRB-ERROR", Role::Response),
        _ => return None,
    })
}

const fn error(code: i64) -> &'static str {
    match code {
        6 => "client unknown",
        7 => "service unknown",
        12 => "policy refuses",
        18 => "account revoked",
        23 => "password expired",
        24 => "pre-authentication failed",
        25 => "pre-authentication required",
        31 => "integrity check failed",
        32 => "ticket expired",
        34 => "replay",
        37 => "clock skew",
        52 => "response too big",
        68 => "wrong realm",
        _ => "refused",
    }
}

/// An application tag of a message type with a sequence in it that says the version 5.
fn probe(context: Context, bytes: &[u8]) -> Probe {
    let mut reader = Reader::new(bytes);
    if context.carrier == Carrier::Tcp {
        match reader.u32_be() {
            Ok(length) if is_length(length) => {}
            Ok(_) => return Probe::No,
            Err(_) => return Probe::Unsure,
        }
    }
    match head(reader) {
        Ok(_) => Probe::Certain,
        Err(Malformed::Cut(_)) if context.carrier == Carrier::Tcp && bytes.len() < 20 => Probe::Unsure,
        Err(_) => Probe::No,
    }
}

fn is_length(length: u32) -> bool {
    (10..=MAX_MESSAGE).contains(&usize::try_from(length).unwrap_or(usize::MAX))
}

/// The message's type and its fields, looked at no further than the version.
fn head(mut reader: Reader<'_>) -> Result<(u8, Reader<'_>), Malformed> {
    let tag = reader.u8()?;
    let number = tag & 0x1f;
    if tag & 0xe0 != 0x60 || kind(number).is_none() {
        return Err(Malformed::Form);
    }
    let _length = asn1::length(&mut reader)?;
    if reader.u8()? != asn1::SEQUENCE {
        return Err(Malformed::Form);
    }
    let _length = asn1::length(&mut reader)?;
    let fields = reader;
    // Requests number their fields from 1, all else from 0.
    let tag = if matches!(number, AS_REQ | TGS_REQ) {
        0xa1
    } else {
        0xa0
    };
    let mut version = asn1::expect(&mut reader, tag)?;
    if asn1::integer(&mut version)? != 5 {
        return Err(Malformed::Form);
    }
    Ok((number, fields))
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(KERBEROS, sink);
        if context.carrier != Carrier::Tcp {
            message(Reader::new(bytes), all(bytes), &mut tell);
            return Ok(done(bytes));
        }
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let start = reader.offset();
            let mut packet = reader;
            let wanted = |missing| {
                Ok(Progress {
                    consumed: start,
                    missing,
                })
            };
            let length = match packet.u32_be() {
                Ok(length) if is_length(length) => usize::try_from(length).unwrap_or(usize::MAX),
                Ok(_) => {
                    return Err(Lost {
                        offset: start,
                        reason: "a length that no message has",
                    });
                }
                Err(cut) => return wanted(cut.missing),
            };
            match packet.sub(length) {
                Ok(content) => {
                    let end = packet.offset();
                    message(content, Span { start, end }, &mut tell);
                }
                Err(cut) => return wanted(cut.missing),
            }
            reader = packet;
        }
        Ok(done(bytes))
    }
}

/// A principal's name: its parts joined by `/`.
type Name = SmallVec<[u8; 64]>;

/// What a message says in clear.
#[derive(Default)]
struct Names<'a> {
    client: Name,
    service: Name,
    realm: &'a [u8],
    error: Option<i64>,
}

impl<'a> Names<'a> {
    fn read(number: u8, mut fields: Reader<'a>) -> Result<Self, Malformed> {
        let mut this = Self::default();
        while !fields.is_empty() {
            let (tag, mut content) = asn1::element(&mut fields)?;
            match (number, tag & 0x1f) {
                (AS_REQ | TGS_REQ, 4) => {
                    let mut body = asn1::expect(&mut content, asn1::SEQUENCE)?;
                    while !body.is_empty() {
                        let (tag, mut content) = asn1::element(&mut body)?;
                        match tag & 0x1f {
                            1 => this.client = name(&mut content)?,
                            2 => this.realm = string(&mut content)?,
                            3 => this.service = name(&mut content)?,
                            _ => {}
                        }
                    }
                }
                (AS_REP | TGS_REP, 3) => this.realm = string(&mut content)?,
                (AS_REP | TGS_REP, 4) | (ERROR, 8) => this.client = name(&mut content)?,
                (ERROR, 6) => this.error = Some(asn1::integer(&mut content)?),
                (ERROR, 9) => this.realm = string(&mut content)?,
                (ERROR, 10) => this.service = name(&mut content)?,
                _ => {}
            }
        }
        Ok(this)
    }
}

/// Text of any of the kinds that are in use.
fn string<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
    Ok(asn1::element(reader)?.1.rest())
}

fn name(reader: &mut Reader<'_>) -> Result<Name, Malformed> {
    let mut principal = asn1::expect(reader, asn1::SEQUENCE)?;
    let _kind = asn1::element(&mut principal)?;
    let mut wrapped = asn1::element(&mut principal)?.1;
    let mut parts = asn1::expect(&mut wrapped, asn1::SEQUENCE)?;
    let mut name = Name::new();
    for _ in 0..MAX_PARTS {
        if parts.is_empty() {
            break;
        }
        if !name.is_empty() {
            name.push(b'/');
        }
        name.extend_from_slice(string(&mut parts)?);
    }
    Ok(name)
}

fn message(reader: Reader<'_>, span: Span, tell: &mut Tell<'_>) {
    let Ok((number, fields)) = head(reader) else {
        tell.anomaly("malformed-message", span);
        return;
    };
    let Some((label, role)) = kind(number) else {
        return;
    };
    let (names, fault) = match Names::read(number, fields) {
        Ok(names) => (names, None),
        Err(_) => (Names::default(), Some("malformed-message")),
    };
    let mut objects: SmallVec<[Object<'_>; 2]> = SmallVec::new();
    if !names.service.is_empty() {
        objects.push(named("service", &names.service));
    }
    let outcome = match (role, names.error) {
        (_, Some(code)) => Outcome::Failure {
            code: u32::try_from(code).unwrap_or(u32::MAX),
            name: error(code),
        },
        (Role::Response, None) if number != ERROR => Outcome::Success,
        _ => Outcome::None,
    };
    let function = Function {
        code: number.into(),
        name: label,
    };
    tell.message(&Message {
        objects: &objects,
        outcome,
        ..plain(KERBEROS, role, function, OperationClass::Session, span)
    });
    if let Some(fault) = fault {
        tell.anomaly(fault, span);
    }
    let about = match role {
        Role::Request => About::Sender,
        Role::Response => About::Receiver,
        Role::Unsolicited => return,
    };
    match names.client.strip_suffix(b"$") {
        Some(computer) => tell.fact_about(about, IdentityField::HostName, computer),
        None => tell.fact_about(about, IdentityField::User, &names.client),
    }
    if !names.client.is_empty() {
        tell.fact_about(about, IdentityField::Domain, names.realm);
    }
}

const CLIENT: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Udp,
    port: 88,
};
const SERVER: Context = Context {
    side: Side::Responder,
    ..CLIENT
};
const CLIENT_TCP: Context = Context {
    carrier: Carrier::Tcp,
    ..CLIENT
};

const SAMPLES: &[Sample] = &[
    Sample {
        name: "a ticket asked for and refused",
        turns: &[(CLIENT, ASKED), (SERVER, REFUSED)],
    },
    Sample {
        name: "over TCP",
        turns: &[(CLIENT_TCP, &[0x00, 0x00, 0x00, 0x44]), (CLIENT_TCP, ASKED)],
    },
];

#[rustfmt::skip]
const ASKED: &[u8] = &[
    0x6a, 0x42, 0x30, 0x40,                         // AS-REQ
    0xa1, 0x03, 0x02, 0x01, 0x05, 0xa2, 0x03, 0x02, 0x01, 0x0a, // version, type
    0xa4, 0x34, 0x30, 0x32,                         // body
    0xa0, 0x07, 0x03, 0x05, 0x00, 0x40, 0x81, 0x00, 0x10, // options
    0xa1, 0x10, 0x30, 0x0e, 0xa0, 0x03, 0x02, 0x01, 0x01, // client
    0xa1, 0x07, 0x30, 0x05, 0x1b, 0x03, b'e', b'n', b'g',
    0xa2, 0x05, 0x1b, 0x03, b'O', b'T', b'1',       // realm
    0xa3, 0x0e, 0x30, 0x0c, 0xa0, 0x03, 0x02, 0x01, 0x02, // service
    0xa1, 0x05, 0x30, 0x03, 0x1b, 0x01, b'k',
];

#[rustfmt::skip]
const REFUSED: &[u8] = &[
    0x7e, 0x27, 0x30, 0x25,                         // KRB-ERROR
    0xa0, 0x03, 0x02, 0x01, 0x05, 0xa1, 0x03, 0x02, 0x01, 0x1e,
    0xa6, 0x03, 0x02, 0x01, 0x18,                   // pre-authentication failed
    0xa9, 0x05, 0x1b, 0x03, b'O', b'T', b'1',
    0xaa, 0x0d, 0x30, 0x0b, 0xa0, 0x03, 0x02, 0x01, 0x02,
    0xa1, 0x04, 0x30, 0x02, 0x1b, 0x00,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lines, outcome};
    use proptest::prelude::*;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation, turns), expected);
    }

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap();
        [&[tag, 0x82][..], &length.to_be_bytes(), content].concat()
    }

    fn principal(parts: &[&str]) -> Vec<u8> {
        let parts: Vec<u8> = parts.iter().flat_map(|part| tlv(0x1b, part.as_bytes())).collect();
        tlv(
            0x30,
            &[tlv(0xa0, &tlv(2, &[1])), tlv(0xa1, &tlv(0x30, &parts))].concat(),
        )
    }

    /// A request or an answer with a ticket, with names in their places.
    fn encoded(number: u8, client: &str, service: &[&str], realm: &str) -> Vec<u8> {
        let version = |tag| tlv(tag, &tlv(2, &[5]));
        let realm = tlv(0x1b, realm.as_bytes());
        let fields = if number == TGS_REP {
            [version(0xa0), tlv(0xa3, &realm), tlv(0xa4, &principal(&[client]))].concat()
        } else {
            let body = [
                tlv(0xa1, &principal(&[client])),
                tlv(0xa2, &realm),
                tlv(0xa3, &principal(service)),
            ]
            .concat();
            [version(0xa1), tlv(0xa4, &tlv(0x30, &body))].concat()
        };
        tlv(0x60 | number, &tlv(0x30, &fields))
    }

    #[test]
    fn users_and_computers_are_told_apart() {
        let asked = encoded(AS_REQ, "eng", &["krbtgt", "OT"], "OT");
        let given = encoded(TGS_REP, "HMI-1$", &[], "OT");
        check(
            &[(CLIENT, &asked), (SERVER, &given), (SERVER, REFUSED)],
            &[
                "request kerberos 0xa AS-REQ [session]; service krbtgt/OT",
                "identity kerberos sender user=eng",
                "identity kerberos sender domain=OT",
                "response kerberos 0xd TGS-REP [session] ok",
                "identity kerberos receiver host-name=HMI-1",
                "identity kerberos receiver domain=OT",
                "response kerberos 0x1e KRB-ERROR [session] failed 0x18 pre-authentication failed",
            ],
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        check(&[(CLIENT, &ASKED[..8])], &["anomaly kerberos malformed-message"]);
        check(
            &[(CLIENT, &ASKED[..40])],
            &[
                "request kerberos 0xa AS-REQ [session]",
                "anomaly kerberos malformed-message",
            ],
        );
        let (progress, _) = outcome(&mut Conversation, CLIENT_TCP, &[0xff; 8]);
        assert!(progress.is_err());
    }

    #[test]
    fn a_message_is_known_on_any_port() {
        for (bytes, expected) in [
            (ASKED, Probe::Certain),
            (REFUSED, Probe::Certain),
            (&[0x6a, 0x03, 0x30, 0x01, 0x02], Probe::No),
            (&[0x30, 0x03, 0x02, 0x01, 0x01], Probe::No),
        ] {
            assert_eq!(probe(CLIENT, bytes), expected);
        }
    }

    proptest! {
        #[test]
        fn names_that_an_encoder_writes_are_read_back(
            client in "[a-z][a-z0-9.-]{0,30}",
            service in prop::collection::vec("[a-z][a-z0-9.]{0,20}", 1..=MAX_PARTS),
            realm in "[A-Z]{1,20}",
        ) {
            let parts: Vec<&str> = service.iter().map(String::as_str).collect();
            check(
                &[(CLIENT, &encoded(TGS_REQ, &client, &parts, &realm))],
                &[
                    &format!("request kerberos 0xc TGS-REQ [session]; service {}", parts.join("/")),
                    &format!("identity kerberos sender user={client}"),
                    &format!("identity kerberos sender domain={realm}"),
                ],
            );
        }
    }
}
