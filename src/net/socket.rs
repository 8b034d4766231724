//! The socket options of senders and receivers, with the reason for each.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, SockRef, Socket};

use super::degrade::degrade;
use super::receive_buffer::{Rcvbuf, ReceiveBuffers};
use super::{NetError, Operation};
use crate::iface::{Cast, Family};
use crate::sys;
use crate::sys::Backend;
use crate::target::Endpoint;

/// The default TTL or hop limit of multicast: datagrams stay on this network (RFC 1112, 6.1).
const DEFAULT_TTL: u8 = 1;

/// The receive buffer for answers in bytes: a second of them at the default limit.
const ANSWER_BUFFER: usize = 1 << 20;

/// The socket options of a sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendOptions {
    /// The TTL (RFC 1112, 6.1) or hop limit; `None` means 1 for multicast, and the system's default
    /// for unicast and broadcast.
    pub ttl: Option<u8>,
    /// Whether members on this host receive the datagrams (IP_MULTICAST_LOOP). On Windows the
    /// receiver's option decides instead.
    pub loopback: bool,
    /// The DSCP (RFC 2474), 0 to 63.
    pub dscp: Option<u8>,
    /// The UDP source port; `None` lets the system choose.
    pub source_port: Option<u16>,
    /// The sockets also receive the answers of receivers.
    pub answers: bool,
}

/// The fields of the IP header that differ from datagram to datagram. `None` leaves the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The TTL or hop limit.
    pub ttl: Option<u8>,
    /// The DSCP, 0 to 63.
    pub dscp: Option<u8>,
}

/// An unbound socket of the family of `at`.
pub(super) fn unbound(at: &Endpoint) -> Result<UdpSocket, NetError> {
    open(at).map(UdpSocket::from)
}

/// A receiving socket.
pub(super) struct Receiver {
    pub socket: UdpSocket,
    /// A socket that is bound to a group and has joined it receives only datagrams sent there on its
    /// interface. True for IPv4, unless it also receives groups of other sockets (ip_mc_sf_allow in
    /// net/ipv4/igmp.c); IPv6 ignores the interface. Then the kernel need not report the destination
    /// of each datagram, which is the most expensive option.
    pub arrives_where_joined: bool,
    pub rcvbuf: Rcvbuf,
}

/// A socket bound to the group and port of `at` before the join; with `shared`, to the port only.
/// The fewer calls the better: a receiver may open ten thousand.
pub(super) fn receiver(
    at: &Endpoint,
    shared: bool,
    buffers: &ReceiveBuffers,
    backend: Backend,
) -> Result<Receiver, NetError> {
    let family = Family::of(at.group);
    let socket = open(at)?;
    enter_vrf(&socket, at);
    // Several programs of one host may receive a group, and each gets every datagram. They share
    // the port by either option; BSD and macOS require the second. A unicast datagram goes to one
    // socket only: sharing would take datagrams from other programs.
    let is_shared = at.cast != Cast::Unicast;
    if is_shared {
        socket
            .set_reuse_address(true)
            .map_err(|error| Operation::Set("SO_REUSEADDR").failed(error))?;
    }
    // Before the bind, to have the full size for the first datagram.
    let rcvbuf = buffers.set(&socket);
    // By default Linux delivers every group that any program of the host has joined, on any
    // interface. A receiver of the unspecified address needs them.
    let only_joined = !at.group.is_unspecified()
        && degrade("IP_MULTICAST_ALL", sys::deliver_only_joined(&socket, family));
    let arrives_where_joined = cfg!(target_os = "linux")
        && backend.is_native()
        && only_joined
        && at.cast == Cast::Multicast
        && at.group.is_ipv4()
        && !shared;
    if backend.is_native() {
        degrade("ancillary data", sys::ask_for_metadata(&socket, family));
        if !arrives_where_joined {
            degrade("IP_PKTINFO", sys::ask_for_arrival(&socket, family));
        }
    }
    // Linux finds a socket bound to the group fastest, and excludes unicast to the port. Windows
    // refuses to bind a group or a broadcast address; on other systems only the unspecified address
    // is known to work. A unicast address is bound on every system.
    let exactly = at.cast == Cast::Unicast || (cfg!(target_os = "linux") && !shared);
    let local = if exactly {
        at.socket_addr()
    } else {
        SocketAddr::new(Family::of(at.group).unspecified(), at.port)
    };
    let bound = if is_shared {
        sys::bind_shared(&socket, &local.into())
    } else {
        socket.bind(&local.into())
    };
    bound.map_err(|error| Operation::Bind(local).failed(error))?;
    Ok(Receiver { socket: socket.into(), arrives_where_joined, rcvbuf })
}

