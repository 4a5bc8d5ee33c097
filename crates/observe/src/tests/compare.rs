//! Two observations compared.

use super::frames::{Bench, Station, station, udp};
use super::toy::{self, answer, ask, message};
use crate::{AssetChange, Comparison, FlowRecord, Observation, Snapshot, compare};

fn observe(frames: Vec<Vec<u8>>) -> (Vec<FlowRecord>, Observation) {
    let mut bench = Bench::new();
    bench.take_all(frames);
    bench.finish()
}

fn talk(a: Station, b: Station) -> Vec<Vec<u8>> {
    vec![
        udp(a, b, (40_000, toy::PORT), &ask(1, 0, 1)),
        udp(b, a, (toy::PORT, 40_000), &answer(1)),
    ]
}

/// A station that names itself.
fn named(a: Station, b: Station, name: &[u8]) -> Vec<u8> {
    udp(a, b, (toy::PORT, 40_000), &message(2, 15, 1, name))
}

fn compared(earlier: Vec<Vec<u8>>, later: Vec<Vec<u8>>) -> Comparison {
    let (before, after) = (observe(earlier), observe(later));
    let mut snapshots = [Snapshot::new(&before.1.assets), Snapshot::new(&after.1.assets)];
    before.0.iter().for_each(|flow| snapshots[0].flow(flow));
    after.0.iter().for_each(|flow| snapshots[1].flow(flow));
    compare(&snapshots[0], &snapshots[1])
}

#[test]
fn an_observation_is_as_itself() {
    let frames = [talk(station(1), station(2)), talk(station(3), station(2))].concat();
    assert_eq!(compared(frames.clone(), frames), Comparison::default());
}

#[test]
fn what_came_what_went_and_what_changed_is_told() {
    let mut earlier = [talk(station(1), station(2)), talk(station(3), station(2))].concat();
    earlier.push(named(station(2), station(1), b"press 1.0"));
    let mut later = [talk(station(1), station(2)), talk(station(4), station(2))].concat();
    later.push(named(station(2), station(1), b"press 1.1"));
    let found = compared(earlier, later);
    assert_eq!(found.assets_new, ["10.0.0.4"]);
    assert_eq!(found.assets_gone, ["10.0.0.3"]);
    let pairs = |uses: &[crate::Use]| -> Vec<String> {
        uses.iter()
            .map(|used| format!("{} > {}", used.pair.initiator, used.pair.responder))
            .collect()
    };
    assert_eq!(pairs(&found.uses_new), ["10.0.0.4 > 10.0.0.2"]);
    assert_eq!(pairs(&found.uses_gone), ["10.0.0.3 > 10.0.0.2"]);
    let told: Vec<String> = found.assets_changed["10.0.0.2"]
        .iter()
        .map(|change| match change {
            AssetChange::Claimed {
                field, before, after, ..
            } => {
                format!("{} {} > {}", field.name(), before[0], after[0])
            }
            AssetChange::TalkersNew(new) => format!("new {}", new[0]),
            AssetChange::TalkersGone(gone) => format!("gone {}", gone[0]),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        told,
        ["host-name press 1.0 > press 1.1", "new 10.0.0.4", "gone 10.0.0.3"]
    );
    assert_eq!(found.assets_changed.len(), 1);
}

#[test]
fn to_compare_the_other_way_turns_new_into_gone() {
    let (a, b) = (talk(station(1), station(2)), talk(station(1), station(3)));
    let there = compared(a.clone(), b.clone());
    let back = compared(b, a);
    assert_eq!(
        (there.assets_new, there.uses_new),
        (back.assets_gone, back.uses_gone)
    );
    assert_eq!(
        (there.assets_gone, there.uses_gone),
        (back.assets_new, back.uses_new)
    );
}
