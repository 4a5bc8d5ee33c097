//! Messages of one conversation, and what is remembered from one to the next.

use super::discovery;
use super::frame::{self, Frame, Next};
use super::names::{self, Command, group};
use super::places::{self, Handles, Place};
use super::{ADS, Fault, MAX_OBJECTS, MAX_OUTSTANDING};
use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::session::{Carrier, Context, Lost, Progress, Session, Side, Sink};
use crate::tell::{Passing, trimmed};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// The letters of a device's name.
const DEVICE_NAME: usize = 16;

/// What the answer to a request is about.
#[derive(Debug)]
enum Wanted {
    Nothing,
    /// The value of a place.
    Value(Place),
    /// A handle for a symbol.
    Handle(places::Name),
    /// A handle for notifications of a place.
    Notification(Place),
    /// The values of so many places, of which the first are told: results first, then what each length says.
    Values(usize, Vec<(Place, u32)>),
}

/// A request that waits.
#[derive(Debug)]
struct Asked {
    by: Side,
    invoke: u32,
    command: u16,
    operation: OperationClass,
    wanted: Wanted,
}

#[derive(Debug, Default)]
pub(super) struct Conversation {
    outstanding: VecDeque<Asked>,
    symbols: Handles,
    notifications: Handles,
    passing: Passing,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        if context.carrier != Carrier::Tcp {
            datagram(bytes, sink);
            return Ok(crate::tell::done(bytes));
        }
        let passed = self.passing.pass(context.side, reader.left());
        let _there = reader.skip(passed);
        loop {
            let start = reader.offset();
            match frame::next(&mut reader)? {
                Next::Frame(frame) => {
                    let passed = frame.passing.min(reader.left());
                    self.passing.set(context.side, frame.passing - passed);
                    let end = reader.offset();
                    self.frame(
                        context.side,
                        &frame,
                        &mut Emit {
                            sink,
                            span: Span { start, end },
                        },
                    );
                    let _there = reader.skip(passed);
                }
                Next::Router(code) => {
                    let end = reader.offset();
                    router(
                        code,
                        context.side,
                        &mut Emit {
                            sink,
                            span: Span { start, end },
                        },
                    );
                }
                Next::Partial(missing) => {
                    return Ok(Progress {
                        consumed: start,
                        missing,
                    });
                }
            }
        }
    }

    /// A request or answer that was missed would let later ones pair wrongly; handles may have been given anew.
    fn gap(&mut self, side: Side) {
        self.outstanding.clear();
        self.symbols.clear();
        self.notifications.clear();
        self.passing.set(side, 0);
    }
}

fn datagram(bytes: &[u8], sink: &mut dyn Sink) {
    if bytes.starts_with(&discovery::MAGIC) {
        discovery::tell(bytes, sink);
    } else {
        let span = crate::tell::all(bytes);
        Emit { sink, span }.fault(Fault::NoDiscovery);
    }
}

fn router(code: u16, side: Side, emit: &mut Emit<'_>) {
    let (role, outcome) = match side {
        Side::Initiator => (Role::Request, Outcome::None),
        Side::Responder => (Role::Response, Outcome::Success),
    };
    emit.sink.message(&Message {
        protocol: ADS,
        role,
        function: Function {
            code: u32::from(code) | 0x1_0000,
            name: names::router(code).unwrap_or("unknown"),
        },
        operation: OperationClass::Session,
        unit: None,
        objects: &[],
        outcome,
        transaction: None,
        span: emit.span,
    });
}

/// What a message says.
#[derive(Debug)]
struct Body<'a> {
    objects: SmallVec<[Object<'a>; 2]>,
    outcome: Outcome,
    fault: Option<Fault>,
}

impl<'a> Body<'a> {
    fn object(&mut self, address: Address<'a>, value: Option<&'a [u8]>) {
        if self.objects.len() == MAX_OBJECTS {
            self.fault.get_or_insert(Fault::TooManyObjects);
        } else {
            self.objects.push(Object { address, value });
        }
    }
}

impl Conversation {
    fn frame(&mut self, side: Side, frame: &Frame<'_>, emit: &mut Emit<'_>) {
        if frame.answers {
            self.answer(side, frame, emit);
        } else if Command(frame.command) == Command::NOTIFICATION {
            self.notification(frame, emit);
        } else {
            self.request(side, frame, emit);
        }
    }

