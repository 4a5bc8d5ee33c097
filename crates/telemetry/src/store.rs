//! The telemetry folder: which captures are recorded, which are damaged, and what a killed process left behind.
//!
//! ```text
//! captures/ID.json                  one record for each capture, written last: it makes the rest count
//! flows/ID-N.parquet                its rows, N being the how-manieth time that it was observed
//! operations/  assets/  identity_facts/  events/  writes/
//! observations/ID-N.json            assets and coverage in full
//! set-aside/                        damaged files, and files that no record names, moved here by `tidy`
//! ```

use crate::capture::{CaptureId, Captured, FORMAT, FileEntry, hex};
use crate::durable::{self, PART_SUFFIX, StorageError, at};
use crate::error::{SetAside, TelemetryError};
use crate::form::ObservationForm;
use crate::recorder::Recorder;
use crate::schema::Table;
use cofferdam_observe::Observation;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

pub(crate) const OBSERVATIONS: &str = "observations";
const CAPTURES: &str = "captures";
const SET_ASIDE: &str = "set-aside";

/// What every Parquet file begins and ends with.
const PARQUET_MAGIC: [u8; 4] = *b"PAR1";

/// The most bytes of a capture's record.
const MAX_RECORD_BYTES: u64 = 16 << 20;

/// What was recorded, as the folder stands when it is opened.
#[derive(Debug)]
pub struct Telemetry {
    folder: PathBuf,
    captures: BTreeMap<CaptureId, Captured>,
    set_aside: BTreeSet<SetAside>,
}

