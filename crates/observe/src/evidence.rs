//! What an address does in the control system, gathered from flow records for the role rules.
//!
//! Only hosts that had a conversation have it. Bounds: [`MAX_SERVICES`], [`MAX_UNITS`], [`MAX_PEERS`], and for all hosts
//! together the ceiling `host-details`, which [`Room`] holds; what is beyond is counted.

use crate::join::same_network;
use crate::record::{FlowRecord, InitiatorBasis};
use cofferdam_dissect::Protocol;
use cofferdam_terms::{OperationClass, OperationSet, Timestamp, Transport};

/// The most services that are kept, each of those served and those used.
pub(crate) const MAX_SERVICES: usize = 64;
/// The most units behind one address.
pub(crate) const MAX_UNITS: usize = 256;
/// The most peers that are told apart, for each kind of dealing.
pub(crate) const MAX_PEERS: usize = 256;

/// A protocol, a transport and the responder's port.
pub(crate) type Service = (Option<Protocol>, Transport, u16);

/// Distinct peers, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Peers(Vec<u32>);

impl Peers {
    fn add(&mut self, peer: u32, room: &mut Room) {
        if let Err(place) = self.0.binary_search(&peer)
            && self.0.len() < MAX_PEERS
            && room.take(cost::PEER)
        {
            self.0.insert(place, peer);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    fn cost(&self) -> usize {
        self.0.len() * cost::PEER
    }

    pub(crate) fn join(&mut self, other: &Self) {
        for peer in &other.0 {
            self.add(*peer, &mut Room::unlimited());
        }
    }
}

/// What was asked, or answered, in one protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dealing {
    pub(crate) protocol: Protocol,
    /// Requests by operation class, in the order of [`OperationClass::ALL`].
    requests: [u64; OperationClass::ALL.len()],
    /// With whom.
    pub(crate) peers: Peers,
    /// With whom in its own network (/24 or /64).
    pub(crate) near: Peers,
    /// With whom it dealt in programs or firmware.
    pub(crate) programmed: Peers,
}

impl Dealing {
    const fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            requests: [0; OperationClass::ALL.len()],
            peers: Peers(Vec::new()),
            near: Peers(Vec::new()),
            programmed: Peers(Vec::new()),
        }
    }

    /// Requests of some classes.
    pub(crate) fn requests(&self, classes: OperationSet) -> u64 {
        let counts = OperationClass::ALL.into_iter().zip(self.requests);
        counts
            .filter(|(class, _)| classes.contains(*class))
            .map(|(_, count)| count)
            .sum()
    }

    fn add(&mut self, class: OperationClass, count: u64, dealt: &Dealt<'_>, room: &mut Room) {
        if let Some(total) = self.requests.get_mut(class as usize) {
            *total += count;
        }
        let peer = dealt.peer;
        self.peers.add(peer, room);
        if dealt.is_near() {
            self.near.add(peer, room);
        }
        if matches!(class, OperationClass::Program | OperationClass::Firmware) {
            self.programmed.add(peer, room);
        }
    }

    fn join(&mut self, other: &Self) {
        for (total, count) in self.requests.iter_mut().zip(other.requests) {
            *total += count;
        }
        self.peers.join(&other.peers);
        self.near.join(&other.near);
        self.programmed.join(&other.programmed);
    }
}

/// A service with how many there were at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offered {
    pub(crate) service: Service,
    pub(crate) peers: Peers,
}

/// A unit that answered through an address, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Behind {
    pub(crate) unit: (Protocol, u32),
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

impl Behind {
    fn join(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// What an address does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) serves: Vec<Offered>,
    pub(crate) uses: Vec<Offered>,
    pub(crate) asked: Vec<Dealing>,
    pub(crate) answered: Vec<Dealing>,
    /// Units behind it that answered, ordered.
    pub(crate) units: Vec<Behind>,
}

/// What entries cost in bytes, with the room that a list keeps for its next ones.
mod cost {
    pub(super) const PEER: usize = 8;
    pub(super) const UNIT: usize = 96;
    pub(super) const SERVICE: usize = 128;
    pub(super) const DEALING: usize = 512;
}

/// What is left of the ceiling `host-details`, and what found no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    left: usize,
    /// Details of any kind: `host-details`.
    pub(crate) dropped: u64,
    /// `services-per-host`
    pub(crate) services: u64,
    /// `units-per-host`
    pub(crate) units: u64,
}

impl Room {
    pub(crate) const fn new(bytes: usize) -> Self {
        Self {
            left: bytes,
            dropped: 0,
            services: 0,
            units: 0,
        }
    }

    /// For joining what was already admitted.
    const fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    /// A host has given way: what was taken for it is free again.
    pub(crate) fn give_back(&mut self, evidence: &Evidence) {
        self.left = self.left.saturating_add(evidence.cost());
    }

    const fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.dropped += 1;
                false
            }
        }
    }
}

