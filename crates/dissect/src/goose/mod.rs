//! GOOSE: what protection relays tell each other in milliseconds, on Ethernet type 0x88b8.
//!
//! Reads: IEC 61850-8-1:2011, clause 18 and Annex A: control block, data set, identifier, state and sequence numbers,
//! configuration revision, the data as its value; management messages by name. The application id is the unit, the state
//! number the transaction. A message is a write: its subscribers trip and interlock by it. The logical device in the
//! control block's reference is the sender's name.
//!
//! State and sequence numbers are followed by control block: what goes back is said, since it is how a replayed or
//! forged message looks; a publisher that begins anew with state 1 has restarted. The same numbers again are no anomaly:
//! redundant networks (PRP, HSR) deliver each frame twice.
//!
//! Bounds: `publication::MAX_PUBLICATIONS` control blocks of one conversation, with names of `publication::MAX_NAME`
//! bytes.
//!
//! Skipped: the insides of data, since only the configuration says what they mean; seals of IEC 62351-6; GOOSE routed
//! over UDP (90-5).

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

const GOOSE: Protocol = Protocol("goose");

/// The tag of a management message, which is its code.
const MANAGEMENT: u16 = 0;
/// The tag of a published state.
const PUBLISH: u16 = 1;

/// GOOSE in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: GOOSE,
    title: "GOOSE",
    specification: "IEC 61850-8-1:2011",
    tcp_ports: &[],
    udp_ports: &[],
    ether_types: &[EtherType::GOOSE],
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
    /// What the frame carries is no message of GOOSE, or a field is missing or malformed.
    Malformed,
    /// The data have another number of entries than the message says.
    EntryCount,
    /// The message is valid for no time.
    TimeAllowed,
    /// The message comes from a tester.
    Simulated,
    /// The head says that it is simulated, and the message that it isn't.
    SimulationMismatch,
    /// The publisher's configuration isn't complete.
    NeedsCommissioning,
    /// The state number went back.
    StateBackwards,
    /// States were skipped.
    StateSkipped,
    /// The sequence number of a state went back.
    SequenceBackwards,
    /// The publisher began anew.
    Restarted,
    /// The configuration revision is another one than before.
    ConfigurationChanged,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::Malformed => "malformed",
            Self::EntryCount => "entry-count",
            Self::TimeAllowed => "time-allowed",
            Self::Simulated => "simulated",
            Self::SimulationMismatch => "simulation-mismatch",
            Self::NeedsCommissioning => "needs-commissioning",
            Self::StateBackwards => "state-backwards",
            Self::StateSkipped => "state-skipped",
            Self::SequenceBackwards => "sequence-backwards",
            Self::Restarted => "publisher-restarted",
            Self::ConfigurationChanged => "configuration-changed",
        }
    }
}

/// Its Ethernet type is its own; content is looked at for what is wrong with it.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match publication::publication(bytes).map(|publication| publication.body.peek().first().copied()) {
        Some(Some(0x60 | 0x61)) => Probe::Certain,
        Some(_) | None => Probe::Unsure,
    }
}

/// What a control block published last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Published {
    state: u32,
    sequence: u32,
    configuration: Option<u32>,
}

#[derive(Debug, Default)]
struct Conversation {
    blocks: Followed<Published>,
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

    /// What is missing may have been any state.
    fn gap(&mut self, _: Side) {
        self.blocks = Followed::default();
    }
}

impl Conversation {
    fn frame(&mut self, publication: &Publication<'_>, emit: &mut Emit<'_>) {
        let mut body = publication.body;
        match (Element::read(&mut body), publication.whole) {
            (Ok(pdu), Whole::Yes) if pdu.is_application(PUBLISH) => match State::read(&pdu) {
                Some(state) => self.state(publication, &state, emit),
                None => emit.fault(Fault::Malformed),
            },
            (Ok(pdu), Whole::Yes) if pdu.is_application(MANAGEMENT) => emit.management(publication),
            (Ok(_), Whole::Yes) => emit.fault(Fault::Malformed),
            (Ok(_) | Err(_), Whole::CutShort) => emit.fault(Fault::CutShort),
            (Err(_), Whole::Yes) => emit.fault(Fault::Malformed),
        }
    }

