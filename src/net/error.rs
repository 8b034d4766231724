//! Errors of the network: what was being done, on what, what the system said, and what to try.

#[cfg_attr(unix, path = "error/unix.rs")]
#[cfg_attr(windows, path = "error/windows.rs")]
mod code;

use std::net::{IpAddr, SocketAddr};
use std::{fmt, io};

/// No room, for which the standard library has no kind.
pub(super) use code::NO_BUFFERS;
pub use code::describe;
use thiserror::Error;

use crate::host::{self, Queue, open_files, sysctl};
use crate::iface::{Cast, Family};
use crate::target::{Endpoint, without_zone};

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
    /// The interfaces of this host could not be listed.
    pub fn list_interfaces(source: io::Error) -> Self {
        Operation::ListInterfaces.failed(source)
    }

    /// Whether a join failed because the socket can take no more groups.
    pub(super) fn is_full(&self) -> bool {
        matches!(self.operation, Operation::Join(..))
            && self.source.raw_os_error().is_some_and(is_exhausted)
    }

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
    /// Listening to so many targets, with at least so many sockets.
    Listen {
        /// How many targets.
        targets: usize,
        /// How many sockets they take at least.
        sockets: usize,
    },
    /// Joining a group: from a source, or from any.
    Join(Endpoint, Option<IpAddr>),
    /// Taking a source away from a group.
    Block(Endpoint, IpAddr),
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
            // The zone would be a number.
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

struct Tip(Option<String>);

impl fmt::Display for Tip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |tip| write!(f, "\n  tip: {tip}"))
    }
}

/// What to try. The causes are those seen on real systems: the same errno means different things to
/// different operations.
fn tip(operation: &Operation, error: &io::Error) -> Option<String> {
    use io::ErrorKind as Kind;
    let (kind, number) = (error.kind(), error.raw_os_error());
    Some(match operation {
        Operation::Bind(address) if kind == Kind::AddrInUse => {
            let port = address.port();
            format!(
                "another program holds UDP port {port} and does not share it (SO_REUSEADDR, or \
                 SO_REUSEPORT among programs of one user); 'ss -ulnp sport = :{port}' names it"
            )
        }
        Operation::Bind(address) if kind == Kind::PermissionDenied => {
            format!(
                "ports below 1024 need more rights; choose one above, or give them: port {} was \
                 asked for",
                address.port()
            )
        }
        Operation::Open if number == Some(code::TOO_MANY_FILES) => "this process may open no more \
                                                                    files; raise the limit with \
                                                                    'ulimit -n', or have it raised"
            .to_owned(),
        Operation::Bind(SocketAddr::V6(address)) if kind == Kind::AddrNotAvailable => {
            unusable_tip(Some((*address.ip()).into()))
        }
        Operation::Send(at) if at.group.is_ipv6() && kind == Kind::AddrNotAvailable => {
            unusable_tip(at.via.address)
        }
        Operation::Listen { targets, sockets } => too_few_files_tip(*targets, *sockets),
        Operation::Join(at, source) => return join_tip(at, source.as_ref(), number),
        Operation::Block(at, source) => return join_tip(at, Some(source), number),
        Operation::Leave(at) => return leave_tip(at, number),
        Operation::Send(_) if kind == Kind::PermissionDenied && cfg!(windows) => {
            "Windows Defender Firewall may block it: allow mcast there, for the profile (private \
             or public) of this network"
                .to_owned()
        }
        Operation::Send(at) if kind == Kind::PermissionDenied => format!(
            "a firewall on this host drops it on the way out: look for OUTPUT and POSTROUTING rules \
             with 'nft list ruleset', and allow UDP to {}",
            at.group
        ),
        Operation::Send(at) if kind == Kind::NetworkUnreachable => unreachable_tip(at),
        Operation::Send(_) if kind == Kind::HostUnreachable && cfg!(target_os = "macos") => {
            "macOS asks for the Local Network permission: System Settings, Privacy & Security, \
             Local Network"
                .to_owned()
        }
        Operation::Send(at) if number == Some(code::NO_BUFFERS) => {
            no_buffers_tip(at, host::queues(at.via.index).ok().as_deref())
        }
        Operation::Send(at) if number == Some(code::TOO_LONG) => {
            format!(
                "a datagram to {} carries at most {} bytes",
                at.group,
                Family::of(at.group).max_payload()
            )
        }
        Operation::SendVia(at) if kind == Kind::AddrNotAvailable => {
            format!(
                "interface {} has lost its address; 'ip addr show {}' tells",
                at.via.name, at.via.name
            )
        }
        // ENOKEY and EDESTADDRREQ.
        Operation::Send(at) if at.via.link.is_wireguard() => no_peer_tip(at),
        _ => return None,
    })
}

