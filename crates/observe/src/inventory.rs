//! One inventory out of several captures' observations.
//!
//! Assets of one key are one asset: the key is its lowest IP address, or its MAC where it has none. Claims that are
//! equal but for when they were made become one, counted together and dated by the first. Of two guesses at a role
//! the surer one stands.

use crate::record::{IdentityFact, Observation, ObservedAsset, Traffic};
use std::collections::BTreeMap;

/// Joins the assets of several observations, ordered by key. The packet numbers in facts are those of the capture in
/// which the fact was seen first.
#[must_use]
pub fn inventory(observations: impl IntoIterator<Item = Observation>) -> Vec<ObservedAsset> {
    let mut assets: BTreeMap<String, ObservedAsset> = BTreeMap::new();
    for asset in observations
        .into_iter()
        .flat_map(|observation| observation.assets)
    {
        match assets.get_mut(&asset.key) {
            Some(known) => absorb(known, asset),
            None => {
                assets.insert(asset.key.clone(), asset);
            }
        }
    }
    assets.into_values().collect()
}

fn absorb(known: &mut ObservedAsset, more: ObservedAsset) {
    union(&mut known.endpoints, more.endpoints);
    union(&mut known.joins, more.joins);
    union(&mut known.units, more.units);
    union(&mut known.serves, more.serves);
    union(&mut known.uses, more.uses);
    for fact in more.facts {
        absorb_fact(&mut known.facts, fact);
    }
    known.facts.sort();
    known.oui_vendor = known.oui_vendor.or(more.oui_vendor);
    if more.role.confidence > known.role.confidence {
        known.role = more.role;
    }
    known.first = known.first.min(more.first);
    known.last = known.last.max(more.last);
    add(&mut known.sent, more.sent);
    add(&mut known.received, more.received);
}

fn union<T: Ord>(known: &mut Vec<T>, more: Vec<T>) {
    known.extend(more);
    known.sort();
    known.dedup();
}

fn absorb_fact(facts: &mut Vec<IdentityFact>, fact: IdentityFact) {
    let same = |known: &&mut IdentityFact| {
        (known.field, known.protocol, known.unit) == (fact.field, fact.protocol, fact.unit)
            && known.value == fact.value
    };
    match facts.iter_mut().find(same) {
        None => facts.push(fact),
        Some(known) => {
            known.times += fact.times;
            if fact.at < known.at {
                known.at = fact.at;
                known.packet = fact.packet;
            }
        }
    }
}

fn add(sum: &mut Traffic, more: Traffic) {
    sum.packets += more.packets;
    sum.bytes += more.bytes;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Endpoint, RoleGuess};
    use cofferdam_dissect::{IdentityField, Protocol};
    use cofferdam_terms::{Timestamp, WireText};

    fn seen(key: &str, at: i64, role: (&'static str, f64), firmware: &str) -> Observation {
        let asset = ObservedAsset {
            key: key.to_owned(),
            parent: None,
            endpoints: vec![(
                Endpoint {
                    mac: None,
                    ip: key.parse().ok(),
                },
                None,
            )],
            joins: Vec::new(),
            facts: vec![IdentityFact {
                field: IdentityField::Firmware,
                value: WireText::from_wire(firmware.as_bytes()),
                protocol: Protocol("cip"),
                unit: None,
                packet: 10,
                at: Timestamp::from_secs(at),
                times: 1,
            }],
            oui_vendor: None,
            role: RoleGuess {
                role: role.0,
                confidence: role.1,
                reasons: Vec::new(),
            },
            units: Vec::new(),
            serves: Vec::new(),
            uses: Vec::new(),
            first: Timestamp::from_secs(at),
            last: Timestamp::from_secs(at + 1),
            sent: Traffic {
                packets: 1,
                bytes: 60,
            },
            received: Traffic::default(),
        };
        Observation {
            capture: String::new(),
            assets: vec![asset],
            ..Observation::default()
        }
    }

    #[test]
    fn one_asset_seen_in_two_captures_is_one_with_all_that_was_claimed() {
        let later = seen("10.0.0.1", 100, ("plc", 0.9), "1.0");
        let earlier = seen("10.0.0.1", 50, ("unknown", 0.1), "1.0");
        let other = seen("10.0.0.2", 60, ("hmi", 0.5), "2.0");
        let updated = seen("10.0.0.1", 200, ("plc", 0.4), "1.1");
        let joined = inventory([later, earlier, other, updated]);
        let keys: Vec<_> = joined.iter().map(|asset| asset.key.as_str()).collect();
        assert_eq!(keys, ["10.0.0.1", "10.0.0.2"]);
        let asset = &joined[0];
        assert_eq!((asset.role.role, asset.sent.packets), ("plc", 3));
        assert_eq!(
            (asset.first, asset.last),
            (Timestamp::from_secs(50), Timestamp::from_secs(201))
        );
        let facts: Vec<_> = asset
            .facts
            .iter()
            .map(|f| (f.value.as_str(), f.times, f.at.secs()))
            .collect();
        assert_eq!(facts, [("1.0", 2, 50), ("1.1", 1, 200)]);
    }

    #[test]
    fn the_order_of_captures_does_not_matter() {
        let all = [
            seen("10.0.0.1", 100, ("plc", 0.9), "1.0"),
            seen("10.0.0.1", 50, ("unknown", 0.1), "1.1"),
            seen("10.0.0.2", 60, ("hmi", 0.5), "2.0"),
        ];
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(inventory(all), inventory(turned));
    }
}
