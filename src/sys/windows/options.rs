//! Socket options that Windows lacks.

use std::io;

use socket2::Socket;

/// Windows has no such option; datagrams keep the default class.
pub fn set_traffic_class_v6(_socket: &Socket, _class: u32) -> io::Result<()> {
    Ok(())
}
