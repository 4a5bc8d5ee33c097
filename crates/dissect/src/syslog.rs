//! Syslog: who reports what kind of event to whom.
//!
//! Reads, by RFC 5424 and the older RFC 3164, over UDP port 514: facility and severity, host name and application.
//! The function's code is the priority (`facility × 8 + severity`), its name the severity. Of a message over TCP
//! (RFC 6587, port 601 and 1468) the same, framed by count or by line.
//!
//! It has no state. Bounds: the datagram, [`MAX_MESSAGE`] bytes of a message in a stream. Skipped: the text, which may
//! hold anything.

use crate::message::{Address, Function, IdentityField, Message, Object, Role, Span};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, done, named, plain};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most bytes of a message in a stream; RFC 5424 asks for 2048.
pub(crate) const MAX_MESSAGE: usize = 16 * 1024;
/// The highest priority: facility 23, severity 7.
const MAX_PRIORITY: u32 = 191;

const SYSLOG: Protocol = Protocol("syslog");

/// Syslog in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: SYSLOG,
    title: "Syslog",
    specification: "RFC 5424 (2009), RFC 3164 (2001), RFC 6587 (2012)",
    tcp_ports: &[601, 1468],
    udp_ports: &[514],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation),
    inner: &[],
    samples: SAMPLES,
};

const UDP: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Udp,
    port: 514,
};
const TCP: Context = Context {
    carrier: Carrier::Tcp,
    port: 601,
    ..UDP
};

const SAMPLES: &[Sample] = &[
    Sample {
        name: "the newer and the older form",
        turns: &[
            (
                UDP,
                b"<165>1 2026-01-02T03:04:05.006Z plc-7 runtime 812 ID47 - Started",
            ),
            (UDP, b"<34>Jan  2 03:04:05 sw-1 sshd[81]: Failed"),
            (UDP, b"<14>no header at all"),
        ],
    },
    Sample {
        name: "over TCP, by line and by count",
        turns: &[
            (TCP, b"<165>1 - plc-7 app - - - a\n<165>1 - plc-7 app - - - b\n"),
            (TCP, b"26 <165>1 - plc-7 app - - - c"),
        ],
    },
];

const SEVERITIES: [&str; 8] = [
    "Emergency",
    "Alert",
    "Critical",
    "Error",
    "Warning",
    "Notice",
    "Informational",
    "Debug",
];

/// `<165>`: the priority and what follows it.
fn priority(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let bytes = bytes.strip_prefix(b"<")?;
    let end = bytes.iter().take(4).position(|byte| *byte == b'>')?;
    let (digits, rest) = bytes.split_at_checked(end)?;
    let number = number(digits)?;
    (number <= MAX_PRIORITY).then_some((number, rest.strip_prefix(b">")?))
}

/// Digits only, few enough for 32 bits.
fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(
        digits
            .iter()
            .fold(0, |number, digit| 10 * number + u32::from(digit - b'0')),
    )
}

fn probe(context: Context, bytes: &[u8]) -> Probe {
    let bytes = match (context.carrier, counted(bytes)) {
        (Carrier::Tcp, Some((head, _))) => bytes.get(head..).unwrap_or_default(),
        _ => bytes,
    };
    match priority(bytes) {
        Some((_, rest)) if rest.starts_with(b"1 ") || dated(rest).is_some() => Probe::Certain,
        Some(_) => Probe::Unsure,
        None => Probe::No,
    }
}

/// `Mmm dd hh:mm:ss ` of the older form, and what follows.
fn dated(rest: &[u8]) -> Option<&[u8]> {
    let (date, rest) = rest.split_at_checked(16)?;
    let [_, _, _, b' ', _, _, b' ', _, _, b':', _, _, b':', _, _, b' '] = date else {
        return None;
    };
    Some(rest)
}

/// RFC 6587, 3.4.1: a count and a blank before the message. The length of that head and of the message.
fn counted(bytes: &[u8]) -> Option<(usize, usize)> {
    let blank = bytes.iter().take(6).position(|byte| *byte == b' ')?;
    let count = number(bytes.get(..blank)?)?;
    Some((blank + 1, usize::try_from(count).ok()?))
}

/// Host and application, empty where they aren't said.
fn origin(rest: &[u8]) -> (&[u8], &[u8]) {
    let given = |word: Option<&'_ [u8]>| word.is_some_and(|word| word != b"-");
    if let Some(rest) = rest.strip_prefix(b"1 ") {
        let mut words = rest.split(|byte| *byte == b' ').skip(1);
        let (host, application) = (words.next(), words.next());
        let pick = |word: Option<_>| {
            if given(word) {
                word.unwrap_or_default()
            } else {
                Default::default()
            }
        };
        return (pick(host), pick(application));
    }
    let Some(rest) = dated(rest) else {
        return (&[], &[]);
    };
    let mut words = rest.splitn(2, |byte| *byte == b' ');
    let host = words.next().unwrap_or_default();
    // `sshd[81]: text`
    let tag = words
        .next()
        .unwrap_or_default()
        .split(|byte| b"[: ".contains(byte))
        .next();
    (host, tag.unwrap_or_default())
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(SYSLOG, sink);
        if context.carrier != Carrier::Tcp {
            message(bytes, 0, &mut tell);
            return Ok(done(bytes));
        }
        let mut start = 0;
        while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
            match piece(rest).map_err(|reason| Lost {
                offset: start,
                reason,
            })? {
                Piece::Whole { skip, length } => {
                    let from = start + skip;
                    message(
                        bytes.get(from..from + length).unwrap_or_default(),
                        from,
                        &mut tell,
                    );
                    start = from + length;
                }
                Piece::Missing(missing) => {
                    return Ok(Progress {
                        consumed: start,
                        missing,
                    });
                }
            }
        }
        Ok(done(bytes))
    }
}

