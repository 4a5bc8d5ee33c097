//! One device: receivers translated, routes, rules, senders translated.

use crate::filter::{
    Action, AddressSet, Device, Family, Forward, InterfaceIx, Interfaces, Nat, NatEnd, NatKind, NatOrder,
    Ports, Reading, Rule,
};
use crate::symbolic::{Field, Ref, Space};
use ipnet::IpNet;
use std::sync::Arc;

/// What a translation changes.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Nothing,
    /// One of these addresses; a port too, or any port, or the port as it was.
    To(Field, AddressSet, NewPort),
    /// The network part of the address.
    Moved(Field, IpNet, IpNet),
}

/// The port of a translated end.
#[derive(Clone, Copy, Debug)]
pub(super) enum NewPort {
    Kept,
    Any,
    One(u16),
}

const fn port_of(field: Field) -> Field {
    match field {
        Field::Source => Field::SourcePort,
        _ => Field::DestinationPort,
    }
}

impl Change {
    /// The packets after the change.
    pub(super) fn forwards(&self, space: &mut Space, set: Ref) -> Ref {
        match self {
            Self::Nothing => set,
            Self::To(field, to, port) => {
                let set = space.readdressed(set, *field, to);
                match port {
                    NewPort::Kept => set,
                    NewPort::Any => space.forgotten(set, port_of(*field)),
                    NewPort::One(port) => {
                        let set = space.forgotten(set, port_of(*field));
                        let one = space.ports(port_of(*field), &Ports::one(*port));
                        space.within(set, one)
                    }
                }
            }
            Self::Moved(field, from, to) => space.moved(set, *field, *from, *to),
        }
    }

    /// The packets of `before` that the change may turn into one of `after`.
    pub(super) fn backwards(&self, space: &mut Space, before: Ref, after: Ref) -> Ref {
        let set = match self {
            Self::Nothing => after,
            Self::To(field, to, port) => {
                let new = space.addresses(*field, to);
                let mut set = space.within(after, new);
                match port {
                    NewPort::Kept => {}
                    NewPort::Any => set = space.forgotten(set, port_of(*field)),
                    NewPort::One(port) => {
                        let one = space.ports(port_of(*field), &Ports::one(*port));
                        set = space.within(set, one);
                        set = space.forgotten(set, port_of(*field));
                    }
                }
                space.forgotten(set, *field)
            }
            Self::Moved(field, from, to) => space.moved(after, *field, *to, *from),
        };
        space.within(before, set)
    }
}

/// What a device does with a part of what comes in: all of it goes the same way.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The translation of the receiver and of the sender, by their places.
    pub(super) translations: Vec<usize>,
    pub(super) receiver: Change,
    pub(super) sender: Change,
    pub(super) forward: Forward,
    /// What goes on, as it came in.
    pub(super) entering: Ref,
    /// The same, with the receiver translated.
    pub(super) routed: Ref,
    /// The same, as it leaves.
    pub(super) leaving: Ref,
}

/// What a device stops: as it came in, and as its rules see it.
#[derive(Clone, Debug)]
pub(super) struct Stopped {
    pub(super) forward: Option<Forward>,
    pub(super) translations: Vec<usize>,
    pub(super) receiver: Change,
    pub(super) entering: Ref,
    pub(super) routed: Ref,
}

/// One device with what is worked out once.
pub(super) struct At<'d> {
    pub(super) device: &'d Device,
    pub(super) forwarding: Vec<Forward>,
    /// What passes its rules, in the two readings.
    passed: [Ref; 2],
}

impl<'d> At<'d> {
    pub(super) fn new(space: &mut Space, device: &'d Device) -> Self {
        Self {
            device,
            forwarding: device.forwarding(),
            passed: [
                space.passed(device, Reading::Widest),
                space.passed(device, Reading::Narrowest),
            ],
        }
    }

    fn passed(&self, reading: Reading) -> Ref {
        let [widest, narrowest] = self.passed;
        match reading {
            Reading::Widest => widest,
            Reading::Narrowest => narrowest,
        }
    }

