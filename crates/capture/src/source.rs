//! The shell that feeds a reader core: one buffer, refilled from a file, a pipe or an unpacking stream.
//!
//! The idea that makes it cheap: a core looks at the buffer in place and answers with ranges, so that a packet costs
//! its header's decoding and no copy beyond the one that the system makes into the buffer. The buffer stays in the
//! processor's cache, which a mapped file would not, and a file that shrinks while it is read ends early instead of
//! killing the process.

use crate::damage::{Damage, DamageKind, DamageLog};
use crate::error::{OpenError, SourceName};
use crate::format::{Compression, Format, SNIFF_BYTES, Sniffed, sniff};
use crate::input::{Input, Tap, Watcher};
use crate::packet::{Interface, Packet, Progress, Summary};
use crate::pcap::{self, Pcap};
use crate::pcapng::PcapNg;
use crate::step::{Record, Rest, Step, View};
use crate::window::Window;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// A source of packets. A file that is still being written is read as far as it goes at the time.
///
/// ```no_run
/// # use cofferdam_capture::{OpenError, Source};
/// # fn count(path: &std::path::Path) -> Result<u64, OpenError> {
/// let mut source = Source::open(path)?;
/// while let Some(packet) = source.next_packet() {
///     // … packet.time, packet.link, packet.bytes
/// }
/// for damage in source.damage() {
///     // … damage, damage.kind.code(), damage.kind.mend()
/// }
/// # Ok(source.summary().packets)
/// # }
/// ```
#[derive(Debug)]
pub struct Source {
    name: SourceName,
    input: Input,
    total: Option<u64>,
    compression: Option<Compression>,
    core: Core,
    window: Window,
    damage: DamageLog,
    packets: u64,
    bytes: u64,
}

/// The pure reader.
#[derive(Debug)]
enum Core {
    Pcap(Pcap),
    PcapNg(PcapNg),
}

impl Core {
    #[inline]
    fn step(&mut self, view: &View<'_>, log: &mut DamageLog) -> Step {
        match self {
            Self::Pcap(core) => core.step(view, log),
            Self::PcapNg(core) => core.step(view, log),
        }
    }
}

/// Whether there may be another packet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Going {
    On,
    Nowhere,
}

// A source may be read in another thread than the one that opened it.
const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Source>();
};

