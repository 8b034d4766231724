//! The operations of a socket, with their objects.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::target::{Endpoint, without_zone};

/// An operation that the system can refuse. Its `Display` completes the sentence "cannot ...".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Opening a UDP socket.
    Open,
    /// Setting a socket option.
    Set(&'static str),
    /// Binding a local address and port.
    Bind(SocketAddr),
    /// Opening all sockets of a receiver.
    Listen {
        /// The number of targets.
        targets: usize,
        /// The lowest number of sockets that they need.
        sockets: usize,
    },
    /// Joining a group: from one source, or from any.
    Join(Endpoint, Option<IpAddr>),
    /// Excluding a source of a group.
    Block(Endpoint, IpAddr),
    /// Leaving a group.
    Leave(Endpoint),
    /// Selecting the interface for outgoing datagrams.
    SendVia(Endpoint),
    /// Sending to an endpoint.
    Send(Endpoint),
    /// Receiving on an address and port.
    Receive(IpAddr, u16),
    /// Receiving the answers of receivers.
    ReceiveAnswers,
    /// Reading the frames on the interfaces.
    ReadFrames,
    /// Waiting for datagrams and signals.
    Wait,
    /// Listing the interfaces of this host.
    ListInterfaces,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Open => write!(f, "open a UDP socket"),
            Operation::Set(option) => write!(f, "set {option}"),
            // The system prints a zone as a number, which does not help the user.
            Operation::Bind(address) => write!(f, "bind {}", without_zone(*address)),
            Operation::Listen { targets, .. } => write!(f, "listen to {targets} targets"),
            Operation::Join(at, None) => write!(f, "join {} on {}", at.group, NamedInterface(at)),
            Operation::Join(at, Some(source)) => {
                write!(f, "join {} from {source} on {}", at.group, NamedInterface(at))
            }
            Operation::Block(at, source) => {
                write!(f, "exclude {source} from {} on {}", at.group, NamedInterface(at))
            }
            Operation::Leave(at) => write!(f, "leave {} on {}", at.group, NamedInterface(at)),
            Operation::SendVia(at) => match at.via.address {
                Some(address) => write!(f, "send from {address} on {}", NamedInterface(at)),
                None => write!(f, "send on {}", NamedInterface(at)),
            },
            Operation::Send(at) => write!(f, "send to {at} on {}", at.via.name),
            Operation::Receive(group, port) => {
                write!(f, "receive on {}", SocketAddr::new(*group, *port))
            }
            Operation::ReceiveAnswers => write!(f, "receive answers"),
            Operation::ReadFrames => write!(f, "read the frames on the interfaces"),
            Operation::Wait => write!(f, "wait for datagrams"),
            Operation::ListInterfaces => write!(f, "list the interfaces of this host"),
        }
    }
}

/// The interface of an endpoint, with its index.
struct NamedInterface<'a>(&'a Endpoint);

impl fmt::Display for NamedInterface<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (index {})", self.0.via.name, self.0.via.index)
    }
}
