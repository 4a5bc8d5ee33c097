//! Modbus/TCP pollers: identification on connecting, then readings; a set point now and then in the day shift.

use super::{Cx, Turn};
use crate::calendar::{Shift, shift};
use crate::encode::modbus::{self, Coil, Header, Request, Response, Space};
use std::time::Duration;

/// Which points a poller reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModbusPoints {
    /// Measurements, and set points in the day shift: an operator's panel.
    Panel,
    /// Measurements alone.
    Measurements,
    /// A rectifier's current and voltage, set at each reading.
    Rectifier,
    /// Reads each channel and writes its calibration, once.
    Calibration,
}

#[derive(Clone, Debug)]
pub(crate) struct ModbusPoll {
    points: ModbusPoints,
    transaction: u16,
    /// What is to be answered.
    asked: Option<Request>,
    identified: bool,
    polls: u32,
}

/// A panel's operator sets something once in so many readings.
const SETS_ONE_IN: u64 = 40;
/// An old configuration asks for a register that isn't there, once in so many readings.
const WRONG_ONE_IN: u64 = 400;
/// Channels that a calibration goes through.
const CHANNELS: u32 = 16;
/// Where the gain and offset of the first channel are kept.
const CALIBRATION: u16 = 0x4000;
/// The unit of a device that has no others behind it.
const UNIT: u8 = 1;

impl ModbusPoll {
    pub(crate) const fn new(points: ModbusPoints) -> Self {
        Self {
            points,
            transaction: 0,
            asked: None,
            identified: false,
            polls: 0,
        }
    }

    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.points);
    }

    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        let header = Header {
            transaction: self.transaction,
            unit: UNIT,
        };
        if let Some(asked) = self.asked.take() {
            answer(cx, header, &asked);
            return Turn::server(self.pause(cx, &asked));
        }
        if self.points == ModbusPoints::Calibration && self.polls >= 2 * CHANNELS {
            self.restart();
            return Turn::Close;
        }
        self.transaction = self.transaction.wrapping_add(1);
        let header = Header {
            transaction: self.transaction,
            ..header
        };
        let request = self.next_request(cx);
        modbus::request(cx.out, header, &request);
        self.asked = Some(request);
        Turn::client(cx.controller_time())
    }

    fn pause(&self, cx: &mut Cx<'_>, asked: &Request) -> Duration {
        if self.points == ModbusPoints::Calibration {
            return cx.dice.between(Duration::from_secs(20), Duration::from_secs(90));
        }
        if matches!(asked, Request::Read { .. }) {
            cx.rest()
        } else {
            cx.period / 4
        }
    }

    fn next_request(&mut self, cx: &mut Cx<'_>) -> Request {
        if !self.identified {
            self.identified = true;
            return Request::Identify { level: 1, object: 0 };
        }
        self.polls = self.polls.wrapping_add(1);
        let reads = |space, first, count| Request::Read { space, first, count };
        match self.points {
            ModbusPoints::Panel => {
                if shift(cx.now) == Shift::Day && cx.dice.below(SETS_ONE_IN) == 0 {
                    return set_point(cx);
                }
                if cx.dice.below(WRONG_ONE_IN) == 0 {
                    return reads(Space::HoldingRegisters, 0x7f00, 1);
                }
                match self.polls % 3 {
                    0 => reads(Space::Coils, 0, 16),
                    1 => reads(Space::InputRegisters, 0, 20),
                    _ => reads(Space::HoldingRegisters, 100, 10),
                }
            }
            ModbusPoints::Measurements => match self.polls % 2 {
                0 => reads(Space::DiscreteInputs, 0, 32),
                _ => reads(Space::InputRegisters, 0, 40),
            },
            ModbusPoints::Rectifier => match self.polls % 2 {
                0 => Request::WriteRegisters {
                    first: 0x0010,
                    values: vec![cx.dice.word() % 400, cx.dice.word() % 24],
                },
                _ => reads(Space::HoldingRegisters, 0x0010, 6),
            },
            ModbusPoints::Calibration => {
                let channel = u16::try_from(self.polls / 2).unwrap_or_default();
                if self.polls % 2 == 1 {
                    reads(Space::InputRegisters, channel, 1)
                } else {
                    Request::WriteRegisters {
                        first: CALIBRATION + 2 * channel,
                        values: vec![1000 + cx.dice.word() % 20, cx.dice.word() % 8],
                    }
                }
            }
        }
    }
}

fn set_point(cx: &mut Cx<'_>) -> Request {
    if cx.dice.below(2) == 0 {
        Request::WriteRegister {
            address: 100 + cx.dice.word() % 10,
            value: cx.dice.word() % 1000,
        }
    } else {
        Request::WriteCoil {
            address: cx.dice.word() % 16,
            state: if cx.dice.below(2) == 0 {
                Coil::Off
            } else {
                Coil::On
            },
        }
    }
}

/// What a device answers: 200 points of each space exist.
pub(crate) fn answer(cx: &mut Cx<'_>, header: Header, asked: &Request) {
    const POINTS: u16 = 200;
    let mut bits = [0; 250];
    let mut registers = [0; 125];
    let product = cx.server.product;
    let objects = [
        (0, product.vendor),
        (1, product.code),
        (2, product.firmware.unwrap_or_default()),
    ];
    let response = match asked {
        Request::Read { space, first, .. } if *first >= POINTS => Response::Exception {
            function: space.read_function(),
            code: 2,
        },
        Request::Read { space, count, .. } => match space {
            Space::Coils | Space::DiscreteInputs => {
                let bytes = bits.get_mut(..usize::from(count.div_ceil(8))).unwrap_or_default();
                let noise = cx.dice.roll().to_le_bytes();
                bytes
                    .iter_mut()
                    .zip(noise)
                    .for_each(|(byte, bit)| *byte = bit & 0x5a);
                Response::Bits { space: *space, bytes }
            }
            Space::HoldingRegisters | Space::InputRegisters => {
                let values = registers.get_mut(..usize::from(*count)).unwrap_or_default();
                measure(cx, values);
                Response::Registers {
                    space: *space,
                    values,
                }
            }
        },
        Request::WriteRegisters { first, values } => Response::RegistersWritten {
            first: *first,
            count: crate::encode::len16(values.len()),
        },
        Request::Identify { level, .. } => Response::Identity {
            level: *level,
            objects: &objects,
        },
        Request::WriteCoil { .. } | Request::WriteRegister { .. } | Request::Echo { .. } => {
            Response::Same(asked.clone())
        }
    };
    modbus::response(cx.out, header, &response);
}

/// Readings that wander a little about a value of their own.
fn measure(cx: &mut Cx<'_>, values: &mut [u16]) {
    let mut noise = cx.dice.roll();
    let mut level = 0x0400_u16;
    for value in values {
        *value = level + u16::try_from(noise & 0x1f).unwrap_or_default();
        noise = noise.rotate_right(5);
        level = level.wrapping_mul(3) & 0x0fff;
    }
}
