//! # What
//! A dated window that is over.
//!
//! # Why it matters
//! It permits nothing any more, but reads as if it did. The next visit gets a copy of it with the date changed, and its
//! permit was approved for another one.
//!
//! # Clause
//! IEC 62443-3-3 SR 7.7 wants what isn't needed ruled out; SR 2.6 wants remote access to end.
//!
//! # Evidence
//! `open` of permits and the time of the check.
//!
//! # False positives
//! None known: what was permitted when stays in the history of the model.
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
//! open = ["2020-03-14T06:00Z/2020-03-14T10:00Z"]
//! ```
//!
//! # Mend
//! Take the window out; if it was the only one, take the permit out with it.

use super::{Check, Findings, Run, places, survey::Survey};
use crate::diagnostic::{Clause, Code, Severity};
use crate::window::Window;
use cofferdam_terms::Timestamp;

pub(super) const CHECK: Check = Check {
    code: Code("window-expired"),
    severity: Severity::Warning,
    clauses: &[Clause::sr("SR 7.7"), Clause::sr("SR 2.6")],
    source: include_str!("window_expired.rs"),
    run: Run::Time(run),
};

fn run(survey: &Survey<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    for at in survey.permits() {
        let Some(open) = &at.permit.open else { continue };
        let is_over = |window: &Window| match window {
            Window::Once { to, .. } => *to <= now,
            Window::Weekly { .. } => false,
        };
        let never_again = open.windows.iter().all(is_over);
        for (n, window) in open
            .windows
            .iter()
            .enumerate()
            .filter(|(_, window)| is_over(window))
        {
            let help = if never_again {
                "the permit never opens again: take it out, or give it a window to come"
            } else {
                "take the window out"
            };
            findings.push(
                findings
                    .found(format!(
                        "a window of permit `{}` of conduit `{}` is over: {window}",
                        at.permit.id, at.conduit.id
                    ))
                    .at(places::permit_item(at.conduit_at, at.permit_at, "open", n))
                    .help(help),
            );
        }
    }
}
