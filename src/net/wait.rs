//! Waiting: for datagrams, for a signal, for the end of a child process, for a reader that goes away, or for a time to come.

use std::io;
use std::net::UdpSocket;
use std::time::Instant;

use super::sys::{self, PollSource};
use super::{NetError, Operation};
use crate::interrupt::Interrupt;

/// What ends a wait besides a datagram.
#[derive(Clone, Copy)]
pub struct Wake<'a> {
    /// Signals, and the end of a child process.
    pub interrupt: &'a Interrupt,
    /// Where results go, to notice at once that their reader has gone (`mcast recv | head -1`).
    pub output: Option<PollSource<'a>>,
}

/// Waits without sockets: until a time, a signal, or the end of a child. Answers whether the reader of the output is gone.
///
/// # Errors
/// What the system refused.
pub fn wait(wake: Wake, until: Option<Instant>) -> Result<bool, NetError> {
    wait_for(&[], wake, until, &mut Vec::new())
}

/// The same with sockets; writes the positions of the readable ones into `ready`.
pub(super) fn wait_for(
    sockets: &[&UdpSocket],
    wake: Wake,
    until: Option<Instant>,
    ready: &mut Vec<usize>,
) -> Result<bool, NetError> {
    let closed = poll(sockets, wake, until, ready).map_err(|error| Operation::Wait.failed(error))?;
    wake.interrupt.drain();
    Ok(closed)
}

#[cfg(unix)]
fn poll(sockets: &[&UdpSocket], wake: Wake, until: Option<Instant>, ready: &mut Vec<usize>) -> io::Result<bool> {
    use std::os::fd::AsFd;
    let mut sources: Vec<PollSource> = sockets.iter().map(|socket| socket.as_fd()).collect();
    sources.push(wake.interrupt.as_fd());
    let closed = sys::poll(&sources, wake.output, until, ready)?;
    ready.retain(|position| *position < sockets.len());
    Ok(closed)
}

#[cfg(windows)]
fn poll(sockets: &[&UdpSocket], wake: Wake, until: Option<Instant>, ready: &mut Vec<usize>) -> io::Result<bool> {
    use std::os::windows::io::AsSocket;
    let sources: Vec<PollSource> = sockets.iter().map(|socket| socket.as_socket()).collect();
    sys::poll(&sources, wake.output, until, ready)
}