    fn request(&mut self, side: Side, frame: &Frame<'_>, emit: &mut Emit<'_>) {
        let command = Command(frame.command);
        let unit = frame.target.unit();
        let mut data = frame.data;
        let mut asks = Asks::default();
        let read = asks.read(command, &mut data, &self.symbols, unit);
        let mut body = Body {
            objects: SmallVec::new(),
            outcome: Outcome::None,
            fault: None,
        };
        for (place, value) in &asks.places {
            body.object(place.address(), *value);
        }
        if asks.listed > MAX_OBJECTS {
            body.fault = Some(Fault::TooManyObjects);
        }
        if let Some(state) = asks.state {
            body.object(state_of(state), None);
        }
        if frame.passing == 0 {
            let fault = match read {
                Err(_) => Some(Fault::CutShort),
                Ok(()) if !data.is_empty() => Some(Fault::TrailingBytes),
                Ok(()) => None,
            };
            body.fault = body.fault.or(fault);
        }
        let operation = command.operation(frame.target.port, asks.group);
        emit.tell(frame, Role::Request, operation, unit, &body);
        drop(body);
        self.outstanding
            .retain(|held| (held.by, held.invoke) != (side, frame.invoke));
        if self.outstanding.len() == MAX_OUTSTANDING {
            self.outstanding.pop_front();
        }
        self.outstanding.push_back(Asked {
            by: side,
            invoke: frame.invoke,
            command: frame.command,
            operation,
            wanted: asks.wanted(command),
        });
    }

    fn answer(&mut self, side: Side, frame: &Frame<'_>, emit: &mut Emit<'_>) {
        let at = self.outstanding.iter().position(|held| {
            (held.by, held.invoke, held.command) == (side.other(), frame.invoke, frame.command)
        });
        let asked = at.and_then(|at| self.outstanding.remove(at));
        let operation = asked.as_ref().map_or_else(
            || Command(frame.command).operation(frame.source.port, None),
            |asked| asked.operation,
        );
        let wanted = asked.map_or(Wanted::Nothing, |asked| asked.wanted);
        let unit = frame.source.unit();
        let mut body = Body {
            objects: SmallVec::new(),
            outcome: names::outcome(frame.error),
            fault: None,
        };
        let mut data = frame.data;
        let mut kept = None;
        let mut device = None;
        let read = if frame.error == 0 {
            let command = Command(frame.command);
            if command == Command::READ_DEVICE_INFO {
                device = device_info(&mut data, &mut body);
                Ok(())
            } else {
                answer(command, &wanted, &mut data, &mut body).map(|handle| kept = handle)
            }
        } else {
            data.rest();
            if let Wanted::Value(place) | Wanted::Notification(place) = &wanted {
                body.object(place.address(), None);
            }
            Ok(())
        };
        if frame.passing == 0 {
            let fault = match read {
                Err(_) => Some(Fault::CutShort),
                Ok(()) if !data.is_empty() => Some(Fault::TrailingBytes),
                Ok(()) => None,
            };
            body.fault = body.fault.or(fault);
        }
        emit.tell(frame, Role::Response, operation, unit, &body);
        if let Some((version, name)) = device {
            emit.fact(unit, IdentityField::Product, name);
            emit.fact(unit, IdentityField::Firmware, version.as_bytes());
        }
        drop(body);
        match (kept, wanted) {
            (Some(handle), Wanted::Handle(name)) => self.symbols.keep(unit, handle, Place::Symbol(name)),
            (Some(handle), Wanted::Notification(place)) => self.notifications.keep(unit, handle, place),
            (
                Some(_) | None,
                Wanted::Nothing
                | Wanted::Value(_)
                | Wanted::Values(..)
                | Wanted::Handle(_)
                | Wanted::Notification(_),
            ) => {}
        }
    }

    fn notification(&mut self, frame: &Frame<'_>, emit: &mut Emit<'_>) {
        let unit = frame.source.unit();
        let mut body = Body {
            objects: SmallVec::new(),
            outcome: Outcome::None,
            fault: None,
        };
        let mut data = frame.data;
        let read = samples(&mut data, |handle, value| {
            let known = self.notifications.get(unit, handle);
            let address = known.map_or(
                Address::Points {
                    space: "notification",
                    first: handle,
                    count: 1,
                },
                Place::address,
            );
            body.object(address, Some(value));
        });
        if read.is_err() && frame.passing == 0 {
            body.fault.get_or_insert(Fault::CutShort);
        }
        let operation = Command::NOTIFICATION.operation(frame.source.port, None);
        emit.tell(frame, Role::Unsolicited, operation, unit, &body);
    }
}

