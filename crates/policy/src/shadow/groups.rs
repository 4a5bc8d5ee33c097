//! Cuts summed by zone pair, host, service, operation and hour.

use super::report::{Amount, Breakdown, Finding, Group, Who};
use crate::words;
use cofferdam_terms::Timestamp;
use std::collections::BTreeMap;

type Sums = BTreeMap<String, Group>;

pub(super) fn sum(findings: &[Finding]) -> Breakdown {
    let mut zones = Sums::new();
    let mut hosts = Sums::new();
    let mut services = Sums::new();
    let mut operations = Sums::new();
    let mut hours = Sums::new();
    for finding in findings {
        let add = |sums: &mut Sums, label: String, amount: Amount| {
            put(sums, label, amount, finding.first, finding.last)
        };
        let pair = format!("{} → {}", zone(&finding.initiator), zone(&finding.responder));
        add(&mut zones, pair, finding.amount);
        add(&mut hosts, finding.initiator.name.clone(), finding.amount);
        if finding.initiator.name != finding.responder.name {
            add(&mut hosts, finding.responder.name.clone(), finding.amount);
        }
        add(&mut services, service(finding), finding.amount);
        for (key, count) in &finding.operations {
            let label = format!("{}: {} {}", key.operation, key.protocol, count.function_name);
            let amount = Amount {
                requests: count.requests,
                ..Amount::default()
            };
            put(&mut operations, label, amount, count.first, count.last);
        }
        for (hour, amount) in &finding.hours {
            let label = format!("{hour:02}:00–{hour:02}:59 UTC");
            put(&mut hours, label, *amount, finding.first, finding.last);
        }
    }
    Breakdown {
        zones: by_size(zones),
        hosts: by_size(hosts),
        services: by_size(services),
        operations: by_size(operations),
        hours: hours.into_values().collect(),
    }
}

fn put(sums: &mut Sums, label: String, amount: Amount, first: Timestamp, last: Timestamp) {
    let group = sums.entry(label.clone()).or_insert_with(|| Group {
        label,
        findings: 0,
        amount: Amount::default(),
        first,
        last,
    });
    group.findings += 1;
    group.amount.add(&amount);
    group.first = group.first.min(first);
    group.last = group.last.max(last);
}

fn by_size(sums: Sums) -> Vec<Group> {
    let mut groups: Vec<Group> = sums.into_values().collect();
    groups.sort_by(|a, b| {
        let size = |group: &Group| {
            (
                group.amount.requests,
                group.amount.traffic.packets,
                group.findings,
            )
        };
        size(b).cmp(&size(a)).then_with(|| a.label.cmp(&b.label))
    });
    groups
}

fn zone(who: &Who) -> String {
    who.zone
        .as_ref()
        .map_or_else(|| "no zone".to_owned(), |(zone, _)| zone.to_string())
}

/// `tcp/502 modbus`, with every protocol that the content shows.
pub(super) fn service(finding: &Finding) -> String {
    let protocols = finding.protocols.join("+");
    let protocol = (!protocols.is_empty()).then_some(protocols.as_str());
    words::service(protocol, finding.key.transport, finding.key.responder_port)
}
