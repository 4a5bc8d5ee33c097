//! The header space: which bits a packet has, in which order they are asked, and rules as diagrams over them.
//!
//! The order is measured (docs/symbolic.md). IPv4 and IPv6 stand under different branches of one bit, and an IPv4
//! address uses the last 32 of the 128 address bits. Interfaces and times are numbered: names that rules use, and
//! spans of time between which no rule of the space changes, each with a moment that stands for it.

use super::diagram::{Diagrams, Join, Level, Ref};
use super::moments::{MomentFault, Moments};
use crate::filter::{
    Action, AddressRange, AddressSet, Carrier, Device, Family, Interfaces, Packet, Ports, Protocols, Reading,
    Rule, RuleList, State, States, Times,
};
use crate::place::number;
use cofferdam_terms::IpProtocol;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A part of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    State,
    Family,
    Arrives,
    Leaves,
    Time,
    Protocol,
    DestinationPort,
    Destination,
    Source,
    SourcePort,
}

/// Bits for interfaces and for moments: so many names and moments fit.
const NAME_BITS: Level = 10;
const TIME_BITS: Level = 12;

/// The most interface names of one space.
pub const MAX_NAMES: usize = (1 << NAME_BITS) - 1;
/// The most moments of one space.
pub const MAX_MOMENTS: usize = 1 << TIME_BITS;

impl Field {
    /// The order of asking.
    const ORDER: [Self; 10] = [
        Self::State,
        Self::Family,
        Self::Arrives,
        Self::Leaves,
        Self::Time,
        Self::DestinationPort,
        Self::Protocol,
        Self::Destination,
        Self::Source,
        Self::SourcePort,
    ];

    const fn width(self) -> Level {
        match self {
            Self::State => 2,
            Self::Family => 1,
            Self::Arrives | Self::Leaves => NAME_BITS,
            Self::Time => TIME_BITS,
            Self::Protocol => 8,
            Self::DestinationPort | Self::SourcePort => 16,
            Self::Destination | Self::Source => 128,
        }
    }

    /// The levels of its bits, the most significant first.
    pub(crate) fn levels(self) -> std::ops::Range<Level> {
        let before: Level = Self::ORDER
            .iter()
            .take_while(|field| **field != self)
            .map(|field| field.width())
            .sum();
        before..before + self.width()
    }
}

/// Numbers from first to last, both included.
type Spans = Vec<(u128, u128)>;

/// A space and every diagram in it.
pub(crate) struct Space {
    pub(crate) diagrams: Diagrams,
    /// Interface names, numbered from 1; 0 is every other.
    names: Vec<String>,
    moments: Moments,
    bases: [Level; 10],
}

