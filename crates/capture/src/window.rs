//! The one buffer that a capture is read through.

use crate::input::Input;
use crate::step::{Rest, View};
use std::io;
use std::ops::Range;

/// The length of the buffer that packets are read through. A packet's record always fits in it.
pub const BUFFER_BYTES: usize = 1 << 20;

/// How many bytes are asked for at once. What was just read is then still near the processor when it is looked at: with a
/// whole buffer's worth the first bytes have left its second-level cache by the time the last arrive.
const READ_BYTES: usize = 128 << 10;

/// The buffer, and what part of it is not dealt with yet.
#[derive(Debug)]
pub(crate) struct Window {
    buffer: Vec<u8>,
    // INVARIANT: start <= end <= buffer.len().
    start: usize,
    end: usize,
    /// Where `start` is in the capture.
    at: u64,
    rest: Rest,
}

impl Window {
    /// An empty buffer, before anything was read.
    pub(crate) fn new() -> Self {
        Self {
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            at: 0,
            rest: Rest::More,
        }
    }

    /// The bytes at hand.
    #[inline]
    pub(crate) fn view(&self) -> View<'_> {
        let bytes = self.buffer.get(self.start..self.end).unwrap_or_default();
        View {
            bytes,
            at: self.at,
            rest: self.rest,
        }
    }

    /// Where the bytes at hand end in the capture.
    pub(crate) const fn end_offset(&self) -> u64 {
        self.at.saturating_add((self.end - self.start) as u64)
    }

    /// So many bytes are dealt with.
    #[inline]
    pub(crate) fn pass(&mut self, length: usize) {
        let length = length.min(self.end - self.start);
        self.start += length;
        self.at += length as u64;
    }

    /// Passes over a record and gives the packet in it.
    #[inline]
    pub(crate) fn take_record(&mut self, length: usize, packet: Range<usize>) -> &[u8] {
        let start = self.start;
        self.pass(length);
        self.buffer
            .get(start + packet.start..start + packet.end)
            .unwrap_or_default()
    }

    /// Where in the buffer the bytes at hand start.
    #[inline]
    pub(crate) const fn position(&self) -> usize {
        self.start
    }

    /// Gives the buffer in exchange for another one, to which what is not dealt with goes along.
    pub(crate) fn exchange(&mut self, spare: &mut Vec<u8>) {
        if spare.len() != BUFFER_BYTES {
            // Fresh from the system, so that what is never written to takes no memory.
            *spare = vec![0; BUFFER_BYTES];
        }
        let left = self.view().bytes;
        if let Some(front) = spare.get_mut(..left.len()) {
            front.copy_from_slice(left);
        }
        std::mem::swap(&mut self.buffer, spare);
        self.end -= self.start;
        self.start = 0;
    }

    /// Takes all bytes out, to start anew on what they unpack to.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let bytes = self.view().bytes.to_vec();
        (self.start, self.end, self.at, self.rest) = (0, 0, 0, Rest::More);
        bytes
    }

    /// Reads until so many bytes are at hand, or no more come.
    pub(crate) fn fill(&mut self, input: &mut Input, wanted: usize) -> io::Result<()> {
        // INVARIANT: no core wants more than the buffer holds, or the wait for it would have no end.
        debug_assert!(wanted <= self.buffer.len(), "{wanted} bytes are wanted at once");
        if self.end - self.start >= wanted || self.rest == Rest::None {
            return Ok(());
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < wanted.min(self.buffer.len()) {
            let end = self.buffer.len().min(self.end + READ_BYTES);
            let free = self.buffer.get_mut(self.end..end).unwrap_or_default();
            match input.read(free) {
                Ok(0) => {
                    self.rest = Rest::None;
                    return Ok(());
                }
                Ok(length) => self.end += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.rest = Rest::None;
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}
