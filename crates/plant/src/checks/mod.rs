//! The checks of a model: one file each, registered in [`CHECKS`].
//!
//! A check looks at the [`Survey`] of a model and reports [`Diagnostic`]s with places. Its module documentation is its
//! manual: `cofferdam explain` and docs/checks.md are made from it, and its example is run as a test.

mod addresses;
mod manual;
mod places;
mod roles;
mod separation;
mod survey;
mod usage;

mod address_claimed_twice;
mod asset_without_zone;
mod business_with_control;
mod child_loosens_sl_t;
mod conduit_joins_too_few;
mod conduit_without_enforcement_point;
mod conduit_without_owner;
mod declaration_contradicted;
mod diode_two_way;
mod dmz_bypassed;
mod duplicate_list_entry;
mod external_not_separated;
mod flow_without_conduit;
mod levels_differ_unprotected;
mod observed_address_without_zone;
mod permit_any_operation;
mod permit_any_service;
mod permit_outside_conduit;
mod permit_unused;
mod permit_without_reason;
mod remote_access_always_open;
mod remote_access_unguarded;
mod safety_change_permitted;
mod safety_not_separated;
mod safety_zone_nested;
mod single_enforcement_point;
mod subnet_claimed_twice;
mod temporary_not_separated;
mod vlan_spans_kinds;
mod window_expired;
mod wireless_not_separated;
mod zone_empty;
mod zone_without_owner;
mod zone_without_sl_t;

pub use declaration_contradicted::{Discrepancy, discrepancies};
pub use manual::{codes, explain, reference};

use crate::diagnostic::{Clause, Code, Diagnostic, Severity};
use crate::observed::Observed;
use crate::plant::Plant;
use crate::text::Document;
use cofferdam_terms::Timestamp;
use survey::Survey;
use usage::Usage;

/// Every check, by name.
pub const CHECKS: &[&Check] = &[
    &address_claimed_twice::CHECK,
    &asset_without_zone::CHECK,
    &business_with_control::CHECK,
    &child_loosens_sl_t::CHECK,
    &conduit_joins_too_few::CHECK,
    &conduit_without_enforcement_point::CHECK,
    &conduit_without_owner::CHECK,
    &declaration_contradicted::CHECK,
    &diode_two_way::CHECK,
    &dmz_bypassed::CHECK,
    &duplicate_list_entry::CHECK,
    &external_not_separated::CHECK,
    &flow_without_conduit::CHECK,
    &levels_differ_unprotected::CHECK,
    &observed_address_without_zone::CHECK,
    &permit_any_operation::CHECK,
    &permit_any_service::CHECK,
    &permit_outside_conduit::CHECK,
    &permit_unused::CHECK,
    &permit_without_reason::CHECK,
    &remote_access_always_open::CHECK,
    &remote_access_unguarded::CHECK,
    &safety_change_permitted::CHECK,
    &safety_not_separated::CHECK,
    &safety_zone_nested::CHECK,
    &single_enforcement_point::CHECK,
    &subnet_claimed_twice::CHECK,
    &temporary_not_separated::CHECK,
    &vlan_spans_kinds::CHECK,
    &window_expired::CHECK,
    &wireless_not_separated::CHECK,
    &zone_empty::CHECK,
    &zone_without_owner::CHECK,
    &zone_without_sl_t::CHECK,
];

/// A check of the model.
pub struct Check {
    /// Its name.
    pub code: Code,
    /// How bad a finding is.
    pub severity: Severity,
    /// The clauses that it comes from; empty for checks that keep the model itself sound.
    pub clauses: &'static [Clause],
    /// The file that it stands in, whose module documentation is its manual.
    source: &'static str,
    run: Run,
}

/// What a check looks at.
enum Run {
    /// The model alone.
    Model(fn(&Survey<'_>, &mut Findings)),
    /// The model and the time.
    Time(fn(&Survey<'_>, Timestamp, &mut Findings)),
    /// The model and what was observed.
    Usage(fn(&Survey<'_>, &Usage<'_>, &mut Findings)),
}

/// What is known beside the model. What isn't known leaves checks out, and they are named.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'f> {
    /// The time.
    pub now: Option<Timestamp>,
    /// What was observed.
    pub observed: Option<&'f Observed>,
}

/// What the checks found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// Findings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Checks that could not run, and what they lacked.
    pub not_run: Vec<(Code, Lacking)>,
}

/// What a check lacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// The time was not given.
    Time,
    /// No observation was given.
    Observation,
}

impl Lacking {
    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "the time",
            Self::Observation => "an observation",
        }
    }
}

/// Runs every check.
#[must_use]
pub fn check(plant: &Plant, facts: Facts<'_>) -> Checked {
    let survey = Survey::new(plant);
    let usage = facts.observed.map(|observed| Usage::new(&survey, observed));
    let mut out = Checked::default();
    for check in CHECKS {
        let mut findings = Findings {
            check,
            diagnostics: &mut out.diagnostics,
        };
        match (&check.run, facts.now, &usage) {
            (Run::Model(run), _, _) => run(&survey, &mut findings),
            (Run::Time(run), Some(now), _) => run(&survey, now, &mut findings),
            (Run::Time(_), None, _) => out.not_run.push((check.code, Lacking::Time)),
            (Run::Usage(run), _, Some(usage)) => run(&survey, usage, &mut findings),
            (Run::Usage(_), _, None) => out.not_run.push((check.code, Lacking::Observation)),
        }
    }
    // Stable, so that findings at one place stay in the order of their checks.
    out.diagnostics
        .sort_by(|a, b| a.primary.place.cmp(&b.primary.place));
    out
}

impl Document {
    /// Runs every check and shows the findings in the text.
    #[must_use]
    pub fn check(&self, facts: Facts<'_>) -> Checked {
        let mut checked = check(self.plant(), facts);
        self.locate(&mut checked.diagnostics);
        checked
            .diagnostics
            .sort_by_key(|d| d.primary.span.as_ref().map(|span| span.start));
        checked
    }
}

/// Takes what one check finds.
pub(crate) struct Findings<'f> {
    check: &'static Check,
    diagnostics: &'f mut Vec<Diagnostic>,
}

impl Findings<'_> {
    /// A diagnostic of this check, to be completed and pushed.
    fn found(&self, message: impl Into<String>) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.check.code, self.check.severity, message);
        diagnostic.clauses = self.check.clauses;
        diagnostic
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
