//! Receives datagrams with their metadata: recvmsg(2).

use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::{io, mem};

use libc::{c_int, socklen_t};

use crate::sys::backend::Batching;
use crate::sys::control;
use crate::sys::control::OWN;
use crate::sys::meta::{Meta, UNKNOWN_SOURCE};
use crate::sys::train::Train;

/// The maximum number of datagrams that are read between two waits. FreeBSD's recvmmsg(3) makes one
/// system call for each, too.
const SLOTS: usize = 16;

/// One byte more than the largest datagram: none is ever truncated. The system provides the pages of
/// a slot only when a datagram fills them.
const SLOT_LEN: usize = 65_536;

/// More than twice the size of all requested control messages (208 bytes for IPv4 on FreeBSD).
const CONTROL_LEN: usize = 512;

/// A buffer with the alignment of control messages and of socket addresses.
#[repr(C, align(8))]
struct Aligned<const LEN: usize>([u8; LEN]);

/// Receives up to [`SLOTS`] datagrams, one per call.
pub struct Batch {
    slots: Vec<Slot>,
    /// The number of slots that the last call filled.
    filled: usize,
    /// The slot that was read before is of the same socket.
    has_previous: bool,
}

/// The buffers of one datagram.
struct Slot {
    payload: Box<[u8]>,
    len: usize,
    name: Aligned<128>,
    name_len: usize,
    control: Aligned<CONTROL_LEN>,
    control_len: usize,
    flags: c_int,
}

impl Batch {
    pub fn new(batching: Batching) -> Self {
        let slots = batching.most.clamp(1, SLOTS);
        Batch {
            slots: std::iter::repeat_with(Slot::new).take(slots).collect(),
            filled: 0,
            has_previous: false,
        }
    }

    pub fn receive(&mut self, socket: &UdpSocket, _sleeps: bool) -> io::Result<usize> {
        self.filled = 0;
        for slot in &mut self.slots {
            match slot.receive(socket) {
                Ok(()) => self.filled += 1,
                Err(error) if self.filled == 0 => return Err(error),
                // Nothing waits any more. The next call returns a lasting error.
                Err(_) => break,
            }
        }
        Ok(self.filled)
    }

    pub fn expect_trains(&mut self) {}

    /// The content of a slot after the last call. `meta` must hold the metadata of the slot that was
    /// read before.
    pub fn read(&mut self, slot: usize, meta: &mut Meta) -> Train<'_> {
        assert!(slot < self.filled);
        let slot = &self.slots[slot];
        let (before, now) = (*meta, slot.meta());
        *meta = now;
        // The caller may have set the time of a datagram without a timestamp.
        let repeated = mem::replace(&mut self.has_previous, true)
            && Meta { time: before.time, ..now } == before;
        Train { payload: &slot.payload[..slot.len], segment: None, repeated }
    }

    /// The next slot repeats nothing.
    pub fn forget_previous(&mut self) {
        self.has_previous = false;
    }
}

impl Slot {
    fn new() -> Self {
        Slot {
            payload: vec![0; SLOT_LEN].into_boxed_slice(),
            len: 0,
            name: Aligned([0; 128]),
            name_len: 0,
            control: Aligned([0; CONTROL_LEN]),
            control_len: 0,
            flags: 0,
        }
    }

    fn receive(&mut self, socket: &UdpSocket) -> io::Result<()> {
        let mut vector =
            libc::iovec { iov_base: self.payload.as_mut_ptr().cast(), iov_len: self.payload.len() };
        // SAFETY: `msghdr` is a plain C struct of integers and pointers, for which all zeroes is a
        // valid value.
        let mut header: libc::msghdr = unsafe { mem::zeroed() };
        header.msg_name = self.name.0.as_mut_ptr().cast();
        header.msg_namelen = self.name.0.len() as socklen_t;
        header.msg_iov = &raw mut vector;
        header.msg_iovlen = 1;
        header.msg_control = self.control.0.as_mut_ptr().cast();
        header.msg_controllen = self.control.0.len() as socklen_t;
        // SAFETY: the header points to a name, a vector, a payload and a control buffer of the
        // lengths it states; all of them outlive the call and are borrowed mutably here, and the
        // descriptor is open because `socket` is borrowed.
        let len = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, libc::MSG_DONTWAIT) };
        self.len = usize::try_from(len).map_err(|_| io::Error::last_os_error())?.min(SLOT_LEN);
        self.name_len = (header.msg_namelen as usize).min(self.name.0.len());
        self.control_len = (header.msg_controllen as usize).min(CONTROL_LEN);
        self.flags = header.msg_flags;
        Ok(())
    }

    fn meta(&self) -> Meta {
        let (name, control) = (&self.name.0[..self.name_len], &self.control.0[..self.control_len]);
        let source = control::source(name, &OWN).unwrap_or(UNKNOWN_SOURCE);
        let mut meta = Meta { source, ..Meta::unknown() };
        control::read(control, &OWN, &mut meta);
        meta.truncated = self.flags & libc::MSG_TRUNC != 0;
        if self.flags & libc::MSG_CTRUNC != 0 {
            tracing::debug!(len = self.control_len, "the system lost control data (MSG_CTRUNC)");
        }
        meta
    }
}
