//! The search: from the senders' wires on, device by device, until the packets are delivered or stopped.

use super::hop::{At, Part, Stopped};
use super::network::{Network, WireIx};
use super::trace::{Tracer, Trail, Wanted};
use super::{Arrival, Doubt, MAX_HOPS, MAX_STOPS, MAX_WAYS, Question, Reach, StopReason, Way};
use crate::filter::{
    Action, AddressSet, Effect, Forward, InterfaceIx, NatKind, Reading, Rule, State, States,
};
use crate::symbolic::{Field, Ref, Space, TooLarge};
use crate::verify::Sureness;
use std::sync::Arc;

/// What gets from the senders to the receivers, and what does not and where it ends.
///
/// # Errors
/// If the rules need more room than a space may take, or there are more than [`MAX_WAYS`] ways.
pub fn reach(network: &Network<'_>, question: &Question) -> Result<Reach, TooLarge> {
    let devices: Vec<_> = network.devices.iter().collect();
    let mut space = Space::of(&devices);
    let ats = devices.iter().map(|device| At::new(&mut space, device)).collect();
    let mut search = Search {
        network,
        ats,
        to: space.addresses(Field::Destination, &question.to),
        space: &mut space,
        found: Vec::new(),
        stops: Vec::new(),
        answer: Reach::default(),
        ways: 0,
        asked: Ref::NOTHING,
    };
    search.start(question);
    search.finish()
}

/// A way that was found: the parts of each device, and what of the last one's arrives.
pub(super) struct Found {
    trail: Trail,
    arrival: Arrival,
    /// What of it arrives, as it is then.
    arrived: Ref,
}

/// A way that ended before the receivers.
pub(super) struct Ended {
    pub(super) trail: Trail,
    pub(super) end: End,
}

/// How a way ended.
pub(super) enum End {
    /// In a device, where it came in by an interface.
    In(usize, InterfaceIx, Stopped),
    /// Behind the last device, with these packets.
    Behind(Ref, StopReason),
}

struct Search<'s, 'd> {
    network: &'s Network<'d>,
    space: &'s mut Space,
    ats: Vec<At<'d>>,
    to: Ref,
    found: Vec<Found>,
    stops: Vec<Ended>,
    answer: Reach,
    ways: usize,
    /// Packets to the receivers' own addresses, as they are sent.
    asked: Ref,
}

impl Search<'_, '_> {
    fn start(&mut self, question: &Question) {
        let (from, unplaced) = self.network.place(&question.from);
        self.answer.unplaced_from = unplaced;
        let (to, unplaced) = self.network.place(&question.to);
        self.answer.unplaced_to = unplaced;
        let shared = from
            .iter()
            .filter(|from| to.iter().any(|to| to.wire == from.wire));
        let names = shared.filter_map(|placed| self.network.wires.get(placed.wire));
        self.answer.shared = names.map(|wire| wire.name.clone()).collect();
        // What nobody translates and is for nobody here need not be followed.
        let mut dialled = question.to.clone();
        for (at, device) in self.network.devices.iter().enumerate() {
            dialled.add(&self.network.translated(at));
            for nat in &device.nat {
                if matches!(nat.kind, NatKind::Destination { .. }) {
                    dialled.add(&nat.destination);
                }
            }
        }
        let rule = |source: AddressSet| Rule {
            source: Arc::new(source),
            destination: Arc::new(dialled.clone()),
            states: States::one(State::New),
            carriers: if question.carriers.is_empty() {
                vec![crate::filter::Carrier::any()]
            } else {
                question.carriers.clone()
            },
            ..Rule::all(Action::Permit)
        };
        let nowhere = crate::filter::Device::new("");
        for placed in from {
            let Some(wire) = self.network.wires.get(placed.wire) else {
                continue;
            };
            let sent = self
                .space
                .rule(&nowhere, &rule(placed.addresses.clone()), Ref::ALL);
            for (device, interface) in wire.members.clone() {
                let here = self.reaching(placed.wire, device, interface, sent);
                let asked = self.space.within(here, self.to);
                self.asked = self.space.either(self.asked, asked);
                self.arrive(&Trail::default(), (device, interface), here);
            }
        }
    }

    /// What a host on a wire sends to a device there: not what it sends to the wire's other hosts.
    fn reaching(&mut self, wire: WireIx, device: usize, interface: InterfaceIx, set: Ref) -> Ref {
        let Some(known) = self.network.wires.get(wire) else {
            return Ref::NOTHING;
        };
        let mut others = known.nets.clone();
        let claimed = self.network.claimed(device, interface);
        others = others.intersection(&claimed.complement());
        let others = self.space.addresses(Field::Destination, &others);
        self.space.without(set, others)
    }

