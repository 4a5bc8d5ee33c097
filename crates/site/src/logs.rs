//! Zeek-compatible logs in a folder, written while a capture is observed. What stands in a line is decided in `observe`.

use crate::error::SiteError;
use cofferdam_observe::{FlowRecord, FlowSink, ZeekFlows, ZeekLog};
use cofferdam_telemetry::Recorder;
use cofferdam_telemetry::durable::at;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The logs of one capture, each a file that is begun with its first line. A former run's are replaced.
pub(crate) struct LogFolder {
    folder: PathBuf,
    files: BTreeMap<ZeekLog, BufWriter<File>>,
    /// The first error: what comes after it is not written, and [`finish`](Self::finish) tells it.
    failed: Option<(PathBuf, io::Error)>,
}

impl LogFolder {
    pub(crate) fn create(folder: &Path) -> Result<Self, SiteError> {
        fs::create_dir_all(folder).map_err(at("create", folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            files: BTreeMap::new(),
            failed: None,
        })
    }

    /// Whether writing has failed, so that reading on is for nothing.
    pub(crate) const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    pub(crate) fn line(&mut self, log: ZeekLog, line: &str) {
        if self.failed.is_some() {
            return;
        }
        let path = || self.folder.join(format!("{}.log", log.path()));
        let written = match self.files.entry(log) {
            Entry::Occupied(file) => writeln!(file.into_mut(), "{line}"),
            Entry::Vacant(place) => {
                File::create(path()).and_then(|file| writeln!(place.insert(BufWriter::new(file)), "{line}"))
            }
        };
        if let Err(error) = written {
            self.failed = Some((path(), error));
        }
    }

    /// Writes out what is left.
    pub(crate) fn finish(mut self) -> Result<(), SiteError> {
        for (log, file) in &mut self.files {
            if let (None, Err(error)) = (&self.failed, file.flush()) {
                self.failed = Some((self.folder.join(format!("{}.log", log.path())), error));
            }
        }
        match self.failed {
            Some((path, error)) => Err(at("write", &path)(error).into()),
            None => Ok(()),
        }
    }
}

/// Hands flow records to telemetry and to the log of connections.
pub(crate) struct Both<'a, 'b> {
    pub(crate) recorder: &'a mut Recorder,
    pub(crate) log: &'a mut ZeekFlows<'b>,
}

impl FlowSink for Both<'_, '_> {
    fn flow(&mut self, record: FlowRecord) {
        self.log.flow(&record);
        self.recorder.flow(record);
    }
}
