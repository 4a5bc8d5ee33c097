//! Observed hosts as the draft uses them, and as assets of the model.

use super::slug::{address_slug, join, slug};
use super::zones::Zoning;
use crate::activity::Activity;
use crate::conversation::{Conversations, HostKey};
use cofferdam_observe::{IdentityFact, IdentityField, ObservedAsset};
use cofferdam_plant::{Asset, AssetId, AssetRole, Attribute, Interface, Provenance};
use cofferdam_terms::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A host, and what its conversations say of it.
pub(super) struct Host<'a> {
    pub(super) observed: &'a ObservedAsset,
    pub(super) id: AssetId,
    pub(super) role: AssetRole,
    /// Its lowest IP address.
    pub(super) ip: Option<IpAddr>,
    pub(super) activity: Activity,
    /// The first packet that it was in.
    packet: u64,
    first: Timestamp,
}

/// All hosts, ordered by observation's key.
pub(super) struct Hosts<'a> {
    pub(super) list: Vec<Host<'a>>,
    by_key: BTreeMap<HostKey, usize>,
}

impl<'a> Hosts<'a> {
    pub(super) fn new(observed: &'a [ObservedAsset], conversations: &Conversations) -> Self {
        // What an inventory knows from other times was not seen in the recording that the draft is made of.
        let there = |asset: &&ObservedAsset| {
            let span = conversations.span();
            span.is_none_or(|(first, last)| asset.first <= last && first <= asset.last)
        };
        // What stands behind another asset has no address that a zone or permit could name; it goes where that one goes.
        let addressed = |asset: &&ObservedAsset| asset.parent.is_none();
        let observed: Vec<&ObservedAsset> = observed.iter().filter(there).filter(addressed).collect();
        let ids = ids(&observed);
        let mut list: Vec<Host<'a>> = observed
            .into_iter()
            .zip(ids)
            .map(|(observed, id)| Host {
                observed,
                id,
                role: role_of(observed),
                ip: lowest_ip(observed),
                activity: Activity::default(),
                packet: u64::MAX,
                first: observed.first,
            })
            .collect();
        let mut by_key = BTreeMap::new();
        for (at, host) in list.iter().enumerate() {
            for (endpoint, _) in &host.observed.endpoints {
                by_key.entry(HostKey::of(*endpoint)).or_insert(at);
            }
        }
        // A link-layer address that comes with an IP address names the host in flows that have none.
        for (at, host) in list.iter().enumerate() {
            for mac in host
                .observed
                .endpoints
                .iter()
                .filter_map(|(endpoint, _)| endpoint.mac)
            {
                by_key.entry(HostKey::Mac(mac)).or_insert(at);
            }
        }
        for conversation in conversations.iter() {
            for key in [conversation.key.initiator, conversation.key.responder] {
                if let Some(host) = by_key.get(&key).and_then(|at| list.get_mut(*at)) {
                    host.activity.join(&conversation.activity);
                    host.packet = host.packet.min(conversation.packet);
                }
            }
        }
        Self { list, by_key }
    }

    /// The host that has a key.
    pub(super) fn find(&self, key: &HostKey) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// The hosts as assets of the model.
    pub(super) fn model(&self, zoning: &Zoning, capture: &str) -> Vec<Asset> {
        self.list
            .iter()
            .enumerate()
            .map(|(at, host)| host.model(zoning.zone_of(at), capture))
            .collect()
    }
}

