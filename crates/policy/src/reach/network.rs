//! Devices and the wires between them.

use crate::filter::{AddressSet, Device, Family, InterfaceIx, NatKind};
use ipnet::IpNet;
use std::net::IpAddr;

/// Two interfaces on one wire that their addresses don't show: `(device, interface)` by names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// One end.
    pub a: (String, String),
    /// The other.
    pub b: (String, String),
}

/// A wire by its place in the network.
pub(super) type WireIx = usize;

/// Interfaces that reach each other without a device between.
#[derive(Clone, Debug, Default)]
pub(super) struct Wire {
    pub(super) members: Vec<(usize, InterfaceIx)>,
    pub(super) nets: AddressSet,
    pub(super) name: String,
}

/// Where some addresses are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub(super) wire: WireIx,
    pub(super) addresses: AddressSet,
}

/// The devices of a plant and how they are joined.
#[derive(Debug)]
pub struct Network<'d> {
    pub(super) devices: &'d [Device],
    pub(super) wires: Vec<Wire>,
    /// Devices with no address on any interface and no link: they stand nowhere, by their places.
    pub unplaced: Vec<usize>,
    /// Links that name what is not there.
    pub unknown_links: Vec<Link>,
}

impl<'d> Network<'d> {
    /// Joins devices by the networks of their interfaces and by links.
    #[must_use]
    pub fn new(devices: &'d [Device], links: &[Link]) -> Self {
        let mut network = Self {
            devices,
            wires: Vec::new(),
            unplaced: Vec::new(),
            unknown_links: Vec::new(),
        };
        for (at, device) in devices.iter().enumerate() {
            for (interface, known) in (0u32..).zip(&device.interfaces) {
                network.join_by_address(at, InterfaceIx(interface), &known.addresses);
            }
        }
        for link in links {
            network.link(link);
        }
        let stands = |at: usize| {
            let mut members = network.wires.iter().flat_map(|wire| &wire.members);
            members.any(|(device, _)| *device == at)
        };
        network.unplaced = (0..devices.len()).filter(|at| !stands(*at)).collect();
        network
    }

    fn join_by_address(&mut self, device: usize, interface: InterfaceIx, addresses: &[IpNet]) {
        if addresses.is_empty() {
            return;
        }
        let mut own = Wire {
            members: vec![(device, interface)],
            nets: AddressSet::default(),
            name: addresses
                .first()
                .map_or_else(String::new, |net| net.trunc().to_string()),
        };
        for net in addresses {
            own.nets.add(&AddressSet::net(net.trunc()));
        }
        // A /32 of a loopback or tunnel is no wire that others stand on.
        let wide = addresses
            .iter()
            .any(|net| u32::from(net.prefix_len()) < Family::of(net.addr()).width());
        let meets = |wire: &Wire| wide && !wire.nets.intersection(&own.nets).is_empty();
        let found: Vec<WireIx> = (0..self.wires.len())
            .filter(|at| self.wires.get(*at).is_some_and(meets))
            .collect();
        for at in found.into_iter().rev() {
            own.absorb(self.wires.remove(at));
        }
        self.wires.push(own);
        self.wires.sort_by(|a, b| a.members.cmp(&b.members));
    }

    fn link(&mut self, link: &Link) {
        let find = |(device, interface): &(String, String)| {
            let at = self.devices.iter().position(|known| known.name == *device)?;
            let interfaces = &self.devices.get(at)?.interfaces;
            let interface = interfaces.iter().position(|known| known.name == *interface)?;
            Some((at, InterfaceIx(u32::try_from(interface).ok()?)))
        };
        let (Some(a), Some(b)) = (find(&link.a), find(&link.b)) else {
            self.unknown_links.push(link.clone());
            return;
        };
        let mut joined = Wire::default();
        for end in [a, b] {
            match self.wires.iter().position(|wire| wire.members.contains(&end)) {
                Some(at) => joined.absorb(self.wires.remove(at)),
                None if !joined.members.contains(&end) => joined.members.push(end),
                None => {}
            }
        }
        joined.members.sort_unstable();
        self.wires.push(joined);
        self.wires.sort_by(|a, b| a.members.cmp(&b.members));
    }

    pub(super) fn wire_of(&self, device: usize, interface: InterfaceIx) -> Option<WireIx> {
        self.wires
            .iter()
            .position(|wire| wire.members.contains(&(device, interface)))
    }

    /// The device on a wire that has an address, with its interface there.
    pub(super) fn owner(&self, wire: WireIx, address: IpAddr) -> Option<(usize, InterfaceIx)> {
        let members = self.wires.get(wire)?.members.iter();
        members
            .copied()
            .find(|(device, interface)| self.addresses(*device, *interface).contains(&address))
    }

    fn addresses(&self, device: usize, interface: InterfaceIx) -> Vec<IpAddr> {
        let interface = usize::try_from(interface.0).ok();
        let found = interface.and_then(|at| self.devices.get(device)?.interfaces.get(at));
        found.map_or_else(Vec::new, |known| {
            known.addresses.iter().map(IpNet::addr).collect()
        })
    }

    /// Addresses on an interface's wire for which the device answers: its own, and what its translations take there.
    pub(super) fn claimed(&self, device: usize, interface: InterfaceIx) -> AddressSet {
        let mut out = AddressSet::default();
        for address in self.addresses(device, interface) {
            out.add(&AddressSet::host(address));
        }
        out.add(&self.translated(device));
        out
    }

    /// Addresses that a device's translations change into others.
    pub(super) fn translated(&self, device: usize) -> AddressSet {
        let mut out = AddressSet::default();
        for nat in self.devices.get(device).iter().flat_map(|device| &device.nat) {
            match &nat.kind {
                NatKind::Destination { .. } if !nat.destination.is_any() => out.add(&nat.destination),
                NatKind::Static { inside, outside } if inside != outside => {
                    out.add(&AddressSet::net(*outside));
                }
                NatKind::Destination { .. }
                | NatKind::Source { .. }
                | NatKind::Static { .. }
                | NatKind::Exempt(_) => {}
            }
        }
        out
    }

    /// Where addresses are: on the wires whose networks hold them, and beyond the wires where a route leads out of the
    /// plant. The second is what is nowhere.
    #[must_use]
    pub fn place(&self, addresses: &AddressSet) -> (Vec<Placed>, AddressSet) {
        let mut at_hand = AddressSet::default();
        for wire in &self.wires {
            at_hand.add(&wire.nets);
        }
        let away = addresses.intersection(&at_hand.complement());
        let mut out = Vec::new();
        let mut found = AddressSet::default();
        for (at, wire) in self.wires.iter().enumerate() {
            let mut here = addresses.intersection(&wire.nets);
            for (device, interface) in &wire.members {
                for forward in self
                    .devices
                    .get(*device)
                    .map(Device::forwarding)
                    .unwrap_or_default()
                {
                    let out_of_plant = forward.interface == *interface
                        && forward.route.is_some()
                        && forward.via.is_none_or(|via| self.owner(at, via).is_none());
                    if out_of_plant {
                        here.add(&away.intersection(&forward.to));
                    }
                }
            }
            if !here.is_empty() {
                found.add(&here);
                out.push(Placed {
                    wire: at,
                    addresses: here,
                });
            }
        }
        (out, addresses.intersection(&found.complement()))
    }
}

impl Wire {
    fn absorb(&mut self, other: Self) {
        self.members.extend(other.members);
        self.members.sort_unstable();
        self.nets.add(&other.nets);
        if self.name.is_empty() || (!other.name.is_empty() && other.name < self.name) {
            self.name = other.name;
        }
    }
}
