//! nftables (Linux): one `inet` table with a forward chain, replaced as a whole in one transaction.
//!
//! It follows nft(8) 1.0. Times are written as seconds, which nft takes as UTC whatever the host's time zone is.
//! Only forwarded packets are judged: what the device itself sends or receives is not a conduit's.

mod lower;
mod neutral;
mod parse;
mod print;
mod tree;

pub use lower::{Lowered, lower};
pub(crate) use neutral::neutral;
pub use parse::{Fault, FaultKind, MAX_LENGTH, Parsed, parse};
pub use print::{print, roll_back};
pub use tree::{
    Comment, ConnectionState, Day, Family, Interval, Match, Packet, Ports, Rule, Ruleset, Seconds, Set,
    SetName, Source, Verdict,
};

use super::{Backend, Compiled, Scope};
use crate::filter::{Device, RuleList};
use crate::policy::Policy;
use cofferdam_plant::Plant;

/// The registration.
pub(super) const BACKEND: Backend = Backend {
    name: "nftables",
    title: "nftables (Linux)",
    extension: "nft",
    compile,
    parse: devices,
};

fn devices(text: &str) -> Vec<Device> {
    vec![neutral::device(text, &parse(text))]
}

fn compile(plant: &Plant, policy: &Policy, scope: &Scope) -> Compiled {
    let lowered = lower(plant, policy, scope);
    let enforced = neutral(&lowered.ruleset, &[]).stages.pop();
    let enforced = enforced.unwrap_or_else(|| RuleList::denying(scope.name(), Vec::new()));
    Compiled {
        text: print(&lowered.ruleset),
        roll_back: roll_back(scope.name()),
        rules: lowered.ruleset.rules.len(),
        residuals: lowered.residuals,
        enforced,
    }
}