/// Why an IPv6 address cannot be used.
fn unusable_tip(address: Option<IpAddr>) -> String {
    match address {
        Some(address) if host::is_duplicate(address) => format!(
            "another host of the network has {address}, too (duplicate address detection, RFC 4862, \
             5.4): the address never becomes usable; remove it from one of them ('ip -6 addr del')"
        ),
        _ => "the address is not there, or not usable yet: a new IPv6 address takes a second or \
              two (RFC 4862, 5.4)"
            .to_owned(),
    }
}

/// WireGuard has no peer for a group, or no address of the peer.
fn no_peer_tip(at: &Endpoint) -> String {
    let (name, group) = (&at.via.name, at.group);
    let all = if group.is_ipv4() { "224.0.0.0/4" } else { "ff00::/8" };
    format!(
        "no peer of {name} that can be reached has {group} among its allowed IPs: add {all} to them \
         ('wg show {name} allowed-ips', 'wg set {name} peer KEY allowed-ips LIST')"
    )
}

/// Why there was no room for a datagram. The kernel also says so of one that a filter or the device
/// dropped on the way out.
fn no_buffers_tip(at: &Endpoint, queues: Option<&[Queue]>) -> String {
    let name = &at.via.name;
    let slower = "send more slowly (--rate, --interval)";
    let drops = format!(
        "a filter drops it on the way out ('nft list ruleset' and 'tc filter show dev {name} \
         egress' show filters), or the interface does, as a tunnel without a peer for {}",
        at.group
    );
    if at.via.link.is_l3_ipvlan {
        return format!(
            "{name} is an ipvlan interface in mode L3 or L3S, which carries no multicast"
        );
    }
    let Some(queues) = queues else {
        return format!("either the queue of {name} is full: {slower}; or {drops}");
    };
    match queues.iter().find(|queue| queue.waiting > 0) {
        Some(Queue { kind, waiting, dropped }) => format!(
            "{waiting} packets wait in the queue of {name} ({kind}), which has dropped {dropped}: \
             {slower}"
        ),
        None => format!(
            "no packet waits in the queue of {name}, which is consistent with a drop behind it: \
             {drops}"
        ),
    }
}

fn too_few_files_tip(targets: usize, sockets: usize) -> String {
    let limit =
        open_files().map_or_else(|| "a limit".to_owned(), |limit| format!("a limit of {limit}"));
    let raise = format!(
        "they take {sockets} sockets at least, and this process has {limit} open files, of which \
         it keeps some for other use; raise it, with 'ulimit -n {}' where the hard limit lets you",
        sockets + 64
    );
    match sysctl::limit(sysctl::MOST_GROUPS) {
        Some(groups) if sockets < targets => {
            let (name, more) = (sysctl::MOST_GROUPS, (10 * groups).max(200));
            format!(
                "{raise}; or let more groups share a socket than {name} ({groups}) does: sysctl \
                 -w {name}={more}"
            )
        }
        _ => format!("{raise}; or name fewer targets"),
    }
}

/// Whether there is no room for one membership more. IPv6 has no limit of groups, but one of
/// memory.
fn is_exhausted(number: i32) -> bool {
    [code::NO_BUFFERS, code::NO_MEMORY].contains(&number)
}

