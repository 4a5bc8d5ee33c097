//! [`Plant`]: the checked model, in which ids are unique, references resolve and the zone tree has no cycle.

use crate::id::{AssetId, ConduitId, EnforcementPointId, ZoneId};
use crate::level::SecurityLevelTarget;
use crate::model::{Asset, Conduit, EnforcementPoint, Party, Site, Zone};
use std::collections::BTreeMap;
use std::fmt;

/// The pieces of a model before they were checked against each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// The site.
    pub site: Site,
    /// Zones, in the order of the text form.
    pub zones: Vec<Zone>,
    /// Assets.
    pub assets: Vec<Asset>,
    /// Conduits.
    pub conduits: Vec<Conduit>,
    /// Enforcement points.
    pub enforcement_points: Vec<EnforcementPoint>,
}

/// Where in the model something stands, for whoever has to find its place in the text form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which table.
    pub table: Table,
    /// Which entry of it, from 0.
    pub index: usize,
    /// The path of keys and indices within the entry, outermost first: `permit`, `0`, `from`, `1`.
    pub path: Vec<Step>,
}

/// A table of the text form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// `[site]`.
    Site,
    /// `[[zone]]`.
    Zone,
    /// `[[asset]]`.
    Asset,
    /// `[[conduit]]`.
    Conduit,
    /// `[[enforcement-point]]`.
    EnforcementPoint,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Site,
        Self::Zone,
        Self::Asset,
        Self::Conduit,
        Self::EnforcementPoint,
    ];

    /// The key in the text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Zone => "zone",
            Self::Asset => "asset",
            Self::Conduit => "conduit",
            Self::EnforcementPoint => "enforcement-point",
        }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A key.
    Key(&'static str),
    /// A place in a list.
    Index(usize),
}

impl fmt::Display for Place {
    /// `conduit[3].permit[0].to[1]`, `site.id`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table.name())?;
        match self.table {
            Table::Site => {}
            Table::Zone | Table::Asset | Table::Conduit | Table::EnforcementPoint => {
                write!(f, "[{}]", self.index)?;
            }
        }
        for step in &self.path {
            match step {
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl Place {
    /// A place from its table, entry and keys.
    #[must_use]
    pub fn new(table: Table, index: usize, path: &[Step]) -> Self {
        Self {
            table,
            index,
            path: path.to_vec(),
        }
    }
}

/// Why pieces make no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Two entries of a kind have one id.
    #[error("`{id}` is the id of two entries")]
    DuplicateId {
        /// The id.
        id: String,
        /// The second.
        place: Place,
        /// The first.
        first: Place,
    },
    /// A reference names nothing.
    #[error("there is no {kind} `{id}`")]
    Unresolved {
        /// What kind of thing is named: `zone`.
        kind: &'static str,
        /// The id.
        id: String,
        /// Where it is named.
        place: Place,
        /// The nearest id that exists, if one is near.
        nearest: Option<String>,
    },
    /// A zone lies in itself.
    #[error("zone `{id}` lies in itself: {}", cycle.join(" in "))]
    ZoneCycle {
        /// The zone.
        id: ZoneId,
        /// The way round, starting and ending with the zone.
        cycle: Vec<String>,
        /// Where its parent is named.
        place: Place,
    },
}

impl Fault {
    /// Where the mend belongs.
    #[must_use]
    pub const fn place(&self) -> &Place {
        match self {
            Self::DuplicateId { place, .. }
            | Self::Unresolved { place, .. }
            | Self::ZoneCycle { place, .. } => place,
        }
    }
}

/// A checked model.
#[derive(Clone, Debug, PartialEq)]
pub struct Plant {
    parts: Parts,
    zone_index: BTreeMap<ZoneId, usize>,
    asset_index: BTreeMap<AssetId, usize>,
    conduit_index: BTreeMap<ConduitId, usize>,
    point_index: BTreeMap<EnforcementPointId, usize>,
}

impl Plant {
    /// Checks the pieces against each other.
    ///
    /// # Errors
    /// Every fault that was found, in the order of the text form.
    pub fn new(parts: Parts) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let plant = Self {
            zone_index: index(Table::Zone, parts.zones.iter().map(|zone| &zone.id), &mut faults),
            asset_index: index(
                Table::Asset,
                parts.assets.iter().map(|asset| &asset.id),
                &mut faults,
            ),
            conduit_index: index(
                Table::Conduit,
                parts.conduits.iter().map(|conduit| &conduit.id),
                &mut faults,
            ),
            point_index: index(
                Table::EnforcementPoint,
                parts.enforcement_points.iter().map(|point| &point.id),
                &mut faults,
            ),
            parts,
        };
        plant.unresolved(&mut faults);
        plant.cycles(&mut faults);
        faults.sort_by(|a, b| a.place().cmp(b.place()));
        for fault in faults.iter_mut().take(MAX_SUGGESTIONS) {
            suggest(
                fault,
                plant.zone_index.keys().map(ZoneId::as_str),
                plant.asset_index.keys().map(AssetId::as_str),
                plant.point_index.keys().map(EnforcementPointId::as_str),
            );
        }
        if faults.is_empty() { Ok(plant) } else { Err(faults) }
    }

    /// The site.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.parts.site
    }

