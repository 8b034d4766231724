//! Errors of the network: what was being done, on what, what the system said, and what to try.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

use super::Endpoint;

/// An operation that the system refused.
#[derive(Debug, Error)]
#[error("cannot {operation}: {}{}", describe(source), Tip(tip(operation, source)))]
pub struct NetError {
    /// What was being done.
    pub operation: Operation,
    /// What the system said.
    pub source: io::Error,
}

impl NetError {
    /// What to try, where there is something to try.
    pub fn tip(&self) -> Option<String> {
        tip(&self.operation, &self.source)
    }
}

/// What was being done when the system refused. Its `Display` completes the sentence "cannot …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Making a socket.
    Open,
    /// Setting an option.
    Set(&'static str),
    /// Binding a local address and port.
    Bind(SocketAddr),
    /// Joining a group.
    Join(Endpoint),
    /// Leaving a group.
    Leave(Endpoint),
    /// Choosing the interface that datagrams leave by.
    SendVia(Endpoint),
    /// Sending to a group.
    Send(Endpoint),
    /// Receiving on a port.
    Receive(IpAddr, u16),
    /// Waiting for datagrams and signals.
    Wait,
    /// Listing the interfaces.
    ListInterfaces,
}

impl Operation {
    /// Makes the error of this operation.
    pub fn failed(self, source: io::Error) -> NetError {
        NetError { operation: self, source }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Open => write!(f, "open a UDP socket"),
            Operation::Set(option) => write!(f, "set {option}"),
            Operation::Bind(address) => write!(f, "bind {address}"),
            Operation::Join(at) => write!(f, "join {} on {} (index {})", at.group, at.via.name, at.via.index),
            Operation::Leave(at) => write!(f, "leave {} on {} (index {})", at.group, at.via.name, at.via.index),
            Operation::SendVia(at) => write!(f, "send from {} on {} (index {})", at.via.address, at.via.name, at.via.index),
            Operation::Send(at) => write!(f, "send to {} on {}", at.socket_addr(), at.via.name),
            Operation::Receive(group, port) => write!(f, "receive on {}", SocketAddr::new(*group, *port)),
            Operation::Wait => write!(f, "wait for datagrams"),
            Operation::ListInterfaces => write!(f, "list the interfaces of this host"),
        }
    }
}

struct Tip(Option<String>);

impl fmt::Display for Tip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |tip| write!(f, "\n  tip: {tip}"))
    }
}

/// What the system said, with the name of the error that the manuals use: `Operation not permitted (EPERM)`.
pub fn describe(error: &io::Error) -> String {
    #[cfg(unix)]
    if let Some(code) = error.raw_os_error() {
        let errno = nix::errno::Errno::from_raw(code);
        return format!("{} ({errno:?})", errno.desc());
    }
    error.to_string()
}

/// What to try. The causes are those seen on real systems: the same errno means different things to different operations.
fn tip(operation: &Operation, error: &io::Error) -> Option<String> {
    use io::ErrorKind as Kind;
    let (kind, number) = (error.kind(), error.raw_os_error());
    Some(match operation {
        Operation::Bind(address) if kind == Kind::AddrInUse => {
            let port = address.port();
            format!(
                "another program holds UDP port {port} and does not share it (SO_REUSEADDR); 'ss -ulnp sport = :{port}' names it"
            )
        }
        Operation::Bind(address) if kind == Kind::PermissionDenied => {
            format!("ports below 1024 need more rights; choose one above, or give them: port {} was asked for", address.port())
        }
        Operation::Open if number == Some(code::TOO_MANY_FILES) => {
            "this process may open no more files; raise the limit with 'ulimit -n'".to_owned()
        }
        Operation::Bind(SocketAddr::V6(_)) | Operation::Send(Endpoint { group: IpAddr::V6(_), .. })
            if kind == Kind::AddrNotAvailable =>
        {
            "the address is not there, or not usable yet: a new IPv6 address takes a second or two (RFC 4862, 5.4)".to_owned()
        }
        Operation::Join(_) if number == Some(code::NO_BUFFERS) => {
            "the limit of groups a socket is reached; raise it with 'sysctl net.ipv4.igmp_max_memberships=N'".to_owned()
        }
        Operation::Join(at) | Operation::Leave(at) if number == Some(code::NO_DEVICE) => {
            format!("interface {} went away, or has changed its index; 'ip link' shows what there is", at.via.name)
        }
        Operation::Send(at) if kind == Kind::PermissionDenied => format!(
            "a firewall on this host drops it on the way out: look for OUTPUT rules with 'nft list ruleset', and allow UDP to {}",
            at.group
        ),
        Operation::Send(at) if kind == Kind::NetworkUnreachable => unreachable_tip(at),
        Operation::Send(_) if kind == Kind::HostUnreachable && cfg!(target_os = "macos") => {
            "macOS asks for the Local Network permission: System Settings, Privacy & Security, Local Network".to_owned()
        }
        Operation::Send(_) if number == Some(code::NO_BUFFERS) => {
            "the interface's queue is full: send more slowly (--interval)".to_owned()
        }
        Operation::Send(at) if number == Some(code::TOO_LONG) => {
            format!("a datagram to {} carries at most {} bytes", at.group, super::max_payload(at.group))
        }
        Operation::SendVia(at) if kind == Kind::AddrNotAvailable => {
            format!("interface {} has lost the address {}", at.via.name, at.via.address)
        }
        _ => return None,
    })
}

fn unreachable_tip(at: &Endpoint) -> String {
    if at.group.is_ipv6() && at.via.address.is_loopback() {
        return format!(
            "IPv6 has no multicast route on loopback until root adds one: 'ip -6 route add local ff00::/8 dev {}'",
            at.via.name
        );
    }
    format!("interface {} is down, or has lost its address or its route; 'ip addr show {}' tells", at.via.name, at.via.name)
}

/// The error numbers that the standard library has no kind for.
#[cfg(unix)]
mod code {
    use nix::errno::Errno;
    pub const NO_BUFFERS: i32 = Errno::ENOBUFS as i32;
    pub const NO_DEVICE: i32 = Errno::ENODEV as i32;
    pub const TOO_MANY_FILES: i32 = Errno::EMFILE as i32;
    pub const TOO_LONG: i32 = Errno::EMSGSIZE as i32;
}

#[cfg(windows)]
mod code {
    use windows_sys::Win32::Networking::WinSock;
    pub const NO_BUFFERS: i32 = WinSock::WSAENOBUFS;
    pub const NO_DEVICE: i32 = WinSock::WSAEADDRNOTAVAIL;
    pub const TOO_MANY_FILES: i32 = WinSock::WSAEMFILE;
    pub const TOO_LONG: i32 = WinSock::WSAEMSGSIZE;
}
