//! Sampled Values: currents and voltages as merging units measure them, on Ethernet type 0x88ba.
//!
//! Reads: IEC 61850-9-2:2011, clause 8, and IEC 61869-9:2016: each unit of samples with its id, data set, counter,
//! configuration revision and samples as its value. The application id is the unit, the first counter the transaction. A
//! message is a read: what subscribers measure. The logical device in a reference is the sender's name.
//!
//! Counters are followed by id: one that goes back without beginning anew is said, since it is how replayed or forged
//! samples look. The same counter again is no anomaly: redundant networks (PRP, HSR) deliver each frame twice.
//!
//! Bounds: [`MAX_UNITS`] units of samples of one frame, `publication::MAX_PUBLICATIONS` ids of one conversation, with
//! names of `publication::MAX_NAME` bytes.
//!
//! Skipped: the insides of samples, since only the configuration says what they mean; seals of IEC 62351-6.

mod samples;
#[cfg(test)]
mod tests;

use crate::ber::Element;
use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::publication::{self, Followed, Origin, Publication, Whole};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::{EtherType, OperationClass};
use smallvec::SmallVec;

/// The most units of samples that one frame tells; IEC 61869-9 has at most six.
const MAX_UNITS: usize = 16;

const SV: Protocol = Protocol("sv");

/// The tag of a frame's samples, which is its code.
const PUBLISH: u16 = 0;

/// Sampled Values in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: SV,
    title: "Sampled Values",
    specification: "IEC 61850-9-2:2011, IEC 61869-9:2016",
    tcp_ports: &[],
    udp_ports: &[],
    ether_types: &[EtherType::SAMPLED_VALUES],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: samples::SAMPLES,
};

/// What is malformed, out of order, or not fit for service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The frame is shorter than its head says.
    CutShort,
    /// What the frame carries are no samples, or a field is missing or malformed.
    Malformed,
    /// The frame has another number of units than it says.
    UnitCount,
    /// There are more units than are told.
    TooManyUnits,
    /// The samples come from a tester.
    Simulated,
    /// A sample counter went back.
    CounterBackwards,
    /// The configuration revision is another one than before.
    ConfigurationChanged,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::Malformed => "malformed",
            Self::UnitCount => "unit-count",
            Self::TooManyUnits => "too-many-units",
            Self::Simulated => "simulated",
            Self::CounterBackwards => "counter-backwards",
            Self::ConfigurationChanged => "configuration-changed",
        }
    }
}

/// Its Ethernet type is its own; content is looked at for what is wrong with it.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match publication::publication(bytes).map(|publication| publication.body.peek().first().copied()) {
        Some(Some(0x60)) => Probe::Certain,
        Some(_) | None => Probe::Unsure,
    }
}

/// What was published last under an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Published {
    counter: u16,
    configuration: Option<u32>,
}

#[derive(Debug, Default)]
struct Conversation {
    streams: Followed<Published>,
}

impl Session for Conversation {
    fn parse(&mut self, _: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let end = bytes.len();
        let mut emit = Emit {
            sink,
            span: Span { start: 0, end },
        };
        match publication::publication(bytes) {
            Some(publication) => self.frame(&publication, &mut emit),
            None => emit.fault(Fault::CutShort),
        }
        Ok(Progress {
            consumed: end,
            missing: 0,
        })
    }

    /// What is missing may have been any samples.
    fn gap(&mut self, _: Side) {
        self.streams = Followed::default();
    }
}

impl Conversation {
    fn frame(&mut self, publication: &Publication<'_>, emit: &mut Emit<'_>) {
        let mut body = publication.body;
        let read = Element::read(&mut body).ok();
        let samples = read.filter(|pdu| pdu.is_application(PUBLISH));
        match (samples.and_then(|pdu| Samples::read(&pdu)), publication.whole) {
            (Some(samples), Whole::Yes) => self.samples(publication, &samples, emit),
            (None, Whole::Yes) => emit.fault(Fault::Malformed),
            (Some(_) | None, Whole::CutShort) => emit.fault(Fault::CutShort),
        }
    }

