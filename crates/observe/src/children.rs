//! Devices that have no address of their own: modules in a rack, devices on a bus behind a gateway.
//!
//! An address may answer for several units. A unit is an asset of its own, a child of the asset with the address, when
//!
//! - the protocol says that it is on another network (BACnet's source station), or
//! - the address answers for two or more units of the protocol, or for two or more places in a rack, or
//! - the unit says another product or serial number than the address says of itself, or
//! - a stream of synchrophasors names it as a station, under another number than the stream's.
//!
//! Otherwise the one unit is the device itself: most controllers answer as Modbus unit 1 and as one DNP3 address. Modbus
//! units 0 and 255 always are (MODBUS Messaging on TCP/IP V1.0b, 4.4.2.1). A unit of which the serial number is the
//! asset's own is the asset too. GOOSE and sampled values number applications, IEC 60870-5-104 sectors: no devices.

use crate::evidence::Behind;
use crate::record::{IdentityFact, ObservedAsset, Traffic};
use crate::roles::{self, Unit};
use cofferdam_dissect::{IdentityField, Protocol};
use cofferdam_terms::Timestamp;
use std::collections::BTreeMap;

/// The kind of unit that a protocol numbers.
struct Numbers {
    /// Protocols that number the same units; the first names them.
    protocols: &'static [&'static str],
    /// What people call one.
    word: &'static str,
    /// Units that are the device with the address itself.
    own: &'static [u32],
    behind: When,
}

/// When a unit is no part of the device with the address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// If there are several, or they say so.
    Several,
    /// By the protocol.
    Always,
    /// If the stream names it, and it is not the stream's own number or one of several: what is asked and answered bears
    /// the stream's (IEEE C37.118.2-2011, 6.2 and table 9).
    Named,
}

const NUMBERS: &[Numbers] = &[
    Numbers {
        protocols: &["modbus", "umas"],
        word: "Modbus unit",
        own: &[0, 255],
        behind: When::Several,
    },
    Numbers {
        protocols: &["cip", "pccc", "enip"],
        word: "CIP slot",
        own: &[],
        behind: When::Several,
    },
    Numbers {
        protocols: &["dnp3"],
        word: "DNP3 address",
        own: &[],
        behind: When::Several,
    },
    Numbers {
        protocols: &["fins"],
        word: "FINS unit",
        own: &[0],
        behind: When::Several,
    },
    Numbers {
        protocols: &["c37118"],
        word: "C37.118 station",
        own: &[],
        behind: When::Named,
    },
    Numbers {
        protocols: &["bacnet"],
        word: "BACnet station",
        own: &[],
        behind: When::Always,
    },
];

/// A unit as far as it is known.
#[derive(Default)]
struct Known {
    facts: Vec<IdentityFact>,
    times: Option<(Timestamp, Timestamp)>,
}

impl Known {
    fn seen(&mut self, first: Timestamp, last: Timestamp) {
        let (known_first, known_last) = self.times.unwrap_or((first, last));
        self.times = Some((known_first.min(first), known_last.max(last)));
    }
}

/// Takes what is about devices behind an asset out of it and makes them assets, ordered by key.
pub(crate) fn part(asset: &mut ObservedAsset, behind: &[Behind]) -> Vec<ObservedAsset> {
    let mut children = Vec::new();
    for numbers in NUMBERS {
        let units = units(numbers, asset, behind);
        let several = units.len() > 1 || numbers.behind == When::Always;
        for (unit, known) in units {
            let apart = several
                || says_another(&known.facts, &asset.facts)
                || (numbers.behind == When::Named && !answered(numbers, unit, behind));
            if is_same(&known.facts, &asset.facts) || !apart {
                continue;
            }
            let about =
                |fact: &IdentityFact| fact.unit == Some(unit) && numbers.protocols.contains(&fact.protocol.0);
            asset.facts.retain(|fact| !about(fact));
            let (first, name) = (numbers.protocols.first().copied(), told(numbers, unit));
            let protocol = Protocol(first.unwrap_or(numbers.word));
            children.push(child(asset, protocol, (&name, numbers.word), known));
        }
    }
    children.extend(places(asset));
    children.sort_by(|a, b| a.key.cmp(&b.key));
    children
}

