//! Modbus requests and responses as they stand on the wire. No state: what a response leaves out comes from the
//! request, as [`Asked`].

use super::names::{self, FunctionCode};
use super::{Fault, MODBUS, umas};
use crate::message::{Address, Function, IdentityField, Object};
use crate::reader::{Reader, Truncated};
use crate::registry::Protocol;
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most objects that one message tells: the most sub-requests that fit into a file record request.
pub(super) const MAX_OBJECTS: usize = 35;

/// Limits of the Application Protocol, 6.1 to 6.17.
const MAX_READ_BITS: u16 = 2000;
const MAX_READ_REGISTERS: u16 = 125;
const MAX_WRITE_BITS: u16 = 1968;
const MAX_WRITE_REGISTERS: u16 = 123;
const MAX_READ_WRITE_REGISTERS: u16 = 121;

const COIL: &str = "coil";
const DISCRETE_INPUT: &str = "discrete-input";
const INPUT_REGISTER: &str = "input-register";
const HOLDING_REGISTER: &str = "holding-register";

/// MEI types of function 43.
const CANOPEN: u8 = 0x0d;
const DEVICE_IDENTIFICATION: u8 = 0x0e;
/// The reference type that every file sub-request carries.
const FILE_REFERENCE: u8 = 6;

/// What a message is called and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) protocol: Protocol,
    pub(super) function: Function,
    pub(super) operation: OperationClass,
}

impl Told {
    /// By the function, and what tells its kinds apart: the sub-function of diagnostics, the MEI type, UMAS's function.
    pub(super) const fn of(function: FunctionCode, kind: u8) -> Self {
        let (name, operation) = match function {
            FunctionCode::UMAS => return umas::told(kind),
            FunctionCode::DIAGNOSTICS => (function.name(), names::diagnostic_operation(kind)),
            FunctionCode::ENCAPSULATED_INTERFACE => interface_kind(kind),
            FunctionCode(_) => (function.name(), function.operation()),
        };
        Self {
            protocol: MODBUS,
            function: Function {
                code: function.0 as u32,
                name,
            },
            operation,
        }
    }
}

/// What a request asked for, as far as its response needs it. There is one of these for every request that waits, in
/// every conversation, so it is kept small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) function: FunctionCode,
    /// See [`Told::of`].
    pub(super) kind: u8,
    /// Whether a UMAS request was signed, and its answer will be.
    pub(super) signed: bool,
    /// The first point that is read.
    pub(super) first: u16,
    /// How many; 0 when the request reads no points.
    pub(super) count: u16,
}

impl Asked {
    pub(super) const fn told(self) -> Told {
        Told::of(self.function, self.kind)
    }
}

