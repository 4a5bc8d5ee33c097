//! # What
//! A permit with `operations = "any"` that ends in a zone with control equipment: safety, control or supervisory.
//!
//! # Why it matters
//! On one port a protocol of the plant reads, writes, stops the controller and replaces its program. Who needs to read
//! should be able to read.
//!
//! # Clause
//! IEC 62443-3-3 SR 2.1 wants each user and process held to what it is authorised to do, and clause 4.4 the least
//! privilege.
//!
//! # Evidence
//! `operations` of permits and the kinds of the zones that they end in.
//!
//! # False positives
//! Services that carry no operations of the plant's protocols, as remote desktop or file transfer do. Name what they do:
//! `session`, `file`.
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
//! id = "modbus"
//! from = ["zone:scada"]
//! to = ["zone:cell-1"]
//! services = ["tcp/502 modbus"]
//! operations = "any"
//! ```
//!
//! # Mend
//! List the operation classes that are used: `operations = ["read", "write"]`.

use super::survey::{Kinds, Survey};
use super::{Check, Findings, Run, places};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::ZoneKind;
use cofferdam_terms::OperationSet;

pub(super) const CHECK: Check = Check {
    code: Code("permit-any-operation"),
    severity: Severity::Warning,
    clauses: &[Clause::sr("SR 2.1"), Clause::sr("4.4")],
    source: include_str!("permit_any_operation.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    let equipment = Kinds::from_iter([ZoneKind::Safety, ZoneKind::Control, ZoneKind::Supervisory]);
    for at in survey.permits() {
        if at.permit.operations != OperationSet::ALL || !survey.kinds(&at.permit.to).meets(equipment) {
            continue;
        }
        findings.push(
            findings
                .found(format!(
                    "permit `{}` of conduit `{}` allows every operation on control equipment",
                    at.permit.id, at.conduit.id
                ))
                .at(places::permit_key(at.conduit_at, at.permit_at, "operations"))
                .help("list those that are used: `operations = [\"read\", \"write\"]`"),
        );
    }
}
