//! PTP: which clock the plant runs by, and who changes it.
//!
//! Reads, by IEEE 1588-2019 clauses 13 and 15 (version 2.0 and 2.1), over UDP ports 319 and 320 and Ethernet type
//! 0x88f7: every message type with domain and clock, the grandmaster of announcements, the action and object of
//! management. The function's code is the message type, for management `0x0d00 | action`. That a clock serves time is
//! told once a conversation.
//!
//! It has no bound but the datagram. Skipped: times and corrections, TLVs, version 1.

use crate::message::{Address, Function, IdentityField, Message, Object, Role};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, all, done, named, plain};
use cofferdam_terms::{EtherType, OperationClass};
use smallvec::SmallVec;

const PTP: Protocol = Protocol("ptp");
const ETHERNET: EtherType = EtherType(0x88f7);

/// PTP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: PTP,
    title: "PTP",
    specification: "IEEE 1588-2019",
    tcp_ports: &[],
    udp_ports: &[319, 320],
    ether_types: &[ETHERNET],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: SAMPLES,
};

const ANNOUNCE: u8 = 0x0b;
const MANAGEMENT: u8 = 0x0d;

const fn kind(number: u8) -> Option<(&'static str, Role)> {
    Some(match number {
        0x00 => ("Sync", Role::Unsolicited),
        0x01 => ("Delay_Req", Role::Request),
        0x02 => ("Pdelay_Req", Role::Request),
        0x03 => ("Pdelay_Resp", Role::Response),
        0x08 => ("Follow_Up", Role::Unsolicited),
        0x09 => ("Delay_Resp", Role::Response),
        0x0a => ("Pdelay_Resp_Follow_Up", Role::Response),
        ANNOUNCE => ("Announce", Role::Unsolicited),
        0x0c => ("Signaling", Role::Unsolicited),
        MANAGEMENT => ("Management", Role::Request),
        _ => return None,
    })
}

/// Management's actions.
const fn action(number: u8) -> Option<(&'static str, Role, OperationClass)> {
    Some(match number {
        0 => ("Management Get", Role::Request, OperationClass::Diagnose),
        1 => ("Management Set", Role::Request, OperationClass::Configure),
        2 => ("Management Response", Role::Response, OperationClass::Diagnose),
        3 => ("Management Command", Role::Request, OperationClass::Control),
        4 => ("Management Acknowledge", Role::Response, OperationClass::Diagnose),
        _ => return None,
    })
}

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    CutShort,
    Version,
    MessageType,
    Length,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::Version => "version",
            Self::MessageType => "message-type",
            Self::Length => "length-mismatch",
        }
    }
}

/// Its header has nothing that is its own alone, so it is known on its own ports and Ethernet type.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match bytes {
        [first, version, ..] if version & 0x0f == 2 && kind(first & 0x0f).is_some() => Probe::Unsure,
        _ => Probe::No,
    }
}

/// Whether it was told that a clock serves time here; once is enough.
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
        let mut tell = Tell::new(PTP, sink);
        let fault = self.message(bytes, &mut tell).unwrap_or(Some(Fault::CutShort));
        if let Some(fault) = fault {
            tell.anomaly(fault.code(), all(bytes));
        }
        Ok(done(bytes))
    }
}

impl Conversation {
    fn message(&mut self, bytes: &[u8], tell: &mut Tell<'_>) -> Result<Option<Fault>, Truncated> {
        let mut reader = Reader::new(bytes);
        let [first, version] = reader.array()?;
        if version & 0x0f != 2 {
            return Ok(Some(Fault::Version));
        }
        let length = usize::from(reader.u16_be()?);
        let domain = reader.u8()?;
        reader.skip(1 + 2 + 8 + 4)?;
        let clock = hex(reader.array()?);
        let _port = reader.u16_be()?;
        let sequence = reader.u16_be()?;
        reader.skip(2)?;
        let number = first & 0x0f;
        let Some((name, role)) = kind(number) else {
            return Ok(Some(Fault::MessageType));
        };
        let mut said = plain(
            PTP,
            role,
            Function {
                code: number.into(),
                name,
            },
            OperationClass::Time,
            all(bytes),
        );
        let mut grandmaster = None;
        let mut managed = None;
        match number {
            ANNOUNCE => {
                reader.skip(10 + 2 + 1 + 1 + 4 + 1)?;
                grandmaster = Some(hex(reader.array()?));
            }
            MANAGEMENT => {
                reader.skip(10 + 2)?;
                let number = reader.u8()? & 0x0f;
                let Some((name, role, class)) = action(number) else {
                    return Ok(Some(Fault::MessageType));
                };
                said.function = Function {
                    code: 0x0d00 | u32::from(number),
                    name,
                };
                (said.role, said.operation) = (role, class);
                // Reserved, the TLV's type and length, then what is managed.
                reader.skip(1 + 2 + 2)?;
                managed = Some(reader.u16_be()?);
            }
            _ => {}
        }
        let mut objects: SmallVec<[Object<'_>; 4]> = SmallVec::new();
        objects.push(Object::at(Address::Points {
            space: "domain",
            first: domain.into(),
            count: 1,
        }));
        objects.push(named("clock", clock.as_bytes()));
        objects.extend(grandmaster.as_ref().map(|id| named("grandmaster", id.as_bytes())));
        objects.extend(managed.map(|id| {
            Object::at(Address::Points {
                space: "managed",
                first: id.into(),
                count: 1,
            })
        }));
        tell.message(&Message {
            objects: &objects,
            transaction: Some(sequence.into()),
            ..said
        });
        if number == ANNOUNCE && self.offers == Offers::NotTold {
            self.offers = Offers::Told;
            tell.fact(IdentityField::Offers, b"ptp-master");
        }
        // Ethernet pads what is shorter than its least frame.
        Ok((length > bytes.len()).then_some(Fault::Length))
    }
}

/// A clock's identity as it is written.
fn hex(bytes: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(bytes))
}