    /// Zones, in the order of the text form.
    #[must_use]
    pub fn zones(&self) -> &[Zone] {
        &self.parts.zones
    }

    /// Assets, in the order of the text form.
    #[must_use]
    pub fn assets(&self) -> &[Asset] {
        &self.parts.assets
    }

    /// Conduits, in the order of the text form.
    #[must_use]
    pub fn conduits(&self) -> &[Conduit] {
        &self.parts.conduits
    }

    /// Enforcement points, in the order of the text form.
    #[must_use]
    pub fn enforcement_points(&self) -> &[EnforcementPoint] {
        &self.parts.enforcement_points
    }

    /// The pieces, to be changed and checked again.
    #[must_use]
    pub fn into_parts(self) -> Parts {
        self.parts
    }

    /// A zone by its id.
    #[must_use]
    pub fn zone(&self, id: &ZoneId) -> Option<&Zone> {
        self.zone_index.get(id).and_then(|at| self.parts.zones.get(*at))
    }

    /// An asset by its id.
    #[must_use]
    pub fn asset(&self, id: &AssetId) -> Option<&Asset> {
        self.asset_index.get(id).and_then(|at| self.parts.assets.get(*at))
    }

    /// A conduit by its id.
    #[must_use]
    pub fn conduit(&self, id: &ConduitId) -> Option<&Conduit> {
        self.conduit_index
            .get(id)
            .and_then(|at| self.parts.conduits.get(*at))
    }

    /// An enforcement point by its id.
    #[must_use]
    pub fn enforcement_point(&self, id: &EnforcementPointId) -> Option<&EnforcementPoint> {
        self.point_index
            .get(id)
            .and_then(|at| self.parts.enforcement_points.get(*at))
    }

    /// A zone's place in [`zones`](Self::zones).
    #[must_use]
    pub fn zone_position(&self, id: &ZoneId) -> Option<usize> {
        self.zone_index.get(id).copied()
    }

    /// An asset's place in [`assets`](Self::assets).
    #[must_use]
    pub fn asset_position(&self, id: &AssetId) -> Option<usize> {
        self.asset_index.get(id).copied()
    }

