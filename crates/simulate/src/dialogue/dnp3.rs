//! DNP3 masters and outstations: start-up, class polls, reports unasked, selected controls, time.

use super::{Cx, Turn};
use crate::calendar::{Shift, shift};
use crate::encode::dnp3::{self, Link, Station, Unsolicited, function};
use std::time::Duration;

/// What a master is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dnp3Job {
    /// Polls for ever; controls in the day shift.
    Master,
    /// Polls for ever and controls nothing.
    Watch,
    /// Operates an output at once, again and again, with a wrong master's address.
    Rogue,
    /// The outstation floods its master with reports.
    Flood,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Integrity,
    Attributes,
    EnableUnsolicited,
    DelayMeasure,
    WriteTime,
    Events,
    Select,
    Operate,
    DirectOperate,
}

/// What is still to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pending {
    Nothing,
    Answer(Ask),
    /// The master confirms what the outstation sent.
    Confirm(Unsolicited),
}

/// The right master's address.
const MASTER: u16 = 1;
/// A wrong one's.
const ROGUE: u16 = 99;
/// A control once in so many polls.
const CONTROLS_ONE_IN: u64 = 40;
/// A report unasked once in so many polls.
const REPORTS_ONE_IN: u64 = 8;
/// An integrity poll and a time correction every so many polls.
const INTEGRITY_EVERY: u32 = 60;
/// Commands of a wrong master, reports of a flood.
const ROGUE_COMMANDS: u32 = 5;
const FLOOD_REPORTS: u32 = 400;
const OUTPUT: u16 = 3;

#[derive(Clone, Debug)]
pub(crate) struct Dnp3 {
    job: Dnp3Job,
    asked: u32,
    pending: Pending,
    /// Application sequence of questions and of reports, and either side's transport sequence.
    sequence: u8,
    report: u8,
    transport: [u8; 2],
    selected: bool,
}