/// A socket for the answers to requests at `at`, on a port that the system chooses.
pub(super) fn replier(at: &Endpoint, backend: Backend) -> Result<UdpSocket, NetError> {
    let family = Family::of(at.group);
    let socket = open(at)?;
    enter_vrf(&socket, at);
    degrade("SO_RCVBUF", socket.set_recv_buffer_size(ANSWER_BUFFER));
    if backend.is_native() {
        degrade("ancillary data", sys::ask_for_metadata(&socket, family));
        degrade("IP_PKTINFO", sys::ask_for_arrival(&socket, family));
    }
    let local = SocketAddr::new(family.unspecified(), 0);
    socket.bind(&local.into()).map_err(|error| Operation::Bind(local).failed(error))?;
    Ok(socket.into())
}

/// The TTL or hop limit of unicast datagrams from `socket`.
pub(super) fn unicast_ttl(socket: &UdpSocket, family: Family) -> Option<u8> {
    let options = options(socket);
    let ttl = match family {
        Family::V4 => options.ttl_v4(),
        Family::V6 => options.unicast_hops_v6(),
    };
    ttl.ok().and_then(|ttl| u8::try_from(ttl).ok())
}

/// A socket that sends to the address of `at` from its interface. `sharing`: an earlier socket of
/// this process may hold the source port.
pub(super) fn sender(
    at: &Endpoint,
    options: &SendOptions,
    sharing: bool,
    backend: Backend,
) -> Result<UdpSocket, NetError> {
    let family = Family::of(at.group);
    let socket = open(at)?;
    // Otherwise a full queue drops datagrams while every send succeeds.
    degrade("IP_RECVERR", sys::report_queue_drops(&socket, family));
    match at.cast {
        // The interface of a group determines its VRF. Bound to a device, IPv6 would need a route
        // of the VRF device.
        Cast::Multicast => set_multicast(&socket, at, options, backend)?,
        Cast::Broadcast | Cast::Unicast => {
            enter_vrf(&socket, at);
            set_unicast(&socket, at, options)?;
        }
    }
    if let Some(class) = options.dscp.map(|dscp| u32::from(dscp) << 2) {
        set_traffic_class(&socket, family, class)?;
    }
    if options.answers {
        degrade("SO_RCVBUF", socket.set_recv_buffer_size(ANSWER_BUFFER));
        if backend.is_native() {
            degrade("ancillary data", sys::ask_for_metadata(&socket, family));
        }
    }
    let port = options.source_port.unwrap_or(0);
    let local = local_address(at, port);
    // The first socket binds the port exclusively, to detect another program. Then it shares the
    // port with the other sockets of this process.
    if sharing && port != 0 {
        degrade("SO_REUSEADDR", socket.set_reuse_address(true));
    }
    socket.bind(&local.into()).map_err(|error| Operation::Bind(local).failed(error))?;
    if port != 0 {
        degrade("SO_REUSEADDR", socket.set_reuse_address(true));
    }
    Ok(socket.into())
}

