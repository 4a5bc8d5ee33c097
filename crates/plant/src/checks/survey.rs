//! What several checks look up in a model, computed once: kinds within zones, effective levels, ends of permits.
//!
//! Everything here is linear in the size of the model times the depth of its zones, which the text form bounds.

use crate::level::SecurityLevelTarget;
use crate::model::{Asset, Conduit, Party, Permit, Zone, ZoneKind};
use crate::plant::Plant;
use std::collections::BTreeSet;

/// A model and what the checks look up in it.
pub(super) struct Survey<'p> {
    pub(super) plant: &'p Plant,
    zones: Vec<ZoneFacts>,
    asset_zones: Vec<Option<usize>>,
}

#[derive(Clone, Default)]
struct ZoneFacts {
    parent: Option<usize>,
    /// Its kind and those of all zones within it.
    kinds: Kinds,
    /// Its level joined with those of the zones that it lies in.
    sl_t: Option<SecurityLevelTarget>,
    assets: usize,
    children: usize,
}

impl<'p> Survey<'p> {
    pub(super) fn new(plant: &'p Plant) -> Self {
        let mut zones: Vec<ZoneFacts> = plant
            .zones()
            .iter()
            .map(|zone| ZoneFacts {
                parent: zone.parent.as_ref().and_then(|id| plant.zone_position(id)),
                sl_t: plant.sl_t(&zone.id),
                ..ZoneFacts::default()
            })
            .collect();
        let asset_zones: Vec<Option<usize>> = plant
            .assets()
            .iter()
            .map(|asset| asset.zone.as_ref().and_then(|id| plant.zone_position(id)))
            .collect();
        for at in asset_zones.iter().flatten() {
            if let Some(facts) = zones.get_mut(*at) {
                facts.assets += 1;
            }
        }
        let parents: Vec<_> = zones.iter().map(|facts| facts.parent).collect();
        for (at, zone) in plant.zones().iter().enumerate() {
            if let Some(facts) = parents
                .get(at)
                .copied()
                .flatten()
                .and_then(|at| zones.get_mut(at))
            {
                facts.children += 1;
            }
            let up = std::iter::successors(Some(at), |at| parents.get(*at).copied().flatten());
            for at in up {
                if let Some(facts) = zones.get_mut(at) {
                    facts.kinds.insert(zone.kind);
                }
            }
        }
        Self {
            plant,
            zones,
            asset_zones,
        }
    }

    /// Zones with their positions.
    pub(super) fn zones(&self) -> impl Iterator<Item = (usize, &'p Zone)> {
        self.plant.zones().iter().enumerate()
    }

