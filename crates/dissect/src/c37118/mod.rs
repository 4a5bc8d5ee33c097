//! IEEE C37.118: what phasor measurement units measure of the grid, over TCP port 4712 and UDP port 4713.
//!
//! Reads: IEEE C37.118.2-2011 and C37.118-2005: frames with their checks, commands, data, headers, configurations 1 to 3
//! with the stations that they name. The stream's id is the unit. A command's code is `4 << 8 | command`, other frames'
//! their type.
//!
//! Data are a read, whoever starts them. The commands that start and stop them belong to reading and are session's; an
//! extended frame is whatever the maker makes of it, and counts as a setting.
//!
//! Bounds: [`MAX_STATIONS`] stations of one configuration. All that a conversation keeps is whether a configuration or
//! header was asked for.
//!
//! Skipped: the insides of data, since only the configuration says how long each value is; names of channels; later
//! frames of a configuration 3 that needs several.

mod samples;
#[cfg(test)]
mod tests;

use crate::crc::Crc16;
use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most stations that one configuration tells; further ones are dropped and said.
const MAX_STATIONS: usize = 64;
/// The byte that starts every frame.
const SYNC: u8 = 0xaa;
/// Sync, size, id, time, and the check at the end.
const MIN_SIZE: u16 = 16;
/// The bytes of a name in configurations 1 and 2.
const NAME: usize = 16;

const C37118: Protocol = Protocol("c37118");

/// IEEE C37.118 in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: C37118,
    title: "IEEE C37.118 synchrophasors",
    specification: "IEEE Std C37.118.2-2011",
    tcp_ports: &[4712],
    udp_ports: &[4712, 4713],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: samples::SAMPLES,
};

/// What is malformed or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Bytes between frames that belong to none.
    StrayBytes,
    /// A frame's check is wrong; it is passed over.
    BadCheck,
    /// A datagram ends inside a frame.
    DatagramCutShort,
    /// A field runs over the end of the frame.
    CutShort,
    /// A command that the standard doesn't have.
    UnknownCommand,
    /// The configuration names more stations than are told.
    TooManyStations,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::StrayBytes => "stray-bytes",
            Self::BadCheck => "bad-check",
            Self::DatagramCutShort => "datagram-cut-short",
            Self::CutShort => "cut-short",
            Self::UnknownCommand => "unknown-command",
            Self::TooManyStations => "too-many-stations",
        }
    }
}

/// A frame's type (6.2, table 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Data,
    Header,
    Configuration1,
    Configuration2,
    Command,
    Configuration3,
}

impl Kind {
    /// The type in the second byte, when that is one: its highest bit is 0, its lower half the version.
    const fn of(byte: u8) -> Option<Self> {
        if !matches!(byte & 0x0f, 1 | 2) {
            return None;
        }
        Some(match byte >> 4 {
            0 => Self::Data,
            1 => Self::Header,
            2 => Self::Configuration1,
            3 => Self::Configuration2,
            4 => Self::Command,
            5 => Self::Configuration3,
            _ => return None,
        })
    }

    const fn function(self) -> Function {
        let (code, name) = match self {
            Self::Data => (0, "Data"),
            Self::Header => (1, "Header"),
            Self::Configuration1 => (2, "Configuration 1"),
            Self::Configuration2 => (3, "Configuration 2"),
            Self::Command => (4, "Command"),
            Self::Configuration3 => (5, "Configuration 3"),
        };
        Function { code, name }
    }
}

/// A command's name (6.6, table 15), and what it does.
const fn command(code: u16) -> Option<(&'static str, OperationClass)> {
    Some(match code {
        1 => ("Turn Off Transmission", OperationClass::Session),
        2 => ("Turn On Transmission", OperationClass::Session),
        3 => ("Send Header", OperationClass::Identify),
        4 => ("Send Configuration 1", OperationClass::Identify),
        5 => ("Send Configuration 2", OperationClass::Identify),
        6 => ("Send Configuration 3", OperationClass::Identify),
        8 => ("Extended Frame", OperationClass::Configure),
        _ => return None,
    })
}

/// One frame: what stands between the time and the check.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    kind: Kind,
    id: u16,
    body: Reader<'a>,
    check: Check,
}

/// Whether a frame's check is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Right,
    Wrong,
}

enum Next<'a> {
    Frame(Frame<'a>),
    /// So many bytes more are needed; none between frames.
    Partial(usize),
    /// No frame starts here, and why.
    Astray(&'static str),
}

fn next<'a>(reader: &mut Reader<'a>) -> Next<'a> {
    if reader.is_empty() {
        return Next::Partial(0);
    }
    let mut ahead = *reader;
    match frame(&mut ahead) {
        Ok(Ok(frame)) => {
            *reader = ahead;
            Next::Frame(frame)
        }
        Ok(Err(reason)) => Next::Astray(reason),
        Err(Truncated { missing, .. }) => Next::Partial(missing),
    }
}

