//! Who takes part in the process: asks or answers controllers and field devices, or converses with those who do.

use super::assets::Hosts;
use super::band::{Net, net_of};
use crate::conversation::{Conversation, Conversations};
use std::collections::{BTreeMap, BTreeSet};

/// Protocols by which controllers, field devices and those that operate them are known.
const PROCESS_PROTOCOLS: [&str; 16] = [
    "bacnet",
    "c37118",
    "cip",
    "dnp3",
    "enip",
    "ethercat",
    "fins",
    "goose",
    "iec104",
    "mms",
    "modbus",
    "opcua",
    "profinet",
    "s7comm",
    "s7comm-plus",
    "sv",
];

/// Who takes part in process traffic, by the conversations of the recording that took place.
///
/// One exchange in one hour makes nobody an operator: a scan is answered too. It takes two hours, if the recording has
/// as many.
pub(super) struct Process {
    /// Hosts that answer a process protocol, and which.
    pub(super) serves: BTreeMap<usize, &'static str>,
    /// Hosts that ask others by one.
    pub(super) uses: BTreeMap<usize, &'static str>,
    /// Hosts that are one of these, or converse with two of them: a business system that one of them reports to is none.
    pub(super) partners: BTreeSet<usize>,
    /// Nets in which a host answers one: they are the plant's, whatever their addresses.
    pub(super) nets: BTreeSet<Net>,
}

impl Process {
    pub(super) fn new(hosts: &Hosts<'_>, conversations: &Conversations) -> Self {
        let hours = conversations.activity().hour_count().min(2);
        let counts = |conversation: &&Conversation| {
            super::took_place(conversation).is_ok() && conversation.activity.hour_count() >= hours
        };
        let ends = |conversation: &Conversation| {
            let key = conversation.key;
            Some((hosts.find(&key.initiator)?, hosts.find(&key.responder)?))
        };
        let mut serves = BTreeMap::new();
        let mut uses = BTreeMap::new();
        for conversation in conversations.iter().filter(counts) {
            let mut spoken = conversation.content_protocols();
            let protocol = spoken.find(|protocol| PROCESS_PROTOCOLS.contains(&protocol.0));
            if let (Some(protocol), Some((from, to))) = (protocol, ends(conversation)) {
                serves.entry(to).or_insert(protocol.0);
                uses.entry(from).or_insert(protocol.0);
            }
        }
        let takes_part = |at: &usize| serves.contains_key(at) || uses.contains_key(at);
        let mut met: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (from, to) in conversations.iter().filter(counts).filter_map(ends) {
            for (one, other) in [(from, to), (to, from)] {
                if takes_part(&other) {
                    met.entry(one).or_default().insert(other);
                }
            }
        }
        let met = met.into_iter().filter(|(_, others)| others.len() >= 2);
        let own = serves.keys().chain(uses.keys()).copied();
        let partners = met.map(|(one, _)| one).chain(own).collect();
        let net = |at: &usize| hosts.list.get(*at).map(|host| net_of(host.ip));
        Self {
            nets: serves.keys().filter_map(net).collect(),
            serves,
            uses,
            partners,
        }
    }
}
