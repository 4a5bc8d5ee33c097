//! Changing a document: to another model, by single operations, by setting a key, and by the fixes of diagnostics.

use super::patch;
use super::{Document, Rejection, change, keys, parse, place};
use crate::diagnostic::{Diagnostic, Fix, TextEdit};
use crate::id::{AssetId, ConduitId, EnforcementPointId, PermitId, ZoneId};
use crate::model::{Asset, Conduit, EnforcementPoint, Permit, Site, Zone};
use crate::plant::{Fault, Parts, Place, Plant, Step, Table};
use toml_edit::Item;

/// One change of a model. `Put` replaces the entry with the id, or adds it at the end.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Sets the site's keys.
    SetSite(Site),
    /// Adds or replaces a zone.
    PutZone(Zone),
    /// Takes a zone out.
    RemoveZone(ZoneId),
    /// Adds or replaces an asset.
    PutAsset(Box<Asset>),
    /// Takes an asset out.
    RemoveAsset(AssetId),
    /// Adds or replaces a conduit with its permits.
    PutConduit(Conduit),
    /// Takes a conduit out with its permits.
    RemoveConduit(ConduitId),
    /// Adds or replaces a permit of a conduit.
    PutPermit(ConduitId, Permit),
    /// Takes a permit out of a conduit.
    RemovePermit(ConduitId, PermitId),
    /// Adds or replaces an enforcement point.
    PutEnforcementPoint(EnforcementPoint),
    /// Takes an enforcement point out.
    RemoveEnforcementPoint(EnforcementPointId),
}

