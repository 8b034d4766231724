//! The system's notices of changes of interfaces and addresses, by NotifyIpInterfaceChange and
//! NotifyUnicastIpAddressChange. The system calls back from another thread; a datagram over the
//! loopback interface makes that readable for a wait.

use std::ffi::c_void;
use std::io;
use std::net::UdpSocket;
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::NetworkManagement::IpHelper::{
    CancelMibChangeNotify2, MIB_IPINTERFACE_ROW, MIB_NOTIFICATION_TYPE, MIB_UNICASTIPADDRESS_ROW,
    MibDeleteInstance, NotifyIpInterfaceChange, NotifyUnicastIpAddressChange,
};
use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_UNSPEC};

use super::pair::connected_pair;
use super::poll::{PollSource, borrow};

/// The most removed protocols that are remembered until they are read.
const MOST_REMOVED: usize = 10_000;

/// The notices since the last read.
#[derive(Debug, Default)]
pub struct Notices {
    /// The indexes of interfaces from which a protocol was removed, and whether that is IPv4.
    pub removed: Vec<(u32, bool)>,
    /// Notices were lost.
    pub lost: bool,
}

/// Shared with the callbacks.
struct Shared {
    /// Connected to the receiver.
    sender: UdpSocket,
    notices: Mutex<Notices>,
}

/// A registration for notices.
pub struct InterfaceNotices {
    /// They are cancelled before the rest is dropped.
    registrations: Vec<Registration>,
    receiver: UdpSocket,
    shared: Box<Shared>,
}

/// Cancelled when dropped.
struct Registration(HANDLE);

// SAFETY: any thread may cancel a registration.
unsafe impl Send for Registration {}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: the handle is valid until here. The call waits for a running callback, which
        // holds no lock that this thread owns.
        unsafe { CancelMibChangeNotify2(self.0) };
    }
}

impl InterfaceNotices {
    /// Notices from now on.
    ///
    /// # Errors
    /// The error of the system; Wine 8 supports none of these notices.
    pub fn open() -> io::Result<Self> {
        let (receiver, sender) = connected_pair()?;
        let shared = Box::new(Shared { sender, notices: Mutex::default() });
        let mut notices = InterfaceNotices { registrations: Vec::new(), receiver, shared };
        let context: *const c_void = std::ptr::from_ref(&*notices.shared).cast();
        let mut handle = null_mut();
        // SAFETY: the callback has the right type. `context` is in a box that lives until the
        // registration is cancelled; the handle is a local variable.
        let result = unsafe {
            NotifyIpInterfaceChange(AF_UNSPEC, Some(on_interface), context, false, &mut handle)
        };
        notices.registrations.push(registration(result, handle)?);
        handle = null_mut();
        // SAFETY: as above.
        let result = unsafe {
            NotifyUnicastIpAddressChange(AF_UNSPEC, Some(on_address), context, false, &mut handle)
        };
        notices.registrations.push(registration(result, handle)?);
        Ok(notices)
    }

    /// Readable if there are notices.
    pub fn source(&self) -> PollSource<'_> {
        borrow(&self.receiver)
    }

    /// The notices since the last call.
    pub fn read(&self) -> Notices {
        let mut byte = [0];
        while self.receiver.recv(&mut byte).is_ok() {}
        std::mem::take(&mut *self.shared.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn registration(result: u32, handle: HANDLE) -> io::Result<Registration> {
    match result {
        0 if !handle.is_null() => Ok(Registration(handle)),
        0 => Err(io::ErrorKind::Unsupported.into()),
        error => Err(io::Error::from_raw_os_error(error as i32)),
    }
}

/// Called by the system for a changed interface.
unsafe extern "system" fn on_interface(
    context: *const c_void,
    row: *const MIB_IPINTERFACE_ROW,
    kind: MIB_NOTIFICATION_TYPE,
) {
    // SAFETY: the context is the box of `InterfaceNotices::open`, which outlives the registration.
    let shared = unsafe { &*context.cast::<Shared>() };
    // SAFETY: the system passes a row, or null for the initial notice.
    let row = unsafe { row.as_ref() };
    if let Some(row) = row.filter(|_| kind == MibDeleteInstance) {
        shared.note(row.InterfaceIndex, row.Family == AF_INET);
    }
    shared.wake();
}

/// Called by the system for a changed address.
unsafe extern "system" fn on_address(
    context: *const c_void,
    _row: *const MIB_UNICASTIPADDRESS_ROW,
    _kind: MIB_NOTIFICATION_TYPE,
) {
    // SAFETY: the context is the box of `InterfaceNotices::open`, which outlives the registration.
    let shared = unsafe { &*context.cast::<Shared>() };
    shared.wake();
}

impl Shared {
    fn note(&self, index: u32, is_v4: bool) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.removed.len() < MOST_REMOVED {
            notices.removed.push((index, is_v4));
        } else {
            notices.lost = true;
        }
    }

    fn wake(&self) {
        // A full buffer already makes the receiver readable.
        let _ = self.sender.send(&[0]);
    }
}
