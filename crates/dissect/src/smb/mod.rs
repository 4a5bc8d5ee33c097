//! SMB 1, 2 and 3, over TCP or NetBIOS sessions, and NetBIOS datagrams: Windows file sharing, by which computers say
//! who they are and are taken over.
//!
//! Read, by MS-SMB2, MS-CIFS, MS-SMB (Microsoft Open Specifications), MS-NLMP for sign-in, RFC 1002 4.3 and 4.4 for
//! NetBIOS sessions and datagrams, MS-BRWS for announcements: every command by name; the dialect agreed; shares and
//! files by name; computer, domain, user and system out of sign-in; host announcements. SMB 1 is protocol `smb`, SMB 2
//! and 3 `smb2`, NetBIOS by itself `nbss` and `nbdgm`; the function code is the command,
//! 0xfd00 and 0xfc00 for what is encrypted or compressed. Opening a pipe through which
//! services, tasks or the registry are changed is control or configuration, not file access.
//!
//! Bounds: [`MAX_HEAD`] bytes of a message are looked at, [`MAX_COMPOUND`] commands of one,
//! [`utf16::MAX_CHARACTERS`] characters of a text.
//!
//! Skipped: contents of files, of directory listings and of remote calls; Kerberos tickets; what SMB 3 encrypts or
//! compresses, which is told as such. Hashes and challenges are never handed on.

mod names;
mod ntlm;
mod samples;
#[cfg(test)]
mod tests;

mod v1;
mod v2;

use crate::dns::netbios::NetBiosName;
use crate::message::{About, Anomaly, Function, Identity, IdentityField, Message, Outcome};
use crate::message::{Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;
use std::net::{IpAddr, Ipv4Addr};

/// The most bytes of a message that are waited for and looked at; the rest, data of files, passes unread.
pub(crate) const MAX_HEAD: usize = 8 * 1024;
/// The most commands of one message that are read; further ones are dropped and said.
pub(crate) const MAX_COMPOUND: usize = 16;
/// A session packet's header: its kind and length.
const HEADER: usize = 4;

const SMB: Protocol = Protocol("smb");
const SMB2: Protocol = Protocol("smb2");
const NBSS: Protocol = Protocol("nbss");
const NBDGM: Protocol = Protocol("nbdgm");

/// SMB in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: SMB,
    title: "SMB and NetBIOS sessions and datagrams",
    specification: "MS-SMB2, MS-CIFS, MS-SMB, MS-NLMP, MS-BRWS; RFC 1002 (1987)",
    tcp_ports: &[139, 445],
    udp_ports: &[138],
    ether_types: &[],
    probe,
    open,
    inner: &[SMB2, NBSS, NBDGM],
    samples: samples::SAMPLES,
};

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    MalformedCommand,
    TooManyCommands,
    UnknownContents,
    MalformedDatagram,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::MalformedCommand => "malformed-command",
            Self::TooManyCommands => "too-many-commands",
            Self::UnknownContents => "not-smb",
            Self::MalformedDatagram => "malformed-datagram",
        }
    }
}

/// Kinds of session packets (RFC 1002, 4.3.1).
mod packet {
    pub(super) const MESSAGE: u8 = 0x00;
    pub(super) const REQUEST: u8 = 0x81;
    pub(super) const POSITIVE: u8 = 0x82;
    pub(super) const NEGATIVE: u8 = 0x83;
    pub(super) const RETARGET: u8 = 0x84;
    pub(super) const KEEP_ALIVE: u8 = 0x85;
}

/// The length in a session packet's header, `None` when it is none: over TCP straight it has 24 bits.
fn length([kind, high, middle, low]: [u8; HEADER]) -> Option<usize> {
    let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
    match kind {
        packet::MESSAGE => (length > 0).then_some(length),
        packet::REQUEST => (length == 68).then_some(length),
        packet::POSITIVE | packet::KEEP_ALIVE => (length == 0).then_some(length),
        packet::NEGATIVE => (length == 1).then_some(length),
        packet::RETARGET => (length == 6).then_some(length),
        _ => None,
    }
}

