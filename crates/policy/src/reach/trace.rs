//! Back along a way that was found: which packets get that far, one of them at each device, and the lines that decide.

use super::hop::{At, Part, Stopped};
use super::ways::{End, Ended, sureness};
use super::{Hop, Stop, StopReason};
use crate::filter::{Action, Device, InterfaceIx, NatOrder, Packet, Reading};
use crate::symbolic::{Deciding, Decision, Field, Ref, Space, pairs};
use crate::verify::Sureness;
use std::collections::BTreeMap;

/// One device on the way with the part of its packets that goes on.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) device: usize,
    arrives: InterfaceIx,
    pub(super) part: Part,
}

/// The devices so far.
#[derive(Clone, Default)]
pub(super) struct Trail {
    pub(super) steps: Vec<Step>,
}

impl Trail {
    pub(super) fn passes(&self, device: usize, arrives: InterfaceIx) -> bool {
        self.steps
            .iter()
            .any(|step| step.device == device && step.arrives == arrives)
    }

    pub(super) fn with(&self, device: usize, arrives: InterfaceIx, part: Part) -> Self {
        let mut steps = self.steps.clone();
        steps.push(Step {
            device,
            arrives,
            part,
        });
        Self { steps }
    }
}

/// What of one step's packets gets all the way.
struct Through {
    entering: Ref,
    routed: Ref,
    leaving: Ref,
}

pub(super) struct Tracer<'t, 'd> {
    pub(super) space: &'t mut Space,
    pub(super) ats: &'t [At<'d>],
}

impl Tracer<'_, '_> {
    /// For each step what of its packets becomes some of `end`.
    fn through(&mut self, trail: &Trail, end: Ref) -> Vec<Through> {
        let mut out = Vec::new();
        let mut after = end;
        for step in trail.steps.iter().rev() {
            let part = &step.part;
            let leaving = self.space.within(part.leaving, after);
            let routed = part.sender.backwards(self.space, part.routed, leaving);
            let entering = part.receiver.backwards(self.space, part.entering, routed);
            after = entering;
            out.push(Through {
                entering,
                routed,
                leaving,
            });
        }
        out.reverse();
        out
    }

    /// What of the packets that were sent becomes some of `end`.
    pub(super) fn sent(&mut self, trail: &Trail, end: Ref) -> Ref {
        self.through(trail, end)
            .first()
            .map_or(end, |through| through.entering)
    }

    /// Whether some of the packets get through however the unread lines are meant.
    pub(super) fn sureness(&mut self, trail: &Trail, end: Ref) -> Sureness {
        let mut set = self.sent(trail, end);
        for step in &trail.steps {
            let Some(at) = self.ats.get(step.device) else {
                continue;
            };
            let (parts, _) = at.parts(self.space, set, step.arrives, Reading::Narrowest);
            let same = |part: &&Part| {
                part.translations == step.part.translations && part.forward == step.part.forward
            };
            set = parts.iter().find(same).map_or(Ref::NOTHING, |part| part.leaving);
        }
        sureness(self.space.within(set, end))
    }

    /// Every step with one packet of `sent`, followed from the first to the last; and that packet in the end.
    pub(super) fn hops(&mut self, trail: &Trail, end: Ref, sent: Ref) -> (Vec<Hop>, Ref) {
        let through = self.through(trail, end);
        let mut out = Vec::new();
        let mut only = sent;
        for (step, through) in trail.steps.iter().zip(through) {
            let Some(at) = self.ats.get(step.device) else {
                continue;
            };
            let part = &step.part;
            let ways = (step.arrives, part.forward.interface);
            let here = self.space.within(through.entering, only);
            let Some((packet, one)) = self.space.pick(here, at.device) else {
                continue;
            };
            let routed = part.receiver.forwards(self.space, one);
            let routed = self.space.within(routed, through.routed);
            let Some((seen, routed)) = self.space.pick(routed, at.device) else {
                continue;
            };
            let leaving = part.sender.forwards(self.space, routed);
            let leaving = self.space.within(leaving, through.leaving);
            let Some((sent, leaving)) = self.space.pick(leaving, at.device) else {
                continue;
            };
            only = leaving;
            let judged = match at.device.nat_order {
                NatOrder::BeforeRules => (through.routed, &seen),
                NatOrder::AfterRules => (through.entering, &packet),
            };
            let all = at.between(self.space, judged.0, ways.0, ways.1);
            let rules = self.deciding(at, all, Action::Permit);
            out.push(Hop {
                device: step.device,
                arrives: ways.0,
                leaves: Some(ways.1),
                decisions: decisions(at.device, &placed(judged.1, ways)),
                rules: rules.into_keys().collect(),
                packet: placed(&packet, ways),
                sent: placed(&sent, ways),
                translations: part.translations.clone(),
                route: part.forward.route,
            });
        }
        (out, only)
    }