    fn state(&mut self, publication: &Publication<'_>, state: &State<'_>, emit: &mut Emit<'_>) {
        emit.state(publication.application, state);
        let simulated = state.simulation || publication.origin == Origin::Simulation;
        for (holds, fault) in [
            (state.entries != state.counted, Fault::EntryCount),
            (state.time_allowed == Some(0), Fault::TimeAllowed),
            (simulated, Fault::Simulated),
            (simulated && !state.simulation, Fault::SimulationMismatch),
            (state.needs_commissioning, Fault::NeedsCommissioning),
        ] {
            if holds {
                emit.fault(fault);
            }
        }
        let now = state.published;
        match self.blocks.replace(state.block, now) {
            Some(before) => {
                if let Some(fault) = order(before, now) {
                    emit.fault(fault);
                }
                if before.configuration != now.configuration {
                    emit.fault(Fault::ConfigurationChanged);
                }
            }
            None => emit.device(publication::device(state.block)),
        }
    }
}

/// What is wrong with the order of two messages of one control block (18.1.2.5): a new state counts the state up and
/// begins its sequence anew. Both numbers begin at 1 again after their highest.
fn order(before: Published, now: Published) -> Option<Fault> {
    match now.state.wrapping_sub(before.state) {
        0 if now.sequence < before.sequence && before.sequence != u32::MAX => Some(Fault::SequenceBackwards),
        0 | 1 => None,
        // After its highest the state number goes on with 1.
        2 if before.state == u32::MAX => None,
        _ if now.state == 1 && now.sequence <= 1 => Some(Fault::Restarted),
        ahead if ahead <= u32::MAX / 2 => Some(Fault::StateSkipped),
        _ => Some(Fault::StateBackwards),
    }
}

/// The fields of a published state (Annex A, IECGoosePdu).
#[derive(Debug)]
struct State<'a> {
    block: &'a [u8],
    time_allowed: Option<u32>,
    data_set: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    published: Published,
    simulation: bool,
    needs_commissioning: bool,
    /// How many entries the message says that there are, and how many there are.
    entries: Option<usize>,
    counted: Option<usize>,
    data: Option<&'a [u8]>,
}

impl<'a> State<'a> {
    fn read(pdu: &Element<'a>) -> Option<Self> {
        let mut fields: [Option<Element<'a>>; 12] = [None; 12];
        for field in pdu.children() {
            let field = field.ok()?;
            if let Some(slot) = fields.get_mut(usize::from(field.number)) {
                *slot = Some(field);
            }
        }
        let [
            block,
            allowed,
            set,
            id,
            _time,
            state,
            sequence,
            simulation,
            revision,
            needs,
            entries,
            data,
        ] = fields;
        let content = |field: Option<Element<'a>>| field.map(|field| field.content);
        let number = |field: Option<Element<'a>>| field.and_then(|field| field.unsigned());
        let flag = |field: Option<Element<'a>>| {
            field.is_some_and(|field| field.content.iter().any(|byte| *byte != 0))
        };
        let counted = data.map(|data| data.children().filter(Result::is_ok).count());
        Some(Self {
            block: content(block)?,
            time_allowed: number(allowed),
            data_set: content(set),
            id: content(id),
            published: Published {
                state: number(state)?,
                sequence: number(sequence)?,
                configuration: number(revision),
            },
            simulation: flag(simulation),
            needs_commissioning: flag(needs),
            entries: number(entries).and_then(|count| usize::try_from(count).ok()),
            counted,
            data: content(data),
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
            protocol: GOOSE,
            code: fault.code(),
            span: self.span,
        });
    }

    fn state(&mut self, application: u16, state: &State<'_>) {
        let named = |kind, name: Option<_>, value| {
            name.map(|name| Object {
                address: Address::Name { kind, name },
                value,
            })
        };
        let objects: SmallVec<[Object<'_>; 3]> = [
            named("control-block", Some(state.block), None),
            named("goose-id", state.id, None),
            named("data-set", state.data_set, state.data),
        ]
        .into_iter()
        .flatten()
        .collect();
        self.tell(
            application,
            PUBLISH,
            "Publish",
            OperationClass::Write,
            &objects,
            Some(state.published.state),
        );
    }

    fn management(&mut self, publication: &Publication<'_>) {
        self.tell(
            publication.application,
            MANAGEMENT,
            "Management",
            OperationClass::Read,
            &[],
            None,
        );
    }

    fn tell(
        &mut self,
        application: u16,
        code: u16,
        name: &'static str,
        operation: OperationClass,
        objects: &[Object<'_>],
        transaction: Option<u32>,
    ) {
        self.sink.message(&Message {
            protocol: GOOSE,
            role: Role::Unsolicited,
            function: Function {
                code: code.into(),
                name,
            },
            operation,
            unit: Some(application.into()),
            objects,
            outcome: Outcome::None,
            transaction,
            span: self.span,
        });
    }

    fn device(&mut self, device: Option<&[u8]>) {
        if let Some(value) = device {
            self.sink.identity(&Identity {
                protocol: GOOSE,
                about: About::Sender,
                unit: None,
                field: IdentityField::HostName,
                value,
            });
        }
    }
}
