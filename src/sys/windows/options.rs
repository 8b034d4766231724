//! Socket options that differ from those of Unix.

use std::io;

use socket2::Socket;
use tracing::debug;
use windows_sys::Win32::Networking::WinSock::{IPPROTO_IPV6, IPV6_TCLASS};

/// Most versions refuse the option: their datagrams keep the default class.
pub fn set_traffic_class_v6(socket: &Socket, class: u32) -> io::Result<()> {
    if let Err(error) = crate::sys::imp::set(socket, IPPROTO_IPV6, IPV6_TCLASS, class) {
        debug!(%error, "cannot set IPV6_TCLASS; continuing without it");
    }
    Ok(())
}
