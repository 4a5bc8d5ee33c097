//! What messages do: they show values, write them, and are events.
//!
//! Most messages do none of it, and cost two comparisons here.

use crate::clock::Moment;
use crate::event_kinds::{EventKind, kind_of, refusal};
use crate::events::{Answer, Event, EventSlot, Events, Scene};
use crate::flow::Flow;
use crate::hosts::spot_of;
use crate::key::End;
use crate::known::{DeviceId, Known, ValueBasis};
use crate::ledger::Tally;
use crate::number;
use crate::objects::Added;
use crate::settings::Settings;
use crate::writes::{WriteRecord, Writes};
use cofferdam_dissect::{Message, Outcome, Role};
use cofferdam_terms::OperationClass;
use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

/// What the flow's operations know of a message's kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    /// The event that such messages are.
    pub(crate) kind: Option<EventKind>,
    /// Its place among the events, once it was looked up.
    pub(crate) event: Option<EventSlot>,
    /// Whether its objects are new to the flow's record under way.
    pub(crate) objects: Added,
    /// The device whose values they carry, once it was looked up.
    pub(crate) device: Option<DeviceId>,
    /// The packet of the request that an answer belongs to.
    pub(crate) request: Option<u64>,
    /// The operation's place in its flow's record under way.
    pub(crate) entry: Option<usize>,
}

impl Noted {
    /// What is known of a message whose operation has no entry in its flow's record.
    #[cold]
    pub(crate) fn beyond_ceiling(message: &Message<'_>) -> Self {
        let function = message.function;
        Self {
            kind: kind_of(message.protocol, function.code, function.name, message.operation),
            event: None,
            objects: Added::Kept,
            device: None,
            request: None,
            entry: None,
        }
    }
}

/// Values, writes and events.
pub(crate) struct Acts {
    known: Known,
    writes: Writes,
    events: Events,
    pub(crate) evicted: Tally<&'static str>,
    told: (Vec<WriteRecord>, Vec<Event>),
}

impl Acts {
    pub(crate) fn new(settings: &Settings) -> Self {
        let hasher = SeedableRandomState::with_seed(settings.hash_seed, SharedSeed::global_fixed());
        let ceilings = settings.ceilings;
        Self {
            known: Known::new(ceilings.value_bytes, hasher.clone()),
            writes: Writes::new(ceilings.writes, hasher.clone()),
            events: Events::new(ceilings.events, hasher),
            evicted: Tally::default(),
            told: (Vec::new(), Vec::new()),
        }
    }

    /// Takes a message that one end of a flow sent. `noted` keeps the device for the next one of its kind.
    #[inline]
    pub(crate) fn take(
        &mut self,
        flow: &Flow,
        from: End,
        message: &Message<'_>,
        noted: &mut Noted,
        moment: Moment,
    ) {
        match (message.role, message.outcome) {
            (Role::Request, _) => {
                if let Some(kind) = noted.kind {
                    self.asked(
                        kind,
                        Scene {
                            flow,
                            asker: from,
                            moment,
                        },
                        message,
                        noted,
                    );
                }
            }
            (Role::Unsolicited, _) => {
                if let Some(kind) = noted.kind {
                    let scene = Scene {
                        flow,
                        asker: from,
                        moment,
                    };
                    self.events.asked(kind, scene, message, noted, &mut self.evicted);
                }
            }
            (Role::Response, Outcome::None | Outcome::Success) => {
                if message.operation == OperationClass::Read && !message.objects.is_empty() {
                    self.shown(flow, from, message, noted, moment);
                }
                if let Some(kind) = noted.kind {
                    let scene = Scene {
                        flow,
                        asker: from.other(),
                        moment,
                    };
                    self.events
                        .answered(kind, scene, message, noted.event, Answer::Done);
                }
            }
            (Role::Response, Outcome::Failure { name, .. }) => {
                self.failed(
                    name,
                    Scene {
                        flow,
                        asker: from.other(),
                        moment,
                    },
                    message,
                    noted,
                );
            }
        }
    }

    /// A read was answered with values.
    #[inline]
    fn shown(&mut self, flow: &Flow, from: End, message: &Message<'_>, noted: &mut Noted, moment: Moment) {
        for object in message.objects {
            let Some(value) = object.value else { continue };
            let device = match noted.device {
                Some(device) => device,
                None => {
                    let spot = spot_of(flow, from);
                    let evicted = &mut self.evicted;
                    let found = self
                        .known
                        .device(spot, message.protocol, message.unit, moment, evicted);
                    let Some(device) = found else { return };
                    noted.device = Some(device);
                    device
                }
            };
            let value = number::canonical(&object.address, value);
            let shown = (ValueBasis::Read, moment);
            self.known
                .keep(device, &object.address, value, shown, &mut self.evicted);
        }
    }

    #[cold]
    fn asked(&mut self, kind: EventKind, scene: Scene<'_>, message: &Message<'_>, noted: &mut Noted) {
        self.events.asked(kind, scene, message, noted, &mut self.evicted);
        if !carries_values(message.operation) || message.objects.iter().all(|object| object.value.is_none()) {
            return;
        }
        let moment = scene.moment;
        let evicted = &mut self.evicted;
        let (protocol, unit) = (message.protocol, message.unit);
        noted.device = noted
            .device
            .or_else(|| self.known.device(scene.asked(), protocol, unit, moment, evicted));
        let Some(device) = noted.device else { return };
        for object in message.objects {
            let Some(value) = object.value else { continue };
            self.writes
                .add(scene, message, object, (device, &self.known), &mut self.evicted);
            let value = number::canonical(&object.address, value);
            let written = (ValueBasis::Write, moment);
            self.known
                .keep(device, &object.address, value, written, &mut self.evicted);
        }
    }

    #[cold]
    fn failed(&mut self, name: &'static str, scene: Scene<'_>, message: &Message<'_>, noted: &Noted) {
        if let Some(kind) = noted.kind {
            self.events
                .answered(kind, scene, message, noted.event, Answer::Refused);
        }
        if let Some(packet) = noted.request.filter(|_| carries_values(message.operation)) {
            self.writes
                .refuse(scene.flow.number, packet, name, &mut self.known);
        }
        if let Some(reason) = refusal(message.protocol, message.outcome) {
            self.events.refused(reason, scene, message, &mut self.evicted);
        }
    }

    /// The capture is over: makes what is told of events and writes, and forgets the rest.
    pub(crate) fn close(&mut self) {
        self.told.0.append(&mut self.writes.finish());
        self.told.1.append(&mut self.events.finish());
        self.known.forget();
    }

    /// What was told when it was closed.
    pub(crate) fn finish(self) -> (Vec<WriteRecord>, Vec<Event>, Tally<&'static str>) {
        (self.told.0, self.told.1, self.evicted)
    }
}

/// Classes whose requests change the values that reads show.
pub(crate) const fn carries_values(operation: OperationClass) -> bool {
    matches!(
        operation,
        OperationClass::Write | OperationClass::Control | OperationClass::Configure
    )
}
