//! Dialogues: who says what next, one file for each protocol. They know nothing of TCP, MAC addresses or mirrors.

pub(crate) mod arp;
mod modbus;

pub(crate) use arp::ArpRound;
pub(crate) use modbus::{ModbusPoints, ModbusPoll};

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
    /// A side breaks off.
    Reset { from: Side },
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
    ModbusPoll(ModbusPoll),
}

impl Dialogue {
    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        match self {
            Self::Arp(script) => script.turn(cx),
            Self::ModbusPoll(script) => script.turn(cx),
        }
    }

    /// Begins again: the connection was closed between two turns.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::Arp(_) => {}
            Self::ModbusPoll(script) => script.restart(),
        }
    }
}