/// The next message of a stream.
enum Piece {
    /// Its head's length and its own.
    Whole { skip: usize, length: usize },
    /// How many bytes are missing.
    Missing(usize),
}

fn piece(rest: &[u8]) -> Result<Piece, &'static str> {
    if rest.first().is_some_and(u8::is_ascii_digit) {
        return match counted(rest) {
            Some((_, length)) if length > MAX_MESSAGE => Err("a count beyond any message"),
            Some((skip, length)) if rest.len() >= skip + length => Ok(Piece::Whole { skip, length }),
            Some((skip, length)) => Ok(Piece::Missing(skip + length - rest.len())),
            None if rest.len() < 6 && rest.iter().all(u8::is_ascii_digit) => Ok(Piece::Missing(1)),
            None => Err("digits that are no count"),
        };
    }
    match rest.iter().take(MAX_MESSAGE).position(|byte| *byte == b'\n') {
        Some(end) => Ok(Piece::Whole {
            skip: 0,
            length: end + 1,
        }),
        None if rest.len() < MAX_MESSAGE => Ok(Piece::Missing(1)),
        None => Err("a line without end"),
    }
}

/// One message, which starts `offset` bytes into what was handed in.
fn message(bytes: &[u8], offset: usize, tell: &mut Tell<'_>) {
    let span = Span {
        start: offset,
        end: offset + bytes.len(),
    };
    let bytes = bytes.trim_ascii_end();
    if bytes.is_empty() {
        return;
    }
    let Some((priority, rest)) = priority(bytes) else {
        tell.anomaly("no-priority", span);
        return;
    };
    let (host, application) = origin(rest);
    let severity = SEVERITIES
        .get((priority & 7) as usize)
        .copied()
        .unwrap_or("unknown");
    let mut objects: SmallVec<[Object<'_>; 2]> = SmallVec::new();
    objects.push(Object::at(Address::Points {
        space: "facility",
        first: priority >> 3,
        count: 1,
    }));
    if !application.is_empty() {
        objects.push(named("application", application));
    }
    let function = Function {
        code: priority,
        name: severity,
    };
    tell.message(&Message {
        objects: &objects,
        ..plain(SYSLOG, Role::Unsolicited, function, OperationClass::Alarm, span)
    });
    // A relay's message names another host than its sender, and nothing tells the two apart, so it stays a claim.
    tell.fact(IdentityField::HostName, host);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lines, outcome};
    use proptest::prelude::*;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation, turns), expected);
    }

    #[test]
    fn both_forms_tell_severity_facility_host_and_application() {
        check(
            SAMPLES[0].turns,
            &[
                "unsolicited syslog 0xa5 Notice [alarm]; facility 20+1; application runtime",
                "identity syslog sender host-name=plc-7",
                "unsolicited syslog 0x22 Critical [alarm]; facility 4+1; application sshd",
                "identity syslog sender host-name=sw-1",
                "unsolicited syslog 0xe Informational [alarm]; facility 1+1",
            ],
        );
        let said = lines(&mut Conversation, SAMPLES[1].turns);
        assert_eq!(said.len(), 6);
        assert_eq!(
            said[4],
            "unsolicited syslog 0xa5 Notice [alarm]; facility 20+1; application app"
        );
    }

    #[test]
    fn what_has_no_priority_is_said_and_endless_messages_lose_the_stream() {
        for bytes in [&b"text"[..], b"<192>1 - a", b"<>x", b"<12"] {
            check(&[(UDP, bytes)], &["anomaly syslog no-priority"]);
        }
        for bytes in [&b"99999 x"[..], b"1234567 x", &[b'<'; MAX_MESSAGE]] {
            assert!(outcome(&mut Conversation, TCP, bytes).0.is_err());
        }
    }

    #[test]
    fn a_priority_with_a_version_or_date_is_certain() {
        for (bytes, expected) in [
            (&b"<165>1 - plc"[..], Probe::Certain),
            (b"<34>Jan  2 03:04:05 sw", Probe::Certain),
            (b"<34>text", Probe::Unsure),
            (b"<html>", Probe::No),
        ] {
            assert_eq!(probe(UDP, bytes), expected);
        }
        assert_eq!(probe(TCP, b"12 <165>1 - a b"), Probe::Certain);
    }

    proptest! {
        #[test]
        fn messages_that_an_encoder_writes_are_read_back(
            priority in 0u32..=MAX_PRIORITY,
            host in "[a-z][a-z0-9.]{0,30}",
            application in "[a-z]{1,20}",
            text in "[ -~]{0,80}",
        ) {
            let bytes = format!("<{priority}>1 2026-01-01T00:00:00Z {host} {application} - - - {text}");
            let severity = SEVERITIES[usize::try_from(priority % 8).unwrap()];
            check(
                &[(UDP, bytes.as_bytes())],
                &[
                    &format!(
                        "unsolicited syslog {priority:#x} {severity} [alarm]; facility {}+1; application {application}",
                        priority / 8
                    ),
                    &format!("identity syslog sender host-name={host}"),
                ],
            );
        }
    }
}
