//! The first step: captures in, flow records, assets and coverage into telemetry.

use crate::error::SiteError;
use crate::logs::{Both, LogFolder};
use crate::look::More;
use crate::records::{LogSet, LogsObserved};
use crate::settings::Settings;
use crate::site::Site;
use cofferdam_capture::{Damage, OpenError, Packet, Progress, Source as Packets, Watcher, sources};
use cofferdam_observe::{
    Captured as Frame, Ceilings, Deal, Feed, FlowRecord, FlowSink, Observation, Observer,
    Settings as ObserverSettings, ZeekFlows, ZeekMessages, observe_with,
};
use cofferdam_telemetry::{Captured, Recorder, Source, Telemetry};
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// Packets between two calls of whoever watches.
const PACKETS_PER_REPORT: u64 = 1 << 16;
/// Bytes of a file that are hashed at a time.
const HASH_BUFFER: usize = 1 << 18;

/// What to observe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A capture file, or a folder of them.
    Path(PathBuf),
    /// A capture on standard input.
    StandardInput,
}

/// How to observe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObserveOptions {
    /// How many threads follow one capture. What comes of it is the same for any number.
    pub workers: NonZeroUsize,
    /// A folder for logs in Zeek's form, which one thread writes: of a single capture they stand in it, of several each
    /// has a folder of its name.
    pub zeek_logs: Option<PathBuf>,
}

/// How far observation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObserveProgress<'a> {
    /// The capture that is being read.
    pub capture: &'a str,
    /// Which one it is, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// Bytes of it that were read.
    pub read: u64,
    /// Its length; not known for standard input.
    pub total: Option<u64>,
    /// Packets of it that were read.
    pub packets: u64,
}

/// What observing one capture gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// What was recorded of it.
    pub captured: Captured,
    /// Assets and coverage.
    pub observation: Observation,
    /// Where the capture is damaged.
    pub damage: Vec<Damage>,
    /// How many more damaged places there are than are listed.
    pub damage_unlisted: u64,
}

/// What observing gave.
#[derive(Debug, Default)]
pub struct ObserveReport {
    /// Each capture that was recorded, in the order given.
    pub observed: Vec<Observed>,
    /// Each set of logs that was recorded, in the order given, behind the captures.
    pub logs: Vec<LogsObserved>,
    /// Inputs that could not be opened, and why.
    pub refused: Vec<OpenError>,
    /// Files in folders that are no captures, and why.
    pub passed_over: Vec<OpenError>,
}

impl Site {
    /// Observes captures and other sensors' logs, and records what they give. Logs of one folder, or that are named one by
    /// one, are taken together: lines of several tell of one connection. An input that can't be opened is listed, and the rest goes on.
    /// A capture that was observed before is recorded anew in the place of the former recording.
    ///
    /// # Errors
    /// When somebody else writes to the site, or what was seen can't be written.
    pub fn observe(
        &self,
        inputs: &[Input],
        options: &ObserveOptions,
        progress: &mut dyn FnMut(ObserveProgress<'_>),
    ) -> Result<ObserveReport, SiteError> {
        let _lock = self.lock()?;
        let mut telemetry = self.telemetry()?;
        telemetry.tidy()?;
        let mut report = ObserveReport::default();
        let (captures, sets) = listed(inputs, &mut report);
        let of = captures.len() + sets.len();
        for (at, capture) in captures.iter().enumerate() {
            let turn = Turn { number: at + 1, of };
            let logs = options.zeek_logs.as_deref().map(|folder| match captures.len() {
                1 => folder.to_owned(),
                _ => folder.join(folder_name(capture)),
            });
            let how = (logs.as_deref(), options.workers);
            match self.observe_one(capture, how, &mut telemetry, turn, progress) {
                Ok(observed) => report.observed.push(observed),
                Err(Failure::Open(error)) => report.refused.push(error),
                Err(Failure::Site(error)) => return Err(error),
            }
        }
        for (at, set) in sets.iter().enumerate() {
            let watch = Watch {
                name: &set.name,
                turn: Turn {
                    number: captures.len() + at + 1,
                    of,
                },
                progress,
            };
            let (logs, refused) = self.observe_logs(set, &mut telemetry, watch)?;
            report.logs.extend(logs);
            report.refused.extend(refused);
        }
        Ok(report)
    }

    fn observe_one(
        &self,
        input: &Input,
        (logs, workers): (Option<&Path>, NonZeroUsize),
        telemetry: &mut Telemetry,
        turn: Turn,
        progress: &mut dyn FnMut(ObserveProgress<'_>),
    ) -> Result<Observed, Failure> {
        let (mut packets, digest) = open(input).map_err(Failure::Open)?;
        let name = name_of(input);
        let recorder = telemetry.recorder().map_err(SiteError::from)?;
        let watch = Watch {
            name: &name,
            turn,
            progress,
        };
        let (recorder, observation) = match logs {
            None => {
                let settings = observer_settings(self.settings(), &name);
                read(&mut packets, recorder, settings, workers, watch)
            }
            Some(folder) => {
                let observer = observer(self.settings(), &name);
                let mut folder = LogFolder::create(folder)?;
                let read = read_with_logs(&mut packets, recorder, observer, watch, &mut folder, &name);
                folder.finish()?;
                read
            }
        };
        let damage = packets.damage().to_vec();
        let damage_unlisted = packets.damage_unlisted();
        let (sha256, bytes) = digest.finish(packets, input)?;
        let source = Source::content(&name, sha256, bytes).damaged(damage.iter().map(kept).collect());
        let captured = recorder
            .commit(telemetry, source, &observation)
            .map_err(SiteError::from)?;
        Ok(Observed {
            captured,
            observation,
            damage,
            damage_unlisted,
        })
    }
}

pub(crate) fn observer(site: &Settings, capture: &str) -> Observer {
    Observer::new(observer_settings(site, capture))
}

pub(crate) fn observer_settings(site: &Settings, capture: &str) -> ObserverSettings {
    let mut settings = ObserverSettings::new(capture);
    settings.ceilings = Ceilings::for_memory(site.observe_memory);
    // The keys of the hash tables must not be guessable; results do not depend on them.
    settings.hash_seed = RandomState::new().build_hasher().finish();
    settings
}

enum Failure {
    Open(OpenError),
    Site(SiteError),
}

impl From<SiteError> for Failure {
    fn from(error: SiteError) -> Self {
        Self::Site(error)
    }
}

#[derive(Clone, Copy)]
struct Turn {
    number: usize,
    of: usize,
}

pub(crate) struct Watch<'a> {
    name: &'a str,
    turn: Turn,
    progress: &'a mut dyn FnMut(ObserveProgress<'_>),
}

