//! The kernel's route to a group, on every system.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use crate::iface::{Family, Interface, Route};

/// On every system, a connected socket has the address of the interface that it would send from.
pub fn route_by_connect(group: IpAddr, interfaces: &[Interface]) -> Option<Route> {
    let socket = UdpSocket::bind(SocketAddr::new(Family::of(group).unspecified(), 0)).ok()?;
    socket.connect(SocketAddr::new(group, 9)).ok()?;
    let local = socket.local_addr().ok()?.ip();
    let iface = interfaces
        .iter()
        .find(|iface| iface.addresses.iter().any(|address| address.ip == local))?;
    Some(Route { index: iface.index, arbitrary: group.is_ipv6() })
}
