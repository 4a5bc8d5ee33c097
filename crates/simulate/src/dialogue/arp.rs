//! ARP: hosts ask for their gateway now and then, and for the next hop before each connection.

use super::{Cx, Side, Turn};
use crate::encode::arp::{ArpHost, ArpOperation, message};
use crate::encode::frame::{Hop, ethernet, pad};
use crate::plant::{Host, HostId, Plant, Segment};
use cofferdam_terms::{EtherType, MacAddr};
use std::net::Ipv4Addr;
use std::time::Duration;

const BROADCAST: MacAddr = MacAddr([0xff; 6]);

/// Goes round a segment: each host asks for its gateway and is answered, one after the other in one period.
#[derive(Clone, Debug)]
pub(crate) struct ArpRound {
    pub(crate) segment: usize,
    /// The hosts that are connected all the time.
    pub(crate) hosts: Vec<HostId>,
    pub(crate) next: usize,
    pub(crate) waits_for: Option<HostId>,
}

impl ArpRound {
    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        let Some(segment) = cx.plant.segments.get(self.segment) else {
            return Turn::Close;
        };
        if let Some(asker) = self.waits_for.take().and_then(|id| cx.plant.host(id)) {
            write(
                cx.out,
                segment,
                ArpOperation::Reply,
                gateway(segment),
                whole(asker),
            );
            let hosts = u32::try_from(self.hosts.len()).unwrap_or(u32::MAX).max(1);
            return Turn::server(cx.dice.about(cx.period / hosts));
        }
        let Some(id) = self.hosts.get(self.next).copied() else {
            return Turn::Close;
        };
        self.next = (self.next + 1) % self.hosts.len();
        if let Some(asker) = cx.plant.host(id) {
            write(
                cx.out,
                segment,
                ArpOperation::Request,
                whole(asker),
                unknown(segment.gateway_ip()),
            );
            self.waits_for = Some(id);
        }
        Turn::client(Duration::from_micros(250))
    }
}

/// The client's question for its next hop towards the server (from the client), or the answer (from the server's side).
/// Gives whether there is such a frame: hosts beyond the plant show none.
pub(crate) fn next_hop(
    plant: &Plant,
    (client, server): (HostId, HostId),
    from: Side,
    frame: &mut Vec<u8>,
) -> bool {
    let Some((client, server)) = plant.host(client).zip(plant.host(server)) else {
        return false;
    };
    let Some(segment) = plant
        .segment_of(client)
        .filter(|segment| segment.beyond.is_none())
    else {
        return false;
    };
    let hop = if client.segment == server.segment {
        whole(server)
    } else {
        gateway(segment)
    };
    frame.clear();
    match from {
        Side::Client => write(
            frame,
            segment,
            ArpOperation::Request,
            whole(client),
            unknown(hop.ip),
        ),
        Side::Server => write(frame, segment, ArpOperation::Reply, hop, whole(client)),
    }
    pad(frame, 0);
    true
}

/// A question by the gateway for an address of its segment that may have nobody.
pub(crate) fn gateway_asks(out: &mut Vec<u8>, segment: &Segment, target: Ipv4Addr) {
    write(
        out,
        segment,
        ArpOperation::Request,
        gateway(segment),
        unknown(target),
    );
}

fn write(out: &mut Vec<u8>, segment: &Segment, operation: ArpOperation, sender: ArpHost, target: ArpHost) {
    let hop = Hop {
        source: sender.mac,
        destination: match operation {
            ArpOperation::Request => BROADCAST,
            ArpOperation::Reply => target.mac,
        },
        vlan: Some(segment.vlan),
    };
    ethernet(out, hop, EtherType::ARP);
    message(out, operation, sender, target);
}

fn gateway(segment: &Segment) -> ArpHost {
    ArpHost {
        mac: segment.gateway,
        ip: segment.gateway_ip(),
    }
}

const fn whole(host: &Host) -> ArpHost {
    ArpHost {
        mac: host.mac,
        ip: host.ip,
    }
}

const fn unknown(ip: Ipv4Addr) -> ArpHost {
    ArpHost {
        mac: MacAddr([0; 6]),
        ip,
    }
}