/// What a message says.
#[derive(Debug)]
pub(super) struct Body<'a> {
    pub(super) told: Told,
    pub(super) objects: SmallVec<[Object<'a>; 2]>,
    pub(super) facts: SmallVec<[(IdentityField, &'a [u8]); 2]>,
    /// What a response will need, if the message is a request.
    pub(super) asked: Asked,
    /// The first thing that is wrong with it.
    pub(super) fault: Option<Fault>,
}

impl<'a> Body<'a> {
    pub(super) fn new(function: FunctionCode) -> Self {
        Self {
            told: Told::of(function, 0),
            objects: SmallVec::new(),
            facts: SmallVec::new(),
            asked: Asked {
                function,
                kind: 0,
                signed: false,
                first: 0,
                count: 0,
            },
            fault: None,
        }
    }

    /// Says which kind of its function the message is.
    pub(super) fn kind(&mut self, kind: u8) {
        self.asked.kind = kind;
        self.told = self.asked.told();
    }

    fn asks(&mut self, first: u16, count: u16) {
        (self.asked.first, self.asked.count) = (first, count);
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    pub(super) fn object(&mut self, address: Address<'a>, value: Option<&'a [u8]>) {
        if self.objects.len() < MAX_OBJECTS {
            self.objects.push(Object { address, value });
        } else {
            self.fault(Fault::TooManyObjects);
        }
    }

    fn points(&mut self, space: &'static str, first: u16, count: u16, value: Option<&'a [u8]>) {
        let address = Address::Points {
            space,
            first: first.into(),
            count: count.into(),
        };
        self.object(address, value);
    }

    /// The points that a request asked for, on its exception.
    pub(super) fn asked_points(&mut self, asked: Asked) {
        if asked.count > 0 {
            self.points(space(asked.function).0, asked.first, asked.count, None);
        }
    }

    /// A range and its limit. A range that runs over the end of the space is out of range too.
    fn range(&mut self, reader: &mut Reader<'_>, limit: u16) -> Result<(u16, u16), Truncated> {
        let (first, count) = (reader.u16_be()?, reader.u16_be()?);
        if count == 0 || count > limit || first.checked_add(count - 1).is_none() {
            self.fault(Fault::QuantityOutOfRange);
        }
        Ok((first, count))
    }

    /// A byte count and as many bytes.
    fn counted(&mut self, reader: &mut Reader<'a>, expected: Option<usize>) -> Result<&'a [u8], Truncated> {
        let count = usize::from(reader.u8()?);
        if expected.is_some_and(|expected| expected != count) {
            self.fault(Fault::ByteCountMismatch);
        }
        reader.take(count)
    }
}

/// Which points a function reads or writes, and the limit for reading.
const fn space(function: FunctionCode) -> (&'static str, u16) {
    match function {
        FunctionCode::READ_COILS | FunctionCode::WRITE_SINGLE_COIL | FunctionCode::WRITE_MULTIPLE_COILS => {
            (COIL, MAX_READ_BITS)
        }
        FunctionCode::READ_DISCRETE_INPUTS => (DISCRETE_INPUT, MAX_READ_BITS),
        FunctionCode::READ_INPUT_REGISTERS => (INPUT_REGISTER, MAX_READ_REGISTERS),
        FunctionCode(_) => (HOLDING_REGISTER, MAX_READ_REGISTERS),
    }
}

/// How many bytes so many points take.
const fn bytes_of(function: FunctionCode, count: u16) -> usize {
    match function {
        FunctionCode::READ_COILS
        | FunctionCode::READ_DISCRETE_INPUTS
        | FunctionCode::WRITE_MULTIPLE_COILS => (count as usize).div_ceil(8),
        FunctionCode(_) => count as usize * 2,
    }
}

/// Reads what follows a request's function code.
pub(super) fn request<'a>(
    function: FunctionCode,
    reader: &mut Reader<'a>,
    body: &mut Body<'a>,
) -> Result<(), Truncated> {
    match function {
        FunctionCode::READ_COILS
        | FunctionCode::READ_DISCRETE_INPUTS
        | FunctionCode::READ_HOLDING_REGISTERS
        | FunctionCode::READ_INPUT_REGISTERS => {
            let (space, limit) = space(function);
            let (first, count) = body.range(reader, limit)?;
            body.asks(first, count);
            body.points(space, first, count, None);
        }
        FunctionCode::WRITE_SINGLE_COIL | FunctionCode::WRITE_SINGLE_REGISTER => {
            single(function, reader, body)?;
        }
        FunctionCode::WRITE_MULTIPLE_COILS => write(function, reader, body, MAX_WRITE_BITS)?,
        FunctionCode::WRITE_MULTIPLE_REGISTERS => write(function, reader, body, MAX_WRITE_REGISTERS)?,
        FunctionCode::MASK_WRITE_REGISTER => mask(reader, body)?,
        FunctionCode::READ_WRITE_MULTIPLE_REGISTERS => {
            let (first, count) = body.range(reader, MAX_READ_REGISTERS)?;
            body.asks(first, count);
            body.points(HOLDING_REGISTER, first, count, None);
            write(function, reader, body, MAX_READ_WRITE_REGISTERS)?;
        }
        FunctionCode::READ_FIFO_QUEUE => {
            let first = reader.u16_be()?;
            body.asks(first, 1);
            body.points("fifo", first, 1, None);
        }
        FunctionCode::READ_FILE_RECORD => file_requests(reader, body, |_, _| Ok(None))?,
        FunctionCode::WRITE_FILE_RECORD => file_requests(reader, body, file_data)?,
        FunctionCode::DIAGNOSTICS => diagnostics(reader, body)?,
        FunctionCode::ENCAPSULATED_INTERFACE => {
            if interface(reader, body)? == DEVICE_IDENTIFICATION {
                reader.skip(2)?;
            }
        }
        FunctionCode::READ_EXCEPTION_STATUS
        | FunctionCode::GET_COMM_EVENT_COUNTER
        | FunctionCode::GET_COMM_EVENT_LOG
        | FunctionCode::REPORT_SERVER_ID => {}
        FunctionCode(_) => {
            reader.rest();
        }
    }
    Ok(())
}

/// Reads what follows a response's function code. `asked` is what its request asked for, if that was seen.
pub(super) fn response<'a>(
    function: FunctionCode,
    asked: Option<Asked>,
    reader: &mut Reader<'a>,
    body: &mut Body<'a>,
) -> Result<(), Truncated> {
    match function {
        FunctionCode::READ_COILS
        | FunctionCode::READ_DISCRETE_INPUTS
        | FunctionCode::READ_HOLDING_REGISTERS
        | FunctionCode::READ_INPUT_REGISTERS
        | FunctionCode::READ_WRITE_MULTIPLE_REGISTERS => {
            let expected = asked.map(|asked| bytes_of(function, asked.count));
            let value = body.counted(reader, expected)?;
            if let Some(Asked { first, count, .. }) = asked {
                body.points(space(function).0, first, count, Some(value));
            }
        }
        FunctionCode::WRITE_SINGLE_COIL | FunctionCode::WRITE_SINGLE_REGISTER => {
            single(function, reader, body)?;
        }
        FunctionCode::WRITE_MULTIPLE_COILS => {
            let (first, count) = body.range(reader, MAX_WRITE_BITS)?;
            body.points(COIL, first, count, None);
        }
        FunctionCode::WRITE_MULTIPLE_REGISTERS => {
            let (first, count) = body.range(reader, MAX_WRITE_REGISTERS)?;
            body.points(HOLDING_REGISTER, first, count, None);
        }
        FunctionCode::MASK_WRITE_REGISTER => mask(reader, body)?,
        FunctionCode::READ_FIFO_QUEUE => {
            let length = reader.u16_be()?;
            let mut queue = reader.sub(length.into())?;
            let count = queue.u16_be()?;
            if queue.left() != usize::from(count) * 2 {
                body.fault(Fault::ByteCountMismatch);
            }
            if let Some(Asked { first, .. }) = asked {
                body.points("fifo", first, 1, Some(queue.rest()));
            }
        }
        FunctionCode::READ_FILE_RECORD => {
            body.counted(reader, None)?;
        }
        FunctionCode::WRITE_FILE_RECORD => file_requests(reader, body, file_data)?,
        FunctionCode::DIAGNOSTICS => diagnostics(reader, body)?,
        FunctionCode::ENCAPSULATED_INTERFACE => {
            if interface(reader, body)? == DEVICE_IDENTIFICATION {
                device_identification(reader, body)?;
            }
        }
        FunctionCode::REPORT_SERVER_ID => {
            let told = body.counted(reader, None)?;
            body.facts
                .extend(text_in(told).map(|text| (IdentityField::Product, text)));
        }
        FunctionCode::READ_EXCEPTION_STATUS => reader.skip(1)?,
        FunctionCode::GET_COMM_EVENT_COUNTER => reader.skip(4)?,
        FunctionCode::GET_COMM_EVENT_LOG => {
            body.counted(reader, None)?;
        }
        FunctionCode(_) => {
            reader.rest();
        }
    }
    Ok(())
}

/// An address and a value of 16 bits; a coil's value is `ff00` or `0000`.
fn single<'a>(function: FunctionCode, reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    let first = reader.u16_be()?;
    let value = reader.take(2)?;
    if function == FunctionCode::WRITE_SINGLE_COIL && !matches!(value, [0x00 | 0xff, 0x00]) {
        body.fault(Fault::CoilValue);
    }
    body.points(space(function).0, first, 1, Some(value));
    Ok(())
}

fn write<'a>(
    function: FunctionCode,
    reader: &mut Reader<'a>,
    body: &mut Body<'a>,
    limit: u16,
) -> Result<(), Truncated> {
    let (first, count) = body.range(reader, limit)?;
    let value = body.counted(reader, Some(bytes_of(function, count)))?;
    body.points(space(function).0, first, count, Some(value));
    Ok(())
}