/// What a refused join means (ip(7), ipv6(7), and what Linux was seen to do).
fn join_tip(at: &Endpoint, source: Option<&IpAddr>, number: Option<i32>) -> Option<String> {
    let Endpoint { group, via, .. } = at;
    let raise = |name: &str, what: &str| {
        let value = sysctl::limit(name).map_or_else(String::new, |value| format!(" ({value})"));
        let more = sysctl::limit(name).map_or(100, |value| (2 * value).max(20));
        format!("{what} {name}{value} is reached; raise it: sysctl -w {name}={more}")
    };
    Some(match number? {
        number if is_exhausted(number) => match (source, group) {
            (_, IpAddr::V4(_)) if sysctl::limit(sysctl::MOST_GROUPS) == Some(0) => {
                raise(sysctl::MOST_GROUPS, "the limit of groups a socket,")
            }
            (Some(_), IpAddr::V4(_)) => {
                raise(sysctl::MOST_SOURCES_V4, "the limit of sources a group,")
            }
            (Some(_), IpAddr::V6(_)) => {
                raise(sysctl::MOST_SOURCES_V6, "the limit of sources a group,")
            }
            (None, IpAddr::V4(_)) => raise(sysctl::MOST_GROUPS, "the limit of groups a socket,"),
            (None, IpAddr::V6(_)) => {
                raise(sysctl::MOST_OPTIONS, "the limit of memory for a socket's options,")
            }
        },
        // An interface without IPv6 is EINVAL to Linux, one that is not there ENODEV.
        number if [code::NO_DEVICE, code::INVALID].contains(&number) && group.is_ipv6() => format!(
            "{} is gone, or does without IPv6, as it does with an MTU below 1280: 'ip link show \
             {}' tells",
            via.name, via.name
        ),
        number if number == code::NO_DEVICE => {
            format!(
                "interface {} went away, or has changed its index; 'ip link' shows what there is",
                via.name
            )
        }
        number if number == code::IN_USE => {
            format!(
                "this socket has joined {group} on {} already, from any source; this is a fault \
                 in mcast: please report it",
                via.name
            )
        }
        number if number == code::INVALID => {
            format!(
                "{group} is no group that this system joins, or the socket's filter is of the \
                 other kind (include, exclude)"
            )
        }
        number if number == code::NOT_AVAILABLE => match source {
            Some(source) => format!(
                "{source} is in the filter already, or {group} is not joined on {}",
                via.name
            ),
            None => format!(
                "{group} is not joined on {}, or the interface has another index now",
                via.name
            ),
        },
        number if number == code::NO_OPTION => "this system does not know the option; it may be \
                                                too old for source filters (RFC 3678)"
            .to_owned(),
        number if number == code::NOT_PERMITTED => "a security policy of this host (a \
                                                    container's, or an eBPF program) forbids it"
            .to_owned(),
        _ => return None,
    })
}

fn leave_tip(at: &Endpoint, number: Option<i32>) -> Option<String> {
    Some(match number? {
        number if number == code::NO_DEVICE => {
            format!("interface {} went away, and the membership with it", at.via.name)
        }
        number if number == code::NOT_AVAILABLE => {
            format!(
                "{} is not joined there any more; the interface was deleted, or has another index \
                 now",
                at.group
            )
        }
        _ => return None,
    })
}

