//! The plan of a merge: every change with its reason, and the model as it would be. Carrying it out leaves no choice.

use super::find::{Finder, Found};
use super::record::{Record, named_zone};
use super::slug::Ids;
use super::{Change, ChangeKind, Conflict, Effect, MergeError, OnConflict};
use crate::asset::DeclaredAsset;
use crate::intake::Import;
use cofferdam_plant::text::MAX_ENTRIES;
use cofferdam_plant::{Asset, Document, EditFault, Fault, Parts, Plant};
use std::collections::{BTreeMap, BTreeSet};

/// How often records in conflict are looked at again. Each time something is added that stays, so it ends by itself
/// long before.
const MAX_PASSES: usize = 64;

/// What an import would change, and the model that comes of it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// A change for each record, in the order of the file.
    pub changes: Vec<Change>,
    policy: OnConflict,
    after: Result<Plant, Vec<Fault>>,
}

/// Says what an import would change in a model. Nothing is changed: this is the dry run.
#[must_use]
pub fn plan(plant: &Plant, import: &Import, policy: OnConflict) -> Plan {
    let mut merge = Merge {
        plant,
        import,
        policy,
        finder: Finder::default(),
        assets: plant.assets().to_vec(),
        ids: Ids::default(),
        said: BTreeMap::new(),
    };
    for (at, asset) in plant.assets().iter().enumerate() {
        merge.finder.add(at, asset);
    }
    let changes = merge.records();
    let parts = Parts {
        assets: merge.assets,
        ..plant.clone().into_parts()
    };
    Plan {
        changes,
        policy,
        // A merge adds assets under ids that are free and names only zones that are there, so this fits together.
        after: Plant::new(parts),
    }
}

impl Plan {
    /// How many changes are of a kind.
    #[must_use]
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.changes.iter().filter(|change| change.kind == kind).count()
    }

    /// How many records have a conflict, whatever else they change.
    #[must_use]
    pub fn in_conflict(&self) -> usize {
        self.changes
            .iter()
            .filter(|change| !change.conflicts.is_empty())
            .count()
    }

    /// Whether carrying it out would change anything.
    #[must_use]
    pub fn changes_anything(&self) -> bool {
        let stopped = self.policy == OnConflict::Stop && self.in_conflict() > 0;
        !stopped && (self.count(ChangeKind::New) > 0 || self.count(ChangeKind::Changed) > 0)
    }

    /// The document with the changes made: assets are added or have single keys rewritten, and everything else in the
    /// text stays as it is. The document must be the one whose model was planned for.
    ///
    /// # Errors
    /// When the policy is to stop and there are conflicts, or when the text can't be changed in place.
    pub fn apply(&self, document: &Document) -> Result<Document, MergeError> {
        match (self.policy, self.in_conflict()) {
            (OnConflict::Stop, conflicts @ 1..) => return Err(MergeError::Stopped(conflicts)),
            (OnConflict::Stop, 0) | (OnConflict::Skip | OnConflict::Update, _) => {}
        }
        match &self.after {
            Ok(after) => Ok(document.changed_to(after)?),
            Err(faults) => Err(EditFault::Unsound(faults.clone()).into()),
        }
    }
}

struct Merge<'p> {
    plant: &'p Plant,
    import: &'p Import,
    policy: OnConflict,
    finder: Finder,
    assets: Vec<Asset>,
    ids: Ids,
    /// Fields of assets that a record of this import has stated.
    said: BTreeMap<(usize, String), usize>,
}

