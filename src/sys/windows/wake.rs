//! The socket through which signals and ended child processes wake a wait.

use std::io;
use std::net::UdpSocket;
use std::os::windows::io::{AsHandle, AsRawHandle, OwnedHandle};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tracing::debug;
use windows_sys::Win32::System::Threading::{INFINITE, WaitForSingleObject};

use super::pair::connected_pair;
use super::poll::{PollSource, borrow, wait_in_slices};

/// The sender of the last [`WakePipe`].
static SENDER: Mutex<Option<Arc<UdpSocket>>> = Mutex::new(None);

/// A socket that becomes readable after a signal.
#[derive(Debug)]
pub struct WakePipe(Option<UdpSocket>);

impl WakePipe {
    /// Wakes for [`wake_waits`] and for an ended child process.
    pub fn open() -> Self {
        match connected_pair() {
            Ok((receiver, sender)) => {
                let sender = Some(Arc::new(sender));
                *SENDER.lock().unwrap_or_else(PoisonError::into_inner) = sender;
                WakePipe(Some(receiver))
            }
            Err(error) => {
                debug!(%error, "no sockets to wake a wait; waiting in slices of time");
                wait_in_slices();
                WakePipe(None)
            }
        }
    }

    /// The source of a wait.
    pub fn source(&self) -> Option<PollSource<'_>> {
        self.0.as_ref().map(borrow)
    }

    pub fn drain(&self) {
        let mut byte = [0];
        while self.0.as_ref().is_some_and(|receiver| receiver.recv(&mut byte).is_ok()) {}
    }
}

/// Wakes a wait.
pub fn wake_waits() {
    if let Some(sender) = sender() {
        wake(&sender);
    }
}

fn sender() -> Option<Arc<UdpSocket>> {
    SENDER.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Wakes a wait when the child process ends. A thread waits for it: WSAPoll does not wait for
/// processes.
pub fn wake_at_end_of(child: &Child) {
    let sender = sender();
    let started = || {
        let sender = sender.ok_or(io::ErrorKind::NotConnected)?;
        let process = child.as_handle().try_clone_to_owned()?;
        thread::Builder::new().name("child".to_owned()).spawn(move || {
            wait_for(&process);
            wake(&sender);
        })
    };
    if let Err(error) = started() {
        debug!(%error, "the end of the child process wakes no wait; waiting in slices of time");
        wait_in_slices();
    }
}

/// Waits for the end of a process.
fn wait_for(process: &OwnedHandle) {
    // SAFETY: the handle is open, because it is borrowed.
    unsafe { WaitForSingleObject(process.as_raw_handle(), INFINITE) };
}

fn wake(sender: &UdpSocket) {
    // A full buffer already makes the receiver readable.
    let _ = sender.send(&[0]);
}
