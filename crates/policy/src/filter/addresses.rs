//! Sets of addresses as ordered, disjoint ranges.

use crate::place::number;
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// The family of an address.
    #[must_use]
    pub const fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// The last address as a number.
    #[must_use]
    pub const fn last(self) -> u128 {
        match self {
            Self::V4 => 0xffff_ffff,
            Self::V6 => u128::MAX,
        }
    }

    /// Bits in an address.
    #[must_use]
    pub const fn width(self) -> u32 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    /// The address of a number; bits beyond the family's width are cut.
    #[must_use]
    pub fn address(self, number: u128) -> IpAddr {
        match self {
            Self::V4 => IpAddr::V4(Ipv4Addr::from(u32::try_from(number & self.last()).unwrap_or(0))),
            Self::V6 => IpAddr::V6(Ipv6Addr::from(number)),
        }
    }
}

/// Addresses from first to last, both included, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressRange {
    /// The first.
    pub first: u128,
    /// The last.
    pub last: u128,
}

impl AddressRange {
    /// Whether an address is in it.
    #[must_use]
    pub const fn contains(self, address: u128) -> bool {
        self.first <= address && address <= self.last
    }

    /// The prefixes that make it up, in order: (network, length).
    #[must_use]
    pub fn prefixes(self, family: Family) -> Vec<IpNet> {
        let width = family.width();
        let mut out = Vec::new();
        let mut at = self.first;
        loop {
            let aligned = if at == 0 {
                width
            } else {
                at.trailing_zeros().min(width)
            };
            let mut bits = aligned;
            // The largest block that starts here and does not run past the end.
            while bits > 0 && at.saturating_add(block_last(bits)) > self.last {
                bits -= 1;
            }
            let length = u8::try_from(width - bits).unwrap_or(0);
            if let Ok(net) = IpNet::new(family.address(at), length) {
                out.push(net);
            }
            let end = at.saturating_add(block_last(bits));
            if end >= self.last || end == u128::MAX {
                return out;
            }
            at = end + 1;
        }
    }
}

/// The last offset within a block of so many bits.
const fn block_last(bits: u32) -> u128 {
    if bits >= 128 {
        u128::MAX
    } else {
        (1u128 << bits) - 1
    }
}

/// A set of addresses of both families: ordered, disjoint, neighbours joined.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressSet {
    v4: Vec<AddressRange>,
    v6: Vec<AddressRange>,
}

impl AddressSet {
    /// Every address.
    #[must_use]
    pub fn any() -> Self {
        let mut all = Self::all_of(Family::V4);
        all.v6 = Self::all_of(Family::V6).v6;
        all
    }

    /// Every address of a family.
    #[must_use]
    pub fn all_of(family: Family) -> Self {
        let range = AddressRange {
            first: 0,
            last: family.last(),
        };
        Self::of_ranges(family, vec![range])
    }

    /// A set of ranges of one family, in any order.
    #[must_use]
    pub fn of_ranges(family: Family, ranges: Vec<AddressRange>) -> Self {
        let ranges = merge(ranges);
        match family {
            Family::V4 => Self {
                v4: ranges,
                v6: Vec::new(),
            },
            Family::V6 => Self {
                v4: Vec::new(),
                v6: ranges,
            },
        }
    }

    /// One address.
    #[must_use]
    pub fn host(ip: IpAddr) -> Self {
        let address = number(ip);
        let range = AddressRange {
            first: address,
            last: address,
        };
        Self::of_ranges(Family::of(ip), vec![range])
    }

    /// The addresses of a subnet.
    #[must_use]
    pub fn net(net: IpNet) -> Self {
        let range = AddressRange {
            first: number(net.network()),
            last: number(net.broadcast()),
        };
        Self::of_ranges(Family::of(net.addr()), vec![range])
    }

    /// From one address to another of the same family; `None` if there is no such range.
    #[must_use]
    pub fn range(first: IpAddr, last: IpAddr) -> Option<Self> {
        let range = AddressRange {
            first: number(first),
            last: number(last),
        };
        let fits = Family::of(first) == Family::of(last) && range.first <= range.last;
        fits.then(|| Self::of_ranges(Family::of(first), vec![range]))
    }

