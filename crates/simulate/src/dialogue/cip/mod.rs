//! EtherNet/IP and CIP: explicit sessions of several kinds, and cyclic data between devices.

mod cyclic;
mod tags;

pub(crate) use cyclic::CyclicData;

use self::tags::TagAsk;
use super::{Cx, Turn};
use crate::calendar::{Shift, shift};
use crate::encode::cip::{self, Connection, Transport, service};
use crate::encode::enip::{self, Identity, command};
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
    Tags(TagAsk),
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
        if !matches!(ask, Ask::Tags(_)) {
            return Duration::from_millis(3);
        }
        match self.job {
            CipJob::Panel | CipJob::Read => cx.rest(),
            CipJob::Calibrate => cx.dice.between(Duration::from_secs(20), Duration::from_secs(90)),
            CipJob::Browse | CipJob::OpenCyclic => Duration::from_millis(3),
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
                Some(Ask::Tags(TagAsk::WriteOne))
            }
            CipJob::Panel | CipJob::Read => Some(Ask::Tags(if done.is_multiple_of(4) {
                TagAsk::ReadOne
            } else {
                TagAsk::ReadMany
            })),
            CipJob::Browse => match done {
                0..6 => Some(Ask::Tags(TagAsk::Symbols)),
                6..12 => Some(Ask::Tags(TagAsk::Routine)),
                12 => Some(Ask::CloseConnection),
                13 => Some(Ask::Unregister),
                _ => None,
            },
            CipJob::Calibrate => match done {
                n if n < 2 * ADJUSTMENTS => Some(Ask::Tags(if n.is_multiple_of(2) {
                    TagAsk::ReadOne
                } else {
                    TagAsk::WriteOne
                })),
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
            Ask::Tags(ask) => {
                self.sequence = self.sequence.wrapping_add(1);
                tags::question(cx, ask, self.asked, &mut cip);
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
            Ask::Tags(ask) => {
                tags::answer(cx, ask, &mut cip);
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
