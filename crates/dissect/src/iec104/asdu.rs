//! Units of application data (IEC 60870-5-101, clause 7) as they stand on the wire. No state.

use super::Fault;
use super::names::{Cause, Kind, Size, TypeId};
use crate::message::{Address, Object, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::session::Side;
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The common address that means every station.
const ALL_STATIONS: u16 = 0xffff;

/// Objects in a row after one address (SQ), else each with its own.
const SEQUENCE: u8 = 0x80;
const NEGATIVE: u8 = 0x40;
const TEST: u8 = 0x80;
/// The bit of a command's qualifier that only selects.
const SELECT: u8 = 0x80;

/// One unit with its objects.
#[derive(Debug)]
pub(super) struct Unit<'a> {
    pub(super) kind: TypeId,
    cause: Cause,
    negative: bool,
    common_address: u16,
    /// The cause, a command's phase, then the information objects.
    pub(super) objects: SmallVec<[Object<'a>; 8]>,
    /// The first thing that is wrong.
    pub(super) fault: Option<Fault>,
}

impl<'a> Unit<'a> {
    /// Reads a unit; `None` when its head is cut short.
    pub(super) fn read(mut reader: Reader<'a>) -> Option<Self> {
        let [kind, qualifier, cause, _originator, a0, a1] = reader.array().ok()?;
        let mut unit = Self {
            kind: TypeId(kind),
            cause: Cause(cause & 0x3f),
            negative: cause & NEGATIVE != 0,
            common_address: u16::from_le_bytes([a0, a1]),
            objects: SmallVec::new(),
            fault: None,
        };
        unit.named("cause", unit.cause.name());
        if cause & TEST != 0 {
            unit.named("flag", "test");
        }
        unit.check_head();
        let count = qualifier & !SEQUENCE;
        if count == 0 {
            unit.fault(Fault::NoObjects);
        }
        let read = if qualifier & SEQUENCE == 0 {
            (0..count).try_for_each(|_| unit.object(&mut reader))
        } else {
            unit.sequence(count, &mut reader)
        };
        match read {
            Err(Truncated { .. }) => unit.fault(Fault::CutShort),
            Ok(()) if !reader.is_empty() => unit.fault(Fault::TrailingBytes),
            Ok(()) => {}
        }
        Some(unit)
    }

    fn fault(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    fn named(&mut self, kind: &'static str, name: &'static str) {
        let name = name.as_bytes();
        self.objects.push(Object::at(Address::Name { kind, name }));
    }

    fn check_head(&mut self) {
        if self.kind.kind() == Kind::Unknown {
            self.fault(Fault::UnknownType);
        }
        if !matches!(self.cause.0, 1..=16 | 20..=41 | 44..=47) {
            self.fault(Fault::UnknownCause);
        }
        if self.common_address == 0 {
            self.fault(Fault::CommonAddress);
        }
    }

    fn object(&mut self, reader: &mut Reader<'a>) -> Result<(), Truncated> {
        let first = address(reader)?;
        let value = element(self.kind, reader)?;
        if self.kind.kind() == Kind::Command {
            self.phase(value);
        }
        self.point(first, 1, value);
        if self.kind.kind() == Kind::File {
            self.file(value);
        }
        Ok(())
    }

    /// A select may be followed by its execute, or not (IEC 60870-5-101, 6.8). The qualifier stands after a set point's
    /// value, and is a single command's only byte; bitstring commands have none.
    fn phase(&mut self, value: &[u8]) {
        let qualifier = match self.kind.0 {
            45..=47 | 58..=60 => value.first(),
            48 | 49 | 61 | 62 => value.get(2),
            50 | 63 => value.get(4),
            _ => return,
        };
        let phase = match qualifier {
            Some(bits) if bits & SELECT != 0 => "select",
            Some(_) | None => "execute",
        };
        self.named("phase", phase);
    }

    fn file(&mut self, value: &[u8]) {
        if let [low, high, ..] = *value {
            let number = u16::from_le_bytes([low, high]).into();
            self.objects
                .push(Object::at(Address::Block { kind: "file", number }));
        }
    }

    fn sequence(&mut self, count: u8, reader: &mut Reader<'a>) -> Result<(), Truncated> {
        let first = address(reader)?;
        let value = match self.kind.size() {
            Size::Bytes(bytes) => reader.take(usize::from(bytes) * usize::from(count))?,
            Size::Counted(_) | Size::Rest => reader.rest(),
        };
        self.point(first, count.into(), value);
        Ok(())
    }

    fn point(&mut self, first: u32, count: u32, value: &'a [u8]) {
        // What authenticates is nobody's value, nor is a file's content.
        let told = match self.kind.kind() {
            Kind::Monitor | Kind::Command | Kind::System | Kind::Parameter => !value.is_empty(),
            Kind::File | Kind::Security | Kind::Unknown => false,
        };
        let address = Address::Points {
            space: self.kind.space(),
            first,
            count,
        };
        let value = told.then_some(value);
        self.objects.push(Object { address, value });
    }

    /// The station as the unit of a message; none when it is for all.
    pub(super) fn station(&self) -> Option<u32> {
        (self.common_address != ALL_STATIONS).then_some(self.common_address.into())
    }

    /// Files go both ways, so who sent the piece decides: the controlling station, which opened the connection, asks.
    pub(super) const fn role(&self, side: Side) -> Role {
        match (self.kind.kind(), self.cause.0) {
            _ if self.cause.asks() => Role::Request,
            _ if self.cause.answers() => Role::Response,
            (Kind::File, 3) => Role::Unsolicited,
            (Kind::File, _) => match (self.kind.0, side) {
                (122 | 127, _) => Role::Request,
                (124, _) | (_, Side::Responder) => Role::Response,
                (_, Side::Initiator) => Role::Request,
            },
            (_, 5 | 14 | 15 | 16) => match side {
                Side::Initiator => Role::Request,
                Side::Responder => Role::Response,
            },
            _ => Role::Unsolicited,
        }
    }

    /// Values that were asked for are read; values sent unasked are reports.
    pub(super) const fn operation(&self) -> OperationClass {
        match self.kind.kind() {
            Kind::Monitor if self.cause.is_interrogated() || self.cause.0 == 5 => OperationClass::Read,
            // Periodic and background values are read by subscription.
            Kind::Monitor if matches!(self.cause.0, 1 | 2) => OperationClass::Read,
            Kind::Monitor
            | Kind::Command
            | Kind::System
            | Kind::Parameter
            | Kind::File
            | Kind::Security
            | Kind::Unknown => self.kind.operation(),
        }
    }

    pub(super) fn outcome(&self, side: Side) -> Outcome {
        match self.role(side) {
            Role::Request | Role::Unsolicited => Outcome::None,
            Role::Response if self.cause.is_refusal() => Outcome::Failure {
                code: self.cause.0.into(),
                name: self.cause.name(),
            },
            Role::Response if self.negative => Outcome::Failure {
                code: (NEGATIVE | self.cause.0).into(),
                name: "negative confirmation",
            },
            Role::Response => Outcome::Success,
        }
    }

    /// Whether this is what such a side sends: the side that opened the connection controls.
    pub(super) const fn may_be_sent_by(&self, side: Side) -> bool {
        match side {
            Side::Initiator => {
                !matches!(self.kind.kind(), Kind::Monitor) && self.kind.0 != 70 && !self.cause.answers()
            }
            Side::Responder => !self.cause.asks() && self.kind.0 != TypeId::READ.0,
        }
    }
}

/// The address of an information object (7.2.5).
fn address(reader: &mut Reader<'_>) -> Result<u32, Truncated> {
    reader
        .array()
        .map(|[a0, a1, a2]| u32::from_le_bytes([a0, a1, a2, 0]))
}

fn element<'a>(kind: TypeId, reader: &mut Reader<'a>) -> Result<&'a [u8], Truncated> {
    match kind.size() {
        Size::Bytes(bytes) => reader.take(bytes.into()),
        Size::Counted(bytes) => {
            let head = reader.peek().get(..usize::from(bytes));
            let content = head.and_then(<[u8]>::last).copied().unwrap_or_default();
            reader.take(usize::from(bytes) + usize::from(content))
        }
        Size::Rest => Ok(reader.rest()),
    }
}
