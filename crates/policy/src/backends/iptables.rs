//! iptables-restore (Linux): a chain of its own that FORWARD goes to; `-4` and `-6` lines in one file for both
//! iptables-restore and ip6tables-restore, each of which passes over the other's (iptables(8)).
//!
//! Read: the filter table from FORWARD on, user chains followed. An unknown match makes its rule unsure, an unknown
//! target makes its action unknown; both stay in place and are listed. A chain that goes round is not followed.
//! Other tables are listed as unread: NAT there is a path that answers about reach leave out.

use super::chains::{Chained, Chains};
use super::text::{self, Line};
use super::{Backend, Compiled, Scope, plan};
use crate::filter::{
    Action, AddressSet, Carrier, Certainty, Device, Effect, Family, IcmpType, Interfaces, Ports, Rule,
    RuleList, State, States, TimeWindow, Times,
};
use crate::policy::Policy;
use cofferdam_plant::Plant;
use std::fmt::Write as _;
use std::sync::Arc;

/// The registration.
pub(super) const BACKEND: Backend = Backend {
    name: "iptables",
    title: "iptables-restore (Linux)",
    extension: "rules",
    compile,
    parse: |text| vec![parse(text)],
};

/// The chain of our own.
const CHAIN: &str = "COFFERDAM";
/// iptables' multiport takes 15 ports; a range counts as two.
const MULTIPORT: usize = 15;

fn compile(plant: &Plant, policy: &Policy, scope: &Scope) -> Compiled {
    let plan = plan(plant, policy, scope);
    let enforced = plan.list();
    let mut body = String::new();
    let mut rules = 0;
    for rule in &plan.rules {
        rules += print_rule(&mut body, rule);
    }
    let head: String = plan
        .head()
        .iter()
        .map(|line| format!("# {}\n", text::printable(line)))
        .collect();
    Compiled {
        text: format!(
            "{head}# Load with both: iptables-restore --noflush FILE; ip6tables-restore --noflush FILE\n*filter\n:{CHAIN} - [0:0]\n:FORWARD DROP [0:0]\n-F FORWARD\n-A FORWARD -j {CHAIN}\n-A {CHAIN} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n-A {CHAIN} -m conntrack --ctstate INVALID -j DROP\n{body}COMMIT\n"
        ),
        roll_back: format!(
            "# Cofferdam: takes the rules away; packets are then forwarded as if they had never been.\n*filter\n:FORWARD ACCEPT [0:0]\n-F FORWARD\n-F {CHAIN}\n-X {CHAIN}\nCOMMIT\n"
        ),
        rules,
        residuals: plan.residuals,
        enforced,
    }
}

fn print_rule(out: &mut String, rule: &Rule) -> usize {
    let mut count = 0;
    for family in Family::ALL {
        let (source, destination) = (rule.source.only(family), rule.destination.only(family));
        if source.is_empty() || destination.is_empty() {
            continue;
        }
        let flag = if family == Family::V4 { "-4" } else { "-6" };
        let windows = rule
            .times
            .as_ref()
            .map_or_else(|| vec![String::new()], time_matches);
        for carrier in carriers(&rule.carriers) {
            for window in &windows {
                _ = writeln!(
                    out,
                    "{flag} -A {CHAIN}{}{}{carrier}{window} -m comment --comment \"{}\" -j ACCEPT",
                    address_match("-s", &source, family),
                    address_match("-d", &destination, family),
                    text::printable(&rule.label)
                );
                count += 1;
            }
        }
    }
    count
}

fn address_match(flag: &str, set: &AddressSet, family: Family) -> String {
    if set.is_all_of(family) {
        return String::new();
    }
    let nets: Vec<_> = text::prefixes(set).iter().map(ToString::to_string).collect();
    format!(" {flag} {}", nets.join(","))
}

