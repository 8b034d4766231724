//! Waiting on Windows: WSAPoll, in slices, because nothing wakes it for Ctrl-C or for the end of a
//! child process.

use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket};
use std::time::{Duration, Instant};
use std::{io, thread};

use windows_sys::Win32::Networking::WinSock::{
    POLLERR, POLLHUP, POLLRDNORM, SOCKET, WSAEMFILE, WSAPOLLFD, WSAPoll,
};

/// What can be waited for.
pub type PollSource<'a> = BorrowedSocket<'a>;

/// The longest wait before the caller looks at its flags again.
const SLICE: Duration = Duration::from_millis(20);

/// Something open, as a thing to wait for.
pub fn borrow(open: &impl AsSocket) -> PollSource<'_> {
    open.as_socket()
}

/// The error of opening more sockets than the process may.
pub fn too_many_files() -> io::Error {
    io::Error::from_raw_os_error(WSAEMFILE)
}

/// Always true: Windows has no background processes on a console.
pub fn stderr_is_foreground() -> bool {
    true
}

/// Always true: Windows does not report whether a write to a console would block.
pub fn stderr_is_writable() -> bool {
    true
}

/// Waits for room: a moment.
pub fn wait_for_room(
    _socket: Option<PollSource>,
    _interrupt: &crate::sys::Interrupt,
    until: Instant,
) -> io::Result<()> {
    thread::sleep(until.saturating_duration_since(Instant::now()).min(Duration::from_millis(1)));
    Ok(())
}

/// Waits until one of `sources` can be read, `until` has passed, or a slice of time is over. Writes
/// the positions of the readable ones into `ready`. Windows does not tell that a reader went away
/// until the next write, so the answer is always no.
pub fn poll(
    sources: &[PollSource],
    _output: Option<PollSource>,
    until: Option<Instant>,
    ready: &mut Vec<usize>,
) -> io::Result<bool> {
    ready.clear();
    let left =
        until.map_or(SLICE, |until| until.saturating_duration_since(Instant::now()).min(SLICE));
    if sources.is_empty() {
        thread::sleep(left);
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
    let count = unsafe {
        WSAPoll(polled.as_mut_ptr(), polled.len() as u32, left.as_micros().div_ceil(1000) as i32)
    };
    if count < 0 {
        return Err(io::Error::last_os_error());
    }
    let fired = |polled: &WSAPOLLFD| polled.revents & (POLLRDNORM | POLLERR | POLLHUP) != 0;
    ready.extend(
        polled.iter().enumerate().filter(|(_, polled)| fired(polled)).map(|(position, _)| position),
    );
    Ok(false)
}
