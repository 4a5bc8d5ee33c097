//! The device's tree as what every packet filter says.

use super::parse::{FaultKind, Parsed};
use super::tree::{ConnectionState, Family, Interval, Match, Rule, Ruleset, Source, Verdict};
use crate::filter::{
    self, Action, AddressRange, AddressSet, Carrier, Certainty, Device, Effect, Ports, Protocols, RuleList,
    Span, State, States, TimeWindow, Times,
};
use cofferdam_plant::PortRange;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Address lists by where they stand, so that rules share them.
type Known<'r> = BTreeMap<(&'r Source, Family), Arc<AddressSet>>;

/// The rules of the forward chain as a device. `lines` are those of the rules, if they come from a text.
pub(crate) fn neutral(ruleset: &Ruleset, lines: &[usize]) -> Device {
    let mut known = Known::new();
    let rules = ruleset.rules.iter().enumerate().map(|(at, rule)| {
        let line = lines
            .get(at)
            .map_or(0, |line| u32::try_from(*line).unwrap_or(u32::MAX));
        rule_of(ruleset, rule, Span::line(line), &mut known)
    });
    let list = RuleList::denying("forward", rules.collect());
    Device::filtering(ruleset.scope.as_str(), list)
}

/// A text that was read, as a device: what was not understood stands in its place with an unknown action.
pub(crate) fn device(text: &str, parsed: &Parsed) -> Device {
    let mut device = neutral(&parsed.ruleset, &parsed.lines);
    let text_of = |line: usize| text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let span = |line: usize| Span::line(u32::try_from(line).unwrap_or(u32::MAX));
    let accepts = parsed
        .faults
        .iter()
        .any(|fault| fault.kind == FaultKind::DefaultAccept);
    if let Some(list) = device.stages.first_mut() {
        for (added, (before, line)) in parsed.unread.iter().enumerate() {
            let unknown = filter::Rule {
                span: span(*line),
                label: text_of(*line).trim().to_owned(),
                ..filter::Rule::all(Action::Unknown)
            };
            let at = (before + added).min(list.rules.len());
            list.rules.insert(at, unknown);
        }
        if accepts
            || parsed
                .faults
                .iter()
                .any(|fault| fault.kind == FaultKind::NoForwardChain)
        {
            list.default = Action::Permit;
        }
    }
    for fault in &parsed.faults {
        let effect = match &fault.kind {
            FaultKind::TooLong | FaultKind::Unclosed => Effect::Unknown,
            FaultKind::Unknown { .. } if parsed.unread.iter().any(|(_, line)| *line == fault.line) => {
                Effect::Action
            }
            FaultKind::Unknown { .. } => Effect::Unknown,
            FaultKind::NoSet { .. } => Effect::Reference,
            // They say what the default is, which was read.
            FaultKind::DefaultAccept | FaultKind::NoForwardChain => continue,
        };
        device.unread(span(fault.line), text_of(fault.line), effect);
    }
    device
}

fn rule_of<'r>(ruleset: &Ruleset, rule: &'r Rule, span: Span, known: &mut Known<'r>) -> filter::Rule {
    let action = match rule.verdict {
        Verdict::Accept => Action::Permit,
        Verdict::Drop => Action::Deny,
    };
    let mut out = filter::Rule {
        span,
        label: rule
            .comment
            .as_ref()
            .map_or_else(String::new, |comment| comment.as_str().to_owned()),
        ..filter::Rule::all(action)
    };
    let mut window = TimeWindow::default();
    let mut day = None;
    let mut hour = None;
    for condition in &rule.matches {
        match condition {
            Match::State(states) => {
                out.states = states
                    .iter()
                    .fold(States::NONE, |all, state| all.or(state_of(*state)))
            }
            Match::Source(family, source) => {
                out.source = addresses(ruleset, *family, source, known, &mut out.certainty)
            }
            Match::Destination(family, source) => {
                out.destination = addresses(ruleset, *family, source, known, &mut out.certainty);
            }
            Match::Protocol(protocols) => {
                out.carriers = vec![Carrier::protocols(
                    protocols.iter().copied().collect::<Protocols>(),
                )];
            }
            Match::Port(ports, ranges) => {
                let ranges = ranges
                    .iter()
                    .filter_map(|(first, last)| PortRange::new(*first, *last))
                    .collect();
                out.carriers = vec![Carrier::to_ports(ports.protocol(), Ports::of(ranges))];
            }
            // nft counts days from Sunday.
            Match::Day(number) => day = Some(i64::from((number.0 + 6) % 7)),
            Match::Hour(from, to) => hour = Some((i64::from(from.0), i64::from(to.0) + 1)),
            Match::Time(from, to) => window.dated = Some((*from, to.saturating_add(1))),
        }
    }
    if day.is_some() || hour.is_some() {
        let (from, to) = hour.unwrap_or((0, 86_400));
        let days = (0..7).filter(|number| day.is_none_or(|day| day == *number));
        window.weekly = Some(days.map(|day| (day * 86_400 + from, day * 86_400 + to)).collect());
    }
    if window != TimeWindow::default() {
        out.times = Some(Times {
            windows: vec![window],
        });
    }
    out
}

const fn state_of(state: ConnectionState) -> States {
    States::one(match state {
        ConnectionState::Established => State::Established,
        ConnectionState::Related => State::Related,
        ConnectionState::Invalid => State::Invalid,
    })
}

/// A set that is not there may hold anything: the rule is unsure then.
fn addresses<'r>(
    ruleset: &Ruleset,
    family: Family,
    source: &'r Source,
    known: &mut Known<'r>,
    certainty: &mut Certainty,
) -> Arc<AddressSet> {
    if let Some(found) = known.get(&(source, family)) {
        return Arc::clone(found);
    }
    let of = match family {
        Family::V4 => filter::Family::V4,
        Family::V6 => filter::Family::V6,
    };
    let range = |interval: &Interval| AddressRange {
        first: interval.first,
        last: interval.last,
    };
    let elements = match source {
        Source::Inline(elements) => Some(elements),
        Source::Named(name) => ruleset
            .sets
            .get(name)
            .filter(|set| set.family == family)
            .map(|set| &set.elements),
    };
    let Some(elements) = elements else {
        *certainty = Certainty::Unsure;
        return Arc::new(AddressSet::all_of(of));
    };
    let set = Arc::new(AddressSet::of_ranges(of, elements.iter().map(range).collect()));
    known.insert((source, family), Arc::clone(&set));
    set
}