    /// Assets with their positions and zones.
    pub(super) fn assets(&self) -> impl Iterator<Item = (usize, &'p Asset, Option<(usize, &'p Zone)>)> {
        let zones = self.asset_zones.iter();
        let assets = self.plant.assets().iter().enumerate().zip(zones);
        assets.map(|((at, asset), zone)| (at, asset, zone.and_then(|zone| self.zone(zone))))
    }

    /// Conduits with their positions.
    pub(super) fn conduits(&self) -> impl Iterator<Item = (usize, &'p Conduit)> {
        self.plant.conduits().iter().enumerate()
    }

    /// Permits with the positions of their conduits and their own.
    pub(super) fn permits(&self) -> impl Iterator<Item = PermitAt<'p>> {
        self.conduits().flat_map(|(conduit_at, conduit)| {
            conduit
                .permits
                .iter()
                .enumerate()
                .map(move |(permit_at, permit)| PermitAt {
                    conduit_at,
                    conduit,
                    permit_at,
                    permit,
                })
        })
    }

    /// A zone by its position, and the position again.
    pub(super) fn zone(&self, at: usize) -> Option<(usize, &'p Zone)> {
        self.plant.zones().get(at).map(|zone| (at, zone))
    }

    /// The zone that a zone lies in.
    pub(super) fn parent(&self, at: usize) -> Option<(usize, &'p Zone)> {
        self.zones
            .get(at)
            .and_then(|facts| facts.parent)
            .and_then(|parent| self.zone(parent))
    }

    /// A zone and those that it lies in, innermost first.
    pub(super) fn lineage(&self, at: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(at), |at| self.zones.get(*at).and_then(|facts| facts.parent))
    }

    /// A zone's level joined with those of the zones that it lies in.
    pub(super) fn sl_t(&self, at: usize) -> Option<SecurityLevelTarget> {
        self.zones.get(at).and_then(|facts| facts.sl_t)
    }

    /// How many assets a zone has, not counting those of zones within it.
    pub(super) fn asset_count(&self, at: usize) -> usize {
        self.zones.get(at).map_or(0, |facts| facts.assets)
    }

    /// How many zones lie straight in a zone.
    pub(super) fn child_count(&self, at: usize) -> usize {
        self.zones.get(at).map_or(0, |facts| facts.children)
    }

    /// The zone of an asset, by positions.
    pub(super) fn asset_zone(&self, at: usize) -> Option<usize> {
        self.asset_zones.get(at).copied().flatten()
    }

    /// The zone that a party is, or that it is in.
    pub(super) fn party_zone(&self, party: &Party) -> Option<usize> {
        match party {
            Party::Zone(id) => self.plant.zone_position(id),
            Party::Asset(id) => self.plant.asset_position(id).and_then(|at| self.asset_zone(at)),
        }
    }

    /// The kinds of zone that a party stands in: for a zone, those within it too, since it speaks for them.
    pub(super) fn party_kinds(&self, party: &Party) -> Kinds {
        let Some(at) = self.party_zone(party) else {
            return Kinds::default();
        };
        match party {
            Party::Zone(_) => self.zones.get(at).map(|facts| facts.kinds).unwrap_or_default(),
            Party::Asset(_) => self
                .zone(at)
                .map(|(_, zone)| Kinds::from_iter([zone.kind]))
                .unwrap_or_default(),
        }
    }

    /// The kinds of zone that any of the parties stands in.
    pub(super) fn kinds(&self, parties: &[Party]) -> Kinds {
        parties.iter().fold(Kinds::default(), |kinds, party| {
            kinds.union(self.party_kinds(party))
        })
    }

    /// The first party that stands in one of the kinds, with its position in the list.
    pub(super) fn first_in<'a>(&self, parties: &'a [Party], kinds: Kinds) -> Option<(usize, &'a Party)> {
        parties
            .iter()
            .enumerate()
            .find(|(_, party)| self.party_kinds(party).meets(kinds))
    }

    /// The zones that a conduit names, each once.
    pub(super) fn joined(&self, conduit: &Conduit) -> BTreeSet<usize> {
        let zones = conduit.zones.iter();
        zones.filter_map(|id| self.plant.zone_position(id)).collect()
    }

    /// Whether of the zones that a conduit names, one is or holds `a`, and a different one is or holds `b`.
    pub(super) fn joins(&self, joined: &BTreeSet<usize>, a: usize, b: usize) -> bool {
        let named = |zone| self.lineage(zone).filter(|at| joined.contains(at));
        named(a).any(|mine| named(b).any(|theirs| theirs != mine))
    }

    /// The zones that a list of parties comes to, each once.
    pub(super) fn party_zones(&self, parties: &[Party]) -> BTreeSet<usize> {
        parties
            .iter()
            .filter_map(|party| self.party_zone(party))
            .collect()
    }
}

/// A permit with where it stands.
#[derive(Clone, Copy)]
pub(super) struct PermitAt<'p> {
    pub(super) conduit_at: usize,
    pub(super) conduit: &'p Conduit,
    pub(super) permit_at: usize,
    pub(super) permit: &'p Permit,
}

/// A set of zone kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds(u16);

impl Kinds {
    fn insert(&mut self, kind: ZoneKind) {
        self.0 |= 1 << kind as u8;
    }

    /// The kinds of either set.
    const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a kind is in both sets.
    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is a kind that the other set lacks.
    pub(super) const fn exceeds(self, other: Self) -> bool {
        self.0 & !other.0 != 0
    }
}

impl FromIterator<ZoneKind> for Kinds {
    fn from_iter<I: IntoIterator<Item = ZoneKind>>(kinds: I) -> Self {
        let mut set = Self::default();
        kinds.into_iter().for_each(|kind| set.insert(kind));
        set
    }
}
