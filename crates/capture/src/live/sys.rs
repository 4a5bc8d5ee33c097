//! The socket and its ring: the only unsafe code of the project.
#![expect(
    clippy::cast_possible_truncation,
    reason = "the C headers' constants and structures' sizes fit where they are wanted"
)]
#![expect(
    unsafe_code,
    reason = "packet sockets and their shared memory are reached by C structures and pointers"
)]

use super::Counters;
use super::error::{LiveError, Step};
use libc::{c_int, c_void, socklen_t, tpacket_block_desc, tpacket_hdr_v1, tpacket_req3, tpacket_stats_v3};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::net::netdevice::name_to_index;
use rustix::net::sockopt::socket_error;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use std::io;
use std::mem::{offset_of, size_of};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::{NonNull, from_mut, from_ref, null_mut};
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The length of a block of the ring. A frame always fits into one.
pub(super) const BLOCK_BYTES: u32 = 1 << 20;
/// The least room that the kernel reckons for a frame; only for the count that it checks.
const FRAME_BYTES: u32 = 2048;
/// How long the kernel keeps a block that is not full before it hands it over.
pub(super) const RETIRE_MILLIS: u32 = 100;

/// A packet socket and the ring that it shares with the kernel.
#[derive(Debug)]
pub(super) struct Ring {
    socket: OwnedFd,
    name: String,
    /// The ring's memory: `blocks` blocks of [`BLOCK_BYTES`]. A pointer also keeps the type in its thread.
    memory: NonNull<c_void>,
    blocks: usize,
}

/// Makes the error for a step out of what the system said.
pub(super) fn failed(step: Step) -> impl FnOnce(io::Error) -> LiveError {
    move |source| LiveError::System { step, source }
}

impl Ring {
    /// Opens a socket that receives all frames of an interface; also gives the interface's hardware type.
    pub(super) fn open(name: &str, mebibytes: u16) -> Result<(Self, u16), LiveError> {
        // Protocol 0: until it is bound, the socket receives nothing.
        let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, SocketFlags::CLOEXEC, None)
            .map_err(|error| match error {
                Errno::PERM | Errno::ACCESS => LiveError::NotPermitted {
                    interface: name.to_owned(),
                },
                other => failed(Step::Open)(other.into()),
            })?;
        let index = name_to_index(&socket, name).map_err(|_| LiveError::Missing {
            interface: name.to_owned(),
        })?;
        let ring = Self::with_memory(socket, name, mebibytes)?;
        let promiscuous = libc::packet_mreq {
            mr_ifindex: index.cast_signed(),
            mr_type: libc::PACKET_MR_PROMISC as u16,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        set_option(ring.as_fd(), libc::PACKET_ADD_MEMBERSHIP, &promiscuous)
            .map_err(failed(Step::Promiscuous))?;
        let hardware = bind(ring.as_fd(), index).map_err(failed(Step::Bind))?;
        ring.check(Step::Bind)?;
        Ok((ring, hardware))
    }