    /// The packets with the interfaces that they have here.
    pub(super) fn between(
        &self,
        space: &mut Space,
        set: Ref,
        arrives: InterfaceIx,
        leaves: InterfaceIx,
    ) -> Ref {
        let code = |space: &Space, at| self.device.interface_name(at).map_or(0, |name| space.code(name));
        let (from, to) = (code(space, arrives), code(space, leaves));
        let from = space.interface_set(Field::Arrives, &[from]);
        let to = space.interface_set(Field::Leaves, &[to]);
        let set = space.within(set, from);
        space.within(set, to)
    }

    fn permitted(
        &self,
        space: &mut Space,
        set: Ref,
        ways: (InterfaceIx, InterfaceIx),
        reading: Reading,
    ) -> Ref {
        let here = self.between(space, set, ways.0, ways.1);
        let here = space.within(here, self.passed(reading));
        let here = space.forgotten(here, Field::Arrives);
        space.forgotten(here, Field::Leaves)
    }

    /// What becomes of packets that come in by an interface.
    pub(super) fn parts(
        &self,
        space: &mut Space,
        set: Ref,
        arrives: InterfaceIx,
        reading: Reading,
    ) -> (Vec<Part>, Vec<Stopped>) {
        let (mut parts, mut stopped) = (Vec::new(), Vec::new());
        for (nat, receiver, entering) in self.receivers(space, set, arrives) {
            let translations: Vec<usize> = nat.into_iter().collect();
            let mut unrouted = receiver.forwards(space, entering);
            for forward in &self.forwarding {
                let to = space.addresses(Field::Destination, &forward.to);
                let routed = receiver.forwards(space, entering);
                let routed = space.within(routed, to);
                if routed == Ref::NOTHING {
                    continue;
                }
                unrouted = space.without(unrouted, to);
                let ways = (arrives, forward.interface);
                let (allowed, on) = match self.device.nat_order {
                    NatOrder::BeforeRules => {
                        let on = self.permitted(space, routed, ways, reading);
                        (receiver.backwards(space, entering, on), on)
                    }
                    NatOrder::AfterRules => {
                        let before = receiver.backwards(space, entering, routed);
                        let allowed = self.permitted(space, before, ways, reading);
                        let on = receiver.forwards(space, allowed);
                        (allowed, space.within(on, to))
                    }
                };
                let here = receiver.backwards(space, entering, routed);
                let denied = space.without(here, allowed);
                if denied != Ref::NOTHING {
                    let seen = receiver.forwards(space, denied);
                    stopped.push(Stopped {
                        forward: Some(forward.clone()),
                        translations: translations.clone(),
                        receiver: receiver.clone(),
                        entering: denied,
                        routed: space.within(seen, to),
                    });
                }
                for (nat, sender, routed) in self.senders(space, on, arrives, forward.interface) {
                    parts.push(Part {
                        translations: translations.iter().copied().chain(nat).collect(),
                        entering: receiver.backwards(space, allowed, routed),
                        leaving: sender.forwards(space, routed),
                        receiver: receiver.clone(),
                        sender,
                        forward: forward.clone(),
                        routed,
                    });
                }
            }
            if unrouted != Ref::NOTHING {
                stopped.push(Stopped {
                    forward: None,
                    translations,
                    entering: receiver.backwards(space, entering, unrouted),
                    receiver,
                    routed: unrouted,
                });
            }
        }
        (parts, stopped)
    }