const fn state_of(state: u16) -> Address<'static> {
    Address::Name {
        kind: "state",
        name: names::state(state).as_bytes(),
    }
}

/// A place, and what is written to it.
type Asking<'a> = (Place, Option<&'a [u8]>);

/// What a request asks for.
#[derive(Debug, Default)]
struct Asks<'a> {
    group: Option<u32>,
    places: SmallVec<[Asking<'a>; 1]>,
    /// How many places a list has, and how much each has.
    listed: usize,
    lengths: Vec<u32>,
    state: Option<u16>,
}

impl<'a> Asks<'a> {
    fn read(
        &mut self,
        command: Command,
        data: &mut Reader<'a>,
        symbols: &Handles,
        unit: u32,
    ) -> Result<(), Truncated> {
        match command {
            Command::READ => {
                let [group, offset, length] = triple(data)?;
                self.group = Some(group);
                self.places
                    .push((symbols.place(unit, group, offset, length), None));
            }
            Command::WRITE => {
                let [group, offset, length] = triple(data)?;
                self.group = Some(group);
                let value = bytes(data, length)?;
                self.places
                    .push((symbols.place(unit, group, offset, length), Some(value)));
            }
            Command::WRITE_CONTROL => {
                self.state = Some(data.u16_le()?);
                let _device_state = data.u16_le()?;
                let length = data.u32_le()?;
                bytes(data, length)?;
            }
            Command::ADD_NOTIFICATION => {
                let [group, offset, length] = triple(data)?;
                self.group = Some(group);
                self.places
                    .push((symbols.place(unit, group, offset, length), None));
                // Mode, delays, and a reserved field.
                data.skip(28)?;
            }
            Command::DELETE_NOTIFICATION => data.skip(4)?,
            Command::READ_WRITE => {
                let [group, offset, length] = triple(data)?;
                self.group = Some(group);
                let written = data.u32_le()?;
                let written = bytes(data, written)?;
                self.read_write(group, offset, length, written, symbols, unit)?;
            }
            Command(_) => {
                data.rest();
            }
        }
        Ok(())
    }

    /// What is written says what is asked for.
    fn read_write(
        &mut self,
        group: u32,
        offset: u32,
        length: u32,
        written: &'a [u8],
        symbols: &Handles,
        unit: u32,
    ) -> Result<(), Truncated> {
        let mut reader = Reader::new(written);
        match group {
            group::SUM_READ | group::SUM_WRITE => {
                self.listed = usize::try_from(offset).unwrap_or(usize::MAX);
                let mut values = reader;
                values.skip(self.listed.saturating_mul(12))?;
                for _ in 0..self.listed.min(MAX_OBJECTS) {
                    let [group, offset, length] = triple(&mut reader)?;
                    self.places
                        .push((symbols.place(unit, group, offset, length), None));
                    self.lengths.push(length);
                }
                if group == group::SUM_WRITE {
                    for ((_, value), length) in self.places.iter_mut().zip(&self.lengths) {
                        *value = Some(bytes(&mut values, *length)?);
                    }
                }
            }
            group if names::asks_for_symbol(group) => {
                let name = trimmed(written);
                self.places.push((Place::Symbol(places::name(name)), None));
            }
            group => {
                let place = Place::Memory(places::memory(group, offset, length));
                self.places.push((place, Some(written)));
            }
        }
        Ok(())
    }

    /// What is remembered for the answer.
    fn wanted(self, command: Command) -> Wanted {
        if self.group == Some(group::SUM_READ) && command == Command::READ_WRITE {
            let places = self.places.into_iter().map(|(place, _)| place);
            return Wanted::Values(self.listed, places.zip(self.lengths).collect());
        }
        let Some((place, _)) = self.places.into_iter().next() else {
            return Wanted::Nothing;
        };
        match (command, self.group, place) {
            (Command::READ, _, place) => Wanted::Value(place),
            (Command::ADD_NOTIFICATION, _, place) => Wanted::Notification(place),
            (Command::READ_WRITE, Some(group::HANDLE_BY_NAME), Place::Symbol(name)) => Wanted::Handle(name),
            (Command::READ_WRITE, Some(group::VALUE_BY_NAME), place) => Wanted::Value(place),
            (_, _, Place::Symbol(_) | Place::Memory(_)) => Wanted::Nothing,
        }
    }
}

fn triple(data: &mut Reader<'_>) -> Result<[u32; 3], Truncated> {
    Ok([data.u32_le()?, data.u32_le()?, data.u32_le()?])
}

