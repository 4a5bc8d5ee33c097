//! Views of the plant model: zones, conduits and what they permit.

use crate::views::{
    ConduitView, EnforcementPointView, MapView, PartyKind, PartyView, PermitView, ZoneAssetView, ZoneView,
};
use cofferdam_plant::{Asset, Conduit, Party, Permit, Plant, SecurityLevelTarget, Zone};

/// The map of a plant.
pub(crate) fn map_view(plant: &Plant) -> MapView {
    MapView {
        zones: plant.zones().iter().map(|zone| zone_view(plant, zone)).collect(),
        conduits: plant
            .conduits()
            .iter()
            .map(|conduit| conduit_view(plant, conduit))
            .collect(),
        enforcement_points: plant
            .enforcement_points()
            .iter()
            .map(|point| EnforcementPointView {
                id: point.id.to_string(),
                name: point.name.clone(),
                backend: point.backend.clone(),
            })
            .collect(),
    }
}

fn zone_view(plant: &Plant, zone: &Zone) -> ZoneView {
    let own = |asset: &&Asset| asset.zone.as_ref() == Some(&zone.id);
    ZoneView {
        id: zone.id.to_string(),
        name: zone.name.clone(),
        kind: zone.kind.name().to_owned(),
        parent: zone.parent.as_ref().map(ToString::to_string),
        sl_t: plant.sl_t(&zone.id).map(levels),
        owner: zone.owner.clone(),
        subnets: zone.subnets.iter().map(ToString::to_string).collect(),
        reason: zone.reason.clone(),
        assets: plant.assets().iter().filter(own).map(zone_asset).collect(),
    }
}

fn zone_asset(asset: &Asset) -> ZoneAssetView {
    ZoneAssetView {
        id: asset.id.to_string(),
        name: asset.name.clone(),
        role: asset.role.value.name().to_owned(),
        address: address(asset),
    }
}

/// The first IP address, else the first MAC.
fn address(asset: &Asset) -> String {
    let ip = asset.interfaces.iter().find_map(|interface| interface.ip);
    let mac = || asset.interfaces.iter().find_map(|interface| interface.mac);
    ip.map(|ip| ip.to_string())
        .or_else(|| mac().map(|mac| mac.to_string()))
        .unwrap_or_default()
}

fn conduit_view(plant: &Plant, conduit: &Conduit) -> ConduitView {
    ConduitView {
        id: conduit.id.to_string(),
        name: conduit.name.clone(),
        zones: conduit.zones.iter().map(ToString::to_string).collect(),
        permits: conduit
            .permits
            .iter()
            .map(|permit| permit_view(plant, permit))
            .collect(),
        protection: conduit
            .protection
            .iter()
            .map(|kind| kind.name().to_owned())
            .collect(),
        enforcement_points: conduit
            .enforcement_points
            .iter()
            .map(ToString::to_string)
            .collect(),
        sl_t: conduit.sl_t.map(levels),
        owner: conduit.owner.clone(),
        reason: conduit.reason.clone(),
    }
}

fn permit_view(plant: &Plant, permit: &Permit) -> PermitView {
    let parties = |list: &[Party]| list.iter().map(|party| party_view(plant, party)).collect();
    PermitView {
        id: permit.id.to_string(),
        from: parties(&permit.from),
        to: parties(&permit.to),
        services: permit.services.iter().map(ToString::to_string).collect(),
        operations: permit
            .operations
            .iter()
            .map(|operation| operation.name().to_owned())
            .collect(),
        open: permit.open.as_ref().map(|open| {
            open.windows
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        }),
        reason: permit.reason.clone(),
    }
}

fn party_view(plant: &Plant, party: &Party) -> PartyView {
    match party {
        Party::Zone(zone) => PartyView {
            kind: PartyKind::Zone,
            id: zone.to_string(),
            zone: Some(zone.to_string()),
        },
        Party::Asset(id) => PartyView {
            kind: PartyKind::Asset,
            id: id.to_string(),
            zone: plant
                .asset(id)
                .and_then(|asset| asset.zone.as_ref())
                .map(ToString::to_string),
        },
    }
}

fn levels(target: SecurityLevelTarget) -> Vec<u8> {
    target.0.0.iter().map(|level| level.get()).collect()
}
