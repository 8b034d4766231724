//! Trains of datagrams in one buffer.

use std::io;
use std::net::UdpSocket;

pub fn can_send_trains(_socket: &UdpSocket) -> bool {
    false
}

pub fn is_train_refused(_error: &io::Error) -> bool {
    false
}

pub fn take_trains(_socket: &UdpSocket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
