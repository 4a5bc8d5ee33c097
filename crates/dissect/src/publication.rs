//! What GOOSE and Sampled Values share: the head of their frames (IEC 61850-8-1, Annex C; 61850-9-2, 5.3), and a table
//! of what was last published under which name. It must not know what is published.

use crate::reader::Reader;
use smallvec::SmallVec;

/// The bit of the first reserved field that marks a simulation (edition 2).
const SIMULATION: u16 = 0x8000;
/// Application, length, two reserved fields.
const HEADER: u16 = 8;

/// The most publications of one conversation that are followed; the oldest gives way.
pub(crate) const MAX_PUBLICATIONS: usize = 64;
/// The most bytes of a publication's name that are kept.
pub(crate) const MAX_NAME: usize = 129;

/// Whether what is published comes from a tester.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Process,
    Simulation,
}

/// One frame's head, and what it carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Publication<'a> {
    pub(crate) application: u16,
    pub(crate) origin: Origin,
    pub(crate) body: Reader<'a>,
    /// Whether the frame has as many bytes as the head says.
    pub(crate) whole: Whole,
}

/// Whether a frame is as long as its head says. What follows is padding, or a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    Yes,
    CutShort,
}

/// Reads the head of a frame; `None` when there is none.
pub(crate) fn publication(bytes: &[u8]) -> Option<Publication<'_>> {
    let mut reader = Reader::new(bytes);
    let application = reader.u16_be().ok()?;
    let length = reader.u16_be().ok()?.checked_sub(HEADER)?;
    let reserved = reader.u16_be().ok()?;
    reader.skip(2).ok()?;
    let length = usize::from(length);
    let there = length.min(reader.left());
    Some(Publication {
        application,
        origin: if reserved & SIMULATION == 0 {
            Origin::Process
        } else {
            Origin::Simulation
        },
        body: reader.sub(there).ok()?,
        whole: if there == length {
            Whole::Yes
        } else {
            Whole::CutShort
        },
    })
}

/// What was last published, by name.
#[derive(Debug)]
pub(crate) struct Followed<T> {
    held: Vec<(SmallVec<[u8; 36]>, T)>,
}

impl<T> Default for Followed<T> {
    fn default() -> Self {
        Self { held: Vec::new() }
    }
}

impl<T> Followed<T> {
    /// Takes note of what is published now and gives what was before; `None` the first time.
    pub(crate) fn replace(&mut self, name: &[u8], now: T) -> Option<T> {
        let name = name.get(..MAX_NAME).unwrap_or(name);
        if let Some((_, held)) = self.held.iter_mut().find(|(held, _)| held.as_slice() == name) {
            return Some(std::mem::replace(held, now));
        }
        if self.held.len() == MAX_PUBLICATIONS {
            self.held.remove(0);
        }
        self.held.push((SmallVec::from_slice(name), now));
        None
    }
}

/// The device in a reference: what stands before the first slash of `AA1C1Q01A1LD0/LLN0$GO$gcb_A`.
pub(crate) fn device(reference: &[u8]) -> Option<&[u8]> {
    let end = reference.iter().position(|byte| *byte == b'/')?;
    reference.get(..end).filter(|device| !device.is_empty())
}
