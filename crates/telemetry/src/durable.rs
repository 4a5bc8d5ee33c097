//! Files that are whole or not there: written beside their place, flushed to the disk, then renamed into it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the file system refused.
#[derive(Debug, thiserror::Error)]
#[error("can't {action} `{}`: {source}", path.display())]
pub struct StorageError {
    /// What was tried: `read`, `write`.
    pub action: &'static str,
    /// On what.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// Names a failed action and its path.
pub fn at<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> StorageError + 'a {
    move |source| StorageError {
        action,
        path: path.to_owned(),
        source,
    }
}

/// The ending of files that are being written. One that a killed process left behind is never read.
pub const PART_SUFFIX: &str = ".part";

/// Writes a whole file: readers see the old content or the new, whatever happens on the way.
///
/// # Errors
/// When the file system refuses; the old content then still stands.
pub fn write_file(path: &Path, content: &[u8]) -> Result<(), StorageError> {
    let part = part_of(path);
    let result = write_part(&part, content).and_then(|()| settle(&part, path));
    if result.is_err() {
        // The first error is the one to tell; a part that stays behind is swept up later.
        drop(fs::remove_file(&part));
    }
    result
}

fn write_part(part: &Path, content: &[u8]) -> Result<(), StorageError> {
    let mut file = File::create(part).map_err(at("create", part))?;
    file.write_all(content).map_err(at("write", part))?;
    file.sync_all().map_err(at("flush", part))
}

/// Renames a flushed file into its place and flushes the folder that names it.
///
/// # Errors
/// When the file system refuses.
pub fn settle(part: &Path, path: &Path) -> Result<(), StorageError> {
    fs::rename(part, path).map_err(at("write", path))?;
    flush_folder_of(path)
}

/// Flushes the folder in which a file stands, so that its name survives a power cut.
///
/// # Errors
/// When the file system refuses.
pub fn flush_folder_of(path: &Path) -> Result<(), StorageError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(at("flush", folder))
}

/// Creates a folder and those above it.
///
/// # Errors
/// When the file system refuses.
pub fn create_folder(path: &Path) -> Result<(), StorageError> {
    fs::create_dir_all(path).map_err(at("create", path))
}

/// The name under which a file is written before it takes its place: hidden, and this process's own.
#[must_use]
pub fn part_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}{PART_SUFFIX}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_file_is_replaced_whole_and_leaves_no_part_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plant.toml");
        for content in ["first", "second, longer"] {
            write_file(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_refused_write_names_the_action_and_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none").join("plant.toml");
        let told = write_file(&path, b"x").unwrap_err().to_string();
        assert!(
            told.starts_with("can't create `") && told.contains("plant.toml"),
            "{told}"
        );
    }
}