impl Merge<'_> {
    /// Takes the records in the order of the file, and those in conflict again while that brings something: what other
    /// records say may tell which asset was meant, or whose an address is. So a second import finds nothing left to do.
    fn records(&mut self) -> Vec<Change> {
        let records = &self.import.assets;
        let mut changes: Vec<Change> = Vec::with_capacity(records.len());
        for (number, record) in records.iter().enumerate() {
            changes.push(self.record(number, record));
        }
        for _ in 0..MAX_PASSES {
            let mut moved = false;
            for (number, (record, change)) in records.iter().zip(&mut changes).enumerate() {
                if change.conflicts.is_empty() {
                    continue;
                }
                let again = self.record(number, record);
                moved |= matches!(again.kind, ChangeKind::New | ChangeKind::Changed);
                change.fields.retain(|field| field.effect != Effect::Kept);
                change.fields.extend(again.fields);
                change.conflicts = again.conflicts;
                change.asset = again.asset;
                change.kind = match change.kind {
                    ChangeKind::New | ChangeKind::Changed => change.kind,
                    ChangeKind::Same | ChangeKind::Conflict => again.kind,
                };
            }
            if !moved {
                break;
            }
        }
        changes
    }

    fn record(&mut self, number: usize, record: &DeclaredAsset) -> Change {
        let mut change = Change {
            key: record.key.clone(),
            at: record.at.clone(),
            asset: None,
            kind: ChangeKind::Conflict,
            fields: Vec::new(),
            conflicts: Vec::new(),
        };
        match self.finder.find(record, &self.assets) {
            Found::Several(candidates) => {
                let ids = candidates.iter().filter_map(|at| self.assets.get(*at));
                change.conflicts.push(Conflict::Ambiguous {
                    candidates: ids.map(|asset| asset.id.clone()).collect(),
                });
            }
            Found::Asset(at) => self.known(number, at, record, &mut change),
            Found::Nobody => self.new_asset(number, record, &mut change),
        }
        change
    }

    fn known(&mut self, number: usize, at: usize, record: &DeclaredAsset, change: &mut Change) {
        let Some(old) = self.assets.get(at).cloned() else {
            return;
        };
        let asset = self.merged((number, record), at, old.clone(), change);
        change.asset = Some(asset.id.clone());
        change.kind = match (asset == old, change.conflicts.is_empty()) {
            (true, true) => ChangeKind::Same,
            (true, false) => ChangeKind::Conflict,
            (false, _) => ChangeKind::Changed,
        };
        self.put(at, asset);
    }

    fn new_asset(&mut self, number: usize, record: &DeclaredAsset, change: &mut Change) {
        let at = self.assets.len();
        if at >= MAX_ENTRIES {
            change.conflicts.push(Conflict::Full);
            return;
        }
        let text = |fact: &Option<crate::Fact<String>>| fact.as_ref().map(|fact| fact.value.clone());
        let address = record
            .interfaces
            .first()
            .map(|fact| match (fact.value.ip, fact.value.mac) {
                (Some(ip), _) => format!("host-{ip}"),
                (None, Some(mac)) => format!("host-{mac}"),
                (None, None) => String::new(),
            });
        let wishes = [
            record.id.as_ref().map(|id| id.value.to_string()),
            text(&record.name),
            address,
            text(&record.product),
            Some(record.key.to_string()),
        ];
        let finder = &self.finder;
        let id = self.ids.next(wishes.iter().flatten().map(String::as_str), |id| {
            finder.has_id(id)
        });
        let Some(id) = id else {
            return;
        };
        let asset = self.merged((number, record), at, Asset::new(id), change);
        change.asset = Some(asset.id.clone());
        change.kind = ChangeKind::New;
        self.assets.push(asset.clone());
        self.put(at, asset);
    }

    fn put(&mut self, at: usize, asset: Asset) {
        self.finder.add(at, &asset);
        if let Some(place) = self.assets.get_mut(at) {
            *place = asset;
        }
    }

    /// An asset with what a record says of it.
    fn merged(
        &mut self,
        (number, record): (usize, &DeclaredAsset),
        at: usize,
        asset: Asset,
        change: &mut Change,
    ) -> Asset {
        let is_new = at >= self.assets.len();
        let mut merge = Record {
            asset,
            file: &self.import.file,
            policy: self.policy,
            change,
            said: &mut self.said,
            at,
            number,
        };
        merge.texts(record);
        merge.zone(record, |name| named_zone(self.plant, name));
        if is_new && merge.asset.zone.is_none() {
            merge.zone_by_address(record, self.plant);
        }
        for fact in &record.interfaces {
            if merge.covers(&fact.value) {
                continue;
            }
            match self.finder.claimed(&fact.value, at, &self.assets) {
                Some(other) => {
                    if let Some(other) = self.assets.get(other) {
                        merge.claimed(&fact.value, &other.id);
                    }
                }
                None => merge.interface(fact),
            }
        }
        let mut slots = BTreeSet::new();
        for fact in &record.modules {
            if slots.insert(&fact.value.slot) {
                merge.module(fact);
            } else {
                let field = format!("modules {}", fact.value.slot);
                merge.change.conflicts.push(Conflict::SaidBefore { field });
            }
        }
        let key = record.key.to_string();
        if !merge.asset.sources.contains(&key) {
            merge.note("sources", None, &key, &record.at, Effect::Filled);
            merge.asset.sources.push(key);
        }
        merge.asset
    }
}