impl Watch<'_> {
    fn tell(&mut self, packets: &Packets, count: u64) {
        self.told(packets.progress(), count);
    }

    pub(crate) fn told(&mut self, so_far: Progress, count: u64) {
        (self.progress)(ObserveProgress {
            capture: self.name,
            number: self.turn.number,
            of: self.turn.of,
            read: so_far.read,
            total: so_far.total,
            packets: count,
        });
    }
}

/// The captures, and the sets of logs, that the inputs stand for. What can't be listed goes to the report.
fn listed(inputs: &[Input], report: &mut ObserveReport) -> (Vec<Input>, Vec<LogSet>) {
    let mut captures = Vec::new();
    let mut sets: Vec<LogSet> = Vec::new();
    let mut single = Vec::new();
    for input in inputs {
        match input {
            Input::StandardInput => captures.push(Input::StandardInput),
            Input::Path(path) => match sources(path) {
                Ok(found) => {
                    captures.extend(found.captures.into_iter().map(Input::Path));
                    report.passed_over.extend(found.passed_over);
                    if path.is_dir() {
                        sets.extend(LogSet::of_folders(found.records));
                    } else {
                        single.extend(found.records);
                    }
                }
                Err(error) => report.refused.push(error),
            },
        }
    }
    sets.extend(LogSet::named_singly(single));
    (captures, sets)
}

/// A folder's name for the logs of one capture among several: its path in one piece, since files of two folders may
/// have one name.
fn folder_name(input: &Input) -> String {
    match input {
        Input::StandardInput => "standard-input".to_owned(),
        Input::Path(path) => {
            let names = path.components().filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_string_lossy()),
                _ => None,
            });
            names.collect::<Vec<_>>().join("_")
        }
    }
}

fn name_of(input: &Input) -> String {
    match input {
        Input::StandardInput => "standard input".to_owned(),
        Input::Path(path) => path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned(),
    }
}

/// Telemetry, and whether it could still be written: whoever reads asks while it is lent out.
struct Watched<'r> {
    recorder: &'r mut Recorder,
    failed: &'r Cell<bool>,
}

impl FlowSink for Watched<'_> {
    fn flow(&mut self, record: FlowRecord) {
        self.recorder.flow(record);
        self.failed.set(self.recorder.has_failed());
    }
}

fn read(
    packets: &mut Packets,
    mut recorder: Recorder,
    settings: ObserverSettings,
    workers: NonZeroUsize,
    mut watch: Watch<'_>,
) -> (Recorder, Observation) {
    let failed = Cell::new(false);
    let mut sink = Watched {
        recorder: &mut recorder,
        failed: &failed,
    };
    let mut count = 0;
    watch.tell(packets, count);
    let mut told = 0;
    let mut feed = |buffer: &mut Vec<u8>, deal: &mut Deal<'_>| {
        // Reading on is for nothing once what was seen can't be written.
        let dealt = if failed.get() {
            0
        } else {
            packets.each_at_hand(buffer, |packet, start| {
                count = packet.number;
                deal.packet(&frame(packet), start);
            })
        };
        if dealt == 0 {
            watch.tell(packets, count);
            return Feed::End;
        }
        if count - told >= PACKETS_PER_REPORT {
            told = count;
            watch.tell(packets, count);
        }
        Feed::More
    };
    let observation = observe_with(settings, workers, &mut feed, &mut sink);
    (recorder, observation)
}