fn frame<'a>(reader: &mut Reader<'a>) -> Result<Result<Frame<'a>, &'static str>, Truncated> {
    let whole = *reader;
    if reader.u8()? != SYNC {
        return Ok(Err("no frame starts with another byte than 0xaa"));
    }
    let Some(kind) = Kind::of(reader.u8()?) else {
        return Ok(Err("no frame has this type and version"));
    };
    let size = reader.u16_be()?;
    if size < MIN_SIZE {
        return Ok(Err("size fits no frame"));
    }
    let mut rest = reader.sub(usize::from(size) - 4)?;
    let checked = whole.peek().get(..usize::from(size) - 2).unwrap_or_default();
    let id = rest.u16_be()?;
    // The second, its fraction and the clock's quality.
    rest.skip(8)?;
    let body = rest.sub(rest.left().saturating_sub(2))?;
    let check = if rest.u16_be()? == crc(checked) {
        Check::Right
    } else {
        Check::Wrong
    };
    Ok(Ok(Frame {
        kind,
        id,
        body,
        check,
    }))
}

/// CRC-CCITT with all bits set at the start (Annex B).
fn crc(bytes: &[u8]) -> u16 {
    static CCITT: Crc16 = Crc16::high_first(0x1021);
    CCITT.sum(0xffff, bytes)
}

/// A right check over a whole frame is enough on any port.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match next(&mut Reader::new(bytes)) {
        Next::Frame(Frame {
            check: Check::Right, ..
        }) => Probe::Certain,
        Next::Frame(_) | Next::Astray(_) => Probe::No,
        Next::Partial(_) => Probe::Unsure,
    }
}

/// Whether a header or configuration was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    Nothing,
    Description,
}

#[derive(Debug, Default)]
struct Conversation {
    asked: Asked,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.offset();
            match next(&mut reader) {
                Next::Frame(frame) => {
                    let end = reader.offset();
                    let span = Span { start, end };
                    self.frame(&frame, &mut Emit { sink, span });
                }
                Next::Partial(missing) => {
                    let (progress, cut) = context.partial(bytes, start, missing);
                    if let Some(span) = cut {
                        Emit { sink, span }.fault(Fault::DatagramCutShort);
                    }
                    return Ok(progress);
                }
                Next::Astray(reason) => {
                    let lost = Lost {
                        offset: start,
                        reason,
                    };
                    let skipped = find_frame(reader.peek()).ok_or(lost)?;
                    let end = start + skipped;
                    let span = Span { start, end };
                    Emit { sink, span }.fault(Fault::StrayBytes);
                    // The frame was found in what is left, so there are so many bytes.
                    let _found = reader.skip(skipped);
                }
            }
        }
    }

    fn gap(&mut self, _: Side) {
        self.asked = Asked::Nothing;
    }
}

/// How many bytes stand before the next place where a frame's head can be read.
fn find_frame(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| match *window {
        [SYNC, kind, high, low] => Kind::of(kind).is_some() && u16::from_be_bytes([high, low]) >= MIN_SIZE,
        _ => false,
    })
}

impl Conversation {
    fn frame(&mut self, frame: &Frame<'_>, emit: &mut Emit<'_>) {
        if frame.check == Check::Wrong {
            return emit.fault(Fault::BadCheck);
        }
        match frame.kind {
            Kind::Command => self.command(frame, emit),
            Kind::Data => {
                let object = Object {
                    address: Address::Points {
                        space: "stream",
                        first: frame.id.into(),
                        count: 1,
                    },
                    value: Some(frame.body.peek()),
                };
                emit.tell(frame, Role::Unsolicited, OperationClass::Read, &[object]);
            }
            Kind::Header => {
                let role = self.description();
                let name = frame.body.peek();
                let object = Object::at(Address::Name { kind: "header", name });
                emit.tell(frame, role, OperationClass::Identify, &[object]);
            }
            Kind::Configuration1 | Kind::Configuration2 | Kind::Configuration3 => {
                let role = self.description();
                emit.configuration(frame, role);
            }
        }
    }

    /// Whether a description was asked for; it isn't any more.
    fn description(&mut self) -> Role {
        match std::mem::take(&mut self.asked) {
            Asked::Description => Role::Response,
            Asked::Nothing => Role::Unsolicited,
        }
    }