/// A flow's record as one of its ends sees it.
pub(crate) struct Dealt<'a> {
    pub(crate) record: &'a FlowRecord,
    /// The other end's number.
    pub(crate) peer: u32,
    /// The responder did more than refuse.
    pub(crate) served: bool,
    /// Units of the responder that answered.
    pub(crate) units: &'a [(Protocol, u32)],
}

impl Dealt<'_> {
    fn is_near(&self) -> bool {
        let ips = (self.record.initiator.ip, self.record.responder.ip);
        matches!(ips, (Some(a), Some(b)) if same_network(a, b))
    }
}

impl Evidence {
    /// What was taken of the room for it.
    fn cost(&self) -> usize {
        let offered = self.serves.iter().chain(&self.uses);
        let offered = offered.map(|one| cost::SERVICE + one.peers.cost());
        let dealings = self.asked.iter().chain(&self.answered);
        let dealings =
            dealings.map(|one| cost::DEALING + one.peers.cost() + one.near.cost() + one.programmed.cost());
        offered.sum::<usize>() + dealings.sum::<usize>() + self.units.len() * cost::UNIT
    }

    /// Notes a record of which this is the initiator.
    pub(crate) fn as_initiator(&mut self, dealt: &Dealt<'_>, room: &mut Room) {
        if is_a_service(dealt.record) {
            offer(&mut self.uses, service(dealt.record), dealt.peer, room);
        }
        deal(&mut self.asked, dealt, room);
    }

    /// Notes a record of which this is the responder.
    pub(crate) fn as_responder(&mut self, dealt: &Dealt<'_>, room: &mut Room) {
        if dealt.served && is_a_service(dealt.record) {
            offer(&mut self.serves, service(dealt.record), dealt.peer, room);
        }
        deal(&mut self.answered, dealt, room);
        for unit in dealt.units {
            let behind = Behind {
                unit: *unit,
                first: dealt.record.first,
                last: dealt.record.last,
            };
            match self.units.binary_search_by_key(unit, |known| known.unit) {
                Ok(place) => {
                    if let Some(known) = self.units.get_mut(place) {
                        known.join(behind);
                    }
                }
                Err(_) if self.units.len() >= MAX_UNITS => room.units += 1,
                Err(place) => {
                    if room.take(cost::UNIT) {
                        self.units.insert(place, behind);
                    }
                }
            }
        }
    }

    /// Adds what another address of the same asset does.
    pub(crate) fn join(&mut self, other: &Self) {
        for (ours, theirs) in [(&mut self.serves, &other.serves), (&mut self.uses, &other.uses)] {
            for offered in theirs {
                match ours.iter_mut().find(|known| known.service == offered.service) {
                    Some(known) => known.peers.join(&offered.peers),
                    None => ours.push(offered.clone()),
                }
            }
        }
        for (ours, theirs) in [
            (&mut self.asked, &other.asked),
            (&mut self.answered, &other.answered),
        ] {
            for dealing in theirs {
                match ours.iter_mut().find(|known| known.protocol == dealing.protocol) {
                    Some(known) => known.join(dealing),
                    None => ours.push(dealing.clone()),
                }
            }
        }
        for behind in &other.units {
            match self.units.iter_mut().find(|known| known.unit == behind.unit) {
                Some(known) => known.join(*behind),
                None => self.units.push(*behind),
            }
        }
        self.units.sort_unstable();
    }
}

/// Whether the responder's port names a service: not where it is only known who spoke first, and in no protocol.
fn is_a_service(record: &FlowRecord) -> bool {
    let on_ethernet = matches!(record.transport, Transport::Ethernet(_));
    record.protocol.is_some() || record.basis != InitiatorBasis::First || on_ethernet
}

fn service(record: &FlowRecord) -> Service {
    let protocol = record.protocol.map(|(protocol, _)| protocol);
    (protocol, record.transport, record.responder_port)
}

fn offer(list: &mut Vec<Offered>, service: Service, peer: u32, room: &mut Room) {
    if let Some(known) = list.iter_mut().find(|known| known.service == service) {
        known.peers.add(peer, room);
    } else if list.len() >= MAX_SERVICES {
        room.services += 1;
    } else if room.take(cost::SERVICE) {
        let mut peers = Peers::default();
        peers.add(peer, room);
        list.push(Offered { service, peers });
    }
}

fn deal(list: &mut Vec<Dealing>, dealt: &Dealt<'_>, room: &mut Room) {
    for operation in &dealt.record.operations {
        let protocol = operation.protocol;
        // Protocols are constants of the code: the list is short by nature.
        let place = match list.iter().position(|known| known.protocol == protocol) {
            Some(place) => place,
            None if room.take(cost::DEALING) => {
                list.push(Dealing::new(protocol));
                list.len() - 1
            }
            None => continue,
        };
        if let Some(dealing) = list.get_mut(place) {
            dealing.add(operation.operation, operation.requests, dealt, room);
        }
    }
}
