//! Giving up the means to send.
//!
//! All capabilities go, and `no_new_privs` keeps them from coming back with another program. Then a seccomp filter
//! makes these system calls fail with EPERM:
//!
//! - any that sends or connects: `sendto`, `sendmsg`, `sendmmsg`, `connect`;
//! - any that makes a socket or receives one from elsewhere: `socket`, `socketpair`, `accept`, `recvmsg`, `pidfd_getfd`;
//! - any that sets a socket's options, which could give it a ring to send from or join a multicast group;
//! - io_uring, which does all of this without the system calls; `ptrace` and `process_vm_writev`, which could make
//!   another process do it;
//! - on the capture socket alone: `write` and its kin, `sendfile`, `splice`, `tee` and `vmsplice` into it, `dup` and
//!   `fcntl`, which would give it another number, and `ioctl`.
//!
//! Files and pipes can still be written, so that results can be. The filter is inherited by threads and programs that
//! are started later. System calls by another convention (x32, 32-bit) are refused or end the process.

use super::error::{LiveError, Step};
use super::{Lock, sys};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};
use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, BorrowedFd};

/// System calls that are refused whatever they are given.
const REFUSED: &[i64] = &[
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_connect,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_pidfd_getfd,
    libc::SYS_setsockopt,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_ptrace,
    libc::SYS_process_vm_writev,
];

/// System calls that are refused for the capture socket, and which of their arguments it would be.
const REFUSED_FOR_SOCKET: &[(i64, u8)] = &[
    (libc::SYS_write, 0),
    (libc::SYS_writev, 0),
    (libc::SYS_pwrite64, 0),
    (libc::SYS_pwritev, 0),
    (libc::SYS_pwritev2, 0),
    (libc::SYS_sendfile, 0),
    (libc::SYS_splice, 2),
    (libc::SYS_tee, 1),
    (libc::SYS_vmsplice, 0),
    (libc::SYS_dup, 0),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_dup2, 0),
    (libc::SYS_dup3, 0),
    (libc::SYS_fcntl, 0),
    (libc::SYS_ioctl, 0),
];

/// Gives up the means to send, for good.
pub(super) fn lock(socket: BorrowedFd<'_>, who: Lock) -> Result<(), LiveError> {
    let filter = refuse_sending(socket).map_err(|source| LiveError::Filter {
        source: Box::new(source.into()),
    })?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, none).map_err(|error| sys::failed(Step::Capabilities)(error.into()))?;
    for program in [refuse_x32(), filter] {
        let installed = match who {
            Lock::Process => seccompiler::apply_filter_all_threads(&program),
            Lock::Thread => seccompiler::apply_filter(&program),
        };
        installed.map_err(|source| LiveError::Filter {
            source: Box::new(source),
        })?;
    }
    Ok(())
}

fn refuse_sending(socket: BorrowedFd<'_>) -> Result<BpfProgram, seccompiler::BackendError> {
    let socket = u64::from(socket.as_raw_fd().cast_unsigned());
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    for (call, argument) in REFUSED_FOR_SOCKET {
        let is_socket = SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, socket)?;
        rules.insert(*call, vec![SeccompRule::new(vec![is_socket])?]);
    }
    let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let machine = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, SeccompAction::Allow, refused, machine)?.try_into()
}

/// x86-64 kernels may also take the calls of the x32 convention, by the same numbers with bit 30 set and some of its
/// own: none of them is in the lists above, so all are refused. Other machines have no calls so high.
fn refuse_x32() -> BpfProgram {
    const FIRST_X32: u32 = 0x4000_0000;
    let instruction = |code, k| sock_filter {
        code,
        jt: 0,
        jf: 0,
        k,
    };
    vec![
        // Load the call's number; if it is from there up, refuse, else allow.
        instruction(0x20, 0),
        sock_filter {
            jf: 1,
            ..instruction(0x35, FIRST_X32)
        },
        instruction(0x06, libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned()),
        instruction(0x06, libc::SECCOMP_RET_ALLOW),
    ]
}
