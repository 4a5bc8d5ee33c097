//! EtherNet/IP and CIP: explicit sessions of several kinds, and cyclic data between devices.

use super::{Cx, Turn};
use crate::calendar::{Shift, shift};
use crate::encode::cip::{self, Connection, Count, Transport, service};
use crate::encode::enip::{self, Identity, RunIdle, command};
use crate::plant::Host;
use std::time::Duration;

/// What a client is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CipJob {
    /// Reads tags for ever over a connection, and writes set points in the day shift.
    Panel,
    /// Reads tags for ever over a connection.
    Read,
    /// Asks who the device is and which tags it has, once.
    Browse,
    /// Reads, adjusts and reads again, once.
    Calibrate,
    /// Opens the cyclic connection and holds it.
    OpenCyclic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    ListIdentity,
    Register,
    Identity,
    Open,
    OpenCyclic,
    ReadMany,
    ReadOne,
    WriteOne,
    Symbols,
    CloseConnection,
    Unregister,
}

/// A panel's operator sets something once in so many readings.
const SETS_ONE_IN: u64 = 60;
/// Questions of the prelude: list identity, register, identity, open.
const PRELUDE: u32 = 4;
/// Readings and adjustments of a calibration.
const ADJUSTMENTS: u32 = 16;
/// How long a session without questions is waited on at a time.
const HELD: Duration = Duration::from_hours(1);
/// Bytes of cyclic data each way.
const CYCLIC_DATA: usize = 32;

#[derive(Clone, Debug)]
pub(crate) struct Cip {
    job: CipJob,
    asked: u32,
    pending: Option<Ask>,
    session: u32,
    sequence: u16,
    serial: u16,
}

