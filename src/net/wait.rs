//! Waits for datagrams, signals, ended child processes, closed outputs, interface changes, or a
//! time.

use std::net::UdpSocket;
use std::time::Instant;

use super::{NetError, Operation};
use crate::sys;
use crate::sys::{Backend, Interrupt, PollSource};

/// The events that end a wait, besides datagrams.
#[derive(Clone, Copy)]
pub struct Wake<'a> {
    /// Signals and ended child processes.
    pub interrupt: &'a Interrupt,
    /// The output, to detect a closed reader (`mcast recv | head -1`).
    pub output: Option<PollSource<'a>>,
}

/// The events that ended a wait.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Woken {
    /// The reader of the output is gone.
    pub reader_gone: bool,
    /// The source of interface changes is readable.
    pub interfaces: bool,
}

/// Waits without sockets: until a time, a signal, or the end of a child process. Returns whether
/// the reader of the output is gone.
///
/// # Errors
/// The error of the system.
pub fn wait(wake: Wake, until: Option<Instant>) -> Result<bool, NetError> {
    wait_for_input(None, wake, until)
}

/// As [`wait()`], or until `input` is readable.
///
/// # Errors
/// The error of the system.
pub fn wait_for_input(
    input: Option<PollSource>,
    wake: Wake,
    until: Option<Instant>,
) -> Result<bool, NetError> {
    Ok(wait_for(input, None, wake, until, &mut Vec::new())?.reader_gone)
}

/// Waits with sockets and the source of interface changes. Writes the positions of the readable
/// sockets to `ready`.
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
    sources.extend(wake.interrupt.source());
    let reader_gone = sys::poll(&sources, wake.output, until, ready)
        .map_err(|error| Operation::Wait.failed(error))?;
    // The signals are the last source.
    if ready.last().is_some_and(|last| *last + 1 == sources.len()) {
        wake.interrupt.drain();
    }
    let woken = Woken { reader_gone, interfaces: interfaces.is_some() && ready.contains(&sockets) };
    ready.retain(|position| *position < sockets);
    Ok(woken)
}

/// The sources of a receiver, registered with epoll(7) once. On other systems each wait lists its
/// sources ([`wait_for`]).
pub(super) struct Waiter {
    waiter: sys::Waiter,
    /// The first wait adds the signals and the output.
    complete: bool,
}

impl Waiter {
    const INTERRUPT: u64 = u64::MAX;
    const INTERFACES: u64 = u64::MAX - 1;
    const OUTPUT: u64 = u64::MAX - 2;
    /// The first of the sockets for answers.
    const REPLIES: u64 = 1 << 32;

    /// Registers the sockets in their order and the source of interface changes. `None` if the
    /// system has no epoll.
    pub fn new<'a>(
        sockets: impl Iterator<Item = &'a UdpSocket>,
        interfaces: Option<PollSource<'_>>,
        backend: Backend,
    ) -> Result<Option<Self>, NetError> {
        let failed = |error| Operation::Wait.failed(error);
        if !backend.is_native() {
            return Ok(None);
        }
        let Some(waiter) = sys::Waiter::new().map_err(failed)? else { return Ok(None) };
        let waiter = Waiter { waiter, complete: false };
        sockets.enumerate().try_for_each(|(position, socket)| waiter.add(position, socket))?;
        interfaces
            .map_or(Ok(()), |source| waiter.waiter.add(Self::INTERFACES, source))
            .map_err(failed)?;
        Ok(Some(waiter))
    }

    /// Adds a socket. Closing a socket removes it.
    pub fn add(&self, position: usize, socket: &UdpSocket) -> Result<(), NetError> {
        let source = sys::borrow(socket);
        self.waiter.add(position as u64, source).map_err(|error| Operation::Wait.failed(error))
    }

    /// Adds a socket for answers.
    pub fn add_reply(&self, position: usize, socket: &UdpSocket) -> Result<(), NetError> {
        let source = sys::borrow(socket);
        let number = Self::REPLIES + position as u64;
        self.waiter.add(number, source).map_err(|error| Operation::Wait.failed(error))
    }

    /// As [`wait_for`]; writes the positions of the readable sockets for answers to `replies`. Of
    /// many ready sockets, some are reported by the next call.
    pub fn wait(
        &mut self,
        wake: Wake,
        until: Option<Instant>,
        ready: &mut Vec<usize>,
        replies: &mut Vec<usize>,
    ) -> Result<Woken, NetError> {
        let failed = |error| Operation::Wait.failed(error);
        ready.clear();
        replies.clear();
        if !self.complete {
            wake.interrupt
                .source()
                .map_or(Ok(()), |source| self.waiter.add(Self::INTERRUPT, source))
                .map_err(failed)?;
            wake.output
                .map_or(Ok(false), |output| self.waiter.add_output(Self::OUTPUT, output))
                .map_err(failed)?;
            self.complete = true;
        }
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let (mut woken, mut interrupted) = (Woken::default(), false);
        for found in self.waiter.wait(left).map_err(failed)? {
            match found.number {
                Self::INTERRUPT => interrupted = true,
                Self::INTERFACES => woken.interfaces = true,
                Self::OUTPUT => woken.reader_gone = found.hung_up,
                number if number >= Self::REPLIES => {
                    replies.extend(usize::try_from(number - Self::REPLIES));
                }
                position => ready.extend(usize::try_from(position)),
            }
        }
        if interrupted {
            wake.interrupt.drain();
        }
        Ok(woken)
    }
}
