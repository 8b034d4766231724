//! Receives many datagrams per call: recvmmsg with all metadata.

use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};
use std::{io, mem};

use libc::socklen_t;

use super::control;
use super::control::{CONTROL_LEN, Control, Name};
use crate::sys::backend::Batching;
use crate::sys::meta::{Meta, UNKNOWN_SOURCE};
use crate::sys::train::Train;
use crate::units::UnixTime;

/// Buffers per call. More were not faster, and each takes 64 KiB after a long datagram.
const SLOTS: usize = 32;

/// Buffers per call for long datagrams or trains, or before the first datagram. A call is expensive
/// then anyway, and this saves memory.
const LONG_SLOTS: usize = 8;

/// More than a page counts as long.
const LONG: u32 = 4096;

/// One byte more than the largest datagram or train: none is ever truncated. The system provides
/// the pages of a slot only when a datagram fills them.
const SLOT_LEN: usize = 65_536;

/// The distance between two slots. With a power of two, all slots would compete for the same few
/// lines of the CPU cache.
const STRIDE: usize = SLOT_LEN + 128;

/// Receives up to [`SLOTS`] datagrams or trains per call.
pub struct Batch {
    most: usize,
    buffers: Buffers,
    /// The number of slots that the last call filled.
    filled: usize,
    /// The number of consecutive calls that received at most one.
    singles: u8,
    /// Long datagrams or trains arrive; `None` before the first datagram.
    long: Option<bool>,
    previous: Box<Previous>,
}

/// The source and the control messages of the slot that was read before. Most datagrams repeat all
/// but the time, and need not be parsed again.
struct Previous {
    /// Nothing was read before, or not from this socket.
    is_unknown: bool,
    name: Name,
    control: Control,
    control_len: usize,
    flags: libc::c_int,
    segment: Option<usize>,
}

impl Previous {
    fn unknown() -> Self {
        Previous {
            is_unknown: true,
            name: Name([0; 128]),
            control: Control([0; CONTROL_LEN]),
            control_len: 0,
            flags: 0,
            segment: None,
        }
    }

    /// The time of a slot that repeats everything else.
    #[inline]
    fn repeated(&self, name: &Name, control: &[u8], flags: libc::c_int) -> Option<UnixTime> {
        let differs = self.is_unknown
            || self.flags != flags
            || self.control_len != control.len()
            || self.name.0[..control::NAME_LEN] != name.0[..control::NAME_LEN];
        if differs {
            return None;
        }
        control::only_time_differs(control, &self.control.0[..self.control_len])
    }
}

/// After this many calls with at most one datagram, most calls request only one. This saves the
/// kernel the search for a second.
const SINGLES: u8 = 8;

impl Batch {
    pub fn new(batching: Batching) -> Self {
        Batch {
            most: batching.most.clamp(1, SLOTS),
            buffers: Buffers::new(),
            filled: 0,
            singles: 0,
            long: None,
            previous: Box::new(Previous::unknown()),
        }
    }

    pub fn receive(&mut self, socket: &UdpSocket, sleeps: bool) -> io::Result<usize> {
        self.buffers.renew(self.filled);
        self.filled = 0;
        let slots = self.most.min(if self.long == Some(false) { SLOTS } else { LONG_SLOTS });
        let asked = if self.singles >= SINGLES && self.singles % SINGLES != 0 { 1 } else { slots };
        let flags = if sleeps { libc::MSG_WAITFORONE } else { libc::MSG_DONTWAIT };
        // SAFETY: every header points to a name, a vector, a payload and a control buffer of the
        // lengths it states; all of them live as long as `self`, none overlaps another,
        // nobody else has a reference to them now, and the descriptor is open because `socket` is
        // borrowed.
        let count = unsafe {
            let headers = self.buffers.headers.as_ptr().cast::<libc::mmsghdr>();
            libc::recvmmsg(socket.as_raw_fd(), headers, asked as u32, flags as _, ptr::null_mut())
        };
        self.filled = usize::try_from(count).map_err(|_| io::Error::last_os_error())?.min(asked);
        self.singles =
            if self.filled > 1 { 0 } else { self.singles.checked_add(1).unwrap_or(SINGLES) };
        if self.filled > 0 && self.long != Some(true) {
            self.long = Some(self.buffers.has_long(self.filled));
        }
        Ok(self.filled)
    }

    /// Prepares for trains.
    pub fn expect_trains(&mut self) {
        self.long = Some(true);
    }