fn carriers(carriers: &[Carrier]) -> Vec<String> {
    let mut out = Vec::new();
    for carrier in carriers {
        if carrier.is_any() {
            out.push(String::new());
            continue;
        }
        for protocol in carrier.protocols.iter() {
            let number = protocol.0;
            if carrier.destination_ports.is_any() {
                out.push(format!(" -p {number}"));
                continue;
            }
            let mut lists: Vec<(usize, Vec<String>)> = Vec::new();
            for range in carrier.destination_ports.ranges() {
                let weight = if range.first() == range.last() { 1 } else { 2 };
                let item = crate::filter::range_text(*range, ":");
                match lists.last_mut() {
                    Some((used, items)) if *used + weight <= MULTIPORT => {
                        *used += weight;
                        items.push(item);
                    }
                    Some(_) | None => lists.push((weight, vec![item])),
                }
            }
            out.extend(
                lists
                    .iter()
                    .map(|(_, items)| format!(" -p {number} -m multiport --dports {}", items.join(","))),
            );
        }
    }
    out
}

/// iptables' days and times are UTC unless `--kerneltz` is given.
fn time_matches(times: &Times) -> Vec<String> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let mut out = Vec::new();
    for window in &times.windows {
        let dated = window.dated.map_or_else(String::new, |(from, to)| {
            format!(" --datestart {} --datestop {}", date(from), date(to - 1))
        });
        let Some(spans) = &window.weekly else {
            out.push(format!(" -m time{dated}"));
            continue;
        };
        for (from, to) in spans {
            let mut at = *from;
            while at < *to {
                let day = at.div_euclid(86_400);
                let end = (*to).min((day + 1) * 86_400);
                let name = usize::try_from(day)
                    .ok()
                    .and_then(|day| DAYS.get(day))
                    .unwrap_or(&"Mon");
                let (first, last) = (at - day * 86_400, end - 1 - day * 86_400);
                out.push(format!(
                    " -m time --weekdays {name} --timestart {} --timestop {}{dated}",
                    clock(first),
                    clock(last)
                ));
                at = end;
            }
        }
    }
    out
}

