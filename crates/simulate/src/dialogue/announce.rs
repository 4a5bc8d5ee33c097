//! Whole frames that go to everybody: LLDP from switches, DHCP of hosts that come in the morning.

use super::{Cx, Turn};
use crate::calendar::next_day_shift;
use crate::encode::dhcp::{self, Lease, Message};
use crate::encode::frame::{self, Hop, Ipv4};
use crate::encode::lldp::{self, Announcement};
use crate::plant::Kind;
use cofferdam_terms::{EtherType, MacAddr};
use std::net::Ipv4Addr;
use std::time::Duration;

const BROADCAST: MacAddr = MacAddr([0xff; 6]);

/// A switch announces itself once in a period.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lldp;

impl Lldp {
    pub(crate) fn turn(cx: &mut Cx<'_>) -> Turn {
        let Some(segment) = cx.plant.segment_of(cx.client) else {
            return Turn::Close;
        };
        let product = cx.client.product;
        let description = format!(
            "{} {} {}",
            product.vendor,
            product.product,
            product.firmware.unwrap_or_default()
        );
        let hop = Hop {
            source: cx.client.mac,
            destination: lldp::DESTINATION,
            vlan: Some(segment.vlan),
        };
        frame::ethernet(cx.out, hop, EtherType::LLDP);
        lldp::announcement(
            cx.out,
            &Announcement {
                chassis: cx.client.mac,
                port: "1/1",
                name: &cx.client.id,
                description: &description,
                management: cx.client.ip,
            },
        );
        Turn::client(cx.rest())
    }
}

/// A host gets its address from the gateway of its segment: four messages, all of them to everybody.
#[derive(Clone, Debug)]
pub(crate) struct Dhcp {
    pub(crate) when: When,
    pub(crate) step: u8,
    pub(crate) transaction: u32,
}

/// When a host asks for its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Once, at the beginning.
    Once,
    /// Each working day after the shift's begin.
    Mornings,
}

impl Dhcp {
    pub(crate) const fn new(when: When) -> Self {
        Self {
            when,
            step: 0,
            transaction: 0,
        }
    }

    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        let message = match self.step {
            0 => Message::Discover,
            1 => Message::Offer,
            2 => Message::Request,
            3 => Message::Ack,
            _ => {
                self.step = 0;
                return match self.when {
                    When::Once => Turn::Close,
                    When::Mornings => Turn::Wait {
                        pause: next_day_shift(cx.now) - cx.now
                            + cx.dice.between(Duration::ZERO, Duration::from_hours(2)),
                    },
                };
            }
        };
        if self.step == 0 {
            self.transaction = cx.dice.long();
        }
        self.step += 1;
        let from_server = matches!(message, Message::Offer | Message::Ack);
        let pause = Duration::from_millis(3);
        if self.write(cx, message, from_server.then_some(())).is_none() {
            return Turn::Close;
        }
        if from_server {
            Turn::server(pause)
        } else {
            Turn::client(pause)
        }
    }

    fn write(&self, cx: &mut Cx<'_>, message: Message, from_server: Option<()>) -> Option<()> {
        let segment = cx.plant.segment_of(cx.client)?;
        let dns = cx
            .plant
            .of(Kind::DomainController)
            .next()
            .and_then(|id| cx.plant.host(id))?;
        let lease = Lease {
            transaction: self.transaction,
            client: cx.client.mac,
            address: cx.client.ip,
            server: segment.gateway_ip(),
            dns: dns.ip,
            host_name: &cx.client.id,
            vendor_class: "MSFT 5.0",
        };
        let mut payload = Vec::with_capacity(320);
        dhcp::message(&mut payload, message, &lease);
        let (mac, ip, ports) = match from_server {
            Some(()) => (segment.gateway, segment.gateway_ip(), (67, 68)),
            None => (cx.client.mac, Ipv4Addr::UNSPECIFIED, (68, 67)),
        };
        let hop = Hop {
            source: mac,
            destination: BROADCAST,
            vlan: Some(segment.vlan),
        };
        frame::ethernet(cx.out, hop, EtherType::IPV4);
        let ip = Ipv4 {
            source: ip,
            destination: Ipv4Addr::BROADCAST,
            ttl: 64,
            identification: cx.dice.word(),
        };
        frame::udp(cx.out, &ip, ports.0, ports.1, &payload);
        Some(())
    }
}
