//! S7comm over COTP (ISO 8073, class 0) over TPKT (RFC 1006).
//!
//! Siemens publishes no specification; the layout is that of Wireshark's and libnodave's public descriptions, and is
//! held against tshark in the tests. Bounds: a PDU of [`PDU_SIZE`] bytes, at most 20 items a request.

use super::{be16, be32, len8, len16, patch, sized_be16};

/// The PDU size that is asked for and granted.
pub const PDU_SIZE: u16 = 480;
/// Data bytes that an upload or download message carries: what the PDU size leaves.
pub const BLOCK_PART: usize = 222;

/// Appends a TPKT packet with what is written in it.
pub fn tpkt(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[3, 0, 0, 0]);
    write(out);
    let length = len16(out.len() - at);
    patch(out, at + 2, &length.to_be_bytes());
}

/// Appends a COTP connection request (0xe0) for a rack and slot.
pub fn connect_request(out: &mut Vec<u8>, rack_slot: u8) {
    connect(out, 0xe0, (0, 0x0001), rack_slot);
}

/// Appends a COTP connection confirm (0xd0).
pub fn connect_confirm(out: &mut Vec<u8>, rack_slot: u8) {
    connect(out, 0xd0, (0x0001, 0x0044), rack_slot);
}

fn connect(out: &mut Vec<u8>, kind: u8, (destination, source): (u16, u16), rack_slot: u8) {
    tpkt(out, |out| {
        out.extend_from_slice(&[17, kind]);
        be16(out, destination);
        be16(out, source);
        out.push(0); // class 0
        out.extend_from_slice(&[0xc0, 1, 10]); // TPDU size 1024
        out.extend_from_slice(&[0xc1, 2, 0x01, 0x00]); // source TSAP
        out.extend_from_slice(&[0xc2, 2, 0x01, rack_slot]); // destination TSAP
    });
}

/// What stands before the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 0x01: a job.
    Job,
    /// 0x03: an answer with an error class and code.
    AckData {
        /// Error class and code; 0 for none.
        error: u16,
    },
    /// 0x07: user data.
    UserData,
}

/// Appends one S7 message in its COTP data packet and TPKT.
pub fn message(out: &mut Vec<u8>, kind: Kind, reference: u16, parameters: &[u8], data: &[u8]) {
    tpkt(out, |out| {
        out.extend_from_slice(&[2, 0xf0, 0x80]); // COTP: data, last unit
        out.extend_from_slice(&[
            0x32,
            match kind {
                Kind::Job => 1,
                Kind::AckData { .. } => 3,
                Kind::UserData => 7,
            },
            0,
            0,
        ]);
        be16(out, reference);
        be16(out, len16(parameters.len()));
        be16(out, len16(data.len()));
        if let Kind::AckData { error } = kind {
            be16(out, error);
        }
        out.extend_from_slice(parameters);
        out.extend_from_slice(data);
    });
}

/// Parameters of setup communication (0xf0); question and answer look the same.
#[must_use]
pub fn setup() -> Vec<u8> {
    let mut out = vec![0xf0, 0, 0, 1, 0, 1];
    be16(&mut out, PDU_SIZE);
    out
}

/// A range of bytes of a memory area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// 0x84 data block, 0x83 merkers, 0x81 inputs, 0x82 outputs.
    pub area: u8,
    /// The data block's number, else 0.
    pub block: u16,
    /// The first byte.
    pub first: u16,
    /// How many bytes.
    pub bytes: u16,
}

/// Parameters of read (0x04) or write (0x05) variables.
#[must_use]
pub fn variables(function: u8, items: &[Range]) -> Vec<u8> {
    let mut out = vec![function, len8(items.len())];
    for item in items {
        out.extend_from_slice(&[0x12, 0x0a, 0x10, 0x02]); // any-pointer, bytes
        be16(&mut out, item.bytes);
        be16(&mut out, item.block);
        be32(&mut out, u32::from(item.area) << 24 | u32::from(item.first) << 3);
    }
    out
}