    /// A zone and all that it lies in, innermost first. Ends, since there is no cycle.
    pub fn lineage<'a>(&'a self, id: &ZoneId) -> impl Iterator<Item = &'a Zone> + use<'a> {
        std::iter::successors(self.zone(id), |zone| {
            zone.parent.as_ref().and_then(|parent| self.zone(parent))
        })
    }

    /// Whether a zone is the other one or lies in it, however deep.
    #[must_use]
    pub fn lies_in(&self, inner: &ZoneId, outer: &ZoneId) -> bool {
        self.lineage(inner).any(|zone| zone.id == *outer)
    }

    /// A zone's target level: its own joined with its parents', since a child may only tighten.
    #[must_use]
    pub fn sl_t(&self, id: &ZoneId) -> Option<SecurityLevelTarget> {
        self.lineage(id)
            .filter_map(|zone| zone.sl_t)
            .reduce(|mine, parents| SecurityLevelTarget(mine.0.max(parents.0)))
    }

    fn unresolved(&self, faults: &mut Vec<Fault>) {
        for (at, zone) in self.parts.zones.iter().enumerate() {
            if let Some(parent) = &zone.parent {
                self.want_zone(
                    parent,
                    Place::new(Table::Zone, at, &[Step::Key("parent")]),
                    faults,
                );
            }
        }
        for (at, asset) in self.parts.assets.iter().enumerate() {
            if let Some(zone) = &asset.zone {
                self.want_zone(zone, Place::new(Table::Asset, at, &[Step::Key("zone")]), faults);
            }
        }
        for (at, conduit) in self.parts.conduits.iter().enumerate() {
            self.unresolved_in_conduit(at, conduit, faults);
        }
    }

    fn unresolved_in_conduit(&self, at: usize, conduit: &Conduit, faults: &mut Vec<Fault>) {
        let place = |path: &[Step]| Place::new(Table::Conduit, at, path);
        for (n, zone) in conduit.zones.iter().enumerate() {
            self.want_zone(zone, place(&[Step::Key("zones"), Step::Index(n)]), faults);
        }
        for (n, point) in conduit.enforcement_points.iter().enumerate() {
            if !self.point_index.contains_key(point) {
                faults.push(unresolved(
                    "enforcement-point",
                    point.as_str(),
                    place(&[Step::Key("enforcement-points"), Step::Index(n)]),
                ));
            }
        }
        let mut permits = BTreeMap::new();
        for (p, permit) in conduit.permits.iter().enumerate() {
            let own = |p: usize| place(&[Step::Key("permit"), Step::Index(p), Step::Key("id")]);
            if let Some(first) = permits.insert(&permit.id, p) {
                faults.push(Fault::DuplicateId {
                    id: permit.id.to_string(),
                    place: own(p),
                    first: own(first),
                });
            }
            for (key, parties) in [("from", &permit.from), ("to", &permit.to)] {
                for (n, party) in parties.iter().enumerate() {
                    let path = [
                        Step::Key("permit"),
                        Step::Index(p),
                        Step::Key(key),
                        Step::Index(n),
                    ];
                    match party {
                        Party::Zone(zone) => self.want_zone(zone, place(&path), faults),
                        Party::Asset(asset) => self.want_asset(asset, place(&path), faults),
                    }
                }
            }
        }
    }

    fn want_zone(&self, id: &ZoneId, place: Place, faults: &mut Vec<Fault>) {
        if !self.zone_index.contains_key(id) {
            faults.push(unresolved("zone", id.as_str(), place));
        }
    }

    fn want_asset(&self, id: &AssetId, place: Place, faults: &mut Vec<Fault>) {
        if !self.asset_index.contains_key(id) {
            faults.push(unresolved("asset", id.as_str(), place));
        }
    }

    /// One fault for each way round, at its first zone in the order of the text. Looks at each zone once.
    fn cycles(&self, faults: &mut Vec<Fault>) {
        let parent_of = |at: usize| {
            let parent = self.parts.zones.get(at)?.parent.as_ref()?;
            self.zone_index.get(parent).copied()
        };
        // On which walk each zone was met first; a walk that meets its own trace has gone round.
        let mut walks: Vec<Option<usize>> = vec![None; self.parts.zones.len()];
        for start in 0..self.parts.zones.len() {
            let mut next = Some(start);
            while let Some(at) = next {
                match walks.get_mut(at) {
                    Some(walk @ None) => *walk = Some(start),
                    Some(Some(walk)) if *walk == start => {
                        faults.extend(self.way_round(at, parent_of));
                        break;
                    }
                    Some(Some(_)) | None => break,
                }
                next = parent_of(at);
            }
        }
    }

    fn way_round(&self, on_it: usize, parent_of: impl Fn(usize) -> Option<usize>) -> Option<Fault> {
        let rest = std::iter::successors(parent_of(on_it), |at| parent_of(*at));
        let members: Vec<usize> = std::iter::once(on_it)
            .chain(rest.take_while(|at| *at != on_it))
            .collect();
        let first = members.iter().copied().min()?;
        let name = |at: usize| self.parts.zones.get(at).map(|zone| zone.id.to_string());
        let way = std::iter::successors(Some(first), |at| parent_of(*at));
        let mut cycle: Vec<String> = way
            .take(members.len().min(MAX_CYCLE_SHOWN))
            .filter_map(name)
            .collect();
        if members.len() > MAX_CYCLE_SHOWN {
            cycle.push("…".to_owned());
        }
        cycle.extend(name(first));
        Some(Fault::ZoneCycle {
            id: self.parts.zones.get(first)?.id.clone(),
            cycle,
            place: Place::new(Table::Zone, first, &[Step::Key("parent")]),
        })
    }
}

/// The longest way round that a fault writes out.
const MAX_CYCLE_SHOWN: usize = 16;

fn index<'a, I: Clone + Ord + fmt::Display + 'a>(
    table: Table,
    ids: impl Iterator<Item = &'a I>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<I, usize> {
    let mut index = BTreeMap::new();
    for (at, id) in ids.enumerate() {
        match index.get(id) {
            None => {
                index.insert(id.clone(), at);
            }
            Some(first) => faults.push(Fault::DuplicateId {
                id: id.to_string(),
                place: Place::new(table, at, &[Step::Key("id")]),
                first: Place::new(table, *first, &[Step::Key("id")]),
            }),
        }
    }
    index
}

/// How many references get a "did you mean": each costs a look at every id.
const MAX_SUGGESTIONS: usize = 20;

/// Says for the first references that don't resolve which id is near.
fn suggest<'a>(
    fault: &mut Fault,
    zones: impl Iterator<Item = &'a str>,
    assets: impl Iterator<Item = &'a str>,
    points: impl Iterator<Item = &'a str>,
) {
    if let Fault::Unresolved {
        kind,
        id,
        nearest: near,
        ..
    } = fault
    {
        *near = match *kind {
            "zone" => nearest(id, zones),
            "asset" => nearest(id, assets),
            _ => nearest(id, points),
        };
    }
}

fn unresolved(kind: &'static str, id: &str, place: Place) -> Fault {
    Fault::Unresolved {
        kind,
        id: id.to_owned(),
        place,
        nearest: None,
    }
}

/// The known word that is nearest to a mistyped one, for "did you mean".
#[must_use]
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .filter(|candidate| word.len().abs_diff(candidate.len()) <= 4 * (1 + candidate.len() / 4))
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}
