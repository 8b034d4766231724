//! Notifications for a service manager: systemd's units of `Type=notify`.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process;
use std::time::{Duration, Instant};

use tracing::debug;

use super::observe::{Observer, ObserverError};
use super::service_status::Status;
use crate::event::Event;

const SOCKET: &str = "NOTIFY_SOCKET";
const WATCHDOG_TIME: &str = "WATCHDOG_USEC";
const WATCHDOG_PROCESS: &str = "WATCHDOG_PID";

/// The variables that a child process must not inherit: its messages would be about this process.
pub const HIDDEN: [&str; 3] = [SOCKET, WATCHDOG_TIME, WATCHDOG_PROCESS];

/// The shortest time between two messages about the progress of a run. Intervals may be shorter.
const PAUSE: Duration = Duration::from_millis(900);

/// Reports to a service manager that the run is ready, its state, and its end. A message that the
/// manager cannot take is no error of the run: the next one has the same state.
pub struct Notifier {
    socket: UnixDatagram,
    manager: SocketAddr,
    has_watchdog: bool,
    status: Status,
    is_ready: bool,
    sent: Option<Instant>,
}

impl Notifier {
    /// Whether this process runs as a service that notifies its manager.
    pub fn is_wanted() -> bool {
        env::var_os(SOCKET).is_some_and(|name| !name.is_empty())
    }

    /// A notifier, if this process runs as a service that notifies its manager.
    pub fn open() -> Option<Self> {
        let name = env::var_os(SOCKET).filter(|name| !name.is_empty())?;
        Self::to(&name)
            .inspect_err(|error| debug!(%error, ?name, "cannot notify the service manager"))
            .ok()
    }

    fn to(name: &OsStr) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        // A manager that does not read must not stop the run.
        socket.set_nonblocking(true)?;
        Ok(Notifier {
            socket,
            manager: address(name)?,
            has_watchdog: has_watchdog(),
            status: Status::default(),
            is_ready: false,
            sent: None,
        })
    }

    /// Sends the whole state, because an earlier message may be lost.
    fn send(&mut self, is_over: bool) {
        let mut message = String::new();
        if is_over {
            message.push_str("STOPPING=1\n");
        } else if self.is_ready {
            message.push_str("READY=1\n");
        }
        if self.has_watchdog {
            message.push_str("WATCHDOG=1\n");
        }
        if let Some(text) = self.status.text() {
            let _ = writeln!(message, "STATUS={text}");
        }
        if let Err(error) = self.socket.send_to_addr(message.as_bytes(), &self.manager) {
            debug!(%error, "cannot notify the service manager");
        }
        self.sent = Some(Instant::now());
    }
}

impl Observer for Notifier {
    fn event(&mut self, event: &Event) -> Result<(), ObserverError> {
        if !self.status.take(event) {
            return Ok(());
        }
        let is_over = event.is_summary();
        let was_ready = std::mem::replace(&mut self.is_ready, true);
        let is_due = self.sent.is_none_or(|sent| sent.elapsed() >= PAUSE);
        if is_due || is_over || !was_ready {
            self.send(is_over);
        }
        Ok(())
    }
}

/// A path, or a name in the abstract namespace after `@`.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(name),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Whether the manager restarts this process if it stops sending messages.
fn has_watchdog() -> bool {
    let value = |name| env::var(name).ok();
    let is_process = |id: String| id.parse() == Ok(process::id());
    let time = value(WATCHDOG_TIME).and_then(|time| time.parse::<u64>().ok());
    time.is_some_and(|time| time > 0) && value(WATCHDOG_PROCESS).is_none_or(is_process)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Failure;
    use crate::verdict::Verdict;

    #[test]
    fn a_name_after_an_at_sign_is_abstract() {
        let name = format!("@mcast-test-{}", process::id());
        let manager = UnixDatagram::bind_addr(&address(OsStr::new(&name)).unwrap()).unwrap();
        let mut notifier = Notifier::to(OsStr::new(&name)).unwrap();
        let error = "cannot join\n  tip: none".to_owned();
        notifier.event(&Event::Failure(Failure { error, verdict: Verdict::default() })).unwrap();
        let mut message = [0; 99];
        let len = manager.recv(&mut message).unwrap();
        assert_eq!(&message[..len], b"STOPPING=1\nSTATUS=cannot join\n");
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["socket", "vsock:2:1", "./socket"] {
            assert!(address(OsStr::new(name)).is_err(), "{name}");
        }
    }
}
