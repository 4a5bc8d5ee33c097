//! The smallest edits of the model that would let a cut through, as data and as a line of text.

use super::report::{Finding, Who};
use super::who::{Hosts, host, host_name};
use crate::activity::Activity;
use crate::conversation::HostKey;
use crate::draft::{address_slug, bounded, is_public, slug, unique, zone_id_for};
use crate::policy::{Policy, has_ports};
use cofferdam_plant::{
    Asset, AssetId, AssetRole, Attribute, Conduit, ConduitId, Fault, Interface, OpenTimes, Party, Permit,
    PermitId, Plant, PortRange, Service, Window, Zone, ZoneId, ZoneKind,
};
use cofferdam_terms::{OperationClass, OperationSet, VlanId};
use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// One edit of the model. Edits of one finding are made in their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Adds a zone.
    AddZone(Zone),
    /// Adds an asset.
    AddAsset(Box<Asset>),
    /// Puts an asset that is in no zone into one.
    PlaceAsset {
        /// The asset.
        asset: AssetId,
        /// The zone.
        zone: ZoneId,
    },
    /// Adds a conduit with its permit.
    AddConduit(Conduit),
    /// Adds a permit to a conduit.
    AddPermit {
        /// The conduit.
        conduit: ConduitId,
        /// The permit.
        permit: Permit,
    },
    /// Adds operations to a permit that is for these two parties alone.
    AddOperations {
        /// The conduit.
        conduit: ConduitId,
        /// The permit.
        permit: PermitId,
        /// The operations to add.
        operations: OperationSet,
    },
    /// Adds a window to a permit that is for these two parties alone.
    AddWindow {
        /// The conduit.
        conduit: ConduitId,
        /// The permit.
        permit: PermitId,
        /// The window.
        window: Window,
    },
}

/// Why an edit does not fit a model: it was made for another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The model has no such asset.
    #[error("there is no asset `{0}` to be put in a zone")]
    NoAsset(AssetId),
    /// The model has no such conduit.
    #[error("there is no conduit `{0}` to be edited")]
    NoConduit(ConduitId),
    /// The conduit has no such permit.
    #[error("conduit `{0}` has no permit `{1}` to be edited")]
    NoPermit(ConduitId, PermitId),
    /// What came out does not fit together.
    #[error("the edited model does not fit together: {} faults", .0.len())]
    Unfit(Vec<Fault>),
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddZone(zone) => write!(
                f,
                "[[zone]] id = \"{}\", kind = \"{}\"",
                zone.id,
                zone.kind.name()
            ),
            Self::AddAsset(asset) => {
                write!(f, "[[asset]] id = \"{}\"", asset.id)?;
                if let Some(zone) = &asset.zone {
                    write!(f, ", zone = \"{zone}\"")?;
                }
                write!(f, ", role = \"{}\"", asset.role.value.name())?;
                for interface in &asset.interfaces {
                    match (interface.ip, interface.mac) {
                        (Some(ip), _) => write!(f, ", interfaces = [{{ ip = \"{ip}\" }}]")?,
                        (None, Some(mac)) => write!(f, ", interfaces = [{{ mac = \"{mac}\" }}]")?,
                        (None, None) => {}
                    }
                }
                Ok(())
            }
            Self::PlaceAsset { asset, zone } => write!(f, "asset `{asset}`: zone = \"{zone}\""),
            Self::AddConduit(conduit) => {
                let zones: Vec<_> = conduit.zones.iter().map(|zone| format!("\"{zone}\"")).collect();
                write!(
                    f,
                    "[[conduit]] id = \"{}\", zones = [{}]",
                    conduit.id,
                    zones.join(", ")
                )?;
                for permit in &conduit.permits {
                    write!(f, ", with {}", Line(permit))?;
                }
                Ok(())
            }
            Self::AddPermit { conduit, permit } => write!(f, "conduit `{conduit}`: add {}", Line(permit)),
            Self::AddOperations {
                conduit,
                permit,
                operations,
            } => write!(
                f,
                "conduit `{conduit}`, permit `{permit}`: add {operations} to operations"
            ),
            Self::AddWindow {
                conduit,
                permit,
                window,
            } => write!(
                f,
                "conduit `{conduit}`, permit `{permit}`: add \"{window}\" to open"
            ),
        }
    }
}

