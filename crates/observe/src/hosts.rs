//! Addresses that spoke: under which MACs, how much, and when.
//!
//! An address that is only spoken to makes no entry, so that a scan of the whole address space fills nothing; such
//! addresses are counted, each once, up to a ceiling. When there is no room for a new one, an address that only ever
//! sent and was never answered gives way.

use crate::clock::Moment;
use crate::evidence::{Dealt, Evidence, Room};
use crate::facts::Facts;
use crate::flow::Flow;
use crate::key::End;
use crate::ledger::Tally;
use crate::notes::{Claim, Sighted, Speaker};
use crate::record::{FlowRecord, Traffic};
use crate::settings::Settings;
use cofferdam_dissect::{IdentityField, Protocol};
use cofferdam_terms::{EtherType, MacAddr, Timestamp, Transport, VlanId};
use foldhash::SharedSeed;
use foldhash::fast::{FixedState, SeedableRandomState};
use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;
use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;

/// The most MACs that are kept of one address.
pub(crate) const MAX_MACS: usize = 4;
/// How many entries are looked at for one that can give way.
const MAX_SEARCHED: usize = 64;

/// What names a host: its IP address, or its MAC where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Address {
    Ip(IpAddr),
    Mac(MacAddr),
}

impl Address {
    /// Whether one host alone can have it. Group and unspecified addresses are nobody's.
    pub(crate) fn is_one_host(self) -> bool {
        match self {
            Self::Ip(IpAddr::V4(ip)) => !ip.is_multicast() && !ip.is_broadcast() && !ip.is_unspecified(),
            Self::Ip(IpAddr::V6(ip)) => !ip.is_multicast() && !ip.is_unspecified(),
            Self::Mac(mac) => !mac.is_group() && mac != MacAddr::default(),
        }
    }
}

/// An address on the VLAN where it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) address: Address,
    pub(crate) vlan: Option<VlanId>,
}

/// Spots are looked up for each flow: one word is hashed of most, where the derived way would hash five.
impl Hash for Spot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let vlan = self.vlan.map_or(0, |vlan| u64::from(vlan.get()) + 1);
        match self.address {
            Address::Ip(IpAddr::V4(ip)) => state.write_u64(vlan << 48 | u64::from(ip.to_bits())),
            Address::Mac(MacAddr([a, b, c, d, e, f])) => {
                state.write_u64(u64::from_be_bytes([0, 0, a, b, c, d, e, f]));
                state.write_u64(vlan << 48 | 1);
            }
            Address::Ip(IpAddr::V6(ip)) => {
                state.write_u128(ip.to_bits());
                state.write_u64(vlan << 48 | 2);
            }
        }
    }
}

/// Whether an end of a flow sent anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    Heard,
    Silent,
}

/// Whether a responder did more than refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    Yes,
    No,
}

/// One end of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Party {
    pub(crate) spot: Spot,
    pub(crate) id: Option<HostId>,
    pub(crate) voice: Voice,
}

/// A host's number, good until the host gives way to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HostId {
    slot: u32,
    generation: u32,
}

/// A MAC under which an address was seen.
#[derive(Clone, Debug)]
pub(crate) struct Nic {
    pub(crate) mac: MacAddr,
    /// The first packet that shows it.
    pub(crate) packet: u64,
    /// The highest time to live of packets that it sent from this address; 0 if it sent none.
    pub(crate) ttl: u8,
    /// The protocol and packet that say that this MAC has this address.
    pub(crate) bound: Option<(Protocol, u64)>,
}

/// An address that spoke.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) spot: Spot,
    pub(crate) nics: SmallVec<[Nic; 1]>,
    /// It sent something, rather than only being told of.
    pub(crate) heard: bool,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) sent: Traffic,
    pub(crate) received: Traffic,
    pub(crate) evidence: Option<Box<Evidence>>,
    generation: u32,
}

/// All addresses that spoke.
pub(crate) struct Hosts {
    index: HashMap<Spot, u32, SeedableRandomState>,
    slots: Vec<Host>,
    ceiling: usize,
    cursor: usize,
    silent: HashSet<u64, SeedableRandomState>,
    silent_ceiling: usize,
    /// What is left of the ceiling of host details.
    room: Room,
    hasher: SeedableRandomState,
    pub(crate) facts: Facts,
    pub(crate) evicted: Tally<&'static str>,
}

