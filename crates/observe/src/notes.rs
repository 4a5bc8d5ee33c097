//! What parts tell of things that all of them share: who spoke, what was said of a host, which records ended.
//!
//! Each note bears the packet at which it was made. In the order of packets they are what one part alone would have
//! told, so that what is made of them does not depend on who took which part when.

use crate::clock::Moment;
use crate::facts;
use crate::flow::Flow;
use crate::hosts::{Address, Served, Spot, Voice, spot_of};
use crate::key::End;
use crate::record::FlowRecord;
use cofferdam_dissect::{About, Identity, IdentityField, Protocol};
use cofferdam_terms::MacAddr;
use smallvec::SmallVec;

/// Something that is told.
pub(crate) enum Note {
    /// An address spoke.
    Sighted(Sighted),
    /// Something was said of a host.
    Claimed(Claim),
    /// A record ended: the next one of those that go with the notes.
    Ended,
}

/// An end of a flow spoke for the first time in it, or under another MAC.
pub(crate) struct Sighted {
    pub(crate) spot: Spot,
    pub(crate) mac: Option<MacAddr>,
    pub(crate) ttl: u8,
    pub(crate) moment: Moment,
}

/// An identity fact, and whom it is about.
pub(crate) struct Claim {
    pub(crate) spot: Spot,
    /// A MAC that is said to have the address.
    pub(crate) mac: Option<(MacAddr, Speaker)>,
    pub(crate) protocol: Protocol,
    pub(crate) unit: Option<u32>,
    pub(crate) field: IdentityField,
    pub(crate) value: SmallVec<[u8; 16]>,
    pub(crate) moment: Moment,
}

/// Who says that a MAC has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    Itself,
    Another,
}

impl Claim {
    /// What one end of a flow stated, if it is about one host.
    pub(crate) fn of(flow: &Flow, from: End, identity: &Identity<'_>, moment: Moment) -> Option<Self> {
        let sender = flow.endpoint(from).mac;
        let spot = match identity.about {
            About::Sender => spot_of(flow, from),
            About::Receiver => spot_of(flow, from.other()),
            About::SenderAt(ip) | About::Host { ip: Some(ip), .. } => Spot {
                address: Address::Ip(ip),
                vlan: flow.key.vlan(),
            },
            About::Host {
                mac: Some(mac),
                ip: None,
            } => Spot {
                address: Address::Mac(mac),
                vlan: flow.key.vlan(),
            },
            About::Host { mac: None, ip: None } => return None,
        };
        if !spot.address.is_one_host() {
            return None;
        }
        let mac = match identity.about {
            About::Host { mac, ip: Some(_) } => mac,
            About::SenderAt(_) => sender,
            About::Host { .. } | About::Sender | About::Receiver => None,
        };
        let speaker = |mac| {
            if sender == Some(mac) {
                Speaker::Itself
            } else {
                Speaker::Another
            }
        };
        Some(Self {
            spot,
            mac: mac.filter(|mac| !mac.is_group()).map(|mac| (mac, speaker(mac))),
            protocol: identity.protocol,
            unit: identity.unit,
            field: identity.field,
            value: SmallVec::from_slice(facts::kept(identity.value)),
            moment,
        })
    }
}

/// A record that ended, as it counts for its two ends.
pub(crate) struct Ended {
    pub(crate) record: FlowRecord,
    pub(crate) initiator: (Spot, Voice),
    pub(crate) responder: (Spot, Voice),
    pub(crate) served: Served,
    /// The responder's units that answered.
    pub(crate) units: SmallVec<[(Protocol, u32); 4]>,
}

/// When something was told: at which packet, and among what that packet brought about, flows that ended by the time it
/// shows first, in the order of their records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    packet: u64,
    record: u64,
}

impl Stamp {
    /// By what a packet carries.
    pub(crate) const fn of_packet(packet: u64) -> Self {
        Self {
            packet,
            record: u64::MAX,
        }
    }

    /// By the end of a flow whose record began with a packet, which another packet's time brings about.
    pub(crate) const fn of_end(packet: u64, record: u64) -> Self {
        Self { packet, record }
    }
}

impl Default for Stamp {
    fn default() -> Self {
        Self::of_packet(0)
    }
}

/// What a part has told since it was asked last.
#[derive(Default)]
pub(crate) struct Told {
    /// In the order in which it was told.
    pub(crate) notes: Vec<(Stamp, Note)>,
    /// The records that ended. They are large, and stand apart so that notes need not be.
    pub(crate) ended: Vec<Ended>,
}

/// Takes down what a part tells.
#[derive(Default)]
pub(crate) struct Notes {
    told: Told,
    stamp: Stamp,
}

impl Notes {
    /// From here on notes bear this stamp.
    #[inline]
    pub(crate) const fn stamp(&mut self, stamp: Stamp) {
        self.stamp = stamp;
    }

    pub(crate) fn add(&mut self, note: Note) {
        self.told.notes.push((self.stamp, note));
    }

    pub(crate) fn end(&mut self, ended: Ended) {
        self.told.ended.push(ended);
        self.add(Note::Ended);
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.told.notes.is_empty()
    }

    /// Takes all out.
    pub(crate) fn take(&mut self) -> Told {
        std::mem::take(&mut self.told)
    }

    /// All that was told, to be taken out of it.
    pub(crate) const fn told(&mut self) -> &mut Told {
        &mut self.told
    }
}
