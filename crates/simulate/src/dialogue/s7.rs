//! S7comm: connection, set-up and identification as every client does them, then one of several jobs.

use super::{Cx, Side, Turn};
use crate::calendar::{Date, Shift, Weekday, shift};
use crate::encode::s7::{self, BLOCK_PART, Kind, Moment, More, Range};
use std::time::Duration;

/// What a client is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum S7Job {
    /// Reads for ever, and writes set points in the day shift.
    Panel,
    /// Reads for ever.
    Read,
    /// Uploads the program's blocks, once.
    Upload,
    /// Reads the clock, once.
    Clock,
    /// Reads for a while, writes a little, leaves.
    Tamper,
    /// Stops the program, downloads a block, starts again.
    Replace,
}

/// One question and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Connect,
    Setup,
    Status(u16),
    Read,
    Write,
    StartUpload(u32),
    UploadPart(More),
    EndUpload,
    Clock,
    Stop,
    RequestDownload,
    /// The controller asks for these two.
    FetchPart(More),
    DownloadEnded,
    Insert,
    Start,
}

impl Ask {
    const fn asker(self) -> Side {
        match self {
            Self::FetchPart(_) | Self::DownloadEnded => Side::Server,
            Self::Connect
            | Self::Setup
            | Self::Status(_)
            | Self::Read
            | Self::Write
            | Self::StartUpload(_)
            | Self::UploadPart(_)
            | Self::EndUpload
            | Self::Clock
            | Self::Stop
            | Self::RequestDownload
            | Self::Insert
            | Self::Start => Side::Client,
        }
    }
}

/// A panel's operator sets something once in so many readings.
const SETS_ONE_IN: u64 = 60;
/// Rack 0, slot 2.
const RACK_SLOT: u8 = 2;
/// Questions before the job begins.
const PRELUDE: u32 = 4;
/// Parts of each block.
const PARTS: u32 = 5;
/// Blocks that an upload fetches: an organisation block and data blocks.
const BLOCKS: u32 = 6;
const UPLOAD: u32 = 7;
/// The block that an intruder downloads.
const INTRUDERS_BLOCK: u32 = 1;

#[derive(Clone, Debug)]
pub(crate) struct S7 {
    job: S7Job,
    asked: u32,
    pending: Option<Ask>,
    reference: u16,
}