    fn samples(&mut self, publication: &Publication<'_>, samples: &Samples<'_>, emit: &mut Emit<'_>) {
        emit.samples(publication.application, samples);
        if let Some(fault) = samples.fault {
            emit.fault(fault);
        }
        if publication.origin == Origin::Simulation || samples.simulated {
            emit.fault(Fault::Simulated);
        }
        for unit in &samples.units {
            match self.streams.replace(unit.id, unit.published) {
                Some(before) => {
                    // Counters begin anew with each second, at a rate that the frame need not say.
                    if unit.published.counter < before.counter && unit.published.counter != 0 {
                        emit.fault(Fault::CounterBackwards);
                    }
                    if before.configuration != unit.published.configuration {
                        emit.fault(Fault::ConfigurationChanged);
                    }
                }
                None => {
                    let device = publication::device(unit.id).or(unit.data_set.and_then(publication::device));
                    emit.device(device);
                }
            }
        }
    }
}

/// One unit of samples (8.5.2, ASDU).
#[derive(Clone, Copy, Debug)]
struct Unit<'a> {
    id: &'a [u8],
    data_set: Option<&'a [u8]>,
    published: Published,
    samples: Option<&'a [u8]>,
}

/// What a frame carries.
#[derive(Debug)]
struct Samples<'a> {
    units: SmallVec<[Unit<'a>; 2]>,
    simulated: bool,
    fault: Option<Fault>,
}

impl<'a> Samples<'a> {
    fn read(pdu: &Element<'a>) -> Option<Self> {
        let said = pdu.context(0)?.unsigned()?;
        let list = pdu.context(2)?;
        let mut samples = Self {
            units: SmallVec::new(),
            // IEC 61869-9 repeats the simulation in the unit's head.
            simulated: pdu.context(1).is_some_and(|flag| flag.content == [1]),
            fault: None,
        };
        let mut count = 0;
        for unit in list.children() {
            count += 1;
            if samples.units.len() < MAX_UNITS {
                samples.units.push(Unit::read(&unit.ok()?)?);
            } else {
                samples.fault = Some(Fault::TooManyUnits);
            }
        }
        if count != said {
            samples.fault.get_or_insert(Fault::UnitCount);
        }
        Some(samples)
    }
}

impl<'a> Unit<'a> {
    fn read(unit: &Element<'a>) -> Option<Self> {
        let content = |number| unit.context(number).map(|field| field.content);
        let counter = unit.context(2)?.unsigned()?;
        Some(Self {
            id: content(0)?,
            data_set: content(1),
            published: Published {
                counter: u16::try_from(counter).ok()?,
                configuration: unit.context(3).and_then(|revision| revision.unsigned()),
            },
            samples: content(7),
        })
    }
}

/// The sink, and where the frame at hand stands.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: SV,
            code: fault.code(),
            span: self.span,
        });
    }

    fn samples(&mut self, application: u16, samples: &Samples<'_>) {
        let objects: SmallVec<[Object<'_>; 2]> = samples
            .units
            .iter()
            .map(|unit| Object {
                address: Address::Name {
                    kind: "samples",
                    name: unit.id,
                },
                value: unit.samples,
            })
            .collect();
        self.sink.message(&Message {
            protocol: SV,
            role: Role::Unsolicited,
            function: Function {
                code: PUBLISH.into(),
                name: "Publish",
            },
            operation: OperationClass::Read,
            unit: Some(application.into()),
            objects: &objects,
            outcome: Outcome::None,
            transaction: samples.units.first().map(|unit| unit.published.counter.into()),
            span: self.span,
        });
    }

    fn device(&mut self, device: Option<&[u8]>) {
        if let Some(value) = device {
            self.sink.identity(&Identity {
                protocol: SV,
                about: About::Sender,
                unit: None,
                field: IdentityField::HostName,
                value,
            });
        }
    }
}
