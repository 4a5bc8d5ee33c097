//! Fortinet FortiOS (6.4 and later): firewall policies with address and service objects, as `show` writes them.
//!
//! Policies are compiled for any interface, since the model has none; both families stand in one policy. Policies hold
//! no time windows of the model's kind: schedules go by the device's own clock.
//!
//! Read: interfaces, zones, static routes, addresses, groups, services, virtual IPs, IP pools, schedules and policies,
//! for each virtual domain a device. A virtual IP in a policy stands for what it is mapped to. One-time schedules are
//! read as UTC, others make their policy unsure, as do users, internet services and whatever else is set in a policy and
//! not known here. Sections that are known to filter nothing are passed over; others are listed.

mod parse;
mod print;
mod tree;

use super::{Backend, Compiled, Scope, plan};
use crate::policy::Policy;
use cofferdam_plant::Plant;
use cofferdam_terms::IpProtocol;

/// The registration.
pub(super) const BACKEND: Backend = Backend {
    name: "fortios",
    title: "Fortinet FortiOS",
    extension: "fortios.conf",
    compile,
    parse: parse::parse,
};

fn compile(plant: &Plant, policy: &Policy, scope: &Scope) -> Compiled {
    let held = [IpProtocol::TCP, IpProtocol::UDP, IpProtocol(132)];
    let plan = plan(plant, policy, scope)
        .without_times()
        .with_port_protocols(&held);
    let (text, roll_back, rules) = print::print(&plan);
    plan.compiled(text, roll_back, rules)
}