/// Why a document can't be changed so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditFault {
    /// There is nothing with the id.
    #[error("there is no {kind} `{id}`")]
    Missing {
        /// What was looked for.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// The changed model would not fit together: something still refers to what is taken out.
    #[error("the change leaves a model that doesn't fit together: {}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Unsound(Vec<Fault>),
    /// The model holds what the text form refuses.
    #[error(transparent)]
    Refused(#[from] Box<Rejection>),
    /// The text is laid out in a way that can't be changed in place; print the model anew instead.
    #[error("the text is laid out in a way that can't be changed in place")]
    Layout,
}

impl Document {
    /// This document with what differs changed to another model. Comments, order and layout of the rest stay.
    ///
    /// # Errors
    /// When the model holds what the text form refuses, or the text's layout doesn't let it be changed in place.
    pub fn changed_to(&self, plant: &Plant) -> Result<Self, EditFault> {
        let (text, _) = patch::apply(self.text(), change::edits(self, plant));
        let changed = parse(self.source.name(), &text).map_err(Box::new)?;
        // The text keeps its own order, so the models are compared without it.
        if ordered(changed.plant()) == ordered(plant) {
            Ok(changed)
        } else {
            Err(EditFault::Layout)
        }
    }

    /// This document after changes, made one after the other.
    ///
    /// # Errors
    /// When an entry is missing, the result doesn't fit together, or as [`changed_to`](Self::changed_to).
    pub fn edited(&self, edits: &[Edit]) -> Result<Self, EditFault> {
        let mut parts = self.plant.clone().into_parts();
        for edit in edits {
            perform(&mut parts, edit)?;
        }
        let plant = Plant::new(parts).map_err(EditFault::Unsound)?;
        self.changed_to(&plant)
    }

    /// This document with one key set to a value, written as in the text: `"cell-1"`, `3`, `["read"]`. The key is
    /// added if its entry lacks it.
    ///
    /// # Errors
    /// What is wrong with the text that this makes.
    pub fn set(&self, place: &Place, value: &str) -> Result<Self, EditFault> {
        let edit = self.setting(place, value).ok_or(EditFault::Layout)?;
        let (text, _) = patch::apply(self.text(), vec![edit]);
        Ok(parse(self.source.name(), &text).map_err(Box::new)?)
    }

    fn setting(&self, place: &Place, value: &str) -> Option<TextEdit> {
        if let Some(range) = place::value_range(&self.tree, place) {
            return Some(patch::replace(range, value));
        }
        let entry = place::entry(self.tree.as_table(), place.table, place.index)?;
        let (section, order, key) = match place.path.as_slice() {
            [Step::Key(key)] => (entry, keys::of(place.table), key),
            [Step::Key("permit"), Step::Index(n), Step::Key(key)] => {
                let permits = entry.get("permit").and_then(Item::as_array_of_tables)?;
                (permits.get(*n)?, keys::PERMIT, key)
            }
            _ => return None,
        };
        Some(patch::insert_key(self.text(), section, order, key, value))
    }

    /// This document after the fixes of diagnostics, and how many there were. Fixes that overlap an earlier one are
    /// left for the next run.
    ///
    /// # Errors
    /// What is wrong with the text that this makes.
    pub fn fixed(&self, diagnostics: &[Diagnostic]) -> Result<(Self, usize), Box<Rejection>> {
        let edits = diagnostics
            .iter()
            .filter_map(|diagnostic| match diagnostic.fix.as_ref()? {
                Fix::RemoveItem(place) => self.removal(place),
                Fix::Text(edit) => Some(edit.clone()),
            })
            .collect();
        let (text, count) = patch::apply(self.text(), edits);
        Ok((parse(self.source.name(), &text)?, count))
    }

    /// The replacement that takes an element out of its list.
    pub(super) fn removal(&self, place: &Place) -> Option<TextEdit> {
        place::removal(&self.tree, self.text(), place)
    }
}

/// The pieces with entries and permits in the order of their ids, and subnets as they are written.
fn ordered(plant: &Plant) -> Parts {
    let mut parts = plant.clone().into_parts();
    for zone in &mut parts.zones {
        for subnet in &mut zone.subnets {
            *subnet = subnet.trunc();
        }
    }
    parts.zones.sort_by(|a, b| a.id.cmp(&b.id));
    parts.assets.sort_by(|a, b| a.id.cmp(&b.id));
    parts.conduits.sort_by(|a, b| a.id.cmp(&b.id));
    parts.enforcement_points.sort_by(|a, b| a.id.cmp(&b.id));
    for conduit in &mut parts.conduits {
        conduit.permits.sort_by(|a, b| a.id.cmp(&b.id));
    }
    parts
}

fn perform(parts: &mut Parts, edit: &Edit) -> Result<(), EditFault> {
    match edit {
        Edit::SetSite(site) => parts.site = site.clone(),
        Edit::PutZone(zone) => put(&mut parts.zones, zone.clone(), |zone| &zone.id),
        Edit::RemoveZone(id) => remove(&mut parts.zones, "zone", id, |zone| &zone.id)?,
        Edit::PutAsset(asset) => put(&mut parts.assets, (**asset).clone(), |asset| &asset.id),
        Edit::RemoveAsset(id) => remove(&mut parts.assets, "asset", id, |asset| &asset.id)?,
        Edit::PutConduit(conduit) => put(&mut parts.conduits, conduit.clone(), |conduit| &conduit.id),
        Edit::RemoveConduit(id) => remove(&mut parts.conduits, "conduit", id, |conduit| &conduit.id)?,
        Edit::PutPermit(id, permit) => {
            let conduit = conduit(parts, id)?;
            put(&mut conduit.permits, permit.clone(), |permit| &permit.id);
        }
        Edit::RemovePermit(id, permit) => {
            let conduit = conduit(parts, id)?;
            remove(&mut conduit.permits, "permit", permit, |permit| &permit.id)?;
        }
        Edit::PutEnforcementPoint(point) => {
            put(&mut parts.enforcement_points, point.clone(), |point| &point.id);
        }
        Edit::RemoveEnforcementPoint(id) => {
            let name = Table::EnforcementPoint.name();
            remove(&mut parts.enforcement_points, name, id, |point| &point.id)?;
        }
    }
    Ok(())
}

fn conduit<'p>(parts: &'p mut Parts, id: &ConduitId) -> Result<&'p mut Conduit, EditFault> {
    let found = parts.conduits.iter_mut().find(|conduit| conduit.id == *id);
    found.ok_or_else(|| missing("conduit", id))
}

fn put<T, I: PartialEq>(entries: &mut Vec<T>, entry: T, id: impl Fn(&T) -> &I) {
    match entries.iter_mut().find(|other| id(other) == id(&entry)) {
        Some(other) => *other = entry,
        None => entries.push(entry),
    }
}

fn remove<T, I: PartialEq + ToString>(
    entries: &mut Vec<T>,
    kind: &'static str,
    wanted: &I,
    id: impl Fn(&T) -> &I,
) -> Result<(), EditFault> {
    let found = entries.iter().position(|entry| id(entry) == wanted);
    entries.remove(found.ok_or_else(|| missing(kind, wanted))?);
    Ok(())
}

fn missing(kind: &'static str, id: &impl ToString) -> EditFault {
    EditFault::Missing {
        kind,
        id: id.to_string(),
    }
}
