//! Collects what readers find: joins records of one asset, holds the bounds, counts what is set aside.

use crate::asset::{At, CatalogueEntry, DeclaredAsset, Fact, SourceKey};
use crate::bounds::{MAX_ASSETS, MAX_CATALOGUE, MAX_PARTS_OF_ASSET, MAX_SET_ASIDE_LISTED};
use crate::fault::{Fault, Scope, SetAside};
use cofferdam_plant::Interface;
use std::collections::BTreeMap;
use std::fmt::Display;

/// What a file declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// The file's name, as it was given.
    pub file: String,
    /// The reader that read it.
    pub format: &'static str,
    /// The encoding of its text.
    pub encoding: &'static str,
    /// Assets, in the order of the file; each key once.
    pub assets: Vec<DeclaredAsset>,
    /// Products of a device description.
    pub catalogue: Vec<CatalogueEntry>,
    /// How many records were looked at.
    pub records: u64,
    /// What was not taken in, in the order of the file, as far as it is listed.
    pub set_aside: Vec<SetAside>,
    /// How much more was set aside than is listed.
    pub set_aside_unlisted: u64,
}

/// An [`Import`] that is being filled.
pub(crate) struct Intake {
    import: Import,
    by_key: BTreeMap<SourceKey, usize>,
}

impl Intake {
    pub(crate) fn new(format: &'static str, file: &str, encoding: &'static str) -> Self {
        Self {
            import: Import {
                file: file.to_owned(),
                format,
                encoding,
                ..Import::default()
            },
            by_key: BTreeMap::new(),
        }
    }

    pub(crate) fn finish(self) -> Import {
        self.import
    }

    /// Counts a record that is looked at.
    pub(crate) const fn record(&mut self) {
        self.import.records += 1;
    }

    pub(crate) fn set_aside(&mut self, at: At, scope: Scope, fault: Fault) {
        if self.import.set_aside.len() < MAX_SET_ASIDE_LISTED {
            self.import.set_aside.push(SetAside { at, scope, fault });
        } else {
            self.import.set_aside_unlisted += 1;
        }
    }

    /// Counts what was set aside and is not listed.
    pub(crate) const fn unlisted(&mut self, count: u64) {
        self.import.set_aside_unlisted += count;
    }

    /// Keeps a value that could be read, sets aside one that couldn't.
    pub(crate) fn value<T>(&mut self, at: &At, read: Result<T, Fault>) -> Option<Fact<T>> {
        match read {
            Ok(value) => Some(Fact {
                value,
                at: at.clone(),
            }),
            Err(fault) => {
                self.set_aside(at.clone(), Scope::Value, fault);
                None
            }
        }
    }

    pub(crate) fn catalogue(&mut self, entry: CatalogueEntry) {
        if self.import.catalogue.len() < MAX_CATALOGUE {
            self.import.catalogue.push(entry);
        } else {
            let fault = Fault::TooMany {
                what: "products",
                max: MAX_CATALOGUE,
            };
            self.set_aside(entry.at, Scope::Record, fault);
        }
    }

    /// Makes one of interfaces of an asset that say parts of the same.
    pub(crate) fn unite_interfaces(&mut self) {
        for asset in &mut self.import.assets {
            let mut united: Vec<Fact<Interface>> = Vec::new();
            for new in std::mem::take(&mut asset.interfaces) {
                let mut known = united.iter_mut();
                match known.find_map(|known| Some((unite(&known.value, &new.value)?, known))) {
                    Some((value, known)) => known.value = value,
                    None => united.push(new),
                }
            }
            asset.interfaces = united;
        }
    }

    /// Takes an asset in; one whose key was met before is joined with it.
    pub(crate) fn asset(&mut self, mut asset: DeclaredAsset) {
        let mut dropped = Vec::new();
        bounded(&mut asset.interfaces, "interfaces of an asset", &mut dropped);
        bounded(&mut asset.modules, "modules of an asset", &mut dropped);
        bounded(&mut asset.services, "services of an asset", &mut dropped);
        match self.by_key.get(&asset.key).copied() {
            Some(known) => {
                if let Some(known) = self.import.assets.get_mut(known) {
                    join(known, asset, &mut dropped);
                }
            }
            None if self.import.assets.len() < MAX_ASSETS => {
                self.by_key.insert(asset.key.clone(), self.import.assets.len());
                self.import.assets.push(asset);
            }
            None => {
                let fault = Fault::TooMany {
                    what: "assets",
                    max: MAX_ASSETS,
                };
                self.set_aside(asset.at, Scope::Record, fault);
            }
        }
        for (at, fault) in dropped {
            self.set_aside(at, Scope::Value, fault);
        }
    }
}

