//! The sockets from which a receiver answers.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// An unconnected socket for each family, on a port that the system chooses. Each is opened with
/// the first answer.
#[derive(Debug, Default)]
pub struct ReplySockets {
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
}

impl ReplySockets {
    /// Sends an answer without waiting.
    ///
    /// # Errors
    /// The error of the system.
    pub fn send(&mut self, payload: &[u8], to: SocketAddr) -> io::Result<()> {
        let (socket, any) = match to {
            SocketAddr::V4(_) => (&mut self.v4, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))),
            SocketAddr::V6(_) => (&mut self.v6, SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))),
        };
        let socket = match socket {
            Some(socket) => socket,
            None => {
                let opened = UdpSocket::bind(any)?;
                opened.set_nonblocking(true)?;
                socket.insert(opened)
            }
        };
        socket.send_to(payload, to).map(drop)
    }
}