impl S7 {
    pub(crate) const fn new(job: S7Job) -> Self {
        Self {
            job,
            asked: 0,
            pending: None,
            reference: 0,
        }
    }

    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.job);
    }

    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        if let Some(ask) = self.pending.take() {
            self.answer(cx, ask);
            let pause = self.pause(cx, ask);
            return Turn::Say {
                from: ask.asker().other(),
                pause,
            };
        }
        let Some(ask) = self.next(cx) else {
            self.restart();
            return Turn::Close;
        };
        self.asked = self.asked.saturating_add(1);
        self.reference = self.reference.wrapping_add(1);
        self.question(cx, ask);
        self.pending = Some(ask);
        Turn::Say {
            from: ask.asker(),
            pause: cx.controller_time(),
        }
    }

    fn pause(&self, cx: &mut Cx<'_>, ask: Ask) -> Duration {
        if matches!(ask, Ask::Connect | Ask::Setup | Ask::Status(_)) {
            return Duration::from_millis(2);
        }
        match self.job {
            S7Job::Panel | S7Job::Read => cx.rest(),
            S7Job::Tamper => cx.dice.between(Duration::from_secs(5), Duration::from_secs(40)),
            S7Job::Upload | S7Job::Clock | S7Job::Replace => cx
                .dice
                .between(Duration::from_millis(10), Duration::from_millis(90)),
        }
    }

    fn next(&self, cx: &mut Cx<'_>) -> Option<Ask> {
        match self.asked {
            0 => return Some(Ask::Connect),
            1 => return Some(Ask::Setup),
            2 => return Some(Ask::Status(0x0011)),
            3 => return Some(Ask::Status(0x001c)),
            _ => {}
        }
        let done = self.asked - PRELUDE;
        match self.job {
            S7Job::Panel if shift(cx.now) == Shift::Day && cx.dice.below(SETS_ONE_IN) == 0 => {
                Some(Ask::Write)
            }
            S7Job::Panel | S7Job::Read => Some(Ask::Read),
            S7Job::Upload => upload(done),
            S7Job::Clock => (done == 0).then_some(Ask::Clock),
            S7Job::Tamper => match done {
                0..20 => Some(Ask::Read),
                20..24 => Some(Ask::Write),
                _ => None,
            },
            S7Job::Replace => replace(done),
        }
    }

    fn question(&self, cx: &mut Cx<'_>, ask: Ask) {
        let job = |out: &mut Vec<u8>, parameters: &[u8], data: &[u8]| {
            s7::message(out, Kind::Job, self.reference, parameters, data);
        };
        let user_data = |out: &mut Vec<u8>, parameters: &[u8], data: &[u8]| {
            s7::message(out, Kind::UserData, self.reference, parameters, data);
        };
        let block = s7::block_name(b'A', INTRUDERS_BLOCK);
        match ask {
            Ask::Connect => s7::connect_request(cx.out, RACK_SLOT),
            Ask::Setup => job(cx.out, &s7::setup(), &[]),
            Ask::Status(id) => user_data(cx.out, &s7::user_data_request(4, 1, 0), &s7::szl_request(id, 0)),
            Ask::Read => job(cx.out, &s7::variables(0x04, &self.ranges()), &[]),
            Ask::Write => {
                let value = cx.dice.long().to_be_bytes();
                job(
                    cx.out,
                    &s7::variables(0x05, &[SET_POINT]),
                    &s7::values(0, &[&value]),
                );
            }
            Ask::StartUpload(number) => {
                let kind = if number == 0 { b'8' } else { b'A' };
                job(
                    cx.out,
                    &s7::start_upload(&s7::block_name(kind, number.max(1))),
                    &[],
                );
            }
            Ask::UploadPart(_) => job(cx.out, &s7::upload(0x1e, UPLOAD), &[]),
            Ask::EndUpload => job(cx.out, &s7::upload(0x1f, UPLOAD), &[]),
            Ask::Clock => user_data(cx.out, &s7::user_data_request(7, 1, 0), &[0x0a, 0, 0, 0]),
            Ask::Stop => job(cx.out, &s7::stop(), &[]),
            Ask::RequestDownload => {
                let length = PARTS * u32::try_from(BLOCK_PART).unwrap_or_default();
                job(cx.out, &s7::request_download(&block, length, length - 36), &[]);
            }
            Ask::FetchPart(_) => job(cx.out, &s7::download(0x1b, &block), &[]),
            Ask::DownloadEnded => job(cx.out, &s7::download(0x1c, &block), &[]),
            Ask::Insert => job(cx.out, &s7::invoke("_INSE", Some(&block)), &[]),
            Ask::Start => job(cx.out, &s7::invoke("P_PROGRAM", None), &[]),
        }
    }

    fn answer(&self, cx: &mut Cx<'_>, ask: Ask) {
        let ack = |out: &mut Vec<u8>, parameters: &[u8], data: &[u8]| {
            s7::message(out, Kind::AckData { error: 0 }, self.reference, parameters, data);
        };
        let user_data = |out: &mut Vec<u8>, parameters: &[u8], data: &[u8]| {
            s7::message(out, Kind::UserData, self.reference, parameters, data);
        };
        match ask {
            Ask::Connect => s7::connect_confirm(cx.out, RACK_SLOT),
            Ask::Setup => ack(cx.out, &s7::setup(), &[]),
            Ask::Status(id) => {
                let data = status(cx, id);
                user_data(cx.out, &s7::user_data_response(4, 1, 1), &data);
            }
            Ask::Read => {
                let mut noise = Vec::new();
                cx.dice.fill(&mut noise, 64);
                let items: Vec<&[u8]> = self
                    .ranges()
                    .iter()
                    .filter_map(|range| noise.get(..usize::from(range.bytes)))
                    .collect();
                ack(
                    cx.out,
                    &[0x04, crate::encode::len8(items.len())],
                    &s7::values(0xff, &items),
                );
            }
            Ask::Write => ack(cx.out, &[0x05, 1], &[0xff]),
            Ask::StartUpload(_) => {
                let length = BLOCK_PART * usize::try_from(PARTS).unwrap_or_default();
                ack(cx.out, &s7::start_upload_answer(UPLOAD, length), &[]);
            }
            Ask::UploadPart(more) => {
                let data = block_part(cx);
                ack(cx.out, &s7::part(0x1e, more), &data);
            }
            Ask::FetchPart(more) => {
                let data = block_part(cx);
                ack(cx.out, &s7::part(0x1b, more), &data);
            }
            Ask::EndUpload => ack(cx.out, &[0x1f], &[]),
            Ask::Clock => {
                let data = s7::clock(moment(cx));
                user_data(cx.out, &s7::user_data_response(7, 1, 1), &data);
            }
            Ask::Stop => ack(cx.out, &[0x29], &[]),
            Ask::RequestDownload => ack(cx.out, &[0x1a], &[]),
            Ask::DownloadEnded => ack(cx.out, &[0x1c], &[]),
            Ask::Insert | Ask::Start => ack(cx.out, &[0x28], &[]),
        }
    }

    /// What is read: a row of measurements, and every third time the outputs and a merker row with it.
    fn ranges(&self) -> Vec<Range> {
        const MEASUREMENTS: Range = Range {
            area: 0x84,
            block: 10,
            first: 0,
            bytes: 48,
        };
        const OUTPUTS: Range = Range {
            area: 0x82,
            block: 0,
            first: 0,
            bytes: 5,
        };
        const MERKERS: Range = Range {
            area: 0x83,
            block: 0,
            first: 100,
            bytes: 12,
        };
        if self.asked.is_multiple_of(3) {
            vec![MEASUREMENTS, OUTPUTS, MERKERS]
        } else {
            vec![MEASUREMENTS]
        }
    }
}