    /// The rules that do one thing with packets of a set, each with what it does it to.
    fn deciding(&mut self, at: &At<'_>, set: Ref, action: Action) -> BTreeMap<Decision, u32> {
        let deciding = Deciding::of(self.space, at.device, Reading::Widest, set);
        let mut out = BTreeMap::new();
        pairs(self.space, deciding.diagram, set, &mut |_, end, _, _| {
            if let Some(decision) = deciding.decision(end)
                && decision.action == action
            {
                out.insert(decision, end);
            }
        });
        out
    }

    /// The stops at the end of a way: one for each rule of its last device that stops something.
    pub(super) fn stops(&mut self, ended: &Ended, wanted: &Wanted) -> Vec<Stop> {
        let trail = &ended.trail;
        let (place, stop) = match &ended.end {
            End::Behind(set, reason) => {
                let meant = self.space.within(*set, wanted.to);
                let kept = self.kept(trail, *set, meant, wanted);
                return self.stop(trail, kept, *reason, None).into_iter().collect();
            }
            End::In(device, arrives, stop) => ((*device, *arrives), stop),
        };
        let Some(at) = self.ats.get(place.0) else {
            return Vec::new();
        };
        let Some(forward) = &stop.forward else {
            let meant = self.meant(stop, stop.routed, wanted);
            let kept = self.kept(trail, stop.entering, meant, wanted);
            let last = Last {
                at,
                place,
                stop,
                routed: stop.routed,
            };
            return self
                .stop(trail, kept, StopReason::NoRoute, Some(&last))
                .into_iter()
                .collect();
        };
        let judged = match at.device.nat_order {
            NatOrder::BeforeRules => stop.routed,
            NatOrder::AfterRules => stop.entering,
        };
        let here = at.between(self.space, judged, place.1, forward.interface);
        let deciding = Deciding::of(self.space, at.device, Reading::Widest, here);
        let mut out = Vec::new();
        for (decision, end) in self.deciding(at, here, Action::Deny) {
            let own = self
                .space
                .diagrams
                .map(deciding.diagram, &|number| u32::from(number == end));
            let own = self.space.forgotten(own, Field::Arrives);
            let own = self.space.forgotten(own, Field::Leaves);
            let (entering, routed) = match at.device.nat_order {
                NatOrder::BeforeRules => (stop.receiver.backwards(self.space, stop.entering, own), own),
                NatOrder::AfterRules => {
                    let routed = stop.receiver.forwards(self.space, own);
                    (own, self.space.within(routed, stop.routed))
                }
            };
            let meant = self.meant(stop, routed, wanted);
            let meant = self.space.within(meant, entering);
            let kept = self.kept(trail, entering, meant, wanted);
            let last = Last {
                at,
                place,
                stop,
                routed,
            };
            out.extend(self.stop(trail, kept, StopReason::Rule(decision), Some(&last)));
        }
        out
    }

    /// What of the packets that come to a stop is asked about, as it was sent: it is sent to the receivers, or is for
    /// them by then, and gets through on no way.
    fn kept(&mut self, trail: &Trail, entering: Ref, meant: Ref, wanted: &Wanted) -> Ref {
        let asked = self.sent(trail, entering);
        let asked = self.space.within(asked, wanted.asked);
        let meant = self.sent(trail, meant);
        let kept = self.space.either(asked, meant);
        self.space.without(kept, wanted.passing)
    }