const UDP: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Udp,
    port: 320,
};
const FRAME: Context = Context {
    carrier: Carrier::Ethernet(ETHERNET),
    port: 0,
    ..UDP
};

const SAMPLES: &[Sample] = &[
    Sample {
        name: "an announcement and a change by management",
        turns: &[(UDP, ANNOUNCED), (UDP, MANAGED)],
    },
    Sample {
        name: "a delay request on Ethernet, padded",
        turns: &[(FRAME, DELAY)],
    },
];

#[rustfmt::skip]
const ANNOUNCED: &[u8] = &[
    0x0b, 0x12, 0x00, 0x40, 0x00, 0x00, 0x00, 0x3c, // announce, version 2.1, length 64, domain
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // correction
    0x00, 0x00, 0x00, 0x00,
    0x02, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x01, 0x00, 0x01, // clock, port
    0x00, 0x07, 0x05, 0x01,                         // sequence, control, interval
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // origin
    0x00, 0x25, 0x00, 0x80, 0x06, 0x21, 0x4e, 0x5d, 0x80, // UTC offset, priority, quality, priority
    0x02, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x09, // grandmaster
    0x00, 0x01, 0x20,                               // steps, source
];

#[rustfmt::skip]
const MANAGED: &[u8] = &[
    0x0d, 0x02, 0x00, 0x38, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x02, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x05, 0x00, 0x01,
    0x00, 0x08, 0x04, 0x7f,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // to all ports
    0x01, 0x01, 0x01, 0x00,                         // hops, set
    0x00, 0x01, 0x00, 0x04, 0x20, 0x05, 0x80, 0x00, // priority 1
];

#[rustfmt::skip]
const DELAY: &[u8] = &[
    0x02, 0x02, 0x00, 0x36, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x02, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x05, 0x00, 0x01,
    0x00, 0x09, 0x05, 0x7f,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lines;
    use proptest::prelude::*;

    fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation::default(), turns), expected);
    }

    const SAID: &str = "unsolicited ptp 0xb Announce [time]; domain 0+1; clock 020000fffe000001; grandmaster 020000fffe000009";

    #[test]
    fn the_grandmaster_is_told_and_that_it_serves_once() {
        check(
            &[(UDP, ANNOUNCED), (UDP, ANNOUNCED)],
            &[SAID, "identity ptp sender offers=ptp-master", SAID],
        );
    }

    #[test]
    fn management_is_classed_by_its_action() {
        for (number, expected) in [
            (0, "request ptp 0xd00 Management Get [diagnose]"),
            (1, "request ptp 0xd01 Management Set [configure]"),
            (3, "request ptp 0xd03 Management Command [control]"),
        ] {
            let mut bytes = MANAGED.to_vec();
            bytes[46] = number;
            let line = format!("{expected}; domain 0+1; clock 020000fffe000005; managed 8197+1");
            check(&[(UDP, &bytes)], &[&line]);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        check(&[(UDP, &DELAY[..33])], &["anomaly ptp cut-short"]);
        check(&[(UDP, &[0, 1])], &["anomaly ptp version"]);
        let mut bytes = DELAY.to_vec();
        bytes[0] = 7;
        check(&[(UDP, &bytes)], &["anomaly ptp message-type"]);
        let said = lines(&mut Conversation::default(), &[(FRAME, &DELAY[..50])]);
        assert_eq!(said[1..], ["anomaly ptp length-mismatch"]);
    }

    proptest! {
        #[test]
        fn headers_that_an_encoder_writes_are_read_back(
            clock in any::<u64>(),
            domain in any::<u8>(),
            kind_of in prop::sample::select(vec![0u8, 1, 2, 3, 8, 9, 10, 12]),
        ) {
            let mut bytes = vec![kind_of, 2, 0, 44, domain, 0, 0, 0];
            bytes.extend([0; 12]);
            bytes.extend(clock.to_be_bytes());
            bytes.extend([0; 16]);
            let said = lines(&mut Conversation::default(), &[(UDP, &bytes)]);
            let (name, _) = kind(kind_of).unwrap();
            prop_assert_eq!(said.len(), 1);
            let expected = format!(" ptp {kind_of:#x} {name} [time]; domain {domain}+1; clock {clock:016x}");
            prop_assert!(said[0].ends_with(&expected));
        }
    }
}
