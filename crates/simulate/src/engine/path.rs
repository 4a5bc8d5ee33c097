//! Where a conversation's frames are seen, and with whose MAC addresses and how much TTL left.

use crate::encode::frame::Hop;
use crate::plant::{HostId, Plant};
use crate::settings::CapturePoint;
use cofferdam_terms::MacAddr;

/// Which end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// One place at which a frame of one direction is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) hop: Hop,
    /// How many firewalls it has passed.
    pub(crate) passed: u8,
}

/// The places for both directions. A path crosses two firewalls at most, so there are three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    from_client: [Option<View>; 3],
    from_server: [Option<View>; 3],
}

impl Path {
    /// The n-th place at which frames from a side are seen.
    pub(crate) fn view(&self, from: Side, n: usize) -> Option<View> {
        let views = match from {
            Side::Client => &self.from_client,
            Side::Server => &self.from_server,
        };
        views.get(n).copied().flatten()
    }

    pub(crate) fn between(plant: &Plant, capture: CapturePoint, client: HostId, server: HostId) -> Self {
        let ends = plant.host(client).zip(plant.host(server));
        let Some(((client, server), (near, far))) =
            ends.and_then(|(c, s)| Some(((c, s), plant.segment_of(c).zip(plant.segment_of(s))?)))
        else {
            return Self::default();
        };
        let seen = |vlan, source, destination, passed| {
            let hop = Hop {
                source,
                destination,
                vlan: Some(vlan),
            };
            Some(View { hop, passed })
        };
        if client.segment == server.segment {
            return match capture {
                CapturePoint::Routed => Self::default(),
                CapturePoint::Core | CapturePoint::EveryHop => Self {
                    from_client: [seen(near.vlan, client.mac, server.mac, 0), None, None],
                    from_server: [seen(near.vlan, server.mac, client.mac, 0), None, None],
                },
            };
        }
        let firewalls = if near.firewall == far.firewall { 1 } else { 2 };
        let at_server = (
            seen(far.vlan, far.gateway, server.mac, firewalls),
            seen(far.vlan, server.mac, far.gateway, 0),
        );
        match capture {
            CapturePoint::Routed | CapturePoint::Core => Self {
                from_client: [at_server.0, None, None],
                from_server: [at_server.1, None, None],
            },
            CapturePoint::EveryHop => {
                let at_client = (
                    seen(near.vlan, client.mac, near.gateway, 0),
                    seen(near.vlan, near.gateway, client.mac, firewalls),
                );
                let between = transit(plant, near.firewall, far.firewall);
                let (there, back) = between.map_or((None, None), |(vlan, a, b)| {
                    (seen(vlan, a, b, 1), seen(vlan, b, a, 1))
                });
                Self {
                    from_client: in_order([at_client.0, there, at_server.0]),
                    from_server: in_order([at_server.1, back, at_client.1]),
                }
            }
        }
    }
}

/// The link between two firewalls lies in the management segment, in which both have an interface.
fn transit(plant: &Plant, a: HostId, b: HostId) -> Option<(cofferdam_terms::VlanId, MacAddr, MacAddr)> {
    if a == b {
        return None;
    }
    let (a, b) = plant.host(a).zip(plant.host(b))?;
    Some((plant.segment_of(a)?.vlan, a.mac, b.mac))
}

fn in_order(views: [Option<View>; 3]) -> [Option<View>; 3] {
    match views {
        [a, None, c] => [a, c, None],
        all => all,
    }
}