/// A permit on one line, as the text form writes its keys.
struct Line<'a>(&'a Permit);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |texts: Vec<String>| {
            let texts: Vec<_> = texts.into_iter().map(|text| format!("\"{text}\"")).collect();
            format!("[{}]", texts.join(", "))
        };
        let permit = self.0;
        write!(
            f,
            "[[conduit.permit]] id = \"{}\", from = {}, to = {}, services = {}, operations = {}",
            permit.id,
            quoted(permit.from.iter().map(Party::to_string).collect()),
            quoted(permit.to.iter().map(Party::to_string).collect()),
            quoted(permit.services.iter().map(Service::to_string).collect()),
            quoted(
                permit
                    .operations
                    .iter()
                    .map(|class| class.name().to_owned())
                    .collect()
            ),
        )?;
        match &permit.open {
            Some(open) => write!(
                f,
                ", open = {}",
                quoted(open.windows.iter().map(Window::to_string).collect())
            ),
            None => Ok(()),
        }
    }
}

/// Makes edits in a model. One that was made already is left as it is, so that the edits of several findings, which
/// may both need the same asset or conduit, can be made together.
///
/// # Errors
/// When an edit names something that the model does not have.
pub fn apply(plant: &Plant, edits: &[Edit]) -> Result<Plant, EditError> {
    let mut parts = plant.clone().into_parts();
    for edit in edits {
        match edit {
            Edit::AddZone(zone) => {
                if !parts.zones.iter().any(|known| known.id == zone.id) {
                    parts.zones.push(zone.clone());
                }
            }
            Edit::AddAsset(asset) => {
                if !parts.assets.iter().any(|known| known.id == asset.id) {
                    parts.assets.push((**asset).clone());
                }
            }
            Edit::PlaceAsset { asset, zone } => {
                let found = parts.assets.iter_mut().find(|known| known.id == *asset);
                let found = found.ok_or_else(|| EditError::NoAsset(asset.clone()))?;
                found.zone = Some(zone.clone());
            }
            Edit::AddConduit(conduit) => match find_conduit(&mut parts.conduits, &conduit.id) {
                Ok(known) => {
                    for permit in &conduit.permits {
                        add_permit(known, permit);
                    }
                }
                Err(_) => parts.conduits.push(conduit.clone()),
            },
            Edit::AddPermit { conduit, permit } => {
                add_permit(find_conduit(&mut parts.conduits, conduit)?, permit);
            }
            Edit::AddOperations {
                conduit,
                permit,
                operations,
            } => {
                let found = find_permit(&mut parts.conduits, conduit, permit)?;
                found.operations = found.operations.union(*operations);
            }
            Edit::AddWindow {
                conduit,
                permit,
                window,
            } => {
                let found = find_permit(&mut parts.conduits, conduit, permit)?;
                if let Some(open) = &mut found.open
                    && !open.windows.contains(window)
                {
                    open.windows.push(window.clone());
                }
            }
        }
    }
    Plant::new(parts).map_err(EditError::Unfit)
}

fn find_conduit<'a>(conduits: &'a mut [Conduit], id: &ConduitId) -> Result<&'a mut Conduit, EditError> {
    conduits
        .iter_mut()
        .find(|known| known.id == *id)
        .ok_or_else(|| EditError::NoConduit(id.clone()))
}

fn find_permit<'a>(
    conduits: &'a mut [Conduit],
    conduit: &ConduitId,
    permit: &PermitId,
) -> Result<&'a mut Permit, EditError> {
    find_conduit(conduits, conduit)?
        .permits
        .iter_mut()
        .find(|known| known.id == *permit)
        .ok_or_else(|| EditError::NoPermit(conduit.clone(), permit.clone()))
}

/// Adds a permit; one of the same id for other things is another permit, and gets the next id that is free.
fn add_permit(conduit: &mut Conduit, permit: &Permit) {
    let again = |known: &Permit| {
        *known
            == Permit {
                id: known.id.clone(),
                ..permit.clone()
            }
    };
    if !conduit.permits.iter().any(again) {
        let permit = named_apart(conduit, permit.clone());
        conduit.permits.push(permit);
    }
}

/// The edits that let a finding through.
pub(super) fn edits_for(policy: &Policy, plant: &Plant, finding: &Finding, hosts: &Hosts<'_>) -> Vec<Edit> {
    let vlan = finding.key.vlan;
    let mut edits = Vec::new();
    let mut end = |who: &Who| settle(policy, plant, who, hosts, vlan, &mut edits);
    let (Some(from), Some(to)) = (end(&finding.initiator), end(&finding.responder)) else {
        // An address that two zones claim: no edit can know whose it is.
        return Vec::new();
    };
    if from.zone == to.zone {
        return edits;
    }
    if let Some(edit) = widen(plant, finding, &from, &to) {
        edits.push(edit);
        return edits;
    }
    let Some(permit) = permit(finding, &from, &to) else {
        return Vec::new();
    };
    let joining = policy.conduit_between(&from.zone, &to.zone);
    match joining.and_then(|conduit| plant.conduit(conduit)) {
        Some(conduit) => edits.push(Edit::AddPermit {
            permit: named_apart(conduit, permit),
            conduit: conduit.id.clone(),
        }),
        None => edits.extend(conduit(plant, &from.zone, &to.zone, permit).map(Edit::AddConduit)),
    }
    edits
}

