//! A set of packets as rows that a person can read: addresses, protocols and ports, field by field.

use super::diagram::{Level, Ref};
use super::space::{Field, Space};
use crate::filter::{
    AddressRange, AddressSet, Family, Packet, Ports, Protocols, has_ports, is_icmp, protocol_name,
};
use cofferdam_plant::PortRange;
use cofferdam_terms::IpProtocol;
use std::collections::BTreeMap;
use std::fmt;

/// The most rows that one set is written in; how many more there are is counted up to [`MAX_COUNTED`].
pub const MAX_ROWS: usize = 64;
/// Beyond so many rows counting stops.
pub const MAX_COUNTED: usize = 10_000;

/// Packets: every combination of the values in its fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeaderRow {
    /// Senders.
    pub source: AddressSet,
    /// Receivers.
    pub destination: AddressSet,
    /// IP protocols.
    pub protocols: Protocols,
    /// The receiver's ports; for ICMP, type times 256 and code.
    pub destination_ports: Ports,
    /// The sender's ports.
    pub source_ports: Ports,
}

/// A set of packets in rows. Rows don't overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// The first of them, in the order of the fields.
    pub rows: Vec<HeaderRow>,
    /// How many rows more there are; [`MAX_COUNTED`] or more, if it is that.
    pub more: usize,
}

impl Headers {
    /// Whether there is no packet in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl HeaderRow {
    /// Whether a packet is one of them; its state, interfaces and time are not asked.
    #[must_use]
    pub fn contains(&self, packet: &Packet) -> bool {
        let ported = has_ports(packet.protocol);
        let typed = ported || is_icmp(packet.protocol);
        self.source.contains(packet.source)
            && self.destination.contains(packet.destination)
            && self.protocols.contains(packet.protocol)
            && (!typed || self.destination_ports.contains(packet.destination_port))
            && (!ported || self.source_ports.contains(packet.source_port))
    }
}

impl fmt::Display for HeaderRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.source, self.destination)?;
        if self.protocols == Protocols::ANY {
            f.write_str(", any protocol")?;
        } else {
            let names: Vec<_> = self.protocols.iter().take(8).map(protocol_name).collect();
            write!(f, ", {}", names.join(" "))?;
            let more = self.protocols.iter().count().saturating_sub(8);
            if more > 0 {
                write!(f, " and {more} protocols more")?;
            }
        }
        if !self.destination_ports.is_any() {
            let icmp = self.protocols.iter().all(is_icmp);
            f.write_str(if icmp { " types" } else { " ports" })?;
            for range in self.destination_ports.ranges() {
                if icmp {
                    write!(f, " {}", range.first() >> 8)?;
                } else {
                    write!(f, " {}", crate::filter::range_text(*range, "-"))?;
                }
            }
        }
        if !self.source_ports.is_any() {
            f.write_str(" from ports")?;
            for range in self.source_ports.ranges() {
                write!(f, " {}", crate::filter::range_text(*range, "-"))?;
            }
        }
        Ok(())
    }
}

/// The fields of a row in the order of asking.
const FIELDS: [Field; 5] = [
    Field::DestinationPort,
    Field::Protocol,
    Field::Destination,
    Field::Source,
    Field::SourcePort,
];

impl Space {
    /// A set in rows. State, interfaces and time must not matter any more: they are passed over.
    pub(crate) fn headers(&mut self, set: Ref) -> Headers {
        let mut set = set;
        for field in [Field::State, Field::Arrives, Field::Leaves, Field::Time] {
            set = self.forgotten(set, field);
        }
        let mut out = Headers::default();
        let families = match self.diagrams.ask(set) {
            Some((level, low, high)) if level == Field::Family.levels().start => [low, high],
            Some(_) | None => [set, set],
        };
        for (family, set) in Family::ALL.into_iter().zip(families) {
            let mut rows = Rows {
                space: self,
                family,
                out: &mut out,
            };
            rows.fields(set, &FIELDS, &mut Vec::new());
        }
        out
    }
}

struct Rows<'s> {
    space: &'s Space,
    family: Family,
    out: &'s mut Headers,
}

