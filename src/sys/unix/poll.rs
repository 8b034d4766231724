//! Waits on Unix: poll(2), woken by datagrams, by signals through their pipe, and by a closed
//! output.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};

/// A source of a wait.
pub type PollSource<'a> = BorrowedFd<'a>;

/// An open descriptor as a source.
pub fn borrow(open: &impl AsFd) -> PollSource<'_> {
    open.as_fd()
}

/// Waits until one of `sources` is readable, the reader of `output` is gone, or `until` has passed.
/// Writes the positions of the readable sources to `ready`; returns whether the reader is gone. A
/// signal ends the wait early.
pub fn poll(
    sources: &[PollSource],
    output: Option<PollSource>,
    until: Option<Instant>,
    ready: &mut Vec<usize>,
) -> io::Result<bool> {
    ready.clear();
    let mut polled: Vec<PollFd> =
        sources.iter().map(|fd| PollFd::new(*fd, PollFlags::POLLIN)).collect();
    // Linux and FreeBSD report errors and hang-ups without a requested event; on macOS the next
    // write fails.
    polled.extend(output.map(|fd| PollFd::new(fd, PollFlags::empty())));
    match poll_until(&mut polled, until) {
        Ok(0) | Err(Errno::EINTR) => return Ok(false),
        Ok(_) => {}
        Err(errno) => return Err(errno.into()),
    }
    let fired =
        |polled: &PollFd, flags| polled.revents().is_some_and(|events| events.intersects(flags));
    let (inputs, outputs) = polled.split_at(sources.len());
    let readable = PollFlags::POLLIN | PollFlags::POLLERR | PollFlags::POLLHUP;
    ready.extend(
        inputs
            .iter()
            .enumerate()
            .filter(|(_, polled)| fired(polled, readable))
            .map(|(position, _)| position),
    );
    Ok(outputs.iter().any(|polled| fired(polled, PollFlags::POLLERR | PollFlags::POLLHUP)))
}

/// Whether bytes wait in a pipe. Its end or an error are no bytes.
pub fn has_input(pipe: PollSource) -> bool {
    let mut polled = [PollFd::new(pipe, PollFlags::POLLIN)];
    poll_until(&mut polled, Some(Instant::now())).is_ok_and(|ready| ready > 0)
        && polled[0].revents().is_some_and(|events| events.contains(PollFlags::POLLIN))
}

/// Waits until `output` is writable or reports an error, until a signal, or until `until`. Returns
/// whether a write returns at once.
pub fn wait_until_writable(output: PollSource, until: Instant) -> io::Result<bool> {
    let mut polled = [PollFd::new(output, PollFlags::POLLOUT)];
    match poll_until(&mut polled, Some(until)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Waits until `socket` is writable, if there is one, until a signal, or until `until`.
pub fn wait_for_room(
    socket: Option<PollSource>,
    interrupt: Option<PollSource>,
    until: Instant,
) -> io::Result<()> {
    let mut polled: Vec<PollFd> =
        interrupt.into_iter().map(|signals| PollFd::new(signals, PollFlags::POLLIN)).collect();
    polled.extend(socket.map(|socket| PollFd::new(socket, PollFlags::POLLOUT)));
    match poll_until(&mut polled, Some(until)) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(errno) => return Err(errno.into()),
    }
    // A pending error would end each wait at once.
    if polled
        .last()
        .and_then(PollFd::revents)
        .is_some_and(|events| events.contains(PollFlags::POLLERR))
    {
        std::thread::sleep(std::time::Duration::from_micros(100));
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn poll_until(polled: &mut [PollFd], until: Option<Instant>) -> nix::Result<i32> {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    nix::poll::ppoll(polled, left.map(nix::sys::time::TimeSpec::from_duration), None)
}

/// poll(2) has a resolution of 1 ms. The wait is rounded up: an early wake-up would only cause
/// another wait.
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
fn poll_until(polled: &mut [PollFd], until: Option<Instant>) -> nix::Result<i32> {
    use std::time::Duration;

    use nix::poll::PollTimeout;
    let timeout = until.map_or(PollTimeout::NONE, |until| {
        let left = until.saturating_duration_since(Instant::now()) + Duration::from_nanos(999_999);
        PollTimeout::try_from(left.as_millis()).unwrap_or(PollTimeout::MAX)
    });
    nix::poll::poll(polled, timeout)
}
