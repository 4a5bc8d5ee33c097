//! Who claims which address: assets by their interfaces, zones by their subnets, the most specific first.

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
                    out.ips.entry(ip).or_default().push((interface.vlan, at));
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
        let asset = match (end.ip, end.mac) {
            (Some(ip), _) => self.asset_by_ip(ip, end.vlan),
            (None, Some(mac)) => self.macs.get(&mac).copied(),
            (None, None) => None,
        };
        match (asset, end.ip) {
            (Some(asset), _) => Located {
                asset: Some(asset),
                zone: survey.asset_zone(asset),
            },
            (None, Some(ip)) => Located {
                asset: None,
                zone: self.zone_by_subnet(ip),
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

    fn zone_by_subnet(&self, ip: IpAddr) -> Option<usize> {
        self.lengths.iter().find_map(|length| {
            let net = IpNet::new(ip, *length).ok()?.trunc();
            self.subnets.get(&net).copied()
        })
    }
}