    fn arrive(&mut self, trail: &Trail, (device, arrives): (usize, InterfaceIx), set: Ref) {
        if set == Ref::NOTHING || self.ways > MAX_WAYS {
            return;
        }
        if trail.steps.len() >= MAX_HOPS {
            self.answer.too_long += 1;
            return;
        }
        if trail.passes(device, arrives) {
            self.stops.push(Ended {
                trail: trail.clone(),
                end: End::Behind(set, StopReason::Circle),
            });
            return;
        }
        let Some(at) = self.ats.get(device) else {
            return;
        };
        let (parts, stopped) = at.parts(self.space, set, arrives, Reading::Widest);
        for stop in stopped {
            self.stops.push(Ended {
                trail: trail.clone(),
                end: End::In(device, arrives, stop),
            });
        }
        for part in parts {
            // A device that sends a packet back where it came from, unchanged, decides nothing that its next hop there
            // does not decide as well.
            let back = part.forward.interface == arrives && part.translations.is_empty();
            let leaving = part.leaving;
            let trail = trail.with(device, arrives, part);
            if back {
                self.stops.push(Ended {
                    trail,
                    end: End::Behind(leaving, StopReason::Circle),
                });
            } else {
                self.leave(&trail);
            }
        }
    }

    fn leave(&mut self, trail: &Trail) {
        self.ways += 1;
        let Some(step) = trail.steps.last() else {
            return;
        };
        let Part { forward, leaving, .. } = step.part.clone();
        let Some(wire) = self.network.wire_of(step.device, forward.interface) else {
            // No address and no link: whatever stands there gets it.
            return self.deliver(trail, leaving, Arrival::Delivered);
        };
        let Forward { via, .. } = forward;
        match via.map(|via| (via, self.network.owner(wire, via))) {
            Some((_, Some(next))) if next.0 != step.device => self.arrive(trail, next, leaving),
            Some((via, _)) => self.deliver(trail, leaving, Arrival::HandedTo(via)),
            None => {
                let members = self.network.wires.get(wire).map(|wire| wire.members.clone());
                let mut rest = leaving;
                for next in members.into_iter().flatten() {
                    if next.0 == step.device {
                        continue;
                    }
                    let claimed = self.network.claimed(next.0, next.1);
                    let claimed = self.space.addresses(Field::Destination, &claimed);
                    let theirs = self.space.within(leaving, claimed);
                    rest = self.space.without(rest, claimed);
                    self.arrive(trail, next, theirs);
                }
                self.deliver(trail, rest, Arrival::Delivered);
            }
        }
    }

    fn deliver(&mut self, trail: &Trail, set: Ref, arrival: Arrival) {
        let arrived = self.space.within(set, self.to);
        if arrived != Ref::NOTHING {
            self.found.push(Found {
                trail: trail.clone(),
                arrival,
                arrived,
            });
        }
        let astray = self.space.without(set, self.to);
        if astray != Ref::NOTHING {
            self.stops.push(Ended {
                trail: trail.clone(),
                end: End::Behind(astray, StopReason::Elsewhere),
            });
        }
    }

    fn finish(self) -> Result<Reach, TooLarge> {
        if self.ways > MAX_WAYS {
            return Err(TooLarge::Ways);
        }
        let Self {
            network,
            space,
            ats,
            found,
            stops,
            mut answer,
            asked,
            to,
            ..
        } = self;
        let mut tracer = Tracer { space, ats: &ats };
        let mut passing = Ref::NOTHING;
        for found in &found {
            let sent = tracer.sent(&found.trail, found.arrived);
            passing = tracer.space.either(passing, sent);
            let (hops, _) = tracer.hops(&found.trail, found.arrived, Ref::ALL);
            answer.ways.push(Way {
                hops,
                arrival: found.arrival,
                sent: tracer.space.headers(sent),
                received: tracer.space.headers(found.arrived),
                sureness: tracer.sureness(&found.trail, found.arrived),
            });
        }
        answer.ways.sort_by(|a, b| key(a).cmp(&key(b)));
        answer.passes = tracer.space.headers(passing);
        let denied = tracer.space.without(asked, passing);
        answer.denied = tracer.space.headers(denied);
        let wanted = Wanted { asked, to, passing };
        for ended in &stops {
            if answer.stops.len() >= MAX_STOPS {
                answer.more_stops += 1;
            } else {
                answer.stops.extend(tracer.stops(ended, &wanted));
            }
        }
        answer.stops.sort_by(|a, b| {
            let key = |stop: &super::Stop| {
                let devices: Vec<_> = stop.hops.iter().map(|hop| (hop.device, hop.arrives)).collect();
                (devices, stop.reason)
            };
            key(a).cmp(&key(b))
        });
        answer.doubts = doubts(network);
        space.checked(answer)
    }
}

fn key(way: &Way) -> impl Ord {
    let hops = way.hops.iter().map(|hop| {
        (
            hop.device,
            hop.arrives,
            hop.leaves,
            hop.translations.clone(),
            hop.route,
        )
    });
    (hops.collect::<Vec<_>>(), way.arrival)
}

/// Lines that may open a way: what changes a filter's rules is in the rules already, as unsure.
fn doubts(network: &Network<'_>) -> Vec<Doubt> {
    let mut out = Vec::new();
    for (device, known) in network.devices.iter().enumerate() {
        let opens = known.unread.iter().filter(|line| match line.effect {
            Effect::Path | Effect::Unknown => true,
            Effect::None | Effect::Condition | Effect::Action | Effect::Reference => false,
        });
        out.extend(opens.map(|line| Doubt {
            device,
            span: line.span,
            text: line.text.clone(),
        }));
    }
    out
}

/// The sureness of a way from what is left of it in the narrowest reading.
pub(super) const fn sureness(left: Ref) -> Sureness {
    match left.number() {
        Some(0) => Sureness::Possible,
        _ => Sureness::Sure,
    }
}
