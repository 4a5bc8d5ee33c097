//! Two configurations, or two models, or one of each: what only the first lets through and what only the second does.

use crate::backends::{Residual, Scope, permits};
use crate::filter::{Action, Device, Reading, RuleList, State, States};
use crate::policy::Policy;
use crate::symbolic::{Difference, Headers, Join, Ref, Space, TooLarge, differences_within};
use cofferdam_plant::Plant;

/// In what two filters differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// What the first lets through and the second does not: one entry for each pair of rules that decide it.
    pub only_first: Vec<Difference>,
    /// Every packet of that kind.
    pub only_first_headers: Headers,
    /// What the second lets through and the first does not.
    pub only_second: Vec<Difference>,
    /// Every packet of that kind.
    pub only_second_headers: Headers,
}

impl Diff {
    /// Whether both let the same through.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.only_first.is_empty() && self.only_second.is_empty()
    }
}

/// Compares what two filters do with new connections; unread conditions are taken as `reading` says.
///
/// # Errors
/// If the rules need more room than a space may take.
pub fn diff(first: &Device, second: &Device, reading: Reading) -> Result<Diff, TooLarge> {
    let mut space = Space::of(&[first, second]);
    let opening = space.states(States::one(State::New), Ref::ALL);
    let found = differences_within(&mut space, first, second, reading, opening)?;
    let (a, b) = (space.passed(first, reading), space.passed(second, reading));
    let mut headers = |more: Ref, less: Ref| {
        let only = space.diagrams.join(Join::Without, more, less);
        let only = space.diagrams.join(Join::Within, only, opening);
        space.headers(only)
    };
    let (only_first_headers, only_second_headers) = (headers(a, b), headers(b, a));
    let (only_first, only_second) = found
        .into_iter()
        .partition(|difference| difference.first.action == Action::Permit);
    space.checked(Diff {
        only_first,
        only_first_headers,
        only_second,
        only_second_headers,
    })
}

/// What a model permits, as a device whose rules are labelled `conduit/permit`, to be compared with configurations or
/// another model; and what a port filter can't hold of it, which such a comparison does not see.
#[must_use]
pub fn model_device(plant: &Plant, policy: &Policy, scope: &Scope) -> (Device, Vec<Residual>) {
    let (rules, residuals) = permits(plant, policy, scope);
    (
        Device::filtering("model", RuleList::denying("model", rules)),
        residuals,
    )
}
