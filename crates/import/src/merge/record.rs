//! What one record does to one asset, field by field.

use super::{Change, Conflict, Effect, FieldChange, OnConflict};
use crate::asset::{At, DeclaredAsset, Fact};
use crate::guess::letters;
use crate::intake::unite;
use cofferdam_plant::{Asset, AssetId, AssetRole, Attribute, Interface, Module, Plant, Provenance, ZoneId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// An asset that a record is being merged into.
pub(super) struct Record<'m> {
    pub(super) asset: Asset,
    pub(super) file: &'m str,
    pub(super) policy: OnConflict,
    pub(super) change: &'m mut Change,
    /// Which record of the file stated a field of an asset; of several the one that stands first.
    pub(super) said: &'m mut BTreeMap<(usize, String), usize>,
    /// The asset's place in the model.
    pub(super) at: usize,
    /// The record's place in the file.
    pub(super) number: usize,
}

impl Record<'_> {
    /// Everything that is a text, and the role.
    pub(super) fn texts(&mut self, record: &DeclaredAsset) {
        if let Some(name) = &record.name {
            let from = Some(self.asset.name.clone()).filter(|name| !name.is_empty());
            if self.decide("name", from.as_deref(), &name.value, &name.at) {
                self.asset.name.clone_from(&name.value);
            }
        }
        if let Some(role) = &record.role {
            let from = Some(self.asset.role.value).filter(|role| *role != AssetRole::Unknown);
            let said = role.value != AssetRole::Unknown;
            if said && self.decide("role", from.map(AssetRole::name), role.value.name(), &role.at) {
                self.asset.role = self.imported(role.value, &role.at);
            }
        }
        // A host's operating system is the software version that the model has a place for.
        let firmware = record.firmware.as_ref().or(record.os.as_ref());
        let mut asset = self.asset.clone();
        for (field, fact, place) in [
            ("vendor", record.vendor.as_ref(), &mut asset.vendor),
            ("product", record.product.as_ref(), &mut asset.product),
            (
                "order-number",
                record.order_number.as_ref(),
                &mut asset.order_number,
            ),
            ("firmware", firmware, &mut asset.firmware),
            ("serial", record.serial.as_ref(), &mut asset.serial),
        ] {
            let Some(fact) = fact else {
                continue;
            };
            let from = place.as_ref().map(|attribute| attribute.value.clone());
            let from = from.filter(|value| !value.is_empty());
            if self.decide(field, from.as_deref(), &fact.value, &fact.at) {
                *place = Some(self.imported(fact.value.clone(), &fact.at));
            }
        }
        self.asset = asset;
    }

    pub(super) fn zone(&mut self, record: &DeclaredAsset, named: impl Fn(&str) -> Option<ZoneId>) {
        let Some(fact) = &record.zone else {
            return;
        };
        let Some(zone) = named(&fact.value) else {
            self.change.conflicts.push(Conflict::NoZone(fact.value.clone()));
            return;
        };
        let from = self.asset.zone.as_ref().map(ToString::to_string);
        if self.decide("zone", from.as_deref(), zone.as_str(), &fact.at) {
            self.asset.zone = Some(zone);
        }
    }

    /// Puts a new asset into the zone that its address belongs to already. Without one it would take the address out of
    /// the zone whose subnet selects it, and change what may flow.
    pub(super) fn zone_by_address(&mut self, record: &DeclaredAsset, plant: &Plant) {
        let homes = record.interfaces.iter().filter_map(|fact| fact.value.ip);
        let homes: BTreeSet<ZoneId> = homes.filter_map(|ip| home(plant, ip)).collect();
        let mut homes = homes.into_iter();
        if let (Some(zone), None) = (homes.next(), homes.next()) {
            self.note("zone", None, zone.as_str(), &record.at, Effect::Filled);
            self.asset.zone = Some(zone);
        }
    }

    /// Adds an interface, or completes the one that shares an address with it and contradicts it in nothing.
    pub(super) fn interface(&mut self, fact: &Fact<Interface>) {
        let new = &fact.value;
        if self.covers(new) {
            return;
        }
        let mut known = self.asset.interfaces.iter().enumerate();
        let found = known.find_map(|(at, known)| Some((at, unite(known, new)?)));
        match found {
            Some((at, united)) => {
                if let Some(known) = self.asset.interfaces.get_mut(at)
                    && *known != united
                {
                    let from = interface_text(known);
                    *known = united.clone();
                    self.note(
                        "interfaces",
                        Some(from),
                        &interface_text(&united),
                        &fact.at,
                        Effect::Filled,
                    );
                }
            }
            None => {
                self.note("interfaces", None, &interface_text(new), &fact.at, Effect::Filled);
                self.asset.interfaces.push(new.clone());
            }
        }
    }

    /// Whether the asset has an interface that says all of this one already.
    pub(super) fn covers(&self, new: &Interface) -> bool {
        let mut known = self.asset.interfaces.iter();
        known.any(|known| unite(known, new).as_ref() == Some(known))
    }

    /// Says that an address stays with who has it.
    pub(super) fn claimed(&mut self, interface: &Interface, by: &AssetId) {
        self.change.conflicts.push(Conflict::AddressClaimed {
            address: interface_text(interface),
            by: by.clone(),
        });
    }

    /// Adds a module, or what is said of the one in its slot. Modules that the file does not name stay.
    pub(super) fn module(&mut self, fact: &Fact<Module>) {
        let new = &fact.value;
        let known = self
            .asset
            .modules
            .iter()
            .position(|module| module.slot == new.slot);
        let Some(at) = known else {
            let said = [&new.product, &new.order_number, &new.firmware, &new.serial];
            let words: Vec<&str> = said.into_iter().flatten().map(String::as_str).collect();
            let to = format!("slot {}: {}", new.slot, words.join(", "));
            self.note("modules", None, &to, &fact.at, Effect::Filled);
            self.said
                .entry((self.at, format!("modules {}", new.slot)))
                .or_insert(self.number);
            self.asset.modules.push(new.clone());
            return;
        };
        let Some(mut module) = self.asset.modules.get(at).cloned() else {
            return;
        };
        for (key, value, place) in [
            ("product", &new.product, &mut module.product),
            ("order-number", &new.order_number, &mut module.order_number),
            ("firmware", &new.firmware, &mut module.firmware),
            ("serial", &new.serial, &mut module.serial),
        ] {
            let Some(value) = value else {
                continue;
            };
            let field = format!("modules {} {key}", new.slot);
            let from = place.clone().filter(|value| !value.is_empty());
            // A module that an earlier record of this file brought is settled as a whole.
            let settled = self
                .said
                .get(&(self.at, format!("modules {}", new.slot)))
                .copied();
            if let Some(by) = settled {
                self.said.entry((self.at, field.clone())).or_insert(by);
            }
            if self.decide(&field, from.as_deref(), value, &fact.at) {
                *place = Some(value.clone());
            }
        }
        if let Some(place) = self.asset.modules.get_mut(at) {
            *place = module;
        }
    }

    /// Whether a field gets the file's value; notes what becomes of it.
    fn decide(&mut self, field: &str, from: Option<&str>, to: &str, at: &At) -> bool {
        let earlier = self.said.get(&(self.at, field.to_owned())).copied();
        let first = earlier.is_none_or(|earlier| self.number <= earlier);
        if first {
            self.said.insert((self.at, field.to_owned()), self.number);
        }
        let Some(from) = from else {
            self.note(field, None, to, at, Effect::Filled);
            return true;
        };
        if from == to {
            return false;
        }
        let replaces = match self.policy {
            OnConflict::Update => first,
            OnConflict::Stop | OnConflict::Skip => false,
        };
        let effect = if replaces { Effect::Replaced } else { Effect::Kept };
        self.note(field, Some(from.to_owned()), to, at, effect);
        if !replaces {
            self.change.conflicts.push(if first {
                Conflict::Differs {
                    field: field.to_owned(),
                    from: from.to_owned(),
                    to: to.to_owned(),
                }
            } else {
                Conflict::SaidBefore {
                    field: field.to_owned(),
                }
            });
        }
        replaces
    }

    pub(super) fn note(&mut self, field: &str, from: Option<String>, to: &str, at: &At, effect: Effect) {
        self.change.fields.push(FieldChange {
            field: field.to_owned(),
            from,
            to: to.to_owned(),
            at: at.clone(),
            effect,
        });
    }

    fn imported<T>(&self, value: T, at: &At) -> Attribute<T> {
        Attribute {
            value,
            provenance: Provenance::Imported {
                file: self.file.to_owned(),
                row: at.row(),
            },
        }
    }
}

