//! Transport segments (IEEE 1815-2012, clause 8) put together to application fragments.

use super::Fault;
use crate::session::Side;

/// The longest application fragment that is put together. The standard recommends 2,048; some devices are set higher.
pub(super) const MAX_FRAGMENT: usize = 8192;
/// The most fragments in the making of one conversation: pairs of stations that share it. The oldest gives way.
pub(super) const MAX_ASSEMBLIES: usize = 8;

const FINAL: u8 = 0x80;
const FIRST: u8 = 0x40;
const SEQUENCE: u8 = 0x3f;

/// Who sends to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) side: Side,
    pub(super) source: u16,
    pub(super) destination: u16,
}

#[derive(Debug)]
struct Assembly {
    path: Path,
    next: u8,
    bytes: Vec<u8>,
}

/// Fragments in the making.
#[derive(Debug, Default)]
pub(super) struct Assemblies(Vec<Assembly>);

/// What a segment gives.
pub(super) enum Joined<'a> {
    /// A fragment in one segment.
    Single(&'a [u8]),
    /// A fragment of several segments.
    Whole(Vec<u8>),
    /// More are to come.
    More,
    /// It fits nothing, or too much was to be held; what was begun is dropped.
    Dropped(Fault),
}

impl Assemblies {
    /// Takes a segment: transport header and data.
    pub(super) fn join<'a>(&mut self, path: Path, segment: &'a [u8]) -> Joined<'a> {
        let Some((&header, data)) = segment.split_first() else {
            return Joined::Dropped(Fault::NoTransportHeader);
        };
        let sequence = header & SEQUENCE;
        let begun = self.take(path);
        let mut assembly = match (header & FIRST != 0, begun) {
            (true, _) if header & FINAL != 0 => return Joined::Single(data),
            (true, _) => Assembly {
                path,
                next: sequence,
                bytes: Vec::new(),
            },
            (false, Some(begun)) if begun.next == sequence => begun,
            (false, _) => return Joined::Dropped(Fault::SegmentOutOfOrder),
        };
        if assembly.bytes.len() + data.len() > MAX_FRAGMENT {
            return Joined::Dropped(Fault::FragmentTooLong);
        }
        assembly.bytes.extend_from_slice(data);
        assembly.next = (sequence + 1) & SEQUENCE;
        if header & FINAL != 0 {
            return Joined::Whole(assembly.bytes);
        }
        if self.0.len() >= MAX_ASSEMBLIES {
            self.0.remove(0);
        }
        self.0.push(assembly);
        Joined::More
    }

    fn take(&mut self, path: Path) -> Option<Assembly> {
        let at = self.0.iter().position(|assembly| assembly.path == path)?;
        Some(self.0.remove(at))
    }

    /// Drops what one side has begun.
    pub(super) fn drop_begun(&mut self, side: Side) {
        self.0.retain(|assembly| assembly.path.side != side);
    }
}