const SET_POINT: Range = Range {
    area: 0x84,
    block: 20,
    first: 8,
    bytes: 4,
};

fn upload(done: u32) -> Option<Ask> {
    let each = PARTS + 2;
    let (block, stage) = (done / each, done % each);
    (block < BLOCKS).then_some(match stage {
        0 => Ask::StartUpload(block),
        stage if stage <= PARTS => Ask::UploadPart(more(stage)),
        _ => Ask::EndUpload,
    })
}

fn replace(done: u32) -> Option<Ask> {
    match done {
        0 => Some(Ask::Stop),
        1 => Some(Ask::RequestDownload),
        stage if stage < 2 + PARTS => Some(Ask::FetchPart(more(stage - 1))),
        stage if stage == 2 + PARTS => Some(Ask::DownloadEnded),
        stage if stage == 3 + PARTS => Some(Ask::Insert),
        stage if stage == 4 + PARTS => Some(Ask::Start),
        _ => None,
    }
}

/// Whether a part, counted from 1, is followed by another.
const fn more(part: u32) -> More {
    if part < PARTS { More::Follows } else { More::Ends }
}

fn block_part(cx: &mut Cx<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    cx.dice.fill(&mut bytes, BLOCK_PART - 4);
    s7::part_data(&bytes)
}

fn status(cx: &Cx<'_>, id: u16) -> Vec<u8> {
    let product = cx.server.product;
    if id == 0x001c {
        return s7::szl_component(
            &cx.server.id.to_uppercase(),
            product.product,
            "OVERHAUL",
            &serial(cx.server.serial),
            product.product,
        );
    }
    let mut numbers = product
        .firmware
        .unwrap_or_default()
        .trim_start_matches('V')
        .split('.')
        .map(|part| part.parse().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    let firmware = (next(), next(), next());
    s7::szl_module(product.code, firmware)
}

/// A serial number as Siemens prints it.
pub(crate) fn serial(number: u32) -> String {
    format!("S C-{number:08X}2012")
}

fn moment(cx: &Cx<'_>) -> Moment {
    let date = Date::of(cx.now);
    let second_of_day = cx.now.secs().rem_euclid(86_400);
    let short = |number: i64| u8::try_from(number).unwrap_or_default();
    Moment {
        fields: [
            short(date.year.rem_euclid(100)),
            short(date.month),
            short(date.day),
            short(second_of_day / 3600),
            short(second_of_day / 60 % 60),
            short(second_of_day % 60),
        ],
        weekday: match date.weekday() {
            Weekday::Sunday => 1,
            Weekday::Monday => 2,
            Weekday::Tuesday => 3,
            Weekday::Wednesday => 4,
            Weekday::Thursday => 5,
            Weekday::Friday => 6,
            Weekday::Saturday => 7,
        },
    }
}
