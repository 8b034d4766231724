//! Two connected sockets: one wakes a wait for the other. WSAPoll waits for sockets only.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};

/// The receiving socket and the sending one, on the loopback interface. Neither blocks.
pub fn connected_pair() -> io::Result<(UdpSocket, UdpSocket)> {
    let local = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
    let (receiver, sender) = (local()?, local()?);
    // Other programs cannot wake the wait.
    receiver.connect(sender.local_addr()?)?;
    sender.connect(receiver.local_addr()?)?;
    receiver.set_nonblocking(true)?;
    sender.set_nonblocking(true)?;
    Ok((receiver, sender))
}
