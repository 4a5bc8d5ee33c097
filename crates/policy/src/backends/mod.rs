//! Firewall backends: from a policy to a device's own rules, and back.
//!
//! Each backend is a folder of its own with four parts: `lower` (policy to a typed tree, deciding everything), `tree`
//! (the device's rules as values, which also answer for a packet), `print` (tree to text, deciding nothing) and `parse`
//! (text to tree). It is registered in [`BACKENDS`]; tests find it there.

mod chains;
mod cisco;
mod fortios;
mod iptables;
pub mod nftables;
mod objects;
mod panos;
mod pfsense;
mod plan;
mod residual;
mod routeros;
mod srx;
mod text;
mod windows;
mod xml;

pub(crate) use plan::permits;
pub use plan::{MAX_REDUCED, Plan, plan};
pub use residual::{Residual, ResidualKind};
pub(crate) use text::addresses;

use crate::filter::{Device, RuleList};
use crate::policy::Policy;
use cofferdam_plant::{ConduitId, EnforcementPointId, Plant};

/// One firewall backend.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    /// Its name in the plant model: `nftables`.
    pub name: &'static str,
    /// The device's name in the field.
    pub title: &'static str,
    /// The ending of a file with its rules, without the dot.
    pub extension: &'static str,
    /// Compiles what a scope has to enforce.
    pub compile: fn(&Plant, &Policy, &Scope) -> Compiled,
    /// Reads a device's configuration: a device for each virtual firewall in it.
    pub parse: fn(&str) -> Vec<Device>,
}

/// Every backend, ordered by name. Adding one is a folder and a line here.
pub const BACKENDS: &[Backend] = &[
    cisco::ASA,
    fortios::BACKEND,
    cisco::HIRSCHMANN,
    cisco::IOS,
    iptables::BACKEND,
    nftables::BACKEND,
    panos::BACKEND,
    pfsense::BACKEND,
    routeros::BACKEND,
    srx::BACKEND,
    windows::BACKEND,
];

/// The backend of a name.
#[must_use]
pub fn backend(name: &str) -> Option<&'static Backend> {
    BACKENDS.iter().find(|backend| backend.name == name)
}

/// Which conduits the rules are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that name an enforcement point.
    Point(EnforcementPointId),
    /// All of the site: one device through which everything passes.
    Site,
}

impl Scope {
    /// The name that is written into the rules: the enforcement point's, or `site`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Point(point) => point.as_str(),
            Self::Site => "site",
        }
    }

    /// The conduits in the scope, ordered by id.
    pub(crate) fn holds(&self, plant: &Plant, conduit: &ConduitId) -> bool {
        match self {
            Self::Site => true,
            Self::Point(point) => plant
                .conduit(conduit)
                .is_some_and(|conduit| conduit.enforcement_points.contains(point)),
        }
    }
}

/// What a backend gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// The rules as the device reads them.
    pub text: String,
    /// Commands that take the rules away again.
    pub roll_back: String,
    /// How many rules there are beside the default.
    pub rules: usize,
    /// What the device can't enforce, ordered by conduit and permit: to be handed to monitoring.
    pub residuals: Vec<Residual>,
    /// What the text says, as neutral rules: the policy's permits but for those that residuals name as not held.
    pub enforced: RuleList,
}