    fn with_memory(socket: OwnedFd, name: &str, mebibytes: u16) -> Result<Self, LiveError> {
        let blocks = u32::from(mebibytes) * (1 << 20) / BLOCK_BYTES;
        let version = libc::tpacket_versions::TPACKET_V3 as c_int;
        set_option(socket.as_fd(), libc::PACKET_VERSION, &version).map_err(failed(Step::Ring))?;
        let request = tpacket_req3 {
            tp_block_size: BLOCK_BYTES,
            tp_block_nr: blocks,
            tp_frame_size: FRAME_BYTES,
            tp_frame_nr: blocks * (BLOCK_BYTES / FRAME_BYTES),
            tp_retire_blk_tov: RETIRE_MILLIS,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        set_option(socket.as_fd(), libc::PACKET_RX_RING, &request).map_err(failed(Step::Ring))?;
        let length = blocks as usize * BLOCK_BYTES as usize;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping of the socket's ring, at an address of the system's choice, touches no other memory.
        let memory = unsafe { mmap(null_mut(), length, access, MapFlags::SHARED, &socket, 0) }
            .map_err(|error| failed(Step::Ring)(error.into()))?;
        let memory =
            NonNull::new(memory).ok_or_else(|| failed(Step::Ring)(io::ErrorKind::OutOfMemory.into()))?;
        Ok(Self {
            socket,
            name: name.to_owned(),
            memory,
            blocks: blocks as usize,
        })
    }

    /// How many blocks the ring has.
    pub(super) const fn blocks(&self) -> usize {
        self.blocks
    }

    /// A block's bytes, if the kernel has handed it over.
    pub(super) fn block(&self, index: usize) -> Option<&[u8]> {
        let status = self.status(index)?.load(Ordering::Acquire);
        if status & libc::TP_STATUS_USER == 0 {
            return None;
        }
        let start = self.start(index)?;
        // SAFETY: `start` begins a block within the mapping, which lives as long as `self`. The kernel writes to a block
        // only while its status lacks TP_STATUS_USER; the load above saw that flag with all that was written before it
        // was set, and only `give_back`, which needs `self` alone, clears it. So nothing writes while the slice lives.
        Some(unsafe { slice::from_raw_parts(start.as_ptr(), BLOCK_BYTES as usize) })
    }

    /// Hands a block back to the kernel.
    pub(super) fn give_back(&mut self, index: usize) {
        if let Some(status) = self.status(index) {
            status.store(libc::TP_STATUS_KERNEL, Ordering::Release);
        }
    }

    /// Where a block starts; none if there is no such block.
    fn start(&self, index: usize) -> Option<NonNull<u8>> {
        let offset = index * BLOCK_BYTES as usize;
        // SAFETY: the offset is within the mapping, which is `blocks` blocks long, for every index below `blocks`.
        (index < self.blocks).then(|| unsafe { self.memory.cast::<u8>().add(offset) })
    }

    /// The word by which a block passes between the kernel and us.
    fn status(&self, index: usize) -> Option<&AtomicU32> {
        const OFFSET: usize = offset_of!(tpacket_block_desc, hdr) + offset_of!(tpacket_hdr_v1, block_status);
        let start = self.start(index)?;
        // SAFETY: the word is within the block, aligned to four bytes (blocks are aligned to pages), lives as long as
        // `self`, and is read and written by the kernel as one word, here only as an atomic.
        Some(unsafe { AtomicU32::from_ptr(start.as_ptr().add(OFFSET).cast()) })
    }

    /// Waits until the kernel has handed over a block, or the time is up.
    pub(super) fn wait(&self, time: Duration) -> Result<(), LiveError> {
        let mut waiting = [PollFd::new(&self.socket, PollFlags::IN | PollFlags::ERR)];
        let time = Timespec::try_from(time).ok();
        match poll(&mut waiting, time.as_ref()) {
            Ok(_) | Err(Errno::INTR) => self.check(Step::Wait),
            Err(error) => Err(failed(Step::Wait)(error.into())),
        }
    }

    /// Says what befell the socket since it was last asked.
    fn check(&self, step: Step) -> Result<(), LiveError> {
        match socket_error(&self.socket) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Errno::NETDOWN)) => Err(LiveError::Down {
                interface: self.name.clone(),
            }),
            Ok(Err(error)) | Err(error) => Err(failed(step)(error.into())),
        }
    }

    /// The counters since they were last asked for.
    pub(super) fn counters(&self) -> Result<Counters, LiveError> {
        let mut counted = tpacket_stats_v3 {
            tp_packets: 0,
            tp_drops: 0,
            tp_freeze_q_cnt: 0,
        };
        let mut length = size_of::<tpacket_stats_v3>() as socklen_t;
        // SAFETY: both pointers are to live variables, and `length` is the size of the one that is filled.
        let result = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                from_mut(&mut counted).cast(),
                &raw mut length,
            )
        };
        check(result).map_err(failed(Step::Counters))?;
        Ok(Counters {
            received: u64::from(counted.tp_packets),
            dropped: u64::from(counted.tp_drops),
            full: u64::from(counted.tp_freeze_q_cnt),
        })
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let length = self.blocks * BLOCK_BYTES as usize;
        // SAFETY: this is the mapping made by `with_memory`, whole; slices of it borrow `self` and are gone.
        let unmapped = unsafe { munmap(self.memory.as_ptr(), length) };
        // It can only fail for a wrong range, and there is nobody to tell.
        debug_assert!(unmapped.is_ok(), "the ring's mapping is whole");
    }
}

/// Sets an option of a packet socket.
fn set_option<T: Copy>(socket: BorrowedFd<'_>, option: c_int, value: &T) -> io::Result<()> {
    // SAFETY: the pointer is to a live value of the length given; the kernel copies it.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            option,
            from_ref(value).cast(),
            size_of::<T>() as socklen_t,
        )
    };
    check(result)
}

/// Binds a packet socket to all protocols of an interface, which starts the capture; gives its hardware type.
fn bind(socket: BorrowedFd<'_>, index: u32) -> io::Result<u16> {
    let mut address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: (libc::ETH_P_ALL as u16).to_be(),
        sll_ifindex: index.cast_signed(),
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let mut length = size_of::<libc::sockaddr_ll>() as socklen_t;
    // SAFETY: the pointer is to a live address of the length given.
    check(unsafe { libc::bind(socket.as_raw_fd(), from_ref(&address).cast(), length) })?;
    // SAFETY: both pointers are to live variables, and `length` is the size of the one that is filled.
    check(unsafe { libc::getsockname(socket.as_raw_fd(), from_mut(&mut address).cast(), &raw mut length) })?;
    Ok(address.sll_hatype)
}

fn check(result: c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