    /// The translations of the receiver: which, what it changes, and the packets that it takes.
    fn receivers(
        &self,
        space: &mut Space,
        set: Ref,
        arrives: InterfaceIx,
    ) -> Vec<(Option<usize>, Change, Ref)> {
        let mut rest = set;
        let mut out = Vec::new();
        for (at, nat) in self.device.nat.iter().enumerate() {
            let (interfaces, source, destination, change) = match &nat.kind {
                NatKind::Destination { to, port } => {
                    let port = port.map_or(NewPort::Kept, NewPort::One);
                    let change = Change::To(Field::Destination, to.clone(), port);
                    let own = of_families(&nat.destination, to);
                    (&nat.arrives, &nat.source, own, change)
                }
                NatKind::Static { inside, outside } => {
                    let change = Change::Moved(Field::Destination, *outside, *inside);
                    (&nat.leaves, &nat.destination, AddressSet::net(*outside), change)
                }
                NatKind::Exempt(NatEnd::Destination) => (
                    &nat.arrives,
                    &nat.source,
                    nat.destination.clone(),
                    Change::Nothing,
                ),
                NatKind::Exempt(NatEnd::Source) | NatKind::Source { .. } => continue,
            };
            if !interfaces.contain(Some(arrives)) {
                continue;
            }
            let taken = self.matching(space, rest, nat, source, &destination);
            if taken != Ref::NOTHING {
                rest = space.without(rest, taken);
                out.push((Some(at), change, taken));
            }
        }
        if rest != Ref::NOTHING {
            out.push((None, Change::Nothing, rest));
        }
        out
    }

    /// The translations of the sender.
    fn senders(
        &self,
        space: &mut Space,
        set: Ref,
        arrives: InterfaceIx,
        leaves: InterfaceIx,
    ) -> Vec<(Option<usize>, Change, Ref)> {
        let mut rest = set;
        let mut out = Vec::new();
        for (at, nat) in self.device.nat.iter().enumerate() {
            if !(nat.arrives.contain(Some(arrives)) && nat.leaves.contain(Some(leaves))) {
                continue;
            }
            let (source, change) = match &nat.kind {
                NatKind::Source { to } => {
                    let to = to.clone().unwrap_or_else(|| self.own(leaves));
                    let own = of_families(&nat.source, &to);
                    (own, Change::To(Field::Source, to, NewPort::Any))
                }
                NatKind::Static { inside, outside } => {
                    let own = nat.source.intersection(&AddressSet::net(*inside));
                    (own, Change::Moved(Field::Source, *inside, *outside))
                }
                NatKind::Exempt(NatEnd::Source) => (nat.source.clone(), Change::Nothing),
                NatKind::Exempt(NatEnd::Destination) | NatKind::Destination { .. } => continue,
            };
            let taken = self.matching(space, rest, nat, &source, &nat.destination);
            if taken != Ref::NOTHING {
                rest = space.without(rest, taken);
                out.push((Some(at), change, taken));
            }
        }
        if rest != Ref::NOTHING {
            out.push((None, Change::Nothing, rest));
        }
        out
    }

    fn own(&self, interface: InterfaceIx) -> AddressSet {
        let at = usize::try_from(interface.0).unwrap_or(usize::MAX);
        let mut out = AddressSet::default();
        for net in self
            .device
            .interfaces
            .get(at)
            .iter()
            .flat_map(|known| &known.addresses)
        {
            out.add(&AddressSet::host(net.addr()));
        }
        out
    }

    fn matching(
        &self,
        space: &mut Space,
        set: Ref,
        nat: &Nat,
        source: &AddressSet,
        destination: &AddressSet,
    ) -> Ref {
        let rule = Rule {
            source: Arc::new(source.clone()),
            destination: Arc::new(destination.clone()),
            carriers: vec![nat.carrier.clone()],
            arrives: Interfaces::Any,
            leaves: Interfaces::Any,
            ..Rule::all(Action::Permit)
        };
        let matching = space.rule(self.device, &rule, Ref::ALL);
        space.within(set, matching)
    }
}

/// An address is translated to one of its own family, or not at all.
fn of_families(set: &AddressSet, to: &AddressSet) -> AddressSet {
    let mut out = AddressSet::default();
    for family in Family::ALL {
        if !to.of(family).is_empty() {
            out.add(&set.only(family));
        }
    }
    out
}
