//! Every registered backend: its text reads back to just what it says it enforces, and that is the policy but for what
//! its residuals name, proved over all packets.

#![expect(clippy::unwrap_used, reason = "a test that fails is the point")]
mod common;

use cofferdam_plant::Plant;
use cofferdam_policy::Policy;
use cofferdam_policy::backends::{BACKENDS, Backend, ResidualKind, Scope, plan};
use cofferdam_policy::filter::{Action, Device, Reading, Rule, RuleList, State, States};
use cofferdam_policy::symbolic::{Difference, differences};
use common::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A device of which only new connections are asked.
fn opening(mut device: Device) -> Device {
    let new = Rule {
        states: States::one(State::New),
        ..Rule::all(Action::Permit)
    };
    device.stages.push(RuleList::denying("new", vec![new]));
    device
}

fn filter(list: RuleList) -> Device {
    opening(Device::filtering("", list))
}

fn differ(first: Device, second: Device) -> Vec<Difference> {
    differences(&first, &second, Reading::Widest).unwrap()
}

fn check(backend: &Backend, plant: &Plant) -> Result<(), TestCaseError> {
    let policy = Policy::new(plant);
    let compiled = (backend.compile)(plant, &policy, &Scope::Site);
    let read = (backend.parse)(&compiled.text);
    prop_assert_eq!(read.len(), 1, "{}", backend.name);
    let device = read.into_iter().next().unwrap();
    prop_assert_eq!(&device.unread, &vec![], "{}\n{}", backend.name, compiled.text);
    let found = differ(opening(device.clone()), filter(compiled.enforced.clone()));
    let first = found.first();
    prop_assert!(
        first.is_none(),
        "{}: {:?}\n{}",
        backend.name,
        first,
        compiled.text
    );
    // The plan is the policy's own: nothing may be added, and only what residuals name left out.
    let found = differ(
        filter(compiled.enforced.clone()),
        filter(plan(plant, &policy, &Scope::Site).list()),
    );
    let has = |wanted: &[ResidualKind]| {
        compiled
            .residuals
            .iter()
            .any(|residual| wanted.contains(&residual.kind))
    };
    let adds = found
        .iter()
        .find(|difference| difference.first.action == Action::Permit);
    prop_assert!(
        adds.is_none() || has(&[ResidualKind::AnswersByPort]),
        "{} permits more: {:?}",
        backend.name,
        adds
    );
    let lacks = found
        .iter()
        .find(|difference| difference.first.action == Action::Deny);
    let left_out = [
        ResidualKind::WindowNotHeld,
        ResidualKind::NoIpv6,
        ResidualKind::ProtocolNotHeld,
    ];
    let told = has(&left_out) || lacks.is_some_and(|lack| lack.packet.source.is_ipv6());
    prop_assert!(
        lacks.is_none() || told,
        "{} permits less: {:?}",
        backend.name,
        lacks
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_says_what_the_policy_does(plant in any_plant()) {
        for backend in BACKENDS {
            check(backend, &plant)?;
        }
    }

    #[test]
    fn no_text_makes_a_reader_panic_or_permit_what_it_did_not_read(
        lines in proptest::collection::vec("[ a-z0-9\"./:,<>!*=-]{0,40}", 0..12),
    ) {
        for backend in BACKENDS {
            for device in (backend.parse)(&lines.join("\n")) {
                prop_assert!(device.unread.len() <= lines.len() * 2 + 2);
            }
        }
    }
}

#[test]
fn backends_are_registered_in_order_of_their_names_and_each_name_once() {
    let names: Vec<_> = BACKENDS.iter().map(|backend| backend.name).collect();
    let ordered: BTreeSet<_> = names.iter().copied().collect();
    assert_eq!(names, ordered.into_iter().collect::<Vec<_>>());
}
