//! The kernel's route to a group: where a datagram would leave if nobody named an interface.

use std::io;
use std::net::IpAddr;

use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::netlink::ask;
use crate::host::route::route_by_connect;
use crate::iface::{Interface, Route};

/// Asks the kernel for its route to `group`. `None` where it has none, or does not say. Nothing is
/// sent.
pub fn route_to(group: IpAddr, interfaces: &[Interface]) -> Option<Route> {
    by_netlink(group).unwrap_or_else(|error| {
        tracing::debug!(%error, "no route netlink, asking by connect");
        route_by_connect(group, interfaces)
    })
}

/// The router that the kernel sends to for this unicast address, and the index of its interface.
/// `None` if the kernel reaches the address without a router, or not at all.
pub fn next_hop(address: IpAddr) -> Option<(IpAddr, u32)> {
    let attributes = get(address, RouteFlags::empty()).ok()??.attributes;
    let router = attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Gateway(RouteAddress::Inet(router)) => Some(IpAddr::from(*router)),
        RouteAttribute::Gateway(RouteAddress::Inet6(router)) => Some(IpAddr::from(*router)),
        _ => None,
    })?;
    Some((router, interface(&attributes)?))
}

fn interface(attributes: &[RouteAttribute]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Oif(index) => Some(*index),
        _ => None,
    })
}

/// RTM_GETROUTE, as `ip route get GROUP` asks it; needs no rights. `Ok(None)`: the kernel has
/// no route.
fn by_netlink(group: IpAddr) -> io::Result<Option<Route>> {
    let Some(found) = get(group, RouteFlags::empty())? else { return Ok(None) };
    let index = interface(&found.attributes);
    let arbitrary = group.is_ipv6()
        && get(group, RouteFlags::FibMatch)
            .ok()
            .flatten()
            .is_some_and(|route| is_of_the_kernel(&route));
    Ok(index.map(|index| Route { index, arbitrary }))
}

/// Whether this is a route that the kernel itself made for an interface: `ff00::/8` in the
/// local table, of the usual metric.
fn is_of_the_kernel(route: &RouteMessage) -> bool {
    const RT_TABLE_LOCAL: u8 = 255;
    const USUAL_METRIC: u32 = 256;
    let metric = route.attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Priority(metric) => Some(*metric),
        _ => None,
    });
    route.header.destination_prefix_length == 8
        && route.header.table == RT_TABLE_LOCAL
        && metric == Some(USUAL_METRIC)
}

fn get(group: IpAddr, flags: RouteFlags) -> io::Result<Option<RouteMessage>> {
    let (address_family, bits, destination) = match group {
        IpAddr::V4(group) => (AddressFamily::Inet, 32, RouteAddress::Inet(group)),
        IpAddr::V6(group) => (AddressFamily::Inet6, 128, RouteAddress::Inet6(group)),
    };
    let mut question = RouteMessage::default();
    question.header = RouteHeader {
        address_family,
        destination_prefix_length: bits,
        flags,
        ..RouteHeader::default()
    };
    question.attributes.push(RouteAttribute::Destination(destination));
    let (answer, _) = ask(RouteNetlinkMessage::GetRoute(question), 0)?.recv_from_full()?;
    let answer =
        NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer).map_err(io::Error::other)?;
    match answer.payload {
        NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewRoute(route)) => Ok(Some(route)),
        NetlinkPayload::Error(error) => match error.to_io().kind() {
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => Ok(None),
            // blackhole, prohibit: a route that leads nowhere
            io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied => Ok(None),
            _ => Err(error.to_io()),
        },
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}