impl Host<'_> {
    fn model(&self, zone: Option<cofferdam_plant::ZoneId>, capture: &str) -> Asset {
        let fact = |field| best_fact(&self.observed.facts, field).map(|fact| attribute(fact, capture));
        let vendor = fact(IdentityField::Vendor).or_else(|| {
            let vendor = self.observed.oui_vendor?;
            Some(self.seen(vendor.to_owned(), "mac oui", 0.6, capture))
        });
        Asset {
            name: host_name(self.observed).map_or_else(String::new, ToOwned::to_owned),
            zone,
            role: self.seen(
                self.role,
                "role inferred from traffic",
                self.observed.role.confidence,
                capture,
            ),
            vendor,
            product: fact(IdentityField::Product).or_else(|| fact(IdentityField::ProductCode)),
            firmware: fact(IdentityField::Firmware),
            serial: fact(IdentityField::Serial),
            interfaces: self.interfaces(),
            ..Asset::new(self.id.clone())
        }
    }

    fn seen<T>(&self, value: T, field: &str, confidence: f64, capture: &str) -> Attribute<T> {
        let first_fact = self.observed.facts.iter().map(|fact| fact.packet).min();
        // A host without a conversation or fact was seen in link-layer chatter; packets are numbered from 1.
        let packet = self.packet.min(first_fact.unwrap_or(u64::MAX));
        Attribute {
            value,
            provenance: Provenance::Observed {
                capture: capture.to_owned(),
                packet: if packet == u64::MAX { 1 } else { packet.max(1) },
                field: field.to_owned(),
                at: self.first,
                confidence,
            },
        }
    }

    /// Its interfaces. Where an address was seen with the host's own MAC, that is where it is; where it was seen only
    /// through a router, the VLAN is that of whoever looked.
    fn interfaces(&self) -> Vec<Interface> {
        let endpoints = &self.observed.endpoints;
        let own = |ip: IpAddr| {
            let mut with_mac = endpoints.iter().filter(move |(end, _)| end.ip == Some(ip));
            with_mac.any(|(end, _)| end.mac.is_some())
        };
        let set: BTreeSet<Interface> = endpoints
            .iter()
            .filter(|(endpoint, _)| HostKey::of(*endpoint) != HostKey::Nothing)
            .filter_map(|(endpoint, vlan)| {
                let ip = endpoint.ip.filter(|ip| !ip.is_unspecified());
                match (endpoint.mac, ip) {
                    (None, Some(ip)) if own(ip) => None,
                    (None, Some(_)) => Some(Interface {
                        mac: None,
                        ip,
                        vlan: None,
                    }),
                    (mac, ip) => Some(Interface { mac, ip, vlan: *vlan }),
                }
            })
            .collect();
        set.into_iter().collect()
    }
}

/// The value that was claimed most often; of equals the first in order.
pub(crate) fn best_fact(facts: &[IdentityFact], field: IdentityField) -> Option<&IdentityFact> {
    facts
        .iter()
        .filter(|fact| fact.field == field && fact.unit.is_none() && !fact.value.is_empty())
        .min_by_key(|fact| (std::cmp::Reverse(fact.times), &fact.value, fact.protocol))
}

pub(crate) fn attribute(fact: &IdentityFact, capture: &str) -> Attribute<String> {
    Attribute {
        value: fact.value.as_str().to_owned(),
        provenance: Provenance::Observed {
            capture: capture.to_owned(),
            packet: fact.packet,
            field: format!("{} {}", fact.protocol, fact.field.name()),
            at: fact.at,
            // The device says so itself; nothing proves it.
            confidence: 0.9,
        },
    }
}

pub(crate) fn role_of(observed: &ObservedAsset) -> AssetRole {
    AssetRole::ALL
        .into_iter()
        .find(|role| role.name() == observed.role.role)
        .unwrap_or(AssetRole::Unknown)
}

fn lowest_ip(observed: &ObservedAsset) -> Option<IpAddr> {
    observed
        .endpoints
        .iter()
        .filter_map(|(endpoint, _)| endpoint.ip)
        .filter(|ip| !ip.is_unspecified() && !is_link_local(*ip))
        .min()
}

const fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

fn host_name(observed: &ObservedAsset) -> Option<&str> {
    best_fact(&observed.facts, IdentityField::HostName).map(|fact| fact.value.as_str())
}

/// Ids: the host's name if it has one to itself, else its role and address.
fn ids(observed: &[&ObservedAsset]) -> Vec<AssetId> {
    let named: Vec<Option<String>> = observed
        .iter()
        .map(|asset| host_name(asset).map(|name| slug(name.split('.').next().unwrap_or(name))))
        .collect();
    let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
    for name in named.iter().flatten() {
        *holders.entry(name).or_default() += 1;
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    observed
        .iter()
        .zip(&named)
        .map(|(asset, name)| {
            let address = match lowest_ip(asset) {
                Some(ip) => address_slug(ip),
                None => slug(&asset.key),
            };
            let alone = name
                .as_ref()
                .filter(|name| holders.get(name.as_str()) == Some(&1));
            let wanted = match (alone, name) {
                (Some(name), _) if name.len() > 1 => name.clone(),
                (_, Some(name)) => join(&[name, &address]),
                (_, None) => match role_of(asset) {
                    AssetRole::Unknown => join(&["host", &address]),
                    role => join(&[role.name(), &address]),
                },
            };
            unique(wanted, &mut taken)
        })
        .filter_map(|id| id.parse().ok())
        .collect()
}

/// The wanted id, or the first of `-2`, `-3` … that is free.
pub(crate) fn unique(wanted: String, taken: &mut BTreeSet<String>) -> String {
    let free = std::iter::once(wanted.clone())
        .chain((2..).map(|n: u64| super::slug::bounded(&format!("{wanted}-{n}"))))
        .find(|id| !taken.contains(id))
        .unwrap_or(wanted);
    taken.insert(free.clone());
    free
}
