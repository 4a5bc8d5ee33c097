//! S7comm's wire types: header, items, data, userdata, block names. Stateless.

use super::names::{self, Area, FunctionCode, UserdataKind};
use super::{Fault, MAX_ITEMS};
use crate::message::{Address, Object};
use crate::reader::{Reader, Truncated};
use smallvec::SmallVec;

/// The objects of one message; the first few need no allocation.
pub(super) type Objects<'a> = SmallVec<[Object<'a>; 8]>;

/// The kind of a PDU: the byte that the field calls ROSCTR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rosctr {
    /// A request.
    Job,
    /// An answer without data.
    Ack,
    /// An answer with data.
    AckData,
    /// A message of the newer services.
    Userdata,
}

/// One PDU, split into its parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pdu<'a> {
    pub(super) rosctr: Rosctr,
    pub(super) reference: u16,
    /// Error class and code of an answer, 0 for none.
    pub(super) error: u16,
    pub(super) parameter: Reader<'a>,
    pub(super) data: Reader<'a>,
    /// Bytes that the header's lengths leave over.
    pub(super) trailing: usize,
}

/// Reads a PDU that starts with the protocol id 0x32.
pub(super) fn pdu(bytes: &[u8]) -> Result<Pdu<'_>, Fault> {
    let mut reader = Reader::new(bytes);
    let header = |_: Truncated| Fault::HeaderCutShort;
    reader.skip(1).map_err(header)?;
    let rosctr = match reader.u8().map_err(header)? {
        1 => Rosctr::Job,
        2 => Rosctr::Ack,
        3 => Rosctr::AckData,
        7 => Rosctr::Userdata,
        _ => return Err(Fault::UnknownRosctr),
    };
    reader.skip(2).map_err(header)?;
    let reference = reader.u16_be().map_err(header)?;
    let parameter = reader.u16_be().map_err(header)?;
    let data = reader.u16_be().map_err(header)?;
    let error = match rosctr {
        Rosctr::Ack | Rosctr::AckData => reader.u16_be().map_err(header)?,
        Rosctr::Job | Rosctr::Userdata => 0,
    };
    let length = |_: Truncated| Fault::LengthMismatch;
    Ok(Pdu {
        rosctr,
        reference,
        error,
        parameter: reader.sub(usize::from(parameter)).map_err(length)?,
        data: reader.sub(usize::from(data)).map_err(length)?,
        trailing: reader.left(),
    })
}

/// Reads the items of a Read Var or Write Var request; the reader stands at their count. Gives the count.
pub(super) fn items(parameter: &mut Reader<'_>, objects: &mut Objects<'_>) -> Result<u8, Fault> {
    let count = parameter.u8().map_err(|_| Fault::MalformedItem)?;
    for _ in 0..count {
        item(parameter, objects)?;
    }
    Ok(count)
}

/// Reads one variable specification: 0x12, its length, its syntax id and what the syntax says.
pub(super) fn item(parameter: &mut Reader<'_>, objects: &mut Objects<'_>) -> Result<(), Fault> {
    let malformed = |_: Truncated| Fault::MalformedItem;
    if parameter.u8().map_err(malformed)? != 0x12 {
        return Err(Fault::MalformedItem);
    }
    let length = parameter.u8().map_err(malformed)?;
    let mut body = parameter.sub(usize::from(length)).map_err(malformed)?;
    // Every item but the last stands at an even place.
    if length % 2 == 1 && !parameter.is_empty() {
        parameter.skip(1).map_err(malformed)?;
    }
    match body.u8().map_err(malformed)? {
        0x10 => push(objects, any(&mut body).map_err(malformed)?),
        0xb0 => {
            for _ in 0..body.u8().map_err(malformed)? {
                push(objects, db_read(&mut body).map_err(malformed)?)?;
            }
            Ok(())
        }
        0xb2 => push(objects, symbol(&mut body).map_err(malformed)?),
        0x82..=0x84 => push(objects, nck(&mut body).map_err(malformed)?),
        // Alarm and drive syntaxes address no memory.
        _ => Ok(()),
    }
}

fn push(objects: &mut Objects<'_>, address: Address<'static>) -> Result<(), Fault> {
    if objects.len() == MAX_ITEMS {
        return Err(Fault::TooManyItems);
    }
    objects.push(Object::at(address));
    Ok(())
}