impl Cip {
    pub(crate) const fn new(job: CipJob) -> Self {
        Self {
            job,
            asked: 0,
            pending: None,
            session: 0,
            sequence: 0,
            serial: 0,
        }
    }

    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.job);
    }

    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        if let Some(ask) = self.pending.take() {
            self.answer(cx, ask);
            return Turn::server(self.pause(cx, ask));
        }
        let Some(ask) = self.next(cx) else {
            if self.job == CipJob::OpenCyclic {
                // The session is held open by keep-alives; the data goes by UDP.
                return Turn::Wait { pause: HELD };
            }
            self.restart();
            return Turn::Close;
        };
        self.asked = self.asked.saturating_add(1);
        self.question(cx, ask);
        if ask == Ask::Unregister {
            // It has no answer: the client closes after it.
            return Turn::client(Duration::from_millis(1));
        }
        self.pending = Some(ask);
        Turn::client(cx.controller_time())
    }

    fn pause(&self, cx: &mut Cx<'_>, ask: Ask) -> Duration {
        match (ask, self.job) {
            (Ask::ReadMany | Ask::ReadOne | Ask::WriteOne, CipJob::Panel | CipJob::Read) => cx.rest(),
            (Ask::ReadOne | Ask::WriteOne, CipJob::Calibrate) => {
                cx.dice.between(Duration::from_secs(20), Duration::from_secs(90))
            }
            _ => Duration::from_millis(3),
        }
    }

    fn next(&mut self, cx: &mut Cx<'_>) -> Option<Ask> {
        match self.asked {
            0 => return Some(Ask::ListIdentity),
            1 => return Some(Ask::Register),
            2 => return Some(Ask::Identity),
            3 => {
                return match self.job {
                    CipJob::OpenCyclic => Some(Ask::OpenCyclic),
                    CipJob::Panel | CipJob::Read | CipJob::Browse | CipJob::Calibrate => Some(Ask::Open),
                };
            }
            _ => {}
        }
        let done = self.asked - PRELUDE;
        match self.job {
            CipJob::Panel if shift(cx.now) == Shift::Day && cx.dice.below(SETS_ONE_IN) == 0 => {
                Some(Ask::WriteOne)
            }
            CipJob::Panel | CipJob::Read => Some(if done.is_multiple_of(4) {
                Ask::ReadOne
            } else {
                Ask::ReadMany
            }),
            CipJob::Browse => match done {
                0..12 => Some(Ask::Symbols),
                12 => Some(Ask::CloseConnection),
                13 => Some(Ask::Unregister),
                _ => None,
            },
            CipJob::Calibrate => match done {
                n if n < 2 * ADJUSTMENTS => Some(if n.is_multiple_of(2) {
                    Ask::ReadOne
                } else {
                    Ask::WriteOne
                }),
                n if n == 2 * ADJUSTMENTS => Some(Ask::CloseConnection),
                n if n == 2 * ADJUSTMENTS + 1 => Some(Ask::Unregister),
                _ => None,
            },
            CipJob::OpenCyclic => None,
        }
    }

    fn question(&mut self, cx: &mut Cx<'_>, ask: Ask) {
        let connection = connection(cx.client, cx.server, self.serial);
        let mut cip = Vec::new();
        match ask {
            Ask::ListIdentity => return enip::message(cx.out, command::LIST_IDENTITY, 0, 0, &[]),
            Ask::Register => return enip::message(cx.out, command::REGISTER_SESSION, 0, 0, &enip::REGISTER),
            Ask::Unregister => {
                return enip::message(cx.out, command::UNREGISTER_SESSION, self.session, 0, &[]);
            }
            Ask::Identity => cip::request(
                &mut cip,
                service::GET_ATTRIBUTES_ALL,
                |out| cip::path(out, 1, 1, None),
                &[],
            ),
            Ask::Open => {
                self.serial = cx.dice.word();
                let connection = Connection {
                    serial: self.serial,
                    to_target: 0,
                    ..connection
                };
                cip::forward_open(&mut cip, &connection, EXPLICIT, 2_000_000);
            }
            Ask::OpenCyclic => {
                self.serial = cx.dice.word();
                let connection = Connection {
                    serial: self.serial,
                    ..connection
                };
                cip::forward_open(&mut cip, &connection, CYCLIC, interval(cx.period));
            }
            Ask::CloseConnection => cip::forward_close(&mut cip, &connection, EXPLICIT),
            Ask::ReadOne | Ask::ReadMany | Ask::WriteOne | Ask::Symbols => {
                self.sequence = self.sequence.wrapping_add(1);
                tag_question(cx, ask, self.asked, &mut cip);
                let data = enip::connected(connection.to_target, self.sequence, &cip);
                return enip::message(cx.out, command::SEND_UNIT_DATA, self.session, 0, &data);
            }
        }
        enip::message(
            cx.out,
            command::SEND_RR_DATA,
            self.session,
            u64::from(self.asked),
            &enip::unconnected(&cip),
        );
    }

    fn answer(&mut self, cx: &mut Cx<'_>, ask: Ask) {
        let connection = connection(cx.client, cx.server, self.serial);
        let mut cip = Vec::new();
        match ask {
            Ask::ListIdentity => {
                let data = enip::list_identity(cx.server.ip, &identity(cx.server));
                return enip::message(cx.out, command::LIST_IDENTITY, 0, 0, &data);
            }
            Ask::Register => {
                self.session = cx.dice.long() | 1;
                return enip::message(
                    cx.out,
                    command::REGISTER_SESSION,
                    self.session,
                    0,
                    &enip::REGISTER,
                );
            }
            Ask::Unregister => return,
            Ask::Identity => {
                cip::response(&mut cip, service::GET_ATTRIBUTES_ALL, 0, &[]);
                enip::identity_object(&mut cip, &identity(cx.server));
            }
            Ask::Open => cip::forward_open_answer(&mut cip, &connection, 2_000_000),
            Ask::OpenCyclic => cip::forward_open_answer(&mut cip, &connection, interval(cx.period)),
            Ask::CloseConnection => cip::forward_close_answer(&mut cip, &connection),
            Ask::ReadOne | Ask::ReadMany | Ask::WriteOne | Ask::Symbols => {
                tag_answer(cx, ask, &mut cip);
                let data = enip::connected(connection.to_originator, self.sequence, &cip);
                return enip::message(cx.out, command::SEND_UNIT_DATA, self.session, 0, &data);
            }
        }
        enip::message(
            cx.out,
            command::SEND_RR_DATA,
            self.session,
            u64::from(self.asked),
            &enip::unconnected(&cip),
        );
    }
}

const EXPLICIT: Transport = Transport::Explicit { slot: 0 };
const CYCLIC: Transport = Transport::Cyclic {
    // Sequence count; and a run/idle header from the originator.
    out_size: 2 + 4 + 32,
    in_size: 2 + 32,
};
const TAGS: [&str; 6] = [
    "Oil_Temp",
    "Oil_Pressure",
    "N1_Speed",
    "N2_Speed",
    "Fuel_Flow",
    "Thrust.Value",
];
/// Get_Instance_Attribute_List of the Symbol class, with which engineering tools upload the tags.
const GET_INSTANCES: u8 = 0x55;

