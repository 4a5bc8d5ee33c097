//! Who is meant by a word at either end of a question: a zone, an asset, addresses.

use crate::filter::{AddressSet, Family};
use crate::place::{Place, usize_of};
use crate::policy::Policy;
use cofferdam_plant::{AssetId, Plant, ZoneId, nearest};

/// Addresses that a word of a question means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndSet {
    /// What was asked for, written out: `zone:cell`, `asset:historian`, `10.0.0.0/8`, `any`.
    pub name: String,
    /// Its addresses.
    pub addresses: AddressSet,
}

/// A word that means nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndError {
    /// It is no zone, asset or address.
    #[error("`{word}` is no zone, asset, address, subnet or range{}", did_you_mean(nearest.as_deref()))]
    Unknown {
        /// The word.
        word: String,
        /// The zone or asset that is nearest to it.
        nearest: Option<String>,
    },
    /// It is a zone and an asset.
    #[error("`{0}` is a zone and an asset: write `zone:{0}` or `asset:{0}`")]
    Both(String),
    /// It has no IP address by which a router could know it.
    #[error("`{0}` has no IP address: give its interfaces addresses, or the zone a subnet")]
    NoAddress(String),
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}

impl EndSet {
    /// What a word means: `zone:ID`, `asset:ID`, the id alone if it is clear, an address, a subnet, a range
    /// `FIRST-LAST`, several of these with commas between, or `any`. A zone's addresses are those of the zones in it too.
    ///
    /// # Errors
    /// If it means nobody.
    pub fn parse(plant: &Plant, policy: &Policy, word: &str) -> Result<Self, EndError> {
        let mut addresses = AddressSet::default();
        for part in word.split(',') {
            addresses.add(&one(plant, policy, part.trim())?);
        }
        if addresses.is_empty() {
            return Err(EndError::NoAddress(word.to_owned()));
        }
        Ok(Self {
            name: word.to_owned(),
            addresses,
        })
    }
}

fn one(plant: &Plant, policy: &Policy, word: &str) -> Result<AddressSet, EndError> {
    if word == "any" {
        return Ok(AddressSet::any());
    }
    if let Some(set) = crate::backends::addresses(word) {
        return Ok(set);
    }
    let zone = |id: &str| id.parse::<ZoneId>().ok().filter(|id| plant.zone(id).is_some());
    let asset = |id: &str| id.parse::<AssetId>().ok().filter(|id| plant.asset(id).is_some());
    let (zone, asset) = match word.split_once(':') {
        Some(("zone", id)) => (zone(id), None),
        Some(("asset", id)) => (None, asset(id)),
        Some(_) => (None, None),
        None => (zone(word), asset(word)),
    };
    match (zone, asset) {
        (Some(_), Some(_)) => Err(EndError::Both(word.to_owned())),
        (Some(zone), None) => Ok(policy.addresses(|of| of.in_zone(&zone))),
        (None, Some(asset)) => Ok(policy.addresses(|of| of.is(&asset))),
        (None, None) => {
            let zones = plant.zones().iter().map(|zone| zone.id.as_str());
            let assets = plant.assets().iter().map(|asset| asset.id.as_str());
            let bare = word.split_once(':').map_or(word, |(_, id)| id);
            Err(EndError::Unknown {
                word: word.to_owned(),
                nearest: nearest(bare, zones.chain(assets)),
            })
        }
    }
}

/// A claimed address: whose it is.
struct Claimant<'p> {
    policy: &'p Policy,
    host: &'p crate::place::InZone,
}

impl Claimant<'_> {
    fn in_zone(&self, zone: &ZoneId) -> bool {
        let own = self.policy.zones.get(usize_of(self.host.zone.0));
        let lineage = own.into_iter().flat_map(|own| &own.lineage);
        lineage
            .filter_map(|at| self.policy.zones.get(usize_of(at.0)))
            .any(|known| known.id == *zone)
    }

    fn is(&self, asset: &AssetId) -> bool {
        self.host
            .assets
            .iter()
            .filter_map(|at| self.policy.assets.get(usize_of(at.0)))
            .any(|known| known == asset)
    }
}

impl Policy {
    /// The claimed addresses that are somebody's.
    fn addresses(&self, meant: impl Fn(&Claimant<'_>) -> bool) -> AddressSet {
        let mut out = AddressSet::default();
        let (v4, v6) = self.places.claimed();
        for (family, ranges) in [(Family::V4, v4), (Family::V6, v6)] {
            let mut own = Vec::new();
            for range in ranges {
                if let Place::In(host) = range.place
                    && meant(&Claimant { policy: self, host })
                {
                    own.push(crate::filter::AddressRange {
                        first: range.first,
                        last: range.last,
                    });
                }
            }
            out.add(&AddressSet::of_ranges(family, own));
        }
        out
    }
}
