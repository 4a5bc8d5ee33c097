//! ARP: who has which IPv4 address on a segment, and who asks.
//!
//! Reads: RFC 826, with probes and announcements of RFC 5227, over Ethernet type 0x0806, for IPv4 over Ethernet. A
//! sender's pair of addresses is an identity fact; what it says of the target is not, since it only repeats hearsay.
//! The operation number is the function's code; announcements and probes are told apart by their name.
//!
//! It has no state and no bound but the packet's fixed 28 bytes; what follows them is padding. Other hardware and
//! network addresses are said and skipped, as is RARP, which has an Ethernet type of its own.

use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::text::AddressText;
use cofferdam_terms::{EtherType, MacAddr, OperationClass};
use std::net::Ipv4Addr;

const ARP: Protocol = Protocol("arp");

/// Hardware Ethernet, protocol IPv4, addresses of six and four bytes.
const ETHERNET_IPV4: [u8; 6] = [0x00, 0x01, 0x08, 0x00, 6, 4];

const REQUEST: u16 = 1;
const REPLY: u16 = 2;

/// ARP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: ARP,
    title: "ARP",
    specification: "RFC 826 (1982), RFC 5227 (2008)",
    tcp_ports: &[],
    udp_ports: &[],
    ether_types: &[EtherType::ARP],
    probe,
    open: || Box::new(Conversation),
    inner: &[],
    samples: SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The packet is shorter than 28 bytes.
    CutShort,
    /// Not IPv4 over Ethernet.
    OtherAddresses,
    /// An operation that is neither request nor reply.
    Operation,
    /// The sender says that it has a group's address.
    GroupAddress,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::OtherAddresses => "other-addresses",
            Self::Operation => "operation",
            Self::GroupAddress => "group-address",
        }
    }
}

/// Its Ethernet type is its own; content is looked at for what is wrong with it.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    if bytes.starts_with(&ETHERNET_IPV4) {
        Probe::Certain
    } else {
        Probe::Unsure
    }
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, _: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let packet = Packet::read(&mut Reader::new(bytes));
        let fault = match packet {
            Ok(packet) => packet.tell(sink),
            Err(fault) => Some(fault),
        };
        let span = Span {
            start: 0,
            end: bytes.len(),
        };
        if let Some(fault) = fault {
            sink.anomaly(&Anomaly {
                protocol: ARP,
                code: fault.code(),
                span,
            });
        }
        Ok(Progress {
            consumed: bytes.len(),
            missing: 0,
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    operation: u16,
    sender_mac: MacAddr,
    sender: Ipv4Addr,
    target: Ipv4Addr,
    span: Span,
}

impl Packet {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let cut = |_: Truncated| Fault::CutShort;
        if reader.array().map_err(cut)? != ETHERNET_IPV4 {
            return Err(Fault::OtherAddresses);
        }
        let operation = reader.u16_be().map_err(cut)?;
        let sender_mac = MacAddr(reader.array().map_err(cut)?);
        let sender = Ipv4Addr::from(reader.u32_be().map_err(cut)?);
        let _target_mac = reader.array::<6>().map_err(cut)?;
        let target = Ipv4Addr::from(reader.u32_be().map_err(cut)?);
        let span = Span {
            start: 0,
            end: reader.offset(),
        };
        Ok(Self {
            operation,
            sender_mac,
            sender,
            target,
            span,
        })
    }

    /// The operation by name, and its part. RFC 5227: a probe has no sender address yet; an announcement names itself.
    fn describe(&self) -> (Role, &'static str) {
        match self.operation {
            REQUEST if self.sender.is_unspecified() => (Role::Request, "Probe"),
            REQUEST | REPLY if self.sender == self.target => (Role::Unsolicited, "Announcement"),
            REQUEST => (Role::Request, "Request"),
            REPLY => (Role::Response, "Reply"),
            _ => (Role::Unsolicited, "unknown"),
        }
    }

    fn tell(&self, sink: &mut dyn Sink) -> Option<Fault> {
        let (role, name) = self.describe();
        let target = AddressText::new(self.target.into());
        let object = Object::at(Address::Name {
            kind: "host",
            name: target.bytes(),
        });
        sink.message(&Message {
            protocol: ARP,
            role,
            function: Function {
                code: self.operation.into(),
                name,
            },
            operation: OperationClass::Identify,
            unit: None,
            objects: &[object],
            outcome: match role {
                Role::Response => Outcome::Success,
                Role::Request | Role::Unsolicited => Outcome::None,
            },
            transaction: None,
            span: self.span,
        });
        if !matches!(self.operation, REQUEST | REPLY) {
            return Some(Fault::Operation);
        }
        if self.sender_mac.is_group() {
            return Some(Fault::GroupAddress);
        }
        if !self.sender.is_unspecified() {
            sink.identity(&Identity {
                protocol: ARP,
                about: About::Host {
                    mac: Some(self.sender_mac),
                    ip: Some(self.sender.into()),
                },
                unit: None,
                field: IdentityField::Binding,
                value: &[],
            });
        }
        None
    }
}

