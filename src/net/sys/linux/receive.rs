//! Receiving many datagrams a call: recvmmsg with every ancillary item.

use std::io;
use std::mem;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::ptr;
use std::time::SystemTime;

use libc::socklen_t;

use super::control::{self, CONTROL_LEN, Control, Name};
use crate::net::{Batching, Meta, UNKNOWN_SOURCE};

/// Datagrams a call.
const SLOTS: usize = Batching::MOST;

/// The largest datagram there is, and one byte to spare, so that none is ever cut. The pages of a slot are taken from the system only when
/// a datagram fills them.
const SLOT_LEN: usize = 65_536;

/// Receives up to [`SLOTS`] datagrams a call.
pub struct Batch {
    most: usize,
    payloads: Box<[u8]>,
    names: Box<[Name]>,
    controls: Box<[Control]>,
    received: Vec<(usize, Meta)>,
}

impl Batch {
    pub fn new(batching: Batching) -> Self {
        Batch {
            most: batching.most.clamp(1, SLOTS),
            payloads: vec![0; SLOTS * SLOT_LEN].into_boxed_slice(),
            names: vec![Name([0; 128]); SLOTS].into_boxed_slice(),
            controls: vec![Control([0; CONTROL_LEN]); SLOTS].into_boxed_slice(),
            received: Vec::with_capacity(SLOTS),
        }
    }

    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.received.clear();
        // The headers are made anew for each call. The kernel writes lengths and flags back into them, and a slot whose control length
        // shrank would otherwise cut the control messages of every later datagram (the drop counter is absent until the first drop).
        let payloads = self.payloads.as_mut_ptr();
        let names = self.names.as_mut_ptr();
        let controls = self.controls.as_mut_ptr();
        let mut vectors: [libc::iovec; SLOTS] = std::array::from_fn(|slot| libc::iovec {
            iov_base: payloads.wrapping_add(slot * SLOT_LEN).cast(),
            iov_len: SLOT_LEN,
        });
        let vectors = vectors.as_mut_ptr();
        // SAFETY: `mmsghdr` is a plain C struct of integers and pointers, for which all zeroes is a valid value.
        let mut headers: [libc::mmsghdr; SLOTS] = unsafe { mem::zeroed() };
        for (slot, header) in headers.iter_mut().enumerate() {
            let header = &mut header.msg_hdr;
            header.msg_name = names.wrapping_add(slot).cast();
            header.msg_namelen = size_of::<Name>() as socklen_t;
            header.msg_iov = vectors.wrapping_add(slot);
            header.msg_iovlen = 1;
            header.msg_control = controls.wrapping_add(slot).cast();
            header.msg_controllen = CONTROL_LEN as _;
        }
        // SAFETY: every header points to a name, a vector, a payload and a control buffer of the lengths it states; all of them outlive the call,
        // none overlaps another, and the descriptor is open because `socket` is borrowed.
        let count = unsafe {
            libc::recvmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), self.most as u32, libc::MSG_DONTWAIT as _, ptr::null_mut())
        };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        for (slot, header) in headers[..count].iter().enumerate() {
            let mut meta = Meta {
                truncated: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
                source: control::source(&self.names[slot]).unwrap_or(UNKNOWN_SOURCE),
                ..Meta::unknown()
            };
            #[allow(clippy::unnecessary_cast, reason = "socklen_t with musl, usize with glibc")]
            let len = (header.msg_hdr.msg_controllen as usize).min(CONTROL_LEN);
            control::read(&self.controls[slot].0[..len], &mut meta);
            if !meta.kernel_time {
                meta.time = SystemTime::now();
            }
            self.received.push(((header.msg_len as usize).min(SLOT_LEN), meta));
        }
        Ok(count)
    }

    pub fn get(&self, index: usize) -> (&[u8], &Meta) {
        let (len, meta) = &self.received[index];
        (&self.payloads[index * SLOT_LEN..][..*len], meta)
    }
}