type Chosen = Vec<(u128, u128)>;

impl Rows<'_> {
    fn fields(&mut self, set: Ref, fields: &[Field], chosen: &mut Vec<Chosen>) {
        if set == Ref::NOTHING || self.out.more >= MAX_COUNTED {
            return;
        }
        let Some((field, rest)) = fields.split_first() else {
            return self.row(chosen);
        };
        let levels = field.levels();
        let width = match field {
            Field::Destination | Field::Source => self.family.width(),
            _ => u32::from(levels.end - levels.start),
        };
        let mut parts: BTreeMap<Ref, Chosen> = BTreeMap::new();
        self.values(set, levels.end, width, 0, &mut parts);
        // Ordered by the first value, so that the rows' order is not that of the nodes.
        let mut parts: Vec<_> = parts.into_iter().collect();
        parts.sort_by(|a, b| a.1.cmp(&b.1));
        for (then, values) in parts {
            chosen.push(values);
            self.fields(then, rest, chosen);
            chosen.pop();
        }
    }

    /// What follows a field, each with the values that lead there. `left` is how many of its bits are still to ask.
    fn values(&self, set: Ref, end: Level, left: u32, start: u128, out: &mut BTreeMap<Ref, Chosen>) {
        if set == Ref::NOTHING {
            return;
        }
        let own = self.space.diagrams.ask(set).filter(|(level, ..)| *level < end);
        let Some((level, low, high)) = own else {
            let last = if left >= 128 {
                u128::MAX
            } else {
                start | ((1 << left) - 1)
            };
            let values = out.entry(set).or_default();
            match values.last_mut() {
                Some(before) if before.1.checked_add(1) == Some(start) => before.1 = last,
                Some(_) | None => values.push((start, last)),
            }
            return;
        };
        let asked = end - u16::try_from(left).unwrap_or(0);
        let (low, high) = if level == asked { (low, high) } else { (set, set) };
        let Some(bit) = left.checked_sub(1) else {
            return;
        };
        self.values(low, end, bit, start, out);
        self.values(high, end, bit, start | 1 << bit, out);
    }

    fn row(&mut self, chosen: &[Chosen]) {
        let [to_ports, protocols, destination, source, from_ports] = chosen else {
            return;
        };
        let row = HeaderRow {
            source: addresses(self.family, source),
            destination: addresses(self.family, destination),
            protocols: typed_set(protocols, to_ports),
            destination_ports: port_set(to_ports),
            source_ports: port_set(from_ports),
        };
        if row.protocols == Protocols::NONE {
            return;
        }
        if self.out.rows.len() >= MAX_ROWS {
            self.out.more += 1;
            return;
        }
        self.out.rows.push(row);
    }
}

fn addresses(family: Family, values: &[(u128, u128)]) -> AddressSet {
    let ranges = values
        .iter()
        .map(|(first, last)| AddressRange {
            first: *first,
            last: *last,
        })
        .collect();
    AddressSet::of_ranges(family, ranges)
}

fn port_set(values: &[(u128, u128)]) -> Ports {
    let port = |value: u128| u16::try_from(value).unwrap_or(u16::MAX);
    let ranges = values
        .iter()
        .filter_map(|(first, last)| PortRange::new(port(*first), port(*last)));
    Ports::of(ranges.collect())
}

/// The protocols of a row. Those without ports or types have nothing in that place, which is counted as 0.
fn typed_set(values: &[(u128, u128)], to_ports: &[(u128, u128)]) -> Protocols {
    let all = protocol_set(values);
    if to_ports.first().is_some_and(|(first, _)| *first == 0) {
        return all;
    }
    all.iter()
        .filter(|protocol| has_ports(*protocol) || is_icmp(*protocol))
        .collect()
}

fn protocol_set(values: &[(u128, u128)]) -> Protocols {
    (0..=u8::MAX)
        .filter(|number| {
            let number = u128::from(*number);
            values
                .iter()
                .any(|(first, last)| *first <= number && number <= *last)
        })
        .map(IpProtocol)
        .collect()
}