fn set_multicast(
    socket: &Socket,
    at: &Endpoint,
    options: &SendOptions,
    backend: Backend,
) -> Result<(), NetError> {
    let (ttl, loopback) = (u32::from(options.ttl.unwrap_or(DEFAULT_TTL)), options.loopback);
    let sent_via = |error| Operation::SendVia(at.clone()).failed(error);
    let set = |option, result: std::io::Result<()>| {
        result.map_err(|error| Operation::Set(option).failed(error))
    };
    if let IpAddr::V4(address) = at.via.address.unwrap_or(Family::of(at.group).unspecified()) {
        match backend {
            Backend::Native(_) => sys::send_via_v4(socket, at.via.index, address),
            Backend::Portable => socket.set_multicast_if_v4(&address),
        }
        .map_err(sent_via)?;
        set("IP_MULTICAST_TTL", socket.set_multicast_ttl_v4(ttl))?;
        set("IP_MULTICAST_LOOP", socket.set_multicast_loop_v4(loopback))
    } else {
        socket.set_multicast_if_v6(at.via.index).map_err(sent_via)?;
        set("IPV6_MULTICAST_HOPS", socket.set_multicast_hops_v6(ttl))?;
        set("IPV6_MULTICAST_LOOP", socket.set_multicast_loop_v6(loopback))
    }
}

fn set_unicast(socket: &Socket, at: &Endpoint, options: &SendOptions) -> Result<(), NetError> {
    let set = |option, result: std::io::Result<()>| {
        result.map_err(|error| Operation::Set(option).failed(error))
    };
    if at.cast == Cast::Broadcast {
        set("SO_BROADCAST", socket.set_broadcast(true))?;
    }
    if let Some(ttl) = options.ttl {
        match at.group {
            IpAddr::V4(_) => set("IP_TTL", socket.set_ttl_v4(ttl.into()))?,
            IpAddr::V6(_) => set("IPV6_UNICAST_HOPS", socket.set_unicast_hops_v6(ttl.into()))?,
        }
    }
    // The kernel routes, unless the user named the interface. A socket bound to a device would not
    // receive ICMP errors.
    if at.via.named {
        degrade("IP_UNICAST_IF", sys::send_unicast_via(socket, Family::of(at.group), at.via.index));
    }
    Ok(())
}

fn set_traffic_class(socket: &Socket, family: Family, class: u32) -> Result<(), NetError> {
    if family == Family::V4 {
        return socket.set_tos_v4(class).map_err(|error| Operation::Set("IP_TOS").failed(error));
    }
    sys::set_traffic_class_v6(socket, class)
        .map_err(|error| Operation::Set("IPV6_TCLASS").failed(error))
}

/// The local address of a sender: the one that the user named, else the unspecified one, for which
/// the system selects a source (RFC 6724 for IPv6). A broadcast to 255.255.255.255 leaves on the
/// interface of its source address.
fn local_address(at: &Endpoint, port: u16) -> SocketAddr {
    let any = SocketAddr::new(Family::of(at.group).unspecified(), port);
    let chooses_route = at.cast != Cast::Multicast && (at.via.named || at.cast == Cast::Broadcast);
    // On other systems than Linux, the interface of a group does not select the source.
    let binds_source = at.cast != Cast::Multicast
        || cfg!(any(target_os = "macos", target_os = "freebsd", windows));
    match at.via.address {
        Some(IpAddr::V6(address)) if at.via.pinned => {
            let scope = if address.is_unicast_link_local() { at.via.index } else { 0 };
            std::net::SocketAddrV6::new(address, port, 0, scope).into()
        }
        Some(IpAddr::V4(address)) if chooses_route || (at.via.pinned && binds_source) => {
            SocketAddr::new(address.into(), port)
        }
        _ => any,
    }
}