    /// The ranges of a family.
    #[must_use]
    pub fn of(&self, family: Family) -> &[AddressRange] {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// The part that is of one family.
    #[must_use]
    pub fn only(&self, family: Family) -> Self {
        Self::of_ranges(family, self.of(family).to_vec())
    }

    /// Adds another set's addresses.
    pub fn add(&mut self, other: &Self) {
        self.v4.extend_from_slice(&other.v4);
        self.v6.extend_from_slice(&other.v6);
        self.v4 = merge(std::mem::take(&mut self.v4));
        self.v6 = merge(std::mem::take(&mut self.v6));
    }

    /// All addresses that are not in it.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self {
            v4: gaps(&self.v4, Family::V4.last()),
            v6: gaps(&self.v6, Family::V6.last()),
        }
    }

    /// The addresses that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut outside = self.complement();
        outside.add(&other.complement());
        outside.complement()
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let address = number(ip);
        let ranges = self.of(Family::of(ip));
        let after = ranges.partition_point(|range| range.first <= address);
        after
            .checked_sub(1)
            .and_then(|at| ranges.get(at))
            .is_some_and(|range| range.contains(address))
    }

    /// Whether there is no address in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether it is every address.
    #[must_use]
    pub fn is_any(&self) -> bool {
        Family::ALL.into_iter().all(|family| self.is_all_of(family))
    }

    /// Whether it has every address of a family.
    #[must_use]
    pub fn is_all_of(&self, family: Family) -> bool {
        matches!(self.of(family), [only] if only.first == 0 && only.last == family.last())
    }
}

fn merge(mut ranges: Vec<AddressRange>) -> Vec<AddressRange> {
    if ranges.len() < 2 {
        return ranges;
    }
    ranges.sort_unstable();
    let mut out: Vec<AddressRange> = Vec::with_capacity(ranges.len());
    for next in ranges {
        match out.last_mut() {
            Some(last) if next.first <= last.last.saturating_add(1) => last.last = last.last.max(next.last),
            Some(_) | None => out.push(next),
        }
    }
    out
}

fn gaps(ranges: &[AddressRange], end: u128) -> Vec<AddressRange> {
    let mut out = Vec::new();
    let mut from = Some(0u128);
    for range in ranges {
        if let Some(first) = from
            && first < range.first
        {
            out.push(AddressRange {
                first,
                last: range.first - 1,
            });
        }
        from = range.last.checked_add(1);
    }
    if let Some(first) = from
        && first <= end
    {
        out.push(AddressRange { first, last: end });
    }
    out
}

impl fmt::Display for AddressSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return f.write_str("any");
        }
        let mut first = true;
        for family in Family::ALL {
            for range in self.of(family) {
                if !first {
                    f.write_str(", ")?;
                }
                first = false;
                write_range(f, family, *range)?;
            }
        }
        if first { f.write_str("none") } else { Ok(()) }
    }
}

fn write_range(f: &mut fmt::Formatter<'_>, family: Family, range: AddressRange) -> fmt::Result {
    if range.first == range.last {
        return write!(f, "{}", family.address(range.first));
    }
    match range.prefixes(family).as_slice() {
        [net] => write!(f, "{net}"),
        _ => write!(
            f,
            "{}-{}",
            family.address(range.first),
            family.address(range.last)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(first: &str, last: &str) -> AddressSet {
        AddressSet::range(first.parse().unwrap(), last.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_range_is_cut_into_the_fewest_prefixes() {
        let check = |first: &str, last: &str, prefixes: &[&str]| {
            let set = set(first, last);
            let family = Family::of(first.parse().unwrap());
            let found: Vec<_> = set.of(family)[0].prefixes(family);
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, prefixes);
        };
        check("10.0.0.1", "10.0.0.1", &["10.0.0.1/32"]);
        check("10.0.0.0", "10.0.0.255", &["10.0.0.0/24"]);
        check(
            "10.0.0.1",
            "10.0.0.6",
            &["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"],
        );
        check("0.0.0.0", "255.255.255.255", &["0.0.0.0/0"]);
        check("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["::/0"]);
        check("255.255.255.254", "255.255.255.255", &["255.255.255.254/31"]);
    }

    #[test]
    fn complement_and_intersection_are_exact() {
        let middle = set("10.0.0.5", "10.0.0.9");
        let mut outside = middle.complement();
        assert!(!outside.contains("10.0.0.5".parse().unwrap()));
        assert!(outside.contains("10.0.0.4".parse().unwrap()));
        assert!(outside.contains("fd00::1".parse().unwrap()));
        assert_eq!(outside.complement(), middle);
        outside.add(&middle);
        assert!(outside.is_any());
        assert_eq!(
            middle.intersection(&set("10.0.0.8", "10.0.0.20")),
            set("10.0.0.8", "10.0.0.9")
        );
    }
}