fn tag_question(cx: &mut Cx<'_>, ask: Ask, asked: u32, cip: &mut Vec<u8>) {
    let tag = TAGS
        .get(usize::try_from(asked).unwrap_or_default() % TAGS.len())
        .copied()
        .unwrap_or_default();
    match ask {
        Ask::ReadMany => {
            let parts: Vec<Vec<u8>> = TAGS
                .iter()
                .map(|tag| {
                    let mut part = Vec::new();
                    cip::request(
                        &mut part,
                        service::READ_TAG,
                        |out| cip::tag(out, tag),
                        &cip::elements(1),
                    );
                    part
                })
                .collect();
            cip::multiple(cip, &parts);
        }
        Ask::WriteOne => {
            let value = cip::reals(&[reading(cx)], Count::Told);
            cip::request(cip, service::WRITE_TAG, |out| cip::tag(out, tag), &value);
        }
        Ask::Symbols => cip::request(
            cip,
            GET_INSTANCES,
            // Instances from a 16-bit number on.
            |out| {
                out.extend_from_slice(&[0x20, 0x6b, 0x25, 0x00]);
                out.extend_from_slice(
                    &(crate::encode::len16(usize::try_from(asked * 8).unwrap_or_default())).to_le_bytes(),
                );
            },
            &[2, 0, 1, 0, 2, 0],
        ),
        _ => cip::request(
            cip,
            service::READ_TAG,
            |out| cip::tag(out, tag),
            &cip::elements(1),
        ),
    }
}

fn tag_answer(cx: &mut Cx<'_>, ask: Ask, cip: &mut Vec<u8>) {
    match ask {
        Ask::ReadMany => {
            let parts: Vec<Vec<u8>> = TAGS
                .iter()
                .map(|_| {
                    let mut part = Vec::new();
                    cip::response(
                        &mut part,
                        service::READ_TAG,
                        0,
                        &cip::reals(&[reading(cx)], Count::Absent),
                    );
                    part
                })
                .collect();
            cip::multiple_answer(cip, &parts);
        }
        Ask::WriteOne => cip::response(cip, service::WRITE_TAG, 0, &[]),
        Ask::Symbols => {
            let mut names = Vec::new();
            for (number, tag) in TAGS.iter().enumerate() {
                crate::encode::le32(&mut names, crate::encode::len32(number + 1));
                crate::encode::sized_le16(&mut names, |out| out.extend_from_slice(tag.as_bytes()));
                crate::encode::le16(&mut names, 0x00ca);
            }
            cip::response(cip, GET_INSTANCES, 0, &names);
        }
        _ => cip::response(
            cip,
            service::READ_TAG,
            0,
            &cip::reals(&[reading(cx)], Count::Absent),
        ),
    }
}

fn reading(cx: &mut Cx<'_>) -> f32 {
    80.0 + f32::from(cx.dice.word() % 1000) / 100.0
}

/// The connection between two hosts: the cyclic data of another conversation finds the same numbers.
fn connection(client: &Host, server: &Host, serial: u16) -> Connection {
    Connection {
        to_target: server.serial ^ client.serial.rotate_left(9),
        to_originator: client.serial ^ server.serial.rotate_left(5),
        serial,
        vendor: 1,
        originator: client.serial,
    }
}

fn interval(period: Duration) -> u32 {
    u32::try_from(period.as_micros()).unwrap_or(u32::MAX)
}

/// What a host says in its Identity object. Rockwell's names go with its vendor number.
pub(crate) fn identity(host: &Host) -> Identity<'_> {
    let numbers = host.product.cip;
    Identity {
        vendor: numbers.map_or(0, |numbers| numbers.vendor),
        device_type: numbers.map_or(0, |numbers| numbers.device_type),
        product_code: numbers.map_or(0, |numbers| numbers.product_code),
        revision: numbers.map_or((1, 1), |numbers| numbers.revision),
        serial: host.serial,
        name: host.product.product,
    }
}

/// Cyclic data by UDP, each way once in a period.
#[derive(Clone, Debug, Default)]
pub(crate) struct CyclicData {
    packet: u32,
    answers: bool,
}

impl CyclicData {
    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        let connection = connection(cx.client, cx.server, 0);
        let sequence = crate::encode::len16(usize::try_from(self.packet).unwrap_or_default());
        let mut data = Vec::new();
        cx.dice.fill(&mut data, CYCLIC_DATA);
        self.answers = !self.answers;
        if self.answers {
            self.packet = self.packet.wrapping_add(1);
            enip::cyclic(
                cx.out,
                connection.to_target,
                self.packet,
                sequence,
                RunIdle::Run,
                &data,
            );
            Turn::client(Duration::from_micros(700))
        } else {
            enip::cyclic(
                cx.out,
                connection.to_originator,
                self.packet,
                sequence,
                RunIdle::Absent,
                &data,
            );
            Turn::server(cx.rest())
        }
    }
}