fn bounded<T>(facts: &mut Vec<Fact<T>>, what: &'static str, dropped: &mut Vec<(At, Fault)>) {
    if let Some(first_beyond) = facts.get(MAX_PARTS_OF_ASSET) {
        let fault = Fault::TooMany {
            what,
            max: MAX_PARTS_OF_ASSET,
        };
        dropped.push((first_beyond.at.clone(), fault));
        facts.truncate(MAX_PARTS_OF_ASSET);
    }
}

/// Adds what a later record of the same asset says. The first word counts; another one is reported.
fn join(known: &mut DeclaredAsset, later: DeclaredAsset, dropped: &mut Vec<(At, Fault)>) {
    fill("id", &mut known.id, later.id, dropped);
    fill("name", &mut known.name, later.name, dropped);
    fill("zone", &mut known.zone, later.zone, dropped);
    if let (Some(here), Some(earlier)) = (&later.role, &known.role)
        && here.value != earlier.value
    {
        let role = |fact: &Fact<cofferdam_plant::AssetRole>| fact.value.name().to_owned();
        let fault = Fault::Contradicts {
            field: "role",
            here: role(here),
            earlier: role(earlier),
            at: earlier.at.clone(),
        };
        dropped.push((here.at.clone(), fault));
    }
    known.role = known.role.take().or(later.role);
    fill("vendor", &mut known.vendor, later.vendor, dropped);
    fill("product", &mut known.product, later.product, dropped);
    fill(
        "order-number",
        &mut known.order_number,
        later.order_number,
        dropped,
    );
    fill("firmware", &mut known.firmware, later.firmware, dropped);
    fill("os", &mut known.os, later.os, dropped);
    fill("serial", &mut known.serial, later.serial, dropped);
    for interface in later.interfaces {
        add_interface(&mut known.interfaces, interface);
    }
    known.modules.extend(later.modules);
    known.services.extend(later.services);
    bounded(&mut known.interfaces, "interfaces of an asset", dropped);
    bounded(&mut known.modules, "modules of an asset", dropped);
    bounded(&mut known.services, "services of an asset", dropped);
}

fn fill<T: PartialEq + Display>(
    field: &'static str,
    known: &mut Option<Fact<T>>,
    later: Option<Fact<T>>,
    dropped: &mut Vec<(At, Fault)>,
) {
    match (&*known, later) {
        (None, later) => *known = later,
        (Some(earlier), Some(here)) if earlier.value != here.value => {
            let fault = Fault::Contradicts {
                field,
                here: here.value.to_string(),
                earlier: earlier.value.to_string(),
                at: earlier.at.clone(),
            };
            dropped.push((here.at, fault));
        }
        (Some(_), _) => {}
    }
}

/// Adds an interface that isn't there yet.
pub(crate) fn add_interface(interfaces: &mut Vec<Fact<Interface>>, new: Fact<Interface>) {
    if !interfaces.iter().any(|known| known.value == new.value) {
        interfaces.push(new);
    }
}

/// What two interfaces say together, if they share an address and contradict each other in nothing.
pub(crate) fn unite(a: &Interface, b: &Interface) -> Option<Interface> {
    let shared = (a.ip.is_some() && a.ip == b.ip) || (a.mac.is_some() && a.mac == b.mac);
    shared.then_some(())?;
    Some(Interface {
        mac: either(a.mac, b.mac)?,
        ip: either(a.ip, b.ip)?,
        vlan: either(a.vlan, b.vlan)?,
    })
}

/// The one that is there; nothing, if both are and differ.
#[expect(
    clippy::option_option,
    reason = "the outer one is the contradiction, the inner one the value"
)]
fn either<T: PartialEq>(a: Option<T>, b: Option<T>) -> Option<Option<T>> {
    match (a, b) {
        (Some(a), Some(b)) if a != b => None,
        (a, b) => Some(a.or(b)),
    }
}
