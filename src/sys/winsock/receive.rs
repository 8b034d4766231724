//! Receives datagrams with all metadata: one for each WSARecvMsg, several for each wait.

use std::ffi::c_void;
use std::net::{SocketAddr, UdpSocket};
use std::os::windows::io::AsRawSocket;
use std::{io, ptr};

use windows_sys::Win32::Networking::WinSock::{
    LPFN_WSARECVMSG, MSG_TRUNC, SOCKET, WSABUF, WSAEMSGSIZE, WSAENETRESET, WSAMSG,
};

use super::{counter, extension};
use crate::sys::backend::Batching;
use crate::sys::control::{self, Reading};
use crate::sys::meta::{Meta, UNKNOWN_SOURCE};
use crate::sys::train::Train;

/// Datagrams or trains per call.
const SLOTS: usize = 32;

/// The longest train.
pub const LONGEST: u32 = 65_535;

/// One byte more than the largest datagram or train: none is ever truncated. The system provides
/// the pages of a slot only when a datagram fills them.
const SLOT_LEN: usize = 65_536;

/// The distance between two slots. With a power of two, all slots would compete for the same few
/// lines of the CPU cache.
const STRIDE: usize = SLOT_LEN + 128;

/// More than the size of all requested control messages (136 bytes for IPv6).
const CONTROL_LEN: usize = 256;

/// After this many calls with at most one datagram, most calls do not ask for a second.
const SINGLES: u8 = 8;

/// Receives up to [`SLOTS`] datagrams or trains per call.
pub struct Batch {
    most: usize,
    slots: Box<[Slot]>,
    payloads: Box<[u8]>,
    /// The number of slots that the last call filled.
    filled: usize,
    /// The number of consecutive calls that received at most one.
    singles: u8,
    /// The slot that was read before is of the same socket.
    has_previous: bool,
    /// The counter of timestamps since the last call; `None` before the first timestamp.
    reading: Option<Reading>,
}

/// What a call received, besides the payload.
struct Slot {
    name: Name,
    control: Control,
    control_len: usize,
    len: usize,
    truncated: bool,
    /// From a system without WSARecvMsg.
    source: Option<SocketAddr>,
}

/// A socket address: `SOCKADDR_STORAGE`.
#[repr(C, align(8))]
struct Name([u8; 128]);

/// A control buffer with the alignment that the system requires.
#[repr(C, align(8))]
struct Control([u8; CONTROL_LEN]);

impl Batch {
    pub fn new(batching: Batching) -> Self {
        let most = batching.most.clamp(1, SLOTS);
        Batch {
            most,
            slots: (0..most).map(|_| Slot::new()).collect(),
            payloads: vec![0; most * STRIDE].into_boxed_slice(),
            filled: 0,
            singles: 0,
            has_previous: false,
            reading: None,
        }
    }

    /// Receives what is waiting. Windows has no receive that sleeps for a moment.
    pub fn receive(&mut self, socket: &UdpSocket, _sleeps: bool) -> io::Result<usize> {
        (self.filled, self.reading) = (0, None);
        let function = extension::receive_message(socket);
        let asked =
            if self.singles >= SINGLES && self.singles % SINGLES != 0 { 1 } else { self.most };
        let payloads = self.payloads.chunks_mut(STRIDE);
        for (slot, payload) in self.slots.iter_mut().zip(payloads).take(asked) {
            match slot.receive(socket, function, &mut payload[..SLOT_LEN]) {
                Ok(()) => self.filled += 1,
                Err(error) if self.filled == 0 => return Err(error),
                // The next call returns it, or finds new datagrams.
                Err(_) => break,
            }
        }
        self.singles =
            if self.filled > 1 { 0 } else { self.singles.checked_add(1).unwrap_or(SINGLES) };
        Ok(self.filled)
    }

    /// Each slot has the size of the longest train.
    pub fn expect_trains(&mut self) {}

    /// The content of a slot after the last call. `meta` must hold the metadata of the slot that was
    /// read before.
    pub fn read(&mut self, index: usize, meta: &mut Meta) -> Train<'_> {
        assert!(index < self.filled);
        let slot = &self.slots[index];
        let mut now = Meta::unknown();
        let extra = control::read(&slot.control.0[..slot.control_len], &mut now);
        now.source =
            slot.source.or_else(|| control::source(&slot.name.0)).unwrap_or(UNKNOWN_SOURCE);
        now.truncated = slot.truncated;
        if let Some(ticks) = extra.ticks {
            let reading = self.reading.get_or_insert_with(counter::reading);
            if let Some(time) = reading.time_of(ticks) {
                (now.time, now.kernel_time) = (time, true);
            }
        }
        let repeated = self.has_previous && Meta { time: now.time, ..*meta } == now;
        self.has_previous = true;
        *meta = now;
        let start = index * STRIDE;
        let payload = &self.payloads[start..start + slot.len];
        Train { payload, segment: extra.segment, repeated }
    }

    /// The next slot repeats nothing.
    pub fn forget_previous(&mut self) {
        self.has_previous = false;
    }
}

impl Slot {
    fn new() -> Self {
        Slot {
            name: Name([0; 128]),
            control: Control([0; CONTROL_LEN]),
            control_len: 0,
            len: 0,
            truncated: false,
            source: None,
        }
    }

    /// Receives one datagram or train.
    fn receive(
        &mut self,
        socket: &UdpSocket,
        function: LPFN_WSARECVMSG,
        payload: &mut [u8],
    ) -> io::Result<()> {
        let Some(function) = function else {
            let (len, source) = socket.recv_from(payload)?;
            (self.len, self.source, self.control_len) = (len, Some(source), 0);
            return Ok(());
        };
        // Wine leaves the length as it is if there is no control message.
        self.control.0[..size_of::<usize>()].fill(0);
        let mut buffer = WSABUF { len: payload.len() as u32, buf: payload.as_mut_ptr() };
        let mut message = WSAMSG {
            name: ptr::from_mut(&mut self.name).cast(),
            namelen: size_of::<Name>() as i32,
            lpBuffers: &raw mut buffer,
            dwBufferCount: 1,
            Control: WSABUF { len: CONTROL_LEN as u32, buf: self.control.0.as_mut_ptr() },
            dwFlags: 0,
        };
        let mut len = 0;
        // SAFETY: the message points to a name, a buffer and control messages of the sizes it
        // states, which are borrowed mutably and outlive the call, since it is not overlapped; the
        // socket is open because it is borrowed.
        let result = unsafe {
            function(
                socket.as_raw_socket() as SOCKET,
                &raw mut message,
                &raw mut len,
                ptr::null_mut::<c_void>().cast(),
                None,
            )
        };
        let shortened = if result == 0 { false } else { is_shortened(io::Error::last_os_error())? };
        self.len = (len as usize).min(payload.len());
        self.truncated =
            message.dwFlags & MSG_TRUNC != 0 || (shortened && self.len == payload.len());
        self.control_len = (message.Control.len as usize).min(CONTROL_LEN);
        self.source = None;
        Ok(())
    }
}

/// Whether a datagram arrived in spite of the error: it is longer than the buffers.
fn is_shortened(error: io::Error) -> io::Result<bool> {
    match error.raw_os_error() {
        Some(WSAEMSGSIZE) => Ok(true),
        // An ICMP error for an earlier datagram, whose TTL expired. The standard library knows only
        // the other one, an unreachable port.
        Some(WSAENETRESET) => Err(io::ErrorKind::ConnectionReset.into()),
        _ => Err(error),
    }
}