/// The source address and port of datagrams from `socket` to `at`. IPv4 multicast uses the address
/// that was set with the interface; otherwise the system selects it. Sends nothing.
pub(super) fn source_of(socket: &UdpSocket, at: &Endpoint, backend: Backend) -> SocketAddr {
    let bound =
        socket.local_addr().unwrap_or(SocketAddr::new(Family::of(at.group).unspecified(), 0));
    if !bound.ip().is_unspecified() {
        return bound;
    }
    let chosen = || {
        // A second socket: connecting the first one would bind its address permanently.
        let probe = sender(
            at,
            &SendOptions {
                ttl: None,
                loopback: false,
                dscp: None,
                source_port: None,
                answers: false,
            },
            false,
            backend,
        )
        .ok()?;
        probe.connect(at.socket_addr()).ok()?;
        Some(probe.local_addr().ok()?.ip()).filter(|ip| !ip.is_unspecified())
    };
    let ip = if at.group.is_ipv4() && at.cast == Cast::Multicast { None } else { chosen() };
    SocketAddr::new(ip.or(at.via.address).unwrap_or(bound.ip()), bound.port())
}

/// The TTL or hop limit of datagrams from `socket` to `at`.
pub(super) fn ttl_of(socket: &UdpSocket, at: &Endpoint) -> Option<u8> {
    let options = options(socket);
    let ttl = match (at.cast, at.group.is_ipv4()) {
        (Cast::Multicast, true) => options.multicast_ttl_v4(),
        (Cast::Multicast, false) => options.multicast_hops_v6(),
        (_, true) => options.ttl_v4(),
        (_, false) => options.unicast_hops_v6(),
    };
    ttl.ok().and_then(|ttl| u8::try_from(ttl).ok())
}

/// Sets the TTL or hop limit and the DSCP of the datagrams from `socket` to `at`.
pub(super) fn set_marks(socket: &UdpSocket, at: &Endpoint, marks: Marks) {
    let options = options(socket);
    if let Some(ttl) = marks.ttl.map(u32::from) {
        // No unicast datagram leaves with 0.
        let unicast = ttl.max(1);
        let set = match (at.cast, at.group.is_ipv4()) {
            (Cast::Multicast, true) => options.set_multicast_ttl_v4(ttl),
            (Cast::Multicast, false) => options.set_multicast_hops_v6(ttl),
            (_, true) => options.set_ttl_v4(unicast),
            (_, false) => options.set_unicast_hops_v6(unicast),
        };
        degrade("IP_TTL", set);
    }
    if let Some(class) = marks.dscp.map(|dscp| u32::from(dscp) << 2) {
        let set = match at.group.is_ipv4() {
            true => options.set_tos_v4(class),
            false => sys::set_traffic_class_v6(&options, class),
        };
        degrade("IP_TOS", set);
    }
}

/// Binds a socket to the VRF of its interface: only there it receives, and has the VRF's addresses
/// and routes.
fn enter_vrf(socket: &Socket, at: &Endpoint) {
    if let Some(vrf) = at.via.vrf() {
        degrade("SO_BINDTODEVICE", sys::bind_to_device(socket, vrf));
    }
}

/// A socket of the family of `at`.
fn open(at: &Endpoint) -> Result<Socket, NetError> {
    let domain = if at.group.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, sys::datagram_type(), Some(Protocol::UDP))
        .map_err(|error| Operation::Open.failed(error))?;
    sys::set_nonblocking(&socket).map_err(|error| Operation::Set("O_NONBLOCK").failed(error))?;
    if at.group.is_ipv6() {
        degrade("IPV6_V6ONLY", socket.set_only_v6(true));
    }
    Ok(socket)
}

pub fn may_bind_to_device(device: &str) -> bool {
    let socket = Socket::new(Domain::IPV4, sys::datagram_type(), Some(Protocol::UDP));
    socket.and_then(|socket| sys::bind_to_device(&socket, device)).is_ok()
}

pub(super) fn options(socket: &UdpSocket) -> SockRef<'_> {
    SockRef::from(socket)
}
