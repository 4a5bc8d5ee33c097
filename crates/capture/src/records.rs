//! Files of records that other sensors wrote: bytes, unpacked on the way, and lines of bounded length. What a line says
//! is not known here.

use crate::error::{OpenError, SourceName};
use crate::format::{RecordForm, Sniffed};
use crate::input::{Input, Watcher};
use crate::source::{Opened, tap_of};
use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

/// How many unpacked bytes are read at once.
const BUFFER: usize = 64 << 10;

/// A file of records, which is read once, in order.
pub struct Records {
    name: SourceName,
    form: RecordForm,
    bytes: BufReader<Bytes>,
}

/// The bytes that were looked at first, then the rest.
struct Bytes {
    first: Cursor<Vec<u8>>,
    input: Input,
}

impl Read for Bytes {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.first.read(into)? {
            0 => self.input.read(into),
            read => Ok(read),
        }
    }
}

impl Records {
    /// Opens a file of records and shows its bytes to a watcher as they are read.
    ///
    /// # Errors
    /// When it can't be read or holds no records of a known form.
    pub fn open_watched(path: &Path, watcher: Watcher) -> Result<Self, OpenError> {
        let name = SourceName::of_path(path);
        let (tap, _) = tap_of(path, Some(watcher))?;
        let mut opened = Opened::new(&name, tap)?;
        match opened.what {
            Sniffed::Records(form) => Ok(Self {
                form,
                bytes: BufReader::with_capacity(
                    BUFFER,
                    Bytes {
                        first: Cursor::new(opened.window.take()),
                        input: opened.input,
                    },
                ),
                name,
            }),
            Sniffed::Other(what) => Err(OpenError::NotPackets { name, what }),
            Sniffed::Compressed(_) => Err(OpenError::PackedTwice { name }),
            Sniffed::Pcap | Sniffed::PcapNg | Sniffed::Unknown => Err(OpenError::NoRecords { name }),
        }
    }

    /// The form of its records.
    #[must_use]
    pub const fn form(&self) -> RecordForm {
        self.form
    }

    /// The name that it was opened by, harmless to print.
    #[must_use]
    pub const fn name(&self) -> &SourceName {
        &self.name
    }

    /// Reads the next line into a buffer, without its line end; nothing when there is none. Of a line that is longer
    /// than `most`, one byte more is given and the rest is passed over, so that it can be seen to be too long.
    ///
    /// # Errors
    /// When the file can't be read or unpacked further. What was read before stands.
    pub fn next_line<'l>(&mut self, line: &'l mut Vec<u8>, most: usize) -> io::Result<Option<&'l [u8]>> {
        line.clear();
        let mut any = false;
        loop {
            let held = self.bytes.fill_buf()?;
            if held.is_empty() {
                return Ok(any.then_some(line));
            }
            any = true;
            let end = held.iter().position(|byte| *byte == b'\n');
            let part = held.get(..end.unwrap_or(held.len())).unwrap_or_default();
            let room = (most + 1).saturating_sub(line.len());
            line.extend_from_slice(part.get(..room).unwrap_or(part));
            let used = part.len() + usize::from(end.is_some());
            self.bytes.consume(used);
            if end.is_some() {
                return Ok(Some(line));
            }
        }
    }

    /// Reads what is left of the file itself, so that the watcher has seen all of it.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn read_out(&mut self) -> io::Result<()> {
        self.bytes.get_mut().input.read_out()
    }
}

impl Read for Records {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(into)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Records({}, {})", self.name, self.form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    fn lines(bytes: &[u8], most: usize) -> (Vec<String>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("conn.log");
        std::fs::write(&path, bytes).unwrap();
        let seen = Arc::new(Mutex::new(0));
        let count = Arc::clone(&seen);
        let mut records = Records::open_watched(
            &path,
            Box::new(move |bytes| *count.lock().unwrap() += bytes.len()),
        )
        .unwrap();
        let mut line = Vec::new();
        let mut all = Vec::new();
        while let Some(line) = records.next_line(&mut line, most).unwrap() {
            all.push(String::from_utf8_lossy(line).into_owned());
        }
        records.read_out().unwrap();
        let seen = *seen.lock().unwrap();
        (all, seen)
    }

    #[test]
    fn lines_come_one_by_one_plain_or_packed_and_the_watcher_sees_the_file_as_it_is() {
        let text = b"#separator \\x09\n#path\tconn\n\nlast";
        let wanted = ["#separator \\x09", "#path\tconn", "", "last"];
        assert_eq!(lines(text, 100), (wanted.map(str::to_owned).to_vec(), text.len()));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(
            lines(&packed, 100),
            (wanted.map(str::to_owned).to_vec(), packed.len())
        );
    }

    #[test]
    fn a_line_beyond_the_bound_is_cut_one_byte_behind_it_and_the_next_is_read() {
        let mut text = b"#separator ".to_vec();
        text.extend(std::iter::repeat_n(b'x', 3 * BUFFER));
        text.extend_from_slice(b"\nnext\n");
        let (lines, seen) = lines(&text, 20);
        assert_eq!(lines.first().map(String::len), Some(21));
        assert_eq!(lines.get(1).map(String::as_str), Some("next"));
        assert_eq!(seen, text.len());
    }

    #[test]
    fn a_capture_and_plain_text_are_no_records() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for bytes in [
            &b"hello, hello, hello"[..],
            b"\xd4\xc3\xb2\xa1 and so on, as a pcap is",
        ] {
            std::fs::write(&path, bytes).unwrap();
            let refused = Records::open_watched(&path, Box::new(|_| {})).unwrap_err();
            assert!(matches!(refused, OpenError::NoRecords { .. }), "{refused}");
        }
    }
}