fn clock(second: i64) -> String {
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

fn date(second: i64) -> String {
    jiff::Timestamp::from_second(second).map_or_else(
        |_| "2038-01-19T03:14:07".to_owned(),
        |at| at.to_string().trim_end_matches('Z').to_owned(),
    )
}

fn parse(text: &str) -> Device {
    let mut device = Device::new("iptables");
    let mut chains = Chains::default();
    let mut default = Action::Permit;
    let mut table = "filter";
    for line in text::lines(text) {
        let first = line.word(0);
        if first.starts_with('#') || matches!(first, "COMMIT" | "-F" | "-X" | "-N") {
            continue;
        }
        if let Some(name) = first.strip_prefix('*') {
            table = name;
        } else if table != "filter" {
            let effect = if table == "nat" {
                Effect::Path
            } else {
                Effect::Unknown
            };
            if !first.starts_with(':') {
                device.unread(line.span(), line.text, effect);
            }
        } else if first.starts_with(':') || first == "-P" {
            let (chain, policy) = if first == "-P" {
                (line.word(1), line.word(2))
            } else {
                (first.trim_start_matches(':'), line.word(1))
            };
            if chain == "FORWARD" {
                default = if policy == "ACCEPT" {
                    Action::Permit
                } else {
                    Action::Deny
                };
            }
        } else {
            let at = line
                .words
                .iter()
                .position(|word| matches!(*word, "-A" | "--append"));
            match at.map(|at| (line.word(at + 1), at)) {
                Some((chain, at)) => {
                    let parsed = rule(&mut device, &line, at);
                    chains.add(chain, parsed);
                }
                None => device.unread(line.span(), line.text, Effect::Unknown),
            }
        }
    }
    let mut list = RuleList {
        name: "FORWARD".to_owned(),
        rules: Vec::new(),
        default,
    };
    chains.unfold(&mut device, "FORWARD", &mut list.rules);
    device.unread.sort_by_key(|unread| unread.span);
    device.stages.push(list);
    device
}

fn rule(device: &mut Device, line: &Line<'_>, chain_at: usize) -> Chained {
    let mut rule = Rule {
        span: line.span(),
        ..Rule::all(Action::Unknown)
    };
    let mut reader = Options {
        words: line.words.clone(),
        at: 0,
        not: false,
    };
    let mut jump = None;
    let mut target = None;
    let mut effect = None;
    let mut window = TimeWindow::default();
    let mut day_time = (None::<Vec<i64>>, 0i64, 86_400i64);
    let mut carrier = Carrier::any();
    while let Some(word) = reader.next() {
        if reader.at == chain_at + 1 {
            reader.next();
            continue;
        }
        let fine = match word {
            "!" => {
                reader.not = true;
                continue;
            }
            "-4" => of_family(&mut rule, Family::V4),
            "-6" => of_family(&mut rule, Family::V6),
            "-m" | "--match" => reader.next().is_some(),
            "-s" | "--source" | "--src" => reader
                .addresses()
                .map(|set| rule.source = Arc::new(set))
                .is_some(),
            "-d" | "--destination" | "--dst" => reader
                .addresses()
                .map(|set| rule.destination = Arc::new(set))
                .is_some(),
            "--src-range" => reader
                .addresses()
                .map(|set| rule.source = Arc::new(set))
                .is_some(),
            "--dst-range" => reader
                .addresses()
                .map(|set| rule.destination = Arc::new(set))
                .is_some(),
            "-p" | "--protocol" => reader.protocols().map(|set| carrier.protocols = set).is_some(),
            "--dport" | "--dports" | "--destination-port" => reader
                .ports()
                .map(|set| carrier.destination_ports = set)
                .is_some(),
            "--sport" | "--sports" | "--source-port" => {
                reader.ports().map(|set| carrier.source_ports = set).is_some()
            }
            "--icmp-type" | "--icmpv6-type" => reader.icmp().map(|icmp| carrier.icmp = icmp).is_some(),
            "--ctstate" | "--state" => reader.states().map(|states| rule.states = states).is_some(),
            "-i" | "--in-interface" => reader.interface(device).map(|at| rule.arrives = at).is_some(),
            "-o" | "--out-interface" => reader.interface(device).map(|at| rule.leaves = at).is_some(),
            "--comment" => reader
                .next()
                .map(|comment| rule.label = comment.to_owned())
                .is_some(),
            "--weekdays" => reader.days().map(|days| day_time.0 = Some(days)).is_some(),
            "--timestart" => reader.clock().map(|second| day_time.1 = second).is_some(),
            "--timestop" => reader.clock().map(|second| day_time.2 = second + 1).is_some(),
            "--datestart" => reader
                .date()
                .map(|at| window.dated = Some((at, window.dated.map_or(i64::MAX, |d| d.1))))
                .is_some(),
            "--datestop" => reader
                .date()
                .map(|at| window.dated = Some((window.dated.map_or(i64::MIN, |d| d.0), at + 1)))
                .is_some(),
            "--log-prefix" | "--log-level" | "--reject-with" => reader.next().is_some(),
            "-j" | "--jump" | "-g" | "--goto" => {
                target = reader.next();
                true
            }
            _ => false,
        };
        if !fine {
            rule.certainty = Certainty::Unsure;
            effect = Some(Effect::Condition);
            reader.skip_value();
        }
        reader.not = false;
    }
    if day_time.0.is_some() || day_time.1 != 0 || day_time.2 != 86_400 {
        let days = day_time.0.unwrap_or_else(|| (0..7).collect());
        window.weekly = Some(
            days.into_iter()
                .map(|day| (day * 86_400 + day_time.1, day * 86_400 + day_time.2))
                .collect(),
        );
    }
    if window != TimeWindow::default() {
        rule.times = Some(Times {
            windows: vec![window],
        });
    }
    rule.carriers = vec![carrier];
    match target {
        Some("ACCEPT") => rule.action = Action::Permit,
        Some("DROP" | "REJECT") => rule.action = Action::Deny,
        // It goes on to the next rule.
        None | Some("LOG" | "NFLOG" | "MARK" | "CONNMARK" | "TCPMSS" | "CLASSIFY") => {
            rule.carriers = Vec::new();
            effect = None;
        }
        Some(chain) => jump = Some(chain.to_owned()),
    }
    if let Some(effect) = effect {
        device.unread(line.span(), line.text, effect);
    }
    Chained {
        rule,
        jump,
        text: line.text.trim().to_owned(),
    }
}

fn of_family(rule: &mut Rule, family: Family) -> bool {
    rule.source = Arc::new(AddressSet::all_of(family));
    rule.destination = Arc::new(AddressSet::all_of(family));
    true
}

struct Options<'t> {
    words: Vec<&'t str>,
    at: usize,
    not: bool,
}