    /// The content of a slot after the last call. `meta` must hold the metadata of the slot that was
    /// read before.
    #[inline]
    pub fn read(&mut self, slot: usize, meta: &mut Meta) -> Train<'_> {
        assert!(slot < self.filled);
        let (payload, name, control, flags) = self.buffers.slot(slot);
        if let Some(time) = self.previous.repeated(name, control, flags) {
            meta.time = time;
            return Train { payload, segment: self.previous.segment, repeated: true };
        }
        *meta =
            Meta { source: control::source(&name.0).unwrap_or(UNKNOWN_SOURCE), ..Meta::unknown() };
        let segment = control::read(control, meta);
        // A train is never truncated: none exceeds a slot.
        meta.truncated = flags & libc::MSG_TRUNC != 0;
        let previous = &mut self.previous;
        (previous.is_unknown, previous.flags, previous.segment) = (false, flags, segment);
        previous.name = *name;
        previous.control_len = control.len();
        previous.control.0[..control.len()].copy_from_slice(control);
        Train { payload, segment, repeated: false }
    }

    /// The next slot repeats nothing.
    pub fn forget_previous(&mut self) {
        self.previous.is_unknown = true;
    }
}

/// The buffers of the kernel, and the headers that point to them. They are created once and
/// accessed only through pointers, because the headers hold pointers to the rest.
struct Buffers {
    headers: NonNull<[libc::mmsghdr; SLOTS]>,
    vectors: NonNull<[libc::iovec; SLOTS]>,
    names: NonNull<[Name; SLOTS]>,
    controls: NonNull<[Control; SLOTS]>,
    payloads: NonNull<[u8]>,
}

impl Buffers {
    fn new() -> Self {
        let payloads = leak(vec![0; SLOTS * STRIDE].into_boxed_slice());
        let names = leak(Box::new([Name([0; 128]); SLOTS]));
        let controls = leak(Box::new([Control([0; CONTROL_LEN]); SLOTS]));
        let vectors = leak(Box::new(std::array::from_fn(|slot| libc::iovec {
            iov_base: payloads.as_ptr().cast::<u8>().wrapping_add(slot * STRIDE).cast(),
            iov_len: SLOT_LEN,
        })));
        let headers = std::array::from_fn(|slot| {
            // SAFETY: `mmsghdr` is a plain C struct of integers and pointers, for which all zeroes
            // is a valid value.
            let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
            header.msg_hdr.msg_name = names.as_ptr().cast::<Name>().wrapping_add(slot).cast();
            header.msg_hdr.msg_iov = vectors.as_ptr().cast::<libc::iovec>().wrapping_add(slot);
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control =
                controls.as_ptr().cast::<Control>().wrapping_add(slot).cast();
            header
        });
        let mut buffers =
            Buffers { headers: leak(Box::new(headers)), vectors, names, controls, payloads };
        buffers.renew(SLOTS);
        buffers
    }

    /// Resets the first `used` slots, and one more that a failed call may have begun. The kernel
    /// writes lengths and flags to the headers. A reduced control length would truncate the control
    /// messages of all later datagrams (the drop counter is absent before the first drop).
    fn renew(&mut self, used: usize) {
        // SAFETY: the headers live as long as `self`, which is borrowed mutably, so that nobody
        // else looks at them.
        let headers = unsafe { self.headers.as_mut() };
        for header in headers.iter_mut().take(used + 1) {
            header.msg_hdr.msg_namelen = size_of::<Name>() as socklen_t;
            header.msg_hdr.msg_controllen = CONTROL_LEN as _;
            header.msg_hdr.msg_flags = 0;
        }
    }

    /// Whether the first `filled` slots contain a long datagram.
    fn has_long(&self, filled: usize) -> bool {
        // SAFETY: the headers live as long as `self`, and the kernel writes into them only in a
        // call that borrows `self` mutably.
        let headers = unsafe { self.headers.as_ref() };
        headers.iter().take(filled).any(|header| header.msg_len > LONG)
    }

    /// (payload, source, control messages, flags) of a slot.
    fn slot(&self, slot: usize) -> (&[u8], &Name, &[u8], libc::c_int) {
        assert!(slot < SLOTS);
        // SAFETY: all of them live as long as `self`; the kernel writes into them only in a call
        // that borrows `self` mutably. The slices are within the slot, because `slot` is
        // below SLOTS and the lengths are cut to that of the slot.
        unsafe {
            let header = &self.headers.as_ref()[slot];
            #[allow(clippy::unnecessary_cast, reason = "socklen_t with musl, usize with glibc")]
            let control_len = (header.msg_hdr.msg_controllen as usize).min(CONTROL_LEN);
            let payload = self.payloads.as_ptr().cast::<u8>().add(slot * STRIDE);
            let payload =
                std::slice::from_raw_parts(payload, (header.msg_len as usize).min(SLOT_LEN));
            (
                payload,
                &self.names.as_ref()[slot],
                &self.controls.as_ref()[slot].0[..control_len],
                header.msg_hdr.msg_flags,
            )
        }
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // SAFETY: each was made by `leak` from a box, and is given back once.
        unsafe {
            drop(Box::from_raw(self.headers.as_ptr()));
            drop(Box::from_raw(self.vectors.as_ptr()));
            drop(Box::from_raw(self.names.as_ptr()));
            drop(Box::from_raw(self.controls.as_ptr()));
            drop(Box::from_raw(self.payloads.as_ptr()));
        }
    }
}

fn leak<T: ?Sized>(boxed: Box<T>) -> NonNull<T> {
    NonNull::from(Box::leak(boxed))
}
