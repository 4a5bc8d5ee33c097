//! Who claims which address: assets by their interfaces, zones by their subnets, the most specific first
//! (docs/semantics.md, S2 and S3; of several claims the first counts here, and another check tells of them).

use super::survey::Survey;
use crate::observed::End;
use cofferdam_terms::{MacAddr, VlanId};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Where an address belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) asset: Option<usize>,
    pub(super) zone: Option<usize>,
}

/// Who claims which address.
pub(super) struct Addresses {
    ips: BTreeMap<IpAddr, Vec<(Option<VlanId>, usize)>>,
    macs: BTreeMap<MacAddr, usize>,
    subnets: BTreeMap<IpNet, usize>,
    /// The lengths of prefixes that occur, longest first.
    lengths: Vec<u8>,
}

impl Addresses {
    pub(super) fn new(survey: &Survey<'_>) -> Self {
        let mut out = Self {
            ips: BTreeMap::new(),
            macs: BTreeMap::new(),
            subnets: BTreeMap::new(),
            lengths: Vec::new(),
        };
        for (at, asset, _) in survey.assets() {
            for interface in &asset.interfaces {
                if let Some(ip) = interface.ip {
                    out.ips
                        .entry(ip.to_canonical())
                        .or_default()
                        .push((interface.vlan, at));
                }
                if let Some(mac) = interface.mac {
                    out.macs.entry(mac).or_insert(at);
                }
            }
        }
        for (at, zone) in survey.zones() {
            for net in &zone.subnets {
                out.subnets.entry(net.trunc()).or_insert(at);
            }
        }
        let lengths: BTreeSet<u8> = out.subnets.keys().map(IpNet::prefix_len).collect();
        out.lengths = lengths.into_iter().rev().collect();
        out
    }

    /// The asset that claims an end's address, and its zone; else the zone whose subnet selects it.
    pub(super) fn locate(&self, survey: &Survey<'_>, end: &End) -> Located {
        let ip = known_ip(end);
        let asset = match (ip, end.mac) {
            (Some(ip), _) => self.asset_by_ip(ip, end.vlan),
            (None, Some(mac)) => self.macs.get(&mac).copied(),
            (None, None) => None,
        };
        match (asset, ip) {
            (Some(asset), _) => Located {
                asset: Some(asset),
                zone: survey.asset_zone(asset),
            },
            (None, Some(ip)) => Located {
                asset: None,
                zone: self.subnet_of(ip).map(|(_, zone)| zone),
            },
            (None, None) => Located::default(),
        }
    }

    /// The claim on the same VLAN, else one on no VLAN in particular, else the first.
    fn asset_by_ip(&self, ip: IpAddr, vlan: Option<VlanId>) -> Option<usize> {
        let claims = self.ips.get(&ip)?;
        let on = |wanted: Option<VlanId>| claims.iter().find(|(vlan, _)| *vlan == wanted);
        on(vlan)
            .or_else(|| on(None))
            .or_else(|| claims.first())
            .map(|(_, asset)| *asset)
    }

    /// Whether an end is the broadcast address of the subnet that selects it.
    pub(super) fn is_broadcast(&self, end: &End) -> bool {
        let Some(ip) = known_ip(end) else {
            return false;
        };
        match self.subnet_of(ip) {
            // Subnets of one or two addresses have no broadcast address (RFC 3021).
            Some((IpNet::V4(net), _)) => net.prefix_len() < 31 && IpAddr::V4(net.broadcast()) == ip,
            Some((IpNet::V6(_), _)) | None => false,
        }
    }

    /// The most specific subnet that holds an address, and its zone.
    fn subnet_of(&self, ip: IpAddr) -> Option<(IpNet, usize)> {
        self.lengths.iter().find_map(|length| {
            let net = IpNet::new(ip, *length).ok()?.trunc();
            self.subnets.get(&net).map(|zone| (net, *zone))
        })
    }
}

/// The IP address that an end is known by; an unspecified one is none, and IPv4 written as IPv6 is IPv4.
fn known_ip(end: &End) -> Option<IpAddr> {
    end.ip
        .map(|ip| ip.to_canonical())
        .filter(|ip| !ip.is_unspecified())
}
