//! Modbus/TCP (Modbus Application Protocol Specification V1.1b3; Messaging on TCP/IP Implementation Guide V1.0b).
//!
//! Bounds are the specification's: 2000 bits or 125 registers a read, 123 registers a write, 252 data bytes a message.

use super::{be16, len8, sized_be16, sized8};

/// What stands before every message: transaction and unit identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Pairs the answer with its question.
    pub transaction: u16,
    /// The unit behind the endpoint.
    pub unit: u8,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// 0x01–0x04: reads points in a row.
    Read {
        /// Which space.
        space: Space,
        /// The first address on the wire, from 0.
        first: u16,
        /// How many.
        count: u16,
    },
    /// 0x05: writes one coil.
    WriteCoil {
        /// Address.
        address: u16,
        /// Whether it is set.
        state: Coil,
    },
    /// 0x06: writes one register.
    WriteRegister {
        /// Address.
        address: u16,
        /// Value.
        value: u16,
    },
    /// 0x08, subfunction 0: return query data.
    Echo {
        /// The data that comes back.
        data: u16,
    },
    /// 0x10: writes registers in a row.
    WriteRegisters {
        /// The first address.
        first: u16,
        /// Values, at most 123.
        values: Vec<u16>,
    },
    /// 0x2b/0x0e: read device identification, stream access from an object on.
    Identify {
        /// Level: 1 basic, 2 regular.
        level: u8,
        /// The first object.
        object: u8,
    },
}

/// A table of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// 0x01.
    Coils,
    /// 0x02.
    DiscreteInputs,
    /// 0x03.
    HoldingRegisters,
    /// 0x04.
    InputRegisters,
}

impl Space {
    /// The function code that reads it.
    #[must_use]
    pub const fn read_function(self) -> u8 {
        match self {
            Self::Coils => 0x01,
            Self::DiscreteInputs => 0x02,
            Self::HoldingRegisters => 0x03,
            Self::InputRegisters => 0x04,
        }
    }
}

/// A coil's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coil {
    /// Off, 0x0000.
    Off,
    /// On, 0xff00.
    On,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response<'a> {
    /// 0x01, 0x02: bits, packed eight to a byte.
    Bits {
        /// Which space.
        space: Space,
        /// Packed bits.
        bytes: &'a [u8],
    },
    /// 0x03, 0x04: registers.
    Registers {
        /// Which space.
        space: Space,
        /// Values.
        values: &'a [u16],
    },
    /// 0x05, 0x06, 0x08: the question again.
    Same(Request),
    /// 0x10: where and how many were written.
    RegistersWritten {
        /// The first address.
        first: u16,
        /// How many.
        count: u16,
    },
    /// 0x2b/0x0e: objects of the device identification.
    Identity {
        /// Level asked for.
        level: u8,
        /// Object numbers and texts.
        objects: &'a [(u8, &'a str)],
    },
    /// The exception of a function.
    Exception {
        /// The function asked for.
        function: u8,
        /// Exception code, 1 to 11.
        code: u8,
    },
}

/// Appends a question as a whole ADU.
pub fn request(out: &mut Vec<u8>, header: Header, request: &Request) {
    adu(out, header, |out| request_pdu(out, request));
}

/// Appends an answer as a whole ADU.
pub fn response(out: &mut Vec<u8>, header: Header, response: &Response<'_>) {
    adu(out, header, |out| response_pdu(out, response));
}

fn adu(out: &mut Vec<u8>, header: Header, pdu: impl FnOnce(&mut Vec<u8>)) {
    be16(out, header.transaction);
    be16(out, 0); // protocol: Modbus
    sized_be16(out, |out| {
        out.push(header.unit);
        pdu(out);
    });
}

fn request_pdu(out: &mut Vec<u8>, request: &Request) {
    match request {
        Request::Read { space, first, count } => {
            out.push(space.read_function());
            be16(out, *first);
            be16(out, *count);
        }
        Request::WriteCoil { address, state } => {
            out.push(0x05);
            be16(out, *address);
            be16(
                out,
                match state {
                    Coil::Off => 0x0000,
                    Coil::On => 0xff00,
                },
            );
        }
        Request::WriteRegister { address, value } => {
            out.push(0x06);
            be16(out, *address);
            be16(out, *value);
        }
        Request::Echo { data } => {
            out.push(0x08);
            be16(out, 0);
            be16(out, *data);
        }
        Request::WriteRegisters { first, values } => {
            out.push(0x10);
            be16(out, *first);
            be16(out, super::len16(values.len()));
            sized8(out, |out| values.iter().for_each(|value| be16(out, *value)));
        }
        Request::Identify { level, object } => out.extend_from_slice(&[0x2b, 0x0e, *level, *object]),
    }
}

fn response_pdu(out: &mut Vec<u8>, response: &Response<'_>) {
    match response {
        Response::Bits { space, bytes } => {
            out.push(space.read_function());
            sized8(out, |out| out.extend_from_slice(bytes));
        }
        Response::Registers { space, values } => {
            out.push(space.read_function());
            sized8(out, |out| values.iter().for_each(|value| be16(out, *value)));
        }
        Response::Same(request) => request_pdu(out, request),
        Response::RegistersWritten { first, count } => {
            out.push(0x10);
            be16(out, *first);
            be16(out, *count);
        }
        Response::Identity { level, objects } => {
            // Conformity 0x81: basic identification, stream and individual access; nothing follows.
            out.extend_from_slice(&[0x2b, 0x0e, *level, 0x81, 0x00, 0x00, len8(objects.len())]);
            for (number, text) in *objects {
                out.push(*number);
                sized8(out, |out| out.extend_from_slice(text.as_bytes()));
            }
        }
        Response::Exception { function, code } => out.extend_from_slice(&[function | 0x80, *code]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_the_specification_s_examples() {
        let header = Header {
            transaction: 0x1501,
            unit: 0xff,
        };
        let mut out = Vec::new();
        // Section 6.3: read holding registers 108 to 110.
        request(
            &mut out,
            header,
            &Request::Read {
                space: Space::HoldingRegisters,
                first: 0x6b,
                count: 3,
            },
        );
        response(
            &mut out,
            header,
            &Response::Registers {
                space: Space::HoldingRegisters,
                values: &[0x022b, 0x0000, 0x0064],
            },
        );
        // Section 6.12: write two registers starting at 2.
        request(
            &mut out,
            header,
            &Request::WriteRegisters {
                first: 1,
                values: vec![0x000a, 0x0102],
            },
        );
        response(
            &mut out,
            header,
            &Response::Exception {
                function: 0x10,
                code: 2,
            },
        );
        let expected = [
            &[0x15, 0x01, 0, 0, 0, 6, 0xff, 0x03, 0x00, 0x6b, 0x00, 0x03][..],
            &[
                0x15, 0x01, 0, 0, 0, 9, 0xff, 0x03, 0x06, 0x02, 0x2b, 0x00, 0x00, 0x00, 0x64,
            ],
            &[
                0x15, 0x01, 0, 0, 0, 11, 0xff, 0x10, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0a, 0x01, 0x02,
            ],
            &[0x15, 0x01, 0, 0, 0, 3, 0xff, 0x90, 0x02],
        ]
        .concat();
        assert_eq!(out, expected);
    }
}