/// The units of one numbering that answered or of which something was said.
fn units(numbers: &Numbers, asset: &ObservedAsset, behind: &[Behind]) -> BTreeMap<u32, Known> {
    let mut units: BTreeMap<u32, Known> = BTreeMap::new();
    let counts = |protocol: Protocol, unit: u32| {
        numbers.protocols.contains(&protocol.0) && !numbers.own.contains(&unit)
    };
    let asked = behind.iter().filter(|_| numbers.behind != When::Named);
    for one in asked.filter(|one| counts(one.unit.0, one.unit.1)) {
        units.entry(one.unit.1).or_default().seen(one.first, one.last);
    }
    for fact in &asset.facts {
        if let Some(unit) = fact.unit.filter(|unit| counts(fact.protocol, *unit)) {
            let known = units.entry(unit).or_default();
            known.facts.push(fact.clone());
            known.seen(fact.at, fact.at);
        }
    }
    units
}

fn answered(numbers: &Numbers, unit: u32, behind: &[Behind]) -> bool {
    let mut units = behind.iter().map(|one| one.unit);
    units.any(|(protocol, number)| numbers.protocols.contains(&protocol.0) && number == unit)
}

/// The unit's number as people write it: BACnet's network and station apart.
fn told(numbers: &Numbers, unit: u32) -> String {
    match numbers.behind {
        When::Always => format!("{}.{}", unit >> 16, unit & 0xffff),
        When::Several | When::Named => unit.to_string(),
    }
}

fn values(facts: &[IdentityFact], field: IdentityField, own: Own) -> Vec<&str> {
    let asked = facts
        .iter()
        .filter(|fact| fact.field == field && fact.unit.is_none() == (own == Own::Yes));
    asked.map(|fact| fact.value.as_str()).collect()
}

/// Whether facts are asked for that are about the asset itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    Yes,
    No,
}

/// The serial number is the asset's own.
fn is_same(unit: &[IdentityFact], own: &[IdentityFact]) -> bool {
    let own = values(own, IdentityField::Serial, Own::Yes);
    let unit = values(unit, IdentityField::Serial, Own::No);
    unit.iter().any(|serial| own.contains(serial))
}

/// It says another product or serial number than the asset says of itself.
fn says_another(unit: &[IdentityFact], own: &[IdentityFact]) -> bool {
    [IdentityField::Product, IdentityField::Serial]
        .into_iter()
        .any(|field| {
            let own = values(own, field, Own::Yes);
            let unit = values(unit, field, Own::No);
            !own.is_empty() && !unit.is_empty() && !unit.iter().any(|value| own.contains(value))
        })
}

fn child(
    parent: &ObservedAsset,
    protocol: Protocol,
    (name, word): (&str, &str),
    known: Known,
) -> ObservedAsset {
    let (first, last) = known.times.unwrap_or((parent.first, parent.last));
    let role = roles::guess_unit(&Unit {
        protocol,
        told: &format!("{word} {name}"),
        parent: &parent.key,
        facts: &known.facts,
    });
    ObservedAsset {
        key: format!("{}/{protocol}:{name}", parent.key),
        parent: Some(parent.key.clone()),
        endpoints: Vec::new(),
        joins: vec![format!("{word} {name} is reached through {}", parent.key)],
        facts: known.facts,
        oui_vendor: None,
        role,
        units: Vec::new(),
        serves: Vec::new(),
        uses: Vec::new(),
        first,
        last,
        sent: Traffic::default(),
        received: Traffic::default(),
    }
}

/// The start of a fact that says where in the rack the addressed module is: `rack 0 slot 2`.
const PLACE: &str = "rack ";

/// Modules that were addressed by their place, if there are several.
fn places(asset: &mut ObservedAsset) -> Vec<ObservedAsset> {
    let is_place = |fact: &&IdentityFact| {
        fact.field == IdentityField::Module && fact.unit.is_none() && fact.value.as_str().starts_with(PLACE)
    };
    let mut by_place: BTreeMap<String, (Protocol, Known)> = BTreeMap::new();
    for fact in asset.facts.iter().filter(is_place) {
        let place = fact.value.as_str();
        let (_, known) = by_place
            .entry(place.replace(PLACE, "").replace(" slot ", "."))
            .or_insert_with(|| (fact.protocol, Known::default()));
        known.facts.push(fact.clone());
        known.seen(fact.at, fact.at);
    }
    if by_place.len() < 2 {
        return Vec::new();
    }
    asset.facts.retain(|fact| !is_place(&fact));
    let modules = by_place.into_iter();
    modules
        .map(|(place, (protocol, known))| child(asset, protocol, (&place, "rack and slot"), known))
        .collect()
}
