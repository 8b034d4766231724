//! Waits on Linux: epoll(7). Sources are registered once: the cost of a wake-up does not depend on
//! their number.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

use crate::sys::os::PollSource;
use crate::sys::ready::Ready;

/// The maximum number of reported sources per wake-up; the next one reports the others.
pub const MOST: usize = 64;

/// Numbered sources to wait for.
pub struct Waiter {
    epoll: Epoll,
    events: [libc::epoll_event; MOST],
}

impl Waiter {
    /// `None` on systems without epoll.
    pub fn new() -> io::Result<Option<Self>> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        Ok(Some(Waiter { epoll, events: [libc::epoll_event { events: 0, u64: 0 }; MOST] }))
    }

    /// Adds a source to wait for. Closing it removes it.
    pub fn add(&self, number: u64, source: PollSource) -> io::Result<()> {
        Ok(self.epoll.add(source, EpollEvent::new(EpollFlags::EPOLLIN, number))?)
    }

    /// Adds an output, to detect a closed other end. Returns whether this is possible: a file has
    /// none (EPERM, epoll_ctl(2)).
    pub fn add_output(&self, number: u64, output: PollSource) -> io::Result<bool> {
        match self.epoll.add(output, EpollEvent::new(EpollFlags::empty(), number)) {
            Ok(()) => Ok(true),
            Err(Errno::EPERM | Errno::EEXIST) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Waits for any source, at most `time`. A signal ends the wait early.
    pub fn wait(&mut self, time: Option<Duration>) -> io::Result<impl Iterator<Item = Ready> + '_> {
        let count = match self.wait_exactly(time) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        let gone = (libc::EPOLLERR | libc::EPOLLHUP) as u32;
        Ok(self.events[..count].iter().map(move |event| {
            // The struct is packed: copy its fields before use.
            let (number, events) = (event.u64, event.events);
            Ready { number, hung_up: events & gone != 0 }
        }))
    }

    fn wait_exactly(&mut self, time: Option<Duration>) -> io::Result<usize> {
        /// Linux before 5.11, or a sandbox, has no epoll_pwait2(2), and epoll_wait(2) has a
        /// resolution of 1 ms.
        static COARSE: AtomicBool = AtomicBool::new(false);
        match time {
            None => return self.epoll_wait(-1),
            Some(Duration::ZERO) => return self.epoll_wait(0),
            Some(time) if !COARSE.load(Ordering::Relaxed) => match self.epoll_pwait2(time) {
                Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => {
                    tracing::debug!(%error, "no epoll_pwait2; using two calls per wait");
                    COARSE.store(true, Ordering::Relaxed);
                }
                waited => return waited,
            },
            Some(_) => {}
        }
        let time = time.map(nix::sys::time::TimeSpec::from_duration);
        nix::poll::ppoll(&mut [PollFd::new(self.epoll.0.as_fd(), PollFlags::POLLIN)], time, None)?;
        self.epoll_wait(0)
    }

    fn epoll_wait(&mut self, millis: libc::c_int) -> io::Result<usize> {
        // SAFETY: the kernel writes at most MOST events into the array of that length, and the
        // descriptor is open as long as `self`.
        let count = unsafe {
            libc::epoll_wait(
                self.epoll.0.as_raw_fd(),
                self.events.as_mut_ptr(),
                MOST as libc::c_int,
                millis,
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }

    fn epoll_pwait2(&mut self, time: Duration) -> io::Result<usize> {
        /// `struct __kernel_timespec`: 64 bits each on every architecture.
        #[repr(C)]
        struct Timespec {
            seconds: i64,
            nanos: i64,
        }
        let time = Timespec {
            seconds: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            nanos: i64::from(time.subsec_nanos()),
        };
        // SAFETY: the kernel reads `time`, which outlives the call, and writes at most MOST events
        // into the array of that length; no signal mask is passed, and the descriptor is
        // open as long as `self`.
        let count = unsafe {
            let (epoll, events) = (self.epoll.0.as_raw_fd(), self.events.as_mut_ptr());
            libc::syscall(
                libc::SYS_epoll_pwait2,
                epoll,
                events,
                MOST,
                &raw const time,
                std::ptr::null::<libc::sigset_t>(),
                0_usize,
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }
}