/// The permit, with an id that the conduit does not have yet.
fn named_apart(conduit: &Conduit, permit: Permit) -> Permit {
    let mut taken = permit_ids(conduit);
    match unique(permit.id.to_string(), &mut taken).parse() {
        Ok(id) => Permit { id, ..permit },
        Err(_) => permit,
    }
}

fn permit_ids(conduit: &Conduit) -> BTreeSet<String> {
    let ids = conduit.permits.iter().map(|permit| permit.id.to_string());
    ids.collect()
}

fn conduit(plant: &Plant, a: &ZoneId, b: &ZoneId, permit: Permit) -> Option<Conduit> {
    let (a, b) = if a < b { (a, b) } else { (b, a) };
    let mut taken: BTreeSet<String> = plant
        .conduits()
        .iter()
        .map(|conduit| conduit.id.to_string())
        .collect();
    Some(Conduit {
        id: unique(bounded(&format!("{a}--{b}")), &mut taken).parse().ok()?,
        name: String::new(),
        zones: vec![a.clone(), b.clone()],
        permits: vec![permit],
        protection: Vec::new(),
        enforcement_points: Vec::new(),
        sl_t: None,
        owner: None,
        reason: "Proposed by a shadow test.".to_owned(),
    })
}

/// An end as it will be in the model.
struct Settled {
    asset: AssetId,
    zone: ZoneId,
}

/// Says which asset and zone an end has, adding edits for what is missing.
fn settle(
    policy: &Policy,
    plant: &Plant,
    who: &Who,
    hosts: &Hosts<'_>,
    vlan: Option<VlanId>,
    edits: &mut Vec<Edit>,
) -> Option<Settled> {
    let at = host(who.key, vlan);
    match (&who.asset, &who.zone) {
        (Some(asset), Some((zone, _))) => Some(Settled {
            asset: asset.clone(),
            zone: zone.clone(),
        }),
        (Some(asset), None) => {
            // By the asset's lowest address, so that it has one home whichever of its addresses was seen.
            let interfaces = &plant.asset(asset)?.interfaces;
            let ip = interfaces.iter().filter_map(|interface| interface.ip).min();
            // Assets that share the address must go together with all that shares with them: a person's task.
            if policy.assets_at(&at).nth(1).is_some() {
                return None;
            }
            let zone = home(plant, ip, edits)?;
            edits.push(Edit::PlaceAsset {
                asset: asset.clone(),
                zone: zone.clone(),
            });
            Some(Settled {
                asset: asset.clone(),
                zone,
            })
        }
        (None, known) => {
            if policy.is_ambiguous(&at) || policy.is_broadcast(&at) || !is_one_host(who.key) {
                return None;
            }
            let zone = match known {
                Some((zone, _)) => zone.clone(),
                None => home(plant, ip_of(who.key), edits)?,
            };
            let asset = new_asset(plant, who, hosts, &zone)?;
            let id = asset.id.clone();
            edits.push(Edit::AddAsset(Box::new(asset)));
            Some(Settled { asset: id, zone })
        }
    }
}

/// The zone for a host that has none: outsiders to the external zone, others to one that stands apart until a person
/// places them.
fn home(plant: &Plant, ip: Option<IpAddr>, edits: &mut Vec<Edit>) -> Option<ZoneId> {
    let kind = if ip.is_some_and(is_public) {
        ZoneKind::External
    } else {
        ZoneKind::Temporary
    };
    let id: ZoneId = zone_id_for(kind, ip).parse().ok()?;
    if plant.zone(&id).is_none() {
        let zone = Zone {
            id: id.clone(),
            name: String::new(),
            kind,
            parent: None,
            sl_t: None,
            owner: None,
            subnets: Vec::new(),
            reason: "Proposed by a shadow test for a host that the model did not know.".to_owned(),
        };
        edits.push(Edit::AddZone(zone));
    }
    Some(id)
}

/// Whether an address can be one host's: a group's or no address, as a sender's, is a fault or forged.
fn is_one_host(key: HostKey) -> bool {
    match key {
        HostKey::Ip(ip) => !ip.is_multicast() && ip != IpAddr::V4(Ipv4Addr::BROADCAST),
        HostKey::Mac(mac) => !mac.is_group(),
        HostKey::Nothing => false,
    }
}

const fn ip_of(key: HostKey) -> Option<IpAddr> {
    match key {
        HostKey::Ip(ip) => Some(ip),
        HostKey::Mac(_) | HostKey::Nothing => None,
    }
}