/// Data of a read's answer or a write's question: items with their values, padded to even lengths between items.
#[must_use]
pub fn values(return_code: u8, items: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 && out.len() % 2 == 1 {
            out.push(0);
        }
        out.extend_from_slice(&[return_code, 0x04]); // length in bits
        be16(&mut out, len16(item.len() * 8));
        out.extend_from_slice(item);
    }
    out
}

/// Parameters of a user data question: group (4 CPU functions, 7 time) and subfunction.
#[must_use]
pub fn user_data_request(group: u8, subfunction: u8, sequence: u8) -> Vec<u8> {
    vec![0, 1, 0x12, 4, 0x11, 0x40 | group, subfunction, sequence]
}

/// Parameters of a user data answer, whole in one message, without error.
#[must_use]
pub fn user_data_response(group: u8, subfunction: u8, sequence: u8) -> Vec<u8> {
    vec![
        0,
        1,
        0x12,
        8,
        0x12,
        0x80 | group,
        subfunction,
        sequence,
        0,
        0,
        0,
        0,
    ]
}

/// Data of a question for a system status list.
#[must_use]
pub fn szl_request(id: u16, index: u16) -> Vec<u8> {
    let mut out = vec![0xff, 0x09];
    sized_be16(&mut out, |out| {
        be16(out, id);
        be16(out, index);
    });
    out
}

/// SZL 0x0011, module identification: module, basic hardware and firmware, by order number.
#[must_use]
pub fn szl_module(order_number: &str, firmware: (u8, u8, u8)) -> Vec<u8> {
    szl(0x0011, 28, |out| {
        for index in [1_u16, 6, 7] {
            be16(out, index);
            text(out, order_number, 20, b' ');
            be16(out, 0); // module type
            match index {
                7 => out.extend_from_slice(&[b'V', firmware.0, firmware.1, firmware.2]),
                _ => out.extend_from_slice(&[0, 1, 0, 1]),
            }
        }
    })
}

/// SZL 0x001c, component identification: names of the system, module and plant, serial number and module type.
#[must_use]
pub fn szl_component(system: &str, module: &str, plant: &str, serial: &str, kind: &str) -> Vec<u8> {
    szl(0x001c, 34, |out| {
        for (index, name) in [
            (1_u16, system),
            (2, module),
            (3, plant),
            (4, "Original Siemens Equipment"),
            (5, serial),
            (7, kind),
        ] {
            be16(out, index);
            text(out, name, 32, 0);
        }
    })
}

fn szl(id: u16, element: u16, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![0xff, 0x09];
    sized_be16(&mut out, |out| {
        be16(out, id);
        be16(out, 0);
        be16(out, element);
        let at = out.len();
        be16(out, 0);
        write(out);
        let count = len16((out.len() - at - 2) / usize::from(element.max(1)));
        patch(out, at, &count.to_be_bytes());
    });
    out
}

fn text(out: &mut Vec<u8>, text: &str, width: usize, fill: u8) {
    out.extend(text.bytes().chain(std::iter::repeat(fill)).take(width));
}

/// A moment as the S7 writes it: BCD, from the century's year to the weekday (1 is Sunday).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Year of the century, month, day, hour, minute, second, each as a plain number.
    pub fields: [u8; 6],
    /// 1 Sunday to 7 Saturday.
    pub weekday: u8,
}

/// Data of an answer to a read of the clock (group 7, subfunction 1).
#[must_use]
pub fn clock(moment: Moment) -> Vec<u8> {
    let bcd = |value: u8| ((value / 10) << 4) | (value % 10);
    let mut out = vec![0xff, 0x09, 0, 10, 0, 0x20];
    out.extend(moment.fields.map(bcd));
    out.extend_from_slice(&[0, moment.weekday & 0x0f]);
    out
}

/// A block's name as it is asked for: `_0A00001P` is the passive copy of data block 1.
#[must_use]
pub fn block_name(kind: u8, number: u32) -> String {
    format!("_0{}{number:05}P", char::from(kind))
}

