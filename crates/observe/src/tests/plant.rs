//! A simulated plant, of which the truth is known, observed.

use crate::record::{FlowRecord, Observation, ObservedAsset};
use crate::{Observer, Settings};
use cofferdam_simulate::{Settings as Plant, Simulation, Truth};
use cofferdam_terms::LinkType;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

/// Some hours of a plant at work, observed.
pub(crate) fn observe(plant: Plant) -> (Vec<FlowRecord>, Observation, Truth) {
    let mut simulation = Simulation::new(plant).unwrap();
    let mut observer = Observer::new(Settings::new("plant"));
    let mut flows: Vec<FlowRecord> = Vec::new();
    let mut number = 0;
    while let Some(frame) = simulation.next_frame() {
        number += 1;
        let original = u32::try_from(frame.bytes.len()).unwrap();
        observer.frame(
            number,
            frame.time,
            LinkType::ETHERNET,
            frame.bytes,
            original,
            &mut flows,
        );
    }
    let observation = observer.finish(&mut flows);
    (flows, observation, simulation.truth().clone())
}

/// A working day from the early shift on, polled every five seconds.
fn working_day() -> Plant {
    Plant {
        start: cofferdam_terms::Timestamp::from_secs(Plant::DEFAULT_START.secs() + 29 * 3600),
        duration: Duration::from_hours(10),
        poll_every: Duration::from_secs(5),
        assets: 60,
        ..Plant::default()
    }
}

#[test]
fn a_plant_at_work_is_seen_as_it_is() {
    let (flows, observation, truth) = observe(working_day());
    let by_ip: BTreeMap<IpAddr, &ObservedAsset> = observation
        .assets
        .iter()
        .flat_map(|asset| {
            asset
                .endpoints
                .iter()
                .filter_map(move |(end, _)| Some((end.ip?, asset)))
        })
        .collect();
    let mut lines = Vec::new();
    let (mut found, mut right) = (0, 0);
    for asset in &truth.assets {
        let interface = &asset.interfaces[0];
        let Some(seen) = by_ip.get(&IpAddr::V4(interface.ip)) else {
            lines.push(format!("{} {}: did not speak", asset.id, asset.role));
            continue;
        };
        found += 1;
        let judged = if seen.role.role == asset.role {
            right += 1;
            "as"
        } else {
            "NOT as"
        };
        lines.push(format!(
            "{} {}: seen {judged} {} {:.2}: {}",
            asset.id,
            asset.role,
            seen.role.role,
            seen.role.confidence,
            seen.role.reasons.join("; ")
        ));
        // Joins are right: no two of the plant's devices became one.
        let others = truth.assets.iter().filter(|other| other.id != asset.id);
        for other in others {
            let ip = IpAddr::V4(other.interfaces[0].ip);
            let same = seen.endpoints.iter().any(|(end, _)| end.ip == Some(ip));
            assert!(
                !same,
                "{} and {} became one: {:?}",
                asset.id, other.id, seen.joins
            );
        }
    }
    for asset in &observation.assets {
        let true_ip = |ip| {
            truth
                .assets
                .iter()
                .any(|one| IpAddr::V4(one.interfaces[0].ip) == ip)
        };
        if !asset.endpoints.iter().any(|(end, _)| end.ip.is_some_and(true_ip)) {
            let role = &asset.role;
            lines.push(format!(
                "beside: {} {} {:.2}: {}",
                asset.key,
                role.role,
                role.confidence,
                asset.joins.join("; ")
            ));
        }
    }
    lines.push(format!("{right} of {found} right"));
    insta::assert_snapshot!("roles_of_a_plant", lines.join("\n"));
    assert!(right * 10 >= found * 8, "{right} of {found}");
    let coverage = &observation.coverage;
    assert_eq!((coverage.packets, coverage.missed_bytes), (coverage.decoded, 0));
    assert_eq!(coverage.anomalies, []);
    check_flows(&flows, &truth);
}

/// Every flow of the truth that had packets is there, with the right initiator, responder and port.
fn check_flows(flows: &[FlowRecord], truth: &Truth) {
    let ips: BTreeMap<&str, IpAddr> = truth
        .assets
        .iter()
        .map(|asset| (asset.id.as_str(), IpAddr::V4(asset.interfaces[0].ip)))
        .collect();
    let seen: BTreeSet<(IpAddr, IpAddr, u16)> = flows
        .iter()
        .filter_map(|flow| Some((flow.initiator.ip?, flow.responder.ip?, flow.responder_port)))
        .collect();
    let mut missing = Vec::new();
    for flow in truth.flows.iter().filter(|flow| flow.packets > 0) {
        let ends = ips
            .get(flow.initiator.as_str())
            .zip(ips.get(flow.responder.as_str()));
        if let Some((initiator, responder)) = ends
            && !seen.contains(&(*initiator, *responder, flow.port))
        {
            missing.push(format!(
                "{} > {} {} {}",
                flow.initiator, flow.responder, flow.protocol, flow.port
            ));
        }
    }
    assert_eq!(missing, [""; 0]);
}
