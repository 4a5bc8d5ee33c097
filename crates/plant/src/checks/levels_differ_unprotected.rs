//! # What
//! A conduit between zones with different target levels that names no protection.
//!
//! # Why it matters
//! The lower zone is easier to get into, by design. Without something between them, that is also the way into the higher
//! zone, whose level is then a number on paper.
//!
//! # Clause
//! IEC 62443-3-3 SR 5.2 wants the traffic at a zone's boundary watched and controlled. IEC 62443-3-2 ZCR 5.12 wants
//! countermeasures named where a target level is not reached.
//!
//! # Evidence
//! The `sl-t` of zones, joined with those of the zones that they lie in, and `protection` of the conduit.
//!
//! # False positives
//! None known. If a firewall is there, write it down: others will rely on the model.
//!
//! # Example
//! ```toml
//! [[zone]]
//! id = "cell-1"
//! kind = "control"
//! sl-t = 3
//!
//! [[zone]]
//! id = "scada"
//! kind = "supervisory"
//! sl-t = 2
//!
//! [[conduit]]
//! id = "scada-to-cell-1"
//! zones = ["scada", "cell-1"]
//! ```
//!
//! # Mend
//! Name what protects the conduit: `protection = ["firewall"]`. If there is nothing, it has to be put there.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};

pub(super) const CHECK: Check = Check {
    code: Code("levels-differ-unprotected"),
    severity: Severity::Error,
    clauses: &[Clause::sr("SR 5.2"), Clause::zcr("ZCR 5.12")],
    source: include_str!("levels_differ_unprotected.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    for (at, conduit) in survey
        .conduits()
        .filter(|(_, conduit)| conduit.protection.is_empty())
    {
        let mut levels = conduit.zones.iter().filter_map(|id| {
            let zone = survey.plant.zone_position(id)?;
            Some((id, zone, survey.sl_t(zone)?))
        });
        let Some((first, first_at, first_level)) = levels.next() else {
            continue;
        };
        let Some((other, other_at, other_level)) = levels.find(|(_, _, level)| *level != first_level) else {
            continue;
        };
        findings.push(
            findings
                .found(format!(
                    "conduit `{}` joins zones with different target levels and has no protection",
                    conduit.id
                ))
                .at(places::conduit_key(at, "zones"))
                .and(
                    places::zone_key(first_at, "sl-t"),
                    format!("`{first}` is to reach {}", first_level.0),
                )
                .and(
                    places::zone_key(other_at, "sl-t"),
                    format!("`{other}` is to reach {}", other_level.0),
                )
                .help("name what stands between them: `protection = [\"firewall\"]`"),
        );
    }
}
