//! # What
//! A wireless zone that lies in a zone of another kind.
//!
//! # Why it matters
//! A radio network ends where the signal ends, not at the wall. Since what is permitted for a zone is permitted for the
//! zones within it, a wireless zone inside a control zone has that zone's rights for whoever gets onto the radio.
//!
//! # Clause
//! IEC 62443-3-2 ZCR 3.5 wants wireless devices in zones apart from wired ones. IEC 62443-3-3 SR 2.2 wants their use
//! authorised, watched and restricted.
//!
//! # Evidence
//! The kinds of zones and their `parent`.
//!
//! # False positives
//! Point-to-point radio links that replace a cable and have their own encryption. Model them as a conduit with protection
//! `vpn`, not as a zone.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "machining"
//! kind = "control"
//!
//! [[zone]]
//! id = "handhelds"
//! kind = "wireless"
//! parent = "machining"
//! ```
//!
//! # Mend
//! Take `parent` out of the wireless zone and write a conduit with what the wireless devices need.

use super::{Check, Findings, Run, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::ZoneKind;

pub(super) const CHECK: Check = Check {
    code: Code("wireless-not-separated"),
    severity: Severity::Warning,
    clauses: &[Clause::zcr("ZCR 3.5"), Clause::sr("SR 2.2")],
    source: include_str!("wireless_not_separated.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    super::separation::nested(survey, findings, ZoneKind::Wireless);
}
