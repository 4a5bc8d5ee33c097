//! A small protocol of our own, so that these tests depend on no dissector.
//!
//! A message is `[0xc0 | role, function, unit, length, body…]`: role 1 asks, 2 answers, 3 is sent unasked; function 0
//! to 15; a body of four bytes is a range of registers, first and count. Function 15 tells the sender's name in its
//! body. Functions 8 and 9 carry a transaction number as their body; whatever function was asked, 9 may answer.

use cofferdam_dissect::{
    About, Address, Anomaly, Context, Function, Identity, IdentityField, Lost, Message, Object, Outcome,
    Probe, Progress, Protocol, Registration, Role, Session, Sink, Span,
};
use cofferdam_terms::{EtherType, MacAddr, OperationClass};
use std::net::IpAddr;

pub(crate) const TOY: Protocol = Protocol("toy");
pub(crate) const PORT: u16 = 9999;
pub(crate) const ETHER_TYPE: EtherType = EtherType(0x9abc);

pub(crate) const REGISTRY: &[Registration] = &[Registration {
    protocol: TOY,
    title: "Toy",
    specification: "none",
    tcp_ports: &[PORT],
    udp_ports: &[PORT],
    ether_types: &[ETHER_TYPE],
    probe,
    open: || Box::new(Toy),
    inner: &[],
    samples: &[],
}];

/// A message's bytes.
pub(crate) fn message(role: u8, function: u8, unit: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xc0 | role, function, unit, u8::try_from(body.len()).unwrap()];
    bytes.extend_from_slice(body);
    bytes
}

/// A request for registers.
pub(crate) fn ask(unit: u8, first: u16, count: u16) -> Vec<u8> {
    let ([a, b], [c, d]) = (first.to_be_bytes(), count.to_be_bytes());
    message(1, 3, unit, &[a, b, c, d])
}

/// An answer.
pub(crate) fn answer(unit: u8) -> Vec<u8> {
    message(2, 3, unit, b"ok")
}

/// So many bytes follow a message of function 13.
pub(crate) const HUGE: usize = 1 << 20;

/// The start of a message that claims more than is joined.
pub(crate) fn huge() -> Vec<u8> {
    message(1, 13, 0, b"")
}

fn probe(_context: Context, bytes: &[u8]) -> Probe {
    match bytes {
        [0xc1..=0xc3, 0..=15, _, _, ..] => Probe::Certain,
        [0xc1..=0xc3, ..] => Probe::Unsure,
        // Text is what this protocol might be, too.
        [b'a'..=b'z', ..] => Probe::Unsure,
        _ => Probe::No,
    }
}

struct Toy;

impl Session for Toy {
    fn parse(&mut self, _context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut at = 0;
        while at < bytes.len() {
            let [role, function, unit, length, rest @ ..] = &bytes[at..] else {
                let missing = 4 - (bytes.len() - at);
                return Ok(Progress {
                    consumed: at,
                    missing,
                });
            };
            if !matches!(role, 0xc1..=0xc3) || *function > 15 {
                return Err(Lost {
                    offset: at,
                    reason: "not a toy",
                });
            }
            let length = match function {
                13 => HUGE,
                _ => usize::from(*length),
            };
            let Some(body) = rest.get(..length) else {
                return Ok(Progress {
                    consumed: at,
                    missing: length - rest.len(),
                });
            };
            tell([*role, *function, *unit], body, sink);
            at += 4 + length;
        }
        Ok(Progress {
            consumed: at,
            missing: 0,
        })
    }
}

fn tell([role, function, unit]: [u8; 3], body: &[u8], sink: &mut dyn Sink) {
    let address = match body {
        [a, b, c, d] => Some(Address::Points {
            space: "register",
            first: u16::from_be_bytes([*a, *b]).into(),
            count: u16::from_be_bytes([*c, *d]).into(),
        }),
        _ => None,
    };
    let objects: Vec<Object<'_>> = address.map(Object::at).into_iter().collect();
    if let (14, [a, b, c, d, e, f, ip @ ..]) = (function, body) {
        let ip = <[u8; 4]>::try_from(ip).unwrap();
        sink.identity(&Identity {
            protocol: TOY,
            about: About::Host {
                mac: Some(MacAddr([*a, *b, *c, *d, *e, *f])),
                ip: Some(IpAddr::from(ip)),
            },
            unit: None,
            field: IdentityField::Binding,
            value: b"",
        });
    }
    if function == 15 {
        sink.identity(&Identity {
            protocol: TOY,
            about: About::Sender,
            unit: None,
            field: IdentityField::HostName,
            value: body,
        });
    }
    if body == b"bad" {
        sink.anomaly(&Anomaly {
            protocol: TOY,
            code: "bad-body",
            span: Span::default(),
        });
    }
    sink.message(&Message {
        protocol: TOY,
        role: match role {
            0xc1 => Role::Request,
            0xc2 => Role::Response,
            _ => Role::Unsolicited,
        },
        function: Function {
            code: function.into(),
            name: "toy-function",
        },
        operation: if function == 4 {
            OperationClass::Write
        } else {
            OperationClass::Read
        },
        unit: Some(unit.into()),
        objects: &objects,
        outcome: match (role, body) {
            (0xc2, b"no") => Outcome::Failure { code: 1, name: "no" },
            (0xc2, _) => Outcome::Success,
            _ => Outcome::None,
        },
        transaction: match (function, body) {
            (8 | 9, [number, ..]) => Some((*number).into()),
            _ => None,
        },
        span: Span::default(),
    });
}