    fn command(&mut self, frame: &Frame<'_>, emit: &mut Emit<'_>) {
        let mut body = frame.body;
        let Ok(code) = body.u16_be() else {
            return emit.fault(Fault::CutShort);
        };
        if matches!(code, 3..=6) {
            self.asked = Asked::Description;
        }
        let (name, operation) = command(code).unwrap_or(("unknown", OperationClass::Program));
        let function = Function {
            code: Kind::Command.function().code << 8 | u32::from(code),
            name,
        };
        emit.message(function, operation, Role::Request, frame.id, &[]);
        if command(code).is_none() {
            emit.fault(Fault::UnknownCommand);
        }
    }
}

/// A station of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Station<'a> {
    id: u16,
    name: &'a [u8],
}

/// Reads the stations of a configuration (6.4, 6.5): what their channels are called and how they are scaled is passed
/// over.
fn stations<'a>(frame: &Frame<'a>, told: &mut SmallVec<[Station<'a>; 4]>) -> Result<(), Truncated> {
    let mut body = frame.body;
    if frame.kind == Kind::Configuration3 {
        // Which of several frames it is.
        body.skip(2)?;
    }
    let _time_base = body.u32_be()?;
    let count = body.u16_be()?;
    for _ in 0..count {
        let station = match frame.kind {
            Kind::Configuration3 => long_station(&mut body)?,
            Kind::Configuration1 | Kind::Configuration2 | Kind::Data | Kind::Header | Kind::Command => {
                short_station(&mut body)?
            }
        };
        told.push(station);
    }
    Ok(())
}

/// A station of configurations 1 and 2: names of 16 bytes.
fn short_station<'a>(body: &mut Reader<'a>) -> Result<Station<'a>, Truncated> {
    let name = body.take(NAME)?;
    let id = body.u16_be()?;
    let _format = body.u16_be()?;
    let [phasors, analogs, digitals] = counts(body)?;
    body.skip(NAME * (phasors + analogs + 16 * digitals))?;
    body.skip(4 * (phasors + analogs + digitals))?;
    // The nominal frequency, how often the configuration changed.
    body.skip(4)?;
    Ok(Station { id, name })
}

/// A station of configuration 3: names with their length before them.
fn long_station<'a>(body: &mut Reader<'a>) -> Result<Station<'a>, Truncated> {
    let name = long_name(body)?;
    let id = body.u16_be()?;
    // The global id and the format.
    body.skip(16 + 2)?;
    let [phasors, analogs, digitals] = counts(body)?;
    for _ in 0..phasors + analogs + 16 * digitals {
        long_name(body)?;
    }
    body.skip(12 * phasors + 8 * analogs + 4 * digitals)?;
    // Where it stands, its class, its window and delay, the nominal frequency, how often the configuration changed.
    body.skip(12 + 1 + 8 + 4)?;
    Ok(Station { id, name })
}

fn long_name<'a>(body: &mut Reader<'a>) -> Result<&'a [u8], Truncated> {
    let length = body.u8()?;
    body.take(length.into())
}

fn counts(body: &mut Reader<'_>) -> Result<[usize; 3], Truncated> {
    Ok([
        body.u16_be()?.into(),
        body.u16_be()?.into(),
        body.u16_be()?.into(),
    ])
}

/// The sink, and where the frame at hand stands.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: C37118,
            code: fault.code(),
            span: self.span,
        });
    }

    fn tell(&mut self, frame: &Frame<'_>, role: Role, operation: OperationClass, objects: &[Object<'_>]) {
        self.message(frame.kind.function(), operation, role, frame.id, objects);
    }

    fn message(
        &mut self,
        function: Function,
        operation: OperationClass,
        role: Role,
        id: u16,
        objects: &[Object<'_>],
    ) {
        self.sink.message(&Message {
            protocol: C37118,
            role,
            function,
            operation,
            unit: Some(id.into()),
            objects,
            outcome: match role {
                Role::Response => Outcome::Success,
                Role::Request | Role::Unsolicited => Outcome::None,
            },
            transaction: None,
            span: self.span,
        });
    }

    fn configuration(&mut self, frame: &Frame<'_>, role: Role) {
        let mut told = SmallVec::new();
        let read = stations(frame, &mut told);
        let objects: SmallVec<[Object<'_>; 4]> = told
            .iter()
            .take(MAX_STATIONS)
            .map(|station| {
                Object::at(Address::Name {
                    kind: "station",
                    name: station.name.trim_ascii_end(),
                })
            })
            .collect();
        self.tell(frame, role, OperationClass::Identify, &objects);
        for station in told.iter().take(MAX_STATIONS) {
            self.sink.identity(&Identity {
                protocol: C37118,
                about: About::Sender,
                unit: Some(station.id.into()),
                field: IdentityField::HostName,
                value: station.name.trim_ascii_end(),
            });
        }
        if told.len() > MAX_STATIONS {
            self.fault(Fault::TooManyStations);
        }
        if read.is_err() {
            self.fault(Fault::CutShort);
        }
    }
}
