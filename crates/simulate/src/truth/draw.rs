//! The truth as the plant's plan has it.

use super::{TrueAsset, TrueFlow, TrueInterface, TrueZone, Truth};
use crate::links::Link;
use crate::plant::{Host, HostId, Kind, Plant};
use cofferdam_terms::Timestamp;

impl Truth {
    pub(crate) fn of(plant: &Plant, seed: u64, start: Timestamp, end: Timestamp) -> Self {
        Self {
            site: "Cofferdam overhaul works".to_owned(),
            seed,
            start,
            end,
            zones: zones(plant),
            assets: plant.all().map(|(id, host)| asset(plant, id, host)).collect(),
            flows: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The flow of a link, noted the first time that it comes.
    pub(crate) fn flow_of(&mut self, plant: &Plant, link: &Link, cause: &'static str) -> Option<usize> {
        let (client, server) = plant.host(link.client).zip(plant.host(link.server))?;
        let same = |flow: &TrueFlow| {
            flow.cause == cause
                && flow.initiator == client.id
                && flow.responder == server.id
                && flow.port == link.port
                && flow.transport == link.transport
                && flow.protocol == link.protocol
        };
        if let Some(known) = self.flows.iter().position(same) {
            if let Some(flow) = self.flows.get_mut(known) {
                flow.operations = flow.operations.union(link.operations);
            }
            return Some(known);
        }
        self.flows.push(TrueFlow {
            initiator: client.id.clone(),
            responder: server.id.clone(),
            protocol: link.protocol,
            transport: link.transport,
            port: link.port,
            operations: link.operations,
            cause,
            packets: 0,
        });
        Some(self.flows.len() - 1)
    }
}

fn zones(plant: &Plant) -> Vec<TrueZone> {
    let networks = |zone| {
        plant
            .segments
            .iter()
            .filter(move |segment| segment.zone == zone)
            .map(|segment| (segment.vlan, segment.network))
            .collect()
    };
    plant
        .zones
        .iter()
        .enumerate()
        .map(|(index, zone)| TrueZone {
            id: zone.id.clone(),
            kind: zone.kind,
            networks: networks(index),
        })
        .collect()
}

fn asset(plant: &Plant, id: HostId, host: &Host) -> TrueAsset {
    TrueAsset {
        id: host.id.clone(),
        role: host.product.role,
        zone: plant
            .zones
            .get(host.zone)
            .map_or(String::new(), |zone| zone.id.clone()),
        vendor: host.product.vendor,
        product: host.product.product,
        firmware: host.product.firmware,
        serial: None,
        interfaces: interfaces(plant, id, host),
        claims: Vec::new(),
    }
}

/// A firewall has its own address in the management network and one in each segment that it serves.
fn interfaces(plant: &Plant, id: HostId, host: &Host) -> Vec<TrueInterface> {
    let own = plant.segment_of(host).map(|segment| TrueInterface {
        mac: segment.beyond.is_none().then_some(host.mac),
        ip: host.ip,
        vlan: segment.vlan,
    });
    let served = plant
        .segments
        .iter()
        .filter(|segment| host.kind == Kind::Firewall && segment.firewall == id)
        .map(|segment| TrueInterface {
            mac: Some(segment.gateway),
            ip: segment.gateway_ip(),
            vlan: segment.vlan,
        });
    own.into_iter().chain(served).collect()
}