fn unreachable_tip(at: &Endpoint) -> String {
    if at.cast != Cast::Multicast {
        return format!(
            "this host has no route to {}; 'ip route get {}' tells",
            at.group, at.group
        );
    }
    if at.group.is_ipv6() && at.via.address.is_some_and(|address| address.is_loopback()) {
        return format!(
            "IPv6 has no multicast route on loopback until root adds one: 'ip -6 route add local \
             ff00::/8 dev {}'",
            at.via.name
        );
    }
    format!(
        "interface {} is down, or has lost its address or its route; 'ip addr show {}' tells",
        at.via.name, at.via.name
    )
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Arc;

    use nix::errno::Errno;

    use super::*;
    use crate::iface::Via;

    fn at(group: &str) -> Endpoint {
        let via = Arc::new(Via {
            name: "eth1".to_owned(),
            index: 3,
            address: None,
            pinned: false,
            named: true,
            ..Via::default()
        });
        Endpoint { group: group.parse().unwrap(), port: 5000, cast: Cast::Multicast, via }
    }

    /// Every errno that a join or a leave is known to answer with (ip(7), and what was measured),
    /// as a sentence with something to do.
    #[test]
    fn each_errno_of_a_membership_is_a_sentence_that_says_what_to_do() {
        let join = |group: &str| Operation::Join(at(group), None);
        let from =
            |group: &str, source: &str| Operation::Join(at(group), Some(source.parse().unwrap()));
        let block =
            |group: &str, source: &str| Operation::Block(at(group), source.parse().unwrap());
        let leave = |group: &str| Operation::Leave(at(group));
        for (operation, errno, parts) in [
            (
                join("239.1.1.1"),
                Errno::EADDRINUSE,
                ["cannot join 239.1.1.1 on eth1 (index 3)", "has joined 239.1.1.1 on eth1 already"],
            ),
            (
                join("239.1.1.1"),
                Errno::ENODEV,
                ["No such device (ENODEV)", "interface eth1 went away"],
            ),
            (join("ff15::1"), Errno::ENODEV, ["cannot join ff15::1 on eth1", "does without IPv6"]),
            (
                join("ff15::1"),
                Errno::EINVAL,
                ["Invalid argument (EINVAL)", "with an MTU below 1280"],
            ),
            (
                from("232.1.1.1", "10.0.0.9"),
                Errno::EINVAL,
                ["cannot join 232.1.1.1 from 10.0.0.9", "of the other kind (include, exclude)"],
            ),
            (join("239.1.1.1"), Errno::ENOBUFS, ["(ENOBUFS)", "net.ipv4.igmp_max_memberships"]),
            (join("ff15::1"), Errno::ENOBUFS, ["(ENOBUFS)", "net.core.optmem_max"]),
            (from("232.1.1.1", "10.0.0.9"), Errno::ENOBUFS, ["(ENOBUFS)", "net.ipv4.igmp_max_msf"]),
            (from("ff3e::1", "fd00::9"), Errno::ENOBUFS, ["(ENOBUFS)", "net.ipv6.mld_max_msf"]),
            (
                block("239.1.1.1", "10.0.0.9"),
                Errno::ENOBUFS,
                ["cannot exclude 10.0.0.9 from 239.1.1.1", "net.ipv4.igmp_max_msf"],
            ),
            (
                block("239.1.1.1", "10.0.0.9"),
                Errno::EADDRNOTAVAIL,
                ["(EADDRNOTAVAIL)", "10.0.0.9 is in the filter already"],
            ),
            (join("239.1.1.1"), Errno::EADDRNOTAVAIL, ["(EADDRNOTAVAIL)", "has another index now"]),
            (
                from("ff3e::1", "fd00::9"),
                Errno::ENOPROTOOPT,
                ["(ENOPROTOOPT)", "too old for source filters (RFC 3678)"],
            ),
            (join("239.1.1.1"), Errno::EPERM, ["(EPERM)", "a security policy of this host"]),
            (
                leave("239.1.1.1"),
                Errno::ENODEV,
                ["cannot leave 239.1.1.1 on eth1 (index 3)", "the membership with it"],
            ),
            (
                leave("239.1.1.1"),
                Errno::EADDRNOTAVAIL,
                ["(EADDRNOTAVAIL)", "the interface was deleted"],
            ),
        ] {
            let error = operation.failed(errno.into());
            let text = error.to_string();
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
            assert!(text.contains("\n  tip: ") && error.tip().is_some(), "{text}");
        }
    }
}
