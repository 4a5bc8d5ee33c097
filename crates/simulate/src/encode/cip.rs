//! CIP (The CIP Networks Library, volume 1) and the tag services of Logix controllers (Rockwell publication 1756-PM020).

use super::{le16, le32, len8, len16, sized8};

/// Services.
pub mod service {
    /// Get_Attributes_All.
    pub const GET_ATTRIBUTES_ALL: u8 = 0x01;
    /// Reset, of the Identity object.
    pub const RESET: u8 = 0x05;
    /// Multiple_Service_Packet, of the Message Router.
    pub const MULTIPLE: u8 = 0x0a;
    /// Get_Attribute_Single.
    pub const GET_ATTRIBUTE_SINGLE: u8 = 0x0e;
    /// Set_Attribute_Single.
    pub const SET_ATTRIBUTE_SINGLE: u8 = 0x10;
    /// Read Tag.
    pub const READ_TAG: u8 = 0x4c;
    /// Write Tag.
    pub const WRITE_TAG: u8 = 0x4d;
    /// Forward_Close, of the Connection Manager.
    pub const FORWARD_CLOSE: u8 = 0x4e;
    /// Forward_Open, of the Connection Manager.
    pub const FORWARD_OPEN: u8 = 0x54;
}

/// Appends a path of class and instance, and attribute if there is one, each in 8 bits.
pub fn path(out: &mut Vec<u8>, class: u8, instance: u8, attribute: Option<u8>) {
    out.extend_from_slice(&[0x20, class, 0x24, instance]);
    if let Some(attribute) = attribute {
        out.extend_from_slice(&[0x30, attribute]);
    }
}

/// Appends a tag's name as a symbolic path; members are parted by dots.
pub fn tag(out: &mut Vec<u8>, name: &str) {
    for part in name.split('.') {
        out.push(0x91);
        sized8(out, |out| out.extend_from_slice(part.as_bytes()));
        if part.len() % 2 == 1 {
            out.push(0);
        }
    }
}

/// Appends a question: service, path with its length in words, data.
pub fn request(out: &mut Vec<u8>, service: u8, path: impl FnOnce(&mut Vec<u8>), data: &[u8]) {
    out.push(service);
    let at = out.len();
    out.push(0);
    path(out);
    let words = len8((out.len() - at - 1) / 2);
    super::patch(out, at, &[words]);
    out.extend_from_slice(data);
}

/// Appends an answer: service with its high bit, general status (0 is success), data.
pub fn response(out: &mut Vec<u8>, service: u8, status: u8, data: &[u8]) {
    out.extend_from_slice(&[service | 0x80, 0, status, 0]);
    out.extend_from_slice(data);
}

/// A connection as Forward_Open names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Originator to target, chosen by the target (by the originator for a cyclic connection to it).
    pub to_target: u32,
    /// Target to originator.
    pub to_originator: u32,
    /// The connection's serial number.
    pub serial: u16,
    /// The originator's vendor number.
    pub vendor: u16,
    /// The originator's serial number.
    pub originator: u32,
}

/// What kind of connection is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Class 3, explicit messages to the Message Router in a slot.
    Explicit {
        /// The controller's slot.
        slot: u8,
    },
    /// Class 1, cyclic data between assemblies.
    Cyclic {
        /// Bytes from the originator, run/idle header and sequence included.
        out_size: u16,
        /// Bytes from the target, sequence included.
        in_size: u16,
    },
}

