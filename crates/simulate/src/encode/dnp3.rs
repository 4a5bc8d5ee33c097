//! DNP3 (IEEE 1815-2012): link frames with their checks, transport segments, application fragments.
//!
//! A fragment has at most [`MAX_FRAGMENT`] bytes; longer ones are cut into link frames of 249 application bytes.

use super::{be32, le16, len8};

/// The most bytes of an application fragment that masters and outstations here exchange.
pub const MAX_FRAGMENT: usize = 2048;

/// Link addresses and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Receiver.
    pub destination: u16,
    /// Sender.
    pub source: u16,
    /// Who sends.
    pub from: Station,
}

/// Which kind of station sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Station {
    /// The master: DIR bit set.
    Master,
    /// The outstation.
    Outstation,
}

/// Function codes.
pub mod function {
    /// Confirms an answer or report.
    pub const CONFIRM: u8 = 0x00;
    /// Reads.
    pub const READ: u8 = 0x01;
    /// Writes.
    pub const WRITE: u8 = 0x02;
    /// Selects an output.
    pub const SELECT: u8 = 0x03;
    /// Operates a selected output.
    pub const OPERATE: u8 = 0x04;
    /// Operates at once.
    pub const DIRECT_OPERATE: u8 = 0x05;
    /// Allows unsolicited reports.
    pub const ENABLE_UNSOLICITED: u8 = 0x14;
    /// Measures the delay on the line.
    pub const DELAY_MEASURE: u8 = 0x17;
    /// Answers.
    pub const RESPONSE: u8 = 0x81;
    /// Reports unasked.
    pub const UNSOLICITED: u8 = 0x82;
}

/// Appends a fragment in as many link frames as it needs. `transport` is the transport sequence of the first.
pub fn fragment(out: &mut Vec<u8>, link: Link, transport: u8, bytes: &[u8]) {
    /// 250 bytes of user data in a link frame, one of which is the transport header.
    const PART: usize = 249;
    let count = bytes.len().div_ceil(PART).max(1);
    for (index, part) in bytes.chunks(PART).enumerate() {
        let mut user = Vec::with_capacity(part.len() + 1);
        let first = if index == 0 { 0x40 } else { 0 };
        let last = if index + 1 == count { 0x80 } else { 0 };
        user.push(last | first | (transport.wrapping_add(len8(index)) & 0x3f));
        user.extend_from_slice(part);
        link_frame(out, link, &user);
    }
}

fn link_frame(out: &mut Vec<u8>, link: Link, user: &[u8]) {
    let start = out.len();
    out.extend_from_slice(&[0x05, 0x64, len8(user.len() + 5)]);
    // Primary, unconfirmed user data.
    out.push(match link.from {
        Station::Master => 0xc4,
        Station::Outstation => 0x44,
    });
    le16(out, link.destination);
    le16(out, link.source);
    let check = crc(out.get(start..).unwrap_or_default());
    le16(out, check);
    for block in user.chunks(16) {
        out.extend_from_slice(block);
        le16(out, crc(block));
    }
}

/// The check of IEEE 1815, 9.2.4.1.2: polynomial 0x3d65, bits reversed, complemented.
#[must_use]
pub fn crc(bytes: &[u8]) -> u16 {
    let sum = bytes.iter().fold(0_u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                (sum >> 1) ^ 0xa6bc
            } else {
                sum >> 1
            }
        })
    });
    !sum
}

/// Begins a question or confirmation: control with sequence, function. Objects are appended after it.
#[must_use]
pub fn request(sequence: u8, unsolicited: Unsolicited, function: u8) -> Vec<u8> {
    vec![0xc0 | unsolicited.bit() | (sequence & 0x0f), function]
}

/// Begins an answer or report, which asks for a confirmation if it is one.
#[must_use]
pub fn response(sequence: u8, unsolicited: Unsolicited, indications: u16) -> Vec<u8> {
    let (confirm, code) = match unsolicited {
        Unsolicited::Yes => (0x20, function::UNSOLICITED),
        Unsolicited::No => (0, function::RESPONSE),
    };
    let [high, low] = indications.to_be_bytes();
    vec![
        0xc0 | confirm | unsolicited.bit() | (sequence & 0x0f),
        code,
        high,
        low,
    ]
}

/// Whether a message belongs to an unsolicited report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsolicited {
    /// It does.
    Yes,
    /// It belongs to a question.
    No,
}

impl Unsolicited {
    const fn bit(self) -> u8 {
        match self {
            Self::Yes => 0x10,
            Self::No => 0,
        }
    }
}

/// Appends a header for all objects of a group and variation (qualifier 0x06).
pub fn all(out: &mut Vec<u8>, group: u8, variation: u8) {
    out.extend_from_slice(&[group, variation, 0x06]);
}

/// Appends binary inputs with flags (group 1, variation 2) from an index on.
pub fn binary_inputs(out: &mut Vec<u8>, first: u8, flags: &[u8]) {
    out.extend_from_slice(&[1, 2, 0x00, first, first + len8(flags.len().saturating_sub(1))]);
    out.extend_from_slice(flags);
}

/// Appends 32-bit analog inputs with flag (group 30, variation 1) from an index on.
pub fn analog_inputs(out: &mut Vec<u8>, first: u8, values: &[i32]) {
    out.extend_from_slice(&[30, 1, 0x00, first, first + len8(values.len().saturating_sub(1))]);
    for value in values {
        out.push(1); // on line
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Appends analog input events (group 32, variation 1) with their indices.
pub fn analog_events(out: &mut Vec<u8>, events: &[(u8, i32)]) {
    out.extend_from_slice(&[32, 1, 0x17, len8(events.len())]);
    for (index, value) in events {
        out.extend_from_slice(&[*index, 1]);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Appends one control relay output block (group 12, variation 1).
pub fn control(out: &mut Vec<u8>, index: u16, code: u8, on_milliseconds: u32, status: u8) {
    out.extend_from_slice(&[12, 1, 0x28, 1, 0]);
    le16(out, index);
    out.extend_from_slice(&[code, 1]);
    out.extend_from_slice(&on_milliseconds.to_le_bytes());
    be32(out, 0); // off time
    out.push(status);
}

/// Appends a time of day (group 50, variation 1): milliseconds since 1970.
pub fn time(out: &mut Vec<u8>, milliseconds: u64) {
    out.extend_from_slice(&[50, 1, 0x07, 1]);
    out.extend(milliseconds.to_le_bytes().into_iter().take(6));
}

/// Appends a measured delay in milliseconds (group 52, variation 2).
pub fn delay(out: &mut Vec<u8>, milliseconds: u16) {
    out.extend_from_slice(&[52, 2, 0x07, 1]);
    le16(out, milliseconds);
}

/// Appends a device attribute as text (group 0).
pub fn attribute(out: &mut Vec<u8>, variation: u8, text: &str) {
    out.extend_from_slice(&[0, variation, 0x00, 0, 0, 1, len8(text.len())]);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_is_that_of_the_standard_s_example() {
        // A link reset: 05 64 05 c0 01 00 00 04 e9 21.
        assert_eq!(
            crc(&[0x05, 0x64, 0x05, 0xc0, 0x01, 0x00, 0x00, 0x04]).to_le_bytes(),
            [0xe9, 0x21]
        );
    }
}