/// S7ANY: element size, count, block, area, address in bits.
fn any(body: &mut Reader<'_>) -> Result<Address<'static>, Truncated> {
    let size = body.u8()?;
    let count = u32::from(body.u16_be()?);
    let block = u32::from(body.u16_be()?);
    let area = body.u8()?;
    let [high, middle, low] = body.array()?;
    let bit = u32::from_be_bytes([0, high, middle, low]);
    Ok(match names::area(area) {
        Some(Area::Memory(area)) => Address::Memory {
            area,
            block,
            bit,
            bits: count * names::element_bits(size).unwrap_or(8),
        },
        Some(Area::Numbered(space)) => Address::Points {
            space,
            first: bit,
            count,
        },
        None => Address::Memory {
            area: "unknown",
            block: u32::from(area),
            bit,
            bits: count,
        },
    })
}

/// One area of the S7-400's block read: bytes, block, first byte.
fn db_read(body: &mut Reader<'_>) -> Result<Address<'static>, Truncated> {
    let bytes = u32::from(body.u8()?);
    let block = u32::from(body.u16_be()?);
    let first = u32::from(body.u16_be()?);
    Ok(Address::Memory {
        area: "DB",
        block,
        bit: first * 8,
        bits: bytes * 8,
    })
}

/// A symbol of the S7-1200: the block, or in another area the first local id.
fn symbol(body: &mut Reader<'_>) -> Result<Address<'static>, Truncated> {
    body.skip(1)?;
    let root = body.u16_be()?;
    let sub = body.u16_be()?;
    body.skip(4)?;
    let local = if body.is_empty() {
        0
    } else {
        body.u32_be()? & 0x0fff_ffff
    };
    let space = match (root, sub) {
        (0x8a0e, block) => {
            return Ok(Address::Block {
                kind: "DB",
                number: u32::from(block),
            });
        }
        (_, 0x50) => "I-symbol",
        (_, 0x51) => "Q-symbol",
        (_, 0x52) => "M-symbol",
        (_, 0x53) => "C-symbol",
        (_, 0x54) => "T-symbol",
        _ => "symbol",
    };
    Ok(Address::Points {
        space,
        first: local,
        count: 1,
    })
}

/// A variable of a numerical control: area and unit, column, line, module, lines.
fn nck(body: &mut Reader<'_>) -> Result<Address<'static>, Truncated> {
    let area = body.u8()? >> 5;
    let column = u32::from(body.u16_be()?);
    body.skip(2 + 1)?;
    let lines = u32::from(body.u8()?);
    let space = match area {
        0 => "NCK",
        1 => "NCK-mode-group",
        2 => "NCK-channel",
        3 => "NCK-axis",
        4 => "NCK-tool",
        5 => "NCK-feed-drive",
        6 => "NCK-main-drive",
        _ => "NCK-MMC",
    };
    Ok(Address::Points {
        space,
        first: column,
        count: lines,
    })
}

/// One item of data: its return code and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) code: u8,
    pub(super) value: &'a [u8],
}

/// Reads one item of data with its fill byte.
pub(super) fn data_item<'a>(data: &mut Reader<'a>) -> Result<Item<'a>, Truncated> {
    let code = data.u8()?;
    let size = data.u8()?;
    let length = usize::from(data.u16_be()?);
    // Bits, bytes and integers are counted in bits, the others in bytes.
    let length = if matches!(size, 0x03..=0x05) {
        length.div_ceil(8)
    } else {
        length
    };
    let value = data.take(length)?;
    if length % 2 == 1 && !data.is_empty() {
        data.skip(1)?;
    }
    Ok(Item { code, value })
}

/// A userdata message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Userdata<'a> {
    pub(super) kind: UserdataKind,
    pub(super) group: u8,
    pub(super) subfunction: u8,
    /// The error, or the return code of the data where that alone says failure.
    pub(super) error: u16,
    pub(super) return_code: u8,
    /// Number by which the pieces of one transfer are told to belong together.
    pub(super) sequence: u8,
    /// Whether more pieces of the transfer follow.
    pub(super) more: bool,
    /// The data after its header of four bytes.
    pub(super) payload: &'a [u8],
}

/// Reads a userdata message out of the two parts of its PDU.
pub(super) fn userdata<'a>(mut parameter: Reader<'a>, mut data: Reader<'a>) -> Result<Userdata<'a>, Fault> {
    let malformed = |_: Truncated| Fault::MalformedParameter;
    let head: [u8; 3] = parameter.array().map_err(malformed)?;
    // A mode transition has a head of its own and a length that fits nothing.
    if head != [0x00, 0x01, 0x12] && head != [0x01, 0x00, 0x10] {
        return Err(Fault::MalformedParameter);
    }
    parameter.skip(1 + 1).map_err(malformed)?;
    let kind_and_group = parameter.u8().map_err(malformed)?;
    let kind = names::userdata_kind(kind_and_group >> 4).ok_or(Fault::MalformedParameter)?;
    let subfunction = parameter.u8().map_err(malformed)?;
    let sequence = parameter.u8().map_err(malformed)?;
    let (more, error) = if parameter.is_empty() {
        (0, 0)
    } else {
        parameter.skip(1).map_err(malformed)?;
        (
            parameter.u8().map_err(malformed)?,
            parameter.u16_be().map_err(malformed)?,
        )
    };
    let Item { code, value } = if data.is_empty() {
        Item {
            code: 0xff,
            value: &[],
        }
    } else {
        data_item(&mut data).map_err(|_| Fault::MalformedData)?
    };
    Ok(Userdata {
        kind,
        group: kind_and_group & 0x0f,
        subfunction,
        error,
        return_code: code,
        sequence,
        more: more != 0,
        payload: value,
    })
}

