//! Live capture from a network interface, receive only, and provably so.
//!
//! Opening does three things in this order, and there is no way to do only the first: it opens an AF_PACKET socket with
//! a TPACKET_V3 ring, bound to the interface and promiscuous; it gives up every capability of the calling thread; it
//! installs a system call filter that ends every way to send through that socket or to make another. What has been
//! given up can't be taken back. What the filter refuses is listed in the module `lock`.
//!
//! The interface itself is left as it is: it must be up, and should have no addresses, or the kernel will answer from
//! it by itself. Packets that the network card or the kernel joined (LRO, GRO) arrive joined; turn that off on the
//! sensor's interface. VLAN tags, which the kernel takes off, are put back.

mod block;
mod error;
mod lock;
mod sys;

pub use error::{LiveError, Step};

use crate::packet::{Interface, Packet};
use crate::step::MAX_PACKET;
use cofferdam_terms::{LinkType, WireText};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;
use sys::Ring;

/// The most memory that a ring may take, in MiB.
pub const MAX_RING_MEBIBYTES: u16 = 1024;

/// How to capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The memory in which the kernel keeps packets that were not read yet, in MiB: from 2 to
    /// [`MAX_RING_MEBIBYTES`]. More rides out longer pauses of the reader.
    pub ring_mebibytes: u16,
    /// Who gives up the means to send.
    pub lock: Lock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ring_mebibytes: 32,
            lock: Lock::Process,
        }
    }
}

/// Who gives up the means to send. Either way, capabilities are given up by the calling thread and those that it
/// starts later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Every thread of the process: for a sensor that does nothing else.
    Process,
    /// The calling thread and those that it starts later: for a process that also serves or sends elsewhere.
    Thread,
}

/// What became of the packets that reached the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Those that the kernel took for this capture, the dropped ones included.
    pub received: u64,
    /// Those that it dropped, because the ring was full.
    pub dropped: u64,
    /// How often the ring was full.
    pub full: u64,
}

/// An interface that is being captured from. It stays in the thread that opened it, since that is the one that was
/// locked.
#[derive(Debug)]
pub struct Live {
    ring: Ring,
    interface: Interface,
    /// The block that is being read, and what is left in it; none while waiting for it.
    reading: Option<Left>,
    block: usize,
    packets: u64,
    counters: Counters,
    /// A packet whose tag was put back.
    tagged: Vec<u8>,
}

/// What is left of a block.
#[derive(Clone, Copy, Debug)]
struct Left {
    packets: u32,
    /// Where the next one starts.
    at: usize,
}

impl Live {
    /// Opens an interface and locks the calling thread, or the process, for good.
    ///
    /// # Errors
    /// When the interface is not there, not up or of a kind that is not read, when the system refuses a step, or when
    /// sending could not be ruled out: then nothing is captured.
    pub fn open(name: &str, settings: &Settings) -> Result<Self, LiveError> {
        let (ring, hardware) = Ring::open(name, settings.ring_mebibytes.clamp(2, MAX_RING_MEBIBYTES))?;
        let link = link_type(hardware).ok_or_else(|| LiveError::Unsupported {
            interface: name.to_owned(),
            hardware,
        })?;
        lock::lock(ring.as_fd(), settings.lock)?;
        Ok(Self {
            ring,
            interface: Interface {
                link,
                name: Some(WireText::from_wire(name.as_bytes())),
                snap_length: MAX_PACKET,
                dropped: None,
            },
            reading: None,
            block: 0,
            packets: 0,
            counters: Counters::default(),
            tagged: Vec::new(),
        })
    }

    /// The next packet; none when none came within `wait`. The kernel hands packets over in blocks, when one is full or
    /// a tenth of a second old.
    ///
    /// # Errors
    /// When the interface went down or away.
    pub fn next_packet(&mut self, wait: Duration) -> Result<Option<Packet<'_>>, LiveError> {
        let Some(frame) = self.next_frame(wait)? else {
            return Ok(None);
        };
        self.packets += 1;
        let held = self.ring.block(self.block).unwrap_or_default();
        let captured = held.get(frame.bytes.clone()).unwrap_or_default();
        let (bytes, original) = match frame.tag {
            None => (captured, frame.original),
            Some(tag) => {
                block::put_back(tag, captured, &mut self.tagged);
                (&self.tagged[..], frame.original.saturating_add(4))
            }
        };
        Ok(Some(Packet {
            number: self.packets,
            offset: 0,
            time: frame.time,
            link: self.interface.link,
            interface: 0,
            bytes,
            original,
        }))
    }

    /// Finds the next frame, waiting once if there is none yet.
    fn next_frame(&mut self, wait: Duration) -> Result<Option<block::Frame>, LiveError> {
        let mut waited = false;
        loop {
            let Some(left) = self.reading else {
                match self.ring.block(self.block).map(block::first) {
                    Some((packets, at)) => self.reading = Some(Left { packets, at }),
                    None if waited => return Ok(None),
                    None => {
                        self.ring.wait(wait)?;
                        waited = true;
                    }
                }
                continue;
            };
            let frame = match left.packets {
                0 => None,
                _ => self
                    .ring
                    .block(self.block)
                    .and_then(|held| block::frame(held, left.at)),
            };
            if let Some(frame) = frame {
                self.reading = Some(Left {
                    packets: left.packets - 1,
                    at: frame.next,
                });
                return Ok(Some(frame));
            }
            self.reading = None;
            self.ring.give_back(self.block);
            self.block = (self.block + 1) % self.ring.blocks();
        }
    }

    /// What became of the packets since the start.
    ///
    /// # Errors
    /// When the system doesn't say.
    pub fn counters(&mut self) -> Result<Counters, LiveError> {
        let since = self.ring.counters()?;
        self.counters.received += since.received;
        self.counters.dropped += since.dropped;
        self.counters.full += since.full;
        self.interface.dropped = Some(self.counters.dropped);
        Ok(self.counters)
    }

    /// The interface, with its drop count as of the last call of [`Live::counters`].
    #[must_use]
    pub const fn interface(&self) -> &Interface {
        &self.interface
    }
}

impl AsFd for Live {
    /// The socket, for waiting on it together with others.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ring.as_fd()
    }
}

/// The link type of an interface by its hardware type (ARPHRD_*). The loopback interface frames as Ethernet does; an
/// interface without a link layer, such as a tunnel, gives bare IP packets.
const fn link_type(hardware: u16) -> Option<LinkType> {
    match hardware {
        libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => Some(LinkType::ETHERNET),
        libc::ARPHRD_NONE => Some(LinkType::RAW),
        _ => None,
    }
}