impl Space {
    /// A space for the rules of some devices.
    pub(crate) fn of(devices: &[&Device]) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut times: Vec<&Times> = Vec::new();
        for device in devices {
            names.extend(device.interfaces.iter().map(|interface| interface.name.clone()));
            times.extend(device.rules().filter_map(|rule| rule.times.as_ref()));
        }
        names.sort();
        names.dedup();
        Self::with(names, &times)
    }

    /// A space for rules that name no interfaces.
    pub(crate) fn of_rules(rules: &[Rule]) -> Self {
        let times: Vec<&Times> = rules.iter().filter_map(|rule| rule.times.as_ref()).collect();
        Self::with(Vec::new(), &times)
    }

    fn with(names: Vec<String>, times: &[&Times]) -> Self {
        Self {
            diagrams: Diagrams::new(),
            names,
            moments: Moments::of(times),
            bases: Field::ORDER.map(|field| field.levels().start),
        }
    }

    pub(super) fn name_count(&self) -> usize {
        self.names.len()
    }

    pub(super) fn moment_fault(&self) -> Option<MomentFault> {
        self.moments.fault()
    }

    /// The bits of a wish by level.
    pub(super) fn wished_bits(&self, wish: &Wish) -> Vec<u8> {
        Header::of(wish).bits
    }

    /// The packet whose bits were chosen so, as usual in all others.
    pub(crate) fn packet_on(&self, chosen: &[(Level, u8)], device: Option<&Device>) -> Packet {
        let wish = Wish::default();
        let mut header = Header::of(&wish);
        for (level, bit) in chosen {
            if *level == self.base(Field::Family) && *bit == 1 {
                header.use_v6(&wish);
            }
            header.put(*level, *bit);
        }
        self.packet(&header, device)
    }

    fn base(&self, field: Field) -> Level {
        let at = Field::ORDER.iter().position(|known| *known == field);
        at.and_then(|at| self.bases.get(at)).copied().unwrap_or(0)
    }

    /// The number of a device's interface name.
    pub(crate) fn code(&self, name: &str) -> u128 {
        self.names
            .binary_search_by(|known| known.as_str().cmp(name))
            .map_or(0, |at| u128::try_from(at + 1).unwrap_or(0))
    }

    /// `then` where a field's value is in one of the spans (ordered, disjoint), nothing elsewhere.
    fn field(&mut self, field: Field, width: Level, spans: &[(u128, u128)], then: Ref) -> Ref {
        let first = self.base(field) + field.width() - width;
        self.block(first, width, 0, spans, then)
    }

    fn block(&mut self, level: Level, width: Level, start: u128, spans: &[(u128, u128)], then: Ref) -> Ref {
        let last = start | ones(width);
        match spans {
            [] => return Ref::NOTHING,
            [(from, to)] if *from <= start && last <= *to => return then,
            _ => {}
        }
        if width == 0 {
            return then;
        }
        let middle = start | 1 << (width - 1);
        let left = spans
            .get(..spans.partition_point(|(from, _)| *from < middle))
            .unwrap_or_default();
        let right = spans
            .get(spans.partition_point(|(_, to)| *to < middle)..)
            .unwrap_or_default();
        let low = self.block(level + 1, width - 1, start, left, then);
        let high = self.block(level + 1, width - 1, middle, right, then);
        self.diagrams.branch(level, low, high)
    }

    /// The packets that a rule matches, each ending in `then`.
    pub(crate) fn rule(&mut self, device: &Device, rule: &Rule, then: Ref) -> Ref {
        let mut all = Ref::NOTHING;
        for carrier in &rule.carriers {
            let one = self.conditions(device, rule, carrier, then);
            all = self.diagrams.join(Join::Over, all, one);
        }
        all
    }

    fn conditions(&mut self, device: &Device, rule: &Rule, carrier: &Carrier, then: Ref) -> Ref {
        let protocols = carrier.effective_protocols();
        let (from_ports, to_ports) = port_spans(carrier);
        let mut families = [Ref::NOTHING; 2];
        for (family, end) in Family::ALL.into_iter().zip(&mut families) {
            let (source, destination) = (rule.source.of(family), rule.destination.of(family));
            if source.is_empty() || destination.is_empty() {
                continue;
            }
            let mut at = then;
            for field in Field::ORDER.into_iter().rev() {
                at = match field {
                    Field::SourcePort => self.field(field, 16, &from_ports, at),
                    Field::DestinationPort => self.field(field, 16, &to_ports, at),
                    Field::Protocol => self.field(field, 8, &protocol_spans(protocols), at),
                    Field::Source => self.field(field, width(family), &address_spans(source), at),
                    Field::Destination => self.field(field, width(family), &address_spans(destination), at),
                    Field::Time => self.times(rule.times.as_ref(), at),
                    Field::Arrives | Field::Leaves => {
                        let meant = if field == Field::Arrives {
                            &rule.arrives
                        } else {
                            &rule.leaves
                        };
                        self.interfaces(field, device, meant, at)
                    }
                    Field::Family => break,
                    Field::State => at,
                };
            }
            *end = at;
        }
        // INVARIANT: the family is asked just below the state.
        let [v4, v6] = families;
        let both = self.diagrams.branch(self.base(Field::Family), v4, v6);
        self.states(rule.states, both)
    }

    pub(crate) fn states(&mut self, states: States, then: Ref) -> Ref {
        let spans: Spans = State::ALL
            .into_iter()
            .filter(|state| states.contains(*state))
            .map(|state| (state as u128, state as u128))
            .collect();
        self.field(Field::State, 2, &joined(spans), then)
    }

    fn times(&mut self, times: Option<&Times>, then: Ref) -> Ref {
        let Some(times) = times else {
            return then;
        };
        let spans = self.moments.spans(times);
        self.field(Field::Time, TIME_BITS, &spans, then)
    }

    fn interfaces(&mut self, field: Field, device: &Device, meant: &Interfaces, then: Ref) -> Ref {
        let list = match meant {
            Interfaces::Any => return then,
            Interfaces::Of(list) => list,
        };
        let codes = list
            .iter()
            .filter_map(|at| device.interface_name(*at))
            .map(|name| self.code(name));
        let mut spans: Spans = codes.map(|code| (code, code)).collect();
        spans.sort_unstable();
        self.field(field, NAME_BITS, &joined(spans), then)
    }

    /// Packets whose field has one of these values.
    pub(crate) fn interface_set(&mut self, field: Field, codes: &[u128]) -> Ref {
        let mut spans: Spans = codes.iter().map(|code| (*code, *code)).collect();
        spans.sort_unstable();
        self.field(field, NAME_BITS, &joined(spans), Ref::ALL)
    }

    /// Packets that come from, or go to, some addresses.
    pub(crate) fn addresses(&mut self, field: Field, addresses: &AddressSet) -> Ref {
        let mut ends = [Ref::NOTHING; 2];
        for (family, end) in Family::ALL.into_iter().zip(&mut ends) {
            *end = self.field(
                field,
                width(family),
                &address_spans(addresses.of(family)),
                Ref::ALL,
            );
        }
        let [v4, v6] = ends;
        self.diagrams.branch(self.base(Field::Family), v4, v6)
    }

    /// The first rule that matches, of the packets of a set: the diagram whose ends are `number(its place)`. The place
    /// behind the last rule is the default's. Fewer different numbers make a smaller diagram.
    pub(crate) fn list(
        &mut self,
        device: &Device,
        list: &RuleList,
        reading: Reading,
        within: Ref,
        number: &impl Fn(u32) -> u32,
    ) -> Ref {
        let rules = self.span_of_rules(device, &list.rules, reading, within, 0, number);
        let default = u32::try_from(list.rules.len()).unwrap_or(u32::MAX);
        let default = self
            .diagrams
            .join(Join::Within, Ref::end(number(default)), within);
        self.diagrams.join(Join::Over, rules, default)
    }

    /// Halves are joined, so that most joins are of small diagrams.
    fn span_of_rules(
        &mut self,
        device: &Device,
        rules: &[Rule],
        reading: Reading,
        within: Ref,
        first: u32,
        number: &impl Fn(u32) -> u32,
    ) -> Ref {
        match rules {
            [] => Ref::NOTHING,
            [rule] => match reading.action(rule.action, rule.certainty) {
                Some(_) => {
                    let all = self.rule(device, rule, Ref::end(number(first)));
                    self.diagrams.join(Join::Within, all, within)
                }
                None => Ref::NOTHING,
            },
            _ => {
                let (left, right) = rules.split_at(rules.len() / 2);
                let after = first.saturating_add(u32::try_from(left.len()).unwrap_or(u32::MAX));
                let left = self.span_of_rules(device, left, reading, within, first, number);
                let right = self.span_of_rules(device, right, reading, within, after, number);
                self.diagrams.join(Join::Over, left, right)
            }
        }
    }

    /// The packets that pass every stage of a device.
    pub(crate) fn passed(&mut self, device: &Device, reading: Reading) -> Ref {
        let mut passed = Ref::ALL;
        for stage in &device.stages {
            let permits = permits(stage, reading);
            let list = self.list(device, stage, reading, Ref::ALL, &|place| {
                if permits(place) { 1 } else { 2 }
            });
            let set = self.diagrams.map(list, &|end| u32::from(end == 1));
            passed = self.diagrams.join(Join::Within, passed, set);
        }
        passed
    }

    /// A packet of a set: the usual one where the set leaves a choice.
    pub(crate) fn witness(&self, set: Ref, device: Option<&Device>) -> Option<Packet> {
        self.witness_like(set, device, &Wish::default())
    }

    /// A packet of a set, as near to a wish as its bits allow.
    pub(crate) fn witness_like(&self, set: Ref, device: Option<&Device>, wish: &Wish) -> Option<Packet> {
        let mut header = Header::of(wish);
        let mut at = set;
        while let Some((level, low, high)) = self.diagrams.ask(at) {
            let bit = match (low == Ref::NOTHING, high == Ref::NOTHING) {
                (true, _) => 1,
                (_, true) => 0,
                _ => header.bit(level),
            };
            if level == self.base(Field::Family) && bit == 1 {
                header.use_v6(wish);
            }
            header.put(level, bit);
            at = if bit == 0 { low } else { high };
        }
        (at != Ref::NOTHING).then(|| self.packet(&header, device))
    }

    fn packet(&self, header: &Header, device: Option<&Device>) -> Packet {
        let family = if header.get(Field::Family) == 0 {
            Family::V4
        } else {
            Family::V6
        };
        let protocol = IpProtocol(u8::try_from(header.get(Field::Protocol)).unwrap_or(0));
        let port = |field| u16::try_from(header.get(field)).unwrap_or(0);
        let ported = crate::filter::has_ports(protocol);
        let typed = ported || crate::filter::is_icmp(protocol);
        let interface = |field| {
            let code = usize::try_from(header.get(field)).ok()?;
            let name = self.names.get(code.checked_sub(1)?)?;
            let at = device?.interfaces.iter().position(|known| known.name == *name)?;
            Some(crate::filter::InterfaceIx(u32::try_from(at).ok()?))
        };
        let state = usize::try_from(header.get(Field::State)).unwrap_or(0);
        Packet {
            source: family.address(header.get(Field::Source)),
            destination: family.address(header.get(Field::Destination)),
            protocol,
            source_port: if ported { port(Field::SourcePort) } else { 0 },
            destination_port: if typed { port(Field::DestinationPort) } else { 0 },
            state: State::ALL.get(state).copied().unwrap_or(State::New),
            arrives: interface(Field::Arrives),
            leaves: interface(Field::Leaves),
            time: self.moments.moment(header.get(Field::Time)),
        }
    }
}

