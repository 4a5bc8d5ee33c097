//! # What
//! A permit that lets a zone of another kind write, control, configure, program or update firmware in a safety zone.
//!
//! # Why it matters
//! An attack on a safety system has to change its logic or its mode; the one that became known did it through the port
//! that engineers used. If nothing outside the safety zone may change anything in it, that way is shut, and the engineer
//! goes to the station inside.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.3 wants safety apart. IEC 62443-3-3 SR 5.2 wants the boundary to deny what isn't needed, and SR 2.1
//! wants use held to what is authorised.
//!
//! # Evidence
//! `operations` of permits, and the kinds of the zones where their parties stand. A permit for a zone counts for the zones
//! within it.
//!
//! # False positives
//! Reset of a trip from the control room that the safety case allows. Hold it to one panel, one service and a window in
//! time, and record the acceptance in `reason`; it stays reported so that reviews see it.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "engineering"
//! kind = "supervisory"
//!
//! [[zone]]
//! id = "sis"
//! kind = "safety"
//!
//! [[conduit]]
//! id = "engineering-to-sis"
//! zones = ["engineering", "sis"]
//!
//! [[conduit.permit]]
//! id = "download"
//! from = ["zone:engineering"]
//! to = ["zone:sis"]
//! services = ["tcp/102 s7comm"]
//! operations = ["read", "program"]
//! ```
//!
//! # Mend
//! Leave `read`, `identify`, `diagnose`, `alarm` and `time`; make changes from a station inside the safety zone.

use super::survey::{Kinds, Survey};
use super::{Check, Findings, Run, places};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::ZoneKind;
use cofferdam_terms::{OperationClass, OperationSet};

pub(super) const CHECK: Check = Check {
    code: Code("safety-change-permitted"),
    severity: Severity::Error,
    clauses: &[Clause::zcr("ZCR 3.3"), Clause::sr("SR 5.2"), Clause::sr("SR 2.1")],
    source: include_str!("safety_change_permitted.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    let safety = Kinds::from_iter([ZoneKind::Safety]);
    for at in survey.permits() {
        let changes: OperationSet = at
            .permit
            .operations
            .iter()
            .filter(|operation: &OperationClass| operation.changes_equipment())
            .collect();
        let from_elsewhere = survey.kinds(&at.permit.from).exceeds(safety);
        if changes.is_empty() || !from_elsewhere {
            continue;
        }
        let Some((n, party)) = survey.first_in(&at.permit.to, safety) else {
            continue;
        };
        findings.push(
            findings
                .found(format!(
                    "permit `{}` of conduit `{}` lets others change safety equipment: {changes}",
                    at.permit.id, at.conduit.id
                ))
                .at(places::permit_key(at.conduit_at, at.permit_at, "operations"))
                .and(
                    places::permit_item(at.conduit_at, at.permit_at, "to", n),
                    format!("`{party}` is or holds a safety zone"),
                )
                .help("leave reading and diagnosis, and make changes from a station inside the safety zone"),
        );
    }
}
