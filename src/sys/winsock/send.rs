//! Sends datagrams, and trains of datagrams in one buffer (UDP_SEND_MSG_SIZE).

use std::net::UdpSocket;
use std::os::windows::io::AsRawSocket;
use std::{io, mem, ptr};

use socket2::SockAddr;
use windows_sys::Win32::Networking::WinSock::{
    IPPROTO_UDP, SOCKET, UDP_SEND_MSG_SIZE, WSABUF, WSAEINVAL, WSAEMSGSIZE, WSAENOPROTOOPT,
    WSAEOPNOTSUPP, WSAMSG, WSASendMsg, getsockopt,
};

use crate::sys::message::Message;

/// A control message with the segment length: `WSACMSGHDR`, then a `DWORD`.
#[repr(C, align(8))]
struct Segment {
    len: usize,
    level: i32,
    kind: i32,
    size: u32,
    padding: [u8; 4],
}

impl Segment {
    fn new(size: u16) -> Self {
        // The length excludes the padding.
        let len = mem::offset_of!(Segment, size) + size_of::<u32>();
        let (level, kind, size) = (IPPROTO_UDP, UDP_SEND_MSG_SIZE, u32::from(size));
        Segment { len, level, kind, size, padding: [0; 4] }
    }
}

/// Sends messages until one is refused. Returns the number of sent ones; the error is that of the
/// first one.
pub fn send(socket: &UdpSocket, messages: &[Message]) -> io::Result<usize> {
    for (sent, message) in messages.iter().enumerate() {
        let result = match (message.segment, message.to) {
            (Some(size), to) => send_train(socket, message.bytes, size, to.map(SockAddr::from)),
            (None, Some(to)) => socket.send_to(message.bytes, to).map(drop),
            (None, None) => socket.send(message.bytes).map(drop),
        };
        match result {
            Ok(()) => {}
            Err(error) if sent == 0 => return Err(error),
            Err(_) => return Ok(sent),
        }
    }
    Ok(messages.len())
}

/// Sends datagrams of `size` bytes, of which the last may be shorter.
fn send_train(socket: &UdpSocket, bytes: &[u8], size: u16, to: Option<SockAddr>) -> io::Result<()> {
    let mut segment = Segment::new(size);
    let len = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut buffer = WSABUF { len, buf: bytes.as_ptr().cast_mut() };
    let name = to.as_ref().map_or(ptr::null(), SockAddr::as_ptr);
    let message = WSAMSG {
        name: name.cast_mut().cast(),
        namelen: to.as_ref().map_or(0, SockAddr::len),
        lpBuffers: &raw mut buffer,
        dwBufferCount: 1,
        Control: WSABUF {
            len: size_of::<Segment>() as u32,
            buf: ptr::from_mut(&mut segment).cast(),
        },
        dwFlags: 0,
    };
    let mut sent = 0;
    // SAFETY: the message points to a name or none, to bytes and to a control message of the
    // lengths it states; all of them outlive the call, since it is not overlapped; the system only
    // reads them, and the socket is open because it is borrowed.
    let result = unsafe {
        WSASendMsg(
            socket.as_raw_socket() as SOCKET,
            &raw const message,
            0,
            &raw mut sent,
            ptr::null_mut(),
            None,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether the system splits trains (Windows 10, version 2004).
pub fn can_send_trains(socket: &UdpSocket) -> bool {
    let (mut size, mut len) = (0_u32, size_of::<u32>() as i32);
    // SAFETY: `size` has room for the `len` bytes that the system may write, and both outlive the
    // call; the socket is open because it is borrowed.
    let result = unsafe {
        getsockopt(
            socket.as_raw_socket() as SOCKET,
            IPPROTO_UDP,
            UDP_SEND_MSG_SIZE,
            (&raw mut size).cast::<u8>(),
            &raw mut len,
        )
    };
    result == 0
}

/// Whether a train was refused for being one.
pub fn is_train_refused(error: &io::Error) -> bool {
    let number = error.raw_os_error();
    [WSAEINVAL, WSAEMSGSIZE, WSAENOPROTOOPT, WSAEOPNOTSUPP]
        .into_iter()
        .any(|known| number == Some(known))
}
