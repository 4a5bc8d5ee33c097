//! # What
//! A permit between an enterprise or external zone and a zone of the control system (safety, control, supervisory,
//! operations), in either direction, with no DMZ between.
//!
//! # Why it matters
//! In a DMZ a session ends and another begins, on a host that can be patched, watched and cut off without stopping
//! production. A flow that runs straight through has none of that: what holds a desk in the office holds a hand in the
//! plant.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.2 wants business apart from the control system. IEC 62443-3-3 SR 5.2 wants the boundary guarded.
//!
//! # Evidence
//! The parties of permits and the kinds of the zones where they stand.
//!
//! # False positives
//! Outbound alarms or one-way replication through a diode. Put the receiving end in a zone of kind `dmz`, where it belongs.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "office"
//! kind = "enterprise"
//!
//! [[zone]]
//! id = "scada"
//! kind = "supervisory"
//!
//! [[conduit]]
//! id = "office-to-scada"
//! zones = ["office", "scada"]
//!
//! [[conduit.permit]]
//! id = "reports"
//! from = ["zone:office"]
//! to = ["zone:scada"]
//! services = ["tcp/1433"]
//! operations = ["read"]
//! ```
//!
//! # Mend
//! Put a host in a zone of kind `dmz` (a historian's replica, a jump host, a broker) and permit each half of the way.

use super::survey::{Kinds, PermitAt, Survey};
use super::{Check, Findings, Run, places};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::{Party, ZoneKind};

pub(super) const CHECK: Check = Check {
    code: Code("dmz-bypassed"),
    severity: Severity::Error,
    clauses: &[Clause::zcr("ZCR 3.2"), Clause::sr("SR 5.2")],
    source: include_str!("dmz_bypassed.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    let outside = Kinds::from_iter([ZoneKind::Enterprise, ZoneKind::External]);
    let inside = Kinds::from_iter([
        ZoneKind::Safety,
        ZoneKind::Control,
        ZoneKind::Supervisory,
        ZoneKind::Operations,
    ]);
    for at in survey.permits() {
        let (from, to) = (&at.permit.from, &at.permit.to);
        if let (Some(a), Some(b)) = (survey.first_in(from, outside), survey.first_in(to, inside)) {
            report(findings, at, a, b);
        } else if let (Some(a), Some(b)) = (survey.first_in(from, inside), survey.first_in(to, outside)) {
            report(findings, at, a, b);
        }
    }
}

fn report(findings: &mut Findings<'_>, at: PermitAt<'_>, from: (usize, &Party), to: (usize, &Party)) {
    findings.push(
        findings
            .found(format!(
                "permit `{}` of conduit `{}` leads from `{}` to `{}` past the DMZ",
                at.permit.id, at.conduit.id, from.1, to.1
            ))
            .at(places::permit_item(at.conduit_at, at.permit_at, "to", to.0))
            .and(
                places::permit_item(at.conduit_at, at.permit_at, "from", from.0),
                "from here",
            )
            .help("end the session on a host in a zone of kind dmz, and permit each half of the way"),
    );
}