/// A zone by its identifier, else by its name if just one has it.
pub(super) fn named_zone(plant: &Plant, text: &str) -> Option<ZoneId> {
    if let Some(zone) = text.parse().ok().filter(|id| plant.zone(id).is_some()) {
        return Some(zone);
    }
    let wanted = letters(text);
    let mut zones = plant
        .zones()
        .iter()
        .filter(|zone| !wanted.is_empty() && letters(&zone.name) == wanted);
    match (zones.next(), zones.next()) {
        (Some(zone), None) => Some(zone.id.clone()),
        (None, _) | (_, Some(_)) => None,
    }
}

/// The zone whose subnet selects an address most closely, if it is but one.
fn home(plant: &Plant, ip: IpAddr) -> Option<ZoneId> {
    let selecting = plant.zones().iter().flat_map(|zone| {
        let nets = zone.subnets.iter().filter(move |net| net.contains(&ip));
        nets.map(move |net| (net.prefix_len(), &zone.id))
    });
    let selecting: BTreeSet<(u8, &ZoneId)> = selecting.collect();
    let (closest, zone) = selecting.last()?;
    let rivals = selecting.iter().filter(|(length, _)| length == closest).count();
    (rivals == 1).then(|| (*zone).clone())
}

fn interface_text(interface: &Interface) -> String {
    let words = [
        interface.mac.map(|mac| mac.to_string()),
        interface.ip.map(|ip| ip.to_string()),
        interface.vlan.map(|vlan| format!("vlan {vlan}")),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    words.join(" ")
}
