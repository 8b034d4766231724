//! The tip below an error. The causes are those observed on real systems: the same errno has
//! different causes in different operations.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::{fmt, io};

use super::address_tip::unusable_tip;
use super::code;
use super::join_tip::{join_tip, leave_tip};
use super::operation::Operation;
use super::send_tip::{send_tip, send_via_tip};
use crate::host::{Commands, open_files, sysctl};

/// A tip below the text of an error.
pub struct Tip(pub Option<String>);

impl fmt::Display for Tip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |tip| write!(f, "\n  tip: {tip}"))
    }
}

/// The advice for a failed operation, if there is any.
pub fn tip(operation: &Operation, error: &io::Error) -> Option<String> {
    let number = error.raw_os_error();
    match operation {
        Operation::Open => (number == Some(code::TOO_MANY_FILES))
            .then(|| "raise the limit of open files: ulimit -n NUMBER".to_owned()),
        Operation::Bind(address) => bind_tip(*address, error.kind()),
        Operation::Listen { targets, sockets } => {
            let groups = sysctl::limit(sysctl::MOST_GROUPS);
            Some(too_few_files_tip(*targets, *sockets, open_files(), groups))
        }
        Operation::Join(at, source) => join_tip(at, source.as_ref(), number?, Commands::HERE),
        Operation::Block(at, source) => join_tip(at, Some(source), number?, Commands::HERE),
        Operation::Leave(at) => leave_tip(at, number?),
        Operation::SendVia(at) => send_via_tip(at, error.kind()),
        Operation::Send(at) => send_tip(at, error),
        Operation::Set(_)
        | Operation::Receive(..)
        | Operation::ReceiveAnswers
        | Operation::ReadFrames
        | Operation::Wait
        | Operation::ListInterfaces => None,
    }
}

fn bind_tip(address: SocketAddr, kind: ErrorKind) -> Option<String> {
    let port = address.port();
    match (kind, address.ip()) {
        (ErrorKind::AddrInUse, _) => Some(port_taken_tip(port, Commands::HERE)),
        (ErrorKind::PermissionDenied, _) => Some(format!(
            "use a port above 1023, or give mcast the right to bind port {port} \
             (CAP_NET_BIND_SERVICE on Linux)"
        )),
        (ErrorKind::AddrNotAvailable, IpAddr::V6(address)) => {
            Some(unusable_tip(Some(address.into())))
        }
        _ => None,
    }
}

/// The tip for a port that another program does not share.
pub(crate) fn port_taken_tip(port: u16, commands: Commands) -> String {
    format!(
        "find the program that uses UDP port {port} without sharing it (SO_REUSEADDR): {}",
        commands.find_port_user(port)
    )
}

/// The tip for more sockets than open files; `groups` is the limit of groups per socket.
pub(crate) fn too_few_files_tip(
    targets: usize,
    sockets: usize,
    open_files: Option<u64>,
    groups: Option<u64>,
) -> String {
    let limit = open_files.map_or_else(String::new, |limit| format!(" (now {limit})"));
    let raise = format!(
        "raise the limit of open files{limit} for at least {sockets} sockets: ulimit -n {}",
        sockets + 64
    );
    match groups {
        Some(groups) if sockets < targets => {
            let (name, more) = (sysctl::MOST_GROUPS, (10 * groups).max(200));
            format!(
                "{raise}; or allow more groups per socket (now {groups}): sysctl -w {name}={more}"
            )
        }
        _ => format!("{raise}; or name fewer targets"),
    }
}
