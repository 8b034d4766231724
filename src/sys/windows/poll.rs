//! Waits on Windows, by WSAPoll.

use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{io, thread};

use windows_sys::Win32::Networking::WinSock::{
    POLLERR, POLLHUP, POLLRDNORM, SOCKET, WSAPOLLFD, WSAPoll,
};

/// A source of a wait.
pub type PollSource<'a> = BorrowedSocket<'a>;

/// The longest wait without a source, or if an event wakes no wait.
const SLICE: Duration = Duration::from_millis(20);

/// Some signal or ended child process wakes no wait.
static MISSES_EVENTS: AtomicBool = AtomicBool::new(false);

/// Limits each wait from now on, because some event wakes none.
pub fn wait_in_slices() {
    MISSES_EVENTS.store(true, Ordering::Relaxed);
}

/// An open socket as a source.
pub fn borrow(open: &impl AsSocket) -> PollSource<'_> {
    open.as_socket()
}

/// Windows does not report space in the send buffer: waits for a moment.
pub fn wait_for_room(
    _socket: Option<PollSource>,
    _interrupt: Option<PollSource>,
    until: Instant,
) -> io::Result<()> {
    thread::sleep(until.saturating_duration_since(Instant::now()).min(Duration::from_millis(1)));
    Ok(())
}

/// Waits until one of `sources` is readable or `until` has passed; without sources, until a slice of
/// time is over. Writes the positions of the readable sources to `ready`. Returns always false:
/// Windows reports a closed reader only at the next write.
pub fn poll(
    sources: &[PollSource],
    _output: Option<PollSource>,
    until: Option<Instant>,
    ready: &mut Vec<usize>,
) -> io::Result<bool> {
    ready.clear();
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    let is_sliced = sources.is_empty() || MISSES_EVENTS.load(Ordering::Relaxed);
    let left = if is_sliced { Some(left.unwrap_or(SLICE).min(SLICE)) } else { left };
    if sources.is_empty() {
        thread::sleep(left.unwrap_or(SLICE));
        return Ok(false);
    }
    let mut polled: Vec<WSAPOLLFD> = sources
        .iter()
        .map(|source| WSAPOLLFD {
            fd: source.as_raw_socket() as SOCKET,
            events: POLLRDNORM,
            revents: 0,
        })
        .collect();
    // SAFETY: `polled` is an array of the length that is passed, it outlives the call, and its
    // sockets are borrowed, hence open.
    let count =
        unsafe { WSAPoll(polled.as_mut_ptr(), polled.len() as u32, left.map_or(-1, milliseconds)) };
    if count < 0 {
        return Err(io::Error::last_os_error());
    }
    let fired = |polled: &WSAPOLLFD| polled.revents & (POLLRDNORM | POLLERR | POLLHUP) != 0;
    ready.extend(
        polled.iter().enumerate().filter(|(_, polled)| fired(polled)).map(|(position, _)| position),
    );
    Ok(false)
}

/// Rounded up: a shorter wait would repeat until the time has passed.
fn milliseconds(time: Duration) -> i32 {
    i32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(i32::MAX)
}
