//! Dialogues: who says what next, one file for each protocol. They know nothing of TCP, MAC addresses or mirrors.

mod announce;
pub(crate) mod arp;
mod cip;
mod datagrams;
mod dnp3;
mod modbus;
mod opcua;
mod s7;
mod smb;
mod text;
mod tls;

use announce::Lldp;
pub(crate) use announce::{Dhcp, When};
pub(crate) use arp::ArpRound;
pub(crate) use cip::{Cip, CipJob, CyclicData};
use datagrams::Syslog;
pub(crate) use datagrams::{Dns, Ntp};
pub(crate) use dnp3::{Dnp3, Dnp3Job};
pub(crate) use modbus::{ModbusPoints, ModbusPoll};
pub(crate) use opcua::{OpcUa, OpcUaJob};
pub(crate) use s7::{S7, S7Job, serial as s7_serial};
pub(crate) use smb::{Smb, SmbJob};
pub(crate) use text::{DeafScan, Http, HttpJob, Ssh};
pub(crate) use tls::{Before, Rest, Tls, TlsPlan, server_name};

pub(crate) use crate::engine::Side;

use crate::dice::Dice;
use crate::plant::{Host, Plant};
use cofferdam_terms::Timestamp;
use std::time::Duration;

/// What happens next in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// A side says what was written to [`Cx::out`]; the next turn comes after the pause.
    Say { from: Side, pause: Duration },
    /// Nobody says anything for a while.
    Wait { pause: Duration },
    /// The client closes.
    Close,
}

impl Turn {
    /// The client says it.
    pub(crate) const fn client(pause: Duration) -> Self {
        Self::Say {
            from: Side::Client,
            pause,
        }
    }

    /// The server says it.
    pub(crate) const fn server(pause: Duration) -> Self {
        Self::Say {
            from: Side::Server,
            pause,
        }
    }
}

/// What a dialogue may look at and write to.
pub(crate) struct Cx<'a> {
    pub(crate) now: Timestamp,
    pub(crate) plant: &'a Plant,
    pub(crate) dice: &'a mut Dice,
    pub(crate) client: &'a Host,
    pub(crate) server: &'a Host,
    /// How long a poller waits between questions.
    pub(crate) period: Duration,
    pub(crate) out: &'a mut Vec<u8>,
}

impl Cx<'_> {
    /// How long a controller takes to answer.
    pub(crate) fn controller_time(&mut self) -> Duration {
        self.dice
            .between(Duration::from_millis(2), Duration::from_millis(12))
    }

    /// How long a server takes to answer.
    pub(crate) fn server_time(&mut self) -> Duration {
        self.dice
            .between(Duration::from_micros(300), Duration::from_millis(5))
    }

    /// The poller's rest.
    pub(crate) fn rest(&mut self) -> Duration {
        self.dice.about(self.period)
    }
}

/// A conversation's script and how far it has come.
#[derive(Clone, Debug)]
pub(crate) enum Dialogue {
    Arp(ArpRound),
    Cip(Cip),
    CyclicData(CyclicData),
    DeafScan(DeafScan),
    Dhcp(Dhcp),
    Dnp3(Dnp3),
    Dns(Dns),
    Http(Http),
    Lldp,
    ModbusPoll(ModbusPoll),
    Ntp(Ntp),
    OpcUa(OpcUa),
    S7(S7),
    /// Nothing is said: the connection isn't made.
    Silence,
    Smb(Smb),
    Ssh(Ssh),
    Syslog,
    Tls(Tls),
}

impl Dialogue {
    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        match self {
            Self::Arp(script) => script.turn(cx),
            Self::Cip(script) => script.turn(cx),
            Self::CyclicData(script) => script.turn(cx),
            Self::DeafScan(script) => script.turn(cx),
            Self::Dhcp(script) => script.turn(cx),
            Self::Dnp3(script) => script.turn(cx),
            Self::Dns(script) => script.turn(cx),
            Self::Http(script) => script.turn(cx),
            Self::Lldp => Lldp::turn(cx),
            Self::ModbusPoll(script) => script.turn(cx),
            Self::Ntp(script) => script.turn(cx),
            Self::OpcUa(script) => script.turn(cx),
            Self::S7(script) => script.turn(cx),
            Self::Silence => Turn::Close,
            Self::Smb(script) => script.turn(cx),
            Self::Ssh(script) => script.turn(cx),
            Self::Syslog => Syslog::turn(cx),
            Self::Tls(script) => script.turn(cx),
        }
    }

    /// Begins again: the connection was closed between two turns.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::Cip(script) => script.restart(),
            Self::Dnp3(script) => script.restart(),
            Self::Http(script) => script.restart(),
            Self::ModbusPoll(script) => script.restart(),
            Self::OpcUa(script) => script.restart(),
            Self::S7(script) => script.restart(),
            Self::Smb(script) => script.restart(),
            Self::Ssh(script) => script.restart(),
            Self::Tls(script) => script.restart(),
            Self::Arp(_)
            | Self::CyclicData(_)
            | Self::DeafScan(_)
            | Self::Dhcp(_)
            | Self::Dns(_)
            | Self::Lldp
            | Self::Ntp(_)
            | Self::Silence
            | Self::Syslog => {}
        }
    }
}
