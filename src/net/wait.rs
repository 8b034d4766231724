//! Waiting: for datagrams, for a signal, for the end of a child process, for a reader that goes away, for news of the interfaces, or for a
//! time to come.

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

/// What ended a wait.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Woken {
    /// The reader of the output is gone.
    pub reader_gone: bool,
    /// There is news of the interfaces.
    pub interfaces: bool,
}

/// Waits without sockets: until a time, a signal, or the end of a child. Answers whether the reader of the output is gone.
///
/// # Errors
/// What the system refused.
pub fn wait(wake: Wake, until: Option<Instant>) -> Result<bool, NetError> {
    Ok(wait_for([], None, wake, until, &mut Vec::new())?.reader_gone)
}

/// The same with sockets and the source of news of the interfaces; writes the positions of the readable sockets into `ready`.
pub(super) fn wait_for<'a>(
    sockets: impl IntoIterator<Item = PollSource<'a>>,
    interfaces: Option<PollSource<'a>>,
    wake: Wake<'a>,
    until: Option<Instant>,
    ready: &mut Vec<usize>,
) -> Result<Woken, NetError> {
    let mut sources: Vec<PollSource> = sockets.into_iter().collect();
    let sockets = sources.len();
    sources.extend(interfaces);
    #[cfg(unix)]
    sources.push(std::os::fd::AsFd::as_fd(wake.interrupt));
    let reader_gone = sys::poll(&sources, wake.output, until, ready).map_err(|error| Operation::Wait.failed(error))?;
    wake.interrupt.drain();
    let woken = Woken { reader_gone, interfaces: interfaces.is_some() && ready.contains(&sockets) };
    ready.retain(|position| *position < sockets);
    Ok(woken)
}

/// Above this number of sockets, asking each one at every wake costs more than a second call.
#[cfg(target_os = "linux")]
const FEW: usize = 8;

/// Many sockets as one thing to wait for, which then tells those that are ready: epoll(7).
#[cfg(target_os = "linux")]
pub(super) struct Many(nix::sys::epoll::Epoll);

#[cfg(target_os = "linux")]
impl Many {
    /// Takes the sockets together, in their order; `None` where they are few.
    pub fn for_sockets<'a>(sockets: impl ExactSizeIterator<Item = &'a UdpSocket>) -> Result<Option<Self>, NetError> {
        use nix::sys::epoll::{Epoll, EpollCreateFlags};
        if sockets.len() <= FEW {
            return Ok(None);
        }
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(|error| Operation::Wait.failed(error.into()))?;
        let many = Many(epoll);
        sockets.enumerate().try_for_each(|(position, socket)| many.add(position, socket))?;
        Ok(Some(many))
    }

    /// Adds a socket. One that was closed is no longer waited for.
    pub fn add(&self, position: usize, socket: &UdpSocket) -> Result<(), NetError> {
        use nix::sys::epoll::{EpollEvent, EpollFlags};
        let event = EpollEvent::new(EpollFlags::EPOLLIN, position as u64);
        self.0.add(socket, event).map_err(|error| Operation::Wait.failed(error.into()))
    }

    /// What to wait for.
    pub fn source(&self) -> PollSource<'_> {
        sys::borrow(&self.0.0)
    }

    /// Writes the positions of sockets that are ready into `ready`: some of them, if they are many; the others are told the next time.
    pub fn ready(&self, ready: &mut Vec<usize>) -> Result<(), NetError> {
        use nix::errno::Errno;
        use nix::sys::epoll::{EpollEvent, EpollTimeout};
        let mut events = [EpollEvent::empty(); 256];
        let count = match self.0.wait(&mut events, EpollTimeout::ZERO) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(error) => return Err(Operation::Wait.failed(error.into())),
        };
        ready.clear();
        ready.extend(events[..count].iter().map(|event| event.data() as usize));
        Ok(())
    }
}

/// Other systems wait for each socket.
#[cfg(not(target_os = "linux"))]
pub(super) enum Many {}

#[cfg(not(target_os = "linux"))]
impl Many {
    pub fn for_sockets<'a>(_sockets: impl ExactSizeIterator<Item = &'a UdpSocket>) -> Result<Option<Self>, NetError> {
        Ok(None)
    }

    pub fn add(&self, _position: usize, _socket: &UdpSocket) -> Result<(), NetError> {
        match *self {}
    }

    pub fn source(&self) -> PollSource<'_> {
        match *self {}
    }

    pub fn ready(&self, _ready: &mut Vec<usize>) -> Result<(), NetError> {
        match *self {}
    }
}