/// Whether the rule at a place of a list permits; the place behind the last is the default.
pub(crate) fn permits(list: &RuleList, reading: Reading) -> impl Fn(u32) -> bool {
    move |place| {
        let at = usize::try_from(place).unwrap_or(usize::MAX);
        let action = list.rules.get(at).map_or(list.default, |rule| rule.action);
        matches!(
            (action, reading),
            (Action::Permit, _) | (Action::Unknown, Reading::Widest)
        )
    }
}

/// What a witness looks like where it may.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) v4: (Ipv4Addr, Ipv4Addr),
    pub(crate) v6: (Ipv6Addr, Ipv6Addr),
    pub(crate) ports: (u16, u16),
    pub(crate) protocol: IpProtocol,
}

impl Default for Wish {
    /// Addresses that are for examples (RFC 5737, 3849), TCP, a client's port.
    fn default() -> Self {
        Self {
            v4: (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 1)),
            v6: (
                Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1),
            ),
            ports: (49_152, 80),
            protocol: IpProtocol::TCP,
        }
    }
}

/// A header's bits by level.
struct Header {
    bits: Vec<u8>,
}

impl Header {
    fn of(wish: &Wish) -> Self {
        let length: Level = Field::ORDER.iter().map(|field| field.width()).sum();
        let mut header = Self {
            bits: vec![0; usize::from(length)],
        };
        header.set(Field::Source, number(IpAddr::V4(wish.v4.0)));
        header.set(Field::Destination, number(IpAddr::V4(wish.v4.1)));
        header.set(Field::Protocol, wish.protocol.0.into());
        header.set(Field::SourcePort, wish.ports.0.into());
        header.set(Field::DestinationPort, wish.ports.1.into());
        header
    }