impl Source {
    /// Opens a capture file.
    ///
    /// # Errors
    /// When it can't be read or is no capture. What is wrong further in is no error: it is in [`Source::damage`].
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_file(path, None)
    }

    /// Opens a capture file and shows its bytes to a watcher as they are read. [`Source::read_out`] shows the rest.
    ///
    /// # Errors
    /// As for [`Source::open`].
    pub fn open_watched(path: &Path, watcher: Watcher) -> Result<Self, OpenError> {
        Self::open_file(path, Some(watcher))
    }

    fn open_file(path: &Path, watcher: Option<Watcher>) -> Result<Self, OpenError> {
        let (tap, total) = tap_of(path, watcher)?;
        Self::new(SourceName::of_path(path), tap, total)
    }

    /// Reads a capture from standard input.
    ///
    /// # Errors
    /// As for a file.
    pub fn stdin() -> Result<Self, OpenError> {
        Self::from_reader("standard input", Box::new(io::stdin()))
    }

    /// Reads a capture from anything that gives bytes; `name` stands for it in messages.
    ///
    /// # Errors
    /// As for a file.
    pub fn from_reader(name: &str, input: Box<dyn Read + Send>) -> Result<Self, OpenError> {
        Self::new(SourceName::of(name), Tap::new(input, None), None)
    }

    /// Reads a capture from anything that gives bytes, and shows them to a watcher as they are read.
    ///
    /// # Errors
    /// As for a file.
    pub fn from_reader_watched(
        name: &str,
        input: Box<dyn Read + Send>,
        watcher: Watcher,
    ) -> Result<Self, OpenError> {
        Self::new(SourceName::of(name), Tap::new(input, Some(watcher)), None)
    }

    /// Reads what is left of the file or stream, so that a watcher has seen all of it: behind damage that ended the
    /// reading, and behind a packed capture's end.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn read_out(&mut self) -> io::Result<()> {
        self.input.read_out()
    }

    fn new(name: SourceName, tap: Tap, total: Option<u64>) -> Result<Self, OpenError> {
        let Opened {
            mut input,
            mut window,
            compression,
            what,
        } = Opened::new(&name, tap)?;
        let core = match what {
            Sniffed::Pcap | Sniffed::PcapNg => open_core(what, &mut window, &mut input, &name)?,
            Sniffed::Records(form) => return Err(OpenError::Records { name, form }),
            Sniffed::Other(what) => return Err(OpenError::NotPackets { name, what }),
            Sniffed::Compressed(_) => return Err(OpenError::PackedTwice { name }),
            Sniffed::Unknown => return Err(OpenError::NotACapture { name }),
        };
        Ok(Self {
            name,
            input,
            total,
            compression,
            core,
            window,
            damage: DamageLog::default(),
            packets: 0,
            bytes: 0,
        })
    }

    /// The next packet; none when there is no more.
    #[inline]
    pub fn next_packet(&mut self) -> Option<Packet<'_>> {
        let (record, offset) = loop {
            let view = self.window.view();
            let offset = view.at;
            match self.core.step(&view, &mut self.damage) {
                Step::Packet(record) => break (record, offset),
                other => match self.go_on(&other) {
                    Going::On => {}
                    Going::Nowhere => return None,
                },
            }
        };
        Some(self.packet(record, offset))
    }

    /// Gives each packet that is at hand, with where its bytes start in the buffer, and then the buffer itself in
    /// exchange for another one, which may be empty: so a worker can be handed many packets without their being copied.
    /// Gives how many they were, none when there are no more.
    pub fn each_at_hand(&mut self, spare: &mut Vec<u8>, mut take: impl FnMut(&Packet<'_>, usize)) -> u64 {
        let before = self.packets;
        loop {
            let view = self.window.view();
            let offset = view.at;
            match self.core.step(&view, &mut self.damage) {
                Step::Packet(record) => {
                    let start = self.window.position() + record.packet.start;
                    take(&self.packet(record, offset), start);
                }
                // What was given must stay where it is until the buffer is given too.
                Step::Need(_) | Step::Skip(_) if self.packets > before => break,
                other => match self.go_on(&other) {
                    Going::On => {}
                    Going::Nowhere => break,
                },
            }
        }
        if self.packets > before {
            self.window.exchange(spare);
        }
        self.packets - before
    }

    /// Does what a core wants that found no packet.
    fn go_on(&mut self, step: &Step) -> Going {
        match *step {
            Step::Packet(_) => {}
            Step::Pass(length) => self.window.pass(length),
            Step::Need(length) => self.fill(length),
            Step::Skip(length) => self.skip(length),
            Step::End => {
                // What is left is no packet, and was said to be damage once.
                self.window.pass(usize::MAX);
                return Going::Nowhere;
            }
        }
        Going::On
    }

    /// Passes over a record and gives its packet.
    #[inline]
    fn packet(&mut self, record: Record, offset: u64) -> Packet<'_> {
        let Record {
            length,
            packet,
            time,
            link,
            interface,
            original,
        } = record;
        let bytes = self.window.take_record(length, packet);
        self.packets += 1;
        self.bytes += bytes.len() as u64;
        Packet {
            number: self.packets,
            offset,
            time,
            link,
            interface,
            bytes,
            original,
        }
    }

    #[cold]
    fn fill(&mut self, length: usize) {
        if let Err(error) = self.window.fill(&mut self.input, length) {
            let kind = self.input.damage(&error, self.compression);
            self.damage.note(self.window.end_offset(), 0, kind);
        }
    }

    /// Passes over bytes that don't fit in the buffer.
    #[cold]
    fn skip(&mut self, length: u64) {
        let mut left = length;
        loop {
            let held = self.window.view().bytes.len();
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(held);
            self.window.pass(now);
            left -= now as u64;
            if left == 0 {
                return;
            }
            if self.window.view().rest == Rest::None {
                let kind = DamageKind::CutShort { missing: left };
                return self.damage.note(self.window.end_offset(), 0, kind);
            }
            self.fill(1);
        }
    }

    /// The name that it was opened by, harmless to print.
    #[must_use]
    pub const fn name(&self) -> &SourceName {
        &self.name
    }

    /// The places where the capture was damaged so far, at most [`MAX_LISTED`](crate::MAX_LISTED).
    #[must_use]
    pub fn damage(&self) -> &[Damage] {
        self.damage.listed()
    }

    /// How many more damaged places there were than are listed.
    #[must_use]
    pub const fn damage_unlisted(&self) -> u64 {
        self.damage.unlisted()
    }

    /// How far reading has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            read: self.input.read_so_far(),
            total: self.total,
        }
    }

    /// What was found so far.
    #[must_use]
    pub fn summary(&self) -> Summary<'_> {
        let (format, interfaces, untimed, other_blocks): (_, &[Interface], _, _) = match &self.core {
            Core::Pcap(core) if core.is_nanos() => (Format::PcapNanos, core.interfaces(), 0, 0),
            Core::Pcap(core) => (Format::Pcap, core.interfaces(), 0, 0),
            Core::PcapNg(core) => (
                Format::PcapNg,
                core.interfaces(),
                core.untimed(),
                core.other_blocks(),
            ),
        };
        Summary {
            format,
            compression: self.compression,
            packets: self.packets,
            bytes: self.bytes,
            untimed,
            other_blocks,
            interfaces,
        }
    }
}