fn bytes<'a>(data: &mut Reader<'a>, length: u32) -> Result<&'a [u8], Truncated> {
    data.take(usize::try_from(length).unwrap_or(usize::MAX))
}

/// An answer's result and what follows it; gives the handle that it brings.
fn answer<'a>(
    command: Command,
    wanted: &'a Wanted,
    data: &mut Reader<'a>,
    body: &mut Body<'a>,
) -> Result<Option<u32>, Truncated> {
    body.outcome = names::outcome(data.u32_le()?);
    let succeeded = body.outcome == Outcome::Success;
    match command {
        Command::READ | Command::READ_WRITE => {
            let length = match data.is_empty() && !succeeded {
                true => 0,
                false => data.u32_le()?,
            };
            let value = bytes(data, length)?;
            match wanted {
                Wanted::Value(place) => body.object(place.address(), succeeded.then_some(value)),
                Wanted::Handle(name) => {
                    body.object(places::symbol(name), None);
                    let handle = Reader::new(value).u32_le();
                    return Ok(handle.ok().filter(|_| succeeded));
                }
                Wanted::Values(listed, places) if succeeded => values(*listed, places, value, body)?,
                Wanted::Nothing | Wanted::Notification(_) | Wanted::Values(..) => {}
            }
        }
        Command::READ_STATE => {
            let state = data.u16_le()?;
            let _device_state = data.u16_le()?;
            body.object(state_of(state), None);
        }
        Command::ADD_NOTIFICATION => {
            let handle = data.u32_le()?;
            if let Wanted::Notification(place) = wanted {
                body.object(place.address(), None);
            }
            return Ok(succeeded.then_some(handle));
        }
        Command(_) => {
            data.rest();
        }
    }
    Ok(None)
}

/// The values of a list of places: a result for each, then the data of each.
fn values<'a>(
    listed: usize,
    places: &'a [(Place, u32)],
    value: &'a [u8],
    body: &mut Body<'a>,
) -> Result<(), Truncated> {
    let mut results = Reader::new(value);
    let mut data = results;
    data.skip(listed.saturating_mul(4))?;
    for (place, length) in places {
        let result = results.u32_le()?;
        let value = bytes(&mut data, *length)?;
        body.object(place.address(), (result == 0).then_some(value));
    }
    Ok(())
}

/// A device's version and name, when it gives them.
fn device_info<'a>(data: &mut Reader<'a>, body: &mut Body<'a>) -> Option<(String, &'a [u8])> {
    let read = |data: &mut Reader<'a>| -> Result<_, Truncated> {
        let result = data.u32_le()?;
        let [major, minor] = data.array()?;
        let build = data.u16_le()?;
        Ok((
            result,
            format!("{major}.{minor}.{build}"),
            trimmed(data.take(DEVICE_NAME)?),
        ))
    };
    match read(data) {
        Ok((result, version, name)) => {
            body.outcome = names::outcome(result);
            (result == 0).then_some((version, name))
        }
        Err(_) => {
            body.fault.get_or_insert(Fault::CutShort);
            data.rest();
            None
        }
    }
}

/// The samples of a notification: by time, each with a handle and a value.
fn samples<'a>(data: &mut Reader<'a>, mut tell: impl FnMut(u32, &'a [u8])) -> Result<(), Truncated> {
    let _length = data.u32_le()?;
    for _ in 0..data.u32_le()? {
        let _time = data.u64_le()?;
        for _ in 0..data.u32_le()? {
            let handle = data.u32_le()?;
            let size = data.u32_le()?;
            tell(handle, bytes(data, size)?);
        }
    }
    Ok(())
}

/// The sink, and where the message at hand stands.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: ADS,
            code: fault.code(),
            span: self.span,
        });
    }

    fn fact(&mut self, unit: u32, field: IdentityField, value: &[u8]) {
        if !value.is_empty() {
            self.sink.identity(&Identity {
                protocol: ADS,
                about: About::Sender,
                unit: Some(unit),
                field,
                value,
            });
        }
    }

    fn tell(&mut self, frame: &Frame<'_>, role: Role, operation: OperationClass, unit: u32, body: &Body<'_>) {
        let command = Command(frame.command);
        self.sink.message(&Message {
            protocol: ADS,
            role,
            function: command.function(),
            operation,
            unit: Some(unit),
            objects: &body.objects,
            outcome: body.outcome,
            transaction: Some(frame.invoke),
            span: self.span,
        });
        if command.known().is_none() {
            self.fault(Fault::UnknownCommand);
        } else if let Some(fault) = body.fault {
            self.fault(fault);
        }
    }
}