    fn use_v6(&mut self, wish: &Wish) {
        self.set(Field::Source, number(IpAddr::V6(wish.v6.0)));
        self.set(Field::Destination, number(IpAddr::V6(wish.v6.1)));
    }

    fn bit(&self, level: Level) -> u8 {
        self.bits.get(usize::from(level)).copied().unwrap_or(0)
    }

    fn put(&mut self, level: Level, bit: u8) {
        if let Some(place) = self.bits.get_mut(usize::from(level)) {
            *place = bit;
        }
    }

    fn set(&mut self, field: Field, value: u128) {
        for (back, level) in field.levels().rev().enumerate() {
            self.put(level, u8::from(value >> back & 1 == 1));
        }
    }

    fn get(&self, field: Field) -> u128 {
        field
            .levels()
            .fold(0, |value, level| value << 1 | u128::from(self.bit(level)))
    }
}

fn ones(width: Level) -> u128 {
    if width >= 128 { u128::MAX } else { (1 << width) - 1 }
}

const fn width(family: Family) -> Level {
    match family {
        Family::V4 => 32,
        Family::V6 => 128,
    }
}

fn address_spans(ranges: &[AddressRange]) -> Spans {
    ranges.iter().map(|range| (range.first, range.last)).collect()
}

fn range_spans(ports: &Ports) -> Spans {
    ports
        .ranges()
        .iter()
        .map(|range| (range.first().into(), range.last().into()))
        .collect()
}

/// The spans of both port fields; for ICMP the receiver's holds type and code.
fn port_spans(carrier: &Carrier) -> (Spans, Spans) {
    if carrier.icmp.is_empty() {
        return (
            range_spans(&carrier.source_ports),
            range_spans(&carrier.destination_ports),
        );
    }
    let types = carrier.icmp.iter().map(|icmp| {
        let first = u128::from(icmp.kind) << 8 | u128::from(icmp.code.unwrap_or(0));
        (
            first,
            u128::from(icmp.kind) << 8 | u128::from(icmp.code.unwrap_or(u8::MAX)),
        )
    });
    let mut types: Spans = types.collect();
    types.sort_unstable();
    (vec![(0, ones(16))], joined(types))
}

fn protocol_spans(protocols: Protocols) -> Spans {
    joined(
        protocols
            .iter()
            .map(|protocol| (protocol.0.into(), protocol.0.into()))
            .collect(),
    )
}

/// Ordered spans with neighbours and overlaps joined.
pub(super) fn joined(spans: Spans) -> Spans {
    let mut out: Spans = Vec::new();
    for (from, to) in spans {
        match out.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            Some(_) | None => out.push((from, to)),
        }
    }
    out
}
