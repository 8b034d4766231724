//! The messages about interfaces from the routing socket of macOS and FreeBSD (route(4)). They need
//! no rights.

use std::io;

use tracing::debug;

use super::messages::Messages;
use super::routing_messages::Reader;
use crate::host::routing::Layout;
use crate::sys::{PollSource, RoutingSocket};

/// The receive buffer: a host that starts a hundred containers or VPNs sends many messages.
const BUFFER: usize = 1 << 18;

/// A socket that receives the kernel's messages.
pub struct Listener {
    socket: RoutingSocket,
    /// The bytes that the kernel keeps for this socket.
    buffer: usize,
}

impl Listener {
    /// `None` on systems without such messages.
    pub fn open() -> io::Result<Option<Self>> {
        let socket = RoutingSocket::open()?;
        let buffer = socket.enlarge_buffer(BUFFER);
        Ok(Some(Listener { socket, buffer }))
    }

    pub fn source(&self) -> PollSource<'_> {
        self.socket.source()
    }

    /// Reads all waiting messages. Some may have been lost.
    pub fn read(&self) -> Messages {
        let mut reader = Reader::new(self.buffer);
        // No message is longer: its length is a u16.
        let mut bytes = vec![0; 1 << 16];
        loop {
            match self.socket.read(&mut bytes) {
                Ok(0) => return reader.messages(),
                Ok(length) => reader.read(&bytes[..length], &Layout::HERE),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return reader.messages();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    debug!("lost messages about interfaces");
                    reader.note_loss();
                }
                Err(error) => {
                    debug!(%error, "cannot read messages about interfaces");
                    return reader.messages();
                }
            }
        }
    }
}
