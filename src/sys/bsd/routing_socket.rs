//! A routing socket (route(4)).

use std::io::{self, Read, Write};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::sys::os::{PollSource, borrow};

/// A socket that receives the kernel's messages about interfaces and routes.
pub struct RoutingSocket(Socket);

impl RoutingSocket {
    /// Opens a socket that does not block. It needs no rights.
    pub fn open() -> io::Result<Self> {
        let socket = Socket::new(Domain::from(libc::PF_ROUTE), Type::from(libc::SOCK_RAW), None)?;
        socket.set_nonblocking(true)?;
        report_losses(&socket);
        Ok(RoutingSocket(socket))
    }

    /// Opens a socket for one request, whose reads block for at most this time.
    pub fn open_for_request(most: Duration) -> io::Result<Self> {
        let socket = Socket::new(Domain::from(libc::PF_ROUTE), Type::from(libc::SOCK_RAW), None)?;
        socket.set_read_timeout(Some(most))?;
        Ok(RoutingSocket(socket))
    }

    /// Asks for a buffer of this size, and returns the size that the kernel granted.
    pub fn enlarge_buffer(&self, bytes: usize) -> usize {
        let _ = self.0.set_recv_buffer_size(bytes);
        self.0.recv_buffer_size().unwrap_or(0)
    }

    pub fn source(&self) -> PollSource<'_> {
        borrow(&self.0)
    }

    pub fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        (&self.0).read(bytes)
    }

    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        (&self.0).write(bytes)
    }
}

/// FreeBSD 14 reports a full buffer as ENOBUFS if it is asked to (SO_RERROR). Older versions refuse
/// the option.
#[cfg(target_os = "freebsd")]
fn report_losses(socket: &Socket) {
    use std::os::fd::AsRawFd;
    let on: libc::c_int = 1;
    // SAFETY: `on` outlives the call and its exact size is passed; the descriptor is open because
    // `socket` is borrowed.
    let _ = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RERROR,
            std::ptr::from_ref(&on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
}

/// macOS has no such option.
#[cfg(not(target_os = "freebsd"))]
fn report_losses(_socket: &Socket) {}
