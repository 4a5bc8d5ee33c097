//! # What
//! Observed addresses that no asset claims and no zone's subnet selects.
//!
//! # Why it matters
//! Traffic with such an address can't be held against the policy: it will be denied, whatever it is. It may be an asset
//! that the inventory lacks, or a guest.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.1 wants every asset in a zone. IEC 62443-3-3 SR 7.8 wants the inventory complete.
//!
//! # Evidence
//! The addresses of observed uses. Those that were seen most often come first.
//!
//! # False positives
//! Addresses beyond a router or on the internet: give them a zone of kind `external` or `enterprise` with the subnet that
//! selects them, if need be `0.0.0.0/0`.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//! subnets = ["10.20.1.0/24"]
//! ```
//! ```observed
//! 10.99.0.7 -> 10.20.1.11 tcp/502 modbus: read; 3
//! ```
//!
//! # Mend
//! Add the asset, or a subnet to the zone where the addresses belong.

use super::usage::Usage;
use super::{Check, Findings, Run, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::plant::{Place, Table};

pub(super) const CHECK: Check = Check {
    code: Code("observed-address-without-zone"),
    severity: Severity::Warning,
    clauses: &[Clause::zcr("ZCR 3.1"), Clause::sr("SR 7.8")],
    source: include_str!("observed_address_without_zone.rs"),
    run: Run::Usage(run),
};

/// How many addresses the message names.
const SHOWN: usize = 5;

fn run(_: &Survey<'_>, usage: &Usage<'_>, findings: &mut Findings<'_>) {
    let mut homeless: Vec<_> = usage.homeless.iter().collect();
    // Stable: equal counts stay in the order of addresses.
    homeless.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    if homeless.is_empty() {
        return;
    }
    let named: Vec<String> = homeless
        .iter()
        .take(SHOWN)
        .map(|(address, count)| format!("{address} ({count} times)"))
        .collect();
    let more = match homeless.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let belongs = if homeless.len() == 1 {
        "1 observed address belongs"
    } else {
        &format!("{} observed addresses belong", homeless.len())
    };
    findings.push(
        findings
            .found(format!("{belongs} to no zone: {}{more}", named.join(", ")))
            .at(Place::new(Table::Site, 0, &[]))
            .help("add the assets, or a subnet to the zone where the addresses belong"),
    );
}