/// An address and two masks: what the register becomes depends on what it was.
fn mask(reader: &mut Reader<'_>, body: &mut Body<'_>) -> Result<(), Truncated> {
    let first = reader.u16_be()?;
    reader.skip(4)?;
    body.points(HOLDING_REGISTER, first, 1, None);
    Ok(())
}

fn file_data<'a>(reader: &mut Reader<'a>, records: u16) -> Result<Option<&'a [u8]>, Truncated> {
    reader.take(usize::from(records) * 2).map(Some)
}

/// Reads the data of a file sub-request of so many records.
type FileData<'a> = fn(&mut Reader<'a>, u16) -> Result<Option<&'a [u8]>, Truncated>;

/// Sub-requests: reference type, file, record, length, and data where they write.
fn file_requests<'a>(
    reader: &mut Reader<'a>,
    body: &mut Body<'a>,
    data: FileData<'a>,
) -> Result<(), Truncated> {
    let length = reader.u8()?;
    let mut list = reader.sub(length.into())?;
    while !list.is_empty() {
        if list.u8()? != FILE_REFERENCE {
            body.fault(Fault::FileReference);
        }
        let (file, record, records) = (list.u16_be()?, list.u16_be()?, list.u16_be()?);
        let value = data(&mut list, records)?;
        let address = Address::Memory {
            area: "file",
            block: file.into(),
            bit: u32::from(record) * 16,
            bits: u32::from(records) * 16,
        };
        body.object(address, value);
    }
    Ok(())
}

