//! The counters of an interface, by GetIfEntry2.

use std::io;

use windows_sys::Win32::NetworkManagement::IpHelper::{GetIfEntry2, MIB_IF_ROW2};

/// The counters of an interface, as RFC 2863 defines them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceCounters {
    pub received: u64,
    pub receive_errors: u64,
    pub receive_discards: u64,
    pub sent: u64,
    pub send_discards: u64,
}

/// The counters of the interface with this index.
///
/// # Errors
/// The error of the system.
pub fn interface_counters(index: u32) -> io::Result<InterfaceCounters> {
    let mut row = MIB_IF_ROW2 { InterfaceIndex: index, ..MIB_IF_ROW2::default() };
    // SAFETY: the row is a local variable with an index and without a LUID, as the call requires.
    let result = unsafe { GetIfEntry2(&mut row) };
    if result != 0 {
        return Err(io::Error::from_raw_os_error(result as i32));
    }
    Ok(InterfaceCounters {
        received: row.InUcastPkts.saturating_add(row.InNUcastPkts),
        receive_errors: row.InErrors,
        receive_discards: row.InDiscards,
        sent: row.OutUcastPkts.saturating_add(row.OutNUcastPkts),
        send_discards: row.OutDiscards,
    })
}
