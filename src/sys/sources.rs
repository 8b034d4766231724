//! Source filters by interface index, for both families: the protocol-independent options of RFC
//! 3678, 5.1, which socket2 lacks.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use socket2::SockAddr;

use super::os::source_filter as os;

/// A change of a group's source filter (RFC 3678, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceChange {
    /// Joins the group from one more source (MCAST_JOIN_SOURCE_GROUP).
    Include,
    /// Excludes one more source of a group that is joined from any source (MCAST_BLOCK_SOURCE).
    Exclude,
}

/// Adds a source to the filter of a group on the interface with this index.
pub fn change_source(
    socket: &UdpSocket,
    change: SourceChange,
    group: IpAddr,
    source: IpAddr,
    index: u32,
) -> io::Result<()> {
    let option = match change {
        SourceChange::Include => os::MCAST_JOIN_SOURCE_GROUP,
        SourceChange::Exclude => os::MCAST_BLOCK_SOURCE,
    };
    let level = if group.is_ipv4() { os::IPPROTO_IP } else { os::IPPROTO_IPV6 };
    let request = os::Request {
        gsr_interface: index,
        gsr_group: storage(group),
        gsr_source: storage(source),
    };
    os::set(socket, level, option, &request)
}

fn storage(address: IpAddr) -> os::Storage {
    let address = SockAddr::from(SocketAddr::new(address, 0));
    // SAFETY: `Storage` is a plain C struct of integers, for which all zeroes is a valid value.
    let mut storage: os::Storage = unsafe { std::mem::zeroed() };
    let len = (address.len() as usize).min(size_of::<os::Storage>());
    // SAFETY: `address` is a socket address of `address.len()` bytes, `storage` has room for `len`
    // of them, and the two do not overlap.
    unsafe {
        std::ptr::copy_nonoverlapping(
            address.as_ptr().cast::<u8>(),
            std::ptr::from_mut(&mut storage).cast::<u8>(),
            len,
        );
    }
    storage
}