const fn frame(side: Side) -> Context {
    Context {
        side,
        carrier: Carrier::Ethernet(EtherType::ARP),
        port: 0,
    }
}

const SAMPLES: &[Sample] = &[
    Sample {
        name: "a request and its reply, padded",
        turns: &[
            (
                frame(Side::Initiator),
                &[
                    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, // hardware, protocol, address sizes
                    0x00, 0x01, // request
                    0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 10, 0, 0, 1, // sender
                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 10, 0, 0, 2, // target
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // padding
                ],
            ),
            (
                frame(Side::Responder),
                &[
                    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, // hardware, protocol, address sizes
                    0x00, 0x02, // reply
                    0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 10, 0, 0, 2, // sender
                    0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 10, 0, 0, 1, // target
                ],
            ),
        ],
    },
    Sample {
        name: "a probe, then an announcement",
        turns: &[
            (
                frame(Side::Initiator),
                &[
                    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, // to request
                    0x02, 0x00, 0x00, 0x00, 0x00, 0x03, 0, 0, 0, 0, // sender, no address yet
                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 10, 0, 0, 3, // target
                ],
            ),
            (
                frame(Side::Initiator),
                &[
                    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, // to request
                    0x02, 0x00, 0x00, 0x00, 0x00, 0x03, 10, 0, 0, 3, // sender
                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 10, 0, 0, 3, // itself
                ],
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::outcome;

    fn packet(operation: u8, mac0: u8, sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
        let mac = [mac0, 0, 0, 0, 0, 1];
        [
            &ETHERNET_IPV4[..],
            &[0, operation],
            &mac,
            &sender,
            &[0; 6],
            &target,
        ]
        .concat()
    }

    fn check(bytes: &[u8], expected: &[&str]) {
        let (progress, told) = outcome(&mut Conversation, frame(Side::Initiator), bytes);
        assert_eq!(progress.unwrap().consumed, bytes.len());
        assert_eq!(told, expected);
    }

    const A: [u8; 4] = [10, 0, 0, 1];
    const B: [u8; 4] = [10, 0, 0, 2];

    #[test]
    fn senders_bind_their_addresses_and_probes_bind_none() {
        let binding = "identity arp 02:00:00:00:00:01 10.0.0.1 binding=";
        check(
            &packet(1, 2, A, B),
            &["request arp 0x1 Request [identify]; host 10.0.0.2", binding],
        );
        check(
            &packet(2, 2, A, B),
            &["response arp 0x2 Reply [identify] ok; host 10.0.0.2", binding],
        );
        for operation in [1, 2] {
            let announcement =
                format!("unsolicited arp {operation:#x} Announcement [identify]; host 10.0.0.1");
            check(&packet(operation, 2, A, A), &[&announcement, binding]);
        }
        check(
            &packet(1, 2, [0; 4], B),
            &["request arp 0x1 Probe [identify]; host 10.0.0.2"],
        );
    }

    #[test]
    fn what_is_wrong_is_said_and_binds_nothing() {
        let request = "request arp 0x1 Request [identify]; host 10.0.0.2";
        check(&packet(1, 3, A, B), &[request, "anomaly arp group-address"]);
        check(
            &packet(9, 2, A, B),
            &[
                "unsolicited arp 0x9 unknown [identify]; host 10.0.0.2",
                "anomaly arp operation",
            ],
        );
        check(&packet(1, 2, A, B)[..27], &["anomaly arp cut-short"]);
        let mut token_ring = packet(1, 2, A, B);
        token_ring[1] = 6;
        check(&token_ring, &["anomaly arp other-addresses"]);
    }
}
