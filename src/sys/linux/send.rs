//! Sends many datagrams per call: sendmmsg(2), and trains of datagrams in one buffer (UDP_SEGMENT,
//! udp(7)).

use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::{io, mem, ptr};

use libc::{self, c_int, c_uint, c_void, socklen_t};
use socket2::SockAddr;

use crate::sys::backend::Batching;
use crate::sys::message::Message;

/// The maximum number of messages per call.
pub const MOST: usize = Batching::MOST;

/// A control message with the segment length: `struct cmsghdr`, then the length.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Segment {
    len: usize,
    level: c_int,
    kind: c_int,
    size: u16,
    padding: [u8; 6],
}

impl Segment {
    fn new(size: u16) -> Self {
        // `cmsg_len` excludes the padding (cmsg(3)).
        let len = mem::offset_of!(Segment, size) + size_of::<u16>();
        Segment { len, level: libc::SOL_UDP, kind: libc::UDP_SEGMENT, size, padding: [0; 6] }
    }
}

/// Sends messages until one is refused. Returns the number of sent ones; the error is that of the
/// first one.
pub fn send(socket: &UdpSocket, messages: &[Message]) -> io::Result<usize> {
    // Most calls of a paced sender have one message; clearing an array for many would be a waste.
    match messages.len() {
        0 => Ok(0),
        1 => send_at_most::<1>(socket, messages),
        2..=8 => send_at_most::<8>(socket, messages),
        _ => send_at_most::<MOST>(socket, messages),
    }
}

fn send_at_most<const N: usize>(socket: &UdpSocket, messages: &[Message]) -> io::Result<usize> {
    let count = messages.len().min(N);
    let mut names: [Option<SockAddr>; N] = [const { None }; N];
    let mut segments = [Segment::new(0); N];
    let mut vectors = [libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }; N];
    // SAFETY: `mmsghdr` is a plain C struct of integers and pointers, for which all zeroes is a
    // valid value.
    let mut headers: [libc::mmsghdr; N] = unsafe { mem::zeroed() };
    for (slot, message) in messages[..count].iter().enumerate() {
        let header = &mut headers[slot].msg_hdr;
        if let Some(to) = message.to {
            let name = names[slot].insert(SockAddr::from(to));
            header.msg_name = name.as_ptr().cast_mut().cast::<c_void>();
            header.msg_namelen = name.len() as socklen_t;
        }
        vectors[slot] = libc::iovec {
            iov_base: message.bytes.as_ptr().cast_mut().cast(),
            iov_len: message.bytes.len(),
        };
        header.msg_iov = &raw mut vectors[slot];
        header.msg_iovlen = 1;
        if let Some(size) = message.segment {
            segments[slot] = Segment::new(size);
            header.msg_control = (&raw mut segments[slot]).cast();
            header.msg_controllen = size_of::<Segment>() as _;
        }
    }
    // SAFETY: each of the first `count` headers points to a name, a vector, bytes and a control
    // message of the lengths it states, or to none; all of them outlive the call, the kernel
    // only reads them, and the descriptor is open because `socket` is borrowed.
    let sent =
        unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count as c_uint, 0) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Whether the kernel supports trains (Linux 4.18): older ones ignore the control message.
pub fn can_send_trains(socket: &UdpSocket) -> bool {
    let (mut size, mut len): (c_int, socklen_t) = (0, size_of::<c_int>() as socklen_t);
    // SAFETY: `size` has room for the `len` bytes that the kernel may write, and both outlive the
    // call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_UDP,
            libc::UDP_SEGMENT,
            (&raw mut size).cast::<c_void>(),
            &raw mut len,
        )
    };
    result == 0
}

/// Whether a train was refused for being one: the interface does not compute checksums (EIO), a
/// datagram of it does not fit a frame, or the train exceeds the kernel's maximum (EINVAL,
/// EMSGSIZE; net/ipv4/udp.c).
pub fn is_train_refused(error: &io::Error) -> bool {
    let number = error.raw_os_error();
    [libc::EIO, libc::EINVAL, libc::EMSGSIZE, libc::EOPNOTSUPP]
        .into_iter()
        .any(|known| number == Some(known))
}
