//! Access lists of Cisco ASA (9.x), Cisco IOS and Hirschmann classic switches (L3P), which share their grammar.
//!
//! ASA takes object groups, both families and masks, and tracks connections. IOS named extended lists and Hirschmann's
//! numbered ones take wildcards, hold IPv4 and judge each packet alone: answers of TCP pass by `established` (where the
//! dialect has it), other answers by their ports, which is a residual. None gets time windows: their clocks are local.
//!
//! Read: lists, groups, objects, where a list is bound, interfaces, routes, and ASA's object NAT of hosts and networks.
//! A condition that is not understood makes its rule unsure; a name that is not there makes its rule unsure and "any";
//! other lines are listed. A list that is bound nowhere filters nothing; if none is bound, each list is taken as bound
//! to every interface, since a list alone was handed in. An interface without a list lets everything through; on ASA,
//! from a lower security level to a higher one nothing.

mod parse;
mod print;

use super::{Backend, Compiled, ResidualKind, Scope, plan};
use crate::policy::Policy;
use cofferdam_plant::Plant;
use cofferdam_terms::IpProtocol;

/// Cisco ASA.
pub(super) const ASA: Backend = Backend {
    name: "asa",
    title: "Cisco ASA",
    extension: "asa.cfg",
    compile: |plant, policy, scope| compile(Dialect::Asa, plant, policy, scope),
    parse: |text| vec![parse::parse(Dialect::Asa, text)],
};

/// Cisco IOS.
pub(super) const IOS: Backend = Backend {
    name: "ios",
    title: "Cisco IOS extended access list",
    extension: "ios.cfg",
    compile: |plant, policy, scope| compile(Dialect::Ios, plant, policy, scope),
    parse: |text| vec![parse::parse(Dialect::Ios, text)],
};

/// Hirschmann classic (L3P) switches.
pub(super) const HIRSCHMANN: Backend = Backend {
    name: "hirschmann",
    title: "Hirschmann classic (L3P) switch access list",
    extension: "hirschmann.cfg",
    compile: |plant, policy, scope| compile(Dialect::Hirschmann, plant, policy, scope),
    parse: |text| vec![parse::parse(Dialect::Hirschmann, text)],
};

/// Whose grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Asa,
    Ios,
    Hirschmann,
}

/// The list of our own; Hirschmann's are numbered, 100 to 199 for extended ones.
const LIST: &str = "COFFERDAM";

fn compile(dialect: Dialect, plant: &Plant, policy: &Policy, scope: &Scope) -> Compiled {
    let mut plan = plan(plant, policy, scope).without_times();
    if dialect != Dialect::Asa {
        plan = plan.v4_only();
    }
    plan = plan.with_port_protocols(&[IpProtocol::TCP, IpProtocol::UDP]);
    let mut enforced = plan.list();
    if dialect != Dialect::Asa {
        let replies = print::replies(&plan.rules, dialect);
        plan.note(&replies, &ResidualKind::AnswersByPort);
        enforced.rules.extend(replies);
    }
    let (text, roll_back, rules) = print::print(dialect, &plan, &enforced);
    Compiled {
        text,
        roll_back,
        rules,
        residuals: plan.residuals,
        enforced,
    }
}