impl Hosts {
    pub(crate) fn new(settings: &Settings) -> Self {
        let hasher = SeedableRandomState::with_seed(settings.hash_seed, SharedSeed::global_fixed());
        Self {
            index: HashMap::with_hasher(hasher.clone()),
            slots: Vec::new(),
            ceiling: settings.ceilings.hosts,
            cursor: 0,
            silent: HashSet::with_hasher(hasher.clone()),
            silent_ceiling: settings.ceilings.silent_addresses,
            room: Room::new(settings.ceilings.host_detail_bytes),
            facts: Facts::new(settings, hasher.clone()),
            hasher,
            evicted: Tally::default(),
        }
    }

    fn get_mut(&mut self, id: HostId) -> Option<&mut Host> {
        let host = self.slots.get_mut(id.slot as usize)?;
        (host.generation == id.generation).then_some(host)
    }

    /// One end of a flow spoke for the first time in it, or under another MAC.
    pub(crate) fn sight(
        &mut self,
        spot: Spot,
        mac: Option<MacAddr>,
        ttl: u8,
        moment: Moment,
    ) -> Option<HostId> {
        let id = self.find_or_add(spot, moment)?;
        let host = self.get_mut(id)?;
        host.heard = true;
        if let Some(mac) = mac
            && !host.see_mac(mac, ttl, None, moment)
        {
            self.evicted.add("macs-per-address", 1, moment.packet);
        }
        Some(id)
    }

    /// Something claims that a MAC has an address.
    fn bind(&mut self, spot: Spot, mac: MacAddr, protocol: Protocol, speaker: Speaker, moment: Moment) {
        let Some(id) = self.find_or_add(spot, moment) else {
            return;
        };
        let Some(host) = self.get_mut(id) else { return };
        host.heard |= speaker == Speaker::Itself;
        host.last = host.last.max(moment.time);
        if !host.see_mac(mac, 0, Some(protocol), moment) {
            self.evicted.add("macs-per-address", 1, moment.packet);
        }
    }

    fn find_or_add(&mut self, spot: Spot, moment: Moment) -> Option<HostId> {
        if !spot.address.is_one_host() {
            return None;
        }
        if let Some(slot) = self.index.get(&spot) {
            let generation = self.slots.get(*slot as usize)?.generation;
            return Some(HostId {
                slot: *slot,
                generation,
            });
        }
        let slot = if self.slots.len() < self.ceiling {
            self.slots.len()
        } else {
            self.evicted.add("hosts", 1, moment.packet);
            self.make_room()?
        };
        let generation = self
            .slots
            .get(slot)
            .map_or(0, |host| host.generation.wrapping_add(1));
        let host = Host {
            spot,
            nics: SmallVec::new(),
            heard: false,
            first: moment.time,
            last: moment.time,
            sent: Traffic::default(),
            received: Traffic::default(),
            evidence: None,
            generation,
        };
        match self.slots.get_mut(slot) {
            Some(old) => *old = host,
            None => self.slots.push(host),
        }
        let slot = u32::try_from(slot).ok()?;
        self.index.insert(spot, slot);
        Some(HostId { slot, generation })
    }

    /// The slot of a host that gives way, taken out of the index.
    fn make_room(&mut self) -> Option<usize> {
        for _ in 0..MAX_SEARCHED {
            let slot = self.cursor;
            self.cursor = (self.cursor + 1) % self.slots.len().max(1);
            let host = self.slots.get(slot)?;
            if host.received.packets == 0 {
                self.index.remove(&host.spot);
                if let Some(evidence) = &host.evidence {
                    self.room.give_back(evidence);
                }
                return Some(slot);
            }
        }
        None
    }

    /// One end of a flow spoke.
    pub(crate) fn take_sight(&mut self, sighted: &Sighted) {
        let Sighted {
            spot,
            mac,
            ttl,
            moment,
        } = *sighted;
        self.sight(spot, mac, ttl, moment);
    }

    /// The number of a host that was heard, if it has not given way.
    pub(crate) fn find(&self, spot: Spot, voice: Voice) -> Option<HostId> {
        let slot = match voice {
            Voice::Heard => *self.index.get(&spot)?,
            Voice::Silent => return None,
        };
        let generation = self.slots.get(slot as usize)?.generation;
        Some(HostId { slot, generation })
    }