impl Dnp3 {
    pub(crate) const fn new(job: Dnp3Job) -> Self {
        Self {
            job,
            asked: 0,
            pending: Pending::Nothing,
            sequence: 0,
            report: 0,
            transport: [0; 2],
            selected: false,
        }
    }

    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.job);
    }

    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Answer(ask) => {
                let events = ask == Ask::Events;
                let answer = self.answer(cx, ask);
                self.send(cx, Station::Outstation, &answer);
                if events {
                    self.pending = Pending::Confirm(Unsolicited::No);
                    return Turn::server(Duration::from_millis(4));
                }
                Turn::server(self.pause(cx))
            }
            Pending::Confirm(unsolicited) => {
                let sequence = match unsolicited {
                    Unsolicited::Yes => self.report,
                    Unsolicited::No => self.sequence,
                };
                let confirm = dnp3::request(sequence, unsolicited, function::CONFIRM);
                self.send(cx, Station::Master, &confirm);
                Turn::client(self.pause(cx))
            }
            Pending::Nothing => self.begin(cx),
        }
    }

    fn begin(&mut self, cx: &mut Cx<'_>) -> Turn {
        let reports = match self.job {
            Dnp3Job::Flood => true,
            Dnp3Job::Master | Dnp3Job::Watch => self.asked > 5 && cx.dice.below(REPORTS_ONE_IN) == 0,
            Dnp3Job::Rogue => false,
        };
        if self.job == Dnp3Job::Flood && self.asked >= FLOOD_REPORTS {
            self.restart();
            return Turn::Close;
        }
        if reports {
            self.asked = self.asked.saturating_add(1);
            self.report = (self.report + 1) & 0x0f;
            let mut report = dnp3::response(self.report, Unsolicited::Yes, 0);
            dnp3::analog_events(
                &mut report,
                &[(cx.dice.word().to_be_bytes()[0] % 12, measure(cx))],
            );
            self.send(cx, Station::Outstation, &report);
            if self.job == Dnp3Job::Flood {
                return Turn::server(Duration::from_millis(25));
            }
            self.pending = Pending::Confirm(Unsolicited::Yes);
            return Turn::server(Duration::from_millis(4));
        }
        let Some(ask) = self.next(cx) else {
            self.restart();
            return Turn::Close;
        };
        self.asked = self.asked.saturating_add(1);
        self.sequence = (self.sequence + 1) & 0x0f;
        let question = self.question(cx, ask);
        self.send(cx, Station::Master, &question);
        self.pending = Pending::Answer(ask);
        Turn::client(cx.controller_time())
    }

    fn pause(&self, cx: &mut Cx<'_>) -> Duration {
        match self.job {
            // An output that was selected is operated at once.
            _ if self.selected => Duration::from_millis(15),
            Dnp3Job::Master | Dnp3Job::Watch if self.asked > 5 => cx.rest(),
            Dnp3Job::Rogue => cx.dice.between(Duration::from_secs(1), Duration::from_secs(6)),
            Dnp3Job::Master | Dnp3Job::Watch | Dnp3Job::Flood => Duration::from_millis(12),
        }
    }

    fn next(&mut self, cx: &mut Cx<'_>) -> Option<Ask> {
        if self.job == Dnp3Job::Rogue {
            return (self.asked < ROGUE_COMMANDS).then_some(Ask::DirectOperate);
        }
        if std::mem::take(&mut self.selected) {
            return Some(Ask::Operate);
        }
        Some(match self.asked {
            0 => Ask::Integrity,
            1 => Ask::Attributes,
            2 => Ask::EnableUnsolicited,
            3 => Ask::DelayMeasure,
            4 => Ask::WriteTime,
            n if n % INTEGRITY_EVERY == 0 => Ask::Integrity,
            n if n % INTEGRITY_EVERY == 1 => Ask::WriteTime,
            _ => {
                let controls = self.job == Dnp3Job::Master && shift(cx.now) == Shift::Day;
                if controls && cx.dice.below(CONTROLS_ONE_IN) == 0 {
                    self.selected = true;
                    Ask::Select
                } else {
                    Ask::Events
                }
            }
        })
    }

    fn question(&self, cx: &Cx<'_>, ask: Ask) -> Vec<u8> {
        let begin = |code| dnp3::request(self.sequence, Unsolicited::No, code);
        match ask {
            Ask::Integrity => classes(begin(function::READ), &[2, 3, 4, 1]),
            Ask::Events => classes(begin(function::READ), &[2, 3, 4]),
            Ask::EnableUnsolicited => classes(begin(function::ENABLE_UNSOLICITED), &[2, 3, 4]),
            Ask::Attributes => {
                let mut out = begin(function::READ);
                for variation in [242, 250, 252] {
                    // Device attributes are read by start and stop 0.
                    out.extend_from_slice(&[0, variation, 0x00, 0, 0]);
                }
                out
            }
            Ask::DelayMeasure => begin(function::DELAY_MEASURE),
            Ask::WriteTime => {
                let mut out = begin(function::WRITE);
                let milliseconds = u64::try_from(cx.now.nanos() / 1_000_000).unwrap_or_default();
                dnp3::time(&mut out, milliseconds);
                out
            }
            Ask::Select => control(begin(function::SELECT)),
            Ask::Operate => control(begin(function::OPERATE)),
            Ask::DirectOperate => control(begin(function::DIRECT_OPERATE)),
        }
    }

    fn answer(&mut self, cx: &mut Cx<'_>, ask: Ask) -> Vec<u8> {
        let mut out = dnp3::response(self.sequence, Unsolicited::No, 0);
        match ask {
            Ask::Integrity => {
                dnp3::binary_inputs(&mut out, 0, &[0x01, 0x81, 0x81, 0x01, 0x81, 0x01, 0x01, 0x81]);
                let values: Vec<i32> = (0..12).map(|_| measure(cx)).collect();
                dnp3::analog_inputs(&mut out, 0, &values);
            }
            Ask::Events => {
                // Events want to be confirmed.
                if let Some(control) = out.first_mut() {
                    *control |= 0x20;
                }
                let events = [(1, measure(cx)), (4, measure(cx)), (7, measure(cx))];
                dnp3::analog_events(&mut out, &events);
            }
            Ask::Attributes => {
                let product = cx.server.product;
                dnp3::attribute(&mut out, 242, product.firmware.unwrap_or_default());
                dnp3::attribute(&mut out, 250, product.product);
                dnp3::attribute(&mut out, 252, product.vendor);
            }
            Ask::DelayMeasure => dnp3::delay(&mut out, 3),
            Ask::Select | Ask::Operate | Ask::DirectOperate => out = control(out),
            Ask::EnableUnsolicited | Ask::WriteTime => {}
        }
        out
    }

    fn send(&mut self, cx: &mut Cx<'_>, from: Station, fragment: &[u8]) {
        let station = cx.server.station;
        let master = match self.job {
            Dnp3Job::Rogue => ROGUE,
            Dnp3Job::Master | Dnp3Job::Watch | Dnp3Job::Flood => MASTER,
        };
        let (destination, source, counter) = match from {
            Station::Master => (station, master, self.transport.first_mut()),
            Station::Outstation => (master, station, self.transport.last_mut()),
        };
        let transport = counter.map_or(0, |counter| {
            *counter = (*counter + 1) & 0x3f;
            *counter
        });
        let link = Link {
            destination,
            source,
            from,
        };
        dnp3::fragment(cx.out, link, transport, fragment);
    }
}

fn classes(mut out: Vec<u8>, variations: &[u8]) -> Vec<u8> {
    variations
        .iter()
        .for_each(|variation| dnp3::all(&mut out, 60, *variation));
    out
}

fn control(mut out: Vec<u8>) -> Vec<u8> {
    const LATCH_ON: u8 = 3;
    dnp3::control(&mut out, OUTPUT, LATCH_ON, 1000, 0);
    out
}

fn measure(cx: &mut Cx<'_>) -> i32 {
    12_000 + i32::from(cx.dice.word() % 500)
}
