//! # What
//! A permit with the service `any`, or with TCP or UDP on every port and no application protocol named.
//!
//! # Why it matters
//! Such a permit lets through what nobody thought of: remote desktops, file shares, the worm that moves by them. A firewall
//! with it is a router.
//!
//! # Clause
//! IEC 62443-3-3 SR 5.2 wants everything denied at the boundary but what is needed; SR 7.7 wants services that aren't
//! needed ruled out.
//!
//! # Evidence
//! `services` of permits.
//!
//! # False positives
//! Between a jump host and a DMZ while a draft is young. The observed flows say what is needed.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "scada"
//! kind = "supervisory"
//!
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//!
//! [[conduit]]
//! id = "scada-to-cell-1"
//! zones = ["scada", "cell-1"]
//!
//! [[conduit.permit]]
//! id = "everything"
//! from = ["zone:scada"]
//! to = ["zone:cell-1"]
//! services = ["any"]
//! operations = ["read"]
//! ```
//!
//! # Mend
//! Name the services that are used. `cofferdam draft` takes them from what was observed.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::{PortRange, Service};
use cofferdam_terms::Transport;

pub(super) const CHECK: Check = Check {
    code: Code("permit-any-service"),
    severity: Severity::Warning,
    clauses: &[Clause::sr("SR 5.2"), Clause::sr("SR 7.7")],
    source: include_str!("permit_any_service.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for at in survey.permits() {
        for (n, service) in at.permit.services.iter().enumerate() {
            if !is_any(service) {
                continue;
            }
            findings.push(
                findings
                    .found(format!(
                        "permit `{}` of conduit `{}` allows `{service}`, whatever the port",
                        at.permit.id, at.conduit.id
                    ))
                    .at(places::permit_item(at.conduit_at, at.permit_at, "services", n))
                    .help("name the services that are used, like `tcp/502 modbus`"),
            );
        }
    }
}

fn is_any(service: &Service) -> bool {
    let all_ports = service.ports.is_none_or(|ports| ports == PortRange::ALL);
    let with_ports = match service.transport {
        None | Some(Transport::TCP | Transport::UDP) => true,
        Some(Transport::Ip(_) | Transport::Ethernet(_)) => false,
    };
    with_ports && all_ports && service.protocol.is_none()
}