    /// Takes what was said of a host.
    pub(crate) fn learn(&mut self, claim: &Claim) {
        if let Some((mac, speaker)) = claim.mac {
            self.bind(claim.spot, mac, claim.protocol, speaker, claim.moment);
        }
        if claim.field != IdentityField::Binding {
            self.facts.add(claim, &mut self.evicted);
        }
    }

    /// Counts a record for its initiator and responder.
    pub(crate) fn account_parties(
        &mut self,
        [initiator, responder]: [Party; 2],
        served: Served,
        record: &FlowRecord,
        units: &[(Protocol, u32)],
    ) {
        let mut room = self.room;
        for (end, other, sent, received) in [
            (initiator, responder, record.sent, record.received),
            (responder, initiator, record.received, record.sent),
        ] {
            let Some(host) = end.id.and_then(|id| self.get_mut(id)) else {
                if end.voice == Voice::Silent {
                    self.note_silent(end.spot, record.packet);
                }
                continue;
            };
            host.sent = sum(host.sent, sent);
            host.received = sum(host.received, received);
            host.first = host.first.min(record.first);
            host.last = host.last.max(record.last);
            if record.transport == Transport::Ethernet(EtherType::ARP) {
                continue;
            }
            let dealt = Dealt {
                record,
                peer: peer_number(other.spot),
                served: served == Served::Yes,
                units,
            };
            let evidence = host.evidence.get_or_insert_default();
            if end.spot == initiator.spot {
                evidence.as_initiator(&dealt, &mut room);
            } else {
                evidence.as_responder(&dealt, &mut room);
            }
        }
        for (ceiling, dropped) in [
            ("host-details", &mut room.dropped),
            ("services-per-host", &mut room.services),
            ("units-per-host", &mut room.units),
        ] {
            self.evicted.add(ceiling, std::mem::take(dropped), record.packet);
        }
        self.room = room;
    }

    /// An address was spoken to and is not known to have spoken.
    fn note_silent(&mut self, spot: Spot, packet: u64) {
        if !spot.address.is_one_host() {
            return;
        }
        let hash = self.hasher.hash_one(spot);
        if self.silent.len() < self.silent_ceiling {
            self.silent.insert(hash);
        } else if !self.silent.contains(&hash) {
            self.evicted.add("silent-addresses", 1, packet);
        }
    }

    /// All addresses with an entry, ordered; how many were spoken to and did not; the facts.
    pub(crate) fn finish(mut self) -> (Vec<Host>, u64, Facts, Tally<&'static str>) {
        for host in &self.slots {
            if host.heard {
                self.silent.remove(&self.hasher.hash_one(host.spot));
            }
        }
        let silent = self.silent.len() as u64;
        let mut hosts = self.slots;
        hosts.sort_unstable_by_key(|host| host.spot);
        (hosts, silent, self.facts, self.evicted)
    }
}

impl Host {
    /// Notes a MAC; false when there is no more room.
    fn see_mac(&mut self, mac: MacAddr, ttl: u8, bound: Option<Protocol>, moment: Moment) -> bool {
        let bound = bound.map(|protocol| (protocol, moment.packet));
        if let Some(nic) = self.nics.iter_mut().find(|nic| nic.mac == mac) {
            nic.ttl = nic.ttl.max(ttl);
            nic.bound = nic.bound.or(bound);
            return true;
        }
        if mac.is_group() || self.nics.len() >= MAX_MACS {
            return mac.is_group();
        }
        self.nics.push(Nic {
            mac,
            packet: moment.packet,
            ttl,
            bound,
        });
        true
    }
}

/// Where a flow's end is.
pub(crate) fn spot_of(flow: &Flow, end: End) -> Spot {
    let endpoint = flow.endpoint(end);
    let address = match (endpoint.ip, endpoint.mac) {
        (Some(ip), _) => Address::Ip(ip),
        (None, mac) => Address::Mac(mac.unwrap_or_default()),
    };
    Spot {
        address,
        vlan: flow.key.vlan(),
    }
}

/// Tells peers apart. The same whatever key the tables have, so that counts are too. A trunk's mirror shows one peer on
/// every VLAN that the packets pass, so the VLAN does not tell peers apart.
fn peer_number(spot: Spot) -> u32 {
    let hash = FixedState::default().hash_one(spot.address);
    u32::try_from(hash >> 32).unwrap_or_default()
}

pub(crate) const fn sum(a: Traffic, b: Traffic) -> Traffic {
    Traffic {
        packets: a.packets.saturating_add(b.packets),
        bytes: a.bytes.saturating_add(b.bytes),
    }
}