fn new_asset(plant: &Plant, who: &Who, hosts: &Hosts<'_>, zone: &ZoneId) -> Option<Asset> {
    let (mac, ip) = match who.key {
        HostKey::Ip(ip) => (None, Some(ip)),
        HostKey::Mac(mac) => (Some(mac), None),
        HostKey::Nothing => return None,
    };
    let address = match ip {
        Some(ip) => address_slug(ip),
        None => slug(&who.key.to_string()),
    };
    let name = hosts.observed(who.key).and_then(host_name);
    let wanted = match (name, who.role) {
        (Some(name), _) => slug(&format!("{name}-{address}")),
        (None, AssetRole::Unknown) => slug(&format!("host-{address}")),
        (None, role) => slug(&format!("{}-{address}", role.name())),
    };
    let mut taken: BTreeSet<String> = plant.assets().iter().map(|asset| asset.id.to_string()).collect();
    Some(Asset {
        name: name.unwrap_or_default().to_owned(),
        zone: Some(zone.clone()),
        role: Attribute::declared(who.role),
        interfaces: vec![Interface { mac, ip, vlan: None }],
        ..Asset::new(unique(wanted, &mut taken).parse().ok()?)
    })
}

/// Adds to a permit that is for just these two, if what is missing is an operation or a time.
fn widen(plant: &Plant, finding: &Finding, from: &Settled, to: &Settled) -> Option<Edit> {
    let (conduit, permit) = match &finding.nearest {
        (Some(conduit), Some(permit)) => (conduit, permit),
        (Some(_) | None, None) | (None, Some(_)) => return None,
    };
    let found = plant
        .conduit(conduit)?
        .permits
        .iter()
        .find(|found| found.id == *permit)?;
    let just_these =
        found.from == [Party::Asset(from.asset.clone())] && found.to == [Party::Asset(to.asset.clone())];
    let one_service = match found.services.as_slice() {
        [service] => service.ports.is_none_or(|ports| ports.first() == ports.last()),
        _ => false,
    };
    if !just_these || !one_service {
        return None;
    }
    if finding.reason == OPERATION && found.open.is_none() {
        Some(Edit::AddOperations {
            conduit: conduit.clone(),
            permit: permit.clone(),
            operations: finding.classes(),
        })
    } else if finding.reason == CLOSED && finding.classes().is_subset(found.operations) {
        Some(Edit::AddWindow {
            conduit: conduit.clone(),
            permit: permit.clone(),
            window: window(&finding.activity),
        })
    } else {
        None
    }
}

const OPERATION: &str = "operation-not-permitted";
const CLOSED: &str = "outside-open-times";

/// A weekly window over the days and hours in which something was seen.
fn window(activity: &Activity) -> Window {
    let mut days = [false; 7];
    let mut first = 23;
    let mut last = 0;
    for hour in activity.hours() {
        // 1970-01-01 was a Thursday.
        let day = usize::try_from((hour.day() + 3).rem_euclid(7)).unwrap_or(0);
        if let Some(on) = days.get_mut(day) {
            *on = true;
        }
        let of_day = u16::try_from(hour.0.rem_euclid(24)).unwrap_or(0);
        first = first.min(of_day);
        last = last.max(of_day);
    }
    Window::Weekly {
        days,
        from_minute: first * 60,
        to_minute: (last + 1) * 60,
        utc_offset_minutes: 0,
    }
}

/// A permit for just what was cut.
fn permit(finding: &Finding, from: &Settled, to: &Settled) -> Option<Permit> {
    let key = finding.key;
    let ports = has_ports(key.transport).then(|| PortRange::one(key.responder_port));
    let service = |protocol: Option<&str>| Service {
        transport: Some(key.transport),
        ports,
        protocol: protocol.and_then(|protocol| protocol.parse().ok()),
    };
    let services = match finding.protocols.as_slice() {
        [] => vec![service(None)],
        protocols => protocols.iter().map(|protocol| service(Some(protocol))).collect(),
    };
    let classes = finding.classes();
    let carried = match finding.protocols.first() {
        Some(protocol) => (*protocol).to_owned(),
        None => key.transport.to_string(),
    };
    let port = ports.map_or_else(String::new, |_| format!("-{}", key.responder_port));
    let id = slug(&format!("{carried}{port}-{}", from.asset));
    Some(Permit {
        id: id.parse().ok()?,
        from: vec![Party::Asset(from.asset.clone())],
        to: vec![Party::Asset(to.asset.clone())],
        services,
        operations: if classes.is_empty() {
            OperationSet::EMPTY.with(OperationClass::Session)
        } else {
            classes
        },
        open: (finding.reason == CLOSED).then(|| OpenTimes {
            windows: vec![window(&finding.activity)],
        }),
        reason: "Proposed by a shadow test.".to_owned(),
    })
}
