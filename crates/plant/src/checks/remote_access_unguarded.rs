//! # What
//! A permit from an external zone in a conduit that has neither a jump host nor an application gateway, unless everything
//! that it leads to is a jump host.
//!
//! # Why it matters
//! Remote maintenance is the way that plants open to outsiders themselves. On a jump host the session can be authorised,
//! recorded, watched and cut; a tunnel alone only hides what passes through it.
//!
//! # Clause
//! IEC 62443-3-3 SR 1.13 wants access over untrusted networks watched and controlled, SR 2.6 wants remote sessions to be
//! ended, and SR 2.8 wants what happens recorded. IEC 62443-3-2 ZCR 3.6 wants such devices apart.
//!
//! # Evidence
//! The parties of permits, `protection` of the conduit, and the roles of the assets that are reached.
//!
//! # False positives
//! Pulls of time or updates that an outside host starts. They should start inside.
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
//! [[conduit]]
//! id = "vendor-access"
//! zones = ["vendor", "dmz"]
//! protection = ["vpn"]
//!
//! [[conduit.permit]]
//! id = "support"
//! from = ["zone:vendor"]
//! to = ["zone:dmz"]
//! services = ["tcp/3389"]
//! operations = ["session"]
//! open = ["2026-11-28T06:00Z/2026-11-28T10:00Z"]
//! ```
//!
//! # Mend
//! Let it end on a jump host that records sessions: `to = ["asset:jump-1"]` with that role, or name `jump-host` in
//! `protection`.

use super::survey::{Kinds, Survey};
use super::{Check, Findings, Run, places};
use crate::diagnostic::{Clause, Code, Severity};
use crate::model::{AssetRole, Party, Protection, ZoneKind};

pub(super) const CHECK: Check = Check {
    code: Code("remote-access-unguarded"),
    severity: Severity::Error,
    clauses: &[
        Clause::sr("SR 1.13"),
        Clause::sr("SR 2.6"),
        Clause::sr("SR 2.8"),
        Clause::zcr("ZCR 3.6"),
    ],
    source: include_str!("remote_access_unguarded.rs"),
    run: Run::Model(run),
};

fn run(survey: &Survey<'_>, findings: &mut Findings<'_>) {
    let external = Kinds::from_iter([ZoneKind::External]);
    for at in survey.permits() {
        let guarded = at.conduit.protection.iter().any(|protection| match protection {
            Protection::JumpHost | Protection::ApplicationGateway => true,
            Protection::Firewall | Protection::Vpn | Protection::Diode => false,
        });
        if guarded || at.permit.to.iter().all(|party| is_jump_host(survey, party)) {
            continue;
        }
        let Some((n, party)) = survey.first_in(&at.permit.from, external) else {
            continue;
        };
        findings.push(
            findings
                .found(format!(
                    "permit `{}` of conduit `{}` lets `{party}` in without jump host or gateway",
                    at.permit.id, at.conduit.id
                ))
                .at(places::permit_item(at.conduit_at, at.permit_at, "from", n))
                .help("let it end on a jump host that records sessions, or name `jump-host` in `protection`"),
        );
    }
}

fn is_jump_host(survey: &Survey<'_>, party: &Party) -> bool {
    match party {
        Party::Zone(_) => false,
        Party::Asset(id) => survey
            .plant
            .asset(id)
            .is_some_and(|asset| asset.role.value == AssetRole::JumpHost),
    }
}
