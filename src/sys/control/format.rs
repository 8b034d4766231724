//! The forms of control messages.

use super::{bsd, dialect, winsock};
#[cfg(target_os = "linux")]
use crate::sys::imp;
use crate::sys::meta::{Meta, UNKNOWN_SOURCE};

/// The form of a system's control messages and socket addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlFormat {
    /// Linux on this architecture.
    #[cfg(target_os = "linux")]
    Linux,
    /// macOS of 64 bits.
    MacOs,
    /// FreeBSD of 64 bits.
    FreeBsd,
    /// Windows, with words of this system.
    Windows,
}

impl ControlFormat {
    /// The forms that this system can read.
    pub const ALL: &[ControlFormat] = &[
        #[cfg(target_os = "linux")]
        ControlFormat::Linux,
        ControlFormat::MacOs,
        ControlFormat::FreeBsd,
        ControlFormat::Windows,
    ];

    /// The metadata in the source address and the control messages of a datagram, and the length of
    /// the datagrams of a train.
    pub fn read(self, name: &[u8], control: &[u8]) -> (Meta, Option<usize>) {
        let mut meta = Meta::unknown();
        let (source, segment) = match self {
            #[cfg(target_os = "linux")]
            ControlFormat::Linux => (imp::read_source(name), imp::read_control(control, &mut meta)),
            ControlFormat::MacOs => (read_bsd(name, control, &dialect::MACOS, &mut meta), None),
            ControlFormat::FreeBsd => (read_bsd(name, control, &dialect::FREEBSD, &mut meta), None),
            ControlFormat::Windows => {
                (winsock::source(name), winsock::read(control, &mut meta).segment)
            }
        };
        meta.source = source.unwrap_or(UNKNOWN_SOURCE);
        (meta, segment)
    }
}

fn read_bsd(
    name: &[u8],
    control: &[u8],
    dialect: &dialect::Dialect,
    meta: &mut Meta,
) -> Option<std::net::SocketAddr> {
    bsd::read(control, dialect, meta);
    bsd::source(name, dialect)
}
