//! The kernel's routes, by RTM_GET over a routing socket (route(4)), as `route -n get` asks.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use crate::host::route::route_by_connect;
use crate::host::routing::{Layout, RouteReply, get, reply_to};
use crate::iface::{Interface, Route};
use crate::sys::RoutingSocket;

/// The kernel replies while it writes the request. A busy socket can lose the reply.
const PATIENCE: Duration = Duration::from_millis(500);

/// RTF_REJECT and RTF_BLACKHOLE of both systems (net/route.h).
const NOWHERE: u32 = 0x8 | 0x1000;

/// The kernel's route to a group. `None` if it has none. Nothing is sent.
pub fn route_to(group: IpAddr, interfaces: &[Interface]) -> Option<Route> {
    match ask(group) {
        Ok(reply) => reply.map(|reply| Route { index: reply.index, arbitrary: group.is_ipv6() }),
        Err(error) => {
            tracing::debug!(%error, "no reply from the routing socket; asking by connect");
            route_by_connect(group, interfaces)
        }
    }
}

/// The router that the kernel sends to for this unicast address, and the index of its interface.
/// `None` if the kernel reaches the address without a router, or not at all.
pub fn next_hop(address: IpAddr) -> Option<(IpAddr, u32)> {
    let reply = ask(address).ok()??;
    Some((reply.gateway?, reply.index))
}

/// The route to an address; `None` without a route.
fn ask(address: IpAddr) -> io::Result<Option<RouteReply>> {
    static NUMBER: AtomicI32 = AtomicI32::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let pid = i32::try_from(std::process::id()).unwrap_or(0);
    let socket = RoutingSocket::open_for_request(PATIENCE)?;
    match socket.write(&get(address, number, &Layout::HERE)) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::ESRCH | libc::ENETUNREACH)) => {
            return Ok(None);
        }
        written => written?,
    };
    let deadline = Instant::now() + PATIENCE;
    let mut bytes = vec![0; 1 << 16];
    while Instant::now() < deadline {
        let length = socket.read(&mut bytes)?;
        if let Some(reply) = reply_to(&bytes[..length], pid, number, &Layout::HERE) {
            let usable = reply.error == 0 && reply.index != 0 && reply.flags & NOWHERE == 0;
            return Ok(Some(reply).filter(|_| usable));
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}
