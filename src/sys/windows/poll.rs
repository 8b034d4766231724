//! Waits on Windows: WSAPoll in slices, because Ctrl-C and ended child processes do not wake it.

use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket};
use std::time::{Duration, Instant};
use std::{io, thread};

use windows_sys::Win32::Networking::WinSock::{
    POLLERR, POLLHUP, POLLRDNORM, SOCKET, WSAPOLLFD, WSAPoll,
};

/// A source of a wait.
pub type PollSource<'a> = BorrowedSocket<'a>;

/// The longest wait before the caller checks its flags again.
const SLICE: Duration = Duration::from_millis(20);

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

/// Waits until one of `sources` is readable, `until` has passed, or a slice of time is over. Writes
/// the positions of the readable sources to `ready`. Returns always false: Windows reports a closed
/// reader only at the next write.
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