/// Parameters that start an upload (0x1d).
#[must_use]
pub fn start_upload(block: &str) -> Vec<u8> {
    let mut out = vec![0x1d, 0, 0, 0, 0, 0, 0, 0];
    out.push(len8(block.len()));
    out.extend_from_slice(block.as_bytes());
    out
}

/// Parameters of the answer: an upload's number and the block's length.
#[must_use]
pub fn start_upload_answer(upload: u32, length: usize) -> Vec<u8> {
    let mut out = vec![0x1d, 0, 1, 0];
    be32(&mut out, upload);
    out.push(7);
    out.extend_from_slice(format!("{length:07}").as_bytes());
    out
}

/// Parameters that ask for the next part (0x1e) or end an upload (0x1f).
#[must_use]
pub fn upload(function: u8, upload: u32) -> Vec<u8> {
    let mut out = vec![function, 0, 0, 0];
    be32(&mut out, upload);
    out
}

/// Parameters of an upload's or download's part in an answer: whether more follows.
#[must_use]
pub fn part(function: u8, more: More) -> Vec<u8> {
    vec![
        function,
        match more {
            More::Follows => 1,
            More::Ends => 0,
        },
    ]
}

/// Whether more of a block follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// It does.
    Follows,
    /// This was the last part.
    Ends,
}

/// Data of an upload's or download's part.
#[must_use]
pub fn part_data(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    be16(&mut out, len16(bytes.len()));
    be16(&mut out, 0x00fb);
    out.extend_from_slice(bytes);
    out
}

/// Parameters that request a download (0x1a) of a block with its length in load memory and in code.
#[must_use]
pub fn request_download(block: &str, load_length: u32, code_length: u32) -> Vec<u8> {
    let mut out = vec![0x1a, 0, 1, 0, 0, 0, 0, 0];
    out.push(len8(block.len()));
    out.extend_from_slice(block.as_bytes());
    out.push(13);
    out.extend_from_slice(format!("1{load_length:06}{code_length:06}").as_bytes());
    out
}

/// Parameters by which the controller fetches a part (0x1b) or ends a download (0x1c): jobs that the controller sends.
#[must_use]
pub fn download(function: u8, block: &str) -> Vec<u8> {
    let mut out = vec![function, 0, 0, 0, 0, 0, 0, 0];
    out.push(len8(block.len()));
    out.extend_from_slice(block.as_bytes());
    out
}

/// Parameters that stop the program (0x29).
#[must_use]
pub fn stop() -> Vec<u8> {
    let mut out = vec![0x29, 0, 0, 0, 0, 0, 9];
    out.extend_from_slice(b"P_PROGRAM");
    out
}

/// Parameters of a program invocation (0x28): `P_PROGRAM` warm start without argument, `_INSE` with a block's name.
#[must_use]
pub fn invoke(service: &str, block: Option<&str>) -> Vec<u8> {
    let mut out = vec![0x28, 0, 0, 0, 0, 0, 0, 0xfd];
    sized_be16(&mut out, |out| {
        if let Some(block) = block {
            // One name, without its leading underscore.
            out.extend_from_slice(&[1, 0]);
            out.extend_from_slice(block.trim_start_matches('_').as_bytes());
        }
    });
    out.push(len8(service.len()));
    out.extend_from_slice(service.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_of_a_data_block_is_as_seen_on_the_wire() {
        let mut out = Vec::new();
        let range = Range {
            area: 0x84,
            block: 1,
            first: 16,
            bytes: 4,
        };
        message(&mut out, Kind::Job, 0x0100, &variables(4, &[range]), &[]);
        let expected = [
            0x03, 0x00, 0x00, 0x1f, // TPKT, 31 bytes
            0x02, 0xf0, 0x80, // COTP data
            0x32, 0x01, 0x00, 0x00, 0x01, 0x00, 0x00, 0x0e, 0x00, 0x00, // job, 14 bytes of parameters
            0x04, 0x01, 0x12, 0x0a, 0x10, 0x02, 0x00, 0x04, 0x00, 0x01, 0x84, 0x00, 0x00, 0x80,
        ];
        assert_eq!(out, expected);
    }
}