impl Telemetry {
    /// Reads the records in a telemetry folder. Captures whose files are cut short or missing are set aside, with the
    /// reason; the rest goes on. A folder that is not there yet holds nothing.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn open(folder: &Path) -> Result<Self, TelemetryError> {
        let mut telemetry = Self {
            folder: folder.to_owned(),
            captures: BTreeMap::new(),
            set_aside: BTreeSet::new(),
        };
        for path in files_in(&folder.join(CAPTURES))? {
            if path.extension().is_some_and(|ending| ending == "json") {
                telemetry.take_up(&path);
            }
        }
        telemetry.leave_out(|folder, captured| {
            let mut files = captured.files.iter();
            files.find_map(|(member, file)| length_fault(folder, member, file))
        });
        Ok(telemetry)
    }

    /// Reads the records again: another process may have recorded since.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn refresh(&mut self) -> Result<(), TelemetryError> {
        *self = Self::open(&self.folder)?;
        Ok(())
    }

    /// Captures that are recorded and whole, ordered by id.
    pub fn captures(&self) -> impl ExactSizeIterator<Item = &Captured> {
        self.captures.values()
    }

    /// Captures that are left out because a file of theirs is damaged.
    pub fn set_aside(&self) -> impl ExactSizeIterator<Item = &SetAside> {
        self.set_aside.iter()
    }

    /// Begins to record a capture.
    ///
    /// # Errors
    /// When the files can't be created.
    pub fn recorder(&self) -> Result<Recorder, TelemetryError> {
        Recorder::create(&self.folder)
    }

    /// Assets and coverage of a recorded capture.
    ///
    /// # Errors
    /// When there is no such capture, or its file can't be read or is damaged.
    pub fn observation(&self, id: &CaptureId) -> Result<Observation, TelemetryError> {
        let captured = self
            .captures
            .get(id)
            .ok_or_else(|| TelemetryError::UnknownCapture(id.clone()))?;
        let file = captured
            .files
            .get(OBSERVATIONS)
            .map_or("", |file| file.name.as_str());
        let path = self.folder.join(OBSERVATIONS).join(file);
        let json = fs::read(&path).map_err(at("read", &path))?;
        serde_json::from_slice::<ObservationForm>(&json)
            .map_err(|error| error.to_string())
            .and_then(|form| Observation::try_from(form).map_err(|error| error.to_string()))
            .map_err(|reason| {
                TelemetryError::Damaged(SetAside {
                    capture: captured.name.clone(),
                    file: format!("{OBSERVATIONS}/{file}"),
                    reason,
                })
            })
    }

    /// Reads every file of every capture to its end and sets aside those that are not what was written. Returns how
    /// many captures that are.
    pub fn find_damage(&mut self) -> usize {
        self.leave_out(|folder, captured| {
            captured
                .files
                .iter()
                .find_map(|(member, file)| digest_fault(folder, member, file))
        })
    }

    /// Leaves out a capture that a reader found damaged.
    pub fn set_capture_aside(&mut self, aside: SetAside) {
        self.captures
            .retain(|_, captured| captured.name != aside.capture || !names(captured, &aside.file));
        self.set_aside.insert(aside);
    }

    /// Removes what killed processes left half written, and moves damaged files and files that no record names to
    /// `set-aside/`. Only for who holds the site's lock. Returns how many files were removed or moved.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn tidy(&mut self) -> Result<usize, TelemetryError> {
        let mut count = 0;
        for member in members() {
            for path in files_in(&self.folder.join(member))? {
                if self.is_named(member, &path) {
                    continue;
                }
                count += 1;
                if is_part(&path) || self.is_former(&path) {
                    fs::remove_file(&path).map_err(at("remove", &path))?;
                } else {
                    self.move_aside(member, &path)?;
                }
            }
        }
        Ok(count)
    }

    /// The Parquet files of a table, with the captures that they are of.
    pub(crate) fn table_files(&self, table: Table) -> impl Iterator<Item = (&Captured, PathBuf, &FileEntry)> {
        let folder = self.folder.join(table.name());
        self.captures.values().filter_map(move |captured| {
            let file = captured.files.get(table.name())?;
            Some((captured, folder.join(&file.name), file))
        })
    }

    pub(crate) fn next_generation(&self, id: &CaptureId) -> u64 {
        // A damaged recording may have left files of its generation: the next number is one that no file has.
        let named = |path: PathBuf| generation(&path, id);
        let taken = members()
            .filter_map(|member| files_in(&self.folder.join(member)).ok())
            .flatten()
            .filter_map(named)
            .max();
        taken.unwrap_or(0) + 1
    }

    /// Writes the capture's record, which makes it count, and removes the files of the former one.
    pub(crate) fn put(&mut self, captured: Captured) -> Result<(), TelemetryError> {
        let folder = self.folder.join(CAPTURES);
        durable::create_folder(&folder)?;
        let json = serde_json::to_vec_pretty(&captured).map_err(|source| TelemetryError::Record {
            capture: captured.name.clone(),
            source,
        })?;
        durable::write_file(&folder.join(format!("{}.json", captured.id)), &json)?;
        if let Some(former) = self.captures.insert(captured.id.clone(), captured) {
            for (member, file) in &former.files {
                // One that stays behind is named by no record and swept up by the next `tidy`.
                drop(fs::remove_file(self.folder.join(member).join(&file.name)));
            }
        }
        Ok(())
    }

    fn take_up(&mut self, path: &Path) {
        let file = format!(
            "{CAPTURES}/{}",
            path.file_name().unwrap_or_default().to_string_lossy()
        );
        match read_record(path) {
            Ok(captured) => {
                self.captures.insert(captured.id.clone(), captured);
            }
            Err(reason) => {
                self.set_aside.insert(SetAside {
                    capture: file.clone(),
                    file,
                    reason,
                });
            }
        }
    }

    fn leave_out(&mut self, fault: impl Fn(&Path, &Captured) -> Option<(String, String)>) -> usize {
        let before = self.set_aside.len();
        let (folder, set_aside) = (&self.folder, &mut self.set_aside);
        self.captures.retain(|_, captured| match fault(folder, captured) {
            None => true,
            Some((file, reason)) => {
                set_aside.insert(SetAside {
                    capture: captured.name.clone(),
                    file,
                    reason,
                });
                false
            }
        });
        self.set_aside.len() - before
    }

    fn is_named(&self, member: &str, path: &Path) -> bool {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if member == CAPTURES {
            return name.strip_suffix(".json").is_some_and(|id| {
                id.parse::<CaptureId>()
                    .is_ok_and(|id| self.captures.contains_key(&id))
            });
        }
        self.captures
            .values()
            .any(|captured| captured.files.get(member).is_some_and(|file| file.name == name))
    }

    /// Whether a file is of an earlier generation of a capture that is whole.
    fn is_former(&self, path: &Path) -> bool {
        self.captures
            .values()
            .any(|captured| generation(path, &captured.id).is_some_and(|n| n < captured.generation))
    }

    fn move_aside(&self, member: &str, path: &Path) -> Result<(), StorageError> {
        let folder = self.folder.join(SET_ASIDE).join(member);
        durable::create_folder(&folder)?;
        let target = folder.join(path.file_name().unwrap_or_default());
        fs::rename(path, &target).map_err(at("move", path))
    }
}