fn diagnostics(reader: &mut Reader<'_>, body: &mut Body<'_>) -> Result<(), Truncated> {
    let sub_function = reader.u16_be()?;
    reader.rest();
    // Those beyond a byte are in no table, like the last one.
    body.kind(u8::try_from(sub_function).unwrap_or(u8::MAX));
    let address = match names::diagnostic(sub_function) {
        Some(name) => Address::Name {
            kind: "diagnostic",
            name: name.as_bytes(),
        },
        None => Address::Points {
            space: "diagnostic",
            first: sub_function.into(),
            count: 1,
        },
    };
    body.object(address, None);
    Ok(())
}

/// Function 43: its MEI type, with the rest left where it is read.
fn interface(reader: &mut Reader<'_>, body: &mut Body<'_>) -> Result<u8, Truncated> {
    let mei_type = reader.u8()?;
    body.kind(mei_type);
    if mei_type != DEVICE_IDENTIFICATION {
        reader.rest();
    }
    Ok(mei_type)
}

const fn interface_kind(mei_type: u8) -> (&'static str, OperationClass) {
    match mei_type {
        DEVICE_IDENTIFICATION => ("Read Device Identification", OperationClass::Identify),
        CANOPEN => ("CANopen General Reference", OperationClass::Configure),
        _ => (
            FunctionCode::ENCAPSULATED_INTERFACE.name(),
            FunctionCode::ENCAPSULATED_INTERFACE.operation(),
        ),
    }
}

/// A device identification answer (Application Protocol 6.21): id code, conformity, more, next, objects.
fn device_identification<'a>(reader: &mut Reader<'a>, body: &mut Body<'a>) -> Result<(), Truncated> {
    reader.skip(4)?;
    let objects = reader.u8()?;
    for _ in 0..objects {
        let object = reader.u8()?;
        let length = reader.u8()?;
        let value = reader.take(length.into())?;
        let field = match object {
            0x00 => Some(IdentityField::Vendor),
            0x01 => Some(IdentityField::ProductCode),
            0x02 => Some(IdentityField::Firmware),
            0x04 | 0x05 => Some(IdentityField::Product),
            // The vendor's address, the application's name, and what each maker adds.
            _ => None,
        };
        body.facts
            .extend(field.filter(|_| !value.is_empty()).map(|field| (field, value)));
    }
    Ok(())
}

/// The first run of at least four printable characters: a server id has no form of its own, but most hold the name.
fn text_in(told: &[u8]) -> Option<&[u8]> {
    told.split(|byte| !matches!(byte, 0x20..=0x7e))
        .map(<[u8]>::trim_ascii)
        .find(|run| run.len() >= 4)
}