impl<'t> Options<'t> {
    fn next(&mut self) -> Option<&'t str> {
        let word = self.words.get(self.at).copied();
        self.at += usize::from(word.is_some());
        word
    }

    /// Values of an option that is not known.
    fn skip_value(&mut self) {
        while self
            .words
            .get(self.at)
            .is_some_and(|word| !word.starts_with('-') && *word != "!")
        {
            self.at += 1;
        }
    }

    fn addresses(&mut self) -> Option<AddressSet> {
        let mut all = AddressSet::default();
        for item in self.next()?.split(',') {
            all.add(&text::addresses(item)?);
        }
        Some(if self.not { all.complement() } else { all })
    }

    fn protocols(&mut self) -> Option<crate::filter::Protocols> {
        let word = self.next()?;
        if word == "all" || word == "0" {
            return Some(crate::filter::Protocols::ANY);
        }
        let one = crate::filter::Protocols::one(text::protocol(word)?);
        Some(if self.not { one.complement() } else { one })
    }

    fn ports(&mut self) -> Option<Ports> {
        let ports = text::ports(self.next()?)?;
        Some(if self.not { ports.complement() } else { ports })
    }

    fn icmp(&mut self) -> Option<Vec<IcmpType>> {
        let word = self.next()?;
        let (kind, code) = word
            .split_once('/')
            .map_or((word, None), |(kind, code)| (kind, code.parse().ok()));
        let kind = match kind {
            "echo-request" => 8,
            "echo-reply" => 0,
            _ => kind.parse().ok()?,
        };
        (!self.not).then(|| vec![IcmpType { kind, code }])
    }

    fn states(&mut self) -> Option<States> {
        let mut all = States::NONE;
        for word in self.next()?.split(',') {
            all = all.or(States::one(match word {
                "NEW" => State::New,
                "ESTABLISHED" => State::Established,
                "RELATED" => State::Related,
                "INVALID" | "UNTRACKED" => State::Invalid,
                _ => return None,
            }));
        }
        Some(if self.not { all.complement() } else { all })
    }

    fn interface(&mut self, device: &mut Device) -> Option<Interfaces> {
        let name = self.next()?;
        (!self.not && !name.ends_with('+')).then(|| Interfaces::Of(vec![device.interface(name)]))
    }

    fn days(&mut self) -> Option<Vec<i64>> {
        let number = |day: &str| {
            let named = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
                .iter()
                .position(|name| *name == day);
            named
                .and_then(|at| i64::try_from(at).ok())
                .or_else(|| day.parse::<i64>().ok().map(|n| n - 1))
        };
        self.next()?.split(',').map(number).collect()
    }

    fn clock(&mut self) -> Option<i64> {
        let mut parts = self.next()?.split(':').map(|part| part.parse::<i64>().ok());
        let (hour, minute) = (parts.next()??, parts.next()??);
        Some(hour * 3600 + minute * 60 + parts.next().flatten().unwrap_or(0))
    }

    fn date(&mut self) -> Option<i64> {
        let word = self.next()?;
        let whole = if word.contains('T') {
            format!("{word}Z")
        } else {
            format!("{word}T00:00:00Z")
        };
        whole
            .parse::<jiff::Timestamp>()
            .ok()
            .map(jiff::Timestamp::as_second)
    }
}
