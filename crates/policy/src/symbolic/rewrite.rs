//! Sets of packets with a part of the header changed: what translation does, forwards and backwards.

use super::diagram::{Join, Ref};
use super::space::{Field, Space};
use crate::filter::{AddressSet, Family, Ports};
use ipnet::IpNet;

impl Space {
    /// The packets of both sets.
    pub(crate) fn within(&mut self, set: Ref, other: Ref) -> Ref {
        self.diagrams.join(Join::Within, set, other)
    }

    /// The packets of the first set that are not in the second.
    pub(crate) fn without(&mut self, set: Ref, other: Ref) -> Ref {
        self.diagrams.join(Join::Without, set, other)
    }

    /// The packets of either set.
    pub(crate) fn either(&mut self, set: Ref, other: Ref) -> Ref {
        self.diagrams.join(Join::Over, set, other)
    }

    /// The set with any value in a field.
    pub(crate) fn forgotten(&mut self, set: Ref, field: Field) -> Ref {
        self.diagrams.forget(set, &field.levels())
    }

    /// Packets with one of these ports in a port field.
    pub(crate) fn ports(&mut self, field: Field, ports: &Ports) -> Ref {
        let spans: Vec<_> = ports
            .ranges()
            .iter()
            .map(|range| (range.first().into(), range.last().into()))
            .collect();
        self.spans(field, &spans)
    }

    /// The set with one of these addresses in a field, whatever was there.
    pub(crate) fn readdressed(&mut self, set: Ref, field: Field, to: &AddressSet) -> Ref {
        // An address keeps its family: a packet whose family the new addresses don't have is not translated at all.
        let anything = self.forgotten(set, field);
        let new = self.addresses(field, to);
        self.within(anything, new)
    }

    /// The set with the network part of a field's address changed from one network's to another's of the same size.
    pub(crate) fn moved(&mut self, set: Ref, field: Field, from: IpNet, to: IpNet) -> Ref {
        let old = self.addresses(field, &AddressSet::net(from));
        let here = self.within(set, old);
        let family = Family::of(from.addr());
        let levels = field.levels();
        let width = super::diagram::Level::try_from(family.width()).unwrap_or(0);
        let first = levels.end - width;
        let network = first..first + u16::from(from.prefix_len());
        let anything = self.diagrams.forget(here, &network);
        let new = self.addresses(field, &AddressSet::net(to));
        self.within(anything, new)
    }
}
