//! One writer at a time: a lock on a file, which the system lets go when its holder ends, however it ends.

use crate::error::SiteError;
use cofferdam_telemetry::durable::at;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

const LOCK_FILE: &str = ".cofferdam.lock";

/// The right to write to a site, until it is dropped.
#[derive(Debug)]
pub struct WriteLock {
    /// Locked; the lock goes with it.
    _file: File,
}

impl WriteLock {
    pub(crate) fn take(site: &Path) -> Result<Self, SiteError> {
        let path = site.join(LOCK_FILE);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(at("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SiteError::Locked {
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(at("lock", &path)(error).into()),
        }
        // Who holds it is told to whoever is refused; the lock itself does not hang on it.
        let told = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| write!(file, "{}", std::process::id()));
        told.map_err(at("write", &path))?;
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> Option<u32> {
    const MAX_DIGITS: u64 = 16;
    let mut text = String::new();
    file.take(MAX_DIGITS).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_writer_is_refused_and_told_who_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let first = WriteLock::take(folder.path()).unwrap();
        let refused = WriteLock::take(folder.path()).unwrap_err().to_string();
        assert_eq!(
            refused,
            format!("the site is being written to by process {}", std::process::id())
        );
        drop(first);
        WriteLock::take(folder.path()).unwrap();
    }
}