const fn frame<'p>(packet: &Packet<'p>) -> Frame<'p> {
    Frame {
        number: packet.number,
        time: packet.time,
        link: packet.link,
        bytes: packet.bytes,
        original: packet.original,
    }
}

/// The same, and writes each message and flow record into logs.
fn read_with_logs(
    packets: &mut Packets,
    mut recorder: Recorder,
    mut observer: Observer,
    watch: Watch<'_>,
    folder: &mut LogFolder,
    name: &str,
) -> (Recorder, Observation) {
    let folder = RefCell::new(folder);
    let mut line = |log, line: &str| folder.borrow_mut().line(log, line);
    let mut flow_line = |log, line: &str| folder.borrow_mut().line(log, line);
    let mut messages = ZeekMessages::new(name, &mut line);
    let mut connections = ZeekFlows::new(name, &mut flow_line);
    let mut both = Both {
        recorder: &mut recorder,
        log: &mut connections,
    };
    each(packets, watch, |frame| {
        observer.frame_with_messages(frame, &mut both, &mut messages);
        if both.recorder.has_failed() || folder.borrow().has_failed() {
            More::Enough
        } else {
            More::More
        }
    });
    let observation = observer.finish_with_messages(&mut both, &mut messages);
    // What is straight on Ethernet has no place in these logs; telemetry has it.
    let _without_address = (messages.finish(), connections.finish());
    (recorder, observation)
}

/// Hands each packet on and tells how far reading has come, until there is no more or `take` has had enough: reading on
/// is for nothing once what was seen can't be written.
fn each(packets: &mut Packets, mut watch: Watch<'_>, mut take: impl FnMut(&Frame<'_>) -> More) {
    let mut count = 0;
    watch.tell(packets, count);
    while let Some(packet) = packets.next_packet() {
        count = packet.number;
        if take(&frame(&packet)) == More::Enough {
            break;
        }
        if count.is_multiple_of(PACKETS_PER_REPORT) {
            watch.tell(packets, count);
        }
    }
    watch.tell(packets, count);
}

fn kept(damage: &Damage) -> cofferdam_telemetry::Damage {
    cofferdam_telemetry::Damage {
        offset: damage.offset,
        what: damage.kind.to_string(),
    }
}

/// Takes a capture's digest. With cores to spare a file's is taken by a thread that reads it too; else, and of a
/// stream, as the bytes pass by: on one core, reading twice would cost more than it gains.
enum DigestTaker {
    Thread(JoinHandle<io::Result<([u8; 32], u64)>>),
    Passing(Arc<Mutex<Passed>>),
}

/// A digest of bytes that pass by, and their number.
#[derive(Clone, Default)]
pub(crate) struct Passed {
    sha256: Sha256,
    bytes: u64,
}

impl Passed {
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn finish(self) -> ([u8; 32], u64) {
        (self.sha256.finalize().into(), self.bytes)
    }
}

fn open(input: &Input) -> Result<(Packets, DigestTaker), OpenError> {
    let one_core = thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    match input {
        Input::Path(path) if one_core => {
            let (watcher, digest) = watcher();
            Ok((Packets::open_watched(path, watcher)?, digest))
        }
        Input::Path(path) => {
            let packets = Packets::open(path)?;
            let path = path.clone();
            let digest = thread::spawn(move || digest(&path));
            Ok((packets, DigestTaker::Thread(digest)))
        }
        Input::StandardInput => {
            let (watcher, digest) = watcher();
            let packets = Packets::from_reader_watched("standard input", Box::new(io::stdin()), watcher)?;
            Ok((packets, digest))
        }
    }
}

fn watcher() -> (Watcher, DigestTaker) {
    let passed = Arc::new(Mutex::new(Passed::default()));
    let digest = DigestTaker::Passing(Arc::clone(&passed));
    let watcher = Box::new(move |bytes: &[u8]| {
        passed.lock().unwrap_or_else(PoisonError::into_inner).take(bytes);
    });
    (watcher, digest)
}

impl DigestTaker {
    fn finish(self, mut packets: Packets, input: &Input) -> Result<([u8; 32], u64), SiteError> {
        let result = match self {
            Self::Thread(thread) => match thread.join() {
                Ok(result) => result,
                Err(_) => Err(io::Error::other("hashing the capture failed")),
            },
            Self::Passing(passed) => packets.read_out().map(|()| {
                let passed = passed.lock().unwrap_or_else(PoisonError::into_inner);
                passed.clone().finish()
            }),
        };
        let name = match input {
            Input::Path(path) => path.as_path(),
            Input::StandardInput => Path::new("standard input"),
        };
        result.map_err(|error| cofferdam_telemetry::durable::at("read", name)(error).into())
    }
}

fn digest(path: &Path) -> io::Result<([u8; 32], u64)> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; HASH_BUFFER];
    let mut passed = Passed::default();
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(passed.finish());
        }
        passed.take(buffer.get(..read).unwrap_or_default());
    }
}