/// Appends the question Forward_Open with a packet interval in microseconds.
pub fn forward_open(out: &mut Vec<u8>, connection: &Connection, transport: Transport, interval: u32) {
    request(out, service::FORWARD_OPEN, |out| path(out, 6, 1, None), &[]);
    out.extend_from_slice(&[0x0a, 0x0e]); // priority and tick, ticks
    le32(out, connection.to_target);
    le32(out, connection.to_originator);
    serials(out, connection);
    out.extend_from_slice(&[3, 0, 0, 0]); // timeout multiplier
    let (out_size, in_size, trigger) = match transport {
        Transport::Explicit { .. } => (0x43f4, 0x43f4, 0xa3), // point to point, variable, 500 bytes
        Transport::Cyclic { out_size, in_size } => (0x4800 | out_size, 0x4800 | in_size, 0x01),
    };
    for size in [out_size, in_size] {
        le32(out, interval);
        le16(out, size);
    }
    out.push(trigger);
    connection_path(out, transport);
}

fn connection_path(out: &mut Vec<u8>, transport: Transport) {
    let bytes: Vec<u8> = match transport {
        Transport::Explicit { slot } => vec![0x01, slot, 0x20, 0x02, 0x24, 0x01],
        Transport::Cyclic { .. } => vec![0x20, 0x04, 0x24, 0x66, 0x2c, 0x65, 0x2c, 0x64],
    };
    out.push(len8(bytes.len() / 2));
    out.extend_from_slice(&bytes);
}

fn serials(out: &mut Vec<u8>, connection: &Connection) {
    le16(out, connection.serial);
    le16(out, connection.vendor);
    le32(out, connection.originator);
}

/// Appends the good answer to Forward_Open.
pub fn forward_open_answer(out: &mut Vec<u8>, connection: &Connection, interval: u32) {
    response(out, service::FORWARD_OPEN, 0, &[]);
    le32(out, connection.to_target);
    le32(out, connection.to_originator);
    serials(out, connection);
    le32(out, interval);
    le32(out, interval);
    out.extend_from_slice(&[0, 0]);
}

/// Appends the question Forward_Close.
pub fn forward_close(out: &mut Vec<u8>, connection: &Connection, transport: Transport) {
    request(out, service::FORWARD_CLOSE, |out| path(out, 6, 1, None), &[]);
    out.extend_from_slice(&[0x0a, 0x0e]);
    serials(out, connection);
    let at = out.len();
    connection_path(out, transport);
    // Unlike in Forward_Open, a reserved byte stands between the path's length and the path.
    out.insert(at + 1, 0);
}

/// Appends the good answer to Forward_Close.
pub fn forward_close_answer(out: &mut Vec<u8>, connection: &Connection) {
    response(out, service::FORWARD_CLOSE, 0, &[]);
    serials(out, connection);
    out.extend_from_slice(&[0, 0]);
}

/// Appends Multiple_Service_Packet as a question with whole questions in it.
pub fn multiple(out: &mut Vec<u8>, parts: &[Vec<u8>]) {
    request(out, service::MULTIPLE, |out| path(out, 2, 1, None), &[]);
    packed(out, parts);
}

/// Appends the answer to Multiple_Service_Packet with whole answers in it.
pub fn multiple_answer(out: &mut Vec<u8>, parts: &[Vec<u8>]) {
    response(out, service::MULTIPLE, 0, &[]);
    packed(out, parts);
}

fn packed(out: &mut Vec<u8>, parts: &[Vec<u8>]) {
    le16(out, len16(parts.len()));
    let mut offset = 2 + 2 * parts.len();
    for part in parts {
        le16(out, len16(offset));
        offset += part.len();
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// Data of a Read Tag question: how many elements.
#[must_use]
pub const fn elements(count: u16) -> [u8; 2] {
    count.to_le_bytes()
}

/// Data of a Read Tag answer: type REAL (0xca) and values; with a count between them, of a Write Tag question.
#[must_use]
pub fn reals(values: &[f32], count: Count) -> Vec<u8> {
    let mut out = vec![0xca, 0x00];
    match count {
        Count::Told => le16(&mut out, len16(values.len())),
        Count::Absent => {}
    }
    values
        .iter()
        .for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
    out
}

/// Whether a count stands before the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// As in a question that writes.
    Told,
    /// As in an answer.
    Absent,
}