fn members() -> impl Iterator<Item = &'static str> {
    Table::ALL
        .into_iter()
        .map(Table::name)
        .chain([OBSERVATIONS, CAPTURES])
}

fn names(captured: &Captured, file: &str) -> bool {
    captured
        .files
        .iter()
        .any(|(member, entry)| file == format!("{member}/{}", entry.name))
}

/// The generation in a file's name, if it is one of a capture's: `ID-3.parquet`.
fn generation(path: &Path, id: &CaptureId) -> Option<u64> {
    let stem = path.file_stem()?.to_str()?;
    stem.strip_prefix(id.as_str())?.strip_prefix('-')?.parse().ok()
}

fn is_part(path: &Path) -> bool {
    path.to_string_lossy().ends_with(PART_SUFFIX)
}

/// The files in a folder in a fixed order; none if there is no folder.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, StorageError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at("read", folder)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(at("read", folder))?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_record(path: &Path) -> Result<Captured, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut json = Vec::new();
    file.take(MAX_RECORD_BYTES)
        .read_to_end(&mut json)
        .map_err(|error| error.to_string())?;
    let captured: Captured =
        serde_json::from_slice(&json).map_err(|error| format!("the record can't be read: {error}"))?;
    if captured.format != FORMAT {
        return Err(format!(
            "the record has form {}, this build reads form {FORMAT}",
            captured.format
        ));
    }
    if path.file_stem().and_then(|stem| stem.to_str()) != Some(captured.id.as_str()) {
        return Err("the record is of another capture than its name says".to_owned());
    }
    let strays = captured
        .files
        .values()
        .any(|file| Path::new(&file.name).file_name() != Some(file.name.as_ref()));
    if strays || !members().all(|member| member == CAPTURES || captured.files.contains_key(member)) {
        return Err("the record does not name its files as it should".to_owned());
    }
    Ok(captured)
}

fn length_fault(folder: &Path, member: &str, entry: &FileEntry) -> Option<(String, String)> {
    let path = folder.join(member).join(&entry.name);
    let reason = match tail(&path) {
        Err(error) => format!("it can't be read: {error}"),
        Ok((length, _)) if length != entry.bytes => {
            format!("it has {length} bytes where {} were written", entry.bytes)
        }
        Ok((_, magic)) if member != OBSERVATIONS && magic != PARQUET_MAGIC => {
            "its end is not that of a Parquet file".to_owned()
        }
        Ok(_) => return None,
    };
    Some((format!("{member}/{}", entry.name), reason))
}

fn tail(path: &Path) -> io::Result<(u64, [u8; 4])> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut magic = [0; 4];
    if length >= 4 {
        file.seek(SeekFrom::End(-4))?;
        file.read_exact(&mut magic)?;
    }
    Ok((length, magic))
}

fn digest_fault(folder: &Path, member: &str, entry: &FileEntry) -> Option<(String, String)> {
    let path = folder.join(member).join(&entry.name);
    let reason = match digest(&path) {
        Err(error) => format!("it can't be read: {error}"),
        Ok(sha256) if sha256 != entry.sha256 => "its content is not what was written".to_owned(),
        Ok(_) => return None,
    };
    Some((format!("{member}/{}", entry.name), reason))
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut sha256 = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&sha256.finalize())),
            read => sha256.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}
