//! The truth as the plant's plan has it.

use super::{TrueAsset, TrueCarrier, TrueClaim, TrueFlow, TrueInterface, TrueZone, Truth};
use crate::dialogue::{s7_serial, server_name};
use crate::links::Link;
use crate::plant::{Host, HostId, Kind, Plant};
use cofferdam_terms::{Timestamp, Transport};
use std::collections::BTreeMap;

impl Truth {
    pub(crate) fn of(plant: &Plant, seed: u64, start: Timestamp, end: Timestamp) -> Self {
        Self {
            site: "Cofferdam overhaul works".to_owned(),
            seed,
            start,
            end,
            zones: zones(plant),
            assets: plant.all().map(|(id, host)| asset(plant, id, host)).collect(),
            carriers: carriers(plant),
            flows: Vec::new(),
            events: Vec::new(),
        }
    }
}

/// Where each flow is in the truth's list.
#[derive(Clone, Debug, Default)]
pub(crate) struct FlowIndex {
    places: BTreeMap<(HostId, HostId, Transport, u16, &'static str), usize>,
}

impl FlowIndex {
    /// The place of a link's flow, which is put into the list the first time that it comes.
    pub(crate) fn note(
        &mut self,
        truth: &mut Truth,
        plant: &Plant,
        link: &Link,
        cause: &'static str,
    ) -> Option<usize> {
        let key = (link.client, link.server, link.transport, link.port, cause);
        if let Some(place) = self.places.get(&key).copied() {
            let flow = truth.flows.get_mut(place)?;
            flow.operations = flow.operations.union(link.operations);
            return Some(place);
        }
        let (client, server) = plant.host(link.client).zip(plant.host(link.server))?;
        let place = truth.flows.len();
        self.places.insert(key, place);
        truth.flows.push(TrueFlow {
            initiator: client.id.clone(),
            responder: server.id.clone(),
            protocol: link.protocol,
            transport: link.transport,
            port: link.port,
            operations: link.operations,
            cause,
            packets: 0,
        });
        Some(place)
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

fn carriers(plant: &Plant) -> Vec<TrueCarrier> {
    let beyond = plant.segments.iter().filter_map(|segment| {
        Some(TrueCarrier {
            mac: segment.beyond?,
            vlan: segment.vlan,
        })
    });
    beyond.collect()
}

fn asset(plant: &Plant, id: HostId, host: &Host) -> TrueAsset {
    let claims = claims(host);
    TrueAsset {
        id: host.id.clone(),
        role: host.product.role,
        zone: plant
            .zones
            .get(host.zone)
            .map_or(String::new(), |zone| zone.id.clone()),
        vendor: host.product.vendor,
        product: host.product.product,
        firmware: claims
            .iter()
            .any(|claim| claim.fact == "firmware")
            .then_some(host.product.firmware)
            .flatten(),
        serial: claims
            .iter()
            .find(|claim| claim.fact == "serial")
            .map(|claim| claim.value.clone()),
        interfaces: interfaces(plant, id, host),
        claims,
    }
}

/// What the protocols that a host answers in say about it.
fn claims(host: &Host) -> Vec<TrueClaim> {
    let product = host.product;
    let firmware = product.firmware.unwrap_or_default().to_owned();
    let claim = |protocol, fact, value: String| TrueClaim {
        protocol,
        fact,
        value,
    };
    match host.kind {
        Kind::S7Plc => vec![
            claim("s7comm", "product-code", product.code.to_owned()),
            claim("s7comm", "product", product.product.to_owned()),
            claim("s7comm", "firmware", firmware),
            claim("s7comm", "serial", s7_serial(host.serial)),
        ],
        Kind::LogixPlc | Kind::SafetyController | Kind::FieldIo | Kind::Drive => vec![
            claim("cip", "vendor", product.vendor.to_owned()),
            claim("cip", "product", product.product.to_owned()),
            claim("cip", "firmware", firmware),
            claim("cip", "serial", format!("{:08x}", host.serial)),
        ],
        Kind::Daq | Kind::Rectifier | Kind::XrayController => vec![
            claim("modbus", "vendor", product.vendor.to_owned()),
            claim("modbus", "product-code", product.code.to_owned()),
            claim("modbus", "firmware", firmware),
        ],
        Kind::FuelRtu | Kind::PowerRtu => vec![
            claim("dnp3", "vendor", product.vendor.to_owned()),
            claim("dnp3", "product", product.product.to_owned()),
            claim("dnp3", "firmware", firmware),
        ],
        Kind::OpcServer | Kind::Cnc => vec![
            claim("opcua", "vendor", product.vendor.to_owned()),
            claim("opcua", "product", product.product.to_owned()),
            claim("opcua", "firmware", firmware),
        ],
        Kind::Switch => vec![
            claim("lldp", "host-name", host.id.clone()),
            claim("lldp", "firmware", firmware),
        ],
        Kind::OfficePc => vec![
            claim("dhcp", "host-name", host.id.clone()),
            claim("smb", "host-name", host.id.to_uppercase()),
        ],
        Kind::CalibrationLaptop => vec![claim("dhcp", "host-name", host.id.clone())],
        Kind::FileServer | Kind::BackupServer | Kind::NdtWorkstation | Kind::ScadaServer => {
            vec![claim("smb", "host-name", host.id.to_uppercase())]
        }
        Kind::Historian | Kind::Erp => vec![
            claim("smb", "host-name", host.id.to_uppercase()),
            claim("tls", "server-name", server_name(host)),
        ],
        Kind::Mes => vec![
            claim("tls", "server-name", server_name(host)),
            claim("http", "product", product.product.to_owned()),
            claim("http", "firmware", firmware),
        ],
        Kind::Hmi
        | Kind::EngineeringStation
        | Kind::DomainController
        | Kind::JumpHost
        | Kind::SecurityServer
        | Kind::VendorHost
        | Kind::InternetHost
        | Kind::Firewall
        | Kind::Intruder => Vec::new(),
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