    /// What of the packets that come to a device is for the receivers once it is translated there.
    fn meant(&mut self, stop: &Stopped, routed: Ref, wanted: &Wanted) -> Ref {
        let meant = self.space.within(routed, wanted.to);
        stop.receiver.backwards(self.space, stop.entering, meant)
    }

    fn stop(
        &mut self,
        trail: &Trail,
        sent: Ref,
        reason: StopReason,
        last: Option<&Last<'_, '_>>,
    ) -> Option<Stop> {
        let nowhere = Device::new("");
        let (_, one) = self.space.pick(sent, &nowhere)?;
        let mut end = one;
        for step in &trail.steps {
            let part = &step.part;
            let here = self.space.within(part.entering, end);
            let routed = part.receiver.forwards(self.space, here);
            let routed = self.space.within(routed, part.routed);
            let leaving = part.sender.forwards(self.space, routed);
            end = self.space.within(leaving, part.leaving);
        }
        if let Some(last) = last {
            end = self.space.within(end, last.stop.entering);
        }
        let (mut hops, came) = self.hops(trail, end, one);
        if let Some(last) = last {
            let here = self.space.within(end, came);
            hops.push(self.last_hop(last, here, reason)?);
        }
        Some(Stop {
            hops,
            reason,
            sent: self.space.headers(sent),
        })
    }

    fn last_hop(&mut self, last: &Last<'_, '_>, here: Ref, reason: StopReason) -> Option<Hop> {
        let Last {
            at,
            place,
            stop,
            routed,
        } = last;
        let leaves = stop.forward.as_ref().map(|forward| forward.interface);
        let (packet, one) = self.space.pick(here, at.device)?;
        let translated = stop.receiver.forwards(self.space, one);
        let routed = self.space.within(translated, *routed);
        let (seen, _) = self.space.pick(routed, at.device)?;
        let placed = |packet: Packet| Packet {
            arrives: Some(place.1),
            leaves,
            ..packet
        };
        let (packet, seen) = (placed(packet), placed(seen));
        let judged = match at.device.nat_order {
            NatOrder::BeforeRules => &seen,
            NatOrder::AfterRules => &packet,
        };
        let (decisions, rules) = match reason {
            StopReason::Rule(decision) => (decisions(at.device, judged), vec![decision]),
            StopReason::NoRoute | StopReason::Circle | StopReason::Elsewhere => (Vec::new(), Vec::new()),
        };
        Some(Hop {
            device: place.0,
            arrives: place.1,
            leaves,
            decisions,
            rules,
            translations: stop.translations.clone(),
            route: stop.forward.as_ref().and_then(|forward| forward.route),
            packet,
            sent: seen,
        })
    }
}

/// The device that a way ends in.
struct Last<'t, 'd> {
    at: &'t At<'d>,
    place: (usize, InterfaceIx),
    stop: &'t Stopped,
    /// What is told of, with the receiver translated.
    routed: Ref,
}

/// Which stops are told.
pub(super) struct Wanted {
    /// Sent to the receivers' own addresses.
    pub(super) asked: Ref,
    /// For the receivers.
    pub(super) to: Ref,
    /// Gets through on some way.
    pub(super) passing: Ref,
}

fn placed(packet: &Packet, (arrives, leaves): (InterfaceIx, InterfaceIx)) -> Packet {
    Packet {
        arrives: Some(arrives),
        leaves: Some(leaves),
        ..packet.clone()
    }
}

/// What decides in each stage, up to the one that denies.
fn decisions(device: &Device, packet: &Packet) -> Vec<Decision> {
    let mut out = Vec::new();
    for (stage, list) in device.stages.iter().enumerate() {
        let answer = list.answer(packet, Reading::Widest);
        out.push(Decision {
            stage,
            rule: answer.rule,
            action: answer.action,
        });
        if answer.action != Action::Permit {
            break;
        }
    }
    out
}
