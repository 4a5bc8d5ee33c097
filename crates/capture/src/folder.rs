//! A folder of captures: which of its files are captures, in an order that is the same everywhere.

use crate::error::{OpenError, SourceName};
use crate::source::Source;
use std::fs;
use std::path::{Path, PathBuf};

/// The most files of a folder that are looked at.
pub const MAX_FILES: usize = 100_000;
/// The deepest folder within a folder that is looked at.
pub const MAX_FOLDER_DEPTH: usize = 16;

/// What a path stands for.
#[derive(Debug, Default)]
pub struct Sources {
    /// The captures, in the order of their paths.
    pub captures: Vec<PathBuf>,
    /// Files of records that other sensors made, in the order of their paths.
    pub records: Vec<PathBuf>,
    /// The files that were passed over, each with its reason.
    pub passed_over: Vec<OpenError>,
}

/// The captures and files of records that a path stands for: itself if it is a file, else all in the folder and its
/// folders, by name. What a file is, its first bytes say; its name doesn't count.
///
/// # Errors
/// When the path can't be read, or is a folder with nothing to be read in it or with too many files. A single file that
/// is neither stands among the captures: opening it says what is wrong with it.
pub fn sources(path: &Path) -> Result<Sources, OpenError> {
    let name = || SourceName::of_path(path);
    if !path.is_dir() {
        let mut found = Sources::default();
        // What a pipe gives can't be looked at without taking it.
        match path.is_file().then(|| Source::open(path)) {
            Some(Err(OpenError::Records { .. })) => found.records.push(path.to_owned()),
            Some(Ok(_) | Err(_)) | None => found.captures.push(path.to_owned()),
        }
        return Ok(found);
    }
    let mut files = Vec::new();
    list(path, 0, &mut files)?;
    files.sort();
    let looked_at = files.len();
    let mut found = Sources::default();
    for file in files {
        match Source::open(&file) {
            Ok(_) => found.captures.push(file),
            Err(OpenError::Records { .. }) => found.records.push(file),
            Err(reason) => found.passed_over.push(reason),
        }
    }
    if found.captures.is_empty() && found.records.is_empty() {
        return Err(OpenError::NoCaptures {
            name: name(),
            files: looked_at,
        });
    }
    Ok(found)
}

/// Lists plain files. Links to folders are not followed, so that no loop is walked.
fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), OpenError> {
    let name = || SourceName::of_path(folder);
    let unreadable = |source| OpenError::Unreadable { name: name(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        let path = entry.path();
        if files.len() == MAX_FILES || depth == MAX_FOLDER_DEPTH {
            return Err(OpenError::FolderTooLarge {
                name: name(),
                max: MAX_FILES,
                depth: MAX_FOLDER_DEPTH,
            });
        }
        if kind.is_dir() {
            list(&path, depth + 1, files)?;
        } else if kind.is_file() || (kind.is_symlink() && path.is_file()) {
            files.push(path);
        }
    }
    Ok(())
}
