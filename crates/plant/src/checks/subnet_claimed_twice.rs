//! # What
//! One subnet that stands as selector in two zones.
//!
//! # Why it matters
//! A subnet selects the addresses that no asset claims; the most specific one wins. Two zones with the same subnet leave
//! the zone of such an address undecided.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.1 wants each asset in its zone. IEC 62443-3-3 SR 5.1 wants networks segmented along them.
//!
//! # Evidence
//! `subnets` of zones. Subnets within another zone's larger subnet are fine: the smaller one wins.
//!
//! # False positives
//! None known. Machines behind address translation with equal inside addresses need their translated addresses here.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//! subnets = ["10.20.1.0/24"]
//!
//! [[zone]]
//! id = "cell-2"
//! kind = "control"
//! subnets = ["10.20.1.0/24"]
//! ```
//!
//! # Mend
//! Leave the subnet to one zone, and claim the other zone's addresses by assets or by a smaller subnet.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    code: Code("subnet-claimed-twice"),
    severity: Severity::Error,
    clauses: &[Clause::zcr("ZCR 3.1"), Clause::sr("SR 5.1")],
    source: include_str!("subnet_claimed_twice.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    let mut claims = BTreeMap::new();
    for (at, zone) in survey.zones() {
        for (n, net) in zone.subnets.iter().enumerate() {
            let first: (usize, usize) = *claims.entry(net.trunc()).or_insert((at, n));
            let Some((_, other)) = survey.zone(first.0).filter(|(first_at, _)| *first_at != at) else {
                continue;
            };
            findings.push(
                findings
                    .found(format!(
                        "zones `{}` and `{}` both select {net}",
                        other.id, zone.id
                    ))
                    .at(places::zone_item(at, "subnets", n))
                    .and(
                        places::zone_item(first.0, "subnets", first.1),
                        format!("selected by `{}` here", other.id),
                    )
                    .help("leave it to one zone; claim the other's addresses by assets or a smaller subnet"),
            );
        }
    }
}
