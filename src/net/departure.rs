//! How a load leaves: one socket after the other, in trains where several datagrams of one length go to one endpoint.

use std::io;
use std::ops::Range;

use super::load::Piece;

/// The longest train that a socket is asked for; where it refuses, less is tried.
pub(super) const LONGEST: usize = 128;

/// What became of the first datagrams of a load. Those that it does not speak of are still to be sent.
#[derive(Debug, Default)]
pub struct Departure {
    /// How many left.
    pub datagrams: usize,
    /// An earlier one to a unicast address came back: nobody listens there, or nobody is there.
    pub returned: Option<io::Error>,
    /// What became of those behind them.
    pub failure: Option<Failure>,
}

/// Datagrams that did not leave.
#[derive(Debug)]
pub struct Failure {
    /// How many; all of them go to one endpoint.
    pub datagrams: usize,
    /// There was no room for them, and there will be.
    pub full: bool,
    /// What the system said.
    pub error: super::NetError,
}

/// The datagrams from `first` on that go into one message: as many of one endpoint and one length as `longest` lets into a train.
pub(super) fn message(pieces: &[Piece], first: usize, longest: usize, most_bytes: usize) -> Range<usize> {
    let Piece { position, len, .. } = pieces[first];
    // The kernel takes a segment of no bytes for no segmentation.
    let longest = most_bytes.checked_div(len).map_or(1, |fit| fit.min(longest).max(1));
    let alike = pieces[first..].iter().take(longest).take_while(|piece| piece.position == position && piece.len == len);
    first..first + alike.count()
}

/// What a socket is asked for that refused a train of `datagrams`: what every kernel takes, if it was more (UDP_MAX_SEGMENTS was 64 before Linux 6.9), or
/// none at all.
pub(super) fn shorter(datagrams: usize) -> usize {
    const EVERY_KERNEL: usize = 64;
    if datagrams > EVERY_KERNEL { EVERY_KERNEL } else { 1 }
}

/// Whether a train was refused for being one: the interface does not compute checksums (EIO), or a datagram of it would not fit into a frame, or the
/// train is longer than the kernel takes (EINVAL, EMSGSIZE; net/ipv4/udp.c).
#[cfg(target_os = "linux")]
pub(super) fn is_of_a_train(error: &io::Error) -> bool {
    let number = error.raw_os_error();
    [libc::EIO, libc::EINVAL, libc::EMSGSIZE, libc::EOPNOTSUPP].into_iter().any(|known| number == Some(known))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_of_a_train(_error: &io::Error) -> bool {
    false
}

/// Whether there is no room for a datagram now, and there will be: in the socket's buffer, or in the queue of the interface.
pub(super) fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(super::error::NO_BUFFERS)
}