impl Userdata<'_> {
    /// The function's code: `0x1_0000 | group << 8 | subfunction`.
    pub(super) fn code(&self) -> u32 {
        0x1_0000 | u32::from(self.group) << 8 | u32::from(self.subfunction)
    }
}

/// The items of a variable table: count, then memory byte, repetition, block, first byte or number.
pub(super) fn table_items(payload: &[u8], objects: &mut Objects<'_>) -> Result<(), Fault> {
    let malformed = |_: Truncated| Fault::MalformedItem;
    let mut reader = Reader::new(payload);
    // Sizes of the parameter and the data, then the parameter, then the data.
    let parameter = reader.u16_be().map_err(malformed)?;
    let data = reader.u16_be().map_err(malformed)?;
    reader.skip(usize::from(parameter)).map_err(malformed)?;
    let mut reader = reader.sub(usize::from(data)).map_err(malformed)?;
    for _ in 0..reader.u16_be().map_err(malformed)? {
        let code = reader.u8().map_err(malformed)?;
        let count = u32::from(reader.u8().map_err(malformed)?);
        let block = u32::from(reader.u16_be().map_err(malformed)?);
        let first = u32::from(reader.u16_be().map_err(malformed)?);
        let (area, bits) = names::table_area(code).ok_or(Fault::MalformedItem)?;
        push(
            objects,
            match area {
                // A bit's place counts bits, a byte's or word's counts bytes.
                Area::Memory(area) => {
                    let bit = if bits == 1 { first } else { first * 8 };
                    Address::Memory {
                        area,
                        block,
                        bit,
                        bits: bits * count,
                    }
                }
                Area::Numbered(space) => Address::Points { space, first, count },
            },
        )?;
    }
    Ok(())
}

/// The block of a name such as `0A00001P`: type, five digits, file system.
pub(super) fn block(name: &[u8]) -> Option<Address<'static>> {
    let (kind, rest) = name.split_first_chunk::<2>()?;
    let (digits, _) = rest.split_first_chunk::<5>()?;
    let number = digits.iter().try_fold(0, |sum: u32, digit| {
        digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0'))
    })?;
    Some(Address::Block {
        kind: names::block_type(*kind)?,
        number,
    })
}

/// The block or file that a download or upload names: `_0A00001P`, or the name of another file.
pub(super) fn file(name: &[u8]) -> Address<'_> {
    let block_name = name.split_first().map_or(name, |(_, rest)| rest);
    block(block_name).unwrap_or(Address::Name { kind: "file", name })
}

/// The block or file of a download or upload job; the reader stands after the function byte.
pub(super) fn transfer_file<'a>(
    parameter: &mut Reader<'a>,
    code: FunctionCode,
) -> Result<Option<&'a [u8]>, Truncated> {
    use names::JobFunction::{DownloadBlock, DownloadEnded, RequestDownload, StartUpload};
    match code.known() {
        Some(RequestDownload | DownloadBlock | DownloadEnded | StartUpload) => {
            // Status, two bytes that vary, id of the transfer.
            parameter.skip(1 + 2 + 4)?;
            let length = parameter.u8()?;
            parameter.take(usize::from(length)).map(Some)
        }
        _ => Ok(None),
    }
}

/// The name and argument block of a PI service or PLC stop; the reader stands after the function byte.
pub(super) fn program_invocation<'a>(
    parameter: &mut Reader<'a>,
    code: FunctionCode,
) -> Result<(&'a [u8], &'a [u8]), Truncated> {
    let arguments = if code.known() == Some(names::JobFunction::PlcStop) {
        parameter.skip(5)?;
        [].as_slice()
    } else {
        parameter.skip(7)?;
        let length = parameter.u16_be()?;
        parameter.take(usize::from(length))?
    };
    let length = parameter.u8()?;
    Ok((parameter.take(usize::from(length))?, arguments))
}
