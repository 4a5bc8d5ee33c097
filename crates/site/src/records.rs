//! Logs of other sensors, Zeek and Suricata, in the place of captures: the same flow records, assets and coverage into
//! telemetry, as far as the logs carry them.

use crate::error::SiteError;
use crate::observe::{Passed, Watch, observer_settings};
use crate::site::Site;
use cofferdam_capture::{OpenError, Progress, Records};
use cofferdam_observe::{Imported, LogImport, MAX_LINE};
use cofferdam_telemetry::{Captured, Damage, Recorder, Source, Telemetry};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Lines between two calls of whoever watches.
const LINES_PER_REPORT: u64 = 1 << 14;

/// What observing a set of logs gave.
#[derive(Clone, Debug, PartialEq)]
pub struct LogsObserved {
    /// What was recorded of it.
    pub captured: Captured,
    /// The files, by name.
    pub files: Vec<String>,
    /// Assets, coverage, and the lines that were set aside.
    pub imported: Imported,
}

/// Logs that are taken together, since lines of several tell of one connection.
pub(crate) struct LogSet {
    pub(crate) name: String,
    files: Vec<PathBuf>,
}

impl LogSet {
    /// Each folder's by itself.
    pub(crate) fn of_folders(files: Vec<PathBuf>) -> Vec<Self> {
        let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for file in files {
            let folder = file.parent().unwrap_or(Path::new("")).to_owned();
            folders.entry(folder).or_default().push(file);
        }
        let sets = folders.into_iter().map(|(folder, files)| Self {
            name: format!("logs of {}", last_part(&folder)),
            files,
        });
        sets.collect()
    }

    /// All that are named one by one, in order of their names.
    pub(crate) fn named_singly(mut files: Vec<PathBuf>) -> Option<Self> {
        files.sort();
        files.dedup();
        let name = match files.as_slice() {
            [] => return None,
            [file] => last_part(file),
            [first, rest @ ..] => format!("{} and {} more", last_part(first), rest.len()),
        };
        Some(Self { name, files })
    }
}

fn last_part(path: &Path) -> String {
    let part = path.file_name().unwrap_or(path.as_os_str());
    part.to_string_lossy().into_owned()
}

impl Site {
    /// Observes a set of logs. A file that can't be opened is said, and the rest is read.
    pub(crate) fn observe_logs(
        &self,
        set: &LogSet,
        telemetry: &mut Telemetry,
        watch: Watch<'_>,
    ) -> Result<(Option<LogsObserved>, Vec<OpenError>), SiteError> {
        let passed = Arc::new(Mutex::new(Passed::default()));
        let mut reading = Reading {
            import: LogImport::new(observer_settings(self.settings(), &set.name)),
            recorder: telemetry.recorder()?,
            watch,
            passed: Arc::clone(&passed),
            total: set
                .files
                .iter()
                .filter_map(|file| file.metadata().ok())
                .map(|file| file.len())
                .sum(),
            lines: 0,
            damage: Vec::new(),
        };
        let mut refused = Vec::new();
        let mut files = Vec::new();
        for file in &set.files {
            match reading.open(file) {
                Ok(records) => {
                    reading.read(records, file);
                    files.push(last_part(file));
                }
                Err(error) => refused.push(error),
            }
        }
        if files.is_empty() {
            return Ok((None, refused));
        }
        let Reading {
            import,
            mut recorder,
            damage,
            ..
        } = reading;
        let imported = import.finish(&mut recorder);
        let (sha256, bytes) = passed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .finish();
        let source = Source::content(&set.name, sha256, bytes).damaged(damage);
        let captured = recorder.commit(telemetry, source, &imported.observation)?;
        let observed = LogsObserved {
            captured,
            files,
            imported,
        };
        Ok((Some(observed), refused))
    }
}

/// A set of logs that is being read.
struct Reading<'w> {
    import: LogImport,
    recorder: Recorder,
    watch: Watch<'w>,
    passed: Arc<Mutex<Passed>>,
    total: u64,
    lines: u64,
    damage: Vec<Damage>,
}

impl Reading<'_> {
    fn open(&self, file: &Path) -> Result<Records, OpenError> {
        let passed = Arc::clone(&self.passed);
        Records::open_watched(
            file,
            Box::new(move |bytes| passed.lock().unwrap_or_else(PoisonError::into_inner).take(bytes)),
        )
    }

    /// Reads a file to its end, or to where it is damaged.
    fn read(&mut self, mut records: Records, file: &Path) {
        self.import.begin(&last_part(file));
        let mut line = Vec::new();
        let read = loop {
            match records.next_line(&mut line, MAX_LINE) {
                Ok(Some(line)) => self
                    .import
                    .line(&String::from_utf8_lossy(line), &mut self.recorder),
                Ok(None) => break records.read_out(),
                Err(error) => break Err(error),
            }
            self.lines += 1;
            if self.recorder.has_failed() {
                return;
            }
            if self.lines.is_multiple_of(LINES_PER_REPORT) {
                self.tell();
            }
        };
        if let Err(error) = read {
            self.damage.push(Damage {
                offset: self.so_far(),
                what: format!("{}: can't be read further: {error}", records.name()),
            });
        }
        self.tell();
    }

    fn so_far(&self) -> u64 {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner).bytes()
    }

    fn tell(&mut self) {
        let so_far = Progress {
            read: self.so_far(),
            total: Some(self.total),
        };
        self.watch.told(so_far, self.lines);
    }
}
