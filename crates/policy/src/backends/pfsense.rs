//! pfSense and OPNsense: filter rules and aliases of `config.xml`.
//!
//! Rules are compiled as floating ones, quick and in any direction, since the model has no interfaces; the text is the
//! `aliases` and `filter` sections, to be restored as such. Ports are those of TCP and UDP; schedules go by the device's
//! own clock.
//!
//! Read: interfaces, gateways, static routes, aliases (both products' forms), filter rules, port forwards, one-to-one and
//! outbound NAT that is written out. Floating rules that are quick come first, then groups', then each interface's, as pf
//! asks them; a floating rule that is not quick is unsure. Aliases that are filled by name or from afar make the rules
//! that name them unsure. Settings of a rule that are not known make it unsure.

mod parse;

use super::text::{Names, prefixes, printable};
use super::{Backend, Compiled, Plan, Scope, plan};
use crate::filter::{AddressSet, Carrier, Family, Rule, range_text};
use crate::policy::Policy;
use cofferdam_plant::Plant;
use cofferdam_terms::IpProtocol;
use std::fmt::Write as _;

/// The registration.
pub(super) const BACKEND: Backend = Backend {
    name: "pfsense",
    title: "pfSense and OPNsense (config.xml)",
    extension: "pfsense.xml",
    compile,
    parse: |text| vec![parse::parse(text)],
};

fn compile(plant: &Plant, policy: &Policy, scope: &Scope) -> Compiled {
    let plan = plan(plant, policy, scope)
        .without_times()
        .with_port_protocols(&[IpProtocol::TCP, IpProtocol::UDP]);
    let (text, rules) = print(&plan);
    let roll_back = "<!-- Cofferdam: takes the rules away: restore the sections `aliases` and `filter` that were saved before. -->\n<pfsense>\n  <aliases/>\n  <filter/>\n</pfsense>\n".to_owned();
    plan.compiled(text, roll_back, rules)
}

fn print(plan: &Plan) -> (String, usize) {
    let mut names = Names::default();
    let mut rules = String::new();
    let mut count = 0;
    for rule in &plan.rules {
        for family in Family::ALL {
            count += print_rule(&mut rules, &mut names, rule, family);
        }
    }
    let mut out = String::from("<?xml version=\"1.0\"?>\n");
    for line in plan.head() {
        // Two hyphens would end the comment.
        _ = writeln!(out, "<!-- {} -->", printable(&line).replace("--", "- -"));
    }
    out.push_str("<pfsense>\n  <aliases>\n");
    for (name, set) in &names.lists {
        let nets: Vec<_> = prefixes(set).iter().map(ToString::to_string).collect();
        _ = writeln!(
            out,
            "    <alias><name>{name}</name><type>network</type><address>{}</address></alias>",
            nets.join(" ")
        );
    }
    _ = write!(out, "  </aliases>\n  <filter>\n{rules}  </filter>\n</pfsense>\n");
    (out, count)
}

fn print_rule(out: &mut String, names: &mut Names, rule: &Rule, family: Family) -> usize {
    let (source, destination) = (rule.source.only(family), rule.destination.only(family));
    if source.is_empty() || destination.is_empty() {
        return 0;
    }
    let mut end = |set: &AddressSet, suffix: &str| {
        if set.is_all_of(family) {
            return "<any/>".to_owned();
        }
        match prefixes(set).as_slice() {
            [net] => format!("<address>{net}</address>"),
            // Names of aliases are letters, digits and `_`.
            _ => format!(
                "<address>{}</address>",
                names.of(set, &rule.label.replace('-', "_"), suffix)
            ),
        }
    };
    let (source, destination) = (end(&source, "from"), end(&destination, "to"));
    let version = if family == Family::V4 { "inet" } else { "inet6" };
    let mut count = 0;
    for (protocol, port) in carriers(&rule.carriers) {
        _ = writeln!(
            out,
            "    <rule><type>pass</type><floating>yes</floating><quick>yes</quick><direction>any</direction><ipprotocol>{version}</ipprotocol>{protocol}<source>{source}</source><destination>{destination}{port}</destination><descr>{}</descr></rule>",
            printable(&rule.label)
        );
        count += 1;
    }
    count
}

fn carriers(carriers: &[Carrier]) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for carrier in carriers {
        if carrier.is_any() {
            return vec![(String::new(), String::new())];
        }
        for protocol in carrier.protocols.iter() {
            let word = match protocol {
                IpProtocol::TCP => "tcp".to_owned(),
                IpProtocol::UDP => "udp".to_owned(),
                IpProtocol(number) => number.to_string(),
            };
            let protocol = format!("<protocol>{word}</protocol>");
            if carrier.destination_ports.is_any() {
                out.push((protocol, String::new()));
                continue;
            }
            for range in carrier.destination_ports.ranges() {
                out.push((
                    protocol.clone(),
                    format!("<port>{}</port>", range_text(*range, "-")),
                ));
            }
        }
    }
    out
}