/// A file's bytes, and their number if it has an end.
pub(crate) fn tap_of(path: &Path, watcher: Option<Watcher>) -> Result<(Tap, Option<u64>), OpenError> {
    let name = SourceName::of_path(path);
    let refused = |name, source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => OpenError::Missing { name },
        _ => OpenError::Unreadable { name, source },
    };
    let file = fs::File::open(path).map_err(|source| refused(name.clone(), source))?;
    let metadata = file.metadata().map_err(|source| refused(name.clone(), source))?;
    if metadata.is_dir() {
        return Err(OpenError::Folder { name });
    }
    let total = metadata.is_file().then_some(metadata.len());
    Ok((Tap::new(Box::new(file), watcher), total))
}

/// Bytes of which it is known what they are; the first of them are in the window.
pub(crate) struct Opened {
    pub(crate) input: Input,
    pub(crate) window: Window,
    pub(crate) compression: Option<Compression>,
    pub(crate) what: Sniffed,
}

impl Opened {
    pub(crate) fn new(name: &SourceName, tap: Tap) -> Result<Self, OpenError> {
        let mut input = Input::plain(tap);
        let mut window = Window::new();
        let mut compression = None;
        let mut what = identify(&mut window, &mut input, name)?;
        if let Sniffed::Compressed(how) = what {
            compression = Some(how);
            input = input.unpack(how, window.take());
            what = identify(&mut window, &mut input, name).map_err(|error| match error {
                OpenError::Unreadable { name, .. } => OpenError::Packed {
                    name,
                    compression: how,
                },
                other => other,
            })?;
        }
        Ok(Self {
            input,
            window,
            compression,
            what,
        })
    }
}

/// Reads as many first bytes as it takes to say what the source is. A pipe may give its first few and then nothing for
/// a long time, so no more are waited for once they are enough.
fn identify(window: &mut Window, input: &mut Input, name: &SourceName) -> Result<Sniffed, OpenError> {
    let mut wanted = 4;
    loop {
        let filled = window.fill(input, wanted);
        let view = window.view();
        let what = sniff(view.bytes);
        match (filled, view.rest) {
            // Bytes that came before an error are used; the error comes again when the next are asked for.
            (Err(source), _) if view.bytes.is_empty() => {
                return Err(OpenError::Unreadable {
                    name: name.clone(),
                    source,
                });
            }
            (_, Rest::None) if view.bytes.is_empty() => return Err(OpenError::Empty { name: name.clone() }),
            (Ok(()), Rest::More) if what == Sniffed::Unknown && wanted < SNIFF_BYTES => {
                wanted = SNIFF_BYTES;
            }
            _ => return Ok(what),
        }
    }
}

/// Reads the file header, or enough of the first section header.
fn open_core(
    what: Sniffed,
    window: &mut Window,
    input: &mut Input,
    name: &SourceName,
) -> Result<Core, OpenError> {
    let unreadable = |source| OpenError::Unreadable {
        name: name.clone(),
        source,
    };
    window.fill(input, pcap::FILE_HEADER).map_err(unreadable)?;
    let bytes = window.view().bytes;
    if bytes.len() < pcap::FILE_HEADER {
        return Err(OpenError::HeaderCutShort {
            name: name.clone(),
            length: bytes.len() as u64,
        });
    }
    let core = if what == Sniffed::Pcap {
        Pcap::new(bytes).map(Core::Pcap)
    } else {
        PcapNg::new(bytes).map(Core::PcapNg)
    };
    if matches!(core, Some(Core::Pcap(_))) {
        window.pass(pcap::FILE_HEADER);
    }
    core.ok_or_else(|| OpenError::NotACapture { name: name.clone() })
}
