//! # What
//! A permit from an external zone with no times at which it is open.
//!
//! # Why it matters
//! A vendor needs the way in for hours a year. Open all year, it is there for whoever has stolen the vendor's account.
//!
//! # Clause
//! IEC 62443-3-3 SR 1.13 wants access over untrusted networks controlled, SR 2.6 wants remote sessions to be ended when
//! they are over.
//!
//! # Evidence
//! `open` of permits, and the kinds of the zones where their initiators stand.
//!
//! # False positives
//! Remote monitoring that a contract wants day and night. Let it start inside, so that the way in stays shut.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "vendor"
//! kind = "external"
//!
//! [[zone]]
//! id = "dmz"
//! kind = "dmz"
//!
//! [[asset]]
//! id = "jump-1"
//! zone = "dmz"
//! role = "jump-host"
//!
//! [[conduit]]
//! id = "vendor-access"
//! zones = ["vendor", "dmz"]
//!
//! [[conduit.permit]]
//! id = "support"
//! from = ["zone:vendor"]
//! to = ["asset:jump-1"]
//! services = ["tcp/3389"]
//! operations = ["session"]
//! ```
//!
//! # Mend
//! Say when it is open: `open = ["2026-11-28T06:00Z/2026-11-28T10:00Z"]` for a visit, `open = ["sat 06:00-10:00 UTC"]`
//! for every week.

use super::survey::{Kinds, Survey};
use super::{Check, Findings, Run, places};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::ZoneKind;

pub(super) const CHECK: Check = Check {
    code: Code("remote-access-always-open"),
    severity: Severity::Warning,
    clauses: &[Clause::sr("SR 1.13"), Clause::sr("SR 2.6")],
    source: include_str!("remote_access_always_open.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    let external = Kinds::from_iter([ZoneKind::External]);
    for at in survey.permits().filter(|at| at.permit.open.is_none()) {
        let Some((_, party)) = survey.first_in(&at.permit.from, external) else {
            continue;
        };
        findings.push(
            findings
                .found(format!(
                    "permit `{}` of conduit `{}` is open to `{party}` day and night",
                    at.permit.id, at.conduit.id
                ))
                .at(places::permit(at.conduit_at, at.permit_at))
                .help("say when it is open: `open = [\"sat 06:00-10:00 UTC\"]`"),
        );
    }
}