fn probe(context: Context, bytes: &[u8]) -> Probe {
    if context.carrier != Carrier::Tcp {
        return match *bytes {
            // A datagram with a name of 32 letters in its place.
            [0x10..=0x12, _, _, _, _, _, _, _, 0, 138, _, _, _, _, 32, ..] => Probe::Certain,
            _ => Probe::No,
        };
    }
    match *bytes {
        [0x00, _, _, _, 0xfc..=0xff, b'S', b'M', b'B', ..] => Probe::Certain,
        [0x00, _, _, _, _, _, _, _, ..] => Probe::No,
        [a, b, c, d, ..] if length([a, b, c, d]).is_some() => Probe::Unsure,
        [_, _, _, _, ..] => Probe::No,
        [kind, ..] if !matches!(kind, 0x00 | 0x81..=0x85) => Probe::No,
        _ => Probe::Unsure,
    }
}

fn open() -> Box<dyn Session> {
    Box::new(Conversation::default())
}

/// Bytes of each side's message that are still to pass, unread.
#[derive(Debug, Default)]
struct Conversation {
    initiator: usize,
    responder: usize,
}

impl Conversation {
    fn passing(&mut self, side: Side) -> &mut usize {
        match side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        }
    }
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let side = context.side;
        if context.carrier != Carrier::Tcp {
            let emit = &mut Emit {
                sink,
                side,
                span: Span {
                    start: 0,
                    end: bytes.len(),
                },
            };
            if datagram(Reader::new(bytes), emit).is_err() {
                emit.fault(NBDGM, Fault::MalformedDatagram);
            }
            return Ok(Progress {
                consumed: bytes.len(),
                missing: 0,
            });
        }
        stream(self.passing(side), side, bytes, sink)
    }

    fn gap(&mut self, side: Side) {
        *self.passing(side) = 0;
    }
}

/// Reads session packets. `passing` is how many bytes of the last one are still to pass, unread.
fn stream(passing: &mut usize, side: Side, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
    let mut reader = Reader::new(bytes);
    loop {
        let passed = (*passing).min(reader.left());
        *passing -= passed;
        // INVARIANT: so many bytes are left.
        let _passed = reader.take(passed);
        let start = reader.offset();
        let more = |missing| {
            Ok(Progress {
                consumed: start,
                missing,
            })
        };
        let mut ahead = reader;
        let Ok(header) = ahead.array::<HEADER>() else {
            return more(if reader.is_empty() {
                0
            } else {
                HEADER - reader.left()
            });
        };
        let Some(length) = length(header) else {
            return Err(Lost {
                offset: start,
                reason: "no session packet",
            });
        };
        let head = length.min(MAX_HEAD);
        let Ok(body) = ahead.sub(head) else {
            return more(head - ahead.left());
        };
        if header[0] == packet::MESSAGE && !is_smb(body.peek()) {
            return Err(Lost {
                offset: start,
                reason: "a session message that is not SMB",
            });
        }
        reader = ahead;
        *passing = length - head;
        session_packet(
            header[0],
            body,
            &mut Emit {
                sink,
                side,
                span: Span {
                    start,
                    end: reader.offset(),
                },
            },
        );
    }
}

fn is_smb(body: &[u8]) -> bool {
    matches!(*body, [0xfc..=0xff, b'S', b'M', b'B', ..])
}

fn session_packet(kind: u8, body: Reader<'_>, emit: &mut Emit<'_>) {
    match kind {
        packet::MESSAGE => contents(body.peek(), emit),
        packet::REQUEST => {
            let mut body = body;
            // The called name, then the calling one; `*SMBSERVER` is anyone's.
            for about in [About::Receiver, About::Sender] {
                let name = body.take(34).ok().and_then(netbios_name);
                if let Some(name) = name.filter(|name| !name.text().starts_with(b"*")) {
                    emit.identity_in(NBSS, about, IdentityField::HostName, name.text());
                }
            }
            emit.netbios(NBSS, Role::Request, kind, "Session Request", Outcome::None);
        }
        packet::POSITIVE => emit.netbios(
            NBSS,
            Role::Response,
            kind,
            "Positive Session Response",
            Outcome::Success,
        ),
        packet::NEGATIVE => {
            let code = u32::from(body.peek().first().copied().unwrap_or_default());
            let outcome = Outcome::Failure {
                code,
                name: "session refused",
            };
            emit.netbios(NBSS, Role::Response, kind, "Negative Session Response", outcome);
        }
        packet::RETARGET => emit.netbios(
            NBSS,
            Role::Response,
            kind,
            "Retarget Session Response",
            Outcome::None,
        ),
        _ => emit.netbios(NBSS, Role::Unsolicited, kind, "Keep Alive", Outcome::None),
    }
}

/// A name in its encoded form: length, 32 letters, an empty scope.
fn netbios_name(encoded: &[u8]) -> Option<NetBiosName> {
    match encoded {
        [32, letters @ .., 0] => NetBiosName::decode(letters),
        _ => None,
    }
}

fn contents(bytes: &[u8], emit: &mut Emit<'_>) {
    match bytes.first() {
        Some(0xfe) => v2::message(bytes, emit),
        Some(0xff) => v1::message(bytes, emit),
        Some(0xfd) => emit.opaque(0xfd, "Encrypted Message"),
        Some(0xfc) => emit.opaque(0xfc, "Compressed Message"),
        _ => emit.fault(SMB, Fault::UnknownContents),
    }
}

/// A NetBIOS datagram: kind, flags, id, sender's address and port, length, offset; two names; the message.
fn datagram(mut reader: Reader<'_>, emit: &mut Emit<'_>) -> Result<(), Truncated> {
    let kind = reader.u8()?;
    reader.skip(1 + 2)?;
    let source = Ipv4Addr::from(reader.array::<4>()?);
    reader.skip(2)?;
    let name = match kind {
        0x10 => "Direct Unique Datagram",
        0x11 => "Direct Group Datagram",
        0x12 => "Broadcast Datagram",
        0x13 => "Datagram Error",
        0x14 => "Datagram Query",
        0x15 => "Positive Query Response",
        0x16 => "Negative Query Response",
        _ => {
            return Err(Truncated {
                offset: reader.offset(),
                missing: 0,
            });
        }
    };
    if matches!(kind, 0x10..=0x12) {
        reader.skip(2 + 2)?;
        if let Some(name) = netbios_name(reader.take(34)?).filter(|name| matches!(name.suffix, 0x00 | 0x20)) {
            let host = About::Host {
                mac: None,
                ip: Some(IpAddr::V4(source)),
            };
            emit.identity_in(NBDGM, host, IdentityField::HostName, name.text());
        }
        reader.skip(34)?;
    }
    emit.netbios(NBDGM, Role::Unsolicited, kind, name, Outcome::None);
    if is_smb(reader.peek()) {
        contents(reader.rest(), emit);
    }
    Ok(())
}

/// The sink, who speaks, and where the bytes at hand stand.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    side: Side,
    span: Span,
}

impl Emit<'_> {
    fn message(&mut self, message: &Message<'_>) {
        self.sink.message(message);
    }

    fn netbios(&mut self, protocol: Protocol, role: Role, kind: u8, name: &'static str, outcome: Outcome) {
        let operation = if protocol == NBSS {
            OperationClass::Session
        } else {
            OperationClass::Identify
        };
        self.sink.message(&Message {
            protocol,
            role,
            function: Function {
                code: u32::from(kind),
                name,
            },
            operation,
            unit: None,
            objects: &[],
            outcome,
            transaction: None,
            span: self.span,
        });
    }

    /// A message whose commands can't be seen.
    fn opaque(&mut self, code: u32, name: &'static str) {
        let role = match self.side {
            Side::Initiator => Role::Request,
            Side::Responder => Role::Response,
        };
        self.sink.message(&Message {
            protocol: SMB2,
            role,
            function: Function {
                code: code << 8,
                name,
            },
            operation: OperationClass::File,
            unit: None,
            objects: &[],
            outcome: Outcome::None,
            transaction: None,
            span: self.span,
        });
    }

    fn identity(&mut self, about: About, field: IdentityField, value: &[u8]) {
        self.identity_in(SMB, about, field, value);
    }

    fn identity_in(&mut self, protocol: Protocol, about: About, field: IdentityField, value: &[u8]) {
        if !value.is_empty() {
            self.sink.identity(&Identity {
                protocol,
                about,
                unit: None,
                field,
                value,
            });
        }
    }

    fn fault(&mut self, protocol: Protocol, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol,
            code: fault.code(),
            span: self.span,
        });
    }
}
